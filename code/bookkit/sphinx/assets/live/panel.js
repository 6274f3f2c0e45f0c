// The panel below the title: what is going on, in words, and what the reader can do.
import { button, element, keyList } from "./elements.js";

const SETTLED = 1000; // milliseconds

/** The panel that the page's loader has built. */
export class Panel {
  /** @param {Element} box */
  constructor(box) {
    this.box = box;
    [this.words, this.more, this.buttons, this.tools] = ["words", "more", "buttons", "tools"].map(
      (part) => box.querySelector(`.live-${part}`),
    );
    this.state = "off";
  }

  /**
   * Show a state.
   * @param {string} state One of connecting, starting, ready, busy, reconnecting, choose, failed,
   * lost, off.
   * @param {string} words For eyes and for screen readers.
   * @param {{more?: (Node|string)[], buttons?: Element[], kind?: string}} options
   */
  show(state, words, { more = [], buttons = [], kind = "" } = {}) {
    const begins = state !== this.state;
    this.state = state;
    this.kind = kind;
    this.box.dataset.state = state;
    this.box.dataset.kind = kind;
    this.words.textContent = words;
    const held =
      this.box.contains(document.activeElement) && !this.tools.contains(document.activeElement);
    this.more.replaceChildren(...more);
    this.buttons.replaceChildren(...buttons);
    if (held && (buttons.length || more.length)) {
      this.box.querySelector(".live-more input, .live-buttons button")?.focus();
    }
    if (begins) {
      performance.mark(`live-${state}`);
    }
  }

  /** Show what can be done as long as there is a kernel. */
  equip(actions, notice) {
    const pressed = Object.entries(actions).map(([words, act]) => button(words, act));
    const summary = element("summary", {}, "Keys", element("span", {}, " and notes"));
    const help = element(
      "details",
      { class: "live-help" },
      summary,
      keyList(KEYS),
      element("p", {}, notice),
    );
    this.tools.replaceChildren(help, ...pressed);
    this.tools.hidden = false;
    this.tools.inert = true; // a second click, meant for what stood here before, hits nothing
    setTimeout(() => (this.tools.inert = false), SETTLED);
  }

  /** Take away what needs a kernel. */
  unequip() {
    this.tools.hidden = true;
  }

  /**
   * Ask where the code should run.
   * @param {{url: string, token: string}} known What the fields begin with; the page's own address
   * needs no hint.
   * @param {function(string, string): void} connect
   * @returns {Node[]}
   */
  form({ url, token }, connect) {
    const fields = [
      element("input", {
        name: "address",
        size: 30,
        value: url,
        spellcheck: "false",
        autocomplete: "off",
      }),
      element("input", {
        name: "token",
        size: 30,
        value: token,
        type: "password",
        autocomplete: "off",
      }),
    ];
    const submit = (event) => {
      event.preventDefault();
      connect(fields[0].value, fields[1].value);
    };
    const labels = ["Address of a Jupyter server", "Token"].map((words, i) =>
      element("label", {}, words, fields[i]),
    );
    const connecting = element("button", { type: "submit" }, "Connect");
    const form = element("form", { class: "live-form", onsubmit: submit }, ...labels, connecting);
    return url.startsWith(location.origin) ? [form] : [form, hint()];
  }
}

function hint() {
  const command = `jupyter server --ServerApp.allow_origin='${location.origin}'`;
  const words = "In the book’s environment, this starts a server that lets this page in: ";
  return element("p", {}, words, element("code", {}, command));
}

const KEYS = [
  ["Shift-Enter", "run the cell, go on to the next"],
  ["Ctrl-Enter", "run the cell"],
  ["Ctrl-Shift-Enter", "run all above, then the cell"],
  ["Ctrl-.", "interrupt"],
  ["Tab, Shift-Tab", "indent, unindent"],
  ["Ctrl-Space", "complete a name"],
  ["Escape", "leave the editor"],
];
