// Folds are opened for the printer, and closed again: for browsers whose style sheets cannot do it.
"use strict";

(() => {
  let opened = [];

  window.addEventListener("beforeprint", () => {
    if (!CSS.supports("selector(::details-content)")) {
      opened = [...document.querySelectorAll("article details:not([open])")];
      opened.forEach((fold) => (fold.open = true));
    }
  });
  window.addEventListener("afterprint", () => {
    opened.forEach((fold) => (fold.open = false));
    opened = [];
  });
})();
