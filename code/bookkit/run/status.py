"""How a build was made, page by page, claim by claim, figure by figure: plain data for the status
page.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bookkit.book.chapters import docname
from bookkit.book.pages import Cell, ExecutedPage, Page
from bookkit.book.project import Project
from bookkit.claims.claim import Claim


def status_of(
    project: Project,
    executed: Mapping[Path, ExecutedPage],
    claims: list[Claim],
    code_shown: Callable[[Cell], str],
) -> dict[str, Any]:
    """Return what the status page shows, as JSON can hold it.

    Parameters
    ----------
    project : Project
    executed : mapping
        The executed pages.
    claims : list of Claim
        Checked, or not.
    code_shown : function
        From a code cell to the code that a reader may see of it.

    Returns
    -------
    dict
        ``profile`` and ``edition``; lists of ``pages``, ``environments``, ``claims`` and
        ``figures``. Pages are named as Sphinx names documents.
    """
    made = {executed_page.page.docname: executed_page.made for executed_page in executed.values()}
    return {
        "profile": project.profile.name,
        "edition": project.edition.name,
        "pages": [
            {
                "executed": about.executed,
                "seconds": about.seconds,
                "digest": about.digest,
                "page": page,
                "cells": len(about.cells),
                "profile": about.inputs["profile"],
            }
            for page, about in made.items()
        ],
        "environments": environments({page: about.inputs for page, about in made.items()}),
        "claims": [claim_row(claim) for claim in claims],
        "figures": [row for each in executed.values() for row in figures_of(each, code_shown)],
    }


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


def exercises_in(pages: Iterable[Page]) -> list[dict[str, Any]]:
    """Return a row for each page that has exercises, with its title; a chapter has one row together
    with the pages below it.

    Of each exercise the row says the id, the number, the title and the page.
    """
    rows: dict[Path, dict[str, Any]] = {}
    for page in pages:
        if page.above is None:
            title = page.title if page.chapter is None else f"{page.chapter}. {page.title}"
            rows[page.file] = {"page": page.docname, "title": title, "exercises": []}
        rows[page.above or page.file]["exercises"] += [
            {"id": e.id, "number": e.number, "title": e.title, "page": page.docname}
            for e in page.all_exercises
        ]
    return [row for row in rows.values() if row["exercises"]]


def figures_of(
    executed: ExecutedPage, code_shown: Callable[[Cell], str]
) -> Iterator[dict[str, Any]]:
    """Yield the figures of a page, each with the cell that drew it and what is shown of its
    code.
    """
    made = executed.made
    code = [cell for cell in executed.cells if cell.is_code]
    for number, (cell, seconds) in enumerate(zip(code, made.cells, strict=True), start=1):
        for output in cell.outputs:
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name and "image/png" in output.get("data", {}):
                yield {
                    "figure": name,
                    "page": executed.page.docname,
                    "cell": number,
                    "seconds": seconds,
                    "executed": made.executed,
                    "code": code_shown(cell),
                }
