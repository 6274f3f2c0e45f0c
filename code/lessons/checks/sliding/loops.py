"""Convolution written with loops, tried on images and kernels that the student has not seen."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor
from torch.nn import functional as F

from lessons.checks.answers import array, kind_of, same
from lessons.checks.learning.trial import kept
from lessons.checks.observed import shown
from lessons.checks.sliding.tried import Tried, function_of, like, stopped_or_tried, tried_on

HEAD = "def answer(image, kernel):"

BODY = """\
    size = len(kernel)
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    response = torch.zeros(rows, columns)
    for row in range(rows):
        for column in range(columns):
            patch = image[row : row + size, column : column + size]
            response[row, column] = (patch * kernel).sum()
    return response"""

SHAPES = (  # height, width, side of the kernel, type; the square image with a kernel of 3 × 3 first
    (6, 6, 3, torch.float32),
    (7, 5, 3, torch.float32),
    (4, 8, 3, torch.float64),
    (9, 6, 5, torch.float32),
    (5, 4, 2, torch.float32),
    (3, 4, 1, torch.float64),
    (5, 5, 5, torch.float32),
)


def pair(height: int, width: int, side: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return a random image and a random kernel, the same ones each time."""
    draw = torch.Generator().manual_seed(100 * height + 10 * width + side)
    shapes = (height, width), (side, side)
    return tuple(torch.randn(shape, generator=draw, dtype=dtype) for shape in shapes)


def _case(shape: tuple, function: Callable) -> list:
    """Return what a function makes of a pair, and whether it left both as they were."""
    given = pair(*shape)
    returned = function(*given)
    untouched = all(map(torch.equal, given, pair(*shape)))
    return [_read(returned), float(untouched)]


def _read(returned: Any) -> Tensor | str:
    try:
        return array(returned)
    except Unreadable:
        return kind_of(returned)


CASES = tuple(partial(_case, shape) for shape in SHAPES)
try_out = partial(tried_on, CASES)


@kept
def right_answers() -> list[Tensor]:
    """Return what `conv2d` makes of each pair."""
    pairs = (pair(*shape) for shape in SHAPES)
    return [F.conv2d(image[None, None], kernel[None, None])[0, 0] for image, kernel in pairs]


def convolves(function: Callable) -> bool:
    """Tell whether a function is right on every pair, and leaves image and kernel as they were."""
    found = zip(try_out(function).found, right_answers(), strict=True)
    return all(
        isinstance(answer, Tensor) and same(answer, right) and bool(untouched)
        for (answer, untouched), right in found
    )


@kept
def _slip(body: str) -> Tried:
    return stopped_or_tried(try_out, function_of(HEAD, body))


def convolves_like(*bodies: str) -> dict[str, Any]:
    """Return what is typed by a slip, in one or several forms, and evidence for it."""
    return like(lambda: [_slip(body) for body in bodies], bodies[0])


def about_convolution(seen: Tried) -> str:
    """Return the first pair on which a function gives something else than it should."""
    for shape, (answer, untouched), right in zip(SHAPES, seen.found, right_answers(), strict=True):
        height, width, side, _ = shape
        where = f"For an image of {height} × {width} and a kernel of {side} × {side}"
        if said := _about_one(answer, right):
            return f"{where} {said}"
        if not untouched:
            return f"{where} the numbers are right, but your function changed what it was given."
    return ""


def _about_one(answer: Tensor | str, right: Tensor) -> str:
    """Return what is wrong with one answer; "" if it is right."""
    if isinstance(answer, str):
        return f"your function returns {answer}, where a tensor of numbers is asked for."
    if answer.shape != right.shape:
        return (
            f"your function returns the shape {tuple(answer.shape)}, where"
            f" {tuple(right.shape)} is asked for."
        )
    wrong = ~torch.isclose(answer, right.double(), rtol=1e-4, atol=1e-4)
    if not wrong.any():
        return ""
    row, column = wrong.nonzero()[0].tolist()
    value, asked = (shown(each[row, column].item()) for each in (answer, right))
    return (
        f"the first wrong number is that in row {row}, column {column}, counted from 0: {value},"
        f" where {asked} is right."
    )
