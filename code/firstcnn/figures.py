"""The book's figures: every function takes data and returns a ``matplotlib.figure.Figure``.

One hand throughout. All figures are 6.4 inches wide and no text is smaller than 11 points, so that
it can be read on a phone. Digits are shown as MNIST stores them, white ink on black, on a fixed
scale, without a frame. Signed values go from blue (negative) through white (zero, always) to orange
(positive) on symmetric limits; the blue end is the darker one, so that the signs differ in grey
print as well.

A network, a set of images and a part of a network each have one colour everywhere; what is none of
these is drawn in slate. Colours are told apart with red-green blindness too, and never alone: lines
differ in marker and dash, and labels stand beside what they name. An estimate is a point with a
bar, its 95 % interval; single runs are small and pale. A hollow point was not shown to differ from
0. Shares are written in percent, their differences in percentage points.

Nothing is drawn through pyplot: no figure is shown twice, and the reader's own matplotlib settings
neither change the figures nor are changed by them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, cycle, pairwise, product
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import matplotlib.style
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Circle, Polygon, Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter
from scipy import stats
from scipy.interpolate import PchipInterpolator

if TYPE_CHECKING:
    import pandas as pd

    from firstcnn.evaluation import Proportion
    from firstcnn.training import History

Values = torch.Tensor | np.ndarray | Sequence[float]

WIDTH = 6.4  # inches, of every figure
PAD = 0.08  # inches, between the drawing and the border
TEXT, SMALL = 12, 11  # points

BLUE, ORANGE, GREEN, PLUM, BROWN = "#0072B2", "#B84E00", "#00785A", "#6B1F5E", "#5F4300"
TEAL, RED, MAGENTA, GOLD, VIOLET = "#007A87", "#A01C33", "#B0307C", "#8A6100", "#5B3FA8"
SLATE, PALE_SLATE = "#27343C", "#8295A3"  # what stands alone: points and lines, bars
GREY, PALE_GREY, PALE_BLUE = (
    "#5A5A5A",
    "#D9D9D9",
    "#9CCBE6",
)  # what is read against; cells and maps; blocks
ON_BLACK = ("#F0E442", "#56B4E9", "#E69F00", "#7FE0C3", "#F2A7CF")  # for lines on a digit
NETWORKS = {  # colour, marker and line of each; the first whose key is in a name
    "dense": (ORANGE, "s", "--"),
    "tinycnn": (GREEN, "^", "-."),
    "pooled": (PLUM, "D", ":"),
    "complexcnn": (BROWN, "P", "-"),
    "smallcnn": (TEAL, "o", "-"),
    "fastcnn": (RED, "v", "--"),
    "simplecnn": (BLUE, "o", "-"),
}
_COLORS = (SLATE, MAGENTA, GOLD, VIOLET, GREY)
SERIES = tuple(
    zip(_COLORS, "os^Dv", ("-", "--", "-.", ":", "--"), strict=True)
)  # of anything else, one after the other
SETS = {"training": BLUE, "validation": ORANGE, "test": SLATE}
PARTS = {"convolution": BLUE, "batch norm": GREEN, "fully connected": ORANGE}

DIGIT = matplotlib.colormaps["gray"]
SIGNED = LinearSegmentedColormap.from_list(
    "blue-white-orange", ["#003E73", "#5AA5D6", "#FFFFFF", "#F3A65A", "#C65200"]
).with_extremes(bad="#9A9A9A")
ERRORS = LinearSegmentedColormap.from_list("white-orange", ["#FFFFFF", "#F3A65A", "#C65200"])
READABLE = LinearSegmentedColormap.from_list(
    "night-to-paper", ["#06182C", "#0B3A63", "#1F73A8", "#7FBBDD", "#DCEBEF", "#FFF6DF"]
)

STYLE = {  # beside matplotlib's own
    "font.family": "DejaVu Sans",
    "font.size": TEXT,
    "axes.titlesize": TEXT,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": PAD,
    "figure.constrained_layout.w_pad": PAD,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "image.interpolation": "nearest",
    "lines.linewidth": 1.8,
}


# --------------------------------------------------------------------------------------------------
# Values and their writing
# --------------------------------------------------------------------------------------------------


def _array(values: Values) -> np.ndarray:
    """Return a tensor, array, column or sequence as a NumPy array."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        return (values.float() if values.is_floating_point() else values).numpy()
    return np.asarray(values)


def _plane(image: Values) -> np.ndarray:
    """Return one image as (H, W), whatever axes of length one stand before these two."""
    plane = _array(image)
    if plane.ndim < 2 or plane[..., 0, 0].size != 1:
        raise ValueError(
            f"Got shape {plane.shape}; expected one image (H, W). Pick one of the images first."
        )
    return plane.reshape(plane.shape[-2:])


def _unit(images: Values) -> np.ndarray:
    """Return digits on the scale from 0 to 1, given as uint8 or as floats from 0 to 1.

    Raises
    ------
    ValueError
        If floats leave that scale, as normalised images do: cut off they would look like other
        digits.
    """
    pixels = _array(images)
    if pixels.dtype.kind in "ui":
        return pixels / 255.0
    if pixels.min() < -1e-3 or pixels.max() > 1 + 1e-3:
        raise ValueError(
            f"Pixel values run from {pixels.min():.2f} to {pixels.max():.2f}; expected 0 to 1, or"
            " uint8. Undo the normalisation (values * std + mean), or clamp what noise has added."
        )
    return pixels


def _stack(images: Values) -> np.ndarray:
    """Return digits as (N, H, W) on the scale from 0 to 1, given with or without an axis for the
    channel.
    """
    pixels = _unit(images)
    return pixels.reshape(-1, *pixels.shape[-2:])


def _limit(*values: Values) -> float:
    """Return the largest magnitude in the values, the limit of a symmetric scale; 1 if all are
    zero.
    """
    return max(float(np.abs(_array(value)).max(initial=0.0)) for value in values) or 1.0


def _signed(limit: float) -> dict:
    """Return the arguments of ``imshow`` for signed values up to ``limit``."""
    return {"cmap": SIGNED, "vmin": -limit, "vmax": limit}


def _number(value: float, decimals: int = 2) -> str:
    """Write a number, a whole one without decimals, with a minus of full width; never minus
    zero.
    """
    value = round(float(value), decimals) + 0.0
    return (f"{value:,.0f}" if value.is_integer() else f"{value:.{decimals}f}").replace("-", "−")


def _fixed(value: float, form: str) -> str:
    """Write a number in a form of ``str.format``, with a minus of full width; never minus zero."""
    text = form.format(value)
    return (text if text.strip("+-0.,") else form.format(0.0)).replace("-", "−")


def _sentence(text: str) -> str:
    """Return a title with a capital letter."""
    return text[:1].upper() + text[1:]


def _times(shape: Iterable[int]) -> str:
    """Write a shape: ``32 × 28 × 28``."""
    return " × ".join(f"{side:,}" for side in shape)


def _look(name: object, index: int = 0) -> tuple[str, str, str]:
    """Return colour, marker and line: of the network in a name, or else of the series with this
    index.
    """
    networks = (look for network, look in NETWORKS.items() if network in str(name).lower())
    return next(networks, SERIES[index % len(SERIES)])


def _percent(name: str, values: Values) -> tuple[str, np.ndarray]:
    """Return the axis label and the values of a column; accuracies become percentages."""
    words, values = name.replace("_", " "), _array(values)
    return (f"{words} (%)", 100 * values) if name.endswith("accuracy") else (words, values)


def _percentages(
    table: pd.DataFrame, value: str = "accuracy"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a column of fractions and the ends of its intervals, ``low`` and ``high``, in
    percent.
    """
    return tuple(100 * table[[value, "low", "high"]].to_numpy(float).T)


def _mean_interval(values: np.ndarray, label: str) -> tuple[float, tuple[float, float]]:
    """Return the mean and how far its 95 % interval by Student's t reaches down and up; NaN for a
    single value.

    Of a share in percent, no more of the interval is drawn than can be: with two or three seeds it
    is often wider.
    """
    mean, half = float(values.mean()), float("nan")
    if len(values) > 1:
        half = float(
            stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
        )
    lowest, highest = (0, 100) if label.endswith("(%)") else (-np.inf, np.inf)
    return mean, (min(half, mean - lowest), min(half, highest - mean))


def _seeds_note(counts: Iterable[int]) -> str:
    """Say how many seeds stand behind each mean, and what the bars are."""
    low, high = min(counts := list(counts)), max(counts)
    seeds = ("1 seed" if low == 1 else f"{low} seeds") if low == high else f"{low} to {high} seeds"
    return (
        f"({seeds} each, no interval)"
        if high == 1
        else f"({seeds} each, pale; bars: 95 % interval of the mean)"
    )


# --------------------------------------------------------------------------------------------------
# What the figures share
# --------------------------------------------------------------------------------------------------


def _house_style(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Draw in the book's style, whatever style the reader has set, and leave the reader's as it
    was.
    """

    @functools.wraps(draw)
    def styled(*args, **kwargs) -> Figure:
        with matplotlib.style.context(["default", STYLE]):
            figure = draw(*args, **kwargs)
            for (
                axes
            ) in figure.axes:  # ticks are made when drawn: tell the axes how, and make them now
                axes.tick_params(which="both", labelsize=SMALL, color="black", labelcolor="black")
            figure.draw_without_rendering()
        return figure

    return styled


def _figure(height: float, rows: int = 1, columns: int = 1, **options) -> tuple:
    """Return a figure of full width, ``height`` inches high, and its axes."""
    figure = Figure(figsize=(WIDTH, height))
    return figure, figure.subplots(rows, columns, **options)


def _say(
    axes: Axes, text: str, point: tuple[float, float], offset: tuple[float, float], **options
) -> None:
    """Write small text at a point of the data, moved by ``offset`` points; centred unless options
    differ.
    """
    options = {"ha": "center", "fontsize": SMALL} | options
    axes.annotate(text, point, offset, textcoords="offset points", **options)


def _frame(
    axes: Axes,
    left: float,
    top: float,
    width: float,
    height: float,
    color: str = ORANGE,
    line: float = 2.5,
) -> None:
    """Draw a frame around a rectangle given by its upper left corner."""
    box = Rectangle(
        (left, top), width, height, fill=False, edgecolor=color, linewidth=line, clip_on=False
    )
    axes.add_patch(box).set_zorder(3)


def _bare(axes: Axes, width: float, height: float) -> None:
    """Give an axes ``width`` by ``height`` square units, y down, without frame or ticks."""
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.set_axis_off()


def _picture(axes: Axes, image: Values, title: str = "", **shown) -> AxesImage:
    """Show one image, a digit on its fixed scale unless ``shown`` says otherwise; a hairline bounds
    signed values.
    """
    plane = _plane(image)
    picture = axes.imshow(plane, **({"cmap": DIGIT, "vmin": 0, "vmax": 1} | shown))
    axes.set_axis_off()
    axes.set_title(_sentence(title))
    if picture.cmap.name == SIGNED.name:
        _frame(axes, -0.5, -0.5, plane.shape[1], plane.shape[0], PALE_SLATE, 0.5)
    return picture


def _text_on(cmap: Colormap, level: float) -> str:
    """Return black or white, whichever is read better on the colour of a level between 0 and 1."""
    channels = np.array(cmap(float(level))[:3])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return (
        "white" if linear @ (0.2126, 0.7152, 0.0722) < 0.179 else "black"
    )  # equal contrast, WCAG 2.1


def _cells(axes: Axes, matrix: np.ndarray, title: str, **shown) -> None:
    """Draw a small matrix as coloured cells with their numbers."""
    picture = _picture(axes, matrix, title, **shown)
    for (row, column), value in np.ndenumerate(matrix):
        color = _text_on(picture.cmap, picture.norm(value))
        axes.text(
            column, row, _number(value), ha="center", va="center", color=color, fontsize=SMALL
        )
        _frame(axes, column - 0.5, row - 0.5, 1, 1, PALE_GREY, 0.8)
    _frame(axes, -0.5, -0.5, *matrix.shape[::-1], GREY, 2)


def _bar_below(figure: Figure, mappable: ScalarMappable, axes, label: str, **options) -> Colorbar:
    """Put a colour bar below one or more axes."""
    options = {"shrink": 0.7, "aspect": 35, "ticks": MaxNLocator(5, steps=[1, 2, 5, 10])} | options
    return figure.colorbar(
        mappable, ax=axes, orientation="horizontal", label=label, panchor=False, **options
    )


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Write names at the rows 0, 1, … of a chart, the first on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _bars(
    axes: Axes, names: Sequence[str], values: Values, label: str, color=None, form="{:,.0f}"
) -> None:
    """Draw horizontal bars from zero, the first name on top, in the colours of what they name, with
    numbers.
    """
    fixed = {network: look[0] for network, look in NETWORKS.items()} | PARTS
    own = [next((fixed[key] for key in fixed if key in name.lower()), PALE_SLATE) for name in names]
    bars = axes.barh(range(len(names)), values, color=color or own, height=0.7)
    axes.bar_label(bars, [form.format(value) for value in values], padding=3, fontsize=SMALL)
    _name_rows(axes, names)
    axes.set(xlabel=label, xlim=(0, max(values) * 1.25))
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))


def _columns(axes: Axes, values: Values, numbers: Sequence[str], color) -> None:
    """Draw vertical bars at 0, 1, …, each with its number."""
    bars = axes.bar(range(len(values)), values, color=color)
    axes.bar_label(bars, numbers, padding=2, fontsize=SMALL)
    axes.margins(x=0.01, y=0.14)
    axes.set_xticks(range(len(values)))


def _log(axes: Axes, which: str, label: str, subs: Sequence[float] = (1,)) -> None:
    """Make the x or y axis logarithmic, say so in its label, and write plain numbers at its
    ticks.
    """
    label = f"{label[:-1]}, log scale)" if label.endswith(")") else f"{label} (log scale)"
    axes.set(**{f"{which}scale": "log", f"{which}label": label})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    axis.set_minor_formatter(NullFormatter())


def _estimates(
    axes: Axes, x: Values, y: Values, reach: Values, along: str = "y", look=SERIES[0], **options
) -> None:
    """Draw points with their intervals, which reach (down, up) from them along an axis, in a look
    of `_look`.
    """
    color, marker, line = look
    options = {"linestyle": line, "capsize": 4, f"{along}err": np.clip(reach, 0, None)} | options
    axes.errorbar(x, y, color=color, marker=marker, **options)


def _interval_rows(
    axes: Axes, names: Sequence[str], values, lows, highs, form: str = "{:.2f}", hollow=()
) -> None:
    """Draw numbers with their intervals, a row a name, the first on top, and write them at the
    right end.
    """
    for row, (name, value, low, high) in enumerate(zip(names, values, lows, highs, strict=True)):
        color, marker, _ = _look(name)
        fill = {"markerfacecolor": "white" if row in hollow else color}
        _estimates(
            axes, value, row, [[value - low], [high - value]], "x", (color, marker, ""), **fill
        )
        place = {"transform": axes.get_yaxis_transform(), "va": "center", "fontsize": SMALL}
        axes.text(1.01, row, _fixed(value, form), color=color, **place)
    _name_rows(axes, names)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.margins(x=0.04)
    axes.grid(axis="x")


def _runs(axes: Axes, x: Values, y: Values, look: tuple[str, str, str]) -> None:
    """Draw single runs: small and pale."""
    axes.plot(x, y, look[1], color=look[0], alpha=0.4, markersize=5, markeredgewidth=0)


_OVER_BOTH = "95 % interval over seeds and images"


def _interval_lines(
    axes: Axes,
    table: pd.DataFrame,
    x: str,
    group: str | None,
    apart: Callable[[Values, float], Values],
) -> None:
    """Draw accuracies with their intervals against a column, a line for each value of ``group``,
    named at its end.

    ``apart(places, steps)`` moves a line so many steps to the right, so that bars do not hide each
    other.
    """
    ends, lines = [], list(table.groupby(group, sort=False) if group else [("", table)])
    for index, (name, rows) in enumerate(lines):
        rows, look = rows.sort_values(x), _look(name, index)
        values, lows, highs = _percentages(rows)
        places, reach = (
            apart(rows[x], index - (len(lines) - 1) / 2),
            (values - lows, highs - values),
        )
        _estimates(axes, places, values, reach, look=look)
        ends.append(
            (f"{name} {group}" if name in ("with", "without") else str(name), values[-1], look[0])
        )
    axes.set_ylabel(f"accuracy (%)\n{_OVER_BOTH}")
    axes.grid(axis="y")
    if group:
        _label_ends(axes, ends)


def _mark_crop(axes: Axes, shift: float) -> None:
    """Mark by a vertical line from which shift on digits are cropped."""
    axes.axvline(shift, color=GREY, linewidth=1)
    top = axes.get_xaxis_transform()
    _say(axes, "from here digits are cropped", (shift, 1), (0, 3), xycoords=top, color=GREY)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _label_ends(axes: Axes, ends: Sequence[tuple[str, float, str]]) -> None:
    """Write (name, last y, colour) of lines to the right of the axes, moved apart where they would
    touch.
    """
    axes.autoscale_view()
    to_axes = axes.transData - axes.transAxes
    heights = [to_axes.transform((axes.get_xlim()[1], y))[1] for _, y, _ in ends]
    inches = (
        axes.figure.get_figheight() / axes.get_gridspec().nrows - 0.7
    )  # about, the layout is made later
    step = SMALL * 1.3 / 72 / inches
    order, placed = np.argsort(heights), np.sort(heights)
    for _ in range(50):  # push neighbours apart, half each
        overlap = np.clip(step - np.diff(placed), 0, None) / 2
        placed[:-1] -= overlap
        placed[1:] += overlap
    for index, height in zip(order, placed, strict=True):
        name, _, color = ends[index]
        axes.text(
            1.02, height, name, transform=axes.transAxes, color=color, va="center", fontsize=SMALL
        )


# --------------------------------------------------------------------------------------------------
# Sheets: rows of tiles, one tile an image, on one axes
# --------------------------------------------------------------------------------------------------

GAP = 0.1  # between tiles, in tiles


class _Tile(NamedTuple):
    """An image on a sheet, one tile wide: its left edge in tiles, and how ``imshow`` shows it."""

    image: np.ndarray
    left: float
    shown: Mapping = MappingProxyType({"cmap": DIGIT, "vmin": 0, "vmax": 1})


class _Row(NamedTuple):
    """A row of a sheet: its tiles, and what is written above them: (x in tiles, text,
    alignment).
    """

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
    """Draw rows of tiles and texts, ``width`` tiles or ``inches`` wide, in the middle of the
    figure.
    """
    inches -= 2 * PAD
    line = TEXT * 1.45 / 72 * width / inches  # height of a line of text, in tiles
    figure = Figure(layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    bottom = 0.0
    for row in rows:
        top = bottom + line * max((text.count("\n") + 1 for _, text, _ in row.texts), default=0)
        for x, text, alignment in row.texts:
            axes.text(x, top - line / 5, text, ha=alignment, va="bottom", linespacing=1.15)
        for image, left, shown in row.tiles:
            axes.imshow(image, extent=(left, left + 1, top + tile_height, top), **shown)
            if shown["cmap"] is SIGNED:
                _frame(axes, left, top, 1, tile_height, PALE_SLATE, 0.5)
        bottom = top + (tile_height + GAP if row.tiles else 0)
    high = inches * (bottom - GAP) / width
    figure.set_size_inches(WIDTH, high + 2 * PAD)
    _bare(axes, width, bottom - GAP)
    _inches(axes, (WIDTH - inches) / 2, PAD, inches, high)
    return figure, axes


def _inches(axes: Axes, left: float, bottom: float, width: float, height: float) -> None:
    """Place an axes in its figure, in inches."""
    across, up = axes.figure.get_size_inches()
    axes.set_position((left / across, bottom / up, width / across, height / up))


def _signed_bar(figure: Figure, axes: Axes, limit: float, label: str) -> Colorbar:
    """Make room for the colour bar of signed values below a sheet, and draw it."""
    room, height = 0.75, figure.get_figheight()
    box = axes.get_position()
    figure.set_figheight(height + room)
    _inches(axes, box.x0 * WIDTH, box.y0 * height + room, box.width * WIDTH, box.height * height)
    below = figure.add_axes((0, 0, 1, 1))
    _inches(below, 0.15 * WIDTH, 0.58, 0.7 * WIDTH, 0.13)
    colors, ticks = (
        ScalarMappable(Normalize(-limit, limit), SIGNED),
        MaxNLocator(5, steps=[1, 2, 5, 10]),
    )
    return figure.colorbar(
        colors, cax=below, orientation="horizontal", label=f"{label} (zero is white)", ticks=ticks
    )


def _digit_sheet(images: np.ndarray, columns: int, titles: Sequence[str] = ()) -> Figure:
    """Lay out digits (N, H, W) in rows of ``columns``, each with its title, if there are any, above
    it.
    """
    columns = min(columns, len(images))
    rows = []
    for start in range(0, len(images), columns):
        tiles = [
            _Tile(image, _place(place))
            for place, image in enumerate(images[start : start + columns])
        ]
        heads = [_sentence(title) for title in titles[start : start + columns]]
        rows.append(
            _Row(tiles, [(_place(i) + 0.5, text, "center") for i, text in enumerate(heads)])
        )
    return _sheet(rows, _across(columns), min(WIDTH, 2.6 * columns))[0]


def _stage_tiles(stage: np.ndarray, limit: float, offset: float = 0.0) -> list[_Tile]:
    """Return the channels of a stage (C, H, W) as tiles; a single channel, the input, as a
    digit.
    """
    shown = (
        _signed(limit)
        if len(stage) > 1
        else {"cmap": DIGIT, "vmin": stage.min(), "vmax": stage.max()}
    )
    return [_Tile(plane, offset + _place(index), shown) for index, plane in enumerate(stage)]


def _stage_sheet(blocks: Mapping[str, Mapping[str, Values]], channels: int) -> Figure:
    """Lay out blocks side by side: a row a stage, a column a channel, one scale for all signed
    values.
    """
    stages = [[_array(values) for values in block.values()] for block in blocks.values()]
    limit = _limit(*(values[:channels] for block in stages for values in block if len(values) > 1))
    columns = min(channels, max(len(values) for block in stages for values in block))
    offsets = [block * (_across(columns) + 0.4) for block in range(len(blocks))]
    names = [
        (offset, _sentence(name), "left")
        for offset, name in zip(offsets, blocks, strict=True)
        if name
    ]
    rows = [_Row((), names)]
    for name, *versions in zip(next(iter(blocks.values())), *stages, strict=True):
        tiles = [
            _stage_tiles(v[:channels], limit, left)
            for v, left in zip(versions, offsets, strict=True)
        ]
        part = f", channels 1 to {channels}" if len(versions[0]) > channels else ""
        rows.append(
            _Row(list(chain(*tiles)), [(0, f"{name}: {_times(versions[0].shape)}{part}", "left")])
        )
    figure, axes = _sheet(rows, offsets[-1] + _across(columns))
    _signed_bar(figure, axes, limit, "value in a feature map")
    return figure


# --------------------------------------------------------------------------------------------------
# The data
# --------------------------------------------------------------------------------------------------


@_house_style
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
    images = _stack(images)
    if titles is None:
        titles = [] if labels is None else [str(label) for label in _array(labels).tolist()]
    if titles and len(titles) != len(images):
        raise ValueError(
            f"Got {len(titles)} labels or titles for {len(images)} images; expected one for each."
        )
    return _digit_sheet(images, columns, titles)


@_house_style
def class_counts(train_labels: Values, test_labels: Values) -> Figure:
    """Show how many images each class has in the training and in the test set, given the labels
    (N,) of each.
    """
    figure, (train, test) = _figure(5, 2)
    for axes, labels, name in ((train, train_labels, "training"), (test, test_labels, "test")):
        counts = np.bincount(_array(labels), minlength=10)
        _columns(axes, counts, [f"{count:,}" for count in counts], SETS[name])
        axes.set(xlabel="digit", ylabel=f"{name} images")
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    return figure


@_house_style
def intensity_histogram(images: Values) -> Figure:
    """Count the pixels of all images (N, 28, 28), uint8, by value; the bar of exact zeros says
    their share.
    """
    counts = torch.bincount(torch.as_tensor(images).flatten(), minlength=256).numpy()
    figure, axes = _figure(3.6)
    axes.bar(range(256), counts, width=1.0, color=PALE_SLATE)
    axes.bar(0, counts[0], width=3.0, color=SLATE)
    share = f"{100 * counts[0] / counts.sum():.1f} % of all pixels are exactly 0"
    _say(axes, share, (2, counts[0]), (10, -8), ha="left", color=SLATE)
    axes.set_xlabel("pixel value (0 black, 255 white)")
    _log(axes, "y", "pixels")
    axes.set(xlim=(-4, 258), xticks=(0, 64, 128, 192, 255))
    axes.set_ylim(top=counts.max() * 3)
    return figure


@_house_style
def before_after_normalisation(image: Values, mean: float, std: float) -> Figure:
    """Show one digit (28, 28) before and after ``(value - mean) / std``, and the distributions of
    its pixels.
    """
    raw = _unit(_plane(image))
    figure = Figure(figsize=(WIDTH, 5.8))
    panels = figure.subplot_mosaic(
        [["raw", "normalised"], ["both", "both"]], height_ratios=(1.25, 1)
    )
    both = panels["both"]
    for name, shift, scale, color in (("raw", 0.0, 1.0, SLATE), ("normalised", mean, std, MAGENTA)):
        values, low, high = (raw - shift) / scale, (0 - shift) / scale, (1 - shift) / scale
        picture = _picture(panels[name], values, name, vmin=low, vmax=high)
        bar = _bar_below(
            figure, picture, panels[name], f"{name} value (its own scale)", shrink=0.9, aspect=20
        )
        ticks = [low, (low + high) / 2, high]
        bar.set_ticks(ticks, labels=[_number(tick) for tick in ticks])
        both.hist(
            values.ravel(), bins=24, range=(low, high), histtype="step", color=color, linewidth=2
        )
        place = {"transform": both.get_xaxis_transform(), "ha": "right", "fontsize": SMALL}
        both.text(high, 1.0, name, color=color, **place)
    both.set_xlabel("value")
    _log(both, "y", "pixels")
    return figure


@_house_style
def distributions(measures: Mapping[str, Values]) -> Figure:
    """Show how measures of images spread, a histogram each, with the median and the range of the
    middle 90 %.

    ``measures`` maps a name with its unit, ``"slant (degrees)"``, to values (N,); NaN (no ink) is
    left out.
    """
    figure, panels = _figure(2.0 * len(measures), len(measures), squeeze=False)
    for axes, (name, values) in zip(panels.flat, measures.items(), strict=True):
        values = _array(values).astype(float)
        values = values[np.isfinite(values)]
        whole = (values == values.round()).all()
        low, median, high = np.quantile(values, (0.05, 0.5, 0.95))
        axes.hist(
            values,
            bins=np.arange(values.min(), values.max() + 2) - 0.5 if whole else 40,
            color=PALE_SLATE,
        )
        axes.axvline(median, color=SLATE)
        axes.axvspan(low, high, ymax=0.06, color=SLATE)
        note = (
            f"median: {_number(median, 1)}\nmiddle 90 %:\n{_number(low, 1)} to {_number(high, 1)}"
        )
        axes.text(
            1.01, 0.5, note, transform=axes.transAxes, va="center", color=SLATE, fontsize=SMALL
        )
        axes.set(xlabel=name, ylabel="images")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    return figure


@_house_style
def parameter_growth(sides: Sequence[int], parameters: Sequence[int]) -> Figure:
    """Show the parameters of a dense network against the side of its square input image, on two log
    axes.
    """
    figure, axes = _figure(4.2)
    color, marker, line = NETWORKS["dense"]
    axes.plot(sides, parameters, marker=marker, linestyle=line, color=color)
    for side, count in zip(sides, parameters, strict=True):
        _say(axes, f"{count:,}", (side, count), (-8, 6), ha="right")
    _log(axes, "x", "side of the image (pixels)")
    _log(axes, "y", "parameters of a dense network")
    axes.set_xlim(min(sides) / (max(sides) / min(sides)) ** 0.35, max(sides) * 1.15)
    axes.set_ylim(min(parameters) / 2, max(parameters) * 2.5)
    axes.set_xticks(sides, [f"{side:,}" for side in sides])
    axes.minorticks_off()
    return figure


@_house_style
def image_pair(left: Values, right: Values, titles: tuple[str, str] = ("", "")) -> Figure:
    """Show two digits (28, 28) side by side under their titles."""
    return _digit_sheet(np.stack([_unit(_plane(image)) for image in (left, right)]), 2, titles)


def permuted(image: Values, permuted_image: Values) -> Figure:
    """Show a digit (28, 28) beside itself with all pixels moved by one fixed permutation."""
    return image_pair(image, permuted_image, ("pixels in place", "pixels permuted"))


# --------------------------------------------------------------------------------------------------
# Convolution
# --------------------------------------------------------------------------------------------------


@_house_style
def response(digit: Values, kernel: Values, response: Values) -> Figure:
    """Show a digit (28, 28), the nine numbers of a kernel (3, 3), and its response (H, W) at every
    place.
    """
    figure, panels = _figure(3.3, 1, 3, width_ratios=(2.1, 1.5, 2.1))
    _picture(panels[0], _unit(_plane(digit)), "digit")
    _cells(panels[1], _plane(kernel), "kernel", **_signed(_limit(kernel)))
    picture = _picture(panels[2], response, "response", **_signed(_limit(response)))
    _bar_below(figure, picture, panels, "value of the response (zero is white)")
    return figure


@_house_style
def sliding_window(digit: Values, row: int, column: int, kernel: Values) -> Figure:
    """Show one step of a convolution: the window on the digit, patch times kernel, products and
    their sum.

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
    side, reach = len(kernel), len(kernel) // 2
    patch = np.pad(plane, reach)[row : row + side, column : column + side].astype(float)
    figure = Figure(figsize=(WIDTH, 5.8))
    layout = [["digit"] * 5, ["patch", "×", "kernel", "=", "products"]]
    panels = figure.subplot_mosaic(
        layout, width_ratios=(1, 0.12, 1, 0.12, 1), height_ratios=(1.7, 1)
    )
    _picture(panels["digit"], _unit(plane))
    _frame(panels["digit"], column - reach - 0.5, row - reach - 0.5, side, side)
    _cells(panels["patch"], patch, "patch", vmax=255 if plane.dtype.kind in "ui" else 1)
    for name, values in (("kernel", kernel), ("products", patch * kernel)):
        _cells(panels[name], values, name, **_signed(_limit(values)))
    for sign in "×=":
        _bare(panels[sign], 1, 1)
        panels[sign].text(0.5, 0.5, sign, ha="center", va="center", fontsize=18)
    total = f"sum {_number((patch * kernel).sum())}"
    panels["products"].text(side / 2 - 0.5, side - 0.4, total, ha="center", va="top", weight="bold")
    return figure


@_house_style
def layer_outputs(stages: Mapping[str, Values], channels: int = 4) -> Figure:
    """Show what each layer does to one digit: a row a stage under its shape, a column a channel.

    Parameters
    ----------
    stages : dict of str to (C, H, W)
        In order, ``{"input": ..., "convolution": ..., "ReLU": ..., "max pooling": ...}``. A stage
        of one channel is shown as a digit; all others share one scale: a value has one colour
        before and after ReLU and pooling.
    channels : int
        At most so many channels of each stage are shown.
    """
    return _stage_sheet({"": stages}, channels)


@_house_style
def compare_layer_outputs(
    untrained: Mapping[str, Values], trained: Mapping[str, Values], channels: int = 4
) -> Figure:
    """Show `layer_outputs` of two networks side by side, all on one scale.

    Raises
    ------
    ValueError
        If the two do not have the same stages.
    """
    if list(untrained) != list(trained):
        raise ValueError(
            f"Stages {list(untrained)} and {list(trained)} differ; pass the same layers of both."
        )
    return _stage_sheet({"untrained": untrained, "trained": trained}, channels)


@_house_style
def filters(before: Values, after: Values) -> Figure:
    """Show filters (F, 1, k, k) before and, beside them, after training, four a row, on one
    scale.
    """
    limit, blocks = (
        _limit(before, after),
        {"Before training": _array(before), "After training": _array(after)},
    )
    offsets = (0.0, _across(4) + 0.6)
    rows = [
        _Row((), [(offset, name, "left") for offset, name in zip(offsets, blocks, strict=True)])
    ]
    for start in range(0, len(_array(before)), 4):
        places = [
            (k[start : start + 4, 0], left)
            for k, left in zip(blocks.values(), offsets, strict=True)
        ]
        rows.append(
            _Row(
                [
                    _Tile(f, x + _place(i), _signed(limit))
                    for fs, x in places
                    for i, f in enumerate(fs)
                ]
            )
        )
    figure, axes = _sheet(rows, offsets[1] + _across(4), inches=4.8)
    _signed_bar(figure, axes, limit, "weight")
    return figure


def _kernel_mosaic(kernels: np.ndarray, columns: int = 8) -> np.ndarray:
    """Return kernels (C, k, k) as one picture, ``columns`` a row, with thin lines of NaN between
    them.
    """
    finer = kernels.repeat(4, axis=1).repeat(4, axis=2)  # (C, 4 k, 4 k)
    padded = np.pad(finer, ((0, -len(kernels) % columns), (0, 1), (0, 1)), constant_values=np.nan)
    grid = padded.reshape(-1, columns, *padded.shape[1:])  # (rows, columns, 4 k + 1, 4 k + 1)
    return np.concatenate([np.concatenate(row, axis=1) for row in grid])[:-1, :-1]


@_house_style
def filters_by_channel(weights: Values, count: int = 16) -> Figure:
    """Show the first filters of a layer (F, C, k, k), each with its C kernels, eight a row, on one
    scale.
    """
    weights = _array(weights)[:count]
    mosaics = [_kernel_mosaic(kernels) for kernels in weights]
    limit = _limit(weights)
    rows = []
    for start in range(0, len(mosaics), 4):
        group = range(start, min(start + 4, len(mosaics)))
        tiles = [_Tile(mosaics[index], _place(index - start), _signed(limit)) for index in group]
        rows.append(
            _Row(tiles, [(_place(index - start), f"filter {index + 1}", "left") for index in group])
        )
    height, width = mosaics[0].shape
    figure, axes = _sheet(rows, _across(4), tile_height=height / width)
    _signed_bar(figure, axes, limit, "weight")
    return figure


@_house_style
def feature_maps(activations: Mapping[str, Values], channels: int = 8) -> Figure:
    """Show what one digit becomes, layer by layer, in the same channels of each, all on one scale.

    Parameters
    ----------
    activations : dict of str to (C, H, W)
        For one image. Whatever has another number of axes, as after flattening, is no picture and
        is left out.
    channels : int
        The first so many channels of each layer are shown.
    """
    return _stage_sheet(
        {"": {name: values for name, values in activations.items() if values.ndim == 3}}, channels
    )


# --------------------------------------------------------------------------------------------------
# The network
# --------------------------------------------------------------------------------------------------


@_house_style
def parameters_by_tensor(table: pd.DataFrame) -> Figure:
    """Show `firstcnn.layers.parameter_table` as bars on one linear scale, and each part's share of
    the whole.
    """
    figure, axes = _figure(0.9 + 0.3 * len(table))
    colors = [PARTS.get(part, GREY) for part in table["part"]]
    _bars(axes, table["name"], table["parameters"], "parameters", colors)
    totals = table.groupby("part", sort=False)["parameters"].sum()
    for line, (part, total) in enumerate(totals.items()):
        note, color = (
            f"{part}: {total:,} ({100 * total / totals.sum():.2f} %)",
            PARTS.get(part, GREY),
        )
        _say(
            axes,
            note,
            (1, 1),
            (0, -20 * line),
            xycoords="axes fraction",
            color=color,
            ha="right",
            va="top",
        )
    return figure


def parameter_totals(totals: Mapping[str, int]) -> Figure:
    """Show the parameters of several networks, ``{name: count}``, as bars on one linear scale."""
    return named_bars(totals, "parameters", "{:,.0f}")


LONGEST = 512  # values of a vector in one row of `architecture`


def _flow(
    table: pd.DataFrame, input_shape: tuple[int, ...]
) -> list[tuple[list[str], tuple[int, ...]]]:
    """Return the shapes that data takes, each with the names of the layers that return it."""
    flow = [(["input"], tuple(input_shape))]
    for name, shape in zip(table["name"], table["output_shape"], strict=True):
        if tuple(shape) == flow[-1][1]:
            flow[-1][0].append(name)
        else:
            flow.append(([name], tuple(shape)))
    return flow


def _block(axes: Axes, top: float, shape: tuple[int, int, int], color: str) -> float:
    """Draw a stage (C, H, W) as a block, C wide, H high, W deep at a slant; return how high the
    drawing is.
    """
    width, height, deep = shape[0], shape[1], 0.4 * shape[2]
    front, low = top + deep, top + deep + height
    faces = {
        0.2: [(0, front), (deep, top), (width + deep, top), (width, front)],
        0.6: [(width, front), (width + deep, top), (width + deep, top + height), (width, low)],
        0.4: [(0, front), (width, front), (width, low), (0, low)],
    }
    for shade, corners in faces.items():
        fill = np.add(1 - shade, shade * np.array(to_rgb(color)))
        axes.add_patch(
            Polygon(corners, facecolor=fill, edgecolor=color, linewidth=0.8, joinstyle="round")
        )
    return height + deep


def _vector(axes: Axes, top: float, length: int) -> float:
    """Draw a vector as a bar one unit high, broken into rows if too long; return how high the
    drawing is.
    """
    starts = range(0, length, LONGEST)
    for row, start in enumerate(starts):
        width = min(LONGEST, length - start)
        axes.add_patch(
            Rectangle((0, top + 3 * row), width, 1, facecolor=ORANGE, edgecolor=ORANGE, linewidth=1)
        )
    return 3 * len(starts) - 2


@_house_style
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
    y = 0.0
    for names, shape in _flow(table, input_shape):
        values = f" = {np.prod(shape):,}" if len(shape) > 1 else ""
        axes.text(
            0, y + line * 0.8, f"{', '.join(names)}: {_times(shape)}{values} values", va="bottom"
        )
        color = PARTS["convolution"] if y else SLATE
        drawn = (
            _block(axes, y + line, shape, color)
            if len(shape) == 3
            else _vector(axes, y + line, shape[0])
        )
        y += line + drawn + 9
    axes.plot([0, 0, 100, 100], [y + 10, y + 14, y + 14, y + 10], color=GREY, linewidth=1.2)
    key = (
        "100 channels (width of a block), pixels (its height; depth\nis foreshortened) or values"
        " (length of a bar)"
    )
    axes.text(108, y + 14, key, va="center", color=GREY, fontsize=SMALL)
    figure.set_size_inches(WIDTH, WIDTH * (y + 30) / width)
    _bare(axes, width, y + 30)
    axes.set_xlim(-4, width - 4)
    return figure


@_house_style
def receptive_field(
    digit: Values, boxes: Mapping[str, int], center: tuple[int, int] = (14, 14)
) -> Figure:
    """Show on a digit (28, 28) what one value of each layer can see.

    Parameters
    ----------
    boxes : dict of str to int
        Layer and side of its receptive field in pixels. Where it reaches beyond the digit, padding
        is grey.
    center : (row, column)
        The pixel in the middle; a box with an even side reaches one pixel further up and left.
    """
    figure, axes = _figure(4.1)
    ordered = sorted(boxes.items(), key=lambda box: -box[1])
    low = min([-0.5, *(middle - side // 2 - 0.5 for _, side in ordered for middle in center)])
    high = max(
        [27.5, *(middle - side // 2 + side - 0.5 for _, side in ordered for middle in center)]
    )
    axes.add_patch(Rectangle((low, low), high - low, high - low, facecolor=GREY, zorder=-1))
    _picture(axes, _unit(_plane(digit)))
    edge = [withStroke(linewidth=3, foreground="black")]
    for index, (name, side) in enumerate(ordered):
        color = ON_BLACK[index % len(ON_BLACK)]
        top, left = (middle - side // 2 - 0.5 for middle in center)
        _frame(axes, left, top, side, side, color, 2)
        height = low + (high - low) * (index + 0.5) / len(ordered)
        points = [left + side, high + 1, high + 2], [top, height, height]
        axes.plot(*points, color=color, linewidth=1.5, clip_on=False, path_effects=edge)
        axes.text(
            high + 2.6, height, f"{name}: {side} × {side} pixels", va="center", fontsize=SMALL
        )
    axes.set(xlim=(low, high), ylim=(high, low), anchor="W")
    return figure


@_house_style
def dropout_masks(values: Values, dropped: Values) -> Figure:
    """Show activations (M,) and what dropout leaves of them in K draws (K, M); crosses mark what it
    dropped.
    """
    rows = np.vstack([_array(values)[None], _array(dropped)])  # (1 + K, M)
    count, units = rows.shape
    figure, axes = _figure(1.6 + 0.42 * count)
    picture = axes.imshow(rows, aspect="auto", **_signed(_limit(rows)))
    axes.vlines(
        np.arange(units + 1) - 0.5, -0.5, count - 0.5, color=PALE_GREY, linewidth=0.8, clip_on=False
    )
    axes.hlines(np.arange(count - 1) + 0.5, -0.5, units - 0.5, color="white", linewidth=5)
    row, unit = np.nonzero((rows == 0) & (rows[:1] != 0))
    axes.plot(unit, row, "x", color=GREY, markersize=7, markeredgewidth=1.5)
    axes.set_yticks(range(count), ["all", *(f"draw {draw}" for draw in range(1, count))])
    axes.set(xlabel="unit", xticks=[])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    _bar_below(figure, picture, axes, "activation (zero is white; × dropped)")
    return figure


@_house_style
def batch_norm_effect(before: Values, after: Values, channels: int = 4) -> Figure:
    """Show how the first channels of values (N, C) or (N, C, H, W) spread before and after batch
    norm.

    The white tick is the mean, the thick line one standard deviation to each side; the thin line
    holds 98 % of the values.
    """
    figure, panels = _figure(4.6, 2, sharex=True)
    for axes, values, name, color in zip(
        panels, (before, after), ("before", "after"), (MAGENTA, SLATE), strict=True
    ):
        flat = np.moveaxis(_array(values[:, :channels]), 1, 0)
        flat = flat.reshape(len(flat), -1)  # (channels, values)
        low, high = np.quantile(flat, (0.01, 0.99), axis=1)
        mean, deviation = flat.mean(axis=1), flat.std(axis=1)
        axes.hlines(range(len(flat)), low, high, color=color, linewidth=1.5)
        axes.hlines(range(len(flat)), mean - deviation, mean + deviation, color=color, linewidth=9)
        axes.plot(mean, range(len(flat)), "|", color="white", markeredgewidth=2, markersize=7)
        axes.axvline(0, color=GREY, linewidth=0.8, zorder=0)
        _name_rows(axes, [f"channel {channel + 1}" for channel in range(len(flat))])
        axes.set_ylabel(f"{name} batch norm")
    panels[1].set_xlabel("value\n(white: mean; thick: ± standard deviation; thin: middle 98 %)")
    return figure


@_house_style
def softmax_bars(
    logits: Values, probabilities: Values, labels: Sequence[str] | None = None
) -> Figure:
    """Show the K logits of one image above the probabilities that softmax makes of them; the
    largest dark.
    """
    figure, panels = _figure(5, 2)
    for axes, values, name, decimals in zip(
        panels, (logits, probabilities), ("logit", "probability"), (2, 3), strict=True
    ):
        values = _array(values).ravel()
        numbers = [_fixed(value, f"{{:.{decimals}f}}") for value in values]
        _columns(
            axes,
            values,
            numbers,
            [SLATE if value == values.max() else PALE_SLATE for value in values],
        )
        axes.axhline(0, color="black", linewidth=0.8)
        axes.set(xlabel="class", ylabel=name)
        axes.set_xticks(range(len(values)), labels or range(len(values)))
    panels[1].set_ylim(0, 1.15)
    return figure


# --------------------------------------------------------------------------------------------------
# Augmentation
# --------------------------------------------------------------------------------------------------


@_house_style
def augmented(images: Values, labels: Values) -> Figure:
    """Show digits with labels (R,) under augmentation: images (R, V, 28, 28), first the originals,
    framed.
    """
    images = _unit(images)
    rows = []
    for versions, label in zip(images, _array(labels).tolist(), strict=True):
        tiles = [_Tile(image, _place(index)) for index, image in enumerate(versions)]
        rows.append(
            _Row(
                tiles,
                [(0, f"{label}" if rows else f"{label}: original, then changed at random", "left")],
            )
        )
    figure, axes = _sheet(rows, _across(images.shape[1]))
    for picture in axes.images[:: images.shape[1]]:
        left, right, bottom, top = picture.get_extent()
        _frame(axes, left, top, right - left, bottom - top)
    return figure


@_house_style
def rotations(image: Values, angles: Sequence[float], rotated: Values) -> Figure:
    """Show a digit (28, 28) and what it becomes, ``rotated`` (A, 28, 28), under the angles in
    degrees.
    """
    titles = ["original", *(f"{_number(angle, 1)}°" for angle in angles)]
    return _digit_sheet(np.concatenate([_stack(image), _stack(rotated)]), 4, titles)


@_house_style
def padding_order(right: Values, wrong: Values) -> Figure:
    """Show a digit warped before it was normalised, beside one normalised first and then padded
    with zeros.

    Both are on one scale that ends at 1: so the paper, below zero, and the padding, zero, can be
    told apart.
    """
    figure, panels = _figure(4.2, 1, 2)
    low = min(float(image.min()) for image in (right, wrong))
    for axes, image, title in zip(
        panels, (right, wrong), ("warp, then normalise", "normalise, then warp"), strict=True
    ):
        picture = _picture(axes, image, title, vmin=low, vmax=1)
    bar = _bar_below(figure, picture, panels, "normalised value (white from 1 up)", extend="max")
    bar.set_ticks([low, 0, 0.5, 1], labels=[_number(low), "0", "0.5", "1"])
    return figure


# --------------------------------------------------------------------------------------------------
# Training and evaluation
# --------------------------------------------------------------------------------------------------


@_house_style
def training_curves(history: History) -> Figure:
    """Show the loss, of each training step and of validation each epoch, above the accuracy of each
    epoch.
    """
    figure, (loss, accuracy) = _figure(6, 2, sharex=True)
    epochs = np.arange(1, len(history.validation_loss) + 1)
    steps = np.linspace(0, epochs[-1], len(history.step_loss) + 1)[1:]
    train, validation = SETS["training"], SETS["validation"]
    loss.plot(steps, history.step_loss, color=train, alpha=0.6, linewidth=0.9)
    loss.plot(epochs, history.validation_loss, "s--", color=validation)
    _log(loss, "y", "loss (cross-entropy)")
    accuracy.plot(epochs, 100 * _array(history.train_accuracy), "o-", color=train)
    accuracy.plot(epochs, 100 * _array(history.validation_accuracy), "s--", color=validation)
    accuracy.grid(axis="y")
    accuracy.set(xlabel="epoch", ylabel="accuracy (%)", xlim=(0, epochs[-1] * 1.03))
    accuracy.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    last_step, last = float(np.median(history.step_loss[-20:])), history.validation_loss[-1]
    _label_ends(
        loss, [("training,\neach step", last_step, train), ("validation", last, validation)]
    )
    ends = 100 * history.train_accuracy[-1], 100 * history.validation_accuracy[-1]
    _label_ends(accuracy, [("training", ends[0], train), ("validation", ends[1], validation)])
    return figure


@_house_style
def sweep(
    table: pd.DataFrame,
    x: str,
    y: str = "validation_accuracy",
    log_x: bool = True,
    x_label: str | None = None,
    group: str | None = None,
) -> Figure:
    """Show a measured sweep: a pale mark a run, a line through the means, their 95 % intervals if
    several seeds ran.

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
    figure, axes = _figure(4.2)
    label, heights = _percent(y, table[y])
    table = table.assign(height=heights)
    ends = []
    for index, (name, runs) in enumerate(
        table.groupby(group, sort=False) if group else [("", table)]
    ):
        look = _look(name, index)
        places, columns = zip(*runs.groupby(x)["height"], strict=True)
        means, reach = zip(
            *(_mean_interval(column.to_numpy(), label) for column in columns), strict=True
        )
        _runs(axes, runs[x], runs["height"], look)
        _estimates(axes, places, means, np.transpose(reach), look=look)
        ends.append((str(name), means[-1], look[0]))
    note = _seeds_note(table.groupby([x, group] if group else x).size())
    axes.set(xlabel=x_label or x.replace("_", " "), ylabel=label)
    if log_x:
        _log(axes, "x", axes.get_xlabel())
    axes.set_xlabel(f"{axes.get_xlabel()}\n{note}")
    axes.set_xticks(places := sorted(table[x].unique()), [f"{place:,g}" for place in places])
    axes.minorticks_off()
    axes.grid(axis="y")
    if group:
        _label_ends(axes, ends)
    return figure


@_house_style
def cases(table: pd.DataFrame, y: str = "validation_accuracy") -> Figure:
    """Show each ``case`` of a tidy table in a row: a pale dot a run, the mean, its 95 % interval if
    several ran.

    ``y`` is the column to show; one whose name ends in "accuracy" is shown in percent.
    """
    label, values = _percent(y, table[y])
    groups = {name: values[(table["case"] == name).to_numpy()] for name in table["case"].unique()}
    figure, axes = _figure(1.2 + 0.5 * len(groups))
    for row, (name, runs) in enumerate(groups.items()):
        _runs(axes, runs, np.full(len(runs), row), _look(name))
    means, reach = zip(*(_mean_interval(runs, label) for runs in groups.values()), strict=True)
    down, up = np.transpose(reach)
    _interval_rows(axes, list(groups), means, means - down, means + up)
    axes.set_xlabel(f"{label}\n{_seeds_note(len(runs) for runs in groups.values())}")
    return figure


@_house_style
def confusion(matrix: Values) -> Figure:
    """Show the counts of a confusion matrix (K, K), rows true, with a muted diagonal: errors stand
    out.
    """
    counts = _array(matrix)
    errors = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    figure, axes = _figure(6)
    picture = axes.imshow(errors, cmap=ERRORS, vmin=0, vmax=_limit(errors))
    for (row, column), count in np.ndenumerate(counts):
        color = _text_on(ERRORS, picture.norm(count))
        if row == column:
            axes.add_patch(Rectangle((row - 0.5, row - 0.5), 1, 1, facecolor="#ECECEC"))
            color = GREY
        axes.text(
            column,
            row,
            f"{count:,}" if count else "",
            ha="center",
            va="center",
            color=color,
            fontsize=SMALL,
        )
    axes.set(
        xlabel="predicted digit\n(images; grey: right, orange: wrong, the darker the more)",
        ylabel="true digit",
    )
    axes.set(xticks=range(len(counts)), yticks=range(len(counts)))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


@_house_style
def digits_with_errors(
    images: Values, labels: Values, predicted: Values, confidence: Values, columns: int = 5
) -> Figure:
    """Show digits (N, 28, 28) with their label, what a network said, and how sure it was (N,), 0 to
    1.
    """
    answers = zip(
        *(_array(column).tolist() for column in (labels, predicted, confidence)), strict=True
    )
    titles = [f"true {label}\nsaid {said}, {100 * sure:.0f} %" for label, said, sure in answers]
    return _digit_sheet(_stack(images), columns, titles)


@_house_style
def calibration(table: pd.DataFrame) -> Figure:
    """Show `firstcnn.evaluation.calibration`: accuracy by confidence, with 95 % Wilson intervals,
    and counts.
    """
    figure, (upper, lower) = _figure(6.2, 2, sharex=True, height_ratios=(2, 1))
    upper.plot([0, 100], [0, 100], color=GREY, linewidth=1, linestyle="--")
    upper.text(99, 3, "dashed: accuracy = confidence", color=GREY, ha="right", fontsize=SMALL)
    filled = table[table["count"] > 0]
    right = (filled["accuracy"] * filled["count"]).round().astype(int)
    ranges = [
        stats.binomtest(*row).proportion_ci(method="wilson")
        for row in zip(right, filled["count"], strict=True)
    ]
    lows, highs = 100 * np.transpose([(low, high) for low, high in ranges])
    values = 100 * filled["accuracy"].to_numpy()
    _estimates(
        upper, 100 * filled["confidence"], values, (values - lows, highs - values), linestyle=""
    )
    upper.set(ylabel="accuracy (%)\n95 % Wilson interval", xlim=(0, 102), ylim=(-3, 103))
    upper.grid(axis="y")
    widths = 100 * (table["high"] - table["low"])
    bars = lower.bar(
        100 * table["low"],
        table["count"],
        widths,
        align="edge",
        color=PALE_SLATE,
        edgecolor="white",
    )
    numbers = [f"{count:,}" if count else "" for count in table["count"]]
    lower.bar_label(bars, numbers, padding=2, fontsize=SMALL)
    _log(lower, "y", "images")
    lower.set_xlabel("confidence of the prediction (%)")
    lower.set_ylim(0.7, table["count"].max() * 6)
    return figure


@_house_style
def accuracy_intervals(names: Sequence[str], proportions: Sequence[Proportion]) -> Figure:
    """Show accuracies, `firstcnn.evaluation.Proportion`, with their 95 % Wilson intervals, a row a
    name.
    """
    figure, axes = _figure(1.0 + 0.5 * len(names))
    columns = (
        100 * np.array([getattr(p, field) for p in proportions])
        for field in ("value", "low", "high")
    )
    _interval_rows(axes, names, *columns)
    axes.set_xlabel("accuracy (%)\n95 % Wilson interval")
    return figure


@_house_style
def comparison(table: pd.DataFrame) -> Figure:
    """Show networks side by side in parameters, accuracy and time, a panel each, one below the
    other.

    ``table`` has the columns name, parameters, accuracy, low and high (fractions; the interval),
    milliseconds.
    """
    figure, (parameters, accuracy, time) = _figure(3 * (0.8 + 0.42 * len(table)), 3)
    _bars(parameters, table["name"], table["parameters"], "parameters")
    _interval_rows(accuracy, table["name"], *_percentages(table))
    accuracy.set_xlabel("accuracy (%)\n95 % interval")
    _bars(
        time,
        table["name"],
        table["milliseconds"],
        "time for one image (milliseconds)",
        form="{:.2f}",
    )
    return figure


@_house_style
def accuracy_by_shift(
    curves: Mapping[str, tuple[Values, Values]], crop_begins: int | None = None
) -> Figure:
    """Show accuracy against how far the digits are shifted.

    Parameters
    ----------
    curves : dict of str to (shifts, accuracies)
        Shifts in pixels, accuracies as fractions.
    crop_begins : int, optional
        The shift from which digits begin to leave the image; marked by a vertical line.
    """
    figure, axes = _figure(4.4)
    ends = []
    for index, (name, (shifts, accuracies)) in enumerate(curves.items()):
        color, marker, line = _look(name, index)
        axes.plot(shifts, 100 * _array(accuracies), marker=marker, linestyle=line, color=color)
        ends.append((name, 100 * float(accuracies[-1]), color))
    if crop_begins is not None:
        _mark_crop(axes, crop_begins)
    axes.set(xlabel="shift (pixels)", ylabel="accuracy (%)")
    axes.grid(axis="y")
    _label_ends(axes, ends)
    return figure


@_house_style
def accuracy_rows(table: pd.DataFrame, by: str = "case") -> Figure:
    """Show `firstcnn.experiments.intervals`: a row for each value of ``by`` with its accuracy and
    its interval.
    """
    figure, axes = _figure(1.1 + 0.5 * len(table))
    _interval_rows(axes, list(table[by]), *_percentages(table))
    axes.set_xlabel(f"accuracy (%)\n{_OVER_BOTH}")
    return figure


@_house_style
def difference_rows(table: pd.DataFrame, by: str = "case") -> Figure:
    """Show `firstcnn.experiments.differences`: a row for each value of ``by``, in percentage
    points.

    A difference whose interval holds 0 is drawn hollow.
    """
    figure, axes = _figure(1.3 + 0.5 * len(table))
    axes.axvline(0, color=GREY, linewidth=1)
    values, lows, highs = _percentages(table, "difference")
    hollow = np.flatnonzero((lows <= 0) & (highs >= 0))
    _interval_rows(axes, list(table[by]), values, lows, highs, "{:+.2f}", hollow)
    note = "\nhollow: not shown different" if len(hollow) else ""
    axes.set_xlabel(f"difference in accuracy (percentage points)\n{_OVER_BOTH}{note}")
    return figure


@_house_style
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
    figure, axes = _figure(4.2)
    _interval_lines(axes, table, x, group, lambda places, steps: places * 1.03**steps)
    _log(axes, "x", x_label or x.replace("_", " "))
    axes.set_xticks(ticks := sorted(table[x].unique()), [f"{tick:,g}" for tick in ticks])
    axes.minorticks_off()
    return figure


@_house_style
def effect_grid(
    table: pd.DataFrame, columns: str, framed: Mapping[str, str] = MappingProxyType({})
) -> Figure:
    """Show differences in percentage points with their intervals: a row a ``case``, a column for
    each ``columns``.

    Parameters
    ----------
    table : DataFrame
        Rows of `firstcnn.experiments.differences`, with one more column that ``columns`` names.
    framed : dict of str to str
        Cells to point out: case to column.
    """
    names, heads = list(dict.fromkeys(table["case"])), list(dict.fromkeys(table[columns]))
    cells = table.set_index(["case", columns])
    values = np.array(
        [[100 * cells.loc[(name, head), "difference"] for head in heads] for name in names]
    )
    figure, axes = _figure(1.3 + 0.75 * len(names))
    picture = axes.imshow(values, aspect="auto", **_signed(_limit(values)))
    for (row, column), value in np.ndenumerate(values):
        found = cells.loc[(names[row], heads[column])]
        text = "{}\n{} to\n{}".format(
            *(_fixed(number, "{:+.2f}") for number in (value, *100 * found[["low", "high"]]))
        )
        color = _text_on(picture.cmap, picture.norm(value))
        weight = "normal" if found["verdict"] == "not shown different" else "bold"
        axes.text(
            column, row, text, ha="center", va="center", color=color, fontsize=SMALL, weight=weight
        )
        if framed.get(names[row]) == heads[column]:
            _frame(axes, column - 0.46, row - 0.44, 0.92, 0.88, "black", 1.5)
    axes.set_xticks(range(len(heads)), heads)
    axes.set_yticks(range(len(names)), names)
    _say(axes, f"{columns.replace('_', ' ')} →", (-0.5, -0.5), (-4, 6), ha="right")
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)
    _bar_below(
        figure,
        picture,
        axes,
        "difference in accuracy (percentage points)\nwith its 95 % interval; bold: without 0",
    )
    return figure


@_house_style
def shift_bands(table: pd.DataFrame, crop_begins: int) -> Figure:
    """Show `firstcnn.experiments.intervals` of several networks against how far digits are shifted.

    Parameters
    ----------
    table : DataFrame
        With the columns ``case``, ``shift`` (pixels), ``accuracy``, ``low``, ``high``.
    crop_begins : int
        The shift from which digits begin to leave the image; marked by a vertical line.
    """
    figure, axes = _figure(4.4)
    _interval_lines(axes, table, "shift", "case", lambda places, steps: places + 0.1 * steps)
    _mark_crop(axes, crop_begins)
    axes.set_xlabel("shift (pixels)")
    return figure


@_house_style
def reading_map(
    maps: Mapping[str, Values], shifts: Sequence[int], digit: Values, intact: int | None = None
) -> Figure:
    """Show where on the paper networks can read a digit: a map of shifts for each network, two a
    row.

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
    rows, side = -(-len(maps) // 2), len(shifts)
    figure, panels = _figure(1.2 + 3.3 * rows, rows, 2, sharex=True, sharey=True, squeeze=False)
    ink = _unit(_plane(digit))
    for axes, (name, accuracies) in zip(panels.flat, maps.items(), strict=False):
        percent = 100 * _array(accuracies).astype(float)
        if percent.shape != (side, side):
            raise ValueError(
                f"The map of {name!r} has shape {percent.shape}; expected {(side, side)}, a row for"
                " each shift down and a column for each shift right."
            )
        picture = _map_of_shifts(axes, percent, shifts, ink)
        reads = (percent.round(3) >= 90).sum()
        axes.set_title(name, pad=20, weight="bold")
        _say(
            axes,
            f"reads 9 of 10 at {reads} of {side**2} shifts",
            (0.5, 1),
            (0, 6),
            xycoords="axes fraction",
        )
        if intact is not None:
            axes.add_patch(
                Rectangle(
                    (-intact, -intact),
                    2 * intact,
                    2 * intact,
                    fill=False,
                    linestyle=":",
                    color=GREY,
                )
            )
    for axes in panels.flat[len(maps) :]:
        axes.set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel("shift down (pixels)")
    for axes in panels[-1]:
        axes.set_xlabel("shift right (pixels)")
    key = "orange: a digit in place, to scale" + (
        "" if intact is None else "; inside the dots none loses ink"
    )
    label = f"digits read (%)\n{key}"
    bar = _bar_below(figure, picture, panels, label, ticks=[10, 30, 50, 70, 90, 100], pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.axvline(90, color="black", linewidth=1.6)
    return figure


def _map_of_shifts(
    axes: Axes, percent: np.ndarray, shifts: Sequence[int], ink: np.ndarray
) -> AxesImage:
    """Draw accuracies over the plane of shifts, the line at 90 % with its name, and the digit (28,
    28) in between.
    """
    fine = np.linspace(shifts[0], shifts[-1], 241)
    smooth = PchipInterpolator(shifts, PchipInterpolator(shifts, percent, axis=0)(fine), axis=1)(
        fine
    )  # (241, 241)
    edges = (shifts[0], shifts[-1], shifts[-1], shifts[0])
    picture = axes.imshow(
        smooth, cmap=READABLE, vmin=10, vmax=100, extent=edges, interpolation="bilinear"
    )
    across = np.arange(28) - 13.5  # pixels from the middle of the paper
    axes.contourf(across, across, ink, levels=[0.5, 1.1], colors=["#E8701A"], alpha=0.12)
    axes.contour(across, across, ink, levels=[0.5], colors=["#E8701A"], linewidths=1.2)
    if smooth.min() < 90 < smooth.max():
        line = axes.contour(fine, fine, smooth, levels=[90], colors="black", linewidths=1.8)
        _name_shore(axes, np.concatenate(line.allsegs[0]), shifts, ink)
    ticks = [shift for shift in shifts if shift % 6 == 0]
    axes.set_xticks(ticks, [_number(tick) for tick in ticks])
    axes.set_yticks(ticks, [_number(tick) for tick in ticks])
    axes.set(xlim=edges[:2], ylim=edges[2:])
    axes.spines[:].set_visible(False)
    return picture


def _name_shore(axes: Axes, points: np.ndarray, shifts: Sequence[int], ink: np.ndarray) -> None:
    """Write "90 %" outside of a line, given by its points (N, 2), on the side where it covers the
    least ink.
    """
    half = np.array([2.6, 1.2])  # of the text's width and height, in pixels of the digit
    ways = np.array([(0, 1), (0, -1), (-1, 0), (1, 0)])  # down, up, left, right
    ends = [(way, points[(points @ way).argmax()]) for way in ways]
    places = [end + way * (half + 0.4) for way, end in ends]

    def cost(place: np.ndarray) -> float:
        (left, top), (right, bottom) = (
            (place - half + 14).astype(int),
            np.ceil(place + half + 14).astype(int),
        )
        beyond = (np.abs(place) + half > shifts[-1]).any()
        return 1e6 * beyond + ink[max(top, 0) : bottom, max(left, 0) : right].sum()

    text = axes.text(
        *min(places, key=cost), "90 %", ha="center", va="center", fontsize=SMALL, color="white"
    )
    text.set_path_effects([withStroke(linewidth=2.2, foreground="#0B2A48")])


@_house_style
def named_bars(values: Mapping[str, float], label: str, form: str = "{:,.1f}") -> Figure:
    """Show numbers by name, ``{name: number}``, as bars on one linear scale; ``form`` writes the
    numbers.
    """
    figure, axes = _figure(0.9 + 0.4 * len(values))
    _bars(axes, list(values), list(values.values()), label, form=form)
    return figure


@_house_style
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
    figure, axes = _figure(4.6)
    ends = []
    for index, (name, runs) in enumerate(table.groupby("network", sort=False)):
        color, marker, line = look = _look(name, index)
        medians = runs.groupby("epochs")[["seconds", "accuracy"]].median()
        axes.plot(
            medians["seconds"],
            100 * medians["accuracy"],
            marker=marker,
            linestyle=line,
            color=color,
        )
        _runs(axes, runs["seconds"], 100 * runs["accuracy"], look)
        ends.append((name, 100 * medians["accuracy"].iloc[-1], color))
    for goal in goals:
        axes.axhline(100 * goal, color=GREY, linewidth=1, linestyle=":")
        place = {
            "transform": axes.get_yaxis_transform(),
            "va": "bottom",
            "color": GREY,
            "fontsize": SMALL,
        }
        axes.text(0.01, 100 * goal, f"{100 * goal:g} %", **place)
    _log(axes, "x", "training time (s)", subs=(1, 2, 5))
    axes.set_ylabel("validation accuracy (%)")
    _label_ends(axes, ends)
    return figure


@_house_style
def dense_network(layers: Mapping[str, int]) -> Figure:
    """Show a small dense network, ``{name: size}`` from left to right: squares for inputs, circles
    for units.

    A line is a weight; the plus sign in a unit stands for the bias that it adds.
    """
    figure, axes = _figure(0.7 * max(layers.values()) + 0.9)
    _bare(axes, WIDTH, 0.7 * max(layers.values()) + 0.5)
    middle, across = 0.35 * max(layers.values()), WIDTH / len(layers)
    places = [
        [((column + 0.5) * across, middle + 0.7 * (row - (size - 1) / 2)) for row in range(size)]
        for column, size in enumerate(layers.values())
    ]
    for (before, after), color in zip(pairwise(places), cycle((BLUE, ORANGE)), strict=False):
        for start, end in product(before, after):
            axes.plot(*zip(start, end, strict=True), color=color)
    for column, (name, size) in enumerate(layers.items()):
        for x, y in places[column]:
            shape = Circle((x, y), 0.24) if column else Rectangle((x - 0.2, y - 0.2), 0.4, 0.4)
            shape.set(facecolor="white", edgecolor="black", linewidth=1.5, zorder=3)
            axes.add_patch(shape)
            if column:
                axes.text(x, y, "+", ha="center", va="center", zorder=4)
        axes.text(
            places[column][0][0], 2 * middle + 0.3, f"{size} {name}", ha="center", va="center"
        )
    return figure


@_house_style
def kernel_places(image: Values, settings: Mapping[str, tuple[Values, int, int]]) -> Figure:
    """Show the first and the last place of a kernel on a small image, and all answers, a column for
    each setting.

    Parameters
    ----------
    image : (H, W)
        Few enough pixels for their numbers to be read.
    settings : dict of str to (kernel, padding, stride)
        Title to a kernel (K, K), the rows and columns of zeros on each side (grey) and the step of
        the kernel.
    """
    plane = torch.as_tensor(_plane(image)).float()
    around = max(padding for _, padding, _ in settings.values())
    figure, axes = _figure(WIDTH)
    left, middle, bottom = (
        0.0,
        1.4 + around + len(plane) / 2,
        0.0,
    )  # cells; the images are centred on one line
    for title, (kernel, padding, stride) in settings.items():
        kernel = torch.as_tensor(_plane(kernel)).float()
        padded = torch.nn.functional.pad(plane, [padding] * 4)
        answers = torch.nn.functional.conv2d(padded[None, None], kernel[None, None], stride=stride)[
            0, 0
        ]
        width, top = max(len(padded), 5.4), 2 * middle - 0.3
        center = left + width / 2
        image_corner = _numbers(
            axes, padded, center, middle - len(padded) / 2, title, border=padding
        )
        _numbers(axes, kernel, center, top, "kernel")
        corner = _numbers(
            axes, answers, center, top + len(kernel) + 1.2, f"answers: {_times(answers.shape)}"
        )
        for place, color, line in (
            ((0, 0), ORANGE, "-"),
            ([side - 1 for side in answers.shape], BLUE, "--"),
        ):
            for (x, y), step, side in ((image_corner, stride, len(kernel)), (corner, 1, 1)):
                _frame(axes, x + step * place[1], y + step * place[0], side, side, color)
                axes.patches[-1].set_linestyle(line)
        left, bottom = left + width + 0.8, max(bottom, corner[1] + len(answers) + 0.1)
    figure.set_figheight(0.33 * bottom)
    _bare(axes, left - 0.8, bottom)
    return figure


def _numbers(
    axes: Axes, matrix: Values, center: float, top: float, title: str, border: int = 0
) -> tuple:
    """Write a matrix (H, W) in cells of one unit below a title, its ``border`` grey; return its
    upper left corner.
    """
    matrix = _array(matrix)
    height, width = matrix.shape
    left = center - width / 2
    axes.text(center, top - 0.2, title, ha="center", va="bottom", linespacing=1.15)
    axes.add_patch(Rectangle((left, top), width, height, facecolor=PALE_GREY))
    inner = (left + border, top + border), width - 2 * border, height - 2 * border
    axes.add_patch(Rectangle(*inner, facecolor="white"))
    for (row, column), value in np.ndenumerate(matrix):
        _frame(axes, left + column, top + row, 1, 1, "#9A9A9A", 0.8)
        axes.text(
            left + column + 0.5,
            top + row + 0.5,
            _number(value),
            ha="center",
            va="center",
            fontsize=SMALL,
        )
    return left, top


@_house_style
def descent(curve: tuple[Values, Values], paths: Mapping[str, tuple[Values, Values]]) -> Figure:
    """Show a price over one weight, (weights, prices), and paths: an arrow from each of their
    points to the next.
    """
    figure, axes = _figure(4.2)
    axes.plot(*map(_array, curve), color=GREY)
    ends = []
    for (name, path), (color, marker, line) in zip(paths.items(), SERIES, strict=False):
        points = list(zip(*map(_array, path), strict=True))
        axes.plot(*map(_array, path), marker, color=color)
        for start, end in pairwise(points):
            arrow = {"arrowstyle": "->", "color": color, "linestyle": line, "linewidth": 1.8}
            axes.annotate("", end, start, arrowprops=arrow)
        ends.append((name, float(points[-1][1]), color))
    axes.set(xlabel="weight", ylabel="price")
    axes.grid(axis="y")
    _label_ends(axes, ends)
    return figure
