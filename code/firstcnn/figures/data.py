"""Digits, how their pixels and measures spread, and what augmentation makes of them."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from firstcnn.figures.axes import (
    annotate,
    colorbar_below,
    draw_columns,
    frame,
    log_axis,
    show_image,
    subplots,
)
from firstcnn.figures.sheets import digit_sheet, draw_sheet, row_of, row_width
from firstcnn.figures.style import MAGENTA, PALE_SLATE, SETS, SLATE, SMALL, WIDTH, house_style
from firstcnn.figures.values import (
    Values,
    as_array,
    image_stack,
    one_image,
    plain_number,
    unit_scale,
)


@house_style
def digits(
    images: Values,
    labels: Values | None = None,
    columns: int = 10,
    titles: Sequence[str] | None = None,
) -> Figure:
    """Show digits in a grid.

    Parameters
    ----------
    images : (N, 28, 28) or (N, 1, 28, 28)
        uint8, or floats from 0 to 1.
    labels : (N,), optional
        Written above the digits.
    columns : int
        Digits in a row.
    titles : sequence of str, optional
        Written above the digits instead of their labels.

    Raises
    ------
    ValueError
        If there is not one label or title for each image, or if the images are normalised.
    """
    images = image_stack(images)
    if titles is None:
        titles = [] if labels is None else [str(label) for label in as_array(labels).tolist()]
    if titles and len(titles) != len(images):
        raise ValueError(
            f"Got {len(titles)} labels or titles for {len(images)} images; expected one for each."
        )
    return digit_sheet(images, columns, titles)


@house_style
def image_pair(left: Values, right: Values, titles: tuple[str, str] = ("", "")) -> Figure:
    """Show two digits (28, 28), uint8 or 0 to 1, side by side under their titles."""
    return digit_sheet(
        np.stack([unit_scale(one_image(image)) for image in (left, right)]), 2, titles
    )


def permuted(image: Values, permuted_image: Values) -> Figure:
    """Show a digit (28, 28) beside itself with all pixels moved by one fixed permutation."""
    return image_pair(image, permuted_image, ("pixels in place", "pixels permuted"))


@house_style
def class_counts(train_labels: Values, test_labels: Values) -> Figure:
    """Show how many images of each class are in the training set, and below in the test set.

    Labels are (N,), whole numbers from 0 to 9.
    """
    figure, (train, test) = subplots(5, 2)
    for axes, labels, name in ((train, train_labels, "training"), (test, test_labels, "test")):
        counts = np.bincount(as_array(labels), minlength=10)
        draw_columns(axes, counts, [f"{count:,}" for count in counts], SETS[name])
        axes.set(xlabel="digit", ylabel=f"{name} images")
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    return figure


@house_style
def intensity_histogram(images: Values) -> Figure:
    """Count the pixels of all images (N, 28, 28), uint8, by value, on a logarithmic scale.

    The share of exact zeros stands beside their bar.
    """
    counts = torch.bincount(torch.as_tensor(images).flatten(), minlength=256).numpy()
    figure, axes = subplots(3.6)
    axes.bar(range(256), counts, width=1.0, color=PALE_SLATE)
    axes.bar(0, counts[0], width=3.0, color=SLATE)
    share = f"{100 * counts[0] / counts.sum():.1f} % of all pixels are exactly 0"
    annotate(axes, share, (2, counts[0]), (10, -8), ha="left", color=SLATE)
    axes.set_xlabel("pixel value (0 black, 255 white)")
    log_axis(axes, "y", "pixels")
    axes.set(xlim=(-4, 258), xticks=(0, 64, 128, 192, 255))
    axes.set_ylim(top=counts.max() * 3)
    return figure


@house_style
def before_after_normalisation(image: Values, mean: float, std: float) -> Figure:
    """Show a digit (28, 28) before and after ``(value - mean) / std``, and how its pixels spread.

    ``mean`` and ``std`` are those of pixels from 0 to 1.
    """
    raw = unit_scale(one_image(image))
    figure = Figure(figsize=(WIDTH, 5.8))
    panels = figure.subplot_mosaic(
        [["raw", "normalised"], ["both", "both"]], height_ratios=(1.25, 1)
    )
    for name, shift, scale, color in (("raw", 0.0, 1.0, SLATE), ("normalised", mean, std, MAGENTA)):
        values, low, high = (raw - shift) / scale, (0 - shift) / scale, (1 - shift) / scale
        picture = show_image(panels[name], values, name, vmin=low, vmax=high)
        label = f"{name} value (its own scale)"
        bar = colorbar_below(figure, picture, panels[name], label, shrink=0.9, aspect=20)
        ticks = [low, (low + high) / 2, high]
        bar.set_ticks(ticks, labels=[plain_number(tick) for tick in ticks])
        _outline(panels["both"], values, (low, high), name, color)
    panels["both"].set_xlabel("value")
    log_axis(panels["both"], "y", "pixels")
    return figure


def _outline(
    axes: Axes, values: np.ndarray, ends: tuple[float, float], name: str, color: str
) -> None:
    """Draw the outline of a histogram between two ends, and its name above the right one."""
    axes.hist(values.ravel(), bins=24, range=ends, histtype="step", color=color, linewidth=2)
    place = {"transform": axes.get_xaxis_transform(), "ha": "right", "fontsize": SMALL}
    axes.text(ends[1], 1.0, name, color=color, **place)


@house_style
def distributions(measures: Mapping[str, Values]) -> Figure:
    """Show how measures of images spread: a histogram, the median and the middle 90 % of each.

    ``measures`` maps a name with its unit, ``"slant (degrees)"``, to values (N,); NaN (no ink) is
    left out.
    """
    figure, panels = subplots(2.0 * len(measures), len(measures), squeeze=False)
    for axes, (name, values) in zip(panels.flat, measures.items(), strict=True):
        values = as_array(values).astype(float)
        _histogram(axes, values[np.isfinite(values)])
        axes.set(xlabel=name, ylabel="images")
    return figure


def _histogram(axes: Axes, values: np.ndarray) -> None:
    """Draw a histogram with median and middle 90 %; whole numbers have a bar each."""
    whole = (values == values.round()).all()
    bins = np.arange(values.min(), values.max() + 2) - 0.5 if whole else 40
    axes.hist(values, bins=bins, color=PALE_SLATE)
    low, median, high = np.quantile(values, (0.05, 0.5, 0.95))
    axes.axvline(median, color=SLATE)
    axes.axvspan(low, high, ymax=0.06, color=SLATE)
    middle, ends = plain_number(median, 1), [plain_number(end, 1) for end in (low, high)]
    note = f"median: {middle}\nmiddle 90 %:\n{' to '.join(ends)}"
    place = {"transform": axes.transAxes, "va": "center", "fontsize": SMALL}
    axes.text(1.01, 0.5, note, color=SLATE, **place)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


@house_style
def augmented(images: Values, labels: Values) -> Figure:
    """Show images (R, V, 28, 28) in R rows of one digit each, the originals first and framed.

    Parameters
    ----------
    images : (R, V, 28, 28)
        uint8, or floats from 0 to 1: an original and V - 1 augmented versions in a row.
    labels : (R,)
        Written above the rows.
    """
    images = unit_scale(images)
    names = [str(label) for label in as_array(labels).tolist()]
    names[0] += ": original, then changed at random"
    rows = [row_of(versions, [name]) for versions, name in zip(images, names, strict=True)]
    figure, axes = draw_sheet(rows, row_width(images.shape[1]))
    for picture in axes.images[:: images.shape[1]]:
        left, right, bottom, top = picture.get_extent()
        frame(axes, left, top, right - left, bottom - top)
    return figure


@house_style
def padding_order(right: Values, wrong: Values) -> Figure:
    """Show a digit warped and then normalised, beside one normalised and then warped.

    Both are normalised images (28, 28), on one scale that ends at 1: so the paper, below zero, and
    the padding of the warp, zero, can be told apart.
    """
    figure, panels = subplots(4.2, 1, 2)
    low = min(float(image.min()) for image in (right, wrong))
    for axes, image, title in zip(
        panels, (right, wrong), ("warp, then normalise", "normalise, then warp"), strict=True
    ):
        picture = show_image(axes, image, title, vmin=low, vmax=1)
    bar = colorbar_below(
        figure, picture, panels, "normalised value (white from 1 up)", extend="max"
    )
    bar.set_ticks([low, 0, 0.5, 1], labels=[plain_number(low), "0", "0.5", "1"])
    return figure
