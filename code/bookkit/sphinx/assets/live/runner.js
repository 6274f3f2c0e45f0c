// Runs cells one after the other, and knows which have run in this kernel.

/** @typedef {import("./cells.js").LiveCell|import("./cells.js").HiddenCell} Cell */

/** A queue of cells. */
export class Runner {
  /**
   * @param {Cell[]} cells All of the page, in order.
   * @param {import("./kernel.js").Kernel} kernel
   * @param {function(?Cell): void} tell Called with the cell that begins, and with null when all is
   * done.
   */
  constructor(cells, kernel, tell) {
    this.cells = cells;
    this.kernel = kernel;
    this.tell = tell;
    this.queue = Promise.resolve();
    this.turn = 0; // what was queued in an earlier turn is dropped
    this.jobs = 0;
    this.running = null;
  }

  /** Cells above one that have not run. */
  missing(cell) {
    return this.cells.slice(0, this.cells.indexOf(cell)).filter((above) => !above.done);
  }

  /** Drop what waits. */
  cancel() {
    this.turn += 1;
  }

  /** A new kernel knows nothing. */
  forget() {
    this.cancel();
    for (const cell of this.cells) {
      cell.mark(cell.done ? "stale" : null);
      cell.done = false;
    }
  }

  /**
   * Run one cell, after the hidden ones directly above it, which may fail: the reader sees what
   * comes of it.
   * @param {Cell} cell
   */
  one(cell) {
    const hidden = this.missing(cell).filter((above) => !above.visible);
    return this.#enqueue([...hidden, cell], () => false);
  }

  /**
   * Run cells until one fails; past those whose blank is open, and those that need what stands
   * there.
   * @param {Cell[]} cells
   * @returns {Promise<{stop: ?{cell: Cell, outcome: Object}, open: Cell[]}>} Where it stopped, null
   * if it did not; and which cells came to an open blank.
   */
  all(cells) {
    return this.#enqueue(cells, stops);
  }

  #enqueue(cells, isStop) {
    const turn = this.turn;
    cells.forEach((cell) => cell.mark("waiting"));
    this.jobs += 1;
    const job = this.queue
      .then(() => this.#work(cells, isStop, turn))
      .finally(() => this.#finish());
    this.queue = job.catch(() => {});
    return job;
  }

  #finish() {
    this.jobs -= 1;
    if (!this.jobs) {
      this.tell(null);
    }
  }

  async #work(cells, isStop, turn) {
    let stop = null;
    const open = [];
    for (const cell of cells) {
      if (stop || turn !== this.turn) {
        cell.mark(null);
        continue;
      }
      cell.mark("busy");
      this.running = cell;
      this.tell(cell);
      const outcome = await cell.execute(this.kernel);
      this.running = null;
      if (isOpen(outcome)) {
        open.push(cell);
      } else if (isStop(cell, outcome)) {
        stop = { cell, outcome };
      }
    }
    return { stop, open };
  }
}

/** Tell whether a cell came to an open blank, its own or one that others left open. */
function isOpen({ ename, verdicts = [] }) {
  return ename === "OpenBlank" || verdicts.some(({ verdict }) => verdict === "open");
}

/** Tell whether a run must not go on after this. */
function stops(cell, { status }) {
  return status === "gone" || status === "exit" || (status !== "ok" && !cell.mayFail);
}
