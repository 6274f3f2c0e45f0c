"use strict";

/**
 * What a reader has solved and predicted: how the browser keeps it, how two records are joined,
 * what an exported file holds. It leaves the browser only when the reader exports it. progress.js
 * and predict.js show it.
 *
 * @typedef {{solved: string, by?: "reader"}} Solved  when a check said right, or the reader did
 * @typedef {{answers: string[], committed: string}} Prediction  no answers: a check's verdict came
 * first
 * @typedef {{solved: Map<string, Solved>, predicted: Map<string, Prediction>}} Entries  by exercise
 * @typedef {{book: string, page: string, overview: string, titles: Object<string, string>,
 *   pages: Object<string, string>,
 *   chapters: {page: string, title: string, exercises: string[]}[]}} Index
 */
const exerciseRecord = (() => {
  const KEYS = { solved: "solved-exercises", predicted: "exercise-predictions" };
  const ENTRIES = { solved: isSolved, predicted: isPrediction };
  const FORMAT = "solved-exercises";
  const VERSION = 1;
  const LARGEST = 1_000_000; // bytes of a file: hundreds of times what a book's exercises take
  const LONGEST = 1_000; // characters of a prediction
  const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
  const ID = /^[A-Za-z0-9][\w-]{0,99}$/;

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
      isMoment(value.committed)
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

  /**
   * Of two entries for one exercise return the one to keep: a check's rather than a mark, then the
   * earlier one.
   */
  function better(one, other) {
    if (Boolean(one.by) !== Boolean(other.by)) {
      return one.by ? other : one;
    }
    return (one.solved ?? one.committed) <= (other.solved ?? other.committed) ? one : other;
  }

  /** @returns {Map} the entries of both */
  function join(one, other) {
    const joined = new Map(one);
    for (const [id, entry] of other) {
      joined.set(id, joined.has(id) ? better(joined.get(id), entry) : entry);
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
    const { solved, predicted } = entries;
    return JSON.stringify(
      {
        format: FORMAT,
        version: VERSION,
        book: index.book,
        exported: now(),
        exercises: [...new Set([...known(index), ...solved.keys(), ...predicted.keys()])],
        solved: Object.fromEntries(solved),
        predicted: Object.fromEntries(predicted),
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
    return { solved: entriesOf(file, "solved", ids), predicted: entriesOf(file, "predicted", ids) };
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
    if (file.version !== VERSION) {
      const own = `these pages read version ${VERSION}`;
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
    const wrong = entries.find(([, entry]) => !ENTRIES[part](entry));
    if (wrong) {
      const what = { solved: "a date", predicted: "an answer and its date" }[part];
      throw new Error(
        `This file does not hold ${what} for ${quoted(wrong[0])}: choose one that was not edited.`,
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
      return { solved: this.#read("solved"), predicted: this.#read("predicted") };
    }

    #read(part) {
      return parse(this.#shelf.read(KEYS[part]), ENTRIES[part]);
    }

    #write(part, entries) {
      const text = entries.size ? JSON.stringify(Object.fromEntries(entries)) : null;
      const trouble = this.#shelf.write(KEYS[part], text);
      if (trouble && !this.#trouble) {
        this.#trouble = trouble;
        this.dispatchEvent(new CustomEvent("trouble", { detail: trouble }));
      }
    }

    /** Note that an exercise is solved, by the reader's own word or by a check. */
    solve(id, by) {
      this.add({
        solved: new Map([[id, { solved: now(), ...(by && { by }) }]]),
        predicted: new Map(),
      });
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

    /** Note a prediction; the first one counts. */
    predict(id, answers) {
      const texts = answers.map((text) => text.slice(0, LONGEST));
      this.add({
        solved: new Map(),
        predicted: new Map([[id, { answers: texts, committed: now() }]]),
      });
    }

    /** Join other entries with what is there. */
    add(other) {
      const own = this.entries;
      for (const part of Object.keys(KEYS)) {
        if (other[part].size) {
          this.#write(part, join(own[part], other[part]));
        }
      }
      this.changed();
    }

    /** Forget everything. */
    clear() {
      for (const part of Object.keys(KEYS)) {
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
  const limits = { LARGEST, LONGEST, tooLarge };
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
  };
})();
