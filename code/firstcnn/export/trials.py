"""A network is tried out on a few images before it is exported."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from firstcnn.export.graph import silence
from firstcnn.export.rounding import evaluation_copy, in_one_line

CLASSES = range(2, 101)


def checked_network(model: nn.Module) -> nn.Module:
    """Return a copy to export: on the CPU, in float32 and evaluation mode.

    Raises
    ------
    TypeError, ValueError
        As `firstcnn.export.to_onnx`, if it is no network, or has weights that are not finite.
    """
    network = evaluation_copy(model)
    for name, tensor in network.state_dict().items():
        if (
            isinstance(tensor, Tensor)
            and tensor.is_floating_point()
            and not tensor.isfinite().all()
        ):
            raise ValueError(
                f"{name} holds numbers that are infinite or no numbers at all (NaN). Expected"
                " finite weights. Training may have diverged: train again with a smaller learning"
                " rate."
            )
    return network


def some_images(mean: float, std: float) -> Tensor:
    """Return images to try a network on, normalised (3, 1, 28, 28): greys on paper, at random."""
    greys, ink = torch.rand(2, 3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    return (greys * (ink < 0.5) - mean) / std


def checked_logits(network: nn.Module, images: Tensor) -> Tensor:
    """Return the logits (3, K) of three images, after trying one and two.

    Raises
    ------
    ValueError
        If the network cannot read them, returns something other than finite float32 logits of
        CLASSES, or other ones when it is asked again.
    """
    for count in (1, 2, 3):
        logits, again = answers(network, images[:count])
        if fault := _shape_fault(logits, count) or _number_fault(logits, again):
            raise ValueError(f"{type(network).__name__} returns {fault}")
    return logits


def _shape_fault(logits: Any, count: int) -> str | None:
    if not isinstance(logits, Tensor):
        return (
            f"{type(logits).__name__}. Expected one tensor of logits (N, K). Let forward return the"
            " logits alone."
        )
    shape = tuple(logits.shape)
    if len(shape) != 2 or shape[0] != count or shape[1] not in CLASSES:
        return (
            f"a tensor of shape {shape} for {count} image{'s' * (count > 1)}. Expected logits"
            f" ({count}, K), one row for each image, for {CLASSES[0]} to {CLASSES[-1]} classes."
        )
    return None


def _number_fault(logits: Tensor, again: Tensor) -> str | None:
    if logits.dtype != torch.float32:
        return (
            f"{str(logits.dtype).removeprefix('torch.')}. Expected logits in float32. Leave"
            " torch.autocast and .bfloat16() out of forward, and .double(), .half() and argmax at"
            " its end."
        )
    if not logits.isfinite().all():
        return (
            "numbers that are infinite or no numbers at all (NaN) for some images of pixels from 0"
            " to 1. Expected finite logits. Look for a division by 0 or a logarithm of 0 in"
            " forward."
        )
    if not torch.allclose(logits, again):
        return (
            "other logits when it reads the same images again, even in evaluation mode. Expected a"
            " network without chance. If forward calls F.dropout, pass it training=self.training."
        )
    return None


def answers(network: nn.Module, images: Tensor) -> tuple[Any, Any]:
    """Return what a network makes of images, two times.

    Raises
    ------
    ValueError
        If it cannot read them, with advice.
    """
    try:
        with undisturbed(), torch.no_grad():
            return network(images), network(images)
    except Exception as error:
        raise ValueError(
            f"{type(network).__name__} cannot read images of shape {tuple(images.shape)}:"
            f" {in_one_line(error)}. {_advice(str(error))}"
        ) from error


def _advice(words: str) -> str:
    if re.search(r"dtype|Half|Double|BFloat16|scalar type", words):
        return (
            "A file computes in float32, so its weights and the images were made float32. Leave"
            " .half(), .double() and .bfloat16() out of forward."
        )
    if re.search(r"cuda|nvidia|mps|device", words, re.IGNORECASE):
        return (
            "The network is tried on the CPU. Leave .cuda() and .to(device) out of forward, and"
            " register its tensors as parameters or buffers, which follow it."
        )
    return (
        "Expected a network for any number of images with one channel of 28 × 28 pixels. If a"
        " number of images is written into forward, as in x.view(64, -1), write x.flatten(1)."
    )


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Run a network in float32, without its prints and warnings, and leave PyTorch's generator as
    it was.
    """
    with silence(), torch.autocast("cpu", enabled=False), torch.random.fork_rng(devices=[]):
        yield
