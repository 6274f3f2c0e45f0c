// From the whole book in one document to the documents of an EPUB: answers at the end, formulas as
// MathML, nothing that only a browser can use. Called by bookkit/editions/epub.py in Chromium.
"use strict";

() => {
  const USELESS = "script, noscript, input, select, textarea, canvas, iframe, dialog, progress, [hidden]";
  const OBSOLETE = ["align", "border", "cellpadding", "cellspacing", "valign", "tabindex", "scope"];
  const DOCUMENTS = "header.title-page, header.part, article.bd-article, .printed-answers";

  /** An element of another kind with the same content; an id and classes are all that it keeps. */
  function become(element, tag, className = element.className) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (element.id) made.id = element.id;
    made.append(...element.childNodes);
    element.replaceWith(made);
    return made;
  }

  function formulasAsMathML() {
    const parser = new DOMParser();
    for (const item of window.MathJax?.startup?.document?.math ?? []) {
      const text = window.MathJax.startup.toMML(item.root);
      item.typesetRoot.replaceWith(parser.parseFromString(text, "text/xml").documentElement);
    }
    for (const set of document.querySelectorAll("mjx-container")) {
      const formula = set.querySelector("math");
      if (formula) set.replaceWith(formula);
    }
  }

  function nothingToPress() {
    document.querySelectorAll(USELESS).forEach((each) => each.remove());
    document.querySelectorAll(".sd-summary-state-marker").forEach((each) => each.remove());
    document.querySelectorAll("details").forEach((each) => become(each, "div", `fold ${each.className}`));
    for (const each of document.querySelectorAll("summary")) {
      const holds = each.dataset.holds;
      const title = become(each, "p", "fold-title");
      if (holds) title.textContent = holds;
      title.querySelectorAll("p, div").forEach((inner) => become(inner, "span"));
    }
  }

  function strict() {
    for (const name of OBSOLETE) {
      document.querySelectorAll(`[${name}]`).forEach((each) => {
        if (!(name === "scope" && each.tagName === "TH")) each.removeAttribute(name);
      });
    }
    document.querySelectorAll("span > p, span > div").forEach((each) => become(each, "span"));
    document.querySelectorAll("a:not([href])").forEach((each) => become(each, "span"));
  }

  /** Headings begin anew in each document: those of a page are as deep as on the site. */
  function promote() {
    for (const each of document.querySelectorAll("article :is(h1, h2, h3, h4, h5, h6)")) {
      const level = each.className.match(/level-(\d)/)?.[1];
      if (level) become(each, `h${level}`, "");
    }
    document.querySelectorAll(".printed-answers > :first-child").forEach((each) => become(each, "h1"));
  }

  function packed(element, place) {
    const chapter = element.matches(".printed-answers")
      ? element.parentElement.querySelector("article").id : "";
    element.id = chapter ? `${chapter}-answers` : element.id || `document-${place}`;
    const styles = [...element.querySelectorAll("style")].map((style) => {
      style.remove();
      return style.textContent;
    });
    return {
      id: element.id,
      chapter,
      ids: [element.id, ...[...element.querySelectorAll("[id]")].map((each) => each.id)],
      pictures: [...element.querySelectorAll("img[src^='file:']")].map((each) => each.src),
      styles: styles.join("\n"),
      body: new XMLSerializer().serializeToString(element),
    };
  }

  document.documentElement.dataset.answersOnly = "";
  formulasAsMathML();
  window.dispatchEvent(new Event("beforeprint"));
  nothingToPress();
  strict();
  promote();
  return [...document.querySelectorAll(DOCUMENTS)].map(packed);
};
