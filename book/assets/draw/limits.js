// What is too much for this page, in one place; firstcnn.export knows the same numbers and says so
// when it writes a file.
import { NetworkProblem } from "./problems.js";

/** The most that this page takes of each. */
export const LIMITS = {
  bytes: 100e6, // of a file
  nodes: 20_000, // operations, and tensors that the file holds
  layers: 5000,
  letters: 2 ** 22, // of the list of layers
  name: 500, // letters of one name or label
  dimensions: 8, // of a tensor
  attribute: 2 ** 20, // numbers of an attribute
  tensor: 2 ** 24, // numbers of a tensor that is not stored as bytes
  classes: 100,
  activations: 2 ** 24, // numbers that all layers together return for one image
  weights: 2 ** 26, // numbers that the file holds
  // numbers that this page keeps of either kind, with what lies between the layers
  computed: 2 ** 27,
  multiplications: 5e9, // for one image
};

const SMALLER =
  "The file may be right: it is only too large for this page. Choose a smaller network, or one" +
  " with fewer steps.";

/**
 * @param {number} count
 * @param {string} limit One of LIMITS.
 * @param {string} what What there is too much of: "operations".
 * @throws {NetworkProblem} If it is more than this page takes.
 */
export function limit(count, limit, what) {
  if (count > LIMITS[limit]) {
    const most = LIMITS[limit].toLocaleString("en-GB");
    throw new NetworkProblem(
      `The network has more than ${most} ${what}, the most that this page reads.`, SMALLER
    );
  }
}
