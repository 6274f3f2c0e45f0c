"""What decides how a network is trained, apart from data and seed."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral

from firstcnn.precision import PRECISIONS

OPTIMIZERS = ("adam", "sgd")
SCHEDULES = ("one_cycle", "constant")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a network is trained, apart from data and seed.

    Attributes
    ----------
    epochs : int
        Passes over the training images.
    batch_size : int
        Images for each step.
    optimizer : {"adam", "sgd"}
        Adam (Kingma and Ba, 2015), or stochastic gradient descent with momentum.
    learning_rate : float
        The constant, or the peak of the cycle.
    momentum : float
        Of ``"sgd"``; Adam does not read it.
    betas : tuple of float
        How much of the old average of gradients, and of their squares, Adam keeps at each step.
        Short trainings are better off with less than PyTorch's 0.9 and 0.999.
    weight_decay : float
        Added to the gradient as ``weight_decay * weight``.
    label_smoothing : float
        What the right class hands over to all classes alike in the training loss (Szegedy et al.,
        2016).
    schedule : {"one_cycle", "constant"}
        Learning rate up for 30 % of the steps, then down to almost nothing (Smith and Topin, 2018);
        or constant.
    augmentation : callable or None
        Takes images (N, C, H, W) and ``generator=``, returns images; see `firstcnn.augment`. The
        images are on the device that trains, the generator is the CPU's: what is drawn from it has
        to go to ``images.device``.
    precision : {"auto", "float32", "bfloat16"}
        How the forward pass computes. ``"auto"`` is bfloat16 where the device multiplies it in
        hardware (a processor with AVX512_BF16 or AMX, a CUDA GPU from compute capability 8.0 on)
        and float32 elsewhere, where bfloat16 would be slower.

    Raises
    ------
    ValueError
        If a value is impossible or a name unknown.
    """

    epochs: int = 3
    batch_size: int = 256
    optimizer: str = "adam"
    learning_rate: float = 0.003
    momentum: float = 0.9
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    schedule: str = "one_cycle"
    augmentation: Callable | None = None
    precision: str = "auto"

    def __post_init__(self):
        for name in ("epochs", "batch_size"):
            self._require(
                name,
                isinstance(getattr(self, name), Integral) and getattr(self, name) >= 1,
                "a whole number, 1 or more",
            )
        self._require("learning_rate", 0 < self.learning_rate < math.inf, "above 0 and finite")
        self._require("momentum", 0 <= self.momentum < 1, "at least 0 and below 1")
        self._require("betas", _are_betas(self.betas), "two numbers, each at least 0 and below 1")
        self._require("weight_decay", 0 <= self.weight_decay < math.inf, "at least 0 and finite")
        self._require("label_smoothing", 0 <= self.label_smoothing < 1, "at least 0 and below 1")
        for name, known in {
            "optimizer": OPTIMIZERS,
            "schedule": SCHEDULES,
            "precision": PRECISIONS,
        }.items():
            self._require(name, getattr(self, name) in known, " or ".join(map(repr, known)))
        self._require(
            "augmentation",
            self.augmentation is None or callable(self.augmentation),
            "callable, or None",
        )

    def _require(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise ValueError(
                f"Recipe({name}={getattr(self, name)!r}): {name} has to be {expected}."
            )


def _are_betas(values: object) -> bool:
    return (
        isinstance(values, tuple | list)
        and len(values) == 2
        and all(0 <= value < 1 for value in values)
    )
