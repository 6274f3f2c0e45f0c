"""How fast this machine trains, measured in a few seconds, so that a build can say how long it
takes.
"""

import time

import torch
from torch import nn
from torch.nn import functional as F

from firstcnn.device import CPU, find_device
from firstcnn.memory import keep_memory
from firstcnn.models import SimpleCNN, SmallCNN
from firstcnn.precision import forward_precision
from firstcnn.training import batches, fast_layout, train_epoch

IMAGES = 64  # a batch: the larger network takes less than a tenth of a second on a quiet core
TURNS = (SimpleCNN, *4 * (SmallCNN,))  # a batch of each
SECONDS = 2.0

Training = tuple[nn.Module, torch.optim.Optimizer]


def training_images_per_second() -> float:
    """Return how many images a second `SimpleCNN` trains on here, with four times as many of
    `SmallCNN` in between: a processor that multiplies twice as fast trains a small network hardly
    faster, and the book has both.

    Returns
    -------
    float
        Of the device that trains. On the CPU: of one thread, beside whatever else the machine is
        doing now, times the number of threads, since most of the book's networks train on one
        thread each, as many at a time as there are cores.
    """
    device, threads = find_device(), torch.get_num_threads()
    if device != CPU:
        return _images_per_second(device)
    torch.set_num_threads(1)
    try:
        return threads * _images_per_second(device)
    finally:
        torch.set_num_threads(threads)


def _images_per_second(device: torch.device) -> float:
    keep_memory()  # as a training does
    with torch.random.fork_rng(devices=[]):
        trainings = {network: _training_of(network().to(device)) for network in TURNS}
        _one_turn(trainings)  # the first one is slow
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS:
            _one_turn(trainings)
            done += IMAGES
        return done / (time.perf_counter() - began)


def _training_of(network: nn.Module) -> Training:
    model = fast_layout(network)
    return model, torch.optim.Adam(model.parameters(), fused=True)


def _one_turn(trainings: dict[type[nn.Module], Training]) -> None:
    for network in TURNS:
        _train_on_a_batch(*trainings[network])


def _train_on_a_batch(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(IMAGES, 1, 28, 28, generator=generator)  # (N, 1, 28, 28)
    labels = torch.randint(10, (IMAGES,), generator=generator)  # (N,)
    loader = batches(images, labels, IMAGES, generator=generator)
    with forward_precision("auto", next(model.parameters()).device):
        train_epoch(model, loader, optimizer, F.cross_entropy)
