"""The site in a real Chromium: nothing from elsewhere, no errors, nothing wider than a phone."""

import pytest
import static_site
from accessibility import accessibility_faults, contrast_faults

WIDE, PHONE = 1400, 390


@pytest.fixture(scope="module")
def served(site):
    """The address of the site on a server of this machine."""
    with static_site.served(site) as address:
        yield address


def visit(chromium, address: str):
    """Open a page in a wide window, wait until it is still; return it with the requests, and the
    errors it reported.
    """
    still = {"reduced_motion": "reduce"}  # no colours on their way from light to dark
    context = chromium.new_context(viewport={"width": WIDE, "height": 844}, **still)
    page, requests, errors = context.new_page(), [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda message: errors.append(message.text) if message.type == "error" else None
    )
    page.goto(address, wait_until="load")
    page.wait_for_load_state("networkidle")
    return page, requests, errors


def too_wide(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


# the theme makes boxes that scroll stops of the keyboard a moment after a page is there
SCROLLING_BOXES_ARE_STOPS = """() => [...document.querySelectorAll("article :is(pre, .text_html)")].every((box) =>
  box.scrollWidth <= box.clientWidth || box.tabIndex >= 0 || getComputedStyle(box).overflowX === "visible")"""


def own(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:", "about:"))


def test_pages_are_whole_wide_and_on_a_phone_in_light_and_dark(chromium, served, pages, site):
    faults = {}
    for file in pages:
        page, requests, errors = visit(chromium, f"{served}/{file.relative_to(site).as_posix()}")
        found = faults[file.name] = errors + [url for url in requests if not own(url, served)]
        found += ["wider than a wide window"] * too_wide(page)
        page.set_viewport_size({"width": PHONE, "height": 844})
        page.reload(wait_until="networkidle")
        found += ["wider than a phone"] * too_wide(page)
        page.wait_for_function(SCROLLING_BOXES_ARE_STOPS)
        found += [f"light: {fault}" for fault in accessibility_faults(page)]
        page.emulate_media(color_scheme="dark")  # which changes colours, nothing else
        page.wait_for_timeout(400)  # the theme's buttons take their time all the same
        found += [f"dark: {fault}" for fault in contrast_faults(page)]
        page.context.close()
    assert {name: found for name, found in faults.items() if found} == {}


def test_pages_read_from_disk(chromium, site, pages):
    for file in pages:
        page, requests, errors = visit(chromium, file.as_uri())
        assert [url for url in requests if not own(url, "file://")] == [], file
        assert errors == [], file
        page.context.close()


def test_the_first_page_leads_to_the_book(chromium, served):
    page, _, _ = visit(chromium, f"{served}/")
    page.wait_for_url("**/book/index.html")
    page.context.close()


def test_formulas_are_set(chromium, served):
    page, _, _ = visit(chromium, f"{served}/chapters/1-why-convolution.html")
    page.wait_for_selector("mjx-container svg")
    page.context.close()


def test_a_folded_solution_opens_by_keyboard(chromium, served):
    page, _, _ = visit(chromium, f"{served}/chapters/1-why-convolution.html")
    fold = page.locator(".tag_exercise details").first
    assert fold.get_attribute("open") is None
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.get_attribute("open") is not None
    page.context.close()


READ_PICTURE = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((n) => n / 255);
  const linear = (n) => n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4;
  const light = (mark) => numbers(getComputedStyle(mark).fill).map(linear)
    .reduce((sum, n, k) => sum + n * [0.2126, 0.7152, 0.0722][k], 0.05);
  const all = (kind) => [...document.querySelectorAll(`.import-picture ${kind}`)];
  const scale = all("text")[0].getScreenCTM().a;
  return ["package", "room"].flatMap((kind) => all(`.${kind}-name`).map((name, k) => {
    const [dark, bright] = [light(name), light(all(`.${kind}`)[k])].sort((a, b) => a - b);
    return {name: name.textContent, size: scale * parseFloat(getComputedStyle(name).fontSize),
            contrast: bright / dark};
  }));
}"""


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_names_in_the_picture_of_imports_can_be_read_on_a_phone(chromium, served, colours):
    page = chromium.new_page(viewport={"width": PHONE, "height": 844}, color_scheme=colours)
    page.goto(f"{served}/book/reference/design.html", wait_until="load")
    names = page.evaluate(READ_PICTURE)
    assert {"bookkit", "firstcnn", "lessons", "sourcedigest"} < {each["name"] for each in names}
    assert [each for each in names if each["size"] < 11 or each["contrast"] < 4.5] == []
    page.close()


def test_search_finds_words_of_the_chapters(chromium, served):
    page, _, _ = visit(chromium, f"{served}/search.html?q=convolution")
    page.wait_for_selector("#search-results li a")
    page.context.close()
