"""What chapter 2 measures, against NumPy, SciPy and torchvision."""

import numpy as np
import pytest
from bookkit.mime import RECORD
from firstcnn import claims, data, profiles
from scipy import ndimage
from torchvision import datasets


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
    return data.open_training_sets(profile=profiles.QUICK)


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
    assert (two.values["fewest"], two.values["most"]) == (counts.min(), counts.max()) == (5421, 6742)
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
    assert two.values["train_images"] == profiles.QUICK.train
    assert two.values["validation_images"] == profiles.QUICK.validation


def test_intensities_are_those_of_the_whole_set(two, images):
    black = np.mean(images == 0, axis=(1, 2))
    assert two.values["pixels"] == images.size
    assert two.values["black"] == pytest.approx(100 * black.mean(), abs=1e-3)
    assert two.values["black_least"] == pytest.approx(100 * black.min(), abs=1e-3)
    assert two.values["black_greatest"] == pytest.approx(100 * black.max(), abs=1e-3)
    assert two.values["full"] == pytest.approx(100 * np.mean(images >= 250), abs=1e-3)
    assert two.values["black"] + two.values["full"] + two.values["between"] == pytest.approx(100, abs=1e-3)


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
    for claim in ("C16", "C17", "C24"):  # these hold of a few thousand images, too; C08 asks for the real split
        assert claims.verdict(claim, records[claim])
    assert 100 * records["C08"]["best_score"] == pytest.approx(two.values["best_score"])
    assert 100 * records["C16"]["black"] == pytest.approx(two.values["black"])
    assert 100 * records["C17"]["majority_accuracy"] == pytest.approx(two.values["majority_accuracy"])
    assert records["C24"]["slant"] == [two.values["slant_low"], two.values["slant_high"]]
    assert records["C24"]["centres"][:2] == [two.values["row_least"], two.values["row_greatest"]]
