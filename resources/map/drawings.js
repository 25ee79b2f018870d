// What is marked on the map for a while: a place, a way by road, the trail of a unit.
"use strict";

/** Told apart by the colour-blind as well (Okabe and Ito); black and yellow are left out. */
const TRAIL_COLOURS = [
  "#e69f00", "#0072b2", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#9467bd",
];

class Drawings {
  constructor(map, colours) {
    this.map = map;
    this.colours = colours;
    this.marks = L.layerGroup().addTo(map);
    this.trails = L.layerGroup().addTo(map);
  }

  clear() {
    this.marks.clearLayers();
  }

  /** Mark a place, with words or none. */
  pin(at, text) {
    this.clear();
    const style = { radius: 7, color: this.colours().focus, weight: 2, fillOpacity: 0.15,
      interactive: false };
    const mark = L.circleMarker(at, style).addTo(this.marks);
    if (text) this.label(mark, text, [0, -6]);
  }

  label(mark, text, offset) {
    const words = document.createElement("span");
    words.textContent = text;
    mark.bindTooltip(words, { permanent: true, direction: "top", offset, className: "map-label" });
  }

  /** A way by road, and how long it takes at its end; the map looks at all of it. */
  way({ points, text }) {
    this.clear();
    const { window: rim, focus } = this.colours();
    L.polyline(points, { color: rim, weight: 7, interactive: false }).addTo(this.marks);
    const line = L.polyline(points, { color: focus, weight: 4, interactive: false })
      .addTo(this.marks);
    const end = L.circleMarker(points[points.length - 1], { radius: 5, color: focus, weight: 2,
      interactive: false }).addTo(this.marks);
    this.label(end, text, [0, 0]);
    this.map.fitBounds(line.getBounds(), { padding: [60, 60], maxZoom: 16 });
  }

  /** The ways of units, each in its colour with its name; older stretches are fainter. */
  showTrails(trails) {
    this.trails.clearLayers();
    const several = trails.length > 1 || trails.some(({ colour }) => colour > 0);
    for (const { name, colour, points } of trails) {
      const color = colour > 0 ? TRAIL_COLOURS[colour - 1] : this.colours().en_route;
      this.trail(points, color, several);
      if (!several) continue;
      const end = L.circleMarker(points[points.length - 1], { radius: 4, color, weight: 2,
        fillOpacity: 1, interactive: false }).addTo(this.trails);
      this.label(end, name, [0, -4]);
      end.getTooltip().getElement()?.style.setProperty("border-color", color);
    }
  }

  trail(points, color, rimmed) {
    const part = Math.max(1, Math.ceil(points.length / 4));
    if (rimmed) {
      L.polyline(points, { color: this.colours().window, weight: 6, opacity: 0.7,
        interactive: false }).addTo(this.trails);
    }
    for (let no = 0; no < points.length - 1; no += part) {
      L.polyline(points.slice(no, no + part + 1), { color, weight: rimmed ? 3.5 : 2.5,
        interactive: false, opacity: (rimmed ? 0.6 : 0.3) + 0.4 * (no / points.length) })
        .addTo(this.trails);
    }
  }
}
