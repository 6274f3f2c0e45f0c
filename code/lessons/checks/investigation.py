"""Checks on experiments of one's own."""

import dataclasses
import math
import random
import statistics
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import pandas as pd
import torch
from bookkit.exercises.errors import explained, is_of_the_answer
from bookkit.exercises.verdict import Exercise, Unreadable, Wrong
from firstcnn.training import Recipe
from torch import Tensor

from lessons.checks.answers import equals, function, kind_of, number, several, whole, word, words
from lessons.checks.observed import about_number, about_sum, shown

# -------------------------------------------------------------------------------------------------
# verdicts in a figure


def _are(*letters: str) -> Callable[[frozenset], bool]:
    return lambda answer: answer == frozenset(letters)


def _about_letters(answer: frozenset) -> str:
    if unknown := answer - frozenset("abcd"):
        several = set(min(unknown)) <= set("abcd,; &") and len(min(unknown)) > 1
        return f"The figure has no row {min(unknown)!r}: its rows are A, B, C and D." + (
            " Each letter stands in quotes of its own, with commas between them." if several else ""
        )
    worse = "At least one of yours has an interval that begins below 0. " if answer - {"b"} else ""
    missing = (
        "At least one whose interval lies wholly above 0 is missing." if "b" not in answer else ""
    )
    return (worse + missing).strip()


ATTEMPTS = Exercise(
    id="attempts",
    read=words,
    right=_are("b"),
    praise="Three seeds that agree say more than one that shines.",
    wrong=(
        Wrong(
            name="the largest difference",
            typed=('["A"]',),
            hint="Its point lies farthest to the right. Where does its interval begin?",
            shows=_are("a"),
        ),
        Wrong(
            name="the two largest differences",
            typed=('["A", "B"]',),
            hint="Two points lie clearly to the right of 0. Do both of their intervals?",
            shows=_are("a", "b"),
        ),
        Wrong(
            name="whatever lies to the right",
            typed=('["A", "B", "C"]',),
            hint="These have their points right of 0. Which of their intervals have 0 inside?",
            shows=_are("a", "b", "c"),
        ),
        Wrong(
            name="different is taken for better",
            typed=('["B", "D"]',),
            hint=(
                "Filled marks are shown to be different. On which side of 0 does each of them lie?"
            ),
            shows=_are("b", "d"),
        ),
        Wrong(
            name="nobody, because seeds differ",
            typed=("[]",),
            hint=(
                "Some seeds differ, and the intervals know it. Is there none that keeps clear of 0?"
            ),
            shows=_are(),
        ),
        Wrong(
            name="the lower side",
            typed=('["D"]',),
            hint="Its interval keeps clear of 0. But the figure shows accuracy, and not errors.",
            shows=_are("d"),
        ),
        Wrong(
            name="everybody",
            typed=('["A", "B", "C", "D"]',),
            hint="All four are in your list. One of the points even lies left of 0.",
            shows=_are("a", "b", "c", "d"),
        ),
    ),
    otherwise=(
        "Ask of each of the four, one by one: where does its interval begin, and where does it end?"
    ),
    observed=_about_letters,
)

# --------------------------------------------------------------------------------------------------
# the first step

LENGTHS = ("longer", "shorter", "the same")


def _length(answer: Any) -> str:
    text = word(answer)
    return "the same" if text == "same" else text


def _lengths(sgd: str, adam: str) -> Callable[[tuple], bool]:
    return lambda answer: answer == (sgd, adam)


def _about_lengths(answer: tuple) -> str:
    other = next((each for each in answer if each not in LENGTHS), None)
    return "" if other is None else f"{other!r} is none of the three answers."


STEEPER = Exercise(
    id="steeper",
    read=several(_length, _length),
    right=_lengths("longer", "the same"),
    praise=(
        "A rate that suits SGD depends on the scale of the loss; one that suits Adam hardly does."
    ),
    wrong=(
        Wrong(
            name="every step follows the slope",
            typed=('"longer"', '"longer"'),
            hint=(
                "So it is for one of the two. What does the other divide by, and what becomes of"
                " the factor?"
            ),
            shows=_lengths("longer", "longer"),
        ),
        Wrong(
            name="the rate alone sets the step",
            typed=('"the same"', '"the same"'),
            hint=(
                "Both have one rate, yet above one of them moved two weights by different amounts."
                " Which one?"
            ),
            shows=_lengths("the same", "the same"),
        ),
        Wrong(
            name="the two are mixed up",
            typed=('"the same"', '"longer"'),
            hint=(
                "One multiplies the gradient, the other also divides by its size. You have them the"
                " other way round."
            ),
            shows=_lengths("the same", "longer"),
        ),
        Wrong(
            name="a steep slope slows Adam down",
            typed=('"longer"', '"shorter"'),
            hint=(
                "Adam divides by the size of the gradient. Does that make a large gradient small?"
                " What is 20 over 20?"
            ),
            shows=_lengths("longer", "shorter"),
        ),
        Wrong(
            name="a steep slope slows SGD down",
            typed=('"shorter"', None),
            hint=(
                "The rate is multiplied by the gradient in SGD. A gradient that is 1,000 times as"
                " large makes the product smaller?"
            ),
            shows=_lengths("shorter", "the same"),
        ),
        Wrong(
            name="a steep slope slows both down",
            typed=('"shorter"', '"shorter"'),
            hint=(
                "Neither of the two becomes slower. Write both steps for a gradient of 0.002 and"
                " for one of 2."
            ),
            shows=_lengths("shorter", "shorter"),
        ),
        Wrong(
            name="shorter for SGD and longer for Adam",
            typed=('"shorter"', '"longer"'),
            hint=(
                "One multiplies by the gradient, the other divides by its size, too. Write both "
                "steps for 0.002 and 2."
            ),
            shows=_lengths("shorter", "longer"),
        ),
        Wrong(
            name="the same for SGD and shorter for Adam",
            typed=('"the same"', '"shorter"'),
            hint=(
                "Above, one of the two moved two weights by different amounts, and the other by the"
                " same. Which is which?"
            ),
            shows=_lengths("the same", "shorter"),
        ),
    ),
    otherwise='Each of the two is one of "longer", "shorter" and "the same", in quotes.',
    observed=_about_lengths,
)

# --------------------------------------------------------------------------------------------- a
# choice between recipes

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


def _taken(answer: Choice) -> list[str]:
    """Return the case that an answer takes from each table."""
    return [_name(answer(_table(cases))) for cases in _trials()]


@cache
def _winners(score: Score) -> list[str]:
    """Return the case that has the highest score in each table."""
    return [max(cases, key=lambda case: score(*cases[case])) for cases in _trials()]


def _takes(score: Score) -> Callable[[list[str]], bool]:
    return lambda taken: taken == _winners(score)


def _mean(validation: Accuracies, test: Accuracies) -> float:
    return statistics.fmean(validation)


def _median(validation: Accuracies, test: Accuracies) -> float:
    return statistics.median(validation)


def _counts_seeds(taken: list[str]) -> bool:
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


def _takes_well(taken: list[str]) -> bool:
    """Tell whether all seeds have a say, on validation images: by their mean or, as well, by their
    median.
    """
    return taken in (_winners(_mean), _winners(_median))


def _about_choice(taken: list[str]) -> str:
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


CHOICE = Exercise(
    id="choice",
    read=function,
    right=lambda answer: _takes_well(_taken(answer)),
    look=_taken,
    praise=(
        "Now the test images are still closed when the recipe has a name, and no single seed"
        " decides."
    ),
    wrong=(
        Wrong(
            name="the test set chooses",
            typed=('runs.groupby("case")["test"].mean()',),
            hint=(
                "All seeds have a say now, one mistake is gone. But on which images will you report"
                " the winner?"
            ),
            shows=_takes(lambda validation, test: statistics.fmean(test)),
        ),
        Wrong(
            name="the best seed chooses",
            typed=('runs.groupby("case")["validation"].max()',),
            hint=(
                "The right images, one mistake is gone. But one lucky seed still decides about a"
                " whole recipe."
            ),
            shows=_takes(lambda validation, test: max(validation)),
        ),
        Wrong(
            name="both mistakes are still there",
            typed=('runs.groupby("case")["test"].max()',),
            hint=(
                "This takes what the friend takes: a single training, and the images that should"
                " stay closed."
            ),
            shows=_takes(lambda validation, test: max(test)),
        ),
        Wrong(
            name="seeds are added up",
            typed=('runs.groupby("case")["validation"].sum()',),
            hint=(
                "The right images, and all seeds. But a recipe that was trained more often wins by"
                " that alone."
            ),
            shows=_takes(lambda validation, test: sum(validation)),
        ),
        Wrong(
            name="the worst seed chooses",
            typed=('runs.groupby("case")["validation"].min()',),
            hint="The right images. But now one unlucky seed decides, as a lucky one did before.",
            shows=_takes(lambda validation, test: min(validation)),
        ),
        Wrong(
            name="the first seed chooses",
            typed=('runs.groupby("case")["validation"].first()',),
            hint=(
                "The right images. But the first seed of each case decides alone, and the others"
                " have no say."
            ),
            shows=_takes(lambda validation, test: validation[0]),
        ),
        Wrong(
            name="the last seed chooses",
            typed=('runs.groupby("case")["validation"].last()',),
            hint=(
                "The right images. But the last seed of each case decides alone, and the others"
                " have no say."
            ),
            shows=_takes(lambda validation, test: validation[-1]),
        ),
        Wrong(
            name="the first two seeds choose",
            typed=('runs.groupby("case").head(2).groupby("case")["validation"].mean()',),
            hint="The right images. But only the first two seeds of each case have a say.",
            shows=_takes(lambda validation, test: statistics.fmean(validation[:2])),
        ),
        Wrong(
            name="the case that varies most",
            typed=('runs.groupby("case")["validation"].std()',),
            hint=(
                "This takes the case whose seeds lie farthest apart. Is that a good property of a"
                " recipe?"
            ),
            shows=_takes(lambda validation, test: statistics.stdev(validation)),
        ),
        Wrong(
            name="the case that varies least",
            typed=('-runs.groupby("case")["validation"].std()',),
            hint=(
                "This takes the case whose seeds lie closest together. They may all be low"
                " together."
            ),
            shows=_takes(lambda validation, test: -statistics.stdev(validation)),
        ),
        Wrong(
            name="the lowest mean",
            typed=('-runs.groupby("case")["validation"].mean()',),
            hint=(
                "The right images, and all seeds. But this takes the case with the lowest accuracy."
            ),
            shows=_takes(lambda validation, test: -statistics.fmean(validation)),
        ),
        Wrong(
            name="the worst seed on test images",
            typed=('runs.groupby("case")["test"].min()',),
            hint="One unlucky seed decides, and the images that should stay closed are open.",
            shows=_takes(lambda validation, test: min(test)),
        ),
        Wrong(
            name="the test set has a say",
            typed=(
                'runs.groupby("case")["validation"].mean() + runs.groupby("case")["test"].mean()',
            ),
            hint=(
                "All seeds have a say. But so have the test images, as much as the validation"
                " images."
            ),
            shows=_takes(
                lambda validation, test: statistics.fmean(validation) + statistics.fmean(test)
            ),
        ),
        Wrong(
            name="the gap between validation and test",
            typed=(
                'runs.groupby("case")["validation"].mean() - runs.groupby("case")["test"].mean()',
            ),
            hint=(
                "This takes the case that is better on validation images than on test images by the"
                " most. Its accuracy may be low on both."
            ),
            shows=_takes(
                lambda validation, test: statistics.fmean(validation) - statistics.fmean(test)
            ),
        ),
        Wrong(
            name="the number of seeds",
            typed=('runs.groupby("case")["validation"].count()',),
            hint="The case with the most seeds wins, whatever their accuracies are.",
            shows=_counts_seeds,
        ),
        Wrong(
            name="seeds are added up, on test images",
            typed=('runs.groupby("case")["test"].sum()',),
            hint=(
                "A recipe that was trained more often wins by that alone, and the images that"
                " should stay closed are open."
            ),
            shows=_takes(lambda validation, test: sum(test)),
        ),
    ),
    otherwise=(
        "Two questions: which images may be used for choosing, and which of a case's seeds have a"
        " say?"
    ),
    observed=_about_choice,
)

# --------------------------------------------------------------------------------------------------
# parameters

TWICE = 16 * (1 * 9 + 1) + 32 * (16 * 9 + 1) + 10 * (32 * 49 + 1)
PARTS = {
    "the weights of the first convolution": 16 * 9,
    "the biases of the first convolution": 16,
    "the weights of the second convolution": 32 * 16 * 9,
    "the biases of the second convolution": 32,
    "the weights of the fully connected layer": 10 * 32 * 49,
    "the biases of the fully connected layer": 10,
}
exactly = partial(equals, tolerance=0)
SUMS_SAID = {  # what other numbers are, where no named mistake fits
    16 * 10
    + 32 * 145
    + 10 * (32 * 14 * 14 + 1): "So many there would be if the images were halved only once.",
    16 * 10
    + 32 * 145
    + 10 * (32 * 28 * 28 + 1): "So many there would be if the images were never halved.",
    16 * 10 + 32 * 145 + 10 * (32 * 7 + 1): "So many there would be if a map had 7 values in all.",
    16 * 10 + 32 * 145 + (32 * 49 + 1): "So many there would be with one output alone.",
    16 * 10 + 32 * 145 + 32 * 49 + 10: (
        "The weights of the last layer are counted for one output alone."
    ),
    16 * 10 + 16 * 73 + 10 * 785: (
        "Here the first line has twice the filters, and the other two are as they were."
    ),
    32 * 10
    + 64 * (32 * 9 + 1)
    + 10 * (64 * 49 + 1): "So many there are with four times the filters.",
    TWICE - 9098: "This is how many come on top of the 9,098.",
    16 * 4
    + 32 * (16 * 3 + 1)
    + 10 * (32 * 49 + 1): "So many there would be with 3 weights in place of 9.",
    16 * 26
    + 32 * (16 * 25 + 1)
    + 10 * (32 * 49 + 1): "So many there would be with kernels of 5 × 5.",
    2 * 80 + 2 * 1168 + 7850: "Both convolutions are doubled, and the last layer is as it was.",
    3 * 9098: "This is three times the number of the network as it is.",
    8 * 9098: "This is eight times the number of the network as it is.",
}


def _about_filters(answer: int) -> str:
    return SUMS_SAID.get(answer) or about_number(answer, TWICE) + about_sum(answer, PARTS)


TWICE_THE_FILTERS = Exercise(
    id="twice-the-filters",
    read=whole,
    right=exactly(TWICE),
    praise="Only the term between the two convolutions has twice as many on both of its sides.",
    wrong=(
        Wrong(
            name="everything doubles",
            typed=("2 * 9098",),
            hint=(
                "Twice the filters, twice the parameters? In one layer twice as many kernels each"
                " look at twice as many channels."
            ),
            shows=exactly(2 * 9098),
        ),
        Wrong(
            name="the second layer still reads as many channels",
            typed=("16 * (1 * 9 + 1) + 32 * (8 * 9 + 1) + 10 * (32 * 49 + 1)",),
            hint=(
                "So it would be if the second convolution read 8 channels. How many channels reach"
                " it now?"
            ),
            shows=exactly(16 * 10 + 32 * (8 * 9 + 1) + 10 * (32 * 49 + 1)),
        ),
        Wrong(
            name="the last layer still reads as many maps",
            typed=("16 * (1 * 9 + 1) + 32 * (16 * 9 + 1) + 10 * (16 * 49 + 1)",),
            hint=(
                "So it would be if 16 maps arrived at the fully connected layer. How many arrive"
                " there now?"
            ),
            shows=exactly(16 * 10 + 32 * (16 * 9 + 1) + 10 * (16 * 49 + 1)),
        ),
        Wrong(
            name="the first layer keeps its filters",
            typed=("8 * (1 * 9 + 1) + 32 * (16 * 9 + 1) + 10 * (32 * 49 + 1)",),
            hint=(
                "So it would be if the first convolution had 8 filters, and the second read 16"
                " channels. Where do these channels come from?"
            ),
            shows=exactly(8 * 10 + 32 * (16 * 9 + 1) + 10 * (32 * 49 + 1)),
        ),
        Wrong(
            name="only the second layer has twice the filters",
            typed=("8 * (1 * 9 + 1) + 32 * (8 * 9 + 1) + 10 * (32 * 49 + 1)",),
            hint=(
                "So many parameters there are with 8 and 32 filters. Both convolutions get twice as"
                " many."
            ),
            shows=exactly(8 * 10 + 32 * (8 * 9 + 1) + 10 * (32 * 49 + 1)),
        ),
        Wrong(
            name="only the first layer has twice the filters",
            typed=("16 * (1 * 9 + 1) + 16 * (16 * 9 + 1) + 10 * (16 * 49 + 1)",),
            hint=(
                "So many parameters there are with 16 and 16 filters. Both convolutions get twice"
                " as many."
            ),
            shows=exactly(16 * 10 + 16 * (16 * 9 + 1) + 10 * (16 * 49 + 1)),
        ),
        Wrong(
            name="the biases are forgotten",
            typed=("16 * 1 * 9 + 32 * 16 * 9 + 10 * 32 * 49",),
            hint=(
                "All the weights are there. Look at the sums above: what else does every filter"
                " have?"
            ),
            shows=exactly(16 * 9 + 32 * 16 * 9 + 10 * 32 * 49),
        ),
        Wrong(
            name="everything is four times as much",
            typed=("4 * 9098",),
            hint=(
                "Not every layer grows on both of its sides: the image still has one channel, and"
                " there are still ten digits."
            ),
            shows=exactly(4 * 9098),
        ),
        Wrong(
            name="the network as it is",
            typed=("9098",),
            hint="So many parameters has the network as it is, with 8 and 16 filters.",
            shows=exactly(9098),
        ),
        Wrong(
            name="the convolutions alone",
            typed=("16 * (1 * 9 + 1) + 32 * (16 * 9 + 1)",),
            hint="These are both convolutions. A fully connected layer comes after them.",
            shows=exactly(16 * 10 + 32 * (16 * 9 + 1)),
        ),
    ),
    otherwise=(
        "Write the three lines above once more, and in each look for the numbers of filters that"
        " have changed."
    ),
    observed=_about_filters,
)

# --------------------------------------------------------------------------------------------------
# augmentation

COUNT, SIDE = 500, 28
ANGLE, PIXELS = 20, 4
SEEN = 0.5  # share of a letter's ink that has to be left
BLUR = 0.035  # by how much, as a share, interpolation may change the angle that is measured
RIM = 0.05  # the most ink on the rim of an image in which a letter is whole


@dataclasses.dataclass(frozen=True)
class _Scan:
    """What an augmentation did to many letters: two dots above each other, and discs.

    Attributes
    ----------
    background, outside : float
        Brightness around the letters, and of what comes in from outside.
    right, down, angle : Tensor (N,)
        How far each letter went, in pixels, and was turned, in degrees; of those that are inside
        the image.
    inside : float
        The share of letters that are inside the image.
    size, slant : Tensor (N,)
        How many times as large each disc became, and by how many degrees it leans; of those that
        are inside.
    is_clean, repeats, is_upright : bool
        Whether an empty image is empty in its middle afterwards, whether an equal generator gives
        the same again, and whether in every image what was above stays above, and what was on the
        right on the right.
    """

    background: float
    outside: float
    right: Tensor
    down: Tensor
    angle: Tensor
    inside: float
    size: Tensor
    slant: Tensor
    is_clean: bool
    repeats: bool
    is_upright: bool

    @property
    def fills(self) -> bool:
        """Whether background comes in from outside."""
        return abs(self.outside - self.background) < 1e-3


def _scan(answer: Any) -> _Scan:
    change, background = several(function, number)(answer)
    empty = _changed(change, _sheets(COUNT // 5, background), 0)
    outside = empty.flatten()[(empty - background).abs().argmax()].item()
    middle = empty[..., SIDE // 2 - 2 : SIDE // 2 + 2, SIDE // 2 - 2 : SIDE // 2 + 2]
    letters, discs = (_inside(change, outside, ink) for ink in (_dots(), _disc()))
    return _Scan(
        background,
        outside,
        *_place_and_angle(letters),
        len(letters) / COUNT,
        *_size_and_slant(discs),
        bool((middle - background).abs().max() < 1e-3),
        _repeats(change, background),
        _is_upright(change, background),
    )


def _sheets(count: int, background: float, ink: Tensor | float = 0.0) -> Tensor:
    return (background + ink + torch.zeros(count, 1, SIDE, SIDE)).float()


def _inside(change: Callable, background: float, ink: Tensor) -> Tensor:
    """Return the ink of changed copies that is all inside the image, (N, SIDE, SIDE)."""
    changed = _changed(change, _sheets(COUNT, background, ink), 0)[:, 0].double() - background
    rim = changed.clone()
    rim[:, 1:-1, 1:-1] = 0
    is_whole = rim.abs().amax(dim=(1, 2)) < RIM
    return changed[is_whole & (changed.sum(dim=(1, 2)) > SEEN * ink.sum())]


def _changed(change: Callable, images: Tensor, seed: int) -> Tensor:
    try:
        changed = change(images, generator=torch.Generator().manual_seed(seed))
    except TypeError as error:
        if is_of_the_answer(error):
            raise
        raise Unreadable(
            f"Called with images and generator=…, as in training, it stops with {explained(error)}"
        ) from None
    if not isinstance(changed, Tensor) or changed.shape != images.shape:
        raise Unreadable(
            "An augmentation returns as many images as it is given, but this returned"
            f" {kind_of(changed)}."
        )
    return changed.detach()


def _repeats(change: Callable, background: float) -> bool:
    first, second = (_changed(change, _sheets(8, background, _dots()), seed=1) for _ in range(2))
    return torch.equal(first, second)


def _is_upright(change: Callable, background: float) -> bool:
    """Tell whether of three points, changed alike, the upper one stays above and the right one on
    the right.
    """
    points = (_disc(), _disc(down=-4.0), _disc(right=4.0))
    images = [
        _changed(change, _sheets(COUNT // 5, background, ink), seed=2)[:, 0].double()
        for ink in points
    ]
    (right, down), (_, above), (aside, _) = (_moments(each - background)[:2] for each in images)
    return bool((above < down).all() and (aside > right).all())


def _disc(radius: float = 2.0, down: float = 0.0, right: float = 0.0) -> Tensor:
    """Return soft ink, (SIDE, SIDE), that lies so far below and to the right of the middle."""
    place = torch.arange(SIDE, dtype=torch.float64) - (SIDE - 1) / 2
    return torch.exp(
        -(((place[:, None] - down) / radius) ** 2 + ((place[None, :] - right) / radius) ** 2) / 2
    )


def _dots() -> Tensor:
    return _disc(radius=1.2, down=-4.0) + _disc(radius=1.2, down=4.0)


def _moments(ink: Tensor) -> tuple[Tensor, ...]:
    """Return where the middle of the ink lies (right, down), and its covariances xx, yy, xy, in
    pixels.
    """
    place = torch.arange(SIDE, dtype=torch.float64) - (SIDE - 1) / 2
    share = ink / ink.sum(dim=(1, 2), keepdim=True)
    right, down = (share * place).sum(dim=(1, 2)), (share * place[:, None]).sum(dim=(1, 2))
    x, y = place - right[:, None, None], place[:, None] - down[:, None, None]
    return right, down, *((share * product).sum(dim=(1, 2)) for product in (x * x, y * y, x * y))


def _place_and_angle(ink: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    right, down, xx, yy, xy = _moments(ink)
    return right, down, torch.rad2deg(torch.atan2(2 * xy, yy - xx) / 2)


def _size_and_slant(ink: Tensor) -> tuple[Tensor, Tensor]:
    """Return how discs were magnified, and by how many degrees they lean: a turn changes
    neither.
    """
    _, _, xx, yy, xy = _moments(ink)
    determinant = (xx * yy - xy**2).clamp(min=1e-9)
    before = (_moments(_disc()[None])[2] ** 2).item()
    longer = (xx + yy) / 2 + (((xx - yy) / 2) ** 2 + xy**2).sqrt()
    ratio = (
        longer / determinant.sqrt()
    ).sqrt()  # of the longer axis to that of a disc of this size
    return (determinant / before) ** 0.25, torch.rad2deg(torch.atan(ratio - 1 / ratio))


def _farthest(values: Tensor) -> float:
    return values.abs().max().item() if len(values) else 0.0


def _near(value: float, asked: float, tolerance: float = 0.02) -> bool:
    return abs(value / asked - 1) < tolerance


def _reaches(values: Tensor, limit: float, tolerance: float = 0.02) -> bool:
    """Tell whether values lie evenly within ± a limit and come near it on both sides; for 0,
    whether all are 0.
    """
    if not limit:
        return _farthest(values) < 0.02
    near = _near(values.max().item(), limit, tolerance) and _near(
        values.min().item(), -limit, tolerance
    )
    return near and abs(values.abs().mean().item() / limit - 0.5) < 0.08


def _is_unrelated(first: Tensor, second: Tensor) -> bool:
    if first.std() < 1e-2 or second.std() < 1e-2:
        return True
    return abs(torch.corrcoef(torch.stack([first, second]))[0, 1].item()) < 0.3


def _can_be_told(scan: _Scan) -> bool:
    """Tell whether enough letters are inside, unslanted and not noisy, so that angles and shifts
    can be told.
    """
    return scan.is_clean and scan.inside > 0.5 and _farthest(scan.slant) < 5


def _turns(scan: _Scan, limit: float) -> bool:
    return _can_be_told(scan) and _reaches(scan.angle, limit, BLUR)


def _moves(scan: _Scan, limit: float) -> bool:
    pairs = ((scan.right, scan.down), (scan.right, scan.angle), (scan.down, scan.angle))
    return (
        _can_be_told(scan)
        and _reaches(scan.right, limit)
        and _reaches(scan.down, limit)
        and all(_is_unrelated(*pair) for pair in pairs)
    )


def _keeps_size(scan: _Scan) -> bool:
    return _farthest(scan.size - 1) < 0.09


def _goes(angle: float, pixels: float) -> Callable[[_Scan], bool]:
    """Return a test whether letters keep their form, turn and move as far as this, and leave the
    background.
    """
    return lambda scan: (
        scan.fills and _keeps_size(scan) and _turns(scan, angle) and _moves(scan, pixels)
    )


def _goes_twice_as_far(angle: float) -> Callable[[_Scan], bool]:
    """Return a test whether letters turn as far as this and move so far that some are cut off, and
    twice 4 pixels.
    """
    return lambda scan: (
        scan.fills
        and _can_be_told(scan)
        and _near(_farthest(scan.angle), angle, BLUR)
        and _near(_farthest(scan.right), 2 * PIXELS)
        and scan.inside < 0.99
    )


def _is_scanner(scan: _Scan) -> bool:
    return _goes(ANGLE, PIXELS)(scan) and scan.inside > 0.99 and scan.repeats and scan.is_upright


def _is_alike(scan: _Scan) -> bool:
    """Tell whether every letter was changed in the same way, and changed at all."""
    each = torch.stack([scan.right, scan.down, scan.angle])
    return _can_be_told(scan) and bool(each.std(dim=1).max() < 0.01 and each.abs().max() > 0.1)


def _flies_off(scan: _Scan) -> bool:
    """Tell whether most letters, and not all, leave the image."""
    return scan.is_clean and scan.fills and 0 < scan.inside < 0.5


def _about_scan(scan: _Scan) -> str:
    """Return all that an augmentation does otherwise than the scanner."""
    if not scan.is_clean:
        return "An empty image does not stay empty, not even in its middle."
    if scan.inside < 0.5:
        return "In most images no whole letter is left." if scan.fills else _about_outside(scan)
    return " ".join((*_about_motion(scan), *_about_the_rest(scan)))


def _about_outside(scan: _Scan) -> str:
    digits = 2 if abs(scan.outside - scan.background) > 0.02 else 4
    return (
        f"What comes in has the brightness {scan.outside:.{digits}f}; the background has"
        f" {scan.background:.{digits}f}."
    )


def _about_motion(scan: _Scan) -> list[str]:
    if _farthest(scan.slant) >= 5:
        return [f"Letters are slanted, by up to {_farthest(scan.slant):.0f}°."]
    turned, right, down = map(_farthest, (scan.angle, scan.right, scan.down))
    said = []
    if turned > 80:
        said.append(f"Letters turn by 80° and more, and up to {ANGLE}° are asked for.")
    elif not _near(turned, ANGLE, BLUR):
        said.append(f"Letters turn by up to {turned:.1f}°, and {ANGLE}° are asked for.")
    elif not _turns(scan, ANGLE):
        said.append("Some angles come more often than others.")
    if not (_near(right, PIXELS) and _near(down, PIXELS)):
        far = "up to" if scan.inside > 0.99 else "at least"
        way = f"{right:.1f} pixels sideways and {down:.1f} up or down"
        said.append(f"Letters move by {far} {way}, and {PIXELS} are asked for.")
    elif not _moves(scan, PIXELS):
        said.append(
            f"Letters move by up to {PIXELS} pixels, but the shifts are not drawn evenly and one by"
            " one."
        )
    return said


def _about_the_rest(scan: _Scan) -> list[str]:
    said = [] if _keeps_size(scan) else ["Their size changes."]
    if not scan.fills:
        said.append(_about_outside(scan))
    elif scan.repeats and not scan.is_upright and _turns(scan, ANGLE):
        said.append("Some letters come out mirrored or upside down.")
    if not scan.repeats:
        said.append("Two calls with equal generators give different images.")
    return said


SCANNER = Exercise(
    id="scanner",
    read=_scan,
    right=_is_scanner,
    praise=(
        "Angles count in degrees, shifts as a share of the side, both to either side; and the "
        "background stays as it is."
    ),
    wrong=(
        Wrong(
            name="all letters alike",
            typed=(
                (
                    "lambda images, generator: augment.shift(augment.rotate(images, 20,"
                    " fill=black), right=4, down=4, fill=black)"
                ),
            ),
            hint=(
                "Every letter is changed in the same way. The scanner draws a new angle and a new"
                " shift for each."
            ),
            shows=_is_alike,
        ),
        Wrong(
            name="pixels in place of a share of the side",
            typed=("augment.Affine(rotation=20, translation=4, fill=black)",),
            hint=(
                "Here letters fly off the page. Affine counts the shift in sides of the image: "
                "which share are 4 pixels?"
            ),
            shows=_flies_off,
        ),
        Wrong(
            name="grey comes in from outside",
            typed=("augment.Affine(rotation=20, translation=4 / 28)",),
            hint=(
                "The letters move as they should, but grey comes in with them. What is the "
                "brightness of the background "
                "once it is normalised?"
            ),
            shows=lambda scan: (
                _turns(scan, ANGLE)
                and _moves(scan, PIXELS)
                and _keeps_size(scan)
                and scan.outside == 0
            ),
        ),
        Wrong(
            name="radians for degrees",
            typed=("augment.Affine(rotation=math.radians(20), translation=4 / 28, fill=black)",),
            hint=(
                "The letters hardly turn, by a third of a degree. In which unit does the cell above"
                " give its angles?"
            ),
            shows=_goes(math.radians(ANGLE), PIXELS),
        ),
        Wrong(
            name="the range from end to end",
            typed=("augment.Affine(rotation=40, translation=8 / 28, fill=black)",),
            hint=(
                "Both ranges count to either side, so these letters turn and move twice as far as"
                " the scanner's."
            ),
            shows=_goes_twice_as_far(2 * ANGLE),
        ),
        Wrong(
            name="half the range to either side",
            typed=("augment.Affine(rotation=10, translation=2 / 28, fill=black)",),
            hint=(
                "Both ranges count to either side already. Letters turn and move half as far here"
                " as in the scanner."
            ),
            shows=_goes(ANGLE / 2, PIXELS / 2),
        ),
        Wrong(
            name="twice the rotation",
            typed=("augment.Affine(rotation=40, translation=4 / 28, fill=black)",),
            hint="The letters move as they should, but they turn by up to 40° to either side.",
            shows=_goes(2 * ANGLE, PIXELS),
        ),
        Wrong(
            name="half the rotation",
            typed=("augment.Affine(rotation=10, translation=4 / 28, fill=black)",),
            hint=(
                "The letters move as they should, but they turn by no more than 10° to either side."
            ),
            shows=_goes(ANGLE / 2, PIXELS),
        ),
        Wrong(
            name="twice the shift",
            typed=("augment.Affine(rotation=20, translation=8 / 28, fill=black)",),
            hint="The letters turn as they should, but they move by up to 8 pixels to each side.",
            shows=_goes_twice_as_far(ANGLE),
        ),
        Wrong(
            name="half the shift",
            typed=("augment.Affine(rotation=20, translation=2 / 28, fill=black)",),
            hint=(
                "The letters turn as they should, but they move by no more than 2 pixels to each"
                " side."
            ),
            shows=_goes(ANGLE, PIXELS / 2),
        ),
        Wrong(
            name="turned and not moved",
            typed=("augment.Affine(rotation=20, fill=black)",),
            hint=(
                "The letters turn about their middle and stay there. The scanner does one thing"
                " more."
            ),
            shows=_goes(ANGLE, 0),
        ),
        Wrong(
            name="moved and not turned",
            typed=("augment.Affine(translation=4 / 28, fill=black)",),
            hint=(
                "The letters move as they should, and none of them is turned. The scanner does"
                " both."
            ),
            shows=_goes(0, PIXELS),
        ),
    ),
    otherwise=(
        "Draw a few letters with it, as in the figure above: how far do they turn and move, and"
        " what comes in?"
    ),
    observed=_about_scan,
)

# --------------------------------------------------------------------------------------------------
# a recipe

Change = tuple[Recipe, Recipe]  # the student's, and the one that it should differ from


def _recipe(answer: Any) -> Recipe:
    if not isinstance(answer, Recipe):
        raise Unreadable(f"This asks for a recipe, a training.Recipe, but got {kind_of(answer)}.")
    return answer


def _changes(answer: Change) -> dict[str, Any]:
    """Return what differs: the names of fields, with the values they have now."""
    new, old = (dataclasses.asdict(recipe) for recipe in answer)
    return {name: value for name, value in new.items() if value != old[name]}


def _only_smooths(answer: Change, amount: float = 0.1) -> bool:
    changes = _changes(answer)
    return set(changes) == {"label_smoothing"} and math.isclose(
        changes["label_smoothing"], amount, rel_tol=1e-5
    )


def _is_other_field(answer: Change) -> bool:
    changes = _changes(answer)
    return len(changes) == 1 and "label_smoothing" not in changes


def _about_change(answer: Change) -> str:
    new, old = answer
    said = [
        f"{name} is {shown(value)} in place of {shown(getattr(old, name))}"
        for name, value in _changes(answer).items()
    ]
    if new.label_smoothing == old.label_smoothing:
        said.append(f"label_smoothing is {shown(old.label_smoothing)} in both")
    return f"In the first of the two recipes, {_in_words(said)}." if said else ""


def _in_words(parts: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)


ONE_CHANGE = Exercise(
    id="one-change",
    read=several(_recipe, _recipe),
    right=_only_smooths,
    praise=(
        "If the two now differ in accuracy, there is one thing only that can have done it, or the"
        " seeds."
    ),
    wrong=(
        Wrong(
            name="a recipe from scratch",
            typed=("training.Recipe(label_smoothing=0.1)",),
            hint=(
                "What you do not name has its usual value, not that of the small budget: several"
                " things changed."
            ),
            shows=lambda answer: not _changes((answer[0], Recipe(label_smoothing=0.1))),
        ),
        Wrong(
            name="the recipe of the large network",
            typed=("dataclasses.replace(recipe, label_smoothing=0.1)",),
            hint=(
                "This recipe also augments, as that of SimpleCNN does: not only the smoothing"
                " differs."
            ),
            shows=lambda answer: (
                {"label_smoothing", "augmentation"} <= set(_changes(answer))
                and answer[0].augmentation is not None
            ),
        ),
        Wrong(
            name="nothing changes",
            typed=("small",),
            hint="This is the small budget as it is. What is to be compared with it?",
            shows=lambda answer: not _changes(answer),
        ),
        Wrong(
            name="two things at once",
            typed=("dataclasses.replace(small, label_smoothing=0.1, weight_decay=0.001)",),
            hint="Two things differ now. If accuracy moves, which of them was it?",
            shows=lambda answer: (
                len(_changes(answer)) == 2 and "label_smoothing" in _changes(answer)
            ),
        ),
        Wrong(
            name="another field",
            typed=("dataclasses.replace(small, weight_decay=0.1)",),
            hint=(
                "One thing differs, as it should, but it is not the label smoothing. Compare the"
                " names of the fields."
            ),
            shows=_is_other_field,
        ),
        Wrong(
            name="percent for a share",
            typed=("dataclasses.replace(small, label_smoothing=0.001)",),
            hint=(
                "The right field, and no other with it. But its value is 0.001 now, which is 0.1"
                " per cent."
            ),
            shows=partial(_only_smooths, amount=0.001),
        ),
        Wrong(
            name="ten times too little",
            typed=("dataclasses.replace(small, label_smoothing=0.01)",),
            hint=(
                "The right field, and no other with it. But its value is 0.01: compare it with the"
                " text."
            ),
            shows=partial(_only_smooths, amount=0.01),
        ),
    ),
    otherwise=(
        "The question asks for one difference to the small budget. Which fields of the two recipes"
        " differ?"
    ),
    observed=_about_change,
)

EXERCISES: tuple[Exercise, ...] = (
    ATTEMPTS,
    STEEPER,
    CHOICE,
    TWICE_THE_FILTERS,
    SCANNER,
    ONE_CHANGE,
)
