"""Checks on loss, gradient steps, training and evaluation."""

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from firstcnn.checks.answers import array, equals, function, number, same, several, whole
from firstcnn.checks.verdict import Exercise, Wrong

LOGITS = torch.tensor([2.0, 1.0, 0.0])
PROBABILITIES = LOGITS.softmax(dim=0)
PRICE = -math.log(PROBABILITIES[1].item())
RATE = 0.1


def _price_is(price: float) -> Callable[[tuple], bool]:
    """Return a test whether the probabilities are right and the price is this one."""
    return lambda answer: same(answer[0], PROBABILITIES) and equals(price)(answer[1])


def _went_to(place: Callable[[float, float], float]) -> Callable[[tuple], bool]:
    """Return a test whether the weight is expected where a function of it and its slope says."""

    def test(answer: tuple) -> bool:
        before, rate, slope, expected = answer
        near = 0.02 * abs(RATE * slope) + 1e-7 * abs(before)
        return equals(RATE)(rate) and abs(expected - place(before, slope)) <= near

    return test


class _Watched(nn.Module):
    """A small network with batch norm and, if wanted, dropout, which notes how it was asked.

    Attributes
    ----------
    modes, gradients : list of bool
        At each pass, whether it was in training mode, and whether gradients were to be computed.
    logits : list of Tensor
        What it answered.
    """

    def __init__(self, dropout: float):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, kernel_size=3, bias=False), nn.BatchNorm2d(4)
        self.dropout, self.fc = nn.Dropout(dropout), nn.Linear(4 * 4 * 4, 3)
        self.modes, self.gradients, self.logits = [], [], []

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 6, 6) into logits (N, 3)."""
        self.modes.append(self.training)
        self.gradients.append(torch.is_grad_enabled())
        x = F.relu(self.norm(self.conv(x)))  # (N, 4, 4, 4)
        self.logits.append(self.fc(self.dropout(x.flatten(1))))
        return self.logits[-1]


def _images(count: int) -> tuple[Tensor, Tensor]:
    """Return random images (N, 1, 6, 6) and labels (N,) of three classes, the same ones each time."""
    torch.manual_seed(count)
    return torch.randn(count, 1, 6, 6), torch.randint(3, (count,))


def _smoothed(logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits, labels, label_smoothing=0.3)


SGD = (torch.optim.SGD, {"lr": 0.5, "momentum": 0.9})
ADAM = (torch.optim.Adam, {"lr": 0.02})
TRAININGS = (
    {"sizes": (4, 4, 4), "optimizer": SGD, "loss": (), "training": False},
    {"sizes": (5, 7, 1), "optimizer": ADAM, "loss": (_smoothed,), "training": True},
    {"sizes": (9,), "optimizer": SGD, "loss": (F.multi_margin_loss,), "training": False},
)


def _trained(train: Callable, sizes: tuple, optimizer: tuple, loss: tuple, training: bool) -> tuple[_Watched, Any]:
    """Let a function train a new network on batches of these sizes; return the network and what it returned."""
    images, labels = _images(sum(sizes))
    torch.manual_seed(0)
    model = _Watched(dropout=0.5).train(training)
    kind, options = optimizer
    batches = zip(images.split(sizes), labels.split(sizes), strict=True)  # can be gone through once
    return model, train(model, batches, kind(model.parameters(), **options), *loss)


def _one_epoch(
    model: nn.Module, batches: Any, optimizer: torch.optim.Optimizer, loss_function: Callable = F.cross_entropy
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


def _same_state(one: nn.Module, other: nn.Module) -> bool:
    mine, theirs = one.state_dict(), other.state_dict()
    return one.training == other.training and all(same(mine[name].double(), theirs[name]) for name in theirs)


def _trains(train_epoch: Callable) -> bool:
    for case in TRAININGS:
        model, (losses, accuracy) = _trained(train_epoch, **case)
        reference, (prices, share) = _trained(_one_epoch, **case)
        if not (all(model.modes) and _same_state(model, reference)):
            return False
        if not (same(array(losses), prices) and equals(share)(number(accuracy))):
            return False
    return True


@dataclass
class _Notes:
    """What a training function did with two equal batches while nothing could change.

    Attributes
    ----------
    model : _Watched
        After the training.
    steps : list of (Tensor or None)
        The gradient of ``fc.weight`` at each step of the optimiser.
    priced : list of tuple
        What the loss function was called with.
    losses : Tensor or None
        What the training function returned as losses.
    """

    model: _Watched
    steps: list = field(default_factory=list)
    priced: list[tuple] = field(default_factory=list)
    losses: Tensor | None = None

    @property
    def erased(self) -> bool:
        """Whether there were steps, each of them without gradients."""
        return bool(self.steps) and not any(step is not None and step.any() for step in self.steps)

    @property
    def piled_up(self) -> bool:
        """Whether the second step went by twice the gradient of the first, though the batch was the same."""
        return len(self.steps) == 2 and None not in self.steps and same(self.steps[1].double(), 2 * self.steps[0])


class _NotedSGD(torch.optim.SGD):
    """SGD that moves nothing and notes the gradients by which it would."""

    def __init__(self, notes: _Notes):
        super().__init__(notes.model.parameters(), lr=0.0)
        self.notes = notes

    def step(self, closure: Callable | None = None) -> None:
        """Note the gradient of the last layer."""
        gradient = self.notes.model.fc.weight.grad
        self.notes.steps.append(None if gradient is None else gradient.clone())


def _notes(train: Callable, with_loss: bool) -> _Notes:
    """Watch a training function; what it raises ends the watching."""
    torch.manual_seed(0)
    notes = _Notes(_Watched(dropout=0.0).eval())

    def price(*arguments: Tensor) -> Tensor:
        notes.priced.append(arguments)
        return F.cross_entropy(*arguments)

    loss = (price,) if with_loss else ()
    with contextlib.suppress(Exception):
        returned = train(notes.model, 2 * [_images(8)], _NotedSGD(notes), *loss)
        notes.losses = array(returned)
    return notes


def _noted(test: Callable[[_Notes], bool], with_loss: bool = True) -> Callable[[Callable], bool]:
    """Return a test of a training function from one of the notes on it."""
    return lambda train: test(_notes(train, with_loss))


def _prices_softmax(notes: _Notes) -> bool:
    return same(notes.priced[0][0].double(), notes.model.logits[0].softmax(dim=1))


def _evaluated(evaluate: Callable, count: int, training: bool, *batch_size: int) -> tuple[_Watched, tuple]:
    """Let a function evaluate a network that has seen other images; return the network and what was returned."""
    images, labels = _images(count)
    torch.manual_seed(0)
    model = _Watched(dropout=0.5)
    model(torch.randn(16, 1, 6, 6) + 1)
    model.modes, model.gradients = [], []
    model.train(training)
    return model, evaluate(model, images, labels, *batch_size)


EVALUATIONS = ((7, True, 3), (7, False, 2), (1, True), (30, False))


def _evaluates(evaluate: Callable) -> bool:
    for case in EVALUATIONS:
        model, (loss, accuracy) = _evaluated(evaluate, *case)
        reference, _ = _evaluated(lambda *_: None, *case)
        if any(model.modes) or any(model.gradients) or not _same_state(model, reference):
            return False
        if not all(parameter.requires_grad for parameter in model.parameters()):
            return False
        images, labels = _images(case[0])
        with torch.no_grad():
            logits = reference.eval()(images)
        share = (logits.argmax(dim=1) == labels).double().mean().item()
        if not (equals(F.cross_entropy(logits, labels).item())(number(loss)) and equals(share)(number(accuracy))):
            return False
    return True


def _when_evaluating(test: Callable[[_Watched], bool]) -> Callable[[Callable], bool]:
    """Return a test of an evaluation from the network that it evaluated."""
    return lambda evaluate: test(_evaluated(evaluate, *EVALUATIONS[0])[0])


def _means_of_means(evaluate: Callable) -> bool:
    """Tell whether the loss is the sum of the batches' mean losses, divided by the number of images."""
    model, (loss, _) = _evaluated(evaluate, *EVALUATIONS[0])
    _, labels = _images(7)
    means = [F.cross_entropy(*pair).item() for pair in zip(model.logits[-3:], labels.split(3), strict=True)]
    return equals(sum(means) / 7)(number(loss))


def _stops_before_asking(evaluate: Callable) -> bool:
    asked = []

    class Asked(_Watched):
        def forward(self, x: Tensor) -> Tensor:
            asked.append(len(x))
            return super().forward(x)

    return _stops(evaluate, Asked(dropout=0.5), 4) and not asked


def _stops(evaluate: Callable, model: nn.Module, count: int) -> bool:
    try:
        evaluate(model, *_images(count))
    except (TypeError, AttributeError, RuntimeError, ValueError):
        return True
    return False


def _one_price_an_image(evaluate: Callable) -> bool:
    return _stops(evaluate, _Watched(dropout=0.5), 4) and not _stops(evaluate, _Watched(dropout=0.5), 1)


@dataclass
class _Moves:
    """What an augmentation does to a point in the middle, one right of it, and black paper.

    Attributes
    ----------
    shift, angle : float
        The largest shift along an axis, in pixels, and the largest angle, in degrees; NaN if the points are lost.
    distance : tuple of float
        The smallest and the largest distance of the two points.
    paper : float
        By how much the brightness of black paper changes at most.
    """

    shift: float
    angle: float
    distance: tuple[float, float]
    paper: float


RIGHT = 8  # pixels from the middle to the other point
COPIES = 400


def _drawn(augmentation: Callable, images: Tensor) -> Tensor:
    """Return augmented images (N, C, H, W), with the same random numbers each time."""
    torch.manual_seed(0)
    return augmentation(images.clone()).double()


def _moves(answer: tuple[Callable, float]) -> _Moves:
    augmentation, black = answer
    across = torch.arange(28.0) - 13.5
    squared = torch.stack([across - place for place in (0, RIGHT)]) ** 2  # (2, 28)
    points = torch.exp(-(squared[:, None, :] + (across**2)[:, None]) / 2)  # (2, 28, 28)
    paper = torch.full((COPIES, 2, 28, 28), black)
    seen = _drawn(augmentation, paper + points) - _drawn(augmentation, paper)  # (N, 2, 28, 28)
    mass = seen.sum(dim=(2, 3))  # (N, 2)
    right = (seen.sum(dim=2) * across).sum(dim=2) / mass  # (N, 2), of each point's centre
    down = (seen.sum(dim=3) * across).sum(dim=2) / mass
    apart = right[:, 1] - right[:, 0], down[:, 1] - down[:, 0]
    distance = torch.hypot(*apart)
    return _Moves(
        shift=torch.stack([right[:, 0], down[:, 0]]).abs().amax().item(),
        angle=torch.rad2deg(torch.atan2(apart[1], apart[0])).abs().amax().item(),
        distance=(distance.min().item(), distance.max().item()),
        paper=(_drawn(augmentation, paper) - black).abs().amax().item(),
    )


def _moves_as_asked(answer: tuple[Callable, float]) -> bool:
    moves = _moves(answer)
    asked = 9.6 < moves.angle < 10.4 and 2.7 < moves.shift < 2.9 and moves.paper < 1e-4
    return asked and max(abs(distance - RIGHT) for distance in moves.distance) < 0.2


def _moving(test: Callable[[_Moves], bool]) -> Callable[[tuple], bool]:
    """Return a test of an augmentation from what it does."""
    return lambda answer: test(_moves(answer))


MATRICES = tuple(np.random.default_rng(seed).integers(1, 50, (10, 10)) for seed in range(3))


def _shares(share: Callable[[np.ndarray, int], float]) -> Callable[[Callable], bool]:
    """Return a test whether a function computes this share of a matrix and a digit."""
    return lambda recall: all(
        equals(share(matrix, digit))(number(recall(matrix.copy(), digit))) for matrix in MATRICES for digit in (8, 3, 0)
    )


def _loop(*lines: str) -> str:
    """Return the loop of a training function with these lines for each batch, and what it returns."""
    return "\n".join(
        [
            "    losses = []",
            "    for images, labels in batches:",
            *(f"        {line}" for line in lines),
            "        losses.append(loss.item())",
            "    return losses",
        ]
    )


PRICE_LINE = "loss = F.cross_entropy(model(images), labels)"
ONE_STEP = _loop("optimizer.zero_grad()", PRICE_LINE, "loss.backward()").replace(
    "    return", "    optimizer.step()\n    return"
)


def _has_gradient(notes: _Notes) -> bool:
    gradient = notes.model.fc.weight.grad
    return gradient is not None and bool(gradient.any())


def _softmax_twice(notes: _Notes) -> bool:
    _, labels = _images(8)
    return equals(F.cross_entropy(notes.model.logits[0].softmax(dim=1), labels).item())(notes.losses[0].item())


def _learns(train: Callable) -> bool:
    for case in TRAININGS:
        model, losses = _trained(train, case["sizes"], case["optimizer"], (), case["training"])
        reference, (prices, _) = _trained(_one_epoch, case["sizes"], case["optimizer"], (), case["training"])
        if not (all(model.modes) and _same_state(model, reference) and same(array(losses), prices)):
            return False
    return True


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="cross-entropy",
        read=several(array, number),
        right=_price_is(PRICE),
        praise="F.cross_entropy takes the logits themselves and does both steps at once.",
        wrong=(
            Wrong(
                name="divided by the sum of the logits",
                typed=("logits.sum()", None),
                hint="The probabilities add up to more than 1. You divided powers of e by a sum of logits.",
                shows=lambda answer: same(answer[0], LOGITS.exp() / LOGITS.sum()),
            ),
            Wrong(
                name="divided by the largest power",
                typed=("logits.exp().max()", None),
                hint="The largest of your probabilities is 1, and still the others are not 0. What do all share?",
                shows=lambda answer: same(answer[0], LOGITS.exp() / LOGITS.exp().max()),
            ),
            Wrong(
                name="the price of another class",
                typed=(None, "-probabilities[0].log()"),
                hint="This is what it pays if the image shows a 3. Which place has the 5, counted from 0?",
                shows=_price_is(PRICE - 1),
            ),
            Wrong(
                name="the class counted from 1",
                typed=(None, "-probabilities[2].log()"),
                hint="This is what it pays if the image shows an 8. Places are counted from 0.",
                shows=_price_is(PRICE + 1),
            ),
            Wrong(
                name="the sign is forgotten",
                typed=(None, "probabilities[1].log()"),
                hint="Your price is negative: below 1 a logarithm is. Nobody pays less for a worse answer.",
                shows=_price_is(-PRICE),
            ),
            Wrong(
                name="the logarithm to base 10",
                typed=(None, "-probabilities[1].log10()"),
                hint="This is the logarithm to base 10. The formula above has the natural one.",
                shows=_price_is(PRICE / math.log(10)),
            ),
            Wrong(
                name="the probability that is missing",
                typed=(None, "1 - probabilities[1]"),
                hint="This is what is missing to a sure answer. The price is a logarithm: look at the formula above.",
                shows=_price_is(1 - math.exp(-PRICE)),
            ),
        ),
        otherwise="Divide by what makes the three add up to 1; then take the logarithm of the true one.",
    ),
    Exercise(
        id="one-step",
        read=several(number, number, number, number),
        right=_went_to(lambda before, slope: before - RATE * slope),
        praise="Every one of the network's parameters does the same, each with its own gradient.",
        wrong=(
            Wrong(
                name="uphill",
                typed=("before + rate * slope",),
                hint="The gradient points uphill, where the price rises. Which way should the weight go?",
                shows=_went_to(lambda before, slope: before + RATE * slope),
            ),
            Wrong(
                name="the learning rate is left out",
                typed=("before - slope",),
                hint="It goes by the whole gradient. What makes the step short?",
                shows=_went_to(lambda before, slope: before - slope),
            ),
            Wrong(
                name="the step alone",
                typed=("-rate * slope",),
                hint="This is the step. From where does the weight start?",
                shows=_went_to(lambda before, slope: -RATE * slope),
            ),
            Wrong(
                name="the gradient is left out",
                typed=("before - rate",),
                hint="By this every weight would go equally far. What says how steep it is at this one?",
                shows=_went_to(lambda before, slope: before - RATE),
            ),
            Wrong(
                name="divided by the learning rate",
                typed=("before - slope / rate",),
                hint="A smaller learning rate would make this step longer. Should it?",
                shows=_went_to(lambda before, slope: before - slope / RATE),
            ),
        ),
        otherwise="As with 0.50 and the gradient 2 above: from where it is, against the gradient, by a small factor.",
    ),
    Exercise(
        id="three-steps",
        read=number,
        right=equals(0.5),
        praise="Each step halves what is left, because the gradient shrinks along with the weight.",
        wrong=(
            Wrong(
                name="the whole gradient taken away",
                typed=("1 - 2",),
                hint="You took away the whole gradient. Which part of it did the first two steps take?",
                shows=equals(-1),
            ),
            Wrong(
                name="the weight in place of its gradient",
                typed=("1 - 0.25 * 1",),
                hint="You took away a quarter of the weight. The price is its square: what is the gradient at 1?",
                shows=equals(0.75),
            ),
            Wrong(
                name="uphill",
                typed=("1 + 0.25 * 2",),
                hint="The price would rise. On which side of 1 is the bottom of the parabola?",
                shows=equals(1.5),
            ),
            Wrong(
                name="arrived at the bottom",
                typed=("0",),
                hint="The bottom lies there, but does it get there in one step? Work out the gradient at 1.",
                shows=equals(0),
            ),
            Wrong(
                name="old gradients added up",
                typed=("1 - 0.25 * (8 + 4 + 2)",),
                hint="You took the gradients of all three places together. Which of them still holds where it stands?",
                shows=equals(-2.5),
            ),
        ),
        otherwise="After two steps it stands at 1. Work out the gradient there and go against a quarter of it.",
    ),
    Exercise(
        id="train-epoch",
        read=function,
        right=_trains,
        praise="Losses, accuracy and every parameter agree with a loop of its own, under SGD and under Adam.",
        wrong=(
            Wrong(
                name="in evaluation mode",
                typed=("model.eval()", None, None, None, None),
                hint="The network came in evaluation mode and learned in it. Which mode does learning need?",
                shows=_noted(lambda notes: not all(notes.model.modes)),
            ),
            Wrong(
                name="softmax before cross-entropy",
                typed=(None, None, "loss_function(logits.softmax(dim=1), labels)", None, None),
                hint="The price was asked of probabilities. What is inside cross-entropy already?",
                shows=_noted(_prices_softmax),
            ),
            Wrong(
                name="logits and labels changed round",
                typed=(None, None, "loss_function(labels, logits)", None, None),
                hint="The labels came first to the loss function. Which of the two does it call logits?",
                shows=_noted(lambda notes: notes.priced[0][1].is_floating_point()),
            ),
            Wrong(
                name="predicted classes in place of logits",
                typed=(None, None, "loss_function(logits.argmax(dim=1), labels)", None, None),
                hint="The price was asked of classes. How sure the network was is lost, and argmax has no gradient.",
                shows=_noted(lambda notes: not notes.priced[0][0].is_floating_point()),
            ),
            Wrong(
                name="another loss function",
                typed=(None, None, "F.cross_entropy(logits, labels)", None, None),
                hint="It learns, but by a price of its own: the function that it was given is never asked.",
                shows=_noted(lambda notes: len(notes.model.modes) > 0 and not notes.priced),
            ),
            Wrong(
                name="step is named and not called",
                typed=(None, None, None, None, "optimizer.step"),
                hint="No parameter ever changes. Is there a step, and is it called? A bare name does nothing.",
                shows=_noted(lambda notes: not notes.steps),
            ),
            Wrong(
                name="no gradients",
                typed=(None, None, None, "pass", None),
                hint="The optimiser takes steps, but finds no gradients. Which line computes them, and before what?",
                shows=_noted(lambda notes: notes.erased),
            ),
            Wrong(
                name="old gradients are not forgotten",
                typed=(None, "pass", None, None, None),
                hint="At the second batch the step went by the sum of two gradients. What has to be forgotten?",
                shows=_noted(lambda notes: notes.piled_up),
            ),
        ),
        otherwise="Forget, compute the logits, the price, the gradients, and step, for every batch, in training mode.",
    ),
    Exercise(
        id="loop-order",
        read=function,
        right=_learns,
        praise="The same five lines, and only their order decides whether anything is learned. No message would tell.",
        wrong=(
            Wrong(
                name="the gradients are erased before the step",
                typed=(_loop(PRICE_LINE, "loss.backward()", "optimizer.zero_grad()", "optimizer.step()"),),
                hint="Each step finds its gradients erased. What stands between the line that makes them and the step?",
                shows=_noted(lambda notes: notes.erased and not _has_gradient(notes), with_loss=False),
            ),
            Wrong(
                name="the step comes before the gradients",
                typed=(_loop("optimizer.zero_grad()", PRICE_LINE, "optimizer.step()", "loss.backward()"),),
                hint="Gradients are computed, but after the step that needs them. Each batch then forgets them.",
                shows=_noted(lambda notes: notes.erased and _has_gradient(notes), with_loss=False),
            ),
            Wrong(
                name="nothing is forgotten",
                typed=(_loop(PRICE_LINE, "loss.backward()", "optimizer.step()"),),
                hint="It moves now, but by the sum of all gradients so far. The line should be moved, not removed.",
                shows=_noted(lambda notes: notes.piled_up, with_loss=False),
            ),
            Wrong(
                name="one step for all batches",
                typed=(ONE_STEP,),
                hint="Two batches, and fewer than two steps. What has to happen for each of them?",
                shows=_noted(lambda notes: len(notes.steps) < 2, with_loss=False),
            ),
            Wrong(
                name="softmax before cross-entropy",
                typed=(
                    _loop(
                        "optimizer.zero_grad()",
                        "loss = F.cross_entropy(model(images).softmax(dim=1), labels)",
                        "loss.backward()",
                        "optimizer.step()",
                    ),
                ),
                hint="The order is right now. But the price is asked of probabilities: what is inside it already?",
                shows=_noted(_softmax_twice, with_loss=False),
            ),
        ),
        otherwise="Follow one gradient: where is it made, where is it used, and what happens to it in between?",
    ),
    Exercise(
        id="sum-or-mean",
        read=number,
        right=equals(64),
        praise="A rate that suits the mean is far too large for the sum: ask which of the two a recipe means.",
        wrong=(
            Wrong(
                name="only the printed number changes",
                typed=("1",),
                hint="The price is what the gradient is computed from. What happens to a slope if all heights grow?",
                shows=equals(1),
            ),
            Wrong(
                name="the root of the number of digits",
                typed=("8",),
                hint="The root tells how much a mean scatters. Here the same digits are summed: compare heights.",
                shows=equals(8),
            ),
            Wrong(
                name="the other way round",
                typed=("1 / 64",),
                hint="You divide where the mean does. Which of the two prices is the larger one?",
                shows=equals(1 / 64),
            ),
            Wrong(
                name="ten classes",
                typed=("10",),
                hint="The classes are inside each price. By what does the mean divide, and the sum not?",
                shows=equals(10),
            ),
        ),
        otherwise="Write both prices down for two digits. How many times as steep is the one, wherever you stand?",
    ),
    Exercise(
        id="evaluate",
        read=function,
        right=_evaluates,
        praise="The answers do not depend on the batch, nothing was learned, and the mode is what it was.",
        wrong=(
            Wrong(
                name="parameters frozen in place of the mode",
                typed=("model.requires_grad_(False)", None, None),
                hint="This forbids all later training, and dropout still drops. Mode and gradients are two things.",
                shows=_when_evaluating(lambda model: not next(model.parameters()).requires_grad),
            ),
            Wrong(
                name="eval is named and not called",
                typed=("model.eval", None, None),
                hint="Dropout was still at work while it was evaluated. Is the mode set? A name alone sets nothing.",
                shows=_when_evaluating(lambda model: any(model.modes)),
            ),
            Wrong(
                name="gradients are kept",
                typed=(None, "torch.enable_grad()", None),
                hint="The loss is right, but gradients were prepared for every image. What switches that off?",
                shows=_when_evaluating(lambda model: any(model.gradients)),
            ),
            Wrong(
                name="no_grad is named and not called",
                typed=(None, "torch.no_grad", None),
                hint="It stops before the first batch: what stands behind with has to be called. Look for brackets.",
                shows=_stops_before_asking,
            ),
            Wrong(
                name="the mean of each batch",
                typed=(None, None, '"mean"'),
                hint="The loss is too small: each batch gives one mean, and you divide by the images once more.",
                shows=_means_of_means,
            ),
            Wrong(
                name="one price for each image",
                typed=(None, None, '"none"'),
                hint="It stops as soon as a batch holds two images: item wants one number for the whole batch.",
                shows=_one_price_an_image,
            ),
        ),
        otherwise="Same images, same network: the result may depend neither on dropout nor on how batches are cut.",
    ),
    Exercise(
        id="augmentation",
        read=several(function, number),
        right=_moves_as_asked,
        praise="What comes in cannot be told from paper, so no rim gives the angle away.",
        wrong=(
            Wrong(
                name="radians",
                typed=("math.radians(10)", None, None),
                hint="The digits hardly turn at all. In which unit does Affine take angles?",
                shows=_moving(lambda moves: moves.angle < 1),
            ),
            Wrong(
                name="the angle from end to end",
                typed=("20", None, None),
                hint="It turns twice as far as asked. The angle counts to each side.",
                shows=_moving(lambda moves: 19 < moves.angle < 21),
            ),
            Wrong(
                name="the shift in pixels",
                typed=(None, "2.8", None),
                hint="Most digits leave the image altogether. Affine takes the shift as a fraction of the side.",
                shows=lambda answer: not _moves(answer).shift < 10,
            ),
            Wrong(
                name="the shift from end to end",
                typed=(None, "0.05", None),
                hint="It moves half as far as asked. The fraction counts to each side.",
                shows=_moving(lambda moves: 1.3 < moves.shift < 1.5),
            ),
            Wrong(
                name="zero is taken for black",
                typed=(None, None, "0"),
                hint="Grey wedges come in at the rim. These images are normalised: what has 0 become?",
                shows=lambda answer: equals(abs(answer[1]))(_moves(answer).paper),
            ),
            Wrong(
                name="the mean with its sign changed",
                typed=(None, None, "-mean"),
                hint="Close, but a rim can be seen: the mean was taken away, and what came after that?",
                shows=_moving(lambda moves: moves.paper > 1e-4),
            ),
        ),
        otherwise="Three amounts: the angle to each side, the shift as a fraction of the side, and what black is here.",
    ),
    Exercise(
        id="stop-epoch",
        read=whole,
        right=equals(4, tolerance=0),
        praise="The validation images that chose it flatter it a little. What it is worth, others have to say.",
        wrong=(
            Wrong(
                name="the best on what was learned from",
                typed=("8",),
                hint="There the training curve is best. What do these last epochs do for digits it has never seen?",
                shows=equals(8, tolerance=0),
            ),
            Wrong(
                name="where the two curves meet",
                typed=("2",),
                hint="There the curves meet. Nothing is best about that: validation still improves afterwards.",
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
        otherwise="Only the dashed curves ask about digits that were not learned from. Where are they best?",
    ),
    Exercise(
        id="recall",
        read=function,
        right=_shares(lambda matrix, digit: matrix[digit, digit] / matrix[digit].sum()),
        praise="It asks of the digits that are there. Precision asks of the answers that were given.",
        wrong=(
            Wrong(
                name="precision",
                typed=("confusion[:, digit].sum()",),
                hint="You divided by a column, all that was called so. That is precision. What is a row?",
                shows=_shares(lambda matrix, digit: matrix[digit, digit] / matrix[:, digit].sum()),
            ),
            Wrong(
                name="of all images",
                typed=("confusion.sum()",),
                hint="You divided by all images, of all ten digits. Of which of them is the share asked?",
                shows=_shares(lambda matrix, digit: matrix[digit, digit] / matrix.sum()),
            ),
            Wrong(
                name="of all right answers",
                typed=("confusion.trace()",),
                hint="You divided by the right answers to all digits. Of which images is the share asked?",
                shows=_shares(lambda matrix, digit: matrix[digit, digit] / matrix.trace()),
            ),
            Wrong(
                name="of the mistakes",
                typed=("(confusion[digit].sum() - confusion[digit, digit])",),
                hint="You divided by those that were missed. A share has all of them below the line.",
                shows=_shares(
                    lambda matrix, digit: matrix[digit, digit] / (matrix[digit].sum() - matrix[digit, digit])
                ),
            ),
            Wrong(
                name="of ten classes",
                typed=("len(confusion)",),
                hint="You divided by the number of classes. How many images show this digit?",
                shows=_shares(lambda matrix, digit: matrix[digit, digit] / 10),
            ),
        ),
        otherwise="Above the line those that were found. Below it all that are truly this digit: a row or a column?",
    ),
)
