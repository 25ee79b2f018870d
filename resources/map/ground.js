// The ground under the live layer: districts, grids and their colours, painted by a worker of their
// own when the map has stopped moving; what lies at a place is asked of Python.
"use strict";

const GROUND_LAYERS = ["districts", "grids", "colours"];
/** The pointer has rested so long before a place is asked about. */
const REST_MS = 90;
const TONES = ["red", "yellow", "green"];

const GroundLayer = CanvasLayer.extend({
  pane: "ground",
  order: 360,
  padPx: 128,

  initialize(channel, hidden, onFailed) {
    this._channel = channel;
    this._hidden = hidden;
    this._style = null;
    this._revs = {};
    this._inFlight = null;
    this._dirty = false;
    this.authorities = [];
    this._worker = new Worker("groundworker.js");
    this._worker.onmessage = (event) => this._take(event.data);
    this._worker.onerror = (event) => onFailed(event.message || "the ground's painter stopped");
    this._onFailed = onFailed;
  },

  /** Layers that are to be seen, of those there are. */
  shown() {
    // Without a basemap the districts stand in for it.
    const bare = this._style !== null && !this._style.basemap;
    return GROUND_LAYERS.filter((layer) => !this._hidden().includes(layer)
      || (bare && layer === "districts"));
  },

  setStyle(state) {
    this._style = { colours: state.colours, font: state.font, lang: state.lang,
      dark: state.theme === "dark", basemap: state.basemap };
    this.redraw();
  },

  /** Take which documents are new, and whose grids there are. */
  told({ revs, authorities, colours }) {
    this.authorities = authorities;
    this.tones = colours;
    this._newest = revs;
    this.redraw();
  },

  redraw() {
    if (!this._mayDraw(this._style !== null)) return;
    const shown = this.shown();
    this._canvas.hidden = shown.length === 0;
    if (shown.length === 0) return;
    this._worker.postMessage({
      view: this._ask(),
      revs: this._newest ?? {},
      shown,
      hidden: this._hidden(),
      authorities: this.authorities.map(({ code }) => code),
      tones: this.tones ?? {},
      style: this._style,
    });
  },

  _take({ bitmap, failed }) {
    if (failed) {
      this._inFlight = null;
      this._onFailed(`ground: ${failed}`);
      return;
    }
    if (this._put(bitmap) === null) return;
    if (this._dirty) this.redraw();
  },

  /** Ask what lies under the pointer once it rests; nothing is asked while nothing is shown. */
  hover(latlng) {
    window.clearTimeout(this._rest);
    if (latlng === null || (this.shown().length === 0 && this._hidden().includes("heat"))) return;
    this._rest = window.setTimeout(() => {
      this._channel.hover_place(latlng.lat, latlng.lng, JSON.stringify(this._hidden()));
    }, REST_MS);
  },

  /** List what lies at a place, if there is a layer to ask. */
  pick(latlng) {
    if (this.shown().length === 0) return;
    this._channel.pick_place(latlng.lat, latlng.lng, JSON.stringify(this._hidden()));
  },

  /** Rows of the legend: a line for each authority, a square for each colour. */
  buildLegend(list, { words, colours, lang, theme }, toggle) {
    const hidden = this._hidden();
    const add = (name, word, draw) => {
      const row = make("div", "row legend-row", list);
      const icon = make("canvas", "icon", row);
      const dpr = window.devicePixelRatio || 1;
      icon.width = icon.height = Math.round(24 * dpr);
      const ctx = icon.getContext("2d");
      ctx.scale(dpr, dpr);
      draw(ctx);
      make("span", "", row, word);
      if (name === "") return;
      row.classList.toggle("hidden-meaning", hidden.includes(name));
      row.title = words.filter_how;
      row.onclick = () => toggle(name);
    };
    if (!hidden.includes("grids")) {
      this.authorities.forEach(({ code, zh, en, grids }, no) => {
        add(`grid_${code}`, `${lang === "zh" ? zh : en} (${grids})`, (ctx) => {
          gridLine(ctx, no, theme === "dark", 1);
          ctx.beginPath();
          ctx.moveTo(1, 12);
          ctx.lineTo(23, 12);
          ctx.stroke();
        });
      });
    }
    if (!hidden.includes("colours")) {
      for (const tone of TONES) {
        add(`tone_${tone}`, words[`tone_${tone}`], (ctx) => {
          ctx.beginPath();
          ctx.rect(2, 4, 20, 16);
          fillTone(ctx, tone, colours, 1);
        });
      }
      add("", words.tone_unknown, (ctx) => {
        ctx.strokeStyle = colours.secondary;
        ctx.setLineDash([2, 3]);
        ctx.strokeRect(2.5, 4.5, 19, 15);
      });
    }
  },
});
