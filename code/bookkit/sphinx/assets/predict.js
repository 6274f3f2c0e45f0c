"use strict";

/**
 * Exercises that are to be predicted first: the reader commits to an answer and says how sure they
 * are, then the reveal and the solution open.
 *
 * @typedef {{name: string, hint: string, choices: string[]}} Blank
 */
const exercisePredictions = (() => {
  const { LONGEST } = recordEntries;
  const { kept, make } = exerciseRecord;
  const { field: sureness, question, scoreBy, scoreOf, typedIn } = exerciseSureness;
  const BLANK = "_".repeat(13);
  const HINT = /# blank (\d+) of \d+: (.*?)(?=\s+# blank \d|$)/gm;
  const CHOICE = `(?:"[^"]+"|'[^']+'|True|False)`;
  const LIST = new RegExp(`${CHOICE}(?:, ${CHOICE})*,? or ${CHOICE}`);

  /**
   * @returns {string[]} the answers that a text lets one choose from, such as `"higher", "lower" or
   * "the same"`
   */
  function choicesIn(text) {
    const list = text.match(LIST)?.[0] ?? "";
    return [...list.matchAll(new RegExp(CHOICE, "g"))].map(([choice]) =>
      choice.replace(/^["']|["']$/g, ""),
    );
  }

  /**
   * Return the blanks of an exercise. A hint that speaks of "these" or "the same" leaves the choice
   * to the blank before it, or to what the comments of the exercise say.
   *
   * @param {string} code  the student's form
   * @returns {Blank[]}
   */
  function blanksOf(code) {
    const lines = code.split("\n");
    const comments = lines.flatMap((line) => line.match(/^\s*# (?!blank|Exercise)(.*)/)?.[1] ?? []);
    const nameIn = (line) => line.match(/^\s*(\w+) *=[^=]/)?.[1] ?? "";
    const names = lines.flatMap((line) => line.split(BLANK).slice(1).map(() => nameIn(line)));
    let before = choicesIn(comments.join(" "));
    return [...code.matchAll(HINT)].map(([, number, hint]) => {
      const listed = choicesIn(hint);
      const choices = listed.length || !/\b(these|same)\b/.test(hint) ? listed : before;
      before = choices.length ? choices : before;
      const name = names[number - 1];
      const isOwn = name && names.filter((other) => other === name).length === 1;
      return { name: isOwn ? name : `blank ${number}`, hint: hint.trim(), choices };
    });
  }

  /** @returns {HTMLElement} radio buttons where a blank offers a choice, else a line to write in */
  function field({ hint, choices }, title, name) {
    if (choices.length) {
      const radio = (value) => make("input", { type: "radio", name, value, required: true });
      const labels = choices.map((choice) => make("label", {}, radio(choice), " ", choice));
      return make("fieldset", {}, make("legend", {}, title), ...labels);
    }
    const input = make("input", {
      type: "text",
      name,
      required: true,
      maxlength: LONGEST,
      autocomplete: "off",
    });
    return make("label", {}, make("span", {}, title, hint && `: ${hint}`), " ", input);
  }

  /** Make the form of an exercise; `commit` gets the answers, and how sure the reader is. */
  function makeForm(id, blanks, commit) {
    const names = blanks.map(({ name }) =>
      blanks.length > 1 ? [" for ", make("code", {}, name)] : [],
    );
    const titles = names.map((name) => make("strong", {}, "Your prediction", ...name));
    const fields = blanks.map((blank, k) => field(blank, titles[k], `prediction-${id}-${k}`));
    const sure = sureness(blanks, `sure-${id}`);
    const button = make("button", { type: "submit", class: "btn btn-sm" }, "Commit");
    const form = make("form", { class: "prediction" }, ...fields, sure, button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = new FormData(form);
      const answers = blanks.map((_, k) => given.get(`prediction-${id}-${k}`).trim());
      if (answers.every(Boolean)) {
        commit(answers, Number(given.get(`sure-${id}`)));
      } else {
        [...form.querySelectorAll("[type=text]")].find((line) => !line.value.trim()).focus();
      }
    });
    return form;
  }

  /**
   * @returns {{reveals: Element[], solutions: Element[]}} the folds that wait for a prediction, in
   * the same section
   */
  function foldsOf(box) {
    const around = box.closest("section") ?? document.body;
    const found = [
      ...around.querySelectorAll("details.reveal, .tag_solution details, .exercise[data-exercise]"),
    ];
    const after = found.slice(found.indexOf(box) + 1);
    const reveals = upTo(after, "[data-kind='predict']", "details.reveal");
    return { reveals, solutions: upTo(after, ".exercise", ".tag_solution details") };
  }

  /**
   * @returns {Element[]} of some elements those that match a selector, up to the first that matches
   * another one
   */
  function upTo(elements, end, selector) {
    const stop = elements.findIndex((element) => element.matches(end));
    return elements
      .slice(0, stop < 0 ? undefined : stop)
      .filter((element) => element.matches(selector));
  }

  /**
   * Let a fold ask for a prediction when it is pressed first; when it is pressed again it opens.
   */
  function guard(fold, box, isFree) {
    const asks = make("p", { class: "prediction-asks", role: "status" });
    fold.after(asks);
    let asked = false;
    fold.querySelector("summary").addEventListener("click", (event) => {
      if (fold.open || asked || isFree()) {
        asks.replaceChildren();
        return;
      }
      event.preventDefault();
      asked = true;
      const link = make("a", { href: `#${box.id}` }, "Commit to an answer");
      link.addEventListener("click", (pressed) => {
        pressed.preventDefault();
        box.querySelector(".prediction input").focus();
      });
      asks.replaceChildren("Predict first. ", link, ", or press again to open this without one.");
    });
    return () => asks.replaceChildren();
  }

  /** @returns {string} a prediction in words; empty if a check's verdict stood in for it */
  function inWords({ answers, sure, right } = { answers: [] }, blanks) {
    const named = answers.length > 1 && answers.length === blanks.length;
    const words = answers.map((answer, k) => (named ? `${blanks[k].name} = ${answer}` : answer));
    const sureness = sure === undefined ? "" : ` (${sure}\u00a0% sure)`;
    const scored = { true: ". That was right.", false: ". That was not right." }[right] ?? "";
    return words.length ? `You predicted: ${words.join(", ")}${sureness}${scored}` : "";
  }

  /** @returns {string[] | null} what is right in the blanks, if the page has the solution */
  function solutionOf(box, code) {
    const found = [...document.querySelectorAll(".exercise[data-exercise], .tag_solution")];
    const next = found[found.indexOf(box) + 1];
    const solution = next?.matches(".tag_solution") && next.querySelector("pre");
    return solution ? typedIn(solution.textContent, code) : null;
  }

  /** Let the reader say whether a prediction was right; return how to show it for an entry. */
  function addQuestion(after, id) {
    const asked = question(`right-${id}`, (right) => kept.score(id, right, "reader"));
    after.after(asked);
    return ({ sure, right, by } = {}) => {
      asked.hidden = sure === undefined || (right !== undefined && !by);
      for (const radio of asked.querySelectorAll("input")) {
        radio.checked = right === (radio.value === "yes");
      }
    };
  }

  /** Put a line for the prediction at the top of a reveal. */
  function addLine(reveal) {
    const line = make("p", { class: "prediction-made sd-card-text" });
    (reveal.querySelector(".sd-summary-content") ?? reveal).prepend(line);
    return line;
  }

  /** Note a prediction, and whether it is right if this page has the solution. */
  function commit(box, code, blanks, answers, sure) {
    const id = box.dataset.exercise;
    kept.predict(id, answers, sure);
    const right = scoreOf(answers, solutionOf(box, code), blanks);
    if (right !== undefined) {
      kept.score(id, right);
    }
  }

  /** Take from a check's verdict whether the prediction is right, if it was about that answer. */
  function hear(id, said, code, blanks) {
    const { answers = [], right, by } = kept.entries.predicted.get(id) ?? {};
    const found = scoreBy(answers, said, code, blanks);
    if (found !== undefined && (right === undefined || by)) {
      kept.score(id, found);
    }
  }

  /** Hear what a check says of an exercise; without a prediction its verdict opens the reveals. */
  function listen(id, code, blanks, open) {
    document.addEventListener("exercise-verdict", ({ detail }) => {
      if (detail.exercise !== id || detail.verdict === "open") {
        return;
      }
      if (kept.entries.predicted.has(id)) {
        hear(id, detail, code, blanks);
      } else {
        kept.predict(id, []);
        open();
      }
    });
  }

  /** Set up one exercise; return how to show it anew. */
  function setUp(box) {
    const id = box.dataset.exercise;
    const { reveals, solutions } = foldsOf(box);
    const isFree = ({ solved, predicted } = kept.entries) => solved.has(id) || predicted.has(id);
    const guards = [...reveals, ...solutions].map((fold) => guard(fold, box, () => isFree()));
    const said = make("p", { class: "prediction-made", tabindex: -1 });
    const lines = [said, ...reveals.map(addLine)];
    const open = () => reveals.forEach((reveal) => (reveal.open = true));
    const code = box.querySelector("pre")?.textContent ?? "";
    const found = blanksOf(code);
    const blanks = found.length ? found : [{ name: "", hint: "", choices: [] }];
    const form = makeForm(id, blanks, (answers, sure) => {
      commit(box, code, blanks, answers, sure);
      open();
      const next = reveals[0]?.querySelector("summary") ?? said;
      next.focus();
    });
    box.insertBefore(form, box.querySelector(":scope > .exercise-mark"));
    form.after(said);
    const ask = addQuestion(said, id);
    listen(id, code, blanks, open);
    return (entries) => {
      form.hidden = isFree(entries);
      if (form.hidden) {
        guards.forEach((quiet) => quiet());
      }
      const entry = entries.predicted.get(id);
      ask(entry);
      for (const line of lines) {
        line.textContent = inWords(entry, blanks);
        line.hidden = !line.textContent;
      }
    };
  }

  document.addEventListener("DOMContentLoaded", () => {
    const shows = [...document.querySelectorAll(".exercise[data-kind='predict']")].map(setUp);
    const showAll = () => shows.forEach((show) => show(kept.entries));
    kept.addEventListener("change", showAll);
    showAll();
  });

  return { blanksOf };
})();
