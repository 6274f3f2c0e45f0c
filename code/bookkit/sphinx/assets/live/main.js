// Makes a page live: finds a place, starts a kernel, puts editors into the page, and sees the
// reader through failures.
import { CellRuns, reason } from "./cell-runs.js";
import { findCells, furnish } from "./cells.js";
import { button, element } from "./elements.js";
import { ending } from "./endings.js";
import { Failure } from "./failure.js";
import { Kernel, loadThebe } from "./kernel.js";
import { Panel } from "./panel.js";
import * as places from "./places.js";
import { Runner } from "./runner.js";
import { unmark } from "./verdicts.js";

const STUBBORN = 5; // seconds that an interrupted cell may take to stop
const POLL = 1.5; // seconds between two questions whether a server is back
const WHERE = { here: "on this computer", binder: "on Binder" };

/**
 * Make the page live, as the button of the loader asks.
 * @param {Element} box The panel.
 * @param {Object} settings What the page says about itself.
 */
export function open(box, settings) {
  return new LivePage(new Panel(box), settings).open();
}

class LivePage {
  constructor(panel, settings) {
    this.panel = panel;
    this.settings = settings;
    this.kernel = null;
    this.cells = null;
    this.runs = new CellRuns(this);
    addEventListener("pagehide", () => this.kernel?.leave());
    addEventListener("pageshow", ({ persisted }) => persisted && this.kernel && this.#lose());
  }

  /** Find out where code can run, and go there; ask the reader if the page cannot know. */
  async open() {
    this.panel.show("connecting", "Looking for a server …");
    const own = await places.ownPlace(this.settings.here);
    const place = own?.allowed ? own.place : (places.remembered() ?? this.kernel?.place);
    if (place) {
      await this.start(place);
    } else {
      this.#choose(own ? places.notLoggedIn() : null);
    }
  }

  /** Ask where to run; after a failure, say first what it was. */
  #choose(failure = null) {
    const usual = failure?.kind === "login" ? `${location.origin}/` : "http://127.0.0.1:8888/";
    const known = places.remembered() ?? { url: usual, token: "" };
    const form = this.panel.form(known, (address, token) => this.#connectTo(address, token));
    const needs = [places.elsewhere()].filter(Boolean);
    const more = [
      ...(failure?.advice ? [element("p", {}, failure.advice)] : []),
      ...form,
      ...needs,
    ];
    const buttons = failure ? [button("Try again", () => this.open())] : [];
    if (this.settings.binder) {
      buttons.push(button("Run on Binder", () => this.#startBinder()));
    }
    const words = failure?.message ?? "Where should the code run?";
    this.panel.show(failure ? "failed" : "choose", words, { more, buttons, kind: failure?.kind });
  }

  async #connectTo(address, token) {
    try {
      const place = places.named(address, token);
      places.remember(place);
      await this.start(place);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #startBinder() {
    try {
      const { binder } = this.settings;
      this.panel.show("connecting", "Binder, asking for a machine …");
      const place = await places.launchBinder(binder, (words) =>
        this.panel.show("connecting", words),
      );
      await this.start(place);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error) {
    const words = `This went wrong: ${error?.message ?? error}.`;
    this.panel.unequip();
    this.#choose(
      error instanceof Failure
        ? error
        : new Failure("unknown", words, "Reload the page, then try again."),
    );
  }

  /** Start a kernel at a place; then, and only then, change the page. */
  async start(place) {
    try {
      const where = WHERE[place.kind] ?? `at ${new URL(place.url).host}`;
      this.panel.show("connecting", `Connecting to the server ${where} …`);
      await Promise.all([loadThebe(this.settings.static), places.check(place)]);
      this.panel.show("starting", `Starting Python ${where} …`);
      const kernel = new Kernel(place, this.settings.environment, this.settings.static);
      await kernel.start();
      this.#adopt(kernel, where);
      await this.#setUp();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Let the page's cells run in a kernel. */
  #adopt(kernel, where) {
    this.kernel?.end();
    this.kernel = kernel;
    this.where = where;
    kernel.happened = (what) => this.#happened(what);
    if (this.cells) {
      this.notebook.detachSession();
    } else {
      this.cells = findCells(this.settings.page);
      this.notebook = furnish(this.visible, kernel, (cell) => this.#actionsOf(cell));
      document.documentElement.classList.add("live-page");
    }
    this.notebook.attachSession(kernel.session);
    this.runner = new Runner(this.cells, kernel, (cell) => this.#tell(cell));
    const tools = {
      "Run all": () => this.runs.all(),
      Interrupt: () => this.interrupt(),
      Restart: () => this.restart(),
      Disconnect: () => this.disconnect(),
    };
    this.panel.equip(tools, this.settings.notice);
  }

  get visible() {
    return this.cells.filter(({ visible }) => visible);
  }

  /** The first cell that is no exercise, with its imports and data, and what is hidden above it. */
  get preparation() {
    return this.cells.slice(
      0,
      this.cells.findIndex(({ visible, exercise }) => visible && !exercise) + 1,
    );
  }

  #actionsOf(cell) {
    return {
      run: () => void this.runs.one(cell),
      runAbove: () => void this.runs.above(cell),
      runNext: () => {
        void this.runs.one(cell);
        this.visible[this.visible.indexOf(cell) + 1]?.editor.focus();
      },
      interrupt: () => void this.interrupt(),
    };
  }

  /** Run the first code of the chapter. */
  async #setUp(words = `Ready ${this.where}. Change the code and run it.`) {
    this.panel.show("starting", "Running the chapter’s set-up …");
    this.runner.forget();
    unmark();
    const { stop } = await this.runner.all(this.preparation);
    if (!stop) {
      this.panel.show("ready", words);
    } else if (stop.outcome.status === "error") {
      const { more, buttons } = this.#afterSetUp(stop);
      this.panel.show("failed", `The set-up failed: ${reason(stop)}.`, {
        more,
        buttons,
        kind: "setup",
      });
    }
  }

  /** What to do about a set-up that failed: what the reader has changed of it comes first. */
  #afterSetUp({ cell, outcome }) {
    if (cell.isEdited) {
      const anew = button(`Reset ${cell.name} and restart`, () => {
        cell.reset();
        return this.restart();
      });
      const words =
        `You have changed ${cell.name}, which is part of the set-up: correct it and restart, or` +
        " reset it.";
      return { more: [element("p", {}, words)], buttons: [anew] };
    }
    const advice =
      outcome.ename === "ModuleNotFoundError"
        ? "That Python does not have the book’s packages: start the server from the book’s" +
          " environment."
        : "Look at the first cell’s output, then restart.";
    return { more: [element("p", {}, advice)], buttons: [] };
  }

  /** Say what runs, unless something more important is being said. */
  #tell(cell) {
    this.interrupted = null; // the next press of Interrupt is the first one
    clearTimeout(this.patience); // with the cell before
    if (cell && this.panel.state === "ready") {
      this.panel.show("busy", `Busy: ${cell.name} is running.`);
    } else if (cell && this.panel.state === "busy") {
      this.panel.words.textContent = `Busy: ${cell.name} is running.`;
    } else if (cell?.isEdited && this.panel.state === "starting") {
      const words = `${cell.name}, which you have changed …`;
      this.panel.words.textContent = `Running the chapter’s set-up: ${words}`;
    } else if (!cell && this.panel.state === "busy") {
      this.panel.show("ready", `Ready ${this.where}.`);
    }
  }

  /** Stop what runs, and what waits; offer a restart if it does not stop. */
  async interrupt() {
    const { running } = this.runner;
    this.runner.cancel();
    clearTimeout(this.patience);
    const isAgain = running && this.interrupted === running;
    this.interrupted = running;
    if (isAgain) {
      this.#offerRestart(running);
    }
    await this.kernel?.interrupt();
    if (running && this.interrupted === running && !isAgain) {
      this.patience = setTimeout(() => this.#offerRestart(running), 1000 * STUBBORN);
    }
  }

  #offerRestart(cell) {
    if (this.runner.running !== cell || !["busy", "starting"].includes(this.panel.state)) {
      return;
    }
    const words =
      `Interrupted, but ${cell.name} does not stop: it is inside compiled code, or it catches the` +
      " interrupt.";
    const restart = () => button("Restart Python", () => this.restart());
    this.panel.show("busy", words, { buttons: [restart()] });
    cell.say?.(
      "This cell does not stop. A restart ends it; what was computed is lost, what you typed is" +
        " kept.",
      restart(),
    );
  }

  /** Begin anew with nothing defined. */
  async restart(words = "Restarted: nothing is defined but what the set-up defines.") {
    try {
      this.runner.running?.say?.("Python was restarted while this cell ran.");
      this.runner.forget();
      this.panel.show("starting", "Restarting Python …");
      await this.kernel.restart();
      await this.#setUp(words);
    } catch {
      await this.#lose();
    }
  }

  /** End the kernel; the page can be made live again. */
  async disconnect() {
    this.runner.cancel();
    this.panel.unequip();
    const buttons = [button("Make this page live", () => this.open())];
    this.panel.show("off", "Disconnected. What you typed is kept.", { buttons });
    places.remember(null);
    await this.kernel.end();
    this.kernel = null;
  }

  /** Answer to what happens to the kernel. */
  #happened(what) {
    const alive = ["ready", "busy"].includes(this.panel.state);
    const anew = () => [button("Start a new kernel", () => this.start(this.kernel.place))];
    if (what === "died") {
      this.#sayEnded(this.runner.running, ending(this.kernel.exitCode, this.runner.running?.code));
    } else if (what === "exit") {
      void this.#afterExit(this.runner.running);
    } else if (what === "back" && this.preparation.includes(this.killer)) {
      this.panel.show(
        "ready",
        `${this.why} That was in the set-up: change or reset ${this.killer.name}, then run it.`,
      );
    } else if (what === "back") {
      void this.#setUp(`${this.why} This is a new one: run the cells again from the top.`);
    } else if (what === "dead") {
      const words = "Python ended again and again, and the server gave up.";
      this.panel.show("lost", words, { buttons: anew(), kind: "dead" });
      this.kernel.abandon();
    } else if (what === "gone" && this.panel.kind !== "dead" && this.panel.state !== "connecting") {
      void this.#lose();
    } else if (what === "reconnecting" && alive) {
      const words =
        "The connection to the server is lost. Trying again … No cell can run meanwhile.";
      this.panel.show("reconnecting", words, { buttons: anew() });
      void this.#whileAway();
    } else if (what === "connected" && this.panel.state === "reconnecting") {
      const { running } = this.runner;
      const words = running
        ? `Connected again; ${running.name} is running.`
        : `Connected again ${this.where}.`;
      this.panel.show(running ? "busy" : "ready", words);
    }
  }

  /** Say why Python ended, at the cell that ran and in the panel. */
  #sayEnded(cell, why) {
    this.killer = cell;
    this.why = cell ? `Python ended while ${cell.name} ran. ${why}` : `Python ended. ${why}`;
    this.runner.forget();
    cell?.say?.(`Python ended while this cell ran. ${why}`);
    this.panel.show("starting", `${this.why} A new one is being started …`, { kind: "died" });
  }

  /** The code asked Python to end: start another one, without waiting until the server notices. */
  async #afterExit(cell) {
    const name = cell?.name ?? "a cell";
    this.runner.cancel();
    if (!this.preparation.includes(cell)) {
      this.runner.running = null;
      await this.restart(
        `${name} ended Python with exit() or quit(). This is a new one: run the cells again from` +
          " the top.",
      );
      return;
    }
    this.panel.show("starting", "Restarting Python …");
    await this.kernel.restart().catch(() => this.#lose());
    this.runner.forget();
    this.panel.show(
      "ready",
      `The set-up ended Python with exit() or quit(): change or reset ${name}, then run it.`,
    );
  }

  /** Ask the server again and again whether it is back, and still has the kernel. */
  async #whileAway() {
    while (this.panel.state === "reconnecting" && this.kernel?.id) {
      const kernel = this.kernel;
      const found = await places.hasKernel(kernel.place, kernel.id);
      if (this.panel.state !== "reconnecting" || this.kernel !== kernel) {
        return;
      }
      if (found === false) {
        await this.#lose();
      } else if (found && !kernel.isThere) {
        void kernel.reconnect();
      }
      await new Promise((wake) => setTimeout(wake, 1000 * POLL));
    }
  }

  /** The kernel is not coming back: say why, as far as that can be known. */
  async #lose() {
    const { place } = this.kernel;
    this.panel.show("connecting", "Asking the server …");
    this.runner.forget();
    this.kernel.abandon();
    const gone = "The kernel is gone: it was idle for long, or its server was started anew.";
    const failure = await places.check(place).then(
      () => new Failure("gone", gone, "What you typed is kept."),
      (error) => error,
    );
    const buttons = [
      button("Start a new kernel", () => this.start(place)),
      button("Run elsewhere", () => this.#choose()),
    ];
    this.panel.show("lost", failure.message, {
      more: [element("p", {}, failure.advice)],
      buttons,
      kind: failure.kind,
    });
  }
}
