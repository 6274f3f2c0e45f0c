"""Accuracies and differences in words, and the images, recipes and seeds that comparisons share."""

import dataclasses

import pandas as pd
import pytest
import torch
from firstcnn import data, experiments, models, profiles
from lessons import setting, wording

ROW = {"case": "A", "accuracy": 0.9781, "low": 0.9742, "high": 0.9815}
GAP = {"case": "A", "difference": -0.0012, "low": -0.003, "high": 0.0004}


def test_an_accuracy_is_told_with_its_interval():
    assert wording.accuracy(ROW) == "97.81% (97.42% to 98.15%)"
    assert wording.accuracies(pd.DataFrame([ROW, ROW | {"case": "B"}])) == (
        "A: 97.81% (97.42% to 98.15%); B: 97.81% (97.42% to 98.15%)"
    )


def test_a_difference_is_told_in_points_with_its_verdict():
    row = GAP | {"verdict": "not shown different"}
    told = "not shown different (−0.12 points, −0.30 to +0.04)"
    assert wording.difference(row) == told
    assert wording.differences(pd.DataFrame([row])) == f"A: {told}"


def test_tables_of_a_sweep_are_read_in_percent_and_in_points():
    right = [torch.tensor([True, True, False, True]).numpy()] * 2
    runs = pd.DataFrame({"case": ["A", "B"], "seed": [0, 0], "right": right})
    shown = wording.in_percent(experiments.intervals(runs))
    assert shown["accuracy"].tolist() == ["75.00%", "75.00%"] and shown["seeds"].tolist() == [1, 1]
    shown = wording.in_points(experiments.differences(runs, against="A"))
    ends = ["−49.00", "+49.00"]  # 1.96 of one image in four
    assert shown[["difference", "low", "high"]].iloc[0].tolist() == ["+0.00", *ends]


@pytest.fixture
def trial(monkeypatch):
    monkeypatch.setenv("FIRSTCNN_PROFILE", "trial")


def test_images_are_normalised_by_the_training_images_alone(trial):
    (images, labels), (others, _) = setting.normalised_sets()
    assert images.shape == (profiles.TRIAL.train, 1, 28, 28) and len(labels) == len(images)
    assert images.mean().abs() < 1e-4 and (images.std() - 1).abs() < 1e-3
    assert others.mean().abs() > 1e-4
    train, _ = data.open_training_sets()
    black = images[train.images[:, None] == 0]
    assert black.min().item() == black.max().item() == pytest.approx(setting.background())


def test_the_small_budget_takes_the_first_images(trial):
    pair = torch.arange(5000)[:, None], torch.arange(5000)
    for count, expected in ((None, 2000), (30, 30)):
        images, labels = setting.first_images(pair, count)
        assert images[:, 0].tolist() == labels.tolist() == list(range(expected))


def test_epochs_are_told_in_words(trial, monkeypatch):
    assert setting.epochs_in_words(setting.recipe()) == "1 epoch"
    monkeypatch.setenv("FIRSTCNN_PROFILE", "full")
    assert setting.epochs_in_words(setting.small_recipe()) == "2 epochs"


@pytest.mark.parametrize(
    ("build", "epochs", "images", "least", "count"),
    [
        (models.DenseNetwork, 2, 50_000, 3, 10),  # 101,632 × 50,000 × 2 = 1.0e10
        (models.DenseNetwork, 15, 50_000, 1, 3),  # 7.6e10
        (models.SimpleCNN, 2, 10_000, 1, 3),  # 10,667,520 × 10,000 × 2 = 2.1e11
        (models.SimpleCNN, 5, 10_000, 1, 1),
        (models.SimpleCNN, 2, 50_000, 3, 3),
    ],
)
def test_what_trains_in_seconds_has_more_seeds(monkeypatch, build, epochs, images, least, count):
    monkeypatch.setenv("FIRSTCNN_PROFILE", "full")
    taught = setting.recipe_for(epochs)
    assert setting.seeds_of(build, taught, images, least) == range(count)
    assert setting.seeds_of_each({"a": (build, taught)}, images, least) == {"a": range(count)}


def test_previews_have_two_seeds_or_one_of_a_costly_network(trial):
    twice = setting.recipe_for(2)
    assert setting.seeds_of(models.DenseNetwork, twice, 800) == range(2)
    assert setting.seeds_of(models.ComplexCNN, twice, 800) == range(1)  # 4.8e10
    assert setting.seeds_of(models.ComplexCNN, twice, 800, least=3) == range(2)


@pytest.mark.parametrize("profile", ["full", "trial"])
def test_a_longer_training_differs_in_nothing_but_its_epochs(monkeypatch, profile):
    monkeypatch.setenv("FIRSTCNN_PROFILE", profile)
    usual = setting.recipe()
    assert usual.epochs in setting.budgets()
    assert setting.recipe_for(usual.epochs) == usual, "so it is not trained twice"
    assert setting.recipe_for(15, 64) == dataclasses.replace(usual, epochs=15, batch_size=64)


def test_seeds_are_counted_in_words():
    assert wording.seeds({"A": range(10), "B": range(3), "C": range(3), "D": range(1)}) == (
        "10 of A, 3 of B and C, 1 of D"
    )
    assert wording.seeds({"A": range(2), "B": range(2)}) == "2 of each"


@pytest.mark.parametrize(
    ("seconds", "said"), [(41.4, "41 seconds"), (725, "12 minutes"), (9000, "2.5 hours")]
)
def test_a_time_is_told_in_the_unit_that_one_would_use(seconds, said):
    assert wording.duration(seconds) == said
