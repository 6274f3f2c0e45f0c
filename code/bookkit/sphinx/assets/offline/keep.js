// The place on a page at which a reader keeps the whole book on the device, and removes it again.
"use strict";
{
  const box = document.querySelector(".keep-book");
  const workers = location.protocol === "file:" ? null : navigator.serviceWorker;
  const megabytes = (bytes) => Math.ceil(bytes / 1e6);
  const wish = async (name) => (await workers.ready).active.postMessage({ wish: name });

  /** Build the lines of the box: words, a bar, buttons. */
  const show = (words, buttons, bar = null) => {
    const line = document.createElement("p");
    line.setAttribute("role", "status");
    line.textContent = words;
    const row = Object.entries(buttons).map(([name, pressed]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.addEventListener("click", pressed);
      return button;
    });
    const hadFocus = box.contains(document.activeElement);
    box.replaceChildren(line, ...(bar ? [bar] : []), ...row);
    if (hadFocus) {
      row[0]?.focus();
    }
  };

  /** Show how far it is, without new buttons at each step. */
  const showProgress = ({ kept, of }) => {
    const words = `${megabytes(kept)} of ${megabytes(of)} MB are on this device.`;
    const there = box.querySelector("progress");
    if (!there) {
      const bar = document.createElement("progress");
      bar.setAttribute("aria-label", "How much of the book is on this device");
      show(words, { "Stop, and remove it": () => void wish("remove") }, bar);
    } else if (Math.floor((10 * kept) / of) > Math.floor((10 * there.value) / there.max)) {
      box.querySelector("[role=status]").textContent = words; // spoken ten times, not hundreds
    }
    Object.assign(box.querySelector("progress"), { max: of, value: kept });
  };

  const start = () => {
    void navigator.storage?.persist?.().catch(() => {});
    void wish("whole");
  };

  const showState = ({ whole, kept, of, busy, problem = "" }) => {
    const mb = `${megabytes(of)} MB`;
    if (busy) {
      showProgress({ kept, of });
    } else if (whole && kept === of) {
      const words = `The whole book is on this device (${mb}). A new build replaces it by itself.`;
      show(words, { "Remove it from this device": () => void wish("remove") });
    } else if (whole) {
      const words = `${problem} ${megabytes(kept)} of ${mb} are on this device.`.trim();
      show(words, { "Go on": start, "Remove it": () => void wish("remove") });
    } else {
      const words =
        "The pages that you have visited, and the search, can be read without a network already.";
      show(words, { [`Keep the whole book on this device (${mb})`]: start });
    }
  };

  if (box && workers) {
    workers.addEventListener("message", ({ data }) => data.of && showState(data));
    workers.ready.then(() => wish("state"));
  }
}
