"""What this book changes in the pages that Sphinx writes."""

from typing import Any

from sphinx.application import Sphinx

from bookkit import status_page


def leave_out_thebe(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Take the scripts of sphinx-thebe off a page: no cell is live, and they name another host."""
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context.get(kind, []) if not about_thebe(file)]


def about_thebe(file: Any) -> bool:
    """Tell whether a script or style sheet, by its name or by its text, belongs to thebe."""
    text = getattr(file, "attributes", {}).get("body") or ""
    return "thebe" in str(getattr(file, "filename", file)).lower() or "thebe" in text.lower()


def make_bibliography_a_list(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give the entries of a bibliography the role that screen readers expect in a list; docutils' is deprecated."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the changes; Sphinx calls this."""
    app.connect("html-page-context", leave_out_thebe, priority=900)
    app.connect("html-page-context", make_bibliography_a_list)
    status_page.connect(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
