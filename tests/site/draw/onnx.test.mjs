// Files that are no networks, or broken, or made to do harm: refused in words, never with another
// error.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openNetwork } from "../../../book/assets/draw/network.js";
import { LARGEST } from "../../../book/assets/draw/onnx.js";
import { NetworkProblem } from "../../../book/assets/draw/problems.js";
import { bytesOf, cases, images, open } from "./cases.mjs";

for (const { file, says } of cases.refused) {
  test(`${file} is refused`, async () => {
    await assert.rejects(open(file), (problem) => {
      assert.ok(problem instanceof NetworkProblem, problem.stack);
      assert.ok(problem.message.includes(says), problem.message);
      assert.match(problem.advice, /^[A-Z].*\.$/);
      return true;
    });
  });
}

test("a file that is too large is refused before it is read", async () => {
  await assert.rejects(openNetwork(new Uint8Array(LARGEST + 1)), { message: /has 101 MB/ });
});

/** Whether a file is refused in words; if it is opened, it has to run. */
async function isRefused(bytes, what) {
  try {
    const network = await openNetwork(bytes);
    await network.run(images[0]);
    return false;
  } catch (problem) {
    assert.ok(problem instanceof NetworkProblem, `${what}: ${problem.stack}`);
    return true;
  }
}

test("a file that ends too early is refused, wherever it ends", async () => {
  const bytes = bytesOf(cases.small.file);
  assert.equal(await isRefused(bytes, "whole"), false);
  for (let length = 0; length < bytes.length; length++) {
    await isRefused(bytes.slice(0, length), `the first ${length} bytes`);
  }
});

/** Numbers that look random, the same in every run. */
function* randoms(seed) {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

test("a file with wrong bytes is refused, or runs", async () => {
  const whole = bytesOf(cases.small.file);
  const random = randoms(1);
  const choose = (count) => Math.floor(random.next().value * count);
  let refused = 0;
  for (let round = 0; round < 4000; round++) {
    const bytes = whole.slice();
    for (let times = 1 + choose(3); times > 0; times--) {
      bytes[choose(bytes.length)] = [255, 0, 128, choose(256)][choose(4)];
    }
    refused += await isRefused(bytes, `round ${round}`);
  }
  assert.ok(refused > 1000 && refused < 4000);
});
