"""Sentences that stand on results: who states them, what was recorded for them, and whether it
bears them out.
"""

import inspect
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from bookkit.book.mime import RECORD
from bookkit.book.myst import roles
from bookkit.book.pages import ExecutedPage, Page
from bookkit.book.project import Project
from bookkit.claims.claim import Claim, Mark, Record
from bookkit.system.errors import BookError, stop_at
from bookkit.system.files import write_if_changed

Checker = Callable[..., bool]
DISAGREEMENT = "The book's claims and its results do not agree."
SENTENCE_ENDS = re.compile(r"[.?!:][)*\"”]*\s+(?=\S)")


def check_claims(
    project: Project,
    pages: Iterable[Page],
    executed: Mapping[Path, ExecutedPage],
    console: Console,
) -> list[Claim]:
    """Gather records and marks, keep the records in ``_build/results``, and check them unless this
    is a preview.

    A book without the setting ``claims`` has none.

    Raises
    ------
    BookError
        With every mark, record or checker that lacks its counterpart; or with every claim that the
        results do not bear out.
    """
    if not project.settings.claims:
        return []
    checkers: Mapping[str, Checker] = project.named("claims")
    found, marks = records(executed), marks_of(pages)
    keep(project, found)
    stop_at(faults(project, checkers, found, marks), DISAGREEMENT)
    claims = [judge(project, name, checkers[name], found, marks) for name in sorted(checkers)]
    refuted = [claim for claim in claims if claim.borne_out is False]
    stop_at((refutation(project, each, checkers[each.name]) for each in refuted), DISAGREEMENT)
    is_preview = project.profile.is_preview
    ending = "not checked in a preview" if is_preview else "borne out by this build's results"
    console.print(f"  claims: {len(claims)} {ending}")
    return claims


def records(executed: Mapping[Path, ExecutedPage]) -> list[Record]:
    """Return what all pages recorded, in the order of the book."""
    return [record for executed_page in executed.values() for record in records_of(executed_page)]


def records_of(executed: ExecutedPage) -> Iterator[Record]:
    """Yield what one page recorded."""
    page = executed.page
    for cell, output in executed.outputs:
        if kept := output.get("data", {}).get(RECORD):
            number = sum(each.is_code for each in page.cells[: cell.index + 1])
            place = page.place(cell.index)
            yield Record(kept["claim"], page.file, number, place, dict(kept["values"]))


def marks_of(pages: Iterable[Page]) -> list[Mark]:
    """Return the marks of all pages, in the order of the book."""
    return [
        Mark(role.content, page.file, role.line, sentence_before(role.before))
        for page in pages
        if page.file.suffix == ".md"
        for role in roles(page.text)
        if role.name == "claim"
    ]


def sentence_before(text: str) -> str:
    """Return the last sentence of a text on one line, without marks of other claims."""
    marks = [f"{{claim}}`{role.content}`" for role in roles(text) if role.name == "claim"]
    for mark in marks:
        text = text.replace(mark, "")
    text = " ".join(text.split())
    ends = [end.end() for end in SENTENCE_ENDS.finditer(text)]
    return text[ends[-1] :] if ends else text


def keep(project: Project, found: list[Record]) -> None:
    """Write all records into a file of the profile: by claim, the page and the values."""
    results = {
        record.claim: {"page": record.page.as_posix(), "values": record.values} for record in found
    }
    write_if_changed(
        project.results,
        json.dumps(dict(sorted(results.items())), indent=1, ensure_ascii=False) + "\n",
    )


def faults(
    project: Project, checkers: Mapping[str, Checker], found: list[Record], marks: list[Mark]
) -> Iterator[str]:
    """Yield what is incomplete or does not fit together, with place and cure."""
    by_claim = defaultdict(list)
    for record in found:
        by_claim[record.claim].append(record)
    for mark in marks:
        if mark.claim not in checkers:
            yield f"{mark.place}: there is no checker for {mark.claim}: {unknown(project)}."
    for name, checker in checkers.items():
        if name not in by_claim:
            cell = f"record({name!r}, {', '.join(f'{each}=…' for each in parameters(checker))})"
            yield (
                f"{source(project, checker)}: nothing is recorded for {name}: add {cell} to a page,"
                " or remove this."
            )
    for name, several in by_claim.items():
        marked = any(mark.claim == name for mark in marks)
        yield from faults_of_record(project, name, checkers.get(name), several, marked)


def faults_of_record(
    project: Project, name: str, checker: Checker | None, several: list[Record], marked: bool
) -> Iterator[str]:
    """Yield what is wrong with the records of one claim, of which there should be one."""
    place = several[0].place
    if len(several) > 1:
        others = ", ".join(record.place for record in several[1:])
        yield f"{others}: {name} is recorded already in {place}: leave one record of each claim."
    if checker is None:
        yield f"{place}: no checker asks for {name}: {unknown(project)}."
    elif problem := misfit(checker, several[0].values):
        yield f"{place}: the record of {name} does not fit {source(project, checker)}: {problem}."
    if not marked:
        yield (
            f"{place}: no sentence claims {name}: write {{claim}}`{name}` behind the one that does."
        )


def unknown(project: Project) -> str:
    """Return what to do about an id without a checker."""
    return f"correct the id, or write one in {project.settings.claims}"


def parameters(checker: Checker) -> list[str]:
    """Return the names of the values that a checker asks for."""
    return list(inspect.signature(checker).parameters)


def misfit(checker: Checker, values: Mapping[str, Any]) -> str:
    """Return which values a checker misses and which it does not know; empty if all is well."""
    wanted = parameters(checker)
    missing, surplus = (
        [n for n in wanted if n not in values],
        [n for n in values if n not in wanted],
    )
    told = [f"record {', '.join(missing)} too"] * bool(missing)
    return "; ".join(
        told + [f"take out {', '.join(surplus)}, which it does not ask for"] * bool(surplus)
    )


def source(project: Project, checker: Checker) -> str:
    """Return file and line of a checker."""
    file, (_, line) = Path(inspect.getsourcefile(checker)), inspect.getsourcelines(checker)
    return f"{file.relative_to(project.root) if file.is_relative_to(project.root) else file}:{line}"


def judge(
    project: Project, name: str, checker: Checker, found: list[Record], marks: list[Mark]
) -> Claim:
    """Return a claim with the judgement of its checker, which is None in a preview."""
    record = next(record for record in found if record.claim == name)
    words = " ".join((inspect.getdoc(checker) or name).partition("\n\n")[0].split())
    borne_out = None if project.profile.is_preview else ask(project, name, checker, record)
    return Claim(name, words, [mark for mark in marks if mark.claim == name], record, borne_out)


def ask(project: Project, name: str, checker: Checker, record: Record) -> bool:
    """Return what the checker says to the values.

    Raises
    ------
    BookError
        If the values are of a kind that it cannot judge.
    """
    try:
        return bool(checker(**record.values))
    except Exception as error:
        place, problem = source(project, checker), f"{type(error).__name__}: {error}"
        raise BookError(
            f"{record.place}: the checker of {name} ({place}) cannot judge what is recorded:"
            f" {problem}. Record what its docstring asks for.\n    {values_in_line(record.values)}"
        ) from error


def refutation(project: Project, claim: Claim, checker: Checker) -> str:
    """Return the message about a claim that its results do not bear out."""
    sentences = [f"  {mark.place}: {mark.sentence}" for mark in claim.marks]
    return "\n".join(
        [
            f"{claim.name} is not borne out by this build's results. The text says:",
            *sentences,
            f"  The checker ({source(project, checker)}) asks: {claim.words}",
            f"  Recorded ({claim.record.place}): {values_in_line(claim.record.values)}",
            (
                "  If the results are right, change the sentence and its checker; else find out"
                " what changed the results."
            ),
        ]
    )


def values_in_line(values: Mapping[str, Any]) -> str:
    """Return values on one line."""
    return ", ".join(
        f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()
    )
