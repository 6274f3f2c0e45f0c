"""Checks of chapter 2: what they say to answers that nobody listed, and to right ones in unusual
forms.
"""

import numpy as np
import pytest
import torch
from bookkit.exercises import verdict as verdicts
from firstcnn import data, moments, profiles
from lessons.checks import EXERCISES, check
from lessons.checks.loading.loaders import statistics
from the_book import lecture
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, TensorDataset
from torchvision import datasets, transforms
from torchvision.transforms import v2
from typed_answers import cells, verdict_on

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


FIRST_PAGES = {
    "load",
    "find",
    "winner-elsewhere",
    "leak",
    "normalise",
    "transforms",
    "make-loaders",
}
PAGES = ("2-data", "2-data/hands", "2-data/luck", "2-data/silent", "2-data/writers")


@pytest.fixture(autouse=True)
def trial(monkeypatch):
    """Run under the smallest profile, with time enough on a busy machine."""
    monkeypatch.setenv("FIRSTCNN_PROFILE", "trial")
    monkeypatch.setattr(verdicts, "SECONDS", 60)


@pytest.fixture(scope="module")
def names():
    """What the cells before an exercise have defined."""
    train, validation = data.open_training_sets(profile=profiles.TRIAL)
    pixels = train.images / 255
    return {
        **{"torch": torch, "np": np, "data": data, "datasets": datasets, "transforms": transforms},
        **{"DataLoader": DataLoader, "TensorDataset": TensorDataset},
        **{"train": train, "validation": validation, "moments": moments},
        **{"mean": pixels.mean(), "std": pixels.std()},
    }


ALL = {id: cell for page in PAGES for id, cell in cells(page).items()}


@pytest.mark.parametrize("id", ALL)
def test_every_named_wrong_answer_of_chapter_2_draws_its_own_hint(id, names):
    verdicts = {
        wrong.name: verdict_on(ALL[id], wrong.typed, names) for wrong in EXERCISES[id].wrong
    }
    assert {
        wrong.name: verdicts[wrong.name]
        for wrong in EXERCISES[id].wrong
        if not getattr(verdicts[wrong.name], "text", "").endswith(wrong.hint)
    } == {}


@pytest.mark.parametrize("id", ALL)
def test_the_chapter_s_own_answer_is_right(id, names):
    assert verdict_on(ALL[id], (), names).kind == "right"


def test_the_core_asks_for_what_the_next_chapters_need():
    core = next(page for page in lecture() if page.file.stem == "2-data")
    assert {exercise.id for exercise in core.exercises} == FIRST_PAGES


LOADERS = """
train, validation = data.open_training_sets()
pixels = {pixels}
mean, std = {measured}
train_set, validation_set = ({dataset} for images, labels in {parts})
return {train}, {validation}
"""
USUAL = {
    "pixels": "train.images / 255",
    "measured": "pixels.mean(), pixels.std()",
    "dataset": "TensorDataset((images[:, None] / 255 - mean) / std, labels)",
    "parts": "(train, validation)",
    "train": "DataLoader(train_set, batch_size, shuffle=True)",
    "validation": "DataLoader(validation_set, batch_size)",
}
IN_BATCHES = "batch_sampler=BatchSampler({}, batch_size, drop_last=False)"


def loaders(arguments="batch_size=64", **changed):
    return function(LOADERS.format(**USUAL | changed), arguments)


class Paired(TensorDataset):
    """Somebody's own kind of TensorDataset."""


class Other(Dataset):
    """Somebody's own data set."""

    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.images[index], self.labels[index]


def prepared(pairs):
    """Return a batch of pairs, normalised by the numbers of the trial."""
    mean, std = statistics("training")
    images, labels = zip(*pairs, strict=True)
    return (torch.stack(images) / 255 - mean) / std, torch.stack(labels)


def function(text, arguments):
    """Return a function of these arguments from the text of its body."""
    names = {"torch": torch, "np": np, "data": data, "Paired": Paired, "Other": Other}
    names |= {each.__name__: each for each in (BatchSampler, DataLoader, RandomSampler)}
    names |= {"TensorDataset": TensorDataset}
    names["prepared"] = prepared
    lines = "\n    ".join(text.splitlines())
    exec(f"def answer({arguments}):\n    {lines}", names)
    return names["answer"]


RIGHT_LOADERS = {
    "exact statistics": loaders(measured="data.pixel_statistics(train.images)"),
    "the book's preparation": loaders(
        measured="data.pixel_statistics(train.images)",
        dataset="TensorDataset(data.prepare(images, mean, std), labels)",
    ),
    "measured in bytes and applied to bytes": loaders(
        pixels="train.images.double()",
        dataset="TensorDataset(((images[:, None] - mean) / std).float(), labels)",
    ),
    "rounded to four decimals": loaders(
        measured="(round(each.item(), 4) for each in (pixels.mean(), pixels.std()))"
    ),
    "by NumPy": loaders(measured="np.mean(pixels.numpy()), np.std(pixels.numpy())"),
    "with a sampler": loaders(
        train="DataLoader(train_set, batch_size, sampler=RandomSampler(train_set))"
    ),
    "with batch samplers": loaders(
        train=f"DataLoader(train_set, {IN_BATCHES.format('RandomSampler(train_set)')})",
        validation=f"DataLoader(validation_set, {IN_BATCHES.format('range(len(validation_set))')})",
    ),
    "a list": function(
        LOADERS.format(**USUAL).replace("return ", "made = ") + "return list(made)", "batch_size=64"
    ),
    "another argument more": loaders("batch_size=64, workers=0"),
    "its own kind of TensorDataset": loaders(
        dataset="Paired((images[:, None] / 255 - mean) / std, labels)"
    ),
    "a data set of its own": loaders(dataset="Other((images[:, None] / 255 - mean) / std, labels)"),
    "keywords": loaders(train="DataLoader(dataset=train_set, batch_size=batch_size, shuffle=1)"),
}
WRONG_LOADERS = {
    "a mean of some images": (
        loaders(pixels="train.images[:300] / 255"),
        "In this trial the training images have the mean {mean:.4f}",
    ),
    "each image by its own mean": (
        loaders(
            dataset="TensorDataset((images[:, None] / 255 - (images / 255).mean((1, 2))"
            ".view(-1, 1, 1, 1)) / std, labels)"
        ),
        "that no single mean and standard deviation explain",
    ),
    "each pixel by its own standard deviation": (
        loaders(measured="pixels.mean(0), pixels.std(0) + 1"),
        "do not change where an image is bright",
    ),
    "labels turned round": (
        loaders(dataset="TensorDataset((images[:, None] / 255 - mean) / std, labels.flip(0))"),
        "The training loader hands out images with labels that are not theirs.",
    ),
    "double": (
        loaders(dataset="TensorDataset((images[:, None].double() / 255 - mean) / std, labels)"),
        "images of type torch.float64, and torch.float32 is asked for",
    ),
    "small labels": (
        loaders(dataset="TensorDataset((images[:, None] / 255 - mean) / std, labels.int())"),
        "labels of type torch.int32, and torch.int64 is asked for",
    ),
    "labels in a column": (
        loaders(dataset="TensorDataset((images[:, None] / 255 - mean) / std, labels[:, None])"),
        "labels of shape (B, 1), and (B,) is asked for",
    ),
    "flat images": (
        loaders(dataset="TensorDataset((images.flatten(1) / 255 - mean) / std, labels)"),
        "images of shape (B, 784), and (B, 1, 28, 28) is asked for",
    ),
    "rows and columns exchanged": (
        loaders(dataset="TensorDataset((images.mT[:, None] / 255 - mean) / std, labels)"),
        "look like none of the book's two parts",
    ),
    "an overflow": (
        loaders(dataset="TensorDataset((images[:, None] * 255 - mean) / std, labels)"),
        "look like none of the book's two parts",
    ),
    "half of the images": (
        loaders(dataset="TensorDataset((images[::2, None] / 255 - mean) / std, labels[::2])"),
        "hands out {half} images, {half} of them different, and its part has {count}",
    ),
    "with repetition": (
        loaders(
            train="DataLoader(train_set, batch_size,"
            " sampler=RandomSampler(train_set, replacement=True))"
        ),
        "In an epoch the training loader hands out {count} images",
    ),
    "one order, drawn once": (
        loaders(
            train="DataLoader(train_set, batch_size,"
            " sampler=torch.randperm(len(train_set)).tolist())"
        ),
        "Neither loader draws a new order",
    ),
    "the validation images from the end": (
        loaders(
            validation="DataLoader(validation_set, batch_size,"
            " sampler=range(len(validation_set))[::-1])"
        ),
        "does not keep the order of the validation images",
    ),
    "validation images among the training images": (
        loaders(
            parts="((torch.cat([train.images, validation.images[:9]]),"
            " torch.cat([train.labels, validation.labels[:9]])), validation)"
        ),
        "The training loader hands out 9 images of the validation part.",
    ),
    "training images among the validation images": (
        loaders(parts="(train, (train.images[:300], train.labels[:300]))"),
        "The validation loader hands out 300 images of the training part.",
    ),
    "another batch size where nothing is said": (
        loaders("batch_size=32"),
        "has batches of 32 where nothing is said, and 64 is asked for",
    ),
    "the batch size of one loader typed in": (
        loaders(validation="DataLoader(validation_set, 64)"),
        "Called with batch_size=50, the function makes a validation loader with batches of 64",
    ),
    "no argument": (loaders(""), "NameError: name 'batch_size' is not defined"),
    "an argument of another name": (
        loaders("batch=64").__class__((lambda batch=64: None).__code__, {}, "answer", (64,), None),
        "2 values in order, but got None",
    ),
    "prepared in the batch alone": (
        loaders(
            dataset="TensorDataset(images[:, None], labels)",
            train="DataLoader(train_set, batch_size, shuffle=True, collate_fn=prepared)",
            validation="DataLoader(validation_set, batch_size, collate_fn=prepared)",
        ),
        "`dataset[0]` of the training loader is not an image, with its label, as the loader hands",
    ),
    "sets instead of loaders": (
        loaders(train="train_set", validation="validation_set"),
        "This asks for a DataLoader, but got a TensorDataset",
    ),
    "three loaders": (
        loaders(validation="DataLoader(validation_set), DataLoader(train_set)"),
        "2 values in order, but got a tuple of 3",
    ),
    "images alone": (
        loaders(dataset="TensorDataset((images[:, None] / 255 - mean) / std)"),
        "batches that are no pairs",
    ),
    "nothing": (
        loaders(dataset="TensorDataset(images[:0, None] / 255, labels[:0])"),
        "stops with ValueError: num_samples should be a positive integer",
    ),
    "called before": ([DataLoader([]), DataLoader([])], "This asks for a function"),
}


@pytest.mark.parametrize("answer", RIGHT_LOADERS.values(), ids=RIGHT_LOADERS)
def test_loaders_are_right_however_they_are_made(answer):
    assert check("make-loaders", answer)


@pytest.mark.parametrize(("answer", "words"), WRONG_LOADERS.values(), ids=WRONG_LOADERS)
def test_loaders_are_told_what_they_hand_out(answer, words):
    images = data.open_training_sets()[0].images
    mean, _ = data.pixel_statistics(images)
    words = words.format(count=len(images), half=len(images) // 2, mean=mean)
    verdict = check("make-loaders", answer)
    assert not verdict and words in verdict.text


@pytest.mark.parametrize("places", [(0, 1), (1,), ()])
def test_every_wrong_choice_of_who_shuffles_has_a_hint_of_its_own(places):
    shuffle = [f"shuffle={place in places}" for place in (0, 1)]
    answer = loaders(
        train=f"DataLoader(train_set, batch_size, {shuffle[0]})",
        validation=f"DataLoader(validation_set, batch_size, {shuffle[1]})",
    )
    assert check("make-loaders", answer).text in {w.hint for w in EXERCISES["make-loaders"].wrong}


@pytest.mark.parametrize("name", ["mean", "std", "own_mean"])
def test_a_function_that_leans_on_another_cell_is_told_so(name):
    text = LOADERS.format(**USUAL)
    lines = [line for line in text.splitlines() if not line.startswith(("pixels", "mean"))]
    changed = "\n".join(lines).replace("- mean", f"- {name}").replace("/ std", "/ 0.3")
    answer = function(changed, "batch_size=64")
    answer.__globals__[name] = torch.tensor(0.1307)
    verdict = check("make-loaders", answer)
    assert f"NameError: name '{name}'" in verdict.text and "In another chapter" in verdict.text


def test_a_check_leaves_the_profile_as_it_was(monkeypatch):
    monkeypatch.setenv("FIRSTCNN_PROFILE", "quick")
    check("make-loaders", loaders())
    assert profiles.current() == profiles.QUICK
    monkeypatch.delenv("FIRSTCNN_PROFILE")
    check("make-loaders", loaders(pixels="1 / 0"))
    assert profiles.current() == profiles.FULL


SIDES = "writers, in_training"


@pytest.mark.parametrize(
    "text",
    [
        "return {w for w in writers.tolist() if w in writers[in_training] and w in"
        " writers[~in_training]}",
        "return np.intersect1d(writers[in_training], writers[~in_training])",
        "return [w for w in writers.unique().tolist() if 0 < in_training[writers =="
        " w].float().mean() < 1]",
        "return frozenset(writers[in_training].tolist()).intersection(writers[~in_training]"
        ".tolist())",
    ],
)
def test_a_leak_may_be_found_in_other_ways(text):
    assert check("leak", function(text, SIDES))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("return len(set(writers.tolist()))", "should return the writers as a set"),
        ("return set(in_training.tolist())", "it returns truth values"),
        ("return set()", "It finds no writer in any split"),
        ("return {4}", "your function finds {4}; {1, 5, 9} is right"),
        ("return set(writers[in_training]) & set(writers[~in_training])", "finds no writer in any"),
        ("return (set(writers[in_training].tolist()), 1)", "a set"),
    ],
)
def test_a_leak_that_is_not_found_is_told(text, words):
    assert words in check("leak", function(text, SIDES)).text


WRITERS = "writers, fraction=0.25"
DRAWN = "people = writers.unique()\nout = people[torch.randperm(len(people))"


@pytest.mark.parametrize(
    "text",
    [
        f"{DRAWN}[:round(fraction * len(people))]]\nreturn torch.tensor([w not in out.tolist() for"
        " w in writers.tolist()])",
        "people = np.unique(writers)\nout = np.random.choice(people, round(fraction *"
        " len(people)), replace=False)\nreturn ~np.isin(writers, out)",
    ],
)
def test_writers_may_be_split_in_other_ways(text):
    assert check("split-by-group", function(text, WRITERS))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("return torch.rand(len(writers)) > fraction", "have digits on both sides of your split"),
        (f"{DRAWN}[:1]]\nreturn ~torch.isin(writers, out)", "not as many are held out"),
        ("return writers.unique()", "times true or false"),
        ("return torch.ones(len(writers)).bool()", "not as many are held out"),
    ],
)
def test_a_split_that_is_not_right_is_told_what_it_does(text, words):
    assert words in check("split-by-group", function(text, WRITERS)).text


@pytest.mark.parametrize(
    "change", [lambda x: x.numpy(), lambda x: x[:, None], lambda x: x.double()]
)
def test_measured_numbers_and_normalised_images_may_have_other_forms(change, names):
    mean, std = data.pixel_statistics(names["train"].images)
    normalised = (names["train"].images / 255 - mean) / std
    assert check("normalise", (np.float64(mean), torch.tensor(std), change(normalised)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda mean, std, x: (mean, std, x[:50]), "normalised holds 50 images"),
        (lambda mean, std, x: (mean, std, x + 1), "not what comes of subtracting"),
        (
            lambda mean, std, x: (0.13, std, x),
            "mean is 0.13, and that of all training pixels is another number",
        ),
        (
            lambda mean, std, x: (mean, 0.33, x),
            "std is 0.33, and that of all training pixels is another number",
        ),
        (lambda mean, std, x: (round(mean, 4), std, x), "Keep all digits"),
        (lambda mean, std, x: (mean, std, x.flatten()), "normalised has the shape"),
        (lambda mean, std, x: (mean, std, 3), "normalised should hold images in a tensor"),
        (lambda mean, std, x: (x, std, x), "mean: This asks for one number"),
    ],
)
def test_numbers_that_were_not_measured_are_told(change, words, names):
    mean, std = data.pixel_statistics(names["train"].images)
    normalised = (names["train"].images / 255 - mean) / std
    verdict = check("normalise", change(mean, std, normalised))
    assert not verdict and words in verdict.text


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


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("majority", majority("train_labels.mode().values")),
        ("majority", majority("np.bincount(train_labels).argmax()")),
        ("find", find("torch.isin(labels, torch.as_tensor(digit))")),
        ("share-of-background", share("~images.bool()", "(-2, -1)")),
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
        ("find", find("labels > digit"), "your function finds the positions [8], and [1] is right"),
        ("find", find("labels == digits"), "Did you mean `digit`?"),
        ("share-of-background", share("images <= 10"), "the right shape, but other values"),
        ("share-of-background", share(axes="3"), "IndexError"),
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
        ("shuffled-pairs", shuffle(labels="labels.flip(0)"), "At position 0 there is now image"),
        (
            "shuffled-pairs",
            shuffle(labels="labels[order.flip(0)]"),
            "At position 0 there is now image",
        ),
        (
            "shuffled-pairs",
            shuffle(labels="labels[order.roll(1)]"),
            "At position 0 there is now image",
        ),
        (
            "winner-elsewhere",
            "better than the others",
            '"better than the others" is none of "better", "as good",',
        ),
        (
            "find",
            find("labels[:30] == digit"),
            "your function finds the positions [], and [51] is right",
        ),
        ("share-of-background", share("images == images.min()"), "it should be 0."),
        (
            "shuffled-pairs",
            function("k = torch.randint(1, 60, ()).item()\n" + PAIRED.format("roll(k, 0)"), PAIR),
            "59 or more of 60 images are still beside a neighbour",
        ),
        (
            "shuffled-pairs",
            shuffle(
                "torch.cat([torch.randperm(len(images) // 2), torch.arange(len(images) // 2,"
                " len(images))])"
            ),
            "At position 30 there was image 30 after all 6 calls",
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
            "share-of-background",
            function("images[images > 0] = 1\nreturn 1 - images.float().mean((1, 2))", "images"),
            "changes",
        ),
        (
            "share-of-background",
            share("1 - images / 255"),
            "it gives one minus the mean brightness",
        ),
        (
            "share-of-background",
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
