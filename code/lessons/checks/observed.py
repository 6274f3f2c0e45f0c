"""What was observed of an answer, in a sentence: what came, and where it first differs from what
was asked for.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from lessons.checks.answers import kind_of

MOST_SHOWN = 8  # values of an array
LONGEST = 200  # characters of a value


def shown(value: Any) -> str:
    """Return a value as a student would write it: numbers with four digits, short arrays whole,
    others by shape.

    What is long is cut. A value that cannot be written is named by its kind.
    """
    try:
        text = _written(value)
    except Exception:
        return kind_of(value)
    return _cut(text)


def _cut(text: str) -> str:
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


FACTORS = {1e6: "a million times", 1e3: "a thousand times", 100: "a hundred times", 10: "ten times"}


def about_number(answer: float, right: float) -> str:
    """Return what can be said of a wrong number: its side, its sign, a factor, or digits that are
    exchanged.
    """
    if right and math.isclose(answer, -right, rel_tol=1e-4):
        return f"{shown(answer)} has the size that is asked for, but not the sign."
    near = bool(right) and abs(answer - right) < 0.02 * abs(right)
    side = (
        f"{f'{answer:.10g}' if near else shown(answer)} is too"
        f" {'small' if answer < right else 'large'}."
    )
    close = " It is close to what is asked for, but not close enough." if near else ""
    factor, exchanged = _factor(answer, right), _exchanged(answer, right)
    return f"{side}{close}{factor}{exchanged}{_cut_short(answer, right)}"


def _factor(answer: float, right: float) -> str:
    for factor, words in FACTORS.items():
        if right and math.isclose(answer, factor * right, rel_tol=2e-3):
            return f" It is {words} what is asked for."
        if right and math.isclose(answer * factor, right, rel_tol=2e-3):
            return f" What is asked for is {words} as much."
    return ""


def _exchanged(answer: float, right: float) -> str:
    digits, asked = f"{answer:g}", f"{right:g}"
    if answer != int(answer) or digits == asked or sorted(digits) != sorted(asked):
        return ""
    return " Its digits are those that are asked for, in another order."


def _cut_short(answer: float, right: float) -> str:
    """Return that a large whole number is the right one, rounded to fewer digits; "" if it is
    not.
    """
    if abs(right) < 1_000 or right != int(right) or not answer:
        return ""
    rounded = any(answer == round(right, -zeros) for zeros in range(1, len(f"{abs(right):.0f}")))
    return " It is what is asked for, rounded: count exactly." if rounded else ""


def about_sum(answer: int, parts: dict[str, int]) -> str:
    """Return by which parts a whole number differs from the sum of all; "" if it does not do so by
    whole parts.

    Parameters
    ----------
    answer : int
    parts : dict
        The parts of the sum, all of which are needed, in words in the plural, such as ``"the 10
        biases"``.
    """
    for times in sorted(
        itertools.product((0, 1, 2), repeat=len(parts)), key=lambda each: len(each) - each.count(1)
    ):
        if answer and answer == sum(
            count * part for count, part in zip(times, parts.values(), strict=True)
        ):
            missing, double = (
                [name for name, count in zip(parts, times, strict=True) if count == k]
                for k in (0, 2)
            )
            said = [f"without {listed(missing)}"] if missing else []
            said += [f"with {listed(double)} counted twice"] if double else []
            return f" It is the sum {' and '.join(said)}."
    return ""


def listed(names: Sequence[str]) -> str:
    """Return several words as one text: commas between them, and "and" before the last."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def not_offered(given: Sequence[str], offered: Sequence[str]) -> str:
    """Return the first of the words that were given and not offered; "" if all were offered."""
    other = next((each for each in given if each not in offered), None)
    words = [f'"{each}"' for each in offered]
    return "" if other is None else f'"{_cut(other)}" is none of {listed(words)}.'


def apart(value: Any, right: Any) -> tuple[str, str]:
    """Return two different values as texts that differ, with more digits than `shown` gives where
    that is needed.
    """
    if isinstance(value, float) and isinstance(right, float) and shown(value) == shown(right):
        return f"{value:.10g}", f"{right:.10g}"
    return shown(value), shown(right)


def about_array(answer: Tensor, right: Tensor, name: str = "Your answer") -> str:
    """Return what can be said of wrong values: another shape, or the first place where they
    differ.
    """
    if answer.shape != right.shape:
        return f"{name} has the shape {tuple(answer.shape)}, and {tuple(right.shape)} is asked for."
    wrong = ~torch.isclose(answer.double(), right.double(), rtol=1e-4, atol=1e-4)
    place = wrong.nonzero()[0].tolist()
    value, asked = answer[tuple(place)].item(), right[tuple(place)].item()
    side = (
        "is not a number"
        if math.isnan(value)
        else "is too small"
        if value < asked
        else "is too large"
    )
    where = f" at position {place}" if place else ""
    return (
        f"{name} has the right shape. The first value that differs, {shown(value)}{where}, {side}."
    )


def first_difference(
    cases: Iterable[tuple[str, Callable[[], Any], Any]],
    same: Callable[[Any, Any], bool] = lambda one, other: one == other,
) -> str:
    """Return a sentence on the first case in which a function gives something else than was asked
    for.

    Parameters
    ----------
    cases : iterable of (str, function, any)
        The case in words, such as ``"For the labels [3, 7] and the digit 7"``; what calls the
        answer on it; what it should give. Both values are shown, so give cases that do not say how
        to do it.
    same : function
        Whether two values count as equal.
    """
    for words, call, right in cases:
        value = call()
        if not same(value, right):
            return (
                f"{words}, your function gives {apart(value, right)[0]}, where"
                f" {apart(value, right)[1]} is right."
            )
    return ""
