"""From an executed page to what the reader of an edition sees: pure functions on notebooks and
text.
"""

import json
import re
from dataclasses import replace

import nbformat
from nbformat import NotebookNode

from bookkit.book.editions import Edition
from bookkit.book.mime import COST, FILE, RECORD, VERDICT
from bookkit.book.myst import show_minutes
from bookkit.book.pages import Cell, ExecutedPage, Page
from bookkit.book.reader import readers_form
from bookkit.editions.discussions import fold_answers
from bookkit.exercises.explain import in_edition
from bookkit.exercises.forms import Exercise, solution_form, student_form
from bookkit.exercises.marking import PARSONS
from bookkit.exercises.parsons_page import page_data

NOT_SHOWN = "# This code is not shown in this edition."


def page_of(executed: ExecutedPage, edition: Edition) -> NotebookNode:
    """Return a page as the readers of an edition get it: exercises with blanks, answers to
    discussions folded, no records.

    Raises
    ------
    BookError
        If an exercise or a discussion is marked up wrongly, with file and line.
    """
    page = executed.page
    exercises = {exercise.cell: exercise for exercise in page.exercises}
    cells: list[NotebookNode] = []
    lines: list[int] = []
    for cell in executed.cells:
        travels = [hidden_script(cell)] if cell.index in page.needed else []
        exercise, place = exercises.get(cell.index), f"{page.file}:{cell.line}"
        new = travels + cells_of(with_numbers(cell, page, edition), exercise, place, edition)
        cells += new
        lines += [cell.line - 1] * len(new)
    for index, cell in enumerate(cells):
        cell.id = f"cell-{index}"
    result = executed.notebook(cells)
    result.metadata.source_map = lines
    return result


def with_numbers(cell: Cell, page: Page, edition: Edition) -> Cell:
    """Return a cell in which exercises in words have numbers, and what an edition has of them."""
    exercises = page.explanations_in(cell.index)
    if not exercises:
        return cell
    return replace(cell, source=in_edition(cell.source, exercises, edition.solutions))


def cells_of(
    cell: Cell, exercise: Exercise | None, place: str, edition: Edition
) -> list[NotebookNode]:
    """Return what a cell becomes for the readers of an edition."""
    node = cell.node()
    if cell.cell_type == "markdown":
        node.source = fold_answers(show_minutes(cell.source), place)
    if not cell.is_code:
        return [node]
    hidden = {RECORD, FILE, COST}
    node.outputs = [out for out in node.outputs if not hidden & set(out.get("data", {}))]
    for output in node.outputs:
        output.get("data", {}).pop(VERDICT, None)
    if exercise:
        text = nbformat.v4.new_markdown_cell(exercise_text(exercise, edition))
        return [text, folded_solution(node)] if edition.solutions else [text]
    if cell.is_hidden and not edition.solutions:
        return [without_code(node)]
    return [for_readers(node)]


def for_readers(cell: NotebookNode) -> NotebookNode:
    """Return a cell in the reader's form; one of which nothing remains is off the page, but for
    what it hands to the text.
    """
    written, cell.source = cell.source, readers_form(cell.source)
    if written and not cell.source:
        cell.metadata.tags = [*cell.metadata.get("tags", []), "remove-cell"]
    return cell


def exercise_text(exercise: Exercise, edition: Edition) -> str:
    """Return the MyST text of an exercise."""
    form = readers_form(student_form(exercise.source, exercise.number))
    if exercise.kind == PARSONS:
        known = page_data(exercise.id, exercise.source, reasons=edition.solutions)
        form = f"{json.dumps(known, ensure_ascii=False)}\n{form}"
    options = {"label": exercise.label, "number": exercise.number, "kind": exercise.kind}
    lines = [f":{name}: {value}" for name, value in options.items() if value]
    fence = "~" * max(4, 1 + max(map(len, re.findall(r"~+", form)), default=0))
    return "\n".join([f"{fence}{{exercise-cell}} {exercise.title}", *lines, "", form, fence])


def hidden_script(cell: Cell) -> NotebookNode:
    """Return the cell by which code that no page shows travels with the page, for whoever runs the
    page.
    """
    source = json.dumps(readers_form(cell.source), ensure_ascii=False).replace("<", "\\u003c")
    script = f'<script type="application/json" class="hidden-cell">{source}</script>'
    return nbformat.v4.new_markdown_cell(f"```{{raw}} html\n{script}\n```")


def folded_solution(cell: NotebookNode) -> NotebookNode:
    """Return the solution of an exercise without its marks, folded."""
    cell.source = readers_form(solution_form(cell.source))
    cell.metadata.tags = [*cell.metadata.tags, "solution", "hide-cell"]
    cell.metadata.mystnb = {
        "code_prompt_show": "Show the solution",
        "code_prompt_hide": "Hide the solution",
    }
    return cell


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


def code_shown(cell: Cell, edition: Edition) -> str:
    """Return the code of a cell as readers get it, without marks; or a note in place of what only
    the author sees.
    """
    if not edition.solutions and (cell.is_exercise or cell.is_hidden):
        return NOT_SHOWN
    return readers_form(solution_form(cell.source) if cell.is_exercise else cell.source)
