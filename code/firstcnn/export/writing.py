"""Networks written to ONNX files."""

import json
import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import torch
from sourcedigest.files import write_whole
from torch import Tensor, nn

from firstcnn.evaluation import accuracy, predict
from firstcnn.export.comparison import refuse_other_answers
from firstcnn.export.exported import ExportedNetwork, size_of
from firstcnn.export.graph import Translation
from firstcnn.export.page import PAGE_LIMITS, beyond_the_page, bounded_end
from firstcnn.export.rounding import (
    FORMS,
    rounded,
    stored_bytes,
    stored_weights,
    with_stored_weights,
)
from firstcnn.export.translation import translated
from firstcnn.export.trials import (
    answers,
    checked_logits,
    checked_network,
    some_images,
    undisturbed,
)

FORMAT = "1"
MEAN, STD = 0.1307, 0.3081  # of MNIST's pixels
FLOAT16_LARGEST = 65504
BATCH = 1000  # images that are compared at once


def to_onnx(
    model: nn.Module,
    path: str | os.PathLike,
    *,
    title: str | None = None,
    mean: float = MEAN,
    std: float = STD,
    labels: Sequence[str] | None = None,
    weights: str = "float32",
) -> ExportedNetwork:
    """Write a network to an ONNX file, together with what every layer returns.

    It takes one to three seconds, and about four more the first time, when PyTorch loads its
    exporter. The network is left as it was: weights, gradients, mode. The file computes what it
    computes in evaluation mode and float32; forward hooks are not part of it. The file is run on
    three images and on one, and has to answer as the network does. A warning says what the page
    that reads drawings would show wrongly or not open at all: a network that ends in probabilities,
    one whose answer depends on the other images of a batch, one beyond a limit of the page.

    Parameters
    ----------
    model : Module
        A network from normalised images (N, 1, 28, 28) to logits (N, K), for 2 to 100 classes and
        any N.
    path : path
        The file to write, such as ``"mine.onnx"``. A file of this name is replaced once the new one
        is whole.
    title : str, optional
        What to call the network; by default its class.
    mean, std : float
        With which the images were normalised, on the scale from 0 to 1; by default of MNIST's
        60,000.
    labels : sequence of str, optional
        Names of the K classes; by default "0", "1", and so on.
    weights : {"float32", "float16", "int8-linear", "int8"}
        In what form the file holds the weights of convolutions and fully connected layers; see
        `rounded`.

    Returns
    -------
    ExportedNetwork
        Path, size and layers; a notebook shows it with a link to save the file.

    Raises
    ------
    TypeError
        If ``model`` is not a network.
    ValueError
        If it cannot read such images, returns something else, depends on a fixed number of images,
        is random, or takes decisions in Python on the values of pixels; if the file would answer
        otherwise; if an option is impossible; if the file cannot be written.
    """
    path = _checked_path(path)
    network = checked_network(model)
    _check_statistics(mean, std)
    images = some_images(mean, std)
    logits = checked_logits(network, images)
    names = _checked_labels(labels, logits.shape[1])
    kinds = _checked_kinds(network, weights)
    translation = translated(network)
    _add_metadata(translation, model, title=title, mean=mean, std=std, labels=names)
    file = with_stored_weights(translation.graph, kinds)
    with undisturbed():
        refuse_other_answers(translation, file, rounded(network, weights), images)
    content = file.SerializeToString()
    _write(path, content)
    _warn(network, translation, images, logits, len(content))
    return ExportedNetwork(path, translation.layers, content)


def smallest(
    model: nn.Module, images: Tensor, labels: Tensor | None = None
) -> tuple[str, pd.DataFrame]:
    """Find the smallest form of the weights that changes none of a network's predictions.

    A form is given up after the batch of images in which it first changes a prediction.

    Parameters
    ----------
    model : Module
        As for `to_onnx`.
    images : Tensor (N, 1, 28, 28)
        Normalised images to compare on, such as the validation set.
    labels : Tensor (N,), int64, optional
        Their right classes, to see what becomes of the accuracy.

    Returns
    -------
    form : str
        For ``weights`` of `to_onnx`. If every rounding changes a prediction, it is ``"float32"``.
    table : DataFrame
        A row for each form up to that one, smallest first: ``bytes`` of the numbers in the file,
        on how many images they were ``compared``, and of these the ``largest_difference`` of a
        logit from the unrounded one, the number of ``changed`` predictions, and the ``accuracy`` if
        there are labels.

    Raises
    ------
    TypeError, ValueError
        If ``model`` is not a network, cannot read such images or returns something else, or if
        there are no images.
    """
    network = checked_network(model)
    checked_logits(network, some_images(MEAN, STD))
    before, rows = predict(network, images), {}
    for form in FORMS:
        kinds = stored_weights(network, form)
        if _beyond_float16(network, kinds):
            continue
        after = _until_one_changes(rounded(network, form), images, before)
        compared = len(after)
        rows[form] = {
            "bytes": stored_bytes(network, form),
            "compared": compared,
            "largest_difference": float((after - before[:compared]).abs().max()),
            "changed": _changed(after, before[:compared]),
            **({} if labels is None else {"accuracy": accuracy(after, labels[:compared]).value}),
        }
        if rows[form]["changed"] == 0:
            break
    return form, pd.DataFrame.from_dict(rows, orient="index").rename_axis("form")


def _until_one_changes(network: nn.Module, images: Tensor, before: Tensor) -> Tensor:
    """Return the logits of a network up to the first batch whose predictions were others before."""
    after = []
    for batch, logits in zip(images.split(BATCH), before.split(BATCH), strict=True):
        after.append(predict(network, batch))
        if _changed(after[-1], logits):
            break
    return torch.cat(after)


def _changed(logits: Tensor, others: Tensor) -> int:
    return int((logits.argmax(dim=1) != others.argmax(dim=1)).sum())


def _warn(
    network: nn.Module, translation: Translation, images: Tensor, logits: Tensor, size: int
) -> None:
    """Warn of what the page that reads drawings cannot open, or would show in a way that
    misleads.
    """
    name = type(network).__name__
    extremes, _ = answers(network, torch.cat([1000 * images, -1000 * images]))
    if end := bounded_end(translation.graph, logits, extremes):
        warnings.warn(f"{name} does not return logits. {end}", stacklevel=3)
    alone, _ = answers(network, images[:1])
    if not torch.allclose(alone, logits[:1], rtol=1e-3, atol=1e-4):
        warnings.warn(
            f"The answer of {name} to an image depends on the other images of the batch, even in"
            " evaluation mode, as with batch norm without running statistics or a softmax over"
            " dim=0. The page gives it one image at a time, so it will answer otherwise there than"
            " on a whole batch.",
            stacklevel=3,
        )
    for excess in beyond_the_page(translation.graph, translation.layers, size):
        warnings.warn(
            f"The file of {name} is written, but the page that reads drawings will not open it: it"
            f" has {excess}. Choose a smaller network, or open it with another program.",
            stacklevel=3,
        )


def _check_statistics(mean: float, std: float) -> None:
    for name, number in (("mean", mean), ("std", std)):
        if not torch.isfinite(torch.tensor(float(number))):
            raise ValueError(
                f"The {name} is {number}: expected a number as firstcnn.data.pixel_statistics"
                " returns it."
            )
    if not std > 0:
        raise ValueError(
            f"The standard deviation is {std}, but must be positive: were all pixels the same?"
        )


def _checked_labels(labels: Sequence[str] | None, count: int) -> list[str]:
    names = [str(label) for label in (range(count) if labels is None else labels)]
    if len(names) != count:
        raise ValueError(
            f"There are {len(names)} labels for {count} classes: pass one name for each class, in"
            " order."
        )
    if longest := [label for label in names if len(label) > PAGE_LIMITS["name"]]:
        raise ValueError(
            f"A label has {len(longest[0])} letters; at most {PAGE_LIMITS['name']} can be shown."
        )
    return names


def _checked_kinds(network: nn.Module, weights: str) -> dict[str, str]:
    kinds = stored_weights(network, weights)
    if names := _beyond_float16(network, kinds):
        raise ValueError(
            f"{names[0]} holds a number beyond {FLOAT16_LARGEST}, the largest in float16. Choose"
            ' weights="float32".'
        )
    return kinds


def _beyond_float16(network: nn.Module, kinds: dict[str, str]) -> list[str]:
    halves = [name for name, kind in kinds.items() if kind == "float16"]
    return [name for name in halves if network.get_parameter(name).abs().max() > FLOAT16_LARGEST]


def _add_metadata(
    translation: Translation,
    model: nn.Module,
    *,
    labels: list[str],
    title: str | None = None,
    mean: float = MEAN,
    std: float = STD,
) -> None:
    from onnx import helper

    parameters = sum(parameter.numel() for parameter in model.parameters())
    facts = {"mean": float(mean), "std": float(std), "labels": labels, "parameters": parameters}
    facts["layers"] = translation.layers
    model = getattr(model, "_orig_mod", model)  # what torch.compile was given
    texts = {"format": FORMAT, "title": title or type(model).__name__}
    texts |= {name: json.dumps(fact) for name, fact in facts.items()}
    helper.set_model_props(
        translation.graph, {f"firstcnn.{name}": text for name, text in texts.items()}
    )


def _checked_path(path: str | os.PathLike) -> Path:
    path = Path(path).absolute()
    if not path.parent.is_dir():
        raise ValueError(
            f"There is no folder {path.parent} to write {path.name} in. Make it first, or choose"
            " another."
        )
    if path.is_dir():
        raise ValueError(
            f"{path} is a folder. Expected the name of a file, such as {path / 'mine.onnx'}."
        )
    return path


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise ValueError(
            f"{path} could not be written: {error.strerror or error}. Expected a folder that can be"
            f" written to, with {size_of(len(content))} free. Choose another folder."
        ) from error
