// What tests/site/drawing_fixtures.py has written: network files, and PyTorch's numbers for them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openNetwork } from "../../../book/assets/draw/network.js";

const folder = process.env.DRAWING_CASES;
const PIXELS = 28 * 28;

/** The lists of cases. */
export const cases = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8"));

/** The bytes of a file. */
export const bytesOf = (file) => new Uint8Array(readFileSync(join(folder, file)));

/** Numbers as the file has them: base64 of float32. */
export const numbers = (text) =>
  new Float32Array(new Uint8Array(Buffer.from(text, "base64")).buffer);

/** The images that PyTorch read. */
export const images = [0, 1, 2].map((index) =>
  numbers(cases.images).subarray(index * PIXELS, (index + 1) * PIXELS),
);

/** onnxruntime-web, as the page uses it, but for the worker. */
export async function runtime() {
  const folder = new URL("../../../node_modules/onnxruntime-web/dist/", import.meta.url);
  const ort = await import(new URL("ort.wasm.bundle.min.mjs", folder));
  const binary = readFileSync(new URL("ort-wasm-simd-threaded.wasm", folder));
  Object.assign(ort.env.wasm, { wasmBinary: binary, numThreads: 1 });
  let session = null;
  return {
    open: async (bytes, options) => {
      session = await ort.InferenceSession.create(bytes, options);
    },
    run: (image, dims) =>
      session.run({ [session.inputNames[0]]: new ort.Tensor("float32", image, dims) }),
    close: () => session?.release(),
  };
}

/**
 * How far a network is from PyTorch, over all images and layers whose numbers are known, in units
 * of the layer's.
 */
export async function distance(network, activations) {
  let worst = 0;
  for (const [index, image] of images.entries()) {
    const result = await network.run(image);
    for (const [name, text] of Object.entries(activations)) {
      const all = numbers(text);
      const length = all.length / images.length;
      const expected = all.subarray(index * length, (index + 1) * length);
      worst = Math.max(worst, apart(result.activations.get(name), expected));
    }
  }
  return worst;
}

function apart(found, expected) {
  if (found?.length !== expected.length) {
    return Infinity;
  }
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const differences = found.map((value, index) => Math.abs(value - expected[index]));
  // NaN stays
  return differences.reduce((most, value) => (value <= most ? most : value), 0) / largest;
}

/** Open a file of the cases. */
export const open = (file, options) => openNetwork(bytesOf(file), { name: file, ...options });
