"""Checks on experiments of one's own."""

import dataclasses
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from firstcnn.checks.answers import equals, function, kind_of, number, several, whole, word, words
from firstcnn.checks.verdict import Exercise, Unreadable, Wrong
from firstcnn.training import Recipe

# ------------------------------------------------------------------------------------------------- verdicts in a figure


def _are(*letters: str) -> Callable[[frozenset], bool]:
    return lambda answer: answer == frozenset(letters)


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
            name="whatever lies to the right",
            typed=('["A", "B", "C"]',),
            hint="These have their points right of 0. Which of their intervals have 0 inside?",
            shows=_are("a", "b", "c"),
        ),
        Wrong(
            name="different is taken for better",
            typed=('["B", "D"]',),
            hint="Filled marks are shown to be different. On which side of 0 does each of them lie?",
            shows=_are("b", "d"),
        ),
        Wrong(
            name="nobody, because seeds differ",
            typed=("[]",),
            hint="Some seeds differ, and the intervals know it. Is there none that keeps clear of 0?",
            shows=_are(),
        ),
        Wrong(
            name="the lower side",
            typed=('["D"]',),
            hint="Its interval keeps clear of 0. But the figure shows accuracy, and not errors.",
            shows=_are("d"),
        ),
    ),
    otherwise="Go through the four: better is shown only where the whole interval lies above 0.",
)

# ------------------------------------------------------------------------------------------------------- the first step

STEEPER = Exercise(
    id="steeper",
    read=several(word, word),
    right=lambda answer: answer == ("longer", "the same"),
    praise="A rate that suits SGD depends on the scale of the loss; one that suits Adam hardly does.",
    wrong=(
        Wrong(
            name="every step follows the slope",
            typed=('"longer"', '"longer"'),
            hint="So it is for one of the two. What does the other divide by, and what becomes of the factor?",
            shows=lambda answer: answer == ("longer", "longer"),
        ),
        Wrong(
            name="the rate alone sets the step",
            typed=('"the same"', '"the same"'),
            hint="Both have one rate, yet above one of them moved two weights by different amounts. Which one?",
            shows=lambda answer: answer == ("the same", "the same"),
        ),
        Wrong(
            name="the two are mixed up",
            typed=('"the same"', '"longer"'),
            hint="One multiplies the gradient, the other also divides by its size. You have them the other way round.",
            shows=lambda answer: answer == ("the same", "longer"),
        ),
        Wrong(
            name="a steep slope slows it down",
            typed=('"longer"', '"shorter"'),
            hint="Dividing by the size of the gradient does not make a large gradient small. What is 20 over 20?",
            shows=lambda answer: "shorter" in answer,
        ),
    ),
    otherwise='Each of the two is one of "longer", "shorter" and "the same", in quotes.',
)

# --------------------------------------------------------------------------------------------- a choice between recipes

Choice = Callable[[pd.DataFrame], Any]
RUNS = {  # case: validation and test accuracy of each seed; another rule takes another case
    "best mean": ((0.960, 0.962, 0.961), (0.950, 0.950, 0.950)),
    "best seed": ((0.900, 0.990, 0.902), (0.900, 0.950, 0.900)),
    "best mean on test": ((0.940, 0.940, 0.940), (0.980, 0.981, 0.982)),
    "best seed on test": ((0.920, 0.920, 0.920), (0.900, 0.999, 0.900)),
    "most seeds": ((0.930,) * 4, (0.940,) * 4),
    "best worst seed": ((0.9605, 0.9605, 0.9605), (0.930, 0.930, 0.930)),
}


def _table(cases: dict) -> pd.DataFrame:
    """A table of trainings, with one more seed in one of the cases."""
    rows = [
        {"case": case, "seed": seed, "validation": validation, "test": test}
        for case, accuracies in cases.items()
        for seed, (validation, test) in enumerate(zip(*accuracies, strict=True))
    ]
    return pd.DataFrame(rows)


def _takes(answer: Choice, table: pd.DataFrame) -> str:
    return str(answer(table.copy()))


def _takes_the_best_mean(answer: Choice) -> bool:
    """Whether the best mean over seeds wins, whatever its name, its place and what the test images say."""
    table = _table(RUNS)
    names = dict(zip(RUNS, ("u", "z", "a", "m", "b", "y"), strict=True))
    renamed = table.assign(case=table["case"].map(names)).iloc[::-1].reset_index(drop=True)
    pair = _table({"a": ((0.5, 0.7), (0.9, 0.9)), "b": ((0.62, 0.6), (0.1, 0.1))})
    other = _table({"c": ((0.1, 0.3, 0.2), (0.5, 0.5, 0.5)), "d": ((0.21, 0.15, 0.0), (0.6, 0.6, 0.6))})
    expected = ((table, "best mean"), (renamed, "u"), (pair, "b"), (other, "c"))
    return all(_takes(answer, runs) == case for runs, case in expected)


def _takes_the(case: str) -> Callable[[Choice], bool]:
    return lambda answer: _takes(answer, _table(RUNS)) == case


CHOICE = Exercise(
    id="choice",
    read=function,
    right=_takes_the_best_mean,
    praise="Now the test images are still closed when the recipe has a name, and no single seed decides.",
    wrong=(
        Wrong(
            name="the test set chooses",
            typed=('runs.groupby("case")["test"].mean()',),
            hint="All seeds have a say now, one mistake is gone. But on which images will you report the winner?",
            shows=_takes_the("best mean on test"),
        ),
        Wrong(
            name="the best seed chooses",
            typed=('runs.groupby("case")["validation"].max()',),
            hint="The right images, one mistake is gone. But one lucky seed still decides about a whole recipe.",
            shows=_takes_the("best seed"),
        ),
        Wrong(
            name="both mistakes are still there",
            typed=('runs.groupby("case")["test"].max()',),
            hint="This takes what the friend takes: a single training, and the images that should stay closed.",
            shows=_takes_the("best seed on test"),
        ),
        Wrong(
            name="seeds are added up",
            typed=('runs.groupby("case")["validation"].sum()',),
            hint="The right images, and all seeds. But a recipe that was trained more often wins by that alone.",
            shows=_takes_the("most seeds"),
        ),
        Wrong(
            name="the worst seed chooses",
            typed=('runs.groupby("case")["validation"].min()',),
            hint="The right images. But now one unlucky seed decides, as a lucky one did before.",
            shows=_takes_the("best worst seed"),
        ),
    ),
    otherwise="One number for each case, from all its seeds, on images that may be used for choosing.",
)

# ----------------------------------------------------------------------------------------------------------- parameters

TWICE = 16 * (1 * 9 + 1) + 32 * (16 * 9 + 1) + 10 * (32 * 49 + 1)
exactly = partial(equals, tolerance=0)

TWICE_THE_FILTERS = Exercise(
    id="twice-the-filters",
    read=whole,
    right=exactly(TWICE),
    praise="Only the term between the two convolutions has twice as many on both of its sides.",
    wrong=(
        Wrong(
            name="everything doubles",
            typed=("2 * 9098",),
            hint="Twice the filters, twice the parameters? In one layer twice as many kernels each look at "
            "twice as many channels.",
            shows=exactly(2 * 9098),
        ),
        Wrong(
            name="the second layer still reads as many channels",
            typed=("16 * (1 * 9 + 1) + 32 * (8 * 9 + 1) + 10 * (32 * 49 + 1)",),
            hint="One layer does not know yet that there is more to read. How many channels reach it now?",
            shows=exactly(16 * 10 + 32 * (8 * 9 + 1) + 10 * (32 * 49 + 1)),
        ),
        Wrong(
            name="the last layer still reads as many maps",
            typed=("16 * (1 * 9 + 1) + 32 * (16 * 9 + 1) + 10 * (16 * 49 + 1)",),
            hint="The convolutions are right. How many maps arrive at the fully connected layer now?",
            shows=exactly(16 * 10 + 32 * (16 * 9 + 1) + 10 * (16 * 49 + 1)),
        ),
        Wrong(
            name="the biases are forgotten",
            typed=("16 * 1 * 9 + 32 * 16 * 9 + 10 * 32 * 49",),
            hint="All the weights are there. Look at the sums above: what else does every filter have?",
            shows=exactly(16 * 9 + 32 * 16 * 9 + 10 * 32 * 49),
        ),
        Wrong(
            name="everything is four times as much",
            typed=("4 * 9098",),
            hint="Not every layer grows on both of its sides: the image still has one channel, and there are still "
            "ten digits.",
            shows=exactly(4 * 9098),
        ),
    ),
    otherwise="Write the three lines above once more, and in each look for the numbers of filters that have changed.",
)

# --------------------------------------------------------------------------------------------------------- augmentation

COUNT, SIDE = 500, 28
ANGLE, PIXELS = 20, 4


@dataclasses.dataclass(frozen=True)
class _Scan:
    """An augmentation, and what became of many copies of one bar: how far each went, and how much of it is left."""

    change: Callable
    paper: float  # brightness
    right: Tensor  # (COUNT,), pixels
    down: Tensor
    angle: Tensor  # degrees
    ink: Tensor  # share of the ink
    size: Tensor  # mean squared distance from its own middle, as a share of what it was


def _scan(answer: Any) -> _Scan:
    change, paper = several(function, number)(answer)
    bar = _bar()
    ink = _changed(change, _sheets(COUNT, paper, bar), 0)[:, 0].double() - paper
    right, down, angle, size = _moments(ink)
    return _Scan(change, paper, right, down, angle, ink.sum(dim=(1, 2)) / bar.sum(), size / _moments(bar[None])[3])


def _sheets(count: int, paper: float, ink: Tensor | float = 0.0) -> Tensor:
    return (paper + ink + torch.zeros(count, 1, SIDE, SIDE)).float()


def _changed(change: Callable, images: Tensor, seed: int) -> Tensor:
    changed = change(images, generator=torch.Generator().manual_seed(seed))
    if not isinstance(changed, Tensor) or changed.shape != images.shape:
        raise Unreadable(
            f"An augmentation returns as many images as it is given, but this returned {kind_of(changed)}."
        )
    return changed.detach()


def _bar() -> Tensor:
    """A soft upright bar in the middle, (SIDE, SIDE): wherever it is turned and moved, it stays inside."""
    place = torch.arange(SIDE, dtype=torch.float64) - (SIDE - 1) / 2
    return torch.exp(-((place[:, None] / 4.2) ** 2) - (place[None, :] / 2.0) ** 2)


def _moments(ink: Tensor) -> tuple[Tensor, ...]:
    """Where the middle of the ink lies (right, down), its angle in degrees, its mean squared distance from there."""
    place = torch.arange(SIDE, dtype=torch.float64) - (SIDE - 1) / 2
    share = ink / ink.sum(dim=(1, 2), keepdim=True)
    right, down = (share * place).sum(dim=(1, 2)), (share * place[:, None]).sum(dim=(1, 2))
    x, y = place - right[:, None, None], place[:, None] - down[:, None, None]
    xx, yy, xy = ((share * product).sum(dim=(1, 2)) for product in (x * x, y * y, x * y))
    return right, down, torch.rad2deg(torch.atan2(2 * xy, yy - xx) / 2), xx + yy


def _reaches(values: Tensor, limit: float) -> bool:
    """Whether values lie evenly within ± a limit and come near it on both sides."""
    inside = values.abs().max() < 1.03 * limit
    near = values.max() > 0.97 * limit and values.min() < -0.97 * limit
    return bool(inside and near and (values.abs().mean() / limit - 0.5).abs() < 0.12)


def _leaves_paper(scan: _Scan) -> bool:
    """Whether what comes in from outside is paper: an empty sheet stays as it is."""
    sheets = _sheets(20, scan.paper)
    return torch.allclose(_changed(scan.change, sheets.clone(), 0), sheets, atol=1e-3)


def _is_repeatable(scan: _Scan) -> bool:
    first, second = (_changed(scan.change, _sheets(8, scan.paper, _bar()), seed=1) for _ in range(2))
    return torch.equal(first, second)


def _correlation(first: Tensor, second: Tensor) -> float:
    return torch.corrcoef(torch.stack([first, second]))[0, 1].abs().item()


def _is_scanner(scan: _Scan) -> bool:
    keeps = (scan.ink - 1).abs().max() < 0.03 and (scan.size - 1).abs().max() < 0.15
    moves = _reaches(scan.right, PIXELS) and _reaches(scan.down, PIXELS) and _reaches(scan.angle, ANGLE)
    alone = _correlation(scan.right, scan.down) < 0.3 and _correlation(scan.right, scan.angle) < 0.3
    return bool(keeps) and moves and alone and _leaves_paper(scan) and _is_repeatable(scan)


def _turns_up_to(degrees: float) -> Callable[[_Scan], bool]:
    return lambda scan: abs(scan.angle.abs().max().item() / degrees - 1) < 0.1


SCANNER = Exercise(
    id="scanner",
    read=_scan,
    right=_is_scanner,
    praise="Angles count in degrees, shifts as a share of the side, both to either side; and the paper stays paper.",
    wrong=(
        Wrong(
            name="pixels in place of a share of the side",
            typed=("augment.Affine(rotation=20, translation=4, fill=black)",),
            hint="Here letters fly off the page: the shift is counted in sides of the image. Which share are 4 pixels?",
            shows=lambda scan: scan.ink.abs().median() < 0.5,
        ),
        Wrong(
            name="grey comes in from outside",
            typed=("augment.Affine(rotation=20, translation=4 / 28)",),
            hint="The letters move as they should, but grey corners come in with them. What is the brightness of paper "
            "once it is normalised?",
            shows=lambda scan: not _leaves_paper(scan),
        ),
        Wrong(
            name="radians for degrees",
            typed=("augment.Affine(rotation=math.radians(20), translation=4 / 28, fill=black)",),
            hint="The letters hardly turn. In which unit does the cell above give its angles?",
            shows=lambda scan: 0.01 < scan.angle.abs().max() < 1,
        ),
        Wrong(
            name="the range from end to end",
            typed=("augment.Affine(rotation=40, translation=8 / 28, fill=black)",),
            hint="Both ranges count to either side, so these letters turn and move twice as far as the scanner's.",
            shows=_turns_up_to(2 * ANGLE),
        ),
        Wrong(
            name="half the range to either side",
            typed=("augment.Affine(rotation=10, translation=2 / 28, fill=black)",),
            hint="Both ranges count to either side already. Letters go half as far here as in the scanner.",
            shows=_turns_up_to(ANGLE / 2),
        ),
        Wrong(
            name="turned and not moved",
            typed=("augment.Affine(rotation=20, fill=black)",),
            hint="The letters turn about their middle and stay there. The scanner does one thing more.",
            shows=lambda scan: _turns_up_to(ANGLE)(scan) and scan.right.abs().max() < 0.3,
        ),
    ),
    otherwise="Draw a few letters with it, as in the figure above: how far do they turn and move, and what comes in?",
)

# ------------------------------------------------------------------------------------------------------------- a recipe

Change = tuple[Recipe, Recipe]  # the student's, and the one that it should differ from


def _recipe(answer: Any) -> Recipe:
    if not isinstance(answer, Recipe):
        raise Unreadable(f"This asks for a recipe, a training.Recipe, but got {kind_of(answer)}.")
    return answer


def _changes(answer: Change) -> dict[str, Any]:
    """What differs: the names of fields, with the values they have now."""
    new, old = (dataclasses.asdict(recipe) for recipe in answer)
    return {name: value for name, value in new.items() if value != old[name]}


def _only_smooths(answer: Change, amount: float = 0.1) -> bool:
    changes = _changes(answer)
    return set(changes) == {"label_smoothing"} and math.isclose(changes["label_smoothing"], amount, rel_tol=1e-5)


ONE_CHANGE = Exercise(
    id="one-change",
    read=several(_recipe, _recipe),
    right=_only_smooths,
    praise="If the two now differ in accuracy, there is one thing only that can have done it, or the seeds.",
    wrong=(
        Wrong(
            name="a recipe from scratch",
            typed=("training.Recipe(label_smoothing=0.1)",),
            hint="What you do not name has its usual value, not that of the small budget: several things changed.",
            shows=lambda answer: not _changes((answer[0], Recipe(label_smoothing=0.1))),
        ),
        Wrong(
            name="the recipe of the large network",
            typed=("dataclasses.replace(recipe, label_smoothing=0.1)",),
            hint="You began with the recipe of SimpleCNN. It augments, for one thing: not only the smoothing differs.",
            shows=lambda answer: {"label_smoothing", "augmentation"} <= set(_changes(answer)),
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
            shows=lambda answer: len(_changes(answer)) == 2,
        ),
        Wrong(
            name="percent for a share",
            typed=("dataclasses.replace(small, label_smoothing=0.001)",),
            hint="The right change, and nothing else with it. Look at its size again.",
            shows=lambda answer: set(_changes(answer)) == {"label_smoothing"},
        ),
    ),
    otherwise="Take the recipe of the small budget and give one of its fields a new value: a copy, all else as it was.",
)

EXERCISES: tuple[Exercise, ...] = (ATTEMPTS, STEEPER, CHOICE, TWICE_THE_FILTERS, SCANNER, ONE_CHANGE)
