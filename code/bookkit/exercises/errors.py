"""Errors of a student's code in words: name, message, the line, and what can be known about the
cause.
"""

import builtins
import contextlib
import difflib
import inspect
import linecache
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from bookkit.exercises.time_limit import TimeUp

LONGEST = 300  # characters of an error, or of a line, that are quoted
CHECKS = {
    str(Path(__file__).parent)
}  # folders of the checks' own code; a book adds that of its checks
CODE = str(Path(__file__).parents[2])  # of the book
LIBRARIES = tuple(
    sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
MODULE_CALL = str(Path("torch", "nn", "modules", "module.py"))
RARE = {"aiter", "anext"}  # names of Python's own that no exercise is about
COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
NOT_CALLABLE = re.compile(r"'(\w+)' object is not callable")
PRODUCT = re.compile(
    r"(?:cannot be multiplied \(\d+x|reduction dim, but got \[\d+, )(\d+)(?: and |\] X \[)(\d+)"
)
CALL = re.compile(r"[\w.<>]+\(\) (missing|takes|got an unexpected|got some positional)")
MAPS = re.compile(r"running_mean should contain (\d+) elements not (\d+)")


def is_of_the_answer(error: BaseException) -> bool:
    """Tell whether an error came out of the answer's own code, and not from what the check did with
    its results.
    """
    frames = [frame for frame, _ in _frames(error)]
    called = any(frame.f_code.co_filename.endswith(MODULE_CALL) for frame in frames)
    return called or any(not _is_library(frame) and not _is_check(frame) for frame in frames)


def is_of_the_call(error: BaseException) -> bool:
    """Tell whether an answer could not even be called: it takes other arguments than it was
    given.
    """
    return (
        isinstance(error, TypeError) and CALL.match(_quoted(error).partition(": ")[2]) is not None
    )


def line_of(error: BaseException) -> str:
    """Return the line of the student's code in which an error arose; "" where there is no text of
    it.
    """
    own = [(frame, line) for frame, line in _frames(error) if _is_students(frame)]
    if not own:
        return ""
    frame, line = own[-1]
    text = linecache.getline(frame.f_code.co_filename, line, frame.f_globals).strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def explained(error: BaseException) -> str:
    """Return an error's name and message, the student's line, and what is known about its cause, as
    sentences.
    """
    line = line_of(error)
    where = f", in the line `{line}`" if line else ""
    said = [f"{_quoted(error)}{where}."]
    with contextlib.suppress(Exception):  # an error may be of a class of the student's own
        said += list(_causes(error))
    return " ".join(said)


def _frames(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame, step.tb_lineno
        step = step.tb_next


def _is_within(frame: FrameType, folder: str) -> bool:
    return frame.f_code.co_filename.startswith(folder)


def _is_check(frame: FrameType) -> bool:
    return any(_is_within(frame, folder) for folder in CHECKS)


def _is_library(frame: FrameType) -> bool:
    return any(
        _is_within(frame, folder) for folder in LIBRARIES
    ) or frame.f_code.co_filename.startswith("<frozen")


def _is_students(frame: FrameType) -> bool:
    return not _is_library(frame) and not _is_within(frame, CODE)


def _quoted(error: BaseException) -> str:
    """Return an error's name and the beginning of its message, even if the message cannot be
    made.
    """
    try:
        message = " ".join(str(error).split())
    except (KeyboardInterrupt, TimeUp):
        raise
    except BaseException:
        message = ""
    return f"{type(error).__name__}: {message[:LONGEST]}".rstrip(": .")


def _causes(error: BaseException) -> Iterator[str]:
    """Yield what the error itself tells about its cause, in words for a beginner."""
    message = _quoted(error)
    if isinstance(error, NameError) and isinstance(error.name, str):
        yield from _about_name(error)
    if isinstance(error, AttributeError) and isinstance(error.name, str):
        near = difflib.get_close_matches(error.name, _attributes(error.obj), n=1, cutoff=0.8)
        yield from (f"Did you mean `{name}`?" for name in near)
    if found := NOT_CALLABLE.search(message):
        yield (
            f"What stands before the brackets is a value of type {found[1]}, which cannot be"
            " called."
        )
    if found := PRODUCT.search(message):
        yield (
            f"A row of the left factor has {int(found[1]):,} values, and the right one takes"
            f" {int(found[2]):,}."
        )
    if found := MAPS.search(message):
        yield f"{found[1]} channels reach this batch norm, and it was built for {found[2]}."


def _about_name(error: NameError) -> Iterator[str]:
    frames = [frame for frame, _ in _frames(error) if _is_students(frame)]
    if not frames:
        return
    functions = [frame for frame in frames if frame.f_code.co_name not in COMPREHENSIONS]
    given = [
        name
        for frame in functions[-1:]
        for name in inspect.getargs(frame.f_code).args
        if name != "self"
    ]
    own = {name for frame in frames[-2:] for name in frame.f_locals if name.isidentifier()}
    names = {*own, *frames[-1].f_globals, *dir(builtins)} - RARE
    begun = [name for name in given if len(error.name) > 2 and name.startswith(error.name)]
    near = begun or difflib.get_close_matches(error.name, names, n=1, cutoff=0.8)
    if near:
        yield f"Did you mean `{near[0]}`?"
    elif given:
        yield f"The function around this line is given {_listed(given)}."


def _listed(names: list[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _attributes(thing: object) -> list[str]:
    try:
        return [name for name in dir(thing) if not name.startswith("_")]
    except Exception:
        return []
