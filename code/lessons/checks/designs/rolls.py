"""What a network answers when an image moves round, tried on drawings of a few strokes."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor, nn

from lessons.checks.answers import kind_of, network

SIDE, CLASSES = 28, 10
BLACK, WHITE = -0.42, 2.8  # of normalised images
EVEN = ((2, 0), (8, -4))  # shifts: down, right
ODD = ((1, 0), (0, 1), (5, 3), (-7, 9))
CLOSE = 1e-3  # of what lies between one image and another: what rounding may do


@dataclass(frozen=True)
class Rolled:
    """How much ten numbers change, as shares of how far apart they are for different images.

    Attributes
    ----------
    odd, even : float
        By shifts by odd, and by even numbers of pixels.
    shuffled : float
        By another order of the pixels.
    around : float
        By a shift, if the padding of each convolution came round.
    flattens : bool
        Whether a fully connected layer reads maps position by position.
    is_constant : bool
        Whether all images get the same.
    """

    odd: float
    even: float
    shuffled: float
    around: float
    flattens: bool
    is_constant: bool

    @property
    def fault(self) -> str:
        """The first thing in which it is not what was asked for; "" if it is."""
        stays = max(self.odd, self.even) <= CLOSE
        tests = {
            "constant": self.is_constant,
            "border": not stays and self.around <= CLOSE,
            "even": self.even <= CLOSE < self.odd,
            "flattens": not stays and self.flattens,
            "moves": not stays,
            "order": self.shuffled <= 10 * CLOSE,
        }
        return next((name for name, is_so in tests.items() if is_so), "")


def drawings() -> Tensor:
    """Return four drawings (4, 1, 28, 28) of strokes, white on black."""
    images = torch.full((4, 1, SIDE, SIDE), BLACK)
    images[0, 0, 6:20, 12:15] = WHITE  # upright
    images[1, 0, 9:12, 5:22] = WHITE  # lying, and a foot
    images[1, 0, 12:18, 5:8] = WHITE
    images[2, 0, 8:18, 8:18] = WHITE  # a ring
    images[2, 0, 11:15, 11:15] = BLACK
    for place in range(14):  # a slope
        images[3, 0, 6 + place, 6 + place : 9 + place] = WHITE
    return images


def _noise() -> Tensor:
    draw = torch.Generator().manual_seed(1)
    return torch.randn(3, 1, SIDE, SIDE, generator=draw)


def read_rolled(answer: Any) -> Rolled:
    """Read a network by trying it on drawings, and on noise: as they are, moved round, shuffled."""
    net = network(answer).eval()
    images = drawings()
    with torch.no_grad():
        start = net(images.clone())
        every = torch.cat([images, _noise()])
        if not isinstance(start, Tensor) or start.shape != (len(images), CLASSES):
            raise Unreadable(
                f"To {len(images)} images it answers with {kind_of(start)}, and ten numbers for"
                f" each are asked for: shape {(len(images), CLASSES)}."
            )
        apart = (start - start.roll(1, 0)).abs().amax()
        unit = max(apart.item(), 1e-12)
        order = torch.randperm(SIDE * SIDE, generator=torch.Generator().manual_seed(0))
        mixed = net(images.flatten(2)[:, :, order].view_as(images))
        odd, even = (_most(net, every, shifts) / unit for shifts in (ODD, EVEN))
        return Rolled(
            odd=odd,
            even=even,
            shuffled=_change(mixed, start) / unit,
            around=_around(net, images, every) if max(odd, even) > CLOSE else 0.0,
            flattens=_flattens(net, images),
            is_constant=bool(apart <= 1e-6 * (1 + start.abs().amax())),
        )


def _change(one: Tensor, other: Tensor) -> float:
    return (one - other).abs().amax().item()


def _most(net: nn.Module, images: Tensor, shifts: tuple) -> float:
    start = net(images.clone())
    return max(_change(net(images.roll(shift, (2, 3))), start) for shift in shifts)


def _around(net: nn.Module, images: Tensor, every: Tensor) -> float:
    copy = deepcopy(net)
    convolutions = [layer for layer in copy.modules() if isinstance(layer, nn.Conv2d)]
    for layer in convolutions:
        layer.padding_mode = "circular"
    start = copy(images.clone())
    unit = max(_change(start, start.roll(1, 0)), 1e-12)
    return _most(copy, every, EVEN + ODD) / unit


def _flattens(net: nn.Module, images: Tensor) -> bool:
    """Tell whether a fully connected layer reads as many values as a map before it had, positions
    and all.
    """
    sizes, found = [images[0].numel()], []

    def note(layer: nn.Module, given: tuple, made: Any) -> None:
        if isinstance(layer, nn.Linear):
            found.append(layer.in_features in sizes)
        elif isinstance(made, Tensor) and made.dim() == 4 and made.shape[2] * made.shape[3] > 1:
            sizes.append(made[0].numel())

    handles = [layer.register_forward_hook(note) for layer in net.modules()]
    try:
        net(images.clone())
    finally:
        for handle in handles:
            handle.remove()
    return any(found)


def about_rolled(rolled: Rolled) -> str:
    """Return how far the ten numbers move with the image, if nothing else is known."""
    if rolled.fault != "moves":
        return ""
    share = max(rolled.odd, rolled.even)
    return (
        "When an image moves round, its ten numbers change by up to"
        f" {share:.2g} times what lies between different images."
    )
