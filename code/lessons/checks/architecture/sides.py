"""The length of a side after a convolution."""

from collections.abc import Callable
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch.nn import functional as F

from lessons.checks.answers import (
    number,
)
from lessons.checks.observed import first_difference

SIDES = (
    (4, 3, 0, 1),
    (28, 3, 1, 1),
    (28, 5, 2, 1),
    (28, 3, 1, 2),
    (28, 2, 0, 2),
    (7, 3, 0, 3),
    (10, 5, 1, 4),
)

SIDES += (
    (7, 3, 1, 2),
    (11, 3, 2, 1),
    (28, 5, 1, 1),
    (13, 4, 3, 3),
    (6, 1, 0, 2),
    (15, 7, 2, 2),
    (9, 3),
)


def _measured_side(side: int, kernel: int, padding: int = 0, stride: int = 1) -> int:
    return F.conv1d(
        torch.zeros(1, 1, side), torch.zeros(1, 1, kernel), padding=padding, stride=stride
    ).shape[-1]


def sides_after(side_after: Callable) -> list:
    """Return what a function gives in all cases, the last of them without padding and stride."""
    return [side_after(*case) for case in SIDES]


def _is_number(value: Any, expected: float) -> bool:
    try:
        return number(value) == expected
    except Unreadable:
        return False


def are_right_sides(values: list, side_after: Callable[..., float] = _measured_side) -> bool:
    """Tell whether all sides are those that a function gives, by default PyTorch itself."""
    return all(
        _is_number(value, side_after(*case)) for value, case in zip(values, SIDES, strict=True)
    )


def has_room(room: Callable[..., float]) -> Callable[[list], bool]:
    """Return a test whether all sides are those that follow from this room to move."""

    def side(side: int, kernel: int, padding: int = 0, stride: int = 1) -> float:
        return room(side, kernel, padding, stride) // stride + 1

    return lambda values: are_right_sides(values, side)


def first_wrong_side(values: list) -> str:
    """Return the first case in which a side is wrong."""
    names = ("a side of {}", "a kernel of {}", "padding {}", "stride {}")
    cases = (
        (
            "For "
            + ", ".join(name.format(value) for name, value in zip(names, case, strict=False)),
            lambda value=value: value,
            _measured_side(*case),
        )
        for value, case in zip(values, SIDES, strict=True)
    )
    return first_difference(cases, _is_number)
