// The live layer: units, incidents, camera points and sensors, painted by a worker.
"use strict";

/** Least time between two pictures of one movement. */
const GLIDE_STEP_MS = 80;

/** What the live layer asks of the world: `onPicked(why, hit)`, `onDrawn(stats)`, `onFailed(text)`. */
const LiveLayer = CanvasLayer.extend({
  pane: "live",
  order: 450,
  padPx: 96,

  initialize(listener) {
    this._listener = listener;
    this._loading = new Map();
    this._wanted = new Map();
    this._rows = new Map();
    this._hidden = [];
    this._groups = true;
    this._again = null;
    this._rings = [];
    this._near = [];
    this._token = 0;
    this._inFlight = null;
    this._dirty = false;
    this._moving = false;
    this._styled = false;
    this._ownersAsked = null;
    this.pageMs = 0;
    this._worker = new Worker("worker.js");
    this._worker.onmessage = (event) => {
      const started = performance.now();
      this._take(event.data);
      this.pageMs += performance.now() - started;
    };
    this._worker.onerror = (event) => listener.onFailed(event.message || "the painter stopped");
  },

  /** Give the worker colours and sprites; what is drawn afterwards wears them. */
  setStyle(style) {
    this._styled = true;
    this._worker.postMessage({ op: "style", style });
    this.redraw();
  },

  /** Groups of sprites, or whole layers, that are not to be seen. */
  setHidden(groups) {
    this._hidden = groups;
    this.redraw();
  },

  /** Whether neighbours become groups where a layer is dense. */
  setGroups(on) {
    this._groups = on;
    this.redraw();
  },

  /** Rings round picked things, `[[layer, index, order], …]`, and badges of near units. */
  setMarks(rings, near) {
    this._rings = rings;
    this._near = near;
    this.redraw();
  },

  /** A layer has a new revision: fetch it, unless a fetch runs, then fetch the newest after it. */
  load(layer, rev) {
    if (this._loading.has(layer)) {
      this._wanted.set(layer, rev);
      return;
    }
    this._loading.set(layer, rev);
    this._worker.postMessage({ op: "load", layer, rev });
  },

  /** Ask what lies at a point of the map's container; the answer comes to `onPicked`. */
  pick(point, why, radius) {
    if (this._shown === undefined || this._moving) return;
    const at = this._map.containerPointToLayerPoint(point).subtract(this._shown.topLeft);
    this._worker.postMessage({ op: "pick", x: at.x, y: at.y, radius, why });
  },

  /** Where a point of the picture, in CSS pixels, lies in the map's container. */
  containerPoint(x, y) {
    return this._map.layerPointToContainerPoint(this._shown.topLeft.add([x, y]));
  },

  /** Paint once more with the owner of every pixel noted, and tell whose pixels there are. */
  askOwners(answer) {
    this._ownersAsked = answer;
    this.redraw();
  },

  redraw() {
    if (!this._mayDraw(this._styled)) return;
    this._token += 1;
    this._worker.postMessage({
      op: "draw",
      token: this._token,
      view: this._ask(),
      hidden: this._hidden,
      groups: this._groups,
      rings: this._rings,
      near: this._near,
      owners: this._ownersAsked !== null,
    });
  },

  _take(message) {
    if (message.op === "drawn") this._show(message);
    else if (message.op === "loaded") this._loaded(message.layer, message.loaded);
    else if (message.op === "picked") this._listener.onPicked(message.why, message.hit);
    else if (message.op === "owners") this._answerOwners(message);
    else if (message.op === "failed") this._fail(message);
  },

  _fail(message) {
    if (message.of === "draw") this._inFlight = null;
    if (message.of === "load") this._loading.delete(message.layer);
    this._listener.onFailed(`${message.of}: ${message.text}`);
  },

  _loaded(layer, loaded) {
    this._loading.delete(layer);
    if (loaded !== null) {
      this._rows.set(layer, loaded);
      this._listener.onLoaded(loaded);
    }
    const next = this._wanted.get(layer);
    this._wanted.delete(layer);
    if (next !== undefined && next > (loaded?.rev ?? 0)) this.load(layer, next);
    this.redraw();
  },

  _show(message) {
    const asked = this._put(message.bitmap);
    if (asked === null) return;
    const waitMs = performance.now() - asked.at;
    this._listener.onDrawn({ counts: message.counts, workerMs: message.ms, waitMs,
      pageMs: this.pageMs, at: performance.now() });
    this.pageMs = 0;
    if (this._ownersAsked !== null) this._worker.postMessage({ op: "owners" });
    if (this._dirty) this.redraw();
    else if (message.behindPx > 0.7) this._glideOn(message.ms);
  },

  /** Things are still on their way to their newest fixes: draw again soon, the rest may work. */
  _glideOn(lastMs) {
    if (this._again !== null) return;
    this._again = window.setTimeout(() => {
      this._again = null;
      this.redraw();
    }, Math.max(GLIDE_STEP_MS, 6 * lastMs));
  },

  _answerOwners(message) {
    const answer = this._ownersAsked;
    this._ownersAsked = null;
    const shift = this._map.layerPointToContainerPoint(this._shown.topLeft);
    const positions = message.positions.map(([layer, index, px, py]) => [
      message.layers[layer], index, px / message.dpr + shift.x, py / message.dpr + shift.y,
    ]);
    const painted = message.painted.map(([layer, index]) => [message.layers[layer], index]);
    const said = message.said.map((name) => ({ ...name, width: name.width / message.dpr,
      x: name.x / message.dpr + shift.x, y: name.y / message.dpr + shift.y }));
    answer?.({ painted, positions, said, groups: message.groups });
  },
});
