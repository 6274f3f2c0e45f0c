"""Networks taken from tables by the ends of their intervals."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from bookkit.exercises.verdict import Unreadable

from lessons.checks.answers import kind_of, unrolled

NAMES = ("dense(128)", "TinyCNN", "SimpleCNN", "pooled SimpleCNN", "ComplexCNN")

SMALL = (1_000, 2_000_000, 2_000_001, 94_410, 1_999_999)  # parameters


def _offer(
    low: tuple, accuracy: tuple, high: tuple, parameters: tuple = SMALL, names: tuple = NAMES
) -> pd.DataFrame:
    """A table as that of the chapter."""
    rest = {"multiply–accumulates": 10_000, "milliseconds": 0.5, "seconds": 20.0}
    measured = {"accuracy": accuracy, "low": low, "high": high}
    return pd.DataFrame(
        {"name": names, "parameters": parameters, **rest, **measured}, index=list(names)
    )


LUCKY = _offer(
    (0.985, 0.98, 0.99, 0.979, 0.96),
    (0.99, 0.985, 0.995, 0.981, 0.975),
    (0.995, 0.99, 0.999, 0.99, 0.984),
)

NONE = _offer((0.5,) * 5, (0.6,) * 5, (0.7,) * 5)

ALL = _offer((0.981,) * 5, (0.99,) * 5, (0.999,) * 5)

OTHER = _offer(
    (0.97, 0.99, 0.981, 0.9801, 0.95),
    (0.98, 0.995, 0.985, 0.985, 0.98),
    (0.99, 0.999, 0.99, 0.99, 0.99),
    (5, 6, 7, 3_310_026, 8),
    tuple("ABCDE"),
)

CLOSE = _offer(
    (0.9796, 0.9804, 0.99, 0.9756, 0.981),
    (0.99, 0.985, 0.995, 0.978, 0.985),
    (0.999, 0.991, 0.999, 0.979, 0.99),
)

CLOSER = _offer((0.9799996, 0.98, 0.99, 0.97, 0.981), (0.985,) * 5, (0.99,) * 5)

OFFERS = (LUCKY, NONE, ALL, OTHER, CLOSE, CLOSER)

Names = list[str]


@dataclass(frozen=True)
class Choices:
    """What a function takes from each table, and the tables from outside that its code names."""

    taken: list[Names]
    outside: list[str]


def acceptable(table: pd.DataFrame) -> Names:
    """Return the names that are right to take from a table."""
    return table["name"][(table["low"] >= 0.98) & (table["parameters"] <= 2_000_000)].tolist()


def choices_of(answer: Callable) -> Choices:
    """Let a function take names from each of `OFFERS`."""
    return Choices([_chosen(answer, table) for table in OFFERS], _tables_outside(answer))


def _chosen(answer: Callable, table: pd.DataFrame) -> Names:
    names = answer(table.copy())
    names = unrolled(names)
    if isinstance(names, pd.DataFrame):
        raise Unreadable(
            "Your function should return the names as a list, but it returned a DataFrame."
        )
    names = names.tolist() if hasattr(names, "tolist") else names
    if not isinstance(names, list | tuple | set | frozenset):
        raise Unreadable(
            f"Your function should return the names as a list, but it returned {kind_of(names)}."
        )
    other = [name for name in names if not isinstance(name, str)]
    if other:
        raise Unreadable(
            f"Your function should return a list of names, but there is {kind_of(other[0])} in it."
        )
    return sorted(names)


def _tables_outside(answer: Callable) -> list[str]:
    """Return the names of tables that a function's code takes from outside of it."""
    names = getattr(getattr(answer, "__code__", None), "co_names", ())
    given = getattr(answer, "__globals__", {})
    return [name for name in names if isinstance(given.get(name), pd.DataFrame)]


def mixes_tables(error: BaseException) -> bool:
    """Tell whether rows of one table were picked by a condition on another, which stands outside of
    the function.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    outside = [
        name
        for frame in frames
        for name in frame.f_code.co_names
        if isinstance(frame.f_globals.get(name), pd.DataFrame)
    ]
    return type(error).__name__ == "IndexingError" and bool(outside)


def is_always_the_same(choices: Choices) -> bool:
    """Tell whether the same networks were taken from all tables with the same names and
    parameters.
    """
    alike = [
        taken
        for taken, table in zip(choices.taken, OFFERS, strict=True)
        if table["name"].tolist() == [*NAMES]
    ]
    return all(taken == alike[0] for taken in alike)


def chooses(choose: Callable[[pd.DataFrame], Names]) -> Callable[[Choices], bool]:
    """Return a test whether from all tables the same networks were taken as this function takes."""
    return lambda choices: choices.taken == [sorted(choose(table)) for table in OFFERS]


def takes_small_if(good_enough: Callable[[pd.DataFrame], Any]) -> Callable[[Choices], bool]:
    """Return a test for a choice among the small networks by another condition."""
    return chooses(
        lambda table: table["name"][
            good_enough(table) & (table["parameters"] <= 2_000_000)
        ].tolist()
    )


def _percent(share: float) -> str:
    """Return a share in per cent, with as many decimals as tell it from 98 %."""
    texts = (f"{share:.{decimals}%}" for decimals in range(2, 9))
    return next((text for text in texts if float(text[:-1]) != 98), "98.00%")


def first_wrong_choice(choices: Choices) -> str:
    """Return the first network that was taken, or left out, and should not have been."""
    for taken, table in zip(choices.taken, OFFERS, strict=True):
        for name in sorted(set(taken) ^ set(acceptable(table))):
            if name not in table.index:
                return f'Your function returns "{name}", which is no name in its table.'
            row = table.loc[name]
            verb = "takes" if name in taken else "leaves out"
            return (
                f"Your function {verb} a network with an accuracy of {row['accuracy']:.2%}, an"
                f" interval from {_percent(row['low'])} to {row['high']:.2%} and"
                f" {row['parameters']:,} parameters."
            )
    return "Your function returns a name more than once."
