// The computation of a network: shapes of all values, what can be computed without an image, and
// the steps for one.
import { limit } from "./limits.js";
import { operators } from "./operators.js";
import { Attributes, demand, size, support, Unknown } from "./steps.js";

const LEAST_OPSET = 13; // from here on operators do not change in what this page uses

/** What a network computes for one image. */
export class Plan {
  /**
   * @param {import("./onnx.js").Model} model
   * @param {number[]} dims Of the image.
   * @throws {Impossible} If no program could compute it.
   */
  constructor(model, dims) {
    /** Tensors by name, with `constant` telling whether they depend on the image. */
    this.values = new Map();
    /** Why this page cannot compute it, or null. */
    this.unknown =
      model.opset < LEAST_OPSET ? new Unknown(`operators of version ${model.opset}`) : null;
    this.multiplications = 0;
    this.image = { dims, type: "float32", data: null, constant: false };
    this.#add(model.inputs[0].name, this.image);
    model.constants.forEach((tensor, name) => this.#add(name, { ...tensor, constant: true }));
    model.nodes.forEach((node) => this.#take(node));
  }

  #steps = [];
  #beyond = new Set(); // values that this page cannot compute
  #numbers = { weights: 0, activations: 0 };

  /** Take up a node: compute it now if nothing in it depends on the image, else later. */
  #take({ type, inputs, outputs: [output = "", ...others], attributes }) {
    // such as the places of largest values: no layer puts them out
    others.forEach((name) => this.#beyond.add(name));
    try {
      this.#refuseOrder(inputs);
      this.#add(output, this.#begin(this.#stepOf(type, inputs, attributes), inputs));
    } catch (error) {
      if (!(error instanceof Unknown)) {
        throw error;
      }
      this.unknown ??= error;
      this.#beyond.add(output);
    }
  }

  #refuseOrder(inputs) {
    const isThere = (name) => name === "" || this.values.has(name) || this.#beyond.has(name);
    demand(inputs.every(isThere), "a value that nothing has computed yet");
  }

  #stepOf(type, inputs, attributes) {
    support(operators.has(type), `the operator ${type}`);
    const [least, operate] = operators.get(type);
    const tensors = inputs.map((name) => this.values.get(name) ?? null);
    support(
      inputs.every((name, index) => name === "" || tensors[index]),
      "what follows from something unknown",
    );
    support(
      tensors.every((tensor) => !tensor?.constant || tensor.data), "numbers of a type that is rare"
    );
    demand(
      tensors.length >= least && tensors.slice(0, least).every(Boolean),
      `an operator ${type} without its inputs`,
    );
    return operate(tensors, new Attributes(attributes));
  }

  /** Whether a value is computed from the image. */
  isComputed(name) {
    return this.#beyond.has(name) || this.values.get(name)?.constant === false;
  }

  #begin(step, inputs) {
    const constant = inputs.every((name) => name === "" || this.values.get(name).constant);
    const kind = constant ? "weights" : "activations";
    const tensor = { dims: step.dims, type: "float32", data: null, constant };
    if (!step.shares) {
      this.#count(kind, size(step.dims) + (step.scratch ?? 0));
    }
    if (constant) {
      fill(step, tensor)();
      return tensor;
    }
    this.multiplications += step.multiplications ?? 0;
    this.#steps.push([step, tensor]);
    return tensor;
  }

  #count(kind, numbers) {
    this.#numbers[kind] += numbers;
    limit(this.#numbers[kind], "computed", `numbers in all its ${kind} together`);
  }

  #add(name, tensor) {
    demand(!this.values.has(name) && name !== "", "two values of one name");
    this.values.set(name, tensor);
  }

  /**
   * Make the buffers.
   * @param {Float32Array} input Where each image will be.
   * @returns {function(): void} Computes all values of `values`, in the same buffers every time.
   */
  compile(input) {
    this.image.data = input;
    const runs = this.#steps.map(([step, tensor]) => fill(step, tensor));
    this.#steps = [];
    return () => runs.forEach((run) => run());
  }
}

/** Give a tensor a buffer, and return the function that computes what is in it. */
function fill(step, tensor) {
  if (step.shares) {
    tensor.data = step.shares.data;
    return () => {};
  }
  tensor.data = new Float32Array(size(tensor.dims));
  return step.prepare(tensor.data);
}
