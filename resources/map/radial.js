// The menu at a place, and the tools that need more than one place: measuring and the way by road.
"use strict";

const RADIAL_PX = 84;
const RADIAL_WIDER = 1.55;
const RADIAL_ITEMS = [
  ["incident", "▲", "1"], ["near", "◯", "2"], ["cameras", "◪", "3"], ["history", "↺", "4"],
  ["measure", "↔", "5"], ["route", "⇢", "6"], ["send", "➤", "7"],
  ["area", "▱", "8"],
];

/** Buttons in a ring round a place; `act(action, latlng)`. */
class RadialMenu {
  constructor(map, act) {
    this.map = map;
    this.act = act;
    this.root = make("div", "radial", map.getContainer());
    this.root.hidden = true;
    L.DomEvent.disableClickPropagation(this.root);
    L.DomEvent.on(this.root, "contextmenu", L.DomEvent.stop);
  }

  setWords(words) {
    this.words = words;
  }

  get isOpen() {
    return !this.root.hidden;
  }

  open(latlng) {
    this.latlng = latlng;
    this.root.replaceChildren();
    this.root.hidden = false;
    const size = this.map.getSize();
    const room = RADIAL_PX * RADIAL_WIDER + 50;
    const at = this.map.latLngToContainerPoint(latlng);
    const x = Math.max(room, Math.min(size.x - room, at.x));
    const high = RADIAL_PX + 24;
    const y = Math.max(high, Math.min(size.y - high, at.y));
    this.root.style.left = `${x}px`;
    this.root.style.top = `${y}px`;
    RADIAL_ITEMS.forEach(([action, sign, key], no) => {
      const turn = (2 * Math.PI * no) / RADIAL_ITEMS.length;
      const button = make("button", "radial-item", this.root);
      make("span", "radial-sign", button, sign);
      make("span", "radial-word", button, this.words[`act_${action}`]);
      make("kbd", "", button, key);
      button.style.left = `${Math.sin(turn) * RADIAL_PX * RADIAL_WIDER}px`;
      button.style.top = `${-Math.cos(turn) * RADIAL_PX}px`;
      button.onclick = () => this.choose(action);
    });
    this.root.firstElementChild.focus({ preventScroll: true });
  }

  close() {
    this.root.hidden = true;
    this.root.replaceChildren();
  }

  choose(action) {
    const { latlng } = this;
    this.close();
    this.map.getContainer().focus({ preventScroll: true });
    this.act(action, latlng);
  }

  /** Take a key while open; returns whether it was one of the menu's. */
  key(key) {
    const item = RADIAL_ITEMS.find(([, , own]) => own === key);
    if (item !== undefined) this.choose(item[0]);
    return item !== undefined;
  }
}

/** A line of places that grows with each click, with its length. */
class MeasureTool {
  constructor(map, colours) {
    this.map = map;
    this.colours = colours;
    this.points = [];
    this.layer = L.layerGroup().addTo(map);
  }

  add(latlng) {
    this.points.push(latlng);
    this.layer.clearLayers();
    const style = { color: this.colours().caution, weight: 2, interactive: false };
    L.polyline(this.points, style).addTo(this.layer);
    let metres = 0;
    this.points.forEach((point, no) => {
      if (no > 0) metres += point.distanceTo(this.points[no - 1]);
      const dot = L.circleMarker(point, { ...style, radius: 3 }).addTo(this.layer);
      if (no > 0) {
        dot.bindTooltip(MeasureTool.length(metres),
          { permanent: true, direction: "right", className: "map-label" });
      }
    });
  }

  static length(metres) {
    return metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(2)} km`;
  }

  end() {
    this.layer.remove();
  }
}
