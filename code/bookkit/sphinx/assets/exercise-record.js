"use strict";

/**
 * What a reader has solved, tried, predicted, written and put in order: how the browser keeps it, how two records are
 * joined, what an exported file holds. It leaves the browser only when the reader exports it.
 * progress.js, picture.js and predict.js show it.
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
 * @typedef {{book: string, page: string, overview: string, titles: Object<string, string>,
 *   pages: Object<string, string>, boxes: Object<string, {page: string, title: string}>,
 *   chapters: {page: string, title: string, exercises: string[]}[]}} Index
 */
const exerciseRecord = (() => {
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
  const FORMAT = "solved-exercises";
  const VERSION = 2; // 1 had neither tries nor how sure a prediction was; it is read, too
  const LARGEST = 1_000_000; // bytes of a file: hundreds of times what a book's exercises take
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

  /** @returns {string} this moment, to the second */
  function now() {
    return new Date().toISOString().replace(/\.\d+Z$/, "Z");
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

  /**
   * Count a list of exercises; what they do not name does not count.
   *
   * @param {string[]} exercises
   * @param {Map<string, Solved>} solved
   */
  function count(exercises, solved) {
    const done = exercises.filter((id) => solved.has(id));
    return {
      all: exercises.length,
      solved: done.length,
      marked: done.filter((id) => solved.get(id).by).length,
      open: exercises.filter((id) => !solved.has(id)),
    };
  }

  /** @returns {string[]} the exercises of all chapters */
  function known(index) {
    return index.chapters.flatMap((chapter) => chapter.exercises);
  }

  /**
   * Return the text of the file that the reader exports. It names the exercises that it knows of,
   * so that a later edition can tell one that was taken out of the book from one that never was in
   * it.
   *
   * @param {Entries} entries
   * @param {Index} index
   */
  function exported(entries, index) {
    const own = Object.keys(PARTS).map((part) => [part, entries[part]]);
    const named = own.flatMap(([, found]) => [...found.keys()]);
    return JSON.stringify(
      {
        format: FORMAT,
        version: VERSION,
        book: index.book,
        exported: now(),
        exercises: [...new Set([...known(index), ...named])],
        ...Object.fromEntries(own.map(([part, found]) => [part, Object.fromEntries(found)])),
      },
      null,
      1,
    );
  }

  /**
   * Read the text of an exported file.
   *
   * @param {string} text
   * @param {Index} index
   * @returns {Entries}
   * @throws {Error} saying what is wrong with it and what to do
   */
  function imported(text, index) {
    const file = fromJson(text);
    checkOrigin(file, index);
    const listed = Array.isArray(file.exercises) ? file.exercises : [];
    const ids = new Set([...known(index), ...listed.filter((id) => ID.test(id))]);
    return eachPart((part) => entriesOf(file, part, ids));
  }

  /** @returns {Entries} what a function gives for the name of each part */
  function eachPart(get) {
    return Object.fromEntries(Object.keys(PARTS).map((part) => [part, get(part)]));
  }

  /** @returns {*} what a text in JSON holds */
  function fromJson(text) {
    if (text.length > LARGEST) {
      throw new Error(tooLarge(text.length));
    }
    try {
      return JSON.parse(text);
    } catch {
      throw new Error(
        "This file does not hold JSON. Choose one that “Export” wrote, and that was not edited" +
          " since.",
      );
    }
  }

  /** @returns {string} what to say of a file of so many bytes */
  function tooLarge(bytes) {
    const size = `${(bytes / 1e6).toFixed(1)} MB`;
    return `This file has ${size}; what “Export” writes is far smaller. Choose another file.`;
  }

  /** Refuse what was not exported, from this book, in a version that these pages know. */
  function checkOrigin(file, index) {
    if (
      !isObject(file) ||
      file.format !== FORMAT ||
      !Number.isInteger(file.version) ||
      !isObject(file.solved)
    ) {
      throw new Error("This file is not a record of exercises. Choose one that “Export” wrote.");
    }
    if (file.book !== index.book) {
      throw new Error(
        `This file belongs to ${quoted(file.book)}, these pages to ${quoted(index.book)}.`,
      );
    }
    if (!isWhole(file.version, 1, VERSION)) {
      const own = `these pages read versions 1 to ${VERSION}`;
      throw new Error(
        `This file has version ${file.version}; ${own}. Import it into the edition that wrote it.`,
      );
    }
  }

  /** Return one part of a file, or say which entry of it cannot be right. */
  function entriesOf(file, part, ids) {
    const found = file[part] ?? {};
    const entries = isObject(found) ? Object.entries(found) : [["", null]];
    const strange = entries.filter(([id]) => !ids.has(id)).map(([id]) => quoted(id));
    if (strange.length) {
      const more = strange.length > 3 ? ` and ${strange.length - 3} more` : "";
      const some = strange.slice(0, 3).join(", ");
      throw new Error(`This file names exercises that the book does not have: ${some}${more}.`);
    }
    const wrong = entries.find(([, entry]) => !PARTS[part].isEntry(entry));
    if (wrong) {
      throw new Error(
        `This file does not hold ${PARTS[part].what} for ${quoted(wrong[0])}: choose one that was` +
          " not edited.",
      );
    }
    return new Map(entries);
  }

  /** @returns {string} a text within quotation marks, not longer than a line */
  function quoted(value) {
    const text = typeof value === "string" ? value : "something without a name";
    return `“${text.length > 60 ? `${text.slice(0, 60)}…` : text}”`;
  }

  /** A place for texts that goes on without the browser's storage, until the page is left. */
  class Shelf {
    #storage;
    #memory = new Map();

    /** @param {() => Storage} storage  the mere look at it may be forbidden */
    constructor(storage) {
      this.#storage = storage;
    }

    /** @returns {string | null} */
    read(key) {
      if (this.#memory.has(key)) {
        return this.#memory.get(key);
      }
      try {
        return this.#storage().getItem(key);
      } catch {
        return null;
      }
    }

    /**
     * Keep a text, or forget it if it is null.
     *
     * @returns {"" | "full" | "forbidden"} why it is only kept until the page is left
     */
    write(key, text) {
      try {
        this.#memory.delete(key);
        if (text === null) {
          this.#storage().removeItem(key);
        } else {
          this.#storage().setItem(key, text);
        }
        return "";
      } catch (error) {
        this.#memory.set(key, text);
        return /quota/i.test(error.name) ? "full" : "forbidden";
      }
    }
  }

  /**
   * The reader's record. It says `change` when it has changed, here or in another tab, and
   * `trouble` (once) when the browser does not keep it.
   */
  class Kept extends EventTarget {
    #shelf;
    #trouble = "";

    /** @param {Shelf} shelf */
    constructor(shelf) {
      super();
      this.#shelf = shelf;
    }

    /** @returns {Entries} as it is now: another tab may have added to it */
    get entries() {
      return eachPart((part) => this.#read(part));
    }

    #read(part) {
      return parse(this.#shelf.read(PARTS[part].key), PARTS[part].isEntry);
    }

    #write(part, entries) {
      const text = entries.size ? JSON.stringify(Object.fromEntries(entries)) : null;
      const trouble = this.#shelf.write(PARTS[part].key, text);
      if (trouble && !this.#trouble) {
        this.#trouble = trouble;
        this.dispatchEvent(new CustomEvent("trouble", { detail: trouble }));
      }
    }

    /** Note that an exercise is solved, by the reader's own word or by a check. */
    solve(id, by) {
      this.add({ solved: new Map([[id, { solved: now(), ...(by && { by }) }]]) });
    }

    /**
     * Note that a check said wrong. What is tried after it said right does not count, nor the same
     * code once more.
     *
     * @param {string} id
     * @param {{digest?: string, mistake?: string, see?: string}} verdict  of the code; the named
     * mistake, and the label of what the book says of it
     */
    tried(id, { digest = "", mistake, see }) {
      const [solved, tries] = [this.#read("solved").get(id), this.#read("tries")];
      const { wrong, last, mistakes } = tries.get(id) ?? { wrong: 0, last: "", mistakes: {} };
      if ((solved && !solved.by) || (digest && digest === last)) {
        return;
      }
      const named = new Map(Object.entries(mistakes));
      if (mistake) {
        const times = (named.get(mistake)?.times ?? 0) + 1;
        named.set(mistake, { times, ...(see && { see }) });
      }
      const entry = { wrong: wrong + 1, last: digest, mistakes: Object.fromEntries(named) };
      this.#write("tries", tries.set(id, entry));
      this.changed();
    }

    /** Take back the reader's own mark; what a check said stays. */
    unmark(id) {
      const solved = this.#read("solved");
      if (solved.get(id)?.by) {
        solved.delete(id);
        this.#write("solved", solved);
        this.changed();
      }
    }

    /** Note a prediction, and how sure the reader was; the first one counts. */
    predict(id, answers, sure) {
      const texts = answers.map((text) => text.slice(0, LONGEST));
      const entry = { answers: texts, committed: now(), ...(sure !== undefined && { sure }) };
      this.add({ predicted: new Map([[id, entry]]) });
    }

    /** Note whether a prediction was right, by the reader's own word or as the page found. */
    score(id, right, by) {
      const predicted = this.#read("predicted");
      const { answers, committed, sure } = predicted.get(id) ?? {};
      if (answers?.length) {
        const found = { answers, committed, ...(sure !== undefined && { sure }) };
        this.#write("predicted", predicted.set(id, { ...found, right, ...(by && { by }) }));
        this.changed();
      }
    }

    /** Keep what the reader wrote and ticked in an exercise in words; nothing forgets it. */
    explain(id, { text, own, samples }) {
      const explained = this.#read("explained");
      explained.set(id, { text, own, samples, written: now() });
      if (!text && ![own, ...samples].some((numbers) => numbers.length)) {
        explained.delete(id);
      }
      this.#write("explained", explained);
      this.changed();
    }

    /** Keep the order in which the reader left the lines of a problem. */
    arrange(id, lines, of) {
      this.#write("arranged", this.#read("arranged").set(id, { lines, of, written: now() }));
      this.changed();
    }

    /** Join other entries, of all parts or some, with what is there. */
    add(other) {
      const own = this.entries;
      for (const [part, { join: choose }] of Object.entries(PARTS)) {
        if (other[part]?.size) {
          this.#write(part, join(own[part], other[part], choose));
        }
      }
      this.changed();
    }

    /** Forget everything. */
    clear() {
      for (const part of Object.keys(PARTS)) {
        this.#write(part, new Map());
      }
      this.changed();
    }

    /** Say that the record is another one now. */
    changed() {
      this.dispatchEvent(new Event("change"));
    }
  }

  /**
   * Make an element; null and false leave an attribute or a child out.
   *
   * @param {string} tag
   * @param {Object<string, *>} attributes
   * @param {...(Node | string | null | false)} children
   */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== false) {
        element.setAttribute(name, value === true ? "" : value);
      }
    }
    element.append(...children.filter((child) => child !== null && child !== false));
    return element;
  }

  const kept = new Kept(new Shelf(() => localStorage));
  const limits = { LARGEST, LONGEST, LONGEST_TEXT, tooLarge };
  return {
    ...limits,
    Kept,
    Shelf,
    count,
    exported,
    imported,
    isMoment,
    join,
    kept,
    known,
    make,
    parse,
    parts: Object.keys(PARTS),
  };
})();
