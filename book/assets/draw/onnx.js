// ONNX files: what is in them, as plain objects. Fields have the numbers of onnx.proto.
import { LIMITS, limit } from "./limits.js";
import { NetworkProblem } from "./problems.js";
import { Malformed, Message } from "./protobuf.js";

/** Bytes of the largest file that is read. */
export const LARGEST = LIMITS.bytes;

const WORDS = { attribute: "numbers in one attribute", dimensions: "dimensions in one tensor" };
const EXPORT_AGAIN = "Export it again with firstcnn.export.to_onnx, and copy the whole file.";
const EXPORT =
  'Write the network with firstcnn.export.to_onnx(model, "mine.onnx") and open that file.';

/**
 * @typedef {Object} Tensor
 * @property {string} type As NumPy calls it: "float32", "int64", …
 * @property {number[]} dims
 * @property {?(Float32Array|Float64Array|Int8Array)} data In C order. float16 is read as float32,
 *   int64 as Float64Array. null if this page does not read the type.
 */

/**
 * @typedef {Object} Node
 * @property {string} type What ONNX calls the operator, with its domain in front if it is not
 *   ONNX's own.
 * @property {string[]} inputs "" where an optional one is left out.
 * @property {string[]} outputs
 * @property {Map<string, *>} attributes Numbers, lists of whole numbers, or texts.
 */

/**
 * @typedef {Object} Model
 * @property {number} opset
 * @property {Map<string, string>} metadata
 * @property {{name: string, type: string, dims: (number|string)[]}[]} inputs Without weights.
 * @property {{name: string, type: string, dims: (number|string)[]}[]} outputs
 * @property {Node[]} nodes In the order of computation.
 * @property {Map<string, Tensor>} constants
 */

/**
 * Read an ONNX file. Lengths and counts are checked before anything is made of them.
 * @param {Uint8Array} bytes
 * @returns {Model}
 * @throws {NetworkProblem}
 */
export function readModel(bytes) {
  refuseBySize(bytes.length);
  refuseOtherFormats(bytes);
  try {
    return model(new Message(bytes));
  } catch (error) {
    if (!(error instanceof Malformed)) {
      throw error;
    }
    const message = "The file begins like an ONNX file, but the rest of it is damaged or missing.";
    throw new NetworkProblem(message, EXPORT_AGAIN);
  }
}

function refuseBySize(size) {
  if (size === 0) {
    throw new NetworkProblem("The file is empty.", EXPORT_AGAIN);
  }
  if (size > LARGEST) {
    const [found, most] = [Math.ceil(size / 1e6), LARGEST / 1e6];
    const message = `The file has ${found} MB; this page opens networks of up to ${most} MB.`;
    throw new NetworkProblem(
      message, "Choose a smaller network, or store its weights as float16 or int8."
    );
  }
}

const BEGINNINGS = [
  ["a PyTorch file (.pt) or another archive", [0x50, 0x4b, 3, 4]],
  ["a PyTorch file (.pt)", [0x80, 2]],
  ["a picture", [0x89, 0x50, 0x4e, 0x47]],
  ["a picture", [0xff, 0xd8, 0xff]],
  ["a picture", [0x47, 0x49, 0x46, 0x38]],
  ["a compressed file", [0x1f, 0x8b]],
];

/** A file of the right kind begins with field 1, a small number: the version of the format. */
function refuseOtherFormats(bytes) {
  if (bytes[0] === 8 && bytes[1] > 0 && bytes[1] < 128) {
    return;
  }
  const known = BEGINNINGS.find(([, beginning]) =>
    beginning.every((byte, index) => bytes[index] === byte),
  );
  const isText = bytes.subarray(0, 64).every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));
  const what = known?.[0] ?? (isText ? "a text" : "something else");
  throw new NetworkProblem(`This is not an ONNX file, but ${what}.`, EXPORT);
}

function model(message) {
  const found = { domains: new Map(), metadata: new Map(), graph: null };
  message.read({
    7: (field) => (found.graph = field.message),
    8: (field) => pair(field.message, (one) => one.text, (two) => two.integer).into(found.domains),
    14: (field) => pair(field.message, (one) => one.text, (two) => two.text).into(found.metadata),
  });
  if (!found.graph) {
    throw new NetworkProblem("There is no network in the file.", EXPORT_AGAIN);
  }
  return { opset: found.domains.get("") ?? 0, metadata: found.metadata, ...graph(found.graph) };
}

/** Two fields that belong together. */
function pair(message, readFirst, readSecond) {
  let [first, second] = ["", ""];
  message.read({
    1: (field) => (first = readFirst(field)), 2: (field) => (second = readSecond(field))
  });
  return {
    into(map) {
      map.set(first, second);
      limit(map.size, "nodes", "lines about itself");
    },
  };
}

function graph(message) {
  const found = { nodes: [], constants: new Map(), inputs: [], outputs: [] };
  const { nodes, constants, inputs, outputs } = found;
  const append = (list, part, what) => limit(list.push(part), "nodes", what);
  message.read({
    1: (field) => append(nodes, node(field.message), "operations"),
    5: (field) => {
      const { name, ...value } = tensor(field.message);
      constants.set(name, value);
      limit(constants.size, "nodes", "stored tensors");
    },
    11: (field) => append(inputs, declared(field.message), "inputs"),
    12: (field) => append(outputs, declared(field.message), "outputs"),
  });
  const stored = [...constants.values()].reduce((sum, { dims }) => sum + count(dims), 0);
  limit(stored, "weights", "stored numbers");
  return { ...found, inputs: inputs.filter(({ name }) => !constants.has(name)) };
}

function node(message) {
  const found = { type: "", domain: "", inputs: [], outputs: [], attributes: new Map() };
  const append = (list, text) => limit(list.push(text), "attribute", "values at one operation");
  message.read({
    1: (field) => append(found.inputs, field.text),
    2: (field) => append(found.outputs, field.text),
    4: (field) => (found.type = field.text),
    5: (field) => {
      const { name, value } = attribute(field.message);
      found.attributes.set(name, value);
      limit(found.attributes.size, "attribute", "attributes at one operation");
    },
    7: (field) => (found.domain = field.text),
  });
  const { domain, ...rest } = found;
  return {
    ...rest, type: ["", "ai.onnx"].includes(domain) ? found.type : `${domain}.${found.type}`
  };
}

/** Append a field's numbers to a list that has a limit. */
function append(field, list, kind, most) {
  field.appendTo(list, kind, LIMITS[most]);
  limit(list.length, most, WORDS[most] ?? "numbers in one tensor");
}

/** Attributes say their kind in field 20; those of other kinds than these are left out. */
const ATTRIBUTE_KINDS = { 1: "number", 2: "integer", 3: "text", 7: "integers" };

function attribute(message) {
  const found = { name: "", kind: 0, number: 0, integer: 0, text: "", integers: [] };
  message.read({
    1: (field) => (found.name = field.text),
    2: (field) => (found.number = field.float),
    3: (field) => (found.integer = field.integer),
    4: (field) => (found.text = field.text),
    8: (field) => append(field, found.integers, "varint", "attribute"),
    20: (field) => (found.kind = field.integer),
  });
  return { name: found.name, value: found[ATTRIBUTE_KINDS[found.kind]] };
}

/** A declared input or output: field 2 holds its type, whose field 1 is that of a tensor. */
function declared(message) {
  const found = { name: "", type: "other", dims: [] };
  const dimension = (field) =>
    limit(found.dims.push(size(field.message)), "dimensions", WORDS.dimensions);
  const tensorType = {
    1: (field) => (found.type = TYPES.get(field.integer)?.name ?? "other"),
    2: (field) => field.message.read({ 1: dimension }),
  };
  message.read({
    1: (field) => (found.name = field.text),
    2: (field) => field.message.read({ 1: (type) => type.message.read(tensorType) }),
  });
  return found;
}

/** @returns {number|string} A size, or the name of one that may vary. */
function size(message) {
  let value = "";
  message.read({ 1: (field) => (value = field.integer), 2: (field) => (value = field.text) });
  return value;
}

const copied = (bytes, kind) => new kind(bytes.slice().buffer);

/** @returns {Float64Array} Whole numbers of 64 bits, rounded beyond 2⁵³. */
function whole(bytes) {
  return Float64Array.from(copied(bytes, BigInt64Array), Number);
}

/**
 * Types by their number in ONNX: name, bytes of a value, how a row of bytes is read, where numbers
 * go without one.
 */
const TYPES = new Map([
  [
    1,
    { name: "float32", width: 4, read: (bytes) => copied(bytes, Float32Array), make: Float32Array },
  ],
  [3, { name: "int8", width: 1, read: (bytes) => copied(bytes, Int8Array), make: Int8Array }],
  [7, { name: "int64", width: 8, read: whole, make: Float64Array }],
  [
    10,
    {
      name: "float16",
      width: 2,
      read: (bytes) => Float32Array.from(copied(bytes, Uint16Array), half),
    },
  ],
]);

/**
 * @returns {number} A number of 16 bits: 1 for the sign, 5 for the exponent, 10 for the fraction.
 */
function half(bits) {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) {
    return fraction ? NaN : sign * Infinity;
  }
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction);
}

function tensor(message) {
  const found = { name: "", dims: [], number: 0, raw: null, list: [], elsewhere: false };
  const numbers = (kind) => (field) => append(field, found.list, kind, "tensor");
  message.read({
    1: (field) => append(field, found.dims, "varint", "dimensions"),
    2: (field) => (found.number = field.integer),
    4: numbers("float"),
    5: numbers("varint"),
    7: numbers("varint"),
    8: (field) => (found.name = field.text),
    9: (field) => (found.raw = field.bytes),
    13: () => (found.elsewhere = true),
    14: (field) => (found.elsewhere ||= field.integer === 1),
  });
  if (found.elsewhere) {
    const advice = "Export it with firstcnn.export.to_onnx, which writes one file.";
    throw new NetworkProblem(
      "The weights of this network are in a second file (.onnx.data).", advice
    );
  }
  return { name: found.name, dims: found.dims, ...values(found) };
}

/** The numbers of a tensor, as many as its dimensions say. */
function values({ dims, number, raw, list }) {
  const type = TYPES.get(number);
  const length = count(dims);
  if (!type || (!raw && !type.make && length > 0)) {
    return { type: "other", data: null };
  }
  if ((raw ? raw.length / type.width : list.length) !== length) {
    throw new Malformed("another number of weights than the dimensions say");
  }
  return { type: type.name, data: raw ? type.read(raw) : type.make.from(list) };
}

/**
 * @param {number[]} dims
 * @returns {number} How many values there are.
 * @throws {Malformed} If a size is negative or fractional.
 */
function count(dims) {
  if (!dims.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new Malformed("a size below zero");
  }
  return dims.reduce((product, size) => product * size, 1);
}
