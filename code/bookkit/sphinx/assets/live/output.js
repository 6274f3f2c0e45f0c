// What a cell puts out, as data: kept up to a limit, shown up to a lower one, and counted beyond.
// Knows no page.

/** The kind of display by which the book's server tells how much it left out by itself. */
export const LEFT_OUT = "application/vnd.output-left-out+json";
/** How much of a cell's output is kept in the page, and how much of that is shown at first. */
export const KEPT = { characters: 2_000_000, lines: 100_000, outputs: 500 };
export const SHOWN = { characters: 200_000, lines: 2_000, outputs: 100 };
const ERROR = { lines: 200, line: 2_000 };
const LARGEST = {
  "text/plain": KEPT.characters,
  "text/latex": 20_000,
  "text/markdown": 200_000,
  "application/json": 50_000,
  markup: 1_000_000,
  pixels: 64_000_000,
};
const COLOURS = 2_000; // in one text; a text with more is shown without them
const RATE = /IOPub (?:data|message) rate exceeded\.[\s\S]*?rate_limit_window=.*\n?\s*/g;
const RATE_WORDS = "[The server left out some output here: too much came at once.]\n";
const EXIT_WARNING = /^.*UserWarning: To exit: use 'exit', 'quit', or Ctrl-D\.\n.*\n?/gm;
// eslint-disable-next-line no-control-regex
const ANSI = /\x1b\[[0-9;?]*[A-Za-z]/g;

/**
 * Return a text as a terminal shows it: a backspace takes back a character, a carriage return goes
 * back to the beginning of the line. One at the very end stays, since what comes next is written
 * over the line.
 * @param {string} text
 */
export function writtenOver(text) {
  return /[\r\b]/.test(text)
    ? text.replace(/\r+\n/g, "\n").split("\n").map(lineWrittenOver).join("\n")
    : text;
}

function lineWrittenOver(line, number, lines) {
  const isLast = number === lines.length - 1;
  const parts = (line.includes("\b") ? withoutBackspaces(line) : line).split("\r");
  let shown = "";
  for (const part of parts) {
    shown = part + shown.slice(part.length);
  }
  return isLast && parts.length > 1 && !parts.at(-1) ? `${shown}\r` : shown;
}

function withoutBackspaces(line) {
  const kept = [];
  for (const character of line) {
    if (character === "\b") {
      kept.pop();
    } else {
      kept.push(character);
    }
  }
  return kept.join("");
}

/** @returns {number} how many lines of a text end */
export function linesOf(text) {
  let count = 0;
  for (let place = text.indexOf("\n"); place >= 0; place = text.indexOf("\n", place + 1)) {
    count += 1;
  }
  return count;
}

/** Return the beginning of a text that has room: whole lines, or a part of the first. */
function beginning(text, { characters, lines }) {
  let end = 0;
  for (let line = 0; line < lines && end < text.length; line += 1) {
    const next = text.indexOf("\n", end) + 1 || text.length;
    if (next > characters) {
      return text.slice(0, end || characters);
    }
    end = next;
  }
  return text.slice(0, end);
}

/** Return a text without its middle if it is longer than so many characters. */
function withoutMiddle(text, characters) {
  const [begins, ends] = [text.slice(0, characters / 2), text.slice(-characters / 2)];
  const left = (text.length - characters).toLocaleString("en");
  return text.length > characters ? `${begins} … (${left} characters left out) … ${ends}` : text;
}

/** Return an error whose traceback has a size that can be read. */
export function readableError(content) {
  const lines = content.traceback
    .flatMap((part) => part.split("\n"))
    .map((line) => withoutMiddle(line, ERROR.line));
  const half = ERROR.lines / 2;
  const left = lines.length - ERROR.lines;
  const kept =
    left > 0
      ? [...lines.slice(0, half), `… (${left} lines left out) …`, ...lines.slice(-half)]
      : lines;
  return { ...content, evalue: withoutMiddle(content.evalue, ERROR.line), traceback: kept };
}

/** Return what a display holds without what is too large for a page, with words in place of it. */
function readableData(data) {
  const isTooLarge = (kind) => sizeOf(data[kind]) > largest(kind);
  const large = Object.keys(data).filter(isTooLarge);
  if (!large.length) {
    return data;
  }
  const sizes = large.map(
    (kind) => `${kind} of ${sizeOf(data[kind]).toLocaleString("en")} characters`,
  );
  const kept = Object.fromEntries(Object.entries(data).filter(([kind]) => !isTooLarge(kind)));
  return { ...kept, "text/plain": `Too large to be shown here: ${sizes.join(", ")}.` };
}

function sizeOf(value) {
  return (typeof value === "string" ? value : JSON.stringify(value)).length;
}

function largest(kind) {
  const isPixels = /^image\/(?!svg)/.test(kind);
  return LARGEST[kind] ?? (isPixels ? LARGEST.pixels : LARGEST.markup);
}

/** Everything that one run of a cell has put out. */
export class Output {
  constructor() {
    this.clear();
  }

  /** Forget everything. */
  clear() {
    /** @type {Object[]} As in a notebook. One that changes is replaced by a new object. */
    this.outputs = [];
    this.leftOut = { characters: 0, lines: 0, outputs: 0 };
    this.byServer = { characters: 0, lines: 0, outputs: 0 };
    this.clearNext = false;
    this.places = new Map();
    this.room = { ...KEPT };
  }

  /**
   * Take a message of the kernel.
   * @param {string} type
   * @param {Object} content
   */
  add(type, content) {
    if (type === "clear_output") {
      this.clearNext = true;
      if (!content.wait) {
        this.clear();
      }
    } else if (content.data?.[LEFT_OUT]) {
      this.byServer = content.data[LEFT_OUT];
    } else if (type === "update_display_data") {
      this.#update(content);
    } else if (["stream", "display_data", "execute_result", "error"].includes(type)) {
      this.#addOutput(type, content);
    }
  }

  #addOutput(type, content) {
    if (this.clearNext) {
      this.clear();
    }
    if (type === "stream") {
      this.#addText(content.name, content.text);
    } else if (type === "error") {
      const isExit = content.ename === "SystemExit"; // of which the page speaks in words of its own
      this.outputs.push(...(isExit ? [] : [{ output_type: "error", ...readableError(content) }]));
    } else if (this.room.outputs > 0) {
      this.room.outputs -= 1;
      const name = content.transient?.display_id;
      if (name) {
        this.places.set(name, [...(this.places.get(name) ?? []), this.outputs.length]);
      }
      this.outputs.push(display(type, content));
    } else {
      this.leftOut.outputs += 1;
    }
  }

  #update(content) {
    for (const place of this.places.get(content.transient?.display_id) ?? []) {
      this.outputs[place] = display(this.outputs[place].output_type, content);
    }
  }

  #addText(name, sent) {
    const said = sent.replace(RATE, RATE_WORDS).replace(EXIT_WARNING, "");
    const last = this.outputs.at(-1);
    const joins = last?.output_type === "stream" && last.name === name;
    if (!said || this.isFull || (!joins && this.room.outputs <= 0)) {
      this.#leaveOut(said);
      return;
    }
    const before = joins ? last.line : ""; // only the last line can change
    const text = writtenOver(before + said);
    const grown = { characters: text.length - before.length, lines: linesOf(text) };
    const isFull = grown.characters > this.room.characters || grown.lines > this.room.lines;
    const kept = isFull ? beginning(text, this.room) : text;
    this.#leaveOut(text.slice(kept.length));
    this.room.characters = isFull ? 0 : this.room.characters - grown.characters;
    this.room.lines = isFull ? 0 : this.room.lines - grown.lines;
    this.room.outputs -= !joins;
    const end = kept.lastIndexOf("\n") + 1;
    const above = (joins ? last.above : "") + kept.slice(0, end);
    const output = { output_type: "stream", name, above, line: kept.slice(end) };
    this.outputs.splice(joins ? -1 : this.outputs.length, 1, output);
  }

  /** Whether no more text is kept. */
  get isFull() {
    return this.leftOut.characters > 0;
  }

  #leaveOut(text) {
    this.leftOut.characters += text.length;
    this.leftOut.lines += linesOf(text);
  }

  /**
   * Return what is shown of it.
   * @param {{characters: number, lines: number, outputs: number}} limits
   * @returns {{outputs: Object[], hidden: {characters: number, lines: number, outputs: number}}}
   * hidden: what is kept and not shown.
   */
  within(limits) {
    const room = { ...limits };
    const hidden = { characters: 0, lines: 0, outputs: 0 };
    const outputs = this.outputs.flatMap((output) => {
      if (output.output_type === "error") {
        return [output];
      }
      if (room.outputs <= 0) {
        const isText = output.output_type === "stream";
        hidden.outputs += !isText;
        count(hidden, isText ? textOf(output) : "");
        return [];
      }
      room.outputs -= 1;
      return [shortened(output, room, hidden)];
    });
    return { outputs, hidden };
  }

  /** What was never kept, here or by the server. */
  get lost() {
    const sum = (part) => this.leftOut[part] + (this.byServer[part] ?? 0);
    return { characters: sum("characters"), lines: sum("lines"), outputs: sum("outputs") };
  }

  /** Everything that is kept, as plain text. */
  get text() {
    return this.outputs.map(textOf).join("\n").replace(ANSI, "");
  }
}

function display(type, content) {
  return {
    ...content,
    output_type: type,
    data: readableData(content.data),
    metadata: content.metadata ?? {},
  };
}

/** @returns {string} what an output says in plain text */
function textOf(output) {
  if (output.output_type === "stream") {
    return output.above + output.line;
  }
  return output.traceback?.join("\n") ?? output.data["text/plain"] ?? "";
}

function count(hidden, text) {
  hidden.characters += text.length;
  hidden.lines += linesOf(text);
}

// an output that is cut at the same place is the same object, so that it is not drawn anew
const cuts = new WeakMap();

/** Return an output as far as there is room for its text; take that room, and count the rest. */
function shortened(output, room, hidden) {
  const isText = output.output_type === "stream";
  if (!isText && Object.keys(output.data).some((kind) => kind !== "text/plain")) {
    return output; // its text is not what is shown
  }
  const text = textOf(output);
  const begins = beginning(text, room);
  count(hidden, text.slice(begins.length));
  room.characters -= begins.length;
  room.lines -= linesOf(begins);
  const shown = begins.match(ANSI)?.length > COLOURS ? begins.replace(ANSI, "") : begins;
  const known = cuts.get(output);
  if (known?.shown === shown) {
    return known.cut;
  }
  const stream = { output_type: "stream", name: output.name, text: shown };
  const cut = isText ? stream : { ...output, data: { ...output.data, "text/plain": shown } };
  cuts.set(output, { shown, cut });
  return cut;
}
