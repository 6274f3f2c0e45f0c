"""What stands inside a network: a row for each layer and each tensor, and what each layer returns
for an image.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pandas as pd
import torch
import torchinfo
from torch import Tensor, nn

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_WINDOWS = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)
_ADAPTIVE_POOLS = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
_PARTS = (
    (CONVOLUTIONS, "convolution"),
    (_BATCH_NORMS, "batch norm"),
    (nn.Linear, "fully connected"),
)


@contextmanager
def modes_kept(model: nn.Module) -> Iterator[None]:
    """Leave every layer of ``model`` in the mode that it had before, also after an error."""
    modes = [(layer, layer.training) for layer in model.modules()]
    try:
        yield
    finally:
        for layer, training in modes:
            layer.training = training


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Switch ``model`` to evaluation without gradients; afterwards every layer is in the mode it
    had before.
    """
    with modes_kept(model), torch.no_grad():
        model.eval()
        yield


def keeps_modes(function: Callable) -> Callable:
    """Let a function of a network leave every layer of it in the mode that it had before."""

    @wraps(function)
    def kept(model: nn.Module, *arguments: Any, **options: Any) -> Any:
        with modes_kept(model):
            return function(model, *arguments, **options)

    return kept


def parameter_table(model: nn.Module) -> pd.DataFrame:
    """Return the parameters of a network, tensor by tensor.

    Returns
    -------
    DataFrame
        Columns ``name``, ``shape`` (tuple), ``parameters`` and ``part``: "convolution", "batch
        norm", "fully connected", or "other" for a layer that is none of them.
    """
    rows = [
        {
            "name": name,
            "shape": tuple(tensor.shape),
            "parameters": tensor.numel(),
            "part": _part(model, name),
        }
        for name, tensor in model.named_parameters()
    ]
    return pd.DataFrame(rows, columns=["name", "shape", "parameters", "part"])


def _part(model: nn.Module, name: str) -> str:
    layer = model.get_submodule(name.rpartition(".")[0])
    return next((part for kinds, part in _PARTS if isinstance(layer, kinds)), "other")


def layer_table(model: nn.Module, input_shape: tuple[int, ...] = (1, 28, 28)) -> pd.DataFrame:
    """Return one row for each layer, in the order in which one image passes them.

    A layer that is used again has a row for each use (``pool``, ``pool (2)``); its parameters count
    in the first. What is called as a function (``F.relu``) is no layer and has no row.

    Parameters
    ----------
    model : Module
        A network of layers in sequence.
    input_shape : tuple of int
        Shape of one image: channels, height, width.

    Returns
    -------
    DataFrame
        Columns ``name``, ``kind`` (class), ``output_shape`` (tuple, without N), ``parameters``,
        ``multiply_accumulates`` (of convolutions and fully connected layers, for one image; adding
        a bias, normalising and pooling are not counted) and ``receptive_field`` (side in pixels of
        the square of the input that one output value can see, padding included; NaN once the
        positions are flattened).

    Raises
    ------
    ValueError
        If the network cannot read such an image, or if the receptive field cannot be known: an
        operation that is no layer (``F.max_pool2d``, ``torch.cat`` of branches) changes the shape
        between two layers, or a layer other than convolution and pooling changes height and width.
        A sum of two branches of equal shape (a residual connection) is not noticed.
    """
    rows, field = [], _ReceptiveField(input_shape)
    for name, layer, received, output_shape, parameters in _executed(model, input_shape):
        rows.append(
            {
                "name": name,
                "kind": type(layer).__name__,
                "output_shape": output_shape,
                "parameters": parameters,
                "multiply_accumulates": _multiply_accumulates(layer, output_shape),
                "receptive_field": field.after(name, layer, received, output_shape),
            }
        )
    return pd.DataFrame(rows)


def multiply_accumulates(model: nn.Module, input_shape: tuple[int, ...] = (1, 28, 28)) -> int:
    """Return how often a network multiplies and adds for one image, forward: what `layer_table`
    counts.

    Raises
    ------
    ValueError
        If the network cannot read such an image.
    """
    return sum(
        _multiply_accumulates(layer, output_shape)
        for _, layer, _, output_shape, _ in _executed(model, input_shape)
    )


def _executed(model: nn.Module, input_shape: tuple[int, ...]) -> list[tuple]:
    """List (name, layer, input shape, output shape, parameters) of the leaf layers in order of
    execution.
    """
    parameter = next(model.parameters(), torch.zeros(()))
    image = torch.zeros(1, *input_shape, dtype=parameter.dtype, device=parameter.device)
    try:
        with evaluating(model):
            found = torchinfo.summary(model, input_data=image, depth=100, verbose=0).summary_list
    except RuntimeError as error:
        cause = error.__cause__ or error
        raise ValueError(
            f"{type(model).__name__} cannot read an image of shape {input_shape}: {cause}"
        ) from cause
    names = _Names(model)
    return [
        (
            names.of_use(info.module),
            info.module,
            tuple(info.input_size[1:]),
            tuple(info.output_size[1:]),
            0 if info.is_recursive else info.num_params,
        )
        for info in found
        if info.is_leaf_layer and info.executed
    ]


class _Names:
    """Counts how often each layer is used, to name the uses."""

    def __init__(self, model: nn.Module):
        self.names = {layer: name or type(layer).__name__ for name, layer in model.named_modules()}
        self.uses = Counter()

    def of_use(self, layer: nn.Module) -> str:
        self.uses[layer] += 1
        return use_name(self.names[layer], self.uses[layer])


def use_name(name: str, use: int) -> str:
    """Return what to call the given use of a layer, counted from 1: "pool", then "pool (2)"."""
    return name if use == 1 else f"{name} ({use})"


def _multiply_accumulates(layer: nn.Module, output_shape: tuple[int, ...]) -> int:
    """Each weight of a convolution is used once at every position, each weight of a linear layer
    once.
    """
    if isinstance(layer, CONVOLUTIONS):
        return layer.weight.numel() * math.prod(output_shape[1:])
    return (
        layer.weight.numel() * math.prod(output_shape[:-1]) if isinstance(layer, nn.Linear) else 0
    )


class _ReceptiveField:
    """Follows how far one value sees (``side``) and how far apart neighbours look (``step``), in
    input pixels.

    A window of k values that lie d apart adds d (k - 1) steps to the side; its stride multiplies
    the step (Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks",
    2019).
    """

    def __init__(self, input_shape: tuple[int, ...]):
        self.side, self.step = 1, 1
        self.shape = input_shape

    def after(self, name: str, layer: nn.Module, input_shape: tuple, output_shape: tuple) -> float:
        if math.isnan(self.side) or len(input_shape) != 3 or len(output_shape) != 3:
            self.side = math.nan
        elif input_shape != self.shape:
            raise ValueError(
                f"The layer before {name!r} returns {self.shape}, but {name!r} receives"
                f" {input_shape}: something that is no layer lies between them. Make it a layer;"
                " networks that branch have no such table."
            )
        elif isinstance(layer, _WINDOWS + _ADAPTIVE_POOLS):
            kernel, stride, dilation = _window(layer, input_shape, output_shape)
            self.side += dilation * (kernel - 1) * self.step
            self.step *= stride
        elif input_shape[1:] != output_shape[1:]:
            raise ValueError(
                f"{name!r} ({type(layer).__name__}) changes height and width, and its receptive"
                " field is not known here: only convolutions, max pooling and average pooling are."
            )
        self.shape = output_shape
        return float(self.side)


def _window(layer: nn.Module, input_shape: tuple, output_shape: tuple) -> tuple[int, int, int]:
    """Return kernel, stride and dilation; of a window that is not square, the larger side."""
    if isinstance(layer, _ADAPTIVE_POOLS):
        stride = max(input_shape[1:]) // max(output_shape[1:])
        return max(input_shape[1:]) - (max(output_shape[1:]) - 1) * stride, stride, 1
    return (
        max(_pair(layer.kernel_size)),
        max(_pair(layer.stride)),
        max(_pair(getattr(layer, "dilation", 1))),
    )


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


def record_activations(model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """Return what every layer returns for ``images``, in order of execution.

    The network is asked in evaluation mode and without gradients, and left as it was: mode, hooks,
    gradients.

    Parameters
    ----------
    model : Module
        A network.
    images : Tensor (N, C, H, W)
        What the network reads.

    Returns
    -------
    dict of str to Tensor
        ``"input"``, then one tensor for each use of a layer, under the names of `layer_table`.
    """
    names, outputs, handles = _Names(model), {"input": images}, []

    def keep(layer: nn.Module, inputs: tuple, output: Tensor) -> None:
        outputs[names.of_use(layer)] = (
            output.detach().clone()
        )  # a layer may work in place on what it is given

    try:
        for layer in names.names:
            if not list(layer.children()):
                handles.append(layer.register_forward_hook(keep))
        with evaluating(model):
            model(images)
    finally:
        for handle in handles:
            handle.remove()
    return outputs
