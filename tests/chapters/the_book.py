"""The chapters of the book and the pages below them, read once for the tests of this folder."""

from functools import cache
from pathlib import Path

import pytest
from bookkit.book.pages import Page, read_pages
from bookkit.book.project import open_project

ROOT = Path(__file__).parents[2]


@cache
def lecture() -> list[Page]:
    """The chapters, each followed by the pages below it."""
    project = open_project(ROOT)
    pages = read_pages(project.root, project.pages, project.chapters)
    return [page for page in pages if page.chapter is not None]


CORES = [page for page in lecture() if page.above is None]
BELOW = [page for page in lecture() if page.above is not None]


def together(core: Page) -> list[Page]:
    """A chapter with the pages below it."""
    return [core, *(page for page in BELOW if page.above == core.file)]


def name_of(page: Page) -> str:
    return page.docname.removeprefix("chapters/")


every_core = pytest.mark.parametrize("page", CORES, ids=name_of)
every_page_below = pytest.mark.parametrize("page", BELOW, ids=name_of)
every_page = pytest.mark.parametrize("page", lecture(), ids=name_of)
