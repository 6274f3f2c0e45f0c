// Read words, one a line, and print those that British English does not have.
import { readFileSync } from "node:fs";
import nspell from "nspell";

const folder = new URL("../../node_modules/dictionary-en-gb/", import.meta.url);
const speller = nspell(
  readFileSync(new URL("index.aff", folder)),
  readFileSync(new URL("index.dic", folder)),
);
const words = readFileSync(0, "utf8").split("\n").filter(Boolean);
console.log(words.filter((word) => !speller.correct(word)).join("\n"));
