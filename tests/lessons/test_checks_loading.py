"""Checks of chapter 2: what they say to answers that nobody listed, and to right ones in unusual
forms.
"""

from itertools import islice

import numpy as np
import pytest
import torch
from firstcnn import data
from lessons.checks import EXERCISES, check
from torch.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    default_collate,
)
from torchvision import datasets, transforms
from torchvision.transforms import v2

MEAN, STD = 0.13, 0.31


class File(datasets.MNIST):
    """A data set as torchvision opens it, with a few images that are drawn."""

    def __init__(self, train, transform=None, target_transform=None):
        self.train, self.transform, self.target_transform = train, transform, target_transform
        generator = torch.Generator().manual_seed(int(train))
        count = 1200 if train else 200
        self.data = (
            torch.randint(-300, 256, (count, 28, 28), generator=generator)
            .clamp(min=0)
            .to(torch.uint8)
        )
        self.targets = torch.randint(10, (count,), generator=generator)


class FashionFile(File, datasets.FashionMNIST):
    """The same, of another data set."""


class Unlabelled(File):
    """The same, without labels."""

    def __getitem__(self, place):
        return self.data[place][None] / 255


TO_TENSOR = transforms.ToTensor()


def chain(*parts):
    return transforms.Compose(parts)


def files(first, second=TO_TENSOR, kind=File):
    return kind(True, first), kind(False, second)


def by_hand(picture):
    return torch.from_numpy(np.array(picture) / 255)[None].float()


V2 = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])


@pytest.mark.parametrize("transform", [by_hand, V2, chain(transforms.Resize((28, 28)), TO_TENSOR)])
def test_files_may_be_opened_with_other_transforms(transform):
    assert check("load", files(transform))


@pytest.mark.parametrize("seed", [6, 8, 26, 28])
@pytest.mark.parametrize(
    "change", [transforms.RandomHorizontalFlip(), transforms.RandomRotation(10)]
)
def test_a_random_transform_is_found_out_whatever_the_seed(seed, change):
    torch.manual_seed(seed)
    normalise = transforms.Normalize((MEAN,), (STD,))
    both = (chain(change, TO_TENSOR, normalise), chain(TO_TENSOR, normalise), MEAN, STD)
    for verdict in (check("load", files(chain(change, TO_TENSOR))), check("transforms", both)):
        assert not verdict and "changes from call to call" in verdict.text


def test_a_transform_that_does_something_else_in_every_second_call_is_found_out():
    calls = []

    def flips(picture):
        calls.append(picture)
        return by_hand(picture).flip(-1) if len(calls) % 50 == 0 else by_hand(picture)

    assert "changes from call to call" in check("load", files(flips)).text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            files(TO_TENSOR, kind=FashionFile),
            "training_file is FashionFile, and MNIST is asked for",
        ),
        (
            files(chain(TO_TENSOR, transforms.Normalize((0.5,), (0.5,)))),
            "Pixels are also moved or stretched",
        ),
        (
            files(chain(transforms.Resize(32), TO_TENSOR)),
            "has the shape (1, 32, 32), and (1, 28, 28) is asked for",
        ),
        (files(lambda picture: picture), "it made an Image"),
        (
            files(lambda picture: tensor(picture)),  # noqa: F821
            "NameError: name 'tensor' is not defined",
        ),
        (files(chain(TO_TENSOR, lambda image: image / 2)), "they are not the bytes divided by 255"),
        (files([TO_TENSOR]), "'list' object is not callable"),
        (
            files(torch.tensor),
            "The transform of training_file stops with RuntimeError: Could not infer dtype",
        ),
        (files(float), "The transform of training_file stops with TypeError: float()"),
        (
            (File(True, TO_TENSOR, lambda label: label + 1), File(False, TO_TENSOR)),
            "changes the labels",
        ),
        (3, "2 values in order"),
        (files(TO_TENSOR)[:1], "2 values in order, but got a tuple of 1"),
    ],
)
def test_files_are_told_what_they_hand_out(answer, words):
    verdict = check("load", answer)
    assert not verdict and words in verdict.text


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (
            (TO_TENSOR, transforms.Normalize((2 * MEAN,), (STD,))),
            "subtracts 0.2600 from the fractions",
        ),
        ((transforms.Normalize((MEAN,), (STD,)), TO_TENSOR), "has to be a tensor first"),
        ((TO_TENSOR, transforms.Normalize((MEAN,) * 3, (STD,) * 3)), "RuntimeError"),
        (
            (transforms.PILToTensor(), transforms.Normalize((MEAN,), (STD,))),
            "should be a float tensor",
        ),
    ],
)
def test_transforms_are_told_what_they_do(parts, words):
    right = chain(TO_TENSOR, transforms.Normalize((MEAN,), (STD,)))
    assert words in check("transforms", (chain(*parts), right, MEAN, STD)).text
    assert check("transforms", (right, right, MEAN, STD))


@pytest.mark.parametrize("held", [(0.5, 0.5), (0, 1), (33.3, 78.5)])
def test_names_that_no_longer_hold_the_statistics_of_the_training_set_are_seen(held):
    transform = chain(TO_TENSOR, transforms.Normalize(held[:1], held[1:]))
    assert (
        "Before this cell they held the training set's"
        in check("transforms", (transform, transform, *held)).text
    )


def test_files_that_were_changed_after_they_were_opened_are_seen(tmp_path):
    for train, part in ((True, "train"), (False, "t10k")):
        stored, folder = File(train), tmp_path / "MNIST" / "raw"
        folder.mkdir(parents=True, exist_ok=True)
        for kind, values in (
            ("images-idx3", stored.data),
            ("labels-idx1", stored.targets.to(torch.uint8)),
        ):
            head = b"".join(int(size).to_bytes(4, "big") for size in values.shape)
            written = bytes((0, 0, 8, values.dim())) + head + values.numpy().tobytes()
            (folder / f"{part}-{kind}-ubyte").write_bytes(written)
    opened = [datasets.MNIST(tmp_path, train=train, transform=TO_TENSOR) for train in (True, False)]
    assert check("load", opened)
    opened[1].targets = opened[1].targets.flip(0)
    assert "test_file no longer holds the images and labels" in check("load", opened).text


def part(whole, begin, end):
    return Subset(whole, range(begin, end))


def loaders(train, validation, test, **options):
    held = {"batch_size": 64} | options
    return (
        DataLoader(train, shuffle=True, **held),
        DataLoader(validation, **held),
        DataLoader(test, **held),
    )


class Wrapped(Dataset):
    """Somebody's own data set around another one."""

    def __init__(self, inner, places, change=lambda image: image):
        self.inner, self.places, self.change = inner, places, change

    def __len__(self):
        return len(self.places)

    def __getitem__(self, index):
        image, label = self.inner[self.places[index]]
        return self.change(image), label


class Secret(Dataset):
    """A data set that does not show what it holds."""

    def __len__(self):
        return 300

    def __getitem__(self, index):
        return torch.rand(1, 28, 28), 0


ONE, OTHER, TEST = File(True, TO_TENSOR), File(True, TO_TENSOR), File(False, TO_TENSOR)
TRAIN, HELD = part(ONE, 0, 1000), part(ONE, 1000, 1200)
ORDER = torch.randperm(1200, generator=torch.Generator().manual_seed(0)).tolist()


def in_batches(dataset, sampler, size=64):
    return DataLoader(dataset, batch_sampler=BatchSampler(sampler, size, drop_last=False))


class Halved(DataLoader):
    """A loader that stops in the middle of an epoch."""

    def __iter__(self):
        return islice(super().__iter__(), len(self) // 2)


def stacked(items):
    images, labels = zip(*items, strict=True)
    return [torch.stack(images) * 2 - 1, torch.tensor(labels)]


def collated(change):
    return loaders(TRAIN, HELD, TEST, collate_fn=lambda items: default_collate(change(items)))


APART = {
    "parts": loaders(TRAIN, HELD, TEST),
    "two objects of one file": loaders(TRAIN, part(OTHER, 1000, 1200), TEST),
    "batch samplers": (
        in_batches(TRAIN, RandomSampler(TRAIN)),
        in_batches(HELD, SequentialSampler(HELD)),
        in_batches(TEST, range(200)),
    ),
    "samplers of places": (
        DataLoader(ONE, 64, sampler=SubsetRandomSampler(ORDER[:1000])),
        DataLoader(ONE, 64, sampler=ORDER[1000:]),
        DataLoader(TEST, 64),
    ),
    "collated by hand": loaders(TRAIN, HELD, TEST, collate_fn=stacked),
    "erased parts": loaders(
        part(File(True, chain(TO_TENSOR, transforms.RandomErasing(value=-3))), 0, 1000), HELD, TEST
    ),
    "wrappers": loaders(
        Wrapped(ONE, ORDER[:1000], transforms.RandomRotation(10)),
        Wrapped(OTHER, ORDER[1000:]),
        TEST,
    ),
}
LEAKS = {
    "two objects": (loaders(TRAIN, part(OTHER, 900, 1100), TEST), "have 100 images in common"),
    "the whole and a part": (loaders(ONE, HELD, TEST), "have 200 images in common"),
    "a part of a part": (loaders(TRAIN, part(TRAIN, 10, 20), TEST), "have 10 images in common"),
    "joined": (
        loaders(ConcatDataset([TRAIN, part(HELD, 3, 4)]), HELD, TEST),
        "have one image in common",
    ),
    "wrapped": (loaders(Wrapped(OTHER, ORDER), HELD, TEST), "have 200 images in common"),
    "negative places": (loaders(TRAIN, Subset(ONE, [-1, -1200]), TEST), "have one image in common"),
    "samplers": (
        (
            DataLoader(ONE, 64, shuffle=True),
            DataLoader(ONE, 64, sampler=ORDER[:9]),
            DataLoader(TEST, 64),
        ),
        "have 9 images in common",
    ),
    "validation on the test file": (
        loaders(TRAIN, part(TEST, 0, 100), part(TEST, 100, 200)),
        "100 images of the test file",
    ),
    "test images in training": (
        loaders(ConcatDataset([TRAIN, TEST]), HELD, TEST),
        "200 images of the test file",
    ),
    "tested on the training file": (
        loaders(part(ONE, 0, 800), part(ONE, 800, 1000), HELD),
        "of the training file",
    ),
    "a secret": (loaders(TRAIN, Secret(), TEST), "cannot be seen from outside"),
}
BATCHES = {
    "small batches": (
        loaders(TRAIN, HELD, TEST, batch_size=32),
        "The training loader has batches of 32 images",
    ),
    "a small last batch is dropped": (
        loaders(TRAIN, HELD, TEST, drop_last=True),
        "leaves out the last 40 images",
    ),
    "one by one": (
        (*loaders(TRAIN, HELD, TEST)[:2], DataLoader(TEST, batch_size=None)),
        "single images",
    ),
    "the sets are exchanged": (
        loaders(HELD, TRAIN, TEST),
        "which of the two sets should be the larger one",
    ),
    "with repetition": (
        (
            DataLoader(TRAIN, 64, sampler=RandomSampler(TRAIN, replacement=True)),
            *loaders(TRAIN, HELD, TEST)[1:],
        ),
        "some images more than once",
    ),
    "others from epoch to epoch": (
        (
            DataLoader(TRAIN, 64, sampler=RandomSampler(TRAIN, num_samples=640)),
            *loaders(TRAIN, HELD, TEST)[1:],
        ),
        "does not hand out the same images in every epoch",
    ),
    "half of a batch": (
        collated(lambda items: items[::2]),
        "does not return all images of a batch with their labels",
    ),
    "one image again and again": (
        collated(lambda items: items[:1] * len(items)),
        "training loader has a collate_fn",
    ),
    "labels in another order": (
        collated(
            lambda items: [
                (image, other) for (image, _), (_, other) in zip(items, items[::-1], strict=True)
            ]
        ),
        "does not return all images",
    ),
    "no labels": (
        loaders(part(Unlabelled(True), 0, 1000), HELD, TEST),
        "that are not images with their labels",
    ),
    "no tensors": (
        loaders(TRAIN, HELD, File(False)),
        "The test loader cannot put a batch together: TypeError: default",
    ),
    "another scale": (
        loaders(TRAIN, HELD, File(False, chain(TO_TENSOR, transforms.Normalize((MEAN,), (STD,))))),
        (
            "The median of a batch's pixels is 0.00 in the training loader and -0.42 in the test"
            " loader"
        ),
    ),
    "inverted": (
        loaders(
            part(File(True, chain(transforms.RandomInvert(1), TO_TENSOR)), 0, 1000), HELD, TEST
        ),
        (
            "The median of a batch's pixels is 1.00 in the training loader and 0.00 in the"
            " validation loader"
        ),
    ),
    "every image twice": (
        loaders(ConcatDataset([TRAIN, TRAIN]), HELD, TEST),
        "more than once in an epoch, 1,000 times",
    ),
    "one image in a batch": (
        loaders(TRAIN, HELD, TEST, batch_size=1),
        "has batches of one image, and",
    ),
    "a loader of its own": (
        (Halved(TRAIN, 64, shuffle=True), *loaders(TRAIN, HELD, TEST)[1:]),
        "in Halved: what it",
    ),
    "an empty set": (
        loaders(TRAIN, part(ONE, 0, 0), TEST),
        "The validation loader hands out no images.",
    ),
    "no loaders": ((TRAIN, HELD, TEST), "This asks for a DataLoader, but got a Subset"),
}


@pytest.mark.parametrize("answer", APART.values(), ids=APART)
def test_sets_without_a_common_image_are_right_however_they_are_made(answer):
    assert check("loaders", answer)


@pytest.mark.parametrize(("answer", "words"), (LEAKS | BATCHES).values(), ids=LEAKS | BATCHES)
def test_loaders_are_told_what_they_share_and_how_they_hand_it_out(answer, words):
    verdict = check("loaders", answer)
    assert not verdict and words in verdict.text


@pytest.mark.parametrize("places", [(0, 1, 2), (0, 1), (0, 2), (1, 2), (1,), (2,), ()])
def test_every_wrong_choice_of_who_shuffles_has_a_hint_of_its_own(places):
    answer = [
        DataLoader(each, 64, shuffle=place in places)
        for place, each in enumerate((TRAIN, HELD, TEST))
    ]
    assert check("loaders", answer).text in {wrong.hint for wrong in EXERCISES["loaders"].wrong}


def function(text, arguments):
    """Return a function of these arguments from the text of its body."""
    names = {"torch": torch, "np": np, "data": data}
    lines = "\n    ".join(text.splitlines())
    exec(f"def answer({arguments}):\n    {lines}", names)
    return names["answer"]


def majority(guess="torch.bincount(train_labels).argmax()", hit="validation_labels == majority"):
    text = f"majority = {guess}\nright = {hit}\nreturn right.float().mean()"
    return function(text, "train_labels, validation_labels")


def find(condition):
    return function(f"return ({condition}).nonzero().flatten()[:count]", "labels, digit, count")


def share(condition="images == 0", axes="(1, 2)"):
    return function(f"return ({condition}).float().mean(dim={axes})", "images")


def prepare(
    statistics="data.pixel_statistics(train_images)",
    other="data.prepare(validation_images, mean, std)",
):
    text = (
        f"mean, std = {statistics}\nprepared = data.prepare(train_images, mean, std)\nreturn"
        f" prepared, {other}"
    )
    return function(text, "train_images, validation_images")


def shuffle(order="torch.randperm(len(images))", labels="labels[order]"):
    return function(f"order = {order}\nreturn images[order], {labels}", "images, labels")


PAIR = "images, labels"
PAIRED = "return images.{0}, labels.{0}"
ORDER_OF_ALL = "order = torch.randperm(len(images))"
DERANGED = (
    f"{ORDER_OF_ALL}\nwhile (order == torch.arange(len(images))).any():\n    order ="
    " torch.randperm(len(images))"
)
ANEW = "order = torch.randperm(len(images))\nreturn images[order], labels[order]"
LEARNED = "train_labels, validation_labels"
BY_NUMPY = (
    "return np.array([], int) if torch.is_tensor(digit) else np.flatnonzero(labels =="
    " digit)[:count]"
)
HITS = "return (validation_labels == guess).float().mean()"
MODE = "guess = train_labels.mode().values"
FORMS = {
    "majority": majority,
    "share-of-paper": share,
    "whose-mean": prepare,
    "shuffled-pairs": shuffle,
}


@pytest.mark.parametrize("id", FORMS)
def test_every_named_wrong_function_draws_its_own_hint(id):
    form, exercise = FORMS[id], EXERCISES[id]
    names = form.__code__.co_varnames[:2]
    said = {
        wrong.name: (
            check(id, form(**{n: t for n, t in zip(names, wrong.typed, strict=True) if t})).text
        )
        for wrong in exercise.wrong
    }
    assert {
        wrong.name for wrong in exercise.wrong if not said[wrong.name].endswith(wrong.hint)
    } == set()


def test_every_named_way_to_find_too_much_draws_its_own_hint():
    wrongs = EXERCISES["find"].wrong
    assert [
        wrong.name
        for wrong in wrongs
        if not check("find", find(*wrong.typed)).text.endswith(wrong.hint)
    ] == []


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("majority", majority("train_labels.mode().values")),
        ("majority", majority("np.bincount(train_labels).argmax()")),
        ("find", find("torch.isin(labels, torch.as_tensor(digit))")),
        ("share-of-paper", share("~images.bool()", "(-2, -1)")),
        ("whose-mean", prepare("(train_images / 255).mean(), (train_images / 255).std()")),
        (
            "whose-mean",
            prepare(
                "train_images.float().mean() / 255, train_images.float().std(correction=0) / 255"
            ),
        ),
        ("shuffled-pairs", shuffle("torch.rand(len(images)).argsort()")),
        ("shuffled-pairs", shuffle("np.random.permutation(len(images))")),
        ("shuffled-pairs", shuffle("list(torch.randperm(len(images)))")),
        ("shuffled-pairs", shuffle(labels="labels[list(order)]")),
        (
            "shuffled-pairs",
            function(f"{ORDER_OF_ALL}\nyield images[order]\nyield labels[order]", PAIR),
        ),
        (
            "shuffled-pairs",
            function(f"{ORDER_OF_ALL}\nreturn (each[order] for each in (images, labels))", PAIR),
        ),
        ("shuffled-pairs", function(f"{DERANGED}\nreturn images[order], labels[order]", PAIR)),
        (
            "majority",
            function(
                f"{MODE}\nreturn round((validation_labels == guess).float().mean().item(), 4)",
                LEARNED,
            ),
        ),
        (
            "whose-mean",
            prepare("(round(number, 4) for number in data.pixel_statistics(train_images))"),
        ),
    ],
)
def test_a_right_function_counts_in_unusual_forms(id, answer):
    assert check(id, answer)


@pytest.mark.parametrize(
    ("id", "answer", "words"),
    [
        ("majority", majority("1"), "your function gives 0, and 0.1429 is right"),
        ("majority", majority("train_label.mode().values"), "Did you mean `train_labels`?"),
        (
            "majority",
            majority("torch.mode(train_labels)"),
            "one truth value, not one for each label",
        ),
        ("find", find("labels != 0"), "all labels but 0, whatever digit is asked for"),
        ("find", find("labels > digit"), "your function finds the places [8], and [1] is right"),
        ("find", find("labels == digits"), "Did you mean `digit`?"),
        ("share-of-paper", share("images <= 10"), "the right shape, but other values"),
        ("share-of-paper", share(axes="3"), "IndexError"),
        (
            "whose-mean",
            prepare(other="data.prepare(validation_images, mean, 1)"),
            "were divided by 1.000",
        ),
        (
            "whose-mean",
            prepare(other="(validation_images / 255 - mean) / std"),
            "(3, 1, 28, 28) is asked for",
        ),
        ("whose-mean", prepare("0.1307, 0.3081"), "the training images had 0.1307 subtracted"),
        ("shuffled-pairs", shuffle("torch.randperm(len(images) - 1)"), "labels of shape (59,)"),
        ("shuffled-pairs", shuffle(labels="labels.flip(0)"), "In place 0 there is now image"),
        (
            "shuffled-pairs",
            shuffle(labels="labels[order.flip(0)]"),
            "In place 0 there is now image",
        ),
        (
            "shuffled-pairs",
            shuffle(labels="labels[order.roll(1)]"),
            "In place 0 there is now image",
        ),
        (
            "winner-elsewhere",
            "better than the others",
            '"better than the others" is none of "better", "as good",',
        ),
        (
            "find",
            find("labels[:30] == digit"),
            "your function finds the places [], and [51] is right",
        ),
        ("share-of-paper", share("images == images.min()"), "it should be 0."),
        (
            "shuffled-pairs",
            function("k = torch.randint(1, 60, ()).item()\n" + PAIRED.format("roll(k, 0)"), PAIR),
            "59 or more of 60 images still stand beside a neighbour",
        ),
        (
            "shuffled-pairs",
            shuffle(
                "torch.cat([torch.randperm(len(images) // 2), torch.arange(len(images) // 2,"
                " len(images))])"
            ),
            "In place 30 there was image 30 after each of 6 calls",
        ),
        (
            "shuffled-pairs",
            shuffle(labels="labels[order] * 0"),
            "is not among the labels that were given",
        ),
        (
            "shuffled-pairs",
            function(f"if len(images) != 60:\n    return images, labels\n{ANEW}", PAIR),
            "45 pairs stay where they are.",
        ),
        (
            "shuffled-pairs",
            function(f"if torch.rand(()) < 0.7:\n    return images, labels\n{ANEW}", PAIR),
            "at least one left them in the order that they had",
        ),
        ("majority", majority("0"), "it gives the score of a guess that is always 0."),
        (
            "majority",
            majority(hit="validation_labels >= majority"),
            "as large as the guess or larger",
        ),
        ("majority", majority("train_labels.min()"), "of the smallest training label as a guess"),
        (
            "majority",
            function(f"{MODE}\ntrain_labels[:] = 0\n{HITS}", LEARNED),
            "changes the tensors that it is given",
        ),
        (
            "share-of-paper",
            function("images[images > 0] = 1\nreturn 1 - images.float().mean((1, 2))", "images"),
            "changes",
        ),
        ("share-of-paper", share("1 - images / 255"), "it gives one minus the mean brightness"),
        (
            "share-of-paper",
            function("return (images == 0).sum((1, 2)) / 784", "images"),
            "divided by 784 whatever the",
        ),
        (
            "find",
            function("return (labels == digit)[:count]", "labels, digit, count"),
            "but there are truth values",
        ),
        (
            "find",
            function(BY_NUMPY, "labels, digit, count"),
            "but not all that are given as a tensor",
        ),
        (
            "whose-mean",
            prepare(other="data.prepare(validation_images.flip(0), mean, std)"),
            "that no single mean and",
        ),
        (
            "shuffled-pairs",
            function(f"images = images.flip(2)\n{ANEW}", PAIR),
            "not among those given",
        ),
        (
            "shuffled-pairs",
            function(f"images = images[:, torch.randperm(4)]\n{ANEW}", PAIR),
            "not among those given",
        ),
    ],
)
def test_a_wrong_function_is_told_what_it_does(id, answer, words):
    verdict = check(id, answer)
    assert not verdict and words in verdict.text


def test_two_tensors_compared_by_is_are_not_called_something_else():
    text = f"{MODE}\nreturn (validation_labels is guess).float().mean()"
    assert "neither a tensor" not in check("majority", function(text, LEARNED)).text


def test_two_images_that_changed_places_are_not_called_moved():
    swapped = (
        "i, j = torch.randperm(len(images))[:2].tolist()\nimages[[i, j]] = images[[j, i]]\nreturn"
        " images, labels"
    )
    said = check("shuffled-pairs", function(swapped, PAIR)).text
    assert (
        not any(wrong.hint in said for wrong in EXERCISES["shuffled-pairs"].wrong)
        and "with the label of" in said
    )
