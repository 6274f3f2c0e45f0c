"""Checks on loss, gradient steps, training and evaluation."""

from firstcnn.checks.verdict import Exercise

EXERCISES: tuple[Exercise, ...] = ()
