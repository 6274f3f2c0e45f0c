"""Checks on networks that students design: whatever keeps to the specification is right."""

from lessons.checks.designs.exercises import EXERCISES

__all__ = ["EXERCISES"]
