"""What browsers keep for pages that are read from the disk."""

from collections.abc import Callable

TIMES = 4


def holds(scenario: Callable[[], bool]) -> bool:
    """Tell whether a scenario of pages from the disk comes true, in one of a few windows.

    On busy processors, Chromium opens one such page in twenty with a storage that is empty and
    forgets all that is written, which no script can tell from an empty one. This was counted with
    pages that do nothing but write and read a word; from a server, none of 175 forgot it.
    """
    return any(scenario() for _ in range(TIMES))
