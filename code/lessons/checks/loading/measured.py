"""A mean, a standard deviation, and the training images that are normalised by them."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from bookkit.exercises.verdict import Unreadable
from firstcnn import data, profiles
from torch import Tensor

from lessons.checks.answers import kind_of, number, same, several

CLOSE = 5e-6  # difference between two means of all pixels that are the same
ROUNDED = 6e-5  # what four decimals may change
EVERY = 50  # of so many images one is looked at


@functools.lru_cache(maxsize=2)
def _opened(profile: profiles.Profile, folder: str | None) -> tuple[dict, Tensor, int]:
    """Return mean and standard deviation of each part and of both, some training images on the
    scale from 0 to 1, and the number of all.
    """
    train, validation = (part.images for part in data.open_training_sets(profile=profile))
    named = {"training": train, "validation": validation, "both": torch.cat([train, validation])}
    statistics = {name: data.pixel_statistics(images) for name, images in named.items()}
    return statistics, train[::EVERY].double() / 255, len(train)


def _of_this_run() -> tuple[dict, Tensor, int]:
    return _opened(profiles.current(), os.environ.get("FIRSTCNN_DATA"))


def statistics(whose: str) -> tuple[float, float]:
    """Return mean and standard deviation of the images "training", "validation" or "both"."""
    return _of_this_run()[0][whose]


@dataclass(frozen=True)
class Measured:
    """Two numbers, and some of the images that were normalised by them.

    Attributes
    ----------
    mean, std : float
    normalised : Tensor
        Every fiftieth image.
    count : int
        Images in all.
    """

    mean: float
    std: float
    normalised: Tensor
    count: int

    def has(self, mean: float, std: float) -> bool:
        """Tell whether these two numbers were measured."""
        return abs(self.mean - mean) < CLOSE * max(1, abs(mean)) and (
            abs(self.std - std) < CLOSE * max(1, abs(std))
        )

    def becomes(self, change: Callable[[Tensor], Tensor]) -> bool:
        """Tell whether the images are what a function makes of pixels from 0 to 1."""
        _, fractions, count = _of_this_run()
        made = self.normalised
        made = made[:, 0] if made.ndim == 4 and made.shape[1] == 1 else made
        return self.count == count and same(made, change(fractions), 1e-3)


def _images(answer: Any) -> tuple[Tensor, int]:
    if isinstance(answer, np.ndarray):
        answer = torch.from_numpy(answer)
    if not isinstance(answer, Tensor):
        raise Unreadable(f"normalised should hold images in a tensor, but it is {kind_of(answer)}.")
    if answer.ndim not in (3, 4) or not len(answer):
        raise Unreadable(
            f"normalised has the shape {tuple(answer.shape)}; images (N, 28, 28) are asked for."
        )
    return answer.detach()[::EVERY].double(), len(answer)


def read_measured(answer: Any) -> Measured:
    """Read a mean, a standard deviation and normalised images."""
    mean, std, images = several(number, number, _images, names=("mean", "std", "normalised"))(
        answer
    )
    return Measured(mean, std, *images)


def is_right(seen: Measured) -> bool:
    """Tell whether all three are those of the training images."""
    mean, std = statistics("training")
    return seen.has(mean, std) and seen.becomes(lambda pixels: (pixels - mean) / std)


def measured_on(whose: str, factor: float = 1) -> Callable[[Measured], bool]:
    """Return a test whose mean and standard deviation the two numbers are, on which scale."""
    return lambda seen: seen.has(*(factor * each for each in statistics(whose)))


def are_exchanged(seen: Measured) -> bool:
    """Tell whether mean and standard deviation are exchanged."""
    return seen.has(*reversed(statistics("training")))


def is_variance(seen: Measured) -> bool:
    """Tell whether the second number is the variance."""
    mean, std = statistics("training")
    return seen.has(mean, std**2)


def is_typed(seen: Measured) -> bool:
    """Tell whether the numbers are the rounded ones that many programs have."""
    return seen.mean == 0.1307 and seen.std == 0.3081


def after(change: Callable[[Tensor, float, float], Tensor]) -> Callable[[Measured], bool]:
    """Return a test whether the two numbers are right, and the images what a slip makes of them."""

    def test(seen: Measured) -> bool:
        mean, std = statistics("training")
        return seen.has(mean, std) and seen.becomes(lambda pixels: change(pixels, mean, std))

    return test


def about_measured(seen: Measured) -> str:
    """Return the first of the three that is not as it should be; "" if all are."""
    for name, got, right in zip(
        ("mean", "std"), (seen.mean, seen.std), statistics("training"), strict=True
    ):
        if abs(got - right) >= ROUNDED:
            return f"{name} is {got:.6g}, and that of all training pixels is another number."
        if abs(got - right) >= CLOSE:
            return f"{name} is {got:.6g}: near that of all training pixels. Keep all digits."
    count = _of_this_run()[2]
    if seen.count != count:
        return (
            f"mean and std are right. normalised holds {seen.count:,} images, and there are"
            f" {count:,} training images."
        )
    return (
        "mean and std are right. normalised is not what comes of subtracting the one from the"
        " pixels and dividing by the other."
    )
