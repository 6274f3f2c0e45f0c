"""One network: trained, written as plain containers, and made again from them."""

import dataclasses
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from firstcnn.device import CPU, in_words
from firstcnn.evaluation import predict
from firstcnn.machine import machine
from firstcnn.models import count_parameters
from firstcnn.precision import bfloat16_is_fast
from firstcnn.training import History, Recipe, fast_layout, fit

Pair = tuple[Tensor, Tensor]
Build = Callable[[], nn.Module]


def train_network(
    build: Build,
    train: Pair,
    validation: Pair,
    recipe: Recipe,
    seed: int,
    device: torch.device = CPU,
) -> dict[str, Any]:
    """Train a new network on a device and return it as plain containers.

    Returns
    -------
    dict
        ``state`` (a state_dict), ``history`` (a dict), ``logits`` on the validation set, Tensor
        (N, K), and ``parameters``, an int. All tensors are on the CPU.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build()
    history = fit(model, train, validation, recipe, seed=seed, device=device)
    result = {"state": model.state_dict(), "history": dataclasses.asdict(history)}
    model, _ = restore(build, result)
    return result | {
        "logits": predict(model.to(device), validation[0]),
        "parameters": count_parameters(model),
    }


def restore(build: Build, result: dict[str, Any]) -> tuple[nn.Module, History]:
    """Make network, on the CPU and in evaluation mode, and history from what `train_network`
    returned.
    """
    with torch.random.fork_rng(devices=[]):
        model = build()
    model.load_state_dict(result["state"])
    return fast_layout(model).eval(), History(**result["history"])


def this_machine(device: torch.device = CPU) -> dict[str, Any]:
    """Return what the bits of a network that a device trains depend on besides source and data, as
    JSON can hold it. On a GPU the number of the CPU's threads does not count.
    """
    found = machine()
    found |= {"torch": str(found["torch"]), "bfloat16_is_fast": bfloat16_is_fast(device)}
    return found if device == CPU else found | {"threads": 1, "device": in_words(device)}
