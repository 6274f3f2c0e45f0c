"""The book's figures: every function takes data and returns a ``matplotlib.figure.Figure``.

One hand throughout. Digits are shown as MNIST stores them, white ink on black, on a fixed scale. Signed
values go from blue (negative) through white (zero, always) to orange (positive) on symmetric limits; the blue
end is the darker one, so that the two signs differ in grey print as well. Series are told apart by colour
(after Okabe and Ito, https://jfly.uni-koeln.de/color/), by marker and by a label beside them. Figures are at
most 6.4 inches wide and no text is smaller than 10 points.

The figures are built without pyplot: nothing is shown twice, and the reader's own matplotlib settings neither
change the figures nor are changed by them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import matplotlib.style
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Polygon, Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator, StrMethodFormatter
from scipy import stats

if TYPE_CHECKING:
    import pandas as pd

    from firstcnn.evaluation import Proportion
    from firstcnn.training import History

Values = torch.Tensor | np.ndarray | Sequence[float]

WIDTH = 6.4  # inches, of the widest figure
TEXT, SMALL = 12, 10.5  # points

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#B84E00", "#00785A", "#9A4C7C", "#5A5A5A"
PALE_BLUE, PALE_GREY = "#9CCBE6", "#D9D9D9"
SERIES = ((BLUE, "o", "-"), (ORANGE, "s", "--"), (GREEN, "^", "-."), (PURPLE, "D", ":"), (GREY, "v", "-"))

DIGIT = matplotlib.colormaps["gray"].with_extremes(bad="white")
SIGNED = LinearSegmentedColormap.from_list(
    "blue-white-orange", ["#003E73", "#5AA5D6", "#FFFFFF", "#F3A65A", "#C65200"]
)
ERRORS = LinearSegmentedColormap.from_list("white-orange", ["#FFFFFF", "#F3A65A", "#C65200"])

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": TEXT,
    "axes.labelsize": TEXT,
    "axes.titlesize": TEXT,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "figure.figsize": (WIDTH, 4.0),
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "axes.facecolor": "white",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "image.interpolation": "nearest",
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
}


# ----------------------------------------------------------------------------------------------------
# What the figures share
# ----------------------------------------------------------------------------------------------------


def _house_style(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Draw in the book's style, whatever style the reader has set, and leave the reader's as it was."""

    @functools.wraps(draw)
    def styled(*args, **kwargs) -> Figure:
        with matplotlib.style.context(["default", STYLE]):
            figure = draw(*args, **kwargs)
            figure.draw_without_rendering()  # ticks are made when first drawn: make them in this style
        return figure

    return styled


def _array(values: Values) -> np.ndarray:
    """Return a tensor, array or sequence as a NumPy array."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        return (values.float() if values.is_floating_point() else values).numpy()
    return np.asarray(values)


def _plane(image: Values) -> np.ndarray:
    """Return one image of shape (H, W), whatever axes of length one it came with."""
    plane = _array(image)
    plane = plane.reshape([side for side in plane.shape[:-2] if side != 1] + list(plane.shape[-2:]))
    if plane.ndim != 2:
        raise ValueError(
            f"Got an image of shape {tuple(_array(image).shape)}; expected one (H, W). Pick one image first."
        )
    return plane


def _unit(images: Values) -> np.ndarray:
    """Return digits on the scale from 0 to 1, given as uint8 or as floats from 0 to 1.

    Raises
    ------
    ValueError
        If floats leave that scale, as normalised images do: cut off they would look like other digits.
    """
    pixels = _array(images)
    if pixels.dtype.kind in "ui":
        return pixels / 255.0
    if pixels.size and (pixels.min() < -1e-3 or pixels.max() > 1 + 1e-3):
        raise ValueError(
            f"Pixel values run from {pixels.min():.2f} to {pixels.max():.2f}; expected 0 to 1, or uint8. "
            "Undo the normalisation (values * std + mean), or clamp what noise has added."
        )
    return pixels


def _limit(*values: Values) -> float:
    """Return the largest magnitude in the values, the limit of a symmetric scale; 1 if all are zero."""
    return max(float(np.abs(_array(value)).max(initial=0.0)) for value in values) or 1.0


def _signed(limit: float) -> dict:
    """Return the arguments of ``imshow`` for signed values up to ``limit``."""
    return {"cmap": SIGNED, "vmin": -limit, "vmax": limit}


def _number(value: float) -> str:
    """Write a number: whole ones without decimals, others with two; never minus zero, a minus of full width."""
    value = round(float(value), 2) + 0.0
    return (f"{value:.0f}" if value.is_integer() else f"{value:.2f}").replace("-", "−")


def _times(shape: Iterable[int]) -> str:
    """Write a shape: ``32 × 28 × 28``."""
    return " × ".join(f"{side:,}" for side in shape)


def _words(name: str) -> str:
    """Turn the name of a column into words."""
    return name.replace("_", " ")


def _percent(name: str, values: Values) -> tuple[str, np.ndarray]:
    """Return the axis label and the values of a column; accuracies become percentages."""
    scale = 100.0 if name.endswith("accuracy") else 1.0
    return _words(name) + (" (%)" if scale > 1 else ""), _array(values) * scale


def _text_on(cmap: Colormap, level: float) -> str:
    """Return black or white, whichever is read better on the colour of a level between 0 and 1."""
    red, green, blue, _ = cmap(float(level))
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else "black"


def _bare(axes: Axes, width: float, height: float) -> None:
    """Give an axes ``width`` by ``height`` square units (y down), without frame or ticks."""
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.set_axis_off()


def _picture(axes: Axes, image: Values, title: str = "", **shown) -> AxesImage:
    """Show one image without ticks; a digit on its fixed scale unless ``shown`` says otherwise."""
    plane = _plane(image)
    picture = axes.imshow(plane, **({"cmap": DIGIT, "vmin": 0, "vmax": 1} | shown))
    axes.set_axis_off()
    axes.set_title(title)
    _frame(axes, -0.5, -0.5, plane.shape[1], plane.shape[0], PALE_GREY, 0.8)
    return picture


GAP = 0.08  # between tiles, in tiles


class _Tile(NamedTuple):
    """A picture on a sheet, as wide as one tile: its left edge in tiles, and arguments of ``imshow``."""

    image: np.ndarray
    left: float
    shown: Mapping = MappingProxyType({"cmap": DIGIT, "vmin": 0, "vmax": 1})


class _Row(NamedTuple):
    """A row of a sheet: its tiles, and what is written above them: (x in tiles, text, horizontal alignment)."""

    tiles: Sequence[_Tile]
    texts: Sequence[tuple[float, str, str]] = ()


def _place(index: int) -> float:
    """Return the left edge of the tile with this index in its row, in tiles."""
    return index * (1 + GAP)


def _across(columns: int) -> float:
    """Return the width of a row of tiles, in tiles."""
    return _place(columns) - GAP


def _sheet(
    rows: Sequence[_Row], width: float, inches: float = WIDTH, tile_height: float = 1.0
) -> tuple[Figure, Axes]:
    """Draw rows of tiles and text on one bare axes, ``width`` tiles wide, y down."""
    line = TEXT * 1.45 / 72 * width / inches  # height of a line of text, in tiles
    figure = Figure()
    axes = figure.subplots()
    bottom = 0.0
    for row in rows:
        top = bottom + line * max((text.count("\n") + 1 for _, text, _ in row.texts), default=0)
        for x, text, alignment in row.texts:
            axes.text(x, top - line / 5, text, ha=alignment, va="bottom", linespacing=1.15)
        for tile in row.tiles:
            axes.imshow(tile.image, extent=(tile.left, tile.left + 1, top + tile_height, top), **tile.shown)
            _frame(axes, tile.left, top, 1, tile_height, PALE_GREY, 0.8)
        bottom = top + (tile_height + GAP if row.tiles else 0)
    figure.set_size_inches(inches, inches * bottom / width)
    _bare(axes, width, bottom)
    return figure, axes


def _frame(
    axes: Axes, left: float, top: float, width: float, height: float, color: str = ORANGE, line: float = 2.5
) -> None:
    """Draw a frame around a rectangle given by its upper left corner."""
    box = Rectangle(
        (left, top), width, height, fill=False, edgecolor=color, linewidth=line, clip_on=False, zorder=3
    )
    axes.add_patch(box)


def _tiles(images: np.ndarray, columns: int, titles: Sequence[str] | None = None) -> Figure:
    """Lay out digits (N, H, W) in rows of ``columns``, each with its title of one or more lines above it."""
    columns = min(columns, len(images))
    rows = []
    for start in range(0, len(images), columns):
        tiles = [_Tile(image, _place(place)) for place, image in enumerate(images[start : start + columns])]
        names = titles[start : start + columns] if titles else ()
        rows.append(
            _Row(tiles, [(tile.left + 0.5, name, "center") for tile, name in zip(tiles, names, strict=False)])
        )
    return _sheet(rows, _across(columns), min(WIDTH, 1.6 * columns))[0]


def _bar(figure: Figure, mappable: ScalarMappable, axes, label: str, **options) -> Colorbar:
    """Put a colour bar below one or more axes, which stay where they are."""
    bar = figure.colorbar(
        mappable, ax=axes, orientation="horizontal", label=label, shrink=0.7, aspect=35, panchor=False, **options
    )
    bar.locator = MaxNLocator(5)
    return bar


def _scale_below(figure: Figure, axes, limit: float, label: str) -> None:
    """Put the colour bar of signed values below the axes."""
    mappable = ScalarMappable(Normalize(-limit, limit), SIGNED)
    figure.set_figheight(figure.get_figheight() + 0.75)  # for the bar: the sheet keeps its own height
    _bar(figure, mappable, axes, label)


def _cells(axes: Axes, matrix: np.ndarray, title: str, size: float = SMALL, **shown) -> None:
    """Draw a small matrix as coloured cells with their numbers."""
    picture = _picture(axes, matrix, title, **shown)
    for (row, column), value in np.ndenumerate(matrix):
        color = _text_on(picture.cmap, picture.norm(value))
        axes.text(column, row, _number(value), ha="center", va="center", color=color, fontsize=size)
    height, width = matrix.shape
    for line in range(1, height):
        axes.axhline(line - 0.5, color=PALE_GREY, linewidth=0.8)
    for line in range(1, width):
        axes.axvline(line - 0.5, color=PALE_GREY, linewidth=0.8)
    _frame(axes, -0.5, -0.5, width, height, GREY)


def _bars(axes: Axes, names: Sequence[str], values: Values, color=BLUE, form: str = "{:,.0f}") -> None:
    """Draw horizontal bars from zero, first name on top, each with its number at its end."""
    values = _array(values)
    places = np.arange(len(names))
    bars = axes.barh(places, values, color=color, height=0.7)
    axes.bar_label(bars, [form.format(value) for value in values], padding=3, fontsize=SMALL)
    axes.set_yticks(places, names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, values.max() * 1.25)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.tick_params(axis="y", length=0)


def _intervals(axes: Axes, names: Sequence[str], values: Values, lows: Values, highs: Values) -> None:
    """Draw fractions as percentages: a dot, its interval and its number, a row a name, the first name on top."""
    values, lows, highs = (100 * _array(column) for column in (values, lows, highs))
    places = np.arange(len(names))
    axes.errorbar(values, places, xerr=(values - lows, highs - values), fmt="o", color=BLUE, capsize=4)
    for place, value in zip(places, values, strict=True):
        axes.annotate(
            f"{value:.2f}", (value, place), (0, 7), textcoords="offset points", ha="center", fontsize=SMALL
        )
    axes.set_yticks(places, names)
    axes.set_ylim(len(names) - 0.5, -0.8)
    axes.margins(x=0.1)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")


def _label_ends(axes: Axes, ends: Sequence[tuple[str, float, str]], inches: float) -> None:
    """Write the names of lines to the right of the axes, each at its line's end, apart where they would touch.

    ``ends`` holds (name of one line, last y, colour); ``inches`` is about how high the axes are.
    """
    axes.autoscale_view()
    heights = [
        axes.transAxes.inverted().transform(axes.transData.transform((axes.get_xlim()[1], y)))[1]
        for _, y, _ in ends
    ]
    step = TEXT * 1.3 / 72 / inches
    order = np.argsort(heights)
    placed = np.sort(heights)
    for _ in range(50):  # push neighbours apart, half each
        overlap = np.clip(step - np.diff(placed), 0, None) / 2
        placed[:-1] -= overlap
        placed[1:] += overlap
    for index, height in zip(order, placed, strict=True):
        name, _, color = ends[index]
        axes.text(1.02, height, name, transform=axes.transAxes, color=color, va="center")


# ----------------------------------------------------------------------------------------------------
# The data
# ----------------------------------------------------------------------------------------------------


@_house_style
def digits(
    images: Values, labels: Values | None = None, columns: int = 10, titles: Sequence[str] | None = None
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
    """
    images = _unit(images)
    images = images.reshape(-1, *images.shape[-2:])
    if titles is None and labels is not None:
        titles = [str(label) for label in _array(labels).tolist()]
    if titles is not None and len(titles) != len(images):
        raise ValueError(
            f"Got {len(titles)} titles or labels for {len(images)} images; expected one for each."
        )
    return _tiles(images, columns, titles)


@_house_style
def class_counts(train_labels: Values, test_labels: Values) -> Figure:
    """Show how many images each class has in the training and in the test set, given the labels (N,) of each."""
    figure = Figure(figsize=(WIDTH, 5))
    for axes, labels, name in zip(
        figure.subplots(2), (train_labels, test_labels), ("training", "test"), strict=True
    ):
        counts = np.bincount(_array(labels), minlength=10)
        bars = axes.bar(np.arange(len(counts)), counts, color=BLUE if name == "training" else PALE_BLUE)
        axes.bar_label(bars, [f"{count:,}" for count in counts], padding=2, fontsize=SMALL)
        axes.set(xlabel="digit", ylabel=f"{name} images", xticks=np.arange(len(counts)))
        axes.margins(x=0.01, y=0.12)
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    return figure


@_house_style
def intensity_histogram(images: Values) -> Figure:
    """Count the pixels of all images (N, 28, 28), uint8, by value; the bar of exact zeros says their share."""
    pixels = torch.as_tensor(images).flatten()
    counts = torch.bincount(pixels, minlength=256).numpy()
    figure = Figure(figsize=(WIDTH, 3.6))
    axes = figure.subplots()
    axes.bar(np.arange(256), counts, width=1.0, color=BLUE)
    axes.bar([0], counts[:1], width=3.0, color=ORANGE)
    axes.annotate(
        f"{counts[0] / counts.sum():.1%} of all pixels are exactly 0",
        (2, counts[0]),
        (10, -4),
        textcoords="offset points",
        color=ORANGE,
        va="center",
    )
    axes.set(
        yscale="log", xlabel="pixel value (0 black, 255 white)", ylabel="pixels (log scale)", xlim=(-4, 258)
    )
    axes.set_xticks([0, 64, 128, 192, 255])
    axes.set_ylim(top=counts.max() * 3)
    return figure


@_house_style
def before_after_normalisation(image: Values, mean: float, std: float) -> Figure:
    """Show one digit (28, 28) before and after ``(value - mean) / std``, and how its pixels are distributed."""
    raw = _unit(_plane(image))
    normalised = (raw - mean) / std
    figure = Figure(figsize=(WIDTH, 5.8))
    panels = figure.subplot_mosaic([["raw", "normalised"], ["values", "values"]], height_ratios=(1.25, 1))
    ends = {"raw": (0.0, 1.0), "normalised": (-mean / std, (1 - mean) / std)}
    for (name, (low, high)), values, color in zip(
        ends.items(), (raw, normalised), (BLUE, ORANGE), strict=True
    ):
        picture = _picture(panels[name], values, name, vmin=low, vmax=high)
        bar = figure.colorbar(
            picture, ax=panels[name], orientation="horizontal", ticks=[low, (low + high) / 2, high]
        )
        bar.ax.set_xticklabels([_number(round(tick, 2)) for tick in bar.get_ticks()])
        bar.set_label(f"{name} value (its own scale)")
        panels["values"].hist(
            values.ravel(), bins=24, range=(low, high), histtype="step", color=color, linewidth=2
        )
    panels["values"].set(yscale="log", xlabel="value", ylabel="pixels (log scale)")
    panels["values"].text(
        0.9, 0.93, "raw", color=BLUE, transform=panels["values"].get_xaxis_transform(), ha="right"
    )
    panels["values"].text(
        ends["normalised"][1],
        0.93,
        "normalised",
        color=ORANGE,
        transform=panels["values"].get_xaxis_transform(),
        ha="right",
    )
    return figure


@_house_style
def distributions(measures: Mapping[str, Values]) -> Figure:
    """Show how measures of images spread, one histogram each, with the median and the range of the middle 90 %.

    ``measures`` maps a name with its unit, ``"slant (degrees)"``, to values (N,); NaN (no ink) is left out.
    """
    figure = Figure(figsize=(WIDTH, 2.0 * len(measures)))
    for axes, (name, values) in zip(
        np.atleast_1d(figure.subplots(len(measures))), measures.items(), strict=True
    ):
        values = _array(values).astype(float)
        values = values[np.isfinite(values)]
        low, median, high = np.quantile(values, (0.05, 0.5, 0.95))
        axes.hist(values, bins=min(40, max(len(np.unique(values)), 2)), color=PALE_BLUE)
        axes.axvline(median, color=BLUE)
        axes.axvspan(low, high, ymax=0.06, color=BLUE)
        note = f"median {_number(round(median, 1))}\n90 % from {_number(round(low, 1))}\nto {_number(round(high, 1))}"
        axes.text(1.01, 0.5, note, transform=axes.transAxes, va="center", color=BLUE, fontsize=SMALL)
        axes.set(xlabel=name, ylabel="images")
    return figure


@_house_style
def parameter_growth(sides: Sequence[int], parameters: Sequence[int]) -> Figure:
    """Show the parameters of a dense network against the side of its square input image, on two log axes."""
    figure = Figure(figsize=(WIDTH, 4.2))
    axes = figure.subplots()
    axes.plot(sides, parameters, "o-", color=BLUE)
    for side, count in zip(sides, parameters, strict=True):
        axes.annotate(f"{count:,}", (side, count), (-8, 6), textcoords="offset points", ha="right")
    axes.set(xscale="log", yscale="log", xlabel="side of the image (pixels)", ylabel="parameters")
    axes.set_xlim(min(sides) / (max(sides) / min(sides)) ** 0.35, max(sides) * 1.15)
    axes.set_ylim(min(parameters) / 2, max(parameters) * 2.5)
    axes.set_xticks(sides, [str(side) for side in sides])
    axes.minorticks_off()
    axes.grid(axis="y")
    return figure


@_house_style
def image_pair(left: Values, right: Values, titles: tuple[str, str] = ("", "")) -> Figure:
    """Show two digits (28, 28) side by side under their titles."""
    figure = Figure(figsize=(WIDTH * 0.8, WIDTH * 0.4 + 0.25))
    for axes, image, title in zip(figure.subplots(1, 2), (left, right), titles, strict=True):
        _picture(axes, _unit(_plane(image)), title)
    return figure


def permuted(image: Values, permuted_image: Values) -> Figure:
    """Show a digit (28, 28) beside itself with all pixels moved by one fixed permutation."""
    return image_pair(image, permuted_image, ("pixels in place", "pixels permuted"))


# ----------------------------------------------------------------------------------------------------
# Convolution
# ----------------------------------------------------------------------------------------------------


@_house_style
def response(digit: Values, kernel: Values, response: Values) -> Figure:
    """Show a digit (28, 28), the nine numbers of a kernel (3, 3), and its response (H, W) at every place."""
    figure = Figure(figsize=(WIDTH, 3.4))
    left, middle, right = figure.subplots(1, 3, width_ratios=(2.2, 1.25, 2.2))
    _picture(left, _unit(_plane(digit)), "digit")
    _cells(middle, _plane(kernel), "kernel", **_signed(_limit(kernel)))
    picture = _picture(right, response, "response", **_signed(_limit(response)))
    figure.colorbar(
        picture, ax=(left, middle, right), orientation="horizontal", label="response", shrink=0.7, aspect=35
    )
    return figure


@_house_style
def sliding_window(digit: Values, row: int, column: int, kernel: Values) -> Figure:
    """Show one step of a convolution: the window on the digit, patch times kernel, products and their sum.

    Parameters
    ----------
    digit : (28, 28)
        uint8 or 0 to 1; the patch shows the values as they are.
    row, column : int
        The pixel under the middle of the window. Beyond the border the patch is zero.
    kernel : (k, k)
        k odd.
    """
    plane, kernel = _plane(digit), _plane(kernel)
    reach = kernel.shape[0] // 2
    patch = np.pad(plane, reach)[row : row + 2 * reach + 1, column : column + 2 * reach + 1].astype(float)
    products = patch * kernel
    figure = Figure(figsize=(WIDTH, 5.8))
    panels = figure.subplot_mosaic(
        [["digit"] * 5, ["patch", "times", "kernel", "equals", "products"]],
        width_ratios=(1, 0.12, 1, 0.12, 1),
        height_ratios=(1.7, 1),
    )
    _picture(panels["digit"], _unit(plane))
    _frame(panels["digit"], column - reach - 0.5, row - reach - 0.5, *kernel.shape)
    _cells(panels["patch"], patch, "patch", cmap=DIGIT, vmin=0, vmax=255 if plane.dtype.kind in "ui" else 1)
    _cells(panels["kernel"], kernel, "kernel", **_signed(_limit(kernel)))
    _cells(panels["products"], products, "products", **_signed(_limit(products)))
    for name, sign in (("times", "×"), ("equals", "=")):
        panels[name].text(
            0.5, 0.5, sign, ha="center", va="center", fontsize=18, transform=panels[name].transAxes
        )
        panels[name].set_axis_off()
    sum_ = _number(round(float(products.sum()), 4))
    panels["products"].text(
        0.5,
        -0.06,
        f"sum {sum_}",
        ha="center",
        va="top",
        weight="bold",
        transform=panels["products"].transAxes,
    )
    return figure


def _stage_tiles(stage: np.ndarray, limit: float, offset: float = 0.0) -> list[_Tile]:
    """Return the channels of a stage (C, H, W) as tiles; a single channel, the input, as a digit."""
    shown = _signed(limit) if len(stage) > 1 else {"cmap": DIGIT, "vmin": stage.min(), "vmax": stage.max()}
    return [_Tile(plane, offset + _place(index), shown) for index, plane in enumerate(stage)]


def _stage_sheet(blocks: Mapping[str, Mapping[str, Values]], channels: int) -> Figure:
    """Lay out blocks side by side: a row a stage, a column a channel, one scale for all signed values."""
    stages = {
        block: {name: _array(values) for name, values in rows.items()} for block, rows in blocks.items()
    }
    shown = {
        block: {name: values[:channels] for name, values in rows.items()} for block, rows in stages.items()
    }
    limit = _limit(*(values for rows in shown.values() for values in rows.values() if len(values) > 1))
    columns = max(len(values) for rows in shown.values() for values in rows.values())
    offsets = {block: place * (_across(columns) + 0.4) for place, block in enumerate(shown)}
    first = stages[next(iter(stages))]
    rows = [_Row((), [(offset, block, "left") for block, offset in offsets.items()])] if any(offsets) else []
    for name, values in first.items():
        tiles = [
            tile
            for block, offset in offsets.items()
            for tile in _stage_tiles(shown[block][name], limit, offset)
        ]
        rows.append(_Row(tiles, [(0, f"{name}: {_times(values.shape)}", "left")]))
    figure, axes = _sheet(rows, max(offsets.values()) + _across(columns))
    _scale_below(figure, axes, limit, "value after the input (zero is white)")
    return figure


@_house_style
def layer_outputs(stages: Mapping[str, Values], channels: int = 4) -> Figure:
    """Show what each layer does to one digit: a row a stage under its shape, a column a channel.

    Parameters
    ----------
    stages : dict of str to (C, H, W)
        In order, ``{"input": ..., "convolution": ..., "ReLU": ..., "max pooling": ...}``. A stage of one
        channel is shown as a digit; all others share one scale, so that a value has the same colour before
        and after ReLU and pooling.
    channels : int
        At most so many channels of each stage are shown.
    """
    return _stage_sheet({"": stages}, channels)


@_house_style
def compare_layer_outputs(
    untrained: Mapping[str, Values], trained: Mapping[str, Values], channels: int = 4
) -> Figure:
    """Show `layer_outputs` of two networks side by side on one scale; both have the same stages."""
    if list(untrained) != list(trained):
        raise ValueError(
            f"Stages {list(untrained)} and {list(trained)} differ; pass the same layers of both networks."
        )
    return _stage_sheet({"untrained": untrained, "trained": trained}, channels)


@_house_style
def filters(before: Values, after: Values) -> Figure:
    """Show filters (F, 1, k, k) before and after training, eight a row, on one scale, each in the same place."""
    blocks = {"before training": _array(before), "after training": _array(after)}
    limit = _limit(before, after)
    rows = []
    for name, kernels in blocks.items():
        for start in range(0, len(kernels), 8):
            planes = kernels[start : start + 8, 0]
            tiles = [_Tile(plane, _place(index), _signed(limit)) for index, plane in enumerate(planes)]
            rows.append(_Row(tiles, [(0, name, "left")] if start == 0 else ()))
    figure, axes = _sheet(rows, _across(8), inches=4.8)
    _scale_below(figure, axes, limit, "weight (zero is white)")
    return figure


def _kernel_mosaic(kernels: np.ndarray, columns: int = 8) -> np.ndarray:
    """Return kernels (C, k, k) as one picture, ``columns`` a row, with thin lines of NaN between them."""
    finer = kernels.repeat(4, axis=1).repeat(4, axis=2)
    padded = np.pad(finer, ((0, -len(kernels) % columns), (0, 2), (0, 2)), constant_values=np.nan)
    grid = padded.reshape(-1, columns, *padded.shape[1:])  # (rows, columns, 4 k + 2, 4 k + 2)
    return np.concatenate([np.concatenate(row, axis=1) for row in grid])[:-2, :-2]


@_house_style
def filters_by_channel(weights: Values, count: int = 16) -> Figure:
    """Show the first filters of a layer (F, C, k, k), each with its C kernels, eight a row, all on one scale."""
    weights = _array(weights)[:count]
    mosaics = [_kernel_mosaic(kernels) for kernels in weights]
    limit = _limit(weights)
    shown = _signed(limit) | {"cmap": SIGNED.with_extremes(bad=PALE_GREY)}
    rows = []
    for start in range(0, len(mosaics), 4):
        tiles = [
            _Tile(mosaic, _place(index), shown) for index, mosaic in enumerate(mosaics[start : start + 4])
        ]
        rows.append(
            _Row(
                tiles,
                [(tile.left, f"filter {start + index + 1}", "left") for index, tile in enumerate(tiles)],
            )
        )
    height, width = mosaics[0].shape
    figure, axes = _sheet(rows, _across(4), tile_height=height / width)
    _scale_below(figure, axes, limit, "weight (zero is white)")
    return figure


@_house_style
def feature_maps(activations: Mapping[str, Values], channels: int = 8) -> Figure:
    """Show what one digit becomes, layer by layer, in the same channels of each.

    Parameters
    ----------
    activations : dict of str to (C, H, W)
        For one image. Whatever has another number of axes, as after flattening, is left out: it is no
        picture.
    channels : int
        The first so many channels of each layer are shown, each layer on its own symmetric scale.
    """
    rows = []
    for name, values in activations.items():
        values = _array(values)
        if values.ndim == 3:
            limit = _limit(values[:channels])
            scale = f", up to ±{limit:.1f}" if len(values) > 1 else ""
            rows.append(
                _Row(
                    _stage_tiles(values[:channels], limit),
                    [(0, f"{name}: {_times(values.shape)}{scale}", "left")],
                )
            )
    figure, axes = _sheet(rows, _across(channels))
    bar = figure.colorbar(
        ScalarMappable(Normalize(-1, 1), SIGNED), ax=axes, orientation="horizontal", shrink=0.7, aspect=35
    )
    bar.set_ticks([-1, 0, 1], labels=["−largest", "0", "+largest"])
    bar.set_label("value, each layer on its own scale")
    return figure


# ----------------------------------------------------------------------------------------------------
# The network
# ----------------------------------------------------------------------------------------------------

PARTS = {"convolution": BLUE, "batch norm": GREEN, "fully connected": ORANGE}


@_house_style
def parameters_by_tensor(table: pd.DataFrame) -> Figure:
    """Show `firstcnn.layers.parameter_table` as bars on one linear scale, and each part's share of the whole."""
    figure = Figure(figsize=(WIDTH, 0.9 + 0.3 * len(table)))
    axes = figure.subplots()
    _bars(
        axes, table["name"].tolist(), table["parameters"], [PARTS.get(part, GREY) for part in table["part"]]
    )
    axes.set_xlabel("parameters")
    totals = table.groupby("part", sort=False)["parameters"].sum()
    for line, (part, total) in enumerate(totals.items()):
        note = f"{part}: {total:,} ({total / totals.sum():.1%})"
        axes.text(
            0.3, 0.96 - 0.09 * line, note, color=PARTS.get(part, GREY), va="top", transform=axes.transAxes
        )
    return figure


@_house_style
def parameter_totals(totals: Mapping[str, int]) -> Figure:
    """Show the parameters of several networks, ``{name: count}``, as bars on one linear scale."""
    figure = Figure(figsize=(WIDTH, 0.9 + 0.4 * len(totals)))
    axes = figure.subplots()
    _bars(axes, list(totals), list(totals.values()))
    axes.set_xlabel("parameters")
    return figure


def _flow(table: pd.DataFrame, input_shape: tuple[int, ...]) -> list[tuple[list[str], tuple[int, ...]]]:
    """Return the shapes that data takes, each with the names of the layers that return it."""
    flow = [(["input"], tuple(input_shape))]
    for name, shape in zip(table["name"], table["output_shape"], strict=True):
        if tuple(shape) == flow[-1][1]:
            flow[-1][0].append(name)
        else:
            flow.append(([name], tuple(shape)))
    return flow


def _block(axes: Axes, top: float, shape: tuple[int, int, int]) -> float:
    """Draw a stage (C, H, W) as a block, C wide, H high, W deep at a slant; return how high the drawing is."""
    width, height, deep = shape[0], shape[1], 0.4 * shape[2]
    front = top + deep
    faces = (
        ([(0, front), (deep, top), (width + deep, top), (width, front)], "#C7E1F1"),
        (
            [(width, front), (width + deep, top), (width + deep, top + height), (width, front + height)],
            "#6FAFD6",
        ),
        ([(0, front), (width, front), (width, front + height), (0, front + height)], PALE_BLUE),
    )
    for corners, color in faces:
        axes.add_patch(Polygon(corners, facecolor=color, edgecolor=BLUE, linewidth=0.8, joinstyle="round"))
    return height + deep


def _vector(axes: Axes, top: float, length: int, longest: int) -> float:
    """Draw a vector as a bar one unit high, broken into rows of ``longest``; return how high the drawing is."""
    rows = -(-length // longest)
    for row in range(rows):
        width = min(longest, length - row * longest)
        axes.add_patch(
            Rectangle((0, top + 3 * row), width, 1, facecolor=ORANGE, edgecolor=ORANGE, linewidth=1)
        )
    return 3 * rows - 2


@_house_style
def architecture(table: pd.DataFrame, input_shape: tuple[int, ...] = (1, 28, 28)) -> Figure:
    """Draw the shapes that data takes through a network, from top to bottom, all to one scale.

    Channels run to the right, pixels down and, at a slant, back; a vector is a bar as long as it has values.

    Parameters
    ----------
    table : DataFrame
        Of `firstcnn.layers.layer_table`: ``name`` and ``output_shape``, without the batch, in order of
        execution.
    input_shape : tuple of int
        Of one image (C, H, W).
    """
    longest, line = 512, TEXT * 1.5 / 72 * 540 / WIDTH  # units: pixels, channels, values
    figure = Figure()
    axes = figure.subplots()
    y = 0.0
    for names, shape in _flow(table, input_shape):
        rows = (
            f", {-(-shape[0] // longest)} rows of {longest}" if len(shape) == 1 and shape[0] > longest else ""
        )
        axes.text(0, y + line * 0.8, f"{', '.join(names)}: {_times(shape)}{rows}", va="bottom")
        y += line
        y += (_block(axes, y, shape) if len(shape) == 3 else _vector(axes, y, shape[0], longest)) + 9
    axes.plot([0, 0, 100, 100], [y + 6, y + 10, y + 10, y + 6], color=GREY, linewidth=1.2)
    axes.text(108, y + 10, "100 pixels, channels or values", va="center", color=GREY, fontsize=SMALL)
    figure.set_size_inches(WIDTH, WIDTH * (y + 20) / 540)
    _bare(axes, 540, y + 20)
    axes.set_xlim(-4, 536)
    return figure


@_house_style
def receptive_field(digit: Values, boxes: Mapping[str, int], center: tuple[int, int] = (14, 14)) -> Figure:
    """Show on a digit (28, 28) what one value of each layer can see.

    Parameters
    ----------
    boxes : dict of str to int
        Layer and side of its receptive field in pixels.
    center : (row, column)
        The pixel in the middle; a box with an even side reaches one pixel further up and left than down and
        right.
    """
    figure = Figure(figsize=(WIDTH, 4.3))
    axes = figure.subplots()
    _picture(axes, _unit(_plane(digit)))
    ordered = sorted(boxes.items(), key=lambda box: -box[1])
    for index, (name, side) in enumerate(ordered):
        color = ("#F0E442", "#56B4E9", "#E69F00", "#7FE0C3", "#F2A7CF")[index % 5]
        top, left = center[0] - side // 2 - 0.5, center[1] - side // 2 - 0.5
        _frame(axes, left, top, side, side, color, 2)
        height = 1 + 26 * (index + 0.5) / len(ordered)
        axes.plot([left + side, 29], [top, height], color=color, linewidth=1.2, clip_on=False)
        axes.plot([29, 30], [height, height], color=color, linewidth=4, clip_on=False)
        axes.text(30.6, height, f"{name}: {side} × {side}", va="center")
    overhang = max(0, ordered[0][1] - 28) / 2
    axes.set(xlim=(-0.5 - overhang, 27.5 + overhang), ylim=(27.5 + overhang, -0.5 - overhang))
    return figure


@_house_style
def dropout_masks(values: Values, dropped: Values) -> Figure:
    """Show activations (M,) and what dropout leaves of them in K draws (K, M); crosses mark what it dropped."""
    rows = np.vstack([_array(values)[None], _array(dropped)])  # (1 + K, M)
    figure = Figure(figsize=(WIDTH, 1.2 + 0.42 * len(rows)))
    axes = figure.subplots()
    picture = axes.imshow(rows, aspect="auto", **_signed(_limit(rows)))
    axes.vlines(np.arange(rows.shape[1] - 1) + 0.5, -0.5, len(rows) - 0.5, color=PALE_GREY, linewidth=0.8)
    axes.hlines(np.arange(len(rows) - 1) + 0.5, -0.5, rows.shape[1] - 0.5, color="white", linewidth=5)
    row, column = np.nonzero((rows == 0) & (rows[:1] != 0))
    axes.plot(column, row, "x", color=GREY, markersize=7, markeredgewidth=1.5)
    axes.set_yticks(np.arange(len(rows)), ["all", *(f"draw {draw + 1}" for draw in range(len(rows) - 1))])
    axes.set(xlabel="unit", xticks=[])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure.colorbar(picture, ax=axes, label="activation")
    return figure


@_house_style
def batch_norm_effect(before: Values, after: Values, channels: int = 4) -> Figure:
    """Show how the first channels of values (N, C) or (N, C, H, W) spread before and after batch norm.

    The dot is the mean, the thick line one standard deviation to each side, the thin line holds the middle 98
    %.
    """
    figure = Figure(figsize=(WIDTH, 4.6))
    panels = figure.subplots(2, sharex=True)
    for axes, values, name in zip(panels, (before, after), ("before", "after"), strict=True):
        flat = np.moveaxis(_array(values), 1, 0).reshape(_array(values).shape[1], -1)[
            :channels
        ]  # (C, values)
        places = np.arange(len(flat))
        low, high = np.quantile(flat, (0.01, 0.99), axis=1)
        mean, deviation = flat.mean(axis=1), flat.std(axis=1)
        color = BLUE if name == "before" else ORANGE
        axes.hlines(places, low, high, color=color, linewidth=1.5)
        axes.hlines(places, mean - deviation, mean + deviation, color=color, linewidth=7)
        axes.plot(mean, places, "o", color="white", markeredgecolor="black", markersize=7)
        axes.axvline(0, color=GREY, linewidth=0.8, zorder=0)
        axes.set_yticks(places, [f"channel {place + 1}" for place in places])
        axes.set_ylim(len(flat) - 0.5, -0.5)
        axes.set_ylabel(name)
        axes.tick_params(axis="y", length=0)
    panels[1].set_xlabel("value (mean, ± one standard deviation, middle 98 %)")
    return figure


@_house_style
def softmax_bars(logits: Values, probabilities: Values, labels: Sequence[str] | None = None) -> Figure:
    """Show the K logits of one image above the probabilities that softmax makes of them."""
    figure = Figure(figsize=(WIDTH, 5))
    logits, probabilities = _array(logits).ravel(), _array(probabilities).ravel()
    names = [str(label) for label in (range(len(logits)) if labels is None else labels)]
    for axes, values, name, form in zip(
        figure.subplots(2),
        (logits, probabilities),
        ("logit", "probability"),
        ("{:.1f}", "{:.3f}"),
        strict=True,
    ):
        bars = axes.bar(
            np.arange(len(values)), values, color=[ORANGE if v == values.max() else BLUE for v in values]
        )
        numbers = [form.format(value).replace("-", "−") for value in values]
        axes.bar_label(bars, numbers, padding=2, fontsize=SMALL)
        axes.axhline(0, color="black", linewidth=0.8)
        axes.margins(x=0.01, y=0.16)
        axes.set(xlabel="class", ylabel=name)
        axes.set_xticks(np.arange(len(values)), names)
    figure.axes[1].set_ylim(0, 1.15)
    return figure


# ----------------------------------------------------------------------------------------------------
# Augmentation
# ----------------------------------------------------------------------------------------------------


@_house_style
def augmented(images: Values, labels: Values) -> Figure:
    """Show digits, labels (R,), under augmentation: images (R, V, 28, 28), first the originals, framed."""
    images = _unit(images)
    rows = []
    for index, (versions, label) in enumerate(zip(images, _array(labels).tolist(), strict=True)):
        tiles = [_Tile(image, _place(place)) for place, image in enumerate(versions)]
        rows.append(
            _Row(
                tiles,
                [(0, f"{label}: original, then changed at random" if index == 0 else str(label), "left")],
            )
        )
    figure, axes = _sheet(rows, _across(images.shape[1]))
    for picture in axes.images[:: images.shape[1]]:
        left, right, bottom, top = picture.get_extent()
        _frame(axes, left, top, right - left, bottom - top)
    return figure


@_house_style
def rotations(image: Values, angles: Sequence[float], rotated: Values) -> Figure:
    """Show a digit (28, 28) and what it becomes, ``rotated`` (A, 28, 28), under the angles in degrees."""
    turned = _unit(rotated).reshape(-1, *_plane(image).shape)
    titles = ["original", *(f"{angle:g}°".replace("-", "−") for angle in angles)]
    return _tiles(np.concatenate([_unit(_plane(image))[None], turned]), 5, titles)


@_house_style
def padding_order(right: Values, wrong: Values) -> Figure:
    """Show a digit warped before it was normalised, beside one normalised first and then padded with zeros.

    Both are on one scale that ends at 1, so that the paper, below zero, and the padding, zero, can be told
    apart.
    """
    right, wrong = _plane(right), _plane(wrong)
    low = min(right.min(), wrong.min())
    figure = Figure(figsize=(WIDTH, 4.1))
    panels = figure.subplots(1, 2)
    titles = ("warp, then normalise", "normalise, then warp")
    for axes, image, title in zip(panels, (right, wrong), titles, strict=True):
        picture = _picture(axes, image, title, vmin=low, vmax=1)
    bar = figure.colorbar(picture, ax=panels, orientation="horizontal", extend="max", shrink=0.7, aspect=35)
    bar.set_ticks([low, 0, 0.5, 1], labels=[_number(round(float(low), 2)), "0", "0.5", "1"])
    bar.set_label("normalised value (white from 1 up)")
    return figure


# ----------------------------------------------------------------------------------------------------
# Training and evaluation
# ----------------------------------------------------------------------------------------------------


@_house_style
def training_curves(history: History) -> Figure:
    """Show the loss, of each training step and of validation each epoch, above the accuracy of each epoch."""
    figure = Figure(figsize=(WIDTH, 6))
    losses, accuracies = figure.subplots(2, sharex=True)
    epochs = np.arange(1, len(history.validation_loss) + 1)
    steps = np.arange(1, len(history.step_loss) + 1) * epochs[-1] / len(history.step_loss)
    losses.plot(steps, history.step_loss, color=PALE_BLUE, linewidth=0.9)
    losses.plot(epochs, history.validation_loss, "s--", color=ORANGE)
    losses.set(yscale="log", ylabel="loss (cross-entropy, log scale)")
    last = np.median(history.step_loss[-20:])
    _label_ends(
        losses,
        [("training,\neach step", last, BLUE), ("validation", history.validation_loss[-1], ORANGE)],
        2.4,
    )
    curves = (
        ("training", history.train_accuracy, BLUE, "o-"),
        ("validation", history.validation_accuracy, ORANGE, "s--"),
    )
    for _, values, color, style in curves:
        accuracies.plot(epochs, 100 * _array(values), style, color=color)
    accuracies.set(
        xlabel="epoch", ylabel="accuracy (%)", xlim=(0, epochs[-1] * 1.03), xticks=range(epochs[-1] + 1)
    )
    _label_ends(accuracies, [(name, 100 * values[-1], color) for name, values, color, _ in curves], 2.4)
    return figure


def _mean_interval(values: np.ndarray) -> tuple[float, float]:
    """Return the mean and half of its 95 % interval by Student's t; a single value has no interval: NaN."""
    if len(values) < 2:
        return float(values.mean()), float("nan")
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(half)


def _seeds_note(counts: Iterable[int]) -> str:
    """Say how many seeds stand behind each mean, and what the bars are."""
    low, high = min(counts := list(counts)), max(counts)
    seeds = f"{low} seed{'s' if low > 1 else ''}" if low == high else f"{low} to {high} seeds"
    return f"{seeds} each, no interval" if high == 1 else f"{seeds} each; bar: 95 % interval of the mean"


@_house_style
def sweep(
    table: pd.DataFrame,
    x: str,
    y: str = "validation_accuracy",
    log_x: bool = True,
    x_label: str | None = None,
    group: str | None = None,
) -> Figure:
    """Show a measured sweep: a point a run, a line through the means, their 95 % intervals if several seeds ran.

    Parameters
    ----------
    table : DataFrame
        Tidy, one row a run, as of `firstcnn.experiments.sweep`, with the columns ``x``, ``y`` and, if given,
        ``group``.
    x, y : str
        Columns; one whose name ends in "accuracy" is shown in percent.
    log_x : bool
        Whether the x axis is logarithmic.
    x_label : str, optional
        What to write at the x axis; the column's name if not given.
    group : str, optional
        A column whose values each get a line and a label of their own.
    """
    figure = Figure(figsize=(WIDTH, 4.2))
    axes = figure.subplots()
    label, heights = _percent(y, table[y].to_numpy())
    table = table.assign(height=heights)
    ends = []
    for index, (name, lines) in enumerate(table.groupby(group, sort=False) if group else [("", table)]):
        color, marker, line = SERIES[index % len(SERIES)]
        means = lines.groupby(x)["height"].agg(lambda values: _mean_interval(values.to_numpy())[0])
        halves = lines.groupby(x)["height"].agg(lambda values: _mean_interval(values.to_numpy())[1])
        axes.plot(lines[x], lines["height"], marker, color=color, alpha=0.45, markeredgewidth=0)
        axes.errorbar(means.index, means, yerr=halves, color=color, linestyle=line, capsize=4)
        ends.append((str(name), means.iloc[-1], color))
    seeds = table.groupby([x, *([group] if group else [])]).size()
    axes.set(
        xlabel=f"{x_label or _words(x)}\n({_seeds_note(seeds)})",
        ylabel=label,
        xscale="log" if log_x else "linear",
    )
    axes.grid(axis="y")
    if group:
        _label_ends(axes, ends, 3.2)
    return figure


@_house_style
def cases(table: pd.DataFrame, y: str = "validation_accuracy") -> Figure:
    """Show each ``case`` of a tidy table in a row: a point a run, the mean, its 95 % interval if several ran.

    ``y`` is the column to show; one whose name ends in "accuracy" is shown in percent.
    """
    label, values = _percent(y, table[y].to_numpy())
    groups = {name: values[(table["case"] == name).to_numpy()] for name in table["case"].unique()}
    figure = Figure(figsize=(WIDTH, 1.2 + 0.5 * len(groups)))
    axes = figure.subplots()
    for place, group in enumerate(groups.values()):
        mean, half = _mean_interval(group)
        axes.plot(group, np.full(len(group), place), "o", color=BLUE, alpha=0.45, markeredgewidth=0)
        axes.errorbar([mean], [place], xerr=[half], fmt="|", color=BLUE, markersize=14, capsize=4)
        axes.annotate(
            f"{mean:.2f}", (mean, place), (0, 8), textcoords="offset points", ha="center", fontsize=SMALL
        )
    axes.set_yticks(range(len(groups)), groups)
    axes.set_ylim(len(groups) - 0.5, -0.8)
    axes.set_xlabel(f"{label}\n({_seeds_note(len(group) for group in groups.values())})")
    axes.margins(x=0.1)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    return figure


@_house_style
def confusion(matrix: Values) -> Figure:
    """Show the counts of a confusion matrix (K, K), rows true, with a muted diagonal: errors stand out."""
    counts = _array(matrix)
    errors = counts * (1 - np.eye(len(counts), dtype=int))
    figure = Figure(figsize=(WIDTH, 6))
    axes = figure.subplots()
    picture = axes.imshow(errors, cmap=ERRORS, vmin=0, vmax=_limit(errors))
    for (row, column), count in np.ndenumerate(counts):
        if row == column:
            _fill(axes, row, "#ECECEC")
        if count:
            color = GREY if row == column else _text_on(ERRORS, picture.norm(count))
            axes.text(column, row, f"{count}", ha="center", va="center", color=color, fontsize=SMALL)
    axes.set(
        xlabel="predicted digit", ylabel="true digit", xticks=range(len(counts)), yticks=range(len(counts))
    )
    axes.tick_params(length=0)
    return figure


def _fill(axes: Axes, place: int, color: str) -> None:
    """Fill one cell of the diagonal."""
    axes.add_patch(Rectangle((place - 0.5, place - 0.5), 1, 1, facecolor=color, edgecolor="none"))


@_house_style
def digits_with_errors(
    images: Values, labels: Values, predicted: Values, confidence: Values, columns: int = 5
) -> Figure:
    """Show digits (N, 28, 28) with their label, what a network said, and how sure it was (N,), 0 to 1."""
    images = _unit(images)
    titles = [
        f"true {label}\nsaid {said} ({100 * sure:.0f} %)"
        for label, said, sure in zip(
            *(_array(column).tolist() for column in (labels, predicted, confidence)), strict=True
        )
    ]
    return _tiles(images.reshape(-1, *images.shape[-2:]), columns, titles)


@_house_style
def calibration(table: pd.DataFrame) -> Figure:
    """Show `firstcnn.evaluation.calibration`: accuracy by confidence, with 95 % Wilson intervals, and counts."""
    filled = table[table["count"] > 0]
    right = (filled["accuracy"] * filled["count"]).round().astype(int)
    bounds = [
        stats.binomtest(hits, count).proportion_ci(method="wilson")
        for hits, count in zip(right, filled["count"], strict=True)
    ]
    below, above = (
        filled["accuracy"] - [b.low for b in bounds],
        [b.high for b in bounds] - filled["accuracy"],
    )
    figure = Figure(figsize=(WIDTH, 6.4))
    upper, lower = figure.subplots(2, sharex=True, height_ratios=(2, 1))
    upper.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--")
    upper.text(
        0.3, 0.33, "confidence = accuracy", color=GREY, rotation=33, rotation_mode="anchor", ha="center"
    )
    upper.errorbar(
        filled["confidence"],
        filled["accuracy"],
        yerr=(below.clip(0), above.clip(0)),
        fmt="o",
        color=BLUE,
        capsize=4,
    )
    upper.set(ylabel="accuracy (95 % interval)", xlim=(0, 1.02), ylim=(0, 1.03))
    bars = lower.bar(
        table["low"],
        table["count"],
        width=table["high"] - table["low"],
        align="edge",
        color=PALE_BLUE,
        edgecolor="white",
    )
    lower.bar_label(
        bars, [f"{count:,}" if count else "" for count in table["count"]], padding=2, fontsize=SMALL
    )
    lower.set(yscale="log", xlabel="confidence of the prediction", ylabel="images (log scale)")
    lower.set_ylim(0.7, table["count"].max() * 6)
    return figure


@_house_style
def accuracy_intervals(names: Sequence[str], proportions: Sequence[Proportion]) -> Figure:
    """Show accuracies, `firstcnn.evaluation.Proportion`, with their 95 % Wilson intervals, a row a name."""
    figure = Figure(figsize=(WIDTH, 1.0 + 0.5 * len(names)))
    axes = figure.subplots()
    _intervals(axes, names, *([getattr(p, field) for p in proportions] for field in ("value", "low", "high")))
    axes.set_xlabel("accuracy (%), 95 % Wilson interval")
    return figure


@_house_style
def comparison(table: pd.DataFrame) -> Figure:
    """Show networks side by side in parameters, accuracy and time, one panel each, one below the other.

    ``table`` has the columns name, parameters, accuracy, low and high (fractions; the interval),
    milliseconds.
    """
    names = table["name"].tolist()
    figure = Figure(figsize=(WIDTH, 3 * (0.8 + 0.42 * len(names))))
    parameters, accuracy, time = figure.subplots(3)
    _bars(parameters, names, table["parameters"])
    parameters.set_xlabel("parameters")
    _intervals(accuracy, names, table["accuracy"], table["low"], table["high"])
    accuracy.set_xlabel("accuracy (%), 95 % interval")
    _bars(time, names, table["milliseconds"], PALE_BLUE, "{:.2f}")
    time.set_xlabel("time (milliseconds)")
    return figure


@_house_style
def accuracy_by_shift(curves: Mapping[str, tuple[Values, Values]], crop_begins: int | None = None) -> Figure:
    """Show accuracy against how far the digits are shifted.

    Parameters
    ----------
    curves : dict of str to (shifts, accuracies)
        Shifts in pixels, accuracies as fractions.
    crop_begins : int, optional
        The shift from which digits begin to leave the image; marked by a vertical line.
    """
    figure = Figure(figsize=(WIDTH, 4.4))
    axes = figure.subplots()
    ends = []
    for index, (name, (shifts, accuracies)) in enumerate(curves.items()):
        color, marker, line = SERIES[index % len(SERIES)]
        axes.plot(_array(shifts), 100 * _array(accuracies), marker=marker, linestyle=line, color=color)
        ends.append((name, 100 * float(_array(accuracies)[-1]), color))
    if crop_begins is not None:
        axes.axvline(crop_begins, color=GREY, linewidth=1)
        axes.annotate(
            "from here digits\nare cropped",
            (crop_begins, 0.02),
            (5, 0),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            color=GREY,
            fontsize=SMALL,
            va="bottom",
        )
    axes.set(xlabel="shift (pixels)", ylabel="accuracy (%)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y")
    _label_ends(axes, ends, 3.4)
    return figure
