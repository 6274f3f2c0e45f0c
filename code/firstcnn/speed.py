"""How fast this machine trains, measured in a few seconds: a build tells by it how long it takes."""

import time

import torch
from torch.nn import functional as F

from firstcnn.models import SimpleCNN
from firstcnn.training import batches, bfloat16_is_fast, fast_layout, train_epoch

IMAGES = 256  # a batch of the book's recipe: less than half a second on two quiet cores
SECONDS = 2.0


def training_images_per_second() -> float:
    """Return how many images a second `SimpleCNN` trains on here, as the book's recipe trains it.

    Returns
    -------
    float
        Over two seconds or a little more, after a batch that warms up; on all threads of this
        process, and beside whatever else the machine is doing now.
    """
    with torch.random.fork_rng(devices=[]):
        model = fast_layout(SimpleCNN())
        optimizer = torch.optim.Adam(model.parameters(), fused=True)
        _train_on_a_batch(model, optimizer)
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS:
            _train_on_a_batch(model, optimizer)
            done += IMAGES
        return done / (time.perf_counter() - began)


def _train_on_a_batch(model: SimpleCNN, optimizer: torch.optim.Optimizer) -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(IMAGES, 1, 28, 28, generator=generator)  # (N, 1, 28, 28)
    labels = torch.randint(10, (IMAGES,), generator=generator)  # (N,)
    loader = batches(images, labels, IMAGES, generator=generator)
    with torch.autocast("cpu", torch.bfloat16, bfloat16_is_fast(), cache_enabled=False):
        train_epoch(model, loader, optimizer, F.cross_entropy)
