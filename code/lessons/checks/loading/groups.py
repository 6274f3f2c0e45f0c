"""Splits of groups, such as the digits of one writer: what is on both sides."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor

from lessons.checks.answers import array, kind_of, whole
from lessons.checks.loading.samples import called_with_copies

Split = tuple[Tensor, Tensor]  # the writer of each digit, and whether it is in training

SPLITS: list[Split] = [
    (
        torch.tensor([4, 4, 7, 2, 2]),
        torch.tensor([True, False, True, False, False]),
    ),
    (
        torch.tensor([9, 9, 9, 1, 5, 5, 1, 8]),
        torch.tensor([True, False, True, True, False, True, False, True]),
    ),
    (
        torch.tensor([3, 3, 6, 6, 11]),
        torch.tensor([True, True, False, False, True]),
    ),
    (
        torch.tensor([2, 10, 10, 2, 13, 0, 0]),
        torch.tensor([False, True, False, False, True, False, True]),
    ),
]
Writers = frozenset[int]


def read_writers(answer: Any) -> Writers:
    """Read a set of writers: of whole numbers, in a set, list, tuple or array."""
    values = answer.tolist() if isinstance(answer, Tensor | np.ndarray) else answer
    if not isinstance(values, set | frozenset | list | tuple):
        raise Unreadable(
            f"Your function should return the writers as a set, but it returns {kind_of(answer)}."
        )
    if any(isinstance(value, bool) for value in values):
        raise Unreadable("Your function should return writers, but it returns truth values.")
    return frozenset(whole(value) for value in values)


def found_by(function: Callable[[Tensor, Tensor], Any]) -> list[Writers]:
    """Return the writers that a function finds, for each split."""
    return [read_writers(called_with_copies(function, *split)) for split in SPLITS]


def sides(split: Split) -> tuple[Writers, Writers]:
    """Return the writers of training and of validation."""
    writers, in_training = split
    return tuple(frozenset(writers[side].tolist()) for side in (in_training, ~in_training))


def finds(expected: Callable[[Writers, Writers], Iterable[int]]) -> Callable[[list], bool]:
    """Return a test whether the writers found are those of a rule for both sides."""
    return lambda seen: seen == [frozenset(expected(*sides(split))) for split in SPLITS]


def positions_found(seen: list[Writers]) -> bool:
    """Tell whether positions of digits were found where writers are asked for."""
    expected = []
    for writers, in_training in SPLITS:
        both = frozenset.intersection(*sides((writers, in_training)))
        expected.append(frozenset(k for k, one in enumerate(writers.tolist()) if one in both))
    return seen == expected


def about_writers(seen: list[Writers]) -> str:
    """Return the first split for which other writers were found than are right."""
    for found, split in zip(seen, SPLITS, strict=True):
        right = frozenset.intersection(*sides(split))
        if found != right:
            return (
                f"For the writers {split[0].tolist()}, of whom {split[1].tolist()} says which are"
                f" in training, your function finds {_listed(found)}; {_listed(right)} is right."
            )
    return ""


def _listed(writers: Writers) -> str:
    return f"{{{', '.join(map(str, sorted(writers)))}}}" if writers else "none"


PEOPLE = [  # the writer of each digit, and the fraction of writers to hold out
    (torch.tensor([5, 5, 2, 2, 2, 9, 9, 4]), 0.25),
    (torch.arange(40).repeat_interleave(3) * 7, 0.2),
    (torch.tensor([8, 3, 8, 3, 1, 1, 1, 8, 6, 6, 0, 0, 0, 0, 12, 12]).repeat(4), 0.5),
]
CALLS = 6
FEW = 5  # writers: of fewer, two draws may be the same
Masks = list[list[Tensor]]


def masks_of(function: Callable[..., Any]) -> Masks:
    """Return what several calls of a function give for the same writers."""
    return [
        [_mask(called_with_copies(function, writers, share), len(writers)) for _ in range(CALLS)]
        for writers, share in PEOPLE
    ]


def _mask(answer: Any, count: int) -> Tensor:
    values = array(answer)
    if values.shape != (count,) or not ((values == 0) | (values == 1)).all():
        raise Unreadable(
            f"For {count} digits your function should return {count} times true or false, but it"
            f" returns {kind_of(answer)}."
        )
    return values.bool()


def divided(writers: Tensor, mask: Tensor) -> int:
    """Return how many writers are on both sides of a split."""
    return len(frozenset.intersection(*sides((writers, mask))))


def held_out(writers: Tensor, mask: Tensor) -> int:
    """Return how many writers have a digit in validation."""
    return len(writers[~mask].unique())


def in_each(test: Callable[[Tensor, float, Tensor], bool]) -> Callable[[Masks], bool]:
    """Return a test whether something is true of every split that was made."""
    return lambda seen: all(
        test(writers, share, mask)
        for (writers, share), masks in zip(PEOPLE, seen, strict=True)
        for mask in masks
    )


def is_whole(writers: Tensor, share: float, mask: Tensor) -> bool:
    """Tell whether a split divides nobody and holds out as many writers as it should."""
    return divided(writers, mask) == 0 and held_out(writers, mask) == _asked(writers, share)


def is_inverted(writers: Tensor, share: float, mask: Tensor) -> bool:
    """Tell whether a split is right with training and validation exchanged, and not as it is."""
    return is_whole(writers, share, ~mask)


def draws_digits(seen: Masks) -> bool:
    """Tell whether as many digits as writers should be are held out, and writers are divided."""
    counted = in_each(
        lambda writers, share, mask: int((~mask).sum()) == round(share * len(writers))
    )
    return counted(seen) and not in_each(_divides_none)(seen)


def holds_out_others(seen: Masks) -> bool:
    """Tell whether no writer is divided, and not as many are held out as should be."""
    return in_each(_divides_none)(seen) and not in_each(is_whole)(seen)


def _divides_none(writers: Tensor, share: float, mask: Tensor) -> bool:
    return divided(writers, mask) == 0


def _asked(writers: Tensor, share: float) -> int:
    return round(share * len(writers.unique()))


def is_drawn(seen: Masks) -> bool:
    """Tell whether another call may hold out other writers."""
    return all(
        len({tuple(mask.tolist()) for mask in masks}) > 1
        for (writers, _), masks in zip(PEOPLE, seen, strict=True)
        if len(writers.unique()) > FEW
    )


def about_masks(seen: Masks) -> str:
    """Return the first thing that is wrong with the splits that were made; "" if nothing is."""
    for (writers, share), masks in zip(PEOPLE, seen, strict=True):
        people = len(writers.unique())
        for mask in masks:
            if torn := divided(writers, mask):
                return f"Of {people} writers, {torn} have digits on both sides of your split."
            if (out := held_out(writers, mask)) != _asked(writers, share):
                return (
                    f"With the fraction {share} of {people} writers, your function keeps the digits"
                    f" of {out} out of training, and {_asked(writers, share)} is asked for."
                )
    return "" if is_drawn(seen) else f"In {CALLS} calls the same writers were held out."
