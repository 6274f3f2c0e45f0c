"""Whether a network is the one that was asked for: the layers that images meet, in order, and what
it answers.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from bookkit.exercises.errors import is_of_the_answer
from bookkit.exercises.verdict import Unreadable
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lessons.checks.answers import kind_of, network, same

CLASSES = 10
OTHER_CLASSES = 7
MODES = (
    False,
    True,
    False,
)  # training or not; the third time shows what batch norm has stored the second time
OTHER_ANSWERS = "Its layers with parameters are the right ones"


class Watched:
    """A network that has been tried on images.

    Attributes
    ----------
    met : list of (str, nn.Module)
        Name and layer, in the order in which images meet the layers that have parameters of their
        own.
    unused : list of str
        Names of the layers with parameters that no image meets.
    cut_off : list of str
        Names of the parameters that no gradient reaches.
    frozen : list of str
        Names of the parameters for which no gradient is computed.
    parameters : int
        How many parameters it has, met or not.
    answers : list
        What it answered in evaluation mode, in training mode, and in evaluation mode again.
    other_classes : tuple of int or None
        The shape that it answers to one image if it is built for seven classes; None if it was
        given as an object.
    """

    def __init__(self, answer: Any):
        self.net = network(answer)
        self.met, self.cut_off = _tried(self.net)
        _stir(self.net)
        called = {id(layer) for _, layer in self.met}
        self.unused = [
            name for name, layer in _with_parameters(self.net) if id(layer) not in called
        ]
        self.frozen = [
            name for name, values in self.net.named_parameters() if not values.requires_grad
        ]
        self.parameters = sum(values.numel() for values in self.net.parameters())
        self._tensors = [_tensors(layer) for _, layer in self.met]
        self.answers = list(_answers(self.net.train, self.net))
        self.other_classes = _shape_for_other_classes(answer) if isinstance(answer, type) else None

    def does_as(self, reference: type[nn.Module]) -> bool:
        """Tell whether it answers, in both modes, as another network does with the same
        parameters.
        """
        other, values = self._with_the_same(reference)
        if other is None:
            return False
        expected = _answers(
            other.train, lambda images: torch.func.functional_call(other, values, images)
        )
        return all(same(own, value) for own, value in zip(self.answers, expected, strict=True))

    def is_as(self, reference: type[nn.Module]) -> bool:
        """Tell whether it does as another network does, with as many parameters, for any number of
        classes.
        """
        other = _on_paper(reference)
        return (
            not self.unused
            and not self.cut_off
            and not self.frozen
            and self.parameters == sum(values.numel() for values in other.parameters())
            and self.other_classes in (None, (1, OTHER_CLASSES))
            and self.does_as(reference)
        )

    def _with_the_same(
        self, reference: type[nn.Module]
    ) -> tuple[nn.Module | None, dict[str, Tensor]]:
        """Return a network without values and the values for it, from this network's layers in
        order.
        """
        other = _on_paper(reference)
        layers = list(_with_parameters(other))
        if [_shapes(own) for own in self._tensors] != [
            _shapes(_tensors(layer)) for _, layer in layers
        ]:
            return None, {}
        pairs = zip(self._tensors, layers, strict=True)
        return other, {
            f"{name}.{key}": value.clone() for own, (name, _) in pairs for key, value in own.items()
        }

    def told(self, reference: type[nn.Module]) -> str:
        """Return in a sentence or two the first thing in which it differs from another network."""
        answer = self.answers[0]
        if not isinstance(answer, Tensor):
            return (
                f"Your network answers with {kind_of(answer)}, where a tensor of logits is asked"
                " for."
            )
        if answer.shape != (3, CLASSES):
            return (
                f"To three images your network answers with shape {tuple(answer.shape)}, and (3,"
                " 10) is asked for."
            )
        if self.unused:
            return (
                f"`{self.unused[0]}` is built and its parameters are counted, but no image ever"
                " meets it."
            )
        return self._other_layer(reference) or self._other_values(reference) or self._untrainable()

    def _untrainable(self) -> str:
        if self.frozen:
            return (
                f"Its answers are right, but `{self.frozen[0]}` has requires_grad=False, so no step"
                " would change it."
            )
        if not self.cut_off:
            return ""
        return (
            f"Its answers are right, but no gradient reaches `{self.cut_off[0]}`, so it could not"
            " be trained."
        )

    def _other_layer(self, reference: type[nn.Module]) -> str:
        names = [name for name, _ in self.met]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            return f"An image meets `{twice}` {names.count(twice)} times."
        norms = (
            (name, layer)
            for name, layer in self.net.named_modules()
            if isinstance(layer, nn.BatchNorm2d)
        )
        plain = next((name for name, layer in norms if not layer.affine), None)
        if plain:
            return f"`{plain}` has no parameters of its own: it is built with affine=False."
        expected = [_shapes(_tensors(layer)) for _, layer in _with_parameters(_on_paper(reference))]
        for place, ((name, layer), own) in enumerate(zip(self.met, self._tensors, strict=True)):
            if place >= len(expected) or _shapes(own) != expected[place]:
                return (
                    f"An image meets `{name}`, {layer}, where the book's network has another kind"
                    " or size of layer."
                )
        if len(self.met) < len(expected):
            return (
                f"An image meets {len(self.met)} layers with parameters, and {len(expected)} are"
                " asked for."
            )
        return ""

    def _other_values(self, reference: type[nn.Module]) -> str:
        if self.other_classes == ():
            return "Your network cannot be built for seven classes: how is it told their number?"
        if self.other_classes not in (None, (1, OTHER_CLASSES)):
            return (
                "Built for seven classes, your network answers one image with the shape"
                f" {self.other_classes}."
            )
        for function, words in ENDINGS.items():
            if self.does_as(ending(reference, function)):
                return f"{words} The network is to end with logits: sums that may be any numbers."
        other, values = self._with_the_same(reference)
        expected = _answers(
            other.train, lambda images: torch.func.functional_call(other, values, images)
        )
        for training, own, value in zip(MODES, self.answers, expected, strict=True):
            if not same(own, value):
                mode = "training" if training else "evaluation"
                return (
                    f"{OTHER_ANSWERS}, but in {mode} mode its answers are others than those of the"
                    " book's network with the same parameters."
                )
        return ""


ENDINGS = {
    partial(
        torch.softmax, dim=1
    ): "What it answers are probabilities: softmax has been taken of the logits.",
    partial(
        torch.log_softmax, dim=1
    ): "What it answers are logarithms of probabilities: log_softmax has been taken.",
    torch.relu: "It answers no number below 0: ReLU has been taken of the logits.",
    torch.sigmoid: (
        "What it answers lies between 0 and 1: the sigmoid has been taken of the logits."
    ),
}


def ending(kind: type[nn.Module], function: Callable[[Tensor], Tensor]) -> type[nn.Module]:
    """Return a kind of network with a function behind its last layer."""

    class Ending(kind):
        def forward(self, x: Tensor) -> Tensor:
            return function(super().forward(x))

    return Ending


def without(kind: type[nn.Module], *names: str) -> type[nn.Module]:
    """Return a kind of network in which some layers, given by name, do nothing."""

    class Without(kind):
        def __init__(self, num_classes: int = CLASSES):
            super().__init__(num_classes)
            for name in names:
                setattr(self, name, nn.Identity())

    return Without


def _on_paper(kind: type[nn.Module]) -> nn.Module:
    """Return a network that has shapes and no values."""
    with torch.device("meta"):
        return kind()


def _stir(net: nn.Module) -> None:
    """Give a network other values than a new one has, so that each of its layers makes a difference
    that is seen.
    """
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for values in (layer.weight, layer.bias, layer.running_mean, layer.running_var):
                if values is not None:
                    values.data.uniform_(0.5, 1.5)
        elif isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                layer.bias.data.uniform_(-0.5, 0.5)


def _with_parameters(net: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    return (
        (name, layer)
        for name, layer in net.named_modules()
        if any(True for _ in layer.parameters(recurse=False))
    )


def _tensors(layer: nn.Module) -> dict[str, Tensor]:
    """Return a layer's parameters, and copies of what batch norm has stored, by name."""
    own = {name: values.detach() for name, values in layer.named_parameters(recurse=False)}
    return own | {name: values.clone() for name, values in layer.named_buffers(recurse=False)}


def _shapes(tensors: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(values.shape) for name, values in tensors.items()}


class _Uses(TorchFunctionMode):
    """Notes which layers' parameters a function of torch makes something of, called as a layer or
    not.
    """

    def __init__(self, net: nn.Module):
        super().__init__()
        self.met: list[tuple[str, nn.Module]] = []
        self.called: set[int] = set()
        self._net = net

    def call(self, layer: nn.Module, name: str) -> None:
        """Note that a layer has been called; its parameters are then used inside it."""
        self.called.add(id(layer))
        self.met.append((name, layer))

    def __torch_function__(
        self, function: Callable, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        result = function(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            given = {
                id(value)
                for value in (*args, *(kwargs or {}).values())
                if isinstance(value, nn.Parameter)
            }
            self.met += [found for found in self._owners(given) if found not in self.met]
        return result

    def _owners(self, given: set[int]) -> list[tuple[str, nn.Module]]:
        return [
            (name, layer)
            for name, layer in (_with_parameters(self._net) if given else ())
            if id(layer) not in self.called
            and any(id(each) in given for each in layer.parameters(recurse=False))
        ]


def _tried(net: nn.Module) -> tuple[list[tuple[str, nn.Module]], list[str]]:
    """Return the layers that images meet, in order, and the names of the parameters that no
    gradient reaches.
    """
    uses = _Uses(net)
    handles = [
        layer.register_forward_pre_hook(lambda layer, _, name=name: uses.call(layer, name))
        for name, layer in _with_parameters(net)
    ]
    net.eval()
    try:
        answer = net(torch.randn(2, 1, 28, 28))  # with gradients: they tell which layer made what
        if any(id(layer) not in uses.called for _, layer in _with_parameters(net)):
            uses.met.clear()
            with uses:
                net(torch.randn(2, 1, 28, 28))
    finally:
        for handle in handles:
            handle.remove()
    return uses.met, cut_off(net, answer)


def cut_off(net: nn.Module, answer: Any) -> list[str]:
    """Return the names of the parameters that no gradient of an answer reaches."""
    if not isinstance(answer, Tensor):
        return []
    learned = {name: values for name, values in net.named_parameters() if values.requires_grad}
    if not answer.requires_grad or not learned:
        return list(learned)
    gradients = torch.autograd.grad(answer.sum(), list(learned.values()), allow_unused=True)
    return [name for name, gradient in zip(learned, gradients, strict=True) if gradient is None]


def _answers(set_training: Callable[[bool], Any], call: Callable[[Tensor], Any]) -> Iterator[Any]:
    images = torch.randn(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    for training, count in zip(MODES, (3, 3, 2), strict=True):
        set_training(training)
        torch.manual_seed(1)  # dropout draws the same for all
        with torch.no_grad():
            yield call(images[:count])


def _shape_for_other_classes(build: type[nn.Module]) -> Any:
    """Return the shape of what a class answers that is built for seven classes; () if it cannot be
    built so.
    """
    try:
        net = build(OTHER_CLASSES)
    except TypeError as error:
        if is_of_the_answer(error):
            raise
        return ()
    net.eval()
    with torch.no_grad():
        answer = net(torch.randn(1, 1, 28, 28))
    return tuple(answer.shape) if isinstance(answer, Tensor) else ()


def watched(answer: Any) -> Watched:
    """Read a network, or a class of networks, by trying it on images.

    Raises
    ------
    Unreadable
        If the answer is neither.
    """
    if isinstance(answer, type) and not issubclass(answer, nn.Module):
        raise Unreadable(
            "This asks for a network (a class or an object of nn.Module), but got"
            f" {kind_of(answer)}."
        )
    return Watched(answer)
