"""The registry of claims, and what several checkers ask of a value."""

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

from firstcnn.statistics import UNDECIDED, verdict_of

Checker = Callable[..., bool]
CLAIMS: dict[str, Checker] = {}


def claim(name: str) -> Callable[[Checker], Checker]:
    """Register a checker under the id of its claim; the first line of its docstring is the claim in
    words.

    Raises
    ------
    ValueError
        If the id is taken.
    """

    def register(checker: Checker) -> Checker:
        if name in CLAIMS:
            raise ValueError(
                f"Two checkers for the claim {name}: give the second an id of its own."
            )
        CLAIMS[name] = checker
        return checker

    return register


def verdict(name: str, values: Mapping[str, Any]) -> bool:
    """Tell whether measured values bear out a claim.

    Parameters
    ----------
    name : str
        The id of the claim.
    values : mapping
        What was measured, under the names of the checker's parameters.

    Raises
    ------
    ValueError
        If there is no such claim, or if values are missing or nobody asked for them.
    """
    if name not in CLAIMS:
        raise ValueError(f"There is no claim {name!r}: choose one of {', '.join(sorted(CLAIMS))}.")
    wanted = set(inspect.signature(CLAIMS[name]).parameters)
    if wanted != set(values):
        missing, surplus = sorted(wanted - set(values)), sorted(set(values) - wanted)
        raise ValueError(
            f"The claim {name} takes {', '.join(sorted(wanted))}: missing {missing}, surplus"
            f" {surplus}."
        )
    return bool(CLAIMS[name](**values))


def is_sound(difference: Mapping[str, Any]) -> bool:
    """Tell whether a difference lies in its interval and its verdict follows from it."""
    inside = difference["low"] <= difference["difference"] <= difference["high"]
    return inside and difference["verdict"] == verdict_of(difference["low"], difference["high"])


def is_measured(reading: Mapping[str, Any]) -> bool:
    """Tell whether a reading lies in its interval and comes from three seeds or more."""
    inside = 0 <= reading["low"] <= reading["accuracy"] <= reading["high"] <= 1
    return inside and reading["seeds"] >= 3 and reading["images"] > 0


def tells(low: float, high: float, enough: float) -> bool:
    """Tell whether an interval says anything: it is without 0, or narrow enough that 0 means little
    difference.
    """
    return low <= high and (verdict_of(low, high) != UNDECIDED or high - low < enough)


def is_near(value: float, expected: float, tolerance: float = 0.01) -> bool:
    return math.isclose(value, expected, rel_tol=tolerance)
