"""The notebooks of every chapter: plain prose, links that lead somewhere, and a student's run that
stops at blanks.
"""

import ast
import builtins
import os
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from bookkit.book.names import is_hidden
from bookkit.book.pages import with_outputs
from bookkit.book.project import open_project
from bookkit.editions.notebooks import context_of, solution_notebook, student_notebook
from bookkit.exercises.marking import BLANK
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from the_book import lecture

CHAPTERS = [page.docname for page in lecture() if page.cells]
WITH_EXERCISES = [page.docname for page in lecture() if page.exercises]
MYST = re.compile(
    r"\{[\w:.-]+\}`|:::|```+ *\{|^\([\w:.-]+\)=|<!--|^\s*\{[.#]|^: |^\+\+\+|\{\{", flags=re.M
)
every_chapter = pytest.mark.parametrize(
    "page", CHAPTERS, ids=lambda page: page.removeprefix("chapters/")
)


@pytest.fixture(scope="session")
def context(book, profile):
    return context_of(open_project(book, profile))


@pytest.fixture(scope="session")
def executed(chapter):
    """A function from a page's name to the executed page."""
    found = {page.docname: page for page in lecture()}
    return lambda page: with_outputs(found[page], chapter(page).notebook)


@pytest.fixture(scope="session")
def student(executed, context):
    """A function from a page's name to its student's notebook."""
    return cache(lambda page: student_notebook(executed(page), context))


@pytest.fixture(scope="session")
def solved(executed, context):
    """A function from a page's name to its notebook with solutions."""
    return cache(lambda page: solution_notebook(executed(page), context))


@pytest.fixture(scope="session")
def tree(book):
    """A function from a file of the site, named from its root, to its page as a tree; None if there
    is no such file.
    """

    @cache
    def read(name: str):
        file = book / "_build" / "html" / name
        return (
            BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
            if file.is_file()
            else None
        )

    return read


def prose(notebook) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def without_code(text: str) -> str:
    return re.sub(
        r"(`+)(?!`).+?(?<!`)\1(?!`)",
        "",
        re.sub(r"^```.*?^```", "", text, flags=re.S | re.M),
        flags=re.S,
    )


@every_chapter
def test_no_myst_is_left_over(student, solved, page):
    for notebook in (student(page), solved(page)):
        text = without_code(prose(notebook))
        left = [
            text[max(0, found.start() - 30) : found.end() + 30] for found in MYST.finditer(text)
        ]
        assert left == []


@every_chapter
def test_everything_that_folds_closes_and_quotations_hold_it(student, page):
    for cell in student(page).cells:
        if cell.cell_type == "markdown":
            html = MarkdownIt("commonmark").enable("table").render(cell.source)
            assert (
                html.count("<details>")
                == html.count("</details>")
                == cell.source.count("<details>")
            )
            assert "&lt;details" not in html and "&lt;/details" not in html


@every_chapter
def test_links_lead_to_pages_places_and_headings_that_there_are(student, tree, page):
    text = prose(student(page))
    headings = {heading.replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", text, flags=re.M)}
    links = re.findall(r"\]\(([^)\s]+)\)", without_code(text))
    assert len(links) > (1 if page.count("/") > 1 else 20)
    for link in links:
        file, _, anchor = link.partition("#")
        if not file:
            assert unquote(anchor) in {re.sub(r"[`*]", "", heading) for heading in headings}, link
        elif not file.startswith("http"):
            target = tree(file.removeprefix("../"))
            assert target, link
            assert not anchor or target.find(id=anchor), link


@every_chapter
def test_figures_have_the_numbers_of_the_site(student, tree, page):
    shown = [
        caption.text.strip()
        for caption in tree(f"{page}.html").select("figcaption .caption-number")
    ]
    assert re.findall(r"^\*\*(Fig\. [\d.]+)\.\*\*", prose(student(page)), flags=re.M) == shown


@every_chapter
def test_prose_says_what_the_notebook_is_and_lacks_no_number(student, page):
    text = prose(student(page))
    assert text.startswith("# ") and "The student's notebook." in text
    assert "nan" not in text.split()


@every_chapter
def test_the_students_notebook_parses_and_holds_no_outputs(student, page):
    notebook = student(page)
    nbformat.validate(notebook)
    exercises = [cell for cell in notebook.cells if "exercise" in cell.metadata]
    assert bool(exercises) == (page in WITH_EXERCISES)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            ast.parse(cell.source)
            assert cell.outputs == []


def names(cell) -> tuple[set[str], set[str]]:
    """The names that a cell's code gives a value anywhere, and those whose values it takes."""
    nodes = list(ast.walk(ast.parse(re.sub(r"^[%!].*", "", cell.source, flags=re.M))))
    found = [node for node in nodes if isinstance(node, ast.Name)]
    taken = {node.id for node in found if isinstance(node.ctx, ast.Load)}
    given = {node.id for node in found if isinstance(node.ctx, ast.Store)}
    given |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    given |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    aliases = [node for node in nodes if isinstance(node, ast.alias)]
    return given | {(each.asname or each.name).split(".")[0] for each in aliases}, taken


@every_chapter
def test_whatever_a_cell_uses_is_in_its_notebook_above_it_or_left_to_an_exercise(
    student, solved, page
):
    for notebook in (student(page), solved(page)):
        there = {*dir(builtins), "get_ipython", "display"}
        for cell in notebook.cells:
            if cell.cell_type == "code":
                given, taken = names(cell)
                there |= given | (taken if BLANK in cell.source else set())
                assert taken <= there, cell.source


@every_chapter
def test_the_solution_notebook_has_the_outputs_of_the_build(chapter, solved, page):
    shown = [
        o
        for cell in solved(page).cells
        for o in cell.get("outputs", [])
        if "image/png" in o.get("data", {})
    ]
    hidden = [cell for cell in chapter(page).notebook.cells if is_hidden(cell)]
    of_hidden = [
        o for cell in hidden for o in cell.get("outputs", []) if "image/png" in o.get("data", {})
    ]
    assert len(shown) == len(chapter(page).figures) - len(of_hidden)
    assert not any(o.output_type == "error" for cell in solved(page).cells for o in errors(cell))


def errors(cell) -> list:
    """The errors among a cell's outputs, but for a cell that is meant to fail."""
    failing = "raises-exception" in cell.metadata.get("tags", [])
    return [o for o in cell.get("outputs", []) if o.output_type == "error" and not failing]


def run(notebook, folder: Path, profile: str) -> list[tuple[str, str]]:
    """Run all cells, come what may; return the kernel's reply to each that failed: its cell's id
    and its error.
    """
    quiet, place = ["--IPKernelApp.log_level=ERROR"], {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=None, resources=place, extra_arguments=quiet)
    environment = {
        **os.environ,
        "FIRSTCNN_PROFILE": profile,
        "TQDM_DISABLE": "1",
        "IPYTHONDIR": str(folder / ".ipython"),
    }
    replies = []
    with client.setup_kernel(env=environment):
        for index, cell in enumerate(notebook.cells):
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as error:
                replies.append((cell.id, error.ename))
    return replies


# What a form left open says, test_exercises shows for every exercise without the other cells.
one_chapter = pytest.mark.parametrize(
    "page",
    [
        WITH_EXERCISES[0],
        *(pytest.param(page, marks=pytest.mark.soak) for page in WITH_EXERCISES[1:]),
    ],
    ids=lambda page: page.removeprefix("chapters/"),
)


@one_chapter
def test_a_students_run_meets_blanks_and_no_other_error(student, profile, tmp_path, page):
    notebook = nbformat.from_dict(student(page))
    replies = run(notebook, tmp_path, profile)
    assert {name for _, name in replies} <= {"OpenBlank"}
    said = {cell.id: text_of(cell) for cell in notebook.cells if errors(cell)}
    assert set(said) == {name for name, _ in replies}
    for name, text in said.items():
        assert re.search(r"Exercise \d+\.\d+, blank [\d or]+ of \d+ is still open: \S", text), (
            f"{name}: {text}"
        )

    exercises = [cell for cell in notebook.cells if "exercise" in cell.metadata]
    for cell in exercises:
        number = re.escape(cell.metadata.exercise["number"])
        assert re.search(rf"Exercise {number}, blank 1 of \d+", text_of(cell)) or cell.id in said, (
            text_of(cell)
        )
    first = next(index for index, cell in enumerate(notebook.cells) if "exercise" in cell.metadata)
    assert not any(errors(cell) for cell in notebook.cells[:first]), "it runs up to its first blank"
    assert "blank 1 of" in text_of(notebook.cells[first])


def text_of(cell) -> str:
    """What a cell's errors, printed lines and verdict say."""
    parts = [
        o.get("evalue") or o.get("text") or o.get("data", {}).get("text/plain", "")
        for o in cell.get("outputs", [])
    ]
    return "\n".join(parts)
