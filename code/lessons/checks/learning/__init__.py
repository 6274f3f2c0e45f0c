"""Checks on loss, gradient steps, training and evaluation."""

from lessons.checks.learning.exercises import EXERCISES

__all__ = ["EXERCISES"]
