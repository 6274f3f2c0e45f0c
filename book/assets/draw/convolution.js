// How a convolution computes a number: patch × kernel = products, the sums of all input channels,
// the bias.
import { element } from "../live/elements.js";
import {
  bracketed, count, decimalsFor, equals, rounded, roundingNote, sumLine, written
} from "./arithmetic.js";
import { magnitude } from "./colours.js";
import {
  Pictures, Sum, NumberLink, area, extent, isPadded, middle, paragraph, read
} from "./scene.js";
import { NumberCell, NumberTable, Words, scrolling, unseen } from "./tables.js";

const LISTED_SUMS = 12; // more than so many do not go into one line
const POINT = "Point at a number to see which three belong together.";

let groups = 0;

/** Patch × kernel = products, for one input channel. */
class PatchTimesKernel {
  constructor(height, width, name) {
    this.patch = new NumberTable(height, width);
    this.kernel = new NumberTable(height, width, { hideHeads: true });
    this.products = new NumberTable(height, width, { hideHeads: true });
    this.pair = paragraph("look-pair");
    this.tables = [this.patch, this.kernel, this.products];
    const sign = (text) => element("span", { class: "look-sign", "aria-hidden": "true" }, text);
    const signed = (text, table) =>
      element("div", { class: "look-signed" }, sign(text), table.node);
    const row = [this.patch.node, signed("×", this.kernel), signed("=", this.products)];
    const onpointerover = (event) => this.light(event.target);
    // a finger always leaves
    const onpointerleave = ({ pointerType }) => pointerType === "mouse" && this.light(null);
    const tables = element("div", { class: "look-tables", onpointerover, onpointerleave }, ...row);
    this.node = element("div", {}, scrolling(name, tables), this.pair.node);
  }

  set(source, below, kernelLargest) {
    const { inputs, weights, products, inside } = source;
    this.source = source;
    const from = below.layer ? `${below.words}, channel ${count(source.channel + 1)}` : below.words;
    this.patch.caption.set(`patch of ${from}`);
    this.kernel.caption.set("kernel");
    this.products.caption.set("products");
    this.patch.place(source.top, source.left, source.step, below.shape.slice(1));
    const decimals = [inputs, weights, products].map((numbers) => decimalsFor(numbers.flat()));
    this.patch.set(inputs, { decimals: decimals[0], largest: below.largest, inside });
    this.kernel.set(weights, { decimals: decimals[1], largest: kernelLargest });
    this.products.set(products, { decimals: decimals[2], largest: magnitude(products.flat()) });
    this.decimals = decimals;
    this.say();
  }

  /** Light up the three numbers that belong together. */
  light(target) {
    const [row, column] = this.find(target) ?? [-1, -1];
    this.lit = row < 0 ? null : [row, column];
    this.tables.forEach((table) =>
      table.cells.forEach((cells, i) =>
        cells.forEach((cell, j) => cell.mark("look-lit", i === row && j === column)),
      ),
    );
    this.say();
  }

  find(target) {
    for (const table of this.tables) {
      for (const [row, cells] of table.cells.entries()) {
        const column = cells.findIndex((cell) => cell.node === target);
        if (column >= 0) {
          return [row, column];
        }
      }
    }
    return null;
  }

  /** Write out the product that is lit. */
  say() {
    if (!this.lit) {
      this.pair.set(POINT);
      return;
    }
    const [row, column] = this.lit;
    const numbers = [this.source.inputs, this.source.weights, this.source.products].map(
      (plane) => plane[row][column],
    );
    const [input, weight, product] = this.decimals;
    const fromShown = rounded(numbers[0], input) * rounded(numbers[1], weight);
    const sign = equals(fromShown, numbers[2], product);
    const factors = `${written(numbers[0], input)} × ${bracketed(numbers[1], weight)}`;
    this.pair.set(`${factors} ${sign} ${written(numbers[2], product)}`);
  }
}

/** The sums of all input channels; the reader chooses whose products are shown. */
class ChannelSums {
  constructor(sources, onPick) {
    const group = `look-channel-${(groups += 1)}`;
    this.cells = sources.map((_, i) => {
      const attributes = {
        type: "radio", name: group, class: "draw-unseen", onchange: () => onPick(i)
      };
      const input = element("input", attributes);
      const channel = new Words();
      const name = element(
        "span", { class: "look-channel" }, unseen("channel "), channel.node, unseen(": ")
      );
      const number = element("span", { class: "look-sum-of" });
      const node = element("label", { class: "look-choice" }, input, name, number);
      return { input, node, channel, number: new NumberCell(number) };
    });
    const words = `The sums of all ${sources.length} input channels.`;
    const legend = element("legend", {}, `${words} Choose one to see its products.`);
    const labels = element("div", { class: "look-choices" }, ...this.cells.map(({ node }) => node));
    this.node = element("fieldset", { class: "look-sums" }, legend, labels);
  }

  set(sources, picked, decimals) {
    const largest = magnitude(sources.map(({ sum }) => sum));
    this.cells.forEach(({ node, channel, number }, i) => {
      channel.set(count(sources[i].channel + 1));
      number.set(sources[i].sum, decimals, largest);
      node.classList.toggle("look-picked", i === picked);
    });
    this.cells[picked].input.checked = true;
  }
}

/** The view of a number of a convolution. */
export class ConvolutionView {
  constructor(scene, onChoose) {
    const { layer, explanation } = scene;
    const { sources } = explanation;
    const [height, width] = [sources[0].inputs.length, sources[0].inputs[0].length];
    this.several = sources.length > 1;
    this.words = paragraph("look-words");
    this.pictures = new Pictures(scene, onChoose);
    this.arithmetic = new PatchTimesKernel(height, width, "Patch, kernel and products");
    this.products = new Sum();
    this.total = new Sum();
    this.padded = paragraph("look-note");
    this.sums = this.several ? new ChannelSums(sources, (i) => this.pick(i)) : null;
    const below = read(scene, layer.inputs[0]).layer;
    this.link =
      below && new NumberLink(onChoose, `Go on to the middle of the patch, ${below.name}, `);
    const one = [this.words, this.pictures, this.arithmetic, this.padded, this.products];
    const parts = [...one, this.sums, this.total, this.link].filter(Boolean);
    this.node = element("div", {}, ...parts.map((part) => part.node));
  }

  /** Show the products of one input channel, from now on. */
  pick(index) {
    this.chosen = this.picked = index;
    this.update(this.scene);
  }

  update(scene) {
    const { explanation, choice } = scene;
    if (!sameChoice(choice, this.scene?.choice)) {
      this.picked = this.chosen ?? largestSum(explanation.sources);
      this.kernelLargest = magnitude(explanation.sources.flatMap(({ weights }) => weights.flat()));
    }
    this.scene = scene;
    const source = explanation.sources[this.picked];
    const below = read(scene, source.layer);
    this.words.set(this.describe(scene, source, below));
    this.pictures.update(scene, source);
    this.arithmetic.set(source, below, this.kernelLargest);
    this.padded.set(isPadded(source) ? "Hatched: beyond the border, where the layer reads 0." : "");
    this.link?.set(below.layer, middle(source, below.shape));
    return this.addUp(explanation, source);
  }

  describe({ choice, network, explanation }, source, below) {
    const { sources, bias } = explanation;
    const [, rows, columns] = below.shape;
    const patch = { top: source.top, left: source.left, ...extent(source) };
    const where = `${area(patch, rows, columns)} of ${below.words}`;
    const planes = this.several
      ? ` has a plane of weights for each of ${sources.length} input channels. It`
      : "";
    const thenBias = bias === null ? "" : ", add the bias";
    const everywhere = this.several ? " in every plane" : "";
    return [
      `The kernel of channel ${count(choice.channel + 1)}${planes} lies on ${where}.`,
      `Multiply what lies on top of each other, add up${everywhere}${thenBias}.`,
      below.layer ? "" : normalisedWords(network),
    ].join(" ");
  }

  addUp({ sources, bias, value }, source) {
    const products = source.products.flat().map((product) => ({ value: product }));
    const withBias = bias === null ? [] : [{ value: bias, name: "bias" }];
    const decimals = this.arithmetic.decimals[2];
    if (!this.several) {
      this.products.set(sumLine([...products, ...withBias], value, decimals));
      return decimals;
    }
    const line = sumLine(products, source.sum, decimals);
    this.products.set({ ...line, line: `Channel ${count(source.channel + 1)}: ${line.line}` });
    return this.addChannels(sources, withBias, value);
  }

  addChannels(sources, withBias, value) {
    const sums = sources.map(({ sum }) => sum);
    const decimals = decimalsFor(sums);
    this.sums.set(sources, this.picked, decimals);
    if (sums.length <= LISTED_SUMS) {
      this.total.set(
        sumLine([...sums.map((sum) => ({ value: sum })), ...withBias], value, decimals),
      );
      return decimals;
    }
    const together = { value: add(sums), name: `all ${sums.length} sums` };
    const fromShown = add(sums.map((sum) => rounded(sum, decimals)));
    const { line, note } = sumLine([together, ...withBias], value, decimals);
    const differs = equals(fromShown, together.value, decimals) === "≈";
    this.total.set({
      line, note: differs ? roundingNote(fromShown, decimals, `all ${sums.length} sums`) : note
    });
    return decimals;
  }
}

function add(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function normalisedWords({ mean, std }) {
  const [paper, ink] = [0, 1].map((value) => written((value - mean) / std));
  return `The layer reads the drawing normalised: black paper is ${paper}, full ink ${ink}.`;
}

function sameChoice(one, other) {
  return (
    Boolean(one && other) &&
    ["layer", "channel", "row", "column"].every((part) => one[part] === other[part])
  );
}

function largestSum(sources) {
  return sources.reduce(
    (best, { sum }, i) => (Math.abs(sum) > Math.abs(sources[best].sum) ? i : best), 0
  );
}
