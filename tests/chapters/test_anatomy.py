"""What every chapter has: questions on earlier ones, tested goals, discussions, a summary; a core
that stands alone.
"""

import ast
import builtins
import re
from pathlib import Path

import pytest
from bookkit.book import lesson
from bookkit.book.myst import headings
from bookkit.book.pages import Cell, ExecutedPage, Page, read_page

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("*.md"))
MISCONCEPTIONS = {
    "cross-correlation": 3,
    "one-plane": 3,
    "invariance": 3,
    "eval-mode": 3,
    "dropout-in-use": 3,
    "softmax-twice": 4,
    "augmented-test": 4,
    "training-accuracy": 4,
    "nobody-chooses": 4,
    "edge-detectors": 4,
    "more-parameters": 5,
    "one-seed": 5,
    "softmax-probability": 5,
}
every_chapter = pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def section(page: Path, kind: str) -> str:
    """The text of a chapter's section ``sec-3-kind``, without its heading."""
    label = rf"\(sec-{page.stem[0]}-{kind}\)=\n## [^\n]*\n"
    return re.search(
        rf"^{label}(.*?)(?=^\([\w-]+\)=\n## |^## |\Z)", text_of(page), flags=re.S | re.M
    )[1]


@every_chapter
def test_it_begins_with_five_questions_on_what_came_before(page):
    asked = re.findall(
        r"^:::\{dropdown\} (\d)\. ([^\n]+\?)\n(.+?)\n:::$",
        section(page, "recall"),
        flags=re.S | re.M,
    )
    assert [number for number, _, _ in asked] == list("12345")
    for _, question, answer in asked:
        assert re.search(r"\{(ref|doc)\}`", answer), f"{question} does not say where to look"
    leads = set(re.findall(r"sec-[\w-]+", section(page, "recall")))
    own = set(re.findall(r"^\((sec-[\w-]+)\)=$", text_of(page), flags=re.M))
    assert not leads & own, "they ask for what is yet to come"


@every_chapter
def test_it_ends_with_a_page_a_checklist_and_where_to_read_on(page):
    assert 80 < len(section(page, "summary").split()) < 420
    assert 5 <= len(re.findall(r"^- I can .+$", section(page, "skills"), flags=re.M)) <= 9
    reading = re.findall(r"^- ", section(page, "reading"), flags=re.M)
    assert 3 <= len(reading) <= 6 and section(page, "reading").count("{cite:t}") >= len(reading) - 1


@every_chapter
def test_every_goal_is_tested_where_it_is_taught(page):
    goals, sections = (
        lesson.goals_of(text_of(page)),
        lesson.sections_of(ExecutedPage(read_page(page), read_page(page).cells)),
    )
    rows = list(lesson.goal_rows(page.stem, goals, sections))
    assert len(rows) >= 5
    assert [
        row["goal"] for row in rows if len(row["taught"]) != len(set(goals[rows.index(row)].labels))
    ] == []
    assert [
        row["goal"]
        for row in rows
        if not (row["exercises"] or row["discussions"] or row["questions"])
    ] == []


@every_chapter
def test_answers_to_discussions_say_what_is_good_what_is_wrong_and_how_to_go_on(page):
    discussions = re.findall(
        r"^:::\{admonition\} Discuss\n(.*?)\n:::$", text_of(page), flags=re.S | re.M
    )
    assert len(discussions) >= 2
    for discussion in discussions:
        leads = re.findall(
            r"^\*\*(A good answer|Often heard|Go on)\*\*",
            discussion.partition("+++")[2],
            flags=re.M,
        )
        assert leads == ["A good answer", "Often heard", "Go on"], discussion


def test_every_misconception_is_met_once_where_it_arises():
    for page in CHAPTERS:
        boxes = re.findall(
            r"^\(mis-([\w-]+)\)=\n:::+\{admonition\} Often said: .+\n:class: misconception$",
            text_of(page),
            flags=re.M,
        )
        assert sorted(boxes) == sorted(
            name for name, number in MISCONCEPTIONS.items() if page.stem[0] == str(number)
        )


@every_chapter
def test_a_misconception_stands_on_a_number_or_a_picture(page):
    boxes = re.findall(r"^:class: misconception\n(.*?)^:::", text_of(page), flags=re.S | re.M)
    assert [box for box in boxes if not re.search(r"\{glue:text\}|\{numref\}|\d", box)] == []


@every_chapter
def test_the_core_runs_without_what_is_for_after_class(page):
    bound, missing = set(dir(builtins)) | {"get_ipython"}, {}
    for cell, is_core in cells_on_the_clock(page):
        if is_core:
            stored, loaded = names(code_of_cell(cell))
            missing |= dict.fromkeys(loaded - stored - bound, cell.source[:60])
            bound |= stored
    assert missing == {}


@pytest.mark.parametrize("page", CHAPTERS[:5], ids=lambda page: page.stem)
def test_the_core_shows_nothing_that_was_found_after_class(page, chapter):
    core = {
        output.metadata["scrapbook"]["name"]
        for cell, is_core in cells_on_the_clock(page, chapter(f"chapters/{page.stem}").notebook)
        for output in cell.get("outputs", [])
        if is_core and "scrapbook" in output.get("metadata", {})
    }
    is_core, used = True, set()
    for line in text_of(page).splitlines():
        is_core = clock(line, is_core)
        if is_core:
            used |= set(re.findall(r"\{glue:text\}`([\w-]+)|\{glue:figure\} ([\w-]+)", line))
    assert {name for pair in used for name in pair if name} - core == set()


def clock(line: str, is_core: bool) -> bool:
    """Whether what follows a line is read in class or before, if what came before it was or was
    not.
    """
    if line.startswith("##") and (notes := [each.note for each in headings(line) if each.note]):
        return notes != ["after class"]
    return True if line.startswith("## ") else is_core


def cells_on_the_clock(page: Path, notebook=None):
    """Each code cell of a chapter, and whether it is part of the core."""
    is_core = True
    for cell in (notebook or read_page(page)).cells:
        if cell.cell_type == "code":
            yield cell, is_core
        else:
            for line in cell.source.splitlines():
                is_core = clock(line, is_core)


def code_of_cell(cell) -> ast.Module:
    return ast.parse(Page(Path(), "", (Cell(0, "code", cell.source),)).code)


def names(tree: ast.Module) -> tuple[set[str], set[str]]:
    """The names that some code binds, arguments and imports included, and those that it reads."""
    stored, loaded = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else stored).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            stored.add(node.name)
        elif isinstance(node, ast.arg):
            stored.add(node.arg)
        elif isinstance(node, ast.alias):
            stored.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            stored.add(node.name)
    return stored, loaded
