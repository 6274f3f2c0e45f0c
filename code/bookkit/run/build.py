"""From the sources to the site: what ``make book`` does, step by step, saying so."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sourcedigest import Sources

from bookkit.book.data import remember_data
from bookkit.book.lesson import lessons_of
from bookkit.book.pages import (
    ExecutedPage,
    Page,
    page_digest,
    read_again,
    read_pages,
    with_outputs,
)
from bookkit.book.project import Project, syntax_in_words
from bookkit.claims.check import check_claims
from bookkit.editions.notebooks import write_notebooks
from bookkit.editions.pages import code_shown, page_of
from bookkit.exercises.rules import check_exercises, check_verdicts
from bookkit.run.delivery import delivered, write_files
from bookkit.run.execution import ExecutedPages, Limits, execute
from bookkit.run.parts import bring_browser_parts
from bookkit.run.status import status_of
from bookkit.sphinx import site
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


def digests(project: Project, pages: Iterable[Page], inputs: dict) -> dict[Path, str]:
    """Return the digest of every page that has cells to execute.

    Parameters
    ----------
    project : Project
    pages : iterable of Page
    inputs : dict
        What results depend on besides source, as `Project.inputs` returns it.
    """
    try:
        found = Sources(project.packages)
    except SyntaxError as error:
        raise BookError(syntax_in_words(error)) from None
    return {page.file: page_digest(page, found, inputs) for page in pages if page.cells}


def execute_pages(
    project: Project, pages: list[Page], console: Console
) -> dict[Path, ExecutedPage]:
    """Return all pages with cells, with outputs: kept ones where their digest still holds, else new
    ones.

    Raises
    ------
    BookError
        If a page cannot be executed, or if its code was edited meanwhile: then nobody knows what
        its outputs show.
    """
    store = ExecutedPages(project.executed)
    inputs, limits = project.inputs(), limits_of_cells(project, pages)
    known, executed = digests(project, pages, inputs), {}
    for page in (page for page in pages if page.cells):
        file, digest = page.file, known[page.file]
        result = store.find(file, digest)
        if result is None:
            console.print(f"  {file}: executing …")
            result = execute_with_bar(project, page, digest, inputs, limits[file], console)
            if digests(project, [read_again(page, project.root)], inputs).get(file) != digest:
                raise BookError(
                    f"{file}: code that it uses was edited while it was executed. Run this again."
                )
            result = store.keep(file, result)
            console.print(f"  {file}: executed in {result.metadata.bookkit.seconds:.1f} s")
        else:
            console.print(f"  {file}: unchanged")
        executed[file] = with_outputs(page, result)
    return executed


def execute_with_bar(
    project: Project,
    page: Page,
    digest: str,
    inputs: dict,
    limits: Limits,
    console: Console,
) -> NotebookNode:
    """Execute a page while a bar counts its cells, or, without a terminal, a line a minute says
    which one runs.
    """
    cells = sum(bool(cell.source.strip()) for cell in page.code_cells)
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
        task = bar.add_task(str(page.file), total=cells)

        def show(place: str, seconds: float) -> None:
            said = f"{place}, {seconds:.0f} s" if seconds >= 5 else str(page.file)
            bar.update(task, description=said)

        running = show if console.is_terminal else every_minute(console)
        return execute(
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


def limits_of_cells(project: Project, pages: Iterable[Page]) -> dict[Path, Limits]:
    """Return what a cell of each page may take, as its front matter, _config.yml and pyproject.toml
    say.

    Raises
    ------
    BookError
        If one of them does not say a number.
    """
    megabytes = project.settings.output_megabytes
    general = number(
        (project.config.get("execute") or {}).get("timeout"), "_config.yml: execute: timeout"
    )
    found = {}
    for page in pages:
        own = (page.metadata.get("mystnb") or {}).get("execution_timeout")
        seconds = number(own, f"{page.file}: mystnb: execution_timeout") or general
        found[page.file] = Limits(seconds if seconds and seconds > 0 else None, megabytes)
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
    pages = read_pages(project.root, project.pages)
    exercises = check_exercises(project, pages)
    with step(console, "Parts from npm"):
        bring_browser_parts(project)
    with step(console, "Data"):
        project.prepare()
        remember_data(project)
    configuration = site.configuration(
        project
    )  # a mistake in it is told before anything is executed
    with step(console, f"Chapters ({project.profile.name} profile)"):
        executed = execute_pages(project, pages, console)
    check_verdicts(exercises, executed)
    claims = check_claims(project, pages, executed, console)
    files = delivered(output for page in executed.values() for _, output in page.outputs)
    status = status_of(
        project, executed, claims, lambda cell: code_shown(cell, project.edition)
    ) | lessons_of(executed.values())
    shown = {file: page_of(page, project.edition) for file, page in executed.items()}
    with step(console, "Pages"):
        site.lay_out(project, shown, status, configuration)

        def complete(folder: Path) -> None:
            write_notebooks(project, executed.values(), folder)
            write_files(folder, files)

        site.render(project, executed, complete)
