"""A page with live cells in a browser, and the servers that it needs, for the tests."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browser_window import BrowserWindow
from playwright.sync_api import TimeoutError as WaitedEnough

START = 240_000  # milliseconds for a kernel and the set-up, on a machine that does other things too
RUN = 900_000
POLLING = 50  # milliseconds; without it, a page draws itself at each look
TOKEN = "token-of-the-tests"


class BookServer:
    """``python -m bookkit serve`` in the folder of a book."""

    def __init__(self, book: Path, variables: Mapping[str, str] | None = None):
        command = [sys.executable, "-m", "bookkit", "serve", "--port", "0"]
        more = {"PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
        environment = {**os.environ, **(variables or {}), **more}
        self.process = subprocess.Popen(
            command, cwd=book, env=environment, stdout=subprocess.PIPE, text=True
        )
        said = self.process.stdout.readline()
        self.login = re.search(r"http://\S+", said)[0]
        self.address, self.token = self.login.split("/?token=")

    def ask(self, path: str, token: bool = True) -> bytes:
        """Return what the server answers, as a program with or without the token."""
        headers = {"Authorization": f"token {self.token}"} if token else {}
        with urllib.request.urlopen(
            urllib.request.Request(self.address + path, headers=headers)
        ) as answer:
            return answer.read()

    def kernels(self) -> list[dict]:
        return json.loads(self.ask("/api/kernels"))

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(30)


@contextmanager
def book_server(book: Path, variables: Mapping[str, str] | None = None) -> Iterator[BookServer]:
    """The server of a book, with environment variables of its own."""
    running = BookServer(book, variables)
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def jupyter_server(origin: str, folder: Path) -> Iterator[str]:
    """The address of a Jupyter server of the reader's own, which lets pages of one origin in."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "jupyter_server",
        "--no-browser",
        "--allow-root",
        f"--port={port}",
    ]
    command += [f"--ServerApp.allow_origin={origin}", f"--IdentityProvider.token={TOKEN}"]
    process = subprocess.Popen(
        [*command, f"--ServerApp.root_dir={folder}"], stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.1)
    raise TimeoutError(f"nothing listens on port {port}")


@contextmanager
def binder(*events: dict) -> Iterator[str]:
    """The address of a stand-in for BinderHub that answers every build with these events."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            for event in events:
                self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())

        def log_message(self, *arguments):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()


OPEN = """cell => {
  const editor = cell.querySelector(".CodeMirror");
  for (let fold = editor.closest("details"); fold; fold = fold.parentElement.closest("details"))
    fold.open = true;
  editor.CodeMirror.refresh();
}"""


class LivePage(BrowserWindow):
    """A page with live cells."""

    def close(self) -> None:
        """Leave the page, as a reader does, and close the window."""
        if not self.page.is_closed():
            self.page.goto("about:blank")
            self.context.close()

    @property
    def state(self) -> str:
        return self.page.locator(".live-panel").get_attribute("data-state")

    @property
    def words(self) -> str:
        return self.page.locator(".live-words").inner_text()

    @property
    def said(self) -> str:
        """Everything in the panel."""
        return self.page.locator(".live-panel").inner_text()

    def wait(self, *states: str, timeout: float = START) -> str:
        """Wait until the panel is in one of these states, and return it."""
        for_states = (
            "states => states.includes(document.querySelector('.live-panel').dataset.state)"
        )
        try:
            self.page.wait_for_function(
                for_states, arg=list(states), timeout=timeout, polling=POLLING
            )
        except WaitedEnough:
            pytest.fail(f"{states} did not come. The panel: {self.said!r}. Faults: {self.faults}")
        return self.state

    def open(self, address: str) -> "LivePage":
        self.page.goto(address, wait_until="load")
        return self

    def make_live(self) -> "LivePage":
        """Press the button; wait until the set-up has run."""
        self.page.locator(".live-start").click()
        assert self.wait("ready", "failed", "choose") == "ready", self.said
        return self

    def press(self, name: str) -> None:
        """Press a button of the panel."""
        self.page.locator(".live-panel").get_by_role("button", name=name, exact=True).click()

    @property
    def cells(self):
        return self.page.locator(".live-cell")

    def exercise(self, name: str):
        """The cell of an exercise."""
        return self.page.locator(f".exercise-form[data-exercise='{name}']")

    def code(self, cell) -> str:
        return cell.locator(".CodeMirror").evaluate("editor => editor.CodeMirror.getValue()")

    def unfold(self, cell) -> None:
        """Open the folds around a cell's editor."""
        cell.evaluate(OPEN)

    def type(self, cell, code: str) -> None:
        """Type code in place of all that a cell holds, with the keyboard; a folded one is opened."""
        self.unfold(cell)
        cell.locator(".CodeMirror").evaluate("editor => editor.CodeMirror.focus()")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(code)
        assert self.code(cell) == code

    def run(self, cell, wait: bool = True) -> str:
        """Run a cell by its button, this one alone; return its output."""
        cell.locator(".live-run").click()
        alone = cell.get_by_role("button", name="Run only this cell")
        if alone.count():
            alone.click()
        if not wait:
            return ""
        self.wait_for_the_end(cell)
        return self.output(cell)

    def wait_for_the_end(self, cell) -> None:
        """Wait until a cell has run and the panel says what comes next."""
        self.page.wait_for_function(
            "cell => ['ok', 'error'].includes(cell.dataset.live)",
            arg=cell.element_handle(),
            timeout=RUN,
            polling=POLLING,
        )
        self.wait("ready", "failed", "lost", timeout=RUN)

    def try_out(self, code: str) -> str:
        """Type code into the page's first cell, run it, and return its output."""
        self.type(self.cells.first, code)
        return self.run(self.cells.first)

    def output(self, cell) -> str:
        shown = cell.locator(".live-output")
        return shown.inner_text() if shown.is_visible() else ""

    def foreign(self) -> list[str]:
        """Requests that left this machine."""
        here = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:")
        return [url for url in self.requests if not url.startswith(here)]
