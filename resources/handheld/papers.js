// Documents on the spot: made out, signed with a finger, numbered by central, shown as PDF, paid.

import { ask, query } from "./ask.js";
import { lawView } from "./checklist.js";
import { needs } from "./raise.js";
import * as shelf from "./shelf.js";
import { Signature } from "./signature.js";
import { nameOf, siteItems, table } from "./site.js";
import { make } from "./views.js";
import { word } from "./words.js";

const SUBJECTS = ["person", "shop", "vehicle", "site"];
const now = () => new Date().toISOString();

/** Return the fields for whom or what something is about. */
export function subjectFields(id) {
  const kind = make("select", { id: `${id}-kind` },
    ...SUBJECTS.map(one => make("option", { value: one }, word("subject")[one])));
  const name = make("input", { id: `${id}-name`, maxlength: 120, autocomplete: "off" });
  const key = make("input", { id: `${id}-key`, maxlength: 60, autocomplete: "off", autocapitalize: "characters" });
  return { kind, name, key, views: [make("label", {}, word("subject_kind"), kind),
    make("label", {}, word("subject_name"), name), make("label", {}, word("subject_key"), key)] };
}

/** The documents of a task: those there are, and a form for a new one. */
export function papersView(link, task, { back, tell, open }) {
  const list = make("div", { class: "card", id: "papers-list" });
  const status = make("p", { class: "quiet-text", role: "status" }, word("looking"));
  ask(link, `/v1/handheld/papers?${query({ incident: task.incident })}`).then(({ papers }) => {
    status.textContent = papers.length ? "" : word("no_papers");
    list.replaceChildren(...papers.map(one => paperView(link, one, tell, open)));
  }, error => { status.textContent = error.message; });
  return make("section", { class: "card", id: "papers" },
    make("h1", {}, `${word("papers")} · ${task.number}`), status, list, formView(link, task, { tell, open }),
    make("div", { class: "actions" },
      make("button", { type: "button", id: "back", class: "wide", onclick: back }, word("back"))));
}

function paperView(link, paper, tell, open) {
  const fen = paper.amount_fen;
  const receipt = make("input", { class: "receipt", maxlength: 60, autocomplete: "off" });
  const pay = async event => {
    event.preventDefault();
    if (!receipt.value.trim()) return needs(receipt, word("need_receipt"));
    await link.submit({ type: "PayFine", paper: paper.id, receipt_no: receipt.value.trim(), amount_fen: fen, at: now() });
    tell(word("paid_kept"));
    return open();
  };
  const state = paper.voided_at ? word("voided") : paper.paid_at ? `${word("paid")} ${paper.receipt_no}` : "";
  return make("article", { class: "message", "data-paper": paper.id },
    make("strong", {}, paper.number ?? "—"),
    make("span", {}, [word("paper_kind")[paper.kind], paper.party, fen ? `¥${(fen / 100).toFixed(2)}` : "", state]
      .filter(Boolean).join(" · ")),
    make("button", { type: "button", class: "pdf", onclick: () => show(link, paper, tell) }, word("show_pdf")),
    fen && !paper.paid_at && !paper.voided_at ? make("form", { class: "pay", onsubmit: pay, novalidate: true },
      make("label", {}, word("receipt_no"), receipt), make("button", { type: "submit" }, word("enter_paid"))) : null);
}

/** Fetch the PDF and hand it to the device's own viewer. */
async function show(link, paper, tell) {
  try {
    const answer = await fetch(`/v1/handheld/papers/${paper.id}/pdf`, { headers: link.headers() });
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `${answer.status}`);
    const address = URL.createObjectURL(new Blob([await answer.blob()], { type: "application/pdf" }));
    make("a", { href: address, download: `${paper.number}.pdf`, target: "_blank" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  } catch (error) {
    tell(error.message);
  }
}

function formView(link, task, { tell, open }) {
  const signature = new Signature();
  const kind = make("select", { id: "paper-kind" },
    ...["order", "penalty"].map(one => make("option", { value: one }, word("paper_kind")[one])));
  const law = make("select", { id: "paper-law" });
  const lawText = make("div", {});
  const subject = subjectFields("paper");
  const facts = make("textarea", { id: "paper-facts", maxlength: 2000 }, `${task.place}，${task.summary}`);
  const yuan = make("input", { id: "paper-yuan", type: "number", min: 0.01, step: 0.01, inputmode: "decimal" });
  const fine = make("label", { hidden: true }, word("fine_yuan"), yuan);
  const refuses = make("input", { id: "paper-refuses", type: "checkbox" });
  const button = make("button", { type: "submit", class: "main", id: "paper-send" }, word("issue"));
  kind.addEventListener("change", () => { fine.hidden = kind.value !== "penalty"; });
  siteItems(link).then(items => {
    const laws = table(items, "law");
    const usual = table(items, "check").find(one => one.details.form === task.form && one.details.law)?.details.law;
    law.replaceChildren(...laws.map(one => make("option", { value: one.code, selected: one.code === usual }, nameOf(one))));
    const unfold = () => lawText.replaceChildren(...laws.filter(one => one.code === law.value).map(lawView));
    law.addEventListener("change", unfold);
    unfold();
  });
  const send = async event => {
    event.preventDefault();
    if (!subject.name.value.trim()) return needs(subject.name, word("need_party"));
    if (!facts.value.trim()) return needs(facts, word("need_facts"));
    const hasFine = kind.value === "penalty";
    if (hasFine && !(yuan.value > 0)) return needs(yuan, word("need_fine"));
    if (!signature.text && !refuses.checked) return tell(word("need_signature"));
    button.disabled = true;
    await link.submit({ type: "IssuePaper", paper: shelf.newId(), kind: kind.value, incident: task.incident,
      party_kind: subject.kind.value, party: subject.name.value.trim(), party_key: subject.key.value.trim(),
      facts: facts.value.trim(), law: law.value, amount_fen: hasFine ? Math.round(yuan.value * 100) : null,
      signature: refuses.checked ? "" : signature.text, unit: link.session.unit });
    tell(word("paper_kept"));
    return open();
  };
  return make("details", { id: "paper-new" }, make("summary", {}, word("new_paper")),
    make("form", { id: "paper", onsubmit: send, novalidate: true },
      make("label", {}, word("paper"), kind), ...subject.views, make("label", {}, word("facts"), facts),
      make("label", {}, word("law"), law), lawText, fine, signature.element,
      make("label", { class: "choice" }, refuses, word("refuses_to_sign")),
      make("div", { class: "actions" }, button)));
}
