"""What a transform makes of pictures."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bookkit.exercises.errors import explained, is_of_the_answer
from bookkit.exercises.verdict import Unreadable
from PIL import Image
from torch import Tensor

from lessons.checks.answers import (
    array,
    function,
    kind_of,
    number,
    same,
    several,
)
from lessons.checks.loading.samples import FRACTIONS, PICTURES, all_same, scale_of
from lessons.checks.observed import about_array

COPIES = 64  # of each picture

PATIENCE = 0.2  # seconds of processor time, after which fewer copies have to do


@dataclass(frozen=True)
class Made:
    """What a transform made of each picture, and whether it makes the same of it in every call."""

    tensors: tuple[Tensor, ...] = ()
    changes: bool = False
    error: BaseException | None = None

    def is_close_to(self, expected: Sequence[Tensor]) -> bool:
        """Tell whether it makes these tensors, always."""
        return (
            len(self.tensors) == len(expected)
            and not self.changes
            and all_same(self.tensors, expected, 1e-5)
        )

    def scale(self) -> tuple[float, float] | None:
        """Return what is subtracted from the fractions, and what they are divided by; None if it is
        not so simple.
        """
        if not self.tensors or self.changes or self.tensors[0].shape != FRACTIONS[0].shape:
            return None
        scale = scale_of(FRACTIONS[0], self.tensors[0])
        is_right = scale and scale[1] > 0 and self.is_close_to(normalised_by(*scale))
        return scale if is_right else None


def made_by(transform: Callable[[Image.Image], Any]) -> Made:
    """Put every picture through a transform, many times.

    Raises
    ------
    Unreadable
        If it makes something else than tensors.
    """
    began, first = time.process_time(), _once(transform)
    changes = False
    for copy in range(COPIES):
        if copy > 2 and time.process_time() - began > PATIENCE:
            break
        changes = changes or not all_same(_once(transform), first, tolerance=1e-6)
    return Made(tuple(first), changes)


def _once(transform: Callable[[Image.Image], Any]) -> list[Tensor]:
    made = [transform(each.copy()) for each in PICTURES]
    for each in made:
        if not isinstance(each, Tensor):
            raise Unreadable(
                f"The transform should make a tensor of a picture, but it made {kind_of(each)}."
            )
    return [array(each) for each in made]


def tried(transform: Any) -> Made:
    """Put pictures through a transform; keep the error if it is none that can be called on a
    picture.
    """
    try:
        return made_by(transform)
    except Unreadable:
        raise
    except Exception as error:
        if is_of_the_answer(error):
            raise
        return Made(error=error)


def about_made(made: Made, name: str, expected: Sequence[Tensor]) -> str:
    """Return how what a transform makes of pictures differs from what it should make; "" if it does
    not.
    """
    if made.error is not None:
        return f"{name} stops with {explained(made.error)}"
    if made.changes:
        return f"{name} makes something else of the same picture from call to call."
    if made.is_close_to(expected):
        return ""
    if scale := made.scale():
        return (
            f"{name} subtracts {scale[0]:z.4f} from the fractions and divides by {scale[1]:z.4f}."
        )
    wrong = next(k for k in range(len(expected)) if not same(made.tensors[k], expected[k], 1e-5))
    return about_array(
        made.tensors[wrong], expected[wrong], f"What {name[0].lower()}{name[1:]} makes of a picture"
    )


@dataclass(frozen=True)
class Pair:
    """What both transforms make of pictures, and the training set's mean and standard deviation."""

    training: Made
    testing: Made
    mean: float
    std: float

    def become(
        self, training: tuple[float, float], testing: tuple[float, float] | None = None
    ) -> bool:
        """Tell whether the pictures are normalised by these numbers, for testing by others if they
        are given.
        """
        asked = (training, training if testing is None else testing)
        return all(
            made.is_close_to(normalised_by(*numbers))
            for made, numbers in zip((self.training, self.testing), asked, strict=True)
        )


AS_THEY_ARE = (0.0, 1.0)  # subtracted from the fractions, and what they are divided by


def normalised_by(mean: float, std: float) -> list[Tensor]:
    """Return each picture, normalised by hand."""
    return [(each - mean) / std for each in FRACTIONS]


def read_transforms(answer: Any) -> Pair:
    """Read two transforms and two numbers, and put pictures through the transforms."""
    training, testing, mean, std = several(function, function, number, number)(answer)
    if not (0 < mean < 0.5 and 0 < std < 0.5):
        raise Unreadable(
            f"The names mean and std hold {mean:.4g} and {std:.4g} here. Before this cell they held"
            " the training set's mean and standard deviation, which lie between 0 and 0.5."
        )
    return Pair(tried(training), tried(testing), mean, std)


def about_transforms(seen: Pair) -> str:
    """Return what is wrong with the first of the two transforms that is not as it should be."""
    right = normalised_by(seen.mean, seen.std)
    for made, name in (
        (seen.training, "The training transform"),
        (seen.testing, "The test transform"),
    ):
        if about := about_made(made, name, right):
            return (
                f"{about} The training set's mean is {seen.mean:.4f}, its standard deviation"
                f" {seen.std:.4f}."
            )
    return ""


def gets_a_picture(error: BaseException) -> bool:
    """Tell whether an error says that a picture came to what takes tensors."""
    return isinstance(error, TypeError) and "img should be Tensor Image" in str(error)
