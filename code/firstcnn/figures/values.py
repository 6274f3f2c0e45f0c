"""What comes into a figure as arrays, and how numbers are written in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    import pandas as pd

Values = torch.Tensor | np.ndarray | Sequence[float]


def as_array(values: Values) -> np.ndarray:
    """Return values as a NumPy array, whatever their device and gradients; bfloat16 as float32."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        return (values.float() if values.is_floating_point() else values).numpy()
    return np.asarray(values)


def one_image(image: Values) -> np.ndarray:
    """Return an image as (H, W), whatever axes of length one stand before these two.

    Raises
    ------
    ValueError
        If there are several images, or a vector.
    """
    plane = as_array(image)
    if plane.ndim < 2 or plane[..., 0, 0].size != 1:
        raise ValueError(
            f"Got shape {plane.shape}; expected one image (H, W). Pick one of the images first."
        )
    return plane.reshape(plane.shape[-2:])


def unit_scale(images: Values) -> np.ndarray:
    """Return digits on the scale from 0 to 1, given as uint8 or as floats from 0 to 1.

    Raises
    ------
    ValueError
        If floats leave that scale, as normalised images do: cut off they would look like other
        digits.
    """
    pixels = as_array(images)
    if pixels.dtype.kind in "ui":
        return pixels / 255.0
    if pixels.min() < -1e-3 or pixels.max() > 1 + 1e-3:
        raise ValueError(
            f"Pixel values run from {pixels.min():.2f} to {pixels.max():.2f}; expected 0 to 1, or"
            " uint8. Undo the normalisation (values * std + mean), or clamp what noise has added."
        )
    return pixels


def image_stack(images: Values) -> np.ndarray:
    """Return digits (N, H, W) or (N, 1, H, W) as (N, H, W) on the scale from 0 to 1."""
    pixels = unit_scale(images)
    return pixels.reshape(-1, *pixels.shape[-2:])


def largest_magnitude(*values: Values) -> float:
    """Return the limit of a symmetric scale that holds all values; 1 if all are zero."""
    return max(float(np.abs(as_array(value)).max(initial=0.0)) for value in values) or 1.0


def plain_number(value: float, decimals: int = 2) -> str:
    """Write a number, a whole one without decimals, with a minus of full width; never minus 0."""
    value = round(float(value), decimals) + 0.0
    return (f"{value:,.0f}" if value.is_integer() else f"{value:.{decimals}f}").replace("-", "−")


def formatted(value: float, form: str) -> str:
    """Write a number in a form of ``str.format``, with a minus of full width; never minus 0."""
    text = form.format(value)
    return (text if text.strip("+-0.,") else form.format(0.0)).replace("-", "−")


def capitalized(text: str) -> str:
    """Return a text with its first letter as a capital; the others stay, unlike in Python's."""
    return text[:1].upper() + text[1:]


def shape_text(shape: Iterable[int]) -> str:
    """Write a shape: ``32 × 28 × 28``."""
    return " × ".join(f"{side:,}" for side in shape)


def label_and_values(column: str, values: Values) -> tuple[str, np.ndarray]:
    """Return the axis label and the values of a column; accuracies become percentages."""
    words, values = column.replace("_", " "), as_array(values)
    return (f"{words} (%)", 100 * values) if column.endswith("accuracy") else (words, values)


def percentages(
    table: pd.DataFrame, value: str = "accuracy"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a column of fractions and the columns ``low`` and ``high``, in percent."""
    return tuple(100 * table[[value, "low", "high"]].to_numpy(float).T)


def errors_in_10000(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the column ``accuracy`` and its interval as errors in 10,000 images.

    None is below half an error, which a logarithmic axis can still show.
    """
    ends = table[["accuracy", "high", "low"]].to_numpy(float).T
    return tuple(np.maximum(10_000 * (1 - ends), 0.5))
