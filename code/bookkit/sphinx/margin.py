"""Notes in the margin of wide screens: where a page first uses a term, what it is.

A note is the first sentence of the glossary's definition. It stands before its paragraph, and only
style sheets show it, so that a narrow page, paper and the search have nothing of it.
"""

import re
from collections.abc import Iterator
from html import escape

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.writers.html5 import HTML5Translator

SENTENCE = re.compile(r"^.+?[.!?](?=\s|$)", re.DOTALL)
ELSEWHERE = "\ufffc"  # stands for a link to a section or a work
IN_BRACKETS = re.compile(rf"\s*\([^()]*{ELSEWHERE}[^()]*\)")
LONGEST = 150  # characters of a note
MOST = 2  # notes beside a paragraph


class MarginNote(nodes.General, nodes.Element):
    """A ``term`` and the sentence ``words`` about it; no text of the page."""


def add_notes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put notes before the paragraphs of a page that first use a term."""
    if app.builder.format != "html":
        return
    meanings, told = app.env.bookkit_meanings, set()
    for paragraph in list(doctree.findall(nodes.paragraph)):
        if isinstance(paragraph.parent, nodes.section):
            notes = []
            for place in terms_in(paragraph, app.env):
                if place not in told and place in meanings and place[0] != docname:
                    told.add(place)
                    term, words = meanings[place]
                    notes.append(MarginNote("", term=term, words=words))
            index = paragraph.parent.index(paragraph)
            paragraph.parent[index:index] = notes[:MOST]


def terms_in(paragraph: nodes.paragraph, env: BuildEnvironment) -> Iterator[tuple[str, str]]:
    """Yield the places in the glossary to which a paragraph's terms lead: page and anchor."""
    for link in paragraph.findall(nodes.reference):
        if any("std-term" in inner.get("classes", []) for inner in link.findall(nodes.inline)):
            anchor = link.get("refid") or link.get("refuri", "").partition("#")[2]
            page = next((p for p, a in places(env) if a == anchor), "")
            yield page, anchor


def places(env: BuildEnvironment) -> list[tuple[str, str]]:
    """Return the places of all terms of the glossary: page and anchor."""
    objects = env.get_domain("std").objects
    return [place for (kind, _), place in objects.items() if kind == "term"]


def note_meanings(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Keep what the glossary says; return all pages if that has changed, to be written anew."""
    meanings = dict(read_meanings(env))
    changed = getattr(env, "bookkit_meanings", {}) != meanings
    env.bookkit_meanings = meanings
    return sorted(env.found_docs) if changed else []


def read_meanings(env: BuildEnvironment) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yield the places of the glossary's terms, each with the term and the first sentence about it,
    if that is short and has no formula.
    """
    for page in {page for page, _ in places(env)}:
        for item in env.get_doctree(page).findall(nodes.definition_list_item):
            meaning = item.next_node(nodes.definition)
            paragraph = meaning.next_node(nodes.paragraph) if meaning else None
            if paragraph is None or paragraph.next_node(nodes.math):
                continue
            found = SENTENCE.search(without_links(paragraph))
            if found and len(found[0]) <= LONGEST and ELSEWHERE not in found[0]:
                for term in item.findall(nodes.term):
                    for anchor in term["ids"]:
                        yield (page, anchor), (term.astext(), found[0])


def without_links(paragraph: nodes.paragraph) -> str:
    """Return the text of a paragraph without the links in brackets that lead to sections and
    works.
    """
    copy = paragraph.deepcopy()
    for link in list(copy.findall(pending_xref)):
        if link["reftype"] != "term":
            link.parent.replace(link, nodes.Text(ELSEWHERE))
    return IN_BRACKETS.sub("", " ".join(copy.astext().split()))


def visit(translator: HTML5Translator, node: MarginNote) -> None:
    """Write a note."""
    term, words = escape(node["term"]), escape(node["words"])
    translator.body.append(
        f'<p class="margin-note" role="note"><strong>{term}</strong>: {words}</p>\n'
    )
    raise nodes.SkipNode


def connect(app: Sphinx) -> None:
    """Add the notes once the links of a page lead somewhere."""
    app.add_node(MarginNote, html=(visit, None))
    app.connect("env-updated", note_meanings)
    app.connect("doctree-resolved", add_notes, priority=700)
