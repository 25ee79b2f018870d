// What is marked on the map for a while: a place, a way by road, the trail of a unit.
"use strict";

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

  /** The way of the picked unit: older stretches are fainter. */
  trail(points) {
    this.trails.clearLayers();
    const part = Math.max(1, Math.ceil(points.length / 4));
    const color = this.colours().en_route;
    for (let no = 0; no < points.length - 1; no += part) {
      L.polyline(points.slice(no, no + part + 1), { color, weight: 2.5, interactive: false,
        opacity: 0.3 + 0.6 * (no / points.length) }).addTo(this.trails);
    }
  }
}
