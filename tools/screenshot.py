"""Take the README's picture from the finished site: ``.venv/bin/python tools/screenshot.py``."""

import os
import sys
from pathlib import Path

from chromium import installed
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "_build" / "html" / "chapters" / "1-why-convolution.html"
SECTION = "the-same-nine-weights-everywhere"
PICTURE = ROOT / "book" / "assets" / "screenshot.png"
WINDOW = {"width": 1280, "height": 900}


def take(page: Path, section: str, picture: Path) -> None:
    """Open a page from disk, scroll to a section, and save what the window shows as a PNG.

    Parameters
    ----------
    page : Path
        An HTML file of the site.
    section : str
        The id of the section to scroll to.
    picture : Path
        The file to write.

    Raises
    ------
    SystemExit
        If the page does not exist or has no such section.
    """
    if not page.is_file():
        sys.exit(f"Stopped. There is no {page}: run `make book` first.")
    with sync_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        window = playwright.chromium.launch(executable_path=installed(), args=sandbox)
        tab = window.new_page(viewport=WINDOW)
        tab.goto(page.resolve().as_uri())
        place = tab.locator(f"#{section}").first
        if not place.count():
            sys.exit(f"Stopped. {page} has no section {section}: name one that is there.")
        place.evaluate("place => place.scrollIntoView()")
        tab.wait_for_timeout(500)  # the header slides away
        tab.screenshot(path=picture)
        window.close()


if __name__ == "__main__":
    take(PAGE, SECTION, PICTURE)
