"""A training whose batches are cut into parts, tried on a small network."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.checks.learning.trial import (
    Network,
    are_alike,
    defined,
    how_often,
    kept,
    same_state,
    trial_images,
)

FRAME = ("def answer(model, batches, optimizer, parts):", "    model.train()")
SGD = (torch.optim.SGD, {"lr": 0.5, "momentum": 0.9})
ADAM = (torch.optim.Adam, {"lr": 0.02})
TRAININGS = (  # sizes of the batches, parts, optimiser, mode at the beginning
    ((8, 12), 2, SGD, False),
    ((6, 6, 9), 3, ADAM, True),
    ((5,), 1, SGD, False),
)


def in_parts(model: nn.Module, batches: Any, optimizer: Any, parts: int) -> None:
    """Train on every batch in parts: what a student's function is compared with."""
    model.train()
    for images, labels in batches:
        model.zero_grad()
        pairs = zip(images.chunk(parts), labels.chunk(parts), strict=True)
        for some, own in pairs:
            (F.cross_entropy(model(some), own) / parts).backward()
        optimizer.step()


def trained(train: Callable, case: tuple) -> Network:
    """Return a new network that a function has trained in one of `TRAININGS`."""
    sizes, parts, (kind, options), training = case
    images, labels = trial_images(sum(sizes))
    torch.default_generator.manual_seed(0)
    model = Network(dropout=0.5).train(training)
    batches = zip(images.split(sizes), labels.split(sizes), strict=True)
    train(model, batches, kind(model.parameters(), **options), parts)
    return model


@kept
def _right(number: int) -> Network:
    return trained(in_parts, TRAININGS[number])


def trains_in_parts(train: Callable) -> bool:
    """Tell whether a function trains as it should in each of `TRAININGS`."""
    for number, case in enumerate(TRAININGS):
        model, right = trained(train, case), _right(number)
        sizes = [[len(images) for images in each.noted.images] for each in (model, right)]
        if not all(model.noted.modes) or sizes[0] != sizes[1] or not same_state(model, right):
            return False
    return True


class AtRest(torch.optim.SGD):
    """SGD that moves nothing, and notes the gradients by which it would."""

    def __init__(self, model: nn.Module):
        super().__init__(model.parameters(), lr=0.0)
        self.model, self.steps = model, []

    def step(self, closure: Callable | None = None) -> None:
        """Note all gradients."""
        found = [parameter.grad for parameter in self.model.parameters()]
        self.steps.append([None if grad is None else grad.clone() for grad in found])


class PartsTrial:
    """What was seen of a function on two batches of eight images, in two parts each, while no
    parameter could change.
    """

    def __init__(self, train: Callable):
        self.train = train
        torch.default_generator.manual_seed(0)
        self.model = Network(dropout=0.0).eval()
        self.computed = 0
        self.model.fc.weight.register_hook(self._count)
        optimizer = AtRest(self.model)
        images, labels = trial_images(16)
        train(self.model, [*zip(images.split(8), labels.split(8), strict=True)], optimizer, 2)
        self.steps = optimizer.steps

    def _count(self, gradient: Tensor) -> None:
        """Note that gradients were computed."""
        self.computed += 1

    @property
    def passes(self) -> list[int]:
        """How many images each pass had."""
        return [len(images) for images in self.model.noted.images]

    def facts(self) -> tuple:
        """Return all of it as numbers, to compare with what another function did."""
        noted = self.model.noted
        left = [parameter.grad for parameter in self.model.parameters()]
        numbers = [*map(float, self.passes), float(self.computed)]
        return (noted.modes, numbers, self.steps, left)


@kept
def _slip(typed: str) -> tuple:
    return PartsTrial(defined(*FRAME, typed)).facts()


def parts_of(*lines: str) -> str:
    """Return lines as they are typed into the function, each with its indentation."""
    return "\n".join(f"    {line}" for line in lines)


def parts_like(*lines: str) -> dict[str, Any]:
    """Return what is typed by a slip, and evidence for it: all that is seen is what it would
    give.
    """
    typed = parts_of(*lines)
    return {
        "typed": (typed,),
        "shows": lambda seen: are_alike(seen.facts(), _slip(typed)),
    }


@kept
def _right_steps() -> list:
    return PartsTrial(in_parts).steps


def about_parts(seen: PartsTrial) -> str:
    """Return the first thing in which a training in parts differs from a right one."""
    noted, steps = seen.model.noted, seen.steps
    if not noted.modes:
        return "Your function never calls the model."
    if not all(noted.modes):
        return f"The model was in evaluation mode in {noted.modes.count(False)} passes."
    if seen.passes != [4, 4, 4, 4]:
        sizes = ", ".join(map(str, seen.passes))
        return f"Of two batches of 8 images, in 2 parts each, the model was given {sizes} images."
    if len(steps) != 2:
        return f"For two batches, step is called {how_often(len(steps))}."
    for place, (found, right) in enumerate(zip(steps, _right_steps(), strict=True), start=1):
        if not are_alike(found, right):
            return (
                f"At step {place} the gradients are not those of this batch{_ratio(found, right)}."
            )
    return "Two batches of eight images are right, in two parts each. Others are not."


def _ratio(found: Sequence[Tensor | None], right: Sequence[Tensor]) -> str:
    if any(each is None for each in found):
        return ": parameters have none"
    ratio = (found[-1].double() / right[-1]).nanmedian().item()
    factor = f": they are {ratio:.4g} times as large"
    return factor if are_alike(list(found), [ratio * each for each in right]) else ""
