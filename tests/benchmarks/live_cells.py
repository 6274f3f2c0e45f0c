"""Measure live cells on the built book: seconds from the click to the first result, bytes on the
click, memory.

``.venv/bin/python tests/benchmarks/live_cells.py`` prints a line for each chapter, from the site in
``_build/html``.
"""

import re
import sys
from pathlib import Path

import psutil
from bookkit.book.pages import read_page
from bookkit.book.project import open_project
from bookkit.exercises.forms import fill
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "site"), str(ROOT / "tools")]
from chromium import installed  # noqa: E402 - lies with what only developers run
from live_page import RUN, LivePage, book_server  # noqa: E402 - lies beside the tests of the site

SINCE = "from => performance.getEntriesByName(`live-${from}`).at(-1).startTime"


def measure(chromium, server, chapter: Path) -> str:
    """Make a chapter live, run a cell, then the whole page with the solutions typed in; return what
    that took.
    """
    window = LivePage(chromium)
    answers: list = []
    window.page.on("response", lambda answer: answers.append(answer))
    window.open(f"{server.address}/{chapter.with_suffix('').as_posix()}.html?token={server.token}")
    answers.clear()
    window.make_live()
    scripts = sum(map(size, list(answers)))
    clicked, ready = (window.page.evaluate(SINCE, mark) for mark in ("click", "ready"))
    window.run(window.cells.nth(1))
    first = window.page.evaluate("performance.now()")
    process = psutil.Process(int(window.try_out("import os\nos.getpid()")))
    window.cells.first.get_by_role("button", name="Reset").click()
    for exercise in read_page(ROOT / chapter).exercises:
        window.type(window.exercise(exercise.id), fill(exercise.source, [None] * exercise.blanks))
    began = window.page.evaluate("performance.now()")
    window.press("Run all")
    window.wait("busy")
    window.wait("ready", "failed", "lost", timeout=RUN)
    seconds = (window.page.evaluate("performance.now()") - began) / 1000
    memory = process.memory_info().rss / 1e9
    said = window.words
    window.close()
    return (
        f"{chapter.stem:22} ready {(ready - clicked) / 1000:5.1f} s, first result"
        f" {(first - clicked) / 1000:5.1f} s, {scripts / 1e6:.2f} MB of scripts on the click, whole"
        f" page {seconds:5.1f} s, kernel {memory:.2f} GB ({said})"
    )


def size(answer) -> int:
    """Return the bytes of a script; 0 for anything else."""
    return len(answer.body()) if answer.ok and re.search(r"\.js(\?|$)", answer.url) else 0


def main() -> None:
    """Measure every chapter, each in a kernel of its own."""
    pages = open_project(ROOT, "quick").pages
    only_here = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"
    with sync_playwright() as playwright, book_server(ROOT) as server:
        chromium = playwright.chromium.launch(
            executable_path=installed(), args=[only_here, "--no-sandbox"]
        )
        for chapter in pages:
            if chapter.parts[0] == "chapters":
                print(measure(chromium, server, chapter), flush=True)
        chromium.close()


if __name__ == "__main__":
    main()
