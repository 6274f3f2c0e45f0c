// What a reader sees of the search: a field, results as one types, and the keys for them.
/* global MiniSearch bookIndex bookSearch */
"use strict";

(() => {
  const KINDS = { page: "Page", term: "Term", api: "Code" };
  const search = bookSearch(MiniSearch, bookIndex);
  let numberOfFields = 0;

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...children);
    return element;
  }

  /** A text whose words that were found are marked. */
  function marked(text, words) {
    const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const any = new RegExp(`(${escaped.join("|")})`, "gi");
    const found = escaped.length ? text.split(any) : [text];
    return found.map((piece, k) => (k % 2 ? make("mark", {}, piece) : piece));
  }

  /** A result, which is a link and an option of the list. */
  function option(result, id, root) {
    const where = [KINDS[result.kind], result.page].filter(Boolean).join(" · ");
    return make(
      "a",
      { role: "option", id, tabindex: "-1", "aria-selected": "false", href: root + result.address },
      make("span", { class: "found-title" }, ...marked(result.title, result.words)),
      make("span", { class: "found-where" }, where),
      make("span", { class: "found-excerpt" }, ...marked(result.excerpt, result.words)),
    );
  }

  /** What to do where nothing was found. */
  function nothing(query, root) {
    const words = `Nothing was found for “${query}”. Try fewer words, or the name of a function.`;
    const { address, title } = bookIndex.help ?? {};
    const link = title ? [make("a", { href: root + address }, title)] : [];
    const more = link.length ? [" What went wrong may stand on the page ", ...link, "."] : [];
    return make("p", { class: "found-nothing" }, words, ...more);
  }

  /** A field with its list of results: a combobox, as the ARIA patterns have it. */
  class Field {
    constructor(base, most) {
      this.root = new URL("../", base).href;
      this.most = most;
      this.id = `found-${++numberOfFields}`;
      this.input = make("input", {
        ...{ type: "search", name: "q", role: "combobox", "aria-autocomplete": "list" },
        ...{ "aria-expanded": "false", "aria-controls": `${this.id}-list` },
        ...{ "aria-label": "Search this book", placeholder: "Section, exercise, term, error …" },
        ...{ autocomplete: "off", autocapitalize: "off", spellcheck: "false" },
      });
      this.list = make("div", { role: "listbox", id: `${this.id}-list`, "aria-label": "Results" });
      this.list.hidden = true;
      this.status = make("p", { role: "status", class: "found-status" });
      this.rest = make("div");
      this.input.addEventListener("input", () => this.look());
      this.input.addEventListener("keydown", (event) => this.#key(event));
    }

    get parts() {
      return [this.input, this.status, this.list, this.rest];
    }

    /** Show what is found for the words in the field. */
    look() {
      const query = this.input.value.trim();
      const results = query ? search(query, this.most) : [];
      this.list.replaceChildren(
        ...results.map((result, k) => option(result, `${this.id}-${k}`, this.root)),
      );
      this.list.hidden = !results.length;
      this.rest.replaceChildren(...(query && !results.length ? [nothing(query, this.root)] : []));
      this.input.setAttribute("aria-expanded", String(Boolean(results.length)));
      this.status.textContent = query ? counted(results.length, this.most) : "";
      this.#choose(-1);
      this.list.scrollTop = 0;
    }

    #choose(number) {
      const options = [...this.list.children];
      this.chosen = options.length ? Math.max(-1, Math.min(number, options.length - 1)) : -1;
      options.forEach((each, k) => each.setAttribute("aria-selected", String(k === this.chosen)));
      const active = options[this.chosen];
      this.input.setAttribute("aria-activedescendant", active?.id ?? "");
      active?.scrollIntoView({ block: "nearest" });
    }

    #key(event) {
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 5, PageUp: -5 };
      if (event.key in steps) {
        event.preventDefault();
        this.#choose(this.chosen + steps[event.key]);
      } else if (event.key === "Enter" && this.list.children.length) {
        event.preventDefault();
        this.list.children[Math.max(this.chosen, 0)].click();
      }
    }
  }

  const counted = (number, most) =>
    ["Nothing found", "1 place"][number] ?? `${number === most ? "The first " : ""}${number} places`;

  let dialog = null;

  /** Open the search over the page, or close it. */
  globalThis.openBookSearch = (base) => {
    if (!dialog) {
      const field = new Field(base, 20);
      const close = make("button", { type: "button", class: "found-close" }, "Close");
      const about = { class: "found-dialog", "aria-label": "Search" };
      dialog = make("dialog", about, ...field.parts, close);
      close.addEventListener("click", () => dialog.close());
      dialog.addEventListener("click", ({ target }) => {
        if (target === dialog || target.closest("[role=option], a")) {
          dialog.close();
        }
      });
      field.input.addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
          event.preventDefault(); // browsers would empty the field first
          dialog.close();
        }
      });
      document.body.append(dialog);
      dialog.field = field;
    }
    if (dialog.open) {
      dialog.close();
    } else {
      dialog.showModal();
      dialog.field.input.focus();
      dialog.field.input.select();
    }
  };

  /** Put the search into a page of its own, with what its address asks for. */
  globalThis.showBookSearch = (place, base) => {
    const field = new Field(base, 50);
    field.input.value = new URLSearchParams(location.search).get("q") ?? "";
    const form = make("form", { role: "search", class: "found-page" }, ...field.parts);
    form.addEventListener("submit", (event) => event.preventDefault());
    place.replaceChildren(form);
    field.look();
    field.input.focus();
    field.input.addEventListener("change", () => {
      history.replaceState(null, "", `?q=${encodeURIComponent(field.input.value)}`);
    });
  };
})();
