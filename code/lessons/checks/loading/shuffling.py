"""Images and labels that are shuffled together, or not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable

from lessons.checks.answers import (
    array,
    same,
)
from lessons.checks.loading.preparation import read_two_arrays
from lessons.checks.loading.samples import Images, Labels

COUNT = 60

FEWER = 45  # pairs, in a second trial

FIRST_LABEL = 100  # so that no label is the number of a place


@dataclass(frozen=True)
class Call:
    """From which places the images and the labels came in one call; −1 for a label that was not
    among those given.
    """

    images: list[int]
    labels: list[int]
    values: list[int]  # what came back as labels

    def are_pairs(self) -> bool:
        """Tell whether each image has its own label."""
        return self.images == self.labels

    def is_shuffled(self) -> bool:
        """Tell whether every image comes once, and most of them are not where they were."""
        moved = sum(place != image for place, image in enumerate(self.images))
        return is_order(self.images) and moved > COUNT / 2

    def labels_of(self) -> dict[int, int]:
        """Return whose label each image got."""
        return dict(zip(self.images, self.labels, strict=True))


Calls = tuple[Call, ...]

CALLS = 6

AS_IT_WAS = list(range(COUNT))


def pairs() -> tuple[Images, Labels]:
    """Return images, all of them different and none a mirror image, and labels from which an image
    can be found.
    """
    numbers = torch.arange(COUNT)
    images = (4 * numbers[:, None, None] + torch.arange(16).reshape(4, 4)).to(torch.uint8)
    return images, FIRST_LABEL + (7 * numbers + 11) % COUNT


def calls_of(shuffle: Callable[[Images, Labels], Any]) -> Calls:
    """Return what several calls of a function that shuffles make of the same pairs."""
    return tuple(one_call(shuffle) for _ in range(CALLS))


def one_call(shuffle: Callable[[Images, Labels], Any]) -> Call:
    """Return from where the images and the labels came in one call."""
    images, labels = read_two_arrays(shuffle(*pairs()))
    if images.shape != (COUNT, 4, 4) or labels.shape != (COUNT,):
        raise Unreadable(
            f"Of {COUNT} images (4, 4) and {COUNT} labels, there came back images of shape"
            f" {tuple(images.shape)} and labels of shape {tuple(labels.shape)}. Pairs should be"
            " neither lost nor made."
        )
    numbers = {
        tuple(image.flatten().tolist()): place for place, image in enumerate(pairs()[0].double())
    }
    order = [numbers.get(tuple(image.flatten().tolist()), -1) for image in images]
    if -1 in order:
        raise Unreadable(
            f"At position {order.index(-1)} there came back an image that was not among those"
            " given."
        )
    origin = {label: place for place, label in enumerate(pairs()[1].tolist())}
    values = [int(label) for label in labels]
    return Call(order, [origin.get(value, -1) for value in values], values)


def is_order(order: list[int]) -> bool:
    """Tell whether every place comes once, and not all of them where they were."""
    return sorted(order) == AS_IT_WAS and order != AS_IT_WAS


def in_each_call(test: Callable[[Call], bool]) -> Callable[[Calls], bool]:
    """Return a test whether something is true of each call."""
    return lambda calls: all(test(call) for call in calls)


def keeps_pairs(shuffle: Callable[[Images, Labels], Any]) -> bool:
    """Tell whether images and labels come in one new order, another one in each call."""
    calls = calls_of(shuffle)
    if not in_each_call(lambda call: call.are_pairs() and is_order(call.images))(
        calls
    ) or about_order(calls):
        return False
    if about := about_fewer(shuffle):
        raise Unreadable(about)
    return True


def about_fewer(shuffle: Callable[[Images, Labels], Any]) -> str:
    """Return what a function does to fewer pairs, where it is not right; "" if it is."""
    images, labels = (each[:FEWER] for each in pairs())
    made = read_two_arrays(shuffle(images, labels))
    numbers = {
        tuple(image.flatten().tolist()): label
        for image, label in zip(*read_two_arrays(pairs()), strict=True)
    }
    found = [numbers.get(tuple(image.flatten().tolist())) for image in made[0]]
    if sorted(made[1].flatten().tolist()) != sorted(pairs()[1][:FEWER].double().tolist()):
        return f"Of {FEWER} pairs, not all labels come back."
    if [label for label in found if label is not None] != made[1].flatten().tolist():
        return f"Of {FEWER} pairs, not every image keeps its label."
    return f"{FEWER} pairs stay where they are." if same(made[0], array(pairs()[0][:FEWER])) else ""


def about_order(calls: Calls) -> str:
    """Return what stayed where it was, or together, in orders that should be new; "" if nothing
    did.
    """
    for place, numbers in enumerate(zip(*(call.images for call in calls), strict=True)):
        if len(set(numbers)) == 1:
            return f"At position {place} there was image {numbers[0]} after all {len(calls)} calls."
    for call in calls:
        steps = [other - one for one, other in zip(call.images, call.images[1:], strict=False)]
        together = max(steps.count(1), steps.count(-1))
        if together == COUNT - 1:
            return (
                f"The pairs fit. But of {CALLS} calls, at least one left them in the order that"
                " they had, or turned it."
            )
        if together > COUNT / 4:
            return (
                f"The pairs fit. But {together + 1} or more of {COUNT} images are still beside a"
                " neighbour."
            )
    return ""


def undone(call: Call) -> bool:
    """Tell whether the labels went the way back that the images came."""
    return call.is_shuffled() and [call.images[place] for place in call.labels] == AS_IT_WAS


def twice(call: Call) -> bool:
    """Tell whether the order of the images was applied to the labels twice."""
    return call.is_shuffled() and call.labels == [call.images[place] for place in call.images]


def turned(call: Call) -> bool:
    """Tell whether the labels have the order of the images from the other end, or from another
    beginning.
    """
    doubled = call.images * 2
    return call.labels == call.images[::-1] or any(
        call.labels == doubled[k : k + COUNT] for k in range(1, COUNT)
    )


def next_door(call: Call) -> bool:
    """Tell whether each image got the label of the image that stood beside it."""
    return call.is_shuffled() and any(
        all((label - image) % COUNT == step % COUNT for image, label in call.labels_of().items())
        for step in (1, -1)
    )


def drawn_twice(calls: Calls) -> bool:
    """Tell whether images and labels have orders of their own, with no rule between them."""
    first, second, *_ = calls
    return (
        in_each_call(
            lambda call: call.is_shuffled() and is_order(call.labels) and not call.are_pairs()
        )(calls)
        and first.labels != second.labels
        and first.images != second.images
        and first.labels_of() != second.labels_of()
        and not any(in_each_call(rule)(calls) for rule in (undone, twice, turned))
    )


def about_calls(calls: Calls) -> str:
    """Return where image 0 and its label went."""
    first = next((call for call in calls if not call.are_pairs()), None)
    if first is None:
        return about_order(calls)
    if -1 in first.labels:
        return "Some of what comes back as labels is not among the labels that were given."
    wrong = next(place for place in AS_IT_WAS if first.images[place] != first.labels[place])
    return (
        f"At position {wrong} there is now image {first.images[wrong]}, with the label of image"
        f" {first.labels[wrong]}."
    )
