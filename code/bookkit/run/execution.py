"""Execute the cells of a page in a kernel of its own, within limits."""

import asyncio
import atexit
import json
import platform
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any, BinaryIO

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from bookkit.book.mime import FILE
from bookkit.book.pages import Page
from bookkit.system import stopping
from bookkit.system.errors import BookError
from bookkit.system.files import without_colours
from bookkit.system.forked_kernels import let_fork
from bookkit.system.processes import end_group

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """How much a cell may take.

    Attributes
    ----------
    seconds : float or None
        Of time; None for any.
    megabytes : float
        Of output, without what it hands to the site by `bookkit.run.delivery.deliver`.
    """

    seconds: float | None = None
    megabytes: float = 20


class CountingClient(NotebookClient):
    """Executes a notebook, notes which cell runs since when, and counts what that cell puts out.

    Attributes
    ----------
    cell : int or None
        Index of the cell that runs, or ran last; None before the first one.
    began : float
        When it began, by the monotonic clock.
    size : int
        Characters that it has put out.
    """

    def __init__(
        self, notebook: NotebookNode, limits: Limits, imports: Sequence[str] = (), **options: Any
    ):
        super().__init__(notebook, on_cell_execute=self.begin, **options)
        self.limits, self.cell, self.began, self.size = limits, None, time.monotonic(), 0
        self.imports = imports

    def create_kernel_manager(self) -> KernelManager:
        """Return what starts the kernel: by forking, where that can be done."""
        manager = super().create_kernel_manager()
        let_fork(manager.kernel_spec, self.imports)
        return manager

    def begin(self, cell: NotebookNode, cell_index: int) -> None:
        """Note that a cell begins."""
        self.cell, self.began, self.size = cell_index, time.monotonic(), 0

    @property
    def is_too_much(self) -> bool:
        """Whether the cell has put out more than it may."""
        return self.size > self.limits.megabytes * MEGABYTE

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], *where: Any
    ) -> NotebookNode | None:
        """Take an output, unless it is too much."""
        content = msg["content"]
        shown = {kind: value for kind, value in content.get("data", {}).items() if kind != FILE}
        self.size += len(content.get("text", "")) + len(json.dumps(shown))
        return None if self.is_too_much else super().output(outs, msg, *where)

    def clear_output(self, *arguments: Any) -> None:
        """Take back what was put out."""
        self.size = 0
        super().clear_output(*arguments)


def execute(
    page: Page,
    digest: str,
    environment: dict[str, str],
    inputs: Mapping[str, Any],
    limits: Limits = Limits(),
    progress: Callable[[int], None] = lambda cells: None,
    running: Callable[[str, float], None] = lambda place, seconds: None,
    imports: Sequence[str] = (),
) -> NotebookNode:
    """Execute a page's cells in a kernel of their own, in a working folder that holds just the
    files it lists.

    Parameters
    ----------
    page : Page
    digest : str
        Noted in the result's metadata, with the time of day and the seconds, of the page and of
        each code cell.
    environment : dict
        Environment variables of the kernel.
    inputs : mapping
        What results depend on besides source; noted with the name of the processor.
    limits : Limits
        Of each cell.
    progress : function
        Called with 1 whenever a cell is done.
    running : function
        Called several times a second with the page, line and number of the cell that runs and its
        seconds so far.
    imports : sequence of str
        Modules that cells may need and that take long to import. None of the book's own: these may
        change between two kernels.

    Returns
    -------
    NotebookNode
        The page with its outputs.

    Raises
    ------
    BookError
        Names page, line, cell and error if a cell fails, if one that is to fail does not, if one
        goes beyond its limits, or if the kernel dies or cannot be had.
    """
    result = page.notebook()
    began = time.perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix="bookkit-", ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryFile() as said,
    ):
        for name, text in page.reads.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        client = client_in(folder, result, limits, progress, imports)
        environment = {**environment, "IPYTHONDIR": f"{folder}/.ipython"}
        with failures_in_words(page, client, said):
            run_cells(client, lambda: watch(client, page, running), env=environment, stderr=said)
    check_expected_errors(page, result)
    result.metadata.bookkit = {
        "digest": digest,
        "seconds": round(time.perf_counter() - began, 1),
        "executed": datetime.now(UTC).isoformat(timespec="seconds"),
        "cells": [cell_seconds(cell) for cell in result.cells if cell.cell_type == "code"],
        "inputs": {**inputs, "processor": processor()},
    }
    return result


def client_in(
    folder: str,
    notebook: NotebookNode,
    limits: Limits,
    progress: Callable[[int], None],
    imports: Sequence[str],
) -> CountingClient:
    """Return what executes a notebook in a working folder, by a kernel that the notebook names."""
    return CountingClient(
        notebook,
        limits,
        imports,
        timeout=None,
        extra_arguments=[
            "--IPKernelApp.log_level=ERROR",
            "--IPKernelApp.extensions=bookkit.run.shell",
        ],
        kernel_name=notebook.metadata.get("kernelspec", {}).get("name", "python3"),
        resources={"metadata": {"path": folder}},
        on_cell_executed=lambda **event: progress(1),
    )


@contextmanager
def failures_in_words(page: Page, client: CountingClient, said: BinaryIO) -> Iterator[None]:
    """Let whatever keeps a kernel from running a page be a BookError that names the place."""
    try:
        yield
    except CellExecutionError as error:
        raise BookError(
            f"{page.place(client.cell)} failed with {error_and_traceback(error)}"
        ) from None
    except NoSuchKernel as error:
        known = ", ".join(sorted(KernelSpecManager().find_kernel_specs()))
        raise BookError(
            f"{page.file}: its front matter asks for the kernel {error.name!r}, which is not"
            f" installed here. Write one of these as the name of its kernelspec: {known}."
        ) from None
    except DeadKernelError:
        raise BookError(
            f"{page.place(client.cell)}: the kernel died here, most often for want of memory: "
            f"give it more, or let the cell need less.{end_of_stderr(said)}"
        ) from None
    except RuntimeError as error:
        raise BookError(
            f"{page.file}: its kernel does not start: {error}.{end_of_stderr(said)}"
        ) from None


def run_cells(client: NotebookClient, look: Callable[[], None], **kernel: Any) -> None:
    """Execute a notebook in a thread and look after it from this one, which signals reach; end the
    kernel with both.

    Parameters
    ----------
    client : NotebookClient
    look : function
        Called several times a second. If it raises, the kernel and all that it has started ends.
    **kernel
        Options for starting the kernel.
    """
    done: Future[None] = Future()

    def work() -> None:
        try:
            asyncio.run(client.async_execute(**kernel))
            done.set_result(None)
        except BaseException as error:
            done.set_exception(error)

    manager = client.create_kernel_manager()  # nbclient forgets it when it has ended the kernel
    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        while not wait([done], timeout=0.2).done:
            look()
        done.result()
    except BaseException:
        end_kernel(manager, thread)
        raise
    finally:
        manager.cleanup_connection_file()  # a kernel that was ended while it started leaves it
        atexit.unregister(
            client._cleanup_kernel
        )  # nbclient forgets this if a kernel does not start


def end_kernel(manager: Any, thread: Thread) -> None:
    """End the processes of a kernel, also of one that is just starting, and the thread that talks
    to it.
    """
    began = time.monotonic()
    while True:
        if group := getattr(manager.provisioner, "pgid", None):
            end_group(group)
        thread.join(timeout=0.2)
        if not thread.is_alive() or time.monotonic() - began > 20:
            return


def watch(client: CountingClient, page: Page, running: Callable[[str, float], None]) -> None:
    """Tell which cell runs, and stop at one that goes beyond its limits or when this process is to
    end.

    Raises
    ------
    BookError
        If the cell ran too long or put out too much.
    Stopped
        If a signal has come.
    """
    stopping.check()
    if client.cell is None:
        return
    place, seconds = page.place(client.cell), time.monotonic() - client.began
    running(place, seconds)
    allowed = client.limits.seconds
    if allowed and seconds > allowed:
        raise BookError(
            f"{place} has run for more than {allowed:g} s, which is its limit. Let it end sooner,"
            " or give it longer: `execution_timeout` under `mystnb` in the front matter of the"
            " page, or `timeout` under `execute` in _config.yml."
        )
    if client.is_too_much:
        raise BookError(
            f"{place} puts out more than {client.limits.megabytes:g} MB, which no page can show."
            " Let it print less, or set `output_megabytes` in the table [tool.bookkit] of"
            " pyproject.toml."
        )


def end_of_stderr(said: BinaryIO) -> str:
    """Return the end of what a kernel wrote to its standard error, under a heading; nothing if it
    wrote nothing.
    """
    said.seek(0)
    lines = without_colours(said.read().decode(errors="replace")).strip().splitlines()
    return "\n    ".join(["\nIt said:", *lines[-25:]]) if lines else ""


def cell_seconds(cell: NotebookNode) -> float:
    """Return how long a cell ran, by the messages of its kernel; 0 for an empty one, which is never
    sent.
    """
    noted = cell.metadata.get("execution", {})
    if "iopub.execute_input" not in noted or "shell.execute_reply" not in noted:
        return 0.0
    began, ended = (
        datetime.fromisoformat(noted[at]) for at in ("iopub.execute_input", "shell.execute_reply")
    )
    return round((ended - began).total_seconds(), 3)


def processor() -> str:
    """Return the name of this machine's processor."""
    try:
        found = re.search(
            r"^model name\s*:\s*(.+)$",
            Path("/proc/cpuinfo").read_text(encoding="utf-8"),
            flags=re.M,
        )
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def error_and_traceback(error: CellExecutionError) -> str:
    """Return an error's name and message, and under them the end of its traceback without
    colours.
    """
    lines = without_colours(error.traceback).strip().splitlines()
    return "\n    ".join([f"{error.ename}: {without_colours(error.evalue)}", *lines[-25:]])


def has_error(cell: NotebookNode) -> bool:
    """Tell whether a cell's outputs hold an error."""
    return any(output.output_type == "error" for output in cell.get("outputs", []))


def may_fail(cell: NotebookNode) -> bool:
    """Tell whether a cell is meant to fail."""
    return "raises-exception" in cell.metadata.get("tags", [])


def check_expected_errors(page: Page, result: NotebookNode) -> None:
    """Refuse a page whose text promises an error that did not come."""
    for index, cell in enumerate(result.cells):
        if may_fail(cell) and not has_error(cell):
            raise BookError(
                f"{page.place(index)} is tagged raises-exception but ran through: mend the cell or"
                " take the tag off."
            )
