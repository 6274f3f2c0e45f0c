"""From an executed page to the notebooks of a chapter: the student's, with blanks, and the one with
solutions.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from bookkit.book.data import built_from
from bookkit.book.mime import COST, FILE, GLUED, RECORD
from bookkit.book.myst import headings, tokens, without_title
from bookkit.book.pages import Cell, ExecutedPage, Page
from bookkit.book.project import Project
from bookkit.book.reader import readers_form
from bookkit.book.references import References
from bookkit.book.works import read_works
from bookkit.editions.handout import write_zip
from bookkit.editions.in_words import Texts, parts_of, solved_texts, students_texts
from bookkit.editions.launch import FOLDER, publication
from bookkit.editions.plain_markdown import PlainMarkdown, glued_values
from bookkit.editions.wheel import build_wheel
from bookkit.exercises.explain import Explanation
from bookkit.exercises.forms import Exercise, solution_form, student_form
from bookkit.exercises.marking import BLANK, PARSONS
from bookkit.exercises.parsons_page import with_lines
from bookkit.system.files import write_if_changed

SOLUTIONS = "solutions"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}


@dataclass(frozen=True)
class NotebookContext:
    """What a notebook says of the book that it belongs to.

    Attributes
    ----------
    title : str
        Of the book.
    references : References
    address : str
        Where the site is, with a slash at the end; empty where nobody said, which makes links
        relative.
    distribution, wheel : str
        The book's packages as pip calls them, and the file from which a machine that lacks them
        installs them: it lies beside the notebook or at the site's address. Empty if they cannot
        be installed.
    packages : tuple of str
        What has to be importable.
    variable, profile, notice : str
        The environment variable that says how much a cell computes, its value in notebooks, and
        what that means.
    numbers : str
        What made the numbers in the text, if they are not those of the published book.
    built_from : mapping, optional
        The data, as `bookkit.book.data.built_from` returns them.
    elsewhere : str
        What the reader should know of the services that open notebooks.
    """

    title: str
    references: References
    address: str = ""
    distribution: str = ""
    wheel: str = ""
    packages: tuple[str, ...] = ()
    variable: str = ""
    profile: str = ""
    notice: str = ""
    numbers: str = ""
    built_from: Mapping[str, str] | None = None
    elsewhere: str = ""


def context_of(project: Project) -> NotebookContext:
    """Return what the notebooks of a project say of it, once Sphinx has made its pages: from its
    configuration, its settings, and what Sphinx knows of its references.
    """
    settings, live = project.settings, project.settings.live
    published = publication(settings.publish)
    bibliographies = project.config.get("bibtex_bibfiles") or []
    works = read_works(project.root / name for name in bibliographies)
    return NotebookContext(
        title=project.config.get("title", ""),
        references=References.of(found_by_sphinx(project.references), works),
        address=f"{published['site']}/" if published["site"] else "",
        distribution=settings.distribution,
        wheel=project.wheel,
        packages=settings.packages,
        variable=settings.environment.profile if live.profile else "",
        profile=live.profile,
        notice=live.notice,
        numbers=project.profile.banner,
        built_from=built_from(project),
        elsewhere=settings.publish.notice,
    )


def found_by_sphinx(file: Path) -> dict[str, Any]:
    """Return what Sphinx wrote of the places that pages can refer to; nothing if it wrote nothing,
    as without `bookkit.sphinx.extension`.
    """
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def student_notebook(executed: ExecutedPage, context: NotebookContext) -> NotebookNode:
    """Return a chapter as its students open it: blanks in the exercises, and no outputs.

    Parameters
    ----------
    executed : ExecutedPage
    context : NotebookContext

    Returns
    -------
    NotebookNode
        Valid; the same page gives the same bytes. An exercise has the tag ``exercise`` and says in
        its metadata which one it is.

    Raises
    ------
    BookError
        If an exercise is marked wrongly, or if the text holds what notebooks cannot show.
    """
    cells = list(_chapter(executed, context, "../", student_source, students_texts))
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    about = opening_cell(executed.page, context, STUDENTS)
    return _notebook([about, preparing_cell(context), *cells])


def solution_notebook(executed: ExecutedPage, context: NotebookContext) -> NotebookNode:
    """Return a chapter with its exercises solved, and with what its cells showed; else as
    `student_notebook`.
    """
    cells = _chapter(executed, context, "../../", solution_source, solved_texts)
    about = opening_cell(executed.page, context, SOLVED)
    return _notebook([about, preparing_cell(context), *cells])


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    notebook = new_notebook(
        cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    nbformat.validate(notebook)
    return notebook


STUDENTS = """*{place}. The student's notebook.*

- **Run** the cells from top to bottom. Shift + Enter runs one and goes on to the next.
  The cell below this text comes first.
- **Fill in** the exercises. Where `{blank}` stands, your answer belongs; the note beside it
  or above it says which. Then run the cell. Its last line, `check(…)`, says whether the answer
  is right, or what to look at again.
- **An open blank** stops its cell and says so. So does every later cell that needs what you
  were to find. Nothing is broken: fill the blank in, and run those cells again.
{more}"""
SOLVED = """*{place}. The notebook with solutions.*

Every exercise is filled in, and below the cells stands what they showed when the book was made.
To run it yourself, run the cells from top to bottom; Shift + Enter runs one and goes on to
the next.

{more}"""


DATA = """**The data** of this book are those in a folder called `{folder}`, not its usual ones.
  They do not come with this notebook. On the machine where the book was built it finds them.
  Elsewhere, on Binder and Colab for instance, bring the folder there and name it in the cell below,
  behind `{variable}`, before you run it. Without it the cells read the book's usual data, say so,
  and show other numbers."""


def opening_cell(page: Page, context: NotebookContext, text: str) -> NotebookNode:
    """Return the first cell: the title, what this notebook is, and how to use it."""
    title = context.title
    place = title if page.chapter is None else f"Chapter {page.chapter} of {title}"
    place = f"A page below {place[0].lower()}{place[1:]}" if page.above else place
    more = "\n".join(f"- {line}" for line in numbers_and_page(page, context))
    return new_markdown_cell(
        f"# {page.title}\n\n{text.format(place=place, blank=BLANK, more=more)}", id="about"
    )


def numbers_and_page(page: Page, context: NotebookContext) -> Iterator[str]:
    """Yield what the reader has to know about the numbers of a notebook, and where its text is a
    page.
    """
    said = f" It says of itself: “{context.numbers}”" if context.numbers else ""
    yield f"**Numbers in the text** come from the run that made the book.{said}"
    if context.notice:
        yield f"**Numbers that you compute** can differ from them. {context.notice}"
    if context.elsewhere:
        yield f"**Elsewhere.** {context.elsewhere}"
    if context.built_from and context.built_from["folder"]:
        yield DATA.format(**context.built_from)
    if context.address:
        yield f"**On the web** this page is <{context.address}{page.docname}.html>."


def preparing_cell(context: NotebookContext) -> NotebookNode:
    """Return the cell that prepares a notebook: how much it computes, the packages, blanks that
    speak.
    """
    variable, value = context.variable, context.profile
    parts = [
        ["# Prepares this notebook: run it first."],
        ["import os"] * bool(variable or context.built_from),
        [f"os.environ.setdefault({variable!r}, {value!r})  # how much is computed"]
        * bool(variable),
        installing_lines(context),
        ["import bookkit.notebook  # open blanks say what belongs in them; figures show"],
        data_lines(context.built_from),
    ]
    return new_code_cell("\n\n".join("\n".join(part) for part in parts if part), id="set-up")


INSTALLING = """import importlib.util, pathlib, subprocess, sys

if not all(map(importlib.util.find_spec, {packages!r})):
    wheel, site = pathlib.Path({wheel!r}), {address!r}
    source = str(wheel) if wheel.is_file() else site and f"{{site}}{folder}/{{wheel}}"
    if not source:
        raise FileNotFoundError(f"This notebook needs {{wheel}}: put it beside the notebook.")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", source]
    if subprocess.run(pip).returncode:
        raise RuntimeError(f"{{source}} could not be installed: pip says why above.")
    importlib.invalidate_caches()

from bookkit.requirements import install_missing

install_missing({distribution!r})"""


def installing_lines(context: NotebookContext) -> list[str]:
    """Return the code that installs the book's packages, and what they need, where they are
    missing.
    """
    if not context.wheel:
        return []
    return [
        INSTALLING.format(
            packages=list(context.packages),
            wheel=context.wheel,
            address=context.address,
            folder=FOLDER,
            distribution=context.distribution,
        )
    ]


def data_lines(built: Mapping[str, str] | None) -> list[str]:
    """Return the code that makes a notebook read the book's data, or say that it reads others."""
    if not built:
        return []
    name = [
        f"# os.environ[{built['variable']!r}] = {built['folder']!r}  # where these data lie on"
        " another machine"
    ]
    arguments = ",\n".join(f"    {name}={value!r}" for name, value in built.items())
    return name * bool(built["folder"]) + [f"bookkit.notebook.check_data(\n{arguments},\n)"]


def student_source(exercise: Exercise) -> str:
    """Return the code of an exercise with blanks."""
    form = student_form(exercise.source, exercise.number)
    return readers_form(
        with_lines(form, exercise.id, exercise.source) if exercise.kind == PARSONS else form
    )


def solution_source(exercise: Exercise) -> str:
    """Return the code of an exercise with its answers, under its number."""
    code = readers_form(solution_form(exercise.source))
    return re.sub(r"\A(%%.*\n)?", rf"\g<0># Exercise {exercise.number}\n", code)


def _chapter(
    executed: ExecutedPage,
    context: NotebookContext,
    root: str,
    source: Callable[[Exercise], str],
    in_words: Texts,
) -> Iterator[NotebookNode]:
    """Yield the cells of a chapter that a reader gets, below its title, with exercises in code and
    in words in one of their forms.
    """
    page, address = executed.page, context.address or root
    values = glued_values(output for _, output in executed.outputs)
    plain = PlainMarkdown(page.docname, seen_from(page, context.references), values, address)
    exercises = {each.cell: each for each in page.exercises}
    needed = page.needed_by(is_left_out)
    for cell in executed.cells:
        index, name = cell.index, f"cell-{cell.index}"
        if cell.cell_type == "markdown":
            yield from markdown_cells(cell, page, plain, in_words)
        elif index in exercises:
            yield new_markdown_cell(heading(exercises[index]), id=f"title-{name}")
            yield exercise_cell(cell, exercises[index], source, name)
        elif cell.is_code and (index in needed or not is_left_out(cell)):
            code = readers_form(cell.source)
            if code or not cell.source:
                yield code_cell(cell, code, name)


def is_left_out(cell: Cell) -> bool:
    """Tell whether a cell is in no notebook unless another one needs it: nothing of it is on the
    page, not even what it puts out.
    """
    return "remove-cell" in cell.tags


def markdown_cells(
    cell: Cell, page: Page, plain: PlainMarkdown, in_words: Texts
) -> Iterator[NotebookNode]:
    """Yield the cells of a text: cut at its headings, and around its exercises in words."""
    place, made = f"{page.file}:{cell.line}", []
    exercises = page.explanations_in(cell.index)
    for text, exercise in parts_of(cell.source, exercises):
        made += map(new_markdown_cell, cut_at_headings(plain(without_title(text), place)))
        made += cells_in_words(exercise, plain, in_words) if exercise else []
    for part, each in enumerate(made):
        each.id = f"cell-{cell.index}-{part}"
        yield each


def cells_in_words(
    exercise: Explanation, plain: PlainMarkdown, in_words: Texts
) -> list[NotebookNode]:
    """Return the cells of an exercise in words; the last one says in its metadata which it is."""
    texts = in_words(exercise, lambda part: plain(part, exercise.place))
    cells = [new_markdown_cell(each) for each in texts]
    cells[-1].metadata = {"tags": [exercise.kind], exercise.kind: what_it_is(exercise)}
    return cells


def what_it_is(exercise: Exercise | Explanation) -> dict[str, str]:
    """Return what the metadata of its cell say of an exercise."""
    return {"id": exercise.id, "number": exercise.number, "title": exercise.title}


def seen_from(page: Page, references: References) -> References:
    """Return references whose headings on a page read as that page writes them, so that links find
    them in its notebook: Sphinx sets other quotation marks.
    """
    own = {
        each.label: replace(references.labels[each.label], text=each.title)
        for each in headings(page.text)
        if each.label in references.labels
    }
    return replace(references, labels=references.labels | own)


def cut_at_headings(text: str) -> list[str]:
    """Return plain Markdown cut before its headings, so that Jupyter can fold a section; no empty
    parts.
    """
    heads = (
        token.map[0]
        for token in tokens(text)
        if token.type == "heading_open" and token.level == 0 and token.tag != "h1"
    )
    lines = text.split("\n")
    parts = ("\n".join(lines[begin:end]) for begin, end in pairwise([0, *heads, len(lines)]))
    return [part.strip() for part in parts if part.strip()]


PREDICT = (
    "write down your answer, and how sure you are, before you run anything or open what follows."
)


def heading(exercise: Exercise) -> str:
    """Return the line above an exercise."""
    title = f"**Exercise {exercise.number}: {exercise.title}**"
    return f"{title}\n\nPredict first: {PREDICT}" if exercise.kind == "predict" else title


def exercise_cell(
    cell: Cell, exercise: Exercise, source: Callable[[Exercise], str], name: str
) -> NotebookNode:
    """Return an exercise in one of its forms, with what tells it from other cells."""
    new = code_cell(cell, source(exercise), name)
    new.metadata.tags = ["exercise"]
    new.metadata.exercise = what_it_is(exercise)
    return new


def code_cell(cell: Cell, source: str, name: str) -> NotebookNode:
    """Return a cell of code with its outputs, folded where the page shows no code or folds it."""
    outputs = [output for output in cell.node().outputs if not for_the_site(output)]
    new = new_code_cell(source, id=name, outputs=outputs, execution_count=cell.execution_count)
    if "raises-exception" in cell.tags:
        new.metadata.tags = ["raises-exception"]
    if cell.tags & FOLDED:
        new.metadata.tags = [*new.metadata.get("tags", []), "hide-input"]
        new.metadata.jupyter = {"source_hidden": True}
    return new


def for_the_site(output: NotebookNode) -> bool:
    """Tell whether an output only hands a value to the page or to the build."""
    return any(
        kind in (FILE, RECORD, COST) or kind.startswith(GLUED) for kind in output.get("data", {})
    )


def write_notebooks(
    project: Project, executed: Iterable[ExecutedPage], site: Path | None = None
) -> None:
    """Write the notebooks of all chapters and of the pages below them into the site, those with
    solutions if the edition has them, and for each chapter a zip that runs without the book.

    Parameters
    ----------
    project : Project
    executed : iterable of ExecutedPage
    site : Path, optional
        The folder of a site that is being made; the finished one if there is none.
    """
    context, folder = context_of(project), (site or project.site) / FOLDER
    written: list[Path] = []
    chapters: dict[Path, list[Path]] = {}
    for each in (each for each in executed if each.page.docname in project.notebooks):
        name = project.notebooks[each.page.docname]
        for form, target in forms_of(project, folder):
            write_if_changed(target / name, nbformat.writes(form(each, context)) + "\n")
            written.append(target / name)
            if zipped := project.zips.get(each.page.docname):
                chapters.setdefault(target / zipped, []).append(target / name)
    remove_others(folder, [*written, *write_zips(project, folder, chapters)])


def forms_of(project: Project, folder: Path) -> list[tuple[Callable[..., NotebookNode], Path]]:
    """Return the forms of a notebook in this edition, each with its folder."""
    solved = [(solution_notebook, folder / SOLUTIONS)] * project.edition.solutions
    return [(student_notebook, folder), *solved]


def write_zips(project: Project, folder: Path, chapters: Mapping[Path, list[Path]]) -> list[Path]:
    """Write a zip for each chapter, with the book's packages; return what was written."""
    if not chapters:
        return []
    wheel = build_wheel(project.root, project.settings.code, project.wheel, folder)
    name = project.settings.distribution
    return [wheel, *(write_zip(file, [*files, wheel], name) for file, files in chapters.items())]


def remove_others(folder: Path, wanted: Iterable[Path]) -> None:
    """Remove the files of a folder that are not wanted: of chapters that are no longer there."""
    kept = set(wanted)
    for file in [file for file in folder.rglob("*") if file.is_file() and file not in kept]:
        file.unlink()
