"""Checks on data opened, looked at, prepared and handed out."""

from collections.abc import Callable, Sequence, Sized
from itertools import chain, islice
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision.transforms import PILToTensor

from firstcnn.checks.answers import array, equals, function, kind_of, number, same, several, size, wholes, word
from firstcnn.checks.verdict import Exercise, Unreadable, Wrong

Images = Tensor
Labels = Tensor

# Pictures and labels to try an answer on


def pixels(count: int, height: int, width: int, seed: int) -> Images:
    """Return images of bytes, uint8 (N, H, W), a third of their pixels 0 and some at 255."""
    drawn = torch.randint(-128, 300, (count, height, width), generator=torch.Generator().manual_seed(seed))
    return drawn.clamp(0, 255).to(torch.uint8)


def picture(height: int, width: int, seed: int) -> Image.Image:
    """Return one grey picture as torchvision hands it to a transform."""
    return Image.fromarray(pixels(1, height, width, seed)[0].numpy())


PICTURES = [picture(28, 28, seed=1), picture(28, 28, seed=2), picture(5, 7, seed=3)]
IMAGES = [pixels(6, 28, 28, seed=4), pixels(1, 28, 28, seed=5), pixels(3, 4, 6, seed=6)]
SETS = [(pixels(5, 28, 28, seed=7), pixels(3, 28, 28, seed=8) // 3), (pixels(1, 28, 28, seed=9), IMAGES[0])]
LABELS = [torch.tensor([3, 7, 1, 7, 0, 2, 2, 7, 9, 5, 7]), torch.tensor([2]), torch.tensor([0, 0, 1, 0, 3, 4])]
TWO_SPLITS = [  # labels to learn from and labels to judge by, with different commonest and rarest classes
    (torch.tensor([1, 1, 1, 1, 0, 0, 2, 2, 2, 4, 4]), torch.tensor([2, 2, 2, 2, 2, 1, 1, 0, 4])),
    (torch.tensor([5, 3, 3, 5, 5, 1]), torch.tensor([3, 3, 3, 5, 0, 2, 2])),
    (torch.tensor([2, 2, 0]), torch.tensor([2])),
]


def pictures_through(transform: Callable[[Image.Image], Any]) -> list[Tensor]:
    """Return what a transform makes of each picture."""
    made = [transform(each.copy()) for each in PICTURES]
    wrong = next((each for each in made if not isinstance(each, Tensor)), None)
    if any(not isinstance(each, Tensor) for each in made):
        raise Unreadable(f"The transform should make a tensor of a picture, but it made {kind_of(wrong)}.")
    return [array(each) for each in made]


def fractions(each: Image.Image) -> Tensor:
    """Return a picture as its pixels from 0 to 1, (1, H, W), without any transform."""
    return torch.from_numpy(np.asarray(each, dtype=np.float64)[None] / 255)


def all_same(made: Sequence[Tensor], expected: Sequence[Tensor], tolerance: float = 1e-4) -> bool:
    """Tell whether each of several arrays is the one that is expected."""
    return all(same(each, value, tolerance) for each, value in zip(made, expected, strict=True))


# Open both files


def file_and_transform(answer: Any) -> tuple[bool, Any]:
    """Read a data set of torchvision: whether it is the file to learn from, and its transform."""
    if not isinstance(answer, Dataset) or not hasattr(answer, "train"):
        raise Unreadable(f"This asks for a data set such as datasets.MNIST(…), but got {kind_of(answer)}.")
    return bool(answer.train), getattr(answer, "transform", None)


def makes_fractions(transform: Any) -> bool:
    """Tell whether a transform makes a tensor (1, H, W) of a picture, from 0 to 1."""
    return all_same(pictures_through(transform), [fractions(each) for each in PICTURES])


def keeps_bytes(transform: Any) -> bool:
    """Tell whether a transform makes a tensor of a picture, but leaves its bytes as they are."""
    return all_same(pictures_through(transform), [array(PILToTensor()(each)) for each in PICTURES])


def opened(files: tuple) -> bool:
    """Tell whether the first file is the one to learn from, the second the other, and both become fractions."""
    (first, transform), (second, other) = files
    return first and not second and makes_fractions(transform) and makes_fractions(other)


def are(first: bool, second: bool) -> Callable[[tuple], bool]:
    """Return a test whether two files are the one to learn from."""
    return lambda files: (files[0][0], files[1][0]) == (first, second)


LOAD = Exercise(
    id="load",
    read=several(file_and_transform, file_and_transform),
    right=opened,
    praise="The transform runs whenever an image is asked for; the bytes on the disk stay as they are.",
    wrong=(
        Wrong(
            name="the training file twice",
            typed=(None, None, "True", None),
            hint="Both are the training file. A network judged on what it learned from is judged too well.",
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
            hint="You passed the class itself, a plan for transforms. To make one of it, it has to be called.",
            shows=lambda files: any(isinstance(transform, type) for _, transform in files),
        ),
        Wrong(
            name="no transform at all",
            typed=(None, "None", None, "None"),
            hint="Without a transform both files hand out pictures, not tensors. Which transform did the text name?",
            shows=lambda files: all(transform is None for _, transform in files),
        ),
        Wrong(
            name="only one file has a transform",
            typed=(None, None, None, "None"),
            hint="One file hands out tensors, the other pictures. A network has to get both in the same form.",
            shows=lambda files: any(transform is None for _, transform in files),
        ),
        Wrong(
            name="the bytes stay bytes",
            typed=(None, "transforms.PILToTensor()", None, "transforms.PILToTensor()"),
            hint="Tensors, but still from 0 to 255. The text names a transform that also makes fractions of them.",
            shows=lambda files: any(keeps_bytes(transform) for _, transform in files),
        ),
    ),
    otherwise="One file to learn from, one to test on; and both should hand out tensors (1, 28, 28) from 0 to 1.",
)

# The score of knowing nothing


def share_equal(labels: Labels, value: Tensor) -> float:
    """Return the share of labels that have a value."""
    return (labels == value).double().mean().item()


def scores_like(expected: Callable[[Labels, Labels], float]) -> Callable[[Callable], bool]:
    """Return a test whether a function gives the score that another one gives, on all splits."""

    def test(score: Callable[[Labels, Labels], Any]) -> bool:
        return all(
            equals(expected(learned, judged))(number(score(learned.clone(), judged.clone())))
            for learned, judged in TWO_SPLITS
        )

    return test


MAJORITY = Exercise(
    id="majority",
    read=function,
    right=scores_like(lambda learned, judged: share_equal(judged, learned.mode().values)),
    praise="Chosen on one set, judged on another: so is every network in this book.",
    wrong=(
        Wrong(
            name="judged on the labels that it was chosen from",
            typed=(None, "train_labels == majority"),
            hint="This guess is judged on the labels that it was chosen from. On which labels should it be judged?",
            shows=scores_like(lambda learned, judged: share_equal(learned, learned.mode().values)),
        ),
        Wrong(
            name="chosen on the labels that it is judged on",
            typed=("torch.bincount(validation_labels).argmax()", None),
            hint="This guess has looked at the labels that it is judged on. From which labels may it learn?",
            shows=scores_like(lambda learned, judged: share_equal(judged, judged.mode().values)),
        ),
        Wrong(
            name="how often instead of which",
            typed=("torch.bincount(train_labels).max()", None),
            hint="This is how often the commonest class comes, not which class it is.",
            shows=scores_like(lambda learned, judged: share_equal(judged, learned.bincount().max())),
        ),
        Wrong(
            name="where the guess misses",
            typed=(None, "validation_labels != majority"),
            hint="This is the share that the guess misses. You want the labels that it hits.",
            shows=scores_like(lambda learned, judged: 1 - share_equal(judged, learned.mode().values)),
        ),
        Wrong(
            name="the mean of the labels as a guess",
            typed=("train_labels.float().mean().round()", None),
            hint="A mean of labels says nothing: a 4 is not between a 1 and a 7. Count how often each class comes.",
            shows=scores_like(lambda learned, judged: share_equal(judged, learned.double().mean().round())),
        ),
    ),
    otherwise="Count the classes among the labels to learn from; compare the commonest with the labels to judge by.",
)

# Find a digit


def found(answer: Any) -> tuple[int, ...]:
    """Read the places that were found."""
    if not isinstance(answer, Sized) or size(answer) > max(map(len, LABELS)):
        raise Unreadable(f"There should be a place for each digit found, but there is {kind_of(answer)}.")
    return wholes(answer)


def finds_like(expected: Callable[[Labels, int, int], Tensor]) -> Callable[[Callable], bool]:
    """Return a test whether a function finds the places that another one finds."""
    asked = [(labels, digit, count) for labels in LABELS for digit in (7, 2, 0, 8) for count in (1, 2, 20)]

    def test(find: Callable[[Labels, Any, int], Any]) -> bool:
        return all(
            found(find(labels.clone(), wanted, count)) == wholes(expected(labels, digit, count))
            for labels, digit, count in asked
            for wanted in (digit, torch.tensor(digit))
        )

    return test


def places(is_wanted: Callable[[Labels, int, int], Tensor]) -> Callable[[Labels, int, int], Tensor]:
    """Return a function to the first places where something is true of a label, without `nonzero`."""
    return lambda labels, digit, count: torch.arange(len(labels))[is_wanted(labels, digit, count)][:count]


FIND = Exercise(
    id="find",
    read=function,
    right=finds_like(places(lambda labels, digit, count: labels == digit)),
    praise="A comparison of all labels at once, and no loop: so it goes through thousands in no time.",
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
            hint="Nothing is compared here: you get the places of all labels but 0. Where does the digit come in?",
            shows=finds_like(places(lambda labels, digit, count: labels != 0)),
        ),
        Wrong(
            name="the digit and larger ones",
            typed=("labels >= digit",),
            hint="This finds larger digits, too. What should be true of a label that you keep?",
            shows=finds_like(places(lambda labels, digit, count: labels >= digit)),
        ),
        Wrong(
            name="compared with the count",
            typed=("labels == count",),
            hint="You compare the labels with how many places are wanted. Which argument says what to look for?",
            shows=finds_like(places(lambda labels, digit, count: labels == count)),
        ),
    ),
    otherwise="Compare the labels with the digit, as in the table: for a 7, the labels 3 7 1 7 give places 1 and 3.",
)

# Mostly paper


def shares_like(expected: Callable[[Images], Tensor]) -> Callable[[Callable], bool]:
    """Return a test whether a function returns what another one returns, on all stacks of images."""
    return lambda share: all_same([array(share(images.clone())) for images in IMAGES], [expected(i) for i in IMAGES])


def shares(is_counted: Callable[[Images], Tensor], over: tuple[int, ...] = (1, 2)) -> Callable[[Images], Tensor]:
    """Return a function to the mean, over some axes, of what is counted of each pixel."""
    return lambda images: is_counted(images).double().mean(dim=over)


PAPER = Exercise(
    id="share-of-paper",
    read=function,
    right=shares_like(shares(lambda images: images == 0)),
    praise="The mean of true and false is a share, in any number of axes.",
    wrong=(
        Wrong(
            name="ink instead of paper",
            typed=("images != 0", None),
            hint="This counts every pixel with ink. Which value has paper?",
            shows=shares_like(shares(lambda images: images != 0)),
        ),
        Wrong(
            name="the brightness instead of a share",
            typed=("images", None),
            hint="Nothing is compared here: this is the mean brightness of each image, up to 255.",
            shows=shares_like(shares(lambda images: images)),
        ),
        Wrong(
            name="white instead of black",
            typed=("images == 255", None),
            hint="You count full ink. White on black: which number stands for paper?",
            shows=shares_like(shares(lambda images: images == 255)),
        ),
        Wrong(
            name="averaged over the images",
            typed=(None, "0"),
            hint="This is a picture, a share for each pixel. Which axis counts the images, and which are one image?",
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
    ),
    otherwise="For each image one share: what is true of a pixel of paper, and which axes belong to the pixels?",
)

# What will the winner do?

WINNER = Exercise(
    id="winner-elsewhere",
    read=word,
    right=lambda answer: answer in ("like the others", "like others"),
    praise="Being chosen changes the score that you saw, and nothing in the program.",
    wrong=(
        Wrong(
            name="the score stays",
            typed=('"as good"',),
            hint="So it would be if the score came from skill. What has a program that says random digits learned?",
            shows=lambda answer: answer in ("as good", "as well", "the same", "as good as before"),
        ),
        Wrong(
            name="luck has to be paid back",
            typed=('"worse than the others"',),
            hint="Luck does not even out: a coin does not remember. What does any guesser score on new images?",
            shows=lambda answer: answer in ("worse than the others", "worse"),
        ),
        Wrong(
            name="winners get better",
            typed=('"better"',),
            hint="Nothing was learned since. Where could a program that says random digits take more from?",
            shows=lambda answer: answer == "better",
        ),
    ),
    otherwise="Choose one of the four answers in quotes. The two programs that toss a coin are a good model.",
)

# The transforms for training and for testing


def normalised_by(mean: float, std: float) -> list[Tensor]:
    """Return each picture, normalised by hand."""
    return [(fractions(each) - mean) / std for each in PICTURES]


def both_become(expected: Callable[[float, float], list[Tensor]]) -> Callable[[tuple], bool]:
    """Return a test whether both transforms make of each picture what a function of mean and deviation makes."""

    def test(answer: tuple) -> bool:
        training, testing, mean, std = answer
        value = expected(mean, std)
        return all(all_same(pictures_through(each), value, tolerance=1e-5) for each in (training, testing))

    return test


def is_one(which: int, expected: Callable[[float, float], list[Tensor]]) -> Callable[[tuple], bool]:
    """Return a test whether one of the two transforms, 0 or 1, makes this of each picture."""
    return lambda answer: all_same(pictures_through(answer[which]), expected(*answer[2:]), tolerance=1e-5)


def normalises_first(transform: Any) -> bool:
    """Tell whether a chain of transforms normalises before it makes a tensor."""
    names = [type(each).__name__ for each in transform.transforms]
    return "Normalize" in names and any("Tensor" in name for name in names[names.index("Normalize") :])


def plain(mean: float, std: float) -> list[Tensor]:
    """Return each picture from 0 to 1, as a tensor that nobody normalised."""
    return [fractions(each) for each in PICTURES]


TRANSFORMS = Exercise(
    id="transforms",
    read=several(function, function, number, number),
    right=both_become(normalised_by),
    praise="One mean and one deviation, learned from the training set, for every image that the network will ever see.",
    wrong=(
        Wrong(
            name="normalised before it is a tensor",
            typed=(None, None, "[normalise, to_tensor]", "[normalise, to_tensor]"),
            hint="A picture cannot be normalised: it has to be a tensor first. Read each list from left to right.",
            shows=lambda answer: any(normalises_first(each) for each in answer[:2]),
        ),
        Wrong(
            name="mean and deviation are exchanged",
            typed=("(std,)", "(mean,)", None, None),
            hint="Mean and deviation are exchanged: which of the two is subtracted?",
            shows=both_become(lambda mean, std: normalised_by(std, mean)),
        ),
        Wrong(
            name="numbers of the whole file",
            typed=("(0.1307,)", "(0.3081,)", None, None),
            hint="These describe the whole file, with the validation images. Which names hold the training set's?",
            shows=both_become(lambda mean, std: normalised_by(0.1307, 0.3081)),
        ),
        Wrong(
            name="one half for both, from another tutorial",
            typed=("(0.5,)", "(0.5,)", None, None),
            hint="This brings pixels from −1 to 1, whatever images there are. The mean does not become 0 by it.",
            shows=both_become(lambda mean, std: normalised_by(0.5, 0.5)),
        ),
        Wrong(
            name="mean and deviation of bytes",
            typed=("(255 * mean,)", "(255 * std,)", None, None),
            hint="These would suit bytes from 0 to 255. What range have the pixels when they arrive at normalise?",
            shows=both_become(lambda mean, std: normalised_by(255 * mean, 255 * std)),
        ),
        Wrong(
            name="test images are not normalised",
            typed=(None, None, None, "[to_tensor]"),
            hint="A test image arrives on another scale than the images that were learned from. Treat both alike.",
            shows=lambda answer: is_one(0, normalised_by)(answer) and is_one(1, plain)(answer),
        ),
        Wrong(
            name="training images are not normalised",
            typed=(None, None, "[to_tensor]", None),
            hint="Training images stay from 0 to 1, test images do not. Learn on the scale that will be met later.",
            shows=lambda answer: is_one(0, plain)(answer) and is_one(1, normalised_by)(answer),
        ),
    ),
    otherwise="Both should do the same: first 0 to 1, then minus the mean of the training set, over its deviation.",
)

# Whose mean is it?


def prepared(images: Images, statistics: Images) -> Tensor:
    """Return images as a network takes them, (N, 1, H, W), with mean and deviation of some images."""
    values = statistics.double() / 255
    return ((images.double() / 255 - values.mean()) / values.std(correction=0))[:, None]


def pair_of_arrays(answer: Any) -> tuple[Tensor, Tensor]:
    """Read two arrays of numbers."""
    return several(array, array)(answer)


def prepares_like(expected: Callable[[Images, Images], tuple[Tensor, Tensor]]) -> Callable[[Callable], bool]:
    """Return a test whether a function makes of two sets of images what another one makes of them."""

    def test(prepare: Callable[[Images, Images], Any]) -> bool:
        return all(
            all_same(pair_of_arrays(prepare(train.clone(), validation.clone())), expected(train, validation))
            for train, validation in SETS
        )

    return test


WHOSE_MEAN = Exercise(
    id="whose-mean",
    read=function,
    right=prepares_like(lambda train, other: (prepared(train, train), prepared(other, train))),
    praise="What is measured on images is learned from them, be it a weight or a mean.",
    wrong=(
        Wrong(
            name="mean and deviation of all images",
            typed=("data.pixel_statistics(torch.cat([train_images, validation_images]))", None),
            hint="The bug is still there: these two numbers have seen the validation images.",
            shows=prepares_like(
                lambda train, other: (
                    prepared(train, torch.cat([train, other])),
                    prepared(other, torch.cat([train, other])),
                )
            ),
        ),
        Wrong(
            name="mean and deviation of the validation images",
            typed=("data.pixel_statistics(validation_images)", None),
            hint="Now both numbers come from the validation images alone. Which images may be learned from?",
            shows=prepares_like(lambda train, other: (prepared(train, other), prepared(other, other))),
        ),
        Wrong(
            name="each set by its own mean",
            typed=(None, "data.prepare(validation_images, *data.pixel_statistics(validation_images))"),
            hint="Each set has a scale of its own now: the same ink is a different number in the other set.",
            shows=prepares_like(lambda train, other: (prepared(train, train), prepared(other, other))),
        ),
        Wrong(
            name="the validation images stay bytes",
            typed=(None, "validation_images"),
            hint="The validation images are still bytes. They have to be treated as the training images are.",
            shows=prepares_like(lambda train, other: (prepared(train, train), other)),
        ),
        Wrong(
            name="the training images twice",
            typed=(None, "data.prepare(train_images, mean, std)"),
            hint="These are the training images a second time. Who will judge the network?",
            shows=prepares_like(lambda train, other: (prepared(train, train), prepared(train, train))),
        ),
    ),
    otherwise="Follow mean and std: from whose pixels are they taken, and do both sets get the same two numbers?",
)

# Who shuffles?


MOST_IMAGES = 1_000_000
FEW = 20  # images: one new order among them may look like the old one


def file_of(dataset: Any) -> Any:
    """Return the data set that a part of it was cut from."""
    while isinstance(dataset, Subset):
        dataset = dataset.dataset
    return dataset


def overlap(one: Any, other: Any) -> bool:
    """Tell whether two data sets share an image: the same place of the same file."""
    if not isinstance(one, Subset) or not isinstance(other, Subset):
        return one is other
    return one.dataset is other.dataset and bool(set(map(int, one.indices)) & set(map(int, other.indices)))


def orders_of(loader: DataLoader, epochs: int, most: int) -> list[list[int]]:
    """Return the places, at most so many, as a loader would hand them out; its generators stay as they are."""
    batches = loader.batch_sampler
    owners = (loader, loader.sampler, batches, getattr(batches, "sampler", None))
    generators = [each.generator for each in owners if isinstance(getattr(each, "generator", None), torch.Generator)]
    states = [(generator, generator.get_state()) for generator in generators]
    try:
        epochs = [loader.sampler if batches is None else chain.from_iterable(batches) for _ in range(epochs)]
        return [list(islice(epoch, most)) for epoch in epochs]
    finally:
        for generator, state in states:
            generator.set_state(state)


def shuffles(loader: DataLoader) -> bool:
    """Tell whether a loader hands out its images in a new order in every epoch, rather than as they come."""
    count = len(loader.dataset)
    if count > MOST_IMAGES or not hasattr(loader.dataset, "__getitem__"):
        raise Unreadable("A loader should be made of one of the sets above.")
    first, *others = orders_of(loader, epochs=2 if count > FEW else 8, most=count + 1)
    if sorted(first) != list(range(count)):
        raise Unreadable("A loader should hand out every image of its set once in every epoch.")
    is_new = any(other != first for other in others)
    if first != list(range(count)) and not is_new:
        raise Unreadable("A loader hands out its images in a strange order, the same in every epoch.")
    return is_new


def loader(answer: Any) -> DataLoader:
    """Read a loader."""
    if not isinstance(answer, DataLoader):
        raise Unreadable(f"This asks for a DataLoader, but got {kind_of(answer)}.")
    return answer


def facts(answer: Any) -> dict[str, Any]:
    """Read three loaders: which of them shuffles, how many images are in a batch, and whether the sets are apart."""
    loaders = several(loader, loader, loader)(answer)
    train, validation, test = (each.dataset for each in loaders)
    return {
        "shuffles": tuple(shuffles(each) for each in loaders),
        "batches": [each.batch_size for each in loaders],
        "apart": not (overlap(train, validation) or overlap(train, test) or overlap(validation, test)),
        "in place": len(train) >= len(validation) and not getattr(file_of(test), "train", False),
    }


def shuffled(*which: bool) -> Callable[[dict], bool]:
    """Return a test which of the three loaders shuffle."""
    return lambda loaders: loaders["shuffles"] == which


LOADERS = Exercise(
    id="loaders",
    read=facts,
    right=lambda loaders: (
        loaders["shuffles"] == (True, False, False)
        and loaders["batches"] == [64, 64, 64]
        and loaders["apart"]
        and loaders["in place"]
    ),
    praise="A new order to learn from, and a kept order to judge by: prediction i belongs to image i.",
    wrong=(
        Wrong(
            name="nobody shuffles",
            typed=("False", None, None),
            hint="Now every epoch brings the same batches in the same order. For which set does this matter?",
            shows=shuffled(False, False, False),
        ),
        Wrong(
            name="everybody shuffles",
            typed=(None, "True", "True"),
            hint="For a score the order does not matter. But to which image does prediction 17 belong in a new order?",
            shows=shuffled(True, True, True),
        ),
        Wrong(
            name="the wrong way round",
            typed=("False", "True", "True"),
            hint="The wrong way round. Ask of each set: does a network learn from it, or is it only judged on it?",
            shows=shuffled(False, True, True),
        ),
        Wrong(
            name="the validation loader shuffles",
            typed=(None, "True", None),
            hint="You will look at errors in the validation set: to find the image of a prediction, keep its order.",
            shows=shuffled(True, True, False),
        ),
        Wrong(
            name="the test loader shuffles",
            typed=(None, None, "True"),
            hint="The test loader draws a new order, although nothing is learned from it. Is that of any use?",
            shows=shuffled(True, False, True),
        ),
    ),
    otherwise="Three loaders with batches of 64 from three different sets: on which of them does a network learn?",
)

# Shuffled, and useless

COUNT = 60


def pairs() -> tuple[Images, Labels]:
    """Return images whose pixels all hold the image's number, and labels from which this number can be found."""
    numbers = torch.arange(COUNT)
    return numbers.to(torch.uint8)[:, None, None].repeat(1, 4, 4), (7 * numbers + 11) % COUNT


def orders(shuffle: Callable[[Images, Labels], Any]) -> list[tuple[list[int], list[int]]]:
    """Return, for two calls, from which places the images and the labels came."""
    found = []
    for _ in range(2):
        images, labels = pair_of_arrays(shuffle(*pairs()))
        if images.shape != (COUNT, 4, 4) or labels.shape != (COUNT,):
            raise Unreadable("There should be as many images and labels after it as before, of the same shapes.")
        originals = pairs()[1].tolist()
        found.append((images[:, 0, 0].int().tolist(), [originals.index(int(label)) for label in labels]))
    return found


def is_order(order: list[int]) -> bool:
    """Tell whether every place comes once, and not all of them where they were."""
    return sorted(order) == list(range(COUNT)) and order != list(range(COUNT))


def both_calls(test: Callable[[list[int], list[int]], bool]) -> Callable[[Callable], bool]:
    """Return a test of a function that shuffles: what is true of images and labels after each of two calls."""
    return lambda shuffle: all(test(images, labels) for images, labels in orders(shuffle))


def keeps_pairs(shuffle: Callable[[Images, Labels], Any]) -> bool:
    """Tell whether images and labels come in one new order, another one in each call."""
    (first, labels), (second, other) = orders(shuffle)
    alone = shuffle(*(each[:1] for each in pairs()))
    return (
        is_order(first) and is_order(second) and first != second and (first, second) == (labels, other)
    ) and all_same(pair_of_arrays(alone), [array(each[:1]) for each in pairs()])


PAIRS = Exercise(
    id="shuffled-pairs",
    read=function,
    right=keeps_pairs,
    praise="One order, drawn once and used twice. Data sets and loaders do so for you: they hand out pairs.",
    wrong=(
        Wrong(
            name="the labels stay where they were",
            typed=(None, "labels"),
            hint="The images have moved and the labels have not: nearly every image has somebody else's label.",
            shows=both_calls(lambda images, labels: is_order(images) and labels == list(range(COUNT))),
        ),
        Wrong(
            name="nothing is shuffled",
            typed=("torch.arange(len(images))", None),
            hint="The pairs fit, and all are where they were. The order should be drawn at random.",
            shows=both_calls(lambda images, labels: images == labels == list(range(COUNT))),
        ),
        Wrong(
            name="some come twice and others never",
            typed=("torch.randint(len(images), (len(images),))", None),
            hint="Numbers drawn like this repeat: some images come twice, and others not at all.",
            shows=both_calls(lambda images, labels: images == labels and not is_order(images)),
        ),
        Wrong(
            name="the labels go the way back",
            typed=(None, "labels[order.argsort()]"),
            hint="This puts the labels into the opposite order, as if to undo the shuffling. What did the images get?",
            shows=both_calls(lambda images, labels: [images[place] for place in labels] == list(range(COUNT))),
        ),
        Wrong(
            name="a second order for the labels",
            typed=(None, "labels[torch.randperm(len(labels))]"),
            hint="The bug is still there: the labels get an order of their own, drawn a second time.",
            shows=both_calls(lambda images, labels: is_order(images) and is_order(labels) and images != labels),
        ),
    ),
    otherwise="Follow image 0: where does it go, does its label go there too, and does the next call differ?",
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
