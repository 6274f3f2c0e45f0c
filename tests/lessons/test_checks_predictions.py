"""Checks of predictions on pages below the chapters: one choice is right, in other words as well,
and each other one draws its own hint.
"""

import itertools

import numpy as np
import pytest
import torch
from bookkit.exercises.forms import answers
from lessons.checks import check
from lessons.checks.predictions import EXERCISES
from lessons.checks.predictions.exercises import BOTH_DOWN, BOTH_UP, EACH_WAY
from the_book import BELOW

IDS = {exercise.id: exercise for exercise in EXERCISES}
ON_PAGES = {
    cell.metadata["label"].removeprefix("ex-"): cell
    for page in BELOW
    for cell in page.code_cells
    if cell.is_exercise
}


def answered(id: str, typed=None):
    """What the check of an exercise gets when this is typed into its blanks."""
    right = answers(ON_PAGES[id].source)
    texts = [text or own for text, own in zip(typed or right, right, strict=True)]
    values = tuple(map(eval, texts))
    return values if len(values) > 1 else values[0]


@pytest.mark.parametrize("id", IDS)
def test_each_is_asked_on_a_page_below_a_chapter_and_answered_there(id):
    assert ON_PAGES[id].metadata["kind"] == "predict" and check(id, answered(id))


@pytest.mark.parametrize("id", IDS)
def test_every_named_wrong_answer_draws_its_own_hint(id):
    wrong = IDS[id].wrong
    said = {each.name: check(id, answered(id, each.typed)).text for each in wrong}
    assert len(wrong) >= 3 and said == {each.name: each.hint for each in wrong}


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("nearest-row", " Background. "),
        ("nearest-row", np.array("background")),
        ("two-signs", ["both up", "One each way."]),
        ("two-signs", np.array(["both up", "one each way"])),
        ("louder", "Not at all."),
        ("louder", "no change"),
        ("louder", "It does not change"),
        ("work-of-fc1", "A third"),
        ("work-of-fc1", "about  a third"),
        ("work-of-fc1", "30 %"),
        ("pooled-average", "It does not change."),
        ("pooled-average", "NOT AT ALL"),
        ("rate-beyond", "further and further away"),
        ("rate-beyond", "Further away."),
        ("three-seeds", "75"),
        ("three-seeds", "about 75 in 100"),
        ("speaking-images", 150.0),
        ("speaking-images", torch.tensor(150)),
        ("speaking-images", 500 + 450 - 2 * 400),
    ],
)
def test_a_right_answer_counts_in_other_forms(id, answer):
    assert check(id, answer)


@pytest.mark.parametrize(
    ("id", "answer", "words"),
    [
        ("nearest-row", "black", '"black" is none of "background", "moved", "brighter" and "grey"'),
        ("louder", "larger", '"larger" is none of'),
        ("three-seeds", 75, "a text in quotes"),
        ("speaking-images", "150", "a number, but got a str"),
        ("speaking-images", 149, "Count the images that A alone misses"),
        ("two-signs", "both up", "2 values in order"),
        ("two-signs", ("up", "down"), '"up" is none of'),
        ("rate-beyond", None, "a text in quotes"),
    ],
)
def test_another_answer_is_told_what_came(id, answer, words):
    assert words in check(id, answer).text


def test_of_all_pairs_of_directions_one_is_right():
    directions = (BOTH_UP, BOTH_DOWN, EACH_WAY)
    right = [pair for pair in itertools.product(directions, directions) if check("two-signs", pair)]
    assert right == [(BOTH_UP, EACH_WAY)]


def test_the_numbers_behind_the_answers():
    first = torch.tensor([0.0, 4, 0, 0, 0])
    rows = {
        "moved": [0, 0, 4, 0, 0],
        "brighter": [0, 9, 0, 0, 0],
        "grey": [2, 2, 2, 2, 2],
        "background": [0, 0, 0, 0, 0],
    }
    far = {name: (torch.tensor(row).float() - first).norm().item() for name, row in rows.items()}
    assert min(far, key=far.get) == "background" and max(far, key=far.get) == "moved"
    same_side = [s for s in itertools.product((-1, 1), repeat=3) if abs(sum(s)) == 3]
    assert len(same_side) / 2**3 == 0.25
    assert (far["brighter"], far["background"]) == (5.0, 4.0)
