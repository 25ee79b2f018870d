// What stands round the map: layers and legend, age of the data, the words under the pointer.
"use strict";

const LAYER_KEYS = [["units", "U"], ["off_duty", "O"], ["cameras", "C"], ["sensors", "S"],
  ["incidents", "I"], ["areas", "A"],
  ["districts", "D"], ["grids", "R"],
  ["colours", "T"], ["heat", "H"]];

/** What a legend's word hides when it is not the sprite's own. */
const MEANINGS = { patrol: "mark_dot", vehicle: "mark_bar", sensor_noise: "mark_noise",
  sensor_dust: "mark_dust", sensor_water: "mark_water", sensor_gas: "mark_gas" };
/** Two beats of central, two seconds each, and what a beat may be late. */
const SILENT_S = 5;

function make(tag, className, parent, text) {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

/** The frame of controls; speaks through `handlers` {zoomIn, zoomOut, home, toggle}. */
class Panel {
  constructor(root, handlers) {
    this.handlers = handlers;
    this.words = {};
    this.counts = {};
    this.root = make("div", "panel", root);
    this.bar = make("div", "bar", this.root);
    this.box = make("div", "box", this.root);
    this.box.hidden = true;
    this.age = make("div", "age", root);
    this.hint = make("div", "hint", root);
    this.hint.hidden = true;
    this.cross = make("div", "cross", root);
    this.cross.hidden = true;
    this.note = make("div", "note", root);
    this.note.hidden = true;
    this.timeMs = 0;
    for (const area of [this.root]) {
      L.DomEvent.disableClickPropagation(area);
      L.DomEvent.disableScrollPropagation(area);
    }
    window.setInterval(() => this.tick(), 1000);
  }

  /** Show everything in the words and colours of `state`. */
  setState(state, hidden) {
    this.words = state.words;
    this.state = state;
    this.hidden = hidden;
    this.buildBar();
    this.buildBox();
    this.tick();
  }

  buildBar() {
    this.bar.replaceChildren();
    const { words, handlers } = this;
    const buttons = [
      ["+", words.zoom_in, "+", handlers.zoomIn],
      ["−", words.zoom_out, "−", handlers.zoomOut],
      ["⌂", words.home, "Home", handlers.home],
      ["◷", words.replay, "Y", handlers.replay],
      ["☰", words.layers, "L", () => this.toggleBox()],
    ];
    for (const [sign, title, key, act] of buttons) {
      const button = make("button", "tool", this.bar, sign);
      button.title = `${title} (${key})`;
      button.setAttribute("aria-label", title);
      button.onclick = act;
    }
  }

  toggleBox(show = this.box.hidden) {
    this.box.hidden = !show;
    document.body.classList.toggle("with-box", show);
    this.showHint("");
    this.setCounts(this.counts);
  }

  buildBox() {
    this.box.replaceChildren();
    make("h2", "", this.box, this.words.layers);
    for (const [layer, key] of LAYER_KEYS) this.buildLayerRow(layer, key);
    this.buildGroupsRow();
    this.buildImportRow();
    this.buildViews();
    make("h2", "", this.box, this.words.legend);
    const list = make("div", "legend", this.box);
    this.handlers.groundLegend(list);
    for (const entry of this.state.legend) {
      const row = make("div", "row legend-row", list);
      this.drawIcon(make("canvas", "icon", row), entry);
      make("span", "", row, this.words[entry.word]);
      const meaning = MEANINGS[entry.word] ?? entry.word;
      row.classList.toggle("hidden-meaning", this.hidden.includes(meaning));
      row.title = this.words.filter_how;
      row.onclick = () => this.handlers.toggle(meaning);
    }
    const row = make("div", "row", list);
    make("div", "reach", row);
    make("span", "", row, this.words.reach);
  }

  buildLayerRow(layer, key) {
    const row = make("label", "row", this.box);
    const box = make("input", "", row);
    box.type = "checkbox";
    box.checked = !this.hidden.includes(layer);
    box.onchange = () => this.handlers.toggle(layer);
    make("span", "grow", row, this.words[`layer_${layer}`]);
    make("span", "count", row, this.counts[layer] === undefined ? "" : `${this.counts[layer]}`)
      .dataset.layer = layer;
    make("kbd", "", row, key);
  }

  buildImportRow() {
    const row = make("div", "row", this.box);
    const button = make("button", "area-button", row, this.words.area_import);
    button.onclick = () => this.handlers.importAreas();
  }

  /** Saved views: a click goes there, ✕ forgets one, the field saves what is shown now. */
  buildViews() {
    make("h2", "", this.box, this.words.views);
    for (const view of this.views ?? []) {
      const row = make("div", "row legend-row", this.box);
      const name = make("span", "grow", row, view.name);
      name.onclick = () => this.handlers.goTo(view);
      make("button", "view-drop", row, "✕").onclick = () => this.handlers.dropView(view.name);
    }
    const form = make("form", "row", this.box);
    const name = make("input", "view-name", form);
    name.placeholder = this.words.view_save;
    name.setAttribute("aria-label", this.words.view_save);
    name.addEventListener("keydown", (event) => event.stopPropagation());
    make("button", "view-drop", form, "＋");
    form.onsubmit = (event) => {
      event.preventDefault();
      if (name.value.trim()) this.handlers.saveView(name.value.trim());
    };
  }

  setViews(views) {
    this.views = views;
    if (this.state) this.buildBox();
  }

  buildGroupsRow() {
    const row = make("label", "row", this.box);
    const box = make("input", "", row);
    box.type = "checkbox";
    box.checked = this.handlers.groups();
    box.onchange = () => this.handlers.setGroups(box.checked);
    make("span", "grow", row, this.words.groups);
    make("kbd", "", row, "G");
  }

  drawIcon(canvas, entry) {
    const dpr = window.devicePixelRatio || 1;
    canvas.width = canvas.height = Math.round(24 * dpr);
    const ctx = canvas.getContext("2d");
    ctx.scale(dpr, dpr);
    ctx.translate(12, 12);
    drawSprite(ctx, this.state.sprites[entry.layer][entry.sprite], 6, this.state.colours);
  }

  /** How many things of each layer are in view. */
  setCounts(counts) {
    this.counts = counts;
    if (this.box.hidden) return;
    for (const element of this.box.querySelectorAll(".count")) {
      const count = counts[element.dataset.layer];
      if (count !== undefined) element.textContent = String(count);
    }
  }

  /** Positions that were known at `timeMs` have come; used until Python tells ages itself. */
  setTime(timeMs) {
    if (this.told === undefined) this.newest = timeMs > 0 ? Date.now() : null;
    this.tick();
  }

  /**
   * Take how old things are: `positions` the newest fix, `heard` the last word from central, both
   * seconds by central's clock or null; `late` when beats are missing.
   */
  setAge(age) {
    this.told = age;
    this.newest = age.positions === null ? null : Date.now() - 1000 * age.positions;
    this.heard = age.heard === null ? null : Date.now() - 1000 * age.heard;
    this.tick();
  }

  /** Say how old the positions are, in the colour and sign of caution once beats are missing. */
  tick() {
    if (!this.words.age_s) return;
    const now = Date.now();
    const known = this.newest !== null && this.newest !== undefined;
    const ageS = known ? (now - this.newest) / 1000 : 0;
    const silentS = this.heard ? (now - this.heard) / 1000 : ageS;
    const late = known && (this.told?.late === true || silentS > SILENT_S);
    let text = this.words.age_none;
    if (known) {
      const [word, n] = ageS < 90 ? ["age_s", ageS] : ["age_min", ageS / 60];
      text = this.words[word].replace("{n}", String(Math.max(0, Math.round(n))));
    }
    text = late ? `■ ${text}` : text;
    if (this.age.textContent !== text) this.age.textContent = text;
    this.age.classList.toggle("late", late);
  }

  showHint(text, point) {
    this.hint.hidden = !text;
    if (!text) return;
    this.hint.textContent = text;
    const { clientWidth, clientHeight: height } = document.documentElement;
    // Beside the legend, never over it.
    const width = this.box.hidden ? clientWidth : this.box.getBoundingClientRect().left;
    const box = this.hint.getBoundingClientRect();
    const x = point.x + 14 + box.width > width ? point.x - 14 - box.width : point.x + 14;
    const y = point.y + 14 + box.height > height ? point.y - 14 - box.height : point.y + 14;
    this.hint.style.left = `${Math.max(2, x)}px`;
    this.hint.style.top = `${Math.max(2, y)}px`;
  }

  showNote(text) {
    this.note.hidden = !text;
    this.note.textContent = text;
  }

  showCross(show) {
    this.cross.hidden = !show;
  }
}
