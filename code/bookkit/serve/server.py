"""Serve the finished site on this machine, with kernels for its cells from the same address."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.serverapp import ServerApp
from tornado.httputil import url_concat
from traitlets import Unicode
from traitlets.config import Config

from bookkit.book.data import LIVE_FILE, data_at_serving
from bookkit.book.project import Project
from bookkit.book.settings import Live
from bookkit.serve.folder import RUNTIME, scratch_folder
from bookkit.serve.kernels import BookKernel, LiveKernels, LiveSessions
from bookkit.serve.output import BoundedConnection
from bookkit.serve.site_files import SiteHandler
from bookkit.sphinx.live import kernel_environment
from bookkit.system.errors import BookError
from bookkit.system.forked_kernels import can_fork, fork_server, lasting
from bookkit.system.processes import SHORT_WAITS

ADDRESS = "127.0.0.1"
JUPYTERS = (  # what live pages need of Jupyter
    r"api/(?:kernels|kernelspecs|sessions|shutdown|status|me)"
)
NOT_OF_THE_SITE = rf"/(?!api$|{JUPYTERS}(?:/|$))(.*)"
PATIENCE = 20  # seconds for kernels to end with the server
LARGEST_BODY = 2**16  # bytes that a request may send: pages send names and numbers
LARGEST_MESSAGE = 2**22  # bytes of a message to a kernel: the code of a cell
SAME_SITE = {"samesite": "Strict"}  # for cookies: no other site's page makes the browser send them


def serve(
    project: Project,
    port: int,
    announce: Callable[[str], None],
    say: Callable[[str], None] = lambda words: None,
) -> None:
    """Serve the site of a project and kernels for its cells until the process is told to end, then
    end the kernels.

    Kernels run with this Python under the live profile, each in an empty working folder of its own,
    on the data from which the book was built.

    Parameters
    ----------
    project : Project
    port : int
        0 takes any free one.
    announce : function
        Called once, when all is ready, with the address to open; its token logs the browser in.
    say : function
        Called before that with what the reader should know of the data, if there is anything to
        say.

    Raises
    ------
    BookError
        If there is no site yet, if the port is taken, or if a setting of live cells is not what it
        should be.
    """
    require_site(
        project.site,
        project.edition.command,
    )
    port = free_port(port)
    data, words = data_at_serving(project)
    if words:
        say(words)
    with ending_in_order(), scratch_folder() as scratch:
        options = dict.fromkeys(("runtime_dir", "config_dir", "data_dir"), str(scratch / RUNTIME))
        config = server_configuration(project, port, scratch, data)
        options |= {"config": config, "no_browser_open_file": True}
        running = BookServer(**options)
        running.initialize(argv=[], find_extensions=False)
        running.io_loop.add_callback(
            announce, url_concat(f"http://{ADDRESS}:{running.port}/", token_of(running))
        )
        with warm(**config.BookKernel):
            running.start()


@contextmanager
def warm(environment: Mapping[str, str], imports: Sequence[str]) -> Iterator[None]:
    """Import already what kernels will need: they are forked from the process that has done so, or
    at least need not wait for the disk.
    """
    if can_fork():
        fork_server([sys.executable], imports, {**os.environ, **environment})
        yield
        return
    process = subprocess.Popen(
        [sys.executable, "-c", "".join(f"import {module}\n" for module in imports)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def on_signals(act: Callable[[], object]) -> None:
    """Have something done on Ctrl-C, on a request to terminate, and when the terminal is closed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if (
            number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
        ):  # as nohup has it
            signal.signal(number, lambda *received: act())


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Let signals that come before the server is there, or after it, leave nothing behind
    either.
    """
    before = {
        number: signal.getsignal(number)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    on_signals(partial(sys.exit, 0))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def require_site(folder: Path, make: str = "make book") -> None:
    """Refuse a folder without a site; ``make`` is what makes it."""
    if not (folder / "index.html").is_file():
        raise BookError(f"There is no book in {folder} yet: run `{make}` first.")


def port_error(port: int, error: OSError) -> BookError:
    """Return what to say when a port cannot be had."""
    return BookError(f"Port {port} cannot be used ({error.strerror}): try `make serve PORT=0`.")


def free_port(port: int) -> int:
    """Return the port, or a free one for 0.

    Raises
    ------
    BookError
        If it is taken, or not ours to take.
    """
    with socket.socket() as probe:
        if os.name != "nt":  # where this option would let two servers share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except (OSError, OverflowError) as error:
            raise port_error(
                port, error if isinstance(error, OSError) else OSError(0, "0 to 65535 exist")
            ) from error
        return probe.getsockname()[1]


def token_of(running: ServerApp) -> dict[str, str]:
    """Return the part of the address that logs in."""
    return {"token": running.identity_provider.token}


OF_EVERY_SERVER = {
    "ip": ADDRESS,
    "port_retries": 0,
    "allow_root": True,
    "open_browser": False,
    "log_level": "CRITICAL",
    "terminals_enabled": False,
    "kernel_spec_manager_class": BookKernel,
    "kernel_manager_class": LiveKernels,
    "kernel_websocket_connection_class": BoundedConnection,
    "max_body_size": LARGEST_BODY,
    "max_buffer_size": LARGEST_MESSAGE + LARGEST_BODY,
    "tornado_settings": {
        "websocket_max_message_size": LARGEST_MESSAGE,
        "xsrf_cookie_kwargs": {"path": "/", **SAME_SITE},
    },
}


def limits_of_kernels(live: Live) -> dict[str, Any]:
    """Return how many kernels may run, and when one ends that nobody uses."""
    return {
        "limit": live.kernels,
        "seconds_alone": live.seconds_alone,
        "cull_idle_timeout": 60 * live.idle_minutes,
        "cull_connected": True,
        "cull_interval": max(1, min(15, live.seconds_alone // 4)),
    }


def folder_of_work(project: Project) -> dict[str, str]:
    """Return the variable that names the folder in which live pages keep what readers write."""
    variable, folder = project.settings.environment.work, project.settings.live.work
    return {variable: str(project.root / folder)} if variable and folder else {}


def server_configuration(
    project: Project, port: int, scratch: Path, data: dict[str, str]
) -> Config:
    """Return how the server runs: on this machine only, with a token and a secret of its own, in a
    scratch folder.
    """
    waits = {name: os.environ.get(name, value) for name, value in SHORT_WAITS.items()}
    environment = {
        **waits,
        **kernel_environment(project.settings),
        **data,
        **folder_of_work(project),
        "IPYTHONDIR": str(scratch / ".ipython"),
    }
    own = {"port": port, "root_dir": str(scratch), "site": str(project.site)}
    return Config(
        {
            "BookServer": {**OF_EVERY_SERVER, **own, "cookie_secret": secrets.token_bytes(32)},
            "IdentityProvider": {"token": secrets.token_hex(24), "cookie_options": SAME_SITE},
            "BookKernel": {
                "environment": environment,
                "imports": lasting(project.settings.live.imports, project.packages),
            },
            "LiveKernels": limits_of_kernels(project.settings.live),
            # a kernel that replaces a dead one takes its ports: pages reconnect before new ones
            # would be known
            "AsyncIOLoopKernelRestarter": {"random_ports_until_alive": False},
        }
    )


class NoIcon(JupyterHandler):
    """Answers browsers that look for an icon where pages name none."""

    @allow_unauthenticated
    def get(self) -> None:
        """Answer that there is nothing."""
        self.set_status(204)


class HereHandler(JupyterHandler):
    """Tells a page that its own address has kernels, and whether this browser may start them."""

    @allow_unauthenticated
    def get(self) -> None:
        """Answer with JSON."""
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps({"kernels": "here", "allowed": self.current_user is not None}))


class BookServer(ServerApp):
    """A Jupyter server without files, terminals or extensions, with the site in front."""

    name = "bookkit"
    default_services = ("api", "kernels", "kernelspecs", "sessions", "shutdown")
    site = Unicode(help="The folder of the site.").tag(config=True)

    def load_config_file(self, suppress_errors: bool = True) -> None:
        """Leave alone what this machine's user has set for other Jupyter servers."""

    def init_webapp(self) -> None:
        """Put the site before everything but the interface to kernels."""
        super().init_webapp()
        files = {"path": self.site, "default_filename": "index.html"}
        handlers = [
            (f"/{re.escape(LIVE_FILE)}", HereHandler),
            (r"/favicon\.ico", NoIcon),
            (r"/api/sessions", LiveSessions),
            (NOT_OF_THE_SITE, SiteHandler, files),
        ]
        self.web_app.add_handlers(".*$", handlers)

    def init_signal(self) -> None:
        """End on a signal, without asking back."""
        on_signals(self.end)

    def end(self) -> None:
        """End with all kernels, or without waiting for them if one does not let go."""
        last = threading.Timer(PATIENCE, os._exit, [0])
        last.daemon = True
        last.start()
        self.stop(from_signal=True)
