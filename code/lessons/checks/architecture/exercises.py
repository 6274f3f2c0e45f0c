"""The exercises of chapter 3: convolutions, layers and the networks made of them."""

import torch
from bookkit.exercises.verdict import Exercise, Wrong
from firstcnn import models
from torch import nn
from torch.nn import functional as F

from lessons import book_work
from lessons.checks.answers import (
    array,
    equals,
    exactly,
    function,
    number,
    rounded,
    same,
    several,
    whole,
    word,
)
from lessons.checks.architecture.layers import (
    a_shape_without_images,
    about_three_layers,
    are_three_layers,
    channels_last,
    read_three_layers,
    seen_by_one_value,
    shape_is,
)
from lessons.checks.architecture.numbers import (
    CONV3,
    COUNTS,
    NORMALISED,
    NUMBERS,
    SUMS,
    TIMES,
    about_four,
    about_probability,
    are_numbers,
    four_numbers,
)
from lessons.checks.architecture.one_block import (
    ONLY_THE_FIRST,
    WITH_AVERAGE_POOLING,
    WITH_CHANNELS_LAST,
    WITHOUT_RELU,
    BlockTrial,
    OneBlock,
    ends_with,
    fixes_the_count,
    forward_pass,
    reach_fc,
)
from lessons.checks.architecture.receptive_field import (
    SIDES_SEEN,
    about_sides_seen,
    are_sides,
    read_sides,
    sides_seen,
)
from lessons.checks.architecture.residual import ResidualTrial, residual
from lessons.checks.architecture.shapes import (
    SHAPES,
    SHAPES_BEFORE,
    VALUES_KEPT,
    about_shapes,
    gets_the_image,
    shapes_by,
    traced,
)
from lessons.checks.architecture.sides import (
    are_right_sides,
    first_wrong_side,
    has_room,
    sides_after,
)
from lessons.checks.architecture.simple_cnn import (
    RELU_BEFORE_BN2,
    WITH_RELU_AT_THE_END,
    WITH_SOFTMAX,
    WITHOUT_DROPOUT,
    WITHOUT_RELU_IN_HEAD,
    LargestOfAMap,
    SumOfAMap,
    about_simple_cnn,
    blocks,
    features,
    forward,
    head,
    pooled,
    reaches,
    reaches_fc1,
    read_simple_cnn,
    stops_before_conv2,
)
from lessons.checks.clashes import clash, given_with_commas, stops_at
from lessons.checks.networks import NetworkTrial, without
from lessons.checks.observed import about_number, not_offered

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="lower-right",
        read=number,
        right=equals(3),
        praise=(
            "Nine products, one sum. A convolution does this at every place, with the same nine"
            " weights."
        ),
        wrong=(
            Wrong(
                name="the last weight counted as 1",
                typed=("5. + 4. + 6.",),
                hint=(
                    "15 is the sum of three pixels. Look at the weight at the lower right of the"
                    " kernel again."
                ),
                shows=equals(15),
            ),
            Wrong(
                name="the last weight left out",
                typed=("5. + 4.",),
                hint=(
                    "9 is the sum of two of the three products. What lies under the third weight"
                    " that is not zero?"
                ),
                shows=equals(9),
            ),
            Wrong(
                name="the first weight left out",
                typed=("4. - 6.",),
                hint=(
                    "−2 is what comes out without the weight at the upper left. What lies under it?"
                ),
                shows=equals(-2),
            ),
            Wrong(
                name="the kernel turned by 180°",
                see="mis-cross-correlation",
                typed=("-5. + 4. + 6.",),
                hint=(
                    "5 is what a kernel turned by 180° gives, and also the first product alone. "
                    "Does the kernel lie as it is printed, and are all three products in it?"
                ),
                shows=equals(5),
            ),
            Wrong(
                name="the kernel lies at another place",
                typed=("0. + 2. - 0.",),
                hint=(
                    "4, 2 and −1 are the answers at the other three places. Which three rows and"
                    " columns are the last?"
                ),
                shows=lambda answer: answer in (4, 2, -1),
            ),
            Wrong(
                name="the pixels added without the weights",
                typed=("5. + 2. + 1. + 0. + 4. + 0. + 1. + 2. + 6.",),
                hint=(
                    "21 is the sum of the nine pixels. Each has to be multiplied by its weight"
                    " first."
                ),
                shows=equals(21),
            ),
        ),
        otherwise=(
            "Lay the kernel on the last three rows and columns; multiply what lies together, and"
            " add."
        ),
        observed=lambda answer: SUMS.get(answer, about_number(answer, 3)),
    ),
    Exercise(
        id="side-after",
        read=function,
        right=lambda side_after: are_right_sides(sides_after(side_after)),
        praise="The same three numbers decide height and width of every map in this book.",
        wrong=(
            Wrong(
                name="padding on one side only",
                typed=("side + padding - kernel",),
                hint=(
                    "Without padding it is right, with padding too short. On how many sides are"
                    " zeros put?"
                ),
                shows=has_room(lambda side, kernel, padding, stride: side + padding - kernel),
            ),
            Wrong(
                name="the kernel is not taken off",
                typed=("side + 2 * padding",),
                hint=(
                    "It is too long even where nothing is padded: the wider the kernel, the less"
                    " room it has to move."
                ),
                shows=has_room(lambda side, kernel, padding, stride: side + 2 * padding),
            ),
            Wrong(
                name="the padding is left out",
                typed=("side - kernel",),
                hint=(
                    "Without padding it is right. What do the zeros around the image do to its"
                    " side?"
                ),
                shows=has_room(lambda side, kernel, padding, stride: side - kernel),
            ),
            Wrong(
                name="the first place counted twice",
                typed=("side + 2 * padding - kernel + 1",),
                hint=(
                    "With stride 1 it is one too long. The first place of the kernel is counted at"
                    " the line's end."
                ),
                shows=has_room(
                    lambda side, kernel, padding, stride: side + 2 * padding - kernel + 1
                ),
            ),
            Wrong(
                name="the padding is taken away",
                typed=("side - 2 * padding - kernel",),
                hint=(
                    "With padding it comes out too short. Does a border of zeros make the image"
                    " smaller or larger?"
                ),
                shows=has_room(lambda side, kernel, padding, stride: side - 2 * padding - kernel),
            ),
            Wrong(
                name="the whole formula in place of the room",
                typed=("(side + 2 * padding - kernel) // stride + 1",),
                hint=(
                    "With stride 1 it is one too long, and otherwise too short: the line divides"
                    " and adds 1 itself. What is it that it divides?"
                ),
                shows=has_room(
                    lambda side, kernel, padding, stride: (
                        (side + 2 * padding - kernel) // stride + 1
                    )
                ),
            ),
            Wrong(
                name="kernel and padding changed round",
                typed=("side + 2 * kernel - padding",),
                hint=(
                    "These are the sides that come out if kernel and padding change places. Which"
                    " of the two makes room?"
                ),
                shows=has_room(lambda side, kernel, padding, stride: side + 2 * kernel - padding),
            ),
            Wrong(
                name="half the kernel is taken off",
                typed=("side + 2 * padding - kernel // 2",),
                hint=(
                    "These are the sides that come out if half of the kernel is taken off. How much"
                    " of the line does it cover when it lies at one end?"
                ),
                shows=has_room(
                    lambda side, kernel, padding, stride: side + 2 * padding - kernel // 2
                ),
            ),
        ),
        otherwise=(
            "How far can the kernel move? Draw a short line with its padding, and lay a kernel at"
            " both ends."
        ),
        look=sides_after,
        observed=first_wrong_side,
    ),
    Exercise(
        id="three-layers",
        read=read_three_layers,
        right=are_three_layers,
        praise=(
            "Only the convolution changed the number of channels, and only pooling the height and"
            " width."
        ),
        wrong=(
            Wrong(
                name="one map for one channel",
                typed=(
                    "nn.Conv2d(1, 1, kernel_size=3, padding=1)",
                    None,
                    None,
                    "[(1, 1, 28, 28), (1, 1, 28, 28), (1, 1, 14, 14)]",
                ),
                hint=(
                    "This layer writes one map, so it has one kernel. How many maps are asked for?"
                ),
                shows=lambda answer: any(
                    isinstance(layer, nn.Conv2d) and layer.out_channels == answer[1].shape[1] == 1
                    for layer in answer[0].modules()
                ),
            ),
            Wrong(
                name="a convolution without padding",
                typed=("nn.Conv2d(1, 4, kernel_size=3)", None, None, None),
                hint=(
                    "These maps are smaller than the digit. What keeps the size when the kernel is"
                    " 3 wide?"
                ),
                shows=lambda answer: (
                    tuple(answer[1].shape) == (1, 4, 26, 26)
                    and seen_by_one_value(answer[0]) == (4, 3, 3)
                ),
            ),
            Wrong(
                name="ReLU gets the digit",
                typed=(None, "F.relu(x)", None, None),
                hint=(
                    "rectified is one map, and the convolution wrote four. ReLU comes second: what"
                    " has the layer before it returned?"
                ),
                shows=lambda answer: (
                    tuple(answer[2].shape) == (1, 1, 28, 28) and answer[1].shape[1] == 4
                ),
            ),
            Wrong(
                name="pooling gets the digit",
                typed=(None, None, "F.max_pool2d(x, 2)", None),
                hint=(
                    "pooled is one map, and ReLU returned four. Pooling comes third: what has the"
                    " layer before it returned?"
                ),
                shows=lambda answer: (
                    tuple(answer[3].shape) == (1, 1, 14, 14) and answer[2].shape[1] == 4
                ),
            ),
            Wrong(
                name="pooling gets what the convolution returned",
                typed=(None, None, "F.max_pool2d(convolved, 2)", None),
                hint="Some pooled values are below zero: ReLU was passed by. What does it hand on?",
                shows=lambda answer: (
                    same(answer[3], F.max_pool2d(answer[1], 2)) and bool((answer[3] < 0).any())
                ),
            ),
            Wrong(
                name="the padding is forgotten",
                typed=(None, None, None, "[(1, 4, 26, 26), (1, 4, 28, 28), (1, 4, 14, 14)]"),
                hint=(
                    "The first shape: a kernel of 3 takes two rows and columns, but what does"
                    " padding=1 add?"
                ),
                shows=shape_is(0, 1, 4, 26, 26),
            ),
            Wrong(
                name="the channels of the input",
                typed=(None, None, None, "[(1, 1, 28, 28), (1, 4, 28, 28), (1, 4, 14, 14)]"),
                hint=(
                    "The first shape: the second number counts the channels that come out, not"
                    " those that go in."
                ),
                shows=shape_is(0, 1, 1, 28, 28),
            ),
            Wrong(
                name="the number of images is left out",
                typed=(None, None, None, "[(4, 28, 28), (4, 28, 28), (4, 14, 14)]"),
                hint=(
                    "One of these shapes has three numbers. Something stands in front of the"
                    " channels, even when there is only one image."
                ),
                shows=a_shape_without_images,
            ),
            Wrong(
                name="the channels at the end",
                typed=(None, None, None, "[(1, 28, 28, 4), (1, 28, 28, 4), (1, 14, 14, 4)]"),
                hint=(
                    "One of these shapes ends with the number of maps. In which place do N, C, H, W"
                    " have it?"
                ),
                shows=channels_last,
            ),
            Wrong(
                name="ReLU makes the maps smaller",
                typed=(None, None, None, "[(1, 4, 28, 28), (1, 4, 14, 14), (1, 4, 14, 14)]"),
                hint=(
                    "The second shape: ReLU looks at each value by itself. Does any of them"
                    " disappear?"
                ),
                shows=shape_is(1, 1, 4, 14, 14),
            ),
            Wrong(
                name="pooling halves the channels",
                typed=(None, None, None, "[(1, 4, 28, 28), (1, 4, 28, 28), (1, 2, 14, 14)]"),
                hint=(
                    "The third shape: pooling looks at each map by itself. How many maps does it"
                    " leave?"
                ),
                shows=shape_is(2, 1, 2, 14, 14),
            ),
            Wrong(
                name="pooling in steps of 1",
                typed=(None, None, None, "[(1, 4, 28, 28), (1, 4, 28, 28), (1, 4, 27, 27)]"),
                hint=(
                    "The third shape: this would be a window that moves by one pixel. By how many"
                    " does pooling move?"
                ),
                shows=shape_is(2, 1, 4, 27, 27),
            ),
            Wrong(
                name="pooling leaves a quarter of each side",
                typed=(None, None, None, "[(1, 4, 28, 28), (1, 4, 28, 28), (1, 4, 7, 7)]"),
                hint=(
                    "The third shape: a quarter of the values are left, and not a quarter of the"
                    " rows. What becomes of one side?"
                ),
                shows=shape_is(2, 1, 4, 7, 7),
            ),
        ),
        otherwise=(
            "Go through the three layers in order: what does each of them get, and what does it"
            " return?"
        ),
        observed=about_three_layers,
    ),
    Exercise(
        id="receptive-field",
        read=read_sides,
        right=lambda answer: answer == SIDES_SEEN,
        praise=(
            "A kernel of 3 always adds two steps. It is the length of a step that pooling changes."
        ),
        wrong=(
            Wrong(
                name="a step stays one pixel long",
                typed=(sides_seen("side = side + (kernel_size - 1)", "step = step * stride"),),
                hint=(
                    "These sides come out if each layer adds single pixels. How far apart are two"
                    " neighbours after a pooling?"
                ),
                shows=are_sides(lambda side, step, k, s: (side + k - 1, step)),
            ),
            Wrong(
                name="the whole kernel is added",
                typed=(sides_seen("side = side + kernel_size * step", "step = step * stride"),),
                hint=(
                    "These sides come out if a layer adds a step for each of its kernel's pixels."
                    " The first of them was seen before: how many are new?"
                ),
                shows=are_sides(lambda side, step, k, s: (side + k * step, step * s)),
            ),
            Wrong(
                name="the stride counts too early",
                typed=(
                    sides_seen("step = step * stride", "side = side + (kernel_size - 1) * step"),
                ),
                hint=(
                    "These sides come out if a pooling already takes the longer steps that it makes"
                    " for the layers behind it. Which of the two comes first?"
                ),
                shows=are_sides(lambda side, step, k, s: (side + (k - 1) * step * s, step * s)),
            ),
            Wrong(
                name="strides are added",
                typed=(
                    sides_seen("side = side + (kernel_size - 1) * step", "step = step + stride"),
                ),
                hint=(
                    "These sides come out if the strides are added up. A stride of 1 leaves"
                    " neighbours as far apart as they were: which operation does so?"
                ),
                shows=are_sides(lambda side, step, k, s: (side + (k - 1) * step, step + s)),
            ),
            Wrong(
                name="one side only",
                typed=(
                    sides_seen(
                        "side = side + (kernel_size - 1) * step // 2", "step = step * stride"
                    ),
                ),
                hint=(
                    "A kernel of 3 reaches one neighbour further on one side, and as far on the"
                    " other. The first layer sees 3 pixels: does your first side fit?"
                ),
                shows=are_sides(lambda side, step, k, s: (side + (k - 1) * step // 2, step * s)),
            ),
            Wrong(
                name="the square of the kernel",
                typed=(
                    sides_seen(
                        "side = side + (kernel_size ** 2 - 1) * step", "step = step * stride"
                    ),
                ),
                hint=(
                    "These sides come out if all pixels of a kernel are counted. How many of them"
                    " are there along one side?"
                ),
                shows=are_sides(lambda side, step, k, s: (side + (k * k - 1) * step, step * s)),
            ),
        ),
        otherwise=(
            "Draw one row of pixels. A value of the first layer reads three of them, and one of the"
            " pooling reads two such values."
        ),
        observed=about_sides_seen,
    ),
    Exercise(
        id="batch-norm",
        read=lambda answer: four_numbers(array(answer)),
        right=are_numbers(NORMALISED),
        praise="Mean 0, standard deviation 1. In a network it is done for each channel by itself.",
        wrong=(
            Wrong(
                name="divided by the variance",
                typed=("(numbers - centre) / (variance + 1e-5)",),
                hint=(
                    "The mean is 0, but the standard deviation is not 1: these were divided by the"
                    " variance."
                ),
                shows=are_numbers((NUMBERS - 4) / 5),
            ),
            Wrong(
                name="the standard deviation of a sample",
                typed=("(numbers - centre) / numbers.std()",),
                hint=(
                    "This is what Tensor.std gives, which divides the squares by one less than"
                    " their number. Which variance stands above?"
                ),
                shows=are_numbers((NUMBERS - 4) / NUMBERS.std()),
            ),
            Wrong(
                name="the mean is not taken away",
                typed=("numbers / (variance + 1e-5).sqrt()",),
                hint=(
                    "The standard deviation is 1, but all four are above 0. Where should their mean"
                    " lie?"
                ),
                shows=are_numbers(NUMBERS / 5**0.5),
            ),
            Wrong(
                name="not divided at all",
                typed=("numbers - centre",),
                hint=(
                    "The mean is 0 now. How far do the four still lie from it, and how far should"
                    " they?"
                ),
                shows=are_numbers(NUMBERS - 4),
            ),
            Wrong(
                name="the numbers taken from the mean",
                typed=("(centre - numbers) / (variance + 1e-5).sqrt()",),
                hint=(
                    "All four have the right size and the other sign. Should 7, above the mean,"
                    " come out above 0?"
                ),
                shows=are_numbers(-NORMALISED),
            ),
            Wrong(
                name="multiplied by the standard deviation",
                typed=("(numbers - centre) * (variance + 1e-5).sqrt()",),
                hint=(
                    "They have been spread out further. What brings a standard deviation of 2.24"
                    " to 1?"
                ),
                shows=are_numbers((NUMBERS - 4) * 5**0.5),
            ),
            Wrong(
                name="brackets left out",
                typed=("numbers - centre / (variance + 1e-5).sqrt()",),
                hint=(
                    "This comes out if only the mean is divided: division goes before subtraction."
                    " What has to come first?"
                ),
                shows=are_numbers(NUMBERS - 4 / 5**0.5),
            ),
            Wrong(
                name="scaled to 0 to 1",
                typed=("(numbers - numbers.min()) / (numbers.max() - numbers.min())",),
                hint=(
                    "These reach from 0 to 1. Mean 0 and standard deviation 1 are asked for, which"
                    " is something else."
                ),
                shows=are_numbers((NUMBERS - 1) / 6),
            ),
        ),
        otherwise=(
            "Compute the first of the four on paper: how far is 1 from the mean, and what is that"
            " divided by?"
        ),
        observed=about_four,
    ),
    Exercise(
        id="dropout",
        read=number,
        right=equals(0.25),
        praise=(
            "Three quarters stay, and each of them is divided by three quarters: on average the sum"
            " is what it was."
        ),
        wrong=(
            Wrong(
                name="the share that stays",
                typed=("6 / 8",),
                hint="0.75 is the share that stays. With which probability does a value go?",
                shows=equals(0.75),
            ),
            Wrong(
                name="the factor",
                typed=("8 / 6",),
                hint=(
                    "This is the factor by which a value that stays is multiplied. Which p makes"
                    " this factor?"
                ),
                shows=rounded(4 / 3, 2),
            ),
            Wrong(
                name="what is added",
                typed=("8 / 6 - 1",),
                hint=(
                    "A third is what a value that stays gains. But it is divided by a share: of the"
                    " whole, which share is left?"
                ),
                shows=rounded(1 / 3, 2),
            ),
            Wrong(
                name="the usual probability",
                typed=("0.5",),
                hint="With p = 0.5 values are doubled, as above: a 6 would become 12.",
                shows=equals(0.5),
            ),
            Wrong(
                name="per cent",
                typed=("25",),
                hint="25 would be in per cent. A probability lies between 0 and 1.",
                shows=equals(25),
            ),
            Wrong(
                name="the difference",
                typed=("8 - 6",),
                hint="2 is what this one value gained. How does that compare with all of it?",
                shows=equals(2),
            ),
            Wrong(
                name="the sign is turned",
                typed=("6 / 8 - 1",),
                hint="−0.25 has the right size. A probability is never below 0.",
                shows=equals(-0.25),
            ),
        ),
        otherwise=(
            "Let 1/(1 − p) be the factor. By which number was the 6 multiplied, and what is 1 − p,"
            " then?"
        ),
        observed=about_probability,
    ),
    Exercise(
        id="simple-cnn",
        read=read_simple_cnn,
        right=lambda net: net.is_the_network(book_work.SimpleCNN),
        praise=(
            "With the same weights it answers as the book's own, in training mode and in evaluation"
            " mode."
        ),
        wrong=(
            Wrong(
                name="a pooling is forgotten",
                typed=head("128 * 7 * 7", "128 * 14 * 14"),
                hint=(
                    "25,088 is what one pooling leaves of 128 maps. How often has the side of 28"
                    " been halved by then?"
                ),
                stops=stops_at(nn.Linear, 128 * 14 * 14, 128 * 7 * 7),
            ),
            Wrong(
                name="both poolings are forgotten",
                typed=head("128 * 7 * 7", "128 * 28 * 28"),
                hint=(
                    "100,352 is what 128 maps hold before any pooling. How long is a side by then?"
                ),
                stops=stops_at(nn.Linear, 128 * 28 * 28, 128 * 7 * 7),
            ),
            Wrong(
                name="one map alone",
                typed=head("128 * 7 * 7", "7 * 7"),
                hint="49 values are those of one map. How many maps are flattened together?",
                stops=stops_at(nn.Linear, 7 * 7, 128 * 7 * 7),
            ),
            Wrong(
                name="the maps without their places",
                typed=head("128 * 7 * 7", "128"),
                hint=(
                    "128 is the number of maps. Each of them still has several places when it is"
                    " flattened."
                ),
                stops=stops_at(nn.Linear, 128, 128 * 7 * 7),
            ),
            Wrong(
                name="the maps of the block before",
                typed=head("128 * 7 * 7", "64 * 7 * 7"),
                hint=(
                    "3,136 values are those of 64 maps. How many maps does the last convolution"
                    " write?"
                ),
                stops=stops_at(nn.Linear, 64 * 7 * 7, 128 * 7 * 7),
            ),
            Wrong(
                name="commas for products",
                typed=head("128 * 7 * 7", "128, 7, 7"),
                hint=(
                    "nn.Linear takes two sizes, the values that come in and those that go out. Here"
                    " commas make more of them."
                ),
                stops=given_with_commas,
            ),
            Wrong(
                name="in and out changed round",
                typed=blocks("32, 64", "64, 32"),
                hint=(
                    "conv2 is built to read 64 maps and to write 32. Which of its two numbers is"
                    " in, which is out?"
                ),
                stops=lambda error: (
                    stops_at(nn.Conv2d, 64, 32, 2)(error) and clash(error).layer.out_channels == 32
                ),
            ),
            Wrong(
                name="as many maps in as out",
                typed=blocks("32, 64", "64, 64"),
                hint=(
                    "conv2 is built to read as many maps as it writes. How many does the block"
                    " before hand on?"
                ),
                stops=lambda error: (
                    stops_at(nn.Conv2d, 64, 32, 2)(error) and clash(error).layer.out_channels == 64
                ),
            ),
            Wrong(
                name="as many maps out as in",
                typed=blocks("32, 64", "32, 32"),
                hint=(
                    "conv2 writes 32 maps. Look in the comments of features for what the second"
                    " block writes."
                ),
                stops=lambda error: (
                    stops_at(nn.BatchNorm2d, 64, 32, 2)(error)
                    and clash(error).comes_from("Convolution")
                ),
            ),
            Wrong(
                name="batch norm for the channels before",
                typed=blocks("BatchNorm2d(64)", "BatchNorm2d(32)"),
                hint="bn2 is built for the channels that conv2 reads. It stands behind conv2.",
                stops=stops_at(nn.BatchNorm2d, 32, 64, place=2),
            ),
            Wrong(
                name="batch norm before the convolution",
                typed=features("self.bn2(self.conv2(x))", "self.conv2(self.bn2(x))"),
                hint=(
                    "bn2 gets what the pooling hands on, before conv2 has read it. Read nested"
                    " calls from the inside."
                ),
                stops=stops_before_conv2,
            ),
            Wrong(
                name="built and never called",
                typed=features("self.bn2(self.conv2(x))", "self.conv2(x)"),
                hint=(
                    "The batch norm of the second block is built, counted and never called. "
                    "Compare this block with the first."
                ),
                shows=lambda net: (
                    len(net.unused) == 1 and net.answers_as(without(book_work.SimpleCNN, "bn2"))
                ),
            ),
            Wrong(
                name="ReLU before batch norm",
                typed=features(
                    "F.relu(self.bn2(self.conv2(x)))", "self.bn2(F.relu(self.conv2(x)))"
                ),
                hint=(
                    "It does what a network with ReLU before its second batch norm does. What is"
                    " the order in the first block?"
                ),
                shows=lambda net: net.answers_as(RELU_BEFORE_BN2),
            ),
            Wrong(
                name="conv3 reads what conv2 reads",
                typed=blocks("64, 128", "32, 128"),
                hint=("conv3 is built to read 32 maps. How many does the second block hand on?"),
                stops=stops_at(nn.Conv2d, 32, 64, place=3),
            ),
            Wrong(
                name="a third pooling",
                typed=features(
                    "return F.relu(self.bn3(self.conv3(x)))",
                    "return self.pool2(F.relu(self.bn3(self.conv3(x))))",
                ),
                hint=(
                    "1,152 values are 128 maps of 3 × 3: the maps have been halved three times."
                    " After which blocks does the table have a pooling?"
                ),
                stops=stops_at(nn.Linear, 128 * 7 * 7, 128 * 3 * 3),
            ),
            Wrong(
                name="the batch is flattened as well",
                typed=forward("x.flatten(1)", "x.flatten()"),
                hint=(
                    "All images have been written into one row. From which axis on should the"
                    " values be flattened?"
                ),
                stops=reaches_fc1(1),
            ),
            Wrong(
                name="nothing is flattened",
                typed=forward("x = x.flatten(1)  # (N, 6272)\n        ", ""),
                hint="Maps with rows and columns reach fc1. Which step is missing before it?",
                stops=reaches_fc1(4),
            ),
            Wrong(
                name="softmax at the end",
                see="mis-softmax-twice",
                typed=forward("return self.fc2(x)", "return self.fc2(x).softmax(dim=1)"),
                hint=(
                    "Each row adds up to 1. The table has no step behind fc2: the network ends with"
                    " any ten numbers."
                ),
                shows=lambda net: net.answers_as(WITH_SOFTMAX),
            ),
            Wrong(
                name="ReLU at the end",
                typed=forward("return self.fc2(x)", "return F.relu(self.fc2(x))"),
                hint="No number at the end is below 0. Which step stands behind fc2 in the table?",
                shows=lambda net: net.answers_as(WITH_RELU_AT_THE_END),
            ),
            Wrong(
                name="no ReLU in the head",
                typed=forward("F.relu(self.fc1(x))", "self.fc1(x)"),
                hint=(
                    "It does what a network without ReLU behind fc1 does. Compare your forward with"
                    " the head in the table."
                ),
                shows=lambda net: net.answers_as(WITHOUT_RELU_IN_HEAD),
            ),
            Wrong(
                name="dropout is built and never called",
                typed=forward("x = self.dropout(x)  # (N, 512)\n        ", ""),
                hint=(
                    "In training mode it answers as a network without dropout. In which line of"
                    " forward does dropout come in?"
                ),
                shows=lambda net: net.answers_as(WITHOUT_DROPOUT),
            ),
            Wrong(
                name="always ten logits",
                typed=head("512, num_classes", "512, 10"),
                hint=(
                    "SimpleCNN(7) should have seven logits and has ten. Which argument says how"
                    " many there are?"
                ),
                shows=lambda net: (
                    net.answers_as(book_work.SimpleCNN) and net.other_classes == (1, 10)
                ),
            ),
        ),
        otherwise=(
            "Follow one image through the comments in features and forward: does each layer fit"
            " what reaches it?"
        ),
        observed=about_simple_cnn,
    ),
    Exercise(
        id="trace-shapes",
        read=function,
        right=lambda trace: shapes_by(trace) == SHAPES,
        praise=(
            "The same loop works for any network whose layers are used in the order in which they"
            " were built."
        ),
        wrong=(
            Wrong(
                name="the shape before the layer",
                typed=(traced("shapes[name] = values.shape", "values = layer(values)"),),
                hint=(
                    "These are the shapes that come to the layers. Which of the two has to happen"
                    " first, the layer or the note?"
                ),
                shows=lambda answer: answer == SHAPES_BEFORE,
            ),
            Wrong(
                name="nothing is flattened",
                typed=("values = layer(values)\nshapes[name] = values.shape",),
                hint="Maps with rows and columns reach fc1. What has to happen before it?",
                stops=reaches_fc1(4),
            ),
            Wrong(
                name="the batch is flattened as well",
                typed=(traced(flat="values.flatten()"),),
                hint=(
                    "All images have been written into one row. From which axis on should the"
                    " values be flattened?"
                ),
                stops=reaches_fc1(1),
            ),
            Wrong(
                name="each layer gets the image",
                typed=(traced("shapes[name] = layer(values).shape"),),
                hint=(
                    "A layer that reads 32 maps got the image itself, with one channel. Under which"
                    " name should go on what a layer returns?"
                ),
                stops=gets_the_image,
            ),
            Wrong(
                name="the values are kept",
                typed=(traced("values = layer(values)", "shapes[name] = values"),),
                hint="These are the values themselves. Which part of a tensor tells its shape?",
                shows=lambda answer: answer == VALUES_KEPT,
            ),
        ),
        otherwise=(
            "Follow the images: which layers change the number of channels, which the rows and"
            " columns, and what does fc1 read?"
        ),
        look=shapes_by,
        observed=about_shapes,
    ),
    Exercise(
        id="batch-flattened",
        read=BlockTrial,
        right=lambda net: net.is_the_network(OneBlock),
        praise=(
            "Try a network on two images before you believe it: with one, a lost batch looks like"
            " none."
        ),
        wrong=(
            Wrong(
                name="the batch is flattened as well",
                typed=(forward_pass("maps.flatten()"),),
                hint=(
                    "All values of two images reach fc in a single axis. Which axes were melted"
                    " into one?"
                ),
                stops=reach_fc(2 * 784),
            ),
            Wrong(
                name="only the first image is read",
                typed=(forward_pass("maps[0].flatten()"),),
                hint=(
                    "Whatever the number of images, these are the ten logits of the first. Where"
                    " are the others?"
                ),
                shows=lambda net: net.answers_as(ONLY_THE_FIRST),
            ),
            Wrong(
                name="an axis in front of all images",
                typed=(forward_pass("maps.reshape(1, -1)"),),
                hint=(
                    "Two images reach fc as one row of 1,568 values. How many rows should there be?"
                ),
                stops=reach_fc(1, 2 * 784),
            ),
            Wrong(
                name="the maps are kept apart",
                typed=(forward_pass("maps.flatten(2)"),),
                hint=(
                    "Each map reaches fc as a row of its own, and fc takes the values of four maps"
                    " together. From which axis on should they be melted into one?"
                ),
                stops=reach_fc(2, 4, 14 * 14),
            ),
            Wrong(
                name="nothing is flattened",
                typed=(forward_pass("maps"),),
                hint=(
                    "The maps reach fc with their rows and columns. What has to happen before a"
                    " fully connected layer?"
                ),
                stops=reach_fc(2, 4, 14, 14),
            ),
            Wrong(
                name="the number of images is fixed",
                typed=(forward_pass("maps.view(64, -1)"),),
                hint=(
                    "Two images came. Do the rows have to be as many as these, or as many as in"
                    " another batch?"
                ),
                stops=fixes_the_count,
            ),
            Wrong(
                name="pooling is forgotten",
                typed=(forward_pass("maps.flatten(1)", maps="F.relu(self.conv(images))"),),
                hint=(
                    "Each image reaches fc with four times as many values as fc takes. Which step"
                    " makes the maps smaller?"
                ),
                stops=reach_fc(2, 4 * 28 * 28),
            ),
            Wrong(
                name="a quarter of the values",
                typed=(forward_pass("maps[:, 0].flatten(1)"),),
                hint=(
                    "Each image reaches fc as a row with a quarter of the values that fc takes. Are"
                    " all four maps in it, and is each step done once?"
                ),
                stops=reach_fc(2, 14 * 14),
            ),
            Wrong(
                name="images mixed by a reshape",
                typed=(forward_pass("maps.reshape(784, -1).T"),),
                hint=(
                    "If the second image is another one, the answer to the first one changes, too:"
                    " a row holds values of both. In which order do the values stand?"
                ),
                shows=BlockTrial.mixes,
            ),
            Wrong(
                name="ReLU is forgotten",
                typed=(forward_pass("maps.flatten(1)", maps="self.pool(self.conv(images))"),),
                hint=(
                    "Each image is a row now. But these logits come out if the negative values of"
                    " the maps are kept. Which step of the block is missing?"
                ),
                shows=lambda net: net.answers_as(WITHOUT_RELU),
            ),
            Wrong(
                name="the maps in another order",
                typed=(forward_pass("maps.permute(0, 2, 3, 1).flatten(1)"),),
                hint=(
                    "Each image is a row now, but with its channels last. So fc meets the values in"
                    " another order, and one image alone gets other logits than it had before."
                ),
                shows=lambda net: net.answers_as(WITH_CHANNELS_LAST),
            ),
            Wrong(
                name="softmax at the end",
                see="mis-softmax-twice",
                typed=(forward_pass("maps.flatten(1)", end="self.fc(values).softmax(dim=1)"),),
                hint=(
                    "Each image is a row now, but of probabilities that add up to 1. Logits are"
                    " asked for."
                ),
                shows=lambda net: net.answers_as(ends_with(lambda logits: logits.softmax(dim=1))),
            ),
            Wrong(
                name="ReLU at the end",
                typed=(forward_pass("maps.flatten(1)", end="F.relu(self.fc(values))"),),
                hint="Each image is a row now, but no number is below 0. May a logit be negative?",
                shows=lambda net: net.answers_as(ends_with(torch.relu)),
            ),
            Wrong(
                name="the mean in place of the largest",
                typed=(
                    forward_pass(
                        "maps.flatten(1)", maps="F.avg_pool2d(F.relu(self.conv(images)), 2)"
                    ),
                ),
                hint=(
                    "Each image is a row now. But these logits come out if the maps are averaged: "
                    "which kind of pooling does the block have?"
                ),
                shows=lambda net: net.answers_as(WITH_AVERAGE_POOLING),
            ),
        ),
        otherwise=(
            "Go through the lines of OneBlock's forward: what should stay as it is, and what should"
            " change?"
        ),
        observed=BlockTrial.told_of_block,
    ),
    Exercise(
        id="conv2-parameters",
        read=whole,
        right=exactly(CONV3),
        praise=(
            "Less than a fortieth of what fc1 has. The size of the image does not come into it."
        ),
        wrong=(
            Wrong(
                name="kernels of one plane",
                see="mis-one-plane",
                typed=("128 * 3 * 3 + 128",),
                hint="This gives each kernel nine weights. How many channels does it read?",
                shows=exactly(128 * 9 + 128),
            ),
            Wrong(
                name="the biases are forgotten",
                typed=("128 * 64 * 3 * 3",),
                hint=(
                    "73,728 are the weights alone. What was added for each map of the first"
                    " convolution?"
                ),
                shows=exactly(128 * 64 * 9),
            ),
            Wrong(
                name="a bias for each input channel",
                typed=("128 * 64 * 3 * 3 + 64",),
                hint=(
                    "The weights are right. A bias belongs to a map that is written, not to one"
                    " that is read."
                ),
                shows=exactly(128 * 64 * 9 + 64),
            ),
            Wrong(
                name="a bias for each plane",
                typed=("128 * 64 * (3 * 3 + 1)",),
                hint=(
                    "81,920 comes out if every plane has a bias. But what the planes find is added"
                    " first: how many sums are there?"
                ),
                shows=exactly(128 * 64 * 10),
            ),
            Wrong(
                name="one kernel alone",
                typed=("64 * 3 * 3 + 1",),
                hint=(
                    "This is one kernel with its bias, and it writes one map. How many maps are"
                    " written?"
                ),
                shows=exactly(64 * 9 + 1),
            ),
            Wrong(
                name="one kernel with all biases",
                typed=("64 * 3 * 3 + 128",),
                hint=(
                    "This is one kernel with all the biases. How many kernels does the layer have?"
                ),
                shows=exactly(64 * 9 + 128),
            ),
            Wrong(
                name="kernels of one place",
                typed=("128 * 64 + 128",),
                hint=(
                    "This gives each kernel one weight for each channel that it reads. How many"
                    " places does it cover?"
                ),
                shows=exactly(128 * 64 + 128),
            ),
        ),
        otherwise=(
            "Count as for the first convolution: weights and biases. The text above names kernels"
            " and channels."
        ),
        observed=lambda answer: (
            COUNTS.get(answer, "")
            or about_number(answer, CONV3).replace(str(answer), f"{answer:,}", 1)
        ),
    ),
    Exercise(
        id="larger-images",
        read=several(word, word),
        right=lambda answer: answer == ("the same", "four times"),
        praise=(
            "A kernel does not know how large the image is. A fully connected layer has a weight"
            " for every place."
        ),
        wrong=(
            Wrong(
                name="more pixels, more kernels",
                typed=('"four times"', None),
                hint=(
                    "The kernel lies at four times as many places. Does it need other weights"
                    " there?"
                ),
                shows=lambda answer: answer[0] == "four times",
            ),
            Wrong(
                name="kernels grow with the side",
                typed=('"twice"', None),
                hint=(
                    "A kernel of 3 × 3 stays 3 × 3, however long the side. What else would be"
                    " learned?"
                ),
                shows=lambda answer: answer[0] == "twice",
            ),
            Wrong(
                name="kernels for each place",
                typed=('"sixteen times"', None),
                hint=(
                    "A kernel has weights for channels and for its 3 × 3 places. Which of these"
                    " grow with the image?"
                ),
                shows=lambda answer: answer[0] == "sixteen times",
            ),
            Wrong(
                name="nothing grows",
                typed=(None, '"the same"'),
                hint=(
                    "The convolutions are right. But fc1 has a weight for each value that reaches"
                    " it: how many?"
                ),
                shows=lambda answer: answer == ("the same", "the same"),
            ),
            Wrong(
                name="fc1 grows with the side",
                typed=(None, '"twice"'),
                hint=(
                    "The convolutions are right. For fc1 count the values of a map, not those of a"
                    " row."
                ),
                shows=lambda answer: answer == ("the same", "twice"),
            ),
            Wrong(
                name="fc1 writes more as well",
                typed=(None, '"sixteen times"'),
                hint=(
                    "The convolutions are right. fc1 reads more values, but it still has its 512"
                    " units."
                ),
                shows=lambda answer: answer == ("the same", "sixteen times"),
            ),
        ),
        otherwise=(
            "What has a weight for each place of the image, and what uses the same weights at every"
            " place?"
        ),
        observed=lambda answer: not_offered(answer, TIMES),
    ),
    Exercise(
        id="pooled-cnn",
        read=NetworkTrial,
        right=lambda net: net.is_the_network(models.PooledSimpleCNN),
        praise="The same convolutions, and a head of 1,290 parameters in place of 3.2 million.",
        wrong=(
            Wrong(
                name="the maps are flattened",
                typed=(None, pooled("self.features(x).flatten(1)")),
                hint=(
                    "Each image reaches fc with all positions of its 128 maps. What should be left"
                    " of a map?"
                ),
                stops=stops_at(nn.Linear, 128, 128 * 7 * 7),
            ),
            Wrong(
                name="only one axis is averaged",
                typed=(None, pooled("self.features(x).mean(dim=3)")),
                hint=(
                    "What reaches fc still has the rows of the maps. Over which axes does a map"
                    " extend?"
                ),
                stops=reaches(nn.Linear, (2, 128, 7)),
            ),
            Wrong(
                name="the channels are averaged",
                typed=(None, pooled("self.features(x).mean(dim=1).flatten(1)")),
                hint=(
                    "49 values reach fc: one for each position. The average of each *map* is asked"
                    " for."
                ),
                stops=stops_at(nn.Linear, 128, 7 * 7),
            ),
            Wrong(
                name="the largest in place of the mean",
                typed=(None, pooled("self.features(x).amax(dim=(2, 3))")),
                hint=(
                    "These logits come out if the largest value of each map is taken. Which pooling"
                    " is asked for?"
                ),
                shows=lambda net: net.answers_as(LargestOfAMap),
            ),
            Wrong(
                name="the sum in place of the mean",
                typed=(None, pooled("self.features(x).sum(dim=(2, 3))")),
                hint=(
                    "These logits come out if the values of each map are added up. What does an"
                    " average do besides?"
                ),
                shows=lambda net: net.answers_as(SumOfAMap),
            ),
            Wrong(
                name="fc for all positions",
                typed=("self.fc = nn.Linear(128 * 7 * 7, num_classes)", None),
                hint=(
                    "fc is built for 6,272 values, and 128 averages reach it. What does it read"
                    " here?"
                ),
                stops=stops_at(nn.Linear, 128 * 7 * 7, 128),
            ),
        ),
        otherwise=(
            "Follow one image: 128 maps of 7 × 7, then one number for each map, then ten logits."
        ),
        observed=lambda net: net.told(models.PooledSimpleCNN),
    ),
    Exercise(
        id="residual-block",
        read=ResidualTrial,
        right=ResidualTrial.is_right,
        praise=(
            "If both convolutions wrote zeros, the block would hand on what it read. It has to"
            " learn only what is to change."
        ),
        wrong=(
            Wrong(
                name="x is not added",
                typed=(residual(end="F.relu(y)"),),
                hint=("It answers as two convolutions in sequence. What makes a block residual?"),
                shows=ResidualTrial.test_of("nothing added"),
            ),
            Wrong(
                name="ReLU before the sum",
                typed=(residual(end="x + F.relu(y)"),),
                hint=(
                    "It answers as a block whose last ReLU comes before the sum. Which of the two"
                    " is the last step?"
                ),
                shows=ResidualTrial.test_of("early ReLU"),
            ),
            Wrong(
                name="no ReLU at the end",
                typed=(residual(end="x + y"),),
                hint="Some of its answers are below 0. Which step is missing at the end?",
                shows=ResidualTrial.test_of("no last ReLU"),
            ),
            Wrong(
                name="no ReLU between the convolutions",
                typed=(residual(first="self.bn1(self.conv1(x))"),),
                hint=(
                    "It answers as a block without ReLU between its convolutions. Two convolutions"
                    " in sequence need one between them: why?"
                ),
                shows=ResidualTrial.test_of("no first ReLU"),
            ),
            Wrong(
                name="a ReLU too many",
                typed=(residual(second="F.relu(self.bn2(self.conv2(y)))"),),
                hint=(
                    "It answers as a block with a ReLU behind its second batch norm. What can the"
                    " block then no longer do to x: add, or take away?"
                ),
                shows=ResidualTrial.test_of("early ReLU and a last one"),
            ),
            Wrong(
                name="the second convolution reads x",
                typed=(residual(second="self.bn2(self.conv2(x))"),),
                hint=(
                    "It answers as a block whose second convolution reads x. What should it read?"
                ),
                shows=ResidualTrial.test_of("x twice"),
            ),
            Wrong(
                name="batch norm is left out",
                typed=(residual(second="self.conv2(y)"),),
                hint="It answers as a block that never calls bn2. Where does it belong?",
                shows=ResidualTrial.test_of("no bn2"),
            ),
        ),
        otherwise=(
            "Two convolutions, each with its batch norm, and ReLU between them; then the sum with"
            " x; then ReLU."
        ),
        observed=ResidualTrial.told,
    ),
)
