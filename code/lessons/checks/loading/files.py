"""Data sets of torchvision: which file each of them is, and whether it hands out all of it."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor
from torch.utils.data import Dataset
from torchvision import datasets
from torchvision.transforms import PILToTensor

from lessons.checks.answers import (
    array,
    kind_of,
)
from lessons.checks.loading.samples import FRACTIONS, PICTURES
from lessons.checks.loading.transforms import Made, about_made, tried

OTHER_DATA = (datasets.FashionMNIST, datasets.KMNIST, datasets.EMNIST, datasets.QMNIST)


@dataclass(frozen=True)
class File:
    """A data set of torchvision: whether it is the file to learn from, its transform, what that
    makes, its name.
    """

    is_training: bool
    transform: Any
    made: Made
    kind: str
    keeps_labels: bool
    is_whole: bool

    def has_a_class(self) -> bool:
        """Tell whether the transform is one of torchvision's classes, and none of their objects."""
        return isinstance(self.transform, type) and self.transform.__module__.startswith(
            "torchvision."
        )


def read_data_set(answer: Any) -> File:
    """Read a data set of torchvision."""
    if not isinstance(answer, Dataset) or not hasattr(answer, "train"):
        raise Unreadable(
            f"This asks for a data set such as datasets.MNIST(…), but got {kind_of(answer)}."
        )
    is_mnist = isinstance(answer, datasets.MNIST) and not isinstance(answer, OTHER_DATA)
    transform = getattr(answer, "transform", None)
    return File(
        bool(answer.train),
        transform,
        tried(transform),
        "MNIST" if is_mnist else type(answer).__name__,
        keeps_labels(answer),
        not is_mnist or is_whole(answer),
    )


@functools.cache
def as_stored(root: str, train: bool) -> datasets.MNIST:
    """Return a file as torchvision opens it."""
    return datasets.MNIST(root, train=train)


def is_whole(dataset: datasets.MNIST) -> bool:
    """Tell whether a data set still holds, and hands out, what is in its file; yes if that cannot
    be opened.
    """
    try:
        stored = as_stored(str(dataset.root), bool(dataset.train))
    except (AttributeError, RuntimeError, OSError):
        return True
    held = ((dataset.data, stored.data), (dataset.targets, stored.targets))
    if not all(isinstance(own, Tensor) for own, _ in held):
        return False
    return type(dataset).__getitem__ is datasets.MNIST.__getitem__ and all(
        torch.equal(*pair) for pair in held
    )


def keeps_labels(dataset: Any) -> bool:
    """Tell whether a data set hands out the labels of its file as they are."""
    change = getattr(dataset, "target_transform", None)
    return change is None or all(change(label) == label for label in range(10))


def has_opened(files: tuple[File, File]) -> bool:
    """Tell whether the first file is the one to learn from, the second the other, and both become
    fractions.
    """
    first, second = files
    return (
        (first.is_training, second.is_training) == (True, False)
        and all(each.kind == "MNIST" and each.keeps_labels and each.is_whole for each in files)
        and all(each.made.is_close_to(FRACTIONS) for each in files)
    )


def are_training_files(first: bool, second: bool) -> Callable[[tuple[File, File]], bool]:
    """Return a test whether two files are the one to learn from."""
    return lambda files: (files[0].is_training, files[1].is_training) == (first, second)


def keeps_bytes(file: File) -> bool:
    """Tell whether a file hands out tensors, but with its bytes as they are."""
    return file.made.is_close_to([array(PILToTensor()(each)) for each in PICTURES])


def is_normalised(file: File) -> bool:
    """Tell whether a file hands out fractions that were moved or stretched."""
    scale = file.made.scale()
    return scale is not None and not file.made.is_close_to(FRACTIONS) and not keeps_bytes(file)


def about_files(files: tuple[File, File]) -> str:
    """Return what is wrong with the first of two files that is not as it should be."""
    for name, file in zip(("training_file", "test_file"), files, strict=True):
        if file.kind != "MNIST":
            return f"{name} is {file.kind}, and MNIST is asked for."
        if not file.keeps_labels:
            return f"The target_transform of {name} changes the labels."
        if not file.is_whole:
            return f"{name} no longer holds the images and labels of its file as they are."
        if about := about_made(file.made, f"The transform of {name}", FRACTIONS):
            return about
    return ""
