"""Exercises that offer a choice: one answer is right, each other one a mistake of its own."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from bookkit.exercises.verdict import Exercise, Wrong

from lessons.checks.answers import word
from lessons.checks.observed import not_offered


class Mistake(NamedTuple):
    """What stands behind a wrong choice, and what the student is told."""

    name: str
    hint: str


def choice(
    id: str,
    right: str,
    wrong: Mapping[str, Mistake],
    praise: str,
    otherwise: str,
    also: Collection[str] = (),
) -> Exercise:
    """Return an exercise whose answer is one of a few texts.

    Parameters
    ----------
    id, praise, otherwise : str
        As in `Exercise`.
    right : str
        The right choice.
    wrong : mapping of str to Mistake
        The other choices.
    also : collection of str
        Other words for the right choice.
    """
    offered = (right, *wrong)
    return Exercise(
        id=id,
        read=word,
        right=lambda answer: answer in (right, *also),
        praise=praise,
        wrong=tuple(mistaken(text, mistake) for text, mistake in wrong.items()),
        otherwise=otherwise,
        observed=lambda answer: not_offered([answer], offered),
    )


def mistaken(text: str, mistake: Mistake) -> Wrong:
    """Return the wrong answer that is one text."""
    return Wrong(
        name=mistake.name,
        typed=(f'"{text}"',),
        hint=mistake.hint,
        shows=lambda answer: answer == text,
    )
