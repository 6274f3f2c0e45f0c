"""Checks that answer: right, or the misconception behind this very answer and what to look at."""

import difflib
from typing import Any

from lessons.checks import architecture, comparison, counting, investigation, learning, loading
from lessons.checks.verdict import Exercise, Verdict, Wrong, judge

__all__ = ["EXERCISES", "Exercise", "Verdict", "Wrong", "check"]

TOPICS = (counting, loading, architecture, learning, comparison, investigation)
EXERCISES: dict[str, Exercise] = {exercise.id: exercise for topic in TOPICS for exercise in topic.EXERCISES}


def check(exercise: str, answer: Any) -> Verdict:
    """Say whether an answer to an exercise is right and, if not, what it shows and what to look at.

    Parameters
    ----------
    exercise : str
        The id of the exercise, as it stands in the exercise's own cell.
    answer : any
        Whatever was answered; a right answer may be of any type that stands for it.

    Returns
    -------
    Verdict
        Is true if the answer is right. A notebook shows it at once, wherever in a cell the check stands.

    Raises
    ------
    LookupError
        If there is no exercise of that name.
    """
    if not isinstance(exercise, str) or exercise not in EXERCISES:
        near = difflib.get_close_matches(str(exercise), EXERCISES, n=1)
        instead = f": did you mean {near[0]!r}?" if near else ". The name stands in the exercise's own cell."
        raise LookupError(f"There is no exercise {exercise!r}{instead}")
    verdict = judge(EXERCISES[exercise], answer)
    verdict.show()
    return verdict
