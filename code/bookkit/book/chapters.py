"""How a page is called: the name that Sphinx gives it, and the number of a chapter."""

from itertools import takewhile
from pathlib import PurePath


def docname(file: PurePath) -> str:
    """Return a page's name in Sphinx."""
    return file.with_suffix("").as_posix()


def chapter_number(name: str) -> int | None:
    """Return the number with which a file's name begins; None if the page is no chapter."""
    digits = "".join(takewhile(str.isdecimal, PurePath(name).name))
    return int(digits) if digits else None
