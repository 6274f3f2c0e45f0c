"""Whether a network is the one that was asked for: the layers that images meet, in order, and what
it answers.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache, partial
from typing import Any

import torch
from bookkit.exercises.errors import is_of_the_answer
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lessons.checks.answers import kind_of, network, same

CLASSES = 10
OTHER_CLASSES = 7
TRIALS = (  # training or not, and how many images
    (False, 3),
    (True, 3),
    (False, 2),  # shows what batch norm has stored in the trial before
    (False, 1),
)
COUNTED = {1: "one image", 2: "two images", 3: "three images"}
OTHER_ANSWERS = "Its layers with parameters are the right ones"


class NetworkTrial:
    """A network that has been tried on images, to be compared with one that was asked for.

    Attributes
    ----------
    met : list of (str, nn.Module)
        Name and layer, in the order in which an image meets the layers that have parameters of
        their own.
    unused : list of str
        Names of the layers with parameters that no image meets.
    cut_off : list of str
        Names of the parameters that no gradient reaches.
    frozen : list of str
        Names of the parameters for which no gradient is computed.
    answers : list
        What it answered in each of `TRIALS`.
    changes_images : bool
        Whether images are other ones after it was given them.
    """

    def __init__(self, answer: Any):
        self._answer = answer
        self.net = network(answer)
        self.cut_off = cut_off(self.net, _in_evaluation(self.net, count=2))
        self.met = _layers_met(self.net)
        _give_telling_values(self.net)
        called = {id(layer) for _, layer in self.met}
        layers = _with_parameters(self.net)
        self.unused = [name for name, layer in layers if id(layer) not in called]
        self.frozen = [name for name, own in self.net.named_parameters() if not own.requires_grad]
        self._tensors = [_tensors(layer) for _, layer in self.met]
        given = list(_trial_images())
        self.answers = list(_answers(self.net, self.net, given))
        self.changes_images = not all(map(torch.equal, given, _trial_images()))

    @cached_property
    def other_classes(self) -> tuple[int, ...] | None:
        """The shape of its answer to one image if it is built for seven classes: () if it cannot be
        built so, None if it was given as an object.
        """
        if not isinstance(self._answer, type):
            return None
        return _shape_for_other_classes(self._answer)

    def is_the_network(self, reference: type[nn.Module]) -> bool:
        """Tell whether it is another network under whatever names: with the same layers and no
        more, the same answers in both modes, and for any number of classes that the other takes.
        """
        complete = not (self.unused or self.cut_off or self.frozen or self.changes_images)
        return complete and self._has_right_classes(reference) and self.answers_as(reference)

    def answers_as(self, reference: type[nn.Module]) -> bool:
        """Tell whether it answers, in both modes, as another network does with the same
        parameters.
        """
        return self.has_layers_of(reference) and all(
            same(own, value)
            for own, value in zip(self.answers, self.answers_of(reference), strict=True)
        )

    def has_layers_of(self, reference: type[nn.Module]) -> bool:
        """Tell whether an image meets layers of the same sizes in the same order."""
        return self._shapes() == _shapes_of(_without_values(reference))

    def answers_of(self, reference: type[nn.Module]) -> Iterator[Any]:
        """Yield what another network, with the same layers, answers in each of `TRIALS` with the
        parameters of this one.
        """
        other = _without_values(reference)
        pairs = zip(self._tensors, _with_parameters(other), strict=True)
        values = {
            f"{name}.{key}": value.clone() for own, (name, _) in pairs for key, value in own.items()
        }
        call = partial(torch.func.functional_call, other, values)
        return _answers(other, call, _trial_images())

    def told(self, reference: type[nn.Module]) -> str:
        """Return in a sentence or two the first thing in which it differs from another network."""
        return (
            self.told_of_shapes()
            or self.told_of_layers(reference)
            or self._told_of_values(reference)
            or self.told_of_learning()
        )

    def told_of_shapes(self) -> str:
        """Return what its answers are if they are not ten logits for each image; "" if they are."""
        for (_, count), answer in zip(TRIALS, self.answers, strict=True):
            if not isinstance(answer, Tensor):
                kind = kind_of(answer)
                return f"Your network answers with {kind}, where a tensor of logits is asked for."
            if answer.shape != (count, CLASSES):
                shape = tuple(answer.shape)
                return (
                    f"To {COUNTED[count]} your network answers with shape {shape}, and"
                    f" {(count, CLASSES)} is asked for."
                )
        if self.changes_images:
            return (
                "Your forward changes the images that it is given. They belong to whoever calls it."
            )
        return ""

    def told_of_layers(self, reference: type[nn.Module]) -> str:
        """Return the first layer that is not as that of another network; "" if all are."""
        if self.unused:
            return (
                f"`{self.unused[0]}` is built and its parameters are counted, but no image ever"
                " meets it."
            )
        names = [name for name, _ in self.met]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            return f"An image meets `{twice}` {names.count(twice)} times."
        return self._told_of_affine() or self._told_of_sizes(reference)

    def told_of_learning(self) -> str:
        """Return which parameter would not learn; "" if all would."""
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

    def _shapes(self) -> list[dict[str, tuple[int, ...]]]:
        return [_shapes(own) for own in self._tensors]

    def _has_right_classes(self, reference: type[nn.Module]) -> bool:
        if not inspect.signature(reference).parameters:
            return True
        return self.other_classes in (None, (1, OTHER_CLASSES))

    def _told_of_affine(self) -> str:
        norms = (each for each in self.net.named_modules() if isinstance(each[1], nn.BatchNorm2d))
        plain = next((name for name, layer in norms if not layer.affine), None)
        if plain is None:
            return ""
        return f"`{plain}` has no parameters of its own: it is built with affine=False."

    def _told_of_sizes(self, reference: type[nn.Module]) -> str:
        expected = _shapes_of(_without_values(reference))
        for place, ((name, layer), own) in enumerate(zip(self.met, self._shapes(), strict=True)):
            if place >= len(expected) or own != expected[place]:
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

    def _told_of_values(self, reference: type[nn.Module]) -> str:
        if not self._has_right_classes(reference):
            return self._told_of_classes()
        for function, words in ENDINGS.items():
            if self.answers_as(ending(reference, function)):
                return f"{words} The network is to end with logits: sums that may be any numbers."
        trials = zip(TRIALS, self.answers, self.answers_of(reference), strict=True)
        for (training, _), own, value in trials:
            if not same(own, value):
                mode = "training" if training else "evaluation"
                return (
                    f"{OTHER_ANSWERS}, but in {mode} mode its answers are others than those of the"
                    " book's network with the same parameters."
                )
        return ""

    def _told_of_classes(self) -> str:
        if self.other_classes == ():
            return "Your network cannot be built for seven classes: how is it told their number?"
        return (
            "Built for seven classes, your network answers one image with the shape"
            f" {self.other_classes}."
        )


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


@lru_cache(maxsize=64)
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


@lru_cache(maxsize=64)
def _without_values(kind: type[nn.Module]) -> nn.Module:
    """Return a network that has shapes and no values, the same one each time."""
    with torch.device("meta"):
        return kind()


def _shapes_of(net: nn.Module) -> list[dict[str, tuple[int, ...]]]:
    return [_shapes(_tensors(layer)) for _, layer in _with_parameters(net)]


def _kind(layer: nn.Module) -> str:
    """Return the name of a layer's class, also of a layer that `torch.jit.script` has compiled."""
    return getattr(layer, "original_name", type(layer).__name__)


def _give_telling_values(net: nn.Module) -> None:
    """Give a network other values than a new one has, so that each of its layers makes a difference
    that is seen.
    """
    for layer in net.modules():
        if _kind(layer) == "BatchNorm2d":
            for values in (layer.weight, layer.bias, layer.running_mean, layer.running_var):
                if values is not None:
                    values.data.uniform_(0.5, 1.5)
        elif _kind(layer) in ("Conv2d", "Linear"):
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


def _layers_met(net: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the layers with parameters that one image meets, in order.

    Compiled by `torch.jit.script`, a network does not show what an image meets: it has its layers
    in the order in which they were built, and gradients tell whether each of them is used.
    """
    if isinstance(net, torch.jit.ScriptModule):
        return list(_with_parameters(net))
    uses = _Uses(net)
    handles = [
        layer.register_forward_pre_hook(lambda layer, _, name=name: uses.call(layer, name))
        for name, layer in _with_parameters(net)
    ]
    try:
        _in_evaluation(net, count=1)
        if any(id(layer) not in uses.called for _, layer in _with_parameters(net)):
            uses.met.clear()
            with uses:
                _in_evaluation(net, count=1)
    finally:
        for handle in handles:
            handle.remove()
    return uses.met


def _in_evaluation(net: nn.Module, count: int) -> Any:
    """Return what a network answers to random images in evaluation mode, with its graph."""
    return net.eval()(torch.randn(count, 1, 28, 28))


def cut_off(net: nn.Module, answer: Any) -> list[str]:
    """Return the names of the parameters that no gradient of an answer reaches."""
    if not isinstance(answer, Tensor):
        return []
    learned = {name: values for name, values in net.named_parameters() if values.requires_grad}
    if not answer.requires_grad or not learned:
        return list(learned)
    gradients = torch.autograd.grad(answer.sum(), list(learned.values()), allow_unused=True)
    return [name for name, gradient in zip(learned, gradients, strict=True) if gradient is None]


def _trial_images() -> Iterator[Tensor]:
    """Yield the images of each of `TRIALS`, (N, 1, 28, 28), the same ones each time."""
    images = torch.randn(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    return (images[:count].clone() for _, count in TRIALS)


def _answers(
    net: nn.Module, call: Callable[[Tensor], Any], batches: Iterable[Tensor]
) -> Iterator[Any]:
    for (training, _), images in zip(TRIALS, batches, strict=True):
        net.train(training)
        torch.default_generator.manual_seed(1)  # dropout draws the same for all
        with torch.no_grad():
            yield call(images)


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
