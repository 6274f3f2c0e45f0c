"""The folder of a running server: its runtime files, its secret, and the working folders of its
kernels.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "bookkit-live-"
LOCK, RUNTIME = "lock", "runtime"


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a server a folder of its own, gone afterwards; remove first what killed servers have
    left.

    Only the owner can read it. A file in it is locked as long as the server runs: that tells a
    killed server from a living one, whatever the clock and the numbers of processes say.
    """
    remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = FileLock(folder / LOCK)
    try:
        with lock:
            (folder / RUNTIME).mkdir(
                mode=0o700
            )  # after the lock: a folder without it is left alone
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers() -> None:
    """Remove the folders of this user's servers that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, Timeout):
            if is_ours(folder) and (folder / RUNTIME).is_dir():
                with FileLock(folder / LOCK, timeout=0):
                    shutil.rmtree(folder, ignore_errors=True)


def is_ours(folder: Path) -> bool:
    """Tell whether a path is a folder, not a link to one, and belongs to this user."""
    about = os.lstat(folder)
    return not folder.is_symlink() and folder.is_dir() and about.st_uid == os.geteuid()
