"""An observation that is chosen, and a cure that is tried by training with it."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bookkit.exercises.verdict import Exercise, Unreadable, Wrong
from torch import Tensor, nn

from lessons.checks.answers import function, kind_of, word
from lessons.checks.learning.trial import are_alike, kept
from lessons.ward import PATIENTS, Course, Size, course, small, trained
from lessons.ward.engine import BATCH, Train

TRAINING = 5  # seconds that a check may take which trains a network

RETURNS = "Your function is to return net, optimizer and losses, in this order"


def observation(
    id: str, right: str, praise: str, otherwise: str, wrong: Mapping[str, str]
) -> Exercise:
    """Return the exercise in which a reader chooses one of several observations.

    Parameters
    ----------
    id, right, praise, otherwise : str
        As of an `Exercise`.
    wrong : mapping
        From each other choice to its hint: why it does not tell the illnesses apart.
    """
    return Exercise(
        id=id,
        read=word,
        right=lambda chosen: chosen == right,
        praise=praise,
        otherwise=otherwise,
        wrong=tuple(
            Wrong(choice, (f'"{choice}"',), hint, partial(_is, choice))
            for choice, hint in wrong.items()
        ),
    )


def _is(choice: str, chosen: str) -> bool:
    return chosen == choice


def cure(number: int, id: str, praise: str, otherwise: str, wrong: tuple[Wrong, ...]) -> Exercise:
    """Return the exercise in which a reader cures a patient that is a training.

    It is right if a training with it comes within a point of a healthy one, without the symptom.
    Mistakes that have a name are found by their first steps, which is quicker.
    """
    patient = PATIENTS[number]

    def cures(train: Train) -> bool:
        seen = Seen(train)
        is_named = any(each.shows(seen) for each in wrong)
        return not is_named and patient.is_cured(tried(train), healthy(patient.well))

    return Exercise(
        id=id,
        read=function,
        seconds=TRAINING,
        right=cures,
        look=Seen,
        observed=lambda seen: about(seen.train, patient.well),
        praise=praise,
        otherwise=otherwise,
        wrong=wrong,
    )


class Seen:
    """A training, and what is seen of six steps on three batches: losses, weights, gradients."""

    def __init__(self, train: Train):
        few = tried(train, small(train=192, steps=6, validation=10))
        parameters = list(few.net.parameters())
        gradients = [each.grad for each in parameters]
        self.train = train
        self.facts = [few.losses, [each.detach() for each in parameters], gradients]


def like(slip: Train = trained, **exchanged: Any) -> Callable[[Seen], bool]:
    """Return evidence for a slip: six steps go as those of a training with this slip, or of a
    healthy one with a part exchanged, as `trained` takes it.
    """
    of_slip = partial(slip, **exchanged)
    return lambda seen: are_alike(seen.facts, _facts(of_slip))


@kept
def _facts(slip: Train) -> list:
    return Seen(slip).facts


def check_size() -> Size:
    """Return the size of a training that ends in time, on a slow machine too."""
    return small(train=1280, steps=40, validation=600)


def with_other_labels(size: Size) -> Size:
    """Return a size in which each digit is called by the next one's name: a network that was
    trained elsewhere has none of them right.
    """
    learn, measure = (
        (images, (labels + 1) % 10) for images, labels in (size.train, size.validation)
    )
    return Size(learn, measure, size.epochs)


def tried(train: Train, size: Size | None = None) -> Course:
    """Return what comes of a training in a size that a check can wait for.

    Raises
    ------
    Unreadable
        If it returns something else than a network, its optimiser and the losses of its steps.
    """
    return course(partial(_returned, train), size=with_other_labels(size or check_size()))


def _returned(train: Train, images: Tensor, labels: Tensor, epochs: int) -> tuple:
    returned = train(images, labels, epochs)
    if not isinstance(returned, tuple | list) or len(returned) != 3:
        raise Unreadable(f"{RETURNS}, but it returned {kind_of(returned)}.")
    net, optimizer, losses = returned
    if not isinstance(net, nn.Module):
        raise Unreadable(f"{RETURNS}, but the first of them is {kind_of(net)}.")
    if not isinstance(losses, list) or not all(type(each) is float for each in losses):
        raise Unreadable("The losses are to be a list of numbers: loss.item() of each step.")
    steps = epochs * math.ceil(len(labels) / BATCH)
    if len(losses) != steps:
        raise Unreadable(
            f"Your function returns {len(losses)} losses, and {epochs} epochs of these images have"
            f" {steps} batches."
        )
    return net, optimizer, losses


@kept
def healthy(well: Train = trained) -> Course:
    """Return what comes of a healthy training in the size of a check."""
    return tried(well)


def about(train: Train, well: Train) -> str:
    """Return how far a training comes beside a healthy one."""
    own, other = tried(train), healthy(well)
    return (
        f"Trained with this, the network has {own.accuracy:.0%} of the check's images right, with a"
        f" loss of {own.end:.2f} at the end. A healthy one reaches {other.accuracy:.0%} and"
        f" {other.end:.2f} in as many steps."
    )
