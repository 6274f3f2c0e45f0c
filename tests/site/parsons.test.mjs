// What a page says of lines in some order, without the page: run by node's own test runner. The
// problem, and whether each order is right, come from Python.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const asset = new URL("../../code/bookkit/sphinx/assets/parsons.js", import.meta.url);
vm.runInThisContext(`${readFileSync(asset, "utf8")};globalThis.lines = exerciseLines;`);
const { digest, judge } = globalThis.lines;
const { id, problem, course, orders, digests } = JSON.parse(process.env.PARSONS);

const rows = (order) => order.map(([level, line]) => ({ level, line, text: problem.lines[line] }));

test("digests are those of the build", () => {
  for (const [text, expected] of Object.entries(digests)) {
    assert.equal(digest(text), expected);
  }
});

test("an order is right if and only if it is one of the right ones", () => {
  for (const { order, right } of orders) {
    for (const known of [problem, course]) {
      const { verdict } = judge(id, known, rows(order));
      assert.equal(verdict, right ? "right" : "wrong", JSON.stringify(order));
    }
  }
});

test("the first line that is wrong is named, and the place is where right orders end", () => {
  for (const { order, good } of orders.filter(({ right }) => !right)) {
    const { text, place } = judge(id, course, rows(order));
    assert.equal(place, good === order.length ? -1 : good, JSON.stringify(order));
    assert.ok(good === order.length || text.includes(`Line ${good + 1}, `), text);
  }
});

test("without reasons nothing is said but what is seen", () => {
  const said = new Set(orders.map(({ order }) => judge(id, course, rows(order)).text.replace(/\d+|`.*?`/g, "")));
  assert.ok([...said].every((text) => !/why|because/i.test(text)));
  assert.ok(said.size < 12, [...said].join("\n"));
});
