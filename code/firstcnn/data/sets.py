"""Images and labels as tensors: split, counted, and made ready for a network."""

import os
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from firstcnn import profiles
from firstcnn.data.idx import values_of
from firstcnn.data.known import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from firstcnn.data.reading import read_files


class ImageSet(NamedTuple):
    """Images with their labels.

    Attributes
    ----------
    images : Tensor
        uint8, (N, 28, 28), 0 = background, 255 = full ink.
    labels : Tensor
        int64, (N,), classes 0 to 9.
    """

    images: Tensor
    labels: Tensor


def open_training_sets(
    folder: str | os.PathLike | None = None,
    *,
    profile: profiles.Profile | None = None,
    seed: int = 0,
) -> tuple[ImageSet, ImageSet]:
    """Open the images to learn from and those to validate on: no image is in both, and none is a
    test image.

    One sixth of the training file is set aside for validation (10,000 of MNIST's 60,000), with
    every class in the same proportion. A profile then takes its number of images from each side, so
    that a small profile never validates on an image that a large one trains on.

    Parameters
    ----------
    folder : path, optional
        Folder of IDX files; by default FIRSTCNN_DATA or, without it, MNIST.
    profile : Profile, optional
        Limits the sizes; by default ``profiles.current()``.
    seed : int
        Decides which images go where.

    Returns
    -------
    train, validation : ImageSet
        Images (N, 28, 28) and labels (N,), in the order of the file.

    Raises
    ------
    DataError
        If the files cannot be had or are not what they should be.
    """
    profile = profile or profiles.current()
    images, labels = _values(folder, TRAIN_IMAGES, TRAIN_LABELS)
    generator = torch.Generator().manual_seed(seed)
    held_out = np.zeros(len(labels), dtype=bool)
    held_out[_stratified(labels, len(labels) // 6, generator)] = True
    train, validation = (
        _limited(labels, np.flatnonzero(side), limit, generator)
        for side, limit in ((~held_out, profile.train), (held_out, profile.validation))
    )
    return _image_set(images, labels, train), _image_set(images, labels, validation)


def open_test_set(
    folder: str | os.PathLike | None = None, *, profile: profiles.Profile | None = None
) -> ImageSet:
    """Open the test set, once every choice has been made on the validation set.

    Parameters
    ----------
    folder, profile
        As for `open_training_sets`.

    Returns
    -------
    ImageSet
        Images (N, 28, 28) and labels (N,), in the order of the file.

    Raises
    ------
    DataError
        If the files cannot be had or are not what they should be.
    """
    profile = profile or profiles.current()
    images, labels = _values(folder, TEST_IMAGES, TEST_LABELS)
    every = np.arange(len(labels))
    kept = _limited(labels, every, profile.test, torch.Generator().manual_seed(0))
    return _image_set(images, labels, kept)


def test_labels(folder: str | os.PathLike | None = None) -> Tensor:
    """Return all test labels, int64 (N,), whatever the profile.

    Raises
    ------
    DataError
        If the files cannot be had or are not what they should be.
    """
    return torch.tensor(values_of(read_files(folder)[TEST_LABELS])).long()


def test_image(index: int, folder: str | os.PathLike | None = None) -> Tensor:
    """Return one test image, uint8 (28, 28), by its place in the file.

    Raises
    ------
    IndexError
        If there is no such image.
    DataError
        If the files cannot be had or are not what they should be.
    """
    images = values_of(read_files(folder)[TEST_IMAGES])  # (N, 28, 28)
    if not 0 <= index < len(images):
        raise IndexError(f"There is no test image {index}: choose one from 0 to {len(images) - 1}.")
    return torch.tensor(images[index])


def pixel_statistics(images: Tensor) -> tuple[float, float]:
    """Return mean and standard deviation over all pixels of all images, on the scale from 0 to 1.

    Counts how often each of the 256 levels occurs, so the sums are exact however many images there
    are.

    Parameters
    ----------
    images : Tensor
        uint8, (N, 28, 28).

    Returns
    -------
    mean, std : float
        0.1307 and 0.3081 for MNIST's 60,000.

    Raises
    ------
    ValueError
        If there is no pixel, or the images are not uint8.
    """
    if images.dtype != torch.uint8 or images.numel() == 0:
        raise ValueError(
            f"Expected uint8 images, got {images.dtype} of shape {tuple(images.shape)}:"
            " pass at least one image, as it is stored."
        )
    share = torch.bincount(images.flatten(), minlength=256).double() / images.numel()  # (256,)
    levels = torch.arange(256, dtype=torch.float64) / 255  # (256,)
    mean = (share * levels).sum()
    variance = (share * (levels - mean) ** 2).sum()
    return mean.item(), variance.sqrt().item()


def prepare(images: Tensor, mean: float, std: float) -> Tensor:
    """Turn stored images into what a network takes: 0 to 1, minus the mean, over the standard
    deviation.

    Bit for bit what torchvision's ``ToTensor`` and ``Normalize`` make of each image, for all images
    at once.

    Parameters
    ----------
    images : Tensor
        uint8, (N, 28, 28).
    mean, std : float
        From `pixel_statistics` of the training images.

    Returns
    -------
    Tensor
        float32, (N, 1, 28, 28).

    Raises
    ------
    ValueError
        If the images are not uint8 (then they may have been prepared already) or `std` is not
        positive.
    """
    if images.dtype != torch.uint8:
        raise ValueError(
            f"Expected uint8 images, got {images.dtype}: pass the images as they are stored."
        )
    if not std > 0:
        raise ValueError(
            f"The standard deviation is {std}, but must be positive: are all pixels the same?"
        )
    return images.unsqueeze(1).float().div_(255).sub_(mean).div_(std)  # (N, 1, 28, 28)


def _values(folder: str | os.PathLike | None, *names: str) -> list[np.ndarray]:
    contents = read_files(folder)
    return [values_of(contents[name]) for name in names]


def _image_set(images: np.ndarray, labels: np.ndarray, kept: np.ndarray) -> ImageSet:
    return ImageSet(torch.from_numpy(images[kept]), torch.from_numpy(labels[kept]).long())


def _limited(
    labels: np.ndarray, members: np.ndarray, limit: int | None, generator: torch.Generator
) -> np.ndarray:
    """Return so many of the members, which are indices, as the limit lets pass."""
    if limit is None or limit >= len(members):
        return members
    return members[_stratified(labels[members], limit, generator)]


def _stratified(labels: np.ndarray, count: int, generator: torch.Generator) -> np.ndarray:
    """Draw ``count`` indices, sorted, with every class in proportion (largest remainders)."""
    sizes = np.bincount(labels)  # (classes,)
    quotas = sizes * count / len(labels)
    take = quotas.astype(int)
    missing = count - take.sum()
    take[np.argsort(take - quotas, kind="stable")[:missing]] += 1
    drawn = []
    for label, number in enumerate(take):
        members = np.flatnonzero(labels == label)
        drawn.append(members[torch.randperm(len(members), generator=generator)[:number].numpy()])
    return np.sort(np.concatenate(drawn))
