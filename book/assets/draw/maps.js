// All that the network computed: for every layer one picture of all its maps, in which a number can
// be chosen.
import { element } from "../live/elements.js";
import { decimalsFor, kindWords, placeWords, shapeWords, written } from "./arithmetic.js";
import { LINE, SIGNED, STEPS, magnitude } from "./colours.js";
import { asMaps, placeOfIndex } from "./steps.js";

const KEYS_HELP =
  "Arrow keys choose a number, Page Up and Page Down another map, Home and End the first and last" +
  " map.";
const LEGEND =
  "Orange is positive, blue negative, white zero. In each layer, the darkest colour stands for" +
  " its largest number, whatever the sign.";
const INVITATION =
  "Choose any place in any map, with the mouse, a finger or the arrow keys: how its number is" +
  " computed opens below it.";

const ROOMY = 560; // pixels of the page, from which on maps are drawn larger

let helps = 0;

/**
 * A chosen number. @typedef {{layer: string, channel: number, row: number, column: number}} Choice
 */

/**
 * Build the maps of all layers.
 * @param {Element} place
 * @param {{onChoose?: function(Choice|null): void}} options Told what is chosen, and null when
 *   nothing is any more.
 * @returns {Maps}
 */
export function createMaps(place, { onChoose = () => {} } = {}) {
  return new Maps(place, onChoose);
}

class Maps {
  constructor(place, onChoose) {
    this.onChoose = onChoose;
    this.helpId = `maps-help-${(helps += 1)}`;
    this.spoken = element("p", { class: "maps-spoken draw-unseen", role: "status" });
    this.list = element("div", { class: "maps-layers" });
    const help = element("p", { class: "draw-unseen", id: this.helpId }, KEYS_HELP);
    const words = element("p", { class: "maps-words" }, `${LEGEND} ${INVITATION}`);
    this.node = element("div", { class: "maps" }, words, help, this.list, this.spoken);
    this.layers = new Map();
    this.choice = null;
    place.append(this.node);
    new ResizeObserver(() => this.arrange()).observe(this.list);
  }

  /**
   * Draw what a network computed. A number that was chosen stays so where the network has such a
   * place.
   * @param {Network} network
   * @param {Result} result
   */
  show(network, result) {
    this.result = result;
    if (network !== this.network) {
      this.rebuild(network);
    }
    for (const layer of this.layers.values()) {
      layer.draw(result.activations.get(layer.name));
    }
  }

  /**
   * Choose a number, counted from 0: frame it, say it, tell whoever asked to be told.
   * @param {string} layer
   * @param {number} channel
   * @param {number} row
   * @param {number} column
   */
  choose(layer, channel, row = 0, column = 0) {
    const map = this.layers.get(layer);
    const goesOn = layer !== this.choice?.layer;
    if (map?.has({ channel, row, column })) {
      this.take(map, { layer, channel, row, column });
    }
    if (map && goesOn) {
      map.reveal();
    }
  }

  /** Choose what a layer has; its maps stay where they are in the window. */
  take(map, choice) {
    map.stay(() => {
      this.frame(choice);
      this.spoken.textContent = map.sentence(choice);
      this.onChoose(choice);
    });
  }

  /** Choose nothing. */
  clear() {
    this.frame(null);
    this.spoken.textContent = "";
    this.onChoose(null);
  }

  /** Keep an element below the layer in which a number is chosen: what is said about the number. */
  hold(node) {
    this.held = node;
    this.settle();
  }

  frame(choice) {
    this.layers.get(this.choice?.layer)?.frame(null);
    this.choice = choice;
    this.layers.get(choice?.layer)?.frame(choice);
    this.settle();
  }

  /** Bring what is held to where it belongs; what had the keyboard keeps it. */
  settle() {
    const home = this.layers.get(this.choice?.layer)?.node ?? this.node;
    if (this.held && this.held.parentNode !== home) {
      const focused = this.held.contains(document.activeElement) ? document.activeElement : null;
      home.append(this.held);
      focused?.focus({ preventScroll: true });
    }
  }

  rebuild(network) {
    const { choice } = this;
    this.frame(null);
    this.network = network;
    const shown = network.layers.filter((layer) => this.result.activations.has(layer.name));
    const take = (map, place) => this.take(map, { layer: map.name, ...place });
    const layers = shown.map((layer) => new LayerMaps(layer, network.labels, this.helpId, take));
    this.layers = new Map(layers.map((layer) => [layer.name, layer]));
    this.list.replaceChildren(...layers.map((layer) => layer.node));
    this.arrange();
    if (this.layers.get(choice?.layer)?.has(choice)) {
      this.frame(choice);
      this.onChoose(choice);
    } else if (choice) {
      this.clear();
    }
  }

  arrange() {
    const width = this.list.clientWidth;
    if (width && this.network) {
      this.layers.forEach((layer) => layer.arrange(width));
    }
  }
}

/** One layer: a heading, what it is in words, and all its maps on one canvas. */
class LayerMaps {
  constructor(layer, labels, helpId, take) {
    Object.assign(this, { layer, labels, take, name: layer.name, chosen: null });
    const [channels, height, width] = asMaps(layer.shape);
    this.grid = { channels, height, width, gap: height * width > 1 ? 1 : 0 };
    this.range = document.createTextNode("");
    this.canvas = element("canvas", {
      tabindex: "0",
      role: "application",
      "aria-label": `${this.name}: ${kindWords(layer)}, ${shapeWords(layer)}`,
      "aria-describedby": helpId,
      onclick: (event) => this.pointed(event),
      onkeydown: (event) => this.pressed(event),
    });
    this.mapFrame = element("div", { class: "maps-frame maps-frame-map", hidden: true });
    this.pixelFrame = element("div", { class: "maps-frame maps-frame-pixel", hidden: true });
    this.wrapper = element(
      "div", { class: "maps-canvas" }, this.canvas, this.mapFrame, this.pixelFrame
    );
    this.context = this.canvas.getContext("2d");
    const words = element("p", { class: "maps-range" }, `${shapeWords(layer)}, `, this.range);
    const heading = element(
      "h3", {}, this.name, element("span", { class: "maps-kind" }, ` ${this.kind()}`)
    );
    this.node = element(
      "div", { class: "maps-layer" }, heading, words, this.wrapper, this.captions()
    );
  }

  /** What stands beside the name; nothing where the name says it. */
  kind() {
    const words = kindWords(this.layer);
    return this.name.toLowerCase().startsWith(words.toLowerCase()) ? "" : words;
  }

  /** The classes below the logits. */
  captions() {
    const few =
      this.layer.output === "logits" &&
      this.grid.channels === this.labels.length &&
      this.labels.length <= 10;
    const names = few ? this.labels.map((label) => element("span", {}, label)) : [];
    return element("div", { class: "maps-captions", "aria-hidden": "true" }, ...names);
  }

  has({ channel, row, column }) {
    const { channels, height, width } = this.grid;
    return (
      channel >= 0 &&
      channel < channels &&
      row >= 0 &&
      row < height &&
      column >= 0 &&
      column < width
    );
  }

  /** Lay the maps out in as few rows as the width allows. */
  arrange(available) {
    const { grid } = this;
    const zoom = zoomOf(grid, available);
    const most = Math.max(1, Math.floor((available / zoom - grid.gap) / (grid.width + grid.gap)));
    const rows = Math.ceil(grid.channels / most);
    const columns = Math.ceil(grid.channels / rows);
    if (grid.columns === columns && this.zoom === zoom) {
      return;
    }
    grid.columns = columns;
    this.zoom = zoom;
    this.canvas.width = columns * (grid.width + grid.gap) + grid.gap;
    this.canvas.height = rows * (grid.height + grid.gap) + grid.gap;
    this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    if (grid.gap) {
      rule(this.pixels, this.canvas.width, grid);
    }
    this.canvas.style.imageRendering = Number.isInteger(zoom * window.devicePixelRatio)
      ? ""
      : "auto";
    this.wrapper.style.width = `${this.canvas.width * zoom}px`;
    this.node.style.setProperty("--maps-zoom", `${zoom}px`);
    if (this.values) {
      this.draw(this.values);
    }
    this.frame(this.chosen);
  }

  /** Draw all maps; the buffer is read now and whenever the layout changes. */
  draw(values) {
    this.values = values;
    if (!this.image) {
      return;
    }
    const largest = magnitude(values);
    paint(this.pixels, this.canvas.width, values, this.grid, largest > 0 ? STEPS / largest : 0);
    this.context.putImageData(this.image, 0, 0);
    const words = `largest ${written(largest)}`;
    if (this.range.data !== words) {
      this.range.data = words;
    }
  }

  /** Frame a number and its map. */
  frame(choice) {
    this.chosen = choice;
    this.mapFrame.hidden = this.pixelFrame.hidden = !choice;
    if (choice && this.image) {
      const { left, top } = corner(this.grid, choice.channel);
      const { width, height } = this.grid;
      this.put(this.mapFrame, left, top, width, height);
      this.put(this.pixelFrame, left + choice.column, top + choice.row, 1, 1);
    }
  }

  /** Lay a frame over a part of the canvas, given in numbers. */
  put(frame, left, top, width, height) {
    const { canvas } = this;
    Object.assign(frame.style, {
      left: `${(100 * left) / canvas.width}%`,
      top: `${(100 * top) / canvas.height}%`,
      width: `${(100 * width) / canvas.width}%`,
      height: `${(100 * height) / canvas.height}%`,
    });
  }

  /** Do something to the page above or below without moving this canvas away from the pointer. */
  stay(change) {
    const before = this.canvas.getBoundingClientRect().top;
    change();
    window.scrollBy({ top: this.canvas.getBoundingClientRect().top - before, behavior: "instant" });
  }

  /** Scroll to the framed number, if it is out of sight. */
  reveal() {
    this.pixelFrame.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** “conv1, channel 3 of 32, row 5, column 7: 1.24” */
  sentence(choice) {
    const value = this.values[this.index(choice)];
    const place = placeWords(this.layer, choice, this.labels);
    return `${this.name}, ${place}: ${written(value, decimalsFor([value]))}`;
  }

  index({ channel, row, column }) {
    return (channel * this.grid.height + row) * this.grid.width + column;
  }

  pointed(event) {
    const box = this.canvas.getBoundingClientRect();
    const across = ((event.clientX - box.left) / box.width) * this.canvas.width;
    const down = ((event.clientY - box.top) / box.height) * this.canvas.height;
    const place = placeAt(this.grid, across, down);
    if (place) {
      this.take(this, place);
    }
  }

  pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const place = this.chosen ? moved(this.grid, this.chosen, event.key) : this.first(event.key);
    if (place) {
      event.preventDefault();
      this.take(this, place);
      this.reveal();
    }
  }

  /** Where the keyboard begins: at the number of the largest size. */
  first(key) {
    const begins =
      key === "Enter" || key === " " || moved(this.grid, { channel: 0, row: 0, column: 0 }, key);
    return begins ? this.largest() : null;
  }

  /** The place of the number of the largest size. */
  largest() {
    let best = 0;
    this.values.forEach((value, i) => {
      best = Math.abs(value) > Math.abs(this.values[best]) ? i : best;
    });
    return placeOfIndex(this.layer.shape, best);
  }
}

/** How many pixels of the page a number takes. */
function zoomOf({ channels, height, width }, available) {
  if (height * width === 1) {
    return channels <= 16 ? 28 : 10;
  }
  const [large, middling, small] = available < ROOMY ? [1.5, 2, 3] : [2, 3, 4];
  return width >= 24 ? large : width >= 8 ? middling : small;
}

/** Draw the lines around all maps; they let the page's own ground shine through. */
function rule(pixels, across, grid) {
  const { channels, height, width } = grid;
  for (let channel = 0; channel < channels; channel += 1) {
    const { left, top } = corner(grid, channel);
    for (let row = top - 1; row <= top + height; row += 1) {
      pixels.fill(LINE, row * across + left - 1, row * across + left + width + 1);
    }
  }
}

/** The upper left corner of a channel's map on the canvas. */
function corner({ columns, width, height, gap }, channel) {
  return {
    left: gap + (channel % columns) * (width + gap),
    top: gap + Math.floor(channel / columns) * (height + gap),
  };
}

/** Colour the maps, row by row. */
function paint(pixels, across, values, grid, scale) {
  const { channels, height, width } = grid;
  let from = 0;
  for (let channel = 0; channel < channels; channel += 1) {
    const { left, top } = corner(grid, channel);
    for (let row = 0; row < height; row += 1) {
      let to = (top + row) * across + left;
      for (const end = to + width; to < end; to += 1, from += 1) {
        pixels[to] = SIGNED[(values[from] * scale + (STEPS + 0.5)) | 0];
      }
    }
  }
}

/** The number at a point of the canvas, or the nearest one; null beyond the last map. */
function placeAt(grid, across, down) {
  const clamp = (value, most) => Math.max(0, Math.min(most, Math.floor(value)));
  const { columns, width, height, gap, channels } = grid;
  const [mapColumn, mapRow] = [
    clamp(across / (width + gap), columns - 1), clamp(down / (height + gap), Infinity)
  ];
  const channel = Math.min(mapRow, Math.ceil(channels / columns) - 1) * columns + mapColumn;
  const { left, top } = corner(grid, channel);
  return channel < channels
    ? { channel, row: clamp(down - top, height - 1), column: clamp(across - left, width - 1) }
    : null;
}

/** Where a key leads from a place; null if it is no key for moving. */
function moved({ channels, height, width, columns }, { channel, row, column }, key) {
  const single = height * width === 1;
  const [right, down] = single ? [0, 0] : [1, 1];
  const steps = {
    ArrowRight: [single ? 1 : 0, 0, right],
    ArrowLeft: [single ? -1 : 0, 0, -right],
    ArrowDown: [single ? columns : 0, down, 0],
    ArrowUp: [single ? -columns : 0, -down, 0],
    PageDown: [1, 0, 0],
    PageUp: [-1, 0, 0],
    Home: [-channels, 0, 0],
    End: [channels, 0, 0],
  };
  if (!(key in steps)) {
    return null;
  }
  const within = (value, size) => Math.max(0, Math.min(size - 1, value));
  const [channelStep, rowStep, columnStep] = steps[key];
  return {
    channel: within(channel + channelStep, channels),
    row: within(row + rowStep, height),
    column: within(column + columnStep, width),
  };
}
