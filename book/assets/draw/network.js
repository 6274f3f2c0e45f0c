// A trained network that reads images: opened from a file, run on drawings.
import { contradiction, describe } from "./description.js";
import { noteOnEnd } from "./ends.js";
import { explain } from "./inside.js";
import { completed, isOf, multiplicationsOf } from "./layers.js";
import { LIMITS } from "./limits.js";
import { LARGEST, readModel } from "./onnx.js";
import { softmaxOf } from "./operators.js";
import { Plan } from "./plan.js";
import { NetworkProblem } from "./problems.js";
import { Malformed } from "./protobuf.js";
import { asMaps, Impossible, same } from "./steps.js";

export { LARGEST };

const PIXELS = 28 * 28;
const IMAGE = [1, 1, 28, 28];
const TOLERANCE = 1e-3; // of the largest number of a layer
// operations; onnxruntime takes seconds to find what to merge among more
const MOST_OPTIMIZED = 1000;
const PAGE_MULTIPLICATIONS = 60e6; // about 20 ms, longer than a frame; onnxruntime takes a third

/**
 * Open a network from the bytes of an ONNX file that firstcnn.export wrote.
 * @param {Uint8Array} bytes
 * @param {Object} [options]
 * @param {string} [options.name] Of the file.
 * @param {function(): Promise<RuntimeWorker>} [options.runtime] Starts onnxruntime-web, if this
 *   page cannot run the network.
 * @returns {Promise<Network>}
 * @throws {NetworkProblem}
 */
export async function openNetwork(bytes, { name = "network.onnx", runtime = null } = {}) {
  try {
    const model = readModel(bytes);
    const description = describe(model.metadata);
    refuseOtherImages(model.inputs);
    const classes = countClasses(model.outputs);
    const plan = new Plan(model, IMAGE);
    const layers = completed(description.layers, plan, model);
    const work = plan.unknown ? multiplicationsOf(layers) : plan.multiplications;
    refuseTooMuch(work);
    const engine = await engineFor({
      plan, layers, bytes, runtime, work, nodes: model.nodes.length
    });
    const labels = labelled(description.labels, classes);
    const about = {
      ...description, name, labels, layers, bytes: bytes.length, multiplications: work
    };
    const network = new Network({ ...about, title: description.title || name }, engine);
    const answers = [
      await refuseFalseArithmetic(network), await network.run(new Float32Array(PIXELS))
    ];
    network.note = noteOnEnd(model, answers.map(({ logits }) => logits));
    return network;
  } catch (error) {
    throw inWords(error);
  }
}

function inWords(error) {
  if (error instanceof Impossible || error instanceof Malformed) {
    return contradiction(`it asks for ${error.message}`);
  }
  if (error instanceof RangeError) {
    return new NetworkProblem(
      "The network is too large for this browser’s memory.", "Choose a smaller network."
    );
  }
  return error;
}

function refuseOtherImages(inputs) {
  const advice =
    "Export a network for images of 28 × 28 pixels and 1 channel, with any number of them at a" +
    " time.";
  if (inputs.length !== 1) {
    throw new NetworkProblem(
      `The network has ${inputs.length} inputs; this page gives it one image.`, advice
    );
  }
  const [{ dims, type }] = inputs;
  if (type !== "float32" || dims.length !== 4 || !same(dims.slice(1), IMAGE.slice(1))) {
    const shape =
      dims.map((size) => (typeof size === "number" ? size : "any")).join(" × ") || "unknown shape";
    const message = `The network reads ${type} images of ${shape}`;
    throw new NetworkProblem(`${message}, not float32 images of any × 1 × 28 × 28.`, advice);
  }
  if (typeof dims[0] === "number" && dims[0] !== 1) {
    throw new NetworkProblem(
      `The network reads ${dims[0]} images at a time; this page gives it one.`, advice
    );
  }
}

/** @returns {number} How many logits there are: they are the first output. */
function countClasses(outputs) {
  const [first] = outputs;
  const classes = first?.dims.at(-1);
  const isFine =
    first?.name === "logits" &&
    first.dims.length === 2 &&
    classes >= 2 &&
    classes <= LIMITS.classes;
  if (!isFine || new Set(outputs.map(({ name }) => name)).size !== outputs.length) {
    const message = `The network does not put out one row of 2 to ${LIMITS.classes} logits.`;
    throw new NetworkProblem(
      message, "Its forward has to return logits of shape (images, classes)."
    );
  }
  return classes;
}

function labelled(labels, classes) {
  if (labels && labels.length !== classes) {
    throw contradiction(`it has ${labels.length} labels for ${classes} logits`);
  }
  return labels ?? Array.from({ length: classes }, (_, number) => String(number));
}

function refuseTooMuch(work) {
  if (!(work <= LIMITS.multiplications)) {
    const [found, most] = [(work / 1e9).toFixed(1), LIMITS.multiplications / 1e9];
    const message = `The network takes ${found} billion multiplications for one image.`;
    const advice = `This page runs up to ${most} billion: choose a smaller network.`;
    throw new NetworkProblem(message, advice);
  }
}

function engineFor({ plan, layers, bytes, runtime, work, nodes }) {
  const isHere = !plan.unknown && (work <= PAGE_MULTIPLICATIONS || !runtime);
  if (isHere) {
    return new PageEngine(plan, layers);
  }
  if (!runtime) {
    const missing = plan.unknown.message;
    const message = `The network needs what this page does not compute itself: ${missing}.`;
    throw new NetworkProblem(
      message, "Open it where onnxruntime is at hand, or leave that layer out."
    );
  }
  const optimized = nodes <= MOST_OPTIMIZED ? "all" : "disabled";
  return RuntimeEngine.start(runtime, bytes, layers, optimized);
}

/**
 * @returns {Promise<{logits: Float32Array}>} What the network made of an image, as a copy.
 * @throws {NetworkProblem} Unless layers compute, at some places each, what the arithmetic told of
 *   them gives.
 */
async function refuseFalseArithmetic(network) {
  const result = await network.run(
    Float32Array.from({ length: PIXELS }, (_, index) => ((index * 37) % 101) / 100),
  );
  const at = (part, size = 1) => Math.round(part * (size - 1));
  for (const layer of network.layers.filter(({ arithmetic }) => arithmetic !== "unknown")) {
    const [channels, rows, columns] = asMaps(layer.shape);
    const largest = result.activations
      .get(layer.name)
      .reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    for (const part of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
      const place = {
        channel: at(part, channels), row: at(part, rows), column: at(1 - part, columns)
      };
      const { value, sum } = explain(network, result, layer, place);
      if (Math.abs(value - sum) > TOLERANCE * largest) {
        throw contradiction(`layer ${layer.name} does not compute what it says`);
      }
    }
  }
  return { logits: result.logits.slice() };
}

/** Runs a network in this page's own JavaScript, always in the same buffers. */
class PageEngine {
  constructor(plan, layers) {
    this.kind = "page";
    this.input = new Float32Array(PIXELS);
    this.compute = plan.compile(this.input);
    this.activations = new Map(
      layers.map(({ name, output }) => [name, plan.values.get(output).data]),
    );
  }

  run() {
    this.compute();
    return this.activations;
  }

  close() {}
}

/** Runs a network with onnxruntime. */
class RuntimeEngine {
  /**
   * @throws {NetworkProblem} If onnxruntime cannot run the network, or its outputs are not what the
   *   file says.
   */
  static async start(runtime, bytes, layers, graphOptimizationLevel) {
    const worker = await runtime();
    const options = { executionProviders: ["wasm"], graphOptimizationLevel, logSeverityLevel: 4 };
    try {
      await worker.open(bytes, options);
      const engine = new RuntimeEngine(worker, layers);
      await engine.run();
      return engine;
    } catch (error) {
      worker.close();
      if (error instanceof NetworkProblem) {
        throw error;
      }
      const reason = String(error?.message ?? error).slice(0, 200);
      const message = `onnxruntime cannot run the network: ${reason}.`;
      throw new NetworkProblem(
        message, "Write the file again with firstcnn.export.to_onnx, or change that layer."
      );
    }
  }

  constructor(worker, layers) {
    this.kind = "onnxruntime";
    this.input = new Float32Array(PIXELS);
    Object.assign(this, { worker, layers });
  }

  async run() {
    const outputs = await this.worker.run(this.input, IMAGE);
    return new Map(
      this.layers.map((layer) => [layer.name, this.#activation(layer, outputs[layer.output])]),
    );
  }

  #activation(layer, tensor) {
    if (tensor?.type !== "float32" || !isOf(layer, tensor.dims)) {
      throw contradiction(`layer ${layer.name} has another shape than it says`);
    }
    return tensor.data;
  }

  close() {
    this.worker.close();
  }
}

/**
 * What a network makes of an image. The arrays are the network's own, and its next run may write
 * into them.
 * @typedef {Object} Result
 * @property {Float32Array} image 784 numbers from 0 to 1.
 * @property {Float32Array} input The same, normalised.
 * @property {Float32Array} logits
 * @property {Float32Array} probabilities
 * @property {Map<string, Float32Array>} activations By name of the layer, in C order.
 */

/** A network that is ready to run. */
export class Network {
  #engine;
  #image = new Float32Array(PIXELS);
  #probabilities;

  constructor(about, engine) {
    /** What the file is called, and what the network in it is called. */
    this.name = about.name;
    this.title = about.title;
    /** Of the file. */
    this.bytes = about.bytes;
    /** How many numbers training could change. */
    this.parameters = about.parameters;
    /** What normalises a pixel between 0 and 1: (pixel − mean) / std. */
    this.mean = about.mean;
    this.std = about.std;
    /** What a reader has to know of its end, in words; mostly nothing. */
    this.note = "";
    /** One for each logit. */
    this.labels = about.labels;
    /** @type {import("./layers.js").Layer[]} In the order of computation. */
    this.layers = about.layers;
    /** "page" or "onnxruntime". */
    this.engine = engine.kind;
    /** Of one image. */
    this.multiplications = about.multiplications;
    this.#engine = engine;
    this.#probabilities = new Float32Array(this.labels.length);
  }

  /**
   * Read an image, once the run before has ended. With the engine "page" everything is computed
   * before this returns.
   * @param {Float32Array} image 784 numbers from 0 to 1, not normalised. It is copied.
   * @returns {Promise<Result>}
   */
  run(image) {
    if (image.length !== PIXELS) {
      throw new RangeError(`An image has ${PIXELS} pixels, not ${image.length}.`);
    }
    this.#image.set(image);
    const { input } = this.#engine;
    for (let index = 0; index < PIXELS; index++) {
      input[index] = (image[index] - this.mean) / this.std;
    }
    const activations = this.#engine.run();
    const isLater = activations instanceof Promise;
    return isLater
      ? activations.then((them) => this.#result(them))
      : Promise.resolve(this.#result(activations));
  }

  #result(activations) {
    const logits = activations.get(this.layers.at(-1).name);
    softmaxOf(logits, this.#probabilities);
    const { input } = this.#engine;
    return { image: this.#image, input, logits, probabilities: this.#probabilities, activations };
  }

  /** Let go of the memory. */
  close() {
    return this.#engine.close();
  }
}
