// The line to central: session, stream, and an outbox that survives restarts and sends once.

import * as jots from "./jots.js";
import * as sessions from "./session.js";
import * as shelf from "./shelf.js";

const PROTOCOL = 1;
const SCHEMA = 1;
/** What is larger goes in parts of this size; central answers 409 to say where to go on. */
const PART_BYTES = 2 * 1024 * 1024;
const LARGE_BYTES = 32 * 1024 * 1024;
const LARGE_PART_BYTES = 8 * 1024 * 1024;
const ELSEWHERE = 409;
const BEAT_MS = 2_000;
const MISSED_BEATS = 3;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** Answers after which the same bytes may be taken later: not logged on, too slow, too many. */
const LATER = new Set([401, 408, 429]);
/** Central has lost bytes since it took them; it keeps no such answer. */
const BYTES_MISSING = "bytes_missing";
/** A central that loses the same bytes so often has a trouble that sending them does not mend. */
const MOST_TIMES_AGAIN = 3;
const FINAL = new Set(["accepted", "duplicate", "conflict", "rejected"]);

/** The line to central for one device. */
export class Link {
  /** @param {{task, message, status, refused, settled, outbox, ended}} told callbacks, see app.js */
  constructor(told) {
    this.told = told;
    this.session = null;
    this.socket = null;
    this.isUp = false;
    this.pause = FIRST_PAUSE_MS;
    this.waiting = new Map();
    /** How far central has what goes in parts, by outbox id. */
    this.begun = new Map();
    this.sending = null;
    this.seq = 0;
    addEventListener("online", () => this.connect());
    setInterval(() => this.watch(), BEAT_MS);
  }

  /** Take up the session of an earlier run; returns whether there is one. */
  async resume() {
    this.session = (await shelf.get("kept", "session")) ?? null;
    if (this.session) this.session.staleAt = 0; // of another page's clock
    this.device = (await shelf.get("kept", "device")) ?? shelf.newId();
    await shelf.put("kept", "device", this.device);
    await this.takeJots();
    for (const item of await shelf.all("outbox")) shelf.sortBehind(item.id);
    await shelf.tidyBytes();
    if (this.session) this.connect();
    return this.session !== null;
  }

  /** Log on; throws an Error whose message is central's sentence. */
  async logOn(callSign, pin, code, newPin) {
    const session = await sessions.logOn(callSign, pin, this.device, code, newPin);
    const kept = await shelf.get("kept", "owner");
    if (kept !== undefined && kept !== session.unit) {
      await shelf.clear("tasks"); // central tells them again; what is in the outbox it cannot
    }
    this.session = session;
    await shelf.put("kept", "session", this.session);
    await shelf.put("kept", "owner", this.session.unit);
    this.connect();
  }

  /** Log off; what is in the outbox stays for the next log-on of the same unit. */
  async logOff() {
    const session = this.session;
    this.session = null;
    await shelf.drop("kept", "session");
    this.socket?.close();
    if (session) await sessions.logOff(session);
  }

  /** Renew the session when it is time; one that has ended leads back to the log-on. */
  async renew() {
    const before = this.session;
    if (!before) return;
    this.renewing ??= sessions.renewed(before).finally(() => { this.renewing = null; });
    const after = await this.renewing;
    if (this.session !== before || after === before) return;
    if (after) {
      this.session = after;
      await shelf.put("kept", "session", after);
    } else {
      await this.over("Your session has ended; log on again.");
    }
  }

  async over(reason) {
    this.session = null;
    this.socket?.close();
    await shelf.drop("kept", "session");
    this.told.ended(reason);
  }

  /**
   * Keep a command until central has answered it; it is on the device when this resolves.
   * @param {object} [recording] what `submitBytes` gave for the bytes that the command names
   */
  async submit(body, { id = shelf.newId(), recording } = {}) {
    const { unit } = this.session;
    const item = { id, unit, body, recording, madeAt: new Date().toISOString() };
    jots.jot(item);
    try {
      await shelf.put("outbox", id, item);
    } finally {
      jots.forget(id); // kept, or about to be said not to be
    }
    this.told.outbox((await this.mine()).length);
    this.flush();
  }

  /** Put into the outbox what an earlier page had no time for; central knows by its id what comes twice. */
  async takeJots() {
    for (const item of jots.jotted()) {
      try {
        await shelf.put("outbox", item.id, item);
        jots.forget(item.id);
      } catch (error) {
        console.info("a command stays a jot until the next start:", error.message);
      }
    }
  }

  /** What this unit has not sent; what another left on this device waits for its log-on. */
  async mine() {
    const items = await shelf.all("outbox");
    return items.filter(item => item.unit === this.session?.unit);
  }

  /** How much another unit has left on this device. */
  async othersUnsent() {
    return (await shelf.all("outbox")).length - (await this.mine()).length;
  }

  /** Return a task as central has it, undefined when it is none any more. */
  async taskAtCentral(assignment) {
    const answer = await fetch("/v1/handheld/tasks", {
      headers: { "Authorization": `Bearer ${this.session.token}` },
    });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return (await answer.json()).tasks.find(task => task.assignment === assignment);
  }

  /**
   * Keep bytes until central has answered the command that names them; they are on the device when
   * this resolves.
   * @returns what is in the outbox for them, for that command
   */
  async submitBytes(blob, sha256) {
    const id = shelf.newId();
    const { unit } = this.session;
    const recording = { id, unit, sha256, type: blob.type || "application/octet-stream" };
    await shelf.put("bytes", id, blob);
    await shelf.put("outbox", id, recording);
    this.told.outbox((await this.mine()).length);
    return recording;
  }

  /** Open the stream; does nothing while one is open or opening. */
  async connect() {
    await this.renew();
    if (!this.session || (this.socket && this.socket.readyState <= WebSocket.OPEN)) return;
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/handheld/stream`);
    this.socket = socket;
    socket.onopen = () => {
      this.heardAt = Date.now();
      this.post(["hello", PROTOCOL, this.session.token, this.device, null, {}, SCHEMA,
        [this.session.unit]]);
    };
    socket.onmessage = event => this.heard(JSON.parse(event.data));
    socket.onclose = () => this.lost(socket);
  }

  post(message) {
    this.socket.send(JSON.stringify(message));
  }

  heard(message) {
    this.heardAt = Date.now();
    const [kind] = message;
    if (kind === "welcome") {
      this.isUp = true;
      this.pause = FIRST_PAUSE_MS;
      this.told.status();
      this.flush();
    } else if (kind === "deliver") {
      this.delivered(message[1], message[3]);
    } else if (kind === "tell") {
      this.told.message(message[3]);
    } else if (kind === "result") {
      this.waiting.get(message[1])?.({ verdict: message[2], reason: message[5] ?? null,
        numbers: message[7] ?? {}, cause: message[8] ?? null });
    } else if (kind === "refused") {
      this.over(message[1]);
    }
  }

  /** Keep a task before its receipt goes out: what is acknowledged survives a restart. */
  async delivered(commandId, task) {
    const isOver = await this.isEndedHere(task.assignment);
    if (!isOver) await shelf.put("tasks", task.assignment, task);
    const state = task.state === "ordered" ? "delivered" : task.state;
    if (this.isUp) {
      this.post(["ack", commandId, task.unit, task.assignment, state, new Date().toISOString(),
        null]);
    }
    if (!isOver) this.told.task(task);
  }

  /** Whether what ends a task is still on its way: central's older word does not bring it back. */
  async isEndedHere(assignment) {
    const items = await this.mine();
    return items.some(({ body }) => body?.assignment === assignment &&
      (body.type === "ReportOutcome" || body.state === "refused"));
  }

  lost(socket) {
    if (socket !== this.socket) return;
    this.socket = null;
    this.isUp = false;
    for (const settle of this.waiting.values()) settle(null);
    this.begun.clear();
    this.told.status();
    if (!this.session) return;
    const pause = this.pause * (0.75 + Math.random() / 2);
    this.pause = Math.min(LONGEST_PAUSE_MS, this.pause * 2);
    setTimeout(() => this.connect(), pause);
  }

  watch() {
    this.renew();
    if (!this.isUp) return;
    if (Date.now() - this.heardAt > BEAT_MS * MISSED_BEATS) {
      const socket = this.socket;
      socket.close();
      this.lost(socket); // a browser waits long for a farewell that cannot come
    } else {
      this.post(["beat", Date.now(), {}]);
      this.flush();
    }
  }

  /** Send what is in the outbox until it is empty or the line breaks. */
  async flush() {
    if (this.sending) return this.sending;
    this.sending = this.sendAll().finally(() => { this.sending = null; });
    return this.sending;
  }

  async sendAll() {
    for (;;) {
      const items = await this.mine();
      this.told.outbox(items.length);
      if (!items.length || !this.isUp) return;
      const item = nextOf(items);
      const settled = item.sha256 ? await this.sendBytes(item) : await this.sendCommand(item);
      if (settled === null) continue; // a part of many; what is more urgent goes between
      if (!settled) return;
      await shelf.drop("outbox", item.id);
      if (item.recording) await shelf.drop("bytes", item.recording.id);
    }
  }

  /** Returns whether the item is settled, for good or for bad; null when its bytes go once more. */
  async sendCommand(item) {
    this.seq += 1;
    const settled = new Promise(settle => this.waiting.set(item.id, settle));
    this.post(["command", item.id, this.device, this.seq, item.madeAt, item.body]);
    const result = await settled;
    this.waiting.delete(item.id);
    if (!result || !FINAL.has(result.verdict)) return false;
    if (result.cause === BYTES_MISSING && await this.bytesAgain(item)) return null;
    if (result.verdict === "rejected" || result.verdict === "conflict") {
      this.told.refused(result.reason ?? result.verdict, item.body);
    } else {
      this.told.settled(item.body, result.numbers);
    }
    return true;
  }

  /** Put the bytes that a command names before it once more; returns whether that was done. */
  async bytesAgain({ again = 0, ...item }) {
    const { recording } = item;
    if (!recording || again >= MOST_TIMES_AGAIN || !await shelf.get("bytes", recording.id)) return false;
    await shelf.put("outbox", item.id, { ...item, again: again + 1 });
    await shelf.put("outbox", recording.id, recording);
    return true;
  }

  /** Let bytes go that central will never take, and say so. */
  async refuseBytes({ id }, reason) {
    await shelf.drop("bytes", id);
    this.told.refused(reason, null);
    return true;
  }

  headers() {
    return { "Authorization": `Bearer ${this.session.token}` };
  }

  sendWhole({ sha256, type }, blob) {
    return fetch(`/v1/evidence/${sha256}`, {
      method: "PUT", headers: { ...this.headers(), "Content-Type": type }, body: blob,
    });
  }

  /** Send the next part of what is large, from where central has it; returns its answer. */
  async sendPart({ id, sha256 }, blob) {
    const address = `/v1/evidence/${sha256}`;
    const begun = this.begun.get(id);
    if (begun === undefined) return fetch(`${address}/upload`, { headers: this.headers() });
    return fetch(address, {
      method: "PATCH",
      headers: { ...this.headers(), "Upload-Offset": `${begun}`, "Upload-Length": `${blob.size}` },
      body: blob.slice(begun, begun + (blob.size > LARGE_BYTES ? LARGE_PART_BYTES : PART_BYTES)),
    });
  }

  /** Returns whether the bytes are settled, for good or for bad; null when more parts follow. */
  async sendBytes(item) {
    const blob = item.bytes ? new Blob([item.bytes]) : await shelf.get("bytes", item.id);
    if (!blob) {
      return this.refuseBytes(item, "This recording is no longer on this device; take it again.");
    }
    try {
      const isLarge = blob.size > PART_BYTES;
      const answer = isLarge ? await this.sendPart(item, blob) : await this.sendWhole(item, blob);
      const said = await answer.json().catch(() => ({}));
      if (isLarge && (answer.ok || answer.status === ELSEWHERE)) {
        this.begun.set(item.id, said.offset);
        if (said.complete) this.begun.delete(item.id);
        return said.complete ? true : null;
      }
      if (answer.ok) return true;
      if (answer.status >= 500 || LATER.has(answer.status)) return false;
      return await this.refuseBytes(item, said.error ?? `${answer.status}`);
    } catch (error) {
      console.info("recording not sent yet:", error.message);
      return false;
    }
  }
}

/** Commands go before bytes, but none before what it speaks of: its evidence, that one's bytes. */
function nextOf(items) {
  const hashes = new Set(items.filter(one => one.sha256).map(one => one.sha256));
  const named = new Set(items.flatMap(({ body }) => body?.evidence?.id ?? []));
  const waits = body => hashes.has(body.evidence?.sha256) ||
    (Array.isArray(body.evidence) && body.evidence.some(one => named.has(one)));
  const outcome = items.findIndex(one => one.body?.type === "ReportOutcome" && waits(one.body));
  const isFree = (body, at) => !waits(body) && (body.type !== "SetDuty" || outcome < 0 || at < outcome);
  const ready = items.filter((one, at) => one.body && isFree(one.body, at));
  return ready.find(one => one.body.type === "PressPanic") ?? ready[0] ?? items.find(one => one.sha256) ??
    items[0];
}
