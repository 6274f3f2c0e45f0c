"""What the readers of both editions get: minutes, folded answers, exercises with blanks."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from bookkit.book.pages import read_page
from bookkit.editions.pages import EDITIONS, fold_answers, sections, show_minutes
from bookkit.system.errors import BookError

OPEN, COURSE = EDITIONS["open"], EDITIONS["course"]
FRONT = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n"
EXERCISE = """# Title

## First <!-- minutes: 6 -->

```{code-cell} python
:tags: [exercise]
:label: ex-one
:title: How many?
answer = 3 * 4  # blank: 3 * 4  # a product
check("one", answer)
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
    cells = OPEN.page(page(tmp_path, EXERCISE), Path("2-page.md")).cells
    code = next(index for index, cell in enumerate(cells) if cell.cell_type == "code")
    form, solution = cells[code - 1].source.splitlines(), cells[code]
    assert form[0] == "~~~~{exercise-cell} How many?" and form[-1] == "~~~~"
    assert form[1:4] == [":label: ex-one", ":number: 2.1", ""]
    assert form[4:6] == ["# Exercise 2.1", "answer = _____________  # blank 1 of 1: a product"]
    assert solution.source == 'answer = 3 * 4\ncheck("one", answer)'
    assert solution.metadata.tags == ["exercise", "solution", "hide-cell"]


def test_the_course_edition_has_the_form_alone(tmp_path):
    source = page(tmp_path, EXERCISE)
    cells = COURSE.page(source, Path("2-page.md")).cells
    assert [cell.cell_type for cell in cells] == ["markdown", "markdown", "markdown"]
    assert cells[1] == {**OPEN.page(source, Path("2-page.md")).cells[1]}
    assert "3 * 4" not in nbformat.writes(COURSE.page(source, Path("2-page.md")))


HIDDEN = """```{code-cell} python
:tags: [remove-cell]
needed = "</script>"
```

```{code-cell} python
:tags: [remove-cell]
unneeded = 2
```

```{code-cell} python
needed
```
"""


@pytest.mark.parametrize("name", EDITIONS)
def test_hidden_code_travels_where_later_cells_need_it(tmp_path, name):
    cells = EDITIONS[name].page(page(tmp_path, HIDDEN), Path("page.md")).cells
    scripts = re.findall(
        r'<script type="application/json" class="hidden-cell">(.*?)</script>', str(cells[0].source)
    )
    assert [json.loads(script) for script in scripts] == ['needed = "</script>"']
    assert cells[0].source.startswith("```{raw} html\n") and len(cells) == 4
    kept = {
        "open": ['needed = "</script>"', "unneeded = 2", "needed"],
        "course": ["", "", "needed"],
    }
    assert [cell.source for cell in cells[1:]] == kept[name]


def test_of_what_hidden_cells_put_out_the_course_edition_keeps_what_the_text_takes(tmp_path):
    source = page(tmp_path, HIDDEN)
    said = nbformat.v4.new_output("stream", name="stdout", text="said")
    glued = nbformat.v4.new_output(
        "display_data", {"text/plain": "1"}, metadata={"scrapbook": {"name": "x"}}
    )
    for cell in source.cells:
        cell.outputs = [said, glued]
    source.cells[1].metadata.tags = ["remove-input"]  # its outputs are on the page
    kept = [cell.outputs for cell in COURSE.page(source, Path("page.md")).cells[1:]]
    assert kept == [[glued], [said, glued], [said, glued]]


@pytest.mark.parametrize("name", EDITIONS)
def test_the_page_that_was_executed_stays_as_it_was(tmp_path, name):
    source = page(tmp_path, EXERCISE + HIDDEN)
    before = nbformat.writes(source)
    edition = EDITIONS[name].page(source, Path("page.md"))
    assert nbformat.writes(source) == before
    assert len(edition.metadata.source_map) == len(edition.cells)
    assert len({cell.id for cell in edition.cells}) == len(edition.cells)
    nbformat.validate(edition)


def test_minutes_stand_under_the_heading_and_can_be_added_up():
    assert sections(EXERCISE) == [("First", 6), ("Second", None)]
    text = show_minutes("(label)=\n## A title <!-- minutes: 1 -->\nText.")
    assert text.splitlines()[:4] == ["(label)=", "## A title", "", "{.minutes}"]
    assert "1 minute\n" in text and "<!--" not in text
    assert "after class" in show_minutes("## Another <!-- after class -->")
    assert (
        show_minutes("## None at all\n\n<!-- minutes: 3 -->")
        == "## None at all\n\n<!-- minutes: 3 -->"
    )


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
        (
            EXERCISE.replace("# blank: 3 * 4", "# blank: 3 * 5"),
            "page.md:15: .*does not stand on its line",
        ),
    ],
)
def test_wrong_markup_is_named_with_file_and_line(tmp_path, text, words):
    with pytest.raises(BookError, match=words):
        OPEN.page(page(tmp_path, text), Path("page.md"))
