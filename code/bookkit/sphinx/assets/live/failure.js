/** Something that went wrong, in words, with what the reader can do about it. */
export class Failure extends Error {
  /**
   * @param {string} kind One word, for style sheets and tests.
   * @param {string} words What happened.
   * @param {string} advice What to do.
   */
  constructor(kind, words, advice = "") {
    super(words);
    this.kind = kind;
    this.advice = advice;
  }
}

/**
 * Wait for a promise, but not for ever.
 * @param {Promise} promise
 * @param {number} seconds
 * @param {Failure} failure What it fails with when the time is over.
 * @returns {Promise}
 */
export function within(promise, seconds, failure) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(failure), 1000 * seconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
