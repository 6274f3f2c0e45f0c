"""Sweeps on Dask clusters of processes, whose workers and schedulers are killed."""

import contextlib
import re

import pytest
from stopped_sweeps import running


@pytest.fixture
def sweeping(tmp_path):
    """Start programs in folders by name; nothing of them is left running."""
    with contextlib.ExitStack() as stack:
        yield lambda name, program: stack.enter_context(running(tmp_path / name, program))


CLUSTER_LOST = """
import os, subprocess, sys, threading, time
from dask.distributed import Client
from firstcnn import experiments
from firstcnn.experiments import engines
from faulty import TRAIN, VALIDATION, case
engines.WORKERLESS_SECONDS = 3
cases = {f"c{n}": case(f"c{n}", seconds=0.5) for n in range(4)}
file = os.environ["FIRSTCNN_CACHE"] + "/scheduler.json"

def start(kind, *options):
    command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--no-dashboard", "--scheduler-file", file]
    return subprocess.Popen([*command, *options])

def begun():
    return len(open(os.environ["TRAINING_LOG"]).read().split()) // 3

def kill_at(trainings, process):
    while begun() < trainings:
        time.sleep(0.05)
    process.kill()

def lose(name, process):
    killing = threading.Thread(target=kill_at, args=(begun() + 2, process))
    killing.start()
    try:
        experiments.sweep(cases, TRAIN, VALIDATION, engine="dask")
    except experiments.SweepInterrupted as error:
        print("LOST", name, error, flush=True)
    killing.join()

scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0")
worker = lambda: start("worker", "--no-nanny", "--nthreads", "1")
with Client(scheduler_file=file) as client:
    first = worker()
    client.wait_for_workers(1, timeout=200)
    lose("workers", first)
    second = worker()
    client.wait_for_workers(1, timeout=200)
    lose("scheduler", scheduler)
    second.kill()
"""


def test_a_cluster_that_loses_its_workers_or_its_scheduler_interrupts_the_sweep(sweeping):
    sweep = sweeping("lost", CLUSTER_LOST)
    assert sweep.process.wait(timeout=300) == 0, sweep.output.read_text()
    said = re.findall(
        r"LOST (\w+) The Dask cluster.*(\d) of 4 runs are finished and kept in",
        sweep.output.read_text(),
    )
    assert [(name, int(kept) > 0) for name, kept in said] == [
        ("workers", True),
        ("scheduler", True),
    ]
    assert len(sweep.kept()) == int(said[-1][1])


ON_DASK = """
import os, signal, threading, time
from dask.distributed import Client, LocalCluster
from firstcnn import experiments
from faulty import TRAIN, VALIDATION, OTHER, case
cases = {f"c{n}": case(f"c{n}", seconds=0.3) for n in range(4)}

def sweep(engine):
    while True:
        try:
            return experiments.sweep(cases, TRAIN, VALIDATION, seeds=[0, 1], judged_on={"other": OTHER}, engine=engine)
        except experiments.SweepInterrupted as error:
            print(error, flush=True)

def begun():
    return open(os.environ["TRAINING_LOG"]).read().split()

def kill():
    while len(begun()) < 6:  # three words for each training
        time.sleep(0.05)
    os.kill(int(begun()[-1]), signal.SIGKILL)

own, theirs = os.environ["FIRSTCNN_CACHE"], os.environ["FIRSTCNN_CACHE"] + "-of-the-workers"
options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
with LocalCluster(**options, env={"FIRSTCNN_CACHE": theirs}) as cluster, Client(cluster):  # no shared disk
    killing = threading.Thread(target=kill)
    killing.start()
    table = sweep("dask")
    killing.join()
    trainings = len(begun()) // 3
    os.environ["FIRSTCNN_CACHE"] = theirs + "-shared"  # what the workers have is found by them, not trained again
    sweep("dask")
    os.environ["FIRSTCNN_CACHE"] = own
assert len(begun()) // 3 == trainings, "trained again though the workers kept it"
again = sweep("loky")
assert len(begun()) // 3 == trainings, "the caller did not keep what workers returned"
assert again.equals(table)
os.environ["FIRSTCNN_CACHE"] = own + "-here"
for _, row in table.iterrows():
    build, recipe = cases[row["case"]]
    model, history = experiments.trained(build, TRAIN, VALIDATION, recipe, seed=row["seed"])
    # a worker of a cluster may add up in another order
    assert abs(history.validation_loss[-1] / row["validation_loss"] - 1) < 1e-5, row
    assert ((model(OTHER[0]).argmax(1) == OTHER[1]).numpy() == row["right"]).all(), row
print("trainings", trainings)
"""


def test_a_sweep_on_a_cluster_one_worker_of_which_is_killed(sweeping):
    sweep = sweeping("dask", ON_DASK)
    assert sweep.process.wait(timeout=300) == 0, sweep.output.read_text()
    assert len(sweep.kept()) == 8
    trainings = int(re.search(r"trainings (\d+)", sweep.output.read_text())[1])
    assert 8 <= trainings <= 9, "more was trained twice than the run that was killed"
