"""Seeds and images drawn from a table of answers."""

import itertools
import math
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from lessons.checks.answers import (
    function,
    result,
)
from lessons.checks.observed import shown

Draw = Callable[[np.ndarray, np.random.Generator], float]

EVERYTHING_BY_SEED = np.array([[True, True, True], [False, False, False]])

EVERYTHING_BY_IMAGE = EVERYTHING_BY_SEED.T

TABLES = (
    EVERYTHING_BY_SEED,
    EVERYTHING_BY_IMAGE,
    np.array([[1, 1, 0], [0, 1, 0]], dtype=bool),
    np.array([[1, 0], [1, 1], [0, 0]], dtype=bool),
    np.array([[0, 1, 0, 0]], dtype=bool),
)

DRAWS, FEWER_DRAWS = 800, 150

SLOW = 1e-4  # seconds of processor time for a draw; a function that takes longer is asked for fewer

Drawn = list[Counter]  # of each table, how often which share came up


def drawn_by(answer: Any) -> Drawn:
    """Read a function by drawing with it from all tables."""
    draw = function(answer)
    began = time.process_time()
    _drawn_from(draw, TABLES[0], 20)
    count = FEWER_DRAWS if time.process_time() - began > 20 * SLOW else DRAWS
    return [_drawn_from(draw, table, count) for table in TABLES]


def _drawn_from(draw: Draw, table: np.ndarray, count: int) -> Counter:
    generator = np.random.default_rng(0)
    return Counter(round(result(draw(table.copy(), generator)), 6) for _ in range(count))


def chances_of(table: np.ndarray) -> Counter:
    """Return how probable each share is, from all the ways to draw rows and columns of a small
    table.
    """
    rows, columns = (list(itertools.product(range(size), repeat=size)) for size in table.shape)
    return _average([table[np.ix_(row, column)].mean() for row in rows for column in columns])


def _average(shares: list[float]) -> Counter:
    chances = Counter()
    for share in shares:
        chances[round(float(share), 6)] += 1 / len(shares)
    return chances


def of_seeds(table: np.ndarray) -> Counter:
    """Return the chances of each share if seeds are drawn, and all images stay."""
    return _average(
        [
            table[list(rows)].mean()
            for rows in itertools.product(range(len(table)), repeat=len(table))
        ]
    )


def of_images(table: np.ndarray) -> Counter:
    """Return the chances of each share if images are drawn, and all seeds stay."""
    return of_seeds(table.T)


def of_nothing(table: np.ndarray) -> Counter:
    """Return the chances if the whole table is taken: one share comes up always."""
    return _average([table.mean()])


def of_single_answers(table: np.ndarray) -> Counter:
    """Return the chances of as many single answers as the table has, each drawn by itself."""
    size, p = table.size, table.mean()
    return Counter(
        {
            round(k / size, 6): math.comb(size, k) * p**k * (1 - p) ** (size - k)
            for k in range(size + 1)
        }
    )


def of_other_images_for_each_seed(table: np.ndarray) -> Counter:
    """Return the chances if seeds are drawn, and for each of them other images."""
    count, images = table.shape
    one = Counter()  # how often one drawn seed has so many right answers
    for p in table.mean(axis=1):
        for k in range(images + 1):
            one[k] += math.comb(images, k) * p**k * (1 - p) ** (images - k) / count
    total = Counter({0: 1.0})
    for _ in range(count):
        sums = Counter()
        for (a, p), (b, q) in itertools.product(total.items(), one.items()):
            sums[a + b] += p * q
        total = sums
    return Counter({round(k / table.size, 6): p for k, p in total.items()})


def _is_as_often(found: Counter, chances: Counter) -> bool:
    """Tell whether each share comes up as often as chance, up to five standard deviations and four
    draws, allows.
    """
    total = sum(found.values())
    scatter = {
        share: 5 * math.sqrt(p * max(1 - p, 0) / total) + 4 / total for share, p in chances.items()
    }
    can = {share for share, p in chances.items() if p > 0}
    return set(found) <= can and all(
        abs(found[s] / total - p) <= scatter[s] for s, p in chances.items()
    )


def comes_as(
    chances: Callable[[np.ndarray], Counter], times: Callable[[np.ndarray], float] = lambda table: 1
) -> Callable:
    """Return a test whether all tables were drawn with these chances, each share times
    something.
    """

    def shows(drawn: Drawn) -> bool:
        return all(
            _is_as_often(
                Counter({round(share / times(table), 6): n for share, n in found.items()}),
                chances(table),
            )
            for found, table in zip(drawn, TABLES, strict=True)
        )

    return shows


def first_wrong_draw(drawn: Drawn) -> str:
    """Return what came up and cannot, or came up too often or too rarely, in the first table where
    it did.
    """
    for found, table in zip(drawn, TABLES, strict=True):
        chances, total = chances_of(table), sum(found.values())
        name = f"In {total:,} draws from the table {table.astype(int).tolist()} your function gives"
        never = sorted(set(found) - set(chances))
        if never:
            return f"{name} {shown(never[0])}, which no draw of whole seeds and images gives."
        if not _is_as_often(found, chances):
            share = max(chances, key=lambda share: abs(found[share] / total - chances[share]))
            own, other = 100 * found[share] / total, 100 * chances[share]
            return (
                f"{name} {shown(share)} in {own:.0f} %; draws of seeds and images give it in about"
                f" {other:.0f} %."
            )
    return ""


def pairs_rows_with_columns(error: BaseException) -> bool:
    """Tell whether rows and columns of different numbers were to be paired."""
    return isinstance(error, IndexError) and "could not be broadcast together" in str(error)
