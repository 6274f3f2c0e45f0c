"""ComplexCNN: networks that a slip would give in its place, and what is told of them."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from firstcnn import models
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from lessons.checks.answers import built
from lessons.checks.clashes import clash
from lessons.checks.networks import NetworkTrial

SLIPS = {  # what is changed in each block, and the words for the network that comes out
    "no dropout in its blocks": {"dropout": 0.0},
    "no dropout behind its fully connected layers": {"head_dropout": 0.0},
    "no dropout at all": {"dropout": 0.0, "head_dropout": 0.0},
    "no ReLU behind the second convolution of a block": {"second_relu": False},
    "no ReLU behind the first convolution of a block": {"first_relu": False},
}


@lru_cache(maxsize=16)
def deep(
    first_relu: bool = True,
    second_relu: bool = True,
    pool: type[nn.Module] = nn.MaxPool2d,
    dropout: float = 0.25,
    head_dropout: float = 0.5,
) -> type[nn.Module]:
    """Return a kind of ComplexCNN with some changes in its blocks or behind them."""

    class Deep(models.ComplexCNN):
        def __init__(self, num_classes: int = 10):
            super().__init__(num_classes)
            self.pool = pool(2)
            self.dropout1 = nn.Dropout(dropout) if dropout else nn.Identity()
            self.dropout2 = nn.Dropout(head_dropout) if head_dropout else nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            pairs = ((self.conv1, self.conv2), (self.conv3, self.conv4), (self.conv5, self.conv6))
            for first, second in pairs:
                x = _relu_if(second_relu, second(_relu_if(first_relu, first(x))))
                x = self.dropout1(self.pool(x))
            x = self.dropout2(torch.relu(self.fc1(x.flatten(1))))
            return self.fc3(self.dropout2(torch.relu(self.fc2(x))))

    return Deep


def _relu_if(wanted: bool, x: Tensor) -> Tensor:
    return torch.relu(x) if wanted else x


def answers_as_deep(**changes: object) -> Callable[[NetworkTrial], bool]:
    """Return a test whether a network answers, in both modes, as `deep` with these changes."""
    return lambda net: net.answers_as(deep(**changes))


def is_not_padded(error: BaseException) -> bool:
    """Tell whether the maps that reach the first fully connected layer are too small, and a
    convolution of the network has no padding.
    """
    found = clash(error)
    if found is None or not isinstance(found.layer, nn.Linear):
        return False
    given = found.root.modules()
    bare = [layer for layer in given if isinstance(layer, nn.Conv2d) and layer.padding == (0, 0)]
    return bool(bare) and found.arrived.shape[-1] < found.reads()


def about_complex_cnn(net: NetworkTrial) -> str:
    """Return in what a network differs from ComplexCNN."""
    for words, changes in SLIPS.items():
        if net.answers_as(deep(**changes)):
            return f"It answers as a network with {words}."
    return net.told(models.ComplexCNN)


def deep_network(answer: Any) -> NetworkTrial:
    """Try a network, or what a function or a class builds without arguments: no other number of
    classes is asked for.
    """
    builds = callable(answer) and not isinstance(answer, nn.Module)
    net = built(answer) if builds else answer
    if builds and isinstance(net, nn.Module) and is_unfinished(net):
        net(torch.zeros(1, 1, 28, 28))
    return NetworkTrial(net)


def is_unfinished(net: nn.Module) -> bool:
    """Tell whether a layer of a network waits for its first images to know its size."""
    return any(map(is_lazy, net.parameters()))


def has_three_convolutions(net: NetworkTrial) -> bool:
    """Tell whether an image meets three convolutions, those of ComplexCNN that widen."""
    found = [layer for _, layer in net.met if isinstance(layer, nn.Conv2d)]
    return [layer.out_channels for layer in found] == [32, 64, 128]


def deep_block(
    second: str = "nn.Conv2d(channels_out, channels_out, kernel_size=3, padding=1)",
    order: str = "first, nn.ReLU(), second, nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25)",
) -> str:
    """Return the lines of a block as a student may type them."""
    return f"second = {second}\nreturn nn.Sequential({order})"
