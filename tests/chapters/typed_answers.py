"""An exercise's cell with something typed into its blanks, run without the rest of its chapter."""

import linecache
from collections.abc import Mapping
from functools import cache
from itertools import count
from typing import Any

from bookkit.exercises.forms import answers, fill
from lessons.checks import Verdict, check
from the_book import lecture

NUMBERS = count()


@cache
def cells(chapter: str) -> dict[str, str]:
    """Return the source of each exercise of a chapter and the pages below it, by id.

    The chapter is given by the name of its file.
    """
    pages = [page for page in lecture() if (page.above or page.file).stem == chapter]
    return {exercise.id: exercise.source for page in pages for exercise in page.exercises}


def verdict_on(
    cell: str,
    typed: tuple[str | None, ...],
    names: Mapping[str, Any],
    edits: Mapping[str, str] | None = None,
) -> Verdict | str:
    """Return the verdict on a cell, or the name of the error with which it stops before its check.

    Parameters
    ----------
    cell : str
        Source of the exercise.
    typed : tuple of str or None
        What stands in its blanks, in order; None for the right text. Blanks that are left out are
        right.
    names : mapping
        What the cells before it would have defined.
    edits : mapping
        What else is changed: a text of the solved cell to what stands there instead.
    """
    source = fill(cell, typed + (None,) * (len(answers(cell)) - len(typed)))
    for old, new in (edits or {}).items():
        assert old in source, old
        source = source.replace(old, new)
    file = f"<cell {next(NUMBERS)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    verdicts: list[Verdict] = []
    try:
        exec(
            compile(source, file, "exec"),
            {**names, "check": lambda id, answer: verdicts.append(check(id, answer))},
        )
    except Exception as error:
        return type(error).__name__
    return verdicts[-1]
