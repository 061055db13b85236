"""Vector autoregressions, many at once: coefficients by least squares, and whose shocks make whose forecast errors."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from selloff.inference.inputs import Panel, check_panel

__all__ = [
    "across_groups",
    "checked_panel",
    "largest_root",
    "moving_spillover",
    "rows_needed",
    "shares_of_variance",
    "variance_shares",
    "window_ends",
]

Floats = NDArray[np.float64]

# Values regressed at once: bounds memory at some tens of megabytes whatever the sample.
_CHUNK = 1_000_000


def checked_panel(name: str, returns: Panel, lags: int, horizon: int) -> tuple[Floats, pd.Index, pd.Index]:
    """Check what an autoregression of several series needs; return values, index and columns.

    Raises
    ------
    ValueError
        Lags or horizon are no whole number from 1 on, rows are too few, a series is flat or determined by others.
    """
    for value, what in ((lags, "lags"), (horizon, "horizon")):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name}: {what} must be a whole number, 1 or more, got {value!r}")
    values, index, columns = check_panel(returns)
    needed = rows_needed(values.shape[1], lags)
    if len(values) < needed:
        raise ValueError(
            f"{name}: {len(values)} rows are too few for {values.shape[1]} series with {lags} lags; {needed} are needed"
        )
    flat = np.ptp(values, axis=0) == 0
    if flat.any():
        raise ValueError(f"{name}: {columns[int(flat.argmax())]!r} is flat; drop it")
    spread = values - values.mean(axis=0)
    if np.linalg.matrix_rank(spread / spread.std(axis=0), tol=1e-8 * len(values)) < values.shape[1]:
        raise ValueError(f"{name}: one series is a combination of the others; drop it")
    return values, index, columns


def rows_needed(series: int, lags: int) -> int:
    """Return the rows that give each equation twice as many as it has coefficients, and some for the covariance."""
    return lags + 2 * (series * lags + 1) + series


def shares_of_variance(values: Floats, lags: int, horizon: int) -> tuple[Floats, Floats, Floats]:
    """Regress samples on their past; return variance shares, coefficients and residuals.

    Parameters
    ----------
    values : ndarray, shape (samples, rows, series)
        A stack of samples, without missing values.
    lags, horizon : int
        Lags of the autoregression, and steps ahead whose forecast errors are split.

    Returns
    -------
    shares : ndarray, shape (samples, series, series)
        Share of the row's forecast error variance from shocks to the column; rows add up to 1.
    coefficients : ndarray, shape (samples, series, lags * series)
        Of lag 1, then lag 2 and so on, without the constant.
    residuals : ndarray, shape (samples, rows - lags, series)
    """
    rows = values.shape[1] - lags
    y = values[:, lags:]
    past = np.concatenate([values[:, lags - j : lags - j + rows] for j in range(1, lags + 1)], axis=2)
    y, past = (each - each.mean(axis=1, keepdims=True) for each in (y, past))
    turned = past.transpose(0, 2, 1)
    try:
        slopes = np.linalg.solve(turned @ past, turned @ y)
    except np.linalg.LinAlgError:
        # One singular window (a flat series) must not blank the others.
        slopes = np.stack(
            [np.linalg.pinv(a, hermitian=True) @ b for a, b in zip(turned @ past, turned @ y, strict=True)]
        )
    residuals = y - past @ slopes
    covariance = residuals.transpose(0, 2, 1) @ residuals / rows
    coefficients = slopes.transpose(0, 2, 1)
    return variance_shares(coefficients, covariance, horizon), coefficients, residuals


def variance_shares(coefficients: Floats, covariance: Floats, horizon: int) -> Floats:
    """Split the forecast error variance of autoregressions by the shock it comes from, with shocks as they occur.

    Parameters
    ----------
    coefficients : ndarray, shape (samples, series, lags * series)
        Of lag 1, then lag 2 and so on.
    covariance : ndarray, shape (samples, series, series)
        Of the errors; its scale does not matter.
    horizon : int
        Steps ahead.

    Returns
    -------
    ndarray, shape (samples, series, series)
        Rows add up to 1.

    References
    ----------
    Pesaran and Shin (1998), Economics Letters 58, 17-29; rows divided by their sum as in Diebold and Yilmaz (2012).

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.autoregression import variance_shares
    >>> variance_shares(np.zeros((1, 2, 2)), np.array([[[1, 0.5], [0.5, 1]]]), 10).tolist()
    [[[0.8, 0.2], [0.2, 0.8]]]
    """
    series = covariance.shape[1]
    steps = np.split(coefficients, coefficients.shape[2] // series, axis=2)
    history = [np.broadcast_to(np.eye(series), covariance.shape)]
    shares, variance = np.zeros(covariance.shape), np.zeros(covariance.shape[:2])
    for _ in range(horizon):
        response = history[0] @ covariance
        shares += response**2
        variance += np.einsum("sij,sij->si", response, history[0])
        # At first the past is shorter than the lags.
        recent = np.sum([step @ old for step, old in zip(steps, history, strict=False)], axis=0)
        history = [recent, *history[: len(steps) - 1]]
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = shares / np.diagonal(covariance, axis1=1, axis2=2)[:, None, :] / variance[:, :, None]
        normalised: Floats = shares / shares.sum(axis=2, keepdims=True)
    return normalised


def largest_root(coefficients: Floats) -> Floats:
    """Return the largest modulus of each autoregression's roots; it is stable below 1.

    Parameters
    ----------
    coefficients : ndarray, shape (samples, series, lags * series)

    Returns
    -------
    ndarray, shape (samples,)
    """
    samples, series, columns = coefficients.shape
    companion = np.zeros((samples, columns, columns))
    companion[:, :series] = coefficients
    companion[:, series:, : columns - series] = np.eye(columns - series)
    largest: Floats = np.abs(np.linalg.eigvals(companion)).max(axis=1)
    return largest


def window_ends(name: str, values: Floats, window: int, lags: int, step: int) -> NDArray[np.intp]:
    """Check window and step; return the positions of the windows' last rows.

    Raises
    ------
    ValueError
        The step is no whole number from 1 on, or the window is too short for its coefficients or does not fit.
    """
    if isinstance(step, bool) or not isinstance(step, int | np.integer) or step < 1:
        raise ValueError(f"{name}: step must be a whole number, 1 or more, got {step!r}")
    needed = rows_needed(values.shape[1], lags)
    whole = isinstance(window, int | np.integer) and not isinstance(window, bool)
    if not whole or not needed <= window <= len(values):
        raise ValueError(
            f"{name}: window {window!r} must lie between {needed} (for {values.shape[1]} series with {lags} lags) and "
            f"the sample's {len(values)} rows"
        )
    return np.arange(len(values) - 1, window - 2, -step)[::-1]


def across_groups(name: str, groups: Sequence[Hashable] | None, series: int) -> Floats | None:
    """Return a matrix with 1 where row and column belong to different groups; None without groups.

    Raises
    ------
    ValueError
        Not one label a series, or one group only.

    Examples
    --------
    >>> from selloff.correlation.autoregression import across_groups
    >>> across_groups("spillover_band", ["crypto", "macro", "macro"], 3).tolist()
    [[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """
    if groups is None:
        return None
    labels = list(groups)
    if isinstance(groups, str) or len(labels) != series:
        raise ValueError(f"{name}: groups must be a list of {series} labels, one a series, got {groups!r}")
    if len(set(labels)) < 2:
        raise ValueError(f"{name}: all series belong to the group {labels[0]!r}; expected two groups or more")
    codes = pd.factorize(pd.Series(labels))[0]
    return np.asarray(codes[:, None] != codes, dtype=float)


def moving_spillover(
    values: Floats,
    ends: NDArray[np.intp],
    window: int,
    lags: int,
    horizon: int,
    stable: bool,
    across: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Return total and net spillovers in percent of the windows that end at ``ends``.

    Parameters
    ----------
    values : ndarray, shape (rows, series)
    ends : ndarray, shape (windows,)
        Positions of the last rows.
    window, lags, horizon : int
        Settings.
    stable : bool
        Whether to leave windows NaN whose autoregression is not stable.
    across : ndarray, shape (series, series), optional
        From :func:`across_groups`: the total then counts what crosses groups only. Net spillovers count all.

    Returns
    -------
    total : ndarray, shape (windows,)
    net : ndarray, shape (windows, series)
    """
    windows = sliding_window_view(values, window, axis=0)
    total, net = [], []
    for part in np.array_split(ends, max(1, ends.size * window * values.shape[1] // _CHUNK)):
        sample = np.ascontiguousarray(windows[part - window + 1].transpose(0, 2, 1))
        shares, coefficients, _ = shares_of_variance(sample, lags, horizon)
        own = np.diagonal(shares, axis1=1, axis2=2)
        received, given = shares.sum(axis=2) - own, shares.sum(axis=1) - own
        crossed = given if across is None else (shares * across).sum(axis=1)
        if stable:
            lost = largest_root(coefficients) >= 1
            given[lost], crossed[lost] = np.nan, np.nan
        total.append(100 * crossed.mean(axis=1))
        net.append(100 * (given - received))
    return np.concatenate(total), np.concatenate(net)
