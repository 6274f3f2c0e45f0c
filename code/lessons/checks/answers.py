"""Read an answer in whatever form a student gives it: Python, NumPy, PyTorch or pandas, of any type
and device.
"""

import contextlib
import io
import math
import numbers
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from decimal import Decimal
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor, nn

MOST = 200_000  # values that are looked at: no exercise asks for more
MOST_PARAMETERS = 30_000_000  # of a network: larger ones take too long to build
ROWS = (
    list,
    tuple,
    range,
    Tensor,
    np.ndarray,
    pd.Series,
    pd.Index,
)  # what holds several numbers in order


def kind_of(answer: Any) -> str:
    """Return in words what kind of thing an answer is, such as ``a list`` or ``a tensor of shape
    (3, 2)``.
    """
    if answer is None:
        return "None"
    if isinstance(answer, Tensor | np.ndarray):
        name = "a tensor" if isinstance(answer, Tensor) else "an array"
        return f"{name} of shape {tuple(answer.shape)}"
    name = "the class " + answer.__name__ if isinstance(answer, type) else type(answer).__name__
    return (
        name
        if isinstance(answer, type)
        else f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
    )


def size(answer: Any) -> int:
    """Return how many values an answer holds, also inside lists; it counts no further than
    `MOST`.
    """
    waiting, count = [answer], 0
    while waiting and count + len(waiting) <= MOST:
        item = waiting.pop()
        if isinstance(item, list | tuple):
            count += 1
            waiting += item[: MOST + 1]
        else:
            count += _values_of(item)
    return count + len(waiting)


def _values_of(item: Any) -> int:
    if isinstance(item, Tensor | np.ndarray):
        return item.numel() if isinstance(item, Tensor) else item.size
    return len(item) if hasattr(item, "__len__") and not isinstance(item, type) else 1


def number(answer: Any) -> float:
    """Read one finite number: of Python, NumPy, PyTorch or pandas, alone or the only value of an
    array.

    Raises
    ------
    Unreadable
        If the answer is something else, a truth value, or not finite.
    """
    value = answer
    if isinstance(answer, Tensor | np.ndarray | pd.Series):
        if _values_of(answer) != 1:
            raise Unreadable(f"This asks for one number, but got {kind_of(answer)}.")
        value = answer.item()
    elif isinstance(answer, np.generic):
        value = answer.item()
    if isinstance(value, bool) or not isinstance(value, numbers.Real | Decimal):
        raise Unreadable(
            f"This asks for a number, but got {kind_of(answer)}.{_about_no_number(answer)}"
        )
    value = float.__float__(value) if isinstance(value, float) else float(value)
    if not math.isfinite(value):
        raise Unreadable(f"This asks for a finite number, but got {value}.")
    return value


def _about_no_number(answer: Any) -> str:
    """Return what makes something else of a number: quotes, a comma, brackets; "" if it is none of
    these.
    """
    if type(answer) is str and answer.strip(" -0123456789.,_") == "" != answer.strip():
        return " Quotes make a text of a number."
    if (
        type(answer) is tuple
        and 1 < len(answer) < 10
        and all(type(value) in (int, float) for value in answer)
    ):
        return (
            f" It holds {len(answer)} numbers: a comma separates values, and decimals are written"
            " with a point."
        )
    if type(answer) in (list, tuple) and len(answer) == 1 and type(answer[0]) in (int, float):
        made = "Square brackets make a list" if type(answer) is list else "The comma makes a tuple"
        return f" {made} of it."
    return ""


def result(returned: Any) -> float:
    """Read the number that a function of the student's returned, as `number` does.

    Raises
    ------
    Unreadable
        If it is something else; the message says that it is about what the function returned.
    """
    try:
        return number(returned)
    except Unreadable as error:
        raise Unreadable(f"What your function returned: {error}") from None


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
    """Read several whole numbers in order, such as a shape: a tuple, list, ``torch.Size`` or array
    of one dimension.

    Raises
    ------
    Unreadable
        If the answer is something else.
    """
    if not isinstance(answer, ROWS):
        raise Unreadable(
            f"This asks for several whole numbers in order, but got {kind_of(answer)}."
        )
    if len(answer.shape) != 1 if isinstance(answer, Tensor | np.ndarray) else False:
        raise Unreadable(
            f"This asks for several whole numbers in order, but got {kind_of(answer)}."
        )
    if size(answer) > MOST:
        raise Unreadable(f"This asks for a few whole numbers in order, but got {kind_of(answer)}.")
    values = answer.tolist() if hasattr(answer, "tolist") else list(answer)
    return tuple(
        _named(whole, value, f"Value {place} of {len(values)}")
        for place, value in enumerate(values, 1)
    )


def array(answer: Any) -> Tensor:
    """Read numbers in any arrangement: a tensor, an array, a column, or nested lists.

    Returns
    -------
    Tensor
        Of type float64, on the CPU, without gradient, of the answer's own shape.

    Raises
    ------
    Unreadable
        If the answer holds anything but real numbers and truth values, or far more of them than
        could be right.
    """
    if size(answer) > MOST:
        raise Unreadable(f"These are far more numbers than were asked for: {kind_of(answer)}.")
    try:
        return _array(answer)
    except Exception:
        items = answer if isinstance(answer, list | tuple) else ()
        inside = next(
            (f" with {kind_of(item)} in it" for item in items if isinstance(item, str | bytes)), ""
        )
        raise Unreadable(
            f"This asks for numbers in a tensor, but got {kind_of(answer)}{inside}."
        ) from None


def _array(answer: Any) -> Tensor:
    """Return an answer as a tensor of float64; raise anything if it holds something else than real
    numbers.
    """
    if isinstance(answer, Tensor):
        with torch._C.DisableTorchFunctionSubclass():
            own = answer.detach().as_subclass(Tensor)
            if own.is_complex():
                raise TypeError("complex")
            return own.to("cpu", torch.float64).clone()
    if isinstance(answer, list | tuple) and any(isinstance(item, Tensor) for item in answer):
        return torch.stack([array(item) for item in answer])
    values = np.array(answer)
    if values.dtype == object and all(
        isinstance(value, numbers.Real | Decimal) for value in values.flat
    ):
        values = np.array([float(value) for value in values.flat]).reshape(values.shape)
    if values.dtype.kind not in "biuf":
        raise TypeError(values.dtype)
    return torch.from_numpy(values.astype(np.float64))


def word(answer: Any) -> str:
    """Read one word or short text, without regard to case and to blanks and full stops around it.

    Raises
    ------
    Unreadable
        If the answer is no text.
    """
    if isinstance(answer, np.ndarray) and answer.shape == ():
        answer = answer.item()
    if not isinstance(answer, str):
        raise Unreadable(f'This asks for a text in quotes, such as "…", but got {kind_of(answer)}.')
    return " ".join(str.__str__(answer).lower().strip(" .,;:\n\t\"'“”").split())


def words(answer: Any) -> frozenset[str]:
    """Read several short texts, in whatever order: a list, tuple, set or array of texts, or one
    text alone.

    Raises
    ------
    Unreadable
        If the answer holds anything but texts.
    """
    if isinstance(answer, str):
        return frozenset([word(answer)])
    if not isinstance(answer, list | tuple | set | frozenset | np.ndarray | pd.Series | pd.Index):
        raise Unreadable(f"This asks for a list of texts, but got {kind_of(answer)}.")
    items = answer.tolist() if hasattr(answer, "tolist") else answer
    return frozenset(
        word(item)
        for item in (items if isinstance(items, list | tuple | set | frozenset) else [items])
    )


def function(answer: Any) -> Callable:
    """Read a function or anything else that can be called.

    Raises
    ------
    Unreadable
        If the answer cannot be called.
    """
    if not callable(answer):
        raise Unreadable(
            f"This asks for a function (its name, without brackets), but got {kind_of(answer)}."
        )
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
        If the answer is neither, or a network that cannot be copied.
    """
    if isinstance(answer, type) and issubclass(answer, nn.Module):
        return built(answer)
    if not isinstance(answer, nn.Module):
        raise Unreadable(
            "This asks for a network (a class or an object of nn.Module), but got"
            f" {kind_of(answer)}."
        )
    copy = deepcopy(
        getattr(answer, "_orig_mod", answer)
    )  # of a compiled network, what was compiled
    if not isinstance(copy, nn.Module) or _parts(copy) & _parts(answer):
        raise Unreadable(
            "This network cannot be copied, so the check cannot try it without changing it."
        )
    return copy.to("cpu", torch.float32)


def built(build: Callable[[], nn.Module]) -> nn.Module:
    """Return what a class of networks, or a function, makes without arguments.

    Raises
    ------
    Unreadable
        If it is too large to be built in a moment.
    """
    _refuse_if_huge(build)
    return build()


def _refuse_if_huge(kind: Callable[[], nn.Module]) -> None:
    """Stop at networks that are too large to be built in a moment: with its own error,
    or by its size.
    """
    try:
        with (
            torch.device("meta"),
            contextlib.redirect_stdout(io.StringIO()),
        ):  # shapes without values
            net = kind()
        count = sum(values.numel() for values in net.parameters())
    except Exception:
        return  # what is wrong with it is told when it is built
    if count > MOST_PARAMETERS:
        net(torch.zeros(2, 1, 28, 28, device="meta"))
        raise Unreadable(f"Your network has {count:,} parameters, far more than are asked for.")


def _parts(net: nn.Module) -> set[int]:
    """Return the identities of a network's modules and of the memory of its tensors."""
    tensors = [*net.parameters(), *net.buffers()]
    return {id(module) for module in net.modules()} | {
        t.data_ptr() for t in tensors if t.numel() and not t.is_meta
    }


def several(*readers: Callable[[Any], Any], names: Sequence[str] = ()) -> Callable[[Any], tuple]:
    """Return a reader of a tuple or list of answers, or of what yields them, each read by its own
    reader.

    The reader raises `Unreadable` if there are more or fewer of them, and says which one cannot be
    read: by its name, else by its place.
    """
    of = names or [f"Value {place} of {len(readers)}" for place in range(1, len(readers) + 1)]

    def read(answer: Any) -> tuple:
        if isinstance(answer, Iterator):
            answer = list(islice(answer, len(readers) + 1))
        if isinstance(answer, np.ndarray | pd.Series | Tensor) and tuple(answer.shape) == (
            len(readers),
        ):
            answer = answer.tolist()
        if not isinstance(answer, tuple | list) or len(answer) != len(readers):
            many = f" of {len(answer)}" if isinstance(answer, tuple | list) else ""
            raise Unreadable(
                f"This asks for {len(readers)} values in order, but got {kind_of(answer)}{many}."
            )
        return tuple(
            _named(reader, value, name)
            for reader, value, name in zip(readers, answer, of, strict=True)
        )

    return read


def _named(reader: Callable[[Any], Any], value: Any, name: str) -> Any:
    """Read one of several values; say which one it is if it cannot be read."""
    try:
        return reader(value)
    except Unreadable as error:
        raise Unreadable(f"{name}: {error}") from None


def equals(value: float, tolerance: float = 1e-5) -> Callable[[Any], bool]:
    """Return a test whether a number, as read, is this one up to a relative and absolute
    tolerance.
    """
    return lambda answer: math.isclose(answer, value, rel_tol=tolerance, abs_tol=tolerance)


def rounded(value: float, decimals: int) -> Callable[[Any], bool]:
    """Return a test whether a number, as read, is this one, or this one rounded to so many decimals
    or more.
    """
    return lambda answer: abs(answer - value) <= 0.5 * 10**-decimals + 1e-9


def exact_or_rounded(value: float, decimals: int) -> Callable[[Any], bool]:
    """Return a test whether a number, as read, is this one up to what computing in another order or
    precision does, or this one rounded to so many decimals or more.
    """
    roundings = [round(value, places) for places in range(decimals, 9)]
    return lambda answer: (
        equals(value)(answer) or any(equals(each, 1e-7)(answer) for each in roundings)
    )


def exactly(value: int) -> Callable[[int], bool]:
    """Return a test whether a whole number is this one."""
    return equals(value, tolerance=0)


def unrolled(answer: Any) -> Any:
    """Return what an iterator yields as a list, of one value more than any exercise asks for at
    most; anything else as it is.
    """
    return list(islice(answer, MOST + 1)) if isinstance(answer, Iterator) else answer


def same(answer: Tensor, value: Tensor, tolerance: float = 1e-4) -> bool:
    """Tell whether an array, as read, has the shape and, up to a tolerance, the values of
    another.
    """
    if not isinstance(answer, Tensor):  # what an answer's own code gave may be anything
        return False
    with torch._C.DisableTorchFunctionSubclass():
        own, value = (
            each.detach().as_subclass(Tensor).to("cpu", torch.float64) for each in (answer, value)
        )
        return own.shape == value.shape and torch.allclose(
            own, value, rtol=tolerance, atol=tolerance
        )
