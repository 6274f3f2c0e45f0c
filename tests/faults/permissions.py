"""Folders that may only be read, also for root, whom permissions do not keep from anything."""

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

VERSION = 0x20080522  # of the structures that Linux takes
# to read, write and search whatever the permissions, and to act as the owner: capabilities 1 to 3
OVERRIDES = 0b1110


@contextlib.contextmanager
def bound_by_permissions() -> Iterator[None]:
    """Take from root what makes permissions mean nothing; everybody else is bound anyway."""
    if os.geteuid():
        yield
        return
    with _without_overrides() if sys.platform == "linux" else _as_nobody():
        yield


@contextlib.contextmanager
def _without_overrides() -> Iterator[None]:
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(VERSION, 0)  # of this thread
    before = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable, each twice
    assert libc.capget(header, before) == 0
    assert libc.capset(header, (ctypes.c_uint32 * 6)(before[0] & ~OVERRIDES, *before[1:])) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0


@contextlib.contextmanager
def _as_nobody() -> Iterator[None]:
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextlib.contextmanager
def only_to_be_read(folder: Path) -> Iterator[None]:
    """Let nothing be written below a folder."""
    everything = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in everything}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    try:
        with bound_by_permissions():
            yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
