"""Files that the code of a page makes for the site, such as data for a script of that page."""

import base64
import os
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from IPython.display import publish_display_data
from nbformat import NotebookNode

from bookkit.book.mime import DELIVERS, FILE, FILES
from bookkit.system.errors import BookError
from bookkit.system.files import write_if_changed

LONGEST = 200  # bytes of a part of a name: file systems have 255, and copies add to it


def deliver(name: str, content: bytes) -> None:
    """Hand a file to the build, which puts it into the folder ``files`` of the site. Nothing is
    displayed.

    Outside of a build, as in a notebook or in a live cell, nothing happens: the site has its file
    already.

    Parameters
    ----------
    name : str
        A path below that folder, with slashes; unique in the book.
    content : bytes
        What it holds.

    Raises
    ------
    ValueError
        If that is no name for a file there.
    """
    if fault := fault_of_name(name):
        raise ValueError(f"{name!r} is no name for a file of the site: {fault}.")
    if os.environ.get(DELIVERS):
        publish_display_data({FILE: {"name": name, "content": base64.b64encode(content).decode()}})


def fault_of_name(name: Any) -> str:
    """Return what is wrong with a name for a made file; empty if it is a path that every system can
    hold.
    """
    parts = name.split("/") if isinstance(name, str) else [""]
    if any(part in ("", ".", "..") for part in parts) or not name.isprintable() or "\\" in name:
        return "give a relative path such as 'data/table.json', without '.', '..' and backslashes"
    if (
        any(len(part.encode(errors="replace")) > LONGEST for part in parts)
        or len(name) > 4 * LONGEST
    ):
        return f"no part of it may be longer than {LONGEST} bytes, nor the whole than {4 * LONGEST}"
    return ""


def delivered(outputs: Iterable[NotebookNode]) -> dict[str, bytes]:
    """Return the files that are among the outputs of executed pages: name to content.

    Raises
    ------
    BookError
        If a name cannot be had, if two files cannot lie beside each other, or if an output is not
        what `deliver` made.
    """
    found: dict[str, bytes] = {}
    for output in outputs:
        if FILE not in output.get("data", {}):
            continue
        name, content = file_in(output["data"][FILE])
        if name in found:
            raise BookError(
                f"Two cells make a file {name} for the site: give one of them another name."
            )
        found[name] = content
    stop_at_clashes(found)
    return found


def file_in(made: Any) -> tuple[str, bytes]:
    """Return name and content of a made file, as the output of a cell has it."""
    try:
        name, content = made["name"], base64.b64decode(made["content"], validate=True)
    except (TypeError, KeyError, ValueError):
        raise BookError(
            f"A cell shows an output of the type {FILE} that is none: call bookkit's deliver."
        ) from None
    if fault := fault_of_name(name):
        raise BookError(f"A cell makes a file {name!r} for the site: {fault}.")
    return name, content


def stop_at_clashes(names: Iterable[str]) -> None:
    """Refuse names that some systems take for one, and a file where another one needs a folder."""
    known: dict[str, str] = {}
    for name in names:
        plain = alike(name)
        if plain in known:
            raise BookError(
                f"Cells make the files {known[plain]} and {name}: to some systems these are one."
                " Rename one."
            )
        known[plain] = name
    for name in names:
        for folder in map(str, PurePosixPath(alike(name)).parents):
            if folder in known:
                raise BookError(
                    f"Cells make a file {known[folder]} and a file {name} below it: rename one of"
                    " them."
                )


def alike(name: str) -> str:
    """Return what is the same for all names that differ in case or in how their letters are
    composed.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def write_files(site: Path, files: Mapping[str, bytes]) -> None:
    """Write what `delivered` found into a new site."""
    for name, content in files.items():
        write_if_changed(site / FILES / name, content)
