"""From the sources to the site: execute what has changed, check it, render it, saying so."""

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from nbformat import NotebookNode
from rich.console import Console

from bookkit.book.data import remember_data
from bookkit.book.pages import read_page, with_outputs
from bookkit.book.project import Project
from bookkit.claims.check import check_claims
from bookkit.editions.notebooks import write_notebooks
from bookkit.exercises.forms import Exercise
from bookkit.exercises.rules import check_exercises, check_verdicts
from bookkit.run import unchanged
from bookkit.run.cost import SITE, keep_cost, speed_of_machine
from bookkit.run.delivery import delivered, write_files
from bookkit.run.estimate import expected_seconds, tell_how_long
from bookkit.run.execution import ExecutedPages, Limits, execute
from bookkit.run.outlook import Outlook
from bookkit.run.plan import Plan, digests
from bookkit.run.preview import stages
from bookkit.run.side_by_side import all_done
from bookkit.run.status import status_of
from bookkit.run.step import step
from bookkit.sphinx import site
from bookkit.sphinx.live import live_settings
from bookkit.system.errors import BookError
from bookkit.system.files import require_writable


def execute_pages(
    plan: Plan, outlook: Outlook, speed: float, console: Console
) -> dict[Path, NotebookNode]:
    """Return all pages with cells, with outputs: kept ones where their digest still holds, else new
    ones.

    Pages whose front matter says ``beside_others`` are executed two at a time, before the others.

    Raises
    ------
    BookError
        If a page cannot be executed, or if its code was edited meanwhile: then nobody knows what
        its outputs show.
    """
    project, results = plan.project, dict(plan.kept)
    notebooks = {page: read_page(project.root / page) for page in plan.digests}
    limits, running = limits_of_cells(project), running_cells(outlook, console)
    for page in plan.kept:
        console.print(f"  {page}: unchanged")

    def task(page: Path, enough: Event) -> tuple[Path, NotebookNode]:
        console.print(f"  {page}: executing …")

        def tell(place: str, seconds: float) -> None:
            if enough.is_set():
                raise BookError(f"{page}: another page has failed.")
            running(place, seconds)

        with outlook.part(project.profile, str(page)):
            about = (page, plan.digests[page], project.environment(), plan.inputs, limits[page])
            return page, execute(notebooks[page], *about, running=tell)

    def keep(done: tuple[Path, NotebookNode]) -> None:
        page, result = done
        results[page] = keep_page(plan, page, result)
        seconds = result.metadata.bookkit.seconds
        keep_cost(project, str(page), seconds * speed)
        console.print(f"  {page}: executed in {seconds:.1f} s{outlook.words()}")

    beside = [page for page in plan.missing if notebooks[page].metadata.get("beside_others")]
    alone = [page for page in plan.missing if page not in beside]
    at_a_time = min(2, len(beside), os.cpu_count() or 1)
    if at_a_time > 1:
        all_done([partial(task, page) for page in beside], at_a_time, keep)
    for page in alone if at_a_time > 1 else plan.missing:
        keep(task(page, Event()))
    return {page: with_outputs(notebooks[page], results[page]) for page in plan.digests}


def keep_page(plan: Plan, page: Path, result: NotebookNode) -> NotebookNode:
    """Keep an executed page, unless the code that it uses was edited meanwhile."""
    if digests(plan.project, plan.inputs)[page] != plan.digests[page]:
        raise BookError(
            f"{page}: code that it uses was edited while it was executed. Run this again."
        )
    return ExecutedPages(plan.project.executed).keep(page, result)


def running_cells(outlook: Outlook, console: Console) -> Callable[[str, float], None]:
    """Return a function that shows which cell runs: in the bar, or without a terminal in a line a
    minute.
    """

    def show(place: str, seconds: float) -> None:
        outlook.place = f"{place}, {seconds:.0f} s" if seconds >= 5 else place.partition(":")[0]

    return show if console.is_terminal else every_minute(console, outlook.words)


def every_minute(console: Console, words: Callable[[], str] = str) -> Callable[[str, float], None]:
    """Return a function that prints, once a minute, which cell runs and for how long, and adds what
    ``words`` returns.
    """
    said: dict[str, int] = {}

    def tell(place: str, seconds: float) -> None:
        minutes = int(seconds // 60)
        if minutes > said.get(place, 0):
            said[place] = minutes
            console.print(
                f"  {place} has been running for {minutes} min{words()}",
                markup=False,
                emoji=False,
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


def make_all(project: Project, sources: str, console: Console) -> None:
    """Make the site from sources of this digest, first that of a preview if one is wanted.

    Exercises are checked before anything is executed, and their verdicts after it.

    Raises
    ------
    BookError
        If a page or an exercise cannot be read or executed, if its results do not bear out what the
        book claims, or if Sphinx warns of anything.
    """
    project.choose_profile()
    live_settings(project)  # refuses what they cannot be
    exercises = check_exercises(project)
    with step(console, "Data"):
        data = project.prepare()
        remember_data(project)
    site.configuration(project)  # a mistake in it is told before anything is executed
    plans = stages(project)
    todo = [plan for plan in plans if not unchanged.holds(plan.project, sources)]
    if todo != plans:
        tell_of_preview(project, console)
    speed = speed_of_machine(project) if any(plan.missing for plan in todo) else None
    outlook = Outlook(expected_seconds(todo, speed))
    tell_how_long(todo, outlook, console)
    with outlook.shown(console):
        for plan in todo:
            make_site(plan, exercises, outlook, speed, console)
            unchanged.note(plan.project, sources, data)
            if plan is not plans[-1]:
                tell_of_preview(project, console)


def tell_of_preview(project: Project, console: Console) -> None:
    """Say where a preview can be read while the book is made."""
    console.print(f"[bold]A preview can be read in {project.site / 'index.html'}[/bold]")


def make_site(
    plan: Plan, exercises: list[Exercise], outlook: Outlook, speed: float | None, console: Console
) -> None:
    """Execute what a plan lacks, check what came out, and put the site in its place."""
    project = plan.project
    project.choose_profile()
    require_writable(project.executed)
    configuration = site.configuration(project)
    with step(console, f"Chapters ({project.profile} profile)"):
        executed = execute_pages(plan, outlook, speed, console)
    check_verdicts(exercises, executed)
    claims = check_claims(project, executed, console)
    files = delivered(executed.values())
    began = time.perf_counter()
    with step(console, "Pages"), outlook.part(project.profile, SITE):
        site.lay_out(project, executed, status_of(project, executed, claims), configuration)

        def complete(folder: Path) -> None:
            write_notebooks(project, executed, folder)
            write_files(folder, files)

        site.render(project, executed, complete)
    if plan.missing:
        keep_cost(project, SITE, (time.perf_counter() - began) * speed)
