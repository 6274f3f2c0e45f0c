// What networks answer: in a sentence beside what they see, and class by class in a table.
import { element } from "../live/elements.js";
import { SIDE } from "./preparation.js";
import { showGrey } from "./samples.js";
import { number, percent } from "./words.js";

const ROWS = 10;
const NONE = "–";
const STILL = 700; // milliseconds without a change, until the answer is said

/** A network’s answer to an image: which class, and how probable it is. */
function best({ network, result }) {
  const { probabilities } = result;
  const winner = probabilities.indexOf(Math.max(...probabilities));
  return { winner, label: labelOf(network, winner), probability: probabilities[winner] };
}

function labelOf(network, index) {
  return network.labels?.[index] ?? String(index);
}

/** The image that networks see, and what they take it for; read aloud once it stands still. */
export class Reading {
  constructor() {
    const name = `What the network sees: ${SIDE} × ${SIDE} pixels`;
    this.seen = element("canvas", {
      width: SIDE, height: SIDE, role: "img", "aria-label": name, title: name
    });
    this.words = element("p", { class: "drawing-says", "aria-hidden": "true" });
    this.spoken = element("p", { class: "drawing-spoken", role: "status" });
    const all = element("p", { class: "drawing-sees" }, `All it sees: ${SIDE} × ${SIDE} pixels`);
    const text = element("div", {}, this.words, all, this.spoken);
    this.element = element("div", { class: "drawing-reading" }, this.seen, text);
  }

  /**
   * Show an image and the answers to it.
   * @param {Float32Array} image
   * @param {{title: string, network: Object, result: Object}[]} answers
   * @param {string} otherwise What to say where there is no answer.
   */
  show(image, answers, otherwise) {
    showGrey(this.seen, image);
    const sentences = answers.length ? answers.map(sentence) : [otherwise];
    if (this.words.textContent !== sentences.join("")) {
      this.words.replaceChildren(...sentences.map((words) => element("span", {}, words)));
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#say(sentences.join(". ")), STILL);
  }

  #say(words) {
    if (this.spoken.textContent !== words) {
      this.spoken.textContent = words;
    }
  }
}

function sentence(answer, i) {
  const { label, probability } = best(answer);
  const reads = `${label}, ${percent(probability)}`;
  return i === 0 ? `Reads ${reads}` : `${answer.title}: ${reads}`;
}

/** A table of a network’s ten most probable classes; of ten or fewer, all in their own order. */
export class Answers {
  constructor() {
    this.caption = element("caption");
    this.name = element("th", { scope: "col" }, "Digit");
    const heads = ["Probability", "Logit"].map((words) => element("th", { scope: "col" }, words));
    this.body = element("tbody");
    const head = element("thead", {}, element("tr", {}, this.name, ...heads));
    this.element = element("table", { class: "drawing-answers" }, this.caption, head, this.body);
    this.rows = [];
  }

  /**
   * Show an answer.
   * @param {string} title
   * @param {{network: Object, result: Object}} answer
   * @param {boolean} blank Whether nothing is drawn; then there is no answer.
   */
  show(title, answer, blank) {
    const { network, result } = answer;
    const order = mostProbable(result.probabilities);
    const { winner } = best(answer);
    write(this.caption, title);
    write(this.name, network.labels?.every((label) => /^\d$/.test(label)) ? "Digit" : "Class");
    this.#fit(order.length);
    this.rows.forEach((row, i) => {
      const index = order[i];
      row.element.classList.toggle("drawing-winner", index === winner && !blank);
      write(row.label, labelOf(network, index));
      row.bar.style.transform = `scaleX(${blank ? 0 : result.probabilities[index]})`;
      write(
        row.probability, blank ? NONE : `${number(100 * result.probabilities[index], 1)}\u00a0%`
      );
      write(row.logit, blank ? NONE : number(result.logits[index], 2));
    });
  }

  #fit(count) {
    if (this.rows.length !== count) {
      this.rows = Array.from({ length: count }, row);
      this.body.replaceChildren(...this.rows.map((each) => each.element));
    }
  }
}

function row() {
  const [label, probability, bar] = [
    element("th", { scope: "row" }), element("span"), element("span")
  ];
  const track = element("span", { class: "drawing-bar", "aria-hidden": "true" }, bar);
  const logit = element("td");
  const cell = element("td", {}, element("div", {}, track, probability));
  return { element: element("tr", {}, label, cell, logit), label, bar, probability, logit };
}

function mostProbable(probabilities) {
  const order = Array.from(probabilities.keys());
  if (order.length > ROWS) {
    order.sort((one, other) => probabilities[other] - probabilities[one]);
  }
  return order.slice(0, ROWS);
}

/** Change a text only where it differs: most frames leave most of them as they are. */
function write(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}
