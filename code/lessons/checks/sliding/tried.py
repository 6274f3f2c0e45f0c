"""A student's function, tried on several cases and compared with what one slip alone would do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from lessons.checks.learning.trial import are_alike, defined


@dataclass
class Tried:
    """What came of a function on several cases, one after the other.

    Attributes
    ----------
    found : list
        Of each case that ran: tensors, numbers, lists of these, or the kind of something else.
    error : BaseException or None
        With which the next case stopped.
    """

    found: list = field(default_factory=list)
    error: BaseException | None = None


def tried_on(cases: Iterable[Callable[[Callable], Any]], function: Callable) -> Tried:
    """Try a function on cases, in order, up to the first that stops.

    Raises
    ------
    BaseException
        What the function raised. It carries what came of the earlier cases as ``earlier``.
    """
    tried = Tried()
    for case in cases:
        try:
            tried.found.append(case(function))
        except BaseException as error:
            error.earlier = tried.found
            raise
    return tried


def stopped_or_tried(try_out: Callable[[Callable], Tried], function: Callable) -> Tried:
    """Try a function; an error becomes part of what is returned."""
    try:
        return try_out(function)
    except Exception as error:
        return Tried(getattr(error, "earlier", []), error)


def like(slips: Callable[[], list[Tried]], typed: str) -> dict[str, Any]:
    """Return what is typed by a slip, and evidence for it: on every case the answer does what one
    of these slips does, up to the same error.
    """
    return {
        "typed": (typed,),
        "shows": lambda seen: any(
            slip.error is None and are_alike(seen.found, slip.found) for slip in slips()
        ),
        "stops": lambda error: any(_same_stop(error, slip) for slip in slips()),
    }


def _same_stop(error: BaseException, slip: Tried) -> bool:
    return (
        type(error) is type(slip.error)
        and str(error) == str(slip.error)
        and are_alike(getattr(error, "earlier", None), slip.found)
    )


def function_of(head: str, body: str) -> Callable:
    """Return the function that a body makes below ``def answer(…):``; its lines are indented as in
    the exercise.
    """
    return defined(head, body)


def changed(body: str, *changes: tuple[str, str]) -> str:
    """Return lines of code with some of their text changed: each an old text and the new one."""
    for old, new in changes:
        assert old in body, old
        body = body.replace(old, new)
    return body
