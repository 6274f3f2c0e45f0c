"""Numbers of parameters: what a wrong one counts."""

from lessons.checks.observed import about_number, about_sum, shown

DENSE = (784 + 1) * 128 + (128 + 1) * 10

WEIGHTS_AND_BIASES = (56 * 56 + 1) / (28 * 28 + 1)  # of the first layer, at twice the side

ALL_PARAMETERS = (56 * 56 * 128 + 128 + 128 * 10 + 10) / DENSE

AT_256, AT_512 = ((side**2 * 128 + 128 + 128 * 10 + 10) / 1e6 for side in (256, 512))  # millions


PARTS = {
    "the weights of the first layer": 784 * 128,
    "the biases of the 128 hidden units": 128,
    "the weights of the second layer": 128 * 10,
    "the biases of the 10 outputs": 10,
}

DENSE_COUNTS = {  # what a number of parameters is, where no named mistake fits
    784: "It is the number of pixels.",
    128: "It is the number of hidden units.",
    784 * 128 + 784: "It is the weights of the first layer, and 784 more.",
    784 * 129 + 128 * 10 + 10: (
        "It comes out if the first layer has a bias for each pixel, and none for a unit."
    ),
    784 * 129 + 128 * 11: (
        "It comes out if the biases belong to what a layer reads, and not to what it writes."
    ),
    785 * 129 + 129 * 11: (
        "It comes out if the biases are counted for what a layer reads and for what it writes."
    ),
    785 * 129 * 10: "It is a product of three sizes, each but the last with one more.",
    785 * 128 * 10: "It is a product of three sizes, the first with one more.",
    784 * 128 * 10 + 10: "It is the product of all three sizes, and ten more.",
    784 * 128 * 10 + 138: "It is the product of all three sizes, and all biases.",
    784 * 128 * 128 * 10: "It is the weights of both layers, multiplied with each other.",
    784 * 128 + 128 * 10 + 2: "It comes out with one bias for each layer.",
    784 * 128 + 128 * 10 + 1: "It comes out with a single bias.",
    3 * 784 * 128 + 128 + 128 * 10 + 10: "It comes out for images of three colours.",
    784 * 128 + 128 + 784 * 10 + 10: "It comes out if the second layer reads the pixels, too.",
    784 * 128 + 784 * 10: (
        "It comes out without biases, and if the second layer reads the pixels, too."
    ),
    784 * 10 + 128 * 10: (
        "It comes out if the pixels and the hidden units are joined to the outputs."
    ),
    785 * 128 + 129 * 128 + 129 * 10: "It comes out with two hidden layers of 128 units.",
    785 * 64 + 65 * 10: "It comes out with 64 hidden units.",
    785 * 256 + 257 * 10: "It comes out with 256 hidden units.",
}

COUNTS = {  # what a number is that is no factor
    28: "the side of the smaller image",
    56: "the side of the larger image",
    256: "twice the number of hidden units",
    512: "four times the number of hidden units",
    2 * 784: "twice the number of pixels of an image of 28 × 28",
    784 * 128 + 128: "the number of weights and biases of the first layer for an image of 28 × 28",
    56 * 56 * 128 + 128: (
        "the number of weights and biases of the first layer for an image of 56 × 56"
    ),
    784 * 128 + 1418: "the number of all parameters for an image of 28 × 28",
    56 * 56 * 128 + 1418: "the number of all parameters for an image of 56 × 56",
    128: "the number of hidden units",
    784: "the number of pixels of an image of 28 × 28",
    56 * 56: "the number of pixels of an image of 56 × 56",
    784 * 128: "the number of weights for an image of 28 × 28",
    56 * 56 * 128: "the number of weights for an image of 56 × 56",
    (56 * 56 - 784) * 128: "by how many weights there are more for 56 × 56 than for 28 × 28",
}


def about_parameters(answer: int) -> str:
    """Return what can be said of a wrong number of parameters: its side, and what it counts."""
    counted = DENSE_COUNTS.get(answer, "")
    return about_number(answer, DENSE) + (f" {counted}" if counted else about_sum(answer, PARTS))


def about_factor(answer: float) -> str:
    """Return what can be said of a wrong answer to how many times as many weights there are."""
    if answer in (200, 300):
        return (
            f"{shown(answer)} per cent are {shown(answer / 100)} times as many, and that is too"
            " few."
        )
    if 0 < answer < 1:
        return (
            f"With {shown(answer)} times as many, the larger image would have fewer weights than"
            " the smaller one."
        )
    if answer in COUNTS:
        return f"{shown(answer)} is {COUNTS[answer]}. The question is how many times as many."
    return about_number(answer, 4)


def about_mark(answer: float) -> str:
    """Return how a wrong number of parameters, in millions, compares with the number at the last
    mark.
    """
    if abs(answer - AT_512) < 0.5:
        return f"{about_number(answer, AT_512)} The answer is asked for to one decimal."
    return (
        f"{about_number(answer, AT_512)} It is {shown(answer / AT_256)} times the number at the"
        " last mark."
    )
