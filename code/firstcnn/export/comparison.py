"""Every file is run before it is handed out, and has to answer as PyTorch does."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from firstcnn.export.graph import Translation
from firstcnn.export.graph_layers import IMAGE, LOGITS
from firstcnn.export.rounding import in_one_line

if TYPE_CHECKING:
    import onnx

TOLERANCE = 1e-3  # of the largest number of a layer


def refuse_other_answers(
    translation: Translation, file: onnx.ModelProto, model: nn.Module, images: Tensor
) -> None:
    """Run a file on all images at once and on one alone, and compare with PyTorch.

    Parameters
    ----------
    translation : Translation
        What the file was made of.
    file : ModelProto
        What is to be handed out.
    model : Module
        A network that computes with the weights as the file holds them.
    images : Tensor (N, 1, 28, 28)
        Normalised.

    Raises
    ------
    ValueError
        If the file cannot be run, or answers otherwise; it names the first layer that does.
    """
    problem = None
    for start in _EVALUATORS:
        problem = _difference(start, translation, file, model, images)
        if problem is None:
            return
    raise ValueError(f"{problem} No file was written.")


def _difference(
    start: Callable[[onnx.ModelProto], _Run],
    translation: Translation,
    file: onnx.ModelProto,
    model: nn.Module,
    images: Tensor,
) -> str | None:
    """Say how a file differs from PyTorch, run by one evaluator; None if it does not."""
    try:
        run = start(file)
        for some in (images, images[:1]):
            with torch.no_grad():
                expected = model(some)
            (logits,) = run([LOGITS], some)
            if not _agree(logits, expected):
                where = _first_difference(run, translation, model, some)
                return (
                    "The file answers otherwise than"
                    f" {type(model).__name__}{_how_far_off(logits, expected)}. {where}"
                )
    except Exception as error:
        return (
            f"The file could not be run to compare it with PyTorch: {in_one_line(error)}. Expected"
            " operations that the ONNX standard defines for these shapes. Write that step in"
            " another way."
        )
    return None


def _by_reference(file: onnx.ModelProto) -> _Run:
    """The evaluator that comes with the standard."""
    from onnx.reference import ReferenceEvaluator

    session = ReferenceEvaluator(file)
    return lambda outputs, images: session.run(outputs, {IMAGE: images.numpy()})


def _by_onnxruntime(file: onnx.ModelProto) -> _Run:
    """Used where onnxruntime is installed: the evaluator of the standard lacks some operators."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        file.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda outputs, images: session.run(outputs, {IMAGE: images.numpy()})


_Run = Callable[[list[str], Tensor], list[np.ndarray]]
_EVALUATORS = [_by_reference, *([_by_onnxruntime] if find_spec("onnxruntime") else [])]


def _how_far_off(logits: np.ndarray, expected: Tensor) -> str:
    same = logits.shape == tuple(expected.shape)
    return (
        f": its logits are up to {np.abs(logits - expected.numpy()).max():.2g} off" if same else ""
    )


def _agree(found: np.ndarray, expected: Tensor) -> bool:
    wanted = expected.numpy().reshape(found.shape) if found.size == expected.numel() else None
    if wanted is None:
        return False
    largest = float(np.abs(wanted[np.isfinite(wanted)]).max(initial=1e-3))
    return np.allclose(found, wanted, rtol=0, atol=TOLERANCE * largest, equal_nan=True)


def _first_difference(run: _Run, translation: Translation, model: nn.Module, images: Tensor) -> str:
    """Name the first layer that returns something else than PyTorch's."""
    found = run([layer["output"] for layer in translation.layers], images)
    expected = translation.activations(model, images)
    for layer, ours, theirs in zip(translation.layers, found, expected, strict=True):
        if not _agree(ours, theirs):
            return (
                f"The first layer that differs is {layer['name']} ({layer['kind']}). PyTorch's"
                " exporter seems not to know all of its options. Write that layer in another way,"
                " with fewer options."
            )
    return (
        "All layers agree with PyTorch; what follows the last of them does not. Write it in another"
        " way."
    )
