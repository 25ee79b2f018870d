// A canvas in the map pane whose picture a worker paints. While the map is being dragged nothing is
// drawn, the canvas moves with the pane; one draw is in flight at a time.
"use strict";

/** A layer says its `pane`, that pane's `order`, how far round the view it draws (`padPx`), and how
 * to `redraw`: `_begun(isReady)`, `_ask()` for the view, then `_put(bitmap)` when it comes. */
const CanvasLayer = L.Layer.extend({
  onAdd(map) {
    this._map = map;
    const pane = map.getPane(this.pane) || map.createPane(this.pane);
    pane.style.zIndex = this.order;
    pane.style.pointerEvents = "none";
    this._canvas = L.DomUtil.create("canvas", "live-canvas", pane);
    this._canvas.style.transformOrigin = "0 0";
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

  /** Whether a picture may be asked for now; if one is under way, another follows it. */
  _mayDraw(isReady) {
    if (!this._map || !isReady) return false;
    if (this._inFlight || this._moving) {
      this._dirty = true;
      return false;
    }
    const size = this._map.getSize();
    return size.x > 0 && size.y > 0;
  },

  /** Note that a picture is asked for, and return the view it is to be of. */
  _ask() {
    this._dirty = false;
    const size = this._map.getSize();
    const zoom = this._map.getZoom();
    const origin = this._map.getPixelOrigin();
    const topLeft = this._map.containerPointToLayerPoint([-this.padPx, -this.padPx]).round();
    const world = origin.add(topLeft);
    const scale = 2 ** zoom;
    this._inFlight = { zoom, origin, topLeft, at: performance.now() };
    return { zoom, scale, x0: world.x / scale, y0: world.y / scale, pad: this.padPx,
      cssWidth: size.x + 2 * this.padPx, cssHeight: size.y + 2 * this.padPx,
      dpr: window.devicePixelRatio || 1 };
  },

  /** Show the picture asked for, and return what it is of; null if the view is another by now. */
  _put(bitmap) {
    const asked = this._inFlight;
    this._inFlight = null;
    const isSame = asked.zoom === this._map.getZoom()
      && asked.origin.equals(this._map.getPixelOrigin());
    if (!isSame) {
      bitmap.close();
      this.redraw();
      return null;
    }
    const { width, height } = bitmap;
    const dpr = window.devicePixelRatio || 1;
    this._context.transferFromImageBitmap(bitmap);
    this._canvas.style.width = `${width / dpr}px`;
    this._canvas.style.height = `${height / dpr}px`;
    this._shown = asked;
    L.DomUtil.setPosition(this._canvas, asked.topLeft);
    return asked;
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
