"""Checks on data opened, looked at, prepared and handed out."""

from lessons.checks.loading.exercises import EXERCISES

__all__ = ["EXERCISES"]
