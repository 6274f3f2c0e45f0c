"""What a build does when the machine, a person or a damaged file is in its way: old numbers, half
pages, tracebacks.
"""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

import nbformat
import psutil
import pytest
from bookkit.__main__ import app
from bookkit.book.pages import read_page, read_pages
from bookkit.book.project import open_project
from bookkit.run import build, making, parts
from bookkit.run.execution import Limits, execute
from bookkit.run.plan import digests
from bookkit.run.store import ExecutedPages
from bookkit.sphinx import site
from bookkit.system import files, lock, processes
from bookkit.system.errors import BookError, in_words
from filelock import FileLock
from rich.console import Console
from toy_book import FILES, FRONT, ToyBook
from typer.testing import CliRunner

CLOCK_AHEAD = "import time\nreal = time.time_ns\ntime.time_ns = lambda: real() + 86_400 * 10**9\n"
LONG_AGO = 1_000_000_000


@pytest.fixture
def toy_book(tmp_path):
    return ToyBook(tmp_path / "toy")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A toy book that was built while the clock was a day ahead; its tests change what they own and
    say so.
    """
    book = ToyBook(tmp_path_factory.mktemp("book"))
    book.write("clock/sitecustomize.py", CLOCK_AHEAD)
    building = book.start(**book.environment([book.root / "clock"]))
    said, _ = building.communicate()
    assert building.returncode == 0, said
    return book


def put_back(*files: Path) -> None:
    """Let files look old, as after a restored backup or a clock that was put back."""
    for file in files:
        os.utime(file, (LONG_AGO, LONG_AGO))


def said_by(book, monkeypatch, *options: str) -> str:
    """What `bookkit build` says before it ends with 1, called in this process."""
    monkeypatch.chdir(book.root)
    monkeypatch.syspath_prepend(str(book.root / "code"))
    monkeypatch.setenv("TOY_PROFILE", "full")
    done = CliRunner().invoke(app, ["build", *options])
    assert done.exit_code == 1 and isinstance(done.exception, SystemExit), done.output
    assert "Stopped." in done.output and "Traceback" not in done.output
    return " ".join(done.output.split())


# Digests decide, never time stamps


def test_after_a_clock_was_put_back_the_site_has_the_new_number_and_sentence(built):
    built.edit("one.md", "A sentence.", "A corrected sentence.")
    built.edit("code/toy/tools.py", "return 4100000", "return 5100000")
    put_back(*(built.root / name for name in ("one.md", "code/toy/tools.py")))
    done = built.build()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "A corrected sentence." in built.page("one") and "5100001" in built.page("one")
    assert "4100001" not in built.page("one")
    log = (built.root / "_build/sphinx.log").read_text()
    assert "0 added, 1 changed, 0 removed" in log, "the page that has not changed is not read again"


def test_a_page_of_the_site_that_was_changed_or_lost_is_made_again_and_else_nothing(built):
    page, other = (built.root / "_build/html" / name for name in ("one.html", "two.html"))
    whole = page.read_bytes()
    page.write_text("An old page with 4100001.")
    put_back(page)
    other.unlink()
    assert built.build().returncode == 0
    assert page.read_bytes() == whole and other.is_file()

    before = page.stat().st_ino, page.stat().st_mtime_ns
    assert built.build().returncode == 0
    assert (page.stat().st_ino, page.stat().st_mtime_ns) == before


# A site is whole or not there


def test_a_build_that_fails_in_sphinx_leaves_the_old_site_as_it_was(built):
    before = files.digests_below(built.root / "_build/html")
    text = (built.root / "two.md").read_text()
    built.edit("two.md", "A sentence.", "See {ref}`sec-nowhere`.")
    built.edit("code/toy/tools.py", "def helper():\n    return ", "def helper():\n    return 1")
    done = built.build()
    assert done.returncode == 1 and "sec-nowhere" in done.stdout
    assert files.digests_below(built.root / "_build/html") == before
    assert not (built.root / "_build/html.new").exists()

    built.write("two.md", text)
    assert built.build().returncode == 0
    assert "15100001" in built.page("one")


def test_a_build_that_was_killed_in_the_moment_of_the_swap_has_its_site_back(toy_book):
    toy_book.write("_build/html.old/index.html", "old")
    toy_book.write("_build/html.new/index.html", "new")
    site.settle(open_project(toy_book.root, "full"))
    assert (toy_book.root / "_build/html/index.html").read_text() == "old"


def test_a_page_that_is_made_anew_while_it_is_served_reaches_a_browser_that_has_the_old_one(
    toy_book,
):
    toy_book.write("_build/html.old/index.html", "old")
    command = [sys.executable, "-m", "bookkit", "serve", "--port", "0"]
    with subprocess.Popen(
        command, cwd=toy_book.root, env=toy_book.environment(), stdout=subprocess.PIPE, text=True
    ) as served:
        line = served.stdout.readline()
        address = re.search(r"http://[\d.]+:\d+/", line)
        try:
            first = urlopen(address[0])
            toy_book.write("_build/html/index.html", "new")
            request = Request(address[0], headers={"If-None-Match": first.headers["Etag"]})
            assert (first.read(), urlopen(request).read()) == (b"old", b"new")
        finally:
            served.terminate()


def test_a_sphinx_that_was_killed_is_said_to_have_been_killed(toy_book, monkeypatch):
    project = open_project(toy_book.root, "full")
    toy_book.write("_build/html/index.html", "old")
    killed = subprocess.CompletedProcess([], -signal.SIGKILL, "", "")
    monkeypatch.setattr(processes, "run", lambda *arguments: killed)
    site.lay_out(project, {}, {}, site.configuration(project))
    with pytest.raises(
        BookError, match=r"ended from outside \(Killed\), most often for want of memory"
    ):
        site.render(project, {}, lambda folder: None)
    assert (toy_book.root / "_build/html/index.html").read_text() == "old"


# One command at a time


def test_a_second_build_ends_at_once_and_names_the_first(toy_book, monkeypatch):
    with lock.alone(toy_book.root):
        said = said_by(toy_book, monkeypatch)
    assert f"process {os.getpid()}, since 2" in said and "Wait until it has ended" in said


def test_the_lock_of_a_killed_build_holds_nobody_up(toy_book):
    script = "import pathlib, time\nfrom bookkit.system.lock import alone\n"
    hold = f"{script}with alone(pathlib.Path({str(toy_book.root)!r})):"
    holder = subprocess.Popen(
        [sys.executable, "-c", f"{hold} print(flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE,
        env=toy_book.environment(),
    )
    holder.stdout.readline()
    with pytest.raises(BookError, match=f"process {holder.pid}"), lock.alone(toy_book.root):
        pass
    holder.kill()
    holder.communicate()
    with lock.alone(toy_book.root):
        pass


# Ctrl-C, SIGTERM and SIGHUP

SLEEPS = """
import pathlib, subprocess, sys, time
if not pathlib.Path({done!r}).exists():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    pathlib.Path({done!r}).write_text(str(child.pid))
    while True:
        try:
            time.sleep(300)
        except KeyboardInterrupt:
            pass
tools.used()"""


def wait_for(condition, seconds: float = 120) -> None:
    """Wait until something is there."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def stop(process: subprocess.Popen, number: int) -> str:
    """Send a signal to a build, twice, and return the last line that it says; no process of its own
    is left.
    """
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    time.sleep(0.1)
    process.send_signal(number)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 128 + number, said
    assert "Traceback" not in said and "Exception" not in said, said
    assert psutil.wait_procs(children, timeout=10)[1] == []
    return said.strip().splitlines()[-1]


def test_a_build_that_is_stopped_at_any_moment_ends_with_one_line_and_the_next_goes_on(
    toy_book, tmp_path
):
    said = "Stopped. Nothing is half-written; the next call goes on from here."
    scratch, child = tmp_path / "scratch", tmp_path / "child"
    scratch.mkdir()
    toy_book.edit("one.md", "\ntools.used()", SLEEPS.format(done=str(child)))

    process = toy_book.start(TMPDIR=str(scratch))
    wait_for(lambda: psutil.Process(process.pid).num_fds() > 3 or process.poll() is not None)
    time.sleep(0.4)  # it imports what it needs
    assert stop(process, signal.SIGHUP) == said

    process = toy_book.start(TMPDIR=str(scratch))
    wait_for(lambda: child.exists() and child.read_text())
    assert stop(process, signal.SIGINT) == said
    wait_for(lambda: not psutil.pid_exists(int(child.read_text())), 10)

    process = toy_book.start(TMPDIR=str(scratch))
    wait_for((toy_book.root / "_build/html.new").exists)
    assert stop(process, signal.SIGTERM) == said
    assert not (toy_book.root / "_build/html.new").exists() and list(scratch.iterdir()) == []

    done = toy_book.build()
    assert done.returncode == 0 and "executed in" not in done.stdout, done.stdout + done.stderr
    assert "4100001" in toy_book.page("one")


# The machine is in the way


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EDQUOT, "your quota"),
        (errno.EROFS, "can only be read"),
        (errno.EACCES, "give yourself the right"),
        (errno.ENAMETOOLONG, "shorten its name"),
        (errno.EIO, "look after the disk"),
    ],
)
def test_an_error_of_the_machine_names_file_cause_and_cure(number, words):
    said = in_words(OSError(number, os.strerror(number), "/book/one.ipynb"))
    assert said.startswith(f"/book/one.ipynb: {os.strerror(number)}.") and words in said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("_build", "_build:"),
        ("_build/.holder/x", ".holder: "),
        (".executed/full/one.ipynb/x", "full/one.ipynb: Is a directory"),
        (".executed", ".executed/full: "),
    ],
)
def test_what_lies_in_the_place_of_a_file_or_folder_is_named(toy_book, monkeypatch, name, words):
    toy_book.write(name, "in the way")
    said = said_by(toy_book, monkeypatch)
    assert words in said and "move that away" in said


def test_a_file_that_cannot_be_written_whole_is_named_and_stays_as_it_was(tmp_path):
    program = (
        "import resource, pathlib; from bookkit.system.files import write_if_changed\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_if_changed(pathlib.Path('page.html'), 'new' * 1000)\n"
        "except OSError as error: print(error.filename)"
    )
    (tmp_path / "page.html").write_text("old")
    environment = ToyBook(tmp_path, {}).environment()
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "page.html", done.stderr
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("page.html", "old")]


def test_a_full_disk_in_the_middle_of_a_build_ends_it_with_words(toy_book, monkeypatch):
    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    said = said_by(toy_book, monkeypatch)
    assert (
        str(toy_book.root / "_build") in said
        and "No space left on device" in said
        and "make room" in said
    )


# Damaged files

LATIN_1, UTF_16 = "Größe\n".encode("latin-1"), "Größe\n".encode("utf-16")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"# One\n\n" + LATIN_1, "page.md:3: byte 10 is not UTF-8.*Latin-1"),
        (UTF_16, "page.md:1: byte 1 .*UTF-16"),
        ("Size\n".encode("utf-16-le"), "page.md:1: byte 2 .*UTF-16"),
    ],
)
def test_a_text_in_another_encoding_is_named_with_line_and_byte(tmp_path, content, words):
    (tmp_path / "page.md").write_bytes(content)
    with pytest.raises(BookError, match=words):
        files.read_text(tmp_path / "page.md")


def test_a_mark_of_the_encoding_at_the_beginning_changes_nothing(toy_book):
    plain = read_page(Path("one.md"), toy_book.root)
    for name in ("one.md", "_toc.yml", "_config.yml", "pyproject.toml", "code/toy/tools.py"):
        toy_book.write(name, "\ufeff" + (toy_book.root / name).read_text(encoding="utf-8"))
    project = open_project(toy_book.root, "full")
    assert read_page(Path("one.md"), toy_book.root) == plain
    assert [str(page) for page in project.pages] == ["book/index.md", "one.md", "two.md"]
    assert project.config["title"] == "Toy"
    assert set(digests(project, read_pages(project.root, project.pages, project.chapters), {})) == {
        Path("one.md"),
        Path("two.md"),
    }


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("two.md", FRONT.encode() + LATIN_1, "two.md:8: byte"),
        ("book/index.md", UTF_16, "index.md:1: byte"),
        ("_toc.yml", b"", "_toc.yml is empty"),
        ("_toc.yml", b"format: [jb-book", "_toc.yml cannot be read"),
        ("_toc.yml", FILES["_toc.yml"].encode() + b"- file: one\n", "_toc.yml"),
        (
            "_toc.yml",
            b"format: jb-book\nroot: book/index\nchapters:\n- file: three\n",
            "there is no three.md",
        ),
        ("_toc.yml", b"- file: one\n", "_toc.yml holds no names"),
        ("_toc.yml", LATIN_1, "_toc.yml:1: byte"),
        ("_config.yml", b"title: [Toy", "_config.yml cannot be read"),
        ("_config.yml", b"", "_config.yml is empty"),
        ("_config.yml", b"title: Toy\nsphinx: 3\n", "_config.yml: sphinx is 3"),
        ("_config.yml", b"title: Toy\nexecute:\n  timeout: soon\n", "'soon': write a number"),
        ("pyproject.toml", b"[tool.bookkit", "pyproject.toml cannot be read"),
        ("pyproject.toml", b"[project]\nname = 'x'\n", "no table [tool.bookkit]"),
        (
            "pyproject.toml",
            b"[tool.bookkit]\ncode = 'code'\n",
            "[tool.bookkit] needs packages, a list",
        ),
        ("pyproject.toml", UTF_16, "pyproject.toml:1: byte"),
        ("code/toy/tools.py", b"def used(:\n    pass\n", "code/toy/tools.py:1: SyntaxError"),
        ("code/toy/tools.py", b"x = '" + LATIN_1 + b"'\n", "code/toy/tools.py"),
        ("code/toy/tools.py", b"x = 1\0\n", "code/toy/tools.py"),
    ],
)
def test_a_damaged_file_is_named_and_nothing_is_executed(
    toy_book, monkeypatch, name, content, words
):
    (toy_book.root / name).write_bytes(content)
    said = said_by(toy_book, monkeypatch)
    assert words in said and "executing" not in said, said


def test_a_notebook_in_the_table_of_contents_is_never_left_unexecuted(toy_book, monkeypatch):
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")]),
        toy_book.root / "three.ipynb",
    )
    toy_book.edit("_toc.yml", "- file: two", "- file: three")
    assert "three.ipynb: only pages in MyST Markdown are executed" in said_by(toy_book, monkeypatch)


def test_a_broken_bibliography_is_named(toy_book):
    from bookkit.book.works import read_works

    for content, words in (
        (b"@book{a, title = {" + LATIN_1, "works.bib:1: byte"),
        (b"@book{a, title = ", "works.bib"),
    ):
        (toy_book.root / "works.bib").write_bytes(content)
        with pytest.raises(BookError, match=words):
            read_works([toy_book.root / "works.bib"])


@pytest.fixture
def kept(tmp_path):
    """A store with one executed page, and the file in which it is."""
    output = nbformat.v4.new_output("stream", text="2\n")
    cells = [
        nbformat.v4.new_code_cell("1 + 1", id=name, outputs=[output])
        for name in ("cell-0", "cell-1")
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.bookkit = {
        "digest": "d",
        "executed": "",
        "seconds": 1,
        "cells": [1, 1],
        "inputs": {},
    }
    store = ExecutedPages(tmp_path)
    assert store.keep(Path("one.md"), notebook) == store.find(Path("one.md"), "d") is not None
    return store, tmp_path / "one.ipynb"


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "3", '"x"', '{"nbformat": 4}', "[" * 10_000, "\udcff{"]
)
def test_a_kept_result_that_is_no_notebook_is_made_again(kept, text):
    store, file = kept
    file.write_bytes(text.encode(errors="surrogateescape"))
    assert store.find(Path("one.md"), "d") is None


def without_a_cell(notebook):
    del notebook["cells"][0]


def with_another_number(notebook):
    notebook["cells"][0]["outputs"][0]["text"] = ["3\n"]


def with_other_code(notebook):
    notebook["cells"][0]["source"] = ["2 + 2"]


def without_metadata(notebook):
    notebook["metadata"] = None


def without_outputs(notebook):
    for cell in notebook["cells"]:
        cell.pop("outputs")


def without_notes(notebook):
    notebook["metadata"]["bookkit"] = []


DAMAGES = (
    without_a_cell,
    with_another_number,
    with_other_code,
    without_metadata,
    without_outputs,
    without_notes,
)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_kept_result_that_was_changed_is_made_again(kept, damage):
    store, file = kept
    notebook = json.loads(file.read_text())
    damage(notebook)
    file.write_text(json.dumps(notebook))
    assert store.find(Path("one.md"), "d") is None


# Cells


def run_cell(folder: Path, code: str, limits: Limits | None = None, **watch):
    """Execute a page of one cell."""
    page = folder / "page.md"
    text = FRONT + f"# A page\n\n```{{code-cell}} python\n{code}\n```\n"
    page.write_text(text, encoding="utf-8")
    environment = ToyBook(folder, {}).environment()
    return execute(
        read_page(Path("page.md"), folder), "digest", environment, {}, limits or Limits(), **watch
    )


def test_a_cell_that_hangs_is_named_while_it_does_and_ends_at_its_limit(tmp_path):
    seen = {}
    with pytest.raises(
        BookError, match=r"page\.md:11: code cell 1 has run for more than 1 s, .*execution_timeout"
    ):
        run_cell(tmp_path, "while True: pass", limits=Limits(seconds=1), running=seen.__setitem__)
    assert list(seen) == ["page.md:11: code cell 1"] and seen["page.md:11: code cell 1"] > 0.5


def test_a_cell_that_puts_out_too_much_is_named_and_ends(tmp_path):
    with pytest.raises(
        BookError, match=r"code cell 1 puts out more than 0\.1 MB.*output_megabytes"
    ):
        run_cell(tmp_path, "while True: print('x' * 1000)", limits=Limits(megabytes=0.1))


def test_what_a_cell_delivers_or_takes_back_does_not_count_as_output(tmp_path):
    code = (
        "from bookkit.run.delivery import deliver\nfrom IPython.display import"
        " clear_output\ndeliver('a.bin', bytes(200_000))\nfor _ in range(4):\n    print('x' *"
        " 60_000, flush=True)\n    clear_output()"
    )
    run_cell(tmp_path, code, limits=Limits(megabytes=0.1))


def test_a_shell_line_that_fails_fails_its_page(tmp_path):
    with pytest.raises(
        BookError, match=r"page\.md:11: code cell 1 failed with CalledProcessError: .*exit status 3"
    ):
        run_cell(tmp_path, "!exit 3")


def test_a_kernel_that_is_not_installed_is_named_with_those_that_are(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        FILES["one.md"].replace("name: python3", "name: conda-env-ml-py"), encoding="utf-8"
    )
    with pytest.raises(
        BookError, match=r"page\.md: .*'conda-env-ml-py', which is not installed here.*python3"
    ):
        execute(read_page(page), "digest", dict(os.environ), {})


def test_without_a_terminal_a_line_a_minute_says_which_cell_runs(capsys):
    tell = build.every_minute(Console())
    for seconds in (1, 59, 60, 61, 119, 121):
        tell("two.md:13: code cell 1", seconds)
    tell("two.md:19: code cell 2", 30)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"  two.md:13: code cell 1 has been running for {n} min" for n in (1, 2)]


@pytest.mark.parametrize(
    ("front", "config", "expected"),
    [
        ("", "", None),
        ("", "timeout: 40", 40),
        ("", "timeout: -1", None),
        ("mystnb:\n  execution_timeout: 7\n", "timeout: 40", 7),
    ],
)
def test_the_limit_of_a_cell_stands_in_the_page_or_in_the_configuration(
    toy_book, front, config, expected
):
    toy_book.edit("one.md", "kernelspec:", f"{front}kernelspec:")
    toy_book.edit("_config.yml", "title: Toy", f"title: Toy\nexecute: {{{config}}}")
    toy_book.edit("pyproject.toml", "[tool.bookkit]", "[tool.bookkit]\noutput_megabytes = 2.5")
    project = open_project(toy_book.root)
    pages = read_pages(project.root, project.pages, project.chapters)
    limits = build.limits_of_cells(project, pages)
    assert limits[Path("one.md")] == Limits(expected, 2.5)


# Options


@pytest.mark.parametrize(
    ("typed", "expected"), [("~/sets", "home/sets"), ("sets", "book/sets"), ("../sets", "sets")]
)
def test_a_folder_of_data_is_found_as_it_was_typed(tmp_path, monkeypatch, typed, expected):
    book = ToyBook(tmp_path / "book")
    book.edit("pyproject.toml", '"TOY_PROFILE"', '"TOY_PROFILE"\ndata = "TOY_DATA"')
    monkeypatch.chdir(book.root)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOY_DATA", "")
    monkeypatch.setenv("TOY_PROFILE", "full")
    seen = []
    monkeypatch.setattr(
        making, "build", lambda project, console: seen.append(os.environ["TOY_DATA"])
    )
    assert CliRunner().invoke(app, ["build", "--data", typed]).exit_code == 0
    assert seen == [str(tmp_path / expected)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--data", "sets"), "takes no data"),
        (("--profile", "medium"), "no profile 'medium': choose one of full, quick"),
        (("--edition", "teacher"), "no edition 'teacher': choose one of open, course"),
    ],
)
def test_an_option_that_this_book_does_not_know_is_refused(toy_book, monkeypatch, options, words):
    assert words in said_by(toy_book, monkeypatch, *options)


# Parts from npm

NPM = """#!/bin/sh
mkdir -p node_modules/pkg
cp package-lock.json node_modules/pkg/part.js
echo called >> {log}
exit $(cat {code})
"""


@pytest.fixture
def with_parts(toy_book, tmp_path, monkeypatch):
    """A project with a part, a stand-in for npm that installs the lock file as that part, and what
    it noted.
    """
    toy_book.edit(
        "pyproject.toml",
        "[tool.bookkit.env",
        '[tool.bookkit.browser-parts]\npkg = ["part.js"]\n[tool.bookkit.env',
    )
    toy_book.write("package.json", "{}")
    toy_book.write("package-lock.json", "first")
    log, code, npm = tmp_path / "log", tmp_path / "code", tmp_path / "npm"
    code.write_text("0")
    npm.write_text(NPM.format(log=log, code=code))
    npm.chmod(0o755)
    monkeypatch.setattr(parts.processes, "tool", lambda name: str(npm))

    def bring() -> tuple[str, int]:
        parts.bring_browser_parts(open_project(toy_book.root, "full"))
        return (toy_book.root / "book/browser/pkg/part.js").read_text(), len(
            log.read_text().split()
        )

    return toy_book, bring, code


def test_parts_are_installed_again_when_their_lock_file_changes_however_old_it_looks(with_parts):
    book, bring, _ = with_parts
    assert bring() == ("first", 1) and bring() == ("first", 1)
    book.write("package-lock.json", "second")
    put_back(book.root / "package-lock.json")
    assert bring() == ("second", 2)
    for file in (book.root / "node_modules").rglob("*"):
        put_back(file)
    assert bring() == ("second", 2)


def test_a_part_that_is_missing_is_installed_again_and_one_that_does_not_exist_is_named(with_parts):
    book, bring, _ = with_parts
    bring()
    (book.root / "node_modules/pkg/part.js").unlink()
    assert bring() == ("first", 2)
    book.edit("pyproject.toml", '"part.js"', '"other.js"')
    with pytest.raises(BookError, match=r"no pkg/other\.js in node_modules"):
        bring()


def test_what_an_earlier_list_of_parts_brought_is_not_served_any_more(with_parts):
    book, bring, _ = with_parts
    book.write("book/browser/old/part.js", "old")
    assert bring() == ("first", 1)
    assert not (book.root / "book/browser/old/part.js").exists()


def test_an_installation_that_fails_or_is_cut_short_leaves_the_old_parts_and_the_next_is_right(
    with_parts,
):
    book, bring, code = with_parts
    bring()
    book.write("package-lock.json", "second")
    code.write_text("1")
    with pytest.raises(BookError, match="npm could not bring"):
        bring()
    assert (book.root / "node_modules/pkg/part.js").read_text() == "first"
    shutil.rmtree(book.root / "node_modules")
    book.write("_build/.npm-left/node_modules/x", "of an installation that was killed")
    code.write_text("0")
    assert bring() == ("second", 3)
    assert list((book.root / "_build").glob(".npm-*")) == []


def test_a_lock_file_on_a_folder_that_is_busy_elsewhere_is_no_traceback(toy_book, monkeypatch):
    (toy_book.root / "_build").mkdir()
    with FileLock(toy_book.root / "_build/.lock"):
        assert "another process" in said_by(toy_book, monkeypatch)
