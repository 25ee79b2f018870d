// How lines and fills of the ground look; used by its worker and by the legend.
"use strict";

/** Colour on dark and on light ground, and dashes, of each authority's grids, the most divided
 * first: hues that mean nothing elsewhere. */
const GRID_LINES = [
  ["#86B5AC", "#2C756A", []], ["#C4A56B", "#86620F", [9, 5]], ["#A3A8DC", "#4B53A8", [2, 4]],
  ["#D09A8C", "#94483A", [12, 4, 2, 4]], ["#9DB37C", "#55702B", [5, 5]],
];
const TONE_COLOURS = { red: "critical", yellow: "caution" };
/** Normal has no colour elsewhere; here it is a quiet green. */
const GREEN = "#4E9A6B";

function toneColour(tone, colours) {
  return tone === "green" ? GREEN : colours[TONE_COLOURS[tone]];
}

function gridColour(no, dark) {
  return GRID_LINES[no % GRID_LINES.length][dark ? 0 : 1];
}

/** Set the line of an authority's grids. */
function gridLine(ctx, no, dark, dpr) {
  const [, , dashes] = GRID_LINES[no % GRID_LINES.length];
  ctx.strokeStyle = gridColour(no, dark);
  ctx.lineWidth = (no === 0 ? 1.1 : 1.7) * dpr;
  ctx.setLineDash(dashes.map((one) => one * dpr));
}

/** A tile of stripes: red leans to the right and is dense, yellow lies flat; green is plain. */
function toneStripes(tone, colour, dpr) {
  const side = Math.round(8 * dpr);
  const tile = new OffscreenCanvas(side, side);
  const ctx = tile.getContext("2d");
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5 * dpr;
  ctx.beginPath();
  if (tone === "red") {
    for (const shift of [-side, 0, side]) {
      ctx.moveTo(shift, side);
      ctx.lineTo(shift + side, 0);
    }
  } else {
    ctx.moveTo(0, side / 2);
    ctx.lineTo(side, side / 2);
  }
  ctx.stroke();
  return tile;
}

/** Fill the path of `ctx` with the look of a colour. */
function fillTone(ctx, tone, colours, dpr) {
  const colour = toneColour(tone, colours);
  ctx.globalAlpha = { red: 0.15, yellow: 0.16, green: 0.1 }[tone];
  ctx.fillStyle = colour;
  ctx.fill("evenodd");
  if (tone !== "green") {
    ctx.globalAlpha = 0.32;
    ctx.fillStyle = ctx.createPattern(toneStripes(tone, colour, dpr), "repeat");
    ctx.fill("evenodd");
  }
  ctx.globalAlpha = 1;
}
