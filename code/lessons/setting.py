"""What the comparisons of chapters 5 and 6 have in common: images, recipes, seeds."""

import dataclasses
import os
from collections.abc import Callable, Mapping

from firstcnn import augment, data, ledger, profiles, training
from torch import Tensor, nn

Pair = tuple[Tensor, Tensor]
Build = Callable[[], nn.Module]
IMAGE = (1, 28, 28)
SMALL_BATCH = 64
SECONDS = 2e10  # multiplications of a training that takes seconds on one core
HALF_A_MINUTE = 2.5e11  # of one that takes half a minute or less
BARS = {"full": 0.98, "quick": 0.8, "trial": 0.5, "other images": 0.5}  # of a small network


def normalised_sets() -> tuple[Pair, Pair]:
    """Return the training and the validation set, normalised by the training images.

    Returns
    -------
    train, validation : tuple of Tensor (N, 1, 28, 28) and Tensor (N,)
        Images and labels.
    """
    train, validation = data.open_training_sets()
    mean, std = data.pixel_statistics(train.images)
    one, other = (
        (data.prepare(images.images, mean, std), images.labels) for images in (train, validation)
    )
    return one, other


def pixel_statistics() -> tuple[float, float]:
    """Return mean and standard deviation of the training images' pixels, from 0 to 1."""
    train, _ = data.open_training_sets()
    return data.pixel_statistics(train.images)


def background() -> float:
    """Return the value of a black pixel after normalisation."""
    mean, std = pixel_statistics()
    return -mean / std


def augmentation() -> augment.Affine:
    """Return the augmentation of chapter 4: small rotations and shifts, black around them."""
    return augment.Affine(rotation=10, translation=0.1, fill=background())


def recipe() -> training.Recipe:
    """Return how chapter 5 trains each of its networks: two epochs, with augmentation.

    The peak rate is one of those that were tried on the test set before the book existed; the page
    on labels says so.
    """
    profile = profiles.current()
    return training.Recipe(
        epochs=min(2, profile.epochs),
        batch_size=profile.batch_size,
        learning_rate=0.003,
        augmentation=augmentation(),
    )


def seeds_of(build: Build, recipe: training.Recipe, images: int, least: int = 1) -> range:
    """Return the seeds that a network gets in a comparison, by what one training of it costs.

    The cost is its multiplications for one image, forward, times images and epochs. Ten seeds
    where a training takes seconds (at most `SECONDS`), three where it takes up to half a minute
    (at most `HALF_A_MINUTE`), else ``least``. A preview has two in place of ten, and two at most.

    Parameters
    ----------
    build : class or functools.partial of one
        Returns the network.
    recipe : Recipe
        How it is trained.
    images : int
        Number of training images.
    least : int
        Seeds of a costly network: one says nothing about other seeds, and the page has to say so.
    """
    cost = ledger.for_one_image(build, IMAGE) * images * recipe.epochs
    if not _is_full():
        return range(2 if cost <= SECONDS else min(2, least))
    return range(10 if cost <= SECONDS else max(least, 3 if cost <= HALF_A_MINUTE else 1))


def seeds_of_each(
    cases: Mapping[str, tuple[Build, training.Recipe]], images: int, least: int = 1
) -> dict[str, range]:
    """Return the seeds of each case of a comparison, as `seeds_of` gives them."""
    return {name: seeds_of(*what, images, least) for name, what in cases.items()}


def few_seeds() -> range:
    """Return the seeds of comparisons that readers run again: three, in a preview two."""
    return range(3 if _is_full() else 2)


def budgets() -> tuple[int, ...]:
    """Return the epochs after which networks are compared: up to fifteen, in a preview two."""
    return (1, 2, 5, 15) if _is_full() else (1, 2)


def recipe_for(epochs: int, batch_size: int | None = None) -> training.Recipe:
    """Return the recipe of chapter 5 for another number of epochs: the cycle of its learning rate
    ends with the last step, whatever their number.

    Parameters
    ----------
    epochs : int
        Passes over the training images.
    batch_size : int, optional
        Images a step; those of chapter 5 if not given.
    """
    usual = recipe()
    return dataclasses.replace(usual, epochs=epochs, batch_size=batch_size or usual.batch_size)


def small_recipe() -> training.Recipe:
    """Return how chapter 6 trains its small networks: two epochs, one-cycle, no augmentation."""
    return training.Recipe(
        epochs=min(2, profiles.current().epochs),
        batch_size=SMALL_BATCH,
        learning_rate=0.003,
        schedule="one_cycle",
    )


def bar_of_a_small_network() -> float:
    """Return the share of validation images that the small network of chapter 6 has to read.

    98 % of MNIST's digits in a full run. A preview has few images to learn from, and other images
    may be hard: then it is less.
    """
    if not _is_full():
        return BARS[profiles.current().name]
    return BARS["other images" if os.environ.get("FIRSTCNN_DATA") else "full"]


def first_images(pair: Pair, count: int | None = None) -> Pair:
    """Return the first images of a set with their labels.

    Parameters
    ----------
    pair : tuple of Tensor (N, ...) and Tensor (N,)
        Images and labels.
    count : int, optional
        How many; without it those of chapter 6: 10,000, in a preview 2,000.
    """
    images, labels = pair
    count = count or (10_000 if _is_full() else 2000)
    return images[:count], labels[:count]


def epochs_in_words(one: training.Recipe) -> str:
    """Return the epochs of a recipe as a text has them: "1 epoch", "2 epochs"."""
    return f"{one.epochs} epoch" + "s" * (one.epochs > 1)


def _is_full() -> bool:
    return profiles.current().name == profiles.FULL.name
