"""SimpleCNN, and networks that do something else at one of its places."""

import contextlib
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from firstcnn import models
from torch import Tensor, nn
from torch.nn import functional as F

from lessons import book_work
from lessons.checks.answers import kind_of
from lessons.checks.clashes import clash, stops_at
from lessons.checks.networks import OTHER_ANSWERS, NetworkTrial, ending, without


def _written(*beginnings: str) -> str:
    """Return the lines of the book's SimpleCNN that begin in one of these ways, as they stand."""
    lines = inspect.getsource(book_work.SimpleCNN).splitlines()
    return "\n".join(line for line in lines if line.strip().startswith(beginnings))


LAYERS_OF_BLOCKS = _written(
    *(f"self.{name} =" for name in ("conv2", "bn2", "pool2", "conv3", "bn3"))
)
LAYERS_OF_HEAD = _written("self.fc1 =", "self.dropout =", "self.fc2 =")
FEATURES = _written("x = F.relu(self.bn2", "x = self.pool2", "return F.relu(self.bn3")
FORWARD = _written(
    "x = self.features",
    "x = x.flatten",
    "x = F.relu(self.fc1",
    "x = self.dropout",
    "return self.fc2",
)


def _typed(blank: int, text: str, old: str, new: str) -> tuple[str | None, ...]:
    """Return what a student types into the four blanks who writes something else in one of them."""
    if old not in text:
        raise ValueError(f"{old!r} is not in the book's lines {text!r}: correct this slip.")
    return tuple(text.replace(old, new, 1) if place == blank else None for place in range(4))


blocks, head, features, forward = (
    partial(_typed, blank, text)
    for blank, text in enumerate((LAYERS_OF_BLOCKS, LAYERS_OF_HEAD, FEATURES, FORWARD))
)


def pooled(averages: str) -> str:
    """Return the body of the forward pass of the pooled network as a student would type it."""
    return f"        x = {averages}\n        return self.fc(x)"


def read_simple_cnn(answer: Any) -> NetworkTrial:
    """Try a network; where a blank of it is still open, say first what is right so far."""
    try:
        return NetworkTrial(answer)
    except Exception as error:
        if isinstance(getattr(error, "open_blank", None), str) and isinstance(answer, type):
            error.open_blank = f"{so_far(answer)}{error.open_blank}"
        raise


def so_far(answer: type[nn.Module]) -> str:
    """Return what can be said of the parts of a network that are written, in front of what is still
    open; "" if nothing can.
    """
    net = answer.__new__(answer)
    with contextlib.suppress(Exception):  # an open blank ends it, with the layers built so far
        answer.__init__(net)
    expected = dict(_reference().named_children())
    own = {name: layer for name, layer in net.__dict__.get("_modules", {}).items() if layer}
    for name, layer in expected.items():
        if name in own and _sizes(own[name]) != _sizes(layer):
            return f"Look at {name} before you go on: it is {own[name]}. "
    count = sum(values.numel() for layer in own.values() for values in layer.parameters())
    if set(BLOCK_LAYERS) <= set(own) and not set(HEAD_LAYERS) <= set(own):
        return f"So far right: the layers of the three blocks, with {count:,} parameters. "
    if set(expected) <= set(own):
        return f"So far right: all layers, with {count:,} parameters. {_about_features(net)}"
    return ""


BLOCK_LAYERS = ("conv1", "bn1", "pool1", "conv2", "bn2", "pool2", "conv3", "bn3")
HEAD_LAYERS = ("fc1", "dropout", "fc2")


def _reference() -> nn.Module:
    with torch.device("meta"):
        return book_work.SimpleCNN()


def _sizes(layer: nn.Module) -> tuple:
    """Return what must be equal in two layers: shapes, and the settings that no shape tells."""
    settings = (getattr(layer, name, None) for name in ("padding", "stride", "p"))
    return [tuple(values.shape) for values in layer.parameters()], *map(_pair, settings)


def _pair(setting: Any) -> Any:
    return (1, 1) if setting == "same" else (setting, setting) if type(setting) is int else setting


def _about_features(net: nn.Module) -> str:
    """Return what features makes of two images, if it can be called."""
    try:
        maps = net.eval().features(torch.randn(2, 1, 28, 28))
    except Exception:
        return ""
    if not isinstance(maps, Tensor) or maps.shape != (2, 128, 7, 7):
        return f"Look at features before you go on: for two images it returns {kind_of(maps)}. "
    return "features returns maps of the right shape. "


def reaches(kind: type[nn.Module], shape: tuple[int, ...]) -> Callable[[BaseException], bool]:
    """Return a test whether an error is that of a layer to which values of this shape came."""

    def evidence(error: BaseException) -> bool:
        found = clash(error)
        return (
            found is not None
            and isinstance(found.layer, kind)
            and tuple(found.arrived.shape) == shape
        )

    return evidence


def reaches_fc1(axes: int) -> Callable[[BaseException], bool]:
    """Return a test whether an error is that of fc1, to which values with so many axes came."""

    def evidence(error: BaseException) -> bool:
        found = clash(error)
        return (
            found is not None
            and isinstance(found.layer, nn.Linear)
            and found.reads() == 128 * 7 * 7
            and found.arrived.dim() == axes
        )

    return evidence


def stops_before_conv2(error: BaseException) -> bool:
    """Tell whether bn2 got what the pooling handed on."""
    found = clash(error)
    return stops_at(nn.BatchNorm2d, 64, 32, 2)(error) and found.comes_from("MaxPool")


class _Varied(book_work.SimpleCNN):
    """SimpleCNN with other functions at some places."""

    bends = (F.relu, F.relu, F.relu, F.relu)  # of the three blocks and of fc1
    pools = (F.max_pool2d, F.max_pool2d)
    first = staticmethod(lambda net, images: images)
    second = staticmethod(lambda net, x: net.bn2(net.conv2(x)))
    flat = staticmethod(lambda maps: maps.flatten(1))
    drop = staticmethod(lambda net, x: net.dropout(x))

    def features(self, x: Tensor) -> Tensor:
        x = self.pools[0](self.bends[0](self.bn1(self.conv1(self.first(self, x)))), 2)
        x = self.pools[1](self.bends[1](self.second(self, x)), 2)
        return self.bends[2](self.bn3(self.conv3(x)))

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.drop(self, self.bends[3](self.fc1(self.flat(self.features(x))))))


def _varied(**parts: Any) -> type[nn.Module]:
    """Return SimpleCNN with other parts; functions are kept as they are, and get no object."""
    return type(
        "Varied",
        (_Varied,),
        {name: staticmethod(p) if callable(p) else p for name, p in parts.items()},
    )


def _bent(function: Callable[[Tensor], Tensor], *places: int) -> type[nn.Module]:
    """Return SimpleCNN with another function in place of ReLU, at some of its four places."""
    return _varied(bends=tuple(function if place in places else F.relu for place in range(4)))


def _as_they_are(x: Tensor) -> Tensor:
    return x


PLACES = ("bn1", "bn2", "bn3", "fc1")  # behind which there is a ReLU

OTHER_BENDS = {
    "tanh": torch.tanh,
    "the sigmoid": torch.sigmoid,
    "leaky ReLU": F.leaky_relu,
    "GELU": F.gelu,
}

VARIED = {  # what a network with the right layers may do otherwise
    **{
        f"without ReLU behind {name}": _bent(_as_they_are, place)
        for place, name in enumerate(PLACES)
    },
    "without any ReLU": _bent(_as_they_are, *range(4)),
    **{
        f"with {name} in place of ReLU {words}": _bent(bend, *places)
        for name, bend in OTHER_BENDS.items()
        for words, places in (
            ("everywhere", range(4)),
            ("in the second block", (1,)),
            ("after fc1", (3,)),
        )
    },
    "with the mean in place of the largest value in the first pooling": _varied(
        pools=(F.avg_pool2d, F.max_pool2d)
    ),
    "with the mean in place of the largest value in the second pooling": _varied(
        pools=(F.max_pool2d, F.avg_pool2d)
    ),
    "with the mean in place of the largest value in both poolings": _varied(
        pools=(F.avg_pool2d, F.avg_pool2d)
    ),
    "if dropout works in evaluation mode, too": _varied(drop=lambda net, x: F.dropout(x, 0.5)),
    "if the rows and the columns of the maps change places before fc1": _varied(
        flat=lambda x: x.mT.flatten(1)
    ),
    "if the channels come last before fc1": _varied(
        flat=lambda x: x.permute(0, 2, 3, 1).flatten(1)
    ),
    "if the images are divided by 255 once more": _varied(first=lambda net, x: x / 255),
    "with another dropout in the second block": _varied(
        second=lambda net, x: net.dropout(net.bn2(net.conv2(x)))
    ),
    "with another dropout before bn2": _varied(
        second=lambda net, x: net.bn2(net.dropout(net.conv2(x)))
    ),
    "if what bn2 gives changes its sign": _varied(second=lambda net, x: -net.bn2(net.conv2(x))),
    "if what bn2 reads changes its sign": _varied(second=lambda net, x: net.bn2(-net.conv2(x))),
    "if what bn2 gives is doubled": _varied(second=lambda net, x: 2 * net.bn2(net.conv2(x))),
}


RELU_BEFORE_BN2 = _varied(
    second=lambda net, x: net.bn2(F.relu(net.conv2(x))),
    bends=(F.relu, _as_they_are, F.relu, F.relu),
)
WITHOUT_RELU_IN_HEAD = VARIED["without ReLU behind fc1"]
WITHOUT_DROPOUT = without(book_work.SimpleCNN, "dropout")
WITH_SOFTMAX = ending(book_work.SimpleCNN, partial(torch.softmax, dim=1))
WITH_RELU_AT_THE_END = ending(book_work.SimpleCNN, torch.relu)


class LargestOfAMap(models.PooledSimpleCNN):
    """The pooled network with the largest value of each map."""

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.features(x).amax(dim=(2, 3)))


class SumOfAMap(models.PooledSimpleCNN):
    """The pooled network with the sum of each map."""

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.features(x).sum(dim=(2, 3)))


def about_simple_cnn(net: NetworkTrial) -> str:
    """Return in what a network differs from SimpleCNN: the place, if it is a known one."""
    said = net.told(book_work.SimpleCNN)
    if not said.startswith(OTHER_ANSWERS):
        return said
    words = next((words for words, varied in VARIED.items() if net.answers_as(varied)), "")
    return f"{said} They come out {words}." if words else said
