"""The ends of Wilson's interval."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor

from lessons.checks.answers import (
    array,
    exact_or_rounded,
    kind_of,
    unrolled,
)
from lessons.checks.observed import shown

COUNTS = (
    (9, 10, 1.96),
    (8, 10, 2.0),
    (0, 12, 1.5),
    (37, 37, 1.96),
    (641, 1000, 2.6),
    (9, 10),
)  # right, of so many, q

Ends = list[Tensor]


def intervals_of(answer: Callable) -> Ends:
    """Return both ends that a function gives in each of `COUNTS`."""
    return [_two_ends(answer(*case)) for case in COUNTS]


def _two_ends(returned: Any) -> Tensor:
    returned = unrolled(returned)
    try:
        return array(returned).flatten()
    except Unreadable:
        raise Unreadable(
            f"Your function should return two ends, but it returned {kind_of(returned)}."
        ) from None


def are_ends(found: Ends, ends: Callable[..., Tensor]) -> bool:
    """Tell whether in each of `COUNTS` the ends are those that a formula gives."""
    return all(_are_near(own, ends(*case)) for own, case in zip(found, COUNTS, strict=True))


def _are_near(own: Tensor, ends: Tensor) -> bool:
    """Tell whether two ends are these, or these rounded to three decimals or more."""
    pairs = zip(own.tolist(), ends.tolist(), strict=False)
    return own.shape == ends.shape and all(
        exact_or_rounded(right, 3)(value) for value, right in pairs
    )


def wilson_ends(count: int, total: int, q: float = 1.96) -> Tensor:
    """Return the roots of (share - p)² = q² p (1 - p) / total."""
    share, square = count / total, q**2 / total
    return torch.tensor(sorted(np.roots([1 + square, -2 * share - square, share**2]).real))


def varies_by(variance: Callable[[float, int], float]) -> Callable[[Ends], bool]:
    """Return a test for Wilson's formula with something else in place of the variance of a
    share.
    """

    def ends(count: int, total: int, q: float = 1.96) -> Tensor:
        share = count / total
        half = q * math.sqrt(variance(share, total) + q**2 / (4 * total**2))
        sides = torch.tensor([-half, half], dtype=torch.float64)
        return (share + q**2 / (2 * total) + sides) / (1 + q**2 / total)

    return lambda found: are_ends(found, ends)


def first_wrong_ends(found: Ends) -> str:
    """Return the first of `COUNTS` for which an end is wrong."""
    for own, case in zip(found, COUNTS, strict=True):
        if not _are_near(own, wilson_ends(*case)):
            name = "For {} of {}".format(*case[:2]) + (
                f" and q = {case[2]}" if len(case) > 2 else ""
            )
            given, right = (shown(tuple(values.tolist())) for values in (own, wilson_ends(*case)))
            return f"{name}, your function gives {given}, where {right} is right."
    return ""
