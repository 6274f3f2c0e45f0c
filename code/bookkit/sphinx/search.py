"""What the search of a site knows: each section, exercise, term and message, as an index that a
page loads when its search is opened.

The index is a script that sets a variable, so pages find it on a disk as well as on a server.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config

from bookkit.exercises.directive import ExerciseBox, ExerciseKey
from bookkit.sphinx.plain_text import numbered_title, plain, plain_formula

SCRIPT, INDEX = "found/found.js", "found/index.js"
SKIPPED = (
    *(nodes.raw, nodes.comment, nodes.image, nodes.target, nodes.substitution_definition),
    *(addnodes.toctree, addnodes.index, addnodes.desc_signature, nodes.field_list, ExerciseKey),
)
FOLDED = ("tag_solution", "tag_hide-cell", "tag_hide-input", "tag_remove-input")
LEFT_OUT = ("minutes", "claims-legend", "toctree-wrapper", "exercise-progress")
AUTOMATIC = re.compile(r"id\d+")  # a number that docutils gives; it changes with the page
LONGEST_OUTPUT = 300  # characters of an error that a cell shows


@dataclass
class Part:
    """A place that the search leads to.

    Attributes
    ----------
    kind : str
        ``page``, ``section``, ``exercise``, ``term``, ``entry`` (of another list of definitions),
        ``box`` (an admonition with a label) or ``api``.
    anchor : str
        Its id on the page.
    title : str
    text, code : list of str
        What it says, without what has a place of its own.
    """

    kind: str
    anchor: str
    title: str
    text: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)


def parts_of(doctree: nodes.document) -> list[Part]:
    """Return the places of a page, from the top."""
    page = next(doctree.findall(nodes.section), None)
    return list(_parts_of_section(page, "page")) if page is not None else []


def _parts_of_section(section: nodes.section, kind: str) -> Iterator[Part]:
    title = next((plain(node) for node in section if isinstance(node, nodes.title)), "")
    names = [name for name in section["ids"] if not AUTOMATIC.fullmatch(name)] or section["ids"]
    part = Part(kind, "" if kind == "page" else names[0], title)
    yield part
    for before, node in zip([None, *section], section, strict=False):
        if not isinstance(node, nodes.title):
            yield from _read(node, part, before)


def _read(node: nodes.Node, part: Part, before: nodes.Node | None = None) -> Iterator[Part]:
    """Add what a node says to a part, and yield the places in it; ``before`` stands above it."""
    if isinstance(node, nodes.section):
        yield from _parts_of_section(node, "section")
    elif isinstance(node, addnodes.desc):
        yield from _parts_of_description(node, part)
    elif isinstance(node, nodes.definition_list_item) and _anchor(node.children[0]):
        yield from _definition(node)
    elif isinstance(node, nodes.Admonition) and _anchor(node):
        yield from _box(node, before)
    elif isinstance(node, SKIPPED):
        return
    elif isinstance(node, nodes.container) and "cell" in node["classes"]:
        _read_cell(node, part)
    elif isinstance(node, nodes.literal_block):
        part.code.append(node.astext())
    elif isinstance(node, nodes.math_block):
        part.text.append(plain_formula(node.astext()))
    elif isinstance(node, nodes.TextElement):
        part.text.append(plain(node) if not set(LEFT_OUT) & set(node["classes"]) else "")
    elif isinstance(node, nodes.Element):
        for child in node:
            yield from _read(child, part)


def _read_cell(cell: nodes.container, part: Part) -> None:
    """Add the code of a cell, and an error that it shows; nothing that a page folds."""
    if set(FOLDED) & set(cell["classes"]):
        return
    for block in cell.findall(nodes.literal_block):
        is_error = "traceback" in block["classes"]
        if is_error or "cell_input" in block.parent.get("classes", []):
            part.code.append(block.astext()[-LONGEST_OUTPUT if is_error else None :])


def _box(node: nodes.Element, before: nodes.Node | None) -> Iterator[Part]:
    kind = "exercise" if isinstance(node, ExerciseBox) else "box"
    part = Part(kind, _anchor(node), plain(node.next_node(nodes.title)))
    if kind == "exercise" and isinstance(before, nodes.paragraph):  # it says what is asked for
        part.text.append(plain(before))
    yield part
    for child in node:
        if not isinstance(child, nodes.title):
            yield from _read(child, part)


def _definition(item: nodes.definition_list_item) -> Iterator[Part]:
    terms = [term for term in item if isinstance(term, nodes.term)]
    is_glossary = "glossary" in item.parent["classes"]
    title = ", ".join(map(plain, terms))
    part = Part("term" if is_glossary else "entry", _anchor(terms[0]), title)
    yield part
    for child in item:
        if not isinstance(child, nodes.term):
            yield from _read(child, part)


def _parts_of_description(node: addnodes.desc, above: Part) -> Iterator[Part]:
    signature = next(each for each in node if isinstance(each, addnodes.desc_signature))
    part = Part("api", _anchor(signature), signature.get("fullname", signature.astext()))
    target = part if part.anchor else above
    if part.anchor:
        yield part
    for child in node:
        yield from _read(child, target)


def _anchor(node: nodes.Node) -> str:
    return next(iter(node.get("ids", [])), "") if isinstance(node, nodes.Element) else ""


def name_definitions(app: Sphinx, doctree: nodes.document) -> None:
    """Give each term of a list of definitions an id, so that a link can lead to it."""
    for item in doctree.findall(nodes.definition_list_item):
        term = item.children[0]
        if not term["ids"] and not isinstance(item.parent.parent, addnodes.glossary):
            wanted = nodes.make_id(plain(term))[:60].strip("-") or "definition"
            taken = doctree.ids
            number = next(k for k in range(1, 1000) if _numbered(wanted, k) not in taken)
            term["ids"].append(_numbered(wanted, number))
            doctree.ids[term["ids"][0]] = term


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def collect(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Keep the places of a page until all pages are written, and let it load the search."""
    if doctree is not None:
        _collected(app)[pagename] = parts_of(doctree)


def _collected(app: Sphinx) -> dict[str, list[Part]]:
    if not hasattr(app.builder, "bookkit_parts"):
        app.builder.bookkit_parts = {}
    return app.builder.bookkit_parts


def write_index(app: Sphinx, exception: Exception | None) -> None:
    """Write the index into the static folder of the site."""
    if exception is None and app.builder.format == "html":
        file = Path(app.outdir, "_static", INDEX)
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(index_of(app), ensure_ascii=False, separators=(",", ":"))
        file.write_text(f"globalThis.bookIndex={text};\n", encoding="utf-8")


def index_of(app: Sphinx) -> dict[str, Any]:
    """Return the index: ``pages``, each with address, title and whether it comes late, and
    ``parts``, each with the number of its page, kind, anchor, title, text and code.
    """
    found = _collected(app)
    names = sorted(found)
    pages = [
        [app.builder.get_target_uri(name), numbered_title(app, name), int(comes_late(app, name))]
        for name in names
    ]
    rows = [
        [number, *row_of(part, is_late=bool(page[2]))]
        for number, page in enumerate(pages)
        for part in found[names[number]]
    ]
    return {
        "pages": pages,
        "parts": rows,
        "help": help_page_of(app) if app.config.bookkit_help in found else None,
    }


def help_page_of(app: Sphinx) -> dict[str, str]:
    """Return address and title of the page for readers who are stuck."""
    name = app.config.bookkit_help
    return {"address": app.builder.get_target_uri(name), "title": numbered_title(app, name)}


def row_of(part: Part, is_late: bool) -> list[str]:
    """Return what the index holds of a part; of pages that come late no code, such as licences."""
    code = "" if is_late else "\n".join(filter(str.strip, part.code))
    return [part.kind, part.anchor, part.title, " ".join(" ".join(part.text).split()), code]


def comes_late(app: Sphinx, name: str) -> bool:
    """Tell whether a page comes behind others in a search, as its front matter may say."""
    return app.env.metadata.get(name, {}).get("search") == "last"


def take_the_place(app: Sphinx) -> None:
    """Leave out Sphinx's own index and page of the search."""
    if app.builder.format == "html":
        app.builder.search = False


def search_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the page that shows results, which has an address with what was looked for."""
    yield "search", {"title": "Search"}, "search.html"


def use_own_dialog(app: Sphinx, config: Config) -> None:
    """Leave out the theme's dialog."""
    config.html_theme_options["disable_search"] = True


def connect(app: Sphinx) -> None:
    """Connect this part to Sphinx."""
    app.add_js_file(SCRIPT, loading_method="defer")
    app.connect("config-inited", use_own_dialog)
    app.connect("builder-inited", take_the_place)
    app.connect("doctree-read", name_definitions)
    app.connect("html-collect-pages", search_page)
    app.connect("html-page-context", collect)
    app.connect("build-finished", write_index)
