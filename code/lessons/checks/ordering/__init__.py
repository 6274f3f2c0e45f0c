"""Checks on lines that were put in order."""

from lessons.checks.ordering.exercises import EXERCISES

__all__ = ["EXERCISES"]
