"use strict";

/**
 * How sure a reader is of a prediction: the question, and whether the prediction was right, as far
 * as a page can tell without doubt.
 *
 * Radio buttons ask, not a slider: a slider begins somewhere, and whoever leaves it there has said
 * nothing. The lowest button is what a guess would be right in.
 */
const exerciseSureness = (() => {
  const { make } = exerciseRecord;
  const BLANK = "_".repeat(13);
  const APART = 5; // per cent at least between a guess and the next button
  const NUMBER = /^[-+]?\d+$/;

  /** @returns {number} how often a guess is right, in per cent; 0 if nobody can say */
  function chanceOf(blanks) {
    const chances = blanks.map(({ choices }) => (choices.length ? 1 / choices.length : 0));
    return Math.round(100 * chances.reduce((product, chance) => product * chance, 1));
  }

  /** @returns {number[]} what there is to choose from, in per cent */
  function levels(blanks) {
    const chance = chanceOf(blanks);
    const tens = Array.from({ length: 10 }, (_, k) => 10 * (k + 1));
    return chance ? [chance, ...tens.filter((ten) => ten >= chance + APART)] : tens;
  }

  /** Make the question; `name` is that of its radio buttons. */
  function field(blanks, name) {
    const all = levels(blanks);
    const lowest = chanceOf(blanks) ? "is a guess" : "is little more than a guess";
    const what = blanks.length > 1 ? " that all of it is right" : "";
    const legend = make(
      "legend",
      {},
      make("strong", {}, `How sure are you${what}?`),
      ` ${all[0]}\u00a0% ${lowest}, 100\u00a0% is certain.`,
    );
    const radio = (value) => make("input", { type: "radio", name, value, required: true });
    const labels = all.map((value) => make("label", {}, radio(value), ` ${value}\u00a0%`));
    return make("fieldset", { class: "prediction-sure" }, legend, ...labels);
  }

  /** @returns {string} code without the marks of blanks, its number, and empty lines */
  function bare(code) {
    const lines = code.replace(/[ \t]*# blank \d+ of \d+: .*$/gm, "").split("\n");
    return lines
      .filter((line) => line.trim() && !/^# Exercise [\d.]+$/.test(line))
      .map((line) => line.trimEnd())
      .join("\n");
  }

  /** @returns {string[] | null} what stands in the blanks of a form in some code */
  function typedIn(code, form) {
    const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const pattern = bare(form).split(BLANK).map(escaped).join("([^]*?)");
    return bare(code).match(new RegExp(`^${pattern}$`))?.slice(1) ?? null;
  }

  /** @returns {boolean | undefined} whether an answer is the right one; undefined if in doubt */
  function isRight(answer, typed, { choices }) {
    const [own, right] = [answer, typed].map((text) =>
      text.trim().replace(/^(["'])(.*)\1$/, "$2").toLowerCase(),
    );
    if (choices.length) {
      return choices.some((choice) => choice.toLowerCase() === right) ? own === right : undefined;
    }
    const [one, other] = [own, right].map((text) => text.replace(/[\s_,]/g, ""));
    return NUMBER.test(one) && NUMBER.test(other) ? Number(one) === Number(other) : undefined;
  }

  /**
   * @param {string[]} answers
   * @param {string[] | null} typed  what is right in the blanks, as code
   * @returns {boolean | undefined} whether all answers are right; undefined if in doubt
   */
  function scoreOf(answers, typed, blanks) {
    if (!typed || typed.length !== answers.length) {
      return undefined;
    }
    const found = answers.map((answer, k) => isRight(answer, typed[k], blanks[k]));
    return found.includes(false) ? false : found.includes(undefined) ? undefined : true;
  }

  /**
   * Tell what a check's verdict on some code says of a prediction.
   *
   * @param {string[]} answers
   * @param {{verdict: string, code?: string}} said
   * @param {string} form  the code with blanks
   * @returns {boolean | undefined}
   */
  function scoreBy(answers, { verdict, code = "" }, form, blanks) {
    const isSame = scoreOf(answers, typedIn(code, form), blanks);
    return verdict === "right" ? isSame : verdict === "wrong" && isSame ? false : undefined;
  }

  /** Make the question whether a prediction was right; `tell` gets the reader's answer. */
  function question(name, tell) {
    const radio = (value) => {
      const input = make("input", { type: "radio", name, value });
      input.addEventListener("change", () => tell(value === "yes"));
      return input;
    };
    const labels = [
      ["yes", "Yes"],
      ["no", "No"],
    ].map(([value, word]) => make("label", {}, radio(value), ` ${word}`));
    const legend = make("legend", {}, "Was your prediction right?");
    return make("fieldset", { class: "prediction-right" }, legend, ...labels);
  }

  return { field, levels, question, scoreBy, scoreOf, typedIn };
})();
