"""What readers look for is found: by section, exercise, term, message, name and code, by mouse and
by keyboard, from a server and from the disk. Terms are explained beside their links.
"""

import re

import pytest
import static_site
from accessibility import accessibility_faults, contrast_faults, too_wide
from browser_window import BrowserWindow
from bs4 import BeautifulSoup
from looks import DARK, LIGHT, PHONE, SMALL, WIDE, in_windows

ASK = """(queries) => {
  const search = bookSearch(MiniSearch, bookIndex);
  return queries.map((query) => search(query, 5));
}"""
DIALOG, OPTION = "dialog.found-dialog", "dialog.found-dialog [role=option]"
CHAPTERS = ("1-why-convolution", "2-data", "3-architecture", "4-training", "5-comparison")
ONE, DATA, NET, TRAIN, COMPARE = (f"chapters/{name}" for name in CHAPTERS)
TERM, STUCK = "book/reference/glossary.html#term-", "book/start/stuck.html#"
# what is typed, and where one of the first two places is
WANTED = {
    "softmax": [f"{TERM}softmax", "#mis-softmax-twice"],
    "padding": ["#padding-and-stride", f"{TERM}padding"],
    "why is my accuracy 10%": [f"{STUCK}the-accuracy-is-stuck"],
    "batch norm": [f"{NET}.html#batch-normalisation", f"{TERM}batch-normalisation"],
    "RuntimeError mat1": [f"{STUCK}mat1-and-mat2"],
    "zero_grad": [
        *("debugging.html#old-gradients", f"{TRAIN}.html#the-loop"),
        *("#why-gradients-are-cleared", f"{STUCK}why-clear-the-gradients"),
    ],
    "confusion matrix": [f"{TERM}confusion-matrix", f"{TRAIN}.html#what-it-gets-wrong"],
    "SimpleCNN": [f"{NET}.html#you-write-simplecnn", f"{NET}.html#ex-simple-cnn"],
    "exercise 3.7": ["#ex-"],
    "overfitting": [f"{TERM}overfitting"],
    "dropout eval": [f"{NET}.html#dropout", "#mis-dropout-in-use", f"{STUCK}the-same-image"],
    "learning rate": [f"{TRAIN}/learning-rate.html", f"{TERM}learning-rate"],
}
ALSO_WANTED = {
    "mat1 and mat2 shapes cannot be multiplied": [f"{STUCK}mat1-and-mat2"],
    "RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x3136 and 1568x10)": [
        f"{STUCK}mat1-and-mat2"
    ],
    "Target 10 is out of bounds": [f"{STUCK}target-9-is-out-of-bounds"],
    "expected scalar type Long": [f"{STUCK}expected-target-dtype"],
    "CUDA out of memory": [f"{STUCK}cuda-out-of-memory"],
    "same device": [f"{STUCK}expected-all-tensors"],
    "why is my loss nan": [f"{STUCK}the-loss-becomes-huge-or-nan"],
    "loss stuck at 2.30": [f"{STUCK}the-loss-stays-at-2-30"],
    "accuracy stuck at 10%": [f"{STUCK}the-accuracy-is-stuck"],
    "softmax twice": [
        *("#mis-softmax-twice", f"{STUCK}the-loss-stops-falling", "ward-loss.html#ex-ward-twice"),
    ],
    "backward a second time": [f"{STUCK}trying-to-backward"],
    "NameError": [f"{STUCK}nameerror"],
    "blank still open": [f"{STUCK}exercise-3-1-blank", "how-to-read.html"],
    "3.7": ["#ex-"],
    "exercise 4.2": ["#ex-"],
    "Exercise 1.1": ["#ex-"],
    "nn.CrossEntropyLoss": ["cross-entropy", f"{TERM}cross-entropy", "loss-of-an-answer"],
    "cross entropy": [f"{TERM}cross-entropy", f"{TRAIN}.html#the-loss-of-an-answer"],
    "Conv2d": [NET],
    "MaxPool2d": [NET],
    "BatchNorm2d": [NET],
    "DataLoader": [DATA, f"{TERM}loader"],
    "model.eval()": [NET, STUCK, f"{TERM}evaluation-mode"],
    "torch.no_grad": [TRAIN, STUCK],
    "requires_grad": [TRAIN, STUCK],
    "convolutions": [f"{TERM}convolution", "#", "chapters/"],
    "feature maps": [f"{TERM}feature-map", f"{TRAIN}.html#what-the-layers-answer"],
    "overfiting": [f"{TERM}overfitting"],
    "dropuot": [f"{NET}.html#dropout", f"{TERM}dropout"],
    "confusion matrx": [f"{TERM}confusion-matrix", f"{TRAIN}.html#what-it-gets-wrong"],
    "normalization": [f"{TERM}normalisation", f"{DATA}.html", f"{TERM}batch-normalisation"],
    "receptive field": [f"{TERM}receptive-field", f"{NET}.html#how-much-does-one-value-see"],
    "seeds": [f"{TERM}seed", f"{COMPARE}/how-to-measure.html"],
    "relu": [f"{TERM}ReLU", f"{ONE}.html#why-relu"],
    "confidence interval": [f"{TERM}confidence-interval", COMPARE],
    "LeNet": [f"{NET}/lenet-and-residual-blocks.html"],
    "calibration": [f"{TERM}calibration", f"{COMPARE}/calibration.html"],
    "augmentation": [f"{TERM}augmentation", f"{TRAIN}/augmentation.html"],
    "make serve": ["book/start/"],
    "install": ["book/start/"],
}
# the ten questions that beginners ask most, as they type them
ALSO_WANTED |= {
    "where does 9216 come from": ["#where-3136-and-9216", STUCK],
    "linear in_features 3136": ["#where-3136-and-9216", STUCK],
    "what are channels in later layers": ["#why-three-channels", STUCK, f"{TERM}channel"],
    "why 1 in shape (N, 1, 28, 28)": ["#why-there-is-a-1", STUCK],
    "what does view(-1) do": ["#what-1-does-in-view", STUCK],
    "my own digit is wrong": ["#why-my-own-digit", STUCK],
    "why no softmax": ["#why-there-is-no-softmax", STUCK],
    "batch size and epoch": ["#what-batch-size-and-epoch-do", STUCK],
    "why zero_grad": ["#why-gradients-are-cleared", STUCK, "#old-gradients"],
    "eval or no_grad": ["#eval-or-no-grad", STUCK],
    "0.1307 0.3081": ["#where-0-1307", STUCK],
    "how do I save my model": [f"{STUCK}how-do-i-save", "#your-network-your-loop"],
    "torch.save": [f"{STUCK}how-do-i-save", "#your-network-your-loop"],
    "loss not decreasing": [f"{STUCK}the-loss-is-not-decreasing"],
    "accuracy not improving": [f"{STUCK}the-loss-is-not-decreasing"],
    "model always predicts same class": [f"{STUCK}every-image-gets-the-same"],
    "how many parameters does a conv layer have": [f"{STUCK}how-many-parameters", "counting"],
    "skip connection": [f"{TERM}residual-block", "#a-residual-block"],
    "regularization": [f"{TERM}overfitting"],
    "reproducible": [f"{TERM}seed", "#seeds"],
    "offline": ["how-to-read.html#offline"],
    "how to cite": ["bibliography.html#how-to-cite"],
    "mislabeled": [f"{TERM}disputed-label"],
}


@pytest.fixture(scope="module")
def served(site):
    """The address of the site on a server of this machine."""
    with static_site.served(site) as address:
        yield address


@pytest.fixture
def window(chromium):
    """A wide window of a reader who has been nowhere yet."""
    opened = BrowserWindow(chromium, 1400, reduced_motion="reduce")
    yield opened
    opened.close_window()


@pytest.fixture(scope="module")
def found(chromium, site):
    """A function from words to the places that the search finds, as pages on a disk find them."""
    page = chromium.new_page()
    page.goto((site / "search.html").as_uri() + "?q=x")
    page.wait_for_selector("#search-here input")
    asked = [*WANTED, *ALSO_WANTED]
    places = dict(zip(asked, page.evaluate(ASK, asked), strict=True))
    page.close()
    return places.__getitem__


def leads(places: list[dict], wanted: list[str]) -> bool:
    """Whether one of the first two places is wanted."""
    return any(part in each["address"] for each in places[:2] for part in wanted)


def test_the_twelve_queries_of_readers_lead_to_the_right_place(found):
    assert {
        query: [each["address"] for each in found(query)[:2]]
        for query, wanted in WANTED.items()
        if not leads(found(query), wanted)
    } == {}


def test_messages_names_plurals_and_slips_of_one_letter_lead_to_the_right_place(found):
    assert {
        query: [each["address"] for each in found(query)[:2]]
        for query, wanted in ALSO_WANTED.items()
        if not leads(found(query), wanted)
    } == {}


@pytest.mark.parametrize("query", ["exercise 3.7", "3.7", "exercise 4.2", "Exercise 1.1"])
def test_an_exercise_is_found_by_its_number(found, query):
    first = found(query)[0]
    number = re.search(r"[\d.]+$", query)[0]
    assert first["kind"] == "exercise" and first["title"].startswith(f"Exercise {number}:")


def test_every_place_that_is_found_is_there_and_its_excerpt_is_clean_text(found, pages, site):
    anchors: dict[str, set[str]] = {}
    for query in (*WANTED, *ALSO_WANTED):
        for each in found(query):
            page, _, anchor = each["address"].partition("#")
            if page not in anchors:
                anchors[page] = {tag["id"] for tag in pages[site / page].find_all(id=True)}
            assert not anchor or anchor in anchors[page], each["address"]
            assert len(each["excerpt"]) < 200
            if each["kind"] != "exercise":  # whose code may have what TeX has
                assert not re.search(r"\\[a-zA-Z(]|\$|\bContents\b|Print to PDF", each["excerpt"])


def opened_on(window, address: str):
    window.page.goto(address, wait_until="load")
    window.page.keyboard.press("Control+k")
    window.page.wait_for_selector(f"{DIALOG}[open]")
    return window.page


def test_nothing_of_the_search_is_loaded_before_it_is_opened(window, served):
    window.page.goto(f"{served}/{NET}.html", wait_until="load")
    window.traffic.wait_until_still()
    parts = re.compile(
        r"minisearch|found/(index|dialog|ranking|search|terms)|searchindex|searchtools"
    )
    assert [url for url in window.requests if parts.search(url)] == []
    window.page.keyboard.press("Control+k")
    window.page.wait_for_selector(f"{DIALOG}[open]")
    assert any("found/index.js" in url for url in window.requests)
    assert all(url.startswith((served, "data:")) for url in window.requests) and window.faults == []


@pytest.mark.parametrize("kind", ["from a server", "from the disk"])
def test_the_search_is_used_by_keyboard_alone(window, served, site, kind):
    top = served if kind == "from a server" else site.as_uri()
    page = opened_on(window, f"{top}/book/index.html")
    box = page.get_by_role("combobox", name="Search this book")
    assert box.evaluate("box => box === document.activeElement")
    page.keyboard.type("padding and str")
    page.wait_for_selector(OPTION)
    assert box.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    chosen = page.locator(f"{OPTION}[aria-selected=true]")
    assert chosen.get_attribute("id") == box.get_attribute("aria-activedescendant")
    assert "places" in page.locator(f"{DIALOG} [role=status]").inner_text()
    page.keyboard.press("Escape")
    page.wait_for_selector(DIALOG, state="hidden")
    page.keyboard.press("Control+k")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"{NET}\.html#padding-and-stride$"))
    assert window.faults == []


def test_the_button_opens_the_search_and_a_place_on_the_same_page_closes_it(window, served):
    window.page.goto(f"{served}/{NET}.html", wait_until="load")
    page = window.page
    page.locator(".search-button__button:visible").first.click()
    page.get_by_role("combobox").fill("batch normalisation")
    page.locator(f'{OPTION}[href$="{NET}.html#batch-normalisation"]').click()
    page.wait_for_selector(DIALOG, state="hidden")
    assert page.url.endswith("#batch-normalisation")


def test_words_that_stand_nowhere_lead_to_the_page_for_readers_who_are_stuck(window, served):
    page = opened_on(window, f"{served}/{NET}.html")
    page.keyboard.type("xqzvw kjhgf")
    told = page.locator(".found-nothing")
    assert "Nothing was found for “xqzvw kjhgf”" in told.inner_text()
    told.get_by_role("link", name="Stuck?").click()
    page.wait_for_url(re.compile(r"stuck\.html$"))


@in_windows(
    (WIDE, DARK),
    (SMALL, LIGHT),
    soak=((WIDE, LIGHT), (SMALL, DARK), (PHONE, LIGHT), (PHONE, DARK)),
)
def test_the_search_is_for_everybody(window, served, width, scheme):
    window.page.set_viewport_size({"width": width, "height": 700})
    page = opened_on(window, f"{served}/{NET}.html")
    page.evaluate("theme => (document.documentElement.dataset.theme = theme)", scheme)
    page.keyboard.type("softmax")
    page.wait_for_selector(OPTION)
    page.keyboard.press("ArrowDown")
    assert accessibility_faults(page, part=DIALOG) == [] and contrast_faults(page, DIALOG) == []
    left, right = page.locator(DIALOG).evaluate(
        "box => [box.getBoundingClientRect().left, box.getBoundingClientRect().right]"
    )
    assert left >= 0 and right <= width and not too_wide(page)


def test_the_page_of_the_search_takes_its_words_from_the_address(window, served):
    window.page.goto(f"{served}/search.html?q=confusion%20matrix", wait_until="load")
    page = window.page
    page.wait_for_selector("#search-here [role=option]")
    assert page.get_by_role("combobox").input_value() == "confusion matrix"
    assert "confusion-matrix" in page.locator("[role=option]").first.get_attribute("href")
    assert page.title().count("Your First CNN") == 1 and window.faults == []
    assert accessibility_faults(page, part="#search-here") == []


def test_without_scripts_the_page_of_the_search_says_what_to_do(chromium, served):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served}/search.html")
    assert "needs JavaScript" in page.locator("#search-here").inner_text()
    assert page.locator("#search-here a").get_attribute("href") == "genindex.html"
    context.close()


PREVIEW, LINK = "#term-preview", "article a:has(> .std-term)"


@pytest.mark.parametrize("how", ["pointer", "keyboard"])
def test_a_term_is_explained_beside_its_link(window, site, how):
    page = window.page
    page.goto((site / f"{NET}.html").as_uri(), wait_until="load")
    link = page.locator(LINK).first
    link.scroll_into_view_if_needed()
    height = page.evaluate("document.documentElement.scrollHeight")
    if how == "pointer":
        link.hover()
    else:
        link.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
    page.wait_for_selector(PREVIEW)
    name = link.inner_text().lower()[:4]
    assert page.locator(PREVIEW).inner_text().lower().startswith(name)
    assert link.get_attribute("aria-describedby") == "term-preview"
    assert page.evaluate("document.documentElement.scrollHeight") == height
    page.keyboard.press("Escape")
    page.wait_for_selector(PREVIEW, state="hidden")
    assert link.get_attribute("aria-describedby") is None and window.faults == []


def test_a_tap_shows_what_a_term_means_and_a_second_one_follows_its_link(chromium, served):
    options = {"has_touch": True, "is_mobile": True, "viewport": {"width": 320, "height": 600}}
    context = chromium.new_context(**options)
    page = context.new_page()
    page.goto(f"{served}/{NET}.html", wait_until="load")
    link = page.locator(LINK).first
    link.scroll_into_view_if_needed()
    link.tap()
    page.wait_for_selector(PREVIEW)
    place = page.locator(PREVIEW).bounding_box()
    assert place["x"] >= 0 and place["x"] + place["width"] <= 320 and not too_wide(page)
    assert accessibility_faults(page, part=PREVIEW) == []
    link.tap()
    page.wait_for_url(re.compile("glossary.html#term-"))
    context.close()


def test_every_page_says_what_it_is_to_search_engines(pages):
    for file, page in pages.items():
        head = page.head
        assert head.title.get_text().count("Your First CNN") == 1, file
        assert len(head.select('meta[name="description"]')) == 1, file
        assert 10 < len(head.select_one('meta[name="description"]')["content"]) < 170, file
        assert head.select_one('meta[property="og:title"]')["content"], file
        assert not head.select('link[rel="canonical"]'), f"{file}: the book is not published"


def test_the_page_for_wrong_addresses_has_the_search_and_the_chapters(site):
    page = BeautifulSoup((site / "404.html").read_text(encoding="utf-8"), "html.parser")
    assert page.select_one('form[action="/search.html"] input[name="q"]')
    links = {link["href"] for link in page.select("a")}
    assert {f"/{name}.html" for name in (ONE, DATA, NET, TRAIN, COMPARE)} < links
    assert all((site / link.lstrip("/")).is_file() for link in links)
