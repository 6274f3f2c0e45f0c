// Numbers as words, and sums to be checked by hand: every expected line was worked out on paper.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  batchNormSteps,
  bracketed,
  count,
  decimalsFor,
  equals,
  kindWords,
  placeWords,
  shapeWords,
  span,
  sumLine,
  written,
} from "../../../book/assets/draw/arithmetic.js";

const plain = (...values) => values.map((value) => ({ value }));

test("numbers have a minus of full width, never minus zero, and nothing is a bare 0", () => {
  const wanted = {
    1.236: "1.24", "-0.125001": "−0.13", 0: "0", 0.001: "0.00", "-0.001": "0.00", 1234.5: "1234.50"
  };
  for (const [value, text] of Object.entries(wanted)) {
    assert.equal(written(Number(value)), text);
  }
  assert.equal(written(-0), "0");
  assert.equal(written(-0.0312, 3), "−0.031");
  assert.deepEqual(
    [written(NaN), written(-Infinity), written(-2.5e9)], ["not a number", "−∞", "−2.50e+9"]
  );
});

test("negative parts of a sum stand in brackets", () => {
  assert.deepEqual(
    [bracketed(-0.12), bracketed(0.12), bracketed(-0.001)], ["(−0.12)", "0.12", "0.00"]
  );
});

test("small numbers get the decimals that they need", () => {
  assert.deepEqual(
    [[3, 0.001], [0.1], [0.09], [0.0042], [0], [], [1e-12]].map(decimalsFor), [2, 2, 3, 4, 2, 2, 6]
  );
});

test("a sum that can be checked by hand is an equation", () => {
  const { line, note } = sumLine([...plain(0.31, -0.12, 1), { value: 0.05, name: "bias" }], 1.24);
  assert.equal(line, "0.31 + (−0.12) + 1.00 + bias 0.05 = 1.24");
  assert.equal(note, "");
});

test("a sum that rounding spoils says so, and what the numbers add up to as they are shown", () => {
  const { line, note } = sumLine(plain(0.104, 0.104, 0.104), 0.312);
  assert.equal(line, "0.10 + 0.10 + 0.10 ≈ 0.31");
  assert.equal(note, "As shown, rounded to 2 decimals, they add up to 0.30.");
});

test("numbers that are exactly 0 are left out and counted; those that round to 0 stay", () => {
  assert.deepEqual(sumLine(plain(0, 0.5, 0, 0.002), 0.502), {
    line: "0.50 + 0.00 = 0.50", note: "2 more are 0."
  });
  assert.deepEqual(sumLine([...plain(0, 0), { value: -0.2, name: "bias" }], -0.2), {
    line: "0 + bias (−0.20) = −0.20",
    note: "All 2 are 0.",
  });
  assert.deepEqual(sumLine(plain(0, 0.5), 0.5), { line: "0.50 = 0.50", note: "1 more is 0." });
  assert.deepEqual(sumLine(plain(0), 0), { line: "0 = 0", note: "" });
});

test("shown sums of hundreds of numbers do not drift", () => {
  const { line } = sumLine(plain(...Array(300).fill(0.1)), 30);
  assert.match(line, / = 30\.00$/);
});

test("an equals sign stands only between numbers that are equal as shown", () => {
  assert.deepEqual([equals(0.3, 0.3049), equals(0.3, 0.306), equals(-0.0001, 0)], ["=", "≈", "="]);
});

test("batch normalisation goes in four steps", () => {
  const normalisation = { mean: 1, variance: 0.25, scale: 2, shift: -0.5, epsilon: 0.00001 };
  const steps = batchNormSteps(2, normalisation, 3.49996);
  assert.deepEqual(
    steps.map(({ line }) => line),
    [
      "2.000 − 1.000 = 1.000",
      "√(0.250 + 0.00001) = 0.500",
      "1.000 / 0.500 = 2.000",
      "2.000 × 2.000 + (−0.500) = 3.500",
    ],
  );
  assert.match(
    batchNormSteps(2, { ...normalisation, mean: -1 }, 11.5)[0].line,
    /^2\.000 − \(−1\.000\) = 3\.000$/,
  );
});

test("layers and places are named as the book names them, counted from 1", () => {
  const conv = { kind: "Conv2d", shape: [32, 28, 28], output: "conv1" };
  assert.equal(`${kindWords(conv)}, ${shapeWords(conv)}`, "convolution, 32 maps of 28 × 28");
  assert.equal(
    placeWords(conv, { channel: 2, row: 4, column: 6 }), "channel 3 of 32, row 5, column 7"
  );
  const fc = { kind: "Linear", shape: [1024], output: "fc1" };
  assert.equal(`${kindWords(fc)}, ${shapeWords(fc)}`, "fully connected, 1,024 numbers");
  assert.equal(placeWords(fc, { channel: 1023, row: 0, column: 0 }), "unit 1,024 of 1,024");
  const last = { kind: "Linear", shape: [3], output: "logits" };
  assert.equal(placeWords(last, { channel: 1 }, ["cat", "dog", "cow"]), "logit of “dog”");
  assert.equal(kindWords({ kind: "GELU" }), "GELU");
  assert.equal(count(3310026), "3,310,026");
});

test("rows and columns end at the border", () => {
  assert.equal(span("row", 3, 3, 28), "rows 4 to 6");
  assert.equal(span("row", -1, 3, 28), "rows 1 to 2");
  assert.equal(span("column", 26, 3, 28), "columns 27 to 28");
  assert.equal(span("row", 5, 1, 28), "row 6");
});
