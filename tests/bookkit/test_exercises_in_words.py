"""Exercises that are answered in words: how they are written, what a build says of a mistake, and
what each edition has of them.
"""

import json
from pathlib import Path

import nbformat
import pytest
from bookkit.book import prose
from bookkit.book.editions import EDITIONS
from bookkit.book.lesson import sections_of
from bookkit.book.pages import ExecutedPage, Page, read_page, read_pages
from bookkit.book.project import open_project
from bookkit.book.references import References
from bookkit.editions.notebooks import NotebookContext, solution_notebook, student_notebook
from bookkit.editions.pages import page_of
from bookkit.exercises.rules import check_exercises, listing
from bookkit.run.status import exercises_in
from bookkit.system.errors import BookError
from bs4 import BeautifulSoup
from test_course_edition import holding
from toy_book import EXERCISES, FILES

GOOD, FAIR, BAD = "canary-good", "canary-fair", "canary-bad"
BLOCK = f"""
::::{{explain}} Why is the sky blue?
:label: ex-sky
:words: 60

Explain to a *child* why the sky is blue.

+++

1. canary-criterion says that light is
   scattered.
2. It says which light most.
3. It does not speak of the sea.

:::{{sample}} 1, 2, 3
{GOOD} Air scatters blue light more than red light.

+++

canary-reason All three are true.
:::

:::{{sample}} none
{BAD} The sky mirrors the sea, and the sea is blue.

+++

canary-reason It mirrors nothing.
:::

:::{{sample}} 1, 3
{FAIR} Light is scattered in the air.

+++

canary-reason It does not say which.
:::
::::
"""
SECTION = f"""
(sec-why)=
## Why <!-- minutes: 4 -->

Before it.
{BLOCK}
Behind it.
"""


@pytest.fixture
def page(tmp_path) -> Page:
    """A chapter with an exercise in code, one in words, and one in code."""
    first, cut, rest = EXERCISES.partition(
        "```{code-cell} python\n:tags: [exercise]\n:label: ex-square"
    )
    return written(tmp_path, FILES["one.md"] + first + SECTION + cut + rest)


def written(folder: Path, text: str) -> Page:
    """A chapter with a text, as a book reads it."""
    folder.joinpath("1-one.md").write_text(text, encoding="utf-8")
    return read_page(Path("1-one.md"), folder)


def executed(page: Page) -> ExecutedPage:
    return ExecutedPage(page, page.cells)


def test_it_is_counted_with_the_exercises_in_code(page):
    assert [(each.number, each.id, each.kind) for each in page.all_exercises] == [
        ("1.1", "sum", "predict"),
        ("1.2", "sky", "explain"),
        ("1.3", "square", ""),
    ]
    assert [each.id for each in page.exercises] == ["sum", "square"]
    (row,) = exercises_in([page])
    assert [each["id"] for each in row["exercises"]] == ["sum", "sky", "square"]


def test_what_stands_in_it_is_read(page):
    (exercise,) = page.explanations
    task = exercise.task
    assert (exercise.label, exercise.title) == ("ex-sky", "Why is the sky blue?")
    assert page.text.splitlines()[exercise.line - 1].startswith("::::{explain}")
    assert (task.question, task.words) == ("Explain to a *child* why the sky is blue.", 60)
    assert task.criteria[0] == "canary-criterion says that light is scattered."
    assert (len(task.criteria), task.enough) == (3, 3)
    marks = {each.text.split()[0]: each.met for each in task.samples}
    assert marks == {GOOD: (1, 2, 3), FAIR: (1, 3), BAD: ()}
    assert all(each.reason.startswith("canary-reason") for each in task.samples)


def test_the_order_of_the_samples_does_not_depend_on_that_of_the_author(page, tmp_path):
    """It depends on their texts alone, and the best is not always at the same position."""
    parts = BLOCK.split(":::{sample}")
    turned = ":::{sample}".join(
        [parts[0], parts[3].replace("\n::::\n", "\n\n"), parts[2], parts[1] + "::::\n"]
    )
    again = written(tmp_path, FILES["one.md"] + turned)
    orders = [[each.text for each in one.explanations[0].task.samples] for one in (page, again)]
    assert orders[0] == orders[1]
    best = set()
    for word in "abcdefgh":
        other = written(tmp_path, FILES["one.md"] + BLOCK.replace("canary-", f"{word}-"))
        best.add([len(each.met) for each in other.explanations[0].task.samples].index(3))
    assert best == {0, 1, 2}


FAULTS = {
    "no end": ("which.\n:::\n::::\n", "which.\n:::\n", "::::{explain}", "no end"),
    "no words": (":words: 60\n", "", "::::{explain}", "how many words"),
    "too few words": (":words: 60", ":words: 20", "::::{explain}", "from 60 to 200"),
    "words in words": (":words: 60", ":words: sixty", "::::{explain}", "how many words"),
    "no label": (":label: ex-sky\n", "", "::::{explain}", "no :label: line"),
    "no title": (" Why is the sky blue?", "", "::::{explain}", "no :title: line"),
    "a label without ex-": (":label: ex-sky", ":label: sky", "::::{explain}", "'sky' does not fit"),
    "an unknown option": (
        ":words:",
        ":minutes: 3\n:words:",
        "::::{explain}",
        ":minutes: means nothing",
    ),
    "a number": (":words:", ":number: 1.1\n:words:", "::::{explain}", "comes by itself"),
    "no question": (
        "Explain to a *child* why the sky is blue.\n",
        "",
        "::::{explain}",
        "asks nothing",
    ),
    "two criteria": (
        "3. It does not speak of the sea.\n",
        "",
        "1. canary",
        "2 criteria: write 3 to 5",
    ),
    "prose among the criteria": (
        "3. It does not speak of the sea.\n",
        "3. It does not speak of the sea.\n\nAnd more.\n",
        "And more.",
        "one numbered list",
    ),
    "two samples": (
        f":::{{sample}} none\n{BAD}",
        f":::{{note}}\n{BAD}",
        ":::{note}",
        "and nothing else",
    ),
    "no such criterion": (
        "{sample} 1, 3\n",
        "{sample} 1, 4\n",
        ":::{sample} 1, 4",
        "criteria 1 to 3 only",
    ),
    "no marks": ("{sample} none", "{sample}", ":::{sample}\n", "such as 1, 3, or none"),
    "marks in words": ("{sample} none", "{sample} bad", ":::{sample} bad", "such as 1, 3, or none"),
    "no reason": (
        "+++\n\ncanary-reason It mirrors nothing.\n",
        "",
        ":::{sample} none",
        "the reason",
    ),
    "equal marks": ("{sample} none", "{sample} 2, 3", "::::{explain}", "equally many criteria"),
    "none is good": ("{sample} 1, 2, 3", "{sample} 2", "::::{explain}", "no sample is good"),
    "too much is enough": (
        ":words:",
        ":enough: 4\n:words:",
        "::::{explain}",
        "a number from 1 to 3",
    ),
    "a long sample": (
        "The sky mirrors",
        "so " * 60 + "The sky mirrors",
        ":::{sample} none",
        "words; 60 are allowed",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_mistake_is_named_with_file_line_and_cure(tmp_path, name):
    old, new, place, words = FAULTS[name]
    assert BLOCK.count(old) == 1
    page = written(tmp_path, FILES["one.md"] + BLOCK.replace(old, new))
    lines = page.text.splitlines()
    line = next(k for k, text in enumerate(lines, 1) if f"{text}\n".startswith(place))
    with pytest.raises(BookError) as raised:
        _ = page.all_exercises
    assert str(raised.value).startswith(f"1-one.md:{line}: "), raised.value
    assert words in str(raised.value)


def test_without_the_line_that_ends_the_question_it_has_no_criteria(tmp_path):
    page = written(
        tmp_path, FILES["one.md"] + BLOCK.replace("+++", "", 1).partition("1. canary")[0] + "::::\n"
    )
    with pytest.raises(BookError, match="no criteria: write a line"):
        _ = page.all_exercises


def test_one_inside_of_something_else_is_refused(tmp_path):
    page = written(tmp_path, FILES["one.md"] + f"\n:::::{{note}}\n{BLOCK}:::::\n")
    with pytest.raises(BookError, match=r"1-one\.md:\d+: .*inside something else: move it"):
        _ = page.all_exercises


def test_one_on_a_page_without_cells_is_refused(tmp_path):
    page = written(tmp_path, f"# One\n{BLOCK}")
    with pytest.raises(BookError, match=r"1-one\.md:3: .*without cells: move it"):
        _ = page.all_exercises


@pytest.mark.parametrize("front", ["# One\n", FILES["one.md"]])
def test_one_that_a_page_shows_as_text_is_none(tmp_path, front):
    assert written(tmp_path, f"{front}\n````markdown{BLOCK}````\n").all_exercises == ()


def test_it_needs_no_check_and_no_place_in_the_registry(toy_book, monkeypatch):
    toy_book.exercise()
    toy_book.write("1-one.md", (toy_book.root / "1-one.md").read_text() + BLOCK)
    toy_book.write("two.md", FILES["two.md"] + BLOCK)
    monkeypatch.syspath_prepend(str(toy_book.root / "code"))
    project = open_project(toy_book.root)

    def pages() -> list[Page]:
        return read_pages(project.root, project.pages, project.chapters)

    with pytest.raises(BookError, match=r"two\.md:\d+: the label ex-sky stands already in 1-one"):
        check_exercises(project, pages())
    toy_book.write("two.md", FILES["two.md"])
    assert [each.id for each in check_exercises(project, pages())] == ["sum", "square"]
    lines = listing(project, pages())
    assert lines[3].split() == [
        "1.3",
        "sky",
        "Why",
        "is",
        "the",
        "sky",
        "blue?",
        "explain",
        "0",
        "0",
    ]
    assert lines[-1] == "3 exercises, 7 wrong answers"


def test_numbers_go_on_behind_it_on_the_next_page(toy_book):
    toy_book.edit("_toc.yml", "- file: one", "- file: 1-one\n  sections:\n  - file: 1-one/more")
    toy_book.write("1-one.md", FILES["one.md"] + BLOCK)
    toy_book.write("1-one/more.md", FILES["one.md"] + BLOCK.replace("ex-sky", "ex-sea"))
    project = open_project(toy_book.root)
    pages = read_pages(project.root, project.pages, project.chapters)
    numbers = {each.id: each.number for page in pages for each in page.all_exercises}
    assert numbers == {"sky": "1.1", "sea": "1.2"}


def test_the_open_edition_keeps_it_and_the_course_edition_its_question(page):
    texts = {}
    for name, edition in EDITIONS.items():
        made = page_of(executed(page), edition)
        texts[name] = "\n".join(cell.source for cell in made.cells)
    for text in texts.values():
        assert ":number: 1.2" in text and "why the sky is blue" in text and "Behind it." in text
    assert texts["open"].count("canary-") == 7 and "canary-" not in texts["course"]
    assert texts["open"].count("::::") == texts["course"].count("::::")


CONTEXT = NotebookContext("Toy", References())


def test_the_students_notebook_asks_and_has_room_for_the_answer(page):
    notebook = student_notebook(executed(page), CONTEXT)
    assert "canary-" not in nbformat.writes(notebook)
    place = next(k for k, cell in enumerate(notebook.cells) if cell.metadata.get("explain"))
    question, answer = notebook.cells[place - 1 : place + 1]
    assert question.source.startswith(
        "**Exercise 1.2: Why is the sky blue?**\n\nExplain to a *child*"
    )
    assert "In at most 60 words." in question.source
    assert answer.cell_type == "markdown" and answer.metadata.tags == ["explain"]
    assert answer.metadata.explain == {
        "id": "sky",
        "number": "1.2",
        "title": "Why is the sky blue?",
    }
    around = [cell.source for cell in (notebook.cells[place - 2], notebook.cells[place + 1])]
    assert around[0].endswith("Before it.") and around[1] == "Behind it."


def test_the_notebook_with_solutions_has_criteria_and_marked_samples(page):
    notebook = solution_notebook(executed(page), CONTEXT)
    (marked,) = [cell.source for cell in notebook.cells if cell.metadata.get("explain")]
    assert "1. canary-criterion says" in marked
    assert (
        f"> {FAIR} Light is scattered in the air.\n\nThe book ticks 2 of 3 criteria: 1 and 3."
        in marked
    )
    assert "The book ticks all 3 criteria." in marked and "The book ticks none of the" in marked
    assert marked.count("canary-reason") == 3


def test_tests_of_prose_read_the_book_and_not_the_students(page):
    read = " ".join(each.text for each in prose.paragraphs(page.text))
    assert "why the sky is blue" in read and "canary-criterion" in read
    assert read.count("canary-reason") == 3
    assert not any(voice in read for voice in (GOOD, FAIR, BAD))
    unfolded = " ".join(each.text for each in prose.paragraphs(page.text) if not each.folded)
    assert "why the sky is blue" in unfolded and "canary" not in unfolded


def test_it_takes_the_time_to_write_and_tests_the_goal_of_its_section(page):
    (section,) = sections_of(executed(page))
    assert section.exercises[0] == ("ex-sky", "Why is the sky blue?")
    assert section.typed >= 60 * 5


def test_both_editions_are_built_and_no_file_of_the_course_has_the_criteria(toy_book):
    toy_book.edit("_toc.yml", "- file: one\n- file: two\n", "- file: 1-one\n")
    toy_book.write("1-one.md", FILES["one.md"] + "As {ref}`ex-sky` asks.\n" + BLOCK)
    for options in ((), ("--edition", "course")):
        done = toy_book.build(*options)
        assert done.returncode == 0, done.stdout + done.stderr
    site, course = toy_book.root / "_build" / "html", toy_book.root / "_build" / "course"
    assert holding(course, "canary-") == set()
    assert {"1-one.html", "notebooks/solutions/1-one.ipynb"} <= holding(site, "canary-criterion")
    assert holding(site, GOOD) & {"notebooks/1-one.ipynb", "found/index.js"} == set()
    opened, given = (
        BeautifulSoup((folder / "1-one.html").read_text("utf-8"), "html.parser")
        for folder in (site, course / "html")
    )
    for each in (opened, given):
        box = each.select_one("#ex-sky.exercise")
        assert box["data-kind"] == "explain" and box["data-words"] == "60"
        assert (
            box.select_one("p.admonition-title").get_text() == "Exercise 1.1: Why is the sky blue?"
        )
        assert (
            "As Exercise 1.1: Why is the sky blue? asks." in each.select_one("article").get_text()
        )
        assert json.loads(each.find(id="exercise-index").get_text())["pages"] == {"sky": "1-one"}
    assert "instructor has the criteria" in given.select_one("#ex-sky").get_text()
    fold = opened.select_one("#ex-sky > details.explain-key")
    assert len(fold.select(".explain-criteria li")) == 3
    marks = {
        each.blockquote.get_text().split()[0]: each["data-met"]
        for each in fold.select(".explain-sample")
    }
    assert marks == {GOOD: "1 2 3", FAIR: "1 3", BAD: ""}
