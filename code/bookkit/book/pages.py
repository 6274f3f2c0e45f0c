"""A page as it is written, a page with its outputs, and the digest of what these depend on."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from nbformat import NotebookNode
from sourcedigest import Sources

from bookkit.book import myst
from bookkit.book.chapters import chapter_number, docname
from bookkit.book.names import is_hidden, needed_cells
from bookkit.book.reader import readers_form
from bookkit.exercises.explain import Explanation, TaskError
from bookkit.exercises.forms import (
    Exercise,
    count_of,
    exercises_of,
    is_exercise,
    refuse_explanations,
    solution_form,
)
from bookkit.exercises.marking import MarkingError
from bookkit.system.errors import BookError
from bookkit.system.files import read_text


@dataclass(frozen=True)
class Cell:
    """A cell of a page.

    Attributes
    ----------
    index : int
        Its place on the page, counted from 0.
    cell_type : str
        ``code`` or ``markdown``.
    source : str
    metadata : mapping
        The options of a code cell.
    line : int
        Where it begins in the file, counted from 1.
    code_line : int
        Where its text begins, behind the options of a code cell.
    outputs : tuple of NotebookNode
        What it put out, on an executed page.
    execution_count : int or None
    """

    index: int
    cell_type: str
    source: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    line: int = 1
    code_line: int = 1
    outputs: tuple[NotebookNode, ...] = ()
    execution_count: int | None = None

    @property
    def is_code(self) -> bool:
        """Whether it can be executed."""
        return self.cell_type == "code"

    @property
    def is_exercise(self) -> bool:
        """Whether a student fills in a part of it."""
        return is_exercise(self)

    @property
    def is_hidden(self) -> bool:
        """Whether its code is on no page."""
        return is_hidden(self)

    @cached_property
    def tags(self) -> frozenset[str]:
        """Its tags, with hyphens where MyST-NB takes underscores, too."""
        return frozenset(tag.replace("_", "-") for tag in self.metadata.get("tags", []))

    @property
    def what_runs(self) -> str:
        """Its code, that of an exercise without its marks."""
        try:
            return solution_form(self.source) if self.is_exercise else self.source
        except MarkingError:
            return self.source

    def node(self) -> NotebookNode:
        """Return a new cell of a notebook, which may be changed."""
        made = {
            "id": f"cell-{self.index}",  # random by default, which would make every build differ
            "cell_type": self.cell_type,
            "source": self.source,
            "metadata": dict(self.metadata),
        }
        if self.is_code:
            made |= {"outputs": list(self.outputs), "execution_count": self.execution_count}
        return nbformat.from_dict(made)


@dataclass(frozen=True)
class Page:
    """A page as it is written.

    Attributes
    ----------
    file : Path
        Relative to the root of the book.
    text : str
        Of the file.
    cells : tuple of Cell
        Empty for a page without cells to execute.
    metadata : mapping
        What the front matter of a page with cells says.
    reads : mapping
        The texts of the files beside the page that its front matter lists under that name.
    above : Path, optional
        The chapter that it is below in the table of contents.
    exercises_before : int
        How many exercises earlier pages of its chapter have.
    """

    file: Path
    text: str
    cells: tuple[Cell, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    reads: Mapping[str, str] = field(default_factory=dict)
    above: Path | None = None
    exercises_before: int = 0

    @property
    def docname(self) -> str:
        """Its name in Sphinx."""
        return docname(self.file)

    @property
    def chapter(self) -> int | None:
        """The number of its chapter; None for a page that belongs to none."""
        return chapter_number((self.above or self.file).name)

    @cached_property
    def title(self) -> str:
        """The first heading, in MyST; empty if there is none."""
        return myst.title_of(self.text) if self.file.suffix == ".md" else ""

    @property
    def code_cells(self) -> tuple[Cell, ...]:
        """The cells that can be executed."""
        return tuple(cell for cell in self.cells if cell.is_code)

    @cached_property
    def code(self) -> str:
        """All code as plain Python: magics and shell lines become calls."""
        return "\n".join(
            TransformerManager().transform_cell(cell.source) for cell in self.code_cells
        )

    @cached_property
    def all_exercises(self) -> tuple[Exercise | Explanation, ...]:
        """The exercises in code and in words; a BookError says what is wrong with one, with file
        and line.
        """
        if not self.cells:
            refuse_explanations(self.text, self.file)
        return exercises_of(self.cells, self.file, self.chapter, self.exercises_before)

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """Those in code, each with a check."""
        return tuple(each for each in self.all_exercises if isinstance(each, Exercise))

    @property
    def explanations(self) -> tuple[Explanation, ...]:
        """Those in words."""
        return tuple(each for each in self.all_exercises if isinstance(each, Explanation))

    def explanations_in(self, index: int) -> tuple[Explanation, ...]:
        """Return those in words that stand in a cell."""
        return tuple(each for each in self.explanations if each.cell == index)

    @property
    def count(self) -> int:
        """How many exercises there are, even if something is wrong with one."""
        try:
            return sum(map(count_of, self.cells))
        except TaskError:
            return 0

    @cached_property
    def needed(self) -> frozenset[int]:
        """The indices of the cells without code on the page that one with code needs."""
        return self.needed_by(is_hidden)

    def needed_by(self, is_left_out: Callable[[Cell], bool]) -> frozenset[int]:
        """Return the indices of the cells left out that another one needs, each in the reader's
        form.
        """
        cells = [replace(cell, source=readers_form(cell.source)) for cell in self.cells]
        return frozenset(needed_cells(cells, is_left_out))

    def place(self, index: int | None) -> str:
        """Return page, line and number of a code cell; the page alone before the first one."""
        if index is None:
            return str(self.file)
        number = sum(cell.is_code for cell in self.cells[: index + 1])
        return f"{self.file}:{self.cells[index].line}: code cell {number}"

    def notebook(self, cells: Iterable[NotebookNode] | None = None) -> NotebookNode:
        """Return a notebook of these cells, or of the page's own, with what the page says of
        itself.
        """
        made = [cell.node() for cell in self.cells] if cells is None else list(cells)
        metadata = {**self.metadata, "reads": dict(self.reads)}
        return nbformat.from_dict(
            {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        )


@dataclass(frozen=True)
class Made:
    """What is known of how a page was executed.

    Attributes
    ----------
    digest : str
        Of everything that it depends on.
    executed : str
        When, in UTC.
    seconds : float
        How long it took.
    cells : list of float
        How long each code cell ran, in seconds.
    inputs : mapping
        What results depend on besides source, with the name of the processor.
    seal : str
        A digest of all that was kept.
    """

    digest: str = ""
    executed: str = ""
    seconds: float = 0.0
    cells: list[float] = field(default_factory=list)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    seal: str = ""


@dataclass(frozen=True)
class ExecutedPage:
    """A page as it is written now, with the outputs of an execution of the same code cells.

    Attributes
    ----------
    page : Page
    cells : tuple of Cell
        Those of the page, with their outputs.
    made : Made
    language : mapping
        What the kernel said of its language.
    """

    page: Page
    cells: tuple[Cell, ...]
    made: Made = Made()
    language: Mapping[str, Any] = field(default_factory=dict)

    @property
    def outputs(self) -> Iterable[tuple[Cell, NotebookNode]]:
        """Every output, with the cell that put it out."""
        return [(cell, output) for cell in self.cells for output in cell.outputs]

    def notebook(self, cells: Iterable[NotebookNode] | None = None) -> NotebookNode:
        """Return a notebook of these cells, or of the page's own, with what is known of the
        page.
        """
        made = self.page.notebook([cell.node() for cell in self.cells] if cells is None else cells)
        made.metadata.bookkit = nbformat.from_dict(asdict(self.made))
        if self.language:
            made.metadata.language_info = nbformat.from_dict(dict(self.language))
        return made


def with_outputs(page: Page, executed: NotebookNode) -> ExecutedPage:
    """Return a page with the outputs of an executed notebook of the same code cells."""
    done = [cell for cell in executed.cells if cell.cell_type == "code"]
    by_index = {cell.index: each for cell, each in zip(page.code_cells, done, strict=True)}
    cells = tuple(
        _with_outputs(cell, by_index[cell.index]) if cell.is_code else cell for cell in page.cells
    )
    noted = executed.metadata.get("bookkit", {})
    made = Made(**{each.name: noted[each.name] for each in fields(Made) if each.name in noted})
    return ExecutedPage(page, cells, made, executed.metadata.get("language_info", {}))


def _with_outputs(cell: Cell, done: NotebookNode) -> Cell:
    outputs, count = tuple(done.get("outputs", [])), done.get("execution_count")
    return replace(cell, outputs=outputs, execution_count=count)


def read_page(file: Path, root: Path = Path()) -> Page:
    """Read a page by itself, without what the table of contents says of it.

    Parameters
    ----------
    file : Path
        Relative to the root.
    root : Path
        The folder of the book.

    Raises
    ------
    BookError
        If a cell's options cannot be read, or a file that the page lists.
    """
    text = read_text(root / file)
    if file.suffix != ".md" or not is_myst_markdown_notebook(text):
        return Page(file, text)
    try:
        notebook = read_myst_markdown_notebook(
            text, config=myst.CONFIG, add_source_map=True, path=root / file
        )
    except Exception as error:
        raise BookError(f"{root / file}: {error}") from error
    metadata = dict(notebook.metadata)
    begins, listed = metadata.pop("source_map"), metadata.pop("reads", [])
    cells = tuple(
        Cell(
            index,
            cell.cell_type,
            cell.source,
            cell.metadata,
            begin + 1,
            text_line(text, cell, begin),
        )
        for index, (cell, begin) in enumerate(zip(notebook.cells, begins, strict=True))
    )
    reads = {name: read_beside(root / file, name) for name in listed}
    return Page(file, text, cells, metadata, reads)


def read_pages(root: Path, files: Iterable[Path], chapters: Mapping[Path, Path]) -> list[Page]:
    """Read the pages of a book, each once.

    The exercises of a chapter are counted through it and the pages below it.

    Parameters
    ----------
    root : Path
        The folder of the book.
    files : iterable of Path
        The pages in the order of the table of contents.
    chapters : mapping
        The chapter of each page below one.
    """
    pages: list[Page] = []
    counts: Counter[int | None] = Counter()
    for file in files:
        page = replace(read_page(file, root), above=chapters.get(file))
        pages.append(replace(page, exercises_before=counts[page.chapter]))
        if page.chapter is not None:
            counts[page.chapter] += page.count
    return pages


def read_again(page: Page, root: Path) -> Page:
    """Return a page as its files are now; the same one if nothing in them has changed."""
    unchanged = read_text(root / page.file) == page.text and all(
        read_beside(root / page.file, name) == text for name, text in page.reads.items()
    )
    if unchanged:
        return page
    own = {"above": page.above, "exercises_before": page.exercises_before}
    return replace(read_page(page.file, root), **own)


def text_line(text: str, cell: NotebookNode, begin: int) -> int:
    """Return the line, counted from 1, where the text of a cell begins that itself begins at a
    line, counted from 0.
    """
    lines = [line.strip() for line in text.splitlines()]
    wanted = [line.strip() for line in cell.source.split("\n")]
    places = range(begin, len(lines) - len(wanted) + 1)
    found = (place for place in places if lines[place : place + len(wanted)] == wanted)
    return next(found, begin) + 1


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


def page_digest(page: Page, sources: Sources, inputs: Mapping[str, Any]) -> str:
    """Return a digest of the code cells, of all source that they reach, of the files they read, and
    of other inputs.

    Prose does not count: a changed sentence leaves the digest as it was, and so does a changed hint
    of an exercise.
    """
    cells = [(cell.what_runs, sorted(cell.metadata.get("tags", []))) for cell in page.code_cells]
    try:
        reached = sources.digest_of_code(page.code)
    except SyntaxError:
        reached = "cannot be read"  # executing the page will say which cell
    everything = json.dumps([cells, reached, page.reads, dict(inputs)], sort_keys=True, default=str)
    return hashlib.sha256(everything.encode()).hexdigest()
