// Pages and styles of the counting door, kept in the phone. The tallies themselves lie in IndexedDB (store.js).
"use strict";
const KEPT = "count-1";
const WAIT = 4000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))))
      .then(() => self.clients.claim())
  );
});

// the page names what it needs: itself, its styles and scripts
self.addEventListener("message", (event) => {
  const urls = (event.data && event.data.keep) || [];
  event.waitUntil(caches.open(KEPT).then((cache) => Promise.all(urls.map((url) => cache.add(url).catch(() => {})))));
});

async function fresh(request) {
  const cache = await caches.open(KEPT);
  const key = request.url.split("?")[0];
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), WAIT);
  try {
    const answer = await fetch(request, { signal: stop.signal });
    if (answer.ok) await cache.put(key, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(key);
    if (kept) return kept;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function kept(request) {
  const found = await caches.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) (await caches.open(KEPT)).put(request, answer.clone());
  return answer;
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(fresh(event.request));
  else if (["style", "script", "image"].includes(event.request.destination)) event.respondWith(kept(event.request));
});
