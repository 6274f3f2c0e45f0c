"""Where networks train: the device that is found and named; nothing left behind on a stand-in for a
GPU; and on the CPU the same bits as a plain loop.
"""

import json
from dataclasses import dataclass, replace

import pytest
import torch
from firstcnn import augment, device, experiments, training
from firstcnn.evaluation import predict
from firstcnn.experiments import engines
from firstcnn.experiments.network import this_machine
from firstcnn.layout import fast_layout
from firstcnn.precision import bfloat16_is_fast, precision_here
from firstcnn.training import Recipe, evaluate, fit, train_epoch
from lessons import book_work
from other_device import CPU, DEVICE, NAME, MixedDevices, OtherDevice, There
from torch import nn
from torch.nn import functional as F

CUDA = torch.device("cuda")


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv(device.VARIABLE, raising=False)


def accelerator(monkeypatch, found, count=1):
    """Let PyTorch, built for CUDA, find this accelerator on the machine, or none."""

    def current(check_available=False):
        return found if check_available else CUDA

    monkeypatch.setattr(torch.accelerator, "current_accelerator", current)
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: count if found else 0)


@pytest.fixture
def elsewhere(monkeypatch):
    """A machine whose accelerator is the stand-in."""
    accelerator(monkeypatch, DEVICE)
    with OtherDevice() as other:
        yield other


# --------------------------------------------------------------------------------------------------
# which device


@pytest.mark.parametrize(
    ("there", "variable", "name", "found"),
    [
        (None, None, "auto", "cpu"),
        (CUDA, None, "auto", "cuda"),
        (torch.device("mps"), None, "auto", "mps"),
        (CUDA, "", "auto", "cuda"),
        (CUDA, "auto", "auto", "cuda"),
        (CUDA, "cpu", "auto", "cpu"),
        (CUDA, "cpu", "cuda", "cuda"),
        (CUDA, "cuda:1", "auto", "cuda:1"),
        (CUDA, None, "cuda:1", "cuda:1"),
        (CUDA, None, CUDA, "cuda"),
        (CUDA, None, "cpu", "cpu"),
        (None, None, "cpu:0", "cpu"),
    ],
)
def test_the_best_device_is_found_and_another_one_can_be_chosen(
    monkeypatch, there, variable, name, found
):
    accelerator(monkeypatch, there, count=2)
    if variable is not None:
        monkeypatch.setenv(device.VARIABLE, variable)
    assert device.find_device(name) == torch.device(found)


@pytest.mark.parametrize(
    ("there", "variable", "name", "message"),
    [
        (None, None, "cuda", "device is 'cuda', but PyTorch finds only the CPU .*'auto' or 'cpu'"),
        (None, "cuda", "auto", "FIRSTCNN_DEVICE is 'cuda', but PyTorch finds only the CPU"),
        (CUDA, None, "mps", "the CPU and 2 GPUs of the type 'cuda'.*'auto' or 'cpu' or 'cuda'"),
        (CUDA, None, "cuda:2", "device is 'cuda:2', but"),
        (CUDA, None, "gpu", "device is 'gpu', but"),
        (CUDA, "GPU", "auto", "FIRSTCNN_DEVICE is 'GPU', but"),
    ],
)
def test_a_device_that_is_not_there_is_refused_in_a_sentence(
    monkeypatch, there, variable, name, message
):
    accelerator(monkeypatch, there, count=2)
    if variable is not None:
        monkeypatch.setenv(device.VARIABLE, variable)
    with pytest.raises(ValueError, match=message):
        device.find_device(name)


@pytest.mark.parametrize(
    ("there", "variable", "said"),
    [
        (None, "", "Networks train on the CPU: PyTorch finds no GPU here."),
        (
            CUDA,
            "",
            "Networks train on the GPU: A Card (cuda). FIRSTCNN_DEVICE=cpu chooses the CPU.",
        ),
        (CUDA, "cpu", "Networks train on: CPU, as FIRSTCNN_DEVICE says."),
        (torch.device("mps"), "mps", "Networks train on: GPU (mps), as FIRSTCNN_DEVICE says."),
    ],
)
def test_a_sentence_says_on_what_networks_train(monkeypatch, there, variable, said):
    accelerator(monkeypatch, there)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda found: "A Card")
    monkeypatch.setenv(device.VARIABLE, variable)
    assert device.announcement() == said
    assert device.in_words() in said


# --------------------------------------------------------------------------------------------------
# nothing is left behind


def pair(count=40, seed=0):
    """Images 8 × 8 and labels of three classes."""
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(count, 1, 8, 8, generator=draw), torch.arange(count) % 3


class Small(nn.Module):
    """Convolution, batch norm, pooling and dropout; ``extra`` is added to the logits."""

    def __init__(self, extra=None):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4)
        self.dropout, self.fc = nn.Dropout(0.5), nn.Linear(4 * 9, 3)
        self.extra = extra

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm(self.conv(x))), 2)
        logits = self.fc(self.dropout(x.flatten(1)))
        return logits if self.extra is None else logits + self.extra


def small(extra=None, seed=0):
    torch.manual_seed(seed)
    return Small(extra)


MOVES = augment.Chain((augment.Affine(rotation=10, translation=0.1, fill=-0.4), augment.Noise(0.1)))
RECIPE = Recipe(epochs=2, batch_size=12, augmentation=MOVES, precision="float32")
DRAWING = {  # what draws the order of the images and the augmentation, Adam's counters, the losses
    "_to_copy",
    *("randperm", "rand", "normal_", "empty_like", "lift_fresh", "empty", "uniform_"),
    *("mul", "rsub", "sub", "add", "add_", "_local_scalar_dense"),
}


def test_training_on_another_device_leaves_nothing_on_the_cpu_and_learns_the_same(elsewhere):
    expected, model, sets = small(), small(), (pair(), pair(30, seed=1))
    recipe = replace(RECIPE, optimizer="sgd")  # Adam takes a step for the least rounding
    history = fit(expected, *sets, recipe, seed=3, device="cpu")
    found = fit(model, *sets, recipe, seed=3)
    assert ("convolution", "there") in elsewhere.done
    assert found.step_loss == pytest.approx(history.step_loss, rel=1e-4)
    assert found.validation_loss == pytest.approx(history.validation_loss, rel=1e-4)
    assert found.train_accuracy == history.train_accuracy
    for name, value in model.state_dict().items():
        assert type(value) is torch.Tensor and value.device == CPU
        torch.testing.assert_close(value, expected.state_dict()[name], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("optimizer", training.OPTIMIZERS)
def test_while_another_device_trains_the_cpu_only_draws(elsewhere, optimizer):
    fit(small(), pair(), pair(), replace(RECIPE, optimizer=optimizer))
    here = {name for name in elsewhere.here_meanwhile() if not name.startswith("_record")}
    assert {"randperm", "rand", "normal_"} <= here <= DRAWING


FOUND = torch.accelerator.current_accelerator(check_available=True)


@pytest.mark.parametrize("place", ["cpu", *([FOUND.type] if FOUND else [])])
def test_every_device_of_this_machine_learns_the_same(place):
    recipe = replace(RECIPE, optimizer="sgd")
    models = [small(), small()]
    for model in models:
        model.dropout.p = 0.0  # each device draws its own
    expected = fit(models[0], pair(), pair(30, seed=1), recipe, seed=3, device="cpu")
    found = fit(models[1], pair(), pair(30, seed=1), recipe, seed=3, device=place)
    assert found.step_loss == pytest.approx(expected.step_loss, rel=0.02)
    answers = [predict(model.to(place), pair()[0]) for model in models]
    assert answers[0].device == answers[1].device == CPU
    torch.testing.assert_close(*answers, rtol=0.02, atol=0.02)


@dataclass(frozen=True)
class Stays:
    """An augmentation whose draws stay on the CPU."""

    def __call__(self, images, generator=None):
        return images + torch.randn(images.shape, generator=generator)


@pytest.mark.parametrize(
    ("model", "augmentation", "operation"),
    [
        (lambda: small(extra=torch.ones(3)), None, "add"),
        (small, Stays(), "add"),
    ],
)
def test_a_tensor_that_is_left_behind_is_noticed(elsewhere, model, augmentation, operation):
    recipe = Recipe(epochs=1, batch_size=12, augmentation=augmentation)
    model = model()
    with pytest.raises(MixedDevices, match=f"^{operation}: "):
        fit(model, pair(), pair(), recipe)
    assert next(model.parameters()).device == CPU


def test_a_training_waits_for_the_device_as_often_for_five_steps_as_for_one(elsewhere):
    reads = []
    for size in (40, 8):
        elsewhere.reads = 0
        fit(small(), pair(), pair(), Recipe(epochs=1, batch_size=size, augmentation=MOVES))
        reads.append(elsewhere.reads)
    assert reads[0] == reads[1] > 0


def test_a_loss_that_is_not_finite_names_its_step_on_another_device_too(elsewhere):
    images, labels = pair()
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
    recipe = Recipe(1, 10, "sgd", learning_rate=1e30, schedule="constant", precision="float32")
    with pytest.raises(RuntimeError, match=r"became (nan|inf) at step 2 of 4 "):
        fit(model, (images, labels), (images, labels), recipe)


def test_sets_and_network_may_be_on_the_device_already_and_stay_there(elsewhere):
    model, there = small().to(NAME), tuple(tensor.to(NAME) for tensor in pair())
    fit(model, there, there, RECIPE)
    assert all(isinstance(parameter.data, There) for parameter in model.parameters())


def test_evaluation_and_prediction_happen_where_the_network_is(elsewhere):
    images, labels = pair()
    here, there = small().eval(), small().eval().to(NAME)
    expected = evaluate(here, images, labels, batch_size=16)
    logits = predict(here, images, batch_size=16)
    for x, y in ((images, labels), (images.to(NAME), labels.to(NAME))):
        assert evaluate(there, x, y, batch_size=16) == expected
        found = predict(there, x, batch_size=16)
        assert type(found) is torch.Tensor and torch.equal(found, logits)
    assert evaluate(here, images.to(NAME), labels.to(NAME)) == pytest.approx(expected)


@pytest.mark.parametrize("seed", [None, 5])
def test_a_seed_means_the_same_changes_on_every_device(elsewhere, seed):
    images, _ = pair()

    def changed(batch):
        torch.manual_seed(9)
        generator = None if seed is None else torch.Generator().manual_seed(seed)
        return MOVES(batch, generator)

    here, there = changed(images), changed(images.to(NAME))
    assert isinstance(there, There) and torch.equal(there.here, here)
    turned = augment.rotate(images.to(NAME), torch.linspace(-20, 20, len(images)))
    assert torch.equal(turned.here, augment.rotate(images, torch.linspace(-20, 20, len(images))))


@pytest.mark.parametrize("loop", [book_work.train_epoch, train_epoch])
def test_loops_take_the_batches_of_a_loader_to_the_network(elsewhere, loop):
    batches, losses = [pair(8), pair(8, seed=1)], []
    for place in ("cpu", NAME):
        model = small().to(place)
        losses.append(loop(model, batches, torch.optim.SGD(model.parameters(), lr=0.1)))
    assert losses[0] == losses[1]


def test_the_readers_evaluation_takes_the_batches_of_a_loader_to_the_network(elsewhere):
    batches = [pair(8), pair(5, seed=1)]
    here, there = (book_work.evaluate(small().to(place), batches) for place in ("cpu", NAME))
    assert here == there


def plain_epoch(model, loader, optimizer):
    for images, labels in loader:
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()


def test_a_loop_that_moves_nothing_is_noticed(elsewhere):
    model = small().to(NAME)
    with pytest.raises(MixedDevices, match="convolution"):
        plain_epoch(model, [pair(8)], torch.optim.SGD(model.parameters(), lr=0.1))


@pytest.mark.parametrize(
    ("network", "images", "labels", "message"),
    [
        ("cpu", NAME, NAME, "training images are on meta, but the network is on cpu: .*to\\('cpu'"),
        ("cpu", "cpu", NAME, "training labels are on meta, but the network is on cpu"),
        (NAME, "cpu", "cpu", "training images are on cpu, but the network is on meta: .*'meta'"),
        (NAME, NAME, "cpu", "training labels are on cpu, but the network is on meta"),
    ],
)
def test_sets_and_network_on_several_devices_are_refused_in_a_sentence(
    elsewhere, network, images, labels, message
):
    first, second = pair()
    train = first.to(images), second.to(labels)
    with pytest.raises(ValueError, match=message):
        fit(small().to(network), train, pair(), Recipe(epochs=1))


def test_a_network_on_several_devices_and_one_on_a_device_that_does_not_train_are_refused(
    elsewhere,
):
    model = small()
    model.fc.to(NAME)
    with pytest.raises(ValueError, match="Small are on several devices, cpu and meta: move"):
        fit(model, pair(), pair(), Recipe(epochs=1))
    there = tuple(tensor.to(NAME) for tensor in pair())
    with pytest.raises(ValueError, match="images: on meta, but the CPU trains here"):
        fit(small().to(NAME), there, there, Recipe(epochs=1), device="cpu")


# --------------------------------------------------------------------------------------------------
# sweeps and kept networks


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRSTCNN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "networks"


def test_a_sweep_on_a_gpu_runs_in_this_process_and_returns_tensors_of_the_cpu(
    own_cache, elsewhere, monkeypatch
):
    monkeypatch.setattr(engines, "in_processes", None)  # whoever calls it fails
    cases, judged = {"small": (Small, RECIPE)}, {"others": pair(10, seed=2)}
    rows = experiments.sweep(cases, pair(), pair(30, seed=1), seeds=[0, 1], judged_on=judged)
    assert list(rows["device"]) == 2 * ["GPU (meta)"]
    assert ("convolution", "there") in elsewhere.done
    elsewhere.done.clear()
    again = experiments.sweep(cases, pair(), pair(30, seed=1), seeds=[0, 1], judged_on=judged)
    assert ("convolution", "there") not in elsewhere.done  # read, not trained
    assert list(again["accuracy"]) == list(rows["accuracy"])
    networks = experiments.networks(cases, pair(), pair(30, seed=1), seeds=[0, 1])
    for model, _ in networks.values():
        assert all(type(value) is torch.Tensor for value in model.state_dict().values())
    model, _ = experiments.trained(Small, pair(), pair(30, seed=1), RECIPE, seed=0)
    assert ("convolution", "there") not in elsewhere.done
    assert torch.equal(model.fc.weight, networks["small", 0][0].fc.weight)


def test_networks_of_the_cpu_and_of_a_gpu_are_kept_apart(own_cache, elsewhere):
    sets = pair(), pair(30, seed=1)
    for place, count in (("cpu", 1), (NAME, 2), ("cpu", 2), ("auto", 2)):
        experiments.trained(Small, *sets, RECIPE, device=place)
        assert len(list(own_cache.glob("*.pt"))) == count


def test_what_the_cpu_trains_is_kept_under_the_key_that_it_always_had():
    names = {"python", "torch", "cpu_capability", "threads", "bfloat16_is_fast"}
    assert set(this_machine()) == set(this_machine(CPU)) == names
    assert engines.machines_of("local") == [this_machine() | {"threads": 1}]
    recipe = json.loads(json.dumps(vars(Recipe())))
    assert "device" not in recipe


def test_the_key_of_a_gpu_has_its_name_and_no_number_of_threads(monkeypatch):
    accelerator(monkeypatch, CUDA)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    keys = []
    for name in ("One Card", "Another"):
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda found, name=name: name)
        keys.append(this_machine(CUDA))
    assert keys[0]["device"] == "One Card (cuda)" and keys[0] != keys[1]
    assert keys[0]["threads"] == 1 and keys[0]["bfloat16_is_fast"] is True


@pytest.mark.parametrize("engine", ["loky", "dask"])
def test_other_engines_train_on_cpus_and_say_so(monkeypatch, engine):
    accelerator(monkeypatch, CUDA)
    assert engines.device_for(engine) == engines.device_for(engine, "cpu") == CPU
    with pytest.raises(ValueError, match=f"engine='{engine}' trains on CPUs, and device is 'cuda'"):
        experiments.sweep({}, pair(), pair(), engine=engine, device="cuda")


# --------------------------------------------------------------------------------------------------
# numbers and memory


@pytest.mark.parametrize("supported", [True, False])
def test_a_gpu_computes_in_bfloat16_where_that_is_known_to_be_fast(monkeypatch, supported):
    asked = []

    def is_bf16_supported(including_emulation):
        asked.append(including_emulation)
        return supported

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", is_bf16_supported)
    assert bfloat16_is_fast(CUDA) is supported and asked == [False]
    assert precision_here("auto", CUDA) == ("bfloat16" if supported else "float32")
    assert precision_here("auto", torch.device("mps")) == "float32"
    assert precision_here("bfloat16", torch.device("mps")) == "bfloat16"


def test_weights_have_the_layout_of_their_device(elsewhere):
    model = fast_layout(small_with_depth())
    assert is_channels_last(model) and not is_channels_last(fast_layout(model.to(NAME)))
    assert is_channels_last(fast_layout(model.to("cpu")))


def small_with_depth():
    return nn.Sequential(nn.Conv2d(3, 4, 3))


def is_channels_last(model):
    return model[0].weight.is_contiguous(memory_format=torch.channels_last)


# --------------------------------------------------------------------------------------------------
# on the CPU


class Convolutions(nn.Module):
    """Convolutions to the end, so that the layout of no gradient has to be mended."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 3, 6)
        self.dropout = nn.Dropout(0.3)

    def forward(self, x):
        return self.second(self.dropout(F.relu(self.first(x)))).flatten(1)


class Dense(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Flatten(), nn.Linear(64, 20), nn.ReLU(), nn.Dropout(0.5), nn.Linear(20, 3)
        )


def plain_loop(model, images, labels, recipe, seed):
    """The training as one writes it down for the CPU; return the losses."""
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    steps = recipe.epochs * -(-len(images) // recipe.batch_size)
    options = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay, "fused": True}
    if recipe.optimizer == "adam":
        optimizer = torch.optim.Adam(model.parameters(), betas=recipe.betas, **options)
    else:
        optimizer = torch.optim.SGD(model.parameters(), momentum=recipe.momentum, **options)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=steps, cycle_momentum=False
    )
    model.to(memory_format=torch.channels_last).train()
    losses = []
    for _ in range(recipe.epochs):
        for chosen in torch.randperm(len(images), generator=draw).split(recipe.batch_size):
            batch = recipe.augmentation(images[chosen], generator=draw)
            optimizer.zero_grad()
            half = recipe.precision == "bfloat16"
            with torch.autocast("cpu", torch.bfloat16, enabled=half, cache_enabled=False):
                logits = model(batch)
                loss = F.cross_entropy(
                    logits, labels[chosen], label_smoothing=recipe.label_smoothing
                )
                loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
    return losses


@pytest.mark.parametrize("network", [Dense, Convolutions])
@pytest.mark.parametrize(
    "options",
    [
        {"precision": "float32"},
        {"precision": "bfloat16", "label_smoothing": 0.1},
        {"precision": "float32", "optimizer": "sgd", "weight_decay": 0.01},
    ],
)
def test_on_the_cpu_training_gives_the_bits_of_a_plain_loop(network, options):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    recipe = Recipe(epochs=2, batch_size=12, augmentation=MOVES, **options)
    torch.manual_seed(1)
    model = network()
    torch.manual_seed(1)
    by_hand = network()
    history = fit(model, pair(), pair(), recipe, seed=4, device="cpu")
    losses = plain_loop(by_hand, *pair(), recipe, seed=4)
    torch.set_num_threads(threads)
    assert history.step_loss == losses
    for name, value in model.state_dict().items():
        assert torch.equal(value, by_hand.state_dict()[name])


def test_draws_on_the_cpu_are_those_of_pytorch_in_the_same_order():
    images, _ = pair()
    draw, expected = torch.Generator().manual_seed(2), torch.Generator().manual_seed(2)
    found = augment.Noise(0.5)(images, draw)
    assert torch.equal(
        found, images + 0.5 * torch.empty_like(images).normal_(0.0, 1.0, generator=expected)
    )
    augment.Affine(rotation=5)(images, draw)
    for _ in range(5):
        torch.rand(len(images), generator=expected)
    assert torch.equal(draw.get_state(), expected.get_state())


def test_the_names_of_fused_optimizers_are_those_that_pytorch_has():
    for kind in set(training.FUSED) & {"cpu"}:
        weights = [nn.Parameter(torch.ones(2, device=kind))]
        torch.optim.Adam(weights, fused=True), torch.optim.SGD(weights, fused=True)
