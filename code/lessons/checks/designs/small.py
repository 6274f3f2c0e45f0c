"""How many validation images a small, trained network reads, measured by the check itself."""

import functools
import os
import time
from dataclasses import dataclass
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from firstcnn import data, profiles
from torch import Tensor, nn

from lessons import setting
from lessons.checks.answers import kind_of, network
from lessons.checks.designs.holdings import buffered, listed, unlisted

BUDGET = 8_000  # parameters: fewer
PART = 250  # images at a time
SECONDS = 0.8  # of processor time for reading them
PATIENCE = 3.0  # seconds for reading them on a machine that is busy with something else
CLASSES = 10


@functools.lru_cache(maxsize=2)
def _opened(profile: profiles.Profile, folder: str | None) -> tuple[Tensor, Tensor]:
    """Return the validation images, normalised as those of training, with their labels."""
    train, validation = data.open_training_sets(profile=profile)
    mean, std = data.pixel_statistics(train.images)
    images = data.prepare(validation.images, mean, std)
    return images, validation.labels


def validation_images() -> tuple[Tensor, Tensor]:
    """Return what `_opened` returns for the data and the profile of this process."""
    return _opened(profiles.current(), os.environ.get("FIRSTCNN_DATA"))


@dataclass(frozen=True)
class Trained:
    """What was seen of a network that should be small and good.

    Attributes
    ----------
    is_class : bool
        Whether a class was given in place of a network.
    parameters : int
        All the numbers that it holds.
    is_hidden : bool
        Whether ``parameters()`` leaves some of them out.
    shape : tuple of int
        Of its answer to two images.
    are_shares : bool
        Whether its ten numbers are probabilities.
    repeats : bool
        Whether it answers the same image in the same way again.
    right, seen : int
        Validation images that it reads, and that it was asked for.
    bar : float
        The share that is asked for.
    """

    is_class: bool
    parameters: int
    is_hidden: bool
    shape: tuple[int, ...]
    are_shares: bool = False
    repeats: bool = True
    right: int = 0
    seen: int = 0
    bar: float = 1.0

    @property
    def fault(self) -> str:
        """The first thing in which it is not what was asked for; "" if it is."""
        tests = {
            "class": self.is_class,
            "hidden": self.is_hidden and self.parameters >= BUDGET,
            "budget": self.parameters >= BUDGET,
            "shape": self.shape != (2, CLASSES),
            "shares": self.are_shares,
            "restless": not self.repeats,
            "guesses": self.right < min(self._wanted, self.seen / 4),
            "low": self.right < self._wanted,
        }
        return next((name for name, is_so in tests.items() if is_so), "")

    @property
    def _wanted(self) -> float:
        """How many have to be right: of part of the images some fewer, since that is chance."""
        every = self.seen == len(validation_images()[1])
        spare = 0 if every else 2 * (self.bar * (1 - self.bar) * self.seen) ** 0.5
        return self.bar * self.seen - spare - 1e-9


def read_trained(answer: Any) -> Trained:
    """Read a network, and let it read validation images."""
    net = network(answer).eval()
    images, labels = validation_images()
    made = net(images[:2].clone())
    if not isinstance(made, Tensor):
        raise Unreadable(
            "This asks for a network that answers with a tensor of logits, but it answers with"
            f" {kind_of(made)}."
        )
    more = unlisted(net, made) + buffered(net)
    held = {
        "is_class": isinstance(answer, type),
        "parameters": listed(net) + more,
        "is_hidden": more > 0,
        "shape": tuple(made.shape),
    }
    if Trained(**held, bar=0.0).fault:
        return Trained(**held)
    return Trained(**held, **_measured(net, images, labels))


def _measured(net: nn.Module, images: Tensor, labels: Tensor) -> dict:
    """Let a network read images part by part, as far as the time suffices."""
    end, late, right, seen = time.process_time() + SECONDS, time.monotonic() + PATIENCE, 0, 0
    with torch.no_grad():
        first = net(images[:PART].clone())
        repeats = torch.equal(first, net(images[:PART].clone()))
        sums = first.double().sum(dim=1)
        are_shares = bool((first >= 0).all() and ((sums - 1).abs() < 1e-3).all())
        for part, truth in zip(images.split(PART), labels.split(PART), strict=True):
            right += int((net(part.clone()).argmax(dim=1) == truth).sum())
            seen += len(part)
            if time.process_time() > end or time.monotonic() > late:
                break
    return {
        "are_shares": are_shares,
        "repeats": repeats,
        "right": right,
        "seen": seen,
        "bar": setting.bar_of_a_small_network(),
    }


def about_trained(trained: Trained) -> str:
    """Return how many validation images a network reads, and how many are asked for."""
    if not trained.seen:
        return ""
    share = 100 * trained.right / trained.seen
    return (
        f"It has {trained.parameters:,} parameters and reads {trained.right:,} of"
        f" {trained.seen:,} validation images, {share:.1f} %. {100 * trained.bar:.0f} % are asked"
        " for."
    )
