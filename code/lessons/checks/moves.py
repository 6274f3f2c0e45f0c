"""How an augmentation moves images, measured on five soft points and on an empty image that goes
with them.
"""

from dataclasses import dataclass, replace

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor

from lessons.checks.answers import kind_of

SIDE = 28
HALF = 5  # pixels from the middle to each of the points
# their standard deviation, in pixels: wide enough to turn with an augmentation that copies whole
# pixels
SOFT = 2.0
INK = 3.2  # how much brighter than black white is once images are normalised
RIM = 0.1  # the most ink on the rim of an image in which a point is whole
LARGER = 1.01  # times a limit: what interpolation may make of a value that is measured
SEEN = 0.5  # share of a point's ink by which it can still be found
ACROSS = torch.arange(float(SIDE)) - (SIDE - 1) / 2


@dataclass(frozen=True)
class Moves:
    """What became of N copies of five points, one in the middle and four around it, and of black
    images.

    Attributes
    ----------
    right, down : Tensor (N,)
        How far the point in the middle moved, in pixels; NaN if it is lost.
    angle : Tensor (N,)
        How far each copy turned, in degrees.
    lengths : Tensor (N, 2)
        Of the lines from the left point to the right one and from the upper to the lower one, in
        pixels.
    corner : Tensor (N,)
        The cosine of the angle between these two lines.
    mirrored : Tensor (N,) of bool
        Whether what was below lies on the other side of the line from left to right.
    peak : Tensor (N, 5)
        How many times as bright each point became.
    whole, placed, seen : Tensor (N,) of bool
        Whether all points are inside the image; whether the one in the middle is; whether most of
        its ink is.
    black : float
        What black is, as it was answered.
    comes_in : float
        The brightness that differs most from black in augmented black images.
    noise : float
        By how much black images differ from black in their middle, at most. Unless it is 0, neither
        angles nor shifts can be told.
    """

    right: Tensor
    down: Tensor
    angle: Tensor
    lengths: Tensor
    corner: Tensor
    mirrored: Tensor
    peak: Tensor
    whole: Tensor
    placed: Tensor
    seen: Tensor
    black: float
    comes_in: float
    noise: float

    @property
    def turn(self) -> float:
        """The largest angle, in degrees."""
        return farthest(self.angle)

    @property
    def shift(self) -> float:
        """The largest shift along an axis, in pixels."""
        return max(farthest(self.right), farthest(self.down))

    @property
    def keeps_brightness(self) -> bool:
        """Whether the points stay points, as bright as they were."""
        return bool((self.peak > 0.85).all() and (self.peak < 1.2).all())

    def of(self, chosen: Tensor) -> "Moves":
        """Return the moves of some of the copies."""
        each = (name for name, value in vars(self).items() if isinstance(value, Tensor))
        return replace(self, **{name: getattr(self, name)[chosen] for name in each})


def farthest(values: Tensor) -> float:
    """Return the size of the largest of several values; 0 if there are none."""
    return values.abs().max().item() if len(values) else 0.0


def _points() -> Tensor:
    """Return five pictures, (5, 28, 28), each of one soft point: left, right, above and below the
    middle, and in it.
    """
    places = torch.tensor([[-HALF, 0], [HALF, 0], [0, -HALF], [0, HALF], [0, 0]])
    squared = (ACROSS - places[:, :, None]) ** 2  # (5, 2, 28), right and down
    return torch.exp(-(squared[:, 0, None, :] + squared[:, 1, :, None]) / (2 * SOFT**2))


def pointed_images(count: int, black: float) -> Tensor:
    """Return images to augment, (N, 6, 28, 28): a point in each channel but the last, which is
    black.
    """
    return black + INK * torch.cat([_points(), torch.zeros(1, SIDE, SIDE)]).repeat(count, 1, 1, 1)


def read_augmented(changed: object, images: Tensor) -> Tensor:
    """Read what an augmentation returned for images, as float64.

    Raises
    ------
    Unreadable
        If these are not as many images of the same size.
    """
    if not isinstance(changed, Tensor) or changed.shape != images.shape:
        raise Unreadable(
            "An augmentation returns as many images as it is given, but yours returned"
            f" {kind_of(changed)}."
        )
    return changed.detach().double()


def moves_in(changed: Tensor, black: float) -> Moves:
    """Measure what became of `pointed_images`, (N, 6, 28, 28)."""
    paper = changed[:, 5:]
    ink = (changed[:, :5] - paper) / INK
    mass = ink.sum(dim=(2, 3))  # (N, 5)
    right = (ink.sum(dim=2) * ACROSS).sum(dim=2) / mass  # (N, 5), of each point's centre
    down = (ink.sum(dim=3) * ACROSS).sum(dim=2) / mass
    places = torch.stack([right, down], dim=-1)  # (N, 5, 2)
    lines = places[:, 1:4:2] - places[:, 0:4:2]  # (N, 2, 2), to the right and downwards
    (ax, ay), (bx, by) = (lines[:, k].unbind(dim=1) for k in (0, 1))
    lengths = lines.norm(dim=-1)
    points = _points().double()
    seen = mass > SEEN * points.sum(dim=(1, 2))
    whole = seen & (_on_the_rim(ink) < RIM)
    return Moves(
        right=right[:, 4],
        down=down[:, 4],
        angle=torch.rad2deg(torch.atan2(ay, ax)),
        lengths=lengths,
        corner=(ax * bx + ay * by) / lengths.prod(dim=-1),
        mirrored=ax * by - ay * bx < 0,
        peak=ink.amax(dim=(2, 3)) / points.amax(dim=(1, 2)),
        whole=whole.all(dim=1),
        placed=whole[:, 4],
        seen=seen[:, 4],
        black=black,
        comes_in=paper.flatten()[(paper - black).abs().argmax()].item(),
        noise=(paper[..., 12:16, 12:16] - black).abs().max().item(),
    )


def _on_the_rim(ink: Tensor) -> Tensor:
    """Return the most ink of each image, (N, C), that lies on its outermost pixels."""
    rim = ink.clone()
    rim[..., 1:-1, 1:-1] = 0
    return rim.abs().amax(dim=(2, 3))


def are_spread_to(
    values: Tensor, limit: float, nearly: float, even: float, over: float = 0.0
) -> bool:
    """Tell whether values lie evenly within ± a limit and come near it on both sides.

    Parameters
    ----------
    values : Tensor (N,)
    limit : float
    nearly : float
        The share of the limit that the largest size reaches at least. On either side values may
        lie two and a half times as far from it: one side has half of them.
    even : float
        By how much the mean size of the values may differ from half the limit, as a share of it.
    over : float
        How far beyond the limit values may lie that were rounded.
    """
    largest, either = values.abs().max(), torch.minimum(values.max(), -values.min())
    near = largest > nearly * limit and either > (1 - 2.5 * (1 - nearly)) * limit
    is_even = abs(values.abs().mean().item() / limit - 0.5) < even
    return bool(largest < LARGER * limit + over and near and is_even)
