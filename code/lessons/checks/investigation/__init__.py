"""Checks on experiments of one's own."""

from lessons.checks.investigation.exercises import EXERCISES

__all__ = ["EXERCISES"]
