"""The forms of an exercise, which stands once, with its solution, in a chapter."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any, Protocol

from bookkit.book.myst import nested_cells
from bookkit.book.names import AnyCell
from bookkit.exercises.explain import Explanation, TaskError, blocks_of, complete
from bookkit.exercises.marking import (
    BLANK,
    OUTSIDE,
    MarkingError,
    as_python,
    comments_of,
    names_of_blanks,
    read_marks,
)
from bookkit.system.errors import BookError

WIDTH = 79  # characters that a page shows without scrolling
PREFIX = "ex-"  # of a label; the id of the exercise follows


class CellOfPage(Protocol):
    """A cell as `bookkit.book.pages.Page` has it."""

    index: int
    cell_type: str
    source: str
    metadata: Mapping[str, Any]
    line: int
    code_line: int


@dataclass(frozen=True)
class Exercise:
    """An exercise of a chapter.

    Attributes
    ----------
    id : str
        Its label without ``ex-``: the name by which `check` knows it.
    label, title : str
    number : str
        Chapter and place in the chapter, such as ``3.2``.
    kind : str
        What ``:kind:`` says, such as ``predict`` or ``parsons``; empty without that line.
    source : str
        The code of the cell, with its marks.
    file : Path
        The chapter.
    line : int
        Line of the first option of the cell, counted from 1.
    code_line : int
        Line of the first line of its code.
    cell : int
        Index of the cell in the notebook.
    blanks : int
        How many blanks the student fills.
    """

    id: str
    label: str
    number: str
    title: str
    kind: str
    source: str
    file: Path
    line: int
    code_line: int
    cell: int
    blanks: int

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"


def student_form(source: str, number: str) -> str:
    """Return the code of an exercise with blanks in place of its answers.

    Parameters
    ----------
    source : str
        The solution with its marks, as `bookkit.exercises.marking.read_marks` describes them.
    number : str
        Such as ``1.1``, for the first line, ``# Exercise 1.1``.

    Returns
    -------
    str
        Python without any answer. Behind the line of a blank, or above it where that is too long,
        stands ``# blank k of n: hint``.

    Raises
    ------
    MarkingError
        If a mark is wrong, or if the form would not be valid Python.
    """
    marked = read_marks(source)
    rows = marked.with_texts([f"{blank.indent}{BLANK}" for blank in marked.blanks])
    bare = "\n".join(row for row, _ in rows)
    forms = (
        laid_out(rows, [blank.hint for blank in marked.blanks], width) for width in (WIDTH, inf)
    )
    form = next((form for form in forms if says_the_same(form, bare, len(marked.blanks))), None)
    if form is None:
        line = marked.blanks[0].start[0] + 1 if marked.blanks else 1
        raise MarkingError(
            line,
            "the student's form would not be valid Python with just these blanks: "
            f"move the marks.\n{laid_out(rows, [blank.hint for blank in marked.blanks], WIDTH)}",
        )
    return re.sub(r"\A(%%.*\n)?", rf"\g<0># Exercise {number}\n", form)


def laid_out(rows: Sequence[tuple[str, list[int]]], hints: Sequence[str], width: float) -> str:
    """Return rows of code, each with the hints of its blanks behind it, or above it if it gets
    wider than that.
    """
    lines: list[str] = []
    for code, numbers in rows:
        notes = [f"# blank {k + 1} of {len(hints)}: {hints[k]}" for k in numbers]
        line = "  ".join([code, *notes])
        indent = code[: len(code) - len(code.lstrip())]
        lines += (
            [line]
            if len(line) <= width or not notes
            else [*(f"{indent}{note}" for note in notes), code]
        )
    return "\n".join(lines)


def says_the_same(form: str, bare: str, blanks: int) -> bool:
    """Tell whether a form has as many blanks as it should, and is the same Python without its
    hints.
    """
    try:
        form, bare = as_python(form), as_python(bare)
    except MarkingError:
        return False
    return names_of_blanks(form) == blanks and ast.dump(ast.parse(form)) == ast.dump(
        ast.parse(bare)
    )


def solution_form(source: str) -> str:
    """Return the solution without its marks."""
    return fill(source, [None] * len(read_marks(source).blanks))


def answers(source: str) -> list[str]:
    """Return what belongs into the blanks of an exercise, in order."""
    return [blank.answer for blank in read_marks(source).blanks]


def fill(source: str, typed: Sequence[str | None]) -> str:
    """Return the code of an exercise, without marks, as it stands once a student has typed into its
    blanks.

    Parameters
    ----------
    source : str
        The solution with its marks.
    typed : sequence of str or None
        A text for each blank, in order; None stands for the right one. The lines of a text for
        several lines are indented against each other only.

    Raises
    ------
    ValueError
        If there are more texts than blanks, or fewer.
    """
    marked = read_marks(source)
    if len(typed) != len(marked.blanks):
        raise ValueError(
            f"{len(typed)} texts for {len(marked.blanks)} blanks: give one for each, None for a"
            " right one."
        )
    rows = marked.with_texts(
        [blank.typed(text) for blank, text in zip(marked.blanks, typed, strict=True)]
    )
    return "\n".join(row for row, _ in rows)


def exercises_of(
    cells: Iterable[CellOfPage], file: Path, chapter: int | None = None, before: int = 0
) -> tuple[Exercise | Explanation, ...]:
    """Return the exercises of a page, those in code and those in words.

    Parameters
    ----------
    cells : iterable
        The page's cells, in order.
    file : Path
        The page.
    chapter : int or None
        The number of the chapter that the page belongs to.
    before : int
        How many exercises earlier pages of that chapter have.

    Raises
    ------
    BookError
        With file and line: a mark is wrong or outside an exercise, an exercise has no label, title
        or blank, or a code cell stands inside something else, where it never runs.
    """
    found: list[Exercise | Explanation] = []
    for cell in cells:
        if cell.cell_type == "markdown":
            refuse_nested_cells(cell.source, file, cell.code_line)
            for each in explanations_in(cell, file):
                number = number_of(chapter, before + len(found) + 1)
                found.append(replace(each, number=number))
        elif is_exercise(cell):
            number = number_of(chapter, before + len(found) + 1)
            found.append(exercise_at(cell, file, number))
        elif cell.cell_type == "code":
            refuse_marks(cell.source, file, cell.code_line)
    return tuple(found)


def number_of(chapter: int | None, place: int) -> str:
    """Return the number of an exercise at a place in a chapter, or on a page without one."""
    return str(place) if chapter is None else f"{chapter}.{place}"


def count_of(cell: AnyCell) -> int:
    """Return how many exercises a cell has."""
    return int(is_exercise(cell)) if cell.cell_type == "code" else len(blocks_of(cell.source))


def explanations_in(cell: CellOfPage, file: Path) -> Iterator[Explanation]:
    """Yield the exercises in words of a cell, as yet without numbers."""
    try:
        for directive, lines in blocks_of(cell.source, cell.code_line):
            task = complete(directive)
            place = f"{file}:{directive.line}"
            label, title = named({**directive.options, "title": directive.argument}, place)
            yield Explanation(
                label.removeprefix(PREFIX),
                *(label, "", title, task, file, directive.line, cell.index, lines),
            )
    except TaskError as error:
        raise BookError(f"{file}:{error.line}: {error.reason}") from None


def is_exercise(cell: AnyCell) -> bool:
    """Tell whether a cell is an exercise."""
    return cell.cell_type == "code" and "exercise" in cell.metadata.get("tags", [])


def exercise_at(cell: CellOfPage, file: Path, number: str) -> Exercise:
    """Return the exercise of a cell, which has this number."""
    label, title = named(cell.metadata, f"{file}:{cell.line}")
    return Exercise(
        id=label.removeprefix(PREFIX),
        label=label,
        number=number,
        title=title,
        kind=str(cell.metadata.get("kind") or ""),
        source=cell.source,
        file=file,
        line=cell.line,
        code_line=cell.code_line,
        cell=cell.index,
        blanks=count_blanks(cell.source, number, file, cell.code_line),
    )


def named(options: Mapping[str, Any], where: str) -> tuple[str, str]:
    """Return label and title of an exercise, which it has to have."""
    for name in ("label", "title"):
        if not str(options.get(name) or "").strip():
            raise BookError(
                f"{where}: this exercise has no :{name}: line: add one at the top of the cell."
            )
    label, title = str(options["label"]), str(options["title"])
    if not re.fullmatch(rf"{PREFIX}[a-z0-9]+(-[a-z0-9]+)*", label):
        raise BookError(
            f"{where}: the label {label!r} does not fit: write {PREFIX} and an id of small"
            f" letters, digits and hyphens, such as {PREFIX}dense-parameters."
        )
    return label, title


def count_blanks(source: str, number: str, file: Path, code_line: int) -> int:
    """Return how many blanks an exercise has, of which there must be one, once its form proves
    sound.
    """
    try:
        student_form(source, number)
        blanks = len(read_marks(source).blanks)
    except MarkingError as error:
        raise BookError(f"{file}:{code_line + error.line - 1}: {error.reason}") from None
    if not blanks:
        raise BookError(
            f"{file}:{code_line}: this exercise has no blank: mark one with `# blank: text  #"
            " hint`."
        )
    return blanks


def refuse_marks(source: str, file: Path, code_line: int) -> None:
    """Refuse the mark of a blank or solution in a cell that is no exercise: every reader would see
    it.
    """
    try:
        comments = [(row, text) for row, _, text in comments_of(as_python(source))]
    except (MarkingError, SyntaxError):
        comments = list(enumerate(source.split("\n")))
    for row, text in comments:
        if OUTSIDE.search(text):
            raise BookError(
                f"{file}:{code_line + row}: a mark of a blank or solution outside an exercise: "
                "tag the cell exercise, or take the mark out."
            )


def refuse_explanations(text: str, file: Path) -> None:
    """Refuse an exercise in words on a page without cells, where nothing numbers it."""
    try:
        found = [directive.line for directive, _ in blocks_of(text)]
    except TaskError as error:
        found = [error.line]
    if found:
        raise BookError(
            f"{file}:{found[0]}: an exercise in words stands on a page without cells: move it to a"
            " page that has some."
        )


def refuse_nested_cells(text: str, file: Path, line: int) -> None:
    """Refuse a code cell inside a directive, a quotation or a list item: it never runs."""
    for each in nested_cells(text, line):
        raise BookError(
            f"{file}:{each}: a code-cell that stands inside something else never runs: "
            "move it to the left margin, outside of any directive or list."
        )
