// Finds places of the book for words, and puts the likeliest first. It knows no page.
"use strict";

/**
 * Prepare the search.
 * @param {Function} MiniSearch The class of the package minisearch.
 * @param {{pages: Array, parts: Array}} index As the build writes it.
 * @returns {function(string, number=): Object[]} From words to places, the likeliest first.
 */
function bookSearch(MiniSearch, index) {
  const BOOST = {
    ...{ page: 1.7, section: 1.5, exercise: 1.4, entry: 1.5 },
    ...{ term: 1.3, box: 1.1, api: 0.5 },
  };
  const [LATE, EXACT] = [0.3, 1.5]; // of pages for the end, and of titles that are just what is asked
  const FIELDS = { title: 4, text: 1, code: 0.6, page: 1.2 };
  const IDLE = new Set(
    `a an and are as at be by can do does for from get gets give has have how i if in is it its keep
    me my of on or so stay stays that the then there this to was what when where which why will with
    you your error exception`.split(/\s+/),
  );
  const NAMES = /[\p{L}\p{N}_]+(?:\.[\p{L}\p{N}_]+)*/gu;
  const PIECES = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+/gu;

  /** The words of a text, with the pieces of names such as nn.CrossEntropyLoss. */
  function words(text) {
    return (text.match(NAMES) ?? []).flatMap((name) => {
      if (/^[\d.]+$/.test(name)) {
        return [name];
      }
      const pieces = name.split(/[._]/).flatMap((part) => [part, ...(part.match(PIECES) ?? [])]);
      return [...new Set([name.split(".").at(-1), ...pieces].filter(Boolean))];
    });
  }

  /** The words that are looked for: of a name with dots the last part; no kind of error beside what
   * the error says. */
  function asked(text) {
    const found = (text.match(NAMES) ?? []).map((name) =>
      /^[\d.]+$/.test(name) ? name : name.split(".").at(-1),
    );
    const said = found.filter((name) => !/\wError$/.test(name));
    return said.length ? said : found;
  }

  /** For words that stand nowhere: two letters may be wrong, or exchanged. */
  const far = (word) => (word.length > 5 ? 2 : false);

  /** Names taken apart, such as CrossEntropyLoss. */
  const apart = (text) => words(text).join(" ");

  /** A word as it is compared: no capitals, plural or American spelling; null for idle ones. */
  function stem(word) {
    const low = word.toLowerCase();
    if (IDLE.has(low)) {
      return null;
    }
    const spelt = low.replace(/iz(?=(?:e[drs]?|ing|ations?)$)/, "is");
    return spelt.length > 3 ? spelt.replace(/ies$/, "y").replace(/(?<![su])s$/, "") : spelt;
  }

  const stems = (text) => asked(text).map(stem).filter(Boolean).join(" ");
  let wanted = "";

  const { pages, parts } = index;
  const documents = parts.map(([page, kind, anchor, title, text, code], id) => ({
    ...{ id, kind, anchor, title, text, code },
    page: kind === "page" ? "" : pages[page][1],
    where: pages[page],
    name: stems(title),
  }));
  const mini = new MiniSearch({
    fields: Object.keys(FIELDS),
    tokenize: words,
    processTerm: stem,
    searchOptions: {
      tokenize: asked,
      boost: FIELDS,
      prefix: (word, place, all) => place === all.length - 1 && /\p{L}./u.test(word),
      fuzzy: (word) => (word.length > 3 && !/\d/.test(word) ? 0.2 : false),
      weights: { fuzzy: 0.3, prefix: 0.6 },
      boostDocument: (id) => {
        const { kind, name, where } = documents[id];
        return BOOST[kind] * (where[2] ? LATE : 1) * (name === wanted ? EXACT : 1);
      },
    },
  });
  mini.addAll(documents);

  /** The beginning of a text, or the part of it that holds the most of the words, in three pieces. */
  function excerpt({ text, code }, terms) {
    const of = (whole) =>
      terms.map((term) => whole.toLowerCase().indexOf(term)).filter((place) => place >= 0);
    const source = of(text).length || !of(code).length ? text : code;
    const places = of(source).sort((a, b) => a - b);
    const isNear = (place, other) => other >= place && other < place + 130;
    const near = (place) => places.filter((other) => isNear(place, other)).length;
    const best = places.reduce((a, b) => (near(b) > near(a) ? b : a), places[0] ?? 0);
    const from = best < 50 ? 0 : source.indexOf(" ", best - 40) + 1 || best;
    const cut = source.slice(from, from + 160);
    const whole = from + 160 < source.length ? cut.replace(/\s+\S*$/, " …") : cut;
    return (from ? "… " : "") + whole.replace(/\s+/g, " ");
  }

  return (query, most = 20) => {
    wanted = stems(query);
    const all = mini.search(query, { combineWith: "AND" });
    const have = new Set(all.map(({ id }) => id));
    const others = all.length < most ? mini.search(query) : [];
    const some = others.length || all.length ? others : mini.search(apart(query), { fuzzy: far });
    const more = some.filter(({ id }) => !have.has(id));
    return [...all, ...more].slice(0, most).map(({ id, score, terms, match }) => {
      const found = documents[id];
      const address = found.where[0] + (found.anchor ? `#${found.anchor}` : "");
      const { kind, title, page } = found;
      const marked = [...new Set([...terms, ...Object.keys(match)])];
      return { address, kind, title, page, score, excerpt: excerpt(found, marked), words: marked };
    });
  };
}
globalThis.bookSearch = bookSearch;
