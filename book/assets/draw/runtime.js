// onnxruntime-web, for networks with operators that this page does not know: 14 MB, fetched only when one is opened.
import { NetworkProblem } from "./problems.js";

const MODULE = "ort.wasm.bundle.min.mjs";
const BINARY = "ort-wasm-simd-threaded.wasm";
const ADVICE = "Check the connection, then open the network again.";

/**
 * @param {string} folder The address of the folder that holds onnxruntime-web's files, with a slash at its end.
 * @returns {function(function(number, number): void): Promise<Object>} Loads the module once; called again after a
 *   failure, it tries again. It takes a function that is told how many bytes are here, and of how many.
 */
export function onnxruntime(folder) {
  let loading = null;
  let failures = 0;
  return (progress = () => {}) => {
    loading ??= load(new URL(folder, document.baseURI), failures, progress).catch((error) => {
      loading = null;
      failures += 1;
      throw error;
    });
    return loading;
  };
}

async function load(folder, failures, progress) {
  try {
    const binary = await download(new URL(BINARY, folder), progress);
    const again = failures ? `?${failures}` : ""; // browsers remember modules that could not be loaded
    const module = await import(new URL(MODULE + again, folder));
    Object.assign(module.env.wasm, { wasmBinary: binary, numThreads: 1 });
    module.env.logLevel = "fatal";
    return module;
  } catch (error) {
    if (error instanceof NetworkProblem) {
      throw error;
    }
    throw new NetworkProblem(`onnxruntime could not be loaded: ${error.message}.`, ADVICE);
  }
}

async function download(address, progress) {
  const response = await fetch(address);
  if (!response.ok) {
    throw new NetworkProblem(`onnxruntime could not be loaded: the server said ${response.status}.`, ADVICE);
  }
  const total = Number(response.headers.get("Content-Length")) || 0;
  const parts = [];
  let loaded = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) {
      return new Blob(parts).arrayBuffer();
    }
    parts.push(value);
    loaded += value.length;
    progress(loaded, Math.max(total, loaded)); // of what is packed for the way, the length is not that of the content
  }
}
