"""What may stop a sweep: kills, interrupts, a full disk. Nothing finished is lost or done twice, no
file is corrupt.

Processes, signals and limits are real. What was trained, and when, is known from a log that the
augmentation writes.
"""

import contextlib
import hashlib
import io
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import torch
from firstcnn import experiments
from firstcnn.training import Recipe
from permissions import bound_by_permissions, only_to_be_read

CASES, SEEDS = 8, 4
MODULE = """
import os, time
from dataclasses import dataclass
from functools import partial
import torch
from firstcnn.training import Recipe
from torch import nn

@dataclass(frozen=True)
class Logged:
    '''Changes nothing; the set is one batch, so each training that begins writes one line.'''
    name: str
    seconds: float = 0.2
    def __call__(self, images, generator=None):
        with open(os.environ["TRAINING_LOG"], "a") as log:
            log.write(f"{self.name} {torch.initial_seed()} {os.getpid()}\\n")
        time.sleep(self.seconds)
        return images

class Net(nn.Module):
    def __init__(self, hidden=6):
        super().__init__()
        self.fc1, self.dropout, self.fc2 = nn.Linear(16, hidden), nn.Dropout(0.5), nn.Linear(hidden, 3)
    def forward(self, x):
        return self.fc2(self.dropout(self.fc1(x.flatten(1)).relu()))

def pair(seed, count=60):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 1, 4, 4, generator=generator), torch.arange(count) % 3

TRAIN, VALIDATION, OTHER = pair(0), pair(1), pair(2, count=30)

def case(name, hidden=6, seconds=0.2):
    return partial(Net, hidden=hidden), Recipe(epochs=1, batch_size=60, augmentation=Logged(name, seconds))
"""
SWEEP = f"""
import os
from firstcnn import experiments
from faulty import TRAIN, VALIDATION, OTHER, case
cases = {{f"c{{n}}": case(f"c{{n}}", hidden=3 + n % 4) for n in range({CASES})}}
while True:
    try:
        table = experiments.sweep(cases, TRAIN, VALIDATION, seeds=range({SEEDS}), judged_on={{"other": OTHER}})
        break
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    except experiments.SweepInterrupted as error:
        print(error, flush=True)
table.drop(columns="seconds").to_pickle(os.environ["TABLE"])
"""


class Sweeping:
    """A program with a sweep, in a process group of its own, with a cache, a log and the table at
    the end.
    """

    def __init__(self, folder: Path, program: str = SWEEP):
        folder.mkdir(exist_ok=True)
        (folder / "faulty.py").write_text(MODULE)
        self.program, self.networks, self.table = (
            program,
            folder / "networks",
            folder / "table.pickle",
        )
        self.log, self.output = folder / "log", folder / "output"
        self.log.touch()
        self.environment = os.environ | {
            "PYTHONPATH": (
                os.pathsep.join(
                    [str(folder), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
                ).rstrip(":")
            ),
            "FIRSTCNN_CACHE": str(folder),
            "TRAINING_LOG": str(self.log),
            "TABLE": str(self.table),
            "OMP_NUM_THREADS": "1",
        }

    def start(self):
        with self.output.open("a") as output:
            command = [sys.executable, "-c", textwrap.dedent(self.program)]
            pipes = {"stdout": output, "stderr": subprocess.STDOUT}
            self.process = subprocess.Popen(
                command, env=self.environment, start_new_session=True, **pipes
            )

    def begun(self) -> list[tuple[str, int, int]]:
        """Which trainings began, in order: case, seed, process."""
        lines = [line.split() for line in self.log.read_text().splitlines()]
        return [(name, int(seed), int(process)) for name, seed, process in lines]

    def kept(self) -> set[tuple[str, int]]:
        """Which networks are kept; every file has to be whole."""
        records = [whole(file) for file in self.networks.glob("*.pt")]
        return {
            (name(json.loads(record["key"])), json.loads(record["key"])["seed"])
            for record in records
        }

    def wait_for(self, trainings: int):
        """Wait until so many trainings have begun, or all is done."""
        until(lambda: len(self.begun()) >= trainings or self.process.poll() is not None)


def whole(file: Path) -> dict:
    content = file.read_bytes()
    assert hashlib.sha256(content[32:]).digest() == content[:32], f"{file} is corrupt"
    return torch.load(io.BytesIO(content[32:]), weights_only=True)


def name(key: dict) -> str:
    return key["recipe"]["fields"]["augmentation"]["fields"]["name"]


def until(holds, seconds=240):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.fixture
def sweeping(tmp_path):
    """Sweeps in folders by name, of which nothing is left running."""
    started = []

    def make(name, program=SWEEP):
        started.append(Sweeping(tmp_path / name, program))
        started[-1].start()
        return started[-1]

    yield make
    for one in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(one.process.pid, signal.SIGKILL)
        one.process.wait()


def kill_all(sweep: Sweeping):
    os.killpg(sweep.process.pid, signal.SIGKILL)


def kill_caller(sweep: Sweeping):
    """Kill the process that called; its workers have to notice."""
    os.kill(sweep.process.pid, signal.SIGKILL)
    sweep.process.wait()
    workers = {process for _, _, process in sweep.begun()}
    until(lambda: not any(map(is_running, workers)), seconds=60)


def kill_worker(sweep: Sweeping):
    with contextlib.suppress(ProcessLookupError):
        os.kill(sweep.begun()[-1][2], signal.SIGKILL)


def interrupt(sweep: Sweeping):
    """As a notebook does it: the caller alone is told, and lives on; its workers may not."""
    workers = {process for _, _, process in sweep.begun()}
    os.kill(sweep.process.pid, signal.SIGINT)
    until(lambda: not any(map(is_running, workers)) or sweep.process.poll() is not None, seconds=60)


def test_a_sweep_that_is_killed_ten_times_does_each_run_once(sweeping):
    draw = random.Random(20)
    kinds = 4 * [kill_worker] + 3 * [kill_all] + 2 * [interrupt] + [kill_caller]
    draw.shuffle(kinds)
    undisturbed, sweep = sweeping("undisturbed"), sweeping("killed")
    begun_at_once = []
    for kind in kinds:
        kept = sweep.kept()
        position = len(
            sweep.begun()
        )  # counted after what is kept: none of that may begin from here on
        if kind is kill_all and draw.random() < 0.5:  # while processes start
            time.sleep(draw.uniform(0, 2))
        else:
            sweep.wait_for(position + draw.randint(1, 2))
            time.sleep(draw.uniform(0, 0.25))
        assert sweep.process.poll() is None, (
            "it was done before the last kill: " + sweep.output.read_text()
        )
        kind(sweep)
        if kind in (kill_all, kill_caller):
            sweep.process.wait()
            sweep.start()
        begun_at_once.append((kept, position))
    assert sweep.process.wait(timeout=300) == 0, sweep.output.read_text()
    for kept, position in begun_at_once:
        assert not kept & {(name, seed) for name, seed, _ in sweep.begun()[position:]}
    assert len(sweep.kept()) == CASES * SEEDS
    assert len(list(map(whole, sweep.networks.glob("*.logits")))) == CASES * SEEDS
    assert list(sweep.networks.glob("*.partial")) == []
    assert undisturbed.process.wait(timeout=300) == 0, undisturbed.output.read_text()
    assert len(undisturbed.begun()) == CASES * SEEDS
    found, expected = (pd.read_pickle(one.table) for one in (sweep, undisturbed))
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    said = re.findall(
        rf"(\d+) of {CASES * SEEDS} runs are finished and kept in .*call again.*the other (\d+)"
        r" .*memory",
        sweep.output.read_text(),
    )
    assert said and all(int(kept) + int(others) == CASES * SEEDS for kept, others in said)


FULL_DISK = """
import resource
from firstcnn import experiments
from faulty import TRAIN, VALIDATION, case
def sweep(cases):
    return experiments.sweep(cases, TRAIN, VALIDATION)
small, large = {"small": case("small", seconds=0)}, {"large": case("large", hidden=5000, seconds=0)}
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
sweep(small)
try:
    sweep(small | large)
except OSError as error:
    print(error, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
input_size = len(sweep(small | large))
print("rows", input_size)
"""


def test_a_full_disk_keeps_what_is_finished_and_leaves_nothing_half_written(sweeping):
    sweep = sweeping("full", FULL_DISK)
    assert sweep.process.wait(timeout=300) == 0, sweep.output.read_text()
    said = sweep.output.read_text()
    for words in (
        "Could not write",
        str(sweep.networks),
        "File too large",
        "MB are free",
        "stays",
        "call again",
    ):
        assert words in said
    assert "rows 2" in said
    assert [name for name, _, _ in sweep.begun()] == ["small", "large", "large"]
    assert sweep.kept() == {("small", 0), ("large", 0)}
    assert list(sweep.networks.glob("*.partial")) == []


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRSTCNN_CACHE", str(tmp_path))
    return tmp_path / "networks"


class Net(torch.nn.Sequential):
    def __init__(self):
        super().__init__(torch.nn.Flatten(), torch.nn.Linear(16, 3))


PAIR = torch.ones(3, 1, 4, 4), torch.arange(3)


def test_one_network_on_a_full_disk(cache):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))
    try:
        with pytest.raises(OSError, match=r"Could not write .*File too large .*call again"):
            experiments.trained(Net, PAIR, PAIR, Recipe(epochs=1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not [file for file in cache.iterdir() if file.suffix != ".lock"]
    experiments.trained(Net, PAIR, PAIR, Recipe(epochs=1))
    assert len(list(cache.glob("*.pt"))) == 1


def test_damage_is_repaired_and_a_half_written_file_is_never_read(cache):
    def sweep():
        return experiments.sweep(
            {"a": (Net, Recipe(epochs=1))}, PAIR, PAIR, judged_on={"same": PAIR}
        )

    before = sweep()
    (network,), (logits,) = cache.glob("*.pt"), cache.glob("*.logits")
    for damaged in (network, logits):
        content = damaged.read_bytes()
        damaged.write_bytes(content[:-5])
        damaged.with_suffix(".partial").write_bytes(content[:-5])
        with pytest.warns(UserWarning, match="damaged"):
            after = sweep()
        pd.testing.assert_frame_equal(before.drop(columns="seconds"), after.drop(columns="seconds"))
        whole(damaged)
        assert list(cache.glob("*.partial")) == []


@dataclass(frozen=True)
class Raising:
    """An augmentation with an error of its own: of each kind one that clusters raise, too, when
    they are lost.
    """

    kind: type

    def __call__(self, images, generator=None):
        raise self.kind("the augmentation's own words")


# ------------------------------------------------------------------------------------------- caches
# of other people


@pytest.fixture
def shared(monkeypatch):
    """A cache that everyone may read, with one network."""
    folder = Path(tempfile.mkdtemp(prefix="firstcnn-test-"))
    folder.chmod(0o755)
    monkeypatch.setenv("FIRSTCNN_CACHE", str(folder))
    experiments.sweep({"a": (Net, Recipe(epochs=1))}, PAIR, PAIR)
    yield folder / "networks"
    shutil.rmtree(folder)


def sweep_one():
    return experiments.sweep({"a": (Net, Recipe(epochs=1))}, PAIR, PAIR)


@pytest.fixture
def on_one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_a_kept_network_is_read_where_nothing_can_be_written(shared, on_one_thread):
    before = sorted((file.name, file.stat().st_mtime_ns) for file in shared.iterdir())
    with only_to_be_read(shared):
        table = sweep_one()
        model, history = experiments.trained(Net, PAIR, PAIR, Recipe(epochs=1))
        found = experiments.networks({"a": (Net, Recipe(epochs=1))}, PAIR, PAIR)
    assert torch.equal(found["a", 0][0][1].weight, model[1].weight) and history == found["a", 0][1]
    assert table["validation_accuracy"][0] == history.validation_accuracy[-1]
    assert sorted((file.name, file.stat().st_mtime_ns) for file in shared.iterdir()) == before


def test_a_network_that_cannot_be_kept_is_refused_before_it_is_trained(shared, on_one_thread):
    never = Recipe(epochs=1, augmentation=Raising(ValueError))
    for call in (
        lambda: experiments.trained(Net, PAIR, PAIR, never),
        lambda: experiments.sweep({"a": (Net, never)}, PAIR, PAIR),
    ):
        with (
            only_to_be_read(shared),
            pytest.raises(OSError, match=r"Could not write .*Permission denied") as refused,
        ):
            call()
        assert str(shared) in str(refused.value) and "FIRSTCNN_CACHE" in str(refused.value)


def test_another_users_file_that_may_not_be_read_is_trained_again(shared, on_one_thread):
    (file,) = shared.glob("*.pt")
    experiments.trained(Net, PAIR, PAIR, Recipe(epochs=2))
    file.chmod(0)
    shared.chmod(0o777)
    for lock in shared.glob("*.lock"):
        lock.unlink()
    with (
        bound_by_permissions(),
        pytest.warns(UserWarning, match=r"cannot be read \(Permission denied\)"),
    ):
        experiments.trained(Net, PAIR, PAIR, Recipe(epochs=1))
    assert len(list(shared.glob("*.pt"))) == 2


@pytest.mark.parametrize("place", ["", "networks"])
def test_a_file_in_the_place_of_the_folder_is_told(tmp_path, monkeypatch, place):
    monkeypatch.setenv("FIRSTCNN_CACHE", str(tmp_path / "cache"))
    blocked = tmp_path / "cache" / place
    blocked.parent.mkdir(exist_ok=True)
    blocked.write_text("a file")
    for call in (sweep_one, lambda: experiments.trained(Net, PAIR, PAIR, Recipe(epochs=1))):
        with pytest.raises(
            OSError, match=r"Could not write .*cache/networks: (File exists|Not a directory)"
        ) as refused:
            call()
        assert "rename what stands there, or set FIRSTCNN_CACHE" in str(refused.value)
    assert blocked.read_text() == "a file"


@pytest.mark.parametrize("suffix", [".pt", ".lock", ".partial"])
def test_a_folder_in_the_place_of_a_file_is_told_before_the_training(cache, on_one_thread, suffix):
    experiments.trained(Net, PAIR, PAIR, Recipe(epochs=1))
    (network,) = cache.glob("*.pt")
    network.unlink()
    network.with_suffix(".lock").unlink(missing_ok=True)
    (network.with_suffix(suffix) / "inside").mkdir(parents=True)
    with warnings.catch_warnings(), pytest.raises(OSError, match=r"Could not write .*directory"):
        warnings.simplefilter("ignore")
        experiments.trained(Net, PAIR, PAIR, Recipe(epochs=1))
    assert (network.with_suffix(suffix) / "inside").is_dir()


def test_answers_that_cannot_be_kept_are_given_all_the_same(shared):
    with only_to_be_read(shared), pytest.warns(UserWarning, match="not kept.*Permission denied"):
        table = experiments.sweep(
            {"a": (Net, Recipe(epochs=1))}, PAIR, PAIR, judged_on={"same": PAIR}
        )
    assert table["accuracy"].equals(table["validation_accuracy"])


# --------------------------------------------------------------------------------------------------
# clusters


@pytest.mark.parametrize("kind", [ValueError, TimeoutError, ConnectionError])
def test_an_error_on_a_cluster_is_the_one_that_was_raised(cache, kind):
    from distributed import Client

    case = {"a": (Net, Recipe(epochs=1, augmentation=Raising(kind)))}
    cluster = {
        "processes": False,
        "n_workers": 1,
        "threads_per_worker": 1,
        "dashboard_address": None,
    }
    with Client(**cluster), pytest.raises(kind, match="the augmentation's own words"):
        experiments.sweep(case, PAIR, PAIR, engine="dask")


CLUSTER_LOST = """
import os, subprocess, sys, threading, time
from dask.distributed import Client
from firstcnn import experiments
from faulty import TRAIN, VALIDATION, case
experiments._WORKERLESS_SECONDS = 3
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
cases = {f"c{n}": case(f"c{n}", seconds=0.3) for n in range(6)}

def sweep(engine):
    while True:
        try:
            return experiments.sweep(cases, TRAIN, VALIDATION, seeds=[0, 1], judged_on={"other": OTHER}, engine=engine)
        except experiments.SweepInterrupted as error:
            print(error, flush=True)

def begun():
    return open(os.environ["TRAINING_LOG"]).read().split()

def kill():
    while len(begun()) < 12:  # three words for each training
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
again.to_pickle(os.environ["TABLE"])
assert again.equals(table)
os.environ["FIRSTCNN_CACHE"] = own + "-loky"
sweep("loky").to_pickle(os.environ["TABLE"] + ".loky")
print("trainings", trainings)
"""


def test_a_sweep_on_a_cluster_one_worker_of_which_is_killed(sweeping):
    sweep = sweeping("dask", ON_DASK)
    assert sweep.process.wait(timeout=300) == 0, sweep.output.read_text()
    assert len(sweep.kept()) == 12
    trainings = int(re.search(r"trainings (\d+)", sweep.output.read_text())[1])
    assert 12 <= trainings <= 13, "more was trained twice than the run that was killed"
    found, expected = (pd.read_pickle(file) for file in (sweep.table, f"{sweep.table}.loky"))
    drop = "seconds"
    rounding = {
        "check_exact": False,
        "rtol": 1e-6,
    }  # a worker of a cluster may add up in another order
    pd.testing.assert_frame_equal(found.drop(columns=drop), expected.drop(columns=drop), **rounding)


def test_a_cluster_without_a_client(cache):
    with pytest.raises(ValueError, match=r"no client of one\. Write"):
        experiments.sweep({"a": (Net, Recipe(epochs=1))}, PAIR, PAIR, engine="dask")


def test_a_cluster_without_the_package(cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ModuleNotFoundError, match="'cluster'"):
        experiments.sweep({"a": (Net, Recipe(epochs=1))}, PAIR, PAIR, engine="dask")
