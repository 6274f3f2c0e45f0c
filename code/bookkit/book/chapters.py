"""How pages are called, and which of them belong to a chapter."""

from collections.abc import Iterator
from itertools import takewhile
from pathlib import PurePath

from sphinx_external_toc.api import SiteMap


def docname(file: PurePath) -> str:
    """Return a page's name in Sphinx."""
    return file.with_suffix("").as_posix()


def chapter_number(name: str) -> int | None:
    """Return the number with which a file's name begins; None if the page is no chapter."""
    digits = "".join(takewhile(str.isdecimal, PurePath(name).name))
    return int(digits) if digits else None


def below_chapters(toc: SiteMap) -> dict[str, str]:
    """Return for each page below a chapter in a table of contents the name of that chapter.

    A chapter is the uppermost page whose name begins with a number; what stands below it at any
    depth is part of it. The first page of the book is above all others and counts for none.
    """
    return dict(_below(toc, toc.root.docname, None))


def _below(toc: SiteMap, name: str, chapter: str | None) -> Iterator[tuple[str, str]]:
    for child in toc[name].child_files():
        if chapter is not None:
            yield child, chapter
        own = child if chapter_number(child) is not None else None
        yield from _below(toc, child, chapter or own)


def notebook_name(file: PurePath, chapter: PurePath | None) -> str | None:
    """Return the name of a page's notebook; None for a page that belongs to no chapter.

    Parameters
    ----------
    file : PurePath
    chapter : PurePath or None
        The chapter that the page is below.
    """
    if chapter is not None:
        return f"{chapter.stem}-{file.stem}.ipynb"
    return f"{file.stem}.ipynb" if chapter_number(file.name) is not None else None
