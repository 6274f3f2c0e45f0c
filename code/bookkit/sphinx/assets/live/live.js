// The only script of live cells that a page loads by itself: a button, which brings all the rest
// when it is pressed.
"use strict";
{
  const settings = JSON.parse(document.getElementById("live-settings").textContent);
  const title = document.querySelector("article h1");

  /**
   * Build the panel below the page's title: a line for screen readers too, room for more, and
   * buttons.
   */
  const panel = () => {
    const box = document.createElement("section");
    box.className = "live-panel";
    box.dataset.state = "off";
    box.setAttribute("aria-label", "Live cells");
    box.innerHTML = `<div class="live-line"><span class="live-dot" aria-hidden="true"></span>
      <span class="live-words" role="status"></span></div>
      <div class="live-more"></div><div class="live-buttons"></div>
      <div class="live-tools" hidden></div>`;
    box.querySelector(".live-words").textContent = "The code on this page can be changed and run.";
    return box;
  };

  /** Say what is needed, where the address of the page has no Python. */
  const sayNeeds = async (words) => {
    const answer = await fetch(new URL(settings.here, document.baseURI), {
      cache: "no-store",
    }).catch(() => null);
    const about = await answer?.json().catch(() => null);
    if (about && about.kernels !== "here") {
      const places = `your own computer${settings.binder ? ", Binder" : ""} or a Jupyter server`;
      words.textContent = `This page’s code runs with Python from elsewhere: ${places}.`;
    }
  };

  /** Bring the modules and start; a browser that cannot is told so. */
  const launch = async (box, button) => {
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

  if (title && location.protocol === "file:") {
    const line = document.createElement("p");
    line.className = "live-panel";
    line.textContent =
      "To change and run this page’s code, start “make serve” and open the address it prints.";
    title.after(line);
  } else if (title) {
    const box = panel();
    const button = document.createElement("button");
    button.type = "button";
    button.className = "live-start";
    button.textContent = "Make this page live";
    button.addEventListener("click", () => launch(box, button));
    box.querySelector(".live-buttons").append(button);
    title.after(box);
    void sayNeeds(box.querySelector(".live-words"));
  }
}
