// Keeps the page itself on the device, so that it opens without a network.

const CACHE = "zhihui-handheld-12";
/** Tiles of the map that were looked at last, for when there is no network. */
const TILES = "zhihui-tiles-1";
const MOST_TILES = 800;
const FILES = ["./", "app.js", "app.css", "ask.js", "camera.js", "capture.js", "checklist.js", "inspect.js", "jots.js", "link.js", "livefilm.js",
  "lookup.js", "map.js", "papers.js", "signature.js", "words_records.js", "messages.js", "nearby.js",
  "position.js", "pressing.js", "raise.js", "session.js", "sha256.js", "shelf.js", "site.js", "street.css", "taskmap.js",
  "views.js", "watch.js", "words.js", "words_street.js", "leaflet/leaflet.js", "leaflet/leaflet.css",
  "icon.svg", "manifest.webmanifest"];

self.addEventListener("install", event => {
  event.waitUntil(caches.open(CACHE).then(cache => cache.addAll(FILES)).then(() => self.skipWaiting()));
  event.waitUntil(past(event).catch(error => console.info("all requests pass here:", error.message)));
});

/**
 * Let what the page sends go straight to the network: the last words of a page that is being put
 * away ("asleep") must not wait for this worker to start, for the page is gone before it has.
 */
async function past(event) {
  await event.addRoutes?.({ condition: { requestMethod: "POST" }, source: "network" });
}

self.addEventListener("activate", event => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (![CACHE, TILES].includes(name)) await caches.delete(name);
    await self.clients.claim();
  })());
});

// The network first, so that a new version shows at once; the kept copy when there is none.
self.addEventListener("fetch", event => {
  const url = new URL(event.request.url);
  if (event.request.method === "GET" && url.pathname.startsWith("/v1/tiles/")) {
    event.respondWith(tile(event.request));
    return;
  }
  if (event.request.method !== "GET" || !url.pathname.startsWith("/handheld/")) return;
  event.respondWith((async () => {
    const cache = await caches.open(CACHE);
    try {
      const answer = await fetch(event.request);
      if (answer.ok) await cache.put(event.request, answer.clone());
      return answer;
    } catch (error) {
      const kept = await cache.match(event.request, { ignoreSearch: true });
      return kept ?? cache.match("./") ?? Response.error();
    }
  })());
});

/** A tile as it was kept, else from central; the oldest go when there are too many. */
async function tile(request) {
  const cache = await caches.open(TILES);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    await cache.put(request, answer.clone());
    const held = await cache.keys();
    for (const old of held.slice(0, Math.max(0, held.length - MOST_TILES))) await cache.delete(old);
  }
  return answer;
}
