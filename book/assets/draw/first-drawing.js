// The pad of the first page: all that the page loads by itself. It brings the paper; what reads
// comes with the first stroke.
"use strict";
{
  const box = document.querySelector(".first-drawing[data-static][data-files]");
  const start = () => {
    const address = new URL(`${box.dataset.static}draw/first.js`, document.baseURI);
    const module = window.fromDisk ? window.fromDisk.module(address) : import(address.href);
    module
      .then(({ open }) => open(box))
      .catch((error) => {
        box.textContent = `The drawing pad could not be loaded (${error.message}).`;
      });
  };
  const waits = location.protocol === "file:" && document.readyState !== "complete";
  if (box && waits) {
    addEventListener("load", start); // what reads modules from the disk is a script of its own
  } else if (box) {
    start();
  }
}
