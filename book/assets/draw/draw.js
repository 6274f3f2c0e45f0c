// The only script of the drawing pad that a page loads by itself: a button, which brings all the
// rest when pressed.
"use strict";
{
  const box = document.querySelector(".drawing-pad[data-static][data-files]");

  /** Build a button with a line of words that says how things stand. */
  const offer = (pressed) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "drawing-start";
    button.textContent = "Draw a digit";
    button.addEventListener("click", pressed);
    const words = document.createElement("p");
    words.className = "drawing-words";
    words.setAttribute("role", "status");
    words.textContent = "A network that this book has trained reads it, here in your browser.";
    box.replaceChildren(button, words);
    return { button, words };
  };

  let opening = null;

  /**
   * Bring the modules and build the pad, once; a browser that cannot is told so, and may try again.
   */
  const launch = ({ button, words }) => {
    button.disabled = true;
    words.textContent = "Loading …";
    performance.mark("drawing-click");
    const address = new URL(`${box.dataset.static}draw/main.js`, document.baseURI);
    // a browser remembers that a module has failed
    address.search = opening === null ? "" : performance.now();
    const module = window.fromDisk ? window.fromDisk.module(address) : import(address.href);
    opening = module.then(({ open }) => open(box));
    opening.catch((error) => {
      const failure = `The drawing pad could not be loaded (${error.message}).`;
      words.textContent = `${failure} Check the connection, then try again.`;
      button.disabled = false;
      opening = undefined;
    });
    return opening;
  };

  /** Beside every network that a cell has exported, put a button that shows it on the pad. */
  const offerExported = (begin) => {
    for (const link of document.querySelectorAll("a.exported-network:not([data-offered])")) {
      link.dataset.offered = "";
      const button = document.createElement("button");
      button.type = "button";
      button.className = "drawing-show";
      button.textContent = "Show it on the pad";
      button.addEventListener("click", async () => {
        const pad = await (opening ?? begin());
        box.scrollIntoView();
        await pad.openLink(link);
      });
      link.after(" ", button);
    }
  };

  const takesText = (node) =>
    node.closest?.("input, textarea, [contenteditable], .CodeMirror, .cm-editor");

  /**
   * Show a file on the pad that is dropped anywhere on the page: a browser would leave the page for
   * it.
   */
  const takeDropped = (begin) => {
    const isFile = (event) =>
      event.dataTransfer?.types.includes("Files") && !takesText(event.target);
    document.addEventListener("dragover", (event) => isFile(event) && event.preventDefault());
    document.addEventListener("drop", async (event) => {
      if (isFile(event)) {
        event.preventDefault();
        const [file] = event.dataTransfer.files;
        const pad = await (opening ?? begin());
        if (file) {
          box.scrollIntoView({ block: "nearest" });
          await pad.openFile(file);
        }
      }
    });
  };

  if (box) {
    const begin = () => launch(offered);
    const offered = offer(() => void begin().catch(() => {}));
    const exported = () => offerExported(begin);
    new MutationObserver(exported).observe(box.closest("article") ?? document.body, {
      childList: true, subtree: true
    });
    exported();
    takeDropped(begin);
  }
}
