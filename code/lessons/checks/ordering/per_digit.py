"""An evaluation that counts for each digit, tried on a small network."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lessons.checks.answers import array
from lessons.checks.learning.trial import (
    Network,
    Notes,
    are_alike,
    as_numbers,
    defined,
    kept,
    same_values,
    trial_images,
)
from lessons.checks.observed import about_array, shown

FRAME = (
    "def answer(model, loader):",
    "    right, total = torch.zeros(10), torch.zeros(10)",
    "    with torch.no_grad():",
)
CASES = ((14, True, 4), (9, False, 9), (25, True, 10))  # images, mode, size of a batch


def shares(model: nn.Module, loader: Any) -> Tensor:
    """Return what should come out: for each digit the share that is found."""
    right, total = torch.zeros(10), torch.zeros(10)
    with torch.no_grad():
        model.eval()
        for images, labels in loader:
            found = model(images).argmax(dim=1) == labels
            right += torch.bincount(labels[found], minlength=10)
            total += torch.bincount(labels, minlength=10)
    return right / total


def evaluated(evaluate: Callable, case: tuple) -> tuple[Network, Any]:
    """Let a function evaluate a network that has seen other images."""
    count, training, size = case
    images, labels = trial_images(count)
    torch.default_generator.manual_seed(0)
    model = Network(dropout=0.5)
    model(torch.randn(16, 1, 6, 6) + 1)
    model.noted, model.dropout.passes = Notes(), 0
    batches = list(zip(images.split(size), labels.split(size), strict=True))
    return model.train(training), evaluate(model, batches)


class DigitsTrial:
    """What was seen of a function in each of `CASES`."""

    def __init__(self, evaluate: Callable):
        self.runs = [evaluated(evaluate, case) for case in CASES]

    def facts(self) -> list:
        """Return all of it as numbers, to compare with what another function did."""
        found = []
        for model, returned in self.runs:
            numbers, noted = as_numbers(returned), model.noted
            logits = [each.detach() for each in noted.logits]
            kind = "shares" if isinstance(numbers, Tensor) else numbers
            found.append([noted.modes, noted.gradients, logits, kind, *_telling(numbers)])
        return found


def _telling(numbers: Any) -> list[Tensor]:
    """Return shares as numbers that can be compared: one that is none, such as that of a digit
    which no image shows, is not even equal to itself.
    """
    if not isinstance(numbers, Tensor):
        return []
    return [numbers.isnan().double(), numbers.isinf().double(), numbers.nan_to_num(0.0, 0.0, 0.0)]


@kept
def _right(number: int) -> tuple[Network, Tensor]:
    model, returned = evaluated(shares, CASES[number])
    return model, returned.double()


def counts_for_each(evaluate: Callable) -> bool:
    """Tell whether a function finds the share of each digit, and leaves the network as it was."""
    return not about_digits(DigitsTrial(evaluate))


def about_digits(seen: DigitsTrial) -> str:
    """Return the first thing in which an evaluation differs from a right one."""
    for number, (model, returned) in enumerate(seen.runs):
        noted, (untouched, right) = model.noted, _right(number)
        if not noted.modes:
            return "Your function never calls the model."
        if any(noted.modes):
            count = f"{sum(noted.modes)} of {len(noted.modes)}"
            return f"The model was in training mode in {count} passes."
        if any(noted.gradients):
            return "Gradients were prepared while the model was called."
        if told := _about_shares(array(returned).double(), right):
            return told
        if not same_values(model, untouched):
            return "Your function changes what the model has stored."
    return ""


def _about_shares(own: Tensor, right: Tensor) -> str:
    """Return the first share that is not right."""
    if own.shape != right.shape:
        return about_array(own, right, "The list of shares")
    wrong = ~torch.isclose(own, right, rtol=1e-4, atol=1e-4, equal_nan=True)
    if not wrong.any():
        return ""
    digit = int(wrong.nonzero()[0])
    came, asked = (shown(each[digit].item()) for each in (own, right))
    return f"In a small trial, {came} came for the digit {digit}, and {asked} is right."


@kept
def _slip(typed: str) -> list:
    code = (*FRAME, typed, "    return right / total")
    return DigitsTrial(defined(*code)).facts()


def digits_like(*lines: str) -> dict[str, Any]:
    """Return what is typed by a slip, and evidence for it: all that is seen is what it would
    give.
    """
    typed = "\n".join(f"        {line}" for line in lines)
    return {
        "typed": (typed,),
        "shows": lambda seen: are_alike(seen.facts(), _slip(typed)),
    }
