// The search box and the list of what was found, or of what a place was asked for.
"use strict";

const KIND_SIGNS = {
  coordinates: "⌖", unit: "◯", incident: "▲", camera: "◪", area: "▱", road: "═", place: "⌂",
  address: "№", grid: "▦", sensor: "◍",
};

/** Speaks through `handlers` {typed(text), chosen(index), closed()}. */
class SearchBox {
  constructor(root, handlers) {
    this.handlers = handlers;
    this.root = make("div", "search", root);
    const line = make("div", "search-line", this.root);
    this.input = make("input", "search-input", line);
    this.input.type = "search";
    this.input.spellcheck = false;
    this.heading = make("div", "search-heading", this.root);
    this.list = make("div", "search-list", this.root);
    this.hits = [];
    this.at = 0;
    this.input.addEventListener("input", () => this.type());
    this.input.addEventListener("keydown", (event) => this.key(event));
    L.DomEvent.disableClickPropagation(this.root);
    L.DomEvent.disableScrollPropagation(this.root);
    L.DomEvent.on(this.root, "contextmenu", L.DomEvent.stopPropagation);
    this.show("", [], "");
  }

  setWords(words) {
    this.words = words;
    this.input.placeholder = words.search;
    this.input.setAttribute("aria-label", words.search);
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  type() {
    const text = this.input.value;
    if (text.trim()) this.handlers.typed(text);
    else this.show("", [], "");
  }

  /** Show hits under a heading; for a typed text, nothing found is said. */
  show(heading, hits, text) {
    this.hits = hits;
    this.at = 0;
    this.heading.textContent = heading || (text && !hits.length ? this.words.nothing_found : "");
    this.heading.hidden = !this.heading.textContent;
    this.list.hidden = !hits.length;
    this.list.replaceChildren();
    hits.forEach((hit, no) => {
      const row = make("div", "search-row", this.list);
      make("span", "search-sign", row, KIND_SIGNS[hit.kind]);
      make("span", "search-text", row, hit.text);
      make("span", "search-more", row, hit.more);
      row.title = `${hit.text} ${hit.more}`;
      row.onclick = () => this.choose(no);
    });
    this.mark();
  }

  /** Show what the text typed means, unless more has been typed since. */
  found(text, hits) {
    if (text === this.input.value) this.show("", hits, text.trim());
  }

  mark() {
    [...this.list.children].forEach((row, no) => row.classList.toggle("at", no === this.at));
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  choose(no) {
    if (no < this.hits.length) this.handlers.chosen(no);
  }

  close() {
    this.input.value = "";
    this.show("", [], "");
    this.input.blur();
    this.handlers.closed();
  }

  key(event) {
    event.stopPropagation();
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && this.hits.length) {
      this.at = (this.at + step + this.hits.length) % this.hits.length;
      this.mark();
    } else if (event.key === "Enter") this.choose(this.at);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }
}
