"""Serve the finished site on this machine, with kernels for its cells from the same address."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado import web
from tornado.httputil import url_concat
from traitlets import Dict, Unicode
from traitlets.config import Config

from bookkit.errors import BookError
from bookkit.live import LIVE_FILE, live_settings
from bookkit.project import Project

ADDRESS = "127.0.0.1"
KERNEL = "python3"
NOT_OF_THE_SITE = r"/(?!api/|api$|login|logout)(.*)"


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of a folder's files and nothing else, reachable from this machine only.

    Parameters
    ----------
    folder : Path
    port : int
        0 takes any free one.

    Raises
    ------
    BookError
        If there is no site in the folder, or if the port is taken.
    """
    require_site(folder)
    try:
        return ThreadingHTTPServer((ADDRESS, port), partial(SimpleHTTPRequestHandler, directory=folder))
    except OSError as error:
        raise port_error(port, error) from error


def serve(project: Project, port: int, announce: Callable[[str], None]) -> None:
    """Serve the site of a project and kernels for its cells until the process is told to end, then end the kernels.

    Kernels run with this Python under the live profile, each in an empty working folder of its own.

    Parameters
    ----------
    project : Project
    port : int
        0 takes any free one.
    announce : function
        Called once, when all is ready, with the address to open; its token logs the browser in.

    Raises
    ------
    BookError
        If there is no site yet, or if the port is taken.
    """
    require_site(project.site, "make book" if project.edition == "open" else f"make book EDITION={project.edition}")
    scratch_folder = tempfile.TemporaryDirectory(prefix="bookkit-live-", ignore_cleanup_errors=True)
    with scratch_folder as scratch, read_ahead(live_settings(project)["imports"]):
        running = BookServer(config=configuration(project, free_port(port), Path(scratch)))
        running.initialize(argv=[], find_extensions=False)
        running.io_loop.add_callback(announce, url_concat(f"http://{ADDRESS}:{running.port}/", token_of(running)))
        running.start()


@contextmanager
def read_ahead(modules: list[str]) -> Iterator[None]:
    """Import in a process of its own what kernels will import: the first of them then need not wait for the disk."""
    process = subprocess.Popen(
        [sys.executable, "-c", "".join(f"import {module}\n" for module in modules)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


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
            raise port_error(port, error if isinstance(error, OSError) else OSError(0, "0 to 65535 exist")) from error
        return probe.getsockname()[1]


def token_of(running: ServerApp) -> dict[str, str]:
    """Return the part of the address that logs in."""
    return {"token": running.identity_provider.token}


def configuration(project: Project, port: int, scratch: Path) -> Config:
    """Return how the server runs: on this machine only, with a token of its own, in a scratch folder."""
    settings = live_settings(project)
    return Config(
        {
            "BookServer": {
                "ip": ADDRESS,
                "port": port,
                "port_retries": 0,
                "root_dir": str(scratch),
                "site": str(project.site),
                "allow_root": True,
                "open_browser": False,
                "log_level": "CRITICAL",
                "terminals_enabled": False,
                "kernel_spec_manager_class": BookKernel,
                "kernel_manager_class": ScratchKernels,
            },
            "IdentityProvider": {"token": secrets.token_hex(24)},
            "BookKernel": {"environment": {**settings["environment"], "IPYTHONDIR": str(scratch / ".ipython")}},
            "ScratchKernels": {
                "cull_idle_timeout": 60 * settings["idle_minutes"],
                "cull_connected": True,
                "cull_interval": 60,
            },
            # a kernel that replaces a dead one takes its ports: pages reconnect before new ones would be known
            "AsyncIOLoopKernelRestarter": {"random_ports_until_alive": False},
            # what a cell shows may hold a network: nobody but this machine's reader waits for it
            "ZMQChannelsWebsocketConnection": {"limit_rate": False},
        }
    )


class BookKernel(KernelSpecManager):
    """The one kernel on offer: this Python, under the live profile."""

    environment = Dict(help="Environment variables of the kernel.").tag(config=True)

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the names of all kernels, with no folder of icons for any."""
        return {KERNEL: ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return how a kernel is started."""
        if kernel_name != KERNEL:
            raise NoSuchKernel(kernel_name)
        return KernelSpec(
            argv=make_ipkernel_cmd(executable=sys.executable, extra_arguments=["--IPKernelApp.log_level=ERROR"]),
            env=self.environment,
            display_name="Python of the book",
            language="python",
            interrupt_mode="signal",
        )

    def get_all_specs(self) -> dict[str, Any]:
        """Return all kernels with how they are started."""
        return {KERNEL: {"resource_dir": "", "spec": self.get_kernel_spec(KERNEL).to_dict()}}


class ScratchKernels(AsyncMappingKernelManager):
    """Kernels that each start in an empty working folder of their own."""

    def cwd_for_path(self, path: str, **kwargs: Any) -> str:
        """Return a new folder, whatever path the page gives."""
        return tempfile.mkdtemp(prefix="kernel-", dir=self.root_dir)


class SiteHandler(JupyterHandler, web.StaticFileHandler):
    """The site's files, for every reader on this machine; an address with a token logs in and loses it."""

    @allow_unauthenticated
    async def get(self, path: str, include_body: bool = True) -> None:
        """Answer with a file, or send on an address that carries a token."""
        self.xsrf_token  # noqa: B018 (sets the cookie without which a logged-in page may not start kernels)
        if "token" in self.request.query_arguments:
            self.redirect(self.request.path)
            return
        await web.StaticFileHandler.get(self, path, include_body)

    @allow_unauthenticated
    async def head(self, path: str) -> None:
        """Answer with the headers of a file."""
        await web.StaticFileHandler.get(self, path, include_body=False)

    def set_extra_headers(self, path: str) -> None:
        """Let the browser ask each time whether a file has changed: the book may be made anew."""
        self.set_header("Cache-Control", "no-cache")

    def compute_etag(self) -> str:
        """Return the digest of the file as it is now; Tornado would give the first one for good."""
        return f'"{self.get_content_version(self.absolute_path)}"'

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say in words that a page is missing."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}: there is no {self.request.path} in this book.")


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
            (NOT_OF_THE_SITE, SiteHandler, files),
        ]
        self.web_app.add_handlers(".*$", handlers)

    def init_signal(self) -> None:
        """End on Ctrl-C and on a request to terminate, without asking back."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *received: self.stop(from_signal=True))
