"""The benchmark's own arithmetic, and one of its trainings on few images. Its timings are judged by nobody here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def beside(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))


def runs(*pairs):
    return [{"seconds": seconds, "accuracy": accuracy} for seconds, accuracy in pairs]


def test_the_last_line_by_hand():
    import benchmark

    lecture = runs((150, 0.99), (170, 0.98), (160, 0.991))
    recipe = runs((16, 0.9915), (14, 0.98), (15, 0.995))
    line = benchmark.last_line({"lecture": lecture, "recipe": recipe})
    assert line == "bench: 10.7 times faster, accuracy 99.15% against 99.00%"


def test_every_millisecond_belongs_to_one_kind_of_work():
    import floor

    found = floor.by_kind({"aten::mkldnn_convolution": 3.0, "aten::mm": 2.0, "aten::addmm": 1.0, "aten::pow": 0.5})
    assert found["convolutions"] == 3 and found["fully connected layers"] == 3 and found["everything else"] == 0.5
    assert sum(found.values()) == 6.5


def test_the_public_network_is_the_one_described():
    import public_recipe
    from firstcnn.models import count_parameters

    convolutions = 24 * (25 + 1) + 32 * (24 * 9 + 1)
    assert count_parameters(public_recipe.TwoConvolutions()) == convolutions + 256 * 801 + 10 * 257


@pytest.mark.parametrize("name", ["FastCNN, 1 epochs", "public"])
def test_a_training_in_a_process_of_its_own(name):
    environment = {**os.environ, "FIRSTCNN_PROFILE": "quick", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(HERE / "contenders.py"), name, "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["accuracy"] > 0.3 and found["seconds"] > 0 and found["validation_seconds"] > 0
