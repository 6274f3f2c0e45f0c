"""The exceptions that end a command, and what to say of an error of the machine."""

import errno
import os
from collections.abc import Iterable

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FORBIDDEN = {errno.EACCES, errno.EPERM}
IN_THE_WAY = {errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY}
CURES = {
    **dict.fromkeys(FULL, "make room there (files, inodes and your quota may each run out)"),
    **dict.fromkeys(FORBIDDEN, "give yourself the right to read and write it"),
    **dict.fromkeys(IN_THE_WAY, "something of another kind lies in its place: move that away"),
    errno.EROFS: (
        "this disk can only be read: work in a copy of the book on one that can be written"
    ),
    errno.ENAMETOOLONG: "shorten its name, or move the book to a folder with a shorter one",
    errno.EMFILE: "allow more open files (`ulimit -n`)",
    errno.ENOMEM: "free memory",
    errno.EIO: "look after the disk: it cannot be read or written there",
}


class BookError(Exception):
    """Something in the book, its set-up or its machine stops the work; the text says what and what
    to do.
    """


def stop_at(messages: Iterable[str], heading: str = "") -> None:
    """Raise a `BookError` with all messages, if there are any, below a heading if one is given."""
    if said := list(messages):
        raise BookError("\n".join([heading] * bool(heading) + said))


class Stopped(BaseException):
    """A person or the system has asked this process to end; its argument is the number of the
    signal.

    It is no `Exception`, so that nobody who catches the errors of a step catches this one.
    """


def in_words(error: OSError) -> str:
    """Return what to say of an error of the machine: the file, what happened, and what to do."""
    file = (
        os.fsdecode(error.filename) if isinstance(error.filename, str | bytes | os.PathLike) else ""
    )
    happened = error.strerror or str(error) or type(error).__name__
    cure = CURES.get(error.errno, "look after it")
    return (
        f"{file or 'The machine'}: {happened}. To go on, {cure}, then call this again. Nothing is"
        " half-written."
    )
