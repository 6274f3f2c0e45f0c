"""Patients whose images or labels are ill."""

from collections.abc import Callable, Iterable
from functools import cache, partial

from torch import Tensor

from lessons.ward.engine import (
    BATCH,
    Course,
    Pair,
    Size,
    course,
    images,
    stored,
    trained,
    usual,
)
from lessons.ward.patient import Patient
from lessons.ward.report import Report, Reported

OWNED, STEPS = 800, 200  # images of one owner; steps in which a network learns them by heart
CALM = 0.02  # a rate at which no network dies of so few images
CHANCE = 0.08  # by which the accuracies of two short healthy trainings differ at most


def scaled(pixels: Tensor) -> Tensor:
    """Return stored images (N, 28, 28) with pixels from 0 to 1, (N, 1, 28, 28)."""
    return pixels[:, None].float() / 255


def prepared_by(prepare: Callable[[Tensor], Tensor], seed: int, size: Size | None = None) -> Course:
    """Return what comes of a training on pixels that a function has prepared.

    Parameters
    ----------
    prepare : function
        From stored images, uint8 (N, 28, 28), to what a network is given, (N, 1, 28, 28).
    seed : int
    size : Size, optional
    """
    size = size or usual()
    train, validation = (
        (prepare(pixels[: len(labels)]), labels)
        for (pixels, _), (_, labels) in zip(stored(), (size.train, size.validation), strict=True)
    )
    return course(trained, seed, Size(train, validation, size.epochs))


def arranged_by(
    arrange: Callable[[Tensor, Tensor], Pair], seed: int, size: Size | None = None
) -> Course:
    """Return what comes of a training on the images and labels that a function returns."""
    return course(
        lambda images, labels, epochs: trained(*arrange(images, labels), epochs), seed, size
    )


def handed_out_by(
    pieces: Callable[[Tensor, Tensor], Iterable[Pair]], seed: int, size: Size | None = None
) -> Course:
    """Return what comes of a training on the batches that a function makes in each epoch."""
    return course(partial(trained, pieces=pieces), seed, size)


def split_by(
    split: Callable[[Tensor, Tensor], tuple[Pair, Pair]], seed: int, size: Size | None = None
) -> Reported:
    """Return what comes of a training on few images, many times over, tested on what a function
    sets aside of them.

    Parameters
    ----------
    split : function
        From images and labels to a pair to learn from and a pair to test with.
    seed : int
    size : Size, optional
        Is not read: so few images are the same in any size.
    """
    own = _tested_on(split, seed)
    return Reported(own.net, own.optimizer, own.losses, own.accuracy, truth=_honest(seed))


def _tested_on(split: Callable, seed: int) -> Course:
    train, test = split(*(part[:OWNED] for part in images()[0]))
    epochs = round(STEPS / -(-len(train[1]) // BATCH))
    return course(partial(trained, lr=CALM), seed, Size(train, test, epochs))


@cache
def _honest(seed: int) -> float:
    return _tested_on(apart, seed).accuracy


def apart(images: Tensor, labels: Tensor) -> tuple[Pair, Pair]:
    """Return three quarters of the images to learn from, and the others to test with."""
    count = len(labels) // 4
    return (images[count:], labels[count:]), (images[:count], labels[:count])


def two_classes(images: Tensor, labels: Tensor) -> tuple[Pair, Pair]:
    """Split the images with the labels 0 and 1, as `apart` does."""
    few = labels < 2
    return apart(images[few], labels[few])


def easy_test(images: Tensor, labels: Tensor) -> tuple[Pair, Pair]:
    """Split as `apart` does, and test with the images that have the labels 0 and 1 alone."""
    train, (tests, names) = apart(images, labels)
    return train, (tests[names < 2], names[names < 2])


class Rearranged(Patient):
    """A patient whose cure takes its steps with other batches than the healthy training: in a short
    one, chance alone moves the accuracy by some points.
    """

    def is_cured(self, own: Course, healthy: Course) -> bool:
        """Tell whether what came of a cure is within chance of the healthy one, without the
        symptom.
        """
        return own.accuracy > healthy.accuracy - CHANCE and not self.symptom(own, healthy)


def _is_at_chance(own: Course, healthy: Course) -> bool:
    return own.accuracy < 0.25 and healthy.accuracy > 0.5


def _begins_badly(own: Course, healthy: Course) -> bool:
    return bool(own.losses[0] > 4) and own.accuracy < healthy.accuracy - 0.05


def _is_too_good(own: Course, healthy: Course) -> bool:
    return own.accuracy > 0.985 and own.accuracy > healthy.accuracy + 0.02


PATIENTS: dict[int, Patient] = {
    9: Rearranged(
        "ward-data", _begins_badly, tells=lambda pixel: pixel > 100, steps=150, take=prepared_by
    ),
    10: Rearranged(
        "ward-data", _is_at_chance, tells=lambda loss: loss < 0.1, steps=150, take=arranged_by
    ),
    11: Rearranged(
        "ward-data", _is_at_chance, tells=lambda labels: labels == 1, steps=150, take=handed_out_by
    ),
    12: Report("ward-data", _is_too_good, tells=lambda images: images > 0, take=split_by),
}
