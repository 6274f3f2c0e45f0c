"""Checks on parameters, windows and shapes counted by hand."""

from firstcnn.checks.answers import equals, whole
from firstcnn.checks.verdict import Exercise, Wrong

DENSE = (784 + 1) * 128 + (128 + 1) * 10

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
        ),
        otherwise="Count layer by layer, as above: a line from each input to each unit, then what each unit has.",
    ),
)
