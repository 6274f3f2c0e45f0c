// Numbers as words, and sums to check with pencil and paper. Nothing here knows of pages.
import { asMaps, size } from "./steps.js";

const KINDS = {
  Conv2d: "convolution",
  BatchNorm2d: "batch normalisation",
  ReLU: "ReLU",
  MaxPool2d: "max pooling",
  AvgPool2d: "average pooling",
  AdaptiveAvgPool2d: "average pooling",
  Linear: "fully connected",
};

/**
 * Write a number with a minus of full width. Exactly zero is “0”; what only rounds to zero keeps
 * its decimals.
 * @param {number} value
 * @param {number} decimals
 * @returns {string}
 */
export function written(value, decimals = 2) {
  if (value === 0) {
    return "0";
  }
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? "not a number" : value < 0 ? "−∞" : "∞";
  }
  const size = Math.abs(value);
  const text = size < 1e6 ? size.toFixed(decimals) : size.toExponential(decimals);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** Write a number as a part of a sum or product: “(−0.12)” where it is negative. */
export function bracketed(value, decimals = 2) {
  const text = written(value, decimals);
  return text.startsWith("−") ? `(${text})` : text;
}

/** Write a whole number: “6,272”. */
export function count(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * How many decimals give the largest of some numbers two digits that are not leading zeros; 2 to 6.
 * @param {Iterable<number>} values
 * @returns {number}
 */
export function decimalsFor(values) {
  let largest = 0;
  for (const value of values) {
    largest = Math.max(largest, Math.abs(value));
  }
  return largest > 0 ? Math.min(6, Math.max(2, 1 - Math.floor(Math.log10(largest)))) : 2;
}

/** Return a number as it is shown. */
export function rounded(value, decimals = 2) {
  return Number(value.toFixed(decimals));
}

/**
 * The sign between what a reader gets from the numbers shown and what is shown: “=” only where both
 * are the same.
 */
export function equals(fromShown, value, decimals = 2) {
  return rounded(fromShown, decimals) === rounded(value, decimals) ? "=" : "≈";
}

/**
 * Write a sum in one line: “0.31 + (−0.12) + bias 0.05 = 0.24”. Numbers that are 0 are left out.
 * @param {{value: number, name?: string}[]} parts A name stands before its number.
 * @param {number} total
 * @param {number} decimals
 * @returns {{line: string, note: string}} The note says what the numbers add up to as they are
 *   shown, where that is something else, and how many were left out.
 */
export function sumLine(parts, total, decimals = 2) {
  const shown = parts.filter(({ value, name }) => name || value !== 0);
  const missing = parts.length - shown.length;
  const terms = shown.map(({ value, name }, i) =>
    name || i ? `${name ? `${name} ` : ""}${bracketed(value, decimals)}` : written(value, decimals),
  );
  const fromShown = shown.reduce((sum, { value }) => sum + rounded(value, decimals), 0);
  const sign = equals(fromShown, total, decimals);
  const none = missing > 0 && shown.every(({ name }) => name);
  return {
    line: `${[...(none ? ["0"] : []), ...terms].join(" + ")} ${sign} ${written(total, decimals)}`,
    note: [leftOut(missing, none), sign === "≈" ? roundingNote(fromShown, decimals) : ""]
      .filter(Boolean)
      .join(" "),
  };
}

function leftOut(missing, all) {
  if (missing < 1 + all) {
    return "";
  }
  return all ? `All ${missing} are 0.` : `${missing} more ${missing === 1 ? "is" : "are"} 0.`;
}

/** What to say where the numbers shown give something else than the number shown. */
export function roundingNote(fromShown, decimals, what = "they") {
  const total = written(rounded(fromShown, decimals), decimals);
  return `As shown, rounded to ${decimals} decimals, ${what} add up to ${total}.`;
}

/**
 * Batch normalisation, a line for each step.
 * @param {number} input
 * @param {{mean: number, variance: number, scale: number, shift: number, epsilon: number}}
 *   normalisation
 * @param {number} value What comes out.
 * @returns {{rule: string, line: string}[]}
 */
export function batchNormSteps(input, { mean, variance, scale, shift, epsilon }, value) {
  const distance = input - mean;
  const deviation = Math.sqrt(variance + epsilon);
  const spread = distance / deviation;
  const places = decimalsFor([deviation]) + 1;
  const show = (number) => written(number, places);
  const put = (number) => bracketed(number, places);
  const [x, m, v, d, s, z, w, b] = [
    input, mean, variance, distance, deviation, spread, scale, shift
  ].map((number) => rounded(number, places));
  const result = (fromShown, number) => `${equals(fromShown, number, places)} ${show(number)}`;
  const root = `√(${show(variance)} + ${plain(epsilon)})`;
  const stretched = `${show(spread)} × ${put(scale)} + ${put(shift)}`;
  return [
    { rule: "number − mean", line: `${show(input)} − ${put(mean)} ${result(x - m, distance)}` },
    { rule: "√(variance + ε)", line: `${root} ${result(Math.sqrt(v + epsilon), deviation)}` },
    {
      rule: "result 1 / result 2",
      line: `${show(distance)} / ${show(deviation)} ${result(d / s, spread)}`,
    },
    { rule: "result 3 × scale + shift", line: `${stretched} ${result(z * w + b, value)}` },
  ];
}

/** Write a small constant in full: “0.00001”. */
function plain(value) {
  return value.toFixed(12).replace(/\.?0+$/, "");
}

/** Write a shape: “32 × 28 × 28”. */
export function times(shape) {
  return shape.map(count).join(" × ");
}

/** Say what a layer is: “convolution”. */
export function kindWords(layer) {
  return KINDS[layer.kind] ?? layer.kind;
}

/** Say what a layer puts out: “32 maps of 28 × 28”, “512 numbers”. */
export function shapeWords({ shape }) {
  const [channels, map] =
    shape.length > 3 ? [shape.slice(0, -2), shape.slice(-2)] : [shape.slice(0, 1), shape.slice(1)];
  const things = `${map.length ? "map" : "number"}${size(channels) === 1 ? "" : "s"}`;
  return `${times(channels)} ${things}${map.length ? ` of ${times(map)}` : ""}`;
}

/**
 * Say where a number lies, counted from 1: “channel 3 of 32, row 5, column 7”.
 * @param {{shape: number[], output?: string}} layer
 * @param {{channel: number, row: number, column: number}} place Counted from 0.
 * @param {string[]} labels The network's classes.
 * @returns {string}
 */
export function placeWords(layer, place, labels = []) {
  if (layer.output === "logits") {
    const [, height, width] = asMaps(layer.shape);
    const index = (place.channel * height + (place.row ?? 0)) * width + (place.column ?? 0);
    return `logit of “${labels[index] ?? index}”`;
  }
  const [channel, ...within] = spotWords(layer, place).split(", ");
  return [`${channel} of ${count(asMaps(layer.shape)[0])}`, ...within].join(", ");
}

/** Say in few words where a number lies: “channel 3, row 5, column 7”, “unit 17”. */
export function spotWords({ shape }, { channel, row, column }) {
  const [, height, width] = asMaps(shape);
  const within = height * width > 1 ? `, row ${row + 1}, column ${column + 1}` : "";
  return `${shape.length > 1 ? "channel" : "unit"} ${count(channel + 1)}${within}`;
}

/** Say which rows or columns, counted from 1: “rows 4 to 6”, cut off at the border of a side. */
export function span(word, start, length, side) {
  const first = Math.max(0, start) + 1;
  const last = Math.min(side, start + length);
  return first >= last ? `${word} ${first}` : `${word}s ${first} to ${last}`;
}
