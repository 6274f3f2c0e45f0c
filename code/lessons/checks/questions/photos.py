"""A photograph of a digit, dark on paper, made into what MNIST has."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor

from lessons.checks.answers import array, same
from lessons.checks.observed import about_array

SIDE, MIDDLE, PAPER = 28, 14, 195


@cache
def photos() -> tuple[Tensor, ...]:
    """Return photographs (28, 28) of strokes: dark on paper that is not quite white."""
    draw = torch.Generator().manual_seed(2)
    made = []
    for top, left, high, wide in ((3, 2, 12, 4), (10, 15, 6, 9), (1, 6, 17, 3), (13, 4, 5, 14)):
        photo = torch.randint(PAPER + 1, 256, (SIDE, SIDE), generator=draw)
        stroke = torch.randint(5, 120, (high, wide), generator=draw)
        photo[top : top + high, left : left + wide] = stroke
        photo[top : top + 2, left : left + wide + 3] = 40  # a foot, so that no photo is symmetric
        photo[top + 2, left], photo[0, 0] = PAPER, PAPER + 1  # the darkest paper, the palest stroke
        made.append(photo)
    return tuple(made)


def prepared(
    photo: Tensor,
    inverted: bool = True,
    paper: bool = True,
    scaled: bool = True,
    centred: bool = True,
    exchanged: bool = False,
    backwards: bool = False,
) -> Tensor:
    """Return a photograph as MNIST has its digits, or with one of its steps left out or wrong."""
    image = 255.0 - photo if inverted else photo.double()
    if paper:
        image = torch.where(photo > PAPER, torch.zeros_like(image, dtype=image.dtype), image)
    if scaled:
        image = image / 255
    if centred:
        mass = image.sum()
        row, column = (
            (image.sum(dim=1 - axis) * torch.arange(SIDE)).sum() / mass for axis in (0, 1)
        )
        down, right = (round(MIDDLE - each.item()) for each in (row, column))
        down, right = (right, down) if exchanged else (down, right)
        down, right = (-down, -right) if backwards else (down, right)
        image = image.roll((down, right), (0, 1))
    return image


def prepared_by(function: Callable) -> list[Any]:
    """Return what a function makes of each photograph, on a copy."""
    return [_read(function(photo.clone())) for photo in photos()]


def _read(value: Any) -> Any:
    try:
        values = array(value)
    except Unreadable:
        return value
    return values.reshape(SIDE, SIDE) if values.numel() == SIDE * SIDE else values


def are_prepared(**otherwise: bool) -> Callable[[list[Any]], bool]:
    """Return a test whether photographs came out so."""

    def tells(made: list[Any]) -> bool:
        pairs = zip(photos(), made, strict=True)
        return all(same(own, prepared(photo, **otherwise)) for photo, own in pairs)

    return tells


def about_prepared(made: list[Any]) -> str:
    """Return what the first photograph became, as far as it is not what was asked for."""
    own, right = made[0], prepared(photos()[0])
    if not isinstance(own, Tensor):
        return "It does not return an image."
    if own.shape != right.shape:
        return about_array(own, right, "What it returns")
    low, high = own.min().item(), own.max().item()
    if (round(low, 3), round(high, 3)) != (
        round(right.min().item(), 3),
        round(right.max().item(), 3),
    ):
        return f"Of one photograph it makes numbers from {low:.3g} to {high:.3g}."
    return "The numbers have the right range, but not all of them are where they should be."
