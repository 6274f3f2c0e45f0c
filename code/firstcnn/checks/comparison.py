"""Checks on intervals and comparisons of networks."""

from firstcnn.checks.verdict import Exercise

EXERCISES: tuple[Exercise, ...] = ()
