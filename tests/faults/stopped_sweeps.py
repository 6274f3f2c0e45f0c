"""A program with a sweep that tests stop: by kills and interrupts, at random moments.

Processes and signals are real. What was trained, and when, is known from a log that the
augmentation writes.
"""

import contextlib
import hashlib
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import torch

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
SWEEP = """
import os
from firstcnn import experiments
from faulty import TRAIN, VALIDATION, OTHER, case
cases = {{f"c{{n}}": case(f"c{{n}}", hidden=3 + n % 4) for n in range({cases})}}
seeds = range({seeds})
def sweep():
    sets = TRAIN, VALIDATION
    return experiments.sweep(cases, *sets, seeds=seeds, judged_on={{"other": OTHER}}, engine="loky")
while True:
    try:
        table = sweep()
        break
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    except experiments.SweepInterrupted as error:
        print(error, flush=True)
print("trainings", len(open(os.environ["TRAINING_LOG"]).readlines()), flush=True)
table.drop(columns="seconds").to_pickle(os.environ["TABLE"])
os.environ["FIRSTCNN_CACHE"] += "/undisturbed"
sweep().drop(columns="seconds").to_pickle(os.environ["TABLE"] + ".undisturbed")
"""


class Sweeping:
    """A program with a sweep, in a process group of its own, with a cache, a log and the table at
    the end.
    """

    def __init__(self, folder: Path, program: str):
        folder.mkdir(exist_ok=True)
        (folder / "faulty.py").write_text(MODULE)
        self.program, self.networks = program, folder / "networks"
        self.table, self.log, self.output = (
            folder / name for name in ("table.pickle", "log", "output")
        )
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


@contextlib.contextmanager
def running(folder: Path, program: str) -> Iterator[Sweeping]:
    """Start a program; nothing of it is left running afterwards."""
    sweep = Sweeping(folder, program)
    sweep.start()
    try:
        yield sweep
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(sweep.process.pid, signal.SIGKILL)
        sweep.process.wait()


def kill_all(sweep: Sweeping):
    os.killpg(sweep.process.pid, signal.SIGKILL)


def kill_caller(sweep: Sweeping):
    """Kill the process that called; its workers have to notice."""
    os.kill(sweep.process.pid, signal.SIGKILL)
    sweep.process.wait()
    workers = {process for _, _, process in sweep.begun()}
    until(lambda: not any(map(is_running, workers)), seconds=60)


def kill_worker(sweep: Sweeping):
    """Kill the process whose training began last, and wait until the caller has said so."""

    def said() -> int:
        return sweep.output.read_text().count("runs are finished and kept")

    before = said()
    os.kill(sweep.begun()[-1][2], signal.SIGKILL)
    until(lambda: said() > before or sweep.process.poll() is not None)


def interrupt(sweep: Sweeping):
    """As a notebook does it: the caller alone is told, and lives on; its workers may not."""
    workers = {process for _, _, process in sweep.begun()}
    os.kill(sweep.process.pid, signal.SIGINT)
    until(lambda: not any(map(is_running, workers)) or sweep.process.poll() is not None, seconds=60)


def stopped_and_finished(folder: Path, cases: int, seeds: int, kinds: list[Callable], seed: int):
    """Stop a sweep in these ways, each at a random moment, and let it end; require that each run
    was done once and that the table is the one of a sweep that nobody stops.
    """
    draw = random.Random(seed)
    with running(folder, SWEEP.format(cases=cases, seeds=seeds)) as sweep:
        before = [stop_once(sweep, kind, draw) for kind in kinds]
        assert sweep.process.wait(timeout=300) == 0, sweep.output.read_text()
    said = sweep.output.read_text()
    begun = sweep.begun()[: int(re.search(r"trainings (\d+)", said)[1])]
    for kept, position in before:
        assert not kept & {(name, seed) for name, seed, _ in begun[position:]}, f"seed {seed}"
    assert len(sweep.kept()) == cases * seeds
    assert len(list(map(whole, sweep.networks.glob("*.logits")))) == cases * seeds
    assert list(sweep.networks.glob("*.partial")) == []
    found, expected = (pd.read_pickle(f"{sweep.table}{end}") for end in ("", ".undisturbed"))
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    total = cases * seeds
    lost = re.findall(
        rf"(\d+) of {total} runs are finished and kept in .*call again.*the other (\d+) .*memory",
        said,
    )
    assert len(lost) >= kinds.count(kill_worker)
    assert all(int(kept) + int(others) == total for kept, others in lost)


def stop_once(sweep: Sweeping, kind: Callable, draw: random.Random) -> tuple[set, int]:
    """Stop a sweep at a random moment; return what was kept, and how many trainings had begun, just
    before: none of what was kept may begin from there on.
    """
    kept = sweep.kept()
    position = len(sweep.begun())
    if kind is kill_all and draw.random() < 0.5:  # while processes start
        time.sleep(draw.uniform(0, 2))
    else:
        sweep.wait_for(position + draw.randint(1, 2))
        time.sleep(draw.uniform(0, 0.25))
    assert not sweep.table.exists(), "it was done before the last kill: " + sweep.output.read_text()
    kind(sweep)
    if kind in (kill_all, kill_caller):
        sweep.process.wait()
        sweep.start()
    return kept, position
