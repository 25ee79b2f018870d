// What is near: open cases of one's own district on the map and as a list, the grid, camera points.

import { ask, query } from "./ask.js";
import { StreetMap } from "./map.js";
import { make } from "./views.js";
import { chosen, word } from "./words.js";

export const metresText = metres => (metres < 995 ? `${Math.round(metres / 10) * 10} m`
  : `${(metres / 1000).toFixed(1)} km`);
const inLanguage = (one, name) => (chosen() === "zh" ? one[`${name}_zh`] || one[`${name}_en`]
  : one[`${name}_en`] || one[`${name}_zh`]);

/** The nearby page. */
export class Nearby {
  /**
   * @param {import("./link.js").Link} link asks central
   * @param {() => Promise<object | null>} here where the device is
   * @param {{raise: () => void, camera: (camera: object) => void}} does what its buttons do
   */
  constructor(link, here, does) {
    Object.assign(this, { link, here, does, map: new StreetMap(), found: null });
  }

  /** Return the page, which fills itself. */
  view() {
    this.status = make("p", { class: "quiet-text", role: "status", id: "near-status" }, word("looking"));
    this.list = make("div", { class: "card", id: "near-list" });
    this.map.element.hidden = true;
    this.fill();
    return make("section", { class: "card", id: "near" },
      make("h1", {}, word("nearby")),
      make("div", { class: "actions" },
        make("button", { type: "button", class: "main", id: "raise", onclick: this.does.raise }, word("raise")),
        make("button", { type: "button", id: "near-again", onclick: () => this.fill() }, word("again"))),
      this.status, this.map.element, this.list);
  }

  async fill() {
    const { status } = this;
    const coords = await this.here();
    if (!coords) {
      status.textContent = word("no_place");
      return;
    }
    try {
      const { latitude: lat, longitude: lon } = coords;
      this.found = await ask(this.link, `/v1/handheld/near?${query({ lat, lon })}`);
    } catch (error) {
      status.textContent = this.found ? `${error.message} ${word("as_last_seen")}` : error.message;
      if (!this.found) return;
    }
    if (!status.isConnected) return; // another page is shown by now
    this.draw(coords);
  }

  draw(coords) {
    const { cases, grids, cameras, radius_m: radius } = this.found;
    this.status.textContent = word("near_count")(cases.length, metresText(radius));
    this.map.element.hidden = false;
    this.map.open(coords.latitude, coords.longitude);
    this.map.clear();
    this.map.showOwn(coords);
    for (const one of cases) this.map.showCase(one, `${inLanguage(one, "form")} ${one.place}`, () => this.pick(one));
    for (const one of cameras) this.map.showCamera(one, one.name, () => this.does.camera(one));
    this.map.lookAt([[coords.latitude, coords.longitude], ...cases.slice(0, 8).map(one => [one.lat, one.lon])]);
    this.list.replaceChildren(
      ...(cases.length ? cases.map(one => this.caseView(one)) : [make("p", { class: "empty" }, word("none_near"))]),
      ...grids.map(one => make("div", { class: "fact grid" }, make("span", {}, word("grid")),
        make("span", {}, [one.code, inLanguage(one, "name"), one.holder, one.phone].filter(Boolean).join(" · ")))),
      ...(cameras.length ? [make("h2", {}, word("cameras")), ...cameras.map(one => make("button",
        { type: "button", class: "plain camera", "data-camera": one.id, onclick: () => this.does.camera(one) },
        `◉ ${one.name} · ${metresText(one.metres)}`))] : []));
  }

  caseView(one) {
    return make("button", { class: "task case", type: "button", "data-level": one.level,
      "data-incident": one.incident, "aria-expanded": "false", onclick: () => this.pick(one) },
    make("div", { class: "row" },
      make("span", { class: "level", "data-level": one.level }, word("level")[one.level] ?? ""),
      make("span", { class: "quiet-text" }, metresText(one.metres))),
    make("strong", {}, `${inLanguage(one, "form")} · ${one.place}`),
    make("span", { class: "row quiet-text" }, `${one.number} · ${word("stage")[one.stage] ?? one.stage}`),
    make("span", { class: "more", hidden: true }, one.summary || "—"));
  }

  pick(one) {
    const item = this.list.querySelector(`[data-incident="${one.incident}"]`);
    const more = item.querySelector(".more");
    more.hidden = !more.hidden;
    item.setAttribute("aria-expanded", `${!more.hidden}`);
    if (more.hidden) return;
    this.map.lookAt([[one.lat, one.lon]]);
    item.scrollIntoView({ block: "nearest" });
  }
}
