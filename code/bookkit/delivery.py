"""Files that the code of a page makes for the site, such as data for a script of that page."""

import base64
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from IPython.display import publish_display_data
from nbformat import NotebookNode

from bookkit.errors import BookError
from bookkit.files import write_if_changed
from bookkit.mime import FILE

FOLDER = "files"  # of the site
DELIVERS = "BOOKKIT_DELIVERS"  # the environment variable that tells cells to hand their files to a build


def deliver(name: str, content: bytes) -> None:
    """Hand a file to the build, which puts it into the folder ``files`` of the site. Nothing is displayed.

    Outside of a build, as in a notebook or in a live cell, nothing happens: the site has its file already.

    Parameters
    ----------
    name : str
        A path below that folder, with slashes; unique in the book.
    content : bytes
        What it holds.

    Raises
    ------
    ValueError
        If the name leads out of the folder.
    """
    if not is_below(name):
        raise ValueError(f"{name!r} is no name for a file of the site: give a relative path such as 'data/table.json'.")
    if os.environ.get(DELIVERS):
        publish_display_data({FILE: {"name": name, "content": base64.b64encode(content).decode()}})


def is_below(name: str) -> bool:
    """Tell whether a path stays below the folder that it starts from."""
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and "\\" not in name and ".." not in parts


def delivered(pages: Iterable[NotebookNode]) -> dict[str, bytes]:
    """Return the files that executed pages made: name to content.

    Raises
    ------
    BookError
        If two files have the same name.
    """
    found: dict[str, bytes] = {}
    for output in (output for page in pages for cell in page.cells for output in cell.get("outputs", [])):
        file = output.get("data", {}).get(FILE)
        if file and file["name"] in found:
            raise BookError(f"Two cells make a file {file['name']} for the site: give one of them another name.")
        if file:
            found[file["name"]] = base64.b64decode(file["content"])
    return found


def write_files(site: Path, pages: Iterable[NotebookNode]) -> None:
    """Bring the site's folder of made files up to date, and remove from it what no page makes any more."""
    folder = site / FOLDER
    files = {folder / name: content for name, content in delivered(pages).items()}
    for file, content in files.items():
        write_if_changed(file, content)
    for file in folder.rglob("*"):
        if file.is_file() and file not in files:
            file.unlink()
