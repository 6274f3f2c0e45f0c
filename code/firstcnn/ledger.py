"""What comparisons cost: which networks were asked for, and the multiplications of their training.

A build collects this from every page and shows it as a table. The number of a network is its
multiply–accumulates for one image, forward, times the images and the epochs of its training;
backward come about twice as many. Convolutions and fully connected layers count.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from firstcnn.layers import multiply_accumulates
from firstcnn.training import Recipe

_entries: list[dict[str, Any]] = []


def note(runs: Iterable[Any], images: Tensor, threads: int) -> None:
    """Note that networks were asked for together, whether they are kept already or have to be
    trained.

    Parameters
    ----------
    runs : iterable
        Each with ``case``, ``build``, ``recipe``, ``seed`` and ``key``, a function from what is
        known of the machine to what the network is kept under.
    images : Tensor (N, C, H, W)
        That they train on.
    threads : int
        On which each of them trains.
    """
    cost: dict[str, int | None] = {}
    rows = []
    for run in runs:
        if run.case not in cost:
            cost[run.case] = _multiplications(run.build, run.recipe, images)
        key = run.key({"threads": threads})
        network = None if key is None else hashlib.sha256(key.encode()).hexdigest()[:16]
        rows.append(
            {
                "case": run.case or getattr(run.build, "__name__", "a network"),
                "seed": int(run.seed),
                "network": network,
                "multiplications": cost[run.case],
            }
        )
    _entries.append({"images": len(images), "networks": rows})


def new_entries() -> list[dict[str, Any]]:
    """Return what was noted since the last call.

    Returns
    -------
    list of dict
        One for each comparison: ``images`` that the networks train on, and ``networks``, each with
        ``case``, ``seed``, ``network`` (the same text for the same network; None for one that is
        trained whenever it is asked for) and ``multiplications`` (None if they cannot be counted).
    """
    found = list(_entries)
    _entries.clear()
    return found


def _multiplications(build: Callable[[], nn.Module], recipe: Recipe, images: Tensor) -> int | None:
    with torch.random.fork_rng(devices=[]):
        model = build()
    try:
        once = multiply_accumulates(model, tuple(images.shape[1:]))
    except ValueError:
        return None  # a network that reads no single image
    return once * len(images) * recipe.epochs
