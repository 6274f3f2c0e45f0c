"""OneBlock, which is to answer each image of a batch by itself."""

import re
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.checks.answers import same
from lessons.checks.clashes import clash
from lessons.checks.networks import ENDINGS, NetworkTrial


class OneBlock(nn.Module):
    """The network that is asked for, made of functions, so that a slip can have others."""

    before = staticmethod(lambda images: images)
    bend = staticmethod(torch.relu)
    pool = staticmethod(partial(F.max_pool2d, kernel_size=2))
    flat = staticmethod(lambda maps: maps.flatten(1))
    end = staticmethod(lambda logits: logits)

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, kernel_size=3, padding=1)
        self.fc = nn.Linear(4 * 14 * 14, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Turn images (N, 1, 28, 28) into logits (N, 10)."""
        maps = self.pool(self.bend(self.conv(self.before(images))))  # (N, 4, 14, 14)
        return self.end(self.fc(self.flat(maps)))


def block(**parts: Callable) -> type[nn.Module]:
    """Return OneBlock with other parts, or with another `forward` in place of all of them."""
    own = {name: part if name == "forward" else staticmethod(part) for name, part in parts.items()}
    return type("OneBlock", (OneBlock,), own)


def ends_with(function: Callable[[Tensor], Tensor]) -> type[nn.Module]:
    """Return OneBlock with a function taken of its logits."""
    return block(end=function)


ONLY_THE_FIRST = block(forward=lambda self, images: OneBlock.forward(self, images[:1])[0])
WITHOUT_RELU = block(bend=lambda maps: maps)
WITH_AVERAGE_POOLING = block(pool=partial(F.avg_pool2d, kernel_size=2))
WITH_CHANNELS_LAST = block(flat=lambda maps: maps.permute(0, 2, 3, 1).flatten(1))
SLIPS = {  # what other logits are, where no named mistake fits
    "These logits come out if the rows and the columns of the maps change places.": block(
        flat=lambda maps: maps.mT.flatten(1)
    ),
    "These logits come out if the biases of fc are added twice.": block(
        forward=lambda self, images: OneBlock.forward(self, images) + self.fc.bias
    ),
    "These logits come out with tanh in place of ReLU.": block(bend=torch.tanh),
    "These logits come out with leaky ReLU in place of ReLU.": block(bend=F.leaky_relu),
    "These logits come out with GELU in place of ReLU.": block(bend=F.gelu),
    "These logits come out with the sigmoid in place of ReLU.": block(bend=torch.sigmoid),
    "These logits come out if the values of each image are in the opposite order.": block(
        flat=lambda maps: maps.flatten(1).flip(1)
    ),
    (
        "These logits come out if the four axes are (image, column, row, channel) before they are"
        " flattened."
    ): block(flat=lambda maps: maps.permute(0, 3, 2, 1).flatten(1)),
    "These logits come out if softmax is taken of the values that fc reads.": block(
        flat=lambda maps: maps.flatten(1).softmax(1)
    ),
    "These logits come out if the values that fc reads are divided by 255.": block(
        flat=lambda maps: maps.flatten(1) / 255
    ),
    "These logits come out if the values that fc reads are doubled.": block(
        flat=lambda maps: 2 * maps.flatten(1)
    ),
    "These are logits without the biases of fc.": block(
        forward=lambda self, images: OneBlock.forward(self, images) - self.fc.bias
    ),
    "These logits come out if ReLU and pooling come before the convolution.": block(
        before=lambda images: F.max_pool2d(images.relu(), 2),
        bend=lambda maps: maps,
        pool=lambda maps: maps,
    ),
    **{words: ends_with(function) for function, words in ENDINGS.items()},
}
OTHER_LOGITS = (
    "The shapes are right, and each image is answered by itself. But the logits are others than"
    " convolution, ReLU, pooling and fc give with the same parameters."
)


class BlockTrial(NetworkTrial):
    """A network of one block that has been tried on images."""

    def mixes(self) -> bool:
        """Tell whether what fc reads in the first of two rows changes with the second image."""
        if not self.has_layers_of(OneBlock):
            return False
        images = torch.randn(2, 1, 28, 28)
        others = [
            images + torch.tensor(added).view(2, 1, 1, 1) for added in ([0.0, 1.0], [1.0, 0.0])
        ]
        once, again, *changed = (self._reaches_fc(batch) for batch in (images, images, *others))
        rows = once.shape == (2, 4 * 14 * 14)
        return rows and same(once, again) and not any(same(once[0], other[0]) for other in changed)

    def _reaches_fc(self, images: Tensor) -> Tensor:
        fc = next(layer for _, layer in self.met if isinstance(layer, nn.Linear))
        met: list[Tensor] = []
        handle = fc.register_forward_pre_hook(lambda _, given: met.append(given[0].detach()))
        try:
            self.net(images.clone())
        finally:
            handle.remove()
        return met[-1]

    def told_of_block(self) -> str:
        """Return what is seen of its answers: shapes, layers, whether each image is answered by
        itself, a slip that fits.
        """
        return (
            self.told_of_shapes()
            or self.told_of_layers(OneBlock)
            or self._told_of_batches()
            or (self.told_of_learning() if self.answers_as(OneBlock) else "")
            or next((words for words, slip in SLIPS.items() if self.answers_as(slip)), "")
            or self._told_of_scale()
        )

    def _told_of_batches(self) -> str:
        images = torch.randn(2, 1, 28, 28)
        answer, again, alone = map(self.net, (images, images, images[:1]))
        if not same(answer, again):
            return "The same two images get other logits when they are given again."
        if not same(answer[:1], alone):
            return (
                "The shapes are right, but the first image gets other logits alone than together"
                " with a second one."
            )
        return ""

    def _told_of_scale(self) -> str:
        """Return by what all logits are multiplied, or what is added to them, if that is all."""
        own, right = self.answers[0], next(self.answers_of(OneBlock))
        factor = ((own * right).sum() / (right * right).sum()).item()
        more = (own - right).mean().item()
        if self.answers_as(ends_with(lambda logits: factor * logits)):
            return f"Each logit is {factor:.4g} times what it should be."
        if self.answers_as(ends_with(lambda logits: more + logits)):
            return f"Each logit is what it should be, and {more:.4g} more."
        return OTHER_LOGITS


def reach_fc(*shape: int) -> Callable[[BaseException], bool]:
    """Return a test whether an error is that of fc, to which values of this shape came."""

    def evidence(error: BaseException) -> bool:
        found = clash(error)
        return (
            found is not None
            and isinstance(found.layer, nn.Linear)
            and tuple(found.arrived.shape) == shape
        )

    return evidence


def fixes_the_count(error: BaseException) -> bool:
    """Tell whether values were to be arranged in a number of rows that is typed in."""
    return isinstance(error, RuntimeError) and bool(
        re.search(r"shape '\[\d+, -1\]' is invalid", str(error))
    )


def forward_pass(
    values: str, maps: str = "self.pool(F.relu(self.conv(images)))", end: str = "self.fc(values)"
) -> str:
    """Return the body of a forward pass as a student would type it."""
    lines = (f"maps = {maps}", f"values = {values}", f"return {end}")
    return "\n".join(" " * 8 + line for line in lines)
