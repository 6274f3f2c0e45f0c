"""The course edition holds nothing that a student should find: a canary in each such place is in
none of its files.
"""

import base64
import re
import zlib

import pytest
from bookkit.book.project import open_project
from bookkit.system.errors import BookError
from bs4 import BeautifulSoup

CANARY = "kanarienvogel"
PAGE = f"""
```{{code-cell}} python
:tags: [remove-cell]
from bookkit.notebook import glue, show
from matplotlib.figure import Figure
unused = "{CANARY} of a hidden cell"
glue("seen", 4711.5)
print("{CANARY} said by a hidden cell")
figure = Figure(figsize=(2, 1))
show(figure, "fig-line", alt="A line.")
```

```{{code-cell}} python
from toy.checks import check
```

```{{code-cell}} python
:tags: [remove-cell]
factor = 2
```

Glued: {{glue:text}}`seen:.1f`. As {{ref}}`ex-sum` asks:

```{{glue:figure}} fig-line
:name: fig-line
A line.
```

```{{code-cell}} python
:tags: [exercise]
:label: ex-sum
:title: The sum
:kind: predict
{CANARY}_name = "{CANARY} of a blank"  # blank: "{CANARY} of a blank"  # a text
### BEGIN SOLUTION: the rest
print("{CANARY} that an exercise puts out")  # {CANARY} of a comment
display({{"text/html": "<b>{CANARY} shown</b>"}}, raw=True)
total = 42
### END SOLUTION
check("sum", total)
```

```{{code-cell}} python
:tags: [exercise]
:label: ex-square
:title: The square
area = factor * 8  # blank: factor * 8  # twice eight
unit = "m²"  # blank: "m²"  # of an area
check("square", area)
```

```{{code-cell}} python
factor * (total + area)
```
"""
CHECKS = {
    '"Praise."': f'"{CANARY} in praise"',
    '"first"': f'"{CANARY} of a wrong answer"',
    **{f'("{k}",)': f'("{k}", None)' for k in (1, 2, 3)},
}
OLD = "_build/course/html/_images/old.png"
STATUS = "# How it was made\n\n```{build-status} figures\n```\n"


@pytest.fixture(scope="module")
def both(toy_book_for_both):
    """What the builds of the open edition and then the course edition said, and the book."""
    book = toy_book_for_both
    book.exercise()
    book.edit("_toc.yml", "- file: two", "- file: two\n- file: book/status")
    book.write("book/status.md", STATUS)
    text = (book.root / "1-one.md").read_text()
    book.write(
        "1-one.md", text[: text.index("```{code-cell}")] + PAGE.replace(f"{CANARY}_name", "word")
    )
    for old, new in CHECKS.items():
        book.edit("code/toy/checks.py", old, new)
    book.write(OLD, f"{CANARY} of a picture that a cell showed before it became an exercise")
    said = [book.build(), book.build("--edition", "course")]
    assert [done.returncode for done in said] == [0, 0], said
    return book, *(done.stdout for done in said)


def holding(folder, word: str) -> set[str]:
    """The files below a folder that hold a word, packed or not."""
    texts = [word.encode(), base64.b64encode(word.encode())[:-4]]
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and any(text in content for content in contents(file) for text in texts)
    }


def contents(file) -> list[bytes]:
    """What a file holds, and what is packed in it."""
    data = file.read_bytes()
    return (
        [data, zlib.decompress(data.split(b"\n", 4)[4])] if file.name == "objects.inv" else [data]
    )


def test_no_file_of_the_course_edition_holds_what_it_should_not(both):
    book, _, _ = both
    course = book.root / "_build" / "course"
    assert len(list(course.rglob("*.html"))) > 4
    assert holding(course, CANARY) == set()
    assert holding(course, "factor * 8") == set()
    assert holding(course, "_____________"), "the forms are there"


def test_the_open_edition_holds_it(both):
    book, _, _ = both
    page = book.page("1-one")
    for words in ("of a blank", "that an exercise puts out", "of a comment", "shown"):
        assert f"{CANARY} {words}" in page
    code = BeautifulSoup(page, "html.parser").select_one(".tag_solution .cell_input").get_text()
    assert 'check("sum", total)' in code and "SOLUTION" not in code and "# blank" not in code


def test_the_editions_share_what_was_executed(both):
    book, first, second = both
    assert re.findall(r"(\S+)\.md: executed", first) == ["1-one", "two"]
    assert re.findall(r"(\S+)\.md: (\w+)", second) == [("1-one", "unchanged"), ("two", "unchanged")]
    assert not (book.root / "_build" / "executed").exists()


@pytest.mark.parametrize("folder", ["html", "course/html"])
def test_later_cells_and_the_text_have_the_results_of_both(both, folder):
    book, _, _ = both
    page = BeautifulSoup(
        (book.root / "_build" / folder / "1-one.html").read_text(encoding="utf-8"), "html.parser"
    )
    text = " ".join(page.select_one("article").get_text().split())
    assert "Glued: 4711.5. As Exercise 1.1: The sum asks:" in text
    assert page.select(".cell_output")[-1].get_text().strip() == "116"
    assert page.select_one("figure img[alt='A line.']")
    assert [script.string for script in page.select("script.hidden-cell")] == ['"factor = 2"']


@pytest.mark.parametrize("folder", ["html", "course/html"])
def test_the_form_of_an_exercise(both, folder):
    book, _, _ = both
    page = BeautifulSoup(
        (book.root / "_build" / folder / "1-one.html").read_text(encoding="utf-8"), "html.parser"
    )
    first, second = page.select(".admonition.exercise")
    assert (
        first["id"] == "ex-sum"
        and first["data-exercise"] == "sum"
        and first["data-kind"] == "predict"
    )
    assert (
        second["id"] == "ex-square"
        and second["data-exercise"] == "square"
        and "data-kind" not in second.attrs
    )
    assert first.select_one("p.admonition-title").get_text() == "Exercise 1.1: The sum"
    code = first.select_one(
        "div.cell.exercise-form[data-exercise=sum] > div.cell_input div.highlight pre"
    ).get_text()
    assert code.splitlines() == [
        "# Exercise 1.1",
        "word = _____________  # blank 1 of 2: a text",
        "_____________  # blank 2 of 2: the rest",
        'check("sum", total)',
    ]
    solutions = page.select(".cell.tag_solution")
    assert len(solutions) == (2 if folder == "html" else 0)
    for box, solution in zip((first, second), solutions, strict=False):
        assert box.find_next_sibling() == solution
        assert {"tag_exercise", "tag_solution", "tag_hide-cell"} <= set(solution["class"])


def test_the_status_page_of_the_course_edition_keeps_hidden_code_to_itself(both):
    book, _, _ = both
    drawn = "Figure(figsize=(2, 1))"
    assert drawn in BeautifulSoup(book.page("book/status"), "html.parser").get_text()
    page = (book.root / "_build" / "course" / "html" / "book" / "status.html").read_text(
        encoding="utf-8"
    )
    text = BeautifulSoup(page, "html.parser").get_text()
    assert "fig-line" in text and drawn not in text and "not shown in this edition" in text


def test_what_an_earlier_build_left_is_gone(both):
    book, _, _ = both
    assert not (book.root / OLD).exists()


def test_an_unknown_edition_is_refused(both):
    book, _, _ = both
    with pytest.raises(BookError, match=r"no edition 'teacher': choose one of open, course\."):
        open_project(book.root, "full", "teacher")
