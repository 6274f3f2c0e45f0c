"""Checks on intervals and comparisons of networks."""

from lessons.checks.comparison.exercises import EXERCISES

__all__ = ["EXERCISES"]
