"""A picture of a page of the finished site, for the README."""

import os
from pathlib import Path

from playwright.sync_api import sync_playwright

from bookkit.run.parts import browser
from bookkit.system.errors import BookError

WINDOW = {"width": 1280, "height": 900}


def take(page: Path, heading: str, target: Path) -> None:
    """Open a page from disk, scroll to a heading, and save what the window shows as a PNG.

    Parameters
    ----------
    page : Path
        An HTML file of the site.
    heading : str
        The id of the section to scroll to.
    target : Path
        The picture.

    Raises
    ------
    BookError
        If the page does not exist or has no such section.
    """
    if not page.is_file():
        raise BookError(f"There is no {page}: run `make book` first.")
    with sync_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        window = playwright.chromium.launch(executable_path=browser(), args=sandbox)
        tab = window.new_page(viewport=WINDOW)
        tab.goto(page.resolve().as_uri())
        if not tab.locator(f"#{heading}").count():
            raise BookError(f"{page} has no section {heading}: name the id of one that is there.")
        tab.locator(f"#{heading}").first.evaluate("place => place.scrollIntoView()")
        tab.wait_for_timeout(500)  # the header slides away
        tab.screenshot(path=target)
        window.close()
