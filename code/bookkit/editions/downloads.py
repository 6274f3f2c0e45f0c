"""Links to the whole book as one file, on the pages of a finished site that has such files."""

import os
import re
from collections.abc import Iterable
from html import escape
from pathlib import Path

from bookkit.system.files import write_if_changed

KINDS = {".pdf": "PDF", ".epub": "EPUB"}
EARLIER = re.compile(r'<(li|p) class="whole-book-file">.*?</\1>', re.DOTALL)
MENU = re.compile(
    r'class="dropdown dropdown-download-buttons".*?<ul class="dropdown-menu">', re.DOTALL
)
PLACE = re.compile(r'<div class="whole-book-place[^"]*">.*?(?=</div>)', re.DOTALL)


def offer(site: Path) -> None:
    """Link the files of the whole book that lie in a site from the menu of each page, and at the
    end of places of the class ``whole-book-place``, which hold paragraphs; earlier links go.
    """
    files = [file for ending in KINDS for file in sorted(site.glob(f"*{ending}"))]
    for page in sorted(site.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        write_if_changed(page, with_links(text, files, os.path.relpath(site, page.parent)))


def with_links(text: str, files: list[Path], above: str) -> str:
    """Return the text of a page with links to files; ``above`` is its way to the site's folder."""
    text = MENU.sub(lambda menu: menu[0] + in_menu(files, above), EARLIER.sub("", text), count=1)
    return PLACE.sub(lambda place: place[0] + in_text(files, above), text)


def in_menu(files: Iterable[Path], above: str) -> str:
    """Return the lines of a menu, as the theme has them."""
    return "".join(
        f'<li class="whole-book-file"><a href="{address(file, above)}" download'
        f' class="btn btn-sm dropdown-item" title="Download the whole book in one file">'
        '<span class="btn__icon-container"></span>'
        f'<span class="btn__text-container">{words(file)}</span></a></li>'
        for file in files
    )


def in_text(files: Iterable[Path], above: str) -> str:
    """Return paragraphs of the text."""
    return "".join(
        f'<p class="whole-book-file"><a href="{address(file, above)}" download>{words(file)}'
        "</a></p>"
        for file in files
    )


def address(file: Path, above: str) -> str:
    """Return the way to a file from a page, where ``above`` is that to the site's folder."""
    return escape(f"{above}/{file.name}".removeprefix("./"))


def words(file: Path) -> str:
    """Return what a link says."""
    return f"Whole book ({KINDS[file.suffix]}, {file.stat().st_size / 1e6:.1f}\u00a0MB)"
