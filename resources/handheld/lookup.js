// Looking things up: past records of somebody or something, and the law.

import { recordsView } from "./inspect.js";
import { lawView } from "./checklist.js";
import { subjectFields } from "./papers.js";
import { nameOf, siteItems, table, told } from "./site.js";
import { make } from "./views.js";
import { word } from "./words.js";

/** The look-up page. */
export function lookupView(link) {
  const { kind } = subjectFields("lookup");
  const text = make("input", { id: "lookup-text", maxlength: 80, autocomplete: "off" });
  const found = make("div", { class: "card", id: "lookup-found", role: "status" });
  const look = async event => {
    event.preventDefault();
    found.replaceChildren(make("p", { class: "quiet-text" }, word("looking")));
    found.replaceChildren(await recordsView(link, kind.value, text.value.trim()));
  };
  return make("section", { class: "card", id: "lookup" }, make("h1", {}, word("lookup")),
    make("form", { onsubmit: look, novalidate: true }, make("label", {}, word("subject_kind"), kind),
      make("label", {}, word("lookup_text"), text),
      make("button", { type: "submit", class: "main", id: "lookup-send" }, word("past_records"))),
    make("p", { class: "quiet-text" }, word("lookup_audited")), found, lawsView(link));
}

function lawsView(link) {
  const list = make("div", { class: "card", id: "laws" });
  const text = make("input", { id: "law-text", type: "search", autocomplete: "off" });
  let laws = [];
  const draw = () => list.replaceChildren(...laws
    .filter(one => `${nameOf(one)} ${one.code} ${told(one, "text")}`.includes(text.value.trim())).map(lawView));
  text.addEventListener("input", draw);
  siteItems(link).then(items => { laws = table(items, "law"); draw(); });
  return make("div", { class: "card" }, make("h2", {}, word("laws")), make("label", {}, word("law_text"), text), list);
}
