"""What one value of a stack of layers can see of an image, measured on the stack itself."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.checks.answers import kind_of, network, same
from lessons.checks.designs.holdings import NORMS, listed, unlisted

SIDE = 28
LARGE = 5 * SIDE  # of images in whose middle no border is seen
SQUARE = 15  # pixels that one value has to see, along a side
MAPS = 8
KERNEL = 3  # the widest kernel that is allowed
BUDGET = 5_000  # parameters: fewer
POOLS = (
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
)


@dataclass(frozen=True)
class View:
    """What was seen of a stack of layers.

    Attributes
    ----------
    maps, rows, columns : int
        Of what it makes of an image of 28 × 28.
    parameters : int
        All the numbers that it holds.
    is_hidden : bool
        Whether ``parameters()`` leaves some of them out.
    widest : int
        Rows or columns of its widest kernel.
    skips : bool
        Whether it has a pooling, or a stride.
    follows : bool
        Whether its maps move by one pixel with the image.
    is_one : bool
        Whether all of it is worth one weighted sum and a constant.
    reach, square : int
        Pixels along a side from the first to the last that one value sees; of the largest square
        of which it sees all.
    """

    maps: int
    rows: int
    columns: int
    parameters: int
    is_hidden: bool
    widest: int
    skips: bool
    follows: bool
    is_one: bool
    reach: int
    square: int

    @property
    def fault(self) -> str:
        """The first thing in which it is not what was asked for; "" if it is."""
        tests = {
            "hidden": self.is_hidden,
            "skips": self.skips or (self._is_whole and not self.follows),
            "small": not self._is_whole,
            "wide": self.widest > KERNEL,
            "maps": self.maps < MAPS,
            "budget": self.parameters >= BUDGET,
            "one": self.is_one,
            "holes": self.square < SQUARE <= self.reach,
            "near": self.square < SQUARE,
        }
        return next((name for name, is_so in tests.items() if is_so), "")

    @property
    def _is_whole(self) -> bool:
        return (self.rows, self.columns) == (SIDE, SIDE)


def read_view(answer: Any) -> View:
    """Read a network by trying what it makes of images and what one of its values can see."""
    net = network(answer).eval()
    images = torch.randn(2, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    made = net(images.clone())
    if not isinstance(made, Tensor) or made.dim() != 4 or len(made) != 2:
        raise Unreadable(
            "This asks for a network that makes maps (N, C, H, W) of images (N, 1, 28, 28), but to"
            f" two images it answers with {kind_of(made)}."
        )
    more = unlisted(net, made)
    can_be_seen = made.shape[2:] == images.shape[2:] and not more
    seen = _seen(net) if can_be_seen else torch.zeros(1, 1)
    return View(
        *made.shape[1:],
        parameters=listed(net) + more,
        is_hidden=more > 0,
        widest=max((max(values.shape[2:]) for values in _kernels(net)), default=0),
        skips=any(map(_skips, net.modules())),
        follows=_follows(net, images),
        is_one=_is_one(net, images),
        reach=_reach(seen),
        square=_square(seen),
    )


def _kernels(net: nn.Module) -> list[Tensor]:
    return [values for values in net.parameters() if values.dim() == 4]


def _skips(layer: nn.Module) -> bool:
    strides = getattr(layer, "stride", 1)
    steps = strides if isinstance(strides, tuple) else (strides,)
    return isinstance(layer, POOLS) or any(step not in (1, None) for step in steps)


def _follows(net: nn.Module, images: Tensor) -> bool:
    """Tell whether maps move with an image: all over if its border is taken away, or in the middle
    of it, or of a larger one.
    """
    around = deepcopy(net)
    for layer in around.modules():
        if isinstance(layer, nn.Conv2d):
            layer.padding_mode = "circular"
    return _moves(around, images, 0, SIDE) or _moves_inside(net, images) or _moves_far_inside(net)


def _moves_inside(net: nn.Module, images: Tensor) -> bool:
    middle = images.shape[-1] // 2
    return _moves(net, images, middle, middle + 1)


def _moves_far_inside(net: nn.Module) -> bool:
    large = torch.randn(1, 1, LARGE, LARGE, generator=torch.Generator().manual_seed(0))
    try:
        return _moves_inside(net, large)
    except Exception:  # it takes images of one size only
        return False


def _moves(net: nn.Module, images: Tensor, first: int, last: int) -> bool:
    with torch.no_grad():
        maps = net(images.clone())
        for axis in (2, 3):
            moved = net(images.roll(1, axis))
            if moved.shape != maps.shape:
                return False
            part = [maps.roll(1, axis), moved]
            if not same(*(each[:, :, first:last, first:last] for each in part)):
                return False
    return True


def _is_one(net: nn.Module, images: Tensor) -> bool:
    """Tell whether the answer to a sum is the sum of the answers, up to a constant."""
    one, other = images[:1], images[1:]
    for seed in range(3):
        made = _with(net, lambda values, draw=seed: _drawn(values, draw))
        with torch.no_grad():
            together, alone = made(one + other), made(one) + made(other)
            constant = made(torch.zeros_like(one))
        if not same(together + constant, alone, 1e-3):
            return False
    return True


def _drawn(values: Tensor, seed: int) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    scale = (2 / max(1, values[0].numel())) ** 0.5 if values.dim() > 1 else 0.3
    return scale * torch.randn(values.shape, generator=draw)


def _seen(net: nn.Module) -> Tensor:
    """Return which pixels the value in the middle sees, (28, 28): all weights are positive here, so
    that nothing cancels and no unit is silent.
    """
    made = _with(net, lambda values: torch.full_like(values, 1 / max(1, values[0].numel())))
    images = torch.ones(1, 1, SIDE, SIDE, requires_grad=True)
    maps = made(images)
    if not maps.requires_grad:
        return torch.zeros(1, 1)
    (slopes,) = torch.autograd.grad(maps[0, :, SIDE // 2, SIDE // 2].sum(), images)
    return (slopes[0, 0] != 0).float()


def _with(net: nn.Module, value: Callable[[Tensor], Tensor]) -> nn.Module:
    """Return a copy with other weights; what shifts or scales does nothing."""
    made = deepcopy(net)
    with torch.no_grad():
        for values in made.parameters():
            values.copy_(value(values) if values.dim() > 1 else torch.zeros_like(values))
        for layer in made.modules():
            if isinstance(layer, NORMS | nn.GroupNorm | nn.LayerNorm):
                for name, start in (("weight", 1), ("running_mean", 0), ("running_var", 1)):
                    if getattr(layer, name, None) is not None:
                        getattr(layer, name).fill_(start)
    return made


def _reach(seen: Tensor) -> int:
    lengths = []
    for axis in (0, 1):
        places = seen.any(dim=axis).nonzero().flatten()
        lengths.append(int(places[-1] - places[0]) + 1 if len(places) else 0)
    return min(lengths)


def _square(seen: Tensor) -> int:
    for side in range(min(seen.shape), 0, -1):
        if F.avg_pool2d(seen[None, None], side, stride=1).max() == 1:
            return side
    return 0


def about_view(view: View) -> str:
    """Return what was measured of a stack of layers, as far as it is not what was asked for."""
    if view.fault == "near":
        return f"One value in the middle sees {view.square} × {view.square} pixels."
    if view.fault == "small":
        return f"Of 28 × 28 pixels it makes maps of {view.rows} × {view.columns} positions."
    return ""
