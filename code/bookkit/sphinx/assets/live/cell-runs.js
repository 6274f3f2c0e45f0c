// Runs cells as the reader asks, and says at them what came of it.
import { button, element } from "./elements.js";

const AWAY = "Nothing was run: the server does not answer. What you typed is kept.";

/** The reader's orders to run one cell, those above it, or all of a page. */
export class CellRuns {
  /**
   * @param {{kernel: ?import("./kernel.js").Kernel, runner: import("./runner.js").Runner,
   *   panel: import("./panel.js").Panel, cells: import("./runner.js").Cell[],
   *   visible: import("./cells.js").LiveCell[]}} page
   */
  constructor(page) {
    this.page = page;
  }

  /** Run a cell; if others above it have not run, ask first. */
  async one(cell) {
    const missing = this.page.runner.missing(cell).filter(({ visible }) => visible);
    if (cell.done || !missing.length) {
      await this.#only(cell);
      return;
    }
    const count =
      missing.length === 1 ? "One cell above has" : `${missing.length} cells above have`;
    const first = button("Run them first", () => this.above(cell));
    cell.say(
      `${count} not run yet, or changed since.`,
      first,
      button("Run only this cell", () => this.#only(cell)),
    );
    first.focus();
  }

  async #only(cell) {
    if (this.#isAway(cell)) {
      return;
    }
    const { open } = await this.page.runner.one(cell);
    if (open.includes(cell) && cell.solution) {
      cell.say(
        "",
        button("Use the book’s solution", () => this.#solve([cell], () => this.one(cell))),
      );
    } else if (cell.exercise && cell.isBooks) {
      cell.say(
        "This is the book’s solution, so the exercise does not count as solved. Reset brings the" +
          " blanks back.",
      );
    } else if (cell.missingName) {
      this.#sayWhence(cell, cell.missingName);
    }
  }

  /** Name the exercise that has not run, where a cell misses a name that it gives. */
  #sayWhence(cell, name) {
    const from = this.page.visible.find(
      (other) => other.exercise && other !== cell && !other.done && other.gives(name),
    );
    if (from) {
      const there = button(`Go to ${from.name}`, () => from.editor.focus());
      cell.say(`${name} comes from ${from.name}, which has not run yet.`, there);
    }
  }

  /** Tell whether nothing can be run, and say so where the reader wants to run something. */
  #isAway(cell = null) {
    if (this.page.kernel?.isThere) {
      return false;
    }
    const words = this.page.kernel
      ? AWAY
      : "Nothing was run: this page has no Python now. Press “Make this page live” above.";
    cell?.say(words);
    return true;
  }

  /** Put the book's solutions into exercises, then go on. */
  #solve(cells, goOn) {
    cells.forEach((cell) => cell.solve());
    return goOn();
  }

  /**
   * Run all cells above that have not run, then this one; say where it stopped, or what was left
   * open.
   */
  async above(cell) {
    if (this.#isAway(cell)) {
      return;
    }
    cell.say("");
    const { stop, open } = await this.page.runner.all([...this.page.runner.missing(cell), cell]);
    if (stop && stop.cell !== cell && stop.outcome.status !== "gone") {
      const buttons = [button("Run only this cell", () => this.#only(cell))];
      if (stop.cell.visible) {
        buttons.unshift(button("Go there", () => stop.cell.editor.focus()));
      }
      cell.say(`Stopped at ${stop.cell.name}: ${reason(stop)}.`, ...buttons);
    } else if (!stop && open.some((above) => above !== cell)) {
      const left = open.filter((above) => above.exercise);
      cell.say(`Still open above: ${left.length ? "" : "a blank"}`, ...links(left));
    }
  }

  /** Run the whole page until something fails; past open blanks, which are named in the end. */
  async all() {
    if (this.#isAway()) {
      return;
    }
    const { stop, open } = await this.page.runner.all(this.page.cells);
    if (this.page.panel.state !== "ready") {
      return;
    }
    if (stop) {
      const buttons = stop.cell.visible
        ? [button(`Go to ${stop.cell.name}`, () => stop.cell.editor.focus())]
        : [];
      this.page.panel.show("ready", `Stopped at ${stop.cell.name}: ${reason(stop)}.`, { buttons });
    } else if (open.length) {
      this.#sayOpen(open);
    }
  }

  /**
   * Say which exercises a run of the whole page left open, and offer what the page has for them.
   */
  #sayOpen(open) {
    const left = open.filter(({ exercise }) => exercise);
    const others = open.length - left.length;
    const more = others
      ? ` ${others === 1 ? "One other cell needs" : `${others} other cells need`} them.`
      : "";
    const solvable = left.filter(({ solution }) => solution);
    const use = button("Use the book’s solutions", () =>
      this.#solve(solvable, () => this.all()),
    );
    const count = left.length === 1 ? "one exercise" : `${left.length} exercises`;
    const buttons = [...links(left), ...(solvable.length ? [use] : [])];
    this.page.panel.show("ready", `All has run; ${count} still open.${more}`, { buttons });
  }
}

/** Links to exercises by their numbers. */
function links(cells) {
  return cells.map((cell) => {
    const { id } = cell.node.closest(".exercise");
    return element(
      "a",
      { href: `#${id}`, class: "live-link" },
      cell.name.replace(/^Exercise /, ""),
    );
  });
}

/** Why a run stopped, in a few words. */
export function reason({ outcome }) {
  if (outcome.ename === "KeyboardInterrupt") {
    return "it was interrupted";
  }
  if (outcome.status === "gone" || outcome.status === "exit") {
    return "Python ended";
  }
  const first = (outcome.evalue ?? "").split("\n")[0].slice(0, 300);
  return `${outcome.ename ?? "Error"}: ${first}`.replace(/[.:\s]+$/, "");
}
