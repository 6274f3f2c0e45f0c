"""Numbers and words: what a wrong one is."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from lessons.checks.answers import (
    equals,
)
from lessons.checks.observed import about_array, about_number

HIGHER, UNDECIDED = "higher", "not shown different"
VERDICTS = (HIGHER, "lower", UNDECIDED)


def about_pooled(answer: Tensor) -> str:
    """Return the first value of a row that is not as two poolings leave it."""
    if answer.numel() != 2:
        values = "1 value" if answer.numel() == 1 else f"{answer.numel()} values"
        return f"Your answer has {values}, and two poolings leave 2 of 8."
    return about_array(answer, torch.tensor([9.0, 0.0], dtype=torch.float64))


def about_crossing(answer: int) -> str:
    """Return how many errors the two networks make after so many epochs."""
    if answer < 1:
        return "A training has one epoch at least."
    if answer > 1000:
        return "That is far beyond the first number of epochs after which P makes fewer errors."
    p, q = 400 / answer, 100 * 0.8 ** math.log2(answer)
    return f"After {answer} epochs P makes about {p:.0f} errors, and Q about {q:.0f}."


def second_bin(value: float) -> Callable[[float], bool]:
    """Return a test for the sum with some value in place of what the second bin adds."""
    return equals(6 / 10 * 0.02 + value)


# what has another value in place of what the second bin adds, where no named mistake fits
SECOND_BIN = {
    4 / 10: "0.4 is its share of the answers. How far are confidence and accuracy apart?",
    4 / 10 * 0.75: (
        "0.3 is its share of the answers times the accuracy. Which distance is asked for?"
    ),
    0.7: "0.7 is the confidence alone. How far is it from the accuracy?",
    0.75: "0.75 is the accuracy alone. How far is it from the confidence?",
    6 / 10 * 0.02: "0.012 is what the first bin adds.",
    6 / 10 * 0.23: (
        "0.138 is too large: it comes out with the weight and the confidence of the first bin."
    ),
    4 / 10 * 2.3: "0.92 comes out with the count of right answers in place of their share.",
    1 / 10 * 0.05: "0.005 comes out with a weight of one tenth. How many answers are in this bin?",
    1 / 4 * 0.05: (
        "0.0125 comes out with a weight of one quarter. How many of the ten answers are in this"
        " bin?"
    ),
    4 / 10 * 0.2: "0.08 comes out with an accuracy of one half. How many of the four were right?",
    4 / 10 * 0.7: (
        "0.28 is its share of the answers times the confidence. Which distance is asked for?"
    ),
    4 / 10 * 0.05**2: "0.001 is what the square of the distance gives.",
    0.05**2: "0.0025 is the square of the distance.",
    3 / 10 * 0.05: (
        "0.015 comes out with three tenths for the weight. The right answers are three; how many"
        " are all?"
    ),
    3 / 4 * 0.05: "0.0375 comes out with three quarters for the weight. That is the accuracy.",
    4 / 6 * 0.05: "0.03333 comes out if its answers are divided by those of the first bin.",
    10 / 4 * 0.05: "0.125 comes out with the weight upside down.",
    4 / 10 * 0.02: "0.008 comes out with the distance of the first bin.",
    4 / 10 + 0.05: "0.45 is weight and distance, added.",
    -0.05: "-0.05 is the distance with its sign, and not weighted.",
    4 / 10 * 1.45: "0.58 comes out if confidence and accuracy are added.",
}


def about_second_bin(answer: float) -> str:
    """Return what a wrong answer has for the second bin, and how that comes about."""
    own = answer - 6 / 10 * 0.02
    fits = [words for value, words in SECOND_BIN.items() if math.isclose(own, value, abs_tol=1e-7)]
    told = fits[0] if fits else about_number(own, 4 / 10 * 0.05)
    return f"What your answer has for the second bin: {told}"
