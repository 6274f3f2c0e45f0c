"""A page with the drawing pad, in the book's theme, with networks of its own: laid out, served,
opened.
"""

import math
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from accessibility import accessibility_faults, too_wide, wait_until_faded
from bookkit.sphinx.extension import LOOK
from browser_window import BrowserWindow

ROOT = Path(__file__).parents[2]
MOVE = 25  # pixels between two places that the mouse reports
RUNTIME = ROOT / "node_modules" / "onnxruntime-web" / "dist"
SETTINGS = f"""
project = "Your First CNN"
html_theme = "sphinx_book_theme"
html_static_path = [{str(ROOT / "book" / "assets")!r}, {str(ROOT / "code" / "bookkit" / "sphinx" / "assets")!r}]
html_css_files = {[*(f"look/{part}.css" for part in LOOK), "draw/draw.css", "draw/look.css"]!r}
html_js_files = [("draw/draw.js", {{"defer": "defer"}})]
html_context = {{"default_mode": "auto"}}
html_theme_options = {{"navbar_persistent": []}}
html_title = "Your First CNN"
html_favicon = {str(ROOT / "book" / "assets" / "favicon.svg")!r}
"""
PAGE = """
Draw a digit
============

.. raw:: html

   <p>The network that this book has trained reads what you draw.</p>
   <div class="drawing-pad" data-static="_static/" data-files="networks/"></div>

What happens
------------

.. raw:: html

   <p>The image becomes smaller, layer by layer.</p>
   <div class="outputs"></div>

To try
------
"""


def lay_out(folder: Path) -> Path:
    """Make a site of one page with Sphinx, in seconds, and return its folder; networks belong into
    ``networks``.
    """
    source, site = folder / "source", folder / "site"
    source.mkdir()
    (source / "conf.py").write_text(SETTINGS, encoding="utf-8")
    (source / "index.rst").write_text(PAGE, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "sphinx", "-q", "-b", "html", source, site], check=True)
    (site / "networks").mkdir()
    (site / "_static" / "onnxruntime-web").mkdir()
    for name in ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"):
        shutil.copy(RUNTIME / name, site / "_static" / "onnxruntime-web")
    return site


class DrawingPage(BrowserWindow):
    """The page with the pad."""

    def __init__(self, chromium, address: str, width: int = 1300, **options):
        super().__init__(chromium, width, **options)
        self.address = address

    def open(self) -> "DrawingPage":
        self.page.goto(self.address, wait_until="load")
        return self

    def start(self) -> "DrawingPage":
        """Press the button; wait until a network reads."""
        self.open()
        self.page.get_by_role("button", name="Draw a digit").click()
        self.page.wait_for_function(
            "document.querySelector('.drawing-pad').drawing?.current.result"
        )
        self.settle()
        return self

    def settle(self) -> None:
        """Wait until what is shown belongs to what is on the pad."""
        self.page.evaluate("document.querySelector('.drawing-pad').drawing.settled()")

    def ask(self, expression: str, argument=None):
        """Ask the part: an expression in ``part`` and, if given, ``argument``."""
        function = (
            "argument => { const part = document.querySelector('.drawing-pad').drawing; return"
            f" {expression}; }}"
        )
        return self.page.evaluate(function, argument)

    @property
    def pad(self):
        return self.page.locator(".drawing-sheet")

    @property
    def says(self) -> str:
        """The answer in words."""
        return self.page.locator(".drawing-says").inner_text()

    @property
    def spoken(self) -> str:
        """What a screen reader was told of it."""
        return self.page.locator(".drawing-reading [role=status]").inner_text()

    @property
    def problem(self) -> str:
        """What went wrong, in words."""
        return "".join(self.page.locator(".drawing [role=alert]").all_inner_texts())

    def draw(self, *points: tuple[float, float]) -> None:
        """Draw a line with the mouse; points are fractions of the pad's side."""
        self.pad.scroll_into_view_if_needed()
        box = self.pad.bounding_box()
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for last, place in pairwise(places):
            steps = max(1, round(math.dist(last, place) / MOVE))
            self.page.mouse.move(*place, steps=steps)
        self.page.mouse.up()
        self.settle()

    def press(self, name: str) -> None:
        """Press a button of the part."""
        self.page.locator(".drawing").get_by_role("button", name=name, exact=True).click()
        self.settle()

    def faults_of_access(self) -> list[str]:
        """What axe-core finds wrong with the page, and whether it is too wide."""
        self.page.evaluate("scrollTo(0, 0)")  # nothing below the theme's header
        wait_until_faded(self.page)
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        faults = accessibility_faults(self.page, rules, ".drawing-pad")
        return faults + ["wider than the window"] * too_wide(self.page)
