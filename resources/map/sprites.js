// Draws one sprite from its description; used by the worker (compiled to pixels) and by the legend.
"use strict";

/** Trace a regular polygon of `n` corners round (0, 0), the first at `turn` radians from north. */
function tracePolygon(ctx, n, radius, turn) {
  ctx.beginPath();
  for (let i = 0; i < n; i++) {
    const a = turn + (2 * Math.PI * i) / n;
    ctx.lineTo(radius * Math.sin(a), -radius * Math.cos(a));
  }
  ctx.closePath();
}

/** Trace the outline of a shape of nominal radius `r` round (0, 0). */
function traceShape(ctx, shape, r) {
  if (shape === "octagon") {
    tracePolygon(ctx, 8, r * 1.08, Math.PI / 8);
  } else if (shape === "triangle") {
    tracePolygon(ctx, 3, r * 1.25, 0);
  } else if (shape === "square") {
    tracePolygon(ctx, 4, r * 1.25, Math.PI / 4);
  } else if (shape === "sensor") {
    ctx.beginPath();
    ctx.roundRect(-r * 1.1, -r * 0.9, r * 2.2, r * 1.8, r * 0.5);
  } else if (shape === "diamond") {
    tracePolygon(ctx, 4, r * 1.25, 0);
  } else if (shape === "chevron") {
    ctx.beginPath();
    for (const [x, y] of [[-1, -0.9], [0.15, -0.9], [1, 0], [0.15, 0.9], [-1, 0.9], [-0.15, 0]]) {
      ctx.lineTo(x * r * 1.1, y * r * 1.1);
    }
    ctx.closePath();
  } else {
    ctx.beginPath();
    ctx.arc(0, 0, shape === "dot" ? r * 0.7 : r, 0, 2 * Math.PI);
    ctx.closePath();
  }
}

/** Draw the short line that shows where a unit is heading, degrees clockwise from north. */
function drawHeading(ctx, headingDeg, r, colours, colour, line) {
  const a = (headingDeg * Math.PI) / 180;
  const from = r * 1.15;
  const to = r * 1.15 + Math.max(3, r * 0.75);
  for (const [style, width] of [[colours.window, line * 2.4], [colour, line]]) {
    ctx.strokeStyle = style;
    ctx.lineWidth = width;
    ctx.beginPath();
    ctx.moveTo(from * Math.sin(a), -from * Math.cos(a));
    ctx.lineTo(to * Math.sin(a), -to * Math.cos(a));
    ctx.stroke();
  }
}

/** What a sensor measures: sound bars, grains, a wave, a cloud. */
const SENSOR_MARKS = {
  noise: (ctx, s) => {
    for (const [x, high] of [[-1, 0.4], [0, 1], [1, 0.6]]) {
      ctx.moveTo(x * s, high * s);
      ctx.lineTo(x * s, -high * s);
    }
  },
  dust: (ctx, s) => {
    for (const [x, y] of [[-0.9, 0.5], [0, -0.6], [0.9, 0.5]]) {
      ctx.moveTo(x * s + s * 0.25, y * s);
      ctx.arc(x * s, y * s, s * 0.25, 0, 2 * Math.PI);
    }
  },
  water: (ctx, s) => {
    ctx.moveTo(-1.2 * s, 0);
    ctx.bezierCurveTo(-0.6 * s, -1.2 * s, -0.6 * s, 1.2 * s, 0, 0);
    ctx.bezierCurveTo(0.6 * s, -1.2 * s, 0.6 * s, 1.2 * s, 1.2 * s, 0);
  },
  gas: (ctx, s) => {
    ctx.moveTo(-s, -0.7 * s);
    ctx.lineTo(s, -0.7 * s);
    ctx.moveTo(-s, 0);
    ctx.lineTo(s, 0);
    ctx.moveTo(-s, 0.7 * s);
    ctx.lineTo(s, 0.7 * s);
  },
};

/** Draw the mark inside a shape that tells the kind of unit: a dot (patrol), a bar (vehicle). */
function drawMark(ctx, mark, r, style) {
  ctx.fillStyle = style;
  if (mark === "dot") {
    ctx.beginPath();
    ctx.arc(0, r * 0.08, Math.max(1, r * 0.32), 0, 2 * Math.PI);
    ctx.fill();
  } else if (mark === "bar") {
    const h = Math.max(1.6, r * 0.42);
    ctx.fillRect(-r * 0.62, -h / 2 + r * 0.08, r * 1.24, h);
  } else if (mark in SENSOR_MARKS) {
    ctx.strokeStyle = style;
    ctx.lineWidth = Math.max(1, r * 0.2);
    ctx.beginPath();
    SENSOR_MARKS[mark](ctx, r * 0.55);
    ctx.stroke();
  }
}

/** Draw a camera: a wedge that looks along its bearing, and a small body. */
function drawCamera(ctx, spec, r, colours, colour, line) {
  if (spec.heading !== null && r > 3) {
    const a = (spec.heading * Math.PI) / 180 - Math.PI / 2;
    ctx.fillStyle = colour;
    ctx.globalAlpha = 0.3;
    ctx.beginPath();
    ctx.moveTo(0, 0);
    ctx.arc(0, 0, r * 2.3, a - 0.45, a + 0.45);
    ctx.closePath();
    ctx.fill();
    ctx.globalAlpha = 1;
  }
  const side = r * 1.3;
  ctx.fillStyle = colours.window;
  ctx.fillRect(-side / 2 - 1, -side / 2 - 1, side + 2, side + 2);
  ctx.fillStyle = colour;
  if (spec.shape === "camera") {
    ctx.fillRect(-side / 2, -side / 2, side, side);
  } else {
    ctx.strokeStyle = colour;
    ctx.lineWidth = line;
    ctx.strokeRect(-side / 2 + line / 2, -side / 2 + line / 2, side - line, side - line);
  }
  if (spec.shape === "camera_crossed" && r > 2.5) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = line;
    ctx.beginPath();
    ctx.moveTo(-side * 0.8, side * 0.8);
    ctx.lineTo(side * 0.8, -side * 0.8);
    ctx.stroke();
  }
}

/**
 * Draw a sprite round (0, 0) of `ctx`.
 * @param spec {shape, colour, mark, heading, dashed, alpha, hollow, outline} as Python sends it.
 * @param r Nominal radius in the units of `ctx`.
 */
function drawSprite(ctx, spec, r, colours) {
  const colour = colours[spec.colour];
  const line = Math.max(1.2, r * 0.24);
  ctx.save();
  ctx.lineJoin = "round";
  ctx.lineCap = "round";
  ctx.globalAlpha = spec.alpha;
  if (spec.shape.startsWith("camera")) {
    drawCamera(ctx, spec, r, colours, colour, line);
    ctx.restore();
    return;
  }
  if (spec.heading !== null && spec.shape !== "chevron" && r > 4) {
    drawHeading(ctx, spec.heading, r, colours, colour, line);
  }
  ctx.save();
  if (spec.shape === "chevron" && spec.heading !== null) {
    ctx.rotate(((spec.heading - 90) * Math.PI) / 180);
  }
  traceShape(ctx, spec.shape, r);
  ctx.strokeStyle = spec.outline ? colours.text : colours.window;
  ctx.lineWidth = spec.outline ? line * 2.6 : line * 2.2;
  ctx.stroke();
  ctx.fillStyle = spec.hollow ? colours.window : colour;
  ctx.fill();
  if (spec.hollow) {
    if (spec.dashed) ctx.setLineDash([r * 0.6, r * 0.5]);
    ctx.strokeStyle = colour;
    ctx.lineWidth = line;
    ctx.stroke();
    ctx.setLineDash([]);
  }
  if (r > 4) drawMark(ctx, spec.mark, r, spec.hollow ? colour : colours.window);
  ctx.restore();
  ctx.restore();
}

/** How far a sprite of nominal radius `r` reaches from its middle, in the same units. */
function spriteReach(spec, r) {
  return Math.ceil(spec.shape.startsWith("camera") ? r * 2.4 + 1 : r * 2 + 4);
}
