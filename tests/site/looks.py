"""The windows in which a page is looked at: `make test` opens those that differ most, `make soak`
all of them.
"""

import pytest

LIGHT, DARK = "light", "dark"
WIDE, PHONE, SMALL = 1400, 390, 320


def in_windows(*daily: tuple[int, str], soak: tuple[tuple[int, str], ...] = ()):
    """Run a test with a ``width`` and a ``scheme`` of colours for each of some windows."""
    windows = [*daily, *(pytest.param(*each, marks=pytest.mark.soak) for each in soak)]
    return pytest.mark.parametrize(("width", "scheme"), windows)


in_two_windows = in_windows((WIDE, DARK), (PHONE, LIGHT), soak=((WIDE, LIGHT), (PHONE, DARK)))
