// The checklist of a case's form with its legal basis, answered on the spot and kept in the case.

import * as shelf from "./shelf.js";
import { nameOf, siteItems, table, told } from "./site.js";
import { make } from "./views.js";
import { word } from "./words.js";

/** Return the questions for a form: those for every form first. */
const questionsOf = (items, form) => table(items, "check")
  .filter(one => !one.details.form || one.details.form === form)
  .sort((a, b) => (a.details.form ?? "").localeCompare(b.details.form ?? "") || a.code.localeCompare(b.code));

/** Return a law's name that unfolds to its words. */
export function lawView(law) {
  return make("details", { class: "law" }, make("summary", {}, nameOf(law)), make("p", {}, told(law, "text")));
}

/**
 * The checklist of a task.
 * @param {import("./link.js").Link} link keeps and sends
 * @param {object} task whose form it is
 * @param {{back: () => void, tell: (words: string) => void}} does
 */
export function checklistView(link, task, { back, tell }) {
  const list = make("div", { class: "card", id: "checks" }, make("p", { class: "quiet-text" }, word("looking")));
  const given = new Map();
  siteItems(link).then(items => {
    const laws = new Map(table(items, "law").map(one => [one.code, one]));
    const questions = questionsOf(items, task.form);
    list.replaceChildren(...(questions.length
      ? questions.map(one => questionView(one, laws.get(one.details.law), given))
      : [make("p", { class: "empty" }, word("no_checks"))]));
  });
  const send = async event => {
    event.preventDefault();
    const answers = [...given.values()].filter(one => one.holds !== null || one.note);
    if (!answers.length) return tell(word("need_answer"));
    await link.submit({ type: "AnswerChecks", incident: task.incident, unit: task.unit,
      at: new Date().toISOString(), answers });
    await shelf.put("kept", `checked:${task.assignment}`, answers.length);
    tell(word("checks_kept")(answers.length));
    return back();
  };
  return make("form", { id: "checklist", onsubmit: send, novalidate: true },
    make("h1", {}, `${word("checklist")} · ${task.number}`), list,
    make("div", { class: "actions" },
      make("button", { type: "submit", class: "main", id: "checks-send" }, word("send")),
      make("button", { type: "button", id: "back", onclick: back }, word("back"))));
}

function questionView(item, law, given) {
  const answer = { check: item.code, holds: null, note: "" };
  given.set(item.code, answer);
  const choice = (holds, key) => make("label", { class: "choice" }, make("input", { type: "radio",
    name: `check-${item.code}`, value: key, onchange: () => { answer.holds = holds; } }), word(key));
  const note = make("input", { class: "note", maxlength: 400, autocomplete: "off",
    "aria-label": `${nameOf(item)} · ${word("note")}`, placeholder: word("note"),
    oninput: event => { answer.note = event.target.value.trim(); } });
  return make("fieldset", { "data-check": item.code }, make("legend", {}, nameOf(item)),
    item.details.asks === "yes_no"
      ? make("div", { class: "choices" }, choice(true, "yes"), choice(false, "no")) : null,
    note, law ? lawView(law) : null);
}
