"""What the book's pages load before anyone does anything on them, and when."""

import re

import pytest
from page_weight import SHIFT as WATCH
from page_weight import Weight, core_pages, heaviest, table, weigh
from static_site import served

BUDGET = 400_000  # bytes, compressed
PICTURES = ("_images/",)
REST = 200_000  # bytes without pictures: what is left of the budget is theirs
SHIFT = 0.02  # how far parts may move before typefaces come
TYPEFACES = 0.03  # and how much longer or shorter, as a part, a page is with them
SLOWER = 6  # as slow as a cheap phone, so that what comes late shows
WIDE, PHONE = (1400, 900), (390, 844)
DAILY = ("book/draw-a-digit", "book/index", "book/start/stuck", "chapters/4-training")
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
READY = "document.fonts.ready.then(() => true)"
MOVED = "window.shifted ?? 0"
HEIGHT = "document.querySelector('article').getBoundingClientRect().height"
CHAPTER = "chapters/1-why-convolution.html"
BELOW = "chapters/4-training/ward-steps.html"
DARK = {"color_scheme": "dark"}


@pytest.fixture(scope="module")
def address(site):
    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def weights(chromium, site, address) -> dict[str, Weight]:
    """What each core page weighs in a wide window."""
    return {page: weigh(chromium, address, page) for page in core_pages(site)}


def test_core_pages_keep_their_budget(weights):
    heavy = [
        page
        for page, weight in weights.items()
        if weight.total(PICTURES) > REST or weight.total() > BUDGET
    ]
    assert len(weights) > 10 and heavy == [], f"{table(weights)}\n{heaviest(weights)}"


@pytest.mark.parametrize("name", DAILY)
def test_nothing_moves_while_a_page_comes(chromium, address, name):
    keeps_still(chromium, address, f"{name}.html", PHONE)


@pytest.mark.soak
@pytest.mark.parametrize("size", [PHONE, WIDE], ids=str)
def test_nothing_moves_while_any_core_page_comes(chromium, site, address, size):
    for page in core_pages(site):
        keeps_still(chromium, address, page, size)


def keeps_still(chromium, address: str, page: str, size: tuple[int, int]) -> None:
    moved, longer = shift(chromium, address, page, size)
    assert moved <= SHIFT, page
    assert abs(longer - 1) <= TYPEFACES, page


def shift(chromium, address: str, page: str, size: tuple[int, int]) -> tuple[float, float]:
    """How far the parts of a page move before its typefaces come, and how long it is then, as a
    part of what it was.
    """
    viewport = dict(zip(("width", "height"), size, strict=True))
    context = chromium.new_context(viewport=viewport)
    window, held = context.new_page(), []
    slower = {"rate": SLOWER}
    context.new_cdp_session(window).send("Emulation.setCPUThrottlingRate", slower)
    window.route("**/*.woff2", lambda request: held.append(request))
    window.add_init_script(WATCH)
    window.goto(f"{address}/{page}", wait_until="domcontentloaded")
    window.evaluate(DRAWN)
    window.wait_for_timeout(100)  # the browser tells of shifts when it has time
    moved, before = window.evaluate(MOVED), window.evaluate(HEIGHT)
    for request in held:
        request.continue_()
    window.evaluate(READY)
    after = window.evaluate(HEIGHT)
    context.close()
    return moved, after / before


AS_WRITTEN = """async (part) => {
  const text = await (await fetch(location.href)).text();
  const written = new DOMParser().parseFromString(text, "text/html");
  return [written, document].map((page) => page.querySelector(part).outerHTML);
}"""


@pytest.mark.parametrize("name", [CHAPTER, BELOW])
@pytest.mark.parametrize("part", [".exercise-progress[data-show=chapter]", ".live-buttons"])
def test_what_scripts_fill_stands_in_the_page_as_they_show_it(chromium, address, part, name):
    page = chromium.new_page()
    page.goto(f"{address}/{name}", wait_until="load")
    written, shown = page.evaluate(AS_WRITTEN, part)
    assert written == shown
    page.close()


def test_a_page_names_its_own_exercises_as_the_next_ones(chromium, address):
    page = chromium.new_page()
    page.goto(f"{address}/{BELOW}", wait_until="load")
    names = page.locator(".exercise-progress[data-show=chapter] a").all_inner_texts()
    first = page.locator(".exercise .admonition-title").first.inner_text()
    assert len(names) == 4 and first.startswith(f"Exercise {names[0]}")
    page.close()


def test_pages_load_nothing_that_they_do_not_use(weights):
    unused = re.compile(r"fontawesome|bootstrap|searchtools|searchindex|language_data|design-tabs")
    for page, weight in weights.items():
        assert [name for name in weight.files if unused.search(name)] == [], page


def test_no_script_stops_a_page_from_being_drawn(pages):
    for file, page in pages.items():
        waiting = [
            script["src"]
            for script in page.select("script[src]")
            if not {"defer", "async"} & set(script.attrs) and script.get("type") != "module"
        ]
        assert waiting == [], file


@pytest.mark.parametrize(("kept", "theme"), [(None, "dark"), ("light", "light"), ("dark", "dark")])
def test_the_colours_are_set_before_any_script_is_loaded(chromium, address, kept, theme):
    context = chromium.new_context(**DARK)
    page = context.new_page()
    page.route("**/*.js*", lambda route: route.abort())
    if kept:
        page.add_init_script(f"localStorage.setItem('mode', '{kept}')")
    page.goto(f"{address}/{CHAPTER}", wait_until="domcontentloaded")
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    context.close()


def test_a_menu_opens_with_the_first_press_and_again_by_keyboard(chromium, address):
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.goto(f"{address}/{CHAPTER}", wait_until="load")
    button = page.locator(".dropdown-download-buttons > button")
    button.dispatch_event("click")  # as a screen reader presses it, before any other move
    page.locator(".dropdown-download-buttons .dropdown-menu.show").wait_for()
    button.press("Escape")
    button.press("Enter")
    page.locator(".dropdown-download-buttons .dropdown-menu.show").wait_for()
    context.close()


def test_the_way_back_to_the_top_appears_on_a_phone(chromium, address):
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{address}/{CHAPTER}", wait_until="load")
    for step in (900, 900, 900, -300, -300):
        page.evaluate(f"scrollBy({{ top: {step}, behavior: 'instant' }})")
        page.wait_for_timeout(200)
    page.locator("#pst-back-to-top").wait_for()
    context.close()
