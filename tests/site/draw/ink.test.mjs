// Strokes and what they leave on the paper.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Ink } from "../../../book/assets/draw/ink.js";
import { PAD, SIDE } from "../../../book/assets/draw/preparation.js";

const point = (x, y, radius = 10) => ({ x, y, radius });
const amount = ({ values }) => values.reduce((sum, value) => sum + value);

/** Draw a line through points. */
function line(ink, [first, ...rest], eraser = false) {
  ink.begin(first, eraser);
  rest.forEach((each) => ink.extend(each));
}

test("a dot is a disc, a line a rectangle with round ends", () => {
  const [dot, stroke] = [new Ink(), new Ink()];
  line(dot, [point(100.5, 100)]);
  assert.ok(Math.abs(amount(dot) - Math.PI * 100) < 2);
  assert.deepEqual([dot.values[100 * PAD + 100], dot.values[100 * PAD + 111]], [1, 0]);
  line(stroke, [point(50, 100), point(150, 100)]);
  assert.ok(Math.abs(amount(stroke) - Math.PI * 100 - 2000) < 5);
});

test("a line over a line adds nothing, and beyond the edge nothing is drawn", () => {
  const ink = new Ink();
  line(ink, [point(50, 50), point(90, 90)]);
  const before = amount(ink);
  line(ink, [point(50, 50), point(90, 90)]);
  assert.equal(amount(ink), before);
  line(ink, [point(-500, 20), point(-400, 300)]);
  assert.equal(amount(ink), before);
});

test("what is erased along the same line is gone, edges too", () => {
  const ink = new Ink();
  const path = [point(30, 40), point(200, 60, 14), point(90, 210, 6)];
  line(ink, path);
  line(ink, path, true);
  assert.ok(ink.blank);
});

test("every step can be taken back, down to blank paper", () => {
  const ink = new Ink();
  const image = Float32Array.from({ length: SIDE * SIDE }, (_, at) => (at % 7) / 7);
  const steps = [
    () => line(ink, [point(30, 40), point(200, 60)]),
    () => line(ink, [point(100, 20), point(100, 100)], true),
    () => ink.place(image),
    () => line(ink, [point(100, 200), point(200, 100)], true),
    () => ink.trace([[point(10, 10), point(20, 20)], [point(200, 200), point(250, 250)]]),
    () => ink.clear(),
    () => line(ink, [point(60, 60)]),
  ];
  const sheets = steps.map((step) => {
    const before = ink.values.slice();
    step();
    return before;
  });
  for (const before of sheets.reverse()) {
    ink.undo();
    assert.deepEqual(ink.values, before);
  }
  assert.ok(ink.blank && ink.strokes.length === 0);
  ink.undo();
  ink.clear();
  assert.ok(ink.blank && ink.strokes.length === 0);
});

test("an image becomes blocks of 10 × 10, and lines that are traced are not joined", () => {
  const ink = new Ink();
  const image = new Float32Array(SIDE * SIDE);
  image[3 * SIDE + 5] = 0.3;
  ink.place(image);
  assert.ok(Math.abs(amount(ink) - 30) < 1e-4 && ink.values[39 * PAD + 50] === Math.fround(0.3));
  ink.trace([[point(50, 50)], [point(200, 200)]]);
  assert.ok(Math.abs(amount(ink) - 2 * Math.PI * 100) < 4);
});
