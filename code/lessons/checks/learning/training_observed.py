"""What is told of a training that differs from a right one."""

from torch import Tensor

from lessons.checks.answers import (
    array,
    exact_or_rounded,
    kind_of,
    same,
)
from lessons.checks.learning.training import (
    TRAININGS,
    Outcome,
    TrainingTrial,
    epoch_with,
    has_right_accuracy,
    is_right,
    losses_alone,
    losses_and_accuracy,
    one_epoch,
    outcome_of,
    right_outcome,
    watch_training,
)
from lessons.checks.learning.trial import (
    Notes,
    are_alike,
    how_often,
    is_tensor,
    kept,
    trial_images,
)
from lessons.checks.observed import about_array, about_number, shown


def about_training(seen: TrainingTrial, with_loss: bool) -> str:
    """Return the first thing in which a training differs from a right one."""
    steps = seen.steps
    if said := _about_training_passes(seen.model.noted):
        return said
    if with_loss and (said := _about_loss(seen)):
        return said
    if len(steps) != 2:
        return (
            f"For two batches, step is called {how_often(len(steps))}."
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
        return f"For two batches, your function calls the model {how_often(len(noted.modes))}."
    resting = " and ".join(noted.parts_in(mode=False))
    if not all(noted.modes):
        whole = f", {resting} included" if resting else ""
        return f"The model was in evaluation mode in {noted.modes.count(False)} of 2 passes{whole}."
    if resting:
        return f"{resting.capitalize()} worked as in evaluation while the model was called."
    if not all(noted.gradients):
        return "Gradients were switched off while the model was called."
    images, _ = trial_images(8)
    if not all(is_tensor(given, images) for given in noted.images):
        return "The model was not given the images of the batch as they came."
    return ""


def _about_loss(seen: TrainingTrial) -> str:
    given = seen.loss.given
    if not given:
        return "The loss function that your function is given is never called."
    if len(given) != 2:
        return f"For two batches, the loss function is called {how_often(len(given))}."
    for (input, target), logits in zip(given, seen.model.noted.logits, strict=True):
        _, labels = trial_images(8)
        if not is_tensor(input, logits):
            return (
                f"The loss function got {kind_of(input)} as its first argument, and these are not"
                " the model's logits."
            )
        if not is_tensor(target, labels):
            return (
                f"The loss function got the logits and {kind_of(target)}, and these are not the"
                " labels of the batch."
            )
    return ""


@kept
def _right_training(with_loss: bool) -> TrainingTrial:
    return watch_training(
        epoch_with((None,) * 5) if with_loss else lambda *given: one_epoch(*given)[0], with_loss
    )


def _about_gradients(seen: TrainingTrial, with_loss: bool) -> str:
    right = _right_training(with_loss).steps[0]
    loss = "loss, as the loss function gives it" if with_loss else "cross-entropy"
    names = [name for name, _ in seen.model.named_parameters()]
    for place, found in enumerate(seen.steps, start=1):
        if told := _about_step(found, right, names, loss):
            return f"At step {place} of the optimiser {told}"
    return ""


def _about_step(found: list, right: list, names: list[str], loss: str) -> str:
    """Return what is wrong with the gradients of all parameters at one step."""
    if not any(gradient is not None and gradient.any() for gradient in found):
        return "there are no gradients: its parameters do not move."
    missing = [name for name, each in zip(names, found, strict=True) if each is None]
    if missing:
        return f"`{missing[0]}` has no gradient, so it does not move."
    if not are_alike(found, right):
        return f"the gradients are not those of this batch's {loss}{_ratio(found, right)}."
    return ""


def _ratio(found: list[Tensor], right: list[Tensor]) -> str:
    """Return in words by which factor all gradients differ from the right ones; "" if by none."""
    ratio = (found[-1].double() / right[-1]).nanmedian().item()
    return (
        f": they are {shown(ratio)} times as large"
        if are_alike(found, [ratio * each for each in right])
        else ""
    )


def _about_returned(seen: TrainingTrial, with_loss: bool) -> str:
    expected = _right_training(with_loss).returned
    if not with_loss:
        losses, right = losses_alone(seen.returned), array(expected)
        said = "" if same(losses, right) else about_array(losses, right, "The list of losses")
        return said and f"Every step is right. {said}"
    (losses, accuracy), (right, share) = (
        losses_and_accuracy(seen.returned),
        losses_and_accuracy(expected),
    )
    if not same(losses, right):
        return "Every step is right. " + about_array(losses, right, "The list of losses")
    if not exact_or_rounded(share, 4)(accuracy):
        return f"Every step and loss is right. The accuracy: {about_number(accuracy, share)}"
    if not seen.model.training:
        return (
            "Losses and accuracy are right. Afterwards the model is in evaluation mode, and not in"
            " training mode."
        )
    return ""


def _about_others(seen: TrainingTrial, with_loss: bool) -> str:
    """Return what is wrong with a training that goes as it should on two equal batches."""
    for number, case in enumerate(TRAININGS):
        outcome = outcome_of(seen.train, number, with_loss)
        right = right_outcome(number, with_loss)
        if not is_right(outcome, right):
            sizes = ", ".join(map(str, case["sizes"]))
            return f"For batches of {sizes} images{_about_outcome(outcome, right)}"
    return ""


def _about_outcome(outcome: Outcome, right: Outcome) -> str:
    modes = outcome.model.noted.modes
    if len(modes) != len(right.model.noted.modes):
        return f", your function calls the model {how_often(len(modes))}."
    if not all(modes):
        return ", the model is not in training mode in every pass."
    if not same(outcome.losses, right.losses):
        return f": {about_array(outcome.losses, right.losses, 'the list of losses')}"
    if not has_right_accuracy(outcome, right):
        return f", the accuracy: {about_number(outcome.accuracy, right.accuracy)}"
    return ", the losses are right, but the model is not what it should be afterwards."
