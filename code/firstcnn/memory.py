"""Memory of freed tensors: kept for the next step of a training, or given back to the system."""

import ctypes
import functools
import sys

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # parameters of mallopt, from glibc's <malloc.h>


@functools.cache
def keep_memory() -> bool:
    """Keep the memory of freed tensors in this process, for the tensors of the next step.

    The C library of Linux gives large blocks back to the system as soon as they are free. The next
    step then asks for the same blocks again, and the system has to clear and map every page of
    them. The performance page says what that costs. From the first call on, the process keeps what
    it once had; its largest size does not change.

    Returns
    -------
    bool
        Whether the C library takes such a setting: only glibc does.
    """
    library = _glibc()
    return library is not None and bool(
        library.mallopt(_MMAP_MAX, 0) and library.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
    )


def give_memory_back() -> None:
    """Give the system once what `keep_memory` has kept: between trainings, not between steps."""
    if library := _glibc():
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
    return library if hasattr(library, "gnu_get_libc_version") else None
