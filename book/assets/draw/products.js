// Rows of weights times vectors, where a network spends its time.
// Several rows at once, so that each number of a vector is fetched once for all of them. Zeros, of
// which ReLU and padding leave many, are passed over: `places` says where in the vector the numbers
// in `values` stood. Sums are in double precision. At the end of the rows some are computed twice.

/**
 * Find the numbers of a vector that are not zero.
 * @param {Float32Array} data
 * @param {number} start Of the vector in `data`.
 * @param {Float64Array} values Where the numbers go; as long as the vector.
 * @param {Int32Array} places Where their places go.
 * @returns {number} How many there are.
 */
export function compress(data, start, values, places) {
  let used = 0;
  for (let index = 0; index < values.length; index++) {
    const value = data[start + index];
    if (value !== 0) {
      values[used] = value;
      places[used++] = index;
    }
  }
  return used;
}

/**
 * Multiply a matrix of weights, row behind row, with a vector.
 * @param {Float32Array} weights
 * @param {?Float32Array} bias One number for each row.
 * @param {{values: Float64Array, places: Int32Array, used: number}} vector As `compress` leaves it.
 * @param {Float32Array} out
 * @param {number} start Where the first sum belongs in `out`.
 * @param {number} count How many rows there are.
 */
export function rowsTimesVector(weights, bias, { values, places, used }, out, start, count) {
  const length = values.length;
  const last = count - 1;
  for (let row = 0; row <= last; row += 8) {
    const atA = row * length;
    const atB = Math.min(row + 1, last) * length;
    const atC = Math.min(row + 2, last) * length;
    const atD = Math.min(row + 3, last) * length;
    const atE = Math.min(row + 4, last) * length;
    const atF = Math.min(row + 5, last) * length;
    const atG = Math.min(row + 6, last) * length;
    const atH = Math.min(row + 7, last) * length;
    let sumA = 0;
    let sumB = 0;
    let sumC = 0;
    let sumD = 0;
    let sumE = 0;
    let sumF = 0;
    let sumG = 0;
    let sumH = 0;
    for (let index = 0; index < used; index++) {
      const value = values[index];
      const place = places[index];
      sumA += weights[atA + place] * value;
      sumB += weights[atB + place] * value;
      sumC += weights[atC + place] * value;
      sumD += weights[atD + place] * value;
      sumE += weights[atE + place] * value;
      sumF += weights[atF + place] * value;
      sumG += weights[atG + place] * value;
      sumH += weights[atH + place] * value;
    }
    out[start + row] = sumA;
    out[start + Math.min(row + 1, last)] = sumB;
    out[start + Math.min(row + 2, last)] = sumC;
    out[start + Math.min(row + 3, last)] = sumD;
    out[start + Math.min(row + 4, last)] = sumE;
    out[start + Math.min(row + 5, last)] = sumF;
    out[start + Math.min(row + 6, last)] = sumG;
    out[start + Math.min(row + 7, last)] = sumH;
  }
  for (let row = 0; bias && row < count; row++) {
    out[start + row] += bias[row];
  }
}

/**
 * Multiply some rows of a matrix with two vectors that have their zeros in the same places.
 * @param {Float32Array} weights
 * @param {?Float32Array} bias
 * @param {{left: Float64Array, right: Float64Array, places: Int32Array, used: number}} vectors
 * @param {Float32Array} out
 * @param {{first: number, count: number, left: number, right: number, stride: number}} range Which
 *   rows; where the sums of row 0 with either vector belong in `out`, and how far those of the next
 *   row are.
 */
export function rowsTimesTwoVectors(weights, bias, { left, right, places, used }, out, range) {
  const length = places.length;
  const last = range.first + range.count - 1;
  for (let a = range.first; a <= last; a += 4) {
    const b = Math.min(a + 1, last);
    const c = Math.min(a + 2, last);
    const d = Math.min(a + 3, last);
    const atA = a * length;
    const atB = b * length;
    const atC = c * length;
    const atD = d * length;
    let leftA = bias ? bias[a] : 0;
    let leftB = bias ? bias[b] : 0;
    let leftC = bias ? bias[c] : 0;
    let leftD = bias ? bias[d] : 0;
    let rightA = leftA;
    let rightB = leftB;
    let rightC = leftC;
    let rightD = leftD;
    for (let index = 0; index < used; index++) {
      const one = left[index];
      const two = right[index];
      const place = places[index];
      let weight = weights[atA + place];
      leftA += weight * one;
      rightA += weight * two;
      weight = weights[atB + place];
      leftB += weight * one;
      rightB += weight * two;
      weight = weights[atC + place];
      leftC += weight * one;
      rightC += weight * two;
      weight = weights[atD + place];
      leftD += weight * one;
      rightD += weight * two;
    }
    out[range.left + a * range.stride] = leftA;
    out[range.right + a * range.stride] = rightA;
    out[range.left + b * range.stride] = leftB;
    out[range.right + b * range.stride] = rightB;
    out[range.left + c * range.stride] = leftC;
    out[range.right + c * range.stride] = rightC;
    out[range.left + d * range.stride] = leftD;
    out[range.right + d * range.stride] = rightD;
  }
}
