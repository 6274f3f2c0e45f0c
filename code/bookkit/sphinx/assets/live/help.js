// Where the book says more about an error: the entry of its page for readers who are stuck.

/**
 * Find what a message is explained by.
 * @param {{ename: string, evalue: string}} error
 * @param {{page: string, title: string, messages: [string, string, string][]}} told As the build
 * writes it: regular expressions, each with the id of an entry and its words.
 * @returns {{address: string, words: string}} Seen from the top of the site.
 */
export function explained({ ename, evalue = "" }, { page, title, messages }) {
  const said = `${ename}: ${evalue}`;
  const entry = messages.find(([pattern]) => new RegExp(pattern).test(said));
  return entry
    ? { address: `${page}#${entry[1]}`, words: "What this message means" }
    : { address: page, words: title };
}

let told; // once it is asked for

/**
 * Return a link to what explains an error; null if the book has no such page.
 * @param {{ename: string, evalue: string}} error
 * @returns {Promise<?HTMLAnchorElement>}
 */
export async function helpWith(error) {
  const { help, static: files } = JSON.parse(document.getElementById("live-settings").textContent);
  if (!help) {
    return null;
  }
  told ??= fetch(help).then((answer) => answer.json());
  const { address, words } = explained(error, await told);
  const link = document.createElement("a");
  link.href = new URL(`${files}../${address}`, location.href);
  link.target = "_blank"; // to leave this page would end its Python
  link.rel = "noopener";
  link.textContent = `${words} (in a new tab)`;
  return link;
}
