// Groups: where a layer is too dense to be read, neighbours become one sign with their number, in
// the colour and shape of their worst member. Cells lie on the ground, so that groups stay when
// the map is moved.
"use strict";

/** Side of a cell in CSS pixels, things in view above which a layer is grouped, least members. */
const GROUPING = {
  units: { cell: 46, above: 700, least: 4 },
  cameras: { cell: 40, above: 500, least: 4 },
  sensors: { cell: 40, above: 300, least: 4 },
  incidents: { cell: 44, above: 250, least: 3 },
};

/** Group what is drawn of a layer; members are marked in `drawn.grouped`. */
function gatherGroups(layer, packed, drawn, view, specs) {
  const { cell, above, least } = GROUPING[layer];
  if (drawn.inView <= above) return [];
  const side = cell * view.dpr;
  const offX = view.x0 * view.scale * view.dpr;
  const offY = view.y0 * view.scale * view.dpr;
  const cells = new Map();
  for (let k = 0; k < drawn.count; k++) {
    const column = Math.floor((drawn.px[k] + offX) / side);
    const line = Math.floor((drawn.py[k] + offY) / side);
    const key = line * 4194304 + column;
    let group = cells.get(key);
    if (group === undefined) {
      group = { n: 0, x: 0, y: 0, worst: 0, rank: -1, rows: [] };
      cells.set(key, group);
    }
    const sprite = packed.sprite[drawn.index[k]];
    const rank = specs[sprite].rank;
    if (rank > group.rank) {
      group.rank = rank;
      group.worst = sprite;
    }
    group.n++;
    group.x += drawn.px[k];
    group.y += drawn.py[k];
    group.rows.push(k);
  }
  const groups = [];
  for (const group of cells.values()) {
    if (group.n < least) continue;
    for (const k of group.rows) drawn.grouped[k] = 1;
    groups.push({ layer, n: group.n, worst: group.worst, rank: group.rank,
      x: Math.round(group.x / group.n), y: Math.round(group.y / group.n) });
  }
  return groups;
}

/** Radius of a group's sign, CSS pixels. */
function groupRadius(n) {
  return 9 + Math.min(8, 2.2 * Math.log10(n) * 1.6);
}

/** Draw the signs, the worst last, so that none hides it. */
function drawGroups(ctx, worker, view, groups) {
  const { style } = worker;
  const { colours } = style;
  const { dpr } = view;
  setFont(ctx, style, 11 * dpr, 700);
  ctx.textAlign = "center";
  for (const group of [...groups].sort((a, b) => a.rank - b.rank)) {
    const spec = style.sprites[group.layer][group.worst];
    const radius = groupRadius(group.n) * dpr;
    ctx.save();
    ctx.translate(group.x, group.y);
    ctx.beginPath();
    if (group.layer === "units") ctx.arc(0, 0, radius, 0, 2 * Math.PI);
    else ctx.roundRect(-radius * 1.1, -radius * 0.85, radius * 2.2, radius * 1.7, 3 * dpr);
    ctx.fillStyle = colours.panel;
    ctx.fill();
    ctx.lineWidth = 3.5 * dpr;
    ctx.strokeStyle = colours.window;
    ctx.stroke();
    ctx.lineWidth = 2 * dpr;
    ctx.strokeStyle = colours[spec.colour];
    ctx.stroke();
    ctx.save();
    ctx.translate(radius * 0.75, -radius * 0.75);
    drawSprite(ctx, { ...spec, heading: null, mark: "none" }, 4.2 * dpr, colours);
    ctx.restore();
    ctx.fillStyle = colours.text;
    ctx.fillText(String(group.n), 0, 0.5 * dpr);
    ctx.restore();
  }
  ctx.textAlign = "left";
}

/** The group whose sign lies under a point of the picture, or null. */
function groupAt(groups, x, y, dpr) {
  for (const group of groups) {
    if (Math.hypot(group.x - x, group.y - y) <= (groupRadius(group.n) + 2) * dpr) return group;
  }
  return null;
}
