// The panic button, the answer to a roll call, and the equipment of a duty report.

import * as shelf from "./shelf.js";
import { make } from "./views.js";
import { word } from "./words.js";

/** Two taps within this time call for help; one alone may be a slip. */
const TWICE_MS = 4_000;
const EQUIPMENT = ["vehicle", "radio", "handheld", "body_camera", "post"];

/** The button in the header: two taps send, with the last position there is. */
export class Panic {
  /**
   * @param {(body: object) => Promise<void>} submit keeps a command and sends it
   * @param {() => (string | null)} unit who is logged on
   * @param {() => ({latitude: number, longitude: number} | null)} place where the device is
   * @param {(text: string) => void} tell says what became of it
   */
  constructor(submit, unit, place, tell) {
    Object.assign(this, { submit, unit, place, tell, armedAt: 0 });
    this.button = document.getElementById("panic");
    this.button.addEventListener("click", () => this.tapped());
  }

  draw() {
    this.button.hidden = !this.unit();
    this.button.textContent = word("panic");
    this.button.setAttribute("aria-label", word("panic_label"));
  }

  async tapped() {
    if (Date.now() - this.armedAt > TWICE_MS) {
      this.armedAt = Date.now();
      this.tell(word("panic_again"));
      return;
    }
    this.armedAt = 0;
    const at = this.place();
    const where = at ? { lat: at.latitude, lon: at.longitude } : {};
    await this.submit({ type: "PressPanic", unit: this.unit(), at: new Date().toISOString(), ...where });
    navigator.vibrate?.([400, 100, 400]);
    this.tell(word("panic_sent"));
  }
}

/** What was entered last about the equipment, without what is empty. */
export async function equipment() {
  const kept = (await shelf.get("kept", "equipment")) ?? {};
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value));
}

let fieldsShown = null;

/** The fields for vehicle, radio, body camera and post; made once, so that what is typed stays. */
export async function equipmentView() {
  if (fieldsShown !== null) return fieldsShown;
  const kept = (await shelf.get("kept", "equipment")) ?? {};
  const fields = EQUIPMENT.map(name => make("label", {}, word(name), make("input", {
    id: `equipment-${name}`, value: kept[name] ?? "", autocomplete: "off", maxlength: 80,
    oninput: async event => {
      kept[name] = event.target.value.trim();
      await shelf.put("kept", "equipment", { ...kept });
    },
  })));
  fieldsShown ??= make("details", { id: "equipment" }, make("summary", {}, word("equipment")), ...fields);
  return fieldsShown;
}
