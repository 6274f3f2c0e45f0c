"""An evaluation function, tried on a small network."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from lessons.checks.answers import (
    exact_or_rounded,
    kind_of,
    number,
)
from lessons.checks.learning.elsewhere import left_behind
from lessons.checks.learning.training import HOME, MOVE
from lessons.checks.learning.trial import (
    Network,
    Notes,
    are_alike,
    as_numbers,
    defined,
    kept,
    same_settings,
    same_values,
    trial_images,
)
from lessons.checks.observed import about_number

EVALUATIONS = ((7, True, 3), (7, False, 2), (1, True, 10), (30, False, 10), (20, True, 8))


def _evaluated(
    evaluate: Callable, count: int, training: bool, batch_size: int
) -> tuple[Network, Any]:
    """Let a function evaluate a network that has seen other images; return the network and what was
    returned.
    """
    loader = DataLoader(TensorDataset(*trial_images(count)), batch_size=batch_size)
    torch.default_generator.manual_seed(0)
    model = Network(dropout=0.5)
    model(torch.randn(16, 1, 6, 6) + 1)
    model.noted, model.dropout.passes = Notes(), 0
    model.train(training)
    return model, evaluate(model, loader)


def _loss_and_accuracy(returned: Any) -> tuple[float, float]:
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        raise Unreadable(
            "Your function should return the loss and the accuracy, but it returned"
            f" {kind_of(returned)}."
        )
    return number(returned[0]), number(returned[1])


@kept
def _expected(*case: Any) -> tuple[Network, float, float]:
    """Return the network as it should be afterwards, the loss and the accuracy."""
    reference, _ = _evaluated(lambda *_: None, *case)
    images, labels = trial_images(case[0])
    with torch.no_grad():
        logits = _evaluated(lambda model, _: model.eval()(images), *case)[1]
    share = (logits.argmax(dim=1) == labels).double().mean().item()
    return reference, F.cross_entropy(logits, labels).item(), share


def evaluates_rightly(evaluate: Callable) -> bool:
    """Tell whether a function gives loss and accuracy, and leaves the network as it was."""
    return not about_evaluation(watch_evaluation(evaluate))


def evaluates_anywhere(evaluate: Callable) -> bool:
    """Tell whether a function evaluates as it should, on whatever device the network is."""
    return evaluates_rightly(evaluate) and not _leaves_behind(evaluate)


def _leaves_behind(evaluate: Callable) -> str:
    loader = DataLoader(TensorDataset(*trial_images(8)), batch_size=8)
    return left_behind(lambda model: evaluate(model, loader))


def _differs(case: tuple, run: tuple[Network, Any]) -> str:
    """Return the first thing in which one evaluation differs from a right one; "" if it does
    not.
    """
    model, returned = run
    return _about_passes(model.noted) or _about_end(model, case) or _about_result(returned, case)


@dataclass
class EvaluationTrial:
    """What was seen of an evaluation function in each case: the network and what was returned."""

    evaluate: Callable
    runs: list[tuple[Network, Any]]

    def facts(self) -> list:
        """Return all of it as numbers, to compare with what another function did."""
        return [
            [
                model.noted.modes,
                model.noted.gradients,
                [each.detach() for each in model.noted.logits],
                [parameter.requires_grad for parameter in model.parameters()],
                as_numbers(returned),
            ]
            for model, returned in self.runs
        ]


def watch_evaluation(evaluate: Callable) -> EvaluationTrial:
    """Let a function evaluate a network in each of `EVALUATIONS`."""
    return EvaluationTrial(evaluate, [_evaluated(evaluate, *case) for case in EVALUATIONS])


def evaluation_of(
    mode: str = "model.eval()",
    gradients: str = "torch.no_grad()",
    reduction: str = '"sum"',
    correct: str = "correct += (logits.argmax(dim=1) == labels).sum().item()",
    total: str = "total += len(labels)",
    move: str = MOVE,
) -> str:
    """Return what a student types into the evaluation, with a slip in one of these places."""
    return "\n".join(
        [
            f"    {mode}",
            f"    with {gradients}:",
            "        for images, labels in loader:",
            f"            {move}",
            "            logits = model(images)",
            f"            loss += F.cross_entropy(logits, labels, reduction={reduction}).item()",
            f"            {correct}",
            f"            {total}",
        ]
    )


def _evaluation_with(typed: str) -> Callable:
    """Return the evaluation of the chapter with something else typed into it."""
    return defined(
        "def answer(model, loader):",
        HOME,
        "    loss, correct, total = 0.0, 0, 0",
        typed,
        "    return loss / total, correct / total",
    )


@kept
def _evaluation_slip(typed: str) -> list:
    return watch_evaluation(_evaluation_with(typed)).facts()


def evaluates_like(**slip: str) -> dict[str, Any]:
    """Return what is typed by a slip, and evidence for it: everything that is seen is what this
    slip would give.
    """
    typed = evaluation_of(**slip)
    return {
        "typed": (typed,),
        "shows": lambda seen: are_alike(seen.facts(), _evaluation_slip(typed)),
    }


def leaves_at_home(what: str, move: str) -> dict[str, Any]:
    """Return what is typed by a slip in the line that moves a batch, and evidence for it: what is
    left on the CPU.
    """
    return {
        "typed": (evaluation_of(move=move),),
        "shows": lambda seen: not about_evaluation(seen) and _leaves_behind(seen.evaluate) == what,
    }


def about_evaluation(seen: EvaluationTrial) -> str:
    """Return the first thing in which an evaluation differs from a right one."""
    return next(filter(None, map(_differs, EVALUATIONS, seen.runs)), "")


def _about_passes(noted: Notes) -> str:
    if not noted.modes:
        return "Your function never calls the model."
    at_work = " and ".join(noted.parts_in(mode=True))
    if any(noted.modes):
        parts = f"{at_work} included" if at_work else "but neither dropout nor batch norm was"
        count = f"{sum(noted.modes)} of {len(noted.modes)}"
        return f"The model was in training mode in {count} passes, {parts}."
    if at_work:
        return f"{at_work.capitalize()} worked as in training in at least one pass."
    if any(noted.gradients):
        return "Gradients were prepared while the model was called."
    return ""


def _about_end(model: Network, case: tuple) -> str:
    reference = _expected(*case)[0]
    if not all(parameter.requires_grad for parameter in model.parameters()):
        return "Your function freezes parameters: they could not be trained afterwards."
    if not same_values(model, reference):
        return (
            "Your function changes what the model has stored: its parameters or the numbers of"
            " batch norm."
        )
    if not same_settings(model, reference):
        return (
            "Your function changes parts of the model: their kind, or a number such as dropout's"
            " share."
        )
    return ""


def _about_result(returned: Any, case: tuple) -> str:
    _, right, share = _expected(*case)
    loss, accuracy = _loss_and_accuracy(returned)
    batches = f", in batches of {case[2]}" if case[2] < case[0] else ""
    if exact_or_rounded(share, 4)(loss) and exact_or_rounded(right, 4)(accuracy):
        return "The accuracy comes first and the loss second: they have changed places."
    if not exact_or_rounded(right, 4)(loss):
        return (
            f"Mode and gradients are right. The loss of {case[0]} images{batches}:"
            f" {about_number(loss, right)}"
        )
    if not exact_or_rounded(share, 4)(accuracy):
        return (
            f"The loss is right. The accuracy on {case[0]} images{batches}:"
            f" {about_number(accuracy, share)}"
        )
    return ""


NO_CONTEXT = re.compile(
    r"'(type|\w*function\w*|method)' object does not support the context manager|__enter__"
)
