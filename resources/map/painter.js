// Paints packed layers into pixels inside the worker: sprites become lists of (offset, colour),
// copied row band by row band, so that ten thousand of them cost a few milliseconds.
"use strict";

const BAND_PX = 16;
const OPAQUE_ALPHA = 250;
const FAINT_ALPHA = 24;
const DOTS_ABOVE = 50000;
/** Seconds that one step of a packed age stands for. */
const AGE_STEP_S = 4;

/** Sprites of one layer at one size, compiled to pixels for one width of the picture. */
class SpriteSheet {
  constructor(specs, radius, colours) {
    this.radius = radius;
    this.sprites = specs.map((spec) => SpriteSheet.compile(spec, radius, colours));
    this.width = 0;
  }

  static compile(spec, radius, colours) {
    const reach = spriteReach(spec, radius);
    const side = 2 * reach + 1;
    const ctx = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
    ctx.translate(reach + 0.5, reach + 0.5);
    drawSprite(ctx, spec, radius, colours);
    const pixels = new Uint32Array(ctx.getImageData(0, 0, side, side).data.buffer);
    const lists = { solid: [], soft: [] };
    for (let i = 0; i < pixels.length; i++) {
      const alpha = pixels[i] >>> 24;
      if (alpha < FAINT_ALPHA) continue;
      const list = alpha >= OPAQUE_ALPHA ? lists.solid : lists.soft;
      list.push([(i % side) - reach, Math.floor(i / side) - reach, pixels[i]]);
    }
    const dotColour = SpriteSheet.strongest(pixels, colours, spec);
    return {
      reach,
      dotColour,
      solid: SpriteSheet.columns(lists.solid),
      soft: SpriteSheet.columns(lists.soft),
    };
  }

  static columns(list) {
    return {
      dx: Int32Array.from(list, (p) => p[0]),
      dy: Int32Array.from(list, (p) => p[1]),
      colour: Uint32Array.from(list, (p) => p[2]),
      offset: new Int32Array(list.length),
    };
  }

  /** The colour of a sprite's meaning as one pixel, for the time when there are only dots. */
  static strongest(pixels, colours, spec) {
    const ctx = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    ctx.fillStyle = colours[spec.colour];
    ctx.fillRect(0, 0, 1, 1);
    return new Uint32Array(ctx.getImageData(0, 0, 1, 1).data.buffer)[0];
  }

  /** Turn (dx, dy) into offsets for pictures `width` pixels wide. */
  fit(width) {
    if (this.width === width) return;
    this.width = width;
    for (const sprite of this.sprites) {
      for (const list of [sprite.solid, sprite.soft]) {
        for (let k = 0; k < list.offset.length; k++) {
          list.offset[k] = list.dy[k] * width + list.dx[k];
        }
      }
    }
  }
}

/** One picture in pixels; `owner` is kept only while a test asks whose pixel each one is. */
class Picture {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.image = new ImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.owner = null;
  }

  clear(withOwner) {
    this.pixels.fill(0);
    this.owner = withOwner ? new Int32Array(this.pixels.length) : null;
  }

  stamp(sprite, x, y, who) {
    const { width, height, pixels, owner } = this;
    const r = sprite.reach;
    if (x < r || y < r || x >= width - r || y >= height - r) {
      this.stampClipped(sprite, x, y, who);
      return;
    }
    const base = y * width + x;
    const { offset, colour } = sprite.solid;
    for (let k = 0; k < offset.length; k++) pixels[base + offset[k]] = colour[k];
    const softOffset = sprite.soft.offset;
    const softColour = sprite.soft.colour;
    for (let k = 0; k < softOffset.length; k++) {
      const at = base + softOffset[k];
      if (pixels[at] === 0) pixels[at] = softColour[k];
    }
    if (owner !== null) for (let k = 0; k < offset.length; k++) owner[base + offset[k]] = who;
  }

  stampClipped(sprite, x, y, who) {
    const { width, height, pixels, owner } = this;
    for (const [list, over] of [[sprite.solid, true], [sprite.soft, false]]) {
      for (let k = 0; k < list.dx.length; k++) {
        const px = x + list.dx[k];
        const py = y + list.dy[k];
        if (px < 0 || py < 0 || px >= width || py >= height) continue;
        const at = py * width + px;
        if (over || pixels[at] === 0) pixels[at] = list.colour[k];
        if (over && owner !== null) owner[at] = who;
      }
    }
  }

  dot(colour, x, y, who) {
    const { width, height, pixels, owner } = this;
    for (let py = Math.max(0, y - 1); py <= Math.min(height - 1, y + 1); py++) {
      for (let px = Math.max(0, x - 1); px <= Math.min(width - 1, x + 1); px++) {
        pixels[py * width + px] = colour;
        if (owner !== null) owner[py * width + px] = who;
      }
    }
  }
}

/** A packed layer as Python sends it: 40 bytes of head, x, y (float32), sprite and age columns. */
class PackedLayer {
  constructor(buffer) {
    const head = new DataView(buffer, 0, 40);
    if (head.getUint32(0, false) !== 0x5a484d32) throw new Error("not a packed map layer");
    this.count = head.getUint32(4, true);
    this.rev = head.getUint32(8, true);
    this.namesRev = head.getUint32(12, true);
    this.originX = head.getFloat64(16, true);
    this.originY = head.getFloat64(24, true);
    this.timeMs = head.getFloat64(32, true);
    if (buffer.byteLength !== 40 + 10 * this.count) throw new Error("a map layer of a wrong length");
    this.x = new Float32Array(buffer, 40, this.count);
    this.y = new Float32Array(buffer, 40 + 4 * this.count, this.count);
    this.sprite = new Uint8Array(buffer, 40 + 8 * this.count, this.count);
    this.age = new Uint8Array(buffer, 40 + 9 * this.count, this.count);
    this.loadedAt = performance.now();
    this.glide = null;
  }

  /** Cosine of the latitude in the middle, for lengths on the ground. */
  cosLat() {
    return 1 / Math.cosh((128 - this.originY) * (Math.PI / 128));
  }

  /** Age of a row's fix now, seconds. */
  ageS(index) {
    return this.age[index] * AGE_STEP_S + (performance.now() - this.loadedAt) / 1000;
  }
}

/** What of one layer was drawn last and where: pixel positions in order of drawing. */
class Drawn {
  constructor() {
    this.room = 0;
    this.count = 0;
    this.inView = 0;
    this.behindPx = 0;
    this.groups = [];
    this.reserve(1); // a layer may be empty for hours
  }

  reserve(n) {
    if (n <= this.room) return;
    this.room = Math.max(n, 2 * this.room);
    this.index = new Uint32Array(this.room);
    this.px = new Int32Array(this.room);
    this.py = new Int32Array(this.room);
    this.key = new Int32Array(this.room);
    this.order = new Uint32Array(this.room);
    this.grouped = new Uint8Array(this.room);
  }

  /** Keep what lies in view, and its sort key: second pass after first, then by row band. */
  project(layer, view, hidden, second, margin) {
    this.reserve(layer.count);
    const { x, y, sprite } = layer;
    const scale = view.scale * view.dpr;
    const dx = (layer.originX - view.x0) * scale;
    const dy = (layer.originY - view.y0) * scale;
    const right = view.width + margin;
    const bottom = view.height + margin;
    const bands = Math.ceil((view.height + 2 * margin) / BAND_PX) + 1;
    const pad = view.pad * view.dpr;
    const [innerRight, innerBottom] = [view.width - pad, view.height - pad];
    const rest = layer.glide === null ? 0 : layer.glide.rest(performance.now()) * scale;
    const gx = layer.glide?.x;
    const gy = layer.glide?.y;
    let n = 0;
    let inView = 0;
    let behind = 0;
    for (let i = 0; i < layer.count; i++) {
      const s = sprite[i];
      if (hidden[s] !== 0) continue;
      let fx = dx + x[i] * scale;
      let fy = dy + y[i] * scale;
      if (rest > 0) {
        fx += gx[i] * rest;
        fy += gy[i] * rest;
      }
      const px = Math.round(fx);
      const py = Math.round(fy);
      if (px < -margin || py < -margin || px >= right || py >= bottom) continue;
      if (rest > 0) behind = Math.max(behind, Math.abs(gx[i]) + Math.abs(gy[i]));
      this.index[n] = i;
      this.px[n] = px;
      this.py[n] = py;
      if (px >= pad && py >= pad && px < innerRight && py < innerBottom) inView++;
      this.key[n] = second[s] * bands + (((py + margin) / BAND_PX) | 0);
      n++;
    }
    this.count = n;
    this.inView = inView;
    this.behindPx = behind * rest;
    this.grouped.fill(0, 0, n);
    this.sort(2 * bands);
  }

  /** Counting sort of the rows kept, by key. */
  sort(keys) {
    const start = new Uint32Array(keys + 1);
    for (let k = 0; k < this.count; k++) start[this.key[k] + 1]++;
    for (let k = 0; k < keys; k++) start[k + 1] += start[k];
    for (let k = 0; k < this.count; k++) this.order[start[this.key[k]]++] = k;
  }
}

/** A grid over what was drawn, made when it is first asked after a draw; later asks cost a microsecond. */
class PickGrid {
  constructor(parts, width, height, cell) {
    this.cell = cell;
    this.parts = parts;
    this.columns = Math.max(1, Math.ceil(width / cell));
    this.rows = Math.max(1, Math.ceil(height / cell));
    this.cells = new Map();
    parts.forEach(({ drawn }, part) => {
      for (let k = 0; k < drawn.count; k++) {
        const at = this.cellOf(drawn.px[k], drawn.py[k]);
        if (!this.cells.has(at)) this.cells.set(at, []);
        this.cells.get(at).push(part, k);
      }
    });
  }

  cellOf(x, y) {
    return Math.floor(y / this.cell) * (this.columns + 2) + Math.floor(x / this.cell);
  }

  /** The thing nearest to (x, y) within `radius` pixels; layers drawn later win ties. */
  nearest(x, y, radius) {
    let best = null;
    let bestD = radius * radius;
    const span = Math.ceil(radius / this.cell);
    for (let j = -span; j <= span; j++) {
      for (let i = -span; i <= span; i++) {
        const list = this.cells.get(this.cellOf(x + i * this.cell, y + j * this.cell));
        if (list === undefined) continue;
        for (let k = 0; k < list.length; k += 2) {
          const { drawn, layer, rev } = this.parts[list[k]];
          const row = list[k + 1];
          const d = (drawn.px[row] - x) ** 2 + (drawn.py[row] - y) ** 2;
          if (d <= bestD) {
            bestD = d;
            best = { layer, rev, index: drawn.index[row], px: drawn.px[row], py: drawn.py[row] };
          }
        }
      }
    }
    return best;
  }
}
