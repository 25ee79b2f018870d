// Paints the ground's outlines: one picture a request, documents fetched when they are new.
"use strict";

importScripts("sprites.js", "labels.js", "groundlines.js");

/** Below this zoom districts are coloured, from it on streets. */
const STREETS_FROM_ZOOM = 12;
const GRID_NAMES_FROM_ZOOM = 13;
const GRIDS_FROM_ZOOM = 11;
/** Zooms at which the city pack's own basemap bears these names (`tiles_style`). */
const NAMED_BELOW = { district: [8, 13], street: [12, 15] };
const WORLD_PX = 256;

const held = new Map();

/** Fetch a document and turn its corners into places of the world at zoom 0. */
async function documentOf(name, rev) {
  const known = held.get(name);
  if (!rev || known?.rev === rev) return known?.rows ?? [];
  const answer = await fetch(`data/ground-${name}.json?rev=${rev}`);
  if (!answer.ok) throw new Error(`${name}: answer ${answer.status}`);
  const rows = (await answer.json()).map(prepared);
  held.set(name, { rev, rows });
  return rows;
}

function worldX(lon) {
  return ((lon + 180) * WORLD_PX) / 360;
}

function worldY(lat) {
  const s = Math.sin((lat * Math.PI) / 180);
  return WORLD_PX / 2 - (Math.atanh(s) * WORLD_PX) / (2 * Math.PI);
}

function prepared(row) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const rings = row.rings.map((flat) => {
    const ring = new Float64Array(flat.length);
    for (let i = 0; i < flat.length; i += 2) {
      const [x, y] = [worldX(flat[i + 1]), worldY(flat[i])];
      ring[i] = x;
      ring[i + 1] = y;
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    }
    return ring;
  });
  const [x, y] = [worldX(row.at[1]), worldY(row.at[0])];
  return { ...row, rings, box: rings.length ? box : [x, y, x, y], x, y };
}

class GroundPicture {
  constructor(request) {
    const { view } = request;
    this.request = request;
    this.k = view.scale * view.dpr;
    this.dpr = view.dpr;
    this.canvas = new OffscreenCanvas(Math.ceil(view.cssWidth * view.dpr),
      Math.ceil(view.cssHeight * view.dpr));
    this.ctx = this.canvas.getContext("2d");
    this.ctx.lineJoin = "round";
    this.room = new Room(view.dpr);
    this.east = view.x0 + view.cssWidth / view.scale;
    this.south = view.y0 + view.cssHeight / view.scale;
  }

  inView({ box }) {
    const { x0, y0 } = this.request.view;
    return box[0] <= this.east && box[2] >= x0 && box[1] <= this.south && box[3] >= y0;
  }

  trace(row) {
    const { ctx, k } = this;
    const { x0, y0 } = this.request.view;
    ctx.beginPath();
    for (const ring of row.rings) {
      ctx.moveTo((ring[0] - x0) * k, (ring[1] - y0) * k);
      for (let i = 2; i < ring.length; i += 2) ctx.lineTo((ring[i] - x0) * k, (ring[i + 1] - y0) * k);
      ctx.closePath();
    }
  }

  /** Width of a row on the picture, pixels; of one without an outline more than any word's. */
  span(row) {
    if (row.rings.length === 0) return Infinity;
    return Math.min(row.box[2] - row.box[0], row.box[3] - row.box[1]) * this.k;
  }

  /** Write words in the middle of a row, if there is room and the row is wide enough. */
  name(row, text, colour, px, weight, drop = 0) {
    const { ctx, dpr } = this;
    const { style, view } = this.request;
    setFont(ctx, style, px * dpr, weight);
    const width = ctx.measureText(text).width;
    if (width > 1.6 * this.span(row)) return;
    const x = (row.x - view.x0) * this.k - width / 2;
    const y = (row.y - view.y0) * this.k + drop * dpr;
    const high = (px + 2) * dpr;
    if (!this.room.take(x, y - high / 2, width, high)) return;
    haloText(ctx, text, x, y, style.colours, colour, dpr);
  }

  colours(rows) {
    const { view, tones, style, hidden } = this.request;
    const level = view.zoom < STREETS_FROM_ZOOM ? "district" : "street";
    for (const row of rows) {
      if (row.of !== level || !this.inView(row)) continue;
      const told = tones[row.id];
      this.trace(row);
      if (told && !hidden.includes(`tone_${told.tone}`)) {
        fillTone(this.ctx, told.tone, style.colours, this.dpr);
      }
      this.ctx.strokeStyle = style.colours.secondary;
      this.ctx.lineWidth = this.dpr;
      this.ctx.setLineDash(told ? [] : [2 * this.dpr, 4 * this.dpr]);
      this.ctx.stroke();
    }
    this.ctx.setLineDash([]);
    for (const row of rows) {
      const told = tones[row.id];
      if (row.of !== level || !told || told.tone === "green" || !this.inView(row)) continue;
      if (hidden.includes(`tone_${told.tone}`)) continue;
      const sign = told.tone === "red" ? "↑↑" : "↑";
      this.name(row, `${sign} ${told.n}`, toneColour(told.tone, style.colours), 13, 700, 16);
    }
  }

  grids(rows) {
    const { view, style, hidden, authorities } = this.request;
    if (view.zoom < GRIDS_FROM_ZOOM) return;
    const mine = (row, no) => row.of === authorities[no] && this.inView(row);
    authorities.forEach((code, no) => {
      if (hidden.includes(`grid_${code}`)) return;
      gridLine(this.ctx, no, style.dark, this.dpr);
      this.ctx.globalAlpha = view.zoom < GRID_NAMES_FROM_ZOOM ? 0.6 : 0.9;
      for (const row of rows) {
        if (!mine(row, no)) continue;
        this.trace(row);
        this.ctx.stroke();
      }
    });
    this.ctx.setLineDash([]);
    this.ctx.globalAlpha = 1;
    authorities.forEach((code, no) => {
      if (hidden.includes(`grid_${code}`)) return;
      for (const row of view.zoom < GRID_NAMES_FROM_ZOOM ? [] : rows) {
        if (mine(row, no)) this.name(row, row[style.lang], gridColour(no, style.dark), 11, 600, 15 * no - 15);
      }
    });
  }

  districts(rows) {
    const { view, style } = this.request;
    const { ctx, dpr } = this;
    const finest = view.zoom < STREETS_FROM_ZOOM ? ["district"] : ["street", "district"];
    for (const level of finest) {
      for (const row of rows) {
        if (row.of !== level || !this.inView(row)) continue;
        this.trace(row);
        const wide = level === "district" ? 2.6 : 1.2;
        for (const [colour, width] of [[style.colours.window, wide + 2.4], [style.colours.text, wide]]) {
          ctx.globalAlpha = level === "district" ? 0.85 : 0.6;
          ctx.strokeStyle = colour;
          ctx.lineWidth = width * dpr;
          ctx.stroke();
        }
        ctx.globalAlpha = 1;
      }
    }
    for (const level of ["district", "street"]) {
      if (!finest.includes(level)) continue;
      for (const row of rows) {
        if (row.of !== level || !this.inView(row)) continue;
        const big = level === "district";
        if (style.basemap === "named" && isNamedBelow(level, view.zoom)) continue;
        this.name(row, row[style.lang] || row.zh, style.colours.text, big ? 14 : 12, big ? 700 : 500);
      }
    }
  }
}

/** Whether the basemap bears the names of a level already. */
function isNamedBelow(level, zoom) {
  const [first, last] = NAMED_BELOW[level];
  return first <= zoom && zoom <= last;
}

async function paint(request) {
  const { revs, shown } = request;
  const districts = await documentOf("districts", revs.districts);
  const grids = shown.includes("grids") ? await documentOf("grids", revs.grids) : [];
  const picture = new GroundPicture(request);
  if (shown.includes("colours")) picture.colours(districts);
  if (shown.includes("districts")) picture.districts(districts);
  if (shown.includes("grids")) picture.grids(grids);
  return picture.canvas.transferToImageBitmap();
}

self.onmessage = async (event) => {
  try {
    const bitmap = await paint(event.data);
    self.postMessage({ bitmap }, [bitmap]);
  } catch (error) {
    self.postMessage({ failed: String(error?.stack ?? error) });
  }
};
