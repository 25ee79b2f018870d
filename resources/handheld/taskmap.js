// A task on the map: where it is, where one is, the way by road with its minutes.

import { ask, query } from "./ask.js";
import { StreetMap } from "./map.js";
import { metresText } from "./nearby.js";
import * as shelf from "./shelf.js";
import { make } from "./views.js";
import { word } from "./words.js";

/** The map of the task that is shown. */
export class TaskMap {
  /**
   * @param {import("./link.js").Link} link asks central
   * @param {() => Promise<object | null>} here where the device is
   */
  constructor(link, here) {
    Object.assign(this, { link, here, map: new StreetMap(), shown: null });
    this.line = make("p", { class: "quiet-text", id: "way", role: "status" });
  }

  /** Return what a task shows of its place; nothing for a task nobody knows the place of. */
  view(task) {
    if (task.lat === null || task.lat === undefined) return [];
    const place = `${task.lat},${task.lon}`;
    if (this.shown !== task.assignment + place) {
      this.shown = task.assignment + place;
      this.line.textContent = word("looking");
      this.fill(task, this.shown);
    } else {
      queueMicrotask(() => this.map.open(task.lat, task.lon));
    }
    return [this.map.element, this.line];
  }

  async fill(task, shown) {
    await Promise.resolve(); // the element is in the page by then
    this.map.open(task.lat, task.lon);
    this.map.clear();
    this.map.lookAt([[task.lat, task.lon]]);
    this.map.showCase(task, task.place, null);
    const coords = await this.here();
    if (this.shown !== shown) return;
    if (coords) this.map.showOwn(coords);
    await this.draw(task, coords, shown);
  }

  async draw(task, coords, shown) {
    const key = `way:${task.assignment}`;
    let way = null;
    let sentence = coords ? "" : word("no_place");
    if (coords) {
      const { latitude: lat, longitude: lon } = coords;
      try {
        way = await ask(this.link, `/v1/handheld/route?${query({ assignment: task.assignment, lat, lon })}`);
        await shelf.put("kept", key, way);
      } catch (error) {
        sentence = error.message;
      }
    }
    const kept = way ? "" : word("way_kept");
    way ??= (await shelf.get("kept", key)) ?? null;
    if (this.shown !== shown) return;
    if (way) this.map.showWay(way.points);
    this.line.textContent = way ? word("way_is")(Math.max(1, Math.round(way.seconds / 60)),
      metresText(way.metres), word("modes")[way.mode]) + kept : sentence;
  }

  /** Let go of what was kept for a task that is over. */
  static async forget(assignment) {
    await shelf.drop("kept", `way:${assignment}`);
  }
}
