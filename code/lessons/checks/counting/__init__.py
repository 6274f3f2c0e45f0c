"""Checks on parameters, windows and shapes counted by hand."""

from lessons.checks.counting.exercises import EXERCISES

__all__ = ["EXERCISES"]
