"""Pictures of a finished site: pages know their size beforehand, they come when they are near, and
light files stand in for them.
"""

import re
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from docutils import nodes
from sphinx.application import Sphinx

from bookkit.sphinx.light_pictures import Picture, look_at

IMAGE = re.compile(r"<img\b[^>]*>")
SOURCE = re.compile(r'\ssrc="([^"]*)"')
UNSEEN = re.compile(r"<(script|style|nav)\b.*?</\1>|<[^>]*>", re.DOTALL)
FIRST_SCREEN = 1200  # characters of an article that a screen shows before it is scrolled
SIZES = "(max-width: 640px) 100vw, 640px"  # how wide a page shows a figure


class Album:
    """The pictures of a site, each looked at once.

    Parameters
    ----------
    site : Path
        The folder of the site.
    earlier : Path
        The folder of the site that was there before, whose light files are taken where they are of
        the same pictures. It need not exist.
    """

    def __init__(self, site: Path, earlier: Path) -> None:
        self.site = site.resolve()
        self.look = cache(lambda file: look_at(file, earlier / file.parent.relative_to(self.site)))

    def look_ahead(self, pages: Iterable[Path]) -> None:
        """Look at the pictures of pages side by side: making light files takes long."""
        files = {self.file_of(tag, page) for page in pages for tag in IMAGE.findall(read(page))}
        with ThreadPoolExecutor() as pool:
            deque(pool.map(self.look, files - {None}), maxlen=0)

    def complete(self, page: Path) -> None:
        """Give the pictures of a page their sizes and their light files."""
        text = read(page)
        article = max(text.find("<article"), 0)

        def put(found: re.Match[str]) -> str:
            picture = self.shown_by(found[0], page)
            if picture is None:
                return found[0]
            before = UNSEEN.sub(" ", text[article : found.start()])
            return tag_of(picture, found[0], len(" ".join(before.split())) < FIRST_SCREEN)

        done = IMAGE.sub(put, text)
        if done != text:
            page.write_text(done, encoding="utf-8")

    def shown_by(self, tag: str, page: Path) -> Picture | None:
        """Return the picture of a tag; None if it is no file of the site, or has no size."""
        file = self.file_of(tag, page)
        return self.look(file) if file else None

    def file_of(self, tag: str, page: Path) -> Path | None:
        """Return the file of a tag; None if it is none of the site."""
        source = SOURCE.search(tag)
        address = urlsplit(source[1]) if source else None
        if address is None or address.scheme or address.netloc or not address.path:
            return None
        file = (page.parent / unquote(address.path)).resolve()
        return file if file.is_file() and file.is_relative_to(self.site) else None


def read(page: Path) -> str:
    """Return the text of a page."""
    return page.read_text(encoding="utf-8")


def tag_of(picture: Picture, tag: str, is_first: bool) -> str:
    """Return the tag of a picture with all that is known of it.

    Parameters
    ----------
    picture : Picture
    tag : str
        The ``<img>`` that Sphinx wrote; it stays for browsers that know no WebP.
    is_first : bool
        Whether readers see it before they scroll.
    """
    width, height = picture.size
    size = "" if re.search(r"\s(?:width=|height=)", tag) else f' width="{width}" height="{height}"'
    when = ' fetchpriority="high"' if is_first else ' loading="lazy" decoding="async"'
    image = f"<img{size}{when}{tag.removeprefix('<img')}"
    if not picture.light:
        return image
    folder = SOURCE.search(tag)[1].rpartition("/")[0]
    files = {each: escape(f"{folder}/{name}") for each, name in sorted(picture.light.items())}
    sizes = SIZES if is_first else f"auto, {SIZES}"
    kind = "picture chart" if picture.is_chart else "picture"
    legible = f' style="--legible: {picture.legible}px"' if picture.legible else ""
    return (
        f'<span class="{kind}"{legible}><picture>'
        f'<source media="print" type="image/webp" srcset="{files[max(files)]}" />'
        f'<source type="image/webp" sizes="{sizes}"'
        f' srcset="{", ".join(f"{name} {each}w" for each, name in files.items())}" />'
        f"{image}</picture></span>"
    )


def bring_style(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Let pages with pictures load how they are shown."""
    if doctree and next(doctree.findall(nodes.image), None):
        app.add_css_file("pictures.css")
        app.add_js_file("pictures.js", loading_method="defer")


def complete_site(app: Sphinx, exception: Exception | None) -> None:
    """Complete the pictures on all pages of a finished site."""
    if exception or app.builder.name not in ("html", "dirhtml"):
        return
    site = Path(app.outdir)
    album = Album(site, site.with_suffix(""))  # a site is made beside the one before
    files = (site / app.builder.get_target_uri(name) for name in sorted(app.env.found_docs))
    pages = [page for page in files if page.is_file()]
    album.look_ahead(pages)
    for page in pages:
        album.complete(page)


def connect(app: Sphinx) -> None:
    """Connect what pages load, and the step behind what other extensions write."""
    app.connect("html-page-context", bring_style)
    app.connect("build-finished", complete_site, priority=850)
