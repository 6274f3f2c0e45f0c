// The layers of a network as its file describes them: checked, with their weights, and with the
// arithmetic they do.
import { contradiction } from "./description.js";
import { NetworkProblem } from "./problems.js";
import { Attributes, same, size } from "./steps.js";

const IMAGE = [1, 28, 28];
const LARGEST_WINDOW = 256;
const DEFAULTS = { strides: 1, dilations: 1, pads: 0 };
const TENSORS = ["weight", "bias", "running_mean", "running_var"];
const ARITHMETIC = new Map([
  ["Conv2d", "convolution"],
  ["BatchNorm1d", "batch norm"],
  ["BatchNorm2d", "batch norm"],
  ["ReLU", "relu"],
  ["MaxPool2d", "max pooling"],
  ["AvgPool2d", "average pooling"],
  ["AdaptiveAvgPool2d", "average pooling"],
  ["Linear", "fully connected"],
]);

/**
 * @typedef {"convolution"|"batch norm"|"relu"|"max pooling"|"average pooling"|
 *   "fully connected"|"unknown"} Arithmetic
 */

/**
 * A layer as firstcnn.export describes it, and beside that:
 * @typedef {Object} Layer
 * @property {number} index
 * @property {Object<string, Float32Array>} tensors Those of weight, bias, running_mean and
 *   running_var that it has, in PyTorch's order.
 * @property {Arithmetic} arithmetic What `explain` can tell of it; of what is unusual, nothing.
 */

/**
 * Complete the layers of a file, and check them against what the network computes.
 * @param {Object[]} described
 * @param {import("./plan.js").Plan} plan
 * @param {import("./onnx.js").Model} model
 * @returns {Layer[]}
 * @throws {NetworkProblem}
 */
export function completed(described, plan, model) {
  const outputs = new Set(model.outputs.map(({ name }) => name));
  const shapes = new Map([["image", IMAGE], ...described.map(({ name, shape }) => [name, shape])]);
  return described.map((layer, index) => {
    const value = plan.values.get(layer.output);
    const isThere = outputs.has(layer.output) && (value ? isOf(layer, value.dims) : plan.unknown);
    if (!isThere) {
      throw contradiction(`layer ${layer.name} has another shape than it says`);
    }
    const isStored = (part) => typeof layer[part] === "string" && !plan.isComputed(layer[part]);
    const named = TENSORS.filter(isStored);
    const tensors = Object.fromEntries(named.map((part) => [part, weightOf(layer, part, plan)]));
    const arithmetic = arithmeticOf(layer, tensors, shapes.get(layer.inputs[0]));
    const node = model.nodes.find((each) => each.outputs[0] === layer.output);
    if (arithmetic !== "unknown" && !hasWindowsOf(layer, node)) {
      throw contradiction(`layer ${layer.name} has other windows than it says`);
    }
    return Object.freeze({ ...layer, index, tensors, arithmetic });
  });
}

/**
 * Whether an output of these dims holds what a layer returns; what returns the logits may have them
 * in another shape.
 */
export function isOf({ output, shape }, dims) {
  return output === "logits"
    ? dims[0] === 1 && size(dims) === size(shape)
    : same(dims, [1, ...shape]);
}

function weightOf(layer, part, plan) {
  const tensor = plan.values.get(layer[part]);
  if (!tensor?.constant || tensor.type !== "float32") {
    throw contradiction(`the ${part} of layer ${layer.name} is not in the file`);
  }
  if (!tensor.data.every(Number.isFinite)) {
    const where = `The ${part} of layer ${layer.name}`;
    const message = `${where} holds numbers that are infinite or not numbers at all (NaN).`;
    throw new NetworkProblem(
      message, "Training may have diverged: train again with a smaller learning rate."
    );
  }
  return tensor.data;
}

const CHECKS = {
  convolution(layer, { weight, bias }, from) {
    const [filters] = layer.shape;
    const fits =
      Number.isSafeInteger(layer.groups) &&
      from[0] % layer.groups === 0 &&
      filters % layer.groups === 0;
    const numbers = filters * (from[0] / layer.groups) * size(layer.kernel_size ?? []);
    return (
      fits &&
      isSlid(layer, from) &&
      weight?.length === numbers &&
      (bias?.length ?? filters) === filters
    );
  },
  "batch norm": (layer, { running_mean: mean, running_var: variance, weight, bias }, from) =>
    size(from) === size(layer.shape) &&
    Number.isFinite(layer.epsilon) &&
    [mean, variance, weight ?? mean, bias ?? mean].every((part) => part?.length === layer.shape[0]),
  relu: (layer, _, from) => size(from) === size(layer.shape),
  "max pooling": (layer, _, from) => from[0] === layer.shape[0] && isSlid(layer, from),
  "average pooling": (layer, _, from) => from[0] === layer.shape[0] && isSlid(layer, from),
  "fully connected": (layer, { weight, bias }, from) =>
    layer.shape.length === 1 &&
    weight?.length === layer.shape[0] * size(from) &&
    (bias?.length ?? layer.shape[0]) === layer.shape[0],
};

/** What a layer does, if all that it takes to tell is there and fits. */
function arithmeticOf(layer, tensors, from) {
  const arithmetic = ARITHMETIC.get(layer.kind);
  return arithmetic && layer.inputs.length === 1 && CHECKS[arithmetic](layer, tensors, from)
    ? arithmetic
    : "unknown";
}

/**
 * Whether windows as the layer describes them give its shape, which may be one larger where PyTorch
 * rounds up.
 */
function isSlid({ shape: [, ...sides], kernel_size: kernel, stride, padding, dilation }, from) {
  const isSize = (value, least) =>
    Number.isInteger(value) && value >= least && value <= LARGEST_WINDOW;
  const isPair = (pair, least) =>
    pair?.length === 2 && [0, 1].every((axis) => isSize(pair[axis], least));
  const isWindow =
    [kernel, stride, dilation].every((pair) => isPair(pair, 1)) && isPair(padding, 0);
  if (!isWindow || from.length !== 3 || ![0, 2].includes(sides.length)) {
    return false;
  }
  return [0, 1].every((axis) => {
    const span = dilation[axis] * (kernel[axis] - 1) + 1;
    const steps = (from[axis + 1] + 2 * padding[axis] - span) / stride[axis] + 1;
    return [Math.floor(steps), Math.ceil(steps)].includes(sides[axis] ?? 1);
  });
}

/** Whether a convolution or pooling says of its windows what the node that computes it says. */
function hasWindowsOf(layer, node) {
  if (!["Conv", "MaxPool", "AveragePool"].includes(node?.type)) {
    return true;
  }
  const { kernel_size: kernel, stride, padding, dilation } = layer;
  const said = {
    kernel_shape: kernel, strides: stride, dilations: dilation, pads: [...padding, ...padding]
  };
  const usual = (name) => said[name].map((value) => DEFAULTS[name] ?? value);
  const attributes = new Attributes(node.attributes);
  const isSaid = (name) => same(attributes.integers(name, usual(name)), said[name]);
  return Object.keys(said).every(isSaid) && attributes.integer("group", 1) === (layer.groups ?? 1);
}

/** @returns {number} What layers multiply for one image, where only they tell. */
export function multiplicationsOf(layers) {
  const products = ({ arithmetic, shape, tensors: { weight } }) =>
    ["convolution", "fully connected"].includes(arithmetic)
      ? (size(shape) * weight.length) / shape[0]
      : 0;
  return layers.reduce((sum, layer) => sum + products(layer), 0);
}
