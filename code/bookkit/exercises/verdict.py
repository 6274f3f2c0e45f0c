"""What an exercise asks, and what its check says to an answer.

A check knows the right answer by what it does, not by how it is written. It says only what it saw:
first the error with which an answer stops; else the one named mistake that the evidence fits; else
what was observed. It says what to look at and never what to write.
"""

import contextlib
import difflib
import html
import io
import random
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bookkit.exercises.errors import explained, is_of_the_answer, is_of_the_call
from bookkit.exercises.time_limit import TimeUp, time_limit

MIME = "application/vnd.exercise-verdict+json"
WORDS = {"right": "Right", "wrong": "Not yet", "open": "Still open"}
SECONDS = 2  # for everything that a check does with one answer, unless it says more
IN_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
SHARE = 0.95  # of that time for the answer; the rest is for the verdict
MOST_PRINTED = 2_000  # characters of what an answer prints that are shown
HALF_DELETED = re.compile(r"_{3,}\w+|\w+?_{3,}")
IN_A_CLASS = re.compile(r"_\w*[^\W_](_{3,}\w+)")  # Python puts the name of the class before it


class Unreadable(ValueError):
    """An answer is not of the kind that was asked for; the message says of what kind it is."""


class StillOpen(Exception):
    """A blank inside the answer has not been filled."""


def _never(seen: Any) -> bool:
    return False


def _as_it_is(answer: Any) -> Any:
    return answer


def _nothing(seen: Any) -> str:
    return ""


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
        What the student is told: what this answer shows, and what to look at. It holds no solution,
        and it is true of every answer that the evidence fits.
    shows : function
        Evidence from an answer that runs: from what the exercise's `look` saw, to whether it is
        this mistake and no other, best by comparing with everything that this mistake alone would
        do.
    stops : function
        Evidence from an answer that stops: from the exception, to whether this mistake led to it.
        Such a hint follows the error itself.
    see : str
        The label of the box or section of the book that treats this mistake, if there is one.
    """

    name: str
    typed: tuple[str | None, ...]
    hint: str
    shows: Callable[[Any], bool] = _never
    stops: Callable[[BaseException], bool] = _never
    see: str = ""


@dataclass(frozen=True)
class Exercise:
    """What is asked, what is right, and which wrong answers mean what.

    Attributes
    ----------
    id : str
        The name by which `check` is called.
    read : function
        From the answer as it was given to the form in which it is judged, as the checks of a book
        do it. It may raise `Unreadable`.
    right : function
        From the answer, as read, to whether it is right: True and nothing else. What the answer's
        own code raises becomes the verdict; `Unreadable` says what its results are not.
    praise : str
        Said of a right answer, with something to take along. True of every right answer.
    wrong : tuple of Wrong
        At least three; the first that fits gives its hint.
    otherwise : str
        Where to look, said to every other answer after what was observed. It supposes nothing about
        the answer.
    look : function
        From the answer, as read, to what can be seen of it, for `shows` and `observed`; called
        once. Else these two get the answer itself.
    observed : function
        From what was seen to a sentence or two that state it: what came, and where it first differs
        from what was asked for. "" if there is nothing to tell.
    seconds : int
        For everything that the check does with one answer; more than two where it trains.
    """

    id: str
    read: Callable[[Any], Any]
    right: Callable[[Any], bool]
    praise: str
    wrong: tuple[Wrong, ...]
    otherwise: str
    look: Callable[[Any], Any] = _as_it_is
    observed: Callable[[Any], str] = _nothing
    seconds: int = SECONDS


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
    printed : str
        What the answer printed while it was tried, cut to a length that can be read.
    mistake : Wrong or None
        The wrong answer whose hint is in the text. Its name is for the reader's own record.
    """

    exercise: str
    kind: str
    text: str
    printed: str = field(default="", compare=False, repr=False)
    mistake: Wrong | None = field(default=None, compare=False, repr=False)

    def __bool__(self) -> bool:
        return self.kind == "right"

    def __repr__(self) -> str:
        return f"{WORDS[self.kind]}: {self.text}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        words = f"<strong>{WORDS[self.kind]}.</strong> {html.escape(self.text)}"
        names = f'data-exercise="{self.exercise}" data-verdict="{self.kind}"'
        about = {"exercise": self.exercise, "verdict": self.kind, "text": self.text}
        if self.mistake:
            about |= {"mistake": self.mistake.name, "see": self.mistake.see}
        return {
            "text/plain": repr(self),
            "text/html": (
                f'<div class="verdict verdict-{self.kind}" role="status" {names}>{words}</div>'
            ),
            MIME: about,
        }

    def _ipython_display_(self) -> None:
        """Show it once in each cell, wherever in the cell the check stands."""
        from IPython import get_ipython
        from IPython.display import publish_display_data

        hook = getattr(get_ipython(), "displayhook", None)
        cell = getattr(hook, "exec_result", None)
        if cell is None or cell is not self.__dict__.get("_shown_in"):
            self.__dict__["_shown_in"] = cell
            publish_display_data(self._repr_mimebundle_())

    def show(self) -> None:
        """Print what the answer printed, and show the verdict if a notebook is there to show it."""
        if self.printed:
            print(self.printed)
        if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
            self._ipython_display_()


Opinion = tuple[str, str, Wrong | None]  # the kind of a verdict, its text, the mistake


def judge(exercise: Exercise, answer: Any) -> Verdict:
    """Return the verdict on an answer, whatever it is: nothing that it does or raises comes out of
    here.

    Random numbers, gradients and warnings are after the call as they were before. An answer whose
    code does not end is stopped.
    """
    printed = _Printed()
    with _undisturbed(printed):
        try:
            kind, text, mistake = _opinion(exercise, answer)
        except StillOpen as blank:
            kind, text, mistake = "open", str(blank), None
    return Verdict(exercise.id, kind, text, printed.shown(), mistake)


def _opinion(exercise: Exercise, answer: Any) -> Opinion:
    found: list[Opinion] = []
    try:
        with time_limit(SHARE * exercise.seconds):
            for opinion in _opinions(exercise, answer):
                found.append(opinion)
    except TimeUp as end:
        time = f"{IN_WORDS[exercise.seconds]} seconds"
        late = f"Your answer did not end within {time}, so it was stopped{end.place()}."
        return found[-1] if found else ("wrong", late, None)
    return found[-1]


def _opinions(exercise: Exercise, answer: Any) -> Iterator[Opinion]:
    """Yield what can be said of an answer, the best last: the time may run out in between."""
    unread = ""
    try:
        read = _safely(exercise.read, answer)
    except Unreadable as error:
        yield "wrong", str(error), None
        return
    except _Stopped as stop:
        yield "wrong", *_about(exercise, stop.error)
        return
    try:
        if _is_true(_safely(exercise.right, read)):
            yield "right", exercise.praise, None
            return
    except Unreadable as error:
        unread = str(error)
    except _Stopped as stop:
        if is_of_the_answer(stop.error) or is_of_the_call(stop.error):
            yield "wrong", *_about(exercise, stop.error)
            return
    yield "wrong", unread or exercise.otherwise, None
    with contextlib.redirect_stdout(_Printed()):
        yield "wrong", *_hint(exercise, read, unread)


def _hint(exercise: Exercise, read: Any, unread: str) -> tuple[str, Wrong | None]:
    """Return the hint of the first mistake that the evidence fits, and that mistake; else what was
    observed and where to look.
    """
    try:
        seen = _safely(exercise.look, read)
    except Unreadable:
        return unread or exercise.otherwise, None
    except _Stopped as stop:
        return (unread, None) if unread else _about(exercise, stop.error)
    mistake = next((wrong for wrong in exercise.wrong if _fits(wrong.shows, seen)), None)
    if mistake:
        return mistake.hint, mistake
    return unread or f"{_observed(exercise, seen)} {exercise.otherwise}".strip(), None


def _fits(evidence: Callable[[Any], Any], seen: Any) -> bool:
    try:
        return _is_true(_safely(evidence, seen))
    except (Unreadable, _Stopped):
        return False


def _observed(exercise: Exercise, seen: Any) -> str:
    try:
        return _safely(exercise.observed, seen)
    except (Unreadable, _Stopped):
        return ""


def _about(exercise: Exercise, error: BaseException) -> tuple[str, Wrong | None]:
    """Return the error with which an answer stops, and behind it the hint of the mistake that fits
    that error, if there is one; and that mistake.
    """
    if is_of_the_call(error) and not is_of_the_answer(error):
        return f"Your answer cannot be called as this exercise calls it: {explained(error)}", None
    if not is_of_the_answer(error):
        return exercise.otherwise, None
    mistake = next((wrong for wrong in exercise.wrong if _fits(wrong.stops, error)), None)
    hint = mistake.hint if mistake else ""
    return f"Your answer stops with {explained(error)} {hint}".strip(), mistake


def _is_true(value: Any) -> bool:
    """Tell whether a value is true itself: what an answer's own comparison returned may be
    anything.
    """
    numpy = sys.modules.get("numpy")
    return value is True or (numpy is not None and type(value) is numpy.bool_ and bool(value))


class _Stopped(Exception):
    """The answer raised something."""

    def __init__(self, error: BaseException):
        super().__init__()
        self.error = error


def _safely(function: Callable[[Any], Any], answer: Any) -> Any:
    """Call a function on an answer; turn whatever is raised into `StillOpen`, `Unreadable` or
    `_Stopped`.
    """
    try:
        return function(answer)
    except (Unreadable, KeyboardInterrupt, TimeUp):
        raise
    except BaseException as error:
        blank = _open_blank(error)
        if blank:
            raise StillOpen(blank) from None
        raise _Stopped(error) from None


def _open_blank(error: BaseException) -> str:
    """Return what an error, or one that led to it, says about an open blank; "" if it is about
    something else.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        with contextlib.suppress(Exception):
            if isinstance(getattr(error, "open_blank", None), str):
                return error.open_blank
            if isinstance(error, NameError | AttributeError) and (
                said := _said_of_name(error.name or "")
            ):
                return said
        error = error.__cause__ or error.__context__
    return ""


def _said_of_name(name: str) -> str:
    if found := IN_A_CLASS.fullmatch(name):
        name = found[1]
    if name and set(name) == {"_"}:
        return "a blank inside your code has not been filled."
    if HALF_DELETED.fullmatch(name):
        return (
            f"a blank inside your code is half deleted: {name} still has underscores of it. Take"
            " them out."
        )
    return ""


class _Printed(io.TextIOBase):
    """Keeps the beginning of what is printed, and counts the rest."""

    def __init__(self) -> None:
        self.text, self.left_out = "", 0

    def write(self, text: str) -> int:
        """Keep as much of a text as there is room for."""
        room = MOST_PRINTED - len(self.text)
        self.text += text[:room]
        self.left_out += max(len(text) - room, 0)
        return len(text)

    def shown(self) -> str:
        """Return what was printed, and how much of it is left out."""
        rest = f"\n(and {self.left_out:,} more characters)" if self.left_out else ""
        text = self.text.rstrip("\n") + rest
        return f"Printed by your answer while the check tried it:\n{text}" if text.strip() else ""


@contextlib.contextmanager
def _undisturbed(printed: io.TextIOBase) -> Iterator[None]:
    """Keep what an answer does when it is tried from what comes after it: random numbers,
    gradients, warnings, text.
    """
    python = random.getstate()
    with (
        _numpy_undisturbed(),
        _torch_undisturbed(),
        warnings.catch_warnings(),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(_Printed()),
    ):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            random.setstate(python)


@contextlib.contextmanager
def _numpy_undisturbed() -> Iterator[None]:
    numpy = sys.modules.get("numpy")
    if numpy is None:
        yield
        return
    state = numpy.random.get_state()
    with numpy.errstate(all="ignore"):
        try:
            yield
        finally:
            numpy.random.set_state(state)


@contextlib.contextmanager
def _torch_undisturbed() -> Iterator[None]:
    """One thread is enough for the small arrays of a check, and does not wait for others on a busy
    machine.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.set_default_dtype(dtype)


def checker(exercises: Mapping[str, Exercise]) -> Callable[[str, Any], Verdict]:
    """Return the function ``check`` of a book, which looks exercises up by their ids and shows its
    verdicts.

    Parameters
    ----------
    exercises : mapping of str to Exercise

    Returns
    -------
    function
        From an exercise's id and an answer to the verdict.
    """

    def check(exercise: str, answer: Any) -> Verdict:
        """Say whether an answer to an exercise is right and, if not, what it shows and what to look
        at.

        Parameters
        ----------
        exercise : str
            The id of the exercise, as it stands in the exercise's own cell.
        answer : any
            Whatever was answered; a right answer may be of any type that stands for it.

        Returns
        -------
        Verdict
            Is true if the answer is right. A notebook shows it at once, wherever in a cell the
            check stands.

        Raises
        ------
        LookupError
            If there is no exercise of that name.
        """
        if not isinstance(exercise, str) or exercise not in exercises:
            near = difflib.get_close_matches(str(exercise), exercises, n=1)
            instead = (
                f": did you mean {near[0]!r}?"
                if near
                else ". The name stands in the exercise's own cell."
            )
            raise LookupError(f"There is no exercise {exercise!r}{instead}")
        verdict = judge(exercises[exercise], answer)
        verdict.show()
        return verdict

    return check
