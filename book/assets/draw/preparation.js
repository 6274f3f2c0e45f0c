// From the pad’s ink to the 28 × 28 pixels that a network reads. Pure arithmetic, the same in every
// browser.

/** Pixels along a side of what a network reads. */
export const SIDE = 28;

/** Pixels along a side of the pad’s ink: ten for each that a network reads. */
export const PAD = 10 * SIDE;

const LONGER_SIDE = 20; // of a digit in MNIST

/**
 * Prepare ink as the makers of MNIST prepared theirs: cut out the digit, scale its longer side to
 * 20 pixels by area average, and move it by whole pixels until its centre of mass lies in the pixel
 * right below and beside the middle.
 * @param {Float32Array} ink PAD × PAD, by rows, 0 for paper and 1 for ink.
 * @returns {Float32Array} SIDE × SIDE, by rows.
 */
export function centred(ink) {
  const box = boundingBox(ink);
  return box ? placed(scaled(ink, box)) : new Float32Array(SIDE * SIDE);
}

/**
 * Prepare ink where it stands: area averages over the whole pad.
 * @param {Float32Array} ink PAD × PAD.
 * @returns {Float32Array} SIDE × SIDE.
 */
export function asDrawn(ink) {
  return areaAverages(ink, { left: 0, top: 0, width: PAD, height: PAD }, SIDE, SIDE);
}

/**
 * Find the smallest box that holds all ink.
 * @param {Float32Array} ink PAD × PAD.
 * @returns {{left: number, top: number, width: number, height: number} | null} Null for no ink.
 */
export function boundingBox(ink) {
  let [left, top, right, bottom] = [PAD, PAD, -1, -1];
  for (let row = 0, at = 0; row < PAD; row++) {
    for (let column = 0; column < PAD; column++, at++) {
      if (ink[at] > 0) {
        top = Math.min(top, row);
        bottom = row;
        left = Math.min(left, column);
        right = Math.max(right, column);
      }
    }
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

function scaled(ink, box) {
  const factor = LONGER_SIDE / Math.max(box.width, box.height);
  const [width, height] = [box.width, box.height].map((length) =>
    Math.max(1, Math.round(length * factor)),
  );
  return { pixels: areaAverages(ink, box, width, height), width, height };
}

/** Put a digit onto blank paper, its centre of mass in the pixel below and beside the middle. */
function placed({ pixels, width, height }) {
  const image = new Float32Array(SIDE * SIDE);
  const [right, down] = centreOfMass(pixels, width).map((centre) => SIDE / 2 - Math.floor(centre));
  for (let row = Math.max(0, -down); row < Math.min(height, SIDE - down); row++) {
    for (let column = Math.max(0, -right); column < Math.min(width, SIDE - right); column++) {
      image[(row + down) * SIDE + column + right] = pixels[row * width + column];
    }
  }
  return image;
}

/** Distances from the left and from the upper edge, in pixels. */
function centreOfMass(pixels, width) {
  let [mass, across, along] = [0, 0, 0];
  pixels.forEach((value, at) => {
    mass += value;
    across += value * ((at % width) + 0.5);
    along += value * (Math.floor(at / width) + 0.5);
  });
  return [across / mass, along / mass];
}

/** Average ink over the areas that the pixels of a smaller image cover. */
function areaAverages(ink, box, width, height) {
  const across = new Float64Array(width * box.height);
  const columns = cover(box.width, width);
  for (let row = 0; row < box.height; row++) {
    const start = (box.top + row) * PAD + box.left;
    columns.forEach(({ first, parts }, column) => {
      let sum = 0;
      for (let i = 0; i < parts.length; i++) {
        sum += parts[i] * ink[start + first + i];
      }
      across[row * width + column] = sum;
    });
  }
  const image = new Float32Array(width * height);
  cover(box.height, height).forEach(({ first, parts }, row) => {
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let i = 0; i < parts.length; i++) {
        sum += parts[i] * across[(first + i) * width + column];
      }
      image[row * width + column] = (sum * width * height) / (box.width * box.height);
    }
  });
  return image;
}

/**
 * For each of `count` equal parts of a length: the first unit that it touches, and how much of each
 * it covers.
 */
function cover(length, count) {
  return Array.from({ length: count }, (_, part) => {
    const [start, end] = [(part * length) / count, ((part + 1) * length) / count];
    const first = Math.floor(start);
    const last = Math.min(length, Math.ceil(end));
    const parts = Array.from({ length: last - first }, (_, i) =>
      Math.max(0, Math.min(end, first + i + 1) - Math.max(start, first + i)),
    );
    return { first, parts };
  });
}
