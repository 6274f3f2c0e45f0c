// The cells of a page: editors in place of code, outputs below, and hidden cells between them.
import { button, element } from "./elements.js";
import { digest, edited, keep } from "./edits.js";
import { stopped } from "./endings.js";
import { helpWith } from "./help.js";
import { OutputView } from "./output-view.js";
import { announce, unmark, verdictsIn } from "./verdicts.js";

const RUNNABLE = "div.cell:not(.tag_solution):has(.cell_input pre), script.hidden-cell";

/** A cell whose code the page does not show. */
export class HiddenCell {
  constructor(node) {
    this.node = node;
    this.source = JSON.parse(node.textContent);
    this.visible = false;
    this.done = false;
  }

  /** @returns {string} How messages name this cell. */
  get name() {
    return "a hidden cell";
  }

  /** Run it; its outputs are shown nowhere. */
  async execute(kernel) {
    const outcome = await kernel.quietly(this.source);
    this.done = outcome.status === "ok";
    return outcome;
  }

  mark() {}
}

/** A cell with an editor. */
export class LiveCell {
  /**
   * @param {Element} node The cell's box.
   * @param {number} number Counted from 1 on the page.
   * @param {string} page
   * @param {Set<string>} keys Digests that other cells of the page have.
   */
  constructor(node, number, page, keys) {
    this.node = node;
    this.number = number;
    this.page = page;
    this.visible = true;
    this.done = false;
    this.exercise = node.dataset.exercise ?? null;
    this.mayFail = node.classList.contains("tag_raises-exception");
    this.place = node.querySelector(".cell_input pre");
    this.source = this.place.textContent.replace(/\s+$/, "");
    this.key = digest(this.source);
    while (keys.has(this.key)) {
      this.key += "+";
    }
    keys.add(this.key);
    this.printed = [...node.querySelectorAll(".cell_output")];
    this.output = element("div", { class: "cell_output live-output", hidden: true });
    this.remark = element("div", { class: "live-remark", role: "status" });
    this.stuck = element("p", { class: "live-stuck" });
    node.append(this.remark, this.output, this.stuck);
    this.inOrder = Boolean(node.closest(".exercise[data-kind='parsons']"));
    if (this.inOrder) {
      document.addEventListener("exercise-ordered", ({ detail }) => this.#take(detail));
    }
  }

  /** Take over the lines that the reader has put in order, if they are of this exercise. */
  #take({ exercise, code }) {
    if (exercise === this.exercise && this.editor) {
      this.given = false;
      this.editor.setValue(code);
      this.runButton.focus();
    }
  }

  get name() {
    const title = this.node.closest(".exercise")?.querySelector(".admonition-title")?.textContent;
    return title?.match(/^Exercise [\d.]+/)?.[0] ?? `cell ${this.number}`;
  }

  /** Whether the reader has changed the code. */
  get isEdited() {
    return this.code !== this.source;
  }

  /** The code as the reader sees it now. */
  get code() {
    return this.editor.getValue();
  }

  /**
   * Take over what thebe has built, and bring back what the reader typed.
   * @param {Object} view The cell of thebe's notebook, which shows outputs.
   * @param {Object} actions What buttons and keys do: run, runNext, runAbove, interrupt.
   */
  furnish(view, actions) {
    this.view = view;
    this.shown = new OutputView(view.area, this.output, this.name);
    this.editor = this.node.querySelector(".CodeMirror").CodeMirror;
    this.node.classList.add("live-cell");
    this.node.querySelectorAll(".copybtn").forEach((old) => old.remove());
    this.#addButtons(actions);
    this.#setKeys(actions);
    this.editor
      .getInputField()
      .setAttribute("aria-label", `Code of ${this.name}. Escape leaves the editor.`);
    this.editor.on("change", () => this.#changed());
    const typed = edited(this.page, this.key);
    if (typed !== null) {
      this.editor.setValue(typed);
    }
    this.editor.clearHistory();
    this.#changed();
    for (
      let fold = this.node.closest("details");
      fold;
      fold = fold.parentElement.closest("details")
    ) {
      fold.addEventListener("toggle", () => this.editor.refresh());
    }
    this.node.querySelector("details")?.addEventListener("toggle", () => this.editor.refresh());
  }

  #addButtons({ run, runAbove, interrupt }) {
    const of = this.name;
    const named = (words, name, label, pressed) =>
      button(words, pressed, { class: `live-${name}`, "aria-label": label });
    const copy = () => navigator.clipboard?.writeText(this.code);
    this.runButton = named("Run", "run", `Run ${of}`, () => (this.busy ? interrupt() : run()));
    this.resetButton = named("Reset", "reset", `Reset ${of} to the book’s code`, () =>
      this.reset(),
    );
    this.time = element("span", { class: "live-time" });
    this.node
      .querySelector(".thebe-controls")
      .replaceChildren(
        this.runButton,
        named("Run all above", "above", `Run all above, then ${of}`, runAbove),
        this.resetButton,
        named("Copy", "copy", `Copy ${of}`, copy),
        this.time,
      );
  }

  #setKeys({ run, runNext, runAbove, interrupt }) {
    const keys = {
      "Shift-Enter": runNext,
      "Ctrl-Enter": run,
      "Cmd-Enter": run,
      "Shift-Ctrl-Enter": runAbove,
      "Shift-Cmd-Enter": runAbove,
      "Ctrl-.": interrupt,
      Esc: () => this.runButton.focus(),
      Tab: (editor) =>
        editor.execCommand(editor.somethingSelected() ? "indentMore" : "insertSoftTab"),
      "Shift-Tab": "indentLess",
    };
    this.editor.setOption("extraKeys", { ...this.editor.getOption("extraKeys"), ...keys });
  }

  #changed() {
    const original = this.code === this.source;
    keep(this.page, this.key, original ? null : this.code);
    this.done &&= this.code === this.ran;
    this.node.classList.toggle("live-edited", !original);
    this.resetButton.hidden = original && this.output.hidden;
  }

  /** Bring back the book's code and the book's output. */
  reset() {
    this.editor.setValue(this.source);
    this.shown.clear();
    this.#clear();
    this.#show(false);
    this.last = null;
    this.mark(null);
    this.time.textContent = "";
    this.#changed();
    this.runButton.focus();
  }

  /** Show the live output in place of the printed one, or the other way round. */
  #show(live) {
    this.output.hidden = !live || this.view.outputs.length === 0;
    this.printed.forEach((old) => (old.hidden = live));
  }

  /** Say something below the cell, with buttons. */
  say(words, ...buttons) {
    this.remark.replaceChildren(...(words ? [words, " ", ...buttons] : []));
  }

  /** @param {"waiting"|"busy"|"ok"|"error"|"stale"|null} state null: as it was before it waited. */
  mark(state) {
    if (state === "ok" || state === "error" || state === "stale") {
      this.last = state;
    }
    this.busy = state === "waiting" || state === "busy";
    this.runButton.textContent = this.busy ? "Stop" : "Run";
    this.runButton.setAttribute("aria-label", `${this.busy ? "Stop" : "Run"} ${this.name}`);
    this.node.dataset.live = state ?? this.last ?? "new";
  }

  /** Run it, with a clock beside its buttons; tell of verdicts. */
  async execute(kernel) {
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    const clock = setInterval(() => (this.time.textContent = `${seconds().toFixed(0)} s`), 1000);
    this.#clear();
    this.output.hidden = false;
    this.ran = this.code;
    const outcome = await kernel.run(this.ran, this.shown);
    clearInterval(clock);
    this.time.textContent = `${seconds().toFixed(1)} s`;
    this.done = outcome.status !== "gone" && this.code === this.ran;
    this.mark(outcome.status === "ok" ? "ok" : "error");
    this.#show(true);
    this.#changed();
    const gone = outcome.status === "gone" && "Python went away while this cell ran.";
    if (!this.remark.textContent) {
      this.say(gone || stopped(outcome));
    }
    this.outcome = { ...outcome, verdicts: this.#tellVerdicts(outcome) };
    void this.#offerHelp(this.outcome);
    return this.outcome;
  }

  /** Below an error, link what the book says of it. */
  async #offerHelp(outcome) {
    if (outcome.status === "error" && outcome.ename !== "KeyboardInterrupt") {
      const link = await helpWith(outcome).catch(() => null);
      this.stuck.replaceChildren(...(link && this.outcome === outcome ? [link] : []));
    }
  }

  /** Take away what was said and shown before. */
  #clear() {
    this.say("");
    this.stuck.replaceChildren();
    this.outcome = null;
    this.printed.forEach((old) => (old.hidden = true));
    unmark([this.node.closest(".exercise[data-exercise]")].filter(Boolean));
  }

  #tellVerdicts({ ename, evalue }) {
    const found = verdictsIn(this.view.outputs, this.output);
    if (!found.length && this.exercise && ename === "OpenBlank") {
      // the blank spoke before the check could
      found.push({ exercise: this.exercise, verdict: "open", text: evalue });
    }
    const byBook = this.isBooks;
    const ran = { code: this.ran, digest: digest(this.ran), byBook };
    found.forEach((verdict) => announce(verdict, ran));
    return found;
  }

  /**
   * The book's solution, if the page has one and the reader need not predict first; null if not.
   */
  get solution() {
    const box = this.node.closest(".exercise");
    if (!box || box.querySelector("form.prediction:not([hidden])")) {
      return null;
    }
    const found = [...document.querySelectorAll(".exercise[data-exercise], .tag_solution")];
    const next = found[found.indexOf(box) + 1];
    return next?.matches(".tag_solution") ? next.querySelector("pre").textContent.trimEnd() : null;
  }

  /**
   * Whether the code is the book's solution, and not the reader's own: lines put in order may well
   * be the same.
   */
  get isBooks() {
    return this.code === this.solution && (!this.inOrder || Boolean(this.given));
  }

  /** The name that its last run did not find; nothing if it found all. */
  get missingName() {
    const { ename, evalue = "" } = this.outcome ?? {};
    return ename === "NameError" ? evalue.match(/^name '(\w+)' is not defined/)?.[1] : undefined;
  }

  /** Tell whether the code gives a name its value, as far as can be seen line by line. */
  gives(name) {
    return new RegExp(
      `^(?:(?:def|class) +${name}\\b|[\\w, ]*\\b${name}\\b[\\w, ]*=(?!=))`,
      "m",
    ).test(this.code);
  }

  /** Put the book's solution in place of what stands there. */
  solve() {
    this.given = true;
    this.editor.setValue(this.solution);
  }
}

/**
 * Find the cells of the page that can run, in order.
 * @param {string} page
 * @returns {(LiveCell|HiddenCell)[]}
 */
export function findCells(page) {
  const keys = new Set();
  let number = 0;
  return [...document.querySelectorAll(`article :is(${RUNNABLE})`)].map((node) =>
    node.matches("script") ? new HiddenCell(node) : new LiveCell(node, ++number, page, keys),
  );
}

/**
 * Put editors and output areas into the page.
 * @param {LiveCell[]} cells
 * @param {import("./kernel.js").Kernel} kernel
 * @param {function(LiveCell): Object} actionsOf
 */
export function furnish(cells, { config, rendermime }, actionsOf) {
  const blocks = cells.map(({ number, source }) => ({ id: `live-${number}`, source }));
  const notebook = window.thebeCore.api.setupNotebookFromBlocks(blocks, config, rendermime);
  const places = cells.map(({ number, place: source, output }) => ({
    id: `live-${number}`,
    placeholders: { source, output },
  }));
  const codeMirrorConfig = {
    theme: "default",
    indentUnit: 4,
    lineNumbers: false,
    lineWrapping: true,
  };
  window.thebe.renderAllCells({ codeMirrorConfig }, notebook, places);
  cells.forEach((cell) =>
    cell.furnish(notebook.getCellById(`live-${cell.number}`), actionsOf(cell)),
  );
  return notebook;
}
