// Networks of the book and others, as firstcnn.export writes them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cases, distance, images, open, runtime } from "./cases.mjs";

for (const { file, activations, parameters } of cases.networks) {
  test(`${file} computes what PyTorch computes`, async () => {
    const network = await open(file);
    assert.equal(network.engine, "page");
    assert.equal(network.parameters, parameters);
    assert.equal(network.title, `The ${file.replace(".onnx", "")} one`);
    assert.ok((await distance(network, activations)) < 1e-5);
  });
}

test("hundreds of layers and thousands of operations are read", async () => {
  const [{ file, activations }] = cases.long;
  const network = await open(file);
  assert.equal(network.layers.length, 602);
  assert.ok((await distance(network, activations)) < 1e-5);
});

test("onnxruntime is asked for where the page does not know an operator", async () => {
  const [{ file, activations }] = cases.elsewhere;
  await assert.rejects(open(file), { name: "NetworkProblem", message: /the operator Erf/ });
  const network = await open(file, { runtime });
  assert.equal(network.engine, "onnxruntime");
  assert.ok((await distance(network, activations)) < 1e-5);
  await network.close();
  const never = () => assert.fail("onnxruntime was asked for");
  await open(cases.small.file, { runtime: never });
});

test("a result holds the image, what the network saw of it, and probabilities", async () => {
  const network = await open(cases.small.file);
  const result = await network.run(images[0]);
  assert.deepEqual(result.image, images[0]);
  assert.ok(
    result.input.every(
      (value, index) => Math.abs(value - (images[0][index] - 0.1307) / 0.3081) < 1e-6,
    ),
  );
  const exponentials = [...result.logits].map((logit) => Math.exp(logit));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  result.probabilities.forEach((value, index) =>
    assert.ok(Math.abs(value - exponentials[index] / sum) < 1e-6),
  );
  assert.throws(() => network.run(new Float32Array(783)), RangeError);
});

test("the page's own engine answers at once, in the same buffers every time", async () => {
  const network = await open(cases.small.file);
  let first = null;
  network.run(images[0]).then((result) => (first = result));
  await Promise.resolve();
  const logits = [...first.logits];
  const second = await network.run(images[1]);
  assert.equal(second.logits, first.logits);
  assert.notDeepEqual([...second.logits], logits);
});
