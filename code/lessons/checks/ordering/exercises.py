"""Exercises in which given lines are put in order: a training, a forward pass, an evaluation, a
split.
"""

from functools import partial

import torch
from bookkit.exercises.verdict import Exercise, Wrong
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.checks.answers import function
from lessons.checks.clashes import stops_at
from lessons.checks.networks import NetworkTrial, ending
from lessons.checks.ordering.parts import PartsTrial, about_parts, parts_like, trains_in_parts
from lessons.checks.ordering.per_digit import (
    DigitsTrial,
    about_digits,
    counts_for_each,
    digits_like,
)
from lessons.checks.ordering.sets import about_split, sets_of, splits_like, splits_rightly

BATCHES = "for images, labels in batches:"
PARTS = "    for some, own in zip(images.chunk(parts), labels.chunk(parts)):"
FORGET, LOSS = "optimizer.zero_grad()", "loss = F.cross_entropy(model(some), own) / parts"
BACKWARD, STEP = "loss.backward()", "optimizer.step()"


def _inner(*lines: str) -> list[str]:
    return [f"        {line}" for line in lines]


def _outer(line: str) -> str:
    return f"    {line}"


ORDER_TRAINING = Exercise(
    id="order-training",
    read=function,
    right=trains_in_parts,
    look=PartsTrial,
    observed=about_parts,
    praise="Gradients of the parts add up, and one step uses the sum: here you want them to add.",
    wrong=(
        Wrong(
            name="the gradients of each part are erased",
            hint=(
                "The step finds the gradients of the last part alone. How often are gradients"
                " erased while one batch is at work?"
            ),
            **parts_like(BATCHES, PARTS, *_inner(FORGET, LOSS, BACKWARD), _outer(STEP)),
        ),
        Wrong(
            name="a step after each part",
            hint=(
                "There is a step after each part, and by then only some of the batch has been seen."
                " How many steps does one batch get?"
            ),
            **parts_like(BATCHES, _outer(FORGET), PARTS, *_inner(LOSS, BACKWARD, STEP)),
        ),
        Wrong(
            name="the loss of a part is not divided",
            hint=(
                "Each gradient is as many times too large as there are parts. What is the mean of a"
                " batch, if you have the means of its parts?"
            ),
            **parts_like(
                BATCHES,
                _outer(FORGET),
                PARTS,
                *_inner("loss = F.cross_entropy(model(some), own)", BACKWARD),
                _outer(STEP),
            ),
        ),
        Wrong(
            name="old gradients are never erased",
            hint="At the second batch the gradients of the first one are still there.",
            **parts_like(BATCHES, PARTS, *_inner(LOSS, BACKWARD), _outer(STEP)),
        ),
        Wrong(
            name="the gradients of the last part alone",
            hint=(
                "The losses of all parts are computed, and gradients once for each batch. Which"
                " losses get none?"
            ),
            **parts_like(
                BATCHES, _outer(FORGET), PARTS, *_inner(LOSS), *map(_outer, (BACKWARD, STEP))
            ),
        ),
        Wrong(
            name="the step comes before the parts",
            hint=(
                "The step is taken while the gradients are erased. Those of the parts come later."
            ),
            **parts_like(BATCHES, *map(_outer, (FORGET, STEP)), PARTS, *_inner(LOSS, BACKWARD)),
        ),
        Wrong(
            name="one step for all batches",
            hint="There is one step, after the last batch. How many should there be?",
            **parts_like(BATCHES, _outer(FORGET), PARTS, *_inner(LOSS, BACKWARD), STEP),
        ),
    ),
    otherwise=(
        "Follow one batch: its old gradients go once, those of all its parts add up, and one step"
        " uses the sum."
    ),
)


class ThreeConvolutions(nn.Module):
    """The network whose forward pass is asked for."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, kernel_size=5)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=3)
        self.conv3 = nn.Conv2d(16, 16, kernel_size=3)
        self.fc1, self.fc2 = nn.Linear(144, 64), nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 28, 28) into logits (N, 10)."""
        x = F.max_pool2d(self.conv1(x).relu(), 2)
        x = F.max_pool2d(self.conv2(x).relu(), 2)
        x = self.conv3(x).relu().flatten(1)
        return self.fc2(self.fc1(x).relu())


class WithoutLastReLU(ThreeConvolutions):
    """The same without the ReLU behind the first fully connected layer."""

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 28, 28) into logits (N, 10)."""
        x = F.max_pool2d(self.conv1(x).relu(), 2)
        x = F.max_pool2d(self.conv2(x).relu(), 2)
        return self.fc2(self.fc1(self.conv3(x).relu().flatten(1)))


FIRST = "x = self.pool(F.relu(self.conv1(x)))"
SECOND = "x = self.pool(F.relu(self.conv2(x)))"
THIRD = "x = F.relu(self.conv3(x))"
FLAT, HIDDEN, LOGITS = "x = x.flatten(1)", "x = F.relu(self.fc1(x))", "return self.fc2(x)"


def _forward(*lines: str) -> tuple[str]:
    return ("\n".join(f"        {line}" for line in lines),)


ORDER_FORWARD = Exercise(
    id="order-forward",
    read=NetworkTrial,
    right=lambda net: net.is_the_network(ThreeConvolutions),
    observed=lambda net: net.told(ThreeConvolutions),
    praise="Channels and sizes left one order. Where sizes fit by chance, no error would warn you.",
    wrong=(
        Wrong(
            name="the second convolution comes first",
            typed=_forward(SECOND, FIRST, THIRD, FLAT, HIDDEN, LOGITS),
            hint="The images have one channel, and the layer that meets them reads eight.",
            stops=stops_at(nn.Conv2d, 8, 1),
        ),
        Wrong(
            name="the third convolution comes too early",
            typed=_forward(FIRST, THIRD, SECOND, FLAT, HIDDEN, LOGITS),
            hint="Eight channels arrive at a layer that reads sixteen. Which layer makes sixteen?",
            stops=stops_at(nn.Conv2d, 16, 8),
        ),
        Wrong(
            name="the batch is flattened as well",
            typed=_forward(FIRST, SECOND, THIRD, "x = x.flatten()", HIDDEN, LOGITS),
            hint=(
                "All values of two images arrive in a single axis. Which axis should be kept apart?"
            ),
            stops=stops_at(nn.Linear, 144, 288),
        ),
        Wrong(
            name="nothing is flattened",
            typed=_forward(FIRST, SECOND, THIRD, HIDDEN, FLAT, LOGITS),
            hint=(
                "The maps arrive with their rows and columns. What has to happen before a fully"
                " connected layer?"
            ),
            stops=stops_at(nn.Linear, 144, 16),
        ),
        Wrong(
            name="one convolution is left out",
            typed=_forward(FIRST, SECOND, FLAT, HIDDEN, LOGITS),
            hint="The maps are still 5 × 5, which makes 400 values. Who makes them smaller?",
            stops=stops_at(nn.Linear, 144, 400),
        ),
        Wrong(
            name="softmax at the end",
            typed=_forward(FIRST, SECOND, THIRD, FLAT, HIDDEN, "return self.fc2(x).softmax(dim=1)"),
            hint=(
                "These are probabilities. The loss applies softmax itself: what should the network"
                " hand to it?"
            ),
            shows=lambda net: net.answers_as(
                ending(ThreeConvolutions, partial(torch.softmax, dim=1))
            ),
        ),
        Wrong(
            name="no ReLU behind the first fully connected layer",
            typed=_forward(FIRST, SECOND, THIRD, FLAT, "x = self.fc1(x)", LOGITS),
            hint=(
                "Between the two fully connected layers nothing bends: together they could be one."
            ),
            shows=lambda net: net.answers_as(WithoutLastReLU),
        ),
    ),
    otherwise=(
        "Write behind each line the shape that leaves it, and look at what each layer reads."
    ),
)
LOADER, ANSWERS = "for images, labels in loader:", "answers = model(images).argmax(dim=1)"
EACH = "for answer, label in zip(answers, labels):"
TOTAL, RIGHT = "total[label] += 1", "right[label] += answer == label"


def _batch(*lines: str) -> list[str]:
    return [f"    {line}" for line in lines]


def _counted(*lines: str) -> list[str]:
    return [f"        {line}" for line in lines]


ORDER_EVALUATION = Exercise(
    id="order-evaluation",
    read=function,
    right=counts_for_each,
    look=DigitsTrial,
    observed=about_digits,
    praise="Each image is counted once, at its own digit, by a network that is not learning.",
    wrong=(
        Wrong(
            name="in training mode",
            hint=(
                "The model was in training mode: dropout was at work, and batch norm took the batch"
                " instead of what it had stored."
            ),
            **digits_like("model.train()", LOADER, *_batch(ANSWERS, EACH), *_counted(TOTAL, RIGHT)),
        ),
        Wrong(
            name="the mode comes after the answers",
            hint=(
                "The first batch was answered in the mode in which the model came, and later ones"
                " in evaluation mode."
            ),
            **digits_like(
                LOADER, *_batch(ANSWERS, EACH), *_counted(TOTAL, RIGHT), *_batch("model.eval()")
            ),
        ),
        Wrong(
            name="what was called so, in place of what is so",
            hint=(
                "The share is of the images that were called so: that is precision. Of which images"
                " is the share asked?"
            ),
            **digits_like(
                "model.eval()",
                LOADER,
                *_batch(ANSWERS, EACH),
                *_counted("total[answer] += 1", RIGHT),
            ),
        ),
        Wrong(
            name="the last batch alone",
            hint="Only the images of the last batch were counted. What happened to the others?",
            **digits_like("model.eval()", LOADER, *_batch(ANSWERS), EACH, *_batch(TOTAL, RIGHT)),
        ),
        Wrong(
            name="one image of each batch counts as there",
            hint=(
                "All right answers are counted, and of the images that are there one in each batch."
            ),
            **digits_like(
                "model.eval()", LOADER, *_batch(ANSWERS, EACH), *_counted(RIGHT), *_batch(TOTAL)
            ),
        ),
    ),
    otherwise=(
        "Each image of each batch is counted once. Say of each line whether it is for all images,"
        " for a batch or for one image."
    ),
)
FRACTIONS = "images = pixels[:, None] / 255"
MEASURED = "mean, std = images[:count].mean(), images[:count].std()"
NORMALISED = "images = (images - mean) / std"
TRAINING = "training = TensorDataset(images[:count], labels[:count])"
VALIDATION = "validation = TensorDataset(images[count:], labels[count:])"
BOTH = "return training, validation"

ORDER_SPLIT = Exercise(
    id="order-split",
    read=function,
    right=splits_rightly,
    look=sets_of,
    observed=about_split,
    praise="The validation images are normalised by numbers that they had no part in.",
    wrong=(
        Wrong(
            name="mean and standard deviation of all images",
            hint=(
                "Mean and standard deviation have seen the validation images. Which images may be"
                " learned from?"
            ),
            **splits_like(
                FRACTIONS,
                "mean, std = images.mean(), images.std()",
                NORMALISED,
                TRAINING,
                VALIDATION,
                BOTH,
            ),
        ),
        Wrong(
            name="mean and standard deviation of the validation images",
            hint="Both numbers come from the validation images alone.",
            **splits_like(
                FRACTIONS,
                "mean, std = images[count:].mean(), images[count:].std()",
                NORMALISED,
                TRAINING,
                VALIDATION,
                BOTH,
            ),
        ),
        Wrong(
            name="the training set is taken before normalising",
            hint=(
                "The training images lie between 0 and 1, and the validation images are normalised."
                " Treat both alike."
            ),
            **splits_like(FRACTIONS, MEASURED, TRAINING, NORMALISED, VALIDATION, BOTH),
        ),
        Wrong(
            name="the validation set is taken before normalising",
            hint=(
                "The validation images lie between 0 and 1, and the training images are normalised."
                " Treat both alike."
            ),
            **splits_like(FRACTIONS, MEASURED, VALIDATION, NORMALISED, TRAINING, BOTH),
        ),
        Wrong(
            name="both sets are taken before normalising",
            hint="In both sets the images lie between 0 and 1: nothing was subtracted from them.",
            **splits_like(FRACTIONS, MEASURED, TRAINING, VALIDATION, NORMALISED, BOTH),
        ),
    ),
    otherwise=(
        "Say of each line what it needs from the lines above it, and which images it has seen."
    ),
)
EXERCISES: tuple[Exercise, ...] = (
    ORDER_SPLIT,
    ORDER_FORWARD,
    ORDER_TRAINING,
    ORDER_EVALUATION,
)
