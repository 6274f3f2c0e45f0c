"""Kernels that need not import what takes long: they are forked from a process that has done so.

This needs Linux. Elsewhere, and for kernels of another language or another Python, kernels start in
the ordinary way: on macOS a process that has loaded such libraries cannot safely fork.
"""

import asyncio
import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from traitlets import List, Unicode

from bookkit.system import stopping

FORKED = "bookkit-forked"
OF_ONE_KERNEL = ("JPY_", "IPYTHONDIR")  # variables that no module reads when it is imported
KERNEL = ["-m", "ipykernel_launcher"]


def can_fork() -> bool:
    """Tell whether kernels can be forked on this system."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


def lasting(imports: Iterable[str], packages: Iterable[str]) -> list[str]:
    """Return the modules that stay the same while a book is worked on: none of its packages, none
    of the kit.
    """
    changing = {*packages, "bookkit"}
    return [module for module in imports if module.partition(".")[0] not in changing]


def let_fork(spec: KernelSpec, imports: Sequence[str]) -> None:
    """Let kernels of a specification be forked where that can be done.

    Parameters
    ----------
    spec : KernelSpec
        Says from now on who starts its kernels, unless it did before.
    imports : sequence of str
        Modules that kernels will need, that take long to import, and that are `lasting`.
    """
    factory = KernelProvisionerFactory.instance()
    place = f"{__name__}:{ForkedKernel.__name__}"
    factory.provisioners.setdefault(FORKED, EntryPoint(FORKED, place, factory.GROUP_NAME))
    stanza = {"provisioner_name": FORKED, "config": {"imports": list(imports)}}
    spec.metadata = {"kernel_provisioner": stanza, **spec.metadata}


class ForkedProcess:
    """A process of a `ForkServer`, with what Jupyter uses of `subprocess.Popen`.

    Attributes
    ----------
    pid : int or None
        Its number, which is that of its group and session as well; None before it has started.
    returncode : int or None
        How it ended; None before it has.
    """

    stdin = stdout = stderr = None

    def __init__(self, line: socket.socket):
        self._line = line
        self.pid: int | None = None
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return how it ended; None as long as it has not."""
        while self.returncode is None and select.select([self._line], [], [], 0)[0]:
            word, _, number = self._line.recv(50).decode().partition(" ")
            if word == "started":
                self.pid = int(number)
            else:  # it has ended, or its server was killed: with that it ends
                self.returncode = int(number or -signal.SIGKILL)
                self._line.close()
        return self.returncode

    def wait(self) -> int:
        """Wait until it has ended, and return how."""
        while self.poll() is None:
            select.select([self._line], [], [])
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """A process that forks kernels; it ends with this one, however that ends.

    Parameters
    ----------
    python : sequence of str
        The command that starts the kernels' Python.
    imports : sequence of str
        What it imports first.
    environment : dict
        Its environment variables, which kernels share with it but for those of `OF_ONE_KERNEL`.
    """

    def __init__(self, python: Sequence[str], imports: Sequence[str], environment: dict[str, str]):
        self._door, door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        life, self._life = os.pipe()
        script = Path(__file__).with_name("fork_server.py")
        with door:
            self._process = subprocess.Popen(
                [*python, str(script), str(door.fileno()), str(life), *imports],
                env=environment,
                pass_fds=(door.fileno(), life),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        os.close(life)

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked for kernels."""
        return self._process.poll() is None

    def fork(self, wanted: dict[str, Any], stdout: int, stderr: int) -> ForkedProcess:
        """Ask for a kernel.

        Parameters
        ----------
        wanted : dict
            Its ``arguments``, its working ``folder`` and its whole ``environment``.
        stdout, stderr : int
            The files to which it writes.

        Returns
        -------
        ForkedProcess
            Starts as soon as the server has imported what it is to import.
        """
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its, open(os.memfd_create("wanted"), "w+", encoding="utf-8") as stream:
            json.dump(wanted, stream)
            stream.flush()
            stream.seek(0)
            files = [its.fileno(), stream.fileno(), stdout, stderr]
            socket.send_fds(self._door, [b"."], files)
        return ForkedProcess(mine)

    def retire(self) -> None:
        """Let it end as soon as its kernels have ended."""
        self._door.close()

    def end(self) -> None:
        """End it, and with it its kernels."""
        self._process.kill()
        self._process.wait()


_servers: dict[tuple, ForkServer] = {}  # the one that forks now
_one_at_a_time = threading.Lock()


def fork_server(
    python: Sequence[str], imports: Sequence[str], environment: Mapping[str, str]
) -> ForkServer:
    """Return what forks kernels in an environment, made if there is none.

    What a module does when it is imported may depend on the environment: with another one there is
    another server.
    """
    shared = {
        name: value for name, value in environment.items() if not name.startswith(OF_ONE_KERNEL)
    }
    key = (*python, *imports, *sorted(shared.items()))
    with _one_at_a_time:  # two pages may begin at once
        if key not in _servers or not _servers[key].is_alive:
            while _servers:
                _servers.popitem()[1].retire()
            _servers[key] = ForkServer(python, imports, shared)
        return _servers[key]


@atexit.register
def end_servers() -> None:
    """End what forks kernels with this process, rather than soon after it."""
    for server in _servers.values():
        server.end()


class ForkedKernel(LocalProvisioner):
    """Starts a kernel of IPython by forking, another one in the ordinary way.

    Attributes
    ----------
    imports : list of str
        The modules that it finds imported.
    """

    imports = List(Unicode(), help="The modules that a kernel finds imported.").tag(config=True)

    async def pre_launch(self, **options: Any) -> dict[str, Any]:
        """Let the kernel listen at a name of its own, for which Linux needs no file, rather than at
        ports: what chooses those cannot hold them, and another program may be quicker.
        """
        manager = self.parent
        if can_fork() and self.kernel_spec.argv[1:3] == KERNEL and manager.transport == "tcp":
            manager.transport, manager.ip = "ipc", f"@bookkit-{uuid.uuid4().hex}"
            manager.cache_ports = False
        return await super().pre_launch(**options)

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Start a kernel and wait until its process is there.

        Raises
        ------
        Stopped
            If a signal comes meanwhile.
        RuntimeError
            If the process is not to be had.
        """
        if not can_fork() or cmd[0] != sys.executable or cmd[1:3] != KERNEL:
            return await super().launch_kernel(cmd, **options)
        environment, folder = options["env"], options.get("cwd") or os.getcwd()
        server = fork_server(cmd[:1], self.imports, environment)
        wanted = {"arguments": cmd[3:], "folder": str(folder), "environment": environment}
        process = server.fork(wanted, *outputs_of(options))
        while process.poll() is None and process.pid is None:
            stopping.check()
            await asyncio.sleep(0.01)
        if process.pid is None:
            raise RuntimeError(f"the process that starts kernels has ended ({process.returncode})")
        self.process, self.cwd = process, folder
        self.pid = self.pgid = process.pid
        return self.connection_info


def outputs_of(options: Mapping[str, Any]) -> list[int]:
    """Return the files for standard output and standard error that options of `Popen` name."""
    given = [options.get(name) for name in ("stdout", "stderr")]
    return [
        usual if file is None else file if isinstance(file, int) else file.fileno()
        for usual, file in enumerate(given, start=1)
    ]
