"""Checks on loss, gradient steps, training and evaluation."""

import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import torch
from bookkit.exercises.errors import line_of
from bookkit.exercises.verdict import Exercise, Unreadable, Wrong
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.checks.answers import (
    array,
    equals,
    function,
    kind_of,
    number,
    result,
    rounded,
    same,
    several,
    whole,
)
from lessons.checks.observed import about_array, about_number, first_difference, shown

# -------------------------------------------------------------------------------------------
# cross-entropy on paper

LOGITS = torch.tensor(
    [3.0, 1.0, 0.0]
)  # uneven: else the mean of the three losses is the second one
PROBABILITIES = LOGITS.softmax(dim=0)
LOSSES = [
    -math.log(probability) for probability in PROBABILITIES.tolist()
]  # if it shows a 3, a 5, an 8
LOSS = LOSSES[1]
PRINTED = 1e-3  # of probabilities: computed with numbers as the page prints them


def _are_probabilities(values: Tensor) -> bool:
    return same(values, PROBABILITIES, PRINTED)


def _loss_is(loss: float) -> Callable[[tuple], bool]:
    """Return a test whether the probabilities are right and the loss is this one."""
    return lambda answer: _are_probabilities(answer[0]) and rounded(loss, 2)(answer[1])


LOSSES_SAID = {  # what other values are, where no named mistake fits
    PROBABILITIES[1].item(): (
        "0.1142 is too small: it is the probability itself. What does the formula take of it?"
    ),
    sum(LOSSES): "5.51 is what all three classes give together. One of them is the true one.",
    sum(LOSSES) / 3: (
        "1.837 is too small: it is the mean of what the three classes give. One of them is the true"
        " one."
    ),
    -math.log(
        1 - PROBABILITIES[1].item()
    ): "0.1213 comes out with the probability that the others have together.",
    1 / PROBABILITIES[1].item(): "8.757 is 1 divided by the probability.",
    -1.0: (
        "-1 is the logit with a minus in front. The formula takes the logarithm of a probability."
    ),
    1.0: "1 is the logit of the 5. The formula takes the logarithm of a probability.",
    -(PROBABILITIES * PROBABILITIES.log())
    .sum()
    .item(): "0.5243 is what all three give on average, by chance.",
    F.cross_entropy(
        PROBABILITIES, torch.tensor(1)
    ).item(): "1.387 comes out if softmax is taken twice.",
}


def _about_loss_of_5(loss: float) -> str:
    return next(
        (words for value, words in LOSSES_SAID.items() if rounded(value, 3)(loss)),
        about_number(loss, LOSS),
    )


def _about_cross_entropy(answer: tuple) -> str:
    values, loss = answer
    if values.shape == PROBABILITIES.shape and abs(values.sum().item() - 1) > PRINTED:
        return (
            f"Your three values add up to {shown(values.sum().item())}; probabilities add up to 1."
        )
    if not _are_probabilities(values):
        return about_array(values, PROBABILITIES, "Your answer for the probabilities")
    return f"The probabilities are right. The loss: {_about_loss_of_5(loss)}"


# -------------------------------------------------------------------------------------------------
# one step downhill

PLACES = (
    (0.5, 0.1, -2.0),
    (-0.25, 0.1, 3.0),
    (1.0, 0.01, 0.7),
    (0.125, 0.5, -0.04),
    (-2.0, 0.2, 0.0),
)

Step = Callable[[float, float, float], Any]


def _steps_to(place: Step) -> Callable[[Step], bool]:
    """Return a test whether a function from weight, rate and gradient goes where another one
    goes.
    """
    return lambda step: all(equals(place(*case))(result(step(*case))) for case in PLACES)


def _about_step(step: Step) -> str:
    cases = (
        (
            f"From {w} with the rate {rate} and the gradient {slope}",
            lambda c=(w, rate, slope): result(step(*c)),
            right,
        )
        for w, rate, slope in PLACES
        for right in [w - rate * slope]
    )
    return first_difference(cases, same=lambda one, other: equals(other)(one))


WEIGHTS_SAID = {  # where other steps and slips lead, where no named mistake fits
    4: "4 is where it begins.",
    2: "2 is where the first step ends, and also the gradient at 1.",
    1: "1 is where the second step ends. A third one follows.",
    0.25: "0.25 is where a fourth step would end, and also the rate.",
    0.125: "0.125 is where a fifth step would end.",
    8: "8 is the gradient at 4, where it begins.",
    -2: "-2 comes out if three steps go by the gradient at 4.",
    0.8: "0.8 comes out with a rate of 0.1.",
    0.875: "0.875 comes out if the rate is squared.",
    1.6875: "1.6875 comes out if each step takes a quarter of the weight away.",
}
TIMES_SAID = {
    2: "2 would be right for two digits. How many digits are in this batch?",
    0.5: "0.5 would make the step shorter.",
    640: "640 are all the logits of the batch. Of how many losses is the sum made?",
    4_096: "4,096 is the square of 64. The loss is added up once.",
    6: "6 is the logarithm of 64 to base 2.",
    60_000: "60,000 are all the training images. The sum goes over one batch.",
    938: "938 are the batches of an epoch. The sum goes over one batch.",
    937.5: "937.5 is the number of batches. The sum goes over one batch.",
    128: "128 is twice as many as there are digits in the batch.",
    32: "32 is half as many as there are digits in the batch.",
    784: "784 are the pixels of an image. What is summed here?",
    -64: "A step that is longer still goes the same way.",
}


def _about_weight(answer: float) -> str:
    return next(
        (words for value, words in WEIGHTS_SAID.items() if equals(value)(answer)),
        about_number(answer, 0.5),
    )


def _about_times(answer: float) -> str:
    return next(
        (words for value, words in TIMES_SAID.items() if equals(value)(answer)),
        about_number(answer, 64),
    )


# --------------------------------------------------------------------------------------------------
# training loops


@dataclass
class Notes:
    """How a network was asked; a copy of the network goes on with the same notes.

    Attributes
    ----------
    modes, gradients : list of bool
        At each pass, whether it was in training mode, and whether gradients were to be computed.
    parts : list of (bool, bool)
        At each pass, whether dropout and batch norm were in training mode.
    images, logits : list of Tensor
        What it was given, and what it answered.
    """

    modes: list = field(default_factory=list)
    gradients: list = field(default_factory=list)
    parts: list = field(default_factory=list)
    images: list = field(default_factory=list)
    logits: list = field(default_factory=list)

    def __deepcopy__(self, memo: dict) -> "Notes":
        return self


class Dropout(nn.Dropout):
    """Dropout that drops the same whatever random numbers others draw."""

    def __init__(self, p: float):
        super().__init__(p)
        self.passes = 0

    def forward(self, x: Tensor) -> Tensor:
        """Set a share p of the values to 0 and scale the others, in training."""
        if not (self.training and self.p):
            return x
        self.passes += 1
        mask = torch.rand(x.shape, generator=torch.Generator().manual_seed(self.passes)) >= self.p
        return x * mask / (1 - self.p)


class Network(nn.Module):
    """A small network with batch norm and, if wanted, dropout, which notes how it was asked."""

    def __init__(self, dropout: float):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, kernel_size=3, bias=False), nn.BatchNorm2d(4)
        self.dropout, self.fc = Dropout(dropout), nn.Linear(4 * 4 * 4, 3)
        self.noted = Notes()

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 6, 6) into logits (N, 3)."""
        noted = self.noted
        noted.modes.append(self.training)
        noted.gradients.append(torch.is_grad_enabled())
        noted.parts.append((self.dropout.training, self.norm.training))
        noted.images.append(x.detach().clone())
        x = F.relu(self.norm(self.conv(x)))  # (N, 4, 4, 4)
        noted.logits.append(self.fc(self.dropout(x.flatten(1))))
        return noted.logits[-1]


def _images(count: int) -> tuple[Tensor, Tensor]:
    """Return random images (N, 1, 6, 6) and labels (N,) of three classes, the same ones each
    time.
    """
    torch.manual_seed(count + 3)  # of which no set of labels reads the same backwards
    return torch.randn(count, 1, 6, 6), torch.randint(3, (count,))


class LossFunction:
    """Cross-entropy, or another loss function, that notes what it was called with.

    An error that it raises carries the arguments as ``given``, and what the network had answered as
    ``logits``.
    """

    def __init__(self, model: Network, loss: Callable = F.cross_entropy):
        self.model, self.loss, self.given = model, loss, []

    def __call__(self, input: Any, target: Any, **options: Any) -> Tensor:
        """Compute the loss, with the names of arguments that PyTorch's own functions have."""
        self.given.append((input, target))
        try:
            return self.loss(input, target, **options)
        except Exception as error:
            error.given, error.logits = (input, target), self.model.noted.logits[-1:]
            raise


def _smoothed(input: Tensor, target: Tensor, **options: Any) -> Tensor:
    return F.cross_entropy(input, target, **{"label_smoothing": 0.3, **options})


SGD = (torch.optim.SGD, {"lr": 0.5, "momentum": 0.9})
ADAM = (torch.optim.Adam, {"lr": 0.02})
TRAININGS = (
    {"sizes": (5, 7, 1), "optimizer": ADAM, "loss": (_smoothed,), "training": True},
    {"sizes": (3, 2, 4, 2, 3, 2), "optimizer": SGD, "loss": (), "training": False},
    {"sizes": (9,), "optimizer": SGD, "loss": (F.multi_margin_loss,), "training": False},
)


def _trained(
    train: Callable, sizes: tuple, optimizer: tuple, loss: tuple, training: bool
) -> tuple[Network, Any]:
    """Let a function train a new network on batches of these sizes; return the network and what it
    returned.
    """
    images, labels = _images(sum(sizes))
    torch.manual_seed(0)
    model = Network(dropout=0.5).train(training)
    kind, options = optimizer
    batches = zip(images.split(sizes), labels.split(sizes), strict=True)  # can be gone through once
    noted = [LossFunction(model, each) for each in loss]
    return model, train(model, batches, kind(model.parameters(), **options), *noted)


def _one_epoch(
    model: nn.Module,
    batches: Any,
    optimizer: torch.optim.Optimizer,
    loss_function: Callable = F.cross_entropy,
) -> tuple[Tensor, float]:
    """Train on every batch once: what a student's function is compared with."""
    model.train()
    losses, right = [], []
    for images, labels in batches:
        model.zero_grad()
        logits = model(images)
        losses.append(loss_function(logits, labels))
        losses[-1].backward()
        optimizer.step()
        right.append(logits.detach().argmax(dim=1) == labels)
    return torch.stack(losses).detach(), torch.cat(right).double().mean().item()


def _losses_and_accuracy(returned: Any) -> tuple[Tensor, float]:
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        raise Unreadable(
            "Your function should return the losses and the accuracy, but it returned"
            f" {kind_of(returned)}."
        )
    return several(array, number, names=("The losses, as returned", "The accuracy, as returned"))(
        returned
    )


def _losses_alone(returned: Any) -> Tensor:
    try:
        return array(returned)
    except Unreadable as error:
        came = str(error).rpartition("but got ")[2]
        raise Unreadable(
            f"Your function should return the list of losses, but it returned {came}"
        ) from None


def _same_state(one: nn.Module, other: nn.Module) -> bool:
    return (
        one.training == other.training
        and _same_values(one, other)
        and _settings(one) == _settings(other)
    )


def _same_values(one: nn.Module, other: nn.Module) -> bool:
    mine, theirs = one.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(
        same(mine[name].double(), theirs[name]) for name in theirs
    )


def _settings(net: nn.Module) -> list[tuple]:
    """Return what is set of each part beside its values: kind, mode, and numbers such as dropout's
    share.
    """
    names = ("training", "p", "momentum", "eps")
    return [
        (type(part).__name__, *(getattr(part, name, None) for name in names))
        for part in net.modules()
    ]


def _right_share(share: float) -> Callable[[float], bool]:
    """Return a test for a share, which may be rounded to four decimals."""
    return rounded(share, 4)


def _trains(train_epoch: Callable) -> bool:
    for case in TRAININGS:
        model, returned = _trained(train_epoch, **case)
        losses, accuracy = _losses_and_accuracy(returned)
        reference, (expected, share) = _trained(_one_epoch, **case)
        if not (all(model.noted.modes) and _same_state(model, reference)):
            return False
        if not (same(losses, expected) and _right_share(share)(accuracy)):
            return False
    return True


def _learns(train: Callable) -> bool:
    for case in ({**case, "loss": ()} for case in TRAININGS):
        model, returned = _trained(train, **case)
        losses = _losses_alone(returned)
        reference, (expected, _) = _trained(_one_epoch, **case)
        if not (
            all(model.noted.modes) and _same_state(model, reference) and same(losses, expected)
        ):
            return False
    return True


@dataclass
class _Training:
    """Everything that was seen of a training function on two equal batches, while no parameter
    could change.

    Attributes
    ----------
    train : function
        The training function.
    model : Network
        After the training; it was given in evaluation mode.
    loss : LossFunction
        The loss function that was handed over.
    steps : list of (list of (Tensor or None))
        The gradients of all parameters at each step of the optimiser.
    left : list of (Tensor or None)
        The gradients that are there afterwards.
    computed : int
        How often gradients were computed.
    returned : any
        What the function returned.
    """

    train: Callable
    model: Network
    loss: LossFunction
    steps: list = field(default_factory=list)
    left: list = field(default_factory=list)
    computed: int = 0
    returned: Any = None

    def count(self, gradient: Tensor) -> None:
        """Note that gradients were computed."""
        self.computed += 1

    def facts(self) -> tuple:
        """Return all of it as numbers, to compare with what another function did."""
        noted = self.model.noted
        logits = [each.detach() for each in noted.logits]
        given = [tuple(map(_values, pair)) for pair in self.loss.given]
        modes = (noted.modes, noted.gradients, noted.parts, self.model.training)
        return (
            modes,
            logits,
            given,
            self.steps,
            self.left,
            float(self.computed),
            _values(self.returned),
        )


def _values(thing: Any) -> Any:
    """Return a tensor without its graph, a number as float, the items of a list; of anything else
    its kind.
    """
    if isinstance(thing, Tensor):
        return thing.detach().double()
    if isinstance(thing, list | tuple):
        return [_values(item) for item in thing]
    return float(thing) if isinstance(thing, int | float) else kind_of(thing)


def _alike(one: Any, other: Any) -> bool:
    """Tell whether two things made of tensors, numbers, lists and texts are the same."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return same(one.double(), other)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return equals(other)(one)
    return type(one) is type(other) and not isinstance(one, Tensor) and one == other


class SGDAtRest(torch.optim.SGD):
    """SGD that moves nothing and notes the gradients by which it would."""

    def __init__(self, seen: _Training):
        super().__init__(seen.model.parameters(), lr=0.0)
        self.seen = seen

    def step(self, closure: Callable | None = None) -> None:
        """Note all gradients."""
        self.seen.steps.append(_gradients(self.seen.model))


def _gradients(net: nn.Module) -> list[Tensor | None]:
    found = [parameter.grad for parameter in net.parameters()]
    return [None if gradient is None else gradient.clone() for gradient in found]


def _watch(train: Callable, with_loss: bool) -> _Training:
    """Let a function train on the same eight images twice."""
    torch.manual_seed(0)
    model = Network(dropout=0.0).eval()
    seen = _Training(train, model, LossFunction(model))
    loss = (seen.loss,) if with_loss else ()
    model.fc.weight.register_hook(seen.count)
    seen.returned = train(seen.model, 2 * [_images(8)], SGDAtRest(seen), *loss)
    seen.left = _gradients(model)
    return seen


LINES = (
    "model.train()",
    "optimizer.zero_grad()",
    "loss_function(logits, labels)",
    "loss.backward()",
    "optimizer.step()",
)


def _epoch_with(typed: Sequence[str | None]) -> Callable:
    """Return the training function of the chapter with something else in its blanks."""
    mode, forget, loss, backward, step = (
        text or right for text, right in zip(typed, LINES, strict=True)
    )
    return _made(
        "def answer(model, batches, optimizer, loss_function):",
        f"    {mode}",
        "    losses, correct, total = [], 0, 0",
        "    for images, labels in batches:",
        f"        {forget}",
        "        logits = model(images)",
        f"        loss = {loss}",
        f"        {backward}",
        f"        {step}",
        "        losses.append(loss.item())",
        "        correct += (logits.argmax(dim=1) == labels).sum().item()",
        "        total += len(labels)",
        "    return losses, correct / total",
    )


def _loop_with(typed: Sequence[str]) -> Callable:
    """Return the repaired function of the chapter with something else as its body."""
    return _made("def answer(model, batches, optimizer):", "    model.train()", typed[0])


def _made(*lines: str) -> Callable:
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": F}
    exec("\n".join(lines), names)
    return names["answer"]


@cache
def _slip(make: Callable, typed: tuple, with_loss: bool) -> tuple:
    """Return what is seen of a function with a slip."""
    return _watch(make(typed), with_loss).facts()


def _trains_like(*typed: str | None) -> dict[str, Any]:
    """Return what is typed by a slip, and evidence for it: everything that is seen is what this
    slip would give.
    """
    return {
        "typed": typed,
        "shows": lambda seen: _alike(seen.facts(), _slip(_epoch_with, typed, True)),
    }


def _loops_like(typed: str) -> dict[str, Any]:
    """Return the same for the loop that is put right."""
    return {
        "typed": (typed,),
        "shows": lambda seen: _alike(seen.facts(), _slip(_loop_with, (typed,), False)),
    }


def _given_were(test: Callable[[Any, Any, Tensor], bool]) -> Callable[[BaseException], bool]:
    """Return a test of an error of the loss function: what it had been given, and what the network
    had answered.
    """

    def shows(error: BaseException) -> bool:
        given, logits = getattr(error, "given", None), getattr(error, "logits", None)
        return bool(given and logits) and test(*given, logits[0])

    return shows


def _is(one: Any, other: Tensor) -> bool:
    return isinstance(one, Tensor) and one.dtype == other.dtype and _alike(one, other.detach())


_LABELS_FIRST = _given_were(
    lambda input, target, logits: not _is(input, logits) and _is(target, logits)
)
_CLASSES_GIVEN = _given_were(lambda input, target, logits: _is(input, logits.argmax(dim=1)))
_LABELS_ARE_FLOAT = _given_were(
    lambda input, target, logits: (
        _is(input, logits)
        and isinstance(target, Tensor)
        and target.is_floating_point()
        and target.dim() == 1
    )
)
_IMAGES_AS_LABELS = _given_were(
    lambda input, target, logits: (
        _is(input, logits) and isinstance(target, Tensor) and target.dim() == 4
    )
)


def _about_training(seen: _Training, with_loss: bool) -> str:
    """Return the first thing in which a training differs from a right one."""
    steps = seen.steps
    if said := _about_training_passes(seen.model.noted):
        return said
    if with_loss and (said := _about_loss(seen)):
        return said
    if len(steps) != 2:
        return (
            f"For two batches, step is called {_times(len(steps))}."
            if steps
            else "The optimiser takes no step."
        )
    if seen.computed == 0 and all(
        gradient is None for found in (*steps, seen.left) for gradient in found
    ):
        return "No gradients are ever computed."
    return (
        _about_gradients(seen, with_loss)
        or _about_returned(seen, with_loss)
        or _about_others(seen, with_loss)
    )


def _about_training_passes(noted: Notes) -> str:
    """Return the first thing that is wrong with how the model was called for two batches."""
    if not noted.modes:
        return "Your function never calls the model."
    if len(noted.modes) != 2:
        return f"For two batches, your function calls the model {_times(len(noted.modes))}."
    named = [zip(("Dropout", "Batch norm"), parts, strict=True) for parts in noted.parts]
    resting = {name for parts in named for name, on in parts if not on}
    if not all(noted.modes):
        whole = f", {' and '.join(sorted(resting)).lower()} included" if resting else ""
        return f"The model was in evaluation mode in {noted.modes.count(False)} of 2 passes{whole}."
    if resting:
        return (
            f"{' and '.join(sorted(resting))} worked as in evaluation while the model was called."
        )
    if not all(noted.gradients):
        return "Gradients were switched off while the model was called."
    images, _ = _images(8)
    if not all(_is(given, images) for given in noted.images):
        return "The model was not given the images of the batch as they came."
    return ""


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _about_loss(seen: _Training) -> str:
    given = seen.loss.given
    if not given:
        return "The loss function that your function is given is never called."
    if len(given) != 2:
        return f"For two batches, the loss function is called {_times(len(given))}."
    for (input, target), logits in zip(given, seen.model.noted.logits, strict=True):
        _, labels = _images(8)
        if not _is(input, logits):
            return (
                f"The loss function got {kind_of(input)} as its first argument, and these are not"
                " the model's logits."
            )
        if not _is(target, labels):
            return (
                f"The loss function got the logits and {kind_of(target)}, and these are not the"
                " labels of the batch."
            )
    return ""


def _right_training(with_loss: bool) -> _Training:
    return _watch(
        _epoch_with((None,) * 5) if with_loss else lambda *given: _one_epoch(*given)[0], with_loss
    )


def _about_gradients(seen: _Training, with_loss: bool) -> str:
    right = _right_training(with_loss).steps[0]
    whose = (
        "this batch's loss, as the loss function gives it"
        if with_loss
        else "this batch's cross-entropy"
    )
    for place, found in enumerate(seen.steps, start=1):
        if not any(gradient is not None and gradient.any() for gradient in found):
            return (
                f"At step {place} of the optimiser there are no gradients: its parameters do not"
                " move."
            )
        missing = [
            name
            for (name, _), each in zip(seen.model.named_parameters(), found, strict=True)
            if each is None
        ]
        if missing:
            return (
                f"At step {place} of the optimiser `{missing[0]}` has no gradient, so it does not"
                " move."
            )
        if not _alike(found, right):
            return (
                f"At step {place} of the optimiser the gradients are not those of"
                f" {whose}{_ratio(found, right)}."
            )
    return ""


def _ratio(found: list[Tensor], right: list[Tensor]) -> str:
    """Return in words by which factor all gradients differ from the right ones; "" if by none."""
    ratio = (found[-1].double() / right[-1]).nanmedian().item()
    return (
        f": they are {shown(ratio)} times as large"
        if _alike(found, [ratio * each for each in right])
        else ""
    )


def _about_returned(seen: _Training, with_loss: bool) -> str:
    expected = _right_training(with_loss).returned
    if not with_loss:
        losses, right = _losses_alone(seen.returned), array(expected)
        said = "" if same(losses, right) else about_array(losses, right, "The list of losses")
        return said and f"Every step is right. {said}"
    (losses, accuracy), (right, share) = (
        _losses_and_accuracy(seen.returned),
        _losses_and_accuracy(expected),
    )
    if not same(losses, right):
        return "Every step is right. " + about_array(losses, right, "The list of losses")
    if not _right_share(share)(accuracy):
        return f"Every step and loss is right. The accuracy: {about_number(accuracy, share)}"
    if not seen.model.training:
        return (
            "Losses and accuracy are right. Afterwards the model is in evaluation mode, and not in"
            " training mode."
        )
    return ""


def _about_others(seen: _Training, with_loss: bool) -> str:
    """Return what is wrong with a training that goes as it should on two equal batches."""
    for case in TRAININGS:
        case = case if with_loss else {**case, "loss": ()}
        model, returned = _trained(seen.train, **case)
        reference, (expected, share) = _trained(_one_epoch, **case)
        losses, accuracy = (
            _losses_and_accuracy(returned) if with_loss else (_losses_alone(returned), share)
        )
        batches = f"batches of {', '.join(map(str, case['sizes']))} images"
        if len(model.noted.modes) != len(case["sizes"]):
            return f"For {batches}, your function calls the model {_times(len(model.noted.modes))}."
        if not same(losses, expected):
            return f"For {batches}: {about_array(losses, expected, 'the list of losses')}"
        if not _right_share(share)(accuracy):
            return f"For {batches}, the accuracy: {about_number(accuracy, share)}"
        if not _same_state(model, reference):
            return (
                f"For {batches}, the losses are right, but the model is not what it should be"
                " afterwards."
            )
    return ""


# --------------------------------------------------------------------------------------------------
# evaluation

EVALUATIONS = ((7, True, 3), (7, False, 2), (1, True), (30, False))


def _evaluated(
    evaluate: Callable, count: int, training: bool, *batch_size: int
) -> tuple[Network, Any]:
    """Let a function evaluate a network that has seen other images; return the network and what was
    returned.
    """
    images, labels = _images(count)
    torch.manual_seed(0)
    model = Network(dropout=0.5)
    model(torch.randn(16, 1, 6, 6) + 1)
    model.noted, model.dropout.passes = Notes(), 0
    model.train(training)
    return model, evaluate(model, images, labels, *batch_size)


def _loss_and_accuracy(returned: Any) -> tuple[float, float]:
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        raise Unreadable(
            "Your function should return the loss and the accuracy, but it returned"
            f" {kind_of(returned)}."
        )
    return number(returned[0]), number(returned[1])


def _expected(count: int, *case: Any) -> tuple[Network, float, float]:
    """Return the network as it should be afterwards, the loss and the accuracy on so many
    images.
    """
    reference, _ = _evaluated(lambda *_: None, count, *case)
    _, labels = _images(count)
    with torch.no_grad():
        logits = _evaluated(lambda model, x, *_: model.eval()(x), count, *case)[1]
    share = (logits.argmax(dim=1) == labels).double().mean().item()
    return reference, F.cross_entropy(logits, labels).item(), share


def _evaluates(evaluate: Callable) -> bool:
    for case in EVALUATIONS:
        model, returned = _evaluated(evaluate, *case)
        loss, accuracy = _loss_and_accuracy(returned)
        reference, right, share = _expected(*case)
        noted = model.noted
        if (
            not noted.modes
            or any(noted.modes)
            or any(noted.gradients)
            or not _same_state(model, reference)
        ):
            return False
        if not all(parameter.requires_grad for parameter in model.parameters()):
            return False
        if not (rounded(right, 4)(loss) and _right_share(share)(accuracy)):
            return False
    return True


@dataclass
class _Evaluation:
    """Everything that was seen of an evaluation, in both modes: the network and
    what was returned.
    """

    runs: list[tuple[Network, Any]]

    def facts(self) -> list:
        """Return all of it as numbers, to compare with what another function did."""
        return [
            [
                model.noted.modes,
                model.noted.gradients,
                [each.detach() for each in model.noted.logits],
                model.training,
                [parameter.requires_grad for parameter in model.parameters()],
                _values(returned),
            ]
            for model, returned in self.runs
        ]


def _watch_evaluation(evaluate: Callable) -> _Evaluation:
    return _Evaluation([_evaluated(evaluate, *case) for case in EVALUATIONS[:3]])


EVALUATION_BLANKS = ("model.eval()", "torch.no_grad()", '"sum"')


def _evaluation_with(typed: Sequence[str | None]) -> Callable:
    """Return the evaluation of the chapter with something else in its blanks."""
    mode, gradients, reduction = (
        text or right for text, right in zip(typed, EVALUATION_BLANKS, strict=True)
    )
    return _made(
        "def answer(model, images, labels, batch_size=1000):",
        "    was_training = model.training",
        f"    {mode}",
        "    loss, correct = 0.0, 0",
        f"    with {gradients}:",
        "        for x, y in zip(images.split(batch_size), labels.split(batch_size), strict=True):",
        "            logits = model(x)",
        f"            loss += F.cross_entropy(logits, y, reduction={reduction}).item()",
        "            correct += (logits.argmax(dim=1) == y).sum().item()",
        "    model.train(was_training)",
        "    return loss / len(labels), correct / len(labels)",
    )


@cache
def _evaluation_slip(typed: tuple) -> list:
    return _watch_evaluation(_evaluation_with(typed)).facts()


def _evaluates_like(*typed: str | None) -> dict[str, Any]:
    """Return what is typed by a slip, and evidence for it: everything that is seen is what this
    slip would give.
    """
    return {"typed": typed, "shows": lambda seen: _alike(seen.facts(), _evaluation_slip(typed))}


def _about_evaluation(seen: _Evaluation) -> str:
    """Return the first thing in which an evaluation differs from a right one."""
    for case, (model, returned) in zip(EVALUATIONS, seen.runs, strict=False):
        said = (
            _about_passes(model.noted) or _about_end(model, case) or _about_result(returned, case)
        )
        if said:
            return said
    return "Seven images are evaluated as they should be, one and thirty are not."


def _about_passes(noted: Notes) -> str:
    if not noted.modes:
        return "Your function never calls the model."
    if any(noted.modes):
        at_work = [
            name for name, on in zip(("dropout", "batch norm"), noted.parts[0], strict=True) if on
        ]
        parts = (
            f", {' and '.join(at_work)} included"
            if at_work
            else ", but neither dropout nor batch norm was"
        )
        return (
            f"The model was in training mode in {sum(noted.modes)} of {len(noted.modes)}"
            f" passes{parts}."
        )
    at_work = {
        name
        for parts in noted.parts
        for name, on in zip(("Dropout", "Batch norm"), parts, strict=True)
        if on
    }
    if at_work:
        return f"{' and '.join(sorted(at_work))} worked as in training in at least one pass."
    if any(noted.gradients):
        return "Gradients were prepared while the model was called."
    return ""


def _about_end(model: Network, case: tuple) -> str:
    reference = _expected(*case)[0]
    names = {True: "training", False: "evaluation"}
    if model.training != reference.training:
        return (
            f"The model came in {names[reference.training]} mode, and your function leaves it in"
            " the other one."
        )
    if not all(parameter.requires_grad for parameter in model.parameters()):
        return "Your function freezes parameters: they could not be trained afterwards."
    if not _same_values(model, reference):
        return (
            "Your function changes what the model has stored: its parameters or the numbers of"
            " batch norm."
        )
    if not _same_state(model, reference):
        return (
            "Your function changes parts of the model: their mode, their kind, or a number such as"
            " dropout's share."
        )
    return ""


def _about_result(returned: Any, case: tuple) -> str:
    _, right, share = _expected(*case)
    loss, accuracy = _loss_and_accuracy(returned)
    batches = f", in batches of {case[2]}" if len(case) > 2 else ""
    if _right_share(share)(loss) and rounded(right, 4)(accuracy):
        return "The accuracy comes first and the loss second: they have changed places."
    if not rounded(right, 4)(loss):
        return (
            f"Mode and gradients are right. The loss of {case[0]} images{batches}:"
            f" {about_number(loss, right)}"
        )
    if not _right_share(share)(accuracy):
        return (
            f"The loss is right. The accuracy on {case[0]} images{batches}:"
            f" {about_number(accuracy, share)}"
        )
    return ""


# --------------------------------------------------------------------------------------------------
# augmentation

HALF = 5  # pixels from the middle to each of the soft points
# their standard deviation, in pixels: wide enough to turn with an augmentation that copies whole
# pixels
SOFT = 2.0
INK = 3.2  # how much brighter than black white is once images are normalised
FAR = 8  # pixels, beyond which points are cut off, and angles cannot be told
COPIES, MORE_COPIES = 100, 500  # in each of two batches
QUICK = 0.1  # seconds of processor time for a batch: then there may be more copies
_NO_CONTEXT = re.compile(
    r"'(type|\w*function\w*|method)' object does not support the context manager|__enter__"
)
STD = 0.3081  # of MNIST's pixels, roughly: to tell which brightness came in


@dataclass
class _Moves:
    """What an augmentation does to two batches of images with four points around the middle, and to
    black images.

    Attributes
    ----------
    right, down : Tensor
        How far each copy of both batches moved, (N,), in pixels; NaN if the points are lost.
    angle : Tensor
        How far each copy turned, (N,), in degrees.
    lengths, corner : Tensor
        Of the two lines between opposite points: their lengths, (N, 2), and the cosine of the angle
        between them, (N,).
    is_mirrored : bool
        Whether in any copy what was below lies on the other side of the line from left to right.
    peak : Tensor
        How many times as bright each point became, (N, 4).
    black : float
        What black is, as it was answered.
    comes_in : float
        The brightness that differs most from black in augmented black images.
    is_clean : bool
        Whether black images stay black in their middle; else neither angles nor shifts can be told.
    """

    right: Tensor
    down: Tensor
    angle: Tensor
    lengths: Tensor
    is_mirrored: bool
    corner: Tensor
    peak: Tensor
    black: float
    comes_in: float
    is_clean: bool

    @property
    def turn(self) -> float:
        """The largest angle, in degrees."""
        return self.angle.abs().max().item()

    @property
    def shift(self) -> float:
        """The largest shift along an axis, in pixels."""
        return max(self.right.abs().max().item(), self.down.abs().max().item())

    @property
    def fills_black(self) -> bool:
        """Whether nothing else than black comes in."""
        return abs(self.comes_in - self.black) < 0.02

    @property
    def keeps_points(self) -> bool:
        """Whether the points stay points, as bright as they were."""
        return self.shift > 3.5 or bool(self.peak.min() > 0.85 and self.peak.max() < 1.2)

    @property
    def is_rigid(self) -> bool:
        """Whether the points keep their distances and angles, as far as they stay inside the
        image.
        """
        kept = (self.lengths - 2 * HALF).abs().max() < 0.18 and self.corner.abs().max() < 0.025
        return self.shift > 3.5 or bool(kept)


def _points() -> Tensor:
    """Return four pictures, (4, 28, 28), each of one soft point: left, right, above and below the
    middle.
    """
    across = torch.arange(28.0) - 13.5
    places = torch.tensor([[-HALF, 0], [HALF, 0], [0, -HALF], [0, HALF]])
    squared = (across - places[:, :, None]) ** 2  # (4, 2, 28), right and down
    return torch.exp(-(squared[:, 0, None, :] + squared[:, 1, :, None]) / (2 * SOFT**2))


def _moves(answer: tuple[Callable, float]) -> _Moves:
    augmentation, black = answer
    images = black + INK * torch.cat([_points(), torch.zeros(1, 28, 28)]).repeat(
        COPIES, 1, 1, 1
    )  # (COPIES, 5, 28, 28)
    began = time.process_time()
    first = _augmented(augmentation, images, 0)
    if time.process_time() - began < QUICK:
        images = images[:1].repeat(MORE_COPIES, 1, 1, 1)
        first = _augmented(augmentation, images, 0)
    changed = torch.cat([first, _augmented(augmentation, images, 1)])
    paper = changed[:, 4:]
    seen = (changed[:, :4] - paper) / INK
    across = torch.arange(28.0) - 13.5
    mass = seen.sum(dim=(2, 3))  # (N, 4)
    right = (seen.sum(dim=2) * across).sum(dim=2) / mass  # (N, 4), of each point's centre
    down = (seen.sum(dim=3) * across).sum(dim=2) / mass
    arms = torch.stack([right, down], dim=-1)  # (N, 4, 2)
    arms = arms[:, 1::2] - arms[:, ::2]  # (N, 2, 2), from left to right and from top to bottom
    furthest = (paper - black).abs().argmax()
    return _Moves(
        right=right.mean(dim=1),
        down=down.mean(dim=1),
        angle=torch.rad2deg(torch.atan2(arms[:, 0, 1], arms[:, 0, 0])),
        lengths=arms.norm(dim=-1),
        is_mirrored=bool((arms[:, 0, 0] * arms[:, 1, 1] - arms[:, 0, 1] * arms[:, 1, 0] < 0).any()),
        peak=seen.amax(dim=(2, 3)) / _points().double().amax(dim=(1, 2)),
        corner=(arms[:, 0] * arms[:, 1]).sum(dim=-1) / arms.norm(dim=-1).prod(dim=-1),
        black=black,
        comes_in=paper.flatten()[furthest].item(),
        is_clean=bool((paper[..., 12:16, 12:16] - black).abs().max() < 0.02),
    )


def _augmented(augmentation: Callable, images: Tensor, seed: int) -> Tensor:
    torch.manual_seed(seed)
    changed = augmentation(images.clone())
    if not isinstance(changed, Tensor) or changed.shape != images.shape:
        raise Unreadable(
            "An augmentation returns as many images as it is given, but yours returned"
            f" {kind_of(changed)}."
        )
    return changed.detach().double()


def _reaches(values: Tensor, limit: float, rounding: float = 0.0) -> bool:
    """Tell whether values lie evenly within ± a limit and near it on both sides; whole ones may be
    rounded ones.
    """
    is_whole = bool((values - values.round()).abs().max() < 0.1)
    many = len(values) > 2 * COPIES
    nearly = 0.98 if many else 0.92
    even = 0.032 if many and rounding else 0.12  # small angles may be rounded to 0
    inside = values.abs().max() < 1.04 * limit + (rounding if is_whole else 0)
    near = values.max() > nearly * limit and values.min() < -nearly * limit
    is_even = abs(values.abs().mean().item() / limit - 0.5) < even
    return bool(inside and near and is_even and not _is_alike_within_batches(values))


def _is_mostly_small(values: Tensor) -> bool:
    return bool(values.abs().mean() < 0.4 * values.abs().max())


def _is_alike_within_batches(values: Tensor) -> bool:
    batches = values.reshape(2, -1)
    return bool((batches.amax(dim=1) - batches.amin(dim=1)).max() < 0.05 * values.abs().max())


def _moves_by(angle: float, shift: float) -> Callable[[_Moves], bool]:
    """Return a test whether images turn and move by up to this, in degrees and pixels, and nothing
    else happens.
    """

    def test(moves: _Moves) -> bool:
        shifts = (
            _reaches(each, shift, rounding=0.2) if shift else each.abs().max() < 0.2
            for each in (moves.right, moves.down)
        )
        turns = _reaches(moves.angle, angle) if angle else moves.turn < 0.3
        kept = moves.is_clean and moves.is_rigid and moves.keeps_points and not moves.is_mirrored
        return bool(all(shifts) and turns and kept)

    return test


def _only(angle: float = 10, shift: float = 2.8) -> Callable[[_Moves], bool]:
    """Return a test whether angle and shift are these, and black comes in."""
    return lambda moves: _moves_by(angle, shift)(moves) and moves.fills_black


def _comes_in(value: Callable[[float], float]) -> Callable[[_Moves], bool]:
    """Return a test whether all is right but that this brightness comes in, a function of black."""
    return lambda moves: (
        _moves_by(10, 2.8)(moves)
        and not moves.fills_black
        and abs(moves.comes_in - value(moves.black)) < 0.02
    )


def _about_moves(moves: _Moves) -> str:
    if moves.right.isnan().all():
        return "No digit is left in any image."
    if moves.right.isnan().any() or moves.shift > 12:
        return "Many digits leave the image altogether."
    if moves.shift > FAR:
        return (
            f"Your augmentation moves images by more than {FAR} pixels along an axis, so that parts"
            " are cut off."
        )
    if not moves.is_clean:
        return "Black images do not stay black, not even in their middle."
    shifts = torch.stack([moves.right, moves.down])
    came = f"lets the brightness {moves.comes_in:.3f} come in, where black is {moves.black:.3f}"
    parts = [
        *([] if moves.is_mirrored else [f"turns images by {_range(moves.angle, 'degrees')}"]),
        (
            f"moves {'images' if moves.is_mirrored else 'them'} by {_range(shifts, 'pixels')} along"
            " an axis"
        ),
        "keeps black images black" if moves.fills_black else came,
    ]
    said = [f"Your augmentation {', '.join(parts[:-1])}, and {parts[-1]}."]
    said += [] if moves.is_rigid else ["It also stretches or shears them."]
    said += ["It also mirrors images."] if moves.is_mirrored else []
    said += [] if moves.keeps_points else ["It also changes how bright a point is."]
    return " ".join(said + _about_evenness(moves))


def _about_evenness(moves: _Moves) -> list[str]:
    """Return what is to be said of angles and shifts that come unevenly."""
    spread = {"angles": moves.angle, "shifts": torch.cat([moves.right, moves.down])}
    uneven = [
        name
        for name, values in spread.items()
        if values.abs().max() > 0.3
        and not _is_alike_within_batches(values)
        and _is_mostly_small(values)
    ]
    if moves.is_mirrored or not uneven:
        return []
    return [f"Among the {' and '.join(uneven)}, small ones come more often than large ones."]


def _range(values: Tensor, unit: str) -> str:
    """Return in words how far images are turned or moved; the values of both axes may be
    stacked.
    """
    most = values.abs().max().item()
    if most < 0.05:
        return f"0 {unit}"
    if all(
        _is_alike_within_batches(each) for each in (values if values.dim() == 2 else values[None])
    ):
        return f"the same amount for all images of a batch ({most:.1f} {unit})"
    return f"up to {most:.1f} {unit}"


# --------------------------------------------------------------------------------------------------
# when to stop


def _about_epoch(answer: int) -> str:
    if not 1 <= answer <= 8:
        return f"There is no epoch {answer}: the axis goes from 1 to 8."
    if answer < 4:
        return (
            f"After epoch {answer} the validation loss still falls, and the validation accuracy"
            " still rises."
        )
    return (
        f"By epoch {answer} the validation loss has risen again, and the validation accuracy has"
        " sunk."
    )


# --------------------------------------------------------------------------------------------------
# recall


def _matrix(seed: int) -> np.ndarray:
    """Return a confusion matrix of ten classes with a 0 in each row: numbers that are not 0 are
    fewer than classes.
    """
    matrix = np.random.default_rng(seed).integers(1, 50, (10, 10))
    matrix[np.arange(10), np.arange(1, 11) % 10] = 0
    return matrix


MATRICES = tuple(_matrix(seed) for seed in range(3))
SMALL_MATRICES = ([[6, 2], [3, 9]], [[5, 2], [3, 8]])


def _shares(share: Callable[[np.ndarray, int], float]) -> Callable[[Callable], bool]:
    """Return a test whether a function computes this share of a matrix and a digit."""
    return lambda recall: all(
        rounded(share(matrix, digit), 4)(result(recall(matrix.copy(), digit)))
        for matrix in MATRICES
        for digit in range(10)
    )


def _about_recall(recall: Callable) -> str:
    """Return the first wrong share of a small matrix, else of a large one, among those that can be
    computed.
    """
    small = [(f"the matrix {matrix}", np.array(matrix)) for matrix in SMALL_MATRICES]
    large = [("one with ten classes", matrix) for matrix in MATRICES]
    cases = (
        (
            f"For {name} and the digit {digit}",
            lambda m=matrix, d=digit: result(recall(m.copy(), d)),
            right,
        )
        for name, matrix in small + large
        for digit in range(len(matrix))
        for right in [matrix[digit, digit] / matrix[digit].sum()]
        if _gives_a_number(recall, matrix, digit)
    )
    return first_difference(cases, same=lambda one, other: rounded(other, 4)(one))


def _gives_a_number(recall: Callable, matrix: np.ndarray, digit: int) -> bool:
    try:
        result(recall(matrix.copy(), digit))
    except Exception:
        return False
    return True


def _loop(*lines: str) -> str:
    """Return the loop of a training function with these lines for each batch, and what it
    returns.
    """
    return "\n".join(
        [
            "    losses = []",
            "    for images, labels in batches:",
            *(f"        {line}" for line in lines),
            "        losses.append(loss.item())",
            "    return losses",
        ]
    )


LOSS_LINE = "loss = F.cross_entropy(model(images), labels)"
ONE_STEP = _loop("optimizer.zero_grad()", LOSS_LINE, "loss.backward()").replace(
    "    return", "    optimizer.step()\n    return"
)


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="cross-entropy",
        read=several(array, number),
        right=_loss_is(LOSS),
        observed=_about_cross_entropy,
        praise="F.cross_entropy takes the logits themselves and does both steps at once.",
        wrong=(
            Wrong(
                name="divided by the sum of the logits",
                typed=("logits.sum()", None),
                hint=(
                    "These are the powers of e, divided by the sum of the logits. Do the three add"
                    " up to 1?"
                ),
                shows=lambda answer: same(answer[0], LOGITS.exp() / LOGITS.sum(), PRINTED),
            ),
            Wrong(
                name="divided by the largest power",
                typed=("logits.exp().max()", None),
                hint=(
                    "The largest of these values is 1, and still the others are not 0. What should"
                    " the three add up to?"
                ),
                shows=lambda answer: same(answer[0], LOGITS.exp() / LOGITS.exp().max(), PRINTED),
            ),
            Wrong(
                name="the loss of another class",
                typed=(None, "-probabilities[0].log()"),
                hint=(
                    "This is the loss if the image shows a 3. Which place has the 5, counted"
                    " from 0?"
                ),
                shows=_loss_is(LOSSES[0]),
            ),
            Wrong(
                name="the class counted from 1",
                typed=(None, "-probabilities[2].log()"),
                hint="This is the loss if the image shows an 8. Places are counted from 0.",
                shows=_loss_is(LOSSES[2]),
            ),
            Wrong(
                name="the sign is forgotten",
                typed=(None, "probabilities[1].log()"),
                hint=(
                    "The loss has the right size and is negative, as the logarithm of a "
                    "number below 1 is. A loss grows with the mistake."
                ),
                shows=_loss_is(-LOSS),
            ),
            Wrong(
                name="the logarithm to base 10",
                typed=(None, "-probabilities[1].log10()"),
                hint="This is the logarithm to base 10. The formula above has the natural one.",
                shows=_loss_is(LOSS / math.log(10)),
            ),
            Wrong(
                name="the probability that is missing",
                typed=(None, "1 - probabilities[1]"),
                hint=(
                    "This is what the probability lacks to 1. The loss is a logarithm: look at the"
                    " formula above."
                ),
                shows=_loss_is(1 - math.exp(-LOSS)),
            ),
            Wrong(
                name="the logarithm to base 2",
                typed=(None, "-probabilities[1].log2()"),
                hint="This is the logarithm to base 2. The formula above has the natural one.",
                shows=_loss_is(LOSS / math.log(2)),
            ),
            Wrong(
                name="no logarithm",
                typed=(None, "-probabilities[1]"),
                hint=(
                    "This is the probability with a minus in front. What does the formula above"
                    " take of it first?"
                ),
                shows=_loss_is(-math.exp(-LOSS)),
            ),
        ),
        otherwise=(
            "Softmax first, over all three; then the loss of one of them. Both formulas stand"
            " above."
        ),
    ),
    Exercise(
        id="one-step",
        read=function,
        right=_steps_to(lambda before, rate, slope: before - rate * slope),
        observed=_about_step,
        praise="Every one of the network's parameters does the same, each with its own gradient.",
        wrong=(
            Wrong(
                name="uphill",
                typed=("before + rate * slope",),
                hint=(
                    "This goes with the gradient, where the loss rises. Which way should the"
                    " weight go?"
                ),
                shows=_steps_to(lambda before, rate, slope: before + rate * slope),
            ),
            Wrong(
                name="the learning rate is left out",
                typed=("before - slope",),
                hint=(
                    "This goes by the whole gradient, whatever the learning rate. What makes the"
                    " step short?"
                ),
                shows=_steps_to(lambda before, rate, slope: before - slope),
            ),
            Wrong(
                name="the step alone",
                typed=("-rate * slope",),
                hint="This is the step. From where does the weight start?",
                shows=_steps_to(lambda before, rate, slope: -rate * slope),
            ),
            Wrong(
                name="the gradient is left out",
                typed=("before - rate",),
                hint=(
                    "By this every weight would go equally far. What says how steep it is at this"
                    " one?"
                ),
                shows=_steps_to(lambda before, rate, slope: before - rate),
            ),
            Wrong(
                name="divided by the learning rate",
                typed=("before - slope / rate",),
                hint="A smaller learning rate would make this step longer. Should it?",
                shows=_steps_to(lambda before, rate, slope: before - slope / rate),
            ),
            Wrong(
                name="always downwards by the size of the gradient",
                typed=("before - rate * abs(slope)",),
                hint=(
                    "This makes the weight smaller, whichever way the slope goes. Where does a"
                    " negative slope lead?"
                ),
                shows=_steps_to(lambda before, rate, slope: before - rate * abs(slope)),
            ),
            Wrong(
                name="the sign of the gradient alone",
                typed=("before - rate * math.copysign(1, slope)",),
                hint=(
                    "Steep or flat, each step has the same length here. Of what does the length"
                    " depend above?"
                ),
                shows=_steps_to(
                    lambda before, rate, slope: before - rate * math.copysign(1, slope)
                ),
            ),
        ),
        otherwise=(
            "Compare with the rule of gradient descent above: where it starts, which way, and how"
            " far."
        ),
    ),
    Exercise(
        id="three-steps",
        read=number,
        right=equals(0.5),
        observed=_about_weight,
        praise="Each step halves what is left, because the gradient shrinks along with the weight.",
        wrong=(
            Wrong(
                name="the whole gradient taken away",
                typed=("1 - 2",),
                hint=(
                    "This is 1 less the whole gradient. Which part of it did the first two steps"
                    " take?"
                ),
                shows=equals(-1),
            ),
            Wrong(
                name="the weight in place of its gradient",
                typed=("1 - 0.25 * 1",),
                hint=(
                    "This is 1 less a quarter of the weight. The loss is its square: what is the"
                    " gradient at 1?"
                ),
                shows=equals(0.75),
            ),
            Wrong(
                name="uphill",
                typed=("1 + 0.25 * 2",),
                hint=(
                    "This is further from the bottom than 1 is. On which side of 1 does the bottom"
                    " of the parabola lie?"
                ),
                shows=equals(1.5),
            ),
            Wrong(
                name="arrived at the bottom",
                typed=("0",),
                hint=(
                    "The bottom lies there, but does it get there in one step? Work out the"
                    " gradient at 1."
                ),
                shows=equals(0),
            ),
            Wrong(
                name="old gradients added up",
                typed=("1 - 0.25 * (8 + 4 + 2)",),
                hint=(
                    "This takes the gradients of all three places together. Which of them "
                    "holds where the weight stands now?"
                ),
                shows=equals(-2.5),
            ),
        ),
        otherwise=(
            "After two steps it stands at 1. Work out the gradient there and go against a quarter"
            " of it."
        ),
    ),
    Exercise(
        id="train-epoch",
        read=function,
        right=_trains,
        look=lambda train: _watch(train, with_loss=True),
        observed=lambda seen: _about_training(seen, with_loss=True),
        praise=(
            "Losses, accuracy and every parameter agree with a loop of its own, under SGD and under"
            " Adam."
        ),
        wrong=(
            Wrong(
                name="in evaluation mode",
                hint=(
                    "The model came in evaluation mode and learned in it. Which mode does learning"
                    " need?"
                ),
                **_trains_like("model.eval()", None, None, None, None),
            ),
            Wrong(
                name="softmax before cross-entropy",
                hint=(
                    "The loss function was given probabilities, each row with the sum 1. What "
                    "does cross-entropy do with its input itself?"
                ),
                **_trains_like(
                    None, None, "loss_function(logits.softmax(dim=1), labels)", None, None
                ),
            ),
            Wrong(
                name="logits and labels changed round",
                typed=(None, None, "loss_function(labels, logits)", None, None),
                hint=(
                    "The labels came first to the loss function. Which of the two does it expect"
                    " there?"
                ),
                stops=_LABELS_FIRST,
            ),
            Wrong(
                name="predicted classes in place of logits",
                typed=(None, None, "loss_function(logits.argmax(dim=1), labels)", None, None),
                hint=(
                    "The loss function was given the predicted classes. How sure the network was is"
                    " lost in them."
                ),
                stops=_CLASSES_GIVEN,
            ),
            Wrong(
                name="labels as decimal numbers",
                typed=(None, None, "loss_function(logits, labels.float())", None, None),
                hint=(
                    "The labels came as decimal numbers. For classes, the loss function "
                    "expects whole ones, as they were."
                ),
                stops=_LABELS_ARE_FLOAT,
            ),
            Wrong(
                name="images in place of labels",
                typed=(None, None, "loss_function(logits, images)", None, None),
                hint=(
                    "The loss function was given the logits and the images. With what does it"
                    " compare the logits?"
                ),
                stops=_IMAGES_AS_LABELS,
            ),
            Wrong(
                name="another loss function",
                hint=(
                    "It learns with cross-entropy, but the loss function that it is given is "
                    "never called. Which name has that one?"
                ),
                **_trains_like(None, None, "F.cross_entropy(logits, labels)", None, None),
            ),
            Wrong(
                name="step is named and not called",
                hint=(
                    "The gradients are there, and the optimiser takes no step. Is there a "
                    "step, and is it called? A bare name does nothing."
                ),
                **_trains_like(None, None, None, None, "optimizer.step"),
            ),
            Wrong(
                name="no gradients",
                hint=(
                    "The optimiser takes steps, but finds no gradients. Which line computes them,"
                    " and before what?"
                ),
                **_trains_like(None, None, None, "pass", None),
            ),
            Wrong(
                name="old gradients are not forgotten",
                hint=(
                    "At the second batch the step went by the sum of two gradients. What has to be"
                    " forgotten?"
                ),
                **_trains_like(None, "pass", None, None, None),
            ),
        ),
        otherwise=(
            "Compare with the five lines in the text above, and with what each of your blanks is"
            " called."
        ),
    ),
    Exercise(
        id="loop-order",
        read=function,
        right=_learns,
        look=lambda train: _watch(train, with_loss=False),
        observed=lambda seen: _about_training(seen, with_loss=False),
        praise=(
            "The same five lines, and only their order decides whether anything is learned. No"
            " message would tell."
        ),
        wrong=(
            Wrong(
                name="the gradients are erased before the step",
                hint=(
                    "Each step finds its gradients erased. What stands between the line that makes"
                    " them and the step?"
                ),
                **_loops_like(
                    _loop(LOSS_LINE, "loss.backward()", "optimizer.zero_grad()", "optimizer.step()")
                ),
            ),
            Wrong(
                name="the step comes before the gradients",
                hint=(
                    "Gradients are computed, but after the step that needs them. Each batch then"
                    " forgets them."
                ),
                **_loops_like(
                    _loop("optimizer.zero_grad()", LOSS_LINE, "optimizer.step()", "loss.backward()")
                ),
            ),
            Wrong(
                name="nothing is forgotten",
                hint=(
                    "It moves now, but by the sum of all gradients so far. What has to be forgotten"
                    " at each batch?"
                ),
                **_loops_like(_loop(LOSS_LINE, "loss.backward()", "optimizer.step()")),
            ),
            Wrong(
                name="one step for all batches",
                hint=(
                    "Two batches, and one step after the last of them. What has to happen for each"
                    " batch?"
                ),
                **_loops_like(ONE_STEP),
            ),
            Wrong(
                name="softmax before cross-entropy",
                hint=(
                    "Every batch has its gradients and its step now. But the loss is computed "
                    "from probabilities: what is inside it already?"
                ),
                **_loops_like(
                    _loop(
                        "optimizer.zero_grad()",
                        "loss = F.cross_entropy(model(images).softmax(dim=1), labels)",
                        "loss.backward()",
                        "optimizer.step()",
                    )
                ),
            ),
        ),
        otherwise=(
            "Follow one gradient: where is it made, where is it used, and what happens to it in"
            " between?"
        ),
    ),
    Exercise(
        id="sum-or-mean",
        read=number,
        right=equals(64),
        observed=_about_times,
        praise=(
            "A rate that suits the mean is far too large for the sum: ask which of the two a recipe"
            " means."
        ),
        wrong=(
            Wrong(
                name="only the printed number changes",
                typed=("1",),
                hint=(
                    "This says that the step does not change. The gradient comes from the "
                    "loss: what if all its heights grow?"
                ),
                shows=equals(1),
            ),
            Wrong(
                name="the root of the number of digits",
                typed=("8",),
                hint=(
                    "This is the root of 64: how much less a mean scatters. Here the same 64 "
                    "are summed: compare heights."
                ),
                shows=equals(8),
            ),
            Wrong(
                name="the other way round",
                typed=("1 / 64",),
                hint=(
                    "This makes the step shorter. Which of the two is larger, the sum of the losses"
                    " or their mean?"
                ),
                shows=rounded(1 / 64, 4),
            ),
            Wrong(
                name="ten classes",
                typed=("10",),
                hint=(
                    "Ten is the number of classes, and they are inside each loss. By what "
                    "does the mean divide, and the sum not?"
                ),
                shows=equals(10),
            ),
        ),
        otherwise=(
            "Write sum and mean down for two digits. How many times as steep is the one, wherever"
            " you stand?"
        ),
    ),
    Exercise(
        id="evaluate",
        read=function,
        right=_evaluates,
        look=_watch_evaluation,
        observed=_about_evaluation,
        praise=(
            "The answers do not depend on the batch, nothing was learned, and the mode is what it"
            " was."
        ),
        wrong=(
            Wrong(
                name="parameters frozen in place of the mode",
                hint=(
                    "This forbids all later training, and the mode stays as it was. Mode and"
                    " gradients are two things."
                ),
                **_evaluates_like("model.requires_grad_(False)", None, None),
            ),
            Wrong(
                name="eval is named and not called",
                hint=(
                    "The model was evaluated in the mode in which it came. Is anything called "
                    "that changes it? A bare name does nothing."
                ),
                **_evaluates_like("model.eval", None, None),
            ),
            Wrong(
                name="gradients are kept",
                hint=(
                    "The loss is right, but gradients were prepared for every image. What switches"
                    " that off?"
                ),
                **_evaluates_like(None, "torch.enable_grad()", None),
            ),
            Wrong(
                name="no_grad is named and not called",
                typed=(None, "torch.no_grad", None),
                hint=(
                    "What stands behind with has to be an object, and here it is a function "
                    "or class. Does it lack its brackets?"
                ),
                stops=lambda error: (
                    _NO_CONTEXT.search(str(error)) is not None and "(" not in line_of(error)
                ),
            ),
            Wrong(
                name="the mean of each batch",
                hint=(
                    "The loss is too small: the mean of each batch was added, and the sum "
                    "divided by the images once more."
                ),
                **_evaluates_like(None, None, '"mean"'),
            ),
            Wrong(
                name="one loss for each image",
                typed=(None, None, '"none"'),
                hint=(
                    "There is one loss for each image of the batch now, and item takes a single"
                    " number."
                ),
                stops=lambda error: (
                    "a Tensor with" in str(error) and "cannot be converted to Scalar" in str(error)
                ),
            ),
        ),
        otherwise=(
            "Same images, same network: the result may depend neither on dropout nor on how batches"
            " are cut."
        ),
    ),
    Exercise(
        id="augmentation",
        read=lambda answer: _moves(several(function, number)(answer)),
        right=_only(),
        observed=_about_moves,
        praise="What comes in cannot be told from paper, so no rim gives the angle away.",
        wrong=(
            Wrong(
                name="radians",
                typed=("math.radians(10)", None, None),
                hint=(
                    "The digits turn by less than a quarter of a degree. In which unit does Affine"
                    " take angles?"
                ),
                shows=lambda moves: (
                    _moves_by(0, 2.8)(moves) and moves.turn > 0.1 and moves.fills_black
                ),
            ),
            Wrong(
                name="the angle from end to end",
                typed=("20", None, None),
                hint=(
                    "The digits turn by up to twenty degrees to each side. How does Affine count"
                    " the angle?"
                ),
                shows=_only(angle=20),
            ),
            Wrong(
                name="the shift in pixels",
                typed=(None, "2.8", None),
                hint=(
                    "Many digits leave the image altogether. Affine takes the shift as a fraction"
                    " of the side."
                ),
                shows=lambda moves: (
                    not moves.right.isnan().all()
                    and (bool(moves.right.isnan().any()) or moves.shift > 12)
                ),
            ),
            Wrong(
                name="the shift from end to end",
                typed=(None, "0.05", None),
                hint=(
                    "The digits move by up to 1.4 pixels to each side. Which fraction of the "
                    "side is asked for, and how is it counted?"
                ),
                shows=_only(shift=1.4),
            ),
            Wrong(
                name="zero is taken for black",
                typed=(None, None, "0"),
                hint=(
                    "The brightness 0 comes in at the rim, and that is grey here: these "
                    "images are normalised. What is black now?"
                ),
                shows=_comes_in(lambda black: 0),
            ),
            Wrong(
                name="the mean with its sign changed",
                typed=(None, None, "-mean"),
                hint=(
                    "What comes in is a little too bright: normalising takes the mean away, "
                    "and what does it do after that?"
                ),
                shows=_comes_in(lambda black: black * STD),
            ),
            Wrong(
                name="white in place of black",
                typed=(None, None, "(1 - mean) / std"),
                hint=(
                    "What comes in is white: this is what normalising makes of 1. Which number was"
                    " black before it?"
                ),
                shows=_comes_in(lambda black: black + 1 / STD),
            ),
        ),
        otherwise=(
            "Asked for are up to ten degrees and up to a tenth of the side, drawn anew for "
            "each image, with black behind."
        ),
    ),
    Exercise(
        id="stop-epoch",
        read=whole,
        right=equals(4, tolerance=0),
        observed=_about_epoch,
        praise=(
            "The validation images that chose it flatter it a little. What it is worth, others have"
            " to say."
        ),
        wrong=(
            Wrong(
                name="the best on what was learned from",
                typed=("8",),
                hint=(
                    "There the training curve is best. What do these last epochs do for digits it"
                    " has never seen?"
                ),
                shows=equals(8, tolerance=0),
            ),
            Wrong(
                name="where the two curves meet",
                typed=("2",),
                hint=(
                    "There the curves meet. Nothing is best about that: validation still improves"
                    " afterwards."
                ),
                shows=equals(2, tolerance=0),
            ),
            Wrong(
                name="counted from 0",
                typed=("3",),
                hint="One more epoch still helps. Did you count from 0? The axis counts from 1.",
                shows=equals(3, tolerance=0),
            ),
            Wrong(
                name="the first that is worse",
                typed=("5",),
                hint="There the dashed curves have turned already. Which network was there before?",
                shows=equals(5, tolerance=0),
            ),
        ),
        otherwise=(
            "Only the dashed curves ask about digits that were not learned from. Where are they"
            " best?"
        ),
    ),
    Exercise(
        id="recall",
        read=function,
        right=_shares(lambda matrix, digit: matrix[digit, digit] / matrix[digit].sum()),
        observed=_about_recall,
        praise=(
            "It asks of the digits that are there. Precision asks of the answers that were given."
        ),
        wrong=(
            Wrong(
                name="precision",
                typed=("confusion[:, digit].sum()",),
                hint=(
                    "A column stands below the line, all that was called so. That is precision."
                    " What is a row?"
                ),
                shows=_shares(lambda matrix, digit: matrix[digit, digit] / matrix[:, digit].sum()),
            ),
            Wrong(
                name="of all images",
                typed=("confusion.sum()",),
                hint=(
                    "All images stand below the line, of all ten digits. Of which of them is the"
                    " share asked?"
                ),
                shows=_shares(lambda matrix, digit: matrix[digit, digit] / matrix.sum()),
            ),
            Wrong(
                name="of all right answers",
                typed=("confusion.trace()",),
                hint=(
                    "It comes out with the right answers to all digits below the line. Of which"
                    " images is it asked?"
                ),
                shows=_shares(lambda matrix, digit: matrix[digit, digit] / matrix.trace()),
            ),
            Wrong(
                name="of the mistakes",
                typed=("(confusion[digit].sum() - confusion[digit, digit])",),
                hint=(
                    "This comes out with those that were missed below the line. A share has all of"
                    " them there."
                ),
                shows=_shares(
                    lambda matrix, digit: (
                        matrix[digit, digit] / (matrix[digit].sum() - matrix[digit, digit])
                    )
                ),
            ),
            Wrong(
                name="of ten classes",
                typed=("len(confusion)",),
                hint=(
                    "This comes out with 10, the number of classes, below the line. How many images"
                    " show this digit?"
                ),
                shows=_shares(lambda matrix, digit: matrix[digit, digit] / 10),
            ),
            Wrong(
                name="in per cent",
                typed=("(confusion[digit].sum() / 100)",),
                hint="This is the share in per cent. A share lies between 0 and 1.",
                shows=_shares(
                    lambda matrix, digit: 100 * matrix[digit, digit] / matrix[digit].sum()
                ),
            ),
        ),
        otherwise=(
            "Above the line those that were found. Below it all that are truly this digit: a row or"
            " a column?"
        ),
    ),
)
