"""What stands in the margins of a page that a reader prints: its title, that of the book, and the
warning of a preview.
"""

from typing import Any

from bs4 import BeautifulSoup
from sphinx.application import Sphinx

from bookkit.editions.margins import margins


def plain(html: str) -> str:
    """Return what a piece of HTML says."""
    return " ".join(BeautifulSoup(html, "html.parser").get_text().split())


def set_margins(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put the rule for its margins into the head of a page."""
    if "body" not in context:
        return
    warning = (app.config.html_theme_options or {}).get("announcement", "")
    rule = margins(plain(context.get("title", "")), app.config.html_title, plain(warning))
    style = f'<style data-margins media="print">{rule}</style>'
    context["metatags"] = f"{context.get('metatags', '')}\n{style}"


def connect(app: Sphinx) -> None:
    """Connect the change, behind what else writes into heads."""
    app.connect("html-page-context", set_margins, priority=750)
