"""A progress bar on the error stream that stops no work where nobody can see it."""

import contextlib
import sys
from typing import Any, TextIO

from tqdm import tqdm


def progress_bar(**options: Any) -> tqdm:
    """Return a bar of ``tqdm`` with these options; it shows nothing if the error stream is closed, or takes no more."""
    if sys.stderr is None:
        return tqdm(**{**options, "disable": True})
    return tqdm(file=_Screen(sys.stderr), **options)


class _Screen:
    """A stream whose errors are nobody's business: on a full disk, or when who read it is gone."""

    def __init__(self, stream: TextIO):
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def __eq__(self, other: object) -> bool:  # by this tqdm knows the terminal, whose width it asks for
        return other is self.stream

    __hash__ = object.__hash__

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.stream.flush()
