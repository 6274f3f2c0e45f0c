"""What an augmentation does to images, measured on four points."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor

from lessons.checks.answers import (
    kind_of,
)

HALF = 5  # pixels from the middle to each of the soft points

# their standard deviation, in pixels: wide enough to turn with an augmentation that copies whole
# pixels
SOFT = 2.0

INK = 3.2  # how much brighter than black white is once images are normalised

FAR = 8  # pixels, beyond which points are cut off, and angles cannot be told

COPIES, MORE_COPIES = 100, 500  # in each of two batches

QUICK = 0.1  # seconds of processor time for a batch: then there may be more copies

STD = 0.3081  # of MNIST's pixels, roughly: to tell which brightness came in


@dataclass
class Moves:
    """What an augmentation does to two batches of images with four points around the middle, and to
    black images.

    Attributes
    ----------
    right, down : Tensor
        How far each copy of both batches moved, (N,), in pixels; NaN if the points are lost.
    angle : Tensor
        How far each copy turned, (N,), in degrees.
    lengths, corner : Tensor
        Of the two lines between opposite points: their lengths, (N, 2), and the cosine of the angle
        between them, (N,).
    is_mirrored : bool
        Whether in any copy what was below lies on the other side of the line from left to right.
    peak : Tensor
        How many times as bright each point became, (N, 4).
    black : float
        What black is, as it was answered.
    comes_in : float
        The brightness that differs most from black in augmented black images.
    is_clean : bool
        Whether black images stay black in their middle; else neither angles nor shifts can be told.
    """

    right: Tensor
    down: Tensor
    angle: Tensor
    lengths: Tensor
    is_mirrored: bool
    corner: Tensor
    peak: Tensor
    black: float
    comes_in: float
    is_clean: bool

    @property
    def turn(self) -> float:
        """The largest angle, in degrees."""
        return self.angle.abs().max().item()

    @property
    def shift(self) -> float:
        """The largest shift along an axis, in pixels."""
        return max(self.right.abs().max().item(), self.down.abs().max().item())

    @property
    def fills_black(self) -> bool:
        """Whether nothing else than black comes in."""
        return abs(self.comes_in - self.black) < 0.02

    @property
    def keeps_points(self) -> bool:
        """Whether the points stay points, as bright as they were."""
        return self.shift > 3.5 or bool(self.peak.min() > 0.85 and self.peak.max() < 1.2)

    @property
    def is_rigid(self) -> bool:
        """Whether the points keep their distances and angles, as far as they stay inside the
        image.
        """
        kept = (self.lengths - 2 * HALF).abs().max() < 0.18 and self.corner.abs().max() < 0.025
        return self.shift > 3.5 or bool(kept)


def _points() -> Tensor:
    """Return four pictures, (4, 28, 28), each of one soft point: left, right, above and below the
    middle.
    """
    across = torch.arange(28.0) - 13.5
    places = torch.tensor([[-HALF, 0], [HALF, 0], [0, -HALF], [0, HALF]])
    squared = (across - places[:, :, None]) ** 2  # (4, 2, 28), right and down
    return torch.exp(-(squared[:, 0, None, :] + squared[:, 1, :, None]) / (2 * SOFT**2))


def measured_moves(answer: tuple[Callable, float]) -> Moves:
    augmentation, black = answer
    images = black + INK * torch.cat([_points(), torch.zeros(1, 28, 28)]).repeat(
        COPIES, 1, 1, 1
    )  # (COPIES, 5, 28, 28)
    began = time.process_time()
    first = _augmented(augmentation, images, 0)
    if time.process_time() - began < QUICK:
        images = images[:1].repeat(MORE_COPIES, 1, 1, 1)
        first = _augmented(augmentation, images, 0)
    changed = torch.cat([first, _augmented(augmentation, images, 1)])
    paper = changed[:, 4:]
    seen = (changed[:, :4] - paper) / INK
    across = torch.arange(28.0) - 13.5
    mass = seen.sum(dim=(2, 3))  # (N, 4)
    right = (seen.sum(dim=2) * across).sum(dim=2) / mass  # (N, 4), of each point's centre
    down = (seen.sum(dim=3) * across).sum(dim=2) / mass
    arms = torch.stack([right, down], dim=-1)  # (N, 4, 2)
    arms = arms[:, 1::2] - arms[:, ::2]  # (N, 2, 2), from left to right and from top to bottom
    furthest = (paper - black).abs().argmax()
    return Moves(
        right=right.mean(dim=1),
        down=down.mean(dim=1),
        angle=torch.rad2deg(torch.atan2(arms[:, 0, 1], arms[:, 0, 0])),
        lengths=arms.norm(dim=-1),
        is_mirrored=bool((arms[:, 0, 0] * arms[:, 1, 1] - arms[:, 0, 1] * arms[:, 1, 0] < 0).any()),
        peak=seen.amax(dim=(2, 3)) / _points().double().amax(dim=(1, 2)),
        corner=(arms[:, 0] * arms[:, 1]).sum(dim=-1) / arms.norm(dim=-1).prod(dim=-1),
        black=black,
        comes_in=paper.flatten()[furthest].item(),
        is_clean=bool((paper[..., 12:16, 12:16] - black).abs().max() < 0.02),
    )


def _augmented(augmentation: Callable, images: Tensor, seed: int) -> Tensor:
    torch.manual_seed(seed)
    changed = augmentation(images.clone())
    if not isinstance(changed, Tensor) or changed.shape != images.shape:
        raise Unreadable(
            "An augmentation returns as many images as it is given, but yours returned"
            f" {kind_of(changed)}."
        )
    return changed.detach().double()


def _reaches(values: Tensor, limit: float, rounding: float = 0.0) -> bool:
    """Tell whether values lie evenly within ± a limit and near it on both sides; whole ones may be
    rounded ones.
    """
    is_whole = bool((values - values.round()).abs().max() < 0.1)
    many = len(values) > 2 * COPIES
    nearly = 0.98 if many else 0.92
    even = 0.032 if many and rounding else 0.12  # small angles may be rounded to 0
    inside = values.abs().max() < 1.04 * limit + (rounding if is_whole else 0)
    near = values.max() > nearly * limit and values.min() < -nearly * limit
    is_even = abs(values.abs().mean().item() / limit - 0.5) < even
    return bool(inside and near and is_even and not _is_alike_within_batches(values))


def _is_mostly_small(values: Tensor) -> bool:
    return bool(values.abs().mean() < 0.4 * values.abs().max())


def _is_alike_within_batches(values: Tensor) -> bool:
    batches = values.reshape(2, -1)
    return bool((batches.amax(dim=1) - batches.amin(dim=1)).max() < 0.05 * values.abs().max())


def moves_by(angle: float, shift: float) -> Callable[[Moves], bool]:
    """Return a test whether images turn and move by up to this, in degrees and pixels, and nothing
    else happens.
    """

    def test(moves: Moves) -> bool:
        shifts = (
            _reaches(each, shift, rounding=0.2) if shift else each.abs().max() < 0.2
            for each in (moves.right, moves.down)
        )
        turns = _reaches(moves.angle, angle) if angle else moves.turn < 0.3
        kept = moves.is_clean and moves.is_rigid and moves.keeps_points and not moves.is_mirrored
        return bool(all(shifts) and turns and kept)

    return test


def turns_and_shifts(angle: float = 10, shift: float = 2.8) -> Callable[[Moves], bool]:
    """Return a test whether angle and shift are these, and black comes in."""
    return lambda moves: moves_by(angle, shift)(moves) and moves.fills_black


def only_lets_in(value: Callable[[float], float]) -> Callable[[Moves], bool]:
    """Return a test whether all is right but that this brightness comes in, a function of black."""
    return lambda moves: (
        moves_by(10, 2.8)(moves)
        and not moves.fills_black
        and abs(moves.comes_in - value(moves.black)) < 0.02
    )


def about_moves(moves: Moves) -> str:
    if moves.right.isnan().all():
        return "No digit is left in any image."
    if moves.right.isnan().any() or moves.shift > 12:
        return "Many digits leave the image altogether."
    if moves.shift > FAR:
        return (
            f"Your augmentation moves images by more than {FAR} pixels along an axis, so that parts"
            " are cut off."
        )
    if not moves.is_clean:
        return "Black images do not stay black, not even in their middle."
    shifts = torch.stack([moves.right, moves.down])
    came = f"lets the brightness {moves.comes_in:.3f} come in, where black is {moves.black:.3f}"
    parts = [
        *([] if moves.is_mirrored else [f"turns images by {_range(moves.angle, 'degrees')}"]),
        (
            f"moves {'images' if moves.is_mirrored else 'them'} by {_range(shifts, 'pixels')} along"
            " an axis"
        ),
        "keeps black images black" if moves.fills_black else came,
    ]
    said = [f"Your augmentation {', '.join(parts[:-1])}, and {parts[-1]}."]
    said += [] if moves.is_rigid else ["It also stretches or shears them."]
    said += ["It also mirrors images."] if moves.is_mirrored else []
    said += [] if moves.keeps_points else ["It also changes how bright a point is."]
    return " ".join(said + _about_evenness(moves))


def _about_evenness(moves: Moves) -> list[str]:
    """Return what is to be said of angles and shifts that come unevenly."""
    spread = {"angles": moves.angle, "shifts": torch.cat([moves.right, moves.down])}
    uneven = [
        name
        for name, values in spread.items()
        if values.abs().max() > 0.3
        and not _is_alike_within_batches(values)
        and _is_mostly_small(values)
    ]
    if moves.is_mirrored or not uneven:
        return []
    return [f"Among the {' and '.join(uneven)}, small ones come more often than large ones."]


def _range(values: Tensor, unit: str) -> str:
    """Return in words how far images are turned or moved; the values of both axes may be
    stacked.
    """
    most = values.abs().max().item()
    if most < 0.05:
        return f"0 {unit}"
    if all(
        _is_alike_within_batches(each) for each in (values if values.dim() == 2 else values[None])
    ):
        return f"the same amount for all images of a batch ({most:.1f} {unit})"
    return f"up to {most:.1f} {unit}"
