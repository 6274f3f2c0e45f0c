"""Read an answer in whatever form a student gives it: Python, NumPy, PyTorch or pandas, of any type and device."""

import math
import numbers
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from firstcnn.checks.verdict import Unreadable

MOST = 1_000_000  # values that are looked at: no exercise asks for more


def kind_of(answer: Any) -> str:
    """Return in words what kind of thing an answer is, such as ``a list`` or ``a tensor of shape (3, 2)``."""
    if answer is None:
        return "None"
    if isinstance(answer, Tensor | np.ndarray):
        name = "a tensor" if isinstance(answer, Tensor) else "an array"
        return f"{name} of shape {tuple(answer.shape)}"
    name = "the class " + answer.__name__ if isinstance(answer, type) else type(answer).__name__
    return name if isinstance(answer, type) else f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def size(answer: Any) -> int:
    """Return how many values an answer holds, also inside lists; it counts no further than a million items."""
    if isinstance(answer, Tensor | np.ndarray):
        return answer.numel() if isinstance(answer, Tensor) else answer.size
    if isinstance(answer, list | tuple) and len(answer) < MOST:
        return sum(size(item) for item in answer)
    return len(answer) if hasattr(answer, "__len__") else 1


def number(answer: Any) -> float:
    """Read one finite number: of Python, NumPy or PyTorch, alone or the only value of an array.

    Raises
    ------
    Unreadable
        If the answer is something else, a truth value, or not finite.
    """
    value = answer
    if isinstance(answer, Tensor | np.ndarray):
        if answer.size != 1 if isinstance(answer, np.ndarray) else answer.numel() != 1:
            raise Unreadable(f"This asks for one number, but got {kind_of(answer)}.")
        value = answer.item()
    elif isinstance(answer, np.generic):
        value = answer.item()
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise Unreadable(f"This asks for a number, but got {kind_of(answer)}.")
    value = float(value)
    if not math.isfinite(value):
        raise Unreadable(f"This asks for a finite number, but got {value}.")
    return value


def whole(answer: Any) -> int:
    """Read one whole number, as `number` does; 6.0 counts as 6.

    Raises
    ------
    Unreadable
        If the answer is no number, or not a whole one.
    """
    value = number(answer)
    if value != int(value):
        raise Unreadable(f"This asks for a whole number, but got {value}.")
    return int(value)


def wholes(answer: Any) -> tuple[int, ...]:
    """Read several whole numbers in order, such as a shape: a tuple, list, ``torch.Size`` or array of one dimension.

    Raises
    ------
    Unreadable
        If the answer is something else.
    """
    if isinstance(answer, str | bytes | dict | set) or not hasattr(answer, "__iter__"):
        raise Unreadable(f"This asks for several whole numbers in order, but got {kind_of(answer)}.")
    if not hasattr(answer, "__len__") or size(answer) > MOST:
        raise Unreadable(f"This asks for a few whole numbers in order, but got {kind_of(answer)}.")
    values = answer.tolist() if hasattr(answer, "tolist") else list(answer)
    if not isinstance(values, list):
        raise Unreadable(f"This asks for several whole numbers in order, but got {kind_of(answer)}.")
    return tuple(whole(value) for value in values)


def array(answer: Any) -> Tensor:
    """Read numbers in any arrangement: a tensor, an array, a column, or nested lists.

    Returns
    -------
    Tensor
        Of type float64, on the CPU, without gradient, of the answer's own shape.

    Raises
    ------
    Unreadable
        If the answer holds anything but numbers and truth values, or far more of them than could be right.
    """
    if size(answer) > MOST:
        raise Unreadable(f"These are far more numbers than were asked for: {kind_of(answer)}.")
    if isinstance(answer, str | bytes) or answer is None:
        raise Unreadable(f"This asks for numbers in a tensor, but got {kind_of(answer)}.")
    try:
        if isinstance(answer, Tensor):
            return answer.detach().to("cpu", torch.float64).clone()
        if isinstance(answer, list | tuple) and any(isinstance(item, Tensor) for item in answer):
            return torch.stack([array(item) for item in answer])
        return torch.from_numpy(np.array(answer, dtype=np.float64))
    except Exception:
        raise Unreadable(f"This asks for numbers in a tensor, but got {kind_of(answer)}.") from None


def word(answer: Any) -> str:
    """Read one word or short text, without regard to case and to blanks and full stops around it.

    Raises
    ------
    Unreadable
        If the answer is no text.
    """
    if not isinstance(answer, str):
        raise Unreadable(f'This asks for a text in quotes, such as "…", but got {kind_of(answer)}.')
    return " ".join(str(answer).lower().strip(" .,;:\n\t").split())


def words(answer: Any) -> frozenset[str]:
    """Read several short texts, in whatever order: a list, tuple or set of texts, or one text alone.

    Raises
    ------
    Unreadable
        If the answer holds anything but texts.
    """
    if isinstance(answer, str):
        return frozenset([word(answer)])
    if not isinstance(answer, list | tuple | set | frozenset):
        raise Unreadable(f"This asks for a list of texts, but got {kind_of(answer)}.")
    return frozenset(word(item) for item in answer)


def function(answer: Any) -> Callable:
    """Read a function or anything else that can be called.

    Raises
    ------
    Unreadable
        If the answer cannot be called.
    """
    if not callable(answer):
        raise Unreadable(f"This asks for a function (its name, without brackets), but got {kind_of(answer)}.")
    return answer


def network(answer: Any) -> nn.Module:
    """Read a network: a module, or a class of modules, which is made without arguments.

    Returns
    -------
    nn.Module
        A copy on the CPU in float32: the check may run it without changing the student's own.

    Raises
    ------
    Unreadable
        If the answer is neither.
    """
    if isinstance(answer, type) and issubclass(answer, nn.Module):
        return answer()
    if not isinstance(answer, nn.Module):
        raise Unreadable(f"This asks for a network (a class or an object of nn.Module), but got {kind_of(answer)}.")
    return deepcopy(answer).to("cpu", torch.float32)


def several(*readers: Callable[[Any], Any]) -> Callable[[Any], tuple]:
    """Return a reader of a tuple or list of answers, each read by its own reader.

    The reader raises `Unreadable` if there are more or fewer of them.
    """

    def read(answer: Any) -> tuple:
        if not isinstance(answer, tuple | list) or len(answer) != len(readers):
            raise Unreadable(f"This asks for {len(readers)} values in order, but got {kind_of(answer)}.")
        return tuple(reader(value) for reader, value in zip(readers, answer, strict=True))

    return read


def equals(value: float, tolerance: float = 1e-5) -> Callable[[Any], bool]:
    """Return a test whether a number, as read, is this one up to a relative and absolute tolerance."""
    return lambda answer: math.isclose(answer, value, rel_tol=tolerance, abs_tol=tolerance)


def same(answer: Tensor, value: Tensor, tolerance: float = 1e-4) -> bool:
    """Tell whether an array, as read, has the shape and, up to a tolerance, the values of another."""
    if not isinstance(answer, Tensor):  # what an answer's own code gave may be anything
        return False
    value = value.detach().to(torch.float64)
    return answer.shape == value.shape and torch.allclose(
        answer.to(torch.float64), value, rtol=tolerance, atol=tolerance
    )
