// Areas on the map: shown with how many are inside, drawn corner by corner, told of in a form.
"use strict";

const AREA_COLOURS = {
  fence: "focus", closure: "high", cordon: "high", event: "on_scene", post: "available",
};
const AREA_KINDS = ["fence", "closure", "cordon", "event", "post"];

class AreaLayer {
  /** Speaks through `handlers` {drawn(json), retire(id)}. */
  constructor(map, handlers, state) {
    this.map = map;
    this.handlers = handlers;
    this.state = state;
    this.areas = [];
    this.hidden = false;
    this.layer = L.layerGroup().addTo(map);
    this.form = make("form", "area-form", map.getContainer());
    this.form.hidden = true;
    L.DomEvent.disableClickPropagation(this.form);
    L.DomEvent.disableScrollPropagation(this.form);
    this.form.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.closeForm();
    });
  }

  show(areas) {
    this.areas = areas;
    this.layer.clearLayers();
    if (this.hidden) return;
    const { colours, words } = this.state();
    for (const area of areas) {
      const color = colours[AREA_COLOURS[area.kind]];
      const shut = area.kind === "closure" || area.kind === "cordon";
      const polygon = L.polygon(area.outline, { color, weight: area.holds ? 2 : 1, interactive: false,
        dashArray: area.holds ? (shut ? "2 5" : null) : "8 6", fillOpacity: shut ? 0.16 : 0.07 })
        .addTo(this.layer);
      const count = area.need ? `${area.people}/${area.need}` : area.inside ? `${area.inside}` : "";
      const label = make("span", `area-label${area.missing ? " missing" : ""}`, this.form, "");
      label.remove();
      label.textContent = `${area.missing ? "■ " : ""}${area.name}${count ? ` · ${count}` : ""}`;
      label.title = words[`area_${area.kind}`];
      label.onclick = () => this.tell(area);
      L.marker(polygon.getBounds().getCenter(), { keyboard: false,
        icon: L.divIcon({ className: "area-mark", html: label, iconSize: null }) })
        .addTo(this.layer);
    }
  }

  toggle(hidden) {
    this.hidden = hidden;
    this.show(this.areas);
  }

  closeForm() {
    this.form.hidden = true;
    this.form.replaceChildren();
  }

  /** Say what an area is, with a button that takes it out of use. */
  tell(area) {
    const { words } = this.state();
    this.open(area.name);
    const rules = area.rules.map((rule) => words[`rule_${rule}`]).join(" · ");
    for (const text of [words[`area_${area.kind}`], rules, area.times,
      `${words.area_inside} ${area.inside}${area.need ? ` · ${words.area_need} ${area.need}` : ""}`]) {
      if (text) make("div", "area-line", this.form, text);
    }
    this.buttons([[words.area_retire, () => { this.handlers.retire(area.id); this.closeForm(); }],
      [words.area_close, () => this.closeForm()]]);
  }

  open(heading) {
    this.form.replaceChildren();
    this.form.hidden = false;
    make("h2", "", this.form, heading);
  }

  buttons(list) {
    const row = make("div", "area-buttons", this.form);
    for (const [word, act] of list) {
      const button = make("button", "area-button", row, word);
      button.type = act === null ? "submit" : "button"; // Enter in a field sends the form
      button.onclick = act;
    }
  }

  field(word, kind, parent = this.form) {
    const row = make("label", "area-field", parent);
    make("span", "grow", row, word);
    const input = make("input", "", row);
    input.type = kind;
    if (kind === "number") input.min = 0;
    return input;
  }

  /** Ask what the drawn outline is, then hand it over. */
  ask(outline) {
    const { words } = this.state();
    this.open(words.area_new);
    const name = this.field(words.area_name, "text");
    const row = make("label", "area-field", this.form);
    make("span", "grow", row, words.area_kind);
    const kind = make("select", "", row);
    for (const one of AREA_KINDS) make("option", "", kind, words[`area_${one}`]).value = one;
    const enter = this.field(words.rule_enter, "checkbox");
    const leave = this.field(words.rule_leave, "checkbox");
    const dwell = this.field(words.area_dwell, "number");
    const absence = this.field(words.area_absence, "number");
    const need = this.field(words.area_need, "number");
    const save = () => {
      const rules = [enter.checked && "enter", leave.checked && "leave",
        dwell.value > 0 && "dwell", absence.value > 0 && "absence"].filter(Boolean);
      const events = this.areas.filter((area) => area.kind === "event");
      this.handlers.drawn(JSON.stringify({ outline, name: name.value.trim(), kind: kind.value, rules,
        dwell_s: 60 * dwell.value, absence_s: 60 * absence.value, need: Number(need.value),
        plan: kind.value === "post" ? events.at(-1)?.id ?? null : null }));
      this.closeForm();
    };
    this.form.onsubmit = (event) => { event.preventDefault(); save(); };
    this.buttons([[words.area_save, null], [words.area_close, () => this.closeForm()]]);
    name.focus();
  }
}

/** Draws an outline corner by corner; `finish` hands three or more corners over. */
class DrawTool {
  constructor(map, colours, done) {
    this.map = map;
    this.colours = colours;
    this.done = done;
    this.points = [];
    this.layer = L.layerGroup().addTo(map);
  }

  add(latlng) {
    const near = this.points.length > 2 && this.map.latLngToContainerPoint(latlng)
      .distanceTo(this.map.latLngToContainerPoint(this.points[0])) < 10;
    if (near) {
      this.finish();
      return;
    }
    this.points.push(latlng);
    this.layer.clearLayers();
    const style = { color: this.colours().focus, weight: 2, interactive: false };
    L.polygon(this.points, { ...style, fillOpacity: 0.1 }).addTo(this.layer);
    for (const point of this.points) L.circleMarker(point, { ...style, radius: 3 }).addTo(this.layer);
  }

  finish() {
    if (this.points.length > 2) this.done(this.points.map(({ lat, lng }) => [lat, lng]));
  }

  end() {
    this.layer.remove();
  }
}
