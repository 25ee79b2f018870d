// Questions to central: an answer, or an Error whose message is central's sentence.

import { reasonIn, word } from "./words.js";

/**
 * Ask central something.
 * @param {import("./link.js").Link} link who asks
 * @param {string} path address, query included
 * @param {object} [init] as of fetch
 */
export async function ask(link, path, init = {}) {
  if (!link.session) throw new Error(word("log_on_first"));
  let answer;
  try {
    answer = await fetch(path, { ...init, headers: { ...link.headers(), ...init.headers } });
  } catch (error) {
    console.info(path, error.message);
    throw new Error(word("no_network"));
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(reasonIn(said.error ?? `${answer.status}`));
  return said;
}

/** Return the words of a query, empty ones left out. */
export function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== "");
  return new URLSearchParams(given).toString();
}
