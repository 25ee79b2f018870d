// Age rings: how far a unit may have got since its last fix; the older, the wider.
"use strict";

/** Speed a kind may move at, by its mark; below this age and zoom there is no ring. */
const DRIFT_MPS = { none: 1.35, dot: 1.35, bar: 8 };
const RING_FROM_S = 20;
const RING_FROM_ZOOM = 14;
const RING_AT_MOST_M = 600;
const RINGS_AT_MOST = 400;

/** Metres round its last fix within which a unit is, by its age. */
function ringMetres(mark, ageS) {
  return Math.min(RING_AT_MOST_M, DRIFT_MPS[mark] * ageS);
}

function drawAgeRings(ctx, worker, view) {
  const drawn = worker.drawn.get("units");
  const packed = worker.layers.get("units");
  if (packed === undefined || view.zoom < RING_FROM_ZOOM) return;
  const specs = worker.style.sprites.units;
  const pxPerM = (view.scale * view.dpr * 256) / (EARTH_M * Math.max(0.05, packed.cosLat()));
  const least = (spriteRadius("units", view.zoom) + 3) * view.dpr;
  ctx.lineWidth = 1.2 * view.dpr;
  ctx.setLineDash([2 * view.dpr, 3 * view.dpr]);
  let said = 0;
  for (let k = 0; k < drawn.count && said < RINGS_AT_MOST; k++) {
    if (drawn.grouped[k] !== 0) continue;
    const index = drawn.index[k];
    const spec = specs[packed.sprite[index]];
    const ageS = packed.ageS(index);
    if (ageS < RING_FROM_S || spec.group === "off_duty") continue;
    const radius = ringMetres(spec.mark, ageS) * pxPerM;
    if (radius < least) continue;
    ctx.strokeStyle = worker.style.colours[spec.colour];
    ctx.globalAlpha = 0.6;
    ctx.beginPath();
    ctx.arc(drawn.px[k], drawn.py[k], radius, 0, 2 * Math.PI);
    ctx.stroke();
    said++;
  }
  ctx.globalAlpha = 1;
  ctx.setLineDash([]);
}
