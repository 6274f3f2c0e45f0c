"""Folded cells of a page: their words, and what a screen reader hears of them."""

from html import escape

from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

HELD = {
    "content": "the code and its output",
    "source": "the code",
    "output": "the output",
    "outputs": "the output",
}
STANDARD = "{} code cell {}"  # what MyST-NB says where a cell does not say it better


def visit(translator: HTML5Translator, node: HideCodeCellNode) -> None:
    """Begin a fold; what is seen is its name, and paper has the words of ``data-holds`` in its
    place.
    """
    show, hide = (
        in_own_words(node["prompt_show"], "Show"),
        in_own_words(node["prompt_hide"], "Hide"),
    )
    printed = show.removeprefix("Show ").capitalize()
    translator.body.append(
        f'<details class="{" ".join(["admonition", "hide", *node["classes"]])}">\n'
        f'<summary data-holds="{escape(printed)}">\n'
        f'<p class="collapsed admonition-title">{escape(show)}</p>\n'
        f'<p class="expanded admonition-title">{escape(hide)}</p>\n'
        "</summary>\n"
    )


def in_own_words(prompt: str, verb: str) -> str:
    """Return what a fold says, in the book's words where it has none of its own."""
    standard = {STANDARD.format(verb, kind): f"{verb} {held}" for kind, held in HELD.items()}
    return standard.get(prompt, prompt)


def depart(translator: HTML5Translator, node: HideCodeCellNode) -> None:
    """End it."""
    translator.body.append("</details>\n")


def connect(app: Sphinx) -> None:
    """Write MyST-NB's folds in these words."""
    app.setup_extension("myst_nb")
    app.add_node(HideCodeCellNode, override=True, html=(visit, depart))
