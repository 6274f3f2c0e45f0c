"""Files that a page lists in its front matter: they lie beside it when it runs, and count for its
digest.
"""

import os
from pathlib import Path

import pytest
from bookkit.book.pages import page_digest, read_page
from bookkit.run.execution import execute
from bookkit.system.errors import BookError
from sourcedigest import Sources

PAGE = """---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
reads: [numbers.json]
---

# A page

```{code-cell} python
import json, os
print(sum(json.load(open("numbers.json"))), os.listdir("."))
```
"""


@pytest.fixture
def page(tmp_path) -> Path:
    (tmp_path / "numbers.json").write_text("[1, 2, 3]", encoding="utf-8")
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    return tmp_path / "page.md"


def test_the_file_is_there_when_the_page_runs(page):
    done = execute(read_page(page), "digest", dict(os.environ), {})
    printed = "".join(output.get("text", "") for output in done.cells[-1].outputs)
    assert printed.startswith("6 ") and "'numbers.json'" in printed


def test_another_content_is_another_digest(page):
    before = page_digest(read_page(page), Sources({}), {})
    assert before == page_digest(read_page(page), Sources({}), {})
    (page.parent / "numbers.json").write_text("[1, 2, 4]", encoding="utf-8")
    assert before != page_digest(read_page(page), Sources({}), {})


def test_a_file_that_is_not_there_is_named(page):
    (page.parent / "numbers.json").unlink()
    with pytest.raises(BookError, match=r"page\.md: its front matter lists numbers\.json"):
        read_page(page)


EXERCISE = """
```{code-cell} python
:tags: [exercise]
:label: ex-one
:title: One
x = f(1, 2)  # blank: 1  # one  # blank: 2  # two
```
"""


def test_a_changed_mark_of_an_exercise_is_the_same_digest_and_a_changed_answer_another(page):
    def digest(*change: str) -> str:
        page.write_text(PAGE + EXERCISE.replace(*change), encoding="utf-8")
        return page_digest(read_page(page), Sources({}), {})

    before = digest("", "")
    assert digest("# one", "# the first number") == before
    assert digest("  # blank: 1  # one", "") == before
    assert digest("f(1, 2)  # blank: 1", "f(3, 2)  # blank: 3") != before
    assert digest("# blank: 1", "# blank: 3") != before, "a wrong mark is left to those who name it"
