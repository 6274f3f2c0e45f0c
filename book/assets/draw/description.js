// What a file says of its network beside the computation: title, normalisation, labels and layers.
import { LIMITS, limit } from "./limits.js";
import { NetworkProblem } from "./problems.js";
import { size } from "./steps.js";

const FORMAT = 1;
const EXPORT_AGAIN = "Write the file again with firstcnn.export.to_onnx.";

/**
 * @typedef {Object} Description
 * @property {string} title
 * @property {number} mean Subtracted from every pixel, on the scale from 0 to 1.
 * @property {number} std What the difference is divided by.
 * @property {?string[]} labels
 * @property {number} parameters
 * @property {Object[]} layers In the order of computation, as firstcnn.export lists them.
 */

/** @returns {NetworkProblem} For a file whose parts do not belong together. */
export function contradiction(detail) {
  return new NetworkProblem(`The file contradicts itself: ${detail}.`, EXPORT_AGAIN);
}

/**
 * @param {Map<string, string>} metadata
 * @returns {Description}
 * @throws {NetworkProblem}
 */
export function describe(metadata) {
  refuseOtherFormats(metadata);
  const known = {
    title: text(metadata.get("firstcnn.title") ?? ""),
    mean: json(metadata, "mean", Number.isFinite),
    std: json(metadata, "std", (value) => Number.isFinite(value) && value > 0),
    labels: metadata.has("firstcnn.labels") ? json(metadata, "labels", isLabels) : null,
    parameters: json(metadata, "parameters", (value) => Number.isSafeInteger(value) && value >= 0),
    layers: json(metadata, "layers", isLayers),
  };
  const names = new Set(["image"]);
  limit(known.layers.length, "layers", "layers");
  known.layers.forEach((layer) => checkLayer(layer, names));
  const numbers = known.layers.reduce((sum, { shape }) => sum + size(shape), 0);
  limit(numbers, "activations", "numbers that its layers return");
  if (known.layers.at(-1).output !== "logits") {
    throw contradiction("its last layer does not put out the logits");
  }
  return known;
}

function refuseOtherFormats(metadata) {
  if (!metadata.has("firstcnn.layers")) {
    const message = "The file does not say what the layers of its network are.";
    const advice =
      "Write it with firstcnn.export.to_onnx, which adds them to what PyTorch exports.";
    throw new NetworkProblem(message, advice);
  }
  const format = metadata.get("firstcnn.format");
  if (Number(format) > FORMAT) {
    const message = `The file has format ${text(format)}; this page reads format ${FORMAT}.`;
    throw new NetworkProblem(
      message, "Open it in the edition of the book that wrote it, or export it with this one’s."
    );
  }
  if (format !== String(FORMAT)) {
    throw contradiction("it does not say which format it has");
  }
}

/** @returns {string} As much of a text as a page can show. */
function text(value) {
  return value.length > 100 ? `${value.slice(0, 99)}…` : value;
}

function json(metadata, key, isFine) {
  const words = metadata.get(`firstcnn.${key}`) ?? "";
  limit(words.length, "letters", `letters in its list of ${key}`);
  let value;
  try {
    value = JSON.parse(words);
  } catch {
    throw contradiction(`its ${key} cannot be read`);
  }
  if (!isFine(value)) {
    throw contradiction(`its ${key} cannot be right`);
  }
  return value;
}

const isText = (value) => {
  limit(typeof value === "string" ? value.length : 0, "name", "letters in a name");
  return typeof value === "string";
};
const isLayers = (value) => Array.isArray(value) && value.length > 0;
const isLabels = (value) => Array.isArray(value) && value.every(isText);
const isSize = (value) => Number.isSafeInteger(value) && value > 0;
const isOptionalName = (value) => value === null || value === undefined || isText(value);

function checkLayer(layer, names) {
  const isShape = (value) =>
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length < LIMITS.dimensions &&
    value.every(isSize);
  const isInputs = (value) =>
    Array.isArray(value) && value.length > 0 && value.every((name) => names.has(name));
  const hasTexts = layer && [layer.name, layer.kind, layer.output].every(isText);
  const hasNames = hasTexts && [layer.weight, layer.bias].every(isOptionalName);
  if (!hasNames || !isShape(layer.shape) || !isInputs(layer.inputs)) {
    throw contradiction("one of its layers is not described as it should be");
  }
  if (names.has(layer.name)) {
    throw contradiction(`two layers are called ${text(layer.name)}`);
  }
  names.add(layer.name);
}
