"""Checks that answer: right, or the misconception behind this very answer and what to look at."""

from pathlib import Path

from bookkit.exercises import errors
from bookkit.exercises.verdict import Exercise, Verdict, Wrong, checker

from lessons.checks import (
    architecture,
    comparison,
    counting,
    designs,
    insight,
    investigation,
    learning,
    loading,
    ordering,
    predictions,
    questions,
    sliding,
    ward,
)

__all__ = ["EXERCISES", "Exercise", "Verdict", "Wrong", "check"]

TOPICS = (
    *(counting, sliding, loading, architecture, learning, comparison, investigation),
    *(ordering, predictions, designs, insight, questions, ward),
)
EXERCISES: dict[str, Exercise] = {
    exercise.id: exercise for topic in TOPICS for exercise in topic.EXERCISES
}

errors.CHECKS.add(str(Path(__file__).parent))
check = checker(EXERCISES)
