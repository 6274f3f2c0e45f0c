"""Write files whole or not at all, and only when they change; make terminal output fit for them."""

import os
import re
import tempfile
from pathlib import Path


def without_colours(text: str) -> str:
    """Return terminal output without its colour codes."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def write_if_changed(file: Path, content: str | bytes) -> bool:
    """Write a file through a temporary name; leave it alone, with its time stamp, if it holds this already.

    Returns
    -------
    bool
        Whether the file was written.
    """
    data = content.encode() if isinstance(content, str) else content
    if file.is_file() and file.read_bytes() == data:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        os.chmod(name, 0o644)
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise
    return True
