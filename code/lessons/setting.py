"""What the comparisons of chapters 5 and 6 have in common: images, recipes, seeds."""

from firstcnn import augment, data, profiles, training
from torch import Tensor

Pair = tuple[Tensor, Tensor]
SMALL_BATCH = 64


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


def background() -> float:
    """Return the value of a black pixel after normalisation."""
    train, _ = data.open_training_sets()
    mean, std = data.pixel_statistics(train.images)
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


def seeds() -> range:
    """Return the seeds of chapter 5: five, in a preview two."""
    return range(5 if _is_full() else 2)


def few_seeds() -> range:
    """Return the seeds of the smaller comparisons: three, in a preview two."""
    return range(3 if _is_full() else 2)


def small_recipe() -> training.Recipe:
    """Return how chapter 6 trains its small networks: two epochs, one-cycle, no augmentation."""
    return training.Recipe(
        epochs=min(2, profiles.current().epochs),
        batch_size=SMALL_BATCH,
        learning_rate=0.003,
        schedule="one_cycle",
    )


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
