"use strict";

/**
 * The file that a reader exports and imports: a record, with the exercises that its book has.
 */
const recordFile = (() => {
  const { ID, PARTS, eachPart, isObject, isWhole } = recordEntries;
  const { known, now } = exerciseRecord;
  const FORMAT = "solved-exercises";
  const VERSION = 2; // 1 had neither tries nor how sure a prediction was; it is read, too
  const LARGEST = 1_000_000; // bytes of a file: hundreds of times what a book's exercises take

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

  return { LARGEST, exported, imported, tooLarge };
})();
