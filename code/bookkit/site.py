"""Lay out what Sphinx reads, and let it make the site."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode

from bookkit.editions import EDITIONS
from bookkit.errors import BookError
from bookkit.files import without_colours, write_if_changed
from bookkit.launch import publication
from bookkit.project import Project
from bookkit.same_data import built_from


def lay_out(project: Project, executed: dict[Path, NotebookNode], status: dict[str, Any]) -> None:
    """Bring the stage up to date: pages with results, other pages, assets, how all was made, and the configuration.

    Files that have not changed keep their time stamps, so that Sphinx reads only what is new. An edition without
    solutions begins with nothing.
    """
    edition = EDITIONS[project.edition]
    if edition.afresh:
        shutil.rmtree(project.build, ignore_errors=True)
    kept = {project.stage / "_config.yml", project.stage / "_toc.yml", project.status}
    write_if_changed(project.status, json.dumps(status, indent=1, ensure_ascii=False))
    for page, notebook in executed.items():
        kept.add(target := project.stage / page.with_suffix(".ipynb"))
        write_if_changed(target, nbformat.writes(edition.page(notebook, page)))
    for file in sources(project):
        relative = file.relative_to(project.root)
        if relative not in executed:
            kept.add(target := project.stage / relative)
            write_if_changed(target, file.read_bytes())
    write_if_changed(project.stage / "_toc.yml", (project.root / "_toc.yml").read_bytes())
    write_if_changed(project.stage / "_config.yml", yaml.safe_dump(configuration(project), sort_keys=False))
    for file in project.stage.rglob("*"):
        if file.is_file() and file not in kept:
            file.unlink()


def sources(project: Project) -> list[Path]:
    """Return the pages of the table of contents and everything in the folders that the book brings along."""
    folders = [project.root / folder for folder in project.settings["assets"]]
    files = {file for folder in folders for file in folder.rglob("*") if file.is_file()}
    return sorted(files | {project.root / page for page in project.pages})


def configuration(project: Project) -> dict[str, Any]:
    """Return the book's configuration: execution off; a banner on every page of a preview; claims checked or not."""
    config = yaml.safe_load((project.root / "_config.yml").read_text(encoding="utf-8"))
    config.setdefault("execute", {})["execute_notebooks"] = "off"
    if project.banner:
        config.setdefault("html", {})["announcement"] = project.banner
    sphinx = config.setdefault("sphinx", {})
    if "bookkit.sphinx_ext" in sphinx.get("extra_extensions", []):
        own = {"bookkit_checked": not project.banner, "bookkit_publish": publication(project.settings)}
        own["bookkit_solutions"] = project.edition == "open"
        own["bookkit_built_from"] = built_from(project)
        sphinx.setdefault("config", {}).update(own)
    return config


def render(project: Project) -> None:
    """Run Jupyter Book on the stage, in a process of its own; every warning counts as an error.

    Sphinx complains of a page only when it reads it, so after a run that did not end well it reads all pages anew.

    Raises
    ------
    BookError
        With what Sphinx complained about, in terms of the book's own files.
    """
    unfinished = project.build / "unfinished"
    if unfinished.exists():
        shutil.rmtree(project.build / ".doctrees", ignore_errors=True)
    unfinished.touch()
    program = "import sys; from bookkit.site import run_sphinx; sys.exit(run_sphinx(*sys.argv[1:]))"
    command = [sys.executable, "-c", program, str(project.stage), str(project.site)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=project.root)
    log = without_colours(done.stdout + done.stderr)
    write_if_changed(project.build / "sphinx.log", log)
    if done.returncode:
        raise BookError(f"Sphinx found fault with the book:\n{complaints(project, log)}")
    unfinished.unlink()
    remove_stale_pages(project)


def run_sphinx(stage: str, site: str) -> int:
    """Make the site from the stage with Jupyter Book's configuration; return 0 if there was nothing to complain of."""
    from jupyter_book.sphinx import build_sphinx

    file = Path(stage) / "_config.yml"
    options = {"external_toc_path": str(Path(stage) / "_toc.yml"), "nitpicky": True, "latex_individualpages": False}
    result = build_sphinx(
        stage, site, noconfig=True, path_config=file, confoverrides=options, warningiserror=True, keep_going=True
    )
    return result if isinstance(result, int) else 1


def remove_stale_pages(project: Project) -> None:
    """Remove from the site what is no longer in the table of contents."""
    current = {project.site / page.with_suffix(".html") for page in project.pages}
    for source in (project.site / "_sources").rglob("*.*"):
        page = project.site / source.relative_to(project.site / "_sources").with_suffix(".html")
        if page not in current:
            source.unlink()
            page.unlink(missing_ok=True)


def complaints(project: Project, log: str) -> str:
    """Return the lines of a Sphinx log that complain, with the names of the book's own files."""
    lines = [line for line in log.splitlines() if "WARNING" in line or "ERROR" in line or "rror:" in line]
    text = "\n".join(lines or log.splitlines()[-30:]).replace(f"{project.stage}/", "")
    for page in project.pages:
        text = text.replace(str(page.with_suffix(".ipynb")), str(page))
    return f"{text}\n(everything it said: {project.build / 'sphinx.log'})"
