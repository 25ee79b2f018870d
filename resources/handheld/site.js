// The site's own tables on the device: fetched when there is a network, kept for when there is none.

import { ask } from "./ask.js";
import * as shelf from "./shelf.js";
import { chosen } from "./words.js";

let held = null;

/** Return the rows of the site's tables, the newest that could be had. */
export async function siteItems(link) {
  try {
    held = (await ask(link, "/v1/handheld/site")).items;
    await shelf.put("kept", "site", held);
  } catch (error) {
    console.info("the site's tables as they were kept:", error.message);
    held ??= (await shelf.get("kept", "site")) ?? [];
  }
  return held;
}

/** Return the rows of one table in the order of their codes. */
export const table = (items, catalogue) => items.filter(one => one.catalogue === catalogue)
  .sort((a, b) => a.code.localeCompare(b.code));

/** Return a row's name in the chosen language. */
export const nameOf = item => (chosen() === "zh" ? item.name_zh || item.name_en
  : item.name_en || item.name_zh);

/** Return a detail of a row in the chosen language, "text" for "text_zh" or "text_en". */
export const told = (item, name) => (chosen() === "zh"
  ? item.details[`${name}_zh`] || item.details[`${name}_en`]
  : item.details[`${name}_en`] || item.details[`${name}_zh`]) ?? "";
