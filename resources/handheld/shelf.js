// What the handheld keeps across restarts, in IndexedDB: session, tasks, outbox, and the bytes that
// are still to be sent.

const NAME = "zhihui-handheld";
const VERSION = 3;
const STORES = ["kept", "tasks", "outbox", "bytes", "messages"];

/** Bytes that were kept so lately may be another page's, about to be named. */
const SPARE_BYTES_MS = 3_600_000;

let opening = null;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const store of STORES) {
        if (!request.result.objectStoreNames.contains(store)) request.result.createObjectStore(store);
      }
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function inStore(store, mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode, { durability: "strict" });
    const request = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Keep a value; resolves once it is on disk. */
export const put = (store, key, value) => inStore(store, "readwrite", s => s.put(value, key));

/** Return a kept value, undefined when there is none. */
export const get = (store, key) => inStore(store, "readonly", s => s.get(key));

/** Forget a value. */
export const drop = (store, key) => inStore(store, "readwrite", s => s.delete(key));

/** Return all values of a store in the order of their keys. */
export const all = store => inStore(store, "readonly", s => s.getAll());

/** Return the keys of a store, in order. */
export const keys = store => inStore(store, "readonly", s => s.getAllKeys());

/** Forget everything in a store. */
export const clear = store => inStore(store, "readwrite", s => s.clear());

let lastMs = 0;

/** Have the ids that are made from now on sort behind this one, whatever the clock says. */
export function sortBehind(id) {
  lastMs = Math.max(lastMs, madeMs(id));
}

/** When an id was made, in ms since 1970. */
const madeMs = id => parseInt(id.slice(0, 12), 16);

/** Forget bytes that nothing in the outbox speaks of any more, but for what was taken just now. */
export async function tidyBytes() {
  const spoken = new Set((await all("outbox")).flatMap(one => [one.id, one.recording?.id]));
  const old = id => Date.now() - madeMs(id) > SPARE_BYTES_MS;
  for (const id of await keys("bytes")) if (!spoken.has(id) && old(id)) await drop("bytes", id);
}

/** Return a new UUID version 7 (RFC 9562) as 32 hexadecimal digits: later ids sort later. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  lastMs = Math.max(lastMs + 1, Date.now());
  let time = lastMs;
  for (let at = 5; at >= 0; at -= 1) {
    bytes[at] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");
}
