"""Checks on predictions that readers commit to, with how sure they are, on pages below chapters."""

from lessons.checks.predictions.exercises import EXERCISES

__all__ = ["EXERCISES"]
