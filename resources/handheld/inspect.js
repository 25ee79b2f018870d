// The mobile inspection record: person, vehicle, shop or site; two officers, the second confirms.

import { ask } from "./ask.js";
import { needs } from "./raise.js";
import { subjectFields } from "./papers.js";
import { logOn, logOff } from "./session.js";
import * as shelf from "./shelf.js";
import { make } from "./views.js";
import { reasonIn, word } from "./words.js";

const now = () => new Date().toISOString();

/**
 * The inspection page: what waits for one's own confirmation, then the form.
 * @param {import("./link.js").Link} link keeps and sends
 * @param {() => Promise<object | null>} here where the device is
 * @param {{tasks: () => object[], tell: (words: string) => void, again: () => void}} does
 */
export function inspectView(link, here, does) {
  const waiting = make("div", { class: "card", id: "inspect-waiting" });
  ask(link, "/v1/handheld/inspections").then(({ inspections }) => {
    waiting.replaceChildren(...inspections.map(one => waitingView(link, one, does)));
  }, error => console.info("what waits to be confirmed:", error.message));
  return make("section", { class: "card", id: "inspect" }, make("h1", {}, word("inspect")), waiting,
    formView(link, here, does));
}

function waitingView(link, one, { tell, again }) {
  const confirm = async () => {
    await link.submit({ type: "ConfirmInspection", inspection: one.id, unit: link.session.unit, at: now() });
    tell(word("confirmed"));
    again();
  };
  return make("article", { class: "message roll_call", "data-inspection": one.id },
    make("strong", {}, `${one.call_sign} · ${word("subject")[one.kind]} ${one.name} ${one.key}`),
    make("p", { class: "words" }, `${one.place} · ${one.findings}`),
    make("button", { type: "button", class: "main confirm", onclick: confirm }, word("confirm")));
}

function formView(link, here, { tasks, tell, again }) {
  const subject = subjectFields("inspect");
  const place = make("input", { id: "inspect-place", maxlength: 200, autocomplete: "off" });
  const findings = make("textarea", { id: "inspect-findings", maxlength: 2000 });
  const task = make("select", { id: "inspect-task" }, make("option", { value: "" }, word("no_case")),
    ...tasks().map(one => make("option", { value: one.incident }, `${one.number} ${one.place}`)));
  const second = make("input", { id: "inspect-second", maxlength: 20, autocomplete: "off", autocapitalize: "characters" });
  const pin = make("input", { id: "inspect-pin", type: "password", autocomplete: "off" });
  const button = make("button", { type: "submit", class: "main", id: "inspect-send" }, word("send"));
  const past = make("div", { class: "card", id: "inspect-past", role: "status" });
  const look = async () => {
    const text = subject.key.value.trim() || subject.name.value.trim();
    past.replaceChildren(await recordsView(link, subject.kind.value, text));
  };
  const send = async event => {
    event.preventDefault();
    for (const [field, words] of [[subject.name, "need_name"], [place, "need_place"], [findings, "need_findings"],
      [second, "need_second"]]) {
      if (!field.value.trim()) return needs(field, word(words));
    }
    button.disabled = true;
    try {
      const callSign = second.value.trim().toUpperCase();
      const present = pin.value ? await presentOf(link, callSign, pin.value) : null;
      const coords = await here();
      const inspection = shelf.newId();
      await link.submit({ type: "RecordInspection", inspection, unit: link.session.unit, kind: subject.kind.value,
        key: subject.key.value.trim(), name: subject.name.value.trim(), at: now(), place: place.value.trim(),
        findings: findings.value.trim(), second: callSign, incident: task.value || null,
        lat: coords?.latitude ?? null, lon: coords?.longitude ?? null });
      if (present) await confirmAs(link, present, inspection);
      tell(word(pin.value ? "inspected_both" : "inspected"));
      again();
    } catch (error) {
      tell(error.message);
      button.disabled = false;
    }
    return undefined;
  };
  return make("form", { id: "inspection", onsubmit: send, novalidate: true }, ...subject.views,
    make("button", { type: "button", id: "inspect-look", onclick: look }, word("past_records")), past,
    make("label", {}, word("place"), place), make("label", {}, word("findings"), findings),
    make("label", {}, word("case"), task), make("label", {}, word("second"), second),
    make("label", {}, word("second_pin"), pin), button);
}

/** Log the second officer on for the moment on this device; the PIN proves who is there. */
async function presentOf(link, callSign, pin) {
  try {
    return await logOn(callSign, pin, link.device, "");
  } catch (error) {
    throw new Error(error.status ? word("second_wrong") + reasonIn(error.message) : word("second_later"));
  }
}

/** Have the second officer say yes to a check, once central has it. */
async function confirmAs(link, session, inspection) {
  try {
    await link.flush();
    const body = { type: "ConfirmInspection", inspection, unit: session.unit, at: now() };
    const answer = await fetch("/v1/commands", {
      method: "POST",
      headers: { "Authorization": `Bearer ${session.token}`, "Content-Type": "application/json" },
      body: JSON.stringify(["command", shelf.newId(), link.device, 1, now(), body]),
    });
    const said = await answer.json();
    if (said[2] !== "accepted") throw new Error(reasonIn(said[5] ?? said.error ?? `${answer.status}`));
  } finally {
    await logOff(session);
  }
}

/** Return what is known of somebody or something, as a list; a sentence when there is nothing. */
export async function recordsView(link, kind, text) {
  const line = (...parts) => make("p", { class: "record" }, parts.filter(Boolean).join(" · "));
  const day = at => at.slice(0, 10);
  try {
    const { inspections, papers, cases } = await ask(link, `/v1/handheld/records?${new URLSearchParams({ kind, text })}`);
    const found = [
      ...inspections.map(one => line(day(one.at), word("inspect"), one.name, one.key, one.findings)),
      ...papers.map(one => line(day(one.issued_at), word("paper_kind")[one.kind], one.number, one.party,
        one.amount_fen ? `¥${(one.amount_fen / 100).toFixed(2)}` : "", one.paid_at ? word("paid") : "")),
      ...cases.map(one => line(day(one.opened_at), one.number, one.place, one.outcome)),
    ];
    return make("div", { class: "card records" }, ...(found.length ? found
      : [make("p", { class: "quiet-text" }, word("no_records"))]));
  } catch (error) {
    return make("p", { class: "quiet-text" }, error.message);
  }
}
