"""What makes the theme's pages whole: heads without repetition, a page for addresses that lead
nowhere.
"""

import re
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

TEMPLATES = Path(__file__).parent / "templates"
VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>\s*')
TOGGLE = '<summary><span class="toctree-toggle"'  # of the table of contents: a sign without words
NAMED_TOGGLE = TOGGLE.replace("<summary>", '<summary aria-label="Pages below">')
UNDECIDED = (  # what a page's own script replaces; without scripts it has no colours
    'data-theme="auto"'
)
OTHERS = ("search", "genindex", "py-modindex")
LONGEST = 160  # characters of a description


def use_templates(app: Sphinx, config: Config) -> None:
    """Let the templates of this package go before the theme's."""
    config.templates_path.append(str(TEMPLATES))


def set_head(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Say once how wide a page is and what the book is called, and what the page is about."""
    described = description_of(doctree) if doctree else ""
    tag = f'\n    <meta name="description" content="{escape(described)}" />' if described else ""
    context["metatags"] = VIEWPORT.sub("", context.get("metatags", "")) + tag
    if pagename == app.config.root_doc:
        context["docstitle"] = ""


def description_of(doctree: nodes.document) -> str:
    """Return the beginning of a page's first paragraph, up to a whole word."""
    text = next(
        (node.astext() for node in doctree.findall(nodes.paragraph) if node.astext().strip()), ""
    )
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Complete the folder of a site: colours without scripts, the way from its top, and a page for
    wrong addresses.
    """
    if exception or app.builder.format != "html":
        return
    site, first = Path(app.outdir), app.builder.get_target_uri(app.config.root_doc)
    published = (app.config.bookkit_publish or {}).get("site", "")
    write(app, site / "404.html", "404.html", f"{published}/{first}")
    if app.config.root_doc != "index":
        write(app, site / "index.html", "forward.html", first)
    for name in (*app.env.found_docs, *OTHERS):
        if (page := site / app.builder.get_target_uri(name)).is_file():
            complete(page)


def complete(page: Path) -> None:
    """Let a page be light where no script says what it is, and name what folds its table of
    contents.
    """
    text = page.read_text(encoding="utf-8")
    done = text.replace(UNDECIDED, 'data-theme="light"', 1).replace(TOGGLE, NAMED_TOGGLE)
    if done != text:
        page.write_text(done, encoding="utf-8")


def write(app: Sphinx, file: Path, template: str, home: str) -> None:
    """Write a page that has nothing of the theme."""
    context = {"docstitle": app.config.html_title, "language": app.config.language, "home": home}
    file.write_text(app.builder.templates.render(template, context), encoding="utf-8")


def connect(app: Sphinx) -> None:
    """Connect the changes, the last ones behind what other extensions write when all is done."""
    app.connect("config-inited", use_templates)
    app.connect("html-page-context", set_head, priority=700)
    app.connect("build-finished", finish, priority=900)
