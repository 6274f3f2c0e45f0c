"""What pages can refer to, as Sphinx knows it once all are made, for the notebooks.

`bookkit.book.references.References` reads it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

FILE = "references.json"  # beside what Sphinx keeps of the pages


def write_references(app: Sphinx, exception: Exception | None) -> None:
    """Write what pages can refer to."""
    if exception is None and app.builder.format == "html":
        text = json.dumps(references_in(app.env), indent=1, ensure_ascii=False, sort_keys=True)
        Path(app.doctreedir, FILE).write_text(text, encoding="utf-8")


def references_in(env: BuildEnvironment) -> dict[str, Any]:
    """Return labels, glossary terms and pages, each with its place and its text, and the page that
    lists the cited works.
    """
    return {
        "labels": dict(labels(env)),
        "terms": {
            term.lower(): target(term, page, anchor)
            for (kind, term), (page, anchor) in env.get_domain("std").objects.items()
            if kind == "term"
        },
        "pages": {
            page: target(in_myst(title), page, is_heading=True)
            for page, title in env.titles.items()
        },
        "bibliography": bibliography(env),
    }


def target(text: str, page: str, anchor: str = "", is_heading: bool = False) -> dict[str, Any]:
    """Return a place as `bookkit.book.references.Target` holds it."""
    return {"text": text, "page": page, "anchor": anchor, "is_heading": is_heading}


def labels(env: BuildEnvironment) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the labels of sections, figures, exercises and boxes; one without a title reads like
    its name.
    """
    by_page: dict[str, dict[str, str]] = {}
    for label, (page, anchor) in env.get_domain("std").anonlabels.items():
        if page in env.all_docs:
            by_page.setdefault(page, {})[label] = anchor
    for page, anchors in by_page.items():
        elements = env.get_doctree(page).findall(nodes.Element)
        named = {name: each for each in elements for name in each.get("ids", [])}
        for label, anchor in anchors.items():
            yield label, labelled(env, label, page, anchor, named.get(anchor))


def labelled(
    env: BuildEnvironment, label: str, page: str, anchor: str, node: nodes.Element | None
) -> dict[str, Any]:
    """Return the place of a label, which names a node of a page."""
    number = env.toc_fignumbers.get(page, {}).get("figure", {}).get(anchor)
    if number:
        form = env.config.numfig_format["figure"]
        return target(form % ".".join(map(str, number)), page, anchor)
    titled = node if isinstance(node, nodes.section | nodes.Admonition) else None
    title = titled.next_node(nodes.title) if titled else None
    is_heading = isinstance(node, nodes.section)
    return target(in_myst(title) if title else label, page, anchor, is_heading)


def in_myst(title: nodes.Element) -> str:
    """Return a title as an author writes it."""
    return "".join(map(_in_myst, title.children))


def _in_myst(node: nodes.Node) -> str:
    if isinstance(node, nodes.literal):
        return f"`{node.astext()}`"
    if isinstance(node, nodes.math):
        return f"${node.astext()}$"
    if isinstance(node, nodes.Element) and node.children:
        mark = {nodes.emphasis: "*", nodes.strong: "**"}.get(type(node), "")
        return f"{mark}{in_myst(node)}{mark}"
    return node.astext()


def bibliography(env: BuildEnvironment) -> str:
    """Return the page that lists the cited works; empty if there is none."""
    listed = env.domaindata.get("cite", {}).get("bibliographies", {})
    return next((key.docname for key in listed), "")


def connect(app: Sphinx) -> None:
    """Write the references once all pages are made."""
    app.connect("build-finished", write_references)
