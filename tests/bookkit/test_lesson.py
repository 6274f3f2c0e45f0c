"""A chapter as a lesson: what its sections ask for, and what tests its goals."""

import pytest
from bookkit.book import lesson
from bookkit.book.pages import ExecutedPage, Made, read_page
from bookkit.system.errors import BookError

PAGE = """---
file_format: mystnb
kernelspec:
  name: python3
---

# Title

## What you will be able to do

- {term}`Multiply <product>`, on paper and
  in Python ({ref}`sec-one`, {ref}`sec-two`).
- Explain why: {ref}`One <sec-one>`.
- Wait ({ref}`sec-two`), and wait again.

(sec-one)=
## One <!-- minutes: 3 -->

Fifteen words of prose stand here, so that a tenth of a minute is needed.

```{code-cell} python
:tags: [exercise]
:label: ex-one
:title: How many?
answer = 3 * 4  # blank: 3 * 4  # a product
```

```{code-cell} python
answer
```

:::{admonition} Discuss
:class: discuss
Why?
+++
Because.
:::

(sec-two)=
## Two <!-- after class -->

**Question.** Why not?
"""


@pytest.fixture
def page(tmp_path):
    file = tmp_path / "page.md"
    file.write_text(PAGE, encoding="utf-8")
    read = read_page(file)
    return ExecutedPage(read, read.cells, Made(cells=[6.0, 12.0]))


def test_sections_count_what_takes_time(page):
    one, two = lesson.sections_of(page)
    assert (one.title, one.label, one.minutes, one.exercises) == (
        "One",
        "sec-one",
        3,
        [("ex-one", "How many?")],
    )
    assert (one.words, one.typed, one.seconds, one.discussions, one.questions) == (
        16,
        5,
        18.0,
        1,
        0,
    )
    assert (one.lines, one.figures) == (1, 0)
    assert one.needed == pytest.approx(16 / 200 + (5 / 2 + 4 + 45 + 120 + 18) / 60)
    assert (two.minutes, two.questions) == (None, 1)


def test_the_clock_has_a_row_for_each_core_section(page):
    (row,) = lesson.clock_rows("page", lesson.sections_of(page))
    assert row["label"] == "sec-one" and row["minutes"] == 3 and row["needed"] == 3.2


def test_goals_lead_to_what_tests_them(page):
    goals = lesson.goals_of(PAGE)
    assert [goal.text for goal in goals] == [
        "Multiply, on paper and in Python",
        "Explain why",
        "Wait, and wait again",
    ]
    assert [goal.labels for goal in goals] == [("sec-one", "sec-two"), ("sec-one",), ("sec-two",)]
    rows = list(lesson.goal_rows("page", goals, lesson.sections_of(page)))
    assert (
        rows[0]["exercises"] == [("ex-one", "How many?")]
        and rows[0]["discussions"] == rows[0]["questions"] == 1
    )
    assert rows[2]["exercises"] == [] and rows[2]["questions"] == 1


def test_a_page_without_goals_has_none():
    assert lesson.goals_of("# Title\n\n- a list\n") == []


def test_routes_are_made_from_one_list(page):
    name = page.page.docname
    routes = lesson.routes_of({"sec-one": 3, "sec-two": 8, name: 5}, [page])
    assert [
        (r["minutes"], [p["name"] for p in r["taken"]], [p["name"] for p in r["left_out"]])
        for r in routes
    ] == [
        (3, ["sec-one"], [name, "sec-two"]),
        (5, [name, "sec-one"], ["sec-two"]),
        (8, [name, "sec-one", "sec-two"], []),
    ]
    needed = {part["name"]: part["needed"] for part in routes[-1]["taken"]}
    assert needed[name] == pytest.approx(needed["sec-one"] + needed["sec-two"])


def test_a_route_over_a_section_that_is_not_there_is_refused(page):
    with pytest.raises(BookError, match=r"names sec-gone: .* Correct it"):
        lesson.routes_of({"sec-one": 3, "sec-gone": 3}, [page])
