"""What a printer gets of a page."""

import io

from pypdf import PdfReader


def with_printer(page):
    """Return a page in whose browser Ctrl-P opens no dialog, which would wait for somebody. Call
    this before the page goes anywhere.
    """
    page.add_init_script("window.print = () => {}")
    return page


def on_paper(page, **options) -> PdfReader:
    """Print a page as Ctrl-P and the page's button do: its scripts fetch the pictures first."""
    page.evaluate("window.print()")
    return PdfReader(io.BytesIO(page.pdf(format="A4", **options)))
