// A picture that is wider than its box can be scrolled by keyboard, and says that it is one. What is
// printed has all its pictures.
"use strict";

(() => {
  function look({ target }) {
    const wider = target.scrollWidth > target.clientWidth + 1;
    if (wider === target.hasAttribute("tabindex")) return;
    const said = { tabindex: "0", role: "group", "aria-label": "A figure that scrolls sideways" };
    for (const [name, value] of Object.entries(said)) {
      if (wider) target.setAttribute(name, value);
      else target.removeAttribute(name);
    }
  }

  function bring() {
    document.querySelectorAll("img[loading=lazy]").forEach((image) => (image.loading = "eager"));
  }

  const looking = new ResizeObserver((boxes) => boxes.forEach(look));
  document.querySelectorAll(".picture").forEach((box) => looking.observe(box));
  window.addEventListener("beforeprint", bring);
  window.matchMedia("print").addEventListener("change", bring);
})();
