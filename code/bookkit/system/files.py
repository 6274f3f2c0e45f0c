"""Read text, write files whole or not at all and only when they change, and tell by digests what
has changed.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from sourcedigest.files import naming, write_whole

from bookkit.system.errors import BookError
from bookkit.system.stopping import undisturbed

ENCODED = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}  # by the first bytes


def without_colours(text: str) -> str:
    """Return terminal output without its colour codes."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def read_text(file: Path) -> str:
    """Return the text of a file in UTF-8, without the mark that some editors put at its beginning.

    Raises
    ------
    BookError
        If the file is in another encoding, with its name, the line and the byte.
    """
    data = file.read_bytes()
    try:
        text = data.decode("utf-8-sig")
        if b"\0" in data:
            raise UnicodeDecodeError("utf-8", data, data.index(b"\0"), 0, "zero byte")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        guess = ENCODED.get(data[:2], "UTF-16" if b"\0" in data else "Latin-1 (Windows-1252)")
        raise BookError(
            f"{file}:{line}: byte {error.start + 1} is not UTF-8. The file seems to be in {guess}:"
            " save it as UTF-8."
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def change_texts(files: Iterable[Path], change: Callable[[str], str]) -> None:
    """Replace the text of each file by what a function makes of it."""
    for file in files:
        write_if_changed(file, change(file.read_text(encoding="utf-8")))


def write_if_changed(file: Path, content: str | bytes) -> bool:
    """Write a file whole, with its folder if there is none; one that holds this already keeps its
    time stamp.

    Returns
    -------
    bool
        Whether the file was written.

    Raises
    ------
    OSError
        If it cannot be written, with its name; then it is as it was.
    """
    data = content.encode() if isinstance(content, str) else content
    with naming(file), undisturbed():
        if file.is_file() and file.read_bytes() == data:
            return False
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, data)
    return True


def require_writable(folder: Path) -> None:
    """Make a folder if there is none, and raise an OSError with its name if no file can be written
    there.
    """
    with naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as stream:
            stream.write(b"1")


def digest_of(data: bytes) -> str:
    """Return a digest of bytes."""
    return hashlib.sha256(data).hexdigest()


def digests_below(*folders: Path) -> dict[str, str]:
    """Return the digest of every file below some folders, by its path; nothing for folders that do
    not exist.
    """
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.is_file())
    return {
        os.path.relpath(file, folders[0].parent): digest_of(file.read_bytes()) for file in files
    }
