"""Checks on convolutions, layers and the networks made of them."""

from firstcnn.checks.verdict import Exercise

EXERCISES: tuple[Exercise, ...] = ()
