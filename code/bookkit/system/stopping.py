"""End on Ctrl-C, on a request to terminate and when the terminal closes: soon, and with everything
tidied up.

A signal raises `Stopped` in the main thread, wherever that is. Should a library swallow it, the
next `check` raises it again: every place that waits calls it. Further signals change nothing, so
the tidying up is not disturbed.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from bookkit.system.errors import Stopped

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class State:
    """Which signal has come, if any, and how many blocks ask for not being disturbed."""

    received: int | None = None
    undisturbed = 0


def listen() -> None:
    """Turn the signals that ask this process to end into `Stopped`; one that is ignored (nohup)
    stays ignored.
    """
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, receive)
    told = sys.unraisablehook
    sys.unraisablehook = lambda event: None if isinstance(event.exc_value, Stopped) else told(event)
    sys.excepthook = say_in_a_line


def say_in_a_line(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """End the process with a line if a signal ended it, else as Python does."""
    if State.received is None:
        sys.__excepthook__(kind, error, traceback)
        return
    print("Stopped. Nothing is half-written; the next call goes on from here.", flush=True)
    os._exit(128 + State.received)  # Python would say that all is well, or that it does not know


def receive(number: int, frame: object) -> None:
    """Note the first signal and raise it, at once or when the running block lets it be."""
    if State.received is None:
        State.received = number
        if not State.undisturbed:
            raise Stopped(number)


def check() -> None:
    """Raise `Stopped` if a signal has come."""
    if State.received is not None:
        raise Stopped(State.received)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let a few steps that belong together come to their end before a signal is heard."""
    State.undisturbed += 1
    try:
        yield
    finally:
        State.undisturbed -= 1
    if not State.undisturbed:
        check()
