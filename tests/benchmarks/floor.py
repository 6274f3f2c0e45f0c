"""Where the limit is: the time of a training step against its multiplications at the measured rate
of the machine.
"""

import itertools
import time

import torch
from contenders import RECIPE, Sets
from firstcnn import layers, models, training
from torch.nn import functional as F

KINDS = {
    "convolutions": ("convolution",),
    "fully connected layers": ("addmm", "aten::mm"),
    "batch norm": ("batch_norm",),
    "ReLU": ("clamp_min", "threshold"),
    "max pooling": ("max_pool",),
    "copies and changes of number format": ("copy_", "fill_"),
    "optimiser": ("_fused_", "Optimizer"),
    "dropout": ("bernoulli",),
}


def measure() -> dict:
    """Return the rates of matrix products, the floor of an epoch, its measured time, and where the
    time goes.
    """
    number_format = torch.bfloat16 if training.bfloat16_is_fast() else torch.float32
    rates = {
        name: rate(kind)
        for name, kind in (("float32", torch.float32), ("bfloat16", torch.bfloat16))
    }
    images = len(Sets().train.labels)
    work = 2 * 3 * int(layers.layer_table(models.SimpleCNN())["multiply_accumulates"].sum())
    milliseconds, kinds = profile(number_format)
    return {
        "rates": rates,
        "precision": str(number_format).removeprefix("torch."),
        "operations an image": work,
        "images": images,
        "floor seconds": images * work / rates[str(number_format).removeprefix("torch.")],
        "step milliseconds": milliseconds,
        "epoch seconds": images / RECIPE.batch_size * milliseconds / 1000,
        "kinds": kinds,
    }


def rate(number_format: torch.dtype, side: int = 2048) -> float:
    """Return operations a second of the product of two square matrices, two for each
    multiply-accumulate.
    """
    left, right = (torch.randn(side, side).to(number_format) for _ in range(2))
    times = []
    for _ in range(10):
        began = time.perf_counter()
        left @ right
        times.append(time.perf_counter() - began)
    return 2 * side**3 / min(times)


def profile(number_format: torch.dtype, steps: int = 20) -> tuple[float, dict[str, float]]:
    """Return the milliseconds of a training step of SimpleCNN, and how many go to each kind of
    work.
    """
    training.keep_memory()
    model = models.SimpleCNN().to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
    images, labels = (
        torch.randn(RECIPE.batch_size, 1, 28, 28),
        torch.randint(0, 10, (RECIPE.batch_size,)),
    )

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast(
            "cpu", number_format, enabled=number_format != torch.float32, cache_enabled=False
        ):
            loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()

    for _ in range(steps):
        step()
    began = time.perf_counter()
    for _ in range(steps):
        step()
    milliseconds = 1000 * (time.perf_counter() - began) / steps
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profiler:
        for _ in range(steps):
            step()
    own = {event.key: event.self_cpu_time_total / 1000 / steps for event in profiler.key_averages()}
    return milliseconds, by_kind(own)


def by_kind(own: dict[str, float]) -> dict[str, float]:
    """Add up milliseconds by kind of work; what fits none is ``everything else``."""
    found = dict.fromkeys([*KINDS, "everything else"], 0.0)
    for key, milliseconds in own.items():
        matching = (kind for kind, words in KINDS.items() if any(word in key for word in words))
        found[next(itertools.chain(matching, ["everything else"]))] += milliseconds
    return found
