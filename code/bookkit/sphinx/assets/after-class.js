// One button folds and unfolds everything that is for after class; the choice holds on all pages of
// the book.
"use strict";

const KEY = "after-class-folded";
const WORDS = { true: "Unfold what is for after class", false: "Fold what is for after class" };

/** What was chosen last; nothing is kept where the browser forbids it. */
function isFolded() {
  try {
    return localStorage.getItem(KEY) === "true";
  } catch {
    return false;
  }
}

function keep(folded) {
  try {
    localStorage.setItem(KEY, String(folded));
  } catch {
    // the page still folds, it only forgets
  }
}

function foldAll(folded, button) {
  for (const fold of document.querySelectorAll("details.after-class")) {
    fold.open = !folded;
  }
  button.textContent = WORDS[folded];
  button.dataset.folded = folded;
}

/** Open the folds around, or directly in, the place that the address names. */
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) {
    return;
  }
  for (
    let around = target.closest("details");
    around;
    around = around.parentElement.closest("details")
  ) {
    around.open = true;
  }
  const own = target.closest("section")?.querySelector(":scope > details.after-class");
  if (own) {
    own.open = true;
  }
  target.scrollIntoView();
}

document.addEventListener("DOMContentLoaded", () => {
  const line = document.querySelector(".fold-after-class");
  if (!line) {
    return;
  }
  const button = line.querySelector("button");
  button.addEventListener("click", () => {
    const folded = button.dataset.folded !== "true";
    foldAll(folded, button);
    keep(folded);
  });
  foldAll(isFolded(), button);
  line.hidden = false;
  window.addEventListener("hashchange", openTarget);
  if (location.hash) {
    openTarget();
  }
});
