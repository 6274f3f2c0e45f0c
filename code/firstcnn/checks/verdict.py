"""What an exercise asks, and what its check says to an answer.

A check knows the right answer by what it does, not by how it is written, and it knows the wrong answers that
students really give, each with the misconception behind it. It says what to look at and never what to write.
"""

import contextlib
import html
import io
import random
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

MIME = "application/vnd.exercise-verdict+json"
WORDS = {"right": "Right", "wrong": "Not yet", "open": "Still open"}
LONGEST = 300  # characters of an error that are quoted


class Unreadable(ValueError):
    """An answer is not of the kind that was asked for; the message says of what kind it is."""


class StillOpen(Exception):
    """A blank inside the answer has not been filled."""


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that students give.

    Attributes
    ----------
    name : str
        The misconception or slip in a few words, such as "the biases are forgotten".
    typed : tuple of str or None
        What is typed into the blanks of the exercise, in order; None where the right text stands.
    hint : str
        What the student is told: what this answer shows, and what to look at. It holds no solution.
    shows : function
        From the answer, as the exercise reads it, to whether it is this one.
    """

    name: str
    typed: tuple[str | None, ...]
    hint: str
    shows: Callable[[Any], bool]


@dataclass(frozen=True)
class Exercise:
    """What is asked, what is right, and which wrong answers mean what.

    Attributes
    ----------
    id : str
        The name by which `check` is called.
    read : function
        From the answer as it was given to the form in which it is judged, as in `firstcnn.checks.answers`. It may
        raise `Unreadable`.
    right : function
        From the answer, as read, to whether it is right. May raise anything, which counts as not right.
    praise : str
        Said of a right answer, with something to take along.
    wrong : tuple of Wrong
        At least three; the first that fits gives its hint.
    otherwise : str
        The hint for every other answer.
    """

    id: str
    read: Callable[[Any], Any]
    right: Callable[[Any], bool]
    praise: str
    wrong: tuple[Wrong, ...]
    otherwise: str


@dataclass(frozen=True)
class Verdict:
    """What a check says; true if the answer is right.

    Attributes
    ----------
    exercise : str
        The exercise's id.
    kind : str
        "right", "wrong", or "open" if a blank has not been filled.
    text : str
        What the student is told.
    """

    exercise: str
    kind: str
    text: str

    def __bool__(self) -> bool:
        return self.kind == "right"

    def __repr__(self) -> str:
        return f"{WORDS[self.kind]}: {self.text}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        words = f"<strong>{WORDS[self.kind]}.</strong> {html.escape(self.text)}"
        names = f'data-exercise="{self.exercise}" data-verdict="{self.kind}"'
        return {
            "text/plain": repr(self),
            "text/html": f'<div class="verdict verdict-{self.kind}" role="status" {names}>{words}</div>',
            MIME: {"exercise": self.exercise, "verdict": self.kind, "text": self.text},
        }


def judge(exercise: Exercise, answer: Any) -> Verdict:
    """Return the verdict on an answer, whatever it is: nothing that it does or raises comes out of here.

    Random numbers, gradients and warnings are after the call as they were before; what the answer prints is not
    shown.
    """
    with _undisturbed():
        try:
            kind, text = _opinion(exercise, answer)
        except StillOpen as blank:
            kind, text = "open", str(blank)
    return Verdict(exercise.id, kind, text)


def _opinion(exercise: Exercise, answer: Any) -> tuple[str, str]:
    try:
        read = _safely(exercise.read, answer)
    except Unreadable as error:
        return "wrong", str(error)
    except _Stopped as error:
        return "wrong", f"{exercise.otherwise} (It stops with {error}.)"
    stopped = ""
    try:
        if bool(_safely(exercise.right, read)):
            return "right", exercise.praise
    except (Unreadable, _Stopped) as error:
        stopped = f" (It stops with {error}.)" if isinstance(error, _Stopped) else f" {error}"
    fitting = (wrong.hint for wrong in exercise.wrong if _fits(wrong, read))
    return "wrong", next(fitting, exercise.otherwise + stopped)


def _fits(wrong: Wrong, read: Any) -> bool:
    try:
        return bool(_safely(wrong.shows, read))
    except (Unreadable, _Stopped):
        return False


class _Stopped(Exception):
    """The answer raised something; the message quotes it."""


def _safely(function: Callable[[Any], Any], answer: Any) -> Any:
    """Call a function on an answer; turn whatever is raised into `StillOpen`, `Unreadable` or `_Stopped`."""
    try:
        return function(answer)
    except (Unreadable, KeyboardInterrupt):
        raise
    except BaseException as error:
        blank = _open_blank(error)
        if blank:
            raise StillOpen(blank) from None
        raise _Stopped(_quoted(error)) from None


def _open_blank(error: BaseException) -> str:
    """Return what an error, or one that led to it, says about an open blank; "" if it is about something else."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        with contextlib.suppress(Exception):
            if isinstance(getattr(error, "open_blank", None), str):
                return error.open_blank
            if isinstance(error, NameError) and error.name and set(error.name) == {"_"}:
                return "a blank inside your code has not been filled."
        error = error.__cause__ or error.__context__
    return ""


def _quoted(error: BaseException) -> str:
    """Return an error's name and the beginning of its message, even if the message cannot be made."""
    try:
        message = " ".join(str(error).split())
    except Exception:
        message = ""
    name = type(error).__name__
    return f"{name}: {message[:LONGEST]}".rstrip(": .")


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep what an answer does when it is tried from what comes after it: random numbers, gradients, warnings, text.

    One thread is enough for the small arrays of a check, and does not wait for others on a busy machine.
    """
    python, numpy, threads = random.getstate(), np.random.get_state(), torch.get_num_threads()
    silent = io.StringIO()
    with (
        torch.random.fork_rng(devices=[]),
        torch.enable_grad(),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        contextlib.redirect_stdout(silent),
        contextlib.redirect_stderr(silent),
    ):
        warnings.simplefilter("ignore")
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            random.setstate(python)
            np.random.set_state(numpy)
