"""What the page that reads drawings cannot open, or would show in a way that misleads."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from firstcnn.export.graph_layers import LOGITS, VIEWS

if TYPE_CHECKING:
    import onnx

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
    node = _last_node(file)
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


def _last_node(file: onnx.ModelProto) -> onnx.NodeProto:
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
