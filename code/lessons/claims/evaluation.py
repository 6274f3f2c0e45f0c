"""Claims about what networks reach, and how sure that is."""

import math
from itertools import pairwise

from firstcnn.statistics import UNDECIDED, Z, verdict_of

from lessons.claims.registry import claim, is_measured, is_near, is_sound


@claim("C03")
def networks_compared(networks: list, differences: list, not_shown_different: list) -> bool:
    """Networks are compared over three seeds or more, enough to show some of them different, and
    called different only where the interval shows it.

    Parameters
    ----------
    networks : list of readings
        One for each network, with its ``case``; three or more.
    differences : list of differences
        One for each comparison that the text makes, with its ``case``.
    not_shown_different : list of str
        The ``case`` of those that the text calls not shown different.
    """
    undecided = [row["case"] for row in differences if row["verdict"] == UNDECIDED]
    measured = len(networks) >= 3 and len(differences) >= 2 and all(map(is_measured, networks))
    return (
        measured
        and all(map(is_sound, differences))
        and len(undecided) < len(differences)
        and sorted(undecided) == sorted(not_shown_different)
    )


@claim("C06")
def not_invariant(
    convolution_error: float, pixels: int, intact: int, low: float, high: float
) -> bool:
    """Convolution moves its answer along with the digit; a network made of it is not invariant
    under shifts.

    Parameters
    ----------
    convolution_error : float
        Largest difference, border aside, between the feature maps of a shifted digit and the
        shifted feature maps.
    pixels : int
        The shift at which a convolutional network is judged that never saw a shifted digit.
    intact : int
        Digits that lose no ink by this shift. Only these count.
    low, high : float
        Interval of that network's accuracy on them, shifted minus in place.
    """
    return convolution_error < 1e-3 and 1 <= pixels <= 4 and intact >= 100 and low <= high < -0.05


@claim("C07")
def logits_and_calibration(
    logit_sum: float,
    softmax_sum: float,
    calibration_error: float,
    chance_low: float,
    chance_high: float,
    says: str,
    nonsense: float,
) -> bool:
    """The network returns logits; softmax makes them add up to one, even of nonsense, and
    calibration is another matter, measured.

    Parameters
    ----------
    logit_sum, softmax_sum : float
        Sum of the ten logits of one image, and of what softmax makes of them.
    calibration_error : float
        Expected calibration error of SimpleCNN.
    chance_low, chance_high : float
        Between these it lies in 95 % of draws if the network is perfectly calibrated.
    says : str
        "higher", "lower" or "not shown different": the calibration error against chance, as the
        text states it.
    nonsense : float
        Mean probability of the answer to images that are no digits. An unsure network has 0.1.
    """
    sums = abs(logit_sum - 1) > 0.01 and abs(softmax_sum - 1) < 1e-4
    error = verdict_of(calibration_error - chance_high, calibration_error - chance_low)
    told = 0 <= chance_low <= chance_high < 0.05 and 0 <= calibration_error <= 1
    return sums and told and says == error and 0.3 < nonsense <= 1


@claim("C09")
def twenty_answers_show_little(right: int, total: int, low: float) -> bool:
    """Twenty right answers in twenty do not show that a reader gets more than nine in ten right.

    Parameters
    ----------
    right, total : int
        Answers of the reader.
    low : float
        Lower end of Wilson's 95 % interval.
    """
    plausible = 0.9**total > 0.025  # of 0.9 it happens more often than once in forty
    errors = (right / total - low) / math.sqrt(low * (1 - low) / total)  # standard errors at low
    return right == total == 20 and low < 0.9 and plausible and is_near(errors, Z, 1e-4)


@claim("C18")
def noise_of_an_accuracy(
    accuracy: float,
    images: int,
    standard_error: float,
    one: float,
    difference: float,
    seeds: int,
    seeds_deviation: float,
) -> bool:
    """At 99 % on 10,000 images one figure is good to 0.2 points, a difference to 0.28, and seeds
    come on top, with a spread that counts beside it.

    Parameters
    ----------
    accuracy, images : float, int
        0.99 and 10,000.
    standard_error, one, difference : float
        Standard error of this accuracy; half the width of the 95 % interval of one figure, and of
        the difference of two independent ones.
    seeds, seeds_deviation : int, float
        Seeds with which one network was trained, and the standard deviation of its accuracy over
        them.
    """
    error = math.sqrt(accuracy * (1 - accuracy) / images)
    widths = (
        is_near(standard_error, error)
        and is_near(one, Z * error)
        and is_near(difference, Z * math.sqrt(2) * error)
    )
    on_top = seeds >= 3 and seeds_deviation > standard_error / 4
    return (accuracy, images) == (0.99, 10_000) and widths and on_top


@claim("C20")
def rotation_changes_labels(
    black: float,
    warped_first: float,
    normalised_first: float,
    sixes: int,
    as_written: float,
    upside_down: float,
) -> bool:
    """Rotation can change the label, and zeros that come in after normalising are not black.

    Parameters
    ----------
    black : float
        The value of black paper after normalising.
    warped_first, normalised_first : float
        Value in the corner of a rotated image: rotated and then normalised; normalised and then
        rotated, zeros coming in.
    sixes : int
        Validation sixes.
    as_written, upside_down : float
        Share of them that the trained network calls a 9: as they are; turned by 180°.
    """
    corners = abs(warped_first - black) < 1e-3 and abs(normalised_first) < 1e-3 and black < -0.1
    return corners and sixes >= 100 and 0 <= as_written < upside_down - 0.2 <= 0.8


@claim("C22")
def neighbours_matter(seeds: int, dense: dict, convolutional: dict, twin_error: float) -> bool:
    """Permuting all pixels is shown to cost a convolutional network, and more than a dense one,
    which does not know neighbours.

    Parameters
    ----------
    seeds : int
        Seeds in place and as many permuted, three or more.
    dense, convolutional : difference
        Accuracy of the network trained and judged on permuted pixels minus that of the same kind of
        network trained and judged on pixels in place. The verdicts are those that the text states.
    twin_error : float
        Largest difference between the logits of a dense network and those of its twin with permuted
        weights on permuted pixels.
    """
    kept = dense["verdict"] != "lower" and dense["low"] > -0.02 and twin_error < 1e-2
    lost = convolutional["high"] < min(0, dense["low"])
    return seeds >= 3 and is_sound(dense) and is_sound(convolutional) and kept and lost


@claim("C25")
def confusions_counted(
    networks: int, seeds: int, pairs: list, named: list, first: int, found: list
) -> bool:
    """Which digits are confused is counted over several networks and seeds, and the named pairs are
    looked up there.

    Parameters
    ----------
    networks, seeds : int
        Kinds of networks, two or more; seeds of at least one of them, three or more.
    pairs : list of [int, int, int]
        Two digits and how often they were taken for each other, both directions and all networks
        together; most frequent first.
    named : list of [int, int]
        The pairs that are said to look alike.
    first : int
        How many of the most frequent pairs the text looks at.
    found : list of [int, int]
        The named pairs that the text says are among these.
    """
    counts = [count for *_, count in pairs]
    top = {frozenset(digits) for *digits, _ in pairs[:first]}
    expected = {frozenset(pair) for pair in named} & top
    ordered = all(more >= less for more, less in pairwise(counts)) and sum(counts) > 0
    return (
        networks >= 2 and seeds >= 3 and ordered and {frozenset(pair) for pair in found} == expected
    )


@claim("C27")
def result_reported(
    images: int, errors: int, accuracy: float, low: float, high: float, recalls: list
) -> bool:
    """The result is reported with its images, its errors, its interval and what it is for each
    digit.

    Parameters
    ----------
    images, errors : int
        Test images, and how many of them the reported network gets wrong.
    accuracy, low, high : float
        Its accuracy and the 95 % interval over images (Wilson's).
    recalls : list of float
        The share found of each digit, ten of them.
    """
    counted = (
        is_near(accuracy, 1 - errors / images, 1e-9) and low < accuracy < high and high - low < 0.02
    )
    return counted and len(recalls) == 10 and min(recalls) - 0.01 <= accuracy <= max(recalls) + 0.01
