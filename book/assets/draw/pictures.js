// Small pictures, enlarged: the drawing, or one map, with a part framed.
import { element } from "../live/elements.js";
import { GREYS, SIGNED, STEPS } from "./colours.js";
import { Words } from "./tables.js";

/** One picture with its caption. */
export class Picture {
  /**
   * @param {number} height
   * @param {number} width
   * @param {{onPoint?: function(number, number): void}} options Told row and column, from 0, where
   *   the pointer goes.
   */
  constructor(height, width, { onPoint = null } = {}) {
    Object.assign(this, { height, width });
    this.canvas = element("canvas", { width, height, role: "img" });
    this.context = this.canvas.getContext("2d");
    this.image = this.context.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.framed = element("div", { class: "maps-frame look-frame" });
    this.caption = new Words();
    const sheet = element("div", { class: "look-sheet" }, this.canvas, this.framed);
    // a margin for frames that reach over the border
    const paper = element("div", { class: "look-paper" }, sheet);
    const caption = element("figcaption");
    caption.append(this.caption.node);
    this.node = element("figure", { class: "look-picture" }, paper, caption);
    if (onPoint) {
      this.follow(onPoint);
    }
  }

  /** Tell where the pointer is pressed and drawn along. */
  follow(onPoint) {
    const { canvas } = this;
    canvas.classList.add("look-pointable");
    const tell = (event) => {
      const box = canvas.getBoundingClientRect();
      const at = (from, size, count) =>
        Math.max(0, Math.min(count - 1, Math.floor((from / size) * count)));
      onPoint(
        at(event.clientY - box.top, box.height, this.height),
        at(event.clientX - box.left, box.width, this.width),
      );
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      tell(event);
    });
    canvas.addEventListener("pointermove", (event) => event.buttons && tell(event));
  }

  /** Say what is shown, for eyes and for screen readers. */
  say(caption, framed) {
    const label = framed ? `${caption}; framed: ${framed}` : caption;
    this.caption.set(caption);
    if (this.canvas.ariaLabel !== label) {
      this.canvas.ariaLabel = label;
    }
  }

  /** Frame a part, which may reach over the border; without one, nothing. */
  frame(field) {
    const percent = (number, of) => `${(100 * number) / of}%`;
    const { left = 0, top = 0, width = 0, height = 0 } = field ?? {};
    const across = `left: ${percent(left, this.width)}; width: ${percent(width, this.width)}`;
    const style = field
      ? `${across}; top: ${percent(top, this.height)}; height: ${percent(height, this.height)}`
      : "";
    if (style !== this.framedAt) {
      this.framedAt = style;
      this.framed.hidden = !field;
      this.framed.style.cssText = style;
    }
  }

  /** Draw ink from 0 to 1, white on black. */
  drawInk(ink) {
    for (let i = 0; i < this.pixels.length; i += 1) {
      this.pixels[i] = GREYS[Math.max(0, Math.min(255, Math.round(255 * ink[i])))];
    }
    this.context.putImageData(this.image, 0, 0);
  }

  /** Draw signed numbers, beginning at a place of a larger buffer. */
  drawSigned(values, from, largest) {
    const scale = largest > 0 ? STEPS / largest : 0;
    for (let i = 0; i < this.pixels.length; i += 1) {
      this.pixels[i] = SIGNED[(values[from + i] * scale + (STEPS + 0.5)) | 0];
    }
    this.context.putImageData(this.image, 0, 0);
  }
}
