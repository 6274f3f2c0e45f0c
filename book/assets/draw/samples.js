// Things to put on the pad: digits that no network was trained on, and some that are no digits.
import { button, element } from "../live/elements.js";
import { randomNumbers } from "./changes.js";
import { PAD, SIDE } from "./preparation.js";

const LETTER = [[[75, 225], [140, 50], [205, 225]], [[98, 165], [182, 165]]];

/**
 * Build a group of buttons.
 * @param {import("./pad.js").Pad} pad
 * @param {{images: string, labels: number[], numbers: number[]}} digits
 * @returns {Element}
 */
export function samples(pad, { images, labels, numbers }) {
  const bytes = Uint8Array.from(atob(images), (character) => character.charCodeAt(0));
  const digits = labels.map((label, i) => {
    const image = Float32Array.from(
      bytes.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE), (byte) => byte / 255
    );
    const name = `${label}, validation image ${numbers[i]}`;
    const chosen = button("", () => pad.place(image), {
      "aria-label": name, title: name, class: "drawing-digit"
    });
    chosen.append(thumbnail(image));
    return chosen;
  });
  const others = [
    button("Letter A", () => pad.trace(LETTER)),
    button("Scribble", () => pad.trace([scribble()])),
    button("Noise", () => pad.place(noise())),
  ];
  const heading = element(
    "p", { class: "drawing-heading", id: "drawing-samples" }, "Put on the pad"
  );
  const [shelf, row] = [
    ["drawing-digits", digits], ["drawing-others", others]
  ].map(([name, buttons]) => element("div", { class: name }, ...buttons));
  return element(
    "div", { role: "group", "aria-labelledby": "drawing-samples" }, heading, shelf, row
  );
}

function thumbnail(image) {
  const canvas = element("canvas", { width: SIDE, height: SIDE, "aria-hidden": "true" });
  showGrey(canvas, image);
  return canvas;
}

/**
 * Show an image in grey, black for 0 and white for 1; what lies outside is cut off.
 * @param {HTMLCanvasElement} canvas SIDE × SIDE.
 * @param {Float32Array} image
 */
export function showGrey(canvas, image) {
  const picture = new ImageData(SIDE, SIDE);
  image.forEach((value, at) => {
    picture.data.fill(255 * value, 4 * at, 4 * at + 3); // the array rounds and cuts off
    picture.data[4 * at + 3] = 255;
  });
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

/** A line that winds about the middle of the pad. */
function scribble() {
  return Array.from({ length: 120 }, (_, i) => {
    const across = Math.sin(0.37 * i) + 0.5 * Math.cos(0.23 * i);
    const along = Math.cos(0.29 * i) + 0.5 * Math.sin(0.41 * i);
    return [PAD * (0.5 + 0.22 * across), PAD * (0.5 + 0.22 * along)];
  });
}

/** Greys drawn at random, each pixel by itself. */
function noise() {
  const uniform = randomNumbers(28);
  return Float32Array.from({ length: SIDE * SIDE }, uniform);
}
