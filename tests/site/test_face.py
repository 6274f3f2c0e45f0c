"""The face of the book in a real Chromium: widths, sizes, folds, margins, typefaces, and the first
page.
"""

import re

import pytest
import static_site
from browser_window import BrowserWindow

WIDE, TABLET, PHONE = 1400, 1024, 390
HEIGHTS = {WIDE: 900, TABLET: 900, PHONE: 844}
CORES = [
    "1-why-convolution",
    "2-data",
    "3-architecture",
    "4-training",
    "5-comparison",
    "6-challenges",
]
FONT_BYTES = 90_000
TALLEST = 14_000  # pixels of a core page on a wide window
CHARACTERS = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  const whole = [...document.querySelectorAll("article section > p:not([class])")]
    .filter((p) => p.textContent.length > 200 && !p.querySelector("code, .math, img"));
  return whole.map((p) => {
    pen.font = getComputedStyle(p).font;
    const text = p.textContent.replace(/\\s+/g, " ");
    return p.clientWidth * text.length / pen.measureText(text).width;
  });
}"""
CUT = """() => [...document.querySelectorAll("article pre")].filter((pre) => pre.checkVisibility())
  .filter((pre) => {
    const texts = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
    let end = 0; // of what is seen: spaces may hang over the edge
    while (texts.nextNode()) {
      if (texts.currentNode.data.trim()) {
        const text = document.createRange();
        text.selectNodeContents(texts.currentNode);
        end = Math.max(end, ...[...text.getClientRects()].map((box) => box.right));
      }
    }
    return pre.scrollWidth > pre.clientWidth + 1 || end > pre.getBoundingClientRect().right + 1
      || end > innerWidth;
  }).map((pre) => pre.textContent.slice(0, 60))"""
COLUMNS = """() => {
  const pre = document.querySelector("article .cell_input pre");
  pre.querySelector(".line").textContent = "x".repeat(100);
  const line = document.createRange();
  line.selectNodeContents(pre.querySelector(".line"));
  return line.getClientRects().length;
}"""
OUTLINE = """(name) => {
  const found = document.querySelector(`article section > ${name}`);
  const { fontSize, fontWeight, marginTop } = getComputedStyle(found);
  return [fontSize, fontWeight, marginTop].map(parseFloat);
}"""
LEFT_NUMBERS = """() => [...document.querySelectorAll("article table")].flatMap((table) => {
  const isNumber = (cell) => /^[−-]?[\\d.,]+(\\s?[%×])?$/.test(cell.textContent.trim());
  const rows = [...table.tBodies[0].rows].filter((row) => row.cells.length > 2);
  const heads = table.tHead ? [...table.tHead.rows].at(-1).cells : [];
  return rows.flatMap((row) => [...row.cells].filter((cell, k) => k && isNumber(cell)
    && (getComputedStyle(cell).textAlign !== "right"
      || (heads.length === row.cells.length && getComputedStyle(heads[k]).textAlign !== "right"))));
}).map((cell) => cell.closest("table").textContent.slice(0, 80) + ": " + cell.textContent)"""
FOLDS = """() => [...new Set([...document.querySelectorAll("article details > summary")]
  .filter((summary) => summary.checkVisibility() && !summary.closest("table, .drawing, .live-panel"))
  .map((summary) => {
    const look = getComputedStyle(summary), sign = getComputedStyle(summary, "::before");
    return [look.color, look.fontWeight, look.paddingLeft, look.backgroundColor,
            look.borderLeftWidth, sign.borderLeftWidth].join(" ");
  }))]"""
OVERLAPS = """() => {
  const boxes = (selector) => [...document.querySelectorAll(selector)]
    .filter((node) => node.checkVisibility())
    .map((node) => ({ node, box: node.getBoundingClientRect() }));
  const notes = boxes("article .margin-note");
  const others = boxes("article :is(p, li, pre, img, figcaption, h2, h3, table, summary), .page-toc");
  return [notes.length, notes.flatMap(({ node, box: one }) => others
    .filter(({ node: other, box }) => other !== node && one.left < box.right - 1
      && box.left < one.right - 1 && one.top < box.bottom - 1 && box.top < one.bottom - 1)
    .map(({ node: other }) => `${node.textContent} | ${other.textContent.slice(0, 60)}`))];
}"""


@pytest.fixture(scope="module")
def served(site):
    """The address of the site on a server of this machine."""
    with static_site.served(site) as address:
        yield address


@pytest.fixture
def visit(chromium, served):
    """Open a page in a window of a width; all windows close in the end."""
    windows = []

    def open_page(page: str, width: int = WIDE):
        window = BrowserWindow(chromium, width, reduced_motion="reduce")
        windows.append(window)
        window.page.set_viewport_size({"width": width, "height": HEIGHTS.get(width, 900)})
        window.page.goto(f"{served}/{page}.html", wait_until="load")
        window.page.evaluate("document.fonts.ready")
        return window

    yield open_page
    for window in windows:
        window.context.close()


@pytest.fixture(scope="module")
def cores(chromium, served):
    """The core pages, open side by side; who changes them puts them back."""
    size = {"width": WIDE, "height": HEIGHTS[WIDE]}
    context = chromium.new_context(viewport=size, reduced_motion="reduce")
    pages = {name: context.new_page() for name in CORES}
    for name, page in pages.items():
        page.goto(f"{served}/chapters/{name}.html", wait_until="load")
        page.evaluate("document.fonts.ready")
    yield pages
    context.close()


def test_a_line_of_text_holds_about_seventy_characters(visit):
    page = visit("chapters/1-why-convolution").page
    found = page.evaluate(CHARACTERS)
    assert len(found) > 5
    assert 68 <= sum(found) / len(found) <= 72


def test_no_code_is_cut_at_any_width(visit):
    cut = {}
    for name in CORES:
        page = visit(f"chapters/{name}").page
        for width in (WIDE, TABLET, PHONE):
            page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            page.evaluate(
                "document.querySelectorAll('details').forEach((fold) => fold.open = true)"
            )
            cut[name, width] = page.evaluate(CUT)
    assert {where: code for where, code in cut.items() if code} == {}


def test_a_hundred_columns_of_code_fit_on_a_line(visit):
    assert visit("chapters/4-training/learning-rate").page.evaluate(COLUMNS) == 1


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_a_heading_stands_out_more_than_the_one_below_it(visit, width):
    page = visit("chapters/4-training", width).page
    (h2, weight2, space2), (h3, weight3, space3) = (page.evaluate(OUTLINE, n) for n in ("h2", "h3"))
    text, *_ = page.evaluate(OUTLINE, "p")
    assert h2 >= 1.2 * h3 and weight2 >= weight3 and space2 >= 1.3 * space3
    assert h3 > text


def test_core_pages_are_not_taller_than_they_may_be(cores):
    height = "document.documentElement.scrollHeight"
    heights = {name: page.evaluate(height) for name, page in cores.items()}
    assert {name: height for name, height in heights.items() if height > TALLEST} == {}


def test_numbers_stand_right_under_heads_that_stand_right(cores):
    for name in ("3-architecture", "5-comparison", "6-challenges"):
        assert cores[name].evaluate(LEFT_NUMBERS) == [], name


def test_all_folds_look_alike(visit):
    assert len(visit("chapters/4-training").page.evaluate(FOLDS)) == 1


@pytest.mark.parametrize("width", [1920, WIDE])
def test_notes_stand_in_the_margin_and_cover_nothing(cores, width):
    for name, page in cores.items():
        page.set_viewport_size({"width": width, "height": HEIGHTS[WIDE]})
        count, overlaps = page.evaluate(OVERLAPS)
        assert count > 0 and overlaps == [], name


def test_notes_are_sentences_without_the_names_of_labels(pages):
    notes = [note.get_text() for page in pages.values() for note in page.select(".margin-note")]
    assert len(notes) > 50
    assert [n for n in notes if re.search(r"\b(sec|fig|mis|ex)-|[\\\ufffc]", n)] == []
    assert all(note.endswith((".", "!", "?")) for note in notes)


def test_there_are_no_notes_where_there_is_no_margin(visit):
    for width in (TABLET, PHONE):
        assert visit("chapters/4-training", width).page.evaluate(OVERLAPS) == [0, []]


def test_typefaces_come_from_the_book_and_are_light(visit, served, site):
    window = visit("chapters/4-training")
    fonts = {url for url in window.requests if url.endswith((".woff2", ".woff", ".ttf"))}
    ours = {url for url in fonts if "@fontsource" in url}
    assert len(ours) >= 3 and all(url.startswith(served) for url in fonts)
    static = site / "_static" / "@fontsource"
    assert sum(file.stat().st_size for file in static.rglob("*.woff2")) <= FONT_BYTES
    style = "getComputedStyle(document.querySelector('article p')).fontFamily"
    name = window.page.evaluate(style).split(",")[0]
    assert window.page.evaluate("name => document.fonts.check(`16px ${name}`)", name)


def test_typefaces_that_are_fetched_beforehand_are_used(visit):
    window = visit("book/index")
    links = "links => links.map((link) => link.href)"
    wanted = window.page.eval_on_selector_all("link[rel=preload][as=font]", links)
    assert wanted and all(window.requests.count(url) == 1 for url in wanted)
    window.page.wait_for_timeout(500)
    assert [fault for fault in window.faults if "preload" in fault and "font" in fault] == []


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_the_first_page_shows_a_pad_and_a_button_at_once(visit, width):
    page = visit("book/index", width).page
    page.locator(".drawing-sheet").wait_for()
    for part in (".drawing-sheet", "a.begin"):
        box = page.locator(part).bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= HEIGHTS[width], part
    assert page.locator("a.begin").inner_text() == "Begin"
    page.locator("a.begin").click()
    page.wait_for_url("**/chapters/1-why-convolution.html")


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_a_stroke_on_the_first_page_gets_an_answer(visit, width):
    window = visit("book/index", width)
    sheet = window.page.locator(".drawing-sheet")
    sheet.wait_for()
    assert not [url for url in window.requests if url.endswith((".onnx", "first-reader.js"))]
    box = sheet.bounding_box()
    places = [
        (box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        for x, y in ((0.3, 0.25), (0.7, 0.25), (0.5, 0.8))
    ]
    window.page.mouse.move(*places[0])
    window.page.mouse.down()
    for place in places[1:]:
        window.page.mouse.move(*place, steps=6)
    window.page.mouse.up()
    window.page.locator(".first-words", has_text="Reads").wait_for()
    assert window.page.locator(".first-winner").count() == 1
    window.page.get_by_role("button", name="Clear", exact=True).click()
    window.page.locator(".first-words", has_text="Draw a digit").wait_for()
    assert [fault for fault in window.faults if not fault.startswith("warning")] == []


def test_the_button_of_the_first_page_leads_to_where_the_reader_is(visit):
    page = visit("book/index").page
    page.evaluate("exerciseRecord.kept.solve('load')")
    button = page.locator("a.begin")
    assert button.inner_text() == "Go on with chapter 2"
    page.evaluate("exerciseRecord.kept.clear()")
    assert button.inner_text() == "Begin"
