"""Intervals and verdicts, against tables and on cases small enough for paper."""

import math

import numpy as np
import pytest
from firstcnn import statistics
from scipy import stats


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


# --------------------------------------------------------------------------------------------------
# how often an interval holds the truth


SAMPLES = 3000


def covered(ends, truth):
    """In so many of 100 samples an interval holds the truth."""
    low, high = ends
    return 100 * np.mean((low <= truth) & (truth <= high))


def answers(seeds, shares, over_seeds):
    """Answers (samples, seeds, 200 images) of networks. Images and seeds move the chance of a right
    answer up and down; `coverage` draws otherwise, from a threshold.
    """
    random = np.random.default_rng(1)
    of_images = random.normal(0, 0.08, size=(SAMPLES, 1, 200))
    return [
        random.random((SAMPLES, seeds, 200))
        < share + of_images + random.normal(0, deviation, size=(SAMPLES, seeds, 1))
        for share, deviation in zip(shares, over_seeds, strict=True)
    ]


@pytest.mark.parametrize("seeds", [2, 3, 5, 10])
@pytest.mark.parametrize(
    ("kind", "interval", "shares", "truth"),
    [
        ("seeds and images", statistics.seeds_and_images_interval, (0.8,), 0.8),
        ("difference", statistics.difference_interval, (0.75, 0.8), -0.05),
    ],
)
def test_an_interval_over_seeds_and_images_holds_the_truth_as_often_as_the_book_says(
    kind, interval, shares, truth, seeds
):
    low, high = (100 * end for end in statistics.coverage_range(kind, seeds))
    for deviation in (0.0, 0.01, 0.05):  # the images bring 0.028
        found = covered(interval(*answers(seeds, shares, [deviation] * len(shares))), truth)
        assert low - 2 <= found <= high + 2
        assert 93 <= found <= 99


def test_a_difference_in_which_one_side_varies_more_holds_the_truth_as_often():
    steady, shaky = answers(3, (0.8, 0.8), (0.0, 0.05))
    assert 93 <= covered(statistics.difference_interval(steady, shaky), 0) <= 98


def test_of_one_seed_an_interval_holds_the_truth_about_these_weights_as_often():
    steady = answers(1, (0.75, 0.8), (0.0, 0.0))
    assert 93 <= covered(statistics.difference_interval(*steady), -0.05) <= 97
    assert 93 <= covered(statistics.seeds_and_images_interval(steady[0]), 0.75) <= 97
    for kind in ("difference", "seeds and images"):
        said = statistics.coverage(kind, seeds=1, seeds_deviation=0.0)
        assert said == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(("total", "share"), [(20, 0.9), (400, 0.86), (10_000, 0.99)])
def test_wilsons_interval_holds_the_truth_as_often_as_is_said(total, share):
    """Every count that is at all likely, with its probability."""
    counts = np.arange(int(total * share * 0.95) - 5, total + 1)
    low, high = np.array([statistics.wilson_interval(count, total) for count in counts.tolist()]).T
    exact = stats.binom.pmf(counts, total, share)[(low <= share) & (share <= high)].sum()
    said = statistics.coverage("Wilson", images=total, accuracy=share)
    assert said == pytest.approx(exact, abs=0.012)
    assert 0.93 <= exact <= 0.97


@pytest.mark.parametrize("seeds", [2, 3, 5, 10])
def test_students_interval_holds_the_truth_in_95_of_100(seeds):
    assert statistics.coverage("Student", seeds=seeds) == pytest.approx(0.95, abs=0.015)
    values = np.random.default_rng(1).normal(7, 3, size=(SAMPLES, seeds))
    found = covered(statistics.mean_interval(values), 7)
    assert found == pytest.approx(95, abs=2)


def test_a_simulated_coverage_is_the_same_twice_and_a_kind_that_is_none_is_named():
    once, twice = (statistics.coverage("difference", samples=150) for _ in range(2))
    assert once == twice
    with pytest.raises(ValueError, match="no interval 'Gauss': choose one of Wilson, Student"):
        statistics.coverage("Gauss")
