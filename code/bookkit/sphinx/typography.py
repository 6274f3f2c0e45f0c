"""What must not be torn apart at the end of a line: a number and its unit, a formula and the mark
behind it.
"""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx

SPACE = "\u00a0"
UNITS = (
    r"(?:[%‰]|(?:[kMGT]i?B|[µmn]?s|min|h|px|[kMG]?Hz|dpi|points?|seconds?|minutes?|hours?|pixels?"
    r"|thousand|million|billion)(?!\w))"
)
UNIT = re.compile(rf"(?<=\d)\s+(?={UNITS})")
UNIT_AT_THE_BEGINNING = re.compile(rf"\s+(?={UNITS})")
BETWEEN = re.compile(r"(?<=\d)\s+([×±])\s+(?=\d)")
CLOSE = re.compile(r"(?<=\d)%")
BEFORE_FORMULA = re.compile(r"[(\[“‘]+$")
BEHIND_FORMULA = re.compile(r"^[.,;:!?)\]”’…]+")
UNTOUCHED = (nodes.FixedTextElement, nodes.literal, nodes.math, nodes.math_block, nodes.raw)


def with_units(text: str) -> str:
    """Return a text in which no line ends between a number and its unit, %, × or ±; there is a
    space before each.
    """
    return CLOSE.sub(f"{SPACE}%", UNIT.sub(SPACE, BETWEEN.sub(rf"{SPACE}\1{SPACE}", text)))


def keep_together(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Set numbers, units and formulas of a page so that no line ends between what belongs
    together.
    """
    for block in list(doctree.findall(nodes.TextElement)):
        if not isinstance(block, (nodes.Inline, *UNTOUCHED)):
            keep_units(block)
    for formula in list(doctree.findall(nodes.math)):
        keep_marks(formula)


def keep_units(block: nodes.TextElement) -> None:
    """Tie the numbers of a paragraph to their units, also where one of them comes from the run."""
    before = ""
    for text in list(texts_of(block)):
        plain = text.astext()
        kept = with_units(plain)
        if before[-1:].isdigit():
            kept = UNIT_AT_THE_BEGINNING.sub(SPACE, kept, count=1) if kept[:1].isspace() else kept
            kept = f"{SPACE}{kept}" if kept.startswith("%") else kept
        if kept != plain:
            text.parent.replace(text, nodes.Text(kept))
        before = plain


def texts_of(block: nodes.TextElement) -> Iterator[nodes.Text]:
    """Yield the texts of a paragraph, an empty one for code and for a formula."""
    for child in block.children:
        if isinstance(child, nodes.Text):
            yield child
        elif isinstance(child, UNTOUCHED):
            yield nodes.Text("")
        else:
            yield from texts_of(child)


def keep_marks(formula: nodes.math) -> None:
    """Put a formula into an element that no line breaks, with the brackets before and the marks
    behind it.
    """
    opening = cut(formula, -1, BEFORE_FORMULA)
    marks = cut(formula, 1, BEHIND_FORMULA)
    if opening or marks:
        around = nodes.inline(classes=["with-formula"])
        formula.replace_self(around)
        around += [nodes.Text(opening), formula, nodes.Text(marks)]


def cut(node: nodes.Node, step: int, pattern: re.Pattern) -> str:
    """Take what fits a pattern out of the text beside a node, and return it; empty if there is
    none.
    """
    place = node.parent.index(node) + step
    text = node.parent[place] if 0 <= place < len(node.parent) else None
    found = pattern.search(text) if isinstance(text, nodes.Text) else None
    if not found:
        return ""
    node.parent[place] = nodes.Text(text[: found.start()] + text[found.end() :])
    return found[0]


def connect(app: Sphinx) -> None:
    """Set the text of every page once nothing is missing in it."""
    app.connect("doctree-resolved", keep_together)
