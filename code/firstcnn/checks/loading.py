"""Checks on data opened, looked at, prepared and handed out."""

from firstcnn.checks.verdict import Exercise

EXERCISES: tuple[Exercise, ...] = ()
