// How layers without weights of their own for every input compute a number: batch norm, ReLU,
// pooling.
import { element } from "../live/elements.js";
import {
  batchNormSteps,
  count,
  decimalsFor,
  equals,
  kindWords,
  rounded,
  sumLine,
  times,
  written,
} from "./arithmetic.js";
import { Pictures, Sum, isPadded, middle, paragraph, placeOf, read, linkBelow } from "./scene.js";
import { NumberTable, Words, scrolling } from "./tables.js";

/** The view of a number of batch normalisation. */
export class BatchNormView {
  constructor(scene, onChoose) {
    const from = scene.layer.inputs[0];
    const words =
      "Batch normalisation shifts and stretches all numbers of a channel in the same way. Mean" +
      " and variance were kept while training, scale and shift were learned. The number is the one" +
      ` at the same place of ${from}.`;
    this.pictures = new Pictures(scene, onChoose);
    this.rows = stepsOf(scene.explanation).map(({ rule }, i) => {
      const line = new Words();
      const head = element("th", { scope: "row" }, `${i + 1}. ${rule}`);
      return { line, node: element("tr", {}, head, element("td", {}, line.node)) };
    });
    this.link = linkBelow(scene, onChoose);
    this.node = element(
      "div",
      {},
      element("p", { class: "look-words" }, words),
      this.pictures.node,
      scrolling("Steps of batch normalisation", stepsTable(this.rows.map(({ node }) => node))),
      this.link?.node ?? null,
    );
  }

  update(scene) {
    const { explanation, choice } = scene;
    const [source] = explanation.sources;
    this.pictures.update(scene);
    stepsOf(explanation).forEach(({ line }, i) => this.rows[i].line.set(line));
    this.link?.set(read(scene, source.layer).layer, placeOf(choice));
    return decimalsFor([explanation.value]);
  }
}

function stepsOf({ sources: [{ inputs }], normalisation, value }) {
  return batchNormSteps(inputs[0][0], normalisation, value);
}

function stepsTable(rows) {
  const head = ["step", "with numbers"].map((words) => element("th", { scope: "col" }, words));
  const caption = element("caption", {}, "batch normalisation, step by step");
  const parts = [
    caption, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)
  ];
  return element("table", { class: "look-steps" }, ...parts);
}

/** The view of a number of ReLU. */
export class ReluView {
  constructor(scene, onChoose) {
    this.words = paragraph("look-words");
    this.pictures = new Pictures(scene, onChoose);
    this.line = paragraph("look-sum");
    this.link = linkBelow(scene, onChoose);
    const parts = [this.words, this.pictures, this.line, this.link].filter(Boolean);
    this.node = element("div", {}, ...parts.map((part) => part.node));
  }

  update(scene) {
    const { explanation, choice, layer } = scene;
    const [source] = explanation.sources;
    const input = source.inputs[0][0];
    const decimals = decimalsFor([input]);
    const whatFollows =
      input > 0 ? "positive: it goes on as it is" : "not positive: 0 takes its place";
    this.words.set(
      `ReLU reads the number at the same place of ${layer.inputs[0]}. This one is ${whatFollows}.`,
    );
    this.pictures.update(scene);
    this.line.set(`max(0, ${written(input, decimals)}) = ${written(explanation.value, decimals)}`);
    this.link?.set(read(scene, source.layer).layer, placeOf(choice));
    return decimals;
  }
}

/** What max and average pooling have in common. */
class PoolingView {
  constructor(scene, onChoose) {
    const { inputs } = scene.explanation.sources[0];
    this.words = paragraph("look-words");
    this.pictures = new Pictures(scene, onChoose);
    this.table = new NumberTable(inputs.length, inputs[0].length);
    this.padded = paragraph("look-note");
    this.sum = new Sum();
    this.link = linkBelow(scene, onChoose);
    const patch = scrolling("Patch", this.table.node);
    const parts = [this.padded, this.sum, this.link].filter(Boolean).map((part) => part.node);
    this.node = element("div", {}, this.words.node, this.pictures.node, patch, ...parts);
  }

  update(scene) {
    const { explanation } = scene;
    const [source] = explanation.sources;
    const { inside } = source;
    const below = read(scene, source.layer);
    const inputs = counted(source, explanation.count);
    const numbers = inputs.flat().filter((number) => number !== null);
    const decimals = decimalsFor(numbers);
    const beyond = inputs.flat().includes(null) ? "and does not count" : "where the layer reads 0";
    this.padded.set(isPadded(source) ? `Hatched: beyond the border, ${beyond}.` : "");
    this.pictures.update(scene);
    this.table.caption.set(`patch of ${below.words}, channel ${count(source.channel + 1)}`);
    this.table.place(source.top, source.left, source.step, below.shape.slice(1));
    this.table.set(inputs, {
      decimals, largest: below.largest, inside, winner: explanation.winner
    });
    this.link?.set(below.layer, this.next(scene, source, below));
    return this.conclude(scene, source, numbers, decimals);
  }
}

/** The numbers that a pooling reads: null beyond the border, unless an average counts it. */
function counted({ inputs, inside }, count) {
  const within = inside.flat().filter(Boolean).length;
  return count > within
    ? inputs
    : inputs.map((row, i) => row.map((number, j) => (inside[i][j] ? number : null)));
}

/** The view of a number of max pooling. */
export class MaxPoolingView extends PoolingView {
  conclude({ layer, explanation }, source, numbers, decimals) {
    const size = times([source.inputs.length, source.inputs[0].length]);
    const where = this.winning(source, explanation.winner);
    const place = `row ${where.row + 1}, column ${where.column + 1}`;
    this.words.set(
      `Of ${size} numbers of ${layer.inputs[0]} the largest goes on (framed): ${place}.`,
    );
    const listed = numbers.map((number) => written(number, decimals)).join(", ");
    this.sum.set({ line: `max(${listed}) = ${written(explanation.value, decimals)}`, note: "" });
    return decimals;
  }

  winning({ channel, top, left, step: [down, across] }, { row, column }) {
    return { channel, row: top + row * down, column: left + column * across };
  }

  next({ explanation }, source) {
    return this.winning(source, explanation.winner);
  }
}

/** The view of a number of average pooling. */
export class AveragePoolingView extends PoolingView {
  conclude({ layer, explanation }, source, numbers, decimals) {
    const { value, count: divisor } = explanation;
    const total = numbers.reduce((sum, number) => sum + number, 0);
    const from = `${layer.inputs[0]}, channel ${count(source.channel + 1)}`;
    this.words.set(
      `The average of ${count(divisor)} numbers of ${from}: add up, divide by ${count(divisor)}.`,
    );
    const { line, note } = sumLine(numbers.map((number) => ({ value: number })), total, decimals);
    const places = Math.max(decimals, decimalsFor([value]));
    const sign = equals(rounded(total, decimals) / divisor, value, places);
    const quotient = `${written(total, decimals)} / ${divisor} ${sign} ${written(value, places)}`;
    this.sum.set({ line: `${line}; ${quotient}`, note });
    return places;
  }

  next(scene, source, below) {
    return middle(source, below.shape);
  }
}

/** The view of a number that this page cannot take apart. */
export class UnknownView {
  constructor({ layer }) {
    this.words = paragraph("look-words");
    this.kind = kindWords(layer);
    this.node = this.words.node;
  }

  update({ explanation }) {
    const decimals = decimalsFor([explanation.value]);
    const value = written(explanation.value, decimals);
    const sorry = `How a layer of the kind “${this.kind}” does that, this page cannot show.`;
    this.words.set(`The network computed ${value} here. ${sorry}`);
    return decimals;
  }
}
