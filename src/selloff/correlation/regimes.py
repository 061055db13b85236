"""The regimes between breaks: their coefficients, and how surely each break is dated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.critical import break_date_quantile
from selloff.inference.hac import long_run_covariance, long_run_variance

__all__ = ["date_intervals", "end_labels", "regime_table", "taken_lags"]

Floats = NDArray[np.float64]

# Ratios of two regimes beyond these leave one side of an interval without a length anyway.
_WIDEST = 1e6


def taken_lags(length: int, covariance: str, lags: int | None, shortest: int) -> int:
    """Return the lags for a stretch of ``length`` observations; none unless the covariance is ``hac``.

    Raises
    ------
    ValueError
        Lags are no whole number from 0 to the observations of the shortest regime less 1.
    """
    if covariance != "hac":
        return 0
    if lags is None:
        return min(int(4 * (length / 100) ** (2 / 9)), shortest - 1)
    if isinstance(lags, bool) or not isinstance(lags, int | np.integer) or not 0 <= lags < shortest:
        raise ValueError(
            f"structural_breaks: lags must be a whole number from 0 to {shortest - 1}, less than the shortest regime "
            f"has observations, got {lags!r}"
        )
    return int(lags)


def end_labels(index: pd.Index) -> pd.Index:
    """Return what the end of a regime is called: its last date, or for positions how many observations it ends."""
    return index + 1 if index.equals(pd.RangeIndex(len(index))) else index


def regime_table(
    table: Floats,
    index: pd.Index,
    names: Sequence[Any],
    ends: tuple[int, ...],
    shortest: int,
    covariance: str,
    lags: int | None,
) -> pd.DataFrame:
    """Return the coefficients of each regime.

    Parameters
    ----------
    table : ndarray, shape (T, k + 1)
        Regressors without the constant, and the explained series in the last column.
    index : Index
        Dates.
    names : sequence
        What the regressors are called.
    ends : tuple of int
        How many observations lie before each break.
    shortest : int
        Observations of the shortest regime.
    covariance : {"iid", "hc0", "hac"}
        Of the standard errors; ``iid`` divides by the degrees of freedom.
    lags : int, optional
        Lags of ``hac``.

    Returns
    -------
    DataFrame
        One row a regime: start, end, observations, const and its se, and the same for each regressor.
    """
    rows = []
    for start, end in pairwise([0, *ends, len(table)]):
        part = table[start:end]
        fit = _Fit.of(part, np.zeros(part.shape[1] - 1))
        errors = fit.standard_errors(covariance, taken_lags(len(part), covariance, lags, shortest))
        row = {"start": index[start], "end": end_labels(index)[end - 1], "observations": len(part)}
        for name, value, error in zip(["const", *names], fit.coefficients, errors, strict=True):
            row |= {name: float(value), f"{name}_se": float(error)}
        rows.append(row)
    return pd.DataFrame(rows).rename_axis("regime")


def date_intervals(
    table: Floats,
    index: pd.Index,
    ends: tuple[int, ...],
    shortest: int,
    covariance: str,
    lags: int | None,
    level: float,
) -> pd.DataFrame:
    """Return the confidence interval of each break.

    Parameters
    ----------
    table, index, ends, shortest, covariance, lags
        As in :func:`regime_table`.
    level : float
        Probability left out; half on either side.

    Returns
    -------
    DataFrame
        Columns date, lower, upper. Ends outside the sample are moved to its first or last date.

    Notes
    -----
    With ``d`` the change of the coefficients, ``Q`` the mean square of the regressors and ``S`` the long-run variance
    of regressor times error in the regime before the break, ``(d' Q d)^2 / (d' S d)`` times the error of the date has
    the distribution of :func:`~selloff.correlation.critical.break_date_quantile`. The ends are rounded outwards, by
    one observation at least.

    References
    ----------
    Bai (1997), Review of Economics and Statistics 79, 551-563.
    """
    last, labels = len(table), end_labels(index)
    # Units change no interval; these keep squares of squares within range.
    table = table - np.median(table, axis=0)
    scale = np.abs(table).max(axis=0)
    table = table / np.where(scale > 0, scale, 1.0)
    fits = [_Fit.of(table[start:end], np.zeros(table.shape[1] - 1)) for start, end in pairwise([0, *ends, last])]
    rows = []
    for end, (before, after) in zip(ends, pairwise(fits), strict=True):
        change = after.coefficients - before.coefficients
        lengths = [taken_lags(fit.errors.size, covariance, lags, shortest) for fit in (before, after)]
        (q1, s1), (q2, s2) = (
            fit.moments(change, covariance, lag) for fit, lag in zip((before, after), lengths, strict=True)
        )
        low, high = end, end
        if max(q1, q2) == 0:
            low, high = 1, last
        elif max(s1, s2) > 0:
            s1, s2 = max(s1, s2 / _WIDEST), max(s2, s1 / _WIDEST)
            q1, q2 = max(q1, q2 / _WIDEST), max(q2, q1 / _WIDEST)
            early, late = (side * s1 / q1 / q1 for side in break_date_quantile(level / 2, q2 / q1, s2 / s1))
            # An estimate that lies late puts the break before it.
            low, high = (int(np.clip(v, 1, last)) for v in (end - np.floor(late) - 1, end + np.floor(early) + 1))
        rows.append((labels[end - 1], labels[low - 1], labels[high - 1]))
    return pd.DataFrame(rows, columns=["date", "lower", "upper"])


@dataclass(frozen=True, eq=False)
class _Fit:
    """A regression on a constant and distances of the regressors from a centre."""

    regressors: Floats
    coefficients: Floats
    errors: Floats

    @classmethod
    def of(cls, part: Floats, centre: Floats) -> _Fit:
        mean = part.mean(axis=0)
        x, y = part[:, :-1] - mean[:-1], part[:, -1] - mean[-1]
        slopes = np.linalg.lstsq(x, y, rcond=None)[0]
        errors = y - x @ slopes
        intercept = mean[-1] - (mean[:-1] - centre) @ slopes
        regressors = np.column_stack([np.ones(len(part)), part[:, :-1] - centre])
        return cls(regressors, np.concatenate([[intercept], slopes]), errors)

    def standard_errors(self, covariance: str, lags: int) -> Floats:
        # Influence of each observation on the coefficients; by QR, so that units do not matter.
        influence = np.linalg.pinv(self.regressors).T
        if covariance == "iid":
            freedom = self.errors.size - influence.shape[1]
            variance = np.sum(influence**2, axis=0) * float(self.errors @ self.errors) / freedom
        else:
            variance = np.diag(long_run_covariance(influence * self.errors[:, None], lags)) * self.errors.size
        found: Floats = np.sqrt(np.maximum(variance, 0.0))
        return found

    def moments(self, change: Floats, covariance: str, lags: int) -> tuple[float, float]:
        """Return the mean square of what the change does to the fit, and the long-run variance of that times error."""
        moved = self.regressors @ change
        square = float(moved @ moved) / moved.size
        if covariance == "iid":
            return square, square * float(self.errors @ self.errors) / moved.size
        return square, long_run_variance(moved * self.errors, lags)
