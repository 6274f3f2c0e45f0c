"""Convolution, ReLU and pooling, one after the other."""

from collections.abc import Callable
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.checks.answers import array, network, same, several, wholes

PARTS = (
    "conv",
    "convolved",
    "rectified",
    "pooled",
    "shape of convolved",
    "shape of rectified",
    "shape of pooled",
    "x",
)


def read_shape(answer: Any) -> tuple[int, ...]:
    """Read a shape; the values themselves are none."""
    if isinstance(answer, Tensor) and answer.dim() > 1:
        count = f"{answer.numel():,}"
        raise Unreadable(
            f"This asks for a shape, whole numbers in order, but got a tensor with {count} values."
        )
    return wholes(answer)


def read_three_layers(answer: Any) -> tuple:
    """Read a convolution, three tensors, the list of their shapes, and the digit: eight values."""
    shapes = several(read_shape, read_shape, read_shape, names=PARTS[4:7])
    *layers, three, x = several(
        network, array, array, array, shapes, array, names=(*PARTS[:4], "shapes", "x")
    )(answer)
    return (*layers, *three, x)


def are_three_layers(answer: tuple) -> bool:
    """Tell whether a convolution, its maps, what ReLU and pooling make of them, and the three
    shapes are as asked for.
    """
    right_conv = seen_by_one_value(answer[0]) == (4, 3, 3)
    return right_conv and not about_three_layers(answer)


def seen_by_one_value(conv: nn.Module) -> tuple[int, int, int] | None:
    """Return how many maps a layer writes, and how high and wide a square of them one pixel
    changes.
    """
    point = torch.zeros(1, 1, 28, 28)
    point[0, 0, 14, 14] = 1
    changed = conv(point) != conv(torch.zeros(1, 1, 28, 28))
    if changed.dim() != 4 or not changed.any():
        return None
    rows, columns = (changed.any(dim=(0, 1, axis)).nonzero() for axis in (3, 2))
    return (
        changed.shape[1],
        int(rows.max() - rows.min()) + 1,
        int(columns.max() - columns.min()) + 1,
    )


def _about_weights(conv: nn.Module) -> str:
    """Return why a layer is no single convolution, by its weights; "" if it is one."""
    weights = [values for values in conv.parameters() if values.dim() > 1]
    if len(weights) != 1:
        return f"conv has {len(weights)} tensors of weights, and one convolution is asked for."
    if isinstance(conv, nn.ConvTranspose2d):
        return (
            "conv is a ConvTranspose2d, which adds the kernel at each place. A convolution is asked"
            " for."
        )
    return ""


def _only_adds(conv: nn.Module) -> bool:
    """Tell whether a layer does to an image and to its negative the same but for the sign, as
    convolutions do.
    """
    image = torch.randn(1, 1, 28, 28)
    return same(conv(image) + conv(-image), 2 * conv(torch.zeros_like(image)))


def shape_is(place: int, *shape: int) -> Callable[[tuple], bool]:
    """Return a test whether the k-th of the three shapes, counted from 0, is this one."""
    return lambda answer: answer[4 + place] == shape


def a_shape_without_images(answer: tuple) -> bool:
    """Tell whether one of the shapes is right but for the number of images."""
    tensors, shapes = answer[1:4], answer[4:7]
    return any(
        shape == tuple(tensor.shape[1:]) for tensor, shape in zip(tensors, shapes, strict=True)
    )


def channels_last(answer: tuple) -> bool:
    """Tell whether one of the shapes ends with the number of maps."""
    return any(len(shape) == 4 and shape[3] in (2, 4) for shape in answer[4:7])


def about_three_layers(answer: tuple) -> str:
    """Return what is told of the first of the values that is not right."""
    conv, convolved, rectified, pooled, *shapes, x = answer
    return (
        _about_maps(convolved)
        or _about_conv(conv)
        or _about_values(conv(x.float()), convolved, rectified, pooled)
        or _about_shapes(shapes, (convolved, rectified, pooled))
    )


def _about_maps(convolved: Tensor) -> str:
    if convolved.dim() != 4 or convolved.shape[0] != 1:
        return (
            f"convolved has the shape {tuple(convolved.shape)}, and it is to hold the maps of one"
            " digit."
        )
    maps, rows, columns = convolved.shape[1:]
    if (maps, rows, columns) == (4, 28, 28):
        return ""
    count = "1 map" if maps == 1 else f"{maps} maps"
    return f"conv writes {count} of {rows} × {columns} values. Compare with what its note asks for."


def _about_conv(conv: nn.Module) -> str:
    """Return why a layer is no convolution with a kernel of 3 × 3; "" if it is one."""
    if (seen := seen_by_one_value(conv)) and seen[1:] != (3, 3):
        size = f"{seen[1]} × {seen[2]}"
        return (
            f"One pixel of the image changes {size} values in each map of conv. A kernel of 3 × 3"
            " is asked for."
        )
    if about := _about_weights(conv):
        return about
    if not _only_adds(conv):
        return (
            "conv does more than a convolution: it treats an image and the negative of it"
            " differently."
        )
    return ""


def _about_values(made: Tensor, convolved: Tensor, rectified: Tensor, pooled: Tensor) -> str:
    """Return which of three results is not what its layer makes; "" if all are."""
    steps = (
        ("convolved", convolved, made, "conv makes of x"),
        ("rectified", rectified, convolved.relu(), "ReLU makes of convolved"),
        ("pooled", pooled, F.max_pool2d(rectified, 2), "max pooling makes of rectified"),
    )
    for name, own, right, what in steps:
        if not same(own, right):
            return f"{name}, of shape {tuple(own.shape)}, is not what {what}."
    return ""


def _about_shapes(shapes: list[tuple], tensors: tuple[Tensor, ...]) -> str:
    for name, shape, tensor in zip(PARTS[4:7], shapes, tensors, strict=True):
        if len(shape) != tensor.dim():
            return f"{name} has {len(shape)} numbers, and N, C, H, W are four."
        for letter, own, right in zip("NCHW", shape, tensor.shape, strict=True):
            if own != right:
                return f"{name}: {own} for {letter} is too {'small' if own < right else 'large'}."
    return ""
