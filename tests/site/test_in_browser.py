"""The site in a real Chromium: nothing from elsewhere, no errors, nothing wider than a phone."""

import threading
from pathlib import Path

import pytest
from bookkit.serve import server

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = {"wide": 1400, "phone": 390}


@pytest.fixture(scope="module")
def served(site):
    """The address of the site on a server of this machine."""
    running = server(site, 0)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def visit(chromium, address: str, width: int, scheme: str = "light"):
    """Open a page, wait until it is still; return it with the requests, and the errors that it reported."""
    context = chromium.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page, requests, errors = context.new_page(), [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(address, wait_until="load")
    page.wait_for_load_state("networkidle")
    return page, requests, errors


def own(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:", "about:"))


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_pages_load_from_their_server_alone_and_fit(chromium, served, pages, site, width):
    for file in pages:
        page, requests, errors = visit(chromium, f"{served}/{file.relative_to(site).as_posix()}", width)
        assert [url for url in requests if not own(url, served)] == [], file
        assert errors == [], file
        assert page.evaluate("document.documentElement.scrollWidth") <= width, file
        page.context.close()


def test_pages_read_from_disk(chromium, site, pages):
    for file in pages:
        page, requests, errors = visit(chromium, file.as_uri(), WIDTHS["wide"])
        assert [url for url in requests if not own(url, "file://")] == [], file
        assert errors == [], file
        page.context.close()


def test_the_first_page_leads_to_the_book(chromium, served):
    page, _, _ = visit(chromium, f"{served}/", WIDTHS["wide"])
    page.wait_for_url("**/book/index.html")
    page.context.close()


def test_formulas_are_set(chromium, served):
    page, _, _ = visit(chromium, f"{served}/chapters/1-why-convolution.html", WIDTHS["wide"])
    page.wait_for_selector("mjx-container svg")
    page.context.close()


def test_a_folded_solution_opens_by_keyboard(chromium, served):
    page, _, _ = visit(chromium, f"{served}/chapters/1-why-convolution.html", WIDTHS["wide"])
    fold = page.locator(".tag_exercise details").first
    assert fold.get_attribute("open") is None
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.get_attribute("open") is not None
    page.context.close()


def test_search_finds_words_of_the_chapters(chromium, served):
    page, _, _ = visit(chromium, f"{served}/search.html?q=convolution", WIDTHS["wide"])
    page.wait_for_selector("#search-results li a")
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_a_screen_reader_would_stumble_over(chromium, served, pages, site, scheme):
    faults = []
    for file in pages:
        page, _, _ = visit(chromium, f"{served}/{file.relative_to(site).as_posix()}", WIDTHS["phone"], scheme)
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})")["violations"]
        faults += [(file.name, v["id"], node["html"][:120]) for v in found for node in v["nodes"]]
        page.context.close()
    assert faults == []
