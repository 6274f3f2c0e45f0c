"""The device on which networks train: a graphics card (GPU) where PyTorch finds one, else the
processor (CPU).
"""

import contextlib
import os
from collections.abc import Iterator

import torch
from torch import Tensor, nn

VARIABLE = "FIRSTCNN_DEVICE"
AUTO = "auto"
CPU = torch.device("cpu")


def find_device(name: str | torch.device = AUTO) -> torch.device:
    """Return the device of a name, if this machine has it.

    Parameters
    ----------
    name : str or torch.device
        Such as "cpu", "cuda", "cuda:1" or "mps". "auto" means what the environment variable
        FIRSTCNN_DEVICE names; without it the GPU that PyTorch finds, and the CPU if it finds none.

    Raises
    ------
    ValueError
        If there is no such device here; the message says what there is.
    """
    wanted = str(name)
    if wanted == AUTO:
        wanted = os.environ.get(VARIABLE) or AUTO
    there = torch.accelerator.current_accelerator(check_available=True)
    if wanted == AUTO:
        return there or CPU
    device = _read(wanted)
    if device != CPU and not _is_there(device, there):
        here = f"the CPU and {_count()} of the type {there.type!r}" if there else "only the CPU"
        names = " or ".join(map(repr, (AUTO, "cpu", *([there.type] if there else []))))
        place = f"{VARIABLE} is" if str(name) == AUTO else "device is"
        raise ValueError(
            f"{place} {wanted!r}, but PyTorch finds {here} on this machine: choose {names}."
        )
    return device


def _read(wanted: str) -> torch.device | None:
    """Return the device that a name means to PyTorch; None if it means none."""
    try:
        device = torch.device(wanted)
    except RuntimeError:
        return None
    return CPU if device.type == "cpu" else device


def _is_there(device: torch.device | None, there: torch.device | None) -> bool:
    return (
        device is not None
        and there is not None
        and device.type == there.type
        and (device.index is None or device.index < torch.accelerator.device_count())
    )


def _count() -> str:
    count = torch.accelerator.device_count()
    return f"{count} GPU{'s' * (count != 1)}"


def in_words(device: str | torch.device = AUTO) -> str:
    """Return what a device is called, such as "CPU" or "NVIDIA H200 (cuda)"."""
    found = find_device(device)
    if found == CPU:
        return "CPU"
    name = torch.cuda.get_device_name(found) if found.type == "cuda" else "GPU"
    return f"{name} ({found.type})"


def announcement() -> str:
    """Return a sentence on where the networks of this process train, and why there."""
    device = find_device()
    if os.environ.get(VARIABLE, AUTO) not in ("", AUTO):
        return f"Networks train on: {in_words(device)}, as {VARIABLE} says."
    if device == CPU:
        return "Networks train on the CPU: PyTorch finds no GPU here."
    return f"Networks train on the GPU: {in_words(device)}. {VARIABLE}=cpu chooses the CPU."


def device_of(model: nn.Module, images: Tensor) -> torch.device:
    """Return where a network is; if it has no parameters, where the images are."""
    first = next(model.parameters(), None)
    return images.device if first is None else first.device


def moved(tensor: Tensor, device: torch.device) -> Tensor:
    """Return a tensor on a device. A copy to a CUDA GPU is not waited for: what is computed there
    comes in order.
    """
    return tensor.to(device, non_blocking=device.type == "cuda" and tensor.device == CPU)


@contextlib.contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Let the generators of the CPU and of a device begin at a seed meanwhile; afterwards they are
    as they were.
    """
    forked = [] if device.type == "cpu" else [device]
    kind = None if device.type == "cpu" else device.type
    with torch.random.fork_rng(devices=forked, device_type=kind):
        torch.manual_seed(seed)
        yield
