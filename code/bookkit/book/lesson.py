"""A chapter as a lesson: its sections on the lecture clock, what each asks of the class, and what
tests each goal.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markdown_it.token import Token

from bookkit.book.myst import directive_of, headings, text_and_target, tokens
from bookkit.book.pages import Cell, ExecutedPage
from bookkit.book.prose import paragraphs
from bookkit.exercises.explain import NAME as EXPLAIN
from bookkit.exercises.forms import answers
from bookkit.exercises.marking import PARSONS
from bookkit.system.errors import BookError

GOALS = "What you will be able to do"
REFERENCE = "\N{REPLACEMENT CHARACTER}"  # stands for a reference while a goal is read
READ = 200 / 60  # words a second, not aloud
TYPED = 2  # characters a second; it includes looking for the bracket
LETTERS = 6  # characters of a word, with the space behind it
LINE = 4  # seconds for a line of code that is read
FIGURE = 20  # seconds to look at one
EXERCISE = 45  # seconds to understand one; typing comes on top
DISCUSSION = 120  # seconds
QUESTION = 30  # seconds, for one that is answered aloud or by hand
FIGURES = {"glue:figure", "figure", "borrowed-figure"}
OUT_OF_SIGHT = {"remove-cell", "remove-input", "hide-input", "hide-cell"}


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
        Characters in the blanks of its exercises, and of its answers in words.
    lines : int
        Lines of code in sight, those of exercises left out.
    figures : int
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
    lines: int = 0
    figures: int = 0
    seconds: float = 0.0
    exercises: list[tuple[str, str]] = field(default_factory=list)
    discussions: int = 0
    questions: int = 0

    @property
    def needed(self) -> float:
        """Minutes that it takes: to read its words and its code, to look at its figures, to solve,
        answer and discuss what it asks, to type, and to wait for its cells.
        """
        work = self.words / READ + self.typed / TYPED + self.lines * LINE + self.figures * FIGURE
        talk = self.discussions * DISCUSSION + self.questions * QUESTION
        return (work + talk + len(self.exercises) * EXERCISE + self.seconds) / 60


@dataclass(frozen=True)
class Goal:
    """What a reader will be able to do, and the labels of the sections that teach it."""

    text: str
    labels: tuple[str, ...]


def sections_of(executed: ExecutedPage) -> list[Section]:
    """Return the sections of a page that have a note on the lecture clock.

    Parameters
    ----------
    executed : ExecutedPage
        The seconds of its cells count, as far as they are known.
    """
    page, found = executed.page, [Section("", "", None)]
    seconds = iter(executed.made.cells)
    for cell in executed.cells:
        if cell.is_code:
            _add_code(found[-1], cell, next(seconds, 0.0))
        else:
            _add_text(found, cell.source)
    words: dict[str, int] = {}
    for paragraph in paragraphs(page.text):
        words[paragraph.section] = words.get(paragraph.section, 0) + paragraph.words * (
            not paragraph.folded
        )
    for section in found:
        section.words = words.get(section.title, 0)
    return [section for section in found if section.label]


def _add_text(found: list[Section], text: str) -> None:
    heads = {each.line: each for each in headings(text)}
    for token in tokens(text):
        if token.type == "heading_open" and (head := heads.get(token.map[0] + 1)):
            if head.note:
                found.append(Section(head.title, head.label, head.minutes))
            elif head.level == 2:
                found.append(Section("", "", None))
        directive = directive_of(token)
        found[-1].discussions += directive is not None and directive.is_discussion
        if directive and directive.name == EXPLAIN:
            found[-1].exercises.append((directive.options.get("label", ""), directive.argument))
            found[-1].typed += LETTERS * int(directive.options.get("words", 0))
        found[-1].figures += directive is not None and directive.name in FIGURES
        is_paragraph = token.type == "inline" and token.level == 1
        lines = token.content.splitlines() if is_paragraph else []
        found[-1].questions += sum(line.startswith("**Question") for line in lines)


def _add_code(section: Section, cell: Cell, seconds: float) -> None:
    section.seconds += seconds
    if cell.is_exercise:
        section.exercises.append((cell.metadata.get("label", ""), cell.metadata.get("title", "")))
        if cell.metadata.get("kind") != PARSONS:  # its lines are moved, not typed
            section.typed += sum(map(len, answers(cell.source)))
    elif not cell.tags & OUT_OF_SIGHT:
        section.lines += sum(bool(line.strip()) for line in cell.source.splitlines())


def goals_of(text: str) -> list[Goal]:
    """Return the goals that a page begins with: the entries of the list below the heading of that
    name.
    """
    found, is_below = [], False
    for token, before in zip(tokens(text)[1:], tokens(text), strict=False):
        if before.type == "heading_open":
            is_below = token.content == GOALS
        elif is_below and token.type == "inline" and token.level == 3:
            found.append(_goal(token))
    return found


def _goal(entry: Token) -> Goal:
    """Return a goal without the references behind it, which say where it is taught."""
    text, labels = "", []
    for piece in entry.children or []:
        if piece.type == "myst_role" and piece.meta["name"] == "ref":
            labels.append(text_and_target(piece.content)[1])
            text += REFERENCE
        elif piece.type == "myst_role":
            text += text_and_target(piece.content)[0] or piece.content
        else:
            text += {"softbreak": " ", "code_inline": f"`{piece.content}`"}.get(
                piece.type, piece.content if piece.type == "text" else piece.markup
            )
    text = " ".join(text.split()).replace(f"{REFERENCE}, ", "")
    for taught in (f": {REFERENCE}", f" ({REFERENCE})", f" ({REFERENCE}"):
        text = text.replace(taught, "")
    return Goal(text.rstrip(" ."), tuple(labels))


def lessons_of(executed: Iterable[ExecutedPage]) -> dict[str, list[dict[str, Any]]]:
    """Return the ``clock``, a row for each core section, and the ``goals`` of all pages, each with
    what tests it.
    """
    clock: list[dict[str, Any]] = []
    by_chapter: dict[Path, list[Section]] = {}
    pages = []
    for each in executed:
        page, sections = each.page, sections_of(each)
        pages.append(page)
        clock += clock_rows(page.docname, sections)
        by_chapter.setdefault(page.above or page.file, []).extend(sections)
    goals = [
        row
        for page in pages
        for row in goal_rows(page.docname, goals_of(page.text), by_chapter[page.above or page.file])
    ]
    return {"clock": clock, "goals": goals}


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
    """Yield the goals of a page, each with what tests it in the sections of its chapter."""
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


def routes_of(
    shortest: Mapping[str, int], executed: Iterable[ExecutedPage]
) -> list[dict[str, Any]]:
    """Return the routes through a book: for each, the sections that it takes and those that it
    leaves out.

    Parameters
    ----------
    shortest : mapping of str to int
        For a section's label, or a page's name, the shortest route on which it is, in minutes.
    executed : iterable of ExecutedPage

    Raises
    ------
    BookError
        If a name is neither the label of a section with a note on the clock nor a page.
    """
    parts = [part for each in executed for part in parts_of(each, shortest)]
    if lost := set(shortest) - {part["name"] for part in parts}:
        raise BookError(
            f"[tool.bookkit.routes] in pyproject.toml names {', '.join(sorted(lost))}: no page and"
            " no section on the clock is called so. Correct it."
        )
    return [
        {
            "minutes": minutes,
            "taken": [part for part in parts if shortest[part["name"]] <= minutes],
            "left_out": [part for part in parts if shortest[part["name"]] > minutes],
        }
        for minutes in sorted(set(shortest.values()))
    ]


def parts_of(executed: ExecutedPage, shortest: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """Yield what a route can take of a page, the whole page or some of its sections, with the
    minutes that each needs.
    """
    page, found = executed.page, sections_of(executed)
    if page.docname in shortest:
        yield {
            "page": page.docname,
            "name": page.docname,
            "title": page.title,
            "needed": sum(section.needed for section in found),
        }
    for section in found:
        if section.label in shortest:
            yield {
                "page": page.docname,
                "name": section.label,
                "title": section.title,
                "needed": section.needed,
            }
