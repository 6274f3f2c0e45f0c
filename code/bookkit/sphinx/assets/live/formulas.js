// Formulas in outputs are set like those of the page, by a script that the first of them loads.
import { element } from "./elements.js";

const DELIMITERS = [
  { left: "\\(", right: "\\)", display: false },
  { left: "\\[", right: "\\]", display: true },
  { left: "$$", right: "$$", display: true },
];
const DOLLAR = { left: "$", right: "$", display: false }; // elsewhere it may be a price

/** What Jupyter's renderers ask to set the formulas of an output. */
export class Formulas {
  #folder;
  #loading = null;

  /** @param {string} folder The address of the site's static files. */
  constructor(folder) {
    this.#folder = folder;
  }

  /** @param {HTMLElement} node An output. */
  async typeset(node) {
    const isTex = node.classList.contains("jp-RenderedLatex");
    const delimiters = isTex ? [...DELIMITERS, DOLLAR] : DELIMITERS;
    const text = node.textContent;
    if (delimiters.some(({ left }) => text.includes(left)) && (await this.#isThere())) {
      window.temml.renderMathInElement(node, { delimiters });
    }
  }

  /** Load script and style; without the script an output keeps its TeX. */
  #isThere() {
    this.#loading ??= Promise.all([
      this.#load("link", "href", "formulas/formulas.css", { rel: "stylesheet" }).catch(() => {}),
      this.#load("script", "src", "temml/temml.min.js"),
    ]);
    return this.#loading.then(
      () => true,
      () => (this.#loading = null),
    );
  }

  #load(tag, attribute, file, more = {}) {
    return new Promise((resolve, reject) => {
      const address = new URL(`${this.#folder}${file}`, document.baseURI).href;
      const part = { [attribute]: address, onload: resolve, onerror: reject, ...more };
      document.head.append(element(tag, part));
    });
  }
}
