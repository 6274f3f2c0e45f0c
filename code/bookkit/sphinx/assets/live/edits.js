// What the reader typed into cells, kept in the browser: each under a digest of the code that it
// replaces.

const store = (page) => `live-edits:${page}`;

/**
 * Return a short digest of a text (FNV-1a, 32 bits, and the length).
 * @param {string} text
 * @returns {string}
 */
export function digest(text) {
  let hash = 0x811c9dc5;
  for (const unit of text) {
    hash = Math.imul(hash ^ unit.codePointAt(0), 0x01000193) >>> 0;
  }
  return `${hash.toString(16)}-${text.length}`;
}

/** @returns {Object<string, string>} All edits of a page. */
function all(page) {
  try {
    return JSON.parse(localStorage.getItem(store(page))) ?? {};
  } catch {
    return {};
  }
}

/** @returns {?string} What replaces the code with this digest. */
export function edited(page, key) {
  return all(page)[key] ?? null;
}

/** Keep what replaces the code with this digest; null forgets it. */
export function keep(page, key, text) {
  const edits = all(page);
  if (text === null) {
    delete edits[key];
  } else {
    edits[key] = text;
  }
  try {
    localStorage.setItem(store(page), JSON.stringify(edits));
  } catch {
    // the edit lasts as long as the page
  }
}
