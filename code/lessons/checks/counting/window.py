"""A window of 3 × 3 weights: what it answers to patches of ink."""

from collections.abc import Callable
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor

from lessons.checks.answers import array, kind_of, same
from lessons.checks.observed import about_number, shown

PRODUCTS = {  # what a wrong answer is, by its size: if it is below 0
    1: "a single weight of the upper row",
    3: "the sum of the three weights of the upper row",
    4: "one of the nine products",
    48: "what comes out if the ink is multiplied in twice",
    64: "three of the products multiplied; products are added",
}


def about_products(answer: float) -> str:
    """Return what can be said of a wrong sum of nine products: which products come to it."""
    if answer in (-8, 8):
        return (
            f"{shown(answer)} is what two of the nine products come to,"
            f" {'' if answer < 0 else 'but for the sign, '}and more of them are not 0."
        )
    if (size := abs(answer)) in PRODUCTS:
        return f"{shown(answer)} is {PRODUCTS[size]}{'' if answer < 0 else ', but for the sign'}."
    if abs(answer) == 36:
        return (
            f"{shown(answer)} comes out if all nine pixels are 4 and all nine weights are"
            f" {shown(answer / 36)}."
        )
    return about_number(answer, -12)


INK = 4.0

OLD = torch.tensor([[-1.0, -1.0, -1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]], dtype=torch.float64)

SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]], dtype=torch.float64)

COLUMNS = {  # the ink in each of the three columns of a patch, and what should be answered
    "ink everywhere": ((INK, INK, INK), 0),
    "ink in the right column alone": ((0, 0, INK), 12),
    "ink in the middle and the right column": ((0, INK, INK), 12),
    "ink in the left column alone": ((INK, 0, 0), -12),
    "ink in the left and the middle column": ((INK, INK, 0), -12),
}

ROWS = {
    "ink in the lower row alone": ((0, 0, INK), 0),
    "ink in the upper row alone": ((INK, 0, 0), 0),
    "ink in the two lower rows": ((0, INK, INK), 0),
}


def read_window(answer: Any) -> Tensor:
    """Read a window of 3 × 3 weights, which may have axes of length 1 before it, as PyTorch keeps
    it.
    """
    rows = answer[:9] if isinstance(answer, list | tuple) else []
    lengths = [len(row) for row in rows if isinstance(row, list | tuple)]
    if len(set(lengths)) > 1 and len(lengths) == len(rows):
        counted = ", ".join(map(str, lengths))
        raise Unreadable(
            f"This asks for three rows of three weights, but the rows have {counted} weights."
        )
    weights = array(answer)
    if weights.squeeze().shape != (3, 3):
        shape = (
            f"{kind_of(answer)} of shape {tuple(weights.shape)}"
            if isinstance(answer, list)
            else kind_of(answer)
        )
        raise Unreadable(f"This asks for three rows of three weights, but got {shape}.")
    return weights.squeeze()


def answers_of(weights: Tensor) -> list[tuple[str, float, float]]:
    """Return, for each patch, its name, what a window answers to it, and what it should answer."""
    across = [(name, weights.sum(dim=0), ink, right) for name, (ink, right) in COLUMNS.items()]
    down = [(name, weights.sum(dim=1), ink, right) for name, (ink, right) in ROWS.items()]
    return [
        (name, (sums @ torch.tensor(ink, dtype=torch.float64)).item(), right)
        for name, sums, ink, right in across + down
    ]


def answers_like(
    columns: tuple[float, ...], rows: tuple[float, ...] = (0, 0, 0)
) -> Callable[[Tensor], bool]:
    """Return a test whether the columns and rows of a window add up to this: its answers to edges
    need no more.
    """
    asked = torch.tensor([columns, rows], dtype=torch.float64)
    return lambda weights: same(torch.stack([weights.sum(dim=0), weights.sum(dim=1)]), asked)


def only_adds(weights: Tensor) -> bool:
    """Tell whether a window subtracts nothing, and so answers something where all nine pixels are
    the same.
    """
    return bool(weights.min() >= 0) and weights.sum().item() > 1e-4


def sees(weights: Tensor) -> tuple[bool, bool]:
    """Tell whether a window answers to edges from left to right, and to edges from top to
    bottom.
    """
    return tuple(bool(weights.sum(dim=axis).abs().max() > 1e-4) for axis in (0, 1))


def rows_in_use(weights: Tensor) -> int:
    """Return in how many rows of a window there is a weight other than 0."""
    return int((weights.abs() > 1e-4).any(dim=1).sum())


def about_window(weights: Tensor) -> str:
    """Return the first patch that a window answers otherwise than it should."""
    name, answer, right = next(
        each for each in answers_of(weights) if abs(each[1] - each[2]) > 1e-3
    )
    return (
        f"To a patch with {name} your window answers {shown(round(answer, 4))}, and {right} is"
        " asked for."
    )
