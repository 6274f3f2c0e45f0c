"""The exercises of chapter 6: experiments of one's own."""

import math
import statistics
from functools import partial

from bookkit.exercises.verdict import Exercise, Wrong
from firstcnn.training import Recipe

from lessons.checks.answers import exactly, function, several, unrolled, whole, words
from lessons.checks.investigation.choices import (
    about_choice,
    counts_seeds,
    taken_by,
    takes_by,
    takes_well,
)
from lessons.checks.investigation.numbers import (
    LENGTHS,
    TWICE,
    about_filters,
    about_letters,
    are_lengths,
    are_letters,
    read_length,
)
from lessons.checks.investigation.recipes import (
    about_change,
    changes_of,
    is_other_field,
    only_smooths,
    read_recipe,
)
from lessons.checks.investigation.scanner import (
    ANGLE,
    PIXELS,
    about_scan,
    flies_off,
    is_alike,
    is_scanner,
    keeps_form,
    moves_by,
    read_scanner,
    turns_and_moves,
    turns_by,
)
from lessons.checks.observed import not_offered

ATTEMPTS = Exercise(
    id="attempts",
    read=lambda answer: words(unrolled(answer)),
    right=are_letters("b"),
    praise=(
        "A has the highest point, but its interval holds 0. The gain of B is smaller, and its"
        " interval lies above 0."
    ),
    wrong=(
        Wrong(
            name="the largest difference",
            see="mis-one-seed",
            typed=('["A"]',),
            hint="Its point lies farthest to the right. Where does its interval begin?",
            shows=are_letters("a"),
        ),
        Wrong(
            name="the two largest differences",
            typed=('["A", "B"]',),
            hint="Two points lie clearly to the right of 0. Do both of their intervals?",
            shows=are_letters("a", "b"),
        ),
        Wrong(
            name="whatever lies to the right",
            typed=('["A", "B", "C"]',),
            hint="These have their points right of 0. Which of their intervals have 0 inside?",
            shows=are_letters("a", "b", "c"),
        ),
        Wrong(
            name="different is taken for better",
            typed=('["B", "D"]',),
            hint=(
                "Filled marks are shown to be different. On which side of 0 does each of them lie?"
            ),
            shows=are_letters("b", "d"),
        ),
        Wrong(
            name="nobody, because seeds differ",
            typed=("[]",),
            hint=(
                "Some seeds differ, and the intervals know it. Is there none that keeps clear of 0?"
            ),
            shows=are_letters(),
        ),
        Wrong(
            name="the lower side",
            typed=('["D"]',),
            hint="Its interval keeps clear of 0. But the figure shows accuracy, and not errors.",
            shows=are_letters("d"),
        ),
        Wrong(
            name="everybody",
            typed=('["A", "B", "C", "D"]',),
            hint="All four are in your list. One of the points even lies left of 0.",
            shows=are_letters("a", "b", "c", "d"),
        ),
    ),
    otherwise=(
        "Ask of each of the four, one by one: where does its interval begin, and where does it end?"
    ),
    observed=about_letters,
)

STEEPER = Exercise(
    id="steeper",
    read=several(read_length, read_length),
    right=are_lengths("longer", "the same"),
    praise=(
        "A rate that suits SGD depends on the scale of the loss; one that suits Adam hardly does."
    ),
    wrong=(
        Wrong(
            name="every step follows the slope",
            typed=('"longer"', '"longer"'),
            hint=(
                "So it is for one of the two. What does the other divide by, and what becomes of"
                " the factor?"
            ),
            shows=are_lengths("longer", "longer"),
        ),
        Wrong(
            name="the rate alone sets the step",
            typed=('"the same"', '"the same"'),
            hint=(
                "Both have one rate, yet above one of them moved two weights by different amounts."
                " Which one?"
            ),
            shows=are_lengths("the same", "the same"),
        ),
        Wrong(
            name="the two are mixed up",
            typed=('"the same"', '"longer"'),
            hint=(
                "One multiplies the gradient, the other also divides by its size. You have them the"
                " other way round."
            ),
            shows=are_lengths("the same", "longer"),
        ),
        Wrong(
            name="a steep slope slows Adam down",
            typed=('"longer"', '"shorter"'),
            hint=(
                "Adam divides by the size of the gradient. Does that make a large gradient small?"
                " What is 20 over 20?"
            ),
            shows=are_lengths("longer", "shorter"),
        ),
        Wrong(
            name="a steep slope slows SGD down",
            typed=('"shorter"', None),
            hint=(
                "The rate is multiplied by the gradient in SGD. A gradient that is 1,000 times as"
                " large makes the product smaller?"
            ),
            shows=are_lengths("shorter", "the same"),
        ),
        Wrong(
            name="a steep slope slows both down",
            typed=('"shorter"', '"shorter"'),
            hint=(
                "Neither of the two becomes slower. Write both steps for a gradient of 0.002 and"
                " for one of 2."
            ),
            shows=are_lengths("shorter", "shorter"),
        ),
        Wrong(
            name="shorter for SGD and longer for Adam",
            typed=('"shorter"', '"longer"'),
            hint=(
                "One multiplies by the gradient, the other divides by its size, too. Write both "
                "steps for 0.002 and 2."
            ),
            shows=are_lengths("shorter", "longer"),
        ),
        Wrong(
            name="the same for SGD and shorter for Adam",
            typed=('"the same"', '"shorter"'),
            hint=(
                "Above, one of the two moved two weights by different amounts, and the other by the"
                " same. Which is which?"
            ),
            shows=are_lengths("the same", "shorter"),
        ),
    ),
    otherwise='Each of the two is one of "longer", "shorter" and "the same", in quotes.',
    observed=lambda answer: not_offered(answer, LENGTHS),
)

CHOICE = Exercise(
    id="choice",
    read=function,
    right=lambda answer: takes_well(taken_by(answer)),
    look=taken_by,
    praise=(
        "Now the test images are still closed when the recipe has a name, and no single seed"
        " decides."
    ),
    wrong=(
        Wrong(
            name="the test set chooses",
            typed=('runs.groupby("case")["test"].mean()',),
            hint=(
                "All seeds have a say now, one mistake is gone. But on which images will you report"
                " the winner?"
            ),
            shows=takes_by(lambda validation, test: statistics.fmean(test)),
        ),
        Wrong(
            name="the best seed chooses",
            see="mis-one-seed",
            typed=('runs.groupby("case")["validation"].max()',),
            hint=(
                "The right images, one mistake is gone. But one lucky seed still decides about a"
                " whole recipe."
            ),
            shows=takes_by(lambda validation, test: max(validation)),
        ),
        Wrong(
            name="both mistakes are still there",
            typed=('runs.groupby("case")["test"].max()',),
            hint=(
                "This takes what the friend takes: a single training, and the images that should"
                " stay closed."
            ),
            shows=takes_by(lambda validation, test: max(test)),
        ),
        Wrong(
            name="seeds are added up",
            typed=('runs.groupby("case")["validation"].sum()',),
            hint=(
                "The right images, and all seeds. But a recipe that was trained more often wins by"
                " that alone."
            ),
            shows=takes_by(lambda validation, test: sum(validation)),
        ),
        Wrong(
            name="the worst seed chooses",
            typed=('runs.groupby("case")["validation"].min()',),
            hint="The right images. But now one unlucky seed decides, as a lucky one did before.",
            shows=takes_by(lambda validation, test: min(validation)),
        ),
        Wrong(
            name="the first seed chooses",
            typed=('runs.groupby("case")["validation"].first()',),
            hint=(
                "The right images. But the first seed of each case decides alone, and the others"
                " have no say."
            ),
            shows=takes_by(lambda validation, test: validation[0]),
        ),
        Wrong(
            name="the last seed chooses",
            typed=('runs.groupby("case")["validation"].last()',),
            hint=(
                "The right images. But the last seed of each case decides alone, and the others"
                " have no say."
            ),
            shows=takes_by(lambda validation, test: validation[-1]),
        ),
        Wrong(
            name="the first two seeds choose",
            typed=('runs.groupby("case").head(2).groupby("case")["validation"].mean()',),
            hint="The right images. But only the first two seeds of each case have a say.",
            shows=takes_by(lambda validation, test: statistics.fmean(validation[:2])),
        ),
        Wrong(
            name="the case that varies most",
            typed=('runs.groupby("case")["validation"].std()',),
            hint=(
                "This takes the case whose seeds lie farthest apart. Is that a good property of a"
                " recipe?"
            ),
            shows=takes_by(lambda validation, test: statistics.stdev(validation)),
        ),
        Wrong(
            name="the case that varies least",
            typed=('-runs.groupby("case")["validation"].std()',),
            hint=(
                "This takes the case whose seeds lie closest together. They may all be low"
                " together."
            ),
            shows=takes_by(lambda validation, test: -statistics.stdev(validation)),
        ),
        Wrong(
            name="the lowest mean",
            typed=('-runs.groupby("case")["validation"].mean()',),
            hint=(
                "The right images, and all seeds. But this takes the case with the lowest accuracy."
            ),
            shows=takes_by(lambda validation, test: -statistics.fmean(validation)),
        ),
        Wrong(
            name="the worst seed on test images",
            typed=('runs.groupby("case")["test"].min()',),
            hint="One unlucky seed decides, and the images that should stay closed are open.",
            shows=takes_by(lambda validation, test: min(test)),
        ),
        Wrong(
            name="the test set has a say",
            typed=(
                'runs.groupby("case")["validation"].mean() + runs.groupby("case")["test"].mean()',
            ),
            hint=(
                "All seeds have a say. But so have the test images, as much as the validation"
                " images."
            ),
            shows=takes_by(
                lambda validation, test: statistics.fmean(validation) + statistics.fmean(test)
            ),
        ),
        Wrong(
            name="the gap between validation and test",
            typed=(
                'runs.groupby("case")["validation"].mean() - runs.groupby("case")["test"].mean()',
            ),
            hint=(
                "This takes the case that is better on validation images than on test images by the"
                " most. Its accuracy may be low on both."
            ),
            shows=takes_by(
                lambda validation, test: statistics.fmean(validation) - statistics.fmean(test)
            ),
        ),
        Wrong(
            name="the number of seeds",
            typed=('runs.groupby("case")["validation"].count()',),
            hint="The case with the most seeds wins, whatever their accuracies are.",
            shows=counts_seeds,
        ),
        Wrong(
            name="seeds are added up, on test images",
            typed=('runs.groupby("case")["test"].sum()',),
            hint=(
                "A recipe that was trained more often wins by that alone, and the images that"
                " should stay closed are open."
            ),
            shows=takes_by(lambda validation, test: sum(test)),
        ),
    ),
    otherwise=(
        "Two questions: which images may be used for choosing, and which of a case's seeds have a"
        " say?"
    ),
    observed=about_choice,
)

TWICE_THE_FILTERS = Exercise(
    id="twice-the-filters",
    read=whole,
    right=exactly(TWICE),
    praise="Only the term between the two convolutions has twice as many on both of its sides.",
    wrong=(
        Wrong(
            name="everything doubles",
            typed=("2 * 9098",),
            hint=(
                "Twice the filters, twice the parameters? In one layer twice as many kernels each"
                " look at twice as many channels."
            ),
            shows=exactly(2 * 9098),
        ),
        Wrong(
            name="the second layer still reads as many channels",
            typed=("16 * (1 * 9 + 1) + 32 * (8 * 9 + 1) + 10 * (32 * 49 + 1)",),
            hint=(
                "So it would be if the second convolution read 8 channels. How many channels reach"
                " it now?"
            ),
            shows=exactly(16 * 10 + 32 * (8 * 9 + 1) + 10 * (32 * 49 + 1)),
        ),
        Wrong(
            name="the last layer still reads as many maps",
            typed=("16 * (1 * 9 + 1) + 32 * (16 * 9 + 1) + 10 * (16 * 49 + 1)",),
            hint=(
                "So it would be if 16 maps arrived at the fully connected layer. How many arrive"
                " there now?"
            ),
            shows=exactly(16 * 10 + 32 * (16 * 9 + 1) + 10 * (16 * 49 + 1)),
        ),
        Wrong(
            name="the first layer keeps its filters",
            typed=("8 * (1 * 9 + 1) + 32 * (16 * 9 + 1) + 10 * (32 * 49 + 1)",),
            hint=(
                "So it would be if the first convolution had 8 filters, and the second read 16"
                " channels. Where do these channels come from?"
            ),
            shows=exactly(8 * 10 + 32 * (16 * 9 + 1) + 10 * (32 * 49 + 1)),
        ),
        Wrong(
            name="only the second layer has twice the filters",
            typed=("8 * (1 * 9 + 1) + 32 * (8 * 9 + 1) + 10 * (32 * 49 + 1)",),
            hint=(
                "So many parameters there are with 8 and 32 filters. Both convolutions get twice as"
                " many."
            ),
            shows=exactly(8 * 10 + 32 * (8 * 9 + 1) + 10 * (32 * 49 + 1)),
        ),
        Wrong(
            name="only the first layer has twice the filters",
            typed=("16 * (1 * 9 + 1) + 16 * (16 * 9 + 1) + 10 * (16 * 49 + 1)",),
            hint=(
                "So many parameters there are with 16 and 16 filters. Both convolutions get twice"
                " as many."
            ),
            shows=exactly(16 * 10 + 16 * (16 * 9 + 1) + 10 * (16 * 49 + 1)),
        ),
        Wrong(
            name="the biases are forgotten",
            typed=("16 * 1 * 9 + 32 * 16 * 9 + 10 * 32 * 49",),
            hint=(
                "All the weights are there. Look at the sums above: what else does every filter"
                " have?"
            ),
            shows=exactly(16 * 9 + 32 * 16 * 9 + 10 * 32 * 49),
        ),
        Wrong(
            name="everything is four times as much",
            typed=("4 * 9098",),
            hint=(
                "Not every layer grows on both of its sides: the image still has one channel, and"
                " there are still ten digits."
            ),
            shows=exactly(4 * 9098),
        ),
        Wrong(
            name="the network as it is",
            typed=("9098",),
            hint="So many parameters has the network as it is, with 8 and 16 filters.",
            shows=exactly(9098),
        ),
        Wrong(
            name="the convolutions alone",
            typed=("16 * (1 * 9 + 1) + 32 * (16 * 9 + 1)",),
            hint="These are both convolutions. A fully connected layer comes after them.",
            shows=exactly(16 * 10 + 32 * (16 * 9 + 1)),
        ),
    ),
    otherwise=(
        "Write the three lines above once more, and in each look for the numbers of filters that"
        " have changed."
    ),
    observed=about_filters,
)

SCANNER = Exercise(
    id="scanner",
    read=read_scanner,
    right=is_scanner,
    praise=(
        "Angles count in degrees, shifts as a share of the side, both to either side; and the "
        "background stays as it is."
    ),
    wrong=(
        Wrong(
            name="all letters alike",
            typed=(
                (
                    "lambda images, generator: augment.shift(augment.rotate(images, 20,"
                    " fill=black), right=4, down=4, fill=black)"
                ),
            ),
            hint=(
                "Every letter is changed in the same way. The scanner draws a new angle and a new"
                " shift for each."
            ),
            shows=is_alike,
        ),
        Wrong(
            name="pixels in place of a share of the side",
            typed=("augment.Affine(rotation=20, translation=4, fill=black)",),
            hint=(
                "Here letters fly off the page. Affine counts the shift in sides of the image: "
                "which share are 4 pixels?"
            ),
            shows=flies_off,
        ),
        Wrong(
            name="grey comes in from outside",
            typed=("augment.Affine(rotation=20, translation=4 / 28)",),
            hint=(
                "The letters move as they should, but grey comes in with them. What is the "
                "brightness of the background "
                "once it is normalised?"
            ),
            shows=lambda scan: (
                turns_by(scan, ANGLE)
                and moves_by(scan, PIXELS)
                and keeps_form(scan)
                and scan.letters.comes_in == 0
            ),
        ),
        Wrong(
            name="radians for degrees",
            typed=("augment.Affine(rotation=math.radians(20), translation=4 / 28, fill=black)",),
            hint=(
                "The letters hardly turn, by a third of a degree. In which unit does the cell above"
                " give its angles?"
            ),
            shows=turns_and_moves(math.radians(ANGLE), PIXELS),
        ),
        Wrong(
            name="the range from end to end",
            typed=("augment.Affine(rotation=40, translation=8 / 28, fill=black)",),
            hint=(
                "Both ranges count to either side, so these letters turn and move twice as far as"
                " the scanner's."
            ),
            shows=turns_and_moves(2 * ANGLE, 2 * PIXELS),
        ),
        Wrong(
            name="half the range to either side",
            typed=("augment.Affine(rotation=10, translation=2 / 28, fill=black)",),
            hint=(
                "Both ranges count to either side already. Letters turn and move half as far here"
                " as in the scanner."
            ),
            shows=turns_and_moves(ANGLE / 2, PIXELS / 2),
        ),
        Wrong(
            name="twice the rotation",
            typed=("augment.Affine(rotation=40, translation=4 / 28, fill=black)",),
            hint="The letters move as they should, but they turn by up to 40° to either side.",
            shows=turns_and_moves(2 * ANGLE, PIXELS),
        ),
        Wrong(
            name="half the rotation",
            typed=("augment.Affine(rotation=10, translation=4 / 28, fill=black)",),
            hint=(
                "The letters move as they should, but they turn by no more than 10° to either side."
            ),
            shows=turns_and_moves(ANGLE / 2, PIXELS),
        ),
        Wrong(
            name="twice the shift",
            typed=("augment.Affine(rotation=20, translation=8 / 28, fill=black)",),
            hint="The letters turn as they should, but they move by up to 8 pixels to each side.",
            shows=turns_and_moves(ANGLE, 2 * PIXELS),
        ),
        Wrong(
            name="half the shift",
            typed=("augment.Affine(rotation=20, translation=2 / 28, fill=black)",),
            hint=(
                "The letters turn as they should, but they move by no more than 2 pixels to each"
                " side."
            ),
            shows=turns_and_moves(ANGLE, PIXELS / 2),
        ),
        Wrong(
            name="turned and not moved",
            typed=("augment.Affine(rotation=20, fill=black)",),
            hint=(
                "The letters turn about their middle and stay there. The scanner does one thing"
                " more."
            ),
            shows=turns_and_moves(ANGLE, 0),
        ),
        Wrong(
            name="moved and not turned",
            typed=("augment.Affine(translation=4 / 28, fill=black)",),
            hint=(
                "The letters move as they should, and none of them is turned. The scanner does"
                " both."
            ),
            shows=turns_and_moves(0, PIXELS),
        ),
    ),
    otherwise=(
        "Draw a few letters with it, as in the figure above: how far do they turn and move, and"
        " what comes in?"
    ),
    observed=about_scan,
)

ONE_CHANGE = Exercise(
    id="one-change",
    read=several(read_recipe, read_recipe),
    right=only_smooths,
    praise=(
        "If the two now differ in accuracy, there is one thing only that can have done it, or the"
        " seeds."
    ),
    wrong=(
        Wrong(
            name="a recipe from scratch",
            typed=("training.Recipe(label_smoothing=0.1)",),
            hint=(
                "What you do not name has its usual value, not that of the small budget: several"
                " things changed."
            ),
            shows=lambda answer: not changes_of((answer[0], Recipe(label_smoothing=0.1))),
        ),
        Wrong(
            name="the recipe of the large network",
            typed=("dataclasses.replace(recipe, label_smoothing=0.1)",),
            hint=(
                "This recipe also augments, as that of SimpleCNN does: not only the smoothing"
                " differs."
            ),
            shows=lambda answer: (
                {"label_smoothing", "augmentation"} <= set(changes_of(answer))
                and answer[0].augmentation is not None
            ),
        ),
        Wrong(
            name="nothing changes",
            typed=("small",),
            hint="This is the small budget as it is. What is to be compared with it?",
            shows=lambda answer: not changes_of(answer),
        ),
        Wrong(
            name="two things at once",
            typed=("dataclasses.replace(small, label_smoothing=0.1, weight_decay=0.001)",),
            hint="Two things differ now. If accuracy moves, which of them was it?",
            shows=lambda answer: (
                len(changes_of(answer)) == 2 and "label_smoothing" in changes_of(answer)
            ),
        ),
        Wrong(
            name="another field",
            typed=("dataclasses.replace(small, weight_decay=0.1)",),
            hint=(
                "One thing differs, as it should, but it is not the label smoothing. Compare the"
                " names of the fields."
            ),
            shows=is_other_field,
        ),
        Wrong(
            name="percent for a share",
            typed=("dataclasses.replace(small, label_smoothing=0.001)",),
            hint=(
                "The right field, and no other with it. But its value is 0.001 now, which is 0.1"
                " per cent."
            ),
            shows=partial(only_smooths, amount=0.001),
        ),
        Wrong(
            name="ten times too little",
            typed=("dataclasses.replace(small, label_smoothing=0.01)",),
            hint=(
                "The right field, and no other with it. But its value is 0.01: compare it with the"
                " text."
            ),
            shows=partial(only_smooths, amount=0.01),
        ),
    ),
    otherwise=(
        "The question asks for one difference to the small budget. Which fields of the two recipes"
        " differ?"
    ),
    observed=about_change,
)

EXERCISES: tuple[Exercise, ...] = (
    ATTEMPTS,
    STEEPER,
    CHOICE,
    TWICE_THE_FILTERS,
    SCANNER,
    ONE_CHANGE,
)
