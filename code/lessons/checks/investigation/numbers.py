"""Letters, words and numbers: what a wrong one is."""

from collections.abc import Callable
from typing import Any

from lessons.checks.answers import word
from lessons.checks.observed import about_number, about_sum


def are_letters(*letters: str) -> Callable[[frozenset], bool]:
    """Return a test whether exactly these rows of the figure were named."""
    return lambda answer: answer == frozenset(letters)


def about_letters(answer: frozenset) -> str:
    """Return what is wrong with the rows that were named: unknown, worse, or missing."""
    if unknown := answer - frozenset("abcd"):
        several = set(min(unknown)) <= set("abcd,; &") and len(min(unknown)) > 1
        return f"The figure has no row {min(unknown)!r}: its rows are A, B, C and D." + (
            " Each letter stands in quotes of its own, with commas between them." if several else ""
        )
    worse = "At least one of yours has an interval that begins below 0. " if answer - {"b"} else ""
    missing = (
        "At least one whose interval lies wholly above 0 is missing." if "b" not in answer else ""
    )
    return (worse + missing).strip()


LENGTHS = ("longer", "shorter", "the same")


def read_length(answer: Any) -> str:
    """Read one of `LENGTHS`; "same" is short for "the same"."""
    text = word(answer)
    return "the same" if text == "same" else text


def are_lengths(sgd: str, adam: str) -> Callable[[tuple], bool]:
    """Return a test whether the steps of SGD and of Adam were called so."""
    return lambda answer: answer == (sgd, adam)


TWICE = 16 * (1 * 9 + 1) + 32 * (16 * 9 + 1) + 10 * (32 * 49 + 1)

PARTS = {
    "the weights of the first convolution": 16 * 9,
    "the biases of the first convolution": 16,
    "the weights of the second convolution": 32 * 16 * 9,
    "the biases of the second convolution": 32,
    "the weights of the fully connected layer": 10 * 32 * 49,
    "the biases of the fully connected layer": 10,
}


SUMS_SAID = {  # what other numbers are, where no named mistake fits
    16 * 10
    + 32 * 145
    + 10 * (32 * 14 * 14 + 1): "So many there would be if the images were halved only once.",
    16 * 10
    + 32 * 145
    + 10 * (32 * 28 * 28 + 1): "So many there would be if the images were never halved.",
    16 * 10 + 32 * 145 + 10 * (32 * 7 + 1): "So many there would be if a map had 7 values in all.",
    16 * 10 + 32 * 145 + (32 * 49 + 1): "So many there would be with one output alone.",
    16 * 10 + 32 * 145 + 32 * 49 + 10: (
        "The weights of the last layer are counted for one output alone."
    ),
    16 * 10 + 16 * 73 + 10 * 785: (
        "Here the first line has twice the filters, and the other two are as they were."
    ),
    32 * 10
    + 64 * (32 * 9 + 1)
    + 10 * (64 * 49 + 1): "So many there are with four times the filters.",
    TWICE - 9098: "This is how many come on top of the 9,098.",
    16 * 4
    + 32 * (16 * 3 + 1)
    + 10 * (32 * 49 + 1): "So many there would be with 3 weights in place of 9.",
    16 * 26
    + 32 * (16 * 25 + 1)
    + 10 * (32 * 49 + 1): "So many there would be with kernels of 5 × 5.",
    2 * 80 + 2 * 1168 + 7850: "Both convolutions are doubled, and the last layer is as it was.",
    3 * 9098: "This is three times the number of the network as it is.",
    8 * 9098: "This is eight times the number of the network as it is.",
}


def about_filters(answer: int) -> str:
    """Return what a wrong number of parameters counts."""
    return SUMS_SAID.get(answer) or about_number(answer, TWICE) + about_sum(answer, PARTS)
