"use strict";

/**
 * Parsons problems: whether lines are in a right order, and if not, what is wrong first. The page
 * knows digests of how right orders begin, and where it may also reasons; it shows nothing by
 * itself: parsons-list.js does.
 *
 * @typedef {{line: number, level: number, text: string}} Row  a line, counted as the page shows it
 * @typedef {{indent: boolean, leave: number, right: string[], rules?: {any: [string, number,
 *   number][][], why: string}[], wrong?: Object<string, string>}} Problem
 */
const exerciseLines = (() => {
  const PRIME = 0x100000001b3n;
  const BASIS = 0xcbf29ce484222325n;
  const MOST = 4; // steps of indentation

  /** @returns {bigint} a digest of 64 bits (FNV-1a), going on from another one */
  function digest(text, before = BASIS) {
    let value = before;
    for (const byte of new TextEncoder().encode(text)) {
      value = BigInt.asUintN(64, (value ^ BigInt(byte)) * PRIME);
    }
    return value;
  }

  /** @returns {string} a digest as the page has it */
  function written(value) {
    return value.toString(16).padStart(16, "0");
  }

  /** @returns {string} a row as it goes into digests */
  function said({ level, text }) {
    return `${level} ${text}\n`;
  }

  /**
   * Find how far some rows are right from the top.
   *
   * @param {string} id
   * @param {Problem} problem
   * @param {Row[]} rows
   * @returns {{good: number, whole: boolean, level: boolean}} how many rows are right; whether they
   * are all that is wanted; whether the next one would be right if it were indented otherwise
   */
  function compare(id, problem, rows) {
    const right = new Set(problem.right);
    let value = digest(`${id}\n`);
    for (const [good, row] of rows.entries()) {
      const next = digest(said(row), value);
      if (!right.has(written(next))) {
        const others = Array.from({ length: MOST + 1 }, (_, level) => ({ ...row, level }));
        const level = others.some((other) => right.has(written(digest(said(other), value))));
        return { good, whole: false, level };
      }
      value = next;
    }
    const whole = right.has(written(digest("end", value)));
    return { good: rows.length, whole, level: false };
  }

  /** @returns {Set<number>} the lines that a row is inside of */
  function around(rows, place) {
    const found = new Set();
    let { level } = rows[place];
    for (const row of rows.slice(0, place).reverse()) {
      if (row.level < level) {
        found.add(row.line);
        ({ level } = row);
      }
    }
    return found;
  }

  /** Tell whether a rule holds of some rows; of lines that are left out it says nothing. */
  function holds({ any }, rows) {
    const place = (line) => rows.findIndex((row) => row.line === line);
    const isSo = ([sign, one, other]) => {
      const [first, second] = [place(one), place(other)];
      if (first < 0 || second < 0) {
        return true;
      }
      return sign === "<" ? first < second : around(rows, first).has(other) === (sign === "in");
    };
    return any.some((relations) => relations.every(isSo));
  }

  /** @returns {string} why the rows are not right, if the page may say it and the author did */
  function reason({ rules = [], wrong = {} }, rows, place) {
    const { line } = rows[place];
    const isAbout = ({ any }) => any.flat().some(([, ...pair]) => pair.includes(line));
    return wrong[line] ?? rules.find((rule) => isAbout(rule) && !holds(rule, rows))?.why ?? "";
  }

  /** @returns {string} how much is right before a place, in words */
  function soFar(good) {
    const lines = good === 1 ? "Line 1 is" : `Lines 1 ${good === 2 ? "and" : "to"} ${good} are`;
    return good ? `${lines} right so far. ` : "";
  }

  /**
   * Say what is wrong first.
   *
   * @param {string} id  of the exercise
   * @param {Problem} problem
   * @param {Row[]} rows  those that are not left out
   * @returns {{verdict: "right" | "wrong", text: string, place: number}} the row that is wrong,
   * counted from 0; -1 if none is. The text has the line between backticks.
   */
  function judge(id, problem, rows) {
    const { good, whole, level } = compare(id, problem, rows);
    if (whole) {
      return { verdict: "right", text: "The lines are in a right order.", place: -1 };
    }
    if (good === rows.length) {
      const all = rows.length ? "These lines are right so far" : "No line is there";
      return { verdict: "wrong", text: `${all}, but one that is left out is needed.`, place: -1 };
    }
    const why = reason(problem, rows, good);
    const isIn = problem.wrong?.[rows[good].line] !== undefined;
    const fault = isIn
      ? "does not belong there"
      : level
        ? "may come here, but its indentation is wrong"
        : good
          ? "cannot come next"
          : "cannot come first";
    const text = `${soFar(good)}Line ${good + 1}, \`${rows[good].text.split("\n")[0]}\`, ${fault}.`;
    return { verdict: "wrong", text: why ? `${text} ${why}` : text, place: good };
  }

  return { MOST, digest: (text) => written(digest(text)), judge };
})();
