"""How the cost of a sweep grows with its runs and falls with its workers."""

import os
import tempfile
import time
from unittest import mock

import joblib
from contenders import Sets
from firstcnn import experiments, models, training

RUNS = (2, 4, 8)


def measure() -> list[dict]:
    """Return the seconds of sweeps on one worker, and on one for each core."""
    sets = Sets()
    train = tuple(part[:10_000] for part in sets.prepared(sets.train))
    validation = tuple(part[:1_000] for part in sets.prepared(sets.validation))
    found = []
    for workers in (1, joblib.cpu_count()):
        seconds(train, validation, 2, workers)  # the processes start once, and import PyTorch
        found += [
            {"workers": workers, "runs": runs, "seconds": seconds(train, validation, runs, workers)}
            for runs in RUNS
        ]
    return found


def seconds(train: tuple, validation: tuple, runs: int, workers: int) -> float:
    """Return the seconds of a sweep of TinyCNN of which nothing is kept; on one worker its runs
    come one by one.
    """
    case = {"TinyCNN": (models.TinyCNN, training.Recipe(epochs=1))}
    together = [range(runs)] if workers > 1 else [[seed] for seed in range(runs)]
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, FIRSTCNN_CACHE=folder),
    ):
        began = time.perf_counter()
        for seeds in together:
            experiments.sweep(case, train, validation, seeds=seeds, engine="loky")
        return time.perf_counter() - began
