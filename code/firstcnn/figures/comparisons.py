"""Networks side by side: accuracies and differences with their intervals, over seeds and images."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from firstcnn.figures.axes import (
    OVER_BOTH,
    annotate,
    center_text,
    colorbar_below,
    draw_bars,
    draw_interval_lines,
    draw_interval_rows,
    frame,
    log_axis,
    subplots,
    ticks_at_values,
    without_frame,
)
from firstcnn.figures.style import GREY, SMALL, house_style, signed_scale, text_color_on
from firstcnn.figures.values import errors_in_10000, formatted, largest_magnitude, percentages
from firstcnn.statistics import UNDECIDED

if TYPE_CHECKING:
    import pandas as pd


@house_style
def comparison(table: pd.DataFrame) -> Figure:
    """Show networks in parameters, accuracy and time, a panel each, one below the other.

    ``table`` has the columns name, parameters, accuracy, low and high (fractions; the interval),
    milliseconds.
    """
    figure, (parameters, accuracy, time) = subplots(3 * (0.8 + 0.42 * len(table)), 3)
    draw_bars(parameters, table["name"], table["parameters"], "parameters")
    draw_interval_rows(accuracy, table["name"], *percentages(table))
    accuracy.set_xlabel("accuracy (%)\n95 % interval")
    label = "time for one image (milliseconds)"
    draw_bars(time, table["name"], table["milliseconds"], label, form="{:.2f}")
    return figure


@house_style
def accuracy_rows(table: pd.DataFrame) -> Figure:
    """Show `firstcnn.experiments.intervals`: a row a ``case``, its accuracy and its interval."""
    figure, axes = subplots(1.1 + 0.5 * len(table))
    draw_interval_rows(axes, list(table["case"]), *percentages(table))
    axes.set_xlabel(f"accuracy (%)\n{OVER_BOTH}")
    return figure


@house_style
def difference_rows(table: pd.DataFrame) -> Figure:
    """Show `firstcnn.experiments.differences`: a row a ``case``, in percentage points.

    What was not shown different, by the column ``verdict``, is drawn hollow.
    """
    figure, axes = subplots(1.3 + 0.5 * len(table))
    axes.axvline(0, color=GREY, linewidth=1)
    hollow = np.flatnonzero(table["verdict"] == UNDECIDED)
    columns = percentages(table, "difference")
    draw_interval_rows(axes, list(table["case"]), *columns, "{:+.2f}", hollow)
    note = f"\nhollow: {UNDECIDED}" if len(hollow) else ""
    axes.set_xlabel(f"difference in accuracy (percentage points)\n{OVER_BOTH}{note}")
    return figure


@house_style
def accuracy_lines(
    table: pd.DataFrame, x: str, group: str | None = None, x_label: str | None = None
) -> Figure:
    """Show `firstcnn.experiments.intervals` against a column of numbers on a logarithmic axis.

    Parameters
    ----------
    table : DataFrame
        With the columns ``x``, ``accuracy``, ``low``, ``high`` and, if given, ``group``.
    x : str
        Column of positive numbers.
    group : str, optional
        A column whose values each get a line and a label of their own; the lines stand a little
        apart.
    x_label : str, optional
        What to write at the x axis; the name of the column if not given.
    """
    figure, axes = subplots(4.2)
    draw_interval_lines(axes, table, x, group, _apart)
    log_axis(axes, "x", x_label or x.replace("_", " "))
    ticks_at_values(axes, table[x])
    return figure


@house_style
def error_lines(table: pd.DataFrame, x: str, group: str, x_label: str | None = None) -> Figure:
    """Show `firstcnn.experiments.intervals` as errors in 10,000 images, both axes logarithmic: a
    step down is a factor, and a straight line keeps its factor.

    Parameters
    ----------
    table, x, group, x_label
        As for `accuracy_lines`; ``group`` is needed.
    """
    figure, axes = subplots(4.8)
    log_axis(axes, "y", "errors in 10,000 images", subs=(1, 2, 5))
    log_axis(axes, "x", x_label or x.replace("_", " "))
    label = f"{axes.get_ylabel()}\n{OVER_BOTH}"
    draw_interval_lines(axes, table, x, group, _apart, errors_in_10000)
    axes.set_ylabel(label)
    ticks_at_values(axes, table[x])
    return figure


def _apart(places: pd.Series, steps: float) -> pd.Series:
    return places * 1.03**steps


@house_style
def effect_grid(
    table: pd.DataFrame, columns: str, framed: Mapping[str, str] = MappingProxyType({})
) -> Figure:
    """Show differences in percentage points with their intervals: a row a ``case``.

    What was shown different is bold.

    Parameters
    ----------
    table : DataFrame
        Rows of `firstcnn.experiments.differences`, with one more column that ``columns`` names.
    columns : str
        The column whose values each get a column of the grid.
    framed : dict of str to str
        Cells to point out: case to column.
    """
    names, heads = list(dict.fromkeys(table["case"])), list(dict.fromkeys(table[columns]))
    cells = table.set_index(["case", columns])
    values = 100 * np.array(
        [[cells.loc[(name, head), "difference"] for head in heads] for name in names]
    )
    figure, axes = subplots(1.3 + 0.75 * len(names))
    picture = axes.imshow(values, aspect="auto", **signed_scale(largest_magnitude(values)))
    for (row, column), value in np.ndenumerate(values):
        cell = cells.loc[(names[row], heads[column])]
        color = text_color_on(picture.cmap, picture.norm(value))
        weight = "normal" if cell["verdict"] == UNDECIDED else "bold"
        look = {"color": color, "weight": weight, "fontsize": SMALL}
        center_text(axes, column, row, _difference_text(cell), **look)
        if framed.get(names[row]) == heads[column]:
            frame(axes, column - 0.46, row - 0.44, 0.92, 0.88, "black", 1.5)
    axes.set_xticks(range(len(heads)), heads)
    axes.set_yticks(range(len(names)), names)
    annotate(axes, f"{columns.replace('_', ' ')} →", (-0.5, -0.5), (-4, 6), ha="right")
    without_frame(axes, top=True, labeltop=True, bottom=False, labelbottom=False)
    label = "difference in accuracy (percentage points)\nwith its 95 % interval; bold: without 0"
    colorbar_below(figure, picture, axes, label)
    return figure


def _difference_text(row: pd.Series) -> str:
    value, low, high = (
        formatted(100 * row[name], "{:+.2f}") for name in ("difference", "low", "high")
    )
    return f"{value}\n{low} to\n{high}"
