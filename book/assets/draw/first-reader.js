// What reads on the first page: the most accurate network among those that are quickly fetched.
import { Library } from "./library.js";
import { onnxruntime } from "./runtime.js";

const LIGHT = 5e5; // bytes

/**
 * Fetch a network.
 * @param {{static: string, files: string}} folders Addresses, relative to the page.
 * @returns {Promise<function(Float32Array): Promise<Float32Array>>} From an image, 28 × 28, to the
 *   probability of each digit.
 */
export async function reader({ static: assets, files }) {
  const address = (folder) => new URL(folder, document.baseURI).href;
  const runtime = onnxruntime(`${address(assets)}onnxruntime-web/`);
  const library = new Library(address(files), runtime);
  const { networks } = await library.json("index.json");
  const light = networks.filter(({ augmented, bytes }) => augmented && bytes < LIGHT);
  const [best] = [...(light.length ? light : networks)].sort((a, b) => b.accuracy - a.accuracy);
  const network = await library.network(best, () => {});
  return async (image) => (await network.run(image)).probabilities;
}
