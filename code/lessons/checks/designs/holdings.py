"""How many values a network holds: those that it lists as parameters, and the others."""

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

OWN = {"_parameters", "_buffers", "_modules"}  # where a module keeps what it lists
NORMS = torch.nn.modules.batchnorm._NormBase
DEEPEST = 3  # lists in lists that are looked into


def listed(net: nn.Module) -> int:
    """Return the number of a network's parameters, as ``parameters()`` gives them."""
    return sum(values.numel() for values in net.parameters())


def unlisted(net: nn.Module, answer: Any) -> int:
    """Return how many numbers a network computes with, or keeps, beside its parameters.

    Counted are layers and tensors in plain attributes, lists and dictionaries, and parameters of
    other networks that have a part in an answer. Buffers do not count: see `buffered`.

    Parameters
    ----------
    net : Module
    answer : Tensor
        What it answered, with its graph.
    """
    known = {id(values) for values in [*net.parameters(), *net.buffers()]}
    found: dict[int, int] = {}
    for values in [*_in_attributes(net), *_leaves(answer)]:
        if id(values) not in known and values.is_floating_point():
            found[id(values)] = values.numel()
    return sum(found.values())


def buffered(net: nn.Module) -> int:
    """Return how many numbers a network keeps as buffers, beside what its norms have stored."""
    others = (module for module in net.modules() if not isinstance(module, NORMS))
    return sum(values.numel() for each in others for values in each.buffers(recurse=False))


def _in_attributes(net: nn.Module) -> Iterator[Tensor]:
    for module in net.modules():
        for name, value in vars(module).items():
            if name not in OWN and not name.endswith("_hooks"):
                yield from _tensors_in(value, DEEPEST)


def _tensors_in(value: Any, depth: int) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, nn.Module):
        yield from value.parameters()
    elif depth and isinstance(value, list | tuple | dict | set):
        items: Iterable = value.values() if isinstance(value, dict) else value
        for item in items:
            yield from _tensors_in(item, depth - 1)


def _leaves(answer: Any) -> Iterator[Tensor]:
    """Yield the tensors at the beginning of a graph: what a step of training would change."""
    waiting = [answer.grad_fn] if isinstance(answer, Tensor) and answer.grad_fn else []
    seen = set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            yield node.variable
        waiting += [each for each, _ in node.next_functions]
