"""Checks on parameters, windows and shapes counted by hand."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from firstcnn.checks.answers import array, equals, kind_of, number, same, whole
from firstcnn.checks.verdict import Exercise, Unreadable, Wrong

DENSE = (784 + 1) * 128 + (128 + 1) * 10
AT_56 = 56 * 56 * 128 + 128 + 128 * 10 + 10
AT_512 = (512 * 512 * 128 + 128 + 128 * 10 + 10) / 1e6  # millions


def near(value: float, most: float) -> Callable[[float], bool]:
    """Return a test whether a number is at most this far from a value: read off a picture, none is exact."""
    return lambda answer: abs(answer - value) <= most


def window(answer: Any) -> Tensor:
    """Read a window of 3 × 3 weights, which may have axes of length 1 before it, as PyTorch keeps it."""
    weights = array(answer)
    if weights.squeeze().shape != (3, 3):
        raise Unreadable(f"This asks for three rows of three weights, but got {kind_of(answer)}.")
    return weights.squeeze()


def has_sums(rows: tuple[float, ...], columns: tuple[float, ...]) -> Callable[[Tensor], bool]:
    """Return a test whether the rows and the columns of a window add up to this: its answers to edges need no more."""
    asked = torch.tensor([rows, columns], dtype=torch.float64)
    return lambda weights: same(torch.stack([weights.sum(dim=1), weights.sum(dim=0)]), asked)


def answers_inside_a_stroke(weights: Tensor) -> bool:
    """Tell whether a window answers something where all nine pixels are the same."""
    return abs(weights.sum().item()) > 1e-4


def sees_both_directions(weights: Tensor) -> bool:
    """Tell whether a window answers to edges from left to right and to edges from top to bottom."""
    rows, columns = weights.sum(dim=1), weights.sum(dim=0)
    return rows.abs().max().item() > 1e-4 and columns[2].item() > 1e-4


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="dense-parameters",
        read=whole,
        right=equals(DENSE, tolerance=0),
        praise="Nearly all of them sit in the first layer, where every pixel has a weight to every unit.",
        wrong=(
            Wrong(
                name="the biases are forgotten",
                typed=("784 * 128 + 128 * 10",),
                hint="These are the weights. Look at the table above: what else does each unit have?",
                shows=equals(784 * 128 + 128 * 10, tolerance=0),
            ),
            Wrong(
                name="the second layer is forgotten",
                typed=("784 * 128 + 128",),
                hint="This is the first layer alone. The 128 units are the inputs of another one.",
                shows=equals(784 * 128 + 128, tolerance=0),
            ),
            Wrong(
                name="the units are added where they are multiplied",
                typed=("784 + 128 + 10",),
                hint="These are the values, not the lines between them. How many lines leave one pixel?",
                shows=equals(784 + 128 + 10, tolerance=0),
            ),
            Wrong(
                name="one layer from pixels to classes",
                typed=("784 * 10 + 10",),
                hint="This network would have no hidden units. Go from 784 to 128 first.",
                shows=equals(784 * 10 + 10, tolerance=0),
            ),
            Wrong(
                name="pixels have biases, too",
                typed=("784 + 784 * 128 + 128 + 128 * 10 + 10",),
                hint="One bias too many for every pixel: a pixel adds up nothing. Which circles have a plus sign?",
                shows=equals(DENSE + 784, tolerance=0),
            ),
        ),
        otherwise="Count layer by layer, as above: a line from each input to each unit, then what each unit has.",
    ),
    Exercise(
        id="side-doubles",
        read=number,
        right=equals(4),
        praise="The weights follow the pixels, and these grow with the square of the side.",
        wrong=(
            Wrong(
                name="the weights grow like the side",
                typed=("2",),
                hint="This is how the side grows. Draw an image of 2 × 2 and one of twice the side; count pixels.",
                shows=equals(2),
            ),
            Wrong(
                name="the weights do not depend on the image",
                typed=("1",),
                hint="So it would be if all pixels shared their weights. What does a new pixel bring in a dense layer?",
                shows=equals(1),
            ),
            Wrong(
                name="squared once too often",
                typed=("16",),
                hint="This squares twice. Only the pixels get more; the 128 units stay as they are.",
                shows=equals(16),
            ),
            Wrong(
                name="the number of units doubles, too",
                typed=("8",),
                hint="Here something doubled a third time. Height and width did; did the 128 units?",
                shows=equals(8),
            ),
            Wrong(
                name="biases and the second layer are counted, too",
                typed=("(56 * 56 * 128 + 128 + 128 * 10 + 10) / (28 * 28 * 128 + 128 + 128 * 10 + 10)",),
                hint="Very near. You compared all parameters; the question is about the first layer's weights alone.",
                shows=near(AT_56 / DENSE, most=0.009),
            ),
        ),
        otherwise="Each pixel has 128 weights. So ask: how many times as many pixels has an image of twice the side?",
    ),
    Exercise(
        id="one-mark-further",
        read=number,
        right=near(AT_512, most=0.45),
        praise="A straight line on two logarithmic axes: equal steps to the right are equal factors upwards.",
        wrong=(
            Wrong(
                name="twice the side, twice the parameters",
                typed=("2 * 8.39",),
                hint="Twice the last mark. Compare the numbers at two neighbouring marks: is it twice from 64 to 128?",
                shows=near(AT_512 / 2, most=0.4),
            ),
            Wrong(
                name="equal steps read as equal amounts",
                typed=("8.39 + (8.39 - 2.10)",),
                hint="You added what the last step added. On a logarithmic axis, equal steps are equal factors.",
                shows=near(2 * 8.390 - 2.099, most=0.4),
            ),
            Wrong(
                name="each step is one power of ten",
                typed=("83.9",),
                hint="Ten times the last mark, as from grid line to grid line. How far up does one mark take you?",
                shows=near(83.9, most=2),
            ),
            Wrong(
                name="not in millions",
                typed=("4 * 8_390_026",),
                hint="The number is fine, its unit is not: answer in millions.",
                shows=near(AT_512 * 1e6, most=0.45e6),
            ),
        ),
        otherwise="Divide the number at the last mark by the one before it, and take this step once more, in millions.",
    ),
    Exercise(
        id="window-by-hand",
        read=number,
        right=equals(-12),
        praise="Ink above and none below: the size says how much, the sign on which side.",
        wrong=(
            Wrong(
                name="the wrong side",
                typed=("12.0",),
                hint="Right size, wrong side. Which weights lie over the ink, those on top or those at the bottom?",
                shows=equals(12),
            ),
            Wrong(
                name="the pixels are added without their weights",
                typed=("24.0",),
                hint="This is the sum of the pixels. Multiply each by the weight that lies over it first.",
                shows=equals(24),
            ),
            Wrong(
                name="all ink counts as inside a stroke",
                typed=("0.0",),
                hint="This would be so if all nine pixels were the same. The last row of the patch differs.",
                shows=equals(0),
            ),
            Wrong(
                name="one column instead of three",
                typed=("-4.0",),
                hint="This is one column. The window has three of them: add up all nine products.",
                shows=equals(-4),
            ),
            Wrong(
                name="the middle row counts, too",
                typed=("-24.0",),
                hint="You gave the middle row the weights of the top one. What are the weights in the middle?",
                shows=equals(-24),
            ),
        ),
        otherwise="Nine products, pixel times weight, row by row; then add them up.",
    ),
    Exercise(
        id="turned-window",
        read=window,
        right=has_sums(rows=(0, 0, 0), columns=(-3, 0, 3)),
        praise="The same idea, a quarter turn further; chapter 4 looks at what training makes of such windows.",
        wrong=(
            Wrong(
                name="not turned",
                typed=("[[-1, -1, -1], [0, 0, 0], [1, 1, 1]]",),
                hint="This is the old window: it compares above with below. Which pixels have to be compared now?",
                shows=has_sums(rows=(-3, 0, 3), columns=(0, 0, 0)),
            ),
            Wrong(
                name="mirrored",
                typed=("[[1, 0, -1], [1, 0, -1], [1, 0, -1]]",),
                hint="Turned, and mirrored: it answers with a minus where ink begins from left to right.",
                shows=has_sums(rows=(0, 0, 0), columns=(3, 0, -3)),
            ),
            Wrong(
                name="nothing is subtracted",
                typed=("[[0, 0, 1], [0, 0, 1], [0, 0, 1]]",),
                hint="Nine pixels that are all 4 should be answered with 0. What must the nine weights add up to?",
                shows=answers_inside_a_stroke,
            ),
            Wrong(
                name="one row instead of three",
                typed=("[[0, 0, 0], [-1, 0, 1], [0, 0, 0]]",),
                hint="It sees the edge, and answers a third of what was asked for. How many rows take part?",
                shows=has_sums(rows=(0, 0, 0), columns=(-1, 0, 1)),
            ),
            Wrong(
                name="along the diagonal",
                typed=("[[-1, -1, 0], [-1, 0, 1], [0, 1, 1]]",),
                hint="This one sees edges of both directions. Try it on a patch with ink in its lower row alone.",
                shows=sees_both_directions,
            ),
        ),
        otherwise="Try your window on three patches: ink on the right only, in the lower row only, and everywhere.",
    ),
)
