// The only script of live cells that a page loads by itself: its button brings all the rest when it
// is pressed.
"use strict";
{
  const settings = JSON.parse(document.getElementById("live-settings").textContent);
  const box = document.querySelector(".live-panel");

  /** Say what is needed, where the address of the page has no Python. */
  const sayNeeds = async (line) => {
    const answer = await fetch(new URL(settings.here, document.baseURI), {
      cache: "no-store",
    }).catch(() => null);
    const about = await answer?.json().catch(() => null);
    if (about && about.kernels !== "here" && box.dataset.state === "off") {
      line.querySelector(".live-words").textContent = line.dataset.elsewhere;
    }
  };

  /** Bring the modules and start; a browser that cannot is told so. */
  const launch = async (button) => {
    delete box.querySelector(".live-line").dataset.elsewhere;
    button.disabled = true;
    performance.mark("live-click");
    try {
      const { open } = await import(
        new URL(`${settings.static}live/main.js`, document.baseURI).href
      );
      await open(box, settings);
    } catch (error) {
      box.dataset.state = "failed";
      const words = `Live cells could not be loaded (${error.message}). Reload the page.`;
      box.querySelector(".live-words").textContent = words;
      button.disabled = false;
    }
  };

  if (box && location.protocol === "file:") {
    box.textContent =
      "To change and run this page’s code, start “make serve” and open the address it prints.";
  } else if (box) {
    const button = box.querySelector(".live-start");
    button.addEventListener("click", () => launch(button));
    void sayNeeds(box.querySelector(".live-line"));
  }
}
