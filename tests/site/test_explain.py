"""Exercises that are answered in words, in a browser: to write, to compare with three marked
answers, to mark one's own text.
"""

import json
import shutil
from pathlib import Path

import forgetful_storage
import nbformat
import pytest
import static_site
import yaml
from accessibility import accessibility_faults, too_wide
from bookkit.book.pages import read_page
from bookkit.exercises.explain import in_edition
from bookkit.sphinx.site import run_sphinx
from bookkit.sphinx.status_page import FILE
from looks import in_two_windows
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from printer import on_paper, with_printer
from small_site import ROOT, bring_packages, bring_typefaces, configuration

FRONT = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n# A page\n\n"
EXERCISE = """
::::{explain} Why is the sky blue?
:label: ex-sky
:words: 60

Explain to a child why the sky is *blue* in {term}`daylight`.

+++

1. The text says that air scatters light.
2. It says that $x$, blue light, is scattered most.
3. It does not speak of the sea.

:::{sample} 1, 2, 3
Sunlight has all colours. Air throws the blue ones about more than the others, so they come to you from everywhere.

+++

The reason told-of-the-first, as the {ref}`book <sec-book>` has it.
:::

:::{sample} none
The sky is a mirror, and under it there is a lot of sea. Everybody knows that the sea is blue.

+++

The reason told-of-the-second.
:::

:::{sample} 1, 3
Air throws light about, and this light is what you see when you look up into the sky.

+++

The reason told-of-the-third.
:::
::::

Behind it.
"""
TEXT = (
    "The light of the sun holds every colour there is. On its way through the air it meets tiny bits"
    " and is thrown about, the blue part far more than the red one, so blue comes from all sides."
)
GLOSSARY = ":::{glossary}\ndaylight\n  The light of the sun.\n:::\n"
KEYS = {"solved": "solved-exercises", "explained": "exercise-explanations"}


@pytest.fixture(scope="module")
def words(tmp_path_factory) -> Path:
    """The folder of a site with the exercise as both editions have it, and the table of all."""
    folder = tmp_path_factory.mktemp("words")
    stage = folder / "stage"
    shutil.copytree(ROOT / "book" / "assets", stage / "book" / "assets")
    (stage / "book" / "browser").mkdir()
    bring_typefaces(stage / "book" / "assets")
    bring_packages(folder / "node_modules", without=set())
    for name in ("pyproject.toml", "_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, folder / name)
    files = {
        "_config.yml": yaml.safe_dump(configuration(), sort_keys=False),
        "_toc.yml": "format: jb-book\nroot: book/index\nchapters:\n- file: open\n- file: course\n",
        "book/index.md": f"(sec-book)=\n# Book\n\n```{{exercise-progress}}\n```\n\n{GLOSSARY}",
        "chapter.md": FRONT + EXERCISE,
        FILE: json.dumps({"exercises": [row("open", "sky"), row("course", "sea")]}),
    }
    for name, text in files.items():
        (stage / name).write_text(text, encoding="utf-8")
    (cell,) = read_page(Path("chapter.md"), stage).cells
    (exercise,) = read_page(Path("chapter.md"), stage).explanations
    (stage / "chapter.md").unlink()
    for name, id in (("open", "sky"), ("course", "sea")):
        text = in_edition(cell.source, [exercise], name == "open").replace("ex-sky", f"ex-{id}")
        cells = [new_markdown_cell(text), new_code_cell("x = 1")]
        kernel = {
            "kernelspec": {"name": "python3", "display_name": "P"},
            "language_info": {"name": "python", "pygments_lexer": "ipython3"},
        }
        nbformat.write(new_notebook(cells=cells, metadata=kernel), stage / f"{name}.ipynb")
    assert run_sphinx(str(stage), str(folder / "html")) == 0
    return folder / "html"


def row(page: str, id: str) -> dict:
    """What pages know of a chapter with one exercise."""
    exercise = {"id": id, "number": "1", "title": "Why is the sky blue?", "page": page}
    return {"page": page, "title": "A page", "exercises": [exercise]}


@pytest.fixture(scope="module")
def address(words):
    with static_site.served(words) as address:
        yield address


@pytest.fixture
def opened(chromium, address):
    """A function from a page's name to that page, in a window of its own; no script may fail."""
    contexts, errors = [], []

    def at(name: str = "open", **options):
        size = {"width": options.pop("width", 1400), "height": 900}
        contexts.append(chromium.new_context(viewport=size, **options))
        page = with_printer(contexts[-1].new_page())
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{address}/{name}.html")
        return page

    yield at
    for context in contexts:
        context.close()
    assert errors == []


def kept(page) -> dict:
    """What the browser keeps, once it has written it down."""
    page.wait_for_timeout(500)
    texts = {
        part: page.evaluate("key => localStorage.getItem(key)", key) for part, key in KEYS.items()
    }
    return {part: json.loads(text or "{}") for part, text in texts.items()}


def write(page, text: str = TEXT):
    page.get_by_label("Your explanation").fill(text)
    page.get_by_role("button", name="Compare").click()


def sample(page, words: str):
    return page.locator(".explain-sample", has_text=words)


def own(page):
    return page.get_by_role("group", name="Your own text")


def test_who_writes_marks_the_samples_and_then_the_own_text_has_solved_it(opened):
    page = opened()
    key = page.locator("details.explain-key")
    assert "0 of at most 60 words" in page.locator(".exercise").inner_text()
    write(page)
    assert key.get_attribute("open") is not None
    first = sample(page, "Sunlight has all colours")
    group = first.get_by_role("group")
    group.get_by_label("air scatters light").check()
    group.get_by_label("the sea").check()
    assert "told-of-the-first" not in first.inner_text()
    first.locator("summary").click()
    first.get_by_text("You and the book agree on 2 of 3. Look again at 2.").wait_for()
    assert "The book ticks all 3 criteria." in first.inner_text()
    assert (
        first.get_by_role("link", name="book").get_attribute("href").startswith("book/index.html")
    )
    assert page.get_by_role("link", name="daylight").is_visible()
    group.get_by_label("blue light").check()
    assert "agree on 3 of 3." in first.inner_text() and "Look again" not in first.inner_text()
    for k, box in enumerate(own(page).get_by_role("checkbox").all()):
        assert kept(page)["solved"] == {}, k
        box.check()
    assert "You tick 3 of 3: solved, marked by you." in page.locator(".explain-own").inner_text()
    assert kept(page)["solved"]["sky"]["by"] == "reader"
    assert "All 1 exercise solved, marked by you" in page.locator(".exercise-progress").inner_text()


def test_what_was_written_and_ticked_is_there_again(opened):
    page = opened()
    write(page)
    sample(page, "mirror").get_by_role("checkbox").first.check()
    own(page).get_by_role("checkbox").first.check()
    before = kept(page)["explained"]["sky"]
    assert (
        before["text"] == TEXT
        and before["own"] == [1]
        and sorted(map(len, before["samples"])) == [0, 0, 1]
    )
    page.reload()
    assert page.get_by_label("Your explanation").input_value() == TEXT
    page.locator("details.explain-key > summary").click()
    assert sample(page, "mirror").get_by_role("checkbox").first.is_checked()
    assert own(page).get_by_role("checkbox").first.is_checked()
    assert page.locator(".explain-own blockquote").inner_text() == TEXT


def test_what_was_written_is_there_again_from_the_disk(chromium, words):
    def is_there() -> bool:
        page = chromium.new_page()
        page.goto((words / "open.html").as_uri())
        write(page)
        kept(page)
        page.reload()
        text = page.get_by_label("Your explanation").input_value()
        page.close()
        return text == TEXT

    assert forgetful_storage.holds(is_there)


def test_what_is_typed_is_kept_when_the_page_is_left_at_once(opened, address):
    page = opened()
    page.get_by_label("Your explanation").fill("At once.")
    page.goto(f"{address}/book/index.html")
    assert kept(page)["explained"]["sky"]["text"] == "At once."


@pytest.mark.parametrize(
    "few", ["", "I do not know.", "blue " * 40], ids=["none", "few", "one, again"]
)
def test_before_something_is_written_the_criteria_ask_for_it_once(opened, few):
    page = opened()
    key = page.locator("details.explain-key")
    write(page, few)
    assert key.get_attribute("open") is None
    said = page.locator(".explain-write").get_by_role("status").inner_text()
    assert said.startswith("Write first: 30") and "press again" in said
    key.locator("summary").first.click()
    assert key.get_attribute("open") is not None
    assert "Write first" not in page.locator(".exercise").inner_text()
    assert own(page).get_by_role("checkbox").first.is_disabled()
    assert "Write at least 30" in page.locator(".explain-own").inner_text()


def test_the_books_marks_ask_for_the_readers_once(opened):
    page = opened()
    write(page)
    part = sample(page, "mirror")
    fold = part.locator("details")
    fold.locator("summary").click()
    assert fold.get_attribute("open") is None and "Tick first" in part.inner_text()
    fold.locator("summary").click()
    assert "The book ticks none of the 3 criteria." in part.inner_text()
    part.get_by_text("agree on 3 of 3").wait_for()
    assert "Tick first" not in part.inner_text()


def test_a_mark_is_taken_back_with_its_ticks(opened):
    page = opened()
    write(page)
    for box in own(page).get_by_role("checkbox").all():
        box.check()
    own(page).get_by_role("checkbox").last.uncheck()
    assert "You tick 2 of 3; a good answer has 3." in page.locator(".explain-own").inner_text()
    assert kept(page)["solved"] == {}


def test_too_many_words_are_counted_and_not_cut(opened):
    page = opened()
    page.get_by_label("Your explanation").fill("word " * 64)
    assert "64 of at most 60 words: 4 too many" in page.locator(".explain-count").inner_text()


def test_the_box_grows_with_its_text(opened):
    page = opened()
    area = page.get_by_label("Your explanation")
    before = area.bounding_box()["height"]
    area.fill("A line.\n" * 20)
    assert area.bounding_box()["height"] > 2 * before
    assert area.evaluate("area => area.scrollHeight - area.clientHeight") <= 2


def test_all_of_it_can_be_done_with_the_keyboard(opened):
    page = opened()
    page.get_by_label("Your explanation").focus()
    page.keyboard.type(TEXT)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent").startswith("Criteria")
    for _ in range(60):
        page.keyboard.press("Tab")
        kind = page.evaluate("document.activeElement.type ?? document.activeElement.tagName")
        if kind == "checkbox":
            page.keyboard.press("Space")
        elif kind == "SUMMARY":
            page.keyboard.press("Enter")
        elif kind == "button":
            break  # behind the last box
    assert page.get_by_role("checkbox", checked=True).count() == 12
    assert page.locator(".explain-marks[open]").count() == 3
    assert "sky" in kept(page)["solved"]


@in_two_windows
def test_nothing_is_hard_to_see_to_hear_or_to_hit(opened, width, scheme):
    page = opened(width=width, color_scheme=scheme)
    write(page, "")
    write(page)
    for fold in page.locator(".explain-marks > summary").all():
        fold.click()
        fold.click()
    own(page).get_by_role("checkbox").first.check()
    assert accessibility_faults(page, part="article") == [] and not too_wide(page)
    small = page.locator(".explain :is(label, button, summary):visible").evaluate_all(
        "all => all.map((each) => each.getBoundingClientRect()).filter(({ height }) => height < 24).length"
    )
    assert small == 0
    size = page.get_by_label("Your explanation").evaluate("area => getComputedStyle(area).fontSize")
    assert float(size.removesuffix("px")) >= 16


def test_the_course_edition_has_the_box_and_says_who_has_the_criteria(opened):
    page = opened("course")
    box = page.locator("#ex-sea")
    assert "Your instructor has the criteria" in box.inner_text()
    assert box.get_by_role("button", name="Compare").count() == box.locator("details").count() == 0
    page.get_by_label("Your explanation").fill("For my teacher.")
    kept(page)
    page.reload()
    assert page.get_by_label("Your explanation").input_value() == "For my teacher."
    box.get_by_role("button", name="as solved").click()
    assert kept(page)["solved"]["sea"]["by"] == "reader"


def test_without_scripts_question_criteria_samples_and_marks_are_in_folds(opened):
    page = opened(java_script_enabled=False)
    box = page.locator("#ex-sky")
    assert "told-of" not in box.inner_text() and "scatters" not in box.inner_text()
    box.locator("details.explain-key > summary").click()
    assert "scatters" in box.inner_text() and "Sunlight" in box.inner_text()
    assert "told-of" not in box.inner_text()
    for fold in box.locator(".explain-marks > summary").all():
        fold.click()
    assert box.inner_text().count("told-of-the-") == 3
    assert box.locator("button:visible, input:visible, textarea:visible").count() == 0


@pytest.mark.parametrize("text", ["", TEXT], ids=["empty", "written"])
def test_on_paper_there_is_room_to_write_and_the_rest_is_at_the_end(opened, text):
    page = opened()
    page.get_by_label("Your explanation").fill(text)
    kept(page)
    sheets = on_paper(page, prefer_css_page_size=True).pages
    said = " ".join(" ".join(sheet.extract_text() for sheet in sheets).split())
    question, cut, answers = said.partition("Behind it.")
    assert cut and "why the sky is blue" in question and "In at most 60 words." in question
    assert "scatters" not in question and "told-of" not in question
    assert (TEXT[:40] in question) == bool(text)
    assert answers.count("told-of-the-") == 3 and answers.count("scatters") == 1
    assert "of at most" not in said and "tick what is true" not in said
    page.emulate_media(media="print")
    assert page.locator(".explain-lines").is_visible() == (not text)


def test_texts_are_exported_cleared_and_brought_back(opened, address):
    page = opened()
    write(page)
    before = kept(page)
    page.goto(f"{address}/book/index.html")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    file = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert file["explained"] == before["explained"]
    page.get_by_role("button", name="Clear").click()
    assert "0 solved exercises and 1 text" in page.get_by_role("dialog").inner_text()
    page.get_by_role("button", name="Forget").click()
    assert kept(page)["explained"] == {}
    page.get_by_role("button", name="Undo").click()
    assert kept(page) == before
