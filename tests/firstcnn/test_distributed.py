"""One network trained by two processes: the numbers of one process."""

import os
import struct
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest
import torch
from firstcnn import distributed, models
from firstcnn.training import Recipe, fit

SETUP = """
import torch
from firstcnn import models
from firstcnn.augment import Affine
from firstcnn.training import Recipe

def pair(seed, count):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 1, 28, 28, generator=generator), torch.arange(count) % 10

TRAIN, VALIDATION = pair(0, 77), pair(1, 33)  # 32, 32 and 13 images: the two shares are uneven
COMMON = {"epochs": 2, "batch_size": 32, "precision": "float32"}
RECIPES = {
    "adam": Recipe(**COMMON, augmentation=Affine(rotation=10, translation=0.1)),
    "sgd": Recipe(**COMMON, optimizer="sgd", learning_rate=0.05, label_smoothing=0.1),
}

def network():
    torch.manual_seed(5)
    return models.TinyCNN()
"""
TOGETHER = """
import os, sys
from dataclasses import asdict
from firstcnn.distributed import fit_distributed, joined
results = {}
with joined():
    for name, recipe in RECIPES.items():
        model = network()
        history = fit_distributed(model, TRAIN, VALIDATION, recipe, seed=3)
        results[name] = {"history": asdict(history), "state": model.state_dict()}
        assert not model.training
torch.save(results, os.path.join(sys.argv[1], os.environ["RANK"]))
"""


def torchrun(*arguments, processes=2, **environment):
    environment = os.environ | {"OMP_NUM_THREADS": "1"} | environment
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        f"--nproc-per-node={processes}",
    ]
    return subprocess.run(
        [*command, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """What each of two processes returned."""
    folder = tmp_path_factory.mktemp("distributed")
    (folder / "program.py").write_text(SETUP + TOGETHER)
    done = torchrun(folder / "program.py", folder)
    assert done.returncode == 0, done.stderr
    return [torch.load(folder / rank, weights_only=True) for rank in "01"]


@pytest.fixture(scope="module")
def alone():
    """What one process does with the same batches."""
    names = {}
    exec(SETUP, names)
    results = {}
    for name, recipe in names["RECIPES"].items():
        model = names["network"]()
        history = fit(model, names["TRAIN"], names["VALIDATION"], recipe, seed=3)
        results[name] = {"history": asdict(history), "state": model.state_dict()}
    return results


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_two_processes_take_the_steps_of_one(together, alone, name):
    found, expected = together[0][name], alone[name]
    assert len(expected["history"]["step_loss"]) == 6
    for measure in (
        "step_loss",
        "train_loss",
        "train_accuracy",
        "validation_loss",
        "validation_accuracy",
    ):
        assert found["history"][measure] == pytest.approx(expected["history"][measure], rel=2e-5), (
            measure
        )
    for weight, value in expected["state"].items():
        torch.testing.assert_close(found["state"][weight], value, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_both_processes_end_with_the_same_network(together, name):
    first, second = (result[name] for result in together)
    assert all(
        torch.equal(first["state"][weight], second["state"][weight]) for weight in first["state"]
    )
    for result in (first, second):
        del result["history"]["seconds"]
    assert first["history"] == second["history"]


# ------------------------------------------------------------------------------------------------
# the command line


def idx(values):
    return (
        struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
        + values.astype(np.uint8).tobytes()
    )


@pytest.fixture
def images(tmp_path):
    """A folder of IDX files, as small as they may be."""
    random, folder = np.random.default_rng(0), tmp_path / "images"
    folder.mkdir()
    for part, count in {"train": 3000, "t10k": 500}.items():
        (folder / f"{part}-images-idx3-ubyte").write_bytes(
            idx(random.integers(0, 256, (count, 28, 28)))
        )
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.arange(count) % 10))
    return folder


def test_the_command_writes_the_weights_once(tmp_path, images):
    file = tmp_path / "weights.pt"
    options = [
        "--network",
        "TinyCNN",
        "--epochs",
        1,
        "--batch-size",
        500,
        "--data",
        images,
        "--output",
        file,
    ]
    done = torchrun("-m", "firstcnn.distributed", *options, FIRSTCNN_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("validation_accuracy") == 1
    models.TinyCNN().load_state_dict(torch.load(file, weights_only=True))
    assert not list(tmp_path.glob("*.partial"))


def test_without_torchrun_it_says_how(monkeypatch, capsys):
    monkeypatch.delenv("RANK", raising=False)
    assert distributed.main(["--epochs", "1"]) == 1
    assert "torchrun --nproc-per-node 2 -m firstcnn.distributed" in capsys.readouterr().err
    pair = torch.zeros(4, 1, 28, 28), torch.arange(4)
    with pytest.raises(RuntimeError, match="torchrun"):
        distributed.fit_distributed(models.TinyCNN(), pair, pair, Recipe(epochs=1))


ERRORS = """
import os
from dataclasses import replace
import pytest
from firstcnn.distributed import fit_distributed, joined
first = os.environ["RANK"] == "0"
with joined():
    with pytest.raises(ValueError, match="Process 1 was given other images, another recipe or another seed"):
        fit_distributed(network(), TRAIN if first else pair(7, 77), VALIDATION, RECIPES["sgd"])
    with pytest.raises(ValueError, match="Process 1 was given"):
        fit_distributed(network(), TRAIN, VALIDATION, RECIPES["sgd"], seed=int(first))
    with pytest.raises(ValueError, match="2 processes cannot share a batch of 1 images"):
        fit_distributed(network(), TRAIN, VALIDATION, replace(RECIPES["sgd"], batch_size=38))
    with pytest.raises(RuntimeError, match="finite"):
        fit_distributed(network(), TRAIN, VALIDATION, replace(RECIPES["sgd"], learning_rate=1e30, schedule="constant"))
"""


def test_errors_are_the_same_in_each_process(tmp_path):
    (tmp_path / "program.py").write_text(SETUP + ERRORS)
    done = torchrun(tmp_path / "program.py")
    assert done.returncode == 0, done.stderr
