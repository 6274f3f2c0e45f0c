// Keeps a book on a reader's device: the pages that were visited, or all of it. Each build has a
// cache of its own, and a page gets the files of its own build or none.
/* global BOOK -- the build writes it above: its digest, and of each file digest, size and when */
"use strict";

const FIRST = 0; // kept after the first visit; WHOLE with the whole book; others when a page asks
const WHOLE = 1;
const OTHER = "other"; // in place of a build: pages that came from elsewhere and are left alone
const HERE = registration.scope;
const CACHES = `book at ${HERE} `; // begins the names of all caches of this book
const NOTES = `${CACHES}notes`; // texts, by what they are about: whole, list=build, client=id …
const AT_ONCE = 4; // files that are fetched side by side
const PATIENCE = 4000; // milliseconds that a page which is kept waits for the network
const ANEW = "The book has been made anew meanwhile. Load this page again, then try again.";

const builds = new Map(); // of the pages that this worker has handed out, by their windows’ ids
let stopped = false;

// ── Files ──

const cacheOf = (build) => caches.open(CACHES + build);
const writeNote = async (about, text) =>
  (await caches.open(NOTES)).put(`${HERE}?${about}`, new Response(text));
const readNote = async (about) =>
  (await (await caches.open(NOTES)).match(`${HERE}?${about}`))?.text();
const removeNote = async (about) => (await caches.open(NOTES)).delete(`${HERE}?${about}`);
const keyOf = (path) => HERE + path.split("/").map(encodeURIComponent).join("/");
const pathsWhen = (latest) =>
  Object.keys(BOOK.files).filter((path) => BOOK.files[path][2] <= latest);
const isFile = (path) => Object.hasOwn(BOOK.files, path);
const size = (paths) => paths.reduce((sum, path) => sum + BOOK.files[path][1], 0);

/** The path of an address below this book; null for another one. */
function pathOf(address) {
  const plain = address.replace(/[?#].*/, "");
  if (!plain.startsWith(HERE)) {
    return null;
  }
  try {
    const path = decodeURIComponent(plain.slice(HERE.length));
    return path === "" || path.endsWith("/") ? `${path}index.html` : path;
  } catch {
    return null;
  }
}

async function digestOf(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const text = btoa(String.fromCharCode(...digest)).slice(0, 22);
  return text.replaceAll("+", "-").replaceAll("/", "_");
}

/** What is kept of a page or a file: its content and its kind, whatever else a server said. */
function kept(bytes, answer) {
  const type = answer.headers.get("Content-Type") ?? "application/octet-stream";
  return new Response(bytes, { headers: { "Content-Type": type } });
}

/** A file with this digest, from the browser's own cache or anew; null if the server has none. */
async function fetched(address, digest) {
  for (const cache of ["default", "reload"]) {
    const answer = await fetch(address, { cache, credentials: "same-origin" });
    if (answer.ok) {
      const bytes = await answer.arrayBuffer();
      if ((await digestOf(bytes)) === digest) {
        return kept(bytes, answer);
      }
    }
  }
  return null;
}

/**
 * Keep files of this build that are not kept yet; addresses differ from keys by a query. Those that
 * the server has no longer are told at the end.
 */
async function keep(addresses, tell = () => {}, isStopped = () => false) {
  const own = await cacheOf(BOOK.build);
  const waiting = [...addresses].reverse();
  let missing = false;
  const work = async () => {
    while (waiting.length && !isStopped()) {
      const address = waiting.pop();
      const path = pathOf(address);
      if (!(await own.match(keyOf(path)))) {
        const file = await fetched(address, BOOK.files[path][0]);
        missing ||= !file;
        await (file && own.put(keyOf(path), file));
        tell();
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (missing) {
    throw new Error(ANEW);
  }
}

// ── A new build in place of an old one ──

/** Take over what earlier builds have kept; the last one goes on until this one has all of it. */
async function install() {
  const own = await cacheOf(BOOK.build);
  const older = (await buildsKept()).filter((build) => build !== BOOK.build);
  const digests = Object.entries(BOOK.files).map(([path, [digest]]) => [path, digest]);
  await writeNote(`list=${BOOK.build}`, JSON.stringify(Object.fromEntries(digests)));
  await writeNote(`older=${BOOK.build}`, JSON.stringify(older));
  const wanted = new Set((await isWholeWanted()) ? pathsWhen(WHOLE) : []);
  for (const build of older) {
    const [old, list] = [await cacheOf(build), await listOf(build)];
    for (const { url } of await old.keys()) {
      const path = pathOf(url);
      if (isFile(path)) {
        wanted.add(path);
        if (list[path] === BOOK.files[path][0]) {
          await own.put(url, await old.match(url));
        }
      }
    }
  }
  await keep([...wanted].map(keyOf));
  await self.skipWaiting();
}

const buildsKept = async () =>
  (await caches.keys())
    .filter((name) => name.startsWith(CACHES) && name !== NOTES)
    .map((name) => name.slice(CACHES.length));
const listOf = async (build) => JSON.parse((await readNote(`list=${build}`)) ?? "{}");
const olderBuilds = async () => JSON.parse((await readNote(`older=${BOOK.build}`)) ?? "[]");

async function activate() {
  const isFirst = !(await olderBuilds()).length;
  for (const { id } of await pages()) {
    const build = await noted(id);
    if (!build) {
      await note(id, isFirst ? BOOK.build : OTHER);
    } else if (build !== BOOK.build) {
      await tell(id, { anew: true });
    }
  }
  await self.clients.claim();
}

const pages = async () =>
  (await self.clients.matchAll({ includeUncontrolled: true, type: "window" })).filter(({ url }) =>
    url.startsWith(HERE),
  );

const tell = async (id, words) => (await self.clients.get(id))?.postMessage(words);
const tellAll = async (words) => (await pages()).forEach((page) => page.postMessage(words));

/** Remove the caches of older builds of which no page is open any more. */
async function tidy() {
  const open = await self.clients.matchAll({ includeUncontrolled: true, type: "all" });
  const known = new Set([...open.map(({ id }) => id), ...builds.keys()]); // these may be on their way
  const needed = new Set();
  for (const { url } of await (await caches.open(NOTES)).keys()) {
    const client = new URL(url).searchParams.get("client");
    if (client && known.has(client)) {
      needed.add(await noted(client));
    } else if (client) {
      await removeNote(`client=${client}`);
    }
  }
  for (const build of (await olderBuilds()).filter((each) => !needed.has(each))) {
    await caches.delete(CACHES + build);
    await removeNote(`list=${build}`);
    await removeNote(`older=${build}`);
  }
}

/** Note of which build a page is: a worker is stopped at any time, and knows nothing afterwards. */
async function note(client, build) {
  builds.set(client, build);
  await writeNote(`client=${client}`, build);
}

const noted = async (client) => builds.get(client) ?? (await readNote(`client=${client}`));

/** Look whether the server has another build now; where it has no book any more, end. */
async function isReplaced() {
  const answer = await fetch(self.location.href, { cache: "no-cache" });
  if (answer.status === 404 || answer.status === 410) {
    await registration.unregister();
    return true;
  }
  return answer.ok && !(await answer.text()).includes(BOOK.build);
}

// ── Answers ──

/** A page: from the network, which may have a new one; without it, as it is kept. */
async function page(event, path) {
  const own = await (await cacheOf(BOOK.build)).match(keyOf(path));
  const client = event.resultingClientId;
  let answer;
  try {
    answer = await (own ? soon(fetch(event.request)) : fetch(event.request));
  } catch {
    event.waitUntil(note(client, BOOK.build));
    return own ?? away();
  }
  if (answer.type === "opaqueredirect") {
    return answer;
  }
  const bytes = await answer.clone().arrayBuffer();
  const isOurs = answer.ok && (await digestOf(bytes)) === BOOK.files[path]?.[0];
  const build = isOurs ? BOOK.build : OTHER;
  event.waitUntil(seen(client, build, isOurs && [path, kept(bytes, answer)]));
  return answer;
}

/** Note a page that has come from the network, and keep it if it is of this build. */
async function seen(client, build, file) {
  await note(client, build);
  if (file) {
    await (await cacheOf(build)).put(keyOf(file[0]), file[1]);
  } else {
    await isReplaced().catch(() => {});
  }
}

const soon = (promise) =>
  Promise.race([
    promise,
    new Promise((_, reject) => {
      setTimeout(() => reject(new Error("late")), PATIENCE);
    }),
  ]);

/** A part of a page: of the same build as the page. */
async function part(event, path) {
  const build = (await noted(event.clientId)) ?? BOOK.build;
  if (event.resultingClientId) {
    await note(event.resultingClientId, build); // of a worker that the page starts
  }
  if (build === OTHER) {
    return fetch(event.request);
  }
  const cache = await cacheOf(build);
  const own = await cache.match(keyOf(path));
  if (own) {
    return own;
  }
  const list = await listOf(build);
  const file = list[path] && (await fetched(event.request.url, list[path]));
  if (file) {
    event.waitUntil(cache.put(keyOf(path), file.clone()));
    return file;
  }
  if (build !== BOOK.build || (await isReplaced())) {
    event.waitUntil(tell(event.clientId, { anew: true }));
    return Response.error();
  }
  return fetch(event.request); // a host that changes files on their way
}

/** What stands in place of a page that is not kept: which ones are. */
async function away() {
  const own = await cacheOf(BOOK.build);
  const items = [];
  for (const path of Object.keys(BOOK.files).filter((name) => name.endsWith(".html"))) {
    const html = await (await own.match(keyOf(path)))?.text();
    const title = html?.match(/<title>([^<]*)<\/title>/)?.[1];
    if (title && html.includes("<article")) {
      items.push(`<li><a href="${keyOf(path)}">${title}</a></li>`);
    }
  }
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<title>This page is not kept on this device</title>
<style>body { max-width: 40rem; margin: 10vh auto; padding: 0 1rem;
  font: 1.1rem/1.6 system-ui, sans-serif; color-scheme: light dark; }</style></head>
<body><main><h1>This page is not kept on this device</h1>
<p>There is no network now, and you have not visited this page before. Load it again once there is
a network. These pages can be read now:</p><ul>${items.join("\n")}</ul></main></body></html>`;
  return new Response(html, {
    status: 503,
    headers: { "Content-Type": "text/html; charset=utf-8" },
  });
}

// ── The whole book ──

const isWholeWanted = async () => (await readNote("whole")) !== undefined;

/** Say how much of the whole book is kept, in bytes. */
async function state() {
  const own = await cacheOf(BOOK.build);
  const whole = pathsWhen(WHOLE);
  const there = new Set((await own.keys()).map(({ url }) => pathOf(url)));
  const here = whole.filter((path) => there.has(path));
  return { whole: await isWholeWanted(), kept: size(here), of: size(whole) };
}

/** Keep the whole book, saying how far; what is kept already stays if this is cut short. */
async function keepWhole() {
  stopped = false;
  await writeNote("whole", "");
  let last = 0;
  const say = () => {
    if (Date.now() - last > 200) {
      last = Date.now();
      void state().then((about) => tellAll({ ...about, busy: true }));
    }
  };
  try {
    await keep(pathsWhen(WHOLE).map(keyOf), say, () => stopped);
    await tellAll(await state());
  } catch (error) {
    const full = error.name === "QuotaExceededError";
    const problem = full
      ? "This browser has no room for the whole book. Free some space on this device."
      : error.message === ANEW
        ? ANEW
        : "The network went away. What is kept so far stays.";
    await tellAll({ ...(await state()), problem });
  }
}

/** Keep no longer more than a first visit does, nor what was visited up to now. */
async function remove() {
  stopped = true;
  await removeNote("whole");
  const own = await cacheOf(BOOK.build);
  const first = new Set(pathsWhen(FIRST));
  const others = (await own.keys()).filter(({ url }) => !first.has(pathOf(url)));
  await Promise.all(others.map((request) => own.delete(request)));
  await tellAll(await state());
}

/** Keep what a page has loaded, then what every reader should have, then the rest if wanted. */
async function visited({ source, data: { urls } }) {
  await tidy();
  await keep(urls.filter((address) => isFile(pathOf(address))));
  if (!navigator.connection?.saveData) {
    await keep(pathsWhen(FIRST).map(keyOf));
  }
  if (await isWholeWanted()) {
    await keepWhole();
  }
  await tell(source.id, { visited: true });
}

const wishes = {
  visited,
  whole: keepWhole,
  remove,
  state: async ({ source }) => source.postMessage(await state()),
};

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) =>
  event.waitUntil(wishes[event.data.wish]?.(event).catch(() => {})),
);
self.addEventListener("fetch", (event) => {
  const { method, mode, url, headers } = event.request;
  const path = pathOf(url);
  if (method !== "GET" || path === null || headers.has("range")) {
    return;
  }
  if (mode !== "navigate") {
    if (isFile(path)) {
      event.respondWith(part(event, path));
    }
  } else if (registration.waiting) {
    // the next worker takes over in this moment: what it finds open, it leaves to the network
    event.waitUntil(note(event.resultingClientId, OTHER));
  } else if (path.endsWith(".html")) {
    event.respondWith(page(event, path));
  }
});
