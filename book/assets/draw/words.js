// Numbers as the book writes them.

/**
 * Write a number with a true minus sign, with as few decimals as it has or with so many.
 * @param {number} value
 * @param {number} [decimals]
 * @returns {string}
 */
export function number(value, decimals) {
  const digits =
    decimals === undefined ? String(Math.abs(value)) : Math.abs(value).toFixed(decimals);
  return value < 0 && Number(digits) !== 0 ? `−${digits}` : digits;
}

/**
 * Write a probability as a whole percentage; what is not certain is not said to be.
 * @param {number} probability
 * @returns {string}
 */
export function percent(probability) {
  const whole = Math.round(100 * probability);
  return whole === 100 && probability < 1 ? "over\u00a099\u00a0%" : `${whole}\u00a0%`;
}

/**
 * Write the size of a file.
 * @param {number} bytes
 * @returns {string}
 */
export function size(bytes) {
  return bytes < 1e5 ? `${Math.ceil(bytes / 1e3)}\u00a0kB` : `${(bytes / 1e6).toFixed(1)}\u00a0MB`;
}
