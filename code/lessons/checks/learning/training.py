"""A training function, tried on a small network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from bookkit.exercises.errors import line_of
from bookkit.exercises.verdict import Unreadable
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.checks.answers import array, same
from lessons.checks.learning.elsewhere import left_behind
from lessons.checks.learning.trial import (
    Network,
    are_alike,
    as_numbers,
    defined,
    kept,
    same_state,
    trial_images,
)

SGD = (torch.optim.SGD, {"lr": 0.5, "momentum": 0.9})

ADAM = (torch.optim.Adam, {"lr": 0.02})

TRAININGS = (
    {"sizes": (5, 7, 1), "optimizer": ADAM, "training": True},
    {"sizes": (3, 2, 4, 2, 3, 2), "optimizer": SGD, "training": False},
    {"sizes": (9,), "optimizer": SGD, "training": False},
)


def trained_by(
    train: Callable, sizes: tuple, optimizer: tuple, training: bool, given: Callable = iter
) -> tuple[Network, Any]:
    """Let a function train a new network on batches of these sizes; return the network and what it
    returned. What is made of the batches is given to it: as they are, they can be gone through
    once.
    """
    images, labels = trial_images(sum(sizes))
    torch.default_generator.manual_seed(0)
    model = Network(dropout=0.5).train(training)
    kind, options = optimizer
    batches = given(zip(images.split(sizes), labels.split(sizes), strict=True))
    return model, train(model, batches, kind(model.parameters(), **options))


def one_epoch(model: nn.Module, batches: Any, optimizer: torch.optim.Optimizer) -> Tensor:
    """Train on every batch once and return the losses: what a student's function is compared
    with.
    """
    model.train()
    losses = []
    for images, labels in batches:
        model.zero_grad()
        losses.append(F.cross_entropy(model(images), labels))
        losses[-1].backward()
        optimizer.step()
    return torch.stack(losses).detach()


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
    """What came of a training: the network and the losses."""

    model: Network
    losses: Tensor


def outcome_of(train: Callable, number: int, given: Callable = iter) -> Outcome:
    """Return what comes of one of `TRAININGS`."""
    model, returned = trained_by(train, **TRAININGS[number], given=given)
    return Outcome(model, losses_alone(returned))


@kept
def right_outcome(number: int) -> Outcome:
    """Return what should come of one of `TRAININGS`."""
    return outcome_of(one_epoch, number)


def is_right(outcome: Outcome, right: Outcome) -> bool:
    """Tell whether a training gave the losses, and left the network, as it should."""
    return (
        all(outcome.model.noted.modes)
        and same_state(outcome.model, right.model)
        and same(outcome.losses, right.losses)
    )


def trains_rightly(train: Callable, given: Callable = iter) -> bool:
    """Tell whether a function trains as it should in each of `TRAININGS`."""
    return all(
        is_right(outcome_of(train, number, given), right_outcome(number))
        for number in range(len(TRAININGS))
    )


def trains_rightly_on_lists(train: Callable) -> bool:
    """Tell the same, where batches come as a list."""
    return trains_rightly(train, given=list)


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
        modes = (noted.modes, noted.gradients, noted.parts, self.model.training)
        computed = float(self.computed)
        return (modes, logits, self.steps, self.left, computed, as_numbers(self.returned))


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


def watch_training(train: Callable) -> TrainingTrial:
    """Let a function train on the same eight images twice."""
    torch.default_generator.manual_seed(0)
    model = Network(dropout=0.0).eval()
    seen = TrainingTrial(train, model)
    model.fc.weight.register_hook(seen.count)
    seen.returned = train(seen.model, 2 * [trial_images(8)], SGDAtRest(seen))
    seen.left = _gradients(model)
    return seen


def leaves_behind(train: Callable) -> str:
    """Return what a training function leaves on the CPU while the network is elsewhere: "images",
    "labels" or "".
    """
    batches = [trial_images(8)]
    return left_behind(lambda model: train(model, batches, torch.optim.SGD(model.parameters())))


def trains_anywhere(train: Callable) -> bool:
    """Tell whether a function trains as it should, on whatever device the network is."""
    return trains_rightly(train) and not leaves_behind(train)


HOME = "    device = next(model.parameters()).device"

MOVE = "images, labels = images.to(device), labels.to(device)"

EPOCH = ("def answer(model, loader, optimizer):", HOME)

REPAIRED = ("def answer(model, batches, optimizer):", "    model.train()")


@kept
def _slip(frame: Sequence[str], typed: str) -> tuple:
    """Return what is seen of a function with a slip."""
    return watch_training(defined(*frame, typed)).facts()


def _like(frame: Sequence[str], typed: str) -> dict[str, Any]:
    return {
        "typed": (typed,),
        "shows": lambda seen: are_alike(seen.facts(), _slip(frame, typed)),
    }


def trains_like(*lines: str, mode: str = "model.train()") -> dict[str, Any]:
    """Return what is typed by a slip into the training function, and evidence for it: everything
    that is seen is what this slip would give.
    """
    return _like(EPOCH, epoch_of(*lines, mode=mode))


def loops_like(typed: str) -> dict[str, Any]:
    """Return the same for the loop that is put right."""
    return _like(REPAIRED, typed)


def loop_of(*lines: str, batches: str = "batches") -> str:
    """Return the loop of a training function with these lines for each batch, and what it
    returns.
    """
    return "\n".join(
        [
            "    losses = []",
            f"    for images, labels in {batches}:",
            *(f"        {line}" for line in lines),
            "        losses.append(loss.item())",
            "    return losses",
        ]
    )


def epoch_of(*lines: str, mode: str = "model.train()", move: str = MOVE) -> str:
    """Return the training function with these lines for each batch."""
    return f"    {mode}\n{loop_of(move, *lines, batches='loader')}"


def leaves(what: str, move: str) -> dict[str, Any]:
    """Return what is typed by a slip in the line that moves a batch, and evidence for it: what is
    left on the CPU.
    """
    lines = ("optimizer.zero_grad()", LOSS_LINE, "loss.backward()", "optimizer.step()")
    return {
        "typed": (epoch_of(*lines, move=move),),
        "shows": lambda seen: trains_rightly(seen.train) and leaves_behind(seen.train) == what,
    }


LOSS_LINE = "loss = F.cross_entropy(model(images), labels)"

ONE_STEP = loop_of("optimizer.zero_grad()", LOSS_LINE, "loss.backward()").replace(
    "    return", "    optimizer.step()\n    return"
)


def stops_at_loss(line: str, message: str, *words: str) -> dict[str, Any]:
    """Return what is typed by a slip in the line of the loss, and evidence for it: the message of
    the error with which it stops, and words of that line.
    """
    typed = epoch_of("optimizer.zero_grad()", line, "loss.backward()", "optimizer.step()")
    return {
        "typed": (typed,),
        "stops": lambda error: (
            message in str(error) and all(word in line_of(error) for word in words)
        ),
    }
