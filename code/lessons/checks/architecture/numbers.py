"""Numbers worked out on paper: what a wrong one is."""

from collections.abc import Callable

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor

NUMBERS = torch.tensor([1.0, 3.0, 5.0, 7.0])

NORMALISED = (NUMBERS - 4) / 5**0.5

PRINTED = 0.005  # half a unit of the second decimal, to which the text computes

CONV3 = 128 * 64 * 9 + 128

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


def about_probability(answer: float) -> str:
    """Return what dropout with another probability makes of a 6."""
    if not 0 < answer < 1:
        return f"{answer:.6g} is no probability: that lies between 0 and 1."
    made = 6 / (1 - answer)
    return f"With p = {answer:.6g} a 6 that stays becomes {made:.4g}, and it became 8."


COUNTS = {  # of parameters, where no named mistake fits
    9: "9 is the weights of one kernel for a single channel.",
    10: "10 is one kernel for a single channel, with a bias.",
    64: "64 is how many channels the layer reads.",
    128: "128 is how many maps the layer writes.",
    96: "96 is the channels that are read and the maps that are written, added.",
    64 * 9: "576 is the weights of one kernel.",
    (128 + 64) * 9: "1,728 comes out if channels and maps are added, and not multiplied.",
    (128 + 64) * 9 + 128: "1,856 comes out if channels and maps are added, and not multiplied.",
    128 * (64 + 9): "9,344 comes out if the channels and the places of a kernel are added.",
    128 * (64 + 9) + 128: "9,472 comes out if the channels and the places of a kernel are added.",
    128 * 64 * 3: (
        "24,576 comes out with kernels of three weights for each channel, and without biases."
    ),
    128 * 64 * 6 + 128: (
        "49,280 comes out with kernels of six weights for each channel: 3 + 3, and not 3 × 3."
    ),
    128 * 64 * 6: (
        "49,152 comes out with kernels of six weights for each channel: 3 + 3, and not 3 × 3."
    ),
    128 * 7 * 7: "6,272 is how many values the layer writes. They are no parameters.",
    128 * 64 * 7 * 7: "401,408 comes out with kernels of 7 × 7.",
    128 * 64 * 7 * 7 + 128: "401,536 comes out with kernels of 7 × 7.",
    128 * 64 * 9 * 7 * 7: "3,612,672 comes out if each place had weights of its own.",
    128 * 64 * 9 * 7 * 7 + 128: "3,612,800 comes out if each place had weights of its own.",
    128 * 64 * 9 * 28 * 28: "57,802,752 comes out if each place of 28 × 28 had weights of its own.",
    128 * 64 * 9 + 256: "73,984 comes out with two numbers for each map beside the weights.",
    2 * CONV3: "147,712 is twice what is asked for.",
    129 * 64 * 9: "74,304 comes out with one map more.",
    128 * 64 * 9 * 128: "9,437,184 comes out if the weights are multiplied by 128 once more.",
    128 * 64 * 9 + 128 * 7 * 7: "80,000 comes out with a bias for each value that is written.",
    CONV3 + 18_496 + 320: "92,672 is what all three convolutions have.",
    320: "320 is what the first convolution has.",
    64 * 32 * 9 + 64: "18,496 is what the second convolution has.",
    3310026: "3,310,026 is what the whole SimpleCNN has.",
    128 * 64: (
        "8,192 is how many pairs of a map read and a map written there are. Each has more than "
        "one weight."
    ),
    128 * 64 * 9 + 1: "73,729 is the weights and a single bias.",
    128 * 64 * 9 - 128: "73,600 is the weights less the biases.",
    128 * 65 * 9: "74,880 comes out if each kernel has nine biases, or one more channel.",
    128 * 64 * 25 + 128: "204,928 comes out with kernels of 5 × 5.",
    128 * 64 * 3 + 128: (
        "24,704 comes out with kernels of three weights for each channel, and not of 3 × 3."
    ),
    128 * 64 * 28 * 28: "6,422,528 comes out with kernels of 28 × 28.",
    128 * 9: "1,152 is nine weights for each of 128 maps. How many channels does a kernel read?",
    64 * 64 * 9 + 64: "36,928 comes out if the layer writes 64 maps.",
    128 * 128 * 9 + 128: "147,584 comes out if the layer reads 128 maps.",
    2 * 128 * 64 * 9: "147,456 is the weights, twice.",
    128 * 64 * 9 + 64 + 128: "73,920 comes out with biases for the maps that are read, too.",
    128 * 64 * 9 + 320: "74,048 is the weights of this layer and what the first convolution has.",
    128 * 64 * 9 + 128 + 256: "74,112 comes out if the batch norm behind it is counted as well.",
}
