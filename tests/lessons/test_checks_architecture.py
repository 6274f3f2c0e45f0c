"""Checks of chapter 3: right answers in every honest form, and what is said of wrong ones, named or
not.
"""

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import torch
from bookkit.exercises import blanks
from bookkit.exercises.forms import fill
from bookkit.exercises.marking import BLANK
from firstcnn import models
from IPython.core.interactiveshell import InteractiveShell
from lessons.checks import EXERCISES, check
from lessons.checks.architecture.residual import residual
from lessons.checks.architecture.shapes import traced
from lessons.checks.architecture.simple_cnn import blocks, features, head, pooled
from one_block import OneBlock
from scipy import stats
from torch import nn
from torch.nn import functional as F
from typed_answers import cells, verdict_on

CELLS = cells("3-architecture")
FORWARD_IN_ONE_LINE = (
    "        x = self.features(x).view(len(x), -1)\n"
    "        return self.fc2(self.dropout(self.fc1(x).relu()))"
)
POOLED = "maps = self.pool(F.relu(self.conv(images)))"


def on(exercise, *typed, **edits):
    digit = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(3)) - 0.2
    known = (torch, nn, F, np, math, stats, models)
    names = dict(zip(("torch", "nn", "F", "np", "math", "stats", "models"), known, strict=True))
    return verdict_on(
        CELLS[exercise],
        typed,
        {
            **names,
            "OneBlock": OneBlock,
            "SimpleCNN": models.SimpleCNN,
            "model": models.SimpleCNN(),
            "x": digit,
            "batch": digit,
        },
        edits,
    )


def edited(exercise, old, new):
    return on(exercise, **{old: new})


def place(number, text):
    """Return entries for blanks, of which only the one with this number, from 1, is changed."""
    return (None,) * (number - 1) + (text,)


def forward(*lines):
    """Return lines as the body of a forward pass."""
    return "\n".join(" " * 8 + line for line in lines)


def hint(exercise, name):
    return next(wrong.hint for wrong in EXERCISES[exercise].wrong if wrong.name == name)


NAMED = [(id, wrong) for id in CELLS for wrong in EXERCISES[id].wrong]


@pytest.mark.parametrize(
    ("exercise", "wrong"), NAMED, ids=[f"{id}: {wrong.name}" for id, wrong in NAMED]
)
def test_a_named_mistake_draws_its_own_hint_behind_its_error_if_it_stops(exercise, wrong):
    verdict = on(exercise, *wrong.typed)
    assert not verdict
    assert verdict.text == wrong.hint or (
        verdict.text.startswith("Your answer stops with ") and verdict.text.endswith(wrong.hint)
    )


@pytest.mark.parametrize(
    ("exercise", "typed"),
    [
        ("lower-right", ("3 + 1 + 5 - 6",)),
        ("lower-right", ("torch.tensor([[3]])",)),
        ("side-after", ("2 * padding + side - kernel",)),
        ("side-after", ("side + padding + padding - kernel",)),
        ("side-after", ("float(side + 2 * padding - kernel)",)),
        ("three-layers", ("nn.Conv2d(1, 4, 3, padding='same')",)),
        ("three-layers", ("nn.Conv2d(1, 4, (3, 3), 1, 1, bias=False)",)),
        ("three-layers", (None, "convolved.relu()", "nn.MaxPool2d(2)(rectified)")),
        ("three-layers", place(4, "[convolved.shape, list(rectified.size()), pooled.shape]")),
        (
            "three-layers",
            place(4, "(np.array([1, 4, 28, 28]), [1, 4, 28, 28], torch.tensor([1, 4, 14, 14]))"),
        ),
        ("receptive-field", ("side += step * (kernel_size - 1)\nstep *= stride",)),
        ("receptive-field", ("side, step = side + (kernel_size - 1) * step, step * stride",)),
        (
            "trace-shapes",
            (
                "if name == 'fc1':\n    values = values.reshape(len(values), -1)\n"
                "values = layer(values)\nshapes[name] = list(values.shape)",
            ),
        ),
        (
            "trace-shapes",
            (
                "values = layer(values.flatten(1) if name == 'fc1' else values)\n"
                "shapes.update({name: values.size()})",
            ),
        ),
        ("batch-norm", ("nn.BatchNorm1d(1)(numbers[:, None])",)),
        ("batch-norm", ("nn.BatchNorm2d(1)(numbers.view(4, 1, 1, 1))",)),
        ("batch-norm", ("(numbers - centre) / 2.24",)),
        ("batch-norm", ("[-1.34, -0.45, 0.45, 1.34]",)),
        ("batch-norm", ("stats.zscore(numbers)",)),
        ("batch-norm", ("(numbers - 4) / math.sqrt(5)",)),
        ("batch-norm", ("F.batch_norm(numbers[:, None], None, None, training=True)",)),
        ("dropout", ("0.25",)),
        ("dropout", ("(8 - 6) / 8",)),
        ("dropout", ("torch.tensor([1 / 4])",)),
        ("simple-cnn", blocks("32, 64", "in_channels=32, out_channels=64")),
        ("simple-cnn", head("128 * 7 * 7", "6272")),
        ("simple-cnn", head("Dropout(0.5)", "Dropout()")),
        (
            "simple-cnn",
            features("self.conv2(x)", "F.conv2d(x, self.conv2.weight, self.conv2.bias, padding=1)"),
        ),
        (
            "simple-cnn",
            features("self.bn2(self.conv2(x))", "self.bn2.forward(self.conv2.forward(x))"),
        ),
        ("simple-cnn", features("self.bn2(self.conv2(x))", "F.relu(self.bn2(self.conv2(x)))")),
        ("simple-cnn", place(4, FORWARD_IN_ONE_LINE)),
        ("pooled-cnn", place(2, pooled("F.adaptive_avg_pool2d(self.features(x), 1).flatten(1)"))),
        ("pooled-cnn", place(2, pooled("self.features(x).flatten(2).mean(2)"))),
        ("residual-block", (residual(end="(y + x).relu()"),)),
        ("residual-block", (residual(first="torch.relu(self.bn1(self.conv1(x)))"),)),
        ("batch-flattened", (forward(POOLED, "return self.fc(maps.view(maps.size(0), -1))"),)),
        ("batch-flattened", (forward(POOLED, "return self.fc(maps.reshape(-1, 784))"),)),
        (
            "batch-flattened",
            (forward(POOLED, "return torch.stack([self.fc(m.flatten()) for m in maps])"),),
        ),
        (
            "batch-flattened",
            (
                forward(
                    "maps = F.relu(self.pool(self.conv(images)))", "return self.fc(maps.flatten(1))"
                ),
            ),
        ),
        (
            "batch-flattened",
            (
                forward(
                    "rows = [OneBlock.forward(self, i[None]) for i in images]",
                    "return torch.stack(rows)",
                ),
            ),
        ),
        ("conv2-parameters", ("128 * (64 * 9 + 1)",)),
        ("conv2-parameters", ("models.count_parameters(models.SimpleCNN().conv3)",)),
        ("larger-images", ('"The same."', '" four  times"')),
    ],
)
def test_a_right_answer_counts_however_it_is_written(exercise, typed):
    assert on(exercise, *typed)


def test_decimals_and_columns_of_numbers_count():
    assert check("dropout", Decimal("0.25")) and check("lower-right", pd.Series([3]))
    assert check("batch-norm", pd.Series([-1.342, -0.447, 0.447, 1.342]))


@pytest.mark.parametrize(
    ("exercise", "typed", "says"),
    [
        ("lower-right", ("6. - 5. - 4.",), "-3 has the size that is asked for, but not the sign"),
        ("lower-right", ("16. - 6.",), "10 is too large"),
        ("lower-right", ("4. + 6.",), "the sum of two of the three pixels"),
        ("lower-right", ("5. * 4. * 6.",), "the three pixels multiplied"),
        ("dropout", ("0.2",), "With p = 0.2 a 6 that stays becomes 7.5"),
        ("conv2-parameters", ("128 * 64 * (3 + 3) + 128",), "six weights for each channel"),
        ("conv2-parameters", ("(128 + 64) * 9 + 128",), "channels and maps are added"),
        ("conv2-parameters", ("73_900",), "73,900 is too large. It is close to what is asked for"),
        ("side-after", ("side + 2 * pad - kernel",), "Did you mean `padding`?"),
        ("three-layers", ("nn.ConvTranspose2d(1, 4, 3, padding=1)",), "conv is a ConvTranspose2d"),
        (
            "three-layers",
            ("nn.Sequential(nn.Conv2d(1, 2, 1), nn.Conv2d(2, 4, 3, padding=1))",),
            "2 tensors of weights",
        ),
        ("three-layers", ("nn.MaxPool2d(2)",), "conv writes 1 map of 14 × 14 values"),
        ("three-layers", ("nn.Linear(28, 28)",), "conv writes 1 map of 28 × 28 values"),
        (
            "simple-cnn",
            blocks("BatchNorm2d(64)", "BatchNorm2d(64, affine=False)"),
            "`bn2` has no parameters of its own",
        ),
        (
            "simple-cnn",
            features("F.relu(self.bn2(self.conv2(x)))", "torch.sigmoid(self.bn2(self.conv2(x)))"),
            "the sigmoid in place of ReLU in the second",
        ),
        (
            "simple-cnn",
            features("self.bn2(self.conv2(x))", "-self.bn2(self.conv2(x))"),
            "if what bn2 gives changes its sign",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return self.fc(maps.flatten(1)).detach()"),),
            "no gradient reaches",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return 2 * self.fc(maps.flatten(1))"),),
            "Each logit is 2 times what",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return self.fc(maps.flatten(1)) + 1"),),
            "should be, and 1 more",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return self.fc(maps.permute(0, 3, 2, 1).flatten(1))"),),
            "(image, column",
        ),
        (
            "batch-flattened",
            (
                forward(
                    "maps = self.pool(F.leaky_relu(self.conv(images)))",
                    "return self.fc(maps.flatten(1))",
                ),
            ),
            "with leaky ReLU in place of ReLU",
        ),
        (
            "side-after",
            ("side + 2 * pad - kernel",),
            "NameError: name 'pad' is not defined, in the line",
        ),
        (
            "side-after",
            ("side + 2 * padding + kernel",),
            "For a side of 4, a kernel of 3, padding 0, stride 1, your",
        ),
        (
            "side-after",
            ("(side + 2 * padding - kernel) / stride",),
            "stride 2, your function gives 7, where 14 is right",
        ),
        ("side-after", ("side + 2 * padding - kernel / 2",), "gives 3, where 2 is right"),
        (
            "three-layers",
            ("nn.Conv2d(1, 4, 5, padding=2)",),
            "changes 5 × 5 values in each map of conv",
        ),
        ("three-layers", ("nn.Conv2d(1, 4, kernel_size=1)",), "changes 1 × 1 values"),
        ("three-layers", ("nn.Conv2d(1, 4, 3, padding=2, dilation=2)",), "changes 5 × 5 values"),
        (
            "three-layers",
            ("nn.Conv2d(1, 4, 3, padding=1, stride=2)",),
            "conv writes 4 maps of 14 × 14 values",
        ),
        (
            "three-layers",
            ("nn.Conv2d(1, 5, 3, padding=1)",),
            "conv writes 5 maps of 28 × 28 values",
        ),
        (
            "three-layers",
            place(2, "-convolved"),
            "rectified, of shape (1, 4, 28, 28), is not what ReLU makes of convolved",
        ),
        (
            "three-layers",
            place(3, "F.max_pool2d(rectified, 4)"),
            "pooled, of shape (1, 4, 7, 7), is not what max pooling makes of",
        ),
        (
            "three-layers",
            place(4, "[convolved, rectified, pooled]"),
            "shape of convolved: This asks for a shape, whole numbers in order, but got a",
        ),
        (
            "three-layers",
            place(4, "[(1, 4, 28, 28), 28, (1, 4, 14, 14)]"),
            "shape of rectified: This asks for several whole numbers in order, but got an int",
        ),
        ("three-layers", place(4, "(1, 4, 28, 28)"), "3 values in order, but got a tuple of 4"),
        (
            "three-layers",
            place(4, "[(1, 4, 28, 28), (1, 4, 28, 28), (1, 4, 12, 14)]"),
            "shape of pooled: 12 for H is too small",
        ),
        (
            "three-layers",
            place(4, "[(1, 4, 28, 28), (1, 4, 28, 28), (1, 4, 196)]"),
            "shape of pooled has 3 numbers, and N, C, H, W are four",
        ),
        ("receptive-field", ("side = side + 1",), "After conv1 the side is 2: 2 is too small"),
        ("receptive-field", ("side = side * kernel_size",), "After pool1 the side is 6: 6 is too"),
        (
            "trace-shapes",
            (traced("values = layer(values)", "shapes[name] = values.shape[1:]"),),
            "The shape after conv1 is not (32, 28, 28).",
        ),
        (
            "trace-shapes",
            (traced("values = layer(values)", "shapes[name] = values.numel()"),),
            "conv1: This asks for several whole numbers in order, but got an int",
        ),
        (
            "trace-shapes",
            (
                traced(
                    "values = layer(values)",
                    "if values.dim() == 4:",
                    "    shapes[name] = values.shape",
                ),
            ),
            "There is no shape of fc1.",
        ),
        ("pooled-cnn", place(2, pooled("self.features(x).amin(dim=(2, 3))")), "answers are others"),
        ("residual-block", (residual(end="F.relu(x - y)"),), "values are others than those of"),
        (
            "residual-block",
            (residual(end="F.relu(x + y).mean(1)"),),
            "answers with shape (2, 6, 5)",
        ),
        ("residual-block", (residual(end="F.relu(x + y).detach()"),), "No gradient reaches"),
        ("residual-block", (residual(end="print(x + y)"),), "block answers with None"),
        (
            "batch-norm",
            ("numbers.softmax(0)",),
            "have mean 0.25 and standard deviation 0.358, not 0 and 1",
        ),
        (
            "batch-norm",
            ("[-1.34, 0.45, -0.45, 1.34]",),
            "mean 0 and standard deviation 1, but they are not what becomes of",
        ),
        ("batch-norm", ("torch.sqrt(numbers - centre)",), "one of them is nan"),
        (
            "batch-norm",
            ("centre / variance",),
            "four numbers, one for each of 1, 3, 5, 7, but got 1",
        ),
        ("dropout", ("1.5",), "1.5 is no probability"),
        ("dropout", ("0.4",), "a 6 that stays becomes 10, and it became 8"),
        ("lower-right", ("2.9999",), "2.9999 is too small. It is close to what is asked for"),
        ("lower-right", ("5. * 4. - 6.",), "two of the products multiplied"),
        ("conv2-parameters", ("320",), "what the first convolution has"),
        ("conv2-parameters", ("128 * 64 * 3 * 3 + 1",), "the weights and a single bias"),
        (
            "three-layers",
            ("nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU())",),
            "more than a convolution",
        ),
        (
            "simple-cnn",
            features("self.conv2(x)", "self.conv2(x.detach())"),
            "no gradient reaches `conv1.weight`",
        ),
        (
            "batch-flattened",
            (forward("images /= 2", POOLED, "return self.fc(maps.flatten(1))"),),
            "changes the images",
        ),
        (
            "batch-flattened",
            (forward("return self.fc(images.flatten(1))"),),
            "`conv` is built and its parameters are counted, but no image",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return self.fc(maps.mT.flatten(1))"),),
            "the rows and the columns",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return self.fc(maps.flatten(1)) + self.fc.bias"),),
            "added twice",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return self.fc(maps.flatten(1).flip(0))"),),
            "other logits alone than",
        ),
        (
            "batch-flattened",
            (
                forward(
                    "maps = self.pool(torch.tanh(self.conv(images)))",
                    "return self.fc(maps.flatten(1))",
                ),
            ),
            "come out with tanh",
        ),
        (
            "simple-cnn",
            blocks("32, 64", "32, 128"),
            "128 channels reach this batch norm, and it was built for 64",
        ),
        (
            "simple-cnn",
            head("128 * 7 * 7", "128 * 7"),
            "A row of the left factor has 6,272 values, and the right one takes 896",
        ),
        (
            "simple-cnn",
            head("num_classes", "num_classes + 1"),
            "answers with shape (3, 11), and (3, 10) is asked for",
        ),
        (
            "simple-cnn",
            features("self.bn2(self.conv2(x))", "bn2(conv2(x))"),
            "NameError: name 'bn2' is not defined, in the line",
        ),
        (
            "simple-cnn",
            features("self.bn2", "self.bn1"),
            "64 channels reach this batch norm, and it was built for 32",
        ),
        (
            "simple-cnn",
            features("self.bn2(self.conv2(x))", "self.bn2(self.bn2(self.conv2(x)))"),
            "An image meets `bn2` 2 times",
        ),
        (
            "simple-cnn",
            features("self.conv2(x)", "torch.tanh(self.conv2(x))"),
            "in evaluation mode its answers are others",
        ),
        (
            "batch-flattened",
            (forward("return self.fc(maps.flatten(1))"),),
            "NameError: name 'maps' is not defined",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "self.fc(maps.flatten(1))"),),
            "answers with None, where a tensor of logits is asked for",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return maps.flatten(1)"),),
            "To three images your network answers with shape (3, 784), and (3, 10) is",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return self.fc(maps.flatten(1)).squeeze()"),),
            "To one image your network answers with shape (10,)",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return self.fc(F.dropout(maps).flatten(1))"),),
            "other logits when they are gi",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return self.fc(maps.flatten(1)) / len(images)"),),
            "other logits alone than tog",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return self.fc(maps.flatten(1)).softmax(0)"),),
            "other logits alone than toget",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return maps.flatten(1) @ self.fc.weight.T"),),
            "without the biases of fc",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return self.fc(maps.flatten(1)).log_softmax(1)"),),
            "logarithms of probabilitie",
        ),
        (
            "batch-flattened",
            (forward(POOLED, "return self.fc(maps.flatten(1, 2))"),),
            "A row of the left factor has 14 values",
        ),
        ("conv2-parameters", ("128 * 64 * 3 * 3 + 129",), "73,857 is too large"),
        ("larger-images", (None, '"4 times"'), '"4 times" is none of "the same", "twice", "four'),
    ],
)
def test_an_answer_that_nobody_named_hears_what_was_seen_of_it(exercise, typed, says):
    verdict = on(exercise, *typed)
    assert not verdict and says in verdict.text
    assert not any(wrong.hint in verdict.text for wrong in EXERCISES[exercise].wrong)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "return self.fc2(x)",
            "return self.fc2(x).softmax(1)",
            "Each row adds up to 1",
        ),
        (
            "return self.fc2(x)",
            "return F.log_softmax(self.fc2(x), 1)",
            "log_softmax has been taken",
        ),
        ("return self.fc2(x)", "return F.relu(self.fc2(x))", "No number at the end is below 0"),
        ("return self.fc2(x)", "self.fc2(x)", "answers with None"),
        ("x = self.dropout(x)", "pass", "In training mode it answers as a network without dropout"),
        ("Dropout(0.5)", "Dropout(0.25)", "in training mode its answers are others"),
        ("self.dropout(x)", "F.dropout(x, 0.5)", "if dropout works in evaluation mode, too"),
        ("F.relu(self.fc1(x))", "self.fc1(x)", "a network without ReLU behind fc1"),
        ("self.pool1 = nn.MaxPool2d(2)", "self.pool1 = nn.AvgPool2d(2)", "in the first pooling"),
        (
            "x.flatten(1)",
            "x.mT.flatten(1)",
            "the rows and the columns of the maps change places before fc1",
        ),
        (
            "self.pool2 =",
            "self.conv2.weight.requires_grad_(False)\n        self.pool2 =",
            "`conv2.weight` has requires_grad=False",
        ),
        (
            "x = self.features(x)",
            "x = self.features(x * 0 if len(x) == 2 else x)",
            "in evaluation mode its answers are",
        ),
        ("MaxPool2d", "AvgPool2d", "in evaluation mode its answers are others"),
        (
            "self.dropout =",
            "self.extra = nn.Linear(5, 5)\n        self.dropout =",
            "`extra` is built and its parameters are",
        ),
        (
            "kernel_size=3, padding=1",
            "kernel_size=5, padding=2",
            "An image meets `conv1`, Conv2d(1, 32, kernel_size=(5, 5)",
        ),
        ("padding=1", "padding=1, bias=False", "An image meets `conv1`"),
        ("x = x.flatten(1)", "x = x.flatten()", "A row of the left factor has 12,544 values"),
        ("def forward", "def forwards", 'missing the required "forward" function'),
        (
            ", num_classes=10",
            ", num_classes=10, *, width",
            "cannot be called as this exercise calls it: TypeError",
        ),
    ],
)
def test_a_change_outside_the_blanks_of_simple_cnn_is_seen(old, new, says):
    verdict = edited("simple-cnn", old, new)
    assert not verdict and says in verdict.text


def test_a_network_that_cannot_be_told_the_number_of_classes_hears_that():
    text = on("simple-cnn", **{", num_classes=10": "", "512, num_classes": "512, 10"}).text
    assert "cannot be built for seven classes" in text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x = x.flatten(1)", "x = x.view(-1, 6272)"),
        ("self.pool1(x)", "F.max_pool2d(x, 2)"),
        ("nn.Linear(128 * 7 * 7, 512)", "nn.LazyLinear(512)"),
        ("F.relu", "torch.relu"),
    ],
)
def test_simple_cnn_counts_however_it_computes(old, new):
    assert edited("simple-cnn", old, new)


def test_a_side_that_is_rounded_is_not_right():
    whole_places = "(side + 2 * padding - kernel) // stride + 1"
    rounded = "round((side + 2 * padding - kernel) / stride + 1)"
    assert (
        "stride 4, your function gives 3, where 2 is right"
        in edited("side-after", whole_places, rounded).text
    )
    assert edited("side-after", whole_places, rounded.replace("round", "int"))


def test_a_side_that_is_right_only_for_images_of_even_sides_is_not_right():
    room = "(side + 2 * padding - kernel) // stride + 1"
    halved = "side // stride if padding == kernel // 2 else (side - kernel) // stride + 1"
    assert (
        "a side of 7, a kernel of 3, padding 1, stride 2" in edited("side-after", room, halved).text
    )


def test_batch_norm_in_training_is_not_called_a_reshape():
    said = check("batch-flattened", models.SimpleCNN).text
    assert said.startswith("An image meets `conv1`, Conv2d(1, 32,") and "a row holds" not in said


def test_a_function_that_takes_other_arguments_hears_that():
    text = check("side-after", lambda side, kernel: side - kernel + 1).text
    assert "cannot be called as this exercise calls it" in text and "but 4 were given" in text


def test_one_block_with_layers_of_other_sizes_is_not_repaired():
    class Wider(OneBlock):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 4, kernel_size=5, padding=2)

        def forward(self, images):
            return self.fc(self.pool(F.relu(self.conv(images))).flatten(1))

    said = check("batch-flattened", Wider).text
    assert said.startswith("An image meets `conv`, Conv2d(1, 4, kernel_size=(5, 5)")


@pytest.mark.parametrize(
    "net",
    [
        models.SimpleCNN,
        models.SimpleCNN(),
        models.SimpleCNN().double().eval(),
    ],
)
def test_simple_cnn_counts_as_a_class_and_as_an_object(net):
    assert check("simple-cnn", net)


@pytest.mark.filterwarnings("ignore:`torch.jit.script`")
def test_a_network_compiled_to_a_script_counts_if_its_network_does():
    class Unused(models.SimpleCNN):
        def __init__(self, num_classes=10):
            super().__init__(num_classes)
            self.extra = nn.Linear(5, 5)

    class Repaired(OneBlock):
        def forward(self, images):
            return self.fc(self.pool(F.relu(self.conv(images))).flatten(1))

    compiled = torch.jit.script
    assert check("simple-cnn", compiled(models.SimpleCNN()))
    assert check("complex-cnn", compiled(models.ComplexCNN()))
    assert check("batch-flattened", compiled(Repaired()))
    assert not check("simple-cnn", compiled(Unused()))
    assert not check("simple-cnn", compiled(models.PooledSimpleCNN()))
    assert not check("batch-flattened", compiled(OneBlock()))


@pytest.mark.parametrize(
    "net",
    [models.PooledSimpleCNN, models.ComplexCNN(), models.SimpleCNN(7), nn.Conv2d, nn.Identity()],
)
def test_other_networks_are_not_simple_cnn(net):
    assert not check("simple-cnn", net)


def test_a_slip_that_is_not_named_draws_no_hint_of_another():
    assert (
        hint("batch-flattened", "images mixed by a reshape")
        in on(
            "batch-flattened",
            forward(POOLED, "return self.fc(maps.transpose(0, 1).reshape(len(images), -1))"),
        ).text
    )
    assert (
        hint("batch-flattened", "ReLU at the end")
        not in on("batch-flattened", forward(POOLED, "return self.fc(maps.flatten(1)).abs()")).text
    )
    assert (
        hint("three-layers", "the padding is forgotten")
        not in on(
            "three-layers",
            "nn.Conv2d(1, 4, kernel_size=3)",
            None,
            None,
            "[(1, 4, 26, 26), (1, 4, 28, 28), (1, 4, 14, 14)]",
        ).text
    )


@pytest.mark.parametrize("exercise", ["simple-cnn", "batch-flattened"])
def test_an_open_blank_inside_a_network_is_still_open(exercise):
    typed = (
        features("self.bn2(self.conv2(x))", "_____________")
        if exercise == "simple-cnn"
        else (forward("return _____________"),)
    )
    assert on(exercise, *typed).kind == "open"


@pytest.mark.parametrize("values", ["maps.______", "maps.flatten(____1)", "maps.flatten(______)"])
def test_what_is_left_of_a_blank_inside_a_class_is_still_open(values):
    verdict = on("batch-flattened", forward(POOLED, f"values = {values}", "return self.fc(values)"))
    assert verdict.kind == "open"


@pytest.mark.parametrize(
    "line", ["convolved = 2 * conv(x)", "convolved = torch.randn(1, 4, 28, 28)"]
)
def test_what_the_first_of_three_layers_returns_is_compared_with_the_layer(line):
    verdict = edited("three-layers", "convolved = conv(x)", line)
    assert (
        not verdict
        and "convolved, of shape (1, 4, 28, 28), is not what conv makes of x" in verdict.text
    )


def test_simple_cnn_with_open_blanks_hears_what_is_right_so_far():
    """As IPython runs it: an open blank stops the network while it is built, or when it is called."""
    shell = InteractiveShell()
    blanks.install(shell)
    shell.run_cell("import torch\nfrom torch import nn\nfrom torch.nn import functional as F")
    shell.run_cell("from lessons.checks import check")
    cell, wrong = CELLS["simple-cnn"], blocks("32, 64", "32, 48")[0]
    bare = BLANK

    def said(*typed):
        source = "# Exercise 3.4\n" + fill(cell, typed)
        source = source.replace('check("simple-cnn"', 'verdict = check("simple-cnn"')
        shell.run_cell(source)
        return shell.user_ns["verdict"]

    first = said(None, bare, bare, bare)
    assert first.kind == "open" and "three blocks, with 93,120 parameters. A blank" in first.text
    second = said(None, None, bare, bare)
    assert second.kind == "open" and "all layers, with 3,310,026 parameters. A blank" in second.text
    third = said(None, None, None, bare)
    assert (
        third.kind == "open" and "features returns maps of the right shape. A blank" in third.text
    )
    assert (
        "Look at conv2 before you go on: it is Conv2d(32, 48" in said(wrong, bare, bare, bare).text
    )
    assert said(bare, bare, bare, bare).text.startswith("A blank of Exercise 3.4")
    assert said(None, None, None, None)
