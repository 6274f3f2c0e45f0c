"""Numbers worked out on paper: what a wrong one is."""

from collections.abc import Callable

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor

NUMBERS = torch.tensor([1.0, 3.0, 5.0, 7.0])

NORMALISED = (NUMBERS - 4) / 5**0.5

PRINTED = 0.005  # half a unit of the second decimal, to which the text computes

CONV2 = 64 * 32 * 9 + 64

TIMES = ("the same", "twice", "four times", "sixteen times")


def four_numbers(answer: Tensor) -> Tensor:
    """Return the four numbers of an array of any shape.

    Raises
    ------
    Unreadable
        If there are more or fewer.
    """
    if answer.numel() != 4:
        raise Unreadable(
            f"This asks for four numbers, one for each of 1, 3, 5, 7, but got {answer.numel()}."
        )
    return answer.flatten()


def are_numbers(values: Tensor) -> Callable[[Tensor], bool]:
    """Return a test whether four numbers are these, as precisely as the text computes them."""
    return lambda answer: bool((answer - values).abs().max() <= PRINTED)


def about_four(answer: Tensor) -> str:
    """Return the mean and the standard deviation of four wrong numbers."""
    if answer.isnan().any():
        return "Not all of your four values are numbers: one of them is nan."
    mean, deviation = (
        round(value.item(), 3) + 0.0 for value in (answer.mean(), answer.std(correction=0))
    )
    if abs(mean) <= PRINTED and abs(deviation - 1) <= PRINTED:
        return (
            "Your four numbers have mean 0 and standard deviation 1, but they are not what becomes"
            " of 1, 3, 5 and 7 in this order."
        )
    return (
        f"Your four numbers have mean {mean:g} and standard deviation {deviation:g}, not 0 and 1."
    )


SUMS = {  # of the answer at the lower right, where no named mistake fits
    6: "6 is the pixel at the lower right alone.",
    -6: "-6 is the last of the three products alone.",
    10: "10 is too large: it is the sum of two of the three pixels.",
    11: "11 is too large: it is the sum of two of the three pixels.",
    120: "120 is the three pixels multiplied with each other. Each belongs to a weight.",
    -19: "-19 comes out if two of the products are multiplied.",
    1: "1 is the sum of the three weights, or one of them: the pixels are missing.",
    14: "14 is two of the products multiplied, less the third. Products are added.",
    -120: "-120 is all three products multiplied. Products are added.",
    **{
        value: f"{value} comes out if the products are added with other signs."
        for value in (7, -5, -7, -15)
    },
}


def about_factor(answer: float) -> str:
    """Return what 75 ones, each times a wrong factor, add up to."""
    sum_ = f"75 ones, each times {answer:.6g}, add up to {75 * answer:.6g}"
    return (
        f"{answer:.6g} is too {'small' if answer < 4 / 3 else 'large'}: {sum_}, and 100 is asked"
        " for."
    )


COUNTS = {  # of parameters, where no named mistake fits
    9: "9 is the weights of one kernel for a single channel.",
    10: "10 is one kernel for a single channel, with a bias.",
    32: "32 is how many channels the layer reads.",
    64: "64 is how many maps the layer writes.",
    96: "96 is the channels that are read and the maps that are written, added.",
    32 * 9: "288 is the weights of one kernel.",
    (64 + 32) * 9: "864 comes out if channels and maps are added, and not multiplied.",
    (64 + 32) * 9 + 64: "928 comes out if channels and maps are added, and not multiplied.",
    64 * (32 + 9): "2,624 comes out if the channels and the places of a kernel are added.",
    64 * (32 + 9) + 64: "2,688 comes out if the channels and the places of a kernel are added.",
    64 * 32 * 3: (
        "6,144 comes out with kernels of three weights for each channel, and without biases."
    ),
    64 * 32 * 6 + 64: (
        "12,352 comes out with kernels of six weights for each channel: 3 + 3, and not 3 × 3."
    ),
    64 * 32 * 6: (
        "12,288 comes out with kernels of six weights for each channel: 3 + 3, and not 3 × 3."
    ),
    64 * 14 * 14: "12,544 is how many values the layer writes. They are no parameters.",
    64 * 32 * 14 * 14: "401,408 comes out with kernels of 14 × 14.",
    64 * 32 * 14 * 14 + 64: "401,472 comes out with kernels of 14 × 14.",
    64 * 32 * 9 * 14 * 14: "3,612,672 comes out if each place had weights of its own.",
    64 * 32 * 9 * 14 * 14 + 64: "3,612,736 comes out if each place had weights of its own.",
    64 * 32 * 9 * 28 * 28: "14,450,688 comes out if each place of 28 × 28 had weights of its own.",
    64 * 32 * 9 + 128: "18,560 comes out with two numbers for each map beside the weights.",
    2 * CONV2: "36,992 is twice what is asked for.",
    65 * 32 * 9: "18,720 comes out with one map more.",
    64 * 32 * 9 * 64: "1,179,648 comes out if the weights are multiplied by 64 once more.",
    64 * 32 * 9 + 64 * 14 * 14: "30,976 comes out with a bias for each value that is written.",
    CONV2 + 320: "18,816 is what the first two convolutions have.",
    320: "320 is what the first convolution has.",
    64 * 128 * 9 + 128: "73,856 is what the third convolution has.",
    3_310_026: "3,310,026 is what the whole SimpleCNN has.",
    64 * 32: (
        "2,048 is how many pairs of a map read and a map written there are. Each has more than one"
        " weight."
    ),
    64 * 32 * 9 + 1: "18,433 is the weights and a single bias.",
    64 * 32 * 9 - 64: "18,368 is the weights less the biases.",
    64 * 33 * 9: "19,008 comes out if each kernel has nine biases, or one more channel.",
    64 * 32 * 25 + 64: "51,264 comes out with kernels of 5 × 5.",
    64 * 32 * 3 + 64: (
        "6,208 comes out with kernels of three weights for each channel, and not of 3 × 3."
    ),
    64 * 32 * 28 * 28: "1,605,632 comes out with kernels of 28 × 28.",
    64 * 9: "576 is nine weights for each of 64 maps. How many channels does a kernel read?",
    32 * 32 * 9 + 32: "9,248 comes out if the layer writes 32 maps.",
    64 * 64 * 9 + 64: "36,928 comes out if the layer reads 64 maps.",
    2 * 64 * 32 * 9: "36,864 is the weights, twice.",
    64 * 32 * 9 + 32 + 64: "18,528 comes out with biases for the maps that are read, too.",
    64 * 32 * 9 + 320: "18,752 is the weights of this layer and what the first convolution has.",
    64 * 32 * 9 + 64 + 128: "18,624 comes out if the batch norm behind it is counted as well.",
}
