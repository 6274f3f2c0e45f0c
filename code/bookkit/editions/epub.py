"""The whole book as an EPUB 3, packed from the finished pages of its site."""

import io
import mimetypes
import re
import uuid
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pygments.formatters import HtmlFormatter

from bookkit.book.project import Project
from bookkit.editions.browser import opened
from bookkit.editions.handout import EARLIEST
from bookkit.editions.paper import OWN, Bound, bound_book, file_name
from bookkit.editions.whole_book import About
from bookkit.system.files import write_if_changed

CODE_STYLE = "a11y-high-contrast-light"
INSIDE = re.compile(r'href="#([^"]*)"')
CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="book/content.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>"""
XHTML = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="{0}" \
xml:lang="{0}">
<head><title>{1}</title><link rel="stylesheet" href="style.css"/>{2}</head>
<body>{3}</body></html>"""
ACCESSIBLE = {
    "schema:accessMode": ("textual", "visual"),
    "schema:accessModeSufficient": ("textual",),
    "schema:accessibilityFeature": (
        "alternativeText", "MathML", "structuralNavigation", "tableOfContents"),
    "schema:accessibilityHazard": ("none",),
}  # fmt: skip


@dataclass(frozen=True)
class Document:
    """A file of the EPUB: its name, its title, the ids in it, and its XHTML."""

    name: str
    title: str
    ids: frozenset[str]
    text: str


def make_epub(project: Project) -> Path:
    """Pack the finished site of an edition into one EPUB, and return that file, which lies in the
    site.

    Raises
    ------
    BookError
        If the book has not been made, or if there is no Chromium that takes it apart.
    """
    bound = bound_book(project)
    with opened(bound.text) as tab:
        parts = tab.evaluate((OWN / "epub.js").read_text(encoding="utf-8"))
    file = project.site / f"{file_name(project)}.epub"
    modified = datetime.fromtimestamp(project.site.stat().st_mtime, UTC)
    write_if_changed(file, packed(bound, parts, modified))
    return file


def packed(bound: Bound, parts: list[dict[str, Any]], modified: datetime) -> bytes:
    """Return the bytes of the EPUB.

    Parameters
    ----------
    bound : Bound
    parts : list of dict
        What the script returned of each document.
    modified : datetime
        When the book was made.
    """
    pictures = names_of_pictures(source for part in parts for source in part["pictures"])
    documents = documents_of(bound, parts, pictures)
    files: dict[str, str | bytes] = {
        "book/content.opf": package(bound.about, documents, pictures, modified),
        "book/nav.xhtml": navigation(bound, documents),
        "book/style.css": styles(),
        **{f"book/{each.name}": each.text for each in documents},
    }
    for source, name in pictures.items():
        files[f"book/{name}"] = Path(unquote(urlsplit(source).path)).read_bytes()
    return zipped({"META-INF/container.xml": CONTAINER, **files})


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """Return files as a zip that begins, uncompressed, with what says that it is an EPUB; the same
    files give the same bytes.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in {"mimetype": "application/epub+zip", **files}.items():
            member = zipfile.ZipInfo(name, EARLIEST)
            if name != "mimetype":
                member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            book.writestr(member, content)
    return made.getvalue()


def names_of_pictures(sources: Iterable[str]) -> dict[str, str]:
    """Return the name in the EPUB for every picture, by its address."""
    found = dict.fromkeys(sources)
    return {
        source: f"pictures/{number}{Path(urlsplit(source).path).suffix}"
        for number, source in enumerate(found, 1)
    }


def documents_of(
    bound: Bound, parts: list[dict[str, Any]], pictures: Mapping[str, str]
) -> list[Document]:
    """Return the documents, with links and pictures that lead to the files of the EPUB."""
    file_of = {name: f"{part['id']}.xhtml" for part in parts for name in part["ids"]}
    language, made = bound.about.language, []
    for part in parts:

        def lead(match: re.Match[str], here: str = part["id"]) -> str:
            target = file_of.get(match[1], "")
            return f'href="{"" if target == f"{here}.xhtml" else target}#{match[1]}"'

        body = INSIDE.sub(lead, part["body"])
        for source in set(part["pictures"]):
            body = body.replace(f'src="{escape(source)}"', f'src="{pictures[source]}"')
        title = title_of(bound, part)
        style = f"<style>{escape(part['styles'])}</style>" * bool(part["styles"])
        text = XHTML.format(language, escape(title), style, body)
        made.append(Document(f"{part['id']}.xhtml", title, frozenset(part["ids"]), text))
    return made


def title_of(bound: Bound, part: Mapping[str, Any]) -> str:
    """Return the title of a document."""
    if part["chapter"]:
        return f"Answers: {bound.titles[part['chapter']]}"
    return bound.titles.get(part["id"], bound.about.title)


def styles() -> str:
    """Return the style sheet: the kit's own, and the colours of code."""
    code = HtmlFormatter(style=CODE_STYLE).get_style_defs(".highlight")
    plain = re.sub(r"background(-color)?:[^;}]*;?", "", code)
    return (OWN / "epub.css").read_text(encoding="utf-8") + plain


def navigation(bound: Bound, documents: Iterable[Document]) -> str:
    """Return the table of contents, as XHTML: parts, chapters in them, pages below these."""
    made = {each.name: each for each in documents}
    entries: list[tuple[int, str, str]] = []
    for number, part in enumerate(bound.parts):
        deeper = int(bool(part.caption))
        if part.caption:
            entries.append((0, f"part-{number}.xhtml", part.caption))
        for chapter in part.chapters:
            for name, depth in chapter:
                page = bound.pages[name]
                entries.append((deeper + min(depth, 1), f"{page.anchor}.xhtml", page.title))
            answers = answers_of(bound.pages[chapter[0][0]].anchor, made.values())
            entries += [(deeper + 1, each.name, "Answers") for each in answers]
    listed = nested(entries)
    nav = f'<nav epub:type="toc" id="toc"><h1>Contents</h1>{listed}</nav>'
    return XHTML.format(bound.about.language, "Contents", "", nav)


def answers_of(anchor: str, documents: Iterable[Document]) -> list[Document]:
    """Return the document with the answers of a chapter, in a list that is empty without one."""
    return [each for each in documents if each.name == f"{anchor}-answers.xhtml"]


def nested(entries: list[tuple[int, str, str]]) -> str:
    """Return entries, each with its depth, file and title, as lists in lists; no step down skips
    a depth.
    """
    text, depth = "", -1
    for deep, name, title in entries:
        if deep > depth:
            text += "<ol>"
        else:
            text += "</li>" + "</ol></li>" * (depth - deep)
        text += f'<li><a href="{name}">{escape(title)}</a>'
        depth = deep
    return text + "</li></ol>" * (depth + 1)


def package(
    about: About, documents: list[Document], pictures: Mapping[str, str], modified: datetime
) -> str:
    """Return the file that lists what the EPUB holds, as XML."""
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"{about.title} {about.lines} {modified:%s}")
    metas = [
        f'<meta property="{name}">{value}</meta>'
        for name, values in ACCESSIBLE.items()
        for value in values
    ]
    items = [item(f"d{number}", each.name, features(each.text)) for number, each in
             enumerate(documents)]  # fmt: skip
    items += [item(f"i{number}", name) for number, name in enumerate(pictures.values())]
    spine = [f'<itemref idref="d{number}"/>' for number in range(len(documents))]
    spine.insert(1, '<itemref idref="nav"/>')
    return f"""<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" \
xml:lang="{about.language}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>
<dc:title>{escape(about.title)}</dc:title>
<dc:language>{about.language}</dc:language>
<dc:creator>{escape(about.author)}</dc:creator>
<meta property="dcterms:modified">{modified:%Y-%m-%dT%H:%M:%SZ}</meta>
{"".join(metas)}
</metadata>
<manifest>
{item("nav", "nav.xhtml", "nav")}
{item("style", "style.css")}
{"".join(items)}
</manifest>
<spine>{"".join(spine)}</spine>
</package>"""


def features(text: str) -> str:
    """Return what a document holds beside XHTML, in the words of the package."""
    return " ".join(name for name, tag in (("mathml", "<math"), ("svg", "<svg")) if tag in text)


def item(name: str, file: str, properties: str = "") -> str:
    """Return a line of the list of files."""
    kind = {".xhtml": "application/xhtml+xml", ".webp": "image/webp"}.get(Path(file).suffix)
    kind = kind or mimetypes.guess_type(file)[0]
    more = f' properties="{properties}"' * bool(properties)
    return f'<item id="{name}" href="{file}" media-type="{kind}"{more}/>'
