// The officers' page: log on, take tasks, accept or refuse, go, arrive, report; and what is around.

import { cameraView } from "./camera.js";
import { attach, captureView, captured } from "./capture.js";
import { checklistView } from "./checklist.js";
import { inspectView } from "./inspect.js";
import { Link } from "./link.js";
import { lookupView } from "./lookup.js";
import { Messages } from "./messages.js";
import { Nearby } from "./nearby.js";
import { papersView } from "./papers.js";
import { Positions } from "./position.js";
import { whenReleased } from "./pressing.js";
import { raiseView } from "./raise.js";
import * as shelf from "./shelf.js";
import { TaskMap } from "./taskmap.js";
import { listView, logOnView, make, taskView, tellView } from "./views.js";
import { Panic, equipment, equipmentView } from "./watch.js";
import { reasonIn, switchLanguage, word } from "./words.js";

const ENDED = new Set(["refused", "cleared", "withdrawn"]);
const TASK_VIEWS = new Set(["task", "refuse", "outcome", "checklist", "papers"]);
/** What nobody has said yes to; a task given by voice comes accepted, and is no news. */
const OPEN = new Set(["ordered", "delivered", "seen"]);
/** A receipt from central that lags behind what was done here must not set it back. */
const ORDER = ["ordered", "delivered", "seen", "accepted", "en_route", "on_scene", "refused",
  "cleared", "withdrawn"];
const main = document.getElementById("main");
const tasks = new Map();
let shown = { view: "list", assignment: null };
/** Whether what is kept has been read: a page that is chosen before would be turned away from. */
let hasBegun = false;
let onDuty = false;
let unsent = 0;
/** The camera point that is looked through. */
let camera = null;

const link = new Link({
  task: took,
  message: notice => messages.took(notice),
  status: drawHeader,
  refused,
  settled,
  outbox: count => { unsent = count; drawHeader(); },
  ended: reason => { notice(reasonIn(reason)); show("log_on"); },
});
const positions = new Positions(() => link.session, text => notice(word("no_position") + text));
const here = () => positions.here();
const coordsNow = () => positions.last?.coords ?? null;
const panic = new Panic(body => link.submit(body), () => link.session?.unit ?? null, coordsNow, notice);
const taskMap = new TaskMap(link, here);
const nearby = new Nearby(link, here, { raise: () => show("raise"), camera: one => {
  camera = one;
  show("camera");
} });
const messages = new Messages(link, { ring, counted: drawPages,
  changed: () => (shown.view === "messages" ? draw() : drawPages()) });

/** The pages at the foot of the screen, each with what it shows. */
const PAGES = [
  { view: "list", glyph: "☰", key: "tasks" },
  { view: "near", glyph: "◎", key: "nearby" },
  { view: "inspect", glyph: "☑", key: "inspect" },
  { view: "lookup", glyph: "⌕", key: "lookup" },
  { view: "messages", glyph: "✉", key: "messages", count: () => messages.unread },
];

/** What central did not accept stays in sight until it is tapped away. */
let refusals = [];
let said = "";

function notice(text) {
  said = text;
  const box = document.getElementById("notice");
  box.textContent = [...refusals, text].filter(Boolean).join("\n");
  box.hidden = !box.textContent;
}

async function refused(reason, body) {
  refusals.push(word("rejected") + reasonIn(reason));
  notice(said);
  if (body?.type === "SetDuty") await setDuty(!body.on_duty);
  else if (body?.assignment) await setBack(body.assignment);
}

/** Tell what central made of something that was sent: the number of a case it filed. */
function settled(body, numbers) {
  const number = body?.type === "OpenIncident" ? numbers[body.incident] : null;
  if (number) notice(word("filed_as")(number));
}

/** Show a task as central has it, after it did not accept what was done here. */
async function setBack(assignment) {
  try {
    const task = await link.taskAtCentral(assignment);
    tasks.delete(assignment);
    await (task ? shelf.put("tasks", assignment, task) : shelf.drop("tasks", assignment));
    if (task) tasks.set(assignment, task);
    draw();
  } catch (error) {
    console.info("the task could not be looked up:", error.message);
  }
}

function took(task) {
  const known = tasks.get(task.assignment);
  if (known && ORDER.indexOf(known.state) > ORDER.indexOf(task.state)) task = { ...task, state: known.state };
  if (!known && OPEN.has(task.state)) ring();
  if (ENDED.has(task.state)) {
    tasks.delete(task.assignment);
    shelf.drop("tasks", task.assignment);
    TaskMap.forget(task.assignment);
    if (shown.assignment === task.assignment) shown = { view: "list", assignment: null };
  } else {
    tasks.set(task.assignment, task);
  }
  if (shown.view === "list" || (shown.view === "task" && shown.assignment === task.assignment)) draw();
}

function ring() {
  navigator.vibrate?.([200, 100, 200]);
  const context = new AudioContext();
  const tone = context.createOscillator();
  tone.frequency.value = 880;
  tone.connect(context.destination);
  tone.start();
  tone.stop(context.currentTime + 0.35);
  tone.onended = () => context.close();
}

function show(view, assignment = null) {
  shown = { view, assignment };
  scrollTo(0, 0);
  draw();
}

/** Turn to a page by hand: what was said on the one before has been read. */
function turnTo(view) {
  notice("");
  show(view);
}

/** The page that belongs to no task, undefined for the list of tasks. */
function pageView() {
  switch (shown.view) {
    case "near": return nearby.view();
    case "camera": return cameraView(link, camera, { back: () => show("near") });
    case "inspect": return inspectView(link, here,
      { tasks: () => [...tasks.values()], tell: notice, again: () => show("inspect") });
    case "lookup": return lookupView(link);
    case "messages": return messages.view();
    case "raise": return raiseView(link, here, { back: () => show("near"), tell: notice });
    default: return undefined;
  }
}

function viewOfTask(task) {
  const back = () => show(shown.view === "refuse" ? "list" : "task", task.assignment);
  switch (shown.view) {
    case "refuse": return tellView(task, { title: word("refuse"), label: word("why"),
      needed: word("need_why"), photo: false }, { back, send: text => step(task, "refused", text) });
    case "outcome": return tellView(task, { title: word("outcome"), label: word("outcome_text"),
      needed: word("need_text"), photo: true },
    { back, send: (text, shot) => report(task, text, shot), taken: takenFrom });
    case "checklist": return checklistView(link, task, { back, tell: notice });
    case "papers": return papersView(link, task, { back, tell: notice, open: () => show("papers", task.assignment) });
    default: return taskView(task, partsOf(task), { back: () => show("list"), step, refuse, outcome });
  }
}

/** What a task shows below its steps. */
function partsOf(task) {
  const parts = [...taskMap.view(task)];
  if (!OPEN.has(task.state)) {
    parts.push(make("h2", {}, word("evidence")),
      captureView(coordsNow, shot => attach(link, shot, task.incident), { id: "task-" }),
      make("div", { class: "actions" }, ...["checklist", "papers"].map(view => make("button",
        { type: "button", id: `open-${view}`, onclick: () => show(view, task.assignment) }, word(view)))));
  }
  return parts;
}

/** Draw the page, but exchange no button while it is pressed: its click would be lost. */
function draw() {
  whenReleased(drawNow);
}

function drawNow() {
  drawHeader();
  const task = tasks.get(shown.assignment);
  let view;
  if (!link.session) view = logOnView(logOn);
  else if (task && TASK_VIEWS.has(shown.view)) view = viewOfTask(task);
  else view = pageView();
  if (!view) {
    const sorted = [...tasks.values()].sort((a, b) => a.level - b.level || (a.ordered_at < b.ordered_at ? -1 : 1));
    view = listView(sorted, onDuty, { open, duty, logOff });
  }
  main.replaceChildren(view);
  if (view.id === "list" && !onDuty) {
    equipmentView().then(fields => view.querySelector(".actions")?.before(fields));
  }
}

function drawHeader() {
  const pill = document.getElementById("link");
  pill.hidden = !link.session;
  pill.textContent = word(link.isUp ? "online" : "offline");
  pill.className = `pill ${link.isUp ? "good" : "bad"}`;
  const waiting = document.getElementById("unsent");
  waiting.hidden = unsent === 0;
  waiting.textContent = word("unsent")(unsent);
  panic.draw();
  const duty = document.getElementById("duty");
  duty.hidden = !link.session;
  duty.textContent = word(onDuty ? "is_on_duty" : "is_off_duty");
  document.getElementById("who").textContent = link.session ? link.session.name : word("title");
  document.getElementById("language").textContent = word("other");
  drawPages();
}

function drawPages() {
  const bar = document.getElementById("pages");
  bar.hidden = !link.session || !hasBegun;
  bar.setAttribute("aria-label", word("pages"));
  const chosen = PAGES.some(one => one.view === shown.view) ? shown.view : ["raise", "camera"].includes(shown.view) ? "near" : "list";
  for (const one of PAGES) {
    const id = `page-${one.view}`;
    const button = document.getElementById(id)
      ?? bar.appendChild(make("button", { type: "button", id, onclick: () => turnTo(one.view) }));
    const count = one.count?.() ?? 0;
    button.replaceChildren(make("span", { "aria-hidden": "true" }, one.glyph), make("span", {}, word(one.key)),
      ...(count ? [make("span", { class: "count" }, `${count}`)] : []));
    if (one.view === chosen) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
}

/** Log on; returns whether the officer has to choose a PIN of the own first. */
async function logOn(callSign, pin, code, chosen) {
  if (!chosen.isSame) {
    notice(word("pins_differ"));
    return true;
  }
  try {
    await link.logOn(callSign, pin, code, chosen.pin);
  } catch (error) {
    notice(word("wrong") + reasonIn(error.message));
    return [422, 428].includes(error.status);
  }
  notice("");
  await begin();
  return false;
}

async function begin() {
  hasBegun = false;
  try {
    await readKept();
  } finally {
    hasBegun = true;
    show("list");
  }
}

/** Read what the device keeps: tasks, messages, what is unsent, whether this unit is on duty. */
async function readKept() {
  tasks.clear();
  for (const task of await shelf.all("tasks")) tasks.set(task.assignment, task);
  for (const { body } of await link.mine()) { // given, but a restart came before the task was kept
    const task = tasks.get(body?.assignment);
    const state = body?.type === "ReportOutcome" ? "cleared" : body?.state;
    if (ENDED.has(state)) tasks.delete(body.assignment);
    else if (task && state) tasks.set(task.assignment, { ...task, state });
  }
  await messages.load();
  unsent = (await link.mine()).length;
  const others = await link.othersUnsent();
  if (others) notice(word("others_unsent")(others));
  onDuty = (await shelf.get("kept", "on_duty")) ?? false;
  if (onDuty) positions.start();
}

async function logOff() {
  positions.stop();
  await link.logOff();
  await shelf.put("kept", "on_duty", false);
  onDuty = false;
  refusals = [];
  notice("");
  show("log_on");
}

async function duty() {
  const wanted = !onDuty;
  await setDuty(wanted);
  await submitted({ type: "SetDuty", unit: link.session.unit, on_duty: wanted, at: now(),
    ...(wanted ? await equipment() : {}) });
}

async function setDuty(wanted) {
  onDuty = wanted;
  await shelf.put("kept", "on_duty", onDuty);
  if (onDuty) positions.start();
  else positions.stop();
  draw();
}

const now = () => new Date().toISOString();

async function open(assignment) {
  const task = tasks.get(assignment);
  show("task", assignment);
  if (["ordered", "delivered"].includes(task.state)) await step(task, "seen");
}

function refuse(task) {
  show("refuse", task.assignment);
}

function outcome(task) {
  show("outcome", task.assignment);
}

/** Take one step of a task: kept on the device first, then sent. */
async function step(task, state, note = null) {
  await submitted({ type: "MoveAssignment", assignment: task.assignment, state, at: now(), note });
  await keep({ ...task, state });
}

/** Return the recording in an input, hashed; null when it cannot be kept, with the reason said. */
async function takenFrom(input, note) {
  note.textContent = word("hashing");
  try {
    const shot = await captured(input.files[0], coordsNow());
    note.textContent = `SHA-256 ${shot.sha256.slice(0, 16)}…`;
    return shot;
  } catch (error) {
    note.textContent = error.message;
    input.value = "";
    return null;
  }
}

async function report(task, text, shot) {
  const at = now();
  const evidence = shot ? [await attach(link, shot, task.incident)] : [];
  await submitted({ type: "ReportOutcome", assignment: task.assignment, outcome: text, at, evidence });
  await keep({ ...task, state: "cleared" });
}

async function keep(task) {
  if (ENDED.has(task.state)) await shelf.drop("tasks", task.assignment);
  else await shelf.put("tasks", task.assignment, task);
  took(task);
}

async function submitted(body) {
  await link.submit(body);
  notice(link.isUp ? "" : word("saved"));
}

document.getElementById("notice").addEventListener("click", () => { refusals = []; notice(""); });
document.getElementById("language").addEventListener("click", () => { switchLanguage(); draw(); });
if ("serviceWorker" in navigator && isSecureContext) navigator.serviceWorker.register("sw.js");
if (await link.resume()) await begin();
else show("log_on");
document.addEventListener("visibilitychange", () => { if (shown.view === "messages") draw(); });
setInterval(() => { if (shown.view === "list") draw(); }, 30_000);
