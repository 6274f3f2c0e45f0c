"""The exercises of the page on steps."""

from functools import partial
from typing import Any

import torch
from bookkit.exercises.verdict import Wrong
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from lessons.checks.ward.judged import cure, like, observation
from lessons.ward import Network, batches

CHOOSE = "Choose one of the four observations that the text above lists."
STEPS = ("optimizer.zero_grad()", "loss.backward()", "optimizer.step()")
MADE = "optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)"


def no_step(net: nn.Module, optimizer: Optimizer, loss: Tensor) -> None:
    """The step of patient 5."""
    optimizer.zero_grad()
    loss.backward()


def erased(net: nn.Module, optimizer: Optimizer, loss: Tensor) -> None:
    """A step that finds its gradients erased."""
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()


def never_cleared(net: nn.Module, optimizer: Optimizer, loss: Tensor) -> None:
    """The step of patient 7."""
    loss.backward()
    optimizer.step()


def _trained_with(
    held: nn.Module, net: nn.Module, images: Tensor, labels: Tensor, epochs: int
) -> tuple:
    """Train a network with an optimiser that holds the parameters of another one."""
    optimizer = torch.optim.SGD(held.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(epochs):
        for x, y in batches(images, labels):
            loss = F.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return net, optimizer, losses


def of_another(*given: Any) -> tuple:
    """The training of patient 6: the optimiser holds a network that is not used."""
    return _trained_with(Network(), Network(), *given)


def of_a_layer(number: int, *given: Any) -> tuple:
    """A training whose optimiser holds one layer alone."""
    net = Network()
    return _trained_with(net[number], net, *given)


def scheduled(each: str, images: Tensor, labels: Tensor, epochs: int) -> tuple:
    """The training of patient 8, whose two steps come after each "batch", or one with both after
    each "epoch".
    """
    net = Network()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.9)
    losses = []
    for _ in range(epochs):
        rows = list(batches(images, labels))
        for number, (x, y) in enumerate(rows, start=1):
            loss = F.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            if each == "batch" or number == len(rows):
                optimizer.step()
                scheduler.step()
            losses.append(loss.item())
    return net, optimizer, losses


def _network(*lines: str) -> tuple[str]:
    return ("\n".join(["net = ward.Network()", *lines]),)


def _epoch(*lines: str, after: str = "scheduler.step()") -> tuple[str]:
    """Return what is typed for an epoch: lines for each batch, and one after them."""
    inner = ["loss = F.cross_entropy(net(x), y)", *lines, "losses.append(loss.item())"]
    loop = ["for x, y in ward.batches(images, labels):", *(f"    {line}" for line in inner)]
    return ("\n".join([*loop, *([after] if after else [])]),)


ERASED = Wrong(
    name="no step finds a gradient",
    typed=("loss.backward()\noptimizer.zero_grad()\noptimizer.step()",),
    hint=(
        "No step finds a gradient, so nothing moves. Which line makes gradients, which one uses"
        " them, and which one forgets them?"
    ),
    shows=like(step=erased),
)

EXERCISES = (
    observation(
        "ward-still",
        right="one step by hand",
        praise=(
            "Its gradients are ready, and one step uses them. The other two hardly move or do not"
            " move at all."
        ),
        otherwise=CHOOSE,
        wrong={
            "gradients": (
                "All three call backward on the loss of the network, so its parameters have"
                " gradients in all of them."
            ),
            "loss": "All three stay near 2.30. That is what made them suspects.",
            "another seed": (
                "Other initial weights give other guesses. None of the three learns from them."
            ),
        },
    ),
    observation(
        "ward-other",
        right="the same object",
        praise=(
            "Equal numbers are not enough: the optimiser changes the very objects that it was"
            " given."
        ),
        otherwise=CHOOSE,
        wrong={
            "number of parameters": (
                "Both networks are built alike and have equally many parameters. The numbers agree"
                " in all three."
            ),
            "gradients": (
                "The network that is used has gradients in all three: backward reaches it. Who uses"
                " them?"
            ),
            "rate": ("It finds the tiny rate. The other two have 0.05, so they still look alike."),
        },
    ),
    cure(
        5,
        "ward-still-cure",
        praise=(
            "The gradients are used now. Trained with these lines, the network came within a point"
            " of a healthy one."
        ),
        otherwise="Four things happen to each batch. Which of them are in these lines?",
        wrong=(
            Wrong(
                name="still no step",
                typed=("optimizer.zero_grad()\nloss.backward()",),
                hint=(
                    "No weight has moved, and the gradients of the last batch are still there,"
                    " unused."
                ),
                shows=like(step=no_step),
            ),
            ERASED,
            Wrong(
                name="never cleared",
                typed=("loss.backward()\noptimizer.step()",),
                hint=(
                    "There is a step now. It follows the sum of all gradients so far: what does"
                    " backward add to?"
                ),
                shows=like(step=never_cleared),
            ),
        ),
    ),
    cure(
        6,
        "ward-other-cure",
        praise=(
            "Optimiser and loop have the same network. Trained with it, the network came within a"
            " point of a healthy one."
        ),
        otherwise="One network is enough. Who has to be given its parameters, and with which rate?",
        wrong=(
            Wrong(
                name="the network is still exchanged",
                typed=_network(MADE, "net = ward.Network()"),
                hint=(
                    "The network that is used has not moved: the optimiser holds the parameters of"
                    " another one."
                ),
                shows=like(of_another),
            ),
            Wrong(
                name="the last layer alone",
                typed=_network(MADE.replace("net.p", "net[-1].p")),
                hint=(
                    "The last layer moves and the convolutions do not: the optimiser was given the"
                    " parameters of one layer."
                ),
                shows=like(partial(of_a_layer, -1)),
            ),
            Wrong(
                name="the first layer alone",
                typed=_network(MADE.replace("net.p", "net[0].p")),
                hint=(
                    "The first convolution moves and nothing behind it: the optimiser was given the"
                    " parameters of one layer."
                ),
                shows=like(partial(of_a_layer, 0)),
            ),
        ),
    ),
    observation(
        "ward-climbs",
        right="rate 0",
        praise=(
            "At a rate of 0 nothing moves, so ten equal gradients add up to exactly ten times one."
            " Long steps alone leave one."
        ),
        otherwise=CHOOSE,
        wrong={
            "last loss": "All three end near chance or far above it, as too long steps do.",
            "first loss": (
                "Before the first step nothing has gone wrong yet: it is near 2.30 in all three."
            ),
            "another seed": (
                "The numbers change with the seed, and all three go on failing. That tells none of"
                " them apart."
            ),
        },
    ),
    cure(
        7,
        "ward-climbs-cure",
        praise=(
            "Each step follows the gradient of its own batch. Trained with these lines, the network"
            " came within a point of a healthy one."
        ),
        otherwise=(
            "Old gradients may be cleared anywhere, except between the two lines that make and use"
            " the new ones."
        ),
        wrong=(
            Wrong(
                name="still never cleared",
                typed=("loss.backward()\noptimizer.step()",),
                hint=(
                    "Each step still follows the sum of all gradients so far. Which line forgets"
                    " them?"
                ),
                shows=like(step=never_cleared),
            ),
            ERASED,
            Wrong(
                name="no step",
                typed=("optimizer.zero_grad()\nloss.backward()",),
                hint="The gradients are cleared in time now, and no weight moves. Who uses them?",
                shows=like(step=no_step),
            ),
        ),
    ),
    observation(
        "ward-freezes",
        right="rate, twice",
        praise=(
            "It was right at the beginning and has shrunk with every batch. In the other two it has"
            " not changed."
        ),
        otherwise=CHOOSE,
        wrong={
            "gradients": "All three call backward, so all three have gradients.",
            "the same object": (
                "All three optimisers hold the parameters of the network that is used. This finds"
                " patient 6."
            ),
            "first loss": (
                "Before the first step it is near 2.30 in all three: the rate has done nothing yet."
            ),
        },
    ),
    cure(
        8,
        "ward-freezes-cure",
        praise=(
            "Trained with these lines, the network came within a point of a healthy one: its steps"
            " stay long enough to learn."
        ),
        otherwise="What is to happen for each batch, and what once an epoch? Indentation decides.",
        wrong=(
            Wrong(
                name="the scheduler still steps at each batch",
                typed=_epoch(*STEPS, "scheduler.step()", after=""),
                hint="The rate still shrinks with every batch. In which loop is the scheduler?",
                shows=like(partial(scheduled, "batch")),
            ),
            Wrong(
                name="the optimiser steps once an epoch, too",
                typed=_epoch(*STEPS[:2], after="optimizer.step()\nscheduler.step()"),
                hint=(
                    "Now both steps come once an epoch: the network learns from the last batch of"
                    " each alone."
                ),
                shows=like(partial(scheduled, "epoch")),
            ),
            Wrong(
                name="the scheduler's step alone",
                typed=_epoch(*STEPS[:2]),
                hint=(
                    "No weight has moved. The scheduler's step changes the rate; who changes the"
                    " weights?"
                ),
                shows=like(step=no_step),
            ),
            Wrong(
                name="no schedule at all",
                typed=_epoch(*STEPS, after=""),
                hint=(
                    "It learns, and its rate stays as it is: the scheduler takes no step. Its owner"
                    " wants one after each epoch."
                ),
                shows=like(),
            ),
        ),
    ),
)
