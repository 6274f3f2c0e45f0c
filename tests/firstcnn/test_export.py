"""Networks as files: what onnxruntime makes of a file, against PyTorch, layer by layer; errors;
what is left behind.
"""

import base64
import copy
import functools
import html.parser
import json
import logging
import os
import re
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from firstcnn import data, export, models, profiles, training
from firstcnn.export import translation
from firstcnn.export.graph import translate
from firstcnn.export.page import PAGE_LIMITS
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

pytestmark = pytest.mark.usefixtures("quick_exports")


class Residual(nn.Module):
    """Branches that meet again, in place and not; a stride, groups, a dilation; a layer used three
    times.
    """

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 8, 3, stride=2, padding=1, bias=False)
        self.block = nn.Sequential(
            nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=4), nn.ReLU(inplace=True)
        )
        self.relu1 = nn.ReLU(inplace=True)
        self.bn = nn.BatchNorm2d(8, affine=False)
        self.pool = nn.AvgPool2d(3, stride=2, padding=1)
        self.depthwise = nn.Conv2d(8, 16, (3, 1), padding=(1, 0), groups=8)
        self.global_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(17, 10, bias=False)

    def forward(self, image):
        x = self.relu1(self.first(image))
        x = self.bn(self.block(x) + x)
        x += self.block(x)
        x = self.pool(F.relu(x))
        x = self.global_pool(self.depthwise(x)).flatten(1)
        return self.fc(torch.cat([x, image.mean(dim=(2, 3))], dim=1))


class Scale(nn.Module):
    """A layer of one's own without layers inside."""

    def __init__(self):
        super().__init__()
        self.by = nn.Parameter(torch.randn(4, 1, 1))

    def forward(self, x):
        return torch.tanh(x) * self.by


class Unusual(nn.Module):
    """What the book does not teach, and names that could be the file's own."""

    def __init__(self):
        super().__init__()
        self.image = nn.Conv2d(1, 4, 3, padding="same", padding_mode="circular")
        self.gelu1 = nn.GELU()
        self.scale = Scale()
        self.norm = nn.LayerNorm([4, 28, 28])
        self.group = nn.GroupNorm(2, 4)
        self.up = nn.ConvTranspose2d(4, 4, 2, stride=2)
        self.pool = nn.MaxPool2d(3, ceil_mode=True)
        self.attention = nn.MultiheadAttention(19, 1, batch_first=True)
        self.logits = nn.Linear(19, 19)
        self.unflatten = nn.Unflatten(1, (2, 38))
        self.bn = nn.BatchNorm1d(2)
        self.fc = nn.Linear(76, 5)
        self.silu = nn.SiLU(inplace=True)

    def forward(self, x):
        x = F.gelu(self.gelu1(self.image(x)))
        x = self.group(self.norm(self.scale(x)))
        x = self.pool(self.up(x)).mean(dim=2)  # (N, 4, 19)
        x = self.logits(x)
        x = self.attention(x, x, x, need_weights=False)[0]
        x = self.bn(self.unflatten(x.flatten(1)))
        return F.log_softmax(self.silu(self.fc(x.flatten(1))), dim=1)


def fully_convolutional():
    """Numbered layers, a Dropout, and a view behind the last layer."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, stride=2),
        nn.Sequential(nn.BatchNorm2d(6), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
        nn.Dropout(0.5),
        nn.LeakyReLU(0.1),
        nn.Conv2d(6, 10, 6),
        nn.Flatten(),
        nn.Identity(),
    )


def kept_activations():
    """A network that keeps what it computed, with the older weight norm, has run, and has
    gradients.
    """

    class Keeping(models.TinyCNN):
        def forward(self, x):
            self.maps = self.conv1(x)
            return super().forward(x)

    model = Keeping()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # there is a newer way
        nn.utils.weight_norm(model.conv2)
    model(torch.randn(3, 1, 28, 28)).sum().backward()
    return model


BOOK = {
    "SimpleCNN": models.SimpleCNN,
    "PooledSimpleCNN": models.PooledSimpleCNN,
    "TinyCNN": models.TinyCNN,
    "ComplexCNN": models.ComplexCNN,
    "FastCNN": models.FastCNN,
    "DenseNetwork": models.DenseNetwork,
    "SmallCNN": functools.partial(models.SmallCNN, batch_norm=True, dropout=0.5),
}
NETWORKS = BOOK | {
    "Residual": Residual,
    "Unusual": Unusual,
    "fully convolutional": fully_convolutional,
    "kept activations": kept_activations,
    "parallel": lambda: nn.DataParallel(models.TinyCNN()),
    "bfloat16, channels last": lambda: training.fast_layout(models.PooledSimpleCNN()).bfloat16(),
}
LAYERS = {
    "SimpleCNN": "conv1 bn1 relu1 pool1, conv2 bn2 relu2 pool2, conv3 bn3 relu3, fc1 relu4, fc2",
    "PooledSimpleCNN": (
        "conv1 bn1 relu1 pool1, conv2 bn2 relu2 pool2, conv3 bn3 relu3, global_pool fc"
    ),
    "TinyCNN": "conv1 relu1 pool, conv2 relu2 pool_(2), fc1 relu3, fc2",
    "DenseNetwork": "fc1 relu1, fc2",
    "SmallCNN": "conv1 bn1 relu1 pool1, conv2 bn2 relu2 pool2, fc",
    "Residual": (
        "first relu1, conv1 relu2 add1 bn, conv2 relu3 add2, relu4 pool, depthwise global_pool,"
        " pool1, concat1 fc"
    ),
    "Unusual": (
        "pad1 image_(2) gelu1 gelu2 scale norm group up pool reducemean1 logits_(2) attention"
        " unflatten bn fc silu logsoftmax1"
    ),
    "fully convolutional": "conv1 bn1 relu1 pool1 leakyrelu1 conv2",
}
VIEWS = (nn.Flatten, nn.Dropout, nn.Identity)
FUNCTIONS = {  # what PyTorch calls the function behind a layer without a name
    "ReLU": {"relu"},
    "GELU": {"gelu"},
    "Add": {"add", "add_"},
    "Pad": {"pad"},
    "Concat": {"cat"},
    "ReduceMean": {"mean"},
    "AdaptiveAvgPool2d": {"mean"},
    "LogSoftmax": {"log_softmax"},
}


def build(name):
    """Make a network with batch norm that has seen something, and logits that depend on the
    image.
    """
    torch.manual_seed(1)
    model = NETWORKS[name]()
    with torch.no_grad():
        for part, tensor in (*model.named_parameters(), *model.named_buffers()):
            if part.endswith("running_mean"):
                tensor.uniform_(-0.3, 0.3)
            if part.endswith("running_var"):
                tensor.uniform_(0.3, 1)
            if tensor.ndim > 1:
                tensor.mul_(2)
    return model


@functools.cache
def _exported(name, folder):
    model = build(name)
    return model, export.to_onnx(model, folder / f"{name}.onnx")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A function from the name of a network to the network and what was exported of it."""
    folder = tmp_path_factory.mktemp("networks")
    yield lambda name: _exported(name, folder)
    _exported.cache_clear()


def run(path, images, outputs=None):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = outputs or [output.name for output in session.get_outputs()]
    return dict(
        zip(
            names, map(torch.from_numpy, session.run(names, {"image": images.numpy()})), strict=True
        )
    )


def images(count, seed=0):
    return torch.randn(count, 1, 28, 28, generator=torch.Generator().manual_seed(seed))


class Calls(TorchFunctionMode):
    """Keep what every layer of a network returns, and every function called outside of PyTorch's
    layers.
    """

    def __init__(self, model):
        super().__init__()
        self.layers, self.functions, self.inside = {}, [], 0
        for name, layer in model.named_modules():
            if name and not isinstance(layer, (nn.Sequential, models.TinyCNN)):
                layer.register_forward_pre_hook(functools.partial(self._enter, name))
                layer.register_forward_hook(functools.partial(self._leave, name))

    def _enter(self, name, layer, inputs):
        self.inside += name != "image"  # whose padding is a layer of the file

    def _leave(self, name, layer, inputs, output):
        self.inside -= name != "image"
        output = output[0] if isinstance(output, tuple) else output
        self.layers.setdefault(name, []).append(output.detach().clone())

    def __torch_function__(self, function, types, arguments=(), keywords=None):
        result = function(*arguments, **(keywords or {}))
        if not self.inside and isinstance(result, Tensor):
            self.functions.append((function.__name__, result.detach().clone()))
        return result

    def expected(self, layer):
        """Return what PyTorch had for the next layer of the file."""
        if layer["module"]:
            return self.layers[layer["module"]].pop(0)
        names = FUNCTIONS[layer["kind"]]
        index = next(index for index, (name, _) in enumerate(self.functions) if name in names)
        return self.functions.pop(index)[1]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_output_is_pytorchs_for_any_number_of_images(name, exported):
    model, network = exported(name)
    reference = copy.deepcopy(model).float().eval() if name != "kept activations" else model.eval()
    for count in (1, 7):
        with torch.no_grad(), Calls(reference) as calls:
            logits = reference(images(count))
        found = run(network.path, images(count))
        torch.testing.assert_close(found["logits"], logits, rtol=1e-4, atol=2e-5)
        for layer in network.layers:
            expected, value = calls.expected(layer), found[layer["output"]]
            assert list(expected.shape[1:]) == layer["shape"]
            torch.testing.assert_close(
                value.reshape(expected.shape), expected, rtol=1e-4, atol=2e-5
            )
        taken = {layer["module"] for layer in network.layers}
        left = {
            name
            for name, outputs in calls.layers.items()
            if outputs and name.partition(".")[0] not in taken
        }
        assert all(isinstance(model.get_submodule(name), VIEWS) for name in left)


@pytest.mark.parametrize("name", LAYERS)
def test_layers_have_pytorchs_names_or_numbers(name, exported):
    _, network = exported(name)
    names = [layer["name"].replace(" ", "_") for layer in network.layers]
    assert names == LAYERS[name].replace(",", "").split()


def computed(layer, inputs, values):
    """What a layer returns, from its description alone; None if its kind is unusual."""
    weight, bias, x = values.get(layer["weight"]), values.get(layer["bias"]), inputs[0]
    window = {name: layer.get(name) for name in ("stride", "padding")}
    match layer["kind"]:
        case "Conv2d":
            return F.conv2d(
                x, weight, bias, **window, dilation=layer["dilation"], groups=layer["groups"]
            )
        case "Linear":
            return F.linear(x.flatten(1), weight, bias)
        case "ReLU":
            return x.clamp(min=0)
        case "AvgPool2d" | "AdaptiveAvgPool2d":
            return F.avg_pool2d(x, layer["kernel_size"], **window)
        case "BatchNorm1d" | "BatchNorm2d":
            mean, variance = values[layer["running_mean"]], values[layer["running_var"]]
            return F.batch_norm(x, mean, variance, weight, bias, eps=layer["epsilon"])
        case "MaxPool2d":
            by_ceiling = layer["shape"][1] * layer["stride"][0] > x.shape[2]
            return F.max_pool2d(
                x, layer["kernel_size"], **window, dilation=layer["dilation"], ceil_mode=by_ceiling
            )
        case "Add":
            return inputs[0] + inputs[1]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_description_of_a_layer_is_enough_to_compute_it(name, exported):
    _, network = exported(name)
    graph = onnx.load(network.path).graph
    values = {
        tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy())
        for tensor in graph.initializer
    }
    found = run(network.path, images(3)) | {"image": images(3)}
    outputs = {"image": "image"} | {layer["name"]: layer["output"] for layer in network.layers}
    for layer in network.layers:
        result = computed(layer, [found[outputs[each]] for each in layer["inputs"]], values)
        if result is not None:
            torch.testing.assert_close(
                result.reshape_as(found[layer["output"]]), found[layer["output"]]
            )


@pytest.mark.parametrize("name", NETWORKS)
def test_the_file_is_what_its_description_says(name, exported):
    model, network = exported(name)
    file = onnx.load(network.path)
    onnx.checker.check_model(file, full_check=True)
    said = {entry.key: entry.value for entry in file.metadata_props}
    assert said["firstcnn.format"] == "1" and said["firstcnn.title"] == type(model).__name__
    assert (json.loads(said["firstcnn.mean"]), json.loads(said["firstcnn.std"])) == (0.1307, 0.3081)
    assert json.loads(said["firstcnn.parameters"]) == sum(
        parameter.numel() for parameter in model.parameters()
    )
    assert json.loads(said["firstcnn.layers"]) == network.layers
    shapes = [
        [size.dim_param or size.dim_value for size in each.type.tensor_type.shape.dim]
        for each in file.graph.input
    ]
    assert [each.name for each in file.graph.input] == ["image"] and shapes == [
        ["batch", 1, 28, 28]
    ]
    outputs = [output.name for output in file.graph.output]
    assert outputs == ["logits", *[layer["output"] for layer in network.layers[:-1]]]
    assert len(set(outputs)) == len(outputs) and not file.graph.value_info
    assert (
        not {node.op_type for node in file.graph.node}
        & {"Shape", "Constant", "Identity", "Dropout"}
        or name == "Unusual"
    )


def test_nothing_in_the_file_says_where_the_network_was_defined(exported):
    for name in ("TinyCNN", "Residual"):
        content = exported(name)[1].path.read_bytes()
        for trace in (
            __file__,
            str(Path.home()),
            "site-packages",
            ".py",
            "forward",
            "stack",
            "namespace",
            __name__,
        ):
            assert trace.encode() not in content


# What the caller has afterwards


def state(model):
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    copies = {
        name: (tensor.detach().clone(), tensor.stride(), tensor.dtype)
        for name, tensor in tensors.items()
    }
    gradients = {
        name: parameter.grad.clone()
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    }
    asks = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
    return copies, gradients, asks, [layer.training for layer in model.modules()]


def same(first, second):
    tensors = all(
        torch.equal(one, other) and rest == more
        for (one, *rest), (other, *more) in zip(first[0].values(), second[0].values(), strict=True)
    )
    gradients = (
        all(map(torch.equal, first[1].values(), second[1].values()))
        and first[1].keys() == second[1].keys()
    )
    return tensors and gradients and first[2:] == second[2:]


def test_the_network_is_left_as_it_was(tmp_path):
    model = training.fast_layout(models.PooledSimpleCNN()).double()
    model(images(2).double()).sum().backward()
    model.bn1.eval()
    model.conv2.weight.requires_grad_(False)
    seen = []
    model.conv1.register_forward_hook(lambda layer, inputs, output: seen.append(output))
    before, generator = state(model), torch.get_rng_state()
    network = export.to_onnx(model, tmp_path / "mine.onnx")
    export.rounded(model, "int8")
    assert same(before, state(model)) and torch.equal(generator, torch.get_rng_state())
    assert not seen and len(model.conv1._forward_hooks) == 1
    assert model.training and not model.bn1.training
    assert torch.is_grad_enabled() and network.layers


def test_nothing_is_printed_logged_or_warned_of(tmp_path, capfd, caplog, recwarn):
    class Talking(models.TinyCNN):
        def forward(self, x):
            print("a shape", x.shape)
            return super().forward(x)

    with caplog.at_level(logging.DEBUG):
        export.to_onnx(Talking(), tmp_path / "mine.onnx")
        with pytest.raises(ValueError):
            export.to_onnx(Deciding(), tmp_path / "other.onnx")
        logging.getLogger("mine").warning("still heard")
    assert capfd.readouterr() == ("", "") and not recwarn.list
    heard = [
        record.message for record in caplog.records if record.name != "torch.__trace"
    ]  # only with handlers of its own
    assert heard == ["still heard"]


def test_options_reach_the_file(tmp_path):
    names = ["even", "odd", "neither"]
    network = export.to_onnx(
        models.TinyCNN(3),
        tmp_path / "mine.onnx",
        title="Mine – “tiny”",
        mean=0.25,
        std=0.5,
        labels=names,
    )
    said = {entry.key: entry.value for entry in onnx.load(network.path).metadata_props}
    assert (
        said["firstcnn.title"] == "Mine – “tiny”" and json.loads(said["firstcnn.labels"]) == names
    )
    assert (json.loads(said["firstcnn.mean"]), json.loads(said["firstcnn.std"])) == (0.25, 0.5)


# Weights in fewer bytes


@pytest.fixture(scope="module")
def digits():
    """Normalised: 256 images to train on, with labels, and 300 of validation."""
    train, validation = data.open_training_sets(profile=profiles.FULL)
    statistics = data.pixel_statistics(train.images)
    return (
        (data.prepare(train.images[:256], *statistics), train.labels[:256]),
        (data.prepare(validation.images[:300], *statistics), validation.labels[:300]),
    )


BYTES_FOR_A_WEIGHT = {
    "float32": (4, 4),
    "float16": (2, 2.2),
    "int8-linear": (1, 2.2),
    "int8": (1, 1.3),
}


@pytest.mark.parametrize("name", ["TinyCNN", "SmallCNN"])
def test_a_file_computes_with_rounded_weights_what_pytorch_computes(
    name, digits, tmp_path, monkeypatch
):
    model, (_, (validation, _)) = build(name), digits
    kept = functools.cache(lambda name: translate(export.rounded(model, "float32"), []))
    monkeypatch.setattr(translation, "translate", lambda network, names: kept(name))
    count = sum(parameter.numel() for parameter in model.parameters())
    for form, (low, high) in BYTES_FOR_A_WEIGHT.items():
        network, rounded = (
            export.to_onnx(model, tmp_path / "mine.onnx", weights=form),
            export.rounded(model, form),
        )
        logits = run(network.path, validation, ["logits"])["logits"]
        with torch.no_grad():
            expected = rounded(validation)
        torch.testing.assert_close(logits, expected, rtol=1e-5, atol=1e-5)
        assert torch.equal(logits.argmax(dim=1), expected.argmax(dim=1))
        assert low * count < network.bytes < high * count + 12_000
        unchanged = all(
            map(torch.equal, model.state_dict().values(), rounded.state_dict().values())
        )
        assert unchanged == (form == "float32")


def test_rounding_by_hand():
    layer = nn.Linear(3, 2)
    layer.weight.data = torch.tensor([[0.5, -1.0, 0.004], [0.0, 0.0, 0.0]])
    model = nn.Sequential(nn.Conv2d(1, 1, 2), layer, nn.ConvTranspose2d(1, 1, 2), nn.BatchNorm2d(1))
    model[0].weight.data = torch.tensor([[[[1.0009765625, 2.0], [0.1, -127.0]]]])
    eighths = export.rounded(model, "int8")
    scale = np.float32(1.0) / np.float32(127)
    assert eighths[1].weight.tolist() == [[64 * scale, -127 * scale, 1 * scale], [0, 0, 0]]
    assert eighths[0].weight.flatten().tolist() == [1, 2, 0, -127]
    halves = export.rounded(model, "float16")
    assert halves[0].weight.flatten().tolist() == [1.0009765625, 2.0, float(np.float16(0.1)), -127]
    mixed = export.rounded(model, "int8-linear")
    assert torch.equal(mixed[0].weight, halves[0].weight) and torch.equal(
        mixed[1].weight, eighths[1].weight
    )
    for each in (eighths, halves, mixed):
        assert torch.equal(each[1].bias, layer.bias) and torch.equal(
            each[2].weight, model[2].weight
        )


def test_weights_that_two_layers_share_are_rounded_once(tmp_path):
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 32)
    )
    model[5].weight = model[3].weight
    network = export.to_onnx(model, tmp_path / "mine.onnx", weights="int8")
    with torch.no_grad():
        expected = export.rounded(model, "int8")(images(4))
    torch.testing.assert_close(run(network.path, images(4))["logits"], expected)


def test_the_smallest_form_that_changes_no_prediction(digits, tmp_path):
    model, (_, (validation, labels)) = models.TinyCNN(), digits
    few = validation[:10], labels[:10]
    training.fit(model, digits[0], few, training.Recipe(epochs=3, batch_size=64))
    form, table = export.smallest(model, validation, labels)
    assert list(table.index) == list(export.FORMS[: export.FORMS.index(form) + 1])
    assert list(table.columns)[-1] == "accuracy"
    with torch.no_grad():
        logits = model(validation)
        for name in table.index:
            after = export.rounded(model, name)(validation)
            assert table.loc[name, "changed"] == (after.argmax(dim=1) != logits.argmax(dim=1)).sum()
            assert table.loc[name, "largest_difference"] == pytest.approx(
                float((after - logits).abs().max()), abs=1e-5
            )
            assert table.loc[name, "accuracy"] == pytest.approx(
                float((after.argmax(dim=1) == labels).float().mean())
            )
    assert [name for name in table.index if table.loc[name, "changed"] == 0] == [form]
    assert set(table["compared"]) == {len(validation)}, "all images are one batch here"
    assert table["bytes"].is_monotonic_increasing
    files = [
        export.to_onnx(model, tmp_path / "mine.onnx", weights=name).bytes for name in table.index
    ]
    others = [
        size - table.loc[name, "bytes"] for name, size in zip(table.index, files, strict=True)
    ]
    assert all(0 < other < 20_000 for other in others), "the graph and its names"
    assert max(others) - min(others) < 2000, "whatever the form of the weights"


def two_pixels(weights):
    """A network of two classes, each the weighted sum of the first two pixels."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 2))
    model[1].weight.data.zero_()
    model[1].weight.data[:, :2] = torch.tensor(weights)
    model[1].bias.data.zero_()
    return model


def test_a_form_is_given_up_after_the_batch_that_it_fails():
    model = two_pixels([[1.0, 0.3], [1.0, 0.30001]])
    three_batches = torch.zeros(3000, 1, 28, 28)  # all 0: both logits are 0, whatever the weights
    three_batches[1500, 0, 0, 1] = 1
    form, table = export.smallest(model, three_batches, torch.zeros(3000, dtype=torch.int64))
    assert form == "float32" and list(table["changed"]) == [1, 1, 1, 0]
    assert list(table["compared"]) == [2000, 2000, 2000, 3000]
    assert table.loc["float16", "accuracy"] == 1
    assert table.loc["float32", "accuracy"] == pytest.approx(2999 / 3000)


def test_a_prediction_on_the_edge_is_kept_by_exact_weights_only():
    model = two_pixels([[1.0, 0.3], [1.0, 0.30001]])
    second_pixel = torch.zeros(1, 784)
    second_pixel[0, 1] = 1
    form, table = export.smallest(model, second_pixel.view(1, 1, 28, 28))
    assert form == "float32" and list(table["changed"]) == [1, 1, 1, 0]


# Errors


class Deciding(models.TinyCNN):
    def forward(self, x):
        return super().forward(x if x.sum() > 0 else -x)


class TwoAtATime(models.TinyCNN):
    def forward(self, x):
        return super().forward(x).view(2, -1)


class Counting(models.TinyCNN):
    def forward(self, x):
        return super().forward(x) * (2 if len(x) > 3 else 1)


class ByNumPy(models.TinyCNN):
    def forward(self, x):
        return super().forward(torch.from_numpy(x.numpy()))


class Mixed(models.TinyCNN):
    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return super().forward(x)


class Tuple(models.TinyCNN):
    def forward(self, x):
        return super().forward(x), x


class Chance(models.TinyCNN):
    def forward(self, x):
        return F.dropout(super().forward(x), 0.5)


def diverged():
    model = models.TinyCNN()
    model.fc1.weight.data[3, 4] = float("nan")
    return model


def with_lock():
    model = models.TinyCNN()
    model.log = open(os.devnull)  # noqa: SIM115
    return model


def scripted():
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # PyTorch advises against it
        return torch.jit.trace(models.TinyCNN(), images(1))


class InForward(models.TinyCNN):
    """A network that does one more thing with its logits."""

    def __init__(self, last):
        super().__init__()
        self.last = last

    def forward(self, x):
        return self.last(super().forward(x))


def quantised():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch moves it to another package
        return torch.ao.quantization.quantize_dynamic(models.TinyCNN(), {nn.Linear})


def sparse():
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    model[1].weight = nn.Parameter(model[1].weight.detach().to_sparse())
    return model


def linear(classes=10):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, classes))


@pytest.mark.parametrize(
    "build_bad, error, words",
    [
        (
            lambda: models.TinyCNN,
            TypeError,
            r"got the class TinyCNN\. Make an instance: TinyCNN\(\)",
        ),
        (
            lambda: models.TinyCNN().state_dict(),
            TypeError,
            "Expected a network, an nn.Module, got OrderedDict",
        ),
        (
            lambda: nn.Sequential(nn.Flatten(), nn.Linear(1024, 10)),
            ValueError,
            r"cannot read images of shape \(1, 1, 28",
        ),
        (lambda: nn.Sequential(nn.Conv2d(3, 8, 3)), ValueError, "one channel of 28 × 28 pixels"),
        (
            lambda: nn.Conv2d(1, 8, 3),
            ValueError,
            r"a tensor of shape \(1, 8, 26, 26\) for 1 image\. Expected logits \(1, K\)",
        ),
        (
            lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 1)),
            ValueError,
            "for 2 to 100 classes",
        ),
        (Tuple, ValueError, "returns tuple. Expected one tensor of logits"),
        (TwoAtATime, ValueError, r"returns a tensor of shape \(2, 5\) for 1 image"),
        (Counting, ValueError, "number of images is written into its forward"),
        (Deciding, ValueError, r"takes a decision in Python .* torch\.where"),
        (
            ByNumPy,
            ValueError,
            "cannot follow its forward: .* Leave out of forward what goes through NumPy",
        ),
        (Mixed, ValueError, r"bfloat16.* Leave torch\.autocast and \.bfloat16\(\) out of forward"),
        (
            Chance,
            ValueError,
            r"without chance\. If forward calls F\.dropout, pass it training=self\.training",
        ),
        (diverged, ValueError, r"fc1\.weight holds numbers that are infinite or no numbers"),
        (
            with_lock,
            ValueError,
            "TinyCNN cannot be copied: .* Keep files, locks and the like outside",
        ),
        (
            lambda: nn.Sequential(nn.Flatten(), nn.LazyLinear(10)),
            ValueError,
            r"1\.weight has no numbers as yet",
        ),
        (
            scripted,
            ValueError,
            r"was compiled by torch\.jit.* Pass the network as it was before torch\.jit\.script",
        ),
        (
            quantised,
            ValueError,
            r"was quantised.* a layer Linear of torch\.ao\..* Pass the network as it was before",
        ),
        (
            lambda: models.TinyCNN().to("meta"),
            ValueError,
            r"conv1\.weight has a shape and no numbers.* meta device",
        ),
        (
            sparse,
            ValueError,
            r"1\.weight is stored as a sparse or quantised tensor\. Expected a dense one",
        ),
        (
            lambda: InForward(lambda x: x.double()),
            ValueError,
            r"returns float64\. Expected logits in float32",
        ),
        (
            lambda: InForward(lambda x: (x * 0).log()),
            ValueError,
            r"infinite or no numbers at all \(NaN\) for some images",
        ),
        (
            lambda: InForward(lambda x: x.half() @ torch.ones(10, 10)),
            ValueError,
            r"Leave \.half\(\), \.double\(\)",
        ),
        (
            lambda: InForward(
                lambda x: torch.linalg.matrix_exp(x[:, :, None] * torch.ones(10)).sum(2)
            ),
            ValueError,
            "has no translation of the step .* into ONNX",
        ),
        (
            lambda: nn.Sequential(
                nn.MaxPool2d(2, 3, padding=1, ceil_mode=True), nn.Flatten(), nn.Linear(100, 10)
            ),
            ValueError,
            r"ONNX finds other shapes than PyTorch: .* Leave out ceil_mode\.",
        ),
    ],
)
def test_a_network_that_no_file_can_hold(build_bad, error, words, tmp_path):
    path = tmp_path / "mine.onnx"
    path.write_text("what was there before")
    with pytest.raises(error, match=words) as caught:
        export.to_onnx(build_bad(), path)
    assert path.read_text() == "what was there before" and list(tmp_path.iterdir()) == [path]
    assert str(Path(__file__).parent) not in str(caught.value)
    assert not re.search(r"\x1b|Next steps|pull request|submit a PR|report=True", str(caught.value))


@pytest.mark.parametrize("weights", ["float32", "int8"])
def test_a_file_that_would_answer_otherwise_is_not_handed_out(weights, tmp_path):
    path = tmp_path / "mine.onnx"
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=3),
        nn.ReLU(),
        nn.AvgPool2d(3, divisor_override=1),
        nn.Flatten(),
        nn.Linear(36, 10),
    )
    path.write_text("what was there before")
    words = r"answers otherwise .* differs is pool1 \(AvgPool2d\)\. .* No file was written"
    with pytest.raises(ValueError, match=words):
        export.to_onnx(model, path, weights=weights)
    assert path.read_text() == "what was there before" and list(tmp_path.iterdir()) == [path]


ENDS = {
    "softmax": (lambda x: x.softmax(dim=1), "adds up to 1.* no class gets more than 23%"),
    "a view of softmax": (lambda x: F.softmax(x, dim=1)[:, :, None].flatten(1), "adds up to 1"),
    "shares": (lambda x: x.exp() / x.exp().sum(dim=1, keepdim=True), "adds up to 1"),
    "sigmoid": (torch.sigmoid, "ends in a sigmoid.* between 0 and 1.* leave the last step out"),
    "sigmoid by hand": (lambda x: 1 / (1 + torch.exp(-x)), "as after a sigmoid"),
    "tanh": (torch.tanh, "ends in a tanh.* between -1 and 1.* no class gets more than 45%"),
    "clamp": (F.hardtanh, "ends in a clamp"),
    "softmax over the batch": (lambda x: x.softmax(dim=0), "depends on the other images"),
    "log-softmax": (lambda x: x.log_softmax(dim=1), None),
    "positive": (lambda x: x.relu() + 1, None),
    "standardised": (
        lambda x: (x - x.mean(dim=1, keepdim=True)) / x.std(dim=1, keepdim=True),
        None,
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_network_that_returns_no_logits_is_told_of(name, tmp_path):
    end, words = ENDS[name]
    torch.manual_seed(0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        export.to_onnx(
            nn.Sequential(nn.Flatten(), nn.Linear(784, 10), InFunction(end)), tmp_path / "mine.onnx"
        )
    told = "\n".join(str(warning.message) for warning in caught)
    assert bool(re.search(words, told)) if words else told == ""
    assert all(warning.filename == __file__ for warning in caught)
    assert (tmp_path / "mine.onnx").exists()


class InFunction(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def test_an_answer_that_depends_on_the_other_images_is_told_of(tmp_path):
    norm = nn.BatchNorm2d(4, track_running_stats=False)
    model = nn.Sequential(nn.Conv2d(1, 4, 3, stride=3), norm, nn.Flatten(), nn.Linear(324, 10))
    with pytest.warns(
        UserWarning, match="depends on the other images of the batch.* one image at a time"
    ):
        network = export.to_onnx(model, tmp_path / "mine.onnx")
    assert [layer["kind"] for layer in network.layers] == ["Conv2d", "batch_norm2d", "Linear"]


def test_a_file_beyond_the_page_is_written_and_told_of(tmp_path, monkeypatch):
    for limit in ("nodes", "layers", "activations"):
        monkeypatch.setitem(PAGE_LIMITS, limit, 1)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.ReLU())
    with pytest.warns(UserWarning) as told:
        network = export.to_onnx(model, tmp_path / "mine.onnx")
    for words in ("operations", "layers", "numbers that its layers return"):
        said = f"will not open it: it has [0-9,]+ {words}, where the page takes 1"
        assert any(re.search(said, str(warning.message)) for warning in told)
    assert network.path.exists()


def test_weights_that_are_computed_are_exported_and_the_network_goes_on_computing_them(tmp_path):
    model = models.TinyCNN()
    nn.utils.parametrizations.orthogonal(model.conv2)
    nn.utils.parametrizations.weight_norm(model.fc1)
    network = export.to_onnx(model, tmp_path / "mine.onnx", weights="int8")
    expected = export.rounded(model, "int8")(images(3))
    torch.testing.assert_close(
        run(network.path, images(3))["logits"], expected, rtol=1e-4, atol=1e-5
    )
    nn.init.ones_(model.fc1.parametrizations.weight.original0)
    assert nn.utils.parametrize.is_parametrized(model.conv2) and model.conv2.weight.shape == (
        32,
        16,
        5,
        5,
    )
    torch.testing.assert_close(model.fc1.weight.norm(dim=1), torch.ones(len(model.fc1.weight)))


@pytest.mark.parametrize(
    "options, words",
    [
        (
            {"weights": "int4"},
            (
                "no weights of the form 'int4': choose one of 'int8', 'int8-linear', 'float16',"
                " 'float32'"
            ),
        ),
        ({"labels": ["a", "b"]}, "2 labels for 10 classes"),
        ({"std": 0}, "standard deviation is 0, but must be positive"),
        ({"mean": float("nan")}, "The mean is nan"),
        ({"std": float("inf")}, "The std is inf"),
    ],
)
def test_an_option_that_cannot_be(options, words, tmp_path):
    with pytest.raises(ValueError, match=re.escape(words)):
        export.to_onnx(models.TinyCNN(), tmp_path / "mine.onnx", **options)
    assert not list(tmp_path.iterdir())


def test_a_weight_beyond_float16(tmp_path):
    model = linear()
    model[1].weight.data[3, 4] = 1e5
    with pytest.raises(ValueError, match=r"1\.weight holds a number beyond 65504"):
        export.to_onnx(model, tmp_path / "mine.onnx", weights="float16")
    form, _ = export.smallest(model, images(20))
    export.to_onnx(model, tmp_path / "mine.onnx", weights=form)


def test_a_place_where_no_file_can_be(tmp_path, monkeypatch):
    model = models.TinyCNN()
    with pytest.raises(
        ValueError, match=r"There is no folder .*nowhere to write mine\.onnx in\. Make it first"
    ):
        export.to_onnx(model, tmp_path / "nowhere" / "mine.onnx")
    with pytest.raises(ValueError, match=r"is a folder\. Expected the name of a file"):
        export.to_onnx(model, tmp_path)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    path = tmp_path / "mine.onnx"
    path.write_text("what was there before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        ValueError, match=r"could not be written: No space left on device.*Choose another folder"
    ):
        export.to_onnx(model, path)
    assert path.read_text() == "what was there before" and list(tmp_path.iterdir()) == [path]


def test_a_relative_path_and_a_file_that_is_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = (export.to_onnx(linear(classes), "mine.onnx") for classes in (10, 3))
    assert first.path == second.path == tmp_path / "mine.onnx"
    assert os.listdir() == ["mine.onnx"] and second.bytes == os.path.getsize("mine.onnx")


# What a notebook shows


class Page(html.parser.HTMLParser):
    """Links and the text of cells."""

    def __init__(self, source):
        super().__init__()
        self.links, self.rows, self.words = [], [], []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        if tag == "a":
            self.links.append(dict(attributes))
        if tag == "tr":
            self.rows.append([])

    def handle_data(self, text):
        (self.words if self.links else self.rows[-1] if self.rows else []).append(text)


def test_a_notebook_shows_the_layers_and_carries_the_whole_file(tmp_path):
    network = export.to_onnx(models.TinyCNN(), tmp_path / 'my "<net>".onnx', weights="float16")
    shown = network._repr_mimebundle_()
    page = Page(shown["text/html"])
    (link,) = page.links
    assert link["class"] == "exported-network" and link["download"] == 'my "<net>".onnx'
    kind, _, content = link["href"].partition(",")
    assert kind == "data:application/octet-stream;base64"
    assert base64.b64decode(content) == network.path.read_bytes()
    assert page.words == ['Download my "<net>".onnx (0.2 MB)']
    assert page.rows[1] == ["conv1", "Conv2d", "16 × 28 × 28"] and len(page.rows) == 10
    assert shown["text/plain"] == f'my "<net>".onnx: 0.2 MB, 9 layers, in {tmp_path}'
    assert "base64" not in repr(network) and len(repr(network)) < 5000
