// Words over the painted pixels: call signs, numbers, the ring of what is picked, near badges.
"use strict";

/** Nominal radius of a layer's sprites at a zoom, CSS pixels. */
function spriteRadius(layer, zoom) {
  const steps = { cameras: [2.5, 4, 6], sensors: [3.5, 5, 7.5], units: [3.5, 5.5, 8], incidents: [5.5, 7, 9] }[layer];
  if (zoom < 12) return steps[0];
  return zoom < 15 ? steps[1] : steps[2];
}

/** Room already taken by words, in cells of 8 × 8 CSS pixels. */
class Room {
  constructor(dpr) {
    this.cell = 8 * dpr;
    this.taken = new Set();
  }

  /** Whether nothing is in a rectangle. */
  isFree(x, y, width, height) {
    for (let j = Math.floor(y / this.cell); j <= Math.floor((y + height) / this.cell); j++) {
      for (let i = Math.floor(x / this.cell); i <= Math.floor((x + width) / this.cell); i++) {
        if (this.taken.has(j * 65536 + i)) return false;
      }
    }
    return true;
  }

  /** Take the rectangle if nothing is in it. */
  take(x, y, width, height) {
    if (!this.isFree(x, y, width, height)) return false;
    for (let j = Math.floor(y / this.cell); j <= Math.floor((y + height) / this.cell); j++) {
      for (let i = Math.floor(x / this.cell); i <= Math.floor((x + width) / this.cell); i++) {
        this.taken.add(j * 65536 + i);
      }
    }
    return true;
  }
}

function setFont(ctx, style, px, weight) {
  ctx.font = `${weight} ${px}px ${style.font}`;
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
}

function haloText(ctx, text, x, y, colours, colour, dpr) {
  ctx.strokeStyle = colours.window;
  ctx.lineWidth = 3 * dpr;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

/** Where a row of a layer in a given order lies in the picture, or null when it is not drawn. */
function placeOf(worker, layer, index, order) {
  const drawn = worker.drawn.get(layer);
  if (worker.layers.get(layer)?.namesRev !== order) return null;
  for (let k = 0; k < drawn.count; k++) {
    if (drawn.index[k] === index) return [drawn.px[k], drawn.py[k]];
  }
  return null;
}

function ringRound(ctx, [x, y], radius, colours, dpr) {
  for (const [style, width] of [[colours.window, 4.5], [colours.text, 2]]) {
    ctx.strokeStyle = style;
    ctx.lineWidth = width * dpr;
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
    ctx.stroke();
  }
}

/** Room for a badge beside a unit: above, below, left, right, then further and further above. */
function badgePlace(room, [x, y], width, height, away) {
  const places = [[-height / 2, -away - height], [-height / 2, away], [-away - width, -height / 2],
    [away, -height / 2]];
  for (let step = 1; step <= 6; step++) places.push([-height / 2, -away - height * (1 + 1.15 * step)]);
  for (const [dx, dy] of places) {
    if (room.take(x + dx, y + dy, width, height)) return [x + dx, y + dy];
  }
  return [x - height / 2, y - away - height];
}

/** The badge of a near unit: its rank in a disc and its minutes by road, joined to it by a line. */
function badge(ctx, worker, view, near, room) {
  const at = placeOf(worker, "units", near.index, near.order);
  if (at === null) return;
  const { style } = worker;
  const { colours } = style;
  const { dpr } = view;
  const radius = 8 * dpr;
  setFont(ctx, style, 11 * dpr, 700);
  const words = ctx.measureText(near.text).width;
  const width = 2 * radius + words + 9 * dpr;
  const away = (spriteRadius("units", view.zoom) + 3) * dpr;
  const [left, top] = badgePlace(room, at, width, 2 * radius + 2 * dpr, away);
  const [x, y] = [left + radius + dpr, top + radius + dpr];
  ctx.strokeStyle = colours.text;
  ctx.lineWidth = dpr;
  ctx.beginPath();
  const far = Math.hypot(x - at[0], y - at[1]) || 1;
  const rim = (away - 2 * dpr) / far; // the line begins at the sprite's rim
  ctx.moveTo(at[0] + (x - at[0]) * rim, at[1] + (y - at[1]) * rim);
  ctx.lineTo(x, y);
  ctx.stroke();
  ctx.fillStyle = colours.window;
  ctx.beginPath();
  ctx.roundRect(left, top, width, 2 * radius + 2 * dpr, radius + dpr);
  ctx.fill();
  ctx.stroke();
  ctx.fillStyle = colours.text;
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fill();
  ctx.textAlign = "center";
  ctx.fillStyle = colours.window;
  ctx.fillText(String(near.rank), x, y + 0.5 * dpr);
  ctx.textAlign = "left";
  ctx.fillStyle = colours.text;
  ctx.fillText(near.text, x + radius + 4 * dpr, y + 0.5 * dpr);
}

/** Draw every word and ring of a request over the pixels. */
function drawLabels(ctx, worker, view, request) {
  const { style } = worker;
  const room = new Room(view.dpr);
  drawAgeRings(ctx, worker, view);
  for (const [layer] of worker.drawn) {
    for (const { x, y, n } of worker.drawn.get(layer).groups) {
      const radius = groupRadius(n) * view.dpr;
      room.take(x - radius, y - radius, 2 * radius, 2 * radius);
    }
  }
  drawGroups(ctx, worker, view, [...worker.drawn.values()].flatMap((drawn) => drawn.groups));
  for (const [layer, index, order] of request.rings) {
    const at = placeOf(worker, layer, index, order);
    if (at === null) continue;
    ringRound(ctx, at, (spriteRadius(layer, view.zoom) + 6) * view.dpr, style.colours, view.dpr);
  }
  for (const near of request.near) badge(ctx, worker, view, near, room);
  worker.naming.draw(ctx, worker, view, room, request.rings);
}
