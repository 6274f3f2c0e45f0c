"""What a network is made of, and what its layers do to numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle, pairwise, product
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle
from matplotlib.patheffects import withStroke

from firstcnn.figures.axes import (
    annotate,
    blank_axes,
    center_text,
    colorbar_below,
    draw_bars,
    draw_columns,
    frame,
    log_axis,
    name_rows,
    show_image,
    subplots,
    without_frame,
)
from firstcnn.figures.style import (
    BLUE,
    GREY,
    MAGENTA,
    NETWORKS,
    ON_BLACK,
    ORANGE,
    PALE_GREY,
    PALE_SLATE,
    PARTS,
    SLATE,
    SMALL,
    TEXT,
    WIDTH,
    house_style,
    signed_scale,
)
from firstcnn.figures.values import (
    Values,
    as_array,
    formatted,
    largest_magnitude,
    one_image,
    shape_text,
    unit_scale,
)

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 512  # values of a vector in one row of `architecture`


@house_style
def parameter_growth(sides: Sequence[int], parameters: Sequence[int]) -> Figure:
    """Show the parameters of a dense network by the side of its square input, on two log axes."""
    figure, axes = subplots(4.2)
    color, marker, line = NETWORKS["dense"]
    axes.plot(sides, parameters, marker=marker, linestyle=line, color=color)
    for side, count in zip(sides, parameters, strict=True):
        annotate(axes, f"{count:,}", (side, count), (-8, 6), ha="right")
    log_axis(axes, "x", "side of the image (pixels)")
    log_axis(axes, "y", "parameters of a dense network")
    axes.set_xlim(min(sides) / (max(sides) / min(sides)) ** 0.35, max(sides) * 1.15)
    axes.set_ylim(min(parameters) / 2, max(parameters) * 2.5)
    axes.set_xticks(sides, [f"{side:,}" for side in sides])
    axes.minorticks_off()
    return figure


@house_style
def parameters_by_tensor(table: pd.DataFrame) -> Figure:
    """Show `firstcnn.layers.parameter_table` as bars on one linear scale, and each part's share."""
    figure, axes = subplots(0.8 + 0.2 * len(table))
    colors = [PARTS.get(part, GREY) for part in table["part"]]
    draw_bars(axes, table["name"], table["parameters"], "parameters", colors)
    totals = table.groupby("part", sort=False)["parameters"].sum()
    for line, (part, total) in enumerate(totals.items()):
        share = f"{part}: {total:,} ({100 * total / totals.sum():.2f} %)"
        place = {"xycoords": "axes fraction", "ha": "right", "va": "top"}
        annotate(axes, share, (1, 1), (0, -20 * line), color=PARTS.get(part, GREY), **place)
    return figure


@house_style
def named_bars(values: Mapping[str, float], label: str, form: str = "{:,.1f}") -> Figure:
    """Show ``{name: number}`` as bars on one linear scale.

    ``label`` names the numbers with their unit; ``form`` writes them, as for ``str.format``.
    """
    figure, axes = subplots(0.9 + 0.4 * len(values))
    draw_bars(axes, list(values), list(values.values()), label, form=form)
    return figure


def parameter_totals(totals: Mapping[str, int]) -> Figure:
    """Show the parameters of several networks, ``{name: count}``, as bars on one linear scale."""
    return named_bars(totals, "parameters", "{:,.0f}")


@house_style
def architecture(table: pd.DataFrame, input_shape: tuple[int, ...] = (1, 28, 28)) -> Figure:
    """Draw the shapes that data takes through a network, from top to bottom, all to one scale.

    Channels run to the right, pixels down and, at a slant, back. A vector is a bar as long as it
    has values, broken into rows of 512.

    Parameters
    ----------
    table : DataFrame
        Of `firstcnn.layers.layer_table`: ``name`` and ``output_shape``, without the batch, in order
        of execution.
    input_shape : tuple of int
        Of one image (C, H, W).
    """
    width = LONGEST + 28  # units: pixels, channels, values
    line = TEXT * 1.5 / 72 * width / WIDTH
    figure = Figure()
    axes = figure.subplots()
    stages = _stages(table, input_shape)
    beside = 8 + max(shape[0] + 0.4 * shape[2] for _, shape in stages if len(shape) == 3)
    y = 0.0
    for names, shape in stages:
        values = f" = {np.prod(shape):,}" if len(shape) > 1 else ""
        text = f"{', '.join(names)}: {shape_text(shape)}{values} values"
        if len(shape) == 3:
            high = _draw_block(axes, y, shape, PARTS["convolution"] if y else SLATE)
            axes.text(beside, y + max(high, line) / 2, text, va="center")
            y += max(high, line) + 5
        else:
            axes.text(0, y + line * 0.8, text, va="bottom")
            y += line + _draw_vector(axes, y + line, shape[0]) + 9
    _draw_scale(axes, y + 14)
    figure.set_size_inches(WIDTH, WIDTH * (y + 30) / width)
    blank_axes(axes, width, y + 30)
    axes.set_xlim(-4, width - 4)
    return figure


def _stages(
    table: pd.DataFrame, input_shape: tuple[int, ...]
) -> list[tuple[list[str], tuple[int, ...]]]:
    """Return the shapes that data takes, each with the names of the layers that return it."""
    stages = [(["input"], tuple(input_shape))]
    for name, shape in zip(table["name"], table["output_shape"], strict=True):
        if tuple(shape) == stages[-1][1]:
            stages[-1][0].append(name)
        else:
            stages.append(([name], tuple(shape)))
    return stages


def _draw_block(axes: Axes, top: float, shape: tuple[int, int, int], color: str) -> float:
    """Draw a stage (C, H, W) as a block, C wide, H high, W deep; return the height drawn."""
    width, height, deep = shape[0], shape[1], 0.4 * shape[2]
    front, low = top + deep, top + deep + height
    faces = {
        0.2: [(0, front), (deep, top), (width + deep, top), (width, front)],
        0.6: [(width, front), (width + deep, top), (width + deep, top + height), (width, low)],
        0.4: [(0, front), (width, front), (width, low), (0, low)],
    }
    for shade, corners in faces.items():
        fill = np.add(1 - shade, shade * np.array(to_rgb(color)))
        edge = {"edgecolor": color, "linewidth": 0.8, "joinstyle": "round"}
        axes.add_patch(Polygon(corners, facecolor=fill, **edge))
    return height + deep


def _draw_vector(axes: Axes, top: float, length: int) -> float:
    """Draw a vector as a bar one unit high, in rows if it is long; return the height drawn."""
    starts = range(0, length, LONGEST)
    look = {"facecolor": ORANGE, "edgecolor": ORANGE, "linewidth": 1}
    for row, start in enumerate(starts):
        axes.add_patch(Rectangle((0, top + 3 * row), min(LONGEST, length - start), 1, **look))
    return 3 * len(starts) - 2


def _draw_scale(axes: Axes, y: float) -> None:
    """Draw the scale of `architecture`, and what it measures."""
    axes.plot([0, 0, 100, 100], [y - 4, y, y, y - 4], color=GREY, linewidth=1.2)
    key = (
        "100 channels (width of a block), pixels (its height; depth\nis foreshortened) or values"
        " (length of a bar)"
    )
    axes.text(108, y, key, va="center", color=GREY, fontsize=SMALL)


@house_style
def receptive_field(digit: Values, boxes: Mapping[str, int]) -> Figure:
    """Show on a digit (28, 28) what one value of each layer can see, around the pixel (14, 14).

    Parameters
    ----------
    digit : (28, 28)
        uint8 or 0 to 1.
    boxes : dict of str to int
        Layer and side of its receptive field in pixels. Where it reaches beyond the digit, padding
        is grey; an even side reaches one pixel further up and left.
    """
    figure, axes = subplots(2.7)
    ordered = sorted(boxes.items(), key=lambda box: -box[1])
    starts = [14 - side // 2 - 0.5 for _, side in ordered]
    low = min([-0.5, *starts])
    high = max([27.5, *(start + side for start, (_, side) in zip(starts, ordered, strict=True))])
    axes.add_patch(Rectangle((low, low), high - low, high - low, facecolor=GREY, zorder=-1))
    show_image(axes, unit_scale(one_image(digit)))
    edge = [withStroke(linewidth=3, foreground="black")]
    for index, ((name, side), start) in enumerate(zip(ordered, starts, strict=True)):
        color = ON_BLACK[index % len(ON_BLACK)]
        frame(axes, start, start, side, side, color, 2)
        height = low + (high - low) * (index + 0.5) / len(ordered)
        points = [start + side, high + 1, high + 2], [start, height, height]
        axes.plot(*points, color=color, linewidth=1.5, clip_on=False, path_effects=edge)
        text = f"{name}: {side} × {side} pixels"
        axes.text(high + 2.6, height, text, va="center", fontsize=SMALL)
    axes.set(xlim=(low, high), ylim=(high, low), anchor="W")
    return figure


@house_style
def dropout_masks(values: Values, dropped: Values) -> Figure:
    """Show activations (M,) and what dropout leaves of them in K draws (K, M).

    A cross marks what a draw dropped; what was zero before has none.
    """
    rows = np.vstack([as_array(values)[None], as_array(dropped)])  # (1 + K, M)
    count, units = rows.shape
    figure, axes = subplots(1.6 + 0.42 * count)
    picture = axes.imshow(rows, aspect="auto", **signed_scale(largest_magnitude(rows)))
    cells = {"color": PALE_GREY, "linewidth": 0.8, "clip_on": False}
    axes.vlines(np.arange(units + 1) - 0.5, -0.5, count - 0.5, **cells)
    axes.hlines(np.arange(count - 1) + 0.5, -0.5, units - 0.5, color="white", linewidth=5)
    row, unit = np.nonzero((rows == 0) & (rows[:1] != 0))
    axes.plot(unit, row, "x", color=GREY, markersize=7, markeredgewidth=1.5)
    axes.set_yticks(range(count), ["all", *(f"draw {draw}" for draw in range(1, count))])
    axes.set(xlabel="unit", xticks=[])
    without_frame(axes)
    colorbar_below(figure, picture, axes, "activation (zero is white; × dropped)")
    return figure


@house_style
def batch_norm_effect(before: Values, after: Values, channels: int = 4) -> Figure:
    """Show how the first channels of values (N, C) or (N, C, H, W) spread around batch norm.

    The white tick is the mean, the thick line one standard deviation to each side; the thin line
    holds 98 % of the values.
    """
    figure, panels = subplots(4.6, 2, sharex=True)
    sides = ((before, "before", MAGENTA), (after, "after", SLATE))
    for axes, (values, name, color) in zip(panels, sides, strict=True):
        flat = np.moveaxis(as_array(values[:, :channels]), 1, 0)
        flat = flat.reshape(len(flat), -1)  # (channels, values)
        low, high = np.quantile(flat, (0.01, 0.99), axis=1)
        mean, deviation = flat.mean(axis=1), flat.std(axis=1)
        axes.hlines(range(len(flat)), low, high, color=color, linewidth=1.5)
        axes.hlines(range(len(flat)), mean - deviation, mean + deviation, color=color, linewidth=9)
        axes.plot(mean, range(len(flat)), "|", color="white", markeredgewidth=2, markersize=7)
        axes.axvline(0, color=GREY, linewidth=0.8, zorder=0)
        name_rows(axes, [f"channel {channel + 1}" for channel in range(len(flat))])
        axes.set_ylabel(f"{name} batch norm")
    panels[1].set_xlabel("value\n(white: mean; thick: ± standard deviation; thin: middle 98 %)")
    return figure


@house_style
def softmax_bars(
    logits: Values, probabilities: Values, labels: Sequence[str] | None = None
) -> Figure:
    """Show the K logits of one image above the K probabilities that softmax makes of them.

    The largest is dark. ``labels`` are K names of classes, their numbers if not given.
    """
    figure, panels = subplots(2.6, 2, sharex=True)
    sides = ((logits, "logit", "{:.2f}"), (probabilities, "probability", "{:.3f}"))
    for axes, (values, name, form) in zip(panels, sides, strict=True):
        values = as_array(values).ravel()
        numbers = [formatted(value, form) for value in values]
        colors = [SLATE if value == values.max() else PALE_SLATE for value in values]
        draw_columns(axes, values, numbers, colors)
        axes.margins(y=0.25)
        axes.axhline(0, color="black", linewidth=0.8)
        axes.set_ylabel(name)
        axes.set_xticks(range(len(values)), labels or range(len(values)))
    panels[1].set(xlabel="class", ylim=(0, 1.15))
    return figure


@house_style
def dense_network(layers: Mapping[str, int]) -> Figure:
    """Show a small dense network, ``{name: size}`` from left to right: squares for inputs, circles
    for units.

    A line is a weight; the plus sign in a unit stands for the bias that it adds.
    """
    figure, axes = subplots(0.7 * max(layers.values()) + 0.9)
    blank_axes(axes, WIDTH, 0.7 * max(layers.values()) + 0.5)
    middle, across = 0.35 * max(layers.values()), WIDTH / len(layers)
    places = [
        [((column + 0.5) * across, middle + 0.7 * (row - (size - 1) / 2)) for row in range(size)]
        for column, size in enumerate(layers.values())
    ]
    for (before, after), color in zip(pairwise(places), cycle((BLUE, ORANGE)), strict=False):
        for start, end in product(before, after):
            axes.plot(*zip(start, end, strict=True), color=color)
    for column, (name, size) in enumerate(layers.items()):
        for place in places[column]:
            _draw_unit(axes, *place, is_input=column == 0)
        center_text(axes, places[column][0][0], 2 * middle + 0.3, f"{size} {name}")
    return figure


def _draw_unit(axes: Axes, x: float, y: float, is_input: bool) -> None:
    shape = Rectangle((x - 0.2, y - 0.2), 0.4, 0.4) if is_input else Circle((x, y), 0.24)
    shape.set(facecolor="white", edgecolor="black", linewidth=1.5, zorder=3)
    axes.add_patch(shape)
    if not is_input:
        center_text(axes, x, y, "+", zorder=4)
