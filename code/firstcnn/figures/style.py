"""The one hand in which all figures are drawn: colours, markers, sizes, and the book's style."""

import functools
from collections.abc import Callable

import matplotlib.style
import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure

WIDTH = 6.4  # inches, of every figure
PAD = 0.08  # inches, between the drawing and the border
TEXT, SMALL = 12, 11  # points

BLUE, ORANGE, GREEN, PLUM, BROWN = "#0072B2", "#B84E00", "#00785A", "#6B1F5E", "#5F4300"
TEAL, RED, MAGENTA, GOLD, VIOLET = "#007A87", "#A01C33", "#B0307C", "#8A6100", "#5B3FA8"
SLATE, PALE_SLATE = "#27343C", "#8295A3"  # what stands alone: points and lines, bars
GREY, PALE_GREY = "#5A5A5A", "#D9D9D9"  # what is read against; cells and maps
ON_BLACK = ("#F0E442", "#56B4E9", "#E69F00", "#7FE0C3", "#F2A7CF")  # for lines on a digit

Look = tuple[str, str, str]  # colour, marker and line

NETWORKS: dict[str, Look] = {  # the first whose key is in a name
    "dense": (ORANGE, "s", "--"),
    "tinycnn": (GREEN, "^", "-."),
    "pooled": (PLUM, "D", ":"),
    "complexcnn": (BROWN, "P", "-"),
    "smallcnn": (TEAL, "o", "-"),
    "fastcnn": (RED, "v", "--"),
    "simplecnn": (BLUE, "o", "-"),
}
SERIES: tuple[Look, ...] = (  # of anything else, one after the other
    (SLATE, "o", "-"),
    (MAGENTA, "s", "--"),
    (GOLD, "^", "-."),
    (VIOLET, "D", ":"),
    (GREY, "v", "--"),
)
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


def house_style(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Let a function draw in the book's style whatever the reader's is, which stays as it was."""

    @functools.wraps(draw)
    def styled(*args, **kwargs) -> Figure:
        with matplotlib.style.context(["default", STYLE]):
            figure = draw(*args, **kwargs)
            # Ticks are made when drawn: tell the axes how, and make them now.
            for axes in figure.axes:
                axes.tick_params(which="both", labelsize=SMALL, color="black", labelcolor="black")
            figure.draw_without_rendering()
        return figure

    return styled


def look_of(name: object, index: int = 0) -> Look:
    """Return the look of the network in a name, or else of the series with this index."""
    networks = (look for network, look in NETWORKS.items() if network in str(name).lower())
    return next(networks, SERIES[index % len(SERIES)])


def signed_scale(limit: float) -> dict:
    """Return the arguments of ``imshow`` for signed values up to ``limit``; zero is white."""
    return {"cmap": SIGNED, "vmin": -limit, "vmax": limit}


def text_color_on(cmap: Colormap, level: float) -> str:
    """Return "black" or "white", whichever has more contrast (WCAG 2.1) to a level from 0 to 1."""
    channels = np.array(cmap(float(level))[:3])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    # At a luminance of 0.179 the two contrasts are equal.
    return "white" if linear @ (0.2126, 0.7152, 0.0722) < 0.179 else "black"
