"""Network files with PyTorch's own numbers beside them, for the tests of the part that reads
drawings.

`NetworkFile` writes a file layer by layer and runs PyTorch on the way, in double precision, so the
numbers do not come from the file. It follows the format of `firstcnn.export` without using it:
files that are odd, or broken on purpose, come from here too. `write_all` writes what the tests
under node read.
"""

import base64
import copy
import io
import json
import os
import random
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from bookkit.system.processes import tool
from firstcnn import export, models
from network_zoo import IN_THE_PAGE, ZOO
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional as F

MEAN, STD = 0.1307, 0.3081
OPSET = 20


class NetworkFile:
    """A network file in the making.

    Parameters
    ----------
    images : Tensor
        Images from 0 to 1, (N, 28, 28), on which PyTorch runs.
    title : str
        What the file says that it is.
    form : str
        "float32", "float16" or "int8": how weights of convolutions and fully connected layers are
        stored.
    """

    def __init__(self, images: Tensor, title: str = "A network", form: str = "float32"):
        self.title, self.form = title, form
        self.nodes, self.weights, self.layers, self.activations = [], [], [], {}
        self.parameters = 0
        self.values = {"image": ((images.double() - MEAN) / STD)[:, None]}
        self.origin = {
            "image": "image"
        }  # of every value: the layer that it comes from, views aside

    def node(self, type: str, inputs: list[str], output: str, **attributes) -> str:
        """Add a node; return the name of what it puts out."""
        self.nodes.append(helper.make_node(type, inputs, [output], **attributes))
        return output

    def constant(self, name: str, value: np.ndarray | Tensor) -> str:
        """Store numbers: those of a Tensor as float32 unless they are whole, an array as it is."""
        if isinstance(value, Tensor):
            value = (
                value.detach().float() if value.dtype == torch.float64 else value.detach()
            ).numpy()
        self.weights.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def weight(self, name: str, value: Tensor) -> str:
        """Store a weight in the chosen form; return the name of its float32 value. PyTorch runs on
        what was stored.
        """
        if self.form == "float16":
            stored = self.constant(f"{name}_stored", value.detach().half())
            value.data = value.data.half().double()
            return self.node("Cast", [stored], name, to=TensorProto.FLOAT)
        if self.form == "int8":
            scale = (value.detach().float().flatten(1).abs().amax(1) / 127).clamp(min=1e-12)
            across = scale.reshape(-1, *[1] * (value.ndim - 1))
            whole = (value.detach() / across).round().to(torch.int8)
            value.data = (whole.float() * across).double()
            inputs = [self.constant(f"{name}_stored", whole), self.constant(f"{name}_scale", scale)]
            return self.node("DequantizeLinear", inputs, name, axis=0)
        return self.constant(name, value)

    def view(self, type: str, inputs: list[str], output: str, value: Tensor, **attributes) -> str:
        """Add what is no layer: the same numbers in another shape."""
        self.values[output], self.origin[output] = value, self.origin[inputs[0]]
        return self.node(type, inputs, output, **attributes)

    def flatten(self, name: str) -> str:
        """Flatten everything but the batch."""
        flat = self.values[name].flatten(1)
        shape = self.constant(f"{name}_shape", np.array([-1, flat.shape[1]]))
        return self.view("Reshape", [name, shape], f"{name}_flat", flat)

    def layer(self, name: str, kind: str, inputs: list[str], value: Tensor, **fields) -> str:
        """List a layer whose output PyTorch computed as ``value`` and a node puts out under the
        layer's name.
        """
        self.values[name], self.origin[name] = value, name
        self.activations[name] = value
        entry = {
            "name": name,
            "module": name,
            "kind": kind,
            "inputs": [self.origin[each] for each in inputs],
        }
        entry |= {"output": name, "shape": list(value.shape[1:]), "weight": None, "bias": None}
        self.layers.append(entry | fields)
        return name

    def add(self, name: str, module: nn.Module, x: str) -> str:
        """Add a layer for a module of PyTorch."""
        with torch.no_grad():
            return getattr(self, f"_{type(module).__name__}")(
                name, copy.deepcopy(module).double().eval(), x
            )

    def operator(self, name: str, type: str, inputs: list[str], value: Tensor, **attributes) -> str:
        """Add a layer for any operator; PyTorch has computed its ``value``."""
        self.node(type, inputs, name, **attributes)
        return self.layer(name, type, [each for each in inputs if each in self.values], value)

    def _Conv2d(self, name: str, module: nn.Conv2d, x: str) -> str:
        weight = self.weight(f"{name}.weight", module.weight)
        bias = self.constant(f"{name}.bias", module.bias) if module.bias is not None else None
        attributes = {
            "strides": module.stride,
            "pads": module.padding * 2,
            "dilations": module.dilation,
        }
        self.node(
            "Conv", [x, weight, *([bias] if bias else [])], name, group=module.groups, **attributes
        )
        geometry = {
            key: list(getattr(module, key))
            for key in ("kernel_size", "stride", "padding", "dilation")
        }
        fields = {"weight": weight, "bias": bias, **geometry, "groups": module.groups}
        return self._counted(
            module, self.layer(name, "Conv2d", [x], module(self.values[x]), **fields)
        )

    def _Linear(self, name: str, module: nn.Linear, x: str) -> str:
        weight = self.weight(f"{name}.weight", module.weight)
        bias = self.constant(f"{name}.bias", module.bias) if module.bias is not None else None
        self.node("Gemm", [x, weight, *([bias] if bias else [])], name, transB=1)
        value = module(self.values[x])
        return self._counted(
            module, self.layer(name, "Linear", [x], value, weight=weight, bias=bias)
        )

    def _BatchNorm2d(self, name: str, module: nn.BatchNorm2d, x: str) -> str:
        parts = ("weight", "bias", "running_mean", "running_var")
        names = {part: self.constant(f"{name}.{part}", getattr(module, part)) for part in parts}
        self.node("BatchNormalization", [x, *names.values()], name, epsilon=module.eps)
        value = module(self.values[x])
        return self._counted(
            module, self.layer(name, "BatchNorm2d", [x], value, epsilon=module.eps, **names)
        )

    def _counted(self, module: nn.Module, name: str) -> str:
        self.parameters += sum(parameter.numel() for parameter in module.parameters())
        return name

    def _ReLU(self, name: str, module: nn.ReLU, x: str) -> str:
        self.node("Relu", [x], name)
        return self.layer(name, "ReLU", [x], F.relu(self.values[x]))

    def _MaxPool2d(self, name: str, module: nn.MaxPool2d, x: str) -> str:
        return self._pool("MaxPool", name, module, x, dilations=_pair(module.dilation))

    def _AvgPool2d(self, name: str, module: nn.AvgPool2d, x: str) -> str:
        return self._pool(
            "AveragePool", name, module, x, count_include_pad=int(module.count_include_pad)
        )

    def _pool(self, type: str, name: str, module: nn.Module, x: str, **attributes) -> str:
        geometry = {
            key: _pair(getattr(module, key)) for key in ("kernel_size", "stride", "padding")
        }
        geometry["dilation"] = _pair(getattr(module, "dilation", 1))
        window = {"kernel_shape": geometry["kernel_size"], "strides": geometry["stride"]}
        pads = {"pads": geometry["padding"] * 2, "ceil_mode": int(module.ceil_mode)}
        self.node(type, [x], name, **window, **pads, **attributes)
        return self.layer(name, _kind(module), [x], module(self.values[x]), **geometry, groups=1)

    def _AdaptiveAvgPool2d(self, name: str, module: nn.AdaptiveAvgPool2d, x: str) -> str:
        self.node("ReduceMean", [x, self.constant(f"{name}.axes", np.array([2, 3]))], name)
        height, width = self.values[x].shape[2:]
        geometry = {
            "kernel_size": [height, width],
            "stride": [height, width],
            "padding": [0, 0],
            "dilation": [1, 1],
        }
        return self.layer(name, _kind(module), [x], module(self.values[x]), **geometry, groups=1)

    @property
    def logits(self) -> Tensor:
        return self.activations[self.layers[-1]["name"]]

    def metadata(self) -> dict[str, str]:
        """Return what the file says of itself."""
        layers = [dict(layer) for layer in self.layers]
        layers[-1]["output"] = "logits"
        known = {"mean": MEAN, "std": STD, "parameters": self.parameters, "layers": layers}
        known["labels"] = [str(number) for number in range(self.logits.shape[1])]
        texts = {key: json.dumps(value) for key, value in known.items()}
        return {
            f"firstcnn.{key}": text
            for key, text in {"format": "1", "title": self.title, **texts}.items()
        }

    def model(self) -> onnx.ModelProto:
        """Return the file's contents, checked by onnx."""
        last = self.layers[-1]["name"]
        for node in self.nodes:
            node.output[:] = ["logits" if name == last else name for name in node.output]
        shapes = {
            "logits" if name == last else name: value.shape[1:]
            for name, value in self.activations.items()
        }
        names = ["logits", *[name for name in shapes if name != "logits"]]
        info = helper.make_tensor_value_info
        outputs = [info(name, TensorProto.FLOAT, ["batch", *shapes[name]]) for name in names]
        image = info("image", TensorProto.FLOAT, ["batch", 1, 28, 28])
        graph = helper.make_graph(self.nodes, "network", [image], outputs, self.weights)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10
        )
        helper.set_model_props(model, self.metadata())
        onnx.checker.check_model(model)
        return model

    def save(self, path: Path) -> Path:
        """Write the file."""
        path.write_bytes(self.model().SerializeToString())
        return path


def _pair(value: int | tuple[int, int]) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)


def _kind(module: nn.Module) -> str:
    return type(module).__name__


# What the tests under node read


def write_all(folder: Path) -> Path:
    """Write every file, PyTorch's numbers for it, and what is to be said of those that are
    refused.
    """
    torch.manual_seed(0)
    images = torch.rand(3, 28, 28) * (torch.rand(3, 28, 28) < 0.4)
    cases = {
        "networks": [
            _exported(folder, name, *model_and_form, images)
            for name, model_and_form in networks().items()
        ],
        "small": _written(folder, "small-network", small_network(images)),
        "operators": [
            _written(folder, f"random{seed}", random_network(images, seed)) for seed in range(40)
        ],
        "long": [_written(folder, "long", long_network(images))],
        "elsewhere": [_written(folder, "unusual", unusual_network(images))],
        "endless": [_written(folder, "endless", endless_network(images))],
        "fields": _fields(folder),
        "refused": [
            _broken(folder, name, content, says) for name, content, says in refused(images)
        ],
        "images": _packed(images),
    }
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    return folder


def run_under_node(name: str, cases: Path) -> None:
    """Run the tests of ``draw/NAME.test.mjs`` on such files."""
    command = [tool("node"), "--test", Path(__file__).parent / "draw" / f"{name}.test.mjs"]
    environment = {**os.environ, "DRAWING_CASES": str(cases)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


def _packed(values: Tensor) -> str:
    return base64.b64encode(values.detach().float().contiguous().numpy().tobytes()).decode()


def _case(name: str, activations: dict[str, Tensor], parameters: int) -> dict:
    packed = {layer: _packed(values) for layer, values in activations.items()}
    return {"file": f"{name}.onnx", "parameters": parameters, "activations": packed}


def _written(folder: Path, name: str, file: NetworkFile) -> dict:
    file.save(folder / f"{name}.onnx")
    return _case(name, file.activations, file.parameters)


def _broken(folder: Path, name: str, content: bytes, says: str) -> dict:
    (folder / f"{name}.onnx").write_bytes(content)
    return {"file": f"{name}.onnx", "says": says}


# Networks as firstcnn.export writes them


class Residual(nn.Module):
    """What the book's own networks do not have: a sum, a mean, convolutions without bias, views of
    other kinds.
    """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 5, stride=2, padding=2, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=4)
        self.pool = nn.AvgPool2d(2)
        self.fc = nn.Linear(8 * 7 * 7, 12)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))  # (N, 8, 14, 14)
        x = x + torch.sigmoid(self.conv2(x))  # (N, 8, 14, 14)
        return self.fc(self.pool(F.leaky_relu(x)).view(x.shape[0], -1))  # (N, 12)


def networks() -> dict[str, tuple[nn.Module, str]]:
    """Return networks and the forms in which their weights are stored."""
    found = {
        "tiny": (models.TinyCNN(), "float16"),
        "simple": (models.SimpleCNN(), "int8-linear"),
        "pooled": (models.PooledSimpleCNN(), "int8"),
        "residual": (Residual(), "float32"),
    }
    for model, _ in found.values():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                _spread(module)
    return found


def _spread(norm: nn.BatchNorm2d) -> None:
    """Give a batch norm the statistics of no special case."""
    norm.running_mean.uniform_(-1, 1)
    norm.running_var.uniform_(0.3, 3)
    nn.init.uniform_(norm.weight, -2, 2)
    nn.init.uniform_(norm.bias, -1, 1)


def _exported(folder: Path, name: str, model: nn.Module, form: str, images: Tensor) -> dict:
    """Export a network; PyTorch's numbers are those of a copy with the rounded weights."""
    exported = export.to_onnx(model, folder / f"{name}.onnx", weights=form, title=f"The {name} one")
    network, seen = export.rounded(model, form).double().eval(), {}
    for module_name, module in network.named_modules():
        module.register_forward_hook(
            lambda _, __, value, name=module_name: seen.setdefault(name, []).append(value)
        )
    logits = network(((images.double() - MEAN) / STD)[:, None])
    named = [layer for layer in exported.layers[:-1] if layer["module"]]
    activations = {layer["name"]: seen[layer["module"]].pop(0) for layer in named}
    activations[exported.layers[-1]["name"]] = logits
    return _case(name, activations, sum(parameter.numel() for parameter in model.parameters()))


# Networks of odd parts


def random_network(images: Tensor, seed: int) -> NetworkFile:
    """Write down a network of two to five random layers and a random way to the logits."""
    choose = random.Random(seed)
    file, x = NetworkFile(images, form=choose.choice(["float32", "float16", "int8"])), "image"
    for number in range(choose.randint(2, 5)):
        possible = [
            part for part in PARTS if min(file.values[x].shape[2:]) > 4 or part in SMALL_PARTS
        ]
        x = choose.choice(possible)(file, choose, f"layer{number}", x)
    choose.choice(HEADS)(file, choose, x)
    return file


def _random_convolution(file: NetworkFile, choose: random.Random, name: str, x: str) -> str:
    channels = file.values[x].shape[1]
    groups = choose.choice([count for count in (1, 2, 3, 4) if channels % count == 0])
    pair = [choose.randint(1, 4), choose.randint(1, 3)]
    padding = [choose.randint(0, 2), choose.randint(0, 2)]
    options = {
        "stride": (choose.randint(1, 2), choose.randint(1, 3)),
        "dilation": (1, choose.randint(1, 2)),
    }
    bias = choose.random() < 0.5
    return file.add(
        name,
        nn.Conv2d(
            channels,
            groups * choose.randint(1, 4),
            pair,
            padding=padding,
            groups=groups,
            bias=bias,
            **options,
        ),
        x,
    )


def _lopsided_convolution(file: NetworkFile, choose: random.Random, name: str, x: str) -> str:
    """A convolution that is padded on two sides only."""
    weight = torch.randn(5, file.values[x].shape[1], 2, 3)
    above, left, below, right = pads = [choose.randint(0, 2) for _ in range(4)]
    value = F.conv2d(F.pad(file.values[x], (left, right, above, below)), weight.double())
    return file.operator(
        name, "Conv", [x, file.constant(f"{name}.weight", weight)], value, pads=pads
    )


def _random_max_pooling(file: NetworkFile, choose: random.Random, name: str, x: str) -> str:
    options = {
        "stride": choose.randint(1, 3),
        "padding": choose.randint(0, 1),
        "ceil_mode": choose.random() < 0.5,
    }
    return file.add(
        name, nn.MaxPool2d((2, choose.randint(2, 3)), dilation=choose.randint(1, 2), **options), x
    )


def _random_average_pooling(file: NetworkFile, choose: random.Random, name: str, x: str) -> str:
    """As a layer without a window where PyTorch divides by different numbers."""
    ceil_mode, count_include_pad = choose.random() < 0.5, choose.random() < 0.5
    module = nn.AvgPool2d(
        choose.randint(2, 3), choose.randint(1, 3), 1, ceil_mode, count_include_pad
    )
    window = {
        "kernel_shape": _pair(module.kernel_size),
        "strides": _pair(module.stride),
        "pads": [1, 1, 1, 1],
    }
    counted = {"ceil_mode": int(ceil_mode), "count_include_pad": int(count_include_pad)}
    return file.operator(name, "AveragePool", [x], module(file.values[x]), **window, **counted)


def _batch_norm(file: NetworkFile, choose: random.Random, name: str, x: str) -> str:
    module = nn.BatchNorm2d(file.values[x].shape[1], eps=choose.choice([1e-5, 0.1]))
    _spread(module)
    return file.add(name, module, x)


def _activation(file: NetworkFile, choose: random.Random, name: str, x: str) -> str:
    functions = {
        "Relu": (F.relu, {}),
        "Sigmoid": (torch.sigmoid, {}),
        "Tanh": (torch.tanh, {}),
        "LeakyRelu": (lambda value: F.leaky_relu(value, 0.2), {"alpha": 0.2}),
        "Softmax": (lambda value: value.softmax(-1), {"axis": -1}),
    }
    type = choose.choice(list(functions))
    function, attributes = functions[type]
    return file.operator(name, type, [x], function(file.values[x]), **attributes)


def _residual(file: NetworkFile, choose: random.Random, name: str, x: str) -> str:
    """Maps and what a kernel makes of them, added."""
    channels = file.values[x].shape[1]
    inner = file.add(f"{name}.inner", nn.Conv2d(channels, channels, 3, padding=1), x)
    return file.operator(name, "Add", [x, inner], file.values[x] + file.values[inner])


SMALL_PARTS = [_batch_norm, _activation, _residual]
PARTS = [
    *SMALL_PARTS,
    *[_random_convolution] * 4,
    _lopsided_convolution,
    _random_max_pooling,
    _random_average_pooling,
]


def _flat_head(file: NetworkFile, choose: random.Random, x: str) -> str:
    flat = file.flatten(x)
    return file.add(
        "last",
        nn.Linear(file.values[flat].shape[1], choose.randint(2, 12), choose.random() < 0.5),
        flat,
    )


def _mean_head(file: NetworkFile, choose: random.Random, x: str) -> str:
    axes = file.constant("axes", np.array([-1, -2]))
    mean = file.operator("mean", "ReduceMean", [x, axes], file.values[x].mean((2, 3)), keepdims=0)
    return file.add("last", nn.Linear(file.values[x].shape[1], 4), mean)


def _viewed_head(file: NetworkFile, choose: random.Random, x: str) -> str:
    """A kernel as large as the maps, and views of what it gives."""
    channels, *sides = file.values[x].shape[1:]
    x = file.add("whole", nn.Conv2d(channels, 5, tuple(sides)), x)
    same = file.view("Identity", [x], "same", file.values[x])
    axes = file.constant("axes", np.array([-1, 2]))
    narrow = file.view("Squeeze", [same, axes], "narrow", file.values[x].flatten(1))
    return file.add("last", nn.Linear(5, 4), narrow)


HEADS = [_flat_head, _mean_head, _viewed_head]


def long_network(images: Tensor) -> NetworkFile:
    """Write down a network of more than 500 layers and more than 3,000 operations."""
    file = NetworkFile(images)
    x = file.add("conv", nn.Conv2d(1, 2, 3, stride=3), "image")
    for number in range(600):
        value = F.leaky_relu(file.values[x], 0.999)
        x = file.operator(f"bent{number}", "LeakyRelu", [x], value, alpha=0.999)
    for number in range(2500):
        x = file.view("Identity", [x], f"same{number}", file.values[x])
    file.add("last", nn.Linear(162, 4), file.flatten(x))
    return file


def unusual_network(images: Tensor) -> NetworkFile:
    """Write down a network with an operator that only onnxruntime knows."""
    file = NetworkFile(images)
    x = file.add("conv", nn.Conv2d(1, 4, 3, stride=3), "image")
    x = file.operator("error", "Erf", [x], torch.erf(file.values[x]))
    file.add("last", nn.Linear(4 * 9 * 9, 10), file.flatten(x))
    return file


def endless_network(images: Tensor) -> NetworkFile:
    """Write down a network with a loop that ends after years."""
    file = NetworkFile(images)
    x = file.add("conv", nn.Conv2d(1, 4, 3, stride=3), "image")
    rounds, go_on = (
        file.constant("rounds", torch.tensor(2**50)),
        file.constant("go_on", torch.tensor(True)),
    )
    shapes = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 4, 9, 9])
        for name in ("before", "after")
    ]
    count = helper.make_tensor_value_info("count", TensorProto.INT64, [])
    flags = [helper.make_tensor_value_info(name, TensorProto.BOOL, []) for name in ("go", "still")]
    nodes = [
        helper.make_node("Sin", ["before"], ["after"]),
        helper.make_node("Identity", ["go"], ["still"]),
    ]
    body = helper.make_graph(nodes, "body", [count, flags[0], shapes[0]], [flags[1], shapes[1]])
    x = file.operator("loop", "Loop", [rounds, go_on, x], file.values[x], body=body)
    file.add("last", nn.Linear(4 * 9 * 9, 10), file.flatten(x))
    return file


# Receptive fields


class Positive(nn.Module):
    """A network whose weights are positive: what a number sees of the image has a gradient, and
    nothing else has.
    """

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, (3, 2), stride=(2, 1), padding=1, dilation=(1, 2))
        self.pool1 = nn.AvgPool2d(2)
        self.conv2 = nn.Conv2d(2, 2, 3, padding=1)
        self.conv3 = nn.Conv2d(2, 2, 3, stride=2)
        self.fc = nn.Linear(2 * 3 * 6, 3)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, 0.1, 1)

    def maps(self, x: Tensor) -> dict[str, Tensor]:
        """Return what every layer makes of images (N, 1, 28, 28)."""
        one = self.conv1(x)  # (N, 2, 14, 28)
        two = self.pool1(one)  # (N, 2, 7, 14)
        three = self.conv2(two)  # (N, 2, 7, 14)
        four = self.conv3(two + three)  # (N, 2, 3, 6)
        last = self.fc(four.flatten(1))  # (N, 3)
        return {
            "conv1": one,
            "pool1": two,
            "conv2": three,
            "add1": two + three,
            "conv3": four,
            "fc": last,
        }

    def forward(self, x: Tensor) -> Tensor:
        return self.maps(x)["fc"]


def _fields(folder: Path) -> dict:
    """Export such a network; say from the gradients what single numbers see: top, left, height,
    width.
    """
    model, image = Positive(), torch.rand(1, 1, 28, 28, requires_grad=True)
    export.to_onnx(model, folder / "fields.onnx")
    places = [(0, 2), (1, 2), (1, 3), (2, 4)]
    maps = model.maps(image)
    seen = [
        _field(maps[layer], image, row, column) | {"layer": layer}
        for layer in maps
        for row, column in places
    ]
    return {"file": "fields.onnx", "seen": seen}


def _field(maps: Tensor, image: Tensor, row: int, column: int) -> dict:
    number = maps[0, 1, row, column] if maps.ndim == 4 else maps[0, 1]
    (gradient,) = torch.autograd.grad(number, image, retain_graph=True)
    rows, columns = gradient[0, 0].nonzero().T
    sides = {
        "height": int(rows.max() - rows.min()) + 1,
        "width": int(columns.max() - columns.min()) + 1,
    }
    return {
        "row": row,
        "column": column,
        "top": int(rows.min()),
        "left": int(columns.min()),
        **sides,
    }


# What is refused


def small_network(images: Tensor) -> NetworkFile:
    """Write down a network of 3 kB."""
    file = NetworkFile(images)
    x = file.add("relu", nn.ReLU(), file.add("conv", nn.Conv2d(1, 2, 3, stride=3), "image"))
    x = file.add("pool", nn.MaxPool2d(3), x)
    file.add("last", nn.Linear(18, 4), file.flatten(x))
    return file


def refused(images: Tensor) -> Iterator[tuple[str, bytes, str]]:
    """Give files that are to be refused: name, contents, and words of the message."""
    archive = io.BytesIO()
    torch.save({"weight": torch.zeros(3)}, archive)
    yield "empty", b"", "is empty"
    yield "picture", b"\x89PNG\r\n\x1a\n" + bytes(64), "not an ONNX file, but a picture"
    yield "text", b"import torch\n", "not an ONNX file, but a text"
    yield "archive", archive.getvalue(), "not an ONNX file, but a PyTorch file"
    yield "zeros", bytes(64), "not an ONNX file"
    yield (
        "backwards",
        b"\x08\x0a\x3a\xf5" + b"\xff" * 8 + b"\x01",
        "damaged or missing",
    )  # 11 bytes back
    yield "endless-number", b"\x08\x0a\x3a" + b"\xff" * 64, "damaged or missing"
    for name, (spoil, says) in SPOILT.items():
        model = small_network(images).model()
        spoil(model)
        yield name, model.SerializeToString(), says


def _layers(change: Callable[[list[dict]], None]) -> Callable[[onnx.ModelProto], None]:
    """Change the list of layers in a file."""

    def spoil(model: onnx.ModelProto) -> None:
        entry = next(each for each in model.metadata_props if each.key == "firstcnn.layers")
        layers = json.loads(entry.value)
        change(layers)
        entry.value = json.dumps(layers)

    return spoil


def _says(key: str, value: str | None) -> Callable[[onnx.ModelProto], None]:
    """Let the metadata say something else, or nothing."""

    def spoil(model: onnx.ModelProto) -> None:
        entry = next(each for each in model.metadata_props if each.key == f"firstcnn.{key}")
        entry.value = value or ""
        if value is None:
            model.metadata_props.remove(entry)

    return spoil


def _shaped(
    which: str, dims: list[int | str], type: int = TensorProto.FLOAT
) -> Callable[[onnx.ModelProto], None]:
    """Declare another shape of the first input or output."""

    def spoil(model: onnx.ModelProto) -> None:
        declared = getattr(model.graph, which)[0]
        declared.CopyFrom(helper.make_tensor_value_info(declared.name, type, dims))

    return spoil


def _tensor(name: str, change: Callable[[TensorProto], None]) -> Callable[[onnx.ModelProto], None]:
    return lambda model: change(next(each for each in model.graph.initializer if each.name == name))


def _numbers(number: float) -> Callable[[TensorProto], None]:
    """Put one number into a weight."""

    def change(tensor: TensorProto) -> None:
        array = numpy_helper.to_array(tensor).copy()
        array.flat[-1] = number
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))

    return change


def _elsewhere(tensor: TensorProto) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.onnx.data")


def _attribute(node: int, name: str, value: object) -> Callable[[onnx.ModelProto], None]:
    """Give a node another attribute."""

    def spoil(model: onnx.ModelProto) -> None:
        attributes = model.graph.node[node].attribute
        kept = [each for each in attributes if each.name != name]
        del attributes[:]
        attributes.extend([*kept, helper.make_attribute(name, value)])

    return spoil


def _before_relu(model: onnx.ModelProto) -> None:
    """Let the pooling say that it reads what ReLU reads, which is negative."""
    _tensor("conv.bias", _numbers(-50))(model)
    _layers(lambda layers: layers[2].update(inputs=["conv"]))(model)


CONTRADICTS = "contradicts itself"
SPOILT = {
    "no-layers": (_says("layers", None), "does not say what the layers"),
    "later-format": (_says("format", "2"), "has format 2"),
    "no-format": (_says("format", None), CONTRADICTS),
    "no-json": (_says("mean", "0.13a"), "its mean cannot be read"),
    "no-deviation": (_says("std", "0"), "its std cannot be right"),
    "labels": (_says("labels", json.dumps(["0", "1"])), "2 labels for 4 logits"),
    "layers-no-list": (_says("layers", "7"), CONTRADICTS),
    "layers-of-null": (_says("layers", "[null]"), CONTRADICTS),
    "layers-deep": (_says("layers", "[" * 100_000), "its layers cannot be read"),
    "colours": (
        _shaped("input", ["batch", 3, 28, 28]),
        "reads float32 images of any × 3 × 28 × 28",
    ),
    "larger-images": (_shaped("input", ["batch", 1, 32, 32]), "any × 1 × 32 × 32"),
    "whole-numbers": (
        _shaped("input", ["batch", 1, 28, 28], TensorProto.INT64),
        "reads int64 images",
    ),
    "four-at-a-time": (_shaped("input", [4, 1, 28, 28]), "reads 4 images at a time"),
    "one-logit": (_shaped("output", ["batch", 1]), "one row of 2 to 100 logits"),
    "many-logits": (_shaped("output", ["batch", 1000]), "one row of 2 to 100 logits"),
    "logits-of-maps": (_shaped("output", ["batch", 4, 1, 1]), "one row of 2 to 100 logits"),
    "other-logits": (_shaped("output", ["batch", 5]), CONTRADICTS),
    "two-inputs": (
        lambda model: model.graph.input.add().CopyFrom(model.graph.input[0]),
        "has 2 inputs",
    ),
    "no-graph": (lambda model: model.ClearField("graph"), "no network in the file"),
    "second-file": (_tensor("conv.weight", _elsewhere), "in a second file"),
    "not-a-number": (_tensor("last.weight", _numbers(float("nan"))), "not numbers at all"),
    "infinite": (_tensor("conv.bias", _numbers(float("inf"))), "infinite"),
    "huge": (
        _tensor("conv.weight", lambda tensor: tensor.dims.append(2**60)),
        "damaged or missing",
    ),
    "negative": (
        _tensor("conv.weight", lambda tensor: tensor.dims.append(-1)),
        "damaged or missing",
    ),
    "no-weights": (
        _tensor("conv.weight", lambda tensor: tensor.ClearField("raw_data")),
        "damaged or missing",
    ),
    "huge-padding": (_attribute(0, "pads", [2**40] * 4), CONTRADICTS),
    "large-padding": (
        _attribute(0, "pads", [2**14] * 4),
        "more than 134,217,728 numbers in all its activations",
    ),
    "many-nodes": (
        lambda model: model.graph.node.extend([onnx.NodeProto()] * 20_001),
        "more than 20,000 operations",
    ),
    "many-numbers": (
        _attribute(0, "pads", [0] * (2**20 + 1)),
        "more than 1,048,576 numbers in one attribute",
    ),
    "many-dimensions": (
        _tensor("conv.weight", lambda tensor: tensor.dims.extend([1] * 9)),
        "more than 8 dimensions",
    ),
    "many-layers": (
        _layers(lambda layers: layers.extend(layers[:1] * 5000)),
        "more than 5,000 layers",
    ),
    "many-letters": (
        _says("layers", " " * (2**22 + 1)),
        "more than 4,194,304 letters in its list of layers",
    ),
    "many-activations": (
        _layers(lambda layers: layers[0].update(shape=[2**24])),
        "more than 16,777,216 numbers that its",
    ),
    "a-long-name": (
        _layers(lambda layers: layers[0].update(name="a" * 501)),
        "more than 500 letters in a name",
    ),
    "long-labels": (
        _says("labels", json.dumps(["a" * 501] * 4)),
        "more than 500 letters in a name",
    ),
    "no-stride": (_attribute(0, "strides", [0, 0]), CONTRADICTS),
    "stride-in-words": (_attribute(0, "strides", "two"), CONTRADICTS),
    "huge-window": (_attribute(2, "kernel_shape", [2**31, 2**31]), CONTRADICTS),
    "circle": (
        lambda model: model.graph.node[0].input.__setitem__(0, "pool"),
        "nothing has computed yet",
    ),
    "two-of-one-name": (
        lambda model: model.graph.node[1].output.__setitem__(0, "conv"),
        CONTRADICTS,
    ),
    "missing-input": (
        lambda model: model.graph.node[0].input.__delitem__(slice(1, None)),
        CONTRADICTS,
    ),
    "another-shape": (
        _layers(lambda layers: layers[0].update(shape=[2, 8, 9])),
        "layer conv has another shape",
    ),
    "another-stride": (
        _layers(lambda layers: layers[2].update(stride=[4, 4])),
        "layer pool has other windows",
    ),
    "another-bias": (
        _layers(lambda layers: layers[3].update(bias=None)),
        "layer last does not compute",
    ),
    "another-weight": (
        _layers(lambda layers: layers[0].update(weight="no.weight")),
        "is not in the file",
    ),
    "another-input": (_before_relu, "layer pool does not compute"),
    "input-to-come": (_layers(lambda layers: layers[0].update(inputs=["pool"])), CONTRADICTS),
    "no-such-output": (_layers(lambda layers: layers[1].update(output="relu9")), CONTRADICTS),
    "one-name-twice": (
        _layers(lambda layers: layers[1].update(name="conv")),
        "two layers are called conv",
    ),
    "a-name-of-no-text": (_layers(lambda layers: layers[1].update(name={"a": 1})), CONTRADICTS),
    "no-last-layer": (_layers(lambda layers: layers.pop()), "does not put out the logits"),
}


# Networks in many styles


def write_zoo(folder: Path, names: list[str]) -> Path:
    """Export networks of the zoo; beside them stands what PyTorch makes of each image alone, layer
    by layer.
    """
    torch.manual_seed(1)
    images = torch.rand(3, 28, 28) * (torch.rand(3, 28, 28) < 0.4)
    cases = {
        "zoo": [_of_the_zoo(folder, name, images) for name in names],
        "images": _packed(images),
    }
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    return folder


def _of_the_zoo(folder: Path, name: str, images: Tensor) -> dict:
    model = ZOO[name]()
    model(
        images[:, None].to(
            next(iter(model.parameters())).dtype if name in ("double", "half") else torch.float32
        )
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an answer that depends on the batch
        exported = export.to_onnx(model, folder / f"{name}.onnx", title=name)
    network, seen = export.rounded(model, "float32"), {}
    for module_name, module in network.named_modules():
        module.register_forward_hook(
            lambda _, __, value, name=module_name: seen.setdefault(name, []).append(_first(value))
        )
    logits = torch.cat([network((image[None, None] - MEAN) / STD) for image in images])
    activations = {"logits": logits}
    for layer in exported.layers:
        if layer["module"] and layer["kind"] != "Unflatten":
            values = [found for found in seen[layer["module"]]]
            uses = len(values) // len(images)
            value = torch.cat(values[int(_use(layer["name"])) - 1 :: uses])
            assert list(value.shape[1:]) == layer["shape"], layer["name"]
            activations[layer["name"]] = value
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return _case(name, activations, parameters) | {"isInThePage": name in IN_THE_PAGE.split()}


def _first(value: Tensor | tuple) -> Tensor:
    return (value[0] if isinstance(value, tuple) else value).detach().clone()


def _use(name: str) -> str:
    """Return the 2 of "pool (2)"."""
    return name.partition(" (")[2].rstrip(")") or "1"
