"""What a notebook's first cell calls: brings the packages that the book's own ones need.

It imports the standard library alone, since nothing else may be there yet.
"""

import importlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import metadata

KEPT = ("torch", "torchvision")  # never replaced: what is there may be a build for this machine
Ask = Callable[[list[str]], int]


def install_missing(distribution: str, ask: Ask | None = None) -> list[str]:
    """Install what a distribution requires and this Python lacks.

    PyTorch is left as it is where it is there, whatever its version: a build for processors alone
    is not replaced by one that is ten times larger.

    Parameters
    ----------
    distribution : str
        Name of the book's packages; one that is not installed requires nothing.
    ask : callable, optional
        Called with the arguments behind ``pip``; returns its exit code.

    Returns
    -------
    list of str
        What was installed.

    Raises
    ------
    RuntimeError
        If pip fails.
    """
    missing = [each for each in required(distribution) if installed(name_of(each)) is None]
    if not missing:
        return []
    kept = [f"{name}=={version}" for name in KEPT if (version := installed(name))]
    print(f"Installing {', '.join(map(name_of, missing))}: this takes some minutes, once.")
    if (ask or pip)(["install", "--quiet", "--disable-pip-version-check", *missing, *kept]):
        raise RuntimeError(
            "The packages could not be installed: pip says why above. Connect to the internet, or"
            f" install them yourself, then run this cell again: {' '.join(missing)}"
        )
    importlib.invalidate_caches()
    return missing


def pip(arguments: list[str]) -> int:
    """Call pip for this Python and return its exit code."""
    return subprocess.run([sys.executable, "-m", "pip", *arguments], check=False).returncode


def required(distribution: str) -> Iterator[str]:
    """Yield what a distribution requires without any extra."""
    try:
        lines = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        return
    yield from (line for line in lines if "extra ==" not in line)


def name_of(requirement: str) -> str:
    """Return the name in a requirement such as ``numpy>=2``."""
    return re.match(r"[\w.-]+", requirement)[0]


def installed(name: str) -> str | None:
    """Return the installed version of a distribution; None if it is not there."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
