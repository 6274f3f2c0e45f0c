"""Images cut into two sets and normalised, tried on small images."""

from collections.abc import Callable
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor
from torch.utils.data import TensorDataset

from lessons.checks.answers import array, kind_of, same
from lessons.checks.learning.trial import defined, kept
from lessons.checks.observed import about_array

FRAME = ("def answer(pixels, labels, count):",)
PRINTED = 1e-3
NAMES = ("training images", "training labels", "validation images", "validation labels")


@kept
def _sample(seed: int) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(seed)
    pixels = torch.randint(256, (9 + seed, 5, 5), generator=draw, dtype=torch.uint8)
    pixels[6:] //= 2  # the rest is darker
    return pixels, torch.randint(10, (9 + seed,), generator=draw)


def sets_of(prepare: Callable) -> list[list[Tensor]]:
    """Return what a function makes of two samples: images and labels of both sets."""
    found = []
    for seed in (1, 2):
        pixels, labels = _sample(seed)
        found.append(_tensors_of(prepare(pixels.clone(), labels.clone(), 6)))
    return found


def _tensors_of(returned: Any) -> list[Tensor]:
    """Read two sets, each a dataset of tensors or a pair."""
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        raise Unreadable(
            f"Your function should return two sets, but it returned {kind_of(returned)}."
        )
    pairs = [each.tensors if isinstance(each, TensorDataset) else each for each in returned]
    if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):
        raise Unreadable("Each of the two sets should hold images and labels.")
    return [array(each).double() for pair in pairs for each in pair]


def _expected(seed: int, correction: int) -> list[Tensor]:
    pixels, labels = _sample(seed)
    images = pixels[:, None].double() / 255
    images = (images - images[:6].mean()) / images[:6].std(correction=correction)
    return [images[:6], labels[:6].double(), images[6:], labels[6:].double()]


def _are_same(one: list[Tensor], other: list[Tensor]) -> bool:
    return all(
        mine.shape == own.shape and same(mine, own, PRINTED)
        for mine, own in zip(one, other, strict=True)
    )


def splits_rightly(prepare: Callable) -> bool:
    """Tell whether a function makes both sets as it should, with n or n − 1 in the standard
    deviation.
    """
    seen = sets_of(prepare)
    return any(
        all(_are_same(seen[k], _expected(k + 1, correction)) for k in (0, 1))
        for correction in (0, 1)
    )


def about_split(seen: list[list[Tensor]]) -> str:
    """Return the first of the four tensors that is not right."""
    for k, made in enumerate(seen):
        for name, own, right in zip(NAMES, made, _expected(k + 1, 1), strict=True):
            if own.shape != right.shape or not same(own, right, PRINTED):
                return f"Of a small set: {about_array(own, right, f'What stands for the {name}')}"
    return ""


@kept
def _slip(typed: str) -> list:
    return sets_of(defined(*FRAME, typed, TensorDataset=TensorDataset))


def splits_like(*lines: str) -> dict[str, Any]:
    """Return what is typed by a slip, and evidence for it: both sets are what it would give."""
    typed = "\n".join(f"    {line}" for line in lines)
    return {
        "typed": (typed,),
        "shows": lambda seen: all(map(_are_same, seen, _slip(typed))),
    }
