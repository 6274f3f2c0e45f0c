"""What loaders hand out in an epoch: which images, in which order and batches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from bookkit.exercises.errors import explained, is_of_the_answer
from bookkit.exercises.verdict import Unreadable
from torch import Tensor
from torch.utils.data import DataLoader, default_collate, default_convert

from lessons.checks.answers import (
    kind_of,
    several,
)
from lessons.checks.loading.contents import (
    CHANCE,
    TEST,
    TRAINING,
    UNKNOWN,
    Contents,
    contents_of,
    labels_of_images,
)

MOST_IMAGES = 1_000_000

FEW = 20  # images: one new order among them may look like the old one

BATCH = 64

NAMES = ("training", "validation", "test")

SOME = 32  # images that are looked at as they are handed out

DARKER = 0.1  # difference between the backgrounds of two sets on one scale

Epoch = list[list[int]]  # the places in each batch


def read_loader(answer: Any) -> DataLoader:
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
class HandedOut:
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


def handed_out(name: str, loader: DataLoader) -> HandedOut:
    """Return what a loader hands out."""
    count = len(loader.dataset)
    first, *others = epochs_of(loader, epochs=2 if count > FEW else 8, most=count + 1)
    order = [place for batch in first for place in batch]
    sizes = [len(batch) for batch in first] or [0]
    nominal = getattr(loader.batch_sampler, "batch_size", None) if len(sizes) == 1 else None
    contents = contents_of(loader.dataset)
    contents = contents and contents.take(order)
    unfit, median = first_batch(loader, first, contents)
    return HandedOut(
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


Three = tuple[HandedOut, HandedOut, HandedOut]


def read_loaders(answer: Any) -> Three:
    """Read three loaders, and what each of them hands out."""
    loaders = several(read_loader, read_loader, read_loader)(answer)
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


def about_contents(each: HandedOut) -> str:
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


def about_batches(each: HandedOut) -> str:
    """Return what is wrong with the batches of a loader; "" if nothing is."""
    said = _about_form(each) or _about_completeness(each)
    return said and f"The {each.name} loader {said}"


def _about_form(each: HandedOut) -> str:
    if each.batch == 0:
        return "hands out single images, and no batches."
    if each.unfit:
        return each.unfit
    if each.batch == BATCH and each.even:
        return ""
    sizes = (
        f"of {counted(each.batch)}"
        if each.even
        else f"of different sizes, up to {each.batch} images"
    )
    return f"has batches {sizes}, and batches of {BATCH} are asked for."


def _about_completeness(each: HandedOut) -> str:
    """Return which images are lost, changed or repeated; "" if none are."""
    if not each.whole:
        return (
            "has a collate_fn of its own, which does not return all images of a batch with their"
            " labels."
        )
    if each.repeated:
        return f"hands out some images more than once in an epoch, {each.repeated:,} times in all."
    if each.left_out:
        return (
            f"leaves out the last {each.left_out} images of every epoch: its last batch would be a"
            " smaller one."
        )
    return "does not hand out the same images in every epoch." if each.varies else ""
