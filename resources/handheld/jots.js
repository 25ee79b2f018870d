// What was given this very moment: IndexedDB has it only some milliseconds later, and a page that is
// loaded anew or put to an end in between takes a write under way with it. A jot is there at once.

const PREFIX = "jot:";

/** Keep a command at once, until the outbox has it. */
export function jot(item) {
  try {
    localStorage.setItem(PREFIX + item.id, JSON.stringify(item));
  } catch (error) {
    console.info("no room for a jot; the outbox alone keeps it:", error.message);
  }
}

/** Forget a command that the outbox has, or whose loss was told. */
export const forget = id => localStorage.removeItem(PREFIX + id);

/** Return what an earlier page did not get into its outbox, in the order in which it was given. */
export function jotted() {
  const keys = Object.keys(localStorage).filter(key => key.startsWith(PREFIX));
  return keys.sort().flatMap(key => read(key) ?? []);
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch (error) {
    console.info("a jot that was cut short is left out:", error.message);
    localStorage.removeItem(key);
    return null;
  }
}
