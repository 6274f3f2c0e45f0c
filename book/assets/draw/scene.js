// What all views of a number are made of: paragraphs, sums, links to other numbers, pictures.
import { button, element } from "../live/elements.js";
import { count, span, spotWords } from "./arithmetic.js";
import { magnitude } from "./colours.js";
import { Picture } from "./pictures.js";
import { SIDE } from "./preparation.js";
import { Words } from "./tables.js";

const FROM_DRAWING = "image";

/**
 * What there is to show.
 * @typedef {{network: Network, result: Result, layer: Object, choice: Choice, explanation:
 *   Explanation}} Scene
 */

/** A paragraph whose words follow the drawing. */
export function paragraph(name) {
  const words = new Words();
  const node = element("p", { class: name }, words.node);
  return { node, set: (text) => words.set(text) };
}

/** A sum in one line, and below it what there is to say about its rounding. */
export class Sum {
  constructor() {
    this.line = paragraph("look-sum");
    this.note = paragraph("look-note");
    this.node = element("div", {}, this.line.node, this.note.node);
  }

  set({ line, note }) {
    this.line.set(line);
    this.note.set(note);
  }
}

/** A button that leads to another number; it says which. */
export class NumberLink {
  constructor(onChoose, before = "") {
    this.words = new Words();
    this.node = button(before, () => onChoose(this.choice), { class: "look-link" });
    this.node.append(this.words.node);
  }

  set(layer, place) {
    this.choice = { layer: layer.name, ...place };
    this.words.set(spotWords(layer, place));
  }
}

/**
 * What a layer puts out, or the drawing as the network gets it; worked out once for every scene.
 * @param {Scene} scene
 * @param {string} name
 * @returns {{words: string, values: Float32Array, largest: number, shape: number[], layer:
 *   ?Object}}
 */
export function read(scene, name) {
  scene.reads ??= new Map();
  if (!scene.reads.has(name)) {
    const found = find(scene, name);
    scene.reads.set(name, { ...found, largest: magnitude(found.values) });
  }
  return scene.reads.get(name);
}

function find({ network, result }, name) {
  if (name === FROM_DRAWING) {
    return { words: "the drawing", values: result.input, shape: [1, SIDE, SIDE], layer: null };
  }
  const layer = network.layers.find((other) => other.name === name);
  return { words: name, values: result.activations.get(name), shape: layer.shape, layer };
}

/** Whether a shape is one of maps. */
export function isMap(shape) {
  return shape.length === 3 && shape[1] * shape[2] > 1;
}

/**
 * From the drawing to the layer below to this layer: what the number sees, what it is made of,
 * where it lies.
 */
export class Pictures {
  constructor(scene, onChoose) {
    const { layer, explanation } = scene;
    const source = explanation.sources[0];
    const below = source && read(scene, source.layer);
    this.drawing = new Picture(SIDE, SIDE);
    this.below =
      below?.layer && isMap(below.shape) ? new Picture(below.shape[1], below.shape[2]) : null;
    const onPoint = (row, column) => onChoose({ ...this.choice, row, column });
    this.own = isMap(layer.shape) ? new Picture(layer.shape[1], layer.shape[2], { onPoint }) : null;
    const shown = [this.drawing, this.below, this.own]
      .filter(Boolean)
      .map((picture) => picture.node);
    const arrow = () => element("span", { class: "look-arrow", "aria-hidden": "true" }, "→");
    const row = shown.flatMap((picture, i) => (i ? [arrow(), picture] : [picture]));
    this.node = element("div", { class: "look-pictures" }, ...row);
  }

  update(scene, source = scene.explanation.sources[0]) {
    const { result, layer, choice, explanation } = scene;
    const { field } = explanation;
    this.choice = choice;
    this.drawing.drawInk(result.image);
    this.drawing.frame(field);
    this.drawing.say(`seen of the drawing: ${fieldWords(field)}`, area(field, SIDE, SIDE));
    if (this.below) {
      const patch = { top: source.top, left: source.left, ...extent(source) };
      showMap(this.below, source.layer, read(scene, source.layer), source.channel, patch);
    }
    if (this.own) {
      const pixel = { top: choice.row, left: choice.column, height: 1, width: 1 };
      showMap(this.own, layer.name, read(scene, layer.name), choice.channel, pixel);
    }
  }
}

/** Show one channel of a layer, with a part framed. */
function showMap(picture, name, { values, largest, shape: [, height, width] }, channel, framed) {
  picture.drawSigned(values, channel * height * width, largest);
  picture.frame(framed);
  picture.say(`${name}, channel ${count(channel + 1)}`, area(framed, height, width));
}

function fieldWords({ height, width }) {
  return `${Math.min(height, SIDE)}\u00a0×\u00a0${Math.min(width, SIDE)} pixels`;
}

/** The rows and columns of a frame in words, without what lies beyond the border. */
export function area({ top, left, height, width }, rows, columns) {
  return `${span("row", top, height, rows)}, ${span("column", left, width, columns)}`;
}

/** Height and width of what a source covers. */
export function extent({ inputs, step: [down, across] }) {
  return { height: (inputs.length - 1) * down + 1, width: (inputs[0].length - 1) * across + 1 };
}

/** The place in the middle of a source, or of the numbers it covers the nearest. */
export function middle(source, [, height, width]) {
  const { height: covered, width: wide } = extent(source);
  const within = (value, size) => Math.max(0, Math.min(size - 1, value));
  return {
    channel: source.channel,
    row: within(source.top + Math.floor((covered - 1) / 2), height),
    column: within(source.left + Math.floor((wide - 1) / 2), width),
  };
}

/** Whether a source reaches over the border. */
export function isPadded({ inside }) {
  return inside.some((row) => row.includes(false));
}

/** A link to the same place in the layer below; null if that is the drawing. */
export function linkBelow(scene, onChoose) {
  const below = read(scene, scene.layer.inputs[0]).layer;
  return below && new NumberLink(onChoose, `Go on to ${below.name}, `);
}

/** A choice without its layer. */
export function placeOf({ channel, row, column }) {
  return { channel, row, column };
}
