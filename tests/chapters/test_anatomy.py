"""What every chapter has: a core that fits the lecture and shows nothing of the author's work, and
pages below it for after class.
"""

import ast
import re
from collections import Counter
from itertools import chain

import pytest
from bookkit.book import lesson, prose
from bookkit.book.myst import roles, text_and_target
from bookkit.book.pages import Cell, ExecutedPage, Page
from bookkit.book.reader import readers_form
from bookkit.exercises.explain import Explanation
from bookkit.exercises.forms import answers, student_form
from bookkit.exercises.marking import LINE_MAGIC, as_python
from the_book import (
    BELOW,
    CORES,
    every_core,
    every_page,
    every_page_below,
    lecture,
    name_of,
    together,
)

WORDS = 3000  # of a core
LINES, WIDTH = 400, 88  # of code in sight: of all cores together, and of one line
TYPED = 2000  # characters that the cores leave to the student
OUTCOMES = 4
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
CLAIMS = {  # the chapter that measures each, itself or on a page below it
    1: {"C09", "C23"},
    2: {"C08", "C16", "C17", "C24"},
    3: {"C01", "C15"},
    4: {"C02", "C04", "C05", "C11", "C12", "C20", "C25", "C26"},
    5: {"C03", "C06", "C07", "C10", "C14", "C18", "C19", "C21", "C22", "C27"},
    6: {"C13"},
}
HIDDEN_WORK = {"glue", "record", "get_ipython", "profile", "profiles"}


def section(page: Page, kind: str) -> str:
    """The text of a section ``sec-3-kind``, without its heading."""
    label = rf"\(sec-{page.chapter}-{kind}\)=\n## [^\n]*\n"
    found = re.search(rf"^{label}(.*?)(?=^\([\w-]+\)=\n## |^## |\Z)", page.text, flags=re.S | re.M)
    assert found, f"{page.file} has no section sec-{page.chapter}-{kind}"
    return found[1]


def shown_code(page: Page) -> list[Cell]:
    """The code cells of a page that a reader sees without unfolding anything."""
    folded = {"hide-input", "hide-cell"}
    return [cell for cell in page.code_cells if not cell.is_hidden and not cell.tags & folded]


def lines_of(cell: Cell) -> list[str]:
    """The lines of a cell as its reader sees them, empty ones left out."""
    source = student_form(cell.source, "1.1") if cell.is_exercise else cell.source
    return [line for line in readers_form(source).split("\n") if line.strip()]


@every_core
def test_a_core_is_read_in_its_time(page):
    assert sum(paragraph.words for paragraph in prose.paragraphs(page.text)) <= WORDS


def test_the_cores_show_little_code():
    shown = {name_of(page): sum(len(lines_of(cell)) for cell in shown_code(page)) for page in CORES}
    assert sum(shown.values()) <= LINES, shown


@every_core
def test_no_line_of_code_is_too_wide_for_its_page(page):
    seen = [cell for cell in page.code_cells if not cell.is_hidden]
    lines = chain.from_iterable(map(lines_of, seen))
    assert [line for line in lines if len(line) > WIDTH] == []


def test_students_type_much_of_the_code_themselves():
    typed = {
        name_of(page): sum(
            len(answer)
            for cell in page.code_cells
            if cell.is_exercise
            for answer in answers(cell.source)
        )
        for page in CORES
    }
    assert sum(typed.values()) >= TYPED, typed


@every_page
def test_no_cell_that_is_seen_holds_the_authors_work(page):
    faults = {}
    for cell in page.code_cells:
        drawing = {"hide-input", "remove-output"} <= cell.tags
        if not cell.is_hidden and (found := authors_work(cell.source, drawing)):
            faults[page.place(cell.index)] = found
    assert faults == {}


def authors_work(source: str, is_drawing: bool) -> set[str]:
    """What code holds that no reader should meet."""
    found = {"a line magic"} if LINE_MAGIC.search(source) else set()
    for node in ast.walk(ast.parse(as_python(source))):
        name = getattr(node, "id", getattr(node, "attr", getattr(node, "module", None)))
        found |= {name} & {*HIDDEN_WORK, "bookkit.notebook"}
        found |= {"assert"} if isinstance(node, ast.Assert) else set()
        found |= {"show"} if name == "show" and not is_drawing else set()
    return found


def test_the_authors_work_is_found():
    assert authors_work("x = 1\nglue('x', x)\nassert x", False) == {"glue", "assert"}
    assert authors_work("show(figures.digits(x), 'fig-x', alt='')", True) == set()
    assert authors_work("from bookkit.notebook import show", False) == {"bookkit.notebook"}
    assert authors_work("if profile.name:\n    show(x)\n%time x", False) == {
        "profile",
        "show",
        "a line magic",
    }


@every_core
def test_a_picture_is_drawn_in_a_folded_cell_of_its_own(page):
    for cell in page.code_cells:
        if re.search(r"^show\(", cell.source, flags=re.M) and not cell.is_hidden:
            assert len(ast.parse(cell.source).body) == 1, page.place(cell.index)


@every_core
def test_its_outcomes_are_few_and_tested_where_they_are_taught(page):
    pages = together(page)
    goals = lesson.goals_of(page.text)
    sections = [
        each for part in pages for each in lesson.sections_of(ExecutedPage(part, part.cells))
    ]
    rows = list(lesson.goal_rows(page.docname, goals, sections))
    assert 3 <= len(rows) <= OUTCOMES
    assert {
        row["goal"]: goal.labels
        for row, goal in zip(rows, goals, strict=True)
        if not goal.labels or len(row["taught"]) != len(set(goal.labels))
    } == {}
    assert [
        row["goal"]
        for row in rows
        if not (row["exercises"] or row["discussions"] or row["questions"])
    ] == []


@every_core
def test_five_questions_on_what_came_before_are_folded_in_one_box(page):
    boxes = re.findall(
        r"^(:{3,})\{dropdown\} Before you begin: five questions\n(.*?)^\1$",
        page.text,
        flags=re.S | re.M,
    )
    assert len(boxes) == 1 and f"(sec-{page.chapter}-recall)=" in page.text
    questions = boxes[0][1]
    asked = re.findall(
        r"^(:{3,})\{dropdown\} (\d)\. ([^\n]+\?)\n(.+?)\n\1$", questions, flags=re.S | re.M
    )
    assert [number for _, number, _, _ in asked] == list("12345")
    for _, _, question, answer in asked:
        assert re.search(r"\{(ref|doc)\}`", answer), f"{question} does not say where to look"
    leads = set(re.findall(r"sec-[\w-]+", questions))
    own = {label for part in together(page) for label in labels_of(part)}
    assert not leads & own, "they ask for what is yet to come"


def labels_of(page: Page) -> set[str]:
    return set(re.findall(r"^\(([\w-]+)\)=$", page.text, flags=re.M))


@every_core
def test_a_page_below_it_sums_it_up_with_a_checklist_and_where_to_read_on(page):
    (last,) = [part for part in together(page) if part.file.name == "summary.md"]
    assert last.title == f"Chapter {page.chapter} on one page"
    assert 80 < len(section(last, "summary").split()) < 420
    assert 5 <= len(re.findall(r"^- I can .+$", section(last, "skills"), flags=re.M)) <= 9
    reading = re.findall(r"^- ", section(last, "reading"), flags=re.M)
    assert 3 <= len(reading) <= 6
    assert section(last, "reading").count("{cite:t}") >= len(reading) - 1


@every_page
def test_answers_to_discussions_say_what_is_good_what_is_wrong_and_how_to_go_on(page):
    for discussion in discussions_of(page):
        leads = re.findall(
            r"^\*\*(A good answer|Often heard|Go on)\*\*",
            discussion.partition("+++")[2],
            flags=re.M,
        )
        assert leads == ["A good answer", "Often heard", "Go on"], discussion


def discussions_of(page: Page) -> list[str]:
    boxes = r"^(:{3,})\{admonition\} Discuss\n(.*?)\n\1$"
    return [box for _, box in re.findall(boxes, page.text, flags=re.S | re.M)]


@every_core
def test_a_chapter_has_discussions(page):
    assert sum(len(discussions_of(part)) for part in together(page)) >= 2


def test_every_misconception_is_met_once_where_it_arises():
    for page in CORES:
        boxes = [
            box
            for part in together(page)
            for box in re.findall(
                r"^\(mis-([\w-]+)\)=\n:::+\{admonition\} Often said: .+\n:class: misconception$",
                part.text,
                flags=re.M,
            )
        ]
        assert sorted(boxes) == sorted(
            name for name, number in MISCONCEPTIONS.items() if page.chapter == number
        )


@every_core
def test_a_chapter_measures_its_claims_and_marks_what_it_says(page):
    pages = together(page)
    measured = {
        claim for part in pages for claim in re.findall(r"record\(\s*[\"'](C\d\d)", part.code)
    }
    marked = {role.content for part in pages for role in roles(part.text) if role.name == "claim"}
    assert measured == CLAIMS[page.chapter] and measured <= marked


@every_page
def test_a_misconception_stands_on_a_number_or_a_picture(page):
    boxes = re.findall(r"^:class: misconception\n(.*?)^:::", page.text, flags=re.S | re.M)
    assert [box for box in boxes if not re.search(r"\{glue:text\}|\{numref\}|\d", box)] == []


def explanations() -> list[Explanation]:
    return [exercise for page in lecture() for exercise in page.explanations]


def test_eight_questions_are_answered_in_words_below_five_chapters():
    assert len(explanations()) >= 8
    assert {page.chapter for page in BELOW if page.explanations} >= {1, 2, 3, 4, 5}
    assert [page.file for page in CORES if page.explanations] == []


def test_an_answer_in_words_has_criteria_and_three_samples_with_three_grades():
    for each in explanations():
        met = [len(sample.met) for sample in each.task.samples]
        assert 3 <= len(each.task.criteria) <= 5, each.place
        assert len(met) == len(set(met)) == 3, each.place
        assert max(met) >= each.task.enough and min(met) <= 1, each.place


def test_samples_are_of_one_length_and_neither_it_nor_their_order_gives_the_grades_away():
    longest, first = Counter(), Counter()
    for each in explanations():
        words = [len(sample.text.split()) for sample in each.task.samples]
        by_grade = sorted(range(3), key=lambda k: len(each.task.samples[k].met))
        assert min(words) >= 40 and max(words) <= min(90, 1.25 * min(words)), each.place
        longest[by_grade.index(words.index(max(words)))] += 1
        first[by_grade.index(0)] += 1
    assert len(longest) == len(first) == 3, "the good one is not always the longest, nor the first"


def test_reasons_speak_of_the_criteria():
    reasons = [sample.reason for each in explanations() for sample in each.task.samples]
    silent = [reason for reason in reasons if not re.search(r"criteri|all |nothing", reason, re.I)]
    assert silent == []


def leads_to(page: Page, other: Page) -> bool:
    """Tell whether a page refers to another one, or to a place on it."""
    labels = labels_of(other) | {cell.metadata.get("label") for cell in other.code_cells}
    for role in roles(page.text):
        target = text_and_target(role.content)[1]
        if role.name == "doc" and place_of(page, target) == other.docname:
            return True
        if role.name in ("ref", "numref") and target in labels:
            return True
    return False


def place_of(page: Page, target: str) -> str:
    """The name of the page that a reference of kind ``doc`` leads to."""
    if target.startswith("/"):
        return target[1:]
    parts = list(page.file.parent.parts)
    for part in target.split("/"):
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


@every_page_below
def test_a_page_below_a_chapter_is_linked_from_it_and_leads_back(page):
    (core,) = [each for each in CORES if each.file == page.above]
    assert leads_to(core, page), f"{core.file} does not lead to {page.file}"
    last = page.text.rstrip().rpartition("\n\n")[2]
    back = [text_and_target(role.content)[1] for role in roles(last) if role.name == "doc"]
    assert core.docname in [place_of(page, target) for target in back], last


@every_page_below
def test_a_page_below_a_chapter_lies_in_its_folder(page):
    assert page.file.parent == page.above.with_suffix("")


def test_every_chapter_has_pages_below_it():
    assert {page.above for page in BELOW} == {page.file for page in CORES}


@pytest.mark.parametrize("page", CORES[:5], ids=name_of)
def test_a_core_holds_nothing_for_after_class_but_the_list_of_its_pages(page):
    late = re.findall(r"^##+ (.+?) <!-- after class -->$", page.text, flags=re.M)
    assert late == ["After class"]
