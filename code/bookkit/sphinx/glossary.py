"""What the terms of the glossary mean, for the previews beside their links: a script that a page
loads when a reader first points at a term.
"""

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from bookkit.sphinx.plain_text import plain

FILE = "found/terms-text.js"


def terms_in(doctree: nodes.document) -> dict[str, list[str]]:
    """Return the terms that a page explains: by id, each with its name and what it means."""
    found = {}
    for item in doctree.findall(nodes.definition_list_item):
        if "glossary" in item.parent["classes"]:
            paragraphs = [plain(each) for each in item.children[-1].findall(nodes.paragraph)]
            for term in (each for each in item if isinstance(each, nodes.term)):
                found |= {name: [plain(term), " ".join(paragraphs)] for name in term["ids"]}
    return found


def collect(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Keep the terms of a page until all pages are written."""
    if doctree is not None:
        app.builder.bookkit_terms = getattr(app.builder, "bookkit_terms", {}) | terms_in(doctree)


def write_terms(app: Sphinx, exception: Exception | None) -> None:
    """Write the terms into the static folder of the site."""
    if exception is None and app.builder.format == "html":
        terms = getattr(app.builder, "bookkit_terms", {})
        text = json.dumps(terms, ensure_ascii=False, separators=(",", ":"))
        file = Path(app.outdir, "_static", FILE)
        file.write_text(f"globalThis.bookTerms={text};\n", encoding="utf-8")


def connect(app: Sphinx) -> None:
    """Connect this part to Sphinx."""
    app.connect("html-page-context", collect)
    app.connect("build-finished", write_terms)
