// Areas on the map: shown with how many are inside, and told of: posts, times, what happened there.
"use strict";

const AREA_COLOURS = {
  fence: "focus", closure: "high", cordon: "high", event: "on_scene", post: "available",
};

/** A smaller outline is looked at from nearer before it is reshaped. */
const SMALL_PX = 120;

class AreaLayer {
  /** Speaks through `channel`; `state` gives words and colours. */
  constructor(map, channel, state) {
    this.map = map;
    this.channel = channel;
    this.state = state;
    this.areas = [];
    this.hidden = false;
    this.told = null;
    this.editor = null;
    this.layer = L.layerGroup().addTo(map);
    this.form = make("form", "area-form", map.getContainer());
    this.form.hidden = true;
    L.DomEvent.disableClickPropagation(this.form);
    L.DomEvent.disableScrollPropagation(this.form);
    this.form.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.closeForm();
    });
    channel.areas_told.connect((text) => this.show(JSON.parse(text)));
    channel.area_history_told.connect((text) => this.takeHistory(JSON.parse(text)));
    channel.area_kept.connect(() => this.closeForm());
  }

  show(areas) {
    const focused = document.activeElement?.dataset?.area;
    this.areas = areas;
    this.layer.clearLayers();
    if (!this.hidden) for (const area of areas) this.draw(area, focused);
    const told = this.told && areas.find(({ id }) => id === this.told);
    if (told) this.facts(told);
    else if (this.told) this.closeForm();
  }

  draw(area, focused) {
    const { colours, words } = this.state();
    const color = colours[AREA_COLOURS[area.kind]];
    const shut = area.kind === "closure" || area.kind === "cordon";
    const polygon = L.polygon(area.outline, { color, weight: area.holds ? 2 : 1, interactive: false,
      dashArray: area.holds ? (shut ? "2 5" : null) : "8 6", fillOpacity: shut ? 0.16 : 0.07 })
      .addTo(this.layer);
    const count = area.need ? `${area.people}/${area.need}` : area.inside ? `${area.inside}` : "";
    const label = document.createElement("button");
    label.className = `area-label${area.missing ? " missing" : ""}`;
    label.textContent = `${area.missing ? "■ " : ""}${area.name}${count ? ` · ${count}` : ""}`;
    label.title = words[`area_${area.kind}`];
    label.dataset.area = area.id;
    label.onclick = () => this.tell(area);
    label.onkeydown = (event) => { if (event.key === "Enter") event.stopPropagation(); };
    L.marker(polygon.getBounds().getCenter(), { keyboard: false,
      icon: L.divIcon({ className: "area-mark", html: label, iconSize: null }) }).addTo(this.layer);
    if (area.id === focused) label.focus({ preventScroll: true });
  }

  toggle(hidden) {
    this.hidden = hidden;
    this.show(this.areas);
  }

  closeForm() {
    const had = this.form.contains(document.activeElement);
    this.editor?.end();
    this.editor = null;
    this.told = null;
    this.form.hidden = true;
    this.form.replaceChildren();
    if (had) this.map.getContainer().focus({ preventScroll: true });
  }

  open(heading) {
    this.closeForm();
    this.form.hidden = false;
    make("h2", "", this.form, heading);
  }

  /** Say what an area is and what happened there, with what can be done to it. */
  tell(area) {
    const { words } = this.state();
    this.open(area.name);
    this.told = area.id;
    this.list = make("div", "area-facts", this.form);
    this.past = make("div", "area-past", this.form);
    this.facts(area);
    const first = areaButtons(this.form, [
      [words.area_edit, () => this.edit(area)],
      [words.area_replay, () => { this.channel.replay_area(area.id, "", 0, 1); this.closeForm(); }],
      [words.area_message, () => { this.channel.message_area(area.id); this.closeForm(); }],
      [words.area_retire, () => { this.channel.retire_area(area.id); this.closeForm(); }],
      [words.area_close, () => this.closeForm()]]);
    this.channel.ask_area(area.id);
    first.focus();
  }

  facts(area) {
    const { words } = this.state();
    const rules = area.rules.map((rule) => words[`rule_${rule}`]).join(" · ");
    const plan = this.areas.find(({ id }) => id === area.plan);
    const need = area.need ? ` · ${words.area_need} ${area.need}` : "";
    this.list.replaceChildren();
    for (const text of [words[`area_${area.kind}`], plan && `${words.area_plan} ${plan.name}`,
      area.times, area.holds ? "" : words.area_rests, rules, area.response,
      `${words.area_inside} ${area.inside}${need}`]) {
      if (text) make("div", "area-line", this.list, text);
    }
    if (area.kind === "event") this.posts(area);
  }

  /** The posts of an event with who is there, those that lack people first. */
  posts(event) {
    const { words } = this.state();
    const posts = this.areas.filter(({ kind, plan }) => kind === "post" && plan === event.id);
    posts.sort((one, other) => other.missing - one.missing || one.name.localeCompare(other.name));
    const here = posts.reduce((sum, post) => sum + Math.min(post.people, post.need), 0);
    const need = posts.reduce((sum, post) => sum + post.need, 0);
    make("h3", "", this.list, `${words.area_posts} ${here}/${need}`);
    for (const post of posts) {
      const row = make("button", `area-post${post.missing ? " missing" : ""}`, this.list);
      row.type = "button";
      make("span", "grow", row, `${post.missing ? "■ " : ""}${post.name}`);
      make("span", "", row, `${post.people}/${post.need}`);
      row.onclick = () => { this.map.fitBounds(post.outline, { maxZoom: 17 }); this.tell(post); };
    }
  }

  /** List what happened; a button asks for what was earlier, or a line says why there is none. */
  takeHistory({ id, events, older, whole, why }) {
    if (id !== this.told) return;
    const { words } = this.state();
    const top = this.past.scrollTop;
    const had = this.past.contains(document.activeElement);
    this.past.replaceChildren();
    make("h3", "", this.past, words.area_past);
    if (events.length === 0) make("div", "area-line", this.past, words.area_nothing);
    for (const text of events) make("div", "area-line", this.past, text);
    if (why) make("div", "area-line", this.past, why);
    if (whole) make("div", "area-line", this.past, words.area_all);
    if (older) {
      const more = areaButtons(this.past, [
        [words.area_older, () => this.channel.ask_area_past(id)]]);
      if (had) more.focus({ preventScroll: true });
    }
    this.past.scrollTop = top;
  }

  /** Ask what a drawn outline is, then hand it over. */
  ask(outline) {
    this.fill({ outline, name: "", kind: "fence", rules: [], units: "" }, this.state().words.area_new);
  }

  edit(area) {
    const bounds = L.latLngBounds(area.outline);
    const size = this.map.latLngToContainerPoint(bounds.getSouthEast())
      .subtract(this.map.latLngToContainerPoint(bounds.getNorthWest()));
    const small = Math.max(size.x, size.y) < SMALL_PX;
    if (small || !this.map.getBounds().contains(bounds)) {
      this.map.fitBounds(bounds, { maxZoom: 17, padding: [60, 60] });
    }
    this.fill(area, area.name);
  }

  fill(area, heading) {
    const { words, colours } = this.state();
    this.open(heading);
    const fields = new AreaFields(this.form, words, this.areas, area);
    make("div", "area-line", this.form, words.area_edit_how);
    this.editor = new OutlineEditor(this.map, colours, area.outline, words);
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.channel.draw_area(JSON.stringify({ ...fields.value(), id: area.id ?? "",
        outline: this.editor.outline() }));
    };
    areaButtons(this.form, [[words.area_save, null], [words.area_close, () => this.closeForm()]]);
    fields.name.focus();
  }
}

/** A row of buttons; one without an act sends the form. Returns the first. */
function areaButtons(form, list) {
  const row = make("div", "area-buttons", form);
  for (const [word, act] of list) {
    const button = make("button", "area-button", row, word);
    button.type = act === null ? "submit" : "button"; // Enter in a field sends the form
    button.onclick = act;
  }
  return row.firstElementChild;
}
