// A field to sign in with a finger: strokes of points, which a document carries as they were drawn.

import { make } from "./views.js";
import { word } from "./words.js";

const SIDE = 1000;
const MOST_POINTS = 2500;

/** A field for one signature. */
export class Signature {
  constructor() {
    this.strokes = [];
    this.drawing = false;
    this.canvas = make("canvas", { class: "signature", id: "signature", width: 640, height: 256, role: "img",
      "aria-label": word("sign_here") });
    const { canvas } = this;
    canvas.addEventListener("pointerdown", event => this.begin(event));
    canvas.addEventListener("pointermove", event => this.go(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { this.drawing = false; });
    this.element = make("div", { class: "card" }, make("span", { class: "quiet-text" }, word("sign_here")), canvas,
      make("button", { type: "button", class: "quiet", id: "sign-again", onclick: () => this.clear() },
        word("sign_again")));
  }

  /** The strokes as central takes them, "x,y x,y;x,y", 0 to 1000; empty when nobody signed. */
  get text() {
    return this.strokes.map(one => one.map(([x, y]) => `${x},${y}`).join(" ")).join(";");
  }

  clear() {
    this.strokes = [];
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  begin(event) {
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.drawing = true;
    this.strokes.push([]);
    this.go(event);
  }

  go(event) {
    if (!this.drawing || this.strokes.flat().length >= MOST_POINTS) return;
    const box = this.canvas.getBoundingClientRect();
    const part = (at, low, size) => Math.min(SIDE, Math.max(0, Math.round(((at - low) / size) * SIDE)));
    const stroke = this.strokes.at(-1);
    stroke.push([part(event.clientX, box.left, box.width), part(event.clientY, box.top, box.height)]);
    const [from, to] = [stroke.at(-2) ?? stroke.at(-1), stroke.at(-1)];
    const pen = this.canvas.getContext("2d");
    const place = ([x, y]) => [(x / SIDE) * this.canvas.width, (y / SIDE) * this.canvas.height];
    pen.strokeStyle = "#10161d";
    pen.lineWidth = 4;
    pen.lineCap = "round";
    pen.beginPath();
    pen.moveTo(...place(from));
    pen.lineTo(...place(to));
    pen.stroke();
  }
}
