// Brings the search when it is opened, and the previews of terms when one is pointed at: nothing of
// either is loaded before. Everything comes as scripts, since pages on a disk cannot read files.
"use strict";

(() => {
  const base = new URL("../", document.currentScript.src);
  const parts = {
    search: ["minisearch/index.js", "found/index.js", "found/ranking.js", "found/dialog.js"],
    terms: ["found/terms-text.js", "found/terms.js"],
  };
  const brought = {};

  /** Load a part once, with its styles; the promise is kept, unless it fails. */
  function bring(name) {
    brought[name] ??= Promise.all([style(name), parts[name].reduce(after, Promise.resolve())]);
    brought[name].catch(() => delete brought[name]);
    return brought[name];
  }

  const after = (before, file) => before.then(() => loaded("script", { src: new URL(file, base) }));
  const style = (name) =>
    loaded("link", { rel: "stylesheet", href: new URL(`found/${name}.css`, base) });

  function loaded(tag, settings) {
    return new Promise((resolve, reject) => {
      const element = Object.assign(document.createElement(tag), settings);
      element.onload = resolve;
      element.onerror = () => reject(new Error(`${settings.src ?? settings.href}`));
      document.head.append(element);
    });
  }

  const openSearch = () =>
    bring("search").then(
      () => globalThis.openBookSearch(base),
      () => location.assign(new URL("../search.html", base)),
    );

  const isMac = /Mac|iP/.test(navigator.platform);
  addEventListener(
    "keydown",
    (event) => {
      const { key, ctrlKey, metaKey, shiftKey, altKey } = event;
      if (/^k$/i.test(key) && (isMac ? metaKey : ctrlKey) && !shiftKey && !altKey) {
        event.preventDefault();
        openSearch();
      }
    },
    true,
  );
  document.addEventListener("click", (event) => {
    if (event.target.closest(".search-button__button, [data-opens-search]")) {
      openSearch();
    }
  });

  const TERM = "a:has(> .std-term)";
  let touched = false;
  const preview = (event) => {
    const link = event.target.closest?.(TERM);
    const { type, pointerType } = event;
    touched = type === "pointerover" ? pointerType === "touch" : touched;
    if (!link || globalThis.bookTerms || (touched && type !== "click")) {
      return;
    }
    const follow = () => type === "click" && location.assign(link.href);
    if (type !== "click" || touched) {
      event.preventDefault();
      bring("terms").then(() => globalThis.previewTerm(link, type), follow);
    }
  };
  ["pointerover", "focusin", "click"].forEach((kind) => document.addEventListener(kind, preview));

  const place = document.getElementById("search-here");
  if (place) {
    bring("search").then(
      () => globalThis.showBookSearch(place, base),
      () => (place.textContent = "The search could not be loaded. Reload this page to try again."),
    );
  }
})();
