"""A function that lets a network learn one batch by heart, tried on a small network."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from lessons.checks.answers import array, same
from lessons.checks.learning.training import losses_alone, one_epoch
from lessons.checks.learning.trial import (
    Network,
    are_alike,
    as_numbers,
    defined,
    how_often,
    is_tensor,
    kept,
    trial_images,
)
from lessons.checks.observed import about_array

STEPS = (12, 3)


@dataclass
class OverfittingTrial:
    """What was seen for each number of steps: the network, and what was returned."""

    runs: list[tuple[Network, Any]]

    def facts(self) -> list:
        """Return all of it as numbers, to compare with what another function did."""
        return [
            [
                model.noted.modes,
                model.noted.images,
                [each.detach() for each in model.noted.logits],
                as_numbers(returned),
            ]
            for model, returned in self.runs
        ]


def _overfitted(overfit: Callable, steps: int) -> tuple[Network, Any]:
    torch.default_generator.manual_seed(0)
    model = Network(dropout=0.0).eval()
    return model, overfit(model, trial_images(8), steps)


def watch_overfitting(overfit: Callable) -> OverfittingTrial:
    """Let a function train a network on one batch, for each number of steps in `STEPS`."""
    return OverfittingTrial([_overfitted(overfit, steps) for steps in STEPS])


def overfitting(last: str) -> str:
    """Return what a student types, with this line at its end."""
    return f"    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)\n    {last}"


def _with(typed: str) -> Callable:
    return defined("def answer(model, batch, steps):", typed, train_epoch=_train_epoch)


def _train_epoch(*given: Any) -> list[float]:
    return one_epoch(*given).tolist()


@kept
def _seen_of(last: str) -> OverfittingTrial:
    return watch_overfitting(_with(overfitting(last)))


RIGHT = "return train_epoch(model, steps * [batch], optimizer)"


def overfits_like(last: str) -> dict[str, Any]:
    """Return what is typed by a slip in the last line, and evidence for it: everything that is seen
    is what this slip would give.
    """
    return {
        "typed": (overfitting(last),),
        "shows": lambda seen: are_alike(seen.facts(), _seen_of(last).facts()),
    }


def learns_by_heart(overfit: Callable) -> bool:
    """Tell whether a function takes so many steps on the batch and returns their losses."""
    return not about_overfitting(watch_overfitting(overfit))


def about_overfitting(seen: OverfittingTrial) -> str:
    """Return the first thing in which a function differs from a right one; "" if it does not."""
    right = _seen_of(RIGHT)
    return next(filter(None, map(_about_run, STEPS, seen.runs, right.runs)), "")


def _about_run(steps: int, run: tuple[Network, Any], right: tuple[Network, Any]) -> str:
    model, returned = run
    noted = model.noted
    if len(noted.modes) != steps:
        return f"For {steps} steps, your function calls the model {how_often(len(noted.modes))}."
    if not all(is_tensor(given, trial_images(8)[0]) for given in noted.images):
        return "The model was not given the images of the batch at every step."
    if not all(noted.modes):
        return f"The model was in evaluation mode in {noted.modes.count(False)} of {steps} passes."
    losses, expected = losses_alone(returned), array(right[1])
    if losses.shape == expected.shape and not same(losses, expected):
        return (
            "The losses are not those of Adam with a rate of 0.001 and one step a batch: the last"
            f" of {steps} is {losses[-1].item():.4f}, where {expected[-1].item():.4f} is right."
        )
    return "" if same(losses, expected) else about_array(losses, expected, "The list of losses")
