"""Training: the loop as it is taught, and `fit`, which runs it under a recipe. Neither knows what
the images show.
"""

import functools
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from firstcnn.device import AUTO, device_of, find_device, moved, seeded
from firstcnn.layers import keeps_modes
from firstcnn.layout import fast_gradients, fast_layout
from firstcnn.memory import give_memory_back, keep_memory
from firstcnn.precision import PRECISIONS, bfloat16_is_fast, forward_precision, full_precision
from firstcnn.progress import progress_bar
from firstcnn.recipe import OPTIMIZERS, SCHEDULES, Recipe
from firstcnn.training_checks import check_network, check_pair, check_sets, kind_of

__all__ = [
    "ONE_EPOCH",
    "OPTIMIZERS",
    "PRECISIONS",
    "SCHEDULES",
    "Batches",
    "History",
    "Recipe",
    "batches",
    "bfloat16_is_fast",
    "check_training",
    "evaluate",
    "fast_layout",
    "fit",
    "give_memory_back",
    "keep_memory",
    "train_epoch",
]

FUSED = ("cpu", "cuda", "mps")  # devices for which PyTorch has optimisers that step all at once
STEPS_UNREAD = 50  # of a GPU: to read a number from it is to wait until it has computed it

ONE_EPOCH = Recipe(
    epochs=1, batch_size=256, learning_rate=0.012, betas=(0.8, 0.95), label_smoothing=0.1
)
"""SimpleCNN in one pass over the data, in a tenth of the lecture's time.

The performance page says what it reaches.
"""


@dataclass
class History:
    """What happened during a training.

    Attributes
    ----------
    step_loss : list of float
        Loss of each batch, before the step that it led to.
    train_loss, train_accuracy : list of float
        For each epoch, averaged while the network was learning, on augmented images and with
        dropout at work.
    validation_loss, validation_accuracy : list of float
        For each epoch, at its end, in evaluation mode. Accuracies lie between 0 and 1.
    seconds : list of float
        Time that the training of each epoch took, validation not counted.
    """

    step_loss: list[float] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each epoch: ``epoch`` (from 1) and the lists that hold one number an
        epoch.
        """
        columns = (
            "train_loss",
            "train_accuracy",
            "validation_loss",
            "validation_accuracy",
            "seconds",
        )
        frame = pd.DataFrame({name: getattr(self, name) for name in columns})
        frame.insert(0, "epoch", range(1, len(frame) + 1))
        return frame


def train_epoch(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    optimizer: torch.optim.Optimizer,
    loss_function: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
) -> tuple[list[float], float]:
    """Train ``model`` on every batch once, on the device where it is.

    Parameters
    ----------
    model : Module
        Changed in place, and left in training mode.
    batches : iterable of (images, labels)
        From `batches`, or a DataLoader; on any device.
    optimizer : Optimizer
        Changes the parameters of ``model``.
    loss_function : callable
        From logits (N, K) and labels (N,) to a number; cross-entropy unless told otherwise.

    Returns
    -------
    losses : list of float
        Loss of each batch.
    accuracy : float
        Fraction of the images that the network had right when it met them.
    """
    model.train()
    device = next(model.parameters()).device
    losses, correct, total = [], 0, 0
    for images, labels in batches:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        logits = model(images)  # (N, 10)
        loss = loss_function(logits, labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        correct += (logits.argmax(dim=1) == labels).sum()
        total += len(labels)
    # Numbers are read once, at the end: at each step a GPU would have to wait for it.
    return torch.stack(losses).cpu().tolist(), int(correct) / total


@keeps_modes
def evaluate(
    model: nn.Module, images: Tensor, labels: Tensor, batch_size: int = 1000
) -> tuple[float, float]:
    """Return loss and accuracy of ``model`` on images that it does not learn from, on the device
    where it is.

    Batch norm and dropout are in evaluation mode, no gradients are kept, and every layer is in its
    own mode again afterwards.

    Parameters
    ----------
    model : Module
        The network.
    images : Tensor (N, C, H, W)
        Normalised as the network was trained; on any device.
    labels : Tensor (N,), int64
        The right classes.
    batch_size : int
        How many images pass at once; it limits memory and does not change the result beyond
        rounding.

    Returns
    -------
    loss : float
        Cross-entropy, averaged over the images.
    accuracy : float
        Fraction that is right.
    """
    was_training, device = model.training, device_of(model, images)
    model.eval()
    loss, correct = 0.0, 0
    with torch.no_grad():
        for x, y in zip(images.split(batch_size), labels.split(batch_size), strict=True):
            x, y = x.to(device), y.to(device)
            logits = model(x)  # (N, 10)
            loss += F.cross_entropy(logits, y, reduction="sum").item()
            correct += (logits.argmax(dim=1) == y).sum().item()
    model.train(was_training)
    return loss / len(labels), correct / len(labels)


@dataclass(frozen=True)
class Batches:
    """Shuffled batches; each pass over them draws a new order. Made by `batches`."""

    images: Tensor
    labels: Tensor
    batch_size: int
    generator: torch.Generator
    augmentation: Callable | None = None

    def __len__(self) -> int:
        return math.ceil(len(self.images) / self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        generator = self.generator
        order = torch.randperm(len(self.images), generator=generator, device=generator.device)
        for chosen in moved(order, self.images.device).split(self.batch_size):
            yield self._augmented(self.images[chosen]), self.labels[chosen]

    def _augmented(self, images: Tensor) -> Tensor:
        if self.augmentation is None:
            return images
        # Coordinates need float32 even if the network does not.
        with full_precision(images.device):
            return self.augmentation(images, generator=self.generator)


def batches(
    images: Tensor,
    labels: Tensor,
    batch_size: int,
    *,
    generator: torch.Generator,
    augmentation: Callable | None = None,
) -> Batches:
    """Return shuffled batches, as a DataLoader would, but whole batches at a time; the last one may
    be smaller.

    Parameters
    ----------
    images : Tensor (N, C, H, W), floating point
        Normalised images.
    labels : Tensor (N,), int64
        Their classes, on the same device.
    batch_size : int
        Images in a batch.
    generator : torch.Generator
        Where order and augmentation come from. The CPU's draws the same on every machine.
    augmentation : callable, optional
        Takes a batch of images and ``generator=``, returns images; see `firstcnn.augment`.

    Returns
    -------
    Batches
        An iterable of (images, labels) with a length.

    Raises
    ------
    ValueError
        If there is nothing to train on, or images and labels do not fit together.
    """
    check_pair("These", images, labels)
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}: a batch holds at least one image.")
    return Batches(images, labels, batch_size, generator, augmentation)


def fit(
    model: nn.Module,
    train: tuple[Tensor, Tensor],
    validation: tuple[Tensor, Tensor],
    recipe: Recipe,
    *,
    seed: int = 0,
    device: str | torch.device = AUTO,
) -> History:
    """Train ``model`` under a recipe and return what happened. It is left in evaluation mode, on
    the device where it was.

    ``seed`` decides the order of the images, augmentation and dropout, on the CPU bit for bit on
    one machine with one number of threads; PyTorch's global generators are left as they were. Order
    and augmentation are the same on a GPU; dropout there draws from the GPU's own generator, and
    sums are rounded in another way. The initial weights are those of ``model``.

    Parameters
    ----------
    model : Module
        Changed in place. Reads (N, C, H, W) and returns logits (N, K).
    train, validation : tuple of Tensor (N, C, H, W) and Tensor (N,)
        Normalised images, floating point, and labels, int64.
    recipe : Recipe
        How to train.
    seed : int
        Where the random choices of the training come from.
    device : str or torch.device
        Where to train, as `firstcnn.device.find_device` takes it: "auto" is the best that there is.
        Network and sets are on one device, the CPU or this one, and are copied to it.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If what is given is of another kind (a DataLoader, arrays, a class in place of a network),
        if no parameter of the network may change, if the sets are empty or do not fit together,
        the network or the recipe, if the device is not there, or if network and sets are on
        several devices.
    RuntimeError
        If the loss stops being a finite number: on the CPU before the step that would spoil the
        weights, on a GPU within `STEPS_UNREAD` steps.
    """
    place = find_device(device)
    check_training(model, train, validation, recipe, place)
    home = device_of(model, train[0])
    keep_memory()
    try:
        fast_layout(model.to(place))
        sets = (tuple(tensor.to(place) for tensor in pair) for pair in (train, validation))
        with seeded(seed, place):
            history = _train_epochs(model, *sets, recipe, torch.Generator().manual_seed(seed))
    finally:
        model.to(home)
    model.eval()
    return history


def check_training(
    model: nn.Module,
    train: object,
    validation: object,
    recipe: Recipe,
    device: str | torch.device = AUTO,
) -> None:
    """Refuse what `fit` cannot train on a device, before anything is changed.

    Raises
    ------
    ValueError
        As in `fit`.
    """
    check_network(model)
    if not isinstance(recipe, Recipe):
        raise ValueError(f"The recipe has to be a firstcnn.training.Recipe, not {kind_of(recipe)}.")
    check_sets(model, train, validation, find_device(device))


def _train_epochs(
    model: nn.Module, train: tuple, validation: tuple, recipe: Recipe, generator: torch.Generator
) -> History:
    loader = batches(
        *train, recipe.batch_size, generator=generator, augmentation=recipe.augmentation
    )
    optimizer, device = _optimizer(model, recipe), train[0].device
    total = recipe.epochs * len(loader)
    _schedule(optimizer, recipe, total)
    history = History()
    with progress_bar(total=total, desc=type(model).__name__, unit="step", leave=False) as bar:
        observer = _Observer(loader, bar, recipe, 1 if device.type == "cpu" else STEPS_UNREAD)
        for _ in range(recipe.epochs):
            started = time.perf_counter()
            with (
                forward_precision(recipe.precision, device),
                fast_gradients(model),
                model.register_forward_hook(observer.see_logits),
            ):
                losses, accuracy = train_epoch(model, observer, optimizer, _loss_function(recipe))
            history.seconds.append(time.perf_counter() - started)
            history.step_loss += losses
            history.train_loss.append(sum(losses) / len(losses))
            history.train_accuracy.append(accuracy)
            loss, accuracy = evaluate(model, *validation)
            history.validation_loss.append(loss)
            history.validation_accuracy.append(accuracy)
    return history


class _Observer:
    """Looks at a training from outside, so that `train_epoch` stays as it is taught.

    Stands in for the batches, whose labels it notes, and sees the logits by a hook: from both it
    knows the loss, for the progress bar, and stops the training if that is no finite number. It
    reads the losses of so many steps at once; of each single one, before a step that would spoil
    the weights.
    """

    def __init__(self, loader: Batches, bar: tqdm, recipe: Recipe, steps: int):
        self.loader, self.bar, self.recipe, self.steps = loader, bar, recipe, steps
        self.unread: list[Tensor] = []
        self.read = 0

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for images, labels in self.loader:
            self.labels = labels
            yield images, labels
            self.bar.update()
        self.look()

    def see_logits(self, model: nn.Module, inputs: tuple, logits: Tensor) -> None:
        self.unread.append(F.cross_entropy(logits.detach().float(), self.labels))
        if len(self.unread) >= self.steps:
            self.look()

    def look(self) -> None:
        """Read the losses of the last steps."""
        losses = torch.stack(self.unread).cpu().tolist() if self.unread else []
        self.unread.clear()
        for loss in losses:
            self.read += 1
            if not math.isfinite(loss):
                raise RuntimeError(
                    f"The loss became {loss} at step {self.read} of {self.bar.total} (learning rate"
                    f" {self.recipe.learning_rate}, {self.recipe.optimizer}). Try a lower learning"
                    " rate; if it happens at the first step, look for pixels that are not finite."
                )
            self.bar.set_postfix(loss=f"{loss:.3f}", refresh=False)


def _optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    fused = next(model.parameters()).device.type in FUSED or None
    options = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay, "fused": fused}
    if recipe.optimizer == "adam":
        return torch.optim.Adam(model.parameters(), betas=tuple(recipe.betas), **options)
    return torch.optim.SGD(model.parameters(), momentum=recipe.momentum, **options)


def _loss_function(recipe: Recipe) -> Callable[[Tensor, Tensor], Tensor]:
    return functools.partial(F.cross_entropy, label_smoothing=recipe.label_smoothing)


def _schedule(optimizer: torch.optim.Optimizer, recipe: Recipe, steps: int) -> None:
    """Let the learning rate follow the recipe: after each step of the optimizer the scheduler takes
    one, too.
    """
    if recipe.schedule == "one_cycle":
        scheduler = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=recipe.learning_rate, total_steps=steps, cycle_momentum=False
        )
        optimizer.register_step_post_hook(lambda *_: scheduler.step())
