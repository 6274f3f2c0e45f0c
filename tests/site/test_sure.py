"""How sure readers are of their predictions, and the page that shows what their record says."""

import json
import re
import subprocess
from pathlib import Path

import forgetful_storage
import pytest
import record_site
from accessibility import accessibility_faults, too_wide, wait_until_faded
from bookkit.system.processes import tool
from bs4 import BeautifulSoup
from record_site import MINE, ONE, TWO
from static_site import served

DATE = "2026-11-22T22:00:00Z"
SLIP = {"mistake": "the order is forgotten", "see": "mis-order"}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return record_site.make(tmp_path_factory.mktemp("record"))


@pytest.fixture(scope="module")
def address(folder):
    with served(folder) as address:
        yield address


@pytest.fixture
def reader(chromium, address):
    """A function that opens a browser with a storage of its own; it ends with no error told."""
    contexts, errors = [], []

    def new(**options):
        contexts.append(chromium.new_context(**options))
        contexts[-1].on("weberror", lambda error: errors.append(str(error.error)))
        return Reader(contexts[-1], address)

    yield new
    for context in contexts:
        context.close()
    assert errors == []


class Reader:
    """A reader who opens pages of the site."""

    def __init__(self, context, address: str):
        self.context, self.address = context, address

    def open(self, name: str):
        page = self.context.new_page()
        page.goto(f"{self.address}/{name}.html", wait_until="load")
        return page

    def without_solutions(self, folder: Path) -> None:
        """Let the chapters be as in an edition for a course."""
        for name in (ONE, TWO):
            tree = BeautifulSoup((folder / f"{name}.html").read_text("utf-8"), "html.parser")
            for solution in tree.select(".tag_solution"):
                solution.decompose()
            body = str(tree)
            self.context.route(
                f"**/{name}.html",
                lambda route, _, body=body: route.fulfill(body=body, content_type="text/html"),
            )


def say(page, exercise: str, verdict: str, code: str = "", **about) -> None:
    """What the live cells dispatch when a check answers."""
    detail = {"exercise": exercise, "verdict": verdict, "text": "…", "code": code}
    page.evaluate(
        "detail => document.dispatchEvent(new CustomEvent('exercise-verdict', {detail}))",
        {"digest": code, **detail, **about},
    )


def commit(page, exercise: str, sure: int, *answers: str) -> None:
    form = page.locator(f"#ex-{exercise} form.prediction")
    groups = form.locator("fieldset:not(.prediction-sure)").all()
    for group, answer in zip(groups, answers, strict=False):
        group.get_by_label(answer, exact=True).check()
    for line, answer in zip(form.get_by_role("textbox").all(), answers, strict=False):
        line.fill(answer)
    form.get_by_label(f"{sure} %", exact=True).check()
    form.get_by_role("button", name="Commit").click()


def made(page, exercise: str) -> str:
    return page.locator(f"#ex-{exercise} > .prediction-made").inner_text().replace("\u00a0", " ")


def part(page, title: str) -> str:
    """What the page of progress says below a heading."""
    heading = page.get_by_role("heading", name=title, exact=True)
    return heading.locator("xpath=..").inner_text().replace("\u00a0", " ")


def kept(page) -> dict:
    """What the browser keeps."""
    return page.evaluate(
        "Object.fromEntries(Object.entries(localStorage).filter(([key]) => /exercise/.test(key)))"
    )


def predicted(count: int, sure: int, right: int) -> dict:
    """The record of some scored predictions, as a file or a storage has it."""
    entry = {"answers": ["up"], "committed": DATE, "sure": sure}
    return {f"toss-{k}": entry | {"right": k < right} for k in range(count)}


def remember(page, **parts: dict) -> None:
    """Put records into the storage, and show them."""
    keys = {"solved": "solved-exercises", "predicted": "exercise-predictions"}
    for name, part in parts.items():
        page.evaluate(
            "([key, text]) => localStorage.setItem(key, text)", [keys[name], json.dumps(part)]
        )
    page.reload()


def test_levels_scores_tries_and_counts_are_as_they_should():
    command = [tool("node"), "--test", str(Path(__file__).with_name("sure_and_tries.test.mjs"))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("exercise", "first", "last", "count"),
    [("toss", "50 %", "100 %", 6), ("steps", "11 %", "100 %", 10), ("words", "10 %", "100 %", 10)],
)
def test_how_sure_begins_at_what_a_guess_is_right_in(reader, exercise, first, last, count):
    page = reader().open(ONE)
    group = page.locator(f"#ex-{exercise}").get_by_role(
        "group", name=re.compile("How sure are you")
    )
    names = [
        text.replace("\u00a0", " ").strip() for text in group.locator("label").all_inner_texts()
    ]
    assert (names[0], names[-1], len(names)) == (first, last, count)
    assert group.get_by_role("radio", name=first, exact=True).count() == 1
    assert group.locator("input:checked").count() == 0


def test_an_answer_is_committed_by_keyboard_alone_and_scored_where_the_solution_is(reader):
    page = reader().open(ONE)
    page.locator("#ex-toss form input").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") == "down"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.value") == "90"
    page.keyboard.press("Enter")
    assert made(page, "toss") == "You predicted: down (90 % sure). That was not right."
    assert page.locator("#ex-toss .prediction-right").is_hidden()
    commit(page, "steps", 20, "longer", "the same")
    assert made(page, "steps").endswith("(20 % sure). That was right.")
    page.reload()
    assert made(page, "toss").endswith("That was not right.")


def test_where_the_page_cannot_tell_the_reader_says_whether_it_was_right(reader):
    me = reader()
    page = me.open(ONE)
    commit(page, "words", 70, "a seven")
    assert made(page, "words") == "You predicted: a seven (70 % sure)"
    mine = me.open(MINE)
    assert "1 prediction not scored yet: 1.4" in part(mine, "How sure, and how right")
    assert "1.4 In words: say whether your prediction was right" in part(
        mine, "What to look at next"
    )
    group = page.locator("#ex-words").get_by_role("group", name="Was your prediction right?")
    group.get_by_label("Yes").focus()
    page.keyboard.press("Space")
    assert made(page, "words").endswith("That was right.")
    page.keyboard.press("ArrowDown")
    assert made(page, "words").endswith("That was not right.") and group.is_visible()
    mine.get_by_text("0 of 1 were right").wait_for()


def test_in_a_course_a_check_scores_a_prediction_if_it_was_about_that_answer(reader, folder):
    me = reader()
    me.without_solutions(folder)
    page = me.open(ONE)
    commit(page, "toss", 80, "down")
    assert made(page, "toss") == "You predicted: down (80 % sure)"
    say(page, "toss", "wrong", 'falls = "sideways"\ncheck("toss", answer)')
    assert made(page, "toss") == "You predicted: down (80 % sure)"
    say(page, "toss", "right", 'falls = "up"\ncheck("toss", answer)')
    assert made(page, "toss").endswith("That was not right.")
    commit(page, "steps", 80, "longer", "the same")
    code = 'of_one = "longer"\nof_other = "the same"\ncheck("steps", answer)'
    page.locator("#ex-steps .prediction-right").get_by_label("No").check()
    say(page, "steps", "right", code)
    assert made(page, "steps").endswith("That was right.")
    assert page.locator("#ex-steps .prediction-right").is_hidden()


def test_tries_and_mistakes_are_shown_and_the_same_in_another_browser(reader, tmp_path):
    me = reader()
    page, mine = me.open(ONE), me.open(MINE)
    for code in ("a", "b", "b", "c"):
        say(page, "sum", "wrong", code, **(SLIP if code != "c" else {}))
    assert "1.1 A sum: tried 3 times, and not right yet." in part(mine, "What to look at next")
    say(page, "sum", "right", "d")
    say(page, "sum", "wrong", "e", **SLIP)
    say(page, "last", "wrong", "a", **SLIP)
    say(page, "last", "right", "b", byBook=True)
    commit(page, "toss", 90, "down")
    mine.get_by_text("3 times, in 1.1, 1.5").wait_for()
    told = [mine.locator(".exercise-progress").inner_text()]
    assert "1.1 A sum: right at try 4." in part(mine, "Right at the third try or later")
    assert "“the order is forgotten”" in part(mine, "Mistakes that came twice")
    following = part(mine, "What to look at next")
    assert "1.5 The last one: tried once, and not right yet." in following
    assert "Often said: the order is nothing: “the order is forgotten” came 3 times." in following
    assert "1.3 A coin: you were 90 % sure, and it was wrong." in following
    with mine.expect_download() as download:
        mine.get_by_role("button", name="Export").click()
    file = tmp_path / "record.json"
    download.value.save_as(file)
    other = reader().open(MINE)
    with other.expect_file_chooser() as chooser:
        other.get_by_role("button", name="Import").click()
    chooser.value.set_files(file)
    says = "Imported 1 solved exercise, 1 prediction and tries of 2 exercises."
    other.get_by_text(says).wait_for()
    assert kept(other) == kept(mine)
    told.append(other.locator(".exercise-progress").inner_text().replace(says, ""))
    assert told[0].split() == told[1].split()
    other.get_by_role("link", name="Often said: the order is nothing").first.click()
    other.wait_for_url(f"**/{ONE}.html#mis-order")


def test_an_old_record_is_shown_and_goes_on(reader):
    me = reader()
    page = me.open(ONE)
    remember(
        page,
        solved={"sum": {"solved": DATE}},
        predicted={"toss": {"answers": ["up"], "committed": DATE}},
    )
    assert made(page, "toss") == "You predicted: up"
    assert page.locator("#ex-toss .prediction-right").is_hidden()
    commit(page, "steps", 30, "longer", "longer")
    mine = me.open(MINE)
    assert "0 of 1 were right" in part(mine, "How sure, and how right")
    assert set(json.loads(kept(mine)["exercise-predictions"])) == {"toss", "steps"}


def test_few_predictions_get_a_table_and_no_picture_and_many_get_both(reader):
    page = reader().open(MINE)
    assert "No prediction is scored yet" in part(page, "How sure, and how right")
    remember(page, predicted=predicted(9, 90, 0))
    assert "too little for a verdict" in part(page, "How sure, and how right")
    assert page.get_by_role("img").count() == 0
    assert "0 of 9" in page.get_by_role("table").last.inner_text()
    remember(page, predicted=predicted(12, 90, 6))
    assert "You are surer than you are right." in part(page, "How sure, and how right")
    figure = page.locator("figure.picture-sure svg")
    label = figure.get_attribute("aria-label").replace("\u00a0", " ")
    assert "of those 90 to 100 % sure, 6 of 12 were right, an interval from 25 % to 75 %" in label
    remember(page, predicted=predicted(12, 80, 10))
    assert "So far your confidence fits." in part(page, "How sure, and how right")


def test_an_empty_record_says_what_will_be_there_and_where_to_begin(reader):
    page = reader().open(MINE)
    assert "1.1 A sum" in part(page, "What to look at next")
    for title in ("Right at the third try or later", "Mistakes that came twice"):
        assert "None so far" in part(page, title)
    for name in ("Export", "Clear"):
        assert page.get_by_role("button", name=name).is_disabled()
    assert page.get_by_role("button", name="Import").is_enabled()


def test_the_first_page_has_a_line_that_leads_on(reader):
    me = reader()
    say(me.open(ONE), "sum", "right")
    first = me.open("book/index")
    line = first.locator(".exercise-progress")
    assert "1 of 17 exercises solved. Next: 1.2 Two steps." in line.inner_text()
    line.get_by_role("link", name="Your progress").click()
    first.wait_for_url(f"**/{MINE}.html")
    assert first.get_by_role("table").count() == 1


def test_the_pages_are_sound_in_light_and_dark_and_fit_a_phone(reader):
    faults = []
    for scheme in ("light", "dark"):
        me = reader(color_scheme=scheme, viewport=PHONE, has_touch=True)
        page = me.open(ONE)
        faults += faults_of(page, f"{scheme}, asking")
        commit(page, "words", 70, "a seven")
        say(page, "sum", "wrong", "a", **SLIP)
        say(page, "last", "wrong", "b", **SLIP)
        mine = me.open(MINE)
        faults += faults_of(page, f"{scheme}, committed") + faults_of(mine, f"{scheme}, little")
        remember(mine, predicted=predicted(12, 90, 6))
        faults += faults_of(mine, f"{scheme}, much")
    assert faults == []


def faults_of(page, name: str) -> list[str]:
    """What axe-core finds wrong with a page, and whether it is too wide."""
    wait_until_faded(page)
    rules = ["wcag2a", "wcag2aa", "wcag22aa"]
    faults = accessibility_faults(page, rules, without="#pst-back-to-top")
    faults += ["wider than a phone"] * too_wide(page)
    return [f"{name}: {fault}" for fault in faults]


def test_a_finger_finds_the_buttons(reader):
    page = reader(viewport=PHONE, has_touch=True).open(ONE)
    labels = page.locator("#ex-steps .prediction-sure label").all()
    boxes = [label.bounding_box() for label in labels]
    assert all(box["height"] >= 32 and box["width"] >= 48 for box in boxes)
    page.locator("#ex-steps .prediction-sure label").nth(3).tap()
    assert page.locator("#ex-steps .prediction-sure input:checked").input_value() == "40"


def test_on_paper_the_record_is_there_and_nothing_to_press(reader):
    page = reader().open(MINE)
    remember(page, predicted=predicted(12, 90, 6))
    page.emulate_media(media="print")
    assert (
        page.locator("figure.picture-sure").is_visible() and page.get_by_role("table").count() == 2
    )
    assert not page.locator(".exercise-controls").is_visible()
    assert not page.get_by_role("heading", name="Take it along, or forget it").is_visible()


def test_without_scripts_the_page_says_what_it_needs(reader):
    me = reader(java_script_enabled=False)
    needed = me.open(MINE).locator("noscript .needs-scripts")
    assert needed.is_visible() and needed.inner_text() == "This part needs JavaScript."
    page = me.open(ONE)
    page.locator("details.reveal summary").first.click()
    assert page.get_by_text("The answer of steps.").is_visible()
    assert page.locator(".prediction, .prediction-right").count() == 0


def test_it_works_from_the_disk(chromium, folder):
    def is_counted() -> bool:
        page = chromium.new_page()
        page.goto((folder / f"{ONE}.html").as_uri())
        commit(page, "toss", 60, "up")
        assert made(page, "toss").endswith("(60 % sure). That was right.")
        page.goto((folder / f"{MINE}.html").as_uri())
        said = page.locator("article").inner_text()
        page.close()
        return "1 of 1 were right" in said

    assert forgetful_storage.holds(is_counted)
