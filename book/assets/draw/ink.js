// The ink on the pad as numbers, and the strokes that put it there. Nothing here reads a canvas:
// some browsers change what a page reads back from one, and a prediction with it.
import { PAD, SIDE } from "./preparation.js";

const BLANK = new Float32Array(SIDE * SIDE);

/** What is drawn: an array of numbers, 0 for paper and 1 for ink, and the steps that led there. */
export class Ink {
  constructor() {
    this.values = new Float32Array(PAD * PAD);
    this.fineness = 1;
    this.shown = this.values; // the same ink with `fineness` times as many pixels along a side
    this.strokes = [];
  }

  /**
   * Choose how fine the ink is that is shown; what networks read does not change.
   * @param {number} fineness 1, 2, …
   */
  show(fineness) {
    if (fineness !== this.fineness) {
      this.fineness = fineness;
      this.shown =
        fineness === 1 ? this.values : new Float32Array(this.values.length * fineness ** 2);
      this.#redraw();
    }
  }

  /** Whether the paper is blank. */
  get blank() {
    return !this.values.some((value) => value > 0);
  }

  /**
   * Put the pen down.
   * @param {{x: number, y: number, radius: number}} point In pixels of the pad, from its upper left
   *   corner.
   * @param {boolean} [eraser] Whether it takes ink away.
   */
  begin(point, eraser = false) {
    this.#do({ points: [{ ...point, begins: true }], eraser });
  }

  /**
   * Draw on from where the pen is.
   * @param {{x: number, y: number, radius: number}} point
   */
  extend(point) {
    const { points, eraser } = this.strokes.at(-1);
    this.#cover(points.at(-1), point, eraser);
    points.push(point);
  }

  /**
   * Replace what is drawn by an image, each of its pixels 10 × 10 of the pad’s.
   * @param {ArrayLike<number>} image SIDE × SIDE, from 0 to 1.
   */
  place(image) {
    this.#do({ image: Float32Array.from(image), points: [] });
  }

  /**
   * Replace what is drawn by lines.
   * @param {{x: number, y: number, radius: number}[][]} lines
   */
  trace(lines) {
    const points = lines.flatMap((line) => line.map((point, i) => ({ ...point, begins: i === 0 })));
    this.#do({ image: BLANK, points });
  }

  /** Take a blank sheet; it can be undone. */
  clear() {
    if (!this.blank) {
      this.place(BLANK);
    }
  }

  /** Take back the last stroke, image or clearing. */
  undo() {
    this.strokes.pop();
    this.#redraw();
  }

  #redraw() {
    const begin = this.strokes.findLastIndex(({ image }) => image);
    this.#sheets.forEach(([values]) => values.fill(0));
    this.strokes.slice(Math.max(0, begin)).forEach((stroke) => this.#draw(stroke));
  }

  /** What holds the ink, with the fineness of each. */
  get #sheets() {
    const sheets = [[this.values, 1], [this.shown, this.fineness]];
    return this.fineness === 1 ? sheets.slice(0, 1) : sheets;
  }

  #cover(begin, end, eraser) {
    this.#sheets.forEach(([values, fineness]) =>
      cover(values, enlarged(begin, fineness), enlarged(end, fineness), eraser),
    );
  }

  #do(stroke) {
    this.strokes.push(stroke);
    this.#draw(stroke);
  }

  #draw({ image, points, eraser }) {
    if (image) {
      this.#sheets.forEach(([values]) => enlarge(image, values));
    }
    points.forEach((point, i) => this.#cover(point.begins ? point : points[i - 1], point, eraser));
  }
}

function enlarge(image, values) {
  const side = Math.sqrt(values.length);
  const block = side / SIDE;
  for (let row = 0, at = 0; row < side; row++) {
    const start = Math.floor(row / block) * SIDE;
    for (let column = 0; column < side; column++, at++) {
      values[at] = image[start + Math.floor(column / block)];
    }
  }
}

function enlarged(point, times) {
  return times === 1
    ? point
    : { x: times * point.x, y: times * point.y, radius: times * point.radius };
}

/**
 * Ink, or take ink from, everything between two round points; edges are soft by one pixel. An
 * eraser is wider.
 */
function cover(values, begin, end, eraser) {
  const side = Math.sqrt(values.length);
  const [from, to] = eraser ? [widened(begin), widened(end)] : [begin, end];
  const reach = Math.max(from.radius, to.radius) + 1;
  const [left, right] = within(
    side, Math.min(from.x, to.x) - reach, Math.max(from.x, to.x) + reach
  );
  const [top, bottom] = within(
    side, Math.min(from.y, to.y) - reach, Math.max(from.y, to.y) + reach
  );
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const squared = dx * dx + dy * dy || 1;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const [x, y] = [column + 0.5 - from.x, row + 0.5 - from.y];
      const along = Math.max(0, Math.min(1, (x * dx + y * dy) / squared));
      const distance = Math.sqrt((x - along * dx) ** 2 + (y - along * dy) ** 2);
      const ink = from.radius + along * (to.radius - from.radius) + 0.5 - distance;
      if (ink > 0) {
        const at = row * side + column;
        values[at] = eraser
          ? Math.min(values[at], Math.max(0, 1 - ink))
          : Math.max(values[at], Math.min(1, ink));
      }
    }
  }
}

/**
 * The eraser’s point: what the pen has drawn along a line, it takes away along the same line with
 * nothing left.
 * @param {{x: number, y: number, radius: number}} point The pen’s.
 * @returns {{x: number, y: number, radius: number}}
 */
export function widened(point) {
  return { ...point, radius: 1.5 * point.radius + 1 };
}

function within(side, low, high) {
  return [Math.max(0, Math.floor(low)), Math.min(side, Math.ceil(high))];
}
