"""An end to code that does not end by itself."""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

TICK = 0.1  # seconds between two looks at the clock
IDLE = 0.02  # below this share of processor time, code waits rather than computes
PATIENCE = 30  # times the limit that code may take on a machine that is busy with something else


class TimeUp(BaseException):
    """The time is up; no ``except Exception`` of the code that is to end stops it."""

    def place(self) -> str:
        """Return, in words, the line of the answer in which it was stopped; "" if there is none to
        show.
        """
        from bookkit.exercises.errors import line_of

        line = line_of(self)
        return f", in the line `{line}`" if line else ""


def _delay() -> float | None:
    """Return for how many seconds this thread has waited for a processor that others had; None if
    nobody tells.
    """
    try:
        return int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End the code inside after so many seconds of processor time and of waiting.

    Time in which others had the processor does not count, up to thirty times the limit, so that a
    right answer is right on a busy machine, too; where the system does not tell it, an answer that
    uses the processor gets it all. It works in the main thread of a process on Linux and macOS,
    where notebooks run their cells; elsewhere there is no limit. Python's own code can be ended;
    one call into a library goes on until it returns.

    Parameters
    ----------
    seconds : float

    Raises
    ------
    TimeUp
        Inside, when the time is up, and again every tenth of a second until it is heard.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(
        signal, "setitimer"
    ):
        yield
        return
    began, before, delayed = time.monotonic(), time.process_time(), _delay()

    def look(*_: object) -> None:
        passed, busy = time.monotonic() - began, time.process_time() - before
        waits = passed if busy < IDLE * passed else 0
        own = waits if delayed is None else passed - (_delay() - delayed)
        if max(own, busy) > seconds or passed > PATIENCE * seconds:
            raise TimeUp

    handler = signal.signal(signal.SIGALRM, look)
    others = signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *others)
        signal.signal(signal.SIGALRM, handler)
