"""Measure the drawing pad on the built book: time to the first answer, time a frame, and sixty
digits by hand.

``.venv/bin/python tests/benchmarks/drawing.py`` prints a table from the site in ``_build/html``.
"""

import sys
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "site"), str(ROOT / "tools")]
from chromium import installed  # noqa: E402 - lies with what only developers run
from drawing_page import DrawingPage  # noqa: E402 - lies beside the tests of the site
from freehand import Freehand, drawings  # noqa: E402
from static_site import served  # noqa: E402

CENTRED = "Centred and scaled, as in MNIST"
FRAMES = """async () => {
    const part = document.querySelector(".drawing-pad").drawing;
    const sheet = document.querySelector(".drawing-sheet");
    const box = sheet.getBoundingClientRect();
    const event = (kind, x, y) => sheet.dispatchEvent(new PointerEvent(kind, {
        clientX: box.left + x * box.width, clientY: box.top + y * box.height, pointerId: 1, pointerType: "mouse",
        button: 0, buttons: kind === "pointerup" ? 0 : 1, bubbles: true, cancelable: true, isPrimary: true,
    }));
    const next = window.requestAnimationFrame.bind(window);
    const busy = [], gaps = [];
    window.requestAnimationFrame = (work) => next(async (time) => {
        const began = performance.now();
        await work(time);
        busy.push(performance.now() - began);
    });
    const frame = () => new Promise(next);
    let before = await frame();
    for (let step = 0; step <= 300; step += 1) {
        const [x, y] = [0.5 + 0.3 * Math.sin(step / 20), 0.2 + 0.002 * step];
        event(step ? "pointermove" : "pointerdown", x, y);
        const now = await frame();
        gaps.push(now - before);
        before = now;
    }
    event("pointerup", 0.5, 0.5);
    await part.settled();
    window.requestAnimationFrame = next;
    return { busy, gaps };
}"""
TWINS = """async (images) => {
    const best = (numbers) => Math.max(...numbers);
    const answers = [];
    for (const { network } of document.querySelector(".drawing-pad").drawing.readers) {
        const said = [];
        for (const image of images) {
            const { logits, probabilities } = await network.run(Float32Array.from(image));
            said.push([logits.indexOf(best(logits)), best(probabilities)]);
        }
        answers.push(said);
    }
    return answers;
}"""


def seconds_to_first_answer(chromium, address: str) -> float:
    """Return the seconds from the click on the button to the first answer, in a new window."""
    window = DrawingPage(chromium, address).open()
    window.page.evaluate(
        "addEventListener('click', () => { window.clicked ??= performance.now(); }, true)"
    )
    window.page.get_by_role("button", name="Draw a digit").click()
    answered = (
        "document.querySelector('.drawing-pad').drawing?.current.result && performance.now() -"
        " window.clicked"
    )
    taken = window.page.wait_for_function(answered).json_value()
    window.context.close()
    return taken / 1000


def choose(window: DrawingPage, network: str) -> None:
    """Let a network read."""
    window.page.locator(".drawing-network select").select_option(network)
    window.settle()


def draw(window: DrawingPage, drawing: Freehand) -> None:
    """Draw a digit with the mouse."""
    window.press("Clear")
    for stroke in drawing.strokes:
        window.draw(*stroke)


def main() -> None:
    """Print the tables."""
    console = Console()
    with served(ROOT / "_build" / "html") as site, sync_playwright() as playwright:
        address = f"{site}/book/draw-a-digit.html"
        chromium = playwright.chromium.launch(executable_path=installed(), args=["--no-sandbox"])
        firsts = [seconds_to_first_answer(chromium, address) for _ in range(5)]
        console.print(
            f"click to first answer: median {np.median(firsts):.2f} s, slowest of 5"
            f" {max(firsts):.2f} s"
        )
        window = DrawingPage(chromium, address).start()
        console.print(frames(window))
        console.print(by_hand(window))


def frames(window: DrawingPage) -> Table:
    """Return milliseconds a frame for each network, over a stroke of 300 steps."""
    table = Table(
        "network",
        "median",
        "95 %",
        "longest",
        "frames later than 25 ms",
        title="Milliseconds a frame",
    )
    for network in ("tiny", "simple", "pooled", "complex"):
        choose(window, network)
        window.press("Clear")
        measured = window.page.evaluate(FRAMES)
        busy, gaps = np.array(measured["busy"]), np.array(measured["gaps"])
        row = [np.median(busy), np.quantile(busy, 0.95), busy.max()]
        table.add_row(
            network, *(f"{value:.1f}" for value in row), f"{(gaps > 25).sum()} of {len(gaps)}"
        )
    return table


def by_hand(window: DrawingPage) -> Table:
    """Return how many of the sixty digits each network has right, centred and as drawn, and how
    sure it is.
    """
    images = {True: [], False: []}
    for drawing in drawings():
        draw(window, drawing)
        for centred, kept in images.items():
            window.page.get_by_label(CENTRED).set_checked(centred)
            window.settle()
            kept.append(window.ask("[...part.current.image]"))
    digits = np.array([drawing.digit for drawing in drawings()])
    table = Table(
        "network",
        "augmentation",
        "centred",
        "as drawn",
        "how sure, as drawn",
        title="Sixty digits by hand",
    )
    window.page.get_by_label("Beside it").check()
    for network in ("tiny", "simple", "pooled", "complex"):
        choose(window, network)
        centred, drawn = (
            np.array(window.page.evaluate(TWINS, images[kind])) for kind in (True, False)
        )
        for twin, taught in enumerate(("with", "without")):
            right = [(answers[twin, :, 0] == digits).sum() for answers in (centred, drawn)]
            shares = [f"{count} of {len(digits)}" for count in right]
            table.add_row(network, taught, *shares, f"{drawn[twin, :, 1].mean():.2f}")
    return table


if __name__ == "__main__":
    main()
