// Shows what a cell puts out in an area of thebe's: drawn some times a second, never more than a
// page can hold.
import { button, element } from "./elements.js";
import { KEPT, Output, SHOWN } from "./output.js";

const PAUSE = 100; // milliseconds between two drawings at least
const FOLDED = 30; // outputs; more than that scroll in one box

/** What a cell shows of its output. */
export class OutputView {
  /**
   * @param {Object} area Thebe's.
   * @param {Element} box Where it is on the page.
   * @param {string} name Of the cell, for files.
   */
  constructor(area, box, name) {
    this.area = area;
    this.box = box;
    this.name = name;
    this.output = new Output();
    this.drawn = [];
    this.note = element("div", { class: "live-cut", role: "status" });
    this.asks = element("div", { class: "live-asks" });
    box.after(this.note, this.asks);
  }

  /** Show what comes of a request to the kernel, in place of what was there. */
  follow(future) {
    this.clear();
    this.failed = false;
    future.onIOPub = ({ header, content }) => this.#take(header.msg_type, content);
    future.onReply = ({ content }) => {
      const pages = content.payload?.filter(({ source }) => source === "page") ?? [];
      pages.forEach(({ data }) => this.#take("display_data", { data }));
    };
    future.onStdin = (message) => this.#ask(message, future);
  }

  /** Take away what is shown. */
  clear() {
    this.output.clear();
    this.limits = SHOWN;
    this.draw();
  }

  #take(type, content) {
    this.failed ||= type === "error";
    this.output.add(type, content);
    this.timer ??= setTimeout(() => this.draw(), this.pause ?? PAUSE);
  }

  /** Bring the page up to date; what has not changed is not drawn anew. */
  draw() {
    const began = performance.now();
    clearTimeout(this.timer);
    this.timer = null;
    const { outputs, hidden } = this.output.within(this.limits);
    const { model } = this.area;
    const scrolled = this.#scrolled();
    if (outputs.length < this.drawn.length || !this.drawn.length) {
      model.clear();
      this.drawn = [];
    }
    outputs.forEach((output, place) => {
      if (place >= this.drawn.length) {
        model.add(output);
      } else if (output !== this.drawn[place]) {
        model.set(place, output);
      }
    });
    this.drawn = outputs;
    this.box.classList.toggle("live-many", outputs.length > FOLDED);
    this.#scroll(scrolled);
    this.#say(hidden);
    // most of the time is for the reader
    this.pause = Math.max(PAUSE, 4 * (performance.now() - began));
  }

  /**
   * Take away the question that nobody answers any more, and draw what is left to draw: also the
   * error with which a cell ended, if it was dropped in a flood of output.
   * @param {{status: string, traceback?: string[]}} outcome
   */
  finish(outcome) {
    this.asks.replaceChildren();
    if (outcome.status === "error" && outcome.traceback && !this.failed) {
      this.#take("error", outcome);
    }
    this.draw();
  }

  get #texts() {
    return [...this.box.querySelectorAll(".jp-RenderedText pre")];
  }

  /** How far the last text is scrolled; null if it follows its own end. */
  #scrolled() {
    const last = this.#texts.at(-1);
    const isAtEnd = !last || last.scrollTop + last.clientHeight >= last.scrollHeight - 40;
    return isAtEnd ? null : last.scrollTop;
  }

  #scroll(scrolled) {
    const texts = this.#texts;
    for (const text of texts) {
      if (text.scrollHeight > text.clientHeight + 1) {
        text.tabIndex = 0; // the keyboard scrolls it
      }
    }
    const last = texts.at(-1);
    if (last) {
      last.scrollTop = scrolled ?? last.scrollHeight;
    }
  }

  /** Say what is not shown, and offer it. */
  #say(hidden) {
    const { lost } = this.output;
    const words = inWords({
      characters: hidden.characters + lost.characters,
      lines: hidden.lines + lost.lines,
      outputs: hidden.outputs + lost.outputs,
    });
    if (words === this.said && !words) {
      return;
    }
    this.said = words;
    const isMore = hidden.characters + hidden.outputs > 0;
    const left = inWords(lost);
    const buttons = [
      isMore && button("Show all", () => this.#showAll()),
      this.output.text && button("Save as a file", () => this.#save()),
    ].filter(Boolean);
    const gone = !left
      ? []
      : isMore
        ? [` ${left} of that could not be kept.`]
        : [" That could not be kept."];
    this.note.replaceChildren(
      ...(words ? [`Output cut here. Not shown: ${words}.`, ...gone, " ", ...buttons] : []),
    );
  }

  #showAll() {
    this.limits = KEPT;
    this.draw();
  }

  #save() {
    const address = URL.createObjectURL(new Blob([this.output.text], { type: "text/plain" }));
    element("a", {
      href: address,
      download: `${this.name.toLowerCase().replace(/\W+/g, "-")}.txt`,
    }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  /** Ask the reader what a program asks with input(). */
  #ask({ header, content }, future) {
    const { prompt, password } = content;
    const type = password ? "password" : "text";
    const field = element("input", { type, autocomplete: "off", spellcheck: "false" });
    const send = (event) => {
      event.preventDefault();
      this.asks.replaceChildren();
      this.#take("stream", { name: "stdout", text: `${prompt}${password ? "" : field.value}\n` });
      future.sendInputReply({ status: "ok", value: field.value }, header);
    };
    const label = element("label", {}, prompt || "The cell waits for a line of text:", " ", field);
    const form = element(
      "form",
      { class: "live-input", onsubmit: send },
      label,
      button("Send", () => {}, { type: "submit" }),
    );
    this.draw();
    this.asks.replaceChildren(form);
    field.focus();
  }
}

/** @returns {string} an amount of output in words; empty if there is none */
function inWords({ characters, lines, outputs }) {
  const size =
    characters < 10_000 ? `${characters} characters` : `${(characters / 1e6).toFixed(2)} MB`;
  const text = lines > 1 ? `${lines.toLocaleString("en")} lines (${size})` : size;
  const s = outputs === 1 ? "" : "s";
  const others = `${outputs.toLocaleString("en")} figure${s} or other output${s}`;
  return [characters && text, outputs && others].filter(Boolean).join(" and ");
}
