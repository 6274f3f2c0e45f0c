"""The exercises of the page on what is reported."""

from collections.abc import Callable
from typing import Any

from bookkit.exercises.verdict import Exercise, Wrong

from lessons.checks.answers import function
from lessons.checks.ward.judged import TRAINING, observation
from lessons.checks.ward.told import (
    about_number,
    adds_up,
    both,
    both_like,
    compares,
    counts,
    says_like,
    says_so,
)

OTHERWISE = "Choose one of the four observations that the text above lists."

COUNT = "def answer(net, images, labels):"
COMPARE = f"{COUNT}\n    net.eval()\n    with torch.no_grad():\n        scores = net(images)"
ADD_UP = "def answer(net, images, labels, batch_size=64):\n    net.eval()\n    total = 0.0"
BATCHES = "    for x, y in zip(images.split(batch_size), labels.split(batch_size)):"
ANSWERS = "with torch.no_grad():\n    answers = net(images).argmax(dim=1)"
SHARE = "return (answers == labels).float().mean().item()"


def _slip(frame: str, watch: Callable) -> Callable[[str], dict[str, Any]]:
    """Return what makes a slip of what is typed: the entry of the blank, and its evidence."""
    return lambda typed: {"typed": (typed,), "shows": says_like(frame, typed, watch)}


_counting = _slip(COUNT, counts)
_comparing = _slip(COMPARE, compares)
_adding = _slip(ADD_UP, adds_up)


def _loss(line: str, end: str) -> dict[str, Any]:
    return _adding(f"with torch.no_grad():\n{BATCHES}\n        {line}\n{end}")


CURE_13 = Exercise(
    id="ward-changes-cure",
    read=function,
    seconds=TRAINING,
    right=says_so(counts),
    look=counts,
    observed=about_number,
    praise=(
        "The number is the same each time, in whatever mode the network comes. It is what the"
        " trained network of the check has right."
    ),
    otherwise="In which mode should the network be before it sees the first image?",
    wrong=(
        Wrong(
            name="the gradients alone are switched off",
            hint=(
                "The network is counted in the mode in which it comes. no_grad() spares memory and"
                " leaves dropout as it is."
            ),
            **_counting(f"{ANSWERS}\n{SHARE}"),
        ),
        Wrong(
            name="evaluation mode after the answers",
            hint="The network goes into evaluation mode when its answers are already there.",
            **_counting(f"{ANSWERS}\nnet.eval()\n{SHARE}"),
        ),
        Wrong(
            name="training mode",
            hint="This switches dropout on. Which mode is it that switches it off?",
            **_counting(f"net.train()\n{ANSWERS}\n{SHARE}"),
        ),
        Wrong(
            name="the errors are counted",
            hint="This is the share of images that are read wrongly.",
            **_counting(f"net.eval()\n{ANSWERS}\nreturn (answers != labels).float().mean().item()"),
        ),
        Wrong(
            name="a number of images",
            hint="This is how many images are right. Which share of all images is it?",
            **_counting(f"net.eval()\n{ANSWERS}\nreturn (answers == labels).sum().item()"),
        ),
    ),
)


def _both(typed: str) -> dict[str, Any]:
    return {"typed": (typed,), "shows": both_like(typed)}


CURE_14 = Exercise(
    id="ward-two-modes-cure",
    read=function,
    seconds=TRAINING,
    right=says_so(both),
    look=both,
    observed=about_number,
    praise="Both numbers are measured in evaluation mode, so that they can be compared.",
    otherwise="In which mode is the network while it sees the first images, and the second ones?",
    wrong=(
        Wrong(
            name="two modes, as before",
            hint="The training images are still counted in training mode, and the others are not.",
            **_both(
                "return share_right(net.train(), *train), share_right(net.eval(), *validation)"
            ),
        ),
        Wrong(
            name="both in training mode",
            hint="Both are counted alike now, and in both half of the units are missing.",
            **_both("net.train()\nreturn share_right(net, *train), share_right(net, *validation)"),
        ),
        Wrong(
            name="the two exchanged",
            hint="Both are measured rightly. The training accuracy should come first.",
            **_both("net.eval()\nreturn share_right(net, *validation), share_right(net, *train)"),
        ),
    ),
)

CURE_15 = Exercise(
    id="ward-ten-percent-cure",
    read=function,
    seconds=TRAINING,
    right=says_so(compares),
    look=compares,
    observed=about_number,
    praise=(
        "Each answer meets its own label. The number is what the trained network of the check has"
        " right."
    ),
    otherwise="Print the shapes of the answers and of the labels. Both should be (N,).",
    wrong=(
        Wrong(
            name="a column and a row",
            hint=(
                "The answers are a column, (N, 1), and the labels a row, (N,): each answer is still"
                " compared with every label."
            ),
            **_comparing(f"answers = scores.argmax(dim=1, keepdim=True)\n{SHARE}"),
        ),
        Wrong(
            name="all pairs over the images",
            hint=(
                "A share above 1 cannot be. The pairs that agree are divided by the number of"
                " images: how many comparisons are there?"
            ),
            **_comparing(
                "answers = scores.argmax(dim=1, keepdim=True)\n"
                "return (answers == labels).sum().item() / len(labels)"
            ),
        ),
        Wrong(
            name="how sure in place of how right",
            hint=(
                "This is how sure the network is of its answers, on average. No label is looked at:"
                " it says nothing about how many are right."
            ),
            **_comparing("return scores.softmax(dim=1).max(dim=1).values.mean().item()"),
        ),
        Wrong(
            name="a number of images",
            hint="This is how many images are right. Which share of all images is it?",
            **_comparing("answers = scores.argmax(dim=1)\nreturn (answers == labels).sum().item()"),
        ),
        Wrong(
            name="the errors are counted",
            hint="This is the share of images that are read wrongly.",
            **_comparing(
                "answers = scores.argmax(dim=1)\nreturn (answers != labels).float().mean().item()"
            ),
        ),
    ),
)

CURE_16 = Exercise(
    id="ward-tiny-loss-cure",
    read=function,
    seconds=TRAINING,
    right=says_so(adds_up),
    look=adds_up,
    observed=about_number,
    praise=(
        "Each image counts once, whatever the size of the batches. The number is the loss of the"
        " check's trained network."
    ),
    otherwise="What does F.cross_entropy return of one batch, and by what should the end divide?",
    wrong=(
        Wrong(
            name="means over images",
            hint=(
                "Means of batches are added up, and divided by the number of images, as before. How"
                " many means are there?"
            ),
            **_loss("total += F.cross_entropy(net(x), y).item()", "return total / len(labels)"),
        ),
        Wrong(
            name="the mean of the means",
            hint=(
                "Close. Here the smaller last batch counts as much as each of the others, so its"
                " images count more."
            ),
            **_loss(
                "total += F.cross_entropy(net(x), y).item()",
                "return total / len(labels.split(batch_size))",
            ),
        ),
        Wrong(
            name="the last batch alone",
            hint="This is the loss of the last batch alone. The others have to be added up.",
            **_loss("total = F.cross_entropy(net(x), y).item()", "return total"),
        ),
        Wrong(
            name="a sum that is never divided",
            hint="This is the sum over all images. The mean of one image was asked for.",
            **_loss('total += F.cross_entropy(net(x), y, reduction="sum").item()', "return total"),
        ),
    ),
)

EXERCISES = (
    observation(
        "ward-changes",
        right="one batch twice",
        praise=(
            "Two comparisons, and three causes: the mode, a function that knows no mode, and images"
            " that change."
        ),
        otherwise=OTHERWISE,
        wrong={
            "count again": (
                "The owner did it: the number changes. It changes with all three causes, since"
                " something is drawn at random each time."
            ),
            "gradients": (
                "They are off in all three counts. Whether gradients are computed changes no answer"
                " of a network."
            ),
            "number of parameters": (
                "Dropout has no parameters, in whichever way it is written, and images have none"
                " either. The number is the same in all three."
            ),
        },
    ),
    CURE_13,
    observation(
        "ward-two-modes",
        right="nothing",
        praise="Two numbers can be compared when both are measured in the same way.",
        otherwise="Choose one of the four answers that the text above lists.",
        wrong={
            "easier images": (
                "Both sets are drawn from one file at random. First look at the two lines: are the"
                " two sets measured in the same way?"
            ),
            "wrong labels": (
                "No label was changed here. First look at the two lines: are the two sets measured"
                " in the same way?"
            ),
            "less dropout": (
                "The network reads new images about as well as one without dropout. Which number"
                " is low because units were missing while it was measured?"
            ),
        },
    ),
    CURE_14,
    observation(
        "ward-ten-percent",
        right="shape of the comparison",
        praise="A comparison of N answers with N labels has N results. Here it has N times N.",
        otherwise=OTHERWISE,
        wrong={
            "training loss": (
                "It is low in all three: the training is over and healthy. The mistake comes"
                " afterwards, where answers are counted."
            ),
            "number of answers": (
                "The network is healthy in all three, and gives all the digits as answers. What is"
                " each answer compared with?"
            ),
            "count of each label": (
                "Another order changes no count, and patient 15 has the labels as they are. The"
                " counts are the same in all three."
            ),
        },
    ),
    CURE_15,
    observation(
        "ward-tiny-loss",
        right="larger batches",
        praise="A mean over images knows nothing of batches. This number halves with them.",
        otherwise=OTHERWISE,
        wrong={
            "the same once more": (
                "The network is in evaluation mode, so the same images give the same loss: in all"
                " three, the number is the same again."
            ),
            "sign of the loss": (
                "A sum of cross-entropies is never negative, and no division here changes its sign."
                " It is positive in all three."
            ),
            "shape of the images": (
                "All three read images of one shape, in batches of 64. The shape is the same."
            ),
        },
    ),
    CURE_16,
)
