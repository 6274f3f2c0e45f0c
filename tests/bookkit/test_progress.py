"""What pages know of the book's exercises."""

import json

from bs4 import BeautifulSoup

CHECKS = """
from bookkit.book.mime import VERDICT


class Right:
    def __init__(self, exercise):
        self.exercise = exercise

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": "Right", VERDICT: {"exercise": self.exercise, "verdict": "right", "text": "Right"}}


def check(exercise, answer):
    return Right(exercise)
"""
EXERCISE = """
```{{code-cell}} python
:tags: [exercise]
:label: ex-{id}
:title: {title}
from toy.checks import check
total = 4100000 - 1  # blank: 4100000 - 1  # a number
check("{id}", total)
```
"""


def index_of(page: str) -> dict | None:
    found = BeautifulSoup(page, "html.parser").find(id="exercise-index")
    return found and json.loads(found.get_text())


def add_exercise(book, name: str, id: str, title: str) -> None:
    book.write(
        name, (book.root / name).read_text(encoding="utf-8") + EXERCISE.format(id=id, title=title)
    )


def test_every_page_with_progress_knows_the_exercises_of_all_pages(toy_book):
    toy_book.write("code/toy/checks.py", CHECKS)
    toy_book.edit(
        "book/index.md",
        "A book of two pages.",
        "A book of two pages.\n\n```{exercise-progress}\n```",
    )
    add_exercise(toy_book, "one.md", "sum", "Wilson's `sum` </script>")
    done = toy_book.build()
    assert done.returncode == 0, done.stdout + done.stderr
    one = {"page": "one", "title": "One", "exercises": ["sum"]}
    common = {
        "book": "Toy",
        "overview": "book/index",
        "chapters": [one],
        "titles": {"sum": "1 Wilson’s sum </script>"},
        "pages": {"sum": "one"},
    }
    assert index_of(toy_book.page("one")) == {**common, "page": "one"}
    first = {**common, "page": "book/index", "boxes": {}}
    assert index_of(toy_book.page("book/index")) == first
    assert index_of(toy_book.page("two")) is None and "exercise-progress" not in toy_book.page(
        "two"
    )
    assert "4100000 - 1" not in str(index_of(toy_book.page("one")))

    add_exercise(toy_book, "two.md", "difference", "A difference")
    done = toy_book.build()
    assert done.returncode == 0, done.stdout + done.stderr
    two = {"page": "two", "title": "Two", "exercises": ["difference"]}
    for page in ("one", "two", "book/index"):
        assert index_of(toy_book.page(page))["chapters"] == [one, two]
