"""A process that imports what takes long, and then forks a kernel whenever it is asked for one.

It runs as a script, so that no module of a book is imported here: each kernel reads those anew,
however often they change. Nothing in it starts a Python thread or draws a random number: what is
forked is as good as new.
"""

import atexit
import fcntl
import gc
import importlib
import json
import os
import select
import socket
import sys
from contextlib import suppress
from importlib.util import find_spec

INLINE = "module://matplotlib_inline.backend_inline"  # where ipykernel lets figures go

Child = tuple[socket.socket, list[int]]  # its line to who asked, and files: what, output, errors


class Ending:
    """With what this process tells that all went well, or not."""

    code = 0


def main() -> None:
    """Serve until nobody can ask for kernels any more; in a child, be a kernel."""
    atexit.register(leave)  # what is registered first is called last
    del sys.path[0]  # the folder of this script
    door, life, *modules = sys.argv[1:]
    end_with(int(life))
    warm_up(modules)
    child = forked(socket.socket(fileno=int(door)))
    if child is not None:
        os.close(int(life))
        Ending.code = 1
        be_kernel(*child)
        Ending.code = 0


def leave() -> None:
    """End this process, once all else is done, without taking its memory apart: in a child that
    would copy what it shares.
    """
    for stream in (sys.__stdout__, sys.__stderr__):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(Ending.code)


def end_with(life: int) -> None:
    """Let the system end this process as soon as nobody holds the other end of a pipe."""
    fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([life], [], [], 0)[0]:
        sys.exit()  # it was closed before


def warm_up(modules: list[str]) -> None:
    """Import modules as a kernel would; of one that cannot be imported, the kernel will tell."""
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # ipykernel ends with it, and reads it now
    os.environ.setdefault("MPLBACKEND", INLINE)
    # A process that has asked CUDA itself for cards cannot hand them on to those that it forks.
    os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    for module in ("ipykernel.kernelapp", *modules):
        with suppress(Exception):
            importlib.import_module(module)
    gc.collect()
    gc.freeze()  # the memory that kernels share stays shared


def forked(door: socket.socket) -> Child | None:
    """Fork a child for each message that comes through a door, and tell how each child ends.

    Returns
    -------
    Child or None
        In a child, what came with the message. Here None, once the door is closed and all children
        have ended.
    """
    children: dict[int, tuple[int, socket.socket]] = {}  # by the file that shows a child's end
    waiting: list[socket.socket | int] = [door]
    while waiting:
        for ready in select.select(waiting, [], [])[0]:
            if ready is not door:
                waiting.remove(ready)
                tell_end(ready, *children.pop(ready))
            elif (asked := received(door)) is None:
                waiting.remove(door)
            elif pid := os.fork():
                line, files = asked
                close(*files)
                children[end := os.pidfd_open(pid)] = pid, line
                waiting.append(end)
            else:
                close(door.detach(), *children, *(line.detach() for _, line in children.values()))
                return asked
    return None


def received(door: socket.socket) -> Child | None:
    """Take in what comes through the door; None if it is closed."""
    message, files, *_ = socket.recv_fds(door, 1, 4, socket.MSG_CMSG_CLOEXEC)
    return (socket.socket(fileno=files[0]), files[1:]) if message else None


def tell_end(end: int, pid: int, line: socket.socket) -> None:
    """Tell whoever asked for a child how that has ended, as `subprocess` counts it."""
    close(end)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with line, suppress(OSError):
        line.sendall(f"ended {code}".encode())


def close(*files: int) -> None:
    """Close files by their numbers."""
    for file in files:
        os.close(file)


def be_kernel(line: socket.socket, files: list[int]) -> None:
    """Turn this process into the one that was asked for, and run its kernel."""
    os.setsid()
    with line:
        line.sendall(f"started {os.getpid()}".encode())
    with open(files[0], encoding="utf-8") as stream:
        wanted = json.load(stream)
    for number, file in enumerate(files[1:], start=1):
        os.dup2(file, number)
        os.close(file)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"], JPY_PARENT_PID=str(os.getppid()))
    sys.argv = [find_spec("ipykernel_launcher").origin, *wanted["arguments"]]
    importlib.invalidate_caches()
    draw_seeds()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


def draw_seeds() -> None:
    """Let generators of random numbers begin somewhere, as in a new process; Python's own does."""
    for module, function in (("numpy.random", "seed"), ("torch", "seed")):
        if module in sys.modules:
            getattr(sys.modules[module], function)()


if __name__ == "__main__":
    main()
