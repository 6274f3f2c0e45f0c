"""The finished pages of a site, one behind the other in one HTML document, from which the PDF and
the EPUB are made.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup, SoupStrainer, Tag
from sphinx_external_toc.api import SiteMap

from bookkit.editions.margins import margins

NOT_READ = (
    "script, button, noscript, .headerlink, .d-print-none, .exercise-progress, .exercise-mark,"
    " .live-panel"
)
REFERRING = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "headers")
ONLY_THERE = "What stands here on the site works in a browser only."  # as in print.css
ELSEWHERE = ("http", "https", "mailto")
INSIDE = re.compile(r"url\((['\"]?)#")
STYLES = re.compile(r"<link\b[^>]*\brel=\"stylesheet\"[^>]*>|<style\b[^>]*>.*?</style>", re.DOTALL)
MATHS = re.compile(
    r"<script\b[^>]*\bsrc=\"[^\"]*mathjax/[^\"]*\"[^>]*></script>"
    r"|<script>\s*window\.MathJax\s*=.*?</script>",
    re.DOTALL,
)
ADDRESS = re.compile(r"(\b(?:href=|src=)\"|\burl\(['\"]?)(?!\w+:|#)([^'\"?#)]+)(?:[?#][^'\")]*)?")


@dataclass(frozen=True)
class Part:
    """A part of a table of contents: its caption, and its chapters, each with the pages below it.

    A chapter is a list of pages, each with its depth, which is 0 for the chapter itself.
    """

    caption: str
    chapters: tuple[tuple[tuple[str, int], ...], ...]


@dataclass(frozen=True)
class BoundPage:
    """A page of the book as the document has it.

    Attributes
    ----------
    name : str
        The name that Sphinx gives it.
    anchor : str
        The id of its article; the ids in it begin with this and a hyphen.
    title : str
        As plain text, with its number.
    depth : int
        0 for a chapter.
    article : Tag
    """

    name: str
    anchor: str
    title: str
    depth: int
    article: Tag


@dataclass(frozen=True)
class About:
    """What the title page says."""

    title: str
    author: str
    language: str
    lines: tuple[str, ...] = ()
    warning: str = ""


def parts_of(toc: SiteMap) -> list[Part]:
    """Return the parts of a table of contents; the first page of the book is one by itself."""
    trees = [(tree.caption or "", tree.files()) for tree in toc.root.subtrees]
    parts = [("", [toc.root.docname]), *trees]
    return [
        Part(
            caption,
            tuple(
                ((name, 0),) if name == toc.root.docname else tuple(_with_below(toc, name, 0))
                for name in names
            ),
        )
        for caption, names in parts
    ]


def _with_below(toc: SiteMap, name: str, depth: int) -> Iterator[tuple[str, int]]:
    yield name, depth
    for child in toc[name].child_files():
        yield from _with_below(toc, child, depth + 1)


def bind(site: Path, parts: Iterable[Part], published: str = "") -> dict[str, BoundPage]:
    """Read the articles of a site's pages, and let their ids and links fit into one document.

    Parameters
    ----------
    site : Path
        The folder of the finished site.
    parts : iterable of Part
    published : str
        The address of the published pages: links to files of the site, and to pages that are not
        in the book, lead there. Without one they are no links.

    Returns
    -------
    dict
        The pages in their order, by name.
    """
    names = [each for part in parts for chapter in part.chapters for each in chapter]
    bound = {
        name: read_page(site, name, f"p{number}", depth)
        for number, (name, depth) in enumerate(names, 1)
    }
    ids = {id_of(each) for page in bound.values() for each in page.article.find_all(id=True)}
    for page in bound.values():
        for element in page.article.find_all(href=True):
            lead(element, page, bound, ids, published)
        for element in page.article.find_all(src=True):
            if not urlsplit(element["src"]).scheme:
                file = (site / page.name).parent / unquote(urlsplit(element["src"]).path)
                element["src"] = file.resolve().as_uri()
    return bound


def id_of(element: Tag) -> str:
    """Return the id of an element as text."""
    return str(element["id"])


def read_page(site: Path, name: str, anchor: str, depth: int) -> BoundPage:
    """Return a page with what is read of it, its headings as deep as its place in the book."""
    text = (site / f"{name}.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(text, "html.parser", parse_only=SoupStrainer("article"))
    article = soup.select_one("article.bd-article") or soup.find("article")
    for element in article.select(NOT_READ):
        element.decompose()
    for part in article.select("[data-static]:not(:has(img))"):
        part.string = ONLY_THERE
        del part["data-static"]
    plain_pictures(article)
    own_names(article, anchor)
    article["id"] = anchor
    article["style"] = f"page: {anchor}"
    heading = article.find("h1")
    title = " ".join(heading.get_text().split()) if heading else name
    deepen(article, depth + 1)
    return BoundPage(name, anchor, title, depth, article)


def plain_pictures(article: Tag) -> None:
    """Leave of a picture that has several forms the one for every reader, and fetch it at once."""
    for picture in article.find_all("picture"):
        for source in picture.find_all("source"):
            source.decompose()
    for image in article.find_all("img"):
        for name in ("srcset", "sizes", "loading"):
            del image[name]


def own_names(article: Tag, anchor: str) -> None:
    """Put the name of a page before all ids in it, and wherever they are used inside of it."""
    known = [id_of(each) for each in article.find_all(id=True)]
    for style in article.find_all("style"):
        used = [name for name in known if f"#{name}" in (style.string or "")]
        for name in sorted(used, key=len, reverse=True):
            style.string = style.string.replace(f"#{name}", f"#{anchor}-{name}")
    for element in article.find_all(True):
        for name, value in element.attrs.items():
            if name == "id":
                element[name] = f"{anchor}-{value}"
            elif name in REFERRING:
                words = value if isinstance(value, list) else value.split()
                element[name] = " ".join(f"{anchor}-{word}" for word in words)
            elif isinstance(value, str) and "url(" in value:
                element[name] = INSIDE.sub(rf"url(\1#{anchor}-", value)
            elif name == "xlink:href" and value.startswith("#"):
                element[name] = f"#{anchor}-{value[1:]}"


def deepen(article: Tag, levels: int) -> None:
    """Make headings deeper by some levels, down to the sixth; a class keeps how they look."""
    for level in range(6, 0, -1):
        for heading in article.find_all(f"h{level}"):
            heading.name = f"h{min(level + levels, 6)}"
            heading["class"] = [*heading.get("class", []), f"level-{level}"]


def lead(
    element: Tag, page: BoundPage, bound: Mapping[str, BoundPage], ids: set[str], published: str
) -> None:
    """Let a link lead into the document; one to a file of the site leads to the published site, or
    is a link no more.
    """
    here = f"{page.name}.html"
    address = urlsplit(urljoin(here, element["href"]) if element["href"] else here)
    path = posixpath.normpath(address.path)
    target = bound.get(path.removesuffix(".html")) if path.endswith(".html") else None
    if address.scheme in ELSEWHERE:
        return
    if target:
        wanted = f"{target.anchor}-{address.fragment}"
        element["href"] = f"#{wanted if wanted in ids else target.anchor}"
    elif element.name != "a":
        return
    elif published and not address.scheme and not path.startswith(".."):
        element["href"] = f"{published}/{address._replace(path=path).geturl()}"
    else:
        element.name = "span"
        element.attrs = {name: element[name] for name in ("id", "class") if name in element.attrs}


def head_of(site: Path, names: Iterable[str], pattern: re.Pattern[str]) -> list[str]:
    """Return what a pattern finds in the heads of pages, once each, with whole addresses."""
    found: dict[str, None] = {}
    for name in names:
        folder = (site / name).parent
        head = (site / f"{name}.html").read_text(encoding="utf-8").partition("</head>")[0]
        for element in pattern.findall(head):
            found.setdefault(with_whole_addresses(element, folder))
    return [element for element in found if "data-margins" not in element]


def with_whole_addresses(element: str, folder: Path) -> str:
    """Return an element with the addresses of files on this machine."""

    def whole(match: re.Match[str]) -> str:
        return match[1] + folder.joinpath(unquote(match[2])).resolve().as_uri()

    return ADDRESS.sub(whole, element)


def document(
    about: About,
    parts: Iterable[Part],
    bound: Mapping[str, BoundPage],
    head: Iterable[str],
) -> str:
    """Return the whole book as one HTML document.

    Parameters
    ----------
    about : About
    parts : iterable of Part
    bound : mapping
        The pages, as `bind` returns them.
    head : iterable of str
        Styles and scripts.
    """
    parts = list(parts)
    named = [(page.title, page.anchor) for page in bound.values()]
    boxes = "\n".join(
        margins(title, about.title, about.warning, name) for title, name in [("", ""), *named]
    )
    return "\n".join(
        [
            f'<!DOCTYPE html>\n<html lang="{escape(about.language)}" data-theme="light"'
            ' class="whole-book">',
            f'<head><meta charset="utf-8" /><title>{escape(about.title)}</title>',
            f'<meta name="author" content="{escape(about.author)}" />',
            *head,
            f'<style>{boxes}</style></head><body><div class="bd-main"><main'
            ' class="bd-content"><div class="bd-article-container">',
            title_page(about),
            contents(parts, bound),
            *(bound_part(part, number, bound) for number, part in enumerate(parts)),
            "</div></main></div></body></html>",
        ]
    )


def title_page(about: About) -> str:
    """Return the first page, as HTML."""
    lines = [about.author, *about.lines, *[about.warning] * bool(about.warning)]
    said = "\n".join(f"<p>{escape(line)}</p>" for line in lines if line)
    return f'<header class="title-page"><p class="title">{escape(about.title)}</p>{said}</header>'


def contents(parts: Iterable[Part], bound: Mapping[str, BoundPage]) -> str:
    """Return the table of contents, as HTML, with room for the numbers of pages."""
    lines = []
    for part in parts:
        if part.caption:
            lines.append(f'<p class="part-name">{escape(part.caption)}</p>')
        for name, depth in (each for chapter in part.chapters for each in chapter):
            page = bound[name]
            lines.append(
                f'<p class="depth-{min(depth, 2)}"><a href="#{page.anchor}">{escape(page.title)}'
                '</a><span class="page-number"></span></p>'
            )
    listed = "\n".join(lines)
    return f'<nav class="printed-contents" aria-label="Contents"><h1>Contents</h1>{listed}</nav>'


def bound_part(part: Part, number: int, bound: Mapping[str, BoundPage]) -> str:
    """Return a part with its chapters, as HTML. The answers of a chapter come at its end."""
    chapters = "\n".join(bound_chapter([bound[name] for name, _ in each]) for each in part.chapters)
    if not part.caption:
        return chapters
    name = f'<header class="part" id="part-{number}"><h1>{escape(part.caption)}</h1></header>'
    return f"{name}\n{chapters}"


def bound_chapter(pages: list[BoundPage]) -> str:
    """Return a chapter with the pages below it, as HTML."""
    articles = "\n".join(str(page.article) for page in pages)
    margin = f'style="page: {pages[0].anchor}"'
    return f'<div class="printed-chapter" data-answers="3" {margin}>{articles}</div>'
