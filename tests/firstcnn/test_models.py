"""The networks: sizes by hand arithmetic, and logits against the lecture's forward pass written
with functions.
"""

from functools import partial

import pytest
import torch
from firstcnn import models
from torch.nn import functional as F


def conv(inputs, outputs, side):
    return outputs * (inputs * side * side + 1)


def dense(inputs, outputs):
    return outputs * (inputs + 1)


BLOCKS = conv(1, 32, 3) + 2 * 32 + conv(32, 64, 3) + 2 * 64 + conv(64, 128, 3) + 2 * 128
COMPLEX = sum(
    conv(i, o, 3) for i, o in [(1, 32), (32, 32), (32, 64), (64, 64), (64, 128), (128, 128)]
)
NETWORKS = [
    (models.SimpleCNN, BLOCKS + dense(6272, 512) + dense(512, 10), 3_310_026),
    (models.PooledSimpleCNN, BLOCKS + dense(128, 10), 94_410),
    (models.TinyCNN, conv(1, 16, 5) + conv(16, 32, 5) + dense(1568, 64) + dense(64, 10), 114_314),
    (models.ComplexCNN, COMPLEX + dense(1152, 512) + dense(512, 256) + dense(256, 10), 1_010_666),
    (models.DenseNetwork, dense(784, 128) + dense(128, 10), 101_770),
    (partial(models.DenseNetwork, hidden=512), dense(784, 512) + dense(512, 10), 407_050),
    (
        models.FastCNN,
        conv(1, 16, 5) + 32 + conv(16, 32, 3) + 64 + dense(800, 128) + dense(128, 10),
        108_970,
    ),
    (models.SmallCNN, conv(1, 8, 3) + conv(8, 16, 3) + dense(784, 10), 9_098),
    (
        partial(models.SmallCNN, kernel_size=5),
        conv(1, 8, 5) + conv(8, 16, 5) + dense(784, 10),
        11_274,
    ),
    (partial(models.SmallCNN, channels=(8,)), conv(1, 8, 3) + dense(1568, 10), 15_770),
    (
        partial(models.SmallCNN, channels=(8, 16, 32, 64)),
        conv(1, 8, 3) + conv(8, 16, 3) + conv(16, 32, 3) + conv(32, 64, 3) + dense(64, 10),
        25_034,
    ),
    (
        partial(models.SmallCNN, batch_norm=True),
        conv(1, 8, 3) + 16 + conv(8, 16, 3) + 32 + dense(784, 10),
        9_146,
    ),
    (partial(models.SmallCNN, dropout=0.5), conv(1, 8, 3) + conv(8, 16, 3) + dense(784, 10), 9_098),
]


@pytest.mark.parametrize("build, by_hand, stated", NETWORKS)
def test_number_of_parameters(build, by_hand, stated):
    assert models.count_parameters(build()) == by_hand == stated


@pytest.mark.parametrize("build", [build for build, _, _ in NETWORKS])
@pytest.mark.parametrize("classes", [10, 3])
def test_one_row_of_logits_for_each_image(build, classes):
    assert build(num_classes=classes)(torch.zeros(5, 1, 28, 28)).shape == (5, classes)


def test_a_frozen_parameter_is_not_counted():
    model = models.DenseNetwork()
    model.fc1.weight.requires_grad_(False)
    assert models.count_parameters(model) == 101_770 - 784 * 128


def block(x, w, number):
    x = F.conv2d(x, w[f"conv{number}.weight"], w[f"conv{number}.bias"], padding=1)
    n = f"bn{number}"
    x = F.batch_norm(
        x, w[f"{n}.running_mean"], w[f"{n}.running_var"], w[f"{n}.weight"], w[f"{n}.bias"]
    )
    return torch.relu(x)


def features(x, w):
    return block(F.max_pool2d(block(F.max_pool2d(block(x, w, 1), 2), w, 2), 2), w, 3)


def linear(x, w, name):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def simple(x, w):
    return linear(torch.relu(linear(features(x, w).view(len(x), 6272), w, "fc1")), w, "fc2")


def pooled(x, w):
    return linear(features(x, w).mean(dim=(2, 3)), w, "fc")


def tiny(x, w):
    for name in ("conv1", "conv2"):
        x = F.max_pool2d(
            torch.relu(F.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], padding=2)), 2, 2
        )
    return linear(torch.relu(linear(x.view(-1, 32 * 7 * 7), w, "fc1")), w, "fc2")


def complex_(x, w):
    for number in range(1, 7):
        x = torch.relu(F.conv2d(x, w[f"conv{number}.weight"], w[f"conv{number}.bias"], padding=1))
        x = F.max_pool2d(x, 2, 2) if number % 2 == 0 else x
    x = x.view(-1, 128 * 3 * 3)
    return linear(torch.relu(linear(torch.relu(linear(x, w, "fc1")), w, "fc2")), w, "fc3")


def dense_network(x, w):
    return linear(torch.relu(linear(x.view(-1, 784), w, "fc1")), w, "fc2")


def small(x, w):
    for place in (0, 3):
        x = F.conv2d(x, w[f"blocks.{place}.weight"], w[f"blocks.{place}.bias"], padding=1)
        x = F.max_pool2d(torch.relu(x), 2, 2)
    return linear(x.view(-1, 784), w, "fc")


def small_with_batch_norm(x, w):
    for place in (0, 4):
        x = F.conv2d(x, w[f"blocks.{place}.weight"], w[f"blocks.{place}.bias"], padding=2)
        n = f"blocks.{place + 1}"
        x = F.batch_norm(
            x, w[f"{n}.running_mean"], w[f"{n}.running_var"], w[f"{n}.weight"], w[f"{n}.bias"]
        )
        x = F.max_pool2d(torch.relu(x), 2, 2)
    return linear(x.view(-1, 784), w, "fc")


@pytest.mark.parametrize(
    "build, reference",
    [
        (models.SimpleCNN, simple),
        (models.PooledSimpleCNN, pooled),
        (models.TinyCNN, tiny),
        (models.ComplexCNN, complex_),
        (models.DenseNetwork, dense_network),
        (models.SmallCNN, small),
        (
            partial(models.SmallCNN, kernel_size=5, batch_norm=True, dropout=0.5),
            small_with_batch_norm,
        ),
    ],
)
def test_forward_pass(build, reference):
    torch.manual_seed(1)
    model, images = build().eval(), torch.randn(3, 1, 28, 28)
    for name, buffer in model.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            buffer.uniform_(0.5, 2)
    with torch.no_grad():
        torch.testing.assert_close(
            model(images), reference(images, model.state_dict()), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize(
    "build, dropped",
    [
        (models.SimpleCNN, ["dropout"]),
        (models.ComplexCNN, ["dropout1", "dropout2"]),
        (partial(models.SmallCNN, dropout=0.5), ["dropout"]),
    ],
)
def test_dropout_works_in_training_only(build, dropped):
    model, images = build(), torch.randn(2, 1, 28, 28)
    for name in dropped:
        model.eval()
        assert torch.equal(model(images), model(images))
        getattr(model, name).train()
        assert not torch.equal(model(images), model(images))


def test_dropout_rates_are_the_lectures():
    network = models.ComplexCNN()
    assert (models.SimpleCNN().dropout.p, network.dropout1.p, network.dropout2.p) == (
        0.5,
        0.25,
        0.5,
    )


def test_the_pooled_network_has_the_blocks_of_the_simple_one_and_nothing_of_its_head():
    blocks = {name.partition(".")[0] for name in models.PooledSimpleCNN().state_dict()}
    assert blocks == {"conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "fc"}


def test_a_wrong_shape_is_torchs_own_error():
    with pytest.raises(
        RuntimeError, match=r"expected input.* to have 1 channels, but got 3 channels"
    ):
        models.SimpleCNN()(torch.zeros(1, 3, 28, 28))


@pytest.mark.parametrize(
    "choice, message",
    [
        ({"channels": ()}, "0 blocks were asked for"),
        ({"channels": (8,) * 5}, "5 blocks were asked for"),
        ({"kernel_size": 4}, "choose an odd side"),
    ],
)
def test_a_small_network_that_cannot_be_says_why(choice, message):
    with pytest.raises(ValueError, match=message):
        models.SmallCNN(**choice)


def test_dropout_is_off_in_the_small_network_unless_asked_for():
    model, images = models.SmallCNN().train(), torch.randn(2, 1, 28, 28)
    assert torch.equal(model(images), model(images))
