// The drawing pad: a sheet for mouse, pen, finger and keyboard, and the tools beside it.
import { button, element, keyList } from "../live/elements.js";
import { GREYS } from "./colours.js";
import { Ink, widened } from "./ink.js";
import { PAD, SIDE } from "./preparation.js";

const STEP = PAD / SIDE; // of the keyboard’s pen: one pixel of what the network reads
const FINE_STEP = 2;
const WIDTHS = { least: 8, usual: 22, most: 44 };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PALM = 1000; // milliseconds: touches so soon after a pen was near are the hand that holds it
const FINEST = 3; // pixels that are shown for one of the pad’s, along a side

/** A pad that says when what is on it has changed. */
export class Pad {
  /** @param {function(): void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    this.ink = new Ink();
    this.pen = null; // the pointer that draws
    this.penSeen = -Infinity; // when a pen was last near
    this.keyboard = { x: PAD / 2 + STEP / 2, y: PAD / 4 + STEP / 2, down: false };
    this.sheet = this.#sheet();
    this.hint = element(
      "span", { class: "drawing-hint", "aria-hidden": "true" }, "Draw a digit here"
    );
    this.ring = element("span", { class: "drawing-ring", hidden: true });
    this.spoken = element("p", { class: "drawing-spoken", "aria-live": "polite" });
    this.width = width();
    this.eraser = button("Eraser", () => this.#takeEraser(!this.#erases), {
      "aria-pressed": "false",
    });
    const paper = element("div", { class: "drawing-paper" }, this.sheet, this.hint, this.ring);
    const [undo, clear] = [button("Undo", () => this.undo()), button("Clear", () => this.clear())];
    const pen = element("label", { class: "drawing-width" }, "Pen", this.width);
    const tools = element("div", { class: "drawing-tools" }, undo, clear, this.eraser, pen);
    this.element = element("div", { class: "drawing-desk" }, paper, this.spoken, tools);
    this.help = help();
  }

  /** Take back the last stroke. */
  undo() {
    this.#lift();
    this.ink.undo();
    this.onChange();
  }

  /** Take a blank sheet. */
  clear() {
    this.#begin();
    this.ink.clear();
    this.onChange();
  }

  /**
   * Put an image onto the pad.
   * @param {ArrayLike<number>} image 28 × 28, from 0 to 1.
   */
  place(image) {
    this.#begin();
    this.ink.place(image);
    this.onChange();
  }

  /**
   * Draw lines on a blank sheet, as if by hand.
   * @param {number[][][]} lines Each a list of points [x, y].
   */
  trace(lines) {
    this.#begin();
    this.ink.trace(lines.map((line) => line.map(([x, y]) => this.#point(x, y))));
    this.onChange();
  }

  /** Show the ink. */
  paint() {
    this.#fit();
    const pixels = new Uint32Array(this.picture.data.buffer);
    const { shown } = this.ink;
    for (let at = 0; at < pixels.length; at++) {
      pixels[at] = GREYS[Math.round(255 * shown[at])];
    }
    this.sheet.getContext("2d").putImageData(this.picture, 0, 0);
    this.hint.hidden = !this.ring.hidden || !this.ink.blank;
  }

  /** Give the sheet as many pixels as the screen has for it. */
  #fit() {
    const wanted = Math.ceil((this.sheet.clientWidth * window.devicePixelRatio) / PAD - 0.1);
    this.ink.show(Math.max(1, Math.min(FINEST, wanted)));
    const side = PAD * this.ink.fineness;
    if (this.picture?.width !== side) {
      Object.assign(this.sheet, { width: side, height: side });
      this.picture = this.sheet.getContext("2d").createImageData(side, side);
    }
  }

  #sheet() {
    const sheet = element("canvas", {
      class: "drawing-sheet",
      width: PAD,
      height: PAD,
      tabindex: 0,
      role: "application",
      "aria-label": "Drawing pad",
      "aria-roledescription": "drawing pad",
      "aria-describedby": "drawing-keys",
      onpointerdown: (event) => this.#down(event),
      onpointermove: (event) => this.#move(event),
      onkeydown: (event) => this.#key(event),
      onblur: () => this.#leave(),
      onpointerleave: () => this.#hideRing(),
    });
    for (const ending of ["pointerup", "pointercancel", "lostpointercapture"]) {
      sheet.addEventListener(ending, (event) => this.#up(event));
    }
    new ResizeObserver(() => this.onChange()).observe(sheet);
    return sheet;
  }

  /**
   * A pen draws, whatever else touches the sheet: a hand rests there. Without a pen one finger
   * draws; a second one means that both scroll. What a finger, or the hand, had drawn by then is
   * taken back.
   */
  #down(event) {
    const { pointerType } = event;
    const isPalm = this.#isPalm(event);
    if (this.pen?.pointerType === "touch" && pointerType !== "mouse") {
      this.undo();
    }
    const isTaken = this.pen !== null && (pointerType !== "pen" || this.pen.pointerType === "pen");
    if (!isTaken && !isPalm && event.isPrimary && [0, 5].includes(event.button)) {
      this.#put(event);
    }
  }

  /** Whether a touch comes from the hand that holds a pen; a pen is noted. */
  #isPalm({ pointerType, timeStamp }) {
    if (pointerType === "pen") {
      this.penSeen = timeStamp;
    }
    return pointerType === "touch" && timeStamp - this.penSeen < PALM;
  }

  /** Begin a stroke. */
  #put(event) {
    this.#lift();
    this.pen = event;
    this.sheet.style.touchAction = event.pointerType === "pen" ? "none" : "";
    // 5: the other end of a pen
    this.ink.begin(this.#at(event), this.#erases || event.button === 5);
    this.#showRing(event);
    this.onChange();
    this.sheet.setPointerCapture(event.pointerId);
  }

  /** A touch that the system takes back was no stroke, but a palm or a gesture. */
  #up(event) {
    this.#isPalm(event);
    if (this.pen?.pointerId === event.pointerId) {
      const isTakenBack = event.type === "pointercancel" && event.pointerType === "touch";
      isTakenBack ? this.undo() : this.#lift();
    }
  }

  #move(event) {
    if (this.#isPalm(event) && this.pen?.pointerId !== event.pointerId) {
      return;
    }
    if (event.pointerId === this.pen?.pointerId) {
      const events = event.getCoalescedEvents?.() ?? [];
      (events.length ? events : [event]).forEach((each) => this.ink.extend(this.#at(each)));
      this.onChange();
    }
    this.#showRing(event);
  }

  /** End a stroke, whatever drew it. */
  #lift() {
    this.pen = null;
    this.keyboard.down = false;
    this.ring.dataset.pen = "up";
  }

  /** Where an event is, and how wide it draws: a pen that is pressed harder draws wider. */
  #at({ clientX, clientY, pointerType, pressure }) {
    const { left, top, width: shown } = this.sheet.getBoundingClientRect();
    const scale = PAD / shown;
    return this.#point(
      (clientX - left) * scale, (clientY - top) * scale, pointerType === "pen" ? 0.5 + pressure : 1
    );
  }

  #point(x, y, pressed = 1) {
    return { x, y, radius: (pressed * this.width.valueAsNumber) / 2 };
  }

  get #erases() {
    return this.eraser.getAttribute("aria-pressed") === "true";
  }

  #takeEraser(isTaken) {
    this.#lift();
    this.eraser.setAttribute("aria-pressed", String(isTaken));
  }

  /** A new sheet is begun with the pen. */
  #begin() {
    this.#takeEraser(false);
  }

  #key(event) {
    const moves = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (moves) {
      this.#step(moves, event.shiftKey ? FINE_STEP : STEP);
    } else if (event.key === " ") {
      this.#press();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.clear();
    } else if (event.key === "Escape") {
      this.#lift();
    } else {
      return;
    }
    event.preventDefault();
    this.#follow();
    this.onChange();
  }

  #step([right, down], length) {
    const { x, y } = this.keyboard;
    const inside = (value) => Math.max(0, Math.min(PAD, value));
    [this.keyboard.x, this.keyboard.y] = [inside(x + right * length), inside(y + down * length)];
    if (this.keyboard.down) {
      this.ink.extend(this.#point(this.keyboard.x, this.keyboard.y));
    }
  }

  #press() {
    const { x, y, down } = this.keyboard;
    this.#lift();
    if (!down) {
      this.ink.begin(this.#point(x, y), this.#erases);
      this.keyboard.down = true;
    }
  }

  /** Show where the keyboard’s pen is, and say it. */
  #follow() {
    const { x, y, down } = this.keyboard;
    const [column, row] = [x, y].map((value) => Math.min(SIDE, Math.floor(value / STEP) + 1));
    this.#ringAt(this.#point(x, y), down);
    const tool = `${this.#erases ? "Eraser" : "Pen"} ${down ? "down" : "up"}`;
    this.spoken.textContent = `${tool}, column ${column}, row ${row}`;
  }

  #showRing(event) {
    if (event.pointerType !== "touch") {
      const { clientX, clientY, pointerType } = event;
      this.#ringAt(this.#at({ clientX, clientY, pointerType, pressure: 0.5 }), this.pen !== null);
    }
  }

  #ringAt(point, down) {
    const { x, y, radius } = this.#erases ? widened(point) : point;
    const percent = (value) => `${(100 * value) / PAD}%`;
    Object.assign(this.ring.style, {
      left: percent(x), top: percent(y), width: percent(2 * radius)
    });
    this.ring.dataset.pen = down ? "down" : "up";
    this.ring.hidden = false;
    this.hint.hidden = true;
  }

  #hideRing() {
    if (!this.pen && !this.keyboard.down) {
      this.ring.hidden = true;
      this.onChange();
    }
  }

  #leave() {
    this.#lift();
    this.#hideRing();
    this.spoken.textContent = "";
  }
}

function width() {
  const { least, usual, most } = WIDTHS;
  return element("input", {
    type: "range", min: least, max: most, value: usual, "aria-label": "Width of the pen"
  });
}

const KEYS = [
  ["Arrow keys", "move the pen, with Shift in small steps"],
  ["Space", "puts it down or lifts it"],
  ["Delete", "takes a blank sheet"],
  ["Ctrl-Z", "takes the last stroke back"],
];

function help() {
  const summary = element("summary", {}, "Keys and touch");
  const keys = element("div", { id: "drawing-keys" }, keyList(KEYS));
  const words =
    "Draw with a pen or one finger; two fingers scroll the page. While you draw with a pen, your" +
    " hand may rest here.";
  return element("details", { class: "drawing-help" }, summary, keys, element("p", {}, words));
}
