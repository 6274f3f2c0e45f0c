"""Claims about the images and their normalisation."""

import math

from lessons.claims.registry import claim, is_near, is_sound


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
        is_near(validation / (train + validation), 1 / 6)
        and chance
        and best_score > mean_score + 0.03
    )


@claim("C14")
def normalisation_measured(seeds: int, simple: dict, dense: dict, tiny: dict) -> bool:
    """How much normalising the input helps depends on the network: more than for SimpleCNN, whose
    batch norm undoes it, is shown for another.

    Parameters
    ----------
    seeds : int
        Seeds with and as many without normalisation, three or more.
    simple, dense, tiny : difference
        Accuracy with normalised input minus accuracy with input from 0 to 1, of SimpleCNN, of the
        dense network and of TinyCNN, after the same few steps. The verdicts are those that the text
        states.
    """
    most = max(dense["low"], tiny["low"])
    sound = seeds >= 3 and all(map(is_sound, (simple, dense, tiny)))
    return sound and most > max(0, simple["high"])


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
        Share of them whose digit is 20 pixels long on its longer side.
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
