// SHA-256 (FIPS 180-4) over a file in pieces: a film of hundreds of megabytes never lies in memory.

const PIECE = 4 * 1024 * 1024;
const WORDS = 64;
/** What is smaller the browser hashes as a whole, which is faster. */
const WHOLE_BYTES = 32 * 1024 * 1024;

function primes(count) {
  const found = [];
  for (let n = 2; found.length < count; n += 1) if (found.every(one => n % one)) found.push(n);
  return found;
}

/** First 32 bits of what comes after the point of a number. */
const fraction = value => ((value - Math.floor(value)) * 2 ** 32) | 0;
const ROUND = Int32Array.from(primes(WORDS), one => fraction(Math.cbrt(one)));
const START = Int32Array.from(primes(8), one => fraction(Math.sqrt(one)));

function takeBlock(state, schedule, view, at) {
  for (let i = 0; i < 16; i += 1) schedule[i] = view.getInt32(at + 4 * i);
  for (let i = 16; i < WORDS; i += 1) {
    const a = schedule[i - 15];
    const b = schedule[i - 2];
    const low = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
    const high = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
    schedule[i] = (schedule[i - 16] + low + schedule[i - 7] + high) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < WORDS; i += 1) {
    const one = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (h + one + ((e & f) ^ (~e & g)) + ROUND[i] + schedule[i]) | 0;
    const two = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (two + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + first) | 0;
    d = c; c = b; b = a; a = (first + second) | 0;
  }
  const after = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i += 1) state[i] = (state[i] + after[i]) | 0;
}

/** The last bytes of a message with its padding: a one bit, zeros, the length in bits. */
function padded(rest, size) {
  const tail = new Uint8Array(rest.length < 56 ? 64 : 128);
  tail.set(rest);
  tail[rest.length] = 0x80;
  const view = new DataView(tail.buffer);
  view.setUint32(tail.length - 8, Math.floor((size * 8) / 2 ** 32));
  view.setUint32(tail.length - 4, (size * 8) % 2 ** 32);
  return tail;
}

/**
 * Return the SHA-256 of a blob in 64 small hexadecimal digits.
 * @param {Blob} blob read once, a few megabytes at a time where it is large
 */
export async function sha256Of(blob) {
  if (blob.size <= WHOLE_BYTES && globalThis.crypto?.subtle) {
    const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
    return [...new Uint8Array(digest)].map(byte => byte.toString(16).padStart(2, "0")).join("");
  }
  const state = START.slice();
  const schedule = new Int32Array(WORDS);
  let at = 0;
  while (blob.size - at >= 64) {
    const end = at + Math.min(PIECE, (blob.size - at) & ~63 || PIECE);
    const piece = new DataView(await blob.slice(at, end).arrayBuffer());
    for (let block = 0; block < piece.byteLength; block += 64) takeBlock(state, schedule, piece, block);
    at = end;
  }
  const rest = padded(new Uint8Array(await blob.slice(at).arrayBuffer()), blob.size);
  const view = new DataView(rest.buffer);
  for (let block = 0; block < rest.length; block += 64) takeBlock(state, schedule, view, block);
  return [...state].map(word => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
