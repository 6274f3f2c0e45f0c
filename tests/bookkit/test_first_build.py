"""The first build of a book that takes long: a preview, the time that it takes, and what is kept."""

import io
import json
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from bookkit.book.pages import Page, read_page, read_pages
from bookkit.book.project import open_project
from bookkit.run import unchanged
from bookkit.run.build import turns_of, work_of
from bookkit.run.estimate import expected_seconds, tell_how_long
from bookkit.run.outlook import Outlook, in_words
from bookkit.run.plan import Plan, stages
from bookkit.run.side_by_side import all_done
from bookkit.system.errors import BookError
from rich.console import Console
from toy_book import FRONT, STATUS, ToyBook

ASKED = """
entries = []


def ask(*networks):
    cost = {"multiplications": 2_000_000_000, "seconds": 700}
    rows = [{"case": n, "seed": 3, "network": n} | cost for n in networks]
    entries.append({"images": 50_000, "networks": rows})


def new():
    found = list(entries)
    entries.clear()
    return found
"""
MACHINE = """
import os
import pathlib

HERE = pathlib.Path(__file__).parent
with open(HERE.parents[1].with_suffix(".imports"), "a") as file:
    file.write("imported\\n")


def machine():
    return "a machine"


def computes():
    if os.environ.get("TOY_DEVICE") == "none":
        raise ValueError("TOY_DEVICE is 'none': choose another.")
    return "Cells compute on [a card]."


def bring():
    return [HERE.parents[1].with_suffix(".data")]
"""


def page(title: str, *lines: str) -> str:
    cell = "\n".join(lines)
    return f"{FRONT}# {title}\n\n```{{code-cell}} python\n{cell}\n```\n"


@pytest.fixture
def long_book(tmp_path):
    """A book that names a preview; its second page does under the full profile what a file says."""
    book = ToyBook(tmp_path / "book")
    settings = (
        'code = "code"\npreview = "quick"\ncomparisons = "toy.asked:new"\n'
        'device = "toy.machine:computes"\n'
        'prepare = "toy.machine:bring"\ninputs = {machine = "toy.machine:machine"}'
    )
    book.edit("pyproject.toml", 'code = "code"', settings)
    book.edit("_toc.yml", "- file: two", "- file: two\n- file: book/status")
    status = STATUS.replace(
        "## Claims\n\n```{build-status} claims", "## Cost\n\n```{build-status} comparisons"
    )
    book.write("book/status.md", status)
    book.write("code/toy/asked.py", ASKED)
    book.write("code/toy/machine.py", MACHINE)
    book.write("one.md", page("One", "from toy import asked", "asked.ask('small', 'large')"))
    switch = tmp_path / "book.data"
    lines = (
        "import os, pathlib, time",
        "from toy import asked",
        f"wanted = pathlib.Path({str(switch)!r}).read_text()",
        "full = os.environ['TOY_PROFILE'] == 'full'",
        "time.sleep(600 if full and wanted == 'wait' else 0)",
        "1 / (wanted != 'fail' or not full)",
        "asked.ask('large', 'huge')",
    )
    book.write("two.md", page("Two", *lines))
    book.switch = switch
    book.imports = tmp_path / "book.imports"
    return book


def test_a_device_that_is_not_there_ends_a_build_before_it_begins(long_book, monkeypatch):
    monkeypatch.setenv("TOY_DEVICE", "none")
    failed = long_book.build()
    assert failed.returncode == 1 and executed(failed.stdout) == []
    assert "TOY_DEVICE is 'none': choose another." in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stdout + failed.stderr


def executed(text: str) -> list[str]:
    return re.findall(r"(\w+)\.md: executed", text)


def test_a_preview_stands_until_the_book_is_done_and_what_is_done_is_not_done_again(long_book):
    long_book.switch.write_text("fail")
    failed = long_book.build()
    assert failed.returncode == 1 and "ZeroDivisionError" in failed.stdout
    *of_preview, of_book = executed(failed.stdout)  # a preview's pages are executed side by side
    assert sorted(of_preview) == ["one", "two"] and of_book == "one"
    assert failed.stdout.index("Cells compute on [a card].") < failed.stdout.index("Data")
    assert "Only a preview of the toy book." in long_book.page("two")

    long_book.switch.write_text("wait")
    building = long_book.start()
    lines = []
    for line in building.stdout:
        lines.append(line)
        if line.strip() == "two.md: executing …":
            building.send_signal(signal.SIGINT)
            break
    said = "".join([*lines, building.stdout.read()])
    assert building.wait(60) == 130 and "Stopped. Nothing is half-written" in said
    assert "A preview can be read in" in said and executed(said) == []
    assert "Only a preview of the toy book." in long_book.page("two")

    long_book.switch.write_text("go on")
    done = long_book.build()
    assert done.returncode == 0, done.stdout + done.stderr
    assert executed(done.stdout) == ["two"]
    assert "Only a preview" not in long_book.page("two")
    status = re.sub(r"<[^>]*>|\s+", " ", long_book.page("book/status"))
    status = re.sub(r"\s+", " ", status)
    assert "One : small, large; 50,000 images; 1 seed 2 4.0 1,400" in status
    assert "Two : large, huge; 50,000 images; 1 seed 1 (1) 2.0 700" in status, (
        "large is trained once"
    )
    assert "Sum 3 6.0 2,100" in status

    imports = long_book.imports.read_text()
    again = long_book.build()
    assert "Nothing has changed since this site was made." in again.stdout
    assert long_book.imports.read_text() == imports, "nothing of the book was imported"

    long_book.switch.write_text("other data")
    assert "Nothing has changed" not in long_book.build().stdout
    long_book.edit("two.md", "asked.ask('large', 'huge')", "asked.ask('large')")
    assert executed(long_book.build().stdout) == ["two"], "no preview takes a finished book's place"


@pytest.mark.parametrize("name", ["medium", "full"])
def test_a_preview_has_to_be_a_profile_that_says_so_on_its_pages(toy_book, name):
    toy_book.edit("pyproject.toml", 'code = "code"', f'code = "code"\npreview = "{name}"')
    done = toy_book.build()
    assert done.returncode == 1 and f"preview is '{name}'" in done.stdout


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ({"one.md": 6000, "two.md": 3000, "site": 600}, "takes about 15 min on this machine"),
        ({"one.md": 60, "two.md": 300, "site": 40}, "takes about 40 s on this machine"),
        ({"one.md": 6000, "site": 600}, "is not known: there is no record"),
        ({}, "is not known: there is no record"),
    ],
)
def test_a_build_says_how_long_it_takes_at_the_speed_of_this_machine(toy_book, costs, words):
    toy_book.write("book/costs.json", json.dumps({"full": costs, "quick": {"one.md": 1}}))
    project = open_project(toy_book.root, "full")
    plan = Plan(project, read_pages(project.root, project.pages, project.chapters), {}, {}, {})
    said = io.StringIO()
    outlook = Outlook(expected_seconds(work_of(plan), speed=10.0))
    tell_how_long(["full"], outlook, Console(file=said, width=200))
    assert words in said.getvalue()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "about 5 s"),
        (62, "about 60 s"),
        (150, "about 2 min"),
        (2430, "about 40 min"),
        (6000, "about 1.5 h"),
        (9000, "about 2.5 h"),
    ],
)
def test_a_time_is_rounded_to_what_can_be_known(seconds, words):
    assert in_words(seconds) == words


def test_the_bar_is_over_the_whole_build():
    outlook = Outlook({("full", "one"): 300.0, ("full", "two"): 100.0})
    assert outlook.fraction() == 0 and outlook.words() == "; about 7 min left"
    with outlook.part("full", "one"):
        pass
    assert outlook.fraction() == pytest.approx(0.75) and outlook.left() == 100
    unknown = Outlook({("full", "one"): 300.0, ("full", "two"): None})
    with unknown.part("full", "one"):
        pass
    assert unknown.fraction() == 0.5 and unknown.words() == ""


def test_what_runs_side_by_side_takes_its_share_of_the_time(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    outlook = Outlook({("full", "one"): 100.0, ("full", "two"): 100.0, ("full", "three"): 200.0})
    with (
        outlook.part("full", "one", at_a_time=2),
        outlook.part("full", "two", at_a_time=2),
    ):
        now[0] = 100.0
        assert outlook.left() == 300
        now[0] = 200.0
    assert outlook.left() == 200 and outlook.pace == 1


def test_tasks_side_by_side_run_together_and_end_together():
    meet = threading.Barrier(2, timeout=30)
    done = []
    all_done([lambda enough: meet.wait(), lambda enough: meet.wait()], 2, done.append)
    assert sorted(done) == [0, 1]

    ended = []

    def fail(enough):
        meet.wait()
        raise BookError("This page fails.")

    def go_on(enough):
        meet.wait()
        ended.append(enough.wait(30))

    with pytest.raises(BookError, match="This page fails"):
        all_done([fail, go_on], 2, done.append)
    assert ended == [True]


def test_pages_that_use_a_chapter_s_networks_wait_until_that_has_been_executed():
    def named(name, beside, above=None):
        file, metadata = Path(f"{name}.md"), {"beside_others": beside}
        return Page(file, "", metadata=metadata, above=above and Path(f"{above}.md"))

    free, below_free = named("1-counts", True), named("1-counts/by-hand", True, "1-counts")
    trains, timed = named("2-trains", False), named("2-trains/speed", False, "2-trains")
    below = named("2-trains/errors", True, "2-trains")
    pages = [free, below_free, trains, below, timed]
    assert turns_of(pages) == ([free, below_free], [trains, timed], [below])
    assert turns_of([below]) == ([below], [], [])  # its chapter's networks are kept already


def test_a_copy_of_the_book_goes_by_the_costs_that_it_brings(toy_book):
    assert "Nothing of the full profile was executed here" in cost_command(toy_book)
    toy_book.write(".executed/full/costs.json", '{"one.md": 12.5, "site": 3}')
    assert "The costs are in" in cost_command(toy_book)
    shipped = (toy_book.root / "book" / "costs.json").read_text()
    assert '"one.md": 12.5' in shipped and '"full"' in shipped


def cost_command(book) -> str:
    command = [sys.executable, "-m", "bookkit", "costs"]
    options = {"cwd": book.root, "env": book.environment(), "capture_output": True, "text": True}
    return subprocess.run(command, **options).stdout


def test_no_preview_is_made_where_nobody_reads_meanwhile(toy_book, monkeypatch):
    toy_book.edit("pyproject.toml", 'code = "code"', 'code = "code"\npreview = "quick"')
    project = open_project(toy_book.root)
    pages = [read_page(file, project.root) for file in project.pages]
    assert [plan.project.profile.name for plan in stages(project, pages, None)] == ["quick", "full"]
    monkeypatch.setenv("CI", "true")
    assert [plan.project.profile.name for plan in stages(project, pages, None)] == ["full"]


def test_a_graphics_card_that_comes_is_a_change(monkeypatch):
    before = unchanged.machine()
    assert unchanged.machine() == before
    monkeypatch.setattr(unchanged.os, "listdir", lambda folder: ["null", "nvidia0", "nvidiactl"])
    assert unchanged.machine() == [*before[:-1], ["nvidia0"]] != before
