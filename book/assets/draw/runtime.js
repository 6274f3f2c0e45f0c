// onnxruntime-web, for networks with operators that this page does not know: 14 MB, fetched only
// when one is opened.
import { fetched } from "./fetching.js";
import { NetworkProblem } from "./problems.js";

const MODULE = "ort.wasm.bundle.min.mjs";
const BINARY = "ort-wasm-simd-threaded.wasm";
const ADVICE = "Check the connection, then open the network again.";
// a slow phone takes a second for the largest network of LIMITS
const SECONDS = { load: 60, open: 60, run: 20 };

/**
 * @param {string} folder The address of the folder that holds onnxruntime-web's files, with a slash
 *   at its end.
 * @param {{load: number, open: number, run: number}} seconds How long each may take.
 * @returns {function(function(number, number): void): Promise<RuntimeWorker>} Starts it, from a
 *   binary that is fetched once; called again after a failure, it tries again. It takes a function
 *   that is told how many bytes are here, and of how many.
 */
export function onnxruntime(folder, seconds = SECONDS) {
  const place = new URL(folder, document.baseURI);
  let loading = null;
  return async (progress = () => {}) => {
    if (window.fromDisk) {
      throw fromServerOnly();
    }
    loading ??= fetched(new URL(BINARY, place), progress).catch((error) => {
      loading = null;
      throw notLoaded(error.message);
    });
    return RuntimeWorker.start(new URL(MODULE, place).href, await loading, seconds);
  };
}

/** onnxruntime in a worker of its own, with one network. */
export class RuntimeWorker {
  /** @throws {NetworkProblem} If onnxruntime does not start. */
  static async start(module, binary, seconds) {
    const runtime = new RuntimeWorker(seconds);
    try {
      await runtime.#ask("load", { module, binary });
      return runtime;
    } catch (error) {
      runtime.close();
      throw error instanceof NetworkProblem ? error : notLoaded(error.message);
    }
  }

  #worker = new Worker(new URL("./runtime-worker.js", import.meta.url), { type: "module" });
  #problem = null;

  constructor(seconds) {
    this.seconds = seconds;
  }

  /**
   * @param {Uint8Array} bytes A file.
   * @param {Object} options Of onnxruntime's session.
   */
  open(bytes, options) {
    return this.#ask("open", { bytes, options });
  }

  /**
   * @param {Float32Array} image
   * @param {number[]} dims
   * @returns {Promise<Object<string, {type: string, dims: number[], data: Float32Array}>>} By name.
   */
  async run(image, dims) {
    return (await this.#ask("run", { image, dims })).outputs;
  }

  /** End it, whatever it does. */
  close() {
    this.#worker.terminate();
    this.#problem ??= new NetworkProblem("The network was closed.", "Open it again.");
  }

  /** Have something done, one thing at a time; what does not end in time is ended. */
  #ask(task, given) {
    return new Promise((resolve, reject) => {
      if (this.#problem) {
        reject(this.#problem);
        return;
      }
      const timer = setTimeout(() => {
        this.#problem = tooSlow(this.seconds[task]);
        this.close();
        reject(this.#problem);
      }, 1000 * this.seconds[task]);
      const end = (act, what) => {
        clearTimeout(timer);
        act(what);
      };
      this.#worker.onmessage = ({ data }) =>
        data.error ? end(reject, new Error(data.error)) : end(resolve, data);
      this.#worker.onerror = (event) =>
        end(reject, new Error(event.message ?? "its worker did not start"));
      this.#worker.postMessage({ task, ...given });
    });
  }
}

function tooSlow(seconds) {
  const message = `onnxruntime did not end within ${seconds} s, so it was stopped.`;
  return new NetworkProblem(message, "Choose a smaller network, or one without loops.");
}

function fromServerOnly() {
  return new NetworkProblem(
    "This network needs onnxruntime, which browsers load only from a server, not from the disk.",
    "Start “make serve”, open the address that it prints, and open the network there.",
  );
}

function notLoaded(reason) {
  return new NetworkProblem(`onnxruntime could not be loaded: ${reason}.`, ADVICE);
}
