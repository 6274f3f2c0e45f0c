"""How good a network is, with how much certainty, and where it errs.

Everything here starts from logits and labels, or from which answers were right. scikit-learn takes
a second to import, and the processes of a sweep need not wait for it: only what uses it imports it.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from firstcnn.device import device_of
from firstcnn.layers import evaluating
from firstcnn.precision import full_precision
from firstcnn.statistics import (
    difference_interval,
    difference_of_means,
    seeds_and_images_interval,
    verdict_of,
    wilson_interval,
)


class Proportion(NamedTuple):
    """A fraction ``count / total`` and the interval that covers the true one in 95 % of samples."""

    value: float
    low: float
    high: float
    count: int
    total: int


class Interval(NamedTuple):
    """An accuracy over several seeds, and its 95 % interval over seeds and images."""

    value: float
    low: float
    high: float
    seeds: int
    images: int


class Difference(NamedTuple):
    """First accuracy minus second, its 95 % interval over seeds and images, and a verdict.

    ``verdict`` is what `firstcnn.statistics.verdict_of` says of that interval.
    """

    value: float
    low: float
    high: float
    verdict: str


def predict(model: nn.Module, images: Tensor, batch_size: int = 1000) -> Tensor:
    """Return the logits of every image, computed in float32 and evaluation mode, on the device
    where the network is.

    Afterwards every layer is in the mode that it had before.

    Parameters
    ----------
    model : Module
        A network.
    images : Tensor (N, C, H, W)
        Normalised as the network was trained; on any device.
    batch_size : int
        How many images pass at once; it limits memory and does not change the result beyond
        rounding.

    Returns
    -------
    Tensor (N, K), float32, on the CPU
        One logit for each image and class.

    Raises
    ------
    ValueError
        If there are no images.
    """
    if len(images) == 0:
        raise ValueError("There are no images to predict: at least one is needed.")
    device = device_of(model, images)
    with evaluating(model), full_precision(device):
        batches = (batch.to(device) for batch in images.split(batch_size))
        return torch.cat([model(batch).float().cpu() for batch in batches])


def accuracy(logits: Tensor, labels: Tensor) -> Proportion:
    """Return the fraction of images whose largest logit is the right one, with its 95 % interval.

    The interval is Wilson's (1927). It says how much the figure would vary over other *images* of
    the same kind; how much it varies over seeds comes on top.

    Parameters
    ----------
    logits : Tensor (N, K)
        What the network returned.
    labels : Tensor (N,), int64
        The right classes.

    Returns
    -------
    Proportion
        Numbers between 0 and 1, and how many of how many.

    Raises
    ------
    ValueError
        If logits and labels do not fit together.
    """
    _check(logits, labels)
    count, total = int((logits.argmax(dim=1) == labels).sum()), len(labels)
    return Proportion(count / total, *wilson_interval(count, total), count, total)


def over_seeds(right: np.ndarray) -> Interval:
    """Return the accuracy over several seeds, with its 95 % interval over seeds and images.

    It says how much the figure would vary with other seeds *and* other images of the same kind
    (`firstcnn.statistics.seeds_and_images_interval`; `firstcnn.statistics.coverage` simulates how
    often it holds the truth). Of one seed it can say nothing about others.

    Parameters
    ----------
    right : ndarray (S, N), bool
        Whether the network of each seed has each image right.

    Returns
    -------
    Interval
        Numbers between 0 and 1, and of how many seeds and images.

    Raises
    ------
    ValueError
        If ``right`` is not a table of truth values with a seed and an image at least.
    """
    right = _as_table(right)
    ends = map(float, seeds_and_images_interval(right))
    return Interval(float(right.mean()), *ends, *right.shape)


def difference(first: np.ndarray, second: np.ndarray) -> Difference:
    """Return the first accuracy minus the second, with its interval over seeds and images.

    Both sides were asked about the same images, so the interval is about the difference on each;
    the seeds of each side vary by themselves (`firstcnn.statistics.difference_interval`).

    Parameters
    ----------
    first, second : ndarray (S, N), bool
        Whether the network of each seed has each image right. N is the same and the images in the
        same order; the numbers of seeds may differ.

    Returns
    -------
    Difference
        Numbers between -1 and 1, and a verdict.

    Raises
    ------
    ValueError
        As in `over_seeds`, or if the two are not about as many images.
    """
    first, second = _as_table(first), _as_table(second)
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"The first networks were asked about {first.shape[1]} images, the second about"
            f" {second.shape[1]}: a difference is between answers about the same images, in the"
            " same order."
        )
    value = float(difference_of_means(first, second))
    low, high = map(float, difference_interval(first, second))
    return Difference(value, low, high, verdict_of(low, high))


def _as_table(right: np.ndarray) -> np.ndarray:
    right = np.asarray(right)
    if right.dtype != bool or right.ndim != 2 or right.size == 0:
        raise ValueError(
            "Expected truth values (seeds, images), of one seed and one image at least, got"
            f" {right.dtype} {right.shape}."
        )
    return right


def confusion_matrix(logits: Tensor, labels: Tensor) -> np.ndarray:
    """Return how often each true class (row) was taken for each class (column): integers (K, K).

    Raises
    ------
    ValueError
        If logits and labels do not fit together.
    """
    _check(logits, labels)
    from sklearn.metrics import confusion_matrix as count

    return count(labels, logits.argmax(dim=1), labels=range(logits.shape[1]))


def classification_report(logits: Tensor, labels: Tensor) -> pd.DataFrame:
    """Return precision, recall and F1 of each class.

    Precision: of the images that were called a 7, the fraction that are. Recall: of the 7s, the
    fraction that were found. F1 is their harmonic mean. What has no cases to divide by is NaN.

    Returns
    -------
    DataFrame
        Rows "0", "1", …, "macro average" (each class counts the same) and "weighted average" (each
        image does); columns ``precision``, ``recall``, ``f1``, ``support`` (number of images).

    Raises
    ------
    ValueError
        If logits and labels do not fit together.
    """
    _check(logits, labels)
    classes = range(logits.shape[1])
    from sklearn.metrics import classification_report as report_on

    report = report_on(
        labels, logits.argmax(dim=1), labels=classes, output_dict=True, zero_division=np.nan
    )
    rows = {str(k): report[str(k)] for k in classes}
    rows |= {"macro average": report["macro avg"], "weighted average": report["weighted avg"]}
    return (
        pd.DataFrame.from_dict(rows, orient="index")
        .rename(columns={"f1-score": "f1"})
        .astype({"support": int})
    )


def most_confused_pairs(confusion: np.ndarray, count: int = 10) -> pd.DataFrame:
    """Return the commonest errors of a confusion matrix (K, K), rows true, most frequent first.

    The columns are ``true``, ``predicted`` and ``errors``. Pairs that never occurred are left out,
    so there may be fewer rows than ``count``.
    """
    errors = pd.DataFrame(
        [
            (row, column, int(confusion[row, column]))
            for row, column in np.argwhere(confusion > 0).tolist()
            if row != column
        ],
        columns=["true", "predicted", "errors"],
    )
    return errors.sort_values("errors", ascending=False, kind="stable", ignore_index=True).head(
        count
    )


def most_confident_errors(logits: Tensor, labels: Tensor, count: int = 10) -> Tensor:
    """Return the indices of the wrong answers with the highest probability, highest first.

    Returns
    -------
    Tensor (at most count,), int64
        Empty if there are no errors.

    Raises
    ------
    ValueError
        If logits and labels do not fit together.
    """
    _check(logits, labels)
    confidence, predicted = _probabilities(logits).max(dim=1)  # (N,), (N,)
    wrong = (predicted != labels).nonzero().flatten()  # (errors,)
    order = confidence[wrong].argsort(descending=True, stable=True)
    return wrong[order[:count]]


def most_disputed(logits: Tensor, count: int = 20) -> Tensor:
    """Return the indices of the images on which several networks disagree most, worst first.

    The probabilities of all networks are averaged. An image is the more disputed, the smaller the
    mean probability of the class that they favour together. Images to which all networks give the
    same answer are left out.

    Parameters
    ----------
    logits : Tensor (M, N, K)
        What M networks returned for the same N images.
    count : int
        So many at most.

    Returns
    -------
    Tensor (at most count,), int64

    Raises
    ------
    ValueError
        If the logits are not those of two networks or more.
    """
    if logits.dim() != 3 or len(logits) < 2:
        raise ValueError(
            f"Logits of shape {tuple(logits.shape)} cannot disagree: stack those of at least two"
            " networks to (networks, images, classes)."
        )
    answers = logits.argmax(dim=2)  # (M, N)
    favoured = logits.double().softmax(dim=2).mean(dim=0).amax(dim=1)  # (N,)
    differ = (answers != answers[0]).any(dim=0).nonzero().flatten()
    return differ[favoured[differ].argsort(stable=True)[:count]]


def calibration(logits: Tensor, labels: Tensor, bins: int = 10) -> pd.DataFrame:
    """Compare how sure the network was with how often it was right (Guo et al., 2017).

    Parameters
    ----------
    logits : Tensor (N, K)
        What the network returned.
    labels : Tensor (N,), int64
        The right classes.
    bins : int
        Number of bins of equal width between 0 and 1.

    Returns
    -------
    DataFrame
        A row for each bin: ``low``, ``high`` (a confidence c belongs to it if low < c <= high),
        mean ``confidence``, ``accuracy`` (both NaN in an empty bin) and ``count``.

    Raises
    ------
    ValueError
        If logits and labels do not fit together, or there is no bin.
    """
    _check(logits, labels)
    if bins < 1:
        raise ValueError(f"{bins} bins were asked for: calibration needs at least one.")
    confidence, predicted = _probabilities(logits).max(dim=1)  # (N,), (N,)
    edges = np.linspace(0, 1, bins + 1)
    answers = pd.DataFrame(
        {"confidence": confidence.numpy(), "accuracy": (predicted == labels).double().numpy()}
    )
    answers["bin"] = np.clip(
        np.searchsorted(edges, answers["confidence"], side="left") - 1, 0, bins - 1
    )
    groups = answers.groupby("bin")
    table = groups.mean().reindex(range(bins))
    table["count"] = groups.size().reindex(range(bins), fill_value=0)
    table.insert(0, "low", edges[:-1])
    table.insert(1, "high", edges[1:])
    return table.rename_axis(index=None)


def expected_calibration_error(table: pd.DataFrame) -> float:
    """Return the mean distance between confidence and accuracy over the bins of `calibration`.

    Each bin weighs as many images as it has.
    """
    distance = (table["confidence"] - table["accuracy"]).abs().fillna(0.0)
    return float((distance * table["count"]).sum() / table["count"].sum())


def _probabilities(logits: Tensor) -> Tensor:
    """Softmax (N, K), in float64 so that the very sure answers keep an order."""
    return logits.double().softmax(dim=1)


def _check(logits: Tensor, labels: Tensor) -> None:
    if logits.ndim != 2 or labels.ndim != 1 or len(logits) != len(labels) or len(labels) == 0:
        raise ValueError(
            "Expected logits (N, K) and labels (N,) of at least one image, got"
            f" {tuple(logits.shape)} and {tuple(labels.shape)}."
        )
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise ValueError(
            f"Labels lie between {labels.min()} and {labels.max()}, but the logits are of "
            f"{logits.shape[1]} classes: 0 to {logits.shape[1] - 1}."
        )
