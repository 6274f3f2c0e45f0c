"""What the readers of both editions get: minutes, folded answers, exercises with blanks."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from bookkit.book.editions import EDITIONS
from bookkit.book.myst import sections, show_minutes
from bookkit.book.pages import ExecutedPage, read_page, with_outputs
from bookkit.editions.discussions import fold_answers
from bookkit.editions.pages import page_of
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


def page(tmp_path: Path, text: str, name: str = "page.md", outputs=()) -> ExecutedPage:
    """An executed page whose code cells all have these outputs."""
    (tmp_path / name).write_text(FRONT + text, encoding="utf-8")
    read = read_page(Path(name), tmp_path)
    notebook = read.notebook()
    for cell in notebook.cells:
        cell.outputs = list(outputs)
    return with_outputs(read, notebook)


def test_an_exercise_shows_its_blank_and_folds_its_solution(tmp_path):
    cells = page_of(page(tmp_path, EXERCISE, "2-page.md"), OPEN).cells
    code = next(index for index, cell in enumerate(cells) if cell.cell_type == "code")
    form, solution = cells[code - 1].source.splitlines(), cells[code]
    assert form[0] == "~~~~{exercise-cell} How many?" and form[-1] == "~~~~"
    assert form[1:4] == [":label: ex-one", ":number: 2.1", ""]
    assert form[4:6] == ["# Exercise 2.1", "answer = _____________  # blank 1 of 1: a product"]
    assert solution.source == 'answer = 3 * 4\ncheck("one", answer)'
    assert solution.metadata.tags == ["exercise", "solution", "hide-cell"]


def test_the_course_edition_has_the_form_alone(tmp_path):
    source = page(tmp_path, EXERCISE, "2-page.md")
    cells = page_of(source, COURSE).cells
    assert [cell.cell_type for cell in cells] == ["markdown", "markdown", "markdown"]
    assert cells[1] == {**page_of(source, OPEN).cells[1]}
    assert "3 * 4" not in nbformat.writes(page_of(source, COURSE))


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
    cells = page_of(page(tmp_path, HIDDEN), EDITIONS[name]).cells
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
    said = nbformat.v4.new_output("stream", name="stdout", text="said")
    glued = nbformat.v4.new_output(
        "display_data", {"text/plain": "1"}, metadata={"scrapbook": {"name": "x"}}
    )
    shown = "remove-input".join(HIDDEN.rsplit("remove-cell", 1))  # its outputs are on the page
    source = page(tmp_path, shown, outputs=[said, glued])
    kept = [cell.outputs for cell in page_of(source, COURSE).cells[1:]]
    assert kept == [[glued], [said, glued], [said, glued]]


@pytest.mark.parametrize("name", EDITIONS)
def test_the_page_that_was_executed_stays_as_it_was(tmp_path, name):
    source = page(tmp_path, EXERCISE + HIDDEN)
    before = nbformat.writes(source.notebook())
    edition = page_of(source, EDITIONS[name])
    assert nbformat.writes(source.notebook()) == before
    assert len(edition.metadata.source_map) == len(edition.cells)
    assert len({cell.id for cell in edition.cells}) == len(edition.cells)
    nbformat.validate(edition)


def test_minutes_stand_under_the_heading_and_can_be_added_up():
    assert sections(EXERCISE) == [("First", 6), ("Second", None)]
    text = show_minutes("(label)=\n## A title <!-- minutes: 1 -->\nText.")
    assert text.splitlines()[:4] == ["(label)=", "## A title", "", "{.minutes}"]
    assert "1 minute\n" in text and "<!--" not in text
    assert show_minutes("## Another <!-- after class -->\nText.") == "## Another\nText."
    assert "before class" in show_minutes("## Another <!-- before class -->")
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
        page_of(page(tmp_path, text), OPEN)
