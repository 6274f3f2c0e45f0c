"""One network trained by several processes, on one machine or on several: each takes its share of
every batch.

All processes hold the whole network and start from the same weights. Of each batch, each computes
the gradient of its share; the gradients are averaged over all images of the batch
(``DistributedDataParallel``, over gloo), so that every process takes the same step, which is the
one that a single process would take::

    torchrun --nproc-per-node 2 -m firstcnn.distributed --network TinyCNN --epochs 1 --output
    weights.pt

On two machines, the same command on both, with ``--nnodes 2 --rdzv-backend c10d --rdzv-endpoint
FIRST_MACHINE:29500`` after ``torchrun``. It pays where a step takes long: after each one all
gradients travel between the processes.
"""

import argparse
import contextlib
import math
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
import torch.distributed as group
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from firstcnn import augment, data, models
from firstcnn.experiments import _checksum
from firstcnn.progress import progress_bar
from firstcnn.training import (
    PRECISIONS,
    Batches,
    History,
    Recipe,
    _loss,
    _optimizer,
    _precision,
    _schedule,
    batches,
    check_training,
    evaluate,
    fast_layout,
    keep_memory,
    train_epoch,
)

Pair = tuple[Tensor, Tensor]
_NETWORKS = ("SimpleCNN", "PooledSimpleCNN", "TinyCNN", "ComplexCNN", "DenseNetwork")
_COMMAND = (
    "torchrun --nproc-per-node 2 -m firstcnn.distributed --network TinyCNN --epochs 1 --output"
    " weights.pt"
)


def fit_distributed(
    model: nn.Module, train: Pair, validation: Pair, recipe: Recipe, *, seed: int = 0
) -> History:
    """Train ``model`` together with the other processes that ``torchrun`` has started, each of
    which calls this.

    Batches, augmentation and schedule are those of `firstcnn.training.fit` with the same arguments,
    and for a network without dropout and batch norm so are the losses and weights, but for
    rounding. Dropout draws numbers of its own in each process; batch norm takes mean and variance
    over each share, and its running averages are the first process's.

    Parameters
    ----------
    model : Module
        Changed in place; the weights of the first process are where all start from. Left in
        evaluation mode.
    train, validation : tuple of Tensor (N, C, H, W) and Tensor (N,)
        As for `fit`, whole, and the same in each process.
    recipe : Recipe
        How to train. ``batch_size`` counts the images of all processes together.
    seed : int
        Where the random choices of the training come from.

    Returns
    -------
    History
        Of the training as a whole, the same in each process but for ``seconds``.

    Raises
    ------
    RuntimeError
        If ``torchrun`` did not start this process, or the loss stops being a finite number.
    ValueError
        As in `fit`; if the processes were given different things, or there are too few images to
        share.
    """
    check_training(model, train, validation, recipe)
    keep_memory()
    with joined():
        _check_agreement(train, validation, recipe, seed)
        _check_shares(len(train[0]), len(validation[0]), recipe)
        fast_layout(model)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(
                seed + 1_000_003 * group.get_rank()
            )  # dropout: other numbers for other images
            history = _run(model, train, validation, recipe, torch.Generator().manual_seed(seed))
    model.eval()
    return history


@contextlib.contextmanager
def joined() -> Iterator[None]:
    """Join the processes that ``torchrun`` has started, unless this one has joined them already.

    Raises
    ------
    RuntimeError
        If ``torchrun`` did not start this process.
    """
    if group.is_initialized():
        yield
        return
    if "RANK" not in os.environ or "MASTER_ADDR" not in os.environ:
        raise RuntimeError(
            "This is one of several processes, and torchrun has to start them. For example:\n   "
            f" {_COMMAND}"
        )
    group.init_process_group("gloo")
    try:
        yield
    finally:
        group.destroy_process_group()


def _run(
    model: nn.Module, train: Pair, validation: Pair, recipe: Recipe, generator: torch.Generator
) -> History:
    loader = batches(
        *train, recipe.batch_size, generator=generator, augmentation=recipe.augmentation
    )
    first = group.get_rank() == 0
    with progress_bar(
        total=recipe.epochs * len(loader), unit="step", leave=False, disable=not first
    ) as bar:
        share = _Share(loader, bar)
        together = DistributedDataParallel(model)
        together.register_comm_hook(share, _average)
        optimizer = _optimizer(model, recipe)
        _schedule(optimizer, recipe, recipe.epochs * len(loader))
        history = History()
        for _ in range(recipe.epochs):
            started = time.perf_counter()
            with _precision(recipe):
                losses, accuracy = train_epoch(together, share, optimizer, _loss(recipe))
            history.seconds.append(time.perf_counter() - started)
            _note(history, share, losses, accuracy)
            _validate(history, model, validation)
    return history


class _Share:
    """The part of every batch that is this process's, and how much of the batch it is.

    Each process draws order and augmentation of the whole batch, from generators with one seed, and
    takes its part: so the images are those of a single process.
    """

    def __init__(self, loader: Batches, bar: tqdm):
        self.loader, self.bar = loader, bar
        self.weights: list[float] = []

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Pair]:
        self.weights, self.total = [], 0
        for images, labels in self.loader:
            mine = [
                part.tensor_split(group.get_world_size())[group.get_rank()]
                for part in (images, labels)
            ]
            self.weights.append(len(mine[1]) / len(labels))
            self.total += len(mine[1])
            yield mine[0], mine[1]
            self.bar.update()


def _average(share: _Share, bucket: group.GradBucket) -> torch.futures.Future[Tensor]:
    """Average gradients over the images of a batch: weighted by the shares, which may be uneven in
    the last batch.
    """
    weighted = bucket.buffer().mul_(share.weights[-1])
    return group.all_reduce(weighted, async_op=True).get_future().then(lambda done: done.value()[0])


def _note(history: History, share: _Share, losses: list[float], accuracy: float) -> None:
    """Add an epoch to a history, from what this process and the others saw of it."""
    weighted = [loss * weight for loss, weight in zip(losses, share.weights, strict=True)]
    *losses, correct = _sum([*weighted, accuracy * share.total])
    if not all(map(math.isfinite, losses)):
        raise RuntimeError(
            f"The loss stopped being a finite number in epoch {len(history.seconds)}. Try a lower"
            " rate."
        )
    history.step_loss += losses
    history.train_loss.append(sum(losses) / len(losses))
    history.train_accuracy.append(round(correct) / len(share.loader.labels))


def _validate(history: History, model: nn.Module, validation: Pair) -> None:
    """Judge the first process's network, each process on its part of the images."""
    for buffer in model.buffers():
        group.broadcast(buffer, src=0)
    images, labels = (
        part.tensor_split(group.get_world_size())[group.get_rank()] for part in validation
    )
    loss, accuracy = evaluate(model, images, labels)
    loss, correct = _sum([loss * len(labels), accuracy * len(labels)])
    history.validation_loss.append(loss / len(validation[1]))
    history.validation_accuracy.append(round(correct) / len(validation[1]))


def _sum(values: list[float]) -> list[float]:
    total = torch.tensor(values, dtype=torch.float64)
    group.all_reduce(total)
    return total.tolist()


def _check_agreement(train: Pair, validation: Pair, recipe: Recipe, seed: int) -> None:
    rest = replace(
        recipe, augmentation=None
    )  # of the augmentation, its kind: not everything can be compared
    given = [
        repr(rest),
        type(recipe.augmentation).__qualname__,
        seed,
        *(_checksum(tensor) for tensor in (*train, *validation)),
    ]
    everyone: list[list] = [[] for _ in range(group.get_world_size())]
    group.all_gather_object(everyone, given)
    others = [rank for rank, theirs in enumerate(everyone) if theirs != everyone[0]]
    if others:
        raise ValueError(
            f"Process {others[0]} was given other images, another recipe or another seed than"
            " process 0: each has to be given the same whole sets, of which it takes its share."
        )


def _check_shares(images: int, watched: int, recipe: Recipe) -> None:
    processes = group.get_world_size()
    smallest = min(images, recipe.batch_size, images % recipe.batch_size or images)
    if min(smallest, watched) < processes:
        raise ValueError(
            f"{processes} processes cannot share a batch of {smallest} images (the smallest of"
            f" {images} images in batches of {recipe.batch_size}) or {watched} validation images:"
            " each needs one. Change the batch size."
        )


# -----------------------------------------------------------------------------------------------
# from the command line


def main(arguments: list[str] | None = None) -> int:
    """Train one of the book's networks in the processes that ``torchrun`` starts; the first one
    writes the weights.
    """
    options = _parser().parse_args(arguments)
    try:
        with joined():
            _train(options)
    except (data.DataError, RuntimeError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m firstcnn.distributed", description="Start it with: " + _COMMAND
    )
    parser.add_argument("--network", choices=_NETWORKS, default="TinyCNN")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument(
        "--batch-size", type=int, default=256, help="images of all processes together"
    )
    parser.add_argument("--learning-rate", type=float, default=0.003)
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--data", metavar="FOLDER", help="folder of IDX files to use instead of MNIST"
    )
    parser.add_argument(
        "--output", metavar="FILE", type=_file, help="where to write the weights (a state_dict)"
    )
    return parser


def _file(name: str) -> Path:
    return Path(os.path.expanduser(name))


def _train(options: argparse.Namespace) -> None:
    train, validation = data.open_training_sets(options.data)
    mean, std = data.pixel_statistics(train.images)
    pairs = [(data.prepare(part.images, mean, std), part.labels) for part in (train, validation)]
    recipe = Recipe(
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        precision=options.precision,
        augmentation=augment.Affine(rotation=10, translation=0.1, fill=-mean / std),
    )
    torch.manual_seed(options.seed)
    model = getattr(models, options.network)()
    history = fit_distributed(model, *pairs, recipe, seed=options.seed)
    if group.get_rank() == 0:
        print(history.to_frame().to_string(index=False))
        if options.output is not None:
            _write(model, options.output)


def _write(model: nn.Module, file: Path) -> None:
    """Write the weights; the name appears once the file is whole."""
    partial = file.with_name(file.name + ".partial")
    torch.save(model.state_dict(), partial)
    os.replace(partial, file)


if __name__ == "__main__":
    sys.exit(main())
