"""Sentences that stand on results."""
