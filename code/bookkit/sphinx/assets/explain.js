"use strict";

/* Exercises in words: the reader writes, marks three answers of students by the criteria, sees the
   book's marks, and marks the own text. A step that comes too early asks for the one before it;
   pressed again, it opens. */
{
  const { kept, make } = exerciseRecord;
  const ENOUGH = 30; // words after which the criteria open at once

  /** @returns {string[]} the words of a text */
  function wordsOf(text) {
    return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  }

  /** @returns {boolean} whether a text is more than a few words, or one word again and again */
  function isWritten(text) {
    const words = wordsOf(text).map((word) => word.toLowerCase());
    return words.length >= ENOUGH && new Set(words).size >= ENOUGH / 2;
  }

  /** @returns {string} some numbers as a list in words, such as "1, 2 and 4" */
  function listed(numbers) {
    const most = numbers.slice(0, -1).join(", ");
    return [most, String(numbers.at(-1))].filter(Boolean).join(" and ");
  }

  /** @returns {string} how the reader's ticks and the book's compare, in words */
  function compared(own, book, all) {
    const differ = all.filter((k) => own.includes(k) !== book.includes(k));
    const again = differ.length ? ` Look again at ${listed(differ)}.` : "";
    return `You and the book agree on ${all.length - differ.length} of ${all.length}.${again}`;
  }

  /** @returns {string} how many words a text has, and may have */
  function length(count, most) {
    const words = `${count} of at most ${most} words`;
    return count > most ? `${words}: ${count - most} too many` : words;
  }

  /**
   * Make the boxes to tick for one text, a sentence each; `changed` gets what is ticked.
   *
   * @returns {{element: HTMLElement, tick: (numbers: number[]) => void, ticked: () => number[]}}
   */
  function makeMarks(title, criteria, changed) {
    const boxes = criteria.map(() => make("input", { type: "checkbox" }));
    const labels = criteria.map((sentence, k) => {
      const words = make("span", {}, `${k + 1}. `, ...sentence.cloneNode(true).childNodes);
      return make("label", {}, boxes[k], " ", words);
    });
    const legend = make("legend", {}, title);
    const element = make("fieldset", { class: "explain-ticks" }, legend, ...labels);
    const ticked = () => boxes.flatMap((box, k) => (box.checked ? [k + 1] : []));
    const tick = (numbers) => boxes.forEach((box, k) => (box.checked = numbers.includes(k + 1)));
    element.addEventListener("change", () => changed(ticked()));
    return { element, tick, ticked };
  }

  /** Let a fold say something when it is pressed too early; when it is pressed again it opens. */
  function guard(fold, isFree, say) {
    let asked = false;
    const press = () => {
      const opens = fold.open || asked || isFree();
      asked = true;
      say(opens ? "" : null);
      return opens;
    };
    fold.querySelector("summary").addEventListener("click", (event) => {
      if (!press()) {
        event.preventDefault();
      }
    });
    return press;
  }

  /** Let a box for text be as high as its text where the style sheet cannot. */
  function grow(area) {
    if (!CSS.supports("field-sizing", "content")) {
      area.style.height = "auto";
      area.style.height = `${area.scrollHeight + 2}px`;
    }
  }

  /** Make the box to write in, with its count of words. */
  function makeForm(id, most, typed) {
    const count = make("span", { id: `explain-count-${id}`, class: "explain-count" });
    const area = make("textarea", {
      id: `explain-${id}`,
      rows: 4,
      maxlength: recordEntries.LONGEST_TEXT,
      "aria-describedby": count.id,
    });
    const label = make("label", { for: area.id }, "Your explanation");
    const foot = make("p", { class: "explain-foot" }, count);
    const says = make("p", { class: "explain-says", role: "status" });
    const show = () => {
      count.textContent = length(wordsOf(area.value).length, most);
      grow(area);
    };
    area.addEventListener("input", () => {
      show();
      typed();
    });
    return { area, foot, says, show, element: make("div", { class: "explain-write" }, label, area, foot, says) };
  }

  /** Put boxes to tick below an answer of a student, and let the book's marks wait for them. */
  function addSample(sample, criteria, changed) {
    const letter = sample.querySelector(".explain-name").textContent;
    const fold = sample.querySelector("details");
    const book = sample.dataset.met.split(" ").filter(Boolean).map(Number);
    const all = criteria.map((_, k) => k + 1);
    const agree = make("p", { class: "explain-agree", role: "status" });
    const asks = make("p", { class: "explain-says", role: "status" });
    let touched = false;
    const say = () => {
      agree.textContent = fold.open ? compared(marks.ticked(), book, all) : "";
    };
    const marks = makeMarks(`${letter}: tick what is true of it`, criteria, (ticked) => {
      touched = true;
      say();
      changed(ticked);
    });
    guard(fold, () => touched || marks.ticked().length > 0, (text) => {
      asks.textContent = text ?? "Tick first what is true of this answer, or press again.";
    });
    fold.addEventListener("toggle", say);
    fold.before(marks.element);
    fold.after(asks);
    fold.querySelector("summary").after(agree);
    return marks;
  }

  /** Put the reader's own text behind the answers of students, with boxes to tick. */
  function addOwn(fold, criteria, enough, changed) {
    const text = make("blockquote", {});
    const says = make("p", { class: "explain-agree", role: "status" });
    const marks = makeMarks("Your own text: tick what is true of it", criteria, changed);
    const name = make("p", { class: "explain-name" }, make("strong", {}, "Your own text"));
    const element = make("div", { class: "explain-own" }, name, text, marks.element, says);
    fold.querySelector(".sd-summary-content").append(element);
    const show = (written) => {
      const count = marks.ticked().length;
      const isSolved = count >= enough;
      const ticked = `You tick ${count} of ${criteria.length}`;
      text.textContent = written || "Nothing is written yet.";
      marks.element.disabled = !isWritten(written);
      says.textContent = !isWritten(written)
        ? `Write at least ${ENOUGH} words above; then you can mark them here.`
        : isSolved
          ? `${ticked}: solved, marked by you.`
          : count
            ? `${ticked}; a good answer has ${enough}. Change your text above, and mark it again.`
            : "";
    };
    return { ...marks, show };
  }

  /** Set up one exercise; return how to show it anew. */
  function setUp(box) {
    const id = box.dataset.exercise;
    const fold = box.querySelector("details.explain-key");
    const entry = { text: "", own: [], samples: [] };
    const form = makeForm(id, Number(box.dataset.words), () => save());
    const steps = fold ? addSteps(box, fold, form, entry, () => save()) : { show: () => {} };
    let waiting;
    const write = () => {
      clearTimeout(waiting);
      waiting = undefined;
      kept.explain(id, entry);
    };
    const save = () => {
      entry.text = form.area.value;
      steps.show();
      clearTimeout(waiting);
      waiting = setTimeout(write, 400);
    };
    window.addEventListener("pagehide", () => waiting && write());
    box.insertBefore(form.element, fold ?? box.querySelector(".explain-length").nextSibling);
    return (entries) => {
      if (waiting) {
        return; // what is being typed is newer
      }
      Object.assign(entry, { text: "", own: [], samples: [] }, entries.explained.get(id));
      if (form.area.value !== entry.text) {
        form.area.value = entry.text;
      }
      box.classList.toggle("explain-written", Boolean(entry.text));
      form.show();
      steps.show(true);
    };
  }

  /** Count the exercise as solved as soon as enough is ticked for the own text, and not before. */
  function mark(id, was, is) {
    if (is && !was) {
      kept.solve(id, "reader");
    } else if (was && !is) {
      kept.unmark(id);
    }
  }

  /** Add the button that opens the fold once enough is written. */
  function addCompare(fold, form) {
    const press = guard(fold, () => isWritten(form.area.value), (text) => {
      const words = wordsOf(form.area.value).length;
      const first = `Write first: ${ENOUGH} words at least, with ${words} so far.`;
      form.says.textContent = text ?? `${first} Or press again to read on without.`;
    });
    const compare = make("button", { type: "button", class: "btn btn-sm" }, "Compare");
    compare.addEventListener("click", () => {
      if (press()) {
        fold.open = true;
        fold.querySelector("summary").focus();
      }
    });
    form.foot.append(compare);
  }

  /** Add what follows the writing; `save` keeps what is ticked. */
  function addSteps(box, fold, form, entry, save) {
    const id = box.dataset.exercise;
    const enough = Number(box.dataset.enough);
    const criteria = [...box.querySelectorAll(".explain-criteria li")].map(
      (item) => item.querySelector("p") ?? item,
    );
    const samples = [...box.querySelectorAll(".explain-sample")].map((sample, k) =>
      addSample(sample, criteria, (ticked) => {
        entry.samples = Object.assign([[], [], []], entry.samples, { [k]: ticked });
        save();
      }),
    );
    const own = addOwn(fold, criteria, enough, (ticked) => {
      const [was, is] = [entry.own, ticked].map(({ length }) => length >= enough);
      entry.own = ticked;
      save();
      mark(id, was, is);
    });
    addCompare(fold, form);
    const show = (all = false) => {
      if (all) {
        own.tick(entry.own);
        samples.forEach((marks, k) => marks.tick(entry.samples[k] ?? []));
      }
      own.show(form.area.value);
    };
    return { show };
  }

  document.addEventListener("DOMContentLoaded", () => {
    const shows = [...document.querySelectorAll(".exercise[data-kind='explain']")].map(setUp);
    const showAll = () => shows.forEach((show) => show(kept.entries));
    kept.addEventListener("change", showAll);
    showAll();
  });
}
