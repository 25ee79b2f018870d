// Keeps the page itself on the device, so that it opens without a network.

const CACHE = "zhihui-handheld-3";
const FILES = ["./", "app.js", "app.css", "link.js", "position.js", "session.js", "shelf.js", "views.js",
  "watch.js",
  "words.js", "icon.svg", "manifest.webmanifest"];

self.addEventListener("install", event => {
  event.waitUntil(caches.open(CACHE).then(cache => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", event => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

// The network first, so that a new version shows at once; the kept copy when there is none.
self.addEventListener("fetch", event => {
  const url = new URL(event.request.url);
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
