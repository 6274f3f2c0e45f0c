"""A chapter and the pages below it, read as one."""

from functools import cache
from pathlib import Path
from types import SimpleNamespace

from bookkit.book.pages import read_page


def as_one(chapter, pages: list[Path]) -> SimpleNamespace:
    """Return the values, figures and outputs of several executed pages; what two pages glue under
    one name has to be the same.
    """
    found = SimpleNamespace(values={}, figures={}, outputs=[])
    for page in pages:
        name = page.with_suffix("").as_posix().partition("/chapters/")[2]
        made = chapter(f"chapters/{name}")
        both = made.values.keys() & found.values.keys()
        assert {key for key in both if made.values[key] != found.values[key]} == set(), page
        assert not made.figures.keys() & found.figures.keys(), page
        found.values |= made.values
        found.figures |= made.figures
        found.outputs += made.outputs
    return found


@cache
def page_code(page: Path) -> str:
    """Return the code of a page."""
    return read_page(page).code
