// Who is logged on: asked of central with a password, renewed every few minutes, kept on the device.

import * as shelf from "./shelf.js";

/** Part of a token's time after which it is renewed. */
const RENEWED_AFTER = 0.6;

/** Return what this device proves to be itself with, made once. */
async function secretOfDevice() {
  let secret = await shelf.get("kept", "device_secret");
  if (!secret) {
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    secret = [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");
    await shelf.put("kept", "device_secret", secret);
  }
  return secret;
}

async function ask(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  const error = new Error(said.error ?? `${answer.status}`);
  error.status = answer.status;
  throw error;
}

function sessionIn(said) {
  return {
    token: said.token, refresh: said.refresh, unit: said.person.unit,
    unitNo: said.person.unit_no ?? null, name: said.person.name,
    // Not the device's clock, which may be set: a page that starts anew renews at once.
    staleAt: performance.now() + said.lasts_s * 1000 * RENEWED_AFTER,
  };
}

/** Log on, with a PIN of the own from now on if one was chosen; throws an Error with central's sentence. */
export async function logOn(name, password, device, code, newPin = "") {
  const secret = await secretOfDevice();
  const label = navigator.userAgent.slice(0, 80);
  return sessionIn(await ask("/v1/session", {
    name, password, device: { id: device, kind: "handheld", label, secret, code }, new_pin: newPin,
  }));
}

/** Return the session renewed if it is time, or as it is; null when it has ended. */
export async function renewed(session) {
  if (performance.now() < (session.staleAt ?? 0)) return session;
  if (!session.refresh) return null;
  try {
    return sessionIn(await ask("/v1/session/refresh", { refresh: session.refresh }));
  } catch (error) {
    console.info("session not renewed:", error.message);
    return error.status === 401 ? null : session;
  }
}

/** Log off; without a line the session ends by itself. */
export async function logOff(session) {
  await fetch("/v1/session", {
    method: "DELETE", headers: { "Authorization": `Bearer ${session.token}` },
  }).catch(error => console.info("logged off without central:", error.message));
}
