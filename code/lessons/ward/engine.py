"""What every training of the ward has in common: a small network, few images, one healthy loop."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from firstcnn import data, profiles
from firstcnn.experiments.workers import one_thread
from torch import Tensor, nn
from torch.nn import functional as F

Pair = tuple[Tensor, Tensor]
Train = Callable[[Tensor, Tensor, int], tuple[nn.Module, torch.optim.Optimizer, list[float]]]
BATCH = 64
TRAIN, VALIDATION, EPOCHS = (
    4000,
    4000,
    3,
)  # at most so many images; a preview goes over fewer longer
STEPS = {"full": 190, "quick": 95, "trial": 32}  # of a training, about
LAST = 20  # steps whose mean loss is called the end of a curve


class Network(nn.Sequential):
    """Two convolutions of 3 × 3 with 8 and 16 channels, each pooled, and 64 hidden units.

    From one seed all networks begin with the same weights, however many are made, and the order of
    the images stays the same: a cure is compared with the healthy training, not with other luck.

    Parameters
    ----------
    dropout : float
        Probability with which a hidden unit is left out; 0 leaves none out.
    """

    def __init__(self, dropout: float = 0.0):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(torch.initial_seed())
            super().__init__(
                nn.Conv2d(1, 8, 3),  # (N, 8, 26, 26)
                nn.MaxPool2d(2),
                nn.ReLU(),
                nn.Conv2d(8, 16, 3),  # (N, 16, 11, 11)
                nn.MaxPool2d(2),
                nn.ReLU(),
                nn.Flatten(),  # (N, 400)
                nn.Linear(400, 64),
                nn.ReLU(),
                *([nn.Dropout(dropout)] if dropout else []),
                nn.Linear(64, 10),
            )
        self.to(memory_format=torch.channels_last)  # the same numbers, in half the time


@lru_cache(maxsize=1)
def stored() -> list[Pair]:
    """Return the ward's training and validation images as they are in the file, and their labels.

    Returns
    -------
    list of tuple of Tensor (N, 28, 28), uint8, and Tensor (N,)
    """
    return [
        (each.images[:count], each.labels[:count])
        for each, count in zip(data.open_training_sets(), (TRAIN, VALIDATION), strict=True)
    ]


@lru_cache(maxsize=1)
def images() -> tuple[Pair, Pair]:
    """Return the ward's training and validation images, normalised by the training images.

    Returns
    -------
    train, validation : tuple of Tensor (N, 1, 28, 28) and Tensor (N,)
        Images and labels.
    """
    chosen = stored()
    mean, std = data.pixel_statistics(chosen[0][0])
    train, validation = ((data.prepare(pixels, mean, std), labels) for pixels, labels in chosen)
    return train, validation


def batches(images: Tensor, labels: Tensor) -> Iterator[Pair]:
    """Yield all images with their labels once, in another order each time, 64 at a time."""
    for rows in torch.randperm(len(labels)).split(BATCH):
        yield images[rows], labels[rows]


def one_step(net: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """Take one step of gradient descent."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


@one_thread()
def trained(
    images: Tensor,
    labels: Tensor,
    epochs: int,
    *,
    build: Callable[[], nn.Module] = Network,
    loss_of: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    step: Callable[[nn.Module, torch.optim.Optimizer, Tensor], None] = one_step,
    pieces: Callable[[Tensor, Tensor], Iterable[Pair]] = batches,
    gamma: float = 1.0,
    **sgd: float,
) -> tuple[nn.Module, torch.optim.Optimizer, list[float]]:
    """Train a new network as a healthy loop does, or with one part of it exchanged.

    Parameters
    ----------
    images, labels : Tensor (N, 1, 28, 28), Tensor (N,)
    epochs : int
    build, loss_of, step, pieces : function
        The network, the loss of a batch from its scores and labels, one step, and the batches of
        an epoch.
    gamma : float
        By what the rate is multiplied after each epoch.
    **sgd : float
        What SGD gets instead of a rate of 0.05 and a momentum of 0.9.

    Returns
    -------
    net, optimizer, losses
        Losses before each step.
    """
    net = build()
    optimizer = torch.optim.SGD(net.parameters(), **{"lr": 0.05, "momentum": 0.9, **sgd})
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=gamma)
    losses = []
    for _ in range(epochs):
        for x, y in pieces(images, labels):
            loss = loss_of(net(x), y)
            step(net, optimizer, loss)
            losses.append(loss.item())
        scheduler.step()
    return net, optimizer, losses


@dataclass(frozen=True, eq=False)
class Course:
    """What came of a training.

    Attributes
    ----------
    net : nn.Module
    optimizer : Optimizer
    losses : Tensor
        Of each step, (steps,).
    accuracy : float
        Share of the validation images that are right, in evaluation mode.
    lowest : float
        Smallest score of the validation images.
    """

    net: Any
    optimizer: Any
    losses: Tensor
    accuracy: float
    lowest: float = -math.inf

    @property
    def end(self) -> float:
        """Mean loss of the last 20 steps."""
        return self.losses[-LAST:].mean().item()

    def __str__(self) -> str:
        return f"loss at the end {self.end:.2f}, {self.accuracy:.1%} of the validation images right"


@dataclass(frozen=True)
class Size:
    """The images that a training gets, how often, and those on which it is measured."""

    train: Pair
    validation: Pair
    epochs: int


def usual() -> Size:
    """Return the size of a training on the pages."""
    train, validation = images()
    return Size(train, validation, _epochs(train, STEPS[profiles.current().name]))


def small(train: int = 1920, steps: int = 60, validation: int = 1000) -> Size:
    """Return the size of a training that a check can wait for."""
    learn, measure = (
        tuple(part[:count] for part in pair)
        for pair, count in zip(images(), (train, validation), strict=True)
    )
    return Size(learn, measure, _epochs(learn, steps))


def _epochs(train: Pair, steps: int) -> int:
    return max(1, round(steps / -(-len(train[1]) // BATCH)))


def course(train: Train, seed: int = 0, size: Size | None = None) -> Course:
    """Train from a seed, and measure on the validation images. Random numbers of others go on as
    they were.

    Parameters
    ----------
    train : function
        From images, labels and epochs to the network, its optimiser and the losses.
    seed : int
    size : Size, optional
        That of the pages if not given.
    """
    size = size or usual()
    with torch.random.fork_rng(devices=[]), one_thread():
        torch.manual_seed(seed)
        net, optimizer, losses = train(*size.train, size.epochs)
    images, labels = size.validation
    with torch.no_grad():
        scores = net.eval()(images)
    return Course(
        net, optimizer, torch.tensor(losses), accuracy_of(scores, labels), scores.min().item()
    )


def accuracy_of(scores: Tensor, labels: Tensor) -> float:
    """Return the share of images whose largest score is that of their label."""
    return (scores.argmax(dim=1) == labels).double().mean().item()


def accuracy(net: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Return the share of images that a network has right, in evaluation mode."""
    with torch.no_grad():
        return accuracy_of(net.eval()(images), labels)
