// Take out of a style sheet the rules that nothing can use, and blanks and comments of the rest.
// Reads JSON {root, css, pages, scripts, keep} from standard input, writes CSS to standard output.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { root, css, pages, scripts, keep } = JSON.parse(readFileSync(0, "utf8"));
const require = createRequire(`${root}/node_modules/purgecss/`);
const { PurgeCSS } = require("purgecss");
const postcss = require("postcss");

const PARTS = ["carousel", "modal", "offcanvas", "popover", "toast"]; // of Bootstrap
const BEGINNING = /[`"' ]([a-z][\w-]*-)(?:\$\{|["']\s*\+)/gi;
const END = /(?:\}|\+\s*["'])(-[\w-]+)(?=[`"' ])/g;
const words = (text) => text.match(/[A-Za-z0-9_-]+/g) ?? [];

/** @returns {string[]} the words in the tags of a page, whose text names no element */
const wordsOfTags = (page) =>
  (page.match(/<[a-z][^>]*>/gi) ?? []).flatMap((tag) =>
    words(tag.replace(/ (?:alt|content|d|href|src|title|value)="[^"]*"/g, "")),
  );

/** @returns {string[]} patterns of the names that a script puts together from parts */
const namesInParts = (script) => [
  ...[...script.matchAll(BEGINNING)].map(([, name]) => `^${name}`),
  ...[...script.matchAll(END)].map(([, name]) => `${name}$`),
];

/** Write a rule without what only people read; a comment that begins with ! is a licence. */
const shorten = (node) => {
  if (node.type === "comment" && !node.text.startsWith("!")) {
    node.remove();
    return;
  }
  const between = node.prop ? ":" : "";
  Object.assign(node.raws, { before: "", after: "", between, semicolon: false });
  if (node.selectors) {
    node.selector = node.selectors.map((each) => each.replace(/\s+/g, " ")).join(",");
  }
};

const raw = (files, extension) =>
  files.map((file) => ({ raw: readFileSync(file, "utf8"), extension }));
const code = raw(scripts, "js");
const patterns = ["^:", ...keep, ...new Set(code.flatMap((script) => namesInParts(script.raw)))];
const html = raw(pages, "html");
const onPages = [...new Set(html.flatMap((page) => wordsOfTags(page.raw)))];
const variables = [...html, ...code].flatMap(({ raw }) => raw.match(/--[\w-]+/g) ?? []);
const [purged] = await new PurgeCSS().purge({
  blocklist: PARTS.filter((part) => !onPages.some((name) => name.startsWith(part))).map(
    (part) => new RegExp(`^${part}`),
  ),
  content: [{ raw: onPages.join(" "), extension: "html" }, ...code],
  css: [{ raw: css }],
  dynamicAttributes: [...css.matchAll(/\[([\w-]+)/g)].map(([, name]) => name),
  defaultExtractor: words,
  keyframes: true,
  safelist: {
    standard: patterns.map((pattern) => new RegExp(pattern)),
    variables: [...new Set(variables)],
  },
  variables: true,
});
const sheet = postcss.parse(purged.css);
sheet.walk(shorten);
process.stdout.write(sheet.toString());
