"""How a build was made, page by page, claim by claim, figure by figure: plain data for the status
page.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from bookkit.book import lesson
from bookkit.book.project import Project
from bookkit.claims.check import Claim
from bookkit.editions.pages import EDITIONS
from bookkit.exercises.forms import exercises_of
from bookkit.run.comparisons import comparisons_of
from bookkit.system.files import read_text


def status_of(
    project: Project, executed: Mapping[Path, NotebookNode], claims: list[Claim]
) -> dict[str, Any]:
    """Return what the status page shows, as JSON can hold it.

    Parameters
    ----------
    project : Project
    executed : mapping
        The executed pages, with their metadata.
    claims : list of Claim
        Checked, or not.

    Returns
    -------
    dict
        ``profile`` and ``edition``; lists of ``pages``, ``environments``, ``claims``, ``figures``,
        ``comparisons``, ``exercises`` by page, core sections (``clock``) and ``goals``. Pages are
        named as Sphinx names documents.
    """
    shown = EDITIONS[project.edition].code
    noted = {docname(page): notebook.metadata.bookkit for page, notebook in executed.items()}
    return {
        "profile": project.profile,
        "edition": project.edition,
        "pages": [
            {name: about[name] for name in ("executed", "seconds", "digest")}
            | {"page": page, "cells": len(about["cells"]), "profile": about["inputs"]["profile"]}
            for page, about in noted.items()
        ],
        "environments": environments({page: about["inputs"] for page, about in noted.items()}),
        "claims": [claim_row(claim) for claim in claims],
        "figures": [
            row for page, notebook in executed.items() for row in figures_of(page, notebook, shown)
        ],
        "comparisons": comparisons_of(executed),
        "exercises": [
            row for page, notebook in executed.items() for row in exercises_in(page, notebook)
        ],
        **lessons_of(project, executed),
    }


def lessons_of(
    project: Project, executed: Mapping[Path, NotebookNode]
) -> dict[str, list[dict[str, Any]]]:
    """Return the ``clock``, a row for each core section, and the ``goals`` of all pages, each with
    what tests it.
    """
    clock, goals = [], []
    for page, notebook in executed.items():
        source = read_text(project.root / page)
        sections = lesson.sections_of(notebook, source)
        clock += lesson.clock_rows(docname(page), sections)
        goals += lesson.goal_rows(docname(page), lesson.goals_of(source), sections)
    return {"clock": clock, "goals": goals}


def docname(page: Path) -> str:
    """Return a page's name in Sphinx."""
    return page.with_suffix("").as_posix()


def environments(inputs: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the environments in which pages were executed, each with its pages."""
    found: list[dict[str, Any]] = []
    for page, values in inputs.items():
        same = next((each for each in found if each["values"] == values), None)
        if same:
            same["pages"].append(page)
        else:
            found.append({"pages": [page], "values": values})
    return found


def claim_row(claim: Claim) -> dict[str, Any]:
    """Return what the status page shows of a claim."""
    return {
        "claim": claim.name,
        "words": claim.words,
        "marks": list(dict.fromkeys(docname(mark.page) for mark in claim.marks)),
        "page": docname(claim.record.page),
        "cell": claim.record.cell,
        "values": claim.record.values,
        "borne_out": claim.borne_out,
    }


def exercises_in(page: Path, notebook: NotebookNode) -> Iterator[dict[str, Any]]:
    """Yield a row for a page that has exercises: its title, and the id, number and title of
    each.
    """
    exercises = [
        {"id": e.id, "number": e.number, "title": e.title} for e in exercises_of(notebook, page)
    ]
    if exercises:
        chapter, dot, _ = exercises[0]["number"].rpartition(".")
        title = f"{chapter}{dot} {title_of(notebook)}".lstrip()
        yield {"page": docname(page), "title": title, "exercises": exercises}


def title_of(notebook: NotebookNode) -> str:
    """Return the first heading of a page."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = re.search(r"^# (.+)$", text, flags=re.M)
    return found[1] if found else ""


def figures_of(
    page: Path, notebook: NotebookNode, shown: Callable[[NotebookNode], str]
) -> Iterator[dict[str, Any]]:
    """Yield the figures of a page, each with the cell that drew it and what is shown of its
    code.
    """
    about = notebook.metadata.bookkit
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, (cell, seconds) in enumerate(zip(cells, about["cells"], strict=True), start=1):
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name and "image/png" in output.get("data", {}):
                yield {
                    "figure": name,
                    "page": docname(page),
                    "cell": number,
                    "seconds": seconds,
                    "executed": about["executed"],
                    "code": shown(cell),
                }
