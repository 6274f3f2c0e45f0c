"""A network as an ONNX file, which programs other than PyTorch read: the page of this book that
reads drawings does.

The file holds one input, ``image`` (N, 1, 28, 28), normalised, and one output for each layer:
``logits`` (N, K) first, then what every layer before them returns. Its metadata say what a reader
has to know, all but the first two as JSON:

- ``firstcnn.format``: "1"; ``firstcnn.title``;
- ``firstcnn.mean`` and ``firstcnn.std``, with which images from 0 to 1 are normalised;
- ``firstcnn.labels``, a list of K texts; ``firstcnn.parameters``, a number;
- ``firstcnn.layers``, a list in the order of computation. Each layer has a unique ``name``,
  PyTorch's name as ``module`` (or ""), a ``kind`` such as "Conv2d", as ``inputs`` the names of the
  layers that it reads (or "image"), as ``output`` the name of the graph's output that holds what it
  returns, and its ``shape`` without N. ``weight`` and ``bias`` name values of the graph, or are
  null. Convolutions and poolings also have ``kernel_size``, ``stride``, ``padding``, ``dilation``
  (each for height and width) and ``groups``; batch norm has ``epsilon``, ``running_mean`` and
  ``running_var``. A function such as ``F.relu`` is a layer too. What merely gives numbers another
  shape, such as flattening, is none: the logits may be such a view of what the last layer returns.

Before a file is handed out, it is run, and has to answer as the network does.
"""

from __future__ import annotations

import base64
import contextlib
import html
import json
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from firstcnn.evaluation import accuracy, predict
from firstcnn.onnx_check import PAGE_LIMITS, beyond_the_page, bounded_end, refuse_other_answers
from firstcnn.onnx_graph import Translation, silence, translate
from firstcnn.rounding import (
    FORMS,
    evaluation_copy,
    plain,
    rounded,
    stored_weights,
    with_stored_weights,
)

__all__ = ["FORMS", "ExportedNetwork", "rounded", "smallest", "to_onnx"]

FORMAT = "1"
MEAN, STD = 0.1307, 0.3081  # of MNIST's pixels
CLASSES = range(2, 101)
FLOAT16_LARGEST = 65504


@dataclass(frozen=True)
class ExportedNetwork:
    """What `to_onnx` wrote. As the last line of a notebook cell it shows the layers and a link that
    saves the file.

    Attributes
    ----------
    path : Path
        Where the file is.
    layers : list of dict
        In the order of computation, with ``name``, ``kind``, ``shape`` and more.
    content : bytes
        What stands in the file.
    """

    path: Path
    layers: list[dict[str, Any]]
    content: bytes = field(repr=False)

    @property
    def bytes(self) -> int:
        """Size of the file."""
        return len(self.content)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self._in_words(), "text/html": self._as_table() + self._link()}

    def _in_words(self) -> str:
        return (
            f"{self.path.name}: {_size(self.bytes)}, {len(self.layers)} layers, in"
            f" {self.path.parent}"
        )

    def _as_table(self) -> str:
        rows = "".join(_row(layer) for layer in self.layers)
        heads = "".join(f'<th scope="col">{head}</th>' for head in ("Layer", "Kind", "Returns"))
        body = f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
        return f"<table><caption>Layers of the network</caption>{body}</table>"

    def _link(self) -> str:
        name, content = html.escape(self.path.name), base64.b64encode(self.content).decode()
        address = f"data:application/octet-stream;base64,{content}"
        words = f"Download {name} ({_size(self.bytes)})"
        return f'<p><a class="exported-network" download="{name}" href="{address}">{words}</a></p>'


def _row(layer: dict[str, Any]) -> str:
    name, kind = html.escape(layer["name"]), html.escape(layer["kind"])
    shape = " × ".join(map(str, layer["shape"]))
    return f'<tr><th scope="row">{name}</th><td>{kind}</td><td>{shape}</td></tr>'


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.0f} kB"


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
    network = _checked(model)
    _check_statistics(mean, std)
    images = _some_images(mean, std)
    logits = _checked_logits(network, images)
    names = _checked_labels(labels, logits.shape[1])
    kinds = _checked_kinds(network, weights)
    translation = _translated(network)
    _add_metadata(translation, model, title=title, mean=mean, std=std, labels=names)
    file = with_stored_weights(translation.graph, kinds)
    with _aside():
        refuse_other_answers(translation, file, rounded(network, weights), images)
    content = file.SerializeToString()
    _write(path, content)
    _warn(network, translation, images, logits, len(content))
    return ExportedNetwork(path, translation.layers, content)


def smallest(
    model: nn.Module, images: Tensor, labels: Tensor | None = None
) -> tuple[str, pd.DataFrame]:
    """Find the smallest form of the weights that changes none of a network's predictions.

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
        A row for each form up to that one, smallest first: ``bytes`` of the file,
        ``largest_difference`` of a logit from the unrounded one, number of ``changed`` predictions,
        and ``accuracy`` if there are labels.

    Raises
    ------
    TypeError, ValueError
        As `to_onnx`, or if there are no images.
    """
    network = _checked(model)
    names = _checked_labels(None, _checked_logits(network, _some_images(MEAN, STD)).shape[1])
    translation = _translated(network)
    _add_metadata(translation, model, labels=names)
    before, rows = predict(network, images), {}
    for form in FORMS:
        kinds = stored_weights(network, form)
        if _beyond_float16(network, kinds):
            continue
        after = predict(rounded(network, form), images)
        rows[form] = {
            "bytes": with_stored_weights(translation.graph, kinds).ByteSize(),
            "largest_difference": float((after - before).abs().max()),
            "changed": int((after.argmax(dim=1) != before.argmax(dim=1)).sum()),
            **({} if labels is None else {"accuracy": accuracy(after, labels).value}),
        }
        if rows[form]["changed"] == 0:
            break
    return form, pd.DataFrame.from_dict(rows, orient="index").rename_axis("form")


# The network


def _checked(model: nn.Module) -> nn.Module:
    """Return a copy that may be exported."""
    network = evaluation_copy(model)
    for name, tensor in network.state_dict().items():
        if (
            isinstance(tensor, Tensor)
            and tensor.is_floating_point()
            and not tensor.isfinite().all()
        ):
            raise ValueError(
                f"{name} holds numbers that are infinite or no numbers at all (NaN). Expected"
                " finite weights. Training may have diverged: train again with a smaller learning"
                " rate."
            )
    return network


def _some_images(mean: float, std: float) -> Tensor:
    """Return three images, normalised (3, 1, 28, 28): paper with greys on it, drawn at random."""
    greys, ink = torch.rand(2, 3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    return (greys * (ink < 0.5) - mean) / std


def _checked_logits(network: nn.Module, images: Tensor) -> Tensor:
    """Return logits (N, K) of three images, after trying out one and two."""
    name = type(network).__name__
    for count in (1, 2, 3):
        logits, again = _answers(network, images[:count])
        if not isinstance(logits, Tensor):
            raise ValueError(
                f"{name} returns {type(logits).__name__}. Expected one tensor of logits (N, K). Let"
                " forward return the logits alone."
            )
        shape = tuple(logits.shape)
        if len(shape) != 2 or shape[0] != count or shape[1] not in CLASSES:
            raise ValueError(
                f"{name} returns a tensor of shape {shape} for {count} image{'s' * (count > 1)}."
                f" Expected logits ({count}, K), one row for each image, for {CLASSES[0]} to"
                f" {CLASSES[-1]} classes."
            )
        if logits.dtype != torch.float32:
            kind = str(logits.dtype).removeprefix("torch.")
            raise ValueError(
                f"{name} returns {kind}. Expected logits in float32. Leave torch.autocast and"
                " .bfloat16() out of forward, and .double(), .half() and argmax at its end."
            )
        if not logits.isfinite().all():
            raise ValueError(
                f"{name} returns numbers that are infinite or no numbers at all (NaN) for some"
                " images of pixels from 0 to 1. Expected finite logits. Look for a division by 0"
                " or a logarithm of 0 in forward."
            )
        if not torch.allclose(logits, again):
            raise ValueError(
                f"{name} returns other logits when it reads the same images again, even in"
                " evaluation mode. Expected a network without chance. If forward calls F.dropout,"
                " pass it training=self.training."
            )
    return logits


def _answers(network: nn.Module, images: Tensor) -> tuple[Any, Any]:
    """Return what a network makes of the same images twice."""
    try:
        with _aside(), torch.no_grad():
            return network(images), network(images)
    except Exception as error:
        raise ValueError(
            f"{type(network).__name__} cannot read images of shape {tuple(images.shape)}:"
            f" {plain(error)}. {_advice(str(error))}"
        ) from error


def _advice(words: str) -> str:
    if re.search(r"dtype|Half|Double|BFloat16|scalar type", words):
        return (
            "A file computes in float32, so its weights and the images were made float32. Leave"
            " .half(), .double() and .bfloat16() out of forward."
        )
    if re.search(r"cuda|nvidia|mps|device", words, re.IGNORECASE):
        return (
            "The network is tried on the CPU. Leave .cuda() and .to(device) out of forward, and"
            " register its tensors as parameters or buffers, which follow it."
        )
    return (
        "Expected a network for any number of images with one channel of 28 × 28 pixels. If a"
        " number of images is written into forward, as in x.view(64, -1), write x.flatten(1)."
    )


@contextlib.contextmanager
def _aside() -> Iterator[None]:
    """Run a network in float32, without a word and without a trace in the random numbers that
    follow.
    """
    with silence(), torch.autocast("cpu", enabled=False), torch.random.fork_rng(devices=[]):
        yield


def _translated(network: nn.Module) -> Translation:
    """Translate a network that has been checked; say in words what PyTorch's exporter says in its
    own.
    """
    try:
        with _aside():
            return translate(network, stored_weights(network, "int8"))
    except Exception as error:
        raise ValueError(
            f"{type(network).__name__} cannot be exported. {_reason(error)}"
        ) from error


def _reason(error: BaseException) -> str:
    words = f"{type(error).__name__} {plain(error, most=100_000)}"
    if "data-dependent" in words:
        return (
            "Its forward takes a decision in Python on the values of a tensor (an if or a loop),"
            " which a file cannot hold. Expected the same steps for every image. Choose with"
            " torch.where instead."
        )
    if "specialized" in words or "Constraints violated" in words:
        return (
            "A number of images is written into its forward, as in x.view(64, -1), or its steps"
            " differ with that number, as with len(x). Expected the same steps for any number."
            " Write x.flatten(1), or x.shape[0] for the number."
        )
    if "unsupported type" in words:
        return (
            f"A step computes in numbers that ONNX does not take there: {words[:300]}. Expected"
            " float32 throughout. Leave torch.autocast and .bfloat16() out of forward."
        )
    if "ShapeInferenceError" in words:
        return (
            f"ONNX finds other shapes than PyTorch: {words[:300]}. Expected operations of which"
            " both have one notion; poolings with padding and ceil_mode are none. Leave out"
            " ceil_mode."
        )
    if step := re.search(r"translating node %(\w+?)(_\d+)? ", words) or re.search(
        r"aten\.(\w+)()", words
    ):
        return (
            f"PyTorch's exporter has no translation of the step {step[1]}, as it is used there,"
            f" into ONNX. Expected steps that ONNX has, too. Do what {step[1]} does with other"
            " functions of PyTorch, or before the export."
        )
    return (
        f"PyTorch cannot follow its forward: {words.partition(' ')[2][:200]}. Expected steps that"
        " are all done by PyTorch on tensors. Leave out of forward what goes through NumPy, lists"
        " or files."
    )


def _warn(
    network: nn.Module, translation: Translation, images: Tensor, logits: Tensor, size: int
) -> None:
    """Warn of what the page that reads drawings cannot show, or would show in a way that
    misleads.
    """
    name = type(network).__name__
    extremes, _ = _answers(network, torch.cat([1000 * images, -1000 * images]))
    if end := bounded_end(translation.graph, logits, extremes):
        warnings.warn(f"{name} does not return logits. {end}", stacklevel=3)
    alone, _ = _answers(network, images[:1])
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


# The options


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


# The file


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
    """Write the file beside its place and put it there once it is whole."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise ValueError(
            f"{path} could not be written: {error.strerror or error}. Expected a folder that can be"
            f" written to, with {_size(len(content))} free. Choose another folder."
        ) from error
