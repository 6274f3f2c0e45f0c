"""A small network on which training and evaluation are tried, and what is noted of it."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, wraps
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.checks.answers import (
    equals,
    kind_of,
    same,
)


@dataclass
class Notes:
    """How a network was asked; a copy of the network goes on with the same notes.

    Attributes
    ----------
    modes, gradients : list of bool
        At each pass, whether it was in training mode, and whether gradients were to be computed.
    parts : list of (bool, bool)
        At each pass, whether dropout and batch norm were in training mode.
    images, logits : list of Tensor
        What it was given, and what it answered.
    """

    NAMED = ("dropout", "batch norm")

    modes: list = field(default_factory=list)
    gradients: list = field(default_factory=list)
    parts: list = field(default_factory=list)
    images: list = field(default_factory=list)
    logits: list = field(default_factory=list)

    def __deepcopy__(self, memo: dict) -> "Notes":
        return self

    def parts_in(self, mode: bool) -> list[str]:
        """Return which of dropout and batch norm were in a mode, True for training, in any pass."""
        return [name for k, name in enumerate(self.NAMED) if any(p[k] is mode for p in self.parts)]


class Dropout(nn.Dropout):
    """Dropout that drops the same values of an image, whatever random numbers others draw and
    wherever in its batch the image stands.
    """

    def __init__(self, p: float):
        super().__init__(p)
        self.passes = 0
        self.images: Sequence[Tensor] = ()

    def forward(self, x: Tensor) -> Tensor:
        """Set a share p of the values to 0 and scale the others, in training."""
        if not (self.training and self.p):
            return x
        self.passes += 1
        mask = torch.stack([self._drawn_for(image, x.shape[1]) for image in self.images])
        return x * (mask >= self.p) / (1 - self.p)

    def _drawn_for(self, image: Tensor, count: int) -> Tensor:
        seed = self.passes + zlib.crc32(image.numpy().tobytes())
        return torch.rand(count, generator=torch.Generator().manual_seed(seed))


class Network(nn.Module):
    """A small network with batch norm and, if wanted, dropout, which notes how it was asked."""

    def __init__(self, dropout: float):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, kernel_size=3, bias=False), nn.BatchNorm2d(4)
        self.dropout, self.fc = Dropout(dropout), nn.Linear(4 * 4 * 4, 3)
        self.noted = Notes()

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 6, 6) into logits (N, 3)."""
        noted = self.noted
        noted.modes.append(self.training)
        noted.gradients.append(torch.is_grad_enabled())
        noted.parts.append((self.dropout.training, self.norm.training))
        noted.images.append(x.detach().clone())
        self.dropout.images = noted.images[-1]
        x = F.relu(self.norm(self.conv(x)))  # (N, 4, 4, 4)
        noted.logits.append(self.fc(self.dropout(x.flatten(1))))
        return noted.logits[-1]


def trial_images(count: int) -> tuple[Tensor, Tensor]:
    """Return random images (N, 1, 6, 6) and labels (N,) of three classes, the same ones each
    time.
    """
    draw = torch.Generator().manual_seed(count + 3)  # no set of labels reads the same backwards
    images = torch.randn(count, 1, 6, 6, generator=draw)
    return images, torch.randint(3, (count,), generator=draw)


def same_state(one: nn.Module, other: nn.Module) -> bool:
    """Tell whether two networks have the same values, modes and settings."""
    modes = [[part.training for part in net.modules()] for net in (one, other)]
    return modes[0] == modes[1] and same_values(one, other) and same_settings(one, other)


def same_values(one: nn.Module, other: nn.Module) -> bool:
    """Tell whether two networks have the same parameters and the same stored numbers."""
    mine, theirs = one.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(
        same(mine[name].double(), theirs[name]) for name in theirs
    )


def same_settings(one: nn.Module, other: nn.Module) -> bool:
    """Tell whether the parts of two networks are set alike, whatever their values and modes."""
    return _settings(one) == _settings(other)


def _settings(net: nn.Module) -> list[tuple]:
    """Return what is set of each part beside its values and mode: kind, and numbers such as
    dropout's share.
    """
    names = ("p", "momentum", "eps")
    return [
        (type(part).__name__, *(getattr(part, name, None) for name in names))
        for part in net.modules()
    ]


def as_numbers(thing: Any) -> Any:
    """Return a tensor without its graph, a number as float, the items of a list; of anything else
    its kind.
    """
    if isinstance(thing, Tensor):
        return thing.detach().double()
    if isinstance(thing, list | tuple):
        return [as_numbers(item) for item in thing]
    return float(thing) if isinstance(thing, int | float) else kind_of(thing)


def are_alike(one: Any, other: Any) -> bool:
    """Tell whether two things made of tensors, numbers, lists and texts are the same."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return same(one.double(), other)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(are_alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return equals(other)(one)
    return type(one) is type(other) and not isinstance(one, Tensor) and one == other


def kept(function: Callable) -> Callable:
    """Return a function that computes each of its results once, as in a new process: whatever type
    of numbers an answer has set, and whether it has switched gradients off.
    """

    @cache
    @wraps(function)
    def computed(*given: Any) -> Any:
        dtype = torch.get_default_dtype()
        torch.set_default_dtype(torch.float32)
        try:
            with torch.enable_grad():
                return function(*given)
        finally:
            torch.set_default_dtype(dtype)

    return computed


def defined(*lines: str, **used: Any) -> Callable:
    """Return the function named `answer` that lines of code define, and what else they use by
    name.
    """
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, **used}
    exec("\n".join(lines), names)
    return names["answer"]


def is_tensor(one: Any, other: Tensor) -> bool:
    """Tell whether something is a tensor with the type and the values of another."""
    return isinstance(one, Tensor) and one.dtype == other.dtype and are_alike(one, other.detach())


def how_often(count: int) -> str:
    """Return "once", or how many times."""
    return "once" if count == 1 else f"{count} times"
