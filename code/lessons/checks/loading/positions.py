"""Positions at which a digit is found among labels."""

from collections.abc import Callable, Sized
from typing import Any

import numpy as np
import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor

from lessons.checks.answers import (
    kind_of,
    size,
    wholes,
)
from lessons.checks.loading.samples import LABELS, Labels, called_with_copies
from lessons.checks.observed import shown

Asked = tuple[Labels, int, int]  # labels, digit, count

ASKED: list[Asked] = [
    (labels, digit, count) for labels in LABELS for digit in (7, 2, 0, 8) for count in (1, 2, 20)
]


def read_places(answer: Any) -> tuple[int, ...]:
    """Read the positions that were found."""
    if not isinstance(answer, Sized) or size(answer) > max(map(len, LABELS)):
        raise Unreadable(
            f"There should be a position for each digit found, but there is {kind_of(answer)}."
        )
    values = answer.tolist() if isinstance(answer, Tensor | np.ndarray) else answer
    if isinstance(values, list) and any(isinstance(value, bool) for value in values):
        raise Unreadable("There should be the positions of the digits, but there are truth values.")
    return wholes(answer)


def findings(find: Callable[[Labels, Any, int], Any]) -> list[tuple[int, ...]]:
    """Return the positions that a function finds, for each question."""
    return [
        read_places(called_with_copies(find, labels, digit, count))
        for labels, digit, count in ASKED
    ]


def findings_for_tensors(find: Callable[[Labels, Any, int], Any]) -> list[tuple[int, ...]]:
    """Return the positions that a function finds if the digit is a tensor, as an element of labels
    is.
    """
    return findings(lambda labels, digit, count: find(labels, torch.tensor(digit), count))


Condition = Callable[[Labels, int, int], Tensor]


def places(is_wanted: Condition) -> Callable[[Labels, int, int], Tensor]:
    """Return a function to the first positions where something is true of a label, without
    `nonzero`.
    """
    return lambda labels, digit, count: torch.arange(len(labels))[is_wanted(labels, digit, count)][
        :count
    ]


def finds_like(expected: Callable[[Labels, int, int], Tensor]) -> Callable[[list], bool]:
    """Return a test whether the positions found are those that a function finds."""
    return lambda seen: seen == [tuple(expected(*asked).tolist()) for asked in ASKED]


FINDS = finds_like(places(lambda labels, digit, count: labels == digit))


def about_findings(seen: list[tuple[int, ...]]) -> str:
    """Return the first question to which other positions were found than are right."""
    for got, (labels, digit, count) in zip(seen, ASKED, strict=True):
        right = tuple(
            places(lambda labels, digit, count: labels == digit)(labels, digit, count).tolist()
        )
        if got != right:
            return (
                f"Asked for at most {count} of the digit {digit} among the labels"
                f" {labels.tolist()}, your function finds the positions {shown(list(got))}, and"
                f" {shown(list(right))} is right."
            )
    return (
        "It finds all digits that are given as an int, but not all that are given as a tensor, as"
        " labels hold them."
    )
