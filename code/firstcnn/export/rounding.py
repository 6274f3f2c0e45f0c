"""Weights in fewer bytes: the forms there are, a network that computes with them, and how a file
stores them.
"""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.overrides import TorchFunctionMode

from firstcnn.layers import CONVOLUTIONS

if TYPE_CHECKING:
    import onnx

FORMS = ("int8", "int8-linear", "float16", "float32")  # from the smallest to the largest


def rounded(model: nn.Module, form: str) -> nn.Module:
    """Return a copy of a network that computes with the weights as a file of this form holds them.

    Only the weights of convolutions and fully connected layers are rounded. Biases and batch norm
    are few numbers, and stay as they are.

    Parameters
    ----------
    model : Module
        A network; it is left as it was.
    form : {"int8", "int8-linear", "float16", "float32"}
        ``"int8"``: whole numbers from -127 to 127, times one float32 scale for each output channel.
        ``"int8-linear"``: fully connected layers so, convolutions as float16. ``"float32"`` rounds
        nothing.

    Returns
    -------
    Module
        On the CPU, in float32 and evaluation mode, without forward hooks.

    Raises
    ------
    TypeError, ValueError
        If ``model`` is not a network or cannot be copied, or there is no such form.
    """
    network = evaluation_copy(model)
    weights = {id(weight): (weight, kind) for _, weight, kind in _weights(network, form)}
    with torch.no_grad():
        for weight, kind in weights.values():
            weight.copy_(torch.from_numpy(_restored(*_stored(weight.numpy(), kind))))
    return network


def evaluation_copy(model: nn.Module) -> nn.Module:
    """Return a copy in evaluation mode, in float32 on the CPU, without forward hooks.

    Weights that are computed from others (parametrizations) are computed once, and are plain
    weights in the copy.

    Raises
    ------
    TypeError
        If it is not a network.
    ValueError
        If it holds something that cannot be copied; if it was quantised or compiled by
        ``torch.jit``; if its weights are sparse, on the meta device, or those of a lazy layer that
        has read nothing yet.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(_not_a_network(model))
    model = getattr(model, "_orig_mod", model)  # what torch.compile was given
    _refuse_other_kinds(model)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            return _copied(model)
    except Exception as error:
        raise ValueError(
            f"{type(model).__name__} cannot be copied: {in_one_line(error)}. Expected a network of"
            " layers and tensors, as Python wrote it. Keep files, locks and the like outside of it."
        ) from error


def in_one_line(error: BaseException, most: int = 300) -> str:
    """Return the words of an error in one line, without colours of a terminal and a full stop."""
    words = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", str(error))
    return " ".join(words.split())[:most].rstrip(".")


def _refuse_other_kinds(model: nn.Module) -> None:
    """Refuse a network that is none of layers in Python and of weights in float numbers."""
    name = type(model).__name__
    for layer in model.modules():
        if isinstance(layer, torch.jit.ScriptModule):
            raise ValueError(
                f"{name} was compiled by torch.jit, which leaves no steps in Python to follow. Pass"
                " the network as it was before torch.jit.script or torch.jit.trace."
            )
        if type(layer).__module__.startswith("torch.ao.") and not type(layer).__module__.endswith(
            ".stubs"
        ):
            raise ValueError(
                f"{name} was quantised, or prepared for it: it has a layer {type(layer).__name__}"
                " of torch.ao. Expected weights in float numbers. Pass the network as it was"
                ' before; weights="int8" stores the weights in 8 bits.'
            )
    for part, tensor in (*model.named_parameters(), *model.named_buffers()):
        if nn.parameter.is_lazy(tensor):
            raise ValueError(
                f"{part} has no numbers as yet. Let the network read an image, or train it, first."
            )
        if tensor.is_meta:
            raise ValueError(
                f"{part} has a shape and no numbers: it is on the meta device. Load trained weights"
                " with load_state_dict(state, assign=True) first."
            )
        if tensor.layout != torch.strided or tensor.is_quantized:
            raise ValueError(
                f"{part} is stored as a sparse or quantised tensor. Expected a dense one of float"
                " numbers."
            )


def _copied(model: nn.Module) -> nn.Module:
    with _CopyWithoutHistory():
        network = copy.deepcopy(model).eval()
    network._apply(_as_float32)
    for layer in network.modules():
        layer._compiled_call_impl = None
        _remove_hooks(layer)
        if parametrize.is_parametrized(layer):
            _compute_weights(layer)
    return network.requires_grad_(False).eval()


def _compute_weights(layer: nn.Module) -> None:
    """Give a copied layer plain weights. PyTorch's own ``remove_parametrizations`` would change the
    class, which the original has, too.
    """
    weights = {name: getattr(layer, name).detach().clone() for name in layer.parametrizations}
    del layer.parametrizations
    layer.__class__ = type(layer).__bases__[0]
    for name, weight in weights.items():
        layer.register_parameter(name, nn.Parameter(weight, requires_grad=False))


def _as_float32(tensor: Tensor) -> Tensor:
    kind = (
        torch.complex64
        if tensor.is_complex()
        else torch.float32
        if tensor.is_floating_point()
        else tensor.dtype
    )
    return tensor.to("cpu", kind, memory_format=torch.contiguous_format)


def _not_a_network(thing: Any) -> str:
    if isinstance(thing, type):
        name = thing.__name__
        return (
            f"Expected a network, got the class {name}. Make an instance: {name}() in place of"
            f" {name}."
        )
    return f"Expected a network, an nn.Module, got {type(thing).__name__}. Pass the network itself."


class _CopyWithoutHistory(TorchFunctionMode):
    """Copies a computed tensor, such as an activation that a network keeps, without its graph:
    PyTorch refuses to copy both.
    """

    def __torch_function__(self, function, types, arguments=(), keywords=None):
        if function is Tensor.__deepcopy__ and arguments[0].grad_fn is not None:
            tensor, memo = arguments
            return memo.setdefault(id(tensor), tensor.detach().clone())
        return function(*arguments, **(keywords or {}))


def _remove_hooks(layer: nn.Module) -> None:
    """Remove all hooks but those by which PyTorch computes weights (the older ``weight_norm``)."""
    layer._forward_hooks.clear()
    for number, hook in list(layer._forward_pre_hooks.items()):
        if not type(hook).__module__.startswith("torch."):
            del layer._forward_pre_hooks[number]


def stored_weights(model: nn.Module, form: str) -> dict[str, str]:
    """Return the names of the weights that a file holds in another form than float32, with that
    form.

    Raises
    ------
    ValueError
        If there is no such form.
    """
    return {name: kind for name, _, kind in _weights(model, form)}


def stored_bytes(model: nn.Module, form: str) -> int:
    """Return how many bytes the parameters and buffers of a network take in a file of this form."""
    other = {id(weight): (weight, kind) for _, weight, kind in _weights(model, form)}
    kept = {id(each): each for each in (*model.parameters(), *model.buffers())}
    size = sum(4 * each.numel() for name, each in kept.items() if name not in other)
    for weight, kind in other.values():
        parts = _stored(weight.detach().numpy(), kind)
        size += sum(part.nbytes for part in parts if part is not None)
    return size


def _weights(model: nn.Module, form: str) -> Iterator[tuple[str, nn.Parameter, str]]:
    """List the weights to round: name, tensor, and "float16" or "int8"."""
    if form not in FORMS:
        raise ValueError(
            f"There are no weights of the form {form!r}: choose one of"
            f" {', '.join(map(repr, FORMS))}."
        )
    linear, convolution = {"int8-linear": ("int8", "float16")}.get(form, (form, form))
    for name, layer in model.named_modules(remove_duplicate=False):
        kind = linear if isinstance(layer, nn.Linear) else convolution
        if (
            kind != "float32"
            and isinstance(layer, (nn.Linear, *CONVOLUTIONS))
            and "weight" in layer._parameters
        ):
            yield f"{name}.weight".lstrip("."), layer.weight, kind


def _stored(weight: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Return what a file holds of a weight (outputs, …): float16, or int8 and a scale for each
    output.
    """
    if kind == "float16":
        with np.errstate(over="ignore"):
            return weight.astype(np.float16), None
    largest = np.abs(weight).reshape(len(weight), -1).max(axis=1)  # (outputs,)
    scale = np.where(largest > 0, largest / np.float32(127), 1).astype(np.float32)
    return np.rint(weight / _across(scale, weight)).clip(-127, 127).astype(np.int8), scale


def _restored(numbers: np.ndarray, scale: np.ndarray | None) -> np.ndarray:
    """Return the float32 weights that these numbers stand for."""
    weight = numbers.astype(np.float32)
    return weight if scale is None else weight * _across(scale, weight)


def _across(scale: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Reshape (outputs,) to (outputs, 1, …), with as many dimensions as the weight."""
    return scale.reshape(-1, *[1] * (weight.ndim - 1))


def with_stored_weights(graph: onnx.ModelProto, kinds: dict[str, str]) -> onnx.ModelProto:
    """Return a copy of an ONNX model that holds these weights as float16 or int8 and computes with
    float32.

    A weight keeps its name: that is now what a Cast or DequantizeLinear node returns.
    """
    import onnx
    from onnx import numpy_helper

    result, nodes = onnx.ModelProto(), []
    result.CopyFrom(graph)
    del result.graph.initializer[:]
    for tensor in graph.graph.initializer:
        if tensor.name not in kinds:
            result.graph.initializer.append(tensor)
            continue
        numbers, scale = _stored(numpy_helper.to_array(tensor), kinds[tensor.name])
        names = [f"{tensor.name}.{kinds[tensor.name]}", f"{tensor.name}.scale"]
        parts = [numbers] if scale is None else [numbers, scale]
        result.graph.initializer.extend(map(numpy_helper.from_array, parts, names))
        nodes.append(_restoring(names[: len(parts)], tensor.name))
    nodes.extend(graph.graph.node)
    del result.graph.node[:]
    result.graph.node.extend(nodes)
    return result


def _restoring(stored: list[str], name: str) -> onnx.NodeProto:
    """Return the node that makes float32 weights from what is stored, along with a scale or
    alone.
    """
    from onnx import TensorProto, helper

    if len(stored) == 1:
        return helper.make_node(
            "Cast", stored, [name], name=f"{name} as float32", to=TensorProto.FLOAT
        )
    return helper.make_node("DequantizeLinear", stored, [name], name=f"{name} as float32", axis=0)
