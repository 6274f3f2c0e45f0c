"""A part of a page that a script of the book makes: an empty place, which knows where the site's
files are.
"""

from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri
from sphinx.writers.html5 import HTML5Translator

from bookkit.book.mime import FILES


class PagePart(nodes.container):
    """The place; its content is what a reader without the script gets."""


class PagePartDirective(SphinxDirective):
    """``{page-part} name`` with ``:scripts:``, ``:styles:`` and ``:files:``, and what stands there
    without the script.

    The name becomes the class of the element. Scripts and styles are in the book's assets, and only
    pages with the part load them. ``data-static`` says where the assets are, ``data-files`` where
    the folder ``:files:`` of made files is.
    """

    required_arguments = 1
    has_content = True
    option_spec = {  # noqa: RUF012 - docutils wants it so
        "scripts": directives.unchanged,
        "styles": directives.unchanged,
        "files": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Return the place."""
        part = PagePart("", classes=[self.arguments[0]])
        for option in self.option_spec:
            part[option] = self.options.get(option, "")
        self.state.nested_parse(self.content, self.content_offset, part)
        return [part]


def visit(translator: HTML5Translator, node: PagePart) -> None:
    """Begin the element, with the ways from its page to the site's folders."""
    page = translator.builder.get_target_uri(translator.builder.current_docname)
    folders = {"data-static": "_static/", "data-files": f"{FILES}/{node['files'].strip('/')}/"}
    addresses = {name: relative_uri(page, folder) for name, folder in folders.items()}
    translator.body.append(translator.starttag(node, "div", **addresses))


def depart(translator: HTML5Translator, node: PagePart) -> None:
    """End it."""
    translator.body.append("</div>\n")


def bring_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Let a page with parts load their scripts and styles."""
    parts = list(doctree.findall(PagePart)) if doctree else []
    for name in dict.fromkeys(name for part in parts for name in part["scripts"].split()):
        app.add_js_file(name, loading_method="defer")
    for name in dict.fromkeys(name for part in parts for name in part["styles"].split()):
        app.add_css_file(name)


def connect(app: Sphinx) -> None:
    """Make the directive known to Sphinx."""
    app.add_node(PagePart, html=(visit, depart))
    app.add_directive("page-part", PagePartDirective)
    app.connect("html-page-context", bring_scripts)
