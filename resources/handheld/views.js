// What the page shows: log-on, list of tasks, one task. Builds elements, keeps no state.

import { chosen, word } from "./words.js";

/** Return an element; text goes in as text, never as markup. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== null));
  return element;
}

const clock = text => text ? new Date(text).toLocaleTimeString(chosen() === "zh" ? "zh-CN" : "en-GB") : "—";
const isLate = task => task.due_at && new Date(task.due_at) < new Date();
const formName = task => chosen() === "zh" ? task.form_zh : task.form_en;

/** The log-on form; two more fields where the officer has to choose, or wants, a PIN of the own. */
export function logOnView(submit) {
  const name = make("input", { id: "call-sign", name: "username", autocomplete: "username",
    autocapitalize: "characters", required: true });
  const pin = make("input", { id: "pin", name: "password", type: "password",
    autocomplete: "current-password", required: true });
  const code = make("input", { id: "device-code", autocomplete: "off", inputmode: "numeric" });
  const fresh = { type: "password", autocomplete: "new-password" };
  const first = make("input", { id: "new-pin", ...fresh });
  const again = make("input", { id: "new-pin-again", ...fresh });
  const own = make("details", { id: "own-pin" }, make("summary", {}, word("own_pin")),
    make("label", {}, word("new_pin"), first), make("label", {}, word("new_pin_again"), again));
  const button = make("button", { class: "main", type: "submit", id: "log-on" }, word("log_on"));
  return make("form", {
    id: "log-on-form",
    onsubmit: async event => {
      event.preventDefault();
      button.disabled = true;
      const chosen = { pin: first.value, isSame: first.value === again.value };
      const mustChoose = await submit(name.value.trim().toUpperCase(), pin.value, code.value.trim(), chosen);
      button.disabled = false;
      if (!mustChoose) return;
      own.open = true;
      first.focus();
    },
  },
  make("h1", {}, word("title")),
  make("label", {}, word("call_sign"), name), make("label", {}, word("pin"), pin), own, button,
  make("details", {}, make("summary", {}, word("new_device")),
    make("label", {}, word("device_code"), code)));
}

/** The list of tasks. */
export function listView(tasks, isOnDuty, { open, duty, logOff }) {
  const items = tasks.map(task => make("button", {
    class: "task", type: "button", "data-level": task.level, "data-assignment": task.assignment,
    onclick: () => open(task.assignment),
  },
  make("div", { class: "row" },
    make("span", { class: "level", "data-level": task.level }, word("level")[task.level] ?? ""),
    make("span", { class: "state" }, word("state")[task.state] ?? task.state)),
  make("h2", {}, `${formName(task)} · ${task.place}`),
  make("div", { class: "row quiet-text" },
    make("span", {}, task.number),
    make("span", { class: isLate(task) ? "late" : "" },
      `${word("due")} ${clock(task.due_at)}${isLate(task) ? ` · ${word("late")}` : ""}`))));
  return make("section", { class: "card", id: "list" },
    make("h1", {}, word("tasks")),
    ...(items.length ? items : [make("p", { class: "empty", id: "empty" }, word("empty"))]),
    make("p", { class: "quiet-text" }, word("asleep")),
    make("div", { class: "actions" },
      make("button", { type: "button", id: "toggle-duty", class: isOnDuty ? "" : "main", onclick: duty },
        word(isOnDuty ? "off_duty" : "on_duty")),
      make("button", { type: "button", id: "log-off", onclick: logOff }, word("log_off"))));
}

function fact(key, value) {
  return make("div", { class: "fact" }, make("span", {}, word(key)), make("span", {}, value));
}

/** One task with the steps that can be taken now. */
export function taskView(task, parts, { back, step, refuse, outcome }) {
  const open = ["ordered", "delivered", "seen"].includes(task.state);
  const button = (id, key, wanted, kind = "main") => make("button",
    { type: "button", id, class: kind, onclick: () => step(task, wanted) }, word(key));
  const actions = [];
  if (open) {
    actions.push(button("accept", "accept", "accepted"),
      make("button", { type: "button", id: "refuse", class: "no",
        onclick: () => refuse(task) }, word("refuse")));
  }
  if (task.state === "accepted") actions.push(button("on-the-way", "on_the_way", "en_route"));
  if (["accepted", "en_route"].includes(task.state)) {
    actions.push(button("on-scene", "on_scene", "on_scene"));
  }
  if (task.state === "on_scene") {
    actions.push(make("button", { type: "button", id: "outcome", class: "main wide",
      onclick: () => outcome(task) }, word("outcome")));
  }
  return make("section", { class: "card", id: "task", "data-state": task.state },
    make("div", { class: "row" }, make("span", { class: "level", "data-level": task.level },
      word("level")[task.level] ?? ""), make("span", {}, " · "),
    make("span", { class: "state", id: "state" }, word("state")[task.state] ?? task.state)),
    make("h1", {}, `${formName(task)} · ${task.number}`),
    fact("place", task.place), fact("summary", task.summary || "—"),
    task.note ? fact("instructions", task.note) : null,
    make("div", { class: "pair" },
      fact("ordered", clock(task.ordered_at)), fact("due", clock(task.due_at))),
    make("div", { class: "actions" }, ...actions),
    ...parts,
    make("div", { class: "actions" },
      make("button", { type: "button", id: "back", class: "wide", onclick: back }, word("back"))));
}

/** A form for a reason or an outcome, with a photo where one is asked for. */
export function tellView(task, { title, label, needed, photo }, { back, send, taken }) {
  const text = make("textarea", { id: "text", maxlength: 2000 });
  const file = make("input", { id: "photo", type: "file", accept: "image/*,video/*,audio/*",
    capture: "environment" });
  let taking = null;
  const note = make("p", { class: "quiet-text", role: "status" });
  file.addEventListener("change", () => { taking = file.files[0] ? taken(file, note) : null; });
  const button = make("button", { type: "submit", class: "main", id: "send" }, word("send"));
  return make("form", {
    id: "tell",
    onsubmit: async event => {
      event.preventDefault();
      if (!text.value.trim()) {
        text.setCustomValidity(needed);
        text.reportValidity();
        text.addEventListener("input", () => text.setCustomValidity(""), { once: true });
        return;
      }
      button.disabled = true;
      const shot = await taking;
      if (taking && !shot) { // it was refused with a sentence: nothing goes off without it unseen
        taking = null;
        button.disabled = false;
        return;
      }
      await send(text.value.trim(), shot);
    },
  },
  make("h1", {}, `${title} · ${task.number}`),
  make("label", {}, label, text),
  photo ? make("label", {}, word("photo"), file) : null, photo ? note : null,
  make("div", { class: "actions" }, button,
    make("button", { type: "button", id: "back", onclick: back }, word("back"))));
}
