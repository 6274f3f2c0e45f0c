"""A dense network's twin for images whose pixels are in another order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from bookkit.exercises.errors import line_of
from bookkit.exercises.verdict import Unreadable
from firstcnn import models
from torch import Tensor, nn

from lessons.checks.answers import (
    function,
    kind_of,
    network,
    same,
)

SEEDS = (0, 1)


@dataclass(frozen=True)
class Twin:
    """What a function made of a dense network and an order of the pixels."""

    made: nn.Module
    dense: nn.Module
    order: Tensor
    before: dict[str, Tensor]  # the parameters of dense before the call

    def weights(self) -> Tensor:
        """Return the weights of the twin's first layer."""
        return next(
            layer for layer in self.made.modules() if isinstance(layer, nn.Linear)
        ).weight.detach()

    def keeps_dense(self) -> bool:
        """Tell whether dense is what it was before."""
        return all(
            torch.equal(values, self.before[name])
            for name, values in self.dense.state_dict().items()
        )

    def is_plain(self) -> bool:
        """Tell whether the twin is a dense network that does nothing else with its images."""
        return type(self.made) is models.DenseNetwork

    def other_parts(self) -> list[str]:
        """Return which parameters, beside the first weights, are not those of dense."""
        own = self.made.state_dict()
        return [
            name for name in own if name != "fc1.weight" and not same(own[name], self.before[name])
        ]


def twins_of(answer: Callable[[nn.Module, Tensor], nn.Module]) -> list[Twin]:
    """Return what a function makes of several dense networks and orders."""
    return [_twin(answer, seed) for seed in SEEDS]


def _twin(answer: Callable[[nn.Module, Tensor], nn.Module], seed: int) -> Twin:
    """Call a function on a new dense network and a random order of the pixels."""
    torch.default_generator.manual_seed(seed)
    dense, order = models.DenseNetwork().eval(), torch.randperm(784)
    before = {name: values.clone() for name, values in dense.state_dict().items()}
    made = answer(dense, order.clone())
    if not isinstance(made, nn.Module):
        raise Unreadable(f"Your function should return a network, but it returned {kind_of(made)}.")
    return Twin(network(made), dense, order, before)


def twin_maker(answer: Any) -> Callable[[nn.Module, Tensor], nn.Module]:
    """Read a function that makes a twin.

    Raises
    ------
    Unreadable
        If the answer is a network, which can be called, too.
    """
    if isinstance(answer, models.DenseNetwork):
        raise Unreadable(
            "This asks for a function (its name, without brackets), but got a network."
        )
    return function(answer)


def reads_shuffled(twin: Twin) -> bool:
    """Tell whether the twin says of shuffled images what the network says of them in place."""
    images = torch.randn(5, 1, 28, 28)
    torch.default_generator.manual_seed(0)
    reference = models.DenseNetwork().eval()
    reference.load_state_dict(twin.before)
    with torch.no_grad():
        found = twin.made.eval()(images.flatten(1)[:, twin.order].view_as(images))
        return same(found, reference(images)) and twin.keeps_dense()


def weights_are(change: Callable[[Tensor, Tensor], Tensor]) -> Callable[[list[Twin]], bool]:
    """Return a test whether the twins' first weights are those of dense, changed in this way, and
    all else is right.
    """
    return lambda twins: all(
        twin.is_plain()
        and twin.keeps_dense()
        and not twin.other_parts()
        and same(twin.weights(), change(twin.before["fc1.weight"], twin.order))
        for twin in twins
    )


def about_twin(twins: list[Twin]) -> str:
    """Return in what the first twin that is not right differs."""
    twin = next(twin for twin in twins if not reads_shuffled(twin))
    if not twin.keeps_dense():
        return "Your function changes dense itself. The twin is to be another network."
    if not twin.is_plain():
        return (
            "Of images in the new order, your network does not say what dense says of them in"
            " place."
        )
    shape = tuple(twin.weights().shape)
    if shape != (128, 784):
        return f"The twin's first weights have the shape {shape}, and (128, 784) is asked for."
    return _about_weights(twin) or _about_first_pixel(twin)


def _about_weights(twin: Twin) -> str:
    """Return what is told of first weights that are in their places; "" if they are not."""
    right = twin.before["fc1.weight"][:, twin.order]
    if same(twin.weights(), right, 1e-7):
        others = " and ".join(f"`{name}`" for name in twin.other_parts())
        return (
            "The weights of the first layer are right. Other parameters are not those of dense:"
            f" {others}."
        )
    if same(twin.weights(), right, 1e-2):
        return (
            "The weights of the first layer have the right order, but they are not exactly those of"
            " dense."
        )
    return ""


def _about_first_pixel(twin: Twin) -> str:
    """Return with which pixel's weights the twin meets the pixel in first place."""
    own, before, pixel = twin.weights()[:, 0], twin.before["fc1.weight"], twin.order[0].item()
    if same(own, before[:, pixel]):
        return "The first pixel meets the right weights, but others do not."
    alike = [place for place in range(784) if same(own, before[:, place])]
    if alike:
        return (
            f"With an order that begins with {pixel}, that pixel comes first, "
            f"and the twin meets it with the weights of pixel {alike[0]}."
        )
    return "The weights for the first pixel are not those that dense has for any pixel."


def indexes_rows(error: BaseException) -> bool:
    """Tell whether the rows of fc1.weight were asked for pixels."""
    line = line_of(error).replace(" ", "")
    of_fc1 = "fc1.weight[order" in line or "index_select(0" in line
    return isinstance(error, IndexError) and of_fc1 and "with size 128" in str(error)


def stands_on_its_side(error: BaseException) -> bool:
    """Tell whether weights with 128 values in a row were copied to where rows have 784."""
    sizes = "size of tensor a (784) must match the size of tensor b (128)"
    return isinstance(error, RuntimeError) and sizes in str(error)
