"""A chapter as a lesson: its sections on the lecture clock, what each asks of the class, and what
tests each goal.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

from bookkit.book.prose import paragraphs
from bookkit.editions.pages import HEADING
from bookkit.exercises.forms import answers

GOALS = "What you will be able to do"
LABEL = re.compile(r"^\(([\w-]+)\)=\s*$")
REFERENCE = re.compile(r"\{ref\}`(?:[^`<]*<)?([\w-]+)>?`")
ROLE = re.compile(r"\{[\w:-]+\}`([^`<]+?)(?: <[^`]*>)?`")
READ_ALOUD = 150  # words a minute
TYPED = 2  # characters a second


@dataclass
class Section:
    """A section with a note on the lecture clock.

    Attributes
    ----------
    title, label : str
    minutes : int or None
        What the clock gives it; None for before or after class.
    words : int
        Words of prose that do not have to be unfolded.
    typed : int
        Characters in the blanks of its exercises.
    seconds : float
        How long its cells ran.
    exercises : list of (str, str)
        Label and title of each.
    discussions, questions : int
        How many boxes and paragraphs ask something that nobody types.
    """

    title: str
    label: str
    minutes: int | None
    words: int = 0
    typed: int = 0
    seconds: float = 0.0
    exercises: list[tuple[str, str]] = field(default_factory=list)
    discussions: int = 0
    questions: int = 0

    @property
    def needed(self) -> float:
        """Minutes to read it aloud, type its blanks and run its cells."""
        return self.words / READ_ALOUD + self.typed / TYPED / 60 + self.seconds / 60


@dataclass(frozen=True)
class Goal:
    """What a reader will be able to do, and the labels of the sections that teach it."""

    text: str
    labels: tuple[str, ...]


def sections_of(page: NotebookNode, source: str) -> list[Section]:
    """Return the sections of a page that have a note on the lecture clock.

    Parameters
    ----------
    page : NotebookNode
        As `read_page` returns it. If it was executed, the seconds of its cells count.
    source : str
        The text of its file.
    """
    found = [Section("", "", None)]
    seconds = iter(page.metadata.get("bookkit", {}).get("cells", []))
    for cell in page.cells:
        if cell.cell_type == "code":
            _add_code(found[-1], cell, next(seconds, 0.0))
        else:
            _add_text(found, cell.source)
    words: dict[str, int] = {}
    for paragraph in paragraphs(source):
        words[paragraph.section] = words.get(paragraph.section, 0) + paragraph.words * (
            not paragraph.folded
        )
    for section in found:
        section.words = words.get(section.title, 0)
    return [section for section in found if section.label]


def _add_text(found: list[Section], text: str) -> None:
    label = ""
    for line in text.splitlines():
        if heading := HEADING.match(line):
            found.append(
                Section(heading[1].lstrip("# "), label, int(heading[2]) if heading[2] else None)
            )
        elif re.match(r"## ", line):
            found.append(Section("", "", None))
        found[-1].discussions += bool(re.match(r"^:::+\{admonition\} Discuss", line))
        found[-1].questions += line.startswith("**Question")
        label = named[1] if (named := LABEL.match(line)) else label if not line.strip() else ""


def _add_code(section: Section, cell: NotebookNode, seconds: float) -> None:
    section.seconds += seconds
    if "exercise" in cell.metadata.get("tags", []):
        section.exercises.append((cell.metadata.get("label", ""), cell.metadata.get("title", "")))
        section.typed += sum(map(len, answers(cell.source)))


def goals_of(source: str) -> list[Goal]:
    """Return the goals that a page begins with."""
    listed = re.search(rf"^## {GOALS}\n+((?:- .*\n(?:  .*\n)*)+)", source, flags=re.M)
    return list(_goals(listed[1])) if listed else []


def _goals(listed: str) -> Iterator[Goal]:
    for item in re.split(r"^- ", listed, flags=re.M)[1:]:
        one_line = " ".join(item.split())
        text = re.sub(
            rf"(:| \(){REFERENCE.pattern}(?:, {REFERENCE.pattern})*\)?",
            "",
            one_line.replace(": {", ":{"),
        )
        yield Goal(ROLE.sub(r"\1", text).rstrip(" ."), tuple(REFERENCE.findall(one_line)))


def clock_rows(page: str, sections: list[Section]) -> Iterator[dict[str, Any]]:
    """Yield the core sections of a page for the instructor's table."""
    for section in sections:
        if section.minutes:
            yield {
                "page": page,
                "label": section.label,
                "title": section.title,
                "minutes": section.minutes,
                "words": section.words,
                "exercises": len(section.exercises),
                "discussions": section.discussions,
                "seconds": round(section.seconds, 1),
                "needed": round(section.needed, 1),
            }


def goal_rows(page: str, goals: list[Goal], sections: list[Section]) -> Iterator[dict[str, Any]]:
    """Yield the goals of a page, each with what tests it in its sections."""
    by_label = {section.label: section for section in sections}
    for goal in goals:
        taught = [by_label[label] for label in goal.labels if label in by_label]
        yield {
            "page": page,
            "goal": goal.text,
            "taught": [(section.label, section.title) for section in taught],
            "exercises": [exercise for section in taught for exercise in section.exercises],
            "discussions": sum(section.discussions for section in taught),
            "questions": sum(section.questions for section in taught),
        }
