// Lets the book's worker keep what this page has loaded, so that it can be read without a network.
"use strict";
if (navigator.serviceWorker && location.protocol !== "file:") {
  const worker = new URL("../../service-worker.js", document.currentScript.src).href;

  /** Everything that shows this page: what it has loaded, and pictures that it loads later. */
  const parts = () => {
    const pictures = [...document.images].map((image) => image.currentSrc || image.src);
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    return [...new Set([location.href, ...loaded, ...pictures])];
  };

  /** Say that the page is of an earlier build, at its lower edge. */
  const sayAnew = () => {
    if (document.querySelector(".made-anew")) {
      return;
    }
    const bar = document.createElement("p");
    bar.className = "made-anew";
    bar.setAttribute("role", "status");
    bar.textContent = "This book has been made anew since you opened this page. ";
    const again = document.createElement("button");
    again.textContent = "Load the new page";
    again.addEventListener("click", () => location.reload());
    bar.append(again);
    bar.style.cssText =
      "position:fixed;inset:auto 0 0;z-index:2000;margin:0;padding:.5rem 1rem;text-align:center;" +
      "background:var(--pst-color-surface,Canvas);color:var(--pst-color-text-base,CanvasText);" +
      "border-top:1px solid var(--pst-color-border,CanvasText)";
    document.body.append(bar);
  };

  const tell = async () => {
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage({ wish: "visited", urls: parts() });
  };

  const keep = async () => {
    try {
      await navigator.serviceWorker.register(worker); // the browser itself looks for a new one
      await tell();
    } catch {
      // no network, or a browser that keeps nothing: the page is whole without it
    }
  };

  if (navigator.serviceWorker.controller) {
    // the worker of a new build may take over while its page is open
    navigator.serviceWorker.addEventListener("controllerchange", () => void tell());
  }
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data.anew) {
      sayAnew();
    } else if (data.visited) {
      document.documentElement.dataset.kept = "";
    }
  });
  addEventListener("load", () => (window.requestIdleCallback ?? setTimeout)(() => void keep()));
}
