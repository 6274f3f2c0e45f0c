"""Changes to images that leave the digit the same: turned, moved, magnified, slanted, noisy.

Everything works on a batch at once. `Affine` draws one transform *for each image*; torchvision's
transforms, given a batch, draw one for all of it. Bilinear interpolation; what comes in from
outside has the brightness ``fill``, which for normalised images is the normalised black, ``(0 -
mean) / std``. Images may be on any device, and stay there; random numbers are drawn where the
generator is.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from firstcnn.device import CPU, moved


def rotate(images: Tensor, degrees: float | Tensor, fill: float = 0.0) -> Tensor:
    """Turn images about their centre, counter-clockwise if ``degrees`` is positive.

    Parameters
    ----------
    images : Tensor (N, C, H, W), floating point
        The images.
    degrees : float or Tensor (N,)
        One angle for all, or one for each.
    fill : float
        Brightness of what lies outside.

    Returns
    -------
    Tensor (N, C, H, W)

    Raises
    ------
    ValueError
        If ``images`` is not a batch of floating-point images.
    """
    _check(images)
    return _warp(images, _matrices(images, degrees=degrees), _offsets(images), fill)


def scale(images: Tensor, factor: float | Tensor, fill: float = 0.0) -> Tensor:
    """Magnify images about their centre; a factor below 1 makes the digit smaller. Parameters as in
    `rotate`.
    """
    _check(images)
    if not bool((torch.as_tensor(factor) > 0).all()):
        raise ValueError(f"An image cannot be scaled by {factor}: the factor has to be above 0.")
    return _warp(images, _matrices(images, factor=factor), _offsets(images), fill)


def shear(images: Tensor, degrees: float | Tensor, fill: float = 0.0) -> Tensor:
    """Slant images: rows above the centre move right and those below left, if ``degrees`` is
    positive.

    Parameters as in `rotate`. Vertical lines lean by ``degrees``.
    """
    _check(images)
    return _warp(images, _matrices(images, slant=degrees), _offsets(images), fill)


def shift(images: Tensor, right: int = 0, down: int = 0, fill: float = 0.0) -> Tensor:
    """Move images by whole pixels, exactly: no interpolation, and nothing comes back in at the
    other side.

    Parameters
    ----------
    images : Tensor (N, C, H, W), floating point
        The images.
    right, down : int
        Pixels; negative numbers move left and up.
    fill : float
        Brightness of what comes in.

    Returns
    -------
    Tensor (N, C, H, W)

    Raises
    ------
    ValueError
        If ``right`` or ``down`` is not a whole number, or ``images`` not a batch of floating-point
        images.
    """
    _check(images)
    if right != int(right) or down != int(down):
        raise ValueError(
            f"shift moves by whole pixels, not by {right} and {down}. Affine(translation=...)"
            " interpolates."
        )
    height, width = images.shape[-2:]
    left_edge = max(-width, min(width, int(right)))
    top_edge = max(-height, min(height, int(down)))
    return F.pad(images, (left_edge, -left_edge, top_edge, -top_edge), value=fill)


def add_noise(images: Tensor, deviation: float, generator: torch.Generator | None = None) -> Tensor:
    """Add to every pixel a number drawn from a normal distribution with mean 0. Nothing is clipped.

    Parameters
    ----------
    images : Tensor (N, C, H, W), floating point
        The images.
    deviation : float
        Standard deviation, in the units of ``images``.
    generator : torch.Generator, optional
        Where the numbers come from; PyTorch's global generator if there is none.

    Returns
    -------
    Tensor (N, C, H, W)
    """
    _check(images)
    place = _where_drawn(generator)
    noise = torch.empty_like(images, device=place).normal_(0.0, 1.0, generator=generator)
    return images + deviation * moved(noise, images.device)


@dataclass(frozen=True)
class Affine:
    """Turn, move, magnify and slant each image by amounts of its own, drawn uniformly within ± a
    range.

    The digit is slanted first, then turned and magnified about the centre, then moved:
    torchvision's order.

    Attributes
    ----------
    rotation : float
        Largest angle, in degrees.
    translation : float
        Largest shift to each side, as a fraction of the image's side.
    scaling : float
        The factor lies within 1 - scaling and 1 + scaling.
    shear : float
        Largest slant, in degrees.
    fill : float
        Brightness of what comes in from outside.

    Raises
    ------
    ValueError
        If a range is negative, scaling is not below 1, or shear not below 90 degrees.
    """

    rotation: float = 0.0
    translation: float = 0.0
    scaling: float = 0.0
    shear: float = 0.0
    fill: float = 0.0

    def __post_init__(self):
        limits = {"rotation": math.inf, "translation": math.inf, "scaling": 1, "shear": 90}
        for name, limit in limits.items():
            value = getattr(self, name)
            if not 0 <= value < limit:
                raise ValueError(
                    f"Affine({name}={value}): a range is at least 0 and below {limit}; it counts to"
                    " both sides."
                )
        if not math.isfinite(self.fill):
            raise ValueError(
                f"Affine(fill={self.fill}): fill is the brightness of a pixel, a finite number."
            )

    def __call__(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return the images (N, C, H, W), each one transformed differently; ``generator`` makes it
        repeatable.
        """
        _check(images)
        count = len(images)
        matrices = _matrices(
            images,
            degrees=_draw(count, self.rotation, generator),  # (N,)
            factor=1 + _draw(count, self.scaling, generator),  # (N,)
            slant=_draw(count, self.shear, generator),  # (N,)
        )
        right, down = (
            _draw(count, self.translation, generator),
            _draw(count, self.translation, generator),
        )
        height, width = images.shape[-2:]
        return _warp(images, matrices, _offsets(images, right * width, down * height), self.fill)


@dataclass(frozen=True)
class Noise:
    """Add normal noise to each pixel of each image; see `add_noise`.

    Attributes
    ----------
    deviation : float
        Standard deviation, in the units of the images.

    Raises
    ------
    ValueError
        If the deviation is negative.
    """

    deviation: float = 0.0

    def __post_init__(self):
        if not self.deviation >= 0:
            raise ValueError(
                f"Noise(deviation={self.deviation}): a standard deviation is at least 0."
            )

    def __call__(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return the images (N, C, H, W) with noise; ``generator`` makes it repeatable."""
        return add_noise(images, self.deviation, generator)


@dataclass(frozen=True)
class Chain:
    """Apply transforms one after the other.

    Attributes
    ----------
    transforms : tuple of callable
        Each takes images and a generator and returns images, as `Affine` and `Noise` do.
    """

    transforms: tuple[Callable, ...]

    def __post_init__(self):
        object.__setattr__(self, "transforms", tuple(self.transforms))

    def __call__(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return the images (N, C, H, W) after the last transform."""
        for transform in self.transforms:
            images = transform(images, generator=generator)
        return images


def _check(images: Tensor) -> None:
    if not isinstance(images, Tensor) or images.ndim != 4 or not images.is_floating_point():
        found = (
            f"{images.dtype} {tuple(images.shape)}"
            if isinstance(images, Tensor)
            else type(images).__name__
        )
        raise ValueError(
            f"Expected images as a floating-point tensor (N, C, H, W), got {found}. Bytes from the"
            " files become such a tensor by firstcnn.data.prepare; one image by image[None]."
        )


def _draw(count: int, limit: float, generator: torch.Generator | None) -> Tensor:
    """Draw ``count`` numbers uniformly within ± limit, where the generator is."""
    drawn = torch.rand(count, generator=generator, device=_where_drawn(generator))
    return (2 * drawn - 1) * limit


def _where_drawn(generator: torch.Generator | None) -> torch.device:
    """Return the device that draws: the CPU unless a generator is another's, so that a seed means
    the same changes wherever the images are.
    """
    return CPU if generator is None else generator.device


def _per_image(images: Tensor, value: float | Tensor) -> Tensor:
    """Return one number for each image, (N,)."""
    values = moved(torch.as_tensor(value, dtype=images.dtype), images.device)
    if values.ndim > 1 or (values.ndim == 1 and len(values) != len(images)):
        raise ValueError(
            f"Expected one number, or one for each of {len(images)} images, got"
            f" {tuple(values.shape)}."
        )
    return values.expand(len(images))


def _matrices(images: Tensor, degrees=0.0, factor=1.0, slant=0.0) -> Tensor:
    """Return the matrices (N, 2, 2) that take a point (right, down), counted from the centre, to
    its new place.
    """
    angle = torch.deg2rad(_per_image(images, degrees))
    slope = torch.tan(torch.deg2rad(_per_image(images, slant)))
    cosine, sine = torch.cos(angle), torch.sin(angle)
    rows = torch.stack(
        [cosine, sine - cosine * slope, -sine, cosine + sine * slope], dim=1
    )  # (N, 4)
    return _per_image(images, factor)[:, None, None] * rows.view(-1, 2, 2)


def _offsets(images: Tensor, right: float | Tensor = 0.0, down: float | Tensor = 0.0) -> Tensor:
    """Return the shifts (N, 2) in pixels."""
    return torch.stack([_per_image(images, right), _per_image(images, down)], dim=1)


def _warp(images: Tensor, matrices: Tensor, offsets: Tensor, fill: float) -> Tensor:
    """Move every point p of each image, counted from the centre in pixels, to ``matrix @ p +
    offset``.

    The sampling grid asks the other way round, where each *output* pixel comes from, in units of
    half a side. It is a sum of a row and a column for each image, three times faster than
    `affine_grid`, which multiplies matrices.
    """
    height, width = images.shape[-2:]
    right = _centred(images, width) - offsets[:, :1]  # (N, W)
    down = _centred(images, height) - offsets[:, 1:]  # (N, H)
    grid = images.new_empty(len(images), height, width, 2)
    for axis, ((across, along), side) in enumerate(
        zip(_inverse(matrices), (width, height), strict=True)
    ):
        row, column = across * right / (side / 2), along * down / (side / 2)  # (N, W), (N, H)
        torch.add(row[:, None, :], column[:, :, None], out=grid[..., axis])
    warped = F.grid_sample(
        images - fill, grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    return warped.add_(fill)


def _centred(images: Tensor, count: int) -> Tensor:
    """Return the coordinates of ``count`` pixels in a row, counted from its middle."""
    return torch.arange(count, dtype=images.dtype, device=images.device) - (count - 1) / 2


def _inverse(matrices: Tensor) -> list[list[Tensor]]:
    """Return the four entries of the inverses of matrices (N, 2, 2), by rows, each (N, 1)."""
    a, b, c, d = matrices.flatten(1).split(1, dim=1)
    determinant = a * d - b * c
    return [[d / determinant, -b / determinant], [-c / determinant, a / determinant]]
