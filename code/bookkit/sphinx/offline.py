"""Let readers keep a finished site on their devices: a service worker with a list of its files.

The list is taken from the folder once it is complete, so it holds whatever made those files.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from fnmatch import fnmatch
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from bs4 import BeautifulSoup

from bookkit.book.data import LIVE_FILE
from bookkit.book.settings import Offline
from bookkit.sphinx.from_disk import SUFFIX, joined
from bookkit.system.files import digest_of, write_if_changed

WORKER = "service-worker.js"
VISIT = "_static/offline/visit.js"
PROGRAM = Path(__file__).parent / "templates" / WORKER
FIRST, WHOLE, ASKED = range(3)  # when a file is kept, as the worker has it
NEVER = (  # what a page never shows: downloads, sources, and what differs from server to server
    *("_sources/*", "notebooks/*", "*.ipynb", "*.zip", "*.whl", "*.pdf", "*.epub", "*.map"),
    *(f"*{SUFFIX}", "objects.inv", ".buildinfo", "sitemap.xml", "robots.txt", LIVE_FILE, WORKER),
)
IMAGE = re.compile(r'<img\b[^>]*?\bsrc="([^"]+)"')
CHOICE = re.compile(r'<picture\b.*?<img\b[^>]*?\bsrc="([^"]+)".*?</picture>', re.DOTALL)
ONLY_ASKED = ("_static/live/*", "_static/thebe/*", "_static/locales/*", "_static/scripts/*.txt")
ALWAYS_FIRST = ("index.html", "search.html", "_static/found/*", "_static/minisearch/*")


def write(site: Path, offline: Offline) -> None:
    """Give a complete site its service worker, and its pages the script that registers it.

    Parameters
    ----------
    site : Path
        The folder, with all that belongs into it.
    offline : Offline
        What the book says about it.
    """
    if not (site / VISIT).is_file():
        return  # a book without the kit's extension
    digest = digest_of((site / VISIT).read_bytes())[:8]
    for page in site.rglob("*.html"):
        register(page, site, digest)
    files = listed(site, offline)
    program = PROGRAM.read_text(encoding="utf-8")
    build = digest_of((json.dumps(files) + program).encode())[:20]
    book = json.dumps({"build": build, "files": files}, ensure_ascii=False, separators=(",", ":"))
    write_if_changed(site / WORKER, f"const BOOK = {book};\n{program}")


def register(page: Path, site: Path, digest: str) -> None:
    """Let a page of the theme load the script, once."""
    text = page.read_text(encoding="utf-8")
    head, end, rest = text.partition("</head>")
    if "data-content_root" in head and VISIT not in head:
        up = "../" * (len(page.relative_to(site).parts) - 1)
        script = f'<script defer="defer" src="{up}{VISIT}?v={digest}"></script>\n'
        page.write_text(f"{head}{script}{end}{rest}", encoding="utf-8")


def listed(site: Path, offline: Offline) -> dict[str, tuple[str, int, int]]:
    """Return the files that pages show: path to digest, size in bytes, and when they are kept."""
    files = {
        name: site / name
        for file in sorted(site.rglob("*"))
        if file.is_file() and not matches(name := file.relative_to(site).as_posix(), NEVER)
    }
    first = with_parts(site, filter(partial(is_first, offline=offline), files))
    asked = (*ONLY_ASKED, *offline.when_asked)
    unused = fallbacks(site, filter(is_page, files))
    return {
        name: (
            short_digest(file.read_bytes()),
            file.stat().st_size,
            FIRST if name in first else ASKED if name in unused or matches(name, asked) else WHOLE,
        )
        for name, file in files.items()
    }


def is_first(name: str, offline: Offline) -> bool:
    """Tell whether every reader keeps a file after the first visit."""
    return matches(name, (*ALWAYS_FIRST, *offline.first))


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether a path fits one of the patterns; a star may stand for folders, too."""
    return any(fnmatch(name, pattern) for pattern in patterns)


def short_digest(content: bytes) -> str:
    """Return 22 characters that hold 132 bits of a digest; the worker computes the same."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()[:22]


def is_page(name: str) -> bool:
    """Tell whether a file is a page."""
    return name.endswith(".html")


def fallbacks(site: Path, pages: Iterable[str]) -> set[str]:
    """Return the pictures that pages show in old browsers alone: what keeps a site shows others."""
    shown, instead = set(), set()
    for page in pages:
        text = (site / page).read_text(encoding="utf-8")
        place = partial(joined, PurePosixPath(page).parent)
        instead.update(place(unquote(address)) for address in CHOICE.findall(text))
        shown.update(place(unquote(address)) for address in IMAGE.findall(CHOICE.sub("", text)))
    return instead - shown


def with_parts(site: Path, names: Iterable[str]) -> set[str]:
    """Return files of a site and, of the pages among them, the scripts, styles and pictures."""
    names = set(names)
    return names | {part for name in filter(is_page, names) for part in parts(site, name)}


def parts(site: Path, page: str) -> list[str]:
    """Return the files of the site that a page names."""
    tree = BeautifulSoup((site / page).read_bytes(), "html.parser")
    named = [tag["href"] for tag in tree.select("link[rel=stylesheet], link[rel=icon]")]
    named += [tag["src"] for tag in tree.select("script[src], img[src]:not(picture img)")]
    choices = [tag["srcset"] for tag in tree.select("picture source[srcset]")]
    named += [each.split()[0] for choice in choices for each in choice.split(",")]
    folder = PurePosixPath(page).parent
    paths = [unquote(re.sub("[?#].*", "", address)) for address in named if ":" not in address]
    return [joined(folder, path) for path in paths]
