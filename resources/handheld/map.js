// The map on a phone: central's tiles, where one is, cases near, the way to a task.

/* global L */
import { make } from "./views.js";
import { chosen, word } from "./words.js";

const SHAPES = { 1: "⬢", 2: "▲", 3: "■", 4: "●" };
const CLOSE = 16;
const isLight = () => matchMedia("(prefers-color-scheme: light)").matches;
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function mark(text, kind, level, title) {
  const icon = L.divIcon({ className: `mark ${kind}`, html: "", iconSize: [34, 34] });
  const draw = icon.createIcon.bind(icon);
  icon.createIcon = old => {
    const element = draw(old);
    element.textContent = text;
    if (level) element.dataset.level = level;
    element.setAttribute("aria-label", title);
    return element;
  };
  return icon;
}

/** One map; its element is moved from view to view and keeps what was loaded. */
export class StreetMap {
  constructor() {
    this.element = make("div", { class: "map", role: "region", "aria-label": word("map") });
    this.map = null;
    this.own = null;
    this.extra = [];
  }

  /** Make the map when its element is in the page; does nothing the second time. */
  open(lat, lon) {
    if (this.map) {
      this.map.invalidateSize();
      return;
    }
    this.map = L.map(this.element, { attributionControl: false, minZoom: 8, maxZoom: 18,
      zoomControl: false, zoomAnimation: false, fadeAnimation: false })
      .setView([lat, lon], CLOSE);
    L.control.zoom({ zoomInTitle: word("zoom_in"), zoomOutTitle: word("zoom_out") }).addTo(this.map);
    const theme = isLight() ? "light" : "dark";
    const sharp = devicePixelRatio > 1 ? 2 : 1;
    L.tileLayer(`/v1/tiles/${theme}/{z}/{x}/{y}.png?lang=${chosen()}&scale=${sharp}`,
      { maxZoom: 18 }).addTo(this.map);
  }

  /** Show where the device is. */
  showOwn({ latitude, longitude, accuracy }) {
    if (!this.map) return;
    this.own?.remove();
    const blue = colour("--way");
    this.own = L.layerGroup([
      L.circle([latitude, longitude], { radius: accuracy ?? 0, color: blue, weight: 1, interactive: false }),
      L.circleMarker([latitude, longitude], { radius: 8, color: colour("--text"), weight: 2,
        fillColor: blue, fillOpacity: 1, interactive: false }),
    ]).addTo(this.map);
  }

  /** Take away everything but tiles and own position. */
  clear() {
    for (const one of this.extra) one.remove();
    this.extra = [];
  }

  put(layer) {
    this.extra.push(layer.addTo(this.map));
    return layer;
  }

  /** Show a case; `picked` is called when it is tapped. */
  showCase({ lat, lon, level }, title, picked) {
    const icon = mark(SHAPES[level] ?? SHAPES[4], "case", level, title);
    const marker = this.put(L.marker([lat, lon], { icon, keyboard: true, title, alt: title }));
    if (picked) marker.on("click", picked);
  }

  /** Show a camera point. */
  showCamera({ lat, lon }, title, picked) {
    const marker = this.put(L.marker([lat, lon], { icon: mark("◉", "camera", null, title), title }));
    if (picked) marker.on("click", picked);
  }

  /** Draw a way over the map and look at all of it. */
  showWay(points) {
    const [edge, line] = [colour("--ground"), colour("--caution")];
    this.put(L.polyline(points, { color: edge, weight: 9, opacity: 0.8, interactive: false }));
    this.put(L.polyline(points, { color: line, weight: 5, interactive: false }));
    this.map.fitBounds(L.latLngBounds(points), { padding: [30, 30], maxZoom: CLOSE });
  }

  /** Look at some places at once. */
  lookAt(places) {
    if (places.length > 1) this.map.fitBounds(L.latLngBounds(places), { padding: [30, 30], maxZoom: CLOSE });
    else if (places.length) this.map.setView(places[0], CLOSE);
  }
}
