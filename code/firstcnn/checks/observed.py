"""What was observed of an answer, in a sentence: what came, and where it first differs from what was asked for."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from firstcnn.checks.answers import kind_of

MOST_SHOWN = 8  # values of an array
LONGEST = 200  # characters of a value


def shown(value: Any) -> str:
    """Return a value as a student would write it: numbers with four digits, short arrays whole, others by shape.

    What is long is cut. A value that cannot be written is named by its kind.
    """
    try:
        text = _written(value)
    except Exception:
        return kind_of(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _written(value: Any) -> str:
    if isinstance(value, Tensor):
        if value.numel() > MOST_SHOWN:
            return f"values of shape {tuple(value.shape)}"
        value = value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, float):
        return f"{value:.4g}" if value != int(value) or abs(value) >= 1e12 else f"{int(value)}"
    if isinstance(value, list | tuple):
        inner = ", ".join(shown(item) for item in value[:LONGEST])
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    return repr(value)


def about_number(answer: float, right: float) -> str:
    """Return what can be said of a wrong number without giving the right one away: its side, and its sign."""
    if right and math.isclose(answer, -right, rel_tol=1e-4):
        return f"{shown(answer)} has the size that is asked for, but not the sign."
    if right and 0 < abs(answer - right) < 0.02 * abs(right):
        return f"{answer:.10g} is close to what is asked for, but not close enough."
    return f"{shown(answer)} is too {'small' if answer < right else 'large'}."


def about_array(answer: Tensor, right: Tensor, name: str = "Your answer") -> str:
    """Return what can be said of wrong values: another shape, or the first place where they differ."""
    if answer.shape != right.shape:
        return f"{name} has the shape {tuple(answer.shape)}, and {tuple(right.shape)} is asked for."
    wrong = ~torch.isclose(answer.double(), right.double(), rtol=1e-4, atol=1e-4)
    place = wrong.nonzero()[0].tolist()
    value, asked = answer[tuple(place)].item(), right[tuple(place)].item()
    side = "is not a number" if math.isnan(value) else "is too small" if value < asked else "is too large"
    where = f" at position {place}" if place else ""
    return f"{name} has the right shape. The first value that differs, {shown(value)}{where}, {side}."


def first_difference(
    cases: Iterable[tuple[str, Callable[[], Any], Any]],
    same: Callable[[Any, Any], bool] = lambda one, other: one == other,
) -> str:
    """Return a sentence on the first case in which a function gives something else than was asked for.

    Parameters
    ----------
    cases : iterable of (str, function, any)
        The case in words, such as ``"For the labels [3, 7] and the digit 7"``; what calls the answer on it; what it
        should give. Both values are shown, so give cases that do not say how to do it.
    same : function
        Whether two values count as equal.
    """
    for words, call, right in cases:
        value = call()
        if not same(value, right):
            return f"{words}, your function gives {shown(value)}, where {shown(right)} is right."
    return ""
