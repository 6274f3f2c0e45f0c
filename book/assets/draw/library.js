// Networks and other files, fetched when they are first wanted and kept.
import { fetched } from "./fetching.js";
import { openNetwork } from "./network.js";
import { NetworkProblem } from "./problems.js";

/** Fetches files and opens the networks among them. */
export class Library {
  /**
   * @param {string} folder Address of the files, with a slash at its end.
   * @param {function(function(number, number): void): Promise<RuntimeWorker>} runtime Starts
   *   onnxruntime, saying how far.
   */
  constructor(folder, runtime) {
    this.folder = folder;
    this.runtime = runtime;
    this.opened = new Map();
  }

  /**
   * Fetch a JSON file.
   * @param {string} name
   * @returns {Promise<any>}
   */
  async json(name) {
    const bytes = await fetchedFromBook(this.folder + name);
    return JSON.parse(new TextDecoder().decode(bytes));
  }

  /**
   * Fetch and open a network of the list; a second time, it is there at once.
   * @param {{id: string, file: string, title: string, bytes: number}} entry
   * @param {function(string, number, number): void} progress What is loaded, and how many bytes of
   *   how many.
   * @returns {Promise<import("./network.js").Network>}
   */
  network(entry, progress) {
    if (!this.opened.has(entry.id)) {
      const opening = this.#fetchNetwork(entry, progress);
      opening.catch(() => this.opened.delete(entry.id));
      this.opened.set(entry.id, opening);
    }
    return this.opened.get(entry.id);
  }

  async #fetchNetwork(entry, progress) {
    const report = (loaded) => progress(entry.title, loaded, entry.bytes);
    return this.open(
      await fetchedFromBook(this.folder + entry.file, report), entry.title, progress
    );
  }

  /**
   * Open a network.
   * @param {Uint8Array} bytes
   * @param {string} name
   * @param {function(string, number, number): void} progress
   * @returns {Promise<import("./network.js").Network>}
   */
  open(bytes, name, progress) {
    const runtime = () =>
      this.runtime((loaded, total) => progress("onnxruntime, which runs it", loaded, total));
    return openNetwork(bytes, { name, runtime });
  }
}

/** Fetch a file of the book; say in words why it is not there. */
async function fetchedFromBook(address, progress = () => {}) {
  progress(0);
  try {
    return await fetched(address, progress);
  } catch (error) {
    const name = address.split("/").at(-1);
    const advice =
      "Check the connection, then try again. On your own computer, “make serve” must still be" +
      " running.";
    throw new NetworkProblem(`The file ${name} could not be fetched: ${error.message}.`, advice);
  }
}
