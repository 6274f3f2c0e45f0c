"""What may stop a sweep: kills, interrupts, a full disk. Nothing finished is lost or done twice, no
file is corrupt.

Processes, signals and limits are real. What was trained, and when, is known from a log that the
augmentation writes.
"""

import contextlib
import random
import resource
import shutil
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import torch
from firstcnn import experiments
from firstcnn.experiments import engines
from firstcnn.training import Recipe
from permissions import bound_by_permissions, only_to_be_read
from stopped_sweeps import (
    interrupt,
    kill_all,
    kill_caller,
    kill_worker,
    running,
    stopped_and_finished,
    whole,
)


@pytest.fixture
def sweeping(tmp_path):
    """Start programs in folders by name; nothing of them is left running."""
    with contextlib.ExitStack() as stack:
        yield lambda name, program: stack.enter_context(running(tmp_path / name, program))


def test_a_sweep_that_is_stopped_does_each_run_once(tmp_path):
    seed = time.time_ns()
    kind = random.Random(seed).choice([kill_worker, kill_all, kill_caller, interrupt])
    stopped_and_finished(tmp_path / "killed", cases=4, seeds=2, kinds=[kind], seed=seed)


CHANGED = """
import importlib, pathlib, own
from firstcnn import experiments
from firstcnn.training import Recipe
from faulty import TRAIN, VALIDATION, Logged
def sweep():
    case = {"a": (own.Own, Recipe(epochs=1, batch_size=60, augmentation=Logged("a")))}
    return experiments.sweep(case, TRAIN, VALIDATION, seeds=[0, 1], engine="loky")
sweep()
file = pathlib.Path(own.__file__)
file.write_text(file.read_text() + "    changed = True  # so the size of the file changes")
importlib.reload(own)
try:
    sweep()
except RuntimeError as error:
    print(error)
sweep()
print("again")
"""


@pytest.mark.soak
def test_a_worker_that_has_loaded_other_source_code_trains_nothing(tmp_path, sweeping):
    (tmp_path / "changed").mkdir()
    (tmp_path / "changed" / "own.py").write_text(
        "import faulty\nclass Own(faulty.Net):\n    pass\n"
    )
    sweep = sweeping("changed", CHANGED)
    assert sweep.process.wait(timeout=300) == 0, sweep.output.read_text()
    assert "has other source code for 'a' than the caller" in sweep.output.read_text()
    assert "\nagain\n" in sweep.output.read_text()
    assert len(sweep.kept()) == 2 and len(list(sweep.networks.glob("*.pt"))) == 4


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


ONE_WORKER = {
    "processes": False,
    "n_workers": 1,
    "threads_per_worker": 1,
    "dashboard_address": None,
}


@pytest.mark.parametrize("kind", [ValueError, TimeoutError, ConnectionError])
def test_an_error_on_a_cluster_is_the_one_that_was_raised(cache, kind):
    from distributed import Client

    case = {"a": (Net, Recipe(epochs=1, augmentation=Raising(kind)))}
    with Client(**ONE_WORKER), pytest.raises(kind, match="the augmentation's own words"):
        experiments.sweep(case, PAIR, PAIR, engine="dask")


@dataclass(frozen=True)
class Leaving:
    """An augmentation whose worker leaves the cluster while it trains."""

    def __call__(self, images, generator=None):
        from distributed import get_worker

        worker = get_worker()
        worker.loop.add_callback(worker.close, reason="it leaves", nanny=False)
        time.sleep(1)
        return images


def test_a_cluster_that_loses_its_last_worker_interrupts_the_sweep_and_keeps_what_is_done(
    cache, monkeypatch
):
    from distributed import Client

    monkeypatch.setattr(engines, "WORKERLESS_SECONDS", 1)
    first = {"stays": (Net, Recipe(epochs=1))}
    both = first | {"leaves": (Net, Recipe(epochs=1, augmentation=Leaving()))}
    with Client(**ONE_WORKER):
        done = experiments.sweep(first, PAIR, PAIR, engine="dask")
        with pytest.raises(
            experiments.SweepInterrupted, match="1 of 2 runs are finished and kept in"
        ):
            experiments.sweep(both, PAIR, PAIR, engine="dask")
    assert [whole(file) for file in cache.glob("*.pt")]
    _, history = experiments.trained(Net, PAIR, PAIR, Recipe(epochs=1))
    assert abs(history.validation_loss[-1] / done["validation_loss"][0] - 1) < 1e-5


def test_a_cluster_without_a_client(cache):
    with pytest.raises(ValueError, match=r"no client of one\. Write"):
        experiments.sweep({"a": (Net, Recipe(epochs=1))}, PAIR, PAIR, engine="dask")


def test_a_cluster_without_the_package(cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ModuleNotFoundError, match="'cluster'"):
        experiments.sweep({"a": (Net, Recipe(epochs=1))}, PAIR, PAIR, engine="dask")
