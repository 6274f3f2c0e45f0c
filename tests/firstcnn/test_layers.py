"""Tables of layers and tensors, against hand arithmetic, gradients and hooks of the test's own."""

import pytest
import torch
from firstcnn import layers, models
from torch import nn


def column(table, name):
    return dict(zip(table["name"], table[name], strict=True))


def test_the_shapes_of_simple_cnn():
    assert column(layers.layer_table(models.SimpleCNN()), "output_shape") == {
        "conv1": (32, 28, 28),
        "bn1": (32, 28, 28),
        "pool1": (32, 14, 14),
        "conv2": (64, 14, 14),
        "bn2": (64, 14, 14),
        "pool2": (64, 7, 7),
        "conv3": (128, 7, 7),
        "bn3": (128, 7, 7),
        "fc1": (512,),
        "dropout": (512,),
        "fc2": (10,),
    }


def test_multiply_accumulates_by_hand():
    work = column(layers.layer_table(models.SimpleCNN()), "multiply_accumulates")
    assert work["conv1"] == 28 * 28 * 32 * (1 * 9) == 225_792
    assert work["conv2"] == 14 * 14 * 64 * (32 * 9) == 3_612_672
    assert work["conv3"] == 7 * 7 * 128 * (64 * 9) == 3_612_672
    assert (work["fc1"], work["fc2"]) == (6272 * 512, 512 * 10)
    assert sum(work.values()) == 10_667_520


def test_multiply_accumulates_of_grouped_and_strided_convolutions():
    model = nn.Sequential(nn.Conv2d(4, 8, 3, stride=2, groups=4), nn.Conv2d(8, 2, (1, 3)))
    table = layers.layer_table(model, (4, 9, 9))  # (8, 4, 4), (2, 4, 2)
    assert list(table["multiply_accumulates"]) == [4 * 4 * 8 * 9, 4 * 2 * 2 * 8 * 3]


@pytest.mark.parametrize(
    "build", [models.SimpleCNN, models.PooledSimpleCNN, models.TinyCNN, models.ComplexCNN]
)
def test_the_rows_add_up_to_the_network(build):
    model = build()
    assert layers.layer_table(model)["parameters"].sum() == models.count_parameters(model)
    assert layers.parameter_table(model)["parameters"].sum() == models.count_parameters(model)


def test_a_layer_used_twice_has_two_rows_and_counts_once():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 3)

        def forward(self, x):
            return self.conv(self.conv(x))

    table = layers.layer_table(Twice(), (1, 9, 9))
    assert list(table["name"]) == ["conv", "conv (2)"]
    assert list(table["parameters"]) == [10, 0]
    assert list(table["multiply_accumulates"]) == [49 * 9, 25 * 9]
    assert list(table["receptive_field"]) == [3, 5]


def seen_side(network, channels, side):
    """Side of the square of the input on which the central output depends, by its gradient."""
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.1)
    image = torch.zeros(1, channels, side, side, requires_grad=True)
    maps = network(image)
    maps[0, 0, maps.shape[2] // 2, maps.shape[3] // 2].backward()
    rows, columns = image.grad[0, 0].nonzero().unbind(dim=1)
    return max((rows.max() - rows.min() + 1).item(), (columns.max() - columns.min() + 1).item())


@pytest.mark.parametrize(
    "parts",
    [
        [nn.Conv2d(1, 2, 3, padding=1)],
        [
            nn.Conv2d(1, 2, 7, stride=2),
            nn.AvgPool2d(3, stride=2),
            nn.Conv2d(2, 2, 3, stride=3),
            nn.Conv2d(2, 1, 2),
        ],
        [nn.Conv2d(1, 2, 3, dilation=4), nn.Conv2d(2, 2, 5, stride=2, dilation=2), nn.AvgPool2d(2)],
        [
            nn.Conv2d(1, 2, (1, 5)),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.BatchNorm2d(2),
            nn.Conv2d(2, 1, (1, 3)),
        ],
        [nn.Conv2d(1, 2, 3, stride=2), nn.Conv2d(2, 2, 1), nn.Conv2d(2, 1, 3)],
    ],
)
def test_receptive_field_against_the_gradient(parts):
    network = nn.Sequential(*parts).eval()
    table = layers.layer_table(network, (1, 101, 101))
    assert table["receptive_field"].iloc[-1] == seen_side(network, 1, 101)


class Features(nn.Module):
    """The blocks of SimpleCNN with average instead of max pooling: the same windows, but no value
    lacks a gradient.
    """

    def __init__(self):
        super().__init__()
        self.network = models.SimpleCNN().eval()
        self.network.pool1, self.network.pool2 = nn.AvgPool2d(2), nn.AvgPool2d(2)

    def forward(self, x):
        return self.network.features(x)


def test_receptive_fields_of_simple_cnn():
    table = layers.layer_table(models.SimpleCNN())
    assert list(table["receptive_field"])[:8] == [3, 3, 4, 8, 8, 10, 18, 18]
    assert table["receptive_field"][8:].isna().all()
    assert seen_side(Features(), 1, 84) == 18


def test_max_pooling_has_the_window_of_average_pooling():
    parts = [nn.Conv2d(1, 1, 3), nn.MaxPool2d(3, 2, dilation=1), nn.Conv2d(1, 1, 3)]
    table = layers.layer_table(nn.Sequential(*parts), (1, 61, 61))
    parts[1] = nn.AvgPool2d(3, 2)
    assert table["receptive_field"].iloc[-1] == seen_side(nn.Sequential(*parts), 1, 61)


def test_global_pooling_sees_what_all_positions_together_see():
    table = layers.layer_table(models.PooledSimpleCNN())
    assert column(table, "receptive_field")["global_pool"] == 18 + 6 * 4


@pytest.mark.parametrize("size, side", [(1, 12), (4, 3), (12, 1)])
def test_adaptive_pooling_into_equal_windows(size, side):
    table = layers.layer_table(nn.Sequential(nn.AdaptiveAvgPool2d(size)), (1, 12, 12))
    assert list(table["receptive_field"]) == [side]


def test_an_image_that_does_not_fit():
    with pytest.raises(
        ValueError, match=r"TinyCNN cannot read an image of shape \(1, 20, 20\): mat1"
    ):
        layers.layer_table(models.TinyCNN(), (1, 20, 20))


class FunctionalPooling(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3)

    def forward(self, x):
        return self.conv2(nn.functional.max_pool2d(self.conv1(x), 2))


class Concatenation(FunctionalPooling):
    def forward(self, x):
        return self.conv2(torch.cat([self.conv1(x)[:, :2]] * 2, dim=1)[:, :, 1:])


@pytest.mark.parametrize("build", [FunctionalPooling, Concatenation])
def test_an_operation_between_layers_that_changes_the_shape_is_an_error(build):
    with pytest.raises(ValueError, match="'conv2' receives"):
        layers.layer_table(build())


@pytest.mark.parametrize("layer", [nn.ConvTranspose2d(1, 1, 3), nn.Upsample(scale_factor=2)])
def test_a_layer_of_unknown_receptive_field_is_an_error(layer):
    with pytest.raises(ValueError, match="receptive field is not known"):
        layers.layer_table(nn.Sequential(nn.Conv2d(1, 1, 3), layer))


def test_parameter_table():
    table = layers.parameter_table(models.SimpleCNN())
    assert len(table) == 16
    rows = {row.name_: row for row in table.rename(columns={"name": "name_"}).itertuples()}
    assert rows["conv2.weight"].shape == (64, 32, 3, 3)
    assert rows["conv2.weight"].parameters == 18_432
    parts = table.groupby("part")["parameters"].sum().to_dict()
    assert parts == {"convolution": 92_672, "batch norm": 448, "fully connected": 3_216_906}


def test_a_parameter_of_another_kind_of_layer_is_other():
    table = layers.parameter_table(nn.Sequential(nn.LayerNorm(3)))
    assert list(table["part"]) == ["other", "other"]


def test_activations_are_what_each_layer_returns():
    torch.manual_seed(0)
    model, images = models.TinyCNN(), torch.randn(2, 1, 28, 28)
    found = layers.record_activations(model, images)
    assert list(found) == ["input", "conv1", "pool", "conv2", "pool (2)", "fc1", "fc2"]
    with torch.no_grad():
        assert torch.equal(found["input"], images)
        assert torch.equal(found["conv1"], model.conv1(images))
        assert torch.equal(found["pool"], model.pool(found["conv1"].relu()))
        assert torch.equal(found["fc2"], model(images))


def test_activations_are_kept_when_a_later_layer_works_in_place():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True))
    found = layers.record_activations(model, torch.randn(1, 1, 8, 8))
    assert found["0"].min() < 0
    assert found["1"].min() == 0


def test_the_names_are_those_of_the_table():
    model = models.ComplexCNN()
    found = layers.record_activations(model, torch.zeros(1, 1, 28, 28))
    table = layers.layer_table(model)
    assert list(found)[1:] == list(table["name"])
    assert [tuple(value.shape[1:]) for value in found.values()][1:] == list(table["output_shape"])


def snapshot(model):
    hooks = [len(layer._forward_hooks) + len(layer._forward_pre_hooks) for layer in model.modules()]
    gradients = [None if p.grad is None else p.grad.clone() for p in model.parameters()]
    buffers = [buffer.clone() for buffer in model.buffers()]
    return [layer.training for layer in model.modules()], hooks, gradients, buffers


def assert_same(before, after):
    assert before[:2] == after[:2]
    for old, new in zip(before[2] + before[3], after[2] + after[3], strict=True):
        assert (old is None and new is None) or torch.equal(old, new)


@pytest.mark.parametrize(
    "look", [layers.layer_table, lambda m: layers.record_activations(m, torch.ones(2, 1, 28, 28))]
)
def test_the_network_is_left_as_it_was(look):
    model = models.SimpleCNN()
    model(torch.randn(2, 1, 28, 28)).sum().backward()
    model.bn2.eval()  # a mode of its own, as when it is frozen
    before, state = snapshot(model), torch.get_rng_state()
    look(model)
    assert_same(before, snapshot(model))
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(
    "look",
    [
        lambda m: layers.layer_table(m, (3, 28, 28)),
        lambda m: layers.record_activations(m, torch.ones(2, 3, 28, 28)),
    ],
)
def test_the_network_is_left_as_it_was_even_when_it_fails(look):
    model = models.SimpleCNN()
    model.dropout.eval()
    before = snapshot(model)
    with pytest.raises((ValueError, RuntimeError)):
        look(model)
    assert_same(before, snapshot(model))
    assert torch.is_grad_enabled()


def test_activations_need_no_gradient():
    found = layers.record_activations(models.TinyCNN(), torch.zeros(1, 1, 28, 28))
    assert not any(value.requires_grad for value in found.values())
