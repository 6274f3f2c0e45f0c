"""A device other than the CPU, for machines without a GPU: its tensors say that they are elsewhere,
and compute on the CPU.

PyTorch's device "meta" lends its name. As on a GPU, an operation on tensors of two devices is an
error, and what is copied or read from the device is counted: a GPU makes Python wait for it.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

NAME = "meta"
DEVICE = torch.device(NAME)
CPU = torch.device("cpu")
MOVES = {"_to_copy", "copy_"}
READS = {"_local_scalar_dense", "equal", "is_nonzero"}


class MixedDevices(RuntimeError):
    """One operation is given tensors of two devices."""


class There(torch.Tensor):
    """A tensor on the other device; ``here`` holds its numbers."""

    @staticmethod
    def __new__(cls, here: torch.Tensor):
        about = {"strides": here.stride(), "storage_offset": here.storage_offset()}
        made = torch.Tensor._make_wrapper_subclass(
            cls, here.shape, dtype=here.dtype, device=DEVICE, **about
        )
        made.here = here
        return made

    def __repr__(self, **options: Any) -> str:
        return f"There({self.here!r})"

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        raise AssertionError(f"{func} is computed outside of OtherDevice.")


class OtherDevice(TorchDispatchMode):
    """The other device, as long as the block runs.

    Attributes
    ----------
    done : list of (str, str)
        Each operation with where it took place, "here" or "there".
    reads : int
        How often numbers came from the device.
    """

    def __init__(self):
        super().__init__()
        self.done: list[tuple[str, str]] = []
        self.reads = 0

    def here_meanwhile(self) -> set[str]:
        """The operations on the CPU between the first and the last one on the device."""
        places = [place for _, place in self.done]
        first, last = places.index("there"), len(places) - places[::-1].index("there")
        return {name for name, place in self.done[first:last] if place == "here"}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = func._schema.name.partition("::")[2]
        given = list(tensors([args, kwargs]))
        there = any(isinstance(tensor, There) for tensor in given)
        if there and name not in MOVES:
            behind = [t for t in given if not isinstance(t, There) and t.dim()]
            if behind:
                shapes = [tuple(tensor.shape) for tensor in behind]
                raise MixedDevices(f"{name}: {shapes} of its tensors are on the CPU.")
        came = name in READS and there
        if kwargs.get("device") is not None:
            target = torch.device(kwargs["device"]).type == NAME
            came = came or (name in MOVES and there and not target)
            there, kwargs = target, kwargs | {"device": CPU}
        elif name == "copy_":
            came, there = there and not isinstance(args[0], There), isinstance(args[0], There)
        self.reads += came
        self.done.append((name, "there" if there else "here"))
        found = func(*changed(args, numbers_of), **changed(kwargs, numbers_of))
        if name.endswith("_") and given and isinstance(args[0], torch.Tensor):
            return args[0]
        return changed(found, There) if there else found


def tensors(thing: Any):
    if isinstance(thing, torch.Tensor):
        yield thing
    elif isinstance(thing, dict):
        yield from tensors(list(thing.values()))
    elif isinstance(thing, list | tuple):
        for item in thing:
            yield from tensors(item)


def numbers_of(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.here if isinstance(tensor, There) else tensor


def changed(thing: Any, change: Callable) -> Any:
    if isinstance(thing, torch.Tensor):
        return change(thing)
    if isinstance(thing, dict):
        return {name: changed(item, change) for name, item in thing.items()}
    if isinstance(thing, list | tuple):
        return type(thing)([changed(item, change) for item in thing])
    return thing
