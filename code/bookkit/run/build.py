"""From the sources to the site: execute what has changed, check it, render it, saying so."""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from nbformat import NotebookNode
from rich.console import Console

from bookkit.book.data import remember_data
from bookkit.book.lesson import lessons_of, routes_of
from bookkit.book.pages import ExecutedPage, Page, read_again, read_pages, with_outputs
from bookkit.book.project import Project
from bookkit.claims.check import check_claims
from bookkit.claims.claim import Claim
from bookkit.editions.notebooks import write_notebooks
from bookkit.editions.pages import code_shown, page_of
from bookkit.exercises.forms import Exercise
from bookkit.exercises.rules import check_exercises, check_verdicts
from bookkit.run import unchanged
from bookkit.run.comparisons import comparisons_of
from bookkit.run.cost import costs_of, keep_cost, speed_of_machine
from bookkit.run.delivery import delivered, write_files
from bookkit.run.estimate import expected_seconds, tell_how_long
from bookkit.run.execution import Limits, execute
from bookkit.run.outlook import SITE, Outlook, Part
from bookkit.run.plan import Plan, digests, stages
from bookkit.run.side_by_side import all_done
from bookkit.run.status import exercises_in, status_of
from bookkit.run.step import step
from bookkit.run.store import ExecutedPages
from bookkit.sphinx import from_disk, offline, site
from bookkit.system.errors import BookError
from bookkit.system.files import require_writable
from bookkit.system.forked_kernels import lasting

LANES = 2  # pages at a time


def execute_pages(
    plan: Plan, outlook: Outlook, speed: float, console: Console
) -> dict[Path, ExecutedPage]:
    """Return all pages with cells, with outputs: kept ones where their digest still holds, else new
    ones.

    They are executed in the three turns that `turns_of` returns.

    Raises
    ------
    BookError
        If a page cannot be executed, or if its code was edited meanwhile: then nobody knows what
        its outputs show.
    """
    project, results = plan.project, dict(plan.kept)
    limits, running = limits_of_cells(project, plan.with_cells), running_cells(outlook, console)
    imports = lasting(project.settings.live.imports, project.packages)
    environment = environment_of(project)
    for file in plan.kept:
        console.print(f"  {file}: unchanged")

    def task(page: Page, at_a_time: int, enough: Event) -> tuple[Page, NotebookNode, int]:
        file = page.file
        console.print(f"  {file}: executing …")

        tell = stopped_by(enough, f"{file}: another page has failed.", running)
        with outlook.part(project.profile.name, str(file), at_a_time=at_a_time):
            about = (plan.digests[file], environment, plan.inputs, limits[file])
            return page, execute(page, *about, running=tell, imports=imports), at_a_time

    def keep(done: tuple[Page, NotebookNode, int]) -> None:
        page, result, at_a_time = done
        results[page.file] = keep_page(plan, page, result)
        seconds = result.metadata.bookkit.seconds
        keep_cost(project, str(page.file), seconds * speed / at_a_time)
        console.print(f"  {page.file}: executed in {seconds:.1f} s{outlook.words()}")

    def execute_all(pages: Sequence[Page], at_a_time: int) -> None:
        all_done([partial(task, page, at_a_time) for page in pages], at_a_time, keep)

    lanes = min(LANES, os.cpu_count() or 1)
    first, alone, last = turns_of(plan.missing)
    execute_all(longest_first(project, first), lanes)
    execute_all(alone, lanes if project.profile.is_preview else 1)  # whose times mean nothing
    execute_all(longest_first(project, last), lanes)
    return {page.file: with_outputs(page, results[page.file]) for page in plan.with_cells}


def stopped_by(
    enough: Event, reason: str, running: Callable[[str, float], None]
) -> Callable[[str, float], None]:
    """Return what tells how long a cell has been running, and stops its page once it is enough.

    Raises
    ------
    BookError
        By what is returned, with that reason.
    """

    def tell(place: str, seconds: float) -> None:
        if enough.is_set():
            raise BookError(reason)
        running(place, seconds)

    return tell


def environment_of(project: Project) -> dict[str, str]:
    """Return the environment of kernels: in a preview, where all of them have others beside them,
    joblib starts processes for its share of the processors, and on two none at all.
    """
    share = {"LOKY_MAX_CPU_COUNT": str(max(1, (os.cpu_count() or 1) // LANES))}
    return (share if project.profile.is_preview else {}) | project.environment()


def longest_first(project: Project, pages: Iterable[Page]) -> list[Page]:
    """Sort pages by what they have cost before, so that none of them is left over at the end."""
    costs = costs_of(project)
    return sorted(pages, key=lambda page: -costs.get(str(page.file), 0))


def turns_of(pages: Sequence[Page]) -> tuple[list[Page], list[Page], list[Page]]:
    """Sort pages into those that are executed side by side first, those that are executed one by
    one, and those that are executed side by side at the end.

    One by one, but in a preview, are those whose front matter does not say ``beside_others``: they
    use all processors, or measure times. Pages below such a chapter come at the end, since they use
    the networks that it trains.
    """
    alone = [page for page in pages if not page.metadata.get("beside_others")]
    waited_for = {page.file for page in alone}
    beside = [page for page in pages if page not in alone]
    last = [page for page in beside if page.above in waited_for]
    return [page for page in beside if page not in last], alone, last


def keep_page(plan: Plan, page: Page, result: NotebookNode) -> NotebookNode:
    """Keep an executed page, unless the code that it uses was edited meanwhile."""
    project, file = plan.project, page.file
    now = digests(project, [read_again(page, project.root)], plan.inputs)
    if now.get(file) != plan.digests[file]:
        raise BookError(
            f"{file}: code that it uses was edited while it was executed. Run this again."
        )
    return ExecutedPages(project.executed).keep(file, result)


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
    pages = read_pages(project.root, project.pages, project.chapters)
    exercises = check_exercises(project, pages)
    if computes := project.device():
        console.print(computes, markup=False, emoji=False)
    with step(console, "Data"):
        data = project.prepare()
        remember_data(project)
    site.configuration(project)  # a mistake in it is told before anything is executed
    plans = stages(project, pages, site.profile_of_site(project))
    todo = [plan for plan in plans if not unchanged.holds(plan.project, sources)]
    if todo != plans:
        tell_of_preview(project, console)
    speed = speed_of_machine(project) if any(plan.missing for plan in todo) else None
    work = {part: each for plan in todo for part, each in work_of(plan).items()}
    outlook = Outlook(expected_seconds(work, speed))
    tell_how_long([plan.project.profile.name for plan in todo], outlook, console)
    with outlook.shown(console):
        for plan in todo:
            make_site(plan, exercises, outlook, speed, console)
            unchanged.note(plan.project, sources, data)
            if plan is not plans[-1]:
                tell_of_preview(project, console)


def work_of(plan: Plan) -> dict[Part, float | None]:
    """Return the work of what a plan has to make; None for what has no record."""
    costs, profile = costs_of(plan.project), plan.project.profile.name
    parts = [*(str(page.file) for page in plan.missing), SITE]
    return {(profile, part): costs.get(part) for part in parts}


def whole_status(
    plan: Plan, executed: Mapping[Path, ExecutedPage], claims: list[Claim]
) -> dict[str, Any]:
    """Return all that the status page and the instructor's tables show."""
    project = plan.project
    status = status_of(project, executed, claims, lambda cell: code_shown(cell, project.edition))
    status["exercises"] = exercises_in(plan.pages)
    compared = {"comparisons": comparisons_of(executed.values())}
    routes = {"routes": routes_of(project.settings.routes, executed.values())}
    return status | compared | lessons_of(executed.values()) | routes


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
    with step(console, f"Chapters ({project.profile.name} profile)"):
        executed = execute_pages(plan, outlook, speed, console)
    check_verdicts(exercises, executed)
    claims = check_claims(project, plan.pages, executed, console)
    files = delivered(output for page in executed.values() for _, output in page.outputs)
    status = whole_status(plan, executed, claims)
    shown = {file: page_of(page, project.edition) for file, page in executed.items()}
    began = time.perf_counter()
    with step(console, "Pages"), outlook.part(project.profile.name, SITE):
        site.lay_out(project, shown, status, configuration)

        def complete(folder: Path) -> None:
            write_notebooks(project, executed.values(), folder)
            write_files(folder, files)
            from_disk.write(folder)
            offline.write(folder, project.settings.offline)

        site.render(project, executed, complete)
    if plan.missing:
        keep_cost(project, SITE, (time.perf_counter() - began) * speed)
