// Where code can run: on the server of this page, on one that the reader names, or on Binder.
import { element } from "./elements.js";
import { Failure } from "./failure.js";

const STORE = "live-server"; // in sessionStorage: a token must not outlive the tab
const SECONDS_TO_ANSWER = 10;

/**
 * @typedef {Object} Place
 * @property {"here"|"named"|"binder"} kind
 * @property {string} url Ends with a slash.
 * @property {string} token Empty where a cookie has logged the reader in.
 */

/**
 * Ask the server of this page whether it has kernels.
 * @param {string} address Of the file that answers.
 * @returns {Promise<?{place: Place, allowed: boolean}>} null if it has none.
 */
export async function ownPlace(address) {
  try {
    const answer = await fetch(new URL(address, document.baseURI), { cache: "no-store" });
    const { kernels, allowed } = await answer.json();
    return kernels === "here"
      ? { place: { kind: "here", url: `${location.origin}/`, token: "" }, allowed }
      : null;
  } catch {
    return null;
  }
}

/**
 * Read an address as Jupyter prints it, such as http://127.0.0.1:8888/tree?token=abc.
 * @param {string} text
 * @param {string} token Goes before the one in the address.
 * @returns {Place}
 */
export function named(text, token = "") {
  // of several lines of a server's, the address
  const typed = text.match(/https?:\/\/\S+/i)?.[0] ?? text.trim();
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(typed) && !/^https?:/i.test(typed)) {
    throw new Failure("address", notOnTheWeb(typed), NEXT_LINE);
  }
  let url;
  try {
    url = new URL(typed.includes("://") ? typed : `http://${typed}`);
  } catch {
    throw new Failure(
      "address",
      `“${text}” is not an address.`,
      "Expected is one such as http://127.0.0.1:8888/.",
    );
  }
  const path = url.pathname.replace(/\/(tree|lab|notebooks|doc)(\/.*)?$/, "/").replace(/\/*$/, "/");
  return {
    kind: "named",
    url: url.origin + path,
    token: token.trim() || url.searchParams.get("token") || "",
  };
}

/**
 * @returns {?Element} Where the page's notebook can be had without a server: what the menus above
 * the page offer.
 */
export function elsewhere() {
  const wanted = ".header-article a[href$='.ipynb'], .dropdown-launch-buttons a[href]";
  const links = [...document.querySelectorAll(wanted)].map(({ href, textContent }) =>
    element("a", { href, class: "live-link" }, textContent.trim()),
  );
  const words = "Without a server: take this page as a notebook, or open it on one of these. ";
  return links.length ? element("p", { class: "live-elsewhere" }, words, ...links) : null;
}

const NEXT_LINE =
  "Take the address below it in what the server printed: it begins with http:// and ends with" +
  " ?token=….";

/** @returns {string} What is wrong with an address that no page can ask. */
function notOnTheWeb(typed) {
  const isFile = /^file:/i.test(typed);
  const what = isFile
    ? "a file, by which the server opens its own browser"
    : "no address on the web";
  return `“${typed.length > 60 ? `${typed.slice(0, 60)}…` : typed}” is ${what}.`;
}

/**
 * Ask a server whether it has a kernel.
 * @param {Place} place
 * @param {string} id
 * @returns {Promise<?boolean>} false: it has not, or does not know this page any more; null: it
 * does not answer.
 */
export async function hasKernel(place, id) {
  const headers = place.token ? { Authorization: `token ${place.token}` } : {};
  const answer = await ask(place, `api/kernels/${id}`, { headers }).catch(() => null);
  return answer && (answer.ok || (answer.status >= 500 ? null : false));
}

/** @returns {?Place} The server that the reader named last in this tab. */
export function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE));
  } catch {
    return null;
  }
}

/** @param {?Place} place To be remembered in this tab; null forgets. */
export function remember(place) {
  try {
    sessionStorage.setItem(STORE, JSON.stringify(place));
  } catch {
    // the reader types it again
  }
}

/**
 * Ask a server something; without its token if that is not needed, since a refusal has no words
 * across origins.
 */
function ask(place, path, options = {}) {
  return fetch(place.url + path, {
    cache: "no-store",
    credentials: place.kind === "here" ? "same-origin" : "omit",
    signal: AbortSignal.timeout(1000 * SECONDS_TO_ANSWER),
    ...options,
  });
}

/**
 * Make sure that a server answers, that it lets this page in, and that it knows the token.
 * @param {Place} place
 * @throws {Failure} That names what is wrong.
 */
export async function check(place) {
  const hello = await ask(place, "api").catch(() => null);
  if (!hello) {
    throw await silence(place);
  }
  const about = await hello.json().catch(() => null);
  if (!about?.version) {
    throw new Failure("server", `${place.url} is not a Jupyter server.`, "Correct the address.");
  }
  const headers = place.token ? { Authorization: `token ${place.token}` } : {};
  const kernels = await ask(place, "api/kernelspecs", { headers }).catch(() => null);
  if (!kernels?.ok) {
    throw wrongToken(place);
  }
  if (!("python3" in (await kernels.json()).kernelspecs)) {
    throw new Failure(
      "python",
      "That server has no Python kernel.",
      "Install ipykernel where the server runs.",
    );
  }
}

/** @returns {Failure} What to say when this page's own server does not know the browser. */
export function notLoggedIn() {
  const advice =
    "Open the whole address that “make serve” printed, with “?token=”, or paste the token below.";
  return new Failure("login", "The server of this page does not know this browser yet.", advice);
}

/** @returns {Failure} What to say when a server knows the token of somebody else. */
function wrongToken(place) {
  const advice = {
    here: "Open the whole address that “make serve” printed, with “?token=”.",
    named: "Copy the token from the address that the server printed.",
    binder: "Start Binder again.",
  };
  return new Failure("token", "The server refused the token.", advice[place.kind]);
}

/** @returns {Promise<Failure>} Why a server did not answer, as far as a page can know. */
async function silence(place) {
  const asked = navigator.permissions?.query({ name: "local-network-access" });
  if ((await asked?.catch(() => null))?.state === "denied") {
    const advice =
      "Allow it in the browser’s settings for this site, or read the book with “make serve”.";
    return new Failure(
      "permission",
      "Your browser does not let this site reach your computer.",
      advice,
    );
  }
  const alive = await ask(place, "api", { mode: "no-cors" }).catch(() => null);
  if (alive && place.kind !== "here") {
    const option = `--ServerApp.allow_origin='${location.origin}'`;
    return new Failure(
      "origin",
      `The server at ${place.url} does not let this page in.`,
      `Start it with ${option}.`,
    );
  }
  const start =
    place.kind === "here" ? "Start “make serve” again" : "Start it, or correct the address";
  return new Failure("down", `No server answers at ${place.url}.`, `${start}, then try again.`);
}

/**
 * Have BinderHub start a server.
 * @param {{hub: string, repository: string, ref: string}} binder
 * @param {function(string): void} tell Called with what is happening.
 * @returns {Promise<Place>}
 */
export function launchBinder({ hub, repository, ref }, tell) {
  return new Promise((resolve, reject) => {
    const events = new EventSource(
      `${hub.replace(/\/$/, "")}/build/gh/${repository}/${encodeURIComponent(ref)}`,
    );
    const end = (act, value) => {
      events.close();
      act(value);
    };
    events.onerror = () =>
      end(reject, new Failure("binder", "Binder does not answer, or is full.", BINDER_ADVICE));
    events.onmessage = ({ data }) => {
      const { phase, message = "", url, token } = JSON.parse(data);
      if (phase === "failed") {
        end(reject, new Failure("binder", `Binder failed: ${message.trim()}`, BINDER_ADVICE));
      } else if (phase === "ready") {
        end(resolve, { kind: "binder", url, token });
      } else {
        tell(`Binder, ${BINDER_PHASES[phase] ?? phase} …`);
      }
    };
  });
}

const BINDER_ADVICE =
  "Try again in some minutes, or run the book on your own computer with “make serve”.";
const BINDER_PHASES = {
  waiting: "waiting for a machine",
  fetching: "fetching the book",
  building: "preparing the book’s environment, up to ten minutes after a change",
  pushing: "keeping the environment for the next reader",
  built: "environment found",
  launching: "starting a machine",
};
