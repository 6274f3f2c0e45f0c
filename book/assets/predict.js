"use strict";

/* Exercises that are to be predicted first: the reader commits to an answer, then the reveal and the solution open. */
{
  const { kept, make, LONGEST } = exerciseRecord;
  const HINT = /# blank \d+ of \d+: (.*?)(?=\s+# blank \d|$)/gm;
  const CHOICE = String.raw`(?:"[^"]+"|'[^']+'|True|False|-?\d[\d.]*)`;
  const CHOICES = new RegExp(String.raw`^(?:.*: )?(?:either )?(${CHOICE}(?:, ${CHOICE})*,? or ${CHOICE})\.?$`);

  /** @returns {string[]} the hints of the blanks in a student's form */
  function hintsOf(code) {
    return [...code.matchAll(HINT)].map((found) => found[1].trim());
  }

  /** @returns {string[]} the answers among which a hint lets one choose, such as `"higher", "lower" or "the same"` */
  function choicesOf(hint) {
    const list = hint.match(CHOICES)?.[1] ?? "";
    return [...list.matchAll(new RegExp(CHOICE, "g"))].map(([choice]) => choice.replace(/^["']|["']$/g, ""));
  }

  /** @returns {HTMLElement} radio buttons where a hint offers a choice, else a line to write in */
  function field(hint, title, name) {
    const choices = choicesOf(hint);
    const words = make("strong", {}, title);
    if (choices.length) {
      const radio = (value) => make("input", { type: "radio", name, value, required: true });
      const labels = choices.map((choice) => make("label", {}, radio(choice), " ", choice));
      return make("fieldset", {}, make("legend", {}, words), ...labels);
    }
    const input = make("input", { type: "text", name, required: true, maxlength: LONGEST, autocomplete: "off" });
    return make("label", {}, make("span", {}, words, hint && `: ${hint}`), " ", input);
  }

  /** Make the form of an exercise; `commit` gets the answers. */
  function makeForm(id, hints, commit) {
    const title = (k) => (hints.length > 1 ? `Your prediction for blank ${k + 1}` : "Your prediction");
    const fields = (hints.length ? hints : [""]).map((hint, k) => field(hint, title(k), `prediction-${id}-${k}`));
    const button = make("button", { type: "submit", class: "btn btn-sm" }, "Commit");
    const form = make("form", { class: "prediction" }, ...fields, button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const answers = [...new FormData(form).values()].map((answer) => answer.trim());
      if (answers.every(Boolean)) {
        commit(answers);
      } else {
        form.querySelector("input").focus();
      }
    });
    return form;
  }

  /** @returns {{reveals: Element[], solutions: Element[]}} the folds that wait for a prediction, in the same section */
  function foldsOf(box) {
    const around = box.closest("section") ?? document.body;
    const found = [...around.querySelectorAll("details.reveal, .tag_solution details, .exercise[data-exercise]")];
    const after = found.slice(found.indexOf(box) + 1);
    return { reveals: upTo(after, "[data-kind='predict']", "details.reveal"), solutions: upTo(after, ".exercise", ".tag_solution details") };
  }

  /** @returns {Element[]} of some elements those that match a selector, up to the first that matches another one */
  function upTo(elements, end, selector) {
    const stop = elements.findIndex((element) => element.matches(end));
    return elements.slice(0, stop < 0 ? undefined : stop).filter((element) => element.matches(selector));
  }

  /** Let a fold ask for a prediction when it is pressed first; when it is pressed again it opens. */
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
  function inWords(prediction) {
    return prediction?.answers.length ? `You predicted: ${prediction.answers.join("; ")}` : "";
  }

  /** Put a line for the prediction at the top of a reveal. */
  function addLine(reveal) {
    const line = make("p", { class: "prediction-made sd-card-text" });
    (reveal.querySelector(".sd-summary-content") ?? reveal).prepend(line);
    return line;
  }

  /** Set up one exercise; return how to show it anew. */
  function setUp(box) {
    const id = box.dataset.exercise;
    const { reveals, solutions } = foldsOf(box);
    const isFree = ({ solved, predicted } = kept.entries) => solved.has(id) || predicted.has(id);
    const guards = [...reveals, ...solutions].map((fold) => guard(fold, box, () => isFree()));
    const said = make("p", { class: "prediction-made" });
    const lines = [said, ...reveals.map(addLine)];
    const open = () => reveals.forEach((reveal) => (reveal.open = true));
    const form = makeForm(id, hintsOf(box.querySelector("pre")?.textContent ?? ""), (answers) => {
      kept.predict(id, answers);
      open();
      const next = reveals[0]?.querySelector("summary") ?? said;
      next.focus();
    });
    said.tabIndex = -1;
    box.insertBefore(form, box.querySelector(":scope > .exercise-mark"));
    form.after(said);
    document.addEventListener("exercise-verdict", ({ detail }) => {
      if (detail.exercise === id && detail.verdict !== "open" && !kept.entries.predicted.has(id)) {
        kept.predict(id, []);
        open();
      }
    });
    return (entries) => {
      form.hidden = isFree(entries);
      if (form.hidden) {
        guards.forEach((quiet) => quiet());
      }
      for (const line of lines) {
        line.textContent = inWords(entries.predicted.get(id));
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
}
