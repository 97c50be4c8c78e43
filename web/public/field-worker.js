// Opens the field page without a network: keeps the page and the files it names, which are called by their content, and nothing
// else. No answer of the API passes through here.
const KEPT = "yizhan-field";
const PAGE = "/field/";
const FILES = "/console/assets/";

/** Takes the page as it is now, with every file it names; the one before stays until all of them are here. */
async function renew() {
  const answer = await fetch(PAGE, { cache: "no-store", signal: AbortSignal.timeout(15_000) });
  if (!answer.ok) throw new Error(String(answer.status));
  const named = new Set((await answer.clone().text()).match(/\/console\/assets\/[^"'\s]+/g) ?? []);
  const kept = await caches.open(KEPT);
  const here = await kept.keys();
  const missing = [...named].filter((file) => !here.some((one) => new URL(one.url).pathname === file));
  await kept.addAll(missing);
  await kept.put(PAGE, answer.clone());
  for (const one of here) {
    const { pathname } = new URL(one.url);
    if (pathname.startsWith(FILES) && !named.has(pathname)) await kept.delete(one);
  }
  return answer;
}

addEventListener("install", (event) => {
  event.waitUntil(renew().then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil(clients.claim());
});

addEventListener("message", (event) => {
  if (event.data === "renew") event.waitUntil(renew().catch(() => undefined));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname === PAGE) {
    const kept = () => caches.match(PAGE);
    // The newest page where there is a network; a weak one is not waited for long.
    const patience = new Promise((resolve) => setTimeout(resolve, 3_000)).then(kept);
    const newest = renew().catch(kept);
    event.respondWith(Promise.race([newest, patience]).then(async (answer) => answer ?? newest).then((answer) => answer ?? Response.error()));
  } else if (pathname.startsWith(FILES)) {
    event.respondWith(caches.match(request, { cacheName: KEPT }).then((found) => found ?? fetch(request)));
  }
});
