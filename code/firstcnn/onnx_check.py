"""What is asked of an ONNX file before it is handed out: its answers, its end, and its size."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from firstcnn.onnx_graph import Translation
from firstcnn.onnx_layers import IMAGE, LOGITS, VIEWS
from firstcnn.rounding import plain

if TYPE_CHECKING:
    import onnx

TOLERANCE = 1e-3  # of the largest number of a layer
PAGE_LIMITS = {
    "bytes": 100_000_000,
    "nodes": 20_000,
    "layers": 5000,
    "letters": 2**22,
    "name": 500,
    "activations": 2**24,
    "weights": 2**26,
    "multiplications": 5_000_000_000,
}
_BOUNDS = {
    "Softmax": (0, 1),
    "Sigmoid": (0, 1),
    "HardSigmoid": (0, 1),
    "Tanh": (-1, 1),
    "Softsign": (-1, 1),
}
_WORDS = {"Softmax": "a softmax", "Sigmoid": "a sigmoid", "Tanh": "a tanh", "Clip": "a clamp"}


# Its answers


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
    """Say how a file differs from PyTorch as one evaluator runs it; nothing if it does not."""
    try:
        run = start(file)
        for some in (images, images[:1]):
            with torch.no_grad():
                expected = model(some)
            (logits,) = run([LOGITS], some)
            if not _alike(logits, expected):
                where = _where(run, translation, model, some)
                return (
                    "The file answers otherwise than"
                    f" {type(model).__name__}{_apart(logits, expected)}. {where}"
                )
    except Exception as error:
        return (
            f"The file could not be run to compare it with PyTorch: {plain(error)}. Expected"
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
    """A second opinion, where onnxruntime is installed: the evaluator of the standard has gaps."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        file.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda outputs, images: session.run(outputs, {IMAGE: images.numpy()})


_Run = Callable[[list[str], Tensor], list[np.ndarray]]
_EVALUATORS = [_by_reference, *([_by_onnxruntime] if find_spec("onnxruntime") else [])]


def _apart(logits: np.ndarray, expected: Tensor) -> str:
    same = logits.shape == tuple(expected.shape)
    return (
        f": its logits are up to {np.abs(logits - expected.numpy()).max():.2g} off" if same else ""
    )


def _alike(found: np.ndarray, expected: Tensor) -> bool:
    wanted = expected.numpy().reshape(found.shape) if found.size == expected.numel() else None
    if wanted is None:
        return False
    largest = float(np.abs(wanted[np.isfinite(wanted)]).max(initial=1e-3))
    return np.allclose(found, wanted, rtol=0, atol=TOLERANCE * largest, equal_nan=True)


def _where(run: _Run, translation: Translation, model: nn.Module, images: Tensor) -> str:
    """Name the first layer that returns something else than PyTorch's."""
    found = run([layer["output"] for layer in translation.layers], images)
    expected = translation.activations(model, images)
    for layer, ours, theirs in zip(translation.layers, found, expected, strict=True):
        if not _alike(ours, theirs):
            return (
                f"The first layer that differs is {layer['name']} ({layer['kind']}). PyTorch's"
                " exporter seems not to know all of its options. Write that layer in another way,"
                " with fewer options."
            )
    return (
        "All layers agree with PyTorch; what follows the last of them does not. Write it in another"
        " way."
    )


# Its end


def bounded_end(file: onnx.ModelProto, logits: Tensor, extremes: Tensor) -> str | None:
    """Say in words how a network ends whose logits have bounds; nothing for one whose logits are
    free.

    Parameters
    ----------
    file : ModelProto
        The network.
    logits : Tensor (N, K)
        What it makes of some images.
    extremes : Tensor (M, K)
        What it makes of numbers that are far too large.

    Returns
    -------
    str or None
        With the largest probability that softmax can make of such logits.
    """
    node = _last(file)
    bounds, end = _BOUNDS.get(node.op_type), _WORDS.get(node.op_type, node.op_type)
    if node.op_type == "Clip":
        bounds = _clip_bounds(file, node)
    if bool((logits >= 0).all()) and torch.allclose(
        logits.sum(dim=1), torch.ones(len(logits)), atol=1e-3
    ):
        bounds, end = (0, 1), "probabilities: each row adds up to 1, as after a softmax"
    elif bounds is None and bool(
        (extremes >= 0).all() and (extremes <= 1).all() and (extremes > 0.9).any()
    ):
        bounds, end = (0, 1), "numbers from 0 to 1, as after a sigmoid"
    if bounds is None:
        return None
    most = 1 / (1 + (logits.shape[1] - 1) * math.exp(bounds[0] - bounds[1]))
    if most > 0.9:
        return None
    return (
        f"It ends in {end}. Its numbers lie between {bounds[0]:g} and {bounds[1]:g}. The page that"
        " reads drawings takes them for logits and applies softmax, so that no class gets more"
        f" than {most:.0%}. Let forward return the logits: leave the last step out. F.cross_entropy"
        " expects logits, too."
    )


def _last(file: onnx.ModelProto) -> onnx.NodeProto:
    """Return the node that computes the logits, before views of them."""
    producers = {name: node for node in file.graph.node for name in node.output}
    node = producers[LOGITS]
    while node.op_type in VIEWS and node.input[0] in producers:
        node = producers[node.input[0]]
    return node


def _clip_bounds(file: onnx.ModelProto, node: onnx.NodeProto) -> tuple[float, float] | None:
    from onnx import numpy_helper

    stored = {tensor.name: tensor for tensor in file.graph.initializer}
    ends = [stored.get(name) for name in node.input[1:3]]
    if len(ends) < 2 or None in ends:
        return None
    low, high = (float(numpy_helper.to_array(end)) for end in ends)
    return low, high


# Its size


def beyond_the_page(
    file: onnx.ModelProto, layers: list[dict[str, Any]], size: int
) -> Iterator[str]:
    """Say what is too much for the page that reads drawings: the same limits stand in its
    `limits.js`.

    Parameters
    ----------
    file : ModelProto
        The network.
    layers : list of dict
        Its description.
    size : int
        Bytes of the file.

    Yields
    ------
    str
        What there is too much of, with the limit.
    """
    names = [layer["name"] for layer in layers]
    sizes = {tensor.name: math.prod(tensor.dims) for tensor in file.graph.initializer}
    products = [
        math.prod(layer["shape"]) * sizes.get(layer["weight"], 0) // layer["shape"][0]
        for layer in layers
    ]
    counts = {
        "bytes": (size, "bytes"),
        "nodes": (max(len(file.graph.node), len(file.graph.initializer)), "operations"),
        "layers": (len(layers), "layers"),
        "letters": (len(json.dumps(layers)), "letters in the list of its layers"),
        "name": (max(map(len, names)), "letters in the name of a layer"),
        "activations": (
            sum(math.prod(layer["shape"]) for layer in layers),
            "numbers that its layers return",
        ),
        "weights": (sum(sizes.values()), "stored numbers"),
        "multiplications": (sum(products), "multiplications for one image"),
    }
    for limit, (count, what) in counts.items():
        if count > PAGE_LIMITS[limit]:
            yield f"{count:,} {what}, where the page takes {PAGE_LIMITS[limit]:,}"
