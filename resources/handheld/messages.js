// Messages from the desk and to it: kept before the receipt goes out, read when shown, roll calls answered.

import * as shelf from "./shelf.js";
import { needs } from "./raise.js";
import { chosen, word } from "./words.js";
import { make } from "./views.js";

const KEPT_MS = 7 * 24 * 3600 * 1000;
const MOST_WORDS = 1000;
const moment = text => new Date(text).toLocaleString(chosen() === "zh" ? "zh-CN" : "en-GB",
  { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
const now = () => new Date().toISOString();

/** The messages of the unit that is logged on. */
export class Messages {
  /**
   * @param {import("./link.js").Link} link keeps and sends
   * @param {{ring: () => void, changed: () => void, counted: () => void}} does told of what is new
   */
  constructor(link, does) {
    Object.assign(this, { link, does, held: new Map() });
  }

  /** How many nobody has read, roll calls without an answer among them. */
  get unread() {
    return [...this.held.values()].filter(one => !one.mine && (!one.read || isOpen(one))).length;
  }

  /** Take up what was kept for the unit that is logged on; what is old goes. */
  async load() {
    this.held.clear();
    for (const one of await shelf.all("messages")) {
      if (Date.now() - new Date(one.sent_at) > KEPT_MS) await shelf.drop("messages", one.key);
      else if (one.unit === this.link.session?.unit) this.held.set(one.message, one);
    }
  }

  /** Keep a message, then say that it is here; said twice it is one receipt. */
  async took(notice) {
    const known = this.held.get(notice.message);
    await this.keep({ ...known, ...notice });
    await this.mark(notice, known?.read ? "read" : "delivered");
    if (!known) this.does.ring();
    this.does.changed();
  }

  async keep(one) {
    const kept = { ...one, key: `${one.message}:${one.unit}` };
    await shelf.put("messages", kept.key, kept);
    this.held.set(kept.message, kept);
  }

  mark({ message, unit }, state) {
    return this.link.submit({ type: "MarkMessage", message, unit, state, at: now() },
      { id: `${message}:${unit}-${state}` });
  }

  /** Say of everything that is shown that it was read. */
  async readAll() {
    for (const one of this.held.values()) {
      if (one.read || one.mine) continue;
      await this.keep({ ...one, read: true });
      await this.mark(one, "read");
    }
  }

  async answer(one) {
    await this.keep({ ...one, answered: true });
    await this.link.submit({ type: "AnswerRoll", unit: one.unit, message: one.message, at: now() });
    this.does.changed();
  }

  async reply(text, to) {
    const message = shelf.newId();
    const { unit } = this.link.session;
    await this.keep({ message, unit, text, sent_at: now(), mine: true, kind: "reply" });
    await this.link.submit({ type: "ReplyMessage", message, unit, text, at: now(), reply_to: to });
    this.does.changed();
  }

  /** Return the page: a field to write in, then everything, newest first. */
  view() {
    if (document.visibilityState === "visible") {
      this.readAll().then(() => this.does.counted()); // what comes while it is put away stays unread
    }
    const sorted = [...this.held.values()].sort((a, b) => (a.sent_at < b.sent_at ? 1 : -1));
    return make("section", { class: "card", id: "messages" }, make("h1", {}, word("messages")),
      this.writeView(sorted.find(one => !one.mine && one.kind !== "roll_call")?.message ?? null),
      ...(sorted.length ? sorted.map(one => this.messageView(one))
        : [make("p", { class: "empty" }, word("no_messages"))]));
  }

  writeView(to) {
    this.text ??= make("textarea", { id: "reply-text", class: "short", maxlength: MOST_WORDS });
    const { text } = this;
    return make("form", { id: "reply", novalidate: true, onsubmit: async event => {
      event.preventDefault();
      const words = text.value.trim();
      if (!words) return needs(text, word("need_words"));
      text.value = "";
      return this.reply(words, to);
    } }, make("label", {}, word("write_desk"), text),
    make("button", { type: "submit", id: "reply-send" }, word("send")));
  }

  messageView(one) {
    const kind = one.mine ? "mine" : one.kind;
    return make("article", { class: `message ${kind}`, "data-message": one.message },
      make("div", { class: "row quiet-text" },
        make("span", {}, [word("message_kind")[kind], one.sender, one.number].filter(Boolean).join(" · ")),
        make("span", {}, moment(one.sent_at))),
      make("p", { class: "words" }, one.text),
      isOpen(one) ? make("button", { type: "button", class: "main answer", onclick: () => this.answer(one) },
        word("here")) : null,
      one.answered ? make("p", { class: "quiet-text" }, word("answered")) : null);
  }
}

/** Whether something is a roll call that waits for this unit's answer. */
function isOpen(one) {
  return one.kind === "roll_call" && !one.answered && !one.is_ended;
}
