"""Checks on data opened, looked at, prepared and handed out."""

import functools
import time
from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from bookkit.exercises.errors import explained, is_of_the_answer
from bookkit.exercises.verdict import Exercise, Unreadable, Wrong
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, default_collate, default_convert
from torchvision import datasets
from torchvision.transforms import PILToTensor

from lessons.checks.answers import (
    array,
    function,
    kind_of,
    number,
    rounded,
    same,
    several,
    size,
    wholes,
    word,
)
from lessons.checks.contents import (
    CHANCE,
    TEST,
    TRAINING,
    UNKNOWN,
    Contents,
    contents_of,
    labels_of_images,
)
from lessons.checks.observed import about_array, apart, shown

Images = Tensor
Labels = Tensor

# Pictures and labels to try an answer on


def pixels(count: int, height: int, width: int, seed: int) -> Images:
    """Return images of bytes, uint8 (N, H, W), a third of their pixels 0 and some at 255."""
    drawn = torch.randint(
        -128, 300, (count, height, width), generator=torch.Generator().manual_seed(seed)
    )
    return drawn.clamp(0, 255).to(torch.uint8)


def drawn_labels(count: int, seed: int, weights: Sequence[float]) -> Labels:
    """Return labels, drawn with the share that each class has."""
    shares = torch.tensor(weights, dtype=torch.float64)
    return torch.multinomial(
        shares, count, replacement=True, generator=torch.Generator().manual_seed(seed)
    )


BYTES = [pixels(1, 28, 28, seed)[0] for seed in (1, 2)] + [pixels(1, 28, 28, seed=3)[0] // 2]
PICTURES = [Image.fromarray(each.numpy()) for each in BYTES]
FRACTIONS = [each[None].double() / 255 for each in BYTES]  # (1, H, W)
IMAGES = [pixels(6, 28, 28, seed=4), pixels(1, 28, 28, seed=5), pixels(3, 4, 6, seed=6)]
IMAGES.append(pixels(2, 5, 7, seed=10).clamp(min=1))  # without background
SETS = [
    (pixels(5, 28, 28, seed=7), pixels(3, 28, 28, seed=8) // 3),
    (pixels(1, 28, 28, seed=9), IMAGES[0]),
]
LABELS = [
    torch.tensor([3, 7, 1, 7, 0, 2, 2, 7, 9, 5, 7]),
    torch.tensor([2]),
    torch.tensor([0, 0, 1, 0, 3, 4]),
]
LABELS.append(
    torch.cat([torch.full((50,), 4), LABELS[0]])
)  # so many that a digit may stand far back
# labels to learn from and labels to judge by, with different commonest and rarest classes
TWO_SPLITS = [
    (torch.tensor([1, 1, 1, 1, 0, 0, 2, 2, 2, 4, 4]), torch.tensor([2, 2, 2, 2, 2, 1, 1, 0, 4])),
    (torch.tensor([5, 3, 3, 5, 5, 1]), torch.tensor([3, 3, 3, 5, 0, 2, 2])),
    (torch.tensor([2, 2, 0]), torch.tensor([2])),
    (
        drawn_labels(60, 1, (1, 2, 3, 6, 2, 1, 2, 4, 2, 3)),
        drawn_labels(41, 2, (2, 3, 1, 4, 2, 6, 3, 1, 2, 2)),
    ),
    (
        drawn_labels(70, 3, (3, 1, 8, 2, 3, 4, 2, 1, 5, 3)),
        drawn_labels(37, 4, (1, 1, 2, 4, 6, 2, 2, 1, 2, 5)),
    ),
]


def all_same(made: Sequence[Tensor], expected: Sequence[Tensor], tolerance: float = 1e-4) -> bool:
    """Tell whether each of several arrays is the one that is expected."""
    return all(same(each, value, tolerance) for each, value in zip(made, expected, strict=True))


def asked(function: Callable[..., Any], *given: Any) -> Any:
    """Return what a function makes of copies of tensors and of numbers.

    Raises
    ------
    Unreadable
        If it changes what it is given.
    """
    copies = [each.clone() if isinstance(each, Tensor) else each for each in given]
    made = function(*copies)
    if any(
        isinstance(each, Tensor) and not torch.equal(each, copy)
        for each, copy in zip(given, copies, strict=True)
    ):
        raise Unreadable(
            "Your function changes the tensors that it is given. They belong to whoever calls it."
        )
    return made


# What a transform makes of pictures

COPIES = 64  # of each picture
PATIENCE = 0.2  # seconds of processor time, after which fewer copies have to do


@dataclass(frozen=True)
class Made:
    """What a transform made of each picture, and whether it makes the same of it in every call."""

    tensors: tuple[Tensor, ...] = ()
    changes: bool = False
    error: BaseException | None = None

    def is_close_to(self, expected: Sequence[Tensor]) -> bool:
        """Tell whether it makes these tensors, always."""
        return (
            len(self.tensors) == len(expected)
            and not self.changes
            and all_same(self.tensors, expected, 1e-5)
        )

    def scale(self) -> tuple[float, float] | None:
        """Return what is subtracted from the fractions, and what they are divided by; None if it is
        not so simple.
        """
        if not self.tensors or self.changes or self.tensors[0].shape != FRACTIONS[0].shape:
            return None
        before, after = FRACTIONS[0].flatten(), self.tensors[0].flatten()
        factor = (after.max() - after.min()) / (before.max() - before.min())
        offset = after[before.argmax()] - factor * before.max()
        if not factor > 0 or not self.is_close_to([factor * each + offset for each in FRACTIONS]):
            return None
        return (-offset / factor).item(), (1 / factor).item()


def made_by(transform: Callable[[Image.Image], Any]) -> Made:
    """Put every picture through a transform, many times.

    Raises
    ------
    Unreadable
        If it makes something else than tensors.
    """
    began, first = time.process_time(), _once(transform)
    changes = False
    for copy in range(COPIES):
        if copy > 2 and time.process_time() - began > PATIENCE:
            break
        changes = changes or not all_same(_once(transform), first, tolerance=1e-6)
    return Made(tuple(first), changes)


def _once(transform: Callable[[Image.Image], Any]) -> list[Tensor]:
    made = [transform(each.copy()) for each in PICTURES]
    for each in made:
        if not isinstance(each, Tensor):
            raise Unreadable(
                f"The transform should make a tensor of a picture, but it made {kind_of(each)}."
            )
    return [array(each) for each in made]


def tried(transform: Any) -> Made:
    """Put pictures through a transform; keep the error if it is none that can be called on a
    picture.
    """
    try:
        return made_by(transform)
    except Unreadable:
        raise
    except Exception as error:
        if is_of_the_answer(error):
            raise
        return Made(error=error)


def about_made(made: Made, name: str, expected: Sequence[Tensor]) -> str:
    """Return how what a transform makes of pictures differs from what it should make; "" if it does
    not.
    """
    if made.error is not None:
        return f"{name} stops with {explained(made.error)}"
    if made.changes:
        return f"{name} makes something else of the same picture from call to call."
    if made.is_close_to(expected):
        return ""
    if scale := made.scale():
        return (
            f"{name} subtracts {scale[0]:z.4f} from the fractions and divides by {scale[1]:z.4f}."
        )
    wrong = next(k for k in range(len(expected)) if not same(made.tensors[k], expected[k], 1e-5))
    return about_array(
        made.tensors[wrong], expected[wrong], f"What {name[0].lower()}{name[1:]} makes of a picture"
    )


# Open both files

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


def opened(answer: Any) -> File:
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


def are(first: bool, second: bool) -> Callable[[tuple[File, File]], bool]:
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


LOAD = Exercise(
    id="load",
    read=several(opened, opened),
    right=has_opened,
    praise=(
        "The transform runs whenever an image is asked for; the bytes on the disk stay as they are."
    ),
    wrong=(
        Wrong(
            name="the training file twice",
            typed=(None, None, "True", None),
            hint=(
                "Both are the training file. A network judged on what it learned from is judged too"
                " well."
            ),
            shows=are(True, True),
        ),
        Wrong(
            name="the test file twice",
            typed=("False", None, None, None),
            hint="Both are the test file. From which file should the network learn?",
            shows=are(False, False),
        ),
        Wrong(
            name="the files are exchanged",
            typed=("False", None, "True", None),
            hint="The names are exchanged: what is called training_file here is the test file.",
            shows=are(False, True),
        ),
        Wrong(
            name="the class instead of an object",
            typed=(None, "transforms.ToTensor", None, "transforms.ToTensor"),
            hint=(
                "You passed the class itself, a plan for transforms. To make one of it, it has to"
                " be called."
            ),
            shows=lambda files: any(file.has_a_class() for file in files),
        ),
        Wrong(
            name="no transform at all",
            typed=(None, "None", None, "None"),
            hint=(
                "Without a transform both files hand out pictures, not tensors. Which transform did"
                " the text name?"
            ),
            shows=lambda files: all(file.transform is None for file in files),
        ),
        Wrong(
            name="only one file has a transform",
            typed=(None, None, None, "None"),
            hint=(
                "One file has a transform, the other hands out pictures. A network has to get both"
                " in the same form."
            ),
            shows=lambda files: any(file.transform is None for file in files),
        ),
        Wrong(
            name="images change at random",
            typed=(
                None,
                "transforms.Compose([transforms.RandomHorizontalFlip(), transforms.ToTensor()])",
                None,
                None,
            ),
            hint=(
                "A transform here changes from call to call: the same picture comes out in"
                " different ways. These files should hand out each image as it is."
            ),
            shows=lambda files: any(file.made.changes for file in files),
        ),
        Wrong(
            name="the bytes stay bytes",
            typed=(None, "transforms.PILToTensor()", None, "transforms.PILToTensor()"),
            hint=(
                "Tensors, but still from 0 to 255. The text names a transform that also makes"
                " fractions of them."
            ),
            shows=lambda files: all(keeps_bytes(file) for file in files),
        ),
        Wrong(
            name="the bytes of one file stay bytes",
            typed=(None, None, None, "transforms.PILToTensor()"),
            hint=(
                "One of the files hands out tensors from 0 to 255. Is there one transform for both?"
            ),
            shows=lambda files: any(keeps_bytes(file) for file in files),
        ),
        Wrong(
            name="normalised already",
            typed=(
                None,
                "transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])",
                None,
                None,
            ),
            hint=(
                "Pixels are also moved or stretched here: they are not the bytes divided by 255. "
                "Normalisation comes later in the chapter."
            ),
            shows=lambda files: any(is_normalised(file) for file in files),
        ),
    ),
    otherwise=(
        "One file to learn from, one to test on; both hand out each image as a tensor (1, 28, 28)"
        " from 0 to 1."
    ),
    observed=about_files,
)

# The score of knowing nothing


def share_equal(labels: Labels, value: Tensor) -> float:
    """Return the share of labels that have a value."""
    return (labels == value).double().mean().item()


def scores_of(score: Callable[[Labels, Labels], Any]) -> list[float]:
    """Return what a function gives for each split."""
    return [number(asked(score, learned, judged)) for learned, judged in TWO_SPLITS]


def scores_like(expected: Callable[[Labels, Labels], float]) -> Callable[[list[float]], bool]:
    """Return a test whether scores are those that a function gives, on all splits."""
    return lambda scores: all(
        rounded(expected(*split), 4)(score) for score, split in zip(scores, TWO_SPLITS, strict=True)
    )


def majority_hits(learned: Labels, judged: Labels) -> float:
    """Return the share of labels that are the commonest one of those to learn from."""
    return share_equal(judged, learned.mode().values)


def _mean_of(labels: Labels) -> float:
    return labels.double().mean().item()


GUESSES: dict[
    str, Callable[[Labels, Labels], float]
] = {  # what scores are, where no named mistake fits
    "0": lambda learned, judged: 0,
    "1": lambda learned, judged: 1,
    "the mean of the training labels": lambda learned, judged: _mean_of(learned),
    "the mean of the validation labels": lambda learned, judged: _mean_of(judged),
    "the guess itself": lambda learned, judged: learned.mode().values.item(),
    "the share of validation labels as large as the guess or larger": (
        lambda learned, judged: (judged >= learned.mode().values).double().mean().item()
    ),
    "the share of validation labels as large as the guess or smaller": (
        lambda learned, judged: (judged <= learned.mode().values).double().mean().item()
    ),
    "the share of larger validation labels": (
        lambda learned, judged: (judged > learned.mode().values).double().mean().item()
    ),
    "the share of smaller validation labels": (
        lambda learned, judged: (judged < learned.mode().values).double().mean().item()
    ),
    "the labels that are hit, divided by the number of training labels": (
        lambda learned, judged: len(judged) * majority_hits(learned, judged) / len(learned)
    ),
    "the share that is hit, divided by the number of labels once more": (
        lambda learned, judged: majority_hits(learned, judged) / len(judged)
    ),
    "the share of training labels that are missed": (
        lambda learned, judged: 1 - share_equal(learned, learned.mode().values)
    ),
    "the share that the commonest of all labels, training and validation, hits": (
        lambda learned, judged: share_equal(judged, torch.cat([learned, judged]).mode().values)
    ),
    "the share of all labels, training and validation, that the guess hits": (
        lambda learned, judged: share_equal(torch.cat([learned, judged]), learned.mode().values)
    ),
    "the score of the smallest training label as a guess": lambda learned, judged: share_equal(
        judged, learned.min()
    ),
    "the score of the last training label as a guess": lambda learned, judged: share_equal(
        judged, learned[-1]
    ),
    "the score of the place where the commonest class stands as a guess": (
        lambda learned, judged: share_equal(judged, learned.mode().indices)
    ),
    "the score of the mean of the labels, not rounded, as a guess": (
        lambda learned, judged: share_equal(judged, learned.double().mean())
    ),
    "the score of the sum of the labels as a guess": lambda learned, judged: share_equal(
        judged, learned.sum()
    ),
    "the score of a place in the list of classes that occur as a guess": (
        lambda learned, judged: share_equal(judged, learned.unique(return_counts=True)[1].argmax())
    ),
    "the score of one class more than the commonest": lambda learned, judged: share_equal(
        judged, learned.mode().values + 1
    ),
    "the score of one class less than the commonest": lambda learned, judged: share_equal(
        judged, learned.mode().values - 1
    ),
    "the share of training labels that the commonest validation label hits": (
        lambda learned, judged: share_equal(learned, judged.mode().values)
    ),
    **{
        f"the score of a guess that is always {digit}": (
            lambda learned, judged, digit=digit: share_equal(judged, torch.tensor(digit))
        )
        for digit in range(10)
    },
}


def _about_guess(scores: list[float]) -> str:
    """Return what all scores are; "" if that is not known."""
    words = next((words for words, score in GUESSES.items() if scores_like(score)(scores)), "")
    return f" On all labels that were tried it gives {words}." if words else ""


def about_scores(scores: list[float]) -> str:
    """Return the first split for which a score is not right."""
    for score, (learned, judged) in zip(scores, TWO_SPLITS, strict=True):
        right = majority_hits(learned, judged)
        if not rounded(right, 4)(score):
            return (
                f"For the training labels {learned.tolist()} and the validation labels"
                f" {judged.tolist()} your function gives {apart(score, right)[0]}, and"
                f" {apart(score, right)[1]} is right.{_about_guess(scores)}"
            )
    return ""


MAJORITY = Exercise(
    id="majority",
    read=function,
    right=lambda score: scores_like(majority_hits)(scores_of(score)),
    look=scores_of,
    praise="Chosen on one set, judged on another: so is every network in this book.",
    wrong=(
        Wrong(
            name="judged on the labels that it was chosen from",
            typed=(None, "train_labels == majority"),
            hint=(
                "This guess is judged on the labels that it was chosen from. On which labels should"
                " it be judged?"
            ),
            shows=scores_like(lambda learned, judged: share_equal(learned, learned.mode().values)),
        ),
        Wrong(
            name="chosen on the labels that it is judged on",
            typed=("torch.bincount(validation_labels).argmax()", None),
            hint=(
                "This guess has looked at the labels that it is judged on. From which labels may it"
                " learn?"
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, judged.mode().values)),
        ),
        Wrong(
            name="how often instead of which",
            typed=("torch.bincount(train_labels).max()", None),
            hint="The guess is how often the commonest class comes, not which class it is.",
            shows=scores_like(
                lambda learned, judged: share_equal(judged, learned.bincount().max())
            ),
        ),
        Wrong(
            name="the place of the largest label",
            typed=("train_labels.argmax()", None),
            hint=(
                "The guess is the place where the largest label stands. Count first how often each"
                " class comes."
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, learned.argmax())),
        ),
        Wrong(
            name="the largest label",
            typed=("train_labels.max()", None),
            hint=(
                "The guess is the largest label that there is, however rare. Count how often each"
                " class comes."
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, learned.max())),
        ),
        Wrong(
            name="the rarest class",
            typed=("torch.bincount(train_labels).argmin()", None),
            hint="The guess is the class that comes least often among the training labels.",
            shows=scores_like(
                lambda learned, judged: share_equal(judged, learned.bincount().argmin())
            ),
        ),
        Wrong(
            name="the first label",
            typed=("train_labels[0]", None),
            hint=(
                "The guess is the first of the training labels, whatever the others are. Which "
                "class comes most often?"
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, learned[0])),
        ),
        Wrong(
            name="where the guess misses",
            typed=(None, "validation_labels != majority"),
            hint="This is the share that the guess misses. You want the labels that it hits.",
            shows=scores_like(lambda learned, judged: 1 - majority_hits(learned, judged)),
        ),
        Wrong(
            name="in per cent",
            typed=(None, "100 * (validation_labels == majority)"),
            hint="This is the right share, in per cent. A share lies between 0 and 1.",
            shows=scores_like(lambda learned, judged: 100 * majority_hits(learned, judged)),
        ),
        Wrong(
            name="how many instead of a share",
            typed=(None, "len(validation_labels) * (validation_labels == majority)"),
            hint=(
                "This is how many labels the guess hits. A share is divided by how many there are."
            ),
            shows=scores_like(lambda learned, judged: len(judged) * majority_hits(learned, judged)),
        ),
        Wrong(
            name="the mean of the labels as a guess",
            typed=("train_labels.float().mean().round()", None),
            hint=(
                "A mean of labels says nothing: a 4 is not between a 1 and a 7. Count how often"
                " each class comes."
            ),
            shows=scores_like(
                lambda learned, judged: share_equal(judged, learned.double().mean().round())
            ),
        ),
        Wrong(
            name="the median of the labels as a guess",
            typed=("train_labels.median()", None),
            hint=(
                "The guess is the label in the middle of all, by size. Which class comes most"
                " often?"
            ),
            shows=scores_like(lambda learned, judged: share_equal(judged, learned.median())),
        ),
        Wrong(
            name="mode gives two things",
            typed=("train_labels.mode()", None),
            hint=(
                "The comparison gave one truth value, not one for each label. What are its "
                "two sides, and how are they compared?"
            ),
            stops=lambda error: (
                isinstance(error, AttributeError) and "'bool' object has no attribute" in str(error)
            ),
        ),
    ),
    otherwise=(
        "Which class is the guess, from which labels is it chosen, and on which labels is it"
        " judged?"
    ),
    observed=about_scores,
)

# Find a digit

Asked = tuple[Labels, int, int]  # labels, digit, count
ASKED: list[Asked] = [
    (labels, digit, count) for labels in LABELS for digit in (7, 2, 0, 8) for count in (1, 2, 20)
]


def found(answer: Any) -> tuple[int, ...]:
    """Read the places that were found."""
    if not isinstance(answer, Sized) or size(answer) > max(map(len, LABELS)):
        raise Unreadable(
            f"There should be a place for each digit found, but there is {kind_of(answer)}."
        )
    values = answer.tolist() if isinstance(answer, Tensor | np.ndarray) else answer
    if isinstance(values, list) and any(isinstance(value, bool) for value in values):
        raise Unreadable("There should be the places of the digits, but there are truth values.")
    return wholes(answer)


def findings(find: Callable[[Labels, Any, int], Any]) -> list[tuple[int, ...]]:
    """Return the places that a function finds, for each question."""
    return [found(asked(find, labels, digit, count)) for labels, digit, count in ASKED]


def findings_for_tensors(find: Callable[[Labels, Any, int], Any]) -> list[tuple[int, ...]]:
    """Return the places that a function finds if the digit is a tensor, as an element of labels
    is.
    """
    return findings(lambda labels, digit, count: find(labels, torch.tensor(digit), count))


Condition = Callable[[Labels, int, int], Tensor]


def places(is_wanted: Condition) -> Callable[[Labels, int, int], Tensor]:
    """Return a function to the first places where something is true of a label, without
    `nonzero`.
    """
    return lambda labels, digit, count: torch.arange(len(labels))[is_wanted(labels, digit, count)][
        :count
    ]


def finds_like(expected: Callable[[Labels, int, int], Tensor]) -> Callable[[list], bool]:
    """Return a test whether the places found are those that a function finds."""
    return lambda seen: seen == [tuple(expected(*asked).tolist()) for asked in ASKED]


FINDS = finds_like(places(lambda labels, digit, count: labels == digit))


def about_findings(seen: list[tuple[int, ...]]) -> str:
    """Return the first question to which other places were found than are right."""
    for got, (labels, digit, count) in zip(seen, ASKED, strict=True):
        right = tuple(
            places(lambda labels, digit, count: labels == digit)(labels, digit, count).tolist()
        )
        if got != right:
            return (
                f"Asked for at most {count} of the digit {digit} among the labels"
                f" {labels.tolist()}, your function finds the places {shown(list(got))}, and"
                f" {shown(list(right))} is right."
            )
    return (
        "It finds all digits that are given as an int, but not all that are given as a tensor, as"
        " labels hold them."
    )


FIND = Exercise(
    id="find",
    read=function,
    right=lambda find: FINDS(findings(find)) and FINDS(findings_for_tensors(find)),
    look=findings,
    praise=(
        "A comparison of all labels at once, and no loop: so it goes through thousands in no time."
    ),
    wrong=(
        Wrong(
            name="the places of all other digits",
            typed=("labels != digit",),
            hint="These are the places where the label is something else.",
            shows=finds_like(places(lambda labels, digit, count: labels != digit)),
        ),
        Wrong(
            name="the labels without a comparison",
            typed=("labels",),
            hint=(
                "You get the places of all labels but 0, whatever digit is asked for. Where does"
                " the digit come in?"
            ),
            shows=finds_like(places(lambda labels, digit, count: labels != 0)),
        ),
        Wrong(
            name="the digit and larger ones",
            typed=("labels >= digit",),
            hint="This finds larger digits, too. What should be true of a label that you keep?",
            shows=finds_like(places(lambda labels, digit, count: labels >= digit)),
        ),
        Wrong(
            name="the digit and smaller ones",
            typed=("labels <= digit",),
            hint="This finds smaller digits, too. What should be true of a label that you keep?",
            shows=finds_like(places(lambda labels, digit, count: labels <= digit)),
        ),
        Wrong(
            name="compared with the count",
            typed=("labels == count",),
            hint=(
                "You compare the labels with how many places are wanted. Which argument says what"
                " to look for?"
            ),
            shows=finds_like(places(lambda labels, digit, count: labels == count)),
        ),
        Wrong(
            name="always sevens",
            typed=("labels == 7",),
            hint="This finds sevens, whatever digit is asked for. Which argument holds the digit?",
            shows=finds_like(places(lambda labels, digit, count: labels == 7)),
        ),
        Wrong(
            name="only the first labels are searched",
            typed=("labels[:count] == digit",),
            hint=(
                "Only the first labels are searched, as many as places are wanted. The digit may"
                " stand further back."
            ),
            shows=finds_like(
                lambda labels, digit, count: torch.arange(len(labels))[:count][
                    labels[:count] == digit
                ]
            ),
        ),
        Wrong(
            name="the labels that fit instead of where they stand",
            typed=("labels[labels == digit]",),
            hint=(
                "Here the labels that fit are taken out first, and places are counted among these. "
                "Ask of all labels whether each fits."
            ),
            shows=finds_like(
                lambda labels, digit, count: torch.arange(len(labels))[
                    : (labels == digit).sum() * bool(digit)
                ][:count]
            ),
        ),
        Wrong(
            name="is instead of equals",
            typed=("labels is digit",),
            hint=(
                "A condition gave one truth value here, not one for each label. Which comparison "
                "goes through all labels?"
            ),
            stops=lambda error: (
                isinstance(error, AttributeError) and "'bool' object has no attribute" in str(error)
            ),
        ),
    ),
    otherwise=(
        "In the table above, for a 7, the labels 3 7 1 7 give places 1 and 3. What is true of these"
        " two labels?"
    ),
    observed=about_findings,
)

# Mostly background


def shares_of(share: Callable[[Images], Any]) -> list[Tensor]:
    """Return what a function gives for each stack of images."""
    return [array(asked(share, images)) for images in IMAGES]


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
    "how many pixels with ink there are": lambda images: (images != 0).double().sum(dim=(1, 2)),
    "the share of pixels with ink, in per cent": lambda images: 100 * (1 - background(images)),
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


PAPER = Exercise(
    id="share-of-paper",
    read=function,
    right=lambda share: shares_like(background)(shares_of(share)),
    look=shares_of,
    praise="The mean of true and false is a share, in any number of axes.",
    wrong=(
        Wrong(
            name="ink instead of background",
            typed=("images != 0", None),
            hint="This counts every pixel with ink. Which value has the background?",
            shows=shares_like(shares(lambda images: images != 0)),
        ),
        Wrong(
            name="the brightness instead of a share",
            typed=("images", None),
            hint="Nothing is compared here: this is the mean brightness of each image, up to 255.",
            shows=shares_like(shares(lambda images: images)),
        ),
        Wrong(
            name="the brightness from 0 to 1",
            typed=("images / 255", None),
            hint=(
                "Nothing is compared here: this is the mean brightness of each image, from 0 to 1."
            ),
            shows=shares_like(shares(lambda images: images / 255)),
        ),
        Wrong(
            name="white instead of black",
            typed=("images == 255", None),
            hint="You count full ink. White on black: which number stands for the background?",
            shows=shares_like(shares(lambda images: images == 255)),
        ),
        Wrong(
            name="the value 1 for the background",
            typed=("images == 1", None),
            hint=(
                "This counts pixels with the value 1, which is a little ink. Which number stands"
                " for the background?"
            ),
            shows=shares_like(shares(lambda images: images == 1)),
        ),
        Wrong(
            name="dark counts as background",
            typed=("images < 128", None),
            hint=(
                "This counts the darker half of all values, grey among them. The question is which "
                "pixels are exactly 0."
            ),
            shows=shares_like(shares(lambda images: images < 128)),
        ),
        Wrong(
            name="averaged over the images",
            typed=(None, "0"),
            hint=(
                "This is a picture, a share for each pixel. Which axis counts the images, and which"
                " are one image?"
            ),
            shows=shares_like(shares(lambda images: images == 0, over=(0,))),
        ),
        Wrong(
            name="one number for all images",
            typed=(None, "(0, 1, 2)"),
            hint="One share for all images together. Keep the axis that counts the images.",
            shows=shares_like(shares(lambda images: images == 0, over=(0, 1, 2))),
        ),
        Wrong(
            name="only one of the two axes",
            typed=(None, "1"),
            hint="One axis of the image is left: a share for each column. An image has two axes.",
            shows=shares_like(shares(lambda images: images == 0, over=(1,))),
        ),
        Wrong(
            name="only the other of the two axes",
            typed=(None, "2"),
            hint="One axis of the image is left: a share for each row. An image has two axes.",
            shows=shares_like(shares(lambda images: images == 0, over=(2,))),
        ),
        Wrong(
            name="the images and one of their axes",
            typed=(None, "(0, 1)"),
            hint=(
                "The axis of the images is averaged away, and one axis of each image is left. Which"
                " one should be left?"
            ),
            shows=lambda seen: any(
                shares_like(shares(lambda images: images == 0, over=over))(seen)
                for over in ((0, 1), (0, 2))
            ),
        ),
        Wrong(
            name="in per cent",
            typed=("100 * (images == 0)", None),
            hint="These are the right shares, in per cent. A share lies between 0 and 1.",
            shows=shares_like(lambda images: 100 * background(images)),
        ),
    ),
    otherwise=(
        "For each image one share: what is true of a pixel of the background, and which axes "
        "belong to the pixels?"
    ),
    observed=about_shares,
)

# What will the winner do?

FOUR = ("better", "as good", "like the others", "worse than the others")

WINNER = Exercise(
    id="winner-elsewhere",
    read=word,
    right=lambda answer: answer in ("like the others", "like others", "like the other"),
    praise="Being chosen changes the score that you saw, and nothing in the program.",
    wrong=(
        Wrong(
            name="the score stays",
            typed=('"as good"',),
            hint=(
                "So it would be if the score came from skill. What has a program that says random"
                " digits learned?"
            ),
            shows=lambda answer: answer in ("as good", "as well", "as good as before"),
        ),
        Wrong(
            name="luck has to be paid back",
            typed=('"worse than the others"',),
            hint=(
                "Luck does not even out: a coin does not remember. What does any guesser score on"
                " new images?"
            ),
            shows=lambda answer: (
                answer
                in (
                    "worse than the others",
                    "worse than others",
                    "worse than the other",
                    "worse",
                )
            ),
        ),
        Wrong(
            name="winners get better",
            typed=('"better"',),
            hint=(
                "Nothing was learned since. Where could a program that says random digits take more"
                " from?"
            ),
            shows=lambda answer: answer == "better",
        ),
    ),
    otherwise=(
        "Choose one of the four answers in quotes. The two programs that toss a coin are a good"
        " model."
    ),
    observed=lambda answer: "" if answer in FOUR else "This is none of the four answers.",
)

# The transforms for training and for testing


@dataclass(frozen=True)
class Pair:
    """What both transforms make of pictures, and the training set's mean and standard deviation."""

    training: Made
    testing: Made
    mean: float
    std: float

    def become(
        self, training: tuple[float, float], testing: tuple[float, float] | None = None
    ) -> bool:
        """Tell whether the pictures are normalised by these numbers, for testing by others if they
        are given.
        """
        asked = (training, training if testing is None else testing)
        return all(
            made.is_close_to(normalised_by(*numbers))
            for made, numbers in zip((self.training, self.testing), asked, strict=True)
        )


AS_THEY_ARE = (0.0, 1.0)  # subtracted from the fractions, and what they are divided by


def normalised_by(mean: float, std: float) -> list[Tensor]:
    """Return each picture, normalised by hand."""
    return [(each - mean) / std for each in FRACTIONS]


def pair(answer: Any) -> Pair:
    """Read two transforms and two numbers, and put pictures through the transforms."""
    training, testing, mean, std = several(function, function, number, number)(answer)
    if not (0 < mean < 0.5 and 0 < std < 0.5):
        raise Unreadable(
            f"The names mean and std hold {mean:.4g} and {std:.4g} here. Before this cell they held"
            " the training set's mean and standard deviation, which lie between 0 and 0.5."
        )
    return Pair(tried(training), tried(testing), mean, std)


def about_transforms(seen: Pair) -> str:
    """Return what is wrong with the first of the two transforms that is not as it should be."""
    right = normalised_by(seen.mean, seen.std)
    for made, name in (
        (seen.training, "The training transform"),
        (seen.testing, "The test transform"),
    ):
        if about := about_made(made, name, right):
            return (
                f"{about} The training set's mean is {seen.mean:.4f}, its standard deviation"
                f" {seen.std:.4f}."
            )
    return ""


def gets_a_picture(error: BaseException) -> bool:
    """Tell whether an error says that a picture came to what takes tensors."""
    return isinstance(error, TypeError) and "img should be Tensor Image" in str(error)


TRANSFORMS = Exercise(
    id="transforms",
    read=pair,
    right=lambda seen: seen.become((seen.mean, seen.std)),
    praise=(
        "One mean and one standard deviation, learned from the training set, for every image that "
        "the network will "
        "ever see."
    ),
    wrong=(
        Wrong(
            name="normalised before it is a tensor",
            typed=(None, None, "[normalise, to_tensor]", "[normalise, to_tensor]"),
            hint=(
                "A picture cannot be normalised: it has to be a tensor first. Read each list from"
                " left to right."
            ),
            stops=gets_a_picture,
        ),
        Wrong(
            name="mean and deviation are exchanged",
            typed=("(std,)", "(mean,)", None, None),
            hint="Mean and standard deviation are exchanged: which of the two is subtracted?",
            shows=lambda seen: seen.become((seen.std, seen.mean)),
        ),
        Wrong(
            name="numbers of the whole file",
            typed=("(0.1307,)", "(0.3081,)", None, None),
            hint=(
                "These describe the whole file, with the validation images. Which names hold the"
                " training set's?"
            ),
            shows=lambda seen: seen.become((0.1307, 0.3081)),
        ),
        Wrong(
            name="one half for both, from another tutorial",
            typed=("(0.5,)", "(0.5,)", None, None),
            hint=(
                "This brings pixels from −1 to 1, whatever images there are. The mean does not"
                " become 0 by it."
            ),
            shows=lambda seen: seen.become((0.5, 0.5)),
        ),
        Wrong(
            name="mean and deviation of bytes",
            typed=("(255 * mean,)", "(255 * std,)", None, None),
            hint=(
                "These would suit bytes from 0 to 255. What range have the pixels when they arrive"
                " at normalise?"
            ),
            shows=lambda seen: seen.become((255 * seen.mean, 255 * seen.std)),
        ),
        Wrong(
            name="divided by the variance",
            typed=(None, "(std**2,)", None, None),
            hint=(
                "The pixels are divided by the square of the standard deviation, which is the"
                " variance."
            ),
            shows=lambda seen: seen.become((seen.mean, seen.std**2)),
        ),
        Wrong(
            name="the mean is not subtracted",
            typed=("(0,)", None, None, None),
            hint=(
                "The pixels are divided by the standard deviation, and nothing is subtracted: their"
                " mean is not 0."
            ),
            shows=lambda seen: seen.become((0, seen.std)),
        ),
        Wrong(
            name="divided by one",
            typed=(None, "(1,)", None, None),
            hint=(
                "The mean is subtracted, and the scale stays as it is: the standard deviation does"
                " not become 1."
            ),
            shows=lambda seen: seen.become((seen.mean, 1)),
        ),
        Wrong(
            name="test images are not normalised",
            typed=(None, None, None, "[to_tensor]"),
            hint=(
                "A test image arrives on another scale than the images that were learned from."
                " Treat both alike."
            ),
            shows=lambda seen: seen.become((seen.mean, seen.std), AS_THEY_ARE),
        ),
        Wrong(
            name="training images are not normalised",
            typed=(None, None, "[to_tensor]", None),
            hint=(
                "Training images stay from 0 to 1, test images do not. Learn on the scale that will"
                " be met later."
            ),
            shows=lambda seen: seen.become(AS_THEY_ARE, (seen.mean, seen.std)),
        ),
        Wrong(
            name="no image is normalised",
            typed=(None, None, "[to_tensor]", "[to_tensor]"),
            hint=(
                "Both lists make tensors from 0 to 1. What has to follow, so that the mean"
                " becomes 0?"
            ),
            shows=lambda seen: seen.become(AS_THEY_ARE),
        ),
        Wrong(
            name="images change at random",
            typed=(None, None, "[transforms.RandomHorizontalFlip(), to_tensor, normalise]", None),
            hint=(
                "A transform here changes from call to call: the same picture comes out in"
                " different ways. Normalisation does the same to every image, every time."
            ),
            shows=lambda seen: seen.training.changes or seen.testing.changes,
        ),
    ),
    otherwise=(
        "Both should do the same: first 0 to 1, then minus the training set's mean, over its"
        " standard deviation."
    ),
    observed=about_transforms,
)

# Whose mean is it?


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


def pair_of_arrays(answer: Any) -> tuple[Tensor, Tensor]:
    """Read two arrays of numbers."""
    return several(array, array)(answer)


def prepared_sets(prepare: Callable[[Images, Images], Any]) -> list[tuple[Tensor, Tensor]]:
    """Return what a function makes of pairs of training and validation images."""
    return [pair_of_arrays(asked(prepare, train, validation)) for train, validation in SETS]


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
    before, after = images.double().flatten() / 255, got.flatten()
    factor = (after[before.argmax()] - after[before.argmin()]) / (before.max() - before.min())
    if not factor:
        return (
            f"The {name} images come back changed in a way that no single mean and standard"
            " deviation explain."
        )
    mean, std = (before.min() - after[before.argmin()] / factor).item(), 1 / factor.item()
    if not same(got, prepared_by(images, mean, std)):
        return (
            f"The {name} images come back changed in a way that no single mean and standard"
            " deviation explain."
        )
    values = train.double() / 255
    return (
        f"In a trial, the {name} images had {mean:z.4f} subtracted and were divided by {std:z.4f}."
        f" The training images there have the mean {values.mean():.4f} and the standard deviation"
        f" {values.std(correction=0):.4f}."
    )


WHOSE_MEAN = Exercise(
    id="whose-mean",
    read=function,
    right=lambda prepare: prepares_like(rightly_prepared)(prepared_sets(prepare)),
    look=prepared_sets,
    praise="What is measured on images is learned from them, be it a weight or a mean.",
    wrong=(
        Wrong(
            name="mean and deviation of all images",
            typed=("data.pixel_statistics(torch.cat([train_images, validation_images]))", None),
            hint="The bug is still there: these two numbers have seen the validation images.",
            shows=prepares_like(by_all_images),
        ),
        Wrong(
            name="mean and deviation of the validation images",
            typed=("data.pixel_statistics(validation_images)", None),
            hint=(
                "Now both numbers come from the validation images alone. Which images may be"
                " learned from?"
            ),
            shows=prepares_like(
                lambda train, other, n: (prepared(train, other, n), prepared(other, other, n))
            ),
        ),
        Wrong(
            name="each set by its own mean",
            typed=(
                None,
                "data.prepare(validation_images, *data.pixel_statistics(validation_images))",
            ),
            hint=(
                "Each set has a scale of its own now: the same ink is a different number in the"
                " other set."
            ),
            shows=prepares_like(
                lambda train, other, n: (prepared(train, train, n), prepared(other, other, n))
            ),
        ),
        Wrong(
            name="the validation images stay bytes",
            typed=(None, "validation_images"),
            hint=(
                "The validation images are still bytes. They have to be treated as the training"
                " images are."
            ),
            shows=prepares_like(lambda train, other, n: (prepared(train, train, n), other)),
        ),
        Wrong(
            name="the validation images as fractions",
            typed=(None, "data.prepare(validation_images, 0, 1)"),
            hint=(
                "The validation images lie between 0 and 1, the training images do not. Treat both"
                " alike."
            ),
            shows=prepares_like(
                lambda train, other, n: (prepared(train, train, n), prepared_by(other, 0, 1))
            ),
        ),
        Wrong(
            name="the training images twice",
            typed=(None, "data.prepare(train_images, mean, std)"),
            hint="These are the training images a second time. Who will judge the network?",
            shows=prepares_like(
                lambda train, other, n: (prepared(train, train, n), prepared(train, train, n))
            ),
        ),
        Wrong(
            name="mean and deviation are exchanged",
            typed=(None, "data.prepare(validation_images, std, mean)"),
            hint=(
                "From the validation images the standard deviation is subtracted, and they are"
                " divided by the mean. Which comes first?"
            ),
            shows=prepares_like(
                lambda train, other, n: (prepared(train, train, n), exchanged(other, train, n))
            ),
        ),
        Wrong(
            name="numbers typed in",
            typed=(None, "data.prepare(validation_images, 0.1307, 0.3081)"),
            hint=(
                "The validation images are prepared by 0.1307 and 0.3081, whatever training images"
                " there are. Which two numbers did the training images get?"
            ),
            shows=prepares_like(
                lambda train, other, n: (
                    prepared(train, train, n),
                    prepared_by(other, 0.1307, 0.3081),
                )
            ),
        ),
    ),
    otherwise=(
        "Two questions: from whose pixels are mean and std taken, and what does each of the two"
        " sets get?"
    ),
    observed=about_sets,
)

# Who shuffles?


MOST_IMAGES = 1_000_000
FEW = 20  # images: one new order among them may look like the old one
BATCH = 64
NAMES = ("training", "validation", "test")
SOME = 32  # images that are looked at as they are handed out
DARKER = 0.1  # difference between the backgrounds of two sets on one scale
Epoch = list[list[int]]  # the places in each batch


def loader(answer: Any) -> DataLoader:
    """Read a loader of a set that can be looked at."""
    if not isinstance(answer, DataLoader):
        raise Unreadable(f"This asks for a DataLoader, but got {kind_of(answer)}.")
    if type(answer).__iter__ is not DataLoader.__iter__:
        raise Unreadable(
            f"This loader has an __iter__ of its own, in {type(answer).__name__}: what it hands out"
            " cannot be seen."
        )
    if not hasattr(answer.dataset, "__getitem__") or len(answer.dataset) > MOST_IMAGES:
        raise Unreadable("A loader should be made of one of the sets above.")
    return answer


def epochs_of(loader: DataLoader, epochs: int, most: int) -> list[Epoch]:
    """Return the places that a loader would hand out, at most so many; its generators stay as they
    are.
    """
    batches = loader.batch_sampler
    owners = (loader, loader.sampler, batches, getattr(batches, "sampler", None))
    generators = [
        each.generator
        for each in owners
        if isinstance(getattr(each, "generator", None), torch.Generator)
    ]
    states = [(generator, generator.get_state()) for generator in generators]
    try:
        return [_epoch(loader, most) for _ in range(epochs)]
    finally:
        for generator, state in states:
            generator.set_state(state)


def _epoch(loader: DataLoader, most: int) -> Epoch:
    found, count = [], 0
    for batch in (
        [[place] for place in loader.sampler]
        if loader.batch_sampler is None
        else loader.batch_sampler
    ):
        found.append([int(place) for place in batch])
        count += len(found[-1])
        if count > most:
            break
    return found


@dataclass(frozen=True)
class Handed:
    """What a loader hands out in an epoch."""

    name: str
    contents: Contents | None  # None if it cannot be seen
    shuffles: bool
    batch: int  # images in its largest batch, 0 if there are no batches
    even: bool  # all batches but the last are as large
    repeated: int  # images that come more than once
    left_out: int  # images that a sampler has and no batch takes
    unfit: str  # what is wrong with the first batch, as it is handed out
    # of the pixels in the first batch: the background, whatever is done to some of the images
    median: float
    whole: bool  # what the collate function makes of a batch is its images with their labels
    varies: bool  # other images in another epoch

    def comes_from(self, file: int) -> bool:
        """Tell whether all images, but for a few that only look alike, are of one file."""
        return self.contents is not None and bool(
            (self.contents.files == file).double().mean() > 0.99
        )


def handed_out(name: str, loader: DataLoader) -> Handed:
    """Return what a loader hands out."""
    count = len(loader.dataset)
    first, *others = epochs_of(loader, epochs=2 if count > FEW else 8, most=count + 1)
    order = [place for batch in first for place in batch]
    sizes = [len(batch) for batch in first] or [0]
    nominal = getattr(loader.batch_sampler, "batch_size", None) if len(sizes) == 1 else None
    contents = contents_of(loader.dataset)
    contents = contents and contents.take(order)
    unfit, median = first_batch(loader, first, contents)
    return Handed(
        name,
        contents,
        any(is_new(order, [place for batch in other for place in batch]) for other in others),
        0 if loader.batch_sampler is None else nominal or max(sizes),
        min(sizes[:-1], default=sizes[0]) == max(sizes),
        repeated(order, contents),
        left_out(loader, len(order)),
        unfit,
        median,
        collates_all(loader, first),
        any(set(order) != {place for batch in other for place in batch} for other in others),
    )


def repeated(order: list[int], contents: Contents | None) -> int:
    """Return how many images come more than once; a few that only look alike do not count."""
    places = len(order) - len(set(order))
    same = len(order) - len(contents.places.unique()) if contents is not None else 0
    return places or (same if same > CHANCE * len(order) else 0)


def first_batch(loader: DataLoader, batches: Epoch, contents: Contents | None) -> tuple[str, float]:
    """Return what is wrong with a loader's first images, "" if nothing is, and the median of their
    pixels.
    """
    places = batches[0][:SOME] if batches and batches[0] else []
    if not places:
        return "", 0.0
    try:
        made = _collated(loader, [loader.dataset[place] for place in places])
    except Exception as error:
        if is_of_the_answer(error):
            raise
        return f"cannot put a batch together: {explained(error)}", 0.0
    if not isinstance(made, tuple | list) or len(made) != 2:
        return "hands out batches that are not images with their labels.", 0.0
    images, labels = made
    if not isinstance(images, Tensor):
        return f"hands out no tensors: as images it gives {kind_of(images)}.", 0.0
    if (
        contents is not None
        and isinstance(labels, Tensor)
        and not have_their_labels(contents, labels)
    ):
        return "hands out images with labels that are not theirs.", 0.0
    return "", images.double().median().item()


def _collated(loader: DataLoader, items: list) -> Any:
    return loader.collate_fn(items if loader.batch_sampler is not None else items[0])


def have_their_labels(contents: Contents, labels: Tensor) -> bool:
    """Tell whether the first images that a loader hands out have the labels of the book's files, as
    far as known.
    """
    known = labels_of_images(contents.keys[: labels.numel()])
    return all(
        not right or label in right
        for right, label in zip(known, labels.flatten().tolist(), strict=False)
    )


def is_new(order: list[int], other: list[int]) -> bool:
    """Tell whether one order is new: at least half of the places hold something else."""
    moved = sum(one != two for one, two in zip(order, other, strict=False))
    return moved >= max(1, min(len(order), len(other)) / 2)


def left_out(loader: DataLoader, handed: int) -> int:
    """Return how many images fall off at the end, because they would make a smaller batch."""
    if not getattr(loader.batch_sampler, "drop_last", False):
        return 0
    return max(len(loader.batch_sampler.sampler) - handed, 0)


def collates_all(loader: DataLoader, batches: Epoch) -> bool:
    """Tell whether a loader's collate function returns all of its first and its last batch."""
    if loader.collate_fn in (default_collate, default_convert) or not batches:
        return True
    return all(
        _is_whole(loader.collate_fn, [loader.dataset[place] for place in batch])
        for batch in (batches[0], batches[-1])
    )


def _is_whole(collate: Callable[[list], Any], items: list[tuple]) -> bool:
    made = collate(list(items))
    if not isinstance(made, tuple | list) or len(made) != 2 or len(made[0]) != len(items):
        return False
    different, expected = (
        {np.asarray(image).tobytes() for image in each}
        for each in (made[0], next(zip(*items, strict=True)))
    )
    return len(different) == len(expected) and [int(label) for label in made[1]] == [
        int(label) for _, label in items
    ]


Three = tuple[Handed, Handed, Handed]


def three_loaders(answer: Any) -> Three:
    """Read three loaders, and what each of them hands out."""
    loaders = several(loader, loader, loader)(answer)
    return tuple(handed_out(name, each) for name, each in zip(NAMES, loaders, strict=True))


def shuffled(*which: bool) -> Callable[[Three], bool]:
    """Return a test which of the three loaders shuffle."""
    return lambda loaders: tuple(each.shuffles for each in loaders) == which


def about_loaders(loaders: Three) -> str:
    """Return the first thing that is wrong with three loaders, apart from who shuffles; "" if there
    is none.
    """
    return next(filter(None, map(about_contents, loaders)), "") or (
        about_overlap(loaders) or next(filter(None, map(about_batches, loaders)), "")
    )


def counted(images: int) -> str:
    """Return a number of images in words."""
    return "one image" if images == 1 else f"{images:,} images"


def about_contents(each: Handed) -> str:
    """Return what is wrong with the images of a loader; "" if nothing is."""
    file = TEST if each.name == "test" else TRAINING
    if each.contents is None or each.comes_from(UNKNOWN):
        return (
            f"Which images the {each.name} loader hands out cannot be seen from outside, and so not"
            " whether another loader has them, too."
        )
    if not len(each.contents):
        return f"The {each.name} loader hands out no images."
    if each.comes_from(file):
        return ""
    wrong = int((each.contents.files == TRAINING + TEST - file).sum())
    if not wrong:
        return f"Some images of the {each.name} loader cannot be found in the book's files."
    name = "test file" if file == TRAINING else "training file"
    return f"The {each.name} loader hands out {wrong:,} images of the {name}."


def about_overlap(loaders: Three) -> str:
    """Return which two loaders hand out the same images; "" if none do."""
    train, validation, test = loaders
    for one, other in ((train, validation), (train, test), (validation, test)):
        if abs(one.median - other.median) > DARKER and not one.unfit and not other.unfit:
            return (
                f"The median of a batch's pixels is {one.median:z.2f} in the {one.name} loader and"
                f" {other.median:z.2f} in the {other.name} loader: their images are not on one"
                " scale."
            )
        if shared := one.contents.shared_with(other.contents):
            return (
                f"The {one.name} loader and the {other.name} loader have {counted(shared)} in"
                " common."
            )
    if len(train.contents) < len(validation.contents):
        return (
            f"The training loader hands out {len(train.contents):,} images and the validation"
            f" loader {len(validation.contents):,}: which of the two sets should be the larger one?"
        )
    return ""


def about_batches(each: Handed) -> str:
    """Return what is wrong with the batches of a loader; "" if nothing is."""
    name = f"The {each.name} loader"
    if each.batch == 0:
        return f"{name} hands out single images, and no batches."
    if each.unfit:
        return f"{name} {each.unfit}"
    if each.batch != BATCH or not each.even:
        sizes = (
            f"of {counted(each.batch)}"
            if each.even
            else f"of different sizes, up to {each.batch} images"
        )
        return f"{name} has batches {sizes}, and batches of {BATCH} are asked for."
    if not each.whole:
        return (
            f"{name} has a collate_fn of its own, which does not return all images of a batch with"
            " their labels."
        )
    if each.repeated:
        return (
            f"{name} hands out some images more than once in an epoch, {each.repeated:,} times in"
            " all."
        )
    if each.varies and not each.left_out:
        return f"{name} does not hand out the same images in every epoch."
    if each.left_out:
        return (
            f"{name} leaves out the last {each.left_out} images of every epoch: its last batch"
            " would be a smaller one."
        )
    return ""


LOADERS = Exercise(
    id="loaders",
    read=three_loaders,
    right=lambda loaders: shuffled(True, False, False)(loaders) and not about_loaders(loaders),
    praise=(
        "A new order to learn from, and a kept order to judge by: each prediction can be traced to"
        " its image."
    ),
    wrong=(
        Wrong(
            name="nobody shuffles",
            typed=("False", None, None),
            hint=(
                "Now every epoch brings the same batches in the same order. For which set does this"
                " matter?"
            ),
            shows=shuffled(False, False, False),
        ),
        Wrong(
            name="everybody shuffles",
            typed=(None, "True", "True"),
            hint=(
                "For a score the order does not matter. But to which image does prediction 17"
                " belong in a new order?"
            ),
            shows=shuffled(True, True, True),
        ),
        Wrong(
            name="the wrong way round",
            typed=("False", "True", "True"),
            hint=(
                "The wrong way round. Ask of each set: does a network learn from it, or is it only"
                " judged on it?"
            ),
            shows=shuffled(False, True, True),
        ),
        Wrong(
            name="the validation loader shuffles",
            typed=(None, "True", None),
            hint=(
                "You will look at errors in the validation set: to find the image of a prediction,"
                " keep its order."
            ),
            shows=shuffled(True, True, False),
        ),
        Wrong(
            name="the test loader shuffles",
            typed=(None, None, "True"),
            hint=(
                "The test loader draws a new order, although nothing is learned from it. Is that of"
                " any use?"
            ),
            shows=shuffled(True, False, True),
        ),
        Wrong(
            name="only the validation loader shuffles",
            typed=("False", "True", None),
            hint=(
                "Of the three, only the validation loader draws a new order. From which set does a"
                " network learn?"
            ),
            shows=shuffled(False, True, False),
        ),
        Wrong(
            name="only the test loader shuffles",
            typed=("False", None, "True"),
            hint=(
                "Of the three, only the test loader draws a new order. From which set does a"
                " network learn?"
            ),
            shows=shuffled(False, False, True),
        ),
    ),
    otherwise=(
        "Three loaders with batches of 64, from three sets without a common image; one of them is"
        " learned from."
    ),
    observed=about_loaders,
)

# Shuffled, and useless

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
    images, labels = pair_of_arrays(shuffle(*pairs()))
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
            f"In place {order.index(-1)} there came back an image that was not among those given."
        )
    origin = {label: place for place, label in enumerate(pairs()[1].tolist())}
    values = [int(label) for label in labels]
    return Call(order, [origin.get(value, -1) for value in values], values)


def is_order(order: list[int]) -> bool:
    """Tell whether every place comes once, and not all of them where they were."""
    return sorted(order) == AS_IT_WAS and order != AS_IT_WAS


def both(test: Callable[[Call], bool]) -> Callable[[Calls], bool]:
    """Return a test whether something is true of each of two calls."""
    return lambda calls: all(test(call) for call in calls)


def keeps_pairs(shuffle: Callable[[Images, Labels], Any]) -> bool:
    """Tell whether images and labels come in one new order, another one in each call."""
    calls = calls_of(shuffle)
    if not both(lambda call: call.are_pairs() and is_order(call.images))(calls) or about_order(
        calls
    ):
        return False
    if about := about_fewer(shuffle):
        raise Unreadable(about)
    return True


def about_fewer(shuffle: Callable[[Images, Labels], Any]) -> str:
    """Return what a function does to fewer pairs, where it is not right; "" if it is."""
    images, labels = (each[:FEWER] for each in pairs())
    made = pair_of_arrays(shuffle(images, labels))
    numbers = {
        tuple(image.flatten().tolist()): label
        for image, label in zip(*pair_of_arrays(pairs()), strict=True)
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
            return (
                f"In place {place} there was image {numbers[0]} after each of {len(calls)} calls."
            )
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
                f"The pairs fit. But {together + 1} or more of {COUNT} images still stand beside a"
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
        both(lambda call: call.is_shuffled() and is_order(call.labels) and not call.are_pairs())(
            calls
        )
        and first.labels != second.labels
        and first.images != second.images
        and first.labels_of() != second.labels_of()
        and not any(both(rule)(calls) for rule in (undone, twice, turned))
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
        f"In place {wrong} there is now image {first.images[wrong]}, with the label of image"
        f" {first.labels[wrong]}."
    )


PAIRS = Exercise(
    id="shuffled-pairs",
    read=function,
    right=keeps_pairs,
    look=calls_of,
    praise=(
        "One order, drawn once and used twice. Data sets and loaders do so for you: they hand out"
        " pairs."
    ),
    wrong=(
        Wrong(
            name="the labels stay where they were",
            typed=(None, "labels"),
            hint=(
                "The images have moved and the labels have not: nearly every image has somebody"
                " else's label."
            ),
            shows=both(lambda call: call.is_shuffled() and call.labels == AS_IT_WAS),
        ),
        Wrong(
            name="nothing is shuffled",
            typed=("torch.arange(len(images))", None),
            hint="The pairs fit, and all are where they were. The order should be drawn at random.",
            shows=both(lambda call: call.images == call.labels == AS_IT_WAS),
        ),
        Wrong(
            name="the same order in each call",
            typed=("torch.randperm(len(images), generator=torch.Generator().manual_seed(0))", None),
            hint=(
                "The pairs fit, but all calls gave the same order. Each call should draw an order"
                " of its own."
            ),
            shows=lambda calls: (
                len({tuple(call.images) for call in calls}) == 1
                and both(lambda call: call.are_pairs() and is_order(call.images))(calls)
            ),
        ),
        Wrong(
            name="some come twice and others never",
            typed=("torch.randint(len(images), (len(images),))", None),
            hint="The pairs fit, but some images come twice or more, and others not at all.",
            shows=both(lambda call: call.are_pairs() and sorted(call.images) != AS_IT_WAS),
        ),
        Wrong(
            name="the order itself is returned",
            typed=(None, "order"),
            hint="What comes back as labels is the order itself: numbers of places, and no labels.",
            shows=both(lambda call: call.is_shuffled() and call.values == call.images),
        ),
        Wrong(
            name="each image gets its neighbour's label",
            typed=(None, "labels[order - 1]"),
            hint=(
                "Each image now has the label of the image that stood beside it. One place makes"
                " the difference."
            ),
            shows=both(next_door),
        ),
        Wrong(
            name="the labels go the way back",
            typed=(None, "labels[order.argsort()]"),
            hint=(
                "This puts the labels into the opposite order, as if to undo the shuffling. What"
                " did the images get?"
            ),
            shows=both(undone),
        ),
        Wrong(
            name="the labels are sorted",
            typed=(None, "labels.sort().values"),
            hint="The labels come back sorted by size, wherever their images went.",
            shows=both(
                lambda call: (
                    call.is_shuffled()
                    and call.labels != call.images
                    and call.values == sorted(call.values)
                    and -1 not in call.labels
                )
            ),
        ),
        Wrong(
            name="the labels are shuffled twice",
            typed=(None, "labels[order][order]"),
            hint="The order was applied to the labels twice, and to the images once.",
            shows=both(twice),
        ),
        Wrong(
            name="a second order for the labels",
            typed=(None, "labels[torch.randperm(len(labels))]"),
            hint=(
                "The bug is still there: the labels get an order of their own, drawn a second time."
            ),
            shows=drawn_twice,
        ),
    ),
    otherwise=(
        "Follow one image: where does it go, does its label go there too, and does the next call"
        " differ?"
    ),
    observed=about_calls,
)

EXERCISES: tuple[Exercise, ...] = (
    LOAD,
    MAJORITY,
    FIND,
    PAPER,
    WINNER,
    TRANSFORMS,
    WHOSE_MEAN,
    LOADERS,
    PAIRS,
)
