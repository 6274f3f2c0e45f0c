"""Which exercises a reader has solved: what the pages must know so that the browser can keep and
show it.
"""

import json
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from bookkit.sphinx.plain_text import plain
from bookkit.sphinx.status_page import FILE

SCRIPTS = (  # in this order
    "record-entries.js",
    "exercise-record.js",
    "record-file.js",
    "places.js",
    "counts.js",
    "picture.js",
    "progress.js",
    "sure.js",
    "predict.js",
    "parsons.js",
    "parsons-list.js",
    "explain.js",
)
STYLES = ("progress.css", "picture.css", "predict.css", "parsons.css", "explain.css")
SUMMARY = (  # filled by progress.js, hidden without it
    '<div class="exercise-progress" data-show="{}" hidden></div>'
)
NEXT = 3  # exercises that a chapter names as the next ones, as `showChapter` in progress.js does
IN_CHAPTER = SUMMARY.format("chapter")
NEEDED = '<noscript><p class="needs-scripts">This part needs JavaScript.</p></noscript>'
BOX = "mis-"  # begins the labels of boxes about misconceptions


class ProgressOfBook(SphinxDirective):
    """``{exercise-progress}``: the place where a page shows what the reader's record says of all
    chapters, with export and import; ``{exercise-progress} line``: one line of it, which leads
    there.
    """

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return an empty place, which stays hidden unless scripts run."""
        if self.arguments not in ([], ["line"]):
            raise self.error("exercise-progress takes nothing, or the word line.")
        shown = "line" if self.arguments else "book"
        needed = NEEDED if shown == "book" else ""
        place = SUMMARY.format(shown)
        if shown == "book":  # what stands below it has its place before the script fills it
            place = f'<div class="progress-room pst-js-only">{place}</div>'
        return [nodes.raw("", place + needed, format="html")]


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
        section.insert(1, nodes.raw("", IN_CHAPTER, format="html"))


def embed(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put the index of exercises, and the scripts that need it, on a page that shows progress."""
    chapters = app.config.bookkit_exercises
    if chapters and 'class="exercise-progress"' in context.get("body", ""):
        index = {"book": app.config.html_title, "page": pagename, "overview": overview_of(app)}
        index["chapters"] = [index_row(row) for row in chapters]
        exercises = [each for row in chapters for each in row["exercises"]]
        index["titles"] = {each["id"]: heading(each) for each in exercises}
        index["pages"] = {each["id"]: each["page"] for each in exercises}
        if 'data-show="book"' in context["body"]:
            index["boxes"] = boxes_in(app.env)
        text = json.dumps(index, ensure_ascii=False).replace("<", "\\u003c")
        begin = begun(index, partial(seen_from, pagename))
        context["body"] = context["body"].replace(IN_CHAPTER, begin)
        context["body"] += f'<script type="application/json" id="exercise-index">{text}</script>\n'
        for name in SCRIPTS:
            app.add_js_file(name)
        for name in STYLES:
            app.add_css_file(name)


def overview_of(app: Sphinx) -> str:
    """Return the page that shows the progress in all chapters."""
    return app.config.bookkit_progress or app.config.root_doc


def boxes_in(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """Return page, id and title of each box about a misconception, by its label."""
    found = {}
    for label, (page, anchor) in env.get_domain("std").anonlabels.items():
        if label.startswith(BOX) and page in env.all_docs:
            boxes = env.get_doctree(page).findall(nodes.Admonition)
            box = next((each for each in boxes if anchor in each.get("ids", [])), None)
            if box is not None:
                title = plain(box.next_node(nodes.title))
                found[label] = {"page": page, "place": anchor, "title": title}
    return found


def write_overview_anew(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Let Sphinx write the page that lists what stands on others, whatever has changed."""
    return [name for name in [app.config.bookkit_progress] if name in env.all_docs]


def seen_from(page: str, name: str) -> str:
    """Return the address of a page as the script on another one writes it."""
    return f"{'../' * page.count('/')}{name}.html"


def begun(index: dict[str, Any], address: Callable[[str], str]) -> str:
    """Return what `progress.js` shows in a chapter of which nothing is solved: then nothing moves
    when it comes.

    Parameters
    ----------
    index : dict
        What the page knows of all exercises.
    address : function
        From the name of a page to its address, seen from this one.
    """
    pages, titles = index["pages"], index["titles"]
    ids = next(
        (
            row["exercises"]
            for row in index["chapters"]
            if index["page"] in (row["page"], *(pages[each] for each in row["exercises"]))
        ),
        [],
    )
    first = sorted(ids, key=lambda each: pages[each] != index["page"])[:NEXT]
    links = ", ".join(
        f'<a href="{"" if pages[each] == index["page"] else address(pages[each])}#ex-{each}"'
        f' title="{escape(titles[each])}" aria-label="Exercise {escape(titles[each])}">'
        f"{titles[each].split()[0]}</a>"
        for each in first
    )
    exercises = "exercise" if len(ids) == 1 else "exercises"
    return (
        '<div class="exercise-progress pst-js-only" data-show="chapter">'
        f'<progress max="{len(ids)}" value="0" aria-label="Exercises solved in this chapter">'
        f"</progress><p><strong>0 of {len(ids)} {exercises} solved.</strong> Next: {links}."
        f' <a href="{address(index["overview"])}#your-exercises">All chapters</a></p></div>'
    )


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
    app.add_config_value("bookkit_progress", "", "html")
    app.add_directive("exercise-progress", ProgressOfBook)
    app.connect("config-inited", read_exercises)
    app.connect("env-updated", write_overview_anew)
    app.connect("doctree-resolved", make_room)
    app.connect("html-page-context", embed)
