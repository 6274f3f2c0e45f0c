// Paper: answers go to the end, with links both ways, and links to elsewhere get a note with their
// address. All that happens before a page is printed, and is taken back afterwards.
//
// A scope is what has its answers at its own end: an element with data-answers, which holds the
// level of their heading, or else the article of the page.
"use strict";

(() => {
  const FOLD = ".tag_solution details.hide, details.sd-dropdown:not(:has(details.sd-dropdown))";
  const ASKED = ".exercise, .discuss";
  const undo = [];
  const sharp = new Map(); // pictures for paper that have been fetched, by their addresses

  const make = (tag, className, ...content) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...content);
    return made;
  };

  const link = (to, ...content) => {
    const made = make("a", "", ...content);
    made.href = `#${to}`;
    return made;
  };

  /** A copy of what an element holds, without what must be there once. */
  const copied = (element) => {
    const copy = element.cloneNode(true);
    copy.querySelectorAll("[id]").forEach((each) => each.removeAttribute("id"));
    copy.querySelectorAll("a").forEach((each) => each.replaceWith(...each.childNodes));
    return [...copy.childNodes];
  };

  function scopes() {
    const given = [...document.querySelectorAll("[data-answers]")];
    return given.length ? given : [...document.querySelectorAll("article.bd-article")].slice(0, 1);
  }

  /** The folds of a scope that answer something; on pages that ask nothing they stay where they
   * are. */
  function answersIn(scope) {
    if (!scope.querySelector(`.cell, ${ASKED}`)) return [];
    return [...scope.querySelectorAll(FOLD)].filter((fold) => !fold.parentElement.closest(FOLD));
  }

  /** What an answer belongs to: the box around it, or the exercise just above its cell. */
  function questionOf(fold) {
    const above = fold.closest(".cell")?.previousElementSibling;
    return fold.closest(ASKED) ?? (above?.matches(".exercise") ? above : null);
  }

  function titleOf(fold) {
    const title = questionOf(fold)?.querySelector(":scope > .admonition-title");
    return title ? [": ", ...copied(title)] : [];
  }

  /** What a reader finds where an answer was, as the fold says it. */
  function wordsOf(fold) {
    const summary = fold.querySelector(":scope > summary");
    const text = summary.querySelector(".sd-summary-text");
    return text ? copied(text) : [summary.dataset.holds ?? summary.textContent.trim()];
  }

  /** Move an answer, with the cell around it, into an entry of the list of answers. */
  function move(fold, id, number) {
    const moved = fold.closest(".tag_solution") ?? fold;
    const place = make("p", "asked", ...wordsOf(fold), " → ", link(`answer-${id}`, `Answer ${number}`));
    const title = make("p", "answer-title", `Answer ${number}`, ...titleOf(fold), " ");
    const entry = make("div", "answer", title);
    title.append(link(`asked-${id}`, "↑ question"));
    place.id = `asked-${id}`;
    entry.id = `answer-${id}`;
    moved.replaceWith(place);
    entry.append(moved);
    undo.push(() => place.replaceWith(moved));
    return entry;
  }

  function section(scope, className, title, ...content) {
    const heading = make(`h${scope.dataset.answers || 2}`, "", title);
    const made = make("section", className, heading, ...content);
    scope.append(made);
    undo.push(() => made.remove());
  }

  function answersToTheEnd(scope, index) {
    const entries = answersIn(scope).map((fold, k) => move(fold, `${index + 1}-${k + 1}`, k + 1));
    if (entries.length) section(scope, "printed-answers", "Answers", ...entries);
  }

  /** Whether a link to elsewhere does not say itself where it leads. */
  function hidesAddress(each) {
    const said = each.textContent.trim().replace(/^https?:\/\//, "").replace(/\/$/, "");
    return !(said && said.includes(".") && each.href.includes(said));
  }

  function notes(scope, index) {
    const addresses = new Map();
    const links = [...scope.querySelectorAll("a[href^='http://'], a[href^='https://']")];
    for (const each of links.filter((one) => one.hostname !== location.hostname && hidesAddress(one))) {
      if (!addresses.has(each.href)) addresses.set(each.href, addresses.size + 1);
      const number = addresses.get(each.href);
      const mark = make("sup", "note-mark", link(`note-${index + 1}-${number}`, number));
      each.after(mark);
      undo.push(() => mark.remove());
    }
    const items = [...addresses].map(([address, number]) => {
      const item = make("li", "", address);
      item.id = `note-${index + 1}-${number}`;
      return item;
    });
    if (items.length) section(scope, "printed-notes", "Addresses", make("ol", "", ...items));
  }

  /** Paper is white, whatever the screen is. */
  function light() {
    const root = document.documentElement;
    const before = root.dataset.theme;
    if (!before) return;
    root.dataset.theme = "light";
    undo.push(() => (root.dataset.theme = before));
  }

  function openFolds() {
    for (const fold of document.querySelectorAll("article details:not([open])")) {
      fold.open = true;
      undo.push(() => (fold.open = false));
    }
  }

  /** A printer waits for nothing and scrolls nowhere: the sharp form of a picture that has not been
   * fetched gives way to the one on the screen, and no picture waits until it is near. */
  function showPictures() {
    for (const source of document.querySelectorAll("picture > source[media=print]")) {
      const picture = source.parentElement;
      if (sharp.has(source.srcset)) continue;
      source.remove();
      undo.push(() => picture.prepend(source));
    }
    for (const picture of document.querySelectorAll("img[loading=lazy]")) {
      picture.loading = "eager";
      undo.push(() => (picture.loading = "lazy"));
    }
  }

  /** Wait for a picture; once more if another of its files was chosen meanwhile. */
  const there = (picture) =>
    picture.decode().catch(() => picture.decode()).then(() => true, () => false);

  /** Fetch all pictures, and their sharp forms; those that cannot be had are not waited for. */
  function fetchPictures() {
    const waiting = [...document.querySelectorAll("article img")].map((picture) => {
      picture.loading = "eager";
      return there(picture);
    });
    const sources = [...document.querySelectorAll("picture > source[media=print]")];
    const forPaper = sources.map(async ({ srcset }) => {
      const picture = document.createElement("img");
      picture.src = srcset;
      if (await there(picture)) sharp.set(srcset, picture);
    });
    return Promise.all([...waiting, ...forPaper]);
  }

  const print = window.print.bind(window);
  window.print = () => fetchPictures().then(print);

  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key !== "p") return;
    event.preventDefault();
    window.print();
  });

  addEventListener("beforeprint", () => {
    if (undo.length) return;
    showPictures();
    light();
    openFolds();
    scopes().forEach(answersToTheEnd);
    if (!("answersOnly" in document.documentElement.dataset)) scopes().forEach(notes);
  });

  addEventListener("afterprint", () => {
    while (undo.length) undo.pop()();
  });
})();
