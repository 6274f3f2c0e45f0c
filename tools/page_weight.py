"""Say what the pages of a site weigh before anyone does anything on them, compressed:
``.venv/bin/python tools/page_weight.py [FOLDER]``.
"""

import gzip
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from chromium import installed
from page_requests import PageRequests
from playwright.sync_api import Browser, sync_playwright
from static_site import served

ROOT = Path(__file__).parents[1]
KINDS = {"document": "HTML", "script": "JS", "stylesheet": "CSS", "image": "images"}
PATIENCE = 120_000  # milliseconds
UNTOUCHED = (
    """addEventListener("pointermove", (made_up) => made_up.stopImmediatePropagation(), true)"""
)
SHIFT = """new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    window.shifted = (window.shifted ?? 0) + entry.value;
}).observe({ type: "layout-shift", buffered: true })"""


@dataclass
class Weight:
    """What a page loads before anyone does anything on it.

    Attributes
    ----------
    files : dict
        Bytes of every file, as ``gzip -9`` leaves them, by its path on the site.
    kinds : dict
        Of every file: HTML, JS, CSS, images or other.
    shift : float
        How far its parts moved meanwhile (cumulative layout shift).
    """

    files: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    shift: float = 0.0

    def of(self, kind: str) -> int:
        """Return the bytes of all files of a kind."""
        return sum(size for name, size in self.files.items() if self.kinds[name] == kind)

    def total(self, without: Iterable[str] = ()) -> int:
        """Return all bytes, except for paths that have one of some texts in them."""
        left_out = tuple(without)
        return sum(
            size for name, size in self.files.items() if not any(each in name for each in left_out)
        )


@cache
def compressed(content: bytes) -> int:
    """Return the bytes that are left of a file's content."""
    return len(gzip.compress(content, 9))


def weigh(
    chromium: Browser, address: str, page: str, width: int = 1400, height: int = 900
) -> Weight:
    """Open a page of a site in a browser that has nothing yet, and weigh what it loads."""
    context = chromium.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(PATIENCE)
    weight, window = Weight(), context.new_page()
    window.add_init_script(SHIFT)
    window.add_init_script(UNTOUCHED)  # some browsers report a mouse that nobody has moved
    answers, traffic = [], PageRequests(window)
    window.on("response", lambda answer: answers.append(answer))
    window.goto(f"{address}/{page}", wait_until="load")
    traffic.wait_until_still()
    for answer in answers:
        if answer.ok and answer.url.startswith(address):
            name = answer.url.removeprefix(f"{address}/").partition("?")[0]
            weight.files[name] = compressed(answer.body())
            weight.kinds[name] = KINDS.get(answer.request.resource_type, "other")
    weight.shift = window.evaluate("window.shifted ?? 0")
    context.close()
    return weight


def core_pages(site: Path) -> list[str]:
    """Return the chapters of a site, and the pages before them: the first, the pad, the start."""
    found = [
        *site.glob("chapters/*.html"),
        *site.glob("book/*.html"),
        *site.glob("book/start/*.html"),
    ]
    return sorted(file.relative_to(site).as_posix() for file in found)


def table(weights: dict[str, Weight]) -> str:
    """Return weights as a table in Markdown, in kilobytes."""
    kinds = [*KINDS.values(), "other"]
    lines = [f"| page | requests | total | {' | '.join(kinds)} | shift |"]
    lines.append("|---|" + "--:|" * (len(kinds) + 3))
    for page, weight in weights.items():
        sizes = " | ".join(f"{weight.of(kind) / 1000:.0f}" for kind in kinds)
        total = f"{weight.total() / 1000:.0f}"
        lines.append(f"| {page} | {len(weight.files)} | {total} | {sizes} | {weight.shift:.3f} |")
    return "\n".join(lines)


def heaviest(weights: dict[str, Weight]) -> str:
    """Return the files that weigh most, and on how many of the pages they are."""
    files = {name: size for weight in weights.values() for name, size in weight.files.items()}
    pages = Counter(name for weight in weights.values() for name in weight.files)
    most = sorted(files, key=files.get, reverse=True)[:20]
    return "\n".join(
        f"{files[name] / 1000:8.1f} kB  {pages[name]:3} pages  {name}" for name in most
    )


def main() -> None:
    """Print the table of a finished site's core pages, and the heaviest files."""
    site = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "_build" / "html"
    if not site.is_dir():
        sys.exit(f"There is no site in {site}: run `make book` first.")
    with sync_playwright() as playwright, served(site) as address:
        chromium = playwright.chromium.launch(executable_path=installed(), args=["--no-sandbox"])
        weights = {page: weigh(chromium, address, page) for page in core_pages(site)}
        chromium.close()
    print(table(weights), heaviest(weights), sep="\n\n")


if __name__ == "__main__":
    main()
