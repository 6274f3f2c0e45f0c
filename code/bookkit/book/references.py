"""What a page of the book can refer to, read from the sources: sections, figures, terms, pages and
cited works.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from docutils.nodes import make_id
from pybtex.database import Entry, parse_string
from pybtex.exceptions import PybtexError

from bookkit.book.project import Project
from bookkit.system.errors import BookError
from bookkit.system.files import read_text

LABEL = re.compile(r"^\(([\w:.-]+)\)=\s*$")
TITLE = re.compile(r"^#+ +(.+?)\s*(?:<!--.*)?$|^:{3,}\{[\w-]+\} *(.+)$")
FENCE = re.compile(r"^(`{3,}|~{3,}|:{3,})(?:\{([\w:-]+)\})?")
OPTION = re.compile(r"^:([\w-]+): *(.+)$")
FIGURES = {"glue:figure", "figure"}


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


def read_references(project: Project) -> References:
    """Return what the pages of a book can refer to."""
    found = References(works=dict(_works(project)))
    for page in project.pages:
        if page.suffix == ".md":
            _read_page(page, read_text(project.root / page), found)
    return found


def _read_page(file: Path, text: str, found: References) -> None:
    name = file.with_suffix("").as_posix()
    lines = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S).splitlines()
    title = next((line.lstrip("# ") for line in lines if line.startswith("# ")), name)
    found.pages[name] = Target(title, name, is_heading=True)
    found.labels |= {label: target for label, target in _labels(lines, name)}
    number = re.match(r"\d+", file.name)
    prefix = f"{number[0]}." if number else ""
    for count, label in enumerate(_figures(lines), start=1):
        found.labels[label] = Target(f"Fig. {prefix}{count}", name, make_id(label))
    for count, (label, title) in enumerate(_exercises(lines), start=1):
        found.labels[label] = Target(f"Exercise {prefix}{count}: {title}", name, make_id(label))
    found.terms |= {term.lower(): Target(term, name, _term_anchor(term)) for term in _terms(lines)}
    if any(line.startswith("```{bibliography}") for line in lines):
        found.bibliography = name


def _labels(lines: list[str], page: str) -> Iterator[tuple[str, Target]]:
    """Yield the labels of headings and boxes; one that has no title reads like its name."""
    waiting = []
    for line in lines:
        if label := LABEL.match(line):
            waiting.append(label[1])
        elif waiting and line.strip():
            title = TITLE.match(line)
            text = (title[1] or title[2]) if title else ""
            yield from (
                (name, Target(text or name, page, make_id(name), line.startswith("#")))
                for name in waiting
            )
            waiting = []


def _figures(lines: list[str]) -> Iterator[str]:
    """Yield the name of each figure, in order; a figure without one counts too, under an empty
    name.
    """
    for begin, line in enumerate(lines):
        fence = FENCE.match(line)
        if fence and fence[2] in FIGURES:
            options = dict(
                found.groups()
                for text in lines[begin + 1 : begin + 8]
                if (found := OPTION.match(text))
            )
            yield options.get("name", "")


def _exercises(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield label and title of each exercise, in order."""
    for begin, line in enumerate(lines):
        fence = FENCE.match(line)
        if fence and fence[2] == "code-cell":
            texts = takewhile(OPTION.match, lines[begin + 1 :])
            options = dict(OPTION.match(text).groups() for text in texts)
            if "exercise" in options.get("tags", ""):
                yield options.get("label", ""), options.get("title", "")


def _terms(lines: list[str]) -> Iterator[str]:
    """Yield the terms that a page explains."""
    inside = ""
    for line in lines:
        if line.startswith("```{glossary}"):
            inside = "```"
        elif line.startswith("```"):
            inside = ""
        elif inside and re.match(r"[^\s:]", line):
            yield line.strip()


def _term_anchor(term: str) -> str:
    """Return the anchor that Sphinx gives a term."""
    plain = unicodedata.normalize("NFKD", f"term-{term}").encode("ascii", "ignore").decode()
    return re.sub(r"[^a-zA-Z0-9._]+", "-", plain).strip("-")


def _works(project: Project) -> Iterator[tuple[str, Work]]:
    for name in project.config.get("bibtex_bibfiles") or []:
        for key, entry in _entries(project.root / name):
            yield key, Work(_authors(entry), entry.fields.get("year", "n.d."))


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
