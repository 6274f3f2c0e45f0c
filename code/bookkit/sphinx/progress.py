"""Which exercises a reader has solved: what the pages must know so that the browser can keep and
show it.
"""

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

from bookkit.sphinx.status_page import FILE

SCRIPTS = ("exercise-record.js", "progress.js", "predict.js")  # in this order
STYLES = ("progress.css", "predict.css")
SUMMARY = (  # filled by progress.js, hidden without it
    '<div class="exercise-progress" data-show="{}" hidden></div>'
)


class ProgressOfBook(SphinxDirective):
    """``{exercise-progress}``: the place where a page shows the progress in all chapters, with
    export and import.
    """

    def run(self) -> list[nodes.Node]:
        """Return an empty place, which stays hidden unless scripts run."""
        return [nodes.raw("", SUMMARY.format("book"), format="html")]


def read_exercises(app: Sphinx, config: Config) -> None:
    """Take the exercises of all chapters from how the book was made; none if it was not made by
    ``bookkit``.

    They are part of the configuration because each page lists those of every chapter: if they
    change, Sphinx writes all pages anew.
    """
    file = Path(app.srcdir) / FILE
    status = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    config["bookkit_exercises"] = status.get("exercises", [])


def make_room(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make room for the progress in a chapter below the title of its pages."""
    if app.builder.format == "html" and has_exercises(app, docname):
        section = next(doctree.findall(nodes.section))
        section.insert(1, nodes.raw("", SUMMARY.format("chapter"), format="html"))


def embed(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put the index of exercises, and the scripts that need it, on a page that shows progress."""
    chapters = app.config.bookkit_exercises
    if chapters and 'class="exercise-progress"' in context.get("body", ""):
        index = {"book": app.config.html_title, "page": pagename, "overview": app.config.root_doc}
        index["chapters"] = [index_row(row) for row in chapters]
        exercises = [each for row in chapters for each in row["exercises"]]
        index["titles"] = {each["id"]: heading(each) for each in exercises}
        index["pages"] = {each["id"]: each["page"] for each in exercises}
        text = json.dumps(index, ensure_ascii=False).replace("<", "\\u003c")
        context["body"] += f'<script type="application/json" id="exercise-index">{text}</script>\n'
        for name in SCRIPTS:
            app.add_js_file(name)
        for name in STYLES:
            app.add_css_file(name)


def index_row(chapter: dict[str, Any]) -> dict[str, Any]:
    """Return what pages know of a chapter: its page, its title, the ids of its exercises."""
    return {**chapter, "exercises": [each["id"] for each in chapter["exercises"]]}


def heading(exercise: dict[str, str]) -> str:
    """Return number and title of an exercise, as plain text."""
    title = exercise["title"].replace("`", "").replace("'", "’")
    return f"{exercise['number']} {title}"


def has_exercises(app: Sphinx, docname: str) -> bool:
    """Tell whether a page has exercises, or is a chapter with exercises on pages below it."""
    return any(
        docname in (row["page"], *(each["page"] for each in row["exercises"]))
        for row in app.config.bookkit_exercises
    )


def connect(app: Sphinx) -> None:
    """Make the directive and what a page needs known to Sphinx."""
    app.add_config_value("bookkit_exercises", [], "html", types=[list])
    app.add_directive("exercise-progress", ProgressOfBook)
    app.connect("config-inited", read_exercises)
    app.connect("doctree-resolved", make_room)
    app.connect("html-page-context", embed)
