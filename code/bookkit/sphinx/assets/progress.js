"use strict";

/* Shows which exercises the reader has solved: in each exercise's box, for a chapter, and for the
   book. */
{
  const { kept, make } = exerciseRecord;
  const DAY = { day: "numeric", month: "long", year: "numeric" };
  const TROUBLE = {
    forbidden: "This browser keeps nothing for these pages, as in a private window.",
    full: "The browser’s storage for these pages is full.",
  };
  const UNTIL = "What you solve from here on is shown until you leave this page.";

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

  /** @returns {string} how many exercises are solved, in words */
  function inWords({ all, solved, marked }) {
    const words = `${solved === all ? "All" : `${solved} of`} ${counted(all, "exercise")} solved`;
    return marked
      ? `${words}, ${marked === solved ? "" : `${marked} of them `}marked by you`
      : words;
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

  /** @returns {string} whether an exercise is solved, and since when, in words */
  function stateInWords(entry) {
    if (!entry) {
      return "Not solved yet.";
    }
    const words = entry.by ? "Marked as solved by you" : "Solved: the check said right";
    return `${words} on ${day(entry.solved)}.`;
  }

  /**
   * Put a line at the foot of an exercise that says whether it is solved, with a button for the
   * reader's own mark. Return how to show it anew.
   */
  function addMark(box, id, index) {
    const words = make("span", { class: "solved-words" });
    const toggle = button("", () =>
      box.dataset.state === "marked" ? kept.unmark(id) : kept.solve(id, "reader"),
    );
    box.append(make("p", { class: "exercise-mark" }, words, toggle));
    return (solved) => {
      const entry = solved.get(id);
      box.dataset.state = entry ? (entry.by ? "marked" : "solved") : "open";
      words.textContent = stateInWords(entry);
      toggle.textContent = entry ? "Take the mark back" : `Mark ${numberOf(index, id)} as solved`;
      toggle.hidden = box.dataset.state === "solved";
    };
  }

  /** @returns {string} the address of an exercise, seen from this page */
  function placeOf(id, index) {
    const page = index.pages[id];
    return page === index.page ? `#ex-${id}` : address(page, `ex-${id}`);
  }

  /** @returns {(Node | string)[]} links to exercises by their numbers, with commas between them */
  function links(ids, index) {
    const link = (id) =>
      make("a", { href: placeOf(id, index), title: index.titles[id] }, numberOf(index, id));
    return ids.flatMap((id) => [", ", link(id)]).slice(1);
  }

  /** Show the progress in the chapter of this page, with links to what is open. */
  function showChapter(place, index, solved) {
    const isOf = ({ page, exercises }) =>
      page === index.page || exercises.some((id) => index.pages[id] === index.page);
    const chapter = index.chapters.find(isOf);
    const counts = exerciseRecord.count(chapter.exercises, solved);
    const open = counts.open.length ? [" Open: ", ...links(counts.open, index), "."] : [];
    const overview = make("a", { href: address(index.overview, "your-exercises") }, "All chapters");
    place.replaceChildren(
      bar(counts, "Exercises solved in this chapter"),
      make("p", {}, make("strong", {}, `${inWords(counts)}.`), ...open, " ", overview),
    );
    place.hidden = false;
  }

  /** @returns {HTMLElement} a row of the table of all chapters */
  function chapterRow(chapter, index, solved) {
    const counts = exerciseRecord.count(chapter.exercises, solved);
    const next = counts.open[0];
    const title = make("a", { href: address(chapter.page) }, chapter.title);
    const link =
      next && make("a", { href: placeOf(next, index) }, index.titles[next]);
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, title),
      make(
        "td",
        {},
        bar(counts, `Exercises solved in ${chapter.title}`),
        " ",
        `${counts.solved} of ${counts.all}`,
      ),
      make("td", {}, link ?? "All solved"),
    );
  }

  /** @returns {HTMLElement} the table of all chapters */
  function chapterTable(index, solved) {
    const head = ["Chapter", "Solved", "Next"].map((title) => make("th", { scope: "col" }, title));
    const counts = exerciseRecord.count(exerciseRecord.known(index), solved);
    const others = solved.size - counts.solved;
    const words = `${inWords(counts)}.${others ? ` Kept from another edition: ${others}.` : ""}`;
    const total = make("th", { scope: "row" }, "The book");
    return make(
      "table",
      { class: "table" },
      make("thead", {}, make("tr", {}, ...head)),
      make("tbody", {}, ...index.chapters.map((chapter) => chapterRow(chapter, index, solved))),
      make("tfoot", {}, make("tr", {}, total, make("td", { colspan: 2 }, words))),
    );
  }

  /**
   * Show the progress in the book, and below it what can be done with the record. Return how to
   * show it anew.
   */
  function addBook(place, index) {
    const table = make("div", { class: "pst-scrollable-table-container" });
    const says = make("p", { class: "exercise-says", role: "status" });
    const controls = addControls(index, says);
    place.append(
      make("h2", { id: "your-exercises" }, "Your exercises"),
      table,
      controls.element,
      says,
    );
    place.hidden = false;
    if (location.hash === "#your-exercises") {
      place.scrollIntoView();
    }
    return (solved) => {
      table.replaceChildren(chapterTable(index, solved));
      controls.show();
    };
  }

  /** Make the buttons for the record; `says` tells what came of each. */
  function addControls(index, says) {
    const say = (text) => says.replaceChildren(text);
    const file = make("input", {
      type: "file",
      accept: ".json",
      hidden: true,
      "aria-label": "Exported file",
    });
    file.addEventListener("change", () => importFile(file, index).then(say));
    const save = button("Export", () => say(exportFile(index)));
    const load = button("Import …", () => file.click());
    const ask = makeQuestion(() => {
      const before = kept.entries;
      kept.clear();
      const undo = button("Undo", () => {
        kept.add(before);
        say("Everything is back.");
        clear.focus();
      });
      says.replaceChildren("Forgotten. ", undo);
      undo.focus();
    });
    const clear = button("Clear …", () => ask.show(kept.entries));
    const note = "Kept in this browser and sent nowhere. A file takes it to another browser.";
    const parts = [save, load, clear, file, make("span", {}, note), ask.element];
    const show = () => {
      save.disabled = clear.disabled = isEmpty(kept.entries);
    };
    return { element: make("div", { class: "exercise-controls" }, ...parts), show };
  }

  /** @returns {boolean} whether there is nothing to export or to forget */
  function isEmpty({ solved, predicted }) {
    return solved.size + predicted.size === 0;
  }

  /** @returns {string} what entries hold, in words */
  function contents({ solved, predicted }) {
    const predictions = predicted.size ? ` and ${counted(predicted.size, "prediction")}` : "";
    return `${counted(solved.size, "solved exercise")}${predictions}`;
  }

  /** Make the question that is asked before everything is forgotten. */
  function makeQuestion(forget) {
    const words = make("p", {});
    const title = make(
      "p",
      { id: "exercise-forget", class: "exercise-question" },
      "Forget your exercises?",
    );
    const element = make("dialog", {
      class: "exercise-dialog",
      "aria-labelledby": "exercise-forget",
    });
    const yes = button("Forget", () => {
      element.close();
      forget();
    });
    element.append(title, words, make("p", {}, button("Keep", () => element.close()), " ", yes));
    const show = (entries) => {
      const undo = "You can undo it until you leave the page.";
      words.textContent = `This browser will forget ${contents(entries)}. ${undo}`;
      element.showModal();
    };
    return { element, show };
  }

  /** Hand the reader a file with the record; return what to say. */
  function exportFile(index) {
    const name = `${index.book} exercises`.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    const blob = new Blob([exerciseRecord.exported(kept.entries, index)], {
      type: "application/json",
    });
    const link = make("a", { href: URL.createObjectURL(blob), download: `${name}.json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    return `Exported ${contents(kept.entries)} to ${name}.json.`;
  }

  /** Join the record with that of the file which the reader chose; return what to say. */
  async function importFile(input, index) {
    const [file] = input.files;
    try {
      if (file.size > exerciseRecord.LARGEST) {
        throw new Error(exerciseRecord.tooLarge(file.size));
      }
      const entries = exerciseRecord.imported(await file.text(), index);
      kept.add(entries);
      return `Imported ${contents(entries)}.`;
    } catch (error) {
      return make(
        "span",
        { class: "exercise-refused" },
        make("strong", {}, "Nothing was changed. "),
        error.message,
      );
    } finally {
      input.value = ""; // so that the same file can be chosen again
    }
  }

  /** Say, where the reader is, that the browser keeps nothing. */
  function sayTrouble({ detail }) {
    const line = make(
      "p",
      { class: "exercise-trouble", role: "alert" },
      `${TROUBLE[detail]} ${UNTIL}`,
    );
    const box = document.activeElement?.closest(".exercise");
    (box?.lastElementChild ?? document.querySelector(".exercise-progress")).after(line);
  }

  /** Put up everything on this page that shows the record; return how to show all of it anew. */
  function putUp(index) {
    const known = new Set(exerciseRecord.known(index));
    const boxes = [...document.querySelectorAll(".exercise[data-exercise]")];
    const shows = boxes
      .filter((box) => known.has(box.dataset.exercise))
      .map((box) => addMark(box, box.dataset.exercise, index));
    for (const place of document.querySelectorAll(".exercise-progress")) {
      shows.push(
        place.dataset.show === "book"
          ? addBook(place, index)
          : (solved) => showChapter(place, index, solved),
      );
    }
    return () => shows.forEach((show) => show(kept.entries.solved));
  }

  /**
   * Show the record, and again whenever it changes: by a check's verdict, by the reader, in another
   * tab.
   */
  function begin() {
    const index = JSON.parse(document.getElementById("exercise-index")?.textContent ?? "null");
    if (!index) {
      return;
    }
    const show = putUp(index);
    kept.addEventListener("change", show);
    kept.addEventListener("trouble", sayTrouble);
    document.addEventListener("exercise-verdict", ({ detail }) => {
      if (
        detail.verdict === "right" &&
        !detail.byBook &&
        exerciseRecord.known(index).includes(detail.exercise)
      ) {
        kept.solve(detail.exercise);
      }
    });
    window.addEventListener("storage", () => kept.changed());
    window.addEventListener("pageshow", (event) => event.persisted && kept.changed());
    show();
  }

  document.addEventListener("DOMContentLoaded", begin);
}
