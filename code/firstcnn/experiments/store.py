"""The files of kept networks: written whole, read only if nothing is wrong with them."""

import contextlib
import dataclasses
import errno
import functools
import hashlib
import io
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from sourcedigest.files import write_whole
from torch import Tensor

from firstcnn.data import cache_folder
from firstcnn.experiments.keys import Run
from firstcnn.experiments.network import restore
from firstcnn.precision import PRECISIONS

Record = dict[str, Any]

_DIGEST_BYTES = hashlib.sha256().digest_size
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def networks_folder() -> Path:
    """Return the folder of kept networks, made if there is none.

    Raises
    ------
    OSError
        If it cannot be made; the message says what to do.
    """
    folder = cache_folder() / "networks"
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclasses.dataclass
class KeptResults:
    """What is kept for a sweep: networks, and their logits on the sets that they are judged on.

    The logits on a set are a file of their own, named by the network's key and the checksum of the
    images.

    Attributes
    ----------
    folder : Path
        Where the files are.
    machines : list of dict
        Machines on which the networks may have been trained, as they stand in keys.
    images : int
        Number of images of the validation set.
    judged : dict of str to int
        Number of images of each set to judge on, by their checksum.
    """

    folder: Path
    machines: list[dict[str, Any]]
    images: int
    judged: dict[str, int]

    def find(self, run: Run) -> tuple[Record | None, list[Tensor] | None]:
        """Return the network's record and its logits on the judged sets; None for what is not
        kept.
        """
        for key in self._keys(run):
            is_network = functools.partial(is_result_of, run, self.images)
            result = read_record(path_of(self.folder, key), key, is_network)
            if result is not None:
                answers = [self._read_logits(key, checksum) for checksum in self.judged]
                return result, None if None in answers else [answer["logits"] for answer in answers]
        return None, None

    def has(self, run: Run) -> bool:
        return any(path_of(self.folder, key).exists() for key in self._keys(run))

    def check_writable(self) -> None:
        """Require, before networks are trained, that they can be kept.

        Raises
        ------
        OSError
            Otherwise; the message says what to do.
        """
        with _explained(self.folder):
            tempfile.TemporaryFile(dir=self.folder).close()

    def keep(self, result: Record, logits: list[Tensor]) -> None:
        """Write what a worker has returned, unless it has done so itself.

        Raises
        ------
        OSError
            If the network cannot be written. Logits that cannot are a warning: they are soon
            computed again.
        """
        key = result["key"]
        if key is None:
            return
        _write_if_missing(path_of(self.folder, key), result)
        for checksum, answer in zip(self.judged, logits, strict=True):
            record = {"key": _logits_key(key, checksum), "logits": answer}
            try:
                _write_if_missing(self._logits_path(key, checksum), record)
            except OSError as error:
                warnings.warn(f"What a network answers is not kept. {error.strerror}", stacklevel=4)

    def clear(self) -> None:
        """Remove what killed processes have left half-written: nobody holds its lock."""
        for partial in self.folder.glob("*.partial"):
            with (
                contextlib.suppress(Timeout, OSError),
                FileLock(partial.with_suffix(".lock"), timeout=0),
            ):
                partial.unlink(missing_ok=True)

    def _keys(self, run: Run) -> list[str]:
        return [key for machine in self.machines if (key := run.key(machine)) is not None]

    def _read_logits(self, key: str, checksum: str) -> Record | None:
        are_logits = functools.partial(_holds_logits, self.judged[checksum])
        return read_record(self._logits_path(key, checksum), _logits_key(key, checksum), are_logits)

    def _logits_path(self, key: str, checksum: str) -> Path:
        return path_of(self.folder, key, f"-{checksum[:32]}.logits")


def _logits_key(key: str, checksum: str) -> str:
    return json.dumps({"network": key, "images": checksum})


def path_of(folder: Path, key: str, suffix: str = ".pt") -> Path:
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()}{suffix}"


def is_result_of(run: Run, images: int, record: Record) -> bool:
    """Tell whether a record holds the network of a run and its logits on so many images.

    A file whose digest is right can still hold something else.
    """
    try:
        _, history = restore(run.build, record)
        steps, *epochs = dataclasses.astuple(history)
        return (
            len(steps) > 0
            and all(len(numbers) == run.recipe.epochs for numbers in epochs)
            and all(isinstance(number, float) for numbers in (steps, *epochs) for number in numbers)
            and _holds_logits(images, record)
            and record["machine"] == json.loads(record["key"])["machine"]
            and record["precision"] in PRECISIONS
            and isinstance(record["parameters"], int)
        )
    except Exception:  # whatever a network's own code raises when it is given other weights
        return False


def _holds_logits(images: int, record: Record) -> bool:
    logits = record.get("logits")
    return (
        isinstance(logits, Tensor)
        and logits.is_floating_point()
        and logits.ndim == 2
        and len(logits) == images
    )


def pack(record: Any) -> bytes:
    """Return the bytes of a record of tensors and plain containers, behind their digest."""
    buffer = io.BytesIO()
    torch.save(record, buffer)
    content = buffer.getvalue()
    return hashlib.sha256(content).digest() + content


def unpack(found: bytes) -> Any:
    """Return what was packed; None if the bytes are damaged or something else."""
    digest, content = found[:_DIGEST_BYTES], found[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        return None
    try:
        return torch.load(io.BytesIO(content), weights_only=True)
    except Exception:  # PyTorch names none: UnpicklingError, EOFError, RuntimeError and others
        return None


def write_record(path: Path, record: Record) -> None:
    """Write a record while its path is `locked`.

    Raises
    ------
    OSError
        If it cannot be written; the message says what to do.
    """
    with _explained(path):
        write_whole(path, pack(record), path.with_suffix(".partial"))


def _write_if_missing(path: Path, record: Record) -> None:
    if read_silently(path, record["key"]) is None:
        with locked(path):
            write_record(path, record)


def read_record(
    path: Path, key: str, fits: Callable[[Record], bool] = lambda record: True
) -> Record | None:
    """Return the record that is kept under a key, or None.

    A file that is damaged, has another key or does not fit is not used, with a warning.
    """
    try:
        record = unpack(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        fault = f"cannot be read ({error.strerror})"
    else:
        if not isinstance(record, dict) or "key" not in record:
            fault = "is damaged"
        elif record["key"] != key:
            fault = "belongs to another training"
        elif not fits(record):
            fault = "is damaged"
        else:
            return record
    warnings.warn(f"{path} {fault}; the network is trained again.", stacklevel=4)
    return None


def read_silently(
    path: Path, key: str, fits: Callable[[Record], bool] = lambda record: True
) -> Record | None:
    """Do as `read_record` does, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_record(path, key, fits)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes from writing a file.

    Raises
    ------
    OSError
        If it could not be written: before the block runs, which may train for an hour.
    """
    lock = FileLock(path.with_suffix(".lock"))
    with _explained(path):
        lock.acquire()
    try:
        with _explained(path):
            _check_place(path)
        yield
    finally:
        lock.release()


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    partial = path.with_suffix(".partial")
    partial.touch()
    partial.unlink()


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Let an error in writing say what it means and what to do."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, _what_to_do(path, error)) from error


def _what_to_do(path: Path, error: OSError) -> str:
    if error.errno in _NO_ROOM:
        free = shutil.disk_usage(path.parent).free / 1e6
        what, cure = f"{error.strerror} ({free:,.0f} MB are free there)", "Make room"
    else:
        elsewhere = error.filename and error.filename != str(path)
        what = f"{error.strerror}{f' ({error.filename})' if elsewhere else ''}"
        cure = (
            "It has to be a place that you can write to: change its permissions, or rename what"
            " stands there"
        )
    return (
        f"Could not write {path}: {what}. What was finished before stays and is not trained"
        f" again. {cure}, or set FIRSTCNN_CACHE to another folder, and call again."
    )
