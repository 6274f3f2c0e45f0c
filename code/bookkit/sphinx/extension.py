"""What the kit changes in the pages that Sphinx writes."""

import re
import zlib
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from bookkit.book.numbers import with_minus_signs
from bookkit.editions import launch
from bookkit.exercises import directive as exercise_directive
from bookkit.exercises import explain_directive
from bookkit.sphinx import (
    borrowed_figure,
    code_lines,
    finish,
    folds,
    formulas,
    glossary,
    help_page,
    icons,
    import_picture,
    licences,
    live,
    margin,
    page_part,
    pictures,
    printed,
    progress,
    references,
    scripts,
    search,
    status_page,
    styles,
    tables,
    typefaces,
    typography,
)

ASSETS = Path(__file__).parent / "assets"
LOOK = ("tokens", "type", "layout", "code", "boxes", "exercises", "tables", "reference", "access")
LAST = 800  # after the theme's own, as Sphinx places what a configuration names
PLURAL = re.compile(
    r"^(\s+(?:epoch|image|minute|network|pixel|point|second|seed|time|training))s\b(?!"
    r" (?:the|as)\b)"
)


def make_bibliography_a_list(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give the entries of a bibliography the role that screen readers expect in a list; docutils'
    is deprecated.
    """
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def set_numbers(app: Sphinx, doctree: nodes.document) -> None:
    """Give numbers that the text takes from the run a minus sign for a hyphen, and a lone 1 its
    singular.
    """
    for number in list(doctree.findall(nodes.inline)):
        if "pasted-text" in number["classes"]:
            number[:] = [nodes.Text(with_minus_signs(number.astext()))]
            after = number.next_node(descend=False, siblings=True)
            if number.astext() == "1" and isinstance(after, nodes.Text):
                after.parent.replace(after, nodes.Text(PLURAL.sub(r"\1", after)))


def bring_assets(app: Sphinx, config: Config) -> None:
    """Have Sphinx copy the kit's scripts and styles beside those of the book."""
    config.html_static_path.append(str(ASSETS))


def make_light(app: Sphinx, exception: Exception | None) -> None:
    """Let a finished site load what its pages use, and no more."""
    if not exception and app.builder.format == "html":
        pages = finish.pages_of(app)
        for step in (scripts.lighten, icons.draw_icons, styles.join_styles):  # the last reads all
            step(app, pages)


def load_on_all_pages(app: Sphinx) -> None:
    """Let all pages load the styles and scripts that all of them use."""
    app.add_css_file("icons.css")
    for part in LOOK:
        app.add_css_file(f"look/{part}.css", priority=LAST)
    app.add_css_file("print.css", priority=LAST, media="print")
    for script in ("print.js", "from-disk.js"):
        app.add_js_file(script, priority=LAST)


def setup(app: Sphinx) -> dict[str, bool | int]:
    """Connect the changes; Sphinx calls this."""
    app.connect("config-inited", bring_assets)
    load_on_all_pages(app)
    app.connect("html-page-context", make_bibliography_a_list)
    app.connect("doctree-read", set_numbers)
    parts = (
        borrowed_figure,
        code_lines,
        exercise_directive,
        explain_directive,
        finish,
        folds,
        formulas,
        glossary,
        help_page,
        import_picture,
        launch,
        licences,
        live,
        margin,
        page_part,
        pictures,
        search,
        status_page,
    )
    later = (printed, progress, references, tables, typefaces, typography)
    for part in (*parts, *later):
        part.connect(app)
    app.connect("build-finished", make_light, priority=910)
    return {
        "parallel_read_safe": True,
        "parallel_write_safe": False,  # the search is made of what all pages leave behind
        "env_version": version_of_source(),
    }


def version_of_source() -> int:
    """Return a number that changes with any file of this package: then Sphinx reads all pages
    anew.
    """
    files = sorted(Path(__file__).parents[1].rglob("*.py"))
    return zlib.crc32(b"".join(file.read_bytes() for file in files))
