"use strict";

/**
 * What a reader has solved, tried, predicted, written and put in order: how the browser keeps it.
 * It leaves the browser only when the reader exports it. progress.js, picture.js and predict.js
 * show it.
 *
 * @typedef {{book: string, page: string, overview: string, titles: Object<string, string>,
 *   pages: Object<string, string>, boxes: Object<string, {page: string, title: string}>,
 *   chapters: {page: string, title: string, exercises: string[]}[]}} Index
 */
const exerciseRecord = (() => {
  const { LONGEST, PARTS, eachPart, join, parse } = recordEntries;

  /** @returns {string} this moment, to the second */
  function now() {
    return new Date().toISOString().replace(/\.\d+Z$/, "Z");
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

  return { Kept, Shelf, count, kept: new Kept(new Shelf(() => localStorage)), known, make, now };
})();
