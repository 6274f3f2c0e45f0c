"""What ``make book`` does: nothing if nothing has changed, else all that has."""

import time

from rich.console import Console

from bookkit.book.project import Project
from bookkit.run import unchanged
from bookkit.run.parts import bring_browser_parts
from bookkit.run.step import step
from bookkit.sphinx import site
from bookkit.system.files import require_writable
from bookkit.system.lock import alone


def build(project: Project, console: Console) -> None:
    """Make the site: bring parts and data, execute what has changed, check claims, lay out the
    pages, render them. Nothing is done if nothing has changed since the site was made.

    A book that has no site yet gets a preview first, if it names one, and keeps that until the book
    itself is done.

    Raises
    ------
    BookError
        If another command works in the book, if npm cannot bring what the site needs, or as
        `bookkit.run.build.make_all` does.
    """
    began = time.perf_counter()
    with alone(project.root):
        site.settle(project)
        for folder in (project.build, project.executed):
            require_writable(folder)
        with step(console, "Parts from npm"):
            bring_browser_parts(project)
        sources = unchanged.sources_of(project)
        if unchanged.holds(project, sources):
            console.print("Nothing has changed since this site was made.")
        else:
            from bookkit.run.build import make_all  # takes a second to import

            make_all(project, sources, console)
    console.print(
        f"[bold]The book is in {project.site / 'index.html'}[/bold]"
        f" ({time.perf_counter() - began:.0f} s)"
    )
