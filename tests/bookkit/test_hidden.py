"""Which cells that no page shows later cells cannot do without."""

import nbformat
import pytest
from bookkit.book.names import needed_cells


def notebook(*cells: str) -> nbformat.NotebookNode:
    """A notebook of code cells, those whose text begins with # hidden being so."""
    made = [nbformat.v4.new_code_cell(source) for source in cells]
    for cell in made:
        if cell.source.startswith("# hidden"):
            cell.metadata.tags = ["remove-cell"]
    return nbformat.v4.new_notebook(cells=made)


@pytest.mark.parametrize(
    "cells",
    [
        ["# hidden\nx = 1", "print(x)"],
        ["# hidden\nimport numpy as np", "np.zeros(1)"],
        ["# hidden\nimport a.b", "a.b.c"],
        ["# hidden\ndef f(): ...", "f()"],
        ["# hidden\nx, *y = z", "y"],
        ["# hidden\nwith open(f) as x: ...", "x.read()"],
        ["# hidden\nfor x in y: ...", "x"],
        ["# hidden\nif x:\n    z = 1", "z"],
        ["# hidden\nmodel.rate = 0.5", "model(1)"],
        ["# hidden\nlist_[0] = 0.5", "sum(list_)"],
        ["# hidden\nfrom math import *", "sin(1)"],
        ["# hidden\nx = 1", "x += 1"],
        ["# hidden\nx = 1", "if a:\n    x = 2\nprint(x)"],
        ["# hidden\nx = 1", "for y in z:\n    x = x + 1"],
        ["# hidden\nx = 1", "try:\n    x = f()\nexcept E:\n    pass\nx"],
        ["# hidden\nx = 1", "def f():\n    return x"],
        ["# hidden\nx = 1", "def f():\n    global x\n    x = 2"],
        ["# hidden\nx = 1", "class A:\n    y = x"],
        ["# hidden\nx = 1", "f = lambda y: x + y"],
        ["# hidden\nx = 1", "[y for y in x]"],
        ["# hidden\nx = 1", "[x for x in x]"],
        ["# hidden\nx = 1", "%timeit -n 1 x\n!ls\nx"],
        ["# hidden\nx = 1", "if x"],
        ["# hidden\nx = 1", "y = 2", "f'{x}'"],
        ["def f(): return x", "# hidden\nx = 1", "f()"],
        ["# hidden\n%matplotlib inline\nx = 1", "x"],
    ],
)
def test_a_hidden_cell_whose_name_is_loaded_later_is_needed(cells):
    hidden = next(i for i, cell in enumerate(cells) if cell.startswith("# hidden"))
    assert needed_cells(notebook(*cells).cells) == {hidden}


@pytest.mark.parametrize(
    "cells",
    [
        ["# hidden\nx = 1", "y"],
        ["# hidden\nglue('x', x)", "x"],
        ["x", "# hidden\nx = 1"],
        ["# hidden\nx = 1", "x = 2\nx"],
        ["# hidden\nx = 1", "for x in y:\n    print(x)"],
        ["# hidden\nx = 1", "with f() as x:\n    print(x)\nx"],
        ["# hidden\nx = 1", "def f(x):\n    return x"],
        ["# hidden\nx = 1", "def f():\n    x = 2\n    return x"],
        ["# hidden\nx = 1", "lambda x: x"],
        ["# hidden\nx = 1", "[x for x in y]"],
        ["# hidden\nx = 1", "a.x"],
        ["# hidden\nx = 1", "f(x=2)"],
        ["# hidden\n[x for x in y]", "x"],
        ["# hidden\ndef f():\n    x = 1", "x"],
        ["# hidden\nx = 1", "# hidden\ny = x"],
        ["x = 1", "x"],
    ],
)
def test_others_are_not(cells):
    assert needed_cells(notebook(*cells).cells) == set()


def test_what_a_needed_cell_needs_is_needed():
    assert needed_cells(
        notebook("# hidden\nx = 1", "# hidden\ny = x", "# hidden\nz = x", "y").cells
    ) == {
        0,
        1,
    }


def test_both_ways_of_hiding_count():
    made = notebook("x = 1", "y = x", "y")
    made.cells[0].metadata.tags = ["remove-input"]
    made.cells[1].metadata.tags = ["remove_cell"]
    assert needed_cells(made.cells) == {0, 1}


def test_a_cell_without_code_on_the_page_counts_as_any_where_it_has_code():
    made = notebook("# hidden\nx = 1", "x")
    made.cells[1].metadata.tags = ["remove-input"]
    assert needed_cells(made.cells) == set()
    assert needed_cells(made.cells, lambda cell: "remove-cell" in cell.metadata.tags) == {0}
