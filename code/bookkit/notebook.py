"""What a page's cells use to hand numbers and pictures to the text. Importing it makes open blanks
speak.
"""

import base64
import io
import math
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any

from IPython import get_ipython
from IPython.core.formatters import format_display_data
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from IPython.display import publish_display_data
from matplotlib.figure import Figure

from bookkit.book.data import check_data, check_live_data
from bookkit.book.mime import GLUED, RECORD
from bookkit.book.numbers import with_minus_signs
from bookkit.exercises import blanks

__all__ = ["check_data", "glue", "record", "show", "with_minus_signs"]
DOTS_PER_INCH = 200


def glue(name: str, value: Any) -> None:
    """Keep a value under a name for the text, where ``{glue:text}`` shows it; nothing is displayed
    here.

    Parameters
    ----------
    name : str
        Unique on the page.
    value : number or str
        Numbers can be formatted in the text: ``{glue:text}`accuracy:.2f```.
    """
    value = value.item() if hasattr(value, "item") else value
    data, metadata = format_display_data(value)
    kept = {f"{GLUED}{kind}": text for kind, text in data.items()}
    publish_display_data(
        kept, metadata={**metadata, "scrapbook": {"name": name, "mime_prefix": GLUED}}
    )


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
        raise ValueError(
            f"The figure {name} has no alternative text: say in a sentence what it shows."
        )
    alt = with_minus_signs(alt)
    publish_display_data(
        {"image/png": base64.b64encode(png_of(figure)).decode(), "text/plain": alt},
        metadata={"scrapbook": {"name": name, "mime_prefix": ""}, "image/png": {"alt": alt}},
    )


def png_of(figure: Figure) -> bytes:
    """Return a figure as a PNG at 200 dots per inch."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DOTS_PER_INCH)
    return stream.getvalue()


def record(claim: str, **values: Any) -> None:
    """Keep what was measured for a claim; the build checks whether it bears the claim out. Nothing
    is displayed.

    Parameters
    ----------
    claim : str
        The id of the claim, which has one record in the whole book.
    **values : number, str, bool, list or dict
        What was measured, under the names that the claim's checker asks for. Arrays and tensors are
        kept as lists, a named tuple as a dictionary, a table as a list of its rows, each a
        dictionary.

    Raises
    ------
    ValueError
        If a value is not a number, or infinite.
    TypeError
        If a value cannot be kept as text.
    """
    kept = {name: _plain(value, f"{claim}: {name}") for name, value in values.items()}
    publish_display_data({RECORD: {"claim": claim, "values": kept}})


def _plain(value: Any, place: str) -> Any:
    """Return a value as plain numbers, strings, lists and dictionaries; ``place`` says where it
    stands.
    """
    if hasattr(value, "to_dict"):  # a table or a column of pandas
        value = value.to_dict("records") if value.ndim == 2 else value.to_dict()
    elif hasattr(value, "tolist"):  # NumPy, PyTorch
        value = value.tolist()
    elif hasattr(value, "_asdict"):  # a named tuple
        value = value._asdict()
    if isinstance(value, Mapping):
        return {str(name): _plain(item, f"{place}[{str(name)!r}]") for name, item in value.items()}
    if isinstance(value, list | tuple | range):
        return [_plain(item, f"{place}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(
            f"{place} is {value}: a claim stands on numbers. Find out where it comes from."
        )
    if value is None or not isinstance(value, str | bool | int | float):
        raise TypeError(
            f"{place} is {value!r}: record numbers, strings, truth values, lists and dictionaries"
            " of these."
        )
    return value


def show_figures(shell: InteractiveShell) -> None:
    """Let a shell display a figure that is the value of a cell, as `show` does: readers get the
    figure alone.
    """
    shell.display_formatter.formatters["image/png"].for_type(Figure, png_of)


def say_once(shell: InteractiveShell, text: str) -> None:
    """Print a text below the next cell that a reader runs; what a page runs by itself says
    nothing.
    """

    def say(result: ExecutionResult) -> None:
        if result.info.store_history:
            shell.events.unregister("post_run_cell", say)
            print(text, end="")

    if text:
        shell.events.register("post_run_cell", say)


def prepare(shell: InteractiveShell) -> None:
    """Make blanks speak in a shell, figures show, and cells read the data of the book."""
    blanks.install(shell)
    show_figures(shell)
    with redirect_stdout(io.StringIO()) as said:
        check_live_data()
    say_once(shell, said.getvalue())


if get_ipython() is not None:
    prepare(get_ipython())
