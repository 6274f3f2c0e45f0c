"""What a page's cells use to hand numbers and pictures to the text."""

import base64
import io
from typing import Any

from IPython.display import publish_display_data
from matplotlib.figure import Figure
from myst_nb import glue as myst_glue

DOTS_PER_INCH = 200


def glue(name: str, value: Any) -> None:
    """Keep a value under a name for the text, where ``{glue:text}`` shows it; nothing is displayed here.

    Parameters
    ----------
    name : str
        Unique on the page.
    value : number or str
        Numbers can be formatted in the text: ``{glue:text}`accuracy:.2f```.
    """
    myst_glue(name, value.item() if hasattr(value, "item") else value, display=False)


def show(figure: Figure, name: str, alt: str) -> None:
    """Display a figure and keep it under a name for ``{glue:figure}``.

    Parameters
    ----------
    figure : Figure
        Is drawn as a PNG at 200 dots per inch.
    name : str
        Unique on the page.
    alt : str
        What the figure shows, for whoever does not see it; with the measured values that matter.

    Raises
    ------
    ValueError
        If the alternative text is empty.
    """
    if not alt.strip():
        raise ValueError(f"The figure {name} has no alternative text: say in a sentence what it shows.")
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DOTS_PER_INCH)
    publish_display_data(
        {"image/png": base64.b64encode(stream.getvalue()).decode(), "text/plain": alt},
        metadata={"scrapbook": {"name": name, "mime_prefix": ""}, "image/png": {"alt": alt}},
    )
