"""Accuracies of a sweep with their uncertainty over seeds and images."""

import numpy as np
import pandas as pd

from firstcnn.evaluation import difference, over_seeds


def intervals(table: pd.DataFrame, by: str | list[str] = "case") -> pd.DataFrame:
    """Return the accuracy of each group of a sweep's rows, with its 95 % interval over seeds and
    images.

    Parameters
    ----------
    table : DataFrame
        From `sweep`.
    by : str or list of str
        Columns; the rows that agree in them are the seeds of one group.

    Returns
    -------
    DataFrame
        A row for each group, in order of appearance: the columns of ``by``, then ``accuracy``,
        ``low``, ``high`` (see `firstcnn.evaluation.over_seeds`), ``seeds`` and ``images`` (how
        many).

    Raises
    ------
    ValueError
        If a group has rows that are not seeds of one case on one set, or there is no such column.
    """
    by = [by] if isinstance(by, str) else list(by)
    groups = _groups(table, by)
    rows = [(*name, *over_seeds(right)) for name, right in groups.items()]
    return pd.DataFrame(rows, columns=[*by, "accuracy", "low", "high", "seeds", "images"])


def differences(table: pd.DataFrame, against: str, by: str = "case") -> pd.DataFrame:
    """Return how much more accurate each group of a sweep's rows is than one of them, with 95 %
    intervals.

    Both sides of a difference answered the same images; the seeds of each side vary by themselves
    (see `firstcnn.evaluation.difference`). No correction is made for the number of differences: of
    twenty between equals, one may be expected to look like a real one.

    Parameters
    ----------
    table : DataFrame
        From `sweep`; of several judged sets, choose the rows of one first.
    against : str
        The group to compare with.
    by : str
        The column that names the groups.

    Returns
    -------
    DataFrame
        A row for every other group, in order of appearance: ``by``, ``difference`` (that group's
        accuracy minus that of ``against``), ``low``, ``high`` and ``verdict``: "higher", "lower" or
        "not shown different".

    Raises
    ------
    ValueError
        If ``against`` is no group; otherwise as in `intervals`, or if groups are about different
        images.
    """
    groups = {name: right for (name,), right in _groups(table, [by]).items()}
    if against not in groups:
        raise ValueError(
            f"{against!r} is not in the column {by!r}: choose one of"
            f" {', '.join(map(repr, groups))}."
        )
    base = groups.pop(against)
    rows = [(name, *difference(right, base)) for name, right in groups.items()]
    return pd.DataFrame(rows, columns=[by, "difference", "low", "high", "verdict"])


def _groups(table: pd.DataFrame, by: list[str]) -> dict[tuple, np.ndarray]:
    """Return for each group which images its seeds have right, bool (S, N)."""
    unknown = [name for name in by if name not in table.columns]
    if unknown:
        raise ValueError(
            f"There is no column {unknown[0]!r}: the table has {', '.join(table.columns)}."
        )
    groups = {}
    for name, rows in table.groupby(by, sort=False):
        several = [
            other for other in ("case", "judged_on") if other in rows and rows[other].nunique() > 1
        ]
        if several or rows["seed"].duplicated().any():
            what = f"several values of {several[0]}" if several else "a seed twice"
            raise ValueError(
                f"The rows of {dict(zip(by, name, strict=True))} have {what}. A group is one case"
                " on one set, with each seed once: choose rows first, or group by more columns."
            )
        groups[name] = np.stack(list(rows["right"]))
    return groups
