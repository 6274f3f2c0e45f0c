"""One measured training: ``python contenders.py NAME SEED`` prints what it took and reached as a
line of JSON.

Each runs in a process of its own, so that none inherits another's memory, threads or warmed-up
kernels. The clock runs from the stored images to the finished network. Looking at the validation
images, from which nothing learns, is timed apart; it happens in 32-bit numbers.
"""

import contextlib
import dataclasses
import functools
import json
import sys
import time
from collections.abc import Callable
from unittest import mock

import lecture_loop
import public_recipe
import torch
from firstcnn import augment, data, models, profiles, training
from firstcnn.device import CPU, find_device
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms

MOVES = augment.Affine(
    rotation=6, translation=0.04
)  # less than the lecture's: in one epoch little repeats
RECIPE = dataclasses.replace(training.ONE_EPOCH, augmentation=MOVES)


class Sets:
    """Stored images, and the two numbers that normalise them."""

    def __init__(self):
        self.train, self.validation = data.open_training_sets()
        self.mean, self.std = data.pixel_statistics(self.train.images)

    def prepared(self, images: data.ImageSet) -> tuple[torch.Tensor, torch.Tensor]:
        """Return normalised images (N, 1, 28, 28) and labels (N,)."""
        return data.prepare(images.images, self.mean, self.std), images.labels


Trainer = Callable[[nn.Module, Sets, int], None]


def lecture(model: nn.Module, sets: Sets, seed: int) -> None:
    """Train as the lecture does, for its three epochs."""
    epochs = 3 if profiles.current().name == "full" else 1
    device = find_device()
    lecture_loop.train(model.to(device), sets.train, sets.mean, sets.std, epochs, device)


def public(model: nn.Module, sets: Sets, seed: int) -> None:
    """Train by the best public recipe for speed alone."""
    device = find_device()
    images, labels = sets.prepared(sets.train)
    public_recipe.train(model.to(device), images.to(device), labels.to(device))


def book(model: nn.Module, sets: Sets, seed: int, recipe: training.Recipe) -> None:
    """Train by `firstcnn.training.fit`; one image to watch the training by is enough here."""
    if isinstance(recipe.augmentation, augment.Affine):
        black = dataclasses.replace(recipe.augmentation, fill=-sets.mean / sets.std)
        recipe = dataclasses.replace(recipe, augmentation=black)
    watched = tuple(part[:1] for part in sets.prepared(sets.validation))
    training.fit(model, sets.prepared(sets.train), watched, recipe, seed=seed)


def one_by_one(model: nn.Module, sets: Sets, seed: int) -> None:
    """Train by the book's recipe, but augment the images one after the other."""
    moves = augment_one_by_one(RECIPE.augmentation, sets.mean, sets.std)

    def loader(images, labels, batch_size, generator, augmentation):
        dataset = lecture_loop.ImagesOneByOne(sets.train, moves)
        return DataLoader(dataset, batch_size=batch_size, shuffle=True, generator=generator)

    with mock.patch.object(training, "batches", loader):
        book(model, sets, seed, RECIPE)


def augment_one_by_one(affine: augment.Affine, mean: float, std: float) -> Callable:
    """Return torchvision's pipeline for one image that does what `affine` does to a batch."""
    moves = transforms.RandomAffine(
        affine.rotation,
        translate=(affine.translation,) * 2,
        interpolation=transforms.InterpolationMode.BILINEAR,
    )
    return transforms.Compose([moves, *lecture_loop.to_tensor(mean, std)])


def patched(*patches) -> Trainer:
    """Return the training by the book's recipe with parts of it put out of action."""

    def train(model: nn.Module, sets: Sets, seed: int) -> None:
        with contextlib.ExitStack() as stack:
            for patch in patches:
                stack.enter_context(patch)
            book(model, sets, seed, RECIPE)

    return train


def changed(**fields) -> Trainer:
    """Return the training by the book's recipe with some of its fields changed."""
    return functools.partial(book, recipe=dataclasses.replace(RECIPE, **fields))


def unfused(optimizer: type) -> Callable:
    """Return a constructor of the optimizer that takes no notice of ``fused``."""
    return lambda parameters, **options: optimizer(parameters, **{**options, "fused": False})


def for_epochs(count: int, recipe: training.Recipe = RECIPE) -> Trainer:
    """Return the training by a recipe stretched over several epochs."""
    return functools.partial(book, recipe=dataclasses.replace(recipe, epochs=count))


WITHOUT: dict[str, Trainer] = {
    "batched augmentation": one_by_one,
    "bfloat16": changed(precision="float32"),
    "channels last": patched(
        mock.patch.object(torch, "channels_last", torch.contiguous_format),
        mock.patch.object(training, "fast_gradients", lambda model: contextlib.nullcontext()),
    ),
    "kept memory": patched(mock.patch.object(training, "keep_memory", lambda: False)),
    "fused optimiser": patched(mock.patch.object(torch.optim, "Adam", unfused(torch.optim.Adam))),
    "larger batches": changed(batch_size=64, learning_rate=0.006),
    "one-cycle schedule": changed(schedule="constant", learning_rate=0.001),
    "shorter averages in Adam": changed(betas=(0.9, 0.999)),
    "label smoothing": changed(label_smoothing=0.0),
    "augmentation": changed(augmentation=None),
}
BUDGETS = {
    "DenseNetwork": (models.DenseNetwork, RECIPE, (4,)),
    "FastCNN": (models.FastCNN, RECIPE, (1, 2, 4)),
    "TinyCNN": (models.TinyCNN, RECIPE, (1, 2, 4)),
    "PooledSimpleCNN": (models.PooledSimpleCNN, RECIPE, (1, 2)),
    "SimpleCNN": (models.SimpleCNN, RECIPE, (1, 2)),
}
CONTENDERS: dict[str, tuple[Callable[[], nn.Module], Trainer]] = {
    "lecture": (models.SimpleCNN, lecture),
    "recipe": (models.SimpleCNN, for_epochs(1)),
    "public": (public_recipe.TwoConvolutions, public),
    **{f"without {part}": (models.SimpleCNN, train) for part, train in WITHOUT.items()},
    **{
        f"{name}, {count} epochs": (build, for_epochs(count, recipe))
        for name, (build, recipe, counts) in BUDGETS.items()
        for count in counts
    },
}


def measure(name: str, seed: int) -> dict[str, float]:
    """Train one contender and return seconds of training and of validation, and its accuracy
    there.
    """
    build, train = CONTENDERS[name]
    sets = Sets()
    torch.manual_seed(seed)
    model = build()
    began = time.perf_counter()
    train(model, sets, seed)
    finish()
    trained = time.perf_counter()
    _, accuracy = training.evaluate(model, *sets.prepared(sets.validation))
    return {
        "seconds": trained - began,
        "validation_seconds": time.perf_counter() - trained,
        "accuracy": accuracy,
    }


def finish() -> None:
    """Wait until the device has computed all that it was asked for."""
    if find_device() != CPU:
        torch.accelerator.synchronize()


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
