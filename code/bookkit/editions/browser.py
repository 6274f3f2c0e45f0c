"""A Chromium that opens a document of this machine, to print it or to take it apart."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bookkit.system import stopping
from bookkit.system.errors import BookError

if TYPE_CHECKING:
    from playwright.sync_api import Page, Playwright

NAMES = (
    "chromium-headless-shell",  # without windows: half of the processor time for each page
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND"  # a book needs no other machine
READY = """async () => {
  await window.MathJax?.startup?.promise;
  await document.fonts.ready;
  const loaded = (image) =>
    image
      .decode()
      .catch(() => image.decode())  // another of its files was chosen meanwhile
      .then(() => "", () => image.src);
  return (await Promise.all([...document.images].map(loaded))).filter(Boolean);
}"""


def installed() -> str | None:
    """Return the path of the machine's Chromium or Chrome; None if there is only Playwright's own,
    or none.
    """
    return next((path for path in map(shutil.which, NAMES) if path), None)


@contextmanager
def opened(text: str) -> Iterator["Page"]:
    """Open an HTML document in Chromium, with its pictures and formulas.

    Raises
    ------
    BookError
        If there is no Chromium, if it ends before its time, or if a picture cannot be shown.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise BookError(
            "PDF and EPUB are made with Playwright, which is not installed: `pip install"
            " playwright pypdf`, then call this again."
        ) from None
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "book.html")
        file.write_text(text, encoding="utf-8")
        try:
            with sync_playwright() as playwright:
                yield loaded(playwright, file)
        except Error as error:
            stopping.check()
            said = str(error).splitlines()[0]
            raise BookError(
                f"Chromium did not do what was asked of it: {said} Close other programs if memory"
                " is short, and call this again."
            ) from error


def loaded(playwright: "Playwright", file: Path) -> "Page":
    """Return a document in a tab, once all of it is there."""
    from playwright.sync_api import Error

    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    try:
        browser = playwright.chromium.launch(executable_path=installed(), args=[NOWHERE, *sandbox])
    except Error as error:
        raise BookError(
            "PDF and EPUB are made by Chromium, and none could be started: install it, or Chrome,"
            " or let Playwright bring one (`python -m playwright install chromium`), then call this"
            f" again. It said: {str(error).splitlines()[0]}"
        ) from None
    tab = browser.new_page()
    tab.set_default_timeout(0)  # a whole book takes a while
    tab.goto(file.as_uri(), wait_until="load")
    if lost := tab.evaluate(READY):
        raise BookError(f"The site lacks a picture that it shows, {lost[0]}: make the book anew.")
    return tab
