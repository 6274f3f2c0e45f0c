"""How a page shows the lines of a Parsons problem, and says what to do with them."""

import json
from html import escape
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

COUNTS = ("", "One of them does not", "Two of them do not", "Three of them do not")


def asked(data: dict[str, Any]) -> str:
    """Return what is to be done with the lines, in words."""
    inside = " Indent what is inside of another line." if data["indent"] else ""
    leave = data["leave"]
    count = COUNTS[leave] if leave < len(COUNTS) else f"{leave} of them do not"
    others = f" {count} belong there: leave {'it' if leave == 1 else 'them'} out." if leave else ""
    return f"Put these lines in order, in the place of the blank.{inside}{others}"


def as_html(data: dict[str, Any]) -> str:
    """Return the lines as a list, which `assets/parsons-list.js` lets readers put in order."""
    known = {name: value for name, value in data.items() if name != "lines"}
    items = "\n".join(f"<li><code>{coloured(line)}</code></li>" for line in data["lines"])
    return (
        f'<div class="parsons" data-problem="{escape(json.dumps(known, ensure_ascii=False))}">\n'
        f'<p class="parsons-asks">{escape(asked(data))}</p>\n'
        f'<ol class="parsons-lines highlight">\n{items}\n</ol>\n</div>'
    )


def coloured(line: str) -> str:
    """Return a line of Python as HTML with the classes of its tokens."""
    return highlight(line, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)).rstrip("\n")
