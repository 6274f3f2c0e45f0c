// What the checks of exercises say: told to the rest of the page, and marked on the exercise's box.

const MIME = "application/vnd.exercise-verdict+json";
const WORDS = { right: "Right", wrong: "Not yet", open: "Still open" };

/**
 * Find the verdicts among a cell's outputs.
 * @param {Object[]} outputs As in a notebook.
 * @param {Element} shown Where they are on the page.
 * @returns {{exercise: string, verdict: string, text: string, mistake: ?string, see: ?string}[]}
 * mistake: the name of a wrong answer that the check knows; see: the label of what the book says of
 * it.
 */
export function verdictsIn(outputs, shown) {
  const told = outputs.map((output) => output.data?.[MIME]).filter(Boolean);
  if (told.length) {
    return told.map((verdict) => (typeof verdict === "string" ? JSON.parse(verdict) : verdict));
  }
  const boxes = [...shown.querySelectorAll(".verdict[data-exercise]")];
  return boxes.map(({ dataset, textContent }) => ({ ...dataset, text: textContent.trim() }));
}

/**
 * Mark an exercise on the page as right, wrong or open, and tell whoever listens.
 * @param {{exercise: string, verdict: string, text: string, mistake: ?string, see: ?string}} found
 * @param {{code: string, digest: string, byBook: boolean}} ran What ran, and whether it is the
 * book's own code.
 */
export function announce(found, ran) {
  const box = document.querySelector(`.exercise[data-exercise="${CSS.escape(found.exercise)}"]`);
  if (box) {
    mark(box, found.verdict);
  }
  document.dispatchEvent(new CustomEvent("exercise-verdict", { detail: { ...found, ...ran } }));
}

/** Take the marks off all exercises' boxes, or off one. */
export function unmark(boxes = document.querySelectorAll(".exercise[data-exercise]")) {
  for (const box of boxes) {
    box.classList.remove("exercise-right", "exercise-wrong", "exercise-open");
    box.querySelector(".exercise-words")?.remove();
  }
}

function mark(box, verdict) {
  unmark([box]);
  box.classList.add(`exercise-${verdict}`);
  const words = document.createElement("span");
  words.className = "exercise-words";
  words.textContent = WORDS[verdict] ?? verdict;
  box.querySelector(".admonition-title")?.append(words);
}
