// An incident an officer raises on the street: form, place, what is seen, with evidence.

import { attach, captureView } from "./capture.js";
import * as shelf from "./shelf.js";
import { nameOf, siteItems, table } from "./site.js";
import { make } from "./views.js";
import { word } from "./words.js";

/** Return options for every form of violation, under its class. */
export function formOptions(items) {
  const forms = table(items, "form");
  return [make("option", { value: "" }, word("choose")),
    ...table(items, "form_class").map(one => make("optgroup", { label: nameOf(one) },
      ...forms.filter(form => form.parent === one.code)
        .map(form => make("option", { value: form.code }, nameOf(form)))))];
}

/** Say what is missing at a field; taken back when it is filled. */
export function needs(field, words) {
  field.setCustomValidity(words);
  field.reportValidity();
  field.addEventListener("input", () => field.setCustomValidity(""), { once: true });
}

/**
 * The form for a self-raised incident.
 * @param {import("./link.js").Link} link keeps and sends
 * @param {() => Promise<object | null>} here where the device is
 * @param {{back: () => void, tell: (words: string) => void}} does
 */
export function raiseView(link, here, { back, tell }) {
  const form = make("select", { id: "raise-form", required: true });
  const place = make("input", { id: "raise-place", maxlength: 200, required: true, autocomplete: "off" });
  const summary = make("textarea", { id: "raise-summary", maxlength: 2000, required: true });
  const where = make("p", { class: "quiet-text", id: "raise-where" }, word("looking_place"));
  const button = make("button", { type: "submit", class: "main", id: "raise-send" }, word("send"));
  const shots = [];
  let coords = null;
  siteItems(link).then(items => form.replaceChildren(...formOptions(items)));
  here().then(found => {
    coords = found;
    where.textContent = found ? `${found.latitude.toFixed(5)}, ${found.longitude.toFixed(5)}` : word("no_place");
  });
  const send = async event => {
    event.preventDefault();
    for (const [field, words] of [[form, "need_form"], [place, "need_place"], [summary, "need_summary"]]) {
      if (!field.value.trim()) return needs(field, word(words));
    }
    button.disabled = true;
    const incident = shelf.newId();
    await link.submit({ type: "OpenIncident", incident, form: form.value, place: place.value.trim(),
      summary: summary.value.trim(), channel: "officer",
      lat: coords?.latitude ?? null, lon: coords?.longitude ?? null });
    for (const shot of shots) await attach(link, shot, incident);
    tell(word("raised"));
    return back();
  };
  return make("form", { id: "raise-view", onsubmit: send, novalidate: true },
    make("h1", {}, word("raise")),
    make("label", {}, word("form"), form), make("label", {}, word("place"), place), where,
    make("label", {}, word("summary"), summary),
    captureView(() => coords, shot => { shots.push(shot); }, { id: "raise-" }),
    make("div", { class: "actions" }, button,
      make("button", { type: "button", id: "back", onclick: back }, word("back"))));
}
