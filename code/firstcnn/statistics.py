"""Intervals around a measured number, and the verdict on a difference: one rule for each.

They start from plain numbers. Resampling, which starts from the answers of networks, is in
`firstcnn.evaluation`. SciPy takes a second to import; it is imported when an interval is asked for.
"""

import numpy as np

UNDECIDED = "not shown different"


def wilson_interval(count: int, total: int) -> tuple[float, float]:
    """Return the two ends of Wilson's 95 % interval (1927) for a share of ``count`` in ``total``.

    Raises
    ------
    ValueError
        If ``total`` is not positive, or ``count`` is not between 0 and ``total``.
    """
    from scipy.stats import binomtest

    interval = binomtest(count, total).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def mean_interval(values: np.ndarray) -> tuple[float, float]:
    """Return the two ends of Student's 95 % interval for the mean of values (N,).

    It holds if the values are independent and about normally distributed. A single value says
    nothing about its spread: both ends are NaN.
    """
    if len(values) < 2:
        return np.nan, np.nan
    from scipy.stats import t

    mean = float(np.mean(values))
    standard_error = np.std(values, ddof=1) / np.sqrt(len(values))
    half = float(t.ppf(0.975, len(values) - 1) * standard_error)
    return mean - half, mean + half


def verdict_of(low: float, high: float) -> str:
    """Return what an interval says of a difference: "higher", "lower" or "not shown different".

    It is the last if the interval holds 0, which is not to say that there is no difference.
    """
    return "higher" if low > 0 else "lower" if high < 0 else UNDECIDED
