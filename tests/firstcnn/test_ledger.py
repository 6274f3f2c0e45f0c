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
        experiments.trained(
            partial(SmallCNN, channels=(2,)), images, images, Recipe(epochs=3), seed=5
        )
    first, second = ledger.new_entries()
    assert first == second and ledger.new_entries() == []
    (network,) = first["networks"]
    convolution, linear = 2 * 9 * 28 * 28, 2 * 14 * 14 * 10
    assert network["multiplications"] == (convolution + linear) * 40 * 3
    assert network["case"] == "SmallCNN" and network["seed"] == 5 and first["images"] == 40
