"""The recall of a digit, from a confusion matrix."""

from collections.abc import Callable

import numpy as np

from lessons.checks.answers import (
    exact_or_rounded,
    result,
)
from lessons.checks.observed import first_difference


def confusion_matrix(seed: int) -> np.ndarray:
    """Return a confusion matrix of ten classes with a 0 in each row: numbers that are not 0 are
    fewer than classes.
    """
    matrix = np.random.default_rng(seed).integers(1, 50, (10, 10))
    matrix[np.arange(10), np.arange(1, 11) % 10] = 0
    return matrix


MATRICES = tuple(confusion_matrix(seed) for seed in range(3))

SMALL_MATRICES = ([[6, 2], [3, 9]], [[5, 2], [3, 8]])


def computes_share(share: Callable[[np.ndarray, int], float]) -> Callable[[Callable], bool]:
    """Return a test whether a function computes this share of a matrix and a digit."""
    return lambda recall: all(
        exact_or_rounded(share(matrix, digit), 4)(result(recall(matrix.copy(), digit)))
        for matrix in MATRICES
        for digit in range(10)
    )


def about_recall(recall: Callable) -> str:
    """Return the first wrong share of a small matrix, else of a large one, among those that can be
    computed.
    """
    small = [(f"the matrix {matrix}", np.array(matrix)) for matrix in SMALL_MATRICES]
    large = [("one with ten classes", matrix) for matrix in MATRICES]
    cases = (
        (
            f"For {name} and the digit {digit}",
            lambda m=matrix, d=digit: result(recall(m.copy(), d)),
            right,
        )
        for name, matrix in small + large
        for digit in range(len(matrix))
        for right in [matrix[digit, digit] / matrix[digit].sum()]
        if _gives_a_number(recall, matrix, digit)
    )
    return first_difference(cases, same=lambda one, other: exact_or_rounded(other, 4)(one))


def _gives_a_number(recall: Callable, matrix: np.ndarray, digit: int) -> bool:
    try:
        result(recall(matrix.copy(), digit))
    except Exception:
        return False
    return True
