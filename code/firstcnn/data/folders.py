"""The folders in which data are looked for and kept."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import filelock
import platformdirs

from firstcnn.data.errors import DataError, bullets
from firstcnn.data.known import FILES

DATA_VARIABLE = "FIRSTCNN_DATA"
CACHE_VARIABLE = "FIRSTCNN_CACHE"
LOCK_SECONDS = 900  # longer than any download may take


def cache_folder() -> Path:
    """Return the folder for downloads and trained networks: FIRSTCNN_CACHE or, without it, the
    system's folder for caches.
    """
    named = os.environ.get(CACHE_VARIABLE)
    return _absolute(named or platformdirs.user_cache_dir("your-first-cnn"))


def chosen_folder(folder: str | os.PathLike | None) -> tuple[Path, str] | None:
    """Return the folder to use in place of MNIST, and who chose it; None if nobody did."""
    if folder is not None:
        return _absolute(folder), "given as the data folder"
    named = os.environ.get(DATA_VARIABLE)
    return (_absolute(named), f"named by {DATA_VARIABLE}") if named else None


def _absolute(folder: str | os.PathLike) -> Path:
    return Path(os.path.abspath(os.path.expanduser(folder)))


def find_files(folder: Path, source: str) -> dict[str, list[Path]]:
    """Return all paths of each of the four files: in the folder, or in a ``raw`` below it, where
    torchvision puts them.

    ``source`` says in an error who chose the folder.

    Raises
    ------
    DataError
        If there is no such folder, a file is missing, or the folder holds several data sets.
    """
    if not os.path.isdir(folder):
        raise DataError(
            f"{folder}, {source}, is not a folder that can be read. Expected a folder with the four"
            f" IDX files {', '.join(FILES)}, raw or with .gz. Correct the path, or leave it out to"
            " use MNIST."
        )
    candidates = [folder, folder / "raw", *sorted(folder.glob("*/raw"))]
    found = {candidate: files for candidate in candidates if (files := _files_in(candidate))}
    if len(found) > 1 and folder not in found:
        raise DataError(
            f"{folder}, {source}, holds {len(found)} data sets. Expected one: name one of"
            f" {', '.join(map(str, found))}."
        )
    place, first = next(iter(found.items()), (folder, {}))
    missing = [f"{name} is missing (so is {name}.gz)" for name in FILES if name not in first]
    if missing:
        raise unfit(place, missing)
    return {
        name: [path for files in found.values() for path in files.get(name, [])] for name in FILES
    }


def _files_in(folder: Path) -> dict[str, list[Path]]:
    """Return the paths of the files that a folder itself has, raw before gzipped. Some sources
    write ``images.idx3`` for ``images-idx3``.
    """
    found = {}
    for name in FILES:
        stems = (name, name.replace("-idx", ".idx"))
        spellings = [folder / (stem + ending) for ending in ("", ".gz") for stem in stems]
        found[name] = [path for path in spellings if os.path.isfile(path)]
    return {name: paths for name, paths in found.items() if paths}


def unfit(folder: Path, problems: list[str]) -> DataError:
    """Return the error for a folder whose files cannot be used, with everything that is wrong."""
    return DataError(
        f"The data in {folder} cannot be used:{bullets(problems)}\nExpected four IDX files as"
        " MNIST, Fashion-MNIST and KMNIST come: images of 28 × 28 pixels, labels from 0 to 9, as"
        " many labels as images, all of one set. Copy or download these files again, or leave the"
        f" folder (or {DATA_VARIABLE}) out to use MNIST."
    )


def signature(path: Path) -> tuple | None:
    """Return size, time of change and inode of a file: a file whose signature stays has been read
    and checked already. None if there is no such file.
    """
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


@lru_cache(maxsize=8)
def read_once(path: Path, signature: tuple | None) -> bytes:
    """Return the content of a file, which is read again once its signature has changed."""
    return path.read_bytes()


@contextlib.contextmanager
def staging_folder(folder: Path) -> Iterator[Path]:
    """Keep other processes out of a folder, and give a temporary folder inside it.

    The temporary folder is removed afterwards; one that a killed process has left is removed first.

    Raises
    ------
    DataError
        If the folder cannot be written to, or another process does not let go of it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder.parent / "fetch.lock", timeout=LOCK_SECONDS):
            for left_behind in folder.glob(".fetching-*"):
                shutil.rmtree(left_behind, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as staging:
                yield Path(staging)
    except filelock.Timeout:
        raise DataError(
            f"Another process has been writing in {folder} for {LOCK_SECONDS} s. Expected it to"
            " finish in less. End that process, then run this again."
        ) from None
    except OSError as error:
        raise DataError(
            f"Could not write in {folder}: {error.strerror or error}. Expected a folder that can be"
            " written to, on a disk with 150 MB free. Free some space or change the permissions,"
            f" or name another folder with {CACHE_VARIABLE}; then run this again."
        ) from None
