// What is told of a number adds up to what PyTorch computed there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { explain, receptiveField } from "../../../book/assets/draw/inside.js";
import { cases, images, numbers, open } from "./cases.mjs";

/** Some places of a layer, its corners among them. */
function places([channels, rows = 1, columns = 1]) {
  const parts = [[0, 0, 0], [1, 1, 1], [0.5, 0, 1], [0.3, 0.6, 0.4], [1, 0.9, 0.1]];
  const at = (part, size) => Math.round(part * (size - 1));
  return parts.map(([a, b, c]) => ({
    channel: at(a, channels), row: at(b, rows), column: at(c, columns)
  }));
}

const total = (list) => list.flat().reduce((sum, value) => sum + value, 0);
const near = (one, other, scale = 1) => {
  assert.ok(Math.abs(one - other) < 1e-5 * (1 + Math.abs(scale)), `${one} is not ${other}`);
};

for (const { file, activations } of [...cases.networks, ...cases.operators]) {
  test(`the parts of ${file} add up to PyTorch’s numbers`, async () => {
    const network = await open(file);
    const result = await network.run(images[0]);
    for (const layer of network.layers.filter(({ name }) => name in activations)) {
      const [, rows = 1, columns = 1] = layer.shape;
      const expected = numbers(activations[layer.name]);
      for (const place of places(layer.shape)) {
        const told = explain(network, result, layer, place);
        const number = expected[(place.channel * rows + place.row) * columns + place.column];
        near(told.value, number, number);
        near(told.sum, number, number * 10);
        assert.equal(told.kind, layer.arithmetic);
        checkParts[told.kind](told, layer);
      }
    }
  });
}

const checkParts = {
  convolution(told, { kernel_size: [height, width] }) {
    for (const { inputs, weights, products, inside, sum } of told.sources) {
      assert.deepEqual([inputs.length, inputs[0].length, weights.length], [height, width, height]);
      const product = (row, column) => inputs[row][column] * weights[row][column];
      products.forEach((line, row) =>
        line.forEach((value, column) => near(value, product(row, column))),
      );
      inside.forEach((line, row) =>
        line.forEach((is, column) => assert.ok(is || inputs[row][column] === 0)),
      );
      near(sum, total(products));
    }
    near(told.sum, total(told.sources.map(({ sum }) => sum)) + (told.bias ?? 0), told.sum);
  },
  "batch norm"({
    sources: [{ sum: x }], normalisation: { mean, variance, scale, shift, epsilon }, sum
  }) {
    near(sum, ((x - mean) / Math.sqrt(variance + epsilon)) * scale + shift, sum);
  },
  relu: ({ sources: [{ inputs }], sum }) => assert.equal(sum, Math.max(0, inputs[0][0])),
  "max pooling"({ sources: [{ inputs, inside }], winner: { row, column }, sum }) {
    assert.ok(inside[row][column]);
    assert.equal(inputs[row][column], sum);
    assert.ok(
      inputs.every((line, down) =>
        line.every((value, across) => value <= sum || !inside[down][across]),
      ),
    );
  },
  "average pooling": ({ sources: [{ inputs }], count, sum }) =>
    near(sum, total(inputs) / count, sum),
  "fully connected"({ terms: { activations, weights, products, shape }, bias, sum }) {
    assert.equal(shape.reduce((all, size) => all * size, 1), activations.length);
    products.forEach((value, index) => near(value, activations[index] * weights[index], value));
    near(sum, total([...products]) + (bias ?? 0), 10 * sum);
  },
  unknown: ({ value, sum }) => assert.equal(value, sum),
};

test("a number sees of the image what its gradient says", async () => {
  const network = await open(cases.fields.file);
  for (const { layer: name, row, column, ...seen } of cases.fields.seen) {
    const layer = network.layers.find((each) => each.name === name);
    const field = receptiveField(network, layer, row, column);
    assert.deepEqual(clipped(field), seen, `${name}, row ${row}, column ${column}`);
  }
});

/** The part of an area that lies on the image. */
function clipped({ top, left, height, width }) {
  const [bottom, right] = [Math.min(28, top + height), Math.min(28, left + width)];
  const [up, start] = [Math.max(0, top), Math.max(0, left)];
  return { height: bottom - up, width: right - start, top: up, left: start };
}

test("receptive fields grow as the chapter on architecture says", async () => {
  const network = await open("simple.onnx");
  const sides = { conv1: 3, pool1: 4, conv2: 8, pool2: 10, conv3: 18 };
  for (const [name, side] of Object.entries(sides)) {
    const layer = network.layers.find((each) => each.name === name);
    const { height, width } = receptiveField(network, layer, 0, 0);
    assert.deepEqual([height, width], [side, side], name);
  }
});
