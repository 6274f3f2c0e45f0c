"""How far a build is, and about how long it goes on: in words, and in one bar over all of it."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

Part = tuple[str, str]  # profile, and page or SITE
SITE = "site"  # Sphinx and all that follows the pages
ENOUGH = 20  # seconds of finished parts that say something about the others


class Outlook:
    """How far a build is.

    Parameters
    ----------
    expected : mapping of Part to float or None
        Seconds that each part of the build is expected to take, in order; None if nobody knows.
    """

    def __init__(self, expected: Mapping[Part, float | None]):
        self.waiting = dict(expected)
        self.parts = max(1, len(expected))
        self.known = all(seconds is not None for seconds in expected.values())
        self.total = sum(seconds or 0 for seconds in expected.values())
        self.running: dict[Part, tuple[float, int, float | None]] = {}  # as `part` notes it
        self.done_expected = self.done_seconds = 0.0
        self.finished = 0
        self.place = ""

    @contextmanager
    def part(self, *part: str, at_a_time: int = 1) -> Iterator[None]:
        """Count a part of the build as running meanwhile, and then as done.

        Parameters
        ----------
        *part : str
        at_a_time : int
            How many parts share the time: what each is expected to take is its share.
        """
        expected = self.waiting.pop(part, None)
        began = time.monotonic()
        self.running[part] = began, at_a_time, expected
        self.place = part[-1]
        yield
        del self.running[part]
        self.finished += 1
        if expected is not None:
            self.done_expected += expected
            self.done_seconds += (time.monotonic() - began) / at_a_time

    @property
    def pace(self) -> float:
        """How many times as long as expected the finished parts took."""
        return self.done_seconds / self.done_expected if self.done_seconds > ENOUGH else 1.0

    def left(self) -> float | None:
        """Return the seconds that the build still takes; None if nobody knows."""
        if not self.known:
            return None
        now = time.monotonic()
        going = (
            max(0.0, (expected or 0) * self.pace - (now - began) / at_a_time)
            for began, at_a_time, expected in list(self.running.values())
        )
        return sum(seconds or 0 for seconds in list(self.waiting.values())) * self.pace + sum(going)

    def fraction(self) -> float:
        """Return how much is done, from 0 to 1; by the number of parts if times are not known."""
        left = self.left()
        if left is None or not self.total:
            return self.finished / self.parts
        return max(0.0, 1 - left / (self.total * self.pace))

    def words(self) -> str:
        """Return what to add to a line about a page: the time left, if it is known."""
        left = self.left()
        return "" if not left or left < 5 else f"; {in_words(left)} left"

    @contextmanager
    def shown(self, console: Console) -> Iterator[None]:
        """Show a bar meanwhile, if there is a terminal."""
        if not console.is_terminal:
            yield
            return
        with Live(get_renderable=self.bar, console=console, transient=True, refresh_per_second=2):
            yield

    def bar(self) -> Table:
        """Return the bar with what runs and the time left."""
        line = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=1.0, completed=self.fraction(), width=30)
        line.add_row(f"  {self.place}", bar, self.words().lstrip("; "))
        return line


def in_words(seconds: float) -> str:
    """Return a rounded time: ``about 40 s``, ``about 6 min``, ``about 35 min``, ``about 2.5 h``."""
    minutes = seconds / 60
    if minutes < 1.5:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    if minutes < 10:
        return f"about {round(minutes)} min"
    if minutes < 90:
        return f"about {5 * round(minutes / 5)} min"
    return f"about {math.ceil(2 * minutes / 60 - 0.5) / 2:g} h"
