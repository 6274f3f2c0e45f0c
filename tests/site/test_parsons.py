"""Lines that readers put in order: by mouse, by touch, by keyboard alone, heard and seen, in both
editions, from a server and from the disk.
"""

import json

import pytest
import static_site
from accessibility import accessibility_faults, too_wide, wait_until_faded
from bookkit.exercises.parsons import read_problem
from looks import in_two_windows
from toy_book import ToyBook
from toy_parsons import LOOP, as_parsons

RULES = ["wcag2a", "wcag2aa", "wcag22aa"]
PROBLEM = read_problem(LOOP)
RIGHT = list(zip(PROBLEM.lines, PROBLEM.levels, strict=True))
EXTRA = PROBLEM.distractors[0][0]
REASON = "That is the reason of the clearing."
UNTIL_SCROLLED = """() => new Promise((done) => {  // a page goes on for a while after a finger's flick
  let [last, still] = [null, 0];
  const look = () => {
    [last, still] = [scrollY, scrollY === last ? still + 1 : 0];
    still < 10 ? requestAnimationFrame(look) : done();
  };
  look();
})"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A book with lines to be put in order, in both editions."""
    book = ToyBook(tmp_path_factory.mktemp("parsons"))
    as_parsons(book)
    said = [book.build(), book.build("--edition", "course")]
    assert [done.returncode for done in said] == [0, 0], said
    return book.root / "_build"


@pytest.fixture(scope="module")
def address(toy):
    with static_site.served(toy) as address:
        yield address


@pytest.fixture
def reader(chromium, address):
    """A function that opens the page in a browser of its own; it ends with no error reported."""
    contexts, errors = [], []

    def new(edition: str = "html", place: str = "", **options) -> "Reader":
        contexts.append(chromium.new_context(**options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{place or address}/{edition}/1-one.html", wait_until="load")
        return Reader(page)

    yield new
    for context in contexts:
        context.close()
    assert errors == []


class Reader:
    """Somebody in front of the lines."""

    def __init__(self, page):
        self.page = page
        self.box = page.locator("#ex-loop")
        self.list = self.box.get_by_role("list", name="Lines in your order")

    @property
    def lines(self) -> list[tuple[str, int]]:
        """The lines as they are now, each with its level."""
        return self.list.evaluate("list => [...list.children].map((li) => [li.text, li.level])")

    @property
    def texts(self) -> list[str]:
        return [text for text, _ in self.lines]

    def line(self, text: str):
        """The button of a line, wherever it is."""
        item = self.box.locator(".parsons li", has_text=text.split("\n")[0])
        return item.locator("button.parsons-line")

    def heard(self) -> str:
        return self.box.locator(".parsons-spoken").inner_text()

    def said(self) -> str:
        return self.box.locator(".parsons-says").inner_text()

    def check(self) -> str:
        self.box.get_by_role("button", name="Check", exact=True).click()
        return self.said()

    def arrange(self, wanted=tuple(RIGHT), press=None) -> None:
        """Put lines in an order by keyboard; leave out all others."""
        press = press or self.page.keyboard.press
        for text in set(self.texts) - {text for text, _ in wanted}:
            self.line(text).focus()
            press("Delete")
        for place, (text, level) in enumerate(wanted):
            self.line(text).focus()
            for _ in range(self.texts.index(text) - place):
                press("ArrowUp")
            now = dict(map(tuple, self.lines))[text]
            for _ in range(abs(level - now)):
                press("ArrowRight" if level > now else "ArrowLeft")
        assert self.lines == [list(each) for each in wanted]


DAMAGE = """([lines, of]) => {
  const orders = JSON.parse(localStorage.getItem("exercise-orders"));
  Object.assign(orders.loop, { lines }, of === null ? {} : { of });
  localStorage.setItem("exercise-orders", JSON.stringify(orders));
}"""


def solved(page) -> dict:
    """What the browser keeps of solved exercises."""
    return json.loads(page.evaluate("localStorage.getItem('solved-exercises')") or "{}")


def test_the_lines_begin_shuffled_and_not_indented(reader):
    me = reader()
    assert sorted(me.texts) == sorted([*PROBLEM.lines, EXTRA])
    assert all(level == 0 for _, level in me.lines)
    assert me.check().startswith("Not yet.") and solved(me.page) == {}


@pytest.mark.parametrize("edition", ["html", "course/html"])
def test_by_keyboard_alone_the_lines_come_in_order_and_count_as_solved(reader, edition):
    me = reader(edition)
    me.arrange()
    assert me.check() == "Right. The lines are in a right order."
    assert "loop" in solved(me.page)
    assert "1 of 2 exercises solved" in me.page.locator(".exercise-progress").inner_text()
    assert "exercise-right" in me.box.get_attribute("class")
    me.page.reload()
    assert "Solved" in me.box.locator(".solved-words").inner_text()
    assert me.lines == [list(each) for each in RIGHT]
    assert me.check() == "Right. The lines are in a right order."


@pytest.mark.parametrize(
    "kept", ["[[99, 0]]", "[[0, 0], [0, 0]]", "[]"], ids=["no such line", "twice", "other lines"]
)
def test_an_order_that_does_not_fit_the_lines_is_passed_over(reader, kept):
    me = reader()
    before = me.texts
    of = "0" if kept == "[]" else None
    me.line(before[0]).focus()
    me.page.keyboard.press("ArrowDown")
    assert me.texts != before
    me.page.evaluate(DAMAGE, [json.loads(kept), of])
    me.page.reload()
    assert me.texts == before


def test_the_keyboard_reaches_everything_by_tab(reader):
    me = reader()
    keyboard = me.page.keyboard
    me.line(me.texts[0]).focus()
    names = []
    while not names or names[-1] != "Check":
        keyboard.press("Tab")
        names.append(named(me.page))
        assert len(names) < 15
    assert names[1] == f"Line 2 of 6: {me.texts[1]}"
    assert names[0::2] == ["Move up"] * 6
    keyboard.press("Enter")
    assert me.said().startswith("Not yet.")
    keyboard.press("Shift+Tab")
    found = [named(me.page)]
    for _ in range(5):
        keyboard.press("ArrowRight")
        found.append(named(me.page))
    tools = ["Move up", "Move down", "Indent", "Indent less", "Leave out or put back"]
    assert found == [*tools, "Move up"]
    keyboard.press("ArrowLeft")
    keyboard.press("Enter")
    assert len(me.texts) == 5 and named(me.page) == tools[-1]


def named(page) -> str:
    """The name of what has the focus."""
    return page.evaluate(
        "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    )


def test_each_other_right_order_is_right(reader):
    me = reader()
    for order in PROBLEM.orders[1:]:
        me.arrange([(PROBLEM.lines[index], level) for level, index in order])
        assert me.check().startswith("Right.")


def test_what_is_wrong_first_is_said_with_its_reason(reader):
    me = reader()
    head, clear, double, append, result = RIGHT
    me.arrange([head, double, append, clear, result])
    said = me.check()
    assert said.startswith("Not yet. Lines 1 to 3 are right so far. Line 4, seen.clear(), cannot")
    assert said.endswith(REASON)
    assert me.box.locator(".parsons-wrong").count() == 1
    me.page.keyboard.press("ArrowUp")
    me.line(append[0]).focus()
    me.page.keyboard.press("ArrowUp")
    assert me.said() == "", "what was said of another order is gone"


def test_wrong_indentation_missing_lines_and_lines_too_many_are_told_apart(reader):
    me = reader()
    me.arrange([RIGHT[0], (RIGHT[1][0], 0), *RIGHT[2:]])
    assert "Line 2, seen.clear(), may come here, but its indentation is wrong." in me.check()
    me.line(RIGHT[1][0]).focus()
    me.page.keyboard.press("ArrowRight")
    me.line(RIGHT[4][0]).focus()
    me.page.keyboard.press("Delete")
    assert "These lines are right so far, but one that is left out is needed." in me.check()
    me.page.keyboard.press("Tab")
    me.line(RIGHT[4][0]).focus()
    me.page.keyboard.press("Delete")
    me.page.keyboard.press("ArrowRight")
    me.line(EXTRA).focus()
    me.page.keyboard.press("Delete")
    assert f"Line 6, {EXTRA}, does not belong there. That is the reason" in me.check()


def test_a_course_says_which_line_and_no_reason(reader):
    me = reader("course/html")
    head, clear, double, append, result = RIGHT
    me.arrange([head, double, append, clear, result])
    assert me.check().endswith("Line 4, seen.clear(), cannot come next.")
    assert REASON not in me.page.content()


def test_every_move_is_heard(reader):
    me = reader()
    first, second = me.texts[:2]
    me.line(second).focus()
    me.page.keyboard.press("ArrowUp")
    assert me.heard() == f"Line 2 of 6: {second}. Moved to place 1."
    me.page.keyboard.press("ArrowUp")
    assert me.heard() == f"Line 1 of 6: {second}. It is the first one."
    me.page.keyboard.press("ArrowRight")
    assert me.heard() == f"Line 1 of 6: {second}. Now indented by 1 step."
    me.page.keyboard.press("Delete")
    assert me.heard() == f"Line 1 of 6: {second}, indented by 1 step. Left out."
    me.page.keyboard.press("Delete")
    assert me.heard() == f"Left out: {second}. Put back: Line 6 of 6: {second}."
    assert me.texts[0] == first
    assert me.box.locator(".parsons-spoken").get_attribute("role") == "status"
    assert me.page.evaluate("document.activeElement.className") == "parsons-line"


def test_the_buttons_do_what_their_names_say_and_keep_the_focus(reader):
    me = reader()
    text = me.texts[2]
    me.line(text).click()
    for name, place, level in (("Move up", 1, 0), ("Move down", 2, 0), ("Indent", 2, 1)):
        me.box.get_by_role("button", name=name, exact=True).click()
        assert me.lines[place] == [text, level]
        assert me.page.evaluate("document.activeElement.ariaLabel") == name
    me.box.get_by_role("button", name="Indent less").click()
    me.box.get_by_role("button", name="Leave out or put back").click()
    assert text not in me.texts
    assert me.page.evaluate("document.activeElement.ariaLabel") == "Leave out or put back"
    me.box.get_by_role("button", name="Leave out or put back").click()
    assert me.lines[-1] == [text, 0]


def test_names_in_the_accessibility_tree(reader):
    me = reader()
    me.line(me.texts[0]).focus()
    tree = me.box.locator(".parsons").aria_snapshot()
    for number, text in enumerate(me.texts, start=1):
        assert f'button "Line {number} of 6: {" ".join(text.split())}"' in tree
    for name in ("Lines in your order", "Lines left out", f"Move {me.texts[0]}"):
        assert f'"{name}"' in tree, name


def middle(box: dict) -> tuple[float, float]:
    return box["x"] + 20, box["y"] + box["height"] / 2


def test_a_mouse_drags_lines_to_a_place_a_level_and_out(reader):
    me = reader(viewport={"width": 1300, "height": 1200})
    text = me.texts[4]
    begin, goal = (middle(me.line(each).bounding_box()) for each in (text, me.texts[1]))
    mouse = me.page.mouse
    mouse.move(*begin)
    mouse.down()
    mouse.move(begin[0], goal[1] + 3, steps=8)
    mouse.move(begin[0], goal[1] - 3, steps=2)
    mouse.move(begin[0] + 34, goal[1] - 3, steps=4)
    mouse.up()
    assert me.lines[1] == [text, 1]
    mouse.move(begin[0], goal[1] + 200, steps=4)
    assert me.lines[1] == [text, 1], "the button is up"
    out = me.box.get_by_role("list", name="Lines left out").bounding_box()
    mouse.move(*middle(me.line(text).bounding_box()))
    mouse.down()
    mouse.move(*middle(out), steps=10)
    mouse.up()
    assert text not in me.texts and len(me.texts) == 5


def test_a_finger_drags_by_the_grip_and_scrolls_elsewhere(reader):
    me = reader(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    text, goal = me.texts[3], me.texts[0]
    me.line(goal).scroll_into_view_if_needed()
    grip = me.line(text).locator(".parsons-grip")
    begin, end = middle(grip.bounding_box()), middle(me.line(goal).bounding_box())
    touch(me.page, (begin[0], begin[1]), (begin[0], end[1] - 4))
    assert me.texts[0] == text
    before = list(me.texts)
    code = me.line(before[2]).locator("code").bounding_box()
    x, y = code["x"] + code["width"] / 2, code["y"] + code["height"] / 2
    above = me.page.evaluate("scrollY")
    touch(me.page, (x, y), (x, y - 120))
    me.page.evaluate(UNTIL_SCROLLED)
    assert me.texts == before and me.page.evaluate("scrollY") >= above + 100
    me.line(before[2]).tap()
    me.box.get_by_role("button", name="Move up", exact=True).tap()
    assert me.texts[1] == before[2]


def touch(page, begin: tuple[float, float], end: tuple[float, float], steps: int = 10) -> None:
    """Move a finger from one place to another."""
    session = page.context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        found = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": found})

    send("touchStart", begin)
    for k in range(1, steps + 1):
        part = k / steps
        send("touchMove", tuple(a + part * (b - a) for a, b in zip(begin, end, strict=True)))
    send("touchEnd")


def test_targets_are_large_enough_for_a_finger(reader):
    me = reader(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    me.line(me.texts[0]).tap()
    for each in me.box.locator(".parsons button:visible, .parsons-grip:visible").all():
        size = each.bounding_box()
        assert size["height"] >= 44 and size["width"] >= 44, each.inner_text()


@in_two_windows
def test_the_page_is_sound_and_fits(reader, scheme, width):
    me = reader(color_scheme=scheme, viewport={"width": width, "height": 844})
    me.line(me.texts[1]).focus()
    me.page.keyboard.press("Delete")
    me.line(me.texts[2]).focus()
    for _ in range(4):
        me.page.keyboard.press("ArrowRight")
    me.check()
    wait_until_faded(me.page)
    assert accessibility_faults(me.page, RULES, part="#ex-loop") == []
    assert not too_wide(me.page)
    inner = me.box.locator(".parsons").evaluate(
        "part => [...part.querySelectorAll('*')].filter((each) => each.getBoundingClientRect().right"
        " > part.getBoundingClientRect().right + 1 && each.checkVisibility()"
        " && !each.matches('.parsons-spoken')).length"
    )
    assert inner == 0


def test_it_works_from_the_disk(reader, toy):
    me = reader(place=toy.as_uri())
    me.arrange()
    assert me.check().startswith("Right.") and "loop" in solved(me.page)


def test_without_scripts_the_lines_are_a_list_with_what_to_do(reader):
    me = reader(java_script_enabled=False)
    box = me.page.locator("#ex-loop .parsons")
    assert box.locator("ol > li").count() == 6 and box.locator("button").count() == 0
    assert "Put these lines in order" in box.inner_text()
    assert "leave it out" in box.inner_text()
    fold = me.page.locator("#ex-loop + .tag_solution details")
    assert fold.get_attribute("open") is None


def test_paper_has_the_lines_and_none_of_the_buttons(reader):
    me = reader()
    me.page.emulate_media(media="print")
    for hidden in (".parsons-buttons", ".parsons-tools", ".parsons-help", ".parsons-grip"):
        assert me.box.locator(f"{hidden}:visible").count() == 0, hidden
    assert me.box.locator(".parsons-lines code:visible").count() == 6


def test_lines_without_a_block_have_no_buttons_to_indent(reader):
    me = reader()
    box = me.page.locator("#ex-ordered")
    box.locator("button.parsons-line").first.focus()
    names = [
        each.get_attribute("aria-label") for each in box.locator(".parsons-tools button").all()
    ]
    assert names == ["Move up", "Move down"]
    assert box.get_by_text("Left out").count() == 0


def test_the_code_goes_into_the_live_cell_where_there_is_one(reader):
    me = reader()
    me.arrange()
    put = me.box.locator(".parsons-put")
    assert not put.is_visible()
    me.page.evaluate(
        "document.documentElement.classList.add('live-page');"
        "document.addEventListener('exercise-ordered', ({ detail }) => (window.told = detail))"
    )
    put.click()
    told = me.page.evaluate("window.told")
    assert told["exercise"] == "loop"
    found: dict = {}
    exec(told["code"].replace('check("loop", doubled)', ""), found)
    assert found["doubled"]([1, 2]) == 4
    assert told["code"].startswith("# Exercise 1.1\ndef doubled(numbers):\n    seen = [0]\n    for")


def test_a_verdict_is_told_as_for_other_exercises(reader):
    me = reader()
    me.page.evaluate(
        "window.told = []; document.addEventListener('exercise-verdict',"
        " ({ detail }) => window.told.push([detail.exercise, detail.verdict, detail.byBook]))"
    )
    me.check()
    me.arrange()
    me.check()
    assert me.page.evaluate("window.told") == [["loop", "wrong", False], ["loop", "right", False]]
