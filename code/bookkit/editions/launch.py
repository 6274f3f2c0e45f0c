"""The buttons on top of a page: open its notebook elsewhere, download it, print the page.

Where the notebooks are published stands in the table ``[tool.bookkit.publish]`` of pyproject.toml.
"""

import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from bookkit.book.settings import Publish

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = "notebooks"  # of the site, and of the published branch


def publication(published: Publish, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return where the notebooks are published, and which services open them from there.

    Parameters
    ----------
    published : Publish
        What the book says.
    environment : mapping
        Its ``GITHUB_REPOSITORY``, which GitHub's workflows set, stands in for an empty
        ``repository``.

    Returns
    -------
    dict
        ``repository`` as owner/name, empty if there is none; ``branch``; ``site``, the address of
        the published pages, and those of the services, each without a slash at its end, or empty.
    """
    about_pages = ("files", "notice")
    found = {name: text for name, text in asdict(published).items() if name not in about_pages}
    found["repository"] = found["repository"] or environment.get("GITHUB_REPOSITORY", "")
    return {**found, "site": found["site"] or pages_of(found["repository"])}


def pages_of(repository: str) -> str:
    """Return where GitHub Pages shows the pages of a repository; empty for none."""
    owner, _, name = repository.partition("/")
    if name.lower() == f"{owner}.github.io".lower():
        return f"https://{name}"
    return f"https://{owner}.github.io/{name}" if name else ""


def launchers(published: Mapping[str, str], notebook: str) -> list[dict[str, str]]:
    """Return a button for every service that opens a student's notebook from the published
    branch.
    """
    repository, branch = published["repository"], quote(published["branch"], safe="")
    if not repository:
        return []
    file = f"{FOLDER}/{notebook}"
    pulled = {
        "repo": f"https://github.com/{repository}",
        "branch": published["branch"],
        "urlpath": f"lab/tree/{repository.partition('/')[2]}/{file}",
    }
    services = {
        "binderhub": ("Binder", "svg", f"/v2/gh/{repository}/{branch}?urlpath=lab/tree/{file}"),
        "colab": ("Colab", "png", f"/github/{repository}/blob/{branch}/{file}"),
        "jupyterhub": ("JupyterHub", "svg", f"/hub/user-redirect/git-pull?{urlencode(pulled)}"),
    }
    return [
        link(
            name,
            published[key] + path,
            f"Open this page's notebook on {name}",
            logo_of(name, ending),
        )
        for key, (name, ending, path) in services.items()
        if published[key]
    ]


def logo_of(service: str, ending: str) -> str:
    """Return where the theme keeps the logo of a service."""
    return f"_static/images/logo_{service.lower()}.{ending}"


def link(text: str, url: str, tooltip: str, icon: str) -> dict[str, str]:
    """Return a link in the form that the theme's buttons have."""
    return {"type": "link", "text": text, "url": url, "tooltip": tooltip, "icon": icon}


def group(label: str, tooltip: str, icon: str, buttons: list[dict[str, str]]) -> dict[str, Any]:
    """Return a menu in the form that the theme's buttons have."""
    return {"type": "group", "label": label, "tooltip": tooltip, "icon": icon, "buttons": buttons}


def downloads(folder: str, notebook: str, solutions: bool, zipped: str) -> list[dict[str, str]]:
    """Return a button for every notebook of a page, and for the zips in which those of its chapter
    run anywhere.

    Parameters
    ----------
    folder : str
        The way to the notebooks from the page.
    notebook : str
        File name.
    solutions : bool
        Whether this edition has them.
    zipped : str
        File name of the chapter's zip; empty if there is none.
    """
    offered = [
        ("Notebook", notebook, "Download the notebook with blanks", "fas fa-file-code", True),
        ("Chapter with packages (zip)", zipped,
         "Download the chapter's notebooks with all they need: they run anywhere",
         "fas fa-file-archive", bool(zipped)),
        ("Notebook with solutions", f"solutions/{notebook}",
         "Download the notebook with solutions", "fas fa-lightbulb", solutions),
        ("Solutions with packages (zip)", f"solutions/{zipped}",
         "Download the chapter's notebooks with solutions and all they need", "fas fa-file-archive",
         solutions and bool(zipped)),
    ]  # fmt: skip
    return [
        link(text, f"{folder}/{name}", tip, icon)
        for text, name, tip, icon, there in offered
        if there
    ]


PRINT = {
    "type": "javascript",
    "text": "Print",
    "javascript": "window.print()",
    "tooltip": "Print this page, or save it as a PDF",
    "icon": "fas fa-print",
    "label": "print-button",
}


def set_buttons(
    app: "Sphinx", pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put own menus in place of the theme's, whose downloads hold solutions and what only the build
    needs.
    """
    if doctree is None or "header_buttons" not in context:
        return
    theirs = [button for button in context["header_buttons"] if not replaced(button)]
    context["header_buttons"] = [*menus(app, pagename, context["pathto"](FOLDER, 1)), *theirs]


def menus(app: "Sphinx", pagename: str, folder: str) -> list[dict[str, Any]]:
    """Return what a page offers: to print it, and if it has a notebook, to open and to download
    that.
    """
    published, notebook = app.config.bookkit_publish, app.config.bookkit_notebooks.get(pagename)
    if not published or not notebook:
        return [{**PRINT, "text": ""}]
    elsewhere = launchers(published, notebook)
    config = app.config
    saved = downloads(
        folder, notebook, config.bookkit_solutions, config.bookkit_zips.get(pagename, "")
    )
    launch = group("launch-buttons", "Open the notebook elsewhere", "fas fa-rocket", elsewhere)
    return [launch] * bool(elsewhere) + [
        group("download-buttons", "Download this page", "fas fa-download", [*saved, PRINT])
    ]


def replaced(button: Mapping[str, Any]) -> bool:
    """Tell whether a button of the theme gives way to one of these."""
    return button.get("label") in ("launch-buttons", "download-buttons")


def connect(app: "Sphinx") -> None:
    """Set the buttons of every page, after the theme has set its own."""
    app.add_config_value("bookkit_publish", None, "html")
    app.add_config_value("bookkit_notebooks", {}, "html")
    app.add_config_value("bookkit_solutions", True, "html")
    app.add_config_value("bookkit_zips", {}, "html")
    app.connect("html-page-context", set_buttons, priority=600)
