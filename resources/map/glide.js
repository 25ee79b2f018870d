// Smooth motion: from where a thing is drawn to where its newest fix says it is, never beyond it.
"use strict";

const GLIDE_MS = 900;
/** A step longer than this was no movement but a correction; it is drawn at once, metres. */
const STEP_AT_MOST_M = 250;
const EARTH_M = 40075016;

/** How far rows of a layer still are behind their newest fixes. */
class Glide {
  /** Begin where `before` is drawn now; both are packed layers with the same order of rows. */
  constructor(before, after, now) {
    this.at = now;
    const share = before.glide ? before.glide.rest(now) : 0;
    const count = after.count;
    this.x = new Float32Array(count);
    this.y = new Float32Array(count);
    const dx = before.originX - after.originX;
    const dy = before.originY - after.originY;
    const most = (STEP_AT_MOST_M * 256) / EARTH_M / Math.max(0.2, after.cosLat());
    for (let i = 0; i < count; i++) {
      if (before.sprite[i] === 255) continue;
      let x = before.x[i] + dx - after.x[i];
      let y = before.y[i] + dy - after.y[i];
      if (share > 0) {
        x += before.glide.x[i] * share;
        y += before.glide.y[i] * share;
      }
      if (x < most && x > -most && y < most && y > -most) {
        this.x[i] = x;
        this.y[i] = y;
      }
    }
  }

  /** The share of the way that is left. */
  rest(now) {
    return Math.max(0, 1 - (now - this.at) / GLIDE_MS);
  }
}
