"""Checks on the questions that beginners ask most."""

from lessons.checks.questions.exercises import EXERCISES

__all__ = ["EXERCISES"]
