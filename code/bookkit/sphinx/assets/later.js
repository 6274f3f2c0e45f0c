// Bootstrap, which opens menus, shows tooltips and leads back to the top, is loaded when the reader
// first does something; a press on one of its buttons that comes before it is done again.
"use strict";

{
  const address = document.currentScript.dataset.script;
  const MOVES = ["click", "focusin", "keydown", "pointerdown", "pointermove", "scroll"];
  let pressed = null;

  /** Remember a press that Bootstrap is to answer. */
  const keep = (event) => {
    pressed = event.target.closest?.("[data-bs-toggle='dropdown']") ?? pressed;
  };

  const load = () => {
    MOVES.forEach((move) => removeEventListener(move, load));
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", () => {
      removeEventListener("click", keep);
      pressed?.click();
    });
    document.head.append(script);
  };

  MOVES.forEach((move) => addEventListener(move, load));
  addEventListener("click", keep);
}
