// Names beside symbols: the most important first, clear of words and of symbols, and from one
// picture to the next where they were.
"use strict";

const LABELS_AT_MOST = 400;
/** Symbols are known by cells of so many CSS pixels. */
const SYMBOL_CELL = 4;
/** A name that stands stays while a symbol grazes it: up to this share of its cells. */
const GRAZED = 0.1;
/** Sides of a symbol a name may stand at, the usual one first. */
const SIDES = [[1, 0], [-1, 0], [0, -1], [0, 1]];
/** Zooms from which a layer's names are said: those drawn over the others, and all. */
const NAMED_FROM = { incidents: [11, 13], sensors: [11, 16], units: [14, 15], cameras: [17, 17] };
const NAMED = Object.keys(NAMED_FROM);
/** How important a name is, 0 first: something is wrong, it is picked, it is at work, the rest. */
const [WRONG, PICKED, BUSY, REST] = [0, 1, 2, 3];

/** Where symbols were painted in a picture. */
class Symbols {
  constructor() {
    this.cells = new Uint8Array(0);
    this.columns = this.rows = 0;
  }

  /** Note every symbol of the layers drawn. */
  mark(worker, view) {
    this.cell = SYMBOL_CELL * view.dpr;
    this.columns = Math.ceil(view.width / this.cell);
    this.rows = Math.ceil(view.height / this.cell);
    const size = this.columns * this.rows;
    if (this.cells.length < size) this.cells = new Uint8Array(size);
    else this.cells.fill(0, 0, size);
    for (const [layer, drawn] of worker.drawn) {
      const reach = (drawn.count > DOTS_ABOVE ? 1 : spriteRadius(layer, view.zoom)) * view.dpr;
      for (let k = 0; k < drawn.count; k++) {
        if (drawn.grouped[k] === 0) this.put(drawn.px[k], drawn.py[k], reach);
      }
    }
  }

  put(x, y, reach) {
    const { cell, cells, columns } = this;
    const [left, top] = [Math.max(0, Math.floor((x - reach) / cell)),
      Math.max(0, Math.floor((y - reach) / cell))];
    const right = Math.min(columns - 1, Math.floor((x + reach) / cell));
    const bottom = Math.min(this.rows - 1, Math.floor((y + reach) / cell));
    for (let j = top; j <= bottom; j++) cells.fill(1, j * columns + left, j * columns + right + 1);
  }

  /** The share of a rectangle that symbols cover, 0 to 1. */
  under(x, y, width, height) {
    const { cell, cells, columns } = this;
    const [left, top] = [Math.max(0, Math.floor(x / cell)), Math.max(0, Math.floor(y / cell))];
    const right = Math.min(columns - 1, Math.floor((x + width) / cell));
    const bottom = Math.min(this.rows - 1, Math.floor((y + height) / cell));
    if (right < left || bottom < top) return 1;
    let covered = 0;
    for (let j = top; j <= bottom; j++) {
      const row = j * columns;
      for (let i = left; i <= right; i++) covered += cells[row + i];
    }
    return covered / ((right - left + 1) * (bottom - top + 1));
  }
}

/** Names that stand: at which side of its symbol each does, by layer and row. */
class Naming {
  constructor() {
    this.symbols = new Symbols();
    this.stood = new Map(NAMED.map((layer) => [layer, { rev: -1, sides: new Map() }]));
    this.widths = new Map();
    this.said = [];
  }

  /** Say the names of a picture where there is room. */
  draw(ctx, worker, view, room, rings) {
    const wanted = this.wanted(worker, view, rings);
    this.said = [];
    if (wanted.length === 0) return;
    this.symbols.mark(worker, view);
    setFont(ctx, worker.style, 11 * view.dpr, 600);
    ctx.textAlign = "left";
    const { colours } = worker.style;
    const left = new Map(NAMED.map((layer) => [layer, LABELS_AT_MOST]));
    const sides = new Map(NAMED.map((layer) => [layer, new Map()]));
    for (const one of wanted) {
      if (left.get(one.layer) === 0) continue;
      const place = this.place(ctx, view, room, one);
      if (place === null) continue;
      const [side, x, y, width] = place;
      haloText(ctx, one.text, x, y + 5.5 * view.dpr, colours, colours.text, view.dpr);
      this.said.push({ layer: one.layer, index: one.index, text: one.text, side, x, y, width });
      sides.get(one.layer).set(one.index, side);
      left.set(one.layer, left.get(one.layer) - 1);
    }
    for (const layer of NAMED) {
      this.stood.set(layer, { rev: worker.layers.get(layer)?.namesRev ?? -1,
        sides: sides.get(layer) });
    }
  }

  /** What is to be named, the most important first; what stands goes before what does not. */
  wanted(worker, view, rings) {
    const found = [];
    for (const [rank, layer] of NAMED.entries()) {
      const [some, all] = NAMED_FROM[layer];
      const packed = worker.layers.get(layer);
      const names = worker.names.get(layer)?.names;
      if (view.zoom < some || packed === undefined || names === undefined) continue;
      const specs = worker.style.sprites[layer];
      const held = this.stood.get(layer);
      const sides = held.rev === packed.namesRev ? held.sides : new Map();
      const picked = new Set(rings.filter(([of, , order]) => of === layer
        && order === packed.namesRev).map(([, index]) => index));
      const over = layer === "units" || layer === "cameras" ? BUSY : WRONG;
      const drawn = worker.drawn.get(layer);
      for (let k = 0; k < drawn.count; k++) {
        if (drawn.grouped[k] !== 0) continue;
        const index = drawn.index[k];
        const { second } = specs[packed.sprite[index]];
        const text = names[index];
        if (!text || (!second && view.zoom < all)) continue;
        const isPicked = picked.has(index);
        const importance = second && over === WRONG ? WRONG : isPicked ? PICKED
          : second ? BUSY : REST;
        const side = sides.get(index);
        const order = (importance * 2 + (side === undefined ? 1 : 0)) * NAMED.length + rank;
        const away = spriteRadius(layer, view.zoom) + 5 + (isPicked ? 5 : 0);
        found.push({ layer, index, text, order, side, importance, away: away * view.dpr,
          px: drawn.px[k], py: drawn.py[k] });
      }
    }
    return found.sort((a, b) => a.order - b.order || a.index - b.index);
  }

  /** Side, left, top and width of a name where it has room, or null. */
  place(ctx, view, room, one) {
    const height = 11 * view.dpr;
    const width = this.width(ctx, one.text);
    let best = null;
    let least = one.importance === REST ? 0 : 1;
    for (let turn = 0; turn <= SIDES.length; turn++) {
      // Where it stood is tried first.
      const side = turn === 0 ? one.side : turn - 1;
      if (side === undefined || (turn > 0 && side === one.side)) continue;
      const [dx, dy] = SIDES[side];
      const x = one.px + (dx === 1 ? one.away : dx === -1 ? -one.away - width : -width / 2);
      const y = one.py + (dy === 1 ? one.away : dy === -1 ? -one.away - height : -height / 2);
      const covered = this.symbols.under(x, y, width, height);
      const isGood = covered <= (turn === 0 ? GRAZED : 0);
      if (!isGood && (covered > least || (best !== null && covered >= least))) continue;
      if (!room.isFree(x, y, width, height)) continue;
      best = [side, x, y, width];
      if (isGood) break;
      least = turn === 0 ? covered - GRAZED : covered; // another side has to be much better
    }
    if (best !== null) room.take(best[1], best[2], width, height);
    return best;
  }

  width(ctx, text) {
    const key = `${ctx.font}/${text}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      if (this.widths.size > 20000) this.widths.clear();
      width = ctx.measureText(text).width;
      this.widths.set(key, width);
    }
    return width;
  }
}
