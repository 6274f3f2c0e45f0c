"""A map of probabilities under a moving square, tried on a small network."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor, nn

from lessons.checks.answers import array, kind_of, same
from lessons.checks.learning.trial import defined, kept
from lessons.checks.observed import shown

CASES = ((3, 7, 3), (8, 12, 8), (0, 25, 1))  # label, side, step


class _Reader(nn.Module):
    """A small network whose answer depends on every pixel."""

    def __init__(self) -> None:
        super().__init__()
        draw = torch.Generator().manual_seed(5)
        self.weights = nn.Parameter(torch.randn(784, 10, generator=draw) / 10)

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 28, 28) into logits (N, 10)."""
        return x.flatten(1) @ self.weights


def _image() -> Tensor:
    draw = torch.Generator().manual_seed(2)
    return torch.rand(1, 1, 28, 28, generator=draw)  # nowhere black


@dataclass
class OcclusionTrial:
    """What a function returned in each of `CASES`, whether it kept the image, and what black is."""

    black: float
    returned: list
    kept_image: bool


def watch_occlusion(answer: tuple[Callable, float]) -> OcclusionTrial:
    """Let a function make its map in each of `CASES`."""
    make, black = answer
    model, image = _Reader().eval(), _image()
    returned = []
    for label, side, step in CASES:
        returned.append(make(model, image.clone(), label, side, step))
    own = image.clone()
    make(model, own, *CASES[1])
    return OcclusionTrial(black, returned, torch.equal(own, image))


def covering(
    corners: str = "range(0, 28 - side + 1, step)",
    start: str = "image.repeat(len(corners) ** 2, 1, 1, 1)",
    pairs: str = "product(corners, corners)",
    square: str = "row:row + side, column:column + side",
    value: str = "black",
    probabilities: str = "model(covered).softmax(dim=1)",
    end: str = "probabilities[:, label].view(len(corners), len(corners))",
) -> str:
    """Return what a student types, with a slip in one of these places."""
    return "\n".join(
        [
            f"    corners = {corners}",
            f"    covered = {start}",
            f"    for number, (row, column) in enumerate({pairs}):",
            f"        covered[number, :, {square}] = {value}",
            "    with torch.no_grad():",
            f"        probabilities = {probabilities}",
            f"    return {end}",
        ]
    )


@kept
def _maps_of(typed: str, black: float) -> list:
    make = defined(
        "def answer(model, image, label, side, step):", typed, product=product, black=black
    )
    return watch_occlusion((make, black)).returned


def _is_like(returned: list, maps: list) -> bool:
    return all(map(_is_same, returned, maps))


def _is_same(returned: Any, right: Tensor) -> bool:
    try:
        return same(array(returned), right, 1e-3)
    except Unreadable:
        return False


def covers_like(**slip: str) -> dict[str, Any]:
    """Return what is typed by a slip, and evidence for it: all maps are what this slip would
    give.
    """
    typed = covering(**slip)
    return {
        "typed": (typed,),
        "shows": lambda seen: _is_like(seen.returned, _maps_of(typed, seen.black)),
    }


def maps_rightly(answer: tuple[Callable, float]) -> bool:
    """Tell whether a function makes the right map in each of `CASES` and leaves its image alone."""
    seen = watch_occlusion(answer)
    return seen.kept_image and _is_like(seen.returned, _maps_of(covering(), seen.black))


def about_occlusion(seen: OcclusionTrial) -> str:
    """Return the first thing in which the maps differ from the right ones."""
    for (label, side, step), returned, right in zip(
        CASES, seen.returned, _maps_of(covering(), seen.black), strict=True
    ):
        if _is_same(returned, right):
            continue
        case = f"For a square of {side} × {side} that moves by {step}"
        if not isinstance(returned, Tensor) or returned.shape != right.shape:
            return (
                f"{case}, your function returns {kind_of(returned)}, where a tensor of shape"
                f" {tuple(right.shape)} is right."
            )
        row, column = (
            ((returned.double() - right.double()).abs() > 1e-3 * (1 + right.abs()))
            .nonzero()[0]
            .tolist()
        )
        return (
            f"{case}, the map of label {label} first differs at row {row}, column {column}: it has"
            f" {shown(returned[row, column].item())} there, where"
            f" {shown(right[row, column].item())} is right."
        )
    return "" if seen.kept_image else "The maps are right, but your function changes its image."
