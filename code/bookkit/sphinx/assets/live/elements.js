// Small helpers for building parts of a page.

/**
 * Build an element.
 * @param {string} tag
 * @param {Object<string, any>} attributes Those that begin with "on" are listeners; null and false
 * are left out.
 * @param {...(Node|string|null)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) {
      node.addEventListener(name.slice(2), value);
    } else if (value !== null && value !== false) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/**
 * Build a button.
 * @param {string} words
 * @param {Function} pressed
 * @param {Object<string, any>} attributes
 * @returns {HTMLElement}
 */
export function button(words, pressed, attributes = {}) {
  return element("button", { type: "button", onclick: () => pressed(), ...attributes }, words);
}

/**
 * Build a list of keys, each with what it does.
 * @param {[string, string][]} keys
 * @returns {HTMLElement}
 */
export function keyList(keys) {
  const rows = keys.map(([key, does]) => [
    element("dt", {}, element("kbd", {}, key)),
    element("dd", {}, does),
  ]);
  return element("dl", {}, ...rows.flat());
}
