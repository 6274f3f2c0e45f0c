"""Make the cells of a page live with the book's own loader; that of sphinx-thebe names other
hosts.
"""

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from bookkit.book.data import BUILT_FROM, LIVE_FILE
from bookkit.book.project import project_above
from bookkit.book.settings import Settings
from bookkit.sphinx.help_page import FILE as HELP_FILE

NO_KERNELS = {"kernels": None}


def kernel_environment(settings: Settings) -> dict[str, str]:
    """Return the variables that say to the kernels of live cells under which profile they run."""
    profile = settings.live.profile
    return {settings.environment.profile: profile} if profile else {}


def is_live(doctree: nodes.document | None) -> bool:
    """Tell whether a page shows a code cell that can be run."""
    if doctree is None:
        return False
    inputs = (
        node for node in doctree.findall(nodes.container) if "cell_input" in node.get("classes", [])
    )
    return next(inputs, None) is not None


def leave_out_sphinx_thebe(context: dict[str, Any]) -> None:
    """Take the scripts and style sheets of sphinx-thebe off a page."""
    for kind in (
        "script_files",
        "css_files",
    ):  # in place: Sphinx adds files of this page to these very lists
        context[kind][:] = [file for file in context[kind] if not about_thebe(file)]


def about_thebe(file: Any) -> bool:
    """Tell whether a script or style sheet, by its name or by its text, belongs to sphinx-thebe."""
    text = getattr(file, "attributes", {}).get("body") or ""
    return "thebe" in str(getattr(file, "filename", file)).lower() or "thebe" in text.lower()


def leave_out_settings(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Take off a page the settings that sphinx-thebe put at its end: they name a repository that is
    not the book's.
    """
    for node in list(doctree.findall(nodes.raw)):
        if "text/x-thebe-config" in node.astext() or node.astext().startswith("<script>kernelName"):
            node.parent.remove(node)


def make_live(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give a page with cells the loader, what it has to know, and its panel below the title."""
    leave_out_sphinx_thebe(context)
    if not is_live(doctree):
        return
    app.add_css_file("live/live.css")
    app.add_js_file("live/live.js", loading_method="defer")
    settings = page_settings(app, pagename, context)
    panel = app.builder.templates.render(
        "live-panel.html", {"places": places_of(settings["binder"])}
    )
    context["body"] = context.get("body", "").replace("</h1>", f"</h1>\n{panel}", 1)
    text = json.dumps(settings).replace("<", "\\u003c")
    script = f'<script type="application/json" id="live-settings">{text}</script>'
    context["metatags"] = f"{context.get('metatags', '')}\n{script}"


def places_of(binder: dict[str, str] | None) -> str:
    """Return in words where Python can come from, if the page's own address has none."""
    return f"your own computer{', Binder' if binder else ''} or a Jupyter server"


def page_settings(app: Sphinx, pagename: str, context: dict[str, Any]) -> dict[str, Any]:
    """Return what the loader has to know of a page; addresses are relative to it."""
    settings = project_above(Path(app.srcdir)).settings
    return {
        "page": pagename,
        "here": context["pathto"](LIVE_FILE, 1),
        "static": context["pathto"]("_static/", 1),
        "notice": settings.live.notice,
        "help": context["pathto"](HELP_FILE, 1) if app.config.bookkit_help else "",
        "environment": {**kernel_environment(settings), **data_of(app)},
        "binder": binder_of(app),
    }


def data_of(app: Sphinx) -> dict[str, str]:
    """Return the variable by which cells know what data the book was built from, wherever they
    run.
    """
    built = app.config.bookkit_built_from
    return {BUILT_FROM: json.dumps(built)} if built else {}


def binder_of(app: Sphinx) -> dict[str, str] | None:
    """Return where Binder finds the published notebooks; None if the book is not published, or not
    for Binder.
    """
    published = app.config.bookkit_publish if "bookkit_publish" in app.config else None
    if not published or not published["repository"] or not published["binderhub"]:
        return None
    return {
        "hub": published["binderhub"],
        "repository": published["repository"],
        "ref": published["branch"],
    }


def write_live_file(app: Sphinx, exception: Exception | None) -> None:
    """Let the finished site say that its own address has no kernels; a server that has them says so
    in its place.
    """
    if exception is None and app.builder.format == "html":
        said = {**NO_KERNELS, "built_from": app.config.bookkit_built_from}
        (Path(app.outdir) / LIVE_FILE).write_text(json.dumps(said), encoding="utf-8")


def connect(app: Sphinx) -> None:
    """Connect this part to Sphinx."""
    app.add_config_value("bookkit_built_from", None, "html")
    app.connect("doctree-resolved", leave_out_settings, priority=900)
    app.connect("html-page-context", make_live, priority=900)
    app.connect("build-finished", write_live_file)
