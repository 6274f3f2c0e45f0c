// What live cells put out, why Python ends, and addresses of servers, without a page: run by node's
// own test runner.
import assert from "node:assert/strict";
import { test } from "node:test";

const load = (name) => import(new URL(`../../code/bookkit/sphinx/assets/live/${name}`, import.meta.url));
const { KEPT, LEFT_OUT, Output, SHOWN, writtenOver } = await load("output.js");
const { ending, stopped } = await load("endings.js");
const { explained } = await load("help.js");
const { named } = await load("places.js");

const print = (output, text, name = "stdout") => output.add("stream", { name, text });
const shown = (output) =>
  output.within(SHOWN).outputs.map(({ text, data }) => text ?? data["text/plain"]);

test("a carriage return and a backspace write over what stands there", () => {
  for (const [typed, seen] of Object.entries({
    "ab\rX": "Xb",
    "ab\b\bc": "c",
    "a\r\nb": "a\nb",
    "ab\r": "ab\r",
  })) {
    assert.equal(writtenOver(typed), seen);
  }
});

test("a bar that is written over for ever stays one line, however its text is cut up", () => {
  const output = new Output();
  for (let step = 0; step < 50_000; step += 1) {
    print(output, `\rstep ${step}`, "stderr");
  }
  print(output, "\rdone, st");
  assert.equal(shown(output)[0], "step 49999");
  assert.deepEqual(output.lost, { characters: 0, lines: 0, outputs: 0 });
});

test("of many lines the first are shown, more are kept, and what is left out is counted", () => {
  const output = new Output();
  for (let line = 0; line < KEPT.lines + 5; line += 1) {
    print(output, `${line % 10}\n`);
  }
  const { outputs, hidden } = output.within(SHOWN);
  assert.equal(outputs[0].text.split("\n").length - 1, SHOWN.lines);
  assert.equal(hidden.lines, KEPT.lines - SHOWN.lines);
  assert.equal(output.lost.lines, 5);
  assert.equal(output.within(KEPT).outputs[0].text.length, 2 * KEPT.lines);
});

test("of one endless line the beginning is shown", () => {
  const output = new Output();
  print(output, "x".repeat(5_000_000));
  assert.equal(shown(output)[0].length, SHOWN.characters);
  assert.equal(output.within(KEPT).outputs[0].text.length, KEPT.characters);
  assert.equal(output.lost.characters, 5_000_000 - KEPT.characters);
});

test("a text with thousands of colours is shown without them", () => {
  const output = new Output();
  print(output, "\x1b[31mred\x1b[0m ".repeat(3_000));
  assert.equal(shown(output)[0], "red ".repeat(3_000));
});

test("an error is shown behind any flood, with its middle left out", () => {
  const output = new Output();
  print(output, "x\n".repeat(200_000));
  output.add("error", {
    ename: "E",
    evalue: "y".repeat(100_000),
    traceback: ["z".repeat(100_000), "E\n".repeat(5_000)],
  });
  const error = output.within(SHOWN).outputs.at(-1);
  assert.ok(error.traceback.join("\n").length < 10_000 && error.evalue.length < 3_000);
  assert.match(error.traceback.join("\n"), /left out/);
});

test("figures and tables are shown up to a hundred, and texts that are none beside them", () => {
  const output = new Output();
  for (let figure = 0; figure < 120; figure += 1) {
    output.add("display_data", { data: { "image/png": "AAAA", "text/plain": "a figure" } });
  }
  const { outputs, hidden } = output.within(SHOWN);
  assert.deepEqual(
    [outputs.length, hidden],
    [SHOWN.outputs, { characters: 0, lines: 0, outputs: 20 }],
  );
});

test("a table that no page can show makes way for words", () => {
  const output = new Output();
  output.add("execute_result", {
    data: { "text/html": "<p>".repeat(1_000_000), "text/plain": "<HTML>" },
  });
  assert.match(shown(output)[0], /^Too large to be shown here: text\/html of 3,000,000 characters/);
});

test("an update changes the display that it names, and clearing begins anew", () => {
  const output = new Output();
  const display = (text) => ({ data: { "text/plain": text }, transient: { display_id: "one" } });
  output.add("display_data", display("old"));
  output.add("update_display_data", display("new"));
  assert.deepEqual(shown(output), ["new"]);
  output.add("clear_output", { wait: true });
  assert.deepEqual(shown(output), ["new"]);
  print(output, "next");
  assert.deepEqual(shown(output), ["next"]);
});

test("what the server left out is counted too", () => {
  const output = new Output();
  output.add("display_data", { data: { [LEFT_OUT]: { characters: 7, lines: 2, outputs: 1 } } });
  assert.deepEqual([output.lost, output.outputs], [{ characters: 7, lines: 2, outputs: 1 }, []]);
});

test("IPython's advice about SystemExit is left to the page's own words", () => {
  const output = new Output();
  print(
    output,
    "a/b.py:1: UserWarning: To exit: use 'exit', 'quit', or Ctrl-D.\n  warn(x)\n",
    "stderr",
  );
  output.add("error", { ename: "SystemExit", evalue: "3", traceback: ["SystemExit: 3"] });
  assert.deepEqual(output.outputs, []);
  assert.match(stopped({ status: "error", ename: "SystemExit", evalue: "3" }), /sys\.exit\(3\)/);
});

test("why Python ended is said as far as it is known", () => {
  assert.match(ending(-9), /memory ran out/);
  assert.match(ending(-11), /segmentation fault/);
  assert.match(ending(3), /by itself, with exit code 3/);
  assert.match(ending(-40), /signal 40/);
  assert.match(ending(null), /not known/);
  assert.match(ending(1, "import os\nos._exit(1)"), /os\._exit/);
});

test("a cell for which there is too little memory is told so, and no other error is", () => {
  const told = (ename, evalue) => stopped({ status: "error", ename, evalue });
  const pytorch = "[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory";
  for (const [ename, evalue] of [
    ["MemoryError", ""],
    ["_ArrayMemoryError", "Unable to allocate 7.28 TiB for an array"],
    ["RuntimeError", pytorch],
    ["OutOfMemoryError", "CUDA out of memory. Tried to allocate 20.00 GiB."],
  ]) {
    assert.match(told(ename, evalue), /not enough memory/);
  }
  assert.equal(told("RuntimeError", "mat1 and mat2 shapes cannot be multiplied"), "");
  assert.equal(told("ValueError", "out of memory"), "");
});

test("an address is read as servers print it, also among other lines", () => {
  const url = "http://127.0.0.1:8888/";
  for (const text of [
    `${url}tree?token=abc`,
    `open:\n  file:///a/jpserver-1-open.html\nor\n  ${url}lab?token=abc\n`,
  ]) {
    assert.deepEqual(named(text), { kind: "named", url, token: "abc" });
  }
  assert.equal(named("localhost:8888").url, "http://localhost:8888/");
});

test("the file by which a server opens its own browser is no address, and the next line is", () => {
  for (const text of [
    "file:///home/jane/jpserver-1-open.html",
    "FILE:///C:/a.html",
    "ftp://somewhere/",
  ]) {
    assert.throws(
      () => named(text),
      ({ message, advice }) => /is (a file|no address)/.test(message) && /below/.test(advice),
    );
  }
});

test("an error leads to the entry that explains it, another one to the page", () => {
  const told = {
    page: "stuck.html",
    title: "Stuck?",
    messages: [["mat1 and mat2 \\(\\d+x\\d+ and .*?\\)", "mat1", "mat1 …"]],
  };
  const error = { ename: "RuntimeError", evalue: "mat1 and mat2 (64x10 and 3x4)" };
  assert.equal(explained(error, told).address, "stuck.html#mat1");
  assert.deepEqual(explained({ ename: "KeyError" }, told), {
    address: "stuck.html",
    words: "Stuck?",
  });
});
