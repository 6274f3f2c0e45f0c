// The drawing pad: what is drawn is prepared, read by networks and shown, once for every frame in
// which it changes.
import { element } from "../live/elements.js";
import { Answers, Reading } from "./answers.js";
import { Chooser, showProblem, taught } from "./chooser.js";
import { Library } from "./library.js";
import { createLook } from "./look.js";
import { createMaps } from "./maps.js";
import { LARGEST } from "./network.js";
import { Pad } from "./pad.js";
import { NetworkProblem } from "./problems.js";
import { onnxruntime } from "./runtime.js";
import { samples } from "./samples.js";
import { Settings } from "./settings.js";
import { size } from "./words.js";

const FRAME = 16; // milliseconds; a network that takes longer rests as long before it reads again

/**
 * Build the drawing pad, as the button of the loader asks; networks follow.
 * @param {HTMLElement} box With the folders’ addresses, data-static and data-files.
 * @returns {Promise<DrawingPart>}
 */
export async function open(box) {
  const { static: ours, files: networks } = box.dataset;
  const [assets, files] = [ours, networks].map((folder) => new URL(folder, document.baseURI).href);
  const part = new DrawingPart(new Library(files, onnxruntime(`${assets}onnxruntime-web/`)));
  box.drawing = part;
  box.replaceChildren(part.element);
  part.start();
  part.pad.sheet.focus({ preventScroll: true });
  return part;
}

/** The part of a page in which a reader draws and networks read. */
class DrawingPart {
  constructor(library) {
    this.library = library;
    this.readers = []; // networks that read, with the entries of the list that they come from
    this.current = { network: null, result: null, image: null };
    this.pad = new Pad(() => this.changed());
    this.settings = new Settings(() => this.changed());
    this.reading = new Reading();
    this.tables = [new Answers(), new Answers()];
    this.chooser = new Chooser({
      choose: (entry) => this.#choose(entry),
      compare: () => this.#choose(this.chooser.entry),
      open: (file) => this.openFile(file),
    });
    this.waiting = [];
    this.element = this.#layout();
  }

  #layout() {
    this.shelf = element("div", { class: "drawing-samples" });
    this.answers = element("div", { class: "drawing-tables" });
    const [maps, look] = [
      element("div", { class: "drawing-maps" }), element("div", { class: "drawing-look" })
    ];
    this.look = createLook(look, {
      onChoose: ({ layer, channel, row, column }) => this.maps.choose(layer, channel, row, column),
      onClose: () => this.maps.clear(),
    });
    this.maps = createMaps(maps, { onChoose: (choice) => this.#lookAt(choice) });
    this.maps.hold(look);
    maps.prepend(element("h2", {}, "Inside the network"));
    const desk = element(
      "div", { class: "drawing-left" }, this.pad.element, this.reading.element, this.pad.help
    );
    const rest = [this.answers, this.shelf, this.settings.element, this.chooser.element, maps];
    const right = element("div", { class: "drawing-right" }, ...rest);
    const columns = element("div", { class: "drawing-columns" }, desk, right);
    const listeners = { onkeydown: (event) => this.#key(event), ...this.#dropping() };
    return element(
      "section", { class: "drawing", "aria-label": "Draw a digit", ...listeners }, columns
    );
  }

  /** Numbers from 0 to 1, 280 × 280: what is on the pad. */
  get ink() {
    return this.pad.ink.values;
  }

  /** What led to the ink, step by step. */
  get strokes() {
    return this.pad.ink.strokes;
  }

  /** Put a 28 × 28 image onto the pad. */
  place(image) {
    this.pad.place(image);
  }

  /** Take a blank sheet. */
  clear() {
    this.pad.clear();
  }

  /** Wait until what is shown belongs to what is on the pad. */
  settled() {
    const busy = this.dirty || this.running || this.loading;
    return busy ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();
  }

  /** Bring the list of networks, the usual one, and digits to put on the pad. */
  start() {
    this.changed();
    this.#loadSamples();
    this.#loadNetworks();
  }

  async #loadSamples() {
    try {
      this.shelf.replaceChildren(samples(this.pad, await this.library.json("digits.json")));
    } catch (error) {
      const alert = element("div", { role: "alert" });
      this.shelf.replaceChildren(alert);
      showProblem(alert, error, () => this.#loadSamples());
    }
  }

  #loadNetworks() {
    const load = async (progress) => {
      this.chooser.offer(await this.library.json("index.json"));
      return this.#fetched([this.chooser.usual], progress);
    };
    this.#load(load, () => this.#loadNetworks());
  }

  /**
   * Let a network of the list read, and its twin if that is wanted; null is the reader’s own,
   * already there.
   */
  #choose(entry) {
    const wanted = [entry, this.chooser.twinOf(entry)].filter(Boolean);
    this.#load(
      (progress) => (entry ? this.#fetched(wanted, progress) : this.own), () => this.#choose(entry)
    );
  }

  async #fetched(entries, progress) {
    const networks = await Promise.all(
      entries.map((entry) => this.library.network(entry, progress)),
    );
    return networks.map((network, i) => ({ network, entry: entries[i] }));
  }

  /** Open a file that the reader has chosen or dropped. */
  openFile(file) {
    return this.#load(async (progress) => {
      if (file.size > LARGEST) {
        const most = `The largest that this page opens has ${size(LARGEST)}.`;
        throw new NetworkProblem(`${file.name} has ${size(file.size)}.`, most);
      }
      return this.#opened(await bytesOf(file), file.name, progress);
    });
  }

  /** Open the network behind a link that a cell has shown. */
  openLink(link) {
    const load = async (progress) => {
      const answer = await fetch(link.href);
      return this.#opened(new Uint8Array(await answer.arrayBuffer()), link.download, progress);
    };
    return this.#load(load);
  }

  async #opened(bytes, name, progress) {
    return [{ network: await this.library.open(bytes, name, progress), entry: null }];
  }

  /**
   * Load networks; the last that was asked for is shown, and a problem leaves those that are there.
   */
  async #load(networks, retry) {
    const attempt = (this.loading = {});
    const latest = () => this.loading === attempt;
    this.chooser.dismiss();
    try {
      const readers = await networks(
        (...progress) => latest() && this.chooser.progress(...progress),
      );
      if (latest() || !this.readers.length) {
        this.#read(readers);
      }
    } catch (error) {
      if (latest()) {
        this.chooser.problem(error, retry);
        this.#showChosen();
      }
    }
    if (latest()) {
      this.loading = null;
      this.chooser.loaded();
      this.changed();
    }
  }

  /** Let these networks read from now on. */
  #read(readers) {
    const { own } = this;
    this.readers = readers;
    if (!readers[0].entry && readers !== own) {
      this.own = readers;
      this.settled().then(() => own?.[0].network.close());
    }
    this.answers.replaceChildren(...readers.map((_, i) => this.tables[i].element));
    this.answers.classList.toggle("drawing-compared", readers.length > 1);
    this.#showChosen();
    this.changed();
  }

  #showChosen() {
    if (this.readers.length) {
      const [{ entry, network }] = this.readers;
      this.chooser.chosen(entry, network);
    }
  }

  /** Something that the answer depends on has changed: the next frame shows it. */
  changed() {
    this.dirty = true;
    if (!this.requested) {
      this.requested = true;
      requestAnimationFrame(() => this.#frame());
    }
  }

  /** Show the ink; let the networks read, if they are not at it. */
  async #frame() {
    this.requested = false;
    this.pad.paint();
    if (this.running) {
      return;
    }
    if (performance.now() < this.rest) {
      this.changed();
      return;
    }
    this.dirty = false;
    this.running = true;
    await this.#update();
    this.running = false;
    if (this.dirty) {
      this.changed();
    } else if (!this.loading) {
      this.waiting.splice(0).forEach((resolve) => resolve());
    }
  }

  async #update() {
    const began = performance.now();
    const image = this.settings.prepared(this.ink);
    try {
      const answers = [];
      for (const { network, entry } of this.readers) {
        answers.push({
          network, title: this.#titleOf(network, entry), result: await network.run(image)
        });
      }
      this.#show(image, answers);
    } catch (error) {
      this.readers = [];
      this.chooser.problem(error);
    }
    const took = performance.now() - began;
    this.rest = took > FRAME ? performance.now() + took : 0;
  }

  /** What stands above a table: of twins, what makes the difference. */
  #titleOf(network, entry) {
    return this.readers.length > 1 ? taught(entry) : (entry?.title ?? network.name);
  }

  #show(image, answers) {
    const { blank } = this.pad.ink;
    const none = this.loading ? "Loading …" : "No network yet";
    this.reading.show(image, blank ? [] : answers, answers.length ? "Blank paper" : none);
    answers.forEach((answer, i) => this.tables[i].show(answer.title, answer, blank));
    if (answers.length) {
      const [{ network, result }] = answers;
      this.current = { network, result, image };
      this.maps.show(network, result);
      this.#showLook();
    }
  }

  #lookAt(choice) {
    this.choice = choice;
    this.#showLook();
  }

  #showLook() {
    if (this.choice) {
      this.look.show(this.current.network, this.current.result, this.choice);
    } else {
      this.look.hide();
    }
  }

  #key(event) {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z") {
      event.preventDefault();
      this.pad.undo();
    }
  }

  /** Listeners that show where a file may be dropped. */
  #dropping() {
    const taking = (act) => (event) => {
      if (event.dataTransfer?.types.includes("Files")) {
        event.preventDefault();
        act(event);
      }
    };
    const mark = (is) => this.element.toggleAttribute("data-dropping", is);
    return {
      ondragover: taking(() => mark(true)),
      ondragleave: taking(({ relatedTarget }) => mark(this.element.contains(relatedTarget))),
      ondrop: taking(() => mark(false)), // the page hands the file on, wherever it was dropped
    };
  }
}

async function bytesOf(file) {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new NetworkProblem(
      `${file.name} could not be read: ${error.message}.`, "Drop a file, not a folder."
    );
  }
}
