"""What a student's function that makes loaders hands out: which images, how prepared, in which
order.

The function is called under the smallest profile, so that an epoch takes a moment, and every image
of it is looked at.
"""

import contextlib
import functools
import inspect
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import torch
from bookkit.exercises.errors import explained, is_of_the_answer
from bookkit.exercises.verdict import Unreadable
from firstcnn import data, profiles
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader

from lessons.checks.answers import kind_of, several
from lessons.checks.loading.samples import scale_of

SMALL = profiles.TRIAL
BATCH, OTHER_BATCH = 64, 50  # batch sizes that are asked for
EPOCHS = 2
CLOSE = 2e-5  # difference between two means that are the same
ROUNDED = 6e-5  # the same, if they may be rounded to four decimals
BRIGHT = 0.43173  # of the way from the corner's brightness to the greatest
CODE = (ModuleType, type, FunctionType, BuiltinFunctionType)  # what a kept function may use
LEFT_OUT = "__left_out__"  # holds the names that a function by itself does not see
FORMS = (((1, 28, 28), "torch.float32"), ((), "torch.int64"))  # of an image and of a label


@functools.cache
def parts() -> tuple[data.ImageSet, data.ImageSet]:
    """Return the book's training and validation part under the smallest profile."""
    return data.open_training_sets(profile=SMALL)


@functools.cache
def all_images() -> Tensor:
    """Return the images of both parts, uint8 (N, 28, 28): first those to learn from."""
    return torch.cat([part.images for part in parts()])


@functools.cache
def all_labels() -> Tensor:
    """Return the labels of both parts in the same order, int64 (N,)."""
    return torch.cat([part.labels for part in parts()])


@functools.cache
def numbers() -> dict[int, int]:
    """Return from the fingerprint of each image of both parts to its number."""
    keys = fingerprints(all_images().float()).tolist()
    return {key: number for number, key in reversed(list(enumerate(keys)))}


def fingerprints(images: Tensor) -> Tensor:
    """Return a number for each image, int64 (N,), that no shift and no scale of its brightness
    changes: it says where the image is brighter than its corner, and where it is bright.
    """
    pixels = images.flatten(1)
    corner = pixels[:, :1]
    bright = corner + BRIGHT * (pixels.amax(dim=1, keepdim=True) - corner)
    return _hashed(pixels > corner, seed=0) + _hashed(pixels >= bright, seed=1)


def _hashed(mask: Tensor, seed: int) -> Tensor:
    """Return a number for each row of truth values, int64 (N,)."""
    words = F.pad(mask, (0, -mask.shape[1] % 8)).contiguous().view(torch.int64)
    factors = torch.randint(
        -(2**62), 2**62, (words.shape[1],), generator=torch.Generator().manual_seed(seed)
    )
    return words @ (factors | 1)


@dataclass(frozen=True)
class HandedOut:
    """What a loader hands out.

    Attributes
    ----------
    name : str
        "training" or "validation": what the loader is for.
    forms : tuple
        Shape of an image and its type, shape of a label and its type.
    epochs : tuple of Tensor (N,)
        The number of each image in the order of each epoch, as in `all_images`; -1 if unknown.
    labels : Tensor (N,)
        In the order of the first epoch.
    scale : (float, float) or None
        What is subtracted from the pixels, on the scale from 0 to 1, and what they are divided by;
        None if it is not so simple.
    sizes : tuple of int
        Images of each batch.
    begins_as_held : bool
        Whether the first image of the set in it is handed out as it is there.
    """

    name: str
    forms: tuple
    epochs: tuple[Tensor, ...]
    labels: Tensor
    scale: tuple[float, float] | None
    sizes: tuple[int, ...]
    begins_as_held: bool

    @property
    def shuffles(self) -> bool:
        """Whether at least half of the images are elsewhere in each other epoch."""
        first, *others = self.epochs
        return all(
            len(each) == len(first) and bool(2 * (each != first).sum() > len(first))
            for each in others
        )

    @property
    def is_training(self) -> Tensor:
        """For each image whether it is one of those to learn from, (N,)."""
        return (self.epochs[0] >= 0) & (self.epochs[0] < SMALL.train)

    def holds(self, part: int) -> bool:
        """Tell whether it hands out all images of the first or second part, each once."""
        begin, end = ((0, SMALL.train), (SMALL.train, len(all_images())))[part]
        return all(
            torch.equal(each.sort().values, torch.arange(begin, end)) for each in self.epochs
        )


@dataclass(frozen=True)
class Made:
    """What both loaders hand out, and the sizes of their first batches if others are asked for."""

    train: HandedOut
    validation: HandedOut
    asked: tuple[int, int]

    @property
    def sides(self) -> tuple[HandedOut, HandedOut]:
        """Both loaders."""
        return self.train, self.validation


def made_by(function: Callable[..., Any]) -> Made:
    """Call a function by itself, and look at all that its loaders hand out; if all is well, also at
    the batches that it makes if another size is asked for.
    """
    with small_profile():
        alone = by_itself(function)
        loaders = several(read_loader, read_loader)(alone())
        train, validation = (
            handed_out(name, loader)
            for name, loader in zip(("training", "validation"), loaders, strict=True)
        )
        made = Made(train, validation, (OTHER_BATCH, OTHER_BATCH))
        return made if about_loaders(made) else replace(made, asked=_asked(alone))


def _asked(function: Callable[..., Any]) -> tuple[int, int]:
    """Return the sizes of the first batches, where another size is asked for."""
    others = several(read_loader, read_loader)(function(batch_size=OTHER_BATCH))
    return tuple(len(next(iter(other))[1]) for other in others)


@contextlib.contextmanager
def small_profile() -> Iterator[None]:
    """Let the book's sets be those of the smallest profile."""
    before = os.environ.get(profiles.VARIABLE)
    os.environ[profiles.VARIABLE] = SMALL.name
    try:
        yield
    finally:
        os.environ.pop(profiles.VARIABLE)
        if before is not None:
            os.environ[profiles.VARIABLE] = before


def by_itself(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that sees of what its page has defined only modules, classes and functions:
    so it is kept for other pages.
    """
    if not inspect.isfunction(function):
        return function
    seen = {
        name: value
        for name, value in function.__globals__.items()
        if name.startswith("__") or isinstance(value, CODE)
    }
    seen[LEFT_OUT] = set(function.__globals__) - set(seen)
    copy = FunctionType(
        function.__code__, seen, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def read_loader(answer: Any) -> DataLoader:
    """Read a loader."""
    if not isinstance(answer, DataLoader):
        raise Unreadable(f"This asks for a DataLoader, but got {kind_of(answer)}.")
    return answer


def handed_out(name: str, loader: DataLoader) -> HandedOut:
    """Return what a loader hands out in a few epochs."""
    batches = [_epoch(name, loader) for _ in range(EPOCHS)]
    images, labels = (torch.cat(each) for each in zip(*batches[0], strict=True))
    epochs = tuple(_numbers_of(torch.cat([each for each, _ in epoch])) for epoch in batches)
    forms = tuple((tuple(each.shape[1:]), str(each.dtype)) for each in (images, labels))
    scale = _scale(images, epochs[0])
    sizes = tuple(len(labels) for _, labels in batches[0])
    return HandedOut(name, forms, epochs, labels, scale, sizes, _begins_as_held(loader, images))


def _begins_as_held(loader: DataLoader, images: Tensor) -> bool:
    try:
        first, _ = loader.dataset[0]
        return bool((images == first).flatten(1).all(dim=1).any())
    except Exception:  # a set without numbers, or of something else
        return False


def _epoch(name: str, loader: DataLoader) -> list[tuple[Tensor, Tensor]]:
    """Return the batches of an epoch, each of images and labels."""
    try:
        batches = [_pair(name, batch) for batch in loader]
    except Exception as error:
        if isinstance(error, Unreadable) or is_of_the_answer(error):
            raise
        raise Unreadable(f"The {name} loader stops with {explained(error)}") from None
    if not batches:
        raise Unreadable(f"The {name} loader hands out nothing.")
    return batches


def _pair(name: str, batch: Any) -> tuple[Tensor, Tensor]:
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise Unreadable(f"The {name} loader hands out batches that are no pairs: images, labels.")
    if not all(isinstance(each, Tensor) and each.ndim for each in batch):
        raise Unreadable(
            f"A batch of the {name} loader is {kind_of(batch[0])} and {kind_of(batch[1])}; tensors"
            " of images and labels are asked for."
        )
    if len(batch[0]) != len(batch[1]) or batch[0].ndim < 2:
        raise Unreadable(
            f"A batch of the {name} loader holds images of shape {tuple(batch[0].shape)} and labels"
            f" of shape {tuple(batch[1].shape)}."
        )
    return batch[0].detach(), batch[1].detach()


def _numbers_of(images: Tensor) -> Tensor:
    """Return the number of each image, (N,), also if all have their signs turned."""
    known = numbers()
    for pixels in (images.float(), -images.float()):
        found = torch.tensor([known.get(key, -1) for key in fingerprints(pixels).tolist()])
        if (found >= 0).any():
            return found
    return torch.full((len(images),), -1)


def _scale(images: Tensor, found: Tensor) -> tuple[float, float] | None:
    """Return how pixels were shifted and scaled, if all were in the same way."""
    if images[0].numel() != 28 * 28 or (found < 0).any():
        return None
    fractions = all_images()[found].double().flatten() / 255
    values = images.double().flatten()
    scale = scale_of(fractions, values)
    if scale is None:
        return None
    rebuilt = (fractions - scale[0]) / scale[1]
    return scale if torch.allclose(rebuilt, values, rtol=1e-4, atol=1e-4) else None


@functools.cache
def statistics(whose: str) -> tuple[float, float]:
    """Return mean and standard deviation of the images "training", "validation" or "both"."""
    train, validation = parts()
    of = {"training": train.images, "validation": validation.images, "both": all_images()}
    return data.pixel_statistics(of[whose])


def is_scale(
    scale: tuple[float, float] | None, expected: tuple[float, float], close: float = CLOSE
) -> bool:
    """Tell whether pixels were shifted and scaled by these two numbers."""
    return scale is not None and all(
        abs(one - other) < close * max(1, abs(other))
        for one, other in zip(scale, expected, strict=True)
    )


def scaled(
    train: tuple[float, float] | str, validation: tuple[float, float] | str = ""
) -> Callable[[Made], bool]:
    """Return a test by which numbers both sets are normalised: numbers, or whose they are."""
    asked = (train, validation or train)

    def test(made: Made) -> bool:
        pairs = [statistics(each) if isinstance(each, str) else each for each in asked]
        return all(is_scale(side.scale, pair) for side, pair in zip(made.sides, pairs, strict=True))

    return test


def exchanged(made: Made) -> bool:
    """Tell whether the standard deviation was subtracted, and the mean divided by."""
    mean, std = statistics("training")
    return scaled((std, mean))(made)


def turned(made: Made) -> bool:
    """Tell whether the pixels were subtracted from the mean, and then divided."""
    mean, std = statistics("training")
    return scaled((mean, -std))(made)


def scaled_by(factor: float) -> Callable[[Made], bool]:
    """Return a test whether the right numbers were taken so many times."""
    return lambda made: scaled(tuple(factor * each for each in statistics("training")))(made)


def shuffled(train: bool, validation: bool) -> Callable[[Made], bool]:
    """Return a test which of the two loaders shuffle, if all of their images are known."""
    return lambda made: (
        all((side.epochs[0] >= 0).all() for side in made.sides)
        and (made.train.shuffles, made.validation.shuffles) == (train, validation)
    )


def hold(train: int, validation: int) -> Callable[[Made], bool]:
    """Return a test which parts the two loaders hand out, 0 to learn from and 1 to validate on."""
    return lambda made: made.train.holds(train) and made.validation.holds(validation)


def are_mixed(made: Made) -> bool:
    """Tell whether each loader hands out images of both parts, and no image twice."""
    every = torch.cat([side.epochs[0] for side in made.sides])
    return (
        all(side.is_training.any() and not side.is_training.all() for side in made.sides)
        and (every >= 0).all().item()
        and len(every.unique()) == len(every)
    )


def has_images(shape: tuple[int, ...]) -> Callable[[Made], bool]:
    """Return a test whether both loaders hand out images of a shape."""
    return lambda made: all(side.forms[0][0] == shape for side in made.sides)


def drops_last(made: Made) -> bool:
    """Tell whether the training loader hands out whole batches only, of other images each time."""
    handed = len(made.train.epochs[0])
    sets = [set(each.tolist()) for each in made.train.epochs]
    return (
        set(made.train.sizes) == {BATCH}
        and handed == SMALL.train - SMALL.train % BATCH
        and all(len(each) == handed for each in sets)
        and sets[0] != sets[1]
    )


def is_from_outside(error: BaseException) -> bool:
    """Tell whether a function stops at a name that its page defines, and that is not kept."""
    if not isinstance(error, NameError):
        return False
    step, left_out = error.__traceback__, set()
    while step is not None:
        left_out |= step.tb_frame.f_globals.get(LEFT_OUT, set())
        step = step.tb_next
    return error.name in left_out


def about_loaders(made: Made) -> str:
    """Return the first thing that is wrong with two loaders; "" if there is none."""
    return (
        next(filter(None, map(_about_form, made.sides)), "")
        or next(filter(None, map(_about_images, made.sides)), "")
        or next(filter(None, map(_about_scale, made.sides)), "")
        or _about_order(made)
        or _about_batches(made)
    )


def _about_form(side: HandedOut) -> str:
    for what, (shape, kind), (right, right_kind) in zip(
        ("images", "labels"), side.forms, FORMS, strict=True
    ):
        if shape != right:
            return (
                f"The {side.name} loader hands out {what} of shape {('B', *shape)}, and"
                f" {('B', *right)} is asked for, where B is the number of images in the batch."
            ).replace("'B'", "B")
        if kind != right_kind:
            return (
                f"The {side.name} loader hands out {what} of type {kind}, and {right_kind} is asked"
                " for."
            )
    return ""


def _about_images(side: HandedOut) -> str:
    found, part = side.epochs[0], int(side.name == "validation")
    other = "validation" if side.name == "training" else "training"
    foreign = int((side.is_training if part else found >= SMALL.train).sum())
    if (found < 0).any():
        unknown = int((found < 0).sum())
        return (
            f"{unknown:,} images of the {side.name} loader look like none of the book's two parts."
            " One mean and one standard deviation for all pixels do not change where an image is"
            " bright."
        )
    if foreign:
        return f"The {side.name} loader hands out {foreign:,} images of the {other} part."
    if not side.holds(part):
        return (
            f"In an epoch the {side.name} loader hands out {len(found):,} images,"
            f" {len(found.unique()):,} of them different, and its part has"
            f" {len(parts()[part].labels):,}."
        )
    if not torch.equal(side.labels, all_labels()[found]):
        return f"The {side.name} loader hands out images with labels that are not theirs."
    return ""


def _about_scale(side: HandedOut) -> str:
    right = statistics("training")
    if is_scale(side.scale, right, ROUNDED):
        return ""
    if side.scale is None:
        return (
            f"The pixels of the {side.name} loader are changed in a way that no single mean and"
            " standard deviation explain."
        )
    return (
        f"The pixels of the {side.name} loader, from 0 to 1, had {side.scale[0]:z.4f} subtracted"
        f" and were divided by {side.scale[1]:z.4f}. In this trial the training images have the"
        f" mean {right[0]:.4f} and the standard deviation {right[1]:.4f}."
    )


def _about_order(made: Made) -> str:
    if not made.train.shuffles:
        return "The training loader hands out the same order in every epoch."
    order = torch.arange(SMALL.train, len(all_images()))
    if not all(torch.equal(each, order) for each in made.validation.epochs):
        return "The validation loader does not keep the order of the validation images."
    return ""


def _about_batches(made: Made) -> str:
    for side, other in zip(made.sides, made.asked, strict=True):
        if side.sizes[0] != BATCH or set(side.sizes[:-1]) != {BATCH}:
            return (
                f"The {side.name} loader has batches of {side.sizes[0]} where nothing is said, and"
                f" {BATCH} is asked for."
            )
        if other != OTHER_BATCH:
            return (
                f"Called with batch_size={OTHER_BATCH}, the function makes a {side.name} loader"
                f" with batches of {other}."
            )
        if not side.begins_as_held:
            return (
                f"`dataset[0]` of the {side.name} loader is not an image, with its label, as the"
                " loader hands it out. A cell further down looks there."
            )
    return ""
