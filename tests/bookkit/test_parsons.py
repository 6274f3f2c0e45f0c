"""Lines of code to be put in order: their marks, what readers of both editions and of notebooks get,
and that no file of a course holds the order.
"""

import ast
import html
import json
import os
import random
import re
import subprocess
from itertools import permutations
from pathlib import Path

import pytest
from bookkit.book.lesson import sections_of
from bookkit.book.pages import ExecutedPage, read_page
from bookkit.exercises.forms import answers, fill, solution_form, student_form
from bookkit.exercises.marking import MarkingError
from bookkit.exercises.parsons import read_problem
from bookkit.exercises.parsons_page import digest, page_data, with_lines
from bookkit.exercises.rules import check_exercises
from bookkit.system.errors import BookError
from bookkit.system.processes import tool
from bs4 import BeautifulSoup
from toy_book import FRONT
from toy_parsons import CELL, LOOP, ORDERED, as_parsons

NODE_TESTS = Path(__file__).parents[1] / "site" / "parsons.test.mjs"


def orders(source: str) -> list[list[int]]:
    """The right orders of a problem, by the numbers of its lines."""
    return [[index + 1 for _, index in order] for order in read_problem(source).orders]


def solution(*lines: str) -> str:
    return "\n".join(["### BEGIN SOLUTION: the lines", *lines, "### END SOLUTION", 'check("x", x)'])


THREE = ("a = 1", "b = a", "c = b")


def test_without_marks_the_lines_have_the_order_in_which_they_stand():
    problem = read_problem(solution(*THREE))
    assert problem.lines == THREE and problem.levels == (0, 0, 0)
    assert orders(solution(*THREE)) == [[1, 2, 3]]


def test_lines_know_how_far_they_are_indented_and_keep_their_comments():
    problem = read_problem(LOOP)
    assert problem.levels == (0, 1, 1, 1, 1)
    assert problem.lines[:2] == ("for number in numbers:  # one by one", "seen.clear()")


def test_a_statement_of_several_lines_is_one_line_to_be_put_in_order():
    problem = read_problem(
        solution("if a:", "    b = [", "        1,", "    ]", "", "else:", "    c = 2")
    )
    assert problem.lines == ("if a:", "b = [\n    1,\n]", "else:", "c = 2")
    assert problem.levels == (0, 1, 0, 1)


def test_marks_say_which_orders_are_right():
    assert orders(solution(*THREE, "### ORDER: 1 < 2", "### ORDER: 1 < 3")) == [
        [1, 2, 3],
        [1, 3, 2],
    ]
    found = orders(LOOP)
    assert [1, 2, 3, 4, 5] in found and [1, 3, 4, 5, 2] in found and [1, 3, 4, 2, 5] not in found
    assert len(found) == len({tuple(order) for order in found}) == 3


def test_what_is_inside_of_a_line_moves_with_it_and_an_else_stays_with_its_if():
    source = solution(
        "if a:", "    b = 1", "else:", "    b = 2", "c = 3", "d = 4", "### ORDER: 5 < 6"
    )
    assert orders(source) == [[1, 2, 3, 4, 5, 6], [5, 1, 2, 3, 4, 6], [5, 6, 1, 2, 3, 4]]


def test_another_arrangement_may_be_right_too():
    source = solution(
        "a()", "for b in c:", "    d()", "    e()", "### ALSO: 2 >1 >3 >4", "### ORDER: 1 < 3"
    )
    assert {tuple(order) for order in read_problem(source).orders} == {
        ((0, 0), (0, 1), (1, 2), (1, 3)),
        ((0, 0), (0, 1), (1, 3), (1, 2)),
        ((0, 1), (1, 0), (1, 2), (1, 3)),
        ((0, 1), (1, 0), (1, 3), (1, 2)),
        ((0, 1), (1, 3), (1, 0), (1, 2)),
    }


def test_marks_are_in_no_form_of_an_exercise():
    for form in (
        student_form(LOOP, "1.1"),
        solution_form(LOOP),
        fill(LOOP, [None]),
        *answers(LOOP),
    ):
        assert "###" not in form and "clear(seen)" not in form
        ast.parse(form)


WRONG = {
    "x = 1  # blank: 1  # one": (1, "one blank, its lines between"),
    solution("a = 1", "b = 2"): (1, "2 lines are to be put in order: write 3 to 10"),
    solution(*(f"a{k} = 1" for k in range(11))): (1, "11 lines"),
    solution(*THREE, "a = 1"): (1, "'a = 1' stands there twice"),
    solution("# first", *THREE): (2, "'# first' is neither a line"),
    solution(*THREE, "### Distractor: d = 1  # no"): (5, "neither a line .* nor a mark"),
    solution(*THREE, "### DISTRACTOR: d = 1"): (5, "has no reason behind it"),
    solution(*THREE, "### DISTRACTOR: # why"): (5, "has no line"),
    solution(*THREE, "### DISTRACTOR: d = = 1  # why"): (5, "is no Python"),
    solution(*THREE, "### DISTRACTOR: b = a  # why"): (5, "is in the solution"),
    solution(*THREE, "### ORDER: 1 < 4  # why"): (5, "is no order: write .* from 1 to 3"),
    solution(*THREE, "### ORDER: 1 before 2"): (5, "is no order"),
    solution(*THREE, "### ORDER: 1<2"): (5, "is no order"),
    solution(*THREE, "### ORDER:"): (5, "is no order"),
    solution(*THREE, "### ORDER: 2 < 1"): (5, "does not hold of the solution itself"),
    solution(*THREE, "### ORDER: 2 in 1"): (5, "does not hold of the solution itself"),
    solution(*THREE, "### ALSO: 1 2"): (5, "is no arrangement of the 3 lines"),
    solution(*THREE, "### ALSO: 1 2 2"): (5, "is no arrangement"),
    solution(*THREE, "### ALSO: 1 >2 3"): (5, "so that it is Python"),
    solution(*THREE, "### ORDER: 1 < 2 or 2 < 1"): (1, "every order is right"),
    solution(*(f"a{k} = 1" for k in range(6)), "### ORDER: 1 < 2"): (1, "360 orders are right"),
    solution(*(f"a{k} = 1" for k in range(9)), "### ORDER: 1 < 2"): (1, "too many lines"),
}


@pytest.mark.parametrize("source", WRONG)
def test_a_wrong_mark_is_named_with_its_line_and_a_cure(source):
    line, words = WRONG[source]
    with pytest.raises(MarkingError, match=words) as raised:
        read_problem(source)
    assert raised.value.line == line and ":" in raised.value.reason


@pytest.mark.parametrize("source", [LOOP, solution(*THREE), ORDERED])
def test_the_lines_are_shuffled_the_same_way_each_time_and_never_right(source):
    problem = read_problem(source)
    right = {tuple(index for _, index in order) for order in problem.orders}
    seen = set()
    for seed in map(str, range(50)):
        shuffled = problem.shuffled(seed)
        assert shuffled == problem.shuffled(seed)
        assert sorted(shuffled) == list(range(len(problem.lines) + len(problem.distractors)))
        assert tuple(each for each in shuffled if each < len(problem.lines)) not in right
        seen.add(tuple(shuffled))
    assert len(seen) > 1


def arrangements(problem, data, draw) -> list[dict]:
    """Orders of what a page shows, each with how many of its lines are right from the top."""
    count = len(data["lines"])
    place = {text: number for number, text in enumerate(data["lines"])}
    right = {
        tuple((level, place[problem.lines[index]]) for level, index in order)
        for order in problem.orders
    }
    begins = {order[:k] for order in right for k in range(len(problem.lines) + 1)}
    levels = {line: level for order in right for level, line in order}
    tried = [tuple((levels.get(n, 0), n) for n in order) for order in permutations(range(count))]
    tried = draw.sample(tried, min(300, len(tried))) + list(right)
    tried += [order[:k] for order in right for k in range(len(order))]
    tried += [(*order[:-1], (3, order[-1][1])) for order in right]
    return [
        {
            "order": order,
            "right": order in right,
            "good": max(k for k in range(len(order) + 1) if order[:k] in begins),
        }
        for order in tried
    ]


@pytest.mark.parametrize("source", [LOOP, ORDERED])
def test_the_browser_judges_as_the_build_does(source):
    problem, data = read_problem(source), page_data("toy", source, reasons=True)
    texts = ["", "a", "größe ≥ 3 🙂", "for x in y:\n" * 20]
    known = {
        "id": "toy",
        "problem": data,
        "course": page_data("toy", source, reasons=False),
        "orders": arrangements(problem, data, random.Random(1)),
        "digests": {text: digest(text) for text in texts},
    }
    environment = {**os.environ, "PARSONS": json.dumps(known)}
    command = [tool("node"), "--test", str(NODE_TESTS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_digest_is_the_one_that_others_compute():
    assert digest("") == "cbf29ce484222325" and digest("foobar") == "85944171f73967e8"


def test_a_notebook_has_the_lines_in_comments_above_the_blank():
    form = with_lines(student_form(LOOP, "1.1"), "loop", LOOP)
    rows = form.split("\n")
    data = page_data("loop", LOOP, reasons=False)
    place = next(k for k, row in enumerate(rows) if "____" in row)
    assert rows[place - 6 : place] == [f"    #     {line}" for line in data["lines"]]
    assert "Indent what is inside of another line. One of them does not belong" in form
    assert ast.dump(ast.parse(form)) == ast.dump(ast.parse(student_form(LOOP, "1.1")))


def page(tmp_path: Path, cell: str):
    (tmp_path / "1-page.md").write_text(FRONT + cell, encoding="utf-8")
    return read_page(Path("1-page.md"), tmp_path)


def test_lines_that_are_moved_do_not_count_as_typed(tmp_path):
    text = f"# P\n\n(sec-a)=\n## A <!-- minutes: 3 -->\n\n{CELL}"
    read = page(tmp_path, text)
    assert [section.typed for section in sections_of(ExecutedPage(read, read.cells))] == [0]
    read = page(tmp_path, text.replace(":kind: parsons\n", ""))
    assert sections_of(ExecutedPage(read, read.cells))[0].typed > 50


def test_faults_stop_a_build_with_file_and_line(toy_book):
    as_parsons(toy_book)
    text = (toy_book.root / "1-one.md").read_text()
    for old, new, place, words in (
        ("### ORDER: 1 < 2", "### ORDER: 1 < 20", "### ORDER: 1 < 20", "is no order"),
        (":kind: parsons\n", "", "### DISTRACTOR", "write :kind: parsons at the top"),
    ):
        toy_book.write("1-one.md", text.replace(old, new, 1))
        lines = (toy_book.root / "1-one.md").read_text().splitlines()
        line = next(number for number, row in enumerate(lines, 1) if place in row)
        done = toy_book.build()
        assert done.returncode == 1 and "executing" not in done.stdout
        assert re.search(rf"1-one\.md:{line}: .*{re.escape(words)}", done.stdout), done.stdout


@pytest.fixture(scope="module")
def both(toy_book_for_both):
    """A toy book with lines to be put in order, in both editions."""
    as_parsons(toy_book_for_both)
    said = [toy_book_for_both.build(), toy_book_for_both.build("--edition", "course")]
    assert [done.returncode for done in said] == [0, 0], said
    return toy_book_for_both


def lines_on(both, folder: str) -> tuple[list[str], dict]:
    """The lines that a page shows, and what it knows of them."""
    text = (both.root / "_build" / folder / "1-one.html").read_text(encoding="utf-8")
    box = BeautifulSoup(text, "html.parser").select_one("#ex-loop .parsons")
    shown = [line.get_text() for line in box.select("ol.parsons-lines > li > code")]
    return shown, json.loads(box["data-problem"])


@pytest.mark.parametrize("folder", ["html", "course/html"])
def test_a_page_shows_the_shuffled_lines_as_a_list(both, folder):
    shown, known = lines_on(both, folder)
    data = page_data("loop", LOOP, reasons=folder == "html")
    assert [line.split() for line in shown] == [line.split() for line in data["lines"]]
    assert known == {name: value for name, value in data.items() if name != "lines"}
    page = (both.root / "_build" / folder / "1-one.html").read_text(encoding="utf-8")
    assert "parsons-list.js" in page and "parsons.js" in page
    assert "parsons-list.js" not in (both.root / "_build" / folder / "two.html").read_text()


def test_a_course_has_neither_order_nor_reason(both):
    _, known = lines_on(both, "course/html")
    assert set(known) == {"indent", "leave", "right"} and known["right"] == sorted(known["right"])
    problem = read_problem(LOOP)
    inside = [problem.lines[index] for _, index in problem.orders[0]]
    course = both.root / "_build" / "course"
    for file in (file for file in course.rglob("*") if file.is_file()):
        packed = file.read_bytes().decode("utf-8", errors="ignore")
        text = html.unescape(re.sub(r"<[^>]+>", "", packed))
        assert "the reason of" not in text, file
        for order in problem.orders:
            assert problem.code(order) not in text, file
        places = [text.find(line) for line in inside]
        assert -1 in places or places != sorted(places), file


def test_the_open_edition_has_its_solution_folded_and_its_reasons(both):
    page = BeautifulSoup(both.page("1-one"), "html.parser")
    code = page.select_one("#ex-loop + .tag_solution .cell_input").get_text()
    assert "seen.append(number)" in code and "###" not in code
    _, known = lines_on(both, "html")
    assert [rule["why"] for rule in known["rules"]] == ["That is the reason of the clearing."]
    assert list(known["wrong"].values()) == ["That is the reason of the distractor."]


def test_a_wrong_mark_stops_before_anything_is_executed_and_names_all_at_once(tmp_path):
    wrong = CELL.replace("### ORDER: 1 < 2", "### ORDER: 1 < 20")
    read = page(tmp_path, f"# P\n\n{wrong}")

    class Project:
        class settings:
            exercises = ""

    with pytest.raises(BookError, match=r"^1-page\.md:\d+: '1 < 20' is no order"):
        check_exercises(Project, [read])
