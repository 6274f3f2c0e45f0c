"""A page's source as a notebook, and the digest of everything that its outputs depend on."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode
from sourcedigest import Sources

from bookkit.exercises.forms import is_exercise, solution_form
from bookkit.exercises.marking import MarkingError
from bookkit.system.errors import BookError
from bookkit.system.files import read_text

READING = MdParserConfig(enable_extensions={"colon_fence", "dollarmath", "attrs_block", "deflist"})


def read_page(file: Path) -> NotebookNode | None:
    """Read a MyST page as a notebook without outputs.

    Returns
    -------
    NotebookNode or None
        Its metadata hold ``source_map``, the line where each cell begins, counted from 0;
        ``code_map``, the line where its text begins, behind the options of a code cell; and
        ``reads``, the texts of the files beside the page that its front matter lists under that
        name. None for a page without cells to execute.

    Raises
    ------
    BookError
        If a cell's options cannot be read, or a file that the page lists.
    """
    text = read_text(file)
    if file.suffix != ".md" or not is_myst_markdown_notebook(text):
        return None
    try:
        notebook = read_myst_markdown_notebook(text, config=READING, add_source_map=True, path=file)
    except Exception as error:
        raise BookError(f"{file}: {error}") from error
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index}"  # random by default, which would make every build differ
    notebook.metadata.code_map = code_map(text, notebook)
    notebook.metadata.reads = {
        name: read_beside(file, name) for name in notebook.metadata.get("reads", [])
    }
    return notebook


def code_map(text: str, notebook: NotebookNode) -> list[int]:
    """Return the line, counted from 0, where the text of each cell begins."""
    lines = [line.strip() for line in text.splitlines()]
    found = []
    for cell, line in zip(notebook.cells, notebook.metadata.source_map, strict=True):
        wanted = [each.strip() for each in cell.source.split("\n")]
        places = range(line, len(lines) - len(wanted) + 1)
        found.append(
            next((place for place in places if lines[place : place + len(wanted)] == wanted), line)
        )
    return found


def read_beside(file: Path, name: str) -> str:
    """Return the text of a file in the folder of a page.

    Raises
    ------
    BookError
        If there is no such file.
    """
    try:
        return read_text(file.parent / name)
    except OSError as error:
        raise BookError(
            f"{file}: its front matter lists {name} under reads, which cannot be read:"
            f" {error.strerror}."
        ) from None


def code_of(notebook: NotebookNode) -> str:
    """Return all code of a notebook as plain Python: magics and shell lines become calls."""
    cells = (cell.source for cell in notebook.cells if cell.cell_type == "code")
    return "\n".join(TransformerManager().transform_cell(source) for source in cells)


def page_digest(notebook: NotebookNode, sources: Sources, inputs: Mapping[str, Any]) -> str:
    """Return a digest of the code cells, of all source that they reach, of the files they read, and
    of other inputs.

    Prose does not count: a changed sentence leaves the digest as it was, and so does a changed hint
    of an exercise.
    """
    cells = [
        (what_runs(cell), sorted(cell.metadata.get("tags", [])))
        for cell in notebook.cells
        if is_code(cell)
    ]
    try:
        reached = sources.digest_of_code(code_of(notebook))
    except SyntaxError:
        reached = "cannot be read"  # executing the page will say which cell
    everything = json.dumps(
        [cells, reached, notebook.metadata.get("reads", {}), dict(inputs)],
        sort_keys=True,
        default=str,
    )
    return hashlib.sha256(everything.encode()).hexdigest()


def is_code(cell: NotebookNode) -> bool:
    """Tell whether a cell can be executed."""
    return cell.cell_type == "code"


def what_runs(cell: NotebookNode) -> str:
    """Return the code of a cell, that of an exercise without its marks."""
    try:
        return solution_form(cell.source) if is_exercise(cell) else cell.source
    except MarkingError:
        return cell.source


def with_outputs(notebook: NotebookNode, executed: NotebookNode) -> NotebookNode:
    """Return the page as it is written now, with the outputs of an execution of the same code
    cells.
    """
    page = nbformat.from_dict(notebook)
    page.metadata.bookkit = executed.metadata.bookkit
    page.metadata.language_info = executed.metadata.get("language_info", {})
    done = [cell for cell in executed.cells if cell.cell_type == "code"]
    for cell, old in zip((c for c in page.cells if c.cell_type == "code"), done, strict=True):
        cell.outputs, cell.execution_count = old.outputs, old.execution_count
    return page
