"""Exercises that ask for an explanation in words, with the criteria of a good one and three answers
of students, which the book has marked.

Each stands once, in a chapter::

    ::::{explain} One kernel for all positions
    :label: ex-one-kernel
    :words: 80

    Explain to a twelve-year-old why …

    +++

    1. The text says that …
    2. It says …
    3. It does not say …

    :::{sample} 1, 3
    What a student wrote.

    +++

    Why the book ticks these criteria and not the others.
    :::
    ::::

Three samples stand below the criteria, each with the criteria that are true of it, or ``none``.
``:enough: 3`` says how many make a good answer; without that line it has to meet them all.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it.token import Token

from bookkit.book.myst import Directive, directive_of, is_closed, tokens, walk
from bookkit.system.errors import BookError

NAME, SAMPLE, SEPARATOR = "explain", "sample", "+++"
OPTIONS = {"label", "words", "enough", "number"}
SAMPLES = 3
CRITERIA = range(3, 6)
WORDS = range(60, 201)
NONE = "none"
LIST = {"ordered_list_open", "ordered_list_close"}


@dataclass(frozen=True)
class Sample:
    """An answer of a student, as the book marks it.

    Attributes
    ----------
    text : str
        What the student wrote, in MyST.
    met : tuple of int
        The criteria that are true of it, counted from 1.
    reason : str
        Why, in MyST.
    line : int
    """

    text: str
    met: tuple[int, ...]
    reason: str
    line: int


@dataclass(frozen=True)
class Task:
    """What an exercise in words asks, and how answers are marked.

    Attributes
    ----------
    question : str
        In MyST.
    words : int
        How many an answer may have.
    criteria : tuple of str
        Sentences that are true of an answer or not; none where only the question is known.
    samples : tuple of Sample
        In an order that does not tell how good they are.
    enough : int
        How many criteria a good answer meets.
    """

    question: str
    words: int
    criteria: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    enough: int = 0


@dataclass(frozen=True)
class Explanation:
    """An exercise of a chapter that is answered in words, and has no check.

    Attributes
    ----------
    id, label, number, title : str
        As an `bookkit.exercises.forms.Exercise` has them.
    task : Task
    file : Path
        The chapter.
    line : int
        Where it begins in the file.
    cell : int
        Index of the cell with its text.
    lines : range
        The lines of this cell that it takes, counted from 0.
    """

    id: str
    label: str
    number: str
    title: str
    task: Task
    file: Path
    line: int
    cell: int
    lines: range
    kind: str = NAME
    blanks: int = 0

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"


class TaskError(BookError):
    """An exercise in words is written wrongly.

    Parameters
    ----------
    line : int
        Of what is wrong.
    reason : str
        What it is, and what to do.
    """

    def __init__(self, line: int, reason: str):
        super().__init__(f"line {line}: {reason}")
        self.line, self.reason = line, reason


def blocks_of(text: str, line: int = 1) -> list[tuple[Directive, range]]:
    """Return the exercises in words of a text that begins at a line, each with its lines in the
    text, counted from 0.

    Raises
    ------
    TaskError
        If one has no end, or stands inside something else.
    """
    if f"{{{NAME}}}" not in text:
        return []
    lines, found = text.splitlines(), []
    for token in tokens(text):
        directive = directive_of(token, line)
        if directive and directive.name == NAME and token.level == 0:
            if not is_closed(token, lines):
                raise TaskError(directive.line, f"this exercise has no end: write {token.markup}.")
            found.append((directive, range(*token.map)))
    own = {directive.line for directive, _ in found}
    for token, at in walk(text, line):
        inner = directive_of(token)
        if inner and inner.name == NAME and at not in own:
            raise TaskError(
                at,
                "an exercise in words stands inside something else: move it to the left margin,"
                " outside of any directive or list.",
            )
    return found


def task_of(directive: Directive) -> Task:
    """Return what an exercise in words asks and how it is marked.

    Raises
    ------
    TaskError
        With the line of what is wrong.
    """
    for name in directive.options:
        if name not in OPTIONS:
            raise TaskError(
                directive.line, f":{name}: means nothing here: use label, words and enough."
            )
    question, answers = _halves(directive)
    words = _words(directive)
    if answers is None:
        return Task(question, words)
    criteria, samples = _criteria(answers), tuple(_samples(answers))
    enough = _enough(directive, len(criteria))
    _check(directive.line, samples, words, len(criteria), enough)
    return Task(question, words, criteria, _mixed(samples), enough)


def complete(directive: Directive) -> Task:
    """Return the same of an exercise of a chapter, which has to have criteria and samples."""
    if "number" in directive.options:
        raise TaskError(directive.line, ":number: comes by itself: take it out.")
    task = task_of(directive)
    if not task.criteria:
        raise TaskError(
            directive.line,
            f"this exercise has no criteria: write a line {SEPARATOR} below the question, then the"
            f" criteria and {SAMPLES} samples.",
        )
    return task


def in_edition(text: str, exercises: Sequence[Explanation], solutions: bool) -> str:
    """Return the text of a cell in which its exercises in words have their numbers; without
    solutions nothing is left of their criteria and samples.
    """
    lines = text.splitlines()
    for each in reversed(exercises):  # from the end: the lines above stay where they are
        own = lines[each.lines.start : each.lines.stop]
        inner = own[1:-1]
        if not solutions:
            inner = [*own[1 : _cut(own)], ""]
        lines[each.lines.start : each.lines.stop] = [
            own[0],
            f":number: {each.number}",
            *inner,
            own[-1],
        ]
    return "\n".join(lines)


def _cut(lines: Sequence[str]) -> int:
    """Return where the answers of an exercise begin."""
    return next(k for k, line in enumerate(lines) if line.strip() == SEPARATOR)


def _halves(directive: Directive) -> tuple[str, Directive | None]:
    """Return the question, and what stands below the line that ends it; None if there is none."""
    lines = directive.body.splitlines()
    cut = next((k for k, line in enumerate(lines) if line.strip() == SEPARATOR), None)
    question = "\n".join(lines[:cut]).strip()
    if not question:
        raise TaskError(directive.line, "this exercise asks nothing: write its question.")
    if cut is None:
        return question, None
    below = "\n".join(lines[cut + 1 :])
    first = directive.body_line + cut
    return question, Directive(NAME, "", {}, below, first, first + 1)


def _words(directive: Directive) -> int:
    given = directive.options.get("words", "")
    if not given.isdecimal() or int(given) not in WORDS:
        raise TaskError(
            directive.line,
            f"say how many words an answer may have, from {WORDS[0]} to {WORDS[-1]}, such as"
            " :words: 80.",
        )
    return int(given)


def _enough(directive: Directive, criteria: int) -> int:
    given = directive.options.get("enough", str(criteria))
    if not given.isdecimal() or not 1 <= int(given) <= criteria:
        raise TaskError(
            directive.line,
            f":enough: says how many criteria a good answer meets: a number from 1 to {criteria}.",
        )
    return int(given)


def _criteria(answers: Directive) -> tuple[str, ...]:
    """Return the entries of the one numbered list, above the samples."""
    lines, found, first = answers.body.splitlines(), [], 0
    for token in tokens(answers.body):
        first = token.map[0] if token.type == "ordered_list_open" else first
        if token.level == 0 and not _is_expected(token):
            raise TaskError(
                answers.body_line + (token.map or [0])[0],
                "here stand the criteria, as one numbered list, and below them the samples, and"
                " nothing else.",
            )
        if token.type == "list_item_open" and token.level == 1:
            item = " ".join(lines[slice(*token.map)])
            found.append(re.sub(r"^\s*\d+[.)]\s+", "", " ".join(item.split())))
    if len(found) not in CRITERIA:
        raise TaskError(
            answers.body_line + first,
            f"{len(found)} criteria: write {CRITERIA[0]} to {CRITERIA[-1]}, as a numbered list.",
        )
    return tuple(found)


def _is_expected(token: Token) -> bool:
    directive = directive_of(token)
    return token.type in LIST or bool(directive and directive.name == SAMPLE)


def _samples(answers: Directive) -> Iterator[Sample]:
    lines = answers.body.splitlines()
    for token in tokens(answers.body):
        directive = directive_of(token, answers.body_line)
        if token.level or not directive:
            continue
        if not is_closed(token, lines):
            raise TaskError(directive.line, f"this sample has no end: write {token.markup}.")
        text, cut, reason = f"\n{directive.body}\n".partition(f"\n{SEPARATOR}\n")
        if not (text.strip() and cut and reason.strip()):
            raise TaskError(
                directive.line,
                f"a sample is a student’s text, a line {SEPARATOR}, and the reason for its marks.",
            )
        yield Sample(text.strip(), _met(directive), reason.strip(), directive.line)


def _met(directive: Directive) -> tuple[int, ...]:
    given = directive.argument
    if given == NONE:
        return ()
    if not re.fullmatch(r"\d+(, *\d+)*", given):
        raise TaskError(
            directive.line,
            f"write behind {{{SAMPLE}}} the criteria that are true of this text, such as 1, 3, or"
            f" {NONE}.",
        )
    return tuple(sorted({int(number) for number in given.split(",")}))


def _check(line: int, samples: Sequence[Sample], words: int, criteria: int, enough: int) -> None:
    """Refuse samples that are too many, too few or too long, or that do not differ."""
    if len(samples) != SAMPLES:
        raise TaskError(line, f"{len(samples)} samples: this exercise needs {SAMPLES}.")
    for each in samples:
        if not set(each.met) <= set(range(1, criteria + 1)):
            raise TaskError(each.line, f"this exercise has the criteria 1 to {criteria} only.")
        if (long := len(each.text.split())) > words:
            raise TaskError(each.line, f"this sample has {long} words; {words} are allowed.")
    counts = [len(each.met) for each in samples]
    if len(set(counts)) < SAMPLES:
        raise TaskError(line, "two samples meet equally many criteria: let all three differ.")
    if max(counts) < enough:
        raise TaskError(line, f"no sample is good: let one of them meet {enough} criteria.")


def _mixed(samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
    """Return samples in an order that does not tell how good they are, and is always the same."""
    return tuple(sorted(samples, key=lambda each: hashlib.sha256(each.text.encode()).digest()))


def marks_of(sample: Sample, task: Task) -> str:
    """Return which criteria the book ticks of a sample, in words."""
    all_of_them = len(task.criteria)
    if len(sample.met) in (0, all_of_them):
        return f"The book ticks {'all' if sample.met else 'none of the'} {all_of_them} criteria."
    *most, last = map(str, sample.met)
    ticked = f"{', '.join(most)} and {last}" if most else f"number {last}"
    return f"The book ticks {len(sample.met)} of {all_of_them} criteria: {ticked}."


def how_many(task: Task) -> str:
    """Return how many criteria a good answer meets, in words."""
    some = f"at least {task.enough}" if task.enough < len(task.criteria) else f"all {task.enough}"
    return f"Each sentence is true of an answer or not. A good answer meets {some}."
