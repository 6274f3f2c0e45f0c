"""The whole book as one PDF, printed by Chromium from the finished pages of its site."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bookkit.book.project import Project
from bookkit.editions.browser import opened
from bookkit.editions.launch import publication
from bookkit.editions.whole_book import (
    MATHS,
    STYLES,
    About,
    BoundPage,
    Part,
    bind,
    document,
    head_of,
    parts_of,
)
from bookkit.system.errors import BookError
from bookkit.system.files import write_if_changed

OWN = Path(__file__).parent / "assets"
KIT = Path(__file__).parents[1] / "sphinx" / "assets"
FILL = """numbers => {
  for (const link of document.querySelectorAll(".printed-contents a")) {
    link.nextElementSibling.textContent = numbers[link.hash.slice(1)] ?? "";
  }
}"""


@dataclass(frozen=True)
class Bound:
    """A whole book: what its title page says, its parts, its pages, and all of it as HTML."""

    about: About
    parts: Sequence[Part]
    pages: Mapping[str, BoundPage]
    text: str

    @property
    def titles(self) -> dict[str, str]:
        """What parts and pages are called, by their ids."""
        named = {f"part-{number}": part.caption for number, part in enumerate(self.parts)}
        return named | {page.anchor: page.title for page in self.pages.values()}


def make_pdf(project: Project) -> Path:
    """Print the finished site of an edition into one PDF, and return that file, which lies in the
    site.

    It is printed twice: the page numbers of the table of contents are known after the first time.

    Parameters
    ----------
    project : Project
        Under the profile of its site.

    Raises
    ------
    BookError
        If the book has not been made, or if there is no Chromium that prints it.
    """
    with opened(bound_book(project).text) as tab:
        paper = {"format": "A4", "tagged": True, "outline": True, "prefer_css_page_size": True}
        tab.evaluate(FILL, page_numbers(tab.pdf(**paper)))
        made = tab.pdf(**paper)
    file = project.site / f"{file_name(project)}.pdf"
    write_if_changed(file, made)
    return file


def page_numbers(pdf: bytes) -> dict[str, int]:
    """Return the numbers of the pages to which the links inside of a PDF lead, by their names."""
    try:
        from pypdf import PdfReader
    except ImportError:
        raise BookError(
            "The PDF needs pypdf, which is not installed: `pip install pypdf`, then call this"
            " again."
        ) from None
    reader = PdfReader(io.BytesIO(pdf))
    return {
        name.lstrip("/"): 1 + (reader.get_destination_page_number(place) or 0)
        for name, place in reader.named_destinations.items()
    }


def bound_book(project: Project) -> Bound:
    """Return all pages of a finished site in one document.

    Raises
    ------
    BookError
        If the book has not been made.
    """
    parts = parts_of(project.contents)
    names = [name for part in parts for chapter in part.chapters for name, _ in chapter]
    missing = [name for name in names if not (project.site / f"{name}.html").is_file()]
    if missing:
        raise BookError(
            f"There is no {project.site / missing[0]}.html: make the book first"
            f" (`{project.edition.command}`)."
        )
    pages = bind(project.site, parts, publication(project.settings.publish)["site"])
    styles = [*head_of(project.site, names, STYLES), sheet(KIT / "print.css")]
    scripts = [*head_of(project.site, names, MATHS), script(KIT / "print.js")]
    said, own = about(project), sheet(OWN / "whole-book.css")
    text = document(said, parts, pages, [*styles, own, *scripts])
    return Bound(said, parts, pages, text)


def sheet(file: Path) -> str:
    """Return the element that brings a style sheet."""
    return f'<link rel="stylesheet" href="{file.as_uri()}" />'


def script(file: Path) -> str:
    """Return the element that brings a script."""
    return f'<script src="{file.as_uri()}"></script>'


def about(project: Project) -> About:
    """Return what the title page says, from the book's configuration."""
    config = project.config
    edition = [] if project.edition.solutions else ["The edition for a course: without solutions"]
    site = publication(project.settings.publish)["site"]
    language = ((config.get("sphinx") or {}).get("config") or {}).get("language") or "en"
    return About(
        str(config.get("title", "")),
        str(config.get("author", "")),
        str(language),
        (*edition, str(config.get("copyright", "")), site),
        project.profile.banner,
    )


def file_name(project: Project) -> str:
    """Return what files of the whole book are called, without an ending."""
    name = project.settings.distribution or str(project.config.get("title", "book"))
    folder = f"-{project.edition.folder}" * bool(project.edition.folder)
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") + folder
