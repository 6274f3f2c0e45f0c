"""What axe-core finds wrong with a page for readers who see, hear or type differently."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import TimeoutError as WaitedEnough

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa")
CONTRAST = ["color-contrast"]
RUN = """({ parts, rules }) => axe.run(parts, { runOnly: rules, resultTypes: ["violations"] })"""
# The theme lets the keyboard reach what scrolls, a moment after the page or its width has changed.
REACHED = """() => [...document.querySelectorAll("pre, .output, .pst-scrollable-table-container")]
  .every((box) => box.scrollWidth <= box.clientWidth || box.tabIndex === 0)"""
FADED = """async () => {
  const drawn = () => new Promise((done) => requestAnimationFrame(done));
  await drawn().then(drawn);
  const fading = document.getAnimations().filter((each) => each instanceof CSSTransition);
  const atMost = new Promise((done) => setTimeout(done, 1000)); // some of the theme's stand still
  await Promise.race([Promise.allSettled(fading.map((each) => each.finished)), atMost]);
}"""
# Contrast is slow to measure, and the same for all texts of one colour, ground, size and weight.
MARK_ONE_TEXT_OF_EACH_LOOK = """({ part, measured }) => {
  axe.configure({ rules: [{ id: "color-contrast", selector: "[data-look]" }] });
  document.querySelectorAll("[data-look]").forEach((node) => node.removeAttribute("data-look"));
  const ground = (node) => {
    const { backgroundColor, backgroundImage, opacity } = getComputedStyle(node);
    if (backgroundImage !== "none" || opacity !== "1") return `${node.tagName} ${node.className}`;
    const clear = /^rgba\\(.*, 0\\)$/.test(backgroundColor);
    return clear && node.parentElement ? ground(node.parentElement) : backgroundColor;
  };
  const ofEachLook = new Map(measured.map((look) => [look, null]));
  const { theme } = document.documentElement.dataset;
  for (const node of document.querySelectorAll(`:is(${part}) *`)) {
    const words = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!words || !node.checkVisibility() || !node.getClientRects().length) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(node);
    const look = [theme, color, fontSize, fontWeight, ground(node)].join("|");
    if (!ofEachLook.has(look)) ofEachLook.set(look, node);
  }
  [...ofEachLook.values()].forEach((node) => node?.setAttribute("data-look", ""));
  return [...ofEachLook.keys()].slice(measured.length);
}"""


def accessibility_faults(
    page,
    rules: Sequence[str] = RULES,
    part: str = "body",
    without: str = "",
    measured: set[str] | None = None,
) -> list[str]:
    """Return what axe-core finds wrong with a part of a page.

    Of texts that look the same, one is measured for its contrast.

    Parameters
    ----------
    page : playwright.sync_api.Page
    rules : sequence of str
        Rules, or tags of rules.
    part, without : str
        Selectors of what is looked at, and of what is left out of it.
    measured : set of str, optional
        Looks of texts that were measured on other pages, and are not measured again; those of this
        page are added.
    """
    with contextlib.suppress(WaitedEnough):  # then axe-core says what is not reached
        page.wait_for_function(REACHED, timeout=2000, polling=100)
    measured = set() if measured is None else measured
    known = {"part": part, "measured": sorted(measured)}
    new = with_axe(page).evaluate(MARK_ONE_TEXT_OF_EACH_LOOK, known)
    measured.update(new)
    if not new and list(rules) == CONTRAST:
        return []
    parts = {"include": [part], "exclude": [without] if without else []}
    return told(page.evaluate(RUN, {"parts": parts, "rules": list(rules)}))


def contrast_faults(page, part: str = "body", measured: set[str] | None = None) -> list[str]:
    """Return the texts of a part of a page that do not stand out enough, one of each look."""
    return accessibility_faults(page, CONTRAST, part, measured=measured)


def wait_until_faded(page) -> None:
    """Wait until colours are the new ones after a change; the theme lets them fade."""
    page.evaluate(FADED)


def too_wide(page) -> bool:
    """Tell whether a page is wider than its window, so that it has to be scrolled to the side."""
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def with_axe(page):
    """Return the page with axe-core in it."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    return page


def told(results: dict) -> list[str]:
    """Return what axe-core found, a line each."""
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in results["violations"]
        for node in violation["nodes"]
    ]
