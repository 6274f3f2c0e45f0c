"""A claim: the places in the text that state it, and what was recorded for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Record:
    """What a page measured for a claim.

    Attributes
    ----------
    claim : str
    page : Path
    cell : int
        Number of the code cell on the page, counted from 1.
    place : str
        Page, line and cell, for messages.
    values : dict
    """

    claim: str
    page: Path
    cell: int
    place: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Mark:
    """A place in the text that claims something.

    Attributes
    ----------
    claim : str
    page : Path
    line : int
        Counted from 1.
    sentence : str
        The sentence in front of the mark, as it is written.
    """

    claim: str
    page: Path
    line: int
    sentence: str

    @property
    def place(self) -> str:
        """Page and line."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Claim:
    """A claim with everything that belongs to it; ``borne_out`` is None where nothing is
    checked.
    """

    name: str
    words: str
    marks: list[Mark]
    record: Record
    borne_out: bool | None
