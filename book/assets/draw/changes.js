// Changes to what a network reads, 28 × 28 pixels: turned, moved, thickened, noisy. Outside of the
// image is paper, 0.
import { SIDE } from "./preparation.js";

/** No change at all. */
export const NONE = Object.freeze({ rotation: 0, right: 0, down: 0, thickness: 0, noise: 0 });

/**
 * Change an image: turn it about its centre, then move, thicken and disturb it.
 * @param {Float32Array} image SIDE × SIDE, by rows.
 * @param {Object} change Of the five numbers in NONE, those that are not 0.
 * @param {number} [change.rotation] Degrees, counter-clockwise.
 * @param {number} [change.right] Pixels; a fraction interpolates.
 * @param {number} [change.down] Pixels.
 * @param {number} [change.thickness] Pixels that strokes gain on every side; a negative number
 *   thins them.
 * @param {number} [change.noise] Standard deviation. Always the same noise; nothing is clipped.
 * @returns {Float32Array} The image itself if nothing changes.
 */
export function changed(image, change) {
  const { rotation, right, down, thickness, noise } = { ...NONE, ...change };
  const moved = rotation || right || down ? moveAndTurn(image, rotation, right, down) : image;
  const thick = thickness ? thicken(moved, thickness) : moved;
  return noise ? thick.map((value, at) => value + noise * standardNormal()[at]) : thick;
}

/** Look up, for each new pixel, the place that it comes from; between pixels, interpolate. */
function moveAndTurn(image, rotation, right, down) {
  const [cosine, sine] = [
    Math.cos((rotation * Math.PI) / 180), Math.sin((rotation * Math.PI) / 180)
  ];
  const middle = (SIDE - 1) / 2;
  return image.map((_, at) => {
    const x = (at % SIDE) - middle - right;
    const y = Math.floor(at / SIDE) - middle - down;
    return interpolated(image, cosine * x - sine * y + middle, sine * x + cosine * y + middle);
  });
}

function interpolated(image, column, row) {
  const [left, top] = [Math.floor(column), Math.floor(row)];
  const [beyond, below] = [column - left, row - top];
  const upper = (1 - beyond) * at(image, top, left) + beyond * at(image, top, left + 1);
  const lower = (1 - beyond) * at(image, top + 1, left) + beyond * at(image, top + 1, left + 1);
  return (1 - below) * upper + below * lower;
}

function at(image, row, column) {
  return row >= 0 && row < SIDE && column >= 0 && column < SIDE ? image[row * SIDE + column] : 0;
}

/** Grey dilation or erosion by a cross, pixel by pixel; the last step may be a fraction of one. */
function thicken(image, thickness) {
  const extreme = thickness > 0 ? Math.max : Math.min;
  let result = image;
  for (let left = Math.abs(thickness); left > 0; left--) {
    const share = Math.min(1, left);
    const next = overCross(result, extreme);
    result = result.map((value, i) => (1 - share) * value + share * next[i]);
  }
  return result;
}

/** The largest or smallest of each pixel and its four neighbours. */
function overCross(image, extreme) {
  return image.map((value, i) => {
    const [row, column] = [Math.floor(i / SIDE), i % SIDE];
    const besides = extreme(at(image, row, column - 1), at(image, row, column + 1));
    return extreme(value, besides, at(image, row - 1, column), at(image, row + 1, column));
  });
}

let drawn = null;

/**
 * One number for each pixel from the normal distribution with mean 0 and deviation 1, the same at
 * every call.
 */
function standardNormal() {
  if (!drawn) {
    const uniform = randomNumbers(1998);
    const boxMuller = () =>
      Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    drawn = Float32Array.from({ length: SIDE * SIDE }, boxMuller);
  }
  return drawn;
}

/**
 * Numbers in [0, 1) that look random and are the same for the same seed (mulberry32).
 * @param {number} seed
 * @returns {function(): number}
 */
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
