"""Measure what the performance page says: ``make bench`` runs this and writes
``book/reference/benchmark.json``.

Every training runs in a process of its own, on the GPU where PyTorch finds one, else on all cores;
contenders take turns, so that a busy minute does not fall on one of them alone. The parts
``augmentation``, ``floor`` and ``workers`` are about the processor and measure it everywhere. What was measured is written after each part, so that an
interrupted run leaves the parts before.

The file holds for each part a list of measurements, one for each machine: ``machine``, ``seconds``
that measuring took, and ``found``. A new measurement takes the place of the one on the same
machine; those of other machines stay.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import augmentation_speed
import contenders
import floor
import workers
from firstcnn import machine as this
from firstcnn import training
from firstcnn.device import CPU, find_device, in_words
from sourcedigest.files import write_whole
from tqdm import tqdm

HERE = Path(__file__).parent
OUTPUT = HERE.parents[1] / "book" / "reference" / "benchmark.json"
ABLATION = ["recipe", *(f"without {part}" for part in contenders.WITHOUT)]
BUDGETS = [name for name in contenders.CONTENDERS if name.endswith("epochs")]


def race(names: list[str], seeds: int) -> dict[str, list[dict]]:
    """Run every contender with every seed, in turns, and return what each run measured."""
    runs = [(seed, name) for seed in range(seeds) for name in names]
    found: dict[str, list[dict]] = {name: [] for name in names}
    for seed, name in tqdm(runs, unit="training"):
        command = [sys.executable, str(HERE / "contenders.py"), name, str(seed)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found[name].append({"seed": seed, **json.loads(done.stdout.splitlines()[-1])})
    return found


def median(runs: list[dict], measure: str) -> float:
    """Return the median of one measure over the seeds."""
    return statistics.median(run[measure] for run in runs)


def last_line(headline: dict[str, list[dict]]) -> str:
    """Return the result in a line: how many times faster, and the two accuracies."""
    lecture, recipe = headline["lecture"], headline["recipe"]
    ratio = median(lecture, "seconds") / median(recipe, "seconds")
    ours, theirs = median(recipe, "accuracy"), median(lecture, "accuracy")
    return f"bench: {ratio:.1f} times faster, accuracy {ours:.2%} against {theirs:.2%}"


def show(title: str, found: dict[str, list[dict]]) -> None:
    """Print a table: seconds and accuracies, medians with the smallest and largest."""
    print(f"\n{title}")
    for name, runs in found.items():
        seconds, accuracies = ([run[key] for run in runs] for key in ("seconds", "accuracy"))
        print(
            f"  {name:30s} {statistics.median(seconds):7.2f} s ({min(seconds):.2f} to"
            f" {max(seconds):.2f})   {statistics.median(accuracies):.2%} ({min(accuracies):.2%} to"
            f" {max(accuracies):.2%})"
        )


def processor() -> str:
    """Return the processor's name as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
        os.uname().machine,
    )


def parts() -> dict[str, Callable[[], dict]]:
    """Return what can be measured, by name, in the order of measuring."""
    return {
        "headline": lambda: race(["lecture", "recipe"], 3),
        "speed": lambda: race(["public", "FastCNN, 1 epochs"], 10),
        "augmentation": augmentation_speed.measure,
        "floor": floor.measure,
        "workers": workers.measure,
        "ablation": lambda: race(ABLATION, 1),
        "budgets": lambda: race(BUDGETS, 1),
    }


SAME_MACHINE = ("processor", "cores", "threads", "cpu_capability", "bfloat16 in hardware")
OF_THE_PROCESSOR = ("augmentation", "floor", "workers")  # these parts measure no GPU


def machine(part: str) -> dict:
    """Return what the figures of a part depend on, and when they were measured.

    ``device`` is there if it is a GPU.
    """
    device = CPU if part in OF_THE_PROCESSOR else find_device()
    return {
        **this.machine(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "bfloat16 in hardware": training.bfloat16_is_fast(device),
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        **({} if device == CPU else {"device": in_words(device)}),
    }


def identity(measurement: dict) -> list:
    """Return what tells machines apart; ``device`` is None where the processor was measured."""
    return [measurement["machine"].get(name) for name in (*SAME_MACHINE, "device")]


def beside(measurements: list[dict], new: dict) -> list[dict]:
    """Return the measurements of other machines, and the new one behind them."""
    return [old for old in measurements if identity(old) != identity(new)] + [new]


def main(arguments: list[str] | None = None) -> None:
    """Measure the parts that were asked for, write them beside those already there, and print what
    was measured.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "parts", nargs="*", choices=[*parts(), []], help="all of them if none is named"
    )
    parser.add_argument(
        "--output", type=lambda name: Path(os.path.expanduser(name)), default=OUTPUT
    )
    options = parser.parse_args(arguments)
    results = json.loads(options.output.read_text()) if options.output.exists() else {}
    now = {}
    for name, measure in parts().items():
        if options.parts and name not in options.parts:
            continue
        began = time.perf_counter()
        now[name] = measure()
        new = {
            "machine": machine(name),
            "seconds": round(time.perf_counter() - began),
            "found": now[name],
        }
        results[name] = beside(results.get(name, []), new)
        write_whole(options.output, (json.dumps(results, indent=1) + "\n").encode())
    for name in ("headline", "speed", "ablation", "budgets"):
        if name in now:
            show(name, now[name])
    if "headline" in now:
        print(f"\n{last_line(now['headline'])}")


if __name__ == "__main__":
    main()
