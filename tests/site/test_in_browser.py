"""The site in a real Chromium: nothing from elsewhere, no errors, nothing wider than a phone."""

from collections.abc import Iterable
from pathlib import Path

import pytest
import static_site
from accessibility import accessibility_faults, contrast_faults, too_wide, wait_until_faded
from browser_window import BrowserWindow

WIDE, PHONE = {"width": 1400, "height": 844}, {"width": 390, "height": 844}
SMALL = {"width": 320, "height": 844}  # as wide as a page is at 400 % in a window of 1280 pixels


@pytest.fixture(scope="module")
def served(site):
    """The address of the site on a server of this machine."""
    with static_site.served(site) as address:
        yield address


class Reader(BrowserWindow):
    """A wide window in which one page after the other is opened."""

    def __init__(self, chromium, **options):
        # reduced motion: no colours on their way from light to dark
        super().__init__(chromium, WIDE["width"], reduced_motion="reduce", **options)

    def visit(self, address: str):
        """Open a page, wait until it is still, and return it."""
        self.requests.clear()
        self.faults.clear()
        self.page.goto(address, wait_until="load")
        self.traffic.wait_until_still()
        return self.page

    def complaints(self, address: str) -> list[str]:
        """Errors that the page reported, and what it asked of others than this address."""
        own = (address, "data:", "blob:", "about:")
        foreign = [url for url in self.requests if not url.startswith(own)]
        return [fault for fault in self.faults if not fault.startswith("warning")] + foreign


@pytest.fixture
def reader(chromium):
    """A reader who has been nowhere yet."""
    window = Reader(chromium)
    yield window
    window.context.close()


# the theme makes boxes that scroll stops of the keyboard a moment after a page is there
SCROLLING_BOXES_ARE_STOPS = """() => [...document.querySelectorAll("article :is(pre, .text_html)")].every((box) =>
  box.scrollWidth <= box.clientWidth || box.tabIndex >= 0 || getComputedStyle(box).overflowX === "visible")"""


def of_each_kind(files: Iterable[Path], site: Path) -> set[Path]:
    """Return the pages that differ in kind: one of the chapters, one of those below chapters, one
    of each folder of the book's other pages, and every page that stands in none.
    """
    kinds: dict[object, Path] = {}
    for file in sorted(files):
        kinds.setdefault(kind_of(file.relative_to(site)), file)
    return set(kinds.values())


def kind_of(page: Path) -> object:
    """Return what the pages of a kind have in common."""
    if page.parts[0] == "chapters":
        return "chapters", len(page.parts)
    return page.parent if page.parts[2:] else page


def looked_at(
    reader: Reader, served: str, site: Path, pages: Iterable[Path], thorough: set[Path]
) -> dict[str, list[str]]:
    """Return what is wrong with pages: errors, requests, and whether they fit. The thorough ones
    have to be sound for everybody, too, in light and dark; each look of texts is measured once.
    """
    faults, measured = {}, set()
    for file in sorted(pages):
        page = reader.visit(f"{served}/{file.relative_to(site).as_posix()}")
        found = faults[file.name] = reader.complaints(served)
        found += ["wider than a wide window"] * too_wide(page)
        page.set_viewport_size(SMALL)
        found += ["wider than 320 pixels"] * too_wide(page)
        if file in thorough:
            page.set_viewport_size(PHONE)
            found += ["wider than a phone"] * too_wide(page)
            page.wait_for_function(SCROLLING_BOXES_ARE_STOPS, polling=200)
            found += [f"light: {fault}" for fault in accessibility_faults(page, measured=measured)]
            page.emulate_media(color_scheme="dark")  # which changes colours, nothing else
            wait_until_faded(page)
            found += [f"dark: {fault}" for fault in contrast_faults(page, measured=measured)]
            page.emulate_media(color_scheme="light")
        page.set_viewport_size(WIDE)
    return {name: found for name, found in faults.items() if found}


def test_pages_are_whole_wide_and_on_a_phone_in_light_and_dark(reader, served, pages, site):
    """Of each kind of page one, and of all others every third; `make soak` looks at each."""
    thorough = of_each_kind(pages, site)
    others = sorted(set(pages) - thorough)[::3]
    assert looked_at(reader, served, site, {*thorough, *others}, thorough) == {}


@pytest.mark.soak
def test_every_page_is_sound_for_everybody(reader, served, pages, site):
    assert looked_at(reader, served, site, pages, set(pages)) == {}


def test_pages_read_from_disk(reader, pages):
    scripts = {
        frozenset(
            Path(script["src"].partition("?")[0]).name for script in tree.select("script[src]")
        ): file
        for file, tree in pages.items()
    }
    assert len(scripts) > 2, "pages with the same scripts are read alike"
    for file in scripts.values():
        reader.visit(file.as_uri())
        assert reader.complaints("file://") == [], file


def test_the_first_page_leads_to_the_book(reader, served):
    reader.page.goto(f"{served}/")
    reader.page.wait_for_url("**/book/index.html")


def test_formulas_are_set(reader, served):
    page = reader.visit(f"{served}/chapters/1-why-convolution.html")
    page.locator("article math >> visible=true").first.wait_for()


def test_a_folded_solution_opens_by_keyboard(reader, served):
    page = reader.visit(f"{served}/chapters/1-why-convolution.html")
    fold = page.locator(".tag_exercise details").first
    assert fold.get_attribute("open") is None
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.get_attribute("open") is not None


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
    page = chromium.new_page(viewport=PHONE, color_scheme=colours)
    page.goto(f"{served}/book/reference/design.html", wait_until="load")
    names = page.evaluate(READ_PICTURE)
    assert {"bookkit", "firstcnn", "lessons", "sourcedigest"} < {each["name"] for each in names}
    assert [each for each in names if each["size"] < 11 or each["contrast"] < 4.5] == []
    page.close()
