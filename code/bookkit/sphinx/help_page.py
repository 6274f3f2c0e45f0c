"""The page for readers who are stuck: which of its entries a failing cell leads to.

An entry is a term of a list of definitions. If it begins with code, all code in it is messages:
their numbers may be others, and ``…`` stands for anything.
"""

import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from bookkit.sphinx.plain_text import plain

FILE = "_static/found/help.json"  # of the site
NUMBER, ANYTHING = r"\d+", r".*?"
PIECE = re.compile(r"(\d+|…)")
logger = logging.getLogger(__name__)


def messages_of(doctree: nodes.document) -> list[list[str]]:
    """Return what the entries of a page explain: a regular expression that browsers know, the id of
    the entry and its words; the longest message first, since short ones fit more.
    """
    terms = [term for term in doctree.findall(nodes.term) if isinstance(term[0], nodes.literal)]
    found = [
        (literal.astext().strip("… "), term)
        for term in terms
        for literal in term.findall(nodes.literal)
    ]
    found.sort(key=lambda message: -len(PIECE.sub("", message[0])))
    return [[pattern_of(text), term["ids"][0], plain(term)] for text, term in found]


def pattern_of(message: str) -> str:
    """Return a regular expression for a message with other numbers in it."""
    return "".join(
        ANYTHING if piece == "…" else NUMBER if piece.isdigit() else escaped(piece)
        for piece in PIECE.split(message)
    )


def escaped(text: str) -> str:
    """Return a text so that a regular expression of JavaScript takes it as it stands."""
    return re.sub(r"[.*+?^${}()|\[\]\\/]", r"\\\g<0>", text)


def collect(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Keep the messages until all pages are written."""
    if doctree is not None and pagename == app.config.bookkit_help:
        app.builder.bookkit_messages = messages_of(doctree)


def write_messages(app: Sphinx, exception: Exception | None) -> None:
    """Write the messages, with the address of the page seen from the top of the site."""
    page = app.config.bookkit_help
    if exception or app.builder.format != "html" or not page:
        return
    if not hasattr(app.builder, "bookkit_messages"):
        logger.warning(
            "help in [tool.bookkit] names the page %s, which the book does not have", page
        )
        return
    told = {
        "page": app.builder.get_target_uri(page),
        "title": app.env.titles[page].astext(),
        "messages": app.builder.bookkit_messages,
    }
    file = Path(app.outdir, FILE)
    file.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def connect(app: Sphinx) -> None:
    """Connect this part to Sphinx."""
    app.add_config_value("bookkit_help", "", "html")
    app.connect("html-page-context", collect)
    app.connect("build-finished", write_messages)
