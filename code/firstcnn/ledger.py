"""What comparisons cost: which networks were asked for, and the multiplications of their training.

A build collects this from every page and shows it as a table. The number of a network is its
multiply–accumulates for one image, forward, times the images and the epochs of its training;
backward come about twice as many. Convolutions and fully connected layers count.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from firstcnn.layers import multiply_accumulates
from firstcnn.training import Recipe

_asked: deque = deque(maxlen=1000)  # outside of a build nobody takes them away


def note(runs: Iterable[tuple[Any, float]], images: Tensor, threads: int) -> None:
    """Note that networks were asked for together, whether they were kept already or had to be
    trained.

    Parameters
    ----------
    runs : iterable of (run, float)
        Each run has ``case``, ``build``, ``recipe``, ``seed`` and ``key``, a function from what is
        known of the machine to what the network is kept under; the number is how many seconds the
        network was trained, whenever that was.
    images : Tensor (N, C, H, W)
        That they train on.
    threads : int
        On which each of them trains.
    """
    rows = [(run, seconds, _name(run.key({"threads": threads}))) for run, seconds in runs]
    if rows:
        _asked.append((tuple(images.shape), rows))


def new_entries() -> list[dict[str, Any]]:
    """Return what was noted since the last call.

    Returns
    -------
    list of dict
        One for each comparison: ``images`` that the networks train on, and ``networks``, each with
        ``case``, ``seed``, ``network`` (the same text for the same network; None for one that is
        trained whenever it is asked for), ``multiplications`` (None if they cannot be counted) and
        ``seconds`` of its training.
    """
    found = [_entry(*asked) for asked in _asked]
    _asked.clear()
    return found


def _entry(shape: tuple[int, ...], rows: list[tuple[Any, float, str | None]]) -> dict[str, Any]:
    cases = {run.case: run for run, *_ in rows}
    cost = {case: _multiplications(run.build, run.recipe, shape) for case, run in cases.items()}
    networks = [
        {
            "case": run.case or _class_of(run.build).__name__,
            "seed": int(run.seed),
            "network": network,
            "multiplications": cost[run.case],
            "seconds": seconds,
        }
        for run, seconds, network in rows
    ]
    return {"images": shape[0], "networks": networks}


def _name(key: str | None) -> str | None:
    return None if key is None else hashlib.sha256(key.encode()).hexdigest()[:16]


def _class_of(build: Callable[[], nn.Module]) -> type:
    return build.func if isinstance(build, partial) else build


def _multiplications(
    build: Callable[[], nn.Module], recipe: Recipe, shape: tuple[int, ...]
) -> int | None:
    once = for_one_image(build, shape[1:])
    return None if once is None else once * shape[0] * recipe.epochs


def for_one_image(build: Callable[[], nn.Module], shape: tuple[int, ...]) -> int | None:
    """Return the multiply–accumulates of a network for one image, forward.

    Parameters
    ----------
    build : callable
        Returns the network. PyTorch's generator is left as it was.
    shape : tuple of int
        Of an image, (C, H, W).

    Returns
    -------
    int or None
        None if they cannot be counted, as for a network that reads no single image.
    """
    with torch.random.fork_rng(devices=[]):
        model = build()
    try:
        return multiply_accumulates(model, shape)
    except ValueError:
        return None
