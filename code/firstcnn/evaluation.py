"""How good a network is, with how much certainty, and where it errs. Everything here starts from logits and labels."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import sklearn.metrics
import torch
from scipy.stats import binomtest
from torch import Tensor, nn

from firstcnn.layers import evaluating


class Proportion(NamedTuple):
    """A fraction ``count / total`` and the interval that covers the true one in 95 % of samples."""

    value: float
    low: float
    high: float
    count: int
    total: int


def predict(model: nn.Module, images: Tensor, batch_size: int = 1000) -> Tensor:
    """Return the logits of every image, computed in float32 and evaluation mode; the model is left as it was.

    Parameters
    ----------
    model : Module
        A network.
    images : Tensor (N, C, H, W)
        Normalised as the network was trained.
    batch_size : int
        How many images pass at once; it limits memory and does not change the result beyond rounding.

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
    with evaluating(model), torch.autocast("cpu", enabled=False):
        return torch.cat([model(batch).float().cpu() for batch in images.split(batch_size)])


def accuracy(logits: Tensor, labels: Tensor) -> Proportion:
    """Return the fraction of images whose largest logit is the right one, with its 95 % interval.

    The interval is Wilson's (1927). It says how much the figure would vary over other *images* of the same kind;
    how much it varies over seeds comes on top.

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
    interval = binomtest(count, total).proportion_ci(0.95, method="wilson")
    return Proportion(count / total, float(interval.low), float(interval.high), count, total)


def confusion_matrix(logits: Tensor, labels: Tensor) -> np.ndarray:
    """Return how often each true class (row) was taken for each class (column): integers (K, K).

    Raises
    ------
    ValueError
        If logits and labels do not fit together.
    """
    _check(logits, labels)
    return sklearn.metrics.confusion_matrix(labels, logits.argmax(dim=1), labels=range(logits.shape[1]))


def classification_report(logits: Tensor, labels: Tensor) -> pd.DataFrame:
    """Return precision, recall and F1 of each class.

    Precision: of the images that were called a 7, the fraction that are. Recall: of the 7s, the fraction that
    were found. F1 is their harmonic mean. What has no cases to divide by is NaN.

    Returns
    -------
    DataFrame
        Rows "0", "1", …, "macro average" (each class counts the same) and "weighted average" (each image does);
        columns ``precision``, ``recall``, ``f1``, ``support`` (number of images).

    Raises
    ------
    ValueError
        If logits and labels do not fit together.
    """
    _check(logits, labels)
    classes = range(logits.shape[1])
    report = sklearn.metrics.classification_report(
        labels, logits.argmax(dim=1), labels=classes, output_dict=True, zero_division=np.nan
    )
    rows = {str(k): report[str(k)] for k in classes}
    rows |= {"macro average": report["macro avg"], "weighted average": report["weighted avg"]}
    return pd.DataFrame.from_dict(rows, orient="index").rename(columns={"f1-score": "f1"}).astype({"support": int})


def most_confused_pairs(confusion: np.ndarray, count: int = 10) -> pd.DataFrame:
    """Return the commonest errors: columns ``true``, ``predicted``, ``errors``, most frequent first.

    Pairs that never occurred are left out, so there may be fewer rows than ``count``.
    """
    errors = pd.DataFrame(
        [
            (row, column, int(confusion[row, column]))
            for row, column in np.argwhere(confusion > 0).tolist()
            if row != column
        ],
        columns=["true", "predicted", "errors"],
    )
    return errors.sort_values("errors", ascending=False, kind="stable", ignore_index=True).head(count)


def most_confident_errors(logits: Tensor, labels: Tensor, count: int = 10) -> Tensor:
    """Return the indices of the wrong answers that were given with the highest probability, highest first.

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
        A row for each bin: ``low``, ``high`` (a confidence c belongs to it if low < c <= high), mean
        ``confidence``, ``accuracy`` (both NaN in an empty bin) and ``count``.

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
    answers = pd.DataFrame({"confidence": confidence.numpy(), "accuracy": (predicted == labels).double().numpy()})
    answers["bin"] = np.clip(np.searchsorted(edges, answers["confidence"], side="left") - 1, 0, bins - 1)
    groups = answers.groupby("bin")
    table = groups.mean().reindex(range(bins))
    table["count"] = groups.size().reindex(range(bins), fill_value=0)
    table.insert(0, "low", edges[:-1])
    table.insert(1, "high", edges[1:])
    return table.rename_axis(index=None)


def expected_calibration_error(table: pd.DataFrame) -> float:
    """Return the mean distance between confidence and accuracy over the bins of `calibration`, weighted by count."""
    distance = (table["confidence"] - table["accuracy"]).abs().fillna(0.0)
    return float((distance * table["count"]).sum() / table["count"].sum())


def _probabilities(logits: Tensor) -> Tensor:
    """Softmax (N, K), in float64 so that the very sure answers keep an order."""
    return logits.double().softmax(dim=1)


def _check(logits: Tensor, labels: Tensor) -> None:
    if logits.ndim != 2 or labels.ndim != 1 or len(logits) != len(labels) or len(labels) == 0:
        raise ValueError(
            f"Expected logits (N, K) and labels (N,) of at least one image, got {tuple(logits.shape)} "
            f"and {tuple(labels.shape)}."
        )
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise ValueError(
            f"Labels lie between {labels.min()} and {labels.max()}, but the logits are of "
            f"{logits.shape[1]} classes: 0 to {logits.shape[1] - 1}."
        )
