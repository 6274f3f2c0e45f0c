"""The drawing pad in the finished book: its networks against PyTorch on real digits, and one out of
a live cell.
"""

import base64
from pathlib import Path

import numpy as np
import pytest
import torch
from bookkit.book.pages import read_page
from drawing_page import DrawingPage
from firstcnn.export import rounded
from freehand import drawings
from live_page import LivePage, book_server

ROOT = Path(__file__).parents[2]
PAGE = "book/draw-a-digit"
FIRST = "chapters/1-why-convolution"
COUNT = 200
ANSWERS = """async encoded => {
    const part = document.querySelector(".drawing-pad").drawing;
    await part.settled();
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const answers = [];
    for (let start = 0; start < bytes.length; start += 784) {
        const image = Float32Array.from(bytes.subarray(start, start + 784), (value) => value / 255);
        const { logits } = await part.current.network.run(image);
        answers.push([...logits]);
    }
    return answers;
}"""


@pytest.fixture(scope="module")
def server(book):
    with book_server(book) as running:
        yield running


@pytest.fixture
def drawing(chromium, server):
    """A page of the book with its pad at work; in the end its console has to be clean and all
    requests local.
    """
    opened = []

    def start(page: str = PAGE, **options) -> DrawingPage:
        opened.append(DrawingPage(chromium, f"{server.address}/{page}.html", **options))
        return opened[-1].start()

    yield start
    for window in opened:
        assert window.faults == []
        assert [
            url for url in window.requests if not url.startswith((server.address, "blob:", "data:"))
        ] == []
        window.context.close()


@pytest.fixture(scope="module")
def taught(profile):
    """What the page's first cell trained, read from where it is kept: networks, images and
    labels.
    """
    cells = [cell for cell in read_page(ROOT / f"{PAGE}.md").cells if cell.cell_type == "code"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRSTCNN_PROFILE", profile)
        exec(cells[0].source, names := {})
    return names


def index(window: DrawingPage) -> list[dict]:
    return window.ask("part.library.json('index.json')")["networks"]


def test_every_network_answers_two_hundred_digits_as_pytorch_does(drawing, taught):
    images, labels = taught["validation"].images[:COUNT], taught["validation"].labels[:COUNT]
    encoded = base64.b64encode(images.numpy().tobytes()).decode()
    window = drawing()
    entries = [entry for entry in index(window) if entry["augmented"]]
    assert [entry["title"] for entry in entries] == [
        "TinyCNN",
        "SimpleCNN",
        "PooledSimpleCNN",
        "ComplexCNN",
    ]
    for entry in entries:
        assert entry["changed"] == 0
        window.page.locator(".drawing-network select").select_option(entry["id"])
        window.page.wait_for_function(
            "title => document.querySelector('.drawing-pad').drawing.current.network.title ==="
            " title",
            arg=entry["title"],
        )
        logits = torch.tensor(window.page.evaluate(ANSWERS, encoded))
        with torch.no_grad():
            expected = rounded(taught["networks"][entry["id"]], entry["form"])(
                taught["validation_set"][0][:COUNT]
            )
            unrounded = taught["networks"][entry["id"]](taught["validation_set"][0][:COUNT])
        assert (logits - expected).abs().max() < 1e-3, entry["title"]
        assert torch.equal(logits.argmax(dim=1), expected.argmax(dim=1))
        assert torch.equal(logits.argmax(dim=1), unrounded.argmax(dim=1))
        assert window.ask("part.current.network.engine") == "page"
    assert labels.unique().numel() == 10


@pytest.mark.parametrize("page", [FIRST, PAGE])
def test_nothing_is_fetched_before_the_click(chromium, server, page):
    window = DrawingPage(chromium, f"{server.address}/{page}.html").open()
    window.page.wait_for_timeout(500)
    assert not [
        url
        for url in window.requests
        if "/files/" in url or "/draw/main" in url or "onnxruntime" in url
    ]
    window.page.get_by_role("button", name="Draw a digit").click()
    window.page.wait_for_function("document.querySelector('.drawing-pad').drawing?.current.result")
    assert not [url for url in window.requests if "onnxruntime" in url]
    assert [url for url in window.requests if not url.startswith(server.address)] == []
    window.context.close()


def test_strokes_by_mouse_are_read_wherever_they_are(drawing, taught):
    window = drawing(FIRST)
    right = 0
    chosen = drawings()[1::12]  # small, and in a corner
    for each in chosen:
        window.press("Clear")
        for stroke in each.strokes:
            window.draw(*stroke)
        right += int(np.argmax(window.ask("[...part.current.result.logits]"))) == each.digit
    assert right > len(chosen) / 2


def test_a_network_out_of_a_live_cell_is_shown_on_the_pad(chromium, server):
    live = LivePage(chromium).open(f"{server.address}/{PAGE}.html?token={server.token}")
    live.page.get_by_role("button", name="Draw a digit").click()
    live.page.wait_for_function("document.querySelector('.drawing-pad').drawing?.current.result")
    live.make_live()
    training = live.cells.nth(1)
    code = live.code(training)
    assert "SmallCNN(channels=(8, 16), kernel_size=5)" in code
    live.type(
        training,
        code.replace(
            "channels=(8, 16), kernel_size=5", "channels=(5, 7, 3), kernel_size=3"
        ).replace("epochs=2", "epochs=1"),
    )
    live.run(training)
    live.run(live.cells.nth(2))
    live.cells.nth(2).get_by_role("button", name="Show it on the pad").click()
    network = "document.querySelector('.drawing-pad').drawing.current.network"
    live.page.wait_for_function(f"{network}.name === 'mine.onnx'")
    assert live.page.evaluate(f"{network}.layers.map(({{ shape }}) => shape[0])")[:3] == [5, 5, 5]
    assert live.faults == [] and live.foreign() == []
    live.close()
