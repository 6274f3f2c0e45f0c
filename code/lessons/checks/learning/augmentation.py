"""What an augmentation does to two batches of images."""

import time
from collections.abc import Callable

import torch
from torch import Tensor

from lessons import setting
from lessons.checks.moves import (
    HALF,
    Moves,
    are_spread_to,
    moves_in,
    pointed_images,
    read_augmented,
)

FAR = 8  # pixels, beyond which points are cut off, and angles cannot be told
CUT_OFF = 3.5  # pixels, from which on a point may lose some of its ink
COPIES, MORE_COPIES = 100, 500  # in each of two batches
QUICK = 0.1  # seconds of processor time for a batch: then there may be more copies
NEAR = 0.02  # of a brightness, and of its distance from black: what is as near is that brightness


def moves_of_two_batches(answer: tuple[Callable, float]) -> Moves:
    """Measure what an augmentation does, with this brightness for black."""
    augmentation, black = answer
    images = pointed_images(COPIES, black)
    began = time.process_time()
    first = _augmented(augmentation, images, 0)
    if time.process_time() - began < QUICK:
        images = pointed_images(MORE_COPIES, black)
        first = _augmented(augmentation, images, 0)
    return moves_in(torch.cat([first, _augmented(augmentation, images, 1)]), black)


def _augmented(augmentation: Callable, images: Tensor, seed: int) -> Tensor:
    torch.default_generator.manual_seed(seed)
    return read_augmented(augmentation(images.clone()), images)


def fills_black(moves: Moves) -> bool:
    """Tell whether nothing else than black comes in."""
    return _comes_in(moves, moves.black)


def _comes_in(moves: Moves, brightness: float) -> bool:
    near = NEAR + NEAR * abs(brightness - moves.black)
    return abs(moves.comes_in - brightness) < near


def _is_clean(moves: Moves) -> bool:
    return moves.noise < 0.02


def _mirrors(moves: Moves) -> bool:
    return bool(moves.mirrored.any())


def _keeps_points(moves: Moves) -> bool:
    return moves.shift > CUT_OFF or moves.keeps_brightness


def _is_rigid(moves: Moves) -> bool:
    """Tell whether the points keep their distances and angles, as far as they stay inside."""
    kept = (moves.lengths - 2 * HALF).abs().max() < 0.18 and moves.corner.abs().max() < 0.025
    return moves.shift > CUT_OFF or bool(kept)


def _reaches(values: Tensor, limit: float, rounding: float = 0.0) -> bool:
    """Tell whether values are drawn evenly within ± a limit, one by one; shifts may be rounded to
    whole pixels.
    """
    is_whole = bool((values - values.round()).abs().max() < 0.1)
    many = len(values) > 2 * COPIES
    even = 0.032 if many and rounding else 0.12  # small angles may be rounded to 0
    nearly, over = 0.98 if many else 0.92, rounding if is_whole else 0.0
    spread = are_spread_to(values, limit, nearly, even, over)
    return spread and not _is_alike_within_batches(values)


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
        kept = (
            _is_clean(moves) and _is_rigid(moves) and _keeps_points(moves) and not _mirrors(moves)
        )
        return bool(all(shifts) and turns and kept)

    return test


def turns_and_shifts(angle: float = 10, shift: float = 2.8) -> Callable[[Moves], bool]:
    """Return a test whether angle and shift are these, and black comes in."""
    return lambda moves: moves_by(angle, shift)(moves) and fills_black(moves)


def only_lets_in(value: Callable[[float, float], float]) -> Callable[[Moves], bool]:
    """Return a test whether all is right but that another brightness comes in, a function of black
    and of the standard deviation of the training images' pixels.
    """

    def test(moves: Moves) -> bool:
        if not moves_by(10, 2.8)(moves) or fills_black(moves):
            return False
        _, std = setting.pixel_statistics()
        return _comes_in(moves, value(moves.black, std))

    return test


def about_moves(moves: Moves) -> str:
    """Return all that an augmentation does to images, right or not."""
    if moves.right.isnan().all():
        return "No digit is left in any image."
    if moves.right.isnan().any() or moves.shift > 12:
        return "Many digits leave the image altogether."
    if moves.shift > FAR:
        return (
            f"Your augmentation moves images by more than {FAR} pixels along an axis, so that parts"
            " are cut off."
        )
    if not _is_clean(moves):
        return "Black images do not stay black, not even in their middle."
    shifts = torch.stack([moves.right, moves.down])
    came = f"lets the brightness {moves.comes_in:.3f} come in, where black is {moves.black:.3f}"
    parts = [
        *([] if _mirrors(moves) else [f"turns images by {_range(moves.angle, 'degrees')}"]),
        (
            f"moves {'images' if _mirrors(moves) else 'them'} by {_range(shifts, 'pixels')} along"
            " an axis"
        ),
        "keeps black images black" if fills_black(moves) else came,
    ]
    said = [f"Your augmentation {', '.join(parts[:-1])}, and {parts[-1]}."]
    said += [] if _is_rigid(moves) else ["It also stretches or shears them."]
    said += ["It also mirrors images."] if _mirrors(moves) else []
    said += [] if _keeps_points(moves) else ["It also changes how bright a point is."]
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
    if _mirrors(moves) or not uneven:
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
