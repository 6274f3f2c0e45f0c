"""The student's and the solution notebook of a small chapter."""

import ast
import json
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from bookkit.book.editions import EDITIONS
from bookkit.book.pages import read_page, with_outputs
from bookkit.book.project import open_project
from bookkit.editions.notebooks import (
    context_of,
    cut_at_headings,
    preparing_cell,
    solution_notebook,
    student_notebook,
)
from bookkit.editions.notebooks import write_notebooks as write
from bookkit.exercises.forms import BLANK
from bookkit.system.errors import BookError

FILE = Path("1-toy.md")
LATER = {"text": "It’s later", "page": "1-toy", "anchor": "sec-later", "is_heading": True}
KNOWN_TO_SPHINX = {"labels": {"sec-later": LATER}}
CHAPTER = """---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---

# A toy

Words first. {ref}`Later <sec-later>`.

```{code-cell} python
from toy.checks import check
```

```{code-cell} python
:tags: [remove-cell]
unused = 1
glue("unused", unused)
```

```{code-cell} python
:tags: [remove-cell]
base = 40
glue("base",
     base)
```

(sec-later)=
## It's later <!-- minutes: 3 -->

Add two. {glue:text}`base`

```{code-cell} python
:tags: [exercise]
:label: ex-add-two
:title: What comes out?
total = base + 2  # blank: base + 2  # two more
check("add-two", total)
```

```{code-cell} python
:tags: [exercise]
:label: ex-lines
:title: Several lines
:kind: predict
### BEGIN SOLUTION: count up
a = total + 1
b = a + 1
### END SOLUTION
check("lines", (a, b))
```

```{code-cell} python
:tags: [raises-exception, hide-input]
total / 0
```

```{code-cell} python
:tags: [remove-input]
print("seen")
```
"""


@pytest.fixture
def project(toy_book):
    toy_book.write(str(FILE), CHAPTER)
    toy_book.edit("_toc.yml", "- file: one", "- file: 1-toy\n- file: one")
    for edition in EDITIONS.values():  # what Sphinx wrote
        folder = Path("_build", edition.folder, ".doctrees")
        toy_book.write(str(folder / "references.json"), json.dumps(KNOWN_TO_SPHINX))
    return open_project(toy_book.root)


@pytest.fixture
def context(project):
    return context_of(project)


@pytest.fixture
def page(project):
    """The chapter with outputs as an execution leaves them."""
    read = read_page(FILE, project.root)
    notebook, new = read.notebook(), nbformat.v4.new_output
    record = new("display_data", data={"application/vnd.bookkit.record+json": {"claim": "T"}})
    glued = new(
        "display_data",
        data={"application/papermill.record/text/plain": "40"},
        metadata={"scrapbook": {"name": "base", "mime_prefix": "application/papermill.record/"}},
    )
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    code[2].outputs = [record, glued]
    code[3].outputs = [new("execute_result", data={"text/plain": "Right: 42"}, execution_count=4)]
    return with_outputs(read, notebook)


@pytest.fixture
def student(context, page):
    return student_notebook(page, context)


@pytest.fixture
def solved(context, page):
    return solution_notebook(page, context)


def sources(notebook, tag=None):
    return [
        c.source
        for c in notebook.cells
        if c.cell_type == "code" and (not tag or tag in c.metadata.get("tags", []))
    ]


def test_the_students_exercises_have_blanks_and_say_which_they_are(student):
    exercises = [cell for cell in student.cells if "exercise" in cell.metadata]
    assert [cell.metadata.exercise for cell in exercises] == [
        {"id": "add-two", "number": "1.1", "title": "What comes out?"},
        {"id": "lines", "number": "1.2", "title": "Several lines"},
    ]
    assert all(cell.metadata.tags == ["exercise"] for cell in exercises)
    assert exercises[0].source.splitlines() == [
        "# Exercise 1.1",
        f"total = {BLANK}  # blank 1 of 1: two more",
        'check("add-two", total)',
    ]
    assert BLANK in exercises[1].source and "total + 1" not in exercises[1].source


def test_no_answer_and_no_output_is_in_the_students_notebook(student):
    text = nbformat.writes(student)
    assert (
        "base + 2" not in text and "SOLUTION" not in text and "Right" not in text and "seen" in text
    )
    assert all(
        c.outputs == [] and c.execution_count is None
        for c in student.cells
        if c.cell_type == "code"
    )


def test_the_solution_notebook_has_answers_without_marks_and_outputs_without_the_sites(solved):
    first, second = sources(solved, "exercise")
    assert first == '# Exercise 1.1\ntotal = base + 2\ncheck("add-two", total)'
    assert second.splitlines()[1:3] == ["a = total + 1", "b = a + 1"]
    outputs = [output for cell in solved.cells for output in cell.get("outputs", [])]
    assert [output.data["text/plain"] for output in outputs] == ["Right: 42"]


@pytest.mark.parametrize("form", ["student", "solved"])
def test_notebooks_are_valid_parse_and_come_out_the_same_twice(request, context, page, form):
    notebook = request.getfixturevalue(form)
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    assert notebook.metadata.kernelspec.name == "python3"
    for source in sources(notebook):
        ast.parse(source)
    again = {"student": student_notebook, "solved": solution_notebook}[form](page, context)
    assert nbformat.writes(again) == nbformat.writes(notebook)


def test_hidden_cells_stay_only_where_they_are_needed_and_without_what_is_for_the_page(student):
    hidden = [c for c in student.cells if c.metadata.get("jupyter", {}).get("source_hidden")]
    assert [cell.source for cell in hidden] == ["base = 40", "total / 0", 'print("seen")']
    assert "unused" not in nbformat.writes(student)
    assert hidden[1].metadata.tags == ["raises-exception", "hide-input"]


def test_prose_is_plain_and_cut_at_headings(student):
    prose = [cell.source for cell in student.cells if cell.cell_type == "markdown"]
    assert prose[0].startswith("# A toy\n\n*Chapter 1 of Toy. The student's notebook.*")
    assert prose[1:4] == [
        "Words first. [Later](#It's-later).",
        "## It's later\n\n*3 minutes*\n\nAdd two. 40",
        "**Exercise 1.1: What comes out?**",
    ]
    assert prose[4].startswith("**Exercise 1.2: Several lines**\n\nPredict first:")


def test_headings_in_code_do_not_cut():
    text = "a\n\n## b\n\n```python\n## c\n```\n\n### d"
    assert cut_at_headings(text) == ["a", "## b\n\n```python\n## c\n```", "### d"]


def test_the_first_cell_of_code_says_how_much_is_computed_and_installs_what_is_missing(
    context, monkeypatch
):
    context = replace(
        context,
        repository="https://example.org/book",
        distribution="toy-book",
        packages=("json", "bookkit"),
        variable="TOY_PROFILE_OF_THIS_TEST",
        profile="quick",
    )
    code, installed, environment = preparing_cell(context).source, [], {}
    monkeypatch.setattr("os.environ", environment)

    class Shell:
        def run_line_magic(self, *arguments):
            installed.append(arguments)

    exec(code, {"get_ipython": Shell})
    assert environment == {"TOY_PROFILE_OF_THIS_TEST": "quick"} and installed == []
    exec(code.replace("'json'", "'no_such_package'"), {"get_ipython": Shell})
    assert installed == [("pip", 'install --quiet "toy-book @ git+https://example.org/book"')]


LETTERS = {"variable": "TOY_DATA_OF_THIS_TEST", "function": "toy_letters:checksum", "digest": "D1"}


def run_first_cell(context, monkeypatch, capsys, **environment) -> tuple[str, dict]:
    """Run the cell that prepares a notebook, and return what it prints and the variables that it
    leaves.
    """
    monkeypatch.setattr("os.environ", environment)
    exec(preparing_cell(context).source)
    return " ".join(capsys.readouterr().out.split()), environment


def test_a_notebook_of_other_data_says_so_and_what_its_cells_read(
    context, page, tmp_path, monkeypatch, capsys
):
    toy_data = (
        "import os\ndef checksum():\n    return open(os.environ['TOY_DATA_OF_THIS_TEST']).read()\n"
    )
    (tmp_path / "toy_letters.py").write_text(toy_data)
    monkeypatch.syspath_prepend(tmp_path)
    for digest in ("D1", "D2"):
        (tmp_path / digest).write_text(digest)
    context = replace(context, built_from=LETTERS | {"folder": "letters"})
    text = student_notebook(page, context).cells[0].source
    assert (
        "in a folder called `letters`" in text
        and "Binder and Colab" in text
        and "`TOY_DATA_OF_THIS_TEST`" in text
    )

    said, environment = run_first_cell(context, monkeypatch, capsys)
    assert "They are not on this machine: these cells read other data" in said and environment == {}
    said, _ = run_first_cell(
        context, monkeypatch, capsys, TOY_DATA_OF_THIS_TEST=str(tmp_path / "D2")
    )
    assert (
        "built from the data in a folder called letters" in said and "Cells read other data" in said
    )
    said, _ = run_first_cell(
        context, monkeypatch, capsys, TOY_DATA_OF_THIS_TEST=str(tmp_path / "D1")
    )
    assert said == f"These cells read the data in {tmp_path / 'D1'}, from which the book was built."
    said, _ = run_first_cell(
        context, monkeypatch, capsys, TOY_DATA_OF_THIS_TEST=str(tmp_path / "gone")
    )
    assert "cannot be read" in said


DATA_OF_TOY = """import os
from pathlib import Path


def checksum():
    return (Path(os.environ["TOY_DATA"]) / "images").read_text()
"""


def test_a_site_of_other_data_says_which_and_not_where_they_lie(toy_book):
    toy_book.edit(
        "pyproject.toml",
        "environment]",
        'inputs]\ndata = "toy.data:checksum"\n[tool.bookkit.environment]',
    )
    toy_book.edit("pyproject.toml", 'profile = "TOY', 'data = "TOY_DATA"\nprofile = "TOY')
    toy_book.edit("_toc.yml", "chapters:\n- file: one\n- file: two\n", "chapters:\n- file: 1-toy\n")
    toy_book.write("1-toy.md", (toy_book.root / "one.md").read_text(encoding="utf-8"))
    toy_book.write("code/toy/data.py", DATA_OF_TOY)
    toy_book.write("fifth-drawer/letters/images", "D1")
    done = toy_book.build("--data", "fifth-drawer/letters")
    assert done.returncode == 0, done.stdout + done.stderr
    site = toy_book.root / "_build" / "html"
    built = {
        "variable": "TOY_DATA",
        "function": "toy.data:checksum",
        "digest": "D1",
        "folder": "letters",
    }
    assert json.loads((site / "live.json").read_text())["built_from"] == built
    assert json.dumps(json.dumps(built)) in toy_book.page("1-toy")
    assert (
        "digest='D1'"
        in nbformat.read(site / "notebooks" / "1-toy.ipynb", as_version=4).cells[1].source
    )
    assert [
        file for file in site.rglob("*") if file.is_file() and b"fifth-drawer" in file.read_bytes()
    ] == []


def test_a_notebook_of_the_usual_data_speaks_of_data_only_where_others_are_named(
    context, page, monkeypatch, capsys
):
    context = replace(context, built_from=LETTERS | {"folder": ""})
    assert "The data" not in student_notebook(page, context).cells[0].source
    assert run_first_cell(context, monkeypatch, capsys) == ("", {})
    said, _ = run_first_cell(context, monkeypatch, capsys, TOY_DATA_OF_THIS_TEST="/nowhere/at/all")
    assert "The book was built from its usual data" in said


def test_a_published_book_is_linked_and_installed_from_where_it_is_published(toy_book):
    settings = '[tool.bookkit.publish]\nrepository = "someone/toy"\n[tool.bookkit.environment]'
    toy_book.edit("pyproject.toml", "[tool.bookkit.environment]", settings)
    context = context_of(open_project(toy_book.root))
    assert context.address == "https://someone.github.io/toy/"
    assert "git+https://github.com/someone/toy@published" in preparing_cell(context).source


def test_without_a_repository_the_first_cell_installs_nothing(context):
    assert "pip" not in preparing_cell(context).source


def test_notebooks_are_written_into_the_site_and_stale_ones_removed(project, page):
    folder = project.site / "notebooks"
    folder.mkdir(parents=True)
    (folder / "9-gone.ipynb").write_text("{}")
    write(project, [page, replace(page, page=replace(page.page, file=Path("one.md")))])
    assert sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.ipynb")) == [
        "1-toy.ipynb",
        "solutions/1-toy.ipynb",
    ]
    assert nbformat.read(folder / "1-toy.ipynb", as_version=4).metadata.kernelspec.name == "python3"


def test_the_course_edition_has_no_solution_notebooks(project, page):
    course = replace(project, edition=EDITIONS["course"])
    write(course, [page])
    assert [file.name for file in course.build.rglob("*.ipynb")] == ["1-toy.ipynb"]
    assert "base + 2" not in (course.site / "notebooks" / "1-toy.ipynb").read_text(encoding="utf-8")


def test_a_fault_in_the_text_is_named_with_file_and_line(context, page):
    cells = list(page.cells)
    place = next(i for i, cell in enumerate(cells) if "Add two." in cell.source)
    cells[place] = replace(cells[place], source=f"{cells[place].source}\n\n{{strange}}`role`")
    with pytest.raises(BookError, match=r"^1-toy\.md:\d+: below this line, the role \{strange\}"):
        student_notebook(replace(page, cells=tuple(cells)), context)
