"""The exercises of chapter 1: parameters and single positions of a kernel, by hand."""

import torch
from bookkit.exercises.verdict import Exercise, Wrong

from lessons.checks.answers import equals, exactly, number, rounded, same, whole
from lessons.checks.counting.parameters import (
    ALL_PARAMETERS,
    AT_256,
    AT_512,
    DENSE,
    WEIGHTS_AND_BIASES,
    about_factor,
    about_mark,
    about_parameters,
)
from lessons.checks.counting.window import (
    OLD,
    SOBEL,
    about_products,
    about_window,
    answers_like,
    only_adds,
    read_window,
    rows_in_use,
    sees,
)

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="dense-parameters",
        read=whole,
        right=exactly(DENSE),
        praise=(
            "Nearly all of them sit in the first layer, where every pixel has a weight to every"
            " unit."
        ),
        wrong=(
            Wrong(
                name="the biases are forgotten",
                typed=("784 * 128 + 128 * 10",),
                hint=(
                    "These are the weights. Look at the table above: what else does each unit have?"
                ),
                shows=exactly(784 * 128 + 128 * 10),
            ),
            Wrong(
                name="the second layer is forgotten",
                typed=("784 * 128 + 128",),
                hint="This is the first layer alone. The 128 units are the inputs of another one.",
                shows=exactly(784 * 128 + 128),
            ),
            Wrong(
                name="the weights of the first layer alone",
                typed=("784 * 128",),
                hint=(
                    "These are the weights of the first layer. What else has each of its units, and"
                    " what comes after it?"
                ),
                shows=exactly(784 * 128),
            ),
            Wrong(
                name="the outputs have no biases",
                typed=("784 * 128 + 128 + 128 * 10",),
                hint=(
                    "This is ten short of all parameters, and there are ten outputs. Are they units"
                    " like the others?"
                ),
                shows=exactly(DENSE - 10),
            ),
            Wrong(
                name="the hidden units have no biases",
                typed=("784 * 128 + 128 * 10 + 10",),
                hint=(
                    "This is 128 short of all parameters, and there are 128 hidden units. What has "
                    "each besides its weights?"
                ),
                shows=exactly(DENSE - 128),
            ),
            Wrong(
                name="the units are added where they are multiplied",
                typed=("784 + 128 + 10",),
                hint=(
                    "So many values there are, in three columns. Parameters belong to the lines: "
                    "how many leave one pixel?"
                ),
                shows=exactly(784 + 128 + 10),
            ),
            Wrong(
                name="the layers are multiplied with each other",
                typed=("784 * 128 * 10",),
                hint=(
                    "This is the product of all three sizes. Is there a line from a pixel through a"
                    " unit to each output, or do lines end at a unit?"
                ),
                shows=exactly(784 * 128 * 10),
            ),
            Wrong(
                name="one layer from pixels to classes",
                typed=("784 * 10 + 10",),
                hint=(
                    "So many parameters has a network without hidden units. Go from 784 to 128"
                    " first."
                ),
                shows=exactly(784 * 10 + 10),
            ),
            Wrong(
                name="the side instead of the pixels",
                typed=("28 * 128 + 128 + 128 * 10 + 10",),
                hint=(
                    "So many parameters has a network with 28 inputs. How many pixels has an image"
                    " of 28 × 28?"
                ),
                shows=exactly(28 * 128 + 128 + 128 * 10 + 10),
            ),
            Wrong(
                name="pixels have biases, too",
                typed=("784 + 784 * 128 + 128 + 128 * 10 + 10",),
                hint=(
                    "This is 784 more than there are, one for every pixel. A pixel adds up nothing:"
                    " which circles do?"
                ),
                shows=exactly(DENSE + 784),
            ),
        ),
        otherwise=(
            "Count layer by layer, as above: a line from each input to each unit, then what each"
            " unit has."
        ),
        observed=about_parameters,
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
                hint=(
                    "This is how the side grows. Draw an image of 2 × 2 and one of twice the side;"
                    " count pixels."
                ),
                shows=equals(2),
            ),
            Wrong(
                name="what is new without what was there",
                typed=("3",),
                hint=(
                    "Three times as many as 4 pixels would be 12. How many pixels has an image of 4"
                    " × 4?"
                ),
                shows=equals(3),
            ),
            Wrong(
                name="the weights do not depend on the image",
                typed=("1",),
                hint=(
                    "So it would be if all pixels shared their weights. What does a new pixel bring"
                    " in a dense layer?"
                ),
                shows=equals(1),
            ),
            Wrong(
                name="squared once too often",
                typed=("16",),
                hint="16 is 4 times 4. Only the pixels get more; the 128 units stay as they are.",
                shows=equals(16),
            ),
            Wrong(
                name="the number of units doubles, too",
                typed=("8",),
                hint="8 is 2 times 2 times 2. Height and width double; do the 128 units, too?",
                shows=equals(8),
            ),
            Wrong(
                name="the small network over the large one",
                typed=("28 * 28 / (56 * 56)",),
                hint=(
                    "A quarter: with that, the larger image would have fewer weights. Which count "
                    "do you divide by which?"
                ),
                shows=equals(0.25),
            ),
            Wrong(
                name="in per cent",
                typed=("400",),
                hint="400 is the answer in per cent. The question is how many times as many.",
                shows=equals(400),
            ),
            Wrong(
                name="biases and the second layer are counted, too",
                typed=(
                    "(56 * 56 * 128 + 128 + 128 * 10 + 10) / (28 * 28 * 128 + 128 + 128 * 10 + 10)",
                ),
                hint=(
                    "Very near. So it is for both layers together; the question is about the first "
                    "layer's weights alone."
                ),
                shows=rounded(ALL_PARAMETERS, 3),
            ),
            Wrong(
                name="the biases of the first layer are counted, too",
                typed=("(56 * 56 * 128 + 128) / (28 * 28 * 128 + 128)",),
                hint=(
                    "Very near. So it is with the 128 biases of the first layer, which stay as they"
                    " are; count weights alone."
                ),
                shows=rounded(WEIGHTS_AND_BIASES, 4),
            ),
        ),
        otherwise=(
            "Each pixel has 128 weights. So ask: how many times as many pixels has an image of"
            " twice the side?"
        ),
        observed=about_factor,
    ),
    Exercise(
        id="one-mark-further",
        read=number,
        right=rounded(AT_512, 1),
        praise=(
            "A straight line on two logarithmic axes: equal steps to the right are equal factors"
            " upwards."
        ),
        wrong=(
            Wrong(
                name="twice the side, twice the parameters",
                typed=("2 * 8.39",),
                hint=(
                    "This is twice the number at the last mark. Is it twice from 64 to 128, too? "
                    "Compare the two numbers."
                ),
                shows=rounded(2 * AT_256, 1),
            ),
            Wrong(
                name="equal steps read as equal amounts",
                typed=("8.39 + (8.39 - 2.10)",),
                hint=(
                    "This adds what the last step added. On a logarithmic axis, equal steps are"
                    " equal factors."
                ),
                shows=rounded(8.390 + 8.390 - 2.099, 1),
            ),
            Wrong(
                name="each step is one power of ten",
                typed=("83.9",),
                hint=(
                    "Ten times the last mark, as from grid line to grid line. How far up does one"
                    " mark take you?"
                ),
                shows=rounded(10 * AT_256, 1),
            ),
            Wrong(
                name="not in millions",
                typed=("4 * 8_390_026",),
                hint="The number is fine, its unit is not: answer in millions.",
                shows=rounded(AT_512 * 1e6, -4),
            ),
            Wrong(
                name="in thousands",
                typed=("33_556",),
                hint="So many thousands they are. Answer in millions.",
                shows=rounded(AT_512 * 1e3, -1),
            ),
            Wrong(
                name="the last mark itself",
                typed=("4 * 2.10",),
                hint=(
                    "This is the network at the last mark, 256 pixels. The question is about the"
                    " one after it."
                ),
                shows=rounded(AT_256, 1),
            ),
            Wrong(
                name="two steps at once",
                typed=("16 * 8.39",),
                hint="16 times the last mark, which is two steps on. From 256 to 512 it is one.",
                shows=rounded(16 * AT_256, 0),
            ),
            Wrong(
                name="the pixels without their weights",
                typed=("512 * 512 / 1e6",),
                hint=(
                    "So many pixels has the image, in millions. How many weights has each of them?"
                ),
                shows=rounded(512 * 512 / 1e6, 3),
            ),
            Wrong(
                name="the side instead of the pixels",
                typed=("(512 * 128 + 128 + 128 * 10 + 10) / 1e6",),
                hint=(
                    "So many parameters has a network with 512 inputs. How many pixels has an image"
                    " of 512 × 512?"
                ),
                shows=rounded((512 * 128 + 128 + 128 * 10 + 10) / 1e6, 4),
            ),
        ),
        otherwise=(
            "Divide the number at the last mark by the one before it, and take this step once more,"
            " in millions."
        ),
        observed=about_mark,
    ),
    Exercise(
        id="window-by-hand",
        read=number,
        right=equals(-12),
        praise="Bright above and dark below: the size says how much, the sign on which side.",
        wrong=(
            Wrong(
                name="the wrong side",
                typed=("12.0",),
                hint=(
                    "Right size, wrong side. Which weights are on the bright pixels, those on top"
                    " or those at the bottom?"
                ),
                shows=equals(12),
            ),
            Wrong(
                name="the pixels are added without their weights",
                typed=("24.0",),
                hint=(
                    "24 is the sum of the pixels. Multiply each by the weight at its position"
                    " first."
                ),
                shows=equals(24),
            ),
            Wrong(
                name="every patch counts as inside a stroke",
                typed=("0.0",),
                hint=(
                    "This would be so if all nine pixels were the same. The last row of the patch"
                    " differs."
                ),
                shows=equals(0),
            ),
            Wrong(
                name="one column instead of three",
                typed=("-4.0",),
                hint=(
                    "−4 is what one column gives. The kernel has three of them: add up all nine"
                    " products."
                ),
                shows=equals(-4),
            ),
            Wrong(
                name="the middle row counts, too",
                typed=("-24.0",),
                hint=(
                    "It would be so if −1 were on all bright pixels. Which weights are on the"
                    " middle row?"
                ),
                shows=equals(-24),
            ),
            Wrong(
                name="the weights without the pixels",
                typed=("-3.0",),
                hint=(
                    "−3 is the sum of three weights. Each is multiplied by the pixel under it: how"
                    " bright is it?"
                ),
                shows=equals(-3),
            ),
            Wrong(
                name="the mean of the products",
                typed=("-12 / 9",),
                hint="This is the mean of the nine products. A convolution gives their sum.",
                shows=rounded(-12 / 9, 2),
            ),
        ),
        otherwise="Nine products, pixel times weight, row by row; then add them up.",
        observed=about_products,
    ),
    Exercise(
        id="turned-window",
        read=read_window,
        right=answers_like(columns=(-3, 0, 3)),
        praise=(
            "The same idea, a quarter turn further; chapter 4 looks at what training makes of such"
            " kernels."
        ),
        wrong=(
            Wrong(
                name="not turned",
                typed=("[[-1, -1, -1], [0, 0, 0], [1, 1, 1]]",),
                hint=(
                    "This is the old kernel: it compares above with below. Which pixels have to be"
                    " compared now?"
                ),
                shows=lambda weights: same(weights, OLD),
            ),
            Wrong(
                name="mirrored",
                typed=("[[1, 0, -1], [1, 0, -1], [1, 0, -1]]",),
                hint=(
                    "Turned, and mirrored: it gives a minus where a stroke begins from left to"
                    " right."
                ),
                shows=answers_like(columns=(3, 0, -3)),
            ),
            Wrong(
                name="nothing is subtracted",
                typed=("[[0, 0, 1], [0, 0, 1], [0, 0, 1]]",),
                hint=(
                    "Nine pixels that are all 4 should give 0. What must the nine"
                    " weights add up to?"
                ),
                shows=only_adds,
            ),
            Wrong(
                name="turned the other way up",
                typed=("[[1, 1, 1], [0, 0, 0], [-1, -1, -1]]",),
                hint=(
                    "This kernel still compares above with below: it gives 0 where a stroke begins"
                    " from left to right."
                ),
                shows=lambda weights: sees(weights) == (False, True),
            ),
            Wrong(
                name="one row instead of three",
                typed=("[[0, 0, 0], [-1, 0, 1], [0, 0, 0]]",),
                hint=(
                    "It sees the edge, and gives a third of what was asked for. How many rows"
                    " take part?"
                ),
                shows=lambda weights: (
                    answers_like(columns=(-1, 0, 1))(weights) and rows_in_use(weights) == 1
                ),
            ),
            Wrong(
                name="a third of each weight",
                typed=("[[-1 / 3, 0, 1 / 3]] * 3",),
                hint=(
                    "All three rows see the edge, but together they give 4 where 12 is asked for."
                    " How large is each weight?"
                ),
                shows=lambda weights: same(
                    weights, torch.tensor([[-1.0, 0.0, 1.0]] * 3, dtype=torch.float64) / 3
                ),
            ),
            Wrong(
                name="Sobel's kernel",
                typed=("[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]",),
                hint=(
                    "This is Sobel's kernel. Its middle row counts twice, so it gives 16. Here 12"
                    " is asked for."
                ),
                shows=lambda weights: same(weights, SOBEL),
            ),
            Wrong(
                name="weights with the brightness in them",
                typed=("[[-4, 0, 4], [-4, 0, 4], [-4, 0, 4]]",),
                hint=(
                    "It sees the edge and gives 48. The pixels bring a factor of 4 themselves: how "
                    "large are the weights then?"
                ),
                shows=answers_like(columns=(-12, 0, 12)),
            ),
            Wrong(
                name="along the diagonal",
                typed=("[[-1, -1, 0], [-1, 0, 1], [0, 1, 1]]",),
                hint=(
                    "It sees edges of both directions. Try it on patches that are bright in upper"
                    " rows alone, and in lower rows alone."
                ),
                shows=lambda weights: (
                    sees(weights) == (True, True) and abs(weights.sum().item()) < 1e-4
                ),
            ),
        ),
        otherwise=(
            "Try your kernel on three patches: bright on the right only, in the lower row only, and"
            " everywhere."
        ),
        observed=about_window,
    ),
)
