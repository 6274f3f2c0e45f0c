"""Checks on intervals and comparisons of networks."""

import itertools
import math
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from bookkit.exercises.errors import line_of
from bookkit.exercises.verdict import Exercise, Unreadable, Wrong
from firstcnn import models
from torch import Tensor, nn

from lessons.checks.answers import (
    array,
    equals,
    function,
    kind_of,
    network,
    number,
    result,
    same,
    several,
    word,
)
from lessons.checks.networks import Watched, clash, given_with_commas, stops_at, watched, without
from lessons.checks.observed import about_array, about_number, shown

# --------------------------------------------------------------------------------------------------
# an interval by hand

COUNTS = (
    (9, 10, 1.96),
    (8, 10, 2.0),
    (0, 12, 1.5),
    (37, 37, 1.96),
    (641, 1000, 2.6),
    (9, 10),
)  # right, of so many, q
Ends = list[Tensor]


def _intervals(answer: Callable) -> Ends:
    return [_two_ends(answer(*case)) for case in COUNTS]


def _two_ends(returned: Any) -> Tensor:
    returned = list(itertools.islice(returned, 3)) if isinstance(returned, Iterator) else returned
    try:
        return array(returned).flatten()
    except Unreadable:
        raise Unreadable(
            f"Your function should return two ends, but it returned {kind_of(returned)}."
        ) from None


def _are_ends(found: Ends, ends: Callable[..., Tensor]) -> bool:
    return all(_are_near(own, ends(*case)) for own, case in zip(found, COUNTS, strict=True))


def _are_near(own: Tensor, ends: Tensor) -> bool:
    """Tell whether two ends are these, or these rounded to three decimals."""
    return own.shape == ends.shape and bool((own - ends).abs().max() <= 0.0005 + 1e-9)


def _ends(count: int, total: int, q: float = 1.96) -> Tensor:
    """Return the roots of (share - p)² = q² p (1 - p) / total."""
    share, square = count / total, q**2 / total
    return torch.tensor(sorted(np.roots([1 + square, -2 * share - square, share**2]).real))


def _varies_by(variance: Callable[[float, int], float]) -> Callable[[Ends], bool]:
    """Return a test for Wilson's formula with something else in place of the variance of a
    share.
    """

    def ends(count: int, total: int, q: float = 1.96) -> Tensor:
        share = count / total
        half = q * math.sqrt(variance(share, total) + q**2 / (4 * total**2))
        sides = torch.tensor([-half, half], dtype=torch.float64)
        return (share + q**2 / (2 * total) + sides) / (1 + q**2 / total)

    return lambda found: _are_ends(found, ends)


def _first_wrong_ends(found: Ends) -> str:
    for own, case in zip(found, COUNTS, strict=True):
        if not _are_near(own, _ends(*case)):
            name = "For {} of {}".format(*case[:2]) + (
                f" and q = {case[2]}" if len(case) > 2 else ""
            )
            given, right = (shown(tuple(values.tolist())) for values in (own, _ends(*case)))
            return f"{name}, your function gives {given}, where {right} is right."
    return ""


WILSON = Exercise(
    id="wilson",
    read=function,
    right=lambda answer: _are_ends(_intervals(answer), _ends),
    praise="The ends stay between 0 and 1, even where all answers are right.",
    wrong=(
        Wrong(
            name="the variance of a single answer",
            typed=("share * (1 - share)",),
            hint=(
                "So a single answer scatters, and not a share of many: the interval hardly shrinks"
                " with more images. Compare with the formula above."
            ),
            shows=_varies_by(lambda share, total: share * (1 - share)),
        ),
        Wrong(
            name="only the right answers scatter",
            typed=("share / total",),
            hint=(
                "Near 100 % right there is hardly anything left to scatter, but here your interval"
                " is widest. Which other share has a say?"
            ),
            shows=_varies_by(lambda share, total: share / total),
        ),
        Wrong(
            name="the root is taken twice",
            typed=("math.sqrt(share * (1 - share) / total)",),
            hint="These ends come out if a root is taken twice. What stands around the blank?",
            shows=_varies_by(lambda share, total: math.sqrt(share * (1 - share) / total)),
        ),
        Wrong(
            name="the variance of a count",
            typed=("total * share * (1 - share)",),
            hint=(
                "That is how the number of right answers scatters. A share is this number over the"
                " total: what becomes of its variance?"
            ),
            shows=_varies_by(lambda share, total: total * share * (1 - share)),
        ),
        Wrong(
            name="the total is squared",
            typed=("share * (1 - share) / total**2",),
            hint=(
                "The square belongs to the other term under the root. Read the formula above once"
                " more, term by term."
            ),
            shows=_varies_by(lambda share, total: share * (1 - share) / total**2),
        ),
        Wrong(
            name="the number of answers less one",
            typed=("share * (1 - share) / (total - 1)",),
            hint=(
                "These ends come out with one answer less in the variance. By what does the formula"
                " above divide?"
            ),
            shows=_varies_by(lambda share, total: share * (1 - share) / (total - 1)),
        ),
        Wrong(
            name="only the wrong answers scatter",
            typed=("(1 - share) / total",),
            hint=(
                "Near 0 % right there is hardly anything left to scatter, but here the interval is"
                " widest. Which other share has a say?"
            ),
            shows=_varies_by(lambda share, total: (1 - share) / total),
        ),
        Wrong(
            name="the variance is left out",
            typed=("0",),
            hint=(
                "These ends come out if nothing but q decides about the width. Nine of ten and five"
                " of ten scatter differently."
            ),
            shows=_varies_by(lambda share, total: 0),
        ),
    ),
    otherwise=(
        "Set nine of ten into the formula above, term by term, and compare with what SciPy gave."
    ),
    look=_intervals,
    observed=_first_wrong_ends,
)

# ------------------------------------------------------------------------------------------- a draw
# of seeds and images

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


def _drawn(answer: Any) -> Drawn:
    """Read a function by drawing with it from all tables."""
    draw = function(answer)
    began = time.process_time()
    _drawn_from(draw, TABLES[0], 20)
    count = FEWER_DRAWS if time.process_time() - began > 20 * SLOW else DRAWS
    return [_drawn_from(draw, table, count) for table in TABLES]


def _drawn_from(draw: Draw, table: np.ndarray, count: int) -> Counter:
    generator = np.random.default_rng(0)
    return Counter(round(result(draw(table.copy(), generator)), 6) for _ in range(count))


def _chances(table: np.ndarray) -> Counter:
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


def _of_seeds(table: np.ndarray) -> Counter:
    return _average(
        [
            table[list(rows)].mean()
            for rows in itertools.product(range(len(table)), repeat=len(table))
        ]
    )


def _of_images(table: np.ndarray) -> Counter:
    return _of_seeds(table.T)


def _of_nothing(table: np.ndarray) -> Counter:
    return _average([table.mean()])


def _of_single_answers(table: np.ndarray) -> Counter:
    """Return the chances of as many single answers as the table has, each drawn by itself."""
    size, p = table.size, table.mean()
    return Counter(
        {
            round(k / size, 6): math.comb(size, k) * p**k * (1 - p) ** (size - k)
            for k in range(size + 1)
        }
    )


def _of_other_images_for_each_seed(table: np.ndarray) -> Counter:
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


def _comes_as(
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


def _first_wrong_draw(drawn: Drawn) -> str:
    """Return what came up and cannot, or came up too often or too rarely, in the first table where
    it did.
    """
    for found, table in zip(drawn, TABLES, strict=True):
        chances, total = _chances(table), sum(found.values())
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


def _pairs_rows_with_columns(error: BaseException) -> bool:
    return isinstance(error, IndexError) and "could not be broadcast together" in str(error)


DRAW = Exercise(
    id="draw",
    read=_drawn,
    right=_comes_as(_chances),
    praise=(
        "A seed is drawn with all its answers and an image with the answers of all seeds, as they"
        " would come again."
    ),
    wrong=(
        Wrong(
            name="rows and columns are taken in pairs",
            typed=("table[rows, columns]",),
            hint=(
                "With a comma NumPy pairs each row with one column. You want every drawn row at"
                " every drawn column: take them one after the other."
            ),
            stops=_pairs_rows_with_columns,
        ),
        Wrong(
            name="the images are not drawn",
            typed=("table[rows]",),
            hint=(
                "The seeds are drawn, and every image stays. On other images the share would"
                " differ, too."
            ),
            shows=_comes_as(_of_seeds),
        ),
        Wrong(
            name="the seeds are not drawn",
            typed=("table[:, columns]",),
            hint=(
                "The images are drawn, and every seed stays: in the friend's own case nothing"
                " varies at all."
            ),
            shows=_comes_as(_of_images),
        ),
        Wrong(
            name="nothing is drawn",
            typed=("table",),
            hint=(
                "This is the share in the whole table, the same every time. Pick out of it what was"
                " drawn."
            ),
            shows=_comes_as(_of_nothing),
        ),
        Wrong(
            name="single answers are drawn",
            typed=("table.flatten()[generator.integers(table.size, size=table.size)]",),
            hint=(
                "That is the friend's draw again: half of one seed, half of another. Can half a"
                " seed come up?"
            ),
            shows=_comes_as(_of_single_answers),
        ),
        Wrong(
            name="other images for each seed",
            typed=(
                "np.stack([row[generator.integers(images, size=images)] for row in table[rows]])",
            ),
            hint=(
                "Each seed that is drawn answers other images here. If an image comes up twice, for"
                " which seeds does it come up twice?"
            ),
            shows=_comes_as(_of_other_images_for_each_seed),
        ),
        Wrong(
            name="per cent for shares",
            typed=("100 * table[rows][:, columns]",),
            hint=(
                "Seeds and images are drawn as they should be. But this is in per cent, and shares"
                " lie between 0 and 1."
            ),
            shows=_comes_as(_chances, lambda table: 100),
        ),
        Wrong(
            name="the right answers are counted",
            typed=("table[rows][:, columns].sum()",),
            hint=(
                "Seeds and images are drawn as they should be. But this is how many answers are"
                " right, not which share."
            ),
            shows=_comes_as(_chances, lambda table: table.size),
        ),
    ),
    otherwise=(
        "Try it on the friend's case: a draw takes whole rows and whole columns, as often as they"
        " came up."
    ),
    observed=_first_wrong_draw,
)

# --------------------------------------------------------------------------------------------------
# the deep network


def _conv5_is(reads: int, writes: int) -> Callable[[BaseException], bool]:
    """Return a test whether the fifth convolution is built so, and an error arose at it or behind
    it.
    """

    def evidence(error: BaseException) -> bool:
        found = clash(error)
        if found is None or not isinstance(found.layer, nn.Conv2d):
            return False
        if found.place == 5:
            return (found.reads(), found.layer.out_channels) == (reads, writes)
        return found.place == 6 and reads == 64 and found.arrived.shape[1] == writes

    return evidence


def _about_complex_cnn(net: Watched) -> str:
    for names in (("dropout1",), ("dropout2",), ("dropout1", "dropout2")):
        if net.does_as(without(models.ComplexCNN, *names)):
            return f"In training mode it answers as a network without {' and '.join(names)}."
    return net.told(models.ComplexCNN)


COMPLEX_CNN = Exercise(
    id="complex-cnn",
    read=watched,
    right=lambda net: net.is_as(models.ComplexCNN),
    praise="It has 1,010,666 parameters: six convolutions, and far fewer than SimpleCNN.",
    wrong=(
        Wrong(
            name="two poolings in place of three",
            typed=(None, None, "128 * 7 * 7", None, None),
            hint=(
                "6,272 is what two poolings leave. Count how often forward pools, and follow the"
                " side from 28 down."
            ),
            stops=stops_at(nn.Linear, 128 * 7 * 7, 128 * 3 * 3),
        ),
        Wrong(
            name="half of 7 is rounded up",
            typed=(None, None, "128 * 4 * 4", None, None),
            hint=(
                "Half of 7 is no whole number. A window of 2 that does not fit any more is left"
                " out: how many do fit along 7 pixels?"
            ),
            stops=stops_at(nn.Linear, 128 * 4 * 4, 128 * 3 * 3),
        ),
        Wrong(
            name="commas for products",
            typed=(None, None, "128, 3, 3", None, None),
            hint=(
                "nn.Linear takes two sizes, the values that come in and those that go out. Here"
                " commas make more of them."
            ),
            stops=given_with_commas,
        ),
        Wrong(
            name="the channels without their positions",
            typed=(None, None, "128", None, None),
            hint=(
                "128 is the number of maps. Each of them still has several positions when it is"
                " flattened."
            ),
            stops=stops_at(nn.Linear, 128, 128 * 3 * 3),
        ),
        Wrong(
            name="one map alone",
            typed=(None, None, "3 * 3", None, None),
            hint="9 values are those of one map. How many maps are flattened together?",
            stops=stops_at(nn.Linear, 3 * 3, 128 * 3 * 3),
        ),
        Wrong(
            name="the maps of the block before",
            typed=(None, None, "64 * 3 * 3", None, None),
            hint="576 values are those of 64 maps. How many maps does the last convolution write?",
            stops=stops_at(nn.Linear, 64 * 3 * 3, 128 * 3 * 3),
        ),
        Wrong(
            name="channels in and out are swapped",
            typed=("128", "64", None, None, None),
            hint=(
                "The first number is what comes in. How many maps does the layer before hand over?"
            ),
            stops=_conv5_is(128, 64),
        ),
        Wrong(
            name="as many channels in as out",
            typed=("128", None, None, None, None),
            hint=(
                "conv5 is built to read as many maps as it writes. How many does the layer before"
                " hand over?"
            ),
            stops=_conv5_is(128, 128),
        ),
        Wrong(
            name="the channels do not grow",
            typed=(None, "64", None, None, None),
            hint=(
                "conv5 writes 64 maps, and nothing behind it takes them: "
                "look at how many channels the sixth convolution expects."
            ),
            stops=_conv5_is(64, 64),
        ),
        Wrong(
            name="ten classes, whatever was asked for",
            typed=(None, None, None, None, "10"),
            hint=(
                "For ten digits this works. Somebody who asks for seven classes gets ten all the"
                " same."
            ),
            shows=lambda net: net.does_as(models.ComplexCNN) and net.other_classes == (1, 10),
        ),
        Wrong(
            name="the last layer reads the first one's values",
            typed=(None, None, None, "512", None),
            hint=(
                "fc3 is built to read 512 values. Which layer stands before it, and how many values"
                " leave that one?"
            ),
            stops=stops_at(nn.Linear, 512, 256, place=3),
        ),
    ),
    otherwise=(
        "Follow one image through forward: the comments there say the shape after every step."
    ),
    observed=_about_complex_cnn,
)

# ---------------------------------------------------------------------------------------- same
# images, and other images

HIGHER, UNDECIDED = "higher", "not shown different"


def _about_verdicts(answer: tuple[str, str]) -> str:
    """Return which of the two is none of the three words that are offered; "" if both are."""
    other = [given for given in answer if given not in (HIGHER, UNDECIDED, "lower")]
    return f'"{other[0]}" is none of "higher", "lower" and "not shown different".' if other else ""


PAIRED = Exercise(
    id="paired",
    read=several(word, word),
    right=lambda answer: answer == (HIGHER, UNDECIDED),
    praise=(
        "Twenty errors fewer both times: what they are worth depends on how many images the two"
        " have in common."
    ),
    wrong=(
        Wrong(
            name="overlapping intervals decide nothing",
            typed=('"not shown different"', '"not shown different"'),
            hint=(
                "The two single intervals do overlap. But where every image that B misses is missed"
                " by A, does any image speak for A?"
            ),
            shows=lambda answer: answer == (UNDECIDED, UNDECIDED),
        ),
        Wrong(
            name="fewer errors are always better",
            typed=('"higher"', '"higher"'),
            hint=(
                "If no image is missed by both, 180 coins are tossed. How far apart do the two"
                " counts lie by chance?"
            ),
            shows=lambda answer: answer == (HIGHER, HIGHER),
        ),
        Wrong(
            name="common errors blur the comparison",
            typed=('"not shown different"', '"higher"'),
            hint=(
                "Ask of each case how many images speak for A, and how many for B. Where are they"
                " of one mind?"
            ),
            shows=lambda answer: answer == (UNDECIDED, HIGHER),
        ),
        Wrong(
            name="errors are taken for accuracy",
            typed=('"lower"', None),
            hint="The accuracy of B minus that of A is about right answers. Who has more of these?",
            shows=lambda answer: "lower" in answer,
        ),
    ),
    otherwise=(
        "Count in each case the images that only one of the two reads, and for whom they speak."
    ),
    observed=_about_verdicts,
)

# --------------------------------------------------------------------------------------------------
# a network to take

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
OFFERS = (LUCKY, NONE, ALL, OTHER, CLOSE)
Names = list[str]


@dataclass(frozen=True)
class Choices:
    """What a function takes from each table, and the tables from outside that its code names."""

    taken: list[Names]
    outside: list[str]


def _acceptable(table: pd.DataFrame) -> Names:
    return table["name"][(table["low"] >= 0.98) & (table["parameters"] <= 2_000_000)].tolist()


def _choices(answer: Callable) -> Choices:
    return Choices([_chosen(answer, table) for table in OFFERS], _tables_outside(answer))


def _chosen(answer: Callable, table: pd.DataFrame) -> Names:
    names = answer(table.copy())
    names = list(itertools.islice(names, 100)) if isinstance(names, Iterator) else names
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


def _mixes_tables(error: BaseException) -> bool:
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


def _is_always_the_same(choices: Choices) -> bool:
    """Tell whether the same networks were taken from all tables with the same names and
    parameters.
    """
    alike = [
        taken
        for taken, table in zip(choices.taken, OFFERS, strict=True)
        if table["name"].tolist() == [*NAMES]
    ]
    return all(taken == alike[0] for taken in alike)


def _chooses(choose: Callable[[pd.DataFrame], Names]) -> Callable[[Choices], bool]:
    """Return a test whether from all tables the same networks were taken as this function takes."""
    return lambda choices: choices.taken == [sorted(choose(table)) for table in OFFERS]


def _by(good_enough: Callable[[pd.DataFrame], Any]) -> Callable[[Choices], bool]:
    """Return a test for a choice among the small networks by another condition."""
    return _chooses(
        lambda table: table["name"][
            good_enough(table) & (table["parameters"] <= 2_000_000)
        ].tolist()
    )


def _first_wrong_choice(choices: Choices) -> str:
    """Return the first network that was taken, or left out, and should not have been."""
    for taken, table in zip(choices.taken, OFFERS, strict=True):
        for name in sorted(set(taken) ^ set(_acceptable(table))):
            if name not in table.index:
                return f'Your function returns "{name}", which is no name in its table.'
            row = table.loc[name]
            verb = "takes" if name in taken else "leaves out"
            return (
                f"Your function {verb} a network with an accuracy of {row['accuracy']:.2%}, an"
                f" interval from {row['low']:.2%} to {row['high']:.2%} and {row['parameters']:,}"
                " parameters."
            )
    return "Your function returns a name more than once."


CHOOSE = Exercise(
    id="choose",
    read=function,
    right=lambda answer: _chooses(_acceptable)(_choices(answer)),
    praise="Even if luck raised the figure, the network is likely to be good enough.",
    wrong=(
        Wrong(
            name="any table gives the same",
            typed=('comparison["low"]',),
            hint=(
                "Your function looks at a table that stands outside of it, whatever table it is"
                " given."
            ),
            shows=lambda choices: bool(choices.outside) and _is_always_the_same(choices),
            stops=_mixes_tables,
        ),
        Wrong(
            name="percent for shares",
            typed=('100 * table["low"]',),
            hint=(
                "Every small network passes, however bad. What is compared with 98 %, and are both"
                " in the same unit?"
            ),
            shows=_by(lambda table: table["low"] > -1),
        ),
        Wrong(
            name="no network passes",
            typed=('table["low"] / 100',),
            hint=(
                "No network passes, however good. What is compared with 98 %, and are both in the"
                " same unit?"
            ),
            shows=lambda choices: not any(choices.taken),
        ),
        Wrong(
            name="the accuracy that was measured",
            typed=('table["accuracy"]',),
            hint=(
                "What was measured may be luck. Read question 1 again: which end of an interval is"
                " the safe one?"
            ),
            shows=_by(lambda table: table["accuracy"] >= 0.98),
        ),
        Wrong(
            name="the hopeful end of the interval",
            typed=('table["high"]',),
            hint=(
                "That is the best that may be true of the network. The post office wants to be safe"
                " if it is worse."
            ),
            shows=_by(lambda table: table["high"] >= 0.98),
        ),
        Wrong(
            name="rounded before it is compared",
            typed=('table["low"].round(2)',),
            hint=(
                "It takes a network whose interval begins a little below 98 %, as if it were"
                " rounded first. Is that at least 98 %?"
            ),
            shows=_by(lambda table: table["low"].round(2) >= 0.98),
        ),
        Wrong(
            name="the networks that fail",
            typed=('(table["low"] < 0.98).astype(float)',),
            hint="It takes those whose interval begins below 98 %, and leaves out the others.",
            shows=_by(lambda table: table["low"] < 0.98),
        ),
    ),
    otherwise="Read the first of the six questions again: which networks are to be struck out?",
    look=_choices,
    observed=_first_wrong_choice,
)


# --------------------------------------------------------------------------------------------------
# pooled and shuffled


def _about_pooled(answer: Tensor) -> str:
    if answer.numel() != 2:
        values = "1 value" if answer.numel() == 1 else f"{answer.numel()} values"
        return f"Your answer has {values}, and two poolings leave 2 of 8."
    return about_array(answer, torch.tensor([9.0, 0.0], dtype=torch.float64))


POOL_SHIFT = Exercise(
    id="pool-shift",
    read=lambda answer: array(answer).flatten(),
    right=lambda answer: same(answer, torch.tensor([9.0, 0.0])),
    praise=(
        "Pooled once, the answer had moved by one place; pooled twice, the shift of two is gone."
    ),
    wrong=(
        Wrong(
            name="pooled once",
            typed=("[0., 9., 0., 0.]",),
            hint="So it is after one pooling. The row is to be pooled twice.",
            shows=lambda answer: same(answer, torch.tensor([0.0, 9.0, 0.0, 0.0])),
        ),
        Wrong(
            name="the answer moves along",
            typed=("[0., 9.]",),
            hint=(
                "A convolution would move its answer along. Here take the larger of two neighbours,"
                " and then once more: where is the 9 each time?"
            ),
            shows=lambda answer: same(answer, torch.tensor([0.0, 9.0])),
        ),
        Wrong(
            name="the mean in place of the largest",
            typed=("[2.25, 0.]",),
            hint="That averages the pixels. Max pooling keeps one of them as it is.",
            shows=lambda answer: same(answer, torch.tensor([2.25, 0.0])),
        ),
        Wrong(
            name="pooled three times",
            typed=("[9.]",),
            hint="One number is left after three poolings. How many are left after two?",
            shows=lambda answer: same(answer, torch.tensor([9.0])),
        ),
        Wrong(
            name="not pooled",
            typed=("[0., 0., 9., 0., 0., 0., 0., 0.]",),
            hint="This is the row before any pooling. Go through it in pairs of neighbours.",
            shows=lambda answer: same(answer, torch.tensor([0.0, 0, 9, 0, 0, 0, 0, 0])),
        ),
        Wrong(
            name="the row before the shift, pooled once",
            typed=("[9., 0., 0., 0.]",),
            hint=(
                "So is the row after one pooling that was not shifted. Take the shifted one, and"
                " count the poolings."
            ),
            shows=lambda answer: same(answer, torch.tensor([9.0, 0, 0, 0])),
        ),
        Wrong(
            name="the smaller of two",
            typed=("[0., 0.]",),
            hint="The 9 is gone. Max pooling keeps one of two neighbours: which one?",
            shows=lambda answer: same(answer, torch.tensor([0.0, 0.0])),
        ),
    ),
    otherwise=(
        "Write the eight numbers in pairs and keep the larger of each. Then do the same with the"
        " four."
    ),
    observed=_about_pooled,
)

SEEDS = (0, 1)


@dataclass(frozen=True)
class Twin:
    """What a function made of a dense network and an order of the pixels."""

    made: nn.Module
    dense: nn.Module
    order: Tensor
    before: dict[str, Tensor]  # the parameters of dense before the call

    def weights(self) -> Tensor:
        """Return the weights of the twin's first layer."""
        return next(
            layer for layer in self.made.modules() if isinstance(layer, nn.Linear)
        ).weight.detach()

    def keeps_dense(self) -> bool:
        """Tell whether dense is what it was before."""
        return all(
            torch.equal(values, self.before[name])
            for name, values in self.dense.state_dict().items()
        )

    def is_plain(self) -> bool:
        """Tell whether the twin is a dense network that does nothing else with its images."""
        return type(self.made) is models.DenseNetwork

    def other_parts(self) -> list[str]:
        """Return which parameters, beside the first weights, are not those of dense."""
        own = self.made.state_dict()
        return [
            name for name in own if name != "fc1.weight" and not same(own[name], self.before[name])
        ]


def _twins(answer: Callable[[nn.Module, Tensor], nn.Module]) -> list[Twin]:
    return [_twin(answer, seed) for seed in SEEDS]


def _twin(answer: Callable[[nn.Module, Tensor], nn.Module], seed: int) -> Twin:
    """Call a function on a new dense network and a random order of the pixels."""
    torch.manual_seed(seed)
    dense, order = models.DenseNetwork().eval(), torch.randperm(784)
    before = {name: values.clone() for name, values in dense.state_dict().items()}
    made = answer(dense, order.clone())
    if not isinstance(made, nn.Module):
        raise Unreadable(f"Your function should return a network, but it returned {kind_of(made)}.")
    return Twin(network(made), dense, order, before)


def _twin_maker(answer: Any) -> Callable[[nn.Module, Tensor], nn.Module]:
    if isinstance(answer, models.DenseNetwork):
        raise Unreadable(
            "This asks for a function (its name, without brackets), but got a network."
        )
    return function(answer)


def _reads_shuffled(twin: Twin) -> bool:
    """Tell whether the twin says of shuffled images what the network says of them in place."""
    images = torch.randn(5, 1, 28, 28)
    torch.manual_seed(0)
    reference = models.DenseNetwork().eval()
    reference.load_state_dict(twin.before)
    with torch.no_grad():
        found = twin.made.eval()(images.flatten(1)[:, twin.order].view_as(images))
        return same(found, reference(images)) and twin.keeps_dense()


def _weights_are(change: Callable[[Tensor, Tensor], Tensor]) -> Callable[[list[Twin]], bool]:
    """Return a test whether the twins' first weights are those of dense, changed in this way, and
    all else is right.
    """
    return lambda twins: all(
        twin.is_plain()
        and twin.keeps_dense()
        and not twin.other_parts()
        and same(twin.weights(), change(twin.before["fc1.weight"], twin.order))
        for twin in twins
    )


def _about_twin(twins: list[Twin]) -> str:
    """Return with which pixel's weights the twin meets the pixel in first place, or what else is
    other.
    """
    twin = twins[0]
    if not twin.keeps_dense():
        return "Your function changes dense itself. The twin is to be another network."
    if not twin.is_plain():
        return (
            "Of images in the new order, your network does not say what dense says of them in"
            " place."
        )
    weights, before, pixel = twin.weights(), twin.before["fc1.weight"], twin.order[0].item()
    if weights.shape != before.shape:
        return (
            f"The twin's first weights have the shape {tuple(weights.shape)}, and (128, 784) is"
            " asked for."
        )
    if same(weights, before[:, twin.order], 1e-7):
        others = " and ".join(f"`{name}`" for name in twin.other_parts())
        return (
            "The weights of the first layer are right. Other parameters are not those of dense:"
            f" {others}."
        )
    if same(weights, before[:, twin.order], 1e-2):
        return (
            "The weights of the first layer are in their places, but they are not exactly those of"
            " dense."
        )
    if same(weights[:, 0], before[:, pixel]):
        return "The pixel in first place meets the right weights, but others do not."
    alike = [place for place in range(784) if same(weights[:, 0], before[:, place])]
    if alike:
        return (
            f"With an order that begins with {pixel}, that pixel stands in first place, "
            f"and the twin meets it with the weights of pixel {alike[0]}."
        )
    return "The weights for the first place are not those that dense has for any pixel."


def _indexes_rows(error: BaseException) -> bool:
    """Tell whether the rows of fc1.weight were asked for pixels."""
    line = line_of(error)
    of_fc1 = "fc1.weight[order" in line.replace(" ", "") or "index_select(0" in line.replace(
        " ", ""
    )
    return isinstance(error, IndexError) and of_fc1 and "with size 128" in str(error)


def _stands_on_its_side(error: BaseException) -> bool:
    sizes = "size of tensor a (784) must match the size of tensor b (128)"
    return isinstance(error, RuntimeError) and sizes in str(error)


TWIN = Exercise(
    id="twin",
    read=_twin_maker,
    right=lambda answer: all(_reads_shuffled(twin) for twin in _twins(answer)),
    praise="The same products are added up in another order, so nothing changes but the rounding.",
    wrong=(
        Wrong(
            name="the rows in place of the columns",
            typed=("dense.fc1.weight[order]",),
            hint=(
                "A row of this matrix belongs to a hidden unit, and there are 128. On which axis"
                " are the 784 pixels?"
            ),
            stops=_indexes_rows,
        ),
        Wrong(
            name="the matrix stays transposed",
            typed=("dense.fc1.weight.T[order]",),
            hint=(
                "What is copied has 128 values along its last axis, and the twin's weights have 784"
                " there. Which axis are the pixels?"
            ),
            stops=_stands_on_its_side,
        ),
        Wrong(
            name="the inverse order",
            typed=("dense.fc1.weight[:, order.argsort()]",),
            hint=(
                "The right axis, but the way back. Which pixel stands in first place after permute,"
                " and whose weight does it need?"
            ),
            shows=_weights_are(lambda weight, order: weight[:, order.argsort()]),
        ),
        Wrong(
            name="the weights as they were",
            typed=("dense.fc1.weight",),
            hint="So the twin still expects every pixel in its old place. Its pixels have moved.",
            shows=_weights_are(lambda weight, order: weight),
        ),
        Wrong(
            name="the order from its end",
            typed=("dense.fc1.weight[:, order.flip(0)]",),
            hint=(
                "The right axis, but the order is read from its end. Which pixel stands in first"
                " place after permute?"
            ),
            shows=_weights_are(lambda weight, order: weight[:, order.flip(0)]),
        ),
    ),
    otherwise=(
        "Each pixel has to meet the weight that it met before. Try it with 2, 5 and 7 and three"
        " pixels on paper."
    ),
    look=_twins,
    observed=_about_twin,
)

# --------------------------------------------------------------------------------------------------
# calibration


def _second_bin(value: float) -> Callable[[float], bool]:
    """Return a test for the sum with some value in place of what the second bin adds."""
    return equals(6 / 10 * 0.02 + value)


# what has another value in place of what the second bin adds, where no named mistake fits
SECOND_BIN = {
    4 / 10: "0.4 is its share of the answers. How far are confidence and accuracy apart?",
    4 / 10 * 0.75: (
        "0.3 is its share of the answers times the accuracy. Which distance is asked for?"
    ),
    0.7: "0.7 is the confidence alone. How far is it from the accuracy?",
    0.75: "0.75 is the accuracy alone. How far is it from the confidence?",
    6 / 10 * 0.02: "0.012 is what the first bin adds.",
    6 / 10 * 0.23: (
        "0.138 is too large: it comes out with the weight and the confidence of the first bin."
    ),
    4 / 10 * 2.3: "0.92 comes out with the count of right answers in place of their share.",
    1 / 10 * 0.05: "0.005 comes out with a weight of one tenth. How many answers are in this bin?",
    1 / 4 * 0.05: (
        "0.0125 comes out with a weight of one quarter. How many of the ten answers are in this"
        " bin?"
    ),
    4 / 10 * 0.2: "0.08 comes out with an accuracy of one half. How many of the four were right?",
    4 / 10 * 0.7: (
        "0.28 is its share of the answers times the confidence. Which distance is asked for?"
    ),
    4 / 10 * 0.05**2: "0.001 is what the square of the distance gives.",
    0.05**2: "0.0025 is the square of the distance.",
    3 / 10 * 0.05: (
        "0.015 comes out with three tenths for the weight. The right answers are three; how many"
        " are all?"
    ),
    3 / 4 * 0.05: "0.0375 comes out with three quarters for the weight. That is the accuracy.",
    4 / 6 * 0.05: "0.03333 comes out if its answers are divided by those of the first bin.",
    10 / 4 * 0.05: "0.125 comes out with the weight upside down.",
    4 / 10 * 0.02: "0.008 comes out with the distance of the first bin.",
    4 / 10 + 0.05: "0.45 is weight and distance, added.",
    -0.05: "-0.05 is the distance with its sign, and not weighted.",
    4 / 10 * 1.45: "0.58 comes out if confidence and accuracy are added.",
}


def _about_second_bin(answer: float) -> str:
    own = answer - 6 / 10 * 0.02
    fits = [words for value, words in SECOND_BIN.items() if math.isclose(own, value, abs_tol=1e-7)]
    told = fits[0] if fits else about_number(own, 4 / 10 * 0.05)
    return f"What your answer has for the second bin: {told}"


CALIBRATION = Exercise(
    id="calibration",
    read=number,
    right=_second_bin(4 / 10 * 0.05),
    praise="The second bin holds fewer answers, and yet most of the error is from there.",
    wrong=(
        Wrong(
            name="the bin is not weighted",
            typed=("abs(0.7 - 0.75)",),
            hint=(
                "The distance is right. But this bin does not hold all the answers: weight it as"
                " the first one is."
            ),
            shows=_second_bin(0.05),
        ),
        Wrong(
            name="the accuracy of the other bin",
            typed=("4 / 10 * abs(0.7 - 1.0)",),
            hint=(
                "This comes out with the accuracy of the first bin. How many answers of the second"
                " were right?"
            ),
            shows=_second_bin(4 / 10 * 0.3),
        ),
        Wrong(
            name="the weight of the other bin",
            typed=("6 / 10 * abs(0.7 - 0.75)",),
            hint=(
                "This comes out with the weight of the first bin. How many of the ten answers does"
                " the second hold?"
            ),
            shows=_second_bin(6 / 10 * 0.05),
        ),
        Wrong(
            name="the confidence of the other bin",
            typed=("4 / 10 * abs(0.98 - 0.75)",),
            hint=(
                "This comes out with the confidence of the first bin. How sure was the network in"
                " the second?"
            ),
            shows=_second_bin(4 / 10 * 0.23),
        ),
        Wrong(
            name="distances of either sign cancel",
            typed=("4 / 10 * (0.7 - 0.75)",),
            hint=(
                "A distance is never negative: too sure in one bin cannot make up for too unsure in"
                " another."
            ),
            shows=_second_bin(-4 / 10 * 0.05),
        ),
        Wrong(
            name="both bins weigh the same",
            typed=("5 / 10 * abs(0.7 - 0.75)",),
            hint=(
                "This comes out with a weight of one half. How many of the ten answers are in this"
                " bin?"
            ),
            shows=_second_bin(0.025),
        ),
        Wrong(
            name="the count in place of the share",
            typed=("4 * abs(0.7 - 0.75)",),
            hint=(
                "This comes out with a count for the weight, where the first bin has a share of all"
                " answers. Weights should add up to one."
            ),
            shows=_second_bin(0.2),
        ),
        Wrong(
            name="right answers of all ten",
            typed=("4 / 10 * abs(0.7 - 3 / 10)",),
            hint=(
                "This comes out if three right answers are taken of all ten. Of how many answers in"
                " this bin are they?"
            ),
            shows=_second_bin(4 / 10 * 0.4),
        ),
        Wrong(
            name="what went wrong in place of what went right",
            typed=("4 / 10 * abs(0.7 - 0.25)",),
            hint=(
                "This comes out if one of the two is about wrong answers: an accuracy of 25 %, or a"
                " confidence of 30 %."
            ),
            shows=_second_bin(4 / 10 * 0.45),
        ),
        Wrong(
            name="the first bin once more",
            typed=("6 / 10 * abs(0.98 - 1.0) + 4 / 10 * abs(0.7 - 0.75)",),
            hint="The first bin is in it twice: it stands before the blank already.",
            shows=_second_bin(6 / 10 * 0.02 + 4 / 10 * 0.05),
        ),
        Wrong(
            name="per cent for shares",
            typed=("4 / 10 * abs(70 - 75)",),
            hint=(
                "What your answer has for the second bin is a hundred times too large. Is it in per"
                " cent, where the first one is not, or is a fraction upside down?"
            ),
            shows=_second_bin(2),
        ),
        Wrong(
            name="the second bin is left out",
            typed=("0",),
            hint=(
                "This is what the first bin adds, and the second adds nothing to it. How far is 70"
                " % from its accuracy?"
            ),
            shows=_second_bin(0),
        ),
    ),
    otherwise=(
        "In this bin: how sure was the network, how often was it right, and which share of the"
        " answers is here?"
    ),
    observed=_about_second_bin,
)

EXERCISES: tuple[Exercise, ...] = (
    WILSON,
    DRAW,
    COMPLEX_CNN,
    PAIRED,
    CHOOSE,
    POOL_SHIFT,
    TWIN,
    CALIBRATION,
)
