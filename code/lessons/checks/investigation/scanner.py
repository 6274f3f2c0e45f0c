"""What an augmentation does to letters: how far they turn and move, and what comes in."""

import dataclasses
from collections.abc import Callable
from typing import Any

import torch
from bookkit.exercises.errors import explained, is_of_the_answer
from bookkit.exercises.verdict import Unreadable
from torch import Tensor

from lessons.checks.answers import function, kind_of, number, several

COUNT, SIDE = 500, 28

ANGLE, PIXELS = 20, 4

SEEN = 0.5  # share of a letter's ink that has to be left

BLUR = 0.035  # by how much, as a share, interpolation may change the angle that is measured

RIM = 0.05  # the most ink on the rim of an image in which a letter is whole


@dataclasses.dataclass(frozen=True)
class Scan:
    """What an augmentation did to many letters: two dots above each other, and discs.

    Attributes
    ----------
    background, outside : float
        Brightness around the letters, and of what comes in from outside.
    right, down, angle : Tensor (N,)
        How far each letter went, in pixels, and was turned, in degrees; of those that are inside
        the image.
    inside : float
        The share of letters that are inside the image.
    size, slant : Tensor (N,)
        How many times as large each disc became, and by how many degrees it leans; of those that
        are inside.
    is_clean, repeats, is_upright : bool
        Whether an empty image is empty in its middle afterwards, whether an equal generator gives
        the same again, and whether in every image what was above stays above, and what was on the
        right on the right.
    """

    background: float
    outside: float
    right: Tensor
    down: Tensor
    angle: Tensor
    inside: float
    size: Tensor
    slant: Tensor
    is_clean: bool
    repeats: bool
    is_upright: bool

    @property
    def fills(self) -> bool:
        """Whether background comes in from outside."""
        return abs(self.outside - self.background) < 1e-3


def scanned(answer: Any) -> Scan:
    change, background = several(function, number)(answer)
    empty = _changed(change, _sheets(COUNT // 5, background), 0)
    outside = empty.flatten()[(empty - background).abs().argmax()].item()
    middle = empty[..., SIDE // 2 - 2 : SIDE // 2 + 2, SIDE // 2 - 2 : SIDE // 2 + 2]
    letters, discs = (_inside(change, outside, ink) for ink in (_dots(), _disc()))
    return Scan(
        background,
        outside,
        *_place_and_angle(letters),
        len(letters) / COUNT,
        *_size_and_slant(discs),
        bool((middle - background).abs().max() < 1e-3),
        _repeats(change, background),
        _is_upright(change, background),
    )


def _sheets(count: int, background: float, ink: Tensor | float = 0.0) -> Tensor:
    return (background + ink + torch.zeros(count, 1, SIDE, SIDE)).float()


def _inside(change: Callable, background: float, ink: Tensor) -> Tensor:
    """Return the ink of changed copies that is all inside the image, (N, SIDE, SIDE)."""
    changed = _changed(change, _sheets(COUNT, background, ink), 0)[:, 0].double() - background
    rim = changed.clone()
    rim[:, 1:-1, 1:-1] = 0
    is_whole = rim.abs().amax(dim=(1, 2)) < RIM
    return changed[is_whole & (changed.sum(dim=(1, 2)) > SEEN * ink.sum())]


def _changed(change: Callable, images: Tensor, seed: int) -> Tensor:
    try:
        changed = change(images, generator=torch.Generator().manual_seed(seed))
    except TypeError as error:
        if is_of_the_answer(error):
            raise
        raise Unreadable(
            f"Called with images and generator=…, as in training, it stops with {explained(error)}"
        ) from None
    if not isinstance(changed, Tensor) or changed.shape != images.shape:
        raise Unreadable(
            "An augmentation returns as many images as it is given, but this returned"
            f" {kind_of(changed)}."
        )
    return changed.detach()


def _repeats(change: Callable, background: float) -> bool:
    first, second = (_changed(change, _sheets(8, background, _dots()), seed=1) for _ in range(2))
    return torch.equal(first, second)


def _is_upright(change: Callable, background: float) -> bool:
    """Tell whether of three points, changed alike, the upper one stays above and the right one on
    the right.
    """
    points = (_disc(), _disc(down=-4.0), _disc(right=4.0))
    images = [
        _changed(change, _sheets(COUNT // 5, background, ink), seed=2)[:, 0].double()
        for ink in points
    ]
    (right, down), (_, above), (aside, _) = (_moments(each - background)[:2] for each in images)
    return bool((above < down).all() and (aside > right).all())


def _disc(radius: float = 2.0, down: float = 0.0, right: float = 0.0) -> Tensor:
    """Return soft ink, (SIDE, SIDE), that lies so far below and to the right of the middle."""
    place = torch.arange(SIDE, dtype=torch.float64) - (SIDE - 1) / 2
    return torch.exp(
        -(((place[:, None] - down) / radius) ** 2 + ((place[None, :] - right) / radius) ** 2) / 2
    )


def _dots() -> Tensor:
    return _disc(radius=1.2, down=-4.0) + _disc(radius=1.2, down=4.0)


def _moments(ink: Tensor) -> tuple[Tensor, ...]:
    """Return where the middle of the ink lies (right, down), and its covariances xx, yy, xy, in
    pixels.
    """
    place = torch.arange(SIDE, dtype=torch.float64) - (SIDE - 1) / 2
    share = ink / ink.sum(dim=(1, 2), keepdim=True)
    right, down = (share * place).sum(dim=(1, 2)), (share * place[:, None]).sum(dim=(1, 2))
    x, y = place - right[:, None, None], place[:, None] - down[:, None, None]
    return right, down, *((share * product).sum(dim=(1, 2)) for product in (x * x, y * y, x * y))


def _place_and_angle(ink: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    right, down, xx, yy, xy = _moments(ink)
    return right, down, torch.rad2deg(torch.atan2(2 * xy, yy - xx) / 2)


def _size_and_slant(ink: Tensor) -> tuple[Tensor, Tensor]:
    """Return how discs were magnified, and by how many degrees they lean: a turn changes
    neither.
    """
    _, _, xx, yy, xy = _moments(ink)
    determinant = (xx * yy - xy**2).clamp(min=1e-9)
    before = (_moments(_disc()[None])[2] ** 2).item()
    longer = (xx + yy) / 2 + (((xx - yy) / 2) ** 2 + xy**2).sqrt()
    ratio = (
        longer / determinant.sqrt()
    ).sqrt()  # of the longer axis to that of a disc of this size
    return (determinant / before) ** 0.25, torch.rad2deg(torch.atan(ratio - 1 / ratio))


def _farthest(values: Tensor) -> float:
    return values.abs().max().item() if len(values) else 0.0


def _near(value: float, asked: float, tolerance: float = 0.02) -> bool:
    return abs(value / asked - 1) < tolerance


def _reaches(values: Tensor, limit: float, tolerance: float = 0.02) -> bool:
    """Tell whether values lie evenly within ± a limit and come near it on both sides; for 0,
    whether all are 0.
    """
    if not limit:
        return _farthest(values) < 0.02
    near = _near(values.max().item(), limit, tolerance) and _near(
        values.min().item(), -limit, tolerance
    )
    return near and abs(values.abs().mean().item() / limit - 0.5) < 0.08


def _is_unrelated(first: Tensor, second: Tensor) -> bool:
    if first.std() < 1e-2 or second.std() < 1e-2:
        return True
    return abs(torch.corrcoef(torch.stack([first, second]))[0, 1].item()) < 0.3


def _can_be_told(scan: Scan) -> bool:
    """Tell whether enough letters are inside, unslanted and not noisy, so that angles and shifts
    can be told.
    """
    return scan.is_clean and scan.inside > 0.5 and _farthest(scan.slant) < 5


def turns_by(scan: Scan, limit: float) -> bool:
    return _can_be_told(scan) and _reaches(scan.angle, limit, BLUR)


def moves_by(scan: Scan, limit: float) -> bool:
    pairs = ((scan.right, scan.down), (scan.right, scan.angle), (scan.down, scan.angle))
    return (
        _can_be_told(scan)
        and _reaches(scan.right, limit)
        and _reaches(scan.down, limit)
        and all(_is_unrelated(*pair) for pair in pairs)
    )


def keeps_size(scan: Scan) -> bool:
    return _farthest(scan.size - 1) < 0.09


def turns_and_moves(angle: float, pixels: float) -> Callable[[Scan], bool]:
    """Return a test whether letters keep their form, turn and move as far as this, and leave the
    background.
    """
    return lambda scan: (
        scan.fills and keeps_size(scan) and turns_by(scan, angle) and moves_by(scan, pixels)
    )


def goes_twice_as_far(angle: float) -> Callable[[Scan], bool]:
    """Return a test whether letters turn as far as this and move so far that some are cut off, and
    twice 4 pixels.
    """
    return lambda scan: (
        scan.fills
        and _can_be_told(scan)
        and _near(_farthest(scan.angle), angle, BLUR)
        and _near(_farthest(scan.right), 2 * PIXELS)
        and scan.inside < 0.99
    )


def is_scanner(scan: Scan) -> bool:
    return (
        turns_and_moves(ANGLE, PIXELS)(scan)
        and scan.inside > 0.99
        and scan.repeats
        and scan.is_upright
    )


def is_alike(scan: Scan) -> bool:
    """Tell whether every letter was changed in the same way, and changed at all."""
    each = torch.stack([scan.right, scan.down, scan.angle])
    return _can_be_told(scan) and bool(each.std(dim=1).max() < 0.01 and each.abs().max() > 0.1)


def flies_off(scan: Scan) -> bool:
    """Tell whether most letters, and not all, leave the image."""
    return scan.is_clean and scan.fills and 0 < scan.inside < 0.5


def about_scan(scan: Scan) -> str:
    """Return all that an augmentation does otherwise than the scanner."""
    if not scan.is_clean:
        return "An empty image does not stay empty, not even in its middle."
    if scan.inside < 0.5:
        return "In most images no whole letter is left." if scan.fills else _about_outside(scan)
    return " ".join((*_about_motion(scan), *_about_the_rest(scan)))


def _about_outside(scan: Scan) -> str:
    digits = 2 if abs(scan.outside - scan.background) > 0.02 else 4
    return (
        f"What comes in has the brightness {scan.outside:.{digits}f}; the background has"
        f" {scan.background:.{digits}f}."
    )


def _about_motion(scan: Scan) -> list[str]:
    if _farthest(scan.slant) >= 5:
        return [f"Letters are slanted, by up to {_farthest(scan.slant):.0f}°."]
    turned, right, down = map(_farthest, (scan.angle, scan.right, scan.down))
    said = []
    if turned > 80:
        said.append(f"Letters turn by 80° and more, and up to {ANGLE}° are asked for.")
    elif not _near(turned, ANGLE, BLUR):
        said.append(f"Letters turn by up to {turned:.1f}°, and {ANGLE}° are asked for.")
    elif not turns_by(scan, ANGLE):
        said.append("Some angles come more often than others.")
    if not (_near(right, PIXELS) and _near(down, PIXELS)):
        far = "up to" if scan.inside > 0.99 else "at least"
        way = f"{right:.1f} pixels sideways and {down:.1f} up or down"
        said.append(f"Letters move by {far} {way}, and {PIXELS} are asked for.")
    elif not moves_by(scan, PIXELS):
        said.append(
            f"Letters move by up to {PIXELS} pixels, but the shifts are not drawn evenly and one by"
            " one."
        )
    return said


def _about_the_rest(scan: Scan) -> list[str]:
    said = [] if keeps_size(scan) else ["Their size changes."]
    if not scan.fills:
        said.append(_about_outside(scan))
    elif scan.repeats and not scan.is_upright and turns_by(scan, ANGLE):
        said.append("Some letters come out mirrored or upside down.")
    if not scan.repeats:
        said.append("Two calls with equal generators give different images.")
    return said
