"""Ctrl-C at random moments of ``make book PROFILE=quick``: no traceback, and the next call ends
with the same site.
"""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROUNDS = 5  # of two interruptions each
REPEATABLE = "1-why-convolution"  # a page that measures no time
TIMED = (
    "status",
    "searchindex",
    "results",
    "guide",
    ".ipynb",
    "index.js",  # of the search, which finds words of these pages, too
    "service-worker.js",  # which knows the digest of each file
)  # these tell when and for how long pages were executed


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """A copy of the book with the environment, browser parts and executed pages of this one."""
    folder = tmp_path_factory.mktemp("soak") / "book"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    for name in (".executed", "node_modules", "book/browser"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, copy_function=shutil.copy2)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def start(book: Path) -> subprocess.Popen:
    command = ["make", "book", "PROFILE=quick"]
    return subprocess.Popen(
        command,
        cwd=book,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def made(book: Path) -> float:
    """Make the book undisturbed; return the seconds that it took."""
    began, process = time.monotonic(), start(book)
    said = process.communicate()[0]
    assert process.returncode == 0, said[-3000:]
    return time.monotonic() - began


def site(book: Path) -> dict[str, str]:
    """Return the digest of every file of the site but for those that tell times."""
    html = book / "_build" / "html"
    files = [file for file in sorted(html.rglob("*")) if file.is_file()]
    chosen = [file for file in files if not any(word in file.name for word in TIMED)]
    return {
        str(file.relative_to(html)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in chosen
    }


def undo(book: Path, number: int) -> None:
    """Take away some of what a build makes: every second time the results of a page, else all but
    the results.
    """
    if number % 2:
        (book / ".executed" / "quick" / "chapters" / f"{REPEATABLE}.ipynb").unlink()
    else:
        shutil.rmtree(book / "_build")


def interrupt(book: Path, moment: float) -> tuple[int, str]:
    """Interrupt a build after so many seconds; return its exit code and what it said."""
    process = start(book)
    time.sleep(moment)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[0]
    return process.returncode, said


def test_a_build_that_is_interrupted_says_so_and_the_next_one_ends_with_the_same_site(book):
    made(book)
    undo(book, 0)
    seconds = made(book)  # with results there, as in most rounds: more would come after the end
    reference = site(book)
    seed = int(os.environ.get("SEED", time.time()))
    moments = random.Random(seed)
    for number in range(ROUNDS):
        undo(book, number)
        for _ in range(2):  # the second one interrupts what goes on after the first
            moment = moments.uniform(0, seconds)
            code, said = interrupt(book, moment)
            about = (
                f"seed {seed}, round {number}, after {moment:.1f} s of {seconds:.1f}, exit code"
                f" {code}"
            )
            print(about, said.strip().splitlines()[-2:], sep="\n  ")
            assert "Traceback" not in said, f"{about}:\n{said[-3000:]}"
        made(book)
        assert site(book) == reference, about
