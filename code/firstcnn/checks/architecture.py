"""Checks on convolutions, layers and the networks made of them."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from firstcnn import models
from firstcnn.checks.answers import array, equals, function, network, number, same, several, whole, wholes, word
from firstcnn.checks.verdict import Exercise, Wrong

SIDES = ((4, 3, 0, 1), (28, 3, 1, 1), (28, 5, 2, 1), (28, 3, 1, 2), (28, 2, 0, 2), (7, 3, 0, 3), (9, 5, 1, 4))
NUMBERS = torch.tensor([1.0, 3.0, 5.0, 7.0])
NORMALISED = (NUMBERS - 4) / 5**0.5
CONV2 = 64 * 32 * 9 + 64


def _measured_side(side: int, kernel: int, padding: int, stride: int) -> int:
    return F.conv1d(torch.zeros(1, 1, side), torch.zeros(1, 1, kernel), padding=padding, stride=stride).shape[-1]


def _knows_sides(side_after: Callable) -> bool:
    with_all = all(whole(side_after(*case)) == _measured_side(*case) for case in SIDES)
    return with_all and whole(side_after(9, 3)) == 7 and whole(side_after(9, 3, stride=2)) == 4


def _has_room(room: Callable[..., int]) -> Callable[[Callable], bool]:
    """Return a test whether a function computes the side from this room to move."""
    return lambda side_after: all(whole(side_after(*case)) == room(*case) // case[3] + 1 for case in SIDES)


def _are_three_layers(answer: tuple) -> bool:
    conv, convolved, rectified, pooled, *shapes = answer
    return (
        _looks_at_nine(conv)
        and tuple(convolved.shape) == (1, 4, 28, 28)
        and same(rectified, convolved.relu())
        and same(pooled, F.max_pool2d(rectified, 2))
        and shapes == [tuple(each.shape) for each in (convolved, rectified, pooled)]
    )


def _looks_at_nine(conv: nn.Module) -> bool:
    """Tell whether a layer writes four maps of the size of an image, each value from a pixel and its neighbours."""
    point = torch.zeros(1, 1, 9, 9)
    point[0, 0, 4, 4] = 1
    reached = conv(point) != conv(torch.zeros(1, 1, 9, 9))
    return tuple(reached.shape) == (1, 4, 9, 9) and bool(reached[:, :, 3:6, 3:6].all()) and int(reached.sum()) == 4 * 9


def _shape_is(place: int, *shape: int) -> Callable[[tuple], bool]:
    """Return a test whether the k-th of the three shapes, counted from 0, is this one."""
    return lambda answer: answer[4 + place] == shape


def _instances(answer: Any) -> tuple[nn.Module, ...]:
    """Read a network; a class of networks is made twice, for 10 classes and for 7."""
    if isinstance(answer, type) and issubclass(answer, nn.Module):
        return answer(), answer(7)
    return (network(answer),)


def _layers(net: nn.Module, kind: type) -> list:
    return [layer for layer in net.modules() if isinstance(layer, kind)]


def _layers_in_order(net: nn.Module, images: Tensor) -> list[nn.Module]:
    """Return the layers with parameters in the order in which images pass them, as far as they come."""
    order, handles = [], []
    for layer in net.modules():
        if any(True for _ in layer.parameters(recurse=False)):
            handles.append(layer.register_forward_pre_hook(lambda layer, _: order.append(layer)))
    try:
        with torch.no_grad():
            net.eval()(images)
    except (RuntimeError, ValueError):
        return order
    finally:
        for handle in handles:
            handle.remove()
    return order


def _stirred(net: nn.Module) -> nn.Module:
    """Give every batch norm of a network weights and running values that are not those of a new one."""
    for norm in _layers(net, nn.BatchNorm2d):
        for values in (norm.weight.data, norm.bias.data, norm.running_mean, norm.running_var):
            values.uniform_(0.5, 1.5)
    return net


def _tensors(layer: nn.Module) -> list[Tensor]:
    return [*layer.parameters(recurse=False), *layer.buffers(recurse=False)]


def _shapes(layers: list[list[Tensor]]) -> list[list[tuple]]:
    return [[tuple(tensor.shape) for tensor in layer] for layer in layers]


def _take_over(net: nn.Module, other: nn.Module, images: Tensor) -> bool:
    """Copy the parameters of another network layer by layer; tell whether both have the same ones and use them all."""
    mine, theirs = ([*map(_tensors, _layers_in_order(each, images))] for each in (net, other))
    if _shapes(mine) != _shapes(theirs) or models.count_parameters(net) != models.count_parameters(other):
        return False
    with torch.no_grad():
        for layers in zip(mine, theirs, strict=True):
            for own, others in zip(*layers, strict=True):
                own.copy_(others)
    return True


def _answers_as(net: nn.Module, other: nn.Module) -> bool:
    """Tell whether a network with another one's parameters computes the same, in both modes, and learns the same."""
    if not _take_over(net, _stirred(other), torch.randn(2, 1, 28, 28)):
        return False
    with torch.no_grad():
        for count, training in ((1, False), (3, False), (4, True), (2, True), (3, False)):
            images = torch.randn(count, 1, 28, 28)
            outputs = []
            for each in (net, other):
                torch.manual_seed(count)  # dropout draws the same for both
                outputs.append(each.train(training)(images))
            if not same(array(outputs[0]), outputs[1]):
                return False
    return True


def _is_simple_cnn(nets: Sequence[nn.Module]) -> bool:
    return all(_answers_as(net, models.SimpleCNN(classes)) for net, classes in zip(nets, (10, 7), strict=False))


def _first_linear_reads(values: int) -> Callable[[Sequence[nn.Module]], bool]:
    return lambda nets: _layers(nets[0], nn.Linear)[0].in_features == values


def _calls(nets: Sequence[nn.Module]) -> list[type]:
    return [type(layer) for layer in _layers_in_order(nets[0], torch.zeros(2, 1, 28, 28))]


def _one_block(net: nn.Module, images: Tensor) -> Tensor:
    """What the repaired network has to answer, (N, 10), from its own parameters."""
    conv, fc = _layers(net, nn.Conv2d)[0], _layers(net, nn.Linear)[0]
    maps = F.max_pool2d(F.conv2d(images, conv.weight, conv.bias, padding=1).relu(), 2)
    return maps.reshape(len(images), 784) @ fc.weight.T + fc.bias


def _reads_batches(net: nn.Module) -> bool:
    batches = [torch.randn(count, 1, 28, 28) for count in (1, 2, 5, 10)]
    return all(same(array(net(images)), _one_block(net, images)) for images in batches)


def _answers_of_shapes(one: tuple | None, two: tuple | None) -> Callable[[nn.Module], bool]:
    """Return a test of the shapes answered to one image and to two; None where the network stops."""
    return lambda net: [_answered_shape(net, count) for count in (1, 2)] == [one, two]


def _answered_shape(net: nn.Module, count: int) -> tuple | None:
    try:
        return tuple(net(torch.randn(count, 1, 28, 28)).shape)
    except RuntimeError:
        return None


def _forward(values: str) -> str:
    """Return the body of a forward pass that hands these values to the fully connected layer."""
    lines = ("maps = self.pool(F.relu(self.conv(images)))", f"values = {values}", "return self.fc(values)")
    return "\n".join(" " * 8 + line for line in lines)


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        id="lower-right",
        read=number,
        right=equals(3),
        praise="Nine products, one sum. A convolution does this at every place, with the same nine weights.",
        wrong=(
            Wrong(
                name="the last weight counted as 1",
                typed=("5. + 4. + 6.",),
                hint="You added all three pixels. Look at the weight at the lower right of the kernel again.",
                shows=equals(15),
            ),
            Wrong(
                name="the last weight left out",
                typed=("5. + 4.",),
                hint="Two of the three weights that are not zero are in it. What lies under the third?",
                shows=equals(9),
            ),
            Wrong(
                name="the kernel turned by 180°",
                typed=("-5. + 4. + 6.",),
                hint="This is the answer of a kernel that was turned by 180° first. Lay it as it is printed.",
                shows=equals(5),
            ),
            Wrong(
                name="the kernel lies at another place",
                typed=("0. + 2. - 0.",),
                hint="This is the answer at another of the four places. Which three rows and columns are the last?",
                shows=lambda answer: answer in (4, 2, -1),
            ),
            Wrong(
                name="the pixels added without the weights",
                typed=("5. + 2. + 1. + 0. + 4. + 0. + 1. + 2. + 6.",),
                hint="These are the nine pixels under the kernel. Each has to be multiplied by its weight first.",
                shows=equals(21),
            ),
        ),
        otherwise="Lay the kernel on the last three rows and columns; multiply what lies together, and add.",
    ),
    Exercise(
        id="side-after",
        read=function,
        right=_knows_sides,
        praise="The same three numbers decide height and width of every map in this book.",
        wrong=(
            Wrong(
                name="padding on one side only",
                typed=("side + padding - kernel",),
                hint="Without padding it is right, with padding too short. On how many sides are zeros put?",
                shows=_has_room(lambda side, kernel, padding, stride: side + padding - kernel),
            ),
            Wrong(
                name="the kernel is not taken off",
                typed=("side + 2 * padding",),
                hint="It fails even where nothing is padded: the wider the kernel, the less room it has to move.",
                shows=_has_room(lambda side, kernel, padding, stride: side + 2 * padding),
            ),
            Wrong(
                name="the padding is left out",
                typed=("side - kernel",),
                hint="Without padding it is right. What do the zeros around the image do to its side?",
                shows=_has_room(lambda side, kernel, padding, stride: side - kernel),
            ),
            Wrong(
                name="the first place counted twice",
                typed=("side + 2 * padding - kernel + 1",),
                hint="With stride 1 it is one too long. The first place of the kernel is counted at the line's end.",
                shows=_has_room(lambda side, kernel, padding, stride: side + 2 * padding - kernel + 1),
            ),
            Wrong(
                name="the padding is taken away",
                typed=("side - 2 * padding - kernel",),
                hint="With padding it comes out too short. Does a border of zeros make the image smaller or larger?",
                shows=_has_room(lambda side, kernel, padding, stride: side - 2 * padding - kernel),
            ),
        ),
        otherwise="How far can the kernel move? Take the side with its padding, and take off what the kernel covers.",
    ),
    Exercise(
        id="three-layers",
        read=several(network, array, array, array, wholes, wholes, wholes),
        right=_are_three_layers,
        praise="Only the convolution changed the number of channels, and only pooling the height and width.",
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
                hint="This layer writes one map, so it has one kernel. How many maps are asked for?",
                shows=lambda answer: answer[1].shape[1] == 1,
            ),
            Wrong(
                name="a convolution without padding",
                typed=("nn.Conv2d(1, 4, kernel_size=3)", None, None, None, None, None),
                hint="These maps are smaller than the digit. What keeps the size when the kernel is 3 wide?",
                shows=lambda answer: answer[1].shape[2] == 26,
            ),
            Wrong(
                name="ReLU gets the digit",
                typed=(None, "x", None, None, None, None),
                hint="ReLU was given the digit itself. It comes second: what has the layer before it returned?",
                shows=lambda answer: answer[2].shape[1] == 1,
            ),
            Wrong(
                name="pooling gets the digit",
                typed=(None, None, "x", None, None, None),
                hint="Pooling was given the digit itself. It comes third: what has the layer before it returned?",
                shows=lambda answer: answer[3].shape[1] == 1,
            ),
            Wrong(
                name="pooling gets what the convolution returned",
                typed=(None, None, "convolved", None, None, None),
                hint="Some pooled values are below zero: ReLU was passed by. What does it hand on?",
                shows=lambda answer: same(answer[3], F.max_pool2d(answer[1], 2)) and bool((answer[3] < 0).any()),
            ),
            Wrong(
                name="the padding is forgotten",
                typed=(None, None, None, "(1, 4, 26, 26)", None, None),
                hint="The first shape: a kernel of 3 takes two rows and columns, but what does padding=1 add?",
                shows=_shape_is(0, 1, 4, 26, 26),
            ),
            Wrong(
                name="the channels of the input",
                typed=(None, None, None, "(1, 1, 28, 28)", None, None),
                hint="The first shape: the second number counts the channels that come out, not those that go in.",
                shows=_shape_is(0, 1, 1, 28, 28),
            ),
            Wrong(
                name="the number of images is left out",
                typed=(None, None, None, "(4, 28, 28)", "(4, 28, 28)", "(4, 14, 14)"),
                hint="Something stands in front of the channels, even when there is only one image.",
                shows=_shape_is(0, 4, 28, 28),
            ),
            Wrong(
                name="ReLU makes the maps smaller",
                typed=(None, None, None, None, "(1, 4, 14, 14)", None),
                hint="The second shape: ReLU looks at each value by itself. Does any of them disappear?",
                shows=_shape_is(1, 1, 4, 14, 14),
            ),
            Wrong(
                name="pooling halves the channels",
                typed=(None, None, None, None, None, "(1, 2, 14, 14)"),
                hint="The third shape: pooling looks at each map by itself. How many maps does it leave?",
                shows=_shape_is(2, 1, 2, 14, 14),
            ),
            Wrong(
                name="pooling in steps of 1",
                typed=(None, None, None, None, None, "(1, 4, 27, 27)"),
                hint="The third shape: this would be a window that moves by one pixel. By how many does pooling move?",
                shows=_shape_is(2, 1, 4, 27, 27),
            ),
        ),
        otherwise="Each layer gets what the one before returned. Ask of each: how many maps, how high, how wide?",
    ),
    Exercise(
        id="receptive-field",
        read=whole,
        right=equals(5, tolerance=0),
        praise="Each further kernel of 3 adds one pixel on either side, which is slow. Pooling speeds it up.",
        wrong=(
            Wrong(
                name="three pixels for each kernel",
                typed=("3 + 3",),
                hint="Two kernels side by side would see that. Here they overlap: draw the nine of the second layer.",
                shows=equals(6, tolerance=0),
            ),
            Wrong(
                name="the sides multiplied",
                typed=("3 * 3",),
                hint="Neighbouring values have seen mostly the same pixels. How far apart are two neighbours?",
                shows=equals(9, tolerance=0),
            ),
            Wrong(
                name="the second layer adds nothing",
                typed=("3",),
                hint="This is what one value of the first layer sees. The second reads nine such values.",
                shows=equals(3, tolerance=0),
            ),
            Wrong(
                name="one pixel on one side only",
                typed=("4",),
                hint="The kernel reaches one place further, but in how many directions along a row?",
                shows=equals(4, tolerance=0),
            ),
            Wrong(
                name="the number of pixels",
                typed=("5 * 5",),
                hint="This counts the pixels of the whole square. The question is how long its side is.",
                shows=equals(25, tolerance=0),
            ),
        ),
        otherwise="Draw a row: the second kernel reads three neighbours, and each of them has seen three pixels.",
    ),
    Exercise(
        id="batch-norm",
        read=array,
        right=lambda answer: same(answer, NORMALISED),
        praise="Mean 0, deviation 1. In a network it is done for each channel by itself.",
        wrong=(
            Wrong(
                name="divided by the variance",
                typed=("(numbers - centre) / (variance + 1e-5)",),
                hint="The mean is 0, but the deviation is not 1. Which of the two do you divide by?",
                shows=lambda answer: same(answer, (NUMBERS - 4) / 5),
            ),
            Wrong(
                name="the deviation of a sample",
                typed=("(numbers - centre) / numbers.std()",),
                hint="Tensor.std divides the squares by one less than their number. Use the variance from above.",
                shows=lambda answer: same(answer, (NUMBERS - 4) / NUMBERS.std()),
            ),
            Wrong(
                name="the mean is not taken away",
                typed=("numbers / (variance + 1e-5).sqrt()",),
                hint="The deviation is 1, but all four are above 0. Where should their mean lie?",
                shows=lambda answer: same(answer, NUMBERS / 5**0.5),
            ),
            Wrong(
                name="not divided at all",
                typed=("numbers - centre",),
                hint="The mean is 0 now. How far do the four still lie from it, and how far should they?",
                shows=lambda answer: same(answer, NUMBERS - 4),
            ),
            Wrong(
                name="multiplied by the deviation",
                typed=("(numbers - centre) * (variance + 1e-5).sqrt()",),
                hint="They have been spread out further. What brings a deviation of 2.24 to 1?",
                shows=lambda answer: same(answer, (NUMBERS - 4) * 5**0.5),
            ),
            Wrong(
                name="brackets left out",
                typed=("numbers - centre / (variance + 1e-5).sqrt()",),
                hint="Only the mean was divided, because division goes before subtraction. What has to come first?",
                shows=lambda answer: same(answer, NUMBERS - 4 / 5**0.5),
            ),
        ),
        otherwise="Four numbers with mean 0 and deviation 1: take the mean away, then make the deviation 1.",
    ),
    Exercise(
        id="dropout",
        read=number,
        right=equals(4 / 3),
        praise="On average the sum stays what it was, so the next layer need not know whether values were dropped.",
        wrong=(
            Wrong(
                name="the share that stays",
                typed=("1 - 0.25",),
                hint="This is the share that stays. With it the sum would shrink a second time.",
                shows=equals(0.75),
            ),
            Wrong(
                name="divided by the share that goes",
                typed=("1 / 0.25",),
                hint="You divided by the part that goes. Who has to make up for it?",
                shows=equals(4),
            ),
            Wrong(
                name="the probability itself",
                typed=("0.25",),
                hint="This is the probability. The survivors have to become larger, not smaller.",
                shows=equals(0.25),
            ),
            Wrong(
                name="what is lost, added",
                typed=("1 + 0.25",),
                hint="Try it on 100 ones: 75 stay, each multiplied by this. Is the sum 100 again?",
                shows=equals(1.25),
            ),
            Wrong(
                name="the factor of the example",
                typed=("1 / (1 - 0.5)",),
                hint="This is the factor of the example, where half of the values went. Here it is a quarter.",
                shows=equals(2),
            ),
        ),
        otherwise="Of 100 ones, 75 stay. By what do you multiply them so that their sum is 100 again?",
    ),
    Exercise(
        id="simple-cnn",
        read=_instances,
        right=_is_simple_cnn,
        praise="With the same weights it answers as the book's own, in training mode and in evaluation mode.",
        wrong=(
            Wrong(
                name="a pooling is forgotten",
                typed=(None, None, None, "128 * 14 * 14", None, None),
                hint="fc1 expects what one pooling leaves. How often has the side of 28 been halved by then?",
                shows=_first_linear_reads(128 * 14 * 14),
            ),
            Wrong(
                name="one map alone",
                typed=(None, None, None, "7 * 7", None, None),
                hint="fc1 expects the values of one map. How many maps are flattened together?",
                shows=_first_linear_reads(7 * 7),
            ),
            Wrong(
                name="the maps of the block before",
                typed=(None, None, None, "64 * 7 * 7", None, None),
                hint="fc1 expects the maps of the second block. Which convolution wrote last?",
                shows=_first_linear_reads(64 * 7 * 7),
            ),
            Wrong(
                name="the image in place of its maps",
                typed=("1, 28", None, None, None, None, None),
                hint="conv1 writes as many maps as the image has rows. The comments in features say how many it needs.",
                shows=lambda nets: _layers(nets[0], nn.Conv2d)[0].out_channels == 28,
            ),
            Wrong(
                name="in and out changed round",
                typed=(None, "64, 32", None, None, None, None),
                hint="conv2 reads more maps than conv1 writes. Which of its two numbers is in, which is out?",
                shows=lambda nets: _layers(nets[0], nn.Conv2d)[1].in_channels == 64,
            ),
            Wrong(
                name="batch norm for the channels before",
                typed=(None, None, "32", None, None, None),
                hint="bn2 expects the channels that conv2 reads. It stands behind conv2.",
                shows=lambda nets: _layers(nets[0], nn.BatchNorm2d)[1].num_features == 32,
            ),
            Wrong(
                name="batch norm before the convolution",
                typed=(None, None, None, None, None, "self.conv2(self.bn2(x))"),
                hint="In your second block bn2 comes before conv2. Read the nested calls from the inside.",
                shows=lambda nets: _calls(nets)[:3] == [nn.Conv2d, nn.BatchNorm2d, nn.BatchNorm2d],
            ),
            Wrong(
                name="built and never called",
                typed=(None, None, None, None, None, "self.conv2(x)"),
                hint="A layer is built, counted and never called. Compare the second block with the first.",
                shows=lambda nets: _calls(nets)[:4] == [nn.Conv2d, nn.BatchNorm2d, nn.Conv2d, nn.Conv2d],
            ),
            Wrong(
                name="always ten logits",
                typed=(None, None, None, None, "10", None),
                hint="SimpleCNN(7) should have seven logits. Which argument says how many there are?",
                shows=lambda nets: len(nets) == 2 and _layers(nets[1], nn.Linear)[-1].out_features == 10,
            ),
        ),
        otherwise="Follow one image through the comments in features and forward: does each layer fit what reaches it?",
    ),
    Exercise(
        id="batch-flattened",
        read=network,
        right=_reads_batches,
        praise="Try a network on two images before you believe it: with one, a lost batch looks like none.",
        wrong=(
            Wrong(
                name="the batch is flattened as well",
                typed=(_forward("maps.flatten()"),),
                hint="One image gives ten numbers, two images stop it. Which axes has flatten melted into one?",
                shows=_answers_of_shapes((10,), None),
            ),
            Wrong(
                name="only the first image is read",
                typed=(_forward("maps[0].flatten()"),),
                hint="It no longer stops, but two images get one row of answers. Where is the second one?",
                shows=_answers_of_shapes((10,), (10,)),
            ),
            Wrong(
                name="an axis in front of all images",
                typed=(_forward("maps.reshape(1, -1)"),),
                hint="One image is answered in a row of its own, as it should be. Two still become one long row.",
                shows=_answers_of_shapes((1, 10), None),
            ),
            Wrong(
                name="the maps are kept apart",
                typed=(_forward("maps.flatten(2)"),),
                hint="Now each map is a row of its own, and fc waits for the values of four. From which axis on?",
                shows=_answers_of_shapes(None, None),
            ),
            Wrong(
                name="images mixed by a reshape",
                typed=(_forward("maps.reshape(784, -1).T"),),
                hint="The shape is right, the values are not: a row holds parts of several images. Look at the order.",
                shows=_answers_of_shapes((1, 10), (2, 10)),
            ),
        ),
        otherwise="Two images in, two rows of ten out, each from its own maps alone. Print the shape after each line.",
    ),
    Exercise(
        id="conv2-parameters",
        read=whole,
        right=equals(CONV2, tolerance=0),
        praise="Still less than a hundredth of what fc1 has. The size of the image does not come into it.",
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
                hint="These are the weights. What was added for each map of the first convolution?",
                shows=equals(64 * 32 * 9, tolerance=0),
            ),
            Wrong(
                name="a bias for each input channel",
                typed=("64 * 32 * 3 * 3 + 32",),
                hint="The weights are right. A bias belongs to a map that is written, not to one that is read.",
                shows=equals(64 * 32 * 9 + 32, tolerance=0),
            ),
            Wrong(
                name="a bias for each plane",
                typed=("64 * 32 * (3 * 3 + 1)",),
                hint="Here every plane has a bias. But what the planes find is added first: how many sums are there?",
                shows=equals(64 * 32 * 10, tolerance=0),
            ),
            Wrong(
                name="one kernel alone",
                typed=("32 * 3 * 3 + 1",),
                hint="This is one kernel with its bias, and it writes one map. How many maps are written?",
                shows=equals(32 * 9 + 1, tolerance=0),
            ),
        ),
        otherwise="Count as for the first convolution: the weights of one kernel, times the kernels, then the biases.",
    ),
    Exercise(
        id="larger-images",
        read=several(word, word),
        right=lambda answer: answer == ("the same", "four times"),
        praise="A kernel does not know how large the image is. A fully connected layer has a weight for every place.",
        wrong=(
            Wrong(
                name="more pixels, more kernels",
                typed=('"four times"', None),
                hint="The kernel lies at four times as many places. Does it need other weights there?",
                shows=lambda answer: answer[0] == "four times",
            ),
            Wrong(
                name="kernels grow with the side",
                typed=('"twice"', None),
                hint="A kernel of 3 × 3 stays 3 × 3, however long the side. What else would be learned?",
                shows=lambda answer: answer[0] == "twice",
            ),
            Wrong(
                name="nothing grows",
                typed=(None, '"the same"'),
                hint="The convolutions are right. But fc1 has a weight for each value that reaches it: how many?",
                shows=lambda answer: answer == ("the same", "the same"),
            ),
            Wrong(
                name="fc1 grows with the side",
                typed=(None, '"twice"'),
                hint="The convolutions are right. For fc1 count the values of a map, not those of a row.",
                shows=lambda answer: answer == ("the same", "twice"),
            ),
            Wrong(
                name="fc1 writes more as well",
                typed=(None, '"sixteen times"'),
                hint="The convolutions are right. fc1 reads more values, but it still has its 512 units.",
                shows=lambda answer: answer == ("the same", "sixteen times"),
            ),
        ),
        otherwise='Answer twice, with "the same", "twice", "four times" or "sixteen times": what has a weight a place?',
    ),
)
