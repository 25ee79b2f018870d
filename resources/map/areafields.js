// What an area is, asked in a form: fields that its kind has no use for are not shown.
"use strict";

const AREA_KINDS = ["fence", "closure", "cordon", "event", "post"];
/** Which kinds a field is for; the others are for all. */
const FIELD_KINDS = {
  plan: ["post", "closure", "cordon"], need: ["post"], units: ["fence", "post"],
  enter: ["fence", "event", "post"], leave: ["fence", "event", "post"],
  dwell: ["fence", "event", "post"], absence: ["fence", "post"], response: ["fence", "event", "post"],
};
const MINUTE_MS = 60000;

class AreaFields {
  /** Builds the fields into `form`, filled with what `area` is. */
  constructor(form, words, areas, area) {
    this.rows = {};
    this.area = area;
    this.name = this.field(form, "name", words.area_name, "text", area.name);
    const kinds = AREA_KINDS.map((one) => [one, words[`area_${one}`]]);
    this.kind = this.choice(form, "kind", words.area_kind, kinds, area.kind);
    const events = areas.filter(({ kind }) => kind === "event").map(({ id, name }) => [id, name]);
    this.plan = this.choice(form, "plan", words.area_plan, [["", "—"], ...events], area.plan ?? "");
    this.starts = this.field(form, "starts", words.area_starts, "datetime-local", local(area.starts_ms));
    this.ends = this.field(form, "ends", words.area_ends, "datetime-local", local(area.ends_ms));
    this.need = this.field(form, "need", words.area_need, "number", area.need || "");
    this.units = this.field(form, "units", words.area_units, "text", area.units);
    this.enter = this.field(form, "enter", words.rule_enter, "checkbox", area.rules.includes("enter"));
    this.leave = this.field(form, "leave", words.rule_leave, "checkbox", area.rules.includes("leave"));
    this.dwell = this.field(form, "dwell", words.area_dwell, "number", minutes(area, "dwell"));
    this.absence = this.field(form, "absence", words.area_absence, "number", minutes(area, "absence"));
    this.response = this.field(form, "response", words.area_response, "text", area.response ?? "");
    this.kind.onchange = () => this.sort();
    this.sort();
  }

  sort() {
    for (const [name, kinds] of Object.entries(FIELD_KINDS)) {
      this.rows[name].hidden = !kinds.includes(this.kind.value);
    }
  }

  field(form, key, word, kind, value) {
    const row = make("label", "area-field", form);
    make("span", "grow", row, word);
    const input = make("input", kind === "datetime-local" ? "wide" : "", row);
    input.type = kind;
    if (kind === "number") {
      input.min = 0;
      input.step = "any";
    }
    if (kind === "checkbox") input.checked = value;
    else input.value = value;
    this.rows[key] = row;
    return input;
  }

  choice(form, key, word, options, value) {
    const row = make("label", "area-field", form);
    make("span", "grow", row, word);
    const select = make("select", "", row);
    for (const [one, text] of options) make("option", "", select, text).value = one;
    select.value = value;
    this.rows[key] = row;
    return select;
  }

  used(key) {
    return !this.rows[key].hidden;
  }

  /** What was filled in, as Python takes it; hidden fields are empty. */
  value() {
    const is = (key) => this.used(key) && this[key].checked;
    const number = (key) => (this.used(key) ? Number(this[key].value) : 0);
    const rules = [is("enter") && "enter", is("leave") && "leave",
      number("dwell") > 0 && "dwell", number("absence") > 0 && "absence"].filter(Boolean);
    return { name: this.name.value.trim(), kind: this.kind.value, rules,
      dwell_s: 60 * number("dwell"), absence_s: 60 * number("absence"), need: number("need"),
      plan: this.used("plan") ? this.plan.value : "", starts_ms: millis(this.starts.value),
      ends_ms: millis(this.ends.value), units: this.used("units") ? this.units.value : "",
      response: this.used("response") ? this.response.value.trim() : "" };
  }
}

function minutes(area, rule) {
  return area.rules.includes(rule) ? area[`${rule}_s`] / 60 : "";
}

/** Unix milliseconds as a field for date and time has them, by this machine's clock. */
function local(ms) {
  if (!ms) return "";
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
}

function millis(text) {
  return text ? new Date(text).getTime() : 0;
}
