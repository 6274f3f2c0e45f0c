"use strict";

/* Lets readers put the lines of a Parsons problem in order: by mouse, by touch, by keyboard. The
   list itself is the state: the order of its items, and in each the level of its indentation. */
{
  const { kept, make } = exerciseRecord;
  const { MOST, digest, judge } = exerciseLines;
  const START = 4; // pixels that a pointer moves before it drags
  const BLANK = /^([ \t]*)_{13}.*$/m;
  const HELP =
    "Drag a line, or choose it and use its buttons. On the keyboard, the arrow keys move the line" +
    " that has the focus";

  /** @returns {HTMLButtonElement} a button */
  function button(text, pressed, attributes = {}) {
    const made = make("button", { type: "button", class: "btn btn-sm", ...attributes }, text);
    made.addEventListener("click", pressed);
    return made;
  }

  /** One problem on the page. */
  class Lines {
    /** @param {HTMLElement} box  of the exercise */
    constructor(box) {
      this.box = box;
      this.id = box.dataset.exercise;
      this.place = box.querySelector(".parsons");
      this.problem = JSON.parse(this.place.dataset.problem);
      this.list = this.place.querySelector(".parsons-lines");
      this.form = box.querySelector("pre")?.textContent.trimEnd() ?? "";
      this.out = make("ol", { class: "parsons-out highlight", "aria-label": "Lines left out" });
      this.spoken = make("p", { class: "parsons-spoken", role: "status" });
      this.says = make("p", { class: "parsons-says", role: "status" });
      this.items = [...this.list.children];
      this.items.forEach((item, line) => this.#furnish(item, line));
      this.tools = this.#makeTools();
      this.#furnishPlace();
      this.#restore();
      this.#choose(null);
      this.#name();
    }

    /** Turn an item into a line that can be chosen and dragged. */
    #furnish(item, line) {
      const code = item.querySelector("code");
      const text = code.textContent;
      const grip = make("span", { class: "parsons-grip", "aria-hidden": "true" }, "⠿");
      const handle = make("button", { type: "button", class: "parsons-line" }, grip, code);
      item.replaceChildren(handle);
      Object.assign(item, { line, text, level: 0, handle });
      handle.addEventListener("click", () => this.#choose(item));
      handle.addEventListener("focus", () => this.#choose(item));
      handle.addEventListener("keydown", (event) => this.#pressed(event, item));
      handle.addEventListener("pointerdown", (event) => this.#begin(event, item));
    }

    /** A digest of what there is to put in order. */
    get #of() {
      return digest(this.items.map(({ text }) => text).join("\n"));
    }

    /** Put the lines in the order in which the reader left them. */
    #restore() {
      const { lines = [], of } = kept.entries.arranged.get(this.id) ?? {};
      const inside = lines.map(([line]) => this.items[line]);
      const others = this.items.filter((item) => !inside.includes(item));
      const isWhole = inside.length + others.length === this.items.length;
      if (of !== this.#of || !isWhole || (others.length && !this.problem.leave)) {
        return;
      }
      lines.forEach(([line, level]) => (this.items[line].level = Math.min(level, MOST)));
      this.list.append(...inside);
      this.out.append(...others);
    }

    #keep() {
      kept.arrange(this.id, this.inside.map(({ line, level }) => [line, level]), this.#of);
    }

    /** Put up what is around the list. */
    #furnishPlace() {
      const { indent, leave } = this.problem;
      const keys = `${indent ? ", Right and Left indent it" : ""}${leave ? ", Delete leaves it out" : ""}`;
      const check = button("Check", () => this.check(), { class: "btn btn-sm parsons-check" });
      const put = button("Put them into the cell", () => this.#putIntoCell(), {
        class: "btn btn-sm parsons-put",
      });
      const zone = make("div", { class: "parsons-zone" }, make("p", {}, "Left out:"), this.out);
      this.list.setAttribute("aria-label", "Lines in your order");
      this.list.after(
        ...(leave ? [zone] : []),
        make("p", { class: "parsons-buttons" }, check, " ", put),
        this.says,
        this.spoken,
      );
      this.list.before(make("p", { class: "parsons-help" }, `${HELP}${keys}.`));
      this.place.classList.add("parsons-live");
    }

    /** Make the buttons of the line that is chosen. */
    #makeTools() {
      const { indent, leave } = this.problem;
      const tool = (sign, label, act) =>
        button(sign, () => act.call(this, this.chosen), { "aria-label": label, title: label });
      const tools = [
        tool("↑", "Move up", this.up),
        tool("↓", "Move down", this.down),
        ...(indent
          ? [tool("→", "Indent", this.further), tool("←", "Indent less", this.nearer)]
          : []),
        ...(leave ? [tool("✕", "Leave out or put back", this.toggle)] : []),
      ];
      const bar = make("span", { class: "parsons-tools", role: "toolbar" }, ...tools);
      bar.addEventListener("keydown", (event) => this.#walk(event, tools));
      bar.addEventListener("focusin", ({ target }) => this.#stopAt(target, tools));
      this.#stopAt(tools[0], tools);
      return bar;
    }

    /** Let the arrow keys go from button to button, of which Tab reaches one. */
    #walk(event, tools) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) {
        event.preventDefault();
        tools.at((tools.indexOf(document.activeElement) + step) % tools.length).focus();
      }
    }

    #stopAt(tool, tools) {
      tools.forEach((each) => (each.tabIndex = each === tool ? 0 : -1));
    }

    /** The items that are not left out, in order. */
    get inside() {
      return [...this.list.children];
    }

    /** Give a line the buttons. */
    #choose(item) {
      if (this.chosen !== item) {
        this.chosen = item;
        item?.append(this.tools);
        this.items.forEach((each) => each.classList.toggle("parsons-chosen", each === item));
      }
      this.#name();
    }

    /** Say what each line is, where it is, and how far it is indented. */
    #name() {
      for (const item of this.items) {
        item.style.setProperty("--level", item.level);
        item.handle.setAttribute("aria-label", this.#nameOf(item));
      }
      if (this.chosen) {
        this.tools.setAttribute("aria-label", `Move ${this.chosen.text}`);
      }
    }

    #nameOf(item) {
      const place = this.inside.indexOf(item);
      const steps = item.level === 1 ? "1 step" : `${item.level} steps`;
      const level = item.level ? `, indented by ${steps}` : "";
      return place < 0
        ? `Left out: ${item.text}`
        : `Line ${place + 1} of ${this.inside.length}: ${item.text}${level}`;
    }

    /** Do something to a line; say what came of it, in a region that is read out. */
    #change(item, act, words) {
      const before = this.#nameOf(item);
      act();
      this.#keep();
      this.#unmark();
      this.#choose(item);
      this.spoken.textContent = `${before.replace(/\.?$/, ".")} ${words()}`;
    }

    #moved(item) {
      const place = this.inside.indexOf(item);
      return place < 0 ? "Left out." : `Moved to place ${place + 1}.`;
    }

    // The line itself stays in the document while others move around it: so it keeps the focus.
    up(item) {
      const other = item.previousElementSibling;
      this.#change(
        item,
        () => other && item.after(other),
        () => (other ? this.#moved(item) : "It is the first one."),
      );
    }

    down(item) {
      const other = item.nextElementSibling;
      this.#change(
        item,
        () => other && item.before(other),
        () => (other ? this.#moved(item) : "It is the last one."),
      );
    }

    further(item) {
      this.#indent(item, Math.min(item.level + 1, MOST));
    }

    nearer(item) {
      this.#indent(item, Math.max(item.level - 1, 0));
    }

    #indent(item, wanted) {
      const level = item.parentElement === this.list ? wanted : 0;
      const steps = level === 1 ? "1 step" : `${level} steps`;
      const words = level === item.level ? "It stays there." : `Now indented by ${steps}.`;
      this.#change(
        item,
        () => (item.level = level),
        () => words,
      );
    }

    /** Leave a line out, or put it back at the end. */
    toggle(item) {
      const isIn = item.parentElement === this.list;
      const focused = document.activeElement;
      this.#change(
        item,
        () => {
          item.level = isIn ? 0 : item.level;
          (isIn ? this.out : this.list).append(item);
        },
        () => (isIn ? "Left out." : `Put back: ${this.#nameOf(item)}.`),
      );
      focused?.focus();
    }

    #pressed(event, item) {
      const { indent, leave } = this.problem;
      const acts = {
        ArrowUp: this.up,
        ArrowDown: this.down,
        ...(indent && { ArrowRight: this.further, ArrowLeft: this.nearer }),
        ...(leave && { Delete: this.toggle, Backspace: this.toggle }),
      };
      const act = event.ctrlKey || event.altKey || event.metaKey ? null : acts[event.key];
      if (act) {
        event.preventDefault();
        act.call(this, item);
      }
    }

    /** Begin to drag: a mouse anywhere on a line, a finger by its grip, so that it still scrolls. */
    #begin(event, item) {
      const isGrip = event.target.closest(".parsons-grip");
      if (event.button !== 0 || (event.pointerType !== "mouse" && !isGrip)) {
        return;
      }
      const drag = { x: event.clientX, y: event.clientY, level: item.level, moves: false };
      drag.step = parseFloat(getComputedStyle(item).getPropertyValue("--step-width")) || 32;
      const end = new AbortController();
      const listen = (name, act) => document.addEventListener(name, act, { signal: end.signal });
      const stop = () => {
        end.abort();
        item.classList.remove("parsons-dragged");
      };
      listen("pointermove", (moved) => this.#drag(moved, item, drag));
      listen("pointerup", stop);
      listen("pointercancel", stop);
    }

    #drag({ clientX, clientY }, item, drag) {
      drag.moves ||= Math.hypot(clientX - drag.x, clientY - drag.y) > START;
      if (!drag.moves) {
        return;
      }
      item.classList.add("parsons-dragged");
      const before = `${this.#moved(item)} ${item.level}`;
      const name = this.#nameOf(item);
      this.#carry(item, clientY);
      if (this.problem.indent && item.parentElement === this.list) {
        const level = drag.level + Math.round((clientX - drag.x) / drag.step);
        item.level = Math.min(Math.max(level, 0), MOST);
      }
      if (`${this.#moved(item)} ${item.level}` !== before) {
        this.#keep();
        this.#unmark();
        this.#choose(item);
        this.spoken.textContent = `${name}. ${this.#moved(item)}`;
      }
    }

    /** Let a line follow a pointer: into the other list, or past its neighbours. */
    #carry(item, y) {
      const { leave } = this.problem;
      const goal = leave && y > this.out.parentElement.getBoundingClientRect().top ? this.out : this.list;
      if (item.parentElement !== goal) {
        item.level = 0;
        goal.append(item);
      }
      const middle = (other) => {
        const { top, height } = other.getBoundingClientRect();
        return top + height / 2;
      };
      while (item.previousElementSibling && y < middle(item.previousElementSibling)) {
        item.after(item.previousElementSibling);
      }
      while (item.nextElementSibling && y > middle(item.nextElementSibling)) {
        item.before(item.nextElementSibling);
      }
    }

    /** Judge the order; a right one counts as the exercise solved. */
    check() {
      const rows = this.inside.map(({ line, level, text }) => ({ line, level, text }));
      const { verdict, text, place } = judge(this.id, this.problem, rows);
      const word = verdict === "right" ? "Right." : "Not yet.";
      this.#unmark();
      this.says.replaceChildren(make("strong", {}, word), " ", ...withCode(text));
      this.says.dataset.verdict = verdict;
      this.box.classList.add(`exercise-${verdict}`);
      this.inside[place]?.classList.add("parsons-wrong");
      const order = JSON.stringify(rows.map(({ line, level }) => [level, line]));
      const detail = { exercise: this.id, verdict, text, byBook: false, digest: order };
      document.dispatchEvent(new CustomEvent("exercise-verdict", { detail }));
    }

    /** Take away what was said of another order. */
    #unmark() {
      this.says.replaceChildren();
      delete this.says.dataset.verdict;
      this.box.classList.remove("exercise-right", "exercise-wrong", "exercise-open");
      this.box.querySelector(".exercise-words")?.remove();
      this.items.forEach((item) => item.classList.remove("parsons-wrong"));
    }

    /** Hand the code to the live cell. */
    #putIntoCell() {
      const code = this.form.replace(BLANK, (_, indent) =>
        this.inside.map(({ text, level }) => shifted(text, indent + " ".repeat(4 * level))).join("\n"),
      );
      const detail = { exercise: this.id, code };
      document.dispatchEvent(new CustomEvent("exercise-ordered", { detail }));
    }
  }

  /** @returns {(Node | string)[]} a text; what is between backticks is code */
  function withCode(text) {
    return text.split("`").map((part, k) => (k % 2 ? make("code", {}, part) : part));
  }

  /** @returns {string} a text whose lines are all indented */
  function shifted(text, by) {
    return text.replace(/^/gm, by);
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".exercise[data-kind='parsons']").forEach((box) => new Lines(box));
  });
}
