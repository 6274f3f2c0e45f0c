// From ink to 28 × 28 pixels, against numbers worked out by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PAD, SIDE, asDrawn, boundingBox, centred } from "../../../book/assets/draw/preparation.js";

/** Ink in a rectangle of the pad. */
function rectangle(left, top, width, height, value = 1) {
  const ink = new Float32Array(PAD * PAD);
  for (let row = top; row < top + height; row++) {
    ink.fill(value, row * PAD + left, row * PAD + left + width);
  }
  return ink;
}

/** Where an image is not 0: [left, top, right, bottom], right and bottom just beyond. */
function extent(image) {
  const places = [...image.keys()].filter((at) => image[at] !== 0);
  const [columns, rows] = [
    places.map((at) => at % SIDE), places.map((at) => Math.floor(at / SIDE))
  ];
  return [Math.min(...columns), Math.min(...rows), Math.max(...columns) + 1, Math.max(...rows) + 1];
}

test("blank paper stays blank", () => {
  const ink = new Float32Array(PAD * PAD);
  assert.equal(boundingBox(ink), null);
  assert.deepEqual(centred(ink), new Float32Array(SIDE * SIDE));
  assert.deepEqual(asDrawn(ink), new Float32Array(SIDE * SIDE));
});

test("the longer side becomes 20 pixels, the centre of mass is beside and below the middle", () => {
  for (const [left, top, width, height] of [
    [3, 200, 60, 30], [250, 0, 30, 60], [10, 10, 200, 200], [0, 0, 280, 140]
  ]) {
    const image = centred(rectangle(left, top, width, height));
    const [across, along] = width > height ? [20, 10] : [width < height ? 10 : 20, 20];
    const [x, y] = [14 - across / 2, 14 - along / 2];
    assert.deepEqual(extent(image), [x, y, x + across, y + along], `${width} × ${height}`);
    assert.ok(image.every((value) => value === 0 || Math.abs(value - 1) < 1e-6));
  }
});

test("one dot of ink becomes a square of 20", () => {
  assert.deepEqual(extent(centred(rectangle(277, 5, 1, 1))), [4, 4, 24, 24]);
});

test("what is heavier on one side is moved by its centre of mass, and may leave the image", () => {
  const ink = rectangle(0, 0, 200, 200, 0.001);
  rectangle(0, 0, 200, 10).forEach((value, at) => (ink[at] = Math.max(ink[at], value)));
  const image = centred(ink); // the centre of mass lies 0.7 pixels from the top
  assert.deepEqual(extent(image), [4, 14, 24, 28]);
});

test("as drawn, a pixel is the mean of 10 × 10", () => {
  const image = asDrawn(rectangle(15, 30, 10, 10, 0.5));
  assert.deepEqual(extent(image), [1, 3, 3, 4]);
  assert.deepEqual([image[3 * SIDE + 1], image[3 * SIDE + 2]], [0.25, 0.25]);
});

test("pixels that ink covers in part count in part", () => {
  const image = centred(rectangle(0, 0, 30, 7)); // 30 become 20, 7 become 5: all ink, so all 1
  assert.deepEqual(extent(image), [4, 12, 24, 17]);
  const ink = rectangle(0, 0, 30, 30);
  ink.fill(0, 0, 1); // the first of 30 × 30, of which each of 20 × 20 takes 1.5 × 1.5
  assert.ok(Math.abs(centred(ink)[4 * SIDE + 4] - (2.25 - 1) / 2.25) < 1e-6);
});
