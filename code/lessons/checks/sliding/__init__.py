"""Checks on convolution written with loops, and on nine weights that learn."""

from lessons.checks.sliding.exercises import EXERCISES

__all__ = ["EXERCISES"]
