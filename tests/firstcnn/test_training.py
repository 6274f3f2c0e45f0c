"""Training against arithmetic of the test's own, and `fit` from outside: what it learns, repeats
and refuses.
"""

import math
import os
import platform
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from firstcnn import training
from firstcnn.training import Recipe, batches, evaluate, fit, train_epoch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

PLAIN = {"precision": "float32", "schedule": "constant"}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Networks as small as these are slower on two."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def bright_spots(count, seed=0, classes=4):
    """Images 8 × 8 whose class is the quarter that is bright: easy, and no digits."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % classes
    images = 0.3 * torch.randn(count, 1, 8, 8, generator=generator)
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(label.item(), 2)
        image[0, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 1
    return images, labels


def small_network(dropout=0.0, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(8 * 16, 4),
    )


def linear_network():
    torch.manual_seed(3)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 4))


class SoftmaxRegression:
    """The linear network with gradients written out, in NumPy and float64."""

    def __init__(self, model):
        self.weight = model[1].weight.detach().numpy().astype(float)
        self.bias = model[1].bias.detach().numpy().astype(float)

    def probabilities(self, images):
        scores = images.flatten(1).numpy().astype(float) @ self.weight.T + self.bias
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def loss_and_accuracy(self, images, labels):
        found = self.probabilities(images)
        right = found[np.arange(len(labels)), labels.numpy()]
        return -np.log(right).mean(), (found.argmax(axis=1) == labels.numpy()).mean()

    def gradients(self, images, labels):
        error = (self.probabilities(images) - np.eye(4)[labels.numpy()]) / len(labels)
        return error.T @ images.flatten(1).numpy().astype(float), error.sum(axis=0)

    def step(self, images, labels, learning_rate):
        weight, bias = self.gradients(images, labels)
        self.weight -= learning_rate * weight
        self.bias -= learning_rate * bias


# ------------------------------------------------------------------------------------------ the
# loop as it is taught


def test_an_epoch_is_gradient_descent_on_each_batch():
    images, labels = bright_spots(24)
    model = linear_network()
    by_hand, expected, correct = SoftmaxRegression(model), [], 0
    pairs = [(images[:10], labels[:10]), (images[10:20], labels[10:20]), (images[20:], labels[20:])]
    for x, y in pairs:
        loss, accuracy = by_hand.loss_and_accuracy(x, y)
        expected.append(loss)
        correct += accuracy * len(y)
        by_hand.step(x, y, 0.1)
    losses, accuracy = train_epoch(model, pairs, torch.optim.SGD(model.parameters(), lr=0.1))
    assert losses == pytest.approx(expected, rel=1e-5)
    assert accuracy == pytest.approx(correct / 24)
    np.testing.assert_allclose(model[1].weight.detach(), by_hand.weight, atol=1e-6)
    np.testing.assert_allclose(model[1].bias.detach(), by_hand.bias, atol=1e-6)


def test_an_epoch_over_a_data_loader():
    images, labels = bright_spots(40)
    model = small_network()
    loader = DataLoader(TensorDataset(images, labels), batch_size=16)
    losses, accuracy = train_epoch(model, loader, torch.optim.Adam(model.parameters()))
    assert len(losses) == 3
    assert 0 <= accuracy <= 1
    assert model.training


def test_evaluation_by_hand():
    images, labels = bright_spots(25)
    model = linear_network()
    found = evaluate(model, images, labels)
    assert found == pytest.approx(
        SoftmaxRegression(model).loss_and_accuracy(images, labels), rel=1e-5
    )


@pytest.mark.parametrize("batch_size", [1, 7, 25, 1000])
def test_evaluation_does_not_depend_on_the_batch_size(batch_size):
    images, labels = bright_spots(25)
    model = small_network(dropout=0.5)
    assert evaluate(model, images, labels, batch_size) == pytest.approx(
        evaluate(model, images, labels, 25), rel=1e-5
    )


@pytest.mark.parametrize("mode", [True, False])
def test_evaluation_is_without_dropout_and_restores_the_mode(mode):
    images, labels = bright_spots(25)
    model = small_network(dropout=0.9).train(mode)
    statistics = model[1].running_mean.clone()
    assert evaluate(model, images, labels) == evaluate(model, images, labels)
    assert all(layer.training == mode for layer in model.modules())
    assert torch.equal(model[1].running_mean, statistics)


class Refusing(nn.Module):
    def forward(self, x):
        raise RuntimeError("not this image")


def test_evaluation_leaves_every_layer_in_its_own_mode_also_when_it_fails():
    images, labels = bright_spots(8)
    model = small_network(dropout=0.5).train()
    model[1].eval()
    before = [layer.training for layer in model.modules()]
    evaluate(model, images, labels)
    assert [layer.training for layer in model.modules()] == before
    broken = nn.Sequential(model, Refusing())
    with pytest.raises(RuntimeError, match="not this image"):
        evaluate(broken, images, labels)
    with pytest.raises(RuntimeError, match="not this image"):
        fit(broken, (images, labels), (images, labels), Recipe(epochs=1))
    assert [layer.training for layer in model.modules()] == before


# --------------------------------------------------------------------------------------------------
# batches


def numbered(count):
    return torch.arange(count, dtype=torch.float32).view(-1, 1, 1, 1), torch.arange(count)


def test_batches_hold_every_image_once_with_its_label_in_a_new_order_each_time():
    found = batches(*numbered(23), 5, generator=torch.Generator().manual_seed(0))
    assert len(found) == 5
    orders = []
    for _ in range(2):
        passed = list(found)
        assert [len(y) for _, y in passed] == [5, 5, 5, 5, 3]
        assert all(torch.equal(x.flatten().long(), y) for x, y in passed)
        orders.append(torch.cat([y for _, y in passed]))
        assert torch.equal(orders[-1].sort().values, torch.arange(23))
    assert not torch.equal(*orders)
    assert not torch.equal(orders[0], torch.arange(23))


def test_batches_repeat_with_the_generator():
    first, second = (
        batches(*numbered(23), 5, generator=torch.Generator().manual_seed(4)) for _ in range(2)
    )
    for (x, y), (x_again, y_again) in zip(first, second, strict=True):
        assert torch.equal(x, x_again) and torch.equal(y, y_again)


def test_batches_are_augmented_from_the_same_generator_and_the_images_stay():
    images, labels = numbered(8)
    copy = images.clone()

    def add_a_draw(batch, generator):
        return batch + torch.rand(len(batch), 1, 1, 1, generator=generator)

    found, again = (
        list(
            batches(
                images,
                labels,
                4,
                generator=torch.Generator().manual_seed(1),
                augmentation=add_a_draw,
            )
        )
        for _ in range(2)
    )
    for (x, y), (x_again, _) in zip(found, again, strict=True):
        assert torch.equal(x, x_again)
        assert torch.equal(x.floor().flatten().long(), y)
        assert not torch.equal(x.flatten(), y.float())
    assert torch.equal(images, copy)


def test_no_batch_size_below_one():
    with pytest.raises(ValueError, match="at least one image"):
        batches(*numbered(4), 0, generator=torch.Generator())


# --------------------------------------------------------------------------------------------------
# fit


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(epochs=4, batch_size=32, precision="float32"),
        Recipe(epochs=4, batch_size=32, precision="bfloat16"),
        Recipe(epochs=4, batch_size=32, schedule="constant"),
        Recipe(epochs=4, batch_size=32, optimizer="sgd", learning_rate=0.05),
        Recipe(
            epochs=4,
            batch_size=30,
            optimizer="sgd",
            learning_rate=0.05,
            momentum=0.0,
            schedule="constant",
        ),
    ],
)
def test_fit_learns(recipe):
    history = fit(small_network(), bright_spots(192), bright_spots(64, seed=1), recipe)
    assert history.validation_accuracy[-1] > 0.95
    assert history.validation_loss[-1] < history.validation_loss[0] < math.log(4)


def test_the_history():
    model, validation = small_network(), bright_spots(20, seed=1)
    history = fit(
        model, bright_spots(50), validation, Recipe(epochs=3, batch_size=20, precision="float32")
    )
    assert len(history.step_loss) == 9
    for epoch in range(3):
        losses = history.step_loss[3 * epoch : 3 * epoch + 3]
        assert history.train_loss[epoch] == pytest.approx(np.mean(losses))
    last = (history.validation_loss[-1], history.validation_accuracy[-1])
    assert last == pytest.approx(evaluate(model, *validation))
    frame = history.to_frame()
    assert list(frame["epoch"]) == [1, 2, 3]
    columns = ["train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds"]
    assert list(frame.columns) == ["epoch", *columns]
    assert all(list(frame[name]) == getattr(history, name) for name in columns)
    assert (frame["seconds"] > 0).all()


def learning_rates(schedule, steps, peak):
    """The cycle: from a 25th of the peak up a cosine in 30 % of the steps, then down one to a
    250,000th.
    """
    if schedule == "constant":
        return [peak] * steps

    def cosine(start, end, share):
        return end + (start - end) / 2 * (1 + math.cos(math.pi * share))

    top = 0.3 * steps - 1
    return [
        (
            cosine(peak / 25, peak, step / top)
            if step <= top
            else cosine(peak, peak / 250_000, (step - top) / (steps - 1 - top))
        )
        for step in range(steps)
    ]


@pytest.mark.parametrize("schedule", ["one_cycle", "constant"])
def test_gradient_descent_under_a_schedule_by_hand(schedule):
    images, labels = bright_spots(24)
    model = linear_network()
    by_hand = SoftmaxRegression(model)
    rates, losses = learning_rates(schedule, 20, 0.8), []
    for rate in rates:
        losses.append(by_hand.loss_and_accuracy(images, labels)[0])
        by_hand.step(images, labels, rate)
    recipe = Recipe(
        20, 24, "sgd", learning_rate=0.8, momentum=0.0, schedule=schedule, precision="float32"
    )
    history = fit(model, (images, labels), (images, labels), recipe)
    assert history.step_loss == pytest.approx(losses, rel=1e-4)
    np.testing.assert_allclose(model[1].weight.detach(), by_hand.weight, atol=1e-5)


def test_momentum_and_weight_decay_by_hand():
    images, labels = bright_spots(24)
    model = linear_network()
    by_hand, velocity = SoftmaxRegression(model), 0.0
    for _ in range(6):
        gradient = by_hand.gradients(images, labels)[0] + 0.1 * by_hand.weight
        bias_gradient = by_hand.gradients(images, labels)[1] + 0.1 * by_hand.bias
        step = np.concatenate([gradient, bias_gradient[:, None]], axis=1)
        velocity = 0.7 * velocity + step
        by_hand.weight = by_hand.weight - 0.2 * velocity[:, :-1]
        by_hand.bias = by_hand.bias - 0.2 * velocity[:, -1]
    recipe = Recipe(6, 24, "sgd", learning_rate=0.2, momentum=0.7, weight_decay=0.1, **PLAIN)
    fit(model, (images, labels), (images, labels), recipe)
    np.testing.assert_allclose(model[1].weight.detach(), by_hand.weight, atol=1e-5)


def test_adam_by_hand():
    images, labels = bright_spots(24)
    model = linear_network()
    model[1].bias.requires_grad_(False)
    by_hand, mean, square = SoftmaxRegression(model), 0.0, 0.0
    for step in range(1, 7):
        gradient, _ = by_hand.gradients(images, labels)
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        change = mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        by_hand.weight = by_hand.weight - 0.02 * change
    fit(model, (images, labels), (images, labels), Recipe(6, 24, learning_rate=0.02, **PLAIN))
    np.testing.assert_allclose(model[1].weight.detach(), by_hand.weight, atol=1e-4)


@dataclass(frozen=True)
class Jitter:
    size: float = 0.1

    def __call__(self, images, generator=None):
        return images + self.size * torch.randn(images.shape, generator=generator)


def run(seed, precision="auto", state_of_the_caller=0):
    recipe = Recipe(epochs=2, batch_size=16, augmentation=Jitter(), precision=precision)
    model = small_network(dropout=0.5)
    torch.manual_seed(state_of_the_caller)
    history = fit(model, bright_spots(64), bright_spots(16, seed=1), recipe, seed=seed)
    return model.state_dict(), history.step_loss


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_same_seed_gives_the_same_bits(precision):
    weights, losses = run(7, precision)
    weights_again, losses_again = run(7, precision, state_of_the_caller=99)
    assert losses == losses_again
    assert all(torch.equal(weights[name], weights_again[name]) for name in weights)


def test_another_seed_gives_others():
    assert run(7)[1] != run(8)[1]


@pytest.mark.parametrize("source", ["order", "augmentation", "dropout"])
def test_the_seed_decides(source):
    options = {
        "order": (0.0, None, 16),
        "augmentation": (0.0, Jitter(), 64),
        "dropout": (0.5, None, 64),
    }
    dropout, augmentation, size = options[source]
    losses = []
    for seed in (0, 0, 1):
        recipe = Recipe(epochs=2, batch_size=size, augmentation=augmentation, **PLAIN)
        model = small_network(dropout)
        losses.append(fit(model, bright_spots(64), bright_spots(16), recipe, seed=seed).step_loss)
    assert losses[0] == losses[1]
    assert losses[0] != pytest.approx(losses[2], rel=1e-4)


def test_the_global_generator_is_left_as_it_was():
    model = small_network(dropout=0.5)
    state = torch.get_rng_state()
    fit(model, bright_spots(16), bright_spots(16), Recipe(epochs=1, batch_size=8))
    assert torch.equal(state, torch.get_rng_state())


def test_the_images_are_left_as_they_were():
    images, labels = bright_spots(16)
    copy = images.clone()
    fit(
        small_network(),
        (images, labels),
        (images, labels),
        Recipe(epochs=1, batch_size=8, augmentation=Jitter()),
    )
    assert torch.equal(images, copy)


def test_the_network_is_ready_to_answer_and_has_no_hooks_left():
    model = small_network(dropout=0.5)
    fit(model, bright_spots(16), bright_spots(16), Recipe(epochs=1, batch_size=8))
    assert not any(layer.training for layer in model.modules())
    assert not any(layer._forward_hooks for layer in model.modules())


# --------------------------------------------------------------------------------------------------
# precision


class Watching(nn.Module):
    """A linear network that notes how it computes."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(64, 4)
        self.seen = {True: set(), False: set()}

    def forward(self, x):
        out = self.linear(x.flatten(1))
        self.seen[self.training].add(out.dtype)
        return out


@pytest.mark.parametrize(
    "precision, used, capabilities, expected",
    [
        ("float32", "AVX512", {"avx512_bf16": True}, torch.float32),
        ("bfloat16", "AVX2", {}, torch.bfloat16),
        ("auto", "AVX2", {}, torch.float32),
        ("auto", "AVX512", {"avx512_f": True, "amx_bf16": False}, torch.float32),
        ("auto", "AVX512", {"avx512_bf16": True}, torch.bfloat16),
        ("auto", "AVX512", {"amx_bf16": True}, torch.bfloat16),
        ("auto", "AVX2", {"avx512_bf16": True, "amx_bf16": True}, torch.float32),
        ("auto", "DEFAULT", {"avx512_bf16": True}, torch.float32),
    ],
)
def test_training_computes_as_asked_and_evaluation_in_float32(
    monkeypatch, precision, used, capabilities, expected
):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: used)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    model = Watching()
    fit(
        model,
        bright_spots(16),
        bright_spots(16),
        Recipe(epochs=2, batch_size=8, precision=precision),
    )
    assert model.seen == {True: {expected}, False: {torch.float32}}
    assert model.linear.weight.dtype == torch.float32


def test_bfloat16_follows_float32_within_an_epoch():
    """A copy of the weights that autocast kept over the steps would leave the loss where it
    began.
    """
    losses = {}
    for precision in ("float32", "bfloat16"):
        recipe = Recipe(
            epochs=1, batch_size=16, precision=precision, schedule="constant", augmentation=Jitter()
        )
        losses[precision] = fit(
            small_network(), bright_spots(256), bright_spots(16), recipe
        ).step_loss
    assert losses["float32"][-1] < 0.5 * losses["float32"][0]
    assert losses["bfloat16"] == pytest.approx(losses["float32"], abs=0.1)


def test_augmentation_sees_float32_under_bfloat16():
    seen = set()

    def note(images, generator=None):
        seen.add((images @ images).dtype)
        return images

    recipe = Recipe(epochs=1, batch_size=8, precision="bfloat16", augmentation=note)
    fit(small_network(), bright_spots(16), bright_spots(16), recipe)
    assert seen == {torch.float32}


def test_betas_and_label_smoothing_against_a_loop_by_hand():
    images, labels = bright_spots(24)
    recipe = Recipe(5, 24, learning_rate=0.01, betas=(0.6, 0.8), label_smoothing=0.2, **PLAIN)
    model, reference = small_network(), small_network()
    history = fit(model, (images, labels), (images, labels), recipe)
    target = 0.8 * F.one_hot(labels, 4) + 0.2 / 4  # (24, 4)
    optimizer = torch.optim.Adam(reference.parameters(), lr=0.01, betas=(0.6, 0.8))
    for loss in history.step_loss:
        by_hand = -(target * F.log_softmax(reference(images), dim=1)).sum(dim=1).mean()
        assert by_hand.item() == pytest.approx(loss, rel=1e-4)
        optimizer.zero_grad()
        by_hand.backward()
        optimizer.step()


def test_kept_memory_is_not_asked_for_again():
    program = """
import resource, torch
from firstcnn import training
def faults():
    for _ in range(3): torch.ones(64, 2**20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(64, 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(faults(), int(training.keep_memory()), faults())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    given_back, told, kept = map(int, done.stdout.split())
    assert (
        kept < 100 < given_back if told else platform.libc_ver()[0] != "glibc"
    )  # only glibc can be told


# --------------------------------------------------------------------------------------------------
# errors


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"epochs": 0}, "epochs has to be a whole number, 1 or more"),
        ({"epochs": 1.5}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"learning_rate": 0}, "learning_rate has to be above 0"),
        ({"learning_rate": math.nan}, "learning_rate"),
        ({"momentum": 1.0}, "momentum"),
        ({"weight_decay": -1}, "weight_decay"),
        ({"betas": 0.9}, "betas has to be two numbers"),
        ({"betas": (0.9, 1.0)}, "betas"),
        ({"label_smoothing": 1.0}, "label_smoothing has to be at least 0 and below 1"),
        ({"optimizer": "adamw"}, "optimizer has to be 'adam' or 'sgd'"),
        ({"schedule": "cosine"}, "schedule has to be 'one_cycle' or 'constant'"),
        ({"precision": "float16"}, "precision has to be 'auto' or 'float32' or 'bfloat16'"),
        ({"augmentation": 10}, "augmentation has to be callable"),
    ],
)
def test_an_impossible_recipe(settings, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**settings)


GOOD = bright_spots(8)


@pytest.mark.parametrize(
    "pair, message",
    [
        ((GOOD[0][:0], GOOD[1][:0]), "none at all"),
        ((GOOD[0], GOOD[1][:5]), "are 8, but there are 5 labels"),
        ((GOOD[0].to(torch.uint8), GOOD[1]), "floating-point tensor"),
        ((GOOD[0][:, 0], GOOD[1]), r"\(N, C, H, W\)"),
        ((GOOD[0], GOOD[1].float()), "labels have to be an int64 tensor"),
        (
            (GOOD[0], GOOD[1] + 1),
            "between 1 and 4, but the network has 4 outputs.* between 0 and 3",
        ),
        ((GOOD[0], GOOD[1] - 1), "between -1 and 2"),
    ],
)
@pytest.mark.parametrize("which", ["training", "validation"])
def test_sets_that_do_not_fit(pair, message, which):
    model = small_network()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    sets = (pair, GOOD) if which == "training" else (GOOD, pair)
    with pytest.raises(ValueError, match=message):
        fit(model, *sets, Recipe(epochs=1, batch_size=4))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


DATASET = TensorDataset(*GOOD)


@pytest.mark.parametrize(
    "given, message",
    [
        (DataLoader(DATASET, 4), "two tensors.*DataLoader.*Batches are made here"),
        (DATASET, "TensorDataset"),
        (GOOD[0], r"a torch\.Tensor"),
        ((*GOOD, GOOD[1]), "a tuple of 3"),
        (None, "a NoneType"),
        ((GOOD[0].numpy(), GOOD[1]), r"images have to be a torch\.Tensor, not a numpy\.ndarray"),
        ((GOOD[0], GOOD[1].tolist()), "labels have to be a torch.Tensor, not a list"),
        (
            (GOOD[0].double(), GOOD[1]),
            r"are torch\.float64, but the weights of the network torch\.float32",
        ),
        ((GOOD[0].half(), GOOD[1]), r"images\.to\(torch\.float32\)"),
        ((GOOD[0].bfloat16(), GOOD[1]), r"are torch\.bfloat16"),
        ((GOOD[0].to(torch.complex64), GOOD[1]), "floating-point tensor"),
        ((GOOD[0], F.one_hot(GOOD[1])), r"int64 tensor \(N,\)"),
        ((GOOD[0].to("meta"), GOOD[1]), "on meta, but the CPU trains here"),
        ((GOOD[0], GOOD[1].to("meta")), "labels: on meta"),
    ],
)
@pytest.mark.parametrize("which", ["training", "validation"])
def test_sets_of_another_kind_are_refused_in_words(given, message, which):
    sets = (given, GOOD) if which == "training" else (GOOD, given)
    with pytest.raises(ValueError, match=message) as refused:
        fit(linear_network(), *sets, Recipe(epochs=1, batch_size=8))
    assert f"The {which}" in str(refused.value) and "_check" not in str(refused.value)


@pytest.mark.parametrize(
    "model, message",
    [
        (nn.Flatten, r"class, not yet a network.*Flatten\(\)"),
        (lambda x: x, "torch.nn.Module, not a function"),
        (linear_network().requires_grad_(False), "all frozen"),
        (nn.Flatten(), "none at all"),
        (nn.Conv2d(1, 4, 3), r"a tensor \(1, 4, 6, 6\).*logits"),
        (
            linear_network().double(),
            r"are torch\.float32, but the weights of the network torch\.float64",
        ),
    ],
)
def test_what_is_no_network_to_train_is_refused_in_words(model, message):
    with pytest.raises(ValueError, match=message):
        fit(model, GOOD, GOOD, Recipe(epochs=1))


def test_what_is_no_recipe_is_refused_in_words():
    with pytest.raises(ValueError, match=r"firstcnn\.training\.Recipe, not a dict"):
        fit(linear_network(), GOOD, GOOD, {"epochs": 1})


def test_a_network_of_which_a_part_is_frozen_and_one_in_double_precision_learn():
    model = small_network()
    model[0].requires_grad_(False)
    before = model[0].weight.clone(), model[8].weight.clone()
    fit(model, GOOD, GOOD, Recipe(epochs=1, batch_size=8, precision="float32"))
    assert torch.equal(before[0], model[0].weight) and not torch.equal(before[1], model[8].weight)
    double = GOOD[0].double(), GOOD[1]
    fit(
        linear_network().double(),
        double,
        double,
        Recipe(epochs=1, batch_size=8, precision="float32"),
    )


@pytest.mark.parametrize("stream", ["closed", "full"])
def test_training_goes_on_where_its_progress_cannot_be_shown(monkeypatch, stream):
    with open("/dev/full" if stream == "full" else os.devnull, "w") as full:
        monkeypatch.setattr(sys, "stderr", full if stream == "full" else None)
        history = fit(linear_network(), GOOD, GOOD, Recipe(epochs=1, batch_size=8))
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())
    assert len(history.seconds) == 1


def test_a_loss_that_is_not_finite_names_the_step_and_a_cure():
    images, labels = bright_spots(8)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
    recipe = Recipe(epochs=3, batch_size=8, optimizer="sgd", learning_rate=1e30, **PLAIN)
    with pytest.raises(
        RuntimeError, match=r"became (nan|inf) at step 2 of 3 .*lower learning rate"
    ):
        fit(model, (images, labels), (images, labels), recipe)


def test_pixels_that_are_not_finite_stop_the_first_step_before_they_spoil_the_weights():
    images, labels = bright_spots(8)
    images[3, 0, 2, 2] = math.nan
    model = linear_network()
    weight = model[1].weight.clone()
    with pytest.raises(RuntimeError, match=r"at step 1 .*not finite"):
        fit(model, (images, labels), bright_spots(8), Recipe(epochs=1, batch_size=8))
    assert torch.equal(weight, model[1].weight)


def test_after_an_error_hooks_and_generator_are_as_before():
    images, labels = bright_spots(8)
    model = linear_network()
    state = torch.get_rng_state()
    with pytest.raises(RuntimeError):
        fit(model, (images * math.nan, labels), (images, labels), Recipe(epochs=1, batch_size=8))
    assert not model._forward_hooks
    assert torch.equal(state, torch.get_rng_state())
    assert not torch.is_autocast_enabled("cpu")


def test_an_image_the_network_cannot_read_is_torchs_own_error():
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        fit(
            small_network(),
            (torch.zeros(4, 1, 9, 12), torch.zeros(4, dtype=torch.int64)),
            GOOD,
            Recipe(),
        )


def test_progress_goes_to_the_error_stream(capsys):
    fit(small_network(), GOOD, GOOD, Recipe(epochs=1, batch_size=8))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Sequential" in shown.err


def test_the_names_that_the_errors_offer_all_work():
    for optimizer in training.OPTIMIZERS:
        for schedule in training.SCHEDULES:
            fit(linear_network(), GOOD, GOOD, Recipe(1, 8, optimizer, schedule=schedule))
