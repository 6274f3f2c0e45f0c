"""A choice between recipes from a table of trainings."""

import random
import statistics
from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd
from bookkit.exercises.verdict import Unreadable

from lessons.checks.answers import kind_of

Choice = Callable[[pd.DataFrame], Any]

Accuracies = tuple[float, ...]

Cases = dict[str, tuple[Accuracies, Accuracies]]  # validation and test accuracy of each seed

Score = Callable[[Accuracies, Accuracies], float]

TABLES = 40

TRIALS: tuple[Cases, ...] = (
    {"a": ((0.5, 0.7), (0.9, 0.9)), "b": ((0.62, 0.6), (0.1, 0.1))},
    {"c": ((0.1, 0.3, 0.2), (0.5, 0.5, 0.5)), "d": ((0.21, 0.15, 0.0), (0.6, 0.6, 0.6))},
    {"e": ((0.9504, 0.9502), (0.94, 0.95)), "f": ((0.9507, 0.9505), (0.93, 0.92))},
    {"g": ((0.93, 0.93, 0.93, 0.93), (0.94, 0.93, 0.94, 0.95)), "h": ((0.96, 0.97), (0.95, 0.96))},
    {"m": ((0.950007, 0.949995), (0.95, 0.94)), "n": ((0.950006, 0.950002), (0.93, 0.92))},
    {
        "i": ((0.99, 0.92, 0.9565), (0.95, 0.93, 0.94)),
        "j": ((0.9552, 0.9553, 0.9554), (0.94, 0.95, 0.96)),
    },
    {
        "v": ((0.99, 0.92, 0.9545), (0.95, 0.93, 0.94)),
        "w": ((0.9549, 0.955, 0.9551), (0.94, 0.95, 0.96)),
    },
)


@cache
def _trials() -> tuple[Cases, ...]:
    """Return tables of trainings, with two cases or three, of which different rules take different
    ones.
    """
    draw = random.Random(0)
    return TRIALS + tuple(_drawn(draw, 2 + number % 2) for number in range(TABLES))


def _drawn(draw: random.Random, count: int) -> Cases:
    """Draw accuracies: on test images they have nothing to do with those on validation images."""
    return {
        name: tuple(
            tuple(round(draw.uniform(0.9, 0.99), 5) for _ in range(seeds)) for _ in range(2)
        )
        for name in draw.sample("klmnopqrst", count)
        for seeds in [draw.choice([3, 3, 4, 5])]
    }


def _table(cases: Cases) -> pd.DataFrame:
    """Return a table of trainings, seed by seed, as a sweep returns them."""
    rows = [
        {"case": case, "seed": seed, "validation": validation, "test": test}
        for case, accuracies in cases.items()
        for seed, (validation, test) in enumerate(zip(*accuracies, strict=True))
    ]
    return pd.DataFrame(rows)


def _name(answer: Any) -> str:
    if not isinstance(answer, str):
        raise Unreadable(
            f"The function should return the name of one case, but it returned {kind_of(answer)}."
        )
    return str.__str__(answer)


def taken_by(answer: Choice) -> list[str]:
    """Return the case that an answer takes from each table."""
    return [_name(answer(_table(cases))) for cases in _trials()]


@cache
def _winners(score: Score) -> list[str]:
    """Return the case that has the highest score in each table."""
    return [max(cases, key=lambda case: score(*cases[case])) for cases in _trials()]


def takes_by(score: Score) -> Callable[[list[str]], bool]:
    """Return a test whether from each table the case with the highest score was taken."""
    return lambda taken: taken == _winners(score)


def _mean(validation: Accuracies, test: Accuracies) -> float:
    return statistics.fmean(validation)


def _median(validation: Accuracies, test: Accuracies) -> float:
    return statistics.median(validation)


def counts_seeds(taken: list[str]) -> bool:
    """Tell whether the case with the most seeds is always taken and, of several, one by its name or
    its place.
    """
    most = [
        [case for case in cases if _seeds(cases, case) == max(_seeds(cases, c) for c in cases)]
        for cases in _trials()
    ]
    return any(
        taken == [one_of(cases) for cases in most]
        for one_of in (min, max, lambda c: c[0], lambda c: c[-1])
    )


def _seeds(cases: Cases, case: str) -> int:
    return len(cases[case][0])


def takes_well(taken: list[str]) -> bool:
    """Tell whether all seeds have a say, on validation images: by their mean or, as well, by their
    median.
    """
    return taken in (_winners(_mean), _winners(_median))


def about_choice(taken: list[str]) -> str:
    """Return the first small table from which a case was taken that neither mean nor median
    takes.
    """
    for cases, case, right in zip(_trials(), taken, _winners(_mean), strict=True):
        if case not in cases:
            return (
                f'Your function returned {case!r}, which is no name in the table\'s column "case".'
            )
        if case != right:
            rows = "; ".join(
                f"{name}: validation {_listed(v)}, test {_listed(t)}"
                for name, (v, t) in cases.items()
            )
            return (
                f"From a table with the accuracies {rows} your function takes {case}, and {right}"
                " is right."
            )
    return ""


def _listed(values: Accuracies) -> str:
    return " ".join(map(str, values))
