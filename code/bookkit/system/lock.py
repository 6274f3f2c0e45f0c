"""One command at a time in a book: two would write the same files."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from bookkit.system.errors import BookError
from bookkit.system.files import require_writable, write_if_changed


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Let no other command work in the same book meanwhile. The system gives the lock back however
    this one ends.

    Raises
    ------
    BookError
        If another command is at work, with its process id, since when it works, and what it does.
    """
    folder = root / "_build"
    require_writable(folder)
    holder, lock = folder / ".holder", FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        who = holder.read_text(encoding="utf-8") if holder.is_file() else "another process"
        raise BookError(
            f"Another command works in this book: {who}. Wait until it has ended, or stop it; then"
            " call this again."
        ) from None
    try:
        write_if_changed(holder, about_this())
        yield
    finally:
        lock.release()


def about_this() -> str:
    """Return what identifies this process for a person."""
    command = shlex.join([Path(sys.argv[0]).parent.name, *sys.argv[1:]])
    return f"process {os.getpid()}, since {datetime.now():%Y-%m-%d %H:%M:%S}, `{command}`"
