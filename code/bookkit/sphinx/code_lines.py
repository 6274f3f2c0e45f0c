"""Code on a page: each line is an element of its own, so that a long one wraps and its rest stands
further right.
"""

import re
from collections.abc import Iterable, Iterator

from pygments.formatters import HtmlFormatter
from sphinx.application import Sphinx

TAGS = re.compile(r"<[^>]*>")


class LinesFormatter(HtmlFormatter):
    """Pygments' formatter, with a ``span.line`` around each line; the text and its line breaks stay
    as they are.
    """

    def wrap(self, source: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """Put the lines into their elements, and these into Pygments' own."""
        return super().wrap((kind, as_element(text) if kind else text) for kind, text in source)


def as_element(line: str) -> str:
    """Return a line of HTML in an element that knows how many spaces the line begins with."""
    text = line.removesuffix("\n")
    plain = TAGS.sub("", text)
    indent = len(plain) - len(plain.lstrip(" "))
    style = f' style="--indent:{indent}"' if indent else ""
    return f'<span class="line"{style}>{text}</span>{line[len(text) :]}'


def use_lines(app: Sphinx) -> None:
    """Let Sphinx write code with this formatter, in pages for browsers."""
    if app.builder.format == "html":
        app.builder.highlighter.formatter = LinesFormatter


def connect(app: Sphinx) -> None:
    """Set the formatter once Sphinx has its own."""
    app.connect("builder-inited", use_lines)
