// The colours of the book's figures: blue negative, white zero, orange positive.

const STOPS = [
  [0x00, 0x3e, 0x73],
  [0x5a, 0xa5, 0xd6],
  [0xff, 0xff, 0xff],
  [0xf3, 0xa6, 0x5a],
  [0xc6, 0x52, 0x00],
];

/** Steps of colour on either side of zero. */
export const STEPS = 255;

/** The colours from −STEPS to STEPS, each as one element of the data of an image. */
export const SIGNED = new Uint32Array(2 * STEPS + 1);

/** Ink from 0 to 255 as white on black, likewise. */
export const GREYS = new Uint32Array(256);

/** Lines between maps, half transparent. */
export const LINE = new Uint32Array(new Uint8Array([0x80, 0x8c, 0x9b, 0x80]).buffer)[0];

const CELL_STEPS = 32;
const CELLS = [];

/** Return red, green and blue at a place from −1 to 1. */
function colourAt(place) {
  const along = (place + 1) * 2;
  const index = Math.min(3, Math.floor(along));
  return STOPS[index].map((from, i) =>
    Math.round(from + (STOPS[index + 1][i] - from) * (along - index)),
  );
}

/** Return black or white, whichever is read better on a colour. */
function textOn(colour) {
  const linear = colour.map((c) =>
    c <= 10.31475 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] < 0.179 ? "#fff" : "#000";
}

const bytes = new Uint8Array(SIGNED.buffer);
for (let i = 0; i < SIGNED.length; i += 1) {
  bytes.set([...colourAt(i / STEPS - 1), 255], 4 * i);
}
const greys = new Uint8Array(GREYS.buffer);
for (let i = 0; i < GREYS.length; i += 1) {
  greys.set([i, i, i, 255], 4 * i);
}
for (let i = -CELL_STEPS; i <= CELL_STEPS; i += 1) {
  const colour = colourAt(i / CELL_STEPS);
  CELLS.push({ background: `rgb(${colour})`, text: textOn(colour) });
}

/**
 * The colours of a cell with a number in it.
 * @param {number} value
 * @param {number} largest What the darkest colour stands for.
 * @returns {{background: string, text: string}} The same object for the same colours.
 */
export function cellColours(value, largest) {
  const level = largest > 0 ? Math.round((value / largest) * CELL_STEPS) : 0;
  return CELLS[CELL_STEPS + Math.max(-CELL_STEPS, Math.min(CELL_STEPS, level || 0))];
}

/** The largest size of any of the numbers, whatever their sign. */
export function magnitude(values) {
  let largest = 0;
  for (let i = 0; i < values.length; i += 1) {
    const size = Math.abs(values[i]);
    if (size > largest) {
      largest = size;
    }
  }
  return largest;
}
