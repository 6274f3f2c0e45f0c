// How a network came to one of its numbers, from those before it. Nothing here knows of pages.
import { SIDE } from "./preparation.js";
import { asMaps, placeOfIndex, same } from "./steps.js";

const WHOLE = { top: 0, left: 0, height: SIDE, width: SIDE };
const ACTIVATIONS =
  "ReLU ReLU6 LeakyReLU PReLU ELU SELU GELU SiLU Mish Sigmoid Tanh Hardswish Hardtanh Softplus";
/** Kinds of layers that keep every number in its place. */
const POINTWISE = new Set(`BatchNorm2d Add Sub Mul Div ${ACTIVATIONS}`.split(" "));

/**
 * What went into a number from one map: of a convolution, one for each input channel of its group.
 * @typedef {Object} Source
 * @property {string} layer Its name, or "image", whose numbers are normalised.
 * @property {number} channel
 * @property {number} top Row of the first input; the next is `step[0]` further down. May lie
 *   outside, in the padding.
 * @property {number} left
 * @property {[number, number]} step More than 1 in dilated windows.
 * @property {number[][]} inputs Rows of numbers; padding shows as 0.
 * @property {boolean[][]} inside False for padding.
 * @property {?number[][]} weights
 * @property {?number[][]} products
 * @property {number} sum Of the products; without weights, of the inputs.
 */

/**
 * The products of a fully connected layer, in C order.
 * @typedef {Object} Terms
 * @property {string} layer Where the activations are from, or "image".
 * @property {Float32Array} activations
 * @property {Float32Array} weights
 * @property {Float32Array} products
 * @property {number[]} shape Of the activations: [channels, height, width], or how many there are.
 */

/**
 * @typedef {Object} Explanation
 * @property {import("./layers.js").Arithmetic} kind
 * @property {number} value What the network computed there.
 * @property {number} sum The same from the parts, in double precision; if unknown, the value.
 * @property {{top: number, left: number, height: number, width: number}} field Receptive field on
 *   the image.
 * @property {?number} bias
 * @property {Source[]} sources Empty for fully connected layers, which have `terms`.
 * @property {?{row: number, column: number}} winner The largest of a max pooling, within `inputs`.
 * @property {?number} count Of an average pooling: what the sum of the inputs is divided by.
 * @property {?{mean: number, variance: number, scale: number, shift: number, epsilon: number}}
 *   normalisation
 * @property {?Terms} terms Of a fully connected layer.
 */

/**
 * Take a number of a layer apart.
 * @param {import("./network.js").Network} network
 * @param {import("./network.js").Result} result Of its last run.
 * @param {Object} layer One of `network.layers`.
 * @param {{channel: number, row?: number, column?: number}} place Without maps, `channel` counts.
 * @returns {Explanation}
 */
export function explain(network, result, layer, { channel, row = 0, column = 0 }) {
  const [, height, width] = asMaps(layer.shape);
  const index = (channel * height + row) * width + column;
  const value = result.activations.get(layer.name)[index];
  const nothing = {
    bias: null, sources: [], winner: null, count: null, normalisation: null, terms: null
  };
  const from = below(network, result, layer.inputs[0]);
  const parts = EXPLAINERS[layer.arithmetic](layer, from, { channel, row, column, index, value });
  return {
    kind: layer.arithmetic,
    value,
    field: receptiveField(network, layer, row, column),
    ...nothing,
    ...parts,
  };
}

const IMAGE = { name: "image", kind: "image", shape: [1, SIDE, SIDE] };

function layerBelow(network, name) {
  return name === "image" ? IMAGE : network.layers.find((layer) => layer.name === name);
}

/** What a layer reads: name, numbers, and shape as maps. */
function below(network, result, name) {
  const { shape } = layerBelow(network, name);
  const maps = asMaps(shape);
  const [channels, height, width] = maps;
  const data = name === "image" ? result.input : result.activations.get(name);
  return { name, data, shape: shape.length > 3 ? maps : shape, channels, height, width };
}

const EXPLAINERS = {
  convolution: explainConvolution,
  "batch norm": explainBatchNorm,
  relu: explainRelu,
  "max pooling": explainMaxPooling,
  "average pooling": explainAveragePooling,
  "fully connected": explainFullyConnected,
  unknown: (layer, from, { value }) => ({ sum: value }),
};

function explainConvolution(layer, from, { channel, row, column }) {
  const { weight, bias } = layer.tensors;
  const perGroup = from.channels / layer.groups;
  const group = Math.floor(channel / (layer.shape[0] / layer.groups));
  const window = windowOf(layer, row, column);
  const sources = Array.from({ length: perGroup }, (_, number) => {
    const start = (channel * perGroup + number) * window.height * window.width;
    return weighted(patch(from, group * perGroup + number, window), weight, start);
  });
  const ownBias = bias ? bias[channel] : null;
  const sum = sources.reduce((total, source) => total + source.sum, ownBias ?? 0);
  return { sources, bias: ownBias, sum };
}

function explainBatchNorm(layer, from, { channel, index }) {
  const { weight, bias, running_mean: means, running_var: variances } = layer.tensors;
  const [mean, variance] = [means[channel], variances[channel]];
  const [scale, shift] = [weight ? weight[channel] : 1, bias ? bias[channel] : 0];
  const source = single(from, index);
  const sum = ((source.sum - mean) / Math.sqrt(variance + layer.epsilon)) * scale + shift;
  return {
    sources: [source], normalisation: { mean, variance, scale, shift, epsilon: layer.epsilon }, sum
  };
}

function explainRelu(layer, from, { index }) {
  const source = single(from, index);
  return { sources: [source], sum: Math.max(0, source.sum) };
}

function explainMaxPooling(layer, from, { channel, row, column }) {
  const source = patch(from, channel, windowOf(layer, row, column));
  let winner = null;
  source.inputs.forEach((line, down) =>
    line.forEach((value, across) => {
      const isLargest = !winner || value > source.inputs[winner.row][winner.column];
      winner = source.inside[down][across] && isLargest ? { row: down, column: across } : winner;
    }),
  );
  return {
    sources: [source], winner, sum: winner ? source.inputs[winner.row][winner.column] : -Infinity
  };
}

function explainAveragePooling(layer, from, { channel, row, column }) {
  const source = patch(from, channel, windowOf(layer, row, column));
  const count = source.inputs.flat().length; // padding counts
  return { sources: [source], count, sum: source.sum / count };
}

function explainFullyConnected(layer, from, { channel }) {
  const { weight, bias } = layer.tensors;
  const { data: activations, shape } = from;
  const weights = weight.subarray(channel * activations.length, (channel + 1) * activations.length);
  const products = new Float32Array(activations.length);
  const ownBias = bias ? bias[channel] : null;
  let sum = ownBias ?? 0;
  for (let index = 0; index < products.length; index++) {
    const product = activations[index] * weights[index];
    products[index] = product;
    sum += product;
  }
  return { bias: ownBias, sum, terms: { layer: from.name, activations, weights, products, shape } };
}

/** The window of a convolution or pooling for one of its numbers. */
function windowOf({ kernel_size: [height, width], stride, padding, dilation: step }, row, column) {
  return {
    top: row * stride[0] - padding[0], left: column * stride[1] - padding[1], height, width, step
  };
}

/** The number at the same place, which has other rows and columns where maps were flattened. */
function single(from, index) {
  const { channel, row, column } = placeOfIndex(from.shape, index);
  return patch(from, channel, { top: row, left: column, height: 1, width: 1, step: [1, 1] });
}

/** @returns {Source} The numbers under a window, without weights. */
function patch(from, channel, { top, left, height, width, step }) {
  const rows = Array.from({ length: height }, (_, index) => top + index * step[0]);
  const columns = Array.from({ length: width }, (_, index) => left + index * step[1]);
  const isInside = (row, column) =>
    row >= 0 && row < from.height && column >= 0 && column < from.width;
  const inside = rows.map((row) => columns.map((column) => isInside(row, column)));
  const number = (row, column) => from.data[(channel * from.height + row) * from.width + column];
  const lineOf = (row) =>
    columns.map((column) => (isInside(row, column) ? number(row, column) : 0));
  const inputs = rows.map(lineOf);
  const sum = inputs.flat().reduce((total, value) => total + value, 0);
  return {
    layer: from.name, channel, top, left, step, inputs, inside, weights: null, products: null, sum
  };
}

/** The same source with a kernel laid over it. */
function weighted(source, kernels, start) {
  const width = source.inputs[0].length;
  const weights = source.inputs.map((line, row) =>
    line.map((_, column) => kernels[start + row * width + column]),
  );
  const products = source.inputs.map((line, row) =>
    line.map((value, column) => value * weights[row][column]),
  );
  return {
    ...source, weights, products, sum: products.flat().reduce((total, value) => total + value, 0)
  };
}

/**
 * What a number of a layer sees of the image. It may reach over the border, where padding is.
 * @param {import("./network.js").Network} network
 * @param {Object} layer One of `network.layers`.
 * @returns {{top: number, left: number, height: number, width: number}} In pixels.
 */
export function receptiveField(network, layer, row = 0, column = 0) {
  const own =
    layer.shape.length === 3 ? { top: row, left: column, bottom: row, right: column } : null;
  const areas = new Map([[layer.name, own]]);
  for (const each of network.layers.slice(0, layer.index + 1).reverse()) {
    const area = areas.get(each.name);
    for (const name of areas.has(each.name) ? each.inputs : []) {
      const below = area && areaBelow(each, layerBelow(network, name), area);
      areas.set(name, areas.has(name) ? union(areas.get(name), below) : below);
    }
  }
  const seen = areas.get("image");
  const size = (from, to) => to - from + 1;
  return seen
    ? {
        top: seen.top,
        left: seen.left,
        height: size(seen.top, seen.bottom),
        width: size(seen.left, seen.right),
      }
    : { ...WHOLE };
}

/** What an area of a layer's maps sees of those that it reads; null for all of them. */
function areaBelow(layer, from, { top, left, bottom, right }) {
  if ("kernel_size" in layer && layer.arithmetic !== "unknown") {
    const [first, last] = [windowOf(layer, top, left), windowOf(layer, bottom, right)];
    const reach = [0, 1].map((axis) => layer.dilation[axis] * (layer.kernel_size[axis] - 1));
    return {
      top: first.top, left: first.left, bottom: last.top + reach[0], right: last.left + reach[1]
    };
  }
  const isPixelwise = POINTWISE.has(layer.kind) && same(from.shape, layer.shape);
  return isPixelwise ? { top, left, bottom, right } : null;
}

function union(one, other) {
  if (!one || !other) {
    return null;
  }
  return {
    top: Math.min(one.top, other.top),
    left: Math.min(one.left, other.left),
    bottom: Math.max(one.bottom, other.bottom),
    right: Math.max(one.right, other.right),
  };
}
