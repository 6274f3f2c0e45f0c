"""Images prepared for a network: by whose mean and standard deviation."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lessons.checks.answers import (
    array,
    same,
    several,
)
from lessons.checks.loading.samples import SETS, Images, all_same, called_with_copies, scale_of

PRINTED = 1e-3  # of normalised pixels: with a mean and a standard deviation as the page prints them


def prepared(images: Images, statistics: Images, correction: int) -> Tensor:
    """Return images as a network takes them, (N, 1, H, W), with mean and standard deviation of some
    images.
    """
    values = statistics.double() / 255
    return ((images.double() / 255 - values.mean()) / values.std(correction=correction))[:, None]


def prepared_by(images: Images, mean: float, std: float) -> Tensor:
    """Return images as a network takes them, with any two numbers."""
    return ((images.double() / 255 - mean) / std)[:, None]


def read_two_arrays(answer: Any) -> tuple[Tensor, Tensor]:
    """Read two arrays of numbers."""
    return several(array, array)(answer)


def prepared_sets(prepare: Callable[[Images, Images], Any]) -> list[tuple[Tensor, Tensor]]:
    """Return what a function makes of pairs of training and validation images."""
    return [
        read_two_arrays(called_with_copies(prepare, train, validation))
        for train, validation in SETS
    ]


Preparation = Callable[[Images, Images, int], tuple[Tensor, Tensor]]


def prepares_like(expected: Preparation) -> Callable[[list], bool]:
    """Return a test whether the sets are what a function makes of them, with n or n − 1 in the
    standard deviation.
    """

    def test(seen: list[tuple[Tensor, Tensor]]) -> bool:
        return any(
            all(
                all_same(made, expected(*each, correction), PRINTED)
                for made, each in zip(seen, SETS, strict=True)
            )
            for correction in (0, 1)
        )

    return test


def rightly_prepared(train: Images, other: Images, correction: int) -> tuple[Tensor, Tensor]:
    """Return both sets with mean and standard deviation of the training images."""
    return prepared(train, train, correction), prepared(other, train, correction)


def by_all_images(train: Images, other: Images, correction: int) -> tuple[Tensor, Tensor]:
    """Return both sets with mean and standard deviation of all images."""
    everything = torch.cat([train, other])
    return prepared(train, everything, correction), prepared(other, everything, correction)


def exchanged(images: Images, statistics: Images, correction: int) -> Tensor:
    """Return images from which the standard deviation was subtracted, and which were divided by the
    mean.
    """
    values = statistics.double() / 255
    return prepared_by(images, values.std(correction=correction), values.mean())


def about_sets(seen: list[tuple[Tensor, Tensor]]) -> str:
    """Return how the first set that is not right differs."""
    for (train, other), made in zip(SETS, seen, strict=True):
        for name, images, got in zip(("training", "validation"), (train, other), made, strict=True):
            if got.shape != (len(images), 1, *images.shape[1:]):
                asked = (len(images), 1, *images.shape[1:])
                return (
                    f"The {name} images come back in the shape {tuple(got.shape)}, and {asked} is"
                    " asked for."
                )
            if not any(
                same(got, prepared(images, train, correction), PRINTED) for correction in (0, 1)
            ):
                return about_scale(name, images, got, train)
    return ""


def about_scale(name: str, images: Images, got: Tensor, train: Images) -> str:
    """Return what was subtracted from images and what they were divided by, if it was as simple as
    that.
    """
    scale = scale_of(images.double() / 255, got)
    if scale is None or not same(got, prepared_by(images, *scale)):
        return (
            f"The {name} images come back changed in a way that no single mean and standard"
            " deviation explain."
        )
    values = train.double() / 255
    return (
        f"In a trial, the {name} images had {scale[0]:z.4f} subtracted and were divided by"
        f" {scale[1]:z.4f}. The training images there have the mean {values.mean():.4f} and the"
        f" standard deviation {values.std(correction=0):.4f}."
    )
