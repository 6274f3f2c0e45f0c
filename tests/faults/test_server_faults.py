"""What can go wrong around the server of a finished book: odd requests, large ones, closed
terminals, other data.
"""

import contextlib
import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import psutil
import pytest
import websocket
from bookkit.book.project import open_project
from bookkit.serve.server import serve
from bookkit.system.errors import BookError

PYPROJECT = """[tool.bookkit]
code = "code"
packages = []
assets = []
[tool.bookkit.environment]
profile = "TOY_PROFILE"
data = "TOY_DATA"
[tool.bookkit.inputs]
data = "toy_data:checksum"
[tool.bookkit.profiles]
full = ""
quick = "A preview."
[tool.bookkit.live]
profile = "quick"
kernels = 2
seconds_alone = 6
"""
TOY_DATA = '''import os, pathlib
def checksum():
    """The content of a file stands for its digest."""
    try:
        return (pathlib.Path(os.environ["TOY_DATA"]) / "images").read_text()
    except OSError:
        raise RuntimeError(f"{os.environ['TOY_DATA']} is not a folder with images.") from None
'''
DIGEST = "0123456789abcdef" * 4
TEXT = "<p>" + "A sentence of the book. " * 200
BUILT_FROM = {
    "variable": "TOY_DATA",
    "function": "toy_data:checksum",
    "digest": "D1",
    "folder": "letters",
}
HOSTS_ELSEWHERE = [
    "//elsewhere.example/?token=x",
    "///elsewhere.example/a?token=x",
    "////elsewhere.example?token",
    "/\\elsewhere.example/?token=x",
    "/\\/elsewhere.example/?token=x",
    "/%5Celsewhere.example/?token=x",
    "/%5c%5celsewhere.example/?token=x",
    "/%2F%2Felsewhere.example/?token=x",
    "/%2felsewhere.example/?token=x",
    "/%09/elsewhere.example/?token=x",
    "/%0d%0a/elsewhere.example?token=x",
    "/%0aLocation:%20//elsewhere.example?token=x",
    "//user@elsewhere.example:80/?token=x&token=y",
    "/login?next=//elsewhere.example",
    "/login?next=/\\elsewhere.example&token=x",
    "/logout?next=https://elsewhere.example",
    "//elsewhere.example/folder",
    "/\\elsewhere.example/",
    "/api//elsewhere.example/",
    "/https://elsewhere.example/?token=x",
    "http://elsewhere.example/?token=x",
]


class Site:
    """A site of a few files, and servers for it."""

    def __init__(self, root: Path):
        self.root, self.scratch = root, root / "tmp"
        for folder in (self.html / "folder", self.html / "_images", self.scratch, root / "home"):
            folder.mkdir(parents=True)
        for name in ("_config.yml", "_toc.yml"):
            (root / name).write_text("")
        (root / "pyproject.toml").write_text(PYPROJECT)
        (root / "toy_data.py").write_text(TOY_DATA)
        self.write("index.html", TEXT)
        self.write("style.css", "p { color: black }" * 200)
        self.write("short.css", "p { }")
        self.write(f"_images/{DIGEST}.png", "no picture" * 200)
        self.write(f"{DIGEST}.html", TEXT)

    @property
    def html(self) -> Path:
        return self.root / "_build" / "html"

    def write(self, name: str, text: str) -> None:
        (self.html / name).write_text(text)

    def built_from(self, built: dict | None, folder: Path | str = "") -> None:
        """Note what the book was built from, as a build does."""
        self.write("live.json", json.dumps({"kernels": None, "built_from": built}))
        places = {built["digest"]: str(folder)} if built and folder else {}
        (self.root / "_build" / "data.json").write_text(json.dumps(places))

    def environment(self, **more: str) -> dict[str, str]:
        code = os.pathsep.join(
            [str(self.root), str(Path(sys.modules["bookkit"].__file__).parents[1])]
        )
        mine = {
            "PYTHONPATH": code,
            "TMPDIR": str(self.scratch),
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": "400",
        }
        taken = {name: value for name, value in os.environ.items() if name != "TOY_DATA"}
        return {**taken, **mine, **more}


class Server:
    """``python -m bookkit serve``, asked without a library that would correct the questions."""

    def __init__(self, site: Site, **environment: str):
        command = [sys.executable, "-m", "bookkit", "serve", "--port", "0"]
        options = {"cwd": site.root, "env": site.environment(**environment), "text": True}
        self.process = subprocess.Popen(
            command,
            **options,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.said = []
        while not (self.said and "http://" in self.said[-1]):
            line = self.process.stdout.readline()
            assert line, self.said
            self.said.append(line)
        found = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=(\w+)", self.said[-1])
        self.port, self.token = int(found[1]), found[2]
        self.log_in = {"Authorization": f"token {self.token}"}

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str):
        """Return status, headers and content of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection._validate_path = lambda url: None  # ask for exactly this
            connection.request(
                method, path, body, {name.replace("_", "-"): text for name, text in headers.items()}
            )
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def start_kernel(self):
        wanted = {
            "path": f"{time.monotonic_ns()}.ipynb",
            "type": "notebook",
            "name": "",
            "kernel": {"name": "python3"},
        }
        status, _, content = self.ask(
            "/api/sessions", "POST", json.dumps(wanted).encode(), **self.log_in
        )
        return status, json.loads(content)

    def connect(self, kernel: str) -> websocket.WebSocket:
        address = f"ws://127.0.0.1:{self.port}/api/kernels/{kernel}/channels"
        return websocket.create_connection(address, header=self.log_in, timeout=120)

    def kernels(self) -> list[dict]:
        return json.loads(self.ask("/api/kernels", **self.log_in)[2])

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        status = self.process.wait(60)
        self.process.stdout.close()
        return status


@contextlib.contextmanager
def served(site: Site, **environment: str) -> Iterator[Server]:
    server = Server(site, **environment)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.end()


def send(channel: websocket.WebSocket, code: str) -> str:
    """Have code run in a kernel; return the name of the request."""
    about = {
        "msg_id": str(time.monotonic_ns()),
        "msg_type": "execute_request",
        "version": "5.3",
        "session": "s",
    }
    content = {
        "code": code,
        "silent": False,
        "store_history": True,
        "allow_stdin": False,
        "stop_on_error": True,
    }
    message = {
        "header": about | {"username": ""},
        "parent_header": {},
        "metadata": {},
        "content": content,
    }
    channel.send(json.dumps(message | {"channel": "shell"}))
    return about["msg_id"]


def messages(channel: websocket.WebSocket, code: str) -> Iterator[dict]:
    """Run code in a kernel and yield what comes of it until the kernel is idle again."""
    name = send(channel, code)
    while True:
        answer = json.loads(channel.recv())
        if answer["parent_header"].get("msg_id") == name:
            yield answer
            if answer["content"].get("execution_state") == "idle":
                return


def execute(channel: websocket.WebSocket, code: str) -> str:
    """Run code in a kernel and return what it prints."""
    contents = [answer["content"] for answer in messages(channel, code)]
    return "".join(
        content.get("text", "") + " ".join(content.get("traceback", [])) for content in contents
    )


def within(seconds: float, holds) -> bool:
    """Tell whether something comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    return Site(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def server(site):
    """A server that cannot write into the user's home, since there is none."""
    with served(site, HOME="/dev/null/nobody", XDG_DATA_HOME="", JUPYTER_RUNTIME_DIR="") as running:
        yield running


@pytest.mark.parametrize("path", HOSTS_ELSEWHERE)
def test_no_address_leads_to_another_host(server, path):
    status, headers, _ = server.ask(path)
    base = f"http://127.0.0.1:{server.port}/"
    for place in headers.get_all("Location", []):
        as_browsers_read = re.sub(r"[\t\r\n]", "", place).replace("\\", "/")
        assert urlsplit(urljoin(base, as_browsers_read)).netloc == f"127.0.0.1:{server.port}"
    assert status in (200, 301, 302, 400, 403, 404)


def test_a_folder_and_an_address_with_a_token_are_sent_on_without_it(server):
    assert server.ask("/index.html?token=wrong&v=1")[:1] == (302,)
    assert server.ask(f"/index.html?token={server.token}")[1]["Location"] == "/index.html"
    assert server.ask("/a%20b/%C3%A9.html?token=x")[1]["Location"] == "/a%20b/%C3%A9.html"
    assert server.ask("/folder")[1]["Location"] == "/folder/"


BAD_PATHS = [
    "/%00",
    "/a%00b.html",
    "/%ff",
    "/" + "a" * 5000,
    "/..%2f..%2fpyproject.toml",
    "/%2e%2e/data.json",
]
BAD_PATHS += [
    "/index.html/",
    "/index.html/more",
    "/folder/",
    "/nothing.html",
    "/?token=%ff",
    "/?v=%ff",
    "/\\..\\x",
]
BAD_PATHS += [
    "/api/contents",
    "/login",
    "/metrics",
    "/files/index.html",
    "/static/favicon.ico",
    "/~root",
    "/C:",
]


@pytest.mark.parametrize("path", BAD_PATHS)
def test_an_address_of_nothing_is_said_to_be_one(server, path):
    status, _, content = server.ask(path)
    assert status in (
        (400,) if "%ff" in path and "?" not in path else (200, 302, 400) if "?" in path else (404,)
    )
    assert b"Traceback" not in content


def test_a_missing_page_names_where_the_book_begins(server):
    status, headers, content = server.ask("/no%3Cscript%3Ewhere.html")
    assert (status, headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    text = content.decode()
    assert "There is no /no%3Cscript%3Ewhere.html in this book." in text and '<a href="/">' in text


def test_other_refusals_say_what_they_are(server):
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        status, headers, content = server.ask("/index.html", method)
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
        assert f"can only be read (GET, HEAD); {method} is not possible" in content.decode()
    status, _, content = server.ask("/index.html", Host="elsewhere.example")
    assert (
        status == 403
        and b"under a name other than 127.0.0.1" in content
        and b"There is no" not in content
    )


def test_texts_are_compressed_for_browsers_that_can_unpack_them(server, site):
    plain = (site.html / "index.html").read_bytes()
    status, headers, content = server.ask("/index.html", Accept_Encoding="br, gzip;q=0.8")
    assert (status, headers["Content-Encoding"], headers["Vary"]) == (
        200,
        "gzip",
        "Accept-Encoding",
    )
    assert (
        gzip.decompress(content) == plain
        and int(headers["Content-Length"]) == len(content) < len(plain) / 4
    )
    for accepted in ("", "identity", "gzip;q=0", "gzip; q=0.0, br"):
        _, headers, content = server.ask("/index.html", Accept_Encoding=accepted)
        assert (
            headers["Content-Encoding"] is None
            and content == plain
            and headers["Vary"] == "Accept-Encoding"
        )
    for name in ("short.css", f"_images/{DIGEST}.png"):
        assert server.ask(f"/{name}", Accept_Encoding="gzip")[1]["Content-Encoding"] is None


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_heads_and_unchanged_files_have_no_content_and_the_same_headers(server, encoding):
    status, headers, _ = server.ask("/style.css", Accept_Encoding=encoding)
    head, of_head, content = server.ask("/style.css", "HEAD", Accept_Encoding=encoding)
    names = ("Content-Length", "Content-Encoding", "Etag", "Cache-Control", "Content-Type")
    assert (head, content) == (status, b"") and [of_head[n] for n in names] == [
        headers[n] for n in names
    ]
    again, of_again, content = server.ask(
        "/style.css", Accept_Encoding=encoding, If_None_Match=headers["Etag"]
    )
    assert (again, content, of_again["Etag"]) == (304, b"", headers["Etag"])
    assert server.ask("/style.css", Accept_Encoding=encoding, If_None_Match='"other"')[0] == 200


def test_parts_of_a_file_are_those_of_the_file_itself(server, site):
    plain = (site.html / "style.css").read_bytes()
    status, headers, content = server.ask("/style.css", Range="bytes=5-14", Accept_Encoding="gzip")
    assert (status, content, headers["Content-Range"]) == (
        206,
        plain[5:15],
        f"bytes 5-14/{len(plain)}",
    )
    assert headers["Content-Encoding"] is None
    assert server.ask("/style.css", Range="bytes=-3")[2] == plain[-3:]
    assert server.ask("/style.css", Range=f"bytes={len(plain)}-")[0] == 416


def test_a_file_that_was_made_anew_is_not_taken_for_the_old_one(server, site):
    site.write("new.css", "a" * 2000)
    about = os.stat(site.html / "new.css")
    etags = [
        server.ask("/new.css", Accept_Encoding=encoding)[1]["Etag"] for encoding in ("gzip", "")
    ]
    (site.html / "next.css").write_text("b" * 2000)
    os.replace(site.html / "next.css", site.html / "new.css")
    os.utime(
        site.html / "new.css", ns=(about.st_atime_ns, about.st_mtime_ns - 10**9)
    )  # the clock was put back
    for etag, encoding in zip(etags, ("gzip", ""), strict=True):
        assert server.ask("/new.css", Accept_Encoding=encoding, If_None_Match=etag)[0] == 200


FOR_EVER = [
    f"_images/{DIGEST}.png",
    "style.css?v=9eb32ce0",
    "style.css?digest=55c26ed414f5f8a31ebb",
]
ASKED_FOR = [
    "index.html",
    f"{DIGEST}.html",
    "index.html?v=9eb32ce0",
    "style.css",
    "style.css?v=2",
    "style.css?v=soon",
]


@pytest.mark.parametrize("path", FOR_EVER + ASKED_FOR)
def test_only_what_has_a_digest_in_its_address_is_kept_without_asking(server, path):
    status, headers, _ = server.ask(f"/{path}")
    expected = "public, max-age=31536000, immutable" if path in FOR_EVER else "no-cache"
    assert (status, headers["Cache-Control"]) == (200, expected) and headers["Etag"]


def test_cookies_stay_on_this_site(server):
    cookies = server.ask(f"/?token={server.token}")[1].get_all("Set-Cookie")
    assert len(cookies) == 2 and all("SameSite=Strict" in cookie for cookie in cookies)


LARGE = 40 * 2**20


def send_much(server: Server, path: str, headers: str) -> None:
    """Send as much as the server takes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{headers}\r\n".encode()
        )
        chunk = b"10000\r\n" + b"x" * 2**16 + b"\r\n"
        with contextlib.suppress(OSError):
            for _ in range(LARGE // 2**16):
                connection.sendall(chunk)


@pytest.mark.parametrize("framing", [f"Content-Length: {LARGE}", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("path", ["/index.html", "/api/sessions", "/nothing"])
def test_nobody_can_fill_the_servers_memory(server, path, framing):
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    headers = [f"Origin: http://elsewhere.example\r\n{framing}\r\n", f"{framing}\r\n"] * 3
    with ThreadPoolExecutor(6) as several:
        list(several.map(lambda lines: send_much(server, path, lines), headers))
    assert process.memory_info().rss - before < 16 * 2**20
    assert server.ask("/index.html")[0] == 200


def start_and_read(server: Server) -> tuple[int, dict, websocket.WebSocket | None]:
    """Ask for a kernel and, if there is one, begin to read what it says."""
    status, content = server.start_kernel()
    return status, content, server.connect(content["kernel"]["id"]) if status == 201 else None


def test_kernels_have_a_limit_that_is_told_in_words_and_none_runs_for_nobody(server):
    with ThreadPoolExecutor(5) as several:
        answers = list(several.map(lambda _: start_and_read(server), range(5)))
    assert sorted(status for status, *_ in answers) == [201, 201, 503, 503, 503]
    refused = next(content for status, content, _ in answers if status == 503)
    assert refused["message"].startswith(
        "2 pages are live already, and this server runs no more at once"
    )
    left, reader = (channel for *_, channel in answers if channel)
    send(left, "while True: pass")
    left.close()
    assert within(60, lambda: len(server.kernels()) == 1)  # it was busy
    assert execute(reader, "print(6 * 7)") == "42\n"
    said = list(messages(reader, "print('x' * 3_000_000)"))
    assert any("left-out" in str(answer["content"].get("data")) for answer in said)
    assert (
        len({answer["header"]["session"] for answer in said}) == 1
    )  # pages drop what others say in between
    with pytest.raises((websocket.WebSocketException, OSError)):
        reader.send("x" * 2**23)  # more than any cell
        while reader.recv():
            pass
    for kernel in server.kernels():
        assert server.ask(f"/api/kernels/{kernel['id']}", "DELETE", **server.log_in)[0] == 204
    status, content = server.start_kernel()
    assert status == 201
    server.ask(f"/api/kernels/{content['kernel']['id']}", "DELETE", **server.log_in)


def leftovers(site: Site) -> list[str]:
    return sorted(file.name for file in site.scratch.iterdir())


def test_servers_leave_nothing_behind_and_share_no_secret(site, server):
    """A killed one is swept away by the next; all others clean up, also when their terminal is
    closed.
    """
    foreign, link = (
        site.scratch / "bookkit-live-of-somebody-else",
        site.scratch / "bookkit-live-link",
    )
    with served(site) as killed:
        cookies = killed.ask(f"/?token={killed.token}")[1].get_all("Set-Cookie")
        killed.end(signal.SIGKILL)
    foreign.mkdir()
    link.symlink_to(site.html)
    assert len(leftovers(site)) == 4
    with ThreadPoolExecutor(3) as several:
        following = list(several.map(lambda _: Server(site), range(3)))
    assert (
        len(leftovers(site)) == 3 + 3
    )  # that of the test's own server, and what is not of a server
    cookie = "; ".join(cookie.partition(";")[0] for cookie in cookies)
    cookie = re.sub(r"127-0-0-1-\d+", f"127-0-0-1-{following[0].port}", cookie)
    here = json.loads(following[0].ask("/live.json", Cookie=cookie)[2])
    assert here == {"kernels": "here", "allowed": False}
    numbers = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
    assert [ended.end(number) for ended, number in zip(following, numbers, strict=True)] == [
        0,
        0,
        0,
    ]
    assert len(leftovers(site)) == 3 and server.ask("/index.html")[0] == 200
    foreign.rmdir()
    link.unlink()


WRONG = [
    ("idle_minutes", '"soon"'),
    ("idle_minutes", "0"),
    ("idle_minutes", "-5"),
    ("idle_minutes", "true"),
]
WRONG += [
    ("idle_minutes", "1.5"),
    ("idle_minutes", "1" + 30 * "0"),
    ("idle_minutes", "[60]"),
    ("kernels", '"many"'),
]
WRONG += [
    ("kernels", "0"),
    ("kernels", "false"),
    ("seconds_alone", "inf"),
    ("seconds_alone", "2.0"),
    ("notice", "3"),
]
WRONG += [
    ("imports", '"torch"'),
    ("imports", '["os; 1"]'),
    ("profile", '"slow"'),
    ("profile", "1"),
    ("minutes", "3"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_setting_that_cannot_be_is_refused_in_words(site, tmp_path, name, value):
    book = Site(tmp_path / "book")
    table = re.sub(r"(?m)^(kernels|seconds_alone|profile = \"quick\").*\n", "", PYPROJECT)
    (book.root / "pyproject.toml").write_text(f"{table}{name} = {value}\n")
    with pytest.raises(
        BookError, match=rf"\[tool\.bookkit\.live\] has {name}.*: expected (a|one) "
    ):
        serve(open_project(book.root, "full"), 0, print)


def folder_of(site: Site, name: str, digest: str) -> Path:
    folder = site.root / name
    folder.mkdir(exist_ok=True)
    (folder / "images").write_text(digest)
    return folder


CHECK = (
    "import bookkit.book.data as s, os; s.check_data(**{built!r});"
    " print(os.environ.get('TOY_DATA'))"
)


def test_a_book_of_other_data_is_served_with_them(site):
    letters = folder_of(site, "letters", "D1")
    site.built_from(BUILT_FROM, letters)
    with served(site) as server:
        assert f"Cells read the data in {letters}, those that the book was built from." in "".join(
            server.said
        )
        with contextlib.closing(server.connect(server.start_kernel()[1]["kernel"]["id"])) as reader:
            said = execute(reader, CHECK.format(built=BUILT_FROM))
        assert (
            said == f"These cells read the data in {letters}, from which the book was"
            f" built.\n{letters}\n"
        )


DATA_CASES = {
    "changed": ("D2", True, {}, "Cells read other data, those in"),
    "gone": (None, True, {}, "is not a folder with images"),
    "elsewhere": ("D1", False, {}, "Where they lie is not known here: set TOY_DATA"),
    "moved": ("D1", False, {"TOY_DATA": "letters"}, "those that the book was built from"),
    "unsaid": (
        "D1",
        None,
        {"TOY_DATA": "letters"},
        "This site does not say what it was built from",
    ),
    "usual": ("D9", False, {"TOY_DATA": "letters"}, "The book was built from its usual data"),
}


class Heard(Exception):
    """What a server says before it starts."""


def heard(site: Site) -> str:
    def say(words: str) -> None:
        raise Heard(words)

    with pytest.raises(Heard) as said:
        serve(open_project(site.root, "full"), 0, print, say)
    return " ".join(str(said.value).split())


@pytest.mark.parametrize("case", DATA_CASES)
def test_what_the_cells_of_a_served_book_read_is_said_when_the_server_starts(
    site, monkeypatch, case
):
    digest, known, environment, expected = DATA_CASES[case]
    letters = folder_of(site, "letters", digest or "")
    if digest is None:
        (letters / "images").unlink()
    built = None if case == "unsaid" else BUILT_FROM | ({"folder": ""} if case == "usual" else {})
    site.built_from(built, letters if known else "")
    monkeypatch.chdir(site.root)  # a relative name is seen from here
    for name, value in {**site.environment(), **environment}.items():
        monkeypatch.setenv(name, value)
    assert expected in heard(site)
    site.built_from(None)


def test_a_book_of_the_usual_data_says_nothing_of_them(server):
    assert len(server.said) == 1
