"""Patients whose training is healthy, and whose report is ill or looks ill."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.ward.data import CHANCE, Rearranged
from lessons.ward.engine import Course, Network, Size, accuracy, course, trained, usual
from lessons.ward.patient import Patient
from lessons.ward.report import Report, Reported

DROPOUT = 0.5
Say = Callable[[nn.Module, Tensor, Tensor], float]

with_dropout = partial(trained, build=partial(Network, DROPOUT))


def told(
    say: Say,
    seed: int,
    size: Size | None = None,
    *,
    train: Callable = trained,
    right: Say = accuracy,
) -> Reported:
    """Return what comes of a training whose owner reports what a function says.

    Parameters
    ----------
    say : function
        From a network, which it gets in training mode, images and labels to a number.
    seed : int
    size : Size, optional
    train : function
        The training.
    right : function
        What says the right number.
    """
    size = size or usual()
    own = course(train, seed, size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        said = say(own.net.train(), *size.validation)
    truth = right(own.net, *size.validation)
    return Reported(own.net, own.optimizer, own.losses, said, truth=truth)


def two_numbers(
    say: Callable[[nn.Module, tuple, tuple], tuple[float, float]],
    seed: int,
    size: Size | None = None,
) -> Course:
    """Return what comes of a training of which a function says training and validation accuracy:
    the course has the second.
    """
    size = size or usual()
    own = course(with_dropout, seed, size)
    _, validation = say(own.net, size.train, size.validation)
    return Course(own.net, own.optimizer, own.losses, validation)


def mean_loss(net: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Return the mean loss of images, in evaluation mode."""
    with torch.no_grad():
        return F.cross_entropy(net.eval()(images), labels).item()


def _is_below_the_truth(own: Course, healthy: Course) -> bool:
    return own.accuracy < getattr(own, "truth", own.accuracy) - 0.03


def _reads_badly(own: Course, healthy: Course) -> bool:
    return own.accuracy < healthy.accuracy - CHANCE


def _is_at_chance(own: Course, healthy: Course) -> bool:
    return own.accuracy < 0.25 and own.end < 1


def _is_far_below_the_training_loss(own: Course, healthy: Course) -> bool:
    return own.accuracy < own.end / 10


PATIENTS: dict[int, Patient] = {
    13: Report(
        "ward-reports",
        _is_below_the_truth,
        tells=lambda same: same == (False, True),
        take=partial(told, train=with_dropout),
    ),
    14: Rearranged(
        "ward-reports", _reads_badly, tells=lambda gain: gain > 0.03, is_ill=False, take=two_numbers
    ),
    15: Report("ward-reports", _is_at_chance, tells=lambda shape: len(shape) == 2, take=told),
    16: Report(
        "ward-reports",
        _is_far_below_the_training_loss,
        tells=lambda ratio: ratio < 0.75,
        take=partial(told, right=mean_loss),
    ),
}
