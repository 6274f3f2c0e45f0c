"""The works that a book cites, from its bibliographies."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pybtex.database import Entry, parse_string
from pybtex.exceptions import PybtexError

from bookkit.book.references import Work
from bookkit.system.errors import BookError
from bookkit.system.files import read_text


def read_works(files: Iterable[Path]) -> dict[str, Work]:
    """Return the works of some bibliographies in BibTeX, by their keys.

    Raises
    ------
    BookError
        If one of them cannot be read, with its name.
    """
    return {
        key: Work(_authors(entry), entry.fields.get("year", "n.d."))
        for file in files
        for key, entry in _entries(file)
    }


def _entries(file: Path) -> Iterator[tuple[str, Entry]]:
    try:
        yield from parse_string(read_text(file), "bibtex").entries.items()
    except PybtexError as error:
        raise BookError(f"{file}: {error}. Correct the entry.") from None


def _authors(entry: Entry) -> str:
    persons: Mapping = entry.persons
    people = [
        " ".join([*p.prelast_names, *p.last_names])
        for p in persons.get("author") or persons.get("editor") or []
    ]
    names = [re.sub(r"[{}]", "", name) for name in people]
    return (
        f"{names[0]} et al."
        if len(names) > 2
        else " and ".join(names) or entry.fields.get("title", entry.key)
    )
