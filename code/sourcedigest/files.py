"""Files that are written whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Let an `OSError` raised in this block name ``file``, whichever file it came from."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(file)) from error


def write_whole(file: Path, content: bytes, temporary: Path | None = None) -> None:
    """Replace the content of a file in one step: a reader finds the old content or the new.

    The content is written under another name and flushed to the disk, and takes the file's name
    last. After an error the file is as it was, and the other name is gone. Only a killed process
    leaves it behind.

    Parameters
    ----------
    file : Path
        The file; its folder exists.
    content : bytes
        All of its new content.
    temporary : Path, optional
        The other name, on the same file system; what stands there is overwritten. By default a
        random one in the file's folder. Give one where leftovers of killed processes are looked
        for.

    Raises
    ------
    OSError
        If it cannot be written; it names ``file``.
    """
    # The default is short: where the file's own name fits, it fits too.
    temporary = temporary or file.with_name(f".new-{secrets.token_hex(4)}")
    with naming(file):
        try:
            with open(temporary, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, file)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
