"""One step of learning, tried on weights, images and rates that the student has not seen."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor
from torch.nn import functional as F

from lessons.checks.answers import kind_of, number, same
from lessons.checks.learning.trial import are_alike, kept
from lessons.checks.observed import apart, shown
from lessons.checks.sliding.tried import Tried, function_of, like, stopped_or_tried, tried_on

HEAD = "def answer(weights, images, targets, rate):"

BODY = """\
    predictions = F.conv2d(images, weights)
    loss = ((predictions - targets) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        weights -= rate * weights.grad
    weights.grad = None
    return loss.item()"""

TRIALS = (  # number and side of the images, rate, type
    (4, 7, 0.1, torch.float32),
    (3, 6, 0.03, torch.float64),
    (2, 8, 0.2, torch.float32),
)
STEPS = 3
SIDE = 3  # of the kernel: the page says that there are nine weights


def trial(
    count: int, size: int, rate: float, dtype: torch.dtype
) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """Return weights (1, 1, 3, 3), and for each step images and targets, the same ones each
    time.
    """
    draw = torch.Generator().manual_seed(size)
    weights, wanted = (torch.randn(1, 1, SIDE, SIDE, generator=draw, dtype=dtype) for _ in range(2))
    shape = (count, 1, size, size)
    images = [torch.rand(shape, generator=draw, dtype=dtype) for _ in range(STEPS)]
    return weights, [(each, F.conv2d(each, wanted)) for each in images]


def _case(settings: tuple, function: Callable) -> list:
    """Return, for each of some steps in a row, what a function returned and the weights after
    it.
    """
    weights, examples = trial(*settings)
    weights.requires_grad_()
    found = []
    for images, targets in examples:
        returned = _read(function(weights, images, targets, settings[2]))
        found.append([returned, weights.detach().clone()])
    return found


def _read(returned: Any) -> float | str:
    try:
        return number(returned)
    except Unreadable:
        return kind_of(returned)


CASES = tuple(partial(_case, settings) for settings in TRIALS)
try_out = partial(tried_on, CASES)


@kept
def _slip(body: str) -> Tried:
    return stopped_or_tried(try_out, function_of(HEAD, body))


def right_steps() -> list:
    """Return what should come of each trial."""
    return _slip(BODY).found


def steps(function: Callable) -> bool:
    """Tell whether a function returns the right losses, and leaves the right weights."""
    return are_alike(try_out(function).found, right_steps())


def steps_like(*bodies: str) -> dict[str, Any]:
    """Return what is typed by a slip, in one or several forms, and evidence for it."""
    return like(lambda: [_slip(body) for body in bodies], bodies[0])


def right_weights_alone(seen: Tried) -> bool:
    """Tell whether all weights are right, and what was returned never is."""
    pairs = zip(_flat(seen.found), _flat(right_steps()), strict=True)
    return all(
        same(mine[1], right[1]) and not are_alike(mine[0], right[0]) for mine, right in pairs
    )


def _flat(found: list) -> list:
    return [each for case in found for each in case]


def about_steps(seen: Tried) -> str:
    """Return the first step after which something is not as it should be."""
    for settings, mine, right in zip(TRIALS, seen.found, right_steps(), strict=True):
        before, rate = trial(*settings)[0], settings[2]
        for count, (one, asked) in enumerate(zip(mine, right, strict=True), 1):
            if said := _about_one(one, asked, before):
                return f"After {_steps(count)} with a rate of {rate} {said}"
            before = asked[1]
    return ""


def _about_one(one: list, asked: list, before: Tensor) -> str:
    """Return what is wrong after one step; "" if nothing is."""
    (returned, weights), (loss, wanted) = one, asked
    if same(weights, before):
        return "the weights are what they were before."
    wrong = ~torch.isclose(weights.double(), wanted.double(), rtol=1e-4, atol=1e-5)
    if wrong.any():
        place = tuple(wrong.nonzero()[0].tolist())
        value, right = apart(weights[place].item(), wanted[place].item())
        return f"the first weight that differs is {value}, where {right} is right."
    if isinstance(returned, str):
        return f"the weights are right, but your function returns {returned}, not a number."
    if not are_alike(returned, loss):
        return (
            f"the weights are right, but your function returns {shown(returned)}, where"
            f" {shown(loss)} is right."
        )
    return ""


def _steps(count: int) -> str:
    return "one step" if count == 1 else f"{count} steps"
