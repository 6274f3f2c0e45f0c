// One number of the network and how it came about: what it sees of the drawing, and its arithmetic
// to check by hand.
import { button, element } from "../live/elements.js";
import { placeWords, written } from "./arithmetic.js";
import { FullyConnectedView } from "./connected.js";
import { ConvolutionView } from "./convolution.js";
import { explain } from "./inside.js";
import { placeIn } from "./steps.js";
import { Words, unseen } from "./tables.js";
import {
  AveragePoolingView, BatchNormView, MaxPoolingView, ReluView, UnknownView
} from "./views.js";

const VIEWS = {
  convolution: ConvolutionView,
  "batch norm": BatchNormView,
  relu: ReluView,
  "max pooling": MaxPoolingView,
  "average pooling": AveragePoolingView,
  "fully connected": FullyConnectedView,
};

/**
 * Build the look inside.
 * @param {Element} place
 * @param {{onChoose?: function(Choice): void, onClose?: function(): void}} options Told when the
 *   reader goes on to another number, or wants to see no more of this one.
 * @returns {Look}
 */
export function createLook(place, { onChoose = () => {}, onClose = () => {} } = {}) {
  return new Look(place, onChoose, onClose);
}

class Look {
  constructor(place, onChoose, onClose) {
    this.onChoose = onChoose;
    this.title = new Words();
    this.value = new Words();
    this.index = new Words();
    this.body = element("div", { class: "look-body" });
    const close = button("Close", onClose, { class: "look-close" });
    const value = element("span", { class: "look-value" }, this.value.node);
    const heading = element("h4", {}, element("span", {}, this.title.node), unseen(": "), value);
    const index = element(
      "p", { class: "look-index" }, "Counted from 1. In PyTorch, counted from 0: "
    );
    index.append(element("code", {}, this.index.node));
    const attributes = { class: "look", "aria-label": "How this number is computed", hidden: true };
    const head = element("div", { class: "look-head" }, heading, close);
    this.node = element("section", attributes, head, this.body, index);
    place.append(this.node);
  }

  /**
   * Show how a number is computed, or how it is now.
   * @param {Network} network
   * @param {Result} result
   * @param {Choice} choice
   */
  show(network, result, choice) {
    const layer = network.layers.find(({ name }) => name === choice.layer);
    const explanation = explain(network, result, layer, choice);
    const scene = { network, result, layer, choice, explanation };
    const [source] = explanation.sources;
    const size = source ? `${source.inputs.length} × ${source.inputs[0].length}` : "";
    if (this.layer !== layer || this.size !== size) {
      Object.assign(this, { layer, size });
      this.view = new (VIEWS[explanation.kind] ?? UnknownView)(scene, this.onChoose);
      this.body.replaceChildren(this.view.node);
    }
    this.node.hidden = false;
    this.title.set(`${layer.name}, ${placeWords(layer, choice, network.labels)}`);
    this.index.set(`${layer.name}[0, ${placeIn(layer.shape, choice).join(", ")}]`);
    const decimals = this.view.update(scene);
    this.value.set(written(explanation.value, decimals));
  }

  /** Show nothing. */
  hide() {
    this.node.hidden = true;
  }
}
