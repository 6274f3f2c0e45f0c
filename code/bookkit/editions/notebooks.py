"""From an executed page to the notebooks of a chapter: the student's, with blanks, and the one with
solutions.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from bookkit.book.data import built_from
from bookkit.book.mime import COST, FILE, RECORD
from bookkit.book.project import Project
from bookkit.book.references import References, read_references
from bookkit.editions.hidden import is_hidden, needed_cells
from bookkit.editions.launch import publication
from bookkit.editions.plain_markdown import PlainMarkdown, glued_values
from bookkit.exercises.forms import Exercise, exercises_of, solution_form, student_form
from bookkit.exercises.marking import BLANK
from bookkit.notebook import GLUED
from bookkit.system.files import write_if_changed

FOLDER = "notebooks"
SOLUTIONS = "solutions"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
FOR_THE_SITE = {"glue", "record"}  # hand values to the page; a notebook has no use for them
FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}


@dataclass(frozen=True)
class Setting:
    """What a notebook says of the book that it belongs to.

    Attributes
    ----------
    title : str
        Of the book.
    references : References
    address : str
        Where the site is, with a slash at the end; empty where nobody said, which makes links
        relative.
    repository, distribution : str
        Where a machine without the book's packages installs them from; without the former it
        cannot.
    packages : tuple of str
        What has to be importable.
    variable, profile, notice : str
        The environment variable that says how much a cell computes, its value in notebooks, and
        what that means.
    numbers : str
        What made the numbers in the text, if they are not those of the published book.
    built_from : mapping, optional
        The data, as `bookkit.book.data.built_from` returns them.
    """

    title: str
    references: References
    address: str = ""
    repository: str = ""
    distribution: str = ""
    packages: tuple[str, ...] = ()
    variable: str = ""
    profile: str = ""
    notice: str = ""
    numbers: str = ""
    built_from: Mapping[str, str] | None = None


def setting_of(project: Project) -> Setting:
    """Return what the notebooks of a project say of it, from its configuration and its
    ``[tool.bookkit]`` table.
    """
    settings: Mapping[str, Any] = project.settings
    live = settings.get("live", {})
    published = publication(settings)
    address = settings.get("address", "") or published["site"]
    return Setting(
        title=project.config.get("title", ""),
        references=read_references(project),
        address=f"{address.rstrip('/')}/" if address else "",
        repository=settings.get("repository", "") or github(published),
        distribution=settings.get("distribution", ""),
        packages=tuple(settings["packages"]),
        variable=settings.get("environment", {}).get("profile", "") if live.get("profile") else "",
        profile=live.get("profile", ""),
        notice=live.get("notice", ""),
        numbers=project.banner,
        built_from=built_from(project),
    )


def github(published: Mapping[str, str]) -> str:
    """Return the address and branch from which pip installs a published book; empty for one that is
    not.
    """
    found = published["repository"]
    return f"https://github.com/{found}@{published['branch']}" if found else ""


def student_notebook(page: NotebookNode, file: Path, setting: Setting) -> NotebookNode:
    """Return a chapter as its students open it: blanks in the exercises, and no outputs.

    Parameters
    ----------
    page : NotebookNode
        The executed page; it is left as it is.
    file : Path
        Its source, relative to the root.
    setting : Setting

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
    cells = list(_chapter(page, file, setting, "../", student_source))
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return _notebook([about(page, file, setting, STUDENTS), set_up(setting), *cells])


def solution_notebook(page: NotebookNode, file: Path, setting: Setting) -> NotebookNode:
    """Return a chapter with its exercises solved, and with what its cells showed; else as
    `student_notebook`.
    """
    cells = _chapter(page, file, setting, "../../", solution_source)
    return _notebook([about(page, file, setting, SOLVED), set_up(setting), *cells])


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


def about(page: NotebookNode, file: Path, setting: Setting, text: str) -> NotebookNode:
    """Return the first cell: the title, what this notebook is, and how to use it."""
    number = re.match(r"\d+", file.name)
    place = f"Chapter {int(number[0])} of {setting.title}" if number else setting.title
    more = "\n".join(f"- {line}" for line in numbers_and_page(file, setting))
    return new_markdown_cell(
        f"# {title_of(page)}\n\n{text.format(place=place, blank=BLANK, more=more)}", id="about"
    )


def numbers_and_page(file: Path, setting: Setting) -> Iterator[str]:
    """Yield what the reader has to know about the numbers of a notebook, and where its text is a
    page.
    """
    said = f" It says of itself: “{setting.numbers}”" if setting.numbers else ""
    yield f"**Numbers in the text** come from the run that made the book.{said}"
    if setting.notice:
        yield f"**Numbers that you compute** can differ from them. {setting.notice}"
    if setting.built_from and setting.built_from["folder"]:
        yield DATA.format(**setting.built_from)
    if setting.address:
        yield f"**On the web** this chapter is <{setting.address}{_docname(file)}.html>."


def set_up(setting: Setting) -> NotebookNode:
    """Return the cell that prepares a notebook: how much it computes, the packages, blanks that
    speak.
    """
    lines = ["# Prepares this notebook: run it first."]
    lines += ["import importlib.util"] * bool(setting.repository) + ["import os"] * bool(
        setting.variable or setting.built_from
    )
    if setting.variable:
        lines += [
            "",
            (
                f"os.environ.setdefault({setting.variable!r}, {setting.profile!r})  # how much is"
                " computed"
            ),
        ]
    if setting.repository:
        book = f"{setting.distribution} @ git+{setting.repository}"
        lines += [
            "" if not setting.variable else None,
            (
                f"if not all(map(importlib.util.find_spec, {list(setting.packages)!r})):  # on"
                " Colab, for one"
            ),
            f"    get_ipython().run_line_magic('pip', 'install --quiet \"{book}\"')",
        ]
    lines += ["", "import bookkit.notebook  # lets open blanks say what belongs in them"]
    lines += data_lines(setting.built_from)
    return new_code_cell("\n".join(line for line in lines if line is not None), id="set-up")


def data_lines(built: Mapping[str, str] | None) -> list[str]:
    """Return the code that makes a notebook read the book's data, or say that it reads others."""
    if not built:
        return []
    name = [
        f"# os.environ[{built['variable']!r}] = {built['folder']!r}  # where these data lie on"
        " another machine"
    ]
    arguments = ",\n".join(f"    {name}={value!r}" for name, value in built.items())
    return [""] + name * bool(built["folder"]) + [f"bookkit.notebook.check_data(\n{arguments},\n)"]


def student_source(exercise: Exercise) -> str:
    """Return the code of an exercise with blanks."""
    return student_form(exercise.source, exercise.number)


def solution_source(exercise: Exercise) -> str:
    """Return the code of an exercise with its answers, under its number."""
    return re.sub(
        r"\A(%%.*\n)?", rf"\g<0># Exercise {exercise.number}\n", solution_form(exercise.source)
    )


def _chapter(
    page: NotebookNode, file: Path, setting: Setting, root: str, source: Callable[[Exercise], str]
) -> Iterator[NotebookNode]:
    """Yield the cells of a chapter that a reader gets, below its title."""
    address = setting.address or root
    plain = PlainMarkdown(_docname(file), setting.references, glued_values(page), address)
    exercises, needed = {each.cell: each for each in exercises_of(page, file)}, needed_cells(page)
    for index, (cell, line) in enumerate(zip(page.cells, page.metadata.source_map, strict=True)):
        name = f"cell-{index}"
        if cell.cell_type == "markdown":
            texts = sections(plain(TITLE.sub("", cell.source, count=1), f"{file}:{line + 1}"))
            yield from (
                new_markdown_cell(text, id=f"{name}-{part}") for part, text in enumerate(texts)
            )
        elif index in exercises:
            yield new_markdown_cell(heading(exercises[index]), id=f"title-{name}")
            yield exercise_cell(cell, exercises[index], source, name)
        elif cell.cell_type == "code" and (index in needed or "remove-cell" not in _tags(cell)):
            yield code_cell(
                cell, without_glue(cell.source) if is_hidden(cell) else cell.source, name
            )


TITLE = re.compile(r"^# .+\n*", flags=re.M)


def sections(text: str) -> list[str]:
    """Return plain Markdown cut before its headings, so that Jupyter can fold a section; no empty
    parts.
    """
    fenced = re.compile(r"^(`{3,}|~{3,}).*?^\1", flags=re.M | re.S)
    code = [range(*found.span()) for found in fenced.finditer(text)]
    cuts = [found.start() for found in re.finditer(r"^#{2,} ", text, flags=re.M)]
    cuts = [0, *(cut for cut in cuts if not any(cut in span for span in code)), len(text)]
    return [part for begin, end in pairwise(cuts) if (part := text[begin:end].strip())]


def title_of(page: NotebookNode) -> str:
    """Return the title of a page."""
    found = (TITLE.search(cell.source) for cell in page.cells if cell.cell_type == "markdown")
    return next((match[0].lstrip("# ").strip() for match in found if match), "")


PREDICT = "write down your answer before you run anything, or open what follows."


def heading(exercise: Exercise) -> str:
    """Return the line above an exercise."""
    title = f"**Exercise {exercise.number}: {exercise.title}**"
    return f"{title}\n\nPredict first: {PREDICT}" if exercise.kind == "predict" else title


def exercise_cell(
    cell: NotebookNode, exercise: Exercise, source: Callable[[Exercise], str], name: str
) -> NotebookNode:
    """Return an exercise in one of its forms, with what tells it from other cells."""
    new = code_cell(cell, source(exercise), name)
    new.metadata.tags = ["exercise"]
    new.metadata.exercise = {"id": exercise.id, "number": exercise.number, "title": exercise.title}
    return new


def code_cell(cell: NotebookNode, source: str, name: str) -> NotebookNode:
    """Return a cell of code with its outputs, folded where the page shows no code or folds it."""
    tags = _tags(cell)
    outputs = [output for output in cell.get("outputs", []) if not for_the_site(output)]
    new = new_code_cell(
        source, id=name, outputs=outputs, execution_count=cell.get("execution_count")
    )
    if "raises-exception" in tags:
        new.metadata.tags = ["raises-exception"]
    if tags & FOLDED:
        new.metadata.tags = [*new.metadata.get("tags", []), "hide-input"]
        new.metadata.jupyter = {"source_hidden": True}
    return new


def for_the_site(output: NotebookNode) -> bool:
    """Tell whether an output only hands a value to the page or to the build."""
    return any(
        kind in (FILE, RECORD, COST) or kind.startswith(GLUED) for kind in output.get("data", {})
    )


def without_glue(source: str) -> str:
    """Return code without the statements that only hand values to the page."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return source
    lines = source.splitlines()
    for statement in reversed(statements):
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and getattr(call.func, "id", None) in FOR_THE_SITE:
            del lines[statement.lineno - 1 : statement.end_lineno]
    return "\n".join(lines).strip("\n")


def _tags(cell: NotebookNode) -> set[str]:
    return {tag.replace("_", "-") for tag in cell.metadata.get("tags", [])}


def _docname(file: Path) -> str:
    return file.with_suffix("").as_posix()


def write_notebooks(
    project: Project, executed: Mapping[Path, NotebookNode], site: Path | None = None
) -> None:
    """Write the notebooks of all chapters into the site, those with solutions in the open edition
    only.

    Parameters
    ----------
    project : Project
    executed : mapping
        The executed pages. A page whose file name begins with a number is a chapter.
    site : Path, optional
        The folder of a site that is being made; the finished one if there is none.
    """
    setting, folder = setting_of(project), (site or project.site) / FOLDER
    chapters = {file: page for file, page in executed.items() if re.match(r"\d+", file.name)}
    wanted = {
        folder / f"{file.stem}.ipynb": student_notebook(page, file, setting)
        for file, page in chapters.items()
    }
    if project.edition == "open":
        for file, page in chapters.items():
            wanted[folder / SOLUTIONS / f"{file.stem}.ipynb"] = solution_notebook(
                page, file, setting
            )
    for file, notebook in wanted.items():
        write_if_changed(file, nbformat.writes(notebook) + "\n")
    for file in folder.rglob("*.ipynb"):
        if file not in wanted:
            file.unlink()
