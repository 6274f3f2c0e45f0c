"""Loss, steps and epochs worked out on paper: what a wrong number is."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lessons.checks.answers import (
    equals,
    result,
    rounded,
    same,
)
from lessons.checks.observed import about_array, about_number, first_difference, shown

LOGITS = torch.tensor(
    [3.0, 1.0, 0.0]
)  # uneven: else the mean of the three losses is the second one

PROBABILITIES = LOGITS.softmax(dim=0)

LOSSES = [
    -math.log(probability) for probability in PROBABILITIES.tolist()
]  # if it shows a 3, a 5, an 8

LOSS = LOSSES[1]

PRINTED = 1e-3  # of probabilities: computed with numbers as the page prints them


def _are_probabilities(values: Tensor) -> bool:
    return same(values, PROBABILITIES, PRINTED)


def has_loss(loss: float) -> Callable[[tuple], bool]:
    """Return a test whether the probabilities are right and the loss is this one."""
    return lambda answer: _are_probabilities(answer[0]) and rounded(loss, 2)(answer[1])


LOSSES_SAID = {  # what other values are, where no named mistake fits
    PROBABILITIES[1].item(): (
        "0.1142 is too small: it is the probability itself. What does the formula take of it?"
    ),
    sum(LOSSES): "5.51 is what all three classes give together. One of them is the true one.",
    sum(LOSSES) / 3: (
        "1.837 is too small: it is the mean of what the three classes give. One of them is the true"
        " one."
    ),
    -math.log(
        1 - PROBABILITIES[1].item()
    ): "0.1213 comes out with the probability that the others have together.",
    1 / PROBABILITIES[1].item(): "8.757 is 1 divided by the probability.",
    -1.0: (
        "-1 is the logit with a minus in front. The formula takes the logarithm of a probability."
    ),
    1.0: "1 is the logit of the 5. The formula takes the logarithm of a probability.",
    -(PROBABILITIES * PROBABILITIES.log())
    .sum()
    .item(): "0.5243 is what all three give on average, by chance.",
    F.cross_entropy(
        PROBABILITIES, torch.tensor(1)
    ).item(): "1.387 comes out if softmax is taken twice.",
}


def _about_loss_of_5(loss: float) -> str:
    return next(
        (words for value, words in LOSSES_SAID.items() if rounded(value, 3)(loss)),
        about_number(loss, LOSS),
    )


def about_cross_entropy(answer: tuple) -> str:
    """Return whether the probabilities are wrong or, if not, what the loss is."""
    values, loss = answer
    if values.shape == PROBABILITIES.shape and abs(values.sum().item() - 1) > PRINTED:
        return (
            f"Your three values add up to {shown(values.sum().item())}; probabilities add up to 1."
        )
    if not _are_probabilities(values):
        return about_array(values, PROBABILITIES, "Your answer for the probabilities")
    return f"The probabilities are right. The loss: {_about_loss_of_5(loss)}"


MOVES = (  # from where, to where, and the rate
    (0.5, 0.7, 0.1),
    (-0.25, -0.55, 0.1),
    (1.0, 0.993, 0.01),
    (0.125, 0.145, 0.5),
    (-2.0, -1.0, 0.2),
)

Step = Callable[[float, float, float], Any]


def has_gradient(gradient: Step) -> Callable[[Step], bool]:
    """Return a test whether a function from a weight before and after a step, and the rate, gives
    what another one gives.
    """
    return lambda step: all(equals(gradient(*case))(result(step(*case))) for case in MOVES)


def about_step(step: Step) -> str:
    """Return the first step whose gradient is not the one that was found."""
    cases = (
        (
            f"For a step from {before} to {after} with the rate {rate}",
            lambda c=(before, after, rate): result(step(*c)),
            (before - after) / rate,
        )
        for before, after, rate in MOVES
    )
    return first_difference(cases, same=lambda one, other: equals(other)(one))


WEIGHTS_SAID = {  # where other steps and slips lead, where no named mistake fits
    4: "4 is where it begins.",
    2: "2 is where the first step ends, and also the gradient at 1.",
    1: "1 is where the second step ends. A third one follows.",
    0.25: "0.25 is where a fourth step would end, and also the rate.",
    0.125: "0.125 is where a fifth step would end.",
    8: "8 is the gradient at 4, where it begins.",
    -2: "-2 comes out if three steps go by the gradient at 4.",
    0.8: "0.8 comes out with a rate of 0.1.",
    0.875: "0.875 comes out if the rate is squared.",
    1.6875: "1.6875 comes out if each step takes a quarter of the weight away.",
}

TIMES_SAID = {
    2: "2 would be right for two digits. How many digits are in this batch?",
    0.5: "0.5 would make the step shorter.",
    640: "640 are all the logits of the batch. Of how many losses is the sum made?",
    4_096: "4,096 is the square of 64. The loss is added up once.",
    6: "6 is the logarithm of 64 to base 2.",
    60_000: "60,000 are all the training images. The sum goes over one batch.",
    938: "938 are the batches of an epoch. The sum goes over one batch.",
    937.5: "937.5 is the number of batches. The sum goes over one batch.",
    128: "128 is twice as many as there are digits in the batch.",
    32: "32 is half as many as there are digits in the batch.",
    784: "784 are the pixels of an image. What is summed here?",
    -64: "A step that is longer still goes the same way.",
}


MOVING_SAID = {
    20: "20 would count each bias of the last layer twice.",
    512: "512 is the number of hidden units. What do they answer if all their parameters are 0?",
    522: "522 are the biases of both fully connected layers. Does a gradient reach the first one?",
    3_216_906: "These are both fully connected layers. What do the hidden units answer?",
    288: "288 are the weights of the first layer. Does a gradient come back that far?",
    320: "320 are the parameters of the first layer. Does a gradient come back that far?",
    1: "There is more than one class, and each has a bias of its own in the last layer.",
    9: "Nine is one less than the classes. Each of the ten logits has a share in the loss.",
}


def about_moving(answer: float) -> str:
    """Return what a wrong number of parameters that can move is."""
    return next(
        (words for value, words in MOVING_SAID.items() if equals(value)(answer)),
        about_number(answer, 10),
    )


def about_weight(answer: float) -> str:
    """Return what a wrong weight after three steps is."""
    return next(
        (words for value, words in WEIGHTS_SAID.items() if equals(value)(answer)),
        about_number(answer, 0.5),
    )


def about_times(answer: float) -> str:
    """Return what a wrong factor between sum and mean is."""
    return next(
        (words for value, words in TIMES_SAID.items() if equals(value)(answer)),
        about_number(answer, 64),
    )


def about_epoch(answer: int) -> str:
    """Return on which side of the best epoch another one lies."""
    if not 1 <= answer <= 8:
        return f"There is no epoch {answer}: the axis goes from 1 to 8."
    if answer < 4:
        return (
            f"After epoch {answer} the validation loss still falls, and the validation accuracy"
            " still rises."
        )
    return (
        f"By epoch {answer} the validation loss has risen again, and the validation accuracy has"
        " sunk."
    )
