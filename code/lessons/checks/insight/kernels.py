"""Two kernels in a row as one, and the patch to which a kernel answers most."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor
from torch.nn import functional as F

from lessons.checks.answers import array, kind_of, same
from lessons.checks.observed import about_array, shown

PAIRS = (
    ([1, 2], [3, -1]),
    ([2, 0, 1], [1, -3]),
    ([1, -1], [2, 5, 7]),
    ([4], [1, 2, 3]),
    ([0.5, 1, -2, 3], [2, 1, -1, 4]),
)
PATCHES = ((3, 4, 9), (5, 3, 11), (3, 1, 7), (2, 5, 8))  # side of the kernel, images, their side

Joined = list[Any]
Numbers = Sequence[float]


def joined_by(function: Callable) -> Joined:
    """Return what a function makes of each pair of kernels, on lists of its own."""
    return [_read(function(list(first), list(second))) for first, second in PAIRS]


def _read(value: Any) -> Any:
    try:
        return array(value)
    except Unreadable:
        return value


def joins_as(rule: Callable[[Numbers, Numbers], Numbers]) -> Callable[[Joined], bool]:
    """Return a test whether all pairs were joined by this rule."""
    wanted = [torch.tensor(rule(*pair), dtype=torch.float64) for pair in PAIRS]
    return lambda made: all(same(one, other) for one, other in zip(made, wanted, strict=True))


def one_kernel(first: Numbers, second: Numbers) -> Numbers:
    """Return the weights of the kernel that does what two in a row do."""
    weights = [0.0] * (len(first) + len(second) - 1)
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            weights[i + j] += one * other
    return weights


def last_kept(first: Numbers, second: Numbers) -> Numbers:
    """As `one_kernel`, with the last product at each position alone."""
    weights = [0.0] * (len(first) + len(second) - 1)
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            weights[i + j] = one * other
    return weights


def sums(first: Numbers, second: Numbers) -> Numbers:
    """As `one_kernel`, with sums of weights in place of products."""
    weights = [0.0] * (len(first) + len(second) - 1)
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            weights[i + j] += one + other
    return weights


def about_joined(made: Joined) -> str:
    """Return the first pair that is joined wrongly."""
    for (first, second), own in zip(PAIRS, made, strict=True):
        right = torch.tensor(one_kernel(first, second), dtype=torch.float64)
        if not isinstance(own, Tensor):
            return f"For {first} and {second} it returns {kind_of(own)}, not weights."
        if not same(own, right):
            return (
                f"For {first} and {second} it returns {shown(own.tolist())}. Two kernels in a row"
                f" give {shown(right.tolist())}."
            )
    return ""


@cache
def _patch_trials() -> tuple[tuple[Tensor, Tensor], ...]:
    draw = torch.Generator().manual_seed(5)
    return tuple(
        (
            torch.randn(count, 1, side, side, generator=draw),
            torch.randn(kernel, kernel, generator=draw),
        )
        for kernel, count, side in PATCHES
    )


def patches_by(function: Callable) -> list[Any]:
    """Return which patch a function finds in each trial."""
    return [_read(function(images.clone(), kernel.clone())) for images, kernel in _patch_trials()]


def strongest(
    score: Callable[[Tensor], Tensor] = lambda maps: maps,
    turned: bool = False,
    step: int = 0,
    first_image: bool = False,
    plain: bool = False,
) -> list[Tensor]:
    """Return the patches that are found, with one thing done otherwise.

    Parameters
    ----------
    score : function
        Of responses, the largest of which decides.
    turned : bool
        Whether the kernel is turned by 180°.
    step : int
        By how many pixels the patch lies too far to the upper left.
    first_image : bool
        Whether the first image alone is looked at.
    plain : bool
        Whether pixels count in place of their products with weights.
    """
    found = []
    for images, kernel in _patch_trials():
        images = images[:1] if first_image else images
        weights = torch.ones_like(kernel) if plain else kernel.flip(0, 1) if turned else kernel
        maps = score(F.conv2d(images, weights[None, None])[:, 0])
        number, row, column = (int(each) for each in torch.unravel_index(maps.argmax(), maps.shape))
        row, column, side = max(row - step, 0), max(column - step, 0), len(kernel)
        found.append(images[number, 0, row : row + side, column : column + side])
    return found


def finds(wanted: list[Tensor]) -> Callable[[list[Any]], bool]:
    """Return a test whether these patches were found, (K, K) or with axes of length 1 in front."""
    return lambda found: all(map(_is_patch, found, wanted))


def _is_patch(own: Any, right: Tensor) -> bool:
    fits = isinstance(own, Tensor) and own.numel() == right.numel()
    return fits and own.shape[-2:] == right.shape and same(own.reshape(right.shape), right)


def are_numbers(found: list[Any]) -> bool:
    """Tell whether each of what was found is the largest response, a number."""
    largest = [F.conv2d(i, k[None, None]).max() for i, k in _patch_trials()]
    return all(
        isinstance(own, Tensor) and own.numel() == 1 and same(own.reshape(()), right)
        for own, right in zip(found, largest, strict=True)
    )


def about_patches(found: list[Any]) -> str:
    """Return the first trial in which another patch was found."""
    for own, right, (count, side) in zip(
        found, strongest(), ((len(i), i.shape[-1]) for i, _ in _patch_trials()), strict=True
    ):
        where = (
            f"Of {count} images of {side} × {side} and a kernel of {len(right)} × {len(right)}: "
        )
        if not isinstance(own, Tensor):
            return f"{where}it returns {kind_of(own)}, not a patch."
        if not _is_patch(own, right):
            if own.shape != right.shape:
                return where + about_array(own, right, "what it returns")
            return f"{where}it returns a patch that is not the one with the largest response."
    return ""
