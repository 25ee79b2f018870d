// The time bar: scrubs through the past in the place of the present, and says so plainly.
"use strict";

const PLAY_STEP_MS = 200;
const SPEEDS = [10, 60, 300];

/** Speaks through `handlers` {open(endsMs, hours), seek(ms), close()}. */
class TimeBar {
  constructor(root, handlers) {
    this.handlers = handlers;
    this.root = make("div", "timebar", root);
    this.root.hidden = true;
    this.state = null;
    this.speed = 1;
    this.timer = null;
    L.DomEvent.disableClickPropagation(this.root);
    L.DomEvent.disableScrollPropagation(this.root);
    this.sign = make("strong", "timebar-sign", this.root);
    this.back = this.button("«", () => this.shift(-1));
    this.play = this.button("▶", () => this.toggle());
    this.fast = this.button("", () => this.faster());
    this.slider = make("input", "timebar-slider", this.root);
    this.slider.type = "range";
    this.slider.step = 1000;
    this.slider.addEventListener("input", () => this.handlers.seek(Number(this.slider.value)));
    this.slider.addEventListener("keydown", (event) => event.stopPropagation());
    this.clock = make("span", "timebar-clock", this.root);
    this.forth = this.button("»", () => this.shift(1));
    this.end = this.button("✕", () => this.handlers.close());
  }

  button(sign, act) {
    const button = make("button", "tool", this.root, sign);
    button.onclick = act;
    return button;
  }

  setWords(words) {
    this.words = words;
    this.back.title = words.replay_earlier;
    this.forth.title = words.replay_later;
    this.play.title = words.replay_play;
    this.end.title = words.replay_end;
    this.slider.setAttribute("aria-label", words.replay);
    this.show(this.state ?? { is_on: false, is_loading: false });
  }

  show(state) {
    this.state = state;
    const open = state.is_on || state.is_loading;
    this.root.hidden = !open;
    if (!open) this.stop();
    if (!open || !this.words) return;
    this.sign.textContent = state.is_loading ? this.words.replay_loading : this.words.replay_past;
    this.slider.min = state.begins_ms;
    this.slider.max = state.ends_ms;
    this.slider.value = state.at_ms;
    this.slider.disabled = state.is_loading;
    this.fast.textContent = `×${SPEEDS[this.speed]}`;
    this.clock.textContent = state.text;
    this.play.textContent = this.timer === null ? "▶" : "❚❚";
  }

  toggle() {
    if (this.timer !== null) {
      this.stop();
      this.show(this.state);
      return;
    }
    if (this.state.at_ms >= this.state.ends_ms) this.handlers.seek(this.state.begins_ms);
    this.timer = window.setInterval(() => this.step(), PLAY_STEP_MS);
    this.show(this.state);
  }

  step() {
    const next = this.state.at_ms + PLAY_STEP_MS * SPEEDS[this.speed];
    if (next >= this.state.ends_ms) this.stop();
    this.handlers.seek(Math.min(next, this.state.ends_ms));
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
    const long = this.state.ends_ms - this.state.begins_ms;
    this.stop();
    this.handlers.open(this.state.ends_ms + way * long, long / 3600000);
  }
}
