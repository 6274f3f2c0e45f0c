"""From the sources to the site: what ``make book`` does, step by step, saying so."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sourcedigest import Sources

from bookkit.book.data import remember_data
from bookkit.book.pages import page_digest, read_page, with_outputs
from bookkit.book.project import Project, syntax_in_words
from bookkit.claims.check import check_claims
from bookkit.editions.notebooks import write_notebooks
from bookkit.exercises.rules import check_exercises, check_verdicts
from bookkit.run.delivery import delivered, write_files
from bookkit.run.execution import ExecutedPages, Limits, execute
from bookkit.run.parts import bring_browser_parts
from bookkit.run.status import status_of
from bookkit.sphinx import site
from bookkit.sphinx.live import live_settings
from bookkit.system import stopping
from bookkit.system.errors import BookError
from bookkit.system.files import require_writable
from bookkit.system.lock import alone


@contextmanager
def step(console: Console, title: str) -> Iterator[None]:
    """Print what is being done, and how long it took once it is done."""
    console.print(f"[bold]{title}[/bold] …")
    began = time.perf_counter()
    stopping.check()
    yield
    stopping.check()
    console.print(f"  done in {time.perf_counter() - began:.1f} s")


def digests(project: Project, inputs: dict) -> dict[Path, str]:
    """Return the digest of every page that has cells to execute.

    Parameters
    ----------
    project : Project
    inputs : dict
        What results depend on besides source, as `Project.inputs` returns it.
    """
    try:
        found = Sources(project.packages)
    except SyntaxError as error:
        raise BookError(syntax_in_words(error)) from None
    notebooks = {page: read_page(project.root / page) for page in project.pages}
    return {
        page: page_digest(nb, found, inputs) for page, nb in notebooks.items() if nb is not None
    }


def execute_pages(project: Project, console: Console) -> dict[Path, NotebookNode]:
    """Return all pages with cells, with outputs: kept ones where their digest still holds, else new
    ones.

    Raises
    ------
    BookError
        If a page cannot be executed, or if its code was edited meanwhile: then nobody knows what
        its outputs show.
    """
    store = ExecutedPages(project.executed)
    executed, inputs, limits = {}, project.inputs(), limits_of_cells(project)
    for page, digest in digests(project, inputs).items():
        notebook = read_page(project.root / page)
        result = store.find(page, digest)
        if result is None:
            console.print(f"  {page}: executing …")
            result = execute_with_bar(
                project, notebook, page, digest, inputs, limits[page], console
            )
            if digests(project, inputs)[page] != digest:
                raise BookError(
                    f"{page}: code that it uses was edited while it was executed. Run this again."
                )
            result = store.keep(page, result)
            console.print(f"  {page}: executed in {result.metadata.bookkit.seconds:.1f} s")
        else:
            console.print(f"  {page}: unchanged")
        executed[page] = with_outputs(notebook, result)
    return executed


def execute_with_bar(
    project: Project,
    notebook: NotebookNode,
    page: Path,
    digest: str,
    inputs: dict,
    limits: Limits,
    console: Console,
) -> NotebookNode:
    """Execute a page while a bar counts its cells, or, without a terminal, a line a minute says
    which one runs.
    """
    cells = sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in notebook.cells)
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    environment = project.environment()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(str(page), total=cells)

        def show(place: str, seconds: float) -> None:
            bar.update(task, description=f"{place}, {seconds:.0f} s" if seconds >= 5 else str(page))

        running = show if console.is_terminal else every_minute(console)
        return execute(
            notebook,
            page,
            digest,
            environment,
            inputs,
            limits,
            lambda done: bar.advance(task, done),
            running,
        )


def every_minute(console: Console) -> Callable[[str, float], None]:
    """Return a function that prints, once a minute, which cell runs and for how long."""
    said: dict[str, int] = {}

    def tell(place: str, seconds: float) -> None:
        minutes = int(seconds // 60)
        if minutes > said.get(place, 0):
            said[place] = minutes
            console.print(
                f"  {place} has been running for {minutes} min", markup=False, emoji=False
            )

    return tell


def limits_of_cells(project: Project) -> dict[Path, Limits]:
    """Return what a cell of each page may take, as its front matter, _config.yml and pyproject.toml
    say.

    Raises
    ------
    BookError
        If one of them does not say a number.
    """
    megabytes = number(project.settings.get("output_megabytes"), "pyproject.toml: output_megabytes")
    general = number(
        (project.config.get("execute") or {}).get("timeout"), "_config.yml: execute: timeout"
    )
    found = {}
    for page in project.pages:
        if notebook := read_page(project.root / page):
            own = (notebook.metadata.get("mystnb") or {}).get("execution_timeout")
            seconds = number(own, f"{page}: mystnb: execution_timeout") or general
            found[page] = Limits(
                seconds if seconds and seconds > 0 else None, megabytes or Limits.megabytes
            )
    return found


def number(value: Any, name: str) -> float | None:
    """Return a setting that is a number, or None where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise BookError(f"{name} is {value!r}: write a number.")
    return value


def build(project: Project, console: Console) -> None:
    """Make the site: bring parts and data, execute what has changed, check claims, lay out the
    pages, render them.

    Exercises are checked before anything is executed, and their verdicts after it.

    Raises
    ------
    BookError
        If a page or an exercise cannot be read or executed, if its results do not bear out what the
        book claims, or if Sphinx warns of anything.
    """
    began = time.perf_counter()
    with alone(project.root):
        site.settle(project)
        for folder in (project.build, project.executed):
            require_writable(folder)
        make_site(project, console)
    console.print(
        f"[bold]The book is in {project.site / 'index.html'}[/bold]"
        f" ({time.perf_counter() - began:.0f} s)"
    )


def make_site(project: Project, console: Console) -> None:
    """Do what `build` does, while no other command works in the book."""
    live_settings(project)  # refuses what they cannot be
    exercises = check_exercises(project)
    with step(console, "Parts from npm"):
        bring_browser_parts(project)
    with step(console, "Data"):
        project.prepare()
        remember_data(project)
    configuration = site.configuration(
        project
    )  # a mistake in it is told before anything is executed
    with step(console, f"Chapters ({project.profile} profile)"):
        executed = execute_pages(project, console)
    check_verdicts(exercises, executed)
    claims = check_claims(project, executed, console)
    files = delivered(executed.values())
    with step(console, "Pages"):
        site.lay_out(project, executed, status_of(project, executed, claims), configuration)

        def complete(folder: Path) -> None:
            write_notebooks(project, executed, folder)
            write_files(folder, files)

        site.render(project, executed, complete)
