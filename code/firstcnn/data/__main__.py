"""Fetch and check the images: ``python -m firstcnn.data``."""

import argparse
import os
import sys
from typing import TextIO

from firstcnn.data.errors import DataError
from firstcnn.data.idx import values_of
from firstcnn.data.known import TEST_LABELS, TRAIN_LABELS
from firstcnn.data.reading import checksum, fetch, files, read_files


def main(arguments: list[str] | None = None) -> int:
    """Fetch and check the data, and return the exit code.

    It prints where the data are, or in one paragraph why they cannot be had.
    """
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
    train, test = (len(values_of(read_files(folder)[name])) for name in (TRAIN_LABELS, TEST_LABELS))
    names = "\n".join(f"  {os.path.relpath(path, place)}" for path in read.values())
    return (
        f"{place}\n{names}\n{train:,} images to train and validate, {test:,} to test\nsha256"
        f" {digest}"
    )


def _print(text: str, stream: TextIO | None) -> str | None:
    """Print a text; return why that failed. A closed stream and a reader who has gone are no
    failure.
    """
    if stream is None:
        return None
    try:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)
    except OSError as error:
        # Python writes what is left in the stream when it ends: let it go to nobody then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return None if isinstance(error, BrokenPipeError) else error.strerror
    return None


if __name__ == "__main__":
    sys.exit(main())
