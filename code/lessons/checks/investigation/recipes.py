"""Two recipes, and the fields in which they differ."""

import dataclasses
import math
from typing import Any

from bookkit.exercises.verdict import Unreadable
from firstcnn.training import Recipe

from lessons.checks.answers import kind_of
from lessons.checks.observed import listed, shown

Change = tuple[Recipe, Recipe]  # the student's, and the one that it should differ from


def read_recipe(answer: Any) -> Recipe:
    """Read a recipe for training.

    Raises
    ------
    Unreadable
        If the answer is none.
    """
    if not isinstance(answer, Recipe):
        raise Unreadable(f"This asks for a recipe, a training.Recipe, but got {kind_of(answer)}.")
    return answer


def changes_of(answer: Change) -> dict[str, Any]:
    """Return what differs: the names of fields, with the values they have now."""
    new, old = (dataclasses.asdict(recipe) for recipe in answer)
    return {name: value for name, value in new.items() if value != old[name]}


def only_smooths(answer: Change, amount: float = 0.1) -> bool:
    """Tell whether nothing but the label smoothing differs, which is so large now."""
    changes = changes_of(answer)
    return set(changes) == {"label_smoothing"} and math.isclose(
        changes["label_smoothing"], amount, rel_tol=1e-5
    )


def is_other_field(answer: Change) -> bool:
    """Tell whether one field differs that is not the label smoothing."""
    changes = changes_of(answer)
    return len(changes) == 1 and "label_smoothing" not in changes


def about_change(answer: Change) -> str:
    """Return which fields differ, with both values."""
    new, old = answer
    said = [
        f"{name} is {shown(value)} in place of {shown(getattr(old, name))}"
        for name, value in changes_of(answer).items()
    ]
    if new.label_smoothing == old.label_smoothing:
        said.append(f"label_smoothing is {shown(old.label_smoothing)} in both")
    return f"In the first of the two recipes, {listed(said)}." if said else ""
