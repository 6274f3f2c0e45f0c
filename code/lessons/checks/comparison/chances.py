"""How often intervals hold the truth, and how probable it is that one of many does not."""

from collections.abc import Callable

import numpy as np

from lessons.checks.answers import exact_or_rounded, result
from lessons.checks.observed import shown

# low, high, truth: 2 of 4 hold it, 1 of 5, 4 of 8, and none of 3.
STUDIES = (
    (np.array([-1.0, 0.5, -2.0, -3.0]), np.array([1.0, 2.0, 0.3, -1.0]), 0.0),
    (np.array([2.0, 3.0, 2.6, 0.5, 2.7]), np.array([3.0, 4.0, 5.0, 1.0, 2.9]), 2.5),
    (np.arange(-8.0, 0), np.arange(-4.0, 4), -3.5),
    (np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]), -1.0),
)

COUNTS = (1, 2, 5, 20, 100)  # of intervals

Numbers = list[float]


def shares_of(answer: Callable) -> Numbers:
    """Return the share that a function gives for each of `STUDIES`."""
    return [result(answer(low.copy(), high.copy(), truth)) for low, high, truth in STUDIES]


def share_held(low: np.ndarray, high: np.ndarray, truth: float) -> float:
    """Return the share of intervals that hold the truth."""
    return float(((low <= truth) & (truth <= high)).mean())


def held_as(share: Callable[..., float]) -> Callable[[Numbers], bool]:
    """Return a test whether the shares are those that a function gives for `STUDIES`."""
    return _are([float(share(*study)) for study in STUDIES])


def first_wrong_share(found: Numbers) -> str:
    """Return the first of `STUDIES` of which the share is wrong."""
    for own, (low, high, truth) in zip(found, STUDIES, strict=True):
        right = share_held(low, high, truth)
        if not exact_or_rounded(right, 3)(own):
            ends = ", ".join(f"{a:g} to {b:g}" for a, b in zip(low, high, strict=True))
            return (
                f"For the intervals {ends} and the truth {truth:g}, your function gives"
                f" {shown(own)}, where {shown(right)} is right."
            )
    return ""


def chances_for(answer: Callable) -> Numbers:
    """Return the chance that a function gives for each of `COUNTS`."""
    return [result(answer(count)) for count in COUNTS]


def chance_of_any(count: int) -> float:
    """Return the chance that at least one of so many independent 95 % intervals misses."""
    return 1 - 0.95**count


def chances_as(chance: Callable[[int], float]) -> Callable[[Numbers], bool]:
    """Return a test whether the chances are those that a function gives for `COUNTS`."""
    return _are([float(chance(count)) for count in COUNTS])


def first_wrong_chance(found: Numbers) -> str:
    """Return the first of `COUNTS` for which the chance is wrong."""
    for own, count in zip(found, COUNTS, strict=True):
        if not exact_or_rounded(chance_of_any(count), 3)(own):
            return f"For {count} of them, your function gives {shown(own)}."
    return ""


def _are(expected: Numbers) -> Callable[[Numbers], bool]:
    tests = [exact_or_rounded(value, 3) for value in expected]
    return lambda found: all(test(own) for test, own in zip(tests, found, strict=True))
