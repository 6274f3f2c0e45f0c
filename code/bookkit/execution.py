"""Execute pages, and keep what came out under the digest of everything it came from."""

import platform
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from bookkit.errors import BookError
from bookkit.files import without_colours, write_if_changed

NOTED = {"digest", "executed", "seconds", "cells", "inputs"}  # in the metadata of an executed page


class ExecutedPages:
    """The executed notebooks of one profile, a file a page.

    Parameters
    ----------
    folder : Path
        Where they are kept.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def _file(self, page: Path) -> Path:
        return self.folder / page.with_suffix(".ipynb")

    def find(self, page: Path, digest: str) -> NotebookNode | None:
        """Return the kept notebook of a page if it was made from exactly this digest and says how it was made."""
        try:
            notebook = nbformat.read(self._file(page), as_version=4)
        except (OSError, ValueError, nbformat.reader.NotJSONError):
            return None
        noted = notebook.metadata.get("bookkit", {})
        return notebook if set(noted) >= NOTED and noted["digest"] == digest else None

    def keep(self, page: Path, notebook: NotebookNode) -> None:
        """Keep an executed notebook."""
        write_if_changed(self._file(page), nbformat.writes(notebook))


def execute(
    notebook: NotebookNode,
    page: Path,
    digest: str,
    environment: dict[str, str],
    inputs: Mapping[str, Any],
    progress: Callable[[int], None] = lambda cells: None,
) -> NotebookNode:
    """Execute a page's cells in a kernel of their own, in a working folder that holds just the files it lists.

    Parameters
    ----------
    notebook : NotebookNode
        The page, as `read_page` gives it.
    page : Path
        Its source, for messages.
    digest : str
        Noted in the result's metadata, with the time of day and the seconds, of the page and of each code cell.
    environment : dict
        Environment variables of the kernel.
    inputs : mapping
        What results depend on besides source; noted with the name of the processor.
    progress : function
        Called with 1 whenever a cell is done.

    Returns
    -------
    NotebookNode
        A copy with outputs.

    Raises
    ------
    BookError
        Names page, line, cell and error if a cell fails, if one that is to fail does not, or if the
        kernel dies.
    """
    result = nbformat.from_dict(notebook)
    began, begun = time.perf_counter(), [0]
    with tempfile.TemporaryDirectory(prefix="bookkit-") as folder, tempfile.TemporaryFile() as said:
        for name, text in result.metadata.get("reads", {}).items():
            Path(folder, name).write_text(text, encoding="utf-8")
        client = NotebookClient(
            result,
            timeout=None,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            kernel_name=result.metadata.get("kernelspec", {}).get("name", "python3"),
            resources={"metadata": {"path": folder}},
            on_cell_execute=lambda cell, cell_index: begun.append(cell_index),
            on_cell_executed=lambda **event: progress(1),
        )
        try:
            client.execute(env={**environment, "IPYTHONDIR": f"{folder}/.ipython"}, stderr=said)
        except CellExecutionError as error:
            raise BookError(f"{where(result, page, begun[-1])} failed with {shown(error)}") from None
        except DeadKernelError:
            place = where(result, page, begun[-1])
            raise BookError(
                f"{place}: the kernel died here, most often for want of memory: "
                f"give it more, or let the cell need less.{last_words(said)}"
            ) from None
    check_expected_errors(result, page)
    result.metadata.bookkit = {
        "digest": digest,
        "seconds": round(time.perf_counter() - began, 1),
        "executed": datetime.now(UTC).isoformat(timespec="seconds"),
        "cells": [cell_seconds(cell) for cell in result.cells if cell.cell_type == "code"],
        "inputs": {**inputs, "processor": processor()},
    }
    return result


def last_words(said: BinaryIO) -> str:
    """Return the end of what a kernel wrote to its standard error, under a heading; nothing if it wrote nothing."""
    said.seek(0)
    lines = without_colours(said.read().decode(errors="replace")).strip().splitlines()
    return "\n    ".join(["\nIt said:", *lines[-25:]]) if lines else ""


def cell_seconds(cell: NotebookNode) -> float:
    """Return how long a cell ran, by the messages of its kernel; 0 for an empty one, which is never sent."""
    noted = cell.metadata.get("execution", {})
    if "iopub.execute_input" not in noted or "shell.execute_reply" not in noted:
        return 0.0
    began, ended = (datetime.fromisoformat(noted[at]) for at in ("iopub.execute_input", "shell.execute_reply"))
    return round((ended - began).total_seconds(), 3)


def processor() -> str:
    """Return the name of this machine's processor."""
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), flags=re.M)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def where(notebook: NotebookNode, page: Path, index: int) -> str:
    """Return page, line and number of a code cell."""
    number = sum(cell.cell_type == "code" for cell in notebook.cells[: index + 1])
    return f"{page}:{notebook.metadata.source_map[index] + 1}: code cell {number}"


def shown(error: CellExecutionError) -> str:
    """Return an error's name and message, and under them the end of its traceback without colours."""
    lines = without_colours(error.traceback).strip().splitlines()
    return "\n    ".join([f"{error.ename}: {without_colours(error.evalue)}", *lines[-25:]])


def has_error(cell: NotebookNode) -> bool:
    """Tell whether a cell's outputs hold an error."""
    return any(output.output_type == "error" for output in cell.get("outputs", []))


def may_fail(cell: NotebookNode) -> bool:
    """Tell whether a cell is meant to fail."""
    return "raises-exception" in cell.metadata.get("tags", [])


def check_expected_errors(notebook: NotebookNode, page: Path) -> None:
    """Refuse a page whose text promises an error that did not come."""
    for index, cell in enumerate(notebook.cells):
        if may_fail(cell) and not has_error(cell):
            place = where(notebook, page, index)
            raise BookError(f"{place} is tagged raises-exception but ran through: mend the cell or take the tag off.")
