"""Checks that answer: right, or the misconception behind this very answer and what to look at."""

from pathlib import Path

from bookkit.exercises import errors
from bookkit.exercises.verdict import Exercise, Verdict, Wrong, checker

from lessons.checks import (
    architecture,
    comparison,
    counting,
    investigation,
    learning,
    loading,
    sliding,
)

__all__ = ["EXERCISES", "Exercise", "Verdict", "Wrong", "check"]

TOPICS = (counting, sliding, loading, architecture, learning, comparison, investigation)
EXERCISES: dict[str, Exercise] = {
    exercise.id: exercise for topic in TOPICS for exercise in topic.EXERCISES
}

errors.CHECKS.add(str(Path(__file__).parent))
check = checker(EXERCISES)
