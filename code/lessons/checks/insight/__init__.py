"""Checks on why and when: activations, feature maps, and where a convolution fits."""

from lessons.checks.insight.exercises import EXERCISES

__all__ = ["EXERCISES"]
