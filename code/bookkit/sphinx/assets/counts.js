"use strict";

/**
 * What a reader's record says beside what is solved: which exercises took several tries, which
 * mistakes came again, how well confidence fits, and what to look at next. Nothing here knows a
 * page; picture.js shows it.
 */
const exerciseCounts = (() => {
  const { known } = exerciseRecord;
  const { chapterToGoOn } = exercisePlaces;
  const LATE = 2; // wrong answers before the right one: it came at the third try or later
  const OFTEN = 2; // times after which a mistake is no slip
  const SURE = 80; // per cent: a wrong answer given with so much is worth a second look
  const ENOUGH = 10; // scored predictions from which on there is a verdict
  const GROUPS = [0, 50, 70, 90, 101]; // ends of the groups of confidences, in per cent
  const MOST = 6; // suggestions in one list

  /** @returns {{id: string, tries: number}[]} what a check found right at the third try or later */
  function late(index, { solved, tries }) {
    return known(index)
      .filter((id) => solved.has(id) && !solved.get(id).by && tries.get(id)?.wrong >= LATE)
      .map((id) => ({ id, tries: tries.get(id).wrong + 1 }));
  }

  /** @returns {{id: string, wrong: number}[]} what was tried and is not solved, most tries first */
  function unsolved(index, { solved, tries }) {
    return known(index)
      .filter((id) => !solved.has(id) && tries.has(id))
      .map((id) => ({ id, wrong: tries.get(id).wrong }))
      .sort((one, other) => other.wrong - one.wrong);
  }

  /**
   * @returns {{name: string, times: number, ids: string[], see: string}[]} the named mistakes that
   * came twice or more, in one exercise or in several, the most frequent first; see: the label of a
   * box of the book, if the index has it
   */
  function repeated(index, { tries }) {
    const found = new Map();
    for (const id of known(index)) {
      for (const [name, { times, see }] of Object.entries(tries.get(id)?.mistakes ?? {})) {
        const before = found.get(name) ?? { name, times: 0, ids: [], see: "" };
        const box = see && Object.hasOwn(index.boxes ?? {}, see) ? see : before.see;
        found.set(name, {
          name,
          times: before.times + times,
          ids: [...before.ids, id],
          see: box,
        });
      }
    }
    const often = [...found.values()].filter(({ times }) => times >= OFTEN);
    return often.sort((one, other) => other.times - one.times);
  }

  /**
   * @returns {[number, number]} the ends of Wilson's 95 % interval for a share, in per cent
   */
  function wilson(right, all) {
    const [q, share] = [1.96, right / all];
    const middle = share + q ** 2 / (2 * all);
    const half = q * Math.sqrt((share * (1 - share)) / all + q ** 2 / (4 * all ** 2));
    return [middle - half, middle + half].map((end) => (100 * end) / (1 + q ** 2 / all));
  }

  /** @returns {Object} how sure some scored predictions were on average, and how many were right */
  function summed(scored) {
    const all = scored.length;
    const right = scored.filter((each) => each.right).length;
    const sure = scored.reduce((sum, each) => sum + each.sure, 0) / all;
    return { all, right, sure, share: (100 * right) / all, interval: wilson(right, all) };
  }

  /**
   * @returns {Object} what the scored predictions say of the reader's confidence: all of them, the
   * groups that are not empty, and a verdict: "few", "surer", "less sure" or "fits"
   */
  function calibration(index, { predicted }) {
    const ids = new Set(known(index));
    const scored = [...predicted]
      .filter(([id, { sure, right }]) => ids.has(id) && sure !== undefined && right !== undefined)
      .map(([, entry]) => entry);
    const groups = GROUPS.slice(1).map((end, k) => {
      const own = scored.filter(({ sure }) => GROUPS[k] <= sure && sure < end);
      return own.length && { from: GROUPS[k], to: Math.min(end - 1, 100), ...summed(own) };
    });
    const all = scored.length ? summed(scored) : { all: 0 };
    return { ...all, groups: groups.filter(Boolean), verdict: verdictOf(all) };
  }

  function verdictOf({ all, sure, interval }) {
    if (all < ENOUGH) {
      return "few";
    }
    const [low, high] = interval;
    return sure > high ? "surer" : sure < low ? "less sure" : "fits";
  }

  /** @returns {string[]} exercises whose prediction nobody has scored yet */
  function unscored(index, { predicted }) {
    return known(index).filter((id) => {
      const { sure, right } = predicted.get(id) ?? {};
      return sure !== undefined && right === undefined;
    });
  }

  /** @returns {string[]} open exercises whose prediction was sure and wrong, the surest first */
  function sureAndWrong(index, { solved, predicted }) {
    const sureness = (id) => predicted.get(id)?.sure ?? 0;
    return known(index)
      .filter((id) => sureness(id) >= SURE && predicted.get(id).right === false)
      .filter((id) => !solved.has(id))
      .sort((one, other) => sureness(other) - sureness(one));
  }

  /**
   * Return what to look at next, each exercise once.
   *
   * @returns {{why: string, id: string, mistake?: Object, wrong?: number}[]} why: "tried",
   * "mistake", "sure", "unscored" or "open"
   */
  function next(index, entries) {
    const { solved, predicted } = entries;
    const chapter = chapterToGoOn(index, solved) ?? index.chapters[0];
    const open = [...(chapter?.exercises ?? []), ...known(index)].find((id) => !solved.has(id));
    const all = [
      ...unsolved(index, entries).slice(0, 2).map((each) => ({ why: "tried", ...each })),
      ...repeated(index, entries)
        .map((mistake) => ofMistake(mistake, solved))
        .filter(({ id, mistake }) => id || mistake.see)
        .slice(0, 2),
      ...sureAndWrong(index, entries)
        .slice(0, 1)
        .map((id) => ({ why: "sure", id, sure: predicted.get(id).sure })),
      ...unscored(index, entries).slice(0, 1).map((id) => ({ why: "unscored", id })),
      ...(open ? [{ why: "open", id: open }] : []),
    ];
    const isNew = ({ id, mistake }, k) =>
      mistake?.see || !all.slice(0, k).some((each) => each.id === id && !each.mistake?.see);
    return all.filter(isNew).slice(0, MOST);
  }

  /** Lead from a mistake to an open exercise in which it came, if there is one. */
  function ofMistake(mistake, solved) {
    const id = mistake.ids.findLast((each) => !solved.has(each));
    return { why: "mistake", id, mistake };
  }

  return { ENOUGH, calibration, late, next, repeated, unscored, unsolved, wilson };
})();
