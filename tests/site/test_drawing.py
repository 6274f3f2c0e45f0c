"""The pad to draw on: ink by mouse, finger and keyboard, its preparation, what networks answer, and
what goes wrong.
"""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from bookkit.sphinx import from_disk
from bookkit.system.processes import tool
from drawing_page import DrawingPage, lay_out
from firstcnn import augment, data, export
from firstcnn.models import TinyCNN
from looks import in_windows
from scipy import ndimage
from static_site import served
from torch import nn

DIGITS = 20
MEAN, STD = 0.1307, 0.3081
SEVEN = [(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]
IMAGE = np.random.default_rng(0).random((28, 28)).astype(np.float32)


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    """The first 500 validation images, from 0 to 1."""
    return data.open_training_sets()[1].images[:500].float() / 255


@pytest.fixture(scope="module")
def site(tmp_path_factory, images, quick_exports) -> Path:
    """A site of one page; its networks are untrained, and in a list with one whose file is
    missing.
    """
    site = lay_out(tmp_path_factory.mktemp("drawing"))
    entries = [
        {"id": "missing", "title": "Missing", "file": "none.onnx", "augmented": True, "pair": None}
    ]
    for seed, name, pair in [(0, "tiny", "plain"), (1, "plain", "tiny")]:
        torch.manual_seed(seed)
        network = TinyCNN().eval()
        export.to_onnx(
            network, site / "networks" / f"{name}.onnx", title="TinyCNN", mean=MEAN, std=STD
        )
        with torch.no_grad():
            np.save(
                site / f"{name}.npy", network(((images[:DIGITS] - MEAN) / STD)[:, None]).numpy()
            )
        entries.append(
            {
                "id": name,
                "title": "TinyCNN",
                "file": f"{name}.onnx",
                "augmented": seed == 0,
                "pair": pair,
            }
        )
    facts = {
        "bytes": 460501,
        "parameters": 114314,
        "accuracy": 0.984,
        "form": "float32",
        "changed": 0,
    }
    index = {"default": "tiny", "networks": [entry | facts for entry in entries]}
    (site / "networks" / "index.json").write_text(json.dumps(index), encoding="utf-8")
    digits = {
        "images": encoded(images[:DIGITS] * 255),
        "labels": [7] * DIGITS,
        "numbers": list(range(DIGITS)),
    }
    (site / "networks" / "digits.json").write_text(json.dumps(digits), encoding="utf-8")
    return site


@pytest.fixture(scope="module")
def address(site):
    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def visited(chromium):
    """What is kept of a reader who has been to the page before: it keeps nothing but its files."""
    context = chromium.new_context(viewport={"width": 1300, "height": 900})
    yield context
    context.close()


@pytest.fixture
def drawing(chromium, address, visited):
    """Open the page as often as wanted; every one ends with no error reported, but for those that
    it expects.
    """
    opened = []

    def new(start: bool = True, **options) -> DrawingPage:
        shared = {} if options else {"shared": visited}
        opened.append(DrawingPage(chromium, address, **options, **shared))
        return opened[-1].start() if start else opened[-1].open()

    yield new
    faults = [fault for each in opened for fault in each.faults]
    for each in opened:
        each.close_window()
    assert faults == []


def encoded(images: torch.Tensor) -> str:
    """Images of bytes, as the page has them."""
    return base64.b64encode(images.round().to(torch.uint8).numpy().tobytes()).decode()


def floats(values: dict | list) -> np.ndarray:
    """What playwright makes of a Float32Array, as an array."""
    return np.array(list(values.values()) if isinstance(values, dict) else values, np.float32)


def compute(drawing, module: str, function: str, argument):
    """Call a function of JavaScript, which is given a module of the page and an argument."""
    script = f"async ([address, argument]) => ({function})(await import(address), argument)"
    return drawing.page.evaluate(script, [f"{drawing.address}/_static/draw/{module}.js", argument])


def drop(
    drawing, name: str, content: bytes, size: int | None = None, place: str = ".drawing"
) -> bool:
    """Drop a file on a place of the page; a size makes it look larger than it is. Return whether it
    is left there.
    """
    script = """([name, content, size, place]) => {
        const file = new File([Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0))], name);
        if (size) Object.defineProperty(file, "size", { value: size });
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(file);
        const files = Object.defineProperty(dataTransfer, "files", { value: [file] });
        return document.querySelector(place).dispatchEvent(
            new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
    }"""
    left = drawing.page.evaluate(script, [name, base64.b64encode(content).decode(), size, place])
    drawing.page.wait_for_function("document.querySelector('.drawing-pad').drawing")
    drawing.settle()
    return left


def seen(drawing) -> np.ndarray:
    """What the network was given, (28, 28)."""
    drawing.settle()
    return floats(drawing.ask("Array.from(part.current.image)")).reshape(28, 28)


def amount(drawing) -> float:
    """How much ink is on the pad."""
    return drawing.ask("part.ink.reduce((sum, value) => sum + value, 0)")


def test_ink_and_pixels_without_a_page():
    folder = Path(__file__).parent / "draw"
    tests = [folder / f"{name}.test.mjs" for name in ("ink", "preparation", "changes")]
    done = subprocess.run([tool("node"), "--test", *tests], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_fetched_before_the_click_and_nothing_from_elsewhere(drawing):
    opened = drawing(start=False)
    assert not [
        url for url in opened.requests if "/networks/" in url or "/live/" in url or "main.js" in url
    ]
    opened.start()
    fetched = [url.rsplit("/", 1)[1] for url in opened.requests if "/networks/" in url]
    assert sorted(fetched) == ["digits.json", "index.json", "tiny.onnx"]
    assert not [url for url in opened.requests if not url.startswith((opened.address, "data:"))]
    assert not [url for url in opened.requests if "onnxruntime" in url]


def test_a_picked_digit_is_given_to_the_network_exactly_and_read_as_pytorch_reads_it(
    drawing, site, images
):
    opened = drawing()
    opened.page.get_by_label("Centred and scaled").uncheck()
    logits = np.load(site / "tiny.npy")
    for number in (0, 7, 19):
        opened.press(f"7, validation image {number}")
        np.testing.assert_array_equal(seen(opened), images[number].numpy())
        np.testing.assert_allclose(
            floats(opened.ask("Array.from(part.current.result.logits)")), logits[number], atol=1e-3
        )
        probabilities = np.exp(logits[number]) / np.exp(logits[number]).sum()
        reads = (
            f"Reads {logits[number].argmax()}, {100 * probabilities.max():.0f}\N{NO-BREAK SPACE}%"
        )
        assert opened.says == reads
        row = opened.page.locator(".drawing-answers tbody tr").nth(3)
        wanted = [
            "3",
            f"{100 * probabilities[3]:.1f}\N{NO-BREAK SPACE}%",
            f"{logits[number, 3]:.2f}".replace("-", "−"),
        ]
        assert row.locator("th, td").all_inner_texts() == wanted
        assert opened.page.locator(".drawing-winner").count() == 1
        assert opened.page.locator(".drawing-winner th").inner_text() == str(
            logits[number].argmax()
        )


def test_the_mouse_draws_and_what_it_drew_can_be_taken_back_erased_and_cleared(drawing):
    opened = drawing()
    assert (
        opened.says == "Blank paper" and opened.page.get_by_text("Draw a digit here").is_visible()
    )
    opened.draw(*SEVEN)
    drawn = amount(opened)
    assert 2000 < drawn < 20000 and opened.says.startswith("Reads ")
    assert not opened.page.get_by_text("Draw a digit here").is_visible()
    opened.draw((0.4, 0.5), (0.7, 0.5))
    assert amount(opened) > drawn
    opened.press("Undo")
    assert amount(opened) == drawn
    opened.press("Eraser")
    opened.draw(*SEVEN)
    assert amount(opened) == 0
    opened.press("Undo")
    opened.press("Eraser")
    opened.press("Clear")
    assert amount(opened) == 0 and opened.says == "Blank paper"
    opened.page.keyboard.press("Control+z")
    opened.settle()
    assert amount(opened) == drawn
    opened.press("Letter A")
    assert amount(opened) != drawn
    opened.press("Undo")
    assert amount(opened) == drawn


def test_a_wider_pen_draws_wider(drawing):
    opened = drawing()
    opened.draw(*SEVEN)
    narrow = amount(opened)
    opened.press("Clear")
    opened.page.get_by_label("Width of the pen").fill("44")
    opened.draw(*SEVEN)
    assert 1.7 * narrow < amount(opened) < 2.3 * narrow


def test_one_finger_draws_two_scroll_and_beside_the_pad_one_scrolls(drawing):
    opened = drawing(width=390, has_touch=True, is_mobile=True)
    fingers = opened.context.new_cdp_session(opened.page)

    def swipe(*begin: tuple[float, float]) -> float:
        """Move fingers up from points, in fractions of the pad; return how far the page went."""
        opened.page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        before, box = opened.page.evaluate("scrollY"), opened.pad.bounding_box()
        for step in range(13):
            places = [
                (box["x"] + x * box["width"], box["y"] + y * box["height"] - 15 * step)
                for x, y in begin
            ]
            points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
            kind = "touchMove" if step else "touchStart"
            for count in range(1, len(points) + 1) if step == 0 else [len(points)]:
                fingers.send(
                    "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points[:count]}
                )
            opened.page.wait_for_timeout(16)
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        opened.page.wait_for_timeout(100)
        opened.settle()
        return opened.page.evaluate("scrollY") - before

    assert swipe((0.5, 0.9)) == 0
    drawn = amount(opened)
    assert drawn > 2000
    assert opened.ask("part.strokes.length") == 1
    assert swipe((0.3, 0.9), (0.6, 0.9)) > 50
    assert amount(opened) == drawn and opened.ask("part.strokes.length") == 1
    assert swipe((1.1, 0.9)) > 50
    assert amount(opened) == drawn


class Hand:
    """A pen and what else touches the sheet, as the browser gets them; places are fractions of the
    pad.
    """

    def __init__(self, drawing):
        self.drawing, self.devices = drawing, drawing.context.new_cdp_session(drawing.page)
        drawing.pad.scroll_into_view_if_needed()
        self.box, self.touching = drawing.pad.bounding_box(), {}

    def at(self, x: float, y: float) -> dict[str, float]:
        return {
            "x": self.box["x"] + x * self.box["width"],
            "y": self.box["y"] + y * self.box["height"],
        }

    def pen(self, kind: str, x: float, y: float) -> None:
        down = {
            "button": "left",
            "buttons": int(kind != "mouseReleased"),
            "clickCount": 1,
            "force": 0.5,
        }
        pressed = {} if kind == "hover" else down
        kind = "mouseMoved" if kind == "hover" else kind
        self.devices.send(
            "Input.dispatchMouseEvent",
            {"type": kind, "pointerType": "pen", **self.at(x, y), **pressed},
        )

    def touch(self, kind: str, finger: int, x: float = 0, y: float = 0) -> None:
        if kind == "touchEnd":
            self.touching.pop(finger)
        else:
            self.touching[finger] = {**self.at(x, y), "id": finger}
        if kind == "touchCancel":
            self.touching.clear()
        points = list(self.touching.values())
        self.devices.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def do(self, step: str) -> None:
        """Take a step, by its name."""
        STEPS_OF_A_HAND[step](self)


STEPS_OF_A_HAND = {
    "pen down": lambda hand: hand.pen("mousePressed", 0.3, 0.2),
    "pen on": lambda hand: [
        hand.pen("mouseMoved", 0.3 + 0.05 * step, 0.2 + 0.1 * step) for step in range(1, 5)
    ],
    "pen further": lambda hand: [
        hand.pen("mouseMoved", 0.5, 0.6 + 0.05 * step) for step in range(1, 4)
    ],
    "pen up": lambda hand: hand.pen("mouseReleased", 0.5, 0.75),
    "pen near": lambda hand: hand.pen("hover", 0.3, 0.2),
    "palm": lambda hand: hand.touch("touchStart", 1, 0.8, 0.8),
    "palm moves": lambda hand: [
        hand.touch("touchMove", 1, 0.8 - 0.03 * step, 0.8) for step in range(4)
    ],
    "more palm": lambda hand: hand.touch("touchStart", 2, 0.9, 0.7),
    "palm off": lambda hand: hand.touch("touchEnd", 1),
    "more palm off": lambda hand: hand.touch("touchEnd", 2),
    "palm taken back": lambda hand: hand.touch("touchCancel", 1, 0.8, 0.8),
    "finger": lambda hand: hand.touch("touchStart", 7, 0.2, 0.8),
    "finger off": lambda hand: hand.touch("touchEnd", 7),
}
STROKE = "pen down, pen on, pen further, pen up"
ORDERS = [
    "palm, pen down, pen on, pen further, pen up, palm off",
    "palm, palm moves, pen down, pen on, palm moves, pen further, pen up, palm moves, palm off",
    "palm, more palm, pen down, pen on, pen further, pen up, palm off, more palm off",
    "palm, pen down, palm off, pen on, pen further, pen up",
    "pen down, palm, pen on, palm moves, pen further, pen up, palm off",
    "pen down, pen on, palm, more palm, palm moves, pen further, more palm off, palm off, pen up",
    "pen down, pen on, palm, palm taken back, pen further, pen up",
    "palm, palm moves, palm taken back, pen down, pen on, pen further, pen up",
    f"{STROKE}, palm, palm moves, palm off",
    f"pen near, palm, palm moves, {STROKE}, palm off",
]


def test_a_pen_draws_whatever_the_hand_does_and_once_it_is_far_a_finger_does(drawing):
    opened = drawing(has_touch=True)
    ink = "part.ink.reduce((sum, value, at) => sum + value * (1 + (at % 1000)), 0)"

    def drawn(order: str) -> tuple[float, int]:
        """Ink and number of strokes that an order leaves on blank paper."""
        opened.press("Clear")
        before, hand = opened.ask("part.strokes.length"), Hand(opened)
        for step in order.split(", "):
            hand.do(step)
        opened.settle()
        return opened.ask(ink), opened.ask("part.strokes.length") - before

    alone, _ = drawn(STROKE)
    assert alone > 0
    for order in ORDERS:
        opened.page.wait_for_timeout(1100)  # the pen of the order before is far by now
        assert drawn("finger, finger off")[1] == 1, order
        assert drawn(order) == (alone, 1), order


def test_the_sheet_is_as_fine_as_the_screen_and_networks_see_the_same(drawing):
    seen_by = []
    for factor in (1, 3):
        opened = drawing(device_scale_factor=factor)
        opened.draw(*SEVEN)
        shown = opened.page.evaluate(
            "[...document.querySelectorAll('.drawing-sheet')].map((sheet) => sheet.width)"
        )
        width = opened.pad.bounding_box()["width"]
        assert shown[0] >= min(3, factor) * min(width, 280) * 0.9
        seen_by.append(seen(opened))
        sheet = "document.querySelector('.drawing-sheet')"
        dark = (
            f"[...{sheet}.getContext('2d').getImageData(0, 0, {sheet}.width, {sheet}.width).data]"
        )
        share = opened.page.evaluate(
            f"{dark}.filter((_, at) => at % 4 === 0).reduce((sum, grey) => sum + grey, 0)"
        )
        assert share / 255 / shown[0] ** 2 == pytest.approx(amount(opened) / 280**2, rel=0.01)
    np.testing.assert_array_equal(*seen_by)


def test_blank_paper_has_no_answer(drawing):
    opened = drawing()
    cells = opened.page.locator(".drawing-answers tbody td")
    assert set(cells.all_inner_texts()) == {"–"}
    bars = (
        "[...document.querySelectorAll('.drawing-bar span')].map((bar) =>"
        " bar.getBoundingClientRect().width)"
    )
    assert max(opened.page.evaluate(bars)) == 0
    opened.draw(*SEVEN)
    assert "–" not in cells.all_inner_texts()
    opened.press("Clear")
    assert set(cells.all_inner_texts()) == {"–"}


@pytest.mark.parametrize("start", [False, True])
def test_a_file_dropped_beside_the_pad_is_shown_on_it(drawing, site, start):
    opened = drawing(start=start)
    assert not drop(
        opened, "mine.onnx", (site / "networks" / "plain.onnx").read_bytes(), place="h1"
    )
    opened.page.locator(".drawing-answers caption", has_text="mine.onnx").wait_for()
    assert opened.problem == ""


def test_a_network_that_ends_in_probabilities_is_said_to(drawing, tmp_path):
    opened = drawing()
    note = opened.page.get_by_role("note")
    assert not note.is_visible()
    for end, words in [(nn.Softmax(dim=1), "probabilities"), (nn.Sigmoid(), "a sigmoid")]:
        with pytest.warns(UserWarning, match="does not return logits"):
            file = export.to_onnx(
                nn.Sequential(nn.Flatten(), nn.Linear(784, 10), end), tmp_path / "ends.onnx"
            ).path
        drop(opened, "ends.onnx", file.read_bytes())
        assert (
            f"This network ends in {words}" in note.inner_text()
            and "no bar gets longer than 23" in note.inner_text()
        )
    opened.page.locator("select").select_option("tiny")
    opened.page.locator(".drawing-answers caption", has_text="TinyCNN").wait_for()
    assert not note.is_visible()


def test_the_keyboard_draws_and_goes_on(drawing):
    opened = drawing(start=False)
    keyboard = opened.page.keyboard
    opened.page.locator(".drawing-start").focus()
    keyboard.press("Enter")
    opened.page.wait_for_function("document.querySelector('.drawing-pad').drawing?.current.result")
    assert opened.page.evaluate("document.activeElement.ariaLabel") == "Drawing pad"
    spoken = opened.page.locator(".drawing-desk [aria-live]")
    keyboard.press("ArrowLeft")
    assert spoken.inner_text() == "Pen up, column 14, row 8"
    for key in ["Space", *["ArrowDown"] * 10, *["Shift+ArrowRight"] * 5, "Space", "ArrowLeft"]:
        keyboard.press(key)
    opened.settle()
    assert spoken.inner_text() == "Pen up, column 14, row 18"
    drawn = amount(opened)
    assert 100 * 22 < drawn < 135 * 22 and opened.says.startswith("Reads ")
    keyboard.press("Space")
    opened.settle()
    assert amount(opened) > 0 and opened.ask("part.strokes.length") == 2
    keyboard.press("Control+z")
    opened.settle()
    assert amount(opened) == drawn
    keyboard.press("Delete")
    opened.settle()
    assert amount(opened) == 0
    keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.textContent") == "Undo"
    for _ in range(2):
        keyboard.press("Shift+Tab")
    assert not opened.page.evaluate("document.activeElement.closest('.drawing-desk')")


def test_the_answer_is_said_once_it_stands_still(drawing):
    opened = drawing()
    opened.page.get_by_role("button", name="Noise", exact=True).click()
    opened.settle()
    assert opened.says != opened.spoken
    opened.page.wait_for_timeout(900)
    assert opened.says == opened.spoken and opened.says.startswith("Reads ")


def test_digits_of_mnist_come_back_from_ten_times_their_size(drawing, images):
    opened = drawing(start=False)
    prepare = """({ centred, PAD }, images) => {
        const bytes = Uint8Array.from(atob(images), (sign) => sign.charCodeAt(0));
        let same = 0;
        for (let start = 0; start < bytes.length; start += 784) {
            const image = Float32Array.from(bytes.subarray(start, start + 784), (byte) => byte / 255);
            const ink = Float32Array.from({ length: PAD * PAD }, (_, at) =>
                image[28 * Math.floor(at / 10 / PAD) + Math.floor((at % PAD) / 10)]);
            same += centred(ink).every((value, at) => value === image[at]);
        }
        return same;
    }"""
    assert compute(opened, "preparation", prepare, encoded(images * 255)) >= 495


CROSS = ndimage.generate_binary_structure(2, 1)
CHANGES = [
    (
        {"right": 3, "down": -5},
        lambda image: ndimage.shift(image, (-5, 3), order=1, mode="grid-constant"),
    ),
    (
        {"right": -2.5, "down": 0.25},
        lambda image: ndimage.shift(image, (0.25, -2.5), order=1, mode="grid-constant"),
    ),
    (
        {"rotation": 35},
        lambda image: ndimage.rotate(image, 35, order=1, mode="grid-constant", reshape=False),
    ),
    (
        {"thickness": 1},
        lambda image: ndimage.grey_dilation(image, footprint=CROSS, mode="constant"),
    ),
    (
        {"thickness": -1},
        lambda image: ndimage.grey_erosion(image, footprint=CROSS, mode="constant"),
    ),
    ({"thickness": 1.25}, lambda image: 0.75 * dilated(image, 1) + 0.25 * dilated(image, 2)),
    (
        {"right": 4, "down": -9},
        lambda image: augment.shift(torch.tensor(image)[None, None], 4, -9)[0, 0].numpy(),
    ),
    (
        {"rotation": -50},
        lambda image: augment.rotate(torch.tensor(image)[None, None], -50)[0, 0].numpy(),
    ),
]


def dilated(image: np.ndarray, times: int) -> np.ndarray:
    for _ in range(times):
        image = ndimage.grey_dilation(image, footprint=CROSS, mode="constant")
    return image


def test_changes_are_those_of_scipy_and_of_the_book(drawing):
    opened = drawing(start=False)
    apply = (
        "({ changed }, [image, change]) => Array.from(changed(Float32Array.from(image), change))"
    )
    for change, reference in CHANGES:
        result = compute(opened, "changes", apply, [IMAGE.ravel().tolist(), change])
        np.testing.assert_allclose(
            floats(result).reshape(28, 28), reference(IMAGE), atol=2e-5, err_msg=str(change)
        )


def test_sliders_change_what_is_seen_and_say_by_how_much(drawing):
    opened = drawing()
    opened.press("7, validation image 3")
    before = seen(opened)
    opened.page.get_by_text("Change what it sees").click()
    right = opened.page.get_by_label("Move right")
    right.focus()
    for _ in range(4):
        opened.page.keyboard.press("ArrowRight")
    assert right.get_attribute("aria-valuetext") == "2 pixels"
    np.testing.assert_array_equal(seen(opened), ndimage.shift(before, (0, 2), order=0))
    opened.page.get_by_label("Turn").fill("15")
    assert opened.page.get_by_label("Turn").get_attribute("aria-valuetext") == "15° right"
    turned = ndimage.rotate(before, -15, order=1, mode="grid-constant", reshape=False)
    right.fill("0")
    np.testing.assert_allclose(seen(opened), turned, atol=1e-5)
    opened.press("Reset")
    np.testing.assert_array_equal(seen(opened), before)


def test_the_same_network_taught_otherwise_answers_beside(drawing, site):
    opened = drawing()
    opened.page.get_by_label("Centred and scaled").uncheck()
    opened.press("7, validation image 5")
    opened.page.get_by_label("Beside it: the same network taught without augmentation").check()
    opened.page.locator(".drawing-answers caption", has_text="Without augmentation").wait_for()
    opened.settle()
    for table, name in enumerate(["tiny", "plain"]):
        logits = np.load(site / f"{name}.npy")[5]
        shown = (
            opened.page.locator(".drawing-answers")
            .nth(table)
            .locator("tbody td:last-child")
            .all_inner_texts()
        )
        np.testing.assert_allclose(
            [float(text.replace("−", "-")) for text in shown], logits, atol=0.006
        )
    assert "\nWithout augmentation: " in opened.says
    opened.page.get_by_label("Beside it").uncheck()
    opened.settle()
    assert (
        opened.page.locator(".drawing-answers").count() == 1 and "augmentation" not in opened.says
    )


def test_files_that_are_no_network_are_refused_in_words_and_the_page_goes_on(drawing, site):
    opened = drawing()
    network = (site / "networks" / "tiny.onnx").read_bytes()
    wrong = {
        "empty.onnx": b"",
        "digit.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        "notes.txt": b"a text",
        "half.onnx": network[: len(network) // 2],
    }
    for name, content in wrong.items():
        drop(opened, name, content)
        message, advice = (
            opened.page.locator("[role=alert] strong"),
            opened.page.locator("[role=alert] p"),
        )
        assert message.inner_text() and advice.inner_text(), name
    drop(opened, "huge.onnx", b"", size=2_000_000_000)
    assert "huge.onnx has 2000.0" in opened.problem
    opened.draw(*SEVEN)
    assert (
        opened.says.startswith("Reads ") and opened.page.locator("select").input_value() == "tiny"
    )
    opened.page.get_by_role("alert").get_by_role("button", name="Close").click()
    assert opened.problem == ""


def test_the_readers_own_network_is_opened_from_a_file_and_from_a_cell(drawing, site):
    opened = drawing()
    opened.draw(*SEVEN)
    before = opened.says
    network = site / "networks" / "plain.onnx"
    with opened.page.expect_file_chooser() as chooser:
        opened.page.get_by_role("button", name="Open your own network").click()
    chooser.value.set_files({"name": "mine.onnx", "mimeType": "", "buffer": network.read_bytes()})
    opened.page.locator(".drawing-answers caption", has_text="mine.onnx").wait_for()
    opened.settle()
    assert opened.says != before and opened.page.locator(
        "select option:checked"
    ).inner_text().startswith("mine.onnx")
    opened.page.locator("select").select_option("tiny")
    opened.page.locator(".drawing-answers caption", has_text="TinyCNN").wait_for()
    opened.settle()
    assert opened.says == before
    put_out(opened, network)
    opened.page.get_by_role("button", name="Show it on the pad").click()
    opened.page.locator(".drawing-answers caption", has_text="cell.onnx").wait_for()
    assert opened.page.locator("select option").all_inner_texts() != [] and opened.problem == ""


class Waves(nn.Module):
    """A network with an operator that the page does not compute itself."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(784, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sin(self.fc(x.flatten(1)))


def test_a_network_beyond_the_page_is_run_by_onnxruntime_which_is_fetched_only_then(
    drawing, tmp_path, images
):
    torch.manual_seed(0)
    network = Waves().eval()
    file = export.to_onnx(network, tmp_path / "waves.onnx", mean=MEAN, std=STD).path
    opened = drawing()
    opened.page.get_by_label("Centred and scaled").uncheck()
    opened.press("7, validation image 2")
    drop(opened, "waves.onnx", file.read_bytes())
    assert [url for url in opened.requests if url.endswith(".wasm")] and not opened.problem
    with torch.no_grad():
        logits = network(((images[2] - MEAN) / STD)[None, None])[0].numpy()
    np.testing.assert_allclose(
        floats(opened.ask("Array.from(part.current.result.logits)")), logits, atol=1e-3
    )
    assert opened.ask("part.current.network.engine") == "onnxruntime"
    opened.ask("part.maps.choose('fc', 3)")
    opened.settle()
    told = "the 10 largest of 784 products, whatever their sign"
    assert opened.page.locator(".look-terms caption").inner_text() == told


def put_out(drawing, network: Path) -> None:
    """Put onto the page what a cell does that exports a network."""
    address = (
        f"data:application/octet-stream;base64,{base64.b64encode(network.read_bytes()).decode()}"
    )
    link = (
        f'<a class="exported-network" download="cell.onnx" href="{address}">Download cell.onnx</a>'
    )
    drawing.page.locator(".outputs").evaluate("(place, html) => { place.innerHTML = html; }", link)


def test_an_exported_network_opens_the_pad_if_it_is_still_closed(drawing, site):
    opened = drawing(start=False)
    put_out(opened, site / "networks" / "plain.onnx")
    opened.page.get_by_role("button", name="Show it on the pad").click()
    opened.page.locator(".drawing-answers caption", has_text="cell.onnx").wait_for()
    opened.settle()
    assert opened.page.locator("select").input_value() == "own"


def test_a_slow_network_is_waited_for_while_the_pad_can_be_drawn_on(drawing):
    opened = drawing(start=False)
    held = []
    opened.page.route("**/tiny.onnx", lambda route: held.append(route))
    opened.page.locator(".drawing-start").click()
    opened.page.get_by_role("progressbar").wait_for()
    opened.pad.click()
    opened.page.wait_for_function(
        "document.querySelector('.drawing-pad').drawing.strokes.length === 1"
    )
    opened.page.get_by_text("Loading …", exact=True).first.wait_for()
    held[0].continue_()
    opened.settle()
    assert (
        opened.says.startswith("Reads ") and not opened.page.get_by_role("progressbar").is_visible()
    )


@pytest.mark.parametrize("file", ["tiny.onnx", "index.json", "digits.json"])
def test_what_cannot_be_fetched_can_be_tried_again(drawing, file):
    opened = drawing(start=False)
    opened.page.route(f"**/{file}", lambda route: route.fulfill(status=503))
    opened.page.locator(".drawing-start").click()
    again = opened.page.get_by_role("button", name="Try again")
    again.wait_for()
    assert f"{file} could not be fetched: the server answered 503" in opened.problem
    opened.draw(*SEVEN)
    opened.page.unroute(f"**/{file}")
    again.click()
    opened.page.get_by_role("button", name="7, validation image 0").wait_for()
    opened.page.wait_for_function("document.querySelector('.drawing-pad').drawing.current.result")
    opened.settle()
    assert opened.says.startswith("Reads ") and opened.problem == ""
    opened.faults.clear()


def test_a_missing_network_leaves_the_one_that_is_there(drawing):
    opened = drawing()
    opened.page.locator("select").select_option("missing")
    opened.page.get_by_role("alert").get_by_text("none.onnx could not be fetched").wait_for()
    opened.settle()
    assert opened.page.locator("select").input_value() == "tiny"
    opened.faults.clear()


def test_modules_that_cannot_be_loaded_can_be_tried_again(drawing):
    opened = drawing(start=False)
    opened.page.route("**/draw/main.js*", lambda route: route.abort())
    start = opened.page.locator(".drawing-start")
    start.click()
    opened.page.get_by_text("The drawing pad could not be loaded").wait_for()
    opened.page.unroute("**/draw/main.js*")
    start.click()
    opened.pad.wait_for()
    opened.faults.clear()


def test_a_network_that_takes_long_is_never_asked_twice_at_once(drawing):
    opened = drawing()
    opened.page.evaluate("""() => {
        const { network } = document.querySelector(".drawing-pad").drawing.readers[0];
        const run = network.run.bind(network);
        window.runs = { now: 0, most: 0, all: 0 };
        network.run = async (image) => {
            runs.all++;
            runs.most = Math.max(runs.most, ++runs.now);
            await new Promise((resolve) => setTimeout(resolve, 150));
            runs.now--;
            return run(image);
        };
    }""")
    opened.draw(*SEVEN)
    runs = opened.page.evaluate("runs")
    assert runs["most"] == 1 and runs["now"] == 0 and runs["all"] >= 2
    expected = compute(
        opened,
        "preparation",
        "({ centred }, ink) => Array.from(centred(Float32Array.from(ink)))",
        opened.ask("Array.from(part.ink)"),
    )
    np.testing.assert_array_equal(seen(opened).ravel(), floats(expected))


@in_windows((390, "dark"), soak=((1300, "light"), (390, "light")))
def test_the_part_is_sound_for_everybody(drawing, width, scheme):
    opened = drawing(start=False, width=width, color_scheme=scheme)
    faults = opened.faults_of_access()
    opened.start()
    faults += opened.faults_of_access()
    opened.draw(*SEVEN)
    opened.page.get_by_text("Keys and touch").click()
    opened.page.get_by_text("Change what it sees").click()
    opened.page.get_by_label("Beside it").check()
    opened.page.get_by_role("button", name="Eraser").click()
    opened.page.locator(".drawing-answers").nth(1).wait_for()
    opened.page.locator(".maps-canvas canvas").first.press("Enter")
    drop(opened, "notes.txt", b"a text")
    assert (
        opened.problem and opened.page.evaluate("document.documentElement.dataset.theme") == scheme
    )
    assert faults + opened.faults_of_access() == []


def test_the_part_fits_a_narrow_phone(drawing):
    opened = drawing(width=320)
    opened.draw(*SEVEN)
    opened.page.get_by_text("Keys and touch").click()
    opened.page.get_by_text("Change what it sees").click()
    opened.page.get_by_label("Beside it").check()
    opened.page.locator(".drawing-answers").nth(1).wait_for()
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 320
    beyond = (
        "[...part.element.querySelectorAll('*')].filter((node) =>"
        " node.getBoundingClientRect().right > 321)"
    )
    assert opened.ask(f"{beyond}.map((node) => node.outerHTML)") == []


@pytest.fixture(scope="module")
def from_the_disk(site, tmp_path_factory) -> str:
    """The address of the page in a folder, as a build finishes it: no server, no onnxruntime."""
    folder = tmp_path_factory.mktemp("disk") / "a site, 100 %"
    shutil.copytree(site, folder, ignore=shutil.ignore_patterns("onnxruntime-web"))
    (folder / "files").mkdir()
    (folder / "networks").rename(folder / "files" / "networks")
    page = (folder / "index.html").read_text(encoding="utf-8")
    page = page.replace('data-files="networks/"', 'data-files="files/networks/"')
    page = page.replace("</head>", '<script src="_static/from-disk.js"></script></head>')
    (folder / "index.html").write_text(page, encoding="utf-8")
    from_disk.write(folder)
    return (folder / "index.html").as_uri()


def test_a_page_from_the_disk_reads_what_is_drawn_and_says_what_needs_a_server(
    chromium, from_the_disk, site, tmp_path
):
    opened = DrawingPage(chromium, from_the_disk).start()
    opened.page.get_by_label("Centred and scaled").uncheck()
    opened.press("7, validation image 2")
    logits = floats(opened.ask("Array.from(part.current.result.logits)"))
    np.testing.assert_allclose(logits, np.load(site / "tiny.npy")[2], atol=1e-3)
    file = export.to_onnx(Waves().eval(), tmp_path / "waves.onnx", mean=MEAN, std=STD).path
    drop(opened, "waves.onnx", file.read_bytes())
    assert "onnxruntime" in opened.problem and "make serve" in opened.problem
    assert opened.ask("part.current.network.title") == "TinyCNN"
    assert opened.faults == []
    assert [url for url in opened.requests if not url.startswith(("file:", "blob:", "data:"))] == []
    opened.close_window()
