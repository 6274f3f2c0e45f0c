"""The shapes that two images take on their way through SimpleCNN."""

from collections.abc import Callable
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor, nn

from lessons import book_work
from lessons.checks.answers import kind_of, wholes
from lessons.checks.clashes import clash

VALUES_KEPT = "tensors"  # what is read where values stand in place of their shapes


SHAPES = {
    **dict.fromkeys(("conv1", "bn1"), (2, 32, 28, 28)),
    "pool1": (2, 32, 14, 14),
    **dict.fromkeys(("conv2", "bn2"), (2, 64, 14, 14)),
    "pool2": (2, 64, 7, 7),
    **dict.fromkeys(("conv3", "bn3"), (2, 128, 7, 7)),
    **dict.fromkeys(("fc1", "dropout"), (2, 512)),
    "fc2": (2, 10),
}
_ARRIVING = [(2, 1, 28, 28), *SHAPES.values()][:-1]
SHAPES_BEFORE = {
    name: (2, 6272) if name == "fc1" else shape
    for name, shape in zip(SHAPES, _ARRIVING, strict=True)
}


def shapes_by(trace: Callable) -> dict[str, tuple[int, ...]] | str:
    """Return the shapes that a function notes of two images in the book's network, as `read_shapes`
    does.
    """
    return read_shapes(trace(book_work.SimpleCNN(), torch.randn(2, 1, 28, 28)))


def read_shapes(answer: Any) -> dict[str, tuple[int, ...]] | str:
    """Read shapes by name; ``VALUES_KEPT`` if all are tensors with values.

    Raises
    ------
    Unreadable
        If the answer is no dictionary, or one of its values no shape.
    """
    if not isinstance(answer, dict):
        raise Unreadable(f"This asks for shapes by name, a dictionary, but got {kind_of(answer)}.")
    if answer and all(isinstance(value, Tensor) and value.dim() > 1 for value in answer.values()):
        return VALUES_KEPT
    found = {}
    for name, value in answer.items():
        try:
            found[name] = tuple(wholes(value))
        except Unreadable as error:
            raise Unreadable(f"{name}: {error}") from None
    return found


def about_shapes(answer: dict[str, tuple[int, ...]]) -> str:
    """Return the first layer whose shape is missing or wrong."""
    for name, right in SHAPES.items():
        if name not in answer:
            return f"There is no shape of {name}."
        if answer[name] != right:
            return f"The shape after {name} is not {answer[name]}."
    return f"{next(name for name in answer if name not in SHAPES)!r} is none of the layers."


def gets_the_image(error: BaseException) -> bool:
    """Tell whether a layer that reads 32 maps got an image with one channel."""
    found = clash(error)
    return (
        found is not None
        and isinstance(found.layer, nn.BatchNorm2d | nn.Conv2d)
        and found.reads() == 32
        and tuple(found.arrived.shape) == (2, 1, 28, 28)
    )


def traced(*lines: str, flat: str = "values.flatten(1)") -> str:
    """Return the body of the loop as a student would type it."""
    steps = lines or ("values = layer(values)", "shapes[name] = values.shape")
    return "\n".join(['if name == "fc1":', f"    values = {flat}", *steps])
