// Tables of numbers whose colours say the same as the numbers. They are built once and then only
// written to.
import { element } from "../live/elements.js";
import { written } from "./arithmetic.js";
import { cellColours } from "./colours.js";

/** A text of the page that is written only when it changes. */
export class Words {
  constructor(text = "") {
    this.node = document.createTextNode(text);
  }

  set(text) {
    if (this.node.data !== text) {
      this.node.data = text;
    }
  }
}

/** An element with a number in it and the number's colour behind it. */
export class NumberCell {
  /** @param {HTMLElement} node */
  constructor(node) {
    this.node = node;
    this.words = new Words();
    this.colours = null;
    node.append(this.words.node);
  }

  /** Write a number; null is none. */
  set(value, decimals, largest) {
    this.words.set(value === null ? "" : written(value, decimals));
    const colours = cellColours(value ?? 0, largest);
    if (colours !== this.colours) {
      this.colours = colours;
      this.node.style.backgroundColor = colours.background;
      this.node.style.color = colours.text;
    }
  }

  /** Set or take away a mark in words that css knows. */
  mark(name, on) {
    if (this.node.classList.contains(name) !== on) {
      this.node.classList.toggle(name, on);
    }
  }
}

/**
 * A small plane of numbers with a caption; rows and columns carry the numbers by which they are
 * found elsewhere.
 */
export class NumberTable {
  /**
   * @param {number} height
   * @param {number} width
   * @param {{hideHeads?: boolean}} options Whether the numbers of rows and columns are for screen
   *   readers only.
   */
  constructor(height, width, { hideHeads = false } = {}) {
    this.caption = new Words();
    this.columns = Array.from({ length: width }, () => new Words());
    this.rows = Array.from({ length: height }, () => new Words());
    this.cells = this.rows.map(() => this.columns.map(() => new NumberCell(element("td"))));
    const head = (words, scope, name) => {
      const shown = hideHeads ? unseen(words.node) : words.node;
      return element("th", { scope }, unseen(`${name} `), shown);
    };
    const top = element(
      "tr", {}, element("td"), ...this.columns.map((words) => head(words, "col", "column"))
    );
    const body = this.cells.map((cells, row) =>
      element("tr", {}, head(this.rows[row], "row", "row"), ...cells.map((cell) => cell.node)),
    );
    const caption = element("caption", {});
    caption.append(this.caption.node);
    const parts = [caption, element("thead", {}, top), element("tbody", {}, ...body)];
    this.node = element(
      "table", { class: `look-numbers${hideHeads ? " look-hidden-heads" : ""}` }, ...parts
    );
    this.place(0, 0);
  }

  /**
   * Number the rows and columns, from their place counted from 0; those beyond the border have no
   * number.
   */
  place(top, left, [down, across] = [1, 1], [height, width] = [Infinity, Infinity]) {
    const number = (place, size) => (place >= 0 && place < size ? String(place + 1) : "–");
    this.rows.forEach((words, i) => words.set(number(top + i * down, height)));
    this.columns.forEach((words, i) => words.set(number(left + i * across, width)));
  }

  /**
   * Write the numbers.
   * @param {(?number)[][]} numbers
   * @param {{decimals?: number, largest: number, inside?: boolean[][], winner?: {row: number,
   *   column: number}}} options
   */
  set(numbers, { decimals = 2, largest, inside = null, winner = null }) {
    this.cells.forEach((cells, row) =>
      cells.forEach((cell, column) => {
        cell.set(numbers[row][column], decimals, largest);
        cell.mark("look-outside", inside !== null && !inside[row][column]);
        cell.mark("look-winner", winner !== null && winner.row === row && winner.column === column);
      }),
    );
  }
}

/** Words for screen readers only. */
export function unseen(words) {
  return element("span", { class: "draw-unseen" }, words);
}

/** A box for what may be wider than the page: it scrolls, by keyboard too. */
export function scrolling(name, ...children) {
  return element(
    "div", { class: "look-scroll", role: "region", tabindex: "0", "aria-label": name }, ...children
  );
}
