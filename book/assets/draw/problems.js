/** Why a network cannot be shown, in words, with what the reader can do about it. */
export class NetworkProblem extends Error {
  /**
   * @param {string} message What happened.
   * @param {string} advice What to do.
   */
  constructor(message, advice = "") {
    super(message);
    this.name = "NetworkProblem";
    this.advice = advice;
  }
}
