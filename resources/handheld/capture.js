// Evidence as it is taken: photo, film, sound; hashed at capture, kept on the device, sent later.

import { sha256Of } from "./sha256.js";
import * as shelf from "./shelf.js";
import { make } from "./views.js";
import { word } from "./words.js";

/** The most of one piece that central takes of an officer. */
const MOST_BYTES = 512 * 1024 * 1024;
const KINDS = { photo: "image/*", video: "video/*", sound: "audio/*" };
const KIND_OF = { image: "photo", video: "video", audio: "sound" };

const sizeText = bytes => (bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB`
  : `${(bytes / 1_000_000).toFixed(1)} MB`);

/** Return why a recording cannot be kept, null if it can. */
async function refusal(blob) {
  if (!blob.size) return word("empty_file");
  if (blob.size > MOST_BYTES) return word("too_large")(sizeText(blob.size), sizeText(MOST_BYTES));
  const { quota, usage } = await navigator.storage.estimate();
  const free = quota - usage;
  return blob.size * 1.1 > free ? word("no_room")(sizeText(blob.size), sizeText(free)) : null;
}

/**
 * Return a recording with its hash, time and place, as it was taken.
 * @throws an Error whose message says why it cannot be kept
 */
export async function captured(blob, coords) {
  const at = new Date().toISOString();
  const why = await refusal(blob);
  if (why) throw new Error(why);
  let sha256;
  try {
    sha256 = await sha256Of(blob);
  } catch (error) {
    throw new Error(`${word("unreadable")} (${error.message})`);
  }
  return { blob, sha256, at, size: blob.size, kind: KIND_OF[blob.type.split("/")[0]] ?? "photo",
    lat: coords?.latitude ?? null, lon: coords?.longitude ?? null };
}

/**
 * Keep a recording on the device and send it: its bytes, then its name.
 * @returns the id of the evidence
 */
export async function attach(link, shot, incident) {
  await navigator.storage.persist?.();
  const id = shelf.newId();
  let recording;
  try {
    recording = await link.submitBytes(shot.blob, shot.sha256);
  } catch (error) {
    throw new Error(word("no_room")(sizeText(shot.size), `? (${error.name})`));
  }
  await link.submit({ type: "AttachEvidence", evidence: {
    id, incident, kind: shot.kind, media_type: shot.blob.type || "image/jpeg", sha256: shot.sha256,
    size: shot.size, captured_at: shot.at, unit: link.session.unit, lat: shot.lat, lon: shot.lon,
  } }, { recording });
  return id;
}

/** Buttons for photo, film and sound; `took` gets each recording as it is taken. */
export function captureView(here, took, { id = "", kinds = Object.keys(KINDS) } = {}) {
  const note = make("p", { class: "quiet-text shots", role: "status" });
  const taking = async input => {
    const [blob] = input.files;
    if (!blob) return;
    note.textContent = word("hashing");
    try {
      const shot = await captured(blob, here());
      await took(shot);
      note.textContent = word("shot")(sizeText(shot.size), shot.sha256.slice(0, 12));
    } catch (error) {
      note.textContent = error.message;
    }
    input.value = "";
  };
  const inputs = kinds.map(kind => make("label", { class: "button shot" }, word(`take_${kind}`),
    make("input", { type: "file", accept: KINDS[kind], capture: kind === "sound" ? true : "environment",
      id: `${id}take-${kind}`, onchange: event => taking(event.target) })));
  return make("div", { class: "capture" }, make("div", { class: "shots-row" }, ...inputs), note);
}
