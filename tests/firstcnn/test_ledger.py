"""What comparisons cost."""

from functools import partial

import pytest
import torch
from firstcnn import experiments, ledger
from firstcnn.models import SmallCNN
from firstcnn.training import Recipe


@pytest.fixture
def images():
    return torch.zeros(40, 1, 28, 28), torch.arange(40) % 10


def test_a_network_that_is_asked_for_twice_is_one_network(tmp_path, monkeypatch, images):
    monkeypatch.setenv("FIRSTCNN_CACHE", str(tmp_path))
    ledger.new_entries()
    for _ in range(2):
        _, history = experiments.trained(
            partial(SmallCNN, channels=(2,)), images, images, Recipe(epochs=3), seed=5
        )
    first, second = ledger.new_entries()
    assert first == second and ledger.new_entries() == []
    (network,) = first["networks"]
    convolution, linear = 2 * 9 * 28 * 28, 2 * 14 * 14 * 10
    assert network["multiplications"] == (convolution + linear) * 40 * 3
    assert network["case"] == "SmallCNN" and network["seed"] == 5 and first["images"] == 40
    assert network["seconds"] == sum(history.seconds) > 0, "of the training, though it is read now"


def test_a_comparison_notes_the_seconds_of_each_network_trained_or_read(
    tmp_path, monkeypatch, images
):
    monkeypatch.setenv("FIRSTCNN_CACHE", str(tmp_path))
    ledger.new_entries()
    cases = {"few": (partial(SmallCNN, channels=(2,)), Recipe(epochs=1))}
    cases["many"] = (partial(SmallCNN, channels=(3,)), Recipe(epochs=1))
    runs = experiments.sweep(cases, images, images, seeds={"few": [0, 1], "many": [0]})
    experiments.networks(cases, images, images, seeds=[0])
    asked, again = (entry["networks"] for entry in ledger.new_entries())
    assert [(each["case"], each["seed"]) for each in asked] == [("few", 0), ("few", 1), ("many", 0)]
    assert [each["seconds"] for each in asked] == runs["seconds"].tolist()
    assert again == [asked[0], asked[2]]
