// ONNX operators for one image, as far as this page knows them; onnxruntime knows the rest.
import { compress, rowsTimesVector } from "./products.js";
import { axisOf, demand, floats, same, size, support } from "./steps.js";
import { averagePooling, convolution, globalAverage, maxPooling, meanOfMaps } from "./windows.js";

/** @typedef {import("./steps.js").Step} Step */

const LONGEST_LIST = 8;

/** The same numbers in another shape. */
const view = (input, dims) => ({ dims, type: input.type, shares: input });

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

const elu = (inputs, attributes) => {
  const alpha = attributes.number("alpha", 1);
  return elementwise((value) => (value < 0 ? alpha * Math.expm1(value) : value))(inputs);
};

/** Gelu: x times the probability that a number drawn from the normal distribution is smaller. */
const gelu = (inputs, attributes) => {
  support(attributes.text("approximate", "none") === "none", "an approximated Gelu");
  return elementwise((value) => 0.5 * value * (1 + errorFunction(value / Math.SQRT2)))(inputs);
};

/** The error function, to 1.5e-7: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26. */
function errorFunction(value) {
  const t = 1 / (1 + 0.3275911 * Math.abs(value));
  const series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(value) * (1 - series * Math.exp(-value * value));
}

/** A function of two numbers, with dimensions of size 1 repeated as often as the other input needs it. */
const pairwise = (compute) => ([one, other]) => {
  const { type } = one;
  support(type === other.type && ["float32", "int64"].includes(type), "numbers of another type than float32");
  const dims = broadcast(one.dims, other.dims);
  const prepare = (out) => {
    const [left, right] = [one, other].map((input) => sources(input.dims, dims));
    return () => {
      for (let index = 0; index < out.length; index++) {
        out[index] = compute(one.data[left ? left[index] : index], other.data[right ? right[index] : index]);
      }
    };
  };
  return { dims, type, prepare };
};

function broadcast(one, other) {
  const rank = Math.max(one.length, other.length);
  const [left, right] = [one, other].map((dims) => [...Array(rank - dims.length).fill(1), ...dims]);
  return left.map((size, axis) => {
    demand(size === right[axis] || size === 1 || right[axis] === 1, "shapes that do not fit");
    return size === 1 ? right[axis] : size;
  });
}

/** @returns {?Int32Array} For every number of the result the one of the input; null if they lie alike. */
function sources(from, to) {
  if (size(from) === size(to)) {
    return null;
  }
  const padded = [...Array(to.length - from.length).fill(1), ...from];
  const steps = strides(padded).map((step, axis) => (padded[axis] === 1 ? 0 : step));
  return positions(to, steps);
}

/** @returns {number[]} How far the next number along each axis is. */
function strides(dims) {
  return dims.map((_, axis) => size(dims.slice(axis + 1)));
}

/** @returns {Int32Array} Where each number of a tensor lies, if one further along an axis is as far as `steps` says. */
function positions(dims, steps) {
  const places = new Int32Array(size(dims));
  const inner = strides(dims);
  for (let index = 0; index < places.length; index++) {
    places[index] = steps.reduce((sum, step, axis) => sum + step * (Math.floor(index / inner[axis]) % dims[axis]), 0);
  }
  return places;
}

/** BatchNormalization, with the mean and variance of training. */
function batchNormalization([input, scale, shift, mean, variance], attributes) {
  floats([input, scale, shift, mean, variance]);
  support(attributes.integer("training_mode", 0) === 0, "batch norm in training");
  support(input.dims.length >= 2 && input.dims[0] === 1, "batch norm of something else than channels");
  const channels = input.dims[1];
  const parts = [scale, shift, mean, variance];
  demand(parts.every((part) => part && same(part.dims, [channels])), "a batch norm that does not fit");
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

/** Gemm: alpha · A · B + beta · C, where B may be given with rows and columns exchanged. */
function gemm([a, b, c], attributes) {
  support(attributes.integer("transA", 0) === 0, "a product of exchanged rows");
  const [alpha, beta] = [attributes.number("alpha", 1), attributes.number("beta", 1)];
  support(alpha === 1 && beta === 1, "a product with factors");
  demand(a.dims.length === 2 && b.dims.length === 2, "a product of something else than matrices");
  return product(a, b, attributes.integer("transB", 0) === 1, c);
}

/** MatMul of a matrix, or a stack of them, with one matrix. */
function matMul([a, b]) {
  support(a.dims.length >= 2 && b.dims.length === 2, "a product of stacks");
  return product(a, b, false, null);
}

/** Every row of `a` with `b`; the rows of weights, if not the columns, are what it is multiplied with. */
function product(a, b, isRows, bias) {
  floats([a, b, bias]);
  const length = a.dims.at(-1);
  const [width, count] = isRows ? [b.dims[1], b.dims[0]] : b.dims;
  demand(width === length && count > 0 && length > 0, "matrices that do not fit");
  const times = size(a.dims.slice(0, -1));
  support(!bias || size(bias.dims) === count, "a bias of another shape");
  support(isRows || b.constant, "a product of two activations");
  const prepare = (out) => {
    const rows = isRows ? b.data : exchanged(b.data, length, count);
    return multiply(a.data, rows, bias?.data ?? null, out, { times, length, count });
  };
  return { dims: [...a.dims.slice(0, -1), count], multiplications: times * length * count, prepare };
}

function multiply(data, rows, bias, out, { times, length, count }) {
  const vector = { values: new Float64Array(length), places: new Int32Array(length), used: 0 };
  return () => {
    for (let time = 0; time < times; time++) {
      vector.used = compress(data, time * length, vector.values, vector.places);
      rowsTimesVector(rows, bias, vector, out, time * count, count);
    }
  };
}

/** @returns {Float32Array} A matrix with rows and columns exchanged. */
export function exchanged(data, rows, columns) {
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      out[column * rows + row] = data[row * columns + column];
    }
  }
  return out;
}

/** ReduceMean over height and width. */
function reduceMean([input, given], attributes) {
  support(!given || given.constant, "axes that depend on the image");
  const axes = given ? listed(given) : attributes.integers("axes", []);
  support(input.dims.length === 4 && input.dims[0] === 1, "the mean of something else than maps");
  const counted = axes.map((axis) => axisOf(axis, 4)).sort((one, other) => one - other);
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

function flatten([input], attributes) {
  const axis = attributes.integer("axis", 1);
  const rank = input.dims.length;
  const at = axis === rank ? rank : axisOf(axis, rank);
  return view(input, [size(input.dims.slice(0, at)), size(input.dims.slice(at))]);
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
  const wanted = listed(shape).map((each, axis) => (each === 0 && !keepsZero ? input.dims[axis] : each));
  const known = wanted.filter((each) => each !== -1);
  demand(wanted.length - known.length <= 1 && known.every((each) => each >= 0), "an impossible shape");
  const dims = wanted.map((each) => (each === -1 ? size(input.dims) / size(known) : each));
  demand(dims.every(Number.isSafeInteger) && size(dims) === size(input.dims), "a shape of another size");
  return view(input, dims);
}

function squeeze([input, axes]) {
  const chosen = axes ? listed(axes).map((axis) => axisOf(axis, input.dims.length)) : null;
  const isDropped = (each, axis) => (chosen ? chosen.includes(axis) : each === 1);
  demand(input.dims.every((each, axis) => !isDropped(each, axis) || each === 1), "an axis that is not 1");
  return view(input, input.dims.filter((each, axis) => !isDropped(each, axis)));
}

function unsqueeze([input, axes]) {
  const count = listed(axes).length;
  const rank = input.dims.length + count;
  const added = new Set(listed(axes).map((axis) => axisOf(axis, rank)));
  demand(added.size === count, "an axis twice");
  const rest = [...input.dims];
  return view(input, Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.shift())));
}

function transpose([input], attributes) {
  const rank = input.dims.length;
  const order = attributes.integers("perm", input.dims.map((_, axis) => rank - 1 - axis));
  const sorted = [...order].sort((one, other) => one - other);
  demand(same(sorted, [...input.dims.keys()]), "an order of other axes");
  const dims = order.map((axis) => input.dims[axis]);
  const prepare = (out) => {
    const steps = strides(input.dims);
    const places = positions(dims, order.map((axis) => steps[axis]));
    return () => {
      for (let index = 0; index < out.length; index++) {
        out[index] = input.data[places[index]];
      }
    };
  };
  return { dims, type: input.type, prepare };
}

function concat(inputs, attributes) {
  const [{ dims: first, type }] = inputs;
  const axis = axisOf(attributes.integer("axis", 0), first.length);
  const fits = ({ dims }) => same(dims.with(axis, 0), first.with(axis, 0));
  const isStack = inputs.every((input) => input?.dims.length === first.length && fits(input));
  demand(isStack, "shapes that do not fit");
  support(inputs.every((input) => input.type === type), "different kinds of numbers");
  const dims = first.with(axis, inputs.reduce((sum, input) => sum + input.dims[axis], 0));
  const lengths = inputs.map((input) => size(input.dims.slice(axis)));
  const prepare = (out) => () => {
    let to = 0;
    for (let block = 0; to < out.length; block++) {
      inputs.forEach(({ data }, number) => {
        for (let index = 0; index < lengths[number]; index++) {
          out[to++] = data[block * lengths[number] + index];
        }
      });
    }
  };
  return { dims, type, prepare };
}

/** Gather single entries along the first axis: what exporters pick sizes with. */
function gather([input, indices], attributes) {
  const isList = input.constant && input.dims.length === 1 && attributes.integer("axis", 0) === 0;
  support(isList, "a choice of parts");
  const chosen = listed(indices).map((index) => input.data[axisOf(index, input.data.length)]);
  return { dims: indices.dims, type: input.type, data: chosen };
}

function shape([input], attributes) {
  const data = input.dims.slice(attributes.integer("start", 0), attributes.integer("end", input.dims.length));
  return { dims: [data.length], type: "int64", data };
}

const FLOAT = 1;
const INT64 = 7;

function cast([input], attributes) {
  const to = attributes.integer("to", 0);
  if (to === INT64 && input.type === "int64") {
    return view(input, input.dims);
  }
  support(to === FLOAT && input.type !== "other", "numbers of another type than float32");
  const prepare = (out) => () => out.set(input.data);
  return input.type === "float32" ? view(input, input.dims) : { dims: input.dims, prepare };
}

/** DequantizeLinear: (x − zero point) · scale, with one scale for everything or one for each entry of an axis. */
function dequantizeLinear([input, scale, zero], attributes) {
  const isKnown = ["int8", "uint8"].includes(input.type) && attributes.integer("block_size", 0) === 0;
  support(isKnown && scale.type === "float32", "numbers stored in another way");
  demand(!zero || same(zero.dims, scale.dims), "scales that do not fit");
  const isOne = size(scale.dims) === 1;
  const axis = isOne ? 0 : axisOf(attributes.integer("axis", 1), input.dims.length);
  demand(isOne || same(scale.dims, [input.dims[axis]]), "scales that do not fit");
  const length = isOne ? size(input.dims) : size(input.dims.slice(axis + 1));
  const prepare = (out) => () => {
    for (let start = 0, block = 0; start < out.length; start += length, block++) {
      const entry = block % scale.data.length;
      dequantize(input.data, out, start, start + length, scale.data[entry], zero ? zero.data[entry] : 0);
    }
  };
  return { dims: input.dims, prepare };
}

function dequantize(data, out, from, to, scale, zero) {
  for (let index = from; index < to; index++) {
    out[index] = (data[index] - zero) * scale;
  }
}

/** Constant: numbers that stand in an attribute. */
function constant(_, attributes) {
  const value = attributes.tensor("value");
  if (value) {
    support(value.data, "numbers of another type than float32");
    return { dims: value.dims, type: value.type, data: value.data };
  }
  const number = attributes.number("value_float", attributes.integer("value_int", null));
  const list = attributes.numbers("value_floats", attributes.integers("value_ints", null));
  support(number !== null || list !== null, "a constant of another kind");
  const isWhole = attributes.integer("value_int", null) !== null || attributes.integers("value_ints", null) !== null;
  return { dims: list ? [list.length] : [], type: isWhole ? "int64" : "float32", data: list ?? [number] };
}

const identity = ([input]) => view(input, input.dims);

/**
 * How many inputs each operator needs at least, and what it does to them once their shapes are known.
 * @type {Map<string, [number, function((?import("./onnx.js").Tensor)[], import("./steps.js").Attributes): Step]>}
 */
export const operators = new Map(
  Object.entries({
    Add: [2, pairwise((one, other) => one + other)],
    AveragePool: [1, averagePooling],
    BatchNormalization: [5, batchNormalization],
    Cast: [1, cast],
    Concat: [1, concat],
    Constant: [0, constant],
    Conv: [2, convolution],
    DequantizeLinear: [2, dequantizeLinear],
    Div: [2, pairwise((one, other) => one / other)],
    Dropout: [1, identity],
    Elu: [1, elu],
    Flatten: [1, flatten],
    Gather: [2, gather],
    Gelu: [1, gelu],
    Gemm: [2, gemm],
    GlobalAveragePool: [1, globalAverage],
    HardSwish: [1, elementwise((value) => value * Math.min(1, Math.max(0, value / 6 + 0.5)))],
    Identity: [1, identity],
    LeakyRelu: [1, leakyRelu],
    MatMul: [2, matMul],
    MaxPool: [1, maxPooling],
    Mul: [2, pairwise((one, other) => one * other)],
    ReduceMean: [1, reduceMean],
    Relu: [1, elementwise((value) => (value > 0 ? value : 0))],
    Reshape: [2, reshape],
    Shape: [1, shape],
    Sigmoid: [1, elementwise((value) => 1 / (1 + Math.exp(-value)))],
    Softmax: [1, softmax],
    Squeeze: [1, squeeze],
    Sub: [2, pairwise((one, other) => one - other)],
    Tanh: [1, elementwise(Math.tanh)],
    Transpose: [1, transpose],
    Unsqueeze: [2, unsqueeze],
  }),
);
