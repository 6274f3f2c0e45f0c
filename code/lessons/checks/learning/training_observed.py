"""What is told of a training that differs from a right one."""

from torch import Tensor

from lessons.checks.answers import array, same
from lessons.checks.learning.training import (
    TRAININGS,
    Outcome,
    TrainingTrial,
    is_right,
    losses_alone,
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
from lessons.checks.observed import about_array, shown


def about_training(seen: TrainingTrial) -> str:
    """Return the first thing in which a training differs from a right one."""
    steps = seen.steps
    if said := _about_training_passes(seen.model.noted):
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
    return _about_gradients(seen) or _about_returned(seen) or _about_others(seen)


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


@kept
def _right_training() -> TrainingTrial:
    return watch_training(one_epoch)


def _about_gradients(seen: TrainingTrial) -> str:
    right = _right_training().steps[0]
    names = [name for name, _ in seen.model.named_parameters()]
    for place, found in enumerate(seen.steps, start=1):
        if told := _about_step(found, right, names):
            return f"At step {place} of the optimiser {told}"
    return ""


def _about_step(found: list, right: list, names: list[str]) -> str:
    """Return what is wrong with the gradients of all parameters at one step."""
    if not any(gradient is not None and gradient.any() for gradient in found):
        return "there are no gradients: its parameters do not move."
    missing = [name for name, each in zip(names, found, strict=True) if each is None]
    if missing:
        return f"`{missing[0]}` has no gradient, so it does not move."
    if not are_alike(found, right):
        return f"the gradients are not those of this batch's cross-entropy{_ratio(found, right)}."
    return ""


def _ratio(found: list[Tensor], right: list[Tensor]) -> str:
    """Return in words by which factor all gradients differ from the right ones; "" if by none."""
    ratio = (found[-1].double() / right[-1]).nanmedian().item()
    return (
        f": they are {shown(ratio)} times as large"
        if are_alike(found, [ratio * each for each in right])
        else ""
    )


def _about_returned(seen: TrainingTrial) -> str:
    losses, right = losses_alone(seen.returned), array(_right_training().returned)
    said = "" if same(losses, right) else about_array(losses, right, "The list of losses")
    return said and f"Every step is right. {said}"


def _about_others(seen: TrainingTrial) -> str:
    """Return what is wrong with a training that goes as it should on two equal batches."""
    for number, case in enumerate(TRAININGS):
        outcome, right = outcome_of(seen.train, number), right_outcome(number)
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
    return ", the losses are right, but the model is not what it should be afterwards."
