"""The one style sheet of a site: it is small, and everything looks as with all sheets that it comes
from.
"""

import gzip
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from looks import DARK, LIGHT, PHONE, WIDE, in_windows
from PIL import Image
from small_site import make
from static_site import served

LOOKS = """() => {
  const looks = new Map();
  const name = (node) => `${node.localName}.${node.getAttribute("class") ?? ""}`;
  for (const node of document.body.querySelectorAll("*"))
    for (const part of ["", "::before", "::after"]) {
      const style = getComputedStyle(node, part);
      if (part && (style.content === "none" || node instanceof SVGElement)) continue;
      const key = `${name(node.parentElement)} > ${name(node)}${part}`;
      if (looks.has(key) || ["SCRIPT", "STYLE"].includes(node.tagName)) continue;
      const inside = (value) => value?.replace(/file:[^"]*?[/]html[/]/g, ""); // of the site's folder
      looks.set(key, Object.fromEntries([...style].map((each) => [each, inside(style[each])])));
    }
  return JSON.stringify([...looks]);  // one text comes faster than a hundred thousand
}"""
RULES = """() => {
  const parts = (selector) => selector.split(/,(?![^(]*\\))/).map((each) => each.trim());
  const found = [];
  const walk = (rules, around) => {
    for (const rule of rules) {
      if (rule.selectorText) parts(rule.selectorText).forEach((each) => found.push([each, around]));
      else if (rule.styleSheet) walk(rule.styleSheet.cssRules, around);
      else if (rule.media) walk(rule.cssRules, around + rule.media.mediaText);
    }
  };
  for (const sheet of document.styleSheets) walk(sheet.cssRules, sheet.media.mediaText);
  return found;
}"""
# Of selectors with states, such as :hover, those whose element is on the page
REACHED = """(rules) => rules.filter(([selector]) => {
  const still = selector.replace(
    /::?(?:after|before|hover|active|visited|focus-visible|focus-within|focus|checked|disabled|marker|placeholder|selection|backdrop|target)\\b/g, "");
  try { return document.querySelector(still || "*"); } catch { return false; }
})"""
STATES = {  # what a reader can open
    "as it comes": "",
    "folds open": "document.querySelectorAll('details').forEach((fold) => (fold.open = true))",
    "contents open": "document.querySelector('.primary-toggle').click()",
    "menu open": "document.querySelector('.dropdown-toggle')?.click()",
}


@pytest.fixture(scope="module")
def joined(tmp_path_factory) -> Path:
    """A site with one style sheet."""
    return make(tmp_path_factory.mktemp("joined"))


@pytest.fixture(scope="module")
def single(tmp_path_factory) -> Path:
    """The same site with all the sheets that it comes from."""
    return make(tmp_path_factory.mktemp("single"), purged=False)


@pytest.fixture
def opened(chromium):
    """A function that opens a page of a site in a window of its own."""
    contexts = []

    def open_page(site: Path, name: str = "page.html", width: int = 1400, **options):
        size = {"width": width, "height": 900}
        contexts.append(chromium.new_context(viewport=size, reduced_motion="reduce", **options))
        page = contexts[-1].new_page()
        page.goto((site / name).as_uri(), wait_until="load")
        return page

    yield open_page
    for context in contexts:
        context.close()


def looks_of(window) -> list:
    """The computed styles of everything in a window."""
    return json.loads(window.evaluate(LOOKS))


def changes(before: list, after: list) -> list[tuple]:
    """What differs between two lists of looks."""
    assert [key for key, _ in before] == [key for key, _ in after]
    return [
        (key, each, old[each], new.get(each))
        for (key, old), (_, new) in zip(before, after, strict=True)
        for each in old
        if old[each] != new.get(each)
    ]


@pytest.mark.parametrize(
    "name",
    [
        "page.html",
        *(pytest.param(each, marks=pytest.mark.soak) for each in ("search.html", "genindex.html")),
    ],
)
@in_windows((WIDE, DARK), soak=((WIDE, LIGHT), (PHONE, LIGHT), (PHONE, DARK)))
def test_everything_looks_as_with_all_sheets(opened, joined, single, name, width, scheme):
    windows = [opened(site, name, width, color_scheme=scheme) for site in (single, joined)]
    for window in windows:
        window.evaluate("dispatchEvent(new Event('pointermove'))")
        window.wait_for_function("window.bootstrap")
    for state, script in STATES.items():
        for window in windows:
            window.evaluate(f"async () => {{ {script} }}")
            window.wait_for_timeout(500)  # what fades, though there is nothing that moves
        before, after = map(looks_of, windows)
        assert len(after) > 30 and changes(before, after) == [], state
        for window in windows:
            window.evaluate("document.querySelectorAll('dialog').forEach((each) => each.close())")


@pytest.mark.parametrize("name", ["page.html", "search.html", "book/index.html"])
def test_no_rule_of_an_element_is_lost_in_whatever_state_it_is(chromium, joined, single, name):
    found = []
    for site in (single, joined):
        with served(site) as address:
            page = chromium.new_page()
            page.goto(f"{address}/{name}", wait_until="load")
            rules = page.evaluate(RULES)
            found.append(page.evaluate(REACHED, rules) if site == single else rules)
            page.close()
    before, after = ({tuple(rule) for rule in rules} for rules in found)
    drawn = {rule for rule in before if re.fullmatch(r"\.fa-[\w-]+::before", rule[0])}
    assert len(before) > 100 and before - after - drawn == set()


@pytest.mark.parametrize("options", [{"forced_colors": "active"}, {"java_script_enabled": False}])
def test_forced_colours_and_pages_without_scripts_look_the_same(opened, joined, single, options):
    before, after = (opened(site, **options).screenshot() for site in (single, joined))
    assert before == after


def test_paper_looks_the_same(opened, joined, single):
    windows = [opened(site, width=718) for site in (single, joined)]
    for window in windows:
        window.emulate_media(media="print")
    before, after = map(looks_of, windows)
    assert changes(before, after) == []


def test_signs_before_titles_are_drawn_from_the_small_font(opened, joined, single):
    pictures = []
    for site in (single, joined):
        page = opened(site)
        page.evaluate("document.fonts.ready")
        title = page.locator(".admonition.discuss > .admonition-title")
        picture = Image.open(io.BytesIO(title.screenshot())).convert("L").crop((0, 0, 36, 36))
        pictures.append(np.asarray(picture, int))
    assert np.ptp(pictures[1]) > 50
    assert np.abs(pictures[0] - pictures[1]).mean() < 4


def test_pages_have_one_sheet_which_is_small(joined):
    for name in ("page.html", "search.html", "genindex.html", "book/index.html"):
        page = BeautifulSoup((joined / name).read_text(encoding="utf-8"), "html.parser")
        (link,) = page.select("link[rel=stylesheet]")
        file = (joined / name).parent / link["href"].partition("?")[0]
        assert len(gzip.compress(file.read_bytes(), 9)) < 40_000
    assert not list(joined.rglob("pydata-sphinx-theme.css*"))


def test_every_icon_is_drawn_and_its_script_and_font_are_gone(joined):
    pages = [joined / name for name in ("page.html", "search.html", "book/index.html")]
    for file in pages:
        page = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        assert len(page.select("svg.svg-inline--fa > path[d]")) >= 8, file
        for place in (".theme-switch-button", ".search-button-field", ".primary-toggle"):
            assert page.select(f"{place} svg.svg-inline--fa > path"), place
        assert not page.find(["i", "span"], class_=re.compile(r"^fa[srb]?$|^fa-"))
    left = [file.name for file in (joined / "_static").rglob("*") if "fontawesome" in str(file)]
    assert [name for name in left if Path(name).suffix] == []
