"""Pictures in a browser: what is loaded before a reader scrolls, how large letters are on a phone,
and what they look like at night.
"""

import io
from pathlib import Path

import numpy as np
import pytest
import static_site
from page_requests import PageRequests
from PIL import Image

CORE = (
    "book/index",
    *(
        f"chapters/{name}"
        for name in (
            "1-why-convolution",
            "2-data",
            "3-architecture",
            "4-training",
            "5-comparison",
            "6-challenges",
        )
    ),
)
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
LETTERS = 11 * 200 / 72 / 1280  # of the width of a figure: the smallest that figures have
FAST = {  # browsers load pictures from farther away where the network is slow, or not known
    "offline": False,
    "latency": 20,
    "downloadThroughput": -1,
    "uploadThroughput": -1,
    "connectionType": "cellular4g",
}
SHOWN = """() => [...document.querySelectorAll("figure .picture img")].map((image) => ({
  name: image.getAttribute("src"),
  width: image.getBoundingClientRect().width,
  right: image.closest(".picture").getBoundingClientRect().right,
}))"""
THOSE_THAT_SCROLL_ARE_STOPS = """() =>
  [...document.querySelectorAll("figure .picture")].every((picture) =>
    (picture.scrollWidth - picture.clientWidth > 1) === (picture.tabIndex === 0))"""
OPEN_ALL = "document.querySelectorAll('article details').forEach((fold) => (fold.open = true))"


@pytest.fixture(scope="module")
def address(site):
    with static_site.served(site) as address:
        yield address


@pytest.fixture
def opened(chromium, address):
    """A function from the name of a page to that page, on a phone unless something else is said."""
    contexts = []

    def at(name: str, **options):
        contexts.append(chromium.new_context(**(PHONE | options)))
        page = contexts[-1].new_page()
        contexts[-1].new_cdp_session(page).send("Network.emulateNetworkConditions", FAST)
        page.loaded = {}
        page.on("response", lambda answer: note(page, answer))
        page.traffic = PageRequests(page)
        page.goto(f"{address}/{name}.html", wait_until="load")
        page.traffic.wait_until_still()
        return page

    def note(page, answer):
        if answer.request.resource_type == "image" and "/_images/" in answer.url:
            page.loaded[answer.url] = len(answer.body())

    yield at
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", CORE)
def test_before_scrolling_a_phone_loads_few_pictures_and_only_light_ones(opened, name):
    loaded = opened(name).loaded
    assert all(url.endswith(".webp") for url in loaded)
    assert sum(loaded.values()) <= 120_000, loaded


@pytest.mark.parametrize(
    ("width", "each"),
    [(390, 6), *(pytest.param(width, 1, marks=pytest.mark.soak) for width in (390, 320))],
)
def test_the_smallest_letters_of_figures_have_nine_pixels_on_a_phone(
    opened, address, pages, site, width, each
):
    """On every sixth page with figures; `make soak` looks at each."""
    page, checked = opened(CORE[0], viewport={"width": width, "height": 844}), 0
    with_figures = [file for file, tree in pages.items() if tree.select_one("figure .picture")]
    for file in sorted(with_figures)[::each]:
        name = file.relative_to(site).as_posix()
        page.goto(f"{address}/{name}", wait_until="load")
        page.evaluate(OPEN_ALL)
        page.wait_for_function(THOSE_THAT_SCROLL_ARE_STOPS)
        for figure in page.evaluate(SHOWN):
            assert figure["width"] * LETTERS >= 9, (name, figure)
            assert figure["right"] <= width, (name, figure)
            checked += 1
    assert checked > 50 / each


def test_a_figure_that_is_wider_than_the_screen_is_scrolled_by_keyboard(opened):
    page = opened(CORE[1], viewport={"width": 320, "height": 844})
    box = page.get_by_role("group", name="A figure that scrolls sideways").first
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())


@pytest.mark.parametrize("kind", [".chart", ":not(.chart)"], ids=["chart", "digits"])
def test_at_night_charts_are_drawn_on_the_page_and_digits_stay_as_they_are(opened, kind):
    page = opened("chapters/2-data", color_scheme="dark", viewport={"width": 1400, "height": 900})
    page.evaluate(OPEN_ALL)
    image = page.locator(f"figure .picture{kind} img").first
    image.scroll_into_view_if_needed()
    page.wait_for_function(
        "image => image.complete && image.naturalWidth", arg=image.element_handle()
    )
    seen = np.asarray(Image.open(io.BytesIO(image.screenshot())).convert("L"), int)
    paper = np.median(seen[-4])  # below all that is drawn
    assert paper < 40 if kind == ".chart" else paper > 200


IS_THERE = "image => image.complete && image.naturalWidth > 0"


def test_every_figure_comes_when_it_is_scrolled_to(opened):
    page = opened(CORE[4])
    for image in page.locator("figure .picture img").all():
        image.scroll_into_view_if_needed()
        page.wait_for_function(IS_THERE, arg=image.element_handle())
        assert Path(image.evaluate("image => image.currentSrc")).suffix == ".webp"


def test_paper_has_every_figure_in_its_wide_form(opened):
    page = opened("chapters/2-data", device_scale_factor=1)
    page.emulate_media(media="print")
    page.traffic.wait_until_still()
    for image in page.locator("figure .picture img").all():
        page.wait_for_function(IS_THERE, arg=image.element_handle())
        assert image.evaluate("image => image.currentSrc").endswith("-1280.webp")
