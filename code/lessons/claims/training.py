"""Claims about training: rates, schedules, filters, batch norm, augmentation."""

import math

from firstcnn.statistics import verdict_of, wilson_interval

from lessons.claims.registry import claim, is_measured, is_sound, tells


@claim("C02")
def learning_rate_matters(rates: list, best: float, worst: float, low: float, high: float) -> bool:
    """Of five or more learning rates, each with three seeds or more, the best is shown better than
    the worst.

    Parameters
    ----------
    rates : list of readings
        One for each learning rate, with its ``learning_rate``.
    best, worst : float
        The learning rates of highest and of lowest accuracy.
    low, high : float
        Interval of the best one's accuracy minus the worst one's.
    """
    accuracy = {row["learning_rate"]: row["accuracy"] for row in rates}
    extremes = max(accuracy, key=accuracy.get), min(accuracy, key=accuracy.get)
    return (
        len(accuracy) >= 5
        and all(map(is_measured, rates))
        and (best, worst) == extremes
        and 0 < low <= max(accuracy.values()) - min(accuracy.values()) <= high
    )


@claim("C04")
def training_accuracy_reads_low(
    running: float,
    plain: float,
    images: int,
    validation: float,
    low: float,
    high: float,
    says: str,
) -> bool:
    """The training accuracy of the curve reads low; how much the network overfits, if at all, is
    measured.

    Parameters
    ----------
    running : float
        Training accuracy as counted during the last epoch: dropout, augmentation, a network that
        still learns.
    plain : float
        Accuracy of the finished network on training images as they are.
    images : int
        How many training images that is. The running accuracy lies below Wilson's interval.
    validation : float
        Its accuracy on validation images.
    low, high : float
        Interval of ``plain - validation``.
    says : str
        The verdict on this difference that the text states.
    """
    least, _ = wilson_interval(round(plain * images), images)
    return running < least and low <= plain - validation <= high and says == verdict_of(low, high)


@claim("C05")
def augmentation_on_changed_digits(seeds: int, effects: list, own: list) -> bool:
    """Augmentation helps on shifted digits; on clean, rotated, scaled and noisy ones the text says
    what was measured.

    Parameters
    ----------
    seeds : int
        Seeds with and as many without augmentation, three or more.
    effects : list of differences
        Accuracy with all kinds of augmentation together minus accuracy without any, one for each
        set of digits, with its name under ``judged_on``: "clean", "shifted", "rotated", "scaled",
        "noisy". The verdicts are those that the text states.
    own : list of differences
        Accuracy with one kind minus accuracy without any, on the digits that were changed in the
        same way: for each set but "clean".
    """
    sets = {"clean", "shifted", "rotated", "scaled", "noisy"}
    together, alone = ({row["judged_on"]: row for row in rows} for rows in (effects, own))
    complete = sets <= set(together) and sets - {"clean"} <= set(alone)
    helped = complete and together["shifted"]["low"] > 0 and alone["shifted"]["low"] > 0
    return helped and seeds >= 3 and all(map(is_sound, [*effects, *own]))


@claim("C11")
def filters_stay_as_they_began(
    known: int,
    hits: int,
    false_alarms: float,
    filters: int,
    found: int,
    networks: int,
    moved: float,
    low: float,
    high: float,
    says: str,
    similarity: float,
    unrelated: float,
) -> bool:
    """The trained filters of the first layer look much like the random ones that they began as, and
    most of them are no edge detectors.

    Parameters
    ----------
    known, hits : int
        Known detectors, and how many of them the measure finds: nine in ten or more.
    false_alarms : float
        The share of random kernels that the measure takes for detectors, one in ten or less.
    filters, found : int
        Trained filters, and how many of them the measure takes for detectors: shown to be fewer
        than half.
    networks : int
        Networks of other seeds, two or more.
    moved, low, high : float
        By how much training moved their filters towards detectors, and the interval of this change.
    says : str
        The verdict on this change that the text states.
    similarity : float
        Median cosine between a filter before and after training: of less than 30 degrees.
    unrelated : float
        Median size of the cosine between a filter after training and another one before.
    """
    finds_edges = hits >= 0.9 * known and 0 < false_alarms <= 0.1
    stayed = unrelated < 0.5 and math.cos(math.radians(30)) < similarity <= 1
    most_are_none = wilson_interval(found, filters)[1] < 0.5
    told = networks >= 2 and low <= moved <= high and says == verdict_of(low, high)
    return finds_edges and stayed and most_are_none and told


@claim("C12")
def random_filters_tell_digits_apart(
    guess: float,
    untrained_low: float,
    untrained_high: float,
    trained_low: float,
    trained_high: float,
) -> bool:
    """Random filters tell digits apart better than guessing, and trained ones better than random
    ones.

    Parameters
    ----------
    guess : float
        Accuracy of a guess.
    untrained_low, untrained_high, trained_low, trained_high : float
        Intervals of the accuracy with which the nearest class average names a digit, from the last
        feature maps of the untrained and of the trained network (Wilson's, over images).
    """
    return guess < untrained_low <= untrained_high < trained_low <= trained_high <= 1


@claim("C13")
def batch_norm_measured(batch_norms: dict, seeds: int, low: float, high: float, says: str) -> bool:
    """SimpleCNN has batch norm already; what it does is measured on a network with and without it.

    Parameters
    ----------
    batch_norms : dict
        Batch norm layers of "SimpleCNN" and of "TinyCNN" and "ComplexCNN", which have none.
    seeds : int
        Seeds with and as many without, three or more.
    low, high : float
        Interval of the accuracy with batch norm minus the accuracy without, at the largest learning
        rate tried.
    says : str
        The verdict on this difference that the text states. If it is that none is shown, the
        interval is narrower than three points: enough to have shown a large one.
    """
    lacking = batch_norms["TinyCNN"] == batch_norms["ComplexCNN"] == 0 < batch_norms["SimpleCNN"]
    return lacking and seeds >= 3 and tells(low, high, 0.03) and says == verdict_of(low, high)


@claim("C26")
def schedule_flattens_curve(
    peak_rate: float,
    final_rate: float,
    best: float,
    other: float,
    low: float,
    high: float,
    says: str,
) -> bool:
    """The curve goes flat because the schedule ends near zero; which constant rate is better the
    sweep says.

    Parameters
    ----------
    peak_rate, final_rate : float
        The largest and the last learning rate of the book's recipe.
    best, other : float
        The best learning rate of the sweep and 0.001, the one that is called appropriate.
    low, high : float
        Interval of the accuracy at ``best`` minus the accuracy at ``other``; 0 and 0 if they are
        the same.
    says : str
        The verdict on this difference that the text states.
    """
    flat = 0 < final_rate < 0.01 * peak_rate
    compared = other == 0.001 and low <= high and (best != other or low == high == 0)
    return flat and compared and says == verdict_of(low, high)
