"""Whether a loop takes its batches to where the network is, tried on a machine without a GPU.

PyTorch's device "meta" stands for the GPU: its tensors have shapes and no values. Like a GPU it is
made here to refuse work on tensors of two devices, and to hand over numbers.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from lessons.checks.learning.trial import Network

ELSEWHERE = "meta"
READING = (Tensor.item, Tensor.__float__, Tensor.__int__, Tensor.__bool__, Tensor.tolist)
MOVING = (Tensor.to, Tensor.cpu, Tensor.copy_)


class LeftBehind(RuntimeError):
    """Tensors of two devices meet in one operation."""


class TwoDevices(TorchFunctionMode):
    """Let PyTorch treat the device "meta" as it treats a GPU."""

    def __torch_function__(
        self, function: Callable, types: Iterable[type], args: tuple = (), kwargs: Any = None
    ) -> Any:
        """Call a function of PyTorch, unless it mixes devices."""
        kwargs = kwargs or {}
        if function in READING and args[0].is_meta:
            return 0.0
        if function in MOVING:
            return _moved(function, *args, **kwargs)
        found = _tensors_in([args, list(kwargs.values())])
        if len({tensor.device for tensor in found if tensor.dim()}) > 1:
            raise LeftBehind("Expected all tensors to be on the same device.")
        return function(*args, **kwargs)


def _moved(function: Callable, tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    try:
        return function(tensor, *args, **kwargs)
    except NotImplementedError:  # from "meta" to the CPU: there are no values to copy
        return torch.zeros(tensor.shape, dtype=tensor.dtype)


def _tensors_in(thing: Any) -> Iterator[Tensor]:
    if isinstance(thing, Tensor):
        yield thing
    elif isinstance(thing, list | tuple):
        for item in thing:
            yield from _tensors_in(item)


def left_behind(work: Callable[[Network], Any]) -> str:
    """Return which part of its batches a function leaves on the CPU.

    Parameters
    ----------
    work : function
        Calls a function of a student with the network that it is given, which is on another device,
        and with batches on the CPU.

    Returns
    -------
    str
        "images" or "labels"; "" if it leaves none, or stops for another reason.
    """
    model = Network(dropout=0.0).to(ELSEWHERE)
    try:
        with TwoDevices():
            work(model)
    except LeftBehind:
        return "labels" if all(images.is_meta for images in model.noted.images) else "images"
    except Exception:  # what a student's function stops with is told where it works on the CPU
        return ""
    return ""
