// Networks in many styles: every file that firstcnn.export writes is opened, and answers as PyTorch
// does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../../book/assets/draw/inside.js";
import { asMaps, size } from "../../../book/assets/draw/steps.js";
import { cases, distance, images, numbers, open, runtime } from "./cases.mjs";

for (const { file, parameters, isInThePage, activations } of cases.zoo) {
  const { logits, ...layers } = activations;
  test(`${file} answers as PyTorch does`, async () => {
    const network = await open(file, { runtime });
    assert.equal(network.engine, isInThePage ? "page" : "onnxruntime");
    assert.equal(network.parameters, parameters);
    assert.ok((await distance(network, layers)) < 1e-4);
    for (const [index, image] of images.entries()) {
      const result = await network.run(image);
      const expected = numbers(logits).subarray(
        index * network.labels.length, (index + 1) * network.labels.length
      );
      const largest = Math.max(1e-3, ...expected.map(Math.abs));
      expected.forEach((value, at) =>
        assert.ok(Math.abs(result.logits[at] - value) < 1e-3 * largest),
      );
      for (const layer of network.layers) {
        assert.equal(result.activations.get(layer.name).length, size(layer.shape), layer.name);
        assert.equal(size(asMaps(layer.shape)), size(layer.shape));
        const [channels, rows, columns] = asMaps(layer.shape);
        const { value } = explain(network, result, layer, {
          channel: channels - 1, row: rows - 1, column: columns - 1
        });
        assert.equal(value, result.activations.get(layer.name).at(-1), layer.name);
      }
    }
    await network.close();
  });
}
