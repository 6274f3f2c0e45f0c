"""From an executed page to what the reader of an edition sees: pure functions on notebooks and
text.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from bookkit.book.mime import COST, FILE, RECORD, VERDICT
from bookkit.editions.hidden import is_hidden, needed_cells
from bookkit.exercises.forms import Exercise, exercises_of, is_exercise, solution_form, student_form
from bookkit.system.errors import BookError

HEADING = re.compile(r"^(##+ .*?)\s*<!-- (?:minutes: (\d+)|((?:before|after) class)) -->\s*$")
FENCE = re.compile(r"^(`{3,}|~{3,}|:{3,})")
NOT_SHOWN = "# This code is not shown in this edition."


@dataclass(frozen=True)
class Edition:
    """What the readers of an edition get of the cells that not everybody gets.

    Attributes
    ----------
    solution : function
        From an executed exercise cell to the cells that follow its form on the page.
    hidden : function
        From an executed cell that no page shows to the one that the edition keeps.
    code : function
        From a code cell to the code that a reader may see of it.
    afresh : bool
        Whether nothing of an earlier build may stay, such as the picture of a cell that has become
        an exercise.
    """

    solution: Callable[[NotebookNode], list[NotebookNode]]
    hidden: Callable[[NotebookNode], NotebookNode]
    code: Callable[[NotebookNode], str]
    afresh: bool

    def page(self, page: NotebookNode, file: Path) -> NotebookNode:
        """Return a page as its readers get it: exercises with blanks, answers to discussions
        folded, no records.

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
        exercises = {exercise.cell: exercise for exercise in exercises_of(page, file)}
        needed, cells, lines = needed_cells(page), [], []
        for index, (cell, line) in enumerate(
            zip(page.cells, page.metadata.source_map, strict=True)
        ):
            travels = [hidden_script(cell)] if index in needed else []
            new = travels + self.cells(
                nbformat.from_dict(cell), exercises.get(index), f"{file}:{line + 1}"
            )
            cells += new
            lines += [line] * len(new)
        for index, cell in enumerate(cells):
            cell.id = f"cell-{index}"
        result.cells, result.metadata.source_map = cells, lines
        del result.metadata["code_map"]
        return result

    def cells(
        self, cell: NotebookNode, exercise: Exercise | None, place: str
    ) -> list[NotebookNode]:
        """Return what a cell, which may be changed, becomes for the reader."""
        if cell.cell_type == "markdown":
            cell.source = fold_answers(show_minutes(cell.source), place)
        if cell.cell_type != "code":
            return [cell]
        cell.outputs = [
            output
            for output in cell.get("outputs", [])
            if not {RECORD, FILE, COST} & set(output.get("data", {}))
        ]
        for output in cell.outputs:
            output.get("data", {}).pop(VERDICT, None)
        if exercise:
            return [nbformat.v4.new_markdown_cell(exercise_text(exercise)), *self.solution(cell)]
        return [self.hidden(cell) if is_hidden(cell) else cell]


def exercise_text(exercise: Exercise) -> str:
    """Return the MyST text of an exercise."""
    form = student_form(exercise.source, exercise.number)
    options = {"label": exercise.label, "number": exercise.number, "kind": exercise.kind}
    lines = [f":{name}: {value}" for name, value in options.items() if value]
    fence = "~" * max(4, 1 + max(map(len, re.findall(r"~+", form)), default=0))
    return "\n".join([f"{fence}{{exercise-cell}} {exercise.title}", *lines, "", form, fence])


def hidden_script(cell: NotebookNode) -> NotebookNode:
    """Return the cell by which code that no page shows travels with the page, for whoever runs the
    page.
    """
    source = json.dumps(cell.source, ensure_ascii=False).replace("<", "\\u003c")
    script = f'<script type="application/json" class="hidden-cell">{source}</script>'
    return nbformat.v4.new_markdown_cell(f"```{{raw}} html\n{script}\n```")


def folded_solution(cell: NotebookNode) -> list[NotebookNode]:
    """Return the solution of an exercise without its marks, folded."""
    cell.source = solution_form(cell.source)
    cell.metadata.tags = [*cell.metadata.tags, "solution", "hide-cell"]
    cell.metadata.mystnb = {
        "code_prompt_show": "Show the solution",
        "code_prompt_hide": "Hide the solution",
    }
    return [cell]


def without_code(cell: NotebookNode) -> NotebookNode:
    """Return a cell that no page shows, with nothing but those of its outputs that the text
    takes.
    """
    cell.source = ""
    if not {"remove-input", "remove_input"} & set(cell.metadata.tags):
        cell.outputs = [
            output for output in cell.outputs if "scrapbook" in output.get("metadata", {})
        ]
    return cell


def public_code(cell: NotebookNode) -> str:
    """Return the code of a cell, or a note in place of what only the author sees."""
    return NOT_SHOWN if is_exercise(cell) or is_hidden(cell) else cell.source


def all_code(cell: NotebookNode) -> str:
    """Return the code of a cell without marks."""
    return solution_form(cell.source) if is_exercise(cell) else cell.source


EDITIONS = {
    "open": Edition(folded_solution, lambda cell: cell, all_code, afresh=False),
    "course": Edition(lambda cell: [], without_code, public_code, afresh=True),
}


def show_minutes(text: str) -> str:
    """Turn the comment behind a heading into a line below: its minutes, or ``before class`` or
    ``after class``.
    """
    return "\n".join(_with_minutes(line) for line in text.splitlines())


def _with_minutes(line: str) -> str:
    found = HEADING.match(line)
    if not found:
        return line
    note = found[3] or ("1 minute" if found[2] == "1" else f"{found[2]} minutes")
    return f"{found[1]}\n\n{{.minutes}}\n{note}\n"


def sections(text: str) -> list[tuple[str, int | None]]:
    """Return title and minutes of every section with a note on the lecture clock; None for before
    or after class.
    """
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
            raise BookError(
                f"{place}: a discussion below this line is not closed: end it with {fence}."
            )
        end = lines.index(fence)
        body, lines = lines[:end], lines[end + 1 :]
        if body.count("+++") != 1:
            raise BookError(
                f"{place}: a discussion needs one line +++ between question and answer."
            )
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
