"""The side of the square that one value sees, layer by layer."""

from collections.abc import Callable
from typing import Any

from lessons.checks.answers import whole, wholes
from lessons.checks.observed import about_number

LAYERS = ((3, 1), (2, 2), (3, 1), (2, 2), (3, 1))  # kernel and stride of the chapter's five layers
NAMES = ("conv1", "pool1", "conv2", "pool2", "conv3")
Rule = Callable[[int, int, int, int], tuple[int, int]]


def _sides(rule: Rule) -> tuple[int, ...]:
    """Return the side after each layer, by a rule from side, step, kernel and stride to the next
    side and step.
    """
    side, step, found = 1, 1, []
    for kernel, stride in LAYERS:
        side, step = rule(side, step, kernel, stride)
        found.append(side)
    return tuple(found)


SIDES_SEEN = _sides(lambda side, step, kernel, stride: (side + (kernel - 1) * step, step * stride))


def read_sides(answer: Any) -> tuple[int, ...]:
    """Read whole numbers, of which five are expected."""
    return wholes(answer)


def are_sides(rule: Rule) -> Callable[[tuple[int, ...]], bool]:
    """Return a test whether the sides are those that follow from a rule."""
    return lambda answer: answer == _sides(rule)


def about_sides_seen(answer: tuple[int, ...]) -> str:
    """Return which is the first wrong side, and what can be said of it."""
    if len(answer) != len(SIDES_SEEN):
        return f"There are {len(answer)} sides, and the loop passes {len(SIDES_SEEN)} layers."
    wrong = (each for each in zip(NAMES, answer, SIDES_SEEN, strict=True) if each[1] != each[2])
    name, own, right = next(wrong)
    return f"After {name} the side is {whole(own)}: {about_number(own, right)}"


def sides_seen(*lines: str) -> str:
    """Return the lines of the loop as a student would type them."""
    return "\n".join(lines)
