"""Trained networks that are kept, and comparisons of them over seeds and images.

A network is trained once for everything it depends on, and read from then on. So a sweep that was
stopped, by hand, by a crash or by a full disk, goes on where it was when it is called again.
"""

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import errno
import functools
import hashlib
import io
import json
import os
import platform
import shutil
import tempfile
import threading
import time
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import torch
from filelock import FileLock, Timeout
from sourcedigest import SourceNotFound, source_digest
from torch import Tensor, nn

from firstcnn import ledger
from firstcnn.data import cache_folder
from firstcnn.evaluation import bootstrap, bootstrap_difference, predict
from firstcnn.machine import machine
from firstcnn.models import count_parameters
from firstcnn.progress import progress_bar
from firstcnn.training import (
    PRECISIONS,
    History,
    Recipe,
    bfloat16_is_fast,
    fast_layout,
    fit,
    give_memory_back,
)

Pair = tuple[Tensor, Tensor]
Cases = Mapping[str, tuple[Callable[[], nn.Module], Recipe]]

_source_digest = functools.partial(source_digest, packages=("firstcnn",))


class SweepInterrupted(RuntimeError):
    """What trained the networks of a sweep ended before its time. What was finished is kept: call
    again.
    """


def trained(
    build: Callable[[], nn.Module], train: Pair, validation: Pair, recipe: Recipe, *, seed: int = 0
) -> tuple[nn.Module, History]:
    """Return a network trained under a recipe, and the history of its training.

    It is trained once and kept in the folder ``networks`` of the cache (environment
    FIRSTCNN_CACHE), under a key of everything that it depends on: the source of the network, of the
    training and of the augmentation; recipe and seed; the numbers in the tensors; PyTorch,
    processor and threads. If any of these changes it is trained anew. A network defined in a
    notebook cell is trained every time: what such a class depends on cannot be known.

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
        If the network is not there yet and the folder cannot be written, as when the disk is full;
        nothing half-written is left. To read a network, nothing has to be written.
    """
    depends = _depends(build, recipe, [_checksum(tensor) for tensor in (*train, *validation)])
    folder = None if depends is None else _folder()
    run = _Run("", build, recipe, seed, depends)
    ledger.note([run], train[0], torch.get_num_threads())
    result = _kept(run, train, validation, folder)
    return _restore(build, result)


def sweep(
    cases: Cases,
    train: Pair,
    validation: Pair,
    *,
    seeds: Iterable[int] = (0,),
    judged_on: Mapping[str, Pair] | None = None,
    engine: str = "loky",
) -> pd.DataFrame:
    """Train every case with every seed, or read what is kept, and return one row for each run.

    Each run has a process and one thread for itself, as many at a time as there are cores: for
    networks of this size that is faster than all cores for one run. So what is kept is found again
    by `trained` on one thread only; use `networks` for the networks themselves. Every run is kept
    as soon as it is finished. If the sweep is stopped, whatever stops it, the next call does the
    rest.

    Parameters
    ----------
    cases : mapping of str to (build, Recipe)
        As for `trained`.
    train, validation : tuple of Tensor (N, C, H, W) and Tensor (N,)
        As for `trained`.
    seeds : iterable of int
        The seeds, the same for each case.
    judged_on : mapping of str to tuple of Tensor (N, C, H, W) and Tensor (N,), optional
        Other sets, normalised likewise, on which the finished networks are judged. What they
        answered is kept.
    engine : {"loky", "dask"}
        Where the runs take place: in processes of this machine, or on the Dask cluster of the
        current ``dask.distributed.Client``. Workers need this package in the same version; a worker
        with several threads trains one network at a time, so start them with one thread each. They
        need not share a disk.

    Returns
    -------
    DataFrame
        One row for each case and seed; with ``judged_on``, for each case, seed and set. Columns:
        ``case``, ``seed``, with ``judged_on`` that name; ``accuracy`` on that set, else on the
        validation set; ``validation_accuracy``, ``validation_loss``, ``train_accuracy`` after the
        last epoch; ``seconds`` of training, all epochs; ``parameters``; ``right``, for each image
        of the set (else of the validation set) whether the finished network has it right, bool
        (N,); and how it was trained: ``torch`` (version), ``cpu_capability``, ``threads``,
        ``precision``.

    Raises
    ------
    SweepInterrupted
        If a worker process was killed, as happens when memory runs out, or a cluster has lost its
        scheduler or all its workers.
    ValueError
        As in `trained`; if seeds repeat; if the engine is unknown, or "dask" has no client.
    ModuleNotFoundError
        If the engine is "dask" and ``distributed`` is not installed.
    RuntimeError, OSError
        As in `trained`, or if a worker has other source code.
    """
    judged = {} if judged_on is None else dict(judged_on)
    for name, pair in {"validation": validation, **judged}.items():
        _check_judged(name, *pair)

    def rows(run: _Run, result: dict, logits: list[Tensor]) -> list[dict[str, Any]]:
        row = _row(run, result, validation[1])
        sets = zip(judged.items(), logits, strict=True)
        judgements = [
            {"judged_on": name} | _judgement(answer, labels) for (name, (_, labels)), answer in sets
        ]
        return [row | judgement for judgement in judgements] if judged_on is not None else [row]

    images = [images for images, _ in judged.values()]
    several = _complete(
        _runs(cases, train, validation, seeds), train, validation, images, engine, rows
    )
    columns = [name for name in _COLUMNS if name != "judged_on" or judged_on is not None]
    return pd.DataFrame([row for rows in several for row in rows], columns=columns)


def networks(
    cases: Cases,
    train: Pair,
    validation: Pair,
    seeds: Iterable[int] = (0,),
    *,
    engine: str = "loky",
) -> dict[tuple[str, int], tuple[nn.Module, History]]:
    """Return the networks of a sweep: those that are kept are read, the others trained as `sweep`
    does.

    Parameters
    ----------
    cases, train, validation, seeds, engine
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
    runs = _runs(cases, train, validation, seeds)
    restored = _complete(
        runs, train, validation, [], engine, lambda run, result, logits: _restore(run.build, result)
    )
    return {(run.case, run.seed): result for run, result in zip(runs, restored, strict=True)}


def intervals(table: pd.DataFrame, by: str | list[str] = "case") -> pd.DataFrame:
    """Return the accuracy of each group of a sweep's rows, with its 95 % interval over seeds and
    images.

    Parameters
    ----------
    table : DataFrame
        From `sweep`.
    by : str or list of str
        Columns; the rows that agree in them are the seeds of one group.

    Returns
    -------
    DataFrame
        A row for each group, in order of appearance: the columns of ``by``, then ``accuracy``,
        ``low``, ``high`` (see `firstcnn.evaluation.bootstrap`), ``seeds`` and ``images`` (how
        many).

    Raises
    ------
    ValueError
        If a group has rows that are not seeds of one case on one set, or there is no such column.
    """
    by = [by] if isinstance(by, str) else list(by)
    groups = _groups(table, by)
    rows = [(*name, *bootstrap(right)) for name, right in groups.items()]
    return pd.DataFrame(rows, columns=[*by, "accuracy", "low", "high", "seeds", "images"])


def differences(table: pd.DataFrame, against: str, by: str = "case") -> pd.DataFrame:
    """Return how much more accurate each group of a sweep's rows is than one of them, with 95 %
    intervals.

    The same images are resampled for both sides of a difference, seeds for each side by itself. No
    correction is made for the number of differences: of twenty between equals, one may be expected
    to look like a real one.

    Parameters
    ----------
    table : DataFrame
        From `sweep`; of several judged sets, choose the rows of one first.
    against : str
        The group to compare with.
    by : str
        The column that names the groups.

    Returns
    -------
    DataFrame
        A row for every other group, in order of appearance: ``by``, ``difference`` (that group's
        accuracy minus that of ``against``), ``low``, ``high`` and ``verdict``: "higher", "lower" or
        "not shown different".

    Raises
    ------
    ValueError
        If ``against`` is no group; otherwise as in `intervals`, or if groups are about different
        images.
    """
    groups = {name: right for (name,), right in _groups(table, [by]).items()}
    if against not in groups:
        raise ValueError(
            f"{against!r} is not in the column {by!r}: choose one of"
            f" {', '.join(map(repr, groups))}."
        )
    base = groups.pop(against)
    rows = [(name, *bootstrap_difference(right, base)) for name, right in groups.items()]
    return pd.DataFrame(rows, columns=[by, "difference", "low", "high", "verdict"])


def _groups(table: pd.DataFrame, by: list[str]) -> dict[tuple, np.ndarray]:
    """Return for each group which images its seeds have right, bool (S, N)."""
    unknown = [name for name in by if name not in table.columns]
    if unknown:
        raise ValueError(
            f"There is no column {unknown[0]!r}: the table has {', '.join(table.columns)}."
        )
    groups = {}
    for name, rows in table.groupby(by, sort=False):
        several = [
            other for other in ("case", "judged_on") if other in rows and rows[other].nunique() > 1
        ]
        if several or rows["seed"].duplicated().any():
            what = f"several values of {several[0]}" if several else "a seed twice"
            raise ValueError(
                f"The rows of {dict(zip(by, name, strict=True))} have {what}. A group is one case"
                " on one set, with each seed once: choose rows first, or group by more columns."
            )
        groups[name] = np.stack(list(rows["right"]))
    return groups


_COLUMNS = (
    "case",
    "seed",
    "judged_on",
    "accuracy",
    "validation_accuracy",
    "validation_loss",
    "train_accuracy",
    "seconds",
    "parameters",
    "right",
    "torch",
    "cpu_capability",
    "threads",
    "precision",
)


def _row(run: "_Run", result: dict[str, Any], labels: Tensor) -> dict[str, Any]:
    history = History(**result["history"])
    judgement = _judgement(result["logits"], labels)
    return {
        "case": run.case,
        "seed": run.seed,
        "validation_accuracy": judgement["accuracy"],
        "validation_loss": history.validation_loss[-1],
        "train_accuracy": history.train_accuracy[-1],
        "seconds": sum(history.seconds),
        "parameters": result["parameters"],
        "precision": result["precision"],
        **judgement,
        **result["machine"],
    }


def _judgement(logits: Tensor, labels: Tensor) -> dict[str, Any]:
    right = (logits.argmax(dim=1) == labels).numpy()  # (N,)
    return {"right": right, "accuracy": float(right.mean())}


def _check_judged(name: str, images: Tensor, labels: Tensor) -> None:
    if len(images) != len(labels) or len(labels) == 0:
        raise ValueError(
            f"The set {name!r} has {len(images)} images and {len(labels)} labels: one label for"
            " each image is needed, and one image at least."
        )


# --------------------------------------------------------------------------------------------------
# runs


@dataclasses.dataclass(frozen=True)
class _Run:
    """One network to train: a case with a seed, and what it depends on besides; None if nobody can
    know that.
    """

    case: str
    build: Callable[[], nn.Module]
    recipe: Recipe
    seed: int
    depends: dict[str, Any] | None

    def key(self, machine: dict[str, Any]) -> str | None:
        """Return what the network is kept under if it is trained on this machine."""
        if self.depends is None:
            return None
        return json.dumps(
            self.depends | {"seed": int(self.seed), "machine": machine}, sort_keys=True
        )


def _size(run: _Run) -> int:
    with torch.random.fork_rng(devices=[]):
        return count_parameters(run.build()) * run.recipe.epochs


@dataclasses.dataclass
class _Task:
    """What a worker has to do: train a run, unless its result is there, and judge the network."""

    run: _Run
    result: dict[str, Any] | None
    numbers: list[int]  # which runs of the sweep this is: cases may have the same recipe


def _runs(cases: Cases, train: Pair, validation: Pair, seeds: Iterable[int]) -> list[_Run]:
    seeds = [int(seed) for seed in seeds]
    if len(set(seeds)) < len(seeds):
        raise ValueError(
            f"The seeds {seeds} repeat: a seed twice is the same run twice, not another sample."
        )
    checksums = [_checksum(tensor) for tensor in (*train, *validation)]
    digest = functools.cache(_source_digest)  # cases that reach the same code need it read once
    depends = {case: _depends(*what, checksums, digest) for case, what in cases.items()}
    runs = [
        _Run(case, *what, seed, depends[case]) for case, what in cases.items() for seed in seeds
    ]
    ledger.note(runs, train[0], threads=1)
    return runs


def _complete(
    runs: list[_Run],
    train: Pair,
    validation: Pair,
    judged: list[Tensor],
    engine: str,
    use: Callable,
) -> list[Any]:
    """Return ``use(run, result, logits on each judged set)`` for each run, in order; what is
    missing is done first.
    """
    sets = {_checksum(images): len(images) for images in judged}
    shelf = _Shelf(_folder(), _machines(engine), len(validation[1]), sets)
    shelf.clear()
    done: dict[int, Any] = {}
    tasks: dict[Any, _Task] = {}
    for number, run in enumerate(runs):
        result, logits = shelf.find(run)
        if logits is not None:
            done[number] = use(run, result, logits)
        else:
            tasks.setdefault(run.key({}) or number, _Task(run, result, [])).numbers.append(number)
    if any(task.result is None and task.run.depends is not None for task in tasks.values()):
        shelf.check_writable()
    arrays = [tensor.numpy() for tensor in (*train, *validation, *judged)]
    largest_first = sorted(
        tasks.values(), key=lambda task: _size(task.run), reverse=True
    )  # or one would end alone
    description = f"sweep ({len(done)} of {len(runs)} kept)"
    answers = _finished(largest_first, arrays, engine, shelf.folder, description)
    try:
        with contextlib.closing(answers):  # whatever happens, no worker goes on
            for task, result, logits in answers:
                shelf.keep(result, logits)
                done |= {number: use(runs[number], result, logits) for number in task.numbers}
    except (BrokenProcessPool, _ClusterLost) as error:
        raise SweepInterrupted(shelf.report(runs, error)) from error
    return [done[number] for number in range(len(runs))]


def _finished(
    tasks: list[_Task], arrays: list[np.ndarray], engine: str, folder: Path, description: str
) -> Iterator[tuple[_Task, dict[str, Any], list[Tensor]]]:
    """Yield each task with the network and the logits on the judged sets, as soon as a worker has
    done it.
    """
    if not tasks:
        return
    shared = folder if engine == "loky" else None
    jobs = [(number, task, shared, os.getpid()) for number, task in enumerate(tasks)]
    with (
        warnings.catch_warnings(),
        contextlib.closing(
            (_on_cluster if engine == "dask" else _in_processes)(jobs, arrays)
        ) as answers,
        progress_bar(total=len(jobs), desc=description, unit="run", leave=False) as bar,
    ):
        warnings.filterwarnings(
            "ignore", message="A worker stopped while some jobs"
        )  # loky replaces one that has grown
        for content in answers:
            answer = _unpacked(content)
            yield tasks[answer["number"]], answer["result"], answer["logits"]
            bar.update()


def _do(number: int, task: _Task, folder: Path | None, caller: int, *arrays: np.ndarray) -> bytes:
    """Do a task in a process and on a thread of its own. Return what came out as bytes: nothing is
    shared.
    """
    if folder is not None:
        _end_with(caller)
    with _turn(), _one_thread(), warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="The given NumPy array is not writable"
        )  # nobody writes to it
        warnings.filterwarnings(
            "ignore", message=".*the network is trained again"
        )  # the caller has said so
        tensors = [torch.from_numpy(array) for array in arrays]
        result = task.result
        if result is None:
            _check_source(task.run)
            place = folder or _own_folder()
            result = _kept(
                task.run, tuple(tensors[:2]), tuple(tensors[2:4]), place, write=_try_to_write
            )
        model, _ = _restore(task.run.build, result)
        logits = [predict(model, images) for images in tensors[4:]]
        give_memory_back()  # loky takes a process that has grown for one that leaks, and ends it
        return _packed({"number": number, "result": result, "logits": logits})


@functools.cache
def _turn() -> threading.Lock:
    """Return a lock: PyTorch's generator belongs to the process, two trainings at once would share
    its numbers.
    """
    return threading.Lock()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@functools.cache
def _end_with(caller: int) -> None:
    """End this process as soon as its caller is gone, so that nobody's runs go on."""

    def watch() -> None:
        while os.getppid() == caller:
            time.sleep(0.2)
        os._exit(1)

    if os.getpid() != caller:
        threading.Thread(target=watch, daemon=True).start()


@functools.cache
def _source_read(*code: Any) -> str:
    """Return the digest of code as this process has read it, whatever becomes of the files."""
    return _source_digest(*code)


def _check_source(run: _Run) -> None:
    """Refuse to train from other source code than the caller's, under whose key the network would
    be looked for.
    """
    if run.depends is None:
        return
    if _depends(run.build, run.recipe, run.depends["tensors"], _source_read) != run.depends:
        raise RuntimeError(
            f"The worker on {platform.node()} has other source code for {run.case!r} than the"
            " caller. Install the same version on both; if the code was changed meanwhile, call"
            " again: processes on this machine start anew."
        )


# --------------------------------------------------------------------------------------------------
# engines


def _in_processes(jobs: list[tuple], arrays: list[np.ndarray]) -> Iterator[bytes]:
    """Do jobs in processes of this machine, and yield what each returns as soon as it does."""
    cores = (
        joblib.cpu_count()
    )  # one worker is no process of its own: enough for one core, with often little memory
    options = {
        "n_jobs": 1 if cores == 1 else max(2, min(cores, len(jobs))),
        "inner_max_num_threads": 1,
    }
    with joblib.parallel_config(backend="loky", **options):
        pool = joblib.Parallel(batch_size=1, return_as="generator_unordered")
    return pool(joblib.delayed(_do)(*job, *arrays) for job in jobs)


def _on_cluster(jobs: list[tuple], arrays: list[np.ndarray]) -> Iterator[bytes]:
    """Do jobs on the workers of a Dask cluster, and yield what each returns as soon as it does."""
    client = _client()
    with _cluster_needed():
        client.wait_for_workers(1, timeout=_WORKERLESS_SECONDS)
        everywhere = client.scatter(
            arrays, broadcast=True
        )  # to every worker, so that none is lost with one of them
    waiting = {client.submit(_do, *job, *everywhere, pure=False) for job in jobs}
    try:
        while waiting:
            done, waiting = _next_done(client, waiting)
            for future in done:
                yield _answer(future)
    finally:
        with contextlib.suppress(_ClusterLost), _cluster_needed():
            client.cancel(list(waiting))


class _ClusterLost(SweepInterrupted):
    """The scheduler of a Dask cluster or all its workers are gone."""


@contextlib.contextmanager
def _cluster_needed() -> Iterator[None]:
    """Turn what a Dask client raises when its cluster is gone into one error."""
    from distributed import KilledWorker
    from distributed.comm import CommClosedError

    cancelled = (
        concurrent.futures.CancelledError,
        asyncio.CancelledError,
    )  # by a client without a scheduler
    try:
        yield
    except (KilledWorker, CommClosedError, TimeoutError, *cancelled) as error:
        raise _ClusterLost(
            f"The Dask cluster, or a part of it, is gone ({type(error).__name__})."
        ) from error


def _answer(future: Any) -> bytes:
    """Return what a job returned, or raise what it raised, as it is."""
    from distributed import KilledWorker

    if future.status == "error" and not isinstance(future.exception(), KilledWorker):
        return future.result()
    with _cluster_needed():
        return future.result()


_WORKERLESS_SECONDS = 60  # a nanny needs a few to start a worker anew


def _next_done(client: Any, waiting: set) -> tuple[set, set]:
    """Wait until a job is done, but not for workers that do not come back; return the jobs done and
    the others.
    """
    from distributed import wait

    seen = time.monotonic()
    with _cluster_needed():
        while time.monotonic() - seen < _WORKERLESS_SECONDS:
            try:
                done, others = wait(waiting, timeout=2, return_when="FIRST_COMPLETED")
            except TimeoutError:
                seen = time.monotonic() if client.nthreads() else seen
            else:
                return set(done), set(others)
    raise _ClusterLost(f"The Dask cluster has had no worker for {_WORKERLESS_SECONDS} s.")


def _machines(engine: str) -> list[dict[str, Any]]:
    """Return the machines that runs may take place on, as they stand in the key of a network."""
    if engine == "loky":
        return [_machine() | {"threads": 1}]
    if engine == "dask":
        client = _client()
        with _cluster_needed():
            found = [worker | {"threads": 1} for worker in client.run(_machine).values()]
        return [worker for n, worker in enumerate(found) if worker not in found[:n]]
    raise ValueError(
        f"engine is {engine!r}: it has to be 'loky' (processes of this machine) or 'dask' (a"
        " cluster)."
    )


def _client() -> Any:
    try:
        from distributed import get_client
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "engine='dask' needs the package distributed: install it, or this book's packages with"
            " the extra 'cluster'."
        ) from error
    try:
        return get_client()
    except ValueError as error:
        raise ValueError(
            "engine='dask' needs a cluster to run on, and there is no client of one. Write\n"
            "    with dask.distributed.Client(ADDRESS_OF_THE_SCHEDULER):\n        sweep(...)"
        ) from error


# --------------------------------------------------------------------------------------------------
# one network


def _kept(
    run: _Run,
    train: Pair,
    validation: Pair,
    folder: Path | None,
    write: Callable[[Path, dict], None] | None = None,
) -> dict[str, Any]:
    """Read or train; without a folder, or if nobody can know what the network depends on, train."""
    key = run.key(_machine())
    if key is None or folder is None:
        return _new(run, key, train, validation)
    path = _path(folder, key)
    fits = functools.partial(_is_result, run, len(validation[1]))
    result = _read(path, key, fits)
    if result is not None:
        return result
    with _locked(path):
        result = _read_silently(
            path, key, fits
        )  # another process may have trained it while this one waited
        if result is None:
            result = _new(run, key, train, validation)
            (write or _write)(path, result)
    return result


def _is_result(run: _Run, images: int, record: dict[str, Any]) -> bool:
    """Tell whether a record is what `_new` returns for a run: a right digest does not say what it
    is the digest of.
    """
    try:
        _, history = _restore(run.build, record)
        steps, *epochs = dataclasses.astuple(history)
        return (
            len(steps) > 0
            and all(len(numbers) == run.recipe.epochs for numbers in epochs)
            and all(isinstance(number, float) for numbers in (steps, *epochs) for number in numbers)
            and _are_logits(images, record)
            and record["machine"] == json.loads(record["key"])["machine"]
            and record["precision"] in PRECISIONS
            and isinstance(record["parameters"], int)
        )
    except Exception:  # whatever a network's own code raises when it is given other weights
        return False


def _are_logits(images: int, record: dict[str, Any]) -> bool:
    logits = record.get("logits")
    return (
        isinstance(logits, Tensor)
        and logits.is_floating_point()
        and logits.ndim == 2
        and len(logits) == images
    )


def _new(run: _Run, key: str | None, train: Pair, validation: Pair) -> dict[str, Any]:
    how = {"key": key, "machine": _machine(), "precision": _precision(run.recipe)}
    return how | _train(run.build, train, validation, run.recipe, run.seed)


def _train(build, train: Pair, validation: Pair, recipe: Recipe, seed: int) -> dict[str, Any]:
    """Train a new network and return its weights, its history and what it answers, as plain
    containers.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build()
    history = fit(model, train, validation, recipe, seed=seed)
    result = {"state": model.state_dict(), "history": dataclasses.asdict(history)}
    model, _ = _restore(build, result)
    return result | {
        "logits": predict(model, validation[0]),
        "parameters": count_parameters(model),
    }


def _restore(build, result: dict[str, Any]) -> tuple[nn.Module, History]:
    with torch.random.fork_rng(devices=[]):
        model = build()
    model.load_state_dict(result["state"])
    return fast_layout(model).eval(), History(**result["history"])


def _machine() -> dict[str, Any]:
    found = machine()
    return found | {"torch": str(found["torch"]), "bfloat16_is_fast": bfloat16_is_fast()}


def _precision(recipe: Recipe) -> str:
    """Return what the forward pass computes in, here, under a recipe that may leave it open."""
    return (
        ("bfloat16" if bfloat16_is_fast() else "float32")
        if recipe.precision == "auto"
        else recipe.precision
    )


# --------------------------------------------------------------------------------------------------
# the files


def _folder() -> Path:
    folder = cache_folder() / "networks"
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _own_folder() -> Path | None:
    """Return where a worker on another machine keeps networks; None if it may not write there."""
    try:
        folder = _folder()
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _path(folder: Path, key: str, suffix: str = ".pt") -> Path:
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()}{suffix}"


@dataclasses.dataclass
class _Shelf:
    """What is kept of a sweep: networks by the machines that may have trained them, and their
    logits on other sets.

    The logits on a set are a file of their own, named by the network's key and the checksum of the
    images.
    """

    folder: Path
    machines: list[dict[str, Any]]
    images: int  # of the validation set
    judged: dict[str, int]  # the number of images of other sets, by their checksums

    def find(self, run: _Run) -> tuple[dict[str, Any] | None, list[Tensor] | None]:
        """Return the network if it is kept, and its logits on the judged sets if they are, too."""
        for key in self._keys(run):
            result = _read(
                _path(self.folder, key), key, functools.partial(_is_result, run, self.images)
            )
            if result is not None:
                answers = [self._answers(key, checksum) for checksum in self.judged]
                return result, None if None in answers else [answer["logits"] for answer in answers]
        return None, None

    def _answers(self, key: str, checksum: str) -> dict[str, Any] | None:
        fits = functools.partial(_are_logits, self.judged[checksum])
        return _read(self._place(key, checksum), _judged_key(key, checksum), fits)

    def check_writable(self) -> None:
        """Say before networks are trained, not after it, that they cannot be kept."""
        with _explained(self.folder):
            tempfile.TemporaryFile(dir=self.folder).close()

    def keep(self, result: dict[str, Any], logits: list[Tensor]) -> None:
        """Write what a worker has returned, unless it has done so itself."""
        key = result["key"]
        if key is None:
            return
        self._write_if_missing(_path(self.folder, key), result)
        for checksum, answer in zip(self.judged, logits, strict=True):
            record = {"key": _judged_key(key, checksum), "logits": answer}
            try:
                self._write_if_missing(self._place(key, checksum), record)
            except OSError as error:  # it is soon asked again
                warnings.warn(f"What a network answers is not kept. {error.strerror}", stacklevel=4)

    def clear(self) -> None:
        """Remove what processes that are dead have left half-written."""
        for partial in self.folder.glob("*.partial"):
            with (
                contextlib.suppress(Timeout, OSError),
                FileLock(partial.with_suffix(".lock"), timeout=0),
            ):
                partial.unlink(missing_ok=True)

    def report(self, runs: list[_Run], error: Exception) -> str:
        """Say how far a sweep came when it lost what trained its networks."""
        kept = sum(any(_path(self.folder, key).exists() for key in self._keys(run)) for run in runs)
        lost = (
            error
            if isinstance(error, _ClusterLost)
            else "A worker process ended before its run was done."
        )
        return (
            f"{lost} {kept} of {len(runs)} runs are finished and kept in {self.folder}; call again,"
            f" and only the other {len(runs) - kept} are done. Most often the system ended a"
            " process because memory ran out: if it happens again, close other programs or train"
            " fewer images."
        )

    def _keys(self, run: _Run) -> list[str]:
        return [key for machine in self.machines if (key := run.key(machine)) is not None]

    def _place(self, key: str, checksum: str) -> Path:
        return _path(self.folder, key, f"-{checksum[:32]}.logits")

    def _write_if_missing(self, path: Path, record: dict[str, Any]) -> None:
        if _read_silently(path, record["key"]) is None:
            with _locked(path):
                _write(path, record)


def _judged_key(key: str, checksum: str) -> str:
    return json.dumps({"network": key, "images": checksum})


def _packed(record: dict[str, Any]) -> bytes:
    """Return a digest and what it is the digest of."""
    buffer = io.BytesIO()
    torch.save(record, buffer)
    content = buffer.getvalue()
    return hashlib.sha256(content).digest() + content


def _unpacked(found: bytes) -> Any:
    """Return what was packed; None if it is not what was packed, or no record of PyTorch's."""
    digest, content = found[:_DIGEST_BYTES], found[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        return None
    try:
        return torch.load(io.BytesIO(content), weights_only=True)
    except (
        Exception
    ):  # PyTorch names none: of what is no record it says UnpicklingError, EOFError, RuntimeError …
        return None


_DIGEST_BYTES = hashlib.sha256().digest_size


def _write(path: Path, record: dict[str, Any]) -> None:
    """Write a record. The name appears once the file is whole; call it with the path locked."""
    partial = path.with_suffix(".partial")
    with _explained(path):
        try:
            partial.write_bytes(_packed(record))
            os.replace(partial, path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise


def _try_to_write(path: Path, record: dict[str, Any]) -> None:
    """Write in a worker: where that fails, the caller, to whom the record is returned, writes it or
    says why not.
    """
    with contextlib.suppress(OSError):
        _write(path, record)


def _read(
    path: Path, key: str, fits: Callable[[dict], bool] = lambda record: True
) -> dict[str, Any] | None:
    """Return what is kept under a key; None, with a warning if there is a file, when it is not to
    be used.
    """
    try:
        record = _unpacked(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        fault = f"cannot be read ({error.strerror})"
    else:
        if not isinstance(record, dict) or "key" not in record:
            fault = "is damaged"
        elif record["key"] != key:
            fault = "belongs to another training"
        elif not fits(record):
            fault = "is damaged"
        else:
            return record
    warnings.warn(f"{path} {fault}; the network is trained again.", stacklevel=4)
    return None


def _read_silently(
    path: Path, key: str, fits: Callable[[dict], bool] = lambda record: True
) -> dict[str, Any] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _read(path, key, fits)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other processes from the same file; refuse a place that cannot be written to before work
    is done for it.
    """
    lock = FileLock(path.with_suffix(".lock"))
    with _explained(path):
        lock.acquire()
    try:
        with _explained(path):
            _check_place(path)
        yield
    finally:
        lock.release()


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    partial = path.with_suffix(".partial")
    partial.touch()
    partial.unlink()


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say of an error in writing what it means and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            what = (
                f"{error.strerror} ({shutil.disk_usage(path.parent).free / 1e6:,.0f} MB are free"
                " there)"
            )
            cure = "Make room"
        else:
            what = f"{error.strerror}{f' ({error.filename})' if error.filename else ''}"
            cure = (
                "It has to be a place that you can write to: change its permissions, or rename what"
                " stands there"
            )
        raise OSError(
            error.errno,
            f"Could not write {path}: {what}. What was finished before stays and is not trained"
            f" again. {cure}, or set FIRSTCNN_CACHE to another folder, and call again.",
        ) from error


# -------------------------------------------------------------------------------------- what a
# network depends on


def _depends(
    build, recipe: Recipe, checksums: list[str], digest: Callable[..., str] = _source_digest
) -> dict[str, Any] | None:
    """Return what a trained network depends on besides seed and machine; None if a source stands in
    no file.
    """
    function = build.func if isinstance(build, functools.partial) else build
    if not isinstance(function, type):
        raise ValueError(
            f"build is {build!r}: it has to be a class of networks, or functools.partial(Class,"
            " ...) to give it arguments, so that what the network depends on can be read."
        )
    code = [_train]
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
    """Return what JSON can hold and what differs whenever ``value`` differs; note in ``code`` whose
    source counts.
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
    """Name a class or function and note it, unless its source is known by the version of Python or
    PyTorch.
    """
    if value.__module__.partition(".")[0] not in ("torch", "builtins"):
        code.append(value)
    return {"code": f"{value.__module__}.{value.__qualname__}"}


def _checksum(tensor: Tensor) -> str:
    """Return a SHA-256 digest of type, shape and numbers."""
    digest = hashlib.sha256(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
    digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
