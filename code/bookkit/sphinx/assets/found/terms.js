// Shows what a term means beside its link: when it is pointed at, has the focus, or is tapped.
/* global bookTerms */
"use strict";

(() => {
  const TERM = "a:has(> .std-term)";
  const GAP = 6; // pixels between a link and its preview
  const box = document.createElement("div");
  box.id = "term-preview";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  document.body.append(box);
  let shown = null;
  let leaving = 0;

  const termOf = (target) => target.closest?.(TERM) ?? null;
  const idOf = (link) => decodeURIComponent(link.hash.slice(1));

  function show(link) {
    clearTimeout(leaving);
    const found = bookTerms[idOf(link)];
    if (shown === link || !found) {
      return;
    }
    hide();
    const name = document.createElement("strong");
    name.textContent = found[0];
    box.replaceChildren(name, ` ${found[1]}`);
    box.hidden = false;
    place(link);
    link.setAttribute("aria-describedby", box.id);
    shown = link;
  }

  /** Below the line in which the link begins, or above it where there is no room. */
  function place(link) {
    const line = link.getClientRects()[0];
    const { width, height } = box.getBoundingClientRect();
    const room = document.documentElement.clientWidth;
    const left = Math.max(8, Math.min(line.left, room - width - 8));
    const below = line.bottom + GAP;
    const fits = below + height < innerHeight || line.top < height + GAP;
    box.style.left = `${left + scrollX}px`;
    box.style.top = `${(fits ? below : line.top - height - GAP) + scrollY}px`;
  }

  function hide() {
    clearTimeout(leaving);
    shown?.removeAttribute("aria-describedby");
    shown = null;
    box.hidden = true;
  }

  /** Hide it soon, unless the pointer comes to the preview meanwhile. */
  function leave() {
    clearTimeout(leaving);
    leaving = setTimeout(() => shown !== document.activeElement && hide(), 250);
  }

  let touched = false;
  document.addEventListener("pointerdown", ({ pointerType, target }) => {
    touched = pointerType === "touch";
    if (touched && !termOf(target) && !box.contains(target)) {
      hide();
    }
  });
  document.addEventListener(
    "click",
    (event) => {
      const link = termOf(event.target);
      const isFirst = link && box.dataset.tapped !== idOf(link);
      box.dataset.tapped = link ? idOf(link) : "";
      if (link && touched && isFirst && bookTerms[idOf(link)]) {
        event.preventDefault(); // the first tap shows the preview, the next one follows the link
        show(link);
      }
    },
    true,
  );
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") {
      return;
    }
    const link = termOf(event.target);
    if (link) {
      show(link);
    } else if (box.contains(event.target)) {
      clearTimeout(leaving);
    } else if (shown) {
      leave();
    }
  });
  document.addEventListener("focusin", ({ target }) => {
    const link = termOf(target);
    if (link?.matches(":focus-visible")) {
      show(link);
    } else if (shown && !link) {
      hide();
    }
  });
  document.addEventListener("focusout", () => shown && leave());
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
  addEventListener("resize", hide);

  /** Show the preview that was asked for before this script was there. */
  globalThis.previewTerm = (link, type) => {
    const still = { click: "*", focusin: ":focus-visible", pointerover: ":hover" };
    if (link.matches(still[type])) {
      box.dataset.tapped = type === "click" ? idOf(link) : "";
      show(link);
    }
  };
})();
