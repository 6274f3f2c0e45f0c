"""What a trained network depends on, written as the key under which it is kept."""

import dataclasses
import functools
import hashlib
import json
import types
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from typing import Any

import torch
from sourcedigest import SourceNotFound, source_digest
from torch import Tensor

from firstcnn.device import CPU
from firstcnn.experiments.network import Build, Pair, train_network
from firstcnn.training import Recipe

Cases = Mapping[str, tuple[Build, Recipe]]
Seeds = Iterable[int] | Mapping[str, Iterable[int]]

digest_of_source = functools.partial(source_digest, packages=("firstcnn",))


@dataclasses.dataclass(frozen=True)
class Run:
    """One network to train: a case of a sweep with one seed.

    Attributes
    ----------
    case : str
        Name of the case.
    build, recipe, seed
        As for `firstcnn.experiments.trained`.
    depends : dict or None
        What the network depends on besides seed and machine, from `dependencies`.
    device : torch.device
        Where it is trained.
    """

    case: str
    build: Build
    recipe: Recipe
    seed: int
    depends: dict[str, Any] | None
    device: torch.device = CPU

    def key(self, machine: dict[str, Any]) -> str | None:
        """Return what the network is kept under if it is trained on this machine; None if it
        cannot be kept.
        """
        if self.depends is None:
            return None
        return json.dumps(
            self.depends | {"seed": int(self.seed), "machine": machine}, sort_keys=True
        )


def runs_of(
    cases: Cases, train: Pair, validation: Pair, seeds: Seeds, device: torch.device = CPU
) -> list[Run]:
    """Return a run on a device for each case and each of its seeds.

    Raises
    ------
    ValueError
        If seeds repeat or name other cases, or a case cannot be written into a key.
    """
    of_each = _seeds_of_each(cases, seeds)
    checksums = checksums_of(train, validation)
    depends = {case: dependencies(*what, checksums) for case, what in cases.items()}
    return [
        Run(case, *what, seed, depends[case], device)
        for case, what in cases.items()
        for seed in of_each[case]
    ]


def _seeds_of_each(cases: Cases, seeds: Seeds) -> dict[str, list[int]]:
    if not isinstance(seeds, Mapping):
        seeds = dict.fromkeys(cases, tuple(seeds))
    if set(seeds) != set(cases):
        raise ValueError(
            f"The seeds are those of {', '.join(map(repr, seeds))}, the cases are"
            f" {', '.join(map(repr, cases))}: each case needs its seeds, and no other has any."
        )
    of_each = {case: [int(seed) for seed in own] for case, own in seeds.items()}
    for own in of_each.values():
        if len(set(own)) < len(own):
            raise ValueError(
                f"The seeds {own} repeat: a seed twice is the same run twice, not another sample."
            )
    return of_each


def dependencies(
    build: Build,
    recipe: Recipe,
    checksums: list[str],
    digest: Callable[..., str] = digest_of_source,
) -> dict[str, Any] | None:
    """Return what a trained network depends on besides seed and machine.

    Parameters
    ----------
    build, recipe
        As for `firstcnn.experiments.trained`.
    checksums : list of str
        Of the tensors that it is trained and judged on.
    digest : callable
        From functions and classes to the digest of their source.

    Returns
    -------
    dict or None
        None if a source stands in no file, as in a notebook cell: nobody can tell when it changes.

    Raises
    ------
    ValueError
        If ``build`` is no class, or an argument cannot be written as JSON.
    """
    function = build.func if isinstance(build, functools.partial) else build
    if not isinstance(function, type):
        raise ValueError(
            f"build is {build!r}: it has to be a class of networks, or functools.partial(Class,"
            " ...) to give it arguments, so that what the network depends on can be read."
        )
    code: list[type | types.FunctionType] = [train_network]
    parts = {
        "build": _describe(build, code),
        "recipe": _describe(recipe, code),
        "tensors": checksums,
    }
    try:
        source = digest(*code)
    except SourceNotFound:
        return None
    return parts | {"source": source}


def _describe(value: Any, code: list) -> Any:
    """Return a value as JSON can hold it, such that other values give another result.

    Classes and functions whose source counts are added to ``code``.
    """
    inner = functools.partial(_describe, code=code)
    match value:
        case None | bool() | str():
            return value
        case Integral():
            return int(value)
        case Real():
            return float(value)
        case Tensor():
            return {"tensor": checksum(value)}
        case list() | tuple():
            return [inner(item) for item in value]
        case dict():
            return {"items": [[inner(name), inner(item)] for name, item in value.items()]}
        case functools.partial():
            return {"partial": inner([value.func, value.args, value.keywords])}
        case type():
            return _describe_code(value, code)
        case types.FunctionType() if value.__closure__ is None:
            return _describe_code(value, code) | {
                "defaults": inner([value.__defaults__, value.__kwdefaults__])
            }
    if dataclasses.is_dataclass(value):
        fields = {
            field.name: inner(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
        return _describe_code(type(value), code) | {"fields": fields}
    raise ValueError(
        f"{value!r} cannot be written into the key of a trained network. Use numbers, text,"
        " tensors, classes, functions without a closure, functools.partial, or an instance of a"
        " frozen dataclass."
    )


def _describe_code(value: type | types.FunctionType, code: list) -> dict[str, Any]:
    """Return the name of a class or function, and add it to ``code``; for those of Python and
    PyTorch the version says enough.
    """
    if value.__module__.partition(".")[0] not in ("torch", "builtins"):
        code.append(value)
    return {"code": f"{value.__module__}.{value.__qualname__}"}


def checksums_of(*pairs: Pair) -> list[str]:
    return [checksum(tensor) for pair in pairs for tensor in pair]


def checksum(tensor: Tensor) -> str:
    """Return a SHA-256 digest of type, shape and numbers."""
    digest = hashlib.sha256(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
    digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
