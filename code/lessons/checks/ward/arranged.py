"""What a student's function makes of images and labels, tried on a few and by training."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor

from lessons.checks.answers import kind_of
from lessons.checks.learning.trial import are_alike, kept
from lessons.ward import Course, Size, course, small, stored, trained
from lessons.ward.data import CHANCE, arranged_by, handed_out_by, prepared_by, scaled

FEW = 80  # images with which a function is tried; each holds its own number
BATCHES = 200  # that are looked at
EPOCHS = 12  # of which each hands out the whole batches alone
TRIES = (0, 1)  # seeds: an unlucky order of the images may keep one short training from learning


def enough() -> Size:
    """Return the size of a training after which chance moves the accuracy by few points."""
    return small(steps=120)


@kept
def healthy() -> Course:
    """Return what comes of a healthy training in the size of a check."""
    return course(trained, size=enough())


@kept
def healthy_when_scaled() -> Course:
    """Return the same for pixels that are only brought to the range from 0 to 1."""
    return prepared_by(scaled, 0, enough())


def comes_near(own: Course, other: Course) -> bool:
    """Tell whether a training comes within chance of a healthy one."""
    return own.accuracy > other.accuracy - CHANCE


def beside(own: Course, other: Course) -> str:
    """Return how far a training comes beside a healthy one."""
    return (
        f"Trained with this, the network has {own.accuracy:.0%} of the check's images right. A"
        f" healthy one has {other.accuracy:.0%} after as many steps."
    )


# Pixels


def prepared(prepare: Callable, pixels: Tensor) -> Tensor:
    """Return what a function makes of stored images.

    Raises
    ------
    Unreadable
        If no network could read it.
    """
    made = prepare(pixels)
    wanted = (len(pixels), 1, 28, 28)
    if not isinstance(made, Tensor) or tuple(made.shape) != wanted:
        raise Unreadable(
            f"Of {len(pixels)} images your function is to make a tensor of shape {wanted}, but it"
            f" returned {kind_of(made)}."
        )
    if made.dtype != torch.float32:
        raise Unreadable(
            f"The network computes in float32, and your function returned {made.dtype}."
        )
    return made


def _trained_on(prepare: Callable) -> Course:
    return prepared_by(lambda pixels: prepared(prepare, pixels), 0, enough())


def can_be_learned_from(prepare: Callable) -> bool:
    """Tell whether a network learns from prepared pixels as from healthy ones."""
    return comes_near(_trained_on(prepare), healthy_when_scaled())


def about_pixels(prepare: Callable) -> str:
    """Return the range of prepared pixels, and how far a training with them comes."""
    made = prepared(prepare, stored()[0][0][:FEW])
    return (
        f"The pixels of a batch now go from {made.min():.4g} to {made.max():.4g}."
        f" {beside(_trained_on(prepare), healthy_when_scaled())}"
    )


def makes(slip: Callable[[Tensor], Tensor]) -> Callable[[Callable], bool]:
    """Return evidence for a slip: a function makes the same of some pixels."""

    def shows(prepare: Callable) -> bool:
        pixels = stored()[0][0][:8]
        return are_alike(prepare(pixels), slip(pixels))

    return shows


# Images with labels


def numbered() -> tuple[Tensor, Tensor]:
    """Return images that hold their own number, and labels that follow from it."""
    numbers = torch.arange(FEW)
    return numbers.float()[:, None, None, None].expand(-1, 1, 28, 28).clone(), numbers // 3 % 10


@dataclass(frozen=True)
class Pairs:
    """Some of the numbered images, and the labels that a function gives them."""

    numbers: list[int]
    labels: list[int]

    def in_step(self) -> bool:
        """Tell whether each label is that of its image."""
        return [number // 3 % 10 for number in self.numbers] == self.labels

    def complete(self) -> bool:
        """Tell whether each image is there once."""
        return sorted(self.numbers) == list(range(FEW))


def pairs(made: Any, what: str = "It") -> Pairs:
    """Read images with their labels.

    Raises
    ------
    Unreadable
        If it is something else.
    """
    parts = made if isinstance(made, tuple | list) and len(made) == 2 else ()
    if not parts or not all(isinstance(part, Tensor) for part in parts):
        raise Unreadable(f"{what} should be images and labels, but is {kind_of(made)}.")
    images, labels = parts
    if images.shape[1:] != (1, 28, 28) or labels.shape != images.shape[:1]:
        raise Unreadable(
            f"{what} should be images (N, 1, 28, 28) and labels (N,), but they have the shapes"
            f" {tuple(images.shape)} and {tuple(labels.shape)}."
        )
    return Pairs(images[:, 0, 0, 0].long().tolist(), labels.long().tolist())


def arranged(arrange: Callable) -> Pairs:
    """Return what a function makes of the numbered images."""
    torch.manual_seed(0)
    return pairs(arrange(*numbered()), "What your function returns")


def is_in_one_new_order(arrange: Callable) -> bool:
    """Tell whether a function returns all images with their labels, mixed, and a network learns
    from them.
    """
    seen = arranged(arrange)
    new = seen.numbers != sorted(seen.numbers)
    return seen.in_step() and seen.complete() and new and _learns(arrange)


def _learns(arrange: Callable) -> bool:
    return any(comes_near(arranged_by(arrange, seed, enough()), healthy()) for seed in TRIES)


def about_order(seen: Pairs) -> str:
    """Return what can be said of images and labels in some order."""
    if len(seen.numbers) != FEW:
        return f"Of {FEW} images, your function returned {len(seen.numbers)}."
    right = sum(
        number // 3 % 10 == label for number, label in zip(seen.numbers, seen.labels, strict=True)
    )
    return (
        f"Of {FEW} images, {right} came with their own label, and {len(set(seen.numbers))}"
        " different ones are there."
    )


@dataclass(frozen=True)
class Handed:
    """The batches of an epoch, in order."""

    batches: list[Pairs]

    def all(self) -> Pairs:
        """Return all of them as one."""
        return Pairs(
            [number for each in self.batches for number in each.numbers],
            [label for each in self.batches for label in each.labels],
        )


def handed_out(pieces: Callable, seed: int = 0) -> Handed:
    """Return the batches that a function makes of the numbered images."""
    torch.manual_seed(seed)
    images, labels = numbered()
    made = pieces(images, labels)
    if not hasattr(made, "__iter__") and not hasattr(made, "__getitem__"):
        raise Unreadable(f"Your function should return batches, but it returned {kind_of(made)}.")
    return Handed([pairs(each, "Each batch") for each in islice(iter(made), BATCHES)])


def mixes(pieces: Callable) -> bool:
    """Tell whether a function hands out mixed batches, and a network learns from them."""
    seen = handed_out(pieces)
    together = seen.all()
    mixed = together.labels != sorted(together.labels) and len(seen.batches) < FEW / 4
    if not (together.in_step() and mixed and (together.complete() or _drops_last(pieces, seen))):
        return False
    return any(comes_near(handed_out_by(pieces, seed, enough()), healthy()) for seed in TRIES)


def _drops_last(pieces: Callable, seen: Handed) -> bool:
    """Tell whether a function leaves out the images that make no whole batch, and no others than in
    another epoch.
    """
    numbers = seen.all().numbers
    size = len(seen.batches[0].numbers) if seen.batches else FEW
    whole = all(len(each.numbers) == size for each in seen.batches)
    once = len(set(numbers)) == len(numbers) == FEW - FEW % size
    epochs = (handed_out(pieces, seed).all().numbers for seed in range(EPOCHS))
    return whole and once and len(set().union(*epochs)) == FEW


def about_batches(seen: Handed) -> str:
    """Return what can be said of batches."""
    sizes = [len(each.numbers) for each in seen.batches]
    made = (
        f"Of {FEW} sorted images your function makes {len(sizes)} batches, the first with"
        f" {sizes[0] if sizes else 0} images."
    )
    if not seen.all().complete():
        return f"{made} All of them hold {len(set(seen.all().numbers))} different images."
    return f"{made} A network that learns from them does not come near a healthy one."


@dataclass(frozen=True)
class Sides:
    """What a function makes of the numbered images: to learn from, and to test with."""

    train: Pairs
    test: Pairs

    def in_both(self) -> int:
        """Return how many of the test images are among the training images."""
        return len(set(self.train.numbers) & set(self.test.numbers))

    def missing(self) -> int:
        """Return how many images are in neither."""
        return FEW - len(set(self.train.numbers) | set(self.test.numbers))


def sides(split: Callable) -> Sides:
    """Return what a function splits the numbered images into."""
    torch.manual_seed(0)
    made = split(*numbered())
    if not isinstance(made, tuple | list) or len(made) != 2:
        raise Unreadable(
            "Your function should return two pairs, train and test, but it returned"
            f" {kind_of(made)}."
        )
    return Sides(pairs(made[0], "The first pair"), pairs(made[1], "The second pair"))


def splits_cleanly(split: Callable) -> bool:
    """Tell whether a function sets a quarter aside, and the test of a network that learned from the
    rest says what fresh images say.
    """
    seen = sides(split)
    clean = not seen.in_both() and not seen.missing()
    in_step = seen.train.in_step() and seen.test.in_step()
    return clean and in_step and len(seen.test.numbers) == FEW // 4 and _says_so(split)


def _says_so(split: Callable) -> bool:
    size = small(train=1024, steps=64)
    train, test = split(*size.train)
    own = course(trained, size=Size(train, size.validation, 4))
    right = own.net.eval()(test[0]).argmax(dim=1) == test[1]
    return abs(right.double().mean().item() - own.accuracy) < 2 * CHANCE


def about_sides(seen: Sides) -> str:
    """Return how many images are on which side."""
    return (
        f"Of {FEW} images, {len(seen.train.numbers)} are to learn from and"
        f" {len(seen.test.numbers)} to test with; {seen.in_both()} are in both, and"
        f" {seen.missing()} in neither."
    )
