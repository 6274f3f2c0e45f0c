"use strict";

/**
 * What a reader's record holds of each exercise: what is an entry, and which of two is kept.
 *
 * @typedef {{solved: string, by?: "reader"}} Solved  when a check said right, or the reader did
 * @typedef {{answers: string[], committed: string, sure?: number, right?: boolean, by?: "reader"}}
 *   Prediction  no answers: a check's verdict came first; sure: how sure the reader was, in per
 *   cent; right: whether it was, by the reader's own word or as the page found
 * @typedef {{wrong: number, last: string, mistakes: Object<string, {times: number, see?: string}>}}
 *   Tries  how often a check said wrong before it said right, a digest of the last such code, and
 *   the named mistakes: how often, and the label of what the book says of each
 * @typedef {{text: string, own: number[], samples: number[][], written: string}} Explanation  what
 *   the reader wrote, and the criteria ticked for it and for each sample
 * @typedef {{lines: [number, number][], of: string, written: string}} Order  of a Parsons problem: the
 *   lines that are not left out, each with its indentation; a digest of all its lines
 * @typedef {{solved: Map<string, Solved>, predicted: Map<string, Prediction>,
 *   tries: Map<string, Tries>, explained: Map<string, Explanation>,
 *   arranged: Map<string, Order>}} Entries  by exercise
 */
const recordEntries = (() => {
  const PARTS = {
    solved: { key: "solved-exercises", isEntry: isSolved, join: betterSolved, what: "a date" },
    predicted: {
      key: "exercise-predictions",
      isEntry: isPrediction,
      join: betterPrediction,
      what: "an answer and its date",
    },
    tries: { key: "exercise-tries", isEntry: isTries, join: moreTries, what: "numbers of tries" },
    explained: {
      key: "exercise-explanations",
      isEntry: isExplanation,
      join: laterText,
      what: "a text and its date",
    },
    arranged: { key: "exercise-orders", isEntry: isOrder, join: laterText, what: "an order and its date" },
  };
  const LONGEST = 1_000; // characters of a prediction
  const LONGEST_TEXT = 4_000; // characters of an explanation
  const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
  const ID = /^[A-Za-z0-9][\w-]{0,99}$/;
  const MOST = 100_000; // tries of an exercise that a record can hold

  /** Tell whether something is an object as JSON has them. */
  function isObject(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  }

  /**
   * Tell whether something is a moment that exists, such as 2026-11-22T22:00:00Z; 31 February is
   * none.
   */
  function isMoment(value) {
    const time = typeof value === "string" && MOMENT.test(value) ? new Date(value) : new Date(NaN);
    return !Number.isNaN(time.getTime()) && time.toISOString().slice(0, 19) === value.slice(0, 19);
  }

  /** @returns {boolean} whether a value is a `Solved` */
  function isSolved(value) {
    return isObject(value) && isMoment(value.solved) && [undefined, "reader"].includes(value.by);
  }

  /** @returns {boolean} whether a value is a `Prediction` */
  function isPrediction(value) {
    const isText = (text) => typeof text === "string" && text.length <= LONGEST;
    return (
      isObject(value) &&
      Array.isArray(value.answers) &&
      value.answers.every(isText) &&
      isMoment(value.committed) &&
      (value.sure === undefined || isWhole(value.sure, 0, 100)) &&
      [undefined, true, false].includes(value.right) &&
      [undefined, "reader"].includes(value.by)
    );
  }

  /** @returns {boolean} whether a value is a whole number within bounds */
  function isWhole(value, least, most) {
    return Number.isInteger(value) && least <= value && value <= most;
  }

  /** @returns {boolean} whether a value is `Tries` */
  function isTries(value) {
    const isMistake = ([name, found]) =>
      name.length <= LONGEST &&
      isObject(found) &&
      isWhole(found.times, 1, MOST) &&
      (found.see === undefined || (typeof found.see === "string" && ID.test(found.see)));
    return (
      isObject(value) &&
      isWhole(value.wrong, 1, MOST) &&
      typeof value.last === "string" &&
      value.last.length <= LONGEST &&
      isObject(value.mistakes) &&
      Object.entries(value.mistakes).every(isMistake)
    );
  }

  /** @returns {boolean} whether a value is an `Explanation` */
  function isExplanation(value) {
    const isTicked = (numbers) =>
      Array.isArray(numbers) && numbers.length < 10 && numbers.every(Number.isInteger);
    return (
      isObject(value) &&
      typeof value.text === "string" &&
      value.text.length <= LONGEST_TEXT &&
      isTicked(value.own) &&
      Array.isArray(value.samples) &&
      value.samples.every(isTicked) &&
      isMoment(value.written)
    );
  }

  /** @returns {boolean} whether a value is an `Order` */
  function isOrder(value) {
    const isLine = (line) => Array.isArray(line) && line.length === 2 && line.every((n) => isWhole(n, 0, 99));
    return (
      isObject(value) &&
      Array.isArray(value.lines) &&
      value.lines.length < 100 &&
      value.lines.every(isLine) &&
      typeof value.of === "string" &&
      value.of.length <= LONGEST &&
      isMoment(value.written)
    );
  }

  /** Read what the browser kept; what is not an entry is passed over. */
  function parse(text, isEntry) {
    try {
      const found = JSON.parse(text ?? "{}");
      const pairs = isObject(found) ? Object.entries(found) : [];
      return new Map(pairs.filter(([id, entry]) => ID.test(id) && isEntry(entry)));
    } catch {
      return new Map();
    }
  }

  /** @returns {Explanation | Order} of two the later one: a text is worked on */
  function laterText(one, other) {
    return one.written > other.written ? one : other;
  }

  /** @returns {Solved} of two: a check's rather than a mark, then the earlier one */
  function betterSolved(one, other) {
    if (Boolean(one.by) !== Boolean(other.by)) {
      return one.by ? other : one;
    }
    return one.solved <= other.solved ? one : other;
  }

  /** @returns {Prediction} of two the earlier one; of one that was scored since, the scored form */
  function betterPrediction(one, other) {
    if (one.committed !== other.committed) {
      return one.committed < other.committed ? one : other;
    }
    const worth = ({ right, by }) => (right === undefined ? 0 : by ? 1 : 2);
    return worth(other) > worth(one) ? other : one;
  }

  /** @returns {Tries} of two the larger numbers: one may hold what the other counted */
  function moreTries(one, other) {
    const mistakes = new Map(Object.entries(one.mistakes));
    for (const [name, found] of Object.entries(other.mistakes)) {
      const known = mistakes.get(name);
      mistakes.set(name, known && known.times >= found.times ? known : found);
    }
    const { last } = other.wrong > one.wrong ? other : one;
    return {
      wrong: Math.max(one.wrong, other.wrong),
      last,
      mistakes: Object.fromEntries(mistakes),
    };
  }

  /**
   * @param {Map} one
   * @param {Map} other
   * @param {function(*, *): *} choose  from two entries for one exercise to the one to keep
   * @returns {Map} the entries of both
   */
  function join(one, other, choose = betterSolved) {
    const joined = new Map(one);
    for (const [id, entry] of other) {
      joined.set(id, joined.has(id) ? choose(joined.get(id), entry) : entry);
    }
    return joined;
  }

  /** @returns {Entries} what a function gives for the name of each part */
  function eachPart(get) {
    return Object.fromEntries(Object.keys(PARTS).map((part) => [part, get(part)]));
  }

  return { ID, LONGEST, LONGEST_TEXT, PARTS, eachPart, isMoment, isObject, isWhole, join, parse };
})();
