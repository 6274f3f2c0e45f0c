// How a network ends. This page takes what it puts out for logits and applies softmax; some
// networks put out something that has bounds already, and then no bar is ever long.
const VIEWS = new Set([
  "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Cast"
]);
const BOUNDED = new Map([
  ["Softmax", ["a softmax", 1]],
  ["Sigmoid", ["a sigmoid", 1]],
  ["HardSigmoid", ["a hard sigmoid", 1]],
  ["Tanh", ["a tanh", 2]],
  ["Softsign", ["a softsign", 2]],
]);
const PROBABILITIES = ["probabilities, which add up to 1", 1];
const MOST = 0.9;

/**
 * Say what a reader has to know of a network whose numbers have bounds.
 * @param {import("./onnx.js").Model} model
 * @param {Float32Array[]} answers What the network makes of some images.
 * @returns {string} Nothing for a network that puts out logits.
 */
export function noteOnEnd(model, answers) {
  const areProbabilities = answers.every((logits) => {
    const sum = logits.reduce((total, value) => total + value, 0);
    return logits.every((value) => value >= 0) && Math.abs(sum - 1) < 1e-3;
  });
  const [end, width] = (areProbabilities && PROBABILITIES) ||
    BOUNDED.get(lastOperator(model)) || ["", Infinity];
  const most = 1 / (1 + (answers[0].length - 1) * Math.exp(-width));
  if (most > MOST) {
    return "";
  }
  const percent = Math.round(100 * most);
  return (
    `This network ends in ${end}. The page takes its numbers for logits and applies softmax to` +
    ` them, so no bar gets longer than ${percent}\u00a0%. Export it without its` +
    " last step to see what it thinks."
  );
}

/** The operator that computes the logits, before views of them. */
function lastOperator({ nodes }) {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  let node = producers.get("logits");
  for (let step = 0; VIEWS.has(node?.type) && step < nodes.length; step++) {
    node = producers.get(node.inputs[0]) ?? node;
  }
  return node?.type;
}
