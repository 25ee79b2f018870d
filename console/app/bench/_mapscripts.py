"""What the bench of the map runs in the page."""

from __future__ import annotations

EMPTY_HTML = "<!doctype html><title>empty</title><body style='background:#12171d'></body>"
#: Collects the time between frames.
FRAMES_JS = """
window.frames_ms = []; window.frame_at = 0;
(function frame(now) {
  if (window.frame_at > 0) window.frames_ms.push(now - window.frame_at);
  window.frame_at = now; window.frame_id = requestAnimationFrame(frame);
})(0); 0
"""
TAKE_FRAMES_JS = "cancelAnimationFrame(window.frame_id); JSON.stringify(window.frames_ms.slice(1))"
#: Keeps what each picture took.
NOTE_PICTURES_JS = """
window.pictures = [];
(() => { const page = window.mapPage, drawn = page.live._listener.onDrawn;
  page.live._listener.onDrawn = (stats) => {
    drawn(stats); window.pictures.push({ pageMs: stats.pageMs, workerMs: stats.workerMs }); };
})(); 0
"""
#: Drags the map along a curve, half a second a drag, by whole pixels as a mouse does.
DRAG_JS = """
window.drag_no = 0; window.drag_id = setInterval(() => {
  const map = window.mapPage.map; const k = window.drag_no++;
  if (k % 30 === 0) map.fire("movestart");
  map._rawPanBy(L.point(6 * Math.sin(k / 40), 6 * Math.cos(k / 40)).round()); map.fire("move");
  if (k % 30 === 29) map.fire("moveend");
}, 16); 0
"""
DROP_JS = "clearInterval(window.drag_id); window.mapPage.map.fire('moveend'); 0"
#: Puts plain markers where the units are, moves each once and waits for the frame after it.
MARKERS_JS = """
(() => { const map = window.mapPage.map, places = PLACES;
  const markers = places.map((at) => L.marker(at, { icon: L.divIcon({ className: "" }) }));
  const group = L.layerGroup(markers).addTo(map);
  const twice = (act) => requestAnimationFrame(() => requestAnimationFrame(act));
  twice(() => { const began = performance.now();
    markers.forEach((marker, k) => marker.setLatLng([places[k][0] + 2e-4, places[k][1]]));
    map.getPane("markerPane").getBoundingClientRect();
    twice(() => { window.markers_ms = performance.now() - began; group.remove(); }); });
})()
"""
