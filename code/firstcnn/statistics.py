"""Intervals around a measured number, and the verdict on a difference: one rule for each.

What goes in are numbers, or which answers were right; networks are read in `firstcnn.evaluation`.
`coverage` simulates how often each kind of interval holds the true value. SciPy takes a moment to
import; it is imported when a quantile is asked for.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

UNDECIDED = "not shown different"
Z = 1.959963984540054  # 95 % of a normal distribution lie within so many standard deviations

Ends = tuple[np.ndarray, np.ndarray]  # low, high


def wilson_interval(count: int, total: int) -> tuple[float, float]:
    """Return the two ends of Wilson's 95 % interval (1927) for a share of ``count`` in ``total``.

    Raises
    ------
    ValueError
        If ``total`` is not positive, or ``count`` is not between 0 and ``total``.
    """
    if total < 1 or not 0 <= count <= total:
        raise ValueError(
            f"{count} of {total} is no share: expected a count from 0 to the total, and a total of"
            " 1 or more."
        )
    low, high = _wilson(np.float64(count / total), total, Z)
    return float(low), float(high)


def mean_interval(values: np.ndarray) -> Ends:
    """Return the two ends of Student's 95 % interval for the mean of values (..., N).

    It holds if the values are independent and about normally distributed. A single value says
    nothing about its spread: both ends are NaN.
    """
    values = np.asarray(values, float)
    mean, count = values.mean(axis=-1), values.shape[-1]
    if count < 2:
        return np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    half = _student(count - 1) * values.std(axis=-1, ddof=1) / np.sqrt(count)
    return mean - half, mean + half


def seeds_and_images_interval(right: np.ndarray) -> Ends:
    """Return the two ends of a 95 % interval for an accuracy over other seeds and other images.

    The variance of the mean has a part from the images, which are many and known well, and a part
    from the seeds, which are few. The first is worth 1.96 standard errors, the second Student's t,
    and both together the mean of these two numbers, weighted by the parts (Cochran and Cox, 1957).
    The shape is Wilson's, so that the ends stay between 0 and 1. Of one seed it is Wilson's
    interval, which says nothing about other seeds.

    Parameters
    ----------
    right : ndarray (..., S, N), bool
        Whether the network of each seed has each image right.
    """
    share, images = right.mean(axis=(-2, -1)), right.shape[-1]
    from_images, from_seeds = _variance_of_images([right]), _variance_of_seeds(right)
    variance = from_images + from_seeds
    known = variance > 0  # otherwise all answers are alike: as sure as so many images make it
    total = np.where(known, share * (1 - share) / np.where(known, variance, 1), images)
    return _wilson(share, total, _quantile(from_images, [(from_seeds, right.shape[-2] - 1)]))


def difference_interval(first: np.ndarray, second: np.ndarray) -> Ends:
    """Return the two ends of a 95 % interval for the first accuracy minus the second.

    As `seeds_and_images_interval`: the images are the same for both sides, so their part is that of
    the difference on each image; the seeds of each side bring a part of their own. The standard
    error is never below one image, so that two sides which agree on all of them have one, too.

    Parameters
    ----------
    first, second : ndarray (..., S, N), bool
        Whether the network of each seed has each image right: N is the same, and S may differ.
    """
    from_images = _variance_of_images([first, second])
    from_seeds = [(_variance_of_seeds(right), right.shape[-2] - 1) for right in (first, second)]
    standard_error = np.sqrt(from_images + sum(part for part, _ in from_seeds))
    half = _quantile(from_images, from_seeds) * np.maximum(standard_error, 1 / first.shape[-1])
    value = difference_of_means(first, second)
    return np.maximum(value - half, -1), np.minimum(value + half, 1)


def difference_of_means(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the share of the first minus that of the second, both (..., S, N): 0 if equal."""
    counts = [right.sum(axis=(-2, -1), dtype=np.int64) for right in (first, second)]
    sizes = [right.shape[-2] for right in (first, second)]
    return (counts[0] * sizes[1] - counts[1] * sizes[0]) / (sizes[0] * sizes[1] * first.shape[-1])


def verdict_of(low: float, high: float) -> str:
    """Return what an interval says of a difference: "higher", "lower" or "not shown different".

    It is the last if the interval holds 0, which is not to say that there is no difference.
    """
    return "higher" if low > 0 else "lower" if high < 0 else UNDECIDED


def coverage(
    kind: str,
    *,
    seeds: int = 3,
    images: int = 200,
    accuracy: float = 0.9,
    seeds_deviation: float = 0.01,
    samples: int = 2000,
    seed: int = 0,
) -> float:
    """Simulate how often a kind of 95 % interval holds the true value, as a fraction of 1.

    An answer is right if what the image, the seed and chance bring together stays below a
    threshold; each is normally distributed, and image and chance weigh alike. So the true accuracy
    is known, and some images are hard for all seeds.

    Parameters
    ----------
    kind : str
        "Wilson" (one network on images), "Student" (a mean over seeds), "seeds and images" (an
        accuracy over both) or "difference" (of two networks of equal accuracy on the same images).
    seeds, images : int
        How many of each; of a difference, on either side.
    accuracy : float
        The true one, between 0 and 1.
    seeds_deviation : float
        About the standard deviation of the true accuracies of single seeds.
    samples : int
        How often the whole measurement is repeated; 2,000 tell a coverage to about one point.
    seed : int
        Of the simulation.

    Raises
    ------
    ValueError
        If there is no such kind of interval.
    """
    if kind not in _MEASURED:
        raise ValueError(f"There is no interval {kind!r}: choose one of {', '.join(_MEASURED)}.")
    world = _World(seeds, images, accuracy, seeds_deviation, np.random.default_rng(seed))
    pieces = [100] * (samples // 100) + [samples % 100]
    measured = [_MEASURED[kind](world, count) for count in pieces]
    held = [(low <= truth) & (truth <= high) for truth, (low, high) in measured]
    return float(np.concatenate(held).mean())


def coverage_range(kind: str, seeds: int) -> tuple[float, float]:
    """Return the least and the greatest coverage of a kind of interval, from so many seeds.

    It is simulated with seeds that do not differ, that vary so that their part of the variance is
    about as large as that of the images, and that vary by far more.

    Raises
    ------
    ValueError
        As `coverage`.
    """
    deviations = (0.0, 0.012, 0.024, 0.06)  # 200 images alone: a standard error of 0.021
    found = [coverage(kind, seeds=seeds, seeds_deviation=deviation) for deviation in deviations]
    return min(found), max(found)


class _World(NamedTuple):
    """What simulated measurements are drawn from."""

    seeds: int
    images: int
    accuracy: float
    seeds_deviation: float
    generator: np.random.Generator

    def answers(self, samples: int, networks: int) -> list[np.ndarray]:
        """Draw which answers of networks to the same images are right: (samples, S, N) of each."""
        from scipy.special import ndtri

        threshold = np.float32(ndtri(self.accuracy))
        slope = np.exp(-(threshold**2) / 2) / np.sqrt(2 * np.pi)  # accuracy gained for a step of 1
        of_seeds = (self.seeds_deviation / slope) ** 2  # share of a variance of 1
        by_seed, by_image = np.float32(np.sqrt(of_seeds)), np.float32(np.sqrt((1 - of_seeds) / 2))
        easy = threshold - by_image * self._normal(samples, 1, self.images)
        return [
            by_image * self._normal(samples, self.seeds, self.images)
            < easy - by_seed * self._normal(samples, self.seeds, 1)
            for _ in range(networks)
        ]

    def _normal(self, *shape: int) -> np.ndarray:
        return self.generator.standard_normal(shape, dtype=np.float32)


def _one_network(world: _World, samples: int) -> tuple[float, Ends]:
    counts = world.generator.binomial(world.images, world.accuracy, size=samples)
    return world.accuracy, _wilson(counts / world.images, world.images, Z)


def _mean_of_seeds(world: _World, samples: int) -> tuple[float, Ends]:
    size = samples, world.seeds
    values = world.generator.normal(world.accuracy, world.seeds_deviation, size)
    return world.accuracy, mean_interval(values)


def _seeds_and_images(world: _World, samples: int) -> tuple[float, Ends]:
    return world.accuracy, seeds_and_images_interval(*world.answers(samples, 1))


def _difference(world: _World, samples: int) -> tuple[float, Ends]:
    return 0.0, difference_interval(*world.answers(samples, 2))


# How each kind is measured in a world: the truth, and the intervals of so many samples.
_MEASURED: dict[str, Callable[[_World, int], tuple[float, Ends]]] = {
    "Wilson": _one_network,
    "Student": _mean_of_seeds,
    "seeds and images": _seeds_and_images,
    "difference": _difference,
}


def _wilson(share: np.ndarray, total: np.ndarray | float, quantile: np.ndarray | float) -> Ends:
    """Solve |share - p| = quantile · sqrt(p (1 - p) / total) for p."""
    surplus = quantile**2 / total
    middle = share + surplus / 2
    half = np.sqrt(surplus * (share * (1 - share) + surplus / 4))
    low, high = ((middle + side) / (1 + surplus) for side in (-half, half))
    return np.clip(low, 0, share), np.clip(high, share, 1)


def _variance_of_seeds(right: np.ndarray) -> np.ndarray:
    """What the seeds of a table (..., S, N) bring to the variance of its mean: of one, nothing."""
    seeds = right.shape[-2]
    if seeds == 1:
        return np.zeros(right.shape[:-2])
    return right.mean(axis=-1).var(axis=-1, ddof=1) / seeds


def _variance_of_images(tables: list[np.ndarray]) -> np.ndarray:
    """What the images bring to the variance of a mean, or of the difference of two.

    The variance over images holds also what single answers bring. Where there are several seeds,
    the variance of seeds holds it as well: it is taken out here, so that it counts once.
    """
    means = [right.mean(axis=-2) for right in tables]  # each (..., N)
    over_images = (means[0] - sum(means[1:])).var(axis=-1) / tables[0].shape[-1]
    return np.maximum(over_images - sum(map(_variance_of_answers, tables)), 0)


def _variance_of_answers(right: np.ndarray) -> np.ndarray:
    """What is neither of seeds nor of images in a table (..., S, N), for its mean."""
    seeds, images = right.shape[-2:]
    if seeds == 1:
        return np.zeros(right.shape[:-2])
    share = right.mean(axis=(-2, -1))
    of_seeds, of_images = (right.mean(axis=axis).var(axis=-1) for axis in (-1, -2))
    return (share * (1 - share) - of_seeds - of_images) / ((seeds - 1) * images)


def _quantile(from_images: np.ndarray, from_seeds: list[tuple[np.ndarray, int]]) -> np.ndarray:
    """Weigh 1.96 and Student's t by the variances that they belong to (Cochran and Cox, 1957).

    The variance of two sides' seeds together has the degrees of freedom of Satterthwaite (1946).
    """
    seeds = sum(part for part, _ in from_seeds)
    squares = sum(part**2 / max(free, 1) for part, free in from_seeds)
    some = squares > 0
    student = _student(np.where(some, seeds**2 / np.where(some, squares, 1), np.inf))
    weight = np.where(some, seeds / np.where(some, seeds + from_images, 1), 0)
    return Z + weight * (student - Z)


def _student(freedom: np.ndarray | float) -> np.ndarray:
    """Return the number of standard errors on either side that hold 95 % of Student's t."""
    from scipy.special import stdtrit

    return np.where(np.isinf(freedom), Z, stdtrit(freedom, 0.975))
