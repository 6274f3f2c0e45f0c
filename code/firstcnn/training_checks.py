"""What `firstcnn.training.fit` refuses, before anything is changed."""

import torch
from torch import Tensor, nn

from firstcnn.layers import evaluating


def check_network(model: object) -> None:
    """Require a network with something to learn.

    Raises
    ------
    ValueError
        If it is none, if all its parameters are frozen, or if they are on several devices.
    """
    if isinstance(model, type):
        raise ValueError(
            f"{model.__name__} is a class, not yet a network: make one of it with"
            f" {model.__name__}()."
        )
    if not isinstance(model, nn.Module):
        raise ValueError(f"The network has to be a torch.nn.Module, not {kind_of(model)}.")
    parameters = list(model.parameters())
    if not any(parameter.requires_grad for parameter in parameters):
        what = "are all frozen (requires_grad is False)" if parameters else "are none at all"
        raise ValueError(
            f"The parameters of {type(model).__name__} {what}, so there is nothing to train. At"
            " least one has to learn: model.requires_grad_(True) frees all."
        )
    places = dict.fromkeys(str(parameter.device) for parameter in parameters)
    if len(places) > 1:
        raise ValueError(
            f"The parameters of {type(model).__name__} are on several devices,"
            f" {' and '.join(places)}: move the whole network to one by model.to('cpu')."
        )


def check_sets(model: nn.Module, train: object, validation: object, device: torch.device) -> None:
    """Require two pairs of tensors that the network can learn from on a device and be judged on.

    Raises
    ------
    ValueError
        Otherwise, with what was given, what was expected, and how to make one of the other.
    """
    weights = next(weights for weights in model.parameters() if weights.requires_grad)
    for which, pair in (("The training", train), ("The validation", validation)):
        check_pair(which, *_two_tensors(which, pair))
        _check_numbers(which, *pair, weights)
        _check_places(which, *pair, weights, device)
    _check_labels(model, train, validation)


def _two_tensors(which: str, pair: object) -> tuple[Tensor, Tensor]:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        found = (
            f"a {type(pair).__name__} of {len(pair)}"
            if isinstance(pair, tuple | list)
            else kind_of(pair)
        )
        raise ValueError(
            f"{which} set has to be two tensors, (images, labels), not {found}. Batches are made"
            " here, as the recipe says: give all images in one tensor (N, C, H, W) and all labels"
            " in one (N,)."
        )
    for name, values in zip(("images", "labels"), pair, strict=True):
        if not isinstance(values, Tensor):
            raise ValueError(
                f"{which} {name} have to be a torch.Tensor, not {kind_of(values)}: torch.as_tensor"
                " makes one of an array or a list of numbers, torch.stack of a list of tensors."
            )
    return pair[0], pair[1]


def check_pair(which: str, images: Tensor, labels: Tensor) -> None:
    """Require images (N, C, H, W), floating point, and as many labels, int64 (N,).

    ``which`` begins the message of the ValueError, as in "The training".
    """
    if images.ndim != 4 or not images.is_floating_point():
        raise ValueError(
            f"{which} images have to be a floating-point tensor (N, C, H, W), not {images.dtype}"
            f" {tuple(images.shape)}."
        )
    if labels.ndim != 1 or labels.dtype != torch.int64:
        raise ValueError(
            f"{which} labels have to be an int64 tensor (N,), not {labels.dtype}"
            f" {tuple(labels.shape)}."
        )
    if len(images) != len(labels):
        raise ValueError(
            f"{which} images are {len(images)}, but there are {len(labels)} labels: one for each is"
            " needed."
        )
    if len(images) == 0:
        raise ValueError(f"{which} images are none at all: a set needs at least one.")


def _check_numbers(which: str, images: Tensor, labels: Tensor, weights: Tensor) -> None:
    """Require images in the number format of the weights."""
    if images.dtype != weights.dtype:
        raise ValueError(
            f"{which} images are {images.dtype}, but the weights of the network {weights.dtype}:"
            f" change the images by images.to({weights.dtype})."
        )


def _check_places(
    which: str, images: Tensor, labels: Tensor, weights: Tensor, device: torch.device
) -> None:
    """Require a set and a network that are together, on the CPU or the device that trains."""
    trainer = "the CPU" if device.type == "cpu" else device
    for name, tensor in {"images": images, "labels": labels, "network": weights}.items():
        if tensor.device.type not in ("cpu", device.type):
            raise ValueError(
                f"{which} {name}: on {tensor.device}, but {trainer} trains here. Move it there by"
                f" .to('{device}')."
            )
        if tensor.device != weights.device:
            raise ValueError(
                f"{which} {name} are on {tensor.device}, but the network is on {weights.device}:"
                f" move them to the network by .to('{weights.device}')."
            )


def _check_labels(model: nn.Module, *sets: tuple[Tensor, Tensor]) -> None:
    """Require labels that are classes of the network; one image's logits tell how many it has."""
    with evaluating(model):
        logits = model(sets[0][0][:1])
    if not isinstance(logits, Tensor) or logits.ndim != 2:
        found = f"a tensor {tuple(logits.shape)}" if isinstance(logits, Tensor) else kind_of(logits)
        raise ValueError(
            f"The network answers one image with {found}: logits (1, K), one for each class, are"
            " needed."
        )
    classes = logits.shape[1]
    for _, labels in sets:
        low, high = labels.min().item(), labels.max().item()
        if low < 0 or high >= classes:
            raise ValueError(
                f"Labels lie between {low} and {high}, but the network has {classes} outputs: "
                f"labels have to lie between 0 and {classes - 1}."
            )


def kind_of(value: object) -> str:
    """Return the type of a value for a sentence, as in "a numpy.ndarray"."""
    return f"a {type(value).__module__}.{type(value).__qualname__}".replace("a builtins.", "a ")
