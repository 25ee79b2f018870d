// Where incidents were: a soft density under the units, redrawn when the map has stopped moving.
"use strict";

const HEAT_RADIUS_PX = 26;
/** Cells of the density are this many CSS pixels wide. */
const HEAT_STEP_PX = 4;

const HeatLayer = L.Layer.extend({
  initialize(colours) {
    this._colours = colours;
    this._places = [];
  },

  onAdd(map) {
    this._map = map;
    const pane = map.getPane("heat") || map.createPane("heat");
    pane.style.zIndex = 350;
    pane.style.pointerEvents = "none";
    this._canvas = L.DomUtil.create("canvas", "heat-canvas", pane);
    this.redraw();
  },

  onRemove() {
    this._canvas.remove();
  },

  getEvents() {
    return { moveend: this.redraw, zoomend: this.redraw, resize: this.redraw };
  },

  setPlaces(places) {
    this._places = places;
    if (this._map) this.redraw();
  },

  redraw() {
    const size = this._map.getSize();
    const [wide, high] = [Math.ceil(size.x / HEAT_STEP_PX), Math.ceil(size.y / HEAT_STEP_PX)];
    if (wide === 0 || high === 0) return;
    const density = this.density(wide, high);
    const worst = density.reduce((a, b) => Math.max(a, b), 0);
    this._canvas.width = wide;
    this._canvas.height = high;
    this._canvas.style.width = `${wide * HEAT_STEP_PX}px`;
    this._canvas.style.height = `${high * HEAT_STEP_PX}px`;
    L.DomUtil.setPosition(this._canvas, this._map.containerPointToLayerPoint([0, 0]));
    if (worst > 0) this.paint(density, worst, wide, high);
  },

  /** Sum of a smooth hill for each place, in cells. */
  density(wide, high) {
    const sums = new Float32Array(wide * high);
    const reach = Math.ceil(HEAT_RADIUS_PX / HEAT_STEP_PX);
    for (const place of this._places) {
      const at = this._map.latLngToContainerPoint(place);
      const [x, y] = [at.x / HEAT_STEP_PX, at.y / HEAT_STEP_PX];
      if (x < -reach || y < -reach || x > wide + reach || y > high + reach) continue;
      for (let j = Math.max(0, Math.floor(y - reach)); j < Math.min(high, y + reach); j++) {
        for (let i = Math.max(0, Math.floor(x - reach)); i < Math.min(wide, x + reach); i++) {
          const share = 1 - ((i - x) ** 2 + (j - y) ** 2) / (reach * reach);
          if (share > 0) sums[j * wide + i] += share * share;
        }
      }
    }
    return sums;
  },

  /** One colour, the denser the stronger: shapes of units stay what is read first. */
  paint(density, worst, wide, high) {
    const ctx = this._canvas.getContext("2d");
    const image = ctx.createImageData(wide, high);
    const pixels = image.data;
    const code = this._colours().high;
    const colour = [1, 3, 5].map((at) => Number.parseInt(code.slice(at, at + 2), 16));
    density.forEach((sum, no) => {
      if (sum === 0) return;
      pixels.set([...colour, Math.round(190 * Math.sqrt(Math.min(1, sum / Math.max(worst, 2.5))))], 4 * no);
    });
    ctx.putImageData(image, 0, 0);
  },
});
