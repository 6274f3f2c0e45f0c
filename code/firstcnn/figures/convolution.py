"""Kernels, what they answer at every place, and what becomes of a digit layer by layer."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from firstcnn.figures.axes import (
    blank_axes,
    center_text,
    colorbar_below,
    frame,
    log_axis,
    name_rows,
    right_of_rows,
    show_image,
    show_matrix,
    subplots,
)
from firstcnn.figures.sheets import (
    Row,
    Tile,
    draw_sheet,
    inputs_beside_maps,
    row_of,
    row_width,
    signed_colorbar,
    stage_sheet,
    tile_left,
)
from firstcnn.figures.style import (
    BLUE,
    GREY,
    ORANGE,
    PALE_GREY,
    SLATE,
    SMALL,
    WIDTH,
    house_style,
    signed_scale,
)
from firstcnn.figures.values import (
    Values,
    as_array,
    largest_magnitude,
    one_image,
    plain_number,
    shape_text,
    unit_scale,
)


@house_style
def response(digit: Values, kernel: Values, response: Values) -> Figure:
    """Show a digit (28, 28), the numbers of a kernel (3, 3), and its response (H, W)."""
    figure, panels = subplots(3.3, 1, 3, width_ratios=(2.1, 1.5, 2.1))
    show_image(panels[0], unit_scale(one_image(digit)), "digit")
    show_matrix(panels[1], one_image(kernel), "kernel", **signed_scale(largest_magnitude(kernel)))
    limit = largest_magnitude(response)
    picture = show_image(panels[2], response, "response", **signed_scale(limit))
    colorbar_below(figure, picture, panels, "value of the response (zero is white)")
    return figure


@house_style
def sliding_window(digit: Values, row: int, column: int, kernel: Values) -> Figure:
    """Show one step of a convolution: window, patch times kernel, products, and their sum.

    Parameters
    ----------
    digit : (28, 28)
        uint8 or 0 to 1; the patch shows the values as they are.
    row, column : int
        The pixel under the middle of the window. Beyond the border the patch is zero.
    kernel : (k, k)
        k odd.
    """
    plane, kernel = one_image(digit), one_image(kernel)
    side, reach = len(kernel), len(kernel) // 2
    patch = np.pad(plane, reach)[row : row + side, column : column + side].astype(float)
    figure = Figure(figsize=(WIDTH, 5.8))
    layout = [["digit"] * 5, ["patch", "×", "kernel", "=", "products"]]
    widths = (1, 0.12, 1, 0.12, 1)
    panels = figure.subplot_mosaic(layout, width_ratios=widths, height_ratios=(1.7, 1))
    show_image(panels["digit"], unit_scale(plane))
    frame(panels["digit"], column - reach - 0.5, row - reach - 0.5, side, side)
    show_matrix(panels["patch"], patch, "patch", vmax=255 if plane.dtype.kind in "ui" else 1)
    for name, values in (("kernel", kernel), ("products", patch * kernel)):
        show_matrix(panels[name], values, name, **signed_scale(largest_magnitude(values)))
    for sign in "×=":
        blank_axes(panels[sign], 1, 1)
        center_text(panels[sign], 0.5, 0.5, sign, fontsize=18)
    total = f"sum {plain_number((patch * kernel).sum())}"
    panels["products"].text(side / 2 - 0.5, side - 0.4, total, ha="center", va="top", weight="bold")
    return figure


@house_style
def learned_kernel(losses: Sequence[float], before: Values, after: Values) -> Figure:
    """Show how a kernel was learned: the loss of each step above the kernel before and after.

    Parameters
    ----------
    losses : sequence of float
        Of each step, all above 0.
    before, after : (k, k)
        The weights before the first step and after the last; both have one scale.
    """
    figure = Figure(figsize=(WIDTH, 5.6))
    panels = figure.subplot_mosaic([["losses"] * 2, ["before", "after"]], height_ratios=(1.2, 1))
    panels["losses"].plot(range(1, len(losses) + 1), losses, color=SLATE)
    panels["losses"].set_xlabel("step")
    log_axis(panels["losses"], "y", "loss")
    panels["losses"].grid(axis="y")
    shown = signed_scale(largest_magnitude(before, after))
    show_matrix(panels["before"], one_image(before), "weights before", **shown)
    show_matrix(panels["after"], one_image(after), f"after {len(losses):,} steps", **shown)
    return figure


@house_style
def kernel_places(image: Values, settings: Mapping[str, tuple[Values, int, int]]) -> Figure:
    """Show the first and the last place of a kernel on a small image, and all its answers.

    Each setting has a column: the image, the kernel, and the answers. A kernel that all settings
    share has a column of its own, at the left.

    Parameters
    ----------
    image : (H, W)
        Few enough pixels for their numbers to be read, which have two characters at most if the
        settings share a kernel.
    settings : dict of str to (kernel, padding, stride)
        Title to a kernel (k, k), the rows and columns of zeros on each side (grey) and the step of
        the kernel.
    """
    plane = torch.as_tensor(one_image(image)).float()
    kernels = [torch.as_tensor(one_image(kernel)).float() for kernel, *_ in settings.values()]
    shared = len(kernels) > 1 and all(torch.equal(kernel, kernels[0]) for kernel in kernels)
    around = max(padding for _, padding, _ in settings.values())
    middle = 1.4 + around + len(plane) / 2  # cells; the images are centred on one line
    figure, axes = subplots(WIDTH)
    left, bottom = 0.0, 0.0
    if shared:
        width = len(kernels[0])
        _draw_numbers(axes, kernels[0], width / 2, middle - width / 2, "kernel")
        left = width + 0.8
    for kernel, (title, (_, padding, stride)) in zip(kernels, settings.items(), strict=True):
        padded = torch.nn.functional.pad(plane, [padding] * 4)
        width = max(len(padded), 5.4)
        place = left + width / 2, middle
        end = _draw_kernel_column(axes, place, title, padded, padding, kernel, stride, not shared)
        left, bottom = left + width + 0.8, max(bottom, end + 0.1)
    figure.set_figheight(bottom * min(0.33, WIDTH / (left - 0.8)))
    blank_axes(axes, left - 0.8, bottom)
    return figure


def _draw_kernel_column(
    axes: Axes,
    place: tuple[float, float],
    title: str,
    padded: torch.Tensor,
    padding: int,
    kernel: torch.Tensor,
    stride: int,
    with_kernel: bool,
) -> float:
    """Draw a padded image (H, W) with its middle at ``place``, its kernel (k, k), and the answers.

    Return where the answers end, in cells.
    """
    center, middle = place
    answers = torch.nn.functional.conv2d(padded[None, None], kernel[None, None], stride=stride)
    answers = answers[0, 0]
    kernel_top = 2 * middle - 0.3
    answers_top = kernel_top + (len(kernel) + 1.2) * with_kernel
    image_top = middle - len(padded) / 2
    corner = _draw_numbers(axes, padded, center, image_top, title, border=padding)
    if with_kernel:
        _draw_numbers(axes, kernel, center, kernel_top, "kernel")
    text = f"answers: {shape_text(answers.shape)}"
    answers_corner = _draw_numbers(axes, answers, center, answers_top, text)
    last = [side - 1 for side in answers.shape]
    for (row, column), color, line in (((0, 0), ORANGE, "-"), (last, BLUE, "--")):
        for (x, y), step, side in ((corner, stride, len(kernel)), (answers_corner, 1, 1)):
            left, top = x + step * column, y + step * row
            frame(axes, left, top, side, side, color, linestyle=line)
    return answers_top + len(answers)


def _draw_numbers(
    axes: Axes, matrix: torch.Tensor, center: float, top: float, title: str, border: int = 0
) -> tuple[float, float]:
    """Write a matrix (H, W) in cells of one unit below a title, its ``border`` grey.

    Return its upper left corner (x, y).
    """
    height, width = matrix.shape
    left = center - width / 2
    axes.text(center, top - 0.2, title, ha="center", va="bottom", linespacing=1.15)
    axes.add_patch(Rectangle((left, top), width, height, facecolor=PALE_GREY))
    inner = (left + border, top + border), width - 2 * border, height - 2 * border
    axes.add_patch(Rectangle(*inner, facecolor="white"))
    for (row, column), value in np.ndenumerate(as_array(matrix)):
        frame(axes, left + column, top + row, 1, 1, "#9A9A9A", 0.8)
        x, y = left + column + 0.5, top + row + 0.5
        center_text(axes, x, y, plain_number(value), fontsize=SMALL)
    return left, top


@house_style
def colour_channels(photo: Values, response: Values) -> Figure:
    """Show a colour photograph, the response of one kernel to it, and its three channels.

    Parameters
    ----------
    photo : (3, H, W)
        Red, green and blue, from 0 to 1; each channel is shown as a grey image, black is 0.
    response : (H, W)
        Its zero is white.
    """
    channels = as_array(photo)
    figure = Figure(figsize=(WIDTH, 2.9))
    layout = [["photo", "red", "response"], ["green", "blue", "response"]]
    panels = figure.subplot_mosaic(layout, width_ratios=(1, 1, 2))
    panels["photo"].imshow(channels.transpose(1, 2, 0))
    panels["photo"].set_axis_off()
    panels["photo"].set_title("Photograph")
    limit = largest_magnitude(response)
    shown = show_image(
        panels["response"], response, "response of one kernel", **signed_scale(limit)
    )
    for name, plane in zip(("red", "green", "blue"), channels, strict=True):
        show_image(panels[name], plane, name, cmap="gray")
    colorbar_below(figure, shown, panels["response"], "response (zero is white)")
    return figure


@house_style
def layer_outputs(stages: Mapping[str, Values], channels: int = 4) -> Figure:
    """Show what each layer does to a digit: a row a stage under its shape, a column a channel.

    Parameters
    ----------
    stages : dict of str to (C, H, W)
        In order, ``{"input": ..., "convolution": ..., "ReLU": ..., "max pooling": ...}``. A stage
        of one channel is shown as a digit, left of the stage that follows it; all others share one
        scale: a value has one colour before and after ReLU and pooling.
    channels : int
        At most so many channels of each stage are shown.
    """
    return inputs_beside_maps(stages, channels)


@house_style
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
    return stage_sheet({"untrained": untrained, "trained": trained}, channels)


@house_style
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
    maps = {name: values for name, values in activations.items() if values.ndim == 3}
    return stage_sheet({"": maps}, channels)


@house_style
def filters(before: Values, after: Values) -> Figure:
    """Show filters (F, 1, k, k) before and, beside them, after training, eight a row, one scale."""
    limit = largest_magnitude(before, after)
    blocks = {0.0: as_array(before), row_width(8) + 0.6: as_array(after)}  # by their left edges
    titles = zip(blocks, ("Before training", "After training"), strict=True)
    rows = [Row((), [(offset, title, "left") for offset, title in titles])]
    for start in range(0, len(before), 8):
        tiles = [
            Tile(kernel, offset + tile_left(index), signed_scale(limit))
            for offset, kernels in blocks.items()
            for index, kernel in enumerate(kernels[start : start + 8, 0])
        ]
        rows.append(Row(tiles))
    figure, axes = draw_sheet(rows, max(blocks) + row_width(8))
    signed_colorbar(figure, axes, limit, "weight")
    return figure


@house_style
def kernel_rows(rows: Mapping[str, Values], names: Sequence[str]) -> Figure:
    """Show kernels (N, k, k) in rows, each below its title, on one scale; ``names`` are theirs."""
    arrays = {title: as_array(kernels) for title, kernels in rows.items()}
    limit = largest_magnitude(*arrays.values())
    sheet = [Row((), row_of(names, names, "center").texts)]
    for title, kernels in arrays.items():
        tiles = row_of(kernels, [""] * len(kernels), shown=signed_scale(limit)).tiles
        sheet.append(Row(tiles, [(0, title, "left")]))
    figure, axes = draw_sheet(sheet, row_width(len(names)))
    signed_colorbar(figure, axes, limit, "weight")
    return figure


@house_style
def best_matches(groups: Mapping[str, Values], threshold: float) -> Figure:
    """Show the best match of each kernel as a point, a row a group, and how many are above.

    Parameters
    ----------
    groups : dict of str to (N,)
        Name of a group to the cosines of `firstcnn.edges.best_match`.
    threshold : float
        The cosine above which a kernel counts as a detector.
    """
    figure, axes = subplots(1.2 + 0.75 * len(groups))
    axes.axvline(threshold, color=GREY, linewidth=1, linestyle="--")
    for row, cosines in enumerate(map(as_array, groups.values())):
        spread = 0.618 * np.arange(len(cosines)) % 1 - 0.5  # even, and in no order
        size, faint = (2.5, 0.35) if len(cosines) > 200 else (5, 0.7)
        look = {"color": SLATE, "alpha": faint, "markersize": size, "markeredgewidth": 0}
        axes.plot(cosines, row + 0.6 * spread, "o", **look)
        right_of_rows(axes, 1.01, row, f"{100 * (cosines > threshold).mean():.0f} % above")
    name_rows(axes, list(groups))
    axes.spines["left"].set_visible(False)
    axes.set(xlabel="cosine with the closest detector\n(dashed: threshold)", xlim=(None, 1.01))
    return figure


@house_style
def filters_by_channel(weights: Values, count: int = 16) -> Figure:
    """Show the first ``count`` filters of a layer (F, C, k, k), each with its C kernels.

    Four filters stand in a row, eight kernels of each in a row; all have one scale.
    """
    weights = as_array(weights)[:count]
    mosaics = [_kernel_mosaic(kernels) for kernels in weights]
    names = [f"filter {index + 1}" for index in range(len(mosaics))]
    limit = largest_magnitude(weights)
    rows = [
        row_of(mosaics[start : start + 4], names[start : start + 4], shown=signed_scale(limit))
        for start in range(0, len(mosaics), 4)
    ]
    height, width = mosaics[0].shape
    figure, axes = draw_sheet(rows, row_width(4), tile_height=height / width)
    signed_colorbar(figure, axes, limit, "weight")
    return figure


def _kernel_mosaic(kernels: np.ndarray, columns: int = 8) -> np.ndarray:
    """Return kernels (C, k, k) as one picture, ``columns`` a row, thin lines of NaN between."""
    finer = kernels.repeat(4, axis=1).repeat(4, axis=2)  # (C, 4 k, 4 k)
    padded = np.pad(finer, ((0, -len(kernels) % columns), (0, 1), (0, 1)), constant_values=np.nan)
    grid = padded.reshape(-1, columns, *padded.shape[1:])  # (rows, columns, 4 k + 1, 4 k + 1)
    return np.concatenate([np.concatenate(row, axis=1) for row in grid])[:-1, :-1]
