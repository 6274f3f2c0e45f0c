"""A profile: how much a build computes, and whether it is the book or a preview of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """A row of the table ``[tool.bookkit.profiles]``.

    Attributes
    ----------
    name : str
        What the pages' code finds in its environment.
    is_preview : bool
        Whether its numbers show only that the book runs: then no claim is checked on them.
    banner : str
        What every page of a preview says on top; empty for the book itself.
    """

    name: str
    is_preview: bool = False
    banner: str = ""
