// Every operator, with random shapes and attributes, against PyTorch in double precision.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cases, distance, open } from "./cases.mjs";

for (const { file, activations } of cases.operators) {
  test(`${file} computes what PyTorch computes`, async () => {
    const network = await open(file);
    assert.equal(network.engine, "page");
    assert.equal(network.layers.length, Object.keys(activations).length);
    const worst = await distance(network, activations);
    assert.ok(
      worst < 2e-6, `${worst} in ${network.layers.map(({ name, kind }) => `${name}: ${kind}`)}`
    );
  });
}
