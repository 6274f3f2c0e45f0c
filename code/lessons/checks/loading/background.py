"""Shares of the background in images."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from lessons.checks.answers import (
    array,
    same,
)
from lessons.checks.loading.samples import IMAGES, Images, all_same, called_with_copies
from lessons.checks.observed import shown


def shares_of(share: Callable[[Images], Any]) -> list[Tensor]:
    """Return what a function gives for each stack of images."""
    return [array(called_with_copies(share, images)) for images in IMAGES]


def shares_like(expected: Callable[[Images], Tensor]) -> Callable[[list[Tensor]], bool]:
    """Return a test whether shares are those that a function gives, on all stacks of images."""
    return lambda seen: all_same(seen, [expected(images) for images in IMAGES])


def shares(
    is_counted: Callable[[Images], Tensor], over: tuple[int, ...] = (1, 2)
) -> Callable[[Images], Tensor]:
    """Return a function to the mean, over some axes, of what is counted of each pixel."""
    return lambda images: is_counted(images).double().mean(dim=over)


background = shares(lambda images: images == 0)

SHARES: dict[str, Callable[[Images], Tensor]] = {  # what shares are, where no named mistake fits
    "always 0": lambda images: images.new_zeros(len(images)).double(),
    "always 1": lambda images: images.new_ones(len(images)).double(),
    "how many pixels of the background there are": lambda images: (
        (images == 0).double().sum(dim=(1, 2))
    ),
    "how many pixels above 0 there are": lambda images: (images != 0).double().sum(dim=(1, 2)),
    "the share of pixels above 0, in per cent": lambda images: 100 * (1 - background(images)),
    "the number of pixels of the background, divided by 784 whatever the size": (
        lambda images: (images == 0).double().sum(dim=(1, 2)) / 784
    ),
    "the number of pixels of the background, divided by the number of images": (
        lambda images: (images == 0).double().sum(dim=(1, 2)) / len(images)
    ),
    "the share of the background, divided by the number of pixels once more": (
        lambda images: background(images) / images[0].numel()
    ),
    "one minus the mean brightness": lambda images: 1 - images.double().mean(dim=(1, 2)) / 255,
    "255 minus the mean brightness": lambda images: 255 - images.double().mean(dim=(1, 2)),
    "the sum of all pixels": lambda images: images.double().sum(dim=(1, 2)),
    "the standard deviation of the comparison": lambda images: (
        (images == 0).double().std(dim=(1, 2))
    ),
    "the share of pixels as dark as the darkest of all": lambda images: (
        (images == images.min()).double().mean((1, 2))
    ),
    "the share of the value of the first pixel": lambda images: (
        (images == images[0, 0, 0]).double().mean((1, 2))
    ),
    "the share of pixels up to 1": lambda images: (images <= 1).double().mean(dim=(1, 2)),
}


def _about_counted(seen: list[Tensor]) -> str:
    """Return what all shares are; "" if that is not known."""
    words = next((words for words, expected in SHARES.items() if shares_like(expected)(seen)), "")
    return f" For all images that were tried it gives {words}." if words else ""


def about_shares(seen: list[Tensor]) -> str:
    """Return how the first shares that are not right differ from the right ones."""
    for images, got in zip(IMAGES, seen, strict=True):
        if not same(got, background(images)):
            name = f"For images of shape {tuple(images.shape)} your function gives an array that"
            if got.shape != background(images).shape:
                return (
                    f"{name} has the shape {tuple(got.shape)}, and"
                    f" {tuple(background(images).shape)} is asked for."
                )
            value = shown(got.flatten()[0].item())
            return (
                f"{name} has the right shape, but other values: the first is {value}, and it"
                " should be "
                + f"{shown(background(images).flatten()[0].item())}.{_about_counted(seen)}"
            )
    return ""
