"""What chapter 2 measures, against NumPy, SciPy and torchvision."""

import numpy as np
import pytest
import torch
from bookkit.book.mime import RECORD
from firstcnn import data, profiles
from lessons import claims
from lessons.checks import check
from scipy import ndimage
from sklearn.utils import shuffle
from torch.utils.data import DataLoader, RandomSampler, Subset
from torchvision import datasets, transforms
from torchvision.transforms import v2


@pytest.fixture(scope="module")
def two(chapter):
    return chapter("chapters/2-data")


@pytest.fixture(scope="module")
def records(two) -> dict[str, dict]:
    """What the chapter recorded: claim to values."""
    kept = [output.data[RECORD] for output in two.outputs if RECORD in output.get("data", {})]
    return {record["claim"]: record["values"] for record in kept}


@pytest.fixture(scope="module")
def sets():
    return data.open_training_sets(profile=profiles.TRIAL)


@pytest.fixture(scope="module")
def images(sets) -> np.ndarray:
    return sets[0].images.numpy()


@pytest.fixture(scope="module")
def file() -> datasets.MNIST:
    return datasets.MNIST(data.torchvision_root(), train=True, download=False)


def test_both_files_are_opened_whole(two):
    assert (two.values["training_images"], two.values["test_images"]) == (60_000, 10_000)


def test_class_counts_are_those_of_the_files(two, file):
    counts = np.bincount(file.targets.numpy())
    assert (
        (two.values["fewest"], two.values["most"]) == (counts.min(), counts.max()) == (5421, 6742)
    )
    assert (two.values["rarest"], two.values["commonest"]) == (5, 1)
    assert (two.values["test_fewest"], two.values["test_most"]) == (892, 1135)
    _, alt = two.figures["fig-counts"]
    assert all(f"{digit}: {count:,}" in alt for digit, count in enumerate(counts))


def test_the_guesser_scores_the_share_of_the_most_frequent_class(two, sets):
    train, validation = (each.labels.numpy() for each in sets)
    share = np.mean(validation == np.bincount(train).argmax())
    assert two.values["majority_accuracy"] == pytest.approx(100 * share, abs=1e-3)


def test_digits_are_as_large_as_their_makers_say(two, images):
    boxes = [ndimage.find_objects((image > 0).astype(int))[0] for image in images]
    sides = np.array([max(part.stop - part.start for part in box) for box in boxes])
    assert two.values["larger_is_20"] == pytest.approx(100 * np.mean(sides == 20), abs=1e-3)
    assert (two.values["larger_least"], two.values["larger_greatest"]) == (sides.min(), sides.max())


def test_digits_are_where_their_makers_say(two, images):
    rows, columns = np.transpose([ndimage.center_of_mass(image) for image in images.astype(float)])
    for name, places in (("row", rows), ("column", columns)):
        assert two.values[f"{name}_middle"] == pytest.approx(np.median(places), abs=1e-4)
        assert two.values[f"{name}_least"] == pytest.approx(places.min())
        assert two.values[f"{name}_greatest"] == pytest.approx(places.max())
        assert places.min() > 13.4 and places.max() < 14.6


def test_slant_and_thickness_vary(two):
    for name in ("slant", "stroke"):
        assert two.values[f"{name}_low"] < two.values[f"{name}_middle"] < two.values[f"{name}_high"]
    assert two.values["stroke_low"] > 1 and two.values["stroke_high"] < 8


def test_the_best_of_a_hundred_guessers_was_chosen_not_better(two):
    assert 8 < two.values["mean_score"] < 12
    assert two.values["best_score"] > two.values["mean_score"] + 3
    assert abs(two.values["again_score"] - 10) < 5


def test_the_sets_have_the_sizes_of_the_profile(two):
    assert two.values["train_images"] == profiles.TRIAL.train
    assert two.values["validation_images"] == profiles.TRIAL.validation


def test_intensities_are_those_of_the_whole_set(two, images):
    black = np.mean(images == 0, axis=(1, 2))
    assert two.values["pixels"] == images.size
    assert two.values["black"] == pytest.approx(100 * black.mean(), abs=1e-3)
    assert two.values["black_least"] == pytest.approx(100 * black.min(), abs=1e-3)
    assert two.values["black_greatest"] == pytest.approx(100 * black.max(), abs=1e-3)
    assert two.values["full"] == pytest.approx(100 * np.mean(images >= 250), abs=1e-3)
    assert two.values["black"] + two.values["full"] + two.values["between"] == pytest.approx(
        100, abs=1e-3
    )


def test_mean_and_deviation_are_measured(two, images, file):
    assert two.values["mean"] == pytest.approx(images.mean() / 255)
    assert two.values["std"] == pytest.approx(images.std() / 255)
    assert two.values["file_mean"] == pytest.approx(file.data.numpy().mean() / 255)
    assert (round(two.values["file_mean"], 4), round(two.values["file_std"], 4)) == (0.1307, 0.3081)


def test_normalisation_leaves_single_images_and_pixels_uneven(two, images):
    normalised = (images / 255 - images.mean() / 255) / (images.std() / 255)
    assert two.values["black_value"] == pytest.approx(normalised.min())
    assert two.values["white_value"] == pytest.approx(normalised.max())
    assert two.values["alone_mean"] == pytest.approx(normalised[1].mean(), abs=1e-5)
    assert two.values["alone_std"] == pytest.approx(normalised[1].std(), abs=1e-5)
    assert two.values["constant"] == np.sum(np.ptp(images, axis=0) == 0) > 0
    assert two.values["largest_deviation"] == pytest.approx(normalised.std(axis=0).max(), abs=1e-4)


def test_loaders_cut_the_file_into_batches(two):
    whole, rest = divmod(two.values["part"], 64)
    assert two.values["part"] == 50_000
    assert (two.values["batches"], two.values["last"]) == (whole + 1, rest)


def test_only_the_training_loader_draws_a_new_order(two):
    said = "".join(o.text for o in two.outputs if o.output_type == "stream").splitlines()
    drawn = {line.partition(":")[0]: line.partition(":")[2] for line in said}
    assert drawn["training, first time"] != drawn["training, second time"]
    assert drawn["validation, first time"] == drawn["validation, second time"]


def test_both_ways_are_compared_on_real_images(two):
    assert (two.values["compared"], two.values["compared_batches"]) == (2000, 8)
    assert two.values["milliseconds_usual"] > 0 and two.values["milliseconds_fast"] > 0


def test_claims_stand_on_what_the_text_says(two, records):
    assert set(records) == {"C08", "C16", "C17", "C24"}
    for claim in ("C16", "C17"):  # hold of a few hundred images, too
        assert claims.verdict(claim, records[claim])
    assert 100 * records["C08"]["best_score"] == pytest.approx(two.values["best_score"])
    assert 100 * records["C16"]["black"] == pytest.approx(two.values["black"])
    assert 100 * records["C17"]["majority_accuracy"] == pytest.approx(
        two.values["majority_accuracy"]
    )
    assert records["C24"]["slant"] == [two.values["slant_low"], two.values["slant_high"]]
    assert records["C24"]["centres"][:2] == [two.values["row_least"], two.values["row_greatest"]]


class File(datasets.MNIST):
    """Stands for one of MNIST's files: some images, and whether they are there to learn from."""

    def __init__(self, train: bool, transform=None, count: int = 130):
        self.root, self.train, self.transform, self.target_transform = "", train, transform, None
        self.data = torch.randint(
            256, (count, 28, 28), generator=torch.Generator().manual_seed(int(train))
        ).to(torch.uint8)
        self.targets = torch.zeros(count, dtype=torch.int64)


FRACTIONS = [
    transforms.ToTensor(),
    transforms.Compose([transforms.PILToTensor(), transforms.ConvertImageDtype(torch.float64)]),
    v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]),
    lambda picture: torch.tensor(np.array(picture)[None] / 255),
]


@pytest.mark.parametrize("transform", FRACTIONS)
def test_any_transform_that_makes_fractions_opens_the_files(transform):
    assert check("load", (File(True, transform), File(False, FRACTIONS[0])))
    assert check("load", [File(1, FRACTIONS[0]), File(0, transform)])


@pytest.mark.parametrize(
    "transform",
    [
        transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.1307, 0.3081)]),
        transforms.Compose([transforms.ToTensor(), lambda image: image[0]]),
        transforms.Compose([transforms.ToTensor(), lambda image: image.transpose(1, 2)]),
        transforms.Compose([transforms.ToTensor(), lambda image: 1 - image]),
        np.array,
        lambda picture: 1 / 0,
    ],
)
def test_a_transform_that_makes_something_else_does_not(transform):
    assert check("load", (File(True, transform), File(False, FRACTIONS[0]))).kind == "wrong"
    assert check("load", (File(True, FRACTIONS[0]), File(False, transform))).kind == "wrong"


def normalised(mean: float, std: float) -> list:
    return [
        transforms.Compose([transforms.ToTensor(), transforms.Normalize((mean,), (std,))]),
        transforms.Compose(
            [transforms.ToTensor(), torch.nn.Identity(), transforms.Normalize(mean, std)]
        ),
        lambda picture: torch.from_numpy((np.array(picture)[None] / 255 - mean) / std).float(),
    ]


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_any_transform_with_mean_and_deviation_of_the_training_set_will_do(kind):
    good = normalised(0.13, 0.31)[kind]
    assert check("transforms", (good, normalised(0.13, 0.31)[0], 0.13, np.float64(0.31)))
    for mean, std in ((0.1301, 0.31), (0.13, 0.3101), (0.31, 0.13), (-0.13, 0.31)):
        bad = normalised(mean, std)[kind]
        assert check("transforms", (good, bad, 0.13, 0.31)).kind == "wrong"
        assert check("transforms", (bad, good, 0.13, 0.31)).kind == "wrong"


RIGHT_FUNCTIONS = {
    "majority": [
        lambda train, judged: (judged == train.mode().values).double().mean(),
        lambda train, judged: np.mean(judged.numpy() == np.bincount(train.numpy()).argmax()),
        lambda train, judged: sum(1 for label in judged if label == train.mode()[0]) / len(judged),
    ],
    "find": [
        lambda labels, digit, count: torch.where(labels == digit)[0][:count],
        lambda labels, digit, count: np.flatnonzero(labels.numpy() == int(digit))[:count],
        lambda labels, digit, count: [i for i, label in enumerate(labels) if label == digit][
            :count
        ],
    ],
    "share-of-paper": [
        lambda images: 1 - images.count_nonzero(dim=(1, 2)) / images[0].numel(),
        lambda images: (images.numpy() == 0).mean(axis=(1, 2)),
        lambda images: [float((image < 1).float().mean()) for image in images],
    ],
    "whose-mean": [
        lambda train, other: tuple(
            data.prepare(each, *data.pixel_statistics(train)) for each in (train, other)
        ),
        lambda train, other: [
            (each.numpy()[:, None] - train.numpy().mean()) / train.numpy().std()
            for each in (train, other)
        ],
    ],
    "shuffled-pairs": [
        lambda images, labels: (lambda order: (images[order], labels[order]))(
            np.random.permutation(len(images))
        ),
        lambda images, labels: shuffle(images.numpy(), labels.numpy()),
    ],
}
WRONG_FUNCTIONS = {
    "majority": [
        lambda train, judged: 0.5,
        lambda train, judged: (judged == train.mode().values).sum(),
        lambda train, judged: 100 * (judged == train.mode().values).double().mean(),
        lambda train, judged: (judged == train.median()).double().mean(),
    ],
    "find": [
        lambda labels, digit, count: (labels == digit).nonzero().flatten(),
        lambda labels, digit, count: (labels == digit).nonzero()[:count],
        lambda labels, digit, count: (labels == digit).nonzero().flatten()[-count:],
        lambda labels, digit, count: labels[labels == digit][:count],
        lambda labels, digit, count: (labels == 7).nonzero().flatten()[:count],
    ],
    "share-of-paper": [
        lambda images: 100 * (images == 0).float().mean(dim=(1, 2)),
        lambda images: (images == 0).float().sum(dim=(1, 2)),
        lambda images: (images == 0).float().mean(dim=(1, 2), keepdim=True),
        lambda images: (images == 0).float().sum(dim=(1, 2)) / 784,
        lambda images: (images < 2).float().mean(dim=(1, 2)),
    ],
    "whose-mean": [
        lambda train, other: tuple(
            reversed([data.prepare(i, *data.pixel_statistics(train)) for i in (train, other)])
        ),
        lambda train, other: tuple(data.prepare(each, 0.1307, 0.3081) for each in (train, other)),
        lambda train, other: tuple(
            data.prepare(i, *data.pixel_statistics(train))[:, 0] for i in (train, other)
        ),
    ],
    "shuffled-pairs": [
        lambda images, labels: (images.flip(0), labels.flip(0)),
        lambda images, labels: (images.roll(1, 0), labels.roll(1, 0)),
        lambda images, labels: tuple(
            each[torch.randperm(len(each))[:-1]] for each in (images, labels)
        ),
        lambda images, labels: (images, labels[torch.randperm(len(labels))]),
    ],
}


@pytest.mark.parametrize(
    ("exercise", "function"), [(e, f) for e, each in RIGHT_FUNCTIONS.items() for f in each]
)
def test_a_function_is_judged_by_what_it_does(exercise, function):
    assert check(exercise, function).kind == "right"


@pytest.mark.parametrize(
    ("exercise", "function"), [(e, f) for e, each in WRONG_FUNCTIONS.items() for f in each]
)
def test_a_function_that_does_something_else_is_not_right(exercise, function):
    assert check(exercise, function).kind == "wrong"


def loaders(
    train: dict | None = None, validation: dict | None = None, test: dict | None = None
) -> tuple:
    """The three loaders of the chapter, on toy data, with other settings."""
    file = File(True, FRACTIONS[0])
    parts = Subset(file, range(100)), Subset(file, range(100, 130)), File(False, FRACTIONS[0])
    settings = {"shuffle": True} if train is None else train, validation or {}, test or {}
    return tuple(
        DataLoader(**{"dataset": part, "batch_size": 64, **each})
        for part, each in zip(parts, settings, strict=True)
    )


@pytest.mark.parametrize(
    "train",
    [
        {"shuffle": 1},
        {"sampler": RandomSampler(range(100))},
        {"shuffle": True, "generator": torch.Generator().manual_seed(0), "num_workers": 0},
    ],
)
def test_a_loader_shuffles_however_it_was_made(train):
    assert check("loaders", loaders(train)).kind == "right"


@pytest.mark.parametrize(
    "changed",
    [
        {"train": {"sampler": range(100)}},
        {"train": {"sampler": list(range(99, -1, -1))}},
        {"train": {"sampler": RandomSampler(range(100), replacement=True)}},
        {"train": {"shuffle": True, "drop_last": True}},
        {"train": {"shuffle": True, "batch_size": 1}},
        {"train": {"shuffle": True, "dataset": File(True, FRACTIONS[0], count=20)}},
        {"validation": {"batch_size": 32}},
        {"validation": {"shuffle": True}},
        {"test": {"dataset": File(True, FRACTIONS[0])}},
        {"test": {"sampler": RandomSampler(range(130))}},
        {"test": {"dataset": range(10**9)}},
    ],
)
def test_loaders_with_a_fault_are_not_right(changed):
    assert check("loaders", loaders(**changed)).kind == "wrong"


def test_a_validation_set_that_overlaps_is_not_right():
    train, validation, test = loaders()
    same = Subset(train.dataset.dataset, range(90, 120))
    assert check("loaders", (train, validation, test)).kind == "right"
    assert check("loaders", (train, DataLoader(same, batch_size=64), test)).kind == "wrong"


def test_a_check_leaves_loaders_as_they_were():
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    check("loaders", loaders({"shuffle": True, "generator": generator}))
    assert torch.equal(generator.get_state(), before)
