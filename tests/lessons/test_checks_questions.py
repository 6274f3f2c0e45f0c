"""Checks on the questions that beginners ask most: right answers in every honest form, and what is
said of wrong ones.
"""

from fractions import Fraction

import numpy as np
import pytest
import torch
from firstcnn import augment, moments
from lessons.checks import EXERCISES, check
from lessons.checks.questions import EXERCISES as OWN
from typed_answers import cells, verdict_on

IDS = {exercise.id for exercise in OWN}
CELLS = {
    id: source
    for chapter in ("2-data", "3-architecture", "4-training")
    for id, source in cells(chapter).items()
    if id in IDS
}
KNOWN = {"torch": torch, "moments": moments}
NAMED = [(id, wrong) for id in CELLS for wrong in EXERCISES[id].wrong]


def test_all_of_them_are_in_the_chapters():
    assert set(CELLS) == IDS


@pytest.mark.parametrize(("exercise", "wrong"), NAMED, ids=[f"{i}: {w.name}" for i, w in NAMED])
def test_a_named_mistake_draws_its_own_hint(exercise, wrong):
    verdict = verdict_on(CELLS[exercise], wrong.typed, KNOWN)
    assert (verdict.kind, verdict.text) == ("wrong", wrong.hint)


def by_numpy(photo):
    image = np.where(photo.numpy() > 195, 0, 255 - photo.numpy()) / 255
    rows, columns = np.indices(image.shape)
    centre = [(each * image).sum() / image.sum() for each in (rows, columns)]
    return np.roll(image, [round(14 - float(each)) for each in centre], axis=(0, 1))


def one_axis_after_the_other(photo):
    image = (255 - photo.double()) * (photo <= 195) / 255
    weights = torch.arange(28.0, dtype=torch.float64)
    for axis in (0, 1):
        centre = (image.sum(dim=1 - axis) * weights).sum() / image.sum()
        image = torch.roll(image, int(torch.round(14 - centre)), dims=axis)
    return image[None, None].float()


def by_shifting(photo):
    image = (255 - photo.float()).masked_fill(photo > 195, 0)[None, None] / 255
    row, column = moments.centre_of_mass(image[0])
    return augment.shift(image, right=round(14 - column.item()), down=round(14 - row.item()))


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        ("first-linear", 256),
        ("first-linear", torch.zeros(16, 4, 4).numel()),
        ("first-linear", 256.0),
        ("minus-one", [2, 2, 3]),
        ("minus-one", torch.arange(12).view(2, -1, 3).shape),
        ("minus-one", np.array([2, 2, 3])),
        ("softmax-first", ("the same", "larger")),
        ("softmax-first", ["The same", "Larger."]),
        ("softmax-first", np.array(["the same", "larger"])),
        ("count-steps", 1173),
        ("count-steps", -(-50_000 // 128) * 3),
        ("count-steps", Fraction(1173)),
        ("gradient-kept", 10.0),
        ("gradient-kept", torch.tensor(10)),
        ("gradient-kept", 2 * 5),
        ("eval-or-no-grad", ("eval()", "no_grad()")),
        ("eval-or-no-grad", ["model.eval()", "torch.no_grad()"]),
        ("eval-or-no-grad", ("eval", "no_grad")),
        ("own-digit", by_numpy),
        ("own-digit", one_axis_after_the_other),
        ("own-digit", by_shifting),
    ],
)
def test_a_right_answer_counts_in_every_form(exercise, answer):
    assert check(exercise, answer), check(exercise, answer)


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        ("first-linear", 257, "257 is too large"),
        ("first-linear", "256", "Quotes make a text of a number"),
        ("minus-one", (12,), "These sizes have the product 12"),
        ("minus-one", 2, "several whole numbers"),
        ("softmax-first", ("yes", "larger"), '"yes" is none of "the same" and "another"'),
        ("softmax-first", "larger", "2 values in order"),
        ("count-steps", 1174, "1174 is too large"),
        ("gradient-kept", 7, "7 is too small"),
        ("eval-or-no-grad", ("train()", "no_grad()"), "is none of"),
        ("eval-or-no-grad", ("neither", "neither"), "Each of the two is one of"),
        ("own-digit", lambda photo: photo, "it makes numbers from"),
        ("own-digit", lambda photo: photo[:20], "has the shape (20, 28)"),
        ("own-digit", lambda photo: None, "does not return an image"),
        ("own-digit", lambda photo: by_numpy(photo).T, "not all of them are where they should be"),
    ],
)
def test_a_wrong_answer_is_told_what_was_seen(exercise, answer, words):
    verdict = check(exercise, answer)
    assert not verdict and words in verdict.text, verdict.text
