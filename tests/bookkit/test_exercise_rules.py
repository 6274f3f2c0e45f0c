"""What a build says of exercises that lack their check, their wrong answers, or their place in the
registry.
"""

import sys
from io import StringIO
from pathlib import Path

import nbformat
import pytest
from bookkit.book import pages
from bookkit.book.mime import VERDICT
from bookkit.book.pages import Page, read_page, read_pages, with_outputs
from bookkit.book.project import Project, open_project
from bookkit.exercises.rules import check_exercises, check_verdicts, listing, read_exercises
from bookkit.run.making import build
from bookkit.system.errors import BookError
from rich.console import Console


def read(book) -> tuple[Project, list[Page]]:
    """The project of a toy book and its pages."""
    project = open_project(book.root)
    return project, read_pages(project.root, project.pages, project.chapters)


def failure(book, line: str, *words: str) -> None:
    """Ask for all exercises of a toy book and see that they are refused with these words."""
    with pytest.raises(BookError) as raised:
        check_exercises(*read(book))
    said = str(raised.value)
    assert said.startswith(line), said
    assert all(word in said for word in words), said


@pytest.fixture
def book(toy_book, monkeypatch):
    """A toy book with two exercises, whose registry is imported into the process of the tests."""
    toy_book.exercise()
    monkeypatch.syspath_prepend(str(toy_book.root / "code"))
    for name in [name for name in sys.modules if name.partition(".")[0] == "toy"]:
        monkeypatch.delitem(sys.modules, name)
    yield toy_book
    for name in [name for name in sys.modules if name.partition(".")[0] == "toy"]:
        del sys.modules[name]


def test_what_is_complete_passes(book):
    assert [exercise.id for exercise in check_exercises(*read(book))] == [
        "sum",
        "square",
    ]


def line_of(book, name: str, text: str) -> str:
    """File and line where a text first stands in a file of the book."""
    lines = (book.root / name).read_text().splitlines()
    return f"{name}:{next(i for i, line in enumerate(lines, 1) if text in line)}"


CHECK = 'check("sum", total)'
CHAPTER = {
    "a mark": (
        "# blank: 30 + 12",
        "# blank: 30 - 12",
        "total = 30",
        ["does not stand on its line"],
    ),
    "no end": ("### END SOLUTION\n", "", "### BEGIN", ["without END SOLUTION"]),
    "no title": (":title: The sum\n", "", ":tags: [exercise]", [":title:", "add one"]),
    "no check": (CHECK, "print(total)", "print(total)", ["is not its check", 'check("sum", …)']),
    "another id": (
        CHECK,
        'check("sums", total)',
        '"sums"',
        ["is not its check", 'check("sum", …)'],
    ),
    "check of nothing": (CHECK, 'check("sum")', 'check("sum")', ["is not its check"]),
    "more after the check": (CHECK, f"{CHECK}\ntotal + 0", "total + 0", ["is not its check"]),
    "a verdict that is kept": (CHECK, f"v = {CHECK}", "v = ", ["is not its check"]),
    "a semicolon": (CHECK, f"{CHECK};", "total);", ["semicolon", 'check("sum", …)']),
    "unknown": (
        "sum",
        "sums",
        ":tags: [exercise]",
        ["toy.checks:EXERCISES does not know 'sums'", "correct the label"],
    ),
}


@pytest.mark.parametrize("name", CHAPTER)
def test_a_fault_of_a_chapter_is_named_with_file_line_and_cure(book, name):
    old, new, place, words = CHAPTER[name]
    book.edit("1-one.md", old, new)
    failure(book, f"{line_of(book, '1-one.md', place)}: ", *words)


def test_two_of_a_name_are_refused_over_the_whole_book(book):
    text = (book.root / "1-one.md").read_text()
    book.write("two.md", text)
    second, first = (
        line_of(book, "two.md", ":tags: [exercise]"),
        line_of(book, "1-one.md", ":tags: [exercise]"),
    )
    failure(
        book, f"{second}: the label ex-sum stands already in {first}", "give one of them another"
    )


REGISTRY = {
    "too few": (
        'Wrong("third", ("3",)), ',
        "",
        ["'sum' (1-one.md:", "has 2 wrong answers", "at least 3"],
    ),
    "too many texts": (
        '("3",)',
        '("3", "4")',
        ["'sum' (1-one.md:", "has 1 blanks", "'third' types ('3', '4')"],
    ),
    "a text alone": ('("3",)', '"3"', ["'third' types '3'", "give a tuple"]),
    "nothing wrong": ('("3",)', "(None,)", ["'third' types what is right"]),
    "the right text": ('("3",)', '("30 + 12",)', ["'third' types what is right"]),
}


@pytest.mark.parametrize("name", REGISTRY)
def test_a_fault_of_the_registry_is_named_with_file_line_and_cure(book, name):
    old, new, words = REGISTRY[name]
    book.edit("code/toy/checks.py", old, new)
    failure(book, line_of(book, "code/toy/checks.py", '"sum"') + ": ", *words)


def test_an_exercise_that_no_chapter_has_is_named(book):
    book.edit("code/toy/checks.py", "EXERCISES = {", 'EXERCISES = {\n    "root": Exercise(()),')
    place = line_of(book, "code/toy/checks.py", '"root"')
    failure(book, f"{place}: no chapter has the exercise 'root'", "take it out")


def test_a_registry_that_is_not_there_is_named(book):
    book.edit("pyproject.toml", "toy.checks:EXERCISES", "toy.checks:EXERCICES")
    failure(book, "pyproject.toml: exercises = 'toy.checks:EXERCICES' leads nowhere", "correct it")


def test_all_faults_are_named_at_once(book):
    book.edit("code/toy/checks.py", '("3",)', '("3", "4")')
    book.edit("code/toy/checks.py", "EXERCISES = {", 'EXERCISES = {\n    "root": Exercise(()),')
    failure(book, "", "'third' types", "no chapter has the exercise 'root'")


def test_a_book_without_registry_keeps_the_other_rules(book):
    book.edit("pyproject.toml", 'exercises = "toy.checks:EXERCISES"', "")
    assert len(check_exercises(*read(book))) == 2
    assert listing(*read(book))[-1] == "2 exercises, 0 wrong answers"
    book.edit("1-one.md", 'check("sum", total)', "")
    failure(book, "1-one.md:", "is not its check")


def test_a_build_says_so_before_it_executes_anything(toy_book):
    toy_book.exercise()
    toy_book.edit("1-one.md", "# blank: 30 + 12", "# blank: 30 - 12")
    done = toy_book.build()
    assert done.returncode == 1
    assert f"{line_of(toy_book, '1-one.md', 'total = 30')}: the blank '30 - 12'" in done.stdout
    assert "executing" not in done.stdout and "Traceback" not in done.stderr


def executed(book, *outputs: dict) -> dict:
    """The page as if the check of its first exercise had displayed something."""
    page = read_page(Path("1-one.md"), book.root)
    exercise, notebook = page.exercises[0], page.notebook()
    notebook.cells[exercise.cell].outputs = [
        nbformat.v4.new_output("execute_result", data) for data in outputs
    ]
    return {page.file: with_outputs(page, notebook)}


def verdict(kind: str, exercise: str = "sum") -> dict:
    return {
        "text/plain": "",
        VERDICT: {"exercise": exercise, "verdict": kind, "text": "Think of the carry."},
    }


def test_a_solution_that_its_check_does_not_find_right_is_refused(book):
    exercises = read_exercises(read(book)[1])[:1]
    check_verdicts(exercises, executed(book, verdict("right")))
    check_verdicts(
        exercises, executed(book, verdict("wrong"), {"text/plain": "x"}, verdict("right"))
    )
    place = line_of(book, "1-one.md", ":tags: [exercise]")
    for kind in ("wrong", "open"):
        with pytest.raises(
            BookError,
            match=rf"^{place}: .*own solution right, but says “Think of the carry.”: correct",
        ):
            check_verdicts(exercises, executed(book, verdict(kind)))
    for shown in ([], [{"text/plain": "x"}], [verdict("right", "square")]):
        with pytest.raises(BookError, match=rf"^{place}: .*showed no verdict: import check"):
            check_verdicts(exercises, executed(book, *shown))


def test_the_listing_counts(book):
    lines = listing(*read(book))
    assert [line.split() for line in lines[1:3]] == [
        ["1.1", "sum", "The", "sum", "predict", "1", "3"],
        ["1.2", "square", "The", "square", "2", "4"],
    ]
    assert lines[0].split()[:2] == ["Number", "Id"] and lines[-1] == "2 exercises, 7 wrong answers"


def test_a_build_reads_every_page_once(book, monkeypatch):
    monkeypatch.chdir(book.root)
    for name, value in book.environment().items():
        monkeypatch.setenv(name, value)
    read, reader = [], pages.read_myst_markdown_notebook

    def counting(text, *arguments, path, **options):
        read.append(path.name)
        return reader(text, *arguments, path=path, **options)

    monkeypatch.setattr(pages, "read_myst_markdown_notebook", counting)
    build(open_project(book.root), Console(file=StringIO()))
    assert read == ["1-one.md", "two.md"] and "Exercise 1.1" in book.page("1-one")
