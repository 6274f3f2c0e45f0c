"""What readers get of a cell: its code without what only hands numbers and pictures to the page."""

import base64
import io
import json
import re
from pathlib import Path

import pytest
from bookkit.book.editions import EDITIONS
from bookkit.book.pages import ExecutedPage, read_page
from bookkit.book.reader import readers_form
from bookkit.book.references import References
from bookkit.editions.notebooks import NotebookContext, solution_notebook, student_notebook
from bookkit.editions.pages import code_shown, page_of
from bookkit.notebook import prepare
from IPython.core.interactiveshell import InteractiveShell
from PIL import Image
from toy_book import FRONT

FORMS = {
    'show(draw(x), "fig-x", alt=f"{x:.1f}")': "draw(x)",
    'show(draw(x), "fig-x", alt="é")  # why': "draw(x)  # why",
    'é = "é"; show(é, "fig", alt="")': 'é = "é"; é',
    'show(\n    draw(a,\n         b),\n    "fig",\n    alt="",\n)': "draw(a,\n         b)",
    'show(a\n     + b, "fig", alt="")': "(a\n     + b)",
    'show(x := f(), "fig", alt="")': "(x := f())",
    'show(figure=f(), name="fig", alt="")': "f()",
    'show(a, "a", alt="")\nshow(b, "b", alt="")': "display(a)\nb",
    'show(a, "a", alt="")\nassert a': "display(a)\nassert a",
    'show(a, "a", alt="")\nglue("a", 1)': "a",
    'show(a, "a", alt="");': "display(a);",
    'for k in x:\n    show(f(k), k, alt="")': "for k in x:\n    display(f(k))",
    'x = 1  # one\nglue("x", x)  # two\n# three\nrecord(\n    "C1", x=x,\n)': "x = 1  # one\n# three",
    'x = 1\n\nglue("x", x)\n\ny = "a  b"': 'x = 1\n\n\ny = "a  b"',
    'x = 1; glue("x", x); y = 2  # k': "x = 1; y = 2  # k",
    'glue("x", 1); x': "x",
    "for k in x:\n    glue(k, 1)\nx": "x",
    "for k in x:\n    glue(k, 1)\n    y = k": "for k in x:\n    y = k",
    'with f():\n    record("C1")\nx': "with f():\n    pass\nx",
    'if x:\n    glue("x", 1)\nelse:\n    y = 1': "if x:\n    pass\nelse:\n    y = 1",
    'if x:\n    y = 1\nelse:\n    glue("x", 1)': "if x:\n    y = 1\nelse:\n    pass",
    "from bookkit.notebook import glue, record, show\nimport torch": "import torch",
    "import torch\n\nfrom bookkit.notebook import show\nx = 1": "import torch\n\nx = 1",
    "from bookkit.notebook import glue, with_minus_signs": (
        "from bookkit.notebook import with_minus_signs"
    ),
    "import os, bookkit.notebook": "import os",
    'from bookkit import notebook\nnotebook.glue("x", 1)\nnotebook.show(f, "f", alt="")': "f",
    '%matplotlib inline\nglue("x", 1)': "%matplotlib inline",
    '%%time\nglue("x", 1)\nx = 2': "%%time\nx = 2",
    'glue("x", 1)': "",
    '# for the text\nglue("x", 1)': "",
    "from bookkit.notebook import glue\nfor k in x:\n    glue(k, 1)": "",
}
KEPT = [
    "x = 1  \n\n\n# nothing but what the author wrote\n",
    "plt.show()",
    "show()",
    "table.record(1)",
    "glue",
    'y = glue("x", 1)',
    "# a comment alone",
    "",
    "assert x == 1",
    "%%bash\nglue",
    "x = (",
]


@pytest.mark.parametrize("source", FORMS)
def test_readers_get_the_figure_and_nothing_that_is_for_the_site(source):
    assert readers_form(source) == FORMS[source]
    assert readers_form(FORMS[source]) == FORMS[source]


@pytest.mark.parametrize("source", KEPT)
def test_everything_else_stays_byte_for_byte(source):
    assert readers_form(source) == source


PAGE = """# A page

```{code-cell} python
:tags: [remove-cell]
from bookkit.notebook import glue, record, show
from matplotlib.figure import Figure
```

```{code-cell} python
from bookkit.notebook import glue
```

```{code-cell} python
:tags: [remove-cell]
words = "only for the site"
glue("words", words)
```

```{code-cell} python
:tags: [remove-cell]
size = (2, 1)
record("C1", size=size)
```

```{code-cell} python
:tags: [hide-input, remove-output]
# A figure, and its number.
show(Figure(figsize=size), "fig-line", alt=f"A line: {words}")
glue("number", 1)
```

```{code-cell} python
:tags: [exercise]
:label: ex-draw
:title: Draw
figure = Figure(figsize=size)  # blank: Figure(figsize=size)  # a figure
show(figure, "fig-own", alt="A figure.")
check("draw", figure)
```
"""
CONTEXT = NotebookContext("Toy", References())


@pytest.fixture
def page(tmp_path) -> ExecutedPage:
    (tmp_path / "1-page.md").write_text(FRONT + PAGE, encoding="utf-8")
    read = read_page(Path("1-page.md"), tmp_path)
    return ExecutedPage(read, read.cells)


def code_of(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


NEEDED = ["from matplotlib.figure import Figure", "size = (2, 1)"]
DRAWING = "# A figure, and its number.\nFigure(figsize=size)"


@pytest.mark.parametrize("name", EDITIONS)
def test_a_page_shows_and_runs_the_readers_form(page, name):
    made = page_of(page, EDITIONS[name])
    text = "\n".join(cell.source for cell in made.cells)
    assert not re.search(r"glue|record|alt=|bookkit", text)
    scripts = re.findall(r'class="hidden-cell">(.*?)</script>', text)
    assert [json.loads(script) for script in scripts] == NEEDED
    assert DRAWING in code_of(made)
    assert "display(figure)\ncheck(" in text
    empty = [cell for cell in made.cells if cell.cell_type == "code" and not cell.source]
    assert all("remove-cell" in cell.metadata.tags for cell in empty)


@pytest.mark.parametrize("form", [student_notebook, solution_notebook])
def test_notebooks_hold_the_readers_form_and_fold_what_the_page_folds(page, form):
    cells = [cell for cell in form(page, CONTEXT).cells if cell.cell_type == "code"][1:]
    assert [cell.source for cell in cells[:3]] == [*NEEDED, DRAWING]
    assert [cell.metadata.get("jupyter") for cell in cells[:3]] == [{"source_hidden": True}] * 3
    assert cells[3].source.endswith('display(figure)\ncheck("draw", figure)') and len(cells) == 4


def test_the_status_page_shows_the_readers_form_of_what_drew_a_figure(page):
    drawing = next(cell for cell in page.cells if "hide-input" in cell.tags)
    assert code_shown(drawing, EDITIONS["open"]) == DRAWING


def test_a_figure_that_is_the_value_of_a_cell_is_displayed():
    shell = InteractiveShell()
    prepare(shell)
    done = shell.run_cell("from matplotlib.figure import Figure\nFigure(figsize=(2, 1))")
    shown, _ = shell.display_formatter.format(done.result)
    picture = shown["image/png"]
    content = base64.b64decode(picture) if isinstance(picture, str) else picture
    assert Image.open(io.BytesIO(content)).size == (400, 200)


def test_what_a_live_page_reads_is_said_once_below_the_first_cell_that_is_run(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "toy_numbers.py").write_text("def checksum():\n    return 'D1'\n")
    monkeypatch.syspath_prepend(tmp_path)
    built = {"variable": "TOY", "function": "toy_numbers:checksum", "digest": "D1"}
    monkeypatch.setenv("BOOKKIT_BUILT_FROM", json.dumps(built | {"folder": "letters"}))
    monkeypatch.setenv("TOY", str(tmp_path))
    shell = InteractiveShell()
    prepare(shell)
    quiet = capsys.readouterr().out
    shell.run_cell("print('first')", store_history=True)
    said = capsys.readouterr().out.splitlines()
    shell.run_cell("print('second')", store_history=True)
    assert quiet == "" and said[0] == "first"
    assert said[1:] == [f"These cells read the data in {tmp_path}, from which the book was built."]
    assert capsys.readouterr().out == "second\n"
