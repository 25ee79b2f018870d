// The time bar: scrubs through the past in the place of the present, and says so plainly.
"use strict";

const PLAY_STEP_MS = 200;
const SPEEDS = [1, 10, 60, 300];
const HOUR_MS = 3600000;
/** Central keeps trails for so long. */
const KEPT_MS = 30 * 24 * HOUR_MS;

/** Speaks through `channel`; `drawBox` has a rectangle drawn that goes to `openAt`. */
class TimeBar {
  constructor(root, channel, drawBox) {
    this.channel = channel;
    this.root = make("div", "timebar", root);
    this.root.hidden = true;
    this.state = null;
    this.speed = 2;
    this.timer = null;
    L.DomEvent.disableClickPropagation(this.root);
    L.DomEvent.disableScrollPropagation(this.root);
    this.sign = make("strong", "timebar-sign", this.root);
    this.play = this.button("▶", () => this.toggle());
    this.fast = this.button("", () => this.faster());
    this.slider = make("input", "timebar-slider", this.root);
    this.slider.type = "range";
    this.slider.step = 1000;
    this.slider.addEventListener("input", () => channel.seek(Number(this.slider.value)));
    this.clock = make("span", "timebar-clock", this.root);
    this.end = this.button("✕", () => channel.replay(0, 0));
    make("span", "timebar-break", this.root);
    this.back = this.button("«", () => this.shift(-1));
    this.when = make("input", "timebar-when", this.root);
    this.when.type = "datetime-local";
    this.when.onchange = () => this.go();
    this.hours = make("select", "timebar-hours", this.root);
    this.hours.onchange = () => this.go();
    this.forth = this.button("»", () => this.shift(1));
    this.box = this.button("▭", drawBox);
    this.where = make("span", "timebar-where", this.root);
    this.all = this.button("⊘", () => channel.replay_area("", "", this.state.ends_ms, this.long()));
    for (const field of [this.slider, this.when, this.hours]) {
      field.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") event.stopPropagation();
      });
    }
    channel.replay_told.connect((text) => this.show(JSON.parse(text)));
  }

  button(sign, act) {
    const button = make("button", "tool", this.root, sign);
    button.onclick = act;
    return button;
  }

  setWords(words) {
    this.words = words;
    const named = { back: "replay_earlier", forth: "replay_later", play: "replay_play", fast: "replay_speed",
      end: "replay_end", box: "replay_box", all: "replay_all", when: "replay_when", hours: "replay_hours" };
    for (const [part, word] of Object.entries(named)) {
      this[part].title = words[word];
      this[part].setAttribute("aria-label", words[word]);
    }
    this.slider.setAttribute("aria-label", words.replay);
    this.hours.replaceChildren();
    for (const n of [1, 2, 3]) make("option", "", this.hours, `${n} h`).value = n;
    this.show(this.state ?? { is_on: false, is_loading: false });
  }

  show(state) {
    this.state = state;
    const open = state.is_on || state.is_loading;
    this.root.hidden = !open;
    if (!open) this.stop();
    if (!open || !this.words) return;
    const { words } = this;
    this.sign.textContent = state.is_loading ? words.replay_loading : words.replay_past;
    this.slider.min = state.begins_ms;
    this.slider.max = state.ends_ms;
    this.slider.value = state.at_ms;
    this.slider.disabled = state.is_loading;
    this.fast.textContent = `×${SPEEDS[this.speed]}`;
    this.clock.textContent = state.text;
    this.play.textContent = this.timer === null ? "▶" : "❚❚";
    if (document.activeElement !== this.when) this.when.value = local(state.begins_ms);
    this.when.min = local(Date.now() - KEPT_MS);
    this.when.max = local(Date.now());
    this.hours.value = Math.round(this.long());
    const where = state.place ? words.replay_in.replace("{0}", state.place) : words.replay_whole;
    this.where.textContent = `${where} · ${words.replay_units.replace("{n}", state.units)}`;
    this.all.hidden = !state.place;
  }

  long() {
    return (this.state.ends_ms - this.state.begins_ms) / HOUR_MS;
  }

  /** Fetch the stretch that begins at the time filled in; the future has not happened. */
  go() {
    const begins = millis(this.when.value);
    if (!begins) return;
    const hours = Number(this.hours.value);
    this.stop();
    this.channel.replay(Math.min(begins + hours * HOUR_MS, Date.now()), hours);
  }

  /** Show those alone who were inside an outline in this stretch. */
  openAt(outline) {
    this.channel.replay_area("", JSON.stringify(outline), this.state.ends_ms, this.long());
  }

  toggle() {
    if (this.timer !== null) {
      this.stop();
      this.show(this.state);
      return;
    }
    if (this.state.at_ms >= this.state.ends_ms) this.channel.seek(this.state.begins_ms);
    this.timer = window.setInterval(() => this.step(), PLAY_STEP_MS);
    this.show(this.state);
  }

  step() {
    const next = this.state.at_ms + PLAY_STEP_MS * SPEEDS[this.speed];
    if (next >= this.state.ends_ms) this.stop();
    this.channel.seek(Math.min(next, this.state.ends_ms));
  }

  stop() {
    window.clearInterval(this.timer);
    this.timer = null;
  }

  faster() {
    this.speed = (this.speed + 1) % SPEEDS.length;
    this.show(this.state);
  }

  /** Go one stretch back or forth. */
  shift(way) {
    this.stop();
    const ends = this.state.ends_ms + way * this.long() * HOUR_MS;
    this.channel.replay(Math.min(ends, Date.now()), this.long());
  }
}

/** A rectangle of two clicks; Enter takes what the map shows. */
class BoxTool {
  constructor(map, colours, done) {
    this.map = map;
    this.done = done;
    this.from = null;
    this.layer = L.layerGroup().addTo(map);
    this.style = { color: colours().caution, weight: 2, interactive: false, fillOpacity: 0.08 };
    this.onMove = (event) => {
      if (this.from === null) return;
      this.layer.clearLayers();
      L.rectangle(L.latLngBounds(this.from, event.latlng), this.style).addTo(this.layer);
    };
    map.on("mousemove", this.onMove);
  }

  add(latlng) {
    if (this.from === null) this.from = latlng;
    else this.hand(L.latLngBounds(this.from, latlng));
  }

  finish() {
    this.hand(this.map.getBounds());
  }

  hand(bounds) {
    const [south, west, north, east] = [bounds.getSouth(), bounds.getWest(), bounds.getNorth(),
      bounds.getEast()];
    if (north > south && east > west) this.done([[south, west], [south, east], [north, east], [north, west]]);
  }

  end() {
    this.map.off("mousemove", this.onMove);
    this.layer.remove();
  }
}
