"""A training function, tried on a small network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.checks.answers import (
    array,
    exact_or_rounded,
    kind_of,
    number,
    same,
    several,
)
from lessons.checks.learning.trial import (
    Network,
    are_alike,
    as_numbers,
    defined,
    is_tensor,
    kept,
    same_state,
    trial_images,
)


class LossFunction:
    """Cross-entropy, or another loss function, that notes what it was called with.

    An error that it raises carries the arguments as ``given``, and what the network had answered as
    ``logits``.
    """

    def __init__(self, model: Network, loss: Callable = F.cross_entropy):
        self.model, self.loss, self.given = model, loss, []

    def __call__(self, input: Any, target: Any, **options: Any) -> Tensor:
        """Compute the loss, with the names of arguments that PyTorch's own functions have."""
        self.given.append((input, target))
        try:
            return self.loss(input, target, **options)
        except Exception as error:
            error.given, error.logits = (input, target), self.model.noted.logits[-1:]
            raise


def _smoothed(input: Tensor, target: Tensor, **options: Any) -> Tensor:
    return F.cross_entropy(input, target, **{"label_smoothing": 0.3, **options})


SGD = (torch.optim.SGD, {"lr": 0.5, "momentum": 0.9})

ADAM = (torch.optim.Adam, {"lr": 0.02})

TRAININGS = (
    {"sizes": (5, 7, 1), "optimizer": ADAM, "loss": (_smoothed,), "training": True},
    {"sizes": (3, 2, 4, 2, 3, 2), "optimizer": SGD, "loss": (), "training": False},
    {"sizes": (9,), "optimizer": SGD, "loss": (F.multi_margin_loss,), "training": False},
)


def trained_by(
    train: Callable, sizes: tuple, optimizer: tuple, loss: tuple, training: bool
) -> tuple[Network, Any]:
    """Let a function train a new network on batches of these sizes; return the network and what it
    returned.
    """
    images, labels = trial_images(sum(sizes))
    torch.default_generator.manual_seed(0)
    model = Network(dropout=0.5).train(training)
    kind, options = optimizer
    batches = zip(images.split(sizes), labels.split(sizes), strict=True)  # can be gone through once
    noted = [LossFunction(model, each) for each in loss]
    return model, train(model, batches, kind(model.parameters(), **options), *noted)


def one_epoch(
    model: nn.Module,
    batches: Any,
    optimizer: torch.optim.Optimizer,
    loss_function: Callable = F.cross_entropy,
) -> tuple[Tensor, float]:
    """Train on every batch once: what a student's function is compared with."""
    model.train()
    losses, right = [], []
    for images, labels in batches:
        model.zero_grad()
        logits = model(images)
        losses.append(loss_function(logits, labels))
        losses[-1].backward()
        optimizer.step()
        right.append(logits.detach().argmax(dim=1) == labels)
    return torch.stack(losses).detach(), torch.cat(right).double().mean().item()


def losses_and_accuracy(returned: Any) -> tuple[Tensor, float]:
    """Read what a training function returned.

    Raises
    ------
    Unreadable
        If these are not the losses and the accuracy.
    """
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        raise Unreadable(
            "Your function should return the losses and the accuracy, but it returned"
            f" {kind_of(returned)}."
        )
    return several(array, number, names=("The losses, as returned", "The accuracy, as returned"))(
        returned
    )


def losses_alone(returned: Any) -> Tensor:
    """Read what a training loop returned.

    Raises
    ------
    Unreadable
        If this is not the list of losses.
    """
    try:
        return array(returned)
    except Unreadable as error:
        came = str(error).rpartition("but got ")[2]
        raise Unreadable(
            f"Your function should return the list of losses, but it returned {came}"
        ) from None


@dataclass(frozen=True)
class Outcome:
    """What came of a training: the network, the losses, and the accuracy if it was asked for."""

    model: Network
    losses: Tensor
    accuracy: float | None


def outcome_of(train: Callable, number: int, with_loss: bool) -> Outcome:
    """Return what comes of one of `TRAININGS`, with a loss function handed over or without."""
    case = TRAININGS[number] if with_loss else {**TRAININGS[number], "loss": ()}
    model, returned = trained_by(train, **case)
    if with_loss:
        return Outcome(model, *losses_and_accuracy(returned))
    return Outcome(model, losses_alone(returned), None)


@kept
def right_outcome(number: int, with_loss: bool) -> Outcome:
    """Return what should come of one of `TRAININGS`."""
    train = one_epoch if with_loss else lambda *given: one_epoch(*given)[0]
    return outcome_of(train, number, with_loss)


def is_right(outcome: Outcome, right: Outcome) -> bool:
    """Tell whether a training gave the losses and the accuracy, and left the network, as it
    should.
    """
    return (
        all(outcome.model.noted.modes)
        and same_state(outcome.model, right.model)
        and same(outcome.losses, right.losses)
        and has_right_accuracy(outcome, right)
    )


def has_right_accuracy(outcome: Outcome, right: Outcome) -> bool:
    """Tell whether the accuracy is right, up to four decimals, or not asked for."""
    return right.accuracy is None or exact_or_rounded(right.accuracy, 4)(outcome.accuracy)


def trains_rightly(train: Callable, with_loss: bool) -> bool:
    """Tell whether a function trains as it should in each of `TRAININGS`."""
    return all(
        is_right(outcome_of(train, number, with_loss), right_outcome(number, with_loss))
        for number in range(len(TRAININGS))
    )


@dataclass
class TrainingTrial:
    """Everything that was seen of a training function on two equal batches, while no parameter
    could change.

    Attributes
    ----------
    train : function
        The training function.
    model : Network
        After the training; it was given in evaluation mode.
    loss : LossFunction
        The loss function that was handed over.
    steps : list of (list of (Tensor or None))
        The gradients of all parameters at each step of the optimiser.
    left : list of (Tensor or None)
        The gradients that are there afterwards.
    computed : int
        How often gradients were computed.
    returned : any
        What the function returned.
    """

    train: Callable
    model: Network
    loss: LossFunction
    steps: list = field(default_factory=list)
    left: list = field(default_factory=list)
    computed: int = 0
    returned: Any = None

    def count(self, gradient: Tensor) -> None:
        """Note that gradients were computed."""
        self.computed += 1

    def facts(self) -> tuple:
        """Return all of it as numbers, to compare with what another function did."""
        noted = self.model.noted
        logits = [each.detach() for each in noted.logits]
        given = [tuple(map(as_numbers, pair)) for pair in self.loss.given]
        modes = (noted.modes, noted.gradients, noted.parts, self.model.training)
        return (
            modes,
            logits,
            given,
            self.steps,
            self.left,
            float(self.computed),
            as_numbers(self.returned),
        )


class SGDAtRest(torch.optim.SGD):
    """SGD that moves nothing and notes the gradients by which it would."""

    def __init__(self, seen: TrainingTrial):
        super().__init__(seen.model.parameters(), lr=0.0)
        self.seen = seen

    def step(self, closure: Callable | None = None) -> None:
        """Note all gradients."""
        self.seen.steps.append(_gradients(self.seen.model))


def _gradients(net: nn.Module) -> list[Tensor | None]:
    found = [parameter.grad for parameter in net.parameters()]
    return [None if gradient is None else gradient.clone() for gradient in found]


def watch_training(train: Callable, with_loss: bool) -> TrainingTrial:
    """Let a function train on the same eight images twice."""
    torch.default_generator.manual_seed(0)
    model = Network(dropout=0.0).eval()
    seen = TrainingTrial(train, model, LossFunction(model))
    loss = (seen.loss,) if with_loss else ()
    model.fc.weight.register_hook(seen.count)
    seen.returned = train(seen.model, 2 * [trial_images(8)], SGDAtRest(seen), *loss)
    seen.left = _gradients(model)
    return seen


LINES = (
    "model.train()",
    "optimizer.zero_grad()",
    "loss_function(logits, labels)",
    "loss.backward()",
    "optimizer.step()",
)


def epoch_with(typed: Sequence[str | None]) -> Callable:
    """Return the training function of the chapter with something else in its blanks."""
    mode, forget, loss, backward, step = (
        text or right for text, right in zip(typed, LINES, strict=True)
    )
    return defined(
        "def answer(model, batches, optimizer, loss_function):",
        f"    {mode}",
        "    losses, correct, total = [], 0, 0",
        "    for images, labels in batches:",
        f"        {forget}",
        "        logits = model(images)",
        f"        loss = {loss}",
        f"        {backward}",
        f"        {step}",
        "        losses.append(loss.item())",
        "        correct += (logits.argmax(dim=1) == labels).sum().item()",
        "        total += len(labels)",
        "    return losses, correct / total",
    )


def _loop_with(typed: Sequence[str]) -> Callable:
    """Return the repaired function of the chapter with something else as its body."""
    return defined("def answer(model, batches, optimizer):", "    model.train()", typed[0])


@kept
def _slip(make: Callable, typed: tuple, with_loss: bool) -> tuple:
    """Return what is seen of a function with a slip."""
    return watch_training(make(typed), with_loss).facts()


def trains_like(*typed: str | None) -> dict[str, Any]:
    """Return what is typed by a slip, and evidence for it: everything that is seen is what this
    slip would give.
    """
    return {
        "typed": typed,
        "shows": lambda seen: are_alike(seen.facts(), _slip(epoch_with, typed, True)),
    }


def loops_like(typed: str) -> dict[str, Any]:
    """Return the same for the loop that is put right."""
    return {
        "typed": (typed,),
        "shows": lambda seen: are_alike(seen.facts(), _slip(_loop_with, (typed,), False)),
    }


def _given_were(test: Callable[[Any, Any, Tensor], bool]) -> Callable[[BaseException], bool]:
    """Return a test of an error of the loss function: what it had been given, and what the network
    had answered.
    """

    def shows(error: BaseException) -> bool:
        given, logits = getattr(error, "given", None), getattr(error, "logits", None)
        return bool(given and logits) and test(*given, logits[0])

    return shows


LABELS_FIRST = _given_were(
    lambda input, target, logits: not is_tensor(input, logits) and is_tensor(target, logits)
)

CLASSES_GIVEN = _given_were(lambda input, target, logits: is_tensor(input, logits.argmax(dim=1)))

LABELS_ARE_FLOAT = _given_were(
    lambda input, target, logits: (
        is_tensor(input, logits)
        and isinstance(target, Tensor)
        and target.is_floating_point()
        and target.dim() == 1
    )
)

IMAGES_AS_LABELS = _given_were(
    lambda input, target, logits: (
        is_tensor(input, logits) and isinstance(target, Tensor) and target.dim() == 4
    )
)


def loop_of(*lines: str) -> str:
    """Return the loop of a training function with these lines for each batch, and what it
    returns.
    """
    return "\n".join(
        [
            "    losses = []",
            "    for images, labels in batches:",
            *(f"        {line}" for line in lines),
            "        losses.append(loss.item())",
            "    return losses",
        ]
    )


LOSS_LINE = "loss = F.cross_entropy(model(images), labels)"

ONE_STEP = loop_of("optimizer.zero_grad()", LOSS_LINE, "loss.backward()").replace(
    "    return", "    optimizer.step()\n    return"
)
