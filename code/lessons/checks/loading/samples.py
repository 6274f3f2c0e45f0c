"""Images and labels to try an answer on."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from PIL import Image
from torch import Tensor

from lessons.checks.answers import (
    same,
)

Images = Tensor

Labels = Tensor


def pixels(count: int, height: int, width: int, seed: int) -> Images:
    """Return images of bytes, uint8 (N, H, W), a third of their pixels 0 and some at 255."""
    drawn = torch.randint(
        -128, 300, (count, height, width), generator=torch.Generator().manual_seed(seed)
    )
    return drawn.clamp(0, 255).to(torch.uint8)


def drawn_labels(count: int, seed: int, weights: Sequence[float]) -> Labels:
    """Return labels, drawn with the share that each class has."""
    shares = torch.tensor(weights, dtype=torch.float64)
    return torch.multinomial(
        shares, count, replacement=True, generator=torch.Generator().manual_seed(seed)
    )


BYTES = [pixels(1, 28, 28, seed)[0] for seed in (1, 2)] + [pixels(1, 28, 28, seed=3)[0] // 2]

PICTURES = [Image.fromarray(each.numpy()) for each in BYTES]

FRACTIONS = [each[None].double() / 255 for each in BYTES]  # (1, H, W)

IMAGES = [pixels(6, 28, 28, seed=4), pixels(1, 28, 28, seed=5), pixels(3, 4, 6, seed=6)]

IMAGES.append(pixels(2, 5, 7, seed=10).clamp(min=1))  # without background

SETS = [
    (pixels(5, 28, 28, seed=7), pixels(3, 28, 28, seed=8) // 3),
    (pixels(1, 28, 28, seed=9), IMAGES[0]),
]

LABELS = [
    torch.tensor([3, 7, 1, 7, 0, 2, 2, 7, 9, 5, 7]),
    torch.tensor([2]),
    torch.tensor([0, 0, 1, 0, 3, 4]),
]

LABELS.append(
    torch.cat([torch.full((50,), 4), LABELS[0]])
)  # so many that a digit may stand far back

# labels to learn from and labels to judge by, with different commonest and rarest classes
TWO_SPLITS = [
    (torch.tensor([1, 1, 1, 1, 0, 0, 2, 2, 2, 4, 4]), torch.tensor([2, 2, 2, 2, 2, 1, 1, 0, 4])),
    (torch.tensor([5, 3, 3, 5, 5, 1]), torch.tensor([3, 3, 3, 5, 0, 2, 2])),
    (torch.tensor([2, 2, 0]), torch.tensor([2])),
    (
        drawn_labels(60, 1, (1, 2, 3, 6, 2, 1, 2, 4, 2, 3)),
        drawn_labels(41, 2, (2, 3, 1, 4, 2, 6, 3, 1, 2, 2)),
    ),
    (
        drawn_labels(70, 3, (3, 1, 8, 2, 3, 4, 2, 1, 5, 3)),
        drawn_labels(37, 4, (1, 1, 2, 4, 6, 2, 2, 1, 2, 5)),
    ),
]


def all_same(made: Sequence[Tensor], expected: Sequence[Tensor], tolerance: float = 1e-4) -> bool:
    """Tell whether each of several arrays is the one that is expected."""
    return all(same(each, value, tolerance) for each, value in zip(made, expected, strict=True))


def scale_of(before: Tensor, after: Tensor) -> tuple[float, float] | None:
    """Return what is subtracted from values, and what they are divided by, if that is all; None if
    all become the same.
    """
    before, after = before.flatten().double(), after.flatten().double()
    darkest, brightest = before.argmin(), before.argmax()
    factor = (after[brightest] - after[darkest]) / (before[brightest] - before[darkest])
    if not factor:
        return None
    return (before[darkest] - after[darkest] / factor).item(), (1 / factor).item()


def called_with_copies(function: Callable[..., Any], *given: Any) -> Any:
    """Return what a function makes of copies of tensors and of numbers.

    Raises
    ------
    Unreadable
        If it changes what it is given.
    """
    copies = [each.clone() if isinstance(each, Tensor) else each for each in given]
    made = function(*copies)
    if any(
        isinstance(each, Tensor) and not torch.equal(each, copy)
        for each, copy in zip(given, copies, strict=True)
    ):
        raise Unreadable(
            "Your function changes the tensors that it is given. They belong to whoever calls it."
        )
    return made
