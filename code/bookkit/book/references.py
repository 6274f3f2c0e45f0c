"""What a page of the book can refer to: sections, figures, exercises, terms, pages and cited works.

All but the works is what Sphinx knows when it has made the pages: `bookkit.sphinx.references`
writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Target:
    """A place that text can refer to.

    Attributes
    ----------
    text : str
        What the reference reads when it has no text of its own, in MyST.
    page : str
        Name of the page, such as ``chapters/2-data``.
    anchor : str
        The place on the page; empty for its top.
    is_heading : bool
    """

    text: str
    page: str
    anchor: str = ""
    is_heading: bool = False


@dataclass(frozen=True)
class Work:
    """A cited work: its authors in short, and its year."""

    authors: str
    year: str


@dataclass
class References:
    """Everything that a page can refer to.

    Attributes
    ----------
    labels, terms, pages : dict of Target
        By label, by term in lower case, by name of the page.
    works : dict of Work
        By key.
    bibliography : str
        Name of the page that lists the works; empty if there is none.
    """

    labels: dict[str, Target] = field(default_factory=dict)
    terms: dict[str, Target] = field(default_factory=dict)
    pages: dict[str, Target] = field(default_factory=dict)
    works: dict[str, Work] = field(default_factory=dict)
    bibliography: str = ""

    @classmethod
    def of(cls, found: Mapping[str, Any], works: Mapping[str, "Work"]) -> "References":
        """Return the references that Sphinx found, as JSON holds them, with the cited works."""
        named = {
            kind: {name: Target(**target) for name, target in found.get(kind, {}).items()}
            for kind in ("labels", "terms", "pages")
        }
        return cls(**named, works=dict(works), bibliography=found.get("bibliography", ""))
