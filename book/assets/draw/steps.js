// What operators have in common: steps of a computation, and why one cannot be taken.

/** A network asks for something that this page does not compute; onnxruntime may. */
export class Unknown extends Error {}

/** A network asks for what nobody can compute: shapes that do not fit, sizes beyond reason. */
export class Impossible extends Error {}

/**
 * One operator at work on inputs whose shapes are known, and whose buffers will be there once
 * `prepare` is called.
 * @typedef {Object} Step
 * @property {number[]} dims Of the output, which is float32.
 * @property {number} [multiplications]
 * @property {number} [scratch] How many numbers it keeps beside the output.
 * @property {import("./onnx.js").Tensor} [shares] The output is this tensor's buffer, seen with
 *   other dims.
 * @property {function(Float32Array): function(): void} [prepare] From the output's buffer to what
 *   fills it.
 */

/** @throws {Impossible} Unless what should hold does. */
export function demand(holds, message) {
  if (!holds) {
    throw new Impossible(message);
  }
}

/** @throws {Unknown} Unless what this page can do is enough. */
export function support(holds, message) {
  if (!holds) {
    throw new Unknown(message);
  }
}

/** @returns {number} How many numbers there are in a tensor of these dims. */
export function size(dims) {
  return dims.reduce((product, each) => product * each, 1);
}

/**
 * @returns {[number, number, number]} A shape without N as maps: channels, height, width; of more
 *   dimensions, the last two.
 */
export function asMaps(shape) {
  const [height, width] = shape.length > 3 ? shape.slice(-2) : [shape[1] ?? 1, shape[2] ?? 1];
  return [size(shape) / (height * width), height, width];
}

/**
 * @returns {{channel: number, row: number, column: number}} Where maps have the number at an index.
 */
export function placeOfIndex(shape, index) {
  const [, height, width] = asMaps(shape);
  const within = index % (height * width);
  return {
    channel: (index - within) / (height * width),
    row: Math.floor(within / width),
    column: within % width,
  };
}

/** @returns {number[]} Where in a tensor of this shape the number is that maps have there. */
export function placeIn(shape, { channel, row = 0, column = 0 }) {
  const [, height, width] = asMaps(shape);
  let rest = (channel * height + row) * width + column;
  return shape.map((_, axis) => {
    const step = size(shape.slice(axis + 1));
    const place = Math.floor(rest / step);
    rest -= place * step;
    return place;
  });
}

/** @returns {number} An axis counted from the front. */
export function axisOf(axis, rank) {
  const fromFront = axis < 0 ? axis + rank : axis;
  demand(
    Number.isInteger(fromFront) && fromFront >= 0 && fromFront < rank, "an axis that is not there"
  );
  return fromFront;
}

/** @returns {boolean} Whether two lists of numbers are the same. */
export function same(one, other) {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

/** @throws {Unknown} Unless all of these inputs, as far as there are any, are float32. */
export function floats(inputs) {
  support(
    inputs.every((input) => !input || input.type === "float32"),
    "numbers of another type than float32",
  );
}

/**
 * What a node says beside its inputs. Every reader takes what to go by if the node does not say.
 */
export class Attributes {
  #values;

  /** @param {Map<string, *>} values As the file has them. */
  constructor(values) {
    this.#values = values;
  }

  #read(name, otherwise, isFine) {
    const value = this.#values.get(name) ?? otherwise;
    demand(value === otherwise || isFine(value), `an attribute ${name} of another kind`);
    return value;
  }

  integer(name, otherwise) {
    return this.#read(name, otherwise, Number.isSafeInteger);
  }

  number(name, otherwise) {
    return this.#read(name, otherwise, Number.isFinite);
  }

  integers(name, otherwise) {
    return this.#read(
      name, otherwise, (value) => Array.isArray(value) && value.every(Number.isSafeInteger)
    );
  }

  text(name, otherwise) {
    return this.#read(name, otherwise, (value) => typeof value === "string");
  }
}
