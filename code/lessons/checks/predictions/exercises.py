"""Predictions on pages below the chapters."""

from bookkit.exercises.verdict import Exercise, Wrong

from lessons.checks.answers import equals, number, several, word
from lessons.checks.observed import not_offered
from lessons.checks.predictions.choices import Mistake, choice

BOTH_UP, BOTH_DOWN, EACH_WAY = "both up", "both down", "one each way"
MISSED = {"A": 500, "B": 450, "both": 400}  # of 10,000 images
SPEAKING = MISSED["A"] + MISSED["B"] - 2 * MISSED["both"]

NEAREST_ROW = choice(
    id="nearest-row",
    right="background",
    praise=(
        "A distance of pixels counts what changed at each position, and nothing that an eye would"
        " call alike."
    ),
    wrong={
        "moved": Mistake(
            "what looks alike is near",
            "Two pixels change in this row, each by 4. Square both, add them up, take the root.",
        ),
        "brighter": Mistake(
            "the stroke in its place is near",
            "One pixel changes here, by 5. Is there a row in which what changes is less than that?",
        ),
        "grey": Mistake(
            "small changes do not count",
            "Here five pixels change by 2 each. Add up five squares before you take the root.",
        ),
    },
    otherwise="Take each row minus the first one, square what is left, add up, take the root.",
)
TWO_SIGNS = Exercise(
    id="two-signs",
    read=several(word, word),
    right=lambda answer: answer == (BOTH_UP, EACH_WAY),
    praise="Each weight moves along with its own input, and these have two signs once normalised.",
    wrong=(
        Wrong(
            name="a larger output needs larger weights",
            typed=(None, f'"{BOTH_UP}"'),
            hint=(
                "The first is right. Of the normalised inputs one is negative: which way must its"
                " weight go so that the product grows?"
            ),
            shows=lambda answer: answer == (BOTH_UP, BOTH_UP),
        ),
        Wrong(
            name="a negative input turns all weights",
            typed=(None, f'"{BOTH_DOWN}"'),
            hint=(
                "The first is right. Each weight has an input of its own: which of the two is"
                " negative?"
            ),
            shows=lambda answer: answer == (BOTH_UP, BOTH_DOWN),
        ),
        Wrong(
            name="the error gives the direction",
            typed=(f'"{BOTH_DOWN}"', None),
            hint=(
                "The error is −1, so the output is too small. What happens to the output if both"
                " weights of positive inputs go down?"
            ),
            shows=lambda answer: answer[0] == BOTH_DOWN,
        ),
        Wrong(
            name="the smaller input turns its weight",
            typed=(f'"{EACH_WAY}"', None),
            hint=(
                "Both inputs from 0 to 1 are positive. Does a smaller one turn the direction, or"
                " only shorten the step?"
            ),
            shows=lambda answer: answer[0] == EACH_WAY,
        ),
    ),
    otherwise="The output has to grow: which sign of a change of w makes w · x larger?",
    observed=lambda answer: not_offered(answer, (BOTH_UP, BOTH_DOWN, EACH_WAY)),
)
LOUDER = choice(
    id="louder",
    right="not at all",
    also=("it does not", "it does not change", "no change"),
    praise="The mean takes the offset away, and the division takes the scale.",
    wrong={
        "ten times as large": Mistake(
            "the scale stays",
            "The distances from the mean are ten times as large. What about the number by which"
            " they are divided?",
        ),
        "larger by 100": Mistake(
            "the offset stays",
            "The mean is larger by 100, too. What is left of that once the mean is taken away?",
        ),
        "ten times as small": Mistake(
            "only the divisor grows",
            "The divisor is ten times as large. Are the distances from the mean as they were?",
        ),
    },
    otherwise="Compute mean and standard deviation of 110, 130, 150 and 170, and compare.",
)
WORK_OF_FC1 = choice(
    id="work-of-fc1",
    right="about a third",
    also=("a third", "one third", "about one third", "about 30 %", "30 %", "about 30%", "30%"),
    praise="Nearly all parameters, and a third of the work: these are two different costs.",
    wrong={
        "nearly all": Mistake(
            "work follows the parameters",
            "It is so for the parameters. How often is a weight of conv2 used for one image, and"
            " how often one of fc1?",
        ),
        "about half": Mistake(
            "one of the large convolutions is forgotten",
            "Count conv2 as conv1 was counted: 32 planes of 9 weights for each of 64 maps, at 196"
            " positions. Then conv3.",
        ),
        "hardly any": Mistake(
            "what is used once costs nothing",
            "Each weight of fc1 is used once, but there are 3.2 million of them. Compare that with"
            " what conv1 does.",
        ),
    },
    otherwise="Weights times positions, for each of the three convolutions; then add fc1.",
)
POOLED_AVERAGE = choice(
    id="pooled-average",
    right="not at all",
    also=("it does not", "it does not change", "no change"),
    praise="The same values at other positions have the same mean: that is invariance.",
    wrong={
        "it moves along": Mistake(
            "the average is taken for a map",
            "The map moves along. How many positions has the average of a whole map?",
        ),
        "it gets smaller": Mistake(
            "what moves gets lost",
            "Nothing left the image. Which values are in the map after the shift that were not in"
            " it before?",
        ),
        "it gets larger": Mistake(
            "what moves is added",
            "Each value left one position for another. Add up the map before and after.",
        ),
    },
    otherwise="Write a small map, move its values by one position, and take the mean of both.",
)
RATE_BEYOND = choice(
    id="rate-beyond",
    right="further away",
    also=("away", "further and further away", "farther away"),
    praise="Each step turns the sign and makes the distance 1.2 times as long.",
    wrong={
        "to 0": Mistake(
            "a long step arrives sooner",
            "The minimum is at 0, and the step leads over it. Work out two steps from 4: is the"
            " second place nearer to 0 than the first?",
        ),
        "to and fro": Mistake(
            "beyond the minimum it turns back equally far",
            "So it is at a rate of 1. How far beyond 0 does the first step lead here?",
        ),
        "nowhere": Mistake(
            "too long a step does nothing",
            "A step is the rate times the gradient, and the gradient at 4 is 8. How long is it?",
        ),
    },
    otherwise="Work out the first two steps from 4: each time take away 1.1 times the gradient 2w.",
)
THREE_SEEDS = choice(
    id="three-seeds",
    right="75 in 100",
    also=("75", "about 75 in 100", "75 of 100", "75 out of 100"),
    praise="Three seeds cannot draw a fourth: the interval knows too little of how seeds scatter.",
    wrong={
        "95 in 100": Mistake(
            "an interval keeps what its name promises",
            "This is what the name promises for many seeds. What can draws from three seeds not"
            " show?",
        ),
        "90 in 100": Mistake(
            "three seeds cost little",
            "It falls short of 95, and by more. If all three seeds are above the true mean, where"
            " does every draw lie? How often is that so?",
        ),
        "50 in 100": Mistake(
            "three seeds say nothing",
            "This is too low. Think of three coins: in how many of the eight cases do all of them"
            " show the same side?",
        ),
    },
    otherwise="How often do three seeds all lie on one side of the true mean?",
)
SPEAKING_IMAGES = Exercise(
    id="speaking-images",
    read=number,
    right=equals(SPEAKING),
    praise="Images that both miss, or that both read, say nothing about the difference.",
    wrong=(
        Wrong(
            name="the difference of the counts",
            typed=("50",),
            hint=(
                "This is by how many images A is behind. How many speak for A, and how many for B?"
            ),
            shows=equals(MISSED["A"] - MISSED["B"]),
        ),
        Wrong(
            name="all that A or B misses",
            typed=("550",),
            hint=(
                "These are the images that at least one of them misses. Do those speak that both"
                " miss?"
            ),
            shows=equals(MISSED["A"] + MISSED["B"] - MISSED["both"]),
        ),
        Wrong(
            name="common errors counted twice",
            typed=("950",),
            hint="This is the sum of both counts, so the 400 common errors are in it twice.",
            shows=equals(MISSED["A"] + MISSED["B"]),
        ),
        Wrong(
            name="the common errors",
            typed=("400",),
            hint="On these both are wrong, so neither is better there. Where do they differ?",
            shows=equals(MISSED["both"]),
        ),
        Wrong(
            name="only what speaks against A",
            typed=("100",),
            hint="On these A is wrong and B is right. Are there images the other way round?",
            shows=equals(MISSED["A"] - MISSED["both"]),
        ),
        Wrong(
            name="every image speaks",
            typed=("10_000",),
            hint="Most images are read by both. Do they say which of the two is better?",
            shows=equals(10_000),
        ),
    ),
    otherwise="Count the images that A alone misses, and those that B alone misses.",
)

EXERCISES: tuple[Exercise, ...] = (
    NEAREST_ROW,
    TWO_SIGNS,
    LOUDER,
    WORK_OF_FC1,
    POOLED_AVERAGE,
    RATE_BEYOND,
    THREE_SEEDS,
    SPEAKING_IMAGES,
)
