"""OneBlock, which is to answer each image of a batch by itself."""

import re
from collections.abc import Callable
from typing import Any

import torch
from bookkit.exercises.verdict import Unreadable
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.checks.answers import (
    kind_of,
    network,
    same,
)
from lessons.checks.clashes import clash
from lessons.checks.networks import ENDINGS, cut_off


class BlockTrial:
    """A network of one block that has been tried on several numbers of images."""

    def __init__(self, answer: Any):
        self.net = network(answer)
        convolutions, connected = (
            [layer for layer in self.net.modules() if isinstance(layer, kind)]
            for kind in (nn.Conv2d, nn.Linear)
        )
        self.batches = [torch.randn(count, 1, 28, 28) for count in (2, 1, 5, 10)]
        given = [images.clone() for images in self.batches]
        self.answers = [self._answer(images) for images in given]
        self.leaves_images = all(
            same(one, other) for one, other in zip(given, self.batches, strict=True)
        )
        if not convolutions or not connected:
            raise Unreadable(
                "This asks for a network with the layers of OneBlock: a convolution and fc."
            )
        self.conv, self.fc = convolutions[0], connected[0]
        self.sizes = [tuple(layer.weight.shape) for layer in (*convolutions, *connected)]
        self.cut_off = cut_off(self.net, self.answers[0])

    def _answer(self, images: Tensor) -> Tensor:
        answer = self.net(images)
        if not isinstance(answer, Tensor):
            raise Unreadable(
                f"forward is to return a tensor of logits, but it returned {kind_of(answer)}."
            )
        return answer

    def does(self, forward: Callable[[nn.Module, nn.Module, Tensor], Tensor]) -> bool:
        """Tell whether it answers as a forward pass with the same convolution and fully connected
        layer.
        """
        pairs = zip(self.batches, self.answers, strict=True)
        return all(same(answer, forward(self.conv, self.fc, images)) for images, answer in pairs)

    def is_repaired(self) -> bool:
        """Tell whether it is OneBlock, with its layers and their sizes, and answers each image by
        itself.
        """
        return (
            self.sizes == SIZES
            and self.leaves_images
            and self.does(_one_block)
            and not self.cut_off
        )

    def mixes(self) -> bool:
        """Tell whether what fc reads in the first of two rows changes with the second image."""
        if self.sizes != SIZES:
            return False
        images = self.batches[0]
        others = [
            images + torch.tensor(added).view(2, 1, 1, 1) for added in ([0.0, 1.0], [1.0, 0.0])
        ]
        once, again, *changed = (self._reaches_fc(batch) for batch in (images, images, *others))
        rows = once.shape == (2, self.fc.in_features)
        return rows and same(once, again) and not any(same(once[0], other[0]) for other in changed)

    def _reaches_fc(self, images: Tensor) -> Tensor:
        met: list[Tensor] = []
        handle = self.fc.register_forward_pre_hook(lambda _, given: met.append(given[0].detach()))
        try:
            self.net(images.clone())
        finally:
            handle.remove()
        return met[-1]

    def told(self) -> str:
        """Return what is seen of its answers: shapes, whether each image is answered by itself, a
        slip that fits.
        """
        for images, answer in zip(self.batches, self.answers, strict=True):
            if answer.shape != (len(images), 10):
                return (
                    f"For N = {len(images)} the answer has the shape {tuple(answer.shape)}, and not"
                    " (N, 10)."
                )
        if not self.leaves_images:
            return (
                "Your forward changes the images that it is given. They belong to whoever calls it."
            )
        if self.sizes != SIZES:
            conv, fc = SIZES
            return (
                f"The weights of your layers have the shapes {self.sizes}; OneBlock has {conv} and"
                f" {fc}."
            )
        images, answer = self.batches[0], self.answers[0]
        if not same(answer, self._answer(images)):
            return "The same two images get other logits when they are given again."
        if not same(answer[:1], self._answer(images[:1])):
            return (
                "The shapes are right, but the first image gets other logits alone than together"
                " with a second one."
            )
        if self.cut_off and self.does(_one_block):
            return (
                f"The logits are right, but no gradient reaches `{self.cut_off[0]}`, so it could"
                " not be trained."
            )
        return (
            next((words for words, forward in SLIPS.items() if self.does(forward)), "")
            or self._told_by_scale()
        )

    def _told_by_scale(self) -> str:
        """Return by what all logits are multiplied, or what is added to them, if that is all."""
        own, right = (
            self.answers[0].detach(),
            _one_block(self.conv, self.fc, self.batches[0]).detach(),
        )
        factor, more = (
            ((own * right).sum() / (right * right).sum()).item(),
            (own - right).mean().item(),
        )
        if self.does(lambda *given: factor * _one_block(*given)):
            return f"Each logit is {factor:.4g} times what it should be."
        if self.does(lambda *given: more + _one_block(*given)):
            return f"Each logit is what it should be, and {more:.4g} more."
        return OTHER_LOGITS


SIZES = [(4, 1, 3, 3), (10, 784)]  # of the weights of OneBlock

OTHER_LOGITS = (
    "The shapes are right, and each image is answered by itself. But the logits are others than"
    " convolution, ReLU, pooling and fc give with the same parameters."
)

SLIPS = {
    "All logits are 0.": lambda conv, fc, images: images.new_zeros(len(images), 10),
    "These are the logits that fc gives for the pixels themselves: no convolution has seen them.": (
        lambda conv, fc, images: fc(images.flatten(1))
    ),
    "These logits come out if the rows and the columns of the maps change places.": (
        lambda conv, fc, images: fc(F.max_pool2d(conv(images).relu(), 2).mT.flatten(1))
    ),
    "These logits come out if the biases of fc are added twice.": lambda conv, fc, images: (
        _one_block(conv, fc, images) + fc.bias
    ),
    "These logits come out with tanh in place of ReLU.": lambda conv, fc, images: fc(
        F.max_pool2d(conv(images).tanh(), 2).flatten(1)
    ),
    "These logits come out with leaky ReLU in place of ReLU.": lambda conv, fc, images: fc(
        F.max_pool2d(F.leaky_relu(conv(images)), 2).flatten(1)
    ),
    "These logits come out with GELU in place of ReLU.": lambda conv, fc, images: fc(
        F.max_pool2d(F.gelu(conv(images)), 2).flatten(1)
    ),
    "These logits come out if the values of each image are in the opposite order.": (
        lambda conv, fc, images: fc(F.max_pool2d(conv(images).relu(), 2).flatten(1).flip(1))
    ),
    (
        "These logits come out if the four axes are (image, column, row, channel) before they are"
        " flattened."
    ): lambda conv, fc, images: fc(
        F.max_pool2d(conv(images).relu(), 2).permute(0, 3, 2, 1).flatten(1)
    ),
    "These logits come out if softmax is taken of the values that fc reads.": (
        lambda conv, fc, images: fc(F.max_pool2d(conv(images).relu(), 2).flatten(1).softmax(1))
    ),
    "These logits come out if the values that fc reads are divided by 255.": (
        lambda conv, fc, images: fc(F.max_pool2d(conv(images).relu(), 2).flatten(1) / 255)
    ),
    "These logits come out if the values that fc reads are doubled.": lambda conv, fc, images: fc(
        2 * F.max_pool2d(conv(images).relu(), 2).flatten(1)
    ),
    "These logits come out with the sigmoid in place of ReLU.": lambda conv, fc, images: fc(
        F.max_pool2d(conv(images).sigmoid(), 2).flatten(1)
    ),
    "These are logits without the biases of fc.": lambda conv, fc, images: (
        _one_block(conv, fc, images) - fc.bias
    ),
    "These logits come out if ReLU and pooling come before the convolution.": (
        lambda conv, fc, images: fc(conv(F.max_pool2d(images.relu(), 2)).flatten(1))
    ),
    **{
        words: lambda conv, fc, images, function=function: function(_one_block(conv, fc, images))
        for function, words in ENDINGS.items()
    },
}


def _one_block(conv: nn.Module, fc: nn.Module, images: Tensor) -> Tensor:
    return fc(F.max_pool2d(conv(images).relu(), 2).flatten(1))


def first_alone(conv: nn.Module, fc: nn.Module, images: Tensor) -> Tensor:
    return _one_block(conv, fc, images[:1])[0]


def without_relu(conv: nn.Module, fc: nn.Module, images: Tensor) -> Tensor:
    return fc(F.max_pool2d(conv(images), 2).flatten(1))


def with_average_pooling(conv: nn.Module, fc: nn.Module, images: Tensor) -> Tensor:
    return fc(F.avg_pool2d(conv(images).relu(), 2).flatten(1))


def channels_at_the_end(conv: nn.Module, fc: nn.Module, images: Tensor) -> Tensor:
    return fc(F.max_pool2d(conv(images).relu(), 2).permute(0, 2, 3, 1).flatten(1))


def ends_with(function: Callable[[Tensor], Tensor]) -> Callable[[BlockTrial], bool]:
    """Return a test whether a function has been taken of the right logits."""
    return lambda passes: passes.does(lambda *given: function(_one_block(*given)))


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
    return isinstance(error, RuntimeError) and bool(
        re.search(r"shape '\[\d+, -1\]' is invalid", str(error))
    )


def forward_pass(
    values: str, maps: str = "self.pool(F.relu(self.conv(images)))", end: str = "self.fc(values)"
) -> str:
    """Return the body of a forward pass."""
    lines = (f"maps = {maps}", f"values = {values}", f"return {end}")
    return "\n".join(" " * 8 + line for line in lines)
