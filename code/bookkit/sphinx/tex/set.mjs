// Sets formulas as MathML and says them in words: one process for all formulas of a site.
// node set.mjs PACKAGES INPUT reads {formulas: [[tex, display], …], macros} and writes a list of
// {mathml, words}, with {error, position} in place of a formula that cannot be set. A long formula
// in a line of text becomes several elements, between which the line may end.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [packages, input] = process.argv.slice(2).map((path) => resolve(path));
const bring = createRequire(join(packages, "formulas.cjs"));
const temml = bring("temml");
const speech = bring("speech-rule-engine");

const LONG = 24; // signs that are no wider than a narrow phone
const RELATION =
  /<mo[^>]*>([=≈≠≤≥←→∈∼∝≡]|&lt;|&gt;)<\/mo>(<mspace[^>]*><\/mspace>)*<\/mrow>$/;
const COUNTED = /\\(begin|end)\{(align|alignat|equation|gather|multline)\}/g;
const IN_A_LIST = /(?<=\d),\s+(?=\d)/g; // of numbers: no comma within one
const EMPTY = /(?<=<mo separator="true">,<\/mo>)<mrow><\/mrow>/g;
const SIDE_BY_SIDE = /<\/mn><mspace width="[^"]*"><\/mspace>(?=<mn>)/g;
const GAP_AT_THE_END = /<mspace width="0.1667em"><\/mspace>(?=(<\/\w+>)+$)/; // of a function
const SEPARATOR = "<mo>\u2063</mo>"; // which nobody sees
const PRODUCT = // letters side by side, which are no function, and not a letter with its index
  /(?<!<m(?:su|un|ov|fr|roo)[^>]*>)(<mi>\w<\/mi>)(?=<mi>\w<\/mi>(?!<\/m(?:su|un|ov|fr|roo)))/g;
const FOR_SPEECH = [
  [/<mtext>([A-Za-z ]+)<\/mtext>/g, "<mi>$1</mi>"], // quantities with a name, not remarks
  [PRODUCT, "$1<mo>\u2062</mo>"],
  [/ˆ/g, "^"],
  [/<mo [^>]*>⌊<\/mo>/g, "<mi>floor</mi><mo>\u2061</mo><mo>(</mo>"],
  [/<mo [^>]*>⌈<\/mo>/g, "<mi>ceiling</mi><mo>\u2061</mo><mo>(</mo>"],
  [/<mo [^>]*>[⌋⌉]<\/mo>/g, "<mo>)</mo>"],
];

function rendered(tex, displayMode, macros, wrap = "none") {
  const options = { displayMode, macros: { ...macros }, throwOnError: true, wrap, xml: true };
  const asked = tex.replace(COUNTED, "\\$1{$2*}").replace(IN_A_LIST, ",{}");
  const mathml = temml.renderToString(asked, options);
  if (mathml.includes("tml-ref")) {
    throw new Error("\\ref and \\eqref reach no other formula: write {eq}`label` in the text");
  }
  const apart = mathml.replace(EMPTY, "").replace(SIDE_BY_SIDE, `$&${SEPARATOR}`);
  return apart.replace(GAP_AT_THE_END, "");
}

const signs = (mathml) => mathml.replace(/<[^>]*>/g, "").length;

/** The elements on the top level of a formula. */
function* rowsOf(mathml) {
  let depth = 0;
  let row = "";
  for (const [part, close, empty] of mathml.matchAll(/<(\/?)[^>]*?(\/?)>[^<]*/g)) {
    depth += close ? -1 : empty ? 0 : 1;
    if (depth > 1 || (depth === 1 && close)) {
      row += part;
    }
    if (depth === 1 && close) {
      yield row;
      row = "";
    }
  }
}

/** Parts of a formula, each of which ends with a relation or is long enough. */
function partsOf(mathml) {
  const parts = [""];
  for (const row of rowsOf(mathml)) {
    if (RELATION.test(parts.at(-1)) || signs(parts.at(-1) + row) > LONG) {
      parts.push("");
    }
    parts.push(parts.pop() + row);
  }
  const start = mathml.slice(0, mathml.indexOf(">") + 1);
  return parts.filter(Boolean).map((part) => `${start}${part}</math>`);
}

function inWords(mathml) {
  const plain = FOR_SPEECH.reduce((text, [found, put]) => text.replace(found, put), mathml);
  return speech.toSpeech(plain).replace(/\s+/g, " ").trim();
}

function withWords(mathml) {
  const words = inWords(mathml).replace(/[&"<]/g, (sign) => `&#${sign.charCodeAt()};`);
  return mathml.replace("<math", `<math aria-label="${words}"`);
}

/** Lines may end between parts, and never behind the last one, which a comma may follow. */
function joined(parts) {
  const [last, ...others] = parts.reverse();
  const before = others.reverse().map((part) => `${part}<wbr />`);
  return before.length ? `<span class="goes-on">${before.join("")}</span>${last}` : last;
}

function set([tex, display], macros) {
  try {
    const whole = rendered(tex, display, macros);
    const goesOn = !display && signs(whole) > LONG;
    const parts = goesOn ? partsOf(rendered(tex, display, macros, "tex")) : [whole];
    return { mathml: joined(parts.map(withWords)), words: inWords(whole) };
  } catch ({ message, position }) {
    return { error: message, position };
  }
}

const { formulas, macros } = JSON.parse(readFileSync(input, "utf-8"));
await speech.setupEngine({
  domain: "clearspeak",
  locale: "en",
  json: join(packages, "speech-rule-engine", "lib", "mathmaps"),
});
process.stdout.write(JSON.stringify(formulas.map((formula) => set(formula, macros))));
