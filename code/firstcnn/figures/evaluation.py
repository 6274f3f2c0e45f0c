"""How good a network is: its accuracy with intervals, its errors, and how sure it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from firstcnn.figures.axes import (
    center_text,
    draw_estimates,
    draw_interval_rows,
    log_axis,
    subplots,
    without_frame,
)
from firstcnn.figures.sheets import digit_sheet
from firstcnn.figures.style import ERRORS, GREY, PALE_SLATE, SMALL, house_style, text_color_on
from firstcnn.figures.values import Values, as_array, image_stack, largest_magnitude
from firstcnn.statistics import wilson_interval

if TYPE_CHECKING:
    import pandas as pd

    from firstcnn.evaluation import Proportion


@house_style
def confusion(matrix: Values) -> Figure:
    """Show the counts of a confusion matrix (K, K), rows true.

    The diagonal is grey, and errors are coloured up to the largest of them: they stand out.
    """
    counts = as_array(matrix)
    errors = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    figure, axes = subplots(4.0)
    picture = axes.imshow(errors, cmap=ERRORS, vmin=0, vmax=largest_magnitude(errors))
    for (row, column), count in np.ndenumerate(counts):
        color = text_color_on(ERRORS, picture.norm(count))
        if row == column:
            axes.add_patch(Rectangle((row - 0.5, row - 0.5), 1, 1, facecolor="#ECECEC"))
            color = GREY
        text = f"{count:,}" if count else ""
        center_text(axes, column, row, text, color=color, fontsize=SMALL)
    note = "(images; grey: right, orange: wrong, the darker the more)"
    axes.set(xlabel=f"predicted digit\n{note}", ylabel="true digit")
    axes.set(xticks=range(len(counts)), yticks=range(len(counts)))
    without_frame(axes)
    return figure


@house_style
def digits_with_errors(
    images: Values, labels: Values, predicted: Values, confidence: Values, columns: int = 5
) -> Figure:
    """Show digits (N, 28, 28) with what they are, what a network said, and how sure it was.

    ``labels``, ``predicted`` and ``confidence``, from 0 to 1, are (N,).
    """
    said_of_each = (as_array(column).tolist() for column in (labels, predicted, confidence))
    titles = [
        f"true {label}\nsaid {said}, {100 * sure:.0f} %"
        for label, said, sure in zip(*said_of_each, strict=True)
    ]
    return digit_sheet(image_stack(images), columns, titles)


@house_style
def calibration(table: pd.DataFrame) -> Figure:
    """Show accuracy by confidence with 95 % Wilson intervals, above the number of images.

    ``table`` is one of `firstcnn.evaluation.calibration`; the empty bins have no point.
    """
    figure, (upper, lower) = subplots(6.2, 2, sharex=True, height_ratios=(2, 1))
    _draw_reliability(upper, table[table["count"] > 0])
    _draw_counts(lower, table)
    return figure


def _draw_reliability(axes: Axes, bins: pd.DataFrame) -> None:
    axes.plot([0, 100], [0, 100], color=GREY, linewidth=1, linestyle="--")
    axes.text(99, 3, "dashed: accuracy = confidence", color=GREY, ha="right", fontsize=SMALL)
    right = (bins["accuracy"] * bins["count"]).round().astype(int)
    ends = [wilson_interval(*row) for row in zip(right, bins["count"], strict=True)]
    lows, highs = 100 * np.transpose(ends)
    values = 100 * bins["accuracy"].to_numpy()
    reach = (values - lows, highs - values)
    draw_estimates(axes, 100 * bins["confidence"], values, reach, linestyle="")
    axes.set(ylabel="accuracy (%)\n95 % Wilson interval", xlim=(0, 102), ylim=(-3, 103))
    axes.grid(axis="y")


def _draw_counts(axes: Axes, bins: pd.DataFrame) -> None:
    edges, widths = 100 * bins["low"], 100 * (bins["high"] - bins["low"])
    look = {"align": "edge", "color": PALE_SLATE, "edgecolor": "white"}
    bars = axes.bar(edges, bins["count"], widths, **look)
    numbers = [f"{count:,}" if count else "" for count in bins["count"]]
    axes.bar_label(bars, numbers, padding=2, fontsize=SMALL)
    log_axis(axes, "y", "images")
    axes.set_xlabel("confidence of the prediction (%)")
    axes.set_ylim(0.7, bins["count"].max() * 6)


@house_style
def accuracy_intervals(names: Sequence[str], proportions: Sequence[Proportion]) -> Figure:
    """Show accuracies, `firstcnn.evaluation.Proportion`, with their intervals, a row a name."""
    figure, axes = subplots(1.0 + 0.5 * len(names))
    shares = [(share.value, share.low, share.high) for share in proportions]
    draw_interval_rows(axes, names, *(100 * np.array(shares).T))
    axes.set_xlabel("accuracy (%)\n95 % Wilson interval")
    return figure
