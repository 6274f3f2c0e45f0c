"""Checks on activations, maps, and where a convolution fits: right answers in every honest form, and
what is said of wrong ones.
"""

import numpy as np
import pytest
import torch
from lessons.checks import EXERCISES, check
from lessons.checks.insight import EXERCISES as OWN
from torch.nn import functional as F
from typed_answers import cells, verdict_on

IDS = {exercise.id for exercise in OWN}
CELLS = {
    id: source
    for chapter in ("1-why-convolution", "4-training", "5-comparison")
    for id, source in cells(chapter).items()
    if id in IDS
}
KNOWN = {"torch": torch, "F": F, "np": np}
NAMED = [(id, wrong) for id in CELLS for wrong in EXERCISES[id].wrong]


def test_all_of_them_are_in_the_chapters():
    assert set(CELLS) == IDS


@pytest.mark.parametrize(("exercise", "wrong"), NAMED, ids=[f"{i}: {w.name}" for i, w in NAMED])
def test_a_named_mistake_draws_its_own_hint(exercise, wrong):
    verdict = verdict_on(CELLS[exercise], wrong.typed, KNOWN)
    assert (verdict.kind, verdict.text) == ("wrong", wrong.hint)


def by_polynomials(first, second):
    return np.polymul(first, second)


def by_convolution(first, second):
    kernel = torch.tensor(second, dtype=torch.float64).flip(0)[None, None]
    return F.conv1d(torch.tensor(first).double()[None, None], kernel, padding=len(second) - 1)[0, 0]


def by_impulses(first, second):
    length = len(first) + len(second) - 1
    rows = [[0] * i + [a * b for b in second] + [0] * (length - len(second) - i)
            for i, a in enumerate(first)]  # fmt: skip
    return tuple(sum(column) for column in zip(*rows, strict=True))


def patch_by_loops(images, kernel):
    best, found, k = None, None, kernel.shape[0]
    for image in images[:, 0]:
        for r in range(image.shape[0] - k + 1):
            for c in range(image.shape[1] - k + 1):
                value = (image[r : r + k, c : c + k] * kernel).sum().item()
                if best is None or value > best:
                    best, found = value, image[r : r + k, c : c + k]
    return found.numpy()


def patch_by_unfolding(images, kernel):
    columns = F.unfold(images, len(kernel))
    scores = torch.einsum("nkp,k->np", columns, kernel.flatten())
    n, p = divmod(int(scores.argmax()), scores.shape[1])
    return columns[n, :, p].view(1, 1, *kernel.shape)


def patch_by_division(images, kernel):
    maps = F.conv2d(images, kernel.view(1, 1, *kernel.shape))
    place = int(maps.flatten().argmax())
    width = maps.shape[-1]
    image, rest = place // (width * width), place % (width * width)
    row, column = rest // width, rest % width
    return images[image, :, row : row + len(kernel), column : column + len(kernel)]


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        ("one-kernel", by_polynomials),
        ("one-kernel", by_convolution),
        ("one-kernel", by_impulses),
        ("strongest-patch", patch_by_loops),
        ("strongest-patch", patch_by_unfolding),
        ("strongest-patch", patch_by_division),
        ("without-relu", ["C", "A"]),
        ("without-relu", ("a", "c")),
        ("without-relu", "AC"),
        ("without-relu", {"A", "C"}),
        ("without-relu", np.array(["A", "C"])),
        ("maps-of-kernels", "bdac"),
        ("maps-of-kernels", ["B", "D", "A", "C"]),
        ("maps-of-kernels", "B, D, A, C"),
        ("when-convolution", "A, C, F"),
        ("when-convolution", ["F", "c", "A"]),
        ("when-convolution", ("A", "C", "F", "A")),
    ],
)
def test_a_right_answer_counts_in_every_form(exercise, answer):
    assert check(exercise, answer), check(exercise, answer)


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        ("one-kernel", lambda first, second: None, "returns None, not weights"),
        ("one-kernel", lambda first, second: [0], "Two kernels in a row give"),
        ("one-kernel", lambda first: first, "cannot be called as this exercise calls it"),
        ("one-kernel", [3, 5, -2], "This asks for a function"),
        ("without-relu", ["C"], "Of yours 0 should not be there, and 1 more should"),
        ("without-relu", ["A", "E"], 'A to D, not "e"'),
        ("without-relu", 3, "This asks for a list of texts"),
        ("maps-of-kernels", "DBAC", "Of the four maps, 2 have their kernel"),
        ("maps-of-kernels", "AABC", "each of them once"),
        ("maps-of-kernels", 1234, "This asks for a text in quotes"),
        ("strongest-patch", lambda images, kernel: images[0, 0], "has the shape (9, 9)"),
        ("strongest-patch", lambda images, kernel: images[0, 0, :3, :3], "it returns a patch that"),
        ("strongest-patch", lambda images, kernel: "no", "not a patch"),
        ("when-convolution", ["A", "C"], "and 1 more should"),
        ("when-convolution", [], "and 3 more should"),
    ],
)
def test_a_wrong_answer_is_told_what_was_seen(exercise, answer, words):
    verdict = check(exercise, answer)
    assert not verdict and words in verdict.text, verdict.text
