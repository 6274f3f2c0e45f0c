"""SimpleCNN, and networks that do something else at one of its places."""

from collections.abc import Callable
from typing import Any

import torch
from firstcnn import models
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.checks.clashes import clash, stops_at
from lessons.checks.networks import OTHER_ANSWERS, NetworkTrial, without


def conv1_writes(maps: int) -> Callable[[BaseException], bool]:
    """Return a test whether the first batch norm got so many maps, as large as an image, and was
    built for 32.
    """
    evidence = stops_at(nn.BatchNorm2d, 32, maps, place=1)
    return lambda error: evidence(error) and clash(error).arrived.shape[2:] == (28, 28)


def stops_before_conv2(error: BaseException) -> bool:
    """Tell whether bn2 got what the pooling handed on."""
    found = clash(error)
    return stops_at(nn.BatchNorm2d, 64, 32, 2)(error) and found.comes_from("MaxPool")


class _Varied(models.SimpleCNN):
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


RELU_BEFORE_BN2 = _varied(second=lambda net, x: net.bn2(F.relu(net.conv2(x))))


def about_simple_cnn(net: NetworkTrial) -> str:
    """Return in what a network differs from SimpleCNN: the place, if it is a known one."""
    if net.answers_as(without(models.SimpleCNN, "dropout")):
        return "In training mode it answers as a network without dropout."
    said = net.told(models.SimpleCNN)
    if not said.startswith(OTHER_ANSWERS):
        return said
    words = next((words for words, varied in VARIED.items() if net.answers_as(varied)), "")
    return f"{said} They come out {words}." if words else said
