"""Trained networks that are kept: a network is trained once for everything it depends on, and read from then on."""

import dataclasses
import functools
import hashlib
import io
import json
import os
import types
import warnings
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from filelock import FileLock
from joblib import Parallel, delayed
from torch import Tensor, nn
from tqdm import tqdm

from firstcnn.data import cache_folder
from firstcnn.models import count_parameters
from firstcnn.provenance import SourceNotFound, machine, source_digest
from firstcnn.training import History, Recipe, bfloat16_is_fast, fit

Pair = tuple[Tensor, Tensor]
_DIGEST_BYTES = hashlib.sha256().digest_size


def trained(
    build: Callable[[], nn.Module], train: Pair, validation: Pair, recipe: Recipe, *, seed: int = 0
) -> tuple[nn.Module, History]:
    """Return a network trained under a recipe, and the history of its training.

    It is trained once and kept in the folder ``networks`` of the cache (environment FIRSTCNN_CACHE), under a key of
    everything that it depends on: the source of the network, of the training and of the augmentation; recipe and
    seed; the numbers in the tensors; PyTorch, processor and threads. If any of these changes it is trained anew.
    A network defined in a notebook cell is trained every time: what such a class depends on cannot be known.

    Parameters
    ----------
    build : class or functools.partial of one
        Called without arguments, after seeding; returns the network.
    train, validation : tuple of Tensor (N, C, H, W) and Tensor (N,)
        Normalised images and labels, as for `firstcnn.training.fit`.
    recipe : Recipe
        How to train. An augmentation of your own is a frozen dataclass, or a function without a closure.
    seed : int
        Decides initial weights, order, augmentation and dropout.

    Returns
    -------
    model : Module
        In evaluation mode; the same weights bit for bit, whether it was trained now or read.
    history : History
        Of the training, whenever it took place.

    Raises
    ------
    ValueError
        If ``build`` or the augmentation cannot be written into a key; otherwise as in `fit`.
    RuntimeError
        If the loss stops being a finite number.
    OSError
        If the folder cannot be written.
    """
    depends = _depends(build, recipe, [_checksum(tensor) for tensor in (*train, *validation)])
    return _kept(build, train, validation, recipe, seed, depends)


def sweep(
    cases: Mapping[str, tuple[Callable[[], nn.Module], Recipe]],
    train: Pair,
    validation: Pair,
    *,
    seeds: Iterable[int] = (0,),
) -> pd.DataFrame:
    """Train every case with every seed, or read what is kept, and return one row for each run.

    Each run has a process and one thread for itself, as many at a time as there are cores: for networks of this size
    that is faster than all cores for one run. So what is kept is found again by `trained` on one thread only.

    Parameters
    ----------
    cases : mapping of str to (build, Recipe)
        As for `trained`.
    train, validation : tuple of Tensor (N, C, H, W) and Tensor (N,)
        As for `trained`.
    seeds : iterable of int
        The seeds, the same for each case.

    Returns
    -------
    DataFrame
        Columns ``case``, ``seed``; ``validation_accuracy``, ``validation_loss``, ``train_accuracy`` after the last
        epoch; ``seconds`` of training, all epochs; ``parameters``.

    Raises
    ------
    ValueError, RuntimeError
        As in `trained`.
    """
    seeds = list(seeds)
    runs = [(case, build, recipe, seed) for case, (build, recipe) in cases.items() for seed in seeds]
    arrays = [tensor.numpy() for tensor in (*train, *validation)]  # joblib hands large arrays on without copying them
    checksums = [_checksum(tensor) for tensor in (*train, *validation)]
    finished = Parallel(n_jobs=-1, return_as="generator")(delayed(_run)(*run, arrays, checksums) for run in runs)
    rows = list(tqdm(finished, total=len(runs), desc="sweep", unit="run", leave=False))
    return pd.DataFrame(rows, columns=["case", "seed", *_MEASURES])


_MEASURES = ("validation_accuracy", "validation_loss", "train_accuracy", "seconds", "parameters")


def _run(case: str, build, recipe: Recipe, seed: int, arrays: list[np.ndarray], checksums: list[str]) -> dict:
    """Train one case, or read it, in a process and on a thread of its own."""
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")  # nobody writes to it
        tensors = [torch.from_numpy(array) for array in arrays]
    train, validation = tuple(tensors[:2]), tuple(tensors[2:])
    model, history = _kept(build, train, validation, recipe, seed, _depends(build, recipe, checksums))
    return _row(case, seed, model, history)


def _row(case: str, seed: int, model: nn.Module, history: History) -> dict[str, Any]:
    return {
        "case": case,
        "seed": seed,
        "validation_accuracy": history.validation_accuracy[-1],
        "validation_loss": history.validation_loss[-1],
        "train_accuracy": history.train_accuracy[-1],
        "seconds": sum(history.seconds),
        "parameters": count_parameters(model),
    }


def _kept(build, train: Pair, validation: Pair, recipe: Recipe, seed: int, depends: dict[str, Any] | None):
    """Read or train; what a network depends on besides the seed is None if nobody can know it."""
    if depends is None:
        return _restore(build, _train(build, train, validation, recipe, seed))
    key = json.dumps(depends | {"seed": int(seed)}, sort_keys=True)
    path = _folder() / f"{hashlib.sha256(key.encode()).hexdigest()}.pt"
    with FileLock(path.with_suffix(".lock")):
        result = _read(path, key)
        if result is None:
            result = {"key": key, **_train(build, train, validation, recipe, seed)}
            _write(path, result)
    return _restore(build, result)


def _train(build, train: Pair, validation: Pair, recipe: Recipe, seed: int) -> dict[str, Any]:
    """Train a new network and return its weights and its history as plain containers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build()
    history = fit(model, train, validation, recipe, seed=seed)
    return {"state": model.state_dict(), "history": dataclasses.asdict(history)}


def _restore(build, result: dict[str, Any]) -> tuple[nn.Module, History]:
    with torch.random.fork_rng(devices=[]):
        model = build()
    model.load_state_dict(result["state"])
    return model.eval(), History(**result["history"])


# ---------------------------------------------------------------------------------------------- the file of a network


def _folder() -> Path:
    folder = cache_folder() / "networks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(path: Path, result: dict[str, Any]) -> None:
    """Write a digest and what it is the digest of. The name appears once the file is whole."""
    buffer = io.BytesIO()
    torch.save(result, buffer)
    content = buffer.getvalue()
    partial = path.with_suffix(".partial")
    partial.write_bytes(hashlib.sha256(content).digest() + content)
    os.replace(partial, path)


def _read(path: Path, key: str) -> dict[str, Any] | None:
    """Return what is kept under a key; None, with a warning if there is a file, when it is not to be used."""
    if not path.exists():
        return None
    found = path.read_bytes()
    digest, content = found[:_DIGEST_BYTES], found[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        warnings.warn(f"{path} is damaged; the network is trained again.", stacklevel=4)
        return None
    result = torch.load(io.BytesIO(content), weights_only=True)
    if result["key"] != key:
        warnings.warn(f"{path} belongs to another training; the network is trained again.", stacklevel=4)
        return None
    return result


# -------------------------------------------------------------------------------------- what a network depends on


def _depends(build, recipe: Recipe, checksums: list[str]) -> dict[str, Any] | None:
    """Return everything but the seed that a trained network depends on; None if a source stands in no file."""
    function = build.func if isinstance(build, functools.partial) else build
    if not isinstance(function, type):
        raise ValueError(
            f"build is {build!r}: it has to be a class of networks, or functools.partial(Class, ...) to give it "
            "arguments, so that what the network depends on can be read."
        )
    code = [_train]
    parts = {"build": _describe(build, code), "recipe": _describe(recipe, code), "tensors": checksums}
    try:
        source = source_digest(*code)
    except SourceNotFound:
        return None
    return parts | {"source": source, "machine": machine(), "bfloat16_is_fast": bfloat16_is_fast()}


def _describe(value: Any, code: list) -> Any:
    """Return what JSON can hold and what differs whenever ``value`` differs; note in ``code`` whose source counts."""
    inner = functools.partial(_describe, code=code)
    match value:
        case None | bool() | str():
            return value
        case Integral():
            return int(value)
        case Real():
            return float(value)
        case Tensor():
            return {"tensor": _checksum(value)}
        case list() | tuple():
            return [inner(item) for item in value]
        case dict():
            return {"items": [[inner(name), inner(item)] for name, item in value.items()]}
        case functools.partial():
            return {"partial": inner([value.func, value.args, value.keywords])}
        case type():
            return _describe_code(value, code)
        case types.FunctionType() if value.__closure__ is None:
            return _describe_code(value, code) | {"defaults": inner([value.__defaults__, value.__kwdefaults__])}
    if dataclasses.is_dataclass(value):
        fields = {field.name: inner(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return _describe_code(type(value), code) | {"fields": fields}
    raise ValueError(
        f"{value!r} cannot be written into the key of a trained network. Use numbers, text, tensors, classes, "
        "functions without a closure, functools.partial, or an instance of a frozen dataclass."
    )


def _describe_code(value: type | types.FunctionType, code: list) -> dict[str, Any]:
    """Name a class or function and note it, unless its source is known by the version of Python or PyTorch."""
    if value.__module__.partition(".")[0] not in ("torch", "builtins"):
        code.append(value)
    return {"code": f"{value.__module__}.{value.__qualname__}"}


def _checksum(tensor: Tensor) -> str:
    """Return a SHA-256 digest of type, shape and numbers."""
    digest = hashlib.sha256(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
    digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
