// The record of solved exercises and the blanks to predict, without a page: run by node's own test
// runner.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const read = (name) => readFileSync(new URL(`../../code/bookkit/sphinx/assets/${name}`, import.meta.url), "utf8");
globalThis.document = { addEventListener() {} };
const names = ["record-entries", "exercise-record", "record-file", "sure", "predict"];
const scripts = names.map((name) => read(`${name}.js`)).join("\n");
vm.runInThisContext(
  `${scripts};globalThis.scripts = {
    ...recordEntries, ...exerciseRecord, ...recordFile, ...exercisePredictions };`,
);
const { Kept, Shelf, blanksOf, count, exported, imported, isMoment, join, parse } =
  globalThis.scripts;

const DATE = "2026-11-22T22:00:00Z";
const LATER = "2026-12-01T00:00:00Z";
const INDEX = {
  book: "A Book",
  chapters: [{ exercises: ["one", "two"] }, { exercises: ["three"] }],
};
const entries = (solved = {}, predicted = {}, tries = {}, explained = {}, arranged = {}) => ({
  solved: new Map(Object.entries(solved)),
  predicted: new Map(Object.entries(predicted)),
  tries: new Map(Object.entries(tries)),
  explained: new Map(Object.entries(explained)),
  arranged: new Map(Object.entries(arranged)),
});

/** A storage in memory, as the browser has it. */
class Storage {
  #texts = new Map();
  getItem = (key) => this.#texts.get(key) ?? null;
  setItem = (key, text) => void this.#texts.set(key, text);
  removeItem = (key) => void this.#texts.delete(key);
}

test("a moment is one that exists", () => {
  assert.ok(isMoment(DATE) && isMoment("2024-02-29T00:00:00.123Z"));
  for (const none of [
    "2026-02-31T00:00:00Z",
    "2026-11-22",
    "2026-11-22T25:00:00Z",
    "",
    null,
    17,
    {},
    "yesterday",
  ]) {
    assert.equal(isMoment(none), false, String(none));
  }
});

test("a check is kept rather than a mark, and the earlier of two", () => {
  const [mark, check, later] = [
    { solved: DATE, by: "reader" },
    { solved: LATER },
    { solved: "2027-01-01T00:00:00Z" },
  ];
  for (const [one, other, best] of [
    [mark, check, check],
    [check, mark, check],
    [check, later, check],
    [later, check, check],
  ]) {
    assert.deepEqual(join(new Map([["one", one]]), new Map([["one", other]])).get("one"), best);
  }
  assert.deepEqual(
    [...join(new Map([["one", check]]), new Map([["two", mark]])).keys()],
    ["one", "two"],
  );
});

test("only the book's own exercises count", () => {
  const { solved } = entries({
    one: { solved: DATE, by: "reader" },
    old: { solved: DATE },
    three: { solved: DATE },
  });
  assert.deepEqual(count(["one", "two", "three"], solved), {
    all: 3,
    solved: 2,
    marked: 1,
    open: ["two"],
  });
  assert.deepEqual(count(["constructor"], solved).solved, 0);
});

test("what is kept is read as far as it can be", () => {
  const isEntry = (value) => value === 1;
  assert.deepEqual(
    [...parse('{"one": 1, "two": 2, "a b": 1, "__proto__": 1}', isEntry)],
    [["one", 1]],
  );
  for (const text of [null, "", "{", "[]", "null", "7"]) {
    assert.equal(parse(text, isEntry).size, 0);
  }
});

test("what is exported can be imported, also into an edition that has lost an exercise", () => {
  const before = entries(
    { one: { solved: DATE }, two: { solved: LATER, by: "reader" } },
    { three: { answers: ["ä “x”"], committed: DATE, sure: 33, right: false, by: "reader" } },
    { two: { wrong: 3, last: "1a-7", mistakes: { "it’s so": { times: 2, see: "mis-so" } } } },
    { two: { text: "Since 1 < 2,\nyes.", own: [1, 3], samples: [[], [2], []], written: DATE } },
  );
  const text = exported(before, INDEX);
  assert.deepEqual(imported(text, INDEX), before);
  assert.deepEqual(imported(text, { ...INDEX, chapters: [{ exercises: ["one"] }] }), before);
});

test("an exercise that no edition had is refused", () => {
  const file = JSON.parse(exported(entries(), INDEX));
  file.solved = { four: { solved: DATE } };
  assert.throws(() => imported(JSON.stringify(file), INDEX), /“four”/);
});

test("a record without storage goes on, and says so once", () => {
  const forbidden = () => {
    throw new DOMException("", "SecurityError");
  };
  const kept = new Kept(new Shelf(forbidden));
  const said = [];
  kept.addEventListener("trouble", ({ detail }) => said.push(detail));
  kept.solve("one");
  kept.predict("two", ["x"]);
  assert.deepEqual(
    [...kept.entries.solved.keys(), ...kept.entries.predicted.keys()],
    ["one", "two"],
  );
  kept.clear();
  assert.equal(kept.entries.solved.size, 0);
  assert.deepEqual(said, ["forbidden"]);
});

test("two tabs do not overwrite each other", () => {
  const storage = new Storage();
  const [here, there] = [0, 1].map(() => new Kept(new Shelf(() => storage)));
  here.solve("one");
  there.solve("two", "reader");
  here.predict("three", ["first"]);
  there.predict("three", ["second"]);
  assert.deepEqual([...here.entries.solved.keys()], ["one", "two"]);
  assert.deepEqual(here.entries.predicted.get("three").answers, ["first"]);
  here.unmark("one");
  here.unmark("two");
  assert.deepEqual([...there.entries.solved.keys()], ["one"]);
  there.clear();
  assert.equal(storage.getItem("solved-exercises"), null);
});

const TEXT = { text: "Because.", own: [1], samples: [[1, 2], [], []] };

test("a text is kept as it was written last, and forgotten when nothing is left of it", () => {
  const kept = new Kept(new Shelf(() => storage));
  const storage = new Storage();
  kept.explain("one", TEXT);
  kept.explain("one", { ...TEXT, text: "Because it is." });
  assert.equal(kept.entries.explained.get("one").text, "Because it is.");
  const at = (moment, text) => entries({}, {}, {}, { one: { ...TEXT, text, written: moment } });
  kept.add(at("2001-01-01T00:00:00Z", "From before."));
  assert.equal(kept.entries.explained.get("one").text, "Because it is.");
  kept.add(at("2999-01-01T00:00:00Z", "From later."));
  assert.equal(kept.entries.explained.get("one").text, "From later.");
  kept.explain("one", { text: "", own: [], samples: [[], [], []] });
  assert.equal(kept.entries.explained.size, 0);
  assert.equal(storage.getItem("exercise-explanations"), null);
});

test("what is no text with its ticks is refused", () => {
  const wrong = [{ text: 1 }, { own: "1" }, { own: ["1"] }, { samples: [1] }, { written: "now" }];
  for (const part of [...wrong, { text: "x".repeat(4_001) }]) {
    const file = JSON.parse(exported(entries(), INDEX));
    file.explained = { one: { ...TEXT, written: DATE, ...part } };
    assert.throws(() => imported(JSON.stringify(file), INDEX), /a text and its date for “one”/);
  }
});

const ORDER = { lines: [[1, 0], [0, 1]], of: "0f" };

test("an order of lines is kept as it was left last, and goes into the file", () => {
  const kept = new Kept(new Shelf(() => storage));
  const storage = new Storage();
  kept.arrange("one", [[0, 0], [1, 0]], "0f");
  kept.arrange("one", ORDER.lines, ORDER.of);
  kept.add(entries({}, {}, {}, {}, { one: { ...ORDER, lines: [], written: "2001-01-01T00:00:00Z" } }));
  const { arranged } = imported(exported(kept.entries, INDEX), INDEX);
  assert.deepEqual(arranged.get("one").lines, ORDER.lines);
  kept.clear();
  assert.equal(storage.getItem("exercise-orders"), null);
});

test("what is no order of lines is refused", () => {
  const wrong = [{ lines: [1] }, { lines: [[0, 1, 2]] }, { lines: [[0, 0.5]] }, { of: 1 }];
  for (const part of wrong) {
    const file = JSON.parse(exported(entries(), INDEX));
    file.arranged = { one: { ...ORDER, written: DATE, ...part } };
    assert.throws(() => imported(JSON.stringify(file), INDEX), /an order and its date for “one”/);
  }
});

const GAP = "_".repeat(13);

test("a hint may offer a choice", () => {
  const hints = {
    '"higher", "lower" or "the same"': ["higher", "lower", "the same"],
    "either 'more' or 'fewer'": ["more", "fewer"],
    "True or False": ["True", "False"],
    "one number": [],
    "1 if it stays as long, 2 if it is twice as long": [],
    'how "wide" it is': [],
  };
  for (const [hint, choices] of Object.entries(hints)) {
    const code = `# Exercise 1.1\nanswer = ${GAP}  # blank 1 of 1: ${hint}\ncheck("x", answer)`;
    assert.deepEqual(blanksOf(code), [{ name: "answer", hint, choices }]);
  }
});

test("a hint may point to the choice before it, or above", () => {
  const first = `a = ${GAP}  # blank 1 of 2: "more" or "fewer"`;
  const two = `${first}\n# blank 2 of 2: the same two, after pooling\nb = ${GAP}`;
  assert.deepEqual(
    blanksOf(two).map(({ name, choices }) => [name, ...choices]),
    [
      ["a", "more", "fewer"],
      ["b", "more", "fewer"],
    ],
  );
  const question = '# Exercise 2.1\n# Is it "better",\n# "as good" or "worse"?';
  const above = `${question}\nx = ${GAP}  # blank 1 of 1: one of these three`;
  assert.deepEqual(blanksOf(above)[0].choices, ["better", "as good", "worse"]);
});

test("two blanks in a line are told apart, and one that is a line of its own has a number", () => {
  const pair = blanksOf(`size = f(${GAP}, ${GAP})  # blank 1 of 2: height  # blank 2 of 2: width`);
  assert.deepEqual(
    pair.map(({ name, hint }) => [name, hint]),
    [
      ["blank 1", "height"],
      ["blank 2", "width"],
    ],
  );
  assert.equal(blanksOf(`def f():\n    ${GAP}  # blank 1 of 1: the body`)[0].name, "blank 1");
  assert.deepEqual(blanksOf("no blank"), []);
});
