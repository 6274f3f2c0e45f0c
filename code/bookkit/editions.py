"""From an executed page to what the reader of the open edition sees: pure functions on notebooks and text."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from bookkit.errors import BookError
from bookkit.exercises import student_form
from bookkit.mime import RECORD

HEADING = re.compile(r"^(##+ .*?)\s*<!-- (?:minutes: (\d+)|((?:before|after) class)) -->\s*$")
FENCE = re.compile(r"^(`{3,}|~{3,}|:{3,})")


def open_edition(page: NotebookNode, file: Path) -> NotebookNode:
    """Return a page with each exercise's blank form above its folded solution, answers folded, and no records.

    Parameters
    ----------
    page : NotebookNode
        An executed page; it is left as it is.
    file : Path
        Its source, for messages.

    Raises
    ------
    BookError
        If an exercise or a discussion is marked up wrongly, with file and line.
    """
    result = nbformat.from_dict(page)
    cells, lines = [], []
    for cell, line in zip(page.cells, page.metadata.source_map, strict=True):
        for new in reader_cells(cell, f"{file}:{line + 1}"):
            cells.append(new)
            lines.append(line)
    for index, cell in enumerate(cells):
        cell.id = f"cell-{index}"
    result.cells, result.metadata.source_map = cells, lines
    return result


def reader_cells(cell: NotebookNode, place: str) -> Iterator[NotebookNode]:
    """Yield what a cell becomes for the reader."""
    cell = nbformat.from_dict(cell)
    if cell.cell_type == "markdown":
        cell.source = fold_answers(show_minutes(cell.source), place)
    elif cell.cell_type == "code":
        cell.outputs = [output for output in cell.get("outputs", []) if RECORD not in output.get("data", {})]
    if "exercise" in cell.metadata.get("tags", []):
        yield nbformat.v4.new_markdown_cell(exercise_text(cell, place))
        cell.metadata.tags = [*cell.metadata.tags, "hide-cell"]
        cell.metadata.mystnb = {
            "code_prompt_show": "Show the solution",
            "code_prompt_hide": "Hide the solution",
        }
    yield cell


def exercise_text(cell: NotebookNode, place: str) -> str:
    """Return the MyST text of an exercise: its title and the code with blanks."""
    missing = [name for name in ("label", "title") if name not in cell.metadata]
    if missing:
        raise BookError(f"{place}: this exercise has no :{missing[0]}: line: add one at the top of the cell.")
    try:
        form = student_form(cell.source, "")
    except ValueError as error:
        raise BookError(f"{place}: {error}") from error
    return (
        f"({cell.metadata.label})=\n::::{{admonition}} Exercise: {cell.metadata.title}\n:class: exercise\n\n"
        f"```python\n{form}\n```\n::::"
    )


def show_minutes(text: str) -> str:
    """Turn the comment behind a heading into a line below: its minutes, or ``before class`` or ``after class``."""
    return "\n".join(_with_minutes(line) for line in text.splitlines())


def _with_minutes(line: str) -> str:
    found = HEADING.match(line)
    if not found:
        return line
    note = found[3] or ("1 minute" if found[2] == "1" else f"{found[2]} minutes")
    return f"{found[1]}\n\n{{.minutes}}\n{note}\n"


def sections(text: str) -> list[tuple[str, int | None]]:
    """Return title and minutes of every section with a note on the lecture clock; None for before or after class."""
    found = (HEADING.match(line) for line in text.splitlines())
    return [(m[1].lstrip("# "), int(m[2]) if m[2] else None) for m in found if m]


def fold_answers(text: str, place: str) -> str:
    """Fold what follows ``+++`` in a discussion, so that the reader can think first."""
    lines, result = text.splitlines(), []
    while lines:
        line = lines.pop(0)
        if not re.match(r"^:::+\{admonition\} Discuss\s*$", line):
            result.append(line)
            continue
        fence = FENCE.match(line)[1]
        if fence not in lines:
            raise BookError(f"{place}: a discussion below this line is not closed: end it with {fence}.")
        end = lines.index(fence)
        body, lines = lines[:end], lines[end + 1 :]
        if body.count("+++") != 1:
            raise BookError(f"{place}: a discussion needs one line +++ between question and answer.")
        cut = body.index("+++")
        result += [
            f":{line}",
            *body[:cut],
            f"{fence}{{dropdown}} What a good answer holds",
            *body[cut + 1 :],
            fence,
            f":{fence}",
        ]
    return "\n".join(result)
