"use strict";

/** The reader's own picture of the book: what counts.js finds in the record, as parts of a page. */
const exercisePicture = (() => {
  const { make } = exerciseRecord;
  const { address, counted, links, titled } = exercisePlaces;
  const { ENOUGH, calibration, late, next, repeated, unscored } = exerciseCounts;
  const SVG = "http://www.w3.org/2000/svg";
  const TIMES = ["", "once", "twice"];
  const NOTHING = {
    next:
      "Nothing yet. When you have solved or tried something, you find here what is worth a" +
      " second look. To begin:",
    late:
      "None so far. An exercise comes here when its check said right at the third try or later:" +
      " you know it now, and it is worth another go in a week.",
    repeated:
      "None so far. When a check names the same mistake twice, in one exercise or in two, you" +
      " find it here.",
    calibration:
      "No prediction is scored yet. Some exercises ask you to predict, and how sure you are. You" +
      " will see here how many were right of those that you were, say, 80\u00a0% sure of.",
  };

  /** @returns {string} a number of times, in words */
  function times(count) {
    return TIMES[count] ?? `${count} times`;
  }

  /** @returns {string} a share, such as 64 % */
  function percent(value) {
    return `${Math.round(value)}\u00a0%`;
  }

  /** @returns {HTMLElement} a paragraph */
  function words(...children) {
    return make("p", {}, ...children);
  }

  /** @returns {HTMLElement} a list of lines, each a link and what is said of it */
  function list(lines) {
    return make("ul", { class: "picture-list" }, ...lines.map((line) => make("li", {}, ...line)));
  }

  /** @returns {HTMLElement} a link to the box of the book that treats a mistake */
  function linkToBox(label, { boxes }) {
    const { page, place, title } = boxes[label];
    return make("a", { href: address(page, place) }, title);
  }

  /** @returns {(Node | string)[]} a line of what to look at next, and why */
  function suggestion({ why, id, wrong, sure, mistake }, index) {
    const reasons = {
      tried: () => `tried ${times(wrong)}, and not right yet.`,
      mistake: () => `“${mistake.name}” came ${times(mistake.times)}.`,
      sure: () => `you were ${percent(sure)} sure, and it was wrong. Read again what happened.`,
      unscored: () => "say whether your prediction was right.",
      open: () => "not solved yet.",
    };
    const link = mistake?.see ? linkToBox(mistake.see, index) : titled(id, index);
    return [link, ": ", reasons[why]()];
  }

  function showNext(index, entries) {
    const found = next(index, entries);
    const isEmpty = Object.values(entries).every((part) => part.size === 0);
    return [
      ...(isEmpty ? [words(NOTHING.next)] : []),
      found.length
        ? list(found.map((each) => suggestion(each, index)))
        : words("All exercises are solved, and nothing is open."),
    ];
  }

  function showLate(index, entries) {
    const found = late(index, entries);
    if (!found.length) {
      return [words(NOTHING.late)];
    }
    return [list(found.map(({ id, tries }) => [titled(id, index), `: right at try ${tries}.`]))];
  }

  function showRepeated(index, entries) {
    const found = repeated(index, entries);
    if (!found.length) {
      return [words(NOTHING.repeated)];
    }
    const line = ({ name, times: count, ids, see }) => [
      make("strong", {}, `“${name}”`),
      `: ${times(count)}, in `,
      ...links(ids, index),
      ".",
      ...(see ? [" Read ", linkToBox(see, index), "."] : []),
    ];
    return [list(found.map(line))];
  }

  function showCalibration(index, entries) {
    const found = calibration(index, entries);
    const open = waitingInWords(unscored(index, entries), index);
    if (!found.all) {
      return [words(NOTHING.calibration), ...open];
    }
    const figure = found.verdict === "few" ? [] : [makeFigure(found)];
    return [words(verdictInWords(found)), ...figure, makeTable(found), ...open];
  }

  /** @returns {HTMLElement[]} a paragraph on the predictions that nobody has scored, if any */
  function waitingInWords(ids, index) {
    const many = `${counted(ids.length, "prediction")} not scored yet: `;
    const ask = ". Say there whether you were right: without them, this picture may mislead you.";
    return ids.length ? [words(many, ...links(ids, index), ask)] : [];
  }

  /** @returns {string} what can be said of the reader's confidence, and what cannot */
  function verdictInWords({ all, right, sure, share, interval, verdict }) {
    const [low, high] = interval.map(percent);
    const mean = `On average you were ${percent(sure)} sure, and ${right} of ${all} were right`;
    const ends = `may be anything from ${low} to ${high}`;
    const range = `With ${all} answers, your share in the long run ${ends}`;
    return {
      few: `${mean}. That is too little for a verdict: you get one from ${ENOUGH} predictions on.`,
      surer: `${mean}, which is ${percent(share)}. ${range}. You are surer than you are right.`,
      "less sure": `${mean}, which is ${percent(share)}. ${range}. You know more than you think.`,
      fits: `${mean}, which is ${percent(share)}. ${range}. So far your confidence fits.`,
    }[verdict];
  }

  /** @returns {string} the confidences of a group, in words */
  function groupInWords({ from, to }) {
    return from === 0 ? `below ${to + 1}\u00a0%` : `${from} to ${to}\u00a0%`;
  }

  function makeTable({ groups }) {
    const cells = (tag, scope, texts) => texts.map((text) => make(tag, { scope }, text));
    const rows = groups.map((group) =>
      make(
        "tr",
        {},
        ...cells("th", "row", [groupInWords(group)]),
        ...cells("td", null, [`${group.right} of ${group.all}`, percent(group.sure)]),
      ),
    );
    const heads = cells("th", "col", ["You were sure", "Right", "Your average"]);
    const table = make(
      "table",
      { class: "table" },
      make("thead", {}, make("tr", {}, ...heads)),
      make("tbody", {}, ...rows),
    );
    return make("div", { class: "pst-scrollable-table-container" }, table);
  }

  /** Make an element of an inline picture. */
  function draw(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...children);
    return element;
  }

  const LEFT = 48; // of the square in which shares lie, in units of the picture
  const TOP = 12;
  const SIDE = 240;
  const x = (share) => LEFT + (SIDE * share) / 100;
  const y = (share) => TOP + SIDE - (SIDE * share) / 100;

  /** @returns {HTMLElement} how often each group was right, over how sure it was */
  function makeFigure({ groups }) {
    const said = groups.map((group) => {
      const [low, high] = group.interval.map(percent);
      const right = `${group.right} of ${group.all} were right`;
      return `of those ${groupInWords(group)} sure, ${right}, an interval from ${low} to ${high}`;
    });
    const picture = draw(
      "svg",
      {
        viewBox: `0 0 ${LEFT + SIDE + 16} ${TOP + SIDE + 48}`,
        role: "img",
        "aria-label": `How often you were right, over how sure you were: ${said.join("; ")}.`,
      },
      ...axes(),
      ...groups.flatMap(mark),
    );
    const caption =
      "Each dot is a group of answers, and its line a 95\u00a0% interval: the fewer the answers," +
      " the longer the line. On the dashed diagonal you are right as often as you say; below it" +
      " you are surer than right.";
    return make("figure", { class: "picture-sure" }, picture, make("figcaption", {}, caption));
  }

  function axes() {
    const ticks = [0, 25, 50, 75, 100];
    const frame = { x: LEFT, y: TOP, width: SIDE, height: SIDE, class: "picture-frame" };
    const label = (attributes, text) => draw("text", attributes, text);
    return [
      draw("rect", frame),
      draw("line", { x1: x(0), y1: y(0), x2: x(100), y2: y(100), class: "picture-diagonal" }),
      ...ticks.flatMap((tick) => [
        label({ x: x(tick), y: y(0) + 16, "text-anchor": "middle" }, tick),
        label({ x: x(0) - 6, y: y(tick) + 4, "text-anchor": "end" }, tick),
      ]),
      label({ x: x(50), y: y(0) + 36, "text-anchor": "middle" }, "how sure you were, in %"),
      label(
        { transform: `rotate(-90) translate(${-y(50)} 12)`, "text-anchor": "middle" },
        "right, in %",
      ),
    ];
  }

  function mark({ sure, share, interval }) {
    const [low, high] = interval;
    const ends = { x1: x(sure), x2: x(sure), y1: y(low), y2: y(high) };
    return [
      draw("line", { ...ends, class: "picture-interval" }),
      draw("circle", { cx: x(sure), cy: y(share), r: 5, class: "picture-dot" }),
    ];
  }

  const PARTS = [
    ["look-at-next", "What to look at next", showNext],
    ["third-try", "Right at the third try or later", showLate],
    ["came-twice", "Mistakes that came twice", showRepeated],
    ["how-sure", "How sure, and how right", showCalibration],
  ];

  /**
   * Make the parts of the page.
   *
   * @param {Index} index
   * @returns {{elements: HTMLElement[], show: function(Entries)}} show fills them anew
   */
  function parts(index) {
    const made = PARTS.map(([id, title, show]) => {
      const body = make("div", {});
      const head = make("h2", { id }, title);
      return { element: make("div", { class: "picture-part" }, head, body), body, show };
    });
    return {
      elements: made.map(({ element }) => element),
      show: (entries) =>
        made.forEach(({ body, show }) => body.replaceChildren(...show(index, entries))),
    };
  }

  return { parts };
})();
