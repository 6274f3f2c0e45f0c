"""The student's form of an exercise, and what is said about wrong markers."""

import pytest
from bookkit.exercises import BLANK, student_form


def test_a_blank_takes_the_place_of_the_answer():
    source = "y = F.relu(conv_output)  # blank: conv_output  # the input of ReLU"
    assert student_form(source) == f"y = F.relu({BLANK})  # blank 1 of 1: the input of ReLU"


def test_blanks_are_counted_over_the_cell():
    source = (
        "a = 1  # blank: 1  # one\n"
        "### BEGIN SOLUTION: two lines\n"
        "b = 2\n"
        "c = 3\n"
        "### END SOLUTION\n"
        "d = f(4, 5)  # blank: 4  # four  # blank: 5  # five"
    )
    assert student_form(source).splitlines() == [
        f"a = {BLANK}  # blank 1 of 4: one",
        f"{BLANK}  # blank 2 of 4: two lines",
        f"d = f({BLANK}, {BLANK})  # blank 3 of 4: four  # blank 4 of 4: five",
    ]


def test_a_hint_that_would_run_off_the_page_stands_above_its_line():
    form = student_form(f"    answer = 3 * 4  # blank: 3 * 4  # {'a long hint ' * 5}")
    assert form.splitlines() == [f"    # blank 1 of 1: {'a long hint ' * 5}", f"    answer = {BLANK}"]


def test_code_without_blanks_stays_as_it_is():
    source = "x = 1  # a comment\n\ny = '# not a blank'"
    assert student_form(source) == source


def test_indentation_is_kept():
    source = "def f(x):\n    ### BEGIN SOLUTION: the square\n    return x * x\n    ### END SOLUTION"
    assert student_form(source) == f"def f(x):\n    {BLANK}  # blank 1 of 1: the square"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("x = 1  # blank: 2  # two", "code line 1: the blank '2' must stand once"),
        ("x = 1 + 1  # blank: 1  # one", "code line 1: the blank '1' must stand once"),
        ("x = 1  # blank: 1", "code line 1: the blank '1' has no hint"),
        ("### BEGIN SOLUTION: a\nx = 1", "no END SOLUTION"),
        ("x = 1\n### END SOLUTION", "code line 2: END SOLUTION without"),
        (
            "### BEGIN SOLUTION: a\n### BEGIN SOLUTION: b\n### END SOLUTION",
            "code line 2: a solution begins within",
        ),
    ],
)
def test_wrong_markers_are_named(source, words):
    with pytest.raises(ValueError, match=words):
        student_form(source)
