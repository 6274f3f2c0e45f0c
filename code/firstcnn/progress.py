"""A progress bar on the error stream that stops no work where nobody can see it."""

import contextlib
import shutil
import sys
from typing import Any, TextIO

from tqdm import tqdm


def progress_bar(**options: Any) -> tqdm:
    """Return a bar of ``tqdm`` with these options; it shows nothing if the error stream is closed,
    or takes no more.
    """
    if sys.stderr is None or getattr(sys.stderr, "closed", False):
        return tqdm(file=_Screen(None), **{**options, "disable": True})
    on_terminal = getattr(sys.stderr, "isatty", bool)()
    width = shutil.get_terminal_size().columns if on_terminal else None
    return tqdm(file=_Screen(sys.stderr), ncols=width, **options)


class _Screen:
    """A stream whose errors are nobody's business: on a full disk, or when who read it is gone."""

    def __init__(self, stream: TextIO | None):
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.stream.flush()
