// The map's painter: fetches packed layers itself, paints them off the page's main thread and
// hands the finished picture over. One message in, at most one out.
"use strict";

importScripts("sprites.js", "glide.js", "painter.js", "groups.js", "rings.js", "labels.js",
  "naming.js");

const LAYERS = ["cameras", "sensors", "units", "incidents"];
/** With more rows than this in a layer, nobody follows one with the eye. */
const GLIDE_AT_MOST = 20000;

class Painter {
  constructor() {
    this.style = null;
    this.layers = new Map();
    this.names = new Map();
    this.sheets = new Map();
    this.naming = new Naming();
    this.drawn = new Map(LAYERS.map((layer) => [layer, new Drawn()]));
    this.picture = null;
    this.canvas = null;
    this.grid = null;
    this.view = null;
  }

  /** Take colours, sprite descriptions, groups of sprites and the font. */
  take(style) {
    this.style = style;
    this.sheets.clear();
  }

  async load(layer, rev) {
    const started = performance.now();
    const answer = await fetch(`data/${layer}.bin?rev=${rev}`);
    if (!answer.ok) throw new Error(`${layer}: answer ${answer.status}`);
    const packed = new PackedLayer(await answer.arrayBuffer());
    const held = this.layers.get(layer);
    if (held !== undefined && held.rev > packed.rev) return null;
    if (this.names.get(layer)?.rev !== packed.namesRev) {
      const names = await (await fetch(`data/${layer}.json?rev=${packed.namesRev}`)).json();
      this.names.set(layer, { rev: packed.namesRev, names });
    }
    if (held !== undefined && held.namesRev === packed.namesRev && held.count === packed.count
        && layer === "units" && packed.count <= GLIDE_AT_MOST) {
      packed.glide = new Glide(held, packed, performance.now());
    }
    this.layers.set(layer, packed);
    const { count, timeMs } = packed;
    return { layer, rev: packed.rev, count, timeMs, ms: performance.now() - started };
  }

  sheet(layer, radius, dpr) {
    const key = `${layer}/${radius}/${dpr}`;
    if (!this.sheets.has(key)) {
      const made = new SpriteSheet(this.style.sprites[layer], radius * dpr, this.style.colours);
      this.sheets.set(key, made);
    }
    return this.sheets.get(key);
  }

  /** Which sprites of a layer are not to be seen, and which belong to the second pass. */
  masks(layer, hiddenGroups) {
    const hidden = new Uint8Array(256).fill(1); // numbers without a look are not drawn
    const second = new Uint8Array(256);
    this.style.sprites[layer].forEach((spec, id) => {
      const names = [layer, spec.group, spec.word, `mark_${spec.mark}`];
      hidden[id] = names.some((name) => name && hiddenGroups.includes(name)) ? 1 : 0;
      second[id] = spec.second ? 1 : 0;
    });
    return { hidden, second };
  }

  draw(request) {
    const started = performance.now();
    const view = { ...request.view };
    view.width = Math.ceil(view.cssWidth * view.dpr);
    view.height = Math.ceil(view.cssHeight * view.dpr);
    view.scale = 2 ** view.zoom;
    this.view = view;
    this.grid = null;
    this.prepare(view);
    this.picture.clear(request.owners === true);
    const counts = {};
    for (const layer of LAYERS) {
      const packed = this.layers.get(layer);
      const drawn = this.drawn.get(layer);
      drawn.count = 0;
      drawn.inView = 0;
      drawn.behindPx = 0;
      drawn.groups = [];
      if (packed === undefined) continue;
      this.paintLayer(layer, packed, drawn, view, request);
      counts[layer] = drawn.inView;
    }
    const ctx = this.canvas.getContext("2d");
    ctx.putImageData(this.picture.image, 0, 0);
    drawLabels(ctx, this, view, request);
    const bitmap = this.canvas.transferToImageBitmap();
    const behindPx = this.drawn.get("units").behindPx;
    return { bitmap, counts, behindPx, ms: performance.now() - started };
  }

  prepare(view) {
    const { width, height } = view;
    if (this.picture === null || this.picture.width !== width || this.picture.height !== height) {
      this.picture = new Picture(width, height);
      this.canvas = new OffscreenCanvas(width, height);
    }
  }

  paintLayer(layer, packed, drawn, view, request) {
    const { hidden, second } = this.masks(layer, request.hidden);
    const sheet = this.sheet(layer, spriteRadius(layer, view.zoom), view.dpr);
    sheet.fit(view.width);
    const margin = Math.ceil(24 * view.dpr);
    drawn.project(packed, view, hidden, second, margin);
    if (request.groups) {
      drawn.groups = gatherGroups(layer, packed, drawn, view, this.style.sprites[layer]);
    }
    const picture = this.picture;
    const part = LAYERS.indexOf(layer) << 24;
    const dots = drawn.count > DOTS_ABOVE;
    for (let k = 0; k < drawn.count; k++) {
      const row = drawn.order[k];
      if (drawn.grouped[row] !== 0) continue;
      const index = drawn.index[row];
      const sprite = sheet.sprites[packed.sprite[index]];
      const who = part + index + 1;
      if (dots) picture.dot(sprite.dotColour, drawn.px[row], drawn.py[row], who);
      else picture.stamp(sprite, drawn.px[row], drawn.py[row], who);
    }
  }

  /** What lies nearest to a point of the picture, in CSS pixels of the picture. */
  pick(x, y, radius) {
    if (this.view === null) return null;
    const { width, height, dpr } = this.view;
    for (const layer of [...LAYERS].reverse()) {
      const group = groupAt(this.drawn.get(layer).groups, x * dpr, y * dpr, dpr);
      if (group !== null) {
        return { layer, group: { n: group.n, sprite: group.worst, x: group.x / dpr,
          y: group.y / dpr } };
      }
    }
    if (this.grid === null) {
      const parts = LAYERS.filter((layer) => this.layers.has(layer)).map((layer) => ({
        layer,
        drawn: this.drawn.get(layer),
        rev: this.layers.get(layer).namesRev,
      }));
      this.grid = new PickGrid(parts, width, height, Math.ceil(24 * dpr));
    }
    return this.grid.nearest(x * dpr, y * dpr, radius * dpr);
  }

  /** Where a unit's row was drawn last, pixels; for tests. */
  where(row) {
    const drawn = this.drawn.get("units");
    const k = drawn.index.subarray(0, drawn.count).indexOf(row);
    return k < 0 ? { x: null, y: null } : { x: drawn.px[k], y: drawn.py[k] };
  }

  /** Whose pixels the last picture holds, and where each was drawn; for tests. */
  owners() {
    const seen = new Set(this.picture.owner ?? []);
    seen.delete(0);
    const positions = [];
    LAYERS.forEach((layer, no) => {
      const drawn = this.drawn.get(layer);
      for (let k = 0; k < drawn.count; k++) {
        if (drawn.grouped[k] !== 0) continue;
        positions.push([no, drawn.index[k], drawn.px[k], drawn.py[k]]);
      }
    });
    const painted = [...seen].map((who) => [who >> 24, (who & 0xffffff) - 1]);
    const groups = LAYERS.flatMap((layer) => this.drawn.get(layer).groups);
    const { said } = this.naming;
    return { painted, positions, groups, said, layers: LAYERS, dpr: this.view.dpr };
  }
}

const worker = new Painter();

async function answer(message) {
  if (message.op === "style") {
    worker.take(message.style);
    return { op: "styled" };
  }
  if (message.op === "load") {
    const loaded = await worker.load(message.layer, message.rev);
    return { op: "loaded", layer: message.layer, loaded };
  }
  if (message.op === "draw") return { op: "drawn", token: message.token, ...worker.draw(message) };
  if (message.op === "pick") {
    const hit = worker.pick(message.x, message.y, message.radius);
    return { op: "picked", why: message.why, hit };
  }
  if (message.op === "where") return { op: "where", ...worker.where(message.row) };
  if (message.op === "owners") return { op: "owners", ...worker.owners() };
  throw new Error(`unknown request ${message.op}`);
}

self.onmessage = async (event) => {
  try {
    const reply = await answer(event.data);
    self.postMessage(reply, reply.bitmap ? [reply.bitmap] : []);
  } catch (error) {
    const { op, layer } = event.data;
    self.postMessage({ op: "failed", of: op, layer, text: String(error?.stack ?? error) });
  }
};
