"""Networks trained by case and seed, each only once."""

import contextlib
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from firstcnn import ledger
from firstcnn.device import AUTO, CPU, find_device
from firstcnn.experiments.engines import (
    ENGINES,
    LOST,
    ClusterLost,
    SweepInterrupted,
    device_for,
    machines_of,
    work_of,
)
from firstcnn.experiments.keys import (
    Cases,
    Run,
    Seeds,
    checksum,
    checksums_of,
    dependencies,
    runs_of,
)
from firstcnn.experiments.network import Build, Pair, restore
from firstcnn.experiments.store import KeptResults, Record, networks_folder, unpack
from firstcnn.experiments.workers import Task, read_or_train
from firstcnn.progress import progress_bar
from firstcnn.training import History, Recipe

_COLUMNS = (
    *("case", "seed", "judged_on", "accuracy"),
    *("validation_accuracy", "validation_loss", "train_accuracy", "seconds", "parameters", "right"),
    *("torch", "cpu_capability", "threads", "device", "precision"),
)


def trained(
    build: Build,
    train: Pair,
    validation: Pair,
    recipe: Recipe,
    *,
    seed: int = 0,
    device: str | torch.device = AUTO,
) -> tuple[nn.Module, History]:
    """Return a network trained under a recipe, and the history of its training.

    It is trained once and kept in the folder ``networks`` of the cache (environment
    FIRSTCNN_CACHE), under a key of everything that it depends on: the source of the network, of the
    training and of the augmentation; recipe and seed; the numbers in the tensors; PyTorch,
    processor and threads, or the GPU that trains. If any of these changes, it is trained again. A
    network defined in a notebook cell is trained every time: what such a class depends on cannot be
    known.

    Parameters
    ----------
    build : class or functools.partial of one
        Called without arguments, after seeding; returns the network.
    train, validation : tuple of Tensor (N, C, H, W) and Tensor (N,)
        Normalised images and labels, as for `firstcnn.training.fit`.
    recipe : Recipe
        How to train. An augmentation of your own is a frozen dataclass, or a function without a
        closure.
    seed : int
        Decides initial weights, order, augmentation and dropout.
    device : str or torch.device
        Where to train, as for `firstcnn.training.fit`.

    Returns
    -------
    model : Module
        On the CPU, in evaluation mode; the same weights bit for bit, whether it was trained now or
        read.
    history : History
        Of the training, whenever it took place.

    Raises
    ------
    ValueError
        If ``build`` or the augmentation cannot be written into a key; otherwise as in `fit`.
    RuntimeError
        If the loss stops being a finite number.
    OSError
        If the network is not there yet and the folder cannot be written, as when the disk is full;
        nothing half-written is left. To read a network, nothing has to be written.
    """
    depends = dependencies(build, recipe, checksums_of(train, validation))
    folder = None if depends is None else networks_folder()
    run = Run("", build, recipe, seed, depends, find_device(device))
    result = read_or_train(run, train, validation, folder)
    threads = torch.get_num_threads() if run.device == CPU else 1
    ledger.note([(run, _seconds(result))], train[0], threads)
    return restore(build, result)


def sweep(
    cases: Cases,
    train: Pair,
    validation: Pair,
    *,
    seeds: Seeds = (0,),
    judged_on: Mapping[str, Pair] | None = None,
    engine: str = "local",
    device: str | torch.device = AUTO,
) -> pd.DataFrame:
    """Train every case with every seed, or read what is kept, and return one row for each run.

    On a CPU each run has one thread for itself, in a process of its own, as many at a time as there
    are cores: for networks of this size that is faster than all cores for one run. Where so little
    is to be done that processes would take longer to start, the runs take place in this one, as
    they all do on a GPU. What a CPU has trained is found again by `trained` on one thread only; use
    `networks` for the networks themselves.
    Every run is kept as soon as it is finished. If the sweep is stopped, whatever stops it, the
    next call does the rest.

    Parameters
    ----------
    cases : mapping of str to (build, Recipe)
        As for `trained`.
    train, validation : tuple of Tensor (N, C, H, W) and Tensor (N,)
        As for `trained`.
    seeds : iterable of int, or mapping of str to iterable of int
        The seeds, the same for each case, or those of each case.
    judged_on : mapping of str to tuple of Tensor (N, C, H, W) and Tensor (N,), optional
        Other sets, normalised likewise, on which the finished networks are judged. What they
        answered is kept.
    engine : {"local", "loky", "dask"}
        Where the runs take place: on this machine, on this machine always in processes of their
        own, or on the Dask cluster of the current ``dask.distributed.Client``. Workers need this
        package in the same version; a worker with several threads trains one network at a time, so
        start them with one thread each. They need not share a disk. The last two train on CPUs.
    device : str or torch.device
        Where to train, as for `firstcnn.training.fit`.

    Returns
    -------
    DataFrame
        One row for each case and seed; with ``judged_on``, for each case, seed and set. Columns:
        ``case``, ``seed``, with ``judged_on`` that name; ``accuracy`` on that set, else on the
        validation set; ``validation_accuracy``, ``validation_loss``, ``train_accuracy`` after the
        last epoch; ``seconds`` of training, all epochs; ``parameters``; ``right``, for each image
        of the set (else of the validation set) whether the finished network has it right, bool
        (N,); and how it was trained: ``torch`` (version), ``cpu_capability``, ``threads``,
        ``device`` ("CPU", or the name of a GPU), ``precision``.

    Raises
    ------
    SweepInterrupted
        If a worker process was killed, as happens when memory runs out, or a cluster has lost its
        scheduler or all its workers.
    ValueError
        As in `trained`; if seeds repeat or name other cases; if the engine is unknown, cannot train
        on the device, or is "dask" and has no client.
    ModuleNotFoundError
        If the engine is "dask" and ``distributed`` is not installed.
    RuntimeError, OSError
        As in `trained`, or if a worker has other source code.
    """
    judged = {} if judged_on is None else dict(judged_on)
    for name, pair in {"validation": validation, **judged}.items():
        _check_judged(name, *pair)

    def rows(run: Run, result: Record, logits: list[Tensor]) -> list[dict[str, Any]]:
        row = _row(run, result, validation[1])
        sets = zip(judged.items(), logits, strict=True)
        judgements = [
            {"judged_on": name} | _judgement(answer, labels) for (name, (_, labels)), answer in sets
        ]
        return [row | judgement for judgement in judgements] if judged_on is not None else [row]

    images = [images for images, _ in judged.values()]
    runs = runs_of(cases, train, validation, seeds, device_for(engine, device))
    several = _results(runs, (train, validation, images), engine, rows)
    columns = [name for name in _COLUMNS if name != "judged_on" or judged_on is not None]
    return pd.DataFrame([row for rows in several for row in rows], columns=columns)


def networks(
    cases: Cases,
    train: Pair,
    validation: Pair,
    seeds: Seeds = (0,),
    *,
    engine: str = "local",
    device: str | torch.device = AUTO,
) -> dict[tuple[str, int], tuple[nn.Module, History]]:
    """Return the networks of a sweep: those that are kept are read, the others trained as `sweep`
    does.

    Parameters
    ----------
    cases, train, validation, seeds, engine, device
        As for `sweep`.

    Returns
    -------
    dict of (case, seed) to (Module, History)
        The networks in evaluation mode, as `trained` returns them.

    Raises
    ------
    SweepInterrupted, ValueError, ModuleNotFoundError, RuntimeError, OSError
        As in `sweep`.
    """
    runs = runs_of(cases, train, validation, seeds, device_for(engine, device))
    sets = train, validation, []
    restored = _results(runs, sets, engine, lambda run, result, logits: restore(run.build, result))
    return {(run.case, run.seed): result for run, result in zip(runs, restored, strict=True)}


def _check_judged(name: str, images: Tensor, labels: Tensor) -> None:
    if len(images) != len(labels) or len(labels) == 0:
        raise ValueError(
            f"The set {name!r} has {len(images)} images and {len(labels)} labels: one label for"
            " each image is needed, and one image at least."
        )


def _row(run: Run, result: Record, labels: Tensor) -> dict[str, Any]:
    history = History(**result["history"])
    judgement = _judgement(result["logits"], labels)
    return {
        "case": run.case,
        "seed": run.seed,
        "validation_accuracy": judgement["accuracy"],
        "validation_loss": history.validation_loss[-1],
        "train_accuracy": history.train_accuracy[-1],
        "seconds": _seconds(result),
        "parameters": result["parameters"],
        "precision": result["precision"],
        "device": "CPU",
        **judgement,
        **result["machine"],
    }


def _seconds(result: Record) -> float:
    """Return how long a network was trained, whenever that was."""
    return sum(result["history"]["seconds"])


def _judgement(logits: Tensor, labels: Tensor) -> dict[str, Any]:
    right = (logits.argmax(dim=1) == labels.cpu()).numpy()  # (N,)
    return {"right": right, "accuracy": float(right.mean())}


def _results(
    runs: list[Run],
    sets: tuple[Pair, Pair, list[Tensor]],
    engine: str,
    use: Callable[[Run, Record, list[Tensor]], Any],
) -> list[Any]:
    """Return ``use(run, record, logits on each judged set)`` for each run, in order, and note what
    the runs cost.

    ``sets`` are the training and the validation set and the images of each judged set. What is
    kept is read, the rest is trained and kept.
    """
    train, validation, judged = sets
    image_counts = {checksum(images): len(images) for images in judged}
    device = runs[0].device if runs else CPU
    machines = machines_of(engine, device)
    kept = KeptResults(networks_folder(), machines, len(validation[1]), image_counts)
    kept.clear()

    def timed(run: Run, result: Record, logits: list[Tensor]) -> tuple[Any, float]:
        return use(run, result, logits), _seconds(result)

    used, tasks = _read_kept(runs, kept, timed)
    if any(task.result is None and task.run.depends is not None for task in tasks):
        kept.check_writable()
    arrays = [tensor.cpu().numpy() for tensor in (*train, *validation, *judged)]
    description = f"sweep ({len(used)} of {len(runs)} kept)"
    answers = _as_done(_largest_first(tasks, arrays), arrays, engine, kept.folder, description)
    try:
        with contextlib.closing(answers):  # whatever happens, no worker goes on
            for task, result, logits in answers:
                kept.keep(result, logits)
                used |= {number: timed(runs[number], result, logits) for number in task.numbers}
    except LOST as error:
        raise SweepInterrupted(_how_far(runs, kept, error)) from error
    results = [used[number] for number in range(len(runs))]
    costs = [(run, seconds) for run, (_, seconds) in zip(runs, results, strict=True)]
    ledger.note(costs, train[0], threads=1)
    return [result for result, _ in results]


def _read_kept(
    runs: list[Run], kept: KeptResults, use: Callable[[Run, Record, list[Tensor]], Any]
) -> tuple[dict[int, Any], list[Task]]:
    """Use what is kept. Return what came of it by the run's place, and tasks for the other runs."""
    used: dict[int, Any] = {}
    tasks: dict[Any, Task] = {}
    for number, run in enumerate(runs):
        result, logits = kept.find(run)
        if logits is not None:
            used[number] = use(run, result, logits)
        else:
            tasks.setdefault(run.key({}) or number, Task(run, result, [])).numbers.append(number)
    return used, list(tasks.values())


def _largest_first(tasks: Iterable[Task], arrays: list[np.ndarray]) -> list[Task]:
    """Sort tasks so that the last ones are short: a long one would keep one core busy at the end,
    and the others would have nothing to do.
    """
    return sorted(tasks, key=lambda task: work_of([task], arrays), reverse=True)


def _as_done(
    tasks: list[Task], arrays: list[np.ndarray], engine: str, folder: Path, description: str
) -> Iterator[tuple[Task, Record, list[Tensor]]]:
    """Yield each task with its record and its logits on the judged sets, as soon as a worker has
    done it.
    """
    if not tasks:
        return
    shared = None if engine == "dask" else folder
    jobs = [(number, task, shared, os.getpid()) for number, task in enumerate(tasks)]
    with (
        warnings.catch_warnings(),
        contextlib.closing(ENGINES[engine](jobs, arrays)) as answers,
        progress_bar(total=len(jobs), desc=description, unit="run", leave=False) as bar,
    ):
        # loky replaces a process whose memory has grown.
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
        for content in answers:
            answer = unpack(content)
            yield tasks[answer["number"]], answer["result"], answer["logits"]
            bar.update()


def _how_far(runs: list[Run], kept: KeptResults, error: Exception) -> str:
    """Say how far a sweep came that lost its workers, and what to do."""
    finished = sum(map(kept.has, runs))
    lost = (
        error
        if isinstance(error, ClusterLost)
        else "A worker process ended before its run was done."
    )
    return (
        f"{lost} {finished} of {len(runs)} runs are finished and kept in {kept.folder}; call again,"
        f" and only the other {len(runs) - finished} are done. Most often the system ended a"
        " process because memory ran out: if it happens again, close other programs or train"
        " fewer images."
    )
