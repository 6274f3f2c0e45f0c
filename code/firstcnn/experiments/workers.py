"""What a worker process does with one run of a sweep."""

import contextlib
import dataclasses
import functools
import os
import platform
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import torch

from firstcnn.evaluation import predict
from firstcnn.experiments.keys import Run, dependencies, digest_of_source
from firstcnn.experiments.network import Pair, restore, this_machine, train_network
from firstcnn.experiments.store import (
    Record,
    is_result_of,
    locked,
    networks_folder,
    pack,
    path_of,
    read_record,
    read_silently,
    write_record,
)
from firstcnn.precision import precision_here
from firstcnn.training import give_memory_back


@dataclasses.dataclass
class Task:
    """Train a run, unless its result is there already, and judge the network.

    Attributes
    ----------
    run : Run
        The network.
    result : dict or None
        Its record, if it is kept.
    numbers : list of int
        Places in the sweep: cases with the same recipe share a task.
    """

    run: Run
    result: Record | None
    numbers: list[int]


def do_task(
    number: int, task: Task, folder: Path | None, caller: int, *arrays: np.ndarray
) -> bytes:
    """Do a task on one thread.

    Parameters
    ----------
    number : int
        Which task it is; comes back with the answer.
    task : Task
        What to do.
    folder : Path or None
        Where caller and worker keep networks; None on another machine, which uses its own folder.
    caller : int
        Process that ends this one when it ends.
    *arrays : ndarray
        Images and labels to train on, images and labels to validate on, then the images of each set
        to judge on.

    Returns
    -------
    bytes
        Packed, since workers share nothing: a dict of ``number``, ``result`` (the record) and
        ``logits``, a Tensor (N, K) for each judged set.

    Raises
    ------
    RuntimeError
        If this process has other source code than the caller.
    """
    if folder is not None:
        _end_with(caller)
    with _training_lock(), one_thread(), _no_bars(), warnings.catch_warnings():
        # Nobody writes to the arrays, and the caller has warned of damaged files itself.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        warnings.filterwarnings("ignore", message=".*the network is trained again")
        train_x, train_y, validation_x, validation_y, *judged = map(torch.from_numpy, arrays)
        result = task.result
        if result is None:
            pairs = (train_x, train_y), (validation_x, validation_y)
            result = _train_as_caller(task.run, *pairs, folder or _writable_folder())
        model, _ = restore(task.run.build, result)
        model.to(task.run.device)
        logits = [predict(model, images) for images in judged]
        give_memory_back()  # loky takes a process that has grown for one that leaks, and ends it
        return pack({"number": number, "result": result, "logits": logits})


@functools.cache
def _training_lock() -> threading.Lock:
    """Return the lock of this process: a worker with several threads trains one network at a time,
    since all threads draw from the same generator of PyTorch.
    """
    return threading.Lock()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread: what is small needs no more, and waits for no other one on a busy
    machine.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@functools.cache
def _end_with(caller: int) -> None:
    """End this process as soon as its caller has ended, so that it does not train for nobody."""

    def watch() -> None:
        while os.getppid() == caller:
            time.sleep(0.2)
        os._exit(1)

    if os.getpid() != caller:
        threading.Thread(target=watch, daemon=True).start()


class _WithoutBars:
    """An error stream that `firstcnn.progress` takes for closed; all else is written to it."""

    closed = True

    def __init__(self, stream: TextIO):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _no_bars() -> contextlib.AbstractContextManager:
    """Show no bar of a single training: the sweep has one."""
    return contextlib.redirect_stderr(sys.stderr and _WithoutBars(sys.stderr))


def _writable_folder() -> Path | None:
    """Return the folder of kept networks; None if nothing can be written there."""
    try:
        folder = networks_folder()
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _train_as_caller(run: Run, train: Pair, validation: Pair, folder: Path | None) -> Record:
    """Read or train a run. What cannot be written is returned all the same: the caller writes it,
    or says why not.
    """
    _check_source(run)

    def write(path: Path, record: Record) -> None:
        with contextlib.suppress(OSError):
            write_record(path, record)

    return read_or_train(run, train, validation, folder, write)


def _check_source(run: Run) -> None:
    """Require the caller's source code, under whose key the network will be looked for."""
    if run.depends is None:
        return
    here = dependencies(run.build, run.recipe, run.depends["tensors"], _digest_of_loaded_source)
    if here != run.depends:
        raise RuntimeError(
            f"The worker on {platform.node()} has other source code for {run.case!r} than the"
            " caller. Install the same version on both; if the code was changed meanwhile, restart"
            " Python and call again."
        )


@functools.cache
def _digest_of_loaded_source(*code: Any) -> str:
    """Return the digest of source as this process has loaded it, whatever becomes of the files."""
    return digest_of_source(*code)


def read_or_train(
    run: Run,
    train: Pair,
    validation: Pair,
    folder: Path | None,
    write: Callable[[Path, Record], None] = write_record,
) -> Record:
    """Return the record of a run: the kept one, or a new one that is kept from now on.

    Without a folder, or if the run has no key, the network is trained and not kept.

    Raises
    ------
    OSError
        If the record cannot be written, before the training where possible.
    """
    key = run.key(this_machine(run.device))
    if key is None or folder is None:
        return _train_run(run, key, train, validation)
    path = path_of(folder, key)
    fits = functools.partial(is_result_of, run, len(validation[1]))
    result = read_record(path, key, fits)
    if result is not None:
        return result
    with locked(path):
        # Another process may have trained it while this one waited for the lock.
        result = read_silently(path, key, fits)
        if result is None:
            result = _train_run(run, key, train, validation)
            write(path, result)
    return result


def _train_run(run: Run, key: str | None, train: Pair, validation: Pair) -> Record:
    precision = precision_here(run.recipe.precision, run.device)
    record = {"key": key, "machine": this_machine(run.device), "precision": precision}
    return record | train_network(run.build, train, validation, run.recipe, run.seed, run.device)
