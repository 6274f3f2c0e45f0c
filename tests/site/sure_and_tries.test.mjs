// How sure a reader is, tries and mistakes, and what counts make of them, without a page: run by
// node's own test runner.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const read = (name) =>
  readFileSync(new URL(`../../code/bookkit/sphinx/assets/${name}`, import.meta.url), "utf8");
const names = ["record-entries", "exercise-record", "record-file", "places", "counts", "sure"];
const scripts = names.map((name) => read(`${name}.js`)).join("\n");
const given = `{ recordEntries, exerciseRecord, recordFile, exerciseCounts, exerciseSureness }`;
vm.runInThisContext(`${scripts};globalThis.scripts = ${given};`);
const { recordEntries, exerciseRecord, recordFile, exerciseCounts, exerciseSureness } =
  globalThis.scripts;
const { Kept, Shelf } = exerciseRecord;
const { exported, imported } = recordFile;
const parts = Object.keys(recordEntries.PARTS);
const { calibration, late, next, repeated, unsolved, wilson } = exerciseCounts;
const { levels, scoreBy, scoreOf, typedIn } = exerciseSureness;

const DATE = "2026-11-22T22:00:00Z";
const INDEX = {
  book: "A Book",
  chapters: [{ exercises: ["one", "two"] }, { exercises: ["three"] }],
};
const GAP = "_".repeat(13);
const entries = (solved = {}, predicted = {}, tries = {}) => ({
  ...Object.fromEntries(parts.map((part) => [part, new Map()])),
  solved: new Map(Object.entries(solved)),
  predicted: new Map(Object.entries(predicted)),
  tries: new Map(Object.entries(tries)),
});

/** A storage in memory, as the browser has it. */
class Storage {
  #texts = new Map();
  getItem = (key) => this.#texts.get(key) ?? null;
  setItem = (key, text) => void this.#texts.set(key, text);
  removeItem = (key) => void this.#texts.delete(key);
}

test("a file of the first version has neither tries nor confidence, and is read", () => {
  const file = JSON.parse(exported(entries(), INDEX));
  const old = { answers: ["x"], committed: DATE };
  const text = JSON.stringify({ ...file, version: 1, predicted: { one: old }, tries: undefined });
  assert.deepEqual(imported(text, INDEX), entries({}, { one: old }));
});

test("tries are counted until a check says right, the same code once", () => {
  const storage = new Storage();
  const kept = new Kept(new Shelf(() => storage));
  const slip = { mistake: "uphill", see: "mis-hill" };
  kept.tried("one", { digest: "a", ...slip });
  kept.tried("one", { digest: "a", ...slip });
  kept.tried("one", { digest: "b", ...slip });
  kept.tried("one", { digest: "c" });
  kept.tried("one", {});
  kept.tried("one", {});
  kept.tried("two", { mistake: "__proto__", see: "" });
  const { one, two } = Object.fromEntries(kept.entries.tries);
  const mistakes = { uphill: { times: 2, see: "mis-hill" } };
  assert.deepEqual(one, { wrong: 5, last: "", mistakes });
  assert.deepEqual(Object.entries(two.mistakes), [["__proto__", { times: 1 }]]);
  kept.solve("one", "reader");
  kept.tried("one", { digest: "d" });
  assert.equal(kept.entries.tries.get("one").wrong, 6);
  kept.solve("one");
  kept.tried("one", { digest: "e" });
  assert.equal(kept.entries.tries.get("one").wrong, 6);
});

test("joined records have the larger numbers, and joining again changes nothing", () => {
  const one = { wrong: 3, last: "a", mistakes: { up: { times: 2 } } };
  const other = { wrong: 4, last: "b", mistakes: { up: { times: 1 }, down: { times: 1 } } };
  const storage = new Storage();
  const kept = new Kept(new Shelf(() => storage));
  kept.add({ tries: new Map([["one", one]]) });
  for (let k = 0; k < 2; k += 1) {
    kept.add({ tries: new Map([["one", other]]) });
    const mistakes = { up: { times: 2 }, down: { times: 1 } };
    assert.deepEqual(kept.entries.tries.get("one"), { wrong: 4, last: "b", mistakes });
  }
});

test("a prediction keeps the first answer, and takes its score from either side", () => {
  const storage = new Storage();
  const kept = new Kept(new Shelf(() => storage));
  const add = (entry) => kept.add({ predicted: new Map([["one", entry]]) });
  kept.predict("one", ["x"], 80);
  const first = kept.entries.predicted.get("one");
  assert.equal(first.sure, 80);
  kept.score("one", true, "reader");
  add(first);
  assert.deepEqual(kept.entries.predicted.get("one"), { ...first, right: true, by: "reader" });
  add({ ...first, right: false });
  assert.deepEqual(kept.entries.predicted.get("one"), { ...first, right: false });
  add({ ...first, answers: ["y"], committed: "2099-01-01T00:00:00Z" });
  assert.deepEqual(kept.entries.predicted.get("one").answers, ["x"]);
  kept.score("two", true);
  kept.predict("three", []);
  kept.score("three", true);
  assert.equal(kept.entries.predicted.has("two"), false);
  assert.equal(kept.entries.predicted.get("three").right, undefined);
});

const choice = (...choices) => ({ name: "a", hint: "", choices });
const OPEN = choice();

test("how sure one can be begins at what a guess is right in", () => {
  const ends = (blanks) => [levels(blanks)[0], levels(blanks)[1], levels(blanks).at(-1)];
  assert.deepEqual(levels([choice("up", "down")]), [50, 60, 70, 80, 90, 100]);
  assert.deepEqual(ends([choice("a", "b", "c")]), [33, 40, 100]);
  assert.deepEqual(ends([choice("a", "b", "c"), choice("a", "b", "c")]), [11, 20, 100]);
  assert.deepEqual(ends([choice("a", "b"), OPEN]), [10, 20, 100]);
});

const FORM = `# Exercise 2.1
# The side doubles.
one = ${GAP}  # blank 1 of 2: "up" or "down"
# blank 2 of 2: how many
two = ${GAP}
check("x", (one, two))`;
const code = (one, two) =>
  `# The side doubles.\none = ${one}  # blank 1 of 2: "up" or "down"\n\ntwo = ${two}\n` +
  'check("x", (one, two))\n';

test("what was typed into a form is found, whether its hints are still there or not", () => {
  assert.deepEqual(typedIn(code('"up"', "4 * (2 + 1)"), FORM), ['"up"', "4 * (2 + 1)"]);
  assert.equal(typedIn("something else", FORM), null);
});

test("a page scores what it cannot be wrong about", () => {
  const blanks = [choice("up", "down"), OPEN];
  const cases = [
    [["up", "12"], ['"up"', "12"], true],
    [["up", "1,200"], ["'up'", "1_200"], true],
    [["down", "12"], ['"up"', "3 * 4"], false],
    [["up", "13"], ['"up"', "12"], false],
    [["up", "a dozen"], ['"up"', "12"], undefined],
    [["up", "12"], ['"up"', "3 * 4"], undefined],
    [["up", "12"], ["'upwards'", "12"], undefined],
    [["up", "12"], null, undefined],
  ];
  for (const [answers, typed, score] of cases) {
    assert.equal(scoreOf(answers, typed, blanks), score, JSON.stringify([answers, typed]));
  }
});

test("a verdict scores a prediction that was typed in, and a right one any other choice", () => {
  const blanks = [choice("up", "down"), OPEN];
  const said = (verdict, one, two) => ({ verdict, code: code(one, two) });
  const cases = [
    [said("right", '"up"', "12"), true],
    [said("wrong", '"up"', "12"), false],
    [said("wrong", '"down"', "12"), undefined],
    [said("right", '"down"', "12"), false],
    [said("open", '"up"', "12"), undefined],
    [{ verdict: "right" }, undefined],
  ];
  for (const [verdict, score] of cases) {
    assert.equal(scoreBy(["up", "12"], verdict, FORM, blanks), score, JSON.stringify(verdict));
  }
});

const BOXES = { "mis-up": { page: "p", place: "mis-up", title: "Often said: up" } };
const WITH_BOXES = { ...INDEX, boxes: BOXES };
const tried = (wrong, ...mistakes) => ({
  wrong,
  last: "",
  mistakes: Object.fromEntries(mistakes),
});

test("third tries, mistakes in two exercises, and what to look at next are found", () => {
  const record = entries(
    { one: { solved: DATE }, two: { solved: DATE, by: "reader" } },
    {
      one: { answers: ["x"], committed: DATE, sure: 90, right: false },
      three: { answers: ["x"], committed: DATE, sure: 80, right: false },
      two: { answers: ["x"], committed: DATE, sure: 60 },
    },
    {
      one: tried(2, ["up", { times: 1, see: "mis-up" }], ["once", { times: 1 }]),
      two: tried(5),
      three: tried(3, ["up", { times: 1, see: "mis-gone" }]),
      gone: tried(9, ["old", { times: 9 }]),
    },
  );
  assert.deepEqual(late(WITH_BOXES, record), [{ id: "one", tries: 3 }]);
  assert.deepEqual(unsolved(WITH_BOXES, record), [{ id: "three", wrong: 3 }]);
  const up = { name: "up", times: 2, ids: ["one", "three"], see: "mis-up" };
  assert.deepEqual(repeated(WITH_BOXES, record), [up]);
  assert.deepEqual(
    next(WITH_BOXES, record).map(({ why, id }) => [why, id]),
    [
      ["tried", "three"],
      ["mistake", "three"],
      ["unscored", "two"],
    ],
  );
  const { solved, predicted } = record;
  const untried = { solved, predicted, tries: new Map() };
  assert.deepEqual(next(WITH_BOXES, untried)[0], { why: "sure", id: "three", sure: 80 });
  const [first, ...others] = next(WITH_BOXES, entries());
  assert.deepEqual([first, others], [{ why: "open", id: "one" }, []]);
});

test("an interval is Wilson's", () => {
  const [low, high] = wilson(8, 10); // as statsmodels gives it
  assert.ok(Math.abs(low - 49.02) < 0.01 && Math.abs(high - 94.33) < 0.01, `${low} ${high}`);
});

test("few answers get no verdict on confidence, many do", () => {
  const ids = Array.from({ length: 20 }, (_, k) => `e${k}`);
  const index = { chapters: [{ exercises: ids }] };
  const answer = (sure, right) => ({ answers: ["x"], committed: DATE, sure, right });
  const record = (count, sure, right) =>
    entries(
      {},
      Object.fromEntries(ids.slice(0, count).map((id, k) => [id, answer(sure, k < right)])),
    );
  const verdict = (...about) => calibration(index, record(...about)).verdict;
  assert.equal(verdict(9, 100, 0), "few");
  assert.equal(verdict(20, 80, 16), "fits");
  assert.equal(verdict(20, 90, 10), "surer");
  assert.equal(verdict(20, 50, 19), "less sure");
  assert.equal(calibration(index, entries()).all, 0);
  const { groups, all, right } = calibration(index, record(20, 80, 16));
  assert.deepEqual([all, right], [20, 16]);
  const [{ from, to, all: own }] = groups;
  assert.deepEqual([from, to, own, groups.length], [70, 89, 20, 1]);
});
