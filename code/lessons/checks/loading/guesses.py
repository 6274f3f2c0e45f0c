"""What a guess that knows nothing scores."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lessons.checks.answers import (
    exact_or_rounded,
    number,
)
from lessons.checks.loading.samples import TWO_SPLITS, Labels, called_with_copies
from lessons.checks.observed import apart


def share_equal(labels: Labels, value: Tensor) -> float:
    """Return the share of labels that have a value."""
    return (labels == value).double().mean().item()


def scores_of(score: Callable[[Labels, Labels], Any]) -> list[float]:
    """Return what a function gives for each split."""
    return [number(called_with_copies(score, learned, judged)) for learned, judged in TWO_SPLITS]


def scores_like(expected: Callable[[Labels, Labels], float]) -> Callable[[list[float]], bool]:
    """Return a test whether scores are those that a function gives, on all splits."""
    return lambda scores: all(
        exact_or_rounded(expected(*split), 4)(score)
        for score, split in zip(scores, TWO_SPLITS, strict=True)
    )


def majority_hits(learned: Labels, judged: Labels) -> float:
    """Return the share of labels that are the commonest one of those to learn from."""
    return share_equal(judged, learned.mode().values)


def _mean_of(labels: Labels) -> float:
    return labels.double().mean().item()


GUESSES: dict[
    str, Callable[[Labels, Labels], float]
] = {  # what scores are, where no named mistake fits
    "0": lambda learned, judged: 0,
    "1": lambda learned, judged: 1,
    "the mean of the training labels": lambda learned, judged: _mean_of(learned),
    "the mean of the validation labels": lambda learned, judged: _mean_of(judged),
    "the guess itself": lambda learned, judged: learned.mode().values.item(),
    "the share of validation labels as large as the guess or larger": (
        lambda learned, judged: (judged >= learned.mode().values).double().mean().item()
    ),
    "the share of validation labels as large as the guess or smaller": (
        lambda learned, judged: (judged <= learned.mode().values).double().mean().item()
    ),
    "the share of larger validation labels": (
        lambda learned, judged: (judged > learned.mode().values).double().mean().item()
    ),
    "the share of smaller validation labels": (
        lambda learned, judged: (judged < learned.mode().values).double().mean().item()
    ),
    "the labels that are hit, divided by the number of training labels": (
        lambda learned, judged: len(judged) * majority_hits(learned, judged) / len(learned)
    ),
    "the share that is hit, divided by the number of labels once more": (
        lambda learned, judged: majority_hits(learned, judged) / len(judged)
    ),
    "the share of training labels that are missed": (
        lambda learned, judged: 1 - share_equal(learned, learned.mode().values)
    ),
    "the share that the commonest of all labels, training and validation, hits": (
        lambda learned, judged: share_equal(judged, torch.cat([learned, judged]).mode().values)
    ),
    "the share of all labels, training and validation, that the guess hits": (
        lambda learned, judged: share_equal(torch.cat([learned, judged]), learned.mode().values)
    ),
    "the score of the smallest training label as a guess": lambda learned, judged: share_equal(
        judged, learned.min()
    ),
    "the score of the last training label as a guess": lambda learned, judged: share_equal(
        judged, learned[-1]
    ),
    "the score of the position of the commonest class as a guess": (
        lambda learned, judged: share_equal(judged, learned.mode().indices)
    ),
    "the score of the mean of the labels, not rounded, as a guess": (
        lambda learned, judged: share_equal(judged, learned.double().mean())
    ),
    "the score of the sum of the labels as a guess": lambda learned, judged: share_equal(
        judged, learned.sum()
    ),
    "the score of a position in the list of classes that occur as a guess": (
        lambda learned, judged: share_equal(judged, learned.unique(return_counts=True)[1].argmax())
    ),
    "the score of one class more than the commonest": lambda learned, judged: share_equal(
        judged, learned.mode().values + 1
    ),
    "the score of one class less than the commonest": lambda learned, judged: share_equal(
        judged, learned.mode().values - 1
    ),
    "the share of training labels that the commonest validation label hits": (
        lambda learned, judged: share_equal(learned, judged.mode().values)
    ),
    **{
        f"the score of a guess that is always {digit}": (
            lambda learned, judged, digit=digit: share_equal(judged, torch.tensor(digit))
        )
        for digit in range(10)
    },
}


def _about_guess(scores: list[float]) -> str:
    """Return what all scores are; "" if that is not known."""
    words = next((words for words, score in GUESSES.items() if scores_like(score)(scores)), "")
    return f" On all labels that were tried it gives {words}." if words else ""


def about_scores(scores: list[float]) -> str:
    """Return the first split for which a score is not right."""
    for score, (learned, judged) in zip(scores, TWO_SPLITS, strict=True):
        right = majority_hits(learned, judged)
        if not exact_or_rounded(right, 4)(score):
            return (
                f"For the training labels {learned.tolist()} and the validation labels"
                f" {judged.tolist()} your function gives {apart(score, right)[0]}, and"
                f" {apart(score, right)[1]} is right.{_about_guess(scores)}"
            )
    return ""
