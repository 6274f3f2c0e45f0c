"""What the book asks of its readers, counted: how much they type, and how many exercises there are
of each kind.
"""

import ast
import textwrap
from collections import Counter

from bookkit.book.pages import Page
from bookkit.exercises.forms import Exercise, answers
from lessons.checks import EXERCISES
from the_book import CORES, lecture, name_of

IN_ALL, IN_CORES = 5000, 2000  # characters that are typed
EXERCISES_IN_ALL = 60
LONG, LONG_ONES = 7, 8  # lines that are typed into one function or class; how many of these
KINDS = {"design": 3, "explain": 8, "parsons": 4, "predict": 15}  # the least of each
NOT_TYPED = {"explain", "parsons"}  # in words of one's own, and put in order


def exercises_of(pages: list[Page]) -> list[Exercise]:
    """The exercises of some pages, in order."""
    return [exercise for page in pages for exercise in page.exercises]


def typed(exercise: Exercise) -> list[str]:
    """The code that a student types into each blank of an exercise."""
    return [] if exercise.kind in NOT_TYPED else answers(exercise.source)


def characters(pages: list[Page]) -> int:
    """How many characters of code students type on some pages."""
    return sum(len(text) for exercise in exercises_of(pages) for text in typed(exercise))


def lines_of(exercise: Exercise) -> int:
    """How many lines a student types into a function or class, none if there is neither."""
    defines = (ast.FunctionDef, ast.ClassDef)
    texts = [exercise.source, *map(textwrap.dedent, typed(exercise))]
    nodes = [node for text in texts for node in ast.walk(ast.parse(text))]
    if not any(isinstance(node, defines) for node in nodes):
        return 0
    return sum(bool(line.strip()) for text in typed(exercise) for line in text.split("\n"))


def test_there_are_many_exercises_and_each_knows_three_wrong_answers():
    found = exercises_of(lecture())
    assert len(found) >= EXERCISES_IN_ALL
    checked = [each for each in found if each.kind != "explain"]  # has samples with marks instead
    assert [each.id for each in checked if len(EXERCISES[each.id].wrong) < 3] == []


def test_students_type_thousands_of_characters_two_thousand_of_them_in_the_cores():
    by_page = {name_of(page): characters([page]) for page in lecture()}
    assert sum(by_page.values()) >= IN_ALL, by_page
    assert characters(CORES) >= IN_CORES


def test_eight_functions_or_classes_are_long():
    long = {e.id: n for e in exercises_of(lecture()) if (n := lines_of(e)) >= LONG}
    assert len(long) >= LONG_ONES, long


def test_there_are_exercises_of_every_kind():
    found = Counter(each.kind for page in lecture() for each in page.all_exercises)
    assert {kind: found[kind] for kind, least in KINDS.items() if found[kind] < least} == {}


def test_a_design_names_at_least_three_wrong_designs_and_leaves_all_the_code_to_the_student():
    for exercise in exercises_of(lecture()):
        if exercise.kind == "design":
            lines = [line for line in exercise.source.split("\n") if line.strip()]
            assert exercise.blanks == 1 and len(EXERCISES[exercise.id].wrong) >= 3
            given = len(lines) - typed(exercise)[0].count("\n") - 1
            assert given <= 3, "two marks and the check"
