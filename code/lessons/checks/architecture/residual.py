"""The residual block, and blocks that do something else."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.checks.answers import kind_of, same
from lessons.checks.networks import cut_off

CHANNELS = 4
Block = Callable[[nn.Module, Tensor], Tensor]


def _inner(block: nn.Module, x: Tensor) -> Tensor:
    return block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x)))))


BLOCKS: dict[str, Block] = {  # what a block with these four layers may do
    "right": lambda b, x: F.relu(x + _inner(b, x)),
    "nothing added": lambda b, x: F.relu(_inner(b, x)),
    "early ReLU": lambda b, x: x + F.relu(_inner(b, x)),
    "no last ReLU": lambda b, x: x + _inner(b, x),
    "no first ReLU": lambda b, x: F.relu(x + b.bn2(b.conv2(b.bn1(b.conv1(x))))),
    "early ReLU and a last one": lambda b, x: F.relu(x + F.relu(_inner(b, x))),
    "x twice": lambda b, x: F.relu(x + b.bn2(b.conv2(x))),
    "no bn2": lambda b, x: F.relu(x + b.conv2(F.relu(b.bn1(b.conv1(x))))),
}


class ResidualTrial:
    """A block that has been tried on maps (2, 4, 6, 5) in evaluation mode.

    Raises
    ------
    Unreadable
        If it is no class of a block, or answers with no tensor.
    """

    def __init__(self, answer: Any):
        if not isinstance(answer, type) or not issubclass(answer, nn.Module):
            raise Unreadable(f"This asks for a class of nn.Module, but got {kind_of(answer)}.")
        self.block = answer(CHANNELS).eval()
        generator = torch.Generator().manual_seed(0)
        for values in (*self.block.parameters(), *self.block.buffers()):
            if values.is_floating_point():
                values.data.copy_(torch.rand(values.shape, generator=generator) - 0.3)
        for name in ("bn1", "bn2"):
            getattr(self.block, name).running_var.data.add_(0.5)
        self._maps = torch.randn(2, CHANNELS, 6, 5, generator=generator)
        given = self._maps.clone()
        self.answer = self.block(given)
        self.changes_maps = not torch.equal(given, self._maps)
        self.cut_off = cut_off(self.block, self.answer)
        if not isinstance(self.answer, Tensor):
            raise Unreadable(
                f"Your block answers with {kind_of(self.answer)}, where a tensor of maps is asked"
                " for."
            )

    @cached_property
    def found(self) -> str:
        """Which of `BLOCKS` answers as it does; "" if none."""
        with torch.no_grad():
            blocks = BLOCKS.items()
            return next((n for n, f in blocks if same(self.answer, f(self.block, self._maps))), "")

    def is_right(self) -> bool:
        """Tell whether it answers as a residual block, leaves its maps alone, and can learn."""
        return self.found == "right" and not self.changes_maps and not self.cut_off

    @staticmethod
    def test_of(name: str) -> Callable[["ResidualTrial"], bool]:
        """Return a test whether it answers as one of `BLOCKS`."""
        return lambda trial: trial.found == name

    def told(self) -> str:
        """Return in what it differs, as far as that was seen."""
        if self.answer.shape != self._maps.shape:
            return (
                f"To maps of shape {tuple(self._maps.shape)} it answers with shape"
                f" {tuple(self.answer.shape)}."
            )
        if self.changes_maps:
            return "Your forward changes the maps that it is given."
        if self.cut_off:
            return f"No gradient reaches `{self.cut_off[0]}`, so it could not be trained."
        return "The shape is right, but the values are others than those of a residual block."


def residual(
    first: str = "F.relu(self.bn1(self.conv1(x)))",
    second: str = "self.bn2(self.conv2(y))",
    end: str = "F.relu(x + y)",
) -> str:
    """Return the body of a forward pass as a student would type it."""
    return "\n".join(
        f"        {line}" for line in (f"y = {first}", f"y = {second}", f"return {end}")
    )
