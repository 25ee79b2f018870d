// The live layer: a canvas in the map pane whose picture a worker paints. While the map is being
// dragged nothing is drawn, the canvas moves with the pane; one draw is in flight at a time.
"use strict";

const PAD_PX = 96;
/** Least time between two pictures of one movement. */
const GLIDE_STEP_MS = 80;

/** What the live layer asks of the world: `onPicked(why, hit)`, `onDrawn(stats)`, `onFailed(text)`. */
const LiveLayer = L.Layer.extend({
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

  onAdd(map) {
    this._map = map;
    const pane = map.getPane("live") || map.createPane("live");
    pane.style.zIndex = 450;
    pane.style.pointerEvents = "none";
    this._canvas = L.DomUtil.create("canvas", "live-canvas", pane);
    this._context = this._canvas.getContext("bitmaprenderer");
  },

  getEvents() {
    return {
      movestart: () => { this._moving = true; },
      moveend: () => { this._moving = false; this.redraw(); },
      zoom: () => this._stretch(),
      viewreset: () => this._stretch(),
      resize: () => this.redraw(),
    };
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
    if (!this._map || !this._styled) return;
    if (this._inFlight !== null || this._moving) {
      this._dirty = true;
      return;
    }
    const size = this._map.getSize();
    if (size.x === 0 || size.y === 0) return;
    this._dirty = false;
    const zoom = this._map.getZoom();
    const origin = this._map.getPixelOrigin();
    const topLeft = this._map.containerPointToLayerPoint([-PAD_PX, -PAD_PX]).round();
    const world = origin.add(topLeft);
    const scale = 2 ** zoom;
    this._token += 1;
    this._inFlight = { token: this._token, zoom, origin, topLeft, at: performance.now() };
    this._worker.postMessage({
      op: "draw",
      token: this._token,
      view: {
        zoom,
        x0: world.x / scale,
        y0: world.y / scale,
        cssWidth: size.x + 2 * PAD_PX,
        cssHeight: size.y + 2 * PAD_PX,
        pad: PAD_PX,
        dpr: window.devicePixelRatio || 1,
      },
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
    const asked = this._inFlight;
    this._inFlight = null;
    const sameView = asked.zoom === this._map.getZoom()
      && asked.origin.equals(this._map.getPixelOrigin());
    if (!sameView) {
      message.bitmap.close();
      this.redraw();
      return;
    }
    const { width, height } = message.bitmap;
    const dpr = window.devicePixelRatio || 1;
    this._context.transferFromImageBitmap(message.bitmap);
    this._canvas.style.width = `${width / dpr}px`;
    this._canvas.style.height = `${height / dpr}px`;
    this._canvas.style.transformOrigin = "0 0";
    this._shown = asked;
    L.DomUtil.setPosition(this._canvas, asked.topLeft);
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

  /** Until the next picture comes, stretch the one shown to the new zoom. */
  _stretch() {
    if (this._shown === undefined) return;
    const { zoom, origin, topLeft } = this._shown;
    const scale = 2 ** (this._map.getZoom() - zoom);
    const world = origin.add(topLeft).multiplyBy(scale);
    L.DomUtil.setTransform(this._canvas, world.subtract(this._map.getPixelOrigin()).round(), scale);
  },
});
