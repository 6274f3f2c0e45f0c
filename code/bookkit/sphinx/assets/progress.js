"use strict";

/* Shows which exercises the reader has solved: in each exercise's box, for a chapter, and for the
   book, where picture.js adds what else the record says. */
{
  const { kept, make } = exerciseRecord;
  const { address, bar, button, chapterToGoOn, counted, day, links, numberOf, titled } =
    exercisePlaces;
  const TROUBLE = {
    forbidden: "This browser keeps nothing for these pages, as in a private window.",
    full: "The browser’s storage for these pages is full.",
  };
  const NEXT = 3; // exercises that a chapter names as the next ones, as `begun` in progress.py does
  const UNTIL = "What you solve from here on is shown until you leave this page.";

  /** @returns {string} how many exercises are solved, in words */
  function inWords({ all, solved, marked }) {
    const words = `${solved === all ? "All" : `${solved} of`} ${counted(all, "exercise")} solved`;
    return marked
      ? `${words}, ${marked === solved ? "" : `${marked} of them `}marked by you`
      : words;
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
    return ({ solved }) => {
      const entry = solved.get(id);
      box.dataset.state = entry ? (entry.by ? "marked" : "solved") : "open";
      words.textContent = stateInWords(entry);
      toggle.textContent = entry ? "Take the mark back" : `Mark ${numberOf(index, id)} as solved`;
      toggle.hidden = box.dataset.state === "solved";
    };
  }

  /** Show the progress in the chapter of this page, with links to what is open first. */
  function showChapter(place, index, { solved }) {
    const isOf = ({ page, exercises }) =>
      page === index.page || exercises.some((id) => index.pages[id] === index.page);
    const chapter = index.chapters.find(isOf);
    const counts = exerciseRecord.count(chapter.exercises, solved);
    const isHere = (id) => index.pages[id] === index.page;
    const elsewhere = counts.open.filter((id) => !isHere(id));
    const open = [...counts.open.filter(isHere), ...elsewhere].slice(0, NEXT);
    const next = open.length ? [" Next: ", ...links(open, index), "."] : [];
    const overview = make("a", { href: address(index.overview, "your-exercises") }, "All chapters");
    place.replaceChildren(
      bar(counts, "Exercises solved in this chapter"),
      make("p", {}, make("strong", {}, `${inWords(counts)}.`), ...next, " ", overview),
    );
    place.hidden = false;
  }

  /** @returns {HTMLElement} a row of the table of all chapters */
  function chapterRow(chapter, index, solved) {
    const counts = exerciseRecord.count(chapter.exercises, solved);
    const next = counts.open[0];
    const title = make("a", { href: address(chapter.page) }, chapter.title);
    const link =
      next && titled(next, index);
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
    const words = ofBook(index, solved);
    const total = make("th", { scope: "row" }, "The book");
    return make(
      "table",
      { class: "table" },
      make("thead", {}, make("tr", {}, ...head)),
      make("tbody", {}, ...index.chapters.map((chapter) => chapterRow(chapter, index, solved))),
      make("tfoot", {}, make("tr", {}, total, make("td", { colspan: 2 }, words))),
    );
  }

  /** @returns {string} how many exercises of the book are solved, in words */
  function ofBook(index, solved) {
    const counts = exerciseRecord.count(exerciseRecord.known(index), solved);
    const others = solved.size - counts.solved;
    return `${inWords(counts)}.${others ? ` Kept from another edition: ${others}.` : ""}`;
  }

  /**
   * Show what the record says of the book, and what can be done with it. Return how to show it
   * anew.
   */
  function addBook(place, index) {
    const table = make("div", { class: "pst-scrollable-table-container" });
    const says = make("p", { class: "exercise-says", role: "status" });
    const controls = addControls(index, says);
    const picture = exercisePicture.parts(index);
    const [first, ...others] = picture.elements;
    place.append(
      first,
      make("h2", { id: "your-exercises" }, "What is solved"),
      table,
      ...others,
      make("h2", { id: "your-record" }, "Take it along, or forget it"),
      controls.element,
      says,
    );
    place.hidden = false;
    if (location.hash === "#your-exercises") {
      place.scrollIntoView();
    }
    return (entries) => {
      table.replaceChildren(chapterTable(index, entries.solved));
      picture.show(entries);
      controls.show(entries);
    };
  }

  /** Show in a line how much of the book is solved, what is next, and where to see more. */
  function showLine(place, index, { solved }) {
    const counts = exerciseRecord.count(exerciseRecord.known(index), solved);
    const more = make("a", { href: address(index.overview) }, "Your progress");
    const chapter = chapterToGoOn(index, solved) ?? index.chapters[0];
    const next = chapter.exercises.find((id) => !solved.has(id));
    const following = next ? [" Next: ", titled(next, index), "."] : [];
    place.replaceChildren(
      bar(counts, "Exercises solved in the book"),
      make("p", {}, make("strong", {}, ofBook(index, solved)), ...following, " ", more),
    );
    place.hidden = false;
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
    const show = (entries) => {
      save.disabled = clear.disabled = isEmpty(entries);
    };
    return { element: make("div", { class: "exercise-controls" }, ...parts), show };
  }

  /** @returns {boolean} whether there is nothing to export or to forget */
  function isEmpty(entries) {
    return Object.values(entries).every((part) => part.size === 0);
  }

  /** @returns {string} what entries hold, in words */
  function contents({ solved, predicted, tries, explained, arranged }) {
    const words = [
      counted(solved.size, "solved exercise"),
      predicted.size && counted(predicted.size, "prediction"),
      tries.size && `tries of ${counted(tries.size, "exercise")}`,
      explained.size && counted(explained.size, "text"),
      arranged.size && counted(arranged.size, "arrangement"),
    ].filter(Boolean);
    return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words[0];
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
    const blob = new Blob([recordFile.exported(kept.entries, index)], {
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
      if (file.size > recordFile.LARGEST) {
        throw new Error(recordFile.tooLarge(file.size));
      }
      const entries = recordFile.imported(await file.text(), index);
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

  /** Let the button that begins the book lead to where the reader is. */
  function goOn(link, index) {
    const [first, words] = [link.getAttribute("href"), link.textContent];
    return ({ solved }) => {
      const chapter = chapterToGoOn(index, solved);
      const number = chapter?.title.match(/^\d+/)?.[0];
      link.setAttribute("href", chapter ? address(chapter.page) : first);
      const title = number ? `chapter ${number}` : chapter?.title;
      link.textContent = chapter ? `Go on with ${title}` : words;
    };
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
    const shown = { line: showLine, chapter: showChapter };
    for (const place of document.querySelectorAll(".exercise-progress")) {
      const show = shown[place.dataset.show];
      shows.push(show ? (entries) => show(place, index, entries) : addBook(place, index));
    }
    shows.push(...[...document.querySelectorAll("a.begin")].map((link) => goOn(link, index)));
    return () => {
      const { entries } = kept;
      shows.forEach((show) => show(entries));
    };
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
    const ids = new Set(exerciseRecord.known(index));
    document.addEventListener("exercise-verdict", ({ detail }) => {
      if (detail.byBook || !ids.has(detail.exercise)) {
        return;
      }
      if (detail.verdict === "right") {
        kept.solve(detail.exercise);
      } else if (detail.verdict === "wrong") {
        kept.tried(detail.exercise, detail);
      }
    });
    window.addEventListener("storage", () => kept.changed());
    window.addEventListener("pageshow", (event) => event.persisted && kept.changed());
    show();
  }

  document.addEventListener("DOMContentLoaded", begin);
}
