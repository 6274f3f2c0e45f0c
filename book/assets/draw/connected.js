// How a fully connected layer computes a number: its largest products, and what each place of the
// maps adds.
import { element } from "../live/elements.js";
import { count, decimalsFor, sumLine, times } from "./arithmetic.js";
import { magnitude } from "./colours.js";
import { Picture } from "./pictures.js";
import { Sum, NumberLink, isMap, read } from "./scene.js";
import { placeOfIndex } from "./steps.js";
import { NumberCell, NumberTable, Words, scrolling } from "./tables.js";

const LARGEST_TERMS = 10;
const LARGEST_TABLE = 8; // rows and columns

/** A row of the largest products: where the activation lies, activation × weight = product. */
class TermRow {
  constructor(below, onChoose) {
    this.below = below;
    this.link = below.layer ? new NumberLink(onChoose) : null;
    this.place = new Words();
    this.numbers = [0, 1, 2].map(() => new NumberCell(element("td")));
    const where = element("th", { scope: "row" }, this.link ? this.link.node : this.place.node);
    this.node = element("tr", {}, where, ...this.numbers.map((cell) => cell.node));
  }

  set(place, numbers, decimals, largest) {
    if (this.link) {
      this.link.set(this.below.layer, place);
    } else {
      this.place.set(`row ${place.row + 1}, column ${place.column + 1}`);
    }
    this.numbers.forEach((cell, i) => cell.set(numbers[i], decimals[i], largest[i]));
  }
}

/** The ten largest products, and what the others add up to. */
class Terms {
  constructor(below, size, onChoose) {
    const shown = Math.min(LARGEST_TERMS, size);
    this.rows = Array.from({ length: shown }, () => new TermRow(below, onChoose));
    const head = [`number of ${below.words}`, "activation", "weight", "product"];
    const columns = element(
      "tr", {}, ...head.map((words) => element("th", { scope: "col" }, words))
    );
    const caption = element(
      "caption", {}, `the ${shown} largest of ${count(size)} products, whatever their sign`
    );
    const parts = [
      element("thead", {}, columns), element("tbody", {}, ...this.rows.map(({ node }) => node))
    ];
    this.node = scrolling(
      "Largest products", element("table", { class: "look-terms" }, caption, ...parts)
    );
  }

  set({ activations, weights, products, shape }, order, decimals) {
    const largest = [activations, weights, products].map((values) =>
      magnitude(order.map((i) => values[i])),
    );
    const places = [decimalsFor([largest[0]]), decimalsFor([largest[1]]), decimals];
    order.forEach((at, i) =>
      this.rows[i].set(
        placeOfIndex(shape, at), [activations[at], weights[at], products[at]], places, largest
      ),
    );
  }
}

/** The indices of the numbers of the largest size, the largest first. */
function largestOf(values, howMany) {
  const best = [];
  for (let i = 0; i < values.length; i += 1) {
    const size = Math.abs(values[i]);
    if (best.length < howMany || size > Math.abs(values[best.at(-1)])) {
      let at = best.length;
      while (at > 0 && size > Math.abs(values[best[at - 1]])) {
        at -= 1;
      }
      best.splice(at, 0, i);
      best.length = Math.min(best.length, howMany);
    }
  }
  return best;
}

/**
 * What every place of the maps adds, over all channels: as numbers where there are few, otherwise
 * as a picture.
 */
class Contributions {
  constructor([channels, height, width]) {
    Object.assign(this, { height, width });
    this.sums = new Float64Array(height * width);
    this.table =
      height <= LARGEST_TABLE && width <= LARGEST_TABLE ? new NumberTable(height, width) : null;
    this.picture = this.table ? null : new Picture(height, width);
    const products = channels > 1 ? `: its products in all ${channels} channels` : "";
    const caption = `what each place adds${products}`;
    this.table?.caption.set(caption);
    this.picture?.say(caption);
    this.picture?.frame(null);
    this.node = this.table ? scrolling("What each place adds", this.table.node) : this.picture.node;
  }

  set(products, decimals) {
    const { sums, width } = this;
    sums.fill(0);
    products.forEach((product, i) => (sums[i % sums.length] += product));
    const largest = magnitude(sums);
    if (this.table) {
      const rows = Array.from({ length: this.height }, (_, row) =>
        sums.subarray(row * width, (row + 1) * width),
      );
      this.table.set(rows, { decimals, largest });
    } else {
      this.picture.drawSigned(sums, 0, largest);
    }
  }
}

/** The view of a number of a fully connected layer. */
export class FullyConnectedView {
  constructor(scene, onChoose) {
    const { explanation } = scene;
    const { shape, products, layer: from } = explanation.terms;
    const below = read(scene, from);
    const size =
      shape.length > 1
        ? `${times(shape)} = ${count(products.length)}`
        : `${count(products.length)}`;
    const steps = `Multiply, add up${explanation.bias === null ? "" : ", add the bias"}.`;
    const weights = `This number has a weight for every number of ${below.words}, ${size} of them.`;
    const words = `${weights} ${steps}`;
    this.terms = new Terms(below, products.length, onChoose);
    this.sum = new Sum();
    this.contributions = isMap(shape) ? new Contributions(shape) : null;
    const tables = [this.terms, this.contributions].filter(Boolean).map((part) => part.node);
    const side = element("div", { class: "look-beside" }, ...tables);
    this.node = element(
      "div", {}, element("p", { class: "look-words" }, words), side, this.sum.node
    );
  }

  update({ explanation }) {
    const { terms, value } = explanation;
    const order = largestOf(terms.products, LARGEST_TERMS);
    const decimals = decimalsFor([terms.products[order[0]]]);
    this.terms.set(terms, order, decimals);
    this.sum.set(sumLine(this.parts(explanation, order), value, decimals));
    this.contributions?.set(terms.products, decimals);
    return decimals;
  }

  parts({ terms: { products }, bias, sum }, order) {
    const largest = order.map((i) => ({ value: products[i] }));
    const inOrder = largest.reduce((total, part) => total + part.value, 0);
    const others = sum - (bias ?? 0) - inOrder;
    const rest = products.length - order.length;
    const together = rest ? [{ value: others, name: `the other ${count(rest)}` }] : [];
    return [...largest, ...together, ...(bias === null ? [] : [{ value: bias, name: "bias" }])];
  }
}
