"""What figures draw on their axes: images, bars, points with intervals, frames, and texts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from firstcnn.figures.style import (
    DIGIT,
    GREY,
    NETWORKS,
    ORANGE,
    PALE_GREY,
    PALE_SLATE,
    PARTS,
    SERIES,
    SIGNED,
    SMALL,
    WIDTH,
    Look,
    look_of,
    text_color_on,
)
from firstcnn.figures.values import (
    Values,
    capitalized,
    formatted,
    one_image,
    percentages,
    plain_number,
)

if TYPE_CHECKING:
    import pandas as pd

OVER_BOTH = "95 % interval over seeds and images"


def subplots(height: float, rows: int = 1, columns: int = 1, **options) -> tuple:
    """Return a figure of full width, ``height`` inches high, and its axes."""
    figure = Figure(figsize=(WIDTH, height))
    return figure, figure.subplots(rows, columns, **options)


def annotate(
    axes: Axes, text: str, point: tuple[float, float], offset: tuple[float, float], **options
) -> None:
    """Write small text at a point of the data, moved by ``offset`` points; centred by default."""
    options = {"ha": "center", "fontsize": SMALL} | options
    axes.annotate(text, point, offset, textcoords="offset points", **options)


def center_text(axes: Axes, x: float, y: float, text: str, **options) -> None:
    """Write text with its middle at a point of the data."""
    axes.text(x, y, text, ha="center", va="center", **options)


def right_of_rows(axes: Axes, x: float, y: float, text: str, **options) -> None:
    """Write small text at ``x`` in widths of the axes and at ``y`` of the data."""
    options = {"va": "center", "fontsize": SMALL} | options
    axes.text(x, y, text, transform=axes.get_yaxis_transform(), **options)


def frame(
    axes: Axes,
    left: float,
    top: float,
    width: float,
    height: float,
    color: str = ORANGE,
    line: float = 2.5,
    linestyle: str = "-",
) -> None:
    """Draw a frame around a rectangle given by its upper left corner; ``line`` is in points."""
    box = Rectangle(
        (left, top), width, height, fill=False, edgecolor=color, linewidth=line, clip_on=False
    )
    box.set_linestyle(linestyle)
    axes.add_patch(box).set_zorder(3)


def blank_axes(axes: Axes, width: float, height: float) -> None:
    """Give an axes ``width`` by ``height`` square units, y down, without frame or ticks."""
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.set_axis_off()


def without_frame(axes: Axes, **ticks) -> None:
    """Take the lines around a chart away and leave the labels; ``ticks`` as for `tick_params`."""
    axes.tick_params(length=0, **ticks)
    axes.spines[:].set_visible(False)


def show_image(axes: Axes, image: Values, title: str = "", **shown) -> AxesImage:
    """Show one image, a digit on its fixed scale unless ``shown`` says otherwise.

    Signed values get a hairline around them, since their zero is as white as the paper.
    """
    plane = one_image(image)
    picture = axes.imshow(plane, **({"cmap": DIGIT, "vmin": 0, "vmax": 1} | shown))
    axes.set_axis_off()
    axes.set_title(capitalized(title))
    if picture.cmap.name == SIGNED.name:
        frame(axes, -0.5, -0.5, plane.shape[1], plane.shape[0], PALE_SLATE, 0.5)
    return picture


def show_matrix(axes: Axes, matrix: np.ndarray, title: str, **shown) -> None:
    """Draw a matrix (H, W) as coloured cells with their numbers; ``shown`` as for `show_image`."""
    picture = show_image(axes, matrix, title, **shown)
    for (row, column), value in np.ndenumerate(matrix):
        color = text_color_on(picture.cmap, picture.norm(value))
        center_text(axes, column, row, plain_number(value), color=color, fontsize=SMALL)
        frame(axes, column - 0.5, row - 0.5, 1, 1, PALE_GREY, 0.8)
    frame(axes, -0.5, -0.5, *matrix.shape[::-1], GREY, 2)


def colorbar_below(
    figure: Figure, mappable: ScalarMappable, axes, label: str, **options
) -> Colorbar:
    """Put a colour bar below one or more axes."""
    options = {"shrink": 0.7, "aspect": 35, "ticks": MaxNLocator(5, steps=[1, 2, 5, 10])} | options
    return figure.colorbar(
        mappable, ax=axes, orientation="horizontal", label=label, panchor=False, **options
    )


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Write names at the rows 0, 1, … of a chart, the first on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def draw_bars(
    axes: Axes,
    names: Sequence[str],
    values: Values,
    label: str,
    color: Sequence[str] = (),
    form: str = "{:,.0f}",
) -> None:
    """Draw horizontal bars from zero with their numbers, the first name on top.

    Without ``color``, a bar has the colour of the network or the part that its name holds.
    """
    fixed = {network: look[0] for network, look in NETWORKS.items()} | PARTS
    own = [next((fixed[key] for key in fixed if key in name.lower()), PALE_SLATE) for name in names]
    bars = axes.barh(range(len(names)), values, color=color or own, height=0.7)
    axes.bar_label(bars, [form.format(value) for value in values], padding=3, fontsize=SMALL)
    name_rows(axes, names)
    axes.set(xlabel=label, xlim=(0, max(values) * 1.25))
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))


def draw_columns(axes: Axes, values: Values, numbers: Sequence[str], color) -> None:
    """Draw vertical bars at 0, 1, …, each with its number."""
    bars = axes.bar(range(len(values)), values, color=color)
    axes.bar_label(bars, numbers, padding=2, fontsize=SMALL)
    axes.margins(x=0.01, y=0.14)
    axes.set_xticks(range(len(values)))


def log_axis(axes: Axes, which: str, label: str, subs: Sequence[float] = (1,)) -> None:
    """Make the axis "x" or "y" logarithmic, with plain numbers, and say so in its label.

    ``subs`` are the multiples of each power of ten that get a number.
    """
    label = f"{label[:-1]}, log scale)" if label.endswith(")") else f"{label} (log scale)"
    axes.set(**{f"{which}scale": "log", f"{which}label": label})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    axis.set_minor_formatter(NullFormatter())


def ticks_at_values(axes: Axes, values: Values) -> None:
    """Write at the x axis the values that occur, and nothing between them."""
    axes.set_xticks(places := sorted(set(values)), [f"{place:,g}" for place in places])
    axes.minorticks_off()


def draw_estimates(
    axes: Axes,
    x: Values,
    y: Values,
    reach: Values,
    along: str = "y",
    look: Look = SERIES[0],
    **options,
) -> None:
    """Draw points (N,) with their intervals, which reach (2, N), down and up, along "x" or "y"."""
    color, marker, line = look
    options = {"linestyle": line, "capsize": 4, f"{along}err": np.clip(reach, 0, None)} | options
    axes.errorbar(x, y, color=color, marker=marker, **options)


def draw_interval_rows(
    axes: Axes,
    names: Sequence[str],
    values: Values,
    lows: Values,
    highs: Values,
    form: str = "{:.2f}",
    hollow: Collection[int] = (),
) -> None:
    """Draw numbers (N,) with their intervals, a row a name, and write them at the right end.

    The first is on top. ``hollow`` holds the rows whose point is not filled.
    """
    for row, (name, value, low, high) in enumerate(zip(names, values, lows, highs, strict=True)):
        color, marker, _ = look_of(name)
        fill = {"markerfacecolor": "white" if row in hollow else color}
        reach = [[value - low], [high - value]]
        draw_estimates(axes, value, row, reach, "x", (color, marker, ""), **fill)
        right_of_rows(axes, 1.01, row, formatted(value, form), color=color)
    name_rows(axes, names)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.margins(x=0.04)
    axes.grid(axis="x")


def draw_runs(axes: Axes, x: Values, y: Values, look: Look) -> None:
    """Draw single runs: small and pale."""
    axes.plot(x, y, look[1], color=look[0], alpha=0.4, markersize=5, markeredgewidth=0)


def draw_interval_lines(
    axes: Axes,
    table: pd.DataFrame,
    x: str,
    group: str | None,
    apart: Callable[[Values, float], Values],
    measure: Callable[[pd.DataFrame], Sequence[np.ndarray]] = percentages,
) -> None:
    """Draw accuracies with their intervals against a column, a named line a value of ``group``.

    ``apart(places, steps)`` moves a line so many steps to the right, so that bars do not hide each
    other. ``measure(rows)`` gives what is drawn: values and the lower and upper ends of their
    intervals.
    """
    ends, lines = [], list(table.groupby(group, sort=False) if group else [("", table)])
    for index, (name, rows) in enumerate(lines):
        rows, look = rows.sort_values(x), look_of(name, index)
        values, lows, highs = measure(rows)
        places = apart(rows[x], index - (len(lines) - 1) / 2)
        draw_estimates(axes, places, values, (values - lows, highs - values), look=look)
        text = f"{name} {group}" if name in ("with", "without") else str(name)
        ends.append((text, values[-1], look[0]))
    axes.set_ylabel(f"accuracy (%)\n{OVER_BOTH}")
    axes.grid(axis="y")
    if group:
        name_line_ends(axes, ends)


def name_line_ends(axes: Axes, ends: Sequence[tuple[str, float, str]]) -> None:
    """Write (name, last y, colour) of lines to the right, moved apart where they would touch."""
    axes.autoscale_view()
    to_axes = axes.transData - axes.transAxes
    heights = [to_axes.transform((axes.get_xlim()[1], y))[1] for _, y, _ in ends]
    # About so high, in inches: the layout is made later.
    inches = axes.figure.get_figheight() / axes.get_gridspec().nrows - 0.7
    placed = _spread(np.sort(heights), SMALL * 1.3 / 72 / inches)
    for index, height in zip(np.argsort(heights), placed, strict=True):
        name, _, color = ends[index]
        place = {"transform": axes.transAxes, "va": "center", "fontsize": SMALL}
        axes.text(1.02, height, name, color=color, **place)


def _spread(heights: np.ndarray, step: float) -> np.ndarray:
    """Move increasing heights apart, neighbours half each, until about ``step`` lies between."""
    placed = heights.copy()
    for _ in range(50):
        overlap = np.clip(step - np.diff(placed), 0, None) / 2
        placed[:-1] -= overlap
        placed[1:] += overlap
    return placed
