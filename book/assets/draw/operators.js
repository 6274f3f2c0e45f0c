// The ONNX operators of layers that this page explains, and those that firstcnn.export writes
// around them, for one image. onnxruntime runs networks with any other.
import { compress, rowsTimesVector } from "./products.js";
import { axisOf, demand, floats, same, size, support } from "./steps.js";
import { averagePooling, convolution, maxPooling, meanOfMaps } from "./windows.js";

/** @typedef {import("./steps.js").Step} Step */

const LONGEST_LIST = 8;

/** The same numbers in another shape. */
const view = (input, dims) => {
  floats([input]);
  return { dims, shares: input };
};

/** A function of every single number. */
const elementwise = (compute) => ([input]) => {
  floats([input]);
  const prepare = (out) => () => {
    for (let index = 0; index < out.length; index++) {
      out[index] = compute(input.data[index]);
    }
  };
  return { dims: input.dims, prepare };
};

const leakyRelu = (inputs, attributes) => {
  const alpha = attributes.number("alpha", 0.01);
  return elementwise((value) => (value < 0 ? value * alpha : value))(inputs);
};

/** The sum of two tensors, as in a residual connection. */
const add = ([one, other]) => {
  floats([one, other]);
  support(same(one.dims, other.dims), "a sum of two shapes");
  const prepare = (out) => () => {
    for (let index = 0; index < out.length; index++) {
      out[index] = one.data[index] + other.data[index];
    }
  };
  return { dims: one.dims, prepare };
};

/** BatchNormalization, with the mean and variance of training. */
function batchNormalization([input, scale, shift, mean, variance], attributes) {
  floats([input, scale, shift, mean, variance]);
  support(attributes.integer("training_mode", 0) === 0, "batch norm in training");
  support(
    input.dims.length >= 2 && input.dims[0] === 1, "batch norm of something else than channels"
  );
  const channels = input.dims[1];
  const parts = [scale, shift, mean, variance];
  demand(
    parts.every((part) => part && same(part.dims, [channels])), "a batch norm that does not fit"
  );
  const epsilon = attributes.number("epsilon", 1e-5);
  const prepare = (out) => () => {
    const [factor, offset, middle, spread] = parts.map((part) => part.data);
    const length = out.length / channels;
    for (let channel = 0; channel < channels; channel++) {
      const slope = factor[channel] / Math.sqrt(spread[channel] + epsilon);
      const start = offset[channel] - middle[channel] * slope;
      for (let index = channel * length; index < (channel + 1) * length; index++) {
        out[index] = input.data[index] * slope + start;
      }
    }
  };
  return { dims: input.dims, prepare };
}

/** Gemm, as for a fully connected layer: every row of `b` times the numbers of `a`, plus a bias. */
function gemm([a, b, bias], attributes) {
  floats([a, b, bias]);
  const [alpha, beta] = [attributes.number("alpha", 1), attributes.number("beta", 1)];
  const isPlain = attributes.integer("transA", 0) === 0 && attributes.integer("transB", 0) === 1;
  support(isPlain && alpha === 1 && beta === 1, "a product that is no fully connected layer");
  demand(a.dims.length === 2 && b.dims.length === 2, "a product of something else than matrices");
  const [times, length] = a.dims;
  const [count, width] = b.dims;
  demand(width === length && count > 0 && length > 0, "matrices that do not fit");
  support(!bias || size(bias.dims) === count, "a bias of another shape");
  const prepare = (out) => {
    const vector = { values: new Float64Array(length), places: new Int32Array(length), used: 0 };
    return () => {
      for (let time = 0; time < times; time++) {
        vector.used = compress(a.data, time * length, vector.values, vector.places);
        rowsTimesVector(b.data, bias?.data ?? null, vector, out, time * count, count);
      }
    };
  };
  return { dims: [times, count], multiplications: times * length * count, prepare };
}

/** ReduceMean over height and width. */
function reduceMean([input, given], attributes) {
  support(
    given && input.dims.length === 4 && input.dims[0] === 1, "a mean of something else than maps"
  );
  const counted = listed(given).map((axis) => axisOf(axis, 4)).sort((one, other) => one - other);
  support(same(counted, [2, 3]), "the mean over other axes");
  const kept = attributes.integer("keepdims", 1) === 0 ? [] : [1, 1];
  return meanOfMaps(input, [...input.dims.slice(0, 2), ...kept]);
}

/** Softmax along the last axis. */
function softmax([input], attributes) {
  floats([input]);
  const rank = input.dims.length;
  support(axisOf(attributes.integer("axis", -1), rank) === rank - 1, "softmax along another axis");
  const length = input.dims[rank - 1];
  const prepare = (out) => () => {
    for (let start = 0; start < out.length; start += length) {
      softmaxOf(input.data, out, start, length);
    }
  };
  return { dims: input.dims, prepare };
}

/**
 * Turn scores into probabilities: e to the power of each, divided by the sum.
 * @param {Float32Array} scores
 * @param {Float32Array} out
 */
export function softmaxOf(scores, out, start = 0, length = scores.length) {
  let [largest, sum] = [-Infinity, 0];
  for (let index = start; index < start + length; index++) {
    largest = Math.max(largest, scores[index]);
  }
  for (let index = start; index < start + length; index++) {
    sum += Math.exp(scores[index] - largest);
  }
  for (let index = start; index < start + length; index++) {
    out[index] = Math.exp(scores[index] - largest) / sum;
  }
}

/** @returns {number[]} The numbers of a short list, such as axes or a shape. */
function listed(tensor) {
  support(tensor.constant, "a shape that depends on the image");
  support(tensor.data.length <= LONGEST_LIST, "a long list of places");
  return [...tensor.data];
}

/** Reshape: 0 keeps a size, −1 is what is left. */
function reshape([input, shape], attributes) {
  const keepsZero = attributes.integer("allowzero", 0) === 1;
  const wanted = listed(shape).map((each, axis) =>
    each === 0 && !keepsZero ? input.dims[axis] : each,
  );
  const known = wanted.filter((each) => each !== -1);
  demand(
    wanted.length - known.length <= 1 && known.every((each) => each >= 0), "an impossible shape"
  );
  const dims = wanted.map((each) => (each === -1 ? size(input.dims) / size(known) : each));
  demand(
    dims.every(Number.isSafeInteger) && size(dims) === size(input.dims), "a shape of another size"
  );
  return view(input, dims);
}

function squeeze([input, axes]) {
  const chosen = axes ? listed(axes).map((axis) => axisOf(axis, input.dims.length)) : null;
  const isDropped = (each, axis) => (chosen ? chosen.includes(axis) : each === 1);
  demand(
    input.dims.every((each, axis) => !isDropped(each, axis) || each === 1), "an axis that is not 1"
  );
  return view(input, input.dims.filter((each, axis) => !isDropped(each, axis)));
}

const FLOAT = 1;

/** Cast: of weights that the file holds in float16, which were read as float32. */
function cast([input], attributes) {
  const isRead = ["float16", "float32"].includes(input.type);
  support(isRead && attributes.integer("to", 0) === FLOAT, "numbers of another type than float32");
  return { dims: input.dims, shares: input };
}

/** DequantizeLinear, with a scale for each row. */
function dequantizeLinear([input, scale, zero], attributes) {
  const isByRow = attributes.integer("axis", 1) === 0 && attributes.integer("block_size", 0) === 0;
  const isKnown = isByRow && !zero && input.type === "int8" && scale.type === "float32";
  support(isKnown, "numbers stored in another way");
  demand(same(scale.dims, [input.dims[0]]), "scales that do not fit");
  const length = size(input.dims.slice(1));
  const prepare = (out) => () => {
    for (let index = 0; index < out.length; index++) {
      out[index] = input.data[index] * scale.data[Math.floor(index / length)];
    }
  };
  return { dims: input.dims, prepare };
}

const identity = ([input]) => view(input, input.dims);

/**
 * How many inputs each operator needs at least, and what it does to inputs of known shapes.
 * @type {Map<string, [number, function((?import("./onnx.js").Tensor)[],
 *   import("./steps.js").Attributes): Step]>}
 */
export const operators = new Map(
  Object.entries({
    Add: [2, add],
    AveragePool: [1, averagePooling],
    BatchNormalization: [5, batchNormalization],
    Cast: [1, cast],
    Conv: [2, convolution],
    DequantizeLinear: [2, dequantizeLinear],
    Gemm: [2, gemm],
    Identity: [1, identity],
    LeakyRelu: [1, leakyRelu],
    MaxPool: [1, maxPooling],
    ReduceMean: [1, reduceMean],
    Relu: [1, elementwise((value) => (value > 0 ? value : 0))],
    Reshape: [2, reshape],
    Sigmoid: [1, elementwise((value) => 1 / (1 + Math.exp(-value)))],
    Softmax: [1, softmax],
    Squeeze: [1, squeeze],
    Tanh: [1, elementwise(Math.tanh)],
  }),
);
