"""The exercises of chapter 5: intervals and comparisons of networks."""

import math

import torch
from bookkit.exercises.verdict import Exercise, Wrong
from firstcnn import models
from torch import nn

from lessons.checks.answers import (
    array,
    exactly,
    function,
    number,
    same,
    several,
    unrolled,
    whole,
    word,
)
from lessons.checks.clashes import given_with_commas, stops_at
from lessons.checks.comparison.chances import (
    chance_of_any,
    chances_as,
    chances_for,
    first_wrong_chance,
    first_wrong_share,
    held_as,
    share_held,
    shares_of,
)
from lessons.checks.comparison.complex_cnn import (
    about_complex_cnn,
    answers_as_deep,
    deep_block,
    deep_network,
    has_three_convolutions,
    is_not_padded,
)
from lessons.checks.comparison.draws import (
    chances_of,
    comes_as,
    drawn_by,
    first_wrong_draw,
    of_images,
    of_nothing,
    of_other_images_for_each_seed,
    of_seeds,
    of_single_answers,
    pairs_rows_with_columns,
)
from lessons.checks.comparison.numbers import (
    HIGHER,
    UNDECIDED,
    VERDICTS,
    about_crossing,
    about_pooled,
    about_second_bin,
    second_bin,
)
from lessons.checks.comparison.offers import (
    acceptable,
    choices_of,
    chooses,
    first_wrong_choice,
    is_always_the_same,
    mixes_tables,
    takes_small_if,
)
from lessons.checks.comparison.twins import (
    about_twin,
    indexes_rows,
    reads_shuffled,
    stands_on_its_side,
    twin_maker,
    twins_of,
    weights_are,
)
from lessons.checks.comparison.wilson import (
    are_ends,
    first_wrong_ends,
    intervals_of,
    varies_by,
    wilson_ends,
)
from lessons.checks.observed import not_offered

WILSON = Exercise(
    id="wilson",
    read=function,
    right=lambda answer: are_ends(intervals_of(answer), wilson_ends),
    praise="The ends stay between 0 and 1, even where all answers are right.",
    wrong=(
        Wrong(
            name="the variance of a single answer",
            typed=("share * (1 - share)",),
            hint=(
                "So a single answer scatters, and not a share of many: the interval hardly shrinks"
                " with more images. How does a share of many scatter?"
            ),
            shows=varies_by(lambda share, total: share * (1 - share)),
        ),
        Wrong(
            name="only the right answers scatter",
            typed=("share / total",),
            hint=(
                "Near 100 % right there is hardly anything left to scatter, but here your interval"
                " is widest. Which other share has a say?"
            ),
            shows=varies_by(lambda share, total: share / total),
        ),
        Wrong(
            name="the root is taken twice",
            typed=("math.sqrt(share * (1 - share) / total)",),
            hint="These ends come out if a root is taken twice. What stands around the blank?",
            shows=varies_by(lambda share, total: math.sqrt(share * (1 - share) / total)),
        ),
        Wrong(
            name="the variance of a count",
            typed=("total * share * (1 - share)",),
            hint=(
                "That is how the number of right answers scatters. A share is this number over the"
                " total: what becomes of its variance?"
            ),
            shows=varies_by(lambda share, total: total * share * (1 - share)),
        ),
        Wrong(
            name="the total is squared",
            typed=("share * (1 - share) / total**2",),
            hint=(
                "The square belongs to the other term under the root. By what is the variance of a"
                " share divided?"
            ),
            shows=varies_by(lambda share, total: share * (1 - share) / total**2),
        ),
        Wrong(
            name="the number of answers less one",
            typed=("share * (1 - share) / (total - 1)",),
            hint=(
                "These ends come out with one answer less in the variance. By what does the"
                " equation above divide?"
            ),
            shows=varies_by(lambda share, total: share * (1 - share) / (total - 1)),
        ),
        Wrong(
            name="only the wrong answers scatter",
            typed=("(1 - share) / total",),
            hint=(
                "Near 0 % right there is hardly anything left to scatter, but here the interval is"
                " widest. Which other share has a say?"
            ),
            shows=varies_by(lambda share, total: (1 - share) / total),
        ),
        Wrong(
            name="the variance is left out",
            typed=("0",),
            hint=(
                "These ends come out if nothing but q decides about the width. Nine of ten and five"
                " of ten scatter differently."
            ),
            shows=varies_by(lambda share, total: 0),
        ),
    ),
    otherwise=(
        "Set nine of ten into the equation above, solve it for p, and compare term by term."
    ),
    look=intervals_of,
    observed=first_wrong_ends,
)

DRAW = Exercise(
    id="draw",
    read=drawn_by,
    right=comes_as(chances_of),
    praise=(
        "A seed is drawn with all its answers and an image with the answers of all seeds, as they"
        " would come again."
    ),
    wrong=(
        Wrong(
            name="rows and columns are taken in pairs",
            typed=("table[rows, columns]",),
            hint=(
                "With a comma NumPy pairs each row with one column. You want every drawn row at"
                " every drawn column: take them one after the other."
            ),
            stops=pairs_rows_with_columns,
        ),
        Wrong(
            name="the images are not drawn",
            typed=("table[rows]",),
            hint=(
                "The seeds are drawn, and every image stays. On other images the share would"
                " differ, too."
            ),
            shows=comes_as(of_seeds),
        ),
        Wrong(
            name="the seeds are not drawn",
            typed=("table[:, columns]",),
            hint=(
                "The images are drawn, and every seed stays: in the friend's own case nothing"
                " varies at all."
            ),
            shows=comes_as(of_images),
        ),
        Wrong(
            name="nothing is drawn",
            typed=("table",),
            hint=(
                "This is the share in the whole table, the same every time. Pick out of it what was"
                " drawn."
            ),
            shows=comes_as(of_nothing),
        ),
        Wrong(
            name="single answers are drawn",
            typed=("table.flatten()[generator.integers(table.size, size=table.size)]",),
            hint=(
                "That is the friend's draw again: half of one seed, half of another. Can half a"
                " seed come up?"
            ),
            shows=comes_as(of_single_answers),
        ),
        Wrong(
            name="other images for each seed",
            typed=(
                "np.stack([row[generator.integers(images, size=images)] for row in table[rows]])",
            ),
            hint=(
                "Each seed that is drawn answers other images here. If an image comes up twice, for"
                " which seeds does it come up twice?"
            ),
            shows=comes_as(of_other_images_for_each_seed),
        ),
        Wrong(
            name="per cent for shares",
            typed=("100 * table[rows][:, columns]",),
            hint=(
                "Seeds and images are drawn as they should be. But this is in per cent, and shares"
                " lie between 0 and 1."
            ),
            shows=comes_as(chances_of, lambda table: 100),
        ),
        Wrong(
            name="the right answers are counted",
            typed=("table[rows][:, columns].sum()",),
            hint=(
                "Seeds and images are drawn as they should be. But this is how many answers are"
                " right, not which share."
            ),
            shows=comes_as(chances_of, lambda table: table.size),
        ),
    ),
    otherwise=(
        "Try it on the friend's case: a draw takes whole rows and whole columns, as often as they"
        " came up."
    ),
    observed=first_wrong_draw,
)

COMPLEX_CNN = Exercise(
    id="complex-cnn",
    read=deep_network,
    right=lambda net: net.is_the_network(models.ComplexCNN),
    praise="It has 1,010,666 parameters: six convolutions, and far fewer than SimpleCNN.",
    wrong=(
        Wrong(
            name="two poolings in place of three",
            typed=(None, "128 * 7 * 7"),
            hint=(
                "6,272 is what two poolings leave. Count the blocks, and follow the side from 28"
                " down."
            ),
            stops=stops_at(nn.Linear, 128 * 7 * 7, 128 * 3 * 3),
        ),
        Wrong(
            name="half of 7 is rounded up",
            typed=(None, "128 * 4 * 4"),
            hint=(
                "Half of 7 is no whole number. Pooling leaves out pixels that do not fill a 2 × 2"
                " square any more: how many squares fit along 7 pixels?"
            ),
            stops=stops_at(nn.Linear, 128 * 4 * 4, 128 * 3 * 3),
        ),
        Wrong(
            name="commas for products",
            typed=(None, "128, 3, 3"),
            hint=(
                "nn.Linear takes two sizes, the values that come in and those that go out. Here"
                " commas make more of them."
            ),
            stops=given_with_commas,
        ),
        Wrong(
            name="the channels without their positions",
            typed=(None, "128"),
            hint=(
                "128 is the number of maps. Each of them still has several positions when it is"
                " flattened."
            ),
            stops=stops_at(nn.Linear, 128, 128 * 3 * 3),
        ),
        Wrong(
            name="one map alone",
            typed=(None, "3 * 3"),
            hint="9 values are those of one map. How many maps are flattened together?",
            stops=stops_at(nn.Linear, 3 * 3, 128 * 3 * 3),
        ),
        Wrong(
            name="the maps of the block before",
            typed=(None, "64 * 3 * 3"),
            hint="576 values are those of 64 maps. How many maps does the last convolution write?",
            stops=stops_at(nn.Linear, 64 * 3 * 3, 128 * 3 * 3),
        ),
        Wrong(
            name="the second convolution reads what the first one reads",
            typed=(
                deep_block(second="nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1)"),
                None,
            ),
            hint=(
                "The second convolution of the first block is built to read one map. How many maps"
                " does the first convolution write?"
            ),
            stops=stops_at(nn.Conv2d, 1, 32, place=2),
        ),
        Wrong(
            name="the second convolution is not padded",
            typed=(deep_block(second="nn.Conv2d(channels_out, channels_out, kernel_size=3)"), None),
            hint=(
                "The maps get smaller than 3 × 3: a convolution without padding takes pixels from"
                " the side. Which of yours has none?"
            ),
            stops=is_not_padded,
        ),
        Wrong(
            name="nothing is pooled",
            typed=(deep_block(order="first, nn.ReLU(), second, nn.ReLU(), nn.Dropout(0.25)"), None),
            hint=(
                "100,352 values arrive, 128 maps of 28 × 28: the side was never halved. What makes"
                " it shorter at the end of each block?"
            ),
            stops=stops_at(nn.Linear, 128 * 3 * 3, 128 * 28 * 28),
        ),
        Wrong(
            name="one convolution a block",
            typed=(deep_block(order="first, nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25)"), None),
            hint=(
                "An image meets three convolutions here, one in each block. A block is to have two."
            ),
            shows=has_three_convolutions,
        ),
        Wrong(
            name="ReLU behind the first convolution only",
            typed=(
                deep_block(order="first, nn.ReLU(), second, nn.MaxPool2d(2), nn.Dropout(0.25)"),
                None,
            ),
            hint=(
                "It answers as a network in which only the first convolution of each block is"
                " followed by ReLU. What is to come behind the second one?"
            ),
            shows=answers_as_deep(second_relu=False),
        ),
        Wrong(
            name="ReLU behind the second convolution only",
            typed=(
                deep_block(order="first, second, nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25)"),
                None,
            ),
            hint=(
                "It answers as a network without ReLU between the two convolutions of a block."
                " Together these two could do no more than one with a larger kernel."
            ),
            shows=answers_as_deep(first_relu=False),
        ),
        Wrong(
            name="no dropout in the blocks",
            typed=(
                deep_block(order="first, nn.ReLU(), second, nn.ReLU(), nn.MaxPool2d(2)"),
                None,
            ),
            hint=(
                "In evaluation mode this is the network, in training mode it answers as one"
                " without dropout in its blocks."
            ),
            shows=answers_as_deep(dropout=0.0),
        ),
        Wrong(
            name="dropout of one half in the blocks",
            typed=(
                deep_block(
                    order="first, nn.ReLU(), second, nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.5)"
                ),
                None,
            ),
            hint=(
                "In training mode it answers as a network that drops half of the values in its"
                " blocks. Which fraction is asked for there?"
            ),
            shows=answers_as_deep(dropout=0.5),
        ),
        Wrong(
            name="the mean in place of the largest",
            typed=(
                deep_block(
                    order="first, nn.ReLU(), second, nn.ReLU(), nn.AvgPool2d(2), nn.Dropout(0.25)"
                ),
                None,
            ),
            hint=(
                "It answers as a network that keeps the mean of each 2 × 2 square. The pooling of"
                " this book, in TinyCNN too, keeps the largest."
            ),
            shows=answers_as_deep(pool=nn.AvgPool2d),
        ),
    ),
    otherwise=(
        "Follow one image through a block: a convolution and ReLU, a second convolution and ReLU,"
        " pooling, dropout."
    ),
    observed=about_complex_cnn,
)

PAIRED = Exercise(
    id="paired",
    read=several(word, word),
    right=lambda answer: answer == (HIGHER, UNDECIDED),
    praise=(
        "Twenty errors fewer both times: what they are worth depends on how many images the two"
        " have in common."
    ),
    wrong=(
        Wrong(
            name="overlapping intervals decide nothing",
            typed=('"not shown different"', '"not shown different"'),
            hint=(
                "The two single intervals do overlap. But where every image that B misses is missed"
                " by A, does any image speak for A?"
            ),
            shows=lambda answer: answer == (UNDECIDED, UNDECIDED),
        ),
        Wrong(
            name="fewer errors are always better",
            typed=('"higher"', '"higher"'),
            hint=(
                "If no image is missed by both, 180 coins are tossed. How far apart do the two"
                " counts lie by chance?"
            ),
            shows=lambda answer: answer == (HIGHER, HIGHER),
        ),
        Wrong(
            name="common errors blur the comparison",
            typed=('"not shown different"', '"higher"'),
            hint=(
                "Ask of each case how many images speak for A, and how many for B. Where are they"
                " of one mind?"
            ),
            shows=lambda answer: answer == (UNDECIDED, HIGHER),
        ),
        Wrong(
            name="errors are taken for accuracy",
            typed=('"lower"', None),
            hint="The accuracy of B minus that of A is about right answers. Who has more of these?",
            shows=lambda answer: "lower" in answer,
        ),
    ),
    otherwise=(
        "Count in each case the images that only one of the two reads, and for whom they speak."
    ),
    observed=lambda answer: not_offered(answer, VERDICTS),
)

COVERAGE = Exercise(
    id="coverage",
    read=function,
    right=lambda answer: held_as(share_held)(shares_of(answer)),
    praise="This share is what the name of an interval promises: 95 % of a 95 % interval.",
    wrong=(
        Wrong(
            name="only the upper end",
            typed=("(truth <= high).mean()",),
            hint="An interval that begins above the truth counts here, too. It has two ends.",
            shows=held_as(lambda low, high, truth: (truth <= high).mean()),
        ),
        Wrong(
            name="only the lower end",
            typed=("(low <= truth).mean()",),
            hint="An interval that ends below the truth counts here, too. It has two ends.",
            shows=held_as(lambda low, high, truth: (low <= truth).mean()),
        ),
        Wrong(
            name="one end or the other",
            typed=("((low <= truth) | (truth <= high)).mean()",),
            hint=(
                "With this every interval counts: the truth is always above the lower end or below"
                " the upper one. What has to hold at once?"
            ),
            shows=held_as(lambda low, high, truth: 1.0),
        ),
        Wrong(
            name="the intervals that miss",
            typed=("((truth < low) | (high < truth)).mean()",),
            hint="This is the share of intervals that miss the truth. Which share is asked for?",
            shows=held_as(lambda low, high, truth: 1 - share_held(low, high, truth)),
        ),
        Wrong(
            name="a count",
            typed=("((low <= truth) & (truth <= high)).sum()",),
            hint="This is how many intervals hold the truth. A share is a part of all of them.",
            shows=held_as(lambda low, high, truth: len(low) * share_held(low, high, truth)),
        ),
        Wrong(
            name="the truth is taken for 0",
            typed=("((low <= 0) & (0 <= high)).mean()",),
            hint="This is the share that holds 0. The truth is an argument of the function.",
            shows=held_as(lambda low, high, truth: share_held(low, high, 0)),
        ),
        Wrong(
            name="and in place of &",
            typed=("(low <= truth and truth <= high).mean()",),
            hint=(
                "Python's `and` and chains such as a <= b <= c want one truth value, and an array"
                " holds many. NumPy has a sign of its own."
            ),
            stops=lambda error: "more than one element is ambiguous" in str(error),
        ),
    ),
    otherwise="Take three intervals by hand. Which hold the truth, and which share is that?",
    look=shares_of,
    observed=first_wrong_share,
)

FALSE_FINDS = Exercise(
    id="false-finds",
    read=function,
    right=lambda answer: chances_as(chance_of_any)(chances_for(answer)),
    praise="For twenty it is 64 %: a list of twenty without a false find is the exception.",
    wrong=(
        Wrong(
            name="the chance that none misses",
            typed=("0.95**count",),
            hint="This falls as the intervals become more. Is it the chance that one misses?",
            shows=chances_as(lambda count: 0.95**count),
        ),
        Wrong(
            name="the chances are added",
            typed=("0.05 * count",),
            hint=(
                "This is how many misses to expect. For a hundred it is 5, and a chance is never"
                " above 1."
            ),
            shows=chances_as(lambda count: 0.05 * count),
        ),
        Wrong(
            name="the chance that not all miss",
            typed=("1 - 0.05**count",),
            hint=(
                "For one interval this gives 0.95, but it misses in one case of twenty. Whose"
                " chance is multiplied?"
            ),
            shows=chances_as(lambda count: 1 - 0.05**count),
        ),
        Wrong(
            name="the chance that all miss",
            typed=("0.05**count",),
            hint="So all of them miss at once. One that misses is enough.",
            shows=chances_as(lambda count: 0.05**count),
        ),
        Wrong(
            name="exactly one",
            typed=("count * 0.05 * 0.95 ** (count - 1)",),
            hint=(
                "This is the chance of exactly one miss. It falls again for many intervals, which"
                " miss twice and more often."
            ),
            shows=chances_as(lambda count: count * 0.05 * 0.95 ** (count - 1)),
        ),
        Wrong(
            name="in per cent",
            typed=("100 * (1 - 0.95**count)",),
            hint="A chance is a number between 0 and 1. This is in per cent.",
            shows=chances_as(lambda count: 100 * chance_of_any(count)),
        ),
    ),
    otherwise=(
        "Begin with two intervals: with which chance does neither of them miss? The rest is the"
        " chance that is asked for."
    ),
    look=chances_for,
    observed=first_wrong_chance,
)

CHOOSE = Exercise(
    id="choose",
    read=function,
    right=lambda answer: chooses(acceptable)(choices_of(answer)),
    praise="Even if luck raised the figure, the network is likely to be good enough.",
    wrong=(
        Wrong(
            name="any table gives the same",
            typed=('comparison["low"] >= 0.98',),
            hint=(
                "Your function looks at a table that stands outside of it, whatever table it is"
                " given."
            ),
            shows=lambda choices: bool(choices.outside) and is_always_the_same(choices),
            stops=mixes_tables,
        ),
        Wrong(
            name="percent for shares",
            typed=('100 * table["low"] >= 0.98',),
            hint=(
                "Every small network passes, however bad. Which column is compared with 98 %, and"
                " are both in the same unit?"
            ),
            shows=takes_small_if(lambda table: table["low"] > -1),
        ),
        Wrong(
            name="no network passes",
            typed=('table["low"] / 100 >= 0.98',),
            hint=(
                "No network passes, however good. Which column is compared with 98 %, and are both"
                " in the same unit?"
            ),
            shows=lambda choices: not any(choices.taken),
        ),
        Wrong(
            name="the accuracy that was measured",
            typed=('table["accuracy"] >= 0.98',),
            hint=(
                "What was measured may be luck. Read point 1 again: which end of an interval is"
                " the safe one?"
            ),
            shows=takes_small_if(lambda table: table["accuracy"] >= 0.98),
        ),
        Wrong(
            name="the hopeful end of the interval",
            typed=('table["high"] >= 0.98',),
            hint=(
                "That is the best that may be true of the network. The post office wants to be safe"
                " if it is worse."
            ),
            shows=takes_small_if(lambda table: table["high"] >= 0.98),
        ),
        Wrong(
            name="rounded before it is compared",
            typed=('table["low"].round(2) >= 0.98',),
            hint=(
                "It takes a network whose interval begins a little below 98 %, as if it were"
                " rounded first. Is that at least 98 %?"
            ),
            shows=takes_small_if(lambda table: table["low"].round(2) >= 0.98),
        ),
        Wrong(
            name="the networks that fail",
            typed=('table["low"] < 0.98',),
            hint="It takes those whose interval begins below 98 %, and leaves out the others.",
            shows=takes_small_if(lambda table: table["low"] < 0.98),
        ),
    ),
    otherwise="Read the first of the five points again: which networks are to be struck out?",
    look=choices_of,
    observed=first_wrong_choice,
)

POOL_SHIFT = Exercise(
    id="pool-shift",
    read=lambda answer: array(unrolled(answer)).flatten(),
    right=lambda answer: same(answer, torch.tensor([9.0, 0.0])),
    praise=(
        "Pooled once, the answer had moved by one position; pooled twice, the shift of two is gone."
    ),
    wrong=(
        Wrong(
            name="pooled once",
            typed=("[0., 9., 0., 0.]",),
            hint="So it is after one pooling. The row is to be pooled twice.",
            shows=lambda answer: same(answer, torch.tensor([0.0, 9.0, 0.0, 0.0])),
        ),
        Wrong(
            name="the answer moves along",
            typed=("[0., 9.]",),
            hint=(
                "A convolution would move its answer along. Here take the larger of two neighbours,"
                " and then once more: where is the 9 each time?"
            ),
            shows=lambda answer: same(answer, torch.tensor([0.0, 9.0])),
        ),
        Wrong(
            name="the mean in place of the largest",
            typed=("[2.25, 0.]",),
            hint="That averages the pixels. Max pooling keeps one of them as it is.",
            shows=lambda answer: same(answer, torch.tensor([2.25, 0.0])),
        ),
        Wrong(
            name="pooled three times",
            typed=("[9.]",),
            hint="One number is left after three poolings. How many are left after two?",
            shows=lambda answer: same(answer, torch.tensor([9.0])),
        ),
        Wrong(
            name="not pooled",
            typed=("[0., 0., 9., 0., 0., 0., 0., 0.]",),
            hint="This is the row before any pooling. Go through it in pairs of neighbours.",
            shows=lambda answer: same(answer, torch.tensor([0.0, 0, 9, 0, 0, 0, 0, 0])),
        ),
        Wrong(
            name="the row before the shift, pooled once",
            typed=("[9., 0., 0., 0.]",),
            hint=(
                "So is the row after one pooling that was not shifted. Take the shifted one, and"
                " count the poolings."
            ),
            shows=lambda answer: same(answer, torch.tensor([9.0, 0, 0, 0])),
        ),
        Wrong(
            name="the smaller of two",
            typed=("[0., 0.]",),
            hint="The 9 is gone. Max pooling keeps one of two neighbours: which one?",
            shows=lambda answer: same(answer, torch.tensor([0.0, 0.0])),
        ),
    ),
    otherwise=(
        "Write the eight numbers in pairs and keep the larger of each. Then do the same with the"
        " four."
    ),
    observed=about_pooled,
)

TWIN = Exercise(
    id="twin",
    read=twin_maker,
    right=lambda answer: all(reads_shuffled(twin) for twin in twins_of(answer)),
    praise="The same products are added up in another order, so nothing changes but the rounding.",
    wrong=(
        Wrong(
            name="the rows in place of the columns",
            typed=("dense.fc1.weight[order]",),
            hint=(
                "A row of this matrix belongs to a hidden unit, and there are 128. On which axis"
                " are the 784 pixels?"
            ),
            stops=indexes_rows,
        ),
        Wrong(
            name="the matrix stays transposed",
            typed=("dense.fc1.weight.T[order]",),
            hint=(
                "What is copied has 128 values along its last axis, and the twin's weights have 784"
                " there. Which axis are the pixels?"
            ),
            stops=stands_on_its_side,
        ),
        Wrong(
            name="the inverse order",
            typed=("dense.fc1.weight[:, order.argsort()]",),
            hint=(
                "The right axis, but the way back. Which pixel comes first after permute,"
                " and whose weight does it need?"
            ),
            shows=weights_are(lambda weight, order: weight[:, order.argsort()]),
        ),
        Wrong(
            name="the weights as they were",
            typed=("dense.fc1.weight",),
            hint="The twin still expects every pixel at its old position. Its pixels have moved.",
            shows=weights_are(lambda weight, order: weight),
        ),
        Wrong(
            name="the order from its end",
            typed=("dense.fc1.weight[:, order.flip(0)]",),
            hint=(
                "The right axis, but the order is read from its end. Which pixel comes first"
                " after permute?"
            ),
            shows=weights_are(lambda weight, order: weight[:, order.flip(0)]),
        ),
    ),
    otherwise=(
        "Each pixel has to meet the weight that it met before. Try it by hand with 2, 5 and 7"
        " and three pixels."
    ),
    look=twins_of,
    observed=about_twin,
)

CALIBRATION = Exercise(
    id="calibration",
    read=number,
    right=second_bin(4 / 10 * 0.05),
    praise="The second bin holds fewer answers, and yet most of the error is from there.",
    wrong=(
        Wrong(
            name="the bin is not weighted",
            typed=("abs(0.7 - 0.75)",),
            hint=(
                "The distance is right. But this bin does not hold all the answers: weight it as"
                " the first one is."
            ),
            shows=second_bin(0.05),
        ),
        Wrong(
            name="the accuracy of the other bin",
            typed=("4 / 10 * abs(0.7 - 1.0)",),
            hint=(
                "This comes out with the accuracy of the first bin. How many answers of the second"
                " were right?"
            ),
            shows=second_bin(4 / 10 * 0.3),
        ),
        Wrong(
            name="the weight of the other bin",
            typed=("6 / 10 * abs(0.7 - 0.75)",),
            hint=(
                "This comes out with the weight of the first bin. How many of the ten answers does"
                " the second hold?"
            ),
            shows=second_bin(6 / 10 * 0.05),
        ),
        Wrong(
            name="the confidence of the other bin",
            typed=("4 / 10 * abs(0.98 - 0.75)",),
            hint=(
                "This comes out with the confidence of the first bin. How sure was the network in"
                " the second?"
            ),
            shows=second_bin(4 / 10 * 0.23),
        ),
        Wrong(
            name="distances of either sign cancel",
            typed=("4 / 10 * (0.7 - 0.75)",),
            hint=(
                "A distance is never negative: too sure in one bin cannot make up for too unsure in"
                " another."
            ),
            shows=second_bin(-4 / 10 * 0.05),
        ),
        Wrong(
            name="both bins weigh the same",
            typed=("5 / 10 * abs(0.7 - 0.75)",),
            hint=(
                "This comes out with a weight of one half. How many of the ten answers are in this"
                " bin?"
            ),
            shows=second_bin(0.025),
        ),
        Wrong(
            name="the count in place of the share",
            typed=("4 * abs(0.7 - 0.75)",),
            hint=(
                "This comes out with a count for the weight, where the first bin has a share of all"
                " answers. Weights should add up to one."
            ),
            shows=second_bin(0.2),
        ),
        Wrong(
            name="right answers of all ten",
            typed=("4 / 10 * abs(0.7 - 3 / 10)",),
            hint=(
                "This comes out if three right answers are taken of all ten. Of how many answers in"
                " this bin are they?"
            ),
            shows=second_bin(4 / 10 * 0.4),
        ),
        Wrong(
            name="what went wrong in place of what went right",
            typed=("4 / 10 * abs(0.7 - 0.25)",),
            hint=(
                "This comes out if one of the two is about wrong answers: an accuracy of 25 %, or a"
                " confidence of 30 %."
            ),
            shows=second_bin(4 / 10 * 0.45),
        ),
        Wrong(
            name="the first bin once more",
            typed=("6 / 10 * abs(0.98 - 1.0) + 4 / 10 * abs(0.7 - 0.75)",),
            hint="The first bin is in it twice: it stands before the blank already.",
            shows=second_bin(6 / 10 * 0.02 + 4 / 10 * 0.05),
        ),
        Wrong(
            name="per cent for shares",
            typed=("4 / 10 * abs(70 - 75)",),
            hint=(
                "What your answer has for the second bin is a hundred times too large. Is it in per"
                " cent, where the first one is not, or is a fraction upside down?"
            ),
            shows=second_bin(2),
        ),
        Wrong(
            name="the second bin is left out",
            typed=("0",),
            hint=(
                "This is what the first bin adds, and the second adds nothing to it. How far is 70"
                " % from its accuracy?"
            ),
            shows=second_bin(0),
        ),
    ),
    otherwise=(
        "In this bin: how sure was the network, how often was it right, and which share of the"
        " answers is here?"
    ),
    observed=about_second_bin,
)

CROSSING = Exercise(
    id="crossing",
    read=whole,
    right=exactly(8),
    observed=about_crossing,
    praise="After 2 epochs it was 120 errors behind. The steeper line needs time, not luck.",
    wrong=(
        Wrong(
            name="doublings are counted",
            typed=("3",),
            hint="Three doublings are right. How many epochs are that, if you begin with one?",
            shows=exactly(3),
        ),
        Wrong(
            name="the last row where Q is ahead",
            typed=("4",),
            hint="At 4 epochs P makes 100 errors and Q 64. How many do both make after the next?",
            shows=exactly(4),
        ),
        Wrong(
            name="one doubling too many",
            typed=("16",),
            hint="P is ahead there, but not for the first time. Compare both half as far.",
            shows=exactly(16),
        ),
    ),
    otherwise="Write both rows below each other: 400, 200, 100, … and 100, 80, 64, …",
)

EXERCISES: tuple[Exercise, ...] = (
    WILSON,
    DRAW,
    COMPLEX_CNN,
    PAIRED,
    COVERAGE,
    FALSE_FINDS,
    CHOOSE,
    POOL_SHIFT,
    TWIN,
    CALIBRATION,
    CROSSING,
)
