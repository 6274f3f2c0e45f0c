"""The layers of a graph: which of its steps are layers, what they are called, and what their
arithmetic needs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from torch import nn

from firstcnn.layers import use_name

if TYPE_CHECKING:
    from onnxscript import ir

IMAGE, LOGITS = "image", "logits"

VIEWS = {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Cast", "CastLike"}
_STEMS = {
    "Conv2d": "conv",
    "BatchNorm2d": "bn",
    "BatchNorm1d": "bn",
    "Linear": "fc",
    "ReLU": "relu",
}
_STEMS |= dict.fromkeys(("MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d"), "pool")
_CLASSES = {name.lower(): name for name, kind in vars(nn).items() if isinstance(kind, type)}


@dataclass(frozen=True)
class Step:
    """A tensor with a row for each image.

    Attributes
    ----------
    value : ir.Value
        Its place in the graph.
    shape : tuple of int
        Without N.
    operation : str
        PyTorch's name: "conv2d", "relu", "add".
    call : str
        The call of a layer that it belongs to, or a name of its own: "pool" and "pool@1" are two
        calls.
    layer : str
        Name of that layer, "" for what stands outside of layers.
    inner : str
        Name of the innermost layer, such as the last part of an attention layer; "" as before.
    origin : str
        Name of the tensor in the program that PyTorch has followed.
    """

    value: ir.Value
    shape: tuple[int, ...]
    operation: str
    call: str
    layer: str
    inner: str
    origin: str

    @property
    def node(self) -> ir.Node:
        return self.value.producer()

    @cached_property
    def known(self) -> dict[str, Any]:
        """What its arithmetic needs, if it is one of the usual ones; else nothing."""
        describe = _DESCRIPTIONS.get(self.node.op_type)
        return describe(self) if describe else {}


@dataclass
class Layer:
    """A step that is a layer, and what it reads: outputs of other layers or the image."""

    step: Step
    sources: list[ir.Value]
    module: str
    description: dict[str, Any] = field(default_factory=dict)


def find_layers(graph: ir.Graph, steps: list[Step], model: nn.Module) -> list[Layer]:
    """Return the layers in the order of computation, named and described."""
    layers = _chosen(graph, steps)
    _describe(layers, model)
    return layers


# Which steps are layers


def _chosen(graph: ir.Graph, steps: list[Step]) -> list[Layer]:
    """Choose what is a layer: one for each call of a layer, or for each step that stands outside or
    is well known.

    Views are none, unless the next layer could not tell from the layer before what shape it is
    given.
    """
    shapes, found = {graph.inputs[0]: (1, 28, 28)}, []
    opened = {step.call for step in steps if step.known}
    last = {step.call: step for step in steps}
    returned = {(step.call, step.inner): step for step in steps}
    for step in steps:
        if step.call not in opened and last[step.call] is not step:
            continue
        sources, operations = _reads(step.value, shapes.keys())
        known_shapes = [shapes[source] for source in sources]
        is_view = operations <= VIEWS and (len(step.shape) == 1 or known_shapes == [step.shape])
        if sources and not is_view:
            shapes[step.value] = step.shape
            found.append(Layer(step, sources, _module(step, opened, returned)))
    return found


def _reads(value: ir.Value, ends: Container[ir.Value]) -> tuple[list[ir.Value], set[str]]:
    """Go back from a value to the nearest of ``ends``; return these in order, and the operations on
    the way.
    """
    sources, operations, seen, waiting = [], set(), set(), [value]
    while waiting:
        value = waiting.pop()
        if value is None or value in seen:
            continue
        seen.add(value)
        if value in ends:
            sources.append(value)
        elif (node := value.producer()) and node.op_type != "Shape":
            operations.add(node.op_type)
            waiting.extend(reversed(node.inputs))
    return sources, operations


def _module(step: Step, opened: set[str], returned: dict[tuple[str, str], Step]) -> str:
    """Return PyTorch's name of a layer.

    Of a call that several layers come from, only well-known ones have it, if they are what
    PyTorch's layer returns: the ReLU in the middle of a TransformerEncoderLayer has no name.
    """
    if step.known:
        return step.inner if returned[step.call, step.inner] is step else ""
    return "" if step.call in opened else step.layer


# What is known of a layer


def _convolution(step: Step) -> dict[str, Any]:
    window = _window(step.node)
    if not window or not _has_fixed_weights(step.node):
        return {}
    group = _attributes(step.node).get("group", 1)
    return {"kind": "Conv2d", **_weight_and_bias(step.node), **window, "groups": group}


def _fully_connected(step: Step) -> dict[str, Any]:
    values = _attributes(step.node)
    plain = (
        values.get("alpha", 1) == values.get("beta", 1) == 1
        and not values.get("transA")
        and values.get("transB")
    )
    return (
        {"kind": "Linear", **_weight_and_bias(step.node)}
        if plain and _has_fixed_weights(step.node)
        else {}
    )


def _batch_norm(step: Step) -> dict[str, Any]:
    """Only with the statistics of training: those of the images at hand are computed, and stand in
    no file.
    """
    if not _has_fixed_weights(step.node):
        return {}
    return {
        "kind": "BatchNorm2d" if len(step.shape) == 3 else "BatchNorm1d",
        **_weight_and_bias(step.node),
        "epsilon": _attributes(step.node)["epsilon"],
        "running_mean": step.node.inputs[3].name,
        "running_var": step.node.inputs[4].name,
    }


def _relu(step: Step) -> dict[str, Any]:
    return {"kind": "ReLU"}


def _max_pooling(step: Step) -> dict[str, Any]:
    window = _window(step.node)
    return {"kind": "MaxPool2d", **window, "groups": 1} if window else {}


def _average_pooling(step: Step) -> dict[str, Any]:
    """Only where every window is divided by the same number."""
    window, values = _window(step.node), _attributes(step.node)
    counts_padding = values.get("count_include_pad") or not any(values.get("pads", ()))
    if not window or values.get("ceil_mode") or not counts_padding:
        return {}
    return {"kind": "AvgPool2d", **window, "groups": 1}


def _global_average(step: Step) -> dict[str, Any]:
    """A mean over height and width is a pooling whose window is the whole feature map."""
    maps, axes = step.node.inputs[:2]
    shape = maps.shape or ()
    if len(shape) != 4 or axes is None or axes.const_value is None:
        return {}
    if sorted(axis % 4 for axis in axes.const_value.numpy().tolist()) != [2, 3]:
        return {}
    size = [int(side) for side in shape[2:]]
    rest = {"padding": [0, 0], "dilation": [1, 1], "groups": 1}
    return {"kind": "AdaptiveAvgPool2d", "kernel_size": size, "stride": size, **rest}


_DESCRIPTIONS = {
    "Conv": _convolution,
    "Gemm": _fully_connected,
    "BatchNormalization": _batch_norm,
    "Relu": _relu,
    "MaxPool": _max_pooling,
    "AveragePool": _average_pooling,
    "ReduceMean": _global_average,
}


def _window(node: ir.Node) -> dict[str, list[int]]:
    """Return the window of a convolution or pooling; nothing unless it is padded alike on opposite
    sides.
    """
    values = _attributes(node)
    kernel, pads = values["kernel_shape"], values.get("pads", (0, 0, 0, 0))
    if len(kernel) != 2 or pads[:2] != pads[2:] or values.get("auto_pad", "NOTSET") != "NOTSET":
        return {}
    return {
        "kernel_size": list(kernel),
        "stride": list(values.get("strides", (1, 1))),
        "padding": list(pads[:2]),
        "dilation": list(values.get("dilations", (1, 1))),
    }


def _attributes(node: ir.Node) -> dict[str, Any]:
    return {name: attribute.value for name, attribute in node.attributes.items()}


def _has_fixed_weights(node: ir.Node) -> bool:
    return all(value is None or value.is_initializer() for value in node.inputs[1:])


def _weight_and_bias(node: ir.Node) -> dict[str, str | None]:
    bias = node.inputs[2] if len(node.inputs) > 2 else None
    return {"weight": node.inputs[1].name, "bias": bias and bias.name}


# What they are called


class _Names:
    """Names layers as PyTorch does, with the number of the use; those without a name ``relu1`` and
    so on.
    """

    def __init__(self, reserved: set[str]):
        self.reserved, self.given, self.uses = reserved, {IMAGE, LOGITS}, Counter()

    def of(self, module: str, kind: str) -> str:
        """Return the next name of a module, or of a kind where the module has none or only a
        number.
        """
        numbered = not module or module.rpartition(".")[2].isdigit()
        stem, taken = (_STEMS.get(kind, kind.lower()) if numbered else module), self.given
        if numbered:
            taken = taken | self.reserved
        name = next(name for name in self._candidates(stem, numbered) if name not in taken)
        self.given.add(name)
        return name

    def _candidates(self, stem: str, numbered: bool) -> Iterator[str]:
        while True:
            self.uses[stem, numbered] += 1
            use = self.uses[stem, numbered]
            yield f"{stem}{use}" if numbered else use_name(stem, use)


def _describe(layers: list[Layer], model: nn.Module) -> None:
    """Name the layers and write down what is known of each."""
    names = _Names({*model.state_dict(), *(name for name, _ in model.named_modules())})
    given = {}
    for layer in layers:
        kind = layer.step.known.get("kind") or _kind(layer, model)
        name = given[layer.step.value] = names.of(layer.module, kind)
        layer.description = {
            "name": name,
            "module": layer.module,
            "kind": kind,
            "inputs": [given.get(source, IMAGE) for source in layer.sources],
            "output": LOGITS if layer is layers[-1] else name,
            "shape": list(layer.step.shape),
            "weight": None,
            "bias": None,
            **layer.step.known,
        }


def _kind(layer: Layer, model: nn.Module) -> str:
    """Return the class of an unusual layer; PyTorch's class for a function such as ``gelu``; or the
    operation.

    A layer of a usual class that computes in an unusual way is named as a function, such as
    "linear" along the rows.
    """
    name = _CLASSES.get(layer.step.operation.replace("_", ""), layer.step.node.op_type)
    if layer.module:
        name = type(model.get_submodule(layer.module)).__name__
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower() if name in _STEMS else name
