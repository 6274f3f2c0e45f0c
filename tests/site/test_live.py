"""Live cells in a real Chromium against the real server: every chapter solved by typing, and all
that can go wrong.
"""

import json
import os
import re
import signal
import time
import urllib.error
from pathlib import Path
from pkgutil import resolve_name

import psutil
import pytest
import static_site
from accessibility import accessibility_faults, contrast_faults, too_wide, wait_until_faded
from bookkit.book.project import open_project
from bookkit.exercises.forms import fill
from bookkit.serve.server import serve
from bookkit.system.errors import BookError
from live_page import RUN, TOKEN, BookServer, LivePage, binder, book_server, jupyter_server
from the_book import lecture

PHONE = 390
ROOT = Path(__file__).parents[2]
PROJECT = open_project(ROOT, "quick")
PAGES = [page for page in lecture() if page.exercises]
CHAPTERS = [page.file for page in PAGES if page.above is None]
FIRST = CHAPTERS[0].with_suffix("").as_posix()
PID = "import os\nos.getpid()"
ADDRESS = f"/{FIRST}.html"
LIGHT = "/chapters/1-why-convolution/people.html"  # its set-up needs no PyTorch


@pytest.fixture(scope="module")
def server(book):
    with book_server(book) as running:
        yield running


@pytest.fixture(scope="module")
def reader(chromium, server):
    """A function that opens a page of the served book in a window that is logged in; all are left
    in the end.
    """
    opened: list[LivePage] = []

    def open_page(page: str = FIRST, width: int = 1300) -> LivePage:
        opened.append(window := LivePage(chromium, width))
        return window.open(f"{server.address}/{page}.html?token={server.token}")

    yield open_page
    for window in opened:
        window.close()


@pytest.fixture(scope="module")
def live(reader):
    """The first chapter, live, for tests that leave its kernel in order."""
    return reader().make_live()


@pytest.fixture(scope="module")
def elsewhere(site):
    """The address of the site on a server without kernels."""
    with static_site.served(site) as address:
        yield address


@pytest.fixture(scope="module")
def own_server(elsewhere, tmp_path_factory):
    """The address of the reader's own Jupyter server, which lets the pages of the other server
    in.
    """
    with jupyter_server(elsewhere, tmp_path_factory.mktemp("notebooks")) as address:
        yield address


def connect(window: LivePage, address: str, token: str) -> None:
    """Name a server in the panel's form."""
    window.page.get_by_label("Address of a Jupyter server").fill(address)
    window.page.get_by_label("Token").fill(token)
    window.press("Connect")


# That every solution is right, tests/chapters shows without a browser.
DAILY = "chapters/1-why-convolution/counting"
TYPED = [
    pytest.param(page, marks=[] if page.docname == DAILY else pytest.mark.soak, id=page.docname)
    for page in PAGES
]


@pytest.mark.parametrize("page", TYPED)
def test_a_page_is_solved_by_typing(reader, page):
    exercises = page.exercises
    window = reader(page.docname).make_live()
    assert window.page.locator(".exercise-form").count() == len(exercises)
    for exercise in exercises:
        window.type(window.exercise(exercise.id), fill(exercise.source, [None] * exercise.blanks))
    window.press("Run all")
    window.wait("busy")
    window.wait("ready", "failed", "lost", timeout=RUN)
    assert re.fullmatch(r"Ready on this computer\.", window.words), window.words
    for exercise in exercises:
        box = window.page.locator(f"#{exercise.label}")
        assert "exercise-right" in box.get_attribute("class"), (
            exercise.id,
            window.output(window.exercise(exercise.id)),
        )
        assert "Right" in box.locator(".admonition-title").inner_text()
    see_hint_of_a_wrong_answer(window, exercises)
    assert window.foreign() == []
    assert window.faults == []
    window.close()


ORDERED = "chapters/2-data/silent"


def test_lines_in_a_right_order_go_into_the_cell_and_the_check_agrees(reader):
    page = next(page for page in PAGES if page.docname == ORDERED)
    (exercise,) = (each for each in page.exercises if each.kind == "parsons")
    window = reader(page.docname).make_live()
    box = window.page.locator(f"#{exercise.label}")
    texts = [line.strip() for line in fill(exercise.source, [None]).splitlines() if line.strip()]
    lines = box.get_by_role("list", name="Lines in your order").locator("li")
    for text in set(lines.locator("code").all_inner_texts()) - set(texts):
        press(lines.locator("button.parsons-line", has_text=text), "Delete")
    for place, text in enumerate(text for text in texts if lines.filter(has_text=text).count()):
        while lines.locator("code").all_inner_texts().index(text) > place:
            press(lines.filter(has_text=text).locator("button.parsons-line"), "ArrowUp")
    box.get_by_role("button", name="Put them into the cell").click()
    assert "Right" in window.run(window.exercise(exercise.id))
    assert "exercise-right" in box.get_attribute("class")
    window.close()


def press(line, key: str) -> None:
    """Press a key on a line."""
    line.focus()
    line.press(key)


def see_hint_of_a_wrong_answer(window: LivePage, exercises: list) -> None:
    """Type the first listed wrong answer of the page's last exercise, and read what it draws."""
    exercise = exercises[-1]
    wrong = resolve_name(PROJECT.settings.exercises)[exercise.id].wrong[0]
    cell = window.exercise(exercise.id)
    window.type(cell, fill(exercise.source, wrong.typed))
    assert " ".join(wrong.hint.split()) in " ".join(window.run(cell).split())
    assert "exercise-wrong" in window.page.locator(f"#{exercise.label}").get_attribute("class")


def test_kernels_run_under_the_live_profile_in_an_empty_folder_of_their_own(live, server):
    shown = live.try_out(
        "import os, sys\n[os.environ['FIRSTCNN_PROFILE'], os.listdir(), sys.executable,"
        " os.getcwd(), os.environ['GOMP_SPINCOUNT']]"
    )
    profile, files, python, folder, waits = eval(shown)
    assert (profile, files, waits) == (PROJECT.settings.live.profile, [], "1000")
    assert os.path.samefile(Path(python).parent, Path(os.sys.executable).parent)
    assert not Path(folder).is_relative_to(ROOT)


def test_the_site_reads_without_a_token_and_kernels_need_it(server):
    assert b"Why convolution" in server.ask(ADDRESS, token=False)
    assert json.loads(server.ask("/live.json", token=False)) == {
        "kernels": "here",
        "allowed": False,
    }
    for path in ("/api/kernels", "/api/contents", "/files/pyproject.toml"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            server.ask(path, token=False)
        assert refused.value.code in (403, 404)


def test_the_token_does_not_stay_in_the_address(chromium, server):
    window = LivePage(chromium).open(server.login)
    window.page.wait_for_url("**/book/index.html")
    assert (
        window.page.evaluate("performance.getEntriesByType('navigation')[0].name").count("token")
        == 0
    )
    assert json.loads(window.page.evaluate("fetch('/live.json').then(r => r.text())"))["allowed"]
    window.close()


OUTPUTS = {
    "figure": (
        "figures.digits(train.images[:2], columns=2)",
        ".live-output img",
    ),
    "table": ("import pandas\npandas.DataFrame({'a': [1, 2]})", ".live-output .text_html table"),
    "formula": ("from IPython.display import Math\nMath('x^2')", ".live-output math msup"),
    "error": ("1 / 0", ".live-output pre:has-text('ZeroDivisionError')"),
    "bar": (
        "from tqdm import tqdm\nfor i in tqdm(range(3)): pass",
        ".live-output [data-mime-type$='stderr']",
    ),
    "colours": ("print('\\x1b[31mred\\x1b[0m')", ".live-output .ansi-red-fg"),
}


@pytest.mark.parametrize("kind", OUTPUTS)
def test_outputs_appear_under_their_own_cell(live, kind):
    code, selector = OUTPUTS[kind]
    live.try_out(code)
    live.cells.first.locator(selector).wait_for()
    assert live.page.locator(selector).count() == 1
    assert live.faults == []


def test_a_bar_is_one_line_that_is_written_over(live):
    assert (
        len(
            live.try_out("from tqdm import tqdm\nfor i in tqdm(range(3)): pass")
            .strip()
            .splitlines()
        )
        == 1
    )


def test_an_error_is_told_apart_without_colours(live):
    said = live.try_out("1 / 0")
    assert "ZeroDivisionError" in said and "\x1b" not in said
    assert live.cells.first.get_attribute("data-live") == "error"


@pytest.mark.parametrize(
    ("code", "entry"),
    [
        ("import torch; torch.zeros(2, 3) @ torch.zeros(4, 5)", "stuck.html#mat1-and-mat2"),
        ("{}['a']", "stuck.html"),
    ],
)
def test_an_error_leads_to_what_the_book_says_of_it_without_leaving_the_page(live, code, entry):
    live.try_out(code)
    link = live.cells.first.locator(".live-stuck a")
    link.wait_for()
    assert entry in link.get_attribute("href") and link.get_attribute("target") == "_blank"
    live.try_out("1")
    assert link.count() == 0


def test_the_printed_output_makes_way_and_comes_back(live):
    cell = live.page.locator(
        ".live-cell:not(.exercise-form):has(.cell_output:not(.live-output) pre)"
    ).first
    printed = cell.locator(".cell_output:not(.live-output)")
    before = printed.inner_text()
    live.type(cell, "print('mine')")
    assert live.run(cell).strip() == "mine"
    assert not printed.is_visible()
    cell.get_by_role("button", name="Reset").click()
    assert printed.inner_text() == before
    assert not cell.locator(".live-output").is_visible()


def test_solutions_are_never_run(live):
    assert live.page.locator(".tag_solution").count() > 0
    assert live.page.locator(".tag_solution .CodeMirror").count() == 0


def test_an_endless_loop_can_be_interrupted(live):
    live.type(live.cells.first, "while True: pass")
    live.run(live.cells.first, wait=False)
    live.wait("busy")
    live.press("Interrupt")
    live.wait("ready")
    assert "KeyboardInterrupt" in live.output(live.cells.first)
    assert live.try_out("print('still here')").strip() == "still here"


AT_ONCE = """async cell => {
  cell.querySelector(".live-run").click();
  await new Promise(resolve => setTimeout(resolve));
  [...document.querySelectorAll(".live-panel button")]
    .find(button => button.textContent === "Interrupt").click();
}"""


def test_an_interrupt_that_comes_before_the_kernel_has_begun_is_not_lost(live):
    live.type(live.cells.first, "while True: pass")
    for _ in range(5):
        live.cells.first.evaluate(AT_ONCE)
        live.wait_for_the_end(live.cells.first)
        assert "KeyboardInterrupt" in live.output(live.cells.first)
    assert live.try_out("print('still here')").strip() == "still here"


OUTSIDE = """import time
kernel = get_ipython().kernel
kernel.finish_metadata = lambda *_: (delattr(kernel, "finish_metadata"), time.sleep(600))
print("done")"""


def test_a_kernel_that_is_interrupted_outside_the_cells_code_and_never_replies_goes_on(live):
    live.type(live.cells.first, OUTSIDE)
    live.run(live.cells.first, wait=False)
    live.cells.first.locator(".live-output").get_by_text("done").wait_for()
    live.press("Interrupt")
    live.wait("ready")
    assert "KeyboardInterrupt: outside the cell’s own code" in live.output(live.cells.first)
    assert live.try_out("print('still here')").strip() == "still here"


def test_a_restart_forgets_and_sets_up_again(live):
    live.try_out("mine = 1")
    live.cells.first.get_by_role("button", name="Reset").click()
    live.press("Restart")
    live.wait("starting")
    live.wait("ready")
    assert "NameError" in live.try_out("mine")
    assert live.try_out("type(train).__name__").strip()  # the set-up's


def test_a_name_from_an_exercise_that_never_ran_is_told_with_the_exercise(live):
    name = "dense_parameters"
    assert "NameError" in live.try_out(name)
    remark = live.cells.first.locator(".live-remark")
    assert f"{name} comes from Exercise 1.1, which has not run yet." in remark.inner_text()


def test_running_all_above_passes_open_blanks_and_names_them(live):
    last = live.cells.last
    last.locator(".live-run").click()
    last.get_by_role("button", name="Run them first").wait_for()
    live.page.keyboard.press("Enter")  # the button has the focus
    remark = last.locator(".live-remark")
    remark.get_by_text("Still open above").wait_for(timeout=RUN)
    assert last.get_attribute("data-live") in ("ok", "error")
    assert remark.get_by_role("link", name="1.1").get_attribute("href") == "#ex-dense-parameters"


def test_run_all_passes_open_blanks_and_the_books_solutions_fill_them_in_without_counting(reader):
    window = reader().make_live()
    window.press("Run all")
    window.page.wait_for_function(
        "document.querySelector('.live-words').innerText.includes('still open')", timeout=RUN
    )
    assert "All has run" in window.words and "Stopped" not in window.said
    assert window.page.locator(".live-buttons").get_by_role("link").count() > 2
    window.press("Use the book’s solutions")
    box = window.page.locator(".exercise-right").first
    box.wait_for(timeout=RUN)
    window.wait("ready", timeout=RUN)
    assert window.page.evaluate("localStorage['solved-exercises'] ?? ''") == ""
    window.close()


FLOODS = {
    "lines": "i = 0\nwhile True:\n    i += 1; print(i)",
    "stderr": "import sys\nwhile True: print('e\\n' * 100, file=sys.stderr, flush=True)",
    "displays": "from IPython.display import display\nwhile True: display(1)",
    "one line": "while True: print('x' * 1000, end='')",
    "a bar": "i = 0\nwhile True:\n    i += 1; print(i, end='\\r')",
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_of_output_can_be_interrupted_and_leaves_the_page_alive(live, kind):
    cell, before = live.cells.first, [*live.faults]
    live.type(cell, FLOODS[kind])
    live.run(cell, wait=False)
    live.wait("busy")
    live.page.wait_for_timeout(700)
    live.press("Interrupt")
    assert live.wait("ready", timeout=60_000) == "ready"
    assert "KeyboardInterrupt" in live.output(cell) and len(live.output(cell)) < 250_000
    assert cell.locator(".live-cut").is_visible() == (kind != "a bar")
    assert live.faults == before
    cell.get_by_role("button", name="Reset").click()


def test_a_page_goes_on_when_the_message_that_the_kernel_is_idle_was_dropped(reader, server):
    window = reader().make_live()
    cell, kernel = window.cells.first, int(window.try_out(PID))
    window.type(cell, FLOODS["displays"])
    window.run(cell, wait=False)
    window.wait("busy")
    server.process.send_signal(signal.SIGSTOP)  # it reads nothing, and the kernel drops the rest
    try:
        time.sleep(3)
        os.kill(kernel, signal.SIGINT)
        time.sleep(2)
    finally:
        server.process.send_signal(signal.SIGCONT)
    window.wait("ready", timeout=60_000)
    assert "KeyboardInterrupt" in window.output(cell)
    cell.get_by_role("button", name="Reset").click()
    assert window.try_out("6 * 7").strip() == "42"
    window.close()


def test_output_is_cut_with_words_can_be_shown_whole_and_scrolls_in_a_box(live):
    cell = live.cells.first
    assert len(live.try_out("for i in range(20_000): print('line', i)").splitlines()) == 2000
    assert "18,000 lines" in cell.locator(".live-cut").inner_text()
    assert cell.locator(".live-output").bounding_box()["height"] < 600
    cell.get_by_role("button", name="Show all").click()
    assert "line 19999" in live.output(cell) and not cell.locator(".live-cut").is_visible()
    assert len(live.try_out("print('x' * 1_000_000)")) == 200_000


def test_a_cell_can_ask_for_text_in_the_open_and_for_a_password(live):
    live.type(live.cells.first, "from getpass import getpass\n[input('Name? '), getpass('Word? ')]")
    live.run(live.cells.first, wait=False)
    for typed in ("Ada", "secret"):
        field = live.page.locator(
            f".live-input input[type={'text' if typed == 'Ada' else 'password'}]"
        )
        field.wait_for()
        live.page.keyboard.insert_text(typed)
        live.page.keyboard.press("Enter")
    live.wait("ready")
    assert "Name? Ada\nWord? \n" in live.output(
        live.cells.first
    ) and "['Ada', 'secret']" in live.output(live.cells.first)
    assert live.page.locator(".live-input").count() == 0
    live.cells.first.get_by_role("button", name="Reset").click()


def test_ending_a_cell_with_system_exit_is_told_in_words_and_ends_the_cell_alone(live):
    live.try_out("kept = 5")
    assert live.try_out("import sys\nsys.exit(3)") == ""
    assert (
        "SystemExit, as from sys.exit(3)" in live.cells.first.locator(".live-remark").inner_text()
    )
    assert live.try_out("kept").strip() == "5"


def test_a_changed_set_up_that_does_not_end_is_named_and_can_be_interrupted_and_reset(live):
    cell = live.cells.first
    live.type(cell, "while True: pass")
    live.press("Restart")
    live.page.wait_for_function(
        "document.querySelector('.live-words').textContent.includes('which you have changed')"
    )
    live.press("Interrupt")
    live.wait("failed")
    assert "interrupted" in live.words
    live.page.get_by_role("button", name=re.compile("^Reset .* and restart$")).click()
    live.wait("ready")
    assert live.try_out("1 + 1").strip() == "2"


STUBBORN = """import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("deaf")
time.sleep(600)"""


def test_a_cell_that_does_not_stop_is_ended_by_a_restart_that_the_page_offers(live):
    cell = live.cells.nth(1)
    live.type(cell, STUBBORN)
    live.run(cell, wait=False)
    cell.locator(".live-output").get_by_text("deaf").wait_for()
    live.press("Interrupt")
    live.press("Interrupt")
    assert "does not stop" in live.words
    live.press("Restart Python")
    live.wait("starting")
    live.wait("ready")
    assert live.code(cell) == STUBBORN
    live.type(cell, "import time\ntime.sleep(7)\n1 + 1")  # longer than the page was to wait
    assert live.run(cell).strip() == "2"
    assert cell.locator(".live-remark").inner_text() == ""
    cell.get_by_role("button", name="Reset").click()


def test_exit_is_told_at_its_cell_and_python_started_anew(live):
    cell = live.cells.nth(1)
    live.type(cell, "exit()")
    live.run(cell, wait=False)
    live.wait("starting")
    live.wait("ready")
    assert "exit()" in live.words and "exit()" in cell.locator(".live-remark").inner_text()
    assert live.try_out("1 + 1").strip() == "2"
    cell.get_by_role("button", name="Reset").click()


def test_a_cell_is_edited_and_run_by_keyboard(live):
    cell = live.cells.first
    live.type(cell, "if True:")
    live.page.keyboard.press("Enter")
    live.page.keyboard.insert_text("print(6 * 7)")
    live.page.keyboard.press("Control+Enter")
    cell.locator(".live-output").get_by_text("42").wait_for()
    assert live.code(cell) == "if True:\n    print(6 * 7)"
    live.page.keyboard.press("Shift+Tab")
    assert live.code(cell) == "if True:\nprint(6 * 7)"
    live.page.keyboard.press("Tab")
    live.page.keyboard.press("Shift+Enter")
    in_cell = (
        "number => document.activeElement.closest('.live-cell') ==="
        " document.querySelectorAll('.live-cell')[number]"
    )
    assert live.page.evaluate(in_cell, 1)
    live.page.keyboard.press("Escape")
    assert live.page.evaluate("document.activeElement.classList.contains('live-run')")
    live.wait("ready")


CHANGED_BOOK = """document.addEventListener("readystatechange", () => {
    document.querySelectorAll("article .cell_input pre")[2].prepend("the_book_has_changed ");
}, { once: true });"""


def test_edits_survive_a_reload_and_are_not_put_over_other_code(reader):
    window = reader().make_live()
    original = window.code(window.cells.nth(1))
    for number in (1, 2):
        window.type(window.cells.nth(number), "print('kept')")
    window.page.add_init_script(CHANGED_BOOK)
    window.page.reload()
    window.make_live()
    assert window.code(window.cells.nth(1)) == "print('kept')"
    assert window.code(window.cells.nth(2)).startswith("the_book_has_changed")
    window.unfold(window.cells.nth(1))
    window.cells.nth(1).get_by_role("button", name="Reset").click()
    assert window.code(window.cells.nth(1)) == original
    assert (
        window.page.evaluate(
            "Object.keys(JSON.parse(localStorage['live-edits:" + FIRST + "'])).length"
        )
        == 1
    )
    window.close()


KILL = "import os\nos.kill(os.getpid(), 9)"
IS_DEAD = "document.querySelector('.live-panel').dataset.kind === 'died'"  # for a moment only


# What Jupyter's library says in the console of what it has asked a kernel that is gone
OF_DEAD_KERNELS = ("Connection lost", "Canceled future for kernel_info_request")


def test_a_killed_kernel_is_told_and_replaced(reader):
    window = reader().make_live()
    second = window.cells.nth(1)
    window.type(second, KILL)
    window.run(second, wait=False)
    window.page.wait_for_function(IS_DEAD)
    assert "Python ended while cell 2 ran" in window.words and "os.kill" in window.words
    assert "Python ended while this cell ran" in second.locator(".live-remark").inner_text()
    window.wait("ready")
    assert "run the cells again" in window.words
    assert window.code(second) == KILL
    assert window.try_out("type(train).__name__").strip()  # the set-up has run
    window.type(window.cells.first, KILL)  # the set-up itself
    window.run(window.cells.first, wait=False)
    window.page.wait_for_function(IS_DEAD)
    window.wait("ready")
    assert "change or reset cell 1" in window.words  # and it is not run again and again
    ours = [f for f in window.faults if not any(words in f for words in OF_DEAD_KERNELS)]
    assert ours == []
    window.close()


def test_each_page_has_a_kernel_of_its_own_which_ends_when_the_page_is_left(reader, live, server):
    window = reader()
    window.page.locator(".live-start").focus()
    window.page.keyboard.press("Enter")
    window.wait("ready")
    mine = int(window.try_out(PID))
    assert mine != int(live.try_out(PID))
    window.page.goto(f"{server.address}/book/index.html")
    window.page.wait_for_timeout(1000)
    for _ in range(100):
        if not psutil.pid_exists(mine):
            return
        window.page.wait_for_timeout(100)
    raise AssertionError("the kernel still runs")


def test_a_server_that_ends_is_told_and_ends_its_kernels(chromium, book):
    running = BookServer(book)
    window = LivePage(chromium).open(f"{running.address}{LIGHT}?token={running.token}")
    kernel = int(window.make_live().try_out(PID))
    assert running.stop() == 0
    assert not psutil.pid_exists(kernel)
    window.wait("reconnecting", "lost")
    window.cells.first.locator(".live-run").click()
    assert "Nothing was run" in window.cells.first.locator(".live-remark").inner_text()
    window.press("Start a new kernel")
    assert window.wait("failed", "lost") == "failed"
    assert "No server answers" in window.words and "make serve" in window.said
    window.close()


def test_without_a_kernel_of_its_own_the_page_asks_where_to_run(chromium, elsewhere, own_server):
    window = LivePage(chromium).open(elsewhere + LIGHT)
    window.page.locator(".live-start").click()
    assert window.wait("choose") == "choose"
    connect(window, own_server, "wrong")
    assert window.wait("failed") == "failed" and "refused the token" in window.words
    connect(window, "http://127.0.0.1:9/", TOKEN)
    window.page.get_by_text("No server answers").wait_for()
    connect(window, elsewhere, TOKEN)
    window.page.get_by_text("is not a Jupyter server").wait_for()
    connect(window, f"{own_server}lab?token={TOKEN}", "")
    assert window.wait("ready", "failed") == "ready", window.said
    assert window.try_out("import os\nos.environ['FIRSTCNN_PROFILE']").strip() == "'quick'"
    assert (
        window.page.evaluate(
            "Object.values(localStorage).join().includes(arguments)".replace(
                "arguments", f"'{TOKEN}'"
            )
        )
        is False
    )
    window.page.reload()
    window.make_live()  # the tab remembers
    window.close()


def test_a_server_that_keeps_pages_of_other_origins_out(chromium, elsewhere, server):
    window = LivePage(chromium).open(elsewhere + LIGHT)
    window.page.locator(".live-start").click()
    connect(window, server.address, server.token)
    window.page.get_by_text("does not let this page in").wait_for()
    assert "allow_origin" in window.said
    window.close()


def test_without_the_token_the_page_says_which_address_to_open(chromium, server):
    window = LivePage(chromium).open(server.address + LIGHT)
    window.page.locator(".live-start").click()
    assert window.wait("failed") == "failed" and "make serve" in window.said
    connect(window, server.address, server.token)
    assert window.wait("ready", "failed") == "ready"
    window.close()


def with_binder(window: LivePage, hub: str) -> LivePage:
    """Let the book's pages know a BinderHub."""
    binder_settings = json.dumps({"hub": hub, "repository": "somebody/book", "ref": "published"})
    before_scripts = """document.addEventListener("readystatechange", () => {
        const place = document.getElementById("live-settings");
        place.textContent = JSON.stringify({ ...JSON.parse(place.textContent), binder: SETTINGS });
    }, { once: true });"""
    window.page.add_init_script(before_scripts.replace("SETTINGS", binder_settings))
    return window


def test_binder_starts_a_server(chromium, elsewhere, own_server):
    phases = [
        {"phase": "building", "message": "Step 1"},
        {"phase": "ready", "url": own_server, "token": TOKEN},
    ]
    with binder(*phases) as hub:
        window = with_binder(LivePage(chromium), hub).open(elsewhere + LIGHT)
        window.page.locator(".live-start").click()
        window.press("Run on Binder")
        assert window.wait("ready", "failed") == "ready", window.said
        assert f"{hub}/build/gh/somebody/book/published" in window.requests
        assert window.faults == []
    window.close()


@pytest.mark.parametrize(
    "events", [[{"phase": "failed", "message": "no space"}], []], ids=["failed", "full"]
)
def test_binder_fails_in_words(chromium, elsewhere, events):
    with binder(*events) as hub:
        window = with_binder(LivePage(chromium), hub).open(elsewhere + LIGHT)
        window.page.locator(".live-start").click()
        window.press("Run on Binder")
        assert window.wait("failed") == "failed"
        assert ("no space" if events else "is full") in window.words and "make serve" in window.said
    window.close()


def test_without_a_published_repository_binder_is_not_offered(chromium, elsewhere):
    window = LivePage(chromium).open(elsewhere + LIGHT)
    window.page.locator(".live-start").click()
    window.wait("choose")
    assert "Binder" not in window.said
    window.close()


def test_a_live_page_is_accessible_wide_and_on_a_phone_in_light_and_dark(live):
    live.page.locator(".live-help summary").click()
    live.try_out("import pandas\nprint('text')\npandas.DataFrame({'a': [1]})")
    faults, measured = [], set()
    for width in (1300, PHONE):
        live.page.set_viewport_size({"width": width, "height": 844})
        live.page.wait_for_timeout(1000)  # the theme looks anew at what scrolls
        faults += [f"too wide at {width}"] * too_wide(live.page)
        faults += [
            f"{width} light: {fault}"
            for fault in accessibility_faults(live.page, measured=measured)
        ]
        live.page.emulate_media(color_scheme="dark")
        wait_until_faded(live.page)
        faults += [
            f"{width} dark: {fault}" for fault in contrast_faults(live.page, measured=measured)
        ]
        live.page.emulate_media(color_scheme="light")
        wait_until_faded(live.page)
    live.page.set_viewport_size({"width": 1300, "height": 900})
    live.page.emulate_media(color_scheme="light")
    assert faults == []


def test_the_panel_is_heard(reader):
    panel = reader().page.locator(".live-panel")
    assert panel.get_attribute("aria-label") == "Live cells"
    assert (
        panel.get_by_role("status").inner_text() == "The code on this page can be changed and run."
    )


def test_what_is_loaded_before_the_click_is_small(reader):
    window = reader()
    assert not [url for url in window.requests if "/thebe/" in url or "live/main" in url]
    window.close()


def test_from_disk_the_panel_says_how_to_get_live_cells(chromium, site):
    window = LivePage(chromium).open((site / f"{FIRST}.html").as_uri())
    assert "make serve" in window.said
    assert window.page.locator(".live-panel button").count() == 0
    assert window.faults == []
    window.close()


def test_without_javascript_there_is_no_panel(chromium, elsewhere):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(elsewhere + LIGHT)
    assert page.locator(".live-panel >> visible=true").count() == 0
    context.close()


def test_no_site_yet(tmp_path):
    for name in ("pyproject.toml", "_config.yml", "_toc.yml"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(BookError, match="run `make book` first"):
        serve(open_project(tmp_path, "quick"), 0, print)


def test_a_taken_port(book, server):
    taken = int(server.address.rpartition(":")[2])
    with pytest.raises(BookError, match=f"Port {taken} cannot be used .*PORT=0"):
        serve(open_project(book, "quick"), taken, print)
