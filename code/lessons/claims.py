"""What the book's sentences claim, and whether results bear them out: a checker for each claim, by
its id.

A checker is a pure function from measured values to True or False. It says what the *sentence*
says, so that it holds on another machine and with other seeds as long as the sentence does. The
values are plain: numbers, strings, truth values, lists and dictionaries of these.

What holds for all values:

- Accuracies, shares and differences of them are fractions of 1: half a percentage point is 0.005.
- ``low`` and ``high`` are the ends of a 95 % interval, from a bootstrap over seeds and images
  unless said otherwise.
- A *verdict* on a difference is ``"higher"`` if its interval lies above 0, ``"lower"`` if it lies
  below 0, and ``"not shown different"`` if it holds 0. Where a sentence is computed from a verdict,
  ``says`` is the verdict that the sentence states.
- A *difference* is a dictionary with ``difference``, ``low``, ``high`` and ``verdict``, a row of
  `experiments.differences`. A *reading* is one with ``accuracy``, ``low``, ``high``, ``seeds`` and
  ``images``, a row of `experiments.intervals`. Other entries may stand beside these.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from firstcnn.statistics import verdict_of

Checker = Callable[..., bool]
CLAIMS: dict[str, Checker] = {}

_Z = 1.959964  # 95 % of a normal distribution lie within so many standard deviations


def claim(name: str) -> Callable[[Checker], Checker]:
    """Register a checker under the id of its claim; the first line of its docstring is the claim in
    words.

    Raises
    ------
    ValueError
        If the id is taken.
    """

    def register(checker: Checker) -> Checker:
        if name in CLAIMS:
            raise ValueError(
                f"Two checkers for the claim {name}: give the second an id of its own."
            )
        CLAIMS[name] = checker
        return checker

    return register


def verdict(name: str, values: Mapping[str, Any]) -> bool:
    """Tell whether measured values bear out a claim.

    Parameters
    ----------
    name : str
        The id of the claim.
    values : mapping
        What was measured, under the names of the checker's parameters.

    Raises
    ------
    ValueError
        If there is no such claim, or if values are missing or nobody asked for them.
    """
    if name not in CLAIMS:
        raise ValueError(f"There is no claim {name!r}: choose one of {', '.join(sorted(CLAIMS))}.")
    wanted = set(inspect.signature(CLAIMS[name]).parameters)
    if wanted != set(values):
        missing, surplus = sorted(wanted - set(values)), sorted(set(values) - wanted)
        raise ValueError(
            f"The claim {name} takes {', '.join(sorted(wanted))}: missing {missing}, surplus"
            f" {surplus}."
        )
    return bool(CLAIMS[name](**values))


def _sound(difference: Mapping[str, Any]) -> bool:
    """Tell whether a difference lies in its interval and its verdict follows from it."""
    inside = difference["low"] <= difference["difference"] <= difference["high"]
    return inside and difference["verdict"] == verdict_of(difference["low"], difference["high"])


def _measured(reading: Mapping[str, Any]) -> bool:
    """Tell whether a reading lies in its interval and comes from three seeds or more."""
    inside = 0 <= reading["low"] <= reading["accuracy"] <= reading["high"] <= 1
    return inside and reading["seeds"] >= 3 and reading["images"] > 0


def _near(value: float, expected: float, tolerance: float = 0.01) -> bool:
    return math.isclose(value, expected, rel_tol=tolerance)


@claim("C01")
def flattening_costs_parameters(
    simple: int, dense: int, pooled: int, fc1_share: float, convolution_share: float
) -> bool:
    """SimpleCNN has eight times the parameters of a dense network; flattening costs them, pooling
    saves them.

    Parameters
    ----------
    simple, dense, pooled : int
        Parameters of SimpleCNN, of the dense network 784 → 512 → 10, of SimpleCNN with global
        average pooling.
    fc1_share, convolution_share : float
        Shares of SimpleCNN's parameters in its first fully connected layer and in its convolutions.
    """
    return simple > 8 * dense > 32 * pooled and fc1_share > 0.95 and convolution_share < 0.05


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
        and all(map(_measured, rates))
        and (best, worst) == extremes
        and 0 < low <= high
    )


@claim("C03")
def networks_compared(networks: list, differences: list, not_shown_different: list) -> bool:
    """Networks are compared over three seeds or more, and called different only where the interval
    shows it.

    Parameters
    ----------
    networks : list of readings
        One for each network, with its ``case``; three or more.
    differences : list of differences
        One for each comparison that the text makes, with its ``case``.
    not_shown_different : list of str
        The ``case`` of those that the text calls not shown different.
    """
    undecided = [row["case"] for row in differences if row["verdict"] == "not shown different"]
    measured = len(networks) >= 3 and len(differences) >= 2 and all(map(_measured, networks))
    return (
        measured
        and all(map(_sound, differences))
        and sorted(undecided) == sorted(not_shown_different)
    )


@claim("C04")
def training_accuracy_reads_low(
    running: float, plain: float, validation: float, low: float, high: float, says: str
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
    validation : float
        Its accuracy on validation images.
    low, high : float
        Interval of ``plain - validation``.
    says : str
        The verdict on this difference that the text states.
    """
    return running < plain and low <= plain - validation <= high and says == verdict_of(low, high)


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
    return helped and seeds >= 3 and all(map(_sound, [*effects, *own]))


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
) -> bool:
    """The network returns logits; softmax makes them add up to one, and calibration is another
    matter, measured.

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
    """
    sums = abs(logit_sum - 1) > 0.01 and abs(softmax_sum - 1) < 1e-4
    error = verdict_of(calibration_error - chance_high, calibration_error - chance_low)
    return (
        sums
        and 0 <= chance_low <= chance_high <= 1
        and 0 <= calibration_error <= 1
        and says == error
    )


@claim("C08")
def choosing_uses_images_up(
    train: int, validation: int, mean_score: float, best_score: float, again_score: float
) -> bool:
    """A score by which one has chosen is too good: the best of many guessers guesses again on other
    images.

    Parameters
    ----------
    train, validation : int
        Images that are learned from and images that are chosen by: a sixth of both together is for
        validation.
    mean_score, best_score : float
        Mean and highest accuracy of a hundred random guessers on the images by which the best was
        chosen.
    again_score : float
        Accuracy of this best one on other images.
    """
    chance = abs(mean_score - 0.1) < 0.02 and abs(again_score - 0.1) < 0.02
    return (
        _near(validation / (train + validation), 1 / 6)
        and chance
        and best_score > mean_score + 0.03
    )


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
    return right == total == 20 and _near(low, total / (total + _Z**2), 1e-4) and low < 0.9


@claim("C10")
def time_is_not_operations(
    timings: list, warm_up: int, threads: int, work_ratio: float, time_ratios: list
) -> bool:
    """An answer takes a median time with a spread, one image at a time or many; counting operations
    is not timing.

    Parameters
    ----------
    timings : list of dict
        With ``name`` of the network, ``images`` in the batch, ``milliseconds`` (median) and
        ``spread`` (width of the middle half). Each network with one image, and with a hundred or
        more.
    warm_up : int
        Runs before the clock started.
    threads : int
        Threads that were allowed.
    work_ratio : float
        Multiply–accumulates of ComplexCNN over those of the dense network.
    time_ratios : list of float
        Time of the one over the time of the other: for one image; for many.
    """
    sizes = {
        row["name"]: {other["images"] for other in timings if other["name"] == row["name"]}
        for row in timings
    }
    both = len(sizes) >= 2 and all(1 in images and max(images) >= 100 for images in sizes.values())
    timed = all(row["milliseconds"] > 0 and row["spread"] >= 0 for row in timings)
    one, many = (abs(math.log(ratio / work_ratio)) for ratio in time_ratios)
    return both and timed and warm_up >= 1 and threads >= 1 and max(one, many) > math.log(2)


@claim("C11")
def filters_stay_as_they_began(
    edge_before: float, edge_after: float, chance: float, similarity: float
) -> bool:
    """The trained filters of the first layer look much like the random ones that they began as, not
    like edges.

    Parameters
    ----------
    edge_before, edge_after : float
        Mean share of a filter's squared length in the two directions of straight edges, before and
        after training.
    chance : float
        What a random filter has: two of nine directions.
    similarity : float
        Median cosine between a filter before and after training.
    """
    return (
        similarity > 0.5 and _near(chance, 2 / 9) and 0 < edge_before < 0.5 and 0 < edge_after < 0.5
    )


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
        The verdict on this difference that the text states.
    """
    lacking = batch_norms["TinyCNN"] == batch_norms["ComplexCNN"] == 0 < batch_norms["SimpleCNN"]
    return lacking and seeds >= 3 and low <= high and says == verdict_of(low, high)


@claim("C14")
def normalisation_measured(seeds: int, simple: dict, dense: dict, tiny: dict) -> bool:
    """Normalising the input is not shown to do more for SimpleCNN, whose batch norm undoes it, than
    for others.

    Parameters
    ----------
    seeds : int
        Seeds with and as many without normalisation, three or more.
    simple, dense, tiny : difference
        Accuracy with normalised input minus accuracy with input from 0 to 1, of SimpleCNN, of the
        dense network and of TinyCNN, after the same few steps. The verdicts are those that the text
        states.
    """
    others = max(dense["high"], tiny["high"])
    return seeds >= 3 and all(map(_sound, (simple, dense, tiny))) and simple["low"] <= others


@claim("C15")
def bars_on_one_scale(parameters: list, lengths: list) -> bool:
    """The bars of all tensors are drawn on one scale.

    Parameters
    ----------
    parameters : list of int
        Parameters of each tensor of SimpleCNN.
    lengths : list of float
        Lengths of their bars in the figure, in the same order.
    """
    drawn = [length / count for length, count in zip(lengths, parameters, strict=True)]
    return len(drawn) > 1 and min(drawn) > 0 and _near(min(drawn), max(drawn), 1e-6)


@claim("C16")
def whole_training_set(
    images: int, pixels: int, black: float, black_least: float, black_greatest: float
) -> bool:
    """The distribution of brightness is that of the whole training set; single images differ a
    great deal.

    Parameters
    ----------
    images, pixels : int
        Images of the training set, and pixels that were counted.
    black : float
        Share of all pixels that are 0.
    black_least, black_greatest : float
        The least and the greatest share in a single image.
    """
    apart = 0 <= black_least < black < black_greatest <= 1 and black_greatest - black_least > 0.1
    return pixels == 784 * images and apart


@claim("C17")
def mildly_unbalanced(fewest: int, most: int, majority_accuracy: float) -> bool:
    """The classes are mildly unbalanced, and always guessing the commonest one is right about one
    time in nine.

    Parameters
    ----------
    fewest, most : int
        Images of the rarest and of the commonest class in the training file.
    majority_accuracy : float
        Accuracy of always naming the commonest class of the training images, on validation images.
    """
    return 1.1 < most / fewest < 1.5 and 0.1 < majority_accuracy < 0.125


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
    come on top.

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
        _near(standard_error, error)
        and _near(one, _Z * error)
        and _near(difference, _Z * math.sqrt(2) * error)
    )
    return (accuracy, images) == (0.99, 10_000) and widths and seeds >= 3 and seeds_deviation > 0


@claim("C19")
def disputed_labels(disputed: int, images: int, agreed: int, says: str) -> bool:
    """The disputed test labels are more than one standard error of a network at 99 %.

    Parameters
    ----------
    disputed, images : int
        Test labels that are disputed, and test images. Of data other than MNIST none is known.
    agreed : int
        Disputed labels with which the network agrees.
    says : str
        "more" if the text says so, "not known" if it says that nobody has told which labels are
        doubtful.
    """
    if says == "not known":
        return disputed == 0
    return (
        says == "more"
        and disputed / images > math.sqrt(0.99 * 0.01 / images)
        and 0 <= agreed <= disputed
    )


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


@claim("C21")
def deeper_is_smaller(
    simple: int, complex: int, tiny: int, simple_work: int, complex_work: int, batch_norms: dict
) -> bool:
    """ComplexCNN has a third of SimpleCNN's parameters and computes more; and it lacks batch norm.

    Parameters
    ----------
    simple, complex, tiny : int
        Parameters of SimpleCNN, ComplexCNN and TinyCNN.
    simple_work, complex_work : int
        Multiply–accumulates of SimpleCNN and ComplexCNN for one image.
    batch_norms : dict
        Batch norm layers of "SimpleCNN" and "ComplexCNN".
    """
    lacking = batch_norms["ComplexCNN"] == 0 < batch_norms["SimpleCNN"]
    return simple > 3 * complex > 15 * tiny and complex_work > 2 * simple_work and lacking


@claim("C22")
def neighbours_matter(seeds: int, dense: dict, convolutional: dict, twin_error: float) -> bool:
    """Permuting all pixels costs a convolutional network more than a dense one, which does not know
    neighbours.

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
    kept = dense["low"] > -0.01 and twin_error < 1e-2
    lost = convolutional["high"] < 0 and convolutional["difference"] < dense["difference"]
    return seeds >= 3 and _sound(dense) and _sound(convolutional) and kept and lost


@claim("C23")
def dense_growth(at_28: int, at_256: int, billion_side: int, window_layer: int) -> bool:
    """A dense network has 101,770 parameters at 28 × 28, 8.4 million at 256 × 256, a billion at
    2,796 × 2,796.

    Parameters
    ----------
    at_28, at_256 : int
        Parameters of a dense network with 128 hidden units for images of 28 × 28 and of 256 × 256.
    billion_side : int
        The first side at which there are a billion.
    window_layer : int
        Parameters of a layer of 32 windows of 3 × 3, at any side.
    """
    known = at_28 == 101_770 and round(at_256 / 1e6, 1) == 8.4 and window_layer == 320
    return known and billion_side**2 * 128 + 1418 >= 10**9 > (billion_side - 1) ** 2 * 128 + 1418


@claim("C24")
def digits_are_normalised(
    images: int, longer_side_is_20: float, centres: list, slant: list, stroke: list
) -> bool:
    """MNIST's digits are scaled to 20 × 20 and centred by mass; slant and thickness vary.

    Parameters
    ----------
    images : int
        Images that were measured.
    longer_side_is_20 : float
        Share of them whose ink is 20 pixels long on its longer side.
    centres : list of float
        Least and greatest row, least and greatest column of the centre of mass: four values, in
        pixels from 0.
    slant, stroke : list of float
        5th and 95th percentile of the slant in degrees and of the width of the stroke in pixels.
    """
    made = (
        longer_side_is_20 > 0.99
        and len(centres) == 4
        and all(13 <= place <= 15 for place in centres)
    )
    return (
        images >= 1000
        and made
        and slant[0] < 0 < 20 < slant[1] - slant[0]
        and stroke[1] > 1.5 * stroke[0] > 0
    )


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
        _near(accuracy, 1 - errors / images, 1e-9) and low < accuracy < high and high - low < 0.02
    )
    return counted and len(recalls) == 10 and min(recalls) - 0.01 <= accuracy <= max(recalls) + 0.01
