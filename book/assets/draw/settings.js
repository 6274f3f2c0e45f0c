// What is done to a drawing before a network reads it, as the reader sets it.
import { button, element } from "../live/elements.js";
import { changed } from "./changes.js";
import { asDrawn, centred } from "./preparation.js";
import { number } from "./words.js";

const pixels = (value) =>
  Math.abs(value) === 1 ? `${number(value)} pixel` : `${number(value)} pixels`;
const turned = (value) =>
  `${number(Math.abs(value))}°${value ? (value > 0 ? " right" : " left") : ""}`;

/** A slider turns clockwise when it goes right; `changed` counts degrees the other way. */
const SLIDERS = [
  { change: "right", label: "Move right", range: [-14, 14, 0.5], words: pixels },
  { change: "down", label: "Move down", range: [-14, 14, 0.5], words: pixels },
  { change: "rotation", label: "Turn", range: [-180, 180, 5], words: turned, sign: -1 },
  { change: "thickness", label: "Thicken", range: [-1, 3, 0.25], words: pixels },
  { change: "noise", label: "Noise", range: [0, 1, 0.05], words: (value) => number(value) },
];

/** A box to tick for MNIST’s preparation, and sliders for changes. */
export class Settings {
  /** @param {function(): void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    this.centre = element("input", { type: "checkbox", checked: true, onchange: () => onChange() });
    this.sliders = SLIDERS.map((slider) => this.#slider(slider));
    const centring = element(
      "label", { class: "drawing-tick" }, this.centre, "Centred and scaled, as in MNIST"
    );
    const rows = this.sliders.map(({ row }) => row);
    const reset = button("Reset", () => this.#reset());
    const summary = element("summary", {}, "Change what it sees");
    const fold = element("details", { class: "drawing-changes" }, summary, ...rows, reset);
    this.element = element("div", { class: "drawing-settings" }, centring, fold);
  }

  /**
   * Make of ink what the network reads.
   * @param {Float32Array} ink
   * @returns {Float32Array} 28 × 28.
   */
  prepared(ink) {
    return changed(this.centre.checked ? centred(ink) : asDrawn(ink), this.change);
  }

  /** What the sliders say, as `changed` takes it. */
  get change() {
    return Object.fromEntries(
      this.sliders.map(({ change, input, sign = 1 }) => [
        change, input.valueAsNumber && sign * input.valueAsNumber
      ]),
    );
  }

  #slider(slider) {
    const [min, max, step] = slider.range;
    const input = element("input", { type: "range", min, max, step, value: 0 });
    const output = element("span", { class: "drawing-value", "aria-hidden": "true" });
    const row = element(
      "label", { class: "drawing-slider" }, element("span", {}, slider.label), input, output
    );
    const tell = () => {
      output.textContent = slider.words(input.valueAsNumber);
      input.setAttribute("aria-valuetext", output.textContent);
    };
    input.addEventListener("input", () => {
      tell();
      this.onChange();
    });
    tell();
    return { ...slider, input, row, tell };
  }

  #reset() {
    for (const { input, tell } of this.sliders) {
      input.value = 0;
      tell();
    }
    this.onChange();
  }
}
