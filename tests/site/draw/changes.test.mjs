// Changes to 28 × 28 pixels, against what can be told without a computer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NONE, changed, randomNumbers } from "../../../book/assets/draw/changes.js";
import { SIDE } from "../../../book/assets/draw/preparation.js";

/** An image with some pixels: [row, column, value]. */
function pixels(...marks) {
  const image = new Float32Array(SIDE * SIDE);
  marks.forEach(([row, column, value]) => (image[row * SIDE + column] = value));
  return image;
}

const uniform = randomNumbers(1);
const image = Float32Array.from({ length: SIDE * SIDE }, uniform);

test("no change gives the very same array", () => {
  assert.equal(changed(image, NONE), image);
  assert.equal(changed(image, {}), image);
});

test("a move by whole pixels is exact, and what leaves does not come back", () => {
  assert.deepEqual(
    changed(pixels([3, 4, 0.3], [0, 27, 1]), { right: 2, down: 5 }),
    pixels([8, 6, Math.fround(0.3)]),
  );
  assert.deepEqual(changed(changed(image, { down: -28 }), { down: 28 }), pixels());
});

test("a move by half a pixel shares out what is there", () => {
  const halves = pixels([3, 4, 0.25], [3, 5, 0.25]);
  assert.deepEqual(changed(pixels([3, 4, 0.5]), { right: 0.5 }), halves);
  assert.deepEqual(changed(pixels([3, 27, 0.5]), { right: 0.5 }), pixels([3, 27, 0.25]));
});

test("a quarter turn counter-clockwise takes the right edge to the top", () => {
  const turned = changed(pixels([3, 27, 1]), { rotation: 90 });
  turned.forEach((value, at) =>
    assert.ok(Math.abs(value - (at === 3 ? 1 : 0)) < 1e-6, `pixel ${at}`),
  );
});

test("thickening makes a dot a cross, half of it a fainter one, and thinning takes it away", () => {
  const cross = (around) =>
    pixels([5, 5, 1], [4, 5, around], [6, 5, around], [5, 4, around], [5, 6, around]);
  assert.deepEqual(changed(pixels([5, 5, 1]), { thickness: 1 }), cross(1));
  assert.deepEqual(changed(pixels([5, 5, 1]), { thickness: 0.5 }), cross(0.5));
  assert.deepEqual(changed(cross(1), { thickness: -1 }), pixels([5, 5, 1]));
  assert.deepEqual(changed(pixels([0, 0, 1]), { thickness: -0.25 }), pixels([0, 0, 0.75]));
});

test("noise stands still, grows with its deviation and is not cut off", () => {
  const [one, half] = [1, 0.5].map((noise) => changed(pixels(), { noise }));
  assert.deepEqual(changed(pixels(), { noise: 1 }), one);
  one.forEach((value, at) => assert.ok(Math.abs(value - 2 * half[at]) < 1e-6));
  const mean = one.reduce((sum, value) => sum + value) / one.length;
  const deviation = Math.sqrt(
    one.reduce((sum, value) => sum + (value - mean) ** 2, 0) / one.length,
  );
  assert.ok(Math.abs(mean) < 0.1 && Math.abs(deviation - 1) < 0.1, `${mean} ± ${deviation}`);
  assert.ok(Math.min(...one) < -2);
});
