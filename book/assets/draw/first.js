// The pad of the first page: paper, one network that reads, ten bars. What reads is fetched when the
// first stroke begins; nothing that was drawn meanwhile is lost.
import { button, element } from "../live/elements.js";
import { Pad } from "./pad.js";
import { centred } from "./preparation.js";
import { percent } from "./words.js";

const STILL = 700; // milliseconds without a change, until the answer is said
const WAITING = "Draw a digit. A network of this book reads it, here in your browser.";

/**
 * Put the pad into its place.
 * @param {HTMLElement} box With the folders’ addresses, data-static and data-files.
 * @returns {FirstDrawing}
 */
export function open(box) {
  const part = new FirstDrawing(box);
  box.drawing = part;
  box.replaceChildren(part.element);
  part.changed();
  return part;
}

/** A sheet of paper and what a network takes it for. */
class FirstDrawing {
  constructor({ dataset }) {
    this.folders = dataset;
    this.reads = null; // from an image to probabilities, once it is here
    this.pad = new Pad(() => this.changed());
    this.words = element("p", { class: "first-words" }, WAITING);
    this.spoken = element("p", { class: "drawing-spoken", role: "status" });
    this.bars = Array.from({ length: 10 }, () => element("span", { class: "first-bar" }));
    this.clear = button("Clear", () => this.pad.clear(), { hidden: true });
    this.element = this.#layout();
  }

  #layout() {
    const { sheet, hint, ring, spoken, help } = this.pad;
    const paper = element("div", { class: "drawing-paper" }, sheet, hint, ring);
    const columns = this.bars.map((bar, digit) =>
      element("span", {}, element("span", { class: "first-track" }, bar), String(digit)),
    );
    const chart = element("div", { class: "first-bars", "aria-hidden": "true" }, ...columns);
    const line = element("div", { class: "first-line" }, this.words, this.clear);
    const parts = [paper, spoken, chart, line, this.spoken, help];
    return element("section", { class: "drawing", "aria-label": "Draw a digit" }, ...parts);
  }

  /** What is on the paper has changed: the next frame shows it. */
  changed() {
    if (!this.requested) {
      this.requested = true;
      requestAnimationFrame(() => this.#frame());
    }
  }

  async #frame() {
    this.requested = false;
    this.pad.paint();
    const { blank } = this.pad.ink;
    this.clear.hidden = blank;
    if (blank) {
      this.#show(null);
    } else if (this.reads) {
      await this.#read();
    } else {
      this.#fetch();
    }
  }

  /** Let the network read; what changes meanwhile is read after it. */
  async #read() {
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    const probabilities = await this.reads(centred(this.pad.ink.values));
    this.reading = false;
    if (!this.pad.ink.blank) {
      this.#show(probabilities);
    }
    if (this.again) {
      this.again = false;
      this.changed();
    }
  }

  /** Bring what reads, once; after a failure the next stroke tries again. */
  #fetch() {
    if (this.fetching) {
      return;
    }
    this.fetching = true;
    this.#say("Fetching the network …");
    import("./first-reader.js")
      .then(({ reader }) => reader(this.folders))
      .then((reads) => {
        this.reads = reads;
        this.changed();
      })
      .catch((error) => this.#say(`The network could not be fetched: ${error.message}`))
      .finally(() => {
        this.fetching = false;
      });
  }

  #show(probabilities) {
    const winner = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    this.bars.forEach((bar, digit) => {
      bar.style.transform = `scaleY(${probabilities?.[digit] ?? 0})`;
      bar.classList.toggle("first-winner", digit === winner);
    });
    this.#say(
      probabilities ? `Reads ${winner}, ${percent(probabilities[winner])} sure.` : WAITING
    );
  }

  #say(words) {
    if (this.words.textContent !== words) {
      this.words.textContent = words;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.spoken.textContent = words;
      }, STILL);
    }
  }
}
