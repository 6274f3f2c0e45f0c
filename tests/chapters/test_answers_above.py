"""No exercise asks for what stands above it on its page: neither as code, in sight or in a sentence,
nor as a number.
"""

import ast
import re
import textwrap

import pytest
from bookkit.book.pages import Page
from bookkit.book.reader import readers_form
from bookkit.exercises.forms import answers, student_form
from the_book import every_page, lecture, name_of

SHORTEST = 7  # characters without blanks, from which on an answer is more than a name or a number
DIGITS = 3  # of a number that is not to stand above
SIGNS = {
    "−": "-",
    "·": "*",
    "×": "*",
    "²": "**2",
    "\\cdot": "*",
    "\\times": "*",
    "\\,": "",
    "{,}": "",
}

# Answers that may stand above, by exercise, and why.
ALLOWED = dict.fromkeys(
    ("ward-silent-cure", "ward-still-cure", "ward-other-cure"),
    "healthy patients of the ward have these lines: which of an ill one's to change is asked",
)


def bare(text: str) -> str:
    """A text without blanks and with the signs of Python."""
    for sign, python in SIGNS.items():
        text = text.replace(sign, python)
    return re.sub(r"\s+", "", text)


def meant(answer: str) -> set[str]:
    """What would give an answer away: itself, without a return in front, and a number that it
    comes to.
    """
    tree = ast.parse(textwrap.dedent(answer))
    found = {ast.unparse(tree)}
    if len(tree.body) == 1 and isinstance(tree.body[0], ast.Return | ast.Assign):
        found.add(ast.unparse(tree.body[0].value))
    kept = {text for each in found if len(text := bare(each)) >= SHORTEST}
    return kept | numbers_of(answer)


def numbers_of(answer: str) -> set[str]:
    """The number that a sum of plain numbers comes to, if it has digits enough."""
    try:
        node = ast.parse(textwrap.dedent(answer), mode="eval")
        kinds = ast.Expression | ast.BinOp | ast.UnaryOp | ast.Constant | ast.operator | ast.unaryop
        if not all(isinstance(each, kinds) for each in ast.walk(node)):
            return set()
        value = eval(compile(node, "<answer>", "eval"), {"__builtins__": {}})
    except (SyntaxError, TypeError):
        return set()
    if isinstance(value, str) or value != int(value) or len(str(abs(int(value)))) < DIGITS:
        return set()
    return {str(int(value))}


def above(page: Page, exercise: int) -> str:
    """All that a reader has met on a page above a cell, by its index."""
    seen = []
    for cell in page.cells[:exercise]:
        if cell.is_code and not cell.is_hidden and "remove-input" not in cell.tags:
            source = student_form(cell.source, "1.1") if cell.is_exercise else cell.source
            seen.append(as_code(readers_form(source)))
        elif not cell.is_code:
            seen.append(re.sub(r"(?<=\d),(?=\d{3})", "", cell.source))
    return bare("\n".join(seen))


def as_code(source: str) -> str:
    """Code in the one form of its syntax tree, if it is all Python."""
    try:
        return ast.unparse(ast.parse(source))
    except SyntaxError:
        return source


def given_away(page: Page) -> dict[str, list[str]]:
    """The exercises of a page whose answers stand above, with what stands there."""
    found = {}
    for exercise in page.exercises:
        seen = above(page, exercise.cell)
        for answer in answers(exercise.source):
            texts = [each for each in meant(answer) if stands(bare(each), seen)]
            if texts and exercise.id not in ALLOWED:
                found.setdefault(exercise.id, []).extend(texts)
    return found


def stands(text: str, seen: str) -> bool:
    """Tell whether a text stands in another one, a number not as a part of a longer one."""
    if text.isdigit():
        return re.search(rf"(?<![\d.]){text}(?![\d.])", seen) is not None
    return text in seen


@every_page
def test_no_answer_stands_above_its_exercise(page):
    assert given_away(page) == {}, name_of(page)


def test_each_answer_that_may_stand_above_does_and_has_a_reason():
    all_ids = {exercise.id for page in lecture() for exercise in page.exercises}
    assert set(ALLOWED) <= all_ids and all(len(reason) > 20 for reason in ALLOWED.values())


@pytest.mark.parametrize(
    ("answer", "seen", "is_there"),
    [
        ("128 * 9 + 1", "as in $128 \\cdot 9 + 1$", True),
        ("2 * 600 + 5", "so there are 1,205 of them", True),
        ("2 * 600 + 5", "there are 11,205 of them", False),
        ("    return (a == b).nonzero()", "x = (a  ==  b).nonzero()", True),
        ("(a == b).nonzero()", "x = (a == c).nonzero()", False),
        ("4", "4 of them", False),
    ],
)
def test_an_answer_is_found_in_code_in_formulas_and_as_a_number(answer, seen, is_there):
    seen = bare(re.sub(r"(?<=\d),(?=\d{3})", "", seen))
    assert any(stands(bare(text), seen) for text in meant(answer)) == is_there
