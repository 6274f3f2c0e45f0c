// Operators that slide a window over maps: convolution and pooling.
import { limit } from "./limits.js";
import { rowsTimesTwoVectors } from "./products.js";
import { demand, floats, same, size, support } from "./steps.js";

const LARGEST_SIDE = 2 ** 15;

/**
 * How windows lie on maps of (height, width).
 * @typedef {Object} Geometry
 * @property {[number, number]} kernel
 * @property {[number, number]} stride
 * @property {[number, number]} dilation
 * @property {[number, number, number, number]} pads Above, left, below, right.
 * @property {[number, number]} count Windows from top to bottom and from left to right.
 */

/** @returns {Geometry} From the attributes of a node, for maps of these dims. */
function geometry(attributes, dims, kernel, roundUp = false) {
  support(attributes.text("auto_pad", "NOTSET") === "NOTSET", "padding by another rule");
  const stride = attributes.integers("strides", [1, 1]);
  const dilation = attributes.integers("dilations", [1, 1]);
  const pads = attributes.integers("pads", [0, 0, 0, 0]);
  support(dims.length === 4 && kernel.length === 2, "windows over something else than maps");
  demand(
    inRange([kernel, stride, dilation], 2, 1) && inRange([pads], 4, 0), "a window that cannot be"
  );
  const count = [0, 1].map((axis) => {
    const padded = dims[axis + 2] + pads[axis] + pads[axis + 2];
    const span = dilation[axis] * (kernel[axis] - 1) + 1;
    const steps = (padded - span) / stride[axis];
    demand(roundUp ? steps > -1 : steps >= 0, "a window larger than the maps");
    // no window begins there
    const isBeyond = Math.ceil(steps) * stride[axis] >= dims[axis + 2] + pads[axis];
    return 1 + (roundUp && !isBeyond ? Math.ceil(steps) : Math.floor(steps));
  });
  return { kernel, stride, dilation, pads, count };
}

function inRange(lists, length, least) {
  const isFine = (value) => value >= least && value <= LARGEST_SIDE;
  return lists.every((list) => list.length === length && list.every(isFine));
}

/** Conv: every output channel is a sum over the windows of the input channels of its group. */
export function convolution([input, weight, bias], attributes) {
  floats([input, weight, bias]);
  support(
    weight.dims.length === 4 && input.dims.length === 4, "a convolution of something else than maps"
  );
  const [, channels, height, width] = input.dims;
  const [filters, perGroup, ...kernel] = weight.dims;
  const groups = attributes.integer("group", 1);
  demand(
    groups >= 1 && filters % groups === 0 && perGroup * groups === channels,
    "groups that do not fit",
  );
  demand(filters > 0 && channels > 0, "a convolution without channels");
  demand(same(attributes.integers("kernel_shape", kernel), kernel), "a kernel of two sizes");
  demand(!bias || same(bias.dims, [filters]), "a bias that does not fit");
  const windows = geometry(attributes, input.dims, kernel);
  const [above, left, below, right] = windows.pads;
  const padded = [channels, height + above + below, width + left + right];
  const dims = [input.dims[0], filters, ...windows.count];
  const shape = { channels, height, width, filters, perGroup, groups, padded };
  support(dims[0] === 1, "several images");
  return {
    dims,
    multiplications: size(dims) * perGroup * size(kernel),
    scratch: size(padded),
    prepare: (out) => convolve(input.data, weight.data, bias?.data ?? null, out, shape, windows),
  };
}

function convolve(input, weight, bias, out, shape, windows) {
  const { filters, perGroup, groups, padded } = shape;
  const hasPadding = windows.pads.some((pad) => pad > 0);
  const maps = hasPadding ? new Float32Array(size(padded)) : input;
  const fill = hasPadding ? padder(input, maps, shape, windows.pads) : () => {};
  const starts = corners(windows, padded);
  const pair = new PairOfWindows(maps, taps(perGroup, windows, padded));
  const range = { first: 0, count: filters / groups, left: 0, right: 0, stride: starts.length };
  return () => {
    fill();
    for (let group = 0; group < groups; group++) {
      const above = group * perGroup * padded[1] * padded[2];
      range.first = group * range.count;
      for (range.left = 0; range.left < starts.length; range.left += 2) {
        range.right = Math.min(range.left + 1, starts.length - 1);
        pair.read(above + starts[range.left], above + starts[range.right]);
        rowsTimesTwoVectors(weight, bias, pair, out, range);
      }
    }
  };
}

/** The numbers under two windows, without those places where both have 0. */
class PairOfWindows {
  #maps;
  #taps;

  constructor(maps, taps) {
    this.#maps = maps;
    this.#taps = taps;
    this.left = new Float64Array(taps.length);
    this.right = new Float64Array(taps.length);
    this.places = new Int32Array(taps.length);
    this.used = 0;
  }

  /** Read the windows whose corners lie there. */
  read(atLeft, atRight) {
    const { left, right, places } = this;
    const [maps, taps] = [this.#maps, this.#taps];
    let used = 0;
    for (let index = 0; index < taps.length; index++) {
      const one = maps[atLeft + taps[index]];
      const two = maps[atRight + taps[index]];
      if (one !== 0 || two !== 0) {
        left[used] = one;
        right[used] = two;
        places[used++] = index;
      }
    }
    this.used = used;
  }
}

/** @returns {Int32Array} Where the corner of each window lies in the first of the maps. */
function corners({ stride, count: [rows, columns] }, [, , width]) {
  const at = (index) =>
    Math.floor(index / columns) * stride[0] * width + (index % columns) * stride[1];
  return Int32Array.from({ length: rows * columns }, (_, index) => at(index));
}

/**
 * @returns {Int32Array} Where the numbers of a window lie, from that of its first channel's corner.
 */
function taps(channels, { kernel, dilation }, [, height, width]) {
  const places = new Int32Array(channels * kernel[0] * kernel[1]);
  let index = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < kernel[0]; row++) {
      for (let column = 0; column < kernel[1]; column++) {
        places[index++] = (channel * height + row * dilation[0]) * width + column * dilation[1];
      }
    }
  }
  return places;
}

/** @returns {function(): void} Copies maps into the middle of larger ones, whose border stays 0. */
function padder(input, maps, { channels, height, width, padded }, [above, left]) {
  return () => {
    let from = 0;
    for (let channel = 0; channel < channels; channel++) {
      for (let row = 0; row < height; row++) {
        const to = (channel * padded[1] + row + above) * padded[2] + left;
        for (let column = 0; column < width; column++) {
          maps[to + column] = input[from++];
        }
      }
    }
  };
}

/** MaxPool: the largest number of every window; padding never wins. */
export function maxPooling([input], attributes) {
  return pooling(input, attributes, (data, start, width, down, across) => {
    let largest = -Infinity;
    for (let row = down.from; row < down.to; row += down.step) {
      for (let column = across.from; column < across.to; column += across.step) {
        const value = data[start + row * width + column];
        largest = value > largest ? value : largest;
      }
    }
    return largest;
  });
}

/** AveragePool: the mean of every window, with or without the zeros of the padding. */
export function averagePooling([input], attributes) {
  support(attributes.integers("dilations", []).every((step) => step === 1), "averages with gaps");
  const withPadding = attributes.integer("count_include_pad", 0) === 1;
  return pooling(input, attributes, (data, start, width, down, across) => {
    const numbers = withPadding ? down.all * across.all : down.inside * across.inside;
    return sumOver(data, start, width, down, across) / numbers;
  });
}

function sumOver(data, start, width, down, across) {
  let sum = 0;
  for (let row = down.from; row < down.to; row++) {
    for (let column = across.from; column < across.to; column++) {
      sum += data[start + row * width + column];
    }
  }
  return sum;
}

/** @returns {import("./steps.js").Step} One mean for each map of `input`. */
export function meanOfMaps(input, dims) {
  floats([input]);
  const [, channels, height, width] = input.dims;
  demand(height * width > 0, "maps without pixels");
  const [down, across] = [{ from: 0, to: height }, { from: 0, to: width }];
  const prepare = (out) => () => {
    for (let channel = 0; channel < channels; channel++) {
      out[channel] =
        sumOver(input.data, channel * height * width, width, down, across) / (height * width);
    }
  };
  return { dims, prepare };
}

function pooling(input, attributes, reduce) {
  floats([input]);
  const kernel = attributes.integers("kernel_shape", []);
  const windows = geometry(
    attributes, input.dims, kernel, attributes.integer("ceil_mode", 0) === 1
  );
  const [images, channels, height, width] = input.dims;
  support(images === 1, "several images");
  const dims = [1, channels, ...windows.count];
  limit(size(dims) * size(kernel), "computed", "numbers below the windows of one pooling");
  const [downs, acrosses] = [spans(windows, 0, height), spans(windows, 1, width)];
  const prepare = (out) => () => {
    let index = 0;
    for (let start = 0; start < channels * height * width; start += height * width) {
      for (const down of downs) {
        for (const across of acrosses) {
          out[index++] = reduce(input.data, start, width, down, across);
        }
      }
    }
  };
  return { dims, prepare };
}

/**
 * @returns {{from: number, to: number, step: number, inside: number, all: number}[]} Each window
 *   along an axis.
 */
function spans({ kernel, stride, dilation, pads, count }, axis, length) {
  return Array.from({ length: count[axis] }, (_, index) => {
    const begin = index * stride[axis] - pads[axis];
    const end = begin + dilation[axis] * (kernel[axis] - 1) + 1;
    const from = begin < 0 ? begin + dilation[axis] * Math.ceil(-begin / dilation[axis]) : begin;
    const to = Math.min(end, length);
    // as PyTorch counts where it rounds up
    const all = Math.min(end, length + pads[axis + 2]) - begin;
    return { from, to, step: dilation[axis], inside: to - from, all };
  });
}
