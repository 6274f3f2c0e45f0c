"""Pages without JavaScript: a chapter-like page of a preview, read in light and dark, wide and on a
phone.
"""

import pytest
from small_site import BANNER, WORDS

CONTRASTS = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (n) => n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4;
  const light = (colour) => colour.slice(0, 3).map((n) => linear(n / 255))
    .reduce((sum, n, k) => sum + n * [0.2126, 0.7152, 0.0722][k], 0.05);
  const ground = (node) => {
    const colour = numbers(getComputedStyle(node).backgroundColor);
    return colour[3] === 0 && node.parentElement ? ground(node.parentElement) : colour;
  };
  const shown = { opacityProperty: true, visibilityProperty: true };
  const isText = (node) => [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  return [...document.querySelectorAll("body *")]
    .filter((node) => isText(node) && node.checkVisibility(shown) && node.getClientRects().length)
    .map((node) => {
      const pair = [numbers(getComputedStyle(node).color), ground(node)];
      const [dark, bright] = pair.map(light).sort((a, b) => a - b);
      return { text: node.textContent.trim().slice(0, 60), contrast: bright / dark };
    });
}"""


@pytest.fixture(params=["light", "dark"])
def scheme(request) -> str:
    return request.param


@pytest.fixture(params=[1400, 390], ids=["wide", "phone"])
def page(chromium, small, scheme, request):
    """The page, from the disk, of a reader who prefers light or dark."""
    size = {"width": request.param, "height": 900}
    context = chromium.new_context(viewport=size, color_scheme=scheme, java_script_enabled=False)
    opened = context.new_page()
    opened.goto((small / "page.html").as_uri())
    yield opened
    context.close()


def test_without_scripts_every_text_stands_out_the_warning_first(page):
    measured = page.evaluate(CONTRASTS)
    assert BANNER in [text["text"] for text in measured] and len(measured) > 100
    assert [text for text in measured if text["contrast"] < 4.5] == []
    assert (
        page.locator(".highlight span").evaluate_all(
            "marks => new Set(marks.map((mark) => getComputedStyle(mark).color)).size"
        )
        > 3
    )


def test_without_scripts_every_fold_opens_and_nothing_is_offered_that_does_nothing(page):
    for fold in page.locator("article details").all():
        if fold.is_visible() and fold.get_attribute("open") is None:
            fold.locator("summary").first.click()
    text = page.locator("article").inner_text()
    assert [fold for fold in WORDS if fold not in text] == []
    assert page.locator("button:visible, input:visible").count() == 0
    assert page.locator("noscript p").first.is_visible()  # what there is in place of the search


def test_without_scripts_the_contents_and_the_downloads_are_in_sight_and_nothing_is_too_wide(page):
    contents = page.get_by_role("navigation", name="Main").get_by_role("link", name="A page")
    contents.click()
    assert page.get_by_role("heading", name="A page", level=1).is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
