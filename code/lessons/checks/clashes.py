"""The layer of a network at which an error arose, and what reached it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bookkit.exercises.errors import line_of
from torch import Tensor, nn

KINDS = (nn.Conv2d, nn.BatchNorm2d, nn.Linear)


@dataclass(frozen=True)
class Clash:
    """A layer that could not read what reached it.

    Attributes
    ----------
    layer : nn.Module
        A convolution, batch norm or fully connected layer.
    place : int
        Which of the network's layers of this kind it is, in the order in which they were built,
        from 1.
    arrived : Tensor
        What it was given.
    root : nn.Module
        The network that it is part of.
    """

    layer: nn.Module
    place: int
    arrived: Tensor
    root: nn.Module

    def reads(self) -> int:
        """Return how many channels, or values, the layer was built to read."""
        names = ("in_channels", "num_features", "in_features")
        return next(getattr(self.layer, name) for name in names if hasattr(self.layer, name))

    def comes_from(self, kind: str) -> bool:
        """Tell whether an operation, such as "MaxPool" or "Convolution", made what arrived."""
        return self.arrived.grad_fn is not None and kind in type(self.arrived.grad_fn).__name__


def clash(error: BaseException) -> Clash | None:
    """Return at which layer of a network an exception arose, from its traceback; None if at
    none.
    """
    root, found = None, None
    step = error.__traceback__
    while step is not None:
        values = step.tb_frame.f_locals
        own = values.get("self")
        if isinstance(own, nn.Module):
            root = own if root is None else root
            if isinstance(own, KINDS) and isinstance(values.get("input"), Tensor):
                found = own, values["input"]
        step = step.tb_next
    if found is None:
        return None
    layer, arrived = found
    alike = [id(module) for module in root.modules() if isinstance(module, type(layer))]
    place = alike.index(id(layer)) + 1 if id(layer) in alike else 0
    return Clash(layer, place, arrived, root)


def given_with_commas(error: BaseException) -> bool:
    """Tell whether an error arose where a fully connected layer was given more than the two sizes
    that it takes.
    """
    sizes = re.search(r"nn\.Linear\(((?:[\w. ]+,){3,}[\w. ]+)\)", line_of(error))
    return sizes is not None and "=" not in sizes[1]


def stops_at(
    kind: type[nn.Module], reads: int, gets: int, place: int = 0
) -> Callable[[BaseException], bool]:
    """Return a test whether an error is that of a layer which was built to read one size and got
    another.

    Parameters
    ----------
    kind : type
        `nn.Conv2d`, `nn.BatchNorm2d` or `nn.Linear`.
    reads, gets : int
        Channels, of a fully connected layer values, that it was built to read, and that it got.
    place : int
        Which layer of this kind it is, from 1; 0 for any.
    """

    def evidence(error: BaseException) -> bool:
        found = clash(error)
        if found is None or type(found.layer) is not kind or place not in (0, found.place):
            return False
        axis = 1 if found.arrived.dim() == 4 else -1
        return (found.reads(), found.arrived.shape[axis]) == (reads, gets)

    return evidence
