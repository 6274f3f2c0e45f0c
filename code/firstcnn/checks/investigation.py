"""Checks on experiments of one's own."""

from firstcnn.checks.verdict import Exercise

EXERCISES: tuple[Exercise, ...] = ()
