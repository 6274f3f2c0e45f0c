"""What a student's function says of a trained network, in both modes."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor, nn

from lessons.checks.answers import number
from lessons.checks.learning.trial import are_alike, as_numbers, defined, kept
from lessons.checks.observed import shown
from lessons.ward import Network, accuracy, course, small, trained
from lessons.ward.reports import DROPOUT, mean_loss

COUNT = 200  # images: their last batch is smaller than the others
ENOUGH = 1e-4  # by which a right number may differ

Say = Callable[..., Any]


@kept
def _trained(dropout: float) -> nn.Module:
    """Return a network that was trained in the size of a check."""
    return course(partial(trained, build=partial(Network, dropout)), size=small()).net


def unseen() -> tuple[Tensor, Tensor]:
    """Return validation images and labels."""
    images, labels = small(validation=COUNT).validation
    return images, labels


@dataclass
class Told:
    """What a function said of a network.

    Attributes
    ----------
    said : any
        What it returned.
    modes : list of bool
        Whether the network was in training mode, at each pass.
    left : bool
        Whether it is in training mode afterwards.
    truth : float
        What was to be said.
    """

    said: Any
    modes: list[bool]
    left: bool
    truth: float

    def is_right(self) -> bool:
        """Tell whether the number is what was to be said."""
        return abs(self.value() - self.truth) < ENOUGH

    def value(self) -> float:
        """Return the number that was said.

        Raises
        ------
        Unreadable
            If it is none.
        """
        try:
            return number(self.said)
        except Unreadable as error:
            raise Unreadable(f"What your function returned: {error}") from None


def told(say: Say, dropout: float, training: bool, right: Callable, *given: Any) -> Told:
    """Let a function say something of a copy of a trained network, which is in one of the modes."""
    net = deepcopy(_trained(dropout))
    truth = right(net, *unseen())
    net.train(training)
    modes: list[bool] = []
    net.register_forward_pre_hook(lambda module, _: modes.append(module.training))
    torch.manual_seed(0)
    said = say(net, *unseen(), *given)
    return Told(said, modes, net.training, truth)


def counts(say: Say) -> list[Told]:
    """Let a function count a network with dropout, which comes in training mode and then in
    evaluation mode.
    """
    return [told(say, DROPOUT, training, accuracy) for training in (True, False)]


def compares(say: Say) -> list[Told]:
    """Let a function count a network without dropout."""
    return [told(say, 0.0, True, accuracy)]


def adds_up(say: Say) -> list[Told]:
    """Let a function compute the loss of a network, with batches of two sizes."""
    return [told(say, 0.0, True, mean_loss, size) for size in (64, 48)]


def says_so(watch: Callable[[Say], list[Told]]) -> Callable[[Say], bool]:
    """Return a test whether a function says each time what was to be said."""
    return lambda say: all([each.is_right() for each in watch(say)])


def about_number(seen: list[Told]) -> str:
    """Return the first number that is not what was to be said."""
    first = next((each for each in seen if not each.is_right()), None)
    if first is None:
        return ""
    return (
        f"Of a network that the check has trained, your function says {shown(first.value())}, and"
        f" {shown(first.truth)} is right."
    )


def says_like(
    frame: str, typed: str, watch: Callable[[Say], list[Told]]
) -> Callable[[list[Told]], bool]:
    """Return evidence for a slip: all that is seen is what this slip would give.

    Parameters
    ----------
    frame : str
        The lines of the exercise above its blank.
    typed : str
        What is typed into the blank.
    watch : function
        `counts`, `compares` or `adds_up`.
    """
    return lambda seen: are_alike(_facts(seen), _slip(frame, typed, watch))


@kept
def _slip(frame: str, typed: str, watch: Callable) -> list:
    body = "\n".join(f"    {line}" for line in typed.split("\n"))
    return _facts(watch(defined(frame, body)))


def _facts(seen: list[Told]) -> list:
    return [
        [as_numbers(each.said), list(map(float, each.modes)), float(each.left)] for each in seen
    ]


# Two accuracies of one network


def share_right(net: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Return the share of images that a network has right, in the mode in which it is."""
    with torch.no_grad():
        return (net(images).argmax(dim=1) == labels).float().mean().item()


def both(say: Say) -> list[Told]:
    """Let a function say the training and the validation accuracy of a network with dropout, which
    comes in training mode.

    Raises
    ------
    Unreadable
        If it does not return two numbers.
    """
    net = deepcopy(_trained(DROPOUT))
    images, labels = small(train=COUNT).train
    sets = (images, labels), unseen()
    truths = [accuracy(net, *each) for each in sets]
    torch.manual_seed(0)
    said = say(net.train(), *sets)
    if not isinstance(said, tuple | list) or len(said) != 2:
        raise Unreadable("Your function should return two numbers: training, then validation.")
    return [Told(each, [], False, truth) for each, truth in zip(said, truths, strict=True)]


def both_like(typed: str) -> Callable[[list[Told]], bool]:
    """Return evidence for a slip: both numbers are what this slip would give."""
    return lambda seen: are_alike(_facts(seen), _slip_of_both(typed))


@kept
def _slip_of_both(typed: str) -> list:
    body = "\n".join(f"    {line}" for line in typed.split("\n"))
    frame = "def answer(net, train, validation):"
    return _facts(both(defined(frame, body, share_right=share_right)))
