"""Folders that may only be read, also for root, whom permissions do not keep from anything."""

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

VERSION = 0x20080522  # of the structures that Linux takes
OVERRIDES = 0b1110  # to read, write and search whatever the permissions, and to act as the owner: capabilities 1 to 3


@contextlib.contextmanager
def bound_by_permissions() -> Iterator[None]:
    """Take from root, in this thread, what makes permissions mean nothing; everybody else is bound anyway."""
    if os.geteuid():
        yield
        return
    if sys.platform != "linux":
        pytest.skip("root is bound by no permissions here")
    libc = ctypes.CDLL(None, use_errno=True)
    header, before = (
        (ctypes.c_uint32 * 2)(VERSION, 0),
        (ctypes.c_uint32 * 6)(),
    )  # effective, permitted, inheritable, twice
    assert libc.capget(header, before) == 0
    assert libc.capset(header, (ctypes.c_uint32 * 6)(before[0] & ~OVERRIDES, *before[1:])) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0


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
