"""Which exercises are solved, and what was predicted: kept in the browser, shown, exported,
imported, cleared.
"""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import forgetful_storage
import pytest
import static_site
from accessibility import accessibility_faults, too_wide, wait_until_faded
from bookkit.book.chapters import docname
from bookkit.book.project import open_project
from bookkit.system.processes import tool

ROOT = Path(__file__).parents[2]
CHAPTER_PAGE, OVERVIEW = "chapters/2-data.html", "book/start/progress.html"
BOOK = "Your First CNN"
TITLES = {
    "load": "2.1 Open both files",
    "shuffled": "2.2 Who shuffles?",
    "side": "2.3 How long is the side?",
}
INDEX = {
    "book": BOOK,
    "overview": "book/start/progress",
    "chapters": [
        {"page": "chapters/2-data", "title": "2. The data", "exercises": list(TITLES)},
        {
            "page": "chapters/3-architecture",
            "title": "3. Building the network",
            "exercises": ["relu"],
        },
    ],
    "titles": {**TITLES, "relu": "3.1 Where is it zero?"},
    "pages": {**dict.fromkeys(TITLES, "chapters/2-data"), "relu": "chapters/3-architecture"},
}
FORM = """
<div class="admonition exercise" id="ex-{id}" data-exercise="{id}"{kind}>
<p class="admonition-title">Exercise {title}</p>
<div class="cell exercise-form docutils container" data-exercise="{id}"><div class="cell_input docutils container">
<div class="highlight-ipython3 notranslate"><div class="highlight"><pre># Exercise {title}
answer = _____________  # blank 1 of 1: {hint}
check("{id}", answer)</pre></div></div></div></div></div>
<div class="cell tag_exercise tag_solution tag_hide-cell docutils container" id="solution-{id}">
<details class="admonition hide above-input"><summary aria-label="Toggle hidden content">
<p class="collapsed admonition-title">Show the solution</p><p class="expanded admonition-title">Hide the solution</p>
</summary><div class="cell_input docutils container"><pre>answer = 1</pre></div></details></div>
"""
REVEAL = """
<details class="sd-sphinx-override sd-dropdown sd-card sd-mb-3 reveal" id="reveal-{id}">
<summary class="sd-summary-title sd-card-header"><span class="sd-summary-text">Reveal: what happens</span></summary>
<div class="sd-summary-content sd-card-body docutils"><p class="sd-card-text">The answer is {id}.</p></div></details>
"""
PROGRESS = '<div class="exercise-progress" data-show="{}" hidden></div>'


def exercise(id: str, hint: str = "a number", kind: str = "") -> str:
    """An exercise with its solution; one to be predicted has a reveal."""
    number, title = TITLES[id].split(" ", 1)
    kind_of = f' data-kind="{kind}"' if kind else ""
    form = FORM.format(id=id, title=f"{number}: {title}", hint=hint, kind=kind_of)
    return form + (REVEAL.format(id=id) if kind else "")


CHAPTER = [
    exercise("load"),
    exercise("shuffled", '"higher", "lower" or "the same"', "predict"),
    exercise("side", "how many pixels", "predict"),
]


def chapter(site: Path, index: dict = INDEX, exercises: list[str] = CHAPTER) -> str:
    """The HTML of a chapter."""
    body = (
        "<section id='the-data'><h1>The"
        f" data</h1>{PROGRESS.format('chapter')}{''.join(exercises)}</section>"
    )
    return dressed(site / "chapters" / "2-data.html", body, {**index, "page": "chapters/2-data"})


def overview(site: Path, index: dict = INDEX) -> str:
    """The HTML of the page that shows the progress in the book."""
    body = f"<section id='your-progress'><h1>Yours</h1>{PROGRESS.format('book')}</section>"
    return dressed(site / OVERVIEW, body, {**index, "page": "book/start/progress"})


def dressed(file: Path, body: str, index: dict) -> str:
    """A built page with another article in it."""
    script = f'<script type="application/json" id="exercise-index">{json.dumps(index)}</script>'
    page = re.sub(
        r'<script type="application/json" id="exercise-index">.*?</script>',
        "",
        file.read_text("utf-8"),
    )
    page = re.sub(
        r'<a class="reference internal nav-link" href="#[^"]*">.*?</a>', "", page
    )  # to places of the old one
    before, article, rest = page.partition('<article class="bd-article">')
    return before + article + body + script + rest[rest.index("</article>") :]


class WithOwnPages(static_site.Quiet):
    """A server of the site, in which the pages of the last reader take the place of the book's."""

    own: ClassVar[dict[str, Callable[[], str]]] = {}

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/")
        if path not in self.own:
            super().do_GET()
            return
        body = self.own[path]().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def address(site):
    """The address of the site on a server of this machine."""
    with static_site.served(site, WithOwnPages) as address:
        yield address


@pytest.fixture(scope="module")
def usual(chromium):
    """The browser of a reader who has been here before, so that files need not be fetched again."""
    context = chromium.new_context()
    yield context
    context.close()


@pytest.fixture
def reader(chromium, usual, site, address):
    """A reader: opens pages, which have exercises of their own in place of the book's; begins with
    an empty storage and ends with no error reported.

    One with options, or if asked for, has a browser of their own.
    """
    readers = []

    def new(own: bool = False, **options):
        context = chromium.new_context(**options) if own or options else usual
        readers.append(Reader(context, site, address))
        return readers[-1]

    yield new
    WithOwnPages.own = {}
    errors = [error for each in readers for error in each.errors]
    for each in readers:
        if each.context is usual:
            each.forget()
        else:
            each.context.close()
    assert errors == []


class Reader:
    """A browser of one reader, with a storage of its own."""

    def __init__(self, context, site: Path, address: str):
        self.context, self.address, self.errors = context, address, []
        self.index, self.exercises = INDEX, CHAPTER
        WithOwnPages.own = {
            CHAPTER_PAGE: lambda: chapter(site, self.index, self.exercises),
            OVERVIEW: lambda: overview(site, self.index),
        }

    def open(self, name: str):
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(f"{self.address}/{name}", wait_until="load")
        return page

    def forget(self) -> None:
        """Close all pages, and leave nothing in the storage."""
        page = self.context.new_page()
        page.goto(f"{self.address}/live.json")
        page.evaluate("localStorage.clear(), sessionStorage.clear()")
        for each in self.context.pages:
            each.close()


def verdict(page, exercise: str, kind: str = "right") -> None:
    """What the live cells dispatch when a check answers."""
    detail = {"exercise": exercise, "verdict": kind, "text": "…"}
    page.evaluate(
        "detail => document.dispatchEvent(new CustomEvent('exercise-verdict', {detail}))", detail
    )


def progress(page) -> str:
    return " ".join(page.locator(".exercise-progress").inner_text().split())


def kept(page) -> dict:
    """What the browser keeps."""
    keys = ["solved-exercises", "exercise-predictions", "exercise-tries"]
    return {
        key: json.loads(page.evaluate("key => localStorage.getItem(key)", key) or "{}")
        for key in keys
    }


def import_text(page, text: str | bytes) -> str:
    """Import a file; return what the page says."""
    says = page.locator(".exercise-says")
    says.evaluate("element => element.replaceChildren()")
    content = text if isinstance(text, bytes) else text.encode()
    file = {"name": "exercises.json", "mimeType": "application/json", "buffer": content}
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import").click()
    chooser.value.set_files(file)
    page.wait_for_function("document.querySelector('.exercise-says').textContent !== ''")
    return says.inner_text()


def export(page) -> dict:
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "your-first-cnn-exercises.json"
    return json.loads(Path(download.value.path()).read_text(encoding="utf-8"))


def clear(page) -> None:
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Forget").click()


def test_records_are_read_joined_and_counted():
    command = [tool("node"), "--test", str(Path(__file__).with_name("exercise_record.test.mjs"))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_exercise_of_the_book_is_counted_where_it_stands(pages, site):
    index = json.loads(pages[site / "book" / "index.html"].find(id="exercise-index").get_text())
    assert index["book"] == BOOK and len(index["chapters"]) >= 5
    project = open_project(ROOT)
    below = {docname(file): docname(chapter) for file, chapter in project.chapters.items()}
    for row in index["chapters"]:
        page = pages[site / f"{row['page']}.html"]
        own = [name for name in map(docname, project.pages) if below.get(name, name) == row["page"]]
        boxes = [
            box
            for name in own
            for box in pages[site / f"{name}.html"].select(".exercise[data-exercise]")
        ]
        assert [box["data-exercise"] for box in boxes] == row["exercises"]
        titles = [letters(box.select_one(".admonition-title").get_text()) for box in boxes]
        assert titles == [letters(f"Exercise {index['titles'][id]}") for id in row["exercises"]]
        own = json.loads(page.find(id="exercise-index").get_text())
        assert own["chapters"] == index["chapters"] and own["page"] == row["page"]


def letters(text: str) -> str:
    """A text without the signs that typesetting changes."""
    return re.sub(r"\W", "", text)


def test_pages_without_exercises_carry_nothing_for_them(pages, site):
    page = pages[site / "book" / "reference" / "glossary.html"]
    assert page.find(id="exercise-index") is None and "exercise-record" not in str(page)


def test_a_right_verdict_is_shown_at_once_on_the_first_page_and_after_a_reload(reader):
    me = reader()
    page = me.open(CHAPTER_PAGE)
    assert "0 of 3 exercises solved" in progress(page)
    verdict(page, "load", "wrong")
    verdict(page, "load", "open")
    verdict(page, "no-such-exercise")
    assert "0 of 3 exercises solved" in progress(page) and kept(page)["solved-exercises"] == {}
    verdict(page, "load")
    for _ in range(2):
        assert "1 of 3 exercises solved. Next: 2.2, 2.3." in progress(page)
        assert "Solved: the check said right" in page.locator("#ex-load").inner_text()
        page.reload()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", kept(page)["solved-exercises"]["load"]["solved"]
    )
    first = me.open(OVERVIEW)
    assert "1 of 3" in progress(first) and "1 of 4 exercises solved" in progress(first)
    table = first.get_by_role("table")
    assert "2.2 Who shuffles?" in table.inner_text()
    assert "2.1 Open both files" not in table.inner_text()
    table.get_by_role("link", name="2.2 Who shuffles?").click()
    first.wait_for_url("**/chapters/2-data.html#ex-shuffled")
    first.get_by_role("link", name="All chapters").click()
    first.wait_for_url("**/book/start/progress.html#your-exercises")
    assert first.locator("#your-exercises").is_visible()


def test_a_chapter_counts_the_pages_below_it_and_leads_there(reader):
    me = reader()
    below = {"side": "chapters/2-data/sides"}
    me.index, me.exercises = INDEX | {"pages": INDEX["pages"] | below}, CHAPTER[:2]
    page = me.open(CHAPTER_PAGE)
    verdict(page, "load")
    assert "1 of 3 exercises solved. Next: 2.2, 2.3." in progress(page)
    links = page.locator(".exercise-progress a[href]").evaluate_all(
        "links => links.map((link) => link.getAttribute('href'))"
    )
    assert links[:2] == ["#ex-shuffled", "../chapters/2-data/sides.html#ex-side"]
    verdict(page, "shuffled")
    first = me.open(OVERVIEW)
    next_one = first.get_by_role("table").get_by_role("link", name="2.3 How long is the side?")
    assert next_one.get_attribute("href") == "../../chapters/2-data/sides.html#ex-side"


def test_a_verdict_after_a_wrong_one_counts_and_a_wrong_one_after_it_takes_nothing_away(reader):
    page = reader().open(CHAPTER_PAGE)
    verdict(page, "load", "wrong")
    verdict(page, "load")
    verdict(page, "load", "wrong")
    assert "1 of 3 exercises solved" in progress(page)


def test_the_readers_own_mark_is_told_apart_and_can_be_taken_back_by_keyboard(reader):
    page = reader().open(CHAPTER_PAGE)
    box = page.locator("#ex-load")
    page.get_by_role("button", name="Mark 2.1 as solved").focus()
    page.keyboard.press("Enter")
    assert "1 of 3 exercises solved, marked by you" in progress(page)
    assert "Marked as solved by you on" in box.inner_text()
    page.keyboard.press("Enter")
    assert "0 of 3 exercises solved" in progress(page)
    page.keyboard.press("Enter")
    verdict(page, "load")
    assert (
        "1 of 3 exercises solved. " in progress(page)
        and not box.locator(".exercise-mark button").is_visible()
    )
    verdict(page, "shuffled")
    page.get_by_role("button", name="Mark 2.3 as solved").click()
    assert "All 3 exercises solved, 1 of them marked by you." in progress(page)


def test_export_clear_import_gives_the_same_and_clearing_can_be_undone(reader):
    me = reader()
    page = me.open(CHAPTER_PAGE)
    verdict(page, "load")
    page.get_by_role("button", name="Mark 2.3 as solved").click()
    page.get_by_label("lower", exact=True).check()
    page.locator("#ex-shuffled").get_by_label("70 %").check()
    page.get_by_role("button", name="Commit").first.click()
    before = kept(page)
    assert before["exercise-predictions"]["shuffled"]["sure"] == 70
    first = me.open(OVERVIEW)
    file = export(first)
    assert (file["version"], file["book"]) == (2, BOOK)
    first.get_by_role("button", name="Clear").click()
    assert "2 solved exercises and 1 prediction" in first.get_by_role("dialog").inner_text()
    first.keyboard.press("Escape")
    assert kept(first) == before
    clear(first)
    assert first.evaluate("Object.keys(localStorage).filter(key => /exercise/.test(key))") == []
    assert "0 of 4 exercises solved" in progress(first)
    assert first.evaluate("document.activeElement.textContent") == "Undo"
    first.keyboard.press("Enter")
    assert kept(first) == before
    clear(first)
    assert import_text(first, json.dumps(file)) == "Imported 2 solved exercises and 1 prediction."
    assert kept(first) == before and "2 of 4 exercises solved" in progress(first)
    again = {key: value for key, value in export(first).items() if key != "exported"}
    assert again == {key: value for key, value in file.items() if key != "exported"}


DATE = "2026-11-22T22:00:00Z"
GOOD = {
    "format": "solved-exercises",
    "version": 1,
    "book": BOOK,
    "solved": {"load": {"solved": DATE}},
    "predicted": {},
}
WRONG_FILES = {
    "not JSON": ("{", "does not hold JSON"),
    "nothing": ("", "does not hold JSON"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\xff", "does not hold JSON"),
    "null": ("null", "not a record of exercises"),
    "a list": ("[1, 2]", "not a record of exercises"),
    "other keys": ('{"load": true}', "not a record of exercises"),
    "what the browser keeps": (json.dumps(GOOD["solved"]), "not a record of exercises"),
    "solved is a list": (json.dumps(GOOD | {"solved": ["load"]}), "not a record of exercises"),
    "another book": (
        json.dumps(GOOD | {"book": "Your Second CNN"}),
        "belongs to “Your Second CNN”",
    ),
    "no book": (json.dumps({k: v for k, v in GOOD.items() if k != "book"}), "belongs to"),
    "a later version": (json.dumps(GOOD | {"version": 3}), "version 3"),
    "no version at all": (json.dumps(GOOD | {"version": 0}), "version 0"),
    "surer than certain": (
        json.dumps(
            GOOD | {"predicted": {"load": {"answers": ["1"], "committed": DATE, "sure": 120}}}
        ),
        "“load”",
    ),
    "less than one try": (
        json.dumps(GOOD | {"tries": {"load": {"wrong": 0, "last": "", "mistakes": {}}}}),
        "“load”",
    ),
    "a mistake that never came": (
        json.dumps(GOOD | {"tries": {"load": {"wrong": 1, "last": "", "mistakes": {"x": 0}}}}),
        "“load”",
    ),
    "an unknown exercise": (
        json.dumps(GOOD | {"solved": {"load": {"solved": DATE}, "lode": {"solved": DATE}}}),
        "“lode”",
    ),
    "a name with a meaning": (json.dumps(GOOD).replace('"load"', '"__proto__"'), "“__proto__”"),
    "no date": (json.dumps(GOOD | {"solved": {"load": {"solved": "yesterday"}}}), "“load”"),
    "a day that there is not": (
        json.dumps(GOOD | {"solved": {"load": {"solved": "2026-02-31T00:00:00Z"}}}),
        "“load”",
    ),
    "true for a date": (json.dumps(GOOD | {"solved": {"load": {"solved": True}}}), "“load”"),
    "null for an entry": (json.dumps(GOOD | {"solved": {"load": None}}), "“load”"),
    "a wrong prediction": (
        json.dumps(GOOD | {"predicted": {"load": {"answers": "lower", "committed": DATE}}}),
        "“load”",
    ),
    "predictions in a list": (json.dumps(GOOD | {"predicted": ["load"]}), "Nothing was changed"),
    "huge": (json.dumps(GOOD) + " " * 2_000_000, "2.0 MB"),
}


def test_wrong_files_get_a_message_and_change_nothing(reader):
    page = reader().open(OVERVIEW)
    import_text(page, json.dumps(GOOD | {"solved": {"side": {"solved": DATE}}}))
    before = kept(page)
    assert before["solved-exercises"] == {"side": {"solved": DATE}}
    for name, (text, words) in WRONG_FILES.items():
        says = import_text(page, text)
        assert says.startswith("Nothing was changed.") and words in says, (name, says)
        assert kept(page) == before and "1 of 4 exercises solved" in progress(page), name


def test_importing_joins_what_is_there_with_the_file(reader):
    page = reader().open(OVERVIEW)
    import_text(
        page,
        json.dumps(
            GOOD | {"solved": {"side": {"solved": DATE, "by": "reader"}, "load": {"solved": DATE}}}
        ),
    )
    later = {"solved": "2026-12-01T00:00:00Z"}
    import_text(page, json.dumps(GOOD | {"solved": {"side": later, "load": later, "relu": later}}))
    assert kept(page)["solved-exercises"] == {
        "side": later,
        "load": {"solved": DATE},
        "relu": later,
    }


def test_an_exercise_that_left_the_book_is_kept_and_not_counted(reader):
    me = reader()
    verdict(page := me.open(CHAPTER_PAGE), "load")
    verdict(page, "side")
    chapters = [INDEX["chapters"][0] | {"exercises": ["load", "shuffled"]}, INDEX["chapters"][1]]
    me.index, me.exercises = INDEX | {"chapters": chapters}, CHAPTER[:2]
    page.reload()
    assert "1 of 2 exercises solved" in progress(page)
    first = me.open(OVERVIEW)
    assert "1 of 3 exercises solved. Kept from another edition: 1." in progress(first)
    before, file = kept(first), export(first)
    clear(first)
    import_text(first, json.dumps(file))
    assert kept(first) == before and "side" in before["solved-exercises"]


def test_another_tab_shows_the_change(reader):
    me = reader()
    one, first, other = me.open(CHAPTER_PAGE), me.open(OVERVIEW), me.open(CHAPTER_PAGE)
    verdict(one, "load")
    verdict(other, "side")
    one.get_by_text("2 of 3 exercises solved").wait_for()
    first.get_by_text("2 of 4 exercises solved").wait_for()
    clear(first)
    one.get_by_text("0 of 3 exercises solved").wait_for()


@pytest.mark.parametrize(
    ("error", "words"), [("SecurityError", "keeps nothing"), ("QuotaExceededError", "is full")]
)
def test_without_storage_it_says_so_once_and_goes_on(reader, error, words):
    me = reader(own=True)
    fail = f"if (key.includes('exercise')) throw new DOMException('no', '{error}')"
    me.context.add_init_script(f"Storage.prototype.setItem = (key) => {{ {fail} }}")
    page = me.open(CHAPTER_PAGE)
    assert page.locator(".exercise-trouble").count() == 0
    page.get_by_role("button", name="Mark 2.1 as solved").click()
    verdict(page, "side")
    assert words in page.get_by_role("alert").inner_text()
    assert "2 of 3 exercises solved" in progress(page)


def test_storage_that_may_not_even_be_looked_at(reader):
    me = reader(own=True)
    me.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('',"
        " 'SecurityError') }})"
    )
    page = me.open(CHAPTER_PAGE)
    verdict(page, "side")
    assert (
        "1 of 3 exercises solved" in progress(page)
        and "keeps nothing" in page.get_by_role("alert").inner_text()
    )
    me.errors.clear()  # the theme's own script wants to look


DAMAGED = [
    "{",
    "null",
    "[]",
    '"x"',
    '{"load": {"solved": "never"}, "__proto__": {"solved": 1}, "": 3}',
]


def test_a_damaged_storage_counts_as_empty(reader):
    page = reader().open(CHAPTER_PAGE)
    for text in DAMAGED:
        for key in ("solved-exercises", "exercise-predictions", "exercise-tries"):
            page.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, text])
        page.reload()
        assert "0 of 3 exercises solved" in progress(page), text
        verdict(page, "load")
        assert "1 of 3 exercises solved" in progress(page), text
        assert list(json.loads(page.evaluate("localStorage.getItem('solved-exercises')"))) == [
            "load"
        ], text


def test_a_reveal_asks_for_a_prediction_first_and_opens_when_pressed_again(reader):
    page = reader().open(CHAPTER_PAGE)
    for fold in ("#reveal-shuffled", "#solution-shuffled details"):
        page.locator(f"{fold} summary").focus()
        page.keyboard.press("Enter")
        assert page.locator(fold).get_attribute("open") is None
        asks = page.locator(f"{fold} + .prediction-asks")
        assert "Predict first" in asks.inner_text() and asks.get_attribute("role") == "status"
        page.keyboard.press("Enter")
        assert page.locator(fold).get_attribute("open") is not None and not asks.is_visible()
    page.locator("#solution-load summary").click()
    assert page.locator("#solution-load details").get_attribute("open") is not None


def test_a_choice_is_committed_by_keyboard_and_kept(reader):
    me = reader()
    page = me.open(CHAPTER_PAGE)
    form = page.locator("#ex-shuffled form")
    assert form.get_by_role("group", name="Your prediction").get_by_role("radio").count() == 3
    assert form.get_by_role("group", name="How sure are you?").get_by_role("radio").count() == 8
    page.locator("#reveal-shuffled summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the link to the form
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") == "lower"
    page.keyboard.press("Enter")
    assert form.is_visible()  # how sure is not said yet
    page.locator("#ex-shuffled .prediction-sure input").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") == "40"
    page.keyboard.press("Enter")
    assert not form.is_visible()
    assert page.evaluate("document.activeElement.closest('details').id") == "reveal-shuffled"
    for _ in range(2):
        page.locator("#reveal-shuffled").evaluate("fold => { fold.open = true }")
        assert (
            page.locator("#reveal-shuffled .prediction-made").inner_text()
            == "You predicted: lower (40\u00a0% sure)"
        )
        assert page.locator("#ex-shuffled > .prediction-made").is_visible()
        page.reload()
    assert kept(page)["exercise-predictions"]["shuffled"]["answers"] == ["lower"]
    assert "0 of 3 exercises solved" in progress(page)
    page.locator("#reveal-shuffled summary").click()
    assert page.locator("#reveal-shuffled").get_attribute("open") is not None
    clear(me.open(OVERVIEW))
    form.wait_for()


def test_a_prediction_in_words_is_not_empty_and_not_run(reader):
    page = reader().open(CHAPTER_PAGE)
    line = page.get_by_label("Your prediction: how many pixels")
    commit = page.locator("#ex-side").get_by_role("button", name="Commit")
    commit.click()
    page.locator("#ex-side").get_by_label("90 %").check()
    line.fill("   ")
    commit.click()
    assert page.locator("#ex-side form").is_visible()
    line.fill("<img src=x onerror=alert(1)> 14")
    line.press("Enter")
    assert (
        page.locator("#reveal-side .prediction-made").inner_text()
        == "You predicted: <img src=x onerror=alert(1)> 14 (90\u00a0% sure)"
    )
    assert page.locator("#reveal-shuffled").get_attribute("open") is None


@pytest.mark.parametrize(("kind", "opens"), [("right", True), ("wrong", True), ("open", False)])
def test_a_verdict_stands_in_for_a_prediction(reader, kind, opens):
    page = reader().open(CHAPTER_PAGE)
    verdict(page, "side", kind)
    assert (page.locator("#reveal-side").get_attribute("open") is not None) == opens
    assert page.locator("#ex-side form").is_visible() != opens
    assert "You predicted" not in page.locator("#the-data").inner_text()
    page.reload()
    page.locator("#reveal-side summary").click()
    assert (page.locator("#reveal-side").get_attribute("open") is not None) == opens


def test_the_pages_are_sound_in_light_and_dark_and_fit_a_phone(reader):
    faults = []
    for scheme in ("light", "dark"):
        me = reader(color_scheme=scheme, viewport={"width": 390, "height": 844})
        page = me.open(CHAPTER_PAGE)
        verdict(page, "load")
        page.locator("#reveal-shuffled summary").click()
        page.locator("#ex-side [type=text]").fill("fourteen")
        page.get_by_role("button", name="Mark 2.3 as solved").click()
        first = me.open(OVERVIEW)
        import_text(first, "no JSON")
        faults += faults_of(page, scheme) + faults_of(first, scheme)
        first.get_by_role("button", name="Clear").click()
        faults += faults_of(first, f"{scheme}, asking")
        first.get_by_role("button", name="Forget").click()
        faults += faults_of(first, f"{scheme}, cleared")
    assert faults == []


def faults_of(page, name: str) -> list[str]:
    """What axe-core finds wrong with a page, and whether it is too wide."""
    wait_until_faded(page)
    rules = ["wcag2a", "wcag2aa", "wcag22aa"]
    faults = accessibility_faults(page, rules, without="#pst-back-to-top")
    faults += ["wider than a phone"] * too_wide(page)
    return [f"{name}: {fault}" for fault in faults]


def test_without_javascript_nothing_is_shown_and_folds_open(reader):
    me = reader(java_script_enabled=False)
    page = me.open(CHAPTER_PAGE)
    assert not page.locator(".exercise-progress").is_visible()
    assert page.locator(".exercise-mark, .prediction").count() == 0
    page.locator("#reveal-side summary").click()
    assert page.get_by_text("The answer is side.").is_visible()
    assert not me.open(OVERVIEW).locator(".exercise-progress").is_visible()


def test_marks_are_kept_on_pages_read_from_disk(chromium, site):
    def is_kept() -> bool:
        page = chromium.new_page()
        page.goto((site / "chapters" / "1-why-convolution.html").as_uri())
        page.get_by_role("button", name="Mark 1.1 as solved").click()
        page.goto((site / "book" / "index.html").as_uri())
        said = progress(page)
        page.close()
        return bool(re.search(r"1 of \d+ exercises solved, marked by you", said))

    assert forgetful_storage.holds(is_kept)


@pytest.mark.parametrize("chapter", ["1-", pytest.param("", marks=pytest.mark.soak)])
def test_the_books_predictions_have_a_form_and_a_reveal(chromium, pages, address, site, chapter):
    found = 0
    context = chromium.new_context()
    opened = context.new_page()
    those = {
        file: page
        for file, page in pages.items()
        if file.relative_to(site).as_posix().startswith(f"chapters/{chapter}")
    }
    for file, page in those.items():
        if page.select(".exercise[data-kind=predict]"):
            opened.goto(f"{address}/{file.relative_to(site).as_posix()}", wait_until="load")
            for form in opened.locator(".exercise[data-kind=predict] form.prediction").all():
                found += 1
                shown = opened.locator("details.reveal .prediction-made:visible").count()
                fill(form)
                form.get_by_role("button", name="Commit").click()
                assert (
                    opened.locator("details.reveal .prediction-made:visible").count() == shown + 1
                )
    context.close()
    asked = sum(len(page.select(".exercise[data-kind=predict]")) for page in those.values())
    assert found == asked >= (3 if chapter else 15)


def fill(form) -> None:
    """Predict anything."""
    for choice in form.locator("fieldset").all():
        choice.get_by_role("radio").last.check()
    for line in form.get_by_role("textbox").all():
        line.fill("one")
