"""From the sources to the site: what ``make book`` does, step by step, saying so."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firstcnn.provenance import Sources
from nbformat import NotebookNode
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bookkit import site
from bookkit.claims import check_claims
from bookkit.delivery import write_files
from bookkit.errors import BookError
from bookkit.execution import ExecutedPages, execute
from bookkit.exercise_rules import check_exercises, check_verdicts
from bookkit.live import live_settings
from bookkit.notebooks import write_notebooks
from bookkit.pages import page_digest, read_page, with_outputs
from bookkit.parts import bring_browser_parts
from bookkit.project import Project
from bookkit.same_data import remember_data
from bookkit.status import status_of


@contextmanager
def step(console: Console, title: str) -> Iterator[None]:
    """Print what is being done, and how long it took once it is done."""
    console.print(f"[bold]{title}[/bold] …")
    began = time.perf_counter()
    yield
    console.print(f"  done in {time.perf_counter() - began:.1f} s")


def digests(project: Project, inputs: dict) -> dict[Path, str]:
    """Return the digest of every page that has cells to execute.

    Parameters
    ----------
    project : Project
    inputs : dict
        What results depend on besides source, as `Project.inputs` returns it.
    """
    found = Sources(project.packages)
    notebooks = {page: read_page(project.root / page) for page in project.pages}
    return {page: page_digest(nb, found, inputs) for page, nb in notebooks.items() if nb is not None}


def execute_pages(project: Project, console: Console) -> dict[Path, NotebookNode]:
    """Return all pages with cells, with outputs: kept ones where their digest still holds, else new ones.

    Raises
    ------
    BookError
        If a page cannot be executed, or if its code was edited meanwhile: then nobody knows what its outputs show.
    """
    store = ExecutedPages(project.executed)
    executed, inputs = {}, project.inputs()
    for page, digest in digests(project, inputs).items():
        notebook = read_page(project.root / page)
        result = store.find(page, digest)
        if result is None:
            console.print(f"  {page}: executing …")
            result = execute_with_bar(project, notebook, page, digest, inputs, console)
            if digests(project, inputs)[page] != digest:
                raise BookError(f"{page}: code that it uses was edited while it was executed. Run this again.")
            store.keep(page, result)
            console.print(f"  {page}: executed in {result.metadata.bookkit.seconds:.1f} s")
        else:
            console.print(f"  {page}: unchanged")
        executed[page] = with_outputs(notebook, result)
    return executed


def execute_with_bar(
    project: Project, notebook: NotebookNode, page: Path, digest: str, inputs: dict, console: Console
) -> NotebookNode:
    """Execute a page while a bar counts its cells."""
    cells = sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in notebook.cells)
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    shown = console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task(str(page), total=cells)
        return execute(notebook, page, digest, project.environment(), inputs, lambda n: bar.advance(task, n))


def build(project: Project, console: Console) -> None:
    """Make the site: bring parts and data, execute what has changed, check claims, lay out the pages, render them.

    Exercises are checked before anything is executed, and their verdicts after it.

    Raises
    ------
    BookError
        If a page or an exercise cannot be read or executed, if its results do not bear out what the book claims, or
        if Sphinx warns of anything.
    """
    began = time.perf_counter()
    live_settings(project)  # refuses what they cannot be
    exercises = check_exercises(project)
    with step(console, "Parts from npm"):
        bring_browser_parts(project)
    with step(console, "Data"):
        project.prepare()
        remember_data(project)
    with step(console, f"Chapters ({project.profile} profile)"):
        executed = execute_pages(project, console)
    check_verdicts(exercises, executed)
    claims = check_claims(project, executed, console)
    with step(console, "Pages"):
        site.lay_out(project, executed, status_of(project, executed, claims))
        site.render(project)
        write_notebooks(project, executed)
        write_files(project.site, executed.values())
    console.print(f"[bold]The book is in {project.site / 'index.html'}[/bold] ({time.perf_counter() - began:.0f} s)")
