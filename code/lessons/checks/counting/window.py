"""A kernel of 3 × 3 weights: what it gives for patches of a stroke."""

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
    48: "what comes out if the brightness is multiplied in twice",
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


BRIGHT = 4.0

OLD = torch.tensor([[-1.0, -1.0, -1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]], dtype=torch.float64)

SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]], dtype=torch.float64)

COLUMNS = {  # the pixels of the three columns of a patch, and the response that is asked for
    "bright pixels everywhere": ((BRIGHT, BRIGHT, BRIGHT), 0),
    "bright pixels in the right column alone": ((0, 0, BRIGHT), 12),
    "bright pixels in the middle and the right column": ((0, BRIGHT, BRIGHT), 12),
    "bright pixels in the left column alone": ((BRIGHT, 0, 0), -12),
    "bright pixels in the left and the middle column": ((BRIGHT, BRIGHT, 0), -12),
}

ROWS = {
    "bright pixels in the lower row alone": ((0, 0, BRIGHT), 0),
    "bright pixels in the upper row alone": ((BRIGHT, 0, 0), 0),
    "bright pixels in the two lower rows": ((0, BRIGHT, BRIGHT), 0),
}


def read_window(answer: Any) -> Tensor:
    """Read a kernel of 3 × 3 weights, which may have axes of length 1 before it, as PyTorch keeps
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
    """Return, for each patch, its name, what a kernel gives for it, and what it should give."""
    across = [
        (name, weights.sum(dim=0), pixels, right) for name, (pixels, right) in COLUMNS.items()
    ]
    down = [(name, weights.sum(dim=1), pixels, right) for name, (pixels, right) in ROWS.items()]
    return [
        (name, (sums @ torch.tensor(pixels, dtype=torch.float64)).item(), right)
        for name, sums, pixels, right in across + down
    ]


def answers_like(
    columns: tuple[float, ...], rows: tuple[float, ...] = (0, 0, 0)
) -> Callable[[Tensor], bool]:
    """Return a test whether the columns and rows of a kernel add up to this: its response to edges
    need no more.
    """
    asked = torch.tensor([columns, rows], dtype=torch.float64)
    return lambda weights: same(torch.stack([weights.sum(dim=0), weights.sum(dim=1)]), asked)


def only_adds(weights: Tensor) -> bool:
    """Tell whether a kernel subtracts nothing, and so gives something where all nine pixels are
    the same.
    """
    return bool(weights.min() >= 0) and weights.sum().item() > 1e-4


def sees(weights: Tensor) -> tuple[bool, bool]:
    """Tell whether a kernel responds to edges from left to right, and to edges from top to
    bottom.
    """
    return tuple(bool(weights.sum(dim=axis).abs().max() > 1e-4) for axis in (0, 1))


def rows_in_use(weights: Tensor) -> int:
    """Return in how many rows of a kernel there is a weight other than 0."""
    return int((weights.abs() > 1e-4).any(dim=1).sum())


def about_window(weights: Tensor) -> str:
    """Return the first patch for which a kernel gives something else than it should."""
    name, answer, right = next(
        each for each in answers_of(weights) if abs(each[1] - each[2]) > 1e-3
    )
    return (
        f"For a patch with {name} your kernel gives {shown(round(answer, 4))}, and {right} is"
        " asked for."
    )
