"""What the reader of the open edition gets: minutes, folded answers, exercises with blanks."""

from pathlib import Path

import nbformat
import pytest
from bookkit.editions import fold_answers, open_edition, sections, show_minutes
from bookkit.errors import BookError
from bookkit.pages import read_page

FRONT = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n"
EXERCISE = """# Title

## First <!-- minutes: 6 -->

```{code-cell} python
:tags: [exercise]
:label: ex-one
:title: How many?
answer = 3 * 4  # blank: 3 * 4  # a product
```

## Second <!-- after class -->

:::{admonition} Discuss
:class: discuss
Why?
+++
Because.
:::
"""


def page(tmp_path: Path, text: str) -> nbformat.NotebookNode:
    file = tmp_path / "page.md"
    file.write_text(FRONT + text, encoding="utf-8")
    notebook = read_page(file)
    notebook.metadata.bookkit = {}
    return notebook


def test_an_exercise_shows_its_blank_and_folds_its_solution(tmp_path):
    cells = open_edition(page(tmp_path, EXERCISE), Path("page.md")).cells
    code = next(index for index, cell in enumerate(cells) if cell.cell_type == "code")
    form, solution = cells[code - 1].source, cells[code]
    assert "answer = _____________  # blank 1 of 1: a product" in form and "How many?" in form
    assert "3 * 4" not in form
    assert solution.source.startswith("answer = 3 * 4") and "hide-cell" in solution.metadata.tags


def test_the_page_that_was_executed_stays_as_it_was(tmp_path):
    source = page(tmp_path, EXERCISE)
    before = nbformat.writes(source)
    edition = open_edition(source, Path("page.md"))
    assert nbformat.writes(source) == before
    assert len(edition.metadata.source_map) == len(edition.cells)
    nbformat.validate(edition)


def test_minutes_stand_under_the_heading_and_can_be_added_up():
    assert sections(EXERCISE) == [("First", 6), ("Second", None)]
    text = show_minutes("(label)=\n## A title <!-- minutes: 1 -->\nText.")
    assert text.splitlines()[:4] == ["(label)=", "## A title", "", "{.minutes}"]
    assert "1 minute\n" in text and "<!--" not in text
    assert "after class" in show_minutes("## Another <!-- after class -->")
    assert show_minutes("## None at all\n\n<!-- minutes: 3 -->") == "## None at all\n\n<!-- minutes: 3 -->"


def test_answers_are_folded_and_the_rest_is_left():
    text = "Before.\n\n:::{admonition} Discuss\n:class: discuss\nWhy?\n+++\nBecause.\n:::\n\nAfter."
    folded = fold_answers(text, "page.md:1").splitlines()
    assert folded[:5] == ["Before.", "", "::::{admonition} Discuss", ":class: discuss", "Why?"]
    assert folded[5:9] == [":::{dropdown} What a good answer holds", "Because.", ":::", "::::"]
    assert folded[-1] == "After."
    assert fold_answers(":::{note}\n+++\n:::", "page.md:1") == ":::{note}\n+++\n:::"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (EXERCISE.replace("+++\n", ""), "page.md:.*needs one line"),
        (EXERCISE.replace("+++", "+++\n+++"), "page.md:.*needs one line"),
        (EXERCISE.replace("Because.\n:::", "Because."), "page.md:.*not closed"),
        (EXERCISE.replace(":label: ex-one\n", ""), "page.md:12: .*:label:"),
        (EXERCISE.replace("# blank: 3 * 4", "# blank: 3 * 5"), "page.md:12: code line 1: .*must stand once"),
    ],
)
def test_wrong_markup_is_named_with_file_and_line(tmp_path, text, words):
    with pytest.raises(BookError, match=words):
        open_edition(page(tmp_path, text), Path("page.md"))
