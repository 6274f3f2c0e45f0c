"""Checks on convolutions, layers and the networks made of them."""

from lessons.checks.architecture.exercises import EXERCISES

__all__ = ["EXERCISES"]
