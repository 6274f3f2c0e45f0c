// Which network reads: one of the book’s, alone or with its twin, or the reader’s own. And what
// goes wrong with them.
import { button, element } from "../live/elements.js";
import { size } from "./words.js";

const OWN = "own";

/**
 * Say how a network of the list was taught.
 * @param {{augmented: boolean}} entry
 * @returns {string}
 */
export function taught({ augmented }) {
  return augmented ? "With augmentation" : "Without augmentation";
}

/**
 * The choice of a network, with what is known about it, what is being loaded, and what went wrong.
 */
export class Chooser {
  /**
   * @param {{choose: function(Object): void, compare: function(): void, open: function(File):
   *   void}} actions
   */
  constructor({ choose, compare, open }) {
    this.networks = [];
    this.select = element("select", { onchange: () => choose(this.entry) });
    this.facts = element("p", { class: "drawing-facts" });
    this.note = element("p", { class: "drawing-note", role: "note", hidden: true });
    this.tick = element("input", { type: "checkbox", onchange: () => compare() });
    this.twin = element("span");
    this.comparing = element(
      "label", { class: "drawing-tick", hidden: true }, this.tick, this.twin
    );
    this.words = element("span", { role: "status" });
    this.bar = element("progress", { "aria-label": "Loaded", max: 1 });
    this.loading = element("p", { class: "drawing-loading", hidden: true }, this.bar, this.words);
    this.alert = element("div", { role: "alert" });
    const label = element("label", { class: "drawing-network" }, "Network", this.select);
    const parts = [
      label, this.facts, this.note, this.loading, this.alert, this.comparing, ownNetwork(open)
    ];
    this.element = element("div", { class: "drawing-chooser" }, ...parts);
  }

  /**
   * Offer the networks of a list; of twins the first.
   * @param {{default: string, networks: Object[]}} index
   */
  offer({ default: usual, networks }) {
    this.networks = networks;
    this.usual = networks.find(({ id }) => id === usual);
    const places = new Map(networks.map(({ id }, i) => [id, i]));
    const firsts = networks.filter(({ pair }, i) => !(places.get(pair) < i));
    const isFirst = !this.select.options.length; // the reader’s own may be there already
    this.select.prepend(...firsts.map(option));
    this.select.value = isFirst ? usual : OWN;
  }

  /** The entry that is chosen; null for the reader’s own. */
  get entry() {
    return this.networks.find(({ id }) => id === this.select.value) ?? null;
  }

  /** The twin of an entry, if it is wanted beside it. */
  twinOf(entry) {
    return this.tick.checked ? this.#twinOf(entry) : null;
  }

  #twinOf(entry) {
    return (entry?.pair && this.networks.find(({ id }) => id === entry.pair)) || null;
  }

  /**
   * Show which network reads, and what is known about it.
   * @param {Object | null} entry Null for the reader’s own.
   * @param {import("./network.js").Network} network
   */
  chosen(entry, network) {
    if (!entry) {
      this.select.querySelector(`[value="${OWN}"]`)?.remove();
      this.select.append(option({ id: OWN, title: network.name, bytes: network.bytes }));
    }
    this.select.value = entry?.id ?? OWN;
    const accuracy = entry
      ? `, validation accuracy ${(100 * entry.accuracy).toFixed(1)}\u00a0%`
      : "";
    this.facts.textContent = `${weights(network.parameters)}${accuracy}`;
    this.note.textContent = network.note;
    this.note.hidden = network.note === "";
    const twin = this.#twinOf(entry);
    this.comparing.hidden = twin === null;
    this.twin.textContent = twin
      ? `Beside it: the same network taught ${taught(twin).toLowerCase()}`
      : "";
  }

  /**
   * Say what is being loaded.
   * @param {string} what
   * @param {number} loaded Bytes.
   * @param {number} total Bytes.
   */
  progress(what, loaded, total) {
    const words = `Loading ${what} (${size(total)})`;
    if (this.words.textContent !== words) {
      this.words.textContent = words;
    }
    this.bar.value = Math.min(1, loaded / total);
    this.loading.hidden = false;
  }

  /** Nothing is being loaded any more. */
  loaded() {
    this.loading.hidden = true;
    this.words.textContent = "";
  }

  /**
   * Say what went wrong, and what can be done.
   * @param {Error} problem
   * @param {function(): void} [retry]
   */
  problem(problem, retry) {
    showProblem(this.alert, problem, retry);
    this.alert.scrollIntoView({ block: "nearest" });
  }

  /** Take the last problem away. */
  dismiss() {
    this.alert.replaceChildren();
  }
}

/**
 * Say in a place what went wrong, and what can be done.
 * @param {Element} place
 * @param {Error} problem
 * @param {function(): void} [retry]
 */
export function showProblem(place, { message, advice = "" }, retry) {
  const buttons = [button("Close", () => place.replaceChildren())];
  if (retry) {
    const again = () => {
      place.replaceChildren();
      retry();
    };
    buttons.unshift(button("Try again", again));
  }
  const words = [element("strong", {}, message), element("p", {}, advice)];
  const row = element("div", { class: "drawing-buttons" }, ...buttons);
  place.replaceChildren(element("div", { class: "drawing-problem" }, ...words, row));
}

function option({ id, title, bytes }) {
  return element("option", { value: id }, `${title}, ${size(bytes)}`);
}

function weights(count) {
  return count < 1e6
    ? `${count.toLocaleString("en-GB")} weights`
    : `${(count / 1e6).toFixed(1)} million weights`;
}

/** A button that opens a file, and a line on where such files come from. */
function ownNetwork(open) {
  const input = element("input", { type: "file", accept: ".onnx", hidden: true });
  input.addEventListener("change", () => {
    if (input.files.length) {
      open(input.files[0]);
    }
    input.value = ""; // the same file may be chosen again
  });
  const choosing = button("Open your own network", () => input.click());
  return element("p", { class: "drawing-own" }, choosing, input, " or drop its .onnx file here.");
}
