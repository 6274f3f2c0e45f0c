"""The editions of a book: with the solutions of its exercises, or without."""

from dataclasses import dataclass

from bookkit.system.errors import BookError


@dataclass(frozen=True)
class Edition:
    """For whom a site is made.

    Attributes
    ----------
    name : str
    solutions : bool
        Whether its readers get the solutions, and the code that no page shows.
    folder : str
        Where it lies below ``_build``; empty for ``_build`` itself.
    command : str
        What makes it.
    """

    name: str
    solutions: bool
    folder: str
    command: str


EDITIONS = {
    "open": Edition("open", solutions=True, folder="", command="make book"),
    "course": Edition(
        "course", solutions=False, folder="course", command="make book EDITION=course"
    ),
}


def edition_named(name: str) -> Edition:
    """Return the edition of this name.

    Raises
    ------
    BookError
        If there is none.
    """
    if name not in EDITIONS:
        raise BookError(f"There is no edition {name!r}: choose one of {', '.join(EDITIONS)}.")
    return EDITIONS[name]
