// Outlines of areas: drawn corner by corner, reshaped by dragging corners or by keys.
"use strict";

/** So many corners have handles at once; more would be neither seen nor grasped. */
const MOST_HANDLES = 150;
const NUDGE_PX = { fast: 10, fine: 1 };

/** Draws an outline corner by corner; `finish` hands three or more corners over. */
class DrawTool {
  constructor(map, colours, done) {
    this.map = map;
    this.colours = colours;
    this.done = done;
    this.points = [];
    this.layer = L.layerGroup().addTo(map);
  }

  add(latlng) {
    const near = this.points.length > 2 && this.map.latLngToContainerPoint(latlng)
      .distanceTo(this.map.latLngToContainerPoint(this.points[0])) < 10;
    if (near) {
      this.finish();
      return;
    }
    this.points.push(latlng);
    this.layer.clearLayers();
    const style = { color: this.colours().focus, weight: 2, interactive: false };
    L.polygon(this.points, { ...style, fillOpacity: 0.1 }).addTo(this.layer);
    for (const point of this.points) L.circleMarker(point, { ...style, radius: 3 }).addTo(this.layer);
  }

  finish() {
    if (this.points.length > 2) this.done(this.points.map(({ lat, lng }) => [lat, lng]));
  }

  end() {
    this.layer.remove();
  }
}

/**
 * Reshapes an outline. Corners are dragged; with Tab they take the keys: arrows move one (Shift:
 * finely), + puts another behind it, Delete takes it out. Half-way marks become corners when dragged.
 */
class OutlineEditor {
  constructor(map, colours, outline, words) {
    this.map = map;
    this.words = words;
    this.points = outline.map(([lat, lng]) => L.latLng(lat, lng));
    this.layer = L.layerGroup().addTo(map);
    const style = { color: colours.focus, weight: 2.5, interactive: false, fillOpacity: 0.12 };
    this.polygon = L.polygon(this.points, style).addTo(this.layer);
    this.handles = L.layerGroup().addTo(this.layer);
    this.onMove = () => this.build();
    map.on("moveend", this.onMove);
    this.build();
  }

  outline() {
    return this.points.map(({ lat, lng }) => [lat, lng]);
  }

  end() {
    this.map.off("moveend", this.onMove);
    this.layer.remove();
  }

  build(focused = -1) {
    this.handles.clearLayers();
    const view = this.map.getBounds().pad(0.1);
    const shown = this.points.map((point, no) => [point, no]).filter(([point]) => view.contains(point));
    if (shown.length > MOST_HANDLES) return;
    for (const [point, no] of shown) {
      const next = this.points[(no + 1) % this.points.length];
      const half = L.latLng((point.lat + next.lat) / 2, (point.lng + next.lng) / 2);
      this.handle(half, "half", () => { this.points.splice(no + 1, 0, half); return no + 1; });
      const corner = this.handle(point, "corner", () => no);
      const icon = corner.getElement();
      icon.dataset.corner = no;
      icon.setAttribute("aria-label", `${this.words.area_corner} ${no + 1}/${this.points.length}`);
      icon.addEventListener("keydown", (event) => this.key(event, no));
      if (no === focused) icon.focus({ preventScroll: true });
    }
  }

  /** A mark that can be dragged; `grasp` gives the number of the corner it moves. */
  handle(at, kind, grasp) {
    const icon = L.divIcon({ className: `area-${kind}`, iconSize: [11, 11] });
    const mark = L.marker(at, { icon, draggable: true, keyboard: kind === "corner",
      zIndexOffset: 2000,
      autoPanOnFocus: false }).addTo(this.handles);
    let no = -1;
    mark.on("dragstart", () => { no = grasp(); });
    mark.on("drag", () => {
      this.points[no] = mark.getLatLng();
      this.polygon.setLatLngs(this.points);
    });
    mark.on("dragend", () => this.build(no));
    return mark;
  }

  key(event, no) {
    const step = event.shiftKey ? NUDGE_PX.fine : NUDGE_PX.fast;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const count = this.points.length;
    let focused = no;
    if (moves[event.key]) {
      const at = this.map.latLngToContainerPoint(this.points[no]).add(moves[event.key]);
      this.points[no] = this.map.containerPointToLatLng(at);
    } else if (event.key === "+" || event.key === "Insert") {
      const next = this.points[(no + 1) % count];
      const { lat, lng } = this.points[no];
      this.points.splice(no + 1, 0, L.latLng((lat + next.lat) / 2, (lng + next.lng) / 2));
      focused = no + 1;
    } else if ((event.key === "Delete" || event.key === "Backspace") && count > 3) {
      this.points.splice(no, 1);
      focused = Math.max(0, no - 1);
    } else if (event.key === "Tab") {
      const to = no + (event.shiftKey ? -1 : 1);
      const other = this.map.getContainer().querySelector(`[data-corner="${to}"]`);
      if (!other) return;
      other.focus({ preventScroll: true });
      event.preventDefault();
      event.stopPropagation();
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.polygon.setLatLngs(this.points);
    this.build(focused);
  }
}
