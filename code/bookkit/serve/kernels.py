"""The kernels of live pages: which one is on offer, how many may run, and when one ends."""

import sys
import tempfile
import time
from collections import deque
from typing import Any

from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.services.sessions.handlers import SessionRootHandler
from tornado import web
from traitlets import Dict, Integer, List, Unicode

from bookkit.system.forked_kernels import let_fork

KERNEL = "python3"
MESSAGES_KEPT = 2000  # of a kernel whose page is away


class BookKernel(KernelSpecManager):
    """The one kernel on offer: this Python, under the live profile."""

    environment = Dict(help="Environment variables of the kernel.").tag(config=True)
    imports = List(Unicode(), help="The modules that it finds imported.").tag(config=True)

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the names of all kernels, with no folder of icons for any."""
        return {KERNEL: ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return how a kernel is started."""
        if kernel_name != KERNEL:
            raise NoSuchKernel(kernel_name)
        spec = KernelSpec(
            argv=make_ipkernel_cmd(
                executable=sys.executable, extra_arguments=["--IPKernelApp.log_level=ERROR"]
            ),
            env=self.environment,
            display_name="Python of the book",
            language="python",
            interrupt_mode="signal",
        )
        let_fork(spec, self.imports)
        return spec

    def get_all_specs(self) -> dict[str, Any]:
        """Return all kernels with how they are started."""
        return {KERNEL: {"resource_dir": "", "spec": self.get_kernel_spec(KERNEL).to_dict()}}


class TooManyKernelsError(web.HTTPError):
    """As many kernels run as may: the text is a sentence for the reader, without a full stop."""

    def __init__(self, limit: int):
        pages = "one page is" if limit == 1 else f"{limit} pages are"
        self.words = (
            f"{pages} live already, and this server runs no more at once. Press Disconnect on one,"
            " or leave it"
        )
        super().__init__(503, self.words)

    def __str__(self) -> str:
        return self.words


class LiveKernels(AsyncMappingKernelManager):
    """Kernels that each start in an empty folder of their own, not too many of them, and none for
    nobody.
    """

    limit = Integer(help="How many kernels may run at once.").tag(config=True)
    seconds_alone = Integer(
        help="How long a kernel runs, busy or not, to which no page is connected."
    ).tag(config=True)

    def __init__(self, **options: Any):
        super().__init__(**options)
        self._starting: set[str] = set()
        self._alone_since: dict[str, float] = {}

    def cwd_for_path(self, path: str, **options: Any) -> str:
        """Return a new folder, whatever path the page gives."""
        return tempfile.mkdtemp(prefix="kernel-", dir=self.root_dir)

    async def start_kernel(self, *, kernel_id: str | None = None, **options: Any) -> str:
        """Start a kernel, or return the one that has this id.

        Raises
        ------
        TooManyKernelsError
            If as many run as may.
        """
        kernel_id = kernel_id or self.new_kernel_id()
        running = {*self.list_kernel_ids(), *self._starting}
        if kernel_id not in running and len(running) >= self.limit:
            raise TooManyKernelsError(self.limit)
        self._starting.add(kernel_id)  # before anything is awaited: others may ask meanwhile
        try:
            return await super().start_kernel(kernel_id=kernel_id, **options)
        finally:
            self._starting.discard(kernel_id)

    def start_buffering(self, kernel_id: str, session_key: str, channels: dict[str, Any]) -> None:
        """Keep what a kernel says while its page is away: the latest of it, or a loop that prints
        fills the memory.
        """
        super().start_buffering(kernel_id, session_key, channels)
        self._kernel_buffers[kernel_id]["buffer"] = deque(maxlen=MESSAGES_KEPT)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that its page has left, or that its reader has not used for long."""
        if self._kernel_connections.get(kernel_id):
            self._alone_since.pop(kernel_id, None)
            await super().cull_kernel_if_idle(kernel_id)
        elif (
            time.monotonic() - self._alone_since.setdefault(kernel_id, time.monotonic())
            >= self.seconds_alone
        ):
            self._alone_since.pop(kernel_id)
            await ensure_async(self.shutdown_kernel(kernel_id, now=True))


class LiveSessions(SessionRootHandler):
    """Starts kernels for pages; Jupyter's own answers a limit that is reached with 500."""

    async def post(self) -> None:
        """Start a kernel."""
        try:
            await super().post()
        except web.HTTPError as error:
            raise (
                error.__cause__ if isinstance(error.__cause__, TooManyKernelsError) else error
            ) from None
