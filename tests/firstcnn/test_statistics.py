"""Intervals and verdicts, against tables and on cases small enough for paper."""

import math

import numpy as np
import pytest
from firstcnn import statistics


def test_nine_of_ten_have_wilsons_interval():
    assert statistics.wilson_interval(9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-4)


@pytest.mark.parametrize(("count", "total"), [(3, 2), (-1, 2), (0, 0)])
def test_what_is_no_share_has_no_interval(count, total):
    with pytest.raises(ValueError):
        statistics.wilson_interval(count, total)


@pytest.mark.parametrize(
    ("values", "quantile"), [([1, 3], 12.7062), ([2, 4, 6], 4.30265), (range(11), 2.22814)]
)  # t(0.975) of a table, for 1, 2 and 10 degrees of freedom
def test_the_interval_of_a_mean_is_students(values, quantile):
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    half = quantile * deviation / math.sqrt(len(values))
    found = statistics.mean_interval(np.array(values, float))
    assert found == pytest.approx((mean - half, mean + half), rel=1e-5)


def test_a_single_value_says_nothing_about_its_spread():
    assert all(map(math.isnan, statistics.mean_interval(np.array([0.9]))))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.1, 0.2, "higher"),
        (-0.2, -0.1, "lower"),
        (-0.1, 0.1, "not shown different"),
        (0.0, 0.1, "not shown different"),
        (-0.1, 0.0, "not shown different"),
        (0.0, 0.0, "not shown different"),
    ],
)
def test_a_verdict_needs_an_interval_without_0(low, high, expected):
    assert statistics.verdict_of(low, high) == expected
