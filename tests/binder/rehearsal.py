"""What Binder does with the published branch, as far as one machine can do it: ``make binder``.

A new environment from binder/'s own files, postBuild, Jupyter on one core; then every chapter's
notebook, opened and run over Jupyter's own interface: up to its first blank, and through with its
solutions. Ends with a table, and with exit code 1 if anything stops elsewhere than at a blank, or
if Jupyter and a kernel need more than 2 GB.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests
import websocket
from bookkit.book.project import open_project
from bookkit.editions.branch import lay_out_branch
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
MEMORY = 2e9  # bytes: what Binder promises at most
SECONDS = 600  # for one cell
TOKEN = uuid.uuid4().hex
console = Console(width=160, highlight=False)


@dataclass(frozen=True)
class Server:
    """Jupyter on this machine, by its address and its process."""

    address: str
    process: subprocess.Popen

    def ask(self, method: str, path: str, /, **content) -> dict:
        """Return what Jupyter answers to a request."""
        answer = requests.request(
            method, f"http://{self.address}/api/{path}", json=content or None, headers=SENT
        )
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def memory(self) -> int:
        """Return what the server and all that it started hold in memory, in bytes; shared pages
        count once.
        """
        return sum(memory_of(process) for process in self.processes())

    def processor(self) -> float:
        """Return for how many seconds the server and all that it started have used the
        processor.
        """
        return sum(seconds_of(process) for process in self.processes())

    def processes(self) -> list[psutil.Process]:
        """Return the server and all that it started."""
        server = psutil.Process(self.process.pid)
        return [server, *server.children(recursive=True)]


SENT = {"Authorization": f"token {TOKEN}"}


def memory_of(process: psutil.Process) -> int:
    """Return a process's share of memory, in bytes; 0 if it has ended."""
    try:
        info = process.memory_full_info()
    except psutil.Error:
        return 0
    return getattr(info, "pss", info.uss)


def seconds_of(process: psutil.Process) -> float:
    """Return for how many seconds a process and those of its children that ended have used the
    processor.
    """
    with contextlib.suppress(psutil.Error):
        return sum(process.cpu_times()[:4])
    return 0.0


@contextlib.contextmanager
def watching(server: Server, run: "Run") -> Iterator[None]:
    """Note the most memory that is held meanwhile, looking twice a second."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            run.memory = max(run.memory, server.memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


@dataclass
class Run:
    """How a notebook ran.

    Attributes
    ----------
    cells : int
        Cells that were begun.
    error : str
        What ended it; empty if it ran through.
    seconds, processor, longest : float
        Time of all cells, by the clock and by the processor, and of the longest one, by the clock.
        On a machine that is busy the first says little.
    memory : int
        The most that Jupyter and its kernel held, in bytes.
    """

    cells: int = 0
    error: str = ""
    seconds: float = 0.0
    processor: float = 0.0
    longest: float = 0.0
    memory: int = 0


def run_notebook(server: Server, path: str) -> Run:
    """Open a notebook in Jupyter and run its cells in order, until one fails that may not."""
    cells = server.ask("GET", f"contents/{path}")["content"]["cells"]
    kernel = {"name": "python3"}
    session = server.ask("POST", "sessions", path=path, name=path, type="notebook", kernel=kernel)
    run, began, used = Run(), time.perf_counter(), server.processor()
    try:
        channel = f"ws://{server.address}/api/kernels/{session['kernel']['id']}/channels"
        connection = websocket.create_connection(channel, header=SENT, timeout=SECONDS)
        with contextlib.closing(connection), watching(server, run):
            for cell in cells:
                if cell["cell_type"] == "code" and not run.error:
                    run_cell(connection, cell, run)
        run.seconds, run.processor = time.perf_counter() - began, server.processor() - used
    finally:
        server.ask("DELETE", f"sessions/{session['id']}")
    return run


def run_cell(connection: websocket.WebSocket, cell: dict, run: Run) -> None:
    """Run a cell and note how it went; a cell that shows an error on purpose may fail."""
    began = time.perf_counter()
    error = execute(connection, cell["source"])
    run.cells += 1
    run.longest = max(run.longest, time.perf_counter() - began)
    if "raises-exception" not in cell["metadata"].get("tags", []):
        run.error = error


def execute(connection: websocket.WebSocket, source: str) -> str:
    """Send code to a kernel, wait until it is done, and return the error that it raised; empty if
    none.
    """
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "version": "5.3",
        "username": "",
        "session": "",
    }
    content = {
        "code": source,
        "silent": False,
        "store_history": True,
        "allow_stdin": False,
        "stop_on_error": True,
    }
    message = {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
        "channel": "shell",
    }
    connection.send(json.dumps(message))
    error = ""
    while True:
        answer = json.loads(connection.recv())
        if answer["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        if answer["msg_type"] == "error":
            error = f"{answer['content']['ename']}: {answer['content']['evalue']}"
        if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
            return error


def call(command: list[str | Path], folder: Path, environment: dict[str, str]) -> None:
    """Run a command in a folder; show what it said if it fails."""
    console.print(f"[bold]{' '.join(map(str, command))}[/bold] …")
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nIt ended with exit code {done.returncode}.")
    console.print(f"  done in {time.perf_counter() - began:.0f} s")


def make_environment(branch: Path, folder: Path) -> dict[str, str]:
    """Make what runtime.txt and requirements.txt ask for; return the variables under which it is
    used.
    """
    python = (branch / "binder" / "runtime.txt").read_text().strip().replace("-", "")
    without = ("PYTHONPATH", "VIRTUAL_ENV", "FIRSTCNN_PROFILE", "FIRSTCNN_DATA", "OMP_NUM_THREADS")
    environment = {name: value for name, value in os.environ.items() if name not in without}
    environment |= {"PIP_RETRIES": "0", "FIRSTCNN_CACHE": str(folder / "cache")}
    environment |= {
        f"JUPYTER_{kind}_DIR": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")
    }
    environment |= {
        "IPYTHONDIR": str(folder / "ipython"),
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    call([shutil.which(python) or sys.executable, "-m", "venv", folder], branch, environment)
    call(
        ["python", "-m", "pip", "install", "--no-cache-dir", "-r", "binder/requirements.txt"],
        branch,
        environment,
    )
    call([branch / "binder" / "postBuild"], branch, environment)
    return environment


@contextlib.contextmanager
def jupyter(branch: Path, environment: dict[str, str]) -> Iterator[Server]:
    """Start Jupyter as Binder does, on one core, and end it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    one_core = ["taskset", "-c", "0"] if shutil.which("taskset") else []
    options = [
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        f"--IdentityProvider.token={TOKEN}",
    ]
    command = [*one_core, branch / "binder" / "start", "jupyter", "lab", *options]
    with (branch / "jupyter.log").open("w") as log:
        process = subprocess.Popen(command, cwd=branch, env=environment, stdout=log, stderr=log)
    try:
        server = Server(f"127.0.0.1:{port}", process)
        wait_for(server, branch / "jupyter.log")
        yield server
    finally:
        process.terminate()
        process.wait()


def wait_for(server: Server, log: Path) -> None:
    """Return when Jupyter answers; stop if it does not within a minute."""
    for _ in range(120):
        with contextlib.suppress(requests.ConnectionError):
            server.ask("GET", "status")
            return
        time.sleep(0.5)
    sys.exit(f"Jupyter does not answer. It said:\n{log.read_text()}")


def rehearse(server: Server, solutions: Path) -> list[str]:
    """Run every notebook of the branch as it is and with its solutions; return what is wrong."""
    faults = []
    table = Table(
        "notebook",
        "cells",
        "seconds",
        "of the processor",
        "longest cell",
        "memory, GB",
        "ends with",
    )
    for entry in sorted(
        server.ask("GET", "contents/notebooks")["content"], key=lambda entry: entry["name"]
    ):
        solved = f"notebooks/solved-{entry['name']}"
        notebook = json.loads((solutions / entry["name"]).read_text(encoding="utf-8"))
        server.ask("PUT", f"contents/{solved}", type="notebook", format="json", content=notebook)
        for path, at_blank in ((entry["path"], True), (solved, False)):
            run = run_notebook(server, path)
            faults += [f"{path}: {fault}" for fault in faults_of(run, at_blank)]
            figures = (
                str(run.cells),
                f"{run.seconds:.0f}",
                f"{run.processor:.0f}",
                f"{run.longest:.0f}",
                f"{run.memory / 1e9:.2f}",
            )
            table.add_row(path, *figures, run.error.partition("\n")[0])
            console.print(
                f"  {path}: {run.seconds:.0f} s ({run.processor:.0f} s of the processor),"
                f" {run.memory / 1e9:.2f} GB"
            )
    console.print(table)
    return faults


def faults_of(run: Run, at_blank: bool) -> list[str]:
    """Return what is wrong with a run: a notebook with blanks stops at one, a solved one runs
    through.
    """
    faults = []
    if at_blank != run.error.startswith("OpenBlank"):
        faults.append(run.error or "ran through, although it has blanks")
    elif run.error and not at_blank:
        faults.append(run.error)
    if run.memory > MEMORY:
        faults.append(f"{run.memory / 1e9:.2f} GB of memory, more than {MEMORY / 1e9:.0f}")
    return faults


def main() -> None:
    """Lay out the branch, make its environment, run its notebooks, and remove all of it."""
    project = open_project(ROOT, "full")
    with tempfile.TemporaryDirectory(prefix="binder-") as folder:
        branch = Path(shutil.copytree(lay_out_branch(project), Path(folder) / "branch"))
        environment = make_environment(branch, Path(folder) / "environment")
        with jupyter(branch, environment) as server:
            faults = rehearse(server, project.site / "notebooks" / "solutions")
    sys.exit("\n".join(faults) or None)


if __name__ == "__main__":
    main()
