"""Measured accuracies and differences in words, and in tables that are read rather than computed
with.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

Row = Mapping[str, Any]
ENDS = ("low", "high")


def accuracy(row: Row) -> str:
    """Return an accuracy with its interval: "97.81% (97.42% to 98.15%)"."""
    return f"{row['accuracy']:.2%} ({row['low']:.2%} to {row['high']:.2%})"


def accuracies(table: pd.DataFrame, by: str = "case") -> str:
    """Return every accuracy of `firstcnn.experiments.intervals` with its interval."""
    return "; ".join(f"{row[by]}: {accuracy(row)}" for row in table.to_dict("records"))


def difference(row: Row) -> str:
    """Return a verdict with its difference: "higher (+0.12 points, +0.03 to +0.20)"."""
    points = [signed(100 * row[name]) for name in ("difference", *ENDS)]
    return "{} ({} points, {} to {})".format(row["verdict"], *points)


def differences(table: pd.DataFrame, by: str = "case") -> str:
    """Return every difference of `firstcnn.experiments.differences` with its verdict."""
    return "; ".join(f"{row[by]}: {difference(row)}" for row in table.to_dict("records"))


def signed(number: float, decimals: int = 2) -> str:
    """Return a number with its sign, minus as a minus sign: "−0.12"."""
    return f"{number:+.{decimals}f}".replace("-", "−")


def seeds(of_each: Mapping[str, Sequence[int]]) -> str:
    """Return how many seeds each case has: "10 of A, 3 of B and C", or "2 of each"."""
    by_count: dict[int, list[str]] = {}
    for name, own in of_each.items():
        by_count.setdefault(len(own), []).append(name)
    if len(by_count) == 1:
        return f"{next(iter(by_count))} of each"
    return ", ".join(f"{count} of {listed(names)}" for count, names in by_count.items())


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them: "A, B and C"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def duration(seconds: float) -> str:
    """Return a time as one says it: "40 seconds", "12 minutes", "1.3 hours"."""
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def in_percent(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of accuracies as it is read: with per cent signs."""
    return table.assign(
        **{name: table[name].map("{:.2%}".format) for name in ("accuracy", *ENDS) if name in table}
    )


def in_points(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of differences as it is read: in percentage points, with signs."""
    return table.assign(**{name: (100 * table[name]).map(signed) for name in ("difference", *ENDS)})
