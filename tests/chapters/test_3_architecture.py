"""What chapter 3 computes, held against what can be worked out without it."""

import functools
import re

import numpy as np
import pytest
import torch
from bookkit.book.mime import RECORD
from firstcnn import models
from lessons import claims
from lessons.checks import check
from lessons.checks.architecture.receptive_field import SIDES_SEEN
from scipy.ndimage import uniform_filter
from sklearn.datasets import load_sample_image
from torch import nn
from torch.nn import functional as F

PAGE = "chapters/3-architecture"

CONVOLUTIONS = 1 * 32 * 9 + 32 + 32 * 64 * 9 + 64 + 64 * 128 * 9 + 128
BATCH_NORMS = 2 * (32 + 64 + 128)
FC1, FC2 = 6272 * 512 + 512, 512 * 10 + 10
TOTAL = CONVOLUTIONS + BATCH_NORMS + FC1 + FC2


@pytest.fixture(scope="module")
def three(chapter):
    return chapter(PAGE)


@pytest.fixture(scope="module")
def below(chapter):
    """A function from the name of a page below the chapter to what came of it."""
    return lambda name: chapter(f"{PAGE}/{name}")


@pytest.fixture(scope="module")
def records(three) -> dict[str, dict]:
    """What the chapter recorded: claim to values."""
    kept = [output.data[RECORD] for output in three.outputs if RECORD in output.get("data", {})]
    return {record["claim"]: record["values"] for record in kept}


def printed(executed) -> str:
    """What the cells of a page printed."""
    return "".join(o.text for o in executed.outputs if o.output_type == "stream")


def test_counts_are_those_of_the_layers_by_hand(three, below):
    assert three.values["total"] == TOTAL == 3_310_026
    assert three.values["simple_size"] == TOTAL
    assert three.values["dense_size"] == 784 * 512 + 512 + 512 * 10 + 10
    pooled = CONVOLUTIONS + BATCH_NORMS + 128 * 10 + 10
    assert three.values["pooled_size"] == below("size-and-work").values["pooled_size"] == pooled
    assert three.values["shared"] == 9 * 32 + 32
    assert three.values["unshared"] == 784 * 25_088 + 25_088


def test_the_network_is_larger_than_the_dense_one_and_fc1_is_why(three):
    values = three.values
    assert values["times_larger"] == pytest.approx(TOTAL / 407_050)
    assert values["fc1_share"] == pytest.approx(100 * FC1 / TOTAL)
    assert values["conv_share"] == pytest.approx(100 * CONVOLUTIONS / TOTAL)
    assert values["times_smaller"] == pytest.approx(407_050 / 94_410)


def test_claims_stand_on_what_was_counted(records):
    assert set(records) == {"C01", "C15"}
    assert all(claims.verdict(name, values) for name, values in records.items())
    assert records["C01"]["convolution_share"] == pytest.approx(CONVOLUTIONS / TOTAL)
    assert sum(records["C15"]["parameters"]) == sum(records["C15"]["lengths"]) == TOTAL


def test_work_is_counted_position_by_position(below):
    convolutions = 28**2 * 9 * 32 + 14**2 * 9 * 32 * 64 + 7**2 * 9 * 64 * 128
    total = convolutions + 6272 * 512 + 512 * 10
    values = below("size-and-work").values
    assert values["work"] == pytest.approx(total / 1e6)
    assert values["work_conv"] == pytest.approx(100 * convolutions / total)
    assert values["size_conv"] == pytest.approx(100 * CONVOLUTIONS / TOTAL)


def test_the_number_of_values_on_the_way(three):
    assert three.values["values_conv1"] == 32 * 28 * 28


def test_one_kernel_tells_the_red_flower_from_the_green_leaves(three):
    photo = load_sample_image("flower.jpg").astype(float) / 255
    red, green = (uniform_filter(photo[..., channel], 3)[1:-1, 1:-1] for channel in (0, 1))
    assert three.values["red_high"] == pytest.approx((red - green).max(), abs=1e-4)
    assert three.values["red_low"] == pytest.approx((red - green).min(), abs=1e-4)
    assert three.values["red_low"] < -0.2 and three.values["red_high"] > 0.5


def test_without_batch_norm_the_digits_grow_alike(three):
    values = three.values
    assert values["plain_1"] > 10 * values["plain_6"] > 100 * values["plain_12"] > 0
    assert all(0.1 < values[f"normed_{layer}"] < 1 for layer in (1, 6, 12))


def test_the_share_of_zeros_and_dropout_are_plausible(three):
    assert 0 < three.values["share_zero"] < 100
    assert three.values["dropped_share"] == pytest.approx(25, abs=1)
    assert three.values["dropped_mean"] == pytest.approx(1, abs=0.02)


def test_the_same_number_is_normalised_by_the_batch_it_is_in(three):
    small, large = np.array([1, 3, 5, 7]), np.array([8, 9, 9, 7])
    expected = [(7 - batch.mean()) / batch.std() for batch in (small, large)]
    found = [three.values["among_small"], three.values["among_large"]]
    assert found == pytest.approx(expected, abs=1e-4)
    assert re.search(r"evaluation: (-?[\d.]+), \1$", printed(three), flags=re.M)


def test_a_shift_leaves_a_trace_at_the_border_and_in_the_fully_connected_layer(three, below):
    assert three.values["black"] < 0
    assert three.values["border"] > 0.01 and three.values["fc_flips"] > 5
    values = below("convolution-and-pooling").values
    assert values["fc_change"] > 0.1 * values["fc_spread"] > 0


def test_a_shift_by_the_step_of_the_pooling_moves_the_maps_and_one_pixel_does_not(below):
    found = re.findall(
        r"shift (\d): in place ([\d.]+), moved ([\d.]+)", printed(below("convolution-and-pooling"))
    )
    (_, *one), (_, *two) = found
    assert min(map(float, one)) > 0.1
    assert float(two[0]) > 0.1 and float(two[1]) == 0


def test_scipy_turns_the_kernel_and_pytorch_does_not(below):
    assert "[ 4.,  2.],\n        [-1.,  3.]" in printed(below("convolution-and-pooling"))
    assert "[6., 2.],\n        [1., 5.]" in printed(below("convolution-and-pooling"))


def test_logits_of_the_untrained_network_are_no_probabilities(three):
    assert three.values["logit_low"] < 0
    assert three.values["logit_sum"] != pytest.approx(1, abs=0.01)
    assert 10 <= three.values["probability_high"] < 20


def test_a_wrong_size_and_a_flattened_batch_stop_with_what_the_text_explains(below):
    executed = below("errors-about-shapes")
    errors = [o.evalue for o in executed.outputs if o.output_type == "error"]
    assert len(errors) == 2
    assert "1x6272 and 25088x512" in errors[0] and "1x1568 and 784x10" in errors[1]
    shown = [o.data["text/plain"] for o in executed.outputs if o.output_type == "execute_result"]
    assert "torch.Size([10])" in shown


def test_lenet_is_as_small_as_its_layers_by_hand(below):
    size = 6 * 26 + 16 * (6 * 25 + 1) + 120 * 401 + 84 * 121 + 10 * 85
    assert below("lenet-and-residual-blocks").values["lenet_size"] == size == 61_706


def test_a_shortcut_keeps_the_gradients_of_twenty_blocks_alike(below):
    values = below("lenet-and-residual-blocks").values
    assert values["plain_ratio"] > 10 * values["residual_ratio"] > 10


def test_the_chapter_ends_with_its_network_in_a_file(three):
    assert "SimpleCNN is kept in my-first-cnn/SimpleCNN.py" in printed(three)


def test_receptive_fields_are_where_a_gradient_arrives():
    blocks = [nn.Conv2d(1, 4, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, padding=1)]
    blocks += [nn.MaxPool2d(2), nn.Conv2d(4, 1, 3, padding=1)]
    for layer in blocks:
        for parameter in layer.parameters():
            nn.init.ones_(parameter)
    smooth = [nn.AvgPool2d(2) if isinstance(layer, nn.MaxPool2d) else layer for layer in blocks]
    sides = []
    for depth in range(1, 6):
        image = torch.zeros(1, 1, 56, 56, requires_grad=True)
        maps = nn.Sequential(*smooth[:depth])(image)  # averages let every pixel of a window through
        maps[0, 0, maps.shape[2] // 2, maps.shape[3] // 2].backward()
        sides.append(int((image.grad[0, 0].abs().sum(dim=0) > 0).sum()))
    assert sides == list(SIDES_SEEN)


def test_tables_have_a_caption(below):
    outputs = below("size-and-work").outputs
    shown = [o.data["text/html"] for o in outputs if "text/html" in o.get("data", {})]
    tables = [text for text in shown if "<table" in text]
    assert len(tables) == 1
    assert all("<caption>" in table for table in tables)


def sides(formula):
    return lambda side, kernel, padding=0, stride=1: formula(side, kernel, padding, stride)


def three_layers(conv, shapes=lambda *maps: [each.shape for each in maps]):
    """The answers to the exercise on three layers with this convolution."""
    x = torch.randn(1, 1, 28, 28, dtype=next(conv.parameters()).dtype)
    convolved = conv(x)
    rectified = convolved.relu()
    pooled = F.max_pool2d(rectified, 2)
    return (conv, convolved, rectified, pooled, shapes(convolved, rectified, pooled), x)


class OtherNames(nn.Module):
    """SimpleCNN of layers in sequence, one of which does nothing."""

    def __init__(self, num_classes=10, slope=0.0, drop=0.5):
        super().__init__()
        blocks = [
            nn.Conv2d(1, 32, 3, padding="same"),
            nn.BatchNorm2d(32),
            nn.LeakyReLU(slope),
            nn.MaxPool2d(2),
        ]
        blocks += [
            nn.Conv2d(32, 64, 3, padding=1),
            nn.BatchNorm2d(64),
            nn.Identity(),
            nn.MaxPool2d(2),
            nn.ReLU(),
        ]
        blocks += [nn.Conv2d(64, 128, 3, padding=1), nn.BatchNorm2d(128), nn.ReLU(), nn.Flatten()]
        head = [nn.Linear(6272, 512), nn.ReLU(), nn.Dropout(drop), nn.Linear(512, num_classes)]
        self.all = nn.Sequential(*blocks, *head)

    def forward(self, x):
        return self.all(x)


class NoLayersForPooling(models.SimpleCNN):
    def features(self, x):
        x = F.max_pool2d(self.bn1(self.conv1(x)).relu(), 2)
        x = F.max_pool2d(self.bn2(self.conv2(x)), 2).relu()
        return self.bn3(self.conv3(x)).clamp(min=0)


class WithoutDropout(models.SimpleCNN):
    def forward(self, x):
        return self.fc2(F.relu(self.fc1(self.features(x).flatten(1))))


class WithSoftmax(models.SimpleCNN):
    def forward(self, x):
        return super().forward(x).softmax(dim=1)


class NoThirdReLU(models.SimpleCNN):
    def features(self, x):
        x = self.pool1(F.relu(self.bn1(self.conv1(x))))
        return self.bn3(self.conv3(self.pool2(F.relu(self.bn2(self.conv2(x))))))


def one_block(*head):
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), *head)


NORMALISED = torch.tensor([-1.34164, -0.44721, 0.44721, 1.34164])
RIGHT = [
    ("lower-right", np.float32(3)),
    ("lower-right", torch.tensor([[3]])),
    ("side-after", sides(lambda side, k, p, s: (side + 2 * p - k + s) // s)),
    (
        "side-after",
        sides(lambda side, k, p, s: torch.tensor(len(range(0, side + 2 * p - k + 1, s)))),
    ),
    ("three-layers", three_layers(nn.Conv2d(1, 4, 3, padding="same"))),
    (
        "three-layers",
        three_layers(
            nn.Sequential(nn.Conv2d(1, 4, (3, 3), padding=(1, 1), bias=False), nn.Identity())
        ),
    ),
    (
        "three-layers",
        three_layers(nn.Conv2d(1, 4, 3, padding=1).double(), lambda *m: [list(e.shape) for e in m]),
    ),
    ("receptive-field", (3.0, 4, 8, 10, 18)),
    ("receptive-field", np.array([3, 4, 8, 10, 18])),
    ("batch-norm", NORMALISED.numpy()),
    ("batch-norm", NORMALISED.tolist()),
    ("dropout", np.float32(0.25)),
    ("simple-cnn", OtherNames),
    ("simple-cnn", OtherNames()),
    ("simple-cnn", NoLayersForPooling),
    ("simple-cnn", models.SimpleCNN().double().eval()),
    ("pooled-cnn", models.PooledSimpleCNN),
    ("batch-flattened", one_block(nn.Flatten(), nn.Linear(784, 10))),
    ("batch-flattened", one_block(nn.Flatten(), nn.Linear(784, 10)).double()),
    ("conv2-parameters", torch.tensor(73_856)),
    ("larger-images", ["The same", "four times."]),
]
NOT_RIGHT = [
    ("side-after", sides(lambda side, k, p, s: -((k - side - 2 * p) // s) + 1)),  # rounded up
    ("side-after", sides(lambda side, k, p, s: side if p else side - k + 1)),
    ("three-layers", three_layers(nn.Conv2d(1, 4, 5, padding=2))),
    ("three-layers", three_layers(nn.Conv2d(1, 4, 3, padding=1), lambda *m: [m[0].shape] * 3)),
    ("batch-norm", NORMALISED.flip(0)),
    ("receptive-field", (3, 4, 8, 10)),
    ("pooled-cnn", models.SimpleCNN),
    ("residual-block", nn.Identity),
    ("simple-cnn", WithoutDropout),
    ("simple-cnn", WithSoftmax),
    ("simple-cnn", NoThirdReLU),
    ("simple-cnn", models.ComplexCNN),
    ("simple-cnn", lambda: models.SimpleCNN()),
    ("simple-cnn", functools.partial(OtherNames, slope=0.1)()),
    ("simple-cnn", OtherNames(drop=0.4)),
    ("batch-flattened", one_block(nn.Flatten(), nn.Linear(784, 10), nn.ReLU())),
    ("batch-flattened", one_block(nn.Flatten(0), nn.Linear(784, 10))),
    ("larger-images", ("four times", "the same")),
]


@pytest.mark.parametrize(("exercise", "answer"), RIGHT)
def test_a_right_answer_of_another_kind_is_right(exercise, answer):
    assert check(exercise, answer)


@pytest.mark.parametrize(("exercise", "answer"), NOT_RIGHT)
def test_a_wrong_answer_that_nobody_listed_is_not_right(exercise, answer):
    assert check(exercise, answer).kind == "wrong"


def test_a_check_leaves_the_network_and_the_random_numbers_as_they_were():
    model = OtherNames()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.manual_seed(3)
    check("simple-cnn", model)
    assert torch.rand(1) == torch.rand(1, generator=torch.Generator().manual_seed(3))
    assert model.training and all(
        torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items()
    )
