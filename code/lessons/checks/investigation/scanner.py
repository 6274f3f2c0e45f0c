"""What an augmentation does to letters: how far they turn and move, and what comes in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from bookkit.exercises.errors import explained, is_of_the_answer
from bookkit.exercises.verdict import Unreadable
from torch import Tensor

from lessons.checks.answers import function, number, several
from lessons.checks.moves import (
    HALF,
    Moves,
    are_spread_to,
    farthest,
    moves_in,
    pointed_images,
    read_augmented,
)

COUNT = 500  # letters: the largest of so many angles lies within 2 % of the limit
ANGLE, PIXELS = 20, 4
FEW = 20  # whole letters, below which the largest angle cannot be told


@dataclass(frozen=True)
class Scan:
    """What an augmentation did to many letters.

    Attributes
    ----------
    letters : Moves
        Of the letters that are whole: the angles, sizes and slants.
    right, down : Tensor (N,)
        How far each letter went whose middle is inside the image, in pixels.
    whole, placed, seen : float
        The share of letters that are whole; of which the middle is inside the image; of which
        something is left.
    repeats : bool
        Whether an equal generator gives the same again.
    """

    letters: Moves
    right: Tensor
    down: Tensor
    whole: float
    placed: float
    seen: float
    repeats: bool

    @property
    def fills(self) -> bool:
        """Whether background comes in from outside."""
        return abs(self.letters.comes_in - self.letters.black) < 1e-3

    @property
    def is_clean(self) -> bool:
        """Whether an empty image is empty in its middle afterwards."""
        return self.letters.noise < 1e-3

    @property
    def is_upright(self) -> bool:
        """Whether no letter is a mirror image."""
        return not self.letters.mirrored.any()

    @property
    def slant(self) -> float:
        """By how many degrees letters lean at most, beside their turn."""
        return torch.rad2deg(self.letters.corner.asin()).abs().max().item()


def read_scanner(answer: Any) -> Scan:
    """Read an augmentation and the brightness of the background, by trying it on letters."""
    change, background = several(function, number)(answer)
    letters = moves_in(_changed(change, pointed_images(COUNT, background), 0), background)
    placed = letters.of(letters.placed)
    shares = (each.double().mean().item() for each in (letters.whole, letters.placed, letters.seen))
    repeats = _repeats(change, pointed_images(8, background))
    return Scan(letters.of(letters.whole), placed.right, placed.down, *shares, repeats)


def _changed(change: Callable, images: Tensor, seed: int) -> Tensor:
    try:
        changed = change(images, generator=torch.Generator().manual_seed(seed))
    except TypeError as error:
        if is_of_the_answer(error):
            raise
        raise Unreadable(
            f"Called with images and generator=…, as in training, it stops with {explained(error)}"
        ) from None
    return read_augmented(changed, images)


def _repeats(change: Callable, images: Tensor) -> bool:
    return torch.equal(*(_changed(change, images.clone(), seed=1) for _ in range(2)))


def _comes_near(value: float, asked: float) -> bool:
    """Tell whether the largest of many values is what chance makes of a limit."""
    return 0.98 * asked < value < 1.01 * asked


def _reaches(values: Tensor, limit: float) -> bool:
    """Tell whether values lie evenly within ± a limit; for 0, whether all are 0."""
    if not limit:
        return farthest(values) < 0.02
    return are_spread_to(values, limit, nearly=0.98, even=0.08)


def _is_unrelated(first: Tensor, second: Tensor) -> bool:
    if first.std() < 1e-2 or second.std() < 1e-2:
        return True
    return abs(torch.corrcoef(torch.stack([first, second]))[0, 1].item()) < 0.3


def _can_be_told(scan: Scan) -> bool:
    """Tell whether letters are neither slanted nor noisy, and enough are inside, so that angles and
    shifts can be told.
    """
    enough = scan.placed > 0.5 and len(scan.letters.angle) > FEW
    return scan.is_clean and enough and scan.is_upright and scan.slant < 1


def turns_by(scan: Scan, limit: float) -> bool:
    """Tell whether angles lie evenly within ± so many degrees."""
    return _can_be_told(scan) and _reaches(scan.letters.angle, limit)


def moves_by(scan: Scan, limit: float) -> bool:
    """Tell whether shifts lie evenly within ± so many pixels, and have nothing to do with each
    other or with the angles.
    """
    if not _can_be_told(scan):
        return False
    right, down, angle = scan.letters.right, scan.letters.down, scan.letters.angle
    pairs = ((right, down), (right, angle), (down, angle))
    return (
        _reaches(scan.right, limit)
        and _reaches(scan.down, limit)
        and all(_is_unrelated(*pair) for pair in pairs)
    )


def keeps_form(scan: Scan) -> bool:
    """Tell whether letters stay as large and as bright as they were."""
    return _keeps_size(scan) and scan.letters.keeps_brightness


def _keeps_size(scan: Scan) -> bool:
    return farthest(scan.letters.lengths - 2 * HALF) < 0.25


def turns_and_moves(angle: float, pixels: float) -> Callable[[Scan], bool]:
    """Return a test whether letters keep their form, turn and move as far as this, and leave the
    background.
    """
    return lambda scan: (
        scan.fills and keeps_form(scan) and turns_by(scan, angle) and moves_by(scan, pixels)
    )


def is_scanner(scan: Scan) -> bool:
    """Tell whether letters turn and move as those of the scanner, from a generator alone."""
    return turns_and_moves(ANGLE, PIXELS)(scan) and scan.whole > 0.99 and scan.repeats


def is_alike(scan: Scan) -> bool:
    """Tell whether every letter was changed in the same way, and changed at all."""
    each = torch.stack([scan.letters.right, scan.letters.down, scan.letters.angle])
    return _can_be_told(scan) and bool(each.std(dim=1).max() < 0.01 and each.abs().max() > 0.1)


def flies_off(scan: Scan) -> bool:
    """Tell whether most letters, and not all, leave the image."""
    return scan.is_clean and scan.fills and scan.placed < 0.5 and scan.seen > 0


def about_scan(scan: Scan) -> str:
    """Return all that an augmentation does otherwise than the scanner."""
    if not scan.is_clean:
        return "An empty image does not stay empty, not even in its middle."
    if scan.placed < 0.5 or len(scan.letters.angle) <= FEW:
        return "In most images no whole letter is left." if scan.fills else _about_outside(scan)
    return " ".join((*_about_angles(scan), *_about_shifts(scan), *_about_the_rest(scan)))


def _about_outside(scan: Scan) -> str:
    outside, background = scan.letters.comes_in, scan.letters.black
    digits = 2 if abs(outside - background) > 0.02 else 4
    return (
        f"What comes in has the brightness {outside:.{digits}f}; the background has"
        f" {background:.{digits}f}."
    )


def _about_angles(scan: Scan) -> list[str]:
    if not scan.is_upright:
        return ["Some letters come out mirrored or upside down."]
    if scan.slant >= 1:
        return [f"Letters are slanted, by up to {scan.slant:.0f}°."]
    turned = scan.letters.turn
    if turned > 80:
        return [f"Letters turn by 80° and more, and up to {ANGLE}° are asked for."]
    if not _comes_near(turned, ANGLE):
        return [f"Letters turn by up to {turned:.1f}°, and {ANGLE}° are asked for."]
    if not turns_by(scan, ANGLE):
        return ["Some angles come more often than others."]
    return []


def _about_shifts(scan: Scan) -> list[str]:
    if not _can_be_told(scan):
        return []
    right, down = farthest(scan.right), farthest(scan.down)
    if not (_comes_near(right, PIXELS) and _comes_near(down, PIXELS)):
        far = "up to" if scan.placed > 0.99 else "at least"
        way = f"{right:.1f} pixels sideways and {down:.1f} up or down"
        return [f"Letters move by {far} {way}, and {PIXELS} are asked for."]
    if not moves_by(scan, PIXELS):
        return [
            f"Letters move by up to {PIXELS} pixels, but the shifts are not drawn evenly and one by"
            " one."
        ]
    return []


def _about_the_rest(scan: Scan) -> list[str]:
    said = [] if _keeps_size(scan) else ["Their size changes."]
    said += [] if scan.letters.keeps_brightness else ["They come out darker or brighter."]
    said += [] if scan.fills else [_about_outside(scan)]
    said += [] if scan.repeats else ["Two calls with equal generators give different images."]
    return said
