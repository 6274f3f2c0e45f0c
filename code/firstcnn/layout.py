"""The order in which tensors lie in memory, where that decides how fast a network trains."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

_CHANNELS_LAST = ("cpu", "cuda")  # devices on which it is faster
_FLATTENING = (  # what a flattening and a change of number format are called in autograd's graph
    "ViewBackward0",
    "UnsafeViewBackward0",
    "ReshapeAliasBackward0",
    "CloneBackward0",
    "ToCopyBackward0",
)


def fast_layout(model: nn.Module) -> nn.Module:
    """Store the weights of convolutions as ``channels_last``, and return the same model.

    The channels of a pixel then stand side by side in memory, in the weights and in what the layers
    return. That is faster on a CPU and on a CUDA GPU, and changes no value. On other devices the
    weights are stored in PyTorch's usual order.
    """
    weights = [layer.weight for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    if weights:
        fast = weights[0].device.type in _CHANNELS_LAST
        model.to(memory_format=torch.channels_last if fast else torch.contiguous_format)
    return model


@contextmanager
def fast_gradients(model: nn.Module) -> Iterator[None]:
    """Keep gradients ``channels_last`` behind a flattening as well, while the block runs.

    A linear layer hands its gradient back in PyTorch's usual order. All layers before it would have
    to reorder their tensors then.
    """
    linear = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    hooks = [layer.register_forward_pre_hook(_reorder_gradient) for layer in linear]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _reorder_gradient(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    node = inputs[0].grad_fn if inputs[0].device.type in _CHANNELS_LAST else None
    while node is not None and node.name() in _FLATTENING:
        node = node.next_functions[0][0]
    if node is not None:
        node.register_prehook(_channels_last)


def _channels_last(gradients: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(
        (
            gradient.contiguous(memory_format=torch.channels_last)
            if gradient is not None and gradient.ndim == 4
            else gradient
        )
        for gradient in gradients
    )
