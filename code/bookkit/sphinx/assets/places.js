"use strict";

/**
 * What the scripts that show a reader's record share: where exercises stand, and how it is put.
 */
const exercisePlaces = (() => {
  const { make } = exerciseRecord;
  const DAY = { day: "numeric", month: "long", year: "numeric" };

  /** @returns {string} the day of a moment, in words */
  function day(moment) {
    return new Date(moment).toLocaleDateString("en-GB", DAY);
  }

  /** @returns {string} a count with its noun, such as "1 exercise" or "2 exercises" */
  function counted(number, noun) {
    return `${number} ${noun}${number === 1 ? "" : "s"}`;
  }

  /** @returns {string} the number of an exercise, such as 3.2 */
  function numberOf(index, id) {
    return index.titles[id].split(" ")[0];
  }

  /** @returns {string} the address of a page of the book, seen from this one */
  function address(page, place) {
    const root = document.documentElement.dataset.content_root ?? "";
    return `${root}${page}.html${place ? `#${place}` : ""}`;
  }

  /** @returns {HTMLElement} a bar; the same stands in words beside it */
  function bar({ all, solved }, label) {
    return make("progress", { max: all, value: solved, "aria-label": label });
  }

  /** @returns {HTMLButtonElement} a button */
  function button(text, pressed) {
    const made = make("button", { type: "button", class: "btn btn-sm" }, text);
    made.addEventListener("click", pressed);
    return made;
  }

  /** @returns {string} the address of an exercise, seen from this page */
  function placeOf(id, index) {
    const page = index.pages[id];
    return page === index.page ? `#ex-${id}` : address(page, `ex-${id}`);
  }

  /** @returns {(Node | string)[]} links to exercises by their numbers, with commas between them */
  function links(ids, index) {
    const link = (id) => {
      const names = { title: index.titles[id], "aria-label": `Exercise ${index.titles[id]}` };
      return make("a", { href: placeOf(id, index), ...names }, numberOf(index, id));
    };
    return ids.flatMap((id) => [", ", link(id)]).slice(1);
  }

  /** @returns {Chapter | undefined} where the reader goes on: the last chapter begun, or the next */
  function chapterToGoOn({ chapters }, solved) {
    const begun = chapters.findLastIndex(({ exercises }) => exercises.some((id) => solved.has(id)));
    const isOpen = begun >= 0 && chapters[begun].exercises.some((id) => !solved.has(id));
    return begun < 0 ? undefined : chapters[isOpen ? begun : begun + 1];
  }

  /** @returns {HTMLElement} a link to an exercise by number and title */
  function titled(id, index) {
    return make("a", { href: placeOf(id, index) }, index.titles[id]);
  }

  return { address, bar, button, chapterToGoOn, counted, day, links, numberOf, placeOf, titled };
})();
