// Live pictures of a camera point: pieces of fragmented MP4 from central, fed to the browser as they come.

import { word } from "./words.js";

/** Seconds behind the newest picture after which the player jumps to it, and what it keeps behind it. */
const BEHIND_S = 2.5;
const KEPT_S = 10;
/** No piece for so long: the film is over. */
const SILENT_MS = 8_000;

/** Whether this browser can be fed pictures as they come. */
export const canPlay = () => Boolean(globalThis.ManagedMediaSource ?? globalThis.MediaSource);

/**
 * Play a point's live pictures until the signal ends them; resolves when they are over.
 * Throws an Error with central's sentence where there are none, or the page's where the browser cannot play them.
 * @param {HTMLVideoElement} video where
 * @param {string} path central's address of the film
 * @param {{headers: object, signal: AbortSignal, playing: () => void}} how
 */
export async function play(video, path, { headers, signal, playing }) {
  const ending = new AbortController();
  const either = AbortSignal.any([signal, ending.signal]);
  const answer = await fetch(path, { headers, signal: either });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? word("film_broke"));
  const type = answer.headers.get("Content-Type");
  const Source = globalThis.ManagedMediaSource ?? globalThis.MediaSource;
  if (!Source.isTypeSupported(type)) {
    ending.abort();
    throw new Error(`This browser does not play ${type}.`);
  }
  const source = new Source();
  const address = URL.createObjectURL(source);
  video.disableRemotePlayback = true;
  video.src = address;
  try {
    await happens(source, "sourceopen", either);
    const buffer = source.addSourceBuffer(type);
    await fed(answer.body.getReader(), buffer, video, either, playing);
  } catch (error) {
    const trouble = video.error ?? (error instanceof DOMException ? error : null);
    throw signal.aborted || !trouble ? error : unplayable(trouble);
  } finally {
    ending.abort();
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(address);
  }
}

/** Feed a buffer until the film is over. */
async function fed(reader, buffer, video, signal, playing) {
  let isFirst = true;
  for (;;) {
    const { done, value } = await within(reader.read(), SILENT_MS);
    if (done || signal.aborted) return;
    buffer.appendBuffer(value);
    await happens(buffer, "updateend", signal);
    if (video.error) throw video.error;
    if (!buffer.buffered.length) continue;
    await keepUp(buffer, video, signal);
    if (!isFirst) continue;
    isFirst = false;
    await video.play().catch(error => console.info("not played by itself:", error.message));
    playing();
  }
}

/** What an officer is told when the browser gives a film up; what it says itself is for its console. */
function unplayable(trouble) {
  console.info("the browser cannot play the film:", trouble.message);
  return new Error(word("film_unplayable"), { cause: trouble });
}

/** Stay near the newest picture, and let go of the oldest. */
async function keepUp(buffer, video, signal) {
  const [begin, end] = [buffer.buffered.start(0), buffer.buffered.end(buffer.buffered.length - 1)];
  if (video.currentTime < begin || end - video.currentTime > BEHIND_S) video.currentTime = Math.max(begin, end - 0.3);
  if (video.currentTime - begin < 2 * KEPT_S) return;
  buffer.remove(begin, video.currentTime - KEPT_S);
  await happens(buffer, "updateend", signal);
}

/** Resolve with an event, reject when it is over before. */
function happens(target, name, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const over = () => reject(signal.reason);
    signal.addEventListener("abort", over, { once: true });
    target.addEventListener(name, () => {
      signal.removeEventListener("abort", over);
      resolve();
    }, { once: true });
  });
}

/** What a promise gives, unless it takes too long. */
function within(promise, ms) {
  let timer = null;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(word("film_silent"))), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
