"""What chapter 2 measures, against NumPy, SciPy and torchvision."""

import ast
from pathlib import Path

import numpy as np
import pytest
import torch
from bookkit.book.mime import RECORD
from bookkit.book.pages import read_page
from bookkit.exercises.forms import solution_form
from firstcnn import data, profiles
from lessons import claims
from lessons.checks import check
from scipy import ndimage
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.utils import shuffle
from torch.utils.data import DataLoader, TensorDataset
from torchvision import datasets, transforms
from torchvision.transforms import v2

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def two(chapter):
    return chapter("chapters/2-data")


@pytest.fixture(scope="module")
def page(chapter):
    """A function from the name of a page below the chapter to what came of it."""
    return lambda name: chapter(f"chapters/2-data/{name}")


@pytest.fixture(scope="module")
def records(two, page) -> dict[str, dict]:
    """What the chapter and its pages recorded: claim to values."""
    outputs = [*two.outputs, *page("hands").outputs]
    kept = [output.data[RECORD] for output in outputs if RECORD in output.get("data", {})]
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


def test_digits_are_as_large_as_their_makers_say(two, page, images):
    boxes = [ndimage.find_objects((image > 0).astype(int))[0] for image in images]
    sides = np.array([max(part.stop - part.start for part in box) for box in boxes])
    for values in (two.values, page("hands").values):
        assert values["larger_is_20"] == pytest.approx(100 * np.mean(sides == 20), abs=1e-3)
        assert values["measured"] == len(images)
    ends = [page("hands").values[f"larger_{end}"] for end in ("least", "greatest")]
    assert ends == [sides.min(), sides.max()]


def test_digits_are_where_their_makers_say(page, images):
    values = page("hands").values
    rows, columns = np.transpose([ndimage.center_of_mass(image) for image in images.astype(float)])
    for name, positions in (("row", rows), ("column", columns)):
        assert values[f"{name}_middle"] == pytest.approx(np.median(positions), abs=1e-4)
        assert values[f"{name}_least"] == pytest.approx(positions.min())
        assert values[f"{name}_greatest"] == pytest.approx(positions.max())
        assert positions.min() > 13.4 and positions.max() < 14.6


def test_slant_and_thickness_vary(page):
    values = page("hands").values
    for name in ("slant", "stroke"):
        assert values[f"{name}_low"] < values[f"{name}_middle"] < values[f"{name}_high"]
    assert values["stroke_low"] > 1 and values["stroke_high"] < 8


def test_thin_digits_have_more_background(page):
    assert -1 < float(page("hands").values["together"].replace("−", "-")) < -0.2


def test_the_best_of_a_hundred_guessers_was_chosen_not_better(two):
    assert 8 < two.values["mean_score"] < 12
    assert two.values["best_score"] > two.values["mean_score"] + 3
    assert abs(two.values["again_score"] - 10) < 5


def test_luck_grows_with_the_number_of_guessers_and_falls_with_that_of_images(page):
    values = page("luck").values
    best = [values[f"best_of_{number}"] for number in (1, 10, 100, 1000)]
    assert best == sorted(best) and best[-1] > best[0] + 3
    assert values["few_images"] > best[-1]
    assert abs(values["elsewhere"] - 10) < 8


def test_nearest_neighbours_are_those_of_scikit_learn(page, file):
    values, count = page("writers").values, 6000
    images = file.data[:count].flatten(1).numpy().astype(float)
    nearest = NearestNeighbors(n_neighbors=2, algorithm="brute").fit(images)
    apart = nearest.kneighbors(return_distance=False)[:, 0] - np.arange(count)
    assert values["count"] == count
    assert values["close"] == pytest.approx(100 * np.mean(abs(apart) <= 200), abs=0.1)
    assert values["even"] == pytest.approx(100 * np.mean(apart % 2 == 0), abs=0.1)


def test_close_positions_are_counted_as_chance_has_them(page):
    count, near = 6000, 200
    drawn = np.random.default_rng(0).integers(count, size=(2, 10**6))
    first, second = drawn[:, drawn[0] != drawn[1]]
    share = 100 * np.mean(abs(first - second) <= near)
    assert page("writers").values["by_chance"] == pytest.approx(share, abs=0.1)


def test_known_hands_help(page):
    values = page("writers").values
    assert values["in_blocks"] < values["random_low"] <= values["at_random"]
    assert values["at_random"] <= values["random_high"]
    assert values["close"] > 2 * values["by_chance"]
    assert values["hands_seen"] == "much more often than by chance"
    assert values["writers_verdict"].startswith("The blocks score lower than every one")
    gain = values["at_random"] - values["in_blocks"]
    assert float(values["gain"]) == pytest.approx(gain, abs=0.01)


def test_blocks_are_read_as_scikit_learn_reads_them(page, file):
    images = file.data[:6000].flatten(1).numpy().astype(float)
    labels, part = file.targets[:6000].numpy(), np.arange(6000) * 6 // 6000
    neighbour = KNeighborsClassifier(1, algorithm="brute")
    scores = [
        neighbour.fit(images[part != k], labels[part != k]).score(
            images[part == k], labels[part == k]
        )
        for k in range(6)
    ]
    assert page("writers").values["in_blocks"] == pytest.approx(100 * np.mean(scores), abs=0.1)


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


def test_mean_and_standard_deviation_are_measured(two, images, file):
    assert two.values["mean"] == pytest.approx(images.mean() / 255, abs=1e-6)
    assert two.values["std"] == pytest.approx(images.std() / 255, abs=1e-6)
    assert two.values["file_mean"] == pytest.approx(file.data.numpy().mean() / 255)
    assert (round(two.values["file_mean"], 4), round(two.values["file_std"], 4)) == (0.1307, 0.3081)


def test_normalisation_leaves_single_images_and_pixels_uneven(two, page, images):
    normalised = (images / 255 - images.mean() / 255) / (images.std() / 255)
    assert two.values["black_value"] == pytest.approx(normalised.min(), abs=1e-5)
    assert two.values["white_value"] == pytest.approx(normalised.max(), abs=1e-5)
    values = page("scale").values
    assert values["alone_mean"] == pytest.approx(normalised[1].mean(), abs=1e-4)
    assert values["alone_std"] == pytest.approx(normalised[1].std(), abs=1e-4)
    assert values["constant"] == np.sum(np.ptp(images, axis=0) == 0) > 0
    assert values["largest_spread"] == pytest.approx(normalised.std(axis=0).max(), abs=1e-3)


def test_loaders_cut_the_training_part_into_batches(two):
    whole, rest = divmod(profiles.TRIAL.train, 64)
    assert (two.values["batches"], two.values["last"]) == (whole + 1, rest)


def test_only_the_training_loader_draws_a_new_order(two):
    first, second, third, fourth = ast.literal_eval(two.values["first_labels"])
    assert first != second and third == fourth


def test_the_images_in_loaders_are_the_book_s_and_none_leaks(two):
    """What the chapter's own function hands out, whole: the split, the numbers, the pixels."""
    source = read_page(ROOT / "chapters" / "2-data.md").exercises
    made = next(each for each in source if each.id == "make-loaders").source
    names = {"data": data, "DataLoader": DataLoader, "TensorDataset": TensorDataset}
    exec(solution_form(made).partition("\n\n\ncheck")[0], names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRSTCNN_PROFILE", "trial")
        train_loader, validation_loader = names["make_loaders"]()
    train, validation = data.open_training_sets(profile=profiles.TRIAL)
    mean, std = train.images.numpy().mean() / 255, train.images.numpy().std() / 255
    for part, loader in ((train, train_loader), (validation, validation_loader)):
        held, labels = loader.dataset.tensors
        assert np.allclose(held[:, 0], (part.images.numpy() / 255 - mean) / std, atol=1e-4)
        assert torch.equal(labels, part.labels)


def test_what_the_chapter_builds_is_what_the_next_ones_take():
    source = read_page(ROOT / "chapters" / "2-data.md").exercises
    made = next(each for each in source if each.id == "make-loaders").source
    own, book = (
        next(node for node in ast.parse(text).body if getattr(node, "name", "") == "make_loaders")
        for text in (solution_form(made), (ROOT / "code/lessons/book_work.py").read_text())
    )
    assert [ast.dump(node) for node in own.body[1:]] == [ast.dump(node) for node in book.body[1:]]


def test_a_second_split_shares_five_sixths_with_the_first(page):
    values = page("silent").values
    assert values["second_images"] == 10_000
    assert values["seen_before"] / 10_000 == pytest.approx(5 / 6, abs=0.02)


def test_both_ways_are_compared_on_real_images(page):
    values = page("silent").values
    assert (values["compared"], values["compared_batches"]) == (2000, 8)
    assert values["milliseconds_usual"] > 0 and values["milliseconds_fast"] > 0


def test_the_page_that_sums_up_has_the_chapter_s_numbers(two, page):
    summary = page("summary").values
    for name in ("training_images", "test_images", "fewest", "most"):
        assert summary[name] == two.values[name]
    for name in ("majority_accuracy", "black", "mean", "std"):
        assert summary[name] == pytest.approx(two.values[name], abs=1e-4)


def test_claims_stand_on_what_the_text_says(two, page, records):
    assert set(records) == {"C08", "C16", "C17", "C24"}
    for claim in ("C16", "C17"):  # hold of a few hundred images, too
        assert claims.verdict(claim, records[claim])
    assert 100 * records["C08"]["best_score"] == pytest.approx(two.values["best_score"])
    assert 100 * records["C16"]["black"] == pytest.approx(two.values["black"])
    assert 100 * records["C17"]["majority_accuracy"] == pytest.approx(
        two.values["majority_accuracy"]
    )
    hands = page("hands").values
    assert records["C24"]["slant"] == [hands["slant_low"], hands["slant_high"]]
    assert records["C24"]["centres"][:2] == [hands["row_least"], hands["row_greatest"]]


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
def test_any_transform_with_mean_and_standard_deviation_of_the_training_set_will_do(kind):
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
    "share-of-background": [
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
    "share-of-background": [
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
