"""Sheets: rows of tiles, one tile an image, on one axes."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from firstcnn.figures.axes import blank_axes, frame
from firstcnn.figures.style import DIGIT, PAD, PALE_SLATE, SIGNED, TEXT, WIDTH, signed_scale
from firstcnn.figures.values import (
    Values,
    as_array,
    capitalized,
    largest_magnitude,
    shape_text,
)

GAP = 0.1  # between tiles, in tiles
AS_DIGIT = MappingProxyType({"cmap": DIGIT, "vmin": 0, "vmax": 1})


class Tile(NamedTuple):
    """An image on a sheet, one tile wide: its left edge in tiles, and how ``imshow`` shows it."""

    image: np.ndarray
    left: float
    shown: Mapping = AS_DIGIT


class Row(NamedTuple):
    """A row of a sheet: tiles, and the texts above them as (x in tiles, text, alignment)."""

    tiles: Sequence[Tile]
    texts: Sequence[tuple[float, str, str]] = ()


def tile_left(index: int) -> float:
    """Return the left edge of the tile with this index in its row, in tiles."""
    return index * (1 + GAP)


def row_width(columns: int) -> float:
    """Return the width of a row of so many tiles, in tiles."""
    return tile_left(columns) - GAP


def row_of(
    images: Sequence[np.ndarray],
    texts: Sequence[str],
    alignment: str = "left",
    shown: Mapping = AS_DIGIT,
) -> Row:
    """Return a row of images, each below its text: "left", or in the "center" of the tile."""
    tiles = [Tile(image, tile_left(index), shown) for index, image in enumerate(images)]
    inside = 0.5 if alignment == "center" else 0.0
    return Row(tiles, [(tile_left(i) + inside, text, alignment) for i, text in enumerate(texts)])


def draw_sheet(
    rows: Sequence[Row], width: float, inches: float = WIDTH, tile_height: float = 1.0
) -> tuple[Figure, Axes]:
    """Draw rows ``width`` tiles or ``inches`` wide, margins included, in the middle of the figure.

    The figure is as high as the rows need. ``tile_height`` is in tiles.
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
        for tile in row.tiles:
            _draw_tile(axes, tile, top, tile_height)
        bottom = top + (tile_height + GAP if row.tiles else 0)
    high = inches * (bottom - GAP) / width
    figure.set_size_inches(WIDTH, high + 2 * PAD)
    blank_axes(axes, width, bottom - GAP)
    _place_axes(axes, (WIDTH - inches) / 2, PAD, inches, high)
    return figure, axes


def _draw_tile(axes: Axes, tile: Tile, top: float, height: float) -> None:
    image, left, shown = tile
    axes.imshow(image, extent=(left, left + 1, top + height, top), **shown)
    if shown["cmap"] is SIGNED:
        frame(axes, left, top, 1, height, PALE_SLATE, 0.5)


def _place_axes(axes: Axes, left: float, bottom: float, width: float, height: float) -> None:
    """Place an axes in its figure, in inches."""
    across, up = axes.figure.get_size_inches()
    axes.set_position((left / across, bottom / up, width / across, height / up))


def signed_colorbar(figure: Figure, axes: Axes, limit: float, label: str) -> Colorbar:
    """Make room for the colour bar of values from ``-limit`` to ``limit`` below a sheet; draw it.

    The figure grows by this room.
    """
    room, height = 0.75, figure.get_figheight()  # inches
    box = axes.get_position()
    figure.set_figheight(height + room)
    left, bottom = box.x0 * WIDTH, box.y0 * height + room
    _place_axes(axes, left, bottom, box.width * WIDTH, box.height * height)
    below = figure.add_axes((0, 0, 1, 1))
    _place_axes(below, 0.15 * WIDTH, 0.58, 0.7 * WIDTH, 0.13)
    return figure.colorbar(
        ScalarMappable(Normalize(-limit, limit), SIGNED),
        cax=below,
        orientation="horizontal",
        label=f"{label} (zero is white)",
        ticks=MaxNLocator(5, steps=[1, 2, 5, 10]),
    )


def digit_sheet(images: np.ndarray, columns: int, titles: Sequence[str] = ()) -> Figure:
    """Lay out digits (N, H, W), 0 to 1, in rows of ``columns``, each below its title if any."""
    columns = min(columns, len(images))
    rows = []
    for start in range(0, len(images), columns):
        part = slice(start, start + columns)
        rows.append(row_of(images[part], [capitalized(title) for title in titles[part]], "center"))
    return draw_sheet(rows, row_width(columns), min(WIDTH, 2.6 * columns))[0]


def stage_sheet(blocks: Mapping[str, Mapping[str, Values]], channels: int) -> Figure:
    """Lay out blocks of stages (C, H, W) side by side: a row a stage, a column a channel.

    Parameters
    ----------
    blocks : dict of str to dict of str to (C, H, W)
        Title of a block to its stages; all blocks have stages of the same names. A stage of one
        channel, the input, is shown as a digit; all others share one scale.
    channels : int
        At most so many channels of each stage are shown.
    """
    stages = [[as_array(values) for values in block.values()] for block in blocks.values()]
    shown = [values[:channels] for block in stages for values in block if len(values) > 1]
    limit = largest_magnitude(*shown)
    columns = min(channels, max(len(values) for block in stages for values in block))
    offsets = [block * (row_width(columns) + 0.4) for block in range(len(blocks))]
    titles = zip(offsets, map(capitalized, blocks), strict=True)
    rows = [Row((), [(offset, title, "left") for offset, title in titles if title])]
    for name, *versions in zip(next(iter(blocks.values())), *stages, strict=True):
        tiles = []
        for values, offset in zip(versions, offsets, strict=True):
            tiles += _stage_tiles(values[:channels], limit, offset)
        part = f", channels 1 to {channels}" if len(versions[0]) > channels else ""
        rows.append(Row(tiles, [(0, f"{name}: {shape_text(versions[0].shape)}{part}", "left")]))
    figure, axes = draw_sheet(rows, offsets[-1] + row_width(columns))
    signed_colorbar(figure, axes, limit, "value in a feature map")
    return figure


def inputs_beside_maps(stages: Mapping[str, Values], channels: int) -> Figure:
    """Lay out stages (C, H, W) of one network: a row a stage, a column a channel.

    A stage of one channel, an input, is shown as a digit at the left of the next row, under its
    name, which has to be short. All others share one scale, and at most ``channels`` channels of
    each are shown.
    """
    arrays = {name: as_array(values) for name, values in stages.items()}
    shown = [values[:channels] for values in arrays.values() if len(values) > 1]
    limit, beside = largest_magnitude(*shown), tile_left(1) + GAP
    rows: list[Row] = []
    for name, values in arrays.items():
        if len(values) == 1:
            rows.append(Row([*_stage_tiles(values, limit, 0)], [(0, name, "left")]))
            continue
        if not rows or len(rows[-1].texts) > 1 or rows[-1].tiles[0].left > 0:
            rows.append(Row([], []))
        part = f", channels 1 to {channels}" if len(values) > channels else ""
        rows[-1].tiles.extend(_stage_tiles(values[:channels], limit, beside))
        rows[-1].texts.append((beside, f"{name}: {shape_text(values.shape)}{part}", "left"))
    width = beside + row_width(max(map(len, shown)))
    figure, axes = draw_sheet(rows, width, min(WIDTH, 0.9 * width))
    signed_colorbar(figure, axes, limit, "value in a feature map")
    return figure


def _stage_tiles(stage: np.ndarray, limit: float, offset: float) -> Iterator[Tile]:
    """Yield the channels of a stage (C, H, W); a single channel, the input, as a digit."""
    digit = {"cmap": DIGIT, "vmin": stage.min(), "vmax": stage.max()}
    shown = signed_scale(limit) if len(stage) > 1 else digit
    for index, plane in enumerate(stage):
        yield Tile(plane, offset + tile_left(index), shown)
