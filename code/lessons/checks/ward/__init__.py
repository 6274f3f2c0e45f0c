"""Checks on the bug ward: which observation tells illnesses apart, and whether a cure cures."""

from lessons.checks.ward.exercises import EXERCISES

__all__ = ["EXERCISES"]
