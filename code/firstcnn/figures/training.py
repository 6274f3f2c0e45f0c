"""How a network learns: the descent, its curves, what settings and time make of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from firstcnn.figures.axes import (
    draw_estimates,
    draw_runs,
    log_axis,
    name_line_ends,
    right_of_rows,
    subplots,
    ticks_at_values,
)
from firstcnn.figures.style import GREY, SERIES, SETS, Look, house_style, look_of
from firstcnn.figures.values import Values, as_array, label_and_values
from firstcnn.statistics import mean_interval

if TYPE_CHECKING:
    import pandas as pd
    from pandas.api.typing import SeriesGroupBy

    from firstcnn.training import History


@house_style
def descent(curve: tuple[Values, Values], paths: Mapping[str, tuple[Values, Values]]) -> Figure:
    """Show the loss over one weight, and paths: an arrow from each of their points to the next.

    ``curve`` and each path are weights (N,) and losses (N,).
    """
    figure, axes = subplots(2.4)
    axes.plot(*map(as_array, curve), color=GREY)
    ends = []
    for (name, path), (color, marker, line) in zip(paths.items(), SERIES, strict=False):
        points = list(zip(*map(as_array, path), strict=True))
        axes.plot(*map(as_array, path), marker, color=color)
        for start, end in pairwise(points):
            arrow = {"arrowstyle": "->", "color": color, "linestyle": line, "linewidth": 1.8}
            axes.annotate("", end, start, arrowprops=arrow)
        ends.append((name, float(points[-1][1]), color))
    axes.set(xlabel="weight", ylabel="loss")
    axes.grid(axis="y")
    name_line_ends(axes, ends)
    return figure


@house_style
def training_curves(history: History) -> Figure:
    """Show the loss of each step and of validation each epoch, above the accuracy of each epoch."""
    figure, (loss, accuracy) = subplots(3.5, 2, sharex=True)
    epochs = np.arange(1, len(history.validation_loss) + 1)
    steps = np.linspace(0, epochs[-1], len(history.step_loss) + 1)[1:]
    train, validation = SETS["training"], SETS["validation"]
    loss.plot(steps, history.step_loss, color=train, alpha=0.6, linewidth=0.9)
    loss.plot(epochs, history.validation_loss, "s--", color=validation)
    log_axis(loss, "y", "loss")
    accuracy.plot(epochs, 100 * as_array(history.train_accuracy), "o-", color=train)
    accuracy.plot(epochs, 100 * as_array(history.validation_accuracy), "s--", color=validation)
    accuracy.grid(axis="y")
    accuracy.set(xlabel="epoch", ylabel="accuracy (%)", xlim=(0, epochs[-1] * 1.03))
    accuracy.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ends = float(np.median(history.step_loss[-20:])), history.validation_loss[-1]
    names = ("training step", "validation")
    name_line_ends(loss, list(zip(names, ends, (train, validation), strict=True)))
    ends = 100 * history.train_accuracy[-1], 100 * history.validation_accuracy[-1]
    names = ("training", "validation")
    name_line_ends(accuracy, list(zip(names, ends, (train, validation), strict=True)))
    return figure


@house_style
def loss_curves(losses: Mapping[str, Values], over: int = 10) -> Figure:
    """Show the losses of several trainings by name, each (steps,), pale, with a line through the
    mean of the last steps.

    The axis is logarithmic where a loss of a training that stays positive ends 20 times as high as
    another.

    Parameters
    ----------
    losses : mapping of str to Tensor (steps,)
    over : int
        How many steps a mean is taken over.
    """
    figure, axes = subplots(2.6)
    ends = []
    for (name, values), (color, _, line) in zip(losses.items(), SERIES, strict=False):
        values = as_array(values)
        means = np.convolve(values, np.ones(over) / over, mode="valid")
        axes.plot(np.arange(1, len(values) + 1), values, color=color, alpha=0.3, linewidth=0.8)
        axes.plot(np.arange(over, len(values) + 1), means, color=color, linestyle=line)
        ends.append((name, float(means[-1]), color))
    lowest, highest = min(end for _, end, _ in ends), max(end for _, end, _ in ends)
    axes.set(xlabel="step", ylabel="loss")
    if min(as_array(values).min() for values in losses.values()) > 0 and highest > 20 * lowest:
        log_axis(axes, "y", "loss")
    axes.grid(axis="y")
    name_line_ends(axes, ends)
    return figure


@house_style
def sweep(
    table: pd.DataFrame,
    x: str,
    y: str = "validation_accuracy",
    log_x: bool = True,
    x_label: str | None = None,
    group: str | None = None,
) -> Figure:
    """Show a measured sweep: a pale mark a run, a line through the means, and their 95 % intervals.

    The intervals are Student's, over seeds; of a single seed there is none.

    Parameters
    ----------
    table : DataFrame
        Tidy, a row a run, as of `firstcnn.experiments.sweep`, with the columns ``x``, ``y`` and, if
        given, ``group``.
    x, y : str
        Columns of numbers; one whose name ends in "accuracy" is shown in percent.
    log_x : bool
        Whether the x axis is logarithmic.
    x_label : str, optional
        What to write at the x axis; the name of the column if not given.
    group : str, optional
        A column whose values each get a line and a label of their own.
    """
    figure, axes = subplots(4.2)
    label, heights = label_and_values(y, table[y])
    table, ends = table.assign(height=heights), []
    limits = (0, 100) if label.endswith("(%)") else (-np.inf, np.inf)
    lines = table.groupby(group, sort=False) if group else [("", table)]
    for index, (name, runs) in enumerate(lines):
        look = look_of(name, index)
        draw_runs(axes, runs[x], runs["height"], look)
        last = _draw_means(axes, runs.groupby(x)["height"], limits, look)
        ends.append((str(name), last, look[0]))
    axes.set(xlabel=x_label or x.replace("_", " "), ylabel=label)
    if log_x:
        log_axis(axes, "x", axes.get_xlabel())
    note = _seeds_note(table.groupby([x, group] if group else x).size())
    axes.set_xlabel(f"{axes.get_xlabel()}\n{note}")
    ticks_at_values(axes, table[x])
    axes.grid(axis="y")
    if group:
        name_line_ends(axes, ends)
    return figure


def _draw_means(
    axes: Axes, heights: SeriesGroupBy, limits: tuple[float, float], look: Look
) -> float:
    """Draw a line through the means of values by their place, with intervals; return the last."""
    means = heights.mean()
    reach = [_reach(values.to_numpy(), limits) for _, values in heights]
    draw_estimates(axes, means.index, means, np.transpose(reach), look=look)
    return means.iloc[-1]


def _reach(values: np.ndarray, limits: tuple[float, float]) -> tuple[float, float]:
    """Return how far the interval of the mean of values (N,) reaches down and up, within limits.

    With two or three seeds, the interval of a share is often wider than a share can be.
    """
    low, high = np.clip(mean_interval(values), *limits)
    return values.mean() - low, high - values.mean()


def _seeds_note(counts: Iterable[int]) -> str:
    """Say how many seeds stand behind each mean, and what the bars are."""
    low, high = min(counts := list(counts)), max(counts)
    seeds = ("1 seed" if low == 1 else f"{low} seeds") if low == high else f"{low} to {high} seeds"
    bars = "no interval" if high == 1 else "pale; bars: 95 % interval of the mean"
    return f"({seeds} each, {bars})"


@house_style
def time_and_accuracy(table: pd.DataFrame, goals: Sequence[float]) -> Figure:
    """Show how good networks became against the time that their training took, a line a network.

    Parameters
    ----------
    table : DataFrame
        A row a run, with the columns ``network``, ``epochs``, ``seconds`` and ``accuracy``. A pale
        mark is a run; the line joins the medians over the runs of each number of epochs.
    goals : sequence of float
        Accuracies to mark by horizontal lines.
    """
    figure, axes = subplots(4.6)
    ends = []
    for index, (name, runs) in enumerate(table.groupby("network", sort=False)):
        color, marker, line = look = look_of(name, index)
        medians = runs.groupby("epochs")[["seconds", "accuracy"]].median()
        seconds, accuracy = medians["seconds"], 100 * medians["accuracy"]
        axes.plot(seconds, accuracy, marker=marker, linestyle=line, color=color)
        draw_runs(axes, runs["seconds"], 100 * runs["accuracy"], look)
        ends.append((name, accuracy.iloc[-1], color))
    for goal in goals:
        axes.axhline(100 * goal, color=GREY, linewidth=1, linestyle=":")
        right_of_rows(axes, 0.01, 100 * goal, f"{100 * goal:g} %", va="bottom", color=GREY)
    log_axis(axes, "x", "training time (s)", subs=(1, 2, 5))
    axes.set_ylabel("validation accuracy (%)")
    name_line_ends(axes, ends)
    return figure
