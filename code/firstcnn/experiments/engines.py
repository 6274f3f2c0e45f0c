"""Where the runs of a sweep take place: this process, others of this machine, or a Dask cluster."""

import asyncio
import concurrent.futures
import contextlib
import math
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import joblib
import numpy as np
import torch

from firstcnn import ledger
from firstcnn.device import AUTO, CPU, find_device
from firstcnn.experiments.network import this_machine
from firstcnn.experiments.workers import Task, do_task

LITTLE_WORK = 1e11  # multiplications: a thread does them while processes start and import PyTorch
IDLE_SECONDS = 200  # for which idle processes are there at the least; joblib keeps them for 300
WORKERLESS_SECONDS = 60  # for a cluster to start a worker again; Dask's nanny needs a few

Jobs = list[tuple]  # of the first arguments of `do_task`
Engine = Callable[[Jobs, list[np.ndarray]], Iterator[bytes]]


class SweepInterrupted(RuntimeError):
    """What trained the networks of a sweep ended before its time. What was finished is kept: call
    again.
    """


class ClusterLost(SweepInterrupted):
    """The scheduler of a Dask cluster or all its workers are gone."""


LOST = (BrokenProcessPool, ClusterLost)  # what `in_processes` and `on_cluster` raise


def in_this_process(jobs: Jobs, arrays: list[np.ndarray]) -> Iterator[bytes]:
    """Do jobs one after the other; yield what each returns."""
    for job in jobs:
        yield do_task(*job, *arrays)


def in_processes(jobs: Jobs, arrays: list[np.ndarray]) -> Iterator[bytes]:
    """Do jobs in processes of this machine; yield what each returns as soon as it does.

    Raises
    ------
    BrokenProcessPool
        If a process was killed.
    """
    cores = joblib.cpu_count()
    # joblib does the work of one worker in the calling process: right only where there is one core.
    workers = 1 if cores == 1 else max(2, min(cores, len(jobs)))
    with joblib.parallel_config(backend="loky", n_jobs=workers, inner_max_num_threads=1):
        pool = joblib.Parallel(batch_size=1, return_as="generator_unordered")
    try:
        yield from pool(joblib.delayed(do_task)(*job, *arrays) for job in jobs)
    finally:
        _Processes.used = time.monotonic()


class _Processes:
    """When the processes of `in_processes` last had work."""

    used = -math.inf


def on_this_machine(jobs: Jobs, arrays: list[np.ndarray]) -> Iterator[bytes]:
    """Do jobs where that is done sooner: in this process, unless processes wait for work already or
    there is more than `LITTLE_WORK`. What comes out is the same, bit for bit. On a GPU all of them
    are done in this process: several would only share it.
    """
    tasks = [task for _, task, *_ in jobs]
    if any(task.run.device != CPU for task in tasks):
        return in_this_process(jobs, arrays)
    wait = time.monotonic() - _Processes.used < IDLE_SECONDS
    little = not wait and work_of(tasks, arrays) <= LITTLE_WORK
    return (in_this_process if little else in_processes)(jobs, arrays)


def work_of(tasks: Iterable[Task], arrays: list[np.ndarray]) -> float:
    """Return the multiplications of tasks; infinite if they cannot be counted.

    A step backward takes about twice as many as one forward.

    Parameters
    ----------
    tasks : iterable of Task
    arrays : list of ndarray
        As `do_task` takes them.
    """
    train, _, validation, _, *judged = arrays
    work, counted = 0, {}
    for task in tasks:
        build, recipe = task.run.build, task.run.recipe
        if task.run.case not in counted:
            counted[task.run.case] = ledger.for_one_image(build, train.shape[1:])
        training = (3 * len(train) + len(validation)) * recipe.epochs + len(validation)
        images = training * (task.result is None) + sum(map(len, judged))
        work += images * (math.inf if (once := counted[task.run.case]) is None else once)
    return work


def on_cluster(jobs: Jobs, arrays: list[np.ndarray]) -> Iterator[bytes]:
    """Do jobs on the workers of a Dask cluster; yield what each returns as soon as it does.

    Raises
    ------
    ClusterLost
        If its scheduler or all its workers are gone.
    """
    client = _client()
    with _cluster_needed():
        client.wait_for_workers(1, timeout=WORKERLESS_SECONDS)
        # Every worker has the arrays, so that none is lost with a worker.
        everywhere = client.scatter(arrays, broadcast=True)
    waiting = {client.submit(do_task, *job, *everywhere, pure=False) for job in jobs}
    try:
        while waiting:
            done, waiting = _next_done(client, waiting)
            for future in done:
                yield _result_of(future)
    finally:
        with contextlib.suppress(ClusterLost), _cluster_needed():
            client.cancel(list(waiting))


ENGINES: dict[str, Engine] = {
    "local": on_this_machine,
    "loky": in_processes,
    "dask": on_cluster,
}


@contextlib.contextmanager
def _cluster_needed() -> Iterator[None]:
    """Turn what a Dask client raises when its cluster is gone into `ClusterLost`."""
    from distributed import KilledWorker
    from distributed.comm import CommClosedError

    # A client without a scheduler cancels what it waits for.
    cancelled = (concurrent.futures.CancelledError, asyncio.CancelledError)
    try:
        yield
    except (KilledWorker, CommClosedError, TimeoutError, *cancelled) as error:
        raise ClusterLost(
            f"The Dask cluster, or a part of it, is gone ({type(error).__name__})."
        ) from error


def _result_of(future: Any) -> bytes:
    """Return what a job returned, or raise what it raised: that is not the cluster's fault."""
    from distributed import KilledWorker

    if future.status == "error" and not isinstance(future.exception(), KilledWorker):
        return future.result()
    with _cluster_needed():
        return future.result()


def _next_done(client: Any, waiting: set) -> tuple[set, set]:
    """Wait until a job is done; return the jobs that are done, and the others.

    Raises
    ------
    ClusterLost
        If there is no worker for WORKERLESS_SECONDS.
    """
    from distributed import wait

    seen = time.monotonic()
    with _cluster_needed():
        while time.monotonic() - seen < WORKERLESS_SECONDS:
            try:
                done, others = wait(waiting, timeout=2, return_when="FIRST_COMPLETED")
            except TimeoutError:
                seen = time.monotonic() if client.nthreads() else seen
            else:
                return set(done), set(others)
    raise ClusterLost(f"The Dask cluster has had no worker for {WORKERLESS_SECONDS} s.")


def device_for(engine: str, device: str | torch.device = AUTO) -> torch.device:
    """Return where an engine trains: "local" on the device that is asked for, the others on CPUs.

    Raises
    ------
    ValueError
        If the device is not there, or if another engine than "local" is asked for a GPU.
    """
    if engine == "local":
        return find_device(device)
    if str(device) not in (AUTO, "cpu"):
        raise ValueError(
            f"engine={engine!r} trains on CPUs, and device is {str(device)!r}: on a GPU the runs"
            " come one after the other in this process. Leave out the engine, or the device."
        )
    return CPU


def machines_of(engine: str, device: torch.device = CPU) -> list[dict[str, Any]]:
    """Return the machines that runs may take place on, as they stand in the key of a network.

    Raises
    ------
    ValueError
        If there is no such engine, or no client of a cluster.
    """
    if engine in ("local", "loky"):
        return [this_machine(device) | {"threads": 1}]
    if engine == "dask":
        client = _client()
        with _cluster_needed():
            found = [worker | {"threads": 1} for worker in client.run(this_machine).values()]
        return [worker for n, worker in enumerate(found) if worker not in found[:n]]
    raise ValueError(
        f"engine is {engine!r}: it has to be 'local' (this machine), 'loky' (processes of this"
        " machine) or 'dask' (a cluster)."
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
