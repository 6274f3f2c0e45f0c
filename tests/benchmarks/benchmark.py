"""Measure what the performance page says: ``make bench`` runs this and writes ``book/reference/benchmark.json``.

Every training runs in a process of its own on all cores; contenders take turns, so that a busy minute does not fall
on one of them alone. What was measured is written after each part, so that an interrupted run leaves the parts before.
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
from firstcnn import provenance, training
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
            f"  {name:30s} {statistics.median(seconds):7.2f} s ({min(seconds):.2f} to {max(seconds):.2f})   "
            f"{statistics.median(accuracies):.2%} ({min(accuracies):.2%} to {max(accuracies):.2%})"
        )


def processor() -> str:
    """Return the processor's name as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), os.uname().machine)


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


def main() -> None:
    """Measure the parts that were asked for and write them beside those already there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*parts(), []], help="all of them if none is named")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    results = json.loads(options.output.read_text()) if options.parts and options.output.exists() else {}
    for name, measure in parts().items():
        if options.parts and name not in options.parts:
            continue
        began = time.perf_counter()
        results[name] = measure()
        results[name + " seconds"] = round(time.perf_counter() - began)
        results["machine"] = {
            **provenance.machine(),
            "processor": processor(),
            "cores": os.cpu_count(),
            "bfloat16 in hardware": training.bfloat16_is_fast(),
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        options.output.write_text(json.dumps(results, indent=1) + "\n")
    for name in ("headline", "speed", "ablation", "budgets"):
        if name in results:
            show(name, results[name])
    if "headline" in results:
        print(f"\n{last_line(results['headline'])}")


if __name__ == "__main__":
    main()
