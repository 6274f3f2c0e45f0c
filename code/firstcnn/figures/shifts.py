"""What networks read of digits that are not in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from firstcnn.figures.axes import (
    annotate,
    colorbar_below,
    draw_interval_lines,
    subplots,
)
from firstcnn.figures.style import GREY, READABLE, SMALL, house_style
from firstcnn.figures.values import Values, as_array, one_image, plain_number, unit_scale

if TYPE_CHECKING:
    import pandas as pd

GOAL = 90  # percent of the digits: "reads 9 of 10"
INK = "#E8701A"


@house_style
def shift_bands(table: pd.DataFrame, crop_begins: int) -> Figure:
    """Show `firstcnn.experiments.intervals` of several networks against how far digits are shifted.

    Parameters
    ----------
    table : DataFrame
        With the columns ``case``, ``shift`` (pixels), ``accuracy``, ``low``, ``high``.
    crop_begins : int
        The shift from which digits begin to leave the image; marked by a vertical line.
    """
    figure, axes = subplots(4.4)
    draw_interval_lines(axes, table, "shift", "case", lambda places, steps: places + 0.1 * steps)
    axes.axvline(crop_begins, color=GREY, linewidth=1)
    place = {"xycoords": axes.get_xaxis_transform(), "color": GREY}
    annotate(axes, "from here digits are cropped", (crop_begins, 1), (0, 3), **place)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("shift (pixels)")
    return figure


@house_style
def reading_map(
    maps: Mapping[str, Values], shifts: Sequence[int], digit: Values, intact: int | None = None
) -> Figure:
    """Show where on the paper networks can read a digit: a map of shifts for each, two a row.

    Between the shifts that were measured, the colours and the line at 90 % are interpolated,
    without overshoot.

    Parameters
    ----------
    maps : dict of str to (S, S)
        Accuracies as fractions: a row for each shift down, a column for each shift right.
    shifts : sequence of int
        The S shifts in pixels, increasing; negative ones are up and left.
    digit : (28, 28)
        uint8 or 0 to 1; drawn to the scale of the map, where it lies unshifted.
    intact : int, optional
        The largest shift, right or down, by which no digit loses ink; marked by a dotted square.

    Raises
    ------
    ValueError
        If a map does not have one accuracy for each pair of shifts.
    """
    rows = -(-len(maps) // 2)
    figure, panels = subplots(1.2 + 3.3 * rows, rows, 2, sharex=True, sharey=True, squeeze=False)
    ink = unit_scale(one_image(digit))
    for axes, (name, accuracies) in zip(panels.flat, maps.items(), strict=False):
        percent = _percent_of_shifts(name, accuracies, len(shifts))
        picture = _draw_map(axes, percent, shifts, ink)
        _head_map(axes, name, percent)
        if intact is not None:
            square = Rectangle((-intact, -intact), 2 * intact, 2 * intact, fill=False)
            square.set(linestyle=":", edgecolor=GREY)
            axes.add_patch(square)
    for axes in panels.flat[len(maps) :]:
        axes.set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel("shift down (pixels)")
    for axes in panels[-1]:
        axes.set_xlabel("shift right (pixels)")
    dots = "" if intact is None else "; inside the dots none loses ink"
    _colorbar_of_maps(figure, picture, panels, f"orange: a digit in place, to scale{dots}")
    return figure


def _percent_of_shifts(name: str, accuracies: Values, side: int) -> np.ndarray:
    percent = 100 * as_array(accuracies).astype(float)
    if percent.shape != (side, side):
        raise ValueError(
            f"The map of {name!r} has shape {percent.shape}; expected {(side, side)}, a row for"
            " each shift down and a column for each shift right."
        )
    return percent


def _head_map(axes: Axes, name: str, percent: np.ndarray) -> None:
    """Write above a map whose it is, and at how many shifts 9 of 10 digits are read."""
    reads = (percent.round(3) >= GOAL).sum()  # float32: 0.9 is a little less than 90 %
    axes.set_title(name, pad=20, weight="bold")
    text = f"reads 9 of 10 at {reads} of {percent.size} shifts"
    annotate(axes, text, (0.5, 1), (0, 6), xycoords="axes fraction")


def _colorbar_of_maps(figure: Figure, picture: AxesImage, panels: np.ndarray, key: str) -> Colorbar:
    ticks, label = [10, 30, 50, 70, GOAL, 100], f"digits read (%)\n{key}"
    bar = colorbar_below(figure, picture, panels, label, ticks=ticks, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.axvline(GOAL, color="black", linewidth=1.6)
    return bar


def _draw_map(axes: Axes, percent: np.ndarray, shifts: Sequence[int], ink: np.ndarray) -> AxesImage:
    """Draw accuracies (S, S) over the plane of shifts, the line at 90 %, and the ink (28, 28)."""
    from scipy.interpolate import PchipInterpolator  # a second, which no other figure needs

    fine = np.linspace(shifts[0], shifts[-1], 241)
    down = PchipInterpolator(shifts, percent, axis=0)(fine)  # (241, S)
    smooth = PchipInterpolator(shifts, down, axis=1)(fine)  # (241, 241)
    edges = (shifts[0], shifts[-1], shifts[-1], shifts[0])
    scale = {"cmap": READABLE, "vmin": 10, "vmax": 100}
    picture = axes.imshow(smooth, extent=edges, interpolation="bilinear", **scale)
    across = np.arange(28) - 13.5  # pixels from the middle of the paper
    axes.contourf(across, across, ink, levels=[0.5, 1.1], colors=[INK], alpha=0.12)
    axes.contour(across, across, ink, levels=[0.5], colors=[INK], linewidths=1.2)
    if smooth.min() < GOAL < smooth.max():
        line = axes.contour(fine, fine, smooth, levels=[GOAL], colors="black", linewidths=1.8)
        _label_contour(axes, np.concatenate(line.allsegs[0]), shifts[-1], ink)
    ticks = [shift for shift in shifts if shift % 6 == 0]
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks, [plain_number(tick) for tick in ticks])
    axes.set(xlim=edges[:2], ylim=edges[2:])
    axes.spines[:].set_visible(False)
    return picture


def _label_contour(axes: Axes, points: np.ndarray, edge: int, ink: np.ndarray) -> None:
    """Write "90 %" beside a contour of points (N, 2), outside of it.

    Of the four ends of the contour it stands at the one where it lies within ``edge`` pixels and
    covers the least ink (28, 28).
    """
    half = np.array([2.6, 1.2])  # of the text's width and height, in pixels of the digit
    directions = np.array([(0, 1), (0, -1), (-1, 0), (1, 0)])  # down, up, left, right
    extremes = [points[(points @ direction).argmax()] for direction in directions]
    places = extremes + directions * (half + 0.4)

    def cost(place: np.ndarray) -> float:
        left, top = np.maximum((place - half + 14).astype(int), 0)
        right, bottom = np.ceil(place + half + 14).astype(int)
        beyond = (np.abs(place) + half > edge).any()
        return 1e6 * beyond + ink[top:bottom, left:right].sum()

    x, y = min(places, key=cost)
    text = axes.text(x, y, f"{GOAL} %", ha="center", va="center", fontsize=SMALL, color="white")
    text.set_path_effects([withStroke(linewidth=2.2, foreground="#0B2A48")])
