"""A chapter-like page on paper, on screens of all widths, by keyboard, by ear and without
scripts.
"""

import io
import re

import numpy as np
import pytest
from accessibility import accessibility_faults
from bs4 import BeautifulSoup
from looks import in_two_windows
from PIL import Image
from printer import on_paper, with_printer
from pypdf import PdfReader
from small_site import ADDRESS, BANNER, LENGTHS, WORDS

CUT = """() => [...document.querySelectorAll("article pre")].filter((block) => block.checkVisibility())
  .filter((block) => block.scrollWidth > block.clientWidth).map((block) => block.textContent.slice(0, 40))"""
OPEN_ALL = "document.querySelectorAll('article details').forEach((fold) => (fold.open = true))"
FOCUSED = "document.activeElement"
PLACE = """() => {
  window.stop = document.activeElement;
  stop.scrollIntoView({ block: "center" });
  const { left, top, right, bottom } = stop.getBoundingClientRect();
  const [x, y] = [Math.max(left - 20, 0), Math.max(top - 20, 0)];
  return { x, y, width: Math.max(Math.min(right + 20, innerWidth) - x, 1),
           height: Math.max(Math.min(bottom + 20, innerHeight) - y, 1) };
}"""


@pytest.fixture(scope="module")
def tree(small) -> BeautifulSoup:
    return BeautifulSoup((small / "page.html").read_text(encoding="utf-8"), "html.parser")


@pytest.fixture
def opened(chromium, small):
    """A function from a width to the page, read from disk in a window of that width."""
    contexts = []

    def at(width: int = 1400, name: str = "page.html", **options):
        size = {"width": width, "height": 900}
        contexts.append(chromium.new_context(viewport=size, reduced_motion="reduce", **options))
        page = contexts[-1].new_page()
        page.goto((small / name).as_uri(), wait_until="load")
        return page

    yield at
    for context in contexts:
        context.close()


@pytest.fixture(
    params=[(718, True), (739, True), (567, False)],
    ids=["A4", "Letter", "wide margins, no scripts"],
)
def paper(opened, request):
    """The page as it is printed, as wide as what lies between the margins of a sheet."""
    width, scripts = request.param
    page = opened(width, java_script_enabled=scripts)
    page.emulate_media(media="print")
    return page


def test_paper_has_every_line_every_fold_and_every_column(paper):
    text = paper.locator("body").inner_text()
    for kind in ("end", "out"):
        assert {int(length) for length in re.findall(rf"# {kind}(\d+)", text)} == set(LENGTHS)
    assert [fold for fold in WORDS if fold not in text] == [] and BANNER in text
    assert not re.search(r"(Show|Hide) the |Fold what|Copy", text)
    printed = paper.locator("details.hide > summary").evaluate_all(
        "all => all.map(each => getComputedStyle(each, '::before').content)"
    )
    assert printed == ['"The solution"', '"The code"', '"The code and its output"', '"The output"']
    assert paper.locator("article button, .copybtn").filter(visible=True).count() == 0


def test_nothing_on_paper_lies_beyond_its_edge_or_in_a_box_that_scrolls(paper):
    beyond = paper.locator("article :is(.line, th, td, img)").evaluate_all(
        "all => all.filter(each => each.getBoundingClientRect().right > innerWidth + 1 ||"
        " (each.matches('.line') && each.scrollWidth > each.clientWidth)).map(each =>"
        " each.textContent)"
    )
    assert beyond == []
    boxes = "article :is(pre, .highlight, .cell_output, .text_html)"
    overflow = paper.locator(boxes).evaluate_all(
        "all => all.map(each => getComputedStyle(each).overflow)"
    )
    assert set(overflow) == {"visible"}


def test_pictures_and_rows_of_tables_are_not_torn_apart_on_paper(paper):
    for kind in ("img", "tr"):
        breaks = paper.locator(f"article {kind}").evaluate_all(
            "all => all.map(e => getComputedStyle(e).breakInside)"
        )
        assert breaks and set(breaks) == {"avoid"}


@pytest.fixture(scope="module")
def printed(chromium, small) -> PdfReader:
    """The page as a browser prints it that shows pages in dark."""
    page = with_printer(chromium.new_page(color_scheme="dark"))
    page.goto((small / "page.html").as_uri(), wait_until="load")
    before = page.locator("article").inner_text()
    made = on_paper(page)
    assert page.locator("article").inner_text() == before
    assert page.locator("[id^=answer-]").count() == 0
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.close()
    return made


def test_a_printer_gets_answers_at_the_end_with_links_both_ways(printed):
    pages = [page.extract_text() for page in printed.pages]
    text = "".join(pages)
    asked, answered = text.split("\nAnswers\n")
    answers = ("told-in-dropdown", "told-in-discussion", "told_in_solution")
    for number, answer in enumerate(answers, 1):
        assert answer not in asked and answer in answered
        assert f"Answer {number}" in asked and f"Answer {number}" in answered
    assert [word for word in WORDS if word not in text] == []
    places = {name.lstrip("/") for name in printed.named_destinations}
    both = {f"{kind}-1-{number}" for kind in ("asked", "answer") for number in (1, 2, 3)}
    assert both <= places


def test_a_printed_page_says_on_every_sheet_what_it_is_and_warns(printed):
    for number, page in enumerate(printed.pages, 1):
        said = " ".join(page.extract_text().split())
        assert BANNER in said and "A page" in said and f"{number} / {len(printed.pages)}" in said


def test_pictures_that_wait_until_they_are_near_are_printed(printed, tree):
    waiting = tree.select("article img[loading=lazy]")
    pictures = [picture for page in printed.pages for picture in page.images]
    assert waiting and len(pictures) >= len(tree.select("article img"))


@pytest.mark.parametrize("width", [1400, 1024, 390, 320])
def test_no_code_is_cut_off_on_the_screen(opened, width):
    page = opened(width)
    page.evaluate(OPEN_ALL)
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_line_that_wraps_goes_on_further_right(opened):
    line = opened(390).locator(".cell_input .line", has_text="end300")
    lefts = line.evaluate(
        "line => { const range = document.createRange(); range.selectNodeContents(line);"
        " return [...new Set([...range.getClientRects()].map(({ left }) => Math.round(left)))] }"
    )
    assert (
        sorted(lefts)[1] > min(lefts) and line.evaluate("line => line.getClientRects().length") == 1
    )


def test_code_is_copied_as_it_was_written(opened):
    page = opened()
    block = page.locator(".cell_input pre", has_text="end300")
    selected = block.evaluate(
        "block => { getSelection().selectAllChildren(block); return String(getSelection()) }"
    )
    assert selected.strip() == block.evaluate("block => block.textContent").strip()
    assert [len(line) for line in selected.strip().splitlines()] == list(LENGTHS)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_place_of_the_keyboard_is_seen_at_every_stop(opened, theme):
    page = opened(color_scheme=theme)
    page.wait_for_timeout(1000)  # the theme makes boxes that scroll tab stops a moment later
    unseen, stops = [], 0
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement !== document.body") and stops < 150:
        stops += 1
        if not changes_when_focused(page):
            unseen.append(page.evaluate(f"{FOCUSED}.outerHTML.slice(0, 120)"))
        page.keyboard.press("Tab")
    assert stops > 25 and unseen == []


def changes_when_focused(page) -> bool:
    """Whether the place of the element with the focus looks different once it has lost it, by 40
    pixels at least.
    """
    clip = page.evaluate(PLACE)
    looks = [seen_in(page, clip)]
    page.evaluate("stop.blur()")
    looks.append(seen_in(page, clip))
    page.evaluate("stop.focus()")
    return (np.abs(looks[0] - looks[1]).max(axis=2) > 40).sum() >= 40


def seen_in(page, clip: dict[str, float]) -> np.ndarray:
    """The colours of a part of the window, (height, width, 3)."""
    picture = page.screenshot(animations="disabled", clip=clip)
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), dtype=int)


@in_two_windows
def test_a_screen_reader_finds_names_headers_and_landmarks(opened, width, scheme):
    page = opened(width, color_scheme=scheme)
    page.evaluate(OPEN_ALL)
    page.wait_for_timeout(1000)
    rules = [
        "empty-table-header",
        "td-has-header",
        "label-content-name-mismatch",
        "region",
    ]
    assert accessibility_faults(page, [*rules, "color-contrast"]) == []


def test_a_fold_is_called_by_what_it_holds(opened):
    names = [fold.strip() for fold in opened().locator("details.hide > summary").all_inner_texts()]
    assert names == [
        "Show the solution",
        "Show the code",
        "Show the code and its output",
        "Show the output",
    ]
    assert opened().get_by_role("group").locator("summary[aria-label]").count() == 0


def test_numbers_stand_right_under_heads_that_stand_right(opened):
    page = opened()
    sides = (
        page.locator(".text_html table")
        .first.locator("tr")
        .evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => getComputedStyle(cell).textAlign))"
        )
    )
    assert sides == [["left", "right", "right", "right", "left", "right"]] * 4
    texts = (
        page.locator(".text_html table")
        .first.locator("tr")
        .evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.textContent))")
    )
    assert texts[0] == ["case", "column 0", "column 1", "column 2", "verdict", "last"]
    assert texts[1][-1] == "−7" and texts[1][1] == "0.50\u00a0%"


def test_a_wide_table_shows_that_there_is_more_and_keeps_its_caption_in_sight(opened):
    page = opened(390)
    box = page.locator(".text_html", has=page.locator("caption"))
    mask = "box => getComputedStyle(box).maskImage"
    assert box.evaluate("box => box.scrollWidth > box.clientWidth") and "gradient" in box.evaluate(
        mask
    )
    box.evaluate("box => (box.scrollLeft = box.scrollWidth)")
    page.wait_for_timeout(200)
    assert box.evaluate(mask) == "none"
    inside, caption = box.bounding_box(), box.locator("caption").bounding_box()
    assert (
        inside["x"] <= caption["x"]
        and caption["x"] + caption["width"] <= inside["x"] + inside["width"]
    )


def test_no_line_ends_before_a_unit_or_behind_a_formula(tree):
    paragraph = tree.select_one(".with-formula").find_parent("p")
    text = paragraph.get_text()
    assert (
        "50\u00a0% of 8\u00a0MB" in text
        and "by 5\u00a0%" in text
        and "3\u00a0% to 4\u00a0%" in text
    )
    tied = [each.get_text() for each in paragraph.select(".with-formula")]
    assert tied == ["(a+b)."]


def test_the_marks_of_claims_are_explained(tree):
    assert "preview" in tree.select_one(".claims-legend").get_text()


def test_titles_and_viewport_are_said_once(small):
    for name in ("page", "book/index"):
        page = BeautifulSoup((small / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        assert len(page.select("meta[name=viewport]")) == 1
        assert page.title.get_text().count("Book") == 1
        assert page.select_one("meta[name=description]")["content"]


def test_a_published_page_names_its_address_and_a_picture_and_search_engines_find_all(small, tree):
    told = {tag["property"]: tag["content"] for tag in tree.select("meta[property]")}
    assert tree.select_one('link[rel="canonical"]')["href"] == f"{ADDRESS}/page.html"
    assert told["og:url"] == f"{ADDRESS}/page.html" and told["og:title"] == "A page"
    assert told["og:image"] == f"{ADDRESS}/_static/favicon.svg"
    listed = re.findall("<loc>(.*)</loc>", (small / "sitemap.xml").read_text(encoding="utf-8"))
    assert listed == [f"{ADDRESS}/book/index.html", f"{ADDRESS}/page.html"]
    robots = (small / "robots.txt").read_text(encoding="utf-8")
    assert f"Sitemap: {ADDRESS}/sitemap.xml" in robots and "Disallow" not in robots


@pytest.mark.parametrize("name", ["404.html", "index.html"])
def test_pages_outside_of_the_book_lead_to_its_first_page(small, name):
    page = BeautifulSoup((small / name).read_text(encoding="utf-8"), "html.parser")
    assert page.html["lang"] == "en" and "Book" in page.title.get_text()
    assert page.select_one("a[href$='book/index.html']")


def test_without_scripts_the_warning_and_the_page_can_be_read(opened):
    page = opened(java_script_enabled=False)
    look = (
        "element => { const { color, backgroundColor } = getComputedStyle(element); return [color,"
        " backgroundColor] }"
    )
    words, ground = page.locator(".bd-header-announcement").evaluate(look)
    assert words != ground and ground != "rgba(0, 0, 0, 0)"
    assert page.locator(".bd-header-article").evaluate(look)[1] != "rgba(0, 0, 0, 0)"
    assert (
        len(
            set(
                page.locator(".cell_input pre span").evaluate_all(
                    "all => all.map(e => getComputedStyle(e).color)"
                )
            )
        )
        > 2
    )
