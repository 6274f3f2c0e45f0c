"""Checks on convolutions, layers and the networks made of them."""

import re
from collections.abc import Callable
from typing import Any

import torch
from bookkit.exercises.verdict import Exercise, Unreadable, Wrong
from firstcnn import models
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.checks.answers import (
    array,
    equals,
    function,
    kind_of,
    network,
    number,
    rounded,
    same,
    several,
    whole,
    wholes,
    word,
)
from lessons.checks.networks import (
    ENDINGS,
    OTHER_ANSWERS,
    Watched,
    clash,
    cut_off,
    given_with_commas,
    stops_at,
    watched,
    without,
)
from lessons.checks.observed import about_number, first_difference

SIDES = (
    (4, 3, 0, 1),
    (28, 3, 1, 1),
    (28, 5, 2, 1),
    (28, 3, 1, 2),
    (28, 2, 0, 2),
    (7, 3, 0, 3),
    (10, 5, 1, 4),
)
SIDES += (
    (7, 3, 1, 2),
    (11, 3, 2, 1),
    (28, 5, 1, 1),
    (13, 4, 3, 3),
    (6, 1, 0, 2),
    (15, 7, 2, 2),
    (9, 3),
)
NUMBERS = torch.tensor([1.0, 3.0, 5.0, 7.0])
NORMALISED = (NUMBERS - 4) / 5**0.5
PRINTED = 0.005  # half a unit of the second decimal, to which the text computes
CONV2 = 64 * 32 * 9 + 64
TIMES = ("the same", "twice", "four times", "sixteen times")

# --------------------------------------------------------------------------------------------------
# length of a side


def _measured_side(side: int, kernel: int, padding: int = 0, stride: int = 1) -> int:
    return F.conv1d(
        torch.zeros(1, 1, side), torch.zeros(1, 1, kernel), padding=padding, stride=stride
    ).shape[-1]


def _sides(side_after: Callable) -> list:
    """Return what a function gives in all cases, the last of them without padding and stride."""
    return [side_after(*case) for case in SIDES]


def _is_number(value: Any, expected: float) -> bool:
    try:
        return number(value) == expected
    except Unreadable:
        return False


def _are_sides(values: list, side_after: Callable[..., float] = _measured_side) -> bool:
    return all(
        _is_number(value, side_after(*case)) for value, case in zip(values, SIDES, strict=True)
    )


def _has_room(room: Callable[..., float]) -> Callable[[list], bool]:
    """Return a test whether all sides are those that follow from this room to move."""

    def side(side: int, kernel: int, padding: int = 0, stride: int = 1) -> float:
        return room(side, kernel, padding, stride) // stride + 1

    return lambda values: _are_sides(values, side)


def _first_wrong_side(values: list) -> str:
    names = ("a side of {}", "a kernel of {}", "padding {}", "stride {}")
    cases = (
        (
            "For "
            + ", ".join(name.format(value) for name, value in zip(names, case, strict=False)),
            lambda value=value: value,
            _measured_side(*case),
        )
        for value, case in zip(values, SIDES, strict=True)
    )
    return first_difference(cases, _is_number)


# --------------------------------------------------------------------------------------------------
# three layers

PARTS = (
    "conv",
    "convolved",
    "rectified",
    "pooled",
    "shape_convolved",
    "shape_rectified",
    "shape_pooled",
    "x",
)


def _shape(answer: Any) -> tuple[int, ...]:
    """Read a shape; the values themselves are none."""
    if isinstance(answer, Tensor) and answer.dim() > 1:
        count = f"{answer.numel():,}"
        raise Unreadable(
            f"This asks for a shape, whole numbers in order, but got a tensor with {count} values."
        )
    return wholes(answer)


def _are_three_layers(answer: tuple) -> bool:
    conv, convolved, rectified, pooled, *shapes, x = answer
    return (
        _seen_by_one_value(conv) == (4, 3, 3)
        and not _about_weights(conv)
        and _only_adds(conv)
        and tuple(convolved.shape) == (1, 4, 28, 28)
        and same(convolved, conv(x.float()))
        and same(rectified, convolved.relu())
        and same(pooled, F.max_pool2d(rectified, 2))
        and shapes == [tuple(each.shape) for each in (convolved, rectified, pooled)]
    )


def _seen_by_one_value(conv: nn.Module) -> tuple[int, int, int] | None:
    """Return how many maps a layer writes, and how high and wide a square of them one pixel
    changes.
    """
    point = torch.zeros(1, 1, 28, 28)
    point[0, 0, 14, 14] = 1
    changed = conv(point) != conv(torch.zeros(1, 1, 28, 28))
    if changed.dim() != 4 or not changed.any():
        return None
    rows, columns = (changed.any(dim=(0, 1, axis)).nonzero() for axis in (3, 2))
    return (
        changed.shape[1],
        int(rows.max() - rows.min()) + 1,
        int(columns.max() - columns.min()) + 1,
    )


def _about_weights(conv: nn.Module) -> str:
    """Return why a layer is no single convolution, by its weights; "" if it is one."""
    weights = [values for values in conv.parameters() if values.dim() > 1]
    if len(weights) != 1:
        return f"conv has {len(weights)} tensors of weights, and one convolution is asked for."
    if isinstance(conv, nn.ConvTranspose2d):
        return (
            "conv is a ConvTranspose2d, which adds the kernel at each place. A convolution is asked"
            " for."
        )
    return ""


def _only_adds(conv: nn.Module) -> bool:
    """Tell whether a layer does to an image and to its negative the same but for the sign, as
    convolutions do.
    """
    image = torch.randn(1, 1, 28, 28)
    return same(conv(image) + conv(-image), 2 * conv(torch.zeros_like(image)))


def _shape_is(place: int, *shape: int) -> Callable[[tuple], bool]:
    """Return a test whether the k-th of the three shapes, counted from 0, is this one."""
    return lambda answer: answer[4 + place] == shape


def _a_shape_without_images(answer: tuple) -> bool:
    tensors, shapes = answer[1:4], answer[4:7]
    return any(
        shape == tuple(tensor.shape[1:]) for tensor, shape in zip(tensors, shapes, strict=True)
    )


def _channels_last(answer: tuple) -> bool:
    return any(len(shape) == 4 and shape[3] in (2, 4) for shape in answer[4:7])


def _about_three_layers(answer: tuple) -> str:
    """Return what is told of the first of the values that is not right."""
    conv, convolved, rectified, pooled, *shapes, x = answer
    if convolved.dim() != 4 or convolved.shape[0] != 1:
        return (
            f"convolved has the shape {tuple(convolved.shape)}, and it is to hold the maps of one"
            " digit."
        )
    if tuple(convolved.shape) != (1, 4, 28, 28):
        maps, rows, columns = convolved.shape[1:]
        count = "1 map" if maps == 1 else f"{maps} maps"
        return (
            f"conv writes {count} of {rows} × {columns} values. Compare with what its note asks"
            " for."
        )
    if (seen := _seen_by_one_value(conv)) and seen[1:] != (3, 3):
        size = f"{seen[1]} × {seen[2]}"
        return (
            f"One pixel of the image changes {size} values in each map of conv. A kernel of 3 × 3"
            " is asked for."
        )
    if about := _about_weights(conv):
        return about
    if not _only_adds(conv):
        return (
            "conv does more than a convolution: it treats an image and the negative of it"
            " differently."
        )
    if not same(convolved, conv(x.float())):
        return f"convolved, of shape {tuple(convolved.shape)}, is not what conv makes of x."
    if not same(rectified, convolved.relu()):
        return f"rectified, of shape {tuple(rectified.shape)}, is not what ReLU makes of convolved."
    if not same(pooled, F.max_pool2d(rectified, 2)):
        return (
            f"pooled, of shape {tuple(pooled.shape)}, is not what max pooling makes of rectified."
        )
    return _about_shapes(shapes, (convolved, rectified, pooled))


def _about_shapes(shapes: list[tuple], tensors: tuple[Tensor, ...]) -> str:
    for name, shape, tensor in zip(PARTS[4:7], shapes, tensors, strict=True):
        if len(shape) != tensor.dim():
            return f"{name} has {len(shape)} numbers, and N, C, H, W are four."
        for letter, own, right in zip("NCHW", shape, tensor.shape, strict=True):
            if own != right:
                return f"{name}: {own} for {letter} is too {'small' if own < right else 'large'}."
    return ""


# --------------------------------------------------------------------------------------------------
# batch normalisation


def _four(answer: Tensor) -> Tensor:
    if answer.numel() != 4:
        raise Unreadable(
            f"This asks for four numbers, one for each of 1, 3, 5, 7, but got {answer.numel()}."
        )
    return answer.flatten()


def _are(values: Tensor) -> Callable[[Tensor], bool]:
    return lambda answer: bool((answer - values).abs().max() <= PRINTED)


def _about_four(answer: Tensor) -> str:
    if answer.isnan().any():
        return "Not all of your four values are numbers: one of them is nan."
    mean, deviation = (
        round(value.item(), 3) + 0.0 for value in (answer.mean(), answer.std(correction=0))
    )
    if abs(mean) <= PRINTED and abs(deviation - 1) <= PRINTED:
        return (
            "Your four numbers have mean 0 and standard deviation 1, but they are not what becomes"
            " of 1, 3, 5 and 7 in this order."
        )
    return (
        f"Your four numbers have mean {mean:g} and standard deviation {deviation:g}, not 0 and 1."
    )


# --------------------------------------------------------------------------------------------------
# networks


class _ReluFirst(models.SimpleCNN):
    """SimpleCNN with ReLU before batch norm in its second block."""

    def features(self, x: Tensor) -> Tensor:
        x = self.pool1(F.relu(self.bn1(self.conv1(x))))
        x = self.pool2(F.relu(self.bn2(F.relu(self.conv2(x)))))
        return F.relu(self.bn3(self.conv3(x)))


def _conv1_writes(maps: int) -> Callable[[BaseException], bool]:
    """Return a test whether the first batch norm got so many maps, as large as an image, and was
    built for 32.
    """
    evidence = stops_at(nn.BatchNorm2d, 32, maps, place=1)
    return lambda error: evidence(error) and clash(error).arrived.shape[2:] == (28, 28)


def _stops_before_conv2(error: BaseException) -> bool:
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


def _about_simple_cnn(net: Watched) -> str:
    if net.does_as(without(models.SimpleCNN, "dropout")):
        return "In training mode it answers as a network without dropout."
    said = net.told(models.SimpleCNN)
    if not said.startswith(OTHER_ANSWERS):
        return said
    words = next((words for words, varied in VARIED.items() if net.does_as(varied)), "")
    return f"{said} They come out {words}." if words else said


class _Passes:
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


def _first_alone(conv: nn.Module, fc: nn.Module, images: Tensor) -> Tensor:
    return _one_block(conv, fc, images[:1])[0]


def _without_relu(conv: nn.Module, fc: nn.Module, images: Tensor) -> Tensor:
    return fc(F.max_pool2d(conv(images), 2).flatten(1))


def _averaged(conv: nn.Module, fc: nn.Module, images: Tensor) -> Tensor:
    return fc(F.avg_pool2d(conv(images).relu(), 2).flatten(1))


def _channels_at_the_end(conv: nn.Module, fc: nn.Module, images: Tensor) -> Tensor:
    return fc(F.max_pool2d(conv(images).relu(), 2).permute(0, 2, 3, 1).flatten(1))


def _then(function: Callable[[Tensor], Tensor]) -> Callable[[_Passes], bool]:
    """Return a test whether a function has been taken of the right logits."""
    return lambda passes: passes.does(lambda *given: function(_one_block(*given)))


def _reach_fc(*shape: int) -> Callable[[BaseException], bool]:
    """Return a test whether an error is that of fc, to which values of this shape came."""

    def evidence(error: BaseException) -> bool:
        found = clash(error)
        return (
            found is not None
            and isinstance(found.layer, nn.Linear)
            and tuple(found.arrived.shape) == shape
        )

    return evidence


def _fixes_the_count(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and bool(
        re.search(r"shape '\[\d+, -1\]' is invalid", str(error))
    )


def _forward(
    values: str, maps: str = "self.pool(F.relu(self.conv(images)))", end: str = "self.fc(values)"
) -> str:
    """Return the body of a forward pass."""
    lines = (f"maps = {maps}", f"values = {values}", f"return {end}")
    return "\n".join(" " * 8 + line for line in lines)


# --------------------------------------------------------------------------------------------------
# exercises


def _about_words(answer: tuple[str, str]) -> str:
    """Return which of two answers is none of the words that are offered; "" if both are."""
    places = ("first", "second")
    other = [
        (place, given) for place, given in zip(places, answer, strict=True) if given not in TIMES
    ]
    return (
        f'The {other[0][0]} answer, "{other[0][1]}", is none of the four that are offered.'
        if other
        else ""
    )


SUMS = {  # of the answer at the lower right, where no named mistake fits
    6: "6 is the pixel at the lower right alone.",
    -6: "-6 is the last of the three products alone.",
    10: "10 is too large: it is the sum of two of the three pixels.",
    11: "11 is too large: it is the sum of two of the three pixels.",
    120: "120 is the three pixels multiplied with each other. Each belongs to a weight.",
    -19: "-19 comes out if two of the products are multiplied.",
    1: "1 is the sum of the three weights, or one of them: the pixels are missing.",
    14: "14 is two of the products multiplied, less the third. Products are added.",
    -120: "-120 is all three products multiplied. Products are added.",
    **{
        value: f"{value} comes out if the products are added with other signs."
        for value in (7, -5, -7, -15)
    },
}


def _about_side_seen(answer: int) -> str:
    even = (
        " And it is even: around a pixel in the middle there are as many on one side as on the"
        " other."
    )
    return about_number(answer, 5) + (even if answer > 0 and answer % 2 == 0 else "")


def _about_factor(answer: float) -> str:
    sum_ = f"75 ones, each times {answer:.6g}, add up to {75 * answer:.6g}"
    return (
        f"{answer:.6g} is too {'small' if answer < 4 / 3 else 'large'}: {sum_}, and 100 is asked"
        " for."
    )


COUNTS = {  # of parameters, where no named mistake fits
    9: "9 is the weights of one kernel for a single channel.",
    10: "10 is one kernel for a single channel, with a bias.",
    32: "32 is how many channels the layer reads.",
    64: "64 is how many maps the layer writes.",
    96: "96 is the channels that are read and the maps that are written, added.",
    32 * 9: "288 is the weights of one kernel.",
    (64 + 32) * 9: "864 comes out if channels and maps are added, and not multiplied.",
    (64 + 32) * 9 + 64: "928 comes out if channels and maps are added, and not multiplied.",
    64 * (32 + 9): "2,624 comes out if the channels and the places of a kernel are added.",
    64 * (32 + 9) + 64: "2,688 comes out if the channels and the places of a kernel are added.",
    64 * 32 * 3: (
        "6,144 comes out with kernels of three weights for each channel, and without biases."
    ),
    64 * 32 * 6 + 64: (
        "12,352 comes out with kernels of six weights for each channel: 3 + 3, and not 3 × 3."
    ),
    64 * 32 * 6: (
        "12,288 comes out with kernels of six weights for each channel: 3 + 3, and not 3 × 3."
    ),
    64 * 14 * 14: "12,544 is how many values the layer writes. They are no parameters.",
    64 * 32 * 14 * 14: "401,408 comes out with kernels of 14 × 14.",
    64 * 32 * 14 * 14 + 64: "401,472 comes out with kernels of 14 × 14.",
    64 * 32 * 9 * 14 * 14: "3,612,672 comes out if each place had weights of its own.",
    64 * 32 * 9 * 14 * 14 + 64: "3,612,736 comes out if each place had weights of its own.",
    64 * 32 * 9 * 28 * 28: "14,450,688 comes out if each place of 28 × 28 had weights of its own.",
    64 * 32 * 9 + 128: "18,560 comes out with two numbers for each map beside the weights.",
    2 * CONV2: "36,992 is twice what is asked for.",
    65 * 32 * 9: "18,720 comes out with one map more.",
    64 * 32 * 9 * 64: "1,179,648 comes out if the weights are multiplied by 64 once more.",
    64 * 32 * 9 + 64 * 14 * 14: "30,976 comes out with a bias for each value that is written.",
    CONV2 + 320: "18,816 is what the first two convolutions have.",
    320: "320 is what the first convolution has.",
    64 * 128 * 9 + 128: "73,856 is what the third convolution has.",
    3_310_026: "3,310,026 is what the whole SimpleCNN has.",
    64 * 32: (
        "2,048 is how many pairs of a map read and a map written there are. Each has more than one"
        " weight."
    ),
    64 * 32 * 9 + 1: "18,433 is the weights and a single bias.",
    64 * 32 * 9 - 64: "18,368 is the weights less the biases.",
    64 * 33 * 9: "19,008 comes out if each kernel has nine biases, or one more channel.",
    64 * 32 * 25 + 64: "51,264 comes out with kernels of 5 × 5.",
    64 * 32 * 3 + 64: (
        "6,208 comes out with kernels of three weights for each channel, and not of 3 × 3."
    ),
    64 * 32 * 28 * 28: "1,605,632 comes out with kernels of 28 × 28.",
    64 * 9: "576 is nine weights for each of 64 maps. How many channels does a kernel read?",
    32 * 32 * 9 + 32: "9,248 comes out if the layer writes 32 maps.",
    64 * 64 * 9 + 64: "36,928 comes out if the layer reads 64 maps.",
    2 * 64 * 32 * 9: "36,864 is the weights, twice.",
    64 * 32 * 9 + 32 + 64: "18,528 comes out with biases for the maps that are read, too.",
    64 * 32 * 9 + 320: "18,752 is the weights of this layer and what the first convolution has.",
    64 * 32 * 9 + 64 + 128: "18,624 comes out if the batch norm behind it is counted as well.",
}

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="lower-right",
        read=number,
        right=equals(3),
        praise=(
            "Nine products, one sum. A convolution does this at every place, with the same nine"
            " weights."
        ),
        wrong=(
            Wrong(
                name="the last weight counted as 1",
                typed=("5. + 4. + 6.",),
                hint=(
                    "15 is the sum of three pixels. Look at the weight at the lower right of the"
                    " kernel again."
                ),
                shows=equals(15),
            ),
            Wrong(
                name="the last weight left out",
                typed=("5. + 4.",),
                hint=(
                    "9 is the sum of two of the three products. What lies under the third weight"
                    " that is not zero?"
                ),
                shows=equals(9),
            ),
            Wrong(
                name="the first weight left out",
                typed=("4. - 6.",),
                hint=(
                    "−2 is what comes out without the weight at the upper left. What lies under it?"
                ),
                shows=equals(-2),
            ),
            Wrong(
                name="the kernel turned by 180°",
                typed=("-5. + 4. + 6.",),
                hint=(
                    "5 is what a kernel turned by 180° gives, and also the first product alone. "
                    "Does the kernel lie as it is printed, and are all three products in it?"
                ),
                shows=equals(5),
            ),
            Wrong(
                name="the kernel lies at another place",
                typed=("0. + 2. - 0.",),
                hint=(
                    "4, 2 and −1 are the answers at the other three places. Which three rows and"
                    " columns are the last?"
                ),
                shows=lambda answer: answer in (4, 2, -1),
            ),
            Wrong(
                name="the pixels added without the weights",
                typed=("5. + 2. + 1. + 0. + 4. + 0. + 1. + 2. + 6.",),
                hint=(
                    "21 is the sum of the nine pixels. Each has to be multiplied by its weight"
                    " first."
                ),
                shows=equals(21),
            ),
        ),
        otherwise=(
            "Lay the kernel on the last three rows and columns; multiply what lies together, and"
            " add."
        ),
        observed=lambda answer: SUMS.get(answer, about_number(answer, 3)),
    ),
    Exercise(
        id="side-after",
        read=function,
        right=lambda side_after: _are_sides(_sides(side_after)),
        praise="The same three numbers decide height and width of every map in this book.",
        wrong=(
            Wrong(
                name="padding on one side only",
                typed=("side + padding - kernel",),
                hint=(
                    "Without padding it is right, with padding too short. On how many sides are"
                    " zeros put?"
                ),
                shows=_has_room(lambda side, kernel, padding, stride: side + padding - kernel),
            ),
            Wrong(
                name="the kernel is not taken off",
                typed=("side + 2 * padding",),
                hint=(
                    "It is too long even where nothing is padded: the wider the kernel, the less"
                    " room it has to move."
                ),
                shows=_has_room(lambda side, kernel, padding, stride: side + 2 * padding),
            ),
            Wrong(
                name="the padding is left out",
                typed=("side - kernel",),
                hint=(
                    "Without padding it is right. What do the zeros around the image do to its"
                    " side?"
                ),
                shows=_has_room(lambda side, kernel, padding, stride: side - kernel),
            ),
            Wrong(
                name="the first place counted twice",
                typed=("side + 2 * padding - kernel + 1",),
                hint=(
                    "With stride 1 it is one too long. The first place of the kernel is counted at"
                    " the line's end."
                ),
                shows=_has_room(
                    lambda side, kernel, padding, stride: side + 2 * padding - kernel + 1
                ),
            ),
            Wrong(
                name="the padding is taken away",
                typed=("side - 2 * padding - kernel",),
                hint=(
                    "With padding it comes out too short. Does a border of zeros make the image"
                    " smaller or larger?"
                ),
                shows=_has_room(lambda side, kernel, padding, stride: side - 2 * padding - kernel),
            ),
            Wrong(
                name="the whole formula in place of the room",
                typed=("(side + 2 * padding - kernel) // stride + 1",),
                hint=(
                    "With stride 1 it is one too long, and otherwise too short: the line divides"
                    " and adds 1 itself. What is it that it divides?"
                ),
                shows=_has_room(
                    lambda side, kernel, padding, stride: (
                        (side + 2 * padding - kernel) // stride + 1
                    )
                ),
            ),
            Wrong(
                name="kernel and padding changed round",
                typed=("side + 2 * kernel - padding",),
                hint=(
                    "These are the sides that come out if kernel and padding change places. Which"
                    " of the two makes room?"
                ),
                shows=_has_room(lambda side, kernel, padding, stride: side + 2 * kernel - padding),
            ),
            Wrong(
                name="half the kernel is taken off",
                typed=("side + 2 * padding - kernel // 2",),
                hint=(
                    "These are the sides that come out if half of the kernel is taken off. How much"
                    " of the line does it cover when it lies at one end?"
                ),
                shows=_has_room(
                    lambda side, kernel, padding, stride: side + 2 * padding - kernel // 2
                ),
            ),
        ),
        otherwise=(
            "How far can the kernel move? Draw a short line with its padding, and lay a kernel at"
            " both ends."
        ),
        look=_sides,
        observed=_first_wrong_side,
    ),
    Exercise(
        id="three-layers",
        read=several(network, array, array, array, _shape, _shape, _shape, array, names=PARTS),
        right=_are_three_layers,
        praise=(
            "Only the convolution changed the number of channels, and only pooling the height and"
            " width."
        ),
        wrong=(
            Wrong(
                name="one map for one channel",
                typed=(
                    "nn.Conv2d(1, 1, kernel_size=3, padding=1)",
                    None,
                    None,
                    "(1, 1, 28, 28)",
                    "(1, 1, 28, 28)",
                    "(1, 1, 14, 14)",
                ),
                hint=(
                    "This layer writes one map, so it has one kernel. How many maps are asked for?"
                ),
                shows=lambda answer: any(
                    isinstance(layer, nn.Conv2d) and layer.out_channels == answer[1].shape[1] == 1
                    for layer in answer[0].modules()
                ),
            ),
            Wrong(
                name="a convolution without padding",
                typed=("nn.Conv2d(1, 4, kernel_size=3)", None, None, None, None, None),
                hint=(
                    "These maps are smaller than the digit. What keeps the size when the kernel is"
                    " 3 wide?"
                ),
                shows=lambda answer: (
                    tuple(answer[1].shape) == (1, 4, 26, 26)
                    and _seen_by_one_value(answer[0]) == (4, 3, 3)
                ),
            ),
            Wrong(
                name="ReLU gets the digit",
                typed=(None, "x", None, None, None, None),
                hint=(
                    "rectified is one map, and the convolution wrote four. ReLU comes second: what"
                    " has the layer before it returned?"
                ),
                shows=lambda answer: (
                    tuple(answer[2].shape) == (1, 1, 28, 28) and answer[1].shape[1] == 4
                ),
            ),
            Wrong(
                name="pooling gets the digit",
                typed=(None, None, "x", None, None, None),
                hint=(
                    "pooled is one map, and ReLU returned four. Pooling comes third: what has the"
                    " layer before it returned?"
                ),
                shows=lambda answer: (
                    tuple(answer[3].shape) == (1, 1, 14, 14) and answer[2].shape[1] == 4
                ),
            ),
            Wrong(
                name="pooling gets what the convolution returned",
                typed=(None, None, "convolved", None, None, None),
                hint="Some pooled values are below zero: ReLU was passed by. What does it hand on?",
                shows=lambda answer: (
                    same(answer[3], F.max_pool2d(answer[1], 2)) and bool((answer[3] < 0).any())
                ),
            ),
            Wrong(
                name="the padding is forgotten",
                typed=(None, None, None, "(1, 4, 26, 26)", None, None),
                hint=(
                    "The first shape: a kernel of 3 takes two rows and columns, but what does"
                    " padding=1 add?"
                ),
                shows=_shape_is(0, 1, 4, 26, 26),
            ),
            Wrong(
                name="the channels of the input",
                typed=(None, None, None, "(1, 1, 28, 28)", None, None),
                hint=(
                    "The first shape: the second number counts the channels that come out, not"
                    " those that go in."
                ),
                shows=_shape_is(0, 1, 1, 28, 28),
            ),
            Wrong(
                name="the number of images is left out",
                typed=(None, None, None, "(4, 28, 28)", "(4, 28, 28)", "(4, 14, 14)"),
                hint=(
                    "One of these shapes has three numbers. Something stands in front of the"
                    " channels, even when there is only one image."
                ),
                shows=_a_shape_without_images,
            ),
            Wrong(
                name="the channels at the end",
                typed=(None, None, None, "(1, 28, 28, 4)", "(1, 28, 28, 4)", "(1, 14, 14, 4)"),
                hint=(
                    "One of these shapes ends with the number of maps. In which place do N, C, H, W"
                    " have it?"
                ),
                shows=_channels_last,
            ),
            Wrong(
                name="ReLU makes the maps smaller",
                typed=(None, None, None, None, "(1, 4, 14, 14)", None),
                hint=(
                    "The second shape: ReLU looks at each value by itself. Does any of them"
                    " disappear?"
                ),
                shows=_shape_is(1, 1, 4, 14, 14),
            ),
            Wrong(
                name="pooling halves the channels",
                typed=(None, None, None, None, None, "(1, 2, 14, 14)"),
                hint=(
                    "The third shape: pooling looks at each map by itself. How many maps does it"
                    " leave?"
                ),
                shows=_shape_is(2, 1, 2, 14, 14),
            ),
            Wrong(
                name="pooling in steps of 1",
                typed=(None, None, None, None, None, "(1, 4, 27, 27)"),
                hint=(
                    "The third shape: this would be a window that moves by one pixel. By how many"
                    " does pooling move?"
                ),
                shows=_shape_is(2, 1, 4, 27, 27),
            ),
            Wrong(
                name="pooling leaves a quarter of each side",
                typed=(None, None, None, None, None, "(1, 4, 7, 7)"),
                hint=(
                    "The third shape: a quarter of the values are left, and not a quarter of the"
                    " rows. What becomes of one side?"
                ),
                shows=_shape_is(2, 1, 4, 7, 7),
            ),
        ),
        otherwise=(
            "Go through the three layers in order: what does each of them get, and what does it"
            " return?"
        ),
        observed=_about_three_layers,
    ),
    Exercise(
        id="receptive-field",
        read=whole,
        right=equals(5, tolerance=0),
        praise=(
            "Each further kernel of 3 adds one pixel on either side, which is slow. Pooling speeds"
            " it up."
        ),
        wrong=(
            Wrong(
                name="three pixels for each kernel",
                typed=("3 + 3",),
                hint=(
                    "6 is what two kernels side by side would see. Here they overlap: draw the nine"
                    " of the second layer."
                ),
                shows=equals(6, tolerance=0),
            ),
            Wrong(
                name="the sides multiplied",
                typed=("3 * 3",),
                hint=(
                    "9 would be three squares side by side. Neighbouring values have seen mostly"
                    " the same pixels: how far apart are two neighbours?"
                ),
                shows=equals(9, tolerance=0),
            ),
            Wrong(
                name="the second layer adds nothing",
                typed=("3",),
                hint=(
                    "3 is what one value of the first layer sees. The second reads nine such"
                    " values."
                ),
                shows=equals(3, tolerance=0),
            ),
            Wrong(
                name="one pixel on one side only",
                typed=("4",),
                hint=(
                    "4 is one pixel more than the first layer sees. In how many directions along a"
                    " row does the second kernel reach further?"
                ),
                shows=equals(4, tolerance=0),
            ),
            Wrong(
                name="the number of pixels",
                typed=("5 * 5",),
                hint=(
                    "25 counts the pixels of the whole square. The question is how long its"
                    " side is."
                ),
                shows=equals(25, tolerance=0),
            ),
            Wrong(
                name="one layer too many",
                typed=("3 + 2 + 2",),
                hint=(
                    "7 is the side after three such layers. How much does one further layer add,"
                    " and how many are there?"
                ),
                shows=equals(7, tolerance=0),
            ),
            Wrong(
                name="pixels counted several times",
                typed=("9 * 9",),
                hint=(
                    "81 is nine times nine, as if no pixel were seen twice. The question is how"
                    " long the side of the square is."
                ),
                shows=equals(81, tolerance=0),
            ),
        ),
        otherwise=(
            "Draw a row: the second kernel reads three neighbours, and each of them has seen three"
            " pixels."
        ),
        observed=_about_side_seen,
    ),
    Exercise(
        id="batch-norm",
        read=lambda answer: _four(array(answer)),
        right=_are(NORMALISED),
        praise="Mean 0, standard deviation 1. In a network it is done for each channel by itself.",
        wrong=(
            Wrong(
                name="divided by the variance",
                typed=("(numbers - centre) / (variance + 1e-5)",),
                hint=(
                    "The mean is 0, but the standard deviation is not 1: these were divided by the"
                    " variance."
                ),
                shows=_are((NUMBERS - 4) / 5),
            ),
            Wrong(
                name="the standard deviation of a sample",
                typed=("(numbers - centre) / numbers.std()",),
                hint=(
                    "This is what Tensor.std gives, which divides the squares by one less than"
                    " their number. Which variance stands above?"
                ),
                shows=_are((NUMBERS - 4) / NUMBERS.std()),
            ),
            Wrong(
                name="the mean is not taken away",
                typed=("numbers / (variance + 1e-5).sqrt()",),
                hint=(
                    "The standard deviation is 1, but all four are above 0. Where should their mean"
                    " lie?"
                ),
                shows=_are(NUMBERS / 5**0.5),
            ),
            Wrong(
                name="not divided at all",
                typed=("numbers - centre",),
                hint=(
                    "The mean is 0 now. How far do the four still lie from it, and how far should"
                    " they?"
                ),
                shows=_are(NUMBERS - 4),
            ),
            Wrong(
                name="the numbers taken from the mean",
                typed=("(centre - numbers) / (variance + 1e-5).sqrt()",),
                hint=(
                    "All four have the right size and the other sign. Should 7, above the mean,"
                    " come out above 0?"
                ),
                shows=_are(-NORMALISED),
            ),
            Wrong(
                name="multiplied by the standard deviation",
                typed=("(numbers - centre) * (variance + 1e-5).sqrt()",),
                hint=(
                    "They have been spread out further. What brings a standard deviation of 2.24"
                    " to 1?"
                ),
                shows=_are((NUMBERS - 4) * 5**0.5),
            ),
            Wrong(
                name="brackets left out",
                typed=("numbers - centre / (variance + 1e-5).sqrt()",),
                hint=(
                    "This comes out if only the mean is divided: division goes before subtraction."
                    " What has to come first?"
                ),
                shows=_are(NUMBERS - 4 / 5**0.5),
            ),
            Wrong(
                name="scaled to 0 to 1",
                typed=("(numbers - numbers.min()) / (numbers.max() - numbers.min())",),
                hint=(
                    "These reach from 0 to 1. Mean 0 and standard deviation 1 are asked for, which"
                    " is something else."
                ),
                shows=_are((NUMBERS - 1) / 6),
            ),
        ),
        otherwise=(
            "Compute the first of the four on paper: how far is 1 from the mean, and what is that"
            " divided by?"
        ),
        observed=_about_four,
    ),
    Exercise(
        id="dropout",
        read=number,
        right=lambda answer: any(
            equals(round(4 / 3, decimals), 1e-6)(answer) for decimals in range(2, 8)
        ),
        praise=(
            "On average the sum stays what it was, so the next layer need not know whether values"
            " were dropped."
        ),
        wrong=(
            Wrong(
                name="the share that stays",
                typed=("1 - 0.25",),
                hint=(
                    "0.75 is the share that stays. Multiplied by it, the sum would shrink a second"
                    " time."
                ),
                shows=equals(0.75),
            ),
            Wrong(
                name="divided by the share that goes",
                typed=("1 / 0.25",),
                hint=(
                    "4 is 1 divided by the share that goes. Which values have to make up for those?"
                ),
                shows=equals(4),
            ),
            Wrong(
                name="the probability itself",
                typed=("0.25",),
                hint=(
                    "0.25 is the probability. Do the values that stay have to become larger, or"
                    " smaller?"
                ),
                shows=equals(0.25),
            ),
            Wrong(
                name="what is lost, added",
                typed=("1 + 0.25",),
                hint="Try 1.25 on 100 ones: 75 stay, each multiplied by it. Is the sum 100 again?",
                shows=equals(1.25),
            ),
            Wrong(
                name="the factor of the example",
                typed=("1 / (1 - 0.5)",),
                hint=(
                    "2 is the factor of the example, where half of the values went. Here it is a"
                    " quarter."
                ),
                shows=equals(2),
            ),
            Wrong(
                name="rounded to one decimal",
                typed=("1.3",),
                hint=(
                    "75 ones times 1.3 is 97.5, so the sum is not 100 again. Give more decimals, or"
                    " a fraction."
                ),
                shows=equals(1.3),
            ),
            Wrong(
                name="per cent",
                typed=("133.33",),
                hint="133 would be in per cent. By which number is a single value multiplied?",
                shows=lambda answer: abs(answer - 400 / 3) < 0.5,
            ),
            Wrong(
                name="only what is added",
                typed=("1 / 3",),
                hint="A third is what each value has to gain. What is it multiplied by, then?",
                shows=rounded(1 / 3, 2),
            ),
            Wrong(
                name="the shares added",
                typed=("1 / (1 + 0.25)",),
                hint=(
                    "0.8 is smaller than 1, so the sum would shrink further. Which share of the"
                    " values is left?"
                ),
                shows=equals(0.8),
            ),
        ),
        otherwise=(
            "Of 100 ones, 75 stay. What does each of them become, if their sum is to be 100 again?"
        ),
        observed=_about_factor,
    ),
    Exercise(
        id="simple-cnn",
        read=watched,
        right=lambda net: net.is_as(models.SimpleCNN),
        praise=(
            "With the same weights it answers as the book's own, in training mode and in evaluation"
            " mode."
        ),
        wrong=(
            Wrong(
                name="a pooling is forgotten",
                typed=(None, None, None, "128 * 14 * 14", None, None),
                hint=(
                    "25,088 is what one pooling leaves of 128 maps. How often has the side of 28"
                    " been halved by then?"
                ),
                stops=stops_at(nn.Linear, 128 * 14 * 14, 128 * 7 * 7),
            ),
            Wrong(
                name="both poolings are forgotten",
                typed=(None, None, None, "128 * 28 * 28", None, None),
                hint=(
                    "100,352 is what 128 maps hold before any pooling. How long is a side by then?"
                ),
                stops=stops_at(nn.Linear, 128 * 28 * 28, 128 * 7 * 7),
            ),
            Wrong(
                name="one map alone",
                typed=(None, None, None, "7 * 7", None, None),
                hint="49 values are those of one map. How many maps are flattened together?",
                stops=stops_at(nn.Linear, 7 * 7, 128 * 7 * 7),
            ),
            Wrong(
                name="the maps without their places",
                typed=(None, None, None, "128", None, None),
                hint=(
                    "128 is the number of maps. Each of them still has several places when it is"
                    " flattened."
                ),
                stops=stops_at(nn.Linear, 128, 128 * 7 * 7),
            ),
            Wrong(
                name="the maps of the block before",
                typed=(None, None, None, "64 * 7 * 7", None, None),
                hint=(
                    "3,136 values are those of 64 maps. How many maps does the last convolution"
                    " write?"
                ),
                stops=stops_at(nn.Linear, 64 * 7 * 7, 128 * 7 * 7),
            ),
            Wrong(
                name="commas for products",
                typed=(None, None, None, "128, 7, 7", None, None),
                hint=(
                    "nn.Linear takes two sizes, the values that come in and those that go out. Here"
                    " commas make more of them."
                ),
                stops=given_with_commas,
            ),
            Wrong(
                name="the image in place of its maps",
                typed=("1, 28", None, None, None, None, None),
                hint=(
                    "28 is the number of rows of an image. The comments in features say how many"
                    " maps conv1 writes."
                ),
                stops=_conv1_writes(28),
            ),
            Wrong(
                name="the first in and out changed round",
                typed=("32, 1", None, None, None, None, None),
                hint=(
                    "conv1 is built to read 32 channels, and a grey image has one. Which of its two"
                    " numbers is in, which is out?"
                ),
                stops=stops_at(nn.Conv2d, 32, 1, place=1),
            ),
            Wrong(
                name="the maps of the second block",
                typed=("1, 64", None, None, None, None, None),
                hint=(
                    "conv1 writes 64 maps. Look in the comments of features for what the first"
                    " block writes."
                ),
                stops=_conv1_writes(64),
            ),
            Wrong(
                name="in and out changed round",
                typed=(None, "64, 32", None, None, None, None),
                hint=(
                    "conv2 is built to read 64 maps and to write 32. Which of its two numbers is"
                    " in, which is out?"
                ),
                stops=lambda error: (
                    stops_at(nn.Conv2d, 64, 32, 2)(error) and clash(error).layer.out_channels == 32
                ),
            ),
            Wrong(
                name="as many maps in as out",
                typed=(None, "64, 64", None, None, None, None),
                hint=(
                    "conv2 is built to read as many maps as it writes. How many does the block"
                    " before hand on?"
                ),
                stops=lambda error: (
                    stops_at(nn.Conv2d, 64, 32, 2)(error) and clash(error).layer.out_channels == 64
                ),
            ),
            Wrong(
                name="as many maps out as in",
                typed=(None, "32, 32", None, None, None, None),
                hint=(
                    "conv2 writes 32 maps. Look in the comments of features for what the second"
                    " block writes."
                ),
                stops=lambda error: (
                    stops_at(nn.BatchNorm2d, 64, 32, 2)(error)
                    and clash(error).comes_from("Convolution")
                ),
            ),
            Wrong(
                name="batch norm for the channels before",
                typed=(None, None, "32", None, None, None),
                hint="bn2 is built for the channels that conv2 reads. It stands behind conv2.",
                stops=stops_at(nn.BatchNorm2d, 32, 64, place=2),
            ),
            Wrong(
                name="batch norm before the convolution",
                typed=(None, None, None, None, None, "self.conv2(self.bn2(x))"),
                hint=(
                    "bn2 gets what the pooling hands on, before conv2 has read it. Read nested"
                    " calls from the inside."
                ),
                stops=_stops_before_conv2,
            ),
            Wrong(
                name="built and never called",
                typed=(None, None, None, None, None, "self.conv2(x)"),
                hint=(
                    "The batch norm of the second block is built, counted and never called. "
                    "Compare this block with the first."
                ),
                shows=lambda net: (
                    len(net.unused) == 1 and net.does_as(without(models.SimpleCNN, "bn2"))
                ),
            ),
            Wrong(
                name="ReLU before batch norm",
                typed=(None, None, None, None, None, "self.bn2(F.relu(self.conv2(x)))"),
                hint=(
                    "It does what a network with ReLU before its second batch norm does. What is"
                    " the order in the first block?"
                ),
                shows=lambda net: net.does_as(_ReluFirst),
            ),
            Wrong(
                name="always ten logits",
                typed=(None, None, None, None, "10", None),
                hint=(
                    "SimpleCNN(7) should have seven logits and has ten. Which argument says how"
                    " many there are?"
                ),
                shows=lambda net: net.does_as(models.SimpleCNN) and net.other_classes == (1, 10),
            ),
        ),
        otherwise=(
            "Follow one image through the comments in features and forward: does each layer fit"
            " what reaches it?"
        ),
        observed=_about_simple_cnn,
    ),
    Exercise(
        id="batch-flattened",
        read=_Passes,
        right=_Passes.is_repaired,
        praise=(
            "Try a network on two images before you believe it: with one, a lost batch looks like"
            " none."
        ),
        wrong=(
            Wrong(
                name="the batch is flattened as well",
                typed=(_forward("maps.flatten()"),),
                hint=(
                    "All values of two images reach fc in a single axis. Which axes were melted"
                    " into one?"
                ),
                stops=_reach_fc(2 * 784),
            ),
            Wrong(
                name="only the first image is read",
                typed=(_forward("maps[0].flatten()"),),
                hint=(
                    "Whatever the number of images, these are the ten logits of the first. Where"
                    " are the others?"
                ),
                shows=lambda passes: passes.does(_first_alone),
            ),
            Wrong(
                name="an axis in front of all images",
                typed=(_forward("maps.reshape(1, -1)"),),
                hint=(
                    "Two images reach fc as one row of 1,568 values. How many rows should there be?"
                ),
                stops=_reach_fc(1, 2 * 784),
            ),
            Wrong(
                name="the maps are kept apart",
                typed=(_forward("maps.flatten(2)"),),
                hint=(
                    "Each map reaches fc as a row of its own, and fc takes the values of four maps"
                    " together. From which axis on should they be melted into one?"
                ),
                stops=_reach_fc(2, 4, 14 * 14),
            ),
            Wrong(
                name="nothing is flattened",
                typed=(_forward("maps"),),
                hint=(
                    "The maps reach fc with their rows and columns. What has to happen before a"
                    " fully connected layer?"
                ),
                stops=_reach_fc(2, 4, 14, 14),
            ),
            Wrong(
                name="the number of images is fixed",
                typed=(_forward("maps.view(64, -1)"),),
                hint=(
                    "Two images came. Do the rows have to be as many as these, or as many as in"
                    " another batch?"
                ),
                stops=_fixes_the_count,
            ),
            Wrong(
                name="pooling is forgotten",
                typed=(_forward("maps.flatten(1)", maps="F.relu(self.conv(images))"),),
                hint=(
                    "Each image reaches fc with four times as many values as fc takes. Which step"
                    " makes the maps smaller?"
                ),
                stops=_reach_fc(2, 4 * 28 * 28),
            ),
            Wrong(
                name="a quarter of the values",
                typed=(_forward("maps[:, 0].flatten(1)"),),
                hint=(
                    "Each image reaches fc as a row with a quarter of the values that fc takes. Are"
                    " all four maps in it, and is each step done once?"
                ),
                stops=_reach_fc(2, 14 * 14),
            ),
            Wrong(
                name="images mixed by a reshape",
                typed=(_forward("maps.reshape(784, -1).T"),),
                hint=(
                    "If the second image is another one, the answer to the first one changes, too:"
                    " a row holds values of both. In which order do the values stand?"
                ),
                shows=_Passes.mixes,
            ),
            Wrong(
                name="ReLU is forgotten",
                typed=(_forward("maps.flatten(1)", maps="self.pool(self.conv(images))"),),
                hint=(
                    "Each image is a row now. But these logits come out if the negative values of"
                    " the maps are kept. Which step of the block is missing?"
                ),
                shows=lambda passes: passes.does(_without_relu),
            ),
            Wrong(
                name="the maps in another order",
                typed=(_forward("maps.permute(0, 2, 3, 1).flatten(1)"),),
                hint=(
                    "Each image is a row now, but with its channels last. So fc meets the values in"
                    " another order, and one image alone gets other logits than it had before."
                ),
                shows=lambda passes: passes.does(_channels_at_the_end),
            ),
            Wrong(
                name="softmax at the end",
                typed=(_forward("maps.flatten(1)", end="self.fc(values).softmax(dim=1)"),),
                hint=(
                    "Each image is a row now, but of probabilities that add up to 1. Logits are"
                    " asked for."
                ),
                shows=_then(lambda logits: logits.softmax(dim=1)),
            ),
            Wrong(
                name="ReLU at the end",
                typed=(_forward("maps.flatten(1)", end="F.relu(self.fc(values))"),),
                hint="Each image is a row now, but no number is below 0. May a logit be negative?",
                shows=_then(torch.relu),
            ),
            Wrong(
                name="the mean in place of the largest",
                typed=(
                    _forward("maps.flatten(1)", maps="F.avg_pool2d(F.relu(self.conv(images)), 2)"),
                ),
                hint=(
                    "Each image is a row now. But these logits come out if the maps are averaged: "
                    "which kind of pooling does the block have?"
                ),
                shows=lambda passes: passes.does(_averaged),
            ),
        ),
        otherwise=(
            "Go through the lines of OneBlock's forward: what should stay as it is, and what should"
            " change?"
        ),
        observed=_Passes.told,
    ),
    Exercise(
        id="conv2-parameters",
        read=whole,
        right=equals(CONV2, tolerance=0),
        praise=(
            "Still less than a hundredth of what fc1 has. The size of the image does not come"
            " into it."
        ),
        wrong=(
            Wrong(
                name="kernels of one plane",
                typed=("64 * 3 * 3 + 64",),
                hint="This gives each kernel nine weights. How many channels does it read?",
                shows=equals(64 * 9 + 64, tolerance=0),
            ),
            Wrong(
                name="the biases are forgotten",
                typed=("64 * 32 * 3 * 3",),
                hint=(
                    "18,432 are the weights alone. What was added for each map of the first"
                    " convolution?"
                ),
                shows=equals(64 * 32 * 9, tolerance=0),
            ),
            Wrong(
                name="a bias for each input channel",
                typed=("64 * 32 * 3 * 3 + 32",),
                hint=(
                    "The weights are right. A bias belongs to a map that is written, not to one"
                    " that is read."
                ),
                shows=equals(64 * 32 * 9 + 32, tolerance=0),
            ),
            Wrong(
                name="a bias for each plane",
                typed=("64 * 32 * (3 * 3 + 1)",),
                hint=(
                    "20,480 comes out if every plane has a bias. But what the planes find is added"
                    " first: how many sums are there?"
                ),
                shows=equals(64 * 32 * 10, tolerance=0),
            ),
            Wrong(
                name="one kernel alone",
                typed=("32 * 3 * 3 + 1",),
                hint=(
                    "This is one kernel with its bias, and it writes one map. How many maps are"
                    " written?"
                ),
                shows=equals(32 * 9 + 1, tolerance=0),
            ),
            Wrong(
                name="one kernel with all biases",
                typed=("32 * 3 * 3 + 64",),
                hint=(
                    "This is one kernel with all the biases. How many kernels does the layer have?"
                ),
                shows=equals(32 * 9 + 64, tolerance=0),
            ),
            Wrong(
                name="kernels of one place",
                typed=("64 * 32 + 64",),
                hint=(
                    "This gives each kernel one weight for each channel that it reads. How many"
                    " places does it cover?"
                ),
                shows=equals(64 * 32 + 64, tolerance=0),
            ),
        ),
        otherwise=(
            "Count as for the first convolution: weights and biases. The text above names kernels"
            " and channels."
        ),
        observed=lambda answer: (
            COUNTS.get(answer, "")
            or about_number(answer, CONV2).replace(str(answer), f"{answer:,}", 1)
        ),
    ),
    Exercise(
        id="larger-images",
        read=several(word, word),
        right=lambda answer: answer == ("the same", "four times"),
        praise=(
            "A kernel does not know how large the image is. A fully connected layer has a weight"
            " for every place."
        ),
        wrong=(
            Wrong(
                name="more pixels, more kernels",
                typed=('"four times"', None),
                hint=(
                    "The kernel lies at four times as many places. Does it need other weights"
                    " there?"
                ),
                shows=lambda answer: answer[0] == "four times",
            ),
            Wrong(
                name="kernels grow with the side",
                typed=('"twice"', None),
                hint=(
                    "A kernel of 3 × 3 stays 3 × 3, however long the side. What else would be"
                    " learned?"
                ),
                shows=lambda answer: answer[0] == "twice",
            ),
            Wrong(
                name="kernels for each place",
                typed=('"sixteen times"', None),
                hint=(
                    "A kernel has weights for channels and for its 3 × 3 places. Which of these"
                    " grow with the image?"
                ),
                shows=lambda answer: answer[0] == "sixteen times",
            ),
            Wrong(
                name="nothing grows",
                typed=(None, '"the same"'),
                hint=(
                    "The convolutions are right. But fc1 has a weight for each value that reaches"
                    " it: how many?"
                ),
                shows=lambda answer: answer == ("the same", "the same"),
            ),
            Wrong(
                name="fc1 grows with the side",
                typed=(None, '"twice"'),
                hint=(
                    "The convolutions are right. For fc1 count the values of a map, not those of a"
                    " row."
                ),
                shows=lambda answer: answer == ("the same", "twice"),
            ),
            Wrong(
                name="fc1 writes more as well",
                typed=(None, '"sixteen times"'),
                hint=(
                    "The convolutions are right. fc1 reads more values, but it still has its 512"
                    " units."
                ),
                shows=lambda answer: answer == ("the same", "sixteen times"),
            ),
        ),
        otherwise=(
            "What has a weight for each place of the image, and what uses the same weights at every"
            " place?"
        ),
        observed=_about_words,
    ),
)
