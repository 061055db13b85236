"""Tests of one break more, given the breaks found so far."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.critical import sup_wald_pvalue
from selloff.correlation.partition import Partitions
from selloff.correlation.regimes import end_labels, taken_lags
from selloff.correlation.wald import wald_path, wild_maxima

__all__ = ["one_more_break"]

Floats = NDArray[np.float64]


def one_more_break(
    table: Floats,
    index: pd.Index,
    found: Partitions,
    shortest: int,
    covariance: str,
    lags: int | None,
    replications: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    """Test each partition against one with a break more.

    Parameters
    ----------
    table : ndarray, shape (T, k + 1)
        Regressors without the constant, and the explained series in the last column.
    index : Index
        Dates.
    found : Partitions
        The best partition for each number of breaks.
    shortest : int
        Observations of the shortest regime.
    covariance : {"iid", "hc0", "hac"}
        What the statistic allows for.
    lags : int, optional
        Lags of ``hac``.
    replications, seed : int
        Simulated samples for the p-value, and their seed; without samples it is that of an endless sample.

    Returns
    -------
    DataFrame
        One row for each number of breaks but the last: statistic, p-value, date and row (observations until and with
        that date) of the most likely further break. NaN where no regime is long enough for another.

    Notes
    -----
    The statistic is the largest over all dates of all regimes. Without a further break regimes are independent, so
    its p-value is ``1 - prod_i (1 - p_i)`` with the p-value ``p_i`` it would have in each. Simulated samples have
    this one's regressors and errors; the signs of the errors are drawn anew, with ``hac`` for ``lags + 1``
    neighbours at once.

    References
    ----------
    Bai and Perron (1998), Econometrica 66, 47-78; Hansen (2000), Journal of Econometrics 97, 93-115.
    """
    length = len(table)
    block = taken_lags(length, covariance, lags, shortest) + 1
    signs = _signs(length, block, replications, seed)
    rows: list[tuple[float, float, Any, int | None]] = []
    for ends in found.ends[: max(1, len(found.ends) - 1)]:
        largest, row = float("nan"), 0
        lengths, others = [], np.full(replications, -np.inf)
        for start, end in pairwise([0, *ends, length]):
            part = table[start:end]
            taken = taken_lags(end - start, covariance, lags, shortest)
            path = wald_path(part, shortest, covariance, taken)
            if np.isnan(path).all():
                continue
            lengths.append(end - start)
            best = int(np.nanargmax(path))
            if not path[best] <= largest:
                largest, row = float(path[best]), start + shortest + best
            if replications:
                drawn = wild_maxima(part[:, :-1], part[:, -1], shortest, covariance, taken, signs[:, start:end])
                others = np.fmax(others, drawn)
        if not lengths:
            rows.append((float("nan"), float("nan"), None, None))
            continue
        if replications:
            pvalue = (1 + int(np.count_nonzero(others >= largest))) / (1 + replications)
        else:
            below = [1 - sup_wald_pvalue(largest, table.shape[1], shortest / each) for each in lengths]
            pvalue = 1 - float(np.prod(below))
        rows.append((largest, pvalue, end_labels(index)[row - 1], row))
    columns = pd.DataFrame(rows, columns=["statistic", "pvalue", "date", "row"], dtype=object)
    return columns.astype({"statistic": float, "pvalue": float}).rename_axis("breaks")


def _signs(length: int, block: int, replications: int, seed: int) -> Floats:
    """Return signs that stay the same over a block."""
    drawn = np.random.default_rng(seed).choice([-1.0, 1.0], size=(replications, -(-length // block)))
    return np.repeat(drawn, block, axis=1)[:, :length]
